/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evidence.c - fills the facts of one reset: one small function a subject, neutral, with the frame
 * and the numbers that show it.
 *
 * x is the end whose address the RST carries ("the sender"), y the one it is sent to ("the peer").
 * A fact stays hidden where the capture does not show it.
 */
#include "evidence.h"

#include "dimensions.h"
#include "host.h"
#include "limits.h"
#include "reset.h"
#include "sequence.h"
#include "signatures.h"

#include <string.h>

#define F(ID) TCPRST_FACT_##ID

static void tell(struct evidence *e, enum tcprst_fact f, bool holds)
{
    e->facts[f].state = holds ? FACT_TRUE : FACT_FALSE;
}

static void tell_at(struct evidence *e, enum tcprst_fact f, bool holds, where_t where)
{
    tell(e, f, holds);
    e->facts[f].frame = where_frame(where);
}

static void numbers(struct evidence *e, enum tcprst_fact f, int64_t a, int64_t b)
{
    e->facts[f].a = a;
    e->facts[f].b = b;
}

static bool seen(const struct endpoint *end, uint32_t what)
{
    return (end->seen & what) == what;
}

/* ---- the segment that drew it ---- */

static bool odd_flags(uint16_t flags)
{
    unsigned f = flags & (TCPRST_FIN | TCPRST_SYN | TCPRST_ACK | TCPRST_PSH | TCPRST_URG);
    if (!(f & TCPRST_ACK))
        return (f & (TCPRST_SYN | TCPRST_FIN)) !=
               TCPRST_SYN; /* null, FIN, Xmas, SYN+FIN, bare PSH */
    /* FIN, PSH and URG with ACK may be the last words of a connection that uses urgent data. */
    return (f & (TCPRST_SYN | TCPRST_FIN)) == (TCPRST_SYN | TCPRST_FIN);
}

/* The server's side until the first sign that it knows the connection is finished. */
static bool in_handshake(const struct reset *r)
{
    const struct endpoint *x = &r->x;
    return seen(x, END_SYN_ACK) && !seen(x, END_DATA) && !seen(x, END_FIN) &&
           x->snd_max == x->iss + 1 &&
           (!seen(x, END_ACK) || !seen(&r->y, END_ISS) || x->max_ack == r->y.iss + 1 ||
            x->segments <= 1);
}

static void fact_handshake_trigger(struct evidence *e, const struct reset *r)
{
    const struct recent *t = &r->trigger;
    bool finishing = in_handshake(r) && (t->flags & (TCPRST_ACK | TCPRST_SYN)) == TCPRST_ACK;
    bool good = finishing && t->ack == r->x.iss + 1;
    /* Once the client has acknowledged the SYN-ACK, what else it acknowledges was sent. */
    bool bad = finishing && !good && r->y.first_ack == t->ack && !seen(&r->y, END_DATA) &&
               (!seen(&r->y, END_SYN) || t->seq == r->y.iss + 1);
    tell_at(e, F(TRIGGER_HANDSHAKE_ACK), good && !t->length, t->where);
    tell_at(e, F(TRIGGER_BAD_HANDSHAKE_ACK), bad, t->where);
    tell_at(e, F(TRIGGER_NEAR_ACK), bad && t->ack - r->x.iss <= LADDER_REACH, t->where);
    numbers(e, F(TRIGGER_BAD_HANDSHAKE_ACK), t->ack, r->x.iss + 1);
}

static void fact_syn_ack_trigger(struct evidence *e, const struct reset *r)
{
    const struct recent *t = &r->trigger;
    bool syn_ack = (t->flags & (TCPRST_SYN | TCPRST_ACK)) == (TCPRST_SYN | TCPRST_ACK);
    bool syn_known = seen(&r->x, END_SYN);
    tell_at(e, F(TRIGGER_SYN_ACK), syn_ack, t->where);
    if (!syn_ack || syn_known)
        tell_at(e, F(TRIGGER_WRONG_SYN_ACK),
                syn_ack && !seq_between(r->x.iss + 1, t->ack, r->x.snd_max), t->where);
    bool older = syn_ack && syn_known && t->where < r->x.syn_where;
    tell_at(e, F(TRIGGER_BEFORE_SYN), older, t->where);
    /* Of options that were cut off nothing is known. */
    bool cut = seen(&r->x, END_OPTIONS) && r->x.wscale == WSCALE_UNKNOWN;
    if (syn_ack && syn_known && !cut)
        tell_at(e, F(TRIGGER_BAD_ECHO), t->bits & RECENT_BAD_ECHO, t->where);
    numbers(e, F(TRIGGER_WRONG_SYN_ACK), t->ack, r->x.iss + 1);
    bool challenge = (t->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_ACK && syn_known &&
                     !seen(&r->x, END_ACK) && (t->bits & RECENT_STRAY);
    tell_at(e, F(TRIGGER_CHALLENGE), challenge, t->where);
    if (r->has_past)
        tell_at(e, F(TRIGGER_MATCHES_PAST), r->past_matches, t->where);
}

/* Sent after X's FIN was on its way, or without regard to it: text that X cannot have waited for.
 */
static bool regardless_of_fin(const struct reset *r)
{
    const struct recent *t = &r->trigger;
    if (!seen(&r->x, END_FIN))
        return false;
    return (t->bits & RECENT_AFTER_FIN) ||
           (t->length && seen(&r->x, END_ACK) && seq_lt(r->x.max_ack, t->seq + t->length));
}

static bool unacceptable(const struct reset *r)
{
    const struct recent *t = &r->trigger;
    if (!seen(&r->x, END_ACK | END_EDGE))
        return false;
    uint32_t end = t->seq + segment_length(t->flags, t->length);
    /* RFC 9293 section 3.10.7.4: no part in the receive window; and an acknowledgment of what was
     * never sent. */
    bool outside = seq_le(end, r->x.max_ack)
                       ? segment_length(t->flags, t->length) > 0 && seq_lt(end, r->x.max_ack)
                       : seq_lt(r->x.edge, t->seq);
    /* A little more than was captured was sent, rather than acknowledged for nothing. */
    bool unsent = (t->flags & TCPRST_ACK) && seq_diff(t->ack, r->x.snd_max) > LADDER_REACH;
    return outside || unsent;
}

static void fact_trigger(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct recent *t = &r->trigger;
    if (r->has_trigger || seen(&r->y, END_SEEN) || r->segments_before == 0)
        tell_at(e, F(TRIGGER), r->has_trigger, r->has_trigger ? t->where : 0);
    if (!r->has_trigger)
        return;
    bool syn = (t->flags & (TCPRST_SYN | TCPRST_ACK | TCPRST_FIN)) == TCPRST_SYN;
    bool probe = (t->bits & RECENT_PROBE);
    tell_at(e, F(TRIGGER_SYN), syn, t->where);
    tell_at(e, F(TRIGGER_DOUBLED), r->trigger_inherited, r->repeats);
    tell_at(e, F(TRIGGER_REPEATED), (t->bits & RECENT_REPEATED) != 0, t->where);
    tell_at(e, F(TRIGGER_AMBIGUOUS), r->trigger_ambiguous, t->where);
    fact_syn_ack_trigger(e, r);
    fact_handshake_trigger(e, r);
    tell_at(e, F(TRIGGER_DATA), t->length > 0 && !syn && !probe, t->where);
    numbers(e, F(TRIGGER_DATA), t->length, 0);
    tell_at(e, F(TRIGGER_FIN), (t->flags & TCPRST_FIN) && !odd_flags(t->flags), t->where);
    tell_at(e, F(TRIGGER_BARE_ACK),
            (t->flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_ACK)) == TCPRST_ACK && !t->length,
            t->where);
    tell_at(e, F(TRIGGER_PROBE), probe, t->where);
    tell_at(e, F(TRIGGER_ODD_FLAGS), odd_flags(t->flags), t->where);
    numbers(e, F(TRIGGER_ODD_FLAGS), t->flags, 0);
    tell_at(e, F(TRIGGER_AFTER_FIN), regardless_of_fin(r), t->where);
    if (seen(&r->y, END_FIN))
        tell_at(e, F(TRIGGER_AFTER_PEER_FIN), t->where > r->y.fin_where, t->where);
    uint32_t length = segment_length(t->flags, t->length);
    bool old = length && !syn && !probe && seq_le(t->seq + length, r->x.max_ack);
    tell_at(e, F(TRIGGER_ACKED), old && seen(&r->x, END_ACK), t->where);
    tell_at(e, F(TRIGGER_UNACCEPTABLE), unacceptable(r), t->where);
    int64_t rtt = r->x.rtt_samples >= RTT_SAMPLES ? r->x.rtt_min : -1;
    if (x_host && x_host->rtt_samples >= RTT_SAMPLES && (rtt < 0 || x_host->rtt_min < rtt))
        rtt = x_host->rtt_min;
    if (rtt > 0) {
        int64_t took = r->when - t->time;
        tell_at(e, F(TRIGGER_TOO_FAST), rtt > TOO_FAST_MIN && took < rtt / TOO_FAST_PART, t->where);
        numbers(e, F(TRIGGER_TOO_FAST), took, rtt);
    }
}

