/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.c - see pool.h. */
#include "pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer every block is malloc()'s, so that it sees what is done to each. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define APART
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define APART
#endif
#ifdef APART
enum { SHARED_MOST = 0 };
#else
enum { SHARED_MOST = POOL_LARGEST };
#endif

enum { PIECE = 64 * 1024 };

struct pool_piece {
    struct pool_piece *next;
    uint64_t octets[];
};

/* A block by itself, in a ring of its like. */
struct pool_large {
    struct pool_large *next, **link;
    uint64_t octets[];
};

static size_t class_of(size_t size)
{
    return (size + POOL_GRAIN - 1) / POOL_GRAIN;
}

static void *take_large(struct pool *pool, size_t size)
{
    struct pool_large *large = malloc(sizeof *large + size);
    if (!large)
        return NULL;
    large->next = pool->large;
    large->link = &pool->large;
    if (large->next)
        large->next->link = &large->next;
    pool->large = large;
    pool->memory += sizeof *large + size;
    return large->octets;
}

static void give_large(struct pool *pool, void *block, size_t size)
{
    struct pool_large *large =
        (struct pool_large *)(void *)((uint8_t *)block - offsetof(struct pool_large, octets));
    *large->link = large->next;
    if (large->next)
        large->next->link = large->link;
    pool->memory -= sizeof *large + size;
    free(large);
}

static void *take_from_piece(struct pool *pool, size_t octets)
{
    if (pool->left < octets) {
        struct pool_piece *piece = malloc(PIECE);
        if (!piece)
            return NULL;
        piece->next = pool->pieces;
        pool->pieces = piece;
        pool->left = PIECE - sizeof *piece;
        pool->memory += PIECE;
    }
    pool->left -= octets;
    return (uint8_t *)pool->pieces->octets + pool->left;
}

void *pool_take(struct pool *pool, size_t size)
{
    if (size > SHARED_MOST)
        return take_large(pool, size);
    size_t class = class_of(size);
    void *block = pool->idle[class];
    if (!block)
        return take_from_piece(pool, class * POOL_GRAIN);
    memcpy(&pool->idle[class], block, sizeof(void *));
    return block;
}

void pool_give(struct pool *pool, void *block, size_t size)
{
    if (size > SHARED_MOST) {
        give_large(pool, block, size);
        return;
    }
    size_t class = class_of(size);
    memcpy(block, &pool->idle[class], sizeof(void *));
    pool->idle[class] = block;
}

void pool_clear(struct pool *pool)
{
    while (pool->large) {
        struct pool_large *next = pool->large->next;
        free(pool->large);
        pool->large = next;
    }
    while (pool->pieces) {
        struct pool_piece *next = pool->pieces->next;
        free(pool->pieces);
        pool->pieces = next;
    }
    *pool = (struct pool){.left = 0};
}
