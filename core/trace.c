/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.c - joins the lines of a kernel's trace to captured RSTs: by addresses and ports, in order,
 * and by time once it is known how the two clocks stand.
 *
 * Ephemeral ports come round seldom, so nearly every line has one RST only that it can be of; the
 * difference of time that most of them share is that of the clocks. From there it is followed both
 * ways, for clocks drift.
 */
#include "trace_parts.h"

#include "key.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

struct tcprst_trace *tcprst_trace_new(void)
{
    struct tcprst_trace *t = calloc(1, sizeof *t);
    if (t) {
        t->first = INT64_MAX;
        t->last = INT64_MIN;
    }
    return t;
}

void tcprst_trace_free(struct tcprst_trace *t)
{
    if (!t)
        return;
    free(t->lines);
    free(t->rsts);
    free(t);
}

/* ---- keys ---- */

static uint64_t hash_end(uint64_t h, const uint8_t *address, uint8_t version, uint16_t port)
{
    h = mix(h ^ load64(address), (uint64_t)version << 16 ^ port ^ h << 7);
    return mix(h ^ load64(address + 8), h >> 3 ^ 0x51);
}

/* Of a RST from one end to another; without the other: of its sender. Never 0. */
static uint64_t key_of(const uint8_t *from, uint16_t from_port, const uint8_t *to, uint16_t to_port,
                       uint8_t version)
{
    uint64_t h = hash_end(1, from, version, from_port);
    return (to ? hash_end(h, to, version, to_port) : h) | 1;
}

/* Of a listener's, whose line names no end at all: Linux writes 0.0.0.0 or :: where it listens on
 * any address of its host. */
static uint64_t key_of_port(uint16_t port)
{
    static const uint8_t any[16];
    return key_of(any, port, NULL, 0, 0);
}

static bool is_any(const uint8_t *address)
{
    return !load64(address) && !load64(address + 8);
}

static uint64_t host_of(const uint8_t *address, uint8_t version)
{
    return hash_end(2, address, version, 0) | 1;
}

static bool is_traced(const struct tcprst_trace *t, uint64_t host)
{
    for (size_t i = host % HOSTS; t->hosts[i]; i = (i + 1) % HOSTS)
        if (t->hosts[i] == host)
            return true;
    return false;
}

static void note_host(struct tcprst_trace *t, uint64_t host)
{
    if (t->host_count >= HOSTS / 2 || is_traced(t, host))
        return;
    size_t i = host % HOSTS;
    while (t->hosts[i])
        i = (i + 1) % HOSTS;
    t->hosts[i] = host;
    t->host_count++;
}

