/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ended.c - see ended.h. */
#include "ended.h"

#include "dimensions.h"
#include "sequence.h"
#include "thresholds.h"

#include <limits.h>
#include <string.h>

/* Since p that end, which sent p or got it, acknowledged octets which the other sent after it: p
 * has not ended it. What it had acknowledged by then was sent before, captured or not. */
static bool lived_on(const struct endpoint *now, const struct endpoint *other_now,
                     const struct reset *p, bool sender)
{
    const struct endpoint *then = sender ? &p->x : &p->y, *other = sender ? &p->y : &p->x;
    if (endpoint_reopened(then, now))
        return true;
    /* Of whom nothing had been captured by then, all that was is of after it. */
    bool unseen = !(other->seen & END_SEEN) && (other_now->seen & END_SEEN) &&
                  !(other_now->seen & (END_SYN | END_SYN_ACK));
    if (!(now->seen & END_ACK) || !(unseen || (other->seen & END_SEEN)) ||
        !seq_lt(unseen ? other_now->first_seq : other->snd_max, now->max_ack))
        return false;
    bool before = ((then->seen & END_ACK) && !seq_lt(then->max_ack, now->max_ack)) ||
                  ((then->seen & END_AHEAD) && !seq_lt(then->ack_ahead, now->max_ack));
    bool with_it = sender && (p->flags & TCPRST_ACK) && !seq_lt(p->ack, now->max_ack);
    return !before && !with_it;
}

/* n's sender answers as one without this connection, what it must have got before that RST; a
 * SYN-ACK, too, that it had acknowledged before. */
static bool has_none(const struct reset *q, const struct reset *rst, const struct reset *n)
{
    return q->d == n->d && q->incarnation == n->incarnation && q->has_trigger && !q->duplicate_of &&
           !(q->flags & TCPRST_ACK) && q->trigger.where < where_pack(rst->frame) &&
           (q->x.seen & END_ACK) && !(q->x.seen & END_FIN) && !q->judged.outcome.third_party;
}

/* Before a RST of the other end, or between that and n, n's sender answered what it must have got
 * before that RST: it had no connection already, and keeps the reason it had then. */
static bool had_none_before(const struct reset *rst, const struct reset *n)
{
    const struct reset *q;
    unsigned looked = 0;
    for (q = rst->next_of_connection; q && q->serial != n->serial && looked < MAX_RELATED;
         q = q->next_of_connection, looked++)
        if (has_none(q, rst, n))
            return true;
    for (q = rst->previous_of_connection; q && looked < MAX_RELATED;
         q = q->previous_of_connection, looked++)
        if (q->x.segments == rst->y.segments && has_none(q, rst, n))
            return true;
    return false;
}

/* p, of Y, was captured so shortly before r that X cannot have got it by then: X's least way from
 * here and back is longer. Of few that were measured the least may be far from that. */
static bool too_soon(const struct reset *p, const struct reset *r)
{
    return p->d != r->d && r->x.rtt_samples >= RTT_SAMPLES &&
           r->when - p->when < r->x.rtt_min - r->x.rtt_min / SOON_PART;
}

where_t ended_hit(const struct reset *r)
{
    unsigned looked = 0;
    if (r->row >= MAX_RELATED)
        return 0; /* those before it are all of X */
    for (const struct reset *p = r->previous_of_connection;
         p && p->incarnation == r->incarnation && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++) {
        if (p->d == r->d || p->duplicate_of ||
            (r->has_trigger && r->trigger.where < where_pack(p->frame)))
            continue;
        bool fits = (p->y.seen & END_ACK) && (p->x.seen & END_SEEN) &&
                    seq_between(p->y.max_ack, p->seq, p->x.snd_max);
        if (fits && !lived_on(&r->x, &r->y, p, false) && !too_soon(p, r) && !had_none_before(p, r))
            return where_pack(p->frame);
    }
    return 0;
}

