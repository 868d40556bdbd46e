/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - finds the connection of a segment: an index over numbered entries.
 *
 * An entry is a connection at work; or an embryo (embryo.h), as long as only an opening was
 * captured; or, once nothing was heard of it for a while, a packed one (pack.h). The next segment
 * of those sets them to work. So what lives stands close together in the cache, and memory follows
 * what lives. Bounded; connections that are over are let go a few at a time, and when the table is
 * full what is worth least (enum keeping), of that the longest silent.
 */
#include "connection.h"
#include "embryo.h"
#include "fetch.h"
#include "forgotten.h"
#include "index.h"
#include "key.h"
#include "pack.h"
#include "slab.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

/* So many homes are looked at for one that may go, and so many of them judged. */
enum { STEPS = 64, SAMPLE = 16 };

/* So many segments before it is asked for a segment passes each station of what is fetched ahead:
 * what one fetches has come when the next looks at it. */
enum { TO_SLOT = 30, TO_HOME = 20, TO_RECENT = 10, EXPECTED = 32 };

/* Where a connection at work lives. An odd number of lines, so that the same line of many homes
 * does not fall into the same few sets of the cache. */
enum { HOME_LINES = (sizeof(struct connection) + LINE - 1) / LINE | 1 };
struct home {
    union {
        struct connection connection;
        uint8_t lines[HOME_LINES * LINE];
    };
};

enum { EMBRYO_SIZE = SLAB_SIZE(sizeof(struct embryo)) };

enum entry_state { ENTRY_FREE, ENTRY_AT_WORK, ENTRY_EMBRYO, ENTRY_PACKED };

struct entry {
    union {
        size_t home;   /* its number */
        size_t embryo; /* its number */
        struct packed *packed;
        size_t next_free; /* plus one */
    };
    uint8_t state; /* enum entry_state */
    /* of an embryo or a packed one */
    uint8_t keeping, ending; /* enum keeping, enum tcprst_ending */
    uint32_t since;          /* when it was last heard of: ticks() */
    union {
        uint32_t before; /* and behind: its neighbours in its queue, numbers plus one */
        uint32_t place;  /* of one at work: in working */
    };
    uint32_t behind;
};

/* Embryos, or packed ones worth the same, in the order in which they became so: numbers, plus one.
 */
struct queue {
    uint32_t first, last;
};

struct table {
    struct index all; /* of entries */
    /* Of homes, those at work only: a small one beside a large one, because nearly every segment is
     * theirs. */
    struct index at_work;
    struct entry *entries;
    size_t room, ever; /* entries there is room for; ever handed out */
    size_t free_entry; /* plus one */
    struct slab homes, embryos;
    uint32_t *working; /* numbers of the homes at work, at_work.used of them, in no order */
    size_t working_room;
    size_t hand, packing_hand; /* where is looked next */
    struct queue unborn, packed[KEEPINGS];
    struct forgotten *forgotten; /* NULL: none was let go */
    size_t due[TABLE_SWEEP]; /* homes to be packed by the next sweep, if still silent; plus one */
    size_t max;
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
            struct home *home; /* where its connection may be, NULL: not at work */
            uint32_t hash;
            int direction;
            bool may_rest;  /* it may be an embryo or a packed one: */
            uint32_t entry; /* perhaps this, plus one; 0: none */
        } ring[EXPECTED];
    } expected;
    struct connection look; /* what is packed, to look at */
};

struct table *table_new(size_t max_connections, uint64_t seed)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->max = max_connections ? max_connections : TCPRST_DEFAULT_MAX_CONNECTIONS;
    t->seed = seed;
    t->first_time = INT64_MIN;
    t->begun = TIME_MIN;
    if (!index_make(&t->all, 1023) || !index_make(&t->at_work, 1023)) {
        table_free(t);
        return NULL;
    }
    return t;
}

static struct home *home_at(const struct table *t, size_t i)
{
    return slab_at(&t->homes, i, sizeof(struct home));
}

static struct embryo *embryo_at(const struct table *t, size_t i)
{
    return slab_at(&t->embryos, i, EMBRYO_SIZE);
}

