/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection.c - follows both ends of a connection from outside, as far as the capture shows them.
 *
 * Read upward from connection_track(): it notes the segment among the recent ones, then updates its
 * sender and its receiver.
 */
#include "connection.h"

#include "endpoint.h"
#include "sequence.h"
#include "stack.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#define NOT_INLINE __attribute__((noinline))
#else
#define NOT_INLINE
#endif

/* ---- recent segments ---- */

void connection_release_recents(struct connection *c)
{
    struct recents *r = &c->recents;
    if (r->entries != c->inside)
        pool_give(c->pool, r->entries, r->capacity * sizeof *r->entries);
}

/* Makes room by doubling while the entry to be overwritten is still young enough to be somebody's
 * trigger. */
static void make_room(struct connection *c, int64_t now)
{
    struct recents *r = &c->recents;
    if (r->capacity >= RECENT_MAX ||
        now - r->entries[r->pushed & (r->capacity - 1)].time > RECENT_AGE)
        return;
    uint32_t capacity = r->capacity * 2;
    struct recent *entries = pool_take(c->pool, capacity * sizeof *entries);
    if (!entries)
        return; /* the oldest has to go after all */
    for (uint64_t i = r->pushed - r->held; i < r->pushed; i++)
        entries[i & (capacity - 1)] = r->entries[i & (r->capacity - 1)];
    connection_release_recents(c);
    r->entries = entries;
    r->capacity = capacity;
}

static inline struct recent *push(struct connection *c, const struct tcprst_segment *s,
                                  int64_t time, uint8_t bits)
{
    struct recents *r = &c->recents;
    if (r->held == r->capacity)
        make_room(c, time);
    struct recent *e = &r->entries[r->pushed++ & (r->capacity - 1)];
    if (r->held < r->capacity)
        r->held++;
    /* Field by field: put together elsewhere and copied, it costs more than all else here. */
    e->time = time;
    e->where = where_pack(s->frame);
    e->seq = s->seq;
    e->ack = s->ack;
    e->length = s->payload_length;
    e->window = s->window;
    e->flags = s->flags;
    e->ip_id = s->ip_id;
    e->ttl = s->ttl;
    e->bits = bits;
    e->leg = s->leg;
    e->copied = 0;
    return e;
}

static bool same_packet(const struct recent *e, const struct tcprst_segment *s, int64_t time)
{
    if (e->seq != s->seq || e->ack != s->ack || e->flags != s->flags ||
        e->length != s->payload_length || e->window != s->window || e->ip_id != s->ip_id)
        return false;
    int hops = e->ttl - s->ttl;
    if (hops < -1 || hops > 1)
        return false;
    /* A router between two capture points takes one off the TTL: no repetition by the sender does.
     */
    int64_t apart = time - e->time;
    if (apart < 0)
        apart = -apart;
    return apart <= (s->ip_id || hops || recent_legs(e, s->leg) == LEGS_APART
                         ? DUPLICATE_WINDOW
                         : DUPLICATE_WINDOW_NO_ID);
}

/* Its numbers go beyond all that its sender sent: no copy can have been before it. Two thirds of
 * all segments are told so without a look at the recent ones. */
static bool is_beyond(const struct connection *c, const struct tcprst_segment *s, int d)
{
    const struct endpoint *x = &c->end[d];
    if (c->odd)
        return false;
    if (!(x->seen & END_SEEN))
        return true;
    if (seq_lt(x->snd_max, s->seq + segment_length(s->flags, s->payload_length)))
        return true;
    return (s->flags & TCPRST_ACK) && (!(x->seen & END_ACK) || seq_lt(x->max_ack, s->ack));
}

