/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge.c - see judge.h. */
#include "judge.h"

#include "dimensions.h"
#include "evidence_tell.h"
#include "thresholds.h"
#include "uncleared.h"

#include <string.h>

static const struct outcome *judge_outcome(const struct judge *judge, struct reset *r);

/* Whether what was made of RSTs of c will do, where that does: the oldest of it at made_at, and so
 * long. To who only looks, RSTs alone say little of those before them. */
static inline bool will_do(const struct judge *judge, const struct connection *c, uint64_t made_at,
                           uint64_t until)
{
    bool rsts_alone = judge->peeking && made_at > c->last_other;
    return judge->roughly && (rsts_alone || c->recents.pushed < until);
}

/* The outcome of a pending RST as far as is known; kept until its connection has gone on. */
static inline const struct outcome *keep_outcome(const struct judge *judge, struct reset *r)
{
    if (r->judged.done)
        return &r->judged.outcome;
    uint64_t now = r->connection->recents.pushed;
    uint64_t made_at = judge->peeking ? r->judged.peeked_at : r->judged.outcome_at,
             until = judge->peeking ? r->judged.peeked_until : r->judged.outcome_until;
    if (made_at == now + 1 || will_do(judge, r->connection, made_at, until))
        return judge->peeking ? &r->judged.peeked : &r->judged.outcome;
    return judge_outcome(judge, r);
}

/* An earlier RST of the same burst, from as far away, that somebody in between had made. */
static where_t forged_before(const struct reset *r)
{
    const struct connection *c = r->connection;
    if (c->number == r->incarnation && c->forged_where && c->forged_by == r->d &&
        c->forged_ttl == r->ttl && r->when >= c->forged_time &&
        r->when - c->forged_time <= NS_PER_S && c->forged_where < where_pack(r->frame))
        return c->forged_where;
    unsigned looked = 0;
    if (!c->suspected)
        return 0;
    for (const struct reset *p = reset_nearby(r);
         p && p->serial != r->serial && looked < MAX_RELATED; p = p->next_of_connection, looked++)
        if (outcome_for(r, p)->third_party && p->incarnation == r->incarnation &&
            (p->d == r->d || reset_pairs(p, r)) && p->ttl == r->ttl &&
            r->when - p->when <= NS_PER_S && !p->duplicate_of &&
            tcprst_cause_info(outcome_for(r, p)->cause)->maker == TCPRST_MAKER_BETWEEN)
            return where_pack(p->frame);
    return 0;
}

/* Who sees the connection tells both ends, as a rule; who guesses, none. */
static bool is_of_device(const struct outcome *outcome)
{
    return outcome->cause != TCPRST_CAUSE_BLIND_ATTACK &&
           tcprst_cause_info(outcome->cause)->maker == TCPRST_MAKER_BETWEEN;
}

/* One in X's name that somebody in between had made, as it seems: of those that are remembered. */
static where_t forged_earlier(const struct reset *r)
{
    unsigned looked = 0;
    for (const struct reset *p = reset_nearby(r);
         p && p->serial != r->serial && looked < MAX_RELATED; p = p->next_of_connection, looked++)
        if (p->d == r->d && !p->duplicate_of && p->incarnation == r->incarnation &&
            p->when < r->when && is_of_device(outcome_for(r, p)))
            return where_pack(p->frame);
    return 0;
}

/* With a live socket's count, or drawn by a segment that came after the forged one: from as far
 * away as the forger, it is the host's own all the same. */
static bool is_own_word(const struct reset *r, const struct evidence *e, where_t forged)
{
    if (!is(e, TCPRST_FACT_TTL_SAME))
        return false;
    bool live = is(e, TCPRST_FACT_LIVE_SOCKET) && !isnt(e, TCPRST_FACT_IP_ID_NEXT) &&
                (is(e, TCPRST_FACT_IP_ID_NEXT) || is(e, TCPRST_FACT_TIMESTAMP_NEXT));
    bool answer = r->has_trigger && r->trigger.where > forged && is(e, TCPRST_FACT_BARE_FORM) &&
                  !is(e, TCPRST_FACT_TRIGGER_TOO_FAST);
    return live || answer;
}

/* The facts of r as they are if that trigger drew it, of what had ended as found for it. */
static void gather(struct evidence *e, const struct reset *r, const struct around *around,
                   const struct ended *ended)
{
    evidence_gather(e, r, around);
    /* Where somebody forges, what was captured need not be all. */
    where_t earlier = r->connection->suspected ? forged_earlier(r) : 0;
    if ((ended->forged || r->connection->forged_where || earlier) && e->view.behind > 1)
        e->view.behind = 1;
    tell_at(e, F(EARLIER_RESET), ended->any, ended->where);
    tell_at(e, F(SENDER_GONE), ended->x_gone, ended->where);
    tell(e, F(SENDER_GONE_SURELY), ended->x_gone && ended->x_surely);
    evidence_earlier_reset(e, r, &around->company, ended->where);
    where_t hit = ended_hit(r);
    tell_at(e, F(EARLIER_HIT), hit != 0, hit);
    tell_at(e, F(FORGED_EARLIER), earlier != 0, earlier);
    where_t forged = forged_before(r);
    if (forged && is_own_word(r, e, forged))
        forged = 0;
    tell_at(e, F(FORGED_BEFORE), forged != 0, forged);
}

