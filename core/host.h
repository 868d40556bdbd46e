/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - what is known of a host across its connections: how far away it is, which ports
 * answered, whom it tried, when it ended or forgot connections. Bounded; facts are derived from it,
 * never conclusions.
 *
 * Of all that a connection without a RST does its opening alone (SYN and SYN-ACK) is noted here,
 * and nothing but what is noted here reaches the verdicts on other connections. So to judge RSTs it
 * is enough to see, besides the connections that have one, the openings of the others: so glance.c
 * does; test-captures/same holds it. (Where a table is full, who makes room for whom is another
 * matter.)
 */
#ifndef TCPRST_HOST_H
#define TCPRST_HOST_H

#include "tcprst.h"

/* A run of like events, each at most RUN_GAP after the one before. */
struct run {
    int64_t start, end;
    uint32_t count;
};

/* What is known of a run of aborts besides. */
struct abort_run {
    uint32_t since;                /* more of them, of connections opened after its start */
    uint32_t silent;               /* those of servers that had sent no text */
    uint16_t served_port;          /* the service's of that whose server had sent text, and ... */
    int64_t served;                /* ... when the last such was opened; INT64_MIN: none was */
    int64_t idle_least, idle_most; /* how long they had carried no text */
};

/* Aborts of connections that all were there before the first of them, each so much older than the
 * time since the one before that no chance brings them so close together. */
struct abort_group {
    int64_t start, end;
    uint32_t count;
    uint32_t since;                /* more of them, of connections opened after its start */
    int64_t idle_least, idle_most; /* how long they had carried no text */
};

enum {
    HOST_PORTS = 6,
    HOST_TRIES = 8,
    HOST_RUNS = 4,
    HOST_IDLES = 8,
    HOST_UNSERVED = 8,
    HOST_STRAYS = 8,
    HOST_SCALES = 4
};

struct port_note {
    int64_t time;
    uint16_t port;
};

struct idle_note {
    int64_t idle, when; /* when: it ended */
    uint64_t connection;
    uint16_t port; /* the service's */
};

struct unserved_note {
    int64_t when;
    uint64_t connection; /* plus one */
    uint16_t port;       /* the service's */
};

/* What is noted in runs. */
enum host_runs {
    RUN_ABORTS,
    RUN_FORGETS,  /* it did not know a connection it had known */
    RUN_STRAYS,   /* RSTs in its name for connections of which nothing was captured */
    RUN_ABANDONS, /* it reset SYN-ACKs */
    RUN_KINDS
};

/* What it answered and what it ended: more than most hosts ever do. */
struct host_deeds {
    struct port_note open[HOST_PORTS], closed[HOST_PORTS];
    struct run runs[RUN_KINDS][HOST_RUNS];   /* newest first */
    struct abort_run aborts[HOST_RUNS];      /* those of RUN_ABORTS, likewise */
    struct abort_group (*groups)[HOST_RUNS]; /* of each of HOST_SCALES, newest first; NULL: none */
    struct idle_note idles[HOST_IDLES];
    struct unserved_note unserved[HOST_UNSERVED];
    struct {
        uint64_t connection; /* plus one */
        uint16_t window;
    } windows[HOST_RUNS];
    struct {
        uint64_t connection; /* plus one */
        uint32_t seq;
    } strays[HOST_STRAYS]; /* numbers of RSTs in its name for connections that were not seen */
    struct {
        int64_t time;
        uint64_t target; /* the last */
        uint16_t port;
        uint8_t count;
    } probes;        /* of different targets, one after the other from the same port */
    int64_t rtt_min; /* where there are samples */
    uint64_t wrong_syn_ack_client; /* the last of those to whom it acknowledged something else */
    uint8_t next_stray;
    uint8_t next_open, next_closed, next_idle, next_window, next_unserved;
};

/* Where ECN has its bits. */
enum host_tos { HOST_TOS_KNOWN = 1, HOST_TOS_VARIES = 2, HOST_TOS_DSCP = 0xfc };

/* Whom it tried, and when last. */
struct host_try {
    uint64_t target;
    int64_t time;
};

/* Of the many hosts of a flood each tries one target: that stands here, in one line of the cache
 * with all that its SYN shows; all else apart. */
struct host {
    uint8_t address[16];
    uint8_t ip_version;
    bool hops_known, label_used, label_known;
    int8_t proxied; /* above 0: a SYN proxy answers in its name, as its SYN-ACKs say */
    uint8_t hops_min, hops_max, ttl_last;
    uint8_t sums_good, sums_bad; /* checksums of its SYNs and SYN-ACKs, saturating */
    uint8_t rtt_samples;
    uint8_t stack;          /* enum stack_id, by its last SYN or SYN-ACK that tells */
    uint8_t wrong_syn_acks; /* SYN-ACKs acknowledging something else, to different clients */
    uint8_t next_try;
    uint8_t tos; /* DSCP of its first SYN or SYN-ACK, and enum host_tos */
    struct host_try first_try;
    struct host_try *more_tries; /* HOST_TRIES - 1; NULL: none noted */
    struct host_deeds *deeds;    /* NULL: none noted */
};

