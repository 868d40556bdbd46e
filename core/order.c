/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.c - see tcprst/order.h. A frame's number becomes a count of all that came; its capture
 * becomes the lane and what is left of the number divided by LEFT. Of each lane it is known where
 * each BLOCK of its frames began, and one frame of a block has that left.
 */
#include "tcprst/order.h"

#include <stdlib.h>

enum { BLOCK = 512, LEFT = 1024, LEFT_BITS = 10 };

struct block {
    uint64_t block, count; /* its number; the count when its first frame came */
};

struct lane {
    struct block *began; /* those that have a frame, in order */
    size_t blocks, room;
    uint64_t number, count; /* of the frame taken last */
    uint32_t capture;
};

struct tcprst_order {
    size_t lane_count, blocks;
    uint64_t count;
    struct lane lanes[];
};

struct tcprst_order *tcprst_order_new(size_t lanes)
{
    struct tcprst_order *o =
        lanes > TCPRST_MAX_LANES ? NULL : calloc(1, sizeof *o + lanes * sizeof *o->lanes);
    if (o)
        o->lane_count = lanes;
    return o;
}

void tcprst_order_free(struct tcprst_order *o)
{
    for (size_t i = 0; o && i < o->lane_count; i++)
        free(o->lanes[i].began);
    free(o);
}

size_t tcprst_order_memory(const struct tcprst_order *o)
{
    return sizeof *o + o->lane_count * sizeof *o->lanes + o->blocks * sizeof *o->lanes->began;
}

static bool begin_block(struct tcprst_order *o, struct lane *l, uint64_t block)
{
    if (l->blocks == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        struct block *more = realloc(l->began, room * sizeof *more);
        if (!more)
            return false;
        o->blocks += room - l->room;
        l->began = more;
        l->room = room;
    }
    l->began[l->blocks++] = (struct block){block, l->count};
    return true;
}

bool tcprst_order_take(struct tcprst_order *o, size_t lane, struct tcprst_frame *frame)
{
    if (lane >= o->lane_count)
        return false;
    struct lane *l = &o->lanes[lane];
    /* A frame may hold several segments. */
    if (frame->number != l->number)
        l->count = ++o->count;
    l->number = frame->number;
    l->capture = frame->capture;
    uint64_t block = frame->number / BLOCK;
    if ((!l->blocks || l->began[l->blocks - 1].block < block) && !begin_block(o, l, block))
        return false;
    frame->capture = (uint32_t)(lane << LEFT_BITS | frame->number % LEFT);
    frame->number = l->count;
    return true;
}

struct tcprst_frame tcprst_order_frame(const struct tcprst_order *o, struct tcprst_frame taken)
{
    if (!o || !taken.number)
        return taken;
    const struct lane *l = &o->lanes[(taken.capture >> LEFT_BITS) % o->lane_count];
    size_t low = 0, high = l->blocks;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (l->began[middle].count <= taken.number)
            low = middle;
        else
            high = middle;
    }
    uint64_t first = l->began[low].block * BLOCK;
    uint64_t more = (taken.capture - first) % LEFT;
    return (struct tcprst_frame){first + more, l->capture};
}
