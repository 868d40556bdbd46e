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
#include "embryo.h"
#include "ended.h"
#include "glance.h"
#include "host.h"
#include "learn.h"
#include "pending.h"
#include "tcprst/order.h"
#include "thresholds.h"
#include "uncleared.h"
#include "verdict.h"

#include <stdlib.h>

/* So many segments ahead of a SYN what is known of its sender is fetched, in two steps. */
enum { TO_HOST = 40, TO_HOST_MORE = 20 };

struct tcprst {
    struct tcprst_options options;
    struct tcprst_statistics statistics;
    struct table *table;
    struct hosts *hosts;
    struct trails trails;
    struct filter filter;
    struct pending pending;
    int64_t began; /* time of the first segment */
    struct clock clock;
    uint64_t serial;
    bool newest_is_reset; /* the segment fed last */
    struct judge judge;
    struct ended_memo memo;         /* the judge's */
    struct reset_draft draft;       /* of a RST that comes, and ... */
    struct judgement work;          /* ... on one: too large to be begun anew for each */
    const struct judgement *judged; /* of the verdict being handed out; NULL: there is none */
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
    core->judge = (struct judge){.hosts = core->hosts,
                                 .filter = &core->filter,
                                 .precedents = precedents_new(),
                                 .places = options->places,
                                 .order = options->order,
                                 .trace = options->trace,
                                 .memo = &core->memo};
    if (!core->table || !core->hosts || !core->judge.precedents || !pending_start(&core->pending)) {
        tcprst_free(core);
        return NULL;
    }
    if (options->glance)
        table_all_matter(core->table);
    return core;
}

void tcprst_free(struct tcprst *core)
{
    if (!core)
        return;
    pending_end(&core->pending);
    table_free(core->table);
    hosts_free(core->hosts);
    precedents_free(core->judge.precedents);
    free(core);
}

/* ---- making final ---- */

static void finalize_first(struct tcprst *core)
{
    struct reset *r = core->pending.first;
    struct connection *c = r->connection;
    UNCLEARED struct tcprst_verdict v;
    pending_expect(&core->pending);
    table_expect_rest(core->table, c);
    filter_learn(&core->filter, r);
    struct judgement *j = &core->work;
    j->outcome = (struct outcome){0}; /* of a duplicate nothing is judged */
    verdict_of(&core->judge, &v, r, pending_find(&core->pending, r->copies.duplicate_serial), j);
    v.final = true;
    pending_expect_next(&core->pending);
    if (!r->duplicate_of) {
        ended_for_good(c, r, &j->outcome, &v);
        /* Places have clocks of their own. */
        pending_tell_copies(&core->pending, r, &v,
                            places_several(core->options.places) ? INT64_MAX : DUPLICATE_WINDOW);
        core->statistics.resets++;
        core->statistics.events +=
            v.event.number == v.frame.number && v.event.capture == v.frame.capture;
    } else {
        core->statistics.duplicates++;
    }
    core->judged = r->duplicate_of ? NULL : j;
    verdict_name_frames(&v, core->options.order);
    if (core->options.on_verdict)
        core->options.on_verdict(core->options.user, &v);
    core->judged = NULL;
    r->judged.outcome = j->outcome;
    pending_done(&core->pending);
    table_rest(core->table, c);
}

static void finalize_due(struct tcprst *core)
{
    core->judge.roughly = true;
    while (core->pending.first && core->clock.reached - core->pending.first->when > HORIZON)
        finalize_first(core);
    core->judge.roughly = false;
}

/* ---- letting connections go ---- */

static void tell_connection(struct tcprst *core, const struct connection *c, bool given_up)
{
    core->statistics.connections_by_ending[connection_ending(c)]++;
    core->statistics.connections_given_up += given_up;
    if (!core->options.on_connection)
        return;
    struct tcprst_connection out;
    connection_describe(c, &out);
    out.given_up = given_up;
    out.first = tcprst_order_frame(core->options.order, out.first);
    out.last = tcprst_order_frame(core->options.order, out.last);
    core->options.on_connection(core->options.user, &out);
}

/* A connection whose RSTs still wait for their horizon: what they did so far decides how it ended.
 */
