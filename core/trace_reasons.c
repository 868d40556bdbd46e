/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_reasons.c - the kernel's reasons and the causes they belong to. */
#include "trace.h"

#include <string.h>

struct row {
    enum tcprst_cause cause;
    const char *reason;
};

static const struct row rows[] = {
#define REASON(CAUSE, name) {TCPRST_CAUSE_##CAUSE, #name},
#include "tcprst/kernel_reasons.def"
};
enum { ROWS = sizeof rows / sizeof *rows };

size_t tcprst_kernel_reasons(enum tcprst_cause cause, const char **reasons, size_t size)
{
    size_t count = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        if (rows[i].cause != cause)
            continue;
        if (count < size)
            reasons[count] = rows[i].reason;
        count++;
    }
    return count;
}

unsigned trace_reason_number(const char *reason)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (strcmp(rows[i].reason, reason) == 0)
            return i + 1;
    return 0;
}

const char *trace_reason_name(unsigned number)
{
    return number && number <= ROWS ? rows[number - 1].reason : NULL;
}

bool trace_reason_fits(const char *reason, enum tcprst_cause cause)
{
    if (cause == TCPRST_CAUSE_UNCLASSIFIED || cause == TCPRST_CAUSE_INSUFFICIENT_CAPTURE ||
        !trace_reason_number(reason))
        return true;
    for (unsigned i = 0; i < ROWS; i++)
        if (rows[i].cause == cause && strcmp(rows[i].reason, reason) == 0)
            return true;
    return false;
}
