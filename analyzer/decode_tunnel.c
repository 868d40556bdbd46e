/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_tunnel.c - protocols over IP and UDP that carry packets. UDP tunnels are known by their
 * port, the lower of the two first, as Wireshark does by default.
 */
#include "decode_layers.h"

enum protocol {
    PROTOCOL_IPIP = 4,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_GRE = 47,
    PROTOCOL_AH = 51,
    PROTOCOL_ETHERIP = 97,
    PROTOCOL_MPLS = 137,
    PROTOCOL_ETHERNET = 143,
};

/* ERSPAN (draft-foschiano-erspan): Ethernet behind 8 octets, behind 12 or 20, or (type I) behind
 * none. */
static void decode_erspan(struct decoding *d, struct span span)
{
    enum { VERSION_2 = 1, VERSION_3 = 2, HEADER_2 = 8, HEADER_3 = 12, SUBHEADER_3 = 8 };
    if (!has(span, HEADER_2))
        return;
    uint8_t version = span.bytes[0] >> 4;
    if (version == VERSION_2) {
        decode_ethernet(d, skip(span, HEADER_2));
    } else if (version == VERSION_3 && has(span, HEADER_3)) {
        uint16_t last = be16(span.bytes + 10);
        uint8_t frame_type = (last >> 10) & 0x1f;
        span = skip_if(span, HEADER_3 + (last & 1 ? SUBHEADER_3 : 0));
        if (frame_type == 0)
            decode_ethernet(d, span);
    }
}

/* Aruba access points carry IEEE 802.11 frames; the low digits say for which station queue. */
static bool is_aruba(uint16_t type)
{
    return type >= 0x8200 && type <= 0x8370 && (type & 0x0f) == 0;
}

/* RFC 2784, RFC 2890; version 1: RFC 2637 (PPTP). */
static void decode_gre(struct decoding *d, struct span span)
{
    enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACK = 0x0080 };
    enum { TYPE_WCCP = 0x883e, TYPE_ERSPAN = 0x88be, TYPE_ERSPAN_3 = 0x22eb, TYPE_NSH = 0x894f };
    enum { TYPE_PPP_HDLC_3GPP2 = 0x8881, TYPE_PPP_HDLC = 0x88d2 };
    if (!has(span, 4) || !enter(d))
        return;
    uint16_t flags = be16(span.bytes), type = be16(span.bytes + 2);
    uint32_t header = 4;
    if (flags & (CHECKSUM | ROUTING))
        header += 4;
    if (flags & KEY)
        header += 4;
    if (flags & SEQUENCE)
        header += 4;
    if (flags & ACK)
        header += 4;
    span = skip_if(span, header);
    if (flags & ROUTING) { /* RFC 1701: source routes, the last of length 0 */
        while (has(span, 4) && span.bytes[3])
            span = skip_if(span, 4u + span.bytes[3]);
        span = skip_if(span, 4);
    }
    switch (type) {
    case ETHERTYPE_PPP:
        decode_ppp_hdlc(d, span);
        break;
    case TYPE_PPP_HDLC_3GPP2:
    case TYPE_PPP_HDLC:
        decode_ppp_hdlc(d, span);
        break;
    case TYPE_WCCP: /* version 2 has a header of four octets that cannot be taken for IPv4 */
        if (has(span, 4) && (span.bytes[0] & 0xf0) != 0x40)
            span = skip(span, 4);
        decode_ipv4(d, span);
        break;
    case TYPE_ERSPAN:
        if (flags & SEQUENCE)
            decode_erspan(d, span);
        else
            decode_ethernet(d, span);
        break;
    case TYPE_ERSPAN_3:
        decode_erspan(d, span);
        break;
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_BRIDGING:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
    case TYPE_NSH:
        decode_ethertype(d, type, span);
        break;
    default:
        if (is_aruba(type))
            decode_80211(d, span);
        break;
    }
}

/* RFC 7348. */
static void decode_vxlan(struct decoding *d, struct span span)
{
    if (has(span, 8))
        decode_ethernet(d, skip(span, 8));
}