static void settle(struct tcprst *core, struct connection *c)
{
    struct reset *r = c->last_reset;
    if (!r || r->judged.done || r->incarnation != c->number)
        return;
    for (unsigned looked = 1; looked < MAX_RELATED; looked++) {
        struct reset *before = r->previous_of_connection;
        if (!before || before->judged.done || before->incarnation != c->number)
            break;
        r = before;
    }
    for (; r; r = r->next_of_connection) {
        UNCLEARED struct tcprst_verdict v;
        if (r->duplicate_of)
            continue;
        verdict_make(&core->judge, &v, r, &core->work);
        ended_for_good(c, r, &core->work.outcome, &v);
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
    table_begins(core->table, core->clock.now);
    table_sweep(core->table, sweep);
    for (unsigned i = 0; i < AT_MOST; i++) {
        bool full;
        size_t victim = table_victim(core->table, core->clock.now, &full);
        if (victim == TABLE_NONE)
            return;
        tell_numbered(core, victim, full);
        enum keeping keeping = table_forget(core->table, victim, full);
        core->statistics.open_given_up += full && keeping >= KEEP_BARE;
    }
}

/* ---- feeding ---- */

static void feed_reset(struct tcprst *core, struct connection *c, const struct tcprst_segment *s,
                       int d)
{
    reset_begin(&core->draft, c, s, d, core->clock.now);
    struct reset *r = pending_make(&core->pending, &core->draft.reset);
    if (!r) {
        core->statistics.out_of_memory++;
        return;
    }
    r->before.since_start = (c->segments ? c->first_time : core->clock.now) - core->began;
    r->serial = core->serial;
    learn_trail(&core->trails, r);
    learn_reset(core->hosts, r);
    core->statistics.out_of_memory += !pending_follow(&core->pending, c, r);
    struct recent *e = connection_track(c, s, d, core->clock.now);
    r->judged.pushed = c->recents.pushed;
    if (e && r->duplicate_of) {
        e->bits |= RECENT_DUPLICATE;
        c->apart = true;
        c->copies += !s->seen.copy_of.number && c->copies < UINT32_MAX;
    }
    if (pending_full(&core->pending)) {
        core->statistics.verdicts_early++;
        core->judge.roughly = true;
        finalize_first(core);
        core->judge.roughly = false;
    }
    pending_push(&core->pending, c, r);
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
    struct host *host = hosts_get(core->hosts, s->ip_version, s->source);
    host_note_opening(host, s, core->clock.now, -1);
}

/* The first answer to an opening, of which nothing more is made, either. */
static void learn_answer(struct tcprst *core, const struct tcprst_segment *s, int64_t rtt)
{
    struct host *host = hosts_get(core->hosts, s->ip_version, s->source);
    host_note_opening(host, s, core->clock.now, rtt);
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
    /* What places write over a segment, or whether they leave it to be fed, is not known yet. */
    if (core->options.glance && !core->options.places)
        segments = glance_sift(core->options.glance, segments, &count);
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

/* Segments were expected before that one, and are not fed. */
static void pass_left_out(struct tcprst *core, const struct tcprst_segment *s)
{
    for (size_t n = table_behind(core->table, s); n > 0; n--) {
        look_ahead(core, s - n);
        table_pass(core->table, s - n);
    }
}

/* No connection is known to which the segment belongs, or one that was over: that one is let go. */
static void note_unknown(struct tcprst *core, const struct tcprst_segment *s,
                         struct table_found *found)
{
    if (found->over) {
        tell_numbered(core, found->over - 1, false);
        table_forget(core->table, found->over - 1, false);
    }
    found->again = table_again(core->table, found, s->flags, core->clock.now);
}

/* A segment came, and the clock has noted it. */
static bool feed(struct tcprst *core, const struct tcprst_segment *s, uint64_t *reset)
{
    bool is_reset = s->flags & TCPRST_RST;
    core->newest_is_reset = is_reset;
    look_ahead(core, s);
    finalize_due(core);
    struct table_found found;
    struct connection *c = table_get(core->table, s, core->clock.now, &found);
    int d = found.direction;
    if (!c && found.noted) {
        if (s->flags & TCPRST_SYN)
            learn_answer(core, s, found.rtt);
        return false;
    }
    if (!found.known) {
        note_unknown(core, s, &found);
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
        learn_opening(core->hosts, c, s, e, d);
    if (c->first_pending)
        reset_follow_up(c, s, e, d);
    return false;
}

/* Of a connection that is not followed, all that others may hang on: its number, and what an
 * opening shows of its host. */
static void pass_by(struct tcprst *core, const struct glanced *known)
{
    const struct tcprst_segment *s = known->segment;
    look_ahead(core, s);
    table_pass(core->table, s);
    if (known->begins) {
        table_begins(core->table, core->clock.now);
        core->statistics.connections++;
    }
    if (known->use != GLANCE_OPEN)
        return;
    struct host *host = hosts_get(core->hosts, s->ip_version, s->source);
    host_note_opening(host, s, core->clock.now, known->rtt);
}

static bool feed_glanced(struct tcprst *core, const struct tcprst_segment *s, uint64_t *reset)
{
    const struct glanced *known = glance_next(core->options.glance, s);
    if (!known)
        return false;
    core->statistics.segments = known->number;
    core->began = glance_began(core->options.glance);
    core->clock.now = core->clock.reached = known->now;
    if (known->use == GLANCE_FOLLOW)
        return feed(core, known->segment, reset);
    finalize_due(core);
    pass_by(core, known);
    return false;
}

bool tcprst_feed(struct tcprst *core, const struct tcprst_segment *s, uint64_t *reset)
{
    if (core->options.places)
        pass_left_out(core, s);
    if (core->options.glance)
        return feed_glanced(core, s, reset);
    core->statistics.segments++;
    clock_note(&core->clock, s->time == TCPRST_TIME_UNKNOWN ? s->time : s->time - s->seen.ahead);
    if (core->statistics.segments == 1)
        core->began = core->clock.now;
    return feed(core, s, reset);
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
    while (core->pending.first)
        finalize_first(core);
    for (size_t i = 0; i < table_numbers(core->table); i++)
        tell_numbered(core, i, false);
    table_remove_all(core->table);
    for (unsigned i = 0; core->options.glance && i < 4; i++) {
        core->statistics.segments = glance_segments(core->options.glance);
        core->statistics.passed_by[i] = glance_passed_by(core->options.glance)[i];
        core->statistics.connections_by_ending[i] += core->statistics.passed_by[i];
    }
}

bool tcprst_peek(struct tcprst *core, uint64_t reset, struct tcprst_verdict *verdict)
{
    struct reset *r = pending_find(&core->pending, reset);
    if (!r)
        return false;
    core->judge.peeking = true;
    /* Who looks at each RST as it comes asks for it so often; who looks later, once. */
    core->judge.roughly = core->newest_is_reset && reset + 1 == core->serial;
    verdict_of(&core->judge, verdict, r, pending_find(&core->pending, r->copies.duplicate_serial),
               &core->work);
    core->judge.peeking = core->judge.roughly = false;
    verdict->final = false;
    verdict_name_frames(verdict, core->options.order);
    return true;
}

/* ---- asking ---- */

size_t tcprst_findings(struct tcprst *core, struct tcprst_finding *findings, size_t size)
{
    size = core->judged ? verdict_findings(core->judged, findings, size) : 0;
    for (size_t i = 0; i < size; i++)
        findings[i].trigger = tcprst_order_frame(core->options.order, findings[i].trigger);
    return size;
}

size_t tcprst_ledger(struct tcprst *core, enum tcprst_cause cause, struct tcprst_ledger_line *lines,
                     size_t size)
{
    size = core->judged ? verdict_ledger(core->judged, cause, lines, size) : 0;
    for (size_t i = 0; i < size; i++)
        lines[i].fact.frame = tcprst_order_frame(core->options.order, lines[i].fact.frame);
    return size;
}

void tcprst_count(const struct tcprst *core, struct tcprst_statistics *statistics)
{
    *statistics = core->statistics;
    statistics->hosts_given_up = hosts_given_up(core->hosts);
    statistics->flags_only = core->filter.unasked && !core->filter.all;
}

void tcprst_statistics(const struct tcprst *core, struct tcprst_statistics *statistics)
{
    tcprst_count(core, statistics);
    statistics->connections_live = table_count(core->table);
    statistics->memory = sizeof *core + pending_memory(&core->pending) + table_memory(core->table) +
                         hosts_memory(core->hosts) + precedents_memory();
    for (size_t i = 0; i < table_numbers(core->table); i++) {
        enum tcprst_ending ending;
        if (table_ending(core->table, i, &ending))
            statistics->connections_by_ending[ending]++;
    }
}
