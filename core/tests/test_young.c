/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_young.c - a young connection grows into the one that tracking each of its segments would
 * have made, whatever is in them; how it ended is plain only where it is so; and a thousand of them
 * take no more room than is said.
 */
#include "chance.h"
#include "sequence.h"
#include "thresholds.h"
#include "young.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000, HEADER = 20, ROOM = 128 };

/* Two ends that talk, mostly as they should. */
struct talk {
    bool six, odd; /* odd: anything may come at any time */
    int64_t time, tick;
    uint64_t frame;
    uint32_t next[2], stamp[2], capture;
    uint16_t window[2], ip_id[2];
    uint8_t ttl[2];
    uint8_t bytes[HEADER + 40 + 8];
};

static struct talk begin_talk(void)
{
    struct talk t = {.six = one_in(3), .odd = one_in(2)};
    t.time = (int64_t)(chance() % 2000000000000000000);
    t.tick = one_in(3) ? 1 : 1000;
    t.time -= t.time % t.tick;
    t.frame = 1 + chance() % 1000000;
    t.capture = (uint32_t)(chance() % 3);
    for (int d = 0; d < 2; d++) {
        t.next[d] = (uint32_t)chance();
        t.stamp[d] = (uint32_t)chance();
        t.window[d] = (uint16_t)chance();
        t.ip_id[d] = one_in(4) ? 0 : (uint16_t)chance();
        t.ttl[d] = (uint8_t)chance();
    }
    return t;
}

static void put32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Returns the header's length. */
static uint8_t put_header(struct talk *t, int d, uint16_t flags)
{
    static const uint8_t usual[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7},
                         common[] = {1, 1, 8, 10};
    uint8_t *tcp = t->bytes, *options = tcp + HEADER;
    unsigned length = 0;
    for (unsigned i = 0; i < sizeof t->bytes; i++)
        tcp[i] = (uint8_t)chance();
    if (flags & TCPRST_SYN) {
        length = one_in(6) ? 4 * (unsigned)(chance() % 11) : sizeof usual;
        memcpy(options, usual, length < sizeof usual ? length : sizeof usual);
        put32(options + 8, t->stamp[d]);
    } else if (!one_in(t->odd ? 4 : 50)) {
        length = 12;
        memcpy(options, common, sizeof common);
        put32(options + 4, t->stamp[d]);
    }
    put32(tcp + 4, t->next[d]);
    put32(tcp + 8, flags & TCPRST_ACK ? t->next[!d] : 0);
    tcp[12] = (uint8_t)((HEADER + length) << 2);
    tcp[13] = (uint8_t)flags;
    tcp[14] = (uint8_t)(t->window[d] >> 8);
    tcp[15] = (uint8_t)t->window[d];
    if (t->odd && one_in(8))
        put32(tcp + (one_in(2) ? 4 : 8),
              (uint32_t)(chance() % (one_in(2) ? 3000 : UINT32_MAX)) + t->next[one_in(2)]);
    if (t->odd && one_in(30))
        tcp[12] |= (uint8_t)(chance() % 16);
    return (uint8_t)(HEADER + length);
}

static void pass(struct talk *t, int d)
{
    t->time += (int64_t)(chance() % (one_in(9) ? 20000000000000 : 30000000)) / t->tick * t->tick;
    t->stamp[d] += one_in(3) ? (uint32_t)chance() % 70000 : 20;
    t->frame += 1 + chance() % (one_in(20) ? 100000000 : 1000);
    t->ip_id[d] = (uint16_t)(t->ip_id[d] + (t->ip_id[d] != 0));
    if (one_in(5))
        t->window[d] = (uint16_t)(one_in(4) ? 0 : chance());
    if (t->odd && one_in(9))
        t->ttl[d] = (uint8_t)(t->ttl[d] + chance() % 3);
    if (t->odd && one_in(9))
        t->ip_id[d] = (uint16_t)chance();
    if (t->odd && one_in(40))
        t->capture = (uint32_t)(chance() % 3);
}

static struct tcprst_segment say(struct talk *t, int d, uint16_t flags)
{
    uint32_t payload = flags & TCPRST_SYN || one_in(3) ? 0
                       : one_in(4)                     ? (uint32_t)(chance() % 2000)
                                                       : (uint32_t)(chance() % 20);
    if (t->odd && one_in(30))
        payload = (uint32_t)(chance() % 100000);
    pass(t, d);
    uint8_t header = put_header(t, d, flags);
    uint32_t length = header + payload, cut = t->odd && one_in(10) ? 14 + chance() % 60 : 96;
    uint32_t most = length < sizeof t->bytes ? length : (uint32_t)sizeof t->bytes;
    struct tcprst_segment s = {.frame = {t->frame, t->capture},
                               .layer = 1,
                               .ip_version = t->six ? 6 : 4,
                               .ip_header = !(t->odd && one_in(50)),
                               .dont_fragment = one_in(2),
                               .ttl = t->ttl[d],
                               .tos = one_in(20) ? (uint8_t)chance() : 0,
                               .ip_id = t->ip_id[d],
                               .leg = t->odd && one_in(3) ? (uint16_t)(chance() % 4) : 0,
                               .time = t->time};
    if (!tcprst_segment_parse(&s, t->bytes, cut < most ? cut : most, length, NULL))
        printf("not a segment\n");
    t->next[d] = s.seq + segment_length(s.flags, payload);
    return s;
}