_Static_assert((int)TRIGGERS <= (int)MAX_TRIGGERS, "each trigger is weighed");

static unsigned triggers_of(const struct reset *r)
{
    return 1u + r->has_trigger + r->drawn.other_count;
}

/* Makes of, a copy of r, what r is if drawn by nothing (0), by the trigger found first, or by one
 * of another kind. */
static void draw(struct reset *of, const struct reset *r, unsigned by)
{
    of->has_trigger = by > 0;
    if (by > r->has_trigger) {
        const struct other_trigger *other = &r->drawn.others[by - r->has_trigger - 1];
        of->trigger = other->segment;
        of->drawn.end = other->segment.seq + other->segment.length;
        of->drawn.inherited = false;
        of->before.idle = other->idle;
        of->before.answered_pause = -1;
        of->drawn.once = other->once;
    } else {
        of->trigger = r->trigger;
        of->drawn.end = r->drawn.end;
        of->drawn.inherited = r->drawn.inherited;
        of->before.idle = r->before.idle;
        of->before.answered_pause = r->before.answered_pause;
        of->drawn.once = r->drawn.once;
    }
}

/* Whether the memo speaks of the oldest pending before r, as they are now. Then its last is
 * pending, too. */
static bool memo_speaks(const struct judge *judge, const struct reset *r)
{
    const struct ended_memo *memo = judge->memo;
    const struct connection *c = r->connection;
    uint64_t first = c->first_pending->serial;
    return SHORTCUTS && memo->end && memo->connection == c && memo->first <= first &&
           first <= memo->last && memo->incarnation == r->incarnation &&
           memo->peeking == judge->peeking && will_do(judge, c, memo->made_at, memo->until);
}

static void memo_begin(struct ended_memo *memo, const struct judge *judge, const struct reset *r)
{
    *memo = (struct ended_memo){.connection = r->connection,
                                .first = r->connection->first_pending->serial,
                                .incarnation = r->incarnation,
                                .peeking = judge->peeking,
                                .made_at = UINT64_MAX,
                                .until = UINT64_MAX};
}

static void memo_add(struct ended_memo *memo, const struct reset *p, const struct outcome *outcome)
{
    uint64_t made_at = memo->peeking ? p->judged.peeked_at : p->judged.outcome_at,
             until = memo->peeking ? p->judged.peeked_until : p->judged.outcome_until;
    memo->made_at = made_at < memo->made_at ? made_at : memo->made_at;
    memo->until = until < memo->until ? until : memo->until;
    for (unsigned d = 0; d < 2; d++)
        memo->says[d] |= ended_may_say(p->d == d, outcome);
}

/* r is judged anew, or was. */
static void memo_forget(const struct judge *judge, const struct reset *r)
{
    struct ended_memo *memo = judge->memo;
    if (judge->peeking == memo->peeking && r->serial >= memo->first && r->serial <= memo->last)
        memo->end = NULL;
}

/* What those before r have ended whose verdicts are pending: of a storm the first says what all
 * say. */
static void ended_pending(const struct judge *judge, struct ended_ifs *ifs, const struct reset *r,
                          const struct reset *of)
{
    struct reset *p = r->connection->first_pending;
    if (!p || p->serial == r->serial)
        return;
    bool spoken = memo_speaks(judge, r), strays = false;
    bool many = judge->roughly && r->place - p->place >= MAX_RELATED / 2;
    struct ended_memo memo;
    memo_begin(&memo, judge, r);
    uint32_t looked = 0;
    while (p->serial != r->serial && looked < MAX_RELATED) {
        if (spoken && !(judge->memo->says[r->d] & ~ifs->known)) {
            memo = *judge->memo;
            if (r->serial <= memo.last)
                return;
            looked += memo.end->place - p->place + 1;
            p = memo.end->next_of_connection;
            spoken = false;
            continue;
        }
        bool stray = answers_stray(p);
        strays |= stray;
        if (p->incarnation == r->incarnation && !p->duplicate_of && !stray) {
            const struct outcome *outcome = keep_outcome(judge, p);
            if (many)
                memo_add(&memo, p, outcome);
            if (!SHORTCUTS || (ended_may_say(p->d == r->d, outcome) & ~ifs->known))
                ended_add(ifs, of, p, outcome);
        }
        memo.end = p;
        memo.last = p->serial;
        p = p->next_of_connection;
        looked++;
    }
    if (many)
        *judge->memo = memo;
    if (strays)
        judge->memo->end = NULL;
}

