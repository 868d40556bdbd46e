/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint.c - see endpoint.h. */
#include "endpoint.h"

#include "tcp_options.h"

/* RFC 7323 section 2.2: scaling holds only where both ends' SYNs offered it. */
static uint8_t scale_of(const struct endpoint *x, const struct endpoint *y)
{
    bool known = (x->seen & (END_SYN | END_SYN_ACK)) && x->wscale != WSCALE_UNKNOWN;
    if (known && !x->wscale)
        return 0;
    if (!known || !(y->seen & (END_SYN | END_SYN_ACK)) || y->wscale == WSCALE_UNKNOWN)
        return WSCALE_UNKNOWN;
    return x->wscale;
}

bool endpoint_note_syn(struct endpoint *x, struct endpoint *y, const struct tcprst_segment *s,
                       int64_t time)
{
    struct tcp_options o;
    uint32_t kind = s->flags & TCPRST_ACK ? END_SYN_ACK : END_SYN;
    /* By a timer, not by the network. */
    if ((x->seen & kind) && time - x->last_time >= TIMER_MIN)
        x->seen |= END_SYN_REPEATED;
    tcp_options_parse(s, &o);
    if (!(x->seen & kind))
        x->ts_first = o.ts_val;
    x->ts_val = o.ts_val;
    if (o.has_timestamps)
        x->seen |= END_TIMESTAMPS;
    x->seen |= kind | END_ISS;
    x->iss = s->seq;
    x->syn_where = where_pack(s->frame);
    x->wscale = o.has_wscale ? o.wscale : o.cut ? WSCALE_UNKNOWN : 0;
    x->scale = scale_of(x, y);
    y->scale = scale_of(y, x);
    x->mss = o.mss;
    x->window = s->window;
    bool echo_wrong = (s->flags & TCPRST_ACK) && o.has_timestamps && (y->seen & END_SYN) &&
                      (y->seen & END_TIMESTAMPS) && !seq_between(y->ts_first, o.ts_ecr, y->ts_val);
    if (o.sack_permitted)
        x->seen |= END_SACK_OK;
    if (s->header_length > 20)
        x->seen |= END_OPTIONS;
    return echo_wrong;
}

void endpoint_reopen(struct endpoint *x, struct endpoint *y, uint32_t iss)
{
    x->iss = iss;
    x->snd_max = iss + 1;
    x->seen &= ~(uint32_t)(END_FIN | END_DATA | END_TIMED | END_CLOSED_WITH_DATA);
    /* These speak of x's numbers. */
    y->seen &= ~(uint32_t)(END_ACK | END_AHEAD | END_EDGE | END_SACK | END_ABORT_ACK |
                           END_FOREIGN_ACK | END_TIMED);
}

void endpoint_note_window(struct endpoint *x, struct endpoint *y, const struct tcprst_segment *s)
{
    if (!s->window_known)
        return;
    x->window = s->window;
    x->seen = s->window ? x->seen & ~(uint32_t)END_ZERO_WINDOW : x->seen | END_ZERO_WINDOW;
    if (s->window)
        y->window_probes = 0;
    /* RFC 7323 section 2.2: the window of a SYN is never scaled. */
    unsigned scale = s->flags & TCPRST_SYN ? 0 : x->scale;
    if (scale == WSCALE_UNKNOWN || !(s->flags & TCPRST_ACK))
        return;
    uint32_t window = (uint32_t)s->window << scale;
    if (window > x->window_max)
        x->window_max = window;
    uint32_t edge = s->ack + window;
    if (!(x->seen & END_EDGE) || seq_lt(x->edge, edge))
        x->edge = edge;
    x->seen |= END_EDGE;
}

