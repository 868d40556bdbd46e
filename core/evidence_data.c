/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_data.c - facts of data and pauses: what was exchanged, idle times, retransmissions,
 * probes. */
#include "evidence_tell.h"

#include "sequence.h"
#include "signatures.h"
#include "thresholds.h"

/* What of Y's had reached X when it sent the RST, as far as that may acknowledge X's last text. */
struct heard {
    const struct recent *last; /* NULL: nothing that is remembered */
    bool of_all;               /* that all of X's text had arrived */
};

/* What passed here later than X's least round trip before the RST came to X behind it. */
static bool had_reached(const struct reset *r, const struct recent *p)
{
    return r->x.rtt_min < 0 || r->when - p->time >= r->x.rtt_min;
}

static struct heard heard_of(const struct reset *r)
{
    const struct recent *p;
    const struct connection *c = r->connection;
    struct heard heard = {NULL, false};
    uint32_t end = r->x.snd_max - seen(&r->x, END_FIN);
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && !heard.of_all && (p = recent_back(&c->recents, n)) != NULL; n++) {
        if (heard.last && p->time < r->x.last_data_time)
            break;
        if (!!(p->bits & RECENT_FROM_B) == r->d || (p->bits & (RECENT_DUPLICATE | RECENT_STRAY)) ||
            (p->flags & TCPRST_RST) || !had_reached(r, p))
            continue;
        heard.last = heard.last ? heard.last : p;
        heard.of_all = (p->flags & TCPRST_ACK) && seq_le(end, p->ack);
    }
    return heard;
}

/* Whether X aborted before it can have known that its text had arrived, and whether all it knew of
 * was what it answered with that. Text that was sent again, or is long unacknowledged, is lost or
 * waits; and who breaks a transfer off does so in its midst. */
static void fact_on_its_way(struct evidence *e, const struct reset *r, const struct heard *heard)
{
    const struct endpoint *x = &r->x;
    if (!seen(&r->y, END_SEEN | END_ACK) || !seen(x, END_DATA) || seen(x, END_FIN) ||
        e->view.gaps || x->retransmissions || r->when - x->last_data_time > EARLY_REPLY ||
        x->octets - x->octets_mark >= BULK_OCTETS)
        return;
    tell_at(e, F(REPLY_ON_ITS_WAY), !heard->of_all, x->last);
    bool answered = heard->last && heard->last->length && !heard->of_all &&
                    heard->last->time <= x->last_data_time;
    tell_at(e, F(ANSWERED_LAST), answered, answered ? heard->last->where : 0);
}

static void fact_exchange(struct evidence *e, const struct reset *r, const struct heard *heard)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    int64_t from_x = connection_left(x, y), from_y = connection_left(y, x);
    if (from_y > 0 && (r->flags & TCPRST_ACK) && seq_lt(x->max_ack, r->ack))
        from_y -= seq_diff(r->ack, x->max_ack) < from_y ? seq_diff(r->ack, x->max_ack) : from_y;
    if (from_x < 0 || from_y < 0)
        return;
    bool all = from_x == 0 && from_y == 0 && !(r->after && r->after->y.new);
    tell(e, F(ALL_ACKNOWLEDGED), all);
    numbers(e, F(ALL_ACKNOWLEDGED), from_x + from_y, 0);
    bool both_spoke = seen(x, END_DATA) && seen(y, END_DATA);
    const struct endpoint *server = r->before.client == 0 ? y : x,
                          *client = r->before.client == 0 ? x : y;
    bool server_last =
        r->before.client >= 0 && both_spoke && server->last_data_time >= client->last_data_time;
    bool y_closed =
        seen(y, END_FIN) && seen(x, END_ACK) &&
        (seq_lt(y->fin_seq, x->max_ack) || (r->flags & TCPRST_ACK && seq_lt(y->fin_seq, r->ack)));
    /* Who keeps its window closed has not read all, and its peer not sent all. */
    bool stuck = seen(x, END_ZERO_WINDOW) || seen(y, END_ZERO_WINDOW);
    /* A request that was never answered is no exchange. */
    bool unanswered =
        seen(y, END_DATA) &&
        (!seen(x, END_DATA) || (r->before.client == 1 && x->last_data_time < y->last_data_time));
    bool complete = all && (server_last || (y_closed && !unanswered));
    /* Nor is one of which X could not know that it was. */
    complete &= !seen(x, END_DATA) || !heard->last || heard->of_all;
    if (!complete || !stuck)
        tell(e, F(EXCHANGE_COMPLETE), complete);
}

