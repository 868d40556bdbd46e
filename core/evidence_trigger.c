/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_trigger.c - facts of the segment that drew the RST. */
#include "evidence_tell.h"

#include "sequence.h"
#include "thresholds.h"

static bool odd_flags(uint16_t flags)
{
    if (flags & TCPRST_RST)
        return false;
    unsigned f = flags & (TCPRST_FIN | TCPRST_SYN | TCPRST_ACK | TCPRST_PSH | TCPRST_URG);
    if (!(f & TCPRST_ACK))
        return (f & (TCPRST_SYN | TCPRST_FIN)) !=
               TCPRST_SYN; /* null, FIN, Xmas, SYN+FIN, bare PSH */
    /* FIN, PSH and URG with ACK may be the last words of a connection that uses urgent data. */
    return (f & (TCPRST_SYN | TCPRST_FIN)) == (TCPRST_SYN | TCPRST_FIN);
}

/* The server's side until the first sign that it knows the connection is finished. */
static bool in_handshake(const struct reset *r)
{
    const struct endpoint *x = &r->x;
    return seen(x, END_SYN_ACK) && !seen(x, END_DATA) && !seen(x, END_FIN) &&
           x->snd_max == x->iss + 1 &&
           (!seen(x, END_ACK) || !seen(&r->y, END_ISS) || x->max_ack == r->y.iss + 1 ||
            x->segments <= 1);
}

/* The last that X sent before it was to answer a SYN that came late, or once more, with a number
 * other than that of the connection which was over. Of that the peer's TIME-WAIT speaks when it
 * answers. */
static bool in_another_handshake(const struct reset *r)
{
    const struct recent *p;
    const struct recents *recents = &r->connection->recents;
    if (!seen(&r->x, END_FIN) && !seen(&r->y, END_FIN))
        return false;
    for (uint64_t n = recent_before(r); n < MAX_RELATED && (p = recent_back(recents, n)); n++)
        if (!!(p->bits & RECENT_FROM_B) == r->d && !(p->bits & RECENT_DUPLICATE) &&
            p->where < r->trigger.where)
            return (p->bits & RECENT_STRAY) && (p->flags & TCPRST_SYN) && (p->flags & TCPRST_ACK) &&
                   r->trigger.ack != p->seq + 1;
    return false;
}

static void fact_handshake_trigger(struct evidence *e, const struct reset *r)
{
    const struct recent *t = &r->trigger;
    bool finishing = in_handshake(r) && (t->flags & (TCPRST_ACK | TCPRST_SYN)) == TCPRST_ACK;
    bool good = finishing && t->ack == r->x.iss + 1;
    /* Once the client has acknowledged the SYN-ACK, what else it acknowledges was sent. Its first
     * text may come with that ACK. */
    bool first = !seen(&r->y, END_DATA) || (seen(&r->y, END_SYN) && t->length == r->y.octets &&
                                            t->seq + t->length == r->y.snd_max);
    bool bad = finishing && !good && r->y.first_ack == t->ack && first &&
               (!seen(&r->y, END_SYN) || t->seq == r->y.iss + 1);
    /* A later one, a keep-alive's, comes of a connection that was made. */
    bool last = !r->before.handshake_where || t->where == r->before.handshake_where ||
                t->time - r->x.last_time < IDLE_RECUR_MIN;
    tell_at(e, F(TRIGGER_HANDSHAKE_ACK), good && last && !t->length, t->where);
    bad |= !finishing && (t->flags & (TCPRST_ACK | TCPRST_SYN)) == TCPRST_ACK &&
           in_another_handshake(r);
    tell_at(e, F(TRIGGER_BAD_HANDSHAKE_ACK), bad, t->where);
    tell_at(e, F(TRIGGER_NEAR_ACK), bad && t->ack - r->x.iss <= LADDER_REACH, t->where);
    numbers(e, F(TRIGGER_BAD_HANDSHAKE_ACK), t->ack, r->x.iss + 1);
}

