/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_entries.c - how the table keeps connections: at work, as embryos or packed. */
#include "table_parts.h"

#include <stdlib.h>
#include <string.h>

/* Returns its number, TABLE_NONE: no memory. */
static size_t take_seat(struct table *t)
{
    void *working = t->working, *look_at = t->look_at, *seats = t->seats;
    if (!slab_reserve(&working, sizeof *t->working, t->at_work.used, &t->working_room))
        return TABLE_NONE;
    t->working = working;
    if (!slab_reserve(&look_at, sizeof *t->look_at, t->seats_ever, &t->look_room))
        return TABLE_NONE;
    t->look_at = look_at;
    if (!slab_reserve(&seats, sizeof *t->seats, t->seats_ever, &t->seat_room))
        return TABLE_NONE;
    t->seats = seats;
    size_t seat = t->free_seat ? t->free_seat - 1 : t->seats_ever++;
    if (t->free_seat)
        t->free_seat = t->seats[seat].next_free;
    t->look_at[seat] = 0;
    return seat;
}

static void leave_seat(struct table *t, size_t seat)
{
    t->seats[seat] = (struct seat){.next_free = (uint32_t)t->free_seat};
    t->free_seat = seat + 1;
    t->look_at[seat] = UINT32_MAX;
}

/* Returns its body, 0: no memory. */
static body_t take_home(struct table *t)
{
    size_t home = slab_take(&t->homes, sizeof(struct home));
    return home == SLAB_NONE ? 0 : body_of_home(home);
}

