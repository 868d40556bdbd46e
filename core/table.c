/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - finds the connection of a segment: an open-addressing index over numbered entries.
 *
 * An entry is a connection at work or, once nothing was heard of it for a while, a packed one
 * (pack.h), which is unpacked when its next segment comes. So what lives stands close together in
 * the cache, and memory follows what lives. Bounded; connections that are over are let go a few at
 * a time, and when the table is full what is worth least (enum keeping), of that the longest
 * silent.
 */
#include "connection.h"
#include "fetch.h"
#include "forgotten.h"
#include "key.h"
#include "limits.h"
#include "pack.h"

#include <stdlib.h>
#include <string.h>

/* STEPS and SAMPLE: so many homes are looked at for one that may go, so many of them judged. */
enum { CHUNK = 64, SWEEP = 6, STEPS = 64, SAMPLE = 16 };

/* So many segments before it is asked for a segment passes each station of what is fetched ahead:
 * what one fetches has come when the next looks at it. */
enum { TO_SLOT = 30, TO_HOME = 20, TO_RECENT = 10, EXPECTED = 32 };

/* Where a connection at work lives. An odd number of lines, so that the same line of many homes
 * does not fall into the same few sets of the cache. */
enum { HOME_LINES = (sizeof(struct connection) + LINE - 1) / LINE | 1 };
struct home {
    union {
        _Alignas(LINE) struct connection connection;
        size_t next_free; /* of one that is not used: the next, plus one */
        uint8_t lines[HOME_LINES * LINE];
    };
};

struct slot {
    uint32_t hash;
    uint32_t number; /* of the entry or home, plus one; 0: empty */
};

enum entry_state { ENTRY_FREE, ENTRY_AT_WORK, ENTRY_PACKED };

struct entry {
    union {
        size_t home; /* its number */
        struct packed *packed;
        size_t next_free; /* plus one */
    };
    uint8_t state; /* enum entry_state */
    /* of a packed one */
    uint8_t keeping, ending; /* enum keeping, enum tcprst_ending */
    uint32_t since;          /* when it was last heard of: ticks() */
    union {
        uint32_t before; /* and behind: its neighbours in its queue, numbers plus one */
        uint32_t place;  /* of one at work: in working */
    };
    uint32_t behind;
};

/* Packed ones worth the same, in the order in which they were packed: numbers, plus one. */
struct queue {
    uint32_t first, last;
};

/* Open addressing: at most half of the slots are taken. */
struct index {
    struct slot *slots;
    size_t mask, used;
};

struct table {
    struct index all; /* of entries */
    /* Of homes, those at work only: a small one beside a large one, because nearly every segment is
     * theirs. */
    struct index at_work;
    struct entry *entries;
    size_t room, ever; /* entries there is room for; ever handed out */
    size_t free_entry; /* plus one */
    struct home **chunks;
    size_t chunk_count, chunk_room;
    uint32_t *working;         /* numbers of the homes at work, at_work.used of them, in no order */
    size_t working_room;       /* in chunks */
    size_t homes;              /* ever handed out */
    size_t free_home;          /* plus one */
    size_t hand, packing_hand; /* where is looked next */
    struct queue packed[KEEPINGS];
    struct forgotten *forgotten; /* NULL: none was given up */
    size_t due[SWEEP]; /* homes to be packed by the next sweep, if still silent; plus one */
    size_t max;
    uint64_t seed;
    struct pool pool; /* of recent segments */
    size_t packed_memory;
    int64_t first_time; /* INT64_MIN: none yet */
    struct {
        const struct tcprst_segment *next; /* to come, behind it the others in the same order */
        size_t at, count;
        struct expected {
            struct key key;
            struct home *home; /* where its connection may be, NULL: not at work */
            uint32_t hash;
            int direction;
        } ring[EXPECTED];
    } expected;
    struct connection look; /* what is packed, to look at */
};

/* ---- an index ---- */

static bool index_make(struct index *x, size_t mask)
{
    x->slots = calloc(mask + 1, sizeof *x->slots);
    x->mask = mask;
    x->used = 0;
    return x->slots != NULL;
}

static void index_put(struct index *x, struct slot slot)
{
    size_t p = slot.hash & x->mask;
    while (x->slots[p].number)
        p = (p + 1) & x->mask;
    x->slots[p] = slot;
    x->used++;
}

/* Room for one more. */
static bool index_reserve(struct index *x)
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

