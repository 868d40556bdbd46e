/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_link.c - link layers: from a captured frame to the network layer in it.
 *
 * Numbers are LINKTYPE_ values, https://www.tcpdump.org/linktypes.html
 */
#include "decode_layers.h"

#include <string.h>

enum { ETHERNET_HEADER = 14, SNAP_HEADER = 5 };

void decode_ip(struct decoding *d, struct span span)
{
    if (!has(span, 1))
        return;
    if (span.bytes[0] >> 4 == 4)
        decode_ipv4(d, span);
    else if (span.bytes[0] >> 4 == 6)
        decode_ipv6(d, span);
}

/* What follows a tag: an Ethernet type, or the length of an IEEE 802.3 frame. */
static void decode_type_or_length(struct decoding *d, uint16_t type, struct span span)
{
    enum { MAX_LENGTH = 1500 };
    if (type <= MAX_LENGTH)
        decode_llc(d, cut(span, type));
    else if (type >= ETHERTYPE_MIN)
        decode_ethertype(d, type, span);
}

/* A tag of so many octets, the last two of which are the next type. */
static void decode_tag(struct decoding *d, struct span span, uint32_t octets)
{
    if (has(span, octets) && enter(d))
        decode_type_or_length(d, be16(span.bytes + octets - 2), skip(span, octets));
}

/* RFC 8300: Network Service Header. */
static void decode_nsh(struct decoding *d, struct span span)
{
    enum { NEXT_IPV4 = 1, NEXT_IPV6 = 2, NEXT_ETHERNET = 3, NEXT_NSH = 4, NEXT_MPLS = 5 };
    if (!has(span, 8) || !enter(d))
        return;
    uint8_t next = span.bytes[3];
    span = skip_if(span, (span.bytes[1] & 0x3f) * 4u);
    if (next == NEXT_IPV4)
        decode_ipv4(d, span);
    else if (next == NEXT_IPV6)
        decode_ipv6(d, span);
    else if (next == NEXT_ETHERNET)
        decode_ethernet(d, span);
    else if (next == NEXT_NSH)
        decode_nsh(d, span);
    else if (next == NEXT_MPLS)
        decode_mpls(d, span);
}

void decode_ethertype(struct decoding *d, uint16_t type, struct span span)
{
    if (G_LIKELY(type == ETHERTYPE_IPV4)) {
        decode_ipv4(d, span);
        return;
    }
    switch (type) {
    case ETHERTYPE_IPV6:
        decode_ipv6(d, span);
        break;
    case ETHERTYPE_VLAN:
    case ETHERTYPE_PROVIDER_VLAN:
    case ETHERTYPE_OLD_QINQ:
        decode_tag(d, span, 4);
        break;
    case ETHERTYPE_VN_TAG:
    case ETHERTYPE_HSR:
    case ETHERTYPE_R_TAG:
        decode_tag(d, span, 6);
        break;
    case ETHERTYPE_E_TAG:
    case ETHERTYPE_CISCO_METADATA:
        decode_tag(d, span, 8);
        break;
    case ETHERTYPE_BACKBONE: /* IEEE 802.1ah: four octets, then the customer's frame */
        if (has(span, 4))
            decode_ethernet(d, skip(span, 4));
        break;
    case ETHERTYPE_BRIDGING:
        decode_ethernet(d, span);
        break;
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
        decode_mpls(d, span);
        break;
    case ETHERTYPE_PPPOE_SESSION:
        decode_pppoe(d, span);
        break;
    case ETHERTYPE_NSH:
        decode_nsh(d, span);
        break;
    default:
        break;
    }
}

/* IEEE 802.2 LLC, and the Subnetwork Access Protocol behind it. */
void decode_llc(struct decoding *d, struct span span)
{
    enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, UNNUMBERED_INFORMATION = 0x03 };
    enum { OUI_ETHERNET = 0x000000, OUI_CISCO_90 = 0x0000f8 };
    if (!has(span, 3) || !enter(d))
        return;
    const uint8_t *p = span.bytes;
    bool snap = p[0] == SAP_SNAP && p[1] == SAP_SNAP;
    if (p[2] != UNNUMBERED_INFORMATION)
        return;
    span = skip(span, 3);
    if (p[0] == SAP_IP) {
        decode_ip(d, span);
        return;
    }
    if (!snap || !has(span, SNAP_HEADER))
        return;
    uint32_t organisation = be32(span.bytes) >> 8;
    uint16_t type = be16(span.bytes + 3);
    span = skip(span, SNAP_HEADER);
    if (organisation == OUI_ETHERNET || organisation == OUI_CISCO_90)
        decode_ethertype(d, type, span);
}