void table_remove_all(struct table *t)
{
    for (size_t i = 0; i < t->ever; i++) {
        struct entry *e = &t->entries[i];
        if (e->state == ENTRY_AT_WORK)
            free(home_at(t, e->home)->connection.past);
        else if (e->state == ENTRY_PACKED)
            packed_free(e->packed);
        e->state = ENTRY_FREE;
    }
    pool_clear(&t->pool);
    slab_clear(&t->homes);
    slab_clear(&t->embryos);
    index_clear(&t->all);
    index_clear(&t->at_work);
    memset(t->due, 0, sizeof t->due);
    memset(t->packed, 0, sizeof t->packed);
    t->unborn = (struct queue){0, 0};
    t->expected.at = t->expected.count = 0;
    t->ever = t->free_entry = t->packed_memory = 0;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    if (t->all.slots && t->at_work.slots)
        table_remove_all(t);
    forgotten_free(t->forgotten);
    slab_free(&t->homes);
    slab_free(&t->embryos);
    free(t->working);
    free(t->entries);
    free(t->all.slots);
    free(t->at_work.slots);
    free(t);
}

/* ---- keys ---- */

static inline struct key key_of_connection(const struct connection *c)
{
    return key_make(c->ip_version, c->address[0], c->address[1], c->port[0], c->port[1]);
}

static inline struct key key_of_embryo(const struct embryo *e)
{
    return key_make(e->ip_version, e->address[0], e->address[1], e->port[0], e->port[1]);
}

static inline struct key key_of_packed(const struct packed *p)
{
    return key_make(p->ip_version, p->octets, p->octets + address_size(p->ip_version), p->port[0],
                    p->port[1]);
}

/* ---- entries and homes ---- */

/* A time in units of some 17 ms from the table's first such entry on; the last tick, after two
 * years, lasts for ever. */