/* When the newest text of Y came that the RST acknowledges; what was still on its way nobody can
 * have left unread. */
static int64_t received_time(const struct reset *r)
{
    if (!(r->flags & TCPRST_ACK) || seq_le(r->y.snd_max, r->ack))
        return r->y.last_data_time;
    const struct recent *p;
    const struct connection *c = r->connection;
    for (uint64_t n = c->apart ? 0 : recent_other(c);
         n < MAX_RELATED && (p = recent_back(&c->recents, n)) != NULL; n++)
        if (!!(p->bits & RECENT_FROM_B) != r->d && p->length && seq_lt(p->seq, r->ack) &&
            p->time <= r->when)
            return p->time;
    return r->y.last_data_time;
}

/* Text of Y that does not acknowledge X's text before it: Y was still sending when X answered. */
static where_t crossed(const struct reset *r)
{
    const struct recent *p, *later = NULL; /* Y's text of the least acknowledgment so far */
    const struct connection *c = r->connection;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && (p = recent_back(&c->recents, n)) != NULL; n++) {
        if (!p->length || (p->bits & (RECENT_DUPLICATE | RECENT_STRAY | RECENT_REPEATED)) ||
            (p->flags & (TCPRST_RST | TCPRST_SYN)))
            continue;
        if (r->when - p->time > EARLY_REPLY)
            break;
        bool from_x = !!(p->bits & RECENT_FROM_B) == r->d;
        if (from_x && later && seq_lt(later->ack, p->seq + p->length))
            return later->where;
        if (!from_x && (!later || seq_lt(p->ack, later->ack)))
            later = p;
    }
    return 0;
}

static void fact_data(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (seen(y, END_SEEN) && seen(x, END_ACK)) {
        uint32_t told = (r->flags & TCPRST_ACK) && seq_lt(x->max_ack, r->ack) ? r->ack : x->max_ack;
        int32_t flying = seq_diff(y->snd_max, told);
        bool more = r->after && r->after->y.new;
        bool recent = seen(y, END_DATA) && r->when - y->last_data_time <= FLYING_MAX;
        tell_at(e, F(PEER_IN_FLIGHT), more || (recent && flying > (seen(y, END_FIN) ? 1 : 0)),
                more ? r->after->y.new : y->last);
        numbers(e, F(PEER_IN_FLIGHT), flying, 0);
    }
    if (seen(y, END_SEEN)) {
        int64_t bulk = (int64_t)(y->octets - y->octets_mark);
        tell_at(e, F(BULK_FROM_PEER), bulk >= BULK_OCTETS, y->last);
        numbers(e, F(BULK_FROM_PEER), bulk, 0);
    }
    if (seen(x, END_DATA)) {
        int64_t since = r->when - x->last_data_time;
        tell_at(e, F(REPLY_SENT), since <= EARLY_REPLY, x->last);
        numbers(e, F(REPLY_SENT), since, 0);
        /* TLS alert record; "HTTP/1.1 4xx" cannot be told from four octets, so only the closing
         * record counts. */
        if (x->lead)
            tell_at(e, F(REPLY_ENDS_IT), x->lead >> 24 == 0x15 && (x->lead >> 16 & 0xff) == 3,
                    x->last);
        numbers(e, F(REPLY_ENDS_IT), x->lead, 0);
        int64_t left = reset_left(r);
        if (left >= 0)
            tell_at(e, F(REPLY_UNACKED), left > 0, x->last);
        numbers(e, F(REPLY_UNACKED), left, 0);
        if (r->before.filled)
            tell_at(e, F(WINDOW_FILLED), true, r->before.filled);
        if (r->has_trigger)
            tell_at(e, F(SENT_SHORT), r->before.sent_short, x->last);
        where_t meanwhile = crossed(r);
        tell_at(e, F(PEER_CROSSED), meanwhile != 0, meanwhile);
    } else if (seen(x, END_SEEN)) {
        tell(e, F(REPLY_SENT), false);
    }
    if (seen(y, END_DATA)) {
        int64_t received = received_time(r), since = r->when - y->last_data_time;
        /* When the sender sent what was not captured, nobody knows. */
        if (seen(x, END_DATA) || !is(e, F(SENDER_SENT_DATA)))
            tell_at(e, F(PEER_DATA_LAST), !seen(x, END_DATA) || x->last_data_time < received,
                    y->last);
        tell_at(e, F(RIGHT_AFTER_DATA), since <= UNREAD_BREATH, y->last);
        numbers(e, F(RIGHT_AFTER_DATA), since, 0);
    }
}

