/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_table.h - the records in which several places become one stream (places.c writes them,
 * places_facts.c asks them). */
#ifndef TCPRST_PLACES_TABLE_H
#define TCPRST_PLACES_TABLE_H

#include "places.h"
#include "places_key.h"
#include "thresholds.h"

/* A packet is on its way from one place to another so long at most, clocks aligned. */
#define LAG_MOST (2 * NS_PER_S)

enum {
    /* Records kept at most; of the busiest captures a packet is known some seconds. */
    MOST_SIGHTS = 1 << 20,
    MOST_LINES = 1 << 17,
    MOST_PATHS = 1 << 14,
    CHAIN_MOST = 64,   /* records looked at for one that fits */
    ALTERED_BACK = 8,  /* segments of a connection looked at for one that was altered */
    OPENINGS_MOST = 8, /* SYNs with timestamps alike */
    AROUND_MOST = 64,  /* segments of a connection looked at around a RST */
    BESIDE_MOST = 16,  /* other connections of its hosts */
    MOST_COPIES = 1 << 16,
    MOST_RESET_COPIES = 1 << 14,
    COPIES_LOOKED = 512, /* of one packet, at one time */
    MATCHED_ROOM = 1024, /* rows of RSTs alike at places, a power of two */
    SIGHTS_AHEAD = 8,    /* records behind the newest that are in the cache when they are written */
};

/* A packet, by its first sighting: a line of the cache. Serial numbers count from 1; a record whose
 * serial is older than there is room for was overwritten. */
struct sight {
    where_t where; /* its frame */
    int64_t time;  /* aligned */
    uint32_t seq, ack, length, ts_val;
    uint32_t older;  /* the one before with the same hash */
    uint32_t before; /* the one before of its line */
    uint32_t line;
    uint32_t
        again; /* microseconds from its time to when it was seen last where it may come twice */
    uint16_t flags, window, ip_id;
    uint16_t seen;    /* bit p: at place p */
    uint16_t doubled; /* bit p: twice, where each packet is */
    uint16_t came;    /* bit p: place p shows it as it came, and may as it goes */
    uint8_t d : 1, twinned : 1, altered : 3; /* enum place_field */
    uint8_t place : 4, again_at : 4;         /* that place, or its own */
    uint8_t ttl, tos;
};

/* What few packets have. */
struct sight_rest {
    where_t other_where; /* of an altered one: the frame before, 0: it is the same */
    uint32_t altered_from, altered_to;
    uint32_t twin; /* of a twinned one, the same at the same place before: doubled on the way */
    uint32_t next; /* of a RST: the next like it at the same place, 0: none yet */
    uint16_t leg;  /* of a RST: where it was captured, of again_at */
    uint16_t first_leg; /* and where first */
};

/* Of a row of RSTs alike, by the first of them, at one place: the last that it has, too. */
struct matched {
    uint32_t first, last; /* serials */
    uint32_t place;
};

/* Of a line, at one place. */
struct line_place {
    uint32_t name;     /* the line that this place knows it as, 0: the same */
    uint32_t more[2];  /* this place's numbers of each end, less the line's */
    uint32_t next[2];  /* highest number seen */
    uint32_t guess[2]; /* what more seems to be, by so many segments */
    uint8_t guesses;
    bool matched; /* its numbers are the line's, as a segment behind the opening shows */
    uint8_t have; /* bit d: next[d] is valid */
    uint8_t torn; /* bit d: octets were stepped over: it came too late, or was not captured */
    bool name_flipped;
    uint8_t ip_version;
};

/* A connection, by the name under which it was seen first; or another name of one. */
struct line {
    struct key key;
    uint8_t address[2][16];
    uint32_t older;
    uint32_t alias;   /* the line it is another name of, 0: none */
    uint32_t last;    /* its newest sight */
    uint32_t reset;   /* of a RST, its newest */
    uint32_t beside;  /* where it has one, the line of these hosts that had one before, 0: none */
    uint32_t path;    /* serial of its hosts' record, as places_keep_path() left it */
    uint16_t seen;    /* bit p: at place p */
    uint16_t service; /* port */
    uint8_t first;    /* the place that saw it first: its numbers are the line's */
    bool flipped;     /* as another name: its end 0 is the other's end 1 */
    bool anew;        /* something between two places answers SYNs and opens it anew behind */
    struct line_place place[];
};

/* Two hosts at one place: of packets that another place has, too. By direction. */
struct path_place {
    uint64_t services; /* bit (port mod 64): seen there and elsewhere */
    int64_t lag[2];    /* after its first sighting */
    int64_t least[2];  /* of these, of so many packets */
    uint32_t count[2];
    uint8_t ttl[2]; /* 0: not known */
};

