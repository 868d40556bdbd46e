/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_places.c - several captures: how their clocks stand, and the order in which they come. */
#include "tcprst/order.h"
#include "tcprst/places.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void check(bool good, const char *what)
{
    if (good)
        return;
    failures++;
    printf("FAILED: %s\n", what);
}

/* Data of one connection, each segment once: the capture at its client, or at its server. */
static struct tcprst_segment segment(unsigned n, bool to_server, int64_t time)
{
    struct tcprst_segment s = {.frame = {n + 1, 0},
                               .layer = 1,
                               .ip_version = 4,
                               .ip_header = true,
                               .ttl = 64,
                               .ip_id = (uint16_t)(n + 1),
                               .time = time,
                               .source = {192, 0, 2, to_server ? 1 : 2},
                               .destination = {192, 0, 2, to_server ? 2 : 1},
                               .source_port = to_server ? 40000 : 443,
                               .destination_port = to_server ? 443 : 40000,
                               .flags = TCPRST_ACK,
                               .seq = 1000 * n + 1,
                               .ack = 7,
                               .payload_length = 100};
    return s;
}

/* Segments from first to last, step apart, the second capture's clock so much ahead. */
static void clocks(int64_t first, int64_t step, int64_t ahead, const char *what)
{
    enum { COUNT = 1000 };
    static const int64_t way = 1000000;
    struct tcprst_survey *survey = tcprst_survey_new(1);
    for (unsigned n = 0; n < COUNT; n++) {
        bool to_server = n % 2;
        int64_t time = first + (int64_t)n * step;
        struct tcprst_segment s = segment(n, to_server, time + (to_server ? 0 : way));
        tcprst_survey_take(survey, 0, &s);
        s.time = time + (to_server ? way : 0) + ahead;
        s.ttl = 60;
        tcprst_survey_take(survey, 1, &s);
    }
    size_t count;
    unsigned places;
    const struct tcprst_clock *c = tcprst_survey_finish(survey, &count, &places);
    check(c && count == 2 && places == 2, what);
    if (c && count == 2 && places == 2) {
        int64_t off = tcprst_clock_ahead(&c[1], first + (COUNT / 2) * step) - ahead;
        check(c[1].shares && off <= way && off >= -way, what);
    }
    tcprst_survey_free(survey);
}

/* Captures that come by turns: each frame is itself again, and before means before. */
static void order(void)
{
    enum { LANES = 3, COUNT = 20000 };
    struct tcprst_order *o = tcprst_order_new(LANES);
    static struct tcprst_frame own[COUNT], taken[COUNT];
    uint64_t number[LANES] = {0};
    unsigned random = 1;
    for (unsigned i = 0; i < COUNT; i++) {
        random = random * 1103515245 + 12345;
        unsigned lane = random >> 16 & 1 ? 0 : random >> 17 & 1 ? 1 : 2;
        /* What is not TCP counts, too: few frames here, thousands there. */
        number[lane] += 1 + (random >> 18) % (lane == 2 ? 3000 : 3);
        own[i] = taken[i] = (struct tcprst_frame){number[lane], lane + 40};
        check(tcprst_order_take(o, lane, &taken[i]), "the order takes a frame");
        check(i == 0 || taken[i].number > taken[i - 1].number, "what comes later is later");
    }
    for (unsigned i = 0; i < COUNT; i++) {
        struct tcprst_frame f = tcprst_order_frame(o, taken[i]);
        check(f.number == own[i].number && f.capture == own[i].capture, "each frame is itself");
    }
    struct tcprst_frame again = own[COUNT - 1], none = {0, 0};
    tcprst_order_take(o, own[COUNT - 1].capture - 40, &again);
    check(again.number == taken[COUNT - 1].number, "a frame may hold several segments");
    check(tcprst_order_frame(o, none).number == 0, "no frame stays none");
    check(tcprst_order_frame(NULL, own[0]).number == own[0].number, "without an order nothing");
    check(!tcprst_order_new(TCPRST_MAX_LANES + 1), "too many lanes");
    struct tcprst_frame far = {UINT64_C(1) << 40, 40};
    check(tcprst_order_take(o, 0, &far), "the order takes a frame far ahead");
    check(tcprst_order_frame(o, far).number == UINT64_C(1) << 40, "which is itself");
    check(tcprst_order_memory(o) < 1 << 22, "and costs what one frame costs");
    tcprst_order_free(o);
}

/* Behind what translates IPv6 to IPv4 (NAT64): other addresses, another port, an identification,
 * and the same numbers. */
static struct tcprst_segment translated(const struct tcprst_segment *s, bool to_server)
{
    static const uint8_t server[16] = {192, 0, 2, 2}, pool[16] = {198, 51, 100, 77};
    struct tcprst_segment out = *s;
    out.ip_version = 4;
    out.frame.capture = 1;
    out.ip_id = (uint16_t)(3 * s->frame.number);
    out.ttl = (uint8_t)(s->ttl - 1);
    *(to_server ? &out.source_port : &out.destination_port) = 1055;
    memcpy(to_server ? out.source : out.destination, pool, 16);
    memcpy(to_server ? out.destination : out.source, server, 16);
    return out;
}

/* What comes of a row of segments, of capture 0 or 1, with what is needed fetched ahead or not. */
static struct tcprst_statistics fed(const struct tcprst_segment *row, size_t count,
                                    const struct tcprst_clock *c, bool expecting)
{
    struct tcprst_segment *own = malloc(count * sizeof *own);
    struct tcprst_places *stream = tcprst_places_new(c, 2, 2, count, 1);
    struct tcprst_options options = {.places = stream};
    struct tcprst *core = tcprst_new(&options);
    struct tcprst_statistics statistics;
    memcpy(own, row, count * sizeof *own);
    if (expecting) {
        tcprst_places_expect(stream, own, count);
        tcprst_expect(core, own, count);
    }
    for (size_t i = 0; i < count; i++)
        if (tcprst_places_take(stream, row[i].frame.capture, &own[i]))
            tcprst_feed(core, &own[i], NULL);
    tcprst_finish(core);
    tcprst_statistics(core, &statistics);
    tcprst_free(core);
    tcprst_places_free(stream);
    free(own);
    return statistics;
}

/* What is fetched ahead under a place's own name is found under the one it is fed by; what is a
 * copy and not fed does not put the others out of step. */
static void expected(const struct tcprst_segment *v6, const struct tcprst_segment *v4,
                     unsigned count, const struct tcprst_clock *c)
{
    struct tcprst_segment *row = calloc(8 * count, sizeof *row);
    for (unsigned i = 0; i < 8 * count; i++) {
        unsigned n = i / 2 % count, round = i / (2 * count);
        bool v6_first = n % 2 == 0;
        row[i] = (i % 2 == 0) == v6_first ? v6[n] : v4[n];
        row[i].frame.number += round * count;
        row[i].time += round * INT64_C(10000000000);
        row[i].seq += round << 20;
        *(v6_first ? &row[i].source_port : &row[i].destination_port) += (uint16_t)round;
    }
    struct tcprst_statistics with = fed(row, 8 * count, c, true),
                             without = fed(row, 8 * count, c, false);
    check(without.connections == 4 && without.resets == 4, "four connections, each with a RST");
    check(with.connections == without.connections && with.resets == without.resets &&
              with.duplicates == without.duplicates && with.segments == without.segments,
          "what is expected is the same");
    free(row);
}

