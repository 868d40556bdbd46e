/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harness.h - what the tests of the core share: memory that can be refused, a core whose answers
 * are kept, and segments written as steps of a script.
 */
#ifndef TCPRST_TESTS_HARNESS_H
#define TCPRST_TESTS_HARNESS_H

#include "tcprst.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

extern unsigned failures;

/* Says what failed and goes on. */
#define EXPECT(condition)                                                                          \
    ((condition)                                                                                   \
         ? (void)0                                                                                 \
         : (void)(failures++, printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition)))

enum { MILLISECOND = 1000000, SECOND = 1000000000, CLIENT_PORT = 40000, MAX_VERDICTS = 64 };

/* ---- Memory that can be refused: the core under test asks here ---- */

extern size_t asked, refuse_from, refuse_until; /* requests: so far; refused from and until */
extern size_t held;                             /* octets */

/* ---- A core whose answers are kept ---- */

struct answers {
    struct tcprst *core;
    bool gaps; /* some RSTs may have no verdict */
    size_t count;
    struct tcprst_verdict verdicts[MAX_VERDICTS]; /* the first of them */
    int rows[MAX_VERDICTS]; /* which hypothesis of its cause each is; -1: none, it is a word */
    size_t connections;
    struct tcprst_connection last_connection;
};

void on_verdict(void *user, const struct tcprst_verdict *verdict);
void on_connection(void *user, const struct tcprst_connection *connection);
/* With these two, and answers as their user. */
struct tcprst *start(struct answers *answers, size_t max_connections);
/* All that was held must have been given back. */
struct tcprst_statistics stop(struct tcprst *core);

/* ---- Segments ---- */

/* In a step's flags: it is the last packet of that end once more, as a network doubles it; it is
 * captured at one of two places only (feed_at_two_places()); it offers no window; less than half of
 * the usual one; somebody else sent it; a raw tool did, with a window even in a bare RST; it
 * came from one hop further away; its identification is 0, as Linux leaves it in a SYN-ACK; it has
 * an acknowledgment number, whatever its flags; it has the identification of all such; a
 * program chose the TTL of its socket; it came from three hops nearer; an XNU sent it, a Linux
 * before 4.19, a Windows; its sender had sent much elsewhere since its last. */
enum {
    DOUBLED = 0x200,
    ONCE = 0x400,
    FAR = 0x800,
    SHUT = 0x1000,
    LOW = 0x2000,
    FORGED = 0x4000,
    RAW = 0x8000,
    UNNUMBERED = 0x10000,
    NUMBERED_ACK = 0x20000,
    CONSTANT = 0x40000,
    CHOSEN = 0x80000,
    NEARER = 0x100000,
    XNU = 0x200000,
    OLD = 0x400000,
    WINDOWS = 0x800000,
    BUSY = 0x1000000
};

/* One segment of a script, in numbers relative to the initial sequence numbers. */
struct step {
    bool from_server;
    uint32_t flags;
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

extern uint32_t file; /* which one the segments are fed from */
extern uint16_t leg;  /* on which they are captured; 0: not known */
extern uint8_t tos;   /* their type of service */
extern uint32_t echo; /* the timestamp that they echo */

/* stamp: its timestamp in ms; 0: without timestamps. */
void feed_stamped(struct feeder *f, const struct step *step, uint32_t stamp);
void feed(struct feeder *f, const struct step *step);

/* Feeds it as two places capture it, one after the other, unless it is there once. */
void feed_at_two_places(struct feeder *f, const struct step *step, uint32_t stamp);

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
/* The same, of a server that is a Linux. */
#define LINUX_OPENING                                                                              \
    {CLIENT, SYN, 0, 0, 0, 0}, {SERVER, SYN | ACK | UNNUMBERED, 0, 1, 0, 20},                      \
    {                                                                                              \
        CLIENT, ACK, 1, 1, 0, 1                                                                    \
    }

#endif
