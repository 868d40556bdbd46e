/* SPDX-License-Identifier: GPL-2.0-or-later */
/* large.c - see large.h. */
#if defined(__linux__)
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* madvise(), the one thing of the core that is not in C11 */
#endif
#include <sys/mman.h>
#endif

#include "large.h"

#include "fetch.h"

#include <stdint.h>
#include <stdlib.h>

enum { PAGE = 4096, LARGE = 2 << 20 };

void large_advise(void *block, size_t size)
{
#if defined(MADV_HUGEPAGE)
    size_t before = (PAGE - (uintptr_t)block % PAGE) % PAGE;
    if (size >= LARGE)
        (void)madvise((char *)block + before, (size - before) / PAGE * PAGE, MADV_HUGEPAGE);
#else
    (void)block;
    (void)size;
#endif
}

void *large_take(size_t size, void **block)
{
    *block = calloc(1, size + LINE);
    if (!*block)
        return NULL;
    large_advise(*block, size + LINE);
    return (char *)*block + (LINE - (uintptr_t)*block % LINE) % LINE;
}
