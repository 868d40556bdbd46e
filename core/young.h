/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * young.h - a connection of which few segments were captured, none of them a RST or odd: those
 * segments, some 15 octets each behind the opening's embryo, in a third of the room.
 *
 * What comes of them is not worked out before somebody asks: the whole connection is made by
 * following them all, when one comes that asks for more (a RST, another SYN, anything that does not
 * fit), or one too many. So a million connections that say a few words each take no more room than
 * their words, and each segment touches three or four lines of the cache.
 */
#ifndef TCPRST_YOUNG_H
#define TCPRST_YOUNG_H

#include "embryo.h"
#include "slab.h"

/* Segments behind the opening at most: beyond, a whole connection would take little more room. */
enum { YOUNG_MOST = 15 };

/* What is known of the whole connection, for as long as no other segment comes. */
enum {
    YOUNG_KEEPING = 3,      /* these bits: enum keeping */
    YOUNG_ENDED_BY_FIN = 4, /* else it is open */
    YOUNG_ESTABLISHED = 8,
    YOUNG_LOOKED_AT = 16, /* else nothing is known of it */
};

struct young {
    int64_t time; /* of the last segment, as judged */
    where_t where;
    uint32_t entry; /* the table's */
    uint32_t last;  /* the last piece of what has no room here, number plus one; 0: none */
    /* What the next segment of each end is near to: SND.NXT, how far its timestamps are ahead of
     * the milliseconds of the clock, and the last one's. */
    uint32_t next[2], stamp[2];
    uint16_t window[2], ip_id[2];
    uint8_t ttl[2], tos[2];
    uint8_t seen;     /* see young.c */
    uint8_t known;    /* YOUNG_... */
    uint8_t count;    /* segments */
    uint8_t used;     /* octets in the last piece, or here */
    uint8_t octets[]; /* the first of them */
};

/* Octets of a line, and of a piece of what has no room there. */
enum { YOUNG_LINE = 64, YOUNG_PIECE = 32 };
enum { YOUNG_OCTETS = YOUNG_LINE - offsetof(struct young, octets) };
_Static_assert((int)YOUNG_OCTETS > 0, "a line of the cache");

/* Where they live. All zeros: an empty one. */
struct nursery {
    struct slab lines, pieces;
};

void nursery_clear(struct nursery *nursery);
void nursery_free(struct nursery *nursery);
size_t nursery_memory(const struct nursery *nursery);

static inline struct young *young_of(const struct nursery *nursery, const struct embryo *e)
{
    return slab_at(&nursery->lines, e->young - 1, YOUNG_LINE);
}

/* Fetches what the next segment is near to. */
static inline void young_expect(const struct nursery *nursery, const struct embryo *e)
{
    if (e->young)
        fetch(young_of(nursery, e));
}

/* And where it will be noted. */
void young_expect_last(const struct nursery *nursery, const struct embryo *e);

/* Whether that segment of end d is one that can be noted; what came before it, too, was noted. */
bool young_fits(const struct nursery *nursery, const struct embryo *e,
                const struct tcprst_segment *s, int d, int64_t time);
/* Notes one that fits; the embryo is a young one from then on. False: no memory, and it is as it
 * was. */
bool young_note(struct nursery *nursery, struct embryo *e, const struct tcprst_segment *s, int d,
                int64_t time);
/* Whether it is plain how it ended, without following the segments: then into *by_fin. */
bool young_ending(const struct young *y, bool *by_fin);
/* The connection as it would be had all been tracked as they came: as embryo_grow(). Its pool is
 * there. */
void young_grow(const struct nursery *nursery, const struct embryo *e, struct connection *c);
/* Gives back all of it: it is but an embryo again. */
void young_leave(struct nursery *nursery, struct embryo *e);

#endif
