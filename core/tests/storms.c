/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storms [FROM UNTIL]: what the core says of storms of RSTs, some alike and some not, on a few
 * connections; what it says when each is looked at as it comes, or later; one line a storm. The
 * same program is built with and without shortcuts, and test_storms.py compares what both say.
 */
#include "tcprst.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONNECTIONS = 4, HEADER = 20, MICROSECOND = 1000, MILLISECOND = 1000000 };
enum { PEEK_EACH = 1, PEEK_BACK = 2 };

struct end {
    uint32_t seq, ack;
    uint16_t ip_id;
    uint8_t ttl;
};

struct storm {
    struct tcprst *core;
    uint64_t random, digest, verdicts, peeks;
    uint64_t frame, resets;
    int64_t now; /* nanoseconds */
    unsigned peeking;
    bool legs, twice; /* packets have legs; most come twice */
    struct tcprst_segment last;
    struct end ends[CONNECTIONS][2];
};

/* 0 to below - 1. */
static uint32_t any(struct storm *storm, uint32_t below)
{
    storm->random ^= storm->random << 13;
    storm->random ^= storm->random >> 7;
    storm->random ^= storm->random << 17;
    return (uint32_t)(storm->random >> 20) % below;
}

static void note(struct storm *storm, uint64_t value)
{
    storm->digest = (storm->digest ^ value) * 0x100000001b3u;
    storm->digest ^= storm->digest >> 29;
}

static void note_verdict(struct storm *storm, const struct tcprst_verdict *v)
{
    const uint64_t values[] = {v->reset,
                               v->cause,
                               v->strength,
                               v->group_strength,
                               v->stage,
                               v->acceptance,
                               v->effect,
                               v->sender,
                               v->origin,
                               v->severity,
                               v->trigger.number,
                               v->event.number,
                               v->idle,
                               v->data_idle,
                               v->age,
                               v->closed_first,
                               v->peer_error,
                               v->duplicate_of.number,
                               v->risk_to_sender,
                               v->alternative_count,
                               v->evidence_count,
                               v->origin_strength,
                               v->settled_by};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        note(storm, values[i]);
    for (unsigned i = 0; i < v->alternative_count; i++)
        note(storm, (uint64_t)v->alternatives[i].cause << 8 | v->alternatives[i].strength);
    for (unsigned i = 0; i < v->evidence_count; i++) {
        const struct tcprst_evidence *e = &v->evidence[i];
        note(storm, (uint64_t)e->fact << 2 | (unsigned)e->holds << 1 | e->against);
        note(storm, e->frame.number);
        note(storm, (uint64_t)e->a);
        note(storm, (uint64_t)e->b);
    }
}

/* All that was weighed, also what the verdict does not show. */
static void note_ledger(struct storm *storm, const struct tcprst_finding *finding)
{
    struct tcprst_ledger_line lines[TCPRST_MAX_LEDGER];
    size_t count = tcprst_ledger(storm->core, finding->cause, lines, TCPRST_MAX_LEDGER);
    note(storm, (uint64_t)finding->cause << 32 | finding->total << 1 | finding->excluded);
    note(storm, finding->trigger.number);
    for (size_t i = 0; i < count; i++) {
        note(storm, (uint64_t)lines[i].state << 8 | lines[i].cost);
        if (lines[i].has_fact)
            note(storm, (uint64_t)lines[i].fact.fact << 1 | lines[i].fact.holds);
    }
}

static void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    struct storm *storm = user;
    struct tcprst_finding findings[TCPRST_CAUSE_COUNT];
    size_t count = tcprst_findings(storm->core, findings, TCPRST_CAUSE_COUNT);
    storm->verdicts++;
    note_verdict(storm, verdict);
    for (size_t i = 0; i < count; i++)
        note_ledger(storm, &findings[i]);
}

