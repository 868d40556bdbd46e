/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - finds the connection of a segment: an open-addressing index over numbered entries.
 *
 * An entry is a connection at work or, once nothing was heard of it for a while, a packed one
 * (pack.h), which is unpacked when its next segment comes. So what lives stands close together in
 * the cache, and memory follows what lives. Bounded; connections that are over are swept away a few
 * at a time, and when the table is full the longest silent of a sample has to go.
 */
#include "connection.h"
#include "fetch.h"
#include "key.h"
#include "limits.h"
#include "pack.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64, SWEEP = 6, SAMPLE = 16 };

/* Where a connection at work lives. An odd number of lines, so that the same line of many homes
 * does not fall into the same few sets of the cache. */
enum { HOME_LINES = (sizeof(struct connection) + LINE - 1) / LINE | 1 };
struct home {
    union {
        _Alignas(LINE) struct connection connection;
        struct home *next_free; /* of one that is not used */
        uint8_t lines[HOME_LINES * LINE];
    };
};

struct slot {
    uint32_t hash;
    uint32_t entry; /* plus one, 0: empty */
};

enum entry_state { ENTRY_FREE, ENTRY_AT_WORK, ENTRY_PACKED };

struct entry {
    union {
        struct home *home;
        struct packed *packed;
        size_t next_free; /* plus one */
    };
    uint8_t state; /* enum entry_state */
    /* of a packed one */
    uint8_t keeping, ending; /* enum keeping, enum tcprst_ending */
    uint32_t since;          /* when it was last heard of: ticks() */
};

struct table {
    struct slot *slots;
    size_t mask;
    struct entry *entries;
    size_t room, ever; /* entries there is room for; ever handed out */
    size_t free_entry; /* plus one */
    size_t used;       /* connections */
    struct home **chunks;
    size_t chunk_count, chunk_room;
    size_t homes; /* ever handed out */
    struct home *free_home;
    size_t hand, packing_hand; /* where the next sweeps look */
    size_t next_victim;        /* when the table is full, TABLE_NONE: not chosen yet */
    uint32_t next_victim_since;
    struct home *due[SWEEP]; /* to be packed by the next sweep, if still silent; NULL: none */
    size_t max;
    uint64_t seed;
    struct pool pool; /* of recent segments */
    size_t packed_memory;
    int64_t first_time; /* INT64_MIN: none yet */
    struct {
        const struct tcprst_segment *next; /* to come, behind it the others in the same order */
        unsigned at, count;
        struct expected {
            struct key key;
            struct home *home; /* where its connection was, NULL: not at work */
            uint32_t hash, entry;
            int direction;
        } segments[TCPRST_EXPECT_MOST];
    } expected;
    struct connection look; /* what is packed, to look at */
};

