/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_glance.c - following only what a glance says has to be followed gives the same verdicts and
 * counts as following everything, on traffic made up at random: opened, met midway, closed, reset,
 * repeated, copied, out of place, its addresses used again, with pauses of any length and clocks
 * that are set back.
 */
#include "chance.h"
#include "tcprst/glance.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 60, SEGMENTS = 6000, FLOWS = 300, HEADER = 32, BATCH_MOST = 1024 };
#define SECOND INT64_C(1000000000)

/* ---- traffic ---- */

struct flow {
    uint32_t next[2]; /* SND.NXT of client and server */
    uint8_t step;
    bool closed[2];
};

struct traffic {
    struct tcprst_segment segments[SEGMENTS];
    uint8_t bytes[SEGMENTS][HEADER];
    size_t count;
    int64_t now;
    struct flow flows[FLOWS];
};

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Of the flow with that number, some of which share hosts. */
static void name(struct tcprst_segment *s, unsigned flow, bool server)
{
    uint8_t *ends[2] = {server ? s->destination : s->source, server ? s->source : s->destination};
    s->ip_version = flow % 5 ? 4 : 6;
    memset(s->source, 0, 16);
    memset(s->destination, 0, 16);
    memcpy(ends[0], (uint8_t[]){10, (uint8_t)(flow % 3 ? 9 : 200), 0, (uint8_t)(flow % 40)}, 4);
    memcpy(ends[1], (uint8_t[]){10, 99, 0, (uint8_t)(flow % 7)}, 4);
}

static struct tcprst_segment *put(struct traffic *t, unsigned flow, bool server, uint16_t flags,
                                  uint32_t payload)
{
    struct flow *f = &t->flows[flow];
    uint8_t *b = t->bytes[t->count];
    struct tcprst_segment *s = &t->segments[t->count];
    uint16_t ports[2] = {(uint16_t)(30000 + flow), 443};
    memset(b, 0, HEADER);
    b[0] = (uint8_t)(ports[server] >> 8);
    b[1] = (uint8_t)ports[server];
    b[2] = (uint8_t)(ports[!server] >> 8);
    b[3] = (uint8_t)ports[!server];
    put32(b + 4, f->next[server]);
    if (flags & TCPRST_ACK)
        put32(b + 8, f->next[!server]);
    b[12] = 5 << 4;
    b[13] = (uint8_t)flags;
    b[14] = flags & TCPRST_RST ? 0 : 200;
    *s = (struct tcprst_segment){.layer = 1, .ip_header = true, .ttl = server ? 60 : 57};
    if (!tcprst_segment_parse(s, b, 20, 20 + payload, NULL))
        printf("no segment\n");
    name(s, flow, server);
    s->ip_id = (uint16_t)(one_in(4) ? 0 : t->count);
    f->next[server] += payload + !!(flags & TCPRST_SYN) + !!(flags & TCPRST_FIN);
    t->count++;
    return s;
}

/* A copy of the last segment, or the same sent again; or numbers from elsewhere. */
static void put_odd(struct traffic *t, unsigned flow, bool server)
{
    struct flow *f = &t->flows[flow];
    uint32_t before = f->next[server];
    switch (chance() % 6) {
    case 0:
        f->next[server] -= 1 + (uint32_t)(chance() % 100);
        put(t, flow, server, TCPRST_ACK, (uint32_t)(chance() % 100));
        break;
    case 1:
        f->next[server] += (uint32_t)chance();
        put(t, flow, server, (uint16_t)(TCPRST_ACK | (one_in(2) ? TCPRST_FIN : 0)), 10);
        break;
    case 2:
        put(t, flow, server, TCPRST_SYN, one_in(3) ? 20 : 0);
        return;
    case 3:
        put(t, flow, server, TCPRST_SYN | TCPRST_ACK, 0);
        break;
    case 4:
        put(t, flow, server, (uint16_t)(chance() & 0x3b), 0);
        break;
    default:
        put(t, flow, server, TCPRST_FIN, 0);
    }
    if (one_in(2))
        f->next[server] = before;
}

static void copy_last(struct traffic *t)
{
    memcpy(t->bytes[t->count], t->bytes[t->count - 1], HEADER);
    t->segments[t->count] = t->segments[t->count - 1];
    t->segments[t->count].bytes = t->bytes[t->count];
    t->count++;
}

