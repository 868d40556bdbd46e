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
#include "fetch.h"
#include "table_parts.h"

#include <stdlib.h>

/* So many segments before it is asked for a segment passes each station of what is fetched ahead:
 * what one fetches has come when the next looks at it. */
enum { TO_SLOT = 30, TO_HOME = 20, TO_RECENT = 10 };

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
    uint64_t hash = key_hash_long(&e->key, t->seed);
    e->hash = key_hash_short(hash);
    e->may_rest = s->flags & (TCPRST_SYN | TCPRST_RST);
    fetch(&t->at_work.slots[e->hash & t->at_work.mask]);
    if (!e->may_rest)
        return;
    fetch(&t->all.slots[e->hash & t->all.mask]);
    if (t->forgotten)
        forgotten_expect_take(t->forgotten, hash, s->flags);
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

/* ---- asking for one ---- */

/* What rests, or should: sweeping comes to each in its turn only, and when that is hangs on all the
 * others. So whatever was silent for long enough when the last connection began is asked for as if
 * its turn had come then. */
static struct connection *get_resting(struct table *t, const struct expected *e,
                                      struct table_found *found)
{
    size_t entry = find_resting(t, &e->key, e->hash);
    found->known = entry != TABLE_NONE && !table_is_over(t, &t->entries[entry]);
    if (!found->known) {
        found->over = entry != TABLE_NONE ? entry + 1 : 0;
        return NULL;
    }
    if (t->entries[entry].state != ENTRY_EMBRYO)
        return table_unpack(t, entry, e->hash);
    /* Before it is at work: it must not be packed while somebody has it. */
    table_sweep(t, TABLE_SWEEP);
    return table_grow(t, entry, e->hash);
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
    if (table_is_due(&home->connection, t->begun, &keeping) &&
        table_pack(t, t->entries[home->connection.entry].home, keeping))
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
