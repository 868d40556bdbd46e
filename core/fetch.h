/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fetch.h - asks for a cache line before it is needed. */
#ifndef TCPRST_FETCH_H
#define TCPRST_FETCH_H

enum { LINE = 64 }; /* octets of a line of most processors' caches */

/* p may point anywhere, also at nothing. */
static inline void fetch(const void *p)
{
#if defined(__GNUC__)
    __builtin_prefetch(p, 1);
    /* Without this, GCC sees no effect in a function that only fetches, and drops its calls. */
    __asm__ volatile("");
#else
    (void)p;
#endif
}

#endif