void decode_ethernet(struct decoding *d, struct span span)
{
    if (!has(span, ETHERNET_HEADER) || !enter(d))
        return;
    uint16_t type = be16(span.bytes + 12);
    span = skip(span, ETHERNET_HEADER);
    if (G_LIKELY(type >= ETHERTYPE_MIN))
        decode_ethertype(d, type, span);
    else
        decode_type_or_length(d, type, span);
}

/* Whether these octets look like an Ethernet frame: a type that is known, and what follows agrees
 * with it. */
static bool looks_like_ethernet(struct span span)
{
    if (!has(span, ETHERNET_HEADER + 1))
        return false;
    uint8_t version = span.bytes[ETHERNET_HEADER] >> 4;
    switch (be16(span.bytes + 12)) {
    case ETHERTYPE_IPV4:
        return version == 4;
    case ETHERTYPE_IPV6:
        return version == 6;
    case ETHERTYPE_VLAN:
    case ETHERTYPE_PROVIDER_VLAN:
    case ETHERTYPE_OLD_QINQ:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
    case ETHERTYPE_PPPOE_SESSION:
        return true;
    default:
        return false;
    }
}

/*
 * RFC 3032. What the labels mean was signalled elsewhere: the payload's first four bits must tell
 * IP from Ethernet (RFC 4928), and its content whether a control word (RFC 4385) stands before the
 * frame. Wireshark asks its list of vendors' addresses, which virtual machines are not in.
 */
void decode_mpls(struct decoding *d, struct span span)
{
    enum { LABEL = 4, CONTROL_WORD = 4, BOTTOM_OF_STACK = 0x01 };
    bool bottom = false;
    while (!bottom) {
        if (!has(span, LABEL))
            return;
        bottom = span.bytes[2] & BOTTOM_OF_STACK;
        span = skip(span, LABEL);
    }
    if (!has(span, CONTROL_WORD) || !enter(d))
        return;
    uint8_t nibble = span.bytes[0] >> 4;
    if (nibble == 4 || nibble == 6)
        decode_ip(d, span);
    else if (nibble == 0 && !looks_like_ethernet(span))
        decode_ethernet(d, skip(span, CONTROL_WORD));
    else
        decode_ethernet(d, span);
}

static void decode_family(struct decoding *d, uint32_t family, struct span span)
{
    /* The numbers of IPv6 differ: BSD/OS and NetBSD, FreeBSD, Darwin. */
    enum { INET = 2, INET6_BSD = 24, INET6_FREEBSD = 28, INET6_DARWIN = 30 };
    if (family == INET)
        decode_ipv4(d, span);
    else if (family == INET6_BSD || family == INET6_FREEBSD || family == INET6_DARWIN)
        decode_ipv6(d, span);
}

/* BSD loopback: an address family in the octet order of whoever captured, which the file does not
 * tell for sure. */
static void decode_null(struct decoding *d, struct span span)
{
    if (!has(span, 4))
        return;
    if (be16(span.bytes) == 0xff03) {
        decode_ppp_hdlc(d, span);
        return;
    }
    /* Families and Ethernet types are small: the reading whose upper half is empty is the right
     * one. */
    uint32_t family = le32(span.bytes);
    if (family > UINT16_MAX)
        family = be32(span.bytes);
    if (family < ETHERTYPE_MIN && family > UINT8_MAX && (family & UINT8_MAX) == 0)
        family >>= 8;        /* IRIX, in the other octet order */
    if (family > UINT16_MAX) /* IRIX: the family in two octets, then two of no meaning */
        family = be16(span.bytes);
    if (family >= ETHERTYPE_MIN)
        decode_ethertype(d, (uint16_t)family, skip(span, 4));
    else
        decode_family(d, family, skip(span, 4));
}

static void decode_loop(struct decoding *d, struct span span)
{
    if (has(span, 4))
        decode_family(d, be32(span.bytes), skip(span, 4));
}

/* Raw IP; ISDN and PPP devices leave things before it. */
static void decode_raw(struct decoding *d, struct span span)
{
    static const uint8_t zeros[10];
    if (!has(span, 2))
        return;
    if (be16(span.bytes) == 0xff03)
        decode_ppp_hdlc(d, span);
    else if (has(span, 8) && be16(span.bytes + 6) == 0xff03)
        decode_ppp_hdlc(d, skip(span, 6));
    else if (has(span, 3) && be16(span.bytes + 1) == 0xff03)
        decode_ppp_hdlc(d, skip(span, 1));
    else if (has(span, 10) && memcmp(span.bytes, zeros, sizeof zeros) == 0)
        decode_ip(d, skip(span, 10));
    else
        decode_ip(d, span);
}

