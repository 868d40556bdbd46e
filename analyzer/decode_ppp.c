/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_ppp.c - the Point-to-Point Protocol (RFC 1661), its HDLC framing (RFC 1662), PPPoE (RFC
 * 2516), Cisco HDLC. */
#include "decode_layers.h"

enum ppp_protocol {
    PPP_IPV4 = 0x0021,
    PPP_MULTILINK = 0x003d,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_MULTICAST = 0x0283,
};

/* RFC 1990: sequence numbers of 24 bits; only fragments that are a whole packet are followed. */
static void decode_multilink(struct decoding *d, struct span span)
{
    enum { BEGIN_AND_END = 0xc0, HEADER = 4 };
    if (has(span, HEADER) && (span.bytes[0] & BEGIN_AND_END) == BEGIN_AND_END && enter(d))
        decode_ppp(d, skip(span, HEADER));
}

void decode_ppp(struct decoding *d, struct span span)
{
    if (!has(span, 2))
        return;
    /* RFC 1661, section 2: the protocol's least significant octet is odd; a compressed protocol has
     * only that. */
    bool compressed = span.bytes[0] & 1;
    uint16_t protocol = compressed ? span.bytes[0] : be16(span.bytes);
    span = skip(span, compressed ? 1 : 2);
    switch (protocol) {
    case PPP_IPV4:
    case ETHERTYPE_IPV4: /* seen on some devices */
        decode_ipv4(d, span);
        break;
    case PPP_IPV6:
    case ETHERTYPE_IPV6:
        decode_ipv6(d, span);
        break;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        decode_mpls(d, span);
        break;
    case PPP_MULTILINK:
        decode_multilink(d, span);
        break;
    default:
        break;
    }
}

void decode_cisco_hdlc(struct decoding *d, struct span span)
{
    if (has(span, 4))
        decode_ethertype(d, be16(span.bytes + 2), skip(span, 4));
}

void decode_ppp_hdlc(struct decoding *d, struct span span)
{
    enum { ALL_STATIONS = 0xff, UNNUMBERED_INFORMATION = 0x03 };
    enum { CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };
    if (!has(span, 2))
        return;
    const uint8_t *p = span.bytes;
    if (p[0] == CISCO_UNICAST || p[0] == CISCO_MULTICAST)
        decode_cisco_hdlc(d, span);
    else if (p[0] == ALL_STATIONS && p[1] == UNNUMBERED_INFORMATION)
        decode_ppp(d, skip(span, 2));
    else
        decode_ppp(d, span);
}

void decode_pppoe(struct decoding *d, struct span span)
{
    enum { HEADER = 6 };
    if (has(span, HEADER) && enter(d))
        decode_ppp(d, cut(skip(span, HEADER), be16(span.bytes + 4)));
}
