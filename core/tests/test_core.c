/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_core.c - what must hold whatever the numbers are: sequence numbers that wrap, times that are
 * absent or run backwards, counts beyond 32 bits, a table that is full. What the hypotheses must
 * tell apart is test_stories.c's matter, verdicts on recorded captures are test-captures/'s.
 */
#include "harness.h"
#include "sequence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Scripts, and what they are whatever their sequence numbers and times. */
struct script {
    const char *name;
    enum tcprst_cause cause;
    enum tcprst_stage stage;
    uint64_t trigger; /* frame, 0: none */
    struct step steps[12];
};

static const struct script scripts[] = {
    {"closed port",
     TCPRST_CAUSE_CLOSED_PORT,
     TCPRST_STAGE_SYN_SENT,
     1,
     {{CLIENT, SYN, 0, 0, 0, 0}, {SERVER, RST | ACK, UINT32_MAX, 1, 0, 20}}},
    {"restarted server",
     TCPRST_CAUSE_PEER_RESTARTED,
     TCPRST_STAGE_DATA,
     6,
     {OPENING,
      {CLIENT, ACK, 1, 1, 100, 1},
      {SERVER, ACK, 1, 101, 200, 20},
      {CLIENT, ACK, 101, 201, 50, 900},
      {SERVER, RST, 201, 0, 0, 20}}},
    {"data after close",
     TCPRST_CAUSE_DATA_AFTER_CLOSE,
     TCPRST_STAGE_CLOSING,
     7,
     {OPENING,
      {CLIENT, ACK, 1, 1, 100, 1},
      {SERVER, ACK, 1, 101, 0, 20},
      {SERVER, FIN | ACK, 1, 101, 0, 5},
      {CLIENT, ACK, 101, 2, 300, 1},
      {SERVER, RST, 2, 0, 0, 20}}},
    {"abort of a connection without data",
     TCPRST_CAUSE_SO_LINGER_ABORT,
     TCPRST_STAGE_ESTABLISHED_NO_DATA,
     0,
     {OPENING, {CLIENT, RST | ACK, 1, 1, 0, 300}}},
};

static void play(struct feeder *f, const struct script *script, int time_factor)
{
    for (size_t i = 0; i < sizeof script->steps / sizeof *script->steps; i++) {
        const struct step *step = &script->steps[i];
        if (!step->flags)
            break;
        if (f->time != TCPRST_TIME_UNKNOWN)
            f->time += (int64_t)step->wait_ms * MILLISECOND * time_factor;
        feed(f, step);
    }
}

static const struct script *script_named(const char *name)
{
    const struct script *script = scripts;
    while (strcmp(script->name, name) != 0)
        script++;
    return script;
}

/* ---- Tests ---- */

static void test_sequence_arithmetic(void)
{
    static const struct {
        uint32_t a, b;
        bool less;
        int32_t difference;
    } cases[] = {
        {0, 0, false, 0},
        {0, 1, true, -1},
        {1, 0, false, 1},
        {UINT32_MAX, 0, true, -1},
        {0, UINT32_MAX, false, 1},
        {0xfffffff0, 0x10, true, -0x20},
        {0x10, 0xfffffff0, false, 0x20},
        {0x7fffffff, 0x80000000, true, -1},
        {0x80000000, 1, false, 0x7fffffff},
        {0x80000001, 0, true, -0x7fffffff},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t a = cases[i].a, b = cases[i].b;
        EXPECT(seq_lt(a, b) == cases[i].less);
        EXPECT(seq_le(a, b) == (cases[i].less || a == b));
        EXPECT(seq_diff(a, b) == cases[i].difference);
        EXPECT(seq_max(a, b) == (cases[i].less ? b : a));
    }
    EXPECT(seq_between(0xfffffff0, 5, 0x10) && !seq_between(0xfffffff0, 0x11, 0x10));
    EXPECT(seq_between(5, 5, 5) && !seq_between(5, 4, 5) && !seq_between(5, 6, 5));
}

