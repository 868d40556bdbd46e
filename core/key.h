/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key.h - what a connection is found by: addresses, ports and the IP version, either way round the
 * same. */
#ifndef TCPRST_KEY_H
#define TCPRST_KEY_H

#include "tcprst.h"

#include <string.h>

/* A key as the table compares it: the addresses of end[0] and end[1] in words (of no order), both
 * ports and the IP version in one. By value, so that it can live in registers. */
struct key {
    uint64_t a, b, a_rest, b_rest, ports;
};

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd6e8feb86659fd93u);
    return x ^ (x >> 32);
}

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static inline uint64_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline struct key key_make(uint8_t ip_version, const uint8_t *a, const uint8_t *b,
                                  uint16_t a_port, uint16_t b_port)
{
    struct key k = {.ports = (uint64_t)ip_version << 32 | (uint32_t)a_port << 16 | b_port};
    if (ip_version == 6) {
        k.a = load64(a);
        k.a_rest = load64(a + 8);
        k.b = load64(b);
        k.b_rest = load64(b + 8);
    } else {
        k.a = load32(a);
        k.b = load32(b);
    }
    return k;
}

/* seed: any number an attacker cannot know. It is in both factors: whoever could make one of them 0
 * would make all others of no account. */
static inline uint64_t key_hash_long(const struct key *k, uint64_t seed)
{
    uint64_t other = seed << 32 | seed >> 32;
    uint64_t h = mix(k->a ^ seed, k->b << 32 ^ k->b ^ k->ports ^ other);
    if (k->a_rest | k->b_rest)
        h = mix(h ^ k->a_rest, k->b_rest ^ k->b ^ seed);
    return h * 0x9fb21c651e98df25u;
}

static inline uint32_t key_hash_short(uint64_t h)
{
    return (uint32_t)(h ^ (h >> 32));
}

static inline uint32_t key_hash(const struct key *k, uint64_t seed)
{
    return key_hash_short(key_hash_long(k, seed));
}

/* Index of the sender: the numerically lower address and port is end[0]. */
static inline int key_direction(const struct tcprst_segment *s)
{
    if (s->ip_version == 6) {
        int order = memcmp(s->source, s->destination, 16);
        if (order)
            return order > 0;
        return s->source_port > s->destination_port;
    }
    return (read32(s->source) << 16 | s->source_port) >
           (read32(s->destination) << 16 | s->destination_port);
}

static inline struct key key_of_segment(const struct tcprst_segment *s, int d)
{
    /* Which end sends is anybody's guess, the processor's too: nothing is to jump for it. */
    const uint8_t *lower = d ? s->destination : s->source, *higher = d ? s->source : s->destination;
    uint32_t ports[2] = {s->source_port, s->destination_port};
    return key_make(s->ip_version, lower, higher, (uint16_t)ports[d], (uint16_t)ports[!d]);
}

static inline bool key_same(const struct key *a, const struct key *b)
{
    return a->a == b->a && a->b == b->b && a->ports == b->ports && a->a_rest == b->a_rest &&
           a->b_rest == b->b_rest;
}

#endif
