/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode.c - the decoder's handle, and the TCP layer every path ends in. */
#include "decode_layers.h"

#include <string.h>

/* Deeper than any network stacks its headers. */
enum { MAX_DEPTH = 32 };

struct decoder *decoder_new(void)
{
    struct decoder *decoder = g_new0(struct decoder, 1);
    decoder->fragments = fragments_new();
    decoder->pending = g_array_new(FALSE, FALSE, sizeof(struct tcprst_segment));
    decoder->assembled = g_ptr_array_new_with_free_func(g_free);
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    fragments_free(decoder->fragments);
    g_array_unref(decoder->pending);
    g_ptr_array_unref(decoder->assembled);
    g_free(decoder);
}

struct decoder_counts decoder_counts(const struct decoder *decoder)
{
    struct decoder_counts counts = decoder->counts;
    struct fragments_counts fragments = fragments_counts(decoder->fragments);
    counts.fragments_incomplete = fragments.incomplete;
    counts.fragments_given_up = fragments.given_up;
    counts.fragments_waiting = fragments.waiting;
    return counts;
}

void decoder_take_pending(struct decoder *decoder, struct decoded *decoded)
{
    GArray *pending = decoder->pending;
    guint count = (guint)MIN(decoded->size - decoded->count, pending->len);
    if (!count)
        return;
    if (!decoded->briefs)
        memcpy(&decoded->segments[decoded->count], pending->data,
               count * sizeof *decoded->segments);
    for (guint i = 0; i < count && decoded->briefs; i++)
        tcprst_glance_brief(decoded->glance, &g_array_index(pending, struct tcprst_segment, i),
                            &decoded->briefs[decoded->count + i]);
    decoded->count += count;
    g_array_remove_range(pending, 0, count);
}

void decoder_release(struct decoder *decoder)
{
    if (G_UNLIKELY(decoder->assembled->len) && !decoder->pending->len)
        g_ptr_array_set_size(decoder->assembled, 0);
}

void decoder_leave_out(struct decoder *decoder, const uint64_t *telling, uint64_t next,
                       uint64_t end)
{
    decoder->telling = telling;
    decoder->made = next;
    decoder->telling_count = end;
}

uint64_t decoder_left_out(const struct decoder *decoder)
{
    return decoder->left_out_all;
}

/* Whether the next segment need not be made. */
static inline bool need_not_be(const struct decoder *decoder)
{
    uint64_t n = decoder->made;
    return n < decoder->telling_count && !(decoder->telling[n / 64] >> n % 64 & 1) &&
           decoder->left_out < UINT16_MAX;
}

static inline void leave_out(struct decoder *decoder)
{
    decoder->made++;
    decoder->left_out++;
    decoder->left_out_all++;
}

/* It is made. */
static inline void note_made(struct decoder *decoder, struct tcprst_segment *segment)
{
    decoder->made++;
    segment->left_out = decoder->left_out;
    decoder->left_out = 0;
}

bool enter(struct decoding *d)
{
    if (G_LIKELY(d->depth < MAX_DEPTH)) {
        d->depth++;
        return true;
    }
    d->decoder->counts.too_deep++;
    return false;
}

static void fill_ip(struct tcprst_segment *segment, const struct ip_header *ip)
{
    segment->ip_version = ip->version;
    segment->ip_header = !ip->hidden;
    segment->dont_fragment = ip->dont_fragment;
    segment->ttl = ip->ttl;
    segment->tos = ip->tos;
    segment->ip_id = ip->id;
    segment->flow_label = ip->flow_label;
    if (ip->version == 4) {
        memset(segment->source + 4, 0, sizeof segment->source - 4);
        memset(segment->destination + 4, 0, sizeof segment->destination - 4);
        memcpy(segment->source, ip->source, 4);
        memcpy(segment->destination, ip->destination, 4);
    } else {
        memcpy(segment->source, ip->source, 16);
        memcpy(segment->destination, ip->destination, 16);
    }
}

/* The core hands it back as it is. */
static inline void *cookie_of(const struct packet *packet)
{
    return (void *)(uintptr_t)packet->note;
}

static inline bool fill_segment(struct decoding *d, const struct ip_header *ip, struct span span,
                                struct tcprst_segment *segment)
{
    if (!tcprst_segment_parse(segment, span.bytes, span.captured, span.length, NULL)) {
        d->decoder->counts.bad_tcp++;
        return false;
    }
    segment->frame = (struct tcprst_frame){.number = d->packet->number};
    segment->layer = ++d->layers;
    segment->time = d->packet->time;
    segment->cookie = cookie_of(d->packet);
    segment->interface = d->packet->interface;
    segment->leg = tcprst_segment_leg(d->packet->link_type, d->packet->bytes, d->packet->captured);
    segment->seen = (struct tcprst_seen){0};
    fill_ip(segment, ip);
    note_made(d->decoder, segment);
    return true;
}

static void keep_pending(struct decoding *d, const struct ip_header *ip, struct span span)
{
    struct tcprst_segment segment;
    if (fill_segment(d, ip, span, &segment))
        g_array_append_val(d->decoder->pending, segment);
}

static void decode_in_brief(struct decoding *d, const struct ip_header *ip, struct span span)
{
    struct decoded *out = d->out;
    struct tcprst_segment segment;
    if (fill_segment(d, ip, span, &segment))
        tcprst_glance_brief(out->glance, &segment, &out->briefs[out->count++]);
}

