/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * embryo.h - a connection of which only a SYN or SYN-ACK was captured: that segment, in two lines
 * of the cache, from which the whole connection is made when another one comes.
 *
 * Nothing more comes of a flood or of most of a scan: what an opening says to other connections it
 * has said to what is known of its host (host.h) when it came. One that was refused is whole until
 * the verdict on its RST is final, and then rests in its embryo again, with that RST and what it
 * did.
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
    uint32_t young;   /* young.h: where more segments are; 0: nowhere */
    uint16_t port[2]; /* as the connection's */
    uint16_t flags;   /* behind the data offset, as in the header */
    uint16_t window, ip_id;
    uint16_t leg;
    uint8_t bits; /* see embryo.c */
    uint8_t ttl, tos;
    uint8_t options_captured;
    uint8_t octets[]; /* both addresses, as the connection's, of 4 or 16 octets each; the options */
};

enum { EMBRYO_IPV6 = 64 }; /* of bits */
static inline uint8_t embryo_ip_version(const struct embryo *e)
{
    return e->bits & EMBRYO_IPV6 ? 6 : 4;
}

enum { EMBRYO_FROM_B = 1 }; /* of bits: sent by end[1] */
static inline int embryo_direction(const struct embryo *e)
{
    return e->bits & EMBRYO_FROM_B ? 1 : 0;
}

static inline const uint8_t *embryo_options(const struct embryo *e)
{
    return e->octets + 2 * address_size(embryo_ip_version(e));
}

/* Octets of one: most are of the first size, IPv4 with Linux's options. */
enum { EMBRYO_SIZES = 3, EMBRYO_MOST = 128 };
static inline size_t embryo_octets(unsigned size)
{
    static const uint8_t octets[EMBRYO_SIZES] = {80, 96, EMBRYO_MOST};
    return octets[size];
}
static inline unsigned embryo_size(const struct tcprst_segment *s)
{
    size_t octets =
        offsetof(struct embryo, octets) + 2 * address_size(s->ip_version) + s->options_captured;
    return octets > embryo_octets(1) ? 2 : octets > embryo_octets(0);
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

/* What an embryo is told of besides when it is refused: the RST, as remembered, and what it did. */
struct refusal {
    int64_t time;
    where_t where;
    uint32_t seq, ack, length;
    uint16_t window, flags, ip_id, leg;
    uint8_t ttl;
    uint8_t bits, opening_bits; /* RECENT_..., its and those of the opening */
    struct effects did;
};

/* Whether c, which began with an opening that an embryo holds and has no RST pending, is no more
 * than that and a RST. */
static inline bool refusal_fits(const struct connection *c)
{
    return c->recents.pushed == 2 && c->segments == 2 && c->resets == 1 && !c->copies;
}
void refusal_make(struct refusal *refusal, const struct connection *c);
/* The same connection again, as it would be when it is unpacked: as embryo_grow(). */
void refusal_grow(const struct embryo *e, const struct refusal *refusal, struct connection *c);

#endif
