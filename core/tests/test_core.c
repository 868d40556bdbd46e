/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_core.c - what must hold whatever the numbers are: sequence numbers that wrap, times that are
 * absent or run backwards, counts beyond 32 bits, a table that is full. Verdicts on recorded
 * captures are test-captures/'s matter.
 */
#include "sequence.h"
#include "tcprst.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures;

/* Says what failed and goes on. */
#define EXPECT(condition)                                                                          \
    ((condition)                                                                                   \
         ? (void)0                                                                                 \
         : (void)(failures++, printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition)))

/* In a step's flags: it offers no window, or less than half of the usual one. */
enum { SHUT = 0x1000, LOW = 0x2000 };

enum { MILLISECOND = 1000000, SECOND = 1000000000, CLIENT_PORT = 40000, MAX_VERDICTS = 64 };

/* ---- Memory that can be refused: the core under test asks here ---- */

static size_t asked, refuse_from = SIZE_MAX, refuse_until = SIZE_MAX;
static size_t held; /* octets */

void *refusable_malloc(size_t size);
void *refusable_calloc(size_t count, size_t size);
void *refusable_realloc(void *memory, size_t size);
void refusable_free(void *memory);

static bool refused(void)
{
    size_t number = asked++;
    return number >= refuse_from && number < refuse_until;
}

/* Stands before each block. */
union block {
    size_t size;
    max_align_t align;
};

void *refusable_realloc(void *memory, size_t size)
{
    if (refused())
        return NULL;
    union block *old = memory ? (union block *)memory - 1 : NULL;
    size_t before = old ? old->size : 0;
    union block *b = realloc(old, sizeof *b + size);
    if (!b)
        abort();
    b->size = size;
    held += size - before;
    return b + 1;
}

void *refusable_malloc(size_t size)
{
    return refusable_realloc(NULL, size);
}

void *refusable_calloc(size_t count, size_t size)
{
    void *memory = refusable_realloc(NULL, count * size);
    return memory ? memset(memory, 0, count * size) : NULL;
}

void refusable_free(void *memory)
{
    if (!memory)
        return;
    held -= ((union block *)memory - 1)->size;
    free((union block *)memory - 1);
}

/* ---- A core whose answers are kept ---- */

struct answers {
    bool gaps; /* some RSTs may have no verdict */
    size_t count;
    struct tcprst_verdict verdicts[MAX_VERDICTS]; /* the first of them */
    size_t connections;
    struct tcprst_connection last_connection;
};

static void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    struct answers *answers = user;
    if (answers->count < MAX_VERDICTS)
        answers->verdicts[answers->count] = *verdict;
    EXPECT(verdict->final);
    EXPECT(verdict->reset == answers->count || answers->gaps);
    answers->count++;
}

static void on_connection(void *user, const struct tcprst_connection *connection)
{
    struct answers *answers = user;
    answers->connections++;
    answers->last_connection = *connection;
}

static struct tcprst *start(struct answers *answers, size_t max_connections)
{
    const struct tcprst_options options = {.on_verdict = on_verdict,
                                           .on_connection = on_connection,
                                           .user = answers,
                                           .max_connections = max_connections,
                                           .hash_seed = 1};
    memset(answers, 0, sizeof *answers);
    struct tcprst *core = tcprst_new(&options);
    if (!core)
        abort();
    return core;
}

static struct tcprst_statistics stop(struct tcprst *core)
{
    struct tcprst_statistics statistics;
    tcprst_finish(core);
    tcprst_statistics(core, &statistics);
    tcprst_free(core);
    EXPECT(held == 0);
    return statistics;
}

/* ---- Segments ---- */

/* One segment of a script, in numbers relative to the initial sequence numbers. */
struct step {
    bool from_server;
    uint16_t flags;
    uint32_t seq, ack, payload;
    int wait_ms; /* since the step before */
};

struct feeder {
    struct tcprst *core;
    uint64_t frame;
    int64_t time;
    uint32_t isn[2];
    uint16_t ip_id[2];
    uint32_t client; /* which client's address */
};

static uint32_t file; /* which one the segments are fed from */

