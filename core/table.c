/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - finds the connection of a segment: an index over numbered entries.
 *
 * An entry is a connection at work; or an embryo (embryo.h), as long as only an opening was
 * captured, or once it was refused and nothing else came; or, once nothing was heard of it for a
 * while, a packed one (pack.h). The next segment of those sets them to work. What is at work is a
 * whole connection or, where many are and it said little so far, a young one (young.h); to all
 * others it is the same. So what lives stands close together in the cache, and memory follows what
 * lives. Bounded; connections that are over are let go a few at a time, and when the table is full
 * what is worth least (enum keeping), of that the longest silent.
 */
#include "fetch.h"
#include "table_parts.h"

#include <stdlib.h>

#if defined(__GNUC__)
#define NOT_INLINE __attribute__((noinline))
#else
#define NOT_INLINE
#endif

/* So many segments before it is asked for a segment passes each station of what is fetched ahead:
 * what one fetches has come when the next looks at it. */
enum { TO_SLOT = 30, TO_BODY = 20, TO_END = 10, TO_LAST = 5 };

struct table *table_new(size_t max_connections, uint64_t seed)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->max = max_connections ? max_connections : TCPRST_DEFAULT_MAX_CONNECTIONS;
    t->seed = seed;
    t->young_from = YOUNG_FROM;
    t->first_time = INT64_MIN;
    t->begun = TIME_MIN;
    if (!index_make(&t->all, 1023) || !index_make(&t->at_work, 1023)) {
        table_free(t);
        return NULL;
    }
    return t;
}

void table_all_matter(struct table *t)
{
    t->young_from = SIZE_MAX;
}

/* ---- finding ---- */

/* The connection of that key, NULL: it is not at work, or a young one. */
static struct connection *find_whole(const struct table *t, const struct key *k, uint32_t hash)
{
    const struct index *x = &t->at_work;
    for (size_t p = hash & x->mask; x->slots[p].number; p = (p + 1) & x->mask) {
        struct key there;
        if (x->slots[p].hash != hash || body_is_young(x->slots[p].number))
            continue;
        struct connection *c = whole_at(t, x->slots[p].number);
        there = key_of_connection(c);
        if (key_same(k, &there))
            return c;
    }
    return NULL;
}

/* The body of the young one of that key, 0: there is none. */
static body_t find_young(const struct table *t, const struct key *k, uint32_t hash)
{
    const struct index *x = &t->at_work;
    for (size_t p = hash & x->mask; x->slots[p].number; p = (p + 1) & x->mask) {
        struct key there;
        if (x->slots[p].hash != hash || !body_is_young(x->slots[p].number))
            continue;
        there = key_of_embryo(young_at(t, x->slots[p].number));
        if (key_same(k, &there))
            return x->slots[p].number;
    }
    return 0;
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
    e->long_hash = key_hash_long(&e->key, t->seed);
    e->hash = key_hash_short(e->long_hash);
    e->may_rest = s->flags & (TCPRST_SYN | TCPRST_RST);
    fetch(&t->at_work.slots[e->hash & t->at_work.mask]);
    if (!e->may_rest)
        return;
    fetch(&t->all.slots[e->hash & t->all.mask]);
    if (t->forgotten)
        forgotten_expect_take(t->forgotten, e->long_hash, s->flags);
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
    if (entry->state > ENTRY_AT_WORK)
        fetch_resting(t, entry);
}

static inline void to_body(struct table *t, struct expected *e)
{
    const struct index *x = &t->at_work;
    size_t p = e->hash & x->mask;
    while (x->slots[p].number && x->slots[p].hash != e->hash)
        p = (p + 1) & x->mask;
    e->body = x->slots[p].number;
    e->entry = 0;
    e->whole = NULL;
    if (!e->body) {
        if (e->may_rest)
            to_entry(t, e);
        return;
    }
    if (body_is_young(e->body)) {
        const char *young = (const char *)young_at(t, e->body);
        fetch(young);
        fetch(young + LINE);
        return;
    }
    struct connection *c = e->whole = whole_at(t, e->body);
    const struct endpoint *from = &c->end[e->direction], *to = &c->end[!e->direction];
    fetch(c);
    fetch((const char *)c + LINE);
    fetch(from);
    fetch((const char *)from + LINE);
    fetch(to);
}

/* Where the segment will be noted. */
static inline void to_end(const struct table *t, const struct expected *e)
{
    if (e->whole) {
        const struct recents *r = &e->whole->recents;
        const struct recent *to_come = &r->entries[r->pushed & (r->capacity - 1)];
        fetch(to_come);
        fetch((const char *)(to_come + 1) - 1);
    } else if (e->body) {
        young_expect(&t->nursery, young_at(t, e->body));
    } else if (e->entry) {
        to_resting(t, e);
    }
}

/* Of a young one, behind its last octets. */
static inline void to_last(const struct table *t, const struct expected *e)
{
    if (!e->whole && e->body)
        young_expect_last(&t->nursery, young_at(t, e->body));
}

/* The stations of those that are so far away from the i-th. */
static inline void pass(struct table *t, const struct tcprst_segment *s, size_t i)
{
    struct expected *ring = t->expected.ring;
    size_t left = t->expected.count - i;
    if (left > TO_SLOT)
        to_slot(t, &ring[(i + TO_SLOT) % EXPECTED], s + TO_SLOT);
    if (left > TO_BODY)
        to_body(t, &ring[(i + TO_BODY) % EXPECTED]);
    if (left > TO_END)
        to_end(t, &ring[(i + TO_END) % EXPECTED]);
    if (left > TO_LAST)
        to_last(t, &ring[(i + TO_LAST) % EXPECTED]);
}

