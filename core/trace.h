/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.h - what the kernels at both ends say of one RST (the public face: tcprst/trace.h). */
#ifndef TCPRST_CORE_TRACE_H
#define TCPRST_CORE_TRACE_H

#include "tcprst.h"
#include "tcprst/trace.h"

struct trace_facts {
    bool sent;          /* the kernel of its sender says that it sent it */
    bool silent;        /* that kernel was traced then, nothing was lost, and says nothing of it */
    bool taken;         /* the kernel of its receiver says that it reset a socket by it */
    const char *reason; /* NULL: it says none; the trace's, as long as that lives */
};

/* Of the RST in that frame. Adds what is known of another sighting of it to what facts has. */
void trace_facts(const struct tcprst_trace *trace, const struct tcprst_frame *frame, uint8_t layer,
                 struct trace_facts *facts);

/* The number of a reason that causes.def names, from 1; 0: it names none such. And back:
 * NULL for none. */
unsigned trace_reason_number(const char *reason);
const char *trace_reason_name(unsigned number);
/* Whether a RST of that cause can have that reason, or nothing is known of the reason. */
bool trace_reason_fits(const char *reason, enum tcprst_cause cause);

#endif
