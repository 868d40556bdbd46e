/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reset_after.c - what followed a RST: whether its receiver went on, and its sender. */
#include "reset_parts.h"

#include "sequence.h"
#include "tcp_options.h"
#include "thresholds.h"

#include <string.h>

void after_init(struct after *a)
{
    memset(a, 0, sizeof *a);
    a->y.first = a->y.last = a->x.last = a->y.repeated = a->y.challenge = a->x.new = a->x.passed =
        -1;
    a->syn.again = a->syn.new = a->syn.ack = a->syn.opened = a->y.resumed = -1;
}

int64_t after_pause(const struct reset *r)
{
    if (r->y.rtt_samples == 0)
        return 4 * REACTION;
    return r->y.rtt_max * 3 / 2 + REACTION;
}

bool after_too_soon(const struct reset *r, int64_t time)
{
    const struct endpoint *y = &r->y;
    int64_t part = y->rtt_samples >= RTT_SAMPLES ? TOO_FAST_PART : TOO_FAST_PART_OF_FEW;
    return y->rtt_samples && y->rtt_min > TOO_FAST_MIN && time - r->when < y->rtt_min / part;
}

/* Y made it when the RST must long have reached it, by Y's own clock. RFC 7323 section 5.4 has it
 * tick at most once a millisecond: so many at least had passed since Y's segment before. A stream
 * of Y's own may have stood in a queue for who knows how long. */
static bool made_after(const struct reset *r, const struct tcprst_segment *s,
                       const struct recent *e)
{
    bool streams = r->y.octets - r->y.octets_mark >= BULK_OCTETS;
    if (!seen(&r->y, END_SEEN | END_TIMESTAMPS) || (e->bits & RECENT_STRAY) || !r->y.rtt_samples ||
        streams)
        return false;
    struct tcp_options o;
    tcp_options_parse(s, &o);
    int64_t ticked = seq_diff(o.ts_val, r->y.ts_val) * NS_PER_MS, passed = e->time - r->y.last_time,
            enough = r->when - r->y.last_time + after_pause(r);
    /* A clock that ticks faster shows in that less has passed for the observer. */
    return o.has_timestamps && passed > enough && ticked > enough &&
           ticked - passed <= after_pause(r);
}

static bool has_sack(const struct tcprst_segment *s)
{
    struct tcp_options o;
    tcp_options_parse(s, &o);
    return o.has_sack;
}

/* A bare ACK with Y's last numbers (RFC 5961 section 3.2). It acknowledges what was not
 * acknowledged yet, too; but where Y's answers are not captured at once, that may be any ACK under
 * way. */
static bool may_challenge(const struct after *a, const struct reset *r,
                          const struct tcprst_segment *s, const struct recent *e)
{
    bool again = !(r->y.seen & END_ACK) || s->ack == (a->y.ack_known ? a->y.ack : r->y.max_ack);
    bool at_y = r->y.rtt_min >= 0 && r->y.rtt_min <= AT_HOST;
    bool at_once = at_y && s->ack == r->x.snd_max && !a->x.count && e->time - r->when <= AT_HOST;
    if (after_too_soon(r, e->time))
        return false;
    return (again || at_once) && (!(r->y.seen & END_SEEN) || s->seq == r->y.snd_max);
}

