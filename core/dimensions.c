/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dimensions.c - stage, acceptance, effect, bytes at risk, the receiver's error: independent of the
 * cause. */
#include "dimensions.h"

#include "sequence.h"
#include "stack.h"
#include "thresholds.h"

bool answers_stray(const struct reset *r)
{
    return r->has_trigger && (r->trigger.bits & RECENT_STRAY) && (r->trigger.flags & TCPRST_ACK) &&
           r->seq == r->trigger.ack;
}

/* ---- stage ---- */

/* The handshake was done for one of them, of whom alone something was captured: who acknowledges
 * had the SYN-ACK, and who answers it speaks only then. */
static bool done_for_one(const struct endpoint *client, const struct endpoint *server)
{
    return (!seen(server, END_SEEN) && seen(client, END_ACK)) ||
           (!seen(client, END_SEEN) && seen(server, END_DATA));
}

enum tcprst_stage stage_of(const struct reset *r, const struct ended *ended)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (!seen(x, END_SEEN) && !seen(y, END_SEEN))
        return r->before.segments && ended->any ? TCPRST_STAGE_CLOSED : TCPRST_STAGE_UNSEEN;
    bool x_fin = seen(x, END_FIN), y_fin = seen(y, END_FIN);
    /* Who was reset and answers the SYN once more is in SYN-RECEIVED again. */
    bool another = answers_stray(r) && (r->trigger.flags & TCPRST_SYN);
    if ((ended->any && !another) || (x_fin && y_fin))
        return TCPRST_STAGE_CLOSED;
    if ((x_fin || y_fin) && ((x->seen | y->seen) & END_ACK))
        return TCPRST_STAGE_CLOSING;
    if (!(r->before.connection_flags & CONN_OPENED) || r->before.client < 0)
        return TCPRST_STAGE_MID_STREAM;
    const struct endpoint *client = r->before.client == 0 ? x : y,
                          *server = r->before.client == 0 ? y : x;
    if (!(r->before.connection_flags & CONN_ESTABLISHED) && !done_for_one(client, server)) {
        if (!seen(client, END_SYN) && !seen(client, END_SEEN) && !seen(server, END_SYN_ACK))
            return TCPRST_STAGE_MID_STREAM;
        return seen(server, END_SYN_ACK) || seen(server, END_SEEN) ? TCPRST_STAGE_SYN_RECEIVED
                                                                   : TCPRST_STAGE_SYN_SENT;
    }
    if (seen(server, END_DATA))
        return TCPRST_STAGE_DATA;
    return seen(client, END_DATA) ? TCPRST_STAGE_REQUEST_SENT : TCPRST_STAGE_ESTABLISHED_NO_DATA;
}

/* ---- acceptance ---- */

/* The receiver closed last and its FIN was acknowledged: LAST-ACK to CLOSED, nothing is left to
 * reset. */
static bool receiver_closed(const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    return seen(x, END_FIN | END_ACK) && seen(y, END_FIN) && seq_lt(y->fin_seq, x->max_ack) &&
           y->fin_time > x->fin_time && seen(y, END_ACK) && seq_lt(x->fin_seq, y->max_ack);
}

/* RFC 9293 section 3.10.7.3: "If the ACK bit is set, ... If the ACK was acceptable, signal ...
 * 'connection reset'". */
static enum tcprst_acceptance in_syn_sent(const struct reset *r)
{
    bool acceptable = (r->flags & TCPRST_ACK) && seq_between(r->y.iss + 1, r->ack, r->y.snd_max);
    if (acceptable)
        return TCPRST_ACCEPTANCE_EXACT;
    if (seen(&r->x, END_SYN_ACK) && r->seq == r->x.iss + 1)
        return TCPRST_ACCEPTANCE_EXACT; /* the SYN-ACK reaches it first */
    return TCPRST_ACCEPTANCE_OUT_OF_WINDOW;
}

/* RFC 5961 section 3.2 with the numbers an observer has: RCV.NXT lies between what Y acknowledged
 * and all X sent. */
