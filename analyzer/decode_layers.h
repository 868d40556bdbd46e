/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_layers.h - what the layer decoders share: a span of octets, the packet being decoded, and
 * one another.
 *
 * Each layer takes a span, reads its header and hands the rest to the next; whatever it cannot read
 * it leaves. Lengths follow Wireshark: a span has the octets that were captured and the length it
 * had on the wire.
 */
#ifndef TCPRST_ANALYZER_DECODE_LAYERS_H
#define TCPRST_ANALYZER_DECODE_LAYERS_H

#include "decode.h"

struct span {
    const uint8_t *bytes;
    uint32_t captured; /* octets at bytes */
    uint32_t length;   /* octets on the wire, at least captured */
};

/* The packet at work. */
struct decoding {
    struct decoder *decoder;
    struct decoded *out;
    const struct packet *packet;
    uint8_t layers; /* TCP layers met so far */
    uint8_t depth;  /* headers opened by ip and tunnels, to bound what hostile nesting costs */
    bool truncated_fragment;
};

enum { MAX_DEPTH = 32 };

/* What an IP header says of the segment inside. */
struct ip_header {
    uint8_t version, protocol, ttl, tos;
    bool dont_fragment;
    uint16_t id;
    uint32_t flow_label;
    const uint8_t *source, *destination; /* 4 or 16 octets */
};

static inline uint16_t be16(const uint8_t *p)
{
    uint16_t value;
    __builtin_memcpy(&value, p, sizeof value);
    return GUINT16_FROM_BE(value);
}

static inline uint32_t be32(const uint8_t *p)
{
    uint32_t value;
    __builtin_memcpy(&value, p, sizeof value);
    return GUINT32_FROM_BE(value);
}

static inline bool has(struct span span, uint32_t octets)
{
    return span.captured >= octets;
}

/* The span behind its first octets, which are captured. */
static inline struct span skip(struct span span, uint32_t octets)
{
    return (struct span){span.bytes + octets, span.captured - octets, span.length - octets};
}

/* The span cut to length where it is longer. */
static inline struct span cut(struct span span, uint32_t length)
{
    if (length < span.length)
        span.length = length;
    if (span.captured > span.length)
        span.captured = span.length;
    return span;
}

bool enter(struct decoding *d);

void decode_link(struct decoding *d, struct span span);
void decode_ethernet(struct decoding *d, struct span span);
void decode_ethertype(struct decoding *d, uint16_t type, struct span span);
void decode_ipv4(struct decoding *d, struct span span);
void decode_ipv6(struct decoding *d, struct span span);
void decode_protocol(struct decoding *d, const struct ip_header *ip, struct span span);
void decode_tcp(struct decoding *d, const struct ip_header *ip, struct span span);

#endif