/* draft-ietf-nvo3-vxlan-gpe: the next protocol is named. */
static void decode_vxlan_gpe(struct decoding *d, struct span span)
{
    enum { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_NSH = 4, NEXT_MPLS = 5 };
    if (!has(span, 8) || !enter(d))
        return;
    uint8_t next = span.bytes[3];
    span = skip(span, 8);
    if (next == NEXT_IPV4)
        decode_ipv4(d, span);
    else if (next == NEXT_IPV6)
        decode_ipv6(d, span);
    else if (next == NEXT_ETHERNET)
        decode_ethernet(d, span);
    else if (next == NEXT_NSH)
        decode_ethertype(d, ETHERTYPE_NSH, span);
    else if (next == NEXT_MPLS)
        decode_mpls(d, span);
}

/* RFC 8926. */
static void decode_geneve(struct decoding *d, struct span span)
{
    if (!has(span, 8) || !enter(d))
        return;
    uint16_t type = be16(span.bytes + 2);
    decode_ethertype(d, type, skip_if(span, 8 + (span.bytes[0] & 0x3f) * 4u));
}

/* 3GPP TS 29.281, section 5: the optional fields come together when any of their flags is set. */
static void decode_gtp(struct decoding *d, struct span span)
{
    enum { VERSION_1 = 1, NOT_PRIME = 0x10, EXTENSION = 0x04, ANY_OPTIONAL = 0x07, T_PDU = 255 };
    if (!has(span, 8) || !enter(d))
        return;
    uint8_t flags = span.bytes[0];
    if (flags >> 5 != VERSION_1 || !(flags & NOT_PRIME) || span.bytes[1] != T_PDU)
        return;
    uint8_t next = 0;
    uint32_t header = 8;
    if (flags & ANY_OPTIONAL) {
        header += 4;
        if ((flags & EXTENSION) && has(span, header))
            next = span.bytes[header - 1];
    }
    span = skip_if(span, header);
    while (next) { /* length in units of 4 octets; the last octet names the next one */
        uint32_t length = has(span, 1) ? span.bytes[0] * 4u : 0;
        if (!length || !has(span, length))
            return;
        next = span.bytes[length - 1];
        span = skip(span, length);
    }
    if (!has(span, 1))
        return;
    /* Not told by the protocol: IPv4 with a believable header length, or IPv6. */
    uint8_t first = span.bytes[0];
    if (first >= 0x45 && first <= 0x4e)
        decode_ipv4(d, span);
    else if (first >> 4 == 6)
        decode_ipv6(d, span);
}

/* RFC 4380, section 5.1.1: authentication and origin indication may stand before the IPv6 header.
 */
static void decode_teredo(struct decoding *d, struct span span)
{
    enum { AUTHENTICATION = 1, ORIGIN = 0, ORIGIN_OCTETS = 8 };
    if (has(span, 4) && be16(span.bytes) == AUTHENTICATION)
        span = skip_if(span, 13u + span.bytes[2] + span.bytes[3]);
    if (has(span, 2) && be16(span.bytes) == ORIGIN)
        span = skip_if(span, ORIGIN_OCTETS);
    decode_ipv6(d, span);
}

/* RFC 2661, data messages. */
static void decode_l2tp(struct decoding *d, struct span span)
{
    enum {
        CONTROL = 0x8000,
        LENGTH = 0x4000,
        SEQUENCE = 0x0800,
        OFFSET = 0x0200,
        VERSION = 0x000f
    };
    if (!has(span, 2) || !enter(d))
        return;
    uint16_t flags = be16(span.bytes);
    if ((flags & CONTROL) || (flags & VERSION) != 2)
        return;
    uint32_t header = 6;
    if (flags & LENGTH)
        header += 2;
    if (flags & SEQUENCE)
        header += 4;
    if (flags & OFFSET) {
        header += 2;
        if (has(span, header))
            header += be16(span.bytes + header - 2);
    }
    decode_ppp_hdlc(d, skip_if(span, header));
}

