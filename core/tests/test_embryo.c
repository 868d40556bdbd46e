/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_embryo.c - an embryo grows into the connection that its segment would have made, whatever is
 * in it. */
#include "chance.h"
#include "embryo.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 50000 };

static const uint8_t usual[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 1, 2, 3, 0, 0, 0, 9, 1, 3, 3, 7};

/* The options of some stack, of a stack that is cut short, or anything. */
static void fill_header(uint8_t bytes[60])
{
    for (unsigned i = 0; i < 60; i++)
        bytes[i] = (uint8_t)chance();
    if (chance() % 4)
        memcpy(bytes + 20, usual, sizeof usual);
    bytes[12] = (uint8_t)((chance() % 2 ? 10 : 5 + chance() % 11) << 4);
    bytes[13] = (uint8_t)(TCPRST_SYN | (chance() % 2 ? TCPRST_ACK : 0) |
                          (chance() % 8 ? 0 : TCPRST_PSH | TCPRST_ECE | TCPRST_CWR | TCPRST_URG));
}

static struct tcprst_segment segment_of(const uint8_t bytes[60])
{
    uint32_t length = (uint32_t)(bytes[12] >> 4) * 4;
    uint32_t captured = chance() % 4 ? length : 14 + (uint32_t)(chance() % (length - 13));
    struct tcprst_segment s = {.frame = {1 + chance() % 1000000, (uint32_t)(chance() % 100)},
                               .layer = 1,
                               .ip_version = chance() % 2 ? 4 : 6,
                               .ip_header = chance() % 8,
                               .dont_fragment = chance() % 2,
                               .ttl = (uint8_t)chance(),
                               .tos = (uint8_t)chance(),
                               .ip_id = chance() % 2 ? 0 : (uint16_t)chance(),
                               .time = (int64_t)(chance() % 2000000000000000000)};
    for (unsigned i = 0; i < (s.ip_version == 4 ? 4 : 16); i++) {
        s.source[i] = (uint8_t)chance();
        s.destination[i] = (uint8_t)chance();
    }
    if (!tcprst_segment_parse(&s, bytes, captured, length, NULL))
        printf("not a segment\n");
    return s;
}

static void begin(struct connection *c)
{
    memset(c, 0, sizeof *c);
    c->used = true;
    c->client = -1;
    c->recents.entries = c->inside;
    c->recents.capacity = RECENT_INSIDE;
}

/* As it would be were its first segment followed at once. */
static void follow(struct connection *c, const struct tcprst_segment *s, int d,
                   const struct birth *birth)
{
    c->ip_version = s->ip_version;
    memcpy(c->address[d], s->source, 16);
    memcpy(c->address[!d], s->destination, 16);
    c->port[d] = s->source_port;
    c->port[!d] = s->destination_port;
    connection_begin_anew(c, birth->number);
    c->flags |= birth->again;
    c->last_time = birth->time;
    connection_track(c, s, d, birth->time);
}

static bool same(const struct connection *a, struct connection b)
{
    b.recents.entries = a->recents.entries;
    return memcmp(a, &b, sizeof *a) == 0;
}

int main(void)
{
    chance_state = 0x656d6272;
    static const uint8_t again[] = {0, CONN_FORGOTTEN, CONN_OVER};
    unsigned failures = 0, fitting = 0, beyond = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        static struct connection followed, grown;
        uint8_t bytes[60];
        fill_header(bytes);
        struct tcprst_segment s = segment_of(bytes);
        struct birth birth = {.number = chance() % 1000000,
                              .time = s.time + (int64_t)(chance() % 2),
                              .again = again[chance() % 3]};
        int d = (int)(chance() % 2);
        union {
            struct embryo embryo;
            uint8_t octets[EMBRYO_MOST];
        } room;
        struct embryo *e = &room.embryo;
        memset(&room, 0xa5, sizeof room);
        if (!embryo_fits(&s))
            continue;
        fitting++;
        size_t size = embryo_octets(embryo_size(&s));
        embryo_make(e, &s, d, &birth);
        for (size_t at = size; at < sizeof room; at++)
            beyond += room.octets[at] != 0xa5;
        begin(&grown);
        embryo_grow(e, &grown);
        begin(&followed);
        follow(&followed, &s, d, &birth);
        failures += !same(&followed, grown);
    }
    printf("%u embryos, %u grew into something else, %u octets beyond their room\n", fitting,
           failures, beyond);
    return failures || beyond || fitting < ROUNDS / 2;
}