/* X accepted the SYN of the incarnation before: its SYN-ACK is among the recent segments. */
static bool past_was_accepted(const struct reset *r)
{
    const struct recent *p;
    const struct recents *recents = &r->connection->recents;
    for (uint64_t n = 0; n < MAX_RELATED && (p = recent_back(recents, n)) != NULL; n++)
        if (!!(p->bits & RECENT_FROM_B) == r->d && (p->flags & TCPRST_SYN) &&
            (p->flags & TCPRST_ACK) && p->ack == r->past_iss + 1)
            return true;
    return r->past_open;
}

static void fact_syn_in_window(struct evidence *e, const struct reset *r)
{
    if (!is(e, F(TRIGGER_SYN)))
        return;
    bool in_window = r->past_syn && r->past_matches && past_was_accepted(r);
    tell_at(e, F(TRIGGER_SYN_IN_WINDOW), in_window, r->trigger.where);
}

/* ---- the form of the RST ---- */

/* Whether the RST's text has that word, in letters of either case. */
static bool mentions(const struct reset *r, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= r->text_length; i++) {
        size_t k = 0;
        while (k < n && (r->text[i + k] | 0x20) == (word[k] | 0x20))
            k++;
        if (k == n)
            return true;
    }
    return false;
}

/* What it says in words; of words cut short, what they do not say is not known. */
static void fact_text(struct evidence *e, const struct reset *r)
{
    bool text = device_says(r);
    bool whole = r->text_length >= r->payload_length || r->text_length == sizeof r->text;
    tell(e, F(TEXT), text);
    tell(e, F(PAYLOAD), r->payload_length > 0 && !text);
    numbers(e, F(PAYLOAD), r->payload_length, 0);
    bool idle = text && (mentions(r, "idle") || mentions(r, "expired") || mentions(r, "sweeper") ||
                         mentions(r, "timeout") || mentions(r, "timed out"));
    bool policy =
        text && (mentions(r, "policy") || mentions(r, "denied") || mentions(r, "blocked") ||
                 mentions(r, "forbidden") || mentions(r, "reject") || mentions(r, "irule"));
    if (idle || whole)
        tell(e, F(TEXT_SAYS_IDLE), idle);
    if (policy || whole)
        tell(e, F(TEXT_SAYS_POLICY), policy);
    tell(e, F(TEXT_OF_F5), r->text_length >= 11 && memcmp(r->text, "BIG-IP: [0x", 11) == 0);
    numbers(e, F(TEXT), r->payload_length, 0);
}

