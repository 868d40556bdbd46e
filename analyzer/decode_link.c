/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_link.c - link layers: from a captured frame to the network layer in it. */
#include "decode_layers.h"

enum { LINKTYPE_ETHERNET = 1 };

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

void decode_ethertype(struct decoding *d, uint16_t type, struct span span)
{
    if (type == ETHERTYPE_IPV4)
        decode_ipv4(d, span);
    else if (type == ETHERTYPE_IPV6)
        decode_ipv6(d, span);
}

void decode_ethernet(struct decoding *d, struct span span)
{
    if (!has(span, 14))
        return;
    decode_ethertype(d, be16(span.bytes + 12), skip(span, 14));
}

bool decoder_knows(uint16_t link_type)
{
    return link_type == LINKTYPE_ETHERNET;
}

void decode_link(struct decoding *d, struct span span)
{
    if (d->packet->link_type == LINKTYPE_ETHERNET)
        decode_ethernet(d, span);
}
