/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_room.c - where there is no room for every connection: what goes first, that verdicts say so,
 * that none is lost, and that what was lost is counted.
 */
#include "forgotten.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE = 10, CAP = 60 };

static void play(struct feeder *f, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        f->time += steps[i].wait_ms * (int64_t)MILLISECOND;
        feed(f, &steps[i]);
    }
}
#define PLAY(feeder, steps) play(feeder, steps, sizeof(steps) / sizeof *(steps))

static const struct step talk[] = {
    OPENING, {CLIENT, ACK, 1, 1, 50, 1}, {SERVER, ACK, 1, 51, 80, 1}, {CLIENT, ACK, 51, 81, 0, 1}};
static const struct step forgot[] = {{CLIENT, ACK, 51, 81, 60, 1}, {SERVER, RST, 81, 0, 0, 1}};

/* What fills a table and is not worth keeping. */
static const struct step closed[] = {OPENING,
                                     {CLIENT, FIN | ACK, 1, 1, 0, 1},
                                     {SERVER, FIN | ACK, 1, 2, 0, 1},
                                     {CLIENT, ACK, 2, 2, 0, 1}};
static const struct step refused[] = {{CLIENT, SYN, 0, 0, 0, 1},
                                      {SERVER, RST | ACK, UINT32_MAX, 1, 0, 1}};
static const struct step unanswered[] = {{CLIENT, SYN, 0, 0, 0, 2}};
static const struct step bare[] = {OPENING};

static const struct filler {
    const char *name;
    const struct step *steps;
    size_t count;
    bool open; /* so they are counted */
} fillers[] = {
    {"closed by FIN", closed, sizeof closed / sizeof *closed, false},
    {"refused", refused, sizeof refused / sizeof *refused, false},
    {"unanswered", unanswered, sizeof unanswered / sizeof *unanswered, false},
    {"without data", bare, sizeof bare / sizeof *bare, true},
};

static bool admits(const struct tcprst_verdict *v, enum tcprst_fact fact)
{
    for (unsigned i = 0; i < v->evidence_count; i++)
        if (v->evidence[i].fact == fact && v->evidence[i].holds)
            return true;
    return false;
}

static bool rests_on_room(const struct tcprst_verdict *v)
{
    return admits(v, TCPRST_FACT_GIVEN_UP);
}

/* Ten connections that pause for minutes while thousands of others come and go are remembered: the
 * verdicts are those of a table without bound. */
static void test_idle_ones_stay(const struct filler *filler)
{
    enum { OTHERS = 3000 };
    static struct answers answers[2];
    for (int bounded = 0; bounded < 2; bounded++) {
        struct feeder f = {
            start(&answers[bounded], bounded ? CAP : 0), 0, SECOND, {100, 200}, {0, 0}, 0};
        for (f.client = 0; f.client < IDLE; f.client++)
            PLAY(&f, talk);
        for (f.client = 1000; f.client < 1000 + OTHERS; f.client++) {
            play(&f, filler->steps, filler->count);
            f.time += 100 * MILLISECOND;
        }
        f.time += 10 * (int64_t)SECOND;
        feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
        memset(&answers[bounded], 0, sizeof answers[bounded]);
        answers[bounded].gaps = true;
        for (f.client = 0; f.client < IDLE; f.client++)
            PLAY(&f, forgot);
        struct tcprst_statistics end = stop(f.core);
        EXPECT(answers[bounded].count == IDLE);
        EXPECT((end.connections_given_up > 0) == bounded);
        EXPECT((end.open_given_up > 0) == (bounded && filler->open));
    }
    for (unsigned i = 0; i < IDLE; i++) {
        const struct tcprst_verdict *v = &answers[1].verdicts[i];
        if (v->cause != answers[0].verdicts[i].cause)
            printf("%s: %s, %s where there is room\n", filler->name, tcprst_cause_id(v->cause),
                   tcprst_cause_id(answers[0].verdicts[i].cause));
        EXPECT(v->idle > 250 * (int64_t)SECOND && !rests_on_room(v));
        EXPECT(v->cause == answers[0].verdicts[i].cause);
        EXPECT(v->strength == answers[0].verdicts[i].strength);
    }
}