static enum tcprst_acceptance by_window(const struct reset *r, uint32_t low)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    uint32_t high = seen(x, END_SEEN) && seq_lt(low, x->snd_max) ? x->snd_max : low;
    if (seq_between(low, r->seq, high))
        return TCPRST_ACCEPTANCE_EXACT;
    /* Linux tcp_reset_check(): the FIN's own number after a FIN. */
    if (seen(x, END_FIN) && r->seq == x->fin_seq && seq_le(low, x->fin_seq + 1))
        return TCPRST_ACCEPTANCE_EXACT;
    if (seen(y, END_SACK) && r->seq == y->sack_edge)
        return TCPRST_ACCEPTANCE_EXACT;
    uint32_t distance = r->seq - low;
    /* Linux tcp_sequence(): the right edge itself is in the window, too. */
    bool edge_too = stack_is_linux((enum stack_id)connection_stack(r->connection, !r->d));
    if (seen(y, END_EDGE))
        return seq_lt(low, y->edge) && distance < y->edge - low + edge_too
                   ? TCPRST_ACCEPTANCE_IN_WINDOW
                   : TCPRST_ACCEPTANCE_OUT_OF_WINDOW;
    if (distance < y->window)
        return TCPRST_ACCEPTANCE_IN_WINDOW;
    return distance < (uint32_t)y->window << 14 ? TCPRST_ACCEPTANCE_UNKNOWN
                                                : TCPRST_ACCEPTANCE_OUT_OF_WINDOW;
}

/* Y acknowledged more than the RST's number. What it acknowledges it had before the RST came,
 * which then lay below RCV.NXT; had the RST come first, it would have acknowledged nothing more.
 * Only with the FIN's own number it may still have been taken (Linux tcp_reset_check()). */
static bool had_more(const struct reset *r)
{
    const struct after *a = r->after;
    if (!a)
        return false;
    if ((r->x.seen & END_FIN) && r->seq == r->x.fin_seq)
        return false;
    return a->y.ack_known && seen(&r->x, END_SEEN) && seq_lt(r->seq, a->y.ack) &&
           seq_le(a->y.ack, r->connection->end[r->d].snd_max);
}

/* ... and acknowledged it, before the RST can have come there: that was left of its window. */
static bool acknowledged_more_before(const struct reset *r)
{
    const struct after *a = r->after;
    return a->y.first_ack_known && seq_lt(r->seq, a->y.first_ack) && after_too_soon(r, a->y.first);
}

enum tcprst_acceptance acceptance_of(const struct reset *r, const struct ended *ended)
{
    const struct endpoint *y = &r->y;
    bool stray_trigger =
        r->has_trigger && (r->trigger.bits & RECENT_STRAY) && (r->trigger.flags & TCPRST_ACK);
    /* Who opens another connection on these ports, or accepts one, has given up the one before. */
    bool given_up = ((seen(y, END_SYN) && !seen(y, END_ACK)) || seen(y, END_SYN_ACK)) &&
                    r->trigger.where < y->syn_where;
    /* The connection that sent it wants just this number, unless it had gone on since. */
    if (stray_trigger && !given_up && r->seq == r->trigger.ack)
        return r->past.peer_acks && seq_lt(r->seq, r->past.peer_ack)
                   ? TCPRST_ACCEPTANCE_OUT_OF_WINDOW
                   : TCPRST_ACCEPTANCE_EXACT;
    if (ended->y_gone || receiver_closed(r))
        return TCPRST_ACCEPTANCE_NO_CONNECTION;
    if ((r->flags & TCPRST_SYN) && !seen(&r->x, END_SEEN) && !seen(y, END_SEEN))
        return TCPRST_ACCEPTANCE_NO_CONNECTION; /* what it would open it cannot reset */
    if (!seen(y, END_SEEN))
        return TCPRST_ACCEPTANCE_UNKNOWN;
    if (seen(y, END_SYN) && !seen(y, END_ACK))
        return in_syn_sent(r);
    /* Just what Y waits for, though what lies before it was not captured. */
    if (seen(y, END_AHEAD) && !r->has_trigger && r->seq == y->ack_ahead)
        return TCPRST_ACCEPTANCE_EXACT;
    if (seen(y, END_ACK)) {
        enum tcprst_acceptance acceptance = by_window(r, y->max_ack);
        /* Below RCV.NXT, but not below what Y had last acknowledged: Linux tcp_sequence() and the
         * BSDs take that for the left edge of the window. */
        bool late = acceptance == TCPRST_ACCEPTANCE_EXACT && !r->packet.bad_checksum && had_more(r);
        if (late)
            return acknowledged_more_before(r) ? TCPRST_ACCEPTANCE_OUT_OF_WINDOW
                                               : TCPRST_ACCEPTANCE_IN_WINDOW;
        return acceptance;
    }
    /* Y was heard, but never with an ACK: only a probe sends so. */
    return seen(y, END_AHEAD) ? by_window(r, y->ack_ahead) : TCPRST_ACCEPTANCE_NO_CONNECTION;
}