static void leave_home(struct table *t, body_t body)
{
    slab_leave(&t->homes, body - 1, sizeof(struct home));
    whole_at(t, body)->used = false;
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
static size_t take_embryo(struct table *t, unsigned size)
{
    size_t number = slab_take(&t->embryos[size], embryo_octets(size));
    if (number == SLAB_NONE)
        return SLAB_NONE;
    number = number << 2 | size;
    embryo_at(t, number)->young = 0;
    return number;
}

static void leave_embryo(struct table *t, size_t embryo)
{
    unsigned size = embryo & 3;
    if (embryo_at(t, embryo)->young)
        young_leave(&t->nursery, embryo_at(t, embryo));
    slab_leave(&t->embryos[size], embryo >> 2, embryo_octets(size));
}

static void leave_refused(struct table *t, const struct entry *e)
{
    slab_leave(&t->refusals, e->refusal, sizeof(struct refusal));
    leave_embryo(t, e->embryo);
}

/* Where a connection is at work; 0: nowhere. */
struct at {
    size_t seat;
    body_t body;
};

/* A seat and a home, and room in the index of those at work. No body: no memory. */
static struct at take_place(struct table *t)
{
    struct at none = {0, 0}, at = {0, 0};
    if (!index_reserve(&t->at_work) || (at.seat = take_seat(t)) == TABLE_NONE)
        return none;
    at.body = take_home(t);
    if (!at.body)
        leave_seat(t, at.seat);
    return at;
}

static void leave_place(struct table *t, struct at at)
{
    leave_home(t, at.body);
    leave_seat(t, at.seat);
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
static void begin_work(struct table *t, size_t entry, struct at at, uint32_t hash)
{
    uint32_t place = (uint32_t)t->at_work.used;
    t->entries[entry] = (struct entry){.seat = at.seat, .state = ENTRY_AT_WORK, .place = place};
    t->seats[at.seat] = (struct seat){.body = at.body, .entry = (uint32_t)entry};
    t->working[place] = (uint32_t)at.seat;
    index_put(&t->at_work, (struct slot){hash, at.body});
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
    if (!index_reserve(&t->all))
        return NULL;
    struct at at = take_place(t);
    if (!at.body)
        return NULL;
    size_t entry = take_entry(t);
    if (entry == TABLE_NONE) {
        leave_place(t, at);
        return NULL;
    }
    struct connection *c = whole_at(t, at.body);
    make_empty(c);
    c->entry = (uint32_t)entry;
    c->pool = &t->pool;
    c->ip_version = s->ip_version;
    memcpy(c->address[d], s->source, 16);
    memcpy(c->address[!d], s->destination, 16);
    c->port[d] = s->source_port;
    c->port[!d] = s->destination_port;
    index_put(&t->all, (struct slot){found->hash, (uint32_t)entry + 1});
    begin_work(t, entry, at, found->hash);
    return c;
}

bool table_make_embryo(struct table *t, const struct tcprst_segment *s,
                       const struct table_found *found, const struct birth *birth)
{
    if (!index_reserve(&t->all))
        return false;
    size_t embryo = take_embryo(t, embryo_size(s));
    if (embryo == SLAB_NONE)
        return false;
    size_t entry = take_entry(t);
    if (entry == TABLE_NONE) {
        leave_embryo(t, embryo);
        return false;
    }
    embryo_make(embryo_at(t, embryo), s, found->direction, birth);
    t->entries[entry] = (struct entry){.embryo = (uint32_t)embryo,
                                       .state = ENTRY_EMBRYO,
                                       .keeping = KEEP_ONE_SIDED,
                                       .ending = TCPRST_ENDING_OPEN,
                                       .since = ticks(t, birth->time)};
    enqueue(t, entry);
    index_put(&t->all, (struct slot){found->hash, (uint32_t)entry + 1});
    return true;
}

/* An empty connection, to be filled. */
static struct connection *move_in(struct table *t, body_t body, size_t entry)
{
    struct connection *c = whole_at(t, body);
    make_empty(c);
    c->entry = (uint32_t)entry;
    c->pool = &t->pool;
    return c;
}

struct connection *table_grow(struct table *t, size_t entry, uint32_t hash, bool reset)
{
    struct at at = take_place(t);
    if (!at.body)
        return NULL;
    struct connection *c = move_in(t, at.body, entry);
    uint32_t embryo = t->entries[entry].embryo;
    embryo_grow(embryo_at(t, embryo), c);
    dequeue(t, entry);
    begin_work(t, entry, at, hash);
    if (reset)
        t->entries[entry].grown_from = embryo + 1;
    else
        leave_embryo(t, embryo);
    return c;
}

bool table_rejuvenate(struct table *t, size_t entry, uint32_t hash)
{
    struct at at;
    if (!index_reserve(&t->at_work) || (at.seat = take_seat(t)) == TABLE_NONE)
        return false;
    at.body = body_of_young(t->entries[entry].embryo);
    dequeue(t, entry);
    begin_work(t, entry, at, hash);
    return true;
}

struct connection *table_grow_up(struct table *t, body_t young, uint32_t hash)
{
    struct embryo *e = young_at(t, young);
    size_t entry = young_of(&t->nursery, e)->entry;
    body_t body = take_home(t);
    if (!body)
        return NULL;
    struct connection *c = move_in(t, body, entry);
    young_grow(&t->nursery, e, c);
    leave_embryo(t, body_embryo(young));
    index_remove(&t->at_work, (struct slot){hash, young});
    index_put(&t->at_work, (struct slot){hash, body});
    t->seats[t->entries[entry].seat].body = body;
    return c;
}

static struct connection *empty_look(struct table *t)
{
    struct connection *c = &t->look;
    make_empty(c);
    c->pool = &t->pool;
    return c;
}

/* In look; it owns what it had to take from the pool. */
static struct connection *make_whole(struct table *t, const struct embryo *e)
{
    struct connection *c = empty_look(t);
    if (e->young)
        young_grow(&t->nursery, e, c);
    else
        embryo_grow(e, c);
    return c;
}

const struct connection *table_look(struct table *t, const struct embryo *e)
{
    struct connection *c = make_whole(t, e);
    connection_release_recents(c);
    c->recents = (struct recents){.entries = c->inside, .capacity = RECENT_INSIDE};
    return c;
}

/* A packed or refused one becomes c. False: no memory, and it is as it was. */
static bool unpack(struct table *t, const struct entry *e, struct connection *c)
{
    if (e->state == ENTRY_REFUSED) {
        make_empty(c);
        c->pool = &t->pool;
        refusal_grow(embryo_at(t, e->embryo), refusal_at(t, e->refusal), c);
        leave_refused(t, e);
        return true;
    }
    size_t size = e->packed->size;
    if (!connection_unpack(c, e->packed, &t->pool))
        return false;
    t->packed_memory -= size;
    return true;
}

struct connection *table_unpack(struct table *t, size_t entry, uint32_t hash)
{
    struct at at = take_place(t);
    if (!at.body)
        return NULL;
    struct connection *c = whole_at(t, at.body);
    if (!unpack(t, &t->entries[entry], c)) {
        leave_place(t, at);
        return NULL;
    }
    dequeue(t, entry);
    c->entry = (uint32_t)entry;
    begin_work(t, entry, at, hash);
    return c;
}

/* The connection is at work no longer. Its entry is as it was. */
static void end_work(struct table *t, size_t seat)
{
    body_t body = t->seats[seat].body;
    const struct key k = key_of_body(t, body);
    index_remove(&t->at_work, (struct slot){key_hash(&k, t->seed), body});
    uint32_t place = t->entries[t->seats[seat].entry].place;
    uint32_t last = t->working[t->at_work.used];
    t->working[place] = last;
    t->entries[t->seats[last].entry].place = place;
    uint32_t grown_from = t->entries[t->seats[seat].entry].grown_from;
    leave_seat(t, seat);
    if (body_is_young(body))
        leave_embryo(t, body_embryo(body));
    else
        leave_home(t, body);
    if (grown_from)
        leave_embryo(t, grown_from - 1);
}

/* c, which is at work and silent, rests in the embryo that it grew from. False: it does not fit, or
 * there is no memory. */
static bool refuse(struct table *t, uint32_t entry, const struct connection *c, struct entry *rests)
{
    uint32_t grown_from = t->entries[entry].grown_from;
    size_t number;
    if (!grown_from || !refusal_fits(c) ||
        (number = slab_take(&t->refusals, sizeof(struct refusal))) == SLAB_NONE)
        return false;
    refusal_make(refusal_at(t, number), c);
    t->entries[entry].grown_from = 0;
    rests->embryo = grown_from - 1;
    rests->refusal = (uint32_t)number;
    rests->state = ENTRY_REFUSED;
    return true;
}

/* c becomes a packed one. False: no memory. */
static bool pack(struct table *t, struct connection *c, struct entry *rests)
{
    rests->packed = connection_pack(c, rests->keeping == KEEP_ENDED ? RECENT_MIN : PACK_RECENTS);
    if (!rests->packed)
        return false;
    rests->state = ENTRY_PACKED;
    t->packed_memory += rests->packed->size;
    return true;
}

bool table_pack(struct table *t, size_t seat, enum keeping keeping)
{
    body_t body = t->seats[seat].body;
    uint32_t entry = t->seats[seat].entry;
    struct connection *c =
        body_is_young(body) ? make_whole(t, young_at(t, body)) : whole_at(t, body);
    struct entry rests = {.keeping = (uint8_t)keeping,
                          .ending = (uint8_t)connection_ending(c),
                          .since = ticks(t, c->last_time)};
    if (!refuse(t, entry, c, &rests) && !pack(t, c, &rests)) {
        if (body_is_young(body))
            connection_release_recents(c);
        return false;
    }
    end_work(t, seat);
    t->entries[entry] = rests;
    enqueue(t, entry);
    return true;
}

void table_remove(struct table *t, size_t i, uint32_t hash)
{
    const struct entry *e = &t->entries[i];
    index_remove(&t->all, (struct slot){hash, (uint32_t)i + 1});
    if (e->state == ENTRY_AT_WORK) {
        body_t body = t->seats[e->seat].body;
        if (!body_is_young(body))
            connection_release(whole_at(t, body));
        end_work(t, e->seat);
    } else if (e->state == ENTRY_EMBRYO) {
        dequeue(t, i);
        leave_embryo(t, e->embryo);
    } else if (e->state == ENTRY_REFUSED) {
        dequeue(t, i);
        leave_refused(t, e);
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
    size_t embryos = 0;
    for (unsigned size = 0; size < EMBRYO_SIZES; size++)
        embryos += slab_memory(&t->embryos[size], embryo_octets(size));
    return sizeof *t + index_memory(&t->all) + index_memory(&t->at_work) +
           t->room * sizeof *t->entries + t->look_room * sizeof *t->look_at +
           t->seat_room * sizeof *t->seats + nursery_memory(&t->nursery) +
           slab_memory(&t->homes, sizeof(struct home)) + embryos +
           slab_memory(&t->refusals, sizeof(struct refusal)) +
           t->working_room * sizeof *t->working + t->pool.memory + t->packed_memory +
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
    if (e->state == ENTRY_EMBRYO)
        return table_look(t, embryo_at(t, e->embryo));
    if (e->state == ENTRY_AT_WORK) {
        body_t body = t->seats[e->seat].body;
        return body_is_young(body) ? table_look(t, young_at(t, body)) : whole_at(t, body);
    }
    if (e->state == ENTRY_REFUSED) {
        refusal_grow(embryo_at(t, e->embryo), refusal_at(t, e->refusal), empty_look(t));
    } else {
        connection_look(&t->look, e->packed);
    }
    return &t->look;
}

static enum tcprst_ending ending_at_work(struct table *t, body_t body)
{
    if (!body_is_young(body))
        return connection_ending(whole_at(t, body));
    bool by_fin;
    const struct embryo *e = young_at(t, body);
    if (!young_ending(young_of(&t->nursery, e), &by_fin))
        by_fin = table_known(t, e) & YOUNG_ENDED_BY_FIN;
    return by_fin ? TCPRST_ENDING_FIN : TCPRST_ENDING_OPEN;
}

bool table_ending(struct table *t, size_t i, enum tcprst_ending *ending)
{
    const struct entry *e = &t->entries[i];
    if (i >= t->ever || e->state == ENTRY_FREE)
        return false;
    *ending = e->state == ENTRY_AT_WORK ? ending_at_work(t, t->seats[e->seat].body)
                                        : (enum tcprst_ending)e->ending;
    return true;
}

void table_remove_all(struct table *t)
{
    for (size_t i = 0; i < t->ever; i++) {
        struct entry *e = &t->entries[i];
        if (e->state == ENTRY_AT_WORK && !body_is_young(t->seats[e->seat].body))
            free(whole_at(t, t->seats[e->seat].body)->past);
        else if (e->state == ENTRY_PACKED)
            packed_free(e->packed);
        e->state = ENTRY_FREE;
    }
    pool_clear(&t->pool);
    slab_clear(&t->homes);
    for (unsigned size = 0; size < EMBRYO_SIZES; size++)
        slab_clear(&t->embryos[size]);
    nursery_clear(&t->nursery);
    slab_clear(&t->refusals);
    index_clear(&t->all);
    index_clear(&t->at_work);
    memset(t->due, 0, sizeof t->due);
    memset(t->packed, 0, sizeof t->packed);
    t->unborn = (struct queue){0, 0};
    t->expected.at = t->expected.count = 0;
    t->ever = t->free_entry = t->packed_memory = 0;
    t->seats_ever = t->free_seat = 0;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    if (t->all.slots && t->at_work.slots)
        table_remove_all(t);
    forgotten_free(t->forgotten);
    slab_free(&t->homes);
    for (unsigned size = 0; size < EMBRYO_SIZES; size++)
        slab_free(&t->embryos[size]);
    nursery_free(&t->nursery);
    slab_free(&t->refusals);
    free(t->seats);
    free(t->working);
    free(t->look_at);
    free(t->entries);
    free(t->all.slots);
    free(t->at_work.slots);
    free(t);
}