static bool is_longest(int64_t idle, int64_t before)
{
    return idle >= IDLE_LONGEST_MIN && idle / IDLE_LONGEST_FACTOR >= before;
}

/* What was lost in a pause was lost for all that the event's first RST was followed by. */
static void fact_event_pause(struct evidence *e, const struct reset *r)
{
    int64_t idle = r->before.event_idle, before = r->before.event_longest_idle;
    bool established = r->before.connection_flags & CONN_ESTABLISHED;
    tell(e, F(EVENT_PAUSED), idle >= IDLE_LONG || (established && is_longest(idle, before)));
    numbers(e, F(EVENT_PAUSED), idle, before);
    if (r->before.idle > idle) {
        idle = r->before.idle;
        before = r->before.longest_idle;
    }
    tell(e, F(IDLE_LONGER), idle >= TIMER_MIN && (idle > before || idle >= IDLE_RECUR_MIN));
    numbers(e, F(IDLE_LONGER), idle, before);
}

/* What runs out when nothing has come for so long: at the end of a pause that no segment ended, and
 * that was longer than any before. While an answer is under way the connection is not idle. */
static void fact_quiet(struct evidence *e, const struct reset *r)
{
    int64_t quiet = r->before.quiet, before = r->before.longest_idle;
    int64_t trip = (r->x.rtt_max > 0 ? r->x.rtt_max : 0) + (r->y.rtt_max > 0 ? r->y.rtt_max : 0);
    bool established = r->before.connection_flags & CONN_ESTABLISHED;
    if (r->has_trigger && r->before.idle > before)
        before = r->before.idle;
    bool longest = quiet >= IDLE_LONG || (established && is_longest(quiet, before));
    bool brief = quiet < TIMER_MIN || quiet <= trip || (quiet <= before && quiet < IDLE_RECUR_MIN);
    if (longest || brief)
        tell(e, F(QUIET), longest && !brief);
    numbers(e, F(QUIET), quiet, before);
}

static void fact_pauses(struct evidence *e, const struct reset *r)
{
    if (r->before.idle < 0)
        return;
    fact_event_pause(e, r);
    fact_quiet(e, r);
    if (r->has_trigger && r->before.answered_pause >= 0) {
        tell_at(e, F(PAUSE_ANSWERED), true, r->before.answered_where);
        numbers(e, F(PAUSE_ANSWERED), r->before.answered_pause, 0);
    }
    tell(e, F(IDLE_BRIEF), r->before.idle < TIMER_MIN);
    numbers(e, F(IDLE_BRIEF), r->before.idle, 0);
    tell(e, F(IDLE_SOME), r->before.idle >= IDLE_RECUR_MIN);
    numbers(e, F(IDLE_SOME), r->before.idle, 0);
    tell(e, F(KNOWN_TIMER), tcprst_known_timer(r->before.idle) != NULL);
    numbers(e, F(KNOWN_TIMER), r->before.idle, 0);
    tell(e, F(IDLE_LONG), r->before.idle >= IDLE_LONG);
    numbers(e, F(IDLE_LONG), r->before.idle, 0);
    if (!(r->before.connection_flags & CONN_ESTABLISHED))
        return;
    tell(e, F(IDLE_LONGEST), is_longest(r->before.idle, r->before.longest_idle));
    numbers(e, F(IDLE_LONGEST), r->before.idle, r->before.longest_idle);
}