/* The same script says the same wherever on the cycle it stands. */
static void test_wrap(void)
{
    static const uint32_t places[] = {0,          1,          0x1000,     0x7fffffff, 0x80000000,
                                      0xfffffffe, 0xffffffff, 0xffffff9c, 0xffffff9d, 0xfffffff0};
    static struct answers answers;
    for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++)
        for (size_t p = 0; p < sizeof places / sizeof *places; p++)
            for (size_t q = 0; q < sizeof places / sizeof *places; q++) {
                struct feeder f = {start(&answers, 0),     0,      SECOND,
                                   {places[p], places[q]}, {0, 0}, 1};
                play(&f, &scripts[s], 1);
                stop(f.core);
                const struct tcprst_verdict *v = &answers.verdicts[0];
                EXPECT(answers.count == 1);
                EXPECT(v->cause == scripts[s].cause);
                EXPECT(v->stage == scripts[s].stage);
                EXPECT(v->trigger.number == scripts[s].trigger);
                EXPECT(v->acceptance == TCPRST_ACCEPTANCE_EXACT);
                if (v->cause != scripts[s].cause)
                    printf("    %s at %08" PRIx32 ", %08" PRIx32 ": %s\n", scripts[s].name,
                           places[p], places[q], tcprst_cause_id(v->cause));
            }
}

static void test_copy_behind_a_window(void)
{
    static const struct step opening[] = {OPENING};
    static struct answers answers;
    enum { SEGMENTS = 60 };
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        feed(&f, &opening[i]);
    for (uint32_t i = 0; i < SEGMENTS; i++)
        feed(&f, &(struct step){CLIENT, ACK, 1 + 1000 * i, 1, 1000, 0});
    const struct step abort = {CLIENT, RST | ACK, 1 + 1000 * SEGMENTS, 1, 0, 0};
    feed(&f, &abort);
    uint64_t original = f.frame;
    uint16_t id = f.ip_id[0];
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        f.time += MILLISECOND / 4;
        f.ip_id[0] = (uint16_t)(id - SEGMENTS + i - 1);
        feed(&f, &(struct step){CLIENT, ACK, 1 + 1000 * i, 1, 1000, 0});
    }
    f.ip_id[0] = id - 1;
    feed(&f, &abort);
    stop(f.core);
    EXPECT(answers.count == 2 && answers.verdicts[1].duplicate_of.number == original);
}

/* Of RSTs that are alike to the last bit, those of one leg are no copies of each other, and those
 * of the next are copies in the same order. */
static void test_copies_by_leg(void)
{
    static const struct step opening[] = {OPENING, {CLIENT, ACK, 1, 1, 100, 0}},
                             answer = {SERVER, RST, 1, 0, 0, 0};
    static struct answers answers;
    enum { COMING = 4, GOING = 7 };
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    leg = COMING;
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        feed(&f, &opening[i]);
    for (unsigned i = 0; i < 6; i++) {
        leg = i < 3 ? COMING : GOING;
        f.time += MILLISECOND;
        feed(&f, &answer);
    }
    leg = 0;
    stop(f.core);
    EXPECT(answers.count == 6);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(answers.verdicts[i].duplicate_of.number == 0);
        EXPECT(answers.verdicts[3 + i].duplicate_of.number == answers.verdicts[i].frame.number);
    }
}

/* How sure it is of what follows an abort, where the server's packets go on as they came or with
 * other numbers. */
static enum tcprst_strength strength_on_two_legs(uint32_t shift)
{
    static const struct step steps[] = {OPENING,
                                        {CLIENT, ACK, 1, 1, 100, 0},
                                        {SERVER, ACK, 1, 101, 100, 0},
                                        {CLIENT, ACK, 101, 101, 100, 0},
                                        {SERVER, ACK, 101, 201, 100, 0},
                                        {CLIENT, RST | ACK, 201, 201, 0, 0},
                                        {SERVER, ACK, 201, 201, 100, 0},
                                        {CLIENT, RST, 201, 0, 0, 0}};
    static struct answers answers;
    enum { COMING = 4, GOING = 7 };
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        leg = COMING;
        f.time += MILLISECOND;
        feed(&f, &steps[i]);
        if (!steps[i].from_server)
            continue;
        leg = GOING;
        f.ip_id[1]--;
        f.isn[1] += shift;
        feed(&f, &steps[i]);
        f.isn[1] -= shift;
    }
    leg = 0;
    stop(f.core);
    EXPECT(answers.count == 2 && answers.verdicts[1].cause == TCPRST_CAUSE_ECHO_OF_RESET);
    for (unsigned i = 0; i < answers.verdicts[1].evidence_count; i++)
        EXPECT(answers.verdicts[1].evidence[i].fact != TCPRST_FACT_OVER_BEFORE);
    return answers.verdicts[1].strength;
}

static void test_rewritten_numbers(void)
{
    EXPECT(strength_on_two_legs(0) == TCPRST_STRENGTH_CERTAIN);
    EXPECT(strength_on_two_legs(1000000) == TCPRST_STRENGTH_LIKELY);
}

/* A filter between the two places answers what it keeps back: however many segments, each there
 * once, they say nothing of whether packets come twice. */
