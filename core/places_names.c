/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_names.c - a packet seen elsewhere under other addresses, ports or numbers: see
 * places_hand.h. */
#include "places_hand.h"

static bool same_addresses(const struct key *a, const struct key *b)
{
    return a->a == b->a && a->b == b->b && a->a_rest == b->a_rest && a->b_rest == b->b_rest &&
           !((a->ports ^ b->ports) >> 32);
}

bool places_may_be_same(const struct tcprst_places *p, const struct line *other,
                        const struct at_hand *h)
{
    const struct line *own = places_line(p, h->own);
    if (!other || other->alias || own->alias || (own->seen & ~(1u << h->place)) ||
        same_addresses(&own->key, &other->key))
        return false;
    uint32_t name = other->place[h->place].name;
    return !(other->seen >> h->place & 1) || (name && !places_line(p, name));
}

void places_join(struct tcprst_places *p, struct at_hand *h, const struct sight *e)
{
    struct line *own = places_line(p, h->own), *other = places_line(p, e->line);
    own->alias = e->line;
    own->flipped = h->d != e->d;
    h->line = e->line;
    h->d = e->d;
    places_keep_path(p, other);
    other->place[h->place].name = h->own;
    other->place[h->place].name_flipped = own->flipped;
}

static inline uint32_t *openings(const struct tcprst_places *p, uint32_t ts_val)
{
    return &p->by_timestamp[(ts_val * 2654435761u >> 8) & (p->line_room - 1)];
}

struct sight *places_find_opening(const struct tcprst_places *p, const struct at_hand *h)
{
    struct sight *found = NULL, *own = NULL, *e;
    if (!h->ts_val || (h->flags & (TCPRST_SYN | TCPRST_RST)) != TCPRST_SYN)
        return NULL;
    uint32_t serial = *openings(p, h->ts_val);
    bool several = false;
    for (unsigned n = 0; n < OPENINGS_MOST && (e = places_sight(p, serial)) != NULL; n++) {
        serial = p->others[serial & (p->sight_room - 1)];
        if (e->ts_val != h->ts_val || e->flags != h->flags || (e->seen >> h->place & 1) ||
            e->length != h->s->payload_length || !in_time(e, h->time) ||
            (e->ip_id && h->s->ip_id && e->ip_id != h->s->ip_id))
            continue;
        /* One end may try twice within a tick of its clock: then its number tells which it is. */
        if (e->line == h->line && e->d == h->d) {
            if (e->seq == h->s->seq)
                return e;
            own = e;
        }
        if (e->line == h->line || !places_may_be_same(p, places_line(p, e->line), h))
            continue;
        several |= found && found->line != e->line;
        found = e;
    }
    return own ? own : several ? NULL : found;
}

void places_note_opening(struct tcprst_places *p, const struct at_hand *h)
{
    if (!h->ts_val || (h->flags & (TCPRST_SYN | TCPRST_RST)) != TCPRST_SYN)
        return;
    uint32_t *head = openings(p, h->ts_val), serial = p->next_sight - 1;
    p->others[serial & (p->sight_room - 1)] = *head;
    *head = serial;
}

void places_note_offset(struct tcprst_places *p, const struct at_hand *h, const struct sight *e)
{
    struct line_place *at = &places_line(p, h->line)->place[h->place];
    at->more[h->d] = h->s->seq - e->seq;
}

void places_to_line_numbers(const struct tcprst_places *p, struct at_hand *h)
{
    const struct line_place *at = &places_line(p, h->line)->place[h->place];
    /* 0 in a RST that answers a segment without ACK is no number of anybody's. */
    bool none = (h->flags & TCPRST_RST) && !h->s->seq;
    h->seq = none ? 0 : h->s->seq - at->more[h->d];
    h->ack = h->s->flags & TCPRST_ACK ? h->s->ack - at->more[!h->d] : 0;
    h->hash =
        places_hash(p->seed, (uint64_t)h->seq << 32 | h->ack, h->flags, 1, h->s->payload_length);
}

bool places_learn_numbers(struct tcprst_places *p, const struct at_hand *h)
{
    struct line *l = places_line(p, h->line);
    struct line_place *at = &l->place[h->place];
    struct sight *e;
    uint32_t serial = l->last;
    if (at->matched || !(l->seen & ~(1u << h->place)) || (h->flags & TCPRST_RST) ||
        (h->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN)
        return false;
    for (unsigned n = 0; n < ALTERED_BACK && (e = places_sight(p, serial)) != NULL;
         n++, serial = e->before) {
        if (e->d != h->d || e->flags != h->flags || e->length != h->s->payload_length ||
            (e->seen >> h->place & 1) || !in_time(e, h->time) ||
            (e->seq != h->seq) == (e->ack != h->ack))
            continue;
        uint32_t more[2];
        more[h->d] = at->more[h->d] + (h->seq - e->seq);
        more[!h->d] = at->more[!h->d] + (h->ack - e->ack);
        bool again = at->guesses && more[0] == at->guess[0] && more[1] == at->guess[1];
        at->guess[0] = more[0];
        at->guess[1] = more[1];
        at->guesses = 1;
        if (!again)
            continue;
        at->more[0] = more[0];
        at->more[1] = more[1];
        return true;
    }
    return false;
}
