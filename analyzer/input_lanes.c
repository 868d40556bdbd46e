/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_lanes.c - see input_lanes.h. */
#include "input_lanes.h"

static struct lane *at(const struct lanes *lanes, size_t i)
{
    return &g_array_index(lanes->heap, struct lane, i);
}

static bool before(const struct lane *a, const struct lane *b)
{
    return a->time < b->time || (a->time == b->time && a->number < b->number);
}

static void swap(struct lane *a, struct lane *b)
{
    struct lane other = *a;
    *a = *b;
    *b = other;
}

/* The earlier of the two below that one; heap->len: none is. */
static size_t earlier_below(const struct lanes *lanes, size_t i)
{
    size_t left = 2 * i + 1, right = left + 1, count = lanes->heap->len;
    if (left >= count)
        return count;
    return right < count && before(at(lanes, right), at(lanes, left)) ? right : left;
}

static void sink(struct lanes *lanes)
{
    size_t i = 0, below;
    while ((below = earlier_below(lanes, i)) < lanes->heap->len &&
           before(at(lanes, below), at(lanes, i))) {
        swap(at(lanes, below), at(lanes, i));
        i = below;
    }
}

void lanes_begin(struct lanes *lanes)
{
    lanes->heap = g_array_new(FALSE, FALSE, sizeof(struct lane));
}

void lanes_end(struct lanes *lanes)
{
    if (lanes->heap)
        g_array_unref(lanes->heap);
    lanes->heap = NULL;
}

void lanes_add(struct lanes *lanes, size_t number, int64_t time)
{
    const struct lane lane = {time, number};
    size_t i = lanes->heap->len;
    g_array_append_val(lanes->heap, lane);
    for (; i > 0 && before(at(lanes, i), at(lanes, (i - 1) / 2)); i = (i - 1) / 2)
        swap(at(lanes, i), at(lanes, (i - 1) / 2));
}

bool lanes_next(const struct lanes *lanes, size_t *number, int64_t *until)
{
    if (lanes->heap->len == 0)
        return false;
    size_t second = earlier_below(lanes, 0);
    *number = at(lanes, 0)->number;
    *until = INT64_MAX;
    if (second < lanes->heap->len)
        *until = at(lanes, second)->time - (at(lanes, second)->number < *number);
    return true;
}

void lanes_move(struct lanes *lanes, int64_t time)
{
    at(lanes, 0)->time = time;
    sink(lanes);
}

void lanes_drop(struct lanes *lanes)
{
    g_array_remove_index_fast(lanes->heap, 0); /* the last one takes its place */
    sink(lanes);
}