void table_expect(struct table *t, const struct tcprst_segment *segments, size_t count)
{
    struct expected *ring = t->expected.ring;
    t->expected.next = segments;
    t->expected.at = 0;
    t->expected.count = count;
    for (size_t i = 0; i < TO_SLOT && i < count; i++)
        to_slot(t, &ring[i], &segments[i]);
    for (size_t i = 0; i < TO_BODY && i < count; i++)
        to_body(t, &ring[i]);
    for (size_t i = 0; i < TO_END && i < count; i++)
        to_end(t, &ring[i]);
}

size_t table_expected(const struct table *t, const struct tcprst_segment *s)
{
    return s == t->expected.next ? t->expected.count - t->expected.at : 0;
}

size_t table_behind(const struct table *t, const struct tcprst_segment *s)
{
    uintptr_t octets = (uintptr_t)s - (uintptr_t)t->expected.next;
    size_t left = t->expected.count - t->expected.at;
    return octets < left * sizeof *s ? octets / sizeof *s : 0;
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
    if (!e->whole || !e->whole->used)
        return false;
    struct key there = key_of_connection(e->whole);
    return key_same(&e->key, &there);
}

void table_pass(struct table *t, const struct tcprst_segment *s)
{
    expected(t, s);
}

/* ---- asking for one ---- */

struct asked {
    const struct tcprst_segment *segment;
    int64_t now;
    struct table_found *found;
};

/* An embryo's next segment. */
static struct connection *get_embryo(struct table *t, size_t entry, struct asked *a)
{
    struct embryo *e = embryo_at(t, t->entries[entry].embryo);
    /* Before it is at work: it must not be packed while somebody has it. */
    table_sweep(t, TABLE_SWEEP);
    if (t->at_work.used + 1 < t->young_from ||
        !young_fits(&t->nursery, e, a->segment, a->found->direction, a->now) ||
        !young_note(&t->nursery, e, a->segment, a->found->direction, a->now))
        return table_grow(t, entry, a->found->hash, a->segment->flags & TCPRST_RST);
    if (!table_rejuvenate(t, entry, a->found->hash)) {
        young_leave(&t->nursery, e);
        return NULL;
    }
    young_of(&t->nursery, e)->entry = (uint32_t)entry;
    a->found->noted = true;
    a->found->rtt = a->now - e->time <= RTT_MOST ? a->now - e->time : -1;
    return NULL;
}

/* A young one's. */
static struct connection *get_young(struct table *t, body_t body, struct asked *a)
{
    struct embryo *e = young_at(t, body);
    a->found->noted = young_fits(&t->nursery, e, a->segment, a->found->direction, a->now) &&
                      young_note(&t->nursery, e, a->segment, a->found->direction, a->now);
    return a->found->noted ? NULL : table_grow_up(t, body, a->found->hash);
}

/* What rests, or should: sweeping comes to each in its turn only, and when that is hangs on all the
 * others. So whatever was silent for long enough when the last connection began is asked for as if
 * its turn had come then. */
static struct connection *get_resting(struct table *t, const struct key *key, struct asked *a)
{
    struct table_found *found = a->found;
    size_t entry = find_resting(t, key, found->hash);
    found->known = entry != TABLE_NONE && !table_is_over(t, &t->entries[entry]);
    if (!found->known) {
        found->over = entry != TABLE_NONE ? entry + 1 : 0;
        return NULL;
    }
    return t->entries[entry].state == ENTRY_EMBRYO ? get_embryo(t, entry, a)
                                                   : table_unpack(t, entry, found->hash);
}

/* Who was silent for long enough is packed, as if its turn had come. Returns whether it was. */
static bool pack_young(struct table *t, const struct embryo *e)
{
    enum keeping keeping;
    return table_young_is_due(t, e, t->begun, &keeping) &&
           table_pack(t, t->entries[young_of(&t->nursery, e)->entry].seat, keeping);
}

static bool pack_whole(struct table *t, const struct connection *c)
{
    enum keeping keeping;
    return table_is_due(c, t->begun, &keeping) && table_pack(t, t->entries[c->entry].seat, keeping);
}

/* Of all that is no whole connection. */
static NOT_INLINE struct connection *get_other(struct table *t, const struct key *key,
                                               struct asked *a)
{
    body_t young = find_young(t, key, a->found->hash);
    return young && !pack_young(t, young_at(t, young)) ? get_young(t, young, a)
                                                       : get_resting(t, key, a);
}

struct connection *table_get(struct table *t, const struct tcprst_segment *s, int64_t now,
                             struct table_found *found)
{
    struct expected look;
    const struct expected *e = expected(t, s);
    *found = (struct table_found){.known = true};
    if (!e || s->seen.translated) { /* expected under another name */
        look.direction = key_direction(s);
        look.key = key_of_segment(s, look.direction);
        look.long_hash = key_hash_long(&look.key, t->seed);
        look.hash = key_hash_short(look.long_hash);
        look.whole = NULL;
        e = &look;
    }
    found->direction = e->direction;
    found->hash = e->hash;
    found->long_hash = e->long_hash;
    struct connection *c = still_there(e) ? e->whole : find_whole(t, &e->key, e->hash);
    if (c && !pack_whole(t, c))
        return c;
    return get_other(t, &e->key, &(struct asked){s, now, found});
}

uint8_t table_again(struct table *t, const struct table_found *found, uint16_t flags, int64_t now)
{
    return t->forgotten ? forgotten_take(t->forgotten, found->long_hash, flags, now) : 0;
}