static void other_family(void)
{
    enum { COUNT = 12, LAST = COUNT - 1 };
    static const int64_t begin = INT64_C(1700000000000000000), way = 2000000;
    static const uint8_t client[16] = {0x20, 1, 0xd, 0xb8, [15] = 9},
                         server[16] = {0, 0x64, 0xff, 0x9b, [12] = 192, 0, 2, 2};
    struct tcprst_segment v6[COUNT], v4[COUNT];
    struct tcprst_survey *survey = tcprst_survey_new(1);
    for (unsigned n = 0; n < COUNT; n++) {
        bool to_server = n % 2 == 0;
        v6[n] = segment(n, to_server, begin + (int64_t)n * 50 * way);
        v6[n].ip_version = 6;
        v6[n].ip_id = 0;
        memcpy(to_server ? v6[n].source : v6[n].destination, client, 16);
        memcpy(to_server ? v6[n].destination : v6[n].source, server, 16);
        v6[n].flags = n == 0 ? TCPRST_SYN : n == LAST ? TCPRST_RST | TCPRST_ACK : TCPRST_ACK;
        v4[n] = translated(&v6[n], to_server);
        *(to_server ? &v4[n].time : &v6[n].time) += way;
        tcprst_survey_take(survey, 0, &v6[n]);
        tcprst_survey_take(survey, 1, &v4[n]);
    }
    size_t sources;
    unsigned places;
    const struct tcprst_clock *c = tcprst_survey_finish(survey, &sources, &places);
    check(c && places == 2, "IPv6 and IPv4 share packets");
    check(c && c[0].common == COUNT && c[1].common == COUNT && !c[1].about, "all of them");
    expected(v6, v4, COUNT, c);
    struct tcprst_places *stream = tcprst_places_new(c, sources, places, 2 * COUNT, 1);
    for (unsigned n = 0; n < COUNT; n++) {
        bool to_server = n % 2 == 0;
        struct tcprst_segment *first = to_server ? &v6[n] : &v4[n],
                              *again = to_server ? &v4[n] : &v6[n];
        check(tcprst_places_take(stream, !to_server, first), "where it comes first it is fed");
        bool fed = tcprst_places_take(stream, to_server, again);
        check(fed == (n == LAST), "where it comes again only a RST is");
        check(again->seen.copy_of.number == n + 1, "it is the frame of the other family");
        if (n < LAST)
            continue;
        check(first->ip_version == 6 && !memcmp(first->source, server, 16) &&
                  !memcmp(first->destination, client, 16) && first->destination_port == 40000,
              "its connection is called as it was first");
    }
    tcprst_places_free(stream);
    tcprst_survey_free(survey);
}

/* Many hosts of one network: what is known of the way to one is not taken for another's. */
static void neighbours(void)
{
    enum { HOSTS = 64 };
    static const struct tcprst_clock c[2] = {{.shares = true}, {.place = 1, .shares = true}};
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct tcprst_places *stream = tcprst_places_new(c, 2, 2, HOSTS, seed);
        for (unsigned n = 0; n < HOSTS; n++) {
            struct tcprst_segment far = segment(n, false, n + 1), near = far;
            far.ip_version = near.ip_version = 6;
            far.source[15] = near.source[15] = (uint8_t)(7 * n);
            near.ttl = 200;
            far.ttl = (uint8_t)(200 - n);
            tcprst_places_take(stream, 0, &near);
            check(!tcprst_places_take(stream, 1, &far), "it is the same packet");
        }
        for (unsigned n = 0; n < HOSTS; n++) {
            struct tcprst_segment again = segment(n, false, HOSTS + n);
            again.ip_version = 6;
            again.source[15] = (uint8_t)(7 * n);
            again.seq += 100;
            again.ttl = (uint8_t)(200 - n);
            tcprst_places_take(stream, 1, &again);
            check(again.ttl == 200, "each host is as far as its own packets say");
        }
        tcprst_places_free(stream);
    }
}

/* Something between the places writes a TTL of its own over what one end sends, so that both ends'
 * packets have more left at the first place: no hops are told by that, and a RST that was sent with
 * the very TTL which is written is the same at both. */
static void own_ttl(void)
{
    enum { COUNT = 8, LAST = COUNT - 1 };
    static const struct tcprst_clock c[2] = {{.shares = true}, {.place = 1, .shares = true}};
    struct tcprst_places *stream = tcprst_places_new(c, 2, 2, 2 * COUNT, 1);
    for (unsigned n = 0; n < COUNT; n++) {
        bool to_server = n % 2 == 0;
        struct tcprst_segment at_client = segment(n, to_server, 2 * n + 1), at_server = at_client;
        at_client.ttl = to_server ? 33 : 64;
        at_server.ttl = to_server ? 32 : 33;
        if (n == LAST) {
            at_client.flags = at_server.flags = TCPRST_RST;
            at_client.ip_id = at_server.ip_id = 0;
            at_client.payload_length = at_server.payload_length = 0;
            at_server.ttl = 64;
        }
        struct tcprst_segment *first = to_server ? &at_client : &at_server,
                              *again = to_server ? &at_server : &at_client;
        check(tcprst_places_take(stream, !to_server, first), "where it comes first it is fed");
        tcprst_places_take(stream, to_server, again);
        check(again->seen.copy_of.number == n + 1, "it is the same with another TTL");
    }
    tcprst_places_free(stream);
}

/* Something between the places numbers the packets of one end anew: its opening had no
 * identification and has one behind. What comes later is the same with another one, but not what
 * the end sends again, which a place has under two of them. */
static void own_identifications(void)
{
    enum { COUNT = 8 };
    static const struct tcprst_clock c[2] = {{.shares = true}, {.place = 1, .shares = true}};
    struct tcprst_places *stream = tcprst_places_new(c, 2, 2, 2 * COUNT, 1);
    for (unsigned n = 0; n < COUNT; n++) {
        struct tcprst_segment sent = segment(n, false, 2 * n + 1), came;
        sent.ip_id = (uint16_t)(n ? 5000 + n : 0);
        sent.flags = n ? TCPRST_ACK : TCPRST_SYN | TCPRST_ACK;
        came = sent;
        came.ip_id = (uint16_t)(n + 1);
        check(tcprst_places_take(stream, 1, &sent), "where it comes first it is fed");
        check(!tcprst_places_take(stream, 0, &came), "numbered anew it is the same");
        check(came.seen.copy_of.number == n + 1, "it is the frame that was fed");
    }
    struct tcprst_segment again = segment(COUNT - 1, false, 2 * COUNT + 1);
    again.ip_id = 5000 + COUNT;
    check(tcprst_places_take(stream, 1, &again), "sent again it is another");
    tcprst_places_free(stream);
}

