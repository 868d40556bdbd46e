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

#include "connection.h"
#include "dimensions.h"
#include "host.h"
#include "limits.h"
#include "reset.h"
#include "rules.h"

#include <stdlib.h>
#include <string.h>

enum { TRAIL = 8 };

/* So many segments ahead of a SYN what is known of its sender is fetched, in two steps. */
enum { TO_HOST = 40, TO_HOST_MORE = 20 };

struct tcprst {
    struct tcprst_options options;
    struct tcprst_statistics statistics;
    struct table *table;
    struct hosts *hosts;
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
    int64_t now;          /* latest capture time, on the core's own clock */
    int64_t set_back;     /* what the capture's clock was set back by in all: see core_time() */
    unsigned behind;      /* segments in a row that are far older than now */
    uint64_t serial;
    const struct decision *decision; /* of the verdict being handed out */
    const struct evidence *evidence;
};

struct tcprst *tcprst_new(const struct tcprst_options *options)
{
    struct tcprst *core = calloc(1, sizeof *core);
    if (!core)
        return NULL;
    core->options = *options;
    core->now = INT64_MIN;
    core->table = table_new(options->max_connections, options->hash_seed);
    core->hosts = hosts_new();
    core->index = calloc(MAX_PENDING, sizeof *core->index);
    if (!core->table || !core->hosts || !core->index) {
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
    free(core->index);
    free(core);
}

/* ---- judging ---- */

static void keep_outcome(const struct tcprst *core, struct reset *r);

static void note_ended(struct ended *ended, bool by_x, bool sender_ended, enum tcprst_effect effect,
                       where_t where, where_t event)
{
    bool receiver_ended = effect == TCPRST_EFFECT_RESET;
    if (!sender_ended && !receiver_ended)
        return;
    ended->x_gone |= by_x ? sender_ended : receiver_ended;
    ended->y_gone |= by_x ? receiver_ended : sender_ended;
    if (!ended->any) {
        ended->any = true;
        ended->where = where;
        ended->event = event;
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
    ended->x_gone = r->already_gone >> r->d & 1;
    ended->y_gone = r->already_gone >> !r->d & 1;
    unsigned looked = 0;
    for (struct reset *p = c->first_pending; p && p != r && looked < MAX_RELATED;
         p = p->next_of_connection) {
        if (p->incarnation != r->incarnation || p->duplicate_of || answers_stray(p))
            continue;
        looked++;
        keep_outcome(core, p);
        if (p->outcome.third_party && reset_pairs(p, r))
            continue;
        note_ended(ended, p->d == r->d, p->outcome.sender_ended, p->outcome.effect,
                   where_pack(p->frame), p->outcome.event);
    }
}

static bool is_abort(const struct evidence *e, enum tcprst_cause cause)
{
    if (!is(e, TCPRST_FACT_ABORT_FORM))
        return false;
    enum tcprst_group group = tcprst_cause_info(cause)->group;
    return group == TCPRST_GROUP_ABORT || group == TCPRST_GROUP_TIMEOUT ||
           group == TCPRST_GROUP_CLOSING;
}

struct judgement {
    struct ended ended;
    struct evidence evidence;
    struct decision decision;
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
         p && p != r && looked < MAX_RELATED; p = p->next_of_connection, looked++)
        if (p->incarnation == r->incarnation && (p->d == r->d || reset_pairs(p, r)) &&
            p->ttl == r->ttl && r->when - p->when <= NS_PER_S && !p->duplicate_of &&
            somebody_else(p->outcome.cause) && p->outcome.third_party)
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

static void judge(const struct tcprst *core, struct judgement *j, const struct reset *r)
{
    ended_before(core, r, &j->ended);
    evidence_gather(&j->evidence, r, hosts_find(core->hosts, r->ip_version, r->source),
                    hosts_find(core->hosts, r->ip_version, r->destination));
    struct fact *earlier = &j->evidence.facts[TCPRST_FACT_EARLIER_RESET];
    earlier->state = j->ended.any ? FACT_TRUE : FACT_FALSE;
    earlier->frame = where_frame(j->ended.where);
    evidence_earlier_reset(&j->evidence, r, j->ended.where);
    where_t forged = forged_before(r);
    if (forged && is_own_word(r, &j->evidence, forged))
        forged = 0;
    j->evidence.facts[TCPRST_FACT_FORGED_BEFORE].state = forged ? FACT_TRUE : FACT_FALSE;
    j->evidence.facts[TCPRST_FACT_FORGED_BEFORE].frame = where_frame(forged);
    rules_decide(&j->decision, &j->evidence);
    j->outcome.third_party =
        j->decision.findings[j->decision.cause].strength >= TCPRST_STRENGTH_LIKELY &&
        somebody_else(j->decision.cause);
    j->outcome.cause = j->decision.cause;
    j->outcome.acceptance = acceptance_of(r, &j->ended);
    j->outcome.effect = effect_of(r, j->outcome.acceptance, &j->evidence);
    j->outcome.sender_ended = !j->outcome.third_party && is_abort(&j->evidence, j->decision.cause);
    j->outcome.event = r->event;
    if (j->decision.cause == TCPRST_CAUSE_ECHO_OF_RESET && j->ended.event)
        j->outcome.event = j->ended.event;
}

/* Makes the outcome of a pending RST as far as is known; kept until its connection changes. */
static void keep_outcome(const struct tcprst *core, struct reset *r)
{
    uint64_t version = r->connection->recents.pushed + 1;
    if (r->done || r->outcome_version == version)
        return;
    struct judgement j;
    judge(core, &j, r);
    r->outcome = j.outcome;
    r->outcome_version = version;
}

static bool worth_saying(const struct fact *fact, enum tcprst_fact f)
{
    struct tcprst_evidence contrary = {.fact = f, .holds = false};
    return fact->state == FACT_TRUE ||
           (fact->state == FACT_FALSE && tcprst_evidence_text(&contrary, NULL, 0) > 0);
}

static void add_evidence(struct tcprst_verdict *v, const struct evidence *e, enum tcprst_fact f)
{
    const struct fact *fact = &e->facts[f];
    if (!worth_saying(fact, f) || v->evidence_count == TCPRST_MAX_EVIDENCE)
        return;
    v->evidence[v->evidence_count++] =
        (struct tcprst_evidence){f, fact->state == FACT_TRUE, fact->frame, fact->a, fact->b};
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

static void make_verdict(const struct tcprst *core, struct tcprst_verdict *v, const struct reset *r,
                         struct judgement *j)
{
    judge(core, j, r);
    memset(v, 0, sizeof *v);
    copy_identity(v, r);
    const struct finding *winner = &j->decision.findings[j->decision.cause];
    v->cause = j->decision.cause;
    v->group = tcprst_cause_info(v->cause)->group;
    v->strength = winner->strength ? winner->strength : TCPRST_STRENGTH_POSSIBLE;
    v->group_strength = v->strength;
    v->alternative_count = j->decision.alternative_count;
    memcpy(v->alternatives, j->decision.alternatives, sizeof v->alternatives);
    v->stage = stage_of(r, &j->ended);
    v->acceptance = j->outcome.acceptance;
    v->effect = j->outcome.effect;
    v->sender = r->client < 0    ? TCPRST_SENDER_UNKNOWN
                : r->client == 0 ? TCPRST_SENDER_CLIENT
                                 : TCPRST_SENDER_SERVER;
    v->origin = origin_of(v->cause, v->strength, &j->evidence);
    v->peer_error = peer_error_of(r, v->stage, v->effect);
    risk_of(v, r, &j->evidence);
    v->severity = severity_of(v);
    v->trigger = r->has_trigger ? where_frame(r->trigger.where) : (struct tcprst_frame){0, 0};
    v->event = where_frame(j->outcome.event);
    v->idle = r->idle;
    v->data_idle = r->data_idle;
    v->age = r->age;
    v->closed_first = closed_first_of(v, r, &j->ended);
    for (unsigned i = 0; i < winner->count; i++)
        add_evidence(v, &j->evidence, winner->facts[i]);
    device_text_of(v, r, &j->evidence);
}

/* A duplicate says what its original says, at its own place. */
static void as_duplicate(struct tcprst_verdict *v, const struct reset *r,
                         const struct tcprst_verdict *original)
{
    *v = *original;
    copy_identity(v, r);
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
        as_duplicate(v, r, r->original);
    } else if (original && !original->duplicate_of) {
        make_verdict(core, &of_original, original, j);
        as_duplicate(v, r, &of_original);
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
    for (struct reset *n = r->next_of_connection; n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n->duplicate_of && n->duplicate_serial == r->serial && !n->original) {
            n->original = hold(core, sizeof *n->original);
            if (n->original)
                *n->original = *v;
        }
}

/* Those that wait behind r learn whom r ended their connection for; but the other of a pair was
 * made together with it. Where one knows, so do those behind it. */
static void tell_later(const struct reset *r, const struct judgement *j, uint8_t gone)
{
    for (struct reset *n = r->next_of_connection;
         n && n->incarnation == r->incarnation && (n->already_gone & gone) != gone;
         n = n->next_of_connection) {
        if (j->outcome.third_party && reset_pairs(r, n))
            continue;
        n->already_gone |= gone;
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
    uint8_t gone = (uint8_t)(j->outcome.sender_ended << r->d | reset << !r->d);
    tell_later(r, j, gone);
    if (c->number != r->incarnation)
        return;
    c->gone |= gone;
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

static void finalize_first(struct tcprst *core)
{
    struct reset *r = core->first;
    struct connection *c = r->connection;
    struct tcprst_verdict v;
    struct judgement j;
    memset(&j, 0, sizeof j);
    verdict_of(core, &v, r, &j);
    v.final = true;
    core->decision = r->duplicate_of ? NULL : &j.decision;
    core->evidence = &j.evidence;
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
    while (core->first && core->now - core->first->when > HORIZON)
        finalize_first(core);
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
    unsigned looked = 0;
    for (struct reset *r = c->first_pending; r && looked < MAX_RELATED;
         r = r->next_of_connection, looked++) {
        struct judgement j;
        struct tcprst_verdict v;
        if (r->incarnation != c->number || r->duplicate_of)
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

static void make_room(struct tcprst *core)
{
    bool full;
    size_t victim = table_victim(core->table, core->now, &full);
    if (victim == TABLE_NONE)
        return;
    tell_numbered(core, victim, full);
    table_remove(core->table, victim);
}

/* ---- feeding ---- */

/* RSTs with nothing between them share what follows. */
static struct after *share_after(struct tcprst *core, struct connection *c, const struct reset *r)
{
    struct reset *before = c->last_reset;
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
    }
    return a;
}

static void find_duplicate(struct reset *r)
{
    if (!r->duplicate_of)
        return;
    unsigned looked = 0;
    for (struct reset *p = r->connection->first_pending; p && looked < MAX_RELATED;
         p = p->next_of_connection, looked++)
        if (where_pack(p->frame) == r->duplicate_of) {
            r->duplicate_serial = p->serial;
            p->doubled |= r->doubled;
            return;
        }
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
    reset_begin(r, c, s, d, core->now);
    r->serial = core->serial;
    find_duplicate(r);
    note_event(c, r);
    note_trail(core, r);
    note_host(core, r);
    r->after = share_after(core, c, r);
    if (!r->after)
        core->statistics.out_of_memory++;
    r->after_pushed = c->last_other;
    struct recent *e = connection_track(c, s, d, core->now);
    if (e && r->duplicate_of) {
        e->bits |= RECENT_DUPLICATE;
        c->copies++;
    }
    if (core->pending == MAX_PENDING) {
        core->statistics.verdicts_early++;
        finalize_first(core);
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

static void follow_up(struct connection *c, const struct tcprst_segment *s, struct recent *e, int d)
{
    unsigned followed = 0;
    const struct after *before = NULL;
    for (struct reset *r = c->first_pending; r && followed < MAX_FOLLOWED;
         r = r->next_of_connection) {
        reset_late_trigger(r, e, d);
        if (r->after && r->after != before) {
            after_note(r->after, r, s, e, d);
            before = r->after;
            followed++;
        }
    }
}

/* An opening segment shows its host's distance, ports and targets. */
static void note_opening(struct tcprst *core, struct connection *c, const struct tcprst_segment *s,
                         const struct recent *e, int d)
{
    bool stray = e->bits & RECENT_STRAY, syn_ack = s->flags & TCPRST_ACK;
    if (e->bits & RECENT_DUPLICATE)
        return;
    struct host *host = hosts_get(core->hosts, s->ip_version, s->source, core->now);
    if (syn_ack && stray && (c->end[!d].seen & END_SYN))
        host_note_wrong_syn_ack(host, host_target(s->destination, 0));
    if (!stray)
        host_note_opening(host, s, core->now, syn_ack ? c->end[d].rtt_min : -1);
}

/* A capture's time on the core's clock, which never runs backwards and in which no difference
 * overflows. */
static int64_t core_time(const struct tcprst *core, int64_t time)
{
    if (time < TIME_MIN)
        time = TIME_MIN;
    return time > TIME_MAX - core->set_back ? TIME_MAX : time + core->set_back;
}

/* Segments may come a little out of order, or without a time; the past stays past. Where the time
 * stays far behind, the clock was set back (or one time was wrong) and goes on from where it was.
 */
static void note_time(struct tcprst *core, const struct tcprst_segment *s)
{
    if (s->time == TCPRST_TIME_UNKNOWN) {
        if (core->now == INT64_MIN)
            core->now = 0;
        return;
    }
    int64_t time = core_time(core, s->time);
    if (time >= core->now || core->now - time <= CLOCK_BEHIND) {
        core->behind = 0;
    } else if (++core->behind == CLOCK_SET_BACK) {
        core->set_back += core->now - time;
        core->behind = 0;
    }
    if (time > core->now)
        core->now = time;
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
    core->statistics.segments++;
    look_ahead(core, s);
    note_time(core, s);
    finalize_due(core);
    int d;
    bool made;
    struct connection *c = table_get(core->table, s, &d, &made);
    if (c && made) {
        connection_begin_anew(c, core->statistics.connections++);
        c->last_time = core->now;
        make_room(core);
    } else if (c && connection_begins_anew(c, s, d) && !connection_duplicate(c, s, d, core->now)) {
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
    struct recent *e = c ? connection_track(c, s, d, core->now) : NULL;
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

void tcprst_advance(struct tcprst *core, int64_t now)
{
    now = core_time(core, now);
    if (now > core->now)
        core->now = now;
    finalize_due(core);
}

void tcprst_finish(struct tcprst *core)
{
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
    verdict_of(core, verdict, r, &j);
    verdict->final = false;
    return true;
}

/* ---- asking ---- */

size_t tcprst_findings(struct tcprst *core, struct tcprst_finding *findings, size_t size)
{
    size_t n = 0;
    if (!core->decision)
        return 0;
    for (int strength = TCPRST_STRENGTH_CERTAIN; strength >= 0; strength--)
        for (size_t c = 0; c < TCPRST_CAUSE_COUNT && n < size; c++) {
            const struct finding *f = &core->decision->findings[c];
            if ((int)f->strength != strength)
                continue;
            struct tcprst_finding *out = &findings[n++];
            *out = (struct tcprst_finding){
                .cause = (enum tcprst_cause)c, .strength = f->strength, .excluded = !f->strength};
            for (unsigned i = 0; i < f->count; i++) {
                const struct fact *fact = &core->evidence->facts[f->facts[i]];
                if (worth_saying(fact, (enum tcprst_fact)f->facts[i]))
                    out->facts[out->fact_count++] = (struct tcprst_evidence){
                        (enum tcprst_fact)f->facts[i], fact->state == FACT_TRUE, fact->frame,
                        fact->a, fact->b};
            }
        }
    return n;
}

void tcprst_statistics(const struct tcprst *core, struct tcprst_statistics *statistics)
{
    *statistics = core->statistics;
    statistics->connections_live = table_count(core->table);
    statistics->memory = sizeof *core + MAX_PENDING * sizeof *core->index + core->held +
                         table_memory(core->table) + hosts_memory(core->hosts);
    for (size_t i = 0; i < table_numbers(core->table); i++) {
        enum tcprst_ending ending;
        if (table_ending(core->table, i, &ending))
            statistics->connections_by_ending[ending]++;
    }
}