/* ---- effect ---- */

static where_t earlier(where_t a, where_t b)
{
    return !a || (b && b < a) ? b : a;
}

/* More than what was in flight: a retransmission, an acknowledgment of what X sent afterwards, a
 * fresh start. The first of it, 0: nothing. */
static where_t receiver_went_on(const struct reset *r)
{
    const struct after *a = r->after;
    where_t where = earlier(a->y.acked_new, a->y.beyond);
    if (a->y.resumed >= 0)
        where = earlier(where, a->y.resumed_where);
    /* No retransmission timer runs out sooner, and none on an end that the RST has reached. */
    int64_t sent_before = r->y.rtt_samples ? r->y.rtt_max + REACTION / 2 : 3 * REACTION;
    if (a->y.repeated >= 0 && a->y.repeated - r->when > sent_before)
        where = earlier(where, a->y.repeated_where);
    return where;
}

/* Unless it had gone on before: then something later ended it. */
static bool peer_answered_with_reset(const struct reset *r)
{
    where_t went_on = receiver_went_on(r);
    unsigned looked = 0;
    if (reset_row_behind(r))
        return false;
    for (const struct reset *n = r->next_of_connection; n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n->incarnation == r->incarnation && n->d != r->d && n->has_trigger && !n->duplicate_of)
            return !went_on || where_pack(n->frame) < went_on;
    return false;
}

/* A challenge of Y came so soon after the RST, and not sooner than it can, that it may answer it.
 * What Y had acknowledged already lies left of its window: a RST there draws nothing. */
static bool may_have_drawn_challenge(const struct reset *r)
{
    const struct after *a = r->after;
    if (a->y.challenge < 0 || after_too_soon(r, a->y.challenge) ||
        a->y.challenge - r->when > after_pause(r) + 4 * REACTION)
        return false;
    return !a->y.challenge_again || seq_le(a->y.challenge_ack, r->seq);
}

/* One challenge answers one RST: Linux sends no second within 500 ms (tcp_invalid_ratelimit). It is
 * the first that may have drawn it. */
static bool challenge_taken(const struct reset *r)
{
    unsigned looked = 0;
    for (const struct reset *p = r->previous_of_connection;
         p && p->after == r->after && looked < MAX_RELATED; p = p->previous_of_connection, looked++)
        if (p->incarnation == r->incarnation && p->d == r->d && !p->duplicate_of &&
            outcome_for(r, p)->acceptance != TCPRST_ACCEPTANCE_OUT_OF_WINDOW &&
            may_have_drawn_challenge(p))
            return true;
    return false;
}

static bool was_challenged(const struct reset *r, enum tcprst_acceptance acceptance)
{
    const struct after *a = r->after;
    if (!may_have_drawn_challenge(r) || challenge_taken(r))
        return false;
    if (acceptance == TCPRST_ACCEPTANCE_IN_WINDOW)
        return true;
    /* On its host nothing of Y is under way to the place of capture. */
    int64_t under_way = r->y.rtt_min > AT_HOST ? r->y.rtt_min / 2 : 0;
    return acceptance == TCPRST_ACCEPTANCE_EXACT && seq_lt(a->y.challenge_ack, r->seq) &&
           a->y.challenge - r->when >= under_way;
}

