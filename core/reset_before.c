/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset_before.c - what was before a RST: pauses, the connection's age, the incarnation before it,
 * and the RSTs that had ended it.
 */
#include "reset_parts.h"

#include "sequence.h"
#include "thresholds.h"

/* The time up to which pauses count: the trigger's, or its own. */
static int64_t pause_end(const struct reset *r)
{
    return r->has_trigger ? r->trigger.time : r->when;
}

/* Time since the connection's segment before the trigger (or the RST, t NULL), the trigger's own
 * repetitions and RSTs not counted. */
static int64_t idle_before(const struct reset *r, const struct connection *c,
                           const struct recent *t)
{
    const struct recent *e;
    int64_t from = t ? t->time : r->when;
    bool past_trigger = !t;
    uint64_t newest = t && (t->flags & TCPRST_RST) ? 0 : recent_other(c);
    for (uint64_t n = newest; (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (!past_trigger) {
            past_trigger = e->where == t->where;
            continue;
        }
        bool same = t && e->seq == t->seq && e->length == t->length && e->flags == t->flags &&
                    (e->bits & RECENT_FROM_B) == (t->bits & RECENT_FROM_B) &&
                    segment_length(e->flags, e->length);
        /* RSTs are no activity of the connection. */
        if (same || (e->bits & RECENT_DUPLICATE) || (e->flags & TCPRST_RST))
            continue;
        return from > e->time ? from - e->time : 0;
    }
    return -1;
}

/* When the last text came before the trigger (or the RST), the trigger's own repetitions not
 * counted; of what is remembered. -1: there is none. */
static int64_t last_data_remembered(const struct reset *r, const struct connection *c)
{
    const struct recent *e;
    uint64_t newest = c->apart ? 0 : recent_other(c);
    for (uint64_t n = newest; (e = recent_back(&c->recents, n)) != NULL; n++) {
        const struct recent *t = &r->trigger;
        bool drew = r->has_trigger && (e->where >= t->where ||
                                       (e->seq == t->seq && e->length == t->length &&
                                        (e->bits & RECENT_FROM_B) == (t->bits & RECENT_FROM_B)));
        if (e->length && !drew && e->where >= c->first &&
            !(e->bits & (RECENT_DUPLICATE | RECENT_STRAY)))
            return e->time;
    }
    return -1;
}

static int64_t data_idle_before(const struct reset *r, const struct connection *c)
{
    if (!c->segments)
        return -1;
    int64_t end = pause_end(r), last = last_data_remembered(r, c);
    /* Or longer ago. What an end sent since the trigger, or with it, is not meant. */
    if (last < 0 && r->x.last_data_time < end)
        last = r->x.last_data_time;
    if (last < r->y.last_data_time && r->y.last_data_time < end)
        last = r->y.last_data_time;
    return last < 0 ? -1 : end > last ? end - last : 0;
}

static int64_t age_of(const struct reset *r, const struct connection *c)
{
    int64_t end = pause_end(r);
    return !c->segments ? -1 : end > c->first_time ? end - c->first_time : 0;
}

static bool near(uint32_t a, uint32_t b)
{
    return seq_diff(a, b) < PAST_NEAR && seq_diff(a, b) > -PAST_NEAR;
}

/* Whether the trigger's numbers are those of the ends of the incarnation before; where the capture
 * has all that these ends sent, they are to the octet. */
static void match_past(struct reset *r, const struct past *p)
{
    const struct endpoint *x = &p->end[r->d], *y = &p->end[!r->d];
    const struct recent *t = &r->trigger;
    bool ack = t->flags & TCPRST_ACK, x_seen = x->seen & END_SEEN;
    /* What X expects of Y, where Y was not captured but for the trigger itself. */
    bool y_seen = (y->seen & END_SEEN) && !(y->segments == 1 && y->last == t->where);
    bool y_known = y_seen || (x->seen & END_ACK);
    uint32_t y_next = y_seen ? y->snd_max : x->max_ack;
    bool older_syn =
        (t->bits & RECENT_STRAY) && (t->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    r->past.matches = older_syn || (ack && x_seen && near(t->ack, x->snd_max)) ||
                      (y_known && near(t->seq, y_next));
    r->past.acks = seen(x, END_ACK);
    r->past.ack = x->max_ack;
    r->past.gaps =
        (ack && x_seen && seq_lt(x->snd_max, t->ack)) || (y_seen && seq_lt(y_next, t->seq));
}

/* X closed second: its FIN acknowledged that of Y, so it went by LAST-ACK, and Y acknowledged it in
 * turn. RFC 9293 section 3.6: only the end that closed first waits in TIME-WAIT, or both where
 * their FINs crossed. */
static bool closed_second(const struct connection *c, const struct endpoint *x,
                          const struct endpoint *y)
{
    bool acked = seen(x, END_FIN) && seen(y, END_FIN | END_ACK) && seq_lt(x->fin_seq, y->max_ack);
    const struct recent *fin = acked ? recent_fin(c, x) : NULL;
    return fin && (fin->flags & TCPRST_ACK) && seq_lt(y->fin_seq, fin->ack);
}

static void copy_past(struct reset *r, const struct connection *c)
{
    const struct past *p = c->past;
    if (!p)
        return;
    const struct endpoint *x = &p->end[r->d], *y = &p->end[!r->d];
    bool x_fin = x->seen & END_FIN, y_fin = y->seen & END_FIN;
    bool accepted = (x->seen & (END_SYN_ACK | END_ACK)) == (END_SYN_ACK | END_ACK);
    r->past.known = true;
    r->past.peer_acks = y->seen & END_ACK;
    r->past.peer_ack = y->max_ack;
    /* It is the end that answers the SYN, or challenges it, whose FIN tells. */
    bool refuses = r->has_trigger && (r->trigger.flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    bool closed = !r->has_trigger ? x_fin || y_fin : refuses ? x_fin : y_fin;
    r->past.fins = closed;
    r->past.acked = x_fin && y_fin && seen(x, END_ACK) && seen(y, END_ACK) &&
                    seq_lt(x->fin_seq, y->max_ack) && seq_lt(y->fin_seq, x->max_ack);
    r->past.second = closed_second(c, x, y);
    r->past.reset = p->reset;
    /* Where only the other one was captured, nobody knows. */
    r->past.open = !x_fin && !y_fin && !p->reset && (x->seen & END_ACK);
    r->past.age = r->when - p->last_time;
    r->past.iss = y->seen & END_SYN ? y->iss : x->max_ack - 1;
    r->past.syn = ((y->seen & END_SYN) || accepted) && !x_fin && !y_fin && !p->reset;
    /* Nobody guesses both numbers: who has them aborted that connection, and the RST came late. */
    r->past.numbers = seen(x, END_SEEN | END_ACK) && (r->flags & TCPRST_ACK) &&
                      r->seq == x->snd_max && r->ack == x->max_ack && r->seq != r->x.snd_max;
    if (r->has_trigger)
        match_past(r, p);
}

/* Y's last word before the RST was one without new data, after a pause. */
static void note_provoked(struct reset *r, const struct connection *c)
{
    const struct recent *t = recent_back(&c->recents, 0);
    r->before.provoked_pause = -1;
    if (!t || !!(t->bits & RECENT_FROM_B) == r->d || (t->flags & (TCPRST_RST | TCPRST_SYN)) ||
        !(t->length <= 1 || (t->bits & RECENT_REPEATED)) || (t->flags & TCPRST_FIN))
        return;
    int64_t took = r->when - t->time, pause = idle_before(r, c, t);
    int64_t trip = r->x.rtt_max > 0 ? 2 * r->x.rtt_max : 0;
    if (t->length && !(t->bits & (RECENT_PROBE | RECENT_REPEATED)))
        return;
    if (took <= trip + REACTION && pause >= IDLE_LONGEST_MIN) {
        r->before.provoked_pause = pause;
        r->before.provoked_after = took;
        r->before.provoked_where = t->where;
    }
}

/* What drew it is Y's first word since a pause that X ended, longer than any survived before. That
 * X's segment came shows only that one way is open: a filter that has forgotten the connection lets
 * a FIN pass, which opens none (nf_conntrack's table has it invalid), and meets the answer. */
static void note_answered_pause(struct reset *r, const struct connection *c)
{
    const struct recent *e, *first = NULL;
    bool past_trigger = false;
    r->before.answered_pause = -1;
    if (!r->has_trigger)
        return;
    for (uint64_t n = recent_other(c); n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL;
         n++) {
        if (!past_trigger || (e->bits & RECENT_DUPLICATE) || (e->flags & TCPRST_RST)) {
            past_trigger |= e->where == r->trigger.where;
            continue;
        }
        int64_t pause = first ? first->time - e->time : 0;
        if (pause >= IDLE_RECUR_MIN && pause >= r->before.longest_idle) {
            r->before.answered_pause = pause;
            r->before.answered_where = first->where;
            return;
        }
        if (!!(e->bits & RECENT_FROM_B) != r->d)
            return;
        first = e;
    }
}

/* The first of Y behind X's SYN-ACK. */
static void note_handshake(struct reset *r, const struct connection *c)
{
    const struct recent *e, *first = NULL;
    r->before.handshake_age = -1;
    if (r->before.client != 1 || !seen(&r->x, END_SYN_ACK) || c->segments > MAX_RELATED)
        return;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        bool from_x = !!(e->bits & RECENT_FROM_B) == r->d;
        if (!from_x && !(e->flags & (TCPRST_SYN | TCPRST_RST)))
            first = e;
        if (!from_x || !(e->flags & TCPRST_SYN))
            continue;
        if (first) {
            r->before.handshake_age = r->when - first->time;
            r->before.handshake_where = first->where;
        }
        return;
    }
}

/* As long as a stack has more it sends whole segments, or such as are half of the largest window
 * (RFC 9293 section 3.8.6.2.1): a shorter one, not for want of window, was all, and a FIN would
 * have come with it. */
static void note_short(struct reset *r, const struct connection *c)
{
    enum { OPTIONS_MOST = 40 };
    const struct endpoint *x = &r->x, *y = &r->y;
    const struct recent *e;
    if (!r->has_trigger || !seen(x, END_DATA) || !y->mss)
        return;
    uint32_t half = seen(y, END_EDGE) ? y->window_max / 2 : y->mss,
             whole = half < y->mss ? half : y->mss;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        uint32_t end = e->seq + e->length;
        if (!!(e->bits & RECENT_FROM_B) != r->d || !e->length || end != x->snd_max ||
            (e->bits & (RECENT_STRAY | RECENT_DUPLICATE)))
            continue;
        bool at_edge = seen(y, END_EDGE) && end == y->edge;
        r->before.sent_short = e->length + OPTIONS_MOST < whole && !at_edge;
        return;
    }
}

/* What went to the edge of the window before the trigger opened it may have had more behind it; so
 * may have what a closed window has taken whole. */
static void note_filled(struct reset *r, const struct connection *c)
{
    enum { LEAST_MSS = 536 }; /* RFC 9293 section 3.7.1: where no option says more */
    const struct endpoint *x = &r->x, *y = &r->y;
    const struct recent *e;
    if (!r->has_trigger || !seen(x, END_DATA) || y->scale == WSCALE_UNKNOWN)
        return;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (!!(e->bits & RECENT_FROM_B) == r->d || e->where >= r->trigger.where ||
            (e->bits & (RECENT_STRAY | RECENT_DUPLICATE)) ||
            (e->flags & (TCPRST_SYN | TCPRST_RST | TCPRST_ACK)) != TCPRST_ACK)
            continue;
        int64_t room = seq_diff(e->ack + ((uint32_t)e->window << y->scale), x->snd_max);
        if (room <= 0 || (room < (y->mss ? y->mss : LEAST_MSS) && seq_lt(e->ack, x->snd_max)))
            r->before.filled = e->where;
        return;
    }
}

