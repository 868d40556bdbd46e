/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.c - see verdict.h. */
#include "verdict.h"

#include "dimensions.h"
#include "tcprst/order.h"

#include <string.h>

enum { MAX_SAID = 8 };

/* Of most facts only that they hold. */
static bool worth_saying(const struct evidence *e, enum tcprst_fact f)
{
    /* "Accepted a connection {a:time} before": by then it had not. */
    if ((f == TCPRST_FACT_PORT_OPEN || f == TCPRST_FACT_PORT_JUST_OPEN) &&
        evidence_shown(e, f).a < 0)
        return false;
    /* That it is open is said with the socket that it shows. */
    if (f == TCPRST_FACT_WINDOW_ZERO && is(e, TCPRST_FACT_LIVE_SOCKET) && !is(e, f))
        return false;
    /* Of a pause that was short it says nothing that shorter ones had been survived. */
    if (f == TCPRST_FACT_IDLE_LONGEST && isnt(e, f) && isnt(e, TCPRST_FACT_IDLE_LONG))
        return false;
    return is(e, f) || (isnt(e, f) && evidence_has_contrary(f));
}

static struct tcprst_evidence say(const struct evidence *e, enum tcprst_fact f, bool against)
{
    struct shown shown = evidence_shown(e, f);
    return (struct tcprst_evidence){f,       is(e, f), against, where_frame(shown.where),
                                    shown.a, shown.b};
}

static bool has_fact(const struct tcprst_verdict *v, enum tcprst_fact f)
{
    for (unsigned i = 0; i < v->evidence_count; i++)
        if (v->evidence[i].fact == f)
            return true;
    return false;
}

static void add_fact(struct tcprst_verdict *v, const struct evidence *e, enum tcprst_fact f,
                     bool against)
{
    if (hidden(e, f) || v->evidence_count == MAX_SAID || !worth_saying(e, f) || has_fact(v, f))
        return;
    v->evidence[v->evidence_count++] = say(e, f, against);
}

static bool cites(const struct decision *d, enum tcprst_fact f, bool against)
{
    for (unsigned i = 0; i < d->cited_count; i++)
        if (d->cited[i].fact == f && d->cited[i].against == against)
            return true;
    return false;
}

/* Of facts that say the same pause, or the same moment, in other words, the second is enough. */
static const enum tcprst_fact said_twice[][2] = {
    {TCPRST_FACT_IDLE_LONG, TCPRST_FACT_IDLE_LONGEST},
    {TCPRST_FACT_IDLE_LONGER, TCPRST_FACT_IDLE_LONGEST},
    {TCPRST_FACT_EVENT_PAUSED, TCPRST_FACT_IDLE_LONGEST},
    {TCPRST_FACT_IDLE_LONGER, TCPRST_FACT_IDLE_LONG},
    {TCPRST_FACT_EVENT_PAUSED, TCPRST_FACT_IDLE_LONG},
    {TCPRST_FACT_FIN_JUST_SENT, TCPRST_FACT_SENDER_FIN},
    {TCPRST_FACT_PEER_IN_FLIGHT, TCPRST_FACT_PEER_CROSSED},
    {TCPRST_FACT_PORT_OPEN, TCPRST_FACT_PORT_JUST_OPEN}};
enum { SAID_TWICE = sizeof said_twice / sizeof *said_twice };

/* Which of these pairs say the same here. Mostly none does. */
struct twice {
    unsigned count;
    uint8_t pairs[SAID_TWICE];
};

static struct twice find_said_twice(const struct evidence *e)
{
    struct twice twice = {.count = 0};
    for (unsigned i = 0; i < SAID_TWICE; i++) {
        const enum tcprst_fact *pair = said_twice[i];
        if (is(e, pair[0]) && is(e, pair[1]) &&
            evidence_shown(e, pair[0]).a == evidence_shown(e, pair[1]).a)
            twice.pairs[twice.count++] = (uint8_t)i;
    }
    return twice;
}

