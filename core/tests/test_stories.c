/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stories.c - what the hypotheses must tell apart, as scripts: each a story of one connection,
 * and what its RSTs are. */
#include "harness.h"

#include <string.h>

struct story {
    const char *name;
    bool not_yet; /* the engine still says something else: fails as soon as it says what is right */
    struct {
        enum tcprst_cause cause;
        enum tcprst_effect effect;
    } resets[8];
    uint8_t trigger;         /* the frame that drew the last RST; 0: not asked */
    bool sure, unsure;       /* the last one is certain, is not certain */
    bool owned, unowned;     /* who made the last one is said, is not said */
    bool two_places;         /* each packet is captured twice, but for those that are there ONCE */
    enum tcprst_cause maybe; /* what else the first RST may be, unless it is 0 */
    struct step steps[16];
    uint32_t stamps[16]; /* timestamps of the steps; 0: without */
    uint32_t echoes[16]; /* ... and what they echo */
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
#define KEEPALIVE(wait)                                                                            \
    {                                                                                              \
        CLIENT, ACK, 0, 1, 0, wait                                                                 \
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
    /* A client that gives up waiting closes: a RST comes of that where something lies unread. */
    {.name = "a client aborts while it waits, and had got an answer before",
     .unsure = true,
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_SO_LINGER_ABORT,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 300, 20},
               {CLIENT, ACK, 101, 301, 100, 1},
               {SERVER, ACK, 301, 201, 0, 20},
               {CLIENT, RST | ACK, 201, 301, 0, 500}}},
    /* Who finds out that the peer is gone gives up: that something else comes just then is chance.
     */
    {.name = "an exchange complete, and a probe in vain",
     .resets = {{TCPRST_CAUSE_KEEPALIVE_TIMEOUT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 300, 20},
               {CLIENT, ACK, 101, 301, 0, 1},
               {CLIENT, ACK, 100, 301, 0, 2000},
               {CLIENT, RST | ACK, 101, 301, 0, 1000}}},
    /* RFC 6298: a timer repeats one segment at waits that grow, and gives up when the next is due
     */
    {.name = "given up",
     .resets = {{TCPRST_CAUSE_RETRANSMISSION_TIMEOUT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {CLIENT, ACK, 1, 1, 100, 300},
               {CLIENT, ACK, 1, 1, 100, 600},
               {CLIENT, ACK, 1, 1, 100, 1200},
               {CLIENT, RST | ACK, 101, 1, 0, 2400}}},
    {.name = "aborted between retransmissions",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {CLIENT, ACK, 1, 1, 100, 300},
               {CLIENT, ACK, 1, 1, 100, 600},
               {CLIENT, ACK, 1, 1, 100, 1200},
               {CLIENT, RST | ACK, 101, 1, 0, 100}}},
    {.name = "aborted after fast retransmissions",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {CLIENT, ACK, 101, 1, 100, 1},
               {CLIENT, ACK, 201, 1, 100, 1},
               {CLIENT, ACK, 1, 1, 100, 30},
               {CLIENT, ACK, 101, 1, 100, 1},
               {CLIENT, ACK, 201, 1, 100, 1},
               {CLIENT, RST | ACK, 301, 1, 0, 15}}},
    {.name = "probes given up",
     .resets = {{TCPRST_CAUSE_ZERO_WINDOW_TIMEOUT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK | SHUT, 1, 101, 0, 20},
               PROBE(300),
               PROBE(600),
               PROBE(1200),
               {CLIENT, RST | ACK, 101, 1, 0, 2400}}},
    {.name = "aborted between probes",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK | SHUT, 1, 101, 0, 20},
               PROBE(300),
               PROBE(600),
               PROBE(1200),
               {CLIENT, RST | ACK, 101, 1, 0, 80}}},
    /* A keep-alive gives up when its timer runs out once more: not before, and not after any number
       of probes but the one that is set. Something else may come just then. */
    {.name = "the third keep-alive was due",
     .resets = {{TCPRST_CAUSE_KEEPALIVE_TIMEOUT, TCPRST_EFFECT_RESET}},
     .unsure = true,
     .steps = {OPENING, KEEPALIVE(1000), KEEPALIVE(1020), {CLIENT, RST | ACK, 1, 1, 0, 1015}}},
    {.name = "as many keep-alives as stacks send",
     .resets = {{TCPRST_CAUSE_KEEPALIVE_TIMEOUT, TCPRST_EFFECT_RESET}},
     .sure = true,
     .steps = {OPENING,
               KEEPALIVE(2000),
               KEEPALIVE(1020),
               KEEPALIVE(1020),
               KEEPALIVE(1020),
               KEEPALIVE(1020),
               KEEPALIVE(1020),
               KEEPALIVE(1020),
               KEEPALIVE(1020),
               KEEPALIVE(1020),
               {CLIENT, RST | ACK, 1, 1, 0, 1030}}},
    {.name = "aborted between keep-alives",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING, KEEPALIVE(1000), KEEPALIVE(1010), {CLIENT, RST | ACK, 1, 1, 0, 710}}},
    {.name = "of one keep-alive nobody knows when the next is due",
     .unsure = true,
     .resets = {{TCPRST_CAUSE_KEEPALIVE_TIMEOUT, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_SO_LINGER_ABORT,
     .steps = {OPENING, KEEPALIVE(1000), {CLIENT, RST | ACK, 1, 1, 0, 1000}}},
    /* The peer was not captured: what its answers said shows in what they are echoed by, and a
       window's probes in their waits */
    {.name = "keep-alives that were answered, of one end",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_UNKNOWN}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {CLIENT, ACK, 1, 1, 0, 20},
               KEEPALIVE(1000),
               KEEPALIVE(1000),
               KEEPALIVE(1000),
               {CLIENT, RST | ACK, 1, 1, 0, 1000}},
     .stamps = {500, 520, 1520, 2520, 3520, 4520},
     .echoes = {0, 700, 700, 1710, 2710, 3710}},
    {.name = "keep-alives that were not answered, of one end",
     .resets = {{TCPRST_CAUSE_KEEPALIVE_TIMEOUT, TCPRST_EFFECT_UNKNOWN}},
     .unsure = true,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {CLIENT, ACK, 1, 1, 0, 20},
               KEEPALIVE(1000),
               KEEPALIVE(1000),
               KEEPALIVE(1000),
               {CLIENT, RST | ACK, 1, 1, 0, 1000}},
     .stamps = {500, 520, 1520, 2520, 3520, 4520},
     .echoes = {0, 700, 700, 700, 700, 700}},
    {.name = "window probes of one end, aborted when another was due",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_UNKNOWN}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {CLIENT, ACK, 1, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 100, 1},
               {CLIENT, ACK, 100, 1, 0, 800},
               {CLIENT, ACK, 100, 1, 0, 1600},
               {CLIENT, ACK, 100, 1, 0, 3200},
               {CLIENT, RST | ACK, 101, 1, 0, 1600}}},
    {.name = "a capture that began with a keep-alive",
     .resets = {{TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_UNKNOWN}},
     .maybe = TCPRST_CAUSE_KEEPALIVE_TIMEOUT,
     .steps = {{CLIENT, ACK, 100, 51, 0, 0}, {CLIENT, RST | ACK, 101, 51, 0, 1000}}},
    /* What an end cannot have got yet has not ended it: captured at the server, 100 ms away */
    {.name = "an answer sooner than the RST before it can have come",
     .resets = {{TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 1},
               {CLIENT, ACK, 1, 1, 0, 100},
               {SERVER, ACK, 1, 1, 100, 1},
               {CLIENT, ACK, 1, 101, 0, 101},
               {SERVER, ACK, 101, 1, 100, 1},
               {CLIENT, ACK, 1, 201, 0, 101},
               {CLIENT, FIN | ACK, 2, 201, 40, 100},
               {SERVER, RST, 201, 0, 0, 1},
               {CLIENT, RST, 2, 0, 0, 65}}},
    /* early only where the request was still arriving, or may have been; a download in its midst no
       server's answer */
    {.name = "download aborted",
     .resets = {{TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_RESET}},
     .steps =
         {OPENING, REQUEST, {SERVER, ACK, 1, 101, 7000, 5}, {SERVER, RST | ACK, 7001, 101, 0, 20}}},
    {.name = "answered too early",
     .resets = {{TCPRST_CAUSE_EARLY_REPLY, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 50, 5},
               {CLIENT, ACK, 101, 1, 1000, 1},
               {SERVER, RST | ACK, 51, 1101, 0, 20}}},
    {.name = "answered, and closed before it can know that the answer came",
     .resets = {{TCPRST_CAUSE_EARLY_REPLY, TCPRST_EFFECT_RESET}},
     .steps = {OPENING, REQUEST, {SERVER, ACK, 1, 101, 50, 5}, {SERVER, RST | ACK, 51, 101, 0, 1}}},
    {.name = "the same, the acknowledgment of the answer captured on its way",
     .resets = {{TCPRST_CAUSE_EARLY_REPLY, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 50, 5},
               {CLIENT, ACK, 101, 51, 0, 1},
               {SERVER, RST | ACK, 51, 101, 0, 5}}},
    {.name = "a request and, before it can have come, the abort: what was answered lies unread",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 1000, 5},
               {CLIENT, ACK, 101, 1001, 100, 1},
               {CLIENT, RST | ACK, 201, 1001, 0, 10}}},
    {.name = "the same where nothing can lie unread",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING, {CLIENT, ACK, 1, 1, 100, 1}, {CLIENT, RST | ACK, 101, 1, 0, 10}}},
    {.name = "a client that closed behind a request that got no answer",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 50, 5},
               {CLIENT, ACK, 101, 51, 100, 1},
               {SERVER, ACK, 51, 201, 0, 20},
               {CLIENT, FIN | ACK, 201, 51, 0, 5},
               {SERVER, ACK, 51, 202, 0, 20},
               {SERVER, RST | ACK, 51, 202, 0, 100}}},
    {.name = "answered without reading",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 50000, 1},
               {SERVER, ACK | LOW, 1, 50001, 0, 5},
               {SERVER, ACK | LOW, 1, 50001, 50, 5},
               {CLIENT, ACK, 50001, 51, 0, 20},
               {SERVER, RST | ACK, 51, 50001, 0, 5}}},
    {.name = "RST behind what was sent, without ACK",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 50, 5},
               {SERVER, RST, 1, 0, 0, 300},
               {CLIENT, ACK, 101, 51, 0, 15}}},
    /* RFC 9293 section 3.6: TIME-WAIT is where the first FIN came from */
    {.name = "refused by who had closed second",
     .not_yet = true,
     .resets = {{TCPRST_CAUSE_CLOSED_PORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING, CLOSED_BY_CLIENT, REFUSED_AGAIN}},
    {.name = "refused by who had closed first",
     .resets = {{TCPRST_CAUSE_TIME_WAIT_COLLISION, TCPRST_EFFECT_RESET}},
     .steps = {OPENING, CLOSED_BY_SERVER, REFUSED_AGAIN}},
    {.name = "wrong ACK of the handshake, with data",
     .resets = {{TCPRST_CAUSE_BAD_HANDSHAKE_ACK, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 9, 38, 1},
               {SERVER, RST, 9, 0, 0, 20}}},
    {.name = "FIN behind data that was lost",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {CLIENT, FIN | ACK, 101, 1, 0, 1},
               {SERVER, ACK, 1, 102, 0, 20},
               {SERVER, ACK, 1, 102, 7, 50},
               {SERVER, FIN | ACK, 8, 102, 0, 50},
               {CLIENT, RST, 102, 0, 0, 1}}},
    /* Linux, tcp_rcv_state_process() in FIN-WAIT-1: its own FIN waits behind data that the peer has
       not taken yet */
    {.name = "closed with data still to be sent",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 1400, 5},
               {SERVER, ACK, 1401, 101, 1400, 1},
               {CLIENT, ACK, 101, 1, 50, 1},
               {SERVER, RST, 1, 0, 0, 20}}},
    /* RFC 9293 section 3.5.2 group 1: its FIN is long past, and nothing new comes */
    {.name = "a request comes once more when the server has gone",
     .resets = {{TCPRST_CAUSE_LATE_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, FIN | ACK, 1, 101, 0, 5},
               {CLIENT, ACK, 101, 2, 0, 1},
               {CLIENT, ACK, 1, 2, 100, 70000},
               {SERVER, RST, 2, 0, 0, 20}}},
    /* RFC 9293 section 3.10.7.3: the client got another acknowledgment number than was captured */
    {.name = "SYN-ACK rewritten on the way to the client",
     .resets = {{TCPRST_CAUSE_WRONG_SYN_ACK, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 97834, 0, 0, 1}}},
    {.name = "both ends told of an expiry",
     .resets = {{TCPRST_CAUSE_DEVICE_IDLE_TIMEOUT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_DEVICE_IDLE_TIMEOUT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | ACK | FORGED | SHUT, 1, 101, 0, 70000},
               {CLIENT, RST | ACK | FORGED | SHUT, 101, 1, 0, 1}}},
    /* ---- what follows a RST, or comes with it, says what it was ---- */
    {.name = "a filter answers an acknowledgment, its sender goes on",
     .resets = {{TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 1},
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 43, 20},
               {CLIENT, ACK, 101, 44, 0, 30},
               {SERVER, RST, 44, 0, 0, 1},
               {SERVER, ACK, 1, 101, 43, 200}},
     .stamps = {1000, 5000, 1021, 1022, 5022, 1072, 0, 5252}},
    {.name = "the same, but what comes later is an old copy",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 1},
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 43, 20},
               {CLIENT, ACK, 101, 44, 0, 30},
               {SERVER, RST, 44, 0, 0, 1},
               {SERVER, ACK, 1, 101, 43, 200}},
     .stamps = {1000, 5000, 1021, 1022, 5022, 1072, 0, 5022}},
    {.name = "an answer and old acknowledgments around the abort that it overtook",
     .resets = {{TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 50, 1},
               {SERVER, ACK, 1, 51, 1400, 20},
               {CLIENT, ACK, 51, 1401, 0, 20},
               {SERVER, ACK, 1401, 51, 1400, 1},
               {SERVER, ACK, 2801, 51, 1400, 1},
               {SERVER, ACK, 4201, 51, 1400, 1},
               {CLIENT, RST, 51, 0, 0, 20},
               {CLIENT, ACK, 51, 4201, 0, 5},
               {CLIENT, RST | ACK, 51, 4201, 0, 1}},
     .stamps = {1000, 5000, 1021, 5041, 1061, 5061, 5062, 5063, 0, 1068, 1069}},
    {.name = "a new request half a second after a RST that was lost",
     .resets = {{TCPRST_CAUSE_RESET_INSTEAD_OF_FIN, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 0},
               {CLIENT, ACK, 1, 1, 0, 30},
               {CLIENT, ACK, 1, 1, 38, 1},
               {SERVER, ACK, 1, 39, 43, 0},
               {CLIENT, ACK, 39, 44, 0, 30},
               {SERVER, RST | ACK, 44, 39, 0, 20},
               {CLIENT, ACK, 39, 44, 38, 500},
               {SERVER, RST, 44, 0, 0, 1}},
     .stamps = {1000, 5000, 1030, 1031, 5031, 1061, 5081, 1581, 0}},
    {.name = "the same, but the request was on its way",
     .resets = {{TCPRST_CAUSE_RESET_INSTEAD_OF_FIN, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 0},
               {CLIENT, ACK, 1, 1, 0, 30},
               {CLIENT, ACK, 1, 1, 38, 1},
               {SERVER, ACK, 1, 39, 43, 0},
               {CLIENT, ACK, 39, 44, 0, 30},
               {SERVER, RST | ACK, 44, 39, 0, 20},
               {CLIENT, ACK, 39, 44, 38, 500},
               {SERVER, RST, 44, 0, 0, 1}},
     .stamps = {1000, 5000, 1030, 1031, 5031, 1061, 5081, 1075, 0}},
    {.name = "a program ends while its data wait to be sent, the FIN behind them",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_PEER_RESTARTED,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 1000, 1},
               {CLIENT, ACK, 1001, 1, 1000, 1},
               {CLIENT, ACK, 2001, 1, 1000, 1},
               {SERVER, ACK, 1, 1001, 0, 20},
               {SERVER, ACK, 1, 1001, 12, 1},
               {CLIENT, RST, 1001, 0, 0, 1},
               {SERVER, ACK, 13, 2001, 0, 5},
               {CLIENT, RST, 2001, 0, 0, 1}},
     .stamps = {1000, 5000, 1021, 1022, 1023, 1024, 5044, 5045, 0, 5051, 0}},
    /* "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0": the numbers say that there was more. */
    {.name = "only what opens and resets was captured",
     .resets = {{TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST | ACK, 88, 7001, 0, 900},
               {CLIENT, RST, 88, 0, 0, 20}},
     .stamps = {1000, 5000, 1920, 0}},
    {.name = "only what opens, closes and resets was captured",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_ABORT_AFTER_FIN,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, FIN | ACK, 185, 8001, 0, 900},
               {CLIENT, RST | ACK, 186, 9001, 0, 20}},
     .stamps = {1000, 5000, 1920, 1940}},
    /* The second came to nothing: its own numbers cannot say that nobody asked for its other
     * segments, but the first did. */
    {.name = "only what opens and resets was captured, of two",
     .resets = {{TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST | ACK, 88, 7001, 0, 900},
               {CLIENT, SYN, 50000, 0, 0, 6000},
               {SERVER, SYN | ACK, 60000, 50001, 0, 20},
               {CLIENT, RST | ACK, 50001, 60001, 0, 900}},
     .stamps = {1000, 5000, 1920, 7920, 11920, 8840}},
    {.name = "only what closes and resets was captured, and many resets",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_ABORT_AFTER_FIN,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, FIN | ACK, 185, 8001, 0, 1900},
               {CLIENT, RST | ACK, 186, 8001, 0, 1},
               {CLIENT, RST, 185, 0, 0, 1},
               {CLIENT, RST, 185, 0, 0, 0},
               {CLIENT, RST, 185, 0, 0, 0},
               {CLIENT, RST, 185, 0, 0, 0},
               {CLIENT, RST, 185, 0, 0, 0},
               {CLIENT, RST, 185, 0, 0, 0}},
     .stamps = {1000, 5000, 2920, 2921}},
    /* What an end had acknowledged before its RST says nothing of its life after it. */
    {.name = "aborted, the last it had got was not captured",
     .sure = true,
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 1000, 5},
               {CLIENT, ACK, 101, 1001, 0, 1},
               {CLIENT, ACK, 101, 1501, 0, 20},
               {CLIENT, RST | ACK, 101, 1501, 0, 30},
               {SERVER, ACK, 1501, 101, 1000, 15},
               {CLIENT, RST, 101, 0, 0, 0},
               {SERVER, ACK, 2501, 101, 1000, 0},
               {CLIENT, RST, 101, 0, 0, 0}},
     .stamps = {1000, 5000, 1020, 1021, 5041, 5046, 1047, 1067, 1097, 5077, 0, 5078, 0}},
    /* Who had answered as one without the connection had none that a later RST could end. */
    {.name = "restarted before its peer aborted",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_UNKNOWN}},
     .steps = {OPENING,
               REQUEST,
               {CLIENT, ACK, 101, 1, 74, 700},
               {SERVER, RST, 1, 0, 0, 20},
               {CLIENT, RST | ACK, 175, 1, 0, 300},
               {CLIENT, ACK, 101, 1, 74, 20},
               {SERVER, RST, 1, 0, 0, 20}}},
    /* Its program quits while its peer's window is full: its FIN waits, and is not seen. */
    {.name = "quit behind a full window",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_PEER_RESTARTED,
     .steps = {OPENING,
               REQUEST,
               {CLIENT, ACK, 101, 1, 64000, 1},
               {SERVER, ACK, 1, 64101, 12, 20},
               {CLIENT, RST, 64101, 0, 0, 1}}},
    {.name = "its data gone beyond what draws its answer",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_PEER_RESTARTED,
     .steps = {OPENING,
               REQUEST,
               {CLIENT, ACK, 101, 1, 1000, 1},
               {SERVER, ACK, 1, 1101, 12, 1},
               {CLIENT, ACK, 1101, 1, 1000, 1},
               {CLIENT, ACK, 2101, 1, 1000, 1},
               {SERVER, ACK, 13, 3101, 0, 1},
               {CLIENT, RST, 1101, 0, 0, 20}}},
    /* By then its receiver has accepted another connection on these ports. */
    {.name = "answers what was sent before the ports were used again",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_HALF_OPEN_RESYNC, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 1000, 1},
               {CLIENT, RST | ACK, 101, 1, 0, 10},
               {CLIENT, SYN, 50000, 0, 0, 60},
               {SERVER, SYN | ACK, 90000, 50001, 0, 0},
               {CLIENT, RST, 101, 0, 0, 117}}},
    /* RFC 5961 section 3.2: a challenge acknowledges what was not acknowledged yet, too. */
    {.name = "challenged at the receiver, with what it had not acknowledged",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_CHALLENGED}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 0, 0},
               {CLIENT, ACK, 101, 1, 100, 50},
               {CLIENT, RST | FORGED, 1401, 0, 0, 30},
               {SERVER, ACK, 1, 201, 0, 0}}},
    {.name = "challenged, for what came before it was lost behind this place",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_CHALLENGED}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 0, 20},
               {CLIENT, ACK, 101, 1, 100, 50},
               {CLIENT, RST | FORGED, 201, 0, 0, 30},
               {SERVER, ACK, 1, 101, 0, 20}}},
    {.name = "the answer comes when the way had stalled",
     .resets = {{TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_RESET}},
     .trigger = 9,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 1000, 20},
               {SERVER, ACK, 1001, 101, 1000, 1},
               {SERVER, ACK, 2001, 101, 1000, 1},
               {CLIENT, ACK, 101, 1001, 0, 1},
               {CLIENT, ACK, 101, 2001, 0, 1},
               {SERVER, RST, 1001, 0, 0, 20},
               {SERVER, RST, 2001, 0, 0, 400},
               {SERVER, ACK, 1, 101, 1000, 200}},
     .stamps = {1000, 5000, 1021, 1022, 5042, 5043, 5044, 1045, 1046, 0, 0, 5666}},
    {.name = "only what opens and resets was captured, no answer says what it had taken",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 20001, 0, 0, 900}},
     .stamps = {1000, 5000, 0}},
    {.name = "late data, taken and reset by the socket, and what it answers when it is gone",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 900, 20},
               {CLIENT, ACK, 101, 901, 0, 1},
               {SERVER, FIN | ACK, 901, 101, 0, 1},
               {CLIENT, ACK, 101, 902, 300, 20},
               {SERVER, RST | ACK, 902, 401, 0, 20},
               {CLIENT, ACK, 401, 902, 300, 1},
               {SERVER, RST, 902, 0, 0, 20}},
     .stamps = {1000, 5000, 1021, 1022, 5042, 1043, 5043, 1064, 5084, 1085, 0}},
    {.name = "a RST with a window that fits the late data, then the answer to it",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_IGNORED}},
     .unsure = true,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 1000, 1},
               {SERVER, FIN | ACK, 1, 1, 33, 20},
               {CLIENT, ACK, 1001, 35, 1000, 1},
               {SERVER, RST | RAW | FORGED, 35, 0, 0, 1},
               {SERVER, RST, 1, 0, 0, 20}},
     .stamps = {1000, 5000, 1021, 1022, 5042, 1043, 0, 0}},
    {.name = "a handshake rewritten on its way, then the server's own abort",
     .resets = {{TCPRST_CAUSE_WRONG_SYN_ACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 3},
               {CLIENT, RST, 700001, 0, 0, 5},
               {CLIENT, SYN, 0, 0, 0, 12},
               {SERVER, SYN | ACK, 0, 1, 0, 3},
               {CLIENT, ACK, 1, 1, 0, 3},
               {SERVER, RST | ACK, 1, 1, 0, 2}},
     .stamps = {1000, 5000, 0, 1030, 5003, 1036, 5006}},
    {.name = "the network doubles a request, and the copy meets a server that is gone",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}},
     .trigger = 7,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 89, 1},
               {SERVER, ACK, 1, 90, 50, 1},
               {CLIENT, RST | ACK | FORGED, 90, 1, 0, 1},
               {CLIENT, ACK | DOUBLED, 1, 1, 89, 1},
               {SERVER, RST, 1, 0, 0, 1}},
     .stamps = {1000, 5000, 1021, 1022, 5023, 0, 1022, 0}},
    {.name = "a RST that its receiver outlives, then another end of it",
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | FORGED, 2, 0, 0, 1},
               {CLIENT, ACK, 1, 1, 100, 300},
               {SERVER, ACK, 1, 101, 50, 900},
               {CLIENT, RST, 101, 0, 0, 1}},
     .stamps = {1000, 5000, 1021, 1022, 5042, 0, 1343, 6243, 0}},
    {.name = "captured at two places, but of the server nothing gets to the second",
     .two_places = true,
     .resets = {{TCPRST_CAUSE_CLOSED_PORT, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK | ONCE, 0, 1, 0, 400},
               {CLIENT, SYN, 0, 0, 0, 600},
               {SERVER, SYN | ACK | ONCE, 0, 1, 0, 400},
               {CLIENT, SYN, 0, 0, 0, 700},
               {SERVER, RST | ACK | ONCE, UINT32_MAX, 1, 0, 300}}},
    /* A forger as far away as the host in whose name it speaks: what the host says next is its own.
     */
    {.name = "a guess far beyond the window, then an abort",
     .resets = {{TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_RESET_INSTEAD_OF_FIN, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | FORGED, 5000001, 0, 0, 1},
               {SERVER, ACK, 1, 101, 200, 400},
               {CLIENT, ACK, 101, 201, 0, 1},
               {SERVER, RST | ACK, 201, 101, 0, 50}},
     .stamps = {1000, 5000, 1021, 1022, 5042, 0, 5442, 1463, 5513}},
    {.name = "a guess far beyond the window, then an answer",
     .resets = {{TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | FORGED, 5000001, 0, 0, 1},
               {SERVER, ACK, 1, 101, 200, 400},
               {CLIENT, ACK, 101, 201, 100, 1},
               {SERVER, RST, 201, 0, 0, 20}}},
    /* Who sees a connection does not miss its window. */
    /* Whoever acknowledges a SYN-ACK has got it: no filter kept it back. */
    {.name = "refused for a client that finishes its handshake",
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST | ACK | FORGED, 1, 1, 0, 5},
               {CLIENT, ACK, 1, 1, 0, 40},
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, RST, 1, 0, 0, 20}}},
    /* tcpkill under load: it aims where the sender stood when it saw the segment. */
    {.name = "a slow injector, whose numbers the sender has left behind",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_INJECTED,
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 60000, 1},
               {SERVER, ACK, 60001, 101, 60000, 1},
               {SERVER, ACK, 120001, 101, 60000, 1},
               {CLIENT, ACK, 101, 180001, 0, 20},
               {SERVER, RST | FORGED, 1, 0, 0, 5},
               {SERVER, RST | FORGED, 64, 0, 0, 1},
               {SERVER, RST | FORGED, 190, 0, 0, 1}}},
    {.name = "a slow injector, of whose sender the beginning was not captured",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_INJECTED,
     .steps = {{SERVER, ACK, 500001, 101, 60000, 0},
               {CLIENT, ACK, 101, 560001, 0, 20},
               {SERVER, ACK, 560001, 101, 60000, 20},
               {CLIENT, ACK, 101, 620001, 0, 20},
               {SERVER, RST | FORGED, 1, 0, 0, 5},
               {SERVER, RST | FORGED, 64, 0, 0, 1},
               {SERVER, RST | FORGED, 190, 0, 0, 1}}},
    {.name = "a number that its receiver waits for, though what lies before it was not captured",
     .resets = {{TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {CLIENT, ACK | SHUT, 101, 200001, 0, 5},
               {SERVER, RST | ACK, 200001, 101, 0, 5000}}},
    {.name = "killed with its window closed, captured late",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET}},
     .steps = {{SERVER, ACK, 999, 101, 0, 0},
               {CLIENT, ACK | SHUT, 101, 1000, 0, 1},
               {SERVER, ACK, 999, 101, 0, 900},
               {CLIENT, ACK | SHUT, 101, 1000, 0, 1},
               {CLIENT, RST | ACK, 101, 1000, 0, 1500}}},
    {.name = "an abort that overtakes the handshake's last ACK",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST | ACK, 1, 1, 0, 1},
               {CLIENT, ACK, 1, 1, 0, 1},
               {SERVER, RST, 1, 0, 0, 20}}},
    /* What follows the FIN it refused is no late segment of a connection that both had closed. */
    {.name = "data after close, and a FIN that was never taken",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               {CLIENT, FIN | ACK, 1, 1, 0, 1},
               {SERVER, ACK, 1, 2, 0, 20},
               {SERVER, ACK, 1, 2, 1000, 600},
               {CLIENT, RST, 2, 0, 0, 1},
               {SERVER, FIN | ACK, 1001, 2, 1000, 100},
               {CLIENT, RST, 2, 0, 0, 1},
               {SERVER, ACK, 1, 2, 1000, 9000},
               {CLIENT, RST, 2, 0, 0, 1}}},
    /* libslirp answers a RST with a RST; that a FIN's number was acknowledged since says nothing.
     */
    {.name = "a reset that a user-space NAT answers",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 1000, 1},
               {CLIENT, FIN | ACK, 101, 1001, 0, 1},
               {SERVER, ACK, 1001, 101, 16, 1},
               {CLIENT, RST, 101, 0, 0, 1},
               {SERVER, ACK, 1017, 102, 0, 1},
               {SERVER, RST | ACK, UINT32_MAX, 101, 0, 1}}},
    /* masscan lets go of whatever answered, with a RST of its own. */
    {.name = "a scanner's own reset",
     .resets = {{TCPRST_CAUSE_CLOSED_PORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_SYN_SCAN, TCPRST_EFFECT_UNKNOWN}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, RST | ACK, UINT32_MAX, 1, 0, 20},
               {CLIENT, RST | RAW, 1, 0, 0, 1}}},
    /* The handshake's last ACK is the abort itself: a health check of HAProxy. */
    {.name = "a connection that is aborted as soon as it is answered",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST | ACK, 1, 1, 0, 1}}},
    /* The ACK was altered behind this place, and what it drew came behind the next answer. */
    {.name = "an altered end of the handshake, overtaken",
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_BAD_HANDSHAKE_ACK,
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST, 5001, 0, 0, 1},
               {SERVER, ACK, 1, 101, 200, 400},
               {CLIENT, ACK, 101, 201, 0, 1}}},
    /* RFC 9293 section 3.10.7.3: in SYN-SENT a RST without ACK says nothing. */
    {.name = "an answer to the connection before, while the next one opens",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {CLIENT, SYN, 700000, 0, 0, 5},
               {SERVER, RST, 1, 0, 0, 15}}},
    {.name = "a guess far beyond the window, and nothing else",
     .resets = {{TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING, REQUEST, {SERVER, RST | FORGED, 5000001, 0, 0, 1}},
     .stamps = {1000, 5000, 1021, 1022, 5042}},
    /* What an end answers of one connection acknowledges what that end sent: it lies together. */
    {.name = "RSTs all over the sequence space",
     .resets = {{TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, ACK, 1, 1, 100, 0},
               {SERVER, RST, 5, 0, 0, 10},
               {SERVER, RST, 3u << 30, 0, 0, 1},
               {SERVER, RST, 1u << 30, 0, 0, 1},
               {SERVER, RST, 1u << 31, 0, 0, 1}}},
    /* Who refuses a SYN does not let it pass. */
    {.name = "a SYN refused on the way, and accepted",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, RST | ACK | FORGED, UINT32_MAX, 1, 0, 5},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1, 0, 0, 1}}},
    /* Nothing of the client reaches the server any more, which goes on asking; when the capture
     * ends, it is about to ask again. */
    {.name = "a refusal like those before it, which did not arrive",
     .resets = {{TCPRST_CAUSE_RETRANSMISSION_TIMEOUT, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_UNKNOWN}},
     .steps = {OPENING,
               REQUEST,
               {CLIENT, ACK, 101, 1, 100, 1000},
               {CLIENT, ACK, 101, 1, 100, 300},
               {CLIENT, ACK, 101, 1, 100, 600},
               {CLIENT, ACK, 101, 1, 100, 1200},
               {CLIENT, RST | ACK, 201, 1, 0, 2400},
               {SERVER, FIN | ACK, 1, 101, 0, 1500},
               {CLIENT, RST, 101, 0, 0, 1},
               {SERVER, FIN | ACK, 1, 101, 0, 300},
               {CLIENT, RST, 101, 0, 0, 1}}},
    {.name = "a refusal to an end that has long not heard what was acknowledged",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_UNKNOWN}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 50, 1},
               {CLIENT, ACK, 101, 51, 0, 1},
               {SERVER, ACK, 1, 101, 50, 300},
               {CLIENT, ACK, 101, 51, 0, 1},
               {SERVER, ACK, 1, 101, 50, 600},
               {CLIENT, RST, 101, 0, 0, 1}}},
    /* RFC 5961 section 3.2. The ACKs of what was sent before the forged RSTs come before the
     * challenge, which answers the only one that lies in the window when it comes there. */
    {.name = "guesses ahead of text that they follow, and the challenge that the last draws",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_CHALLENGED}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 1448, 20},
               {SERVER, ACK, 1449, 101, 571, 0},
               {SERVER, RST | ACK | FORGED, 1, 101, 0, 1},
               {SERVER, RST | ACK | FORGED, 1461, 101, 0, 0},
               {SERVER, RST | ACK | FORGED, 4381, 101, 0, 0},
               {CLIENT, ACK, 101, 1449, 0, 24},
               {CLIENT, ACK, 101, 2020, 0, 0},
               {CLIENT, ACK, 101, 2020, 0, 0}}},
    /* No answer comes sooner than a round trip: that ACK was under way. */
    {.name = "an ACK that meets the RST on its way",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_INJECTED,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 0},
               {CLIENT, ACK, 1, 1, 0, 100},
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 0, 0},
               {SERVER, RST | FORGED, 5001, 0, 0, 20},
               {CLIENT, ACK, 101, 1, 0, 1}}},
    /* A filter answers one segment with one RST: what made the others made the first. */
    {.name = "steps ahead from the number that an ACK asks for",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_INJECTED,
     .steps = {OPENING,
               REQUEST,
               {CLIENT, RST | FORGED | FAR, 101, 0, 0, 20},
               {CLIENT, RST | FORGED | FAR, 165, 0, 0, 0},
               {CLIENT, RST | FORGED | FAR, 293, 0, 0, 0},
               {CLIENT, RST | FORGED | FAR, 485, 0, 0, 0}}},
    /* nf_synproxy_core.c: who made the handshake stands elsewhere than the server. */
    {.name = "a server behind a SYN proxy has lost the connection",
     .unowned = true,
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK | SHUT | UNNUMBERED, 0, 1, 0, 1},
               {CLIENT, ACK, 1, 1, 0, 20},
               {SERVER, ACK | UNNUMBERED, 1, 1, 0, 70},
               {CLIENT, ACK, 1, 1, 800, 5},
               {CLIENT, ACK, 1, 1, 800, 300},
               {CLIENT, ACK, 1, 1, 800, 600},
               {SERVER, RST | FAR, 1, 0, 0, 50}}},
    /* Who guesses does not see the connection: to see more of it would show no more. */
    {.name = "numbers from all over, of a connection that was not captured",
     .resets = {{TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_UNKNOWN},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_UNKNOWN},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_UNKNOWN},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_UNKNOWN}},
     .steps = {{SERVER, RST | RAW | FORGED, 3563098467u, 0, 0, 0},
               {SERVER, RST | RAW | FORGED, 1530615387, 0, 0, 1},
               {SERVER, RST | RAW | FORGED, 2277128276u, 0, 0, 1},
               {SERVER, RST | RAW | FORGED, 663474203, 0, 0, 1}}},
    /* A number from before the SYN's is a guess, and so may be those that speak of octets which
     * were not captured. */
    {.name = "guesses around a connection given up at once",
     .resets = {{TCPRST_CAUSE_SYN_SCAN, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_BLIND_ATTACK, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1, 0, 0, 1},
               {SERVER, RST | FORGED | CHOSEN, (uint32_t)-40965, 0, 0, 300},
               {SERVER, RST | FORGED | CHOSEN, 49081, 0, 0, 10},
               {SERVER, RST | FORGED | CHOSEN, (uint32_t)-68243, 0, 0, 10},
               {SERVER, RST | FORGED | CHOSEN, 36520, 0, 0, 10}}},
    /* An honest answer there would stand beside the ladder's own first rung. */
    {.name = "steps ahead from an ACK's number, all from as far away as their host",
     .unowned = true,
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_INJECTED,
     .steps = {LINUX_OPENING,
               REQUEST,
               {CLIENT, ACK, 101, 1, 100, 200},
               {SERVER, ACK, 1, 201, 300, 20},
               {CLIENT, ACK, 201, 301, 0, 1},
               {SERVER, RST, 301, 0, 0, 20},
               {SERVER, RST, 1761, 0, 0, 3},
               {SERVER, RST, 3221, 0, 0, 3}}},
    /* The stack of a host whose raw tool scans answers a SYN-ACK without ACK. */
    {.name = "a SYN-ACK acknowledged and reset",
     .resets = {{TCPRST_CAUSE_CONNECT_ABANDONED, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST | ACK | SHUT, 1, 1, 0, 30}}},
    /* A filter that forgot answers what comes as the end would. */
    {.name = "what was lost before draws an answer, of the server or of a filter",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .unowned = true,
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 50, 5},
               {CLIENT, ACK, 101, 51, 100, 300},
               {CLIENT, ACK, 101, 51, 100, 300},
               {CLIENT, ACK, 101, 51, 100, 600},
               {SERVER, RST, 51, 0, 0, 20}}},
    {.name = "an answer of the server",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .owned = true,
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 50, 5},
               {CLIENT, ACK, 101, 51, 100, 300},
               {SERVER, RST, 51, 0, 0, 20}}},
    /* Answers that a way which stalled lets through one by one: each waited behind the one before.
     */
    {.name = "answers that waited behind each other",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .trigger = 9,
     .steps = {OPENING,
               {SERVER, ACK, 1, 1, 100, 20},
               {CLIENT, ACK, 1, 101, 0, 1},
               {SERVER, ACK, 101, 1, 100, 20},
               {CLIENT, ACK, 1, 201, 0, 1},
               {SERVER, ACK, 201, 1, 100, 20},
               {CLIENT, ACK, 1, 301, 0, 1},
               {SERVER, RST, 101, 0, 0, 60},
               {SERVER, RST, 201, 0, 0, 900},
               {SERVER, RST, 301, 0, 0, 900}}},
    /* The ACK may have been lost behind this place; or what answered it, late, is the RST. */
    {.name = "given up half-made, for all that was acknowledged",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_SYN_RECEIVED_TIMEOUT,
     .unsure = true,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 1},
               {SERVER, SYN | ACK, 0, 1, 0, 1000},
               {CLIENT, ACK, 1, 1, 0, 1},
               {SERVER, SYN | ACK, 0, 1, 0, 2000},
               {CLIENT, ACK, 1, 1, 0, 1},
               {SERVER, RST, 1, 0, 0, 4000}}},
    /* It read on after its FIN, and then aborted. */
    {.name = "aborted with late data unread",
     .resets = {{TCPRST_CAUSE_ABORT_AFTER_FIN, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, FIN | ACK, 1, 101, 0, 5},
               {CLIENT, ACK, 101, 2, 100, 1},
               {SERVER, ACK, 2, 201, 0, 20},
               {SERVER, RST | ACK, 2, 201, 0, 500}}},
    /* The data came to it behind its FIN, captured before or not: its RST says so. */
    {.name = "closed while the request was on its way",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_ABORT_AFTER_FIN,
     .unsure = true,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, FIN | ACK, 1, 1, 0, 20},
               {SERVER, RST | ACK, 2, 101, 0, 1}}},
    /* Nobody answered what the client had said before it closed. */
    {.name = "a request never answered",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_LISTENER_CLOSED,
     .steps = {OPENING,
               REQUEST,
               {CLIENT, FIN | ACK, 101, 1, 0, 100},
               {SERVER, ACK, 1, 102, 0, 20},
               {SERVER, RST | ACK, 1, 102, 0, 400}}},
    /* A listener that closes takes the half-made with it: their last ACK finds nothing, nor does
       what comes behind that. No host restarts within a handshake. */
    {.name = "the listener was gone, or its queue full, when the client's last ACK came",
     .resets = {{TCPRST_CAUSE_ACCEPT_QUEUE_OVERFLOW, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ACCEPT_QUEUE_OVERFLOW, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_LISTENER_CLOSED,
     .unsure = true,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, RST, 1, 0, 0, 20},
               {SERVER, RST, 1, 0, 0, 1}}},
    /* An altered SYN-ACK draws one RST: who made three has drawn them himself. */
    {.name = "more RSTs than SYN-ACKs",
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_IGNORED}},
     .unsure = true,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1461, 0, 0, 1},
               {CLIENT, RST, 2921, 0, 0, 1},
               {CLIENT, RST, 4381, 0, 0, 1},
               {CLIENT, ACK, 1, 1, 0, 40}}},
    /* What was new when it was captured is no old segment that came late. */
    {.name = "an answer to data, not to the ACK before it",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .sure = true,
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 100, 1},
               {SERVER, FIN | ACK, 101, 101, 0, 1},
               {CLIENT, ACK, 101, 102, 0, 20},
               {CLIENT, ACK, 101, 102, 50, 15},
               {SERVER, RST, 102, 0, 0, 20}}},
    /* A filter's answer would have a TTL of its own: where that cannot be compared, it may be one.
     */
    {.name = "an answer to data, from the TTL its host starts with",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .unsure = true,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK | UNNUMBERED | CHOSEN, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 1},
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK | CHOSEN, 1, 101, 100, 20},
               {SERVER, FIN | ACK | CHOSEN, 101, 101, 0, 1},
               {CLIENT, ACK, 101, 102, 50, 20},
               {SERVER, RST, 102, 0, 0, 20}}},
    /* What an end that was reset answers after a pause tells nothing of a timer on the way. */
    {.name = "reset, and asked again after a pause",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}},
     .sure = true,
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | ACK, 1, 101, 0, 20},
               {CLIENT, ACK, 101, 1, 50, 5000},
               {SERVER, RST, 1, 0, 0, 20}}},
    /* What a closed window keeps back, and the FIN behind it, is never seen. */
    {.name = "closed while its peer kept the window shut",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .unsure = true,
     .maybe = TCPRST_CAUSE_DATA_AFTER_CLOSE,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 0},
               {CLIENT, ACK, 1, 1, 700, 1},
               {SERVER, ACK | SHUT, 1, 701, 0, 20},
               {CLIENT, ACK, 700, 1, 0, 300},
               {SERVER, ACK | SHUT, 1, 701, 0, 20},
               {SERVER, ACK | SHUT, 1, 701, 10, 500},
               {CLIENT, RST, 701, 0, 0, 0}},
     .stamps = {1000, 5000, 1021, 1022, 5042, 1342, 5362, 5862}},
    /* Nobody guesses both numbers of a connection that is over: what has them is late. */
    {.name = "an abort that came into the next connection on its ports",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_IGNORED}},
     .owned = true,
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 0, 20},
               {CLIENT, RST | ACK, 101, 1, 0, 30},
               {CLIENT, SYN, 90000000, 0, 0, 300},
               {SERVER, SYN | ACK, 90000000, 90000001, 0, 20},
               {CLIENT, ACK, 90000001, 90000001, 0, 1},
               {CLIENT, ACK, 90000001, 90000001, 100, 1},
               {SERVER, ACK, 90000001, 90000101, 0, 20},
               {CLIENT, RST | ACK | DOUBLED, 101, 1, 0, 700},
               {CLIENT, ACK, 90000101, 90000001, 100, 100},
               {SERVER, ACK, 90000001, 90000201, 0, 20}}},
    /* A raw tool, of which its kernel knows nothing, asks this and that from one port. */
    {.name = "probes that have nothing to do with one another",
     .resets = {{TCPRST_CAUSE_SYN_SCAN, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_PROBE_RESPONSE, TCPRST_EFFECT_RESET}},
     .unsure = true,
     .steps = {{CLIENT, SYN | RAW, 0, 0, 0, 0},
               {SERVER, SYN | ACK | UNNUMBERED, 0, 1, 0, 1},
               {CLIENT, RST, 1, 0, 0, 1},
               {CLIENT, ACK | RAW, 700000000, 900000000, 0, 400},
               {SERVER, RST, 900000000, 0, 0, 1}}},
    /* ... which nobody can tell who has only the first and the last of each connection. */
    {.name = "a FIN behind an abort, of a capture filtered by flags",
     .resets = {{TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {SERVER, RST | ACK, 60000000, 101, 0, 900},
               {CLIENT, FIN | ACK, 101, 60000000, 0, 1},
               {SERVER, RST, 60000000, 0, 0, 20}}},
    /* RFC 9293 section 3.10.7.4: a SYN that came late is answered anew, and TIME-WAIT speaks of the
       connection that is over. */
    {.name = "a SYN that came once more after the close",
     .resets = {{TCPRST_CAUSE_BAD_HANDSHAKE_ACK, TCPRST_EFFECT_RESET}},
     .unsure = true,
     .maybe = TCPRST_CAUSE_LATE_AFTER_CLOSE,
     .steps = {OPENING,
               CLOSED_BY_CLIENT,
               {CLIENT, SYN | DOUBLED, 0, 0, 0, 900},
               {SERVER, SYN | ACK, 40000000, 1, 0, 20},
               {CLIENT, ACK, 2, 2, 0, 1},
               {SERVER, RST, 2, 0, 0, 20}}},
    /* A FIN is as soon lost as a host goes. */
    {.name = "data to one whose FIN nobody saw",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_DATA_AFTER_CLOSE,
     .steps = {OPENING, REQUEST, {CLIENT, ACK, 101, 1, 100, 90}, {SERVER, RST, 1, 0, 0, 20}}},
    /* Its kernel knows of no SYN that somebody sent in its name. */
    {.name = "a SYN from elsewhere",
     .resets = {{TCPRST_CAUSE_UNSOLICITED_SYN_ACK, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               CLOSED_BY_CLIENT,
               {CLIENT, SYN | CHOSEN, 70000, 0, 0, 90000},
               {SERVER, SYN | ACK, 90000, 70001, 0, 20},
               {CLIENT, RST, 70001, 0, 0, 1}}},
    /* A host numbers one packet after the other, or gives every one 0; who makes up a page and a
       reset may give both the same. */
    {.name = "a page and a reset with one IP identification",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET}},
     .unsure = true,
     .steps = {LINUX_OPENING,
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK | CONSTANT, 1, 101, 200, 20},
               {SERVER, RST | ACK | CONSTANT, 201, 101, 0, 1}}},
    /* TCP_LINGER2 below 0: who closed does not wait for its peer. */
    {.name = "the ACK of a FIN draws a RST, and the data behind it another",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_IGNORED}},
     .unsure = true,
     .maybe = TCPRST_CAUSE_ABORT_AFTER_FIN,
     .steps = {OPENING,
               REQUEST,
               {SERVER, FIN | ACK, 1, 101, 0, 1},
               {CLIENT, ACK, 101, 2, 0, 20},
               {CLIENT, ACK, 101, 2, 50, 1},
               {SERVER, RST, 2, 0, 0, 20},
               {SERVER, RST, 2, 0, 0, 1}}},
    {.name = "the ACK of a FIN draws a RST",
     .resets = {{TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_RESET}},
     .unsure = true,
     .maybe = TCPRST_CAUSE_ABORT_AFTER_FIN,
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 100, 1},
               {SERVER, FIN | ACK, 101, 101, 0, 1},
               {CLIENT, ACK, 101, 102, 0, 20},
               {SERVER, RST, 102, 0, 0, 20}},
     .stamps = {500, 700, 501, 502, 720, 721, 722, 540, 0},
     .echoes = {0, 500, 700, 700, 502, 502, 502, 722, 0}},
    /* RFC 5961 section 10: who challenged a moment ago challenges no more for a while. */
    {.name = "guesses in the window, one challenge",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_CHALLENGED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST, 5001, 0, 0, 300},
               {CLIENT, ACK, 101, 1, 0, 1},
               {SERVER, RST, 9001, 0, 0, 20},
               {SERVER, RST, 13001, 0, 0, 1},
               {SERVER, RST, 17001, 0, 0, 1},
               {CLIENT, ACK, 101, 1, 100, 2500}}},
    /* What the client acknowledged the server had sent, captured or not: it had accepted. */
    {.name = "ended after an answer that was not captured",
     .resets = {{TCPRST_CAUSE_LOCAL_ABORT, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {CLIENT, ACK, 101, 51, 50, 30},
               {SERVER, ACK, 51, 151, 0, 20},
               {SERVER, RST | ACK, 51, 151, 0, 400}}},
    /* ---- who answers a SYN, and what that draws ---- */
    /* What the SYN then comes to begins with another number: the device before it had answered. */
    {.name = "a device answers the SYN wrongly, the server the next",
     .resets = {{TCPRST_CAUSE_DDOS_CHALLENGE, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0x50000000, 777001, 0, 20},
               {CLIENT, RST, 777001, 0, 0, 1},
               {CLIENT, SYN, 0, 0, 0, 1000},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 1},
               REQUEST},
     .stamps = {1000, 0, 0, 2021, 6041, 2042, 2043, 6064}},
    {.name = "the SYN-ACK was altered on the way, the next was not",
     .resets = {{TCPRST_CAUSE_WRONG_SYN_ACK, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 777001, 0, 20},
               {CLIENT, RST, 777001, 0, 0, 1},
               {CLIENT, SYN, 0, 0, 0, 1000},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 1},
               REQUEST},
     .stamps = {1000, 5000, 0, 2021, 6041, 2042, 2043, 6064}},
    /* RFC 6528: it forgot the attempt before, and its clock had gone on by a second. */
    {.name = "the server had an older SYN, and begins anew",
     .resets = {{TCPRST_CAUSE_WRONG_SYN_ACK, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, UINT32_MAX - 15938000, 777001, 0, 20},
               {CLIENT, RST, 777001, 0, 0, 1},
               {CLIENT, SYN, 0, 0, 0, 1000},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 0, 1},
               REQUEST},
     .stamps = {1000, 5000, 0, 2021, 6041, 2042, 2043, 6064}},
    /* A scanner has what it wanted, and asks no more; who asks again never got it. */
    {.name = "a filter lets the SYN out, and no SYN-ACK in",
     .resets = {{TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1, 0, 0, 1},
               {CLIENT, SYN, 0, 0, 0, 1000},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1, 0, 0, 1},
               {CLIENT, SYN, 0, 0, 0, 2000}}},
    /* A SYN that was held up finds no listener any more, nor does the ACK behind it. */
    {.name = "the listener ends before the handshake",
     .resets = {{TCPRST_CAUSE_CLOSED_PORT, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_LISTENER_CLOSED, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {CLIENT, SYN, 0, 0, 0, 1000},
               {SERVER, SYN | ACK, 1u << 30, 1, 0, 20},
               {CLIENT, ACK, 1, (1u << 30) + 1, 0, 1},
               {SERVER, RST | ACK, UINT32_MAX, 1, 0, 400},
               {SERVER, RST, (1u << 30) + 1, 0, 0, 20}}},
    /* ---- and what came before the answer ---- */
    /* The way is slow, and grows slower: what the server had sent again before the forged RST
     * reached it comes so long after that passed here that it seems to live. */
    {.name = "forged, text under way, then nothing is there",
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 500},
               {CLIENT, ACK, 1, 1, 0, 1},
               {CLIENT, ACK, 1, 1, 100, 1},
               {SERVER, ACK, 1, 101, 50, 500},
               {CLIENT, RST | ACK | FORGED | SHUT, 101, 1, 0, 5},
               {SERVER, ACK, 1, 101, 50, 900},
               {CLIENT, ACK, 101, 51, 0, 1},
               {CLIENT, ACK, 101, 51, 10, 1},
               {SERVER, RST, 51, 0, 0, 1400}}},
    /* RFC 5961 section 3.2, captured at the receiver's host: it never got what came before */
    {.name = "challenged at once, at its own host",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_CHALLENGED},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 0},
               {CLIENT, ACK, 1, 1, 0, 20},
               {CLIENT, ACK, 1, 1, 100, 1},
               {CLIENT, RST | ACK, 101, 1, 0, 50},
               {SERVER, ACK, 1, 1, 0, 0},
               {CLIENT, RST, 1, 0, 0, 20}}},
    /* Whoever made it, its sender had not ended */
    {.name = "an end that went on after its RST answers later as one that lost its state",
     .resets = {{TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | ACK, 1, 101, 0, 300},
               {SERVER, ACK, 1, 101, 50, 1500},
               {CLIENT, ACK, 101, 51, 0, 20},
               {CLIENT, ACK, 101, 51, 100, 5000},
               {SERVER, RST, 51, 0, 0, 20}}},
    /* RFC 9293 section 3.6: nothing in TIME-WAIT is there to abort */
    {.name = "a RST with the numbers of an abort out of TIME-WAIT",
     .unsure = true,
     .resets = {{TCPRST_CAUSE_UNCLASSIFIED, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, FIN | ACK, 1, 101, 0, 20},
               {CLIENT, FIN | ACK, 101, 2, 0, 1},
               {SERVER, ACK, 2, 102, 0, 20},
               {SERVER, RST | ACK, 2, 102, 0, 600}}},
    /* RFC 9293 section 3.5.1: only the last of what was under way has the number that counts */
    {.name = "what was under way from the connection before is left of its window",
     .resets = {{TCPRST_CAUSE_HALF_OPEN_RESYNC, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_HALF_OPEN_RESYNC, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 50, 1},
               {SERVER, ACK, 1, 51, 0, 20},
               {CLIENT, ACK, 51, 1, 50, 1},
               {SERVER, ACK, 1, 101, 0, 20},
               {CLIENT, SYN, 9000, 0, 0, 1},
               {SERVER, ACK, 1, 101, 0, 20},
               {CLIENT, RST, 51, 0, 0, 5},
               {CLIENT, RST, 101, 0, 0, 5}}},
    /* RFC 9293 section 3.10.7.2: it listens again, and answers the same SYN with another ISS */
    {.name = "reset in SYN-RECEIVED, and opened again",
     .resets = {{TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_UNREAD_DATA, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1, 0, 0, 1},
               {CLIENT, SYN, 0, 0, 0, 1000},
               {SERVER, SYN | ACK, 7000, 1, 0, 20},
               {CLIENT, ACK, 1, 7001, 0, 1},
               {CLIENT, ACK, 1, 7001, 100, 1},
               {SERVER, ACK, 7001, 101, 0, 20},
               {SERVER, RST | ACK, 7001, 101, 0, 300}}},
    /* A FIN and a RST in its name were not its own, or were: it answers what comes on */
    {.name = "late data, or data to who was reset: an earlier RST may have been anybody's",
     .unsure = true,
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_DATA_AFTER_CLOSE, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               {CLIENT, ACK, 1, 1, 1000, 1},
               {SERVER, ACK, 1, 1001, 0, 20},
               {CLIENT, ACK, 1001, 1, 1000, 1},
               {SERVER, FIN | ACK, 1, 2001, 33, 1},
               {SERVER, RST | ACK | FORGED, 36, 2001, 0, 1},
               {CLIENT, ACK, 2001, 1, 1000, 15},
               {SERVER, RST, 1, 0, 0, 20}}},
    /* A device's timer runs out while nothing comes, and it says so once. */
    {.name = "a device whose timer ran out, long after a segment with these numbers",
     .resets = {{TCPRST_CAUSE_DEVICE_IDLE_TIMEOUT, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_POLICY_RESET,
     .steps = {LINUX_OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 100, 1},
               {CLIENT, ACK, 101, 101, 0, 20},
               {SERVER, RST | ACK | SHUT | FORGED | FAR, 101, 101, 0, 230}}},
    {.name = "cut when the sender's own text had ended a pause",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET}},
     .steps = {OPENING,
               REQUEST,
               {CLIENT, ACK, 101, 1, 100, 3000},
               {SERVER, RST, 1, 0, 0, 1},
               {CLIENT, RST | ACK | FORGED | FAR, 201, 1, 0, 5}}},
    {.name = "told again and again after a pause",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | ACK | FORGED | FAR, 1, 101, 0, 300},
               {SERVER, RST | ACK | FORGED | FAR, 1, 101, 0, 1},
               {SERVER, RST | ACK | FORGED | FAR, 1, 101, 0, 1}}},
    {.name = "nothing is timed any more once it was reset",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {CLIENT, RST | ACK, 101, 1, 0, 1},
               {SERVER, RST | FAR | FORGED, 1, 0, 0, 3000}}},
    /* tcp_v4_send_reset(): without the ACK flag Linux leaves that number 0. */
    {.name = "an answer that Linux does not give",
     .resets = {{TCPRST_CAUSE_UNCLASSIFIED, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_POLICY_RESET,
     .steps = {LINUX_OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 100, 1},
               {CLIENT, ACK, 101, 101, 100, 20},
               {SERVER, RST | NUMBERED_ACK, 101, 101, 0, 20}}},
    {.name = "an answer that Linux gives",
     .resets = {{TCPRST_CAUSE_PEER_RESTARTED, TCPRST_EFFECT_RESET}},
     .steps = {LINUX_OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 100, 1},
               {CLIENT, ACK, 101, 101, 100, 20},
               {SERVER, RST, 101, 101, 0, 20}}},
    /* A socket that aborts does so once. */
    {.name = "two aborts of one socket",
     .resets = {{TCPRST_CAUSE_UNCLASSIFIED, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED}},
     .maybe = TCPRST_CAUSE_POLICY_RESET,
     .steps = {LINUX_OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 7000, 1},
               {SERVER, RST | ACK, 7001, 101, 0, 5},
               {SERVER, RST | ACK, 8461, 101, 0, 1}}},
    {.name = "an abort that the network doubled",
     .resets = {{TCPRST_CAUSE_EARLY_REPLY, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_EARLY_REPLY, TCPRST_EFFECT_IGNORED}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 100, 1},
               {SERVER, RST | ACK, 101, 101, 0, 5},
               {SERVER, RST | ACK | DOUBLED, 101, 101, 0, 400}}},
    /* Copies of a packet come at once; what has its identification later somebody made anew. */
    {.name = "one identification for all",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_UNKNOWN}},
     .steps = {OPENING,
               REQUEST,
               {SERVER, ACK, 1, 101, 100, 1},
               {CLIENT, ACK, 101, 101, 100, 20},
               {SERVER, RST | CONSTANT | FAR, 101, 0, 0, 20},
               {CLIENT, ACK, 101, 101, 100, 300},
               {SERVER, RST | CONSTANT | FAR, 101, 0, 0, 20}}},
    /* A filter between two places forgets a connection that was reset. */
    {.name = "an answer after a reset that does not get past a filter",
     .resets = {{TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_SO_LINGER_ABORT, TCPRST_EFFECT_RESET},
                {TCPRST_CAUSE_ECHO_OF_RESET, TCPRST_EFFECT_IGNORED}},
     .two_places = true,
     .steps = {OPENING,
               REQUEST,
               {CLIENT, RST | ACK, 101, 1, 0, 30},
               {SERVER, RST | ONCE, 1, 0, 0, 2500}}},
    /* Who cuts the connection lets nothing more of the sender through. */
    {.name = "forged by somebody who lets pass what comes behind",
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_POLICY_RESET,
     .steps = {OPENING,
               REQUEST,
               {SERVER, RST | ACK | FORGED | FAR, 1, 101, 0, 30},
               {SERVER, ACK, 1, 101, 0, 5}}},
    {.name = "forged, and nothing comes behind",
     .resets = {{TCPRST_CAUSE_POLICY_RESET, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_INJECTED,
     .steps = {OPENING, REQUEST, {SERVER, RST | ACK | FORGED | FAR, 1, 101, 0, 30}}},
    /* The last SYN-ACK may be refused when the attempt was given up; that before was not. */
    {.name = "who tries on had not given up when it refused",
     .resets = {{TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_IGNORED},
                {TCPRST_CAUSE_FIREWALL_REJECT, TCPRST_EFFECT_RESET}},
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1, 0, 0, 1},
               {CLIENT, SYN, 0, 0, 0, 900},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST, 1, 0, 0, 1}},
     .stamps = {1000, 0, 0, 1900, 0, 0}},
    /* Filters answer without a window, as who has no connection does. */
    {.name = "no answer of a filter, for its window",
     .resets = {{TCPRST_CAUSE_INJECTED, TCPRST_EFFECT_RESET}},
     .maybe = TCPRST_CAUSE_FIREWALL_REJECT,
     .steps = {{CLIENT, SYN, 0, 0, 0, 0},
               {SERVER, SYN | ACK, 0, 1, 0, 20},
               {CLIENT, RST | RAW | FORGED | LOW | FAR, 1, 0, 0, 20}}},
};