void decode_tcp(struct decoding *d, const struct ip_header *ip, struct span span)
{
    struct decoded *out = d->out;
    if (G_UNLIKELY(out->count == out->size))
        keep_pending(d, ip, span);
    else if (out->briefs)
        decode_in_brief(d, ip, span);
    else if (fill_segment(d, ip, span, &out->segments[out->count]))
        out->count++;
}

#ifdef TCPRST_NO_SHORTCUTS
enum { SHORTCUTS = 0 };
#else
enum { SHORTCUTS = 1 };
#endif

/* Where an ordinary packet's headers begin. */
enum { ORDINARY_IP = 14, ORDINARY_TCP = ORDINARY_IP + 20, ORDINARY_LEAST = ORDINARY_TCP + 20 };

/* Ethernet, IPv4 in one piece and without options, TCP: most packets of most captures, in one look.
 * A segment comes of each. segment_length: octets of it, as sent. */
static inline bool is_ordinary(const struct in_row *packet, uint32_t *segment_length)
{
    enum { IN_PIECES = 0x3fff, TCP_HEADER = 20 };
    const uint8_t *p = packet->bytes, *ip = p + ORDINARY_IP;
    if (packet->captured < ORDINARY_LEAST || be16(p + 12) != ETHERTYPE_IPV4 || ip[0] != 0x45 ||
        (be16(ip + 6) & IN_PIECES) || ip[9] != 6)
        return false;
    uint32_t total = be16(ip + 2), on_wire = packet->length - ORDINARY_IP;
    uint32_t length = total < on_wire ? total : on_wire, header = (p[ORDINARY_TCP + 12] >> 4) * 4u;
    *segment_length = length - 20;
    return length >= ORDINARY_LEAST - ORDINARY_IP && header >= TCP_HEADER && header <= length - 20;
}

/* What it fills is what the layers would. */
static inline void decode_ordinary(const struct in_row *packet, uint32_t length,
                                   struct tcprst_segment *segment)
{
    const uint8_t *p = packet->bytes, *ip = p + ORDINARY_IP;
    uint32_t captured = packet->captured - ORDINARY_TCP;
    tcprst_segment_parse(segment, p + ORDINARY_TCP, captured < length ? captured : length, length,
                         NULL);
    segment->layer = 1;
    segment->ip_version = 4;
    segment->ip_header = true;
    segment->dont_fragment = ip[6] & 0x40;
    segment->ttl = ip[8];
    segment->tos = ip[1];
    segment->ip_id = be16(ip + 4);
    segment->flow_label = 0;
    segment->time = packet->time;
    memset(segment->source, 0, sizeof segment->source);
    memset(segment->destination, 0, sizeof segment->destination);
    memcpy(segment->source, ip + 12, 4);
    memcpy(segment->destination, ip + 16, 4);
    segment->cookie = NULL;
    segment->interface = 0;
    segment->leg = 0;
    segment->seen = (struct tcprst_seen){0};
}

void decode_packet(struct decoder *decoder, const struct packet *packet, struct decoded *decoded)
{
    struct decoding decoding = {.decoder = decoder, .out = decoded, .packet = packet};
    struct span span = {packet->bytes, packet->captured, packet->length};
    decode_link(&decoding, packet->link_type, span);
}

/* Of an opening more is looked at. */
static inline bool is_opening(const struct in_row *packet)
{
    return packet->bytes[ORDINARY_TCP + 13] & TCPRST_SYN;
}

static void brief_row(struct decoder *decoder, const struct packet_row *row,
                      struct decoded *decoded)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct in_row *p = &row->packets[i];
        uint32_t length;
        if (decoded->count == decoded->size || !is_ordinary(p, &length) || is_opening(p)) {
            const struct packet packet = packet_of_row(row, i);
            decode_packet(decoder, &packet, decoded);
            continue;
        }
        struct tcprst_brief *brief = &decoded->briefs[decoded->count++];
        tcprst_glance_brief_octets(decoded->glance, p->bytes + ORDINARY_IP + 12,
                                   p->bytes + ORDINARY_TCP, length, brief);
        brief->time = p->time;
    }
}

void decode_row(struct decoder *decoder, const struct packet_row *row, struct decoded *decoded)
{
    enum { ETHERNET = 1 };
    const bool shortcuts = SHORTCUTS && row->link_type == ETHERNET;
    if (shortcuts && decoded->briefs) {
        brief_row(decoder, row, decoded);
        return;
    }
    for (size_t i = 0; i < row->count; i++) {
        const struct in_row *p = &row->packets[i];
        uint32_t length;
        if (!shortcuts || G_UNLIKELY(decoded->count == decoded->size) ||
            G_UNLIKELY(!is_ordinary(p, &length))) {
            const struct packet packet = packet_of_row(row, i);
            decode_packet(decoder, &packet, decoded);
        } else if (need_not_be(decoder)) {
            leave_out(decoder);
        } else {
            struct tcprst_segment *segment = &decoded->segments[decoded->count++];
            decode_ordinary(p, length, segment);
            segment->frame = (struct tcprst_frame){.number = row->number + i};
            note_made(decoder, segment);
        }
    }
}
