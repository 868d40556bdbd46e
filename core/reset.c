/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset.c - makes the record of a RST: finds the segment that drew it and tells it from its own
 * capture duplicates; later notes what followed.
 */
#include "reset.h"

#include "evidence.h"
#include "limits.h"
#include "sequence.h"

#include <string.h>

/* ---- which segment drew it ---- */

/*
 * RFC 9293 section 3.5.2: "If the incoming segment has an ACK field, the reset takes its sequence
 * number from the ACK field of the segment; otherwise, the reset has sequence number zero and the
 * ACK field is set to the sum of the sequence number and segment length of the incoming segment."
 */
static bool answers(const struct reset *r, const struct recent *e)
{
    if (e->flags & TCPRST_RST)
        return false;
    if (e->flags & TCPRST_ACK)
        return !(r->flags & TCPRST_ACK) && r->seq == e->ack;
    if (!(r->flags & TCPRST_ACK) || r->seq != 0)
        return false;
    if (r->ack == e->seq + segment_length(e->flags, e->length))
        return true;
    /* A filter that answers a Fast Open SYN without looking at its text. */
    return (e->flags & TCPRST_SYN) && e->length && r->ack == e->seq + 1;
}

static int64_t trigger_window(const struct reset *r, const struct recent *e)
{
    if ((e->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN)
        return TRIGGER_SYN;
    if (r->x.rtt_max < 0)
        return TRIGGER_UNKNOWN_RTT;
    int64_t window = TRIGGER_RTTS * r->x.rtt_max;
    return window > TRIGGER_MIN ? window : TRIGGER_MIN;
}

/* X had this segment, or later ones of Y, and still went on: it acknowledged their octets. */
static bool was_accepted(const struct reset *r, const struct recent *e)
{
    const struct connection *c = r->connection;
    bool before = e->where < c->first && c->past;
    const struct endpoint *x = before ? &c->past->end[r->d] : &r->x;
    if (!(x->seen & END_ACK) || (e->bits & (RECENT_STRAY | RECENT_REPEATED)))
        return false;
    uint32_t had = x->max_ack;
    if ((x->seen & END_ABORT_ACK) && seq_lt(had, x->abort_ack))
        had = x->abort_ack;
    uint32_t length = segment_length(e->flags, e->length);
    return length ? seq_le(e->seq + length, had) : seq_lt(e->seq, had);
}

/* X has answered a segment before: since then, it answers everything. */
static bool answered_before(const struct reset *r)
{
    const struct reset *p = r->connection->last_reset;
    for (unsigned looked = 0; p && looked < MAX_RELATED; p = p->previous_of_connection, looked++)
        if (p->incarnation == r->incarnation && p->d == r->d && p->has_trigger)
            return true;
    return false;
}

/* Y's acknowledgment with nothing else: an X that talks with Y, or has closed and waits for more,
 * takes it in silence. */
static bool taken_in_silence(const struct reset *r, const struct recent *e)
{
    if (!(r->x.seen & (END_DATA | END_FIN)) || segment_length(e->flags, e->length))
        return false;
    bool of_fin = (r->x.seen & END_FIN) && e->ack == r->x.fin_seq + 1;
    return of_fin || !answered_before(r);
}

static bool matches(const struct reset *r, const struct recent *e)
{
    if (!!(e->bits & RECENT_FROM_B) == r->d || (e->bits & (RECENT_DUPLICATE | RECENT_ANSWERED)))
        return false;
    return answers(r, e) && r->when - e->time <= trigger_window(r, e) && !was_accepted(r, e);
}

/* The newest match the observer can have seen answered: older than the way to X and back. */
static struct recent *newest_match(const struct reset *r, struct connection *c, int64_t min_age)
{
    struct recent *e;
    for (uint64_t n = recent_other(c); (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (r->when - e->time > TRIGGER_SYN)
            return NULL;
        if (r->when - e->time >= min_age && matches(r, e))
            return e;
    }
    return NULL;
}

/*
 * The k-th answer pairs with the k-th match: of the matches about as old as the newest that can
 * have been answered, the oldest without an answer.
 */
static struct recent *find_trigger(const struct reset *r, struct connection *c)
{
    struct recent *newest = newest_match(r, c, INT64_MIN), *best = newest;
    if (r->x.rtt_samples)
        best = newest_match(r, c, r->x.rtt_min / 2 - TRIGGER_JITTER);
    /* A bare ACK that X has most likely taken in silence does not excuse an answer that came too
     * fast for the data after it. */
    if (!best || (newest->length && !segment_length(best->flags, best->length)))
        best = newest;
    if (!best)
        return NULL;
    int64_t limit = TRIGGER_SPREAD * (r->when - best->time) + TRIGGER_JITTER;
    struct recent *e;
    for (uint64_t n = recent_other(c); (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (r->when - e->time > limit)
            break;
        if (e->time <= best->time && matches(r, e) &&
            (taken_in_silence(r, best) || !taken_in_silence(r, e)))
            best = e;
    }
    return best;
}

/* Of a stream many segments have the number that the RST answers, and where packets overtake each
 * other any of them may have drawn it: the end of the last. */
static uint32_t last_drawing_end(const struct reset *r, const struct connection *c)
{
    uint32_t end = r->trigger.seq + r->trigger.length;
    const struct recent *e;
    for (uint64_t n = recent_other(c); (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (r->when - e->time > trigger_window(r, e))
            break;
        if (matches(r, e))
            end = seq_max(end, e->seq + e->length);
    }
    return end;
}

/* RST+ACK that takes both its numbers from a segment with ACK: lwIP's tcp_rst(), and others. */
static bool answers_with_ack(const struct reset *r, const struct recent *e)
{
    return (r->flags & TCPRST_ACK) && (e->flags & TCPRST_ACK) && !(e->flags & TCPRST_RST) &&
           r->seq == e->ack && r->ack == e->seq + segment_length(e->flags, e->length);
}

/* RST+ACK as if to a segment without ACK, though that was a RST: libslirp. */
static bool answers_reset(const struct reset *r, const struct recent *e)
{
    return (e->flags & TCPRST_RST) && (r->flags & TCPRST_ACK) && r->seq == 0 &&
           r->ack == e->seq + e->length;
}

/* What tells one kind of trigger from another. */
static unsigned trigger_kind(const struct recent *e)
{
    bool syn = e->flags & TCPRST_SYN, ack = e->flags & TCPRST_ACK;
    return (syn ? 1u : 0u) | (ack ? 2u : 0u) | (e->flags & TCPRST_RST ? 32u : 0u) |
           (e->bits & RECENT_STRAY ? 4u : 0u) | (e->length ? 8u : 0u) |
           (e->flags & TCPRST_FIN ? 16u : 0u);
}

/*
 * Chance seldom puts the RST so close behind a segment whose numbers it has: the time since is a
 * thousandth of what lies between that segment and the one before it of either end.
 */
static void note_nearest(struct reset *r, struct connection *c)
{
    enum { CHANCE = 1000 };
    const struct recent *newest = newest_match(r, c, INT64_MIN), *e;
    if (!newest)
        return;
    r->nearest = newest->where;
    r->nearest_age = r->when - newest->time;
    for (uint64_t n = recent_other(c); (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (e->where >= newest->where || (e->bits & RECENT_DUPLICATE))
            continue;
        r->nearer = (r->when - newest->time) * CHANCE < newest->time - e->time;
        break;
    }
    if (r->nearer && (!r->has_trigger || r->trigger.where != newest->where))
        r->others[r->other_count++] = *newest;
}

/* The newest segments of each other kind that the RST may answer: which of them drew it depends on
 * what X's state was. */
static void find_others(struct reset *r, const struct connection *c)
{
    const struct recent *e;
    unsigned kinds[OTHER_TRIGGERS + 2], n = 0;
    if (r->has_trigger)
        kinds[n++] = trigger_kind(&r->trigger);
    for (unsigned i = 0; i < r->other_count; i++)
        kinds[n++] = trigger_kind(&r->others[i]);
    for (uint64_t back = 0; back < MAX_RELATED && r->other_count < OTHER_TRIGGERS &&
                            (e = recent_back(&c->recents, back)) != NULL;
         back++) {
        if (!!(e->bits & RECENT_FROM_B) == r->d || (e->bits & RECENT_DUPLICATE) ||
            !(answers(r, e) || answers_with_ack(r, e) || answers_reset(r, e)) ||
            r->when - e->time > trigger_window(r, e) || was_accepted(r, e))
            continue;
        unsigned kind = trigger_kind(e), i = 0;
        while (i < n && kinds[i] != kind)
            i++;
        if (i < n)
            continue;
        kinds[n++] = kind;
        r->others[r->other_count++] = *e;
    }
}

/* Another segment of Y, of another kind, that the same numbers would answer: which of the two drew
 * it is not certain. */
static bool is_ambiguous(const struct reset *r, const struct connection *c, const struct recent *t)
{
    const struct recent *e;
    for (uint64_t n = recent_other(c); n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL;
         n++) {
        bool other_kind = (e->flags ^ t->flags) & TCPRST_SYN;
        if (e == t || !other_kind || !!(e->bits & RECENT_FROM_B) == r->d ||
            (e->bits & RECENT_DUPLICATE))
            continue;
        if (answers(r, e) && r->when - e->time <= trigger_window(r, e) && !was_accepted(r, e))
            return true;
    }
    return false;
}

bool reset_pairs(const struct reset *before, const struct reset *r)
{
    return before->d != r->d && before->incarnation == r->incarnation && !before->has_trigger &&
           !r->has_trigger && !before->duplicate_of && !r->duplicate_of &&
           r->when - before->when <= AT_ONCE;
}

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

/* A RST may be captured just before what drew it; but where another RST follows that answers the
 * same, it is the later one's. */
static void take_late_trigger(struct reset *r, const struct connection *c)
{
    unsigned looked = 0;
    if (r->x.seen & END_FIN) /* it has closed: without what drew it, the earlier one says nothing */
        return;
    for (struct reset *p = c->last_reset; p && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++) {
        if (p->done || p->d != r->d || p->duplicate_of || !p->has_trigger ||
            p->trigger.where < where_pack(p->frame) || !answers(r, &p->trigger))
            continue;
        r->has_trigger = true;
        r->trigger = p->trigger;
        p->has_trigger = false;
        return;
    }
}

/* ---- is it a copy of the one before ---- */

static bool same_reset(const struct reset *r, const struct recent *e)
{
    if (!(e->flags & TCPRST_RST) || !!(e->bits & RECENT_FROM_B) != r->d ||
        (e->bits & RECENT_DUPLICATE))
        return false;
    int hops = e->ttl - r->ttl;
    return e->seq == r->seq && e->ack == r->ack && e->flags == r->flags && e->window == r->window &&
           e->ip_id == r->ip_id && e->length == r->payload_length && hops >= -1 && hops <= 1;
}

/* All packets but one or two, so far. */
static bool captured_twice(const struct connection *c)
{
    return 2 * c->copies + 2 >= c->segments;
}

static bool has_copy(const struct connection *c, const struct recent *t)
{
    const struct recent *e;
    for (uint64_t n = 0; n < DUPLICATE_BACK && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (e->where <= t->where)
            return false;
        if ((e->bits & RECENT_DUPLICATE) && !((e->bits ^ t->bits) & RECENT_FROM_B) &&
            e->seq == t->seq && e->ack == t->ack && e->flags == t->flags && e->ip_id == t->ip_id)
            return true;
    }
    return false;
}

/* Where every packet is captured at two places, what was captured at one was swallowed between. */
static void note_once(struct reset *r, const struct connection *c)
{
    if (!r->all_doubled)
        return;
    r->trigger_once = r->has_trigger && !has_copy(c, &r->trigger);
    for (unsigned i = 0; i < r->other_count; i++)
        r->others_once[i] = !has_copy(c, &r->others[i]);
}

/* An end answers each segment once: so many RSTs with the same numbers, so many segments. What is
 * no longer remembered, or lies behind too many others, may have drawn one: then nothing is
 * counted.
 */
static void count_alike(struct reset *r, const struct connection *c)
{
    const struct recent *e;
    uint32_t alike = 1, matching = 0;
    uint64_t n = 0;
    for (; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (r->when - e->time > HORIZON)
            break;
        bool from_x = !!(e->bits & RECENT_FROM_B) == r->d;
        alike += from_x && (e->flags & TCPRST_RST) && e->seq == r->seq && e->ack == r->ack &&
                 !((e->flags ^ r->flags) & TCPRST_ACK) && !(e->bits & RECENT_DUPLICATE);
        matching += !from_x && (answers(r, e) || answers_with_ack(r, e));
    }
    e = recent_back(&c->recents, n);
    bool all = n == c->recents.pushed || (e && r->when - e->time > HORIZON);
    r->alike = all ? alike : 0;
    r->matching = all ? matching : 0;
}

/* All but one of those no RST answered: what was answered may have been kept from the second place.
 */
static bool forwarded_twice(const struct connection *c)
{
    unsigned originals = 0, copies = 0;
    const struct recent *e;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if ((e->flags & TCPRST_RST) || (e->bits & RECENT_ANSWERED))
            continue;
        copies += (e->bits & RECENT_DUPLICATE) != 0;
        originals += !(e->bits & RECENT_DUPLICATE);
    }
    return copies >= 3 && copies + 1 >= originals;
}

/* Whether a router stands between the two places the packets are captured at: of the newest copy.
 */
static bool copies_differ(const struct connection *c)
{
    const struct recent *copy = NULL, *e;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (copy && !((e->bits ^ copy->bits) & RECENT_FROM_B) && e->seq == copy->seq &&
            e->ack == copy->ack && e->flags == copy->flags && e->ip_id == copy->ip_id)
            return e->ttl != copy->ttl;
        if (!copy && (e->bits & RECENT_DUPLICATE) && !(e->flags & TCPRST_RST))
            copy = e;
    }
    return false;
}

/*
 * The same packet captured twice. Its IP identification tells where it has one; the RSTs of a burst
 * are alike to the last bit but for their time, so without an identification only one that no
 * segment accounts for can be a copy.
 */
static struct recent *find_original(const struct reset *r, const struct connection *c)
{
    struct recent *e;
    /* Two capture points some way apart have much of a bulk transfer in between. */
    uint64_t back = r->ip_id ? DUPLICATE_BACK : RECENT_MIN * 2;
    for (uint64_t n = 0; n < back && (e = recent_back(&c->recents, n)) != NULL; n++) {
        int64_t apart = r->when - e->time;
        if (apart > DUPLICATE_WINDOW)
            return NULL;
        if (!same_reset(r, e))
            continue;
        if (r->ip_id)
            return e;
        /* Where every packet is seen twice, so is this one, and from as far away as they. */
        if (apart <= DUPLICATE_WINDOW_NO_ID && c->copies >= 1 &&
            (captured_twice(c) || forwarded_twice(c)) && copies_differ(c) == (e->ttl != r->ttl))
            return e;
        if (r->has_trigger)
            return NULL;
        if (e->ttl != r->ttl)
            return e;
    }
    return NULL;
}

/* A RST of X before it with the same numbers. */
static const struct recent *find_repeated(const struct reset *r, const struct connection *c)
{
    struct recent *e;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++)
        if ((e->flags & TCPRST_RST) && !!(e->bits & RECENT_FROM_B) == r->d &&
            !(e->bits & RECENT_DUPLICATE) && e->seq == r->seq && e->ack == r->ack &&
            e->flags == r->flags)
            return e;
    return NULL;
}

/* What drew the RST it repeats drew it too, doubled on the way: a duplicate points where its
 * original points. */
static void note_repeats(struct reset *r, const struct connection *c)
{
    const struct recent *e = find_repeated(r, c);
    if (!e)
        return;
    r->repeats = e->where;
    unsigned looked = 0;
    bool met = false;
    for (const struct reset *p = c->last_reset; p && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++) {
        if (where_pack(p->frame) != e->where) {
            if (met) /* those of one frame stand together */
                break;
            continue;
        }
        met = true;
        if (!p->has_trigger || r->when - p->when > TRIGGER_MIN)
            continue;
        /* Answers keep the order of what drew them. */
        if (r->has_trigger && r->trigger.where > p->trigger.where)
            continue;
        r->has_trigger = r->trigger_inherited = true;
        r->trigger = p->trigger;
    }
}

/* An acknowledgment Y sent some time before: an old copy of that segment may have come late. */
static where_t find_old_ack(const struct reset *r, const struct connection *c)
{
    struct recent *e;
    if (r->has_trigger || (r->flags & TCPRST_ACK))
        return 0;
    for (uint64_t n = c->apart ? 0 : recent_other(c);
         n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++)
        if (!!(e->bits & RECENT_FROM_B) != r->d && (e->flags & TCPRST_ACK) &&
            !(e->flags & TCPRST_RST) && e->ack == r->seq)
            return e->where;
    return 0;
}

/* ---- does it have the form of an abort ---- */

static bool seen(const struct endpoint *end, uint32_t what)
{
    return (end->seen & what) == what;
}

/* Octets that the capture may lack are fewer than this; what lies further away was never sent. */
enum { GAP_MOST = 1 << 20 };

static enum fact_state state_of(bool holds)
{
    return holds ? FACT_TRUE : FACT_FALSE;
}

/* An abort acknowledges RCV.NXT: not less than X had acknowledged before, not more than Y sent. */
static enum fact_state abort_ack(const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (!(r->flags & TCPRST_ACK)) /* RFC 9293 section 3.10.5 asks for none */
        return FACT_TRUE;
    if (seen(x, END_ACK) && seq_lt(r->ack, x->max_ack))
        return FACT_FALSE;
    if (seen(y, END_SEEN) && seq_le(r->ack, y->snd_max))
        return FACT_TRUE;
    if (!seen(y, END_SEEN) && !seen(x, END_ACK))
        return FACT_HIDDEN;
    uint32_t known = seen(y, END_SEEN) ? y->snd_max : x->max_ack;
    if (seen(x, END_EDGE) && seq_lt(x->edge, r->ack))
        return FACT_FALSE;
    return seq_diff(r->ack, known) <= GAP_MOST ? FACT_HIDDEN : FACT_FALSE;
}

/*
 * RFC 9293 section 3.10.5: ABORT sends <SEQ=SND.NXT>. Linux tcp_acceptable_seq(): the right edge of
 * the peer's window where the peer has shrunk it below SND.NXT.
 */
static enum fact_state abort_seq(const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (!seen(x, END_SEEN)) {
        if (r->seq == 0) /* the form of an answer; a live socket hardly ever stands there */
            return FACT_FALSE;
        if (!seen(y, END_ACK))
            return FACT_HIDDEN;
        int32_t ahead = seq_diff(r->seq, y->max_ack);
        return ahead == 0 ? FACT_TRUE : ahead > 0 && ahead <= GAP_MOST ? FACT_HIDDEN : FACT_FALSE;
    }
    int32_t ahead = seq_diff(r->seq, x->snd_max);
    if (ahead == 0 || (seen(x, END_FIN) && r->seq == x->fin_seq))
        return FACT_TRUE;
    if (ahead < 0)
        return state_of((r->flags & TCPRST_ACK) && ((seen(y, END_EDGE) && r->seq == y->edge) ||
                                                    (seen(y, END_ACK) && r->seq == y->max_ack)));
    if (seen(y, END_EDGE) && seq_lt(y->edge, r->seq))
        return FACT_FALSE;
    return ahead <= GAP_MOST ? FACT_HIDDEN : FACT_FALSE;
}

enum fact_state reset_abort_numbers(const struct reset *r)
{
    enum fact_state seq = abort_seq(r), ack = abort_ack(r);
    if (seq == FACT_FALSE || ack == FACT_FALSE)
        return FACT_FALSE;
    return seq == FACT_HIDDEN ? seq : ack;
}

uint16_t reset_service_port(const struct reset *r)
{
    bool sender_serves = r->client >= 0 ? r->client == 1 : r->source_port < r->destination_port;
    return sender_serves ? r->source_port : r->destination_port;
}

bool reset_has_abort_form(const struct reset *r)
{
    return !r->has_trigger && reset_abort_numbers(r) == FACT_TRUE;
}

bool reset_is_abort(const struct reset *r)
{
    /* Of one end alone nothing better is known than that it took part. */
    bool one_end = !seen(&r->y, END_SEEN) && seen(&r->x, END_SEEN | END_ACK);
    return reset_has_abort_form(r) && (one_end || (r->connection_flags & CONN_ESTABLISHED));
}

/* ---- the record ---- */

static uint16_t sum16(const uint8_t *p, uint32_t n, uint32_t *sum)
{
    for (uint32_t i = 0; i + 1 < n; i += 2)
        *sum += (uint32_t)p[i] << 8 | p[i + 1];
    if (n & 1)
        *sum += (uint32_t)p[n - 1] << 8;
    while (*sum >> 16)
        *sum = (*sum & 0xffff) + (*sum >> 16);
    return (uint16_t)*sum;
}

/* RFC 9293 section 3.1: pseudo-header, header and text. Only whole segments can be judged. */
static void check_sum(struct reset *r, const struct tcprst_segment *s)
{
    if (s->captured < s->length || s->length > 65535 || s->seen.translated)
        return;
    uint32_t sum = 6 + s->length;
    unsigned n = s->ip_version == 6 ? 16 : 4;
    sum16(s->source, n, &sum);
    sum16(s->destination, n, &sum);
    uint32_t pseudo = sum, field = s->length >= 18 ? (uint32_t)s->bytes[16] << 8 | s->bytes[17] : 0;
    r->checksum_known = true;
    r->bad_checksum = sum16(s->bytes, s->length, &sum) != 0xffff;
    r->unfilled = r->bad_checksum && field == pseudo;
}

static void copy_segment(struct reset *r, const struct tcprst_segment *s)
{
    r->cookie = s->cookie;
    r->frame = s->frame;
    r->time = s->time;
    r->seen = s->seen;
    r->seen_at = (uint16_t)(1u << s->seen.place);
    r->layer = s->layer;
    r->ip_version = s->ip_version;
    r->ip_header = s->ip_header;
    r->dont_fragment = s->dont_fragment;
    r->ttl = s->ttl;
    r->tos = s->tos;
    r->ip_id = s->ip_id;
    r->flow_label = s->flow_label;
    r->flags = s->flags;
    r->window = s->window;
    r->window_known = s->window_known;
    r->seq = s->seq;
    r->ack = s->ack;
    r->payload_length = s->payload_length;
    r->header_length = s->header_length;
    memcpy(r->source, s->source, 16);
    memcpy(r->destination, s->destination, 16);
    r->source_port = s->source_port;
    r->destination_port = s->destination_port;
    tcp_options_parse(s, &r->options);
    if (s->captured > s->header_length) {
        r->text_length = s->captured - s->header_length;
        if (r->text_length > sizeof r->text)
            r->text_length = sizeof r->text;
        memcpy(r->text, s->bytes + s->header_length, r->text_length);
    }
}

static bool near(uint32_t a, uint32_t b)
{
    return seq_diff(a, b) < (1 << 16) && seq_diff(a, b) > -(1 << 16);
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
    r->past_matches = older_syn || (ack && x_seen && near(t->ack, x->snd_max)) ||
                      (y_known && near(t->seq, y_next));
    r->past_gaps =
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
    r->has_past = true;
    /* It is the end that answers the SYN, or challenges it, whose FIN tells. */
    bool refuses = r->has_trigger && (r->trigger.flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    bool closed = !r->has_trigger ? x_fin || y_fin : refuses ? x_fin : y_fin;
    r->past_fins = closed;
    r->past_acked = x_fin && y_fin && seen(x, END_ACK) && seen(y, END_ACK) &&
                    seq_lt(x->fin_seq, y->max_ack) && seq_lt(y->fin_seq, x->max_ack);
    r->past_second = closed_second(c, x, y);
    r->past_reset = p->reset;
    /* Where only the other one was captured, nobody knows. */
    r->past_open = !x_fin && !y_fin && !p->reset && (x->seen & END_ACK);
    r->past_age = r->when - p->last_time;
    r->past_iss = y->seen & END_SYN ? y->iss : x->max_ack - 1;
    r->past_syn = ((y->seen & END_SYN) || accepted) && !x_fin && !y_fin && !p->reset;
    if (r->has_trigger)
        match_past(r, p);
}

/* Y's last word before the RST was one without new data, after a pause. */
static void note_provoked(struct reset *r, const struct connection *c)
{
    const struct recent *t = recent_back(&c->recents, 0);
    r->provoked_pause = -1;
    if (!t || !!(t->bits & RECENT_FROM_B) == r->d || (t->flags & (TCPRST_RST | TCPRST_SYN)) ||
        !(t->length <= 1 || (t->bits & RECENT_REPEATED)) || (t->flags & TCPRST_FIN))
        return;
    int64_t took = r->when - t->time, pause = idle_before(r, c, t);
    int64_t trip = r->x.rtt_max > 0 ? 2 * r->x.rtt_max : 0;
    if (t->length && !(t->bits & (RECENT_PROBE | RECENT_REPEATED)))
        return;
    if (took <= trip + REACTION && pause >= IDLE_LONGEST_MIN) {
        r->provoked_pause = pause;
        r->provoked_after = took;
        r->provoked_where = t->where;
    }
}

static void copy_ended(struct reset *r, const struct connection *c)
{
    r->already_ended = c->ended;
    r->already_gone = c->gone;
    /* Who acknowledges what was sent since has the connection all the same. */
    for (unsigned i = 0; i < 2; i++)
        if ((c->end[i].seen & END_ACK) && seq_lt(c->gone_reach[i], c->end[i].max_ack))
            r->already_gone &= (uint8_t) ~(5u << i);
    r->already_surely = c->surely;
    r->already_ended_where = c->ended_where;
    r->already_event = c->ended_event;
}

void reset_begin(struct reset *r, struct connection *c, const struct tcprst_segment *s, int d,
                 int64_t when)
{
    memset(r, 0, sizeof *r);
    r->connection = c;
    r->incarnation = c->number;
    if (c->past)
        r->reused_from = c->segments ? c->first : where_pack(s->frame);
    r->d = (uint8_t)d;
    r->when = when;
    copy_segment(r, s);
    check_sum(r, s);
    r->x = c->end[d];
    r->y = c->end[!d];
    r->connection_flags = c->flags;
    r->x_stack = (uint8_t)connection_stack(c, d);
    r->client = (int8_t)(c->client < 0 ? -1 : c->client != d);
    r->segments_before = c->segments;
    r->all_doubled = (captured_twice(c) && c->copies >= 3) || forwarded_twice(c);
    r->longest_idle = c->longest_idle;
    struct recent *t = find_trigger(r, c);
    if (t) {
        r->has_trigger = true;
        r->trigger = *t;
        r->trigger_ambiguous = is_ambiguous(r, c, t);
        /* Older than this incarnation: it belongs to the one before. */
        if (c->segments && t->where < c->first)
            r->trigger.bits |= RECENT_STRAY;
    }
    note_nearest(r, c);
    struct recent *original = find_original(r, c);
    if (!t && !original)
        take_late_trigger(r, c);
    if (s->seen.copy_of.number) {
        r->duplicate_of = where_pack(s->seen.copy_of);
    } else if (original) {
        r->duplicate_of = original->where;
        r->doubled = copies_differ(c) == (original->ttl != r->ttl);
    } else if (t) {
        t->bits |= RECENT_ANSWERED;
    }
    note_repeats(r, c);
    find_others(r, c);
    note_once(r, c);
    count_alike(r, c);
    if (r->has_trigger)
        r->drawn_end = last_drawing_end(r, c);
    r->old_ack = find_old_ack(r, c);
    r->idle = idle_before(r, c, r->has_trigger ? &r->trigger : NULL);
    for (unsigned i = 0; i < r->other_count; i++)
        r->others_idle[i] = idle_before(r, c, &r->others[i]);
    note_provoked(r, c);
    r->data_idle = data_idle_before(r, c);
    r->age = age_of(r, c);
    copy_past(r, c);
    copy_ended(r, c);
}

void reset_late_trigger(struct reset *r, struct recent *e, int d)
{
    if (r->has_trigger || r->duplicate_of || d == r->d || e->time - r->when > CAPTURE_REORDER ||
        (e->bits & (RECENT_DUPLICATE | RECENT_ANSWERED)) || !answers(r, e) || was_accepted(r, e))
        return;
    e->bits |= RECENT_ANSWERED;
    r->has_trigger = true;
    r->trigger = *e;
    r->drawn_end = e->seq + e->length;
}

/* ---- what followed ---- */

void after_init(struct after *a)
{
    memset(a, 0, sizeof *a);
    a->y_first = a->y_last = a->x_last = a->y_repeated = a->challenge = a->x_new = -1;
    a->syn_again = a->syn_new = a->syn_ack = a->y_resumed = -1;
}

int64_t after_pause(const struct reset *r)
{
    if (r->y.rtt_samples == 0)
        return 4 * REACTION;
    return r->y.rtt_max * 3 / 2 + REACTION;
}

/* Y made it when the RST must long have reached it, by Y's own clock. RFC 7323 section 5.4 has it
 * tick at most once a millisecond: so many at least had passed since Y's segment before. A stream
 * of Y's own may have stood in a queue for who knows how long. */
static bool made_after(const struct reset *r, const struct tcprst_segment *s,
                       const struct recent *e)
{
    bool streams = r->y.octets - r->y.octets_mark >= BULK_OCTETS;
    if (!seen(&r->y, END_SEEN | END_TIMESTAMPS) || (e->bits & RECENT_STRAY) || !r->y.rtt_samples ||
        streams)
        return false;
    struct tcp_options o;
    tcp_options_parse(s, &o);
    int64_t ticked = seq_diff(o.ts_val, r->y.ts_val) * NS_PER_MS, passed = e->time - r->y.last_time,
            enough = r->when - r->y.last_time + after_pause(r);
    /* A clock that ticks faster shows in that less has passed for the observer. */
    return o.has_timestamps && passed > enough && ticked > enough &&
           ticked - passed <= after_pause(r);
}

static void note_receiver(struct after *a, const struct reset *r, const struct tcprst_segment *s,
                          const struct recent *e)
{
    bool bare_ack =
        (s->flags & (TCPRST_ACK | TCPRST_SYN | TCPRST_FIN)) == TCPRST_ACK && !s->payload_length;
    if (a->y_count++ == 0) {
        a->y_first = e->time;
        a->y_first_where = e->where;
    }
    int64_t before = a->y_last >= 0 ? a->y_last : r->when;
    bool fresh = segment_length(s->flags, s->payload_length) && !(e->bits & RECENT_REPEATED);
    bool paused = e->time - before > (fresh ? RESUME_MIN : after_pause(r));
    if (a->y_resumed < 0 && (paused || (fresh && made_after(r, s, e)))) {
        a->y_resumed = e->time;
        a->y_resumed_where = e->where;
    }
    if (!a->y_beyond && (r->x.seen & END_EDGE) && s->payload_length && !(e->bits & RECENT_STRAY) &&
        seq_lt(r->x.edge, s->seq + s->payload_length))
        a->y_beyond = e->where;
    a->y_last = e->time;
    a->y_last_where = e->where;
    if ((e->bits & RECENT_REPEATED) && !(e->bits & RECENT_PROBE) && a->y_repeated < 0 &&
        e->time - r->when > CAPTURE_REORDER) {
        a->y_repeated = e->time;
        a->y_repeated_where = e->where;
    }
    if (!a->y_acked_new && (s->flags & TCPRST_ACK) && (r->x.seen & END_SEEN) && a->x_new >= 0 &&
        seq_lt(r->x.snd_max, s->ack) && seq_le(s->ack, r->connection->end[r->d].snd_max))
        a->y_acked_new = e->where;
    uint32_t end = s->seq + segment_length(s->flags, s->payload_length);
    if (!a->y_new && (r->y.seen & END_SEEN) && s->payload_length && seq_lt(r->y.snd_max, end) &&
        !(e->bits & RECENT_STRAY) && !(s->flags & TCPRST_SYN) &&
        e->time - r->when <= (r->y.rtt_max > 0 ? r->y.rtt_max : 0) + TRIGGER_MIN)
        a->y_new = e->where;
    struct tcp_options o;
    tcp_options_parse(s, &o);
    bool again = !(r->y.seen & END_ACK) || s->ack == (a->y_ack_known ? a->y_ack : r->y.max_ack);
    if (bare_ack && a->challenge < 0 && again && !o.has_sack &&
        (!(r->y.seen & END_SEEN) || s->seq == r->y.snd_max)) {
        a->challenge = e->time;
        a->challenge_where = e->where;
        a->challenge_ack = s->ack;
    }
    a->y_ack = s->ack;
    a->y_ack_known = s->flags & TCPRST_ACK;
}

/* Its timestamp says that X had made it before the RST, or before what was captured before that:
 * what a live connection sends again carries the time of sending it again (RFC 7323 section 4.3).
 */
static bool is_old_copy(const struct reset *r, const struct tcprst_segment *s)
{
    struct tcp_options o;
    if ((r->x.seen & (END_SEEN | END_TIMESTAMPS)) != (END_SEEN | END_TIMESTAMPS))
        return false;
    tcp_options_parse(s, &o);
    return o.has_timestamps && seq_le(o.ts_val, r->x.ts_val);
}

static void note_sender(struct after *a, const struct reset *r, const struct tcprst_segment *s,
                        const struct recent *e)
{
    a->x_count++;
    if (!is_old_copy(r, s)) {
        a->x_last = e->time;
        a->x_last_where = e->where;
    }
    /* Captures reorder: what comes with the RST may have been sent before it. */
    if (e->time - r->when <= CAPTURE_REORDER)
        return;
    uint32_t end = s->seq + segment_length(s->flags, s->payload_length);
    bool more = (r->x.seen & END_SEEN) && seq_lt(r->x.snd_max, end);
    if (more && !a->x_more && !(e->bits & RECENT_STRAY) && r->seq == r->x.snd_max)
        a->x_more = e->where;
    uint32_t known = r->flags & TCPRST_ACK ? r->ack : r->drawn_end - 1;
    bool answered =
        r->flags & TCPRST_ACK ? !r->has_trigger : r->has_trigger && r->trigger.length > 0;
    if (answered && (s->flags & TCPRST_ACK) && !a->x_acked_trigger && (r->x.seen & END_ACK) &&
        seq_lt(r->x.max_ack, s->ack) && seq_lt(known, s->ack) && !(e->bits & RECENT_STRAY) &&
        seq_le(s->ack, r->connection->end[!r->d].snd_max))
        a->x_acked_trigger = e->where;
    bool heard = (s->flags & TCPRST_ACK) && (r->x.seen & END_ACK) && seq_lt(r->x.max_ack, s->ack);
    if ((s->flags & TCPRST_ACK) && !a->x_acked_later && (r->y.seen & END_SEEN) &&
        seq_lt(r->y.snd_max, s->ack) && seq_le(s->ack, r->connection->end[!r->d].snd_max) &&
        !(e->bits & RECENT_STRAY))
        a->x_acked_later = e->where;
    if ((e->bits & RECENT_REPEATED) && !a->x_repeated && e->time - r->when > WENT_ON_MIN)
        a->x_repeated = e->where;
    if ((more || heard) && a->x_new < 0 && !(e->bits & RECENT_STRAY)) {
        a->x_new = e->time;
        a->x_new_where = e->where;
    }
    if ((s->flags & (TCPRST_SYN | TCPRST_ACK)) == (TCPRST_SYN | TCPRST_ACK) && a->syn_ack < 0) {
        a->syn_ack = e->time;
        a->syn_ack_where = e->where;
    }
}

bool reset_captured_before(const struct connection *c, const struct recent *e)
{
    const struct recent *p;
    if (!e->ip_id)
        return false;
    for (uint64_t n = 0; n < MERGED_BACK && (p = recent_back(&c->recents, n)) != NULL; n++)
        if (p != e && p->ip_id == e->ip_id && p->seq == e->seq && p->ack == e->ack &&
            p->flags == e->flags && p->length == e->length && p->window == e->window &&
            !((p->bits ^ e->bits) & RECENT_FROM_B))
            return true;
    return false;
}

void after_note(struct after *a, const struct reset *r, const struct tcprst_segment *s,
                const struct recent *e, int d)
{
    if (a->closed)
        return;
    bool from_x = d == r->d;
    /* A SYN-ACK of another incarnation, whose SYN was not captured: what follows is of that one. */
    bool syn_ack = (s->flags & (TCPRST_SYN | TCPRST_ACK)) == (TCPRST_SYN | TCPRST_ACK);
    if (syn_ack && (e->bits & RECENT_STRAY) && (r->connection_flags & CONN_ESTABLISHED)) {
        a->closed = true;
        return;
    }
    bool syn = (s->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    if (r->incarnation != r->connection->number) {
        a->closed = true;
        a->syn_new = e->time;
        a->syn_where = e->where;
        return;
    }
    if (syn && a->syn_again < 0) {
        a->syn_again = e->time;
        a->syn_where = e->where;
    }
    if ((s->flags & TCPRST_SYN) && (s->flags & TCPRST_ACK) && a->syn_again >= 0 &&
        !(e->bits & RECENT_STRAY))
        a->reopened = true;
    if (syn)
        return;
    if (from_x)
        note_sender(a, r, s, e);
    else
        note_receiver(a, r, s, e);
}