struct table *table_new(size_t max_connections, uint64_t seed)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->mask = 1023;
    t->max = max_connections ? max_connections : TCPRST_DEFAULT_MAX_CONNECTIONS;
    t->seed = seed;
    t->first_time = INT64_MIN;
    t->next_victim = TABLE_NONE;
    t->slots = calloc(t->mask + 1, sizeof *t->slots);
    if (!t->slots) {
        free(t);
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

void table_remove_all(struct table *t)
{
    for (size_t i = 0; i < t->ever; i++) {
        struct entry *e = &t->entries[i];
        if (e->state == ENTRY_AT_WORK)
            free(e->home->connection.past);
        else if (e->state == ENTRY_PACKED)
            packed_free(e->packed);
        e->state = ENTRY_FREE;
    }
    pool_clear(&t->pool);
    for (size_t i = 0; i < t->chunk_count; i++)
        free_lines(t->chunks[i]);
    memset(t->slots, 0, (t->mask + 1) * sizeof *t->slots);
    t->free_home = NULL;
    memset(t->due, 0, sizeof t->due);
    t->next_victim = TABLE_NONE;
    t->expected.count = 0;
    t->chunk_count = t->homes = t->ever = t->used = t->free_entry = t->packed_memory = 0;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    table_remove_all(t);
    free(t->chunks);
    free(t->entries);
    free(t->slots);
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

static bool is_at(const struct entry *e, const struct key *k)
{
    struct key other = e->state == ENTRY_AT_WORK ? key_of_connection(&e->home->connection)
                                                 : key_of_packed(e->packed);
    return key_same(k, &other);
}

/* ---- entries and homes ---- */

static bool grow_index(struct table *t)
{
    size_t mask = t->mask * 2 + 1;
    struct slot *slots = calloc(mask + 1, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i <= t->mask; i++) {
        if (!t->slots[i].entry)
            continue;
        size_t p = t->slots[i].hash & mask;
        while (slots[p].entry)
            p = (p + 1) & mask;
        slots[p] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->mask = mask;
    return true;
}

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
    void *chunks = t->chunks;
    if (!reserve(&chunks, sizeof *t->chunks, t->chunk_count, &t->chunk_room))
        return false;
    t->chunks = chunks;
    struct home *chunk = alloc_lines(CHUNK * sizeof *chunk);
    if (!chunk)
        return false;
    t->chunks[t->chunk_count++] = chunk;
    return true;
}

static struct home *take_home(struct table *t)
{
    struct home *home = t->free_home;
    if (home) {
        t->free_home = home->next_free;
    } else {
        if (t->homes == t->chunk_count * CHUNK && !add_chunk(t))
            return NULL;
        home = &t->chunks[t->homes / CHUNK][t->homes % CHUNK];
        t->homes++;
    }
    return home;
}

static void leave_home(struct table *t, struct home *home)
{
    home->connection.used = false;
    home->next_free = t->free_home;
    t->free_home = home;
}

/* Returns its number plus one, 0: no memory. */
static size_t take_entry(struct table *t)
{
    size_t entry = t->free_entry;
    if (entry) {
        t->free_entry = t->entries[entry - 1].next_free;
        return entry;
    }
    void *entries = t->entries;
    if (!reserve(&entries, sizeof *t->entries, t->ever, &t->room))
        return 0;
    t->entries = entries;
    return ++t->ever;
}

static void leave_entry(struct table *t, size_t entry)
{
    t->entries[entry].state = ENTRY_FREE;
    t->entries[entry].next_free = t->free_entry;
    t->free_entry = entry + 1;
}

static struct connection *insert(struct table *t, const struct tcprst_segment *s, int d,
                                 uint32_t hash)
{
    if ((t->used + 1) * 2 > t->mask + 1 && !grow_index(t))
        return NULL;
    struct home *home = take_home(t);
    if (!home)
        return NULL;
    size_t entry = take_entry(t);
    if (!entry) {
        leave_home(t, home);
        return NULL;
    }
    t->entries[entry - 1] = (struct entry){.home = home, .state = ENTRY_AT_WORK};
    struct connection *c = &home->connection;
    memset(c, 0, offsetof(struct connection, inside));
    c->used = true;
    c->entry = (uint32_t)(entry - 1);
    c->pool = &t->pool;
    c->client = -1;
    c->recents.entries = c->inside;
    c->recents.capacity = RECENT_INSIDE;
    c->ip_version = s->ip_version;
    memcpy(c->address[d], s->source, 16);
    memcpy(c->address[!d], s->destination, 16);
    c->port[d] = s->source_port;
    c->port[!d] = s->destination_port;
    size_t p = hash & t->mask;
    while (t->slots[p].entry)
        p = (p + 1) & t->mask;
    t->slots[p] = (struct slot){hash, (uint32_t)entry};
    t->used++;
    return c;
}

/* The slot of that key, NULL where there is none. */
static struct slot *find(const struct table *t, const struct key *k, uint32_t hash)
{
    for (size_t p = hash & t->mask; t->slots[p].entry; p = (p + 1) & t->mask)
        if (t->slots[p].hash == hash && is_at(&t->entries[t->slots[p].entry - 1], k))
            return &t->slots[p];
    return NULL;
}

static struct connection *unpack(struct table *t, size_t entry)
{
    struct home *home = take_home(t);
    if (!home)
        return NULL;
    size_t size = t->entries[entry].packed->size;
    if (!connection_unpack(&home->connection, t->entries[entry].packed, &t->pool)) {
        leave_home(t, home);
        return NULL;
    }
    t->packed_memory -= size;
    home->connection.entry = (uint32_t)entry;
    t->entries[entry] = (struct entry){.home = home, .state = ENTRY_AT_WORK};
    return &home->connection;
}

/* What table_expect() found out about that segment, if it is the next one; NULL: it did not. */
static const struct expected *expected(struct table *t, const struct tcprst_segment *s)
{
    if (s != t->expected.next || t->expected.at == t->expected.count)
        return NULL;
    t->expected.next++;
    return &t->expected.segments[t->expected.at++];
}

/* Whether the connection expected there is there still. */
static bool still_there(const struct expected *e)
{
    if (!e->home || !e->home->connection.used)
        return false;
    struct key there = key_of_connection(&e->home->connection);
    return key_same(&e->key, &there);
}

struct connection *table_get(struct table *t, const struct tcprst_segment *s, int *direction,
                             bool *made)
{
    struct expected now;
    const struct expected *e = expected(t, s);
    *made = false;
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
    const struct slot *slot = find(t, &e->key, e->hash);
    *made = !slot;
    if (!slot)
        return insert(t, s, e->direction, e->hash);
    const struct entry *entry = &t->entries[slot->entry - 1];
    return entry->state == ENTRY_AT_WORK ? &entry->home->connection : unpack(t, slot->entry - 1);
}

/* ---- fetching ahead ---- */

static void fetch_connection(const struct connection *c)
{
    const char *lines = (const char *)c;
    fetch(lines + LINE);
    for (int i = 0; i < 2; i++) {
        fetch(&c->end[i]);
        fetch((const char *)&c->end[i] + LINE);
    }
}

/* In passes, so that each fetches for all what the next one looks at. */
void table_expect(struct table *t, const struct tcprst_segment *segments, size_t count)
{
    if (count > TCPRST_EXPECT_MOST)
        count = TCPRST_EXPECT_MOST;
    t->expected.next = segments;
    t->expected.at = 0;
    t->expected.count = (unsigned)count;
    struct expected *const begin = t->expected.segments, *const end = begin + count;
    for (struct expected *e = begin; e < end; e++, segments++) {
        e->direction = key_direction(segments);
        e->key = key_of_segment(segments, e->direction);
        e->hash = key_hash(&e->key, t->seed);
        fetch(&t->slots[e->hash & t->mask]);
    }
    for (struct expected *e = begin; e < end; e++) {
        size_t p = e->hash & t->mask;
        while (t->slots[p].entry && t->slots[p].hash != e->hash)
            p = (p + 1) & t->mask;
        e->entry = t->slots[p].entry;
        if (e->entry)
            fetch(&t->entries[e->entry - 1]);
    }
    for (struct expected *e = begin; e < end; e++) {
        const struct entry *entry = e->entry ? &t->entries[e->entry - 1] : NULL;
        e->home = entry && entry->state == ENTRY_AT_WORK ? entry->home : NULL;
        if (!e->home)
            continue;
        fetch(&e->home->connection);
        fetch_connection(&e->home->connection);
    }
    for (struct expected *e = begin; e < end; e++) {
        if (!e->home)
            continue;
        const struct recents *r = &e->home->connection.recents;
        const struct recent *to_come = &r->entries[r->pushed & (r->capacity - 1)];
        fetch(to_come);
        fetch((const char *)(to_come + 1) - 1);
    }
}

/* ---- letting go ---- */

/* Whether nothing of it is expected any more after a while, and after how long. */
static enum keeping keeping_of(const struct connection *c)
{
    if (c->ended || ((c->end[0].seen & END_FIN) && (c->end[1].seen & END_FIN)))
        return KEEP_ENDED;
    bool one_sided = !(c->end[0].seen & END_SEEN) || !(c->end[1].seen & END_SEEN);
    return one_sided && !(c->flags & CONN_ESTABLISHED) ? KEEP_ONE_SIDED : KEEP_OPEN;
}

/* Both FINs acknowledged by time or by a RST: nothing of it is expected any more. */
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

static struct home *home_at(const struct table *t, size_t i)
{
    return &t->chunks[i / CHUNK][i % CHUNK];
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

static void pack(struct table *t, struct home *home, enum keeping keeping)
{
    struct connection *c = &home->connection;
    uint32_t entry = c->entry;
    enum tcprst_ending ending = connection_ending(c);
    uint32_t since = ticks(t, c->last_time);
    struct packed *p = connection_pack(c, keeping == KEEP_ENDED ? RECENT_MIN : PACK_RECENTS);
    if (!p)
        return;
    t->packed_memory += p->size;
    t->entries[entry] = (struct entry){.packed = p,
                                       .state = ENTRY_PACKED,
                                       .keeping = (uint8_t)keeping,
                                       .ending = (uint8_t)ending,
                                       .since = since};
    leave_home(t, home);
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
static void sweep_homes(struct table *t, int64_t now)
{
    enum keeping keeping;
    for (int i = 0; i < SWEEP && t->homes; i++) {
        struct home *home = t->due[i];
        if (home && is_due(&home->connection, now, &keeping))
            pack(t, home, keeping);
        t->packing_hand = (t->packing_hand + 1) % t->homes;
        home = home_at(t, t->packing_hand);
        bool due = is_due(&home->connection, now, &keeping);
        t->due[i] = due ? home : NULL;
        if (due)
            fetch_all(home);
        fetch((const char *)home_at(t, (t->packing_hand + SWEEP) % t->homes) + LINE);
    }
}

/* A packed one that is over; TABLE_NONE: none among the next few. */
static size_t sweep_packed(struct table *t, int64_t now)
{
    uint32_t closed = ticks(t, now - KEEP_CLOSED), unanswered = ticks(t, now - KEEP_UNANSWERED);
    for (int i = 0; i < SWEEP && t->ever; i++) {
        t->hand = (t->hand + 1) % t->ever;
        const struct entry *e = &t->entries[t->hand];
        if (e->state != ENTRY_PACKED || e->keeping == KEEP_OPEN ||
            e->since > (e->keeping == KEEP_ENDED ? closed : unanswered))
            continue;
        if (now - e->packed->last_time > keep_for((enum keeping)e->keeping))
            return t->hand;
    }
    return TABLE_NONE;
}

/* Of the next few packed ones that of which nothing was heard for the longest time. */
static size_t oldest_packed(struct table *t)
{
    size_t oldest = TABLE_NONE;
    for (unsigned i = 0, seen = 0; i < 4 * SAMPLE && seen < SAMPLE && i < t->ever; i++) {
        t->hand = (t->hand + 1) % t->ever;
        if (t->entries[t->hand].state != ENTRY_PACKED)
            continue;
        seen++;
        if (oldest == TABLE_NONE || t->entries[t->hand].since < t->entries[oldest].since)
            oldest = t->hand;
    }
    return oldest;
}

/* The same of those at work. */
static size_t oldest_at_work(struct table *t)
{
    size_t oldest = TABLE_NONE;
    int64_t oldest_time = 0;
    for (size_t i = 0, seen = 0; i < t->ever && seen < SAMPLE; i++) {
        t->hand = (t->hand + 1) % t->ever;
        const struct entry *e = &t->entries[t->hand];
        if (e->state != ENTRY_AT_WORK || busy(&e->home->connection))
            continue;
        if (seen++ == 0 || e->home->connection.last_time < oldest_time) {
            oldest = t->hand;
            oldest_time = e->home->connection.last_time;
        }
    }
    return oldest;
}

size_t table_victim(struct table *t, int64_t now, bool *full)
{
    *full = false;
    sweep_homes(t, now);
    size_t over = sweep_packed(t, now);
    if (over != TABLE_NONE || t->used < t->max)
        return over;
    *full = true;
    /* Chosen a connection ahead, so that it can come nearer meanwhile. */
    size_t victim = t->next_victim;
    if (victim != TABLE_NONE && (t->entries[victim].state != ENTRY_PACKED ||
                                 t->entries[victim].since != t->next_victim_since))
        victim = TABLE_NONE;
    if (victim == TABLE_NONE)
        victim = oldest_packed(t);
    t->next_victim = oldest_packed(t);
    if (t->next_victim == victim)
        t->next_victim = TABLE_NONE;
    if (t->next_victim != TABLE_NONE) {
        t->next_victim_since = t->entries[t->next_victim].since;
        fetch(t->entries[t->next_victim].packed);
    }
    return victim != TABLE_NONE ? victim : oldest_at_work(t);
}

/* The slot of an entry. */
static size_t slot_of(const struct table *t, size_t i)
{
    const struct entry *e = &t->entries[i];
    struct key k = e->state == ENTRY_AT_WORK ? key_of_connection(&e->home->connection)
                                             : key_of_packed(e->packed);
    size_t p = key_hash(&k, t->seed) & t->mask;
    while (t->slots[p].entry != i + 1)
        p = (p + 1) & t->mask;
    return p;
}

void table_remove(struct table *t, size_t i)
{
    size_t p = slot_of(t, i);
    /* Close the gap: move back what would no longer be found past an empty slot. */
    for (size_t next = (p + 1) & t->mask; t->slots[next].entry; next = (next + 1) & t->mask) {
        size_t home = t->slots[next].hash & t->mask;
        if (((next - home) & t->mask) >= ((next - p) & t->mask)) {
            t->slots[p] = t->slots[next];
            p = next;
        }
    }
    t->slots[p].entry = 0;
    struct entry *e = &t->entries[i];
    if (e->state == ENTRY_AT_WORK) {
        connection_release(&e->home->connection);
        leave_home(t, e->home);
    } else {
        t->packed_memory -= e->packed->size;
        packed_free(e->packed);
    }
    leave_entry(t, i);
    t->used--;
}

size_t table_count(const struct table *t)
{
    return t->used;
}

size_t table_memory(const struct table *t)
{
    return sizeof *t + (t->mask + 1) * sizeof *t->slots + t->room * sizeof *t->entries +
           t->chunk_count * CHUNK * sizeof(struct home) + t->pool.memory + t->packed_memory;
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
        return &e->home->connection;
    connection_look(&t->look, e->packed);
    return &t->look;
}

bool table_ending(const struct table *t, size_t i, enum tcprst_ending *ending)
{
    const struct entry *e = &t->entries[i];
    if (i >= t->ever || e->state == ENTRY_FREE)
        return false;
    *ending = e->state == ENTRY_AT_WORK ? connection_ending(&e->home->connection)
                                        : (enum tcprst_ending)e->ending;
    return true;
}