/* Y has challenged a RST like it shortly before: it follows RFC 5961, and is silent now because it
 * challenges no more often than every half second (section 10; tcp_oow_rate_limited()). */
static bool challenges(const struct reset *r)
{
    unsigned looked = 0;
    for (const struct reset *p = r->previous_of_connection;
         p && p->incarnation == r->incarnation && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++)
        if (p->d == r->d && outcome_for(r, p)->effect == TCPRST_EFFECT_CHALLENGED)
            return true;
    return false;
}

static enum tcprst_effect effect_in_syn_sent(const struct reset *r,
                                             enum tcprst_acceptance acceptance)
{
    if (acceptance != TCPRST_ACCEPTANCE_EXACT)
        return TCPRST_EFFECT_IGNORED;
    /* The SYN may be sent again by a stack that retries a refusal (Windows); only a finished
     * handshake shows it lived. */
    return r->after->syn.ack >= 0 && r->after->y.count > 0 && r->after->syn.again < 0
               ? TCPRST_EFFECT_IGNORED
               : TCPRST_EFFECT_RESET;
}

/* The handshake the RST came into was finished all the same. */
static bool opened_after(const struct reset *r)
{
    const struct connection *c = r->connection;
    return c->number == r->incarnation && !(r->before.connection_flags & CONN_ESTABLISHED) &&
           (c->flags & CONN_ESTABLISHED) && c->end[r->d].segments > r->x.segments;
}

enum tcprst_effect effect_of(const struct reset *r, enum tcprst_acceptance acceptance,
                             const struct evidence *e)
{
    if (!r->after)
        return TCPRST_EFFECT_UNKNOWN;
    if (is(e, TCPRST_FACT_BAD_CHECKSUM))
        return TCPRST_EFFECT_IGNORED;
    if (acceptance == TCPRST_ACCEPTANCE_NO_CONNECTION)
        return TCPRST_EFFECT_IGNORED;
    if (seen(&r->y, END_SYN) && !seen(&r->y, END_ACK) &&
        !(r->has_trigger && (r->trigger.bits & RECENT_STRAY)))
        return effect_in_syn_sent(r, acceptance);
    /* What it answers was not the client's, who lives on. */
    if (r->before.client == 1 && opened_after(r))
        return TCPRST_EFFECT_IGNORED;
    if (answers_stray(r))
        return acceptance == TCPRST_ACCEPTANCE_EXACT ? TCPRST_EFFECT_RESET : TCPRST_EFFECT_IGNORED;
    if (was_challenged(r, acceptance))
        return TCPRST_EFFECT_CHALLENGED;
    if (acceptance == TCPRST_ACCEPTANCE_OUT_OF_WINDOW ||
        (acceptance == TCPRST_ACCEPTANCE_IN_WINDOW && challenges(r)))
        return TCPRST_EFFECT_IGNORED;
    if (peer_answered_with_reset(r))
        return TCPRST_EFFECT_RESET;
    if (receiver_went_on(r) || had_more(r))
        return TCPRST_EFFECT_IGNORED;
    if (acceptance == TCPRST_ACCEPTANCE_UNKNOWN)
        return TCPRST_EFFECT_UNKNOWN;
    return TCPRST_EFFECT_RESET;
}

enum tcprst_acceptance acceptance_shown(enum tcprst_acceptance acceptance,
                                        enum tcprst_effect effect)
{
    return effect == TCPRST_EFFECT_CHALLENGED ? TCPRST_ACCEPTANCE_IN_WINDOW : acceptance;
}

/* A RST of X with just these numbers had been in vain, though they fit: then they prove nothing of
 * this one. Nor does silence: Y waits longer each time, and the capture, or a verdict's horizon,
 * may end before it would have sent again. */
