/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - finds the connection of a segment: an open-addressing index over connections that stay
 * where they are. Bounded; connections that are over are swept away a few at a time, and when the
 * table is full the longest silent of a sample has to go.
 */
#include "connection.h"
#include "limits.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256, SWEEP = 4, SAMPLE = 16 };

struct slot {
    uint32_t hash;
    uint32_t index; /* of the connection plus one, 0: empty */
};

struct table {
    struct slot *slots;
    size_t mask;
    struct connection **chunks;
    size_t chunk_count, chunk_room;
    size_t used, ever;  /* connections in use; indexes ever handed out */
    uint32_t free_list; /* index plus one */
    size_t hand;        /* where the next sweep looks */
    size_t max;
    uint64_t seed;
    size_t memory;
};

static struct connection *at(const struct table *t, size_t index)
{
    return &t->chunks[index / CHUNK][index % CHUNK];
}

struct table *table_new(size_t max_connections, uint64_t seed)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->mask = 1023;
    t->max = max_connections ? max_connections : TCPRST_DEFAULT_MAX_CONNECTIONS;
    t->seed = seed;
    t->slots = calloc(t->mask + 1, sizeof *t->slots);
    if (!t->slots) {
        free(t);
        return NULL;
    }
    return t;
}

static void release(struct connection *c)
{
    free(c->recents.entries);
    free(c->past);
    c->recents.entries = NULL;
    c->past = NULL;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->ever; i++)
        if (at(t, i)->used)
            release(at(t, i));
    for (size_t i = 0; i < t->chunk_count; i++)
        free(t->chunks[i]);
    free(t->chunks);
    free(t->slots);
    free(t);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd6e8feb86659fd93u);
    return x ^ (x >> 32);
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static uint32_t hash_key(const struct table *t, const struct tcprst_segment *s, int d)
{
    const uint8_t *a = d ? s->destination : s->source, *b = d ? s->source : s->destination;
    uint32_t ports = d ? (uint32_t)s->destination_port << 16 | s->source_port
                       : (uint32_t)s->source_port << 16 | s->destination_port;
    uint64_t h = mix(load64(a) ^ t->seed, load64(b) + ports);
    if (s->ip_version == 6)
        h = mix(h ^ load64(a + 8), load64(b + 8) ^ t->seed);
    h *= 0x9fb21c651e98df25u;
    return (uint32_t)(h ^ (h >> 32));
}

static bool same_key(const struct connection *c, const struct tcprst_segment *s, int d)
{
    size_t n = s->ip_version == 6 ? 16 : 4;
    return c->ip_version == s->ip_version && c->port[d] == s->source_port &&
           c->port[!d] == s->destination_port && memcmp(c->address[d], s->source, n) == 0 &&
           memcmp(c->address[!d], s->destination, n) == 0;
}