/* stamp: its timestamp in ms; 0: without timestamps. */
static void feed_stamped(struct feeder *f, const struct step *step, uint32_t stamp)
{
    int from = step->from_server, to = !from;
    uint8_t tcp[32] = {0};
    uint32_t length = stamp ? 32 : 20;
    struct tcprst_segment s = {.frame = {++f->frame, file},
                               .layer = 1,
                               .ip_version = 4,
                               .ip_header = true,
                               .dont_fragment = true,
                               .ttl = from ? 57 : 64,
                               .time = f->time,
                               .source = {10, 0, 0, 1},
                               .destination = {10, 0, 0, 1}};
    uint8_t *client = from ? s.destination : s.source, *server = from ? s.source : s.destination;
    client[1] = (uint8_t)(f->client >> 16);
    client[2] = (uint8_t)(f->client >> 8);
    client[3] = (uint8_t)f->client;
    memcpy(server, "\300\250\0\1", 4);
    s.ip_id = ++f->ip_id[from];
    uint16_t ports[2] = {CLIENT_PORT, 80};
    uint32_t seq = f->isn[from] + step->seq,
             ack = step->flags & TCPRST_ACK ? f->isn[to] + step->ack : 0;
    /* A RST that answers a SYN without ACK has the sequence number 0, not one of its own. */
    if ((step->flags & (TCPRST_RST | TCPRST_ACK)) == (TCPRST_RST | TCPRST_ACK) &&
        step->seq == UINT32_MAX)
        seq = 0;
    for (int i = 0; i < 4; i++) {
        tcp[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
        tcp[8 + i] = (uint8_t)(ack >> (24 - 8 * i));
        tcp[24 + i] = (uint8_t)(stamp >> (24 - 8 * i));
    }
    memcpy(tcp + 20, "\1\1\10\12", 4);
    tcp[0] = (uint8_t)(ports[from] >> 8);
    tcp[1] = (uint8_t)ports[from];
    tcp[2] = (uint8_t)(ports[to] >> 8);
    tcp[3] = (uint8_t)ports[to];
    tcp[12] = (uint8_t)(length << 2);
    tcp[13] = (uint8_t)step->flags;
    if (!(step->flags & (TCPRST_RST | SHUT)))
        tcp[14] = step->flags & LOW ? 0x60 : 0xfa;
    EXPECT(tcprst_segment_parse(&s, tcp, length, length + step->payload, NULL));
    tcprst_feed(f->core, &s, NULL);
}

static void feed(struct feeder *f, const struct step *step)
{
    feed_stamped(f, step, 0);
}

enum { SERVER = true, CLIENT = false };
#define SYN TCPRST_SYN
#define ACK TCPRST_ACK
#define FIN TCPRST_FIN
#define RST TCPRST_RST
#define OPENING                                                                                    \
    {CLIENT, SYN, 0, 0, 0, 0}, {SERVER, SYN | ACK, 0, 1, 0, 20},                                   \
    {                                                                                              \
        CLIENT, ACK, 1, 1, 0, 1                                                                    \
    }

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

/* What the rules must tell apart. The last RST counts; those before it are of the same cause. */
struct story {
    const char *name;
    enum tcprst_cause cause;
    enum tcprst_effect effect;
    size_t resets;
    struct step steps[16];
};

#define REQUEST                                                                                    \
    {CLIENT, ACK, 1, 1, 100, 1},                                                                   \
    {                                                                                              \
        SERVER, ACK, 1, 101, 0, 20                                                                 \
    }
#define PROBE(wait)                                                                                \
    {CLIENT, ACK, 101, 1, 1, wait},                                                                \
    {                                                                                              \
        SERVER, ACK | SHUT, 1, 101, 0, 20                                                          \
    }
#define CLOSED_BY_CLIENT                                                                           \
    {CLIENT, FIN | ACK, 1, 1, 0, 1}, {SERVER, FIN | ACK, 1, 2, 0, 20},                             \
    {                                                                                              \
        CLIENT, ACK, 2, 2, 0, 1                                                                    \
    }
#define CLOSED_BY_SERVER                                                                           \
    {SERVER, FIN | ACK, 1, 1, 0, 20}, {CLIENT, FIN | ACK, 1, 2, 0, 1},                             \
    {                                                                                              \
        SERVER, ACK, 2, 2, 0, 20                                                                   \
    }
#define REFUSED_AGAIN                                                                              \
    {CLIENT, SYN, 5000, 0, 0, 900},                                                                \
    {                                                                                              \
        SERVER, RST | ACK, UINT32_MAX, 5001, 0, 20                                                 \
    }

static const struct story stories[] = {
    /* RFC 6298: a timer repeats one segment at waits that grow, and gives up when the next is due
     */
    {"given up",
     TCPRST_CAUSE_RETRANSMISSION_TIMEOUT,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      {CLIENT, ACK, 1, 1, 100, 1},
      {CLIENT, ACK, 1, 1, 100, 300},
      {CLIENT, ACK, 1, 1, 100, 600},
      {CLIENT, ACK, 1, 1, 100, 1200},
      {CLIENT, RST | ACK, 101, 1, 0, 2400}}},
    {"aborted between retransmissions",
     TCPRST_CAUSE_LOCAL_ABORT,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      {CLIENT, ACK, 1, 1, 100, 1},
      {CLIENT, ACK, 1, 1, 100, 300},
      {CLIENT, ACK, 1, 1, 100, 600},
      {CLIENT, ACK, 1, 1, 100, 1200},
      {CLIENT, RST | ACK, 101, 1, 0, 100}}},
    {"aborted after fast retransmissions",
     TCPRST_CAUSE_SO_LINGER_ABORT,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      {CLIENT, ACK, 1, 1, 100, 1},
      {CLIENT, ACK, 101, 1, 100, 1},
      {CLIENT, ACK, 201, 1, 100, 1},
      {CLIENT, ACK, 1, 1, 100, 30},
      {CLIENT, ACK, 101, 1, 100, 1},
      {CLIENT, ACK, 201, 1, 100, 1},
      {CLIENT, RST | ACK, 301, 1, 0, 15}}},
    {"probes given up",
     TCPRST_CAUSE_ZERO_WINDOW_TIMEOUT,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      {CLIENT, ACK, 1, 1, 100, 1},
      {SERVER, ACK | SHUT, 1, 101, 0, 20},
      PROBE(300),
      PROBE(600),
      PROBE(1200),
      {CLIENT, RST | ACK, 101, 1, 0, 2400}}},
    {"aborted between probes",
     TCPRST_CAUSE_LOCAL_ABORT,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      {CLIENT, ACK, 1, 1, 100, 1},
      {SERVER, ACK | SHUT, 1, 101, 0, 20},
      PROBE(300),
      PROBE(600),
      PROBE(1200),
      {CLIENT, RST | ACK, 101, 1, 0, 80}}},
    /* early only where the request was still arriving */
    {"download aborted",
     TCPRST_CAUSE_LOCAL_ABORT,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING, REQUEST, {SERVER, ACK, 1, 101, 1000, 5}, {SERVER, RST | ACK, 1001, 101, 0, 20}}},
    {"answered too early",
     TCPRST_CAUSE_EARLY_REPLY,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      REQUEST,
      {SERVER, ACK, 1, 101, 50, 5},
      {CLIENT, ACK, 101, 1, 1000, 1},
      {SERVER, RST | ACK, 51, 1101, 0, 20}}},
    {"answered without reading",
     TCPRST_CAUSE_UNREAD_DATA,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      {CLIENT, ACK, 1, 1, 50000, 1},
      {SERVER, ACK | LOW, 1, 50001, 0, 5},
      {SERVER, ACK | LOW, 1, 50001, 50, 5},
      {CLIENT, ACK, 50001, 51, 0, 20},
      {SERVER, RST | ACK, 51, 50001, 0, 5}}},
    {"RST behind what was sent, without ACK",
     TCPRST_CAUSE_UNCLASSIFIED,
     TCPRST_EFFECT_IGNORED,
     1,
     {OPENING,
      REQUEST,
      {SERVER, ACK, 1, 101, 50, 5},
      {SERVER, RST, 1, 0, 0, 300},
      {CLIENT, ACK, 101, 51, 0, 15}}},
    /* RFC 9293 section 3.6: TIME-WAIT is where the first FIN came from */
    {"refused by who had closed second",
     TCPRST_CAUSE_CLOSED_PORT,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING, CLOSED_BY_CLIENT, REFUSED_AGAIN}},
    {"refused by who had closed first",
     TCPRST_CAUSE_TIME_WAIT_COLLISION,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING, CLOSED_BY_SERVER, REFUSED_AGAIN}},
    {"wrong ACK of the handshake, with data",
     TCPRST_CAUSE_BAD_HANDSHAKE_ACK,
     TCPRST_EFFECT_IGNORED,
     1,
     {{CLIENT, SYN, 0, 0, 0, 0},
      {SERVER, SYN | ACK, 0, 1, 0, 20},
      {CLIENT, ACK, 1, 9, 38, 1},
      {SERVER, RST, 9, 0, 0, 20}}},
    {"FIN behind data that was lost",
     TCPRST_CAUSE_DATA_AFTER_CLOSE,
     TCPRST_EFFECT_RESET,
     1,
     {OPENING,
      REQUEST,
      {CLIENT, FIN | ACK, 101, 1, 0, 1},
      {SERVER, ACK, 1, 102, 0, 20},
      {SERVER, ACK, 1, 102, 7, 50},
      {SERVER, FIN | ACK, 8, 102, 0, 50},
      {CLIENT, RST, 102, 0, 0, 1}}},
    {"both ends told of an expiry",
     TCPRST_CAUSE_DEVICE_IDLE_TIMEOUT,
     TCPRST_EFFECT_RESET,
     2,
     {OPENING, REQUEST, {SERVER, RST | ACK, 1, 101, 0, 70000}, {CLIENT, RST | ACK, 101, 1, 0, 1}}},
};