bool endpoint_note_ack(struct endpoint *x, const struct endpoint *y, const struct tcprst_segment *s,
                       int64_t time)
{
    uint32_t ack = s->ack;
    if (!(x->seen & (END_ACK | END_AHEAD)))
        x->first_ack = ack;
    bool acknowledges_unsent = (y->seen & END_SEEN) && seq_lt(y->snd_max, ack);
    if (acknowledges_unsent) {
        x->ack_ahead = ack;
        x->seen |= END_AHEAD | END_FOREIGN_ACK;
        return true;
    }
    if (!(x->seen & END_ACK) || seq_lt(x->max_ack, ack)) {
        x->max_ack = ack;
        x->seen |= END_ACK;
        if ((x->seen & END_SACK) && seq_le(x->sack_edge, ack))
            x->seen &= ~(uint32_t)END_SACK;
    }
    endpoint_note_round_trip(x, ack, time);
    return false;
}

void endpoint_note_options(struct endpoint *x, const struct tcprst_segment *s)
{
    if (only_timestamps(s)) {
        x->ts_val = read32(s->bytes + 24);
        x->seen |= END_TIMESTAMPS;
        return;
    }
    struct tcp_options options;
    tcp_options_parse(s, &options);
    if (options.has_timestamps) {
        x->ts_val = options.ts_val;
        x->seen |= END_TIMESTAMPS;
    }
    if (options.has_sack && (x->seen & END_ACK) && seq_lt(x->max_ack, options.sack_edge) &&
        (!(x->seen & END_SACK) || seq_lt(x->sack_edge, options.sack_edge))) {
        x->sack_edge = options.sack_edge;
        x->seen |= END_SACK;
    }
}

/* RFC 9293 section 3.8.4: a keep-alive (or window probe) carries SND.NXT-1, "that will be outside
 * the window". */
static bool is_probe(const struct endpoint *x, const struct tcprst_segment *s)
{
    return s->seq + 1 == x->snd_max && s->payload_length <= 1 && (s->flags & TCPRST_ACK) &&
           !(s->flags & (TCPRST_SYN | TCPRST_FIN)) && !(x->seen & END_FIN) &&
           (x->seen & (END_DATA | END_ISS | END_ACK)) &&
           (s->payload_length == 0 || !(x->seen & END_ISS) || seq_lt(x->iss, s->seq));
}

/* RFC 7323 section 4.3: what it echoes is the last it got. That moves on where a probe was
 * answered, though no answer was captured. */
static void note_probe(struct endpoint *x, const struct tcprst_segment *s, int64_t time)
{
    struct tcp_options o;
    tcp_options_parse(s, &o);
    if (o.has_timestamps && (x->seen & END_PROBE_ECHO) && o.ts_ecr != x->probe_echo)
        x->probes = 0;
    x->probe_echo = o.has_timestamps ? o.ts_ecr : 0;
    x->seen = o.has_timestamps ? x->seen | END_PROBE_ECHO : x->seen & ~(uint32_t)END_PROBE_ECHO;
    if (x->probes < UINT8_MAX)
        x->probes++;
    x->probe_time = time;
}

/* What came late, or was sent again because it had been lost before the place of capture, is
 * lacking no more. Holes are filled from the first on, or all of them. */
static void fill_hole(struct endpoint *x, const struct tcprst_segment *s)
{
    uint32_t from = seq_max(s->seq, x->hole), end = s->seq + s->payload_length,
             lacks = endpoint_lacks(x);
    if (!lacks || !seq_lt(from, end))
        return;
    x->octets += end - from < lacks ? end - from : lacks;
    if (from == x->hole)
        x->hole = end;
}