static void fact_form(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct endpoint *x = &r->x;
    bool options = r->header_length > 20;
    tell(e, F(ACK_FLAG), r->flags & TCPRST_ACK);
    tell(e, F(SEQ_ZERO), r->seq == 0);
    tell_at(e, F(REPEATS_RESET), r->repeats != 0, r->repeats);
    if (!r->has_trigger && seen(&r->y, END_SEEN))
        tell_at(e, F(OLD_ACK), r->old_ack != 0, r->old_ack);
    bool unprovoked = !r->has_trigger && !r->old_ack && !r->repeats &&
                      seen(x, END_SEEN | END_TIMESTAMPS | END_ISS) && seen(&r->y, END_SEEN) &&
                      !(r->flags & TCPRST_ACK);
    tell(e, F(ABORT_WITHOUT_ACK), unprovoked);
    tell(e, F(ODD_RST), (r->flags & (TCPRST_SYN | TCPRST_FIN)) != 0);
    numbers(e, F(ODD_RST), r->flags, 0);
    if (r->window_known) {
        tell(e, F(LIVE_SOCKET), options || r->window != 0);
        tell(e, F(BARE_FORM), !options && r->window == 0 && r->payload_length == 0);
        /* The window of its segments before: then a socket that lives made it. */
        tell(e, F(ANSWER_WINDOW),
             r->has_trigger && r->window != 0 && !options && r->window != x->window);
        numbers(e, F(ANSWER_WINDOW), r->window, 0);
    }
    tell(e, F(ABORT_FORM), reset_has_abort_form(r));
    if (seen(x, END_SEEN)) {
        bool below = seq_lt(r->seq, x->snd_max);
        tell(e, F(SEQ_BELOW_SENT), below);
        numbers(e, F(SEQ_BELOW_SENT), below ? seq_diff(x->snd_max, r->seq) : 0, 0);
        /* The number of an answer is one that the peer acknowledged: so much was sent. */
        if (!(r->has_trigger && (r->trigger.flags & TCPRST_ACK))) {
            tell_at(e, F(SEQ_BEYOND_SENT), seq_lt(x->snd_max, r->seq) && r->seq != 0, x->last);
            numbers(e, F(SEQ_BEYOND_SENT), seq_diff(r->seq, x->snd_max), 0);
        }
        if (seen(x, END_TIMESTAMPS) && r->options.has_timestamps) {
            int32_t ticks = seq_diff(r->options.ts_val, x->ts_val);
            tell_at(e, F(TIMESTAMP_NEXT), ticks >= 0 && ticks < TIMESTAMP_TICKS, x->last);
        }
        if (seen(x, END_TIMESTAMPS) && is(e, F(ABORT_FORM)) && (r->flags & TCPRST_ACK))
            tell(e, F(OPTIONS_MISSING), !r->options.has_timestamps && !r->options.cut);
    }
    if (seen(x, END_FIN))
        tell_at(e, F(SEQ_IS_FIN), r->seq == x->fin_seq, x->fin_where);
    bool mptcp = r->options.has_tcprst || r->options.has_fastclose;
    if (mptcp || !r->options.cut)
        tell(e, F(MPTCP_REASON), mptcp);
    numbers(e, F(MPTCP_REASON), r->options.tcprst_reason, r->options.tcprst_flags);
    fact_text(e, r);
    if (r->checksum_known)
        tell(e, F(BAD_CHECKSUM),
             r->bad_checksum && x_host && x_host->sums_good && !x_host->sums_bad);
}

/* No path is longer, so a TTL that seems to have come further was chosen by its application. */
enum { PLAUSIBLE_HOPS = 30 };

static void fact_ttl(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct endpoint *x = &r->x;
    unsigned hops = host_hops(r->ttl);
    if (seen(x, END_SEEN)) {
        bool same = r->ttl >= x->ttl_min && r->ttl <= x->ttl_max;
        bool own = is(e, F(ABORT_FORM)) && (r->flags & TCPRST_ACK);
        same |= !own && (hops == host_hops(x->ttl_first) || hops == host_hops(x->ttl_last));
        /* An answer carries the host's default TTL, whatever the application chose for its socket:
         * from another starting value nothing follows. */
        bool comparable = own || r->ttl + hops == x->ttl_first + host_hops(x->ttl_first) ||
                          r->ttl + hops == x->ttl_last + host_hops(x->ttl_last);
        if (same ||
            (comparable && host_hops(x->ttl_last) < PLAUSIBLE_HOPS && hops < PLAUSIBLE_HOPS))
            tell_at(e, F(TTL_SAME), same, x->last);
        numbers(e, F(TTL_SAME), r->ttl, x->ttl_last);
        bool other_start = r->ttl + hops != x->ttl_last + host_hops(x->ttl_last) &&
                           r->ttl + hops != x->ttl_first + host_hops(x->ttl_first);
        tell_at(e, F(TTL_START), !same && other_start && host_hops(x->ttl_last) < PLAUSIBLE_HOPS,
                x->last);
        numbers(e, F(TTL_START), r->ttl, x->ttl_last);
    } else if (x_host && x_host->hops_known) {
        bool same = hops >= x_host->hops_min && hops <= x_host->hops_max;
        bool comparable = r->ttl + hops == x_host->ttl_last + host_hops(x_host->ttl_last);
        if (same || (comparable && x_host->hops_max < PLAUSIBLE_HOPS && hops < PLAUSIBLE_HOPS))
            tell(e, F(TTL_SAME), same);
        numbers(e, F(TTL_SAME), r->ttl, x_host->ttl_last);
    }
}

static void fact_ip(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct endpoint *x = &r->x;
    if (!r->ip_header)
        return;
    if (r->ip_version == 4) {
        tell(e, F(IP_ID_ZERO), r->ip_id == 0);
        numbers(e, F(IP_ID_ZERO), r->ip_id, 0);
    }
    fact_ttl(e, r, x_host);
    const struct recent *t = &r->trigger;
    uint16_t peer_id = r->has_trigger ? t->ip_id : r->y.ip_id;
    if (r->ip_version == 4 && r->ip_id != 0 && peer_id != 0) {
        /* A sender that numbers all its packets alike copies nothing. */
        tell_at(e, F(IP_ID_ECHO), r->ip_id == peer_id && x->ip_id != peer_id,
                r->has_trigger ? t->where : r->y.last);
        numbers(e, F(IP_ID_ECHO), r->ip_id, 0);
    }
    tell(e, F(DEVICE_SEQUENCE), r->device_sequence);
    numbers(e, F(DEVICE_SEQUENCE), r->ip_id, r->device_id);
    if (!seen(x, END_SEEN))
        return;
    /* A live socket's own RST is counted like its other segments; Linux gives 0 to an answer, and
     * one without an acknowledgment may be that. */
    if (r->ip_version == 4 && r->ip_id == 0 && (r->flags & TCPRST_ACK) && x->ip_id != 0 &&
        x->id_steps >= 2 && x->id_jumps == 0 && !x->id_zeros && is(e, F(ABORT_FORM))) {
        tell_at(e, F(IP_ID_NEXT), false, x->last);
        numbers(e, F(IP_ID_NEXT), 0, x->ip_id);
    }
    if (r->ip_version == 4 && r->ip_id != 0 && x->ip_id != 0) {
        uint16_t step = (uint16_t)(r->ip_id - x->ip_id);
        bool next = step >= 1 && step <= 64;
        bool counts = x->id_steps >= 1 && x->id_jumps * 4 <= x->id_steps;
        if (counts || (next && x->id_jumps <= x->id_steps))
            tell_at(e, F(IP_ID_NEXT), next, x->last);
        numbers(e, F(IP_ID_NEXT), r->ip_id, x->ip_id);
    }
}

/*
 * What the sender's stack reflects of a SYN and a filter does not: Linux answers with the SYN's
 * type of service and a flow label of its own, nf_send_reset() with neither. BSD's pf_send_tcp()
 * sets low delay in all it makes.
 */