/* The same segment again and again, as a timer sends it; times of the last repetitions. */
struct repetitions {
    unsigned count;              /* of those remembered */
    bool growing;                /* no wait was shorter than the one before */
    bool backing_off;            /* each was longer by half at least */
    int64_t last, gap;           /* time of the last; between the last two, -1: there are none */
    int64_t first;               /* of those looked at so far */
    int64_t least, most, oldest; /* of the waits, where there are any */
    uint16_t ids[RECENT_MIN];
};

/* Two captures of it, merged, are one repetition: they have one identification. */
static bool is_copy(const struct repetitions *p, const struct recent *e)
{
    for (unsigned i = 0; e->ip_id && i < p->count && i < RECENT_MIN; i++)
        if (p->ids[i] == e->ip_id)
            return true;
    return false;
}

/* e: the one before those noted. */
static void note_repetition(struct repetitions *p, const struct recent *e)
{
    if (is_copy(p, e))
        return;
    int64_t gap = p->first - e->time;
    if (p->count == 0)
        p->last = e->time;
    else if (p->count == 1)
        p->gap = p->least = p->most = gap;
    else if (gap - gap / DUE_JITTER > p->gap)
        p->growing = false;
    if (p->count > 1) {
        p->backing_off = (p->backing_off || p->count == 2) && p->oldest >= gap + gap / 2;
        p->least = gap < p->least ? gap : p->least;
        p->most = gap > p->most ? gap : p->most;
    }
    p->oldest = gap;
    if (p->count < RECENT_MIN)
        p->ids[p->count] = e->ip_id;
    p->count++;
    p->first = e->time;
}

/* X's retransmissions of one segment since Y was last heard: the newest of them says which one.
 * Where SACK or doubled acknowledgments ask for it, several are sent once each. */
static struct repetitions retransmissions_of(const struct reset *r)
{
    struct repetitions p = {.growing = true, .gap = -1};
    const struct recent *e, *newest = NULL;
    const struct connection *c = r->connection;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if ((e->bits & (RECENT_DUPLICATE | RECENT_STRAY)) || (e->flags & TCPRST_RST))
            continue;
        if (!!(e->bits & RECENT_FROM_B) != r->d)
            break;
        if (!(e->bits & RECENT_REPEATED) || (e->bits & RECENT_PROBE))
            continue;
        newest = newest ? newest : e;
        if (e->seq == newest->seq)
            note_repetition(&p, e);
    }
    return p;
}

/* X's probes of the window that Y keeps closed, answered or not. */
static struct repetitions window_probes_of(const struct reset *r)
{
    struct repetitions p = {.growing = true, .gap = -1};
    const struct recent *e;
    const struct connection *c = r->connection;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if ((e->bits & (RECENT_DUPLICATE | RECENT_STRAY)) || (e->flags & TCPRST_RST))
            continue;
        bool from_x = !!(e->bits & RECENT_FROM_B) == r->d;
        if (!from_x && e->window)
            break;
        if (from_x && (e->length == 1 || (e->bits & RECENT_PROBE)))
            note_repetition(&p, e);
    }
    return p;
}

static void tell_due(struct evidence *e, enum tcprst_fact f, const struct reset *r,
                     const struct repetitions *p)
{
    if (p->gap < 0)
        return;
    int64_t wait = r->when - p->last;
    bool due = wait >= p->gap - p->gap / DUE_JITTER ||
               (p->count >= TIMEOUT_MANY && wait >= p->gap / DUE_CUT);
    tell_at(e, f, p->growing && due, r->x.last);
    numbers(e, f, wait, p->gap);
}

