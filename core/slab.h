/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab.h - numbered places of one size that stay where they are: taken in chunks, each chunk
 * beginning on a cache line, the place left last taken first.
 */
#ifndef TCPRST_SLAB_H
#define TCPRST_SLAB_H

#include "fetch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLAB_CHUNK = 64 }; /* places */

struct slab {
    uint8_t **chunks;
    size_t chunk_count, chunk_room;
    size_t ever; /* numbers ever handed out: from 0 to below */
    size_t free; /* plus one; each that is free begins with the next one */
};

#define SLAB_NONE SIZE_MAX

/* The place of that number; size as in all calls for this slab, a multiple of half a line. */
static inline void *slab_at(const struct slab *slab, size_t number, size_t size)
{
    return slab->chunks[number / SLAB_CHUNK] + number % SLAB_CHUNK * size;
}

/* The number of a place that nobody has; SLAB_NONE: no memory. A struct slab of zeros is an empty
 * one. */
size_t slab_take(struct slab *slab, size_t size);
void slab_leave(struct slab *slab, size_t number, size_t size);
/* Gives back all but the list of chunks, which slab_free() gives back, too. */
void slab_clear(struct slab *slab);
void slab_free(struct slab *slab);
size_t slab_memory(const struct slab *slab, size_t size);

/* Room for one more of that size in a list that doubles; false: no memory, and nothing changed. */
bool slab_reserve(void **list, size_t size, size_t count, size_t *room);

#endif