/* Its sequence number is far from what its sender had sent, or it acknowledges what its receiver
 * never sent. */
static bool has_nothing_to_do(const struct reset *r)
{
    enum { QUARTER_AROUND = 1 << 30 };
    const struct recent *t = &r->trigger;
    int32_t ahead = seq_diff(t->ack, r->x.snd_max);
    bool acks_other = (t->flags & TCPRST_ACK) && seen(&r->x, END_SEEN) &&
                      (ahead > STRAY_DISTANCE || ahead < -QUARTER_AROUND);
    return (t->bits & RECENT_STRAY) || acks_other;
}

static void fact_syn_ack_trigger(struct evidence *e, const struct reset *r)
{
    const struct recent *t = &r->trigger;
    bool syn_ack = (t->flags & (TCPRST_SYN | TCPRST_ACK)) == (TCPRST_SYN | TCPRST_ACK);
    bool syn_known = seen(&r->x, END_SYN);
    tell_at(e, F(TRIGGER_SYN_ACK), syn_ack, t->where);
    if (!syn_ack || syn_known)
        tell_at(e, F(TRIGGER_WRONG_SYN_ACK),
                syn_ack && !seq_between(r->x.iss + 1, t->ack, r->x.snd_max), t->where);
    bool older = syn_ack && syn_known && t->where < r->x.syn_where;
    tell_at(e, F(TRIGGER_BEFORE_SYN), older, t->where);
    /* Of options that were cut off nothing is known. */
    bool cut = seen(&r->x, END_OPTIONS) && r->x.wscale == WSCALE_UNKNOWN;
    if (syn_ack && syn_known && !cut)
        tell_at(e, F(TRIGGER_BAD_ECHO), t->bits & RECENT_BAD_ECHO, t->where);
    numbers(e, F(TRIGGER_WRONG_SYN_ACK), t->ack, r->x.iss + 1);
    bool challenge = (t->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_ACK && syn_known &&
                     !seen(&r->x, END_ACK) && (t->bits & RECENT_STRAY);
    tell_at(e, F(TRIGGER_CHALLENGE), challenge, t->where);
    if (r->past.known)
        tell_at(e, F(TRIGGER_MATCHES_PAST), r->past.matches, t->where);
}

bool regardless_of_fin(const struct reset *r)
{
    const struct recent *t = &r->trigger;
    if (!seen(&r->x, END_FIN))
        return false;
    return (t->bits & RECENT_AFTER_FIN) ||
           (t->length && seen(&r->x, END_ACK) && seq_lt(r->x.max_ack, t->seq + t->length));
}

static bool unacceptable(const struct reset *r)
{
    const struct recent *t = &r->trigger;
    if (!seen(&r->x, END_ACK | END_EDGE))
        return false;
    uint32_t end = t->seq + segment_length(t->flags, t->length);
    /* RFC 9293 section 3.10.7.4: no part in the receive window; and an acknowledgment of what was
     * never sent. */
    bool outside = seq_le(end, r->x.max_ack)
                       ? segment_length(t->flags, t->length) > 0 && seq_lt(end, r->x.max_ack)
                       : seq_lt(r->x.edge, t->seq);
    /* A little more than was captured was sent, rather than acknowledged for nothing. */
    bool unsent = (t->flags & TCPRST_ACK) && seq_diff(t->ack, r->x.snd_max) > LADDER_REACH;
    return outside || unsent;
}

/* How long the answer took, beside the way to X and back. */
static void fact_answer_time(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct recent *t = &r->trigger;
    int64_t took = r->when - t->time, least = r->x.rtt_samples ? r->x.rtt_min : -1;
    unsigned samples = r->x.rtt_samples;
    if (x_host && x_host->rtt_samples >= RTT_SAMPLES &&
        (least < 0 || host_rtt_min(x_host) < least)) {
        least = host_rtt_min(x_host);
        samples += x_host->rtt_samples;
    }
    int64_t part = samples >= RTT_SAMPLES ? TOO_FAST_PART : TOO_FAST_PART_OF_FEW;
    if (least > 0) {
        tell_at(e, F(TRIGGER_TOO_FAST), least > TOO_FAST_MIN && took < least / part, t->where);
        numbers(e, F(TRIGGER_TOO_FAST), took, least);
    }
    int64_t most = r->x.rtt_max > least ? r->x.rtt_max : least;
    took = reset_answer_time(r, t);
    if (most >= 0) {
        tell_at(e, F(ANSWER_LATE), took > 3 * most + REACTION, t->where);
        numbers(e, F(ANSWER_LATE), took, most);
        tell_at(e, F(ANSWER_SLOW), took > most + REACTION, t->where);
        numbers(e, F(ANSWER_SLOW), took, most);
    }
    tell_at(e, F(ANSWER_VERY_LATE), took > TRIGGER_UNKNOWN_RTT && took > 3 * most, t->where);
    numbers(e, F(ANSWER_VERY_LATE), took, 0);
}

/* What Y sent later had been captured before it: it was late by then. */
static enum fact_state overtaken(const struct reset *r)
{
    const struct recent *p, *t = &r->trigger;
    uint32_t end = t->seq + segment_length(t->flags, t->length);
    bool before = false; /* t has been passed, going back */
    if (seq_le(r->y.snd_max, end) && (!seen(&r->y, END_ACK) || seq_le(r->y.max_ack, t->ack)))
        return FACT_FALSE;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && (p = recent_back(&r->connection->recents, n)) != NULL; n++) {
        if (before && !!(p->bits & RECENT_FROM_B) != r->d && !(p->flags & TCPRST_RST) &&
            (seq_lt(end, p->seq + segment_length(p->flags, p->length)) ||
             ((t->flags & p->flags & TCPRST_ACK) && seq_lt(t->ack, p->ack))))
            return FACT_TRUE;
        before |= p->where == t->where;
    }
    return before ? FACT_FALSE : FACT_HIDDEN;
}