/* A router shows what it routes as it comes and as it goes, with one less left: known by the one, a
 * RST is the same by the other. A place that shows each packet once has no such choice. */
static void both_legs(bool doubled)
{
    struct tcprst_clock c[2] = {{.shares = true},
                                {.place = 1, .shares = true, .mirrored = doubled}};
    struct tcprst_places *stream = tcprst_places_new(c, 2, 2, 16, 1);
    struct tcprst_segment sent = segment(0, false, 1), went = sent;
    went.ttl = 63;
    tcprst_places_take(stream, 0, &sent);
    check(!tcprst_places_take(stream, 1, &went), "what goes is the same");
    sent = segment(1, false, 3);
    sent.flags = TCPRST_RST;
    sent.payload_length = 0;
    struct tcprst_segment came = sent;
    tcprst_places_take(stream, 0, &sent);
    tcprst_places_take(stream, 1, &came);
    check((came.seen.copy_of.number == 2) == doubled, "what comes is the same as what goes");
    tcprst_places_free(stream);
}

/* A router that shows what it routes as it comes and as it goes, in so few packets that the survey
 * cannot tell, between a client and a server that are captured, too: its RST is one, though the
 * server's capture has it before the router's shows it go. Sent twice, it is two. */
static void few_legs(void)
{
    enum { COMING = 4, GOING = 7, SENT = 2 };
    static const struct tcprst_clock c[3] = {
        {.shares = true}, {.place = 1, .shares = true}, {.place = 2, .shares = true}};
    static const struct {
        unsigned place, leg, ttl;
    } rows[] = {{0, 0, 64}, {1, COMING, 64}, {2, 0, 63}, {1, GOING, 63}};
    struct tcprst_places *stream = tcprst_places_new(c, 3, 3, 64, 1);
    unsigned time = 1;
    for (unsigned n = 0; n <= SENT; n++)
        for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct tcprst_segment s = segment(n ? 1 : 0, true, 1000 * time++);
            s.frame = (struct tcprst_frame){time, rows[i].place};
            s.leg = (uint16_t)rows[i].leg;
            s.ttl = (uint8_t)rows[i].ttl;
            s.flags = n ? TCPRST_RST : TCPRST_SYN;
            s.payload_length = 0;
            if (n)
                s.ip_id = 0, s.ack = 0;
            tcprst_places_take(stream, rows[i].place, &s);
            check(!n || (s.seen.copy_of.number == 0) == (i == 0), "each RST is one at all places");
            check(!n || !i || s.seen.copy_of.number == 4 * n + 2, "and the one that was sent");
        }
    tcprst_places_free(stream);
}

/* Two routers that show what they route as it comes and as it goes, and the host behind: it has
 * each RST before the router beside it shows that go, and the router beside the sender has it
 * before the sender. What goes is what came, and no other RST "altered on the way". */
static void two_routers(void)
{
    enum { COMING = 4, GOING = 7, SENT = 3 };
    static const struct tcprst_clock c[4] = {{.shares = true},
                                             {.place = 1, .shares = true},
                                             {.place = 2, .shares = true},
                                             {.place = 3, .shares = true}};
    static const struct row {
        unsigned place, leg, ttl;
    } opening[] = {{0, GOING, 64},
                   {1, COMING, 64},
                   {1, GOING, 63},
                   {2, COMING, 63},
                   {3, COMING, 62}},
      reset[] = {{1, COMING, 64}, {1, GOING, 63},  {0, GOING, 64},
                 {2, COMING, 63}, {3, COMING, 62}, {2, GOING, 62}};
    struct tcprst_places *stream = tcprst_places_new(c, 4, 4, 64, 1);
    unsigned time = 1, first = 0;
    for (unsigned n = 0; n <= SENT; n++)
        for (unsigned i = 0; i < (n ? 6 : 5); i++) {
            const struct row *row = n ? &reset[i] : &opening[i];
            struct tcprst_segment s = segment(n, true, 1000 * ++time);
            s.frame = (struct tcprst_frame){time, row->place};
            s.leg = (uint16_t)row->leg;
            s.ttl = (uint8_t)row->ttl;
            s.flags = n ? TCPRST_RST : TCPRST_SYN;
            s.payload_length = 0;
            if (n)
                s.ip_id = 0, s.ack = 0;
            first = i ? first : time;
            tcprst_places_take(stream, row->place, &s);
            check(s.seen.copy_of.number == (i ? first : 0), "what goes at a router is what came");
        }
    tcprst_places_free(stream);
}

/* A whole flight answered by RSTs that are alike to the last bit, more than are looked at for one:
 * the k-th at one place is the k-th at the other. */
static void row_of_resets(void)
{
    enum { ROW = 200 };
    static const struct tcprst_clock c[2] = {{.shares = true}, {.place = 1, .shares = true}};
    struct tcprst_places *stream = tcprst_places_new(c, 2, 2, 2 * ROW, 1);
    bool each = true;
    for (unsigned i = 0; i < 2 * ROW; i++) {
        struct tcprst_segment s = segment(0, true, 1000 * (i + 1));
        s.frame = (struct tcprst_frame){i + 1, i / ROW};
        s.flags = TCPRST_RST;
        s.ip_id = 0, s.ack = 0, s.payload_length = 0;
        s.ttl = (uint8_t)(64 - i / ROW);
        tcprst_places_take(stream, i / ROW, &s);
        each &= s.seen.copy_of.number == (i < ROW ? 0 : i - ROW + 1);
    }
    check(each, "of a row of RSTs alike the k-th here is the k-th there");
    tcprst_places_free(stream);
}

/* A host and its peer's side of a router, a way of some milliseconds apart, that have both seen
 * data: then a row of RSTs as each of them has it, and of which of the row each is a copy, -1: of
 * none. Its data comes with so much left of its TTL. */
struct bare {
    unsigned place, milliseconds;
    uint32_t seq;
    unsigned ttl;
    int of;
};
static void bare_resets(const struct bare *row, size_t count, unsigned ttl, const char *what)
{
    enum { WAY = 5, DATA = 4 };
    static const int64_t millisecond = 1000000;
    static const struct tcprst_clock c[2] = {{.shares = true}, {.place = 1, .shares = true}};
    struct tcprst_places *stream = tcprst_places_new(c, 2, 2, 64, 1);
    for (unsigned i = 0; i < 2 * DATA; i++) {
        struct tcprst_segment s =
            segment(i / 2, true, (10 * (i / 2) + (i % 2) * WAY) * millisecond);
        s.frame = (struct tcprst_frame){i + 1, i % 2};
        s.ttl = (uint8_t)(i % 2 ? ttl : 64);
        tcprst_places_take(stream, i % 2, &s);
    }
    for (unsigned i = 0; i < count; i++) {
        struct tcprst_segment s = segment(0, true, (100 + row[i].milliseconds) * millisecond);
        s.frame = (struct tcprst_frame){100 + i, row[i].place};
        s.ttl = (uint8_t)row[i].ttl;
        s.seq = row[i].seq;
        s.flags = TCPRST_RST;
        s.ip_id = 0, s.ack = 0, s.payload_length = 0;
        tcprst_places_take(stream, row[i].place, &s);
        check(s.seen.copy_of.number == (uint64_t)(row[i].of < 0 ? 0 : 100 + row[i].of), what);
    }
    tcprst_places_free(stream);
}