static bool said_better(const struct twice *twice, const struct decision *d, const struct cited *c)
{
    for (unsigned i = 0; i < twice->count; i++) {
        const enum tcprst_fact *pair = said_twice[twice->pairs[i]];
        if (pair[0] == (enum tcprst_fact)c->fact && cites(d, pair[1], c->against))
            return true;
    }
    return false;
}

/* What other places and the kernels say comes first: it is proof. */
static void add_evidence(struct tcprst_verdict *v, const struct evidence *e,
                         const struct decision *d)
{
    static const enum tcprst_fact first[] = {TCPRST_FACT_KERNEL_REASON,
                                             TCPRST_FACT_KERNEL_SENT,
                                             TCPRST_FACT_KERNEL_TOOK,
                                             TCPRST_FACT_AT_SENDER,
                                             TCPRST_FACT_RENAMED,
                                             TCPRST_FACT_NOT_OF_SERVICE,
                                             TCPRST_FACT_AT_RECEIVER,
                                             TCPRST_FACT_TRIGGER_SWALLOWED,
                                             TCPRST_FACT_TRIGGER_ALTERED_SEQ,
                                             TCPRST_FACT_TRIGGER_ALTERED_ACK,
                                             TCPRST_FACT_TRIGGER_ALTERED_FLAGS,
                                             TCPRST_FACT_RESET_ALTERED};
    for (unsigned i = 0; i < sizeof first / sizeof *first; i++)
        if (!hidden(e, first[i])) /* mostly all are */
            add_fact(v, e, first[i], false);
    const struct twice twice = find_said_twice(e);
    for (unsigned i = 0; i < d->cited_count && v->evidence_count < MAX_SAID; i++)
        if (is(e, d->cited[i].fact) == d->cited[i].holds && !said_better(&twice, d, &d->cited[i]))
            add_fact(v, e, (enum tcprst_fact)d->cited[i].fact, d->cited[i].against);
    /* Of TTLs that cannot be compared the reader sees all the same that they are not alike: beyond
     * the most, and once. */
    if (hidden(e, TCPRST_FACT_TTL_SAME) && is(e, TCPRST_FACT_TTL_START) &&
        !has_fact(v, TCPRST_FACT_TTL_START))
        v->evidence[v->evidence_count++] = say(e, TCPRST_FACT_TTL_START, false);
}

static void copy_identity(struct tcprst_verdict *v, const struct reset *r)
{
    v->reset = r->serial;
    v->cookie = r->packet.cookie;
    v->frame = r->frame;
    v->layer = r->packet.layer;
    v->ip_version = r->packet.ip_version;
    v->time = r->packet.time;
    memcpy(v->source, r->packet.source, 16);
    memcpy(v->destination, r->packet.destination, 16);
    v->source_port = r->packet.source_port;
    v->destination_port = r->packet.destination_port;
    v->flags = r->flags;
    v->seq = r->seq;
    v->ack = r->ack;
    v->connection = r->incarnation;
    v->reused_from = where_frame(r->before.reused_from);
}

/* Of a connection that had been let go more was captured than is known. */
static void admit_forgotten(struct tcprst_verdict *v, const struct reset *r)
{
    if (!(r->before.connection_flags & (CONN_FORGOTTEN | CONN_OVER)))
        return;
    enum tcprst_fact fact = r->before.connection_flags & CONN_FORGOTTEN ? TCPRST_FACT_GIVEN_UP
                                                                        : TCPRST_FACT_OVER_BEFORE;
    unsigned last = TCPRST_MAX_EVIDENCE - 1;
    if (v->evidence_count <= last)
        last = v->evidence_count++;
    v->evidence[last] = (struct tcprst_evidence){.fact = fact, .holds = true};
}

/* Nor can a verdict on it be sure; but where an opening was captured since, little hangs on what
 * was before. */
static enum tcprst_strength known_strength(const struct reset *r, enum tcprst_strength strength)
{
    if (!(r->before.connection_flags & (CONN_FORGOTTEN | CONN_OVER)))
        return strength;
    enum tcprst_strength most = r->before.connection_flags & CONN_OPENED ? TCPRST_STRENGTH_LIKELY
                                                                         : TCPRST_STRENGTH_POSSIBLE;
    return strength < most ? strength : most;
}