/* Linux cooked captures: the protocol of a device of type hardware. */
static void decode_cooked(struct decoding *d, uint16_t protocol, struct span span)
{
    enum { LINUX_ETHERNET = 3, LINUX_LLC = 4, LINUX_PPP = 7 };
    if (protocol >= ETHERTYPE_MIN)
        decode_ethertype(d, protocol, span);
    else if (protocol == LINUX_LLC)
        decode_llc(d, span);
    else if (protocol == LINUX_ETHERNET)
        decode_ethernet(d, span);
    else if (protocol == LINUX_PPP)
        decode_ppp_hdlc(d, span);
}

static void decode_sll(struct decoding *d, struct span span)
{
    if (has(span, 16))
        decode_cooked(d, be16(span.bytes + 14), skip(span, 16));
}

static void decode_sll2(struct decoding *d, struct span span)
{
    if (has(span, 20))
        decode_cooked(d, be16(span.bytes), skip(span, 20));
}

/* Linux netfilter log: a list of (length, type, value), the numbers in the octet order of whoever
 * captured. */
static bool decode_nflog_list(struct decoding *d, struct span span, bool little_endian)
{
    enum { PAYLOAD = 9, FAMILY_INET = 2, FAMILY_INET6 = 10 };
    uint8_t family = span.bytes[0];
    span = skip(span, 4);
    while (has(span, 4)) {
        uint32_t length = little_endian ? le16(span.bytes) : be16(span.bytes);
        uint16_t type = little_endian ? le16(span.bytes + 2) : be16(span.bytes + 2);
        if (length < 4 || length > span.length)
            return false;
        if ((type & 0x7fff) == PAYLOAD) {
            struct span payload = skip(cut(span, length), 4);
            if (family == FAMILY_INET)
                decode_ipv4(d, payload);
            else if (family == FAMILY_INET6)
                decode_ipv6(d, payload);
            return true;
        }
        uint32_t padded = (length + 3) & ~3u;
        if (!has(span, padded))
            return true;
        span = skip(span, padded);
    }
    return true;
}

static void decode_nflog(struct decoding *d, struct span span)
{
    if (has(span, 4) && !decode_nflog_list(d, span, true))
        decode_nflog_list(d, span, false);
}

/* Apple's packet metadata: its own length and the link type of what follows, little-endian. */
static void decode_pktap(struct decoding *d, struct span span)
{
    enum { TYPE_PACKET = 1 };
    if (!has(span, 12) || !enter(d))
        return;
    uint32_t length = le32(span.bytes), type = le32(span.bytes + 4), link = le32(span.bytes + 8);
    if (type == TYPE_PACKET && length >= 12 && link <= UINT16_MAX)
        decode_link(d, link == 12 ? 101 : (uint16_t)link, skip_if(span, length));
}

/* Solaris ipnet: RFC-less; the family at octet 1 has Solaris' numbers. */
static void decode_ipnet(struct decoding *d, struct span span)
{
    enum { HEADER = 24, INET = 2, INET6 = 26 };
    if (!has(span, HEADER))
        return;
    if (span.bytes[1] == INET)
        decode_ipv4(d, skip(span, HEADER));
    else if (span.bytes[1] == INET6)
        decode_ipv6(d, skip(span, HEADER));
}

/* Q.922 address, then RFC 2427 (NLPID) or, on Cisco's, an Ethernet type. */
static void decode_frame_relay(struct decoding *d, struct span span)
{
    enum { UNNUMBERED_INFORMATION = 0x03, EXTENDED = 0x01 };
    enum { NLPID_SNAP = 0x80, NLPID_IPV4 = 0xcc, NLPID_IPV6 = 0x8e, NLPID_PPP = 0xcf };
    uint32_t address = 0;
    do {
        if (!has(span, ++address) || address > 4)
            return;
    } while (!(span.bytes[address - 1] & EXTENDED));
    span = skip(span, address);
    if (!has(span, 2))
        return;
    if (span.bytes[0] != UNNUMBERED_INFORMATION) {
        decode_ethertype(d, be16(span.bytes), skip(span, 2));
        return;
    }
    span =
        skip(span, span.bytes[1] == 0 && has(span, 3) ? 2 : 1); /* a zero pads to an even length */
    uint8_t nlpid = span.bytes[0];
    span = skip(span, 1);
    if (nlpid == NLPID_IPV4)
        decode_ipv4(d, span);
    else if (nlpid == NLPID_IPV6)
        decode_ipv6(d, span);
    else if (nlpid == NLPID_PPP)
        decode_ppp(d, span);
    else if (nlpid == NLPID_SNAP && has(span, SNAP_HEADER) && be32(span.bytes) >> 8 == 0)
        decode_ethertype(d, be16(span.bytes + 3), skip(span, SNAP_HEADER));
}