/* Of a socket's own accord (tcp_send_active_reset()): all others answer a segment. */
static bool is_active(const char *reason)
{
    static const char *const reasons[] = {
        "TCP_STATE",           "TCP_ABORT_ON_CLOSE",    "TCP_ABORT_ON_LINGER",
        "TCP_ABORT_ON_MEMORY", "TCP_KEEPALIVE_TIMEOUT", "TCP_DISCONNECT_WITH_DATA"};
    for (unsigned i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    return false;
}

/* A subflow is reset by what it carries, and refused before there is one. */
static bool is_either(const char *reason)
{
    return strncmp(reason, "MPTCP_", 6) == 0;
}

/* ---- what comes in ---- */

static bool make_room(void **items, size_t *room, size_t count, size_t size)
{
    if (count < *room)
        return true;
    if (count >= TCPRST_TRACE_MOST)
        return false;
    size_t more = *room ? *room * 2 : 256;
    void *bigger = realloc(*items, more * size);
    if (!bigger)
        return false;
    *items = bigger;
    *room = more;
    return true;
}

bool tcprst_trace_add(struct tcprst_trace *t, const struct tcprst_trace_event *e)
{
    void *lines = t->lines;
    int64_t time = e->time < TCPRST_TIME_LEAST  ? TCPRST_TIME_LEAST
                   : e->time > TCPRST_TIME_MOST ? TCPRST_TIME_MOST
                                                : e->time;
    if (!make_room(&lines, &t->line_room, t->line_count, sizeof *t->lines)) {
        t->full = true;
        return false;
    }
    t->lines = lines;
    struct line *l = &t->lines[t->line_count++];
    memset(l, 0, sizeof *l);
    const uint8_t *remote = e->remote_port ? e->remote : NULL;
    l->key = e->sent ? key_of(e->local, e->local_port, remote, e->remote_port, e->ip_version)
                     : key_of(e->remote, e->remote_port, e->local, e->local_port, e->ip_version);
    l->time = time;
    l->sent = e->sent;
    l->active = is_active(e->reason);
    l->either = is_either(e->reason);
    memcpy(l->reason, e->reason, sizeof l->reason - 1);
    if (e->sent && !remote && is_any(e->local))
        l->key = key_of_port(e->local_port);
    t->sent += e->sent;
    t->received += !e->sent;
    t->no_socket |= e->sent && strcmp(e->reason, "NO_SOCKET") == 0;
    if (e->sent && !is_any(e->local))
        note_host(t, host_of(e->local, e->ip_version));
    if (time < t->first)
        t->first = time;
    if (time > t->last)
        t->last = time;
    return true;
}

void tcprst_trace_lost(struct tcprst_trace *t, uint64_t events)
{
    t->lost += events;
}

void tcprst_trace_survey(struct tcprst_trace *t, uint32_t source, const struct tcprst_segment *s)
{
    void *rsts = t->rsts;
    if (!(s->flags & TCPRST_RST) || source >= SOURCES || !tcprst_time_known(s->time) ||
        !make_room(&rsts, &t->rst_room, t->rst_count, sizeof *t->rsts))
        return;
    t->rsts = rsts;
    t->rsts[t->rst_count++] =
        (struct rst){.key = key_of(s->source, s->source_port, s->destination, s->destination_port,
                                   s->ip_version),
                     .own_key = key_of(s->source, s->source_port, NULL, 0, s->ip_version),
                     .port_key = key_of_port(s->source_port),
                     .host = host_of(s->source, s->ip_version),
                     .time = s->time,
                     .number = s->frame.number,
                     .capture = s->frame.capture,
                     .source = source,
                     .seq = s->seq,
                     .ack = s->ack,
                     .flags = s->flags,
                     .ip_id = s->ip_id,
                     .ttl = s->ttl,
                     .layer = s->layer,
                     .sent = -1,
                     .taken = -1};
}

/* ---- orders ---- */

static int by_key(const void *x, const void *y)
{
    const struct line *a = x, *b = y;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->time > b->time) - (a->time < b->time);
}

static int by_source(const void *x, const void *y)
{
    const struct rst *a = x, *b = y;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->host != b->host)
        return a->host < b->host ? -1 : 1;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static int by_frame(const void *x, const void *y)
{
    const struct rst *a = x, *b = y;
    if (a->capture != b->capture)
        return a->capture < b->capture ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (a->layer > b->layer) - (a->layer < b->layer);
}

struct run trace_lines_of(const struct tcprst_trace *t, uint64_t key, int64_t time, size_t most)
{
    size_t low = 0, high = t->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct line *l = &t->lines[middle];
        if (l->key < key || (l->key == key && l->time < time))
            low = middle + 1;
        else
            high = middle;
    }
    struct run run = {low, 0};
    while (run.count < most && low + run.count < t->line_count &&
           t->lines[low + run.count].key == key)
        run.count++;
    return run;
}

/* ---- joining ---- */

/* How far a line is from where it should be; INT64_MAX: it cannot be of that RST. */
static int64_t distance(const struct line *l, const struct rst *r, const struct clocks *clocks)
{
    int64_t late = r->time - l->time - clocks->ahead;
    if (late < -BEFORE_MOST || late > AFTER_MOST || !trace_forms_fit(l, r))
        return INT64_MAX;
    return late < 0 ? -late : late;
}

/* The same RST, as far as can be seen. */
static bool same_numbers(const struct rst *a, const struct rst *b)
{
    return a->seq == b->seq && a->ack == b->ack && a->flags == b->flags && a->ip_id == b->ip_id &&
           a->ttl == b->ttl;
}

/* RSTs of the same sender and receiver in reach of the clocks. */
struct rivals {
    size_t all, others; /* it counted; those that are not the same packet by their numbers */
    int64_t nearest;    /* of the others: the least distance to that line */
    int64_t closest;    /* to it in time */
};

/* Whether the line may be of that RST: a listener's names no other end, and so may be of any from
 * its port that has none yet. */
static bool may_be_of(const struct line *line, const struct rst *r)
{
    bool listener = line->key == r->own_key || line->key == r->port_key;
    return line->key == r->key || (listener && r->sent < 0);
}