/* None is likelier than the verdict. */
static void copy_alternatives(struct tcprst_verdict *v, const struct decision *d)
{
    v->alternative_count = d->alternative_count;
    for (unsigned i = 0; i < d->alternative_count; i++) {
        v->alternatives[i] = d->alternatives[i];
        if (v->alternatives[i].strength > v->strength)
            v->alternatives[i].strength = v->strength;
    }
}

void verdict_make(const struct judge *judge, struct tcprst_verdict *v, struct reset *r,
                  struct judgement *j)
{
    judge_reset(judge, j, r);
    memset(v, 0, offsetof(struct tcprst_verdict, alternatives));
    v->device_text[0] = '\0';
    copy_identity(v, r);
    const struct reset *of = &j->of;
    const struct evidence *e = &j->evidence[j->chosen];
    const struct decision *d = j->decision;
    v->cause = d->cause;
    v->group = tcprst_cause_info(v->cause)->group;
    v->strength = known_strength(r, d->strength);
    v->group_strength = known_strength(r, d->group_strength);
    copy_alternatives(v, d);
    v->stage = stage_of(of, &j->ended);
    v->acceptance = j->outcome.acceptance;
    v->effect = j->outcome.effect;
    /* Other RSTs are judged as if it were so: most of them still come to an end that is gone. */
    if (v->effect == TCPRST_EFFECT_RESET && !j->trace.taken && effect_doubtful(of))
        v->effect = TCPRST_EFFECT_UNKNOWN;
    v->sender = r->before.client < 0    ? TCPRST_SENDER_UNKNOWN
                : r->before.client == 0 ? TCPRST_SENDER_CLIENT
                                        : TCPRST_SENDER_SERVER;
    v->origin = d->origin;
    v->origin_strength =
        v->origin == TCPRST_ORIGIN_UNKNOWN ? TCPRST_STRENGTH_POSSIBLE : TCPRST_STRENGTH_LIKELY;
    v->settled_by = d->settled_by;
    places_origin(v, &j->places[j->chosen], e);
    v->peer_error = peer_error_of(of, v->stage, v->effect);
    risk_of(v, of, e);
    v->severity = severity_of(v);
    v->trigger = of->has_trigger ? where_frame(of->trigger.where) : (struct tcprst_frame){0, 0};
    v->event = where_frame(j->outcome.event);
    v->idle = of->before.idle;
    v->data_idle = r->before.data_idle;
    v->age = r->before.age;
    v->closed_first = closed_first_of(v, of, &j->ended);
    add_evidence(v, e, d);
    admit_forgotten(v, r);
    device_text_of(v, r, e);
    trace_tell(v, &j->trace);
    places_tell(v, judge->places, r, &j->places[j->chosen]);
}

/* A duplicate says what its original says, at its own place. v: that of its original. */
static void as_duplicate(const struct judge *judge, struct tcprst_verdict *v, const struct reset *r)
{
    copy_identity(v, r);
    places_rename(v, judge->places, r);
    v->duplicate_of = where_frame(r->duplicate_of);
}

void verdict_of(const struct judge *judge, struct tcprst_verdict *v, struct reset *r,
                struct reset *original, struct judgement *j)
{
    if (!r->duplicate_of) {
        verdict_make(judge, v, r, j);
    } else if (r->copies.original) {
        *v = *r->copies.original;
        as_duplicate(judge, v, r);
    } else if (original && !original->duplicate_of) {
        verdict_make(judge, v, original, j);
        as_duplicate(judge, v, r);
    } else {
        verdict_make(judge, v, r, j);
        v->duplicate_of = where_frame(r->duplicate_of);
    }
}

