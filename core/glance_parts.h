/* SPDX-License-Identifier: GPL-2.0-or-later */
/* glance_parts.h - what a glance consists of, for its files: glance.c takes segments and sifts
 * them, glance_join.c makes one of several. */
#ifndef TCPRST_CORE_GLANCE_PARTS_H
#define TCPRST_CORE_GLANCE_PARTS_H

#include "clock.h"
#include "glance.h"
#include "thresholds.h"

enum {
    SEEN = 1 << 0, /* by direction, two bits each */
    FIN = 1 << 2,
    ASKS = 1 << 4,     /* nothing but a SYN so far; in the second reading: */
    BEGUN = 1 << 4,    /* its first segment has come */
    FOLLOWED = 1 << 5, /* out of the ordinary */
    MIDWAY = 1 << 6,   /* its first segment is no opening */
    MATCHED = 1 << 7,  /* of several places: shows the way between them; of these, once settled: */
    LACKING = SEEN     /* some place does not have it, but may under another name */
};
enum {
    TICK = 1 << 24, /* ns */
    /* Far less than STRAY_DISTANCE: numbers so near the last cannot be another incarnation's. */
    NEAR = STRAY_DISTANCE / 2
};
/* What says something whoever it belongs to. */
enum { TELLING = TCPRST_SYN | TCPRST_RST };

struct glimpse {
    uint64_t hash; /* of its key, which stands for it; 0: none */
    union {
        uint32_t reach[2]; /* highest SEG.SEQ + SEG.LEN of each end; in the second reading: */
        int64_t asked;     /* when its SYN came, INT64_MIN: it did not */
    };
    union {
        uint32_t since; /* ticks: when it was last heard of; in the second reading: */
        uint32_t came;  /* bit d: that end's opening, at some place */
    };
    uint32_t number : 24, bits : 8;
};
enum { NUMBERS = 1 << 24 };
/* Segments that a part of the log has room for; all parts have 64 MiB. */
enum { LOG_PART = 1 << 19, LOG_PARTS = 32 };

/* What one of several glances keeps of a connection besides, for those at other places. */
struct opening {
    uint64_t hash;
    uint32_t seq, stamp; /* of the SYN it began with, and its timestamp; both 0: of none */
    uint32_t began;      /* ticks */
    uint32_t hosts;      /* a hash of its addresses */
};

/* A set that may say of what it has not that it has it, too. */
struct glance_filter {
    uint8_t *bits;
    size_t mask;
};

struct tcprst_glance {
    struct glimpse *glimpses;
    size_t mask, used, followed, midway, most;
    uint64_t seed;
    struct clock clock;
    int64_t began;
    uint64_t segments, all; /* so far; in the first reading */
    /* Of each segment of the first reading: whether it says something whoever it belongs to, and
     * above that bit the number of its connection; where the next one goes, NULL: none is kept. */
    uint32_t *log[LOG_PARTS], *log_next, *log_end;
    uint64_t newest;                      /* the last of the latest segments so far, from 1 */
    uint64_t *telling, *telling_followed; /* NULL: not known */
    struct glance_filter filter; /* second reading: of those of which more says something */
    struct opening *openings;    /* by number; NULL: it is no one of several */
    size_t opening_room;
    struct tcprst_glance *first, *others; /* second reading: of several, the next */
    uint64_t passed_by[4];
    /* sifted */
    const struct tcprst_segment *next;
    size_t at, count, kept_at, kept_count;
    bool kept_of[GLANCE_MOST]; /* of each: it is kept; before that, it may tell something */
    uint64_t hashes[GLANCE_MOST];
    struct tcprst_segment *kept;
    struct glanced *known;
};

static inline size_t filter_bit(const struct glance_filter *f, uint64_t hash)
{
    return hash >> 32 & f->mask;
}

static inline bool filter_has(const struct glance_filter *f, uint64_t hash)
{
    size_t bit = filter_bit(f, hash);
    return f->bits[bit / 8] >> bit % 8 & 1;
}

static inline void filter_add(struct glance_filter *f, uint64_t hash)
{
    size_t bit = filter_bit(f, hash);
    f->bits[bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* For so many; false: no memory. */
bool glance_filter_make(struct glance_filter *f, size_t count);

/* Its place, or the one where it would be. */
static inline struct glimpse *glance_find(const struct tcprst_glance *g, uint64_t hash)
{
    size_t p = hash & g->mask;
    while (g->glimpses[p].hash && g->glimpses[p].hash != hash)
        p = (p + 1) & g->mask;
    return &g->glimpses[p];
}

/* All was taken, and is settled: makes it ready for the second reading, but for its filter. False:
 * no memory. */
bool glance_turn(struct tcprst_glance *g);

#endif
