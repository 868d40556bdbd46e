/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index.c - see index.h. */
#include "index.h"

#include "large.h"

#include <stdlib.h>
#include <string.h>

bool index_make(struct index *x, size_t mask)
{
    x->slots = calloc(mask + 1, sizeof *x->slots);
    x->mask = mask;
    x->used = 0;
    if (x->slots)
        large_advise(x->slots, index_memory(x));
    return x->slots != NULL;
}

void index_put(struct index *x, struct slot slot)
{
    size_t p = slot.hash & x->mask;
    while (x->slots[p].number)
        p = (p + 1) & x->mask;
    x->slots[p] = slot;
    x->used++;
}

bool index_reserve(struct index *x)
{
    struct index bigger;
    if ((x->used + 1) * 2 <= x->mask + 1)
        return true;
    if (!index_make(&bigger, x->mask * 2 + 1))
        return false;
    for (size_t i = 0; i <= x->mask; i++)
        if (x->slots[i].number)
            index_put(&bigger, x->slots[i]);
    free(x->slots);
    *x = bigger;
    return true;
}

void index_remove(struct index *x, struct slot slot)
{
    size_t p = slot.hash & x->mask;
    while (x->slots[p].number != slot.number)
        p = (p + 1) & x->mask;
    /* Close the gap: move back what would no longer be found past an empty slot. */
    for (size_t next = (p + 1) & x->mask; x->slots[next].number; next = (next + 1) & x->mask) {
        size_t first = x->slots[next].hash & x->mask;
        if (((next - first) & x->mask) >= ((next - p) & x->mask)) {
            x->slots[p] = x->slots[next];
            p = next;
        }
    }
    x->slots[p].number = 0;
    x->used--;
}

void index_clear(struct index *x)
{
    memset(x->slots, 0, (x->mask + 1) * sizeof *x->slots);
    x->used = 0;
}

size_t index_memory(const struct index *x)
{
    return (x->mask + 1) * sizeof *x->slots;
}