/* RSTs of a row that the network delivers twice or out of order: not another of them, altered. */
static void not_altered(void)
{
    static const struct bare doubled[] = {{0, 0, 5001, 64, -1},
                                          {1, 5, 5001, 63, 0},
                                          {1, 6, 5001, 63, -1},
                                          {0, 7, 6001, 64, -1},
                                          {1, 12, 6001, 63, 3}};
    static const struct bare lost[] = {{0, 0, 5001, 64, -1},
                                       {0, 1, 6001, 64, -1},
                                       {1, 5, 5001, 63, 0},
                                       {1, 7, 5001, 63, -1},
                                       {1, 9, 6001, 63, 1}};
    static const struct bare backward[] = {{1, 0, 5001, 63, -1}, {0, 6, 6001, 64, -1}};
    static const struct bare altered[] = {{0, 0, 5001, 64, -1}, {1, 6, 6001, 63, 0}};
    bare_resets(doubled, 5, 63, "what is doubled on the way is not the next one, altered");
    bare_resets(lost, 5, 63, "nor the one before");
    bare_resets(backward, 2, 63, "nothing comes before it was sent");
    bare_resets(altered, 2, 63, "its only number may be altered");
}

/* What stands between writes the TTL of all but RSTs. */
static void own_ttl_of_others(void)
{
    static const struct bare due[] = {{0, 0, 5001, 64, -1}, {1, 7, 5001, 62, 0}};
    static const struct bare soon[] = {{0, 0, 5001, 64, -1}, {1, 1, 5001, 62, -1}};
    static const struct bare late[] = {{0, 0, 5001, 64, -1}, {1, 30, 5001, 62, -1}};
    static const struct bare more[] = {{0, 0, 5001, 64, -1}, {1, 7, 5001, 128, -1}};
    bare_resets(due, 2, 59, "it left its sender, and came when it was due");
    bare_resets(soon, 2, 59, "sooner than anything comes, it is another one");
    bare_resets(late, 2, 59, "and much later");
    bare_resets(more, 2, 59, "and with more left than it was sent with");
}

/* Two captures on each side of what answers SYNs for a server: those behind have all in common, and
 * the server's numbers are no less others to both. */
static void behind_a_syn_proxy(void)
{
    enum { DATA = 8, MORE = 123456 };
    static const struct tcprst_clock c[4] = {{.shares = true},
                                             {.place = 1, .shares = true},
                                             {.place = 2, .shares = true},
                                             {.place = 3, .shares = true}};
    struct tcprst_places *stream = tcprst_places_new(c, 4, 4, 64, 1);
    unsigned time = 0, copies = 0;
    for (unsigned n = 0; n < 3 + DATA; n++)
        for (unsigned i = 0; i < (n == 2 ? 2 : 4); i++) { /* what opens the proxy's, it keeps */
            bool to_server = n == 0 || n > 2, opening = n < 2;
            unsigned place = to_server ? i : (i + 2) % 4, behind = place / 2;
            struct tcprst_segment s = segment(n, to_server, 1000000 * ++time);
            s.frame = (struct tcprst_frame){time, place};
            s.ttl = (uint8_t)(to_server ? 64 - place : 61 + place);
            s.seq = to_server ? 1000 + 100 * (n > 3 ? n - 3 : 0) : 5000 + n / 2 + behind * MORE;
            s.ack = n ? to_server ? 5001 + behind * MORE : 1000 : 0;
            s.payload_length = n < 3 ? 0 : 100;
            s.flags = opening ? n ? TCPRST_SYN | TCPRST_ACK : TCPRST_SYN : TCPRST_ACK;
            s.ip_id = opening ? 0 : s.ip_id; /* it opens the connection anew */
            s.window = opening && behind ? 100 : 200;
            tcprst_places_take(stream, place, &s);
            copies += n == 2 + DATA && s.seen.copy_of.number == time - i;
        }
    check(copies == 3, "behind what answers SYNs two places know the numbers before it");
    tcprst_places_free(stream);
}

/* Four captures that are no longer than the clocks may be apart: each packet is at all of them, so
 * none goes on with what another ends with. */
static void four(void)
{
    enum { PLACES = 4, COUNT = 9 };
    struct tcprst_survey *survey = tcprst_survey_new(1);
    for (unsigned i = 0; i < PLACES; i++)
        for (unsigned n = 0; n < COUNT; n++) {
            bool to_server = n % 2;
            struct tcprst_segment s = segment(n, to_server, INT64_C(1700000000000000000));
            s.time += n * INT64_C(50000000) + (to_server ? i : PLACES - i) * INT64_C(1000000);
            s.ttl = (uint8_t)(to_server ? 64 - i : 60 + i);
            tcprst_survey_take(survey, i, &s);
        }
    size_t sources;
    unsigned places;
    const struct tcprst_clock *c = tcprst_survey_finish(survey, &sources, &places);
    check(c && places == PLACES, "four captures of one traffic are four places");
    tcprst_survey_free(survey);
}

static void note_origin(void *user, const struct tcprst_verdict *v)
{
    if (!v->duplicate_of.number)
        *(enum tcprst_origin *)user = v->origin;
}

/* Who made a RST that is at a client and at a router before it, which has the server's packets with
 * so much left, and the RST with so much. */
static enum tcprst_origin maker(uint8_t others, uint8_t own)
{
    enum { COUNT = 8, LAST = COUNT - 1 };
    static const struct tcprst_clock c[2] = {{.shares = true}, {.place = 1, .shares = true}};
    enum tcprst_origin origin = TCPRST_ORIGIN_UNKNOWN;
    struct tcprst_places *stream = tcprst_places_new(c, 2, 2, 2 * COUNT, 1);
    struct tcprst_options options = {.places = stream, .on_verdict = note_origin, .user = &origin};
    struct tcprst *core = tcprst_new(&options);
    for (unsigned n = 0; n < COUNT; n++) {
        bool to_server = n != LAST && n % 2 == 0;
        for (unsigned i = 0; i < 2; i++) {
            bool at_client = to_server == (i == 0);
            struct tcprst_segment s = segment(n, to_server, (2 * n + i + 1) * INT64_C(5000000));
            s.frame = (struct tcprst_frame){2 * n + i + 1, !at_client};
            s.ttl = to_server ? 64 : n == LAST ? own : others;
            s.seq = to_server ? 100 * (n / 2) + 1 : 5000 + 100 * (n / 2);
            s.ack = to_server ? 5000 + 100 * (n / 2) : 100 * (n / 2) + 101;
            if (n == LAST) {
                s.flags = TCPRST_RST;
                s.payload_length = s.ack = s.ip_id = 0;
            }
            if (tcprst_places_take(stream, !at_client, &s))
                tcprst_feed(core, &s, NULL);
        }
    }
    tcprst_finish(core);
    tcprst_free(core);
    tcprst_places_free(stream);
    return origin;
}