static void note_receiver(struct after *a, const struct reset *r, const struct tcprst_segment *s,
                          const struct recent *e)
{
    bool bare_ack =
        (s->flags & (TCPRST_ACK | TCPRST_SYN | TCPRST_FIN)) == TCPRST_ACK && !s->payload_length;
    if (a->y.count++ == 0) {
        a->y.first = e->time;
        a->y.first_where = e->where;
        a->y.first_ack = s->ack;
        a->y.first_ack_known = s->flags & TCPRST_ACK;
    }
    int64_t before = a->y.last >= 0 ? a->y.last : r->when;
    bool fresh = segment_length(s->flags, s->payload_length) && !(e->bits & RECENT_REPEATED);
    bool paused = e->time - before > (fresh ? RESUME_MIN : after_pause(r));
    if (a->y.resumed < 0 && (paused || (fresh && made_after(r, s, e)))) {
        a->y.resumed = e->time;
        a->y.resumed_where = e->where;
    }
    if (!a->y.beyond && (r->x.seen & END_EDGE) && s->payload_length && !(e->bits & RECENT_STRAY) &&
        seq_lt(r->x.edge, s->seq + s->payload_length))
        a->y.beyond = e->where;
    a->y.last = e->time;
    a->y.last_where = e->where;
    if ((e->bits & RECENT_REPEATED) && !(e->bits & RECENT_PROBE) && a->y.repeated < 0 &&
        e->time - r->when > CAPTURE_REORDER) {
        a->y.repeated = e->time;
        a->y.repeated_where = e->where;
    }
    if (!a->y.acked_new && (s->flags & TCPRST_ACK) && (r->x.seen & END_SEEN) && a->x.new >= 0 &&
        seq_lt(r->x.snd_max, s->ack) && seq_le(s->ack, r->connection->end[r->d].snd_max))
        a->y.acked_new = e->where;
    uint32_t end = s->seq + segment_length(s->flags, s->payload_length);
    if (!a->y.new && (r->y.seen & END_SEEN) && s->payload_length && seq_lt(r->y.snd_max, end) &&
        !(e->bits & RECENT_STRAY) && !(s->flags & TCPRST_SYN) &&
        e->time - r->when <= (r->y.rtt_max > 0 ? r->y.rtt_max : 0) + TRIGGER_MIN)
        a->y.new = e->where;
    if (a->y.challenge < 0 && bare_ack && may_challenge(a, r, s, e) && !has_sack(s)) {
        a->y.challenge = e->time;
        a->y.challenge_where = e->where;
        a->y.challenge_ack = s->ack;
        a->y.challenge_again =
            a->y.ack_known ? a->y.ack == s->ack : seen(&r->y, END_ACK) && r->y.max_ack == s->ack;
    }
    a->y.ack = s->ack;
    a->y.ack_known = s->flags & TCPRST_ACK;
}

/* Its timestamp says that X had made it before the RST, or before what was captured before that:
 * what a live connection sends again carries the time of sending it again (RFC 7323 section 4.3).
 */
static bool is_old_copy(const struct reset *r, const struct tcprst_segment *s)
{
    struct tcp_options o;
    if ((r->x.seen & (END_SEEN | END_TIMESTAMPS)) != (END_SEEN | END_TIMESTAMPS))
        return false;
    tcp_options_parse(s, &o);
    return o.has_timestamps && seq_le(o.ts_val, r->x.ts_val);
}

/* It acknowledges all that the RST may answer, or more than the RST does: X has taken what the RST
 * answers. Of a client that had sent but a SYN, the ACK that finishes the handshake does. */
static bool takes_trigger(const struct reset *r, const struct tcprst_segment *s)
{
    const struct recent *t = &r->trigger;
    if (!(s->flags & TCPRST_ACK))
        return false;
    if (!(r->x.seen & END_ACK)) {
        bool syn_ack = (t->flags & TCPRST_SYN) && (t->flags & TCPRST_ACK);
        uint32_t known = r->flags & TCPRST_ACK ? r->ack - 1 : t->seq;
        return ((r->flags & TCPRST_ACK) || (r->has_trigger && syn_ack)) &&
               !(s->flags & TCPRST_SYN) && (r->x.seen & END_SEEN) && seq_lt(known, s->ack);
    }
    if (!seq_lt(r->x.max_ack, s->ack))
        return false;
    if (r->flags & TCPRST_ACK)
        return !r->has_trigger && seq_lt(r->ack, s->ack);
    return r->has_trigger && t->length > 0 && seq_lt(r->drawn.end - 1, s->ack);
}

static void note_sender(struct after *a, const struct reset *r, const struct tcprst_segment *s,
                        const struct recent *e)
{
    a->x.count++;
    if (!is_old_copy(r, s)) {
        a->x.last = e->time;
        a->x.last_where = e->where;
    }
    /* Captures reorder: what comes with the RST may have been sent before it. */
    if (e->time - r->when <= CAPTURE_REORDER)
        return;
    if (a->x.passed < 0) {
        a->x.passed = e->time;
        a->x.passed_where = e->where;
    }
    uint32_t end = s->seq + segment_length(s->flags, s->payload_length);
    bool more = (r->x.seen & END_SEEN) && seq_lt(r->x.snd_max, end);
    if (more && !a->x.more && !(e->bits & RECENT_STRAY) && r->seq == r->x.snd_max)
        a->x.more = e->where;
    if (!a->x.acked_trigger && takes_trigger(r, s) && !(e->bits & RECENT_STRAY) &&
        seq_le(s->ack, r->connection->end[!r->d].snd_max))
        a->x.acked_trigger = e->where;
    bool heard = (s->flags & TCPRST_ACK) && (r->x.seen & END_ACK) && seq_lt(r->x.max_ack, s->ack);
    if ((s->flags & TCPRST_ACK) && !a->x.acked_later && (r->y.seen & END_SEEN) &&
        seq_lt(r->y.snd_max, s->ack) && seq_le(s->ack, r->connection->end[!r->d].snd_max) &&
        !(e->bits & RECENT_STRAY))
        a->x.acked_later = e->where;
    if ((e->bits & RECENT_REPEATED) && !a->x.repeated && e->time - r->when > WENT_ON_MIN)
        a->x.repeated = e->where;
    if ((more || heard) && a->x.new < 0 && !(e->bits & RECENT_STRAY)) {
        a->x.new = e->time;
        a->x.new_where = e->where;
    }
    bool of_syn = !seen(&r->y, END_SYN) || seq_between(r->y.iss + 1, s->ack, r->y.snd_max);
    if ((s->flags & (TCPRST_SYN | TCPRST_ACK)) == (TCPRST_SYN | TCPRST_ACK) && of_syn &&
        a->syn.ack < 0) {
        a->syn.ack = e->time;
        a->syn.ack_where = e->where;
    }
}