enum { TOS_LOW_DELAY = 0x10 };

static void fact_host_stack(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    if (!is(e, F(TRIGGER_SYN)) || !r->ip_header)
        return;
    uint8_t wanted = r->y.tos & 0xfc;
    if (r->ip_version == 6 && r->flow_label)
        tell_at(e, F(HOST_STACK), true, r->trigger.where);
    else if (r->ip_version == 6 && x_host && x_host->label_known && x_host->label_used)
        tell_at(e, F(HOST_STACK), false, r->trigger.where);
    else if (wanted && r->tos == wanted)
        tell_at(e, F(HOST_STACK), true, r->trigger.where);
    numbers(e, F(HOST_STACK), r->tos, r->flow_label);
    tell(e, F(FILTER_TOS), r->ip_version == 4 && r->tos == TOS_LOW_DELAY);
}

/*
 * NetScaler's codes stand in the raw window, where any ordinary window may stand too: two of three
 * signs are asked for - unlike the windows before, without the options of the sender's stack, the
 * same on another connection of the host.
 */
static void fact_window_code(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    if (!r->window_known || !window_code_text(r->window))
        return;
    const struct endpoint *x = &r->x;
    int apart = (int)r->window - (int)x->window;
    bool unlike =
        seen(x, END_SEEN) && (apart > 256 || apart < -256) && !window_code_text(x->window);
    bool bare = r->header_length == 20 && seen(x, END_TIMESTAMPS);
    bool again = x_host && host_same_window(x_host, r->window, r->incarnation);
    tell(e, F(WINDOW_CODE), (int)unlike + (int)bare + (int)again >= 2);
    numbers(e, F(WINDOW_CODE), r->window, x->window);
}

/* Three RSTs whose windows count up by one: 1980 and 3293 were the first in 2025 (gfw.report). */
static void fact_ladder(struct evidence *e, const struct reset *r)
{
    unsigned looked = 0, steps = 0;
    for (const struct reset *n = reset_nearby(r, MAX_RELATED / 2); n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n != r && n->d == r->d && n->incarnation == r->incarnation && n->window &&
            (n->window == r->window + 1 || n->window == r->window - 1))
            steps++;
    tell(e, F(KNOWN_LADDER), steps > 0 && r->window && (r->flags & TCPRST_ACK));
    numbers(e, F(KNOWN_LADDER), r->window, 0);
}

static uint32_t scaled_window(const struct reset *r)
{
    if (seen(&r->x, END_SYN | END_ISS) || seen(&r->x, END_SYN_ACK))
        if (r->x.wscale != WSCALE_UNKNOWN && (r->y.seen & (END_SYN | END_SYN_ACK)) &&
            r->y.wscale != WSCALE_UNKNOWN)
            return (uint32_t)r->window << r->x.wscale;
    return UINT32_MAX;
}

/* A live socket's window is what its buffer has left: less than before by what nobody read. */
static void fact_window(struct evidence *e, const struct reset *r)
{
    uint32_t window = scaled_window(r);
    if (window == UINT32_MAX || !is(e, F(LIVE_SOCKET)) || !r->x.window_max)
        return;
    uint32_t before = r->x.window_max, shrunk = before > window ? before - window : 0;
    tell(e, F(WINDOW_SHRUNK), shrunk > before / 16 && shrunk >= 512);
    numbers(e, F(WINDOW_SHRUNK), shrunk, 0);
}

/* ---- the connection before it ---- */

/* Octets Y sent, or as far as X's acknowledgments tell where Y was not captured; -1 unknown. */
static int64_t octets_of_peer(const struct reset *r)
{
    bool opened = r->connection_flags & CONN_OPENED;
    int64_t sent = seen(&r->y, END_SEEN) ? (int64_t)r->y.octets : -1;
    int64_t told = -1;
    if (seen(&r->x, END_ACK | END_SEEN)) {
        uint32_t high = r->x.max_ack;
        if (seen(&r->x, END_AHEAD))
            high = seq_max(high, r->x.ack_ahead);
        if (r->flags & TCPRST_ACK && seq_diff(r->ack, high) > 0 &&
            seq_diff(r->ack, high) < STRAY_DISTANCE)
            high = r->ack;
        uint32_t low = seen(&r->y, END_ISS) ? r->y.iss + 1 : r->x.first_ack;
        told = seq_diff(high, low);
        if (told > 0 && seen(&r->y, END_FIN))
            told--;
        if (told < 0)
            told = 0;
    }
    if (sent < 0 && told < 0)
        return -1;
    int64_t most = sent > told ? sent : told;
    /* Of a peer whose own opening was not captured, the first octets may be missing, too. */
    return most > 0 || (opened && (r->y.seen & (END_SYN | END_SYN_ACK))) ? most : -1;
}

static void fact_history(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    bool opened = r->connection_flags & CONN_OPENED;
    tell_at(e, F(OPENING_SEEN), opened, x->syn_where ? x->syn_where : y->syn_where);
    /* One end alone does not show whether the other finished it. */
    bool unanswered = seen(x, END_SEEN) || !(y->seen & (END_ACK | END_AHEAD));
    if ((opened && seen(y, END_SEEN) && unanswered) || (r->connection_flags & CONN_ESTABLISHED))
        tell(e, F(HANDSHAKE_DONE), r->connection_flags & CONN_ESTABLISHED);
    tell_at(e, F(ONLY_SYN), seen(x, END_SYN) && !(x->seen & (END_ACK | END_AHEAD)), x->syn_where);
    tell(e, F(SENDER_SEEN), seen(x, END_SEEN));
    tell(e, F(PEER_SEEN), seen(y, END_SEEN) || r->has_trigger);
    tell(e, F(BOTH_DIRECTIONS),
         seen(y, END_SEEN) && (seen(x, END_SEEN) || !(r->connection_flags & CONN_ESTABLISHED)));
    if (r->client >= 0 && opened)
        tell(e, F(SENDER_CLIENT), r->client == 0);
    int64_t octets = octets_of_peer(r);
    if (octets >= 0) {
        tell(e, F(PEER_SENT_DATA), octets > 0);
        numbers(e, F(PEER_SENT_DATA), octets, 0);
    }
    if (seen(x, END_SEEN)) {
        tell(e, F(SENDER_SENT_DATA), seen(x, END_DATA));
        numbers(e, F(SENDER_SENT_DATA), (int64_t)x->octets, 0);
    }
    tell(e, F(EARLIER_RESET), false);
}

