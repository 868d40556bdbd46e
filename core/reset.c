/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reset.c - makes the record of a RST; what it is made of, a file a part (reset_parts.h). */
#include "reset.h"

#include "checksum.h"
#include "reset_parts.h"

#include "thresholds.h"

#include <string.h>

/* Only whole segments can be judged. */
static void check_sum(struct reset *r, const struct tcprst_segment *s)
{
    if (s->captured < s->length || s->length > 65535 || s->seen.translated)
        return;
    uint32_t pseudo = checksum_pseudo(s),
             field = s->length >= 18 ? (uint32_t)s->bytes[16] << 8 | s->bytes[17] : 0;
    r->packet.checksum_known = true;
    r->packet.bad_checksum = !checksum_is_sound(s);
    r->packet.unfilled = r->packet.bad_checksum && field == pseudo;
}

static uint8_t form_of(const struct tcprst_segment *s)
{
    return (uint8_t)((s->flags & TCPRST_ACK ? 1u : 0u) | (s->header_length > 20 ? 2u : 0u) |
                     (s->window ? 4u : 0u) | (s->payload_length ? 8u : 0u));
}

static void copy_segment(struct reset *r, const struct tcprst_segment *s)
{
    r->packet.cookie = s->cookie;
    r->frame = s->frame;
    r->packet.time = s->time;
    r->packet.seen = s->seen;
    r->copies.seen_at = (uint16_t)(1u << s->seen.place);
    r->packet.layer = s->layer;
    r->packet.ip_version = s->ip_version;
    r->packet.ip_header = s->ip_header;
    r->packet.dont_fragment = s->dont_fragment;
    r->ttl = s->ttl;
    r->packet.tos = s->tos;
    r->ip_id = s->ip_id;
    r->leg = s->leg;
    r->packet.flow_label = s->flow_label;
    r->flags = s->flags;
    r->window = s->window;
    r->packet.window_known = s->window_known;
    r->seq = s->seq;
    r->ack = s->ack;
    r->form = form_of(s);
    r->payload_length = s->payload_length;
    r->packet.header_length = s->header_length;
    memcpy(r->packet.source, s->source, 16);
    memcpy(r->packet.destination, s->destination, 16);
    r->packet.source_port = s->source_port;
    r->packet.destination_port = s->destination_port;
    tcp_options_parse(s, &r->packet.options);
    if (s->captured > s->header_length) {
        r->packet.text_length = s->captured - s->header_length;
        if (r->packet.text_length > RESET_TEXT)
            r->packet.text_length = RESET_TEXT;
        memcpy(r->packet.text, s->bytes + s->header_length, r->packet.text_length);
    }
}

static void copy_connection(struct reset *r, const struct connection *c)
{
    r->x = c->end[r->d];
    r->y = c->end[!r->d];
    r->before.connection_flags = c->flags;
    r->before.x_stack = (uint8_t)connection_stack(c, r->d);
    r->before.client = (int8_t)(c->client < 0 ? -1 : c->client != r->d);
    r->before.segments = c->segments;
    r->before.longest_idle = c->longest_idle;
}

/* Between coming and going a router takes one off the TTL. */
static int8_t leg_hops(const struct reset *r, const struct connection *c)
{
    enum { GOING = 1 };
    const struct recent *e;
    if (!r->leg)
        return 0;
    uint64_t n = recent_other(c);
    for (unsigned looked = 0; looked < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL;
         looked++, n++)
        if (!!(e->bits & RECENT_FROM_B) == r->d && !(e->bits & RECENT_DUPLICATE) &&
            !(e->flags & TCPRST_RST))
            return (int8_t)(e->leg ? (e->leg & GOING) - (r->leg & GOING) : 0);
    return 0;
}

void reset_begin(struct reset_draft *draft, struct connection *c, const struct tcprst_segment *s,
                 int d, int64_t when)
{
    struct reset *r = &draft->reset;
    memset(r, 0, sizeof *r);
    r->drawn.others = draft->others;
    r->packet.text = draft->text;
    r->connection = c;
    r->incarnation = c->number;
    if (c->past)
        r->before.reused_from = c->segments ? c->first : where_pack(s->frame);
    r->d = (uint8_t)d;
    r->when = when;
    copy_segment(r, s);
    check_sum(r, s);
    copy_connection(r, c);
    reset_take_back(r, c, s->seen.under_way);
    r->before.leg_hops = leg_hops(r, c);
    struct recent *t = reset_find_trigger(r, c);
    bool lately = reset_came_lately(draft->lately, r);
    struct recent *original = reset_find_original(r, s, c, lately);
    if (!t && !original)
        reset_take_late_trigger(r, c);
    if (t && !r->duplicate_of)
        t->bits |= RECENT_ANSWERED;
    reset_find_other_triggers(r, c);
    reset_note_once(r, c);
    reset_note_before(r, c);
    reset_meet_original(r);
    reset_note_event(r, c);
}

bool reset_is_lone(const struct reset *r)
{
    const struct recent *t = &r->trigger;
    return r->has_trigger && !(r->before.connection_flags & CONN_OPENED) &&
           !seen(&r->x, END_SEEN) && r->y.segments <= 2 && r->y.octets == t->length &&
           !(r->y.seen & (END_FIN | END_TIMESTAMPS)) &&
           (t->flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_ACK)) == TCPRST_ACK;
}

bool reset_is_probed(const struct reset *r)
{
    return reset_is_lone(r) && !r->trigger.length;
}

int64_t reset_text_idle(const struct reset *r)
{
    int64_t never = r->before.age >= 0 ? r->before.age : 0;
    return r->before.data_idle >= 0 ? r->before.data_idle : never;
}

uint16_t reset_service_port(const struct reset *r)
{
    bool sender_serves = r->before.client >= 0 ? r->before.client == 1
                                               : r->packet.source_port < r->packet.destination_port;
    return sender_serves ? r->packet.source_port : r->packet.destination_port;
}
