/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tri.h - true, false, or not to be seen in this capture. A type of its own, so that a plain bool,
 * which cannot say the third, does not compile where it matters. The words of claims.def and
 * signs.def: claims.c alone includes it.
 */
#ifndef TCPRST_TRI_H
#define TCPRST_TRI_H

#include "evidence.h"

struct tri {
    enum fact_state is;
};

static inline struct tri unseen(void)
{
    return (struct tri){FACT_HIDDEN};
}

/* What is visible either way. */
static inline struct tri plain(bool is)
{
    return (struct tri){is ? FACT_TRUE : FACT_FALSE};
}

static inline struct tri met(void)
{
    return plain(true);
}

static inline struct tri failed(void)
{
    return plain(false);
}

static inline struct tri not(struct tri a)
{
    return a.is == FACT_HIDDEN ? a : plain(a.is == FACT_FALSE);
}

/* Kleene's: what one side decides, the other need not show. */
static inline struct tri both(struct tri a, struct tri b)
{
    if (a.is == FACT_FALSE || b.is == FACT_FALSE)
        return plain(false);
    return a.is == FACT_HIDDEN ? a : b;
}

static inline struct tri either(struct tri a, struct tri b)
{
    return not(both(not(a), not(b)));
}

#endif
