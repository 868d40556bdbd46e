/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_altered.c - a packet that another place shows otherwise: see places_hand.h. */
#include "places_hand.h"

static void note_alteration(struct sight *e, struct sight_rest *rest, enum place_field field,
                            const uint32_t values[2])
{
    if (e->altered || values[0] == values[1])
        return;
    e->altered = field & 7;
    rest->other_where = 0;
    rest->altered_from = values[0];
    rest->altered_to = values[1];
}

void places_note_differences(struct sight *e, struct sight_rest *rest, const struct at_hand *h)
{
    /* Routers write two bits of it. */
    const uint32_t tos[2] = {e->tos & 0xfcu, h->s->tos & 0xfcu};
    note_alteration(e, rest, PLACE_FIELD_SEQ, (const uint32_t[]){e->seq, h->seq});
    note_alteration(e, rest, PLACE_FIELD_ACK, (const uint32_t[]){e->ack, h->ack});
    note_alteration(e, rest, PLACE_FIELD_FLAGS, (const uint32_t[]){e->flags, h->flags});
    note_alteration(e, rest, PLACE_FIELD_WINDOW, (const uint32_t[]){e->window, h->s->window});
    note_alteration(e, rest, PLACE_FIELD_TOS, tos);
}

bool places_is_behind(const struct tcprst_places *p, const struct at_hand *h)
{
    const struct path *path = places_path(p, places_line(p, h->line));
    for (unsigned k = 0; k < p->places; k++)
        if (path->place[k].ttl[h->d] > path->place[h->place].ttl[h->d] ||
            path->place[h->place].lag[h->d] > path->place[k].lag[h->d])
            return true;
    return false;
}

bool places_opened_anew(const struct sight *e, const struct at_hand *h)
{
    return (h->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN && e->flags == h->flags &&
           e->seq == h->seq && (e->window != h->s->window || !e->ip_id != !h->s->ip_id);
}

/* A refusal of that is made one of the connection which the client has: it gets another number. */
static bool refused_anew(const struct tcprst_places *p, const struct sight *e,
                         const struct at_hand *h)
{
    return places_line(p, h->line)->anew && (h->flags & TCPRST_RST) && e->flags == h->flags &&
           e->ack == h->ack && e->ack;
}

/* What a place has twice was doubled on the way, or sent twice: it is not another RST altered. */
static bool is_known_there(const struct tcprst_places *p, const struct sight *e,
                           const struct at_hand *h)
{
    const struct sight *twin = places_twin(p, e);
    return twin && twin->seen >> h->place & 1;
}

/* It came by the place at hand on its way to the other, which has had it before, by more than the
 * clocks can be off: they are taken from what travels between the two. */
static bool is_backward(const struct tcprst_places *p, const struct sight *e,
                        const struct at_hand *h)
{
    int64_t way = -places_way(p, e, h), most = way > DOUBLED_MOST ? way : DOUBLED_MOST;
    return way > 0 && h->time - e->time > most;
}

struct sight *places_find_altered(const struct tcprst_places *p, const struct at_hand *h)
{
    struct sight *e;
    const struct line *l = places_line(p, h->line);
    bool is_reset = h->flags & TCPRST_RST;
    uint32_t serial = is_reset ? l->reset : l->last;
    unsigned most = is_reset ? AROUND_MOST : ALTERED_BACK; /* RSTs are few */
    if (is_reset && h->twin)
        return NULL;
    for (unsigned looked = 0; looked < most && (e = places_sight(p, serial)) != NULL;
         looked++, serial = e->before) {
        bool same_kind = !((e->flags ^ h->flags) & (TCPRST_RST | TCPRST_SYN));
        bool stamped =
            (e->ts_val && e->ts_val == h->ts_val) || (e->ip_id && e->ip_id == h->s->ip_id);
        /* 0 is no number of anybody's: a RST with it answers something else than one without. */
        /* The one number that a RST without ACK has may be the altered one: then its identification
         * tells who made it, if only by being 0. */
        bool bare = !(h->flags & TCPRST_ACK) && e->ip_id == h->s->ip_id;
        bool number = e->seq == h->seq || ((h->flags & TCPRST_ACK) && e->ack == h->ack);
        bool alike = e->flags == h->flags && e->window == h->s->window && !e->seq == !h->seq &&
                     (number || bare);
        if (e->line != h->line || e->d != h->d || !same_kind || (e->seen >> h->place & 1) ||
            e->length != h->s->payload_length || !in_time(e, h->time) ||
            (is_reset && (is_known_there(p, e, h) || is_backward(p, e, h))))
            continue;
        if (places_opened_anew(e, h) || refused_anew(p, e, h))
            return e;
        if (!places_sent_again(p, e, h) && (stamped || (alike && (h->flags & TCPRST_RST))) &&
            places_hops_fit(p, e, h))
            return e;
    }
    return NULL;
}
