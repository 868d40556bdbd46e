/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool.h - memory for blocks of a few sizes that come and go by the hundred thousand: taken from
 * large pieces, kept for the next block of the same size, given back all at once.
 *
 * malloc() joins what is given back with its neighbours and splits it again for the next: measured,
 * a tenth of the time of a capture with many short connections. A pool never gives one size's memory
 * to another: blocks of ever other sizes belong to malloc().
 */
#ifndef TCPRST_POOL_H
#define TCPRST_POOL_H

#include <stddef.h>

enum { POOL_GRAIN = 16, POOL_LARGEST = 4096 }; /* octets; what is larger is malloc()'s */

struct pool {
    void *idle[POOL_LARGEST / POOL_GRAIN + 1]; /* by size; each begins with the next one */
    struct pool_piece *pieces;                 /* newest first: blocks are taken from it */
    size_t left;                               /* octets of it */
    struct pool_large *large;
    size_t memory; /* octets held in all */
};

/* A block of size octets; NULL: no memory. A struct pool of zeros is an empty one. */
void *pool_take(struct pool *pool, size_t size);
/* Gives a block back that was taken with that size. */
void pool_give(struct pool *pool, void *block, size_t size);
/* Gives all of it back to the system. */
void pool_clear(struct pool *pool);

#endif
