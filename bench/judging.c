/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judging [RESETS [KIND]]: what a RST costs the core alone, no capture read and no report written:
 * CPU time of a RST, beside that of an ordinary segment in the same run. Of one kind only (0: the
 * first), once, for a profiler.
 */
#include "tcprst.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLIENT, SERVER };
enum { MICROSECOND = 1000, RUNS = 5, HEADER = 20 };

struct stream {
    struct tcprst *core;
    struct tcprst_segment segment;
    uint8_t bytes[HEADER];
    int64_t now, step; /* nanoseconds */
    uint64_t frames, verdicts;
    uint32_t address; /* of the client */
    bool peeks;       /* at each RST as it comes */
};

static void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    struct stream *stream = user;
    (void)verdict;
    stream->verdicts++;
}

static void put_address(uint8_t *to, uint32_t address)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(address >> 8 * (3 - i));
}

/* A segment without options. */
static void feed(struct stream *stream, int from, uint16_t flags, uint32_t seq, uint32_t ack,
                 uint32_t text)
{
    struct tcprst_segment *s = &stream->segment;
    uint64_t reset;
    struct tcprst_verdict verdict;
    stream->now += stream->step;
    s->frame.number = ++stream->frames;
    s->time = stream->now;
    s->ttl = from == SERVER ? 60 : 64;
    s->ip_id = (uint16_t)stream->frames;
    put_address(s->source, from == CLIENT ? stream->address : 0xc0a80001U);
    put_address(s->destination, from == CLIENT ? 0xc0a80001U : stream->address);
    s->source_port = from == CLIENT ? 40000 : 80;
    s->destination_port = from == CLIENT ? 80 : 40000;
    s->flags = flags;
    s->window = flags & TCPRST_RST ? 0 : 64240;
    s->seq = seq;
    s->ack = ack;
    s->payload_length = text;
    s->length = HEADER + text;
    if (tcprst_feed(stream->core, s, &reset) && stream->peeks)
        tcprst_peek(stream->core, reset, &verdict);
}

static void open_connection(struct stream *stream)
{
    feed(stream, CLIENT, TCPRST_SYN, 1000, 0, 0);
    feed(stream, SERVER, TCPRST_SYN | TCPRST_ACK, 5000, 1001, 0);
    feed(stream, CLIENT, TCPRST_ACK, 1001, 5001, 0);
}

/* Nothing but text, acknowledged: what everything else is compared with. */
static void segments(struct stream *stream, uint32_t count)
{
    open_connection(stream);
    for (uint32_t i = 0; i < count; i++)
        if (i % 2)
            feed(stream, SERVER, TCPRST_ACK, 5001, 1101 + 50 * (i - 1), 0);
        else
            feed(stream, CLIENT, TCPRST_PSH | TCPRST_ACK, 1001 + 50 * i, 5001, 100);
}

/* A server that closed answers what still comes, again and again. */
static void storm(struct stream *stream, uint32_t count)
{
    open_connection(stream);
    feed(stream, SERVER, TCPRST_FIN | TCPRST_ACK, 5001, 1001, 0);
    feed(stream, CLIENT, TCPRST_PSH | TCPRST_ACK, 1001, 5002, 100);
    for (uint32_t i = 0; i < count; i++)
        feed(stream, SERVER, TCPRST_RST, 5002, 0, 0);
}

/* ... each segment once. */
static void mixed_storm(struct stream *stream, uint32_t count)
{
    open_connection(stream);
    feed(stream, SERVER, TCPRST_FIN | TCPRST_ACK, 5001, 1001, 0);
    for (uint32_t i = 0; i < count; i++) {
        feed(stream, CLIENT, TCPRST_PSH | TCPRST_ACK, 1001 + 100 * i, 5002, 100);
        feed(stream, SERVER, TCPRST_RST, 5002, 0, 0);
    }
}

/* A SYN from each address, refused. */
static void refusals(struct stream *stream, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        stream->address = 0x0a000000U + i;
        feed(stream, CLIENT, TCPRST_SYN, 1000, 0, 0);
        feed(stream, SERVER, TCPRST_RST | TCPRST_ACK, 0, 1001, 0);
    }
}

static const struct kind {
    const char *name;
    void (*make)(struct stream *stream, uint32_t count);
    int64_t step;
    bool peeks;
} kinds[] = {
    {"an ordinary segment", segments, 20 * MICROSECOND, false},
    {"a RST of a storm on one connection", storm, 20 * MICROSECOND, false},
    {"the same, looked at as it comes", storm, 20 * MICROSECOND, true},
    {"a RST to each segment, and the segment", mixed_storm, 400 * MICROSECOND, false},
    {"the same, looked at as it comes", mixed_storm, 400 * MICROSECOND, true},
    {"a refused SYN, and the SYN", refusals, 50 * MICROSECOND, false},
    {"the same, looked at as it comes", refusals, 50 * MICROSECOND, true},
};

/* Nanoseconds of CPU time for each of count; negative: no memory. */
static double measure(const struct kind *kind, uint32_t count)
{
    struct stream stream = {.now = INT64_C(1700000000000000000),
                            .step = kind->step,
                            .address = 0x0a000001U,
                            .peeks = kind->peeks};
    const struct tcprst_options options = {.on_verdict = on_verdict, .user = &stream};
    stream.segment = (struct tcprst_segment){.layer = 1,
                                             .ip_version = 4,
                                             .ip_header = true,
                                             .dont_fragment = true,
                                             .window_known = true,
                                             .header_length = HEADER,
                                             .bytes = stream.bytes,
                                             .captured = HEADER};
    stream.core = tcprst_new(&options);
    if (!stream.core)
        return -1;
    clock_t begin = clock();
    kind->make(&stream, count);
    tcprst_finish(stream.core);
    clock_t end = clock();
    tcprst_free(stream.core);
    return (double)(end - begin) / CLOCKS_PER_SEC * 1e9 / count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    enum { KINDS = sizeof kinds / sizeof *kinds };
    double took[KINDS][RUNS];
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
    uint64_t kind = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    if (argc > 3 || count < 1 || count > 1000000 || kind >= KINDS) {
        fprintf(stderr, "usage: judging [RESETS [KIND]]; at most a million\n");
        return 2;
    }
    if (argc > 2) {
        printf("%8.2f us  %s\n", measure(&kinds[kind], (uint32_t)count) / 1e3, kinds[kind].name);
        return 0;
    }
    for (unsigned run = 0; run < RUNS; run++)
        for (unsigned k = 0; k < KINDS; k++)
            took[k][run] = measure(&kinds[k], (uint32_t)count);
    printf("%" PRIu64 " each, medians of %d: CPU time, and how many ordinary segments\n", count,
           RUNS);
    for (unsigned k = 0; k < KINDS; k++)
        qsort(took[k], RUNS, sizeof(double), compare);
    for (unsigned k = 0; k < KINDS; k++)
        printf("%8.2f us %8.1f  %s\n", took[k][RUNS / 2] / 1e3,
               took[k][RUNS / 2] / took[0][RUNS / 2], kinds[k].name);
    return 0;
}