struct hosts;
struct hosts *hosts_new(void);
void hosts_free(struct hosts *hosts);
/* NULL when that host was never noted. */
struct host *hosts_find(struct hosts *hosts, uint8_t ip_version, const uint8_t address[16]);
/* The same, made when new, and noted: of a few neighbours the one noted longest ago makes room. */
struct host *hosts_get(struct hosts *hosts, uint8_t ip_version, const uint8_t address[16]);
/* Fetch into the cache what hosts_get() will look at first, and then, once that is there, the host
 * itself. */
void hosts_expect(const struct hosts *hosts, uint8_t ip_version, const uint8_t address[16]);
void hosts_expect_more(const struct hosts *hosts, uint8_t ip_version, const uint8_t address[16]);
uint64_t hosts_given_up(const struct hosts *hosts);
size_t hosts_memory(const struct hosts *hosts);

/* A number for an address and port that two different ones hardly share. */
uint64_t host_target(const uint8_t address[16], uint16_t port);

/* Its SYN or SYN-ACK was captured. rtt: of the host as seen by the observer, -1 unknown. */
void host_note_opening(struct host *host, const struct tcprst_segment *s, int64_t time,
                       int64_t rtt);
/* It tried that target by something else than a SYN: a lone ACK, or what no connection sends, to
 * which a RST was the answer. */
void host_note_probe(struct host *host, uint64_t target, int64_t time);
/* A lone segment of that port of it drew a RST there. */
void host_note_lone(struct host *host, uint16_t port, uint64_t target, int64_t time);
/* How many targets in a row got such a one from that port about then. */
unsigned host_lone(const struct host *host, uint16_t port, int64_t time);
void host_note_wrong_syn_ack(struct host *host, uint64_t client);
void host_note_closed(struct host *host, uint16_t port, int64_t time);
/* One abort. Times in ns. */
struct abort_note {
    int64_t opened; /* when its connection was first seen: one opened after a run of aborts began is
                       no part of it */
    int64_t time;
    int64_t idle;  /* since the last text, or the first segment */
    bool server;   /* by a server ... */
    bool silent;   /* ... that had sent no text */
    uint16_t port; /* the service's */
};
void host_note_abort(struct host *host, const struct abort_note *abort);
/* The largest group that an abort at that time, of a connection opened then, is one of; NULL: of
 * none of MASS_FEW and more within MASS_SPAN. *habit: others like it came shortly before or after,
 * or as many more of connections opened since. */
const struct abort_group *host_abort_group(const struct host *host, int64_t opened, int64_t time,
                                           bool *habit);
/* What else is known of a run of aborts. */
const struct abort_run *host_abort_run(const struct host *host, const struct run *run);
/* It aborts as a habit: connections that it had since the run began end so, too, or runs like it
 * follow one another. */
bool host_abort_habit(const struct host *host, const struct run *run);
void host_note_idle(struct host *host, uint16_t service, uint64_t connection, int64_t idle,
                    int64_t when);
/* A RST whose raw window is one of window_codes.def. */
void host_note_window(struct host *host, uint16_t window, uint64_t connection);
/* A server aborted, at when, a connection over which it had sent nothing. */
void host_note_unserved(struct host *host, uint16_t service, uint64_t connection, int64_t when);
/* How many others of that service ended so, at other times than when, and no two of them at once.
 */
unsigned host_unserved(const struct host *host, uint16_t service, uint64_t connection,
                       int64_t when);
/* Whether a RST of another connection had that window too. */
bool host_same_window(const struct host *host, uint16_t window, uint64_t connection);
/* A RST of that number for a connection that was not seen; and whether one for another connection
 * had it, too. */
void host_note_stray(struct host *host, uint32_t seq, uint64_t connection);
bool host_same_stray(const struct host *host, uint32_t seq, uint64_t connection);
/* One more in a run of that kind. */
void host_note_run(struct host *host, enum host_runs kind, int64_t time);

/* The shortest round trip to it, -1: none is known. */
static inline int64_t host_rtt_min(const struct host *host)
{
    return host->rtt_samples ? host->deeds->rtt_min : -1;
}

/* Hops from the host to the observer by that TTL: what is missing from the next usual starting
 * value. */
unsigned host_hops(uint8_t ttl);
/* The run of that kind at that time, NULL: none. */
const struct run *host_run_at(const struct host *host, enum host_runs kind, int64_t time);
/* How many targets it tried in the SCAN_WINDOW around time. */
unsigned host_fan_out(const struct host *host, int64_t time);
/* When that port was last noted open, or closed; INT64_MIN: never. */
int64_t host_port_time(const struct host *host, bool open, uint16_t port);
/* Another connection on the same service was ended after nearly the same idle time (IDLE_SAME), and
 * not with this one, at when: two that fall silent and are closed together have the same pause
 * without a timer. Its idle time, else -1. */
int64_t host_same_idle(const struct host *host, uint16_t service, uint64_t connection, int64_t idle,
                       int64_t when);

#endif
