/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tri.h - true, false, or not to be seen in this capture. A type of its own, so that a plain bool,
 * which cannot say the third, does not compile where it matters.
 */
#ifndef TCPRST_TRI_H
#define TCPRST_TRI_H

#include "evidence.h"

struct tri {
    enum fact_state is;
};

static inline struct tri tri_unseen(void)
{
    return (struct tri){FACT_HIDDEN};
}

/* What is visible either way. */
static inline struct tri tri_seen(bool holds)
{
    return (struct tri){holds ? FACT_TRUE : FACT_FALSE};
}

static inline struct tri tri_not(struct tri a)
{
    return a.is == FACT_HIDDEN ? a : tri_seen(a.is == FACT_FALSE);
}

/* Kleene's: what one side decides, the other need not show. */
static inline struct tri tri_and(struct tri a, struct tri b)
{
    if (a.is == FACT_FALSE || b.is == FACT_FALSE)
        return tri_seen(false);
    return a.is == FACT_HIDDEN ? a : b;
}

static inline struct tri tri_or(struct tri a, struct tri b)
{
    return tri_not(tri_and(tri_not(a), tri_not(b)));
}

#endif