static void test_long_row_between_places(void)
{
    static const struct step opening[] = {OPENING};
    static struct answers answers;
    enum { TALKS = 10, ROW = 60 };
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        feed_at_two_places(&f, &opening[i], 0);
    for (uint32_t i = 0; i < TALKS; i++) {
        f.time += MILLISECOND;
        feed_at_two_places(&f, &(struct step){CLIENT, ACK, 1 + 10 * i, 1 + 10 * i, 10, 0}, 0);
        feed_at_two_places(&f, &(struct step){SERVER, ACK, 1 + 10 * i, 11 + 10 * i, 10, 0}, 0);
    }
    for (uint32_t i = 0; i < ROW; i++) {
        f.time += MILLISECOND;
        feed_at_two_places(&f, &(struct step){SERVER, ACK | ONCE, 101 + 1000 * i, 101, 1000, 0}, 0);
        feed_at_two_places(&f, &(struct step){CLIENT, RST | ONCE, 101, 0, 0, 0}, 0);
    }
    stop(f.core);
    EXPECT(answers.count == ROW);
    for (unsigned i = 0; i < ROW; i++)
        EXPECT(answers.verdicts[i].origin != TCPRST_ORIGIN_ENDPOINT);
}

static void test_leg(void)
{
    static const uint8_t sll[16] = {0, 4}, sll2[20] = {8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4};
    static const uint8_t sll2_coming[20] = {8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0};
    enum { ETHERNET = 1, SLL = 113, SLL2 = 276 };
    EXPECT(tcprst_segment_leg(ETHERNET, sll2, sizeof sll2) == 0);
    EXPECT(tcprst_segment_leg(SLL, sll, sizeof sll) & 1);
    EXPECT(tcprst_segment_leg(SLL, sll, sizeof sll - 1) == 0);
    EXPECT(tcprst_segment_leg(SLL2, sll2, sizeof sll2) & 1);
    EXPECT(tcprst_segment_leg(SLL2, sll2_coming, sizeof sll2_coming) ==
           (tcprst_segment_leg(SLL2, sll2, sizeof sll2) & ~1));
    EXPECT(tcprst_segment_leg(SLL2, sll2, sizeof sll2 - 1) == 0);
}

/* No times, times that stand still or run backwards: an answer for every RST, in order, and what
 * the numbers alone say is still said. */
static void test_times(void)
{
    static const int factors[] = {0, -1, -1000};
    static struct answers answers;
    const struct script *closed = script_named("closed port");
    for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++) {
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
            struct feeder f = {start(&answers, 0), 0, 10 * (int64_t)SECOND, {100, 200}, {0, 0}, 1};
            play(&f, &scripts[s], factors[i]);
            stop(f.core);
            EXPECT(answers.count == 1);
            EXPECT(scripts + s != closed || answers.verdicts[0].cause == TCPRST_CAUSE_CLOSED_PORT);
        }
        struct feeder f = {start(&answers, 0), 0, TCPRST_TIME_UNKNOWN, {100, 200}, {0, 0}, 1};
        play(&f, &scripts[s], 1);
        stop(f.core);
        EXPECT(answers.count == 1);
        EXPECT(answers.verdicts[0].idle <= 0);
        EXPECT(scripts + s != closed || answers.verdicts[0].cause == TCPRST_CAUSE_CLOSED_PORT);
    }
}

/* Times at both ends of what 64 bits hold: no sum overflows (the sanitizer looks). */
static void test_extreme_times(void)
{
    static const int64_t times[] = {INT64_MIN + 1, INT64_MIN + 2, -1, 0, 1,
                                    INT64_MAX - 1, INT64_MAX};
    static struct answers answers;
    for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++)
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            struct feeder f = {start(&answers, 0), 0, times[i], {100, 200}, {0, 0}, 1};
            play(&f, &scripts[s], 0);
            f.client = 2;
            f.time = times[sizeof times / sizeof *times - 1 - i];
            play(&f, &scripts[s], 0);
            tcprst_advance(f.core, INT64_MAX);
            stop(f.core);
            EXPECT(answers.count == 2);
        }
}

/* One wrong time in the future must not freeze the clock: verdicts behind it still become final in
 * time, and pauses behind it are still seen. */