static bool is_alternative(const struct tcprst_verdict *v, enum tcprst_cause cause)
{
    for (unsigned i = 0; i < v->alternative_count; i++)
        if (v->alternatives[i].cause == cause)
            return true;
    return false;
}

static bool tell_rows; /* the hypothesis behind each right answer, for the test of the tables */

static void play(const struct story *story)
{
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 0xffffff00}, {0, 0}, 1};
    size_t resets = 0;
    for (size_t i = 0; i < sizeof story->steps / sizeof *story->steps; i++) {
        const struct step *step = &story->steps[i];
        if (!step->flags)
            break;
        f.time += (int64_t)step->wait_ms * MILLISECOND;
        echo = story->echoes[i];
        (story->two_places ? feed_at_two_places : feed_stamped)(&f, step, story->stamps[i]);
        bool twice = story->two_places && !(step->flags & ONCE);
        resets += step->flags & RST ? 1u + twice : 0;
    }
    stop(f.core);
    EXPECT(resets > 0 && answers.count == resets);
    bool all_right = true;
    for (size_t i = 0; i < answers.count; i++) {
        const struct tcprst_verdict *v = &answers.verdicts[i];
        bool right = v->cause == story->resets[i].cause && v->effect == story->resets[i].effect;
        right &= !story->trigger || i + 1 < answers.count || v->trigger.number == story->trigger;
        right &= !story->unsure || i + 1 < answers.count || v->strength < TCPRST_STRENGTH_CERTAIN;
        right &= !story->sure || i + 1 < answers.count || v->strength == TCPRST_STRENGTH_CERTAIN;
        /* RFC 5961 section 3.2: nothing else is challenged. */
        right &=
            v->effect != TCPRST_EFFECT_CHALLENGED || v->acceptance == TCPRST_ACCEPTANCE_IN_WINDOW;
        bool owned = v->origin != TCPRST_ORIGIN_UNKNOWN;
        right &= !story->owned || i + 1 < answers.count || owned;
        right &= !story->unowned || i + 1 < answers.count || !owned;
        right &= i > 0 || !story->maybe || is_alternative(v, story->maybe);
        all_right = all_right && right;
        EXPECT(right || story->not_yet);
        if (right && tell_rows && answers.rows[i] >= 0)
            printf("row\t%s\t%d\n", tcprst_cause_id(v->cause), answers.rows[i]);
        if (!right && !story->not_yet)
            printf("    %s, RST %zu: %s, %s, %s\n", story->name, i + 1, tcprst_cause_id(v->cause),
                   tcprst_effect_id(v->effect), tcprst_origin_id(v->origin));
    }
    EXPECT(!all_right || !story->not_yet);
}