/* TaZmen sniffer protocol: what remote sniffers send. */
static void decode_tzsp(struct decoding *d, struct span span)
{
    enum {
        RECEIVED = 0,
        TRANSMIT = 1,
        ETHERNET = 1,
        IEEE_80211 = 18,
        TAG_PADDING = 0,
        TAG_END = 1
    };
    if (!has(span, 4) || span.bytes[1] > TRANSMIT || !enter(d))
        return;
    uint16_t encapsulation = be16(span.bytes + 2);
    span = skip(span, 4);
    for (;;) {
        if (!has(span, 1))
            return;
        uint8_t tag = span.bytes[0];
        if (tag == TAG_END)
            break;
        if (tag != TAG_PADDING && !has(span, 2))
            return;
        span = skip_if(span, tag == TAG_PADDING ? 1 : 2u + span.bytes[1]);
    }
    span = skip(span, 1);
    if (encapsulation == ETHERNET)
        decode_ethernet(d, span);
    else if (encapsulation == IEEE_80211)
        decode_80211(d, span);
}

/* RFC 6830, section 5: eight octets before the inner packet. */
static void decode_lisp(struct decoding *d, struct span span)
{
    if (has(span, 8))
        decode_ip(d, skip(span, 8));
}

static const struct {
    uint16_t port;
    void (*decode)(struct decoding *d, struct span span);
} udp_tunnels[] = {
    {1701, decode_l2tp},   {2152, decode_gtp},   {3544, decode_teredo},    {4341, decode_lisp},
    {4754, decode_gre},    {4789, decode_vxlan}, {4790, decode_vxlan_gpe}, {5247, decode_capwap},
    {6081, decode_geneve}, {6635, decode_mpls},  {37008, decode_tzsp},
};

static bool decode_port(struct decoding *d, uint16_t port, struct span span)
{
    for (size_t i = 0; i < G_N_ELEMENTS(udp_tunnels); i++) {
        if (udp_tunnels[i].port != port)
            continue;
        udp_tunnels[i].decode(d, span);
        return true;
    }
    return false;
}

static void decode_udp(struct decoding *d, struct span span)
{
    enum { HEADER = 8 };
    if (!has(span, HEADER) || !enter(d))
        return;
    uint16_t source = be16(span.bytes), destination = be16(span.bytes + 2);
    uint32_t length = be16(span.bytes + 4);
    if (length == 0 && span.length > UINT16_MAX)
        length = span.length; /* RFC 2675: a jumbogram */
    if (length < HEADER)
        return;
    span = cut(span, length);
    span = skip(span, HEADER);
    if (!decode_port(d, MIN(source, destination), span))
        decode_port(d, MAX(source, destination), span);
}

static void decode_ah(struct decoding *d, const struct ip_header *ip, struct span span)
{
    if (!has(span, 8) || !enter(d))
        return;
    struct ip_header inner = *ip;
    inner.protocol = span.bytes[0];
    inner.hidden = true;
    span = skip_if(span, (span.bytes[1] + 2u) * 4);
    enum { PROTOCOL_TCP = 6 };
    if (inner.protocol == PROTOCOL_TCP)
        decode_tcp(d, &inner, span);
    else
        decode_tunnel(d, &inner, span);
}

void decode_tunnel(struct decoding *d, const struct ip_header *ip, struct span span)
{
    switch (ip->protocol) {
    case PROTOCOL_UDP:
        decode_udp(d, span);
        break;
    case PROTOCOL_IPIP:
        decode_ipv4(d, span);
        break;
    case PROTOCOL_IPV6:
        decode_ipv6(d, span);
        break;
    case PROTOCOL_GRE:
        decode_gre(d, span);
        break;
    case PROTOCOL_AH:
        decode_ah(d, ip, span);
        break;
    case PROTOCOL_ETHERIP:
        if (has(span, 2))
            decode_ethernet(d, skip(span, 2));
        break;
    case PROTOCOL_MPLS:
        decode_mpls(d, span);
        break;
    case PROTOCOL_ETHERNET:
        decode_ethernet(d, span);
        break;
    default:
        break;
    }
}