/* What p, before r, ended, whoever made p. */
static struct ended ends_of(const struct reset *r, const struct reset *p,
                            const struct outcome *outcome)
{
    bool by_x = p->d == r->d;
    bool receiver_ended = outcome->effect == TCPRST_EFFECT_RESET &&
                          !lived_on(by_x ? &r->y : &r->x, by_x ? &r->x : &r->y, p, false) &&
                          !too_soon(p, r);
    bool sender_ended =
        outcome->sender_ended && !lived_on(by_x ? &r->x : &r->y, by_x ? &r->y : &r->x, p, true);
    return (struct ended){.any = sender_ended || receiver_ended,
                          .x_surely = by_x ? sender_ended && outcome->surely
                                           : receiver_ended &&
                                                 outcome->acceptance == TCPRST_ACCEPTANCE_EXACT,
                          .x_gone = by_x ? sender_ended : receiver_ended,
                          .y_gone = by_x ? receiver_ended : sender_ended,
                          .where = where_pack(p->frame),
                          .event = outcome->event};
}

static void note_ends(struct ended *ended, const struct ended *by)
{
    ended->x_surely |= by->x_surely;
    ended->x_gone |= by->x_gone;
    ended->y_gone |= by->y_gone;
    if (!ended->any) {
        ended->any = true;
        ended->where = by->where;
        ended->event = by->event;
    }
}

void ended_begin(struct ended *ended, const struct reset *r)
{
    memset(ended, 0, sizeof *ended);
    ended->any = r->before.already.ended;
    ended->where = r->before.already.ended_where;
    ended->event = r->before.already.event;
    /* What drew r may have reached X before a RST of Y that was captured later: then only X's own
     * counts. */
    bool before = r->has_trigger && r->trigger.where < r->before.already.gone_where[r->d];
    ended->x_gone = r->before.already.gone >> (r->d + (before ? 2 : 0)) & 1;
    ended->x_surely = ended->x_gone && (r->before.already.surely >> r->d & 1);
    ended->y_gone = r->before.already.gone >> !r->d & 1;
}

static unsigned known_to(const struct ended *ended)
{
    return (ended->any ? ENDED_ANY : 0u) | (ended->x_surely ? ENDED_X_SURELY : 0u) |
           (ended->x_gone ? ENDED_X_GONE : 0u) | (ended->y_gone ? ENDED_Y_GONE : 0u) |
           (ended->forged ? ENDED_FORGED : 0u);
}

static void add_to_each(struct ended_ifs *ifs, const struct reset *r, const struct reset *p,
                        const struct outcome *outcome)
{
    bool pairs = outcome->third_party && reset_pairs(p, r);
    const struct ended by = ends_of(r, p, outcome);
    bool says = by.any && !(p->d != r->d && had_none_before(p, r));
    for (const struct ended_if *i = ifs->each; i < ifs->each + ifs->count; i++) {
        if (i->anew)
            continue;
        i->ended->forged |= outcome->third_party;
        /* What drew r reached X before a RST of Y that was captured later. */
        bool later = p->d != r->d && i->drawn && by.where > i->by;
        if (says && !later && !(pairs && !i->drawn))
            note_ends(i->ended, &by);
    }
}

void ended_add(struct ended_ifs *ifs, const struct reset *r, const struct reset *p,
               const struct outcome *outcome)
{
    add_to_each(ifs, r, p, outcome);
    ifs->known = UINT_MAX;
    for (const struct ended_if *i = ifs->each; i < ifs->each + ifs->count; i++)
        if (!i->anew)
            ifs->known &= known_to(i->ended);
}

/* Of the ends that r had ended, those that show no life of it before n. */
static uint8_t still_gone(const struct reset *r, const struct reset *n, uint8_t gone)
{
    bool same = n->d == r->d;
    if (lived_on(same ? &n->x : &n->y, same ? &n->y : &n->x, r, true))
        gone &= (uint8_t) ~(5u << r->d);
    if (lived_on(same ? &n->y : &n->x, same ? &n->x : &n->y, r, false) || too_soon(r, n))
        gone &= (uint8_t) ~(5u << !r->d);
    return gone;
}