static void fact_repetitions(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x;
    struct repetitions again = retransmissions_of(r), probes = window_probes_of(r);
    tell_at(e, F(RETRANSMISSIONS), again.count >= TIMEOUT_RETRANSMISSIONS, x->last);
    numbers(e, F(RETRANSMISSIONS), again.count, 0);
    tell_due(e, F(RETRANSMISSION_DUE), r, &again);
    tell_at(e, F(WINDOW_PROBES), x->window_probes >= TIMEOUT_WINDOW_PROBES, x->last);
    numbers(e, F(WINDOW_PROBES), x->window_probes, 0);
    if (probes.count < x->window_probes)
        probes.count = x->window_probes;
    tell_due(e, F(WINDOW_PROBE_DUE), r, &probes);
}

/* The newest probes of X that Y was not captured between, most at most; *data: when X sent text
 * before the oldest of them, -1: something else came between, or it is not known. */
static struct repetitions probes_of(const struct reset *r, unsigned most, int64_t *data)
{
    struct repetitions p = {.growing = true, .gap = -1};
    const struct recent *e;
    const struct connection *c = r->connection;
    *data = -1;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && p.count < most && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if ((e->bits & (RECENT_DUPLICATE | RECENT_STRAY)) || (e->flags & TCPRST_RST))
            continue;
        if (!!(e->bits & RECENT_FROM_B) == r->d && (e->bits & RECENT_PROBE)) {
            note_repetition(&p, e);
            continue;
        }
        if (!!(e->bits & RECENT_FROM_B) == r->d && e->length)
            *data = e->time;
        break;
    }
    return p;
}

/* As the timer of a Linux would, which counts whole seconds: TCP_KEEPINTVL of tcp(7). */
static bool after_whole_seconds(int64_t wait)
{
    int64_t whole = (wait + NS_PER_S / BEAT_EARLY) / NS_PER_S * NS_PER_S;
    return whole > 0 && wait <= whole + whole / BEAT_LATE;
}

/* The timer of a keep-alive is set anew when it has sent a probe: to the same time, and stacks are
 * rather late than early. What X got, or the capture, too little of leaves open which probe a wait
 * is to be measured from. */
static void fact_rhythm(struct evidence *e, const struct reset *r)
{
    int64_t data;
    struct repetitions p = probes_of(r, r->x.probes, &data);
    int64_t wait = r->when - p.last, gap = p.least;
    if (p.count == 1 && linux_habit(e) && !e->view.lossy && !e->view.gaps &&
        !after_whole_seconds(wait)) {
        tell_at(e, F(PROBE_RHYTHM), false, r->x.last);
        numbers(e, F(PROBE_RHYTHM), wait, NS_PER_S);
    }
    if (p.count < 2)
        return; /* of one probe alone nobody knows when the next is due */
    int64_t spread = p.most - p.least < gap / BEAT_LATE ? p.most - p.least : 0;
    int64_t early = gap / BEAT_EARLY + spread, late = gap / BEAT_LATE + spread;
    bool due = wait >= gap - early && wait <= gap + late;
    bool missed =
        (e->view.lossy || e->view.gaps) && ((wait >= gap / 2 - early && wait <= gap / 2 + late) ||
                                            (wait >= 2 * gap - early && wait <= 2 * gap + late));
    if (due || !missed)
        tell_at(e, F(PROBE_RHYTHM), due, r->x.last);
    numbers(e, F(PROBE_RHYTHM), wait, gap);
    tell_at(e, F(PROBES_STEADY), due && p.count > 2 && p.most - gap <= gap / BEAT_LATE, r->x.last);
    unsigned all = e->stack->keepalives;
    tell_at(e, F(PROBES_ALL),
            all ? r->x.probes == all : r->x.probes >= PROBES_LEAST && r->x.probes <= PROBES_MOST,
            r->x.last);
}