/* ---- what two places say of a RST ---- */

enum { AT_CLIENT, NEARER_SERVER };

/* Two places, and the last verdict of a RST that each showed first. */
struct pair {
    struct tcprst_places *stream;
    struct tcprst *core;
    unsigned frames;
    struct {
        enum tcprst_origin origin;
        enum tcprst_strength strength; /* of that */
        enum tcprst_cause cause;
        enum tcprst_stage stage;
        int64_t risk; /* octets to the RST's sender */
    } said[2];
};

static void note_said(void *user, const struct tcprst_verdict *v)
{
    struct pair *pair = user;
    if (v->duplicate_of.number)
        return;
    pair->said[v->frame.capture].origin = v->origin;
    pair->said[v->frame.capture].strength = v->origin_strength;
    pair->said[v->frame.capture].cause = v->cause;
    pair->said[v->frame.capture].stage = v->stage;
    pair->said[v->frame.capture].risk = v->risk_to_sender;
}

static int64_t server_ends; /* when the capture nearer to the server does, where that is known */

static void begin(struct pair *pair)
{
    const struct tcprst_clock c[2] = {{.shares = true},
                                      {.place = 1, .shares = true, .ends = server_ends}};
    memset(pair, 0, sizeof *pair);
    pair->stream = tcprst_places_new(c, 2, 2, 64, 1);
    struct tcprst_options options = {.places = pair->stream, .on_verdict = note_said, .user = pair};
    pair->core = tcprst_new(&options);
}

static void end(struct pair *pair)
{
    tcprst_finish(pair->core);
    tcprst_free(pair->core);
    tcprst_places_free(pair->stream);
}

/* It is captured there, with so much left. */
static void show(struct pair *pair, struct tcprst_segment s, unsigned place, uint8_t ttl)
{
    s.frame = (struct tcprst_frame){++pair->frames, place};
    s.time = pair->frames * INT64_C(1000000);
    s.ttl = ttl;
    if (tcprst_places_take(pair->stream, place, &s))
        tcprst_feed(pair->core, &s, NULL);
}

/* By turns each end sends data and acknowledges the other's. */
static struct tcprst_segment talk(unsigned n)
{
    bool to_server = n % 2 == 0;
    struct tcprst_segment s = segment(n, to_server, 0);
    uint32_t client = 100 * (n / 2) + 1, server = 5000 + 100 * (n / 2);
    s.seq = to_server ? client : server;
    s.ack = to_server ? server : client + 100;
    return s;
}

/* What the end that gets it makes of it that has no such connection. */
static struct tcprst_segment refusal(const struct tcprst_segment *of)
{
    struct tcprst_segment s = *of;
    memcpy(s.source, of->destination, 16);
    memcpy(s.destination, of->source, 16);
    s.source_port = of->destination_port;
    s.destination_port = of->source_port;
    s.flags = TCPRST_RST;
    s.seq = of->ack;
    s.ack = s.ip_id = s.payload_length = 0;
    return s;
}

/* As a NAT beside the client sends it on, or takes it: by that port of its own. */
static struct tcprst_segment outside(struct tcprst_segment s, bool to_server, uint16_t port)
{
    static const uint8_t nat[16] = {198, 51, 100, 77};
    memcpy(to_server ? s.source : s.destination, nat, 16);
    *(to_server ? &s.source_port : &s.destination_port) = port;
    return s;
}

/* A NAT forgets a connection and maps what the client sends then to another port: the server has no
 * such connection and refuses it. Its RST is at both places, where it is the same packet. */
static void mapped_anew(bool same_packet)
{
    enum { COUNT = 6, OLD = 1055, NEW = 2066 };
    struct pair pair;
    begin(&pair);
    for (unsigned n = 0; n <= COUNT; n++) {
        bool to_server = n % 2 == 0;
        struct tcprst_segment s = talk(n), out = outside(s, to_server, n < COUNT ? OLD : NEW);
        show(&pair, to_server ? s : out, !to_server, 64);
        show(&pair, to_server ? out : s, to_server, 63);
    }
    struct tcprst_segment last = talk(COUNT), reset = refusal(&last),
                          there = outside(reset, false, NEW);
    there.seq += !same_packet;
    show(&pair, there, NEARER_SERVER, 64);
    show(&pair, reset, AT_CLIENT, 63);
    for (unsigned n = 0; n < 2; n++) /* it goes on capturing */
        show(&pair, outside(talk(COUNT - 1), false, OLD), NEARER_SERVER, 64);
    end(&pair);
    check(pair.said[AT_CLIENT].origin ==
              (same_packet ? TCPRST_ORIGIN_ENDPOINT : TCPRST_ORIGIN_THIRD_PARTY),
          "who made it is told by whether the server's place has it, by whatever port");
    check(!same_packet || pair.said[AT_CLIENT].cause == TCPRST_CAUSE_IDLE_STATE_LOST,
          "and what had forgotten the connection stands between");
}

/* The server aborts while the client's FIN is on its way: the capture at the client has that before
 * the RST, the one nearer to the server behind it. */
static void crossed(void)
{
    enum { COUNT = 8 };
    struct pair pair;
    begin(&pair);
    for (unsigned n = 0; n < COUNT; n++) {
        bool to_server = n % 2 == 0;
        show(&pair, talk(n), to_server ? AT_CLIENT : NEARER_SERVER, 64);
        show(&pair, talk(n), to_server ? NEARER_SERVER : AT_CLIENT, 63);
    }
    struct tcprst_segment text = talk(COUNT), fin = talk(COUNT + 2), abort = talk(COUNT + 1);
    fin.flags |= TCPRST_FIN;
    fin.ack = text.ack;
    abort.flags |= TCPRST_RST;
    abort.ack = text.seq;
    fin.payload_length = abort.payload_length = 0;
    show(&pair, text, AT_CLIENT, 64);
    show(&pair, fin, AT_CLIENT, 64);
    show(&pair, abort, NEARER_SERVER, 64);
    show(&pair, text, NEARER_SERVER, 63);
    show(&pair, fin, NEARER_SERVER, 63);
    show(&pair, abort, AT_CLIENT, 63);
    end(&pair);
    check(pair.said[NEARER_SERVER].stage == TCPRST_STAGE_MID_STREAM,
          "a FIN that is on its way has not come");
    check(pair.said[NEARER_SERVER].risk == 100, "and data on its way is lost");
    check(pair.said[NEARER_SERVER].origin == TCPRST_ORIGIN_ENDPOINT, "who aborts is told by that");
}

/* It has the TTL that stacks start with where it is captured first, as all in the server's name: so
 * has what a router makes that writes it. */
