/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_form.c - facts of the RST itself: its numbers, flags, window, options and text. */
#include "evidence_tell.h"

#include "dimensions.h"
#include "sequence.h"
#include "signatures.h"
#include "thresholds.h"

#include <string.h>

/* Whether the RST's text has that word, in letters of either case. */
static bool mentions(const struct reset *r, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= r->packet.text_length; i++) {
        size_t k = 0;
        while (k < n && (r->packet.text[i + k] | 0x20) == (word[k] | 0x20))
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
    bool whole = r->packet.text_length >= r->payload_length || r->packet.text_length == RESET_TEXT;
    tell(e, F(TEXT), text);
    tell(e, F(PAYLOAD), r->payload_length > 0 && !text);
    numbers(e, F(PAYLOAD), r->payload_length, 0);
    bool idle = text && (mentions(r, "idle") || mentions(r, "expired") || mentions(r, "sweeper") ||
                         mentions(r, "timeout") || mentions(r, "timed out"));
    bool policy =
        text && (mentions(r, "policy") || mentions(r, "denied") || mentions(r, "blocked") ||
                 mentions(r, "forbidden") || mentions(r, "reject") || mentions(r, "irule") ||
                 mentions(r, "prohibit") || mentions(r, "administrator"));
    if (idle || whole)
        tell(e, F(TEXT_SAYS_IDLE), idle);
    if (policy || whole)
        tell(e, F(TEXT_SAYS_POLICY), policy);
    tell(e, F(TEXT_OF_F5),
         r->packet.text_length >= 11 && memcmp(r->packet.text, "BIG-IP: [0x", 11) == 0);
    numbers(e, F(TEXT), r->payload_length, 0);
}

static bool some_time_ago(uint32_t stamp, uint32_t now)
{
    int32_t ticks = seq_diff(now, stamp);
    return ticks > 0 && ticks < TIMESTAMP_TICKS;
}

/* The clocks of two hosts go on from one connection of theirs to the next (RFC 7323 section 5.4):
 * an old copy of an incarnation before has what they showed then. */
static bool has_earlier_stamps(const struct reset *r)
{
    const struct tcp_options *o = &r->packet.options;
    return some_time_ago(o->ts_val, r->x.ts_val) &&
           (!seen(&r->y, END_TIMESTAMPS) || some_time_ago(o->ts_ecr, r->y.ts_val));
}

/* Where its number stands among those of the connection. */
static void fact_place(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    bool x_seen = seen(x, END_SEEN), y_acks = seen(y, END_ACK);
    uint32_t low = y_acks              ? y->max_ack
                   : x->seen & END_ISS ? x->iss
                                       : x->snd_max,
             high = x_seen ? x->snd_max : y->max_ack;
    if (!x_seen && !y_acks)
        return;
    if (seq_lt(high, low))
        high = low;
    bool near = r->seq - (low - LADDER_REACH) <= high - low + 2 * LADDER_REACH;
    near |= reset_had_sent(r, r->seq);
    if (near || !reset_may_have_sent(r, r->seq))
        tell(e, F(SEQ_NEAR), near);
    bool acked = seq_between(low, r->seq, high) || (seen(y, END_AHEAD) && r->seq == y->ack_ahead);
    bool gap = seq_lt(high, r->seq) && r->seq - high <= STRAY_DISTANCE && !x_seen;
    if (acked || !gap)
        tell(e, F(SEQ_ACKED), acked);
}

