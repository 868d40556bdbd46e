/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checksum.h - TCP's checksum: RFC 9293 section 3.1. */
#ifndef TCPRST_CHECKSUM_H
#define TCPRST_CHECKSUM_H

#include "tcprst.h"

/* What makes the sum of a sound segment. */
enum { CHECKSUM_SOUND = 0xffff };

/* Adds up 16-bit words, the last padded with a zero; sum: below 65536, as what is returned. At most
 * 65536 octets. */
static inline uint32_t checksum_add(uint32_t sum, const uint8_t *octets, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < count; i += 2)
        sum += (uint32_t)octets[i] << 8 | octets[i + 1];
    if (count & 1)
        sum += (uint32_t)octets[count - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* Of the pseudo-header of a segment of at most 65535 octets. */
static inline uint32_t checksum_pseudo(const struct tcprst_segment *s)
{
    enum { PROTOCOL_TCP = 6 };
    unsigned n = s->ip_version == 6 ? 16 : 4;
    uint32_t sum = checksum_add(0, s->source, n);
    return checksum_add(sum + PROTOCOL_TCP + s->length, s->destination, n);
}

#endif