struct recent *connection_duplicate(const struct connection *c, const struct tcprst_segment *s,
                                    int d, int64_t time)
{
    if (s->flags & TCPRST_RST)
        return NULL; /* a RST may be repeated at once by its sender: judged with its trigger, in
                        reset.c */
    if (is_beyond(c, s, d))
        return NULL;
    struct recent *e, *original = NULL;
    unsigned back = s->leg ? MAX_RELATED : RECENT_MIN;
    for (unsigned n = 0; n < back && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (!!(e->bits & RECENT_FROM_B) != d || !same_packet(e, s, time))
            continue;
        enum legs legs = recent_legs(e, s->leg);
        if (legs == LEGS_UNKNOWN)
            return e;
        /* Those alike come in order: the oldest behind the last that was captured here too. */
        if (legs == LEGS_APART && e->copied == s->leg)
            break;
        if (legs == LEGS_APART)
            original = e;
    }
    if (original)
        original->copied = s->leg;
    return original;
}

void connection_release(struct connection *c)
{
    connection_release_recents(c);
    free(c->past);
}

/* ---- roles and stages ---- */

enum tcprst_ending connection_ending(const struct connection *c)
{
    if (c->ended_how)
        return (enum tcprst_ending)c->ended_how;
    if ((c->end[0].seen & END_FIN) && (c->end[1].seen & END_FIN))
        return TCPRST_ENDING_FIN;
    return TCPRST_ENDING_OPEN;
}

static void note_roles(struct connection *c, const struct tcprst_segment *s, int d)
{
    if (s->flags & TCPRST_SYN) {
        bool ack = s->flags & TCPRST_ACK;
        if (!(c->flags & CONN_OPENED) || (c->flags & CONN_GUESSED)) {
            c->client = (int8_t)(ack ? !d : d);
            c->flags &= (uint8_t)~CONN_GUESSED;
        } else if (!ack && c->client != d && !(c->end[!d].seen & END_SYN_ACK)) {
            c->flags |= CONN_REPEAT_OPEN;
        }
        c->flags |= CONN_OPENED;
    } else if (c->client < 0 && (c->port[0] < SERVICE_PORTS) != (c->port[1] < SERVICE_PORTS)) {
        c->client = c->port[0] < SERVICE_PORTS ? 1 : 0;
        c->flags |= CONN_GUESSED;
    }
}

static void note_established(struct connection *c)
{
    const struct endpoint *a = &c->end[0], *b = &c->end[1];
    if (!(a->seen & b->seen & END_ACK))
        return;
    if (!(c->flags & CONN_OPENED)) {
        c->flags |= CONN_ESTABLISHED;
        return;
    }
    bool a_heard = !(a->seen & END_ISS) || seq_lt(a->iss, b->max_ack);
    bool b_heard = !(b->seen & END_ISS) || seq_lt(b->iss, a->max_ack);
    if (a_heard && b_heard)
        c->flags |= CONN_ESTABLISHED;
}

/* An answer after a pause proves that the pause was survived. */
static inline void note_idle(struct connection *c, int d, int64_t time)
{
    int64_t pause = time - c->last_time;
    if (c->pending_idle && c->pending_idle_from != d) {
        if (c->pending_idle > c->longest_idle)
            c->longest_idle = c->pending_idle;
        c->pending_idle = 0;
    }
    if (c->segments && pause > c->longest_idle && pause > c->pending_idle) {
        c->pending_idle = pause;
        c->pending_idle_from = (uint8_t)d;
    }
}

bool connection_begins_anew(const struct connection *c, const struct tcprst_segment *s, int d)
{
    const struct endpoint *x = &c->end[d], *y = &c->end[!d];
    if ((s->flags & (TCPRST_SYN | TCPRST_ACK | TCPRST_RST)) != TCPRST_SYN || !c->segments)
        return false;
    if (x->seen & (END_SYN | END_SYN_ACK))
        return x->iss != s->seq;
    if (!((x->seen | y->seen) & END_SEEN))
        return c->resets > 0; /* only RSTs so far: they answered something older */
    if ((y->seen & END_ACK) && y->max_ack == s->seq + 1 + s->payload_length)
        return false; /* the SYN-ACK was captured before its SYN */
    if (!(x->seen & END_SEEN) && (y->seen & END_SYN) && !(y->seen & END_ACK))
        return false; /* simultaneous open, RFC 9293 section 3.5 figure 8 */
    return (x->seen & END_SEEN) ? x->first_seq != s->seq + 1 + s->payload_length : true;
}