/* Where even such ones have to go, each verdict on one that went says so, and no more than that it
 * is possible; those that stayed are judged as ever. */
static void test_given_up(void)
{
    enum { TALKED = 4 * CAP };
    static struct answers answers;
    struct feeder f = {start(&answers, CAP), 0, SECOND, {100, 200}, {0, 0}, 0};
    for (f.client = 0; f.client < TALKED; f.client++) {
        PLAY(&f, talk);
        f.time += 2 * (int64_t)SECOND;
    }
    struct tcprst_statistics now;
    tcprst_statistics(f.core, &now);
    EXPECT(now.connections_live <= CAP && now.open_given_up >= TALKED - CAP);
    unsigned given_up = 0;
    for (f.client = TALKED; f.client-- > 0;)
        PLAY(&f, forgot);
    stop(f.core);
    EXPECT(answers.count == TALKED);
    /* The newest first: they were kept. */
    for (unsigned i = 0; i < MAX_VERDICTS; i++) {
        const struct tcprst_verdict *v = &answers.verdicts[i];
        given_up += rests_on_room(v);
        EXPECT(rests_on_room(v) == (v->stage == TCPRST_STAGE_MID_STREAM));
        EXPECT(!rests_on_room(v) || v->strength <= TCPRST_STRENGTH_POSSIBLE);
        EXPECT(rests_on_room(v) || v->strength >= TCPRST_STRENGTH_LIKELY);
    }
    EXPECT(given_up > 0 && given_up < MAX_VERDICTS);
}

/* Others come and go, and whatever is over by then is let go. */
static void let_pass(struct feeder *f, int64_t time)
{
    static unsigned others = 100000;
    unsigned client = f->client, end = others + 2 * IDLE;
    f->time += time;
    for (f->client = others; f->client < end; f->client++)
        PLAY(f, closed);
    others = end;
    f->client = client;
}

/* The rest of a connection: each segment is answered by a RST. */
static const struct step goes_on[] = {{CLIENT, ACK, 51, 81, 60, 1},
                                      {SERVER, RST, 81, 0, 0, 1},
                                      {CLIENT, ACK, 51, 81, 60, 300},
                                      {SERVER, RST, 81, 0, 0, 1}};

/* What was over is forgotten after minutes, room or not: a verdict on what still comes of it says
 * so for hours, and is no more than possible; of what was never captured it is as sure as ever. */
static void test_over(const struct filler *filler)
{
    const struct {
        int64_t time;
        bool known, marked;
    } waits[] = {
        {100, true, false}, {400, false, true}, {7500, false, true}, {30000, false, false}};
    for (size_t w = 0; w < sizeof waits / sizeof *waits && !filler->open; w++) {
        static struct answers answers;
        struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 0};
        for (f.client = 0; f.client < IDLE; f.client++)
            play(&f, filler->steps, filler->count);
        /* Hours pass in some steps, as they do where there is traffic. */
        for (int i = 0; i < 10; i++)
            let_pass(&f, waits[w].time * (int64_t)SECOND / 10);
        memset(&answers, 0, sizeof answers);
        answers.gaps = true;
        for (f.client = 0; f.client < 2 * IDLE; f.client++)
            PLAY(&f, goes_on);
        stop(f.core);
        EXPECT(answers.count == 4 * IDLE);
        for (unsigned i = 0; i < 2 * IDLE; i++) {
            const struct tcprst_verdict *v = &answers.verdicts[2 * i];
            bool marked = admits(v, TCPRST_FACT_OVER_BEFORE);
            EXPECT(marked == (i < IDLE && waits[w].marked) && !rests_on_room(v));
            EXPECT(!marked || v->strength == TCPRST_STRENGTH_POSSIBLE);
            EXPECT(i < IDLE || v->strength >= TCPRST_STRENGTH_LIKELY);
            EXPECT(i >= IDLE || waits[w].known || v->stage == TCPRST_STAGE_MID_STREAM);
        }
    }
}

