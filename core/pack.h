/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pack.h - a connection nothing is heard of any more, in a quarter of the room. */
#ifndef TCPRST_PACK_H
#define TCPRST_PACK_H

#include "connection.h"

enum {
    PACK_RECENTS = 64, /* at most so many recent segments are kept */
    /* No field needs more than twice its octets (eight bits of a number need nine). */
    PACKED_MOST = 2 * sizeof(struct connection) + 2 * PACK_RECENTS * sizeof(struct recent)
};

/* When it may be forgotten: see over() in table.c. */
enum keeping { KEEP_OPEN, KEEP_ENDED, KEEP_ONE_SIDED };

struct packed {
    int64_t last_time;
    struct past *past; /* owned */
    uint16_t port[2];
    uint8_t ip_version;
    uint8_t keeping;  /* enum keeping, for the table */
    uint16_t size;    /* in all */
    uint8_t octets[]; /* both addresses (4 or 16 octets each), then the fields */
};

/* All that is known of c, which has no RST pending, but of its recent segments only the newest
 * keep. c gives away what it owns. scratch: PACKED_MOST octets. NULL (and nothing is changed): no
 * memory. */
struct packed *connection_pack(struct connection *c, unsigned keep, uint8_t *scratch);
/* The same connection again. False: no memory, and p is as it was. */
bool connection_unpack(struct connection *c, struct packed *p);
/* The same to look at, without its recent segments; it owns nothing. */
void connection_look(struct connection *c, const struct packed *p);
void packed_free(struct packed *p);

static inline size_t address_size(uint8_t ip_version)
{
    return ip_version == 6 ? 16 : 4;
}

#endif