/* Of a capture that began late: nothing of X but an empty segment, whose number lies just one
 * before that of the RST. That is a probe, told by what comes behind it. */
static bool begun_with_probe(const struct reset *r)
{
    const struct endpoint *x = &r->x;
    return !(x->seen & (END_SYN | END_SYN_ACK | END_DATA | END_FIN)) && r->seq == x->snd_max + 1 &&
           x->snd_max == x->first_seq;
}

static void fact_probes(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x;
    bool probed = x->probe_time >= 0;
    int64_t data = -1, since = r->when - x->probe_time;
    struct repetitions p = {.gap = -1};
    if (probed)
        p = probes_of(r, MAX_RELATED, &data);
    /* A RST that echoes something newer than the last probe comes from where Y was heard after it;
     * where Y was not captured, only one that does not shows that it was not. */
    bool echoes =
             r->packet.options.has_timestamps && seen(x, END_PROBE_ECHO) && !e->view.renumbered,
         heard = echoes && r->packet.options.ts_ecr != x->probe_echo;
    if (echoes)
        tell_at(e, F(PROBE_ANSWERED), heard, x->last);
    bool unanswered = x->probes >= TIMEOUT_PROBES && !heard;
    if (!unanswered || echoes || seen(&r->y, END_SEEN))
        tell_at(e, F(PROBES_UNANSWERED), unanswered, x->last);
    numbers(e, F(PROBES_UNANSWERED), x->probes, p.gap > 0 ? p.gap : 0);
    if (!probed) {
        if (begun_with_probe(r))
            tell_at(e, F(PROBED), true, x->last);
        numbers(e, F(PROBED), r->when - x->last_time, 0);
        return;
    }
    tell_at(e, F(PROBED), since <= PROBED_AGO || (p.gap > 0 && since < 2 * p.gap), x->last);
    numbers(e, F(PROBED), since, 0);
    fact_rhythm(e, r);
    tell_at(e, F(PROBES_GROW), p.backing_off, x->last);
    numbers(e, F(PROBES_GROW), p.gap, p.oldest);
    int64_t wait = p.count && data >= 0 ? p.first - data : INT64_MAX;
    if (p.count > 1 && p.least < wait)
        wait = p.least;
    if (wait < INT64_MAX) {
        tell_at(e, F(PROBES_SOON), wait < KEEPALIVE_MIN, x->last);
        numbers(e, F(PROBES_SOON), wait, 0);
    }
}

static void fact_timeouts(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (!seen(x, END_SEEN))
        return;
    fact_probes(e, r);
    fact_repetitions(e, r);
    if (seen(y, END_SEEN)) {
        tell_at(e, F(ZERO_WINDOW), seen(y, END_ZERO_WINDOW), y->last);
        tell_at(e, F(PEER_REPEATED), y->retransmissions > 0, y->last);
        numbers(e, F(PEER_REPEATED), y->retransmissions, 0);
    }
}

static void fact_heard(struct evidence *e, const struct reset *r)
{
    if (!seen(&r->x, END_SEEN))
        return;
    int64_t trip = (r->x.rtt_min > 0 ? r->x.rtt_min : 0) + (r->y.rtt_min > 0 ? r->y.rtt_min : 0);
    int64_t silent = r->when - r->x.last_time;
    tell_at(e, F(SENDER_JUST_HEARD), silent <= 2 * trip + REACTION, r->x.last);
    numbers(e, F(SENDER_JUST_HEARD), silent, 0);
    tell(e, F(LOSSY), e->view.lossy);
}

void evidence_data(struct evidence *e, const struct reset *r)
{
    const struct heard heard = heard_of(r);
    fact_exchange(e, r, &heard);
    fact_on_its_way(e, r, &heard);
    fact_data(e, r);
    fact_pauses(e, r);
    fact_timeouts(e, r);
    fact_heard(e, r);
}