static void written_ttl(void)
{
    enum { COUNT = 8 };
    struct pair pair;
    begin(&pair);
    for (unsigned n = 0; n <= COUNT; n++) {
        bool to_server = n % 2 == 0;
        show(&pair, talk(n), to_server ? AT_CLIENT : NEARER_SERVER, 64);
        show(&pair, talk(n), to_server ? NEARER_SERVER : AT_CLIENT, 63);
    }
    struct tcprst_segment last = talk(COUNT);
    show(&pair, refusal(&last), NEARER_SERVER, 64);
    show(&pair, refusal(&last), AT_CLIENT, 63);
    end(&pair);
    check(pair.said[NEARER_SERVER].origin == TCPRST_ORIGIN_ENDPOINT &&
              pair.said[NEARER_SERVER].strength == TCPRST_STRENGTH_LIKELY,
          "a TTL alone proves no end");
}

enum server_side { COMPLETE, STOPPED, QUIET, TORN, UNHEARD, BESIDE, FILTERED, PAGED };

/* A RST in the server's name that the capture at the client has and the one at the server has not;
 * in UNHEARD, nor some data of the client, which the server acknowledges; in BESIDE, nor some of
 * the server's in another connection, in FILTERED none of that, in PAGED, nor what somebody sent in
 * the server's name at that one's end. */
static void absent(enum server_side what, struct pair *pair)
{
    enum { COUNT = 12, LOST = 5, OTHER_PORT = 40001 };
    server_ends = what == QUIET ? INT64_C(3600000000000) : 0;
    begin(pair);
    for (unsigned n = 0; n < COUNT; n++) {
        bool to_server = n % 2 == 0, lost = n == LOST + (what == UNHEARD);
        bool there = (what != TORN && what != UNHEARD) || !lost;
        struct tcprst_segment s = talk(n), other = s;
        *(to_server ? &other.source_port : &other.destination_port) = OTHER_PORT;
        other.ip_id = (uint16_t)(s.ip_id + 100);
        for (unsigned i = 0; i < 2; i++) {
            bool at_client = to_server == (i == 0);
            if (at_client || there)
                show(pair, s, at_client ? AT_CLIENT : NEARER_SERVER, i ? 63 : 64);
            if (what == PAGED || (what == FILTERED && (at_client || to_server)) ||
                (what == BESIDE && (at_client || !lost)))
                show(pair, other, at_client ? AT_CLIENT : NEARER_SERVER, i ? 63 : 64);
        }
    }
    struct tcprst_segment last = talk(COUNT - 2), other = last;
    other.source_port = OTHER_PORT;
    for (unsigned n = COUNT + 1; what == PAGED && n < COUNT + 5; n += 2) {
        struct tcprst_segment page = talk(n);
        page.destination_port = OTHER_PORT;
        show(pair, page, AT_CLIENT, 63);
    }
    if (what == PAGED || what == FILTERED || what == BESIDE)
        show(pair, refusal(&other), AT_CLIENT, 63);
    show(pair, refusal(&last), AT_CLIENT, 63);
    if (what != STOPPED && what != QUIET) /* it goes on capturing */
        show(pair, last, NEARER_SERVER, 63);
    end(pair);
}

/* That a capture lacks it proves that it was made on the way where that capture has all else,
 * before and after. */
static void absences(void)
{
    struct pair pair;
    absent(COMPLETE, &pair);
    check(pair.said[AT_CLIENT].origin == TCPRST_ORIGIN_THIRD_PARTY &&
              pair.said[AT_CLIENT].strength == TCPRST_STRENGTH_CERTAIN,
          "what is not at the server's place was made on the way");
    absent(QUIET, &pair);
    check(pair.said[AT_CLIENT].strength == TCPRST_STRENGTH_CERTAIN,
          "also where it is known that something came there later");
    absent(STOPPED, &pair);
    check(pair.said[AT_CLIENT].origin != TCPRST_ORIGIN_THIRD_PARTY, "but where that had stopped");
    absent(TORN, &pair);
    check(pair.said[AT_CLIENT].strength != TCPRST_STRENGTH_CERTAIN, "or where octets are missing");
    absent(UNHEARD, &pair);
    check(pair.said[AT_CLIENT].strength != TCPRST_STRENGTH_CERTAIN,
          "or where the server acknowledges what its place does not have");
    absent(BESIDE, &pair);
    check(pair.said[AT_CLIENT].strength != TCPRST_STRENGTH_CERTAIN,
          "or where octets of another connection are missing");
    absent(FILTERED, &pair);
    check(pair.said[AT_CLIENT].origin != TCPRST_ORIGIN_THIRD_PARTY,
          "or where it lacks other connections' segments");
    absent(PAGED, &pair);
    check(pair.said[AT_CLIENT].origin == TCPRST_ORIGIN_THIRD_PARTY,
          "but not where somebody sends more than RSTs in the server's name");
}

/* A scan tries two ports by one number: a firewall refuses the one, the server the other, so that
 * the refusals are alike. */
static void scanned(void)
{
    enum { COUNT = 6 };
    struct pair pair;
    begin(&pair);
    for (unsigned n = 0; n < COUNT; n++) {
        show(&pair, talk(n), n % 2, 64);
        show(&pair, talk(n), !(n % 2), 63);
    }
    struct tcprst_segment syn = talk(COUNT), reset = refusal(&syn);
    reset.flags = TCPRST_RST | TCPRST_ACK;
    reset.ack = syn.seq + 1;
    reset.seq = 0;
    reset.source_port = 82;
    show(&pair, reset, NEARER_SERVER, 64);
    show(&pair, reset, AT_CLIENT, 63);
    reset.source_port = 81;
    show(&pair, reset, AT_CLIENT, 63);
    end(&pair);
    check(pair.said[NEARER_SERVER].origin == TCPRST_ORIGIN_ENDPOINT, "the server's is its own");
    check(pair.said[AT_CLIENT].origin != TCPRST_ORIGIN_ENDPOINT, "the firewall's is not");
}

/* What a router beside the server shows of a RST in the server's name. */
static enum tcprst_origin at_router(bool twice, uint16_t coming, uint16_t going)
{
    enum { COUNT = 8, LAST = COUNT - 1 };
    struct pair pair;
    begin(&pair);
    for (unsigned n = 0; n < COUNT; n++) {
        struct tcprst_segment s = talk(n), none = talk(LAST - 1);
        bool to_server = n % 2 == 0;
        s = n == LAST ? refusal(&none) : s;
        if (to_server)
            show(&pair, s, AT_CLIENT, 64);
        s.leg = coming;
        show(&pair, s, NEARER_SERVER, 64);
        s.leg = going;
        if (twice)
            show(&pair, s, NEARER_SERVER, 63);
        s.leg = 0;
        if (!to_server)
            show(&pair, s, AT_CLIENT, 63);
    }
    end(&pair);
    return pair.said[NEARER_SERVER].origin;
}

/* Whoever stands beside that router is as near to it as the server: only a place at the server's
 * own host says that it made the RST. */