/* OpenBSD's IPsec and packet filter logs: what they say of the packet, then the packet. */
static void decode_enc(struct decoding *d, struct span span)
{
    if (has(span, 12))
        decode_ip(d, skip(span, 12));
}

static void decode_pflog(struct decoding *d, struct span span)
{
    if (!has(span, 4))
        return;
    uint32_t length = (span.bytes[0] + 3u) & ~3u;
    decode_ip(d, skip_if(span, length));
}

static void decode_behind_16_llc(struct decoding *d, struct span span)
{
    if (has(span, 16))
        decode_llc(d, skip(span, 16));
}

static void decode_firewire(struct decoding *d, struct span span)
{
    if (has(span, 18))
        decode_ethertype(d, be16(span.bytes + 16), skip(span, 18));
}

static void decode_fddi(struct decoding *d, struct span span)
{
    if (has(span, 13))
        decode_llc(d, skip(span, 13));
}

/* Endace's extensible record format: a header of its own, extensions, then Ethernet or IP. */
static void decode_erf(struct decoding *d, struct span span)
{
    enum { HEADER = 16, EXTENSION = 8, MORE = 0x80 };
    enum { TYPE_HDLC = 1, TYPE_ETHERNET = 2, TYPE_IPV4 = 22, TYPE_IPV6 = 23 };
    if (!has(span, HEADER))
        return;
    uint8_t type = span.bytes[8];
    uint16_t wire = be16(span.bytes + 14);
    bool more = type & MORE;
    for (span = skip(span, HEADER); more; span = skip(span, EXTENSION)) {
        if (!has(span, EXTENSION))
            return;
        more = span.bytes[0] & MORE;
    }
    type &= 0x7f;
    if (type == TYPE_ETHERNET && has(span, 2)) {
        span = skip(span, 2);
        span.length = MAX(span.captured, wire);
        decode_ethernet(d, span);
    } else if (type == TYPE_HDLC) {
        decode_ppp_hdlc(d, span);
    } else if (type == TYPE_IPV4) {
        decode_ipv4(d, span);
    } else if (type == TYPE_IPV6) {
        decode_ipv6(d, span);
    }
}

static void decode_ppp_with_direction(struct decoding *d, struct span span)
{
    if (has(span, 1))
        decode_ppp_hdlc(d, skip(span, 1));
}

/* One row a link type; 0: decode_wireless_link(). */
static const struct {
    uint16_t link_type;
    void (*decode)(struct decoding *d, struct span span);
} layers[] = {
    {0, decode_null},
    {1, decode_ethernet},
    {9, decode_ppp_hdlc},
    {10, decode_fddi},
    {12, decode_raw},
    {14, decode_raw},
    {50, decode_ppp_hdlc},
    {51, decode_pppoe},
    {100, decode_llc}, /* ATM, RFC 1483 */
    {101, decode_raw},
    {104, decode_cisco_hdlc},
    {105, NULL},      /* IEEE 802.11 */
    {106, decode_ip}, /* Linux classical IP over ATM */
    {107, decode_frame_relay},
    {108, decode_loop},
    {109, decode_enc},
    {113, decode_sll},
    {117, decode_pflog},
    {119, NULL},                 /* Prism header */
    {122, decode_behind_16_llc}, /* IP over Fibre Channel */
    {127, NULL},                 /* radiotap */
    {138, decode_firewire},
    {163, NULL}, /* AVS header */
    {192, NULL}, /* PPI */
    {197, decode_erf},
    {204, decode_ppp_with_direction},
    {226, decode_ipnet},
    {228, decode_ipv4},
    {229, decode_ipv6},
    {239, decode_nflog},
    {258, decode_pktap},
    {276, decode_sll2},
};

const uint16_t *decoder_link_types(size_t *count)
{
    static uint16_t types[G_N_ELEMENTS(layers)];
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++)
        types[i] = layers[i].link_type;
    *count = G_N_ELEMENTS(layers);
    return types;
}

bool decoder_knows(uint16_t link_type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++)
        if (layers[i].link_type == link_type)
            return true;
    return false;
}

void decode_link(struct decoding *d, uint16_t link_type, struct span span)
{
    enum { ETHERNET = 1 };
    if (G_LIKELY(link_type == ETHERNET)) {
        decode_ethernet(d, span);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++) {
        if (layers[i].link_type != link_type)
            continue;
        if (layers[i].decode)
            layers[i].decode(d, span);
        else
            decode_wireless_link(d, link_type, span);
        return;
    }
}