static void fact_form(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct endpoint *x = &r->x;
    bool options = r->packet.header_length > 20;
    tell(e, F(ACK_FLAG), r->flags & TCPRST_ACK);
    tell(e, F(SEQ_ZERO), r->seq == 0);
    tell(e, F(ACK_WITHOUT_FLAG),
         !(r->flags & TCPRST_ACK) && r->ack && seen(&r->y, END_SYN) && r->ack == r->y.iss + 1);
    /* Who translates numbers may translate this one, too. */
    if (linux_habit(e) && !e->view.renumbered)
        tell(e, F(ACK_FIELD), !(r->flags & TCPRST_ACK) && r->ack);
    numbers(e, F(ACK_FIELD), r->ack, 0);
    tell_at(e, F(REPEATS_RESET), r->drawn.repeats != 0, r->drawn.repeats);
    if (!r->has_trigger && seen(&r->y, END_SEEN))
        tell_at(e, F(OLD_ACK), r->drawn.old_ack != 0, r->drawn.old_ack);
    bool unprovoked = !r->has_trigger && !r->drawn.old_ack && !r->drawn.repeats &&
                      seen(x, END_SEEN | END_TIMESTAMPS | END_ISS) && seen(&r->y, END_SEEN) &&
                      !(r->flags & TCPRST_ACK);
    tell(e, F(ABORT_WITHOUT_ACK), unprovoked);
    tell(e, F(ODD_RST), (r->flags & (TCPRST_SYN | TCPRST_FIN)) != 0);
    numbers(e, F(ODD_RST), r->flags, 0);
    /* MD5 and AO sign answers, too (RFC 2385, RFC 5925). */
    tell(e, F(OPTIONS),
         r->packet.options.has_timestamps || r->packet.options.has_sack ||
             r->packet.options.has_mss || r->payload_length);
    if (r->packet.window_known) {
        tell(e, F(WINDOW_ZERO), r->window == 0);
        numbers(e, F(WINDOW_ZERO), r->window, 0);
        tell(e, F(LIVE_SOCKET), options || r->window != 0);
        tell(e, F(BARE_FORM), !options && r->window == 0 && r->payload_length == 0);
        /* The window of its segments before: then a socket that lives made it. */
        tell(e, F(ANSWER_WINDOW), r->window != 0 && !options && r->window != x->window);
        numbers(e, F(ANSWER_WINDOW), r->window, 0);
        if (seen(x, END_SEEN))
            tell(e, F(WINDOW_SAME), r->window != 0 && r->window == x->window);
    }
    e->state[F(ABORT_FORM)] = r->past.numbers ? FACT_TRUE : (uint8_t)reset_abort_numbers(r);
    numbers(e, F(ABORT_FORM), !(r->flags & TCPRST_ACK), 0);
    fact_place(e, r);
    if (seen(x, END_SEEN)) {
        bool below = seq_lt(r->seq, x->snd_max);
        tell(e, F(SEQ_BELOW_SENT), below);
        numbers(e, F(SEQ_BELOW_SENT), below ? seq_diff(x->snd_max, r->seq) : 0, 0);
        tell_at(e, F(SEQ_BEYOND_SENT), seq_lt(x->snd_max, r->seq) && r->seq != 0, x->last);
        numbers(e, F(SEQ_BEYOND_SENT), seq_diff(r->seq, x->snd_max), 0);
        if (seen(x, END_TIMESTAMPS) && r->packet.options.has_timestamps && !r->past.numbers) {
            int32_t ticks = seq_diff(r->packet.options.ts_val, x->ts_val);
            tell_at(e, F(TIMESTAMP_NEXT), ticks >= 0 && ticks < TIMESTAMP_TICKS, x->last);
            tell_at(e, F(TIMESTAMP_EARLIER), has_earlier_stamps(r), x->last);
        }
        if (seen(x, END_TIMESTAMPS) || reset_lacks_stamps(r))
            tell(e, F(OPTIONS_MISSING),
                 !r->packet.options.has_timestamps && !r->packet.options.cut);
    }
    if (seen(x, END_FIN))
        tell_at(e, F(SEQ_IS_FIN), r->seq == x->fin_seq, x->fin_where);
    bool mptcp = r->packet.options.has_tcprst || r->packet.options.has_fastclose;
    if (mptcp || !r->packet.options.cut)
        tell(e, F(MPTCP_REASON), mptcp);
    numbers(e, F(MPTCP_REASON), r->packet.options.tcprst_reason, r->packet.options.tcprst_flags);
    bool others_good = x_host && x_host->sums_good && !x_host->sums_bad;
    if (r->packet.checksum_known) {
        tell(e, F(BAD_CHECKSUM), r->packet.bad_checksum && !r->packet.unfilled && others_good);
        tell(e, F(MADE_HERE), r->packet.unfilled && others_good);
    }
}