static bool grow_index(struct table *t)
{
    size_t mask = t->mask * 2 + 1;
    struct slot *slots = calloc(mask + 1, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i <= t->mask; i++) {
        if (!t->slots[i].index)
            continue;
        size_t p = t->slots[i].hash & mask;
        while (slots[p].index)
            p = (p + 1) & mask;
        slots[p] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->mask = mask;
    return true;
}

/* An unused connection; its index stays its own for life. */
static struct connection *take(struct table *t)
{
    if (t->free_list) {
        struct connection *c = at(t, t->free_list - 1);
        t->free_list = c->next_free;
        return c;
    }
    if (t->ever == t->chunk_count * CHUNK) {
        if (t->chunk_count == t->chunk_room) {
            size_t room = t->chunk_room ? t->chunk_room * 2 : 16;
            struct connection **chunks = realloc(t->chunks, room * sizeof *chunks);
            if (!chunks)
                return NULL;
            t->chunks = chunks;
            t->chunk_room = room;
        }
        t->chunks[t->chunk_count] = calloc(CHUNK, sizeof(struct connection));
        if (!t->chunks[t->chunk_count])
            return NULL;
        t->chunk_count++;
    }
    struct connection *c = at(t, t->ever);
    c->index = (uint32_t)t->ever++;
    return c;
}

static int direction_of(const struct tcprst_segment *s)
{
    int order = memcmp(s->source, s->destination, s->ip_version == 6 ? 16 : 4);
    if (order)
        return order > 0;
    return s->source_port > s->destination_port;
}

static struct connection *insert(struct table *t, const struct tcprst_segment *s, int d,
                                 uint32_t hash)
{
    if ((t->used + 1) * 2 > t->mask + 1 && !grow_index(t))
        return NULL;
    struct connection *c = take(t);
    if (!c)
        return NULL;
    uint32_t index = c->index;
    memset(c, 0, sizeof *c);
    c->index = index;
    c->used = true;
    c->hash = hash;
    c->ip_version = s->ip_version;
    c->client = -1;
    memcpy(c->address[d], s->source, 16);
    memcpy(c->address[!d], s->destination, 16);
    c->port[d] = s->source_port;
    c->port[!d] = s->destination_port;
    size_t p = hash & t->mask;
    while (t->slots[p].index)
        p = (p + 1) & t->mask;
    t->slots[p] = (struct slot){hash, index + 1};
    t->used++;
    return c;
}

struct connection *table_get(struct table *t, const struct tcprst_segment *s, int *direction,
                             bool *made)
{
    int d = *direction = direction_of(s);
    uint32_t hash = hash_key(t, s, d);
    *made = false;
    for (size_t p = hash & t->mask; t->slots[p].index; p = (p + 1) & t->mask) {
        if (t->slots[p].hash != hash)
            continue;
        struct connection *c = at(t, t->slots[p].index - 1);
        if (same_key(c, s, d))
            return c;
    }
    *made = true;
    return insert(t, s, d, hash);
}

/* Both FINs acknowledged by time or by a RST: nothing of it is expected any more. */
static bool over(const struct connection *c, int64_t now)
{
    int64_t silent = now - c->last_time;
    if (c->ended || ((c->end[0].seen & END_FIN) && (c->end[1].seen & END_FIN)))
        return silent > KEEP_CLOSED;
    bool one_sided = !(c->end[0].seen & END_SEEN) || !(c->end[1].seen & END_SEEN);
    return one_sided && !(c->flags & CONN_ESTABLISHED) && silent > KEEP_UNANSWERED;
}

struct connection *table_victim(struct table *t, int64_t now, bool *full)
{
    *full = false;
    for (int i = 0; i < SWEEP && t->ever; i++) {
        t->hand = (t->hand + 1) % t->ever;
        struct connection *c = at(t, t->hand);
        if (c->used && c->segments && !c->first_pending && over(c, now))
            return c;
    }
    if (t->used < t->max)
        return NULL;
    *full = true;
    struct connection *oldest = NULL;
    for (size_t i = 0, seen = 0; i < t->ever && seen < SAMPLE; i++) {
        t->hand = (t->hand + 1) % t->ever;
        struct connection *c = at(t, t->hand);
        /* Without segments it is the one that was just made. */
        if (!c->used || !c->segments || c->first_pending)
            continue;
        seen++;
        if (!oldest || c->last_time < oldest->last_time)
            oldest = c;
    }
    return oldest;
}

void table_remove(struct table *t, struct connection *c)
{
    size_t p = c->hash & t->mask;
    while (t->slots[p].index != c->index + 1)
        p = (p + 1) & t->mask;
    /* Close the gap: move back what would no longer be found past an empty slot. */
    for (size_t next = (p + 1) & t->mask; t->slots[next].index; next = (next + 1) & t->mask) {
        size_t home = t->slots[next].hash & t->mask;
        if (((next - home) & t->mask) >= ((next - p) & t->mask)) {
            t->slots[p] = t->slots[next];
            p = next;
        }
    }
    t->slots[p].index = 0;
    release(c);
    c->used = false;
    c->next_free = t->free_list;
    t->free_list = c->index + 1;
    t->used--;
}

size_t table_count(const struct table *t)
{
    return t->used;
}

size_t table_memory(const struct table *t)
{
    return sizeof *t + (t->mask + 1) * sizeof *t->slots +
           t->chunk_count * CHUNK * sizeof(struct connection);
}

size_t table_slots(const struct table *t)
{
    return t->ever;
}

struct connection *table_at(struct table *t, size_t i)
{
    struct connection *c = i < t->ever ? at(t, i) : NULL;
    return c && c->used ? c : NULL;
}
