/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forgotten.c - see forgotten.h: sets of a few fingerprints, as a cache has them. */
#include "forgotten.h"

#include "fetch.h"
#include "large.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

/* There are 2^BITS_LEAST sets, and more as they fill: 16 MiB at most. */
enum { BITS_LEAST = 10, BITS_MOST = 19, WAYS = 8, KEEPING_BITS = 2 };
enum { KEEPING_MASK = (1 << KEEPING_BITS) - 1 };

/* 0: none. Below its KEEPING_BITS what is worth more stands higher (enum keeping). */
typedef uint32_t prints_set[WAYS];

struct prints {
    prints_set *sets; /* NULL: none was ever noted */
    unsigned bits;
    /* Fingerprints had to go: of those of which more than an opening, or a RST, was known; of
     * others. */
    bool lost, lost_one_sided;
    bool opened; /* some stand, or stood, for more than an opening, or a RST */
};

struct forgotten {
    struct prints room;    /* for want of it */
    struct prints over[2]; /* in time: those last heard of in that epoch, and in the one before */
    int64_t epoch;
};

struct forgotten *forgotten_new(void)
{
    return calloc(1, sizeof(struct forgotten));
}

void forgotten_free(struct forgotten *forgotten)
{
    if (!forgotten)
        return;
    free(forgotten->room.sets);
    free(forgotten->over[0].sets);
    free(forgotten->over[1].sets);
    free(forgotten);
}

static size_t memory_of(const struct prints *p)
{
    return p->sets ? sizeof(prints_set) << p->bits : 0;
}

size_t forgotten_memory(const struct forgotten *forgotten)
{
    return forgotten ? sizeof *forgotten + memory_of(&forgotten->room) +
                           memory_of(&forgotten->over[0]) + memory_of(&forgotten->over[1])
                     : 0;
}

static uint32_t fingerprint(uint64_t hash)
{
    return ((uint32_t)hash | 1u << KEEPING_BITS) & ~(uint32_t)KEEPING_MASK;
}

/* The sets are told apart by the upper bits of the hash, and where there are more by those of the
 * fingerprint: so they can be divided later. */
static uint32_t *set_of(const struct prints *p, uint64_t hash)
{
    unsigned more = p->bits - BITS_LEAST;
    uint64_t upper = hash >> (64 - BITS_LEAST);
    return p->sets[upper << more | (hash & UINT32_MAX) >> (32 - more)];
}

/* Each set becomes two. False where there are enough, or is no memory. */
static bool divide(struct prints *p)
{
    if (p->bits == BITS_MOST)
        return false;
    size_t count = (size_t)1 << p->bits;
    prints_set *sets = calloc(2 * count, sizeof *sets);
    if (!sets)
        return false;
    large_advise(sets, 2 * count * sizeof *sets);
    unsigned bit = 31 - (p->bits - BITS_LEAST);
    for (size_t i = 0; i < count; i++) {
        unsigned used[2] = {0, 0};
        for (unsigned way = 0; way < WAYS && p->sets[i][way]; way++) {
            unsigned half = p->sets[i][way] >> bit & 1;
            sets[2 * i + half][used[half]++] = p->sets[i][way];
        }
    }
    free(p->sets);
    p->sets = sets;
    p->bits++;
    return true;
}

static bool prints_ready(struct prints *p)
{
    if (!p->sets) {
        p->bits = BITS_LEAST;
        p->sets = calloc((size_t)1 << BITS_LEAST, sizeof *p->sets);
    }
    return p->sets != NULL;
}

/* Takes that fingerprint out, if it is of one that was worth no more than that; returns it as it
 * stood, or 0. */
static uint32_t drop(uint32_t *set, uint32_t print, enum keeping most)
{
    for (unsigned i = 0; i < WAYS && set[i]; i++) {
        uint32_t found = set[i];
        if ((found & ~(uint32_t)KEEPING_MASK) != print)
            continue;
        if ((found & KEEPING_MASK) > (uint32_t)most)
            return 0;
        for (; i + 1 < WAYS; i++)
            set[i] = set[i + 1];
        set[i] = 0;
        return found;
    }
    return 0;
}

static void lose(struct prints *p, enum keeping keeping)
{
    *(keeping == KEEP_ONE_SIDED ? &p->lost_one_sided : &p->lost) = true;
}