static struct rivals rivals_of(const struct rst *rsts, size_t count, size_t i,
                               const struct line *line, const struct clocks *clocks)
{
    struct rivals r = {1, 0, INT64_MAX, INT64_MAX};
    size_t from = i > MANY ? i - MANY : 0, to = i + MANY < count ? i + MANY : count;
    for (size_t k = from; k < to; k++) {
        int64_t apart = rsts[k].time - rsts[i].time;
        if (k == i || !may_be_of(line, &rsts[k]) || apart > AFTER_MOST || apart < -AFTER_MOST ||
            !trace_forms_fit(line, &rsts[k]))
            continue;
        r.all++;
        if ((apart < 0 ? -apart : apart) < r.closest)
            r.closest = apart < 0 ? -apart : apart;
        if (same_numbers(&rsts[k], &rsts[i]))
            continue;
        r.others++;
        int64_t at = distance(line, &rsts[k], clocks);
        if (at < r.nearest)
            r.nearest = at;
    }
    return r;
}

struct choice {
    int32_t first, nearest;
    int64_t nearest_at, next_at;
    size_t fitting;
    bool one_reason;
};

/* The lines of that key that may be of the RST, those that have one already left out. */
static struct choice choose(const struct tcprst_trace *t, const struct rst *r, uint64_t key,
                            bool sent, const struct clocks *clocks)
{
    struct choice c = {-1, -1, INT64_MAX, INT64_MAX, 0, true};
    struct run run = trace_lines_of(t, key, r->time - clocks->ahead - AFTER_MOST, MANY);
    for (size_t k = run.first; k < run.first + run.count; k++) {
        const struct line *l = &t->lines[k];
        int64_t at = l->sent == sent ? distance(l, r, clocks) : INT64_MAX;
        if (at == INT64_MAX)
            continue;
        c.fitting++;
        if (l->used_by == r->source + 1)
            continue;
        c.one_reason &= c.first < 0 || strcmp(t->lines[c.first].reason, l->reason) == 0;
        if (c.first < 0)
            c.first = (int32_t)k;
        if (at < c.nearest_at) {
            c.next_at = c.nearest_at;
            c.nearest_at = at;
            c.nearest = (int32_t)k;
        } else if (at < c.next_at) {
            c.next_at = at;
        }
    }
    return c;
}

static bool clearly_nearer(int64_t a, int64_t b)
{
    return b == INT64_MAX || b > 4 * a + CLEARLY;
}

/* In order, where there are as many RSTs as lines. Of more lines the nearest, where it clearly is
 * or says the same; of fewer lines none, unless the clocks tell that no other RST can be meant. */
static int32_t pick(const struct tcprst_trace *t, const struct choice *c, const struct rst *rsts,
                    size_t count, size_t i, const struct clocks *clocks)
{
    if (c->first < 0)
        return -1;
    struct rivals r = rivals_of(rsts, count, i, &t->lines[c->nearest], clocks);
    /* Networks seldom reorder; where they do, what was sent close together. */
    bool in_order = c->one_reason || clocks->width <= NS_PER_MS || r.closest > REORDER_MOST;
    if (c->fitting == r.all)
        return in_order ? c->first : -1;
    if (c->fitting > r.all)
        return c->one_reason || clearly_nearer(c->nearest_at, c->next_at) ? c->nearest : -1;
    if (r.others == 0)
        return c->nearest;
    return clocks->agreeing >= SOLID && clearly_nearer(c->nearest_at, r.nearest) ? c->nearest : -1;
}

/* Whether there is any line of those two ends around that time: then it is not sure that none is
 * of the RST. */
static bool any_near(const struct tcprst_trace *t, const struct rst *r, int64_t ahead)
{
    struct run run = trace_lines_of(t, r->key, r->time - ahead - AFTER_MOST, MANY);
    for (size_t k = run.first; k < run.first + run.count; k++)
        if (t->lines[k].sent && r->time - ahead - t->lines[k].time >= -AFTER_MOST)
            return true;
    return false;
}

/* Of the lines of that run that fit the RST's form the one in its place; -1: none. *fitting: how
 * many there are. */
static int32_t line_in_place(const struct tcprst_trace *t, struct run run, const struct rst *r,
                             uint32_t *fitting)
{
    int32_t own = -1;
    *fitting = 0;
    for (size_t k = run.first; k < run.first + run.count; k++)
        if (t->lines[k].sent && trace_forms_fit(&t->lines[k], r) && (*fitting)++ == r->place)
            own = (int32_t)k;
    return own;
}