/* Takes out what is there. */
static void index_remove(struct index *x, struct slot slot)
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

static void index_clear(struct index *x)
{
    memset(x->slots, 0, (x->mask + 1) * sizeof *x->slots);
    x->used = 0;
}

static size_t index_memory(const struct index *x)
{
    return (x->mask + 1) * sizeof *x->slots;
}

struct table *table_new(size_t max_connections, uint64_t seed)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->max = max_connections ? max_connections : TCPRST_DEFAULT_MAX_CONNECTIONS;
    t->seed = seed;
    t->first_time = INT64_MIN;
    if (!index_make(&t->all, 1023) || !index_make(&t->at_work, 1023)) {
        table_free(t);
        return NULL;
    }
    return t;
}

/* Memory that begins on a cache line; aligned_alloc() of C11 is not to be had on Windows. */
static void *alloc_lines(size_t size)
{
    void *block = malloc(size + LINE + sizeof(void *));
    if (!block)
        return NULL;
    uint8_t *start = (uint8_t *)block + sizeof(void *);
    start += (LINE - (uintptr_t)start % LINE) % LINE;
    memcpy(start - sizeof block, &block, sizeof block);
    /* block_of() finds it again. */
    /* cppcheck-suppress memleak */
    return start;
}

static void *block_of(const void *lines)
{
    void *block;
    memcpy(&block, (const uint8_t *)lines - sizeof block, sizeof block);
    return block;
}

static void free_lines(void *lines)
{
    if (lines)
        free(block_of(lines));
}