/* Those that wait behind r learn whom r ended their connection for; but the other of a pair was
 * made together with it. Where one knows, so do those behind it. */
static void tell_later(const struct reset *r, const struct outcome *outcome, uint8_t gone,
                       uint8_t surely)
{
    unsigned passed = 0; /* that learn nothing: so many, and those behind them need not be asked */
    unsigned pairs = 0;  /* more than so many were not made together with one */
    for (struct reset *n = r->next_of_connection;
         n && n->incarnation == r->incarnation && (n->before.already.gone & gone) != gone;
         n = n->next_of_connection) {
        uint8_t told = still_gone(r, n, gone);
        if (!told)
            break; /* nor is it for those behind it */
        if (!(told & ~n->before.already.gone) || (n->d != r->d && had_none_before(r, n))) {
            if (++passed == MAX_RELATED)
                break;
            continue;
        }
        if (outcome->third_party && pairs < MAX_RELATED && reset_pairs(r, n)) {
            pairs++;
            continue;
        }
        for (unsigned i = 0; i < 2; i++)
            if ((told & ~n->before.already.gone) >> i & 1)
                n->before.already.gone_where[i] = where_pack(r->frame);
        n->before.already.gone |= told;
        n->before.already.surely |= surely & told;
        if (n->before.already.ended)
            continue;
        n->before.already.ended = true;
        n->before.already.ended_where = where_pack(r->frame);
        n->before.already.event = outcome->event;
    }
}

/* How it ended the connection, where it took effect. Both FINs end it, whatever comes behind them;
 * but not where octets before them were still to be acknowledged: those the RST threw away. */
static enum tcprst_ending ending_by(const struct reset *r, const struct tcprst_verdict *v)
{
    bool lost = v->risk_from_sender > 0 || v->risk_to_sender > 0;
    if ((r->x.seen & END_FIN) && (r->y.seen & END_FIN) && !lost)
        return TCPRST_ENDING_FIN;
    bool refused = v->stage == TCPRST_STAGE_SYN_SENT || v->stage == TCPRST_STAGE_UNSEEN;
    return refused ? TCPRST_ENDING_REFUSED : TCPRST_ENDING_RESET;
}

void ended_for_good(struct connection *c, const struct reset *r, const struct outcome *outcome,
                    const struct tcprst_verdict *v)
{
    bool reset = outcome->effect == TCPRST_EFFECT_RESET, forged = outcome->third_party;
    struct effects did = {.forged = forged};
    if (r->duplicate_of)
        return;
    if (!answers_stray(r) && (reset || outcome->sender_ended)) {
        bool exact = outcome->acceptance == TCPRST_ACCEPTANCE_EXACT;
        did.gone = (uint8_t)(outcome->sender_ended << r->d | reset << !r->d |
                             outcome->sender_ended << (2 + r->d));
        did.surely = (uint8_t)((outcome->sender_ended && outcome->surely) << r->d | (reset && exact)
                                                                                        << !r->d);
        did.how = (uint8_t)(reset ? ending_by(r, v) : TCPRST_ENDING_OPEN);
        did.after_fin = (r->x.seen | r->y.seen) & END_FIN;
        tell_later(r, outcome, did.gone, did.surely);
    }
    if (c->number != r->incarnation)
        return;
    if (endpoint_reopened(&r->x, &c->end[r->d]) || endpoint_reopened(&r->y, &c->end[!r->d]))
        did.gone = 0; /* what it ended is over, and another one is there */
    struct effective of = {.where = where_pack(r->frame),
                           .event = outcome->event,
                           .time = r->when,
                           .d = r->d,
                           .ttl = r->ttl};
    of.reach[r->d] = r->x.snd_max;
    of.reach[!r->d] = r->y.snd_max;
    connection_note_effects(c, &of, &did);
}