/* ---- Tests ---- */

static void test_stories(void)
{
    static struct answers answers;
    for (size_t s = 0; s < sizeof stories / sizeof *stories; s++) {
        const struct story *story = &stories[s];
        struct feeder f = {start(&answers, 0), 0, SECOND, {100, 0xffffff00}, {0, 0}, 1};
        for (size_t i = 0; i < sizeof story->steps / sizeof *story->steps; i++) {
            if (!story->steps[i].flags)
                break;
            f.time += (int64_t)story->steps[i].wait_ms * MILLISECOND;
            feed(&f, &story->steps[i]);
        }
        stop(f.core);
        EXPECT(answers.count == story->resets);
        for (size_t i = 0; i < story->resets; i++) {
            const struct tcprst_verdict *v = &answers.verdicts[i];
            EXPECT(v->cause == story->cause && v->effect == story->effect);
            if (v->cause != story->cause || v->effect != story->effect)
                printf("    %s: %s, %s\n", story->name, tcprst_cause_id(v->cause),
                       tcprst_effect_id(v->effect));
        }
    }
}

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

/* What follows a RST, or comes with it, says what it was. */
static const struct sequel {
    const char *name;
    struct {
        struct step step;
        uint32_t stamp;
    } steps[12];
    struct {
        enum tcprst_cause cause;
        enum tcprst_effect effect;
    } resets[4];
} sequels[] = {
    {"a filter answers an acknowledgment, its sender goes on",
     {{{CLIENT, SYN, 0, 0, 0, 0}, 1000},
      {{SERVER, SYN | ACK, 0, 1, 0, 20}, 5000},
      {{CLIENT, ACK, 1, 1, 0, 1}, 1021},
      {{CLIENT, ACK, 1, 1, 100, 1}, 1022},
      {{SERVER, ACK, 1, 101, 43, 20}, 5022},
      {{CLIENT, ACK, 101, 44, 0, 30}, 1072},
      {{SERVER, RST, 44, 0, 0, 1}, 0},
      {{SERVER, ACK, 1, 101, 43, 200}, 5252}},
     {{TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_RESET}}},
    {"the same, but what comes later is an old copy",
     {{{CLIENT, SYN, 0, 0, 0, 0}, 1000},
      {{SERVER, SYN | ACK, 0, 1, 0, 20}, 5000},
      {{CLIENT, ACK, 1, 1, 0, 1}, 1021},
      {{CLIENT, ACK, 1, 1, 100, 1}, 1022},
      {{SERVER, ACK, 1, 101, 43, 20}, 5022},
      {{CLIENT, ACK, 101, 44, 0, 30}, 1072},
      {{SERVER, RST, 44, 0, 0, 1}, 0},
      {{SERVER, ACK, 1, 101, 43, 200}, 5022}},
     {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}}},
    {"an answer and old acknowledgments around the abort that it overtook",
     {{{CLIENT, SYN, 0, 0, 0, 0}, 1000},
      {{SERVER, SYN | ACK, 0, 1, 0, 20}, 5000},
      {{CLIENT, ACK, 1, 1, 50, 1}, 1021},
      {{SERVER, ACK, 1, 51, 1400, 20}, 5041},
      {{CLIENT, ACK, 51, 1401, 0, 20}, 1061},
      {{SERVER, ACK, 1401, 51, 1400, 1}, 5061},
      {{SERVER, ACK, 2801, 51, 1400, 1}, 5062},
      {{SERVER, ACK, 4201, 51, 1400, 1}, 5063},
      {{CLIENT, RST, 51, 0, 0, 20}, 0},
      {{CLIENT, ACK, 51, 4201, 0, 5}, 1068},
      {{CLIENT, RST | ACK, 51, 4201, 0, 1}, 1069}},
     {{TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET},
      {TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_IGNORED}}},
    {"a new request half a second after a RST that was lost",
     {{{CLIENT, SYN, 0, 0, 0, 0}, 1000},
      {{SERVER, SYN | ACK, 0, 1, 0, 0}, 5000},
      {{CLIENT, ACK, 1, 1, 0, 30}, 1030},
      {{CLIENT, ACK, 1, 1, 38, 1}, 1031},
      {{SERVER, ACK, 1, 39, 43, 0}, 5031},
      {{CLIENT, ACK, 39, 44, 0, 30}, 1061},
      {{SERVER, RST | ACK, 44, 39, 0, 20}, 5081},
      {{CLIENT, ACK, 39, 44, 38, 500}, 1581},
      {{SERVER, RST, 44, 0, 0, 1}, 0}},
     {{TCPRST_CAUSE_RESET_INSTEAD_OF_FIN, TCPRST_EFFECT_IGNORED},
      {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}}},
    {"the same, but the request was on its way",
     {{{CLIENT, SYN, 0, 0, 0, 0}, 1000},
      {{SERVER, SYN | ACK, 0, 1, 0, 0}, 5000},
      {{CLIENT, ACK, 1, 1, 0, 30}, 1030},
      {{CLIENT, ACK, 1, 1, 38, 1}, 1031},
      {{SERVER, ACK, 1, 39, 43, 0}, 5031},
      {{CLIENT, ACK, 39, 44, 0, 30}, 1061},
      {{SERVER, RST | ACK, 44, 39, 0, 20}, 5081},
      {{CLIENT, ACK, 39, 44, 38, 500}, 1075},
      {{SERVER, RST, 44, 0, 0, 1}, 0}},
     {{TCPRST_CAUSE_RESET_INSTEAD_OF_FIN, TCPRST_EFFECT_RESET},
      {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}}},
};