bool connection_begin_anew(struct connection *c, uint64_t number)
{
    bool first = c->segments == 0;
    c->odd = 0;
    if (!first) {
        c->odd = RECENT_MIN; /* the recent segments are of the incarnation before */
        if (!c->past)
            c->past = malloc(sizeof *c->past);
        if (c->past) {
            memcpy(c->past->end, c->end, sizeof c->end);
            c->past->number = c->number;
            c->past->last_time = c->last_time;
            c->past->client = c->client;
            c->past->reset = c->ended;
        }
    }
    endpoint_init(&c->end[0]);
    endpoint_init(&c->end[1]);
    c->number = number;
    c->flags = 0;
    c->client = -1;
    c->segments = c->resets = c->copies = 0;
    c->ended = c->ended_after_fin = false;
    c->gone = c->surely = c->stacks = 0;
    c->ended_how = TCPRST_ENDING_OPEN;
    c->ended_where = c->ended_event = c->event_where = c->forged_where = 0;
    c->longest_idle = c->pending_idle = 0;
    c->last_other = 0;
    return first || c->past;
}

/* What an abort acknowledges was received, though no ordinary segment says so. */
static void note_abort_ack(struct connection *c, const struct tcprst_segment *s, int d)
{
    struct endpoint *x = &c->end[d], *y = &c->end[!d];
    bool fits = (s->flags & TCPRST_ACK) && (x->seen & END_ACK) && (y->seen & END_SEEN) &&
                seq_lt(x->max_ack, s->ack) && seq_le(s->ack, y->snd_max);
    if (!fits)
        return;
    x->abort_ack = s->ack;
    x->seen |= END_ABORT_ACK;
}

/* ---- what RSTs do ---- */

void connection_note_event(struct connection *c, where_t where, int64_t time)
{
    if (!c->resets || time - c->event_time > HORIZON)
        c->event_where = where;
    c->event_time = time;
    c->resets += c->resets < UINT32_MAX;
}

void connection_note_effects(struct connection *c, const struct effective *r,
                             const struct effects *did)
{
    if (did->forged) {
        c->forged_where = r->where;
        c->forged_by = r->d;
        c->forged_ttl = r->ttl;
        c->forged_time = r->time;
    }
    if (!did->gone)
        return;
    for (unsigned i = 0; i < 2; i++)
        if (!(c->gone >> i & 1))
            c->gone_reach[i] = r->reach[!i];
    c->gone |= did->gone;
    c->surely |= did->surely;
    if (!c->ended) {
        c->ended = true;
        c->ended_where = r->where;
        c->ended_event = r->event;
    }
    if (did->how && !c->ended_how) {
        c->ended_how = did->how;
        c->ended_after_fin = did->after_fin;
    }
}

/* ---- the ordinary segment ---- */

/* Of an established connection: the next text in order, or the acknowledgment of something, without
 * anything else to say. Most segments are, and for them most of what follows has nothing to do. */
static inline bool is_ordinary(const struct connection *c, const struct endpoint *x,
                               const struct endpoint *y, const struct tcprst_segment *s)
{
    enum {
        FLAGS = TCPRST_FIN | TCPRST_SYN | TCPRST_RST | TCPRST_ACK,
        X_SEEN = END_SEEN | END_ACK,
        X_NOT = END_FIN | END_SACK | END_ZERO_WINDOW,
        Y_NOT = END_FIN | END_AHEAD | END_ZERO_WINDOW
    };
    if ((s->flags & FLAGS) != TCPRST_ACK || c->odd || c->client < 0 ||
        !(c->flags & CONN_ESTABLISHED) || (x->seen & (X_SEEN | X_NOT)) != X_SEEN ||
        (y->seen & (END_SEEN | Y_NOT)) != END_SEEN || x->scale == WSCALE_UNKNOWN)
        return false;
    bool acknowledges = seq_lt(x->max_ack, s->ack);
    return s->seq == x->snd_max && s->payload_length < STRAY_DISTANCE &&
           (s->payload_length || acknowledges) && (acknowledges || s->ack == x->max_ack) &&
           seq_le(s->ack, y->snd_max) && s->window && s->ip_header &&
           (!s->options_captured || only_timestamps(s));
}

