/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * embryo.h - a connection of which only a SYN or SYN-ACK was captured: that segment, in two lines
 * of the cache, from which the whole connection is made when another one comes.
 *
 * Nothing more comes of a flood or of most of a scan: what an opening says to other connections it
 * has said to what is known of its host (host.h) when it came.
 */
#ifndef TCPRST_EMBRYO_H
#define TCPRST_EMBRYO_H

#include "connection.h"
#include "pack.h"

#include <stddef.h>

enum { EMBRYO_OPTIONS = 40 }; /* octets: all that fit into a TCP header */

struct embryo {
    uint64_t number; /* the connection's */
    int64_t time;
    where_t where;
    uint32_t seq, ack;
    uint16_t port[2]; /* as the connection's */
    uint16_t window, flags, ip_id;
    uint16_t leg;
    uint8_t ip_version;
    uint8_t bits;
    uint8_t ttl, tos;
    uint8_t header_length, options_captured;
    uint8_t octets[]; /* both addresses, as the connection's, of 4 or 16 octets each; the options */
};

/* Octets of one: IPv4 with the options that all but a few have is of the first size. */
enum { EMBRYO_SMALL = 96, EMBRYO_LARGE = 128 };
static inline bool embryo_is_large(const struct tcprst_segment *s)
{
    return offsetof(struct embryo, octets) + 2 * address_size(s->ip_version) + s->options_captured >
           EMBRYO_SMALL;
}

/* What an embryo is told of besides its segment. */
struct birth {
    uint64_t number; /* the connection's */
    int64_t time;    /* as judged */
    uint8_t again;   /* CONN_FORGOTTEN, CONN_OVER or 0 */
};

/* Whether an embryo can hold all that this segment, the first of a connection, says to it. */
static inline bool embryo_fits(const struct tcprst_segment *s)
{
    return (s->flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_RST)) == TCPRST_SYN &&
           !s->payload_length && s->options_captured <= EMBRYO_OPTIONS;
}

/* d: index of its sender, as in connection_track(). */
void embryo_make(struct embryo *e, const struct tcprst_segment *s, int d,
                 const struct birth *birth);
/* The connection as it would be had it been tracked from the first: c, which is empty but for its
 * recents (table.c), becomes it. */
void embryo_grow(const struct embryo *e, struct connection *c);

#endif