static bool like_one_ignored(const struct reset *r)
{
    unsigned looked = 0;
    for (const struct reset *p = r->previous_of_connection;
         p && p->incarnation == r->incarnation && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++)
        if (p->d == r->d && p->seq == r->seq && !((p->flags ^ r->flags) & TCPRST_ACK) &&
            !p->duplicate_of && p->after != r->after) {
            const struct outcome *outcome = outcome_for(r, p);
            /* Another SYN of Y, or one that Y answers, is another attempt. */
            return outcome->acceptance == TCPRST_ACCEPTANCE_EXACT &&
                   outcome->effect == TCPRST_EFFECT_IGNORED && p->after && p->after->syn.again < 0;
        }
    return false;
}

/* Y did nothing lately but send again, more than once, what X had acknowledged: nothing of X
 * reaches it. */
static bool way_is_lost(const struct reset *r)
{
    const struct connection *c = r->connection;
    const struct recent *p;
    unsigned again = 0;
    for (uint64_t n = recent_before(r); n < MAX_RELATED && (p = recent_back(&c->recents, n)); n++) {
        if (!!(p->bits & RECENT_FROM_B) == r->d || (p->flags & TCPRST_RST) ||
            (p->bits & RECENT_DUPLICATE))
            continue;
        bool known = p->length && (p->bits & RECENT_REPEATED) && !(p->bits & RECENT_PROBE) &&
                     seen(&r->x, END_ACK) && seq_le(p->seq + p->length, r->x.max_ack);
        if (!known)
            return false;
        if (++again == DEAF_MIN)
            return true;
    }
    return false;
}

bool effect_doubtful(const struct reset *r)
{
    return like_one_ignored(r) || way_is_lost(r);
}

/* ---- what is lost, and who is told ---- */

/* What is lost where the connection ends here: of one end of which nothing was captured, or that
 * nothing acknowledges but a SYN, too. -1: not known. */
static int64_t at_risk(const struct endpoint *from, const struct endpoint *by)
{
    if (!seen(from, END_SEEN))
        return seen(by, END_SEEN) ? -1 : 0;
    if (!seen(by, END_ACK))
        return seen(by, END_SEEN) || !seen(from, END_SYN) ? -1 : (int64_t)from->octets;
    return connection_left(from, by);
}

/* So much of what the peer sent X may have received: what its RST acknowledges. -1: not known. */
static int64_t received(const struct reset *r, const struct evidence *e)
{
    if (hidden(e, TCPRST_FACT_PEER_SENT_DATA))
        return -1;
    int64_t octets = evidence_shown(e, TCPRST_FACT_PEER_SENT_DATA).a,
            flying = r->flags & TCPRST_ACK ? seq_diff(r->y.snd_max, r->ack) : 0;
    return flying <= 0 ? octets : flying < octets ? octets - flying : 0;
}

void risk_of(struct tcprst_verdict *v, const struct reset *r, const struct evidence *e)
{
    v->unread_possible = 0;
    if (is(e, TCPRST_FACT_ABORT_FORM)) {
        v->unread_possible = received(r, e);
        /* What waits unread takes room in the receive buffer, which never held more than the
         * largest window offered. */
        bool scaled = seen(&r->x, END_EDGE) && r->x.window_max;
        if (scaled && v->unread_possible > (int64_t)r->x.window_max)
            v->unread_possible = r->x.window_max;
    } else if (!r->has_trigger) {
        v->unread_possible = -1;
    }
    if (v->effect == TCPRST_EFFECT_IGNORED || v->effect == TCPRST_EFFECT_CHALLENGED) {
        v->risk_from_sender = v->risk_to_sender = 0;
        return;
    }
    v->risk_from_sender = at_risk(&r->x, &r->y);
    v->risk_to_sender = at_risk(&r->y, &r->x);
    if (v->risk_to_sender >= 0) /* X never had it, and will not */
        v->risk_to_sender += (int64_t)r->before.octets_under_way;
    if (v->risk_to_sender > 0 && (r->flags & TCPRST_ACK) && seen(&r->x, END_ACK) &&
        seq_lt(r->x.max_ack, r->ack)) {
        int64_t more = seq_diff(r->ack, r->x.max_ack);
        v->risk_to_sender = v->risk_to_sender > more ? v->risk_to_sender - more : 0;
    }
}