/*
 * NetScaler's codes stand in the raw window, where any ordinary window may stand too: two of three
 * signs are asked for - unlike the windows before, without the options of the sender's stack, the
 * same on another connection of the host.
 */
static void fact_window_code(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    if (!r->packet.window_known || !window_code_text(r->window))
        return;
    const struct endpoint *x = &r->x;
    int apart = (int)r->window - (int)x->window;
    bool unlike = seen(x, END_SEEN) && (apart > WINDOW_UNLIKE || apart < -WINDOW_UNLIKE) &&
                  !window_code_text(x->window);
    bool bare = r->packet.header_length == 20 && seen(x, END_TIMESTAMPS);
    bool again = x_host && host_same_window(x_host, r->window, r->incarnation);
    tell(e, F(WINDOW_CODE), (int)unlike + (int)bare + (int)again >= 2);
    numbers(e, F(WINDOW_CODE), r->window, x->window);
}

/* RSTs whose windows count up by one: 1980 and 3293 were the first in 2025 (gfw.report). A stack's
 * answers all have one window, and a socket sends one RST. */
static void fact_ladder(struct evidence *e, const struct reset *r, bool steps)
{
    tell(e, F(KNOWN_LADDER), steps && r->window);
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
    /* Windows are rounded to what their scale can say. */
    uint32_t step = r->x.wscale < 15 ? 2u << r->x.wscale : 2u;
    tell(e, F(WINDOW_SHRUNK), shrunk > before / WINDOW_LOW_PART && shrunk > step);
    numbers(e, F(WINDOW_SHRUNK), shrunk, 0);
}

/* A socket that is closed with data unread throws it away first, so that the RST itself may offer
 * all of the window again (Linux tcp_close()): then its segment before tells. */
static void fact_window_low(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x;
    bool opened_only = seen(x, END_SYN_ACK) && x->segments == 1;
    /* Of a capture that began later, what filled it came before. */
    bool empty = (r->before.connection_flags & CONN_OPENED) && !seen(&r->y, END_DATA);
    tell_at(e, F(WINDOW_SHUT), seen(x, END_ZERO_WINDOW) && !empty, x->last);
    tell_at(e, F(PROXY_SYN_ACK), seen(x, END_ZERO_WINDOW) && opened_only, x->syn_where);
    if (!seen(x, END_SEEN | END_ACK) || x->scale == WSCALE_UNKNOWN || !x->window_max)
        return;
    uint32_t window = (uint32_t)x->window << x->scale, before = x->window_max;
    uint32_t low = before > window ? before - window : 0;
    uint32_t least =
        before / (r->when - x->last_time <= UNREAD_BREATH ? WINDOW_LOW_PART : WINDOW_LOW_LATER);
    /* What is unread was sent: where it takes twice its size, that is the stack's bookkeeping. */
    tell_at(e, F(WINDOW_LOW), low >= least && low / 2 <= r->y.octets, x->last);
    numbers(e, F(WINDOW_LOW), low, 0);
}

void evidence_form(struct evidence *e, const struct reset *r, const struct around *around)
{
    const struct host *x_host = around->x_host;
    fact_form(e, r, x_host);
    fact_text(e, r);
    fact_window(e, r);
    fact_window_low(e, r);
    fact_window_code(e, r, x_host);
    fact_ladder(e, r, around->company.window_steps);
}
