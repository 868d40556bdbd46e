/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcprst.c - the handle: segments in, connections followed, RSTs judged when their horizon has
 * passed.
 *
 * Every RST waits in one queue, oldest first, so verdicts come out in the order of their RSTs. A
 * verdict is made afresh from the record each time it is asked for: what is peeked at the end of
 * the input equals what tcprst_finish() hands out.
 */
#include "tcprst.h"

#include "clock.h"
#include "connection.h"
#include "dimensions.h"
#include "embryo.h"
#include "evidence_tell.h"
#include "host.h"
#include "limits.h"
#include "places_verdict.h"
#include "reset.h"
#include "sequence.h"
#include "trace_verdict.h"
#include "weigh.h"

#include <stdlib.h>
#include <string.h>

enum { TRAIL = 8, MAX_SAID = 8 };

/* So many segments ahead of a SYN what is known of its sender is fetched, in two steps. */
enum { TO_HOST = 40, TO_HOST_MORE = 20 };

struct tcprst {
    struct tcprst_options options;
    struct tcprst_statistics statistics;
    struct table *table;
    struct hosts *hosts;
    struct precedents *precedents;
    struct trail {
        int64_t time;
        uint64_t source;
        uint16_t ip_id;
        uint8_t ttl;
    } trail[TRAIL]; /* the last RSTs with an IP identification, for one that runs across hosts */
    unsigned next_trail;
    struct reset *first, *last; /* pending, oldest first */
    size_t pending;
    size_t held;          /* octets of RSTs, pending or done, and of what hangs on them */
    struct reset **index; /* pending by serial number, a ring of MAX_PENDING */
    int64_t began;        /* time of the first segment */
    struct clock clock;
    uint64_t serial;
    bool newest_is_reset;  /* the segment fed last */
    bool peeking, roughly; /* while judging: only to look; with what is known about of other RSTs */
    const struct decision *decision; /* of the verdict being handed out */
    const struct evidence *evidence; /* with each trigger */
};

struct tcprst *tcprst_new(const struct tcprst_options *options)
{
    struct tcprst *core = calloc(1, sizeof *core);
    if (!core)
        return NULL;
    core->options = *options;
    clock_start(&core->clock);
    core->table = table_new(options->max_connections, options->hash_seed);
    core->hosts = hosts_new();
    core->precedents = precedents_new();
    core->index = calloc(MAX_PENDING, sizeof *core->index);
    if (!core->table || !core->hosts || !core->precedents || !core->index) {
        tcprst_free(core);
        return NULL;
    }
    return core;
}

static void *hold(struct tcprst *core, size_t size)
{
    void *block = malloc(size);
    core->held += block ? size : 0;
    return block;
}

static void let_go(struct tcprst *core, void *block, size_t size)
{
    core->held -= block ? size : 0;
    free(block);
}

static void release(struct tcprst *core, struct reset *r)
{
    if (r->after && --r->after->users == 0)
        let_go(core, r->after, sizeof *r->after);
    let_go(core, r->original, sizeof *r->original);
    let_go(core, r, sizeof *r);
}

/* The last pending RST of a burst is final: what was kept for it may go. */
static void release_done(struct tcprst *core, struct connection *c)
{
    for (struct reset *r = c->first_reset, *next; r; r = next) {
        next = r->next_of_connection;
        release(core, r);
    }
    c->first_reset = c->last_reset = NULL;
}

/* r is final: of a burst without end, what no verdict to come looks back at may go. */
static void release_oldest(struct tcprst *core, struct connection *c, const struct reset *r)
{
    for (unsigned looked = 1; looked < MAX_RELATED && r; looked++)
        r = r->previous_of_connection;
    while (r && c->first_reset != r) {
        struct reset *oldest = c->first_reset;
        c->first_reset = oldest->next_of_connection;
        c->first_reset->previous_of_connection = NULL;
        release(core, oldest);
    }
}

/* Takes the oldest pending RST from the queue without a verdict. */
static void drop_first(struct tcprst *core)
{
    struct reset *r = core->first;
    struct connection *c = r->connection;
    core->first = r->next;
    c->first_pending = r->next_of_connection;
    if (!c->first_pending)
        release_done(core, c);
}

void tcprst_free(struct tcprst *core)
{
    if (!core)
        return;
    while (core->first)
        drop_first(core);
    table_free(core->table);
    hosts_free(core->hosts);
    precedents_free(core->precedents);
    free(core->index);
    free(core);
}

/* ---- judging ---- */

static const struct outcome *keep_outcome(const struct tcprst *core, struct reset *r);

/* Since p, that end acknowledged octets which the other sent after it: p has not ended it. */
static bool lived_on(const struct endpoint *now, const struct endpoint *other_then)
{
    return (now->seen & END_ACK) && (other_then->seen & END_SEEN) &&
           seq_lt(other_then->snd_max, now->max_ack);
}

/* Between a RST of the other end and n, n's sender answered what it must have got before that RST:
 * it had no connection already, and keeps the reason it had then. */
static bool had_none_before(const struct reset *rst, const struct reset *n)
{
    unsigned looked = 0;
    for (const struct reset *q = rst->next_of_connection;
         q && q->serial != n->serial && looked < MAX_RELATED; q = q->next_of_connection, looked++)
        if (q->d == n->d && q->incarnation == n->incarnation && q->has_trigger &&
            !q->duplicate_of && !(q->flags & TCPRST_ACK) && !(q->trigger.flags & TCPRST_SYN) &&
            q->trigger.where < where_pack(rst->frame) && (q->x.seen & END_ACK) &&
            !(q->x.seen & END_FIN))
            return true;
    return false;
}

static void note_ended(struct ended *ended, const struct reset *r, const struct reset *p,
                       const struct outcome *outcome)
{
    where_t where = where_pack(p->frame);
    bool by_x = p->d == r->d;
    bool receiver_ended =
        outcome->effect == TCPRST_EFFECT_RESET && !lived_on(by_x ? &r->y : &r->x, &p->x);
    bool sender_ended = outcome->sender_ended && !lived_on(by_x ? &r->x : &r->y, &p->y);
    if (!sender_ended && !receiver_ended)
        return;
    ended->x_surely |= by_x ? sender_ended && outcome->surely
                            : receiver_ended && outcome->acceptance == TCPRST_ACCEPTANCE_EXACT;
    ended->x_gone |= by_x ? sender_ended : receiver_ended;
    ended->y_gone |= by_x ? receiver_ended : sender_ended;
    if (!ended->any) {
        ended->any = true;
        ended->where = where;
        ended->event = outcome->event;
    }
}

