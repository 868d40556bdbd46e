/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_ip.c - IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200), fragments included.
 */
#include "decode_layers.h"

#include <string.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, FRAGMENT_HEADER = 8 };

enum { IPV4_DF = 0x4000, IPV4_MF = 0x2000, IPV4_OFFSET = 0x1fff };

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AH = 51,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_SHIM6 = 140,
};

enum { OPTION_PAD1 = 0, OPTION_JUMBO = 0xc2, OPTION_HOME_ADDRESS = 0xc9 };

static void decode_protocol(struct decoding *d, const struct ip_header *ip, struct span span)
{
    if (G_LIKELY(ip->protocol == PROTOCOL_TCP))
        decode_tcp(d, ip, span);
    else
        decode_tunnel(d, ip, span);
}

/* A fragment: true, and the whole packet in *span, when it was the last one missing. */
static bool reassemble(struct decoding *d, const struct ip_header *ip, uint32_t id, uint32_t offset,
                       bool more, struct span *span)
{
    d->decoder->counts.fragments++;
    if (ip->cut || span->length == 0) {
        d->decoder->counts.fragments_cut++;
        return false;
    }
    struct fragment_key key = {.id = id, .version = ip->version, .protocol = ip->protocol};
    size_t size = ip->version == 4 ? 4 : 16;
    memcpy(key.source, ip->source, size);
    memcpy(key.destination, ip->destination, size);
    struct fragment fragment = {.offset = offset,
                                .length = span->length,
                                .more = more,
                                .bytes = span->bytes,
                                .time = d->packet->time};
    uint32_t length;
    uint8_t *whole = fragments_add(d->decoder->fragments, &key, &fragment, &length);
    if (!whole)
        return false;
    g_ptr_array_add(d->decoder->assembled, whole);
    *span = (struct span){whole, length, length};
    return true;
}

void decode_ipv4(struct decoding *d, struct span span)
{
    const uint8_t *p = span.bytes;
    if (G_UNLIKELY(has(span, 1) && p[0] >> 4 == 6)) {
        decode_ipv6(d, span); /* announced as IPv4: some tunnels know no other number */
        return;
    }
    if (!has(span, IPV4_HEADER) || p[0] >> 4 != 4 || !enter(d))
        return;
    uint32_t header = (p[0] & 0x0f) * 4u, total = be16(p + 2);
    /* An offloading network card writes the length later: 0 means all there is. */
    if (total == 0)
        total = span.length;
    if (header < IPV4_HEADER || total < header || !has(span, header))
        return;
    uint16_t fragment = be16(p + 6);
    struct ip_header ip = {
        .version = 4,
        .protocol = p[9],
        .ttl = p[8],
        .tos = p[1],
        .dont_fragment = fragment & IPV4_DF,
        .cut = total > span.captured,
        .id = be16(p + 4),
        .source = p + 12,
        .destination = p + 16,
    };
    span = skip(cut(span, total), header);
    if (G_UNLIKELY(fragment & (IPV4_MF | IPV4_OFFSET)) &&
        !reassemble(d, &ip, ip.id, (fragment & IPV4_OFFSET) * 8u, fragment & IPV4_MF, &span))
        return;
    decode_protocol(d, &ip, span);
}

/* The value of an option of that type and length in a hop-by-hop or destination options header, or
 * NULL. */
static const uint8_t *find_option(struct span header, uint8_t type, uint8_t length)
{
    for (struct span rest = skip(header, 2); has(rest, 2);) {
        const uint8_t *p = rest.bytes;
        if (p[0] == OPTION_PAD1) {
            rest = skip(rest, 1);
            continue;
        }
        if (!has(rest, 2u + p[1]))
            break;
        if (p[0] == type && p[1] == length)
            return p + 2;
        rest = skip(rest, 2u + p[1]);
    }
    return NULL;
}

/* Where the packet goes in the end, which is what TCP has as its peer (RFC 8200, section 8.1), or
 * NULL: the header's. */
static const uint8_t *final_destination(struct span header)
{
    enum { SOURCE_ROUTE = 0, MOBILE = 2, SEGMENTS = 4 };
    const uint8_t *p = header.bytes;
    uint32_t addresses = (header.captured - 8) / 16;
    uint8_t left = p[3];
    if (!left || !addresses)
        return NULL;
    if (p[2] == SOURCE_ROUTE)
        return p + 8 + (addresses - 1) * 16;
    if (p[2] == MOBILE ||
        p[2] ==
            SEGMENTS) /* RFC 8754: "The segment list is encoded starting from the last segment" */
        return p + 8;
    return NULL;
}

/* An extension header of length octets: what it says of the addresses. */
static void look_into(struct ip_header *ip, struct span header)
{
    const uint8_t *address = NULL;
    if (ip->protocol == PROTOCOL_DESTINATION) {
        /* RFC 6275, section 6.3: the home address stands for the source. */
        address = find_option(header, OPTION_HOME_ADDRESS, 16);
        if (address)
            ip->source = address;
    } else if (ip->protocol == PROTOCOL_ROUTING) {
        address = final_destination(header);
        if (address)
            ip->destination = address;
    }
}

/* Takes one extension header. False: no further, *span is what the last one carries or there is
 * nothing more to do. */
static bool take_extension(struct decoding *d, struct ip_header *ip, struct span *span, bool *stop)
{
    uint32_t length = 0;
    *stop = false;
    switch (ip->protocol) {
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_DESTINATION:
    case PROTOCOL_SHIM6:
        length = has(*span, 8) ? (span->bytes[1] + 1u) * 8 : 8;
        break;
    case PROTOCOL_FRAGMENT:
        length = FRAGMENT_HEADER;
        break;
    case PROTOCOL_AH:
        length = has(*span, 8) ? (span->bytes[1] + 2u) * 4 : 8;
        break;
    default:
        return false;
    }
    if (!has(*span, length)) {
        *stop = true;
        return false;
    }
    const uint8_t *p = span->bytes;
    look_into(ip, cut(*span, length));
    bool is_fragment = ip->protocol == PROTOCOL_FRAGMENT;
    ip->protocol = p[0];
    *span = skip(*span, length);
    if (is_fragment) {
        uint16_t offset = be16(p + 2) & 0xfff8;
        bool more = p[3] & 1;
        /* RFC 8200, section 4.5: offset 0 without more fragments is a whole packet. */
        *stop = (offset || more) && !reassemble(d, ip, be32(p + 4), offset, more, span);
    }
    return !*stop;
}

/* RFC 2675: payload length 0 and a hop-by-hop option with the true one. */
static uint32_t payload_length(struct span span)
{
    const uint8_t *p = span.bytes;
    uint32_t length = be16(p + 4);
    if (G_LIKELY(length) || p[6] != PROTOCOL_HOP_BY_HOP || !has(span, IPV6_HEADER + 8))
        return length;
    struct span header = skip(span, IPV6_HEADER);
    const uint8_t *jumbo = find_option(cut(header, (header.bytes[1] + 1u) * 8), OPTION_JUMBO, 4);
    return jumbo ? be32(jumbo) : 0;
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
    uint32_t length = payload_length(span);
    span = skip(span, IPV6_HEADER);
    ip.cut = length > span.captured;
    span = cut(span, length);
    if (G_UNLIKELY(ip.protocol != PROTOCOL_TCP)) {
        bool stop;
        while (take_extension(d, &ip, &span, &stop))
            if (!enter(d))
                return;
        if (stop)
            return;
    }
    decode_protocol(d, &ip, span);
}