/* Two hosts: what lies between them. */
struct path {
    struct key hosts; /* no ports, but the version of IP */
    uint32_t older;   /* the one before with the same hash */
    uint32_t reset;   /* the newest line that has a RST, 0: none */
    uint16_t seen;    /* bit p: place p */
    uint16_t doubled; /* bit p: place p shows what it routes as it comes and as it goes */
    uint8_t
        own_ids; /* bit d: something between writes the identifications of what that end sends */
    struct path_place place[];
};

/* A packet of a place that several sources show. */
struct copy {
    uint64_t identity;
    int64_t time;   /* aligned */
    uint64_t lanes; /* bit l: source l of the place has it */
    where_t where;  /* its frame, as it was fed */
    uint32_t older; /* serial of the one before with the same hash */
};

/* Of a RST that one was fed of: another. */
struct reset_copy {
    where_t of;
    struct place_copy copy;
    uint32_t older;
};

struct copies {
    uint32_t room, resets_room; /* powers of two */
    uint32_t next, next_reset;  /* serials, from 1 */
    struct copy *entries;       /* NULL: no place has copies */
    uint32_t *heads;
    struct reset_copy *resets;
    uint32_t *reset_heads;
};

/* One that comes soon, by the name and numbers it was captured with: what is needed for it is
 * fetched in steps, each when so many are before it. */
enum { PLACES_AHEAD = 32, TO_HEADS = 30, TO_RECORDS = 20 };
struct upcoming {
    struct key key;
    uint32_t key_hash;
    uint32_t numbers; /* where it is looked for by them */
    uint8_t d;
    bool passed_by; /* nothing is needed */
};

struct tcprst_places {
    uint64_t seed;
    unsigned places;
    size_t sources;
    struct tcprst_clock *clocks;
    uint16_t
        doubled; /* bit p: place p shows each packet twice, perhaps as it comes and as it goes */
    int64_t now;
    bool over; /* no more segments come */
    int64_t first_time[TCPRST_MAX_PLACES], last_time[TCPRST_MAX_PLACES];
    uint32_t sight_room, line_room, path_room;
    uint32_t next_sight, next_line, next_path; /* serials */
    struct sight *sights;
    struct sight_rest *rests; /* of each sight */
    uint32_t *others; /* of an opening: the one before with the same hash of its timestamp */
    uint32_t *by_numbers, *by_timestamp;
    uint8_t *lines, *paths; /* each of so many octets: */
    size_t line_size, path_size;
    uint32_t *by_key, *by_hosts;
    struct {
        const struct tcprst_segment *next;
        size_t at, count;
        struct upcoming ring[PLACES_AHEAD];
    } expected;
    struct copies copies;
    struct matched matched[MATCHED_ROOM]; /* each where its hash leads: a newer one takes it */
    unsigned block_count;                 /* what was allocated for these */
    struct {
        void *at;
        size_t size;
    } blocks[13];
};

/* Whether hops can be told by what is left of the TTL of an end's packets, at all places that have
 * some: not where something on the way writes its own. Then places may differ by more than any way
 * has, or what both ends send has more left at the same place of two. */
bool path_ttl_tells(const struct path *path, int d, uint16_t places);

/* Stacks start from one of these; one that came through a router does not have it any more. */
static inline bool is_start(unsigned ttl)
{
    return ttl == 32 || ttl == 64 || ttl == 128 || ttl == 255;
}

/* What is left of the TTL where the sight's packet came to that place; 0: not known. */
int places_ttl_coming(const struct tcprst_places *p, const struct sight *e, unsigned place);

/* ---- what several sources of one place show (places_copies.c) ---- */

/* Whether the segment, of that source and at that aligned time, was fed from another source of its
 * place: then copy_of says as what. */
bool places_take_copy(struct tcprst_places *p, uint32_t source, int64_t time,
                      struct tcprst_segment *segment);

/* ---- */

/* NULL: it was overwritten. */
struct sight *places_sight(const struct tcprst_places *p, uint32_t serial);
static inline uint32_t places_serial(const struct tcprst_places *p, const struct sight *e)
{
    uint32_t newest = p->next_sight - 1, at = (uint32_t)(e - p->sights);
    return newest - ((newest - at) & (p->sight_room - 1));
}
static inline struct sight_rest *places_rest(const struct tcprst_places *p, const struct sight *e)
{
    return &p->rests[e - p->sights];
}
/* The sight that it is a twin of; NULL: of none, or that was overwritten. */
static inline const struct sight *places_twin(const struct tcprst_places *p, const struct sight *e)
{
    return e->twinned ? places_sight(p, places_rest(p, e)->twin) : NULL;
}
struct line *places_line(const struct tcprst_places *p, uint32_t serial);
/* Its hosts' record. */
static inline struct path *places_path(const struct tcprst_places *p, const struct line *l)
{
    return (struct path *)(void *)(p->paths + (l->path & (p->path_room - 1)) * p->path_size);
}
/* Before that: so that it is not overwritten by one of other hosts. */
void places_keep_path(struct tcprst_places *p, struct line *l);
/* 0: there is none. */
uint32_t places_find_line(const struct tcprst_places *p, const struct key *key);

#endif
