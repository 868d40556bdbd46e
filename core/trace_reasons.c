/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_reasons.c - the kernel's reasons and the causes they belong to. */
#include "trace.h"

#include <string.h>

enum { MOST = TCPRST_KERNEL_REASONS_MOST };

/* Of each cause, up to a NULL. */
static const char ANY[] = "any";
static const char *const reasons[TCPRST_CAUSE_COUNT][MOST + 1] = {
#define REASONS(...)                                                                               \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define NO_REASON                                                                                  \
    {                                                                                              \
        NULL                                                                                       \
    }
#define ANY_REASON                                                                                 \
    {                                                                                              \
        ANY                                                                                        \
    }
#define CAUSE(ID, id, group, gravity, maker, unread, reasons, ...) reasons,
#include "tcprst/causes.def"
};
#define CAUSE(ID, id, group, gravity, maker, unread, reasons, ...)                                 \
    _Static_assert(sizeof((const char *const[])reasons) <= MOST * sizeof(char *),                  \
                   "room for a NULL");
#include "tcprst/causes.def"

size_t tcprst_kernel_reasons(enum tcprst_cause cause, const char **names, size_t size)
{
    size_t count = 0;
    if ((size_t)cause >= TCPRST_CAUSE_COUNT)
        return 0;
    for (const char *const *name = reasons[cause]; *name && *name != ANY; name++, count++)
        if (count < size)
            names[count] = *name;
    return count;
}

unsigned trace_reason_number(const char *reason)
{
    unsigned number = 0;
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++)
        for (const char *const *name = reasons[c]; *name; name++) {
            number++;
            if (*name != ANY && strcmp(*name, reason) == 0)
                return number;
        }
    return 0;
}

const char *trace_reason_name(unsigned number)
{
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT && number; c++)
        for (const char *const *name = reasons[c]; *name; name++)
            if (--number == 0)
                return *name == ANY ? NULL : *name;
    return NULL;
}

bool trace_reason_fits(const char *reason, enum tcprst_cause cause)
{
    if (!trace_reason_number(reason))
        return true;
    for (const char *const *name = reasons[cause]; *name; name++)
        if (*name == ANY || strcmp(*name, reason) == 0)
            return true;
    return false;
}
