/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_ip.c - IPv4 (RFC 791) and IPv6 (RFC 8200) headers. */
#include "decode_layers.h"

enum { PROTOCOL_TCP = 6 };

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

enum { IPV4_DF = 0x4000, IPV4_MF = 0x2000, IPV4_OFFSET = 0x1fff };

void decode_protocol(struct decoding *d, const struct ip_header *ip, struct span span)
{
    if (ip->protocol == PROTOCOL_TCP)
        decode_tcp(d, ip, span);
}

void decode_ipv4(struct decoding *d, struct span span)
{
    const uint8_t *p = span.bytes;
    if (!has(span, IPV4_HEADER) || p[0] >> 4 != 4 || !enter(d))
        return;
    uint32_t header = (p[0] & 0x0f) * 4u, total = be16(p + 2);
    /* An offloading network card fills the length in later: 0 means all there is. */
    if (total == 0)
        total = span.length;
    if (header < IPV4_HEADER || total < header)
        return;
    span = cut(span, total);
    if (!has(span, header))
        return;
    uint16_t fragment = be16(p + 6);
    struct ip_header ip = {
        .version = 4,
        .protocol = p[9],
        .ttl = p[8],
        .tos = p[1],
        .dont_fragment = fragment & IPV4_DF,
        .id = be16(p + 4),
        .source = p + 12,
        .destination = p + 16,
    };
    if (G_UNLIKELY(fragment & (IPV4_MF | IPV4_OFFSET)))
        return;
    decode_protocol(d, &ip, skip(span, header));
}

void decode_ipv6(struct decoding *d, struct span span)
{
    const uint8_t *p = span.bytes;
    if (!has(span, IPV6_HEADER) || p[0] >> 4 != 6 || !enter(d))
        return;
    uint32_t word = be32(p);
    struct ip_header ip = {
        .version = 6,
        .protocol = p[6],
        .ttl = p[7],
        .tos = (uint8_t)(word >> 20),
        .flow_label = word & 0xfffff,
        .source = p + 8,
        .destination = p + 24,
    };
    span = cut(span, IPV6_HEADER + (uint32_t)be16(p + 4));
    decode_protocol(d, &ip, skip(span, IPV6_HEADER));
}
