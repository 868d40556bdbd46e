/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset_trigger.c - which segment drew a RST: what its numbers answer, and what else they may
 * answer.
 */
#include "reset_parts.h"

#include "sequence.h"
#include "thresholds.h"

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

/* Answers keep the order of what drew them: the next segment's waits behind the one before it. */
static bool is_behind(const struct reset *r, const struct recent *e)
{
    return r->drawn.answered && e->where > r->drawn.answered;
}

int64_t reset_answer_time(const struct reset *r, const struct recent *e)
{
    bool waited = is_behind(r, e) && r->drawn.answered_when > e->time;
    return r->when - (waited ? r->drawn.answered_when : e->time);
}

static int64_t trigger_window(const struct reset *r, const struct recent *e)
{
    if ((e->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN)
        return TRIGGER_SYN;
    if (r->x.rtt_max < 0 || is_behind(r, e))
        return TRIGGER_UNKNOWN_RTT;
    int64_t window = TRIGGER_RTTS * r->x.rtt_max;
    return window > TRIGGER_MIN ? window : TRIGGER_MIN;
}

/* Not so long ago that its answer would have come before. */
static bool in_time(const struct reset *r, const struct recent *e)
{
    return reset_answer_time(r, e) <= trigger_window(r, e);
}

/* X had this segment, or later ones of Y, and still went on: it acknowledged their octets. */
static bool was_accepted(const struct reset *r, const struct recent *e)
{
    const struct connection *c = r->connection;
    /* Who refuses a SYN that X accepted has seen that SYN all the same. */
    if ((e->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN && r->seq == 0 && e->where >= c->first)
        return false;
    bool before = e->where < c->first && c->past;
    const struct endpoint *x = before ? &c->past->end[r->d] : &r->x;
    /* A RST is never acknowledged. */
    if (!(x->seen & END_ACK) || (e->bits & (RECENT_STRAY | RECENT_REPEATED)) ||
        (e->flags & TCPRST_RST))
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

/* No stack waits so long, as far as the way to X and back is known. */
static bool is_overdue(const struct reset *r, const struct recent *e)
{
    int64_t took = reset_answer_time(r, e);
    return took > TRIGGER_UNKNOWN_RTT && took > 3 * r->x.rtt_max;
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

/* Other places show, where there are some, that it had not come to X yet. */
static bool was_under_way(const struct reset *r, const struct recent *e)
{
    return e->time >= r->before.under_way;
}

/* Of Y, had come to X, and no RST was paired with it yet. */
static bool is_unspent(const struct reset *r, const struct recent *e)
{
    return !!(e->bits & RECENT_FROM_B) != r->d &&
           !(e->bits & (RECENT_DUPLICATE | RECENT_ANSWERED)) && !was_under_way(r, e);
}

static bool matches(const struct reset *r, const struct recent *e)
{
    if (!is_unspent(r, e))
        return false;
    return answers(r, e) && in_time(r, e) && !was_accepted(r, e);
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
        if (e->time <= best->time && matches(r, e) && (!is_overdue(r, e) || is_overdue(r, best)) &&
            (taken_in_silence(r, best) || !taken_in_silence(r, e)))
            best = e;
    }
    return best;
}

/* What the RST before it says of that, where it has the same numbers: what is spent stays so. */
static uint64_t spent_before(const struct reset *r, const struct connection *c)
{
    const struct reset *p = c->last_reset;
    bool same = SHORTCUTS && p && p->d == r->d && p->seq == r->seq && p->ack == r->ack &&
                !((p->flags ^ r->flags) & TCPRST_ACK);
    return same ? p->drawn.spent : 0;
}

/* Of a stream many segments have the number that the RST answers, and where packets overtake each
 * other any of them may have drawn it: the end of the last. */
static void note_drawing_end(struct reset *r, const struct connection *c)
{
    uint32_t end = r->trigger.seq + r->trigger.length;
    uint64_t pushed = c->recents.pushed, spent = spent_before(r, c);
    bool all_spent = true;
    const struct recent *e;
    for (uint64_t n = recent_other(c); pushed - n > spent; n++) {
        e = recent_back(&c->recents, n);
        if (!e)
            break;
        bool over = !in_time(r, e);
        all_spent &= !over && !(is_unspent(r, e) && answers(r, e));
        if (over)
            break;
        if (matches(r, e))
            end = seq_max(end, e->seq + e->length);
    }
    r->drawn.end = end;
    r->drawn.spent = all_spent ? pushed - recent_other(c) : spent;
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

static void add_other(struct reset *r, const struct recent *e)
{
    r->drawn.others[r->drawn.other_count++] = (struct other_trigger){.segment = *e};
}

/*
 * Chance seldom puts the RST so close behind a segment whose numbers it has: the time since is a
 * small part of what lies between that segment and the one before it of either end.
 */
static void note_nearest(struct reset *r, struct connection *c)
{
    const struct recent *newest = newest_match(r, c, INT64_MIN), *e;
    if (!newest)
        return;
    r->drawn.nearest = newest->where;
    r->drawn.nearest_age = r->when - newest->time;
    for (uint64_t n = recent_other(c); (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (e->where >= newest->where || (e->bits & RECENT_DUPLICATE))
            continue;
        r->drawn.nearer = (r->when - newest->time) * NEARER_PART < newest->time - e->time;
        break;
    }
    if (r->drawn.nearer && (!r->has_trigger || r->trigger.where != newest->where))
        add_other(r, newest);
}

/* The newest segments of each other kind that the RST may answer: which of them drew it depends on
 * what X's state was. */
static void find_others(struct reset *r, const struct connection *c)
{
    const struct recent *e;
    unsigned kinds[OTHER_TRIGGERS + 2], n = 0;
    if (r->has_trigger)
        kinds[n++] = trigger_kind(&r->trigger);
    for (unsigned i = 0; i < r->drawn.other_count; i++)
        kinds[n++] = trigger_kind(&r->drawn.others[i].segment);
    /* A RST it answers only, if at all, where it acknowledges something. */
    uint64_t back = r->flags & TCPRST_ACK || !c->last_other ? 0 : recent_other(c);
    for (; back < MAX_RELATED && r->drawn.other_count < OTHER_TRIGGERS &&
           (e = recent_back(&c->recents, back)) != NULL;
         back++) {
        if (!!(e->bits & RECENT_FROM_B) == r->d || (e->bits & RECENT_DUPLICATE) ||
            was_under_way(r, e))
            continue;
        unsigned kind = trigger_kind(e), i = 0;
        while (i < n && kinds[i] != kind)
            i++;
        if (i < n || !(answers(r, e) || answers_with_ack(r, e) || answers_reset(r, e)) ||
            !in_time(r, e) || was_accepted(r, e))
            continue;
        kinds[n++] = kind;
        add_other(r, e);
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
            (e->bits & RECENT_DUPLICATE) || was_under_way(r, e))
            continue;
        if (answers(r, e) && in_time(r, e) && !was_accepted(r, e))
            return true;
    }
    return false;
}

/* A copy that the network made comes to X as its original does: after a RST of Y, X answers it. */
static struct recent *find_network_copy(const struct reset *r, const struct connection *c)
{
    const struct reset *p = c->last_reset;
    struct recent *e;
    if (p && p->row >= MAX_RELATED && p->incarnation == r->incarnation && p->d == r->d)
        return NULL;
    for (unsigned looked = 0; p && p->incarnation == r->incarnation && p->d == r->d; looked++) {
        if (looked == MAX_RELATED)
            return NULL;
        p = p->previous_of_connection;
    }
    if (!p || p->incarnation != r->incarnation)
        return NULL;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (e->where < where_pack(p->frame) || !in_time(r, e))
            return NULL;
        if ((e->bits & RECENT_DUPLICATE) && !(e->bits & RECENT_ANSWERED) &&
            !!(e->bits & RECENT_FROM_B) != r->d && answers(r, e))
            return e;
    }
    return NULL;
}

static void note_answered(struct reset *r, const struct connection *c)
{
    const struct reset *p = c->last_reset;
    for (unsigned looked = 0; p && looked < MAX_RELATED; p = p->previous_of_connection, looked++) {
        if (p->incarnation != r->incarnation || p->d != r->d || p->duplicate_of)
            continue;
        r->drawn.answered = p->has_trigger ? p->trigger.where : 0;
        r->drawn.answered_when = p->when;
        return;
    }
}

struct recent *reset_find_trigger(struct reset *r, struct connection *c)
{
    note_answered(r, c);
    struct recent *t = find_trigger(r, c);
    if (!t)
        t = find_network_copy(r, c);
    if (t) {
        r->has_trigger = true;
        r->trigger = *t;
        r->drawn.ambiguous = is_ambiguous(r, c, t);
        /* Older than this incarnation: it belongs to the one before. */
        if (c->segments && t->where < c->first)
            r->trigger.bits |= RECENT_STRAY;
    }
    note_nearest(r, c);
    return t;
}

/* A RST may be captured just before what drew it; but where another RST follows that answers the
 * same, it is the later one's. */
void reset_take_late_trigger(struct reset *r, const struct connection *c)
{
    unsigned looked = 0;
    if (r->x.seen & END_FIN) /* it has closed: without what drew it, the earlier one says nothing */
        return;
    if (c->last_reset && c->last_reset->row >= MAX_RELATED && !c->last_reset->has_trigger)
        return;
    for (struct reset *p = c->last_reset; p && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++) {
        if (p->judged.done || p->d != r->d || p->duplicate_of || !p->has_trigger ||
            p->trigger.where < where_pack(p->frame) || !answers(r, &p->trigger))
            continue;
        r->has_trigger = true;
        r->trigger = p->trigger;
        p->has_trigger = false;
        reset_leave_row(p);
        return;
    }
}

/* X's own, with which it first sent what r's number is behind: nothing of Y before acknowledges
 * that.
 */
static bool first_sent(const struct reset *r, const struct recent *e)
{
    return !(r->flags & TCPRST_ACK) && segment_length(e->flags, e->length) &&
           !(e->flags & TCPRST_RST) && !(e->bits & (RECENT_REPEATED | RECENT_STRAY)) &&
           e->seq + segment_length(e->flags, e->length) == r->seq;
}

/* An end answers each segment once: so many RSTs with the same numbers, so many segments. What is
 * no longer remembered, or lies behind too many others, may have drawn one: then nothing is
 * counted.
 */
static void count_alike(struct reset *r, const struct connection *c)
{
    const struct recent *e = recent_back(&c->recents, MAX_RELATED);
    uint32_t alike = 1, matching = 0, text = 0;
    uint64_t n = 0;
    if (e && r->when - e->time <= HORIZON)
        return;
    for (; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        bool from_x = !!(e->bits & RECENT_FROM_B) == r->d;
        if (r->when - e->time > HORIZON || (from_x && first_sent(r, e)))
            break;
        alike += from_x && (e->flags & TCPRST_RST) && e->seq == r->seq && e->ack == r->ack &&
                 !((e->flags ^ r->flags) & TCPRST_ACK) && !(e->bits & RECENT_DUPLICATE);
        bool matches = !from_x && (answers(r, e) || answers_with_ack(r, e));
        matching += matches;
        text += matches && segment_length(e->flags, e->length) != 0;
    }
    e = recent_back(&c->recents, n);
    bool all = n == c->recents.pushed || (e && (n < MAX_RELATED || r->when - e->time > HORIZON));
    r->drawn.alike = all ? alike : 0;
    r->drawn.matching = all ? matching : 0;
    r->drawn.text = all ? text : 0;
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
    r->drawn.repeats = e->where;
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
        r->has_trigger = r->drawn.inherited = true;
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

void reset_find_other_triggers(struct reset *r, const struct connection *c)
{
    note_repeats(r, c);
    find_others(r, c);
    count_alike(r, c);
    if (r->has_trigger)
        note_drawing_end(r, c);
    r->drawn.old_ack = find_old_ack(r, c);
}

void reset_late_trigger(struct reset *r, struct recent *e, int d)
{
    if (r->has_trigger || r->duplicate_of || d == r->d || e->time - r->when > CAPTURE_REORDER ||
        (e->bits & (RECENT_DUPLICATE | RECENT_ANSWERED)) || !answers(r, e) || was_accepted(r, e))
        return;
    e->bits |= RECENT_ANSWERED;
    r->has_trigger = true;
    r->trigger = *e;
    r->drawn.end = e->seq + e->length;
    r->before.answered_pause = -1; /* it was asked of another trigger, if of any */
    reset_leave_row(r);
}