static void peek(struct storm *storm, uint64_t reset)
{
    struct tcprst_verdict verdict;
    if (reset >= storm->resets || !tcprst_peek(storm->core, reset, &verdict))
        return;
    storm->peeks++;
    note_verdict(storm, &verdict);
}

static void feed(struct storm *storm)
{
    uint64_t reset;
    storm->last.frame.number = ++storm->frame;
    storm->last.time = storm->now;
    bool is_reset = tcprst_feed(storm->core, &storm->last, &reset);
    storm->resets += is_reset;
    if (is_reset && (storm->peeking & PEEK_EACH))
        peek(storm, reset);
    if (storm->resets && (storm->peeking & PEEK_BACK) && any(storm, 20) == 0)
        peek(storm, storm->resets - 1 - any(storm, any(storm, 3) ? 20 : 300));
}

/* A packet of end d of connection c. */
static void send(struct storm *storm, unsigned c, unsigned d, const struct tcprst_segment *what)
{
    static const uint8_t bytes[HEADER];
    struct tcprst_segment *s = &storm->last;
    *s = *what;
    s->layer = 1;
    s->ip_version = 4;
    s->ip_header = s->window_known = true;
    s->header_length = s->captured = HEADER;
    s->length = HEADER + s->payload_length;
    s->bytes = bytes;
    s->leg = storm->legs ? (uint16_t)(2 + any(storm, 2)) : 0;
    s->source[0] = s->destination[0] = 10;
    s->source[3] = (uint8_t)(d ? 200 : 1);
    s->destination[3] = (uint8_t)(d ? 1 : 200);
    s->source_port = (uint16_t)(d ? 80 : 40000 + c);
    s->destination_port = (uint16_t)(d ? 40000 + c : 80);
    feed(storm);
    if (any(storm, storm->twice ? 2 : 30))
        return;
    storm->now += any(storm, 2) ? 100 : 2 * MILLISECOND;
    s->ttl = (uint8_t)(s->ttl - any(storm, 2));
    feed(storm);
}

static void say(struct storm *storm, unsigned c, unsigned d, uint16_t flags, uint32_t text)
{
    struct end *x = &storm->ends[c][d], *y = &storm->ends[c][!d];
    if (flags & TCPRST_ACK && any(storm, 6))
        x->ack = y->seq;
    send(storm, c, d,
         &(struct tcprst_segment){.flags = flags,
                                  .seq = x->seq,
                                  .ack = flags & TCPRST_ACK ? x->ack : 0,
                                  .payload_length = text,
                                  .window = any(storm, 30) ? 64240 : 0,
                                  .ip_id = ++x->ip_id,
                                  .ttl = x->ttl});
    x->seq += text + (flags & (TCPRST_SYN | TCPRST_FIN) ? 1 : 0);
}

static void open_connection(struct storm *storm, unsigned c)
{
    storm->ends[c][0].seq += 1000 + any(storm, 100000);
    say(storm, c, 0, TCPRST_SYN, 0);
    storm->now += 20 * MICROSECOND;
    if (any(storm, 5))
        say(storm, c, 1, TCPRST_SYN | TCPRST_ACK, 0);
    storm->now += 20 * MICROSECOND;
    if (any(storm, 5))
        say(storm, c, 0, TCPRST_ACK, 0);
}