static void test_clock_set_back(void)
{
    static struct answers answers;
    const struct script *restarted = script_named("restarted server");
    struct feeder f = {start(&answers, 0), 0, 100 * (int64_t)SECOND, {100, 200}, {0, 0}, 1};
    f.time += INT64_C(1000000) * SECOND;
    feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
    f.time -= INT64_C(1000000) * SECOND;
    for (f.client = 100; f.client < 200; f.client++)
        feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
    f.client = 2;
    play(&f, restarted, 1);
    EXPECT(answers.count == 0);
    f.client = 3;
    f.time += 20 * (int64_t)SECOND;
    feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
    EXPECT(answers.count == 1);
    stop(f.core);
    EXPECT(answers.verdicts[0].cause == restarted->cause);
    EXPECT(answers.verdicts[0].idle == 900 * (int64_t)MILLISECOND);
}

/* Two clocks that differ, in turns, do not push the time on: a short connection stays short. */
static void test_two_clocks(void)
{
    static struct answers answers;
    const struct script *restarted = script_named("restarted server");
    struct feeder f = {start(&answers, 0), 0, 100 * (int64_t)SECOND, {100, 200}, {0, 0}, 1};
    for (size_t i = 0; restarted->steps[i].flags; i++) {
        f.time += (int64_t)restarted->steps[i].wait_ms * MILLISECOND;
        f.client = 1;
        feed(&f, &restarted->steps[i]);
        f.client = 2;
        f.time += 1000 * (int64_t)SECOND;
        feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
        f.time -= 1000 * (int64_t)SECOND;
    }
    stop(f.core);
    EXPECT(answers.count == 1);
    EXPECT(answers.verdicts[0].idle < 5 * (int64_t)SECOND);
}

/* More octets than 32 bits count, over several wraps of the sequence space. */
static void test_octets_beyond_32_bits(void)
{
    static const struct step opening[] = {OPENING};
    static struct answers answers;
    const uint32_t size = 60000;
    const uint64_t segments = 200000;
    struct feeder f = {start(&answers, 0), 0, SECOND, {0xffff0000, 5}, {0, 0}, 1};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        feed(&f, &opening[i]);
    for (uint64_t i = 0; i < segments; i++) {
        uint32_t seq = (uint32_t)(1 + i * size);
        f.time += MILLISECOND;
        feed(&f, &(struct step){CLIENT, ACK, seq, 1, size, 0});
        feed(&f, &(struct step){SERVER, ACK, 1, seq + size, 0, 0});
    }
    feed(&f, &(struct step){CLIENT, RST | ACK, (uint32_t)(1 + segments * size), 1, 0, 0});
    stop(f.core);
    EXPECT(answers.count == 1);
    EXPECT(answers.verdicts[0].acceptance == TCPRST_ACCEPTANCE_EXACT);
    EXPECT(answers.connections == 1);
    EXPECT(answers.last_connection.client.octets == segments * size);
    EXPECT(answers.last_connection.client.segments >= segments);
}

/* Frame numbers beyond 32 bits come back whole. */
static void test_frames_beyond_32_bits(void)
{
    static struct answers answers;
    const uint64_t before = (UINT64_C(1) << 32) - 3;
    for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++) {
        struct feeder f = {start(&answers, 0), before, SECOND, {100, 200}, {0, 0}, 1};
        play(&f, &scripts[s], 1);
        uint64_t last = f.frame;
        stop(f.core);
        EXPECT(answers.verdicts[0].frame.number == last);
        EXPECT(answers.verdicts[0].event.number == last);
        EXPECT(answers.verdicts[0].trigger.number ==
               (scripts[s].trigger ? before + scripts[s].trigger : 0));
    }
}

/* So do those of the earlier incarnation, of the original of a copy, and of a connection that was
 * packed away meanwhile; and the file with them. */
static void test_frames_kept_for_long(void)
{
    static struct answers answers;
    const uint64_t before = (UINT64_C(1) << 39) + 5;
    const struct script *closed = script_named("data after close");
    struct feeder f = {start(&answers, 0), before, SECOND, {100, 200}, {0, 0}, 1};
    file = 70000;
    play(&f, closed, 1);
    f.time += 30 * (int64_t)SECOND;
    for (f.client = 2; f.client < 500; f.client++) /* time for the sweeps to pack it */
        feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
    f.client = 1;
    f.time += 200 * (int64_t)SECOND;
    f.isn[0] += 1000000;
    f.isn[1] += 1000000;
    f.ip_id[0] += 1000;
    f.ip_id[1] += 1000;
    uint64_t again = f.frame + 1;
    file = 70001;
    play(&f, closed, 1);
    f.client = 2;
    static const struct step twice[] = {OPENING, {CLIENT, RST | ACK, 1, 1, 0, 0}};
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) { /* each packet, once more */
        feed(&f, &twice[i]);
        f.ip_id[twice[i].from_server]--;
        feed(&f, &twice[i]);
    }
    stop(f.core);
    file = 0;
    const struct tcprst_verdict *v = answers.verdicts;
    EXPECT(answers.count == 4);
    EXPECT(v[0].trigger.number == before + closed->trigger && v[0].trigger.capture == 70000);
    EXPECT(v[1].reused_from.number == again && v[1].reused_from.capture == 70001);
    EXPECT(v[1].trigger.number == again - 1 + closed->trigger && v[1].trigger.capture == 70001);
    EXPECT(v[3].duplicate_of.number == v[2].frame.number && v[3].duplicate_of.capture == 70001);
    EXPECT(v[3].frame.number == v[2].frame.number + 1);
}