/* How a flow ordinarily goes on. */
static void put_ordinary(struct traffic *t, unsigned flow)
{
    static const struct {
        bool server;
        uint16_t flags;
    } opening[] = {{false, TCPRST_SYN}, {true, TCPRST_SYN | TCPRST_ACK}, {false, TCPRST_ACK}};
    struct flow *f = &t->flows[flow];
    bool server = one_in(2);
    if (f->step == 0) {
        f->next[0] = (uint32_t)chance();
        f->next[1] = (uint32_t)chance();
        f->closed[0] = f->closed[1] = false;
        f->step = (uint8_t)(one_in(8) ? 1 + chance() % 3 : 0);
    }
    if (f->step < 3) {
        put(t, flow, opening[f->step].server, opening[f->step].flags, 0);
    } else if (f->closed[server] || !one_in(12)) {
        put(t, flow, server, TCPRST_ACK,
            f->closed[server] ? 0 : (uint32_t)(one_in(3) ? 0 : chance() % 1000));
    } else {
        put(t, flow, server, TCPRST_FIN | TCPRST_ACK, 0);
        f->closed[server] = true;
    }
    f->step = (uint8_t)(f->closed[0] && f->closed[1] && one_in(4) ? 0 : f->step + (f->step < 3));
}

/* SET_BACK: at times, or a packet has no time. LATE: some come late by little. TWO: some packets
 * have another's time, some seconds behind. */
enum clocks { SET_BACK, LATE, TWO, CLOCKS };

static void pass_time(struct traffic *t, enum clocks clocks)
{
    uint64_t kind = chance() % 3000;
    if (clocks != SET_BACK && kind == 3)
        return;
    t->now += kind == 0   ? (int64_t)(chance() % 900) * SECOND
              : kind < 3  ? (int64_t)(chance() % 100) * SECOND
              : kind == 3 ? -50 * SECOND
              : kind < 50 ? (int64_t)(chance() % 3000) * SECOND / 1000
                          : (int64_t)(chance() % 2000000);
}

static int64_t time_of(const struct traffic *t, enum clocks clocks)
{
    switch (clocks) {
    case LATE:
        return t->now - (one_in(9) ? (int64_t)(chance() % 2000000) : 0);
    case TWO:
        return t->now - (one_in(3) ? 5 * SECOND : 0);
    default:
        return one_in(400) ? TCPRST_TIME_UNKNOWN : t->now;
    }
}

/* Every fourteenth flow may be reset; unruly: one in so many segments of a flow in three. */
static void make(struct traffic *t, unsigned unruly, enum clocks clocks)
{
    memset(t, 0, sizeof *t);
    t->now = SECOND;
    unsigned live = 5 + (unsigned)(chance() % (FLOWS - 5));
    while (t->count < SEGMENTS) {
        size_t first = t->count;
        unsigned flow = (unsigned)(chance() % live);
        pass_time(t, clocks);
        if (flow % 14 == 0 && one_in(12))
            put(t, flow, one_in(2), (uint16_t)(TCPRST_RST | (one_in(2) ? TCPRST_ACK : 0)), 0);
        else if (t->count && one_in(unruly * 4))
            copy_last(t);
        else if (flow % 3 == 0 && one_in(unruly))
            put_odd(t, flow, one_in(2));
        else
            put_ordinary(t, flow);
        for (size_t i = first; i < t->count; i++) {
            t->segments[i].frame.number = i + 1;
            t->segments[i].time = time_of(t, clocks);
        }
    }
}

/* ---- both ways ---- */

struct said {
    uint64_t verdicts, digest;
    struct tcprst_statistics statistics;
};

static void digest(uint64_t *sum, uint64_t value)
{
    *sum = (*sum ^ value) * 0x9e3779b97f4a7c15u;
    *sum ^= *sum >> 29;
}

static void on_verdict(void *user, const struct tcprst_verdict *v)
{
    struct said *said = user;
    uint64_t *sum = &said->digest;
    char text[1000];
    size_t length = tcprst_verdict_summary(v, NULL, text, sizeof text);
    said->verdicts++;
    for (size_t i = 0; i < length && i < sizeof text; i++)
        digest(sum, (uint8_t)text[i]);
#define MEMBER_NUMBER(member)
#define MEMBER_WORD(member) digest(sum, (uint64_t)v->member);
#define MEMBER_FLAG(member) digest(sum, v->member);
#define MEMBER_COUNT(member) digest(sum, (uint64_t)v->member);
#define MEMBER_SECONDS(member) digest(sum, (uint64_t)v->member);
#define MEMBER_FRAME(member) digest(sum, v->member.number);
#define MEMBER_CAPTURE(member)
#define MEMBER_TEXT(member)
#define MEMBER_LIST(member)
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    MEMBER_##KIND(member)
#include "tcprst/verdict.def"
    digest(sum, v->connection);
    digest(sum, v->reused_from.number);
    for (unsigned i = 0; i < v->alternative_count; i++)
        digest(sum, v->alternatives[i].cause * 8u + v->alternatives[i].strength);
    for (unsigned i = 0; i < v->evidence_count; i++) {
        digest(sum, v->evidence[i].fact * 2u + v->evidence[i].holds);
        digest(sum, v->evidence[i].frame.number);
        digest(sum, (uint64_t)v->evidence[i].a);
        digest(sum, (uint64_t)v->evidence[i].b);
    }
}