static void note(struct prints *p, uint64_t hash, enum keeping keeping)
{
    p->opened |= keeping >= KEEP_BARE;
    if (!prints_ready(p)) {
        lose(p, keeping);
        return;
    }
    drop(set_of(p, hash), fingerprint(hash), KEEP_OPEN);
    uint32_t *set = set_of(p, hash);
    while (set[WAYS - 1] && divide(p))
        set = set_of(p, hash);
    unsigned way = 0;
    for (unsigned i = 0; i < WAYS && set[way]; i++)
        if (!set[i] || (set[i] & KEEPING_MASK) < (set[way] & KEEPING_MASK))
            way = i;
    if (set[way] && (set[way] & KEEPING_MASK) > (uint32_t)keeping) {
        lose(p, keeping); /* it is the new one that goes */
        return;
    }
    if (set[way])
        lose(p, (enum keeping)(set[way] & KEEPING_MASK));
    /* The newest stands last, so that among equals the oldest goes. */
    for (; way + 1 < WAYS && set[way + 1]; way++)
        set[way] = set[way + 1];
    set[way] = fingerprint(hash) | (uint32_t)keeping;
}

static bool is_syn(uint16_t flags)
{
    return (flags & (TCPRST_SYN | TCPRST_RST | TCPRST_ACK)) == TCPRST_SYN;
}

/* Whether something may hang on what was noted: on openings no other opening does, and that of one
 * that lives again stays until it is noted again. */
static inline bool matters(const struct prints *p, uint16_t flags)
{
    return p->sets && (p->opened || !is_syn(flags));
}

/* Whether it, or one that cannot be told from it, was noted. */
static bool take(struct prints *p, uint64_t hash, uint16_t flags)
{
    bool syn = is_syn(flags);
    uint32_t found = matters(p, flags) ? drop(set_of(p, hash), fingerprint(hash), KEEP_OPEN) : 0;
    if (found)
        return !syn || (found & KEEPING_MASK) >= KEEP_BARE;
    /* What was known of it, if anything, was given up twice. */
    return (p->lost && !syn) || (p->lost_one_sided && (flags & TCPRST_RST));
}

void forgotten_expect(const struct forgotten *forgotten, uint64_t hash)
{
    if (forgotten->over[0].sets)
        fetch(set_of(&forgotten->over[0], hash));
    if (forgotten->room.sets)
        fetch(set_of(&forgotten->room, hash));
}

void forgotten_expect_take(const struct forgotten *forgotten, uint64_t hash, uint16_t flags)
{
    if (matters(&forgotten->room, flags))
        fetch(set_of(&forgotten->room, hash));
    for (unsigned i = 0; i < 2 && !is_syn(flags); i++)
        if (forgotten->over[i].sets)
            fetch(set_of(&forgotten->over[i], hash));
}

void forgotten_note(struct forgotten *forgotten, uint64_t hash, enum keeping keeping)
{
    note(&forgotten->room, hash, keeping);
}

/* So the time is divided, whatever comes when. */
static int64_t epoch_of(int64_t time)
{
    return (time - TIME_MIN) / REMEMBER_OVER;
}

static void begin_epoch(struct forgotten *forgotten, int64_t epoch)
{
    struct prints *over = forgotten->over;
    for (int64_t i = epoch - forgotten->epoch < 2 ? epoch - forgotten->epoch : 2; i > 0; i--) {
        free(over[1].sets);
        over[1] = over[0];
        over[0] = (struct prints){0};
    }
    forgotten->epoch = epoch;
}

void forgotten_note_over(struct forgotten *forgotten, uint64_t hash, enum keeping keeping,
                         int64_t last)
{
    int64_t epoch = epoch_of(last);
    if (epoch > forgotten->epoch)
        begin_epoch(forgotten, epoch);
    if (forgotten->room.sets)
        drop(set_of(&forgotten->room, hash), fingerprint(hash), KEEP_ENDED);
    if (epoch >= forgotten->epoch - 1)
        note(&forgotten->over[forgotten->epoch - epoch], hash, keeping);
}

uint8_t forgotten_take(struct forgotten *forgotten, uint64_t hash, uint16_t flags, int64_t now)
{
    int64_t epoch = epoch_of(now);
    if (take(&forgotten->room, hash, flags))
        return CONN_FORGOTTEN;
    if (is_syn(flags))
        return 0; /* nothing hangs on what was over */
    if (epoch > forgotten->epoch)
        begin_epoch(forgotten, epoch);
    bool over = take(&forgotten->over[0], hash, flags);
    return over || take(&forgotten->over[1], hash, flags) ? CONN_OVER : 0;
}