/* All that track_any() does for such a one. */
static inline void note_ordinary(struct connection *c, struct endpoint *restrict x,
                                 struct endpoint *restrict y,
                                 const struct tcprst_segment *restrict s, int d, int64_t time,
                                 where_t where)
{
    uint32_t x_seen = (x->seen & ~(uint32_t)END_TIMESTAMPS) | END_EDGE | END_PLAIN,
             y_seen = y->seen;
    uint32_t length = s->payload_length, ack = s->ack;
    note_idle(c, d, time);
    c->last = where;
    c->last_time = time;
    c->last_other = c->recents.pushed;
    c->segments++;
    endpoint_note_ip(x, s);
    if (length) {
        uint32_t end = x->snd_max + length;
        x->snd_max = end;
        x->octets += length;
        x->lead = lead_of(s);
        x->last_data_time = time;
        x_seen |= END_DATA;
        y->octets_mark = y->octets;
        if (!(y_seen & END_TIMED)) {
            y->timed_end = end;
            y->timed_at = time;
            y->seen = y_seen | END_TIMED;
        }
    }
    x->max_ack = ack;
    uint32_t window = (uint32_t)s->window << x->scale, edge = ack + window;
    if (window > x->window_max)
        x->window_max = window;
    if (!(x->seen & END_EDGE) || seq_lt(x->edge, edge))
        x->edge = edge;
    x->window = s->window;
    if (s->options_captured) {
        x->ts_val = read32(s->bytes + 24);
        x_seen |= END_TIMESTAMPS;
    }
    x->seen = x_seen;
    endpoint_note_round_trip(x, ack, time);
    x->segments++;
    x->last_time = time;
    x->last = where;
    y->window_probes = 0;
    y->probes = 0;
    y->retransmissions = 0;
}

/* ---- any segment ---- */

static void note_stack(struct connection *c, const struct tcprst_segment *s, int d)
{
    unsigned stack = stack_of_opening(s);
    c->stacks = (uint8_t)((c->stacks & ~(15u << 4 * d)) | stack << 4 * d);
}

/* Returns whether it is its sender's: else nothing is noted of it. */
/* RFC 9293 section 3.10.7.2: who was reset in SYN-RECEIVED listens again, and answers the SYN, sent
 * once more, with another ISS. It counts as soon as the client, end[d], acknowledges that; what
 * acknowledges the first still meant the connection that is gone. */
static bool takes_another(const struct connection *c, const struct tcprst_segment *s, int d)
{
    const struct endpoint *server = &c->end[!d];
    const struct recent *e;
    if ((s->flags & (TCPRST_SYN | TCPRST_ACK)) != TCPRST_ACK || !c->resets ||
        (c->flags & CONN_ESTABLISHED) || !(server->seen & END_SYN_ACK) || s->ack == server->iss + 1)
        return false;
    for (unsigned n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++)
        if (!!(e->bits & RECENT_FROM_B) != d && (e->flags & TCPRST_SYN) && e->seq + 1 == s->ack)
            return true;
    return false;
}

static void reopen(struct connection *c, uint32_t iss, int d)
{
    endpoint_reopen(&c->end[d], &c->end[!d], iss);
    c->gone &= (uint8_t) ~(5u << d);
    c->surely &= (uint8_t) ~(1u << d);
    if (!c->gone) {
        c->ended = false;
        c->ended_how = TCPRST_ENDING_OPEN;
    }
}