uint8_t endpoint_note_sequence(struct endpoint *x, struct endpoint *y,
                               const struct tcprst_segment *s, int64_t time)
{
    uint32_t length = segment_length(s->flags, s->payload_length);
    uint32_t end = s->seq + length;
    uint8_t bits = 0;
    if (!(x->seen & END_SEEN)) {
        if (!(x->seen & (END_SYN | END_SYN_ACK)))
            x->first_seq = s->seq;
        x->snd_max = s->seq;
    }
    if ((y->seen & END_ZERO_WINDOW) && s->payload_length <= 1 && seq_le(x->snd_max - 1, s->seq) &&
        x->window_probes < UINT8_MAX)
        x->window_probes++;
    if (is_probe(x, s) && (!s->payload_length || (y->seen & END_ACK && seq_le(end, y->max_ack)))) {
        note_probe(x, s, time);
        return RECENT_PROBE | RECENT_REPEATED;
    }
    if (seq_lt(x->snd_max, s->seq) && !endpoint_lacks(x))
        x->hole = x->snd_max;
    if (seq_lt(x->snd_max, end)) {
        uint32_t fresh = (uint32_t)seq_diff(end, x->snd_max);
        x->octets += fresh < s->payload_length ? fresh : s->payload_length;
        x->snd_max = end;
        if (!(y->seen & END_TIMED)) {
            y->timed_end = end;
            y->timed_at = time;
            y->seen |= END_TIMED;
        }
    } else if (length > 0) {
        bits |= RECENT_REPEATED;
        if (x->retransmissions < UINT8_MAX)
            x->retransmissions++;
        fill_hole(x, s);
        y->seen &=
            ~(uint32_t)END_TIMED; /* Karn: the answer would be ambiguous (RFC 6298 section 3) */
    }
    if (s->payload_length) {
        x->seen |= END_DATA;
        x->last_data_time = time;
        y->octets_mark = y->octets;
        x->lead = lead_of(s);
        if (y->seen & END_FIN)
            y->seen |= END_CLOSED_WITH_DATA;
    }
    if ((s->flags & TCPRST_FIN) && !(x->seen & END_FIN)) {
        x->seen |= END_FIN;
        x->fin_seq = end - 1;
        x->fin_time = time;
        x->fin_where = where_pack(s->frame);
    }
    /* An acknowledgment of these octets may have been captured before them. */
    if ((y->seen & END_AHEAD) && seq_le(y->ack_ahead, x->snd_max)) {
        if (!(y->seen & END_ACK) || seq_lt(y->max_ack, y->ack_ahead))
            y->max_ack = y->ack_ahead;
        y->seen = (y->seen | END_ACK) & ~(uint32_t)(END_AHEAD | END_FOREIGN_ACK);
    }
    return bits;
}

bool endpoint_strays(const struct endpoint *x, const struct endpoint *y,
                     const struct tcprst_segment *s)
{
    bool ack = s->flags & TCPRST_ACK, syn = s->flags & TCPRST_SYN;
    if (syn && ack) {
        if ((x->seen & END_ISS) && x->iss != s->seq)
            return true;
        return (y->seen & END_ISS) && !seq_between(y->iss + 1, s->ack, y->snd_max);
    }
    if (syn)
        return false;
    /* In SYN-SENT only a SYN (or an acceptable ACK, should the SYN-ACK be missing) can come from
     * the other end. */
    if (!(x->seen & END_SEEN) && (y->seen & END_SYN) && !(y->seen & END_SYN_ACK))
        return !ack || !seq_between(y->iss + 1, s->ack, y->snd_max);
    if (!(x->seen & END_SEEN))
        return false;
    uint32_t end = s->seq + segment_length(s->flags, s->payload_length);
    int32_t beyond =
        seq_diff(end, (y->seen & END_EDGE) && seq_lt(x->snd_max, y->edge) ? y->edge : x->snd_max);
    int32_t behind = seq_diff(x->snd_max, s->seq);
    return beyond > STRAY_DISTANCE || behind > (1 << 30) || behind < -(1 << 30);
}

void endpoint_init(struct endpoint *e)
{
    memset(e, 0, sizeof *e);
    e->wscale = e->scale = WSCALE_UNKNOWN;
    e->rtt_min = e->rtt_max = -1;
    e->last_time = e->last_data_time = e->fin_time = e->probe_time = -1;
}

/* ---- who keeps segments ---- */

uint32_t tcprst_segment_octets(const struct tcprst_segment *s)
{
    /* Of these the checksum is looked at (host.c, reset.c), and the text of a RST. */
    bool all = s->flags & (TCPRST_SYN | TCPRST_RST);
    uint32_t some = s->header_length + (uint32_t)LEAD_OCTETS;
    return all || s->captured < some ? s->captured : some;
}