/* ---- several connections of one server ---- */

/* What one of them does; times in ms. */
struct member {
    int opened, used, reset; /* used: when it was asked and answered last; 0: never */
    enum tcprst_cause cause;
};

struct group {
    const char *name;
    int refused; /* when the port refused a SYN of somebody else; 0: never */
    bool half;   /* what the server resets, unused, is the client's last ACK of the handshake, just
                    before */
    bool unsure; /* none is certain */
    struct member members[14];
};

#define OF(opened, used, reset, CAUSE)                                                             \
    {                                                                                              \
        opened, used, reset, TCPRST_CAUSE_##CAUSE                                                  \
    }
static const struct group groups[] = {
    /* A process ends, and with it what it had, whatever it was at; a host that resets one now and
       then does not make that a habit. */
    {.name = "three at once that had been there for long",
     .members = {OF(1, 300, 5000, MASS_ABORT), OF(50, 2000, 5001, MASS_ABORT),
                 OF(99, 4700, 5002, MASS_ABORT)}},
    {.name = "some at once, shortly after one by itself",
     .members = {OF(1, 300, 4800, RESET_INSTEAD_OF_FIN), OF(50, 4700, 5001, MASS_ABORT),
                 OF(99, 1000, 5001, MASS_ABORT), OF(4820, 4850, 5002, MASS_ABORT)}},
    {.name = "three, each as long after the other as it lived",
     .members = {OF(1, 21, 60, RESET_INSTEAD_OF_FIN), OF(2, 22, 120, RESET_INSTEAD_OF_FIN),
                 OF(3, 23, 180, RESET_INSTEAD_OF_FIN)}},
    /* Who looks now and then for what was idle for too long finds several at once. */
    {.name = "swept after as long a pause",
     .unsure = true,
     .members = {OF(1, 300, 5400, APPLICATION_IDLE_TIMEOUT),
                 OF(50, 350, 5400, APPLICATION_IDLE_TIMEOUT),
                 OF(99, 399, 5401, APPLICATION_IDLE_TIMEOUT)}},
    /* Each when its own time is up, though they end in a row. */
    {.name = "each after as long a pause, at other times",
     .unsure = true,
     .members = {OF(1, 3000, 4000, APPLICATION_IDLE_TIMEOUT),
                 OF(50, 3300, 4310, APPLICATION_IDLE_TIMEOUT),
                 OF(99, 3500, 4530, APPLICATION_IDLE_TIMEOUT),
                 OF(120, 3900, 4940, APPLICATION_IDLE_TIMEOUT),
                 OF(160, 4200, 5210, APPLICATION_IDLE_TIMEOUT)}},
    {.name = "in a row, after pauses of any length",
     .members = {OF(1, 3000, 4000, MASS_ABORT), OF(50, 1300, 4110, MASS_ABORT),
                 OF(99, 3500, 4230, MASS_ABORT), OF(120, 2900, 4340, MASS_ABORT),
                 OF(160, 2000, 4510, MASS_ABORT)}},
    /* Closed with its listener is what it had not served; what it had served ended with it. */
    {.name = "a service stopped while two waited",
     .unsure = true,
     .members = {OF(4000, 0, 5000, LISTENER_CLOSED), OF(4001, 0, 5000, LISTENER_CLOSED),
                 OF(99, 1000, 5001, MASS_ABORT), OF(999, 2000, 5001, MASS_ABORT),
                 OF(2000, 4850, 5002, MASS_ABORT)}},
    /* ... but it takes them in the order in which they came. */
    {.name = "two that were never served, though later ones were",
     .unsure = true,
     .members = {OF(1000, 0, 5000, MASS_ABORT), OF(1001, 0, 5000, MASS_ABORT),
                 OF(99, 1000, 5001, MASS_ABORT), OF(999, 2000, 5001, MASS_ABORT),
                 OF(2000, 4850, 5002, MASS_ABORT)}},
    {.name = "one that was never served, while others ended",
     .unsure = true,
     .members = {OF(4000, 0, 5000, LOCAL_ABORT), OF(99, 1000, 5001, MASS_ABORT),
                 OF(999, 2000, 5001, MASS_ABORT), OF(2000, 4850, 5002, MASS_ABORT)}},
    /* The port was seen to be closed before the last ACK came. */
    {.name = "refused between SYN-ACK and ACK",
     .refused = 2500,
     .half = true,
     .members = {OF(1000, 0, 3000, LISTENER_CLOSED)}},
    /* A listener that goes on has only had no room. */
    {.name = "refused by a listener that took another one afterwards",
     .half = true,
     .members = {OF(1000, 0, 3000, ACCEPT_QUEUE_OVERFLOW),
                 OF(3500, 3600, 5500, RESET_INSTEAD_OF_FIN)}},
};