/* A connection that was silent, and packed, says the same wherever its numbers stand. */
static void test_wrap_after_silence(void)
{
    static const uint32_t places[] = {0x1000, 0, 0x7fffffff, 0xffffff9b, 0xffffff38, 0xfffffffe};
    static const struct step story[] = {OPENING,
                                        {CLIENT, ACK, 1, 1, 100, 1},
                                        {SERVER, ACK, 1, 101, 200, 20},
                                        {CLIENT, ACK, 101, 201, 0, 1}};
    static struct answers answers;
    struct tcprst_verdict first = {0};
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
        struct feeder f = {start(&answers, 0), 0, SECOND, {places[p], places[p]}, {0, 0}, 1};
        for (size_t i = 0; i < sizeof story / sizeof *story; i++)
            feed(&f, &story[i]);
        f.time += 100 * (int64_t)SECOND;
        for (f.client = 2; f.client < 500; f.client++)
            feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
        f.client = 1;
        f.time += 300 * (int64_t)SECOND;
        feed(&f, &(struct step){CLIENT, ACK, 101, 201, 50, 0});
        f.time += 20 * MILLISECOND;
        feed(&f, &(struct step){SERVER, RST, 201, 0, 0, 0});
        stop(f.core);
        const struct tcprst_verdict *v = &answers.verdicts[0];
        first = p == 0 ? *v : first;
        EXPECT(answers.count == 1 && v->acceptance == TCPRST_ACCEPTANCE_EXACT);
        EXPECT(v->cause == first.cause && v->strength == first.strength);
        EXPECT(v->idle == 400 * (int64_t)SECOND && v->trigger.number == first.trigger.number);
        EXPECT(v->risk_to_sender == first.risk_to_sender &&
               v->risk_from_sender == first.risk_from_sender);
    }
}

/* Times that some packets carry and others do not, in every way. */
static void test_some_times(void)
{
    static struct answers answers;
    const struct script *closed = script_named("closed port");
    for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++)
        for (unsigned without = 0; without < 1u << 7; without++) {
            struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
            int64_t clock = SECOND;
            for (size_t i = 0; scripts[s].steps[i].flags; i++) {
                clock += scripts[s].steps[i].wait_ms * (int64_t)MILLISECOND;
                f.time = without >> i & 1 ? TCPRST_TIME_UNKNOWN : clock;
                feed(&f, &scripts[s].steps[i]);
            }
            stop(f.core);
            EXPECT(answers.count == 1);
            EXPECT(answers.verdicts[0].idle <= 2 * (int64_t)SECOND);
            EXPECT(scripts + s != closed || answers.verdicts[0].cause == TCPRST_CAUSE_CLOSED_PORT);
        }
}

/* More RSTs at once than can wait: the first become final early, which is counted, all in order. */
static void test_too_many_pending(void)
{
    enum { MANY = 65536 + 1000 };
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    for (int i = 0; i < MANY; i++, f.client++)
        feed(&f, &(struct step){SERVER, RST | ACK, 1, 1, 0, 0});
    EXPECT(answers.count == 1000);
    struct tcprst_statistics end = stop(f.core);
    EXPECT(end.verdicts_early == 1000);
    EXPECT(answers.count == MANY && end.resets == MANY && end.out_of_memory == 0);
}

