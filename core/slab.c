/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab.c - see slab.h. */
#include "slab.h"

#include <stdlib.h>
#include <string.h>

bool slab_reserve(void **list, size_t size, size_t count, size_t *room)
{
    if (count < *room)
        return true;
    size_t more = *room ? *room * 2 : 16;
    void *grown = realloc(*list, more * size);
    if (!grown)
        return false;
    *list = grown;
    *room = more;
    return true;
}

/* Memory that begins on a cache line; aligned_alloc() of C11 is not to be had on Windows. */
static uint8_t *alloc_lines(size_t size)
{
    void *block = malloc(size + LINE + sizeof(void *));
    if (!block)
        return NULL;
    uint8_t *start = (uint8_t *)block + sizeof(void *);
    start += (LINE - (uintptr_t)start % LINE) % LINE;
    memcpy(start - sizeof block, &block, sizeof block);
    /* free_lines() finds it again. */
    /* cppcheck-suppress memleak */
    return start;
}

static void free_lines(const uint8_t *lines)
{
    void *block;
    memcpy(&block, lines - sizeof block, sizeof block);
    free(block);
}

static bool add_chunk(struct slab *slab, size_t size)
{
    void *chunks = slab->chunks;
    if (!slab_reserve(&chunks, sizeof *slab->chunks, slab->chunk_count, &slab->chunk_room))
        return false;
    slab->chunks = chunks;
    uint8_t *chunk = alloc_lines(SLAB_CHUNK * size);
    if (!chunk)
        return false;
    slab->chunks[slab->chunk_count++] = chunk;
    return true;
}

size_t slab_take(struct slab *slab, size_t size)
{
    if (slab->free) {
        size_t number = slab->free - 1;
        memcpy(&slab->free, slab_at(slab, number, size), sizeof slab->free);
        return number;
    }
    if (slab->ever == slab->chunk_count * SLAB_CHUNK && !add_chunk(slab, size))
        return SLAB_NONE;
    return slab->ever++;
}

void slab_leave(struct slab *slab, size_t number, size_t size)
{
    memcpy(slab_at(slab, number, size), &slab->free, sizeof slab->free);
    slab->free = number + 1;
}

void slab_clear(struct slab *slab)
{
    for (size_t i = 0; i < slab->chunk_count; i++)
        free_lines(slab->chunks[i]);
    slab->chunk_count = slab->ever = slab->free = 0;
}

void slab_free(struct slab *slab)
{
    slab_clear(slab);
    free(slab->chunks);
}

size_t slab_memory(const struct slab *slab, size_t size)
{
    return slab->chunk_count * SLAB_CHUNK * size + slab->chunk_room * sizeof *slab->chunks;
}