enum tcprst_peer_error peer_error_of(const struct reset *r, enum tcprst_stage stage,
                                     enum tcprst_effect effect)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (effect == TCPRST_EFFECT_IGNORED || effect == TCPRST_EFFECT_CHALLENGED)
        return TCPRST_PEER_ERROR_NONE;
    if (effect == TCPRST_EFFECT_UNKNOWN)
        return TCPRST_PEER_ERROR_UNKNOWN;
    if (stage == TCPRST_STAGE_SYN_SENT && r->before.client == 1)
        return TCPRST_PEER_ERROR_ECONNREFUSED;
    /* RFC 9293 section 3.10.7.4: a passive open "returns to LISTEN"; the user "need not be
     * informed". */
    if (stage == TCPRST_STAGE_SYN_RECEIVED && r->before.client == 0)
        return TCPRST_PEER_ERROR_NONE;
    bool x_fin_received = seen(x, END_FIN) && seen(y, END_ACK) && seq_lt(x->fin_seq, y->max_ack);
    bool x_fin_taken =
        x_fin_received || (seen(x, END_FIN) && (r->seq == x->fin_seq + 1 || r->seq == x->fin_seq));
    if (r->before.peer_closed)
        return x_fin_taken ? TCPRST_PEER_ERROR_NONE : TCPRST_PEER_ERROR_UNKNOWN;
    if (x_fin_taken)
        return TCPRST_PEER_ERROR_EPIPE; /* CLOSE-WAIT: the reader had its end of file */
    return TCPRST_PEER_ERROR_ECONNRESET;
}

/* Of the RST that had ended it before: whether it was X's. False where it is not remembered. */
static bool ended_by(const struct reset *r, const struct ended *ended, bool *by_x)
{
    unsigned looked = 0;
    for (const struct reset *p = reset_nearby(r); p && p != r && looked < MAX_RELATED;
         p = p->next_of_connection, looked++)
        if (where_pack(p->frame) == ended->where && !outcome_for(r, p)->third_party) {
            *by_x = p->d == r->d;
            return true;
        }
    return false;
}

enum tcprst_sender closed_first_of(const struct tcprst_verdict *v, const struct reset *r,
                                   const struct ended *ended)
{
    bool x_fin = seen(&r->x, END_FIN), y_fin = r->before.peer_closed, by_x = true;
    if (r->before.client < 0)
        return TCPRST_SENDER_UNKNOWN;
    if (x_fin || y_fin)
        by_x = x_fin && (!y_fin || r->x.fin_where < r->y.fin_where);
    else if (ended->any
                 ? !ended_by(r, ended, &by_x)
                 : v->effect != TCPRST_EFFECT_RESET || v->origin == TCPRST_ORIGIN_THIRD_PARTY)
        return TCPRST_SENDER_UNKNOWN;
    return by_x == (r->before.client == 0) ? TCPRST_SENDER_CLIENT : TCPRST_SENDER_SERVER;
}

/* ---- severity and origin ---- */

enum tcprst_severity severity_of(const struct tcprst_verdict *v)
{
    bool lost =
        v->effect == TCPRST_EFFECT_RESET && (v->risk_from_sender > 0 || v->risk_to_sender > 0);
    if (v->origin == TCPRST_ORIGIN_THIRD_PARTY)
        return TCPRST_SEVERITY_SUSPICIOUS;
    switch (tcprst_cause_info(v->cause)->gravity) {
    case TCPRST_GRAVITY_BENIGN:
        return TCPRST_SEVERITY_BENIGN;
    case TCPRST_GRAVITY_BENIGN_IF_NONE_LOST:
        return lost ? TCPRST_SEVERITY_NOTABLE : TCPRST_SEVERITY_BENIGN;
    case TCPRST_GRAVITY_NOTABLE:
        return TCPRST_SEVERITY_NOTABLE;
    case TCPRST_GRAVITY_SUSPICIOUS:
        break;
    }
    return TCPRST_SEVERITY_SUSPICIOUS;
}