static void beside_a_router(void)
{
    enum { COMING = 4, GOING = 7, SENT = 5 };
    check(at_router(false, 0, 0) == TCPRST_ORIGIN_ENDPOINT, "a place at the host");
    check(at_router(false, SENT, 0) == TCPRST_ORIGIN_ENDPOINT, "which shows that it sends");
    check(at_router(true, 0, 0) != TCPRST_ORIGIN_ENDPOINT, "a router shows what it routes twice");
    check(at_router(true, COMING, GOING) != TCPRST_ORIGIN_ENDPOINT, "as it comes and as it goes");
    check(at_router(false, COMING, 0) != TCPRST_ORIGIN_ENDPOINT, "or as it comes");
}

/* A router that translated for a server stops: the client gets what comes in the server's own name
 * and refuses it. By that name the client was heard behind the router alone, so that its TTL says
 * nothing of who made the RST. */
static void translated_no_more(void)
{
    enum { COUNT = 7 };
    struct pair pair;
    begin(&pair);
    struct tcprst_segment syn = talk(0), syn_ack = talk(1);
    syn.flags = TCPRST_SYN;
    syn_ack.flags = TCPRST_SYN | TCPRST_ACK;
    syn.payload_length = syn_ack.payload_length = syn.ack = 0;
    syn_ack.ack = syn.seq--;
    syn_ack.seq--;
    show(&pair, syn, NEARER_SERVER, 62);
    show(&pair, syn_ack, NEARER_SERVER, 64);
    for (unsigned n = 0; n <= COUNT; n++)
        show(&pair, talk(n), NEARER_SERVER, n % 2 ? 64 : 62);
    struct tcprst_segment last = talk(COUNT), reset = refusal(&last);
    show(&pair, last, AT_CLIENT, 62);
    show(&pair, reset, AT_CLIENT, 64);
    show(&pair, reset, NEARER_SERVER, 63);
    end(&pair);
    check(pair.said[AT_CLIENT].origin != TCPRST_ORIGIN_THIRD_PARTY,
          "distances from two places are not compared");
}

/* ---- one place or two ---- */

/* What two recordings of one connection show of each other. */
struct recorded {
    const char *what;
    unsigned count;      /* packets */
    int64_t there, back; /* nanoseconds on the way */
    int64_t jitter;      /* at most so much more */
    int64_t ahead;       /* the second clock */
    int64_t grain;       /* its times are rounded to */
    int64_t first_grain; /* and those of the first */
    unsigned hops;       /* on the way */
    bool one_direction;  /* of each only what the client sends */
    unsigned places;     /* to be found */
};

static int64_t some(uint32_t *random, int64_t most)
{
    *random = *random * 1103515245 + 12345;
    return most ? (int64_t)(*random >> 8) % (most + 1) : 0;
}

static unsigned places_of(const struct recorded *r)
{
    struct tcprst_survey *survey = tcprst_survey_new(1);
    uint32_t random = 7;
    for (unsigned n = 0; n < r->count; n++) {
        bool to_server = n % 2 == 0 || r->one_direction;
        int64_t begin = INT64_C(1700000000123456789) + (int64_t)n * 7654321;
        struct tcprst_segment at_client = segment(n, to_server, begin), at_server = at_client;
        *(to_server ? &at_server.time : &at_client.time) +=
            (to_server ? r->there : r->back) + some(&random, r->jitter);
        at_client.time -= at_client.time % r->first_grain;
        at_server.time += r->ahead;
        at_server.time -= at_server.time % r->grain;
        (to_server ? &at_server : &at_client)->ttl -= (uint8_t)r->hops;
        tcprst_survey_take(survey, 0, &at_client);
        tcprst_survey_take(survey, 1, &at_server);
    }
    size_t count;
    unsigned places;
    const struct tcprst_clock *c = tcprst_survey_finish(survey, &count, &places);
    check(c && tcprst_clocks_share(c, count), r->what);
    check(!c || c[1].same_place == (places == 1), r->what);
    tcprst_survey_free(survey);
    return places;
}

/* Only what shows that packets travelled makes two places of them. */
static void one_or_two(void)
{
    enum { US = 1000, MS = 1000000 };
    static const struct recorded table[] = {
        {"a copy", 40, 0, 0, 0, 0, 1, 1, 0, false, 1},
        {"a copy of few packets", 3, 0, 0, 0, 0, 1, 1, 0, false, 1},
        {"of one packet", 1, 0, 0, 0, 0, 1, 1, 0, false, 1},
        {"an hour later", 40, 0, 0, 0, INT64_C(3600123456789), 1, 1, 0, false, 1},
        {"to microseconds", 40, 0, 0, 0, 0, US, 1, 0, false, 1},
        {"to milliseconds", 40, 0, 0, 0, 0, MS, 1, 0, false, 1},
        {"both to microseconds, and shifted by less", 40, 0, 0, 0, 500, US, US, 0, false, 1},
        {"to milliseconds, and shifted", 40, 0, 0, 0, 1234567, MS, US, 0, false, 1},
        {"of one direction", 40, 0, 0, 0, 0, 1, 1, 0, true, 1},
        {"a virtual wire", 40, 3 * US, 3 * US, 4 * US, 0, 1, 1, 0, false, 2},
        {"a virtual wire, to microseconds", 40, 3 * US, 3 * US, 4 * US, 0, US, US, 0, false, 2},
        {"a virtual wire, a clock ahead", 40, 3 * US, 2 * US, 4 * US, 77 * MS, US, US, 0, false, 2},
        {"a wire, to milliseconds", 40, 30 * US, 30 * US, 4 * US, 0, MS, MS, 0, false, 1},
        {"a wire, one to milliseconds", 40, 30 * US, 30 * US, 4 * US, 0, MS, 1, 0, false, 1},
        {"a network, few packets", 4, 90 * US, 90 * US, 40 * US, 0, US, US, 0, false, 2},
        {"a network, fewer, some quick", 12, 20 * US, 20 * US, 60 * US, 0, 1, 1, 0, false, 2},
        {"a network, fewer, all quick", 12, 20 * US, 20 * US, 5 * US, 0, 1, 1, 0, false, 1},
        {"a network, to milliseconds", 40, 3 * MS, 3 * MS, MS, 0, MS, MS, 0, false, 2},
        {"one direction, a way or a clock", 40, 90 * US, 0, 40 * US, 0, US, US, 0, true, 1},
        {"a router", 40, 10 * US, 10 * US, 0, 0, 1, 1, 1, false, 2},
        {"a router, to milliseconds", 40, 10 * US, 10 * US, 0, 0, MS, MS, 1, false, 2},
        {"a router, one direction", 40, 10 * US, 0, 0, 0, 1, 1, 2, true, 2},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        unsigned places = places_of(&table[i]);
        if (places != table[i].places)
            printf("%u places, not %u: ", places, table[i].places);
        check(places == table[i].places, table[i].what);
    }
}