/* What was over and begins anew is judged by that. */
static void test_over_and_anew(void)
{
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 0};
    PLAY(&f, closed);
    let_pass(&f, 400 * (int64_t)SECOND);
    PLAY(&f, refused);
    stop(f.core);
    EXPECT(answers.count == 1 && !admits(&answers.verdicts[0], TCPRST_FACT_OVER_BEFORE));
    EXPECT(answers.verdicts[0].strength >= TCPRST_STRENGTH_LIKELY);
}

/* Every RST has its verdict, whatever the bound, and the table stays within it but for those whose
 * RSTs are pending. */
static void test_tiny_tables(void)
{
    enum { CLIENTS = 400 };
    static struct answers answers;
    for (unsigned cap = 1; cap <= 100; cap++)
        for (int gap_ms = 0; gap_ms <= 6000; gap_ms += 6000) {
            struct feeder f = {start(&answers, cap), 0, SECOND, {100, 200}, {0, 0}, 0};
            for (f.client = 0; f.client < CLIENTS; f.client++) {
                if (f.client % 3 == 0)
                    PLAY(&f, refused);
                else
                    PLAY(&f, talk);
                if (f.client % 3 == 1)
                    PLAY(&f, forgot);
                f.time += gap_ms * (int64_t)MILLISECOND;
            }
            struct tcprst_statistics now;
            tcprst_statistics(f.core, &now);
            EXPECT(gap_ms == 0 || now.connections_live <= cap + 1);
            struct tcprst_statistics end = stop(f.core);
            EXPECT(answers.count == (CLIENTS + 2) / 3 + (CLIENTS + 1) / 3);
            EXPECT(end.resets == answers.count && answers.connections == end.connections);
            EXPECT(end.connections_given_up > 0);
        }
}

/* Of many that opened at the same time each gets its answer later. */
static void answer(struct feeder *f, unsigned how)
{
    static const struct step rest[] = {
        {SERVER, SYN | ACK, 0, 1, 0, 1}, {CLIENT, ACK, 1, 1, 50, 1}, {SERVER, RST, 1, 0, 0, 1}};
    static const struct step again[] = {{CLIENT, SYN, 0, 0, 0, 1},
                                        {SERVER, RST | ACK, UINT32_MAX, 1, 0, 1}};
    if (how == 0)
        PLAY(f, rest);
    else if (how == 1)
        PLAY(f, again);
    else
        play(f, &again[1], 1);
}

/* An embryo that grows is not the one that goes: every RST is reported, whatever the bound. */
static void test_answers_to_openings(void)
{
    enum { CLIENTS = 400 };
    static const unsigned rounds[] = {1, 7, 50, CLIENTS};
    static struct answers answers;
    for (unsigned cap = 1; cap <= 100; cap++)
        for (unsigned r = 0; r < 2 * sizeof rounds / sizeof *rounds; r++) {
            unsigned together = rounds[r / 2];
            struct feeder f = {start(&answers, cap), 0, SECOND, {100, 200}, {0, 0}, 0};
            for (unsigned first = 0; first < CLIENTS; first += together) {
                unsigned end = first + together < CLIENTS ? first + together : CLIENTS;
                for (f.client = first; f.client < end; f.client++)
                    PLAY(&f, unanswered);
                f.time += r % 2 ? 3 * (int64_t)SECOND : 0;
                for (f.client = first; f.client < end; f.client++)
                    answer(&f, f.client % 3);
            }
            struct tcprst_statistics stopped = stop(f.core);
            EXPECT(answers.count == CLIENTS && stopped.resets == CLIENTS);
            EXPECT(answers.connections == stopped.connections && !stopped.out_of_memory);
            EXPECT(stopped.connections >= CLIENTS);
        }
}