void verdict_name_frames(struct tcprst_verdict *v, const struct tcprst_order *order)
{
    struct tcprst_frame *const frames[] = {&v->frame, &v->reused_from, &v->trigger, &v->event,
                                           &v->duplicate_of};
    for (unsigned i = 0; order && i < sizeof frames / sizeof *frames; i++)
        *frames[i] = tcprst_order_frame(order, *frames[i]);
    for (unsigned i = 0; order && i < v->evidence_count; i++)
        v->evidence[i].frame = tcprst_order_frame(order, v->evidence[i].frame);
    for (unsigned i = 0; order && i < v->sighting_count; i++)
        v->sightings[i].frame = tcprst_order_frame(order, v->sightings[i].frame);
}

static bool add_finding(const struct judgement *j, enum tcprst_cause cause, bool excluded,
                        struct tcprst_finding *finding)
{
    const struct entry *entry = &j->decision->best[cause];
    if (!entry->hypothesis)
        return false;
    const struct mechanism *mechanism = &mechanisms[entry->hypothesis->mechanism];
    const struct evidence *e = &j->evidence[entry->trigger];
    bool answers = mechanism->kind == KIND_ANSWER;
    *finding = (struct tcprst_finding){.cause = cause,
                                       .excluded = excluded,
                                       .total = entry->total,
                                       .rarity = entry->hypothesis->rarity,
                                       .row = weigh_row(cause, entry->hypothesis),
                                       .mechanism = mechanism->id,
                                       .answers = answers};
    if (answers && is(e, TCPRST_FACT_TRIGGER))
        finding->trigger = where_frame(evidence_shown(e, TCPRST_FACT_TRIGGER).where);
    return true;
}

size_t verdict_findings(const struct judgement *j, struct tcprst_finding *findings, size_t size)
{
    const struct decision *d = j->decision;
    size_t n = 0;
    for (unsigned i = 0; i < d->ranked && n < size; i++)
        n += add_finding(j, d->ranking[i], false, &findings[n]);
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT && n < size; c++)
        if (d->best[c].total >= DEAD)
            n += add_finding(j, (enum tcprst_cause)c, true, &findings[n]);
    return n;
}

/* The first of the facts that is worth a word: where one is asked for that speaks for the line, or
 * against it, such a one, since one alone of several may say the opposite. */
static void show_fact(struct tcprst_ledger_line *line, const struct evidence *e,
                      const uint16_t *facts, enum fact_state speaks)
{
    for (const uint16_t *f = facts; f && *f && !line->has_fact; f++) {
        enum tcprst_fact fact = (enum tcprst_fact)((*f - 1) % CLAIM_CONTRARY);
        bool holds = (*f < CLAIM_CONTRARY) == (speaks == FACT_TRUE);
        line->has_fact = (speaks == FACT_HIDDEN || is(e, fact) == holds) && worth_saying(e, fact);
        line->fact = say(e, fact, false);
    }
}

static void explain_line(struct tcprst_ledger_line *line, const struct evidence *e,
                         const struct ledger_line *of)
{
    const struct claim_unclear *unclear = of->sign ? NULL : claim_unclear(of->id, e);
    show_fact(line, e, of->facts, of->sign ? FACT_TRUE : of->state);
    if (!unclear || of->state == FACT_TRUE)
        return;
    show_fact(line, e, unclear->facts, FACT_HIDDEN);
    if (of->state == FACT_HIDDEN)
        line->unclear = unclear->sentence;
}

size_t verdict_ledger(const struct judgement *j, enum tcprst_cause cause,
                      struct tcprst_ledger_line *lines, size_t size)
{
    struct ledger_line ledger[TCPRST_MAX_LEDGER];
    unsigned count = weigh_ledger(j->decision, cause, ledger, TCPRST_MAX_LEDGER);
    size_t n = 0;
    for (; n < count && n < size; n++) {
        const struct evidence *e = &j->evidence[j->decision->best[cause].trigger];
        lines[n] = (struct tcprst_ledger_line){.claim = ledger[n].id,
                                               .sentence = ledger[n].sentence,
                                               .cost = ledger[n].cost,
                                               .place = ledger[n].place,
                                               .counted = ledger[n].counted,
                                               .state = (enum tcprst_claim_state)ledger[n].state};
        explain_line(&lines[n], e, &ledger[n]);
    }
    return n;
}
