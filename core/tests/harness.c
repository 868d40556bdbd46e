/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness.c - see harness.h. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

unsigned failures;

/* ---- Memory that can be refused: the core under test asks here ---- */

size_t asked, refuse_from = SIZE_MAX, refuse_until = SIZE_MAX;
size_t held;

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

static int row_of(struct tcprst *core, enum tcprst_cause cause)
{
    struct tcprst_finding findings[TCPRST_CAUSE_COUNT];
    size_t count = tcprst_findings(core, findings, TCPRST_CAUSE_COUNT);
    for (size_t i = 0; i < count; i++)
        if (findings[i].cause == cause)
            return (int)findings[i].row;
    return -1;
}

void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    struct answers *answers = user;
    if (answers->count < MAX_VERDICTS) {
        answers->verdicts[answers->count] = *verdict;
        answers->rows[answers->count] = answers->core ? row_of(answers->core, verdict->cause) : -1;
    }
    EXPECT(verdict->final);
    EXPECT(verdict->reset == answers->count || answers->gaps);
    answers->count++;
}

void on_connection(void *user, const struct tcprst_connection *connection)
{
    struct answers *answers = user;
    answers->connections++;
    answers->last_connection = *connection;
}

struct tcprst *start(struct answers *answers, size_t max_connections)
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
    answers->core = core;
    return core;
}

struct tcprst_statistics stop(struct tcprst *core)
{
    struct tcprst_statistics statistics;
    tcprst_finish(core);
    tcprst_statistics(core, &statistics);
    tcprst_free(core);
    EXPECT(held == 0);
    return statistics;
}

/* ---- Segments ---- */

uint32_t file;
uint16_t leg;
uint8_t tos;
uint32_t echo;

/* RFC 9293 section 3.5.2: of nobody's socket, so it has neither its window nor its count. */
static bool is_answer(const struct step *step)
{
    return (step->flags & TCPRST_RST) && (!(step->flags & TCPRST_ACK) || step->seq == UINT32_MAX);
}

/* Each end counts from a place of its own, whoever forges from a third. */
static uint16_t identification(struct feeder *f, const struct step *step)
{
    enum { OF_SERVER = 0x4000, OF_FORGER = 0x8000, MUCH = 270 };
    if (step->flags & CONSTANT)
        return OF_FORGER;
    if (step->flags & FORGED)
        return (uint16_t)(OF_FORGER + 7 * f->frame);
    if ((is_answer(step) && !(step->flags & OLD)) || (step->flags & UNNUMBERED))
        return 0;
    if (!(step->flags & DOUBLED))
        f->ip_id[step->from_server] += step->flags & BUSY ? MUCH : 1;
    return (uint16_t)(f->ip_id[step->from_server] + (step->from_server ? OF_SERVER : 0));
}

static uint8_t ttl_of(const struct step *step)
{
    if (step->flags & CHOSEN)
        return 125;
    return (uint8_t)((step->from_server ? 57 : 64) - (step->flags & FAR ? 1 : 0) +
                     (step->flags & NEARER ? 3 : 0) + (step->flags & WINDOWS ? 64 : 0));
}

/* The options of a SYN or SYN-ACK of that stack, behind its header of 20; returns their length. */
static uint32_t put_opening(uint8_t *options, uint32_t flags, uint32_t stamp)
{
    static const char xnu[] = "\2\4\5\264\1\3\3\6\1\1\10\12\0\0\0\0\0\0\0\0\4\2\0",
                      old[] = "\2\4\5\264\4\2\10\12\0\0\0\0\0\0\0\0\1\3\3\7",
                      windows[] = "\2\4\5\264\1\1\4\2";
    if (!(flags & TCPRST_SYN) || !(flags & (XNU | OLD | WINDOWS)))
        return 0;
    const char *from = flags & XNU ? xnu : flags & OLD ? old : windows;
    uint32_t length = flags & XNU ? 24 : flags & OLD ? 20 : 8, at = flags & XNU ? 12 : 8;
    memcpy(options, from, length);
    for (uint32_t i = 0; i < 8 && !(flags & WINDOWS); i++)
        options[at + i] = (uint8_t)((i < 4 ? stamp : echo) >> (24 - 8 * (i % 4)));
    return length;
}

void feed_stamped(struct feeder *f, const struct step *step, uint32_t stamp)
{
    int from = step->from_server, to = !from;
    uint8_t tcp[44] = {0};
    uint32_t length = stamp ? 32 : 20;
    struct tcprst_segment s = {.frame = {++f->frame, file},
                               .layer = 1,
                               .ip_version = 4,
                               .ip_header = true,
                               .dont_fragment = true,
                               .ttl = ttl_of(step),
                               .time = f->time,
                               .leg = leg,
                               .tos = tos,
                               .source = {10, 0, 0, 1},
                               .destination = {10, 0, 0, 1}};
    uint8_t *client = from ? s.destination : s.source, *server = from ? s.source : s.destination;
    client[1] = (uint8_t)(f->client >> 16);
    client[2] = (uint8_t)(f->client >> 8);
    client[3] = (uint8_t)f->client;
    memcpy(server, "\300\250\0\1", 4);
    s.ip_id = identification(f, step);
    uint16_t ports[2] = {CLIENT_PORT, 80};
    uint32_t seq = f->isn[from] + step->seq,
             ack = step->flags & (TCPRST_ACK | NUMBERED_ACK) ? f->isn[to] + step->ack : 0;
    /* A RST that answers a SYN without ACK has the sequence number 0, not one of its own. */
    if ((step->flags & (TCPRST_RST | TCPRST_ACK)) == (TCPRST_RST | TCPRST_ACK) &&
        step->seq == UINT32_MAX)
        seq = 0;
    for (int i = 0; i < 4; i++) {
        tcp[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
        tcp[8 + i] = (uint8_t)(ack >> (24 - 8 * i));
        tcp[24 + i] = (uint8_t)(stamp >> (24 - 8 * i));
        tcp[28 + i] = (uint8_t)(echo >> (24 - 8 * i));
    }
    memcpy(tcp + 20, "\1\1\10\12", 4);
    uint32_t opening = put_opening(tcp + 20, step->flags, stamp);
    length = opening ? 20 + opening : length;
    tcp[0] = (uint8_t)(ports[from] >> 8);
    tcp[1] = (uint8_t)ports[from];
    tcp[2] = (uint8_t)(ports[to] >> 8);
    tcp[3] = (uint8_t)ports[to];
    tcp[12] = (uint8_t)(length << 2);
    tcp[13] = (uint8_t)step->flags;
    if ((step->flags & RAW) || (!(step->flags & SHUT) && !is_answer(step)))
        tcp[14] = step->flags & LOW ? 0x60 : 0xfa;
    if (opening && (step->flags & OLD))
        memcpy(tcp + 14, "\162\20", 2); /* 29200, 20 segments */
    EXPECT(tcprst_segment_parse(&s, tcp, length, length + step->payload, NULL));
    tcprst_feed(f->core, &s, NULL);
}

void feed(struct feeder *f, const struct step *step)
{
    feed_stamped(f, step, 0);
}

void feed_at_two_places(struct feeder *f, const struct step *step, uint32_t stamp)
{
    enum { COMING = 4, GOING = 7 };
    struct step copy = *step;
    leg = COMING;
    feed_stamped(f, step, stamp);
    copy.flags |= DOUBLED;
    leg = GOING;
    if (!(step->flags & ONCE))
        feed_stamped(f, &copy, stamp);
    leg = 0;
}
