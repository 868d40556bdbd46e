/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * endpoint.h - what a segment says of its sender (x) and of the other end (y), whatever their
 * connection is: nothing here knows roles, recent segments or RSTs.
 */
#ifndef TCPRST_ENDPOINT_H
#define TCPRST_ENDPOINT_H

#include "connection.h"
#include "sequence.h"
#include "thresholds.h"

#include <string.h>

void endpoint_init(struct endpoint *x);

/* Whether x's present state cannot have made that segment: it speaks of another incarnation, or
 * somebody else made it. */
bool endpoint_strays(const struct endpoint *x, const struct endpoint *y,
                     const struct tcprst_segment *s);

/* Returns whether its timestamp echo is none of the peer's SYN. */
bool endpoint_note_syn(struct endpoint *x, struct endpoint *y, const struct tcprst_segment *s,
                       int64_t time);
/* x's host had given its connection up and answered y's SYN once more, with that ISS. */
void endpoint_reopen(struct endpoint *x, struct endpoint *y, uint32_t iss);
/* Octets and numbers the segment adds. Returns the entry's bits (RECENT_...). */
uint8_t endpoint_note_sequence(struct endpoint *x, struct endpoint *y,
                               const struct tcprst_segment *s, int64_t time);
/* Returns whether it acknowledges what the capture does not have. */
bool endpoint_note_ack(struct endpoint *x, const struct endpoint *y, const struct tcprst_segment *s,
                       int64_t time);
void endpoint_note_window(struct endpoint *x, struct endpoint *y, const struct tcprst_segment *s);
/* Of a segment that is no SYN. */
void endpoint_note_options(struct endpoint *x, const struct tcprst_segment *s);

/* ---- what every segment needs ---- */

static inline void endpoint_note_ip(struct endpoint *x, const struct tcprst_segment *s)
{
    bool old = false;
    if (!s->ip_header)
        return;
    if (!(x->seen & END_SEEN)) {
        x->ttl_first = x->ttl_min = x->ttl_max = s->ttl;
    } else {
        if (s->ttl < x->ttl_min)
            x->ttl_min = s->ttl;
        if (s->ttl > x->ttl_max)
            x->ttl_max = s->ttl;
        /* Linux begins to count behind a SYN-ACK, whose identification is 0. */
        uint16_t step = (uint16_t)(s->ip_id - x->ip_id), back = (uint16_t)-step;
        /* An earlier one, overtaken or captured again, says nothing of the count. */
        old = s->ip_id && x->ip_id && back <= ID_OVERTAKEN;
        uint8_t *count = s->ip_id == 0                  ? &x->id_zeros
                         : step >= 1 && step <= ID_STEP ? &x->id_steps
                                                        : &x->id_jumps;
        if (!old && *count < UINT8_MAX && (x->ip_id || !s->ip_id))
            ++*count;
    }
    x->ttl_last = s->ttl;
    x->tos = s->tos;
    if (!old)
        x->ip_id = s->ip_id;
}

static inline void endpoint_note_round_trip(struct endpoint *x, uint32_t ack, int64_t time)
{
    if (!(x->seen & END_TIMED) || seq_lt(ack, x->timed_end))
        return;
    int64_t rtt = time - x->timed_at;
    x->seen &= ~(uint32_t)END_TIMED;
    if (rtt < 0 || rtt > RTT_MOST)
        return;
    if (x->rtt_samples < UINT8_MAX)
        x->rtt_samples++;
    if (x->rtt_min < 0 || rtt < x->rtt_min)
        x->rtt_min = rtt;
    if (rtt > x->rtt_max)
        x->rtt_max = rtt;
}

/* NOP, NOP, timestamps, and nothing else: nearly every segment of nearly every stack. */
static inline bool only_timestamps(const struct tcprst_segment *s)
{
    static const uint8_t common[] = {1, 1, 8, 10};
    return s->options_captured == 12 && memcmp(s->bytes + 20, common, sizeof common) == 0;
}

static inline uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The first octets of its text; 0: they were not captured. */
enum { LEAD_OCTETS = 4 };
static inline uint32_t lead_of(const struct tcprst_segment *s)
{
    return s->captured >= s->header_length + (uint32_t)LEAD_OCTETS
               ? read32(s->bytes + s->header_length)
               : 0;
}

#endif
