/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pack.h - a connection nothing is heard of any more, in a quarter of the room. */
#ifndef TCPRST_PACK_H
#define TCPRST_PACK_H

#include "connection.h"
#include "pool.h"

enum { PACK_RECENTS = 64 }; /* at most so many recent segments are kept */

struct packed {
    int64_t last_time;
    struct past *past; /* owned */
    uint16_t port[2];
    uint16_t size;    /* in all */
    uint16_t lengths; /* octets of the lengths at its end */
    uint8_t recents;  /* how many segments it has */
    uint8_t ip_version;
    uint8_t octets[]; /* both addresses (4 or 16 octets each), numbers, lengths: see pack.c */
};

/* All that is known of c, which has no RST pending, but of its recent segments only the newest
 * keep. c gives away what it owns. NULL (and nothing is changed): no memory. */
struct packed *connection_pack(struct connection *c, unsigned keep);
/* The same connection again, with its recent segments in the pool. False: no memory, and p is as it
 * was. */
bool connection_unpack(struct connection *c, struct packed *p, struct pool *pool);
/* The same to look at, without its recent segments; it owns nothing. */
void connection_look(struct connection *c, struct packed *p);
void packed_free(struct packed *p);

static inline size_t address_size(uint8_t ip_version)
{
    return ip_version == 6 ? 16 : 4;
}

#endif