static const struct step *step_of(const struct group *group, const struct member *m, int ms)
{
    static const struct step steps[] = {
        {CLIENT, SYN, 0, 0, 0, 0},          {SERVER, SYN | ACK, 0, 1, 0, 0},
        {CLIENT, ACK, 1, 1, 0, 0},          {CLIENT, ACK, 1, 1, 100, 0},
        {SERVER, ACK, 1, 101, 50, 0},       {CLIENT, ACK, 101, 51, 0, 0},
        {SERVER, RST | ACK, 51, 101, 0, 0}, {SERVER, RST | ACK, 1, 1, 0, 0},
        {SERVER, RST, 1, 0, 0, 0}};
    enum { ACKED = 2, ASKED, ANSWERED, TAKEN, USED_RESET, UNUSED_RESET, REFUSED };
    int handshake = group->half && !m->used ? m->reset - 1 : m->opened + 10;
    return ms == m->opened                 ? &steps[0]
           : ms == m->opened + 1           ? &steps[1]
           : ms == handshake               ? &steps[ACKED]
           : m->used && ms == m->used      ? &steps[ASKED]
           : m->used && ms == m->used + 1  ? &steps[ANSWERED]
           : m->used && ms == m->used + 10 ? &steps[TAKEN]
           : ms == m->reset && m->used     ? &steps[USED_RESET]
           : ms == m->reset && group->half ? &steps[REFUSED]
           : ms == m->reset                ? &steps[UNUSED_RESET]
                                           : NULL;
}

