/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checksum.h - TCP's checksum: RFC 9293 section 3.1. */
#ifndef TCPRST_CHECKSUM_H
#define TCPRST_CHECKSUM_H

#include "tcprst.h"

#include <string.h>

/* What makes the sum of a sound segment. */
enum { CHECKSUM_SOUND = 0xffff };

/* Adds up 16-bit words, the last padded with a zero; sum: below 65536, as what is returned. At most
 * 65536 octets. Two words at once and in this machine's order of octets: the sum of words whose
 * octets are swapped is the sum with its octets swapped (RFC 1071 section 2). */
static inline uint32_t checksum_add(uint32_t sum, const uint8_t *octets, uint32_t count)
{
    uint64_t words = 0;
    uint32_t two = 0, i = 0;
    uint16_t folded;
    uint8_t in_order[2];
    for (; i + 4 <= count; i += 4) {
        memcpy(&two, octets + i, 4);
        words += two;
    }
    two = 0;
    if (i < count) /* none may be at NULL */
        memcpy(&two, octets + i, count - i);
    words += two;
    while (words >> 16)
        words = (words & 0xffff) + (words >> 16);
    folded = (uint16_t)words;
    memcpy(in_order, &folded, sizeof folded);
    sum += (uint32_t)in_order[0] << 8 | in_order[1];
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
