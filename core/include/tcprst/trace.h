/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - what a kernel itself said of the resets it sent and took, joined to captured ones.
 *
 *     trace = tcprst_trace_new();
 *     for each line of the trace: tcprst_trace_add(trace, &event);
 *     for each RST of each source: tcprst_trace_survey(trace, source, &segment);
 *     tcprst_trace_join(trace);
 *     options.trace = trace; core = tcprst_new(&options); ...
 *
 * Trace and captures go by clocks of their own: how they stand to one another comes from the
 * connections that both name.
 */
#ifndef TCPRST_TRACE_H
#define TCPRST_TRACE_H

#include "tcprst.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TCPRST_EXPORT /* while the library for others is built */
#pragma GCC visibility push(default)
#endif

enum { TCPRST_REASON_SIZE = 40 };

/* tcp:tcp_send_reset or tcp:tcp_receive_reset. */
struct tcprst_trace_event {
    int64_t time;       /* nanoseconds, by any clock, TCPRST_TIME_LEAST to TCPRST_TIME_MOST */
    bool sent;          /* the kernel sent a RST; else it took one */
    uint8_t ip_version; /* 4 or 6 */
    uint8_t local[16];  /* the host's own end, as in struct tcprst_segment */
    uint8_t remote[16];
    uint16_t local_port;
    uint16_t remote_port;            /* 0: it names no other end (a listener's) */
    char reason[TCPRST_REASON_SIZE]; /* without SK_RST_REASON_; "": it says none (before 6.10) */
};

/* How a source was joined. */
struct tcprst_trace_source {
    uint64_t resets; /* with an end that the trace names as its own */
    uint64_t joined;
    bool aligned;  /* ahead is known */
    int64_t ahead; /* nanoseconds that the capture's clock shows more than the trace's */
};

/* Sources beyond are not joined. */
enum { TCPRST_TRACE_SOURCES = 4096 };

struct tcprst_trace;
struct tcprst_trace *tcprst_trace_new(void);
void tcprst_trace_free(struct tcprst_trace *trace);
/* Returns false where it can hold no more (TCPRST_TRACE_MOST): then it covers nothing any more. */
enum { TCPRST_TRACE_MOST = 1 << 20 };
bool tcprst_trace_add(struct tcprst_trace *trace, const struct tcprst_trace_event *event);
/* The trace says that events were lost: what it does not have may have been sent all the same. */
void tcprst_trace_lost(struct tcprst_trace *trace, uint64_t events);

/* A captured RST; segments that are none, and those beyond TCPRST_TRACE_MOST, are passed over. */
void tcprst_trace_survey(struct tcprst_trace *trace, uint32_t source,
                         const struct tcprst_segment *segment);
void tcprst_trace_join(struct tcprst_trace *trace);
/* Zeros where there is no such source. */
struct tcprst_trace_source tcprst_trace_source(const struct tcprst_trace *trace, uint32_t source);
uint64_t tcprst_trace_events(const struct tcprst_trace *trace, bool sent);

/* The reasons a cause can have; none for what no kernel's TCP sends. Returns how many there are, at
 * most size of them in reasons (static strings). */
size_t tcprst_kernel_reasons(enum tcprst_cause cause, const char **reasons, size_t size);
enum { TCPRST_KERNEL_REASONS_MOST = 12 };

#ifdef TCPRST_EXPORT
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