/* Whether the RSTs of that connection and form that may have overtaken it, or it them, have lines
 * that say the same as its own. */
static bool same_whichever(const struct tcprst_trace *t, struct run run, const struct rst *rsts,
                           size_t count, size_t i, int32_t own)
{
    size_t from = i > NEAR ? i - NEAR : 0, to = i + NEAR < count ? i + NEAR : count;
    for (size_t k = from; k < to; k++) {
        int64_t apart = rsts[k].time - rsts[i].time;
        uint32_t fitting;
        if (k == i || rsts[k].key != rsts[i].key || apart > REORDER_MOST || apart < -REORDER_MOST ||
            !trace_forms_fit(&t->lines[own], &rsts[k]))
            continue;
        int32_t line = line_in_place(t, run, &rsts[k], &fitting);
        if (line < 0 || strcmp(t->lines[line].reason, t->lines[own].reason) != 0)
            return false;
    }
    return true;
}

/* Of as many lines as RSTs of that connection and form the one in the same place. *as_many: there
 * are as many. */
static int32_t in_same_place(const struct tcprst_trace *t, const struct rst *rsts, size_t count,
                             size_t i, const struct clocks *clocks, bool *as_many)
{
    const struct rst *r = &rsts[i];
    struct run run = trace_lines_of(t, r->key, INT64_MIN, MANY);
    uint32_t fitting;
    int32_t own = line_in_place(t, run, r, &fitting);
    *as_many = fitting == r->of && own >= 0 && run.count < MANY;
    if (!*as_many || distance(&t->lines[own], r, clocks) == INT64_MAX)
        return -1;
    bool exact = clocks->width <= NS_PER_MS;
    return exact || same_whichever(t, run, rsts, count, i, own) ? own : -1;
}

/* The line of one like it before, where all lines that might be meant say the same: doubled on the
 * way, or sent again as it was. */
static int32_t line_of_twin(const struct tcprst_trace *t, const struct rst *rsts, size_t i,
                            const struct clocks *clocks)
{
    const struct rst *r = &rsts[i];
    struct run run = trace_lines_of(t, r->key, r->time - clocks->ahead - AFTER_MOST, MANY);
    const char *reason = NULL;
    for (size_t k = run.first; k < run.first + run.count; k++) {
        const struct line *l = &t->lines[k];
        if (!l->sent || distance(l, r, clocks) == INT64_MAX)
            continue;
        if (reason && strcmp(reason, l->reason) != 0)
            return -1;
        reason = l->reason;
    }
    for (size_t k = i; reason && k-- > 0 && i - k <= MANY && r->time - rsts[k].time <= COPY_MOST;)
        if (rsts[k].key == r->key && same_numbers(&rsts[k], r) && rsts[k].sent >= 0 &&
            strcmp(t->lines[rsts[k].sent].reason, reason) == 0)
            return rsts[k].sent;
    return -1;
}

static void join_sent(struct tcprst_trace *t, struct rst *rsts, size_t count, size_t i,
                      struct clocks *clocks)
{
    struct rst *r = &rsts[i];
    int64_t *ahead = &clocks->ahead;
    bool as_many;
    struct choice c = choose(t, r, r->key, true, clocks);
    int32_t line = in_same_place(t, rsts, count, i, clocks, &as_many);
    if (!as_many)
        line = pick(t, &c, rsts, count, i, clocks);
    if (line < 0 && c.fitting == 0) {
        c = choose(t, r, r->own_key, true, clocks); /* a listener's names no other end */
        line = pick(t, &c, rsts, count, i, clocks);
    }
    if (line < 0 && c.fitting == 0 && is_traced(t, r->host)) {
        c = choose(t, r, r->port_key, true, clocks);
        line = pick(t, &c, rsts, count, i, clocks);
    }
    if (line >= 0) {
        t->lines[line].used_by = r->source + 1;
        r->sent = line;
        *ahead += (r->time - t->lines[line].time - *ahead) / FOLLOW;
    } else {
        r->silent = c.fitting == 0 && !any_near(t, r, clocks->ahead);
    }
    if (line < 0)
        r->sent = line_of_twin(t, rsts, i, clocks);
}