static void after_note(struct after *a, const struct reset *r, const struct tcprst_segment *s,
                       const struct recent *e, int d)
{
    if (a->closed)
        return;
    bool from_x = d == r->d;
    /* A SYN-ACK of another incarnation, whose SYN was not captured: what follows is of that one. */
    bool syn_ack = (s->flags & (TCPRST_SYN | TCPRST_ACK)) == (TCPRST_SYN | TCPRST_ACK);
    if (syn_ack && (e->bits & RECENT_STRAY) && (r->before.connection_flags & CONN_ESTABLISHED)) {
        a->closed = true;
        return;
    }
    bool syn = (s->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    if (r->incarnation != r->connection->number) {
        a->closed = true;
        a->syn.new = e->time;
        a->syn.where = e->where;
        return;
    }
    if (syn && a->syn.again < 0) {
        a->syn.again = e->time;
        a->syn.where = e->where;
    }
    if (syn_ack && a->syn.again >= 0 && !(e->bits & RECENT_STRAY))
        a->syn.reopened = true;
    if (!from_x && syn_ack && a->syn.opened < 0 && seen(&r->x, END_SYN) && s->ack == r->x.iss + 1) {
        a->syn.opened = e->time;
        a->syn.opened_where = e->where;
        a->syn.opened_seq = s->seq;
    }
    if (endpoint_reopened(&r->x, &r->connection->end[r->d]) ||
        endpoint_reopened(&r->y, &r->connection->end[!r->d])) {
        a->closed = true; /* what follows is of the one that was made anew */
        return;
    }
    if (syn)
        return;
    /* With another ISS it speaks of another connection, which may not come to be. */
    const struct endpoint *then = from_x ? &r->x : &r->y;
    if (syn_ack && (then->seen & END_SYN_ACK) && then->iss != s->seq)
        return;
    if (from_x)
        note_sender(a, r, s, e);
    else
        note_receiver(a, r, s, e);
}

/* The oldest of the newest RSTs that may have been captured before what drew them. */
static struct reset *before_trigger(const struct connection *c, const struct recent *e)
{
    struct reset *r = c->last_reset;
    for (unsigned looked = 1; looked < MAX_RELATED; looked++) {
        struct reset *before = r->previous_of_connection;
        if (r->judged.done || !before || before->judged.done ||
            e->time - before->when > CAPTURE_REORDER)
            break;
        r = before;
    }
    return r;
}

/* The pending RST that stands for the oldest of the newest follow-ups. */
static struct reset *oldest_followed(const struct connection *c)
{
    struct reset *r = c->last_reset;
    for (unsigned followed = 1; followed <= MAX_FOLLOWED; followed++) {
        if (r->after)
            r = r->after->first;
        if (r == c->first_pending || followed == MAX_FOLLOWED)
            break;
        r = r->previous_of_connection;
    }
    return r;
}

void reset_follow_up(struct connection *c, const struct tcprst_segment *s, struct recent *e, int d)
{
    for (struct reset *r = before_trigger(c, e); r; r = r->next_of_connection)
        reset_late_trigger(r, e, d);
    if ((e->bits & RECENT_DUPLICATE) || reset_captured_before(c, e))
        return;
    for (struct reset *r = oldest_followed(c); r; r = r->next_of_connection) {
        if (!r->after)
            continue;
        after_note(r->after, r, s, e, d);
        r = r->after->last;
    }
}