static void copy_ended(struct reset *r, const struct connection *c)
{
    r->before.already.ended = c->ended;
    r->before.already.gone = c->gone;
    /* Who acknowledges what was sent since has the connection all the same. */
    for (unsigned i = 0; i < 2; i++)
        if ((c->end[i].seen & END_ACK) && seq_lt(c->gone_reach[i], c->end[i].max_ack))
            r->before.already.gone &= (uint8_t) ~(5u << i);
    r->before.already.surely = c->surely;
    r->before.already.ended_where = c->ended_where;
    r->before.already.event = c->ended_event;
}

void reset_note_before(struct reset *r, const struct connection *c)
{
    r->before.idle = idle_before(r, c, r->has_trigger ? &r->trigger : NULL);
    r->before.quiet = r->has_trigger ? idle_before(r, c, NULL) : r->before.idle;
    for (unsigned i = 0; i < r->drawn.other_count; i++)
        r->drawn.others[i].idle = idle_before(r, c, &r->drawn.others[i].segment);
    note_provoked(r, c);
    note_answered_pause(r, c);
    note_handshake(r, c);
    note_filled(r, c);
    note_short(r, c);
    r->before.data_idle = data_idle_before(r, c);
    r->before.age = age_of(r, c);
    copy_past(r, c);
    copy_ended(r, c);
}

void reset_note_event(struct reset *r, struct connection *c)
{
    if (r->duplicate_of)
        return;
    bool same = c->resets > 0 && r->when - c->event_time <= HORIZON;
    connection_note_event(c, where_pack(r->frame), r->when);
    r->before.event = c->event_where;
    const struct reset *before = same ? c->last_reset : NULL;
    r->before.event_idle = before ? before->before.event_idle : r->before.idle;
    r->before.event_longest_idle =
        before ? before->before.event_longest_idle : r->before.longest_idle;
}