static void fact_trigger(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct recent *t = &r->trigger;
    if (r->has_trigger || seen(&r->y, END_SEEN) || r->before.segments == 0)
        tell_at(e, F(TRIGGER), r->has_trigger, r->has_trigger ? t->where : 0);
    tell_at(e, F(NEARER_FITS), r->drawn.nearer && !(r->has_trigger && t->where == r->drawn.nearest),
            r->drawn.nearest);
    numbers(e, F(NEARER_FITS), r->drawn.nearest_age, 0);
    if (!r->has_trigger)
        return;
    bool syn = (t->flags & (TCPRST_SYN | TCPRST_ACK | TCPRST_FIN)) == TCPRST_SYN;
    bool probe = (t->bits & RECENT_PROBE);
    tell_at(e, F(TRIGGER_RESET), t->flags & TCPRST_RST, t->where);
    tell_at(e, F(TRIGGER_SYN), syn, t->where);
    tell_at(e, F(TRIGGER_DOUBLED), r->drawn.inherited, r->drawn.repeats);
    tell_at(e, F(TRIGGER_ACKNOWLEDGED), (r->flags & TCPRST_ACK) && (t->flags & TCPRST_ACK),
            t->where);
    tell_at(e, F(TRIGGER_REPEATED), (t->bits & RECENT_REPEATED) != 0, t->where);
    tell_at(e, F(TRIGGER_AMBIGUOUS), r->drawn.ambiguous, t->where);
    uint32_t length = segment_length(t->flags, t->length);
    fact_syn_ack_trigger(e, r);
    fact_handshake_trigger(e, r);
    /* Without the segments between SYN and FIN nobody knows how far both had come. */
    if (!e->view.renumbered && !e->view.by_flags)
        tell_at(e, F(TRIGGER_STRAY), !r->past.matches && has_nothing_to_do(r), t->where);
    tell_at(e, F(TRIGGER_DATA), t->length > 0 && !syn && !probe, t->where);
    numbers(e, F(TRIGGER_DATA), t->length, 0);
    tell_at(e, F(TRIGGER_FIN), (t->flags & TCPRST_FIN) && !odd_flags(t->flags), t->where);
    tell_at(e, F(TRIGGER_BARE_ACK),
            (t->flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_ACK)) == TCPRST_ACK && !t->length,
            t->where);
    bool of_fin = seen(&r->x, END_FIN) && !length && !probe &&
                  (t->flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_ACK)) == TCPRST_ACK &&
                  t->ack == r->x.fin_seq + 1;
    tell_at(e, F(TRIGGER_ACKS_FIN), of_fin, t->where);
    tell_at(e, F(TRIGGER_PROBE), probe, t->where);
    tell_at(e, F(TRIGGER_ALONE), reset_is_lone(r) && !(r->after && r->after->y.new), t->where);
    tell_at(e, F(TRIGGER_ODD_FLAGS), odd_flags(t->flags), t->where);
    numbers(e, F(TRIGGER_ODD_FLAGS), t->flags, 0);
    tell_at(e, F(TRIGGER_AFTER_FIN), regardless_of_fin(r), t->where);
    if (seen(&r->y, END_FIN))
        tell_at(e, F(TRIGGER_AFTER_PEER_FIN), t->where > r->y.fin_where, t->where);
    bool old = length && !syn && !probe && seq_le(t->seq + length, r->x.max_ack);
    bool taken = is(e, F(TRIGGER_BEFORE_SYN)) && r->past.acks && seq_lt(t->seq, r->past.ack);
    tell_at(e, F(TRIGGER_ACKED), taken || (old && seen(&r->x, END_ACK)), t->where);
    bool behind = seen(&r->x, END_FIN | END_ACK | END_CLOSED_WITH_DATA) &&
                  (t->flags & TCPRST_ACK) && seq_lt(r->x.max_ack, t->seq);
    tell_at(e, F(TRIGGER_BEHIND_DATA), behind, t->where);
    numbers(e, F(TRIGGER_BEHIND_DATA), behind ? seq_diff(t->seq, r->x.max_ack) : 0, 0);
    bool later = t->time > r->when || (where_frame(t->where).capture == r->frame.capture &&
                                       t->where > where_pack(r->frame));
    tell_at(e, F(TRIGGER_LATER), later, t->where);
    numbers(e, F(TRIGGER_LATER), t->time - r->when, 0);
    enum fact_state late = overtaken(r);
    if (late != FACT_HIDDEN)
        tell_at(e, F(TRIGGER_OVERTAKEN), late == FACT_TRUE, t->where);
    tell_at(e, F(TRIGGER_UNACCEPTABLE), unacceptable(r), t->where);
    tell_at(e, F(TRIGGER_ONCE), r->drawn.once, t->where);
    fact_answer_time(e, r, x_host);
}

/* X accepted the SYN of the incarnation before: its SYN-ACK is among the recent segments. */
static bool past_was_accepted(const struct reset *r)
{
    const struct recent *p;
    const struct recents *recents = &r->connection->recents;
    for (uint64_t n = 0; n < MAX_RELATED && (p = recent_back(recents, n)) != NULL; n++)
        if (!!(p->bits & RECENT_FROM_B) == r->d && (p->flags & TCPRST_SYN) &&
            (p->flags & TCPRST_ACK) && p->ack == r->past.iss + 1)
            return true;
    return r->past.open;
}

static void fact_syn_in_window(struct evidence *e, const struct reset *r)
{
    if (!is(e, F(TRIGGER_SYN)))
        return;
    bool in_window = r->past.syn && r->past.matches && past_was_accepted(r);
    tell_at(e, F(TRIGGER_SYN_IN_WINDOW), in_window, r->trigger.where);
}

void evidence_trigger(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    fact_trigger(e, r, x_host);
    fact_syn_in_window(e, r);
}