/* X had said all, but not closed: it acknowledged text that came after its FIN. */
static bool half_closed(const struct reset *r)
{
    const struct recent *p;
    const struct recents *recents = &r->connection->recents;
    for (uint64_t n = 0; (p = recent_back(recents, n)) != NULL; n++)
        if (p->where == r->x.fin_where)
            return seen(&r->x, END_ACK) && (p->flags & TCPRST_ACK) &&
                   seq_lt(p->ack + seen(&r->y, END_FIN), r->x.max_ack);
    return false;
}

static bool acknowledged_unseen(const struct endpoint *by, const struct endpoint *of)
{
    return seen(of, END_SEEN) && seen(by, END_AHEAD) && seq_lt(of->snd_max, by->ack_ahead);
}

/* What it sent between its first and its last segment, and the capture does not have: octets of
 * sequence space. */
static uint32_t lacking(const struct endpoint *x)
{
    uint32_t from = x->seen & (END_SYN | END_SYN_ACK) ? x->iss + 1 : x->first_seq;
    return seen(x, END_SEEN) ? x->snd_max - from - seen(x, END_FIN) - (uint32_t)x->octets : 0;
}

/* Just one is missing: a FIN, most likely. */
static bool lacks_one(const struct endpoint *x)
{
    return !seen(x, END_FIN) && lacking(x) == 1;
}

static void fact_fins(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    bool x_fin = seen(x, END_FIN), y_fin = seen(y, END_FIN);
    if (seen(x, END_SEEN) || seen(y, END_SEEN)) {
        /* What was acknowledged and not captured may have been a FIN. */
        bool x_told = x_fin || !(acknowledged_unseen(y, x) || lacks_one(x)),
             y_told = y_fin || !(acknowledged_unseen(x, y) || lacks_one(y));
        if (x_told)
            tell_at(e, F(SENDER_FIN), x_fin, x->fin_where);
        if (y_told)
            tell_at(e, F(PEER_FIN), y_fin, y->fin_where);
        if (x_told && y_told)
            tell(e, F(CONNECTION_CLOSED), x_fin && y_fin);
    }
    if (y_fin) {
        numbers(e, F(PEER_FIN), r->when - y->fin_time, 0);
        tell(e, F(PEER_FIN_ACKED), seen(x, END_ACK) && seq_lt(y->fin_seq, x->max_ack));
    }
    if (!x_fin)
        return;
    int64_t age = r->when - x->fin_time;
    numbers(e, F(SENDER_FIN), age, 0);
    tell_at(e, F(FIN_ACKED), seen(y, END_ACK) && seq_lt(x->fin_seq, y->max_ack), x->fin_where);
    /* What was not captured may have come, and been taken in, after the FIN. */
    bool taken_in = half_closed(r);
    bool begun_late = !(y->seen & (END_SYN | END_SYN_ACK)) && seen(x, END_ACK) &&
                      seq_lt(x->max_ack, y->first_seq);
    if (taken_in || !(begun_late || lacking(y)))
        tell_at(e, F(HALF_CLOSED), taken_in, x->fin_where);
    tell_at(e, F(FIN_JUST_SENT), age <= FIN_RST_BREATH, x->fin_where);
    numbers(e, F(FIN_JUST_SENT), age, 0);
    int64_t until = r->has_trigger ? r->trigger.time : r->when;
    int64_t silent = until - x->last_time;
    tell_at(e, F(EXPIRY_PAUSE), silent >= EXPIRY_MIN, x->last);
    numbers(e, F(EXPIRY_PAUSE), silent, 0);
}

static void fact_handshake(struct evidence *e, const struct reset *r)
{
    const struct endpoint *client = r->client == 0 ? &r->x : &r->y,
                          *server = r->client == 0 ? &r->y : &r->x;
    if (r->client < 0 || !(r->connection_flags & CONN_OPENED))
        return;
    if (seen(server, END_SYN_ACK)) {
        bool never = server->snd_max == server->iss + 1 && !seen(client, END_FOREIGN_ACK) &&
                     (!seen(server, END_ACK) || !seen(client, END_ISS) ||
                      seq_le(server->max_ack, client->iss + 1));
        tell_at(e, F(SERVER_NEVER_SPOKE), never, server->syn_where);
        tell_at(e, F(SYN_ACK_REPEATED), seen(server, END_SYN_REPEATED), server->syn_where);
    }
    if (seen(client, END_SYN))
        tell_at(e, F(SYN_PLAIN), !seen(client, END_OPTIONS), client->syn_where);
    if (server->rtt_min >= 0 && seen(server, END_SYN_ACK)) {
        tell_at(e, F(SYN_ACK_LATE), server->rtt_max >= NS_PER_S, server->syn_where);
        numbers(e, F(SYN_ACK_LATE), server->rtt_max, 0);
    }
}

static void fact_past(struct evidence *e, const struct reset *r)
{
    if (!r->has_past)
        return;
    if (r->past_fins || r->past_open || r->past_reset)
        tell(e, F(EARLIER_FINS), r->past_fins);
    numbers(e, F(EARLIER_FINS), r->past_age, 0);
    bool doubtful =
        r->past_open ? r->past_gaps && !is(e, F(TRIGGER_SYN)) : !r->past_fins && !r->past_reset;
    if (!doubtful)
        tell(e, F(EARLIER_OPEN), r->past_open);
    numbers(e, F(EARLIER_OPEN), r->past_age, 0);
}

/* ---- data and pauses ---- */

static int64_t unacknowledged(const struct endpoint *from, const struct endpoint *by)
{
    if (!seen(from, END_SEEN) || !seen(by, END_ACK))
        return -1;
    uint32_t high = from->snd_max;
    if (seen(from, END_FIN) && high == from->fin_seq + 1)
        high = from->fin_seq;
    int32_t left = seq_diff(high, by->max_ack);
    return left > 0 ? left : 0;
}

static void fact_exchange(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    int64_t from_x = unacknowledged(x, y), from_y = unacknowledged(y, x);
    if (from_y > 0 && (r->flags & TCPRST_ACK) && seq_lt(x->max_ack, r->ack))
        from_y -= seq_diff(r->ack, x->max_ack) < from_y ? seq_diff(r->ack, x->max_ack) : from_y;
    if (from_x < 0 || from_y < 0)
        return;
    bool all = from_x == 0 && from_y == 0 && !(r->after && r->after->y_new);
    tell(e, F(ALL_ACKNOWLEDGED), all);
    numbers(e, F(ALL_ACKNOWLEDGED), from_x + from_y, 0);
    bool both_spoke = seen(x, END_DATA) && seen(y, END_DATA);
    const struct endpoint *server = r->client == 0 ? y : x, *client = r->client == 0 ? x : y;
    bool server_last =
        r->client >= 0 && both_spoke && server->last_data_time >= client->last_data_time;
    bool y_closed =
        seen(y, END_FIN) && seen(x, END_ACK) &&
        (seq_lt(y->fin_seq, x->max_ack) || (r->flags & TCPRST_ACK && seq_lt(y->fin_seq, r->ack)));
    tell(e, F(EXCHANGE_COMPLETE), all && (server_last || y_closed));
}