/* Leaves out what need not be fed, but for one in three. Returns how many. */
static uint64_t leave_out(struct traffic *t, const struct tcprst_glance *glance)
{
    uint64_t count, left_out = 0;
    const uint64_t *telling = tcprst_glance_telling(glance, &count);
    size_t kept = 0;
    uint16_t before = 0;
    for (size_t i = 0; telling && i < t->count; i++) {
        if (i < count && !(telling[i / 64] >> i % 64 & 1) && !one_in(3)) {
            before++;
            left_out++;
            continue;
        }
        t->segments[kept] = t->segments[i];
        t->segments[kept++].left_out = before;
        before = 0;
    }
    t->count = telling ? kept : t->count;
    return left_out;
}

/* expecting: else each segment is fed unexpected. */
static struct said judge(const struct traffic *t, struct tcprst_glance *glance, bool expecting)
{
    struct said said = {0};
    struct tcprst_options options = {.on_verdict = on_verdict, .user = &said, .glance = glance};
    struct tcprst *core = tcprst_new(&options);
    for (size_t i = 0, n; i < t->count; i += n) {
        n = 1 + (size_t)(chance() % BATCH_MOST);
        n = n < t->count - i ? n : t->count - i;
        if (expecting)
            tcprst_expect(core, &t->segments[i], n);
        for (size_t j = i; j < i + n; j++)
            tcprst_feed(core, &t->segments[j], NULL);
    }
    tcprst_finish(core);
    tcprst_statistics(core, &said.statistics);
    tcprst_free(core);
    return said;
}

static struct tcprst_glance *glance_at(const struct traffic *t, size_t count, size_t most)
{
    struct tcprst_glance *glance = tcprst_glance_new(most, chance());
    for (size_t i = 0, n; i < count; i += n) {
        n = 1 + (size_t)(chance() % BATCH_MOST);
        n = n < count - i ? n : count - i;
        if (!tcprst_glance_take(glance, &t->segments[i], n)) {
            tcprst_glance_free(glance);
            return NULL;
        }
    }
    if (tcprst_glance_finish(glance))
        return glance;
    tcprst_glance_free(glance);
    return NULL;
}

static bool same(const struct said *a, const struct said *b)
{
    const struct tcprst_statistics *x = &a->statistics, *y = &b->statistics;
    return a->verdicts == b->verdicts && a->digest == b->digest && x->segments == y->segments &&
           x->duplicates == y->duplicates && x->resets == y->resets && x->events == y->events &&
           x->connections == y->connections &&
           memcmp(x->connections_by_ending, y->connections_by_ending,
                  sizeof x->connections_by_ending) == 0;
}

/* How many connections it takes two for whose addresses differ in top bits only. */
static uint64_t connections_of_two(void)
{
    static struct traffic t;
    put(&t, 0, false, TCPRST_ACK, 0);
    t.segments[t.count] = t.segments[0];
    for (unsigned octet = 7; octet < 16; octet += 4)
        t.segments[t.count].source[octet] ^= 0x80;
    t.count++;
    struct tcprst_glance *glance = glance_at(&t, t.count, 0);
    struct said some = judge(&t, glance, true);
    tcprst_glance_free(glance);
    return some.statistics.connections;
}

int main(void)
{
    static struct traffic traffic;
    uint64_t verdicts = 0, passed = 0, connections = 0, unequal = 0, left_out = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        chance_state = round;
        make(&traffic, round % 4 ? 40 : 8, (enum clocks)(round % CLOCKS));
        struct said all = judge(&traffic, NULL, true);
        /* At times the capture has grown since the glance. */
        size_t glanced = round % 5 ? traffic.count : traffic.count / 2;
        struct tcprst_glance *glance = glance_at(&traffic, glanced, 0);
        size_t count = traffic.count;
        if (glance && round % 7)
            left_out += leave_out(&traffic, glance);
        struct said some = judge(&traffic, glance, round % 3);
        bool is_same =
            glance && (glanced < count ? all.verdicts == some.verdicts : same(&all, &some));
        if (!is_same)
            printf("round %u: not the same\n", round);
        unequal += !is_same;
        verdicts += all.verdicts;
        connections += all.statistics.connections;
        passed += some.statistics.passed_by[TCPRST_ENDING_OPEN] +
                  some.statistics.passed_by[TCPRST_ENDING_FIN];
        tcprst_glance_free(glance);
    }
    /* More connections than a table has room for: it hangs on all of them which are given up. */
    unequal += glance_at(&traffic, traffic.count, 4) != NULL;
    unequal += connections_of_two() != 2;
    printf("%llu verdicts, %llu connections, of which %llu were not followed; %llu segments left "
           "out; %llu differences\n",
           (unsigned long long)verdicts, (unsigned long long)connections,
           (unsigned long long)passed, (unsigned long long)left_out, (unsigned long long)unequal);
    return unequal || passed * 4 < connections || verdicts < 100 || left_out < SEGMENTS;
}
