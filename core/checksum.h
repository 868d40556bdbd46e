/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checksum.h - TCP's checksum: RFC 9293 section 3.1. */
#ifndef TCPRST_CHECKSUM_H
#define TCPRST_CHECKSUM_H

#include "tcprst.h"

#include <string.h>

/* What makes the sum of a sound segment. */
enum { CHECKSUM_SOUND = 0xffff };

/* Adds up octets in words of two, the last padded with a zero: two words at once and in this
 * machine's order of octets. The sum of words whose octets are swapped is the sum with its octets
 * swapped (RFC 1071 section 2). */
static inline uint64_t checksum_words(const uint8_t *octets, uint32_t count)
{
    uint64_t words = 0;
    uint32_t two = 0, i = 0;
    for (; i + 4 <= count; i += 4) {
        memcpy(&two, octets + i, 4);
        words += two;
    }
    two = 0;
    if (i < count) /* none may be at NULL */
        memcpy(&two, octets + i, count - i);
    return words + two;
}

static inline uint32_t checksum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & UINT32_MAX);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

/* What such words come to, as the network writes it. */
static inline uint32_t checksum_sum(uint64_t words)
{
    uint16_t folded = (uint16_t)checksum_fold(words);
    uint8_t in_order[2];
    memcpy(in_order, &folded, sizeof folded);
    return (uint32_t)in_order[0] << 8 | in_order[1];
}

static inline uint64_t checksum_hosts(const struct tcprst_segment *s)
{
    unsigned n = s->ip_version == 6 ? 16 : 4;
    return checksum_words(s->source, n) + checksum_words(s->destination, n);
}

enum { CHECKSUM_TCP = 6 }; /* the protocol's number */

/* Of the pseudo-header of a segment of at most 65535 octets. */
static inline uint32_t checksum_pseudo(const struct tcprst_segment *s)
{
    return checksum_fold(checksum_sum(checksum_hosts(s)) + (uint64_t)CHECKSUM_TCP + s->length);
}

/* Whether its checksum is right; of a segment of at most 65535 octets that was captured whole. */
static inline bool checksum_is_sound(const struct tcprst_segment *s)
{
    uint64_t words = checksum_hosts(s) + checksum_words(s->bytes, s->length);
    return checksum_fold(checksum_sum(words) + (uint64_t)CHECKSUM_TCP + s->length) ==
           CHECKSUM_SOUND;
}

#endif