/* When the newest text of Y came that the RST acknowledges; what was still on its way nobody can
 * have left unread. */
static int64_t received_time(const struct reset *r)
{
    if (!(r->flags & TCPRST_ACK) || seq_le(r->y.snd_max, r->ack))
        return r->y.last_data_time;
    const struct recent *p;
    const struct recents *recents = &r->connection->recents;
    for (uint64_t n = 0; n < MAX_RELATED && (p = recent_back(recents, n)) != NULL; n++)
        if (!!(p->bits & RECENT_FROM_B) != r->d && p->length && seq_lt(p->seq, r->ack) &&
            p->time <= r->when)
            return p->time;
    return r->y.last_data_time;
}

static void fact_data(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (seen(y, END_SEEN) && seen(x, END_ACK)) {
        uint32_t told = (r->flags & TCPRST_ACK) && seq_lt(x->max_ack, r->ack) ? r->ack : x->max_ack;
        int32_t flying = seq_diff(y->snd_max, told);
        bool more = r->after && r->after->y_new;
        bool recent = seen(y, END_DATA) && r->when - y->last_data_time <= FLYING_MAX;
        tell_at(e, F(PEER_IN_FLIGHT), more || (recent && flying > (seen(y, END_FIN) ? 1 : 0)),
                more ? r->after->y_new : y->last);
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
        int64_t left = unacknowledged(x, y);
        if (left >= 0)
            tell_at(e, F(REPLY_UNACKED), left > 0, x->last);
        numbers(e, F(REPLY_UNACKED), left, 0);
    } else if (seen(x, END_SEEN)) {
        tell(e, F(REPLY_SENT), false);
    }
    if (seen(y, END_DATA)) {
        int64_t received = received_time(r), since = r->when - y->last_data_time;
        tell_at(e, F(PEER_DATA_LAST), !seen(x, END_DATA) || x->last_data_time < received, y->last);
        tell_at(e, F(RIGHT_AFTER_DATA), since <= UNREAD_BREATH, y->last);
        numbers(e, F(RIGHT_AFTER_DATA), since, 0);
    }
}

static void fact_pauses(struct evidence *e, const struct reset *r)
{
    if (r->idle < 0)
        return;
    tell(e, F(IDLE_BRIEF), r->idle < TIMER_MIN);
    numbers(e, F(IDLE_BRIEF), r->idle, 0);
    tell(e, F(KNOWN_TIMER), tcprst_known_timer(r->idle) != NULL);
    numbers(e, F(KNOWN_TIMER), r->idle, 0);
    tell(e, F(IDLE_LONG), r->idle >= IDLE_LONG);
    numbers(e, F(IDLE_LONG), r->idle, 0);
    if (!(r->connection_flags & CONN_ESTABLISHED))
        return;
    tell(e, F(IDLE_LONGEST),
         r->idle >= IDLE_LONGEST_MIN && r->idle / IDLE_LONGEST_FACTOR >= r->longest_idle);
    numbers(e, F(IDLE_LONGEST), r->idle, r->longest_idle);
}

static void fact_timeouts(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    if (!seen(x, END_SEEN))
        return;
    tell_at(e, F(PROBES_UNANSWERED), x->probes >= TIMEOUT_PROBES, x->last);
    numbers(e, F(PROBES_UNANSWERED), x->probes, x->probe_gap > 0 ? x->probe_gap : 0);
    /* Of one probe alone nobody knows when the next is due. */
    if (x->probes >= 2 && x->probe_gap > 0) {
        int64_t wait = r->when - x->probe_time, gap = x->probe_gap;
        tell_at(e, F(PROBE_RHYTHM), wait > gap / 2 && wait < gap * 3, x->last);
        numbers(e, F(PROBE_RHYTHM), wait, gap);
        tell_at(e, F(PROBES_STEADY), wait > gap * 3 / 4 && wait < gap * 3 / 2, x->last);
    }
    tell_at(e, F(RETRANSMISSIONS), x->retransmissions >= TIMEOUT_RETRANSMISSIONS, x->last);
    numbers(e, F(RETRANSMISSIONS), x->retransmissions, 0);
    tell_at(e, F(WINDOW_PROBES), x->window_probes >= TIMEOUT_WINDOW_PROBES, x->last);
    numbers(e, F(WINDOW_PROBES), x->window_probes, 0);
    if (seen(y, END_SEEN)) {
        tell_at(e, F(ZERO_WINDOW), seen(y, END_ZERO_WINDOW), y->last);
        tell_at(e, F(PEER_REPEATED), y->retransmissions > 0, y->last);
        numbers(e, F(PEER_REPEATED), y->retransmissions, 0);
    }
}

/* ---- other connections ---- */

/* How many of that kind there were about then, this one included if it is one. */
static int64_t resets_about(const struct host *host, enum host_runs kind, int64_t when)
{
    const struct run *run = host_run_at(host, kind, when);
    if (!run)
        run = host_run_at(host, kind, when + MASS_GAP);
    if (!run)
        run = host_run_at(host, kind, when - MASS_GAP);
    return run ? (int64_t)run->count : 0;
}

static void fact_runs(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct run *aborts =
        is(e, F(ABORT_FORM)) ? host_run_at(x_host, RUN_ABORTS, r->when) : NULL;
    if (aborts && r->connection->first_time <= aborts->start && !seen(&r->y, END_FIN)) {
        int64_t span = aborts->end - aborts->start;
        tell(e, F(OTHERS_TOO), aborts->count >= MASS_COUNT && span <= MASS_SPAN);
        numbers(e, F(OTHERS_TOO), (int64_t)aborts->count - 1, span);
        tell(e, F(ABORTS_BY_HABIT), host_abort_habit(x_host, aborts));
        bool silent = isnt(e, F(SENDER_SENT_DATA));
        tell(e, F(LISTENER_TOO), silent && aborts->count >= 2 && span <= LISTENER_SPAN);
        numbers(e, F(LISTENER_TOO), (int64_t)aborts->count - 1, span);
    }
    int64_t others =
        resets_about(x_host, RUN_ABORTS, r->when) + resets_about(x_host, RUN_STRAYS, r->when);
    tell(e, F(OTHERS_ENDED), others >= 2);
    numbers(e, F(OTHERS_ENDED), others - 1, 0);
    const struct run *forgets = r->has_trigger ? host_run_at(x_host, RUN_FORGETS, r->when) : NULL;
    if (forgets) {
        tell(e, F(OTHERS_FORGOT), forgets->count >= 2);
        numbers(e, F(OTHERS_FORGOT), (int64_t)forgets->count - 1, forgets->end - forgets->start);
    }
}