static void play_group(const struct group *group)
{
    enum { LAST = 6000, OTHER = 99 };
    static const struct step asks = {CLIENT, SYN, 0, 0, 0, 0},
                             refuses = {SERVER, RST | ACK, UINT32_MAX, 1, 0, 0};
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 0xffffff00}, {0, 0}, 1};
    const struct member *order[16];
    size_t resets = 0;
    for (int ms = 1; ms < LAST; ms++) {
        f.time = SECOND + (int64_t)ms * MILLISECOND;
        for (const struct member *m = group->members; m->opened; m++) {
            const struct step *step = step_of(group, m, ms);
            f.client = (uint32_t)(m - group->members) + 1;
            if (step)
                feed(&f, step);
            if (step && (step->flags & RST))
                order[resets++] = m;
        }
        f.client = OTHER;
        if (group->refused && (ms == group->refused || ms == group->refused + 1))
            feed(&f, ms == group->refused ? &asks : &refuses);
    }
    stop(f.core);
    EXPECT(answers.count == resets + (group->refused != 0));
    for (size_t i = 0, at = 0; i < answers.count && at < resets; i++) {
        const struct tcprst_verdict *v = &answers.verdicts[i];
        if (v->cause == TCPRST_CAUSE_CLOSED_PORT)
            continue;
        bool right = v->cause == order[at]->cause;
        right &= !group->unsure || v->strength < TCPRST_STRENGTH_CERTAIN;
        EXPECT(right);
        if (right && tell_rows && answers.rows[i] >= 0)
            printf("row\t%s\t%d\n", tcprst_cause_id(v->cause), answers.rows[i]);
        if (!right)
            printf("    %s, RST %zu at %d: %s, %s\n", group->name, i + 1, order[at]->reset,
                   tcprst_cause_id(v->cause), tcprst_strength_id(v->strength));
        at++;
    }
}