/* RSTs of end d, most of them alike, perhaps with segments of the other end between them. */
static void blow(struct storm *storm, unsigned c, unsigned d, unsigned count)
{
    static const int64_t steps[] = {0,
                                    20 * MICROSECOND,
                                    400 * MICROSECOND,
                                    3 * MILLISECOND,
                                    50 * MILLISECOND,
                                    300 * MILLISECOND,
                                    INT64_C(2000) * MILLISECOND};
    enum { USUAL = 5, STEPS = sizeof steps / sizeof *steps };
    enum { BETWEEN, SELDOM, BEHIND, NEVER }; /* BEHIND: captured after what it drew */
    struct end *x = &storm->ends[c][d], *y = &storm->ends[c][!d];
    unsigned between = any(storm, NEVER + 1), both = any(storm, 5), ids = any(storm, 3);
    int64_t step = steps[any(storm, USUAL)];
    struct tcprst_segment rst = {.flags = TCPRST_RST, .ttl = x->ttl};
    rst.seq = any(storm, 2) ? y->ack : any(storm, 4) ? x->seq : x->seq + any(storm, 2000);
    if (any(storm, 2)) {
        rst.flags |= TCPRST_ACK;
        rst.ack = x->ack;
    }
    rst.ip_id = (uint16_t)any(storm, 60000);
    for (unsigned i = 0; i < count; i++) {
        storm->now += any(storm, 60) ? step : steps[any(storm, STEPS)];
        if (between == BETWEEN || (between == SELDOM && any(storm, 10) == 0))
            say(storm, c, !d, TCPRST_ACK, any(storm, 3) ? 100 : 0);
        rst.ip_id = (uint16_t)(ids ? rst.ip_id + ids - 1 : 0);
        struct tcprst_segment other = rst;
        if (any(storm, 50) == 0)
            other.ttl = (uint8_t)(other.ttl - any(storm, 9));
        if (any(storm, 90) == 0)
            other.seq += any(storm, 3) * 10;
        if (any(storm, 90) == 0)
            other.window = (uint16_t)any(storm, 3);
        send(storm, c, both || any(storm, 3) ? d : !d, &other);
        if (between == BEHIND && any(storm, 3)) {
            storm->now += any(storm, 2) ? 0 : 100 * MICROSECOND;
            say(storm, c, !d, TCPRST_ACK, any(storm, 3) ? 100 : 0);
        }
    }
}

static void tell(uint64_t number)
{
    struct storm storm = {.random = number * 0x9e3779b97f4a7c15u + 1,
                          .digest = 0xcbf29ce484222325u,
                          .now = INT64_C(1700000000000000000)};
    const struct tcprst_options options = {
        .on_verdict = on_verdict, .user = &storm, .hash_seed = 1};
    storm.core = tcprst_new(&options);
    if (!storm.core)
        exit(2);
    for (unsigned i = 0; i < 9; i++)
        any(&storm, 2);
    storm.peeking = any(&storm, 4);
    storm.legs = any(&storm, 6) == 0;
    storm.twice = any(&storm, 6) == 0;
    for (unsigned c = 0; c < CONNECTIONS; c++)
        for (unsigned d = 0; d < 2; d++)
            storm.ends[c][d] = (struct end){.seq = any(&storm, 1U << 31), .ttl = d ? 60 : 64};
    bool large = any(&storm, 3) == 0;
    for (unsigned i = 0; i < (large ? 12 : 60); i++) {
        unsigned c = any(&storm, 1 + any(&storm, CONNECTIONS)), d = any(&storm, 2);
        storm.now += (int64_t)any(&storm, 50) * MILLISECOND;
        if (any(&storm, 9) == 0)
            open_connection(&storm, c);
        else if (any(&storm, 2))
            say(&storm, c, d, any(&storm, 8) ? TCPRST_ACK : TCPRST_ACK | TCPRST_FIN,
                any(&storm, 3) ? any(&storm, 1400) : 0);
        else
            blow(&storm, c, d, 1 + any(&storm, large ? 700 : 90));
    }
    tcprst_finish(storm.core);
    tcprst_free(storm.core);
    printf("%" PRIu64 ": %" PRIu64 " verdicts, %" PRIu64 " looks: %016" PRIx64 "\n", number,
           storm.verdicts, storm.peeks, storm.digest);
}

int main(int argc, char **argv)
{
    uint64_t from = argc > 2 ? strtoull(argv[1], NULL, 10) : 90,
             until = argc > 2 ? strtoull(argv[2], NULL, 10) : 150;
    for (; from < until; from++)
        tell(from);
    return 0;
}