/* With each of n triggers what the RSTs before r have ended: those whose verdicts are final, then
 * those pending. */
static void ended_before(const struct judge *judge, struct judgement *j, const struct reset *r,
                         unsigned n)
{
    struct ended_if each[TRIGGERS];
    for (unsigned i = n; i-- > 0;) { /* at last as drawn by nothing */
        draw(&j->of, r, i);
        /* A SYN is a new attempt, whatever became of the one before. */
        bool anew = i && (j->of.trigger.flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
        each[i] = (struct ended_if){i > 0, anew, j->of.trigger.where, &j->ended_by[i]};
        if (anew)
            memset(each[i].ended, 0, sizeof *each[i].ended);
        else
            ended_begin(each[i].ended, &j->of);
    }
    struct ended_ifs ifs = {each, n, 0};
    ended_pending(judge, &ifs, r, &j->of);
}

/* Which trigger the verdict has: that of its hypothesis. */
static unsigned chosen_trigger(const struct decision *d)
{
    if (!d->ranked)
        return d->triggers > 1 ? 1 : 0;
    return d->best[d->winner].trigger;
}

static const struct mechanism *mechanism_of(const struct decision *d)
{
    return d->ranked ? &mechanisms[d->best[d->winner].hypothesis->mechanism] : NULL;
}

/* Weighs r by itself. What it returns is there until the next one is weighed. */
static const struct decision *judge_alone(const struct judge *judge, struct judgement *j,
                                          const struct reset *r)
{
    unsigned n = triggers_of(r);
    struct around around;
    around_find(&around, r, judge->hosts, judge->filter);
    trace_ask(&j->trace, judge->trace, judge->order, r);
    j->of = *r;
    j->of.judged.peeking = judge->peeking;
    ended_before(judge, j, r, n);
    for (unsigned i = 0; i < n; i++) {
        draw(&j->of, r, i);
        gather(&j->evidence[i], &j->of, &around, &j->ended_by[i]);
        places_ask(&j->places[i], judge->places, &j->of);
        places_prove(&j->evidence[i], &j->places[i], &j->of);
        trace_prove(&j->evidence[i], &j->trace);
    }
    const struct decision *d = weigh(judge->precedents, j->evidence, n);
    j->alone = (struct outcome){.own_cause = d->cause,
                                .own_strength = d->strength,
                                .own_margin = d->margin,
                                .between = d->between,
                                .no_end = d->no_end};
    if (d->between)
        j->alone.impossible = weigh_impossible(d);
    return d;
}

/* Of one maker and one act, by all that shows: the same form from the same way, one right after the
 * other, past the same place. */
static bool in_burst(const struct reset *a, const struct reset *b)
{
    int64_t apart = a->when > b->when ? a->when - b->when : b->when - a->when;
    return a->d == b->d && a->ttl == b->ttl && a->form == b->form && !b->duplicate_of &&
           a->incarnation == b->incarnation && (a->copies.seen_at & b->copies.seen_at) &&
           apart <= BURST_SPAN;
}

/* One act of somebody who is proven to stand between: both ends told at once. */
static bool in_pair(const struct reset *a, const struct reset *b)
{
    int64_t apart = a->when > b->when ? a->when - b->when : b->when - a->when;
    return a->d != b->d && a->incarnation == b->incarnation && !b->duplicate_of && apart <= AT_ONCE;
}

/* Whether what b says of itself speaks rather for the act that both are of. */
static bool better_founded(const struct outcome *b, const struct judgement *j)
{
    bool mine_impossible = b->impossible >> j->decision->cause & 1;
    bool its_impossible = j->alone.impossible >> b->own_cause & 1;
    if (mine_impossible != its_impossible)
        return mine_impossible;
    return b->own_margin > j->decision->margin;
}

/* By itself the RST says nothing; of its burst one does that no end can have made. */
static bool is_of_its_maker(const struct outcome *b, const struct judgement *j)
{
    enum tcprst_cause said = j->decision->cause;
    return b->no_end && j->decision->hardly_end && weigh_reaches(j->decision, b->own_cause) &&
           (said == TCPRST_CAUSE_UNCLASSIFIED || said == TCPRST_CAUSE_INSUFFICIENT_CAPTURE);
}

/* What follows from the decision. */
static void conclude(struct judgement *j, const struct reset *r, const struct decision *d)
{
    j->chosen = chosen_trigger(d);
    const struct reset *of = &j->of;
    draw(&j->of, r, j->chosen);
    const struct mechanism *m = mechanism_of(d);
    j->outcome = j->alone;
    j->ended = j->ended_by[j->chosen];
    j->outcome.third_party =
        m && m->maker == MAKER_BETWEEN && m->kind == KIND_OTHER && d->suspected;
    j->outcome.cause = d->cause;
    j->outcome.acceptance = acceptance_of(of, &j->ended);
    j->outcome.effect = effect_of(of, j->outcome.acceptance, &j->evidence[j->chosen]);
    places_effect(&j->outcome.effect, &j->places[j->chosen]);
    j->outcome.acceptance = acceptance_shown(j->outcome.acceptance, j->outcome.effect);
    if (j->trace.taken)
        j->outcome.effect = TCPRST_EFFECT_RESET;
    /* A socket that sends a RST is gone with it, whatever made it do so; who goes on did not. */
    j->outcome.sender_ended =
        m && !is(&j->evidence[j->chosen], TCPRST_FACT_SENDER_WENT_ON) &&
        (m->kind == KIND_ABORT || (m->kind == KIND_OTHER && m->maker == MAKER_STACK &&
                                   is(&j->evidence[j->chosen], TCPRST_FACT_LIVE_SOCKET)));
    j->outcome.surely =
        d->origin == TCPRST_ORIGIN_ENDPOINT && d->group_strength == TCPRST_STRENGTH_CERTAIN;
    r->connection->suspected |= j->outcome.third_party || is_of_device(&j->outcome);
    j->outcome.event = r->before.event;
    if (tcprst_cause_info(d->cause)->group == TCPRST_GROUP_AFTERMATH && j->ended.event)
        j->outcome.event = j->ended.event;
}

/* What is made of r now will do, where that does, until recents.pushed of its connection is that:
 * less than half of what had come since the RST came since; of what is only looked at, two more or
 * thrice as much. So each of n RSTs is judged a few times for its neighbours, and not n times. */
static uint64_t will_do_until(const struct judge *judge, const struct reset *r)
{
    uint64_t now = r->connection->recents.pushed, had_come = now - r->judged.pushed;
    return now + 1 + (judge->peeking ? 2 + 3 * had_come : had_come / 2);
}

/* r was looked at: those that come soon need not judge it again. */
static void keep_peeked(const struct judge *judge, struct reset *r, const struct judgement *j)
{
    r->judged.peeked = j->outcome;
    r->judged.peeked_at = r->connection->recents.pushed + 1;
    r->judged.peeked_until = will_do_until(judge, r);
    memo_forget(judge, r);
}

void judge_reset(const struct judge *judge, struct judgement *j, struct reset *r)
{
    j->decision = judge_alone(judge, j, r);
    conclude(j, r, j->decision);
    if (judge->peeking)
        keep_peeked(judge, r, j);
    struct reset *p = r->previous_of_connection ? r->previous_of_connection : r->next_of_connection;
    if (!p)
        return;
    /* To ask those around it is to weigh some. */
    j->own_decision = *j->decision;
    j->decision = &j->own_decision;
    const struct outcome *best = NULL, *telling = NULL;
    for (unsigned back = 1; back < MAX_BURST / 2 && p && p->previous_of_connection; back++)
        p = p->previous_of_connection;
    for (unsigned looked = 0; p && looked < MAX_BURST; p = p->next_of_connection, looked++) {
        bool pair = j->decision->between && in_pair(r, p);
        if (p->serial == r->serial || !(pair || in_burst(r, p)))
            continue;
        const struct outcome *outcome = keep_outcome(judge, p);
        if (pair && !outcome->between)
            continue;
        if (!best || outcome->own_margin > best->own_margin)
            best = outcome;
        if (!telling && is_of_its_maker(outcome, j))
            telling = outcome;
    }
    if (!best)
        return;
    if (!better_founded(best, j))
        best = telling;
    if (best) {
        weigh_adopt(&j->own_decision, best->own_cause, best->own_strength);
        conclude(j, r, j->decision);
    }
}

static struct outcome outcome_of(const struct judge *judge, struct reset *r)
{
    UNCLEARED struct judgement j;
    conclude(&j, r, judge_alone(judge, &j, r));
    return j.outcome;
}

static const struct outcome *judge_outcome(const struct judge *judge, struct reset *r)
{
    struct outcome *outcome = judge->peeking ? &r->judged.peeked : &r->judged.outcome;
    uint64_t *made_at = judge->peeking ? &r->judged.peeked_at : &r->judged.outcome_at,
             *until = judge->peeking ? &r->judged.peeked_until : &r->judged.outcome_until;
    *outcome = outcome_of(judge, r);
    *made_at = r->connection->recents.pushed + 1;
    *until = will_do_until(judge, r);
    memo_forget(judge, r);
    return outcome;
}
