/* SPDX-License-Identifier: GPL-2.0-or-later */
/* embryo.c - see embryo.h. */
#include "embryo.h"

#include <string.h>

enum {
    WINDOW_KNOWN = 2, /* beside EMBRYO_FROM_B */
    IP_HEADER = 4,
    DONT_FRAGMENT = 8,
    AGAIN = CONN_FORGOTTEN | CONN_OVER, /* as the connection's flags */
};

enum { TCP_HEADER = 20, OFFSET = 12, FLAGS = (1 << OFFSET) - 1 };

_Static_assert((EMBRYO_FROM_B | WINDOW_KNOWN | IP_HEADER | DONT_FRAGMENT | EMBRYO_IPV6 | AGAIN) ==
                   127,
               "each its bit");
_Static_assert(offsetof(struct embryo, octets) + 2 * 4 + 20 <= 80, "the first size");
_Static_assert(offsetof(struct embryo, octets) + 2 * 16 + EMBRYO_OPTIONS <= (size_t)EMBRYO_MOST,
               "two lines of the cache");

void embryo_make(struct embryo *e, const struct tcprst_segment *s, int d, const struct birth *birth)
{
    size_t address = address_size(s->ip_version);
    memcpy(e->octets + (d ? address : 0), s->source, address);
    memcpy(e->octets + (d ? 0 : address), s->destination, address);
    e->young = 0;
    e->port[d] = s->source_port;
    e->port[!d] = s->destination_port;
    e->bits = (uint8_t)((d ? EMBRYO_FROM_B : 0) | (s->window_known ? WINDOW_KNOWN : 0) |
                        (s->ip_header ? IP_HEADER : 0) | (s->dont_fragment ? DONT_FRAGMENT : 0) |
                        (s->ip_version == 6 ? EMBRYO_IPV6 : 0) | (birth->again & AGAIN));
    e->ttl = s->ttl;
    e->tos = s->tos;
    e->number = birth->number;
    e->time = birth->time;
    e->where = where_pack(s->frame);
    e->seq = s->seq;
    e->ack = s->ack;
    e->window = s->window;
    e->flags = (uint16_t)(s->header_length / 4 << OFFSET | s->flags);
    e->ip_id = s->ip_id;
    e->leg = s->leg;
    e->options_captured = s->options_captured;
    if (s->options_captured)
        memcpy(e->octets + 2 * address, s->bytes + TCP_HEADER, s->options_captured);
}

void embryo_grow(const struct embryo *e, struct connection *c)
{
    int d = embryo_direction(e);
    uint8_t bytes[TCP_HEADER + EMBRYO_OPTIONS] = {0};
    uint8_t header_length = (uint8_t)((e->flags >> OFFSET) * 4);
    struct tcprst_segment s = {.frame = where_frame(e->where),
                               .ip_version = embryo_ip_version(e),
                               .ip_header = e->bits & IP_HEADER,
                               .dont_fragment = e->bits & DONT_FRAGMENT,
                               .ttl = e->ttl,
                               .tos = e->tos,
                               .ip_id = e->ip_id,
                               .leg = e->leg,
                               .time = e->time,
                               .source_port = e->port[d],
                               .destination_port = e->port[!d],
                               .flags = e->flags & FLAGS,
                               .window = e->window,
                               .window_known = e->bits & WINDOW_KNOWN,
                               .header_length = header_length,
                               .options_captured = e->options_captured,
                               .seq = e->seq,
                               .ack = e->ack,
                               .bytes = bytes,
                               .captured = TCP_HEADER + (uint32_t)e->options_captured,
                               .length = header_length};
    size_t address = address_size(embryo_ip_version(e));
    memcpy(bytes + TCP_HEADER, e->octets + 2 * address, e->options_captured);
    c->ip_version = embryo_ip_version(e);
    memcpy(c->address[0], e->octets, address);
    memcpy(c->address[1], e->octets + address, address);
    memcpy(c->port, e->port, sizeof c->port);
    connection_begin_anew(c, e->number);
    c->flags |= e->bits & AGAIN;
    c->last_time = e->time;
    connection_track(c, &s, d, e->time);
}

void refusal_make(struct refusal *refusal, const struct connection *c)
{
    const struct recent *reset = recent_back(&c->recents, 0);
    *refusal = (struct refusal){.time = reset->time,
                                .where = reset->where,
                                .seq = reset->seq,
                                .ack = reset->ack,
                                .length = reset->length,
                                .window = reset->window,
                                .flags = reset->flags,
                                .ip_id = reset->ip_id,
                                .leg = reset->leg,
                                .ttl = reset->ttl,
                                .bits = reset->bits,
                                .opening_bits = recent_back(&c->recents, 1)->bits,
                                .did = {.gone = c->gone,
                                        .surely = c->surely,
                                        .how = c->ended_how,
                                        .after_fin = c->ended_after_fin,
                                        .forged = c->forged_where}};
}

void refusal_grow(const struct embryo *e, const struct refusal *refusal, struct connection *c)
{
    int d = refusal->bits & RECENT_FROM_B ? 1 : 0;
    struct tcprst_segment s = {.frame = where_frame(refusal->where),
                               .ttl = refusal->ttl,
                               .ip_id = refusal->ip_id,
                               .leg = refusal->leg,
                               .flags = refusal->flags,
                               .window = refusal->window,
                               .seq = refusal->seq,
                               .ack = refusal->ack,
                               .payload_length = refusal->length};
    embryo_grow(e, c);
    const struct effective r = {.where = refusal->where,
                                .event = refusal->where,
                                .time = refusal->time,
                                .reach = {c->end[0].snd_max, c->end[1].snd_max},
                                .d = (uint8_t)d,
                                .ttl = refusal->ttl};
    connection_note_event(c, refusal->where, refusal->time);
    connection_track(c, &s, d, refusal->time);
    connection_note_effects(c, &r, &refusal->did);
    for (unsigned n = 0; n < 2; n++) {
        struct recent *remembered = recent_back(&c->recents, n);
        remembered->bits = n ? refusal->opening_bits : refusal->bits;
        remembered->leg = remembered->copied = 0; /* too long ago for a copy */
    }
}
