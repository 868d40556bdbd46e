/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_verdict.h - what the kernels say, brought into a verdict. Without a trace all of these do
 * nothing. */
#ifndef TCPRST_TRACE_VERDICT_H
#define TCPRST_TRACE_VERDICT_H

#include "evidence.h"
#include "reset.h"
#include "trace.h"

/* Of the RST and its other sightings. order: that its frame has gone through, or NULL. */
void trace_ask(struct trace_facts *facts, const struct tcprst_trace *trace,
               const struct tcprst_order *order, const struct reset *r);
void trace_prove(struct evidence *e, const struct trace_facts *facts);
void trace_tell(struct tcprst_verdict *v, const struct trace_facts *facts);

#endif
