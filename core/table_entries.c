/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_entries.c - how the table keeps connections: at work, as embryos or packed. */
#include "table_parts.h"

#include <stdlib.h>
#include <string.h>

/* Returns its number, SLAB_NONE: no memory. */
static size_t take_home(struct table *t)
{
    void *working = t->working;
    if (!slab_reserve(&working, sizeof *t->working, t->at_work.used, &t->working_room))
        return SLAB_NONE;
    t->working = working;
    void *look_at = t->look_at;
    if (!slab_reserve(&look_at, sizeof *t->look_at, t->homes.ever, &t->look_room))
        return SLAB_NONE;
    t->look_at = look_at;
    size_t home = slab_take(&t->homes, sizeof(struct home));
    if (home != SLAB_NONE)
        t->look_at[home] = 0;
    return home;
}

static void leave_home(struct table *t, size_t home)
{
    slab_leave(&t->homes, home, sizeof(struct home));
    home_at(t, home)->connection.used = false;
    t->look_at[home] = UINT32_MAX;
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

/* As entries have it; SLAB_NONE: no memory. */
static size_t take_embryo(struct table *t, bool large)
{
    size_t number = slab_take(&t->embryos[large], embryo_size(large));
    return number == SLAB_NONE ? SLAB_NONE : number << 1 | large;
}

static void leave_embryo(struct table *t, size_t embryo)
{
    slab_leave(&t->embryos[embryo & 1], embryo >> 1, embryo_size(embryo));
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
    size_t embryo = take_embryo(t, embryo_is_large(s));
    if (embryo == SLAB_NONE)
        return false;
    size_t entry = take_entry(t);
    if (entry == TABLE_NONE) {
        leave_embryo(t, embryo);
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

/* A home, and room in the index of those at work; SLAB_NONE: no memory. */
static size_t home_for_work(struct table *t)
{
    return index_reserve(&t->at_work) ? take_home(t) : SLAB_NONE;
}

struct connection *table_grow(struct table *t, size_t entry, uint32_t hash)
{
    size_t home = home_for_work(t);
    if (home == SLAB_NONE)
        return NULL;
    struct connection *c = &home_at(t, home)->connection;
    size_t embryo = t->entries[entry].embryo;
    make_empty(c);
    c->entry = (uint32_t)entry;
    c->pool = &t->pool;
    embryo_grow(embryo_at(t, embryo), c);
    dequeue(t, entry);
    leave_embryo(t, embryo);
    begin_work(t, entry, home, hash);
    return c;
}

struct connection *table_unpack(struct table *t, size_t entry, uint32_t hash)
{
    size_t home = home_for_work(t);
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

bool table_pack(struct table *t, size_t home, enum keeping keeping)
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
        leave_embryo(t, e->embryo);
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
           t->room * sizeof *t->entries + t->look_room * sizeof *t->look_at +
           slab_memory(&t->homes, sizeof(struct home)) + slab_memory(&t->embryos[0], EMBRYO_SMALL) +
           slab_memory(&t->embryos[1], EMBRYO_LARGE) + t->working_room * sizeof *t->working +
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
    slab_clear(&t->embryos[0]);
    slab_clear(&t->embryos[1]);
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
    slab_free(&t->embryos[0]);
    slab_free(&t->embryos[1]);
    free(t->working);
    free(t->look_at);
    free(t->entries);
    free(t->all.slots);
    free(t->at_work.slots);
    free(t);
}