static void fact_others(struct evidence *e, const struct reset *r, const struct host *x_host,
                        const struct host *y_host)
{
    if (y_host || x_host) {
        /* A scanner is the end that opened: of a SYN-ACK's RST the sender, of a SYN's refusal the
         * receiver. */
        const struct host *opener = is(e, F(TRIGGER_SYN_ACK)) ? x_host : y_host;
        unsigned n = opener ? host_fan_out(opener, r->when) : 0;
        bool scans = n >= SCAN_FAN_OUT;
        if (is(e, F(TRIGGER_SYN_ACK))) {
            const struct run *abandons = opener ? host_run_at(opener, RUN_ABANDONS, r->when) : NULL;
            scans = scans && abandons && abandons->count >= SCAN_ABANDONS;
        }
        tell(e, F(FAN_OUT), scans);
        numbers(e, F(FAN_OUT), n > 0 ? n - 1 : 0, SCAN_WINDOW);
    }
    if (is(e, F(TRIGGER_WRONG_SYN_ACK)) && y_host) {
        tell(e, F(CHALLENGES_OTHERS), y_host->wrong_syn_acks >= CHALLENGED_CLIENTS);
        numbers(e, F(CHALLENGES_OTHERS), y_host->wrong_syn_acks - 1, 0);
    }
    if (!x_host)
        return;
    int64_t open = host_port_time(x_host, true, r->source_port),
            closed = host_port_time(x_host, false, r->source_port);
    if (is(e, F(TRIGGER_SYN))) {
        tell(e, F(PORT_OPEN), open != INT64_MIN);
        numbers(e, F(PORT_OPEN), open != INT64_MIN ? r->when - open : 0, 0);
    } else {
        tell(e, F(PORT_CLOSED_AFTER), closed != INT64_MIN && closed > r->when);
        numbers(e, F(PORT_CLOSED_AFTER), closed != INT64_MIN ? closed - r->when : 0, 0);
    }
    const struct run *strays = !seen(&r->x, END_SEEN) && !seen(&r->y, END_SEEN)
                                   ? host_run_at(x_host, RUN_STRAYS, r->when)
                                   : NULL;
    if (strays && y_host) {
        tell(e, F(STRAY_RSTS), strays->count >= SCAN_FAN_OUT);
        numbers(e, F(STRAY_RSTS), strays->count, 0);
    }
    fact_runs(e, r, x_host);
    uint16_t service = reset_service_port(r);
    int64_t same =
        r->idle >= IDLE_RECUR_MIN ? host_same_idle(x_host, service, r->incarnation, r->idle) : -1;
    if (r->idle >= IDLE_RECUR_MIN)
        tell(e, F(IDLE_RECURS), same >= 0);
    numbers(e, F(IDLE_RECURS), same, r->idle);
}

/* ---- what came with it and followed ---- */

/* What the other RSTs of the same connection say of this one. */
struct company {
    bool opposite, same_id, ladder, ladder_alike;
    unsigned places;
    bool far; /* one of them is no few segments ahead */
    uint32_t others[GUESSES];
};

static bool in_place(const struct reset *r, uint32_t seq)
{
    return seen(&r->y, END_ACK) ? seq_between(r->y.max_ack, seq, r->x.snd_max)
                                : seq == r->x.snd_max;
}

static bool steps_ahead(const struct reset *r, uint32_t seq)
{
    return seq_lt(r->x.snd_max, seq) && seq - r->x.snd_max < LADDER_REACH;
}

static void note_companion(struct company *c, const struct reset *r, const struct reset *n)
{
    int64_t apart = n->when > r->when ? n->when - r->when : r->when - n->when;
    if (n->d != r->d) {
        c->opposite |= apart <= AT_ONCE;
        return;
    }
    bool other = n->seq != r->seq || n->flags != r->flags;
    c->same_id |= other && r->ip_id && n->ip_id == r->ip_id;
    /* Steps ahead from the right place, in case the sender goes on before they arrive. */
    bool steps = other && apart <= NS_PER_S && seen(&r->x, END_SEEN) &&
                 (in_place(r, n->seq) || in_place(r, r->seq)) &&
                 (steps_ahead(r, n->seq) || steps_ahead(r, r->seq));
    bool alike = n->ttl == r->ttl || (r->ip_id && n->ip_id == r->ip_id);
    c->ladder |= steps;
    c->ladder_alike |= steps && alike;
    bool known = n->seq == r->seq;
    c->far |= !steps_ahead(r, n->seq) && !in_place(r, n->seq);
    for (unsigned i = 0; i + 1 < c->places && i < GUESSES; i++)
        known |= c->others[i] == n->seq;
    if (!known && c->places <= GUESSES)
        c->others[c->places++ - 1] = n->seq;
}

/* Segments that fit this connection nowhere have its numbers: it belongs to an incarnation whose
 * opening was not captured. */
static bool of_another_incarnation(const struct reset *r)
{
    const struct recent *p;
    for (uint64_t n = 0; n < MAX_RELATED && (p = recent_back(&r->connection->recents, n)); n++) {
        bool from_x = !!(p->bits & RECENT_FROM_B) == r->d;
        if (!(p->bits & RECENT_STRAY) || p->where >= where_pack(r->frame))
            continue;
        if (from_x ? p->seq + segment_length(p->flags, p->length) == r->seq
                   : (p->flags & TCPRST_ACK) && p->ack == r->seq)
            return true;
    }
    return false;
}