static void test_sequels(void)
{
    static struct answers answers;
    for (size_t i = 0; i < sizeof sequels / sizeof *sequels; i++) {
        const struct sequel *sequel = &sequels[i];
        struct feeder f = {start(&answers, 0), 0, SECOND, {100, 200}, {0, 0}, 1};
        size_t n = 0, resets = 0;
        for (; n < sizeof sequel->steps / sizeof *sequel->steps && sequel->steps[n].step.flags;
             n++) {
            f.time += (int64_t)sequel->steps[n].step.wait_ms * MILLISECOND;
            feed_stamped(&f, &sequel->steps[n].step, sequel->steps[n].stamp);
            resets += (sequel->steps[n].step.flags & RST) != 0;
        }
        stop(f.core);
        EXPECT(answers.count == resets);
        for (n = 0; n < answers.count; n++) {
            const struct tcprst_verdict *v = &answers.verdicts[n];
            bool right =
                v->cause == sequel->resets[n].cause && v->effect == sequel->resets[n].effect;
            EXPECT(right);
            if (!right)
                printf("    %s, RST %zu: %s, effect %d\n", sequel->name, n + 1,
                       tcprst_cause_id(v->cause), v->effect);
        }
    }
}

/* A RST is captured at a second point, with a window's worth of segments in between. */
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
    f.ip_id[1]--;
    feed(&f, &(struct step){SERVER, RST, 2, 0, 0, 0}); /* the same packet once more */
    stop(f.core);
    file = 0;
    const struct tcprst_verdict *v = answers.verdicts;
    EXPECT(answers.count == 3);
    EXPECT(v[0].trigger.number == before + closed->trigger && v[0].trigger.capture == 70000);
    EXPECT(v[1].reused_from.number == again && v[1].reused_from.capture == 70001);
    EXPECT(v[1].trigger.number == again - 1 + closed->trigger && v[1].trigger.capture == 70001);
    EXPECT(v[2].duplicate_of.number == v[1].frame.number && v[2].duplicate_of.capture == 70001);
    EXPECT(v[2].frame.number == v[1].frame.number + 1);
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

int main(void)
{
    test_sequence_arithmetic();
    test_stories();
    test_wrap();
    test_sequels();
    test_copy_behind_a_window();
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
    printf("%u failures\n", failures);
    return failures ? 1 : 0;
}