static uint32_t ticks(struct table *t, int64_t time)
{
    enum { TICK = 1 << 24 };
    if (t->first_time == INT64_MIN)
        t->first_time = time;
    int64_t ticks = time > t->first_time ? (time - t->first_time) / TICK : 0;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* Returns its number, SLAB_NONE: no memory. */
static size_t take_home(struct table *t)
{
    void *working = t->working;
    if (!slab_reserve(&working, sizeof *t->working, t->at_work.used, &t->working_room))
        return SLAB_NONE;
    t->working = working;
    return slab_take(&t->homes, sizeof(struct home));
}

static void leave_home(struct table *t, size_t home)
{
    slab_leave(&t->homes, home, sizeof(struct home));
    home_at(t, home)->connection.used = false;
}

/* Returns its number, TABLE_NONE: no memory. */
static size_t take_entry(struct table *t)
{
    if (t->free_entry) {
        size_t entry = t->free_entry - 1;
        t->free_entry = t->entries[entry].next_free;
        return entry;
    }
    void *entries = t->entries;
    if (!slab_reserve(&entries, sizeof *t->entries, t->ever, &t->room))
        return TABLE_NONE;
    t->entries = entries;
    return t->ever++;
}

static void leave_entry(struct table *t, size_t entry)
{
    t->entries[entry].state = ENTRY_FREE;
    t->entries[entry].next_free = t->free_entry;
    t->free_entry = entry + 1;
}

static struct queue *queue_of(struct table *t, const struct entry *e)
{
    return e->state == ENTRY_EMBRYO ? &t->unborn : &t->packed[e->keeping];
}

static void enqueue(struct table *t, size_t entry)
{
    struct entry *e = &t->entries[entry];
    struct queue *q = queue_of(t, e);
    e->before = q->last;
    e->behind = 0;
    *(q->last ? &t->entries[q->last - 1].behind : &q->first) = (uint32_t)entry + 1;
    q->last = (uint32_t)entry + 1;
}

static void dequeue(struct table *t, size_t entry)
{
    const struct entry *e = &t->entries[entry];
    struct queue *q = queue_of(t, e);
    *(e->before ? &t->entries[e->before - 1].behind : &q->first) = e->behind;
    *(e->behind ? &t->entries[e->behind - 1].before : &q->last) = e->before;
}

/* Says that the entry's connection is at work there. */
static void begin_work(struct table *t, size_t entry, size_t home, uint32_t hash)
{
    uint32_t place = (uint32_t)t->at_work.used;
    t->entries[entry] = (struct entry){.home = home, .state = ENTRY_AT_WORK, .place = place};
    t->working[place] = (uint32_t)home;
    index_put(&t->at_work, (struct slot){hash, (uint32_t)home + 1});
}

/* Without segments, key and number. */
static void make_empty(struct connection *c)
{
    memset(c, 0, offsetof(struct connection, inside));
    c->used = true;
    c->client = -1;
    c->recents.entries = c->inside;
    c->recents.capacity = RECENT_INSIDE;
}

struct connection *table_make(struct table *t, const struct tcprst_segment *s,
                              const struct table_found *found)
{
    int d = found->direction;
    if (!index_reserve(&t->all) || !index_reserve(&t->at_work))
        return NULL;
    size_t home = take_home(t);
    if (home == SLAB_NONE)
        return NULL;
    size_t entry = take_entry(t);
    if (entry == TABLE_NONE) {
        leave_home(t, home);
        return NULL;
    }
    struct connection *c = &home_at(t, home)->connection;
    make_empty(c);
    c->entry = (uint32_t)entry;
    c->pool = &t->pool;
    c->ip_version = s->ip_version;
    memcpy(c->address[d], s->source, 16);
    memcpy(c->address[!d], s->destination, 16);
    c->port[d] = s->source_port;
    c->port[!d] = s->destination_port;
    index_put(&t->all, (struct slot){found->hash, (uint32_t)entry + 1});
    begin_work(t, entry, home, found->hash);
    return c;
}

bool table_make_embryo(struct table *t, const struct tcprst_segment *s,
                       const struct table_found *found, const struct birth *birth)
{
    if (!index_reserve(&t->all))
        return false;
    size_t embryo = slab_take(&t->embryos, EMBRYO_SIZE);
    if (embryo == SLAB_NONE)
        return false;
    size_t entry = take_entry(t);
    if (entry == TABLE_NONE) {
        slab_leave(&t->embryos, embryo, EMBRYO_SIZE);
        return false;
    }
    embryo_make(embryo_at(t, embryo), s, found->direction, birth);
    t->entries[entry] = (struct entry){.embryo = embryo,
                                       .state = ENTRY_EMBRYO,
                                       .keeping = KEEP_ONE_SIDED,
                                       .ending = TCPRST_ENDING_OPEN,
                                       .since = ticks(t, birth->time)};
    enqueue(t, entry);
    index_put(&t->all, (struct slot){found->hash, (uint32_t)entry + 1});
    return true;
}

/* Its next segment came. No other connection has to go for that: it is one before and after. */
static struct connection *grow(struct table *t, size_t entry, uint32_t hash)
{
    if (!index_reserve(&t->at_work))
        return NULL;
    size_t home = take_home(t);
    if (home == SLAB_NONE)
        return NULL;
    struct connection *c = &home_at(t, home)->connection;
    size_t embryo = t->entries[entry].embryo;
    make_empty(c);
    c->entry = (uint32_t)entry;
    c->pool = &t->pool;
    embryo_grow(embryo_at(t, embryo), c);
    dequeue(t, entry);
    slab_leave(&t->embryos, embryo, EMBRYO_SIZE);
    begin_work(t, entry, home, hash);
    return c;
}

static struct connection *unpack(struct table *t, size_t entry, uint32_t hash)
{
    if (!index_reserve(&t->at_work))
        return NULL;
    size_t home = take_home(t);
    if (home == SLAB_NONE)
        return NULL;
    struct connection *c = &home_at(t, home)->connection;
    size_t size = t->entries[entry].packed->size;
    if (!connection_unpack(c, t->entries[entry].packed, &t->pool)) {
        leave_home(t, home);
        return NULL;
    }
    t->packed_memory -= size;
    dequeue(t, entry);
    c->entry = (uint32_t)entry;
    begin_work(t, entry, home, hash);
    return c;
}

/* ---- finding ---- */

static struct key key_of_entry(const struct table *t, const struct entry *e)
{
    return e->state == ENTRY_AT_WORK  ? key_of_connection(&home_at(t, e->home)->connection)
           : e->state == ENTRY_EMBRYO ? key_of_embryo(embryo_at(t, e->embryo))
                                      : key_of_packed(e->packed);
}

/* The home of the connection of that key, NULL: it is not at work. */
static struct home *find_at_work(const struct table *t, const struct key *k, uint32_t hash)
{
    const struct index *x = &t->at_work;
    for (size_t p = hash & x->mask; x->slots[p].number; p = (p + 1) & x->mask) {
        struct home *home = home_at(t, x->slots[p].number - 1);
        struct key there;
        if (x->slots[p].hash != hash)
            continue;
        there = key_of_connection(&home->connection);
        if (key_same(k, &there))
            return home;
    }
    return NULL;
}

/* The entry of the embryo or packed connection of that key; TABLE_NONE: there is none. */
static size_t find_resting(const struct table *t, const struct key *k, uint32_t hash)
{
    const struct index *x = &t->all;
    for (size_t p = hash & x->mask; x->slots[p].number; p = (p + 1) & x->mask) {
        struct key there;
        if (x->slots[p].hash != hash)
            continue;
        const struct entry *e = &t->entries[x->slots[p].number - 1];
        if (e->state == ENTRY_AT_WORK)
            continue;
        there = key_of_entry(t, e);
        if (key_same(k, &there))
            return x->slots[p].number - 1;
    }
    return TABLE_NONE;
}

/* ---- fetching ahead ---- */

static inline void to_slot(struct table *t, struct expected *e, const struct tcprst_segment *s)
{
    e->direction = key_direction(s);
    e->key = key_of_segment(s, e->direction);
    e->hash = key_hash(&e->key, t->seed);
    e->may_rest = s->flags & (TCPRST_SYN | TCPRST_RST);
    fetch(&t->at_work.slots[e->hash & t->at_work.mask]);
    if (e->may_rest)
        fetch(&t->all.slots[e->hash & t->all.mask]);
}

/* Of connections that are not at work, the entry that may be that one's. */
static void to_entry(const struct table *t, struct expected *e)
{
    const struct index *x = &t->all;
    size_t p = e->hash & x->mask;
    while (x->slots[p].number && x->slots[p].hash != e->hash)
        p = (p + 1) & x->mask;
    e->entry = x->slots[p].number;
    if (e->entry)
        fetch(&t->entries[e->entry - 1]);
}

static void to_resting(const struct table *t, const struct expected *e)
{
    if (e->entry > t->ever)
        return;
    const struct entry *entry = &t->entries[e->entry - 1];
    const char *resting = entry->state == ENTRY_EMBRYO   ? (const char *)embryo_at(t, entry->embryo)
                          : entry->state == ENTRY_PACKED ? (const char *)entry->packed
                                                         : (const char *)entry;
    fetch(resting);
    fetch(resting + LINE);
}

static inline void to_home(struct table *t, struct expected *e)
{
    const struct index *x = &t->at_work;
    size_t p = e->hash & x->mask;
    while (x->slots[p].number && x->slots[p].hash != e->hash)
        p = (p + 1) & x->mask;
    e->home = x->slots[p].number ? home_at(t, x->slots[p].number - 1) : NULL;
    e->entry = 0;
    if (!e->home) {
        if (e->may_rest)
            to_entry(t, e);
        return;
    }
    const struct connection *c = &e->home->connection;
    const struct endpoint *from = &c->end[e->direction], *to = &c->end[!e->direction];
    fetch(c);
    fetch((const char *)c + LINE);
    fetch(from);
    fetch((const char *)from + LINE);
    fetch(to);
}

static inline void to_recent(const struct table *t, const struct expected *e)
{
    if (!e->home) {
        if (e->entry)
            to_resting(t, e);
        return;
    }
    const struct recents *r = &e->home->connection.recents;
    const struct recent *to_come = &r->entries[r->pushed & (r->capacity - 1)];
    fetch(to_come);
    fetch((const char *)(to_come + 1) - 1);
}

/* The stations of those that are so far away from the i-th. */
static inline void pass(struct table *t, const struct tcprst_segment *s, size_t i)
{
    struct expected *ring = t->expected.ring;
    size_t left = t->expected.count - i;
    if (left > TO_SLOT)
        to_slot(t, &ring[(i + TO_SLOT) % EXPECTED], s + TO_SLOT);
    if (left > TO_HOME)
        to_home(t, &ring[(i + TO_HOME) % EXPECTED]);
    if (left > TO_RECENT)
        to_recent(t, &ring[(i + TO_RECENT) % EXPECTED]);
}

void table_expect(struct table *t, const struct tcprst_segment *segments, size_t count)
{
    struct expected *ring = t->expected.ring;
    t->expected.next = segments;
    t->expected.at = 0;
    t->expected.count = count;
    for (size_t i = 0; i < TO_SLOT && i < count; i++)
        to_slot(t, &ring[i], &segments[i]);
    for (size_t i = 0; i < TO_HOME && i < count; i++)
        to_home(t, &ring[i]);
    for (size_t i = 0; i < TO_RECENT && i < count; i++)
        to_recent(t, &ring[i]);
}

size_t table_expected(const struct table *t, const struct tcprst_segment *s)
{
    return s == t->expected.next ? t->expected.count - t->expected.at : 0;
}

/* What is known ahead of that segment, if it is the next one; NULL: nothing. */
static const struct expected *expected(struct table *t, const struct tcprst_segment *s)
{
    if (!table_expected(t, s))
        return NULL;
    size_t i = t->expected.at++;
    t->expected.next++;
    pass(t, s, i);
    return &t->expected.ring[i % EXPECTED];
}

/* Whether the connection expected there is there still. */
static bool still_there(const struct expected *e)
{
    if (!e->home || !e->home->connection.used)
        return false;
    struct key there = key_of_connection(&e->home->connection);
    return key_same(&e->key, &there);
}

void table_pass(struct table *t, const struct tcprst_segment *s)
{
    expected(t, s);
}

/* ---- letting go ---- */

static enum keeping keeping_of(const struct connection *c)
{
    const struct endpoint *a = &c->end[0], *b = &c->end[1];
    if (c->ended || ((a->seen & END_FIN) && (b->seen & END_FIN)))
        return KEEP_ENDED;
    bool text = (a->seen | b->seen) & END_DATA;
    if ((a->seen & b->seen & END_SEEN) || (c->flags & CONN_ESTABLISHED))
        return text ? KEEP_OPEN : KEEP_BARE;
    return text ? KEEP_BARE : KEEP_ONE_SIDED;
}

/* Both FINs acknowledged by time or by a RST: nothing of it is expected any more after so long. */
static int64_t keep_for(enum keeping keeping)
{
    return keeping == KEEP_ENDED       ? KEEP_CLOSED
           : keeping == KEEP_ONE_SIDED ? KEEP_UNANSWERED
                                       : INT64_MAX;
}

static int64_t pack_after(enum keeping keeping)
{
    return keeping == KEEP_ENDED       ? PACK_ENDED
           : keeping == KEEP_ONE_SIDED ? PACK_ONE_SIDED
                                       : PACK_OPEN;
}

static bool busy(const struct connection *c)
{
    /* Without segments: there was no memory to take in its first. */
    return !c->used || !c->segments || c->first_pending;
}

/* Whether it has been silent for long enough to be packed. */
static bool is_due(const struct connection *c, int64_t now, enum keeping *keeping)
{
    int64_t silent = now - c->last_time;
    /* No end is looked at before it has to be: each is another line. */
    if (silent <= PACK_ONE_SIDED || busy(c) ||
        silent <= (c->flags & CONN_ESTABLISHED ? PACK_ENDED : PACK_ONE_SIDED))
        return false;
    *keeping = keeping_of(c);
    return silent > pack_after(*keeping);
}

/* The connection is at work no longer. Its entry is as it was. */
static void end_work(struct table *t, size_t home)
{
    const struct connection *c = &home_at(t, home)->connection;
    const struct key k = key_of_connection(c);
    index_remove(&t->at_work, (struct slot){key_hash(&k, t->seed), (uint32_t)home + 1});
    uint32_t place = t->entries[c->entry].place, last = t->working[t->at_work.used];
    t->working[place] = last;
    t->entries[home_at(t, last)->connection.entry].place = place;
    leave_home(t, home);
}

/* False: no memory. */
static bool pack(struct table *t, size_t home, enum keeping keeping)
{
    struct connection *c = &home_at(t, home)->connection;
    uint32_t entry = c->entry;
    enum tcprst_ending ending = connection_ending(c);
    uint32_t since = ticks(t, c->last_time);
    struct packed *p = connection_pack(c, keeping == KEEP_ENDED ? RECENT_MIN : PACK_RECENTS);
    if (!p)
        return false;
    t->packed_memory += p->size;
    end_work(t, home);
    t->entries[entry] = (struct entry){.packed = p,
                                       .state = ENTRY_PACKED,
                                       .keeping = (uint8_t)keeping,
                                       .ending = (uint8_t)ending,
                                       .since = since};
    enqueue(t, entry);
    return true;
}

/* All that packing reads of it. */
static void fetch_all(const struct home *home)
{
    const struct recents *r = &home->connection.recents;
    for (size_t i = 0; i < sizeof *home; i += LINE)
        fetch((const char *)home + i);
    for (unsigned n = 0; n < RECENT_MIN && r->entries != home->connection.inside; n++)
        fetch(&r->entries[(r->pushed - 1 - n) & (r->capacity - 1)]);
}

/* What was found to be silent by the sweep before is packed, so that it could come nearer
 * meanwhile.
 */
void table_sweep(struct table *t, unsigned count)
{
    enum keeping keeping;
    int64_t now = t->begun;
    for (unsigned i = 0; i < count && t->homes.ever; i++) {
        if (t->due[i] && is_due(&home_at(t, t->due[i] - 1)->connection, now, &keeping))
            pack(t, t->due[i] - 1, keeping);
        t->packing_hand = (t->packing_hand + 1) % t->homes.ever;
        const struct home *home = home_at(t, t->packing_hand);
        bool due = is_due(&home->connection, now, &keeping);
        t->due[i] = due ? t->packing_hand + 1 : 0;
        if (due)
            fetch_all(home);
        fetch((const char *)home_at(t, (t->packing_hand + TABLE_SWEEP) % t->homes.ever) + LINE);
    }
}

/* The first in that queue; what comes near meanwhile is the one behind it. */
static size_t first_packed(const struct table *t, enum keeping keeping)
{
    uint32_t first = t->packed[keeping].first;
    if (!first)
        return TABLE_NONE;
    uint32_t behind = t->entries[first - 1].behind;
    if (behind)
        fetch(t->entries[behind - 1].packed);
    return first - 1;
}

/* The oldest embryo, likewise. */
static size_t first_unborn(const struct table *t)
{
    uint32_t first = t->unborn.first;
    uint32_t behind = first ? t->entries[first - 1].behind : 0;
    if (!first)
        return TABLE_NONE;
    if (behind) {
        const struct embryo *next = embryo_at(t, t->entries[behind - 1].embryo);
        const struct key k = key_of_embryo(next);
        uint64_t hash = key_hash_long(&k, t->seed);
        fetch(&t->all.slots[key_hash_short(hash) & t->all.mask]);
        if (t->forgotten)
            forgotten_expect(t->forgotten, hash);
        fetch((const char *)next + EMBRYO_SIZE);
        fetch((const char *)next + EMBRYO_SIZE + LINE);
    }
    return first - 1;
}

static int64_t heard_of(const struct table *t, const struct entry *e)
{
    return e->state == ENTRY_EMBRYO ? embryo_at(t, e->embryo)->time : e->packed->last_time;
}

/* Whether the first in that queue has been silent for longer than that. */
static bool first_silent(struct table *t, const struct queue *q, int64_t now, int64_t silence)
{
    if (!q->first)
        return false;
    const struct entry *e = &t->entries[q->first - 1];
    return e->since <= ticks(t, now - silence) && now - heard_of(t, e) > silence;
}

/* An embryo or a packed one that is over; TABLE_NONE: none. */
static size_t first_over(struct table *t, int64_t now)
{
    if (first_silent(t, &t->unborn, now, keep_for(KEEP_ONE_SIDED)))
        return first_unborn(t);
    for (enum keeping k = KEEP_ONE_SIDED; k <= KEEP_ENDED; k++)
        if (first_silent(t, &t->packed[k], now, keep_for(k)))
            return first_packed(t, k);
    return TABLE_NONE;
}

/* What one at work is worth: one that was heard of just now may be about to be worth more. */
static enum keeping worth_of(const struct connection *c, int64_t now)
{
    enum keeping keeping = keeping_of(c);
    if (now - c->last_time > PACK_ONE_SIDED || keeping == KEEP_ENDED)
        return keeping;
    return keeping == KEEP_ONE_SIDED ? KEEP_BARE : KEEP_OPEN;
}

/* Of the next few at work that are not busy the one that is worth least, of these the one that has
 * been silent for longest; TABLE_NONE: all are busy. */
static size_t least_at_work(struct table *t, int64_t now, enum keeping *worth)
{
    size_t least = TABLE_NONE;
    int64_t least_time = 0;
    *worth = KEEPINGS;
    for (size_t i = 0, seen = 0; i < STEPS && i < t->at_work.used && seen < SAMPLE; i++) {
        t->hand = (t->hand + 1) % t->at_work.used;
        const struct connection *c = &home_at(t, t->working[t->hand])->connection;
        if (busy(c))
            continue;
        seen++;
        enum keeping keeping = worth_of(c, now);
        if (keeping > *worth || (keeping == *worth && c->last_time >= least_time))
            continue;
        *worth = keeping;
        least = c->entry;
        least_time = c->last_time;
    }
    return least;
}

/* Of the embryos that are no older than what is at work, which may be about to be worth more, the
 * oldest. It is worth as much as such a one: see worth_of(). */
static size_t younger(const struct table *t, size_t at_work, enum keeping *worth)
{
    uint32_t first = t->unborn.first;
    if (!first || *worth < KEEP_BARE)
        return at_work;
    int64_t time = embryo_at(t, t->entries[first - 1].embryo)->time;
    bool older = at_work != TABLE_NONE && *worth == KEEP_BARE &&
                 home_at(t, t->entries[at_work].home)->connection.last_time < time;
    if (older)
        return at_work;
    *worth = KEEP_BARE;
    return first_unborn(t);
}

void table_begins(struct table *t, int64_t now)
{
    t->begun = now;
}

size_t table_victim(struct table *t, int64_t now, bool *full)
{
    enum keeping keeping = KEEP_ONE_SIDED, worth = KEEPINGS;
    *full = false;
    size_t over = first_over(t, now);
    if (over != TABLE_NONE || t->all.used < t->max)
        return over;
    *full = true;
    if (first_silent(t, &t->unborn, now, PACK_ONE_SIDED))
        return first_unborn(t);
    while (keeping < KEEPINGS && !t->packed[keeping].first)
        keeping++;
    size_t at_work = TABLE_NONE;
    if (keeping > KEEP_ENDED)
        at_work = younger(t, least_at_work(t, now, &worth), &worth);
    return worth < keeping ? at_work : keeping < KEEPINGS ? first_packed(t, keeping) : TABLE_NONE;
}

/* ---- asking for one ---- */

static bool is_over(const struct table *t, const struct entry *e)
{
    return t->begun - heard_of(t, e) > keep_for((enum keeping)e->keeping);
}

/* What rests, or should: sweeping comes to each in its turn only, and when that is hangs on all the
 * others. So whatever was silent for long enough when the last connection began is asked for as if
 * its turn had come then. */
static struct connection *get_resting(struct table *t, const struct expected *e,
                                      struct table_found *found)
{
    size_t entry = find_resting(t, &e->key, e->hash);
    found->known = entry != TABLE_NONE && !is_over(t, &t->entries[entry]);
    if (!found->known) {
        found->over = entry != TABLE_NONE ? entry + 1 : 0;
        return NULL;
    }
    if (t->entries[entry].state != ENTRY_EMBRYO)
        return unpack(t, entry, e->hash);
    /* Before it is at work: it must not be packed while somebody has it. */
    table_sweep(t, TABLE_SWEEP);
    return grow(t, entry, e->hash);
}

struct connection *table_get(struct table *t, const struct tcprst_segment *s,
                             struct table_found *found)
{
    struct expected look;
    enum keeping keeping;
    const struct expected *e = expected(t, s);
    *found = (struct table_found){.known = true};
    if (!e) {
        look.direction = key_direction(s);
        look.key = key_of_segment(s, look.direction);
        look.hash = key_hash(&look.key, t->seed);
        e = &look;
    }
    found->direction = e->direction;
    found->hash = e->hash;
    struct home *home = e != &look && still_there(e) ? e->home : find_at_work(t, &e->key, e->hash);
    if (!home)
        return get_resting(t, e, found);
    if (is_due(&home->connection, t->begun, &keeping) &&
        pack(t, t->entries[home->connection.entry].home, keeping))
        return get_resting(t, e, found);
    return &home->connection;
}

uint8_t table_again(struct table *t, const struct tcprst_segment *s, int64_t now)
{
    if (!t->forgotten)
        return 0;
    const struct key k = key_of_segment(s, key_direction(s));
    return forgotten_take(t->forgotten, key_hash_long(&k, t->seed), s->flags, now);
}

/* ---- letting go, at last ---- */

enum keeping table_forget(struct table *t, size_t i, bool full)
{
    const struct entry *e = &t->entries[i];
    bool at_work = e->state == ENTRY_AT_WORK;
    const struct connection *c = at_work ? &home_at(t, e->home)->connection : NULL;
    enum keeping keeping = at_work ? keeping_of(c) : (enum keeping)e->keeping;
    int64_t last = at_work ? c->last_time : heard_of(t, e);
    struct key k = key_of_entry(t, e);
    if (!t->forgotten)
        t->forgotten = forgotten_new();
    if (t->forgotten && full)
        forgotten_note(t->forgotten, key_hash_long(&k, t->seed), keeping);
    else if (t->forgotten)
        forgotten_note_over(t->forgotten, key_hash_long(&k, t->seed), keeping, last);
    table_remove(t, i);
    return keeping;
}

void table_remove(struct table *t, size_t i)
{
    const struct entry *e = &t->entries[i];
    struct key k = key_of_entry(t, e);
    index_remove(&t->all, (struct slot){key_hash(&k, t->seed), (uint32_t)i + 1});
    if (e->state == ENTRY_AT_WORK) {
        connection_release(&home_at(t, e->home)->connection);
        end_work(t, e->home);
    } else if (e->state == ENTRY_EMBRYO) {
        dequeue(t, i);
        slab_leave(&t->embryos, e->embryo, EMBRYO_SIZE);
    } else {
        t->packed_memory -= e->packed->size;
        dequeue(t, i);
        packed_free(e->packed);
    }
    leave_entry(t, i);
}

size_t table_count(const struct table *t)
{
    return t->all.used;
}

size_t table_memory(const struct table *t)
{
    return sizeof *t + index_memory(&t->all) + index_memory(&t->at_work) +
           t->room * sizeof *t->entries + slab_memory(&t->homes, sizeof(struct home)) +
           slab_memory(&t->embryos, EMBRYO_SIZE) + t->working_room * sizeof *t->working +
           t->pool.memory + t->packed_memory + forgotten_memory(t->forgotten);
}

size_t table_numbers(const struct table *t)
{
    return t->ever;
}

const struct connection *table_at(struct table *t, size_t i)
{
    const struct entry *e = &t->entries[i];
    if (i >= t->ever || e->state == ENTRY_FREE)
        return NULL;
    if (e->state == ENTRY_AT_WORK)
        return &home_at(t, e->home)->connection;
    if (e->state == ENTRY_EMBRYO) {
        make_empty(&t->look);
        embryo_grow(embryo_at(t, e->embryo), &t->look);
        return &t->look;
    }
    connection_look(&t->look, e->packed);
    return &t->look;
}

bool table_ending(const struct table *t, size_t i, enum tcprst_ending *ending)
{
    const struct entry *e = &t->entries[i];
    if (i >= t->ever || e->state == ENTRY_FREE)
        return false;
    *ending = e->state == ENTRY_AT_WORK ? connection_ending(&home_at(t, e->home)->connection)
                                        : (enum tcprst_ending)e->ending;
    return true;
}
