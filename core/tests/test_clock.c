/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_clock.c - a capture's clock that is set while it runs: live input, told of its pauses, gets
 * the verdicts that the same packets get from a file, and they are about what happened.
 */
#include "harness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 20, YEAR = 365 * 86400 };

struct set {
    int64_t by;       /* the clock is set by so many seconds, in or after one of the rounds */
    unsigned behind;  /* so many connections send behind it; where few, it is the last round */
    int64_t pause_ms; /* between two rounds nothing comes for so long */
};

static const struct set sets[] = {
    {0, 0, 200},
    /* between two rounds, which nothing tells from a pause where it is set forward */
    {30, 0, 0},
    {-30, 0, 0},
    {3600, 0, 0},
    {-3600, 0, 0},
    {INT64_C(5) * YEAR, 0, 0},
    {INT64_C(-5) * YEAR, 0, 0},
    {30, 0, 900},
    {-30, 0, 900},
    {3600, 0, 900},
    {-3600, 0, 900},
    {INT64_C(5) * YEAR, 0, 900},
    {INT64_C(-5) * YEAR, 0, 900},
    /* amid one */
    {30, 20, 0},
    {-30, 20, 0},
    {3600, 20, 300},
    {-3600, 20, 300},
    {INT64_C(5) * YEAR, 20, 300},
    {INT64_C(-5) * YEAR, 20, 300},
    /* with so few behind it that it cannot be known yet */
    {-30, 3, 2000},
    {-3600, 3, 2000},
    {INT64_C(-5) * YEAR, 3, 2000},
};

enum { ROUNDS = 4, SET_IN = 2, ABORTS = 3 };

struct stream {
    struct feeder f;
    bool live;
    struct answers *answers;
};

/* Nothing comes for so long. A live front door says so, now and then; what its other packets'
 * clock says, wrong or right, is heard too. */
static void pass(struct stream *s, int64_t ms)
{
    s->f.time += ms * MILLISECOND;
    for (int64_t waited = 200; s->live && waited <= ms; waited += 200)
        tcprst_silence(s->f.core, waited * MILLISECOND);
}

static void send(struct stream *s, unsigned connection, const struct step *step)
{
    s->f.client = connection;
    s->f.time += MILLISECOND;
    feed(&s->f, step);
}

static void set_clock(struct stream *s, const struct set *set)
{
    s->f.time += set->by * SECOND;
}

/* Each connection sends something and hears that it came. */
static void play_round(struct stream *s, const struct set *set, unsigned round)
{
    if (round > SET_IN && set->behind && set->behind < CONNECTIONS / 2)
        return;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        uint32_t sent = 1 + round * 100;
        if (round == SET_IN && i == CONNECTIONS - set->behind)
            set_clock(s, set);
        send(s, i, &(struct step){CLIENT, ACK, sent, 1, 100, 0});
        send(s, i, &(struct step){SERVER, ACK, 1, sent + 100, 0, 0});
    }
    if (round == SET_IN && !set->behind)
        set_clock(s, set);
    pass(s, set->pause_ms);
}

static void play_stream(struct stream *s, const struct set *set)
{
    static const struct step opening[] = {OPENING};
    for (unsigned i = 0; i < CONNECTIONS; i++)
        for (size_t j = 0; j < sizeof opening / sizeof *opening; j++)
            send(s, i, &opening[j]);
    unsigned rounds = set->behind && set->behind < CONNECTIONS / 2 ? SET_IN + 1 : ROUNDS;
    for (unsigned round = 0; round < rounds; round++)
        play_round(s, set, round);
    for (unsigned i = CONNECTIONS - ABORTS; i < CONNECTIONS; i++)
        send(s, i, &(struct step){SERVER, RST | ACK, 1, 1 + rounds * 100, 0, 0});
}

static bool same_evidence(const struct tcprst_evidence *a, const struct tcprst_evidence *b)
{
    return a->fact == b->fact && a->holds == b->holds && a->against == b->against &&
           a->frame.number == b->frame.number && a->frame.capture == b->frame.capture &&
           a->a == b->a && a->b == b->b;
}

static void test_set(const struct set *set)
{
    static struct answers answers[2];
    for (int live = 0; live < 2; live++) {
        int64_t begin = INT64_C(1795700000) * SECOND;
        struct stream s = {
            {start(&answers[live], 0), 0, begin, {100, 200}, {0, 0}, 0}, live, &answers[live]};
        play_stream(&s, set);
        /* A live monitor's answers do not wait for a packet to come. */
        pass(&s, 8000);
        EXPECT(answers[live].count == (live ? ABORTS : 0));
        stop(s.f.core);
        EXPECT(answers[live].count == ABORTS);
    }
    for (unsigned i = 0; i < ABORTS; i++) {
        int64_t idle = answers[0].verdicts[i].idle;
        int64_t most = (set->pause_ms + 100) * MILLISECOND;
        int64_t least = set->behind || !set->by ? set->pause_ms * MILLISECOND : 0;
        if (!(idle >= least && idle <= most))
            printf("set by %" PRId64 " s: idle %" PRId64 " ns\n", set->by, idle);
        EXPECT(idle >= least && idle <= most);
        struct tcprst_verdict *one = &answers[0].verdicts[i], *other = &answers[1].verdicts[i];
        one->cookie = other->cookie = NULL;
        EXPECT(memcmp(one, other, offsetof(struct tcprst_verdict, alternatives)) == 0);
        EXPECT(memcmp(one->alternatives, other->alternatives,
                      one->alternative_count * sizeof *one->alternatives) == 0);
        for (unsigned n = 0; n < one->evidence_count; n++)
            EXPECT(same_evidence(&one->evidence[n], &other->evidence[n]));
    }
}

/* A RST becomes final when the horizon has passed, by whatever tells so, and not before. */
static void test_horizon(void)
{
    static struct answers answers;
    for (int how = 0; how < 3; how++) {
        struct stream s = {
            {start(&answers, 0), 0, 100 * (int64_t)SECOND, {100, 200}, {0, 0}, 0}, true, &answers};
        send(&s, 1, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
        send(&s, 1, &(struct step){SERVER, RST | ACK, UINT32_MAX, 1, 0, 0});
        for (int ms = 4900; ms <= 5100; ms += 200) {
            EXPECT(answers.count == 0);
            if (how == 0)
                tcprst_silence(s.f.core, ms * (int64_t)MILLISECOND);
            else if (how == 1)
                tcprst_advance(s.f.core, s.f.time + ms * (int64_t)MILLISECOND);
        }
        if (how == 2) {
            /* One wrong time of a packet that is no segment holds until the next segment. */
            tcprst_advance(s.f.core, TCPRST_TIME_UNKNOWN);
            tcprst_advance(s.f.core, INT64_MIN + 1);
            EXPECT(answers.count == 0);
            tcprst_advance(s.f.core, INT64_MAX);
            send(&s, 2, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
            send(&s, 2, &(struct step){SERVER, RST | ACK, UINT32_MAX, 1, 0, 0});
            send(&s, 3, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
        }
        EXPECT(answers.count == 1);
        stop(s.f.core);
        EXPECT(answers.count == (how == 2 ? 2 : 1));
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        test_set(&sets[i]);
    test_horizon();
    printf("%u failures\n", failures);
    return failures ? 1 : 0;
}