/* A bound that pending RSTs went beyond holds again once their verdicts are final. */
static void test_back_within_bound(void)
{
    static struct answers answers;
    struct feeder f = {start(&answers, 10), 0, SECOND, {100, 200}, {0, 0}, 0};
    struct tcprst_statistics now;
    for (f.client = 0; f.client < 1000; f.client++)
        PLAY(&f, refused);
    tcprst_statistics(f.core, &now);
    EXPECT(now.connections_live >= 1000);
    f.time += 10 * (int64_t)SECOND;
    for (; f.client < 1700; f.client++)
        PLAY(&f, unanswered);
    tcprst_statistics(f.core, &now);
    EXPECT(now.connections_live <= 11);
    stop(f.core);
    EXPECT(answers.count == 1000);
}

/* ---- Fingerprints of what was given up ---- */

static uint64_t hash_of(uint64_t i)
{
    uint64_t z = i * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A SYN leaves what was noted of an opening where it is: what becomes of the connection then counts
 * all the same. */
static void test_forgotten_lives_again(void)
{
    struct forgotten *f = forgotten_new();
    for (unsigned i = 0; i < 4; i++) {
        forgotten_note(f, hash_of(i), KEEP_ONE_SIDED);
        EXPECT(!forgotten_take(f, hash_of(i), SYN, 0));
    }
    forgotten_note_over(f, hash_of(1), KEEP_ENDED, 0);
    forgotten_note(f, hash_of(2), KEEP_OPEN);
    forgotten_note_over(f, hash_of(3), KEEP_ENDED, 0);
    EXPECT(forgotten_take(f, hash_of(1), ACK, 0) == CONN_OVER);
    EXPECT(forgotten_take(f, hash_of(2), SYN, 0) == CONN_FORGOTTEN);
    EXPECT(forgotten_take(f, hash_of(3), RST, 0) == CONN_OVER);
    for (unsigned i = 1; i < 4; i++)
        EXPECT(!forgotten_take(f, hash_of(i), ACK, 0));
    forgotten_free(f);
}

static void test_forgotten(void)
{
    enum { SOME = 10000, MANY = 2000000 };
    struct forgotten *f = forgotten_new();
    EXPECT(!forgotten_take(f, hash_of(1), ACK, 0));
    for (unsigned i = 0; i < SOME; i++)
        forgotten_note(f, hash_of(i), (enum keeping)(i % KEEPINGS));
    for (unsigned i = 0; i < 2 * SOME; i += 2)
        EXPECT(forgotten_take(f, hash_of(i), ACK, 0) == (i < SOME ? CONN_FORGOTTEN : 0));
    /* A SYN begins anew what had ended, or had not begun. */
    for (unsigned i = 1; i < SOME; i += 2)
        EXPECT(!forgotten_take(f, hash_of(i), SYN, 0) == (i % KEEPINGS < KEEP_BARE));
    EXPECT(!forgotten_take(f, hash_of(1), ACK, 0));
    /* More than there is room for: then whatever began before the capture may be one of them; but
     * a flood of SYNs takes only those of like worth along. */
    for (unsigned i = 0; i < SOME; i++)
        forgotten_note(f, hash_of(i), KEEP_OPEN);
    for (unsigned i = SOME; i < MANY; i++)
        forgotten_note(f, hash_of(i), KEEP_ONE_SIDED);
    EXPECT(forgotten_take(f, hash_of(MANY), RST, 0) && !forgotten_take(f, hash_of(MANY), ACK, 0));
    for (unsigned i = 0; i < SOME; i++)
        EXPECT(forgotten_take(f, hash_of(i), SYN, 0));
    for (unsigned i = 0; i < MANY; i++)
        forgotten_note(f, hash_of(i), KEEP_OPEN);
    EXPECT(forgotten_take(f, hash_of(MANY), ACK, 0) && !forgotten_take(f, hash_of(MANY), SYN, 0));
    forgotten_free(f);
}

/* What was let go in time is remembered for hours, in little room; and where that is not enough it
 * is so for hours only. */
static void test_forgotten_over(void)
{
    enum { SOME = 300000, MANY = 1500000, MIB = 1 << 20 };
    const int64_t hours = 3600 * (int64_t)SECOND;
    int64_t now = 1000 * hours;
    struct forgotten *f = forgotten_new();
    for (unsigned i = 0; i < 100; i++)
        forgotten_note_over(f, hash_of(i % 10), KEEP_ENDED, now);
    EXPECT(forgotten_memory(f) < MIB / 16);
    for (unsigned i = 0; i < SOME; i++)
        forgotten_note_over(f, hash_of(i), (enum keeping)(i % 2), now);
    EXPECT(forgotten_memory(f) <= 16 * MIB + MIB / 16);
    EXPECT(!forgotten_take(f, hash_of(SOME), ACK, now));
    for (unsigned i = 0; i < SOME; i += 3)
        EXPECT(forgotten_take(f, hash_of(i), ACK, now) == CONN_OVER &&
               !forgotten_take(f, hash_of(i), ACK, now) &&
               !forgotten_take(f, hash_of(i + 1), SYN, now));
    now += 3 * hours;
    forgotten_note_over(f, hash_of(SOME), KEEP_ENDED, now);
    EXPECT(forgotten_take(f, hash_of(1), RST | ACK, now) == CONN_OVER);
    now += 4 * hours;
    forgotten_note_over(f, hash_of(SOME), KEEP_ENDED, now);
    EXPECT(!forgotten_take(f, hash_of(2), ACK, now));
    EXPECT(forgotten_take(f, hash_of(SOME), ACK, now) == CONN_OVER);
    /* Given up for want of room before that: it may have been open. */
    forgotten_note(f, hash_of(7), KEEP_OPEN);
    forgotten_note_over(f, hash_of(7), KEEP_ENDED, now);
    EXPECT(forgotten_take(f, hash_of(7), ACK, now) == CONN_FORGOTTEN);
    for (unsigned i = 0; i < MANY; i++)
        forgotten_note_over(f, hash_of(i), KEEP_ENDED, now);
    EXPECT(forgotten_take(f, hash_of(MANY), ACK, now) == CONN_OVER);
    for (unsigned i = 0; i < 2; i++)
        forgotten_note_over(f, hash_of(i), KEEP_ENDED, now += 4 * hours);
    EXPECT(!forgotten_take(f, hash_of(MANY), ACK, now));
    EXPECT(forgotten_memory(f) <= 32 * MIB + MIB / 16);
    forgotten_free(f);
}

/* More hosts than are remembered are counted. */
static void test_hosts_given_up(void)
{
    enum { HOSTS = 40000, REMEMBERED = 32768 };
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 0};
    for (f.client = 0; f.client < 10; f.client++)
        PLAY(&f, unanswered);
    struct tcprst_statistics now;
    tcprst_count(f.core, &now);
    EXPECT(now.hosts_given_up == 0 && now.segments == 10);
    for (; f.client < HOSTS; f.client++)
        PLAY(&f, unanswered);
    struct tcprst_statistics end = stop(f.core);
    EXPECT(end.hosts_given_up >= HOSTS - REMEMBERED && end.hosts_given_up < HOSTS);
}

int main(void)
{
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        test_idle_ones_stay(&fillers[i]), test_over(&fillers[i]);
    test_over_and_anew();
    test_given_up();
    test_tiny_tables();
    test_answers_to_openings();
    test_back_within_bound();
    test_forgotten();
    test_forgotten_over();
    test_forgotten_lives_again();
    test_hosts_given_up();
    printf("%u failures\n", failures);
    return failures ? 1 : 0;
}
