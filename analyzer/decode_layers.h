/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_layers.h - what the layer decoders share: a span of octets, the packet at work, and one
 * another.
 *
 * Each layer takes a span, reads its header and hands the rest to the next; what it cannot read it
 * leaves. Lengths follow Wireshark: a span has the octets that were captured and the length it had
 * on the wire.
 */
#ifndef TCPRST_ANALYZER_DECODE_LAYERS_H
#define TCPRST_ANALYZER_DECODE_LAYERS_H

#include "decode.h"
#include "decode_fragment.h"

struct span {
    const uint8_t *bytes;
    uint32_t captured; /* octets at bytes */
    uint32_t length;   /* octets on the wire, at least captured */
};

struct decoder {
    struct decoder_counts counts;
    struct fragments *fragments;
    GArray *pending;      /* struct tcprst_segment: more than there was room for */
    GPtrArray *assembled; /* reassembled packets whose segments are handed out */
    /* What need not be made: decoder_leave_out(). */
    const uint64_t *telling;
    uint64_t telling_count;
    uint64_t made; /* segments, those left out too */
    uint64_t left_out_all;
    uint16_t left_out; /* since the last one that was made */
};

/* The packet at work. */
struct decoding {
    struct decoder *decoder;
    struct decoded *out;
    const struct packet *packet;
    uint8_t layers; /* TCP layers met so far */
    uint8_t depth;  /* headers entered, to bound what hostile nesting costs */
};

/* What an IP header says of the packet inside. */
struct ip_header {
    uint8_t version, protocol, ttl, tos;
    bool dont_fragment;
    bool cut;    /* not all octets that its length announces were captured */
    bool hidden; /* Wireshark's IP header does not reach the segment: AH between IPv4 and TCP */
    uint16_t id;
    uint32_t flow_label;
    const uint8_t *source, *destination; /* 4 or 16 octets */
};

enum ethertype {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_BRIDGING = 0x6558,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_PPP = 0x880b,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_PROVIDER_VLAN = 0x88a8,
    ETHERTYPE_BACKBONE = 0x88e7,
    ETHERTYPE_VN_TAG = 0x8926,
    ETHERTYPE_HSR = 0x892f,
    ETHERTYPE_E_TAG = 0x893f,
    ETHERTYPE_NSH = 0x894f,
    ETHERTYPE_CISCO_METADATA = 0x8909,
    ETHERTYPE_OLD_QINQ = 0x9100,
    ETHERTYPE_R_TAG = 0xf1c1,
    ETHERTYPE_MIN = 0x0600, /* below it stands a length (IEEE 802.3) */
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

static inline uint16_t le16(const uint8_t *p)
{
    return GUINT16_SWAP_LE_BE(be16(p));
}

static inline uint32_t le32(const uint8_t *p)
{
    return GUINT32_SWAP_LE_BE(be32(p));
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

/* The same, or an empty span where so many were not captured. */
static inline struct span skip_if(struct span span, uint32_t octets)
{
    return has(span, octets) ? skip(span, octets) : (struct span){span.bytes, 0, 0};
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

/* To be asked before a header that may hold another of its kind: false when it goes too deep. */
bool enter(struct decoding *d);

/* decode_link.c */
void decode_link(struct decoding *d, uint16_t link_type, struct span span);
void decode_ethernet(struct decoding *d, struct span span);
void decode_ethertype(struct decoding *d, uint16_t type, struct span span);
void decode_llc(struct decoding *d, struct span span);
void decode_mpls(struct decoding *d, struct span span);
/* IPv4 or IPv6, whichever its first four bits say. */
void decode_ip(struct decoding *d, struct span span);

/* decode_ppp.c */
void decode_ppp(struct decoding *d, struct span span); /* begins with the protocol */
void decode_ppp_hdlc(struct decoding *d,
                     struct span span); /* address and control may stand before it */
void decode_cisco_hdlc(struct decoding *d, struct span span);
void decode_pppoe(struct decoding *d, struct span span);

/* decode_wireless.c */
void decode_wireless_link(struct decoding *d, uint16_t link_type, struct span span);
void decode_80211(struct decoding *d, struct span span);
void decode_capwap(struct decoding *d, struct span span);

/* decode_ip.c */
void decode_ipv4(struct decoding *d, struct span span);
void decode_ipv6(struct decoding *d, struct span span);

/* decode_tunnel.c: protocols other than TCP that carry packets */
void decode_tunnel(struct decoding *d, const struct ip_header *ip, struct span span);

/* decode.c */
void decode_tcp(struct decoding *d, const struct ip_header *ip, struct span span);

#endif
