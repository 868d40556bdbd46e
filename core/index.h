/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index.h - finds numbers by hash: open addressing, at most half of the slots taken. */
#ifndef TCPRST_INDEX_H
#define TCPRST_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    uint32_t hash;
    uint32_t number; /* plus one; 0: empty */
};

/* Who looks for something begins at slots[hash & mask] and goes on to the first empty one. */
struct index {
    struct slot *slots;
    size_t mask, used;
};

/* mask: one less than the number of slots, a power of two. False: no memory. */
bool index_make(struct index *x, size_t mask);
/* Room for one more; false: no memory. */
bool index_reserve(struct index *x);
/* There is room. */
void index_put(struct index *x, struct slot slot);
/* Takes out what is there. */
void index_remove(struct index *x, struct slot slot);
void index_clear(struct index *x);
size_t index_memory(const struct index *x);

#endif