static void fact_company(struct evidence *e, const struct reset *r)
{
    unsigned looked = 0;
    struct company c = {.places = 1};
    for (const struct reset *n = reset_nearby(r, MAX_RELATED / 2); n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n != r && n->incarnation == r->incarnation && !n->duplicate_of &&
            (!n->has_trigger || !(r->connection_flags & CONN_ESTABLISHED)))
            note_companion(&c, r, n);
    tell(e, F(IP_ID_CONSTANT), c.same_id && r->x.ip_id != r->ip_id);
    numbers(e, F(IP_ID_CONSTANT), r->ip_id, 0);
    /* A forger's burst does not make an honest RST in its midst one of its own. */
    tell(e, F(LADDER), c.ladder_alike || (c.ladder && !is(e, F(TTL_SAME))));
    if (!r->has_trigger || !(r->connection_flags & CONN_ESTABLISHED))
        tell(e, F(OPPOSITE_AT_ONCE), c.opposite);
    if (r->has_trigger)
        return;
    tell(e, F(GUESSES), c.places >= GUESSES);
    numbers(e, F(GUESSES), c.places, 0);
    tell(e, F(GUESSES_FAR), c.far || !steps_ahead(r, r->seq));
    if (seen(&r->x, END_SEEN) && seen(&r->y, END_ACK)) {
        bool own = of_another_incarnation(r) || r->seq == r->x.snd_max ||
                   (seen(&r->x, END_FIN) && r->seq == r->x.fin_seq);
        bool acknowledged = seq_between(r->y.max_ack, r->seq, r->x.snd_max) || r->seq == r->y.edge;
        tell(e, F(OUT_OF_PLACE), !own && !acknowledged);
    }
}

static void fact_went_on(struct evidence *e, const struct reset *r, const struct after *a)
{
    int64_t rtt = r->x.rtt_max > 0 ? 2 * r->x.rtt_max : 0;
    int64_t limit = rtt > 4 * WENT_ON_MIN ? rtt : 4 * WENT_ON_MIN;
    /* Its own handshake goes on after it refused what did not belong to it. */
    if (a->syn_again >= 0 || is(e, F(TRIGGER_BAD_HANDSHAKE_ACK)) ||
        (r->has_trigger && (r->trigger.bits & RECENT_STRAY)))
        return;
    bool more = is(e, F(ABORT_FORM)) && a->x_more != 0;
    bool acked = a->x_acked_trigger != 0;
    bool late = a->x_last >= 0 && a->x_last - r->when > limit;
    tell_at(e, F(SENDER_ACKED_LATER), a->x_acked_later != 0, a->x_acked_later);
    where_t shows = acked              ? a->x_acked_trigger
                    : a->x_acked_later ? a->x_acked_later
                    : more             ? a->x_more
                                       : a->x_first_where;
    tell_at(e, F(SENDER_ACKED_TRIGGER), acked, a->x_acked_trigger);
    tell_at(e, F(SENDER_WENT_ON), a->x_acked_later || acked || more || late, shows);
    numbers(e, F(SENDER_WENT_ON), a->x_last - r->when, 0);
    tell_at(e, F(SENDER_ACCEPTED), is(e, F(TRIGGER_SYN)) && a->syn_ack >= 0 && a->syn_again < 0,
            a->syn_ack_where);
    numbers(e, F(SENDER_ACCEPTED), a->syn_ack - r->when, 0);
}

static void fact_confirmed(struct evidence *e, const struct reset *r, const struct after *a)
{
    if (a->challenge < 0)
        return;
    unsigned looked = 0;
    for (const struct reset *n = r->next_of_connection; n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n->incarnation == r->incarnation && n->d == r->d && n->has_trigger &&
            n->trigger.where == a->challenge_where) {
            tell_at(e, F(CONFIRMED), true, where_pack(n->frame));
            return;
        }
}

static void fact_after(struct evidence *e, const struct reset *r)
{
    const struct after *a = r->after;
    if (is(e, F(HANDSHAKE_DONE)) == false && r->client == 1 && seen(&r->x, END_SYN_ACK)) {
        int64_t waited = r->when - r->x.last_time;
        tell_at(e, F(HALF_MADE), waited >= HALF_MADE_MIN, r->x.syn_where);
        numbers(e, F(HALF_MADE), waited, 0);
    }
    if (!a)
        return;
    tell_at(e, F(SYN_AGAIN), a->syn_again >= 0, a->syn_where);
    numbers(e, F(SYN_AGAIN), a->syn_again - r->when, 0);
    tell_at(e, F(REOPENED), a->reopened, a->syn_where);
    if (is(e, F(TRIGGER_SYN)))
        tell_at(e, F(PEER_WENT_ON), a->y_count > 0 && a->syn_again < 0, a->y_first_where);
    fact_went_on(e, r, a);
    fact_confirmed(e, r, a);
}

/* Of an answer the sender is the same stack without the connection; what ended that, the answer
 * does not say. */
void evidence_earlier_reset(struct evidence *e, const struct reset *r, where_t where)
{
    unsigned looked = 0;
    for (const struct reset *p = r->previous_of_connection; where && p && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++)
        if (where_pack(p->frame) == where) {
            /* What a bare one answered may not have been captured. */
            if (p->d == r->d && !p->has_trigger && !(p->flags & TCPRST_ACK) && !p->window)
                return;
            bool answer = p->d == r->d && p->has_trigger;
            tell_at(e, F(EARLIER_ANSWER), answer, where);
            tell_at(e, F(EARLIER_ABORT), p->d == r->d && !answer, where);
            tell_at(e, F(EARLIER_DATA), answer && p->trigger.length && regardless_of_fin(p), where);
            return;
        }
}

static void fact_signatures(struct evidence *e, const struct reset *r)
{
    int cloudflare = signature_cloudflare(r), weaver = signature_weaver(r, e);
    tell(e, F(SIGNATURE_CLOUDFLARE), cloudflare > 0);
    numbers(e, F(SIGNATURE_CLOUDFLARE), cloudflare, 0);
    tell(e, F(SIGNATURE_WEAVER), weaver > 0);
    numbers(e, F(SIGNATURE_WEAVER), weaver, 0);
}

void evidence_gather(struct evidence *e, const struct reset *r, const struct host *x_host,
                     const struct host *y_host)
{
    memset(e, 0, sizeof *e);
    fact_trigger(e, r, x_host);
    fact_syn_in_window(e, r);
    fact_form(e, r, x_host);
    fact_ip(e, r, x_host);
    fact_host_stack(e, r, x_host);
    fact_window(e, r);
    fact_window_code(e, r, x_host);
    fact_ladder(e, r);
    fact_history(e, r);
    fact_fins(e, r);
    fact_handshake(e, r);
    fact_past(e, r);
    fact_exchange(e, r);
    fact_data(e, r);
    fact_pauses(e, r);
    fact_timeouts(e, r);
    fact_after(e, r);
    fact_others(e, r, x_host, y_host);
    fact_company(e, r);
    fact_signatures(e, r);
}
