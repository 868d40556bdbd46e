/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octets.h - numbers as octets in memory, whatever this machine's order. */
#ifndef TCPRST_OCTETS_H
#define TCPRST_OCTETS_H

#include <stdint.h>

/* What stands in memory, of this machine's numbers, as v does of little-endian ones; and back. */
static inline uint64_t little_endian(uint64_t v)
{
    const union {
        uint16_t word;
        uint8_t first;
    } order = {.word = 1};
    if (order.first)
        return v;
    v = (v & 0x00ff00ff00ff00ffu) << 8 | (v >> 8 & 0x00ff00ff00ff00ffu);
    v = (v & 0x0000ffff0000ffffu) << 16 | (v >> 16 & 0x0000ffff0000ffffu);
    return v << 32 | v >> 32;
}

#endif
