/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reset_form.c - whether a RST has the form of an abort, and how two of them belong together. */
#include "reset.h"

#include "sequence.h"
#include "thresholds.h"

bool reset_pairs(const struct reset *before, const struct reset *r)
{
    return before->d != r->d && before->incarnation == r->incarnation && !before->has_trigger &&
           !r->has_trigger && !before->duplicate_of && !r->duplicate_of &&
           r->when - before->when <= AT_ONCE;
}

static enum fact_state state_of(bool holds)
{
    return holds ? FACT_TRUE : FACT_FALSE;
}

/* An abort acknowledges RCV.NXT: not less than X had acknowledged before, not more than Y sent. */
static enum fact_state abort_ack(const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (!(r->flags & TCPRST_ACK)) /* RFC 9293 section 3.10.5 asks for none */
        return FACT_TRUE;
    if (seen(x, END_ACK) && seq_lt(r->ack, x->max_ack))
        return FACT_FALSE;
    if (seen(y, END_SEEN) && seq_le(r->ack, y->snd_max))
        return FACT_TRUE;
    if (!seen(y, END_SEEN) && !seen(x, END_ACK))
        return FACT_HIDDEN;
    uint32_t known = seen(y, END_SEEN) ? y->snd_max : x->max_ack;
    if (seen(x, END_EDGE) && seq_lt(x->edge, r->ack))
        return FACT_FALSE;
    return seq_diff(r->ack, known) <= GAP_MOST ? FACT_HIDDEN : FACT_FALSE;
}

/*
 * RFC 9293 section 3.10.5: ABORT sends <SEQ=SND.NXT>. Linux tcp_acceptable_seq(): the right edge of
 * the peer's window where the peer has shrunk it below SND.NXT.
 */
static enum fact_state abort_seq(const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (!seen(x, END_SEEN)) {
        if (r->seq == 0) /* the form of an answer; a live socket hardly ever stands there */
            return FACT_FALSE;
        if (!seen(y, END_ACK))
            return FACT_HIDDEN;
        int32_t ahead = seq_diff(r->seq, y->max_ack);
        return ahead == 0 ? FACT_TRUE : ahead > 0 && ahead <= GAP_MOST ? FACT_HIDDEN : FACT_FALSE;
    }
    int32_t ahead = seq_diff(r->seq, x->snd_max);
    if (ahead == 0 || (seen(x, END_FIN) && r->seq == x->fin_seq))
        return FACT_TRUE;
    if (ahead < 0)
        return state_of((r->flags & TCPRST_ACK) && ((seen(y, END_EDGE) && r->seq == y->edge) ||
                                                    (seen(y, END_ACK) && r->seq == y->max_ack)));
    if (seen(y, END_EDGE) && seq_lt(y->edge, r->seq))
        return FACT_FALSE;
    return ahead <= GAP_MOST ? FACT_HIDDEN : FACT_FALSE;
}

/* A server that offers timestamps to a client that then sends them goes on with them itself: RFC
 * 7323 section 3.2. A client's may have gone with the SYN-ACK's on the way to it. */
bool reset_lacks_stamps(const struct reset *r)
{
    return seen(&r->x, END_SYN_ACK) && r->x.ts_first && seen(&r->y, END_SYN | END_TIMESTAMPS) &&
           r->y.ts_first && r->x.segments > 1 && !seen(&r->x, END_TIMESTAMPS);
}

enum fact_state reset_abort_numbers(const struct reset *r)
{
    enum fact_state seq = abort_seq(r), ack = abort_ack(r);
    if (seq == FACT_FALSE || ack == FACT_FALSE)
        return FACT_FALSE;
    return seq == FACT_HIDDEN ? seq : ack;
}

bool reset_had_sent(const struct reset *r, uint32_t seq)
{
    const struct endpoint *x = &r->x;
    uint32_t from = seen(x, END_ISS) ? x->iss : x->first_seq;
    return seen(x, END_SEEN) && x->snd_max - from <= STALE_REACH && seq - from <= x->snd_max - from;
}

bool reset_may_have_sent(const struct reset *r, uint32_t seq)
{
    const struct endpoint *x = &r->x;
    return seen(x, END_SEEN) && !seen(x, END_ISS) && x->first_seq - seq <= STALE_REACH;
}

int64_t reset_left(const struct reset *r)
{
    int64_t left = connection_left(&r->x, &r->y),
            beyond = seq_diff(r->x.snd_max, r->seq) - (int64_t)seen(&r->x, END_FIN);
    bool answers = r->has_trigger && !(r->flags & TCPRST_ACK) && seen(&r->x, END_SEEN);
    return answers && beyond > left && beyond < STRAY_DISTANCE ? beyond : left;
}

bool reset_has_abort_form(const struct reset *r)
{
    return !r->has_trigger && reset_abort_numbers(r) == FACT_TRUE;
}

bool reset_is_abort(const struct reset *r)
{
    /* Of one end alone nothing better is known than that it took part. */
    bool one_end = !seen(&r->y, END_SEEN) && seen(&r->x, END_SEEN | END_ACK);
    return reset_has_abort_form(r) && (one_end || (r->before.connection_flags & CONN_ESTABLISHED));
}
