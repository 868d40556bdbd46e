/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sequence.h - serial-number arithmetic: "sequence numbers are a cycle of 2**32" (RFC 9293
 * section 3.4). */
#ifndef TCPRST_SEQUENCE_H
#define TCPRST_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

/* a - b as the shorter way round the cycle; exact for numbers less than 2^31 apart. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
    uint32_t d = a - b;
    return d < 0x80000000u ? (int32_t)d : -(int32_t)(~d) - 1;
}

static inline bool seq_lt(uint32_t a, uint32_t b)
{
    return a - b >= 0x80000000u; /* seq_diff(a, b) < 0 */
}

static inline bool seq_le(uint32_t a, uint32_t b)
{
    return a - b - 1 >= 0x7fffffffu; /* seq_diff(a, b) <= 0 */
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
    return seq_lt(a, b) ? b : a;
}

/* low <= s <= high on the cycle. */
static inline bool seq_between(uint32_t low, uint32_t s, uint32_t high)
{
    return s - low <= high - low;
}

#endif
