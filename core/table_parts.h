/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_parts.h - the records of the table, for its files: table.c finds a segment's connection,
 * table_entries.c keeps connections, and table_leave.c says which rest and which go.
 */
#ifndef TCPRST_TABLE_PARTS_H
#define TCPRST_TABLE_PARTS_H

#include "connection.h"
#include "embryo.h"
#include "forgotten.h"
#include "index.h"
#include "key.h"
#include "pack.h"
#include "slab.h"
#include "thresholds.h"
#include "young.h"

/* Segments that are fetched ahead. */
enum { EXPECTED = 32 };

/* Where a whole connection lives. An odd number of lines, so that the same line of many homes does
 * not fall into the same few sets of the cache. */
enum { HOME_LINES = (sizeof(struct connection) + LINE - 1) / LINE | 1 };
struct home {
    union {
        struct connection connection;
        uint8_t lines[HOME_LINES * LINE];
    };
};

/* What is at work (0: nothing): the number of a whole connection's home, plus one; or BODY_YOUNG
 * and that of a young one's embryo, as entries have it. */
typedef uint32_t body_t;
#define BODY_YOUNG ((body_t)1 << 31)
static inline body_t body_of_home(size_t home)
{
    return (body_t)home + 1;
}
static inline body_t body_of_young(size_t embryo)
{
    return BODY_YOUNG | (body_t)embryo;
}
static inline bool body_is_young(body_t body)
{
    return body & BODY_YOUNG;
}
static inline size_t body_embryo(body_t body)
{
    return body & ~BODY_YOUNG;
}

/* What is at work has a seat: sweeping goes round them. */
struct seat {
    body_t body; /* 0: nobody sits there */
    union {
        uint32_t entry;
        uint32_t next_free; /* plus one */
    };
};

enum entry_state { ENTRY_FREE, ENTRY_AT_WORK, ENTRY_EMBRYO, ENTRY_REFUSED, ENTRY_PACKED };

struct entry {
    union {
        size_t seat; /* its number */
        struct {
            uint32_t embryo;  /* four times its number, and its size */
            uint32_t refusal; /* of a refused one besides: that one's number */
        };
        struct packed *packed;
        size_t next_free; /* plus one */
    };
    uint8_t state; /* enum entry_state */
    /* of one that rests */
    uint8_t keeping, ending; /* enum keeping, enum tcprst_ending */
    uint32_t since;          /* when it was last heard of: ticks() */
    union {
        uint32_t before; /* and behind: its neighbours in its queue, numbers plus one */
        uint32_t place;  /* of one at work: in working */
    };
    union {
        uint32_t behind;
        uint32_t grown_from; /* of one at work: the embryo it may rest in again, plus one; or 0 */
    };
};

/* Embryos, or packed or refused ones worth the same, in the order in which they became so: numbers,
 * plus one. */
struct queue {
    uint32_t first, last;
};

struct table {
    struct index all; /* of entries */
    /* Of bodies: a small one beside a large one, because nearly every segment is theirs. */
    struct index at_work;
    struct entry *entries;
    size_t room, ever; /* entries there is room for; ever handed out */
    size_t free_entry; /* plus one */
    struct slab homes, embryos[EMBRYO_SIZES];
    struct nursery nursery; /* what young ones have besides */
    struct slab refusals;   /* ... and refused ones */
    struct seat *seats;
    size_t seat_room, seats_ever, free_seat; /* plus one */
    uint32_t *working; /* the seats taken, at_work.used of them, in no order */
    size_t working_room;
    size_t hand, packing_hand; /* where is looked next */
    struct queue unborn, packed[KEEPINGS];
    struct forgotten *forgotten; /* NULL: none was let go */
    uint32_t *look_at; /* of each seat: sweeping need not look at it before that, as ticks() */
    size_t look_room;
    size_t due[TABLE_SWEEP]; /* seats to be packed by the next sweep, if still silent; plus one */
    size_t max, young_from;  /* YOUNG_FROM */
    uint64_t seed;
    struct pool pool; /* of recent segments */
    size_t packed_memory;
    int64_t first_time; /* INT64_MIN: none yet */
    int64_t begun;      /* when the last connection began */
    struct {
        const struct tcprst_segment *next; /* to come, behind it the others in the same order */
        size_t at, count;
        struct expected {
            struct key key;
            body_t body;              /* what may be it, 0: it is not at work */
            struct connection *whole; /* the same, NULL: it is a young one */
            uint64_t long_hash;
            uint32_t hash;
            int direction;
            bool may_rest;  /* it may be an embryo or a packed one: */
            uint32_t entry; /* perhaps this, plus one; 0: none */
        } ring[EXPECTED];
    } expected;
    struct connection look; /* what is no whole connection, to look at */
};

