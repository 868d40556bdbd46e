/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode.c - the decoder's handle, and the TCP layer every path ends in. */
#include "decode_layers.h"

#include <string.h>

struct decoder {
    struct decoder_counts counts;
    GArray *pending; /* struct tcprst_segment: more than there was room for */
};

struct decoder *decoder_new(void)
{
    struct decoder *decoder = g_new0(struct decoder, 1);
    decoder->pending = g_array_new(FALSE, FALSE, sizeof(struct tcprst_segment));
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    g_array_unref(decoder->pending);
    g_free(decoder);
}

void decoder_reset(struct decoder *decoder)
{
    decoder->counts = (struct decoder_counts){0};
}

const struct decoder_counts *decoder_counts(const struct decoder *decoder)
{
    return &decoder->counts;
}

void decoder_take_pending(struct decoder *decoder, struct decoded *decoded)
{
    GArray *pending = decoder->pending;
    guint count = (guint)MIN(decoded->size - decoded->count, pending->len);
    if (!count)
        return;
    memcpy(&decoded->segments[decoded->count], pending->data, count * sizeof *decoded->segments);
    decoded->count += count;
    g_array_remove_range(pending, 0, count);
}

void decoder_release(struct decoder *decoder)
{
    (void)decoder;
}

bool enter(struct decoding *d)
{
    if (d->depth < MAX_DEPTH) {
        d->depth++;
        return true;
    }
    d->decoder->counts.too_deep++;
    return false;
}

/* Room for one more segment. */
static struct tcprst_segment *next_segment(struct decoding *d)
{
    struct decoded *out = d->out;
    if (G_LIKELY(out->count < out->size))
        return &out->segments[out->count++];
    GArray *pending = d->decoder->pending;
    g_array_set_size(pending, pending->len + 1);
    return &g_array_index(pending, struct tcprst_segment, pending->len - 1);
}

static void drop_segment(struct decoding *d)
{
    GArray *pending = d->decoder->pending;
    if (pending->len)
        g_array_set_size(pending, pending->len - 1);
    else
        d->out->count--;
}

void decode_tcp(struct decoding *d, const struct ip_header *ip, struct span span)
{
    struct tcprst_segment *segment = next_segment(d);
    if (!tcprst_segment_parse(segment, span.bytes, span.captured, span.length, NULL)) {
        d->decoder->counts.bad_tcp++;
        drop_segment(d);
        return;
    }
    segment->frame = (struct tcprst_frame){.number = d->packet->number};
    segment->layer = ++d->layers;
    segment->ip_version = ip->version;
    segment->ip_header = true;
    segment->dont_fragment = ip->dont_fragment;
    segment->ttl = ip->ttl;
    segment->tos = ip->tos;
    segment->ip_id = ip->id;
    segment->flow_label = ip->flow_label;
    segment->time = d->packet->time;
    segment->cookie = NULL;
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

void decode_packet(struct decoder *decoder, const struct packet *packet, struct decoded *decoded)
{
    struct decoding decoding = {.decoder = decoder, .out = decoded, .packet = packet};
    decode_link(&decoding, (struct span){packet->bytes, packet->captured, packet->length});
}
