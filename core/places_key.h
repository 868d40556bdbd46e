/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_key.h - what makes two captured segments the same packet, as far as a hash goes. */
#ifndef TCPRST_PLACES_KEY_H
#define TCPRST_PLACES_KEY_H

#include "key.h"
#include "tcp_options.h"
#include "tcprst.h"

/* The flags that nothing on the way changes: offloading sets and clears PSH, routers mark. */
enum { PLACES_FLAGS = TCPRST_FIN | TCPRST_SYN | TCPRST_RST | TCPRST_ACK | TCPRST_URG };

/* Its timestamp, 0: it has none. */
static inline uint32_t places_timestamp(const struct tcprst_segment *s)
{
    static const uint8_t common[] = {1, 1, 8, 10};
    if (s->options_captured == 0)
        return 0;
    if (s->options_captured >= 12 && memcmp(s->bytes + 20, common, sizeof common) == 0)
        return (uint32_t)read32(s->bytes + 24);
    struct tcp_options o;
    tcp_options_parse(s, &o);
    return o.has_timestamps ? o.ts_val : 0;
}

static inline uint64_t places_hash(uint64_t seed, uint64_t numbers, uint32_t flags, uint32_t kind,
                                   uint32_t length)
{
    uint64_t h = mix(numbers ^ seed, (uint64_t)length << 16 ^ flags ^ (uint64_t)kind << 60 ^
                                         (seed << 32 | seed >> 32));
    h *= 0x9fb21c651e98df25u;
    return h ^ (h >> 29);
}

#endif