/* Who sends data to many hosts from one port of its own, as no stack does, is connected with none.
 */
static void play_scan(unsigned hosts, enum tcprst_cause cause)
{
    static const struct step probe = {SERVER, ACK, 5, 77, 10, 0},
                             refusal = {CLIENT, RST, 77, 0, 0, 0};
    static struct answers answers;
    struct feeder f = {start(&answers, 0), 0, SECOND, {100, 0xffffff00}, {0, 0}, 1};
    for (f.client = 1; f.client <= hosts; f.client++) {
        f.time += 100 * (int64_t)MILLISECOND;
        feed(&f, &probe);
        f.time += MILLISECOND;
        feed(&f, &refusal);
    }
    stop(f.core);
    EXPECT(answers.count == hosts);
    for (size_t i = 0; i < answers.count; i++)
        EXPECT(answers.verdicts[i].cause == cause);
}

int main(int argc, char **argv)
{
    tell_rows = argc > 1 && strcmp(argv[1], "--rows") == 0;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        play(&stories[i]);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        play_group(&groups[i]);
    play_scan(2, TCPRST_CAUSE_UNKNOWN_CONNECTION);
    play_scan(6, TCPRST_CAUSE_PROBE_RESPONSE);
    printf("%u failures\n", failures);
    return failures ? 1 : 0;
}