static void join_taken(struct tcprst_trace *t, struct rst *r, struct clocks *clocks)
{
    struct choice taken = choose(t, r, r->key, false, clocks);
    if (taken.nearest < 0)
        return;
    t->lines[taken.nearest].used_by = r->source + 1;
    r->taken = taken.nearest;
    clocks->ahead += (r->time - t->lines[taken.nearest].time - clocks->ahead) / FOLLOW;
}

/* Doubled on the way: it is the one before, which has its line. */
static bool is_copy(const struct rst *rsts, size_t i)
{
    const struct rst *r = &rsts[i];
    for (size_t k = i; k-- > 0 && i - k <= MANY && r->time - rsts[k].time <= COPY_MOST;)
        if (rsts[k].key == r->key && same_numbers(&rsts[k], r) && rsts[k].sent >= 0)
            return true;
    return false;
}

/* Whether a line would be there, had the kernel sent it. */
static bool is_covered(const struct tcprst_trace *t, const struct rst *r, int64_t ahead)
{
    bool answers = is_answer(r);
    return !t->lost && !t->full && is_traced(t, r->host) && r->time - ahead >= t->first &&
           r->time - ahead <= t->last && (!answers || t->no_socket);
}

/* RSTs of one host in one source, in order of time: all had the same way to the place of capture.
 */
static void join_source(struct tcprst_trace *t, struct rst *rsts, size_t count)
{
    struct tcprst_trace_source *source = &t->sources[rsts[0].source];
    size_t start = 0;
    struct clocks forward, backward, taken;
    trace_find_ahead(t, rsts, count, false, &taken);
    for (size_t i = 0; taken.agreeing && i < count; i++)
        join_taken(t, &rsts[i], &taken);
    trace_find_ahead(t, rsts, count, true, &forward);
    backward = forward;
    for (size_t i = 0; i < count; i++)
        source->resets += is_traced(t, rsts[i].host);
    if (!forward.agreeing)
        return;
    source->aligned = true;
    source->ahead = forward.ahead;
    /* From one of those that showed it. */
    for (size_t i = 0; i < count; i++) {
        struct choice c = choose(t, &rsts[i], rsts[i].key, true, &forward);
        if (c.nearest >= 0 && c.nearest_at <= forward.width) {
            start = i;
            break;
        }
    }
    for (size_t i = start; i < count; i++)
        join_sent(t, rsts, count, i, &forward);
    for (size_t i = start; i-- > 0;)
        join_sent(t, rsts, count, i, &backward);
    for (size_t i = 0; i < count; i++) {
        struct rst *r = &rsts[i];
        source->joined += r->sent >= 0;
        r->silent = r->silent && r->sent < 0 &&
                    is_covered(t, r, (i < start ? &backward : &forward)->ahead) &&
                    !is_copy(rsts, i);
    }
}

void tcprst_trace_join(struct tcprst_trace *t)
{
    if (t->line_count == 0 || t->rst_count == 0)
        return;
    qsort(t->lines, t->line_count, sizeof *t->lines, by_key);
    qsort(t->rsts, t->rst_count, sizeof *t->rsts, by_source);
    for (size_t from = 0, to; from < t->rst_count; from = to) {
        for (to = from + 1; to < t->rst_count && t->rsts[to].source == t->rsts[from].source &&
                            t->rsts[to].host == t->rsts[from].host;
             to++)
            ;
        join_source(t, &t->rsts[from], to - from);
    }
    qsort(t->rsts, t->rst_count, sizeof *t->rsts, by_frame);
}

/* ---- asking ---- */

struct tcprst_trace_source tcprst_trace_source(const struct tcprst_trace *t, uint32_t source)
{
    return source < SOURCES ? t->sources[source] : (struct tcprst_trace_source){0};
}

uint64_t tcprst_trace_events(const struct tcprst_trace *t, bool sent)
{
    return sent ? t->sent : t->received;
}

void trace_facts(const struct tcprst_trace *t, const struct tcprst_frame *frame, uint8_t layer,
                 struct trace_facts *f)
{
    struct rst wanted = {.capture = frame->capture, .number = frame->number, .layer = layer};
    const struct rst *r = t && t->rst_count
                              ? bsearch(&wanted, t->rsts, t->rst_count, sizeof *t->rsts, by_frame)
                              : NULL;
    if (!r)
        return;
    if (r->sent >= 0) {
        f->sent = true;
        const char *reason = t->lines[r->sent].reason;
        f->reason = *reason ? reason : f->reason;
    }
    f->silent |= r->silent;
    f->taken |= r->taken >= 0;
}