/* A table that is full gives up connections, counts them, and still reports every RST. */
static void test_full_table(void)
{
    enum { CAP = 100, CLIENTS = 5000 };
    static struct answers answers;
    const struct script *closed = script_named("closed port");
    struct feeder f = {start(&answers, CAP), 0, SECOND, {100, 200}, {0, 0}, 0};
    for (f.client = 1; f.client <= CLIENTS; f.client++) {
        f.time += MILLISECOND;
        feed(&f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
        if (f.client % 10 == 0)
            play(&f, closed, 1);
    }
    struct tcprst_statistics now;
    tcprst_statistics(f.core, &now);
    EXPECT(now.connections_live <= CAP + CLIENTS / 10);
    EXPECT(now.connections_given_up > 0);
    struct tcprst_statistics end = stop(f.core);
    EXPECT(answers.count == CLIENTS / 10);
    EXPECT(end.resets + end.duplicates == CLIENTS / 10);
    EXPECT(answers.connections == end.connections);
    for (size_t i = 0; i < MAX_VERDICTS; i++)
        EXPECT(answers.verdicts[i].cause == TCPRST_CAUSE_CLOSED_PORT);
}

/* Ports used again, a burst that its receiver ignores, its copies, and clients enough for every
 * table to grow. Returns how many RSTs. */
static size_t play_all(struct feeder *f)
{
    size_t resets = 0;
    for (size_t i = 0; i < 2 * sizeof scripts / sizeof *scripts; i++, resets++) {
        play(f, &scripts[i / 2], 1);
        f->time += MILLISECOND;
    }
    f->client++;
    play(f, script_named("restarted server"), 1);
    for (int i = 0; i < 3; i++, resets++)
        feed(f, &(struct step){SERVER, RST, 201, 0, 0, 0});
    for (int i = 0; i < 40; i++)
        feed(f, &(struct step){CLIENT, ACK, 151 + 10u * i, 201, 10, 0});
    for (int i = 0; i < 300; i++, f->client++)
        feed(f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
    f->time += 1000 * (int64_t)SECOND;
    for (int i = 0; i < 300; i++)
        feed(f, &(struct step){CLIENT, SYN, 0, 0, 0, 0});
    play(f, script_named("data after close"), 1);
    return resets + 2;
}

/* Memory refused once, or from then on, at every place where it is asked for: each RST has its
 * verdict or is counted as lost, and what can still be told is. */
static void test_refused_memory(void)
{
    static struct answers answers;
    size_t places = 0;
    for (size_t place = 0; place <= places; place++)
        for (size_t many = 1; many; many = many == 1 ? SIZE_MAX - place : 0) {
            const struct tcprst_options options = {
                .on_verdict = on_verdict, .on_connection = on_connection, .user = &answers};
            memset(&answers, 0, sizeof answers);
            answers.gaps = true;
            asked = 0;
            refuse_from = places ? place - 1 : SIZE_MAX;
            refuse_until = places ? place - 1 + many : SIZE_MAX;
            struct feeder f = {tcprst_new(&options), 0, SECOND, {100, 200}, {0, 0}, 1};
            if (!f.core)
                continue;
            size_t resets = play_all(&f);
            struct tcprst_statistics end = stop(f.core);
            EXPECT(answers.count + end.out_of_memory >= resets);
            EXPECT(end.resets + end.duplicates == answers.count);
            EXPECT(places > 0 || (answers.count == resets && end.out_of_memory == 0));
            places = places ? places : asked;
        }
    refuse_from = refuse_until = SIZE_MAX;
}

/* The memory a core says it holds is what it asked for: connections, RSTs and hosts; but for a
 * tenth in small blocks. */
static void test_memory(void)
{
    enum { CLIENTS = 30000 };
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    for (unsigned i = 1; i <= CLIENTS; i++, f.client++) {
        play(&f, &scripts[i % (sizeof scripts / sizeof *scripts)], 1);
        if (i != 1 && i != 100 && i != CLIENTS)
            continue;
        struct tcprst_statistics now;
        tcprst_statistics(f.core, &now);
        EXPECT(now.memory <= held && now.memory >= held - held / 10);
    }
    stop(f.core);
}

/* A connection whose RSTs never pause takes no more memory for more of them. */
static void test_burst_without_end(void)
{
    enum { MANY = 50000 };
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    play(&f, script_named("closed port"), 1);
    size_t early = 0;
    for (unsigned i = 1; i <= MANY; i++) {
        f.time += 10 * MILLISECOND;
        feed(&f, &(struct step){SERVER, RST, 1000 * i, 0, 0, 0});
        if (i == MANY / 50)
            early = held;
    }
    EXPECT(held <= early);
    struct tcprst_statistics end = stop(f.core);
    EXPECT(answers.count == MANY + 1 && end.resets == MANY + 1 && end.out_of_memory == 0);
}

static void test_durations(void)
{
    static const struct {
        int64_t ns;
        const char *words;
    } cases[] = {{-5, "0 µs"},
                 {0, "0 µs"},
                 {999, "1 µs"},
                 {40300, "40.3 µs"},
                 {999499, "999 µs"},
                 {999500, "1 ms"},
                 {INT64_C(85) * MILLISECOND, "85 ms"},
                 {999999999, "1 s"},
                 {INT64_C(1020) * MILLISECOND, "1.02 s"},
                 {INT64_C(9996) * MILLISECOND, "10 s"},
                 {INT64_C(100) * SECOND, "100 s"},
                 {INT64_C(350) * SECOND, "350 s"},
                 {INT64_C(600) * SECOND, "10 min"},
                 {INT64_C(1000) * SECOND, "16 min 40 s"},
                 {INT64_C(3600) * SECOND, "1 h"},
                 {INT64_C(7260) * SECOND, "2 h 1 min"},
                 {INT64_C(172800) * SECOND, "2 days"},
                 {INT64_MAX, "106751 days"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[40];
        tcprst_duration_text(cases[i].ns, NULL, words, sizeof words);
        if (strcmp(words, cases[i].words) != 0) {
            printf("%" PRId64 " ns: %s, not %s\n", cases[i].ns, words, cases[i].words);
            failures++;
        }
    }
}

/* What lies in the middle between two numbers of three digits goes where printf() has it, which
 * rounds the nearest double. */
static void test_middles(void)
{
    enum { MOST = 999, LARGEST = 599 }; /* of seconds: above there are minutes */
    static const struct {
        int64_t of;
        const char *unit;
    } units[] = {{1000, "µs"}, {MILLISECOND, "ms"}, {SECOND, "s"}};
    for (unsigned n = 0; n < 3 * 3 * MOST; n++) {
        int64_t of = units[n / 3 / MOST].of, number = n % MOST;
        int decimals = (int)(n / MOST % 3);
        int64_t step = of / (decimals == 2 ? 100 : decimals == 1 ? 10 : 1);
        int64_t ns = number * step + step / 2;
        bool three_digits = number >= 100 || (decimals == 2 && of == 1000);
        if (!three_digits || ns >= (int64_t)LARGEST * SECOND)
            continue;
        char words[40], expected[40];
        tcprst_duration_text(ns, NULL, words, sizeof words);
        snprintf(expected, sizeof expected, "%.*f", decimals, (double)ns / (double)of);
        size_t length = strlen(expected);
        while (decimals > 0 && expected[length - 1] == '0')
            length--;
        length -= expected[length - 1] == '.';
        snprintf(expected + length, sizeof expected - length, " %s", units[n / 3 / MOST].unit);
        if (strcmp(words, expected) != 0) {
            printf("%" PRId64 " ns: %s, not %s\n", ns, words, expected);
            failures++;
        }
    }
}

/* Each packet is captured twice, 20 us apart, and the server sends one RST twice, to the last bit
 * alike: that is two, each with its copy. Where nothing else is captured twice, three alike are
 * three. */
static void test_copies_one_to_one(bool twice, uint64_t right)
{
    static const struct step steps[] = {OPENING,
                                        {CLIENT, ACK, 1, 1, 100, 1},
                                        {SERVER, FIN | ACK, 1, 101, 0, 20},
                                        {CLIENT, ACK, 101, 2, 60, 1},
                                        {SERVER, RST, 2, 0, 0, 20},
                                        {SERVER, RST, 2, 0, 0, 0}};
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 0xffffff00}, {0, 0}, 1};
    uint64_t originals = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct step copy = steps[i];
        f.time += steps[i].wait_ms * MILLISECOND + (steps[i].flags & RST ? 2000 : 0);
        feed(&f, &steps[i]);
        copy.flags |= DOUBLED;
        f.time += 20000;
        if (twice)
            feed(&f, &copy);
    }
    stop(f.core);
    for (size_t i = 0; i < answers.count; i++)
        originals += !answers.verdicts[i].duplicate_of.number;
    EXPECT(originals == right);
}

