/* SPDX-License-Identifier: GPL-2.0-or-later */
/* large.h - memory that is looked at here and there: large pages, where the system has them. */
#ifndef TCPRST_LARGE_H
#define TCPRST_LARGE_H

#include <stddef.h>

/* Of a block just allocated: its pages may be large ones. Each look at another page of 4 KiB costs
 * a walk through the page table besides the line itself, which a virtual machine makes dearer: a
 * flood took a fifth more without. Of small blocks, and where there is no such thing, nothing. */
void large_advise(void *block, size_t size);
/* A zeroed block for that, beginning on a line of the cache: what is half a line then never lies
 * in two. In *block what is to be freed. NULL: no memory. */
void *large_take(size_t size, void **block);

#endif