/* Two that record the same place, each by its own clock, which errs by so much: more than a way may
 * have. */
static void two_recorders(unsigned packets, int64_t noise)
{
    struct tcprst_survey *survey = tcprst_survey_new(1);
    uint32_t random = 11;
    size_t count;
    unsigned places;
    for (unsigned n = 0; n < packets; n++) {
        struct tcprst_segment s = segment(n, n % 2, INT64_C(1700000000000000000) + n * 1000000);
        int64_t time = s.time;
        for (uint32_t source = 0; source < 2; source++) {
            s.time = time + some(&random, noise) + source * 5000000;
            tcprst_survey_take(survey, source, &s);
        }
    }
    const struct tcprst_clock *c = tcprst_survey_finish(survey, &count, &places);
    check(c && places == 1 && c[1].same_place, "two recorders at one place");
    tcprst_survey_free(survey);
}

/* Of three captures two are of one place: in whatever order they are given, two places. */
static void three(unsigned copy, int64_t ahead)
{
    struct tcprst_survey *survey = tcprst_survey_new(1);
    size_t count;
    unsigned places;
    for (unsigned n = 0; n < 40; n++) {
        int64_t begin = INT64_C(1700000000000000000) + n * 10000000, way = 1000000;
        for (uint32_t source = 0; source < 3; source++) {
            bool at_server = source == 1 + (copy == 1), is_copy = source == copy;
            struct tcprst_segment s = segment(n, n % 2, begin);
            s.time += (at_server == n % 2 ? way : 0) + (is_copy ? ahead : 0);
            tcprst_survey_take(survey, source, &s);
        }
    }
    const struct tcprst_clock *c = tcprst_survey_finish(survey, &count, &places);
    unsigned server = 1 + (copy == 1), client = copy == 0 ? 2 : 0;
    check(c && places == 2, "two places, one of them twice");
    check(c && c[copy].place == c[client].place && c[server].place != c[client].place,
          "the copy is of the place that it is a copy of");
    check(c && c[copy].copied && c[client].copied && !c[server].copied, "and each knows it");
    tcprst_survey_free(survey);
}

/* What one capture has twice stays twice; what both have is fed once, whatever is kept of it. */
static void copies(void)
{
    enum { COUNT = 6 };
    static const struct tcprst_clock c[2] = {
        {.shares = true, .copied = true, .slack = 10},
        {.shares = true, .copied = true, .same_place = true, .lane = 1, .behind = 1, .slack = 10}};
    struct tcprst_places *stream = tcprst_places_new(c, 2, 1, 1000, 1);
    unsigned fed = 0;
    for (unsigned n = 0; n < COUNT; n++) {
        struct tcprst_segment s = segment(n / 2, n % 4 < 2, 1000 + n);
        for (uint32_t source = 0; source < 2; source++) {
            struct tcprst_segment own = s;
            own.frame.capture = source;
            own.frame.number = n + 1;
            bool is_fed = tcprst_places_take(stream, source, &own);
            check(is_fed == (source == 0), "of each one");
            check(own.seen.copy_of.number == (source ? n + 1 : 0), "its own copy");
            fed += is_fed;
        }
    }
    check(fed == COUNT, "those twice in one capture are two");
    struct tcprst_segment only = segment(40, true, 5000);
    check(tcprst_places_take(stream, 1, &only), "what one alone has is fed");
    only.time += 1000000;
    check(tcprst_places_take(stream, 0, &only), "and what comes later is another");
    tcprst_places_free(stream);
}

/* Frames that stand after later ones: each is still found by what it is, whatever others share its
 * place in the tables, as the seed would have it. */
static void unordered(bool one_place)
{
    enum { COUNT = 400, SEEDS = 8, LATER = 100 };
    const struct tcprst_clock c[2] = {{.shares = true, .copied = one_place, .slack = 10},
                                      {.shares = true,
                                       .copied = one_place,
                                       .same_place = one_place,
                                       .place = !one_place,
                                       .lane = 1,
                                       .slack = 10}};
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        struct tcprst_places *stream = tcprst_places_new(c, 2, 2 - one_place, COUNT, seed);
        for (unsigned n = 0; n < 2 * COUNT; n++) {
            unsigned i = n % COUNT;
            struct tcprst_segment s = segment(i, true, i);
            s.time += i < COUNT / 2 ? LATER * INT64_C(1000000000) : 0;
            tcprst_places_take(stream, n / COUNT, &s);
            check((s.seen.copy_of.number == i + 1) == (n >= COUNT), "each is found once");
        }
        tcprst_places_free(stream);
    }
}

/* One packet again and again, more often than there is room for it, and another one. */
static void one_packet(void)
{
    enum { COUNT = 600000 };
    struct tcprst_survey *survey = tcprst_survey_new(1);
    size_t count;
    unsigned places;
    for (unsigned n = 0; n < COUNT; n++)
        for (uint32_t source = 0; source < 2; source++) {
            struct tcprst_segment s = segment(n == COUNT / 2, true, n);
            tcprst_survey_take(survey, source, &s);
        }
    check(tcprst_survey_finish(survey, &count, &places) && count == 2, "a flood of one packet");
    tcprst_survey_free(survey);
}

int main(void)
{
    one_packet();
    unordered(true);
    unordered(false);
    one_or_two();
    two_recorders(200, 40000);
    for (unsigned packets = 2; packets < 16; packets++)
        two_recorders(packets, 24000);
    for (unsigned copy = 0; copy < 2; copy++)
        for (int64_t ahead = 0; ahead < 2; ahead++)
            three(2 * copy, ahead * 3600123456789);
    copies();
    static const int64_t second = 1000000000, day = 86400 * second;
    clocks(1700000000 * second, second / 100, 5 * second, "clocks of ten seconds");
    /* So long that their span plus one is no other number to a double: the last packet falls
     * behind the last part that the time is divided into, were that not looked for. */
    clocks(0, 106 * day / 1000 * 100, 3 * second, "clocks of years");
    clocks(-3300 * day, 8 * day, 0, "clocks of decades");
    const int64_t whole = TCPRST_TIME_MOST - TCPRST_TIME_LEAST;
    clocks(TCPRST_TIME_LEAST, second, whole - 1000 * second, "clocks at both ends of time");
    clocks(TCPRST_TIME_MOST - 1000 * second, second, 1000 * second - whole, "the other way round");
    order();
    other_family();
    neighbours();
    own_ttl();
    own_identifications();
    both_legs(true);
    both_legs(false);
    few_legs();
    two_routers();
    row_of_resets();
    not_altered();
    own_ttl_of_others();
    behind_a_syn_proxy();
    four();
    check(maker(64, 64) == TCPRST_ORIGIN_ENDPOINT, "beside the host, it is the host's");
    check(maker(63, 64) != TCPRST_ORIGIN_ENDPOINT, "with more left than its packets, it is not");
    mapped_anew(true);
    mapped_anew(false);
    scanned();
    absences();
    crossed();
    written_ttl();
    beside_a_router();
    translated_no_more();
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