/* A device answers a SYN three times at once, with one identification. */
static void test_sent_thrice(void)
{
    static const struct step steps[] = {{CLIENT, SYN, 0, 0, 0, 0},
                                        {SERVER, RST | ACK, 7, 1, 0, 20},
                                        {SERVER, RST | ACK | DOUBLED, 7, 1, 0, 0},
                                        {SERVER, RST | ACK | DOUBLED, 7, 1, 0, 0}};
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 0xffffff00}, {0, 0}, 1};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        f.time += steps[i].wait_ms * MILLISECOND + 40000;
        feed(&f, &steps[i]);
    }
    stop(f.core);
    EXPECT(answers.count == 3);
    for (size_t i = 0; i < answers.count; i++)
        EXPECT(!answers.verdicts[i].duplicate_of.number);
}

/* Lone ACKs from one port to many others are a scan, what was not captured of one is not. */
static void test_probed(uint32_t targets, enum tcprst_cause cause)
{
    static const struct step probe[] = {{SERVER, ACK, 1, 1, 0, 100}, {CLIENT, RST, 1, 0, 0, 1}};
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    for (; f.client <= targets; f.client++)
        for (size_t i = 0; i < sizeof probe / sizeof *probe; i++) {
            f.time += (int64_t)probe[i].wait_ms * MILLISECOND;
            feed(&f, &probe[i]);
        }
    stop(f.core);
    EXPECT(answers.count == targets);
    EXPECT(answers.verdicts[0].cause == cause && answers.verdicts[targets - 1].cause == cause);
}

