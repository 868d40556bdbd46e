/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forgotten.c - see forgotten.h: sets of a few fingerprints, as a cache has them. */
#include "forgotten.h"

#include "fetch.h"

#include <stdlib.h>

enum { SET_BITS = 16, WAYS = 8, KEEPING_BITS = 2, KEEPING_MASK = (1 << KEEPING_BITS) - 1 };

struct forgotten {
    /* 0: none. Below its KEEPING_BITS what is worth more stands higher (enum keeping). */
    uint32_t sets[1 << SET_BITS][WAYS];
    /* Fingerprints had to go: of those of which more than an opening, or a RST, was known; of
     * others. */
    bool lost, lost_one_sided;
};

struct forgotten *forgotten_new(void)
{
    return calloc(1, sizeof(struct forgotten));
}

void forgotten_free(struct forgotten *forgotten)
{
    free(forgotten);
}

size_t forgotten_memory(const struct forgotten *forgotten)
{
    return forgotten ? sizeof *forgotten : 0;
}

static uint32_t fingerprint(uint64_t hash)
{
    return ((uint32_t)hash | 1u << KEEPING_BITS) & ~(uint32_t)KEEPING_MASK;
}

static uint32_t *set_of(struct forgotten *forgotten, uint64_t hash)
{
    return forgotten->sets[hash >> (64 - SET_BITS)];
}

void forgotten_expect(const struct forgotten *forgotten, uint64_t hash)
{
    fetch(forgotten->sets[hash >> (64 - SET_BITS)]);
}

void forgotten_note(struct forgotten *forgotten, uint64_t hash, enum keeping keeping)
{
    uint32_t *set = set_of(forgotten, hash), print = fingerprint(hash);
    unsigned way = 0;
    for (unsigned i = 0; i < WAYS && set[way]; i++)
        if (!set[i] || (set[i] & KEEPING_MASK) < (set[way] & KEEPING_MASK))
            way = i;
    if (set[way] && (set[way] & KEEPING_MASK) > (uint32_t)keeping)
        print = 0; /* it is the new one that goes */
    uint32_t goes = print ? set[way] & KEEPING_MASK : (uint32_t)keeping;
    if (set[way])
        *(goes == KEEP_ONE_SIDED ? &forgotten->lost_one_sided : &forgotten->lost) = true;
    if (!print)
        return;
    /* The newest stands last, so that among equals the oldest goes. */
    for (; way + 1 < WAYS && set[way + 1]; way++)
        set[way] = set[way + 1];
    set[way] = print | (uint32_t)keeping;
}

bool forgotten_take(struct forgotten *forgotten, uint64_t hash, uint16_t flags)
{
    uint32_t *set = set_of(forgotten, hash), print = fingerprint(hash);
    bool syn = (flags & (TCPRST_SYN | TCPRST_RST | TCPRST_ACK)) == TCPRST_SYN;
    for (unsigned i = 0; i < WAYS && set[i]; i++) {
        if ((set[i] & ~(uint32_t)KEEPING_MASK) != print)
            continue;
        uint32_t keeping = set[i] & KEEPING_MASK;
        for (; i + 1 < WAYS; i++)
            set[i] = set[i + 1];
        set[i] = 0;
        return !syn || keeping >= KEEP_BARE;
    }
    /* What was known of it, if anything, was given up twice. */
    return (forgotten->lost && !syn) || (forgotten->lost_one_sided && (flags & TCPRST_RST));
}
