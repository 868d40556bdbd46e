/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places_copies.c - several sources of one place: what one of them has shown is not fed from
 * another. A source is told from itself, so that what one has twice stays twice.
 */
#include "places_table.h"
#include "thresholds.h"

/* What is the same in all records of a packet, however much of it was kept. */
static uint64_t identity_of(const struct tcprst_places *p, const struct tcprst_clock *clock,
                            const struct tcprst_segment *s)
{
    uint64_t name = 0;
    if (!clock->other_names) {
        int d = key_direction(s);
        struct key key = key_of_segment(s, d);
        name = key_hash_long(&key, p->seed) + (uint64_t)d;
    }
    uint64_t rest = (uint64_t)s->layer << 40 | (uint64_t)clock->place << 32 |
                    (uint64_t)s->ip_id << 16 | (uint64_t)s->ttl << 8 | s->tos;
    return places_hash(mix(name ^ p->seed, rest), (uint64_t)s->seq << 32 | s->ack, s->flags, 1,
                       s->payload_length);
}

static struct copy *copy_at(const struct copies *c, uint32_t serial)
{
    if (!serial || c->next - serial > c->room)
        return NULL;
    return &c->entries[serial & (c->room - 1)];
}

static void add_copy(struct copies *c, const struct copy *copy)
{
    uint32_t *head = &c->heads[copy->identity & (c->room - 1)], serial = c->next++;
    if (!c->next)
        c->next = 1;
    struct copy *e = &c->entries[serial & (c->room - 1)];
    *e = *copy;
    e->older = *head;
    *head = serial;
}

/* Captures are a little out of order, but not by more. */
#define UNORDERED (10 * NS_PER_MS)

/* Of several alike the oldest that this source does not have yet: not older than one that is too
 * old, whatever others there are. */
static struct copy *find_copy(const struct copies *c, const struct copy *own, int64_t slack)
{
    struct copy *found = NULL, *e;
    uint32_t serial = c->heads[own->identity & (c->room - 1)];
    for (unsigned n = 0; n < COPIES_LOOKED && (e = copy_at(c, serial)) != NULL;
         n++, serial = e->older) {
        if (e->identity != own->identity)
            continue;
        int64_t apart = own->time - e->time;
        if (apart > slack + UNORDERED)
            break;
        if (apart <= slack && apart >= -slack && !(e->lanes & own->lanes))
            found = e;
    }
    return found;
}

static uint32_t *reset_head(const struct copies *c, where_t where)
{
    return &c->reset_heads[(where * 0x9fb21c651e98df25u >> 32) & (c->resets_room - 1)];
}

static void add_reset(struct copies *c, const struct tcprst_segment *s, where_t of)
{
    uint32_t *head = reset_head(c, of), serial = c->next_reset++;
    if (!c->next_reset)
        c->next_reset = 1;
    struct reset_copy *e = &c->resets[serial & (c->resets_room - 1)];
    *e = (struct reset_copy){of, {s->frame, s->time}, *head};
    *head = serial;
}

bool places_copy(const struct tcprst_places *p, where_t where, uint32_t *at,
                 struct place_copy *copy)
{
    const struct copies *c = &p->copies;
    if (!c->entries)
        return false;
    uint32_t serial = *at ? *at : *reset_head(c, where);
    for (unsigned n = 0; n < CHAIN_MOST && serial && c->next_reset - serial <= c->resets_room;
         n++) {
        const struct reset_copy *e = &c->resets[serial & (c->resets_room - 1)];
        serial = e->older;
        if (e->of != where)
            continue;
        *copy = e->copy;
        *at = serial ? serial : UINT32_MAX; /* none is older than that it was overwritten */
        return true;
    }
    return false;
}

bool places_take_copy(struct tcprst_places *p, uint32_t source, int64_t time,
                      struct tcprst_segment *s)
{
    const struct tcprst_clock *clock = &p->clocks[source];
    struct copies *c = &p->copies;
    struct copy own = {.identity = identity_of(p, clock, s),
                       .time = time,
                       .lanes = (uint64_t)1 << clock->lane,
                       .where = where_pack(s->frame)};
    struct copy *first = find_copy(c, &own, clock->slack);
    if (!first) {
        add_copy(c, &own);
        return false;
    }
    first->lanes |= own.lanes;
    s->seen.copy_of = where_frame(first->where);
    if (s->flags & TCPRST_RST)
        add_reset(c, s, first->where);
    return true;
}