/* What comes at that place of a talk. */
static uint16_t flags_of(const struct talk *t, unsigned i, int *d)
{
    static const uint16_t any[] = {TCPRST_ACK,
                                   TCPRST_PSH | TCPRST_ACK,
                                   TCPRST_FIN | TCPRST_ACK,
                                   TCPRST_FIN,
                                   TCPRST_SYN | TCPRST_ACK,
                                   TCPRST_RST,
                                   TCPRST_ACK | TCPRST_URG,
                                   TCPRST_SYN};
    if (t->odd && one_in(4))
        return any[chance() % (one_in(6) ? 8 : 4)];
    if (i == 0) {
        *d = !*d;
        return TCPRST_SYN | TCPRST_ACK;
    }
    *d = (int)(chance() % 2);
    return any[one_in(6) ? 2 : chance() % 2];
}

static void empty(struct connection *c, struct pool *pool)
{
    memset(c, 0, sizeof *c);
    c->used = true;
    c->client = -1;
    c->recents.entries = c->inside;
    c->recents.capacity = RECENT_INSIDE;
    c->pool = pool;
}

/* The fields alike, and the recent segments, which may lie elsewhere. */
static bool same(const struct connection *a, const struct connection *b)
{
    struct connection fields = *b;
    fields.recents.entries = a->recents.entries;
    if (memcmp(a, &fields, offsetof(struct connection, inside)) != 0)
        return false;
    for (uint32_t n = 0; n < a->recents.held; n++)
        if (memcmp(recent_back(&a->recents, n), recent_back(&b->recents, n),
                   sizeof(struct recent)) != 0)
            return false;
    return true;
}

struct tally {
    unsigned grown, segments, others, plain, closed, wrong;
};

static bool has_octets(const struct slab *slab)
{
    return slab->ever > 0;
}

/* One talk, tracked and noted, for as long as it can be noted. */
static void talk(struct nursery *nursery, struct pool *pool, struct tally *tally)
{
    static struct connection followed, grown;
    union {
        struct embryo embryo;
        uint8_t octets[EMBRYO_MOST];
    } room;
    struct embryo *e = &room.embryo;
    struct talk t = begin_talk();
    int d = (int)(chance() % 2);
    struct tcprst_segment s = say(&t, d, one_in(6) ? TCPRST_SYN | TCPRST_ACK : TCPRST_SYN);
    struct birth birth = {.number = chance() % 1000000, .time = t.time};
    if (!embryo_fits(&s))
        return;
    embryo_make(e, &s, d, &birth);
    empty(&followed, pool);
    embryo_grow(e, &followed);
    for (unsigned i = 0; i < YOUNG_MOST + 1; i++) {
        uint16_t flags = flags_of(&t, i, &d);
        s = say(&t, d, flags);
        if (!young_fits(nursery, e, &s, d, t.time))
            break;
        if (!young_note(nursery, e, &s, d, t.time))
            printf("no memory\n");
        connection_track(&followed, &s, d, t.time);
    }
    if (e->young) {
        bool by_fin, plain = young_ending(young_of(nursery, e), &by_fin);
        empty(&grown, pool);
        young_grow(nursery, e, &grown);
        tally->grown++;
        tally->segments += young_of(nursery, e)->count;
        tally->others += !same(&followed, &grown);
        tally->plain += plain;
        tally->closed += plain && by_fin;
        tally->wrong += plain && by_fin != (connection_ending(&grown) == TCPRST_ENDING_FIN);
        connection_release(&grown);
        young_leave(nursery, e);
    }
    connection_release(&followed);
}

/* What a connection that opens, says a few words and closes takes. */
static size_t octets_each(void)
{
    enum { MANY = 1000 };
    struct nursery nursery = {0};
    union {
        struct embryo embryo;
        uint8_t octets[EMBRYO_MOST];
    } *rooms = calloc(MANY, sizeof *rooms);
    for (unsigned i = 0; rooms && i < MANY; i++) {
        static const uint16_t words[] = {TCPRST_SYN | TCPRST_ACK,
                                         TCPRST_ACK,
                                         TCPRST_PSH | TCPRST_ACK,
                                         TCPRST_PSH | TCPRST_ACK,
                                         TCPRST_FIN | TCPRST_ACK,
                                         TCPRST_FIN | TCPRST_ACK,
                                         TCPRST_ACK};
        struct embryo *e = &rooms[i].embryo;
        struct talk t = {.tick = 1000, .ttl = {64, 57}};
        struct tcprst_segment s = say(&t, 0, TCPRST_SYN);
        embryo_make(e, &s, 0, &(struct birth){.time = t.time});
        for (unsigned n = 0; n < sizeof words / sizeof *words; n++) {
            s = say(&t, n % 2 == 0, words[n]);
            s.tos = 0;
            s.ip_header = true;
            if (young_fits(&nursery, e, &s, n % 2 == 0, t.time))
                young_note(&nursery, e, &s, n % 2 == 0, t.time);
        }
    }
    size_t octets = nursery_memory(&nursery) / MANY;
    nursery_free(&nursery);
    free(rooms);
    return octets;
}

int main(void)
{
    chance_state = 0x796f756e67;
    struct nursery nursery = {0};
    struct pool pool = {0};
    struct tally tally = {0};
    for (unsigned i = 0; i < ROUNDS; i++)
        talk(&nursery, &pool, &tally);
    /* All was given back, and is used again. */
    bool few = nursery.lines.ever <= 1 && nursery.pieces.ever <= 64 && has_octets(&nursery.lines);
    nursery_free(&nursery);
    pool_clear(&pool);
    size_t each = octets_each();
    printf("%u young ones of %u segments, %u grew into something else; of %u it was plain how they "
           "ended, %u by FIN, %u wrongly; %zu octets each beside the embryo\n",
           tally.grown, tally.segments, tally.others, tally.plain, tally.closed, tally.wrong, each);
    return tally.others || tally.wrong || !few || tally.grown < ROUNDS / 2 ||
           tally.segments < 3 * tally.grown || tally.closed < ROUNDS / 20 || each > 224;
}
