/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_embryo.c - an embryo grows into the connection that its segment would have made, whatever is
 * in it; and one that was refused into what it would be unpacked, whatever its RST did. */
#include "chance.h"
#include "embryo.h"
#include "thresholds.h"

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

/* A RST of either end of c, and what it did by its verdict. */
static void reset_by_chance(struct connection *c, const struct tcprst_segment *opening, int opener)
{
    struct tcprst_segment s = *opening;
    int d = one_in(4) ? opener : !opener;
    s.frame.number += 1 + chance() % 1000;
    s.ttl = (uint8_t)chance();
    s.ip_id = one_in(2) ? opening->ip_id : (uint16_t)chance();
    s.leg = (uint16_t)(one_in(2) ? 0 : chance() % 4);
    s.flags = (uint16_t)(TCPRST_RST | (one_in(2) ? TCPRST_ACK : 0) | (one_in(8) ? TCPRST_FIN : 0));
    s.seq = one_in(2) ? 0 : (uint32_t)chance();
    s.ack = one_in(2) ? opening->seq + 1 : (uint32_t)chance();
    s.window = (uint16_t)(one_in(2) ? 0 : chance());
    s.payload_length = one_in(8) ? (uint32_t)(chance() % 100) : 0;
    int64_t time = c->last_time + (int64_t)(chance() % 10000000000);
    struct effects did = {.forged = one_in(4)};
    if (!one_in(4)) {
        did.gone = (uint8_t)(1 + chance() % 15);
        did.surely = (uint8_t)(chance() % 4);
        did.how = (uint8_t)(one_in(2) ? TCPRST_ENDING_REFUSED : TCPRST_ENDING_OPEN);
        did.after_fin = did.how && one_in(4);
    }
    where_t where = where_pack(s.frame);
    struct effective r = {.where = where, .event = where, .time = time, .d = (uint8_t)d};
    r.ttl = s.ttl;
    r.reach[0] = c->end[0].snd_max;
    r.reach[1] = c->end[1].snd_max;
    connection_note_event(c, where, time);
    if (one_in(2))
        recent_back(&c->recents, 0)->bits |= RECENT_ANSWERED;
    connection_track(c, &s, d, time);
    connection_note_effects(c, &r, &did);
}

static bool same_unpacked(struct connection *a, struct connection b)
{
    for (unsigned n = 0; n < 2; n++) {
        const struct recent *p = recent_back(&a->recents, n);
        const struct recent *q = &b.inside[b.recents.pushed - 1 - n];
        if (memcmp(p, q, offsetof(struct recent, bits) + 1) != 0 || q->leg || q->copied)
            return false;
    }
    b.recents.entries = a->recents.entries;
    return a->recents.held == 2 && memcmp(a, &b, offsetof(struct connection, inside)) == 0;
}

/* c has nothing but its opening, of which e was made, and becomes a refused one. */
static bool refused_same(const struct embryo *e, struct connection *c,
                         const struct tcprst_segment *opening, int opener)
{
    static struct connection grown, unpacked;
    struct refusal refusal;
    c->recents.entries = c->inside;
    reset_by_chance(c, opening, opener);
    if (!refusal_fits(c))
        return false;
    refusal_make(&refusal, c);
    begin(&grown);
    refusal_grow(e, &refusal, &grown);
    struct packed *p = connection_pack(c, RECENT_MIN);
    return p && connection_unpack(&unpacked, p, NULL) && same_unpacked(&unpacked, grown);
}

int main(void)
{
    chance_state = 0x656d6272;
    static const uint8_t again[] = {0, CONN_FORGOTTEN, CONN_OVER};
    unsigned failures = 0, fitting = 0, beyond = 0, refused = 0;
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
        refused += !refused_same(e, &followed, &s, d);
    }
    printf(
        "%u embryos, %u grew into something else, %u refused ones, %u octets beyond their room\n",
        fitting, failures, refused, beyond);
    return failures || refused || beyond || fitting < ROUNDS / 2;
}