static struct home *home_at(const struct table *t, size_t i)
{
    return &t->chunks[i / CHUNK][i % CHUNK];
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
    for (size_t i = 0; i < t->chunk_count; i++)
        free_lines(t->chunks[i]);
    index_clear(&t->all);
    index_clear(&t->at_work);
    t->free_home = 0;
    memset(t->due, 0, sizeof t->due);
    memset(t->packed, 0, sizeof t->packed);
    t->expected.at = t->expected.count = 0;
    t->chunk_count = t->homes = t->ever = t->free_entry = t->packed_memory = 0;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    if (t->all.slots && t->at_work.slots)
        table_remove_all(t);
    forgotten_free(t->forgotten);
    free(t->chunks);
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

static inline struct key key_of_packed(const struct packed *p)
{
    return key_make(p->ip_version, p->octets, p->octets + address_size(p->ip_version), p->port[0],
                    p->port[1]);
}

/* ---- entries and homes ---- */

/* Room for one more pointer in a list that doubles. */
static bool reserve(void **list, size_t size, size_t count, size_t *room)
{
    if (count < *room)
        return true;
    size_t more = *room ? *room * 2 : 16;
    void *grown = realloc(*list, more * size);
    if (!grown)
        return false;
    *list = grown;
    *room = more;
    return true;
}

static bool add_chunk(struct table *t)
{
    void *chunks = t->chunks, *working = t->working;
    if (!reserve(&chunks, sizeof *t->chunks, t->chunk_count, &t->chunk_room))
        return false;
    t->chunks = chunks;
    if (!reserve(&working, CHUNK * sizeof *t->working, t->chunk_count, &t->working_room))
        return false;
    t->working = working;
    struct home *chunk = alloc_lines(CHUNK * sizeof *chunk);
    if (!chunk)
        return false;
    t->chunks[t->chunk_count++] = chunk;
    return true;
}

/* Returns its number, TABLE_NONE: no memory. */
static size_t take_home(struct table *t)
{
    if (t->free_home) {
        size_t home = t->free_home - 1;
        t->free_home = home_at(t, home)->next_free;
        return home;
    }
    if (t->homes == t->chunk_count * CHUNK && !add_chunk(t))
        return TABLE_NONE;
    return t->homes++;
}

static void leave_home(struct table *t, size_t home)
{
    struct home *left = home_at(t, home);
    left->connection.used = false;
    left->next_free = t->free_home;
    t->free_home = home + 1;
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
    if (!reserve(&entries, sizeof *t->entries, t->ever, &t->room))
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

static void enqueue(struct table *t, size_t entry)
{
    struct entry *e = &t->entries[entry];
    struct queue *q = &t->packed[e->keeping];
    e->before = q->last;
    e->behind = 0;
    *(q->last ? &t->entries[q->last - 1].behind : &q->first) = (uint32_t)entry + 1;
    q->last = (uint32_t)entry + 1;
}

static void dequeue(struct table *t, size_t entry)
{
    const struct entry *e = &t->entries[entry];
    struct queue *q = &t->packed[e->keeping];
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

static struct connection *insert(struct table *t, const struct tcprst_segment *s, int d,
                                 uint32_t hash)
{
    if (!index_reserve(&t->all) || !index_reserve(&t->at_work))
        return NULL;
    size_t home = take_home(t);
    if (home == TABLE_NONE)
        return NULL;
    size_t entry = take_entry(t);
    if (entry == TABLE_NONE) {
        leave_home(t, home);
        return NULL;
    }
    struct connection *c = &home_at(t, home)->connection;
    memset(c, 0, offsetof(struct connection, inside));
    c->used = true;
    c->entry = (uint32_t)entry;
    c->pool = &t->pool;
    c->client = -1;
    c->recents.entries = c->inside;
    c->recents.capacity = RECENT_INSIDE;
    c->ip_version = s->ip_version;
    memcpy(c->address[d], s->source, 16);
    memcpy(c->address[!d], s->destination, 16);
    c->port[d] = s->source_port;
    c->port[!d] = s->destination_port;
    index_put(&t->all, (struct slot){hash, (uint32_t)entry + 1});
    begin_work(t, entry, home, hash);
    return c;
}

static struct connection *unpack(struct table *t, size_t entry, uint32_t hash)
{
    if (!index_reserve(&t->at_work))
        return NULL;
    size_t home = take_home(t);
    if (home == TABLE_NONE)
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

/* The entry of the packed connection of that key; TABLE_NONE: there is none. */
static size_t find_packed(const struct table *t, const struct key *k, uint32_t hash)
{
    const struct index *x = &t->all;
    for (size_t p = hash & x->mask; x->slots[p].number; p = (p + 1) & x->mask) {
        const struct entry *e = &t->entries[x->slots[p].number - 1];
        struct key there;
        if (x->slots[p].hash != hash || e->state != ENTRY_PACKED)
            continue;
        there = key_of_packed(e->packed);
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
    fetch(&t->at_work.slots[e->hash & t->at_work.mask]);
    if (s->flags & TCPRST_SYN)
        fetch(&t->all.slots[e->hash & t->all.mask]);
}

static inline void to_home(struct table *t, struct expected *e)
{
    const struct index *x = &t->at_work;
    size_t p = e->hash & x->mask;
    while (x->slots[p].number && x->slots[p].hash != e->hash)
        p = (p + 1) & x->mask;
    e->home = x->slots[p].number ? home_at(t, x->slots[p].number - 1) : NULL;
    if (!e->home)
        return;
    const struct connection *c = &e->home->connection;
    const struct endpoint *from = &c->end[e->direction], *to = &c->end[!e->direction];
    fetch(c);
    fetch((const char *)c + LINE);
    fetch(from);
    fetch((const char *)from + LINE);
    fetch(to);
}

static inline void to_recent(struct expected *e)
{
    if (!e->home)
        return;
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
        to_recent(&ring[(i + TO_RECENT) % EXPECTED]);
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
        to_recent(&ring[i]);
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

static bool was_forgotten(struct table *t, const struct key *k, const struct tcprst_segment *s)
{
    return t->forgotten && forgotten_take(t->forgotten, key_hash_long(k, t->seed), s->flags);
}

struct connection *table_get(struct table *t, const struct tcprst_segment *s, int *direction,
                             enum table_found *found)
{
    struct expected now;
    const struct expected *e = expected(t, s);
    *found = TABLE_KNOWN;
    if (!e) {
        now.direction = key_direction(s);
        now.key = key_of_segment(s, now.direction);
        now.hash = key_hash(&now.key, t->seed);
        e = &now;
    } else if (still_there(e)) {
        *direction = e->direction;
        return &e->home->connection;
    }
    *direction = e->direction;
    struct home *home = find_at_work(t, &e->key, e->hash);
    if (home)
        return &home->connection;
    size_t entry = find_packed(t, &e->key, e->hash);
    if (entry != TABLE_NONE)
        return unpack(t, entry, e->hash);
    *found = was_forgotten(t, &e->key, s) ? TABLE_AGAIN : TABLE_NEW;
    return insert(t, s, e->direction, e->hash);
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
    /* Without segments it is the one that was just made. */
    return !c->used || !c->segments || c->first_pending;
}

/* Whether it has been silent for long enough to be packed. */
static bool is_due(const struct connection *c, int64_t now, enum keeping *keeping)
{
    int64_t silent = now - c->last_time;
    /* No end is looked at before it has to be: each is another line. */
    if (busy(c) || silent <= (c->flags & CONN_ESTABLISHED ? PACK_ENDED : PACK_ONE_SIDED))
        return false;
    *keeping = keeping_of(c);
    return silent > pack_after(*keeping);
}

/* A time in units of some 17 ms from the table's first packed one on; the last tick, after two
 * years, lasts for ever. */
static uint32_t ticks(struct table *t, int64_t time)
{
    enum { TICK = 1 << 24 };
    if (t->first_time == INT64_MIN)
        t->first_time = time;
    int64_t ticks = time > t->first_time ? (time - t->first_time) / TICK : 0;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
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

static void pack(struct table *t, size_t home, enum keeping keeping)
{
    struct connection *c = &home_at(t, home)->connection;
    uint32_t entry = c->entry;
    enum tcprst_ending ending = connection_ending(c);
    uint32_t since = ticks(t, c->last_time);
    struct packed *p = connection_pack(c, keeping == KEEP_ENDED ? RECENT_MIN : PACK_RECENTS);
    if (!p)
        return;
    t->packed_memory += p->size;
    end_work(t, home);
    t->entries[entry] = (struct entry){.packed = p,
                                       .state = ENTRY_PACKED,
                                       .keeping = (uint8_t)keeping,
                                       .ending = (uint8_t)ending,
                                       .since = since};
    enqueue(t, entry);
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

/* Packs what has been silent for long enough, a few connections at a time: what was found to be
 * silent by the sweep before, so that it could come nearer meanwhile. */
void table_sweep(struct table *t, int64_t now)
{
    enum keeping keeping;
    for (int i = 0; i < SWEEP && t->homes; i++) {
        if (t->due[i] && is_due(&home_at(t, t->due[i] - 1)->connection, now, &keeping))
            pack(t, t->due[i] - 1, keeping);
        t->packing_hand = (t->packing_hand + 1) % t->homes;
        const struct home *home = home_at(t, t->packing_hand);
        bool due = is_due(&home->connection, now, &keeping);
        t->due[i] = due ? t->packing_hand + 1 : 0;
        if (due)
            fetch_all(home);
        fetch((const char *)home_at(t, (t->packing_hand + SWEEP) % t->homes) + LINE);
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

/* A packed one that is over; TABLE_NONE: none. */
static size_t first_over(struct table *t, int64_t now)
{
    for (enum keeping k = KEEP_ONE_SIDED; k <= KEEP_ENDED; k++) {
        uint32_t first = t->packed[k].first;
        if (first && t->entries[first - 1].since <= ticks(t, now - keep_for(k)) &&
            now - t->entries[first - 1].packed->last_time > keep_for(k))
            return first_packed(t, k);
    }
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

size_t table_victim(struct table *t, int64_t now, bool *full)
{
    enum keeping keeping = KEEP_ONE_SIDED, worth = KEEPINGS;
    *full = false;
    size_t over = first_over(t, now);
    if (over != TABLE_NONE || t->all.used <= t->max)
        return over;
    *full = true;
    while (keeping < KEEPINGS && !t->packed[keeping].first)
        keeping++;
    size_t at_work = TABLE_NONE;
    if (keeping > KEEP_ENDED)
        at_work = least_at_work(t, now, &worth);
    return worth < keeping ? at_work : keeping < KEEPINGS ? first_packed(t, keeping) : TABLE_NONE;
}

static struct key key_of_entry(const struct table *t, const struct entry *e)
{
    return e->state == ENTRY_AT_WORK ? key_of_connection(&home_at(t, e->home)->connection)
                                     : key_of_packed(e->packed);
}

enum keeping table_forget(struct table *t, size_t i)
{
    const struct entry *e = &t->entries[i];
    enum keeping keeping = e->state == ENTRY_AT_WORK ? keeping_of(&home_at(t, e->home)->connection)
                                                     : (enum keeping)e->keeping;
    struct key k = key_of_entry(t, e);
    if (!t->forgotten)
        t->forgotten = forgotten_new();
    if (t->forgotten)
        forgotten_note(t->forgotten, key_hash_long(&k, t->seed), keeping);
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
           t->room * sizeof *t->entries + t->chunk_count * CHUNK * sizeof(struct home) +
           t->working_room * CHUNK * sizeof *t->working + t->pool.memory + t->packed_memory +
           forgotten_memory(t->forgotten);
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