/* Of a body that is not a young one. */
static inline struct connection *whole_at(const struct table *t, body_t body)
{
    struct home *home = slab_at(&t->homes, body - 1, sizeof(struct home));
    return &home->connection;
}

static inline struct embryo *embryo_at(const struct table *t, size_t i)
{
    return slab_at(&t->embryos[i & 3], i >> 2, embryo_octets(i & 3));
}

static inline struct embryo *young_at(const struct table *t, body_t body)
{
    return embryo_at(t, body_embryo(body));
}

static inline struct key key_of_connection(const struct connection *c)
{
    return key_make(c->ip_version, c->address[0], c->address[1], c->port[0], c->port[1]);
}

static inline struct key key_of_embryo(const struct embryo *e)
{
    uint8_t ip_version = embryo_ip_version(e);
    return key_make(ip_version, e->octets, e->octets + address_size(ip_version), e->port[0],
                    e->port[1]);
}

static inline struct key key_of_packed(const struct packed *p)
{
    return key_make(p->ip_version, p->octets, p->octets + address_size(p->ip_version), p->port[0],
                    p->port[1]);
}

static inline struct key key_of_body(const struct table *t, body_t body)
{
    return body_is_young(body) ? key_of_embryo(young_at(t, body))
                               : key_of_connection(whole_at(t, body));
}

static inline struct key key_of_entry(const struct table *t, const struct entry *e)
{
    return e->state == ENTRY_AT_WORK  ? key_of_body(t, t->seats[e->seat].body)
           : e->state == ENTRY_PACKED ? key_of_packed(e->packed)
                                      : key_of_embryo(embryo_at(t, e->embryo));
}

static inline struct refusal *refusal_at(const struct table *t, size_t i)
{
    return slab_at(&t->refusals, i, sizeof(struct refusal));
}

/* Fetches what is known of one that rests. */
static inline void fetch_resting(const struct table *t, const struct entry *e)
{
    const char *resting =
        e->state == ENTRY_PACKED ? (const char *)e->packed : (const char *)embryo_at(t, e->embryo);
    fetch(resting);
    fetch(resting + LINE);
}

/* A time in units of some 17 ms from the table's first such entry on; the last tick, after two
 * years, lasts for ever. */
static inline uint32_t ticks(struct table *t, int64_t time)
{
    enum { TICK = 1 << 24 };
    if (t->first_time == INT64_MIN)
        t->first_time = time;
    int64_t ticks = time > t->first_time ? (time - t->first_time) / TICK : 0;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

static inline int64_t heard_of(const struct table *t, const struct entry *e)
{
    return e->state == ENTRY_PACKED    ? e->packed->last_time
           : e->state == ENTRY_REFUSED ? refusal_at(t, e->refusal)->time
                                       : embryo_at(t, e->embryo)->time;
}

/* ---- keeping (table_entries.c) ---- */

/* An embryo's next segment came, or a young one's that does not fit: the whole connection is at
 * work. No other has to go for that: it is one before and after. reset: it is a RST, perhaps the
 * last of it. NULL: no memory. */
struct connection *table_grow(struct table *table, size_t entry, uint32_t hash, bool reset);
struct connection *table_grow_up(struct table *table, body_t young, uint32_t hash);
/* An embryo's next segment came, which fits: as a young one it is at work. False: no memory. */
bool table_rejuvenate(struct table *table, size_t entry, uint32_t hash);
/* A packed or refused one's, likewise. */
struct connection *table_unpack(struct table *table, size_t entry, uint32_t hash);
/* One at work rests. False: no memory. */
bool table_pack(struct table *table, size_t seat, enum keeping keeping);
/* That one is let go; hash: its key's. */
void table_remove(struct table *table, size_t entry, uint32_t hash);
/* The whole of a young one, to look at as table_at(). */
const struct connection *table_look(struct table *table, const struct embryo *young);

/* ---- who rests, and who goes (table_leave.c) ---- */

/* Whether an embryo or packed one is over. */
bool table_is_over(const struct table *table, const struct entry *entry);
/* Whether one at work has been silent for long enough to be packed. No end is looked at before it
 * has to be: each is another line. */
bool table_silent_enough(const struct connection *connection, int64_t now, enum keeping *keeping);
static inline bool table_is_due(const struct connection *c, int64_t now, enum keeping *keeping)
{
    return now - c->last_time > PACK_ONE_SIDED && table_silent_enough(c, now, keeping);
}
bool table_young_silent_enough(struct table *table, const struct embryo *young, int64_t now,
                               enum keeping *keeping);
static inline bool table_young_is_due(struct table *t, const struct embryo *e, int64_t now,
                                      enum keeping *keeping)
{
    return now - young_of(&t->nursery, e)->time > PACK_ONE_SIDED &&
           table_young_silent_enough(t, e, now, keeping);
}
/* What is known of the whole of a young one: YOUNG_... */
uint8_t table_known(struct table *table, const struct embryo *young);

#endif
