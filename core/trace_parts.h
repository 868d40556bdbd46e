/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_parts.h - the lines and RSTs of a trace, for its files: trace.c takes and joins them,
 * trace_clocks.c finds how their clocks stand. */
#ifndef TCPRST_TRACE_PARTS_H
#define TCPRST_TRACE_PARTS_H

#include "trace.h"

enum {
    MANY = 256, /* lines, or RSTs, looked at around one */
    NEAR = 16,  /* RSTs looked at that may have come in another order */
    SOURCES = TCPRST_TRACE_SOURCES,
    HOSTS = 4096, /* addresses of traced hosts; a power of two */
};

struct line {
    uint64_t key;
    int64_t time;
    uint32_t used_by; /* source plus one */
    uint8_t sent;
    bool active; /* of a socket's own accord, by its reason */
    bool either; /* or in answer to a segment: the reason does not tell */
    char reason[TCPRST_REASON_SIZE];
};

struct rst {
    uint64_t key, own_key; /* of both ends; of its sender alone */
    uint64_t port_key;     /* of its sender's port on whatever address */
    uint64_t host;
    int64_t time;
    uint64_t number;
    uint32_t capture, source;
    uint32_t seq, ack;
    int32_t sent, taken; /* lines; -1: none */
    uint32_t place, of;  /* among those of its connection and form, in order of time */
    uint16_t flags, ip_id;
    uint8_t layer, ttl;
    bool silent;
};

struct tcprst_trace {
    struct line *lines;
    struct rst *rsts;
    size_t line_count, line_room, rst_count, rst_room;
    uint64_t lost, sent, received;
    bool full, no_socket; /* it has answers without a socket */
    int64_t first, last;
    uint64_t hosts[HOSTS];
    size_t host_count;
    struct tcprst_trace_source sources[SOURCES];
};

/* Lines of a key: from first, count of them. */
struct run {
    size_t first, count;
};
/* Those from that time on, at most so many. The lines are in order. */
struct run trace_lines_of(const struct tcprst_trace *trace, uint64_t key, int64_t time,
                          size_t most);

static inline bool is_answer(const struct rst *r)
{
    return !(r->flags & TCPRST_ACK) || r->seq == 0;
}

/* Linux gives its resets one of two forms: with SND.NXT and RCV.NXT of a socket, or as RFC 9293
 * section 3.5.2 has an answer. */
bool trace_forms_fit(const struct line *line, const struct rst *rst);

/* How they stand where the joining has come to, how many pairs said so, and how closely. */
struct clocks {
    int64_t ahead;
    size_t agreeing;
    int64_t width;
};

/* The difference that most lines and RSTs of the same connection share, in the middle of them; of
 * RSTs of one host in one source, in order of time. agreeing is 0 where there is none, or no
 * memory. Of lines of RSTs sent and of those taken it differs by what the RSTs take on their way.
 * Writes place and of of each RST. */
void trace_find_ahead(const struct tcprst_trace *trace, struct rst *rsts, size_t count, bool sent,
                      struct clocks *clocks);

#endif