static bool track_its_own(struct connection *c, const struct tcprst_segment *s, int d, int64_t time,
                          struct recent *e)
{
    struct endpoint *x = &c->end[d], *y = &c->end[!d];
    if (takes_another(c, s, d))
        reopen(c, s->ack - 1, !d);
    if (endpoint_strays(x, y, s)) {
        e->bits |= RECENT_STRAY;
        c->odd = RECENT_MIN;
        return false;
    }
    note_roles(c, s, d);
    endpoint_note_ip(x, s);
    if (s->flags & TCPRST_SYN) {
        note_stack(c, s, d);
        if (endpoint_note_syn(x, y, s, time))
            e->bits |= RECENT_BAD_ECHO;
    }
    e->bits |= endpoint_note_sequence(x, y, s, time);
    if (s->flags & TCPRST_ACK) {
        if (endpoint_note_ack(x, y, s, time))
            c->odd = RECENT_MIN;
        endpoint_note_window(x, y, s);
    }
    if (s->options_captured && !(s->flags & TCPRST_SYN))
        endpoint_note_options(x, s);
    else if (!s->options_captured)
        x->seen &= ~(uint32_t)END_TIMESTAMPS;
    x->seen |= END_SEEN;
    if (!(c->flags & CONN_ESTABLISHED))
        note_established(c);
    return true;
}

/* A RST or a copy changes nothing but the recent segments. Returns whether it is one. */
static bool track_apart(struct connection *c, const struct tcprst_segment *s, int d, int64_t time,
                        struct recent *e, const struct recent *original)
{
    if (s->flags & TCPRST_RST) {
        note_abort_ack(c, s, d);
        c->apart |= s->payload_length > 0;
        c->last_time = time;
        return true;
    }
    if (!original)
        return false;
    e->bits |= RECENT_DUPLICATE;
    c->apart = true;
    c->copies += c->copies < UINT32_MAX;
    c->odd = RECENT_MIN;
    return true;
}

/* The packet just passed another leg with other numbers: between them a SYN proxy or a firewall
 * rewrites them. */
static bool is_renumbered(const struct connection *c, const struct tcprst_segment *s, int d,
                          int64_t time)
{
    const struct recent *e;
    if (!s->leg || !s->ip_id)
        return false;
    for (unsigned n = 0; n < RECENT_MIN && (e = recent_back(&c->recents, n)) != NULL; n++)
        if (!!(e->bits & RECENT_FROM_B) == d && recent_legs(e, s->leg) == LEGS_APART &&
            e->ip_id == s->ip_id && e->flags == s->flags && e->length == s->payload_length &&
            (e->seq != s->seq || e->ack != s->ack) && time - e->time <= DUPLICATE_WINDOW)
            return true;
    return false;
}

static NOT_INLINE struct recent *track_any(struct connection *c, const struct tcprst_segment *s,
                                           int d, int64_t time)
{
    struct endpoint *x = &c->end[d], *y = &c->end[!d];
    const struct recent *original = connection_duplicate(c, s, d, time);
    if (!original && is_renumbered(c, s, d, time))
        c->flags |= CONN_RENUMBERED;
    struct recent *e =
        push(c, s, time,
             (uint8_t)((d ? RECENT_FROM_B : 0) | (y->seen & END_FIN ? RECENT_AFTER_FIN : 0)));
    if (c->odd)
        c->odd--;
    if (!c->segments) {
        c->first = e->where;
        c->first_time = time;
    }
    c->last = e->where;
    c->segments++;
    if (!(s->flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_RST)))
        x->seen |= END_PLAIN;
    if (track_apart(c, s, d, time, e, original))
        return e;
    note_idle(c, d, time);
    c->last_time = time;
    c->last_other = c->recents.pushed;
    if (!track_its_own(c, s, d, time, e))
        return e;
    x->segments++;
    x->last_time = time;
    x->last = e->where;
    y->probes = 0;
    y->retransmissions = 0;
    return e;
}

/* Both ends are handed in: where the compiler knows how to work them out it does so for every
 * field. */
static NOT_INLINE struct recent *track(struct connection *c, struct endpoint *x, struct endpoint *y,
                                       const struct tcprst_segment *s, int d, int64_t time)
{
    if (!SHORTCUTS || !is_ordinary(c, x, y, s))
        return track_any(c, s, d, time);
    struct recent *e = push(c, s, time, d ? RECENT_FROM_B : 0);
    note_ordinary(c, x, y, s, d, time, e->where);
    return e;
}

struct recent *connection_track(struct connection *c, const struct tcprst_segment *s, int d,
                                int64_t time)
{
    return track(c, &c->end[d], &c->end[!d], s, d, time);
}