/* A server that ends each connection unserved has nobody behind it that could serve; one that ends
 * one so, or several at once, has left data unread, or gone. */
static void test_unserved(uint32_t clients, int apart_ms, enum tcprst_cause cause)
{
    static const struct step opening[] = {OPENING, {CLIENT, ACK, 1, 1, 100, 1}};
    static const struct step aborted = {SERVER, RST | ACK, 1, 101, 0, 0};
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
    for (; f.client <= clients; f.client++)
        for (size_t i = 0; i < sizeof opening / sizeof *opening; i++) {
            f.time += (int64_t)opening[i].wait_ms * MILLISECOND;
            feed(&f, &opening[i]);
        }
    f.time += 20 * (int64_t)MILLISECOND;
    for (f.client = 1; f.client <= clients; f.client++) {
        feed(&f, &aborted);
        f.time += apart_ms * (int64_t)MILLISECOND;
    }
    stop(f.core);
    EXPECT(answers.count == clients);
    for (size_t i = 0; i < answers.count; i++)
        EXPECT(answers.verdicts[i].cause == cause);
}

/* A host whose stack reflects a SYN's type of service shows that no filter answered: not where what
 * it sent a day before has that, too, or has one for some services and another for others. */
static void test_reflected(uint8_t others, uint8_t more, bool certain)
{
    enum { MARK = 0x88, DAY = 86400 };
    static const struct step tried = {SERVER, SYN, 0, 0, 0, 0},
                             refused[] = {{CLIENT, SYN, 0, 0, 0, 0},
                                          {SERVER, RST | ACK, UINT32_MAX, 1, 0, 20}};
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 1}, {0, 0}, 1};
    tos = others;
    feed(&f, &tried);
    f.client = 2;
    tos = more;
    feed(&f, &tried);
    f.time += DAY * (int64_t)SECOND;
    f.client = 3;
    tos = MARK;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        f.time += (int64_t)refused[i].wait_ms * MILLISECOND;
        feed(&f, &refused[i]);
    }
    tos = 0;
    stop(f.core);
    EXPECT(answers.count == 1 && answers.verdicts[0].cause == TCPRST_CAUSE_CLOSED_PORT);
    EXPECT((answers.verdicts[0].strength == TCPRST_STRENGTH_CERTAIN) == certain);
}

int main(void)
{
    test_reflected(0, 0, true);
    test_reflected(0x88, 0x88, false);
    test_reflected(0, 0x28, false);
    test_unserved(1, 0, TCPRST_CAUSE_UNREAD_DATA);
    test_unserved(3, 600, TCPRST_CAUSE_BACKEND_UNAVAILABLE);
    test_unserved(3, 1, TCPRST_CAUSE_LISTENER_CLOSED);
    test_durations();
    test_middles();
    test_sequence_arithmetic();
    test_wrap();
    test_copy_behind_a_window();
    test_copies_by_leg();
    test_copies_one_to_one(true, 2);
    test_copies_one_to_one(false, 2);
    test_sent_thrice();
    test_rewritten_numbers();
    test_long_row_between_places();
    test_leg();
    test_times();
    test_extreme_times();
    test_clock_set_back();
    test_two_clocks();
    test_octets_beyond_32_bits();
    test_frames_beyond_32_bits();
    test_frames_kept_for_long();
    test_wrap_after_silence();
    test_some_times();
    test_too_many_pending();
    test_full_table();
    test_refused_memory();
    test_memory();
    test_burst_without_end();
    test_probed(2, TCPRST_CAUSE_UNKNOWN_CONNECTION);
    test_probed(6, TCPRST_CAUSE_PROBE_RESPONSE);
    printf("%u failures\n", failures);
    return failures ? 1 : 0;
}
