/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reset.c - makes the record of a RST; what it is made of, a file a part (reset_parts.h). */
#include "reset.h"

#include "reset_parts.h"

#include <string.h>

static uint16_t sum16(const uint8_t *p, uint32_t n, uint32_t *sum)
{
    for (uint32_t i = 0; i + 1 < n; i += 2)
        *sum += (uint32_t)p[i] << 8 | p[i + 1];
    if (n & 1)
        *sum += (uint32_t)p[n - 1] << 8;
    while (*sum >> 16)
        *sum = (*sum & 0xffff) + (*sum >> 16);
    return (uint16_t)*sum;
}

/* RFC 9293 section 3.1: pseudo-header, header and text. Only whole segments can be judged. */
static void check_sum(struct reset *r, const struct tcprst_segment *s)
{
    if (s->captured < s->length || s->length > 65535 || s->seen.translated)
        return;
    uint32_t sum = 6 + s->length;
    unsigned n = s->ip_version == 6 ? 16 : 4;
    sum16(s->source, n, &sum);
    sum16(s->destination, n, &sum);
    uint32_t pseudo = sum, field = s->length >= 18 ? (uint32_t)s->bytes[16] << 8 | s->bytes[17] : 0;
    r->checksum_known = true;
    r->bad_checksum = sum16(s->bytes, s->length, &sum) != 0xffff;
    r->unfilled = r->bad_checksum && field == pseudo;
}

static void copy_segment(struct reset *r, const struct tcprst_segment *s)
{
    r->cookie = s->cookie;
    r->frame = s->frame;
    r->time = s->time;
    r->seen = s->seen;
    r->seen_at = (uint16_t)(1u << s->seen.place);
    r->layer = s->layer;
    r->ip_version = s->ip_version;
    r->ip_header = s->ip_header;
    r->dont_fragment = s->dont_fragment;
    r->ttl = s->ttl;
    r->tos = s->tos;
    r->ip_id = s->ip_id;
    r->flow_label = s->flow_label;
    r->flags = s->flags;
    r->window = s->window;
    r->window_known = s->window_known;
    r->seq = s->seq;
    r->ack = s->ack;
    r->payload_length = s->payload_length;
    r->header_length = s->header_length;
    memcpy(r->source, s->source, 16);
    memcpy(r->destination, s->destination, 16);
    r->source_port = s->source_port;
    r->destination_port = s->destination_port;
    tcp_options_parse(s, &r->options);
    if (s->captured > s->header_length) {
        r->text_length = s->captured - s->header_length;
        if (r->text_length > sizeof r->text)
            r->text_length = sizeof r->text;
        memcpy(r->text, s->bytes + s->header_length, r->text_length);
    }
}

static void copy_connection(struct reset *r, const struct connection *c)
{
    r->x = c->end[r->d];
    r->y = c->end[!r->d];
    r->connection_flags = c->flags;
    r->x_stack = (uint8_t)connection_stack(c, r->d);
    r->client = (int8_t)(c->client < 0 ? -1 : c->client != r->d);
    r->segments_before = c->segments;
    r->longest_idle = c->longest_idle;
}

void reset_begin(struct reset *r, struct connection *c, const struct tcprst_segment *s, int d,
                 int64_t when)
{
    memset(r, 0, sizeof *r);
    r->connection = c;
    r->incarnation = c->number;
    if (c->past)
        r->reused_from = c->segments ? c->first : where_pack(s->frame);
    r->d = (uint8_t)d;
    r->when = when;
    copy_segment(r, s);
    check_sum(r, s);
    copy_connection(r, c);
    struct recent *t = reset_find_trigger(r, c);
    struct recent *original = reset_find_original(r, s, c);
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

uint16_t reset_service_port(const struct reset *r)
{
    bool sender_serves = r->client >= 0 ? r->client == 1 : r->source_port < r->destination_port;
    return sender_serves ? r->source_port : r->destination_port;
}