/* What the RSTs before r have ended: those whose verdicts are final, then those pending. */
static void ended_before(const struct tcprst *core, const struct reset *r, struct ended *ended)
{
    memset(ended, 0, sizeof *ended);
    /* A SYN is a new attempt, whatever became of the one before. */
    if (r->has_trigger && (r->trigger.flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN)
        return;
    const struct connection *c = r->connection;
    ended->any = r->already_ended;
    ended->where = r->already_ended_where;
    ended->event = r->already_event;
    /* What drew r may have reached X before a RST of Y that was captured later: then only X's own
     * counts. */
    bool before = r->has_trigger && r->trigger.where < r->already_gone_where[r->d];
    ended->x_gone = r->already_gone >> (r->d + (before ? 2 : 0)) & 1;
    ended->x_surely = ended->x_gone && (r->already_surely >> r->d & 1);
    ended->y_gone = r->already_gone >> !r->d & 1;
    unsigned looked = 0;
    for (struct reset *p = c->first_pending; p && p->serial != r->serial && looked < MAX_RELATED;
         p = p->next_of_connection, looked++) {
        if (p->incarnation != r->incarnation || p->duplicate_of || answers_stray(p))
            continue;
        const struct outcome *outcome = keep_outcome(core, p);
        ended->forged |= outcome->third_party;
        if (outcome->third_party && reset_pairs(p, r))
            continue;
        /* What drew r reached X before a RST of Y that was captured later. */
        if (p->d != r->d && r->has_trigger && where_pack(p->frame) > r->trigger.where)
            continue;
        if (p->d != r->d && had_none_before(p, r))
            continue;
        note_ended(ended, r, p, outcome);
    }
}

enum { TRIGGERS = 2 + OTHER_TRIGGERS };
_Static_assert((int)TRIGGERS <= (int)MAX_TRIGGERS, "each trigger is weighed");

struct judgement {
    struct ended ended;
    struct evidence evidence[TRIGGERS]; /* with each trigger; [0]: with none */
    struct place_facts places[TRIGGERS];
    struct trace_facts trace;
    struct reset of; /* the RST, as drawn by one of them: at last the verdict's */
    unsigned chosen; /* which that is */
    struct decision decision;
    struct outcome alone; /* what it says by itself */
    struct outcome outcome;
};

static bool somebody_else(enum tcprst_cause cause)
{
    return cause == TCPRST_CAUSE_INJECTED || cause == TCPRST_CAUSE_POLICY_RESET ||
           cause == TCPRST_CAUSE_BLIND_ATTACK || cause == TCPRST_CAUSE_DEVICE_IDLE_TIMEOUT;
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
    for (const struct reset *p = reset_nearby(r, MAX_RELATED / 2);
         p && p->serial != r->serial && looked < MAX_RELATED; p = p->next_of_connection, looked++)
        if (p->incarnation == r->incarnation && (p->d == r->d || reset_pairs(p, r)) &&
            p->ttl == r->ttl && r->when - p->when <= NS_PER_S && !p->duplicate_of &&
            somebody_else(outcome_for(r, p)->cause) && outcome_for(r, p)->third_party)
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

/* The facts of r as they are if that trigger drew it. */
static void gather(const struct tcprst *core, struct evidence *e, const struct reset *r,
                   const struct around *around)
{
    struct ended ended;
    ended_before(core, r, &ended);
    evidence_gather(e, r, around);
    /* Where somebody forges, what was captured need not be all. */
    if ((ended.forged || r->connection->forged_where) && e->view.behind > 1)
        e->view.behind = 1;
    tell_at(e, F(EARLIER_RESET), ended.any, ended.where);
    tell_at(e, F(SENDER_GONE), ended.x_gone, ended.where);
    tell(e, F(SENDER_GONE_SURELY), ended.x_gone && ended.x_surely);
    evidence_earlier_reset(e, r, ended.where);
    where_t forged = forged_before(r);
    if (forged && is_own_word(r, e, forged))
        forged = 0;
    tell_at(e, F(FORGED_BEFORE), forged != 0, forged);
}

static unsigned triggers_of(const struct reset *r)
{
    return 1u + r->has_trigger + r->other_count;
}

/* Makes of, a copy of r, what r is if drawn by nothing (0), by the trigger found first, or by one
 * of another kind. */
static void draw(struct reset *of, const struct reset *r, unsigned by)
{
    of->has_trigger = by > 0;
    if (by > r->has_trigger) {
        unsigned i = by - r->has_trigger - 1;
        of->trigger = r->others[i];
        of->drawn_end = r->others[i].seq + r->others[i].length;
        of->trigger_inherited = false;
        of->idle = r->others_idle[i];
        of->trigger_once = r->others_once[i];
    } else {
        of->trigger = r->trigger;
        of->drawn_end = r->drawn_end;
        of->trigger_inherited = r->trigger_inherited;
        of->idle = r->idle;
        of->trigger_once = r->trigger_once;
    }
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

/* Weighs r by itself. */
static void judge_alone(const struct tcprst *core, struct judgement *j, const struct reset *r)
{
    unsigned n = triggers_of(r);
    struct around around;
    around_find(&around, r, core->hosts);
    trace_ask(&j->trace, core->options.trace, r);
    j->of = *r;
    j->of.peeking = core->peeking;
    for (unsigned i = 0; i < n; i++) {
        draw(&j->of, r, i);
        gather(core, &j->evidence[i], &j->of, &around);
        places_ask(&j->places[i], core->options.places, &j->of);
        places_prove(&j->evidence[i], &j->places[i], &j->of);
        trace_prove(&j->evidence[i], &j->trace);
    }
    weigh(core->precedents, &j->decision, j->evidence, n);
    j->alone = (struct outcome){.own_cause = j->decision.cause,
                                .own_strength = j->decision.strength,
                                .own_margin = j->decision.margin,
                                .between = j->decision.between};
    if (j->decision.between)
        j->alone.impossible = weigh_impossible(&j->decision);
}

static unsigned form_of(const struct reset *r)
{
    return (r->flags & TCPRST_ACK ? 1u : 0u) | (r->header_length > 20 ? 2u : 0u) |
           (r->window ? 4u : 0u) | (r->payload_length ? 8u : 0u);
}

/* Of one maker and one act, by all that shows: the same form from the same way, one right after the
 * other, past the same place. */
static bool in_burst(const struct reset *a, const struct reset *b)
{
    int64_t apart = a->when > b->when ? a->when - b->when : b->when - a->when;
    return a->d == b->d && (a->seen_at & b->seen_at) && a->incarnation == b->incarnation &&
           a->ttl == b->ttl && form_of(a) == form_of(b) && !b->duplicate_of && apart <= BURST_SPAN;
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
    bool mine_impossible = b->impossible >> j->decision.cause & 1;
    bool its_impossible = j->alone.impossible >> b->own_cause & 1;
    if (mine_impossible != its_impossible)
        return mine_impossible;
    return b->own_margin > j->decision.margin;
}

/* What follows from the decision. */
static void conclude(const struct tcprst *core, struct judgement *j, const struct reset *r)
{
    j->chosen = chosen_trigger(&j->decision);
    const struct reset *of = &j->of;
    draw(&j->of, r, j->chosen);
    const struct mechanism *m = mechanism_of(&j->decision);
    j->outcome = j->alone;
    ended_before(core, of, &j->ended);
    j->outcome.third_party = m && m->maker == MAKER_BETWEEN && m->kind == KIND_OTHER &&
                             j->decision.origin == TCPRST_ORIGIN_THIRD_PARTY;
    j->outcome.cause = j->decision.cause;
    j->outcome.acceptance = acceptance_of(of, &j->ended);
    j->outcome.effect = effect_of(of, j->outcome.acceptance, &j->evidence[j->chosen]);
    places_effect(&j->outcome.effect, &j->places[j->chosen]);
    if (j->trace.taken)
        j->outcome.effect = TCPRST_EFFECT_RESET;
    j->outcome.sender_ended = m && m->kind == KIND_ABORT;
    j->outcome.surely = j->decision.origin == TCPRST_ORIGIN_ENDPOINT &&
                        j->decision.group_strength == TCPRST_STRENGTH_CERTAIN;
    j->outcome.event = r->event;
    if (j->decision.cause == TCPRST_CAUSE_ECHO_OF_RESET && j->ended.event)
        j->outcome.event = j->ended.event;
}

/* The RSTs of one burst share what made them: the best founded of them speaks for all that may have
 * come the same way. */
static void judge(const struct tcprst *core, struct judgement *j, const struct reset *r)
{
    judge_alone(core, j, r);
    const struct outcome *best = NULL;
    struct reset *p = r->previous_of_connection ? r->previous_of_connection : r->next_of_connection;
    for (unsigned back = 1; back < MAX_BURST / 2 && p && p->previous_of_connection; back++)
        p = p->previous_of_connection;
    for (unsigned looked = 0; p && looked < MAX_BURST; p = p->next_of_connection, looked++) {
        bool pair = j->decision.between && in_pair(r, p);
        if (p->serial == r->serial || !(pair || in_burst(r, p)))
            continue;
        const struct outcome *outcome = keep_outcome(core, p);
        if (pair && !outcome->between)
            continue;
        if (!best || outcome->own_margin > best->own_margin)
            best = outcome;
    }
    if (best && better_founded(best, j))
        weigh_adopt(&j->decision, best->own_cause, best->own_strength);
    conclude(core, j, r);
}

static struct outcome outcome_of(const struct tcprst *core, struct reset *r)
{
    struct judgement j;
    judge_alone(core, &j, r);
    conclude(core, &j, r);
    return j.outcome;
}

/* Whether what was made then is as good as made now: nothing came since, or, where that will do,
 * less than half of what had come since the RST. So each of n RSTs is judged a few times for its
 * neighbours, and not n times. */
static bool still_holds(const struct tcprst *core, const struct reset *r, uint64_t made_at)
{
    uint64_t then = made_at - 1, now = r->connection->recents.pushed;
    return made_at && (now == then || (core->roughly && now - then <= (then - r->pushed) / 2));
}

/* The outcome of a pending RST as far as is known; kept until its connection has gone on. */
static const struct outcome *keep_outcome(const struct tcprst *core, struct reset *r)
{
    if (r->done)
        return &r->outcome;
    struct outcome *outcome = core->peeking ? &r->peeked : &r->outcome;
    uint64_t *made_at = core->peeking ? &r->peeked_at : &r->outcome_at;
    if (!still_holds(core, r, *made_at)) {
        *outcome = outcome_of(core, r);
        *made_at = r->connection->recents.pushed + 1;
    }
    return outcome;
}

/* Of most facts only that they hold. */
static bool worth_saying(const struct evidence *e, enum tcprst_fact f)
{
    struct tcprst_evidence contrary = {.fact = f, .holds = false};
    return is(e, f) || (isnt(e, f) && tcprst_evidence_text(&contrary, NULL, NULL, 0) > 0);
}

static struct tcprst_evidence say(const struct evidence *e, enum tcprst_fact f, bool against)
{
    const struct shown *shown = &e->shown[f];
    return (struct tcprst_evidence){f,        is(e, f), against, where_frame(shown->where),
                                    shown->a, shown->b};
}

static void add_fact(struct tcprst_verdict *v, const struct evidence *e, enum tcprst_fact f,
                     bool against)
{
    for (unsigned i = 0; i < v->evidence_count; i++)
        if (v->evidence[i].fact == f)
            return;
    if (v->evidence_count < MAX_SAID && worth_saying(e, f))
        v->evidence[v->evidence_count++] = say(e, f, against);
}

/* What other places and the kernels say comes first: it is proof. */
static void add_evidence(struct tcprst_verdict *v, const struct evidence *e,
                         const struct decision *d)
{
    static const enum tcprst_fact first[] = {
        TCPRST_FACT_KERNEL_REASON,       TCPRST_FACT_KERNEL_SENT,
        TCPRST_FACT_KERNEL_TOOK,         TCPRST_FACT_AT_SENDER,
        TCPRST_FACT_NOT_OF_SERVICE,      TCPRST_FACT_AT_RECEIVER,
        TCPRST_FACT_TRIGGER_SWALLOWED,   TCPRST_FACT_TRIGGER_ALTERED_SEQ,
        TCPRST_FACT_TRIGGER_ALTERED_ACK, TCPRST_FACT_TRIGGER_ALTERED_FLAGS,
        TCPRST_FACT_RESET_ALTERED};
    for (unsigned i = 0; i < sizeof first / sizeof *first; i++)
        add_fact(v, e, first[i], false);
    for (unsigned i = 0; i < d->cited_count && v->evidence_count < MAX_SAID; i++)
        add_fact(v, e, (enum tcprst_fact)d->cited[i].fact, d->cited[i].against);
}

static void copy_identity(struct tcprst_verdict *v, const struct reset *r)
{
    v->reset = r->serial;
    v->cookie = r->cookie;
    v->frame = r->frame;
    v->layer = r->layer;
    v->ip_version = r->ip_version;
    v->time = r->time;
    memcpy(v->source, r->source, 16);
    memcpy(v->destination, r->destination, 16);
    v->source_port = r->source_port;
    v->destination_port = r->destination_port;
    v->flags = r->flags;
    v->seq = r->seq;
    v->ack = r->ack;
    v->connection = r->incarnation;
    v->reused_from = where_frame(r->reused_from);
}

/* Of a connection that had been let go more was captured than is known. */
static void admit_forgotten(struct tcprst_verdict *v, const struct reset *r)
{
    if (!(r->connection_flags & (CONN_FORGOTTEN | CONN_OVER)))
        return;
    enum tcprst_fact fact =
        r->connection_flags & CONN_FORGOTTEN ? TCPRST_FACT_GIVEN_UP : TCPRST_FACT_OVER_BEFORE;
    unsigned last = TCPRST_MAX_EVIDENCE - 1;
    if (v->evidence_count <= last)
        last = v->evidence_count++;
    v->evidence[last] = (struct tcprst_evidence){.fact = fact, .holds = true};
}

/* Nor can a verdict on it be sure; but where an opening was captured since, little hangs on what
 * was before. */
static enum tcprst_strength known_strength(const struct reset *r, enum tcprst_strength strength)
{
    if (!(r->connection_flags & (CONN_FORGOTTEN | CONN_OVER)))
        return strength;
    enum tcprst_strength most =
        r->connection_flags & CONN_OPENED ? TCPRST_STRENGTH_LIKELY : TCPRST_STRENGTH_POSSIBLE;
    return strength < most ? strength : most;
}

static void make_verdict(const struct tcprst *core, struct tcprst_verdict *v, const struct reset *r,
                         struct judgement *j)
{
    judge(core, j, r);
    memset(v, 0, sizeof *v);
    copy_identity(v, r);
    const struct reset *of = &j->of;
    const struct evidence *e = &j->evidence[j->chosen];
    v->cause = j->decision.cause;
    v->group = tcprst_cause_info(v->cause)->group;
    v->strength = known_strength(r, j->decision.strength);
    v->group_strength = known_strength(r, j->decision.group_strength);
    v->alternative_count = j->decision.alternative_count;
    memcpy(v->alternatives, j->decision.alternatives, sizeof v->alternatives);
    v->stage = stage_of(of, &j->ended);
    v->acceptance = j->outcome.acceptance;
    v->effect = j->outcome.effect;
    v->sender = r->client < 0    ? TCPRST_SENDER_UNKNOWN
                : r->client == 0 ? TCPRST_SENDER_CLIENT
                                 : TCPRST_SENDER_SERVER;
    v->origin = j->decision.origin;
    v->origin_strength =
        v->origin == TCPRST_ORIGIN_UNKNOWN ? TCPRST_STRENGTH_POSSIBLE : TCPRST_STRENGTH_LIKELY;
    places_origin(v, &j->places[j->chosen]);
    v->peer_error = peer_error_of(of, v->stage, v->effect);
    risk_of(v, of, e);
    v->severity = severity_of(v);
    v->trigger = of->has_trigger ? where_frame(of->trigger.where) : (struct tcprst_frame){0, 0};
    v->event = where_frame(j->outcome.event);
    v->idle = of->idle;
    v->data_idle = r->data_idle;
    v->age = r->age;
    v->closed_first = closed_first_of(v, of, &j->ended);
    add_evidence(v, e, &j->decision);
    admit_forgotten(v, r);
    device_text_of(v, r, e);
    trace_tell(v, &j->trace);
    places_tell(v, core->options.places, r, &j->places[j->chosen]);
}

/* A duplicate says what its original says, at its own place. */
static void as_duplicate(const struct tcprst *core, struct tcprst_verdict *v, const struct reset *r,
                         const struct tcprst_verdict *original)
{
    *v = *original;
    copy_identity(v, r);
    places_rename(v, core->options.places, r);
    v->duplicate_of = where_frame(r->duplicate_of);
}

static struct reset *pending_reset(const struct tcprst *core, uint64_t serial)
{
    struct reset *r = core->index[serial % MAX_PENDING];
    return r && r->serial == serial ? r : NULL;
}

static void verdict_of(struct tcprst *core, struct tcprst_verdict *v, const struct reset *r,
                       struct judgement *j)
{
    if (!r->duplicate_of) {
        make_verdict(core, v, r, j);
        return;
    }
    const struct reset *original = pending_reset(core, r->duplicate_serial);
    struct tcprst_verdict of_original;
    if (r->original) {
        as_duplicate(core, v, r, r->original);
    } else if (original && !original->duplicate_of) {
        make_verdict(core, &of_original, original, j);
        as_duplicate(core, v, r, &of_original);
    } else {
        make_verdict(core, v, r, j);
        v->duplicate_of = where_frame(r->duplicate_of);
    }
}

/* ---- making final ---- */

static void hand_to_duplicates(struct tcprst *core, const struct reset *r,
                               const struct tcprst_verdict *v)
{
    unsigned looked = 0;
    for (struct reset *n = r->next_of_connection;
         n && looked < DUPLICATE_BACK &&
         (core->options.places || n->when - r->when <= DUPLICATE_WINDOW);
         n = n->next_of_connection, looked++)
        if (n->duplicate_of && n->duplicate_serial == r->serial && !n->original) {
            n->original = hold(core, sizeof *n->original);
            if (n->original)
                *n->original = *v;
        }
}

/* Of the ends that r had ended, those that show no life of it before n. */
static uint8_t still_gone(const struct reset *r, const struct reset *n, uint8_t gone)
{
    bool same = n->d == r->d;
    if (lived_on(same ? &n->x : &n->y, &r->y))
        gone &= (uint8_t) ~(5u << r->d);
    if (lived_on(same ? &n->y : &n->x, &r->x))
        gone &= (uint8_t) ~(5u << !r->d);
    return gone;
}

/* Those that wait behind r learn whom r ended their connection for; but the other of a pair was
 * made together with it. Where one knows, so do those behind it. */
static void tell_later(const struct reset *r, const struct judgement *j, uint8_t gone,
                       uint8_t surely)
{
    unsigned passed = 0; /* that learn nothing: so many, and those behind them need not be asked */
    unsigned pairs = 0;  /* more than so many were not made together with one */
    for (struct reset *n = r->next_of_connection;
         n && n->incarnation == r->incarnation && (n->already_gone & gone) != gone;
         n = n->next_of_connection) {
        uint8_t told = still_gone(r, n, gone);
        if (!told)
            break; /* nor is it for those behind it */
        if (!(told & ~n->already_gone) || (n->d != r->d && had_none_before(r, n))) {
            if (++passed == MAX_RELATED)
                break;
            continue;
        }
        if (j->outcome.third_party && pairs < MAX_RELATED && reset_pairs(r, n)) {
            pairs++;
            continue;
        }
        for (unsigned i = 0; i < 2; i++)
            if ((told & ~n->already_gone) >> i & 1)
                n->already_gone_where[i] = where_pack(r->frame);
        n->already_gone |= told;
        n->already_surely |= surely & told;
        if (n->already_ended)
            continue;
        n->already_ended = true;
        n->already_ended_where = where_pack(r->frame);
        n->already_event = j->outcome.event;
    }
}

/* The connection remembers the first RST that ended it, for those that come later. */
static void note_final(struct connection *c, const struct reset *r, const struct judgement *j,
                       const struct tcprst_verdict *v)
{
    bool reset = j->outcome.effect == TCPRST_EFFECT_RESET;
    if (!r->duplicate_of && j->outcome.third_party && c->number == r->incarnation) {
        c->forged_where = where_pack(r->frame);
        c->forged_by = (uint8_t)r->d;
        c->forged_ttl = r->ttl;
        c->forged_time = r->when;
    }
    if (r->duplicate_of || answers_stray(r) || !(reset || j->outcome.sender_ended))
        return;
    uint8_t gone = (uint8_t)(j->outcome.sender_ended << r->d | reset << !r->d |
                             j->outcome.sender_ended << (2 + r->d));
    bool exact = j->outcome.acceptance == TCPRST_ACCEPTANCE_EXACT;
    uint8_t surely = (uint8_t)((j->outcome.sender_ended && j->outcome.surely) << r->d |
                               (reset && exact) << !r->d);
    tell_later(r, j, gone, surely);
    if (c->number != r->incarnation)
        return;
    if (!(c->gone >> r->d & 1))
        c->gone_reach[r->d] = r->y.snd_max;
    if (!(c->gone >> !r->d & 1))
        c->gone_reach[!r->d] = r->x.snd_max;
    c->gone |= gone;
    c->surely |= surely;
    if (!c->ended) {
        c->ended = true;
        c->ended_where = where_pack(r->frame);
        c->ended_event = j->outcome.event;
    }
    if (reset && !c->ended_how) {
        c->ended_how = v->stage == TCPRST_STAGE_SYN_SENT || v->stage == TCPRST_STAGE_UNSEEN
                           ? TCPRST_ENDING_REFUSED
                           : TCPRST_ENDING_RESET;
        c->ended_after_fin = (r->x.seen | r->y.seen) & END_FIN;
        if ((r->x.seen & END_FIN) && (r->y.seen & END_FIN))
            c->ended_how = TCPRST_ENDING_FIN;
    }
}

/* The next one stands for those that share what followed. */
static void leave_burst(struct reset *r)
{
    struct after *a = r->after;
    if (!a)
        return;
    a->first = a->last == r ? NULL : r->next_of_connection;
    a->last = a->first ? a->last : NULL;
}

static void finalize_first(struct tcprst *core)
{
    struct reset *r = core->first;
    struct connection *c = r->connection;
    struct tcprst_verdict v;
    struct judgement j;
    j.outcome = (struct outcome){0}; /* of a duplicate nothing is judged */
    verdict_of(core, &v, r, &j);
    v.final = true;
    core->decision = r->duplicate_of ? NULL : &j.decision;
    core->evidence = j.evidence;
    if (!r->duplicate_of) {
        note_final(c, r, &j, &v);
        hand_to_duplicates(core, r, &v);
        core->statistics.resets++;
        core->statistics.events +=
            v.event.number == v.frame.number && v.event.capture == v.frame.capture;
    } else {
        core->statistics.duplicates++;
    }
    if (core->options.on_verdict)
        core->options.on_verdict(core->options.user, &v);
    core->decision = NULL;
    core->first = r->next;
    if (!core->first)
        core->last = NULL;
    r->outcome = j.outcome;
    r->done = true;
    leave_burst(r);
    c->first_pending = r->next_of_connection;
    core->index[r->serial % MAX_PENDING] = NULL;
    core->pending--;
    if (c->first_pending)
        release_oldest(core, c, r);
    else
        release_done(core, c);
}

static void finalize_due(struct tcprst *core)
{
    core->roughly = true;
    while (core->first && core->clock.reached - core->first->when > HORIZON)
        finalize_first(core);
    core->roughly = false;
}

/* ---- letting connections go ---- */

static void describe_end(struct tcprst_end *out, const struct connection *c, int i)
{
    const struct endpoint *e = &c->end[i], *other = &c->end[!i];
    memcpy(out->address, c->address[i], 16);
    out->port = c->port[i];
    out->segments = e->segments;
    out->octets = e->octets;
    out->fin = e->seen & END_FIN;
    out->unacknowledged = -1;
    if ((e->seen & END_SEEN) && (other->seen & END_ACK)) {
        int64_t left =
            (int32_t)(e->snd_max - (out->fin && e->snd_max == e->fin_seq + 1) - other->max_ack);
        out->unacknowledged = left < 0 ? 0 : left > (int64_t)e->octets ? (int64_t)e->octets : left;
    }
}

static void tell_connection(struct tcprst *core, const struct connection *c, bool given_up)
{
    enum tcprst_ending ending = connection_ending(c);
    core->statistics.connections_by_ending[ending]++;
    core->statistics.connections_given_up += given_up;
    if (!core->options.on_connection)
        return;
    struct tcprst_connection out = {.number = c->number,
                                    .ip_version = c->ip_version,
                                    .roles_guessed = c->client < 0 || (c->flags & CONN_GUESSED),
                                    .first = where_frame(c->first),
                                    .last = where_frame(c->last),
                                    .first_time = c->first_time,
                                    .last_time = c->last_time,
                                    .resets = c->resets,
                                    .ending = ending,
                                    .reset_after_fin = c->ended_after_fin,
                                    .given_up = given_up};
    int client = c->client < 0 ? c->port[0] < c->port[1] : c->client;
    describe_end(&out.client, c, client);
    describe_end(&out.server, c, !client);
    core->options.on_connection(core->options.user, &out);
}

/* A connection whose RSTs still wait for their horizon: what they did so far decides how it ended.
 */
static void settle(const struct tcprst *core, struct connection *c)
{
    struct reset *r = c->last_reset;
    if (!r || r->done || r->incarnation != c->number)
        return;
    for (unsigned looked = 1; looked < MAX_RELATED; looked++) {
        struct reset *before = r->previous_of_connection;
        if (!before || before->done || before->incarnation != c->number)
            break;
        r = before;
    }
    for (; r; r = r->next_of_connection) {
        struct judgement j;
        struct tcprst_verdict v;
        if (r->duplicate_of)
            continue;
        make_verdict(core, &v, r, &j);
        note_final(c, r, &j, &v);
    }
}

/* The same of one in the table, which need not be unpacked where nobody asks. */
static void tell_numbered(struct tcprst *core, size_t i, bool given_up)
{
    enum tcprst_ending ending;
    if (!table_ending(core->table, i, &ending))
        return;
    if (core->options.on_connection) {
        tell_connection(core, table_at(core->table, i), given_up);
        return;
    }
    core->statistics.connections_by_ending[ending]++;
    core->statistics.connections_given_up += given_up;
}

/* For a connection that is to be made, before that: so it cannot be the one that goes. More than
 * one goes where the table had to grow beyond its bound, because all were busy. */
static void make_room(struct tcprst *core, unsigned sweep)
{
    enum { AT_MOST = 3 };
    table_sweep(core->table, core->clock.now, sweep);
    for (unsigned i = 0; i < AT_MOST; i++) {
        bool full;
        size_t victim = table_victim(core->table, core->clock.now, &full);
        if (victim == TABLE_NONE)
            return;
        tell_numbered(core, victim, full);
        enum keeping keeping = table_forget(core->table, victim, core->clock.now, full);
        core->statistics.open_given_up += full && keeping >= KEEP_BARE;
    }
}

/* ---- feeding ---- */

/* RSTs with nothing between them share what follows. */
static struct after *share_after(struct tcprst *core, const struct connection *c, struct reset *r)
{
    const struct reset *before = c->last_reset;
    if (before && !before->done && before->incarnation == r->incarnation && before->after &&
        before->d == r->d && before->after_pushed == c->last_other && !before->after->y_count &&
        !before->after->x_count) {
        before->after->users++;
        return before->after;
    }
    struct after *a = hold(core, sizeof *a);
    if (a) {
        after_init(a);
        a->users = 1;
        a->first = r;
    }
    return a;
}

/* Its original is among the newest, as find_original() looked. */
static void find_duplicate(struct reset *r)
{
    if (!r->duplicate_of)
        return;
    unsigned looked = 0;
    for (struct reset *p = r->connection->last_reset; p && !p->done && looked < DUPLICATE_BACK;
         p = p->previous_of_connection, looked++)
        if (where_pack(p->frame) == r->duplicate_of) {
            r->duplicate_serial = p->serial;
            p->doubled |= r->doubled;
            p->seen_at |= r->seen_at;
            return;
        }
    if (!r->seen.copy_of.number)
        r->duplicate_of = 0; /* its original is final already: too late to be told apart */
}

static void note_event(struct connection *c, struct reset *r)
{
    if (r->duplicate_of)
        return;
    bool same = c->resets > 0 && r->when - c->event_time <= HORIZON;
    if (!same)
        c->event_where = where_pack(r->frame);
    c->event_time = r->when;
    r->event = c->event_where;
    const struct reset *before = same ? c->last_reset : NULL;
    r->event_idle = before ? before->event_idle : r->idle;
    r->event_longest_idle = before ? before->event_longest_idle : r->longest_idle;
    c->resets++;
}

/* The same count of identifications, running through RSTs in the names of different hosts, is one
 * device's. */
static void note_trail(struct tcprst *core, struct reset *r)
{
    if (!r->ip_header || !r->ip_id || r->duplicate_of)
        return;
    uint64_t source = host_target(r->source, 0);
    for (unsigned i = 0; i < TRAIL; i++) {
        const struct trail *t = &core->trail[i];
        uint16_t step = (uint16_t)(r->ip_id - t->ip_id);
        if (t->ip_id && t->source != source && t->ttl == r->ttl && step >= 1 && step <= TRAIL &&
            r->when - t->time <= SCAN_WINDOW) {
            r->device_sequence = true;
            r->device_id = t->ip_id;
        }
    }
    core->trail[core->next_trail++ % TRAIL] = (struct trail){r->when, source, r->ip_id, r->ttl};
}

/* What this RST adds to the knowledge of its host. */
static void note_host(struct tcprst *core, const struct reset *r)
{
    if (r->duplicate_of)
        return;
    bool syn = r->has_trigger && (r->trigger.flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    bool known = (r->x.seen & END_SEEN) != 0;
    bool forgot = r->has_trigger && !syn && known && !(r->x.seen & END_FIN);
    bool abort = reset_is_abort(r);
    bool stray = !known && !(r->y.seen & END_SEEN) && !r->has_trigger && r->seq != 0;
    bool abandon =
        r->has_trigger && (r->trigger.flags & TCPRST_SYN) && (r->trigger.flags & TCPRST_ACK);
    bool coded = window_code_text(r->window) != NULL;
    if (!syn && !forgot && !abort && !coded && !stray && !abandon)
        return;
    struct host *host = hosts_get(core->hosts, r->ip_version, r->source, r->when);
    if (syn)
        host_note_closed(host, r->source_port, r->when);
    if (abandon)
        host_note_run(host, RUN_ABANDONS, r->when);
    if (stray)
        host_note_stray(host, r->seq, r->incarnation);
    if (stray)
        host_note_run(host, RUN_STRAYS, r->when);
    if (coded)
        host_note_window(host, r->window, r->incarnation);
    if (r->connection->resets > 1)
        return;
    if (forgot && !r->connection->ended)
        host_note_run(host, RUN_FORGETS, r->when);
    /* An end that answers the peer's FIN with a RST is not one that ends everything at once. */
    if (abort && !(r->y.seen & END_FIN))
        host_note_abort(host, r->connection->first_time, r->when);
    if (abort && r->idle >= 0)
        host_note_idle(host, reset_service_port(r), r->incarnation, r->idle);
}

static void feed_reset(struct tcprst *core, struct connection *c, const struct tcprst_segment *s,
                       int d)
{
    struct reset *r = hold(core, sizeof *r);
    if (!r) {
        core->statistics.out_of_memory++;
        return;
    }
    reset_begin(r, c, s, d, core->clock.now);
    r->since_start = (c->segments ? c->first_time : core->clock.now) - core->began;
    r->serial = core->serial;
    find_duplicate(r);
    note_event(c, r);
    note_trail(core, r);
    note_host(core, r);
    r->after = share_after(core, c, r);
    if (r->after)
        r->after->last = r;
    else
        core->statistics.out_of_memory++;
    r->after_pushed = c->last_other;
    struct recent *e = connection_track(c, s, d, core->clock.now);
    r->pushed = c->recents.pushed;
    if (e && r->duplicate_of) {
        e->bits |= RECENT_DUPLICATE;
        c->apart = true;
        c->copies += !s->seen.copy_of.number;
    }
    if (core->pending == MAX_PENDING) {
        core->statistics.verdicts_early++;
        core->roughly = true;
        finalize_first(core);
        core->roughly = false;
    }
    if (core->last)
        core->last->next = r;
    else
        core->first = r;
    core->last = r;
    r->previous_of_connection = c->last_reset;
    if (c->last_reset)
        c->last_reset->next_of_connection = r;
    else
        c->first_reset = r;
    c->last_reset = r;
    if (!c->first_pending)
        c->first_pending = r;
    core->index[r->serial % MAX_PENDING] = r;
    core->pending++;
}

/* The oldest of the newest RSTs that may have been captured before what drew them. */
static struct reset *before_trigger(const struct connection *c, const struct recent *e)
{
    struct reset *r = c->last_reset;
    for (unsigned looked = 1; looked < MAX_RELATED; looked++) {
        struct reset *before = r->previous_of_connection;
        if (r->done || !before || before->done || e->time - before->when > CAPTURE_REORDER)
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

/* What a segment says about the RSTs before it. */
static void follow_up(struct connection *c, const struct tcprst_segment *s, struct recent *e, int d)
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

/* An opening segment shows its host's distance, ports and targets. */
static void note_opening(struct tcprst *core, struct connection *c, const struct tcprst_segment *s,
                         const struct recent *e, int d)
{
    bool stray = e->bits & RECENT_STRAY, syn_ack = s->flags & TCPRST_ACK;
    if (e->bits & RECENT_DUPLICATE)
        return;
    struct host *host = hosts_get(core->hosts, s->ip_version, s->source, core->clock.now);
    if (syn_ack && stray && (c->end[!d].seen & END_SYN))
        host_note_wrong_syn_ack(host, host_target(s->destination, 0));
    if (!stray)
        host_note_opening(host, s, core->clock.now, syn_ack ? c->end[d].rtt_min : -1);
}

/* A connection's first segment is an opening: nothing more is made of it than has to be. */
static void begin_embryo(struct tcprst *core, const struct tcprst_segment *s,
                         const struct table_found *found)
{
    struct birth birth = {
        .number = core->statistics.connections, .time = core->clock.now, .again = found->again};
    make_room(core, 1);
    if (!table_make_embryo(core->table, s, found, &birth)) {
        core->statistics.out_of_memory++;
        return;
    }
    core->statistics.connections++;
    struct host *host = hosts_get(core->hosts, s->ip_version, s->source, core->clock.now);
    host_note_opening(host, s, core->clock.now, -1);
}

/* NULL: no memory. */
static struct connection *begin_connection(struct tcprst *core, const struct tcprst_segment *s,
                                           const struct table_found *found)
{
    make_room(core, TABLE_SWEEP);
    struct connection *c = table_make(core->table, s, found);
    if (!c)
        return NULL;
    connection_begin_anew(c, core->statistics.connections++);
    c->flags |= found->again;
    c->last_time = core->clock.now;
    return c;
}

static void expect_host(struct tcprst *core, const struct tcprst_segment *s)
{
    if (s->flags & TCPRST_SYN)
        hosts_expect(core->hosts, s->ip_version, s->source);
}

static void expect_host_more(struct tcprst *core, const struct tcprst_segment *s)
{
    if (s->flags & TCPRST_SYN)
        hosts_expect_more(core->hosts, s->ip_version, s->source);
}

void tcprst_expect(struct tcprst *core, const struct tcprst_segment *segments, size_t count)
{
    for (size_t i = 0; i < TO_HOST && i < count; i++)
        expect_host(core, &segments[i]);
    table_expect(core->table, segments, count);
    for (size_t i = 0; i < TO_HOST_MORE && i < count; i++)
        expect_host_more(core, &segments[i]);
}

static inline void look_ahead(struct tcprst *core, const struct tcprst_segment *s)
{
    size_t left = table_expected(core->table, s);
    if (left > TO_HOST)
        expect_host(core, s + TO_HOST);
    if (left > TO_HOST_MORE)
        expect_host_more(core, s + TO_HOST_MORE);
}

bool tcprst_feed(struct tcprst *core, const struct tcprst_segment *s, uint64_t *reset)
{
    bool is_reset = s->flags & TCPRST_RST;
    core->newest_is_reset = is_reset;
    core->statistics.segments++;
    look_ahead(core, s);
    clock_note(&core->clock, s->time == TCPRST_TIME_UNKNOWN ? s->time : s->time - s->seen.ahead);
    if (core->statistics.segments == 1)
        core->began = core->clock.now;
    finalize_due(core);
    struct table_found found;
    struct connection *c = table_get(core->table, s, core->clock.now, &found);
    int d = found.direction;
    if (!found.known) {
        if (embryo_fits(s)) {
            begin_embryo(core, s, &found);
            return false;
        }
        c = begin_connection(core, s, &found);
    } else if (c && connection_begins_anew(c, s, d) &&
               !connection_duplicate(c, s, d, core->clock.now)) {
        settle(core, c);
        tell_connection(core, c, false);
        if (!connection_begin_anew(c, core->statistics.connections++))
            core->statistics.out_of_memory++;
    }
    if (is_reset) {
        if (reset)
            *reset = core->serial;
        if (c)
            feed_reset(core, c, s, d);
        else
            core->statistics.out_of_memory++;
        core->serial++;
        return true;
    }
    struct recent *e = c ? connection_track(c, s, d, core->clock.now) : NULL;
    if (!e) {
        core->statistics.out_of_memory++;
        return false;
    }
    if (s->flags & TCPRST_SYN)
        note_opening(core, c, s, e, d);
    if (c->first_pending)
        follow_up(c, s, e, d);
    return false;
}

void tcprst_advance(struct tcprst *core, int64_t time)
{
    clock_reach(&core->clock, time);
    finalize_due(core);
}

void tcprst_silence(struct tcprst *core, int64_t elapsed)
{
    clock_wait(&core->clock, elapsed);
    finalize_due(core);
}

void tcprst_finish(struct tcprst *core)
{
    places_finish(core->options.places);
    while (core->first)
        finalize_first(core);
    for (size_t i = 0; i < table_numbers(core->table); i++)
        tell_numbered(core, i, false);
    table_remove_all(core->table);
}

bool tcprst_peek(struct tcprst *core, uint64_t reset, struct tcprst_verdict *verdict)
{
    struct reset *r = pending_reset(core, reset);
    if (!r)
        return false;
    struct judgement j;
    core->peeking = true;
    /* Who looks at each RST as it comes asks for it so often; who looks later, once. */
    core->roughly = core->newest_is_reset && reset + 1 == core->serial;
    verdict_of(core, verdict, r, &j);
    core->peeking = core->roughly = false;
    verdict->final = false;
    return true;
}

/* ---- asking ---- */

static bool add_finding(const struct tcprst *core, enum tcprst_cause cause, bool excluded,
                        struct tcprst_finding *finding)
{
    const struct entry *entry = &core->decision->best[cause];
    if (!entry->hypothesis)
        return false;
    const struct mechanism *mechanism = &mechanisms[entry->hypothesis->mechanism];
    const struct evidence *e = &core->evidence[entry->trigger];
    bool answers = mechanism->kind == KIND_ANSWER;
    *finding = (struct tcprst_finding){.cause = cause,
                                       .excluded = excluded,
                                       .total = entry->total,
                                       .rarity = entry->hypothesis->rarity,
                                       .row = weigh_row(cause, entry->hypothesis),
                                       .mechanism = mechanism->id,
                                       .answers = answers};
    if (answers && is(e, TCPRST_FACT_TRIGGER))
        finding->trigger = where_frame(e->shown[TCPRST_FACT_TRIGGER].where);
    return true;
}

size_t tcprst_findings(struct tcprst *core, struct tcprst_finding *findings, size_t size)
{
    size_t n = 0;
    const struct decision *d = core->decision;
    for (unsigned i = 0; d && i < d->ranked && n < size; i++)
        n += add_finding(core, d->ranking[i], false, &findings[n]);
    for (unsigned c = 0; d && c < TCPRST_CAUSE_COUNT && n < size; c++)
        if (d->best[c].total >= DEAD)
            n += add_finding(core, (enum tcprst_cause)c, true, &findings[n]);
    return n;
}

size_t tcprst_ledger(struct tcprst *core, enum tcprst_cause cause, struct tcprst_ledger_line *lines,
                     size_t size)
{
    struct ledger_line ledger[TCPRST_MAX_LEDGER];
    unsigned count =
        core->decision ? weigh_ledger(core->decision, cause, ledger, TCPRST_MAX_LEDGER) : 0;
    size_t n = 0;
    for (; n < count && n < size; n++) {
        const struct evidence *e = &core->evidence[core->decision->best[cause].trigger];
        lines[n] = (struct tcprst_ledger_line){.claim = ledger[n].id,
                                               .sentence = ledger[n].sentence,
                                               .cost = ledger[n].cost,
                                               .place = ledger[n].place,
                                               .counted = ledger[n].counted,
                                               .state = (enum tcprst_claim_state)ledger[n].state};
        for (const uint8_t *f = ledger[n].facts; f && *f && !lines[n].has_fact; f++) {
            enum tcprst_fact fact = (enum tcprst_fact)(*f - 1);
            lines[n].has_fact = worth_saying(e, fact);
            lines[n].fact = say(e, fact, false);
        }
    }
    return n;
}

void tcprst_count(const struct tcprst *core, struct tcprst_statistics *statistics)
{
    *statistics = core->statistics;
    statistics->hosts_given_up = hosts_given_up(core->hosts);
}

void tcprst_statistics(const struct tcprst *core, struct tcprst_statistics *statistics)
{
    tcprst_count(core, statistics);
    statistics->connections_live = table_count(core->table);
    statistics->memory = sizeof *core + MAX_PENDING * sizeof *core->index + core->held +
                         table_memory(core->table) + hosts_memory(core->hosts) +
                         precedents_memory();
    for (size_t i = 0; i < table_numbers(core->table); i++) {
        enum tcprst_ending ending;
        if (table_ending(core->table, i, &ending))
            statistics->connections_by_ending[ending]++;
    }
}
