/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules_closing.c - RSTs of an end that has given the connection up or forgotten it: half-open,
 * closing, timeout, aftermath. */
#include "rules.h"

/* The sender took part, had not closed, and now knows nothing of it. */
static bool forgot(const struct evidence *e)
{
    return stray_answer(e) && !yes(SENDER_FIN) && !yes(EARLIER_RESET) &&
           !yes(TRIGGER_BAD_HANDSHAKE_ACK) && yes(SENDER_SEEN) && !yes(OVERTOOK);
}

/* It went on with the connection: then it had it, and somebody else answered. */
static bool spoken_for(const struct evidence *e)
{
    return stray_answer(e) && yes(SENDER_WENT_ON) && !yes(SENDER_FIN);
}

/* ---- aftermath ---- */

/* Its sender has nothing left that could abort: it answers what was not captured. */
static bool dead_and_bare(const struct evidence *e)
{
    return yes(EARLIER_RESET) && not(TRIGGER) && not(ACK_FLAG) && yes(BARE_FORM) && honest(e) &&
           !yes(EARLIER_DATA) && !yes(FORGED_BEFORE) && !yes(SENDER_WENT_ON) &&
           (not(OUT_OF_PLACE) || (yes(EARLIER_ABORT) && yes(TTL_SAME)));
}

/* RFC 9293 section 3.5.2 again, for what was still in flight when an earlier RST ended the
 * connection. */
RULE(echo_of_reset)
{
    if (spoken_for(e))
        return no();
    if (yes(OVERTOOK) && stray_answer(e) && !yes(SENDER_FIN) && !yes(EARLIER_RESET))
        return likely(OVERTOOK, TRIGGER, BARE_FORM);
    /* The RST before may have been lost before it was captured, or have come before the capture. */
    if (forgot(e) || answers_out_of_nothing(e))
        return not_excluded(TRIGGER);
    if (yes(TRIGGER_SYN_ACK) && !yes(EARLIER_RESET))
        return not_excluded(
            TRIGGER_SYN_ACK); /* a RST before may have been made nearer to its receiver */
    if (dead_and_bare(e))
        return likely(EARLIER_RESET, EARLIER_ABORT, TRIGGER, BARE_FORM);
    if (answers_unseen(e))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (!yes(EARLIER_RESET) || !yes(TRIGGER) || yes(TRIGGER_SYN) || yes(TRIGGER_CHALLENGE) ||
        yes(TRIGGER_WRONG_SYN_ACK))
        return no();
    /* An end that has closed answers what comes then; but where its own abort came between, it
     * would have answered nothing but for that, or something else. */
    if (yes(TRIGGER_AFTER_FIN) && !yes(EARLIER_ABORT))
        return no();
    /* A repeated SYN-ACK may be answered anew; a doubled answer may have a doubled trigger. */
    if (yes(FORGED_BEFORE))
        return not_excluded(FORGED_BEFORE);
    if (honest(e) && device_signs(e) == 0 && !yes(TRIGGER_DOUBLED) && !yes(TRIGGER_REPEATED) &&
        !yes(TRIGGER_SYN_ACK) && not(EARLIER_ANSWER))
        return certain(EARLIER_RESET, TRIGGER);
    return likely(EARLIER_RESET, EARLIER_ANSWER, TRIGGER, TRIGGER_DOUBLED);
}

/* ---- half-open ---- */

RULE(peer_restarted)
{
    if (spoken_for(e))
        return no();
    if (yes(EARLIER_RESET) && stray_answer(e) && yes(TRIGGER_REPEATED))
        return not_excluded(TRIGGER_REPEATED); /* the RST before did not arrive */
    /* A program that takes the answer as it comes need not be the one that ended. */
    if (yes(HALF_CLOSED) && stray_answer(e) && !yes(EARLIER_RESET) && !yes(CONNECTION_CLOSED))
        return not_excluded(HALF_CLOSED);
    /* It may have answered, late, what the peer kept sending. */
    if (not(TRIGGER) && not(ACK_FLAG) && yes(BARE_FORM) && yes(PEER_REPEATED) &&
        yes(PEER_SENT_DATA))
        return possible(PEER_REPEATED, BARE_FORM, TTL_SAME);
    if (answers_unseen_segment(e))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (!forgot(e))
        return stray_answer(e) && not(SENDER_SEEN) && not(OPENING_SEEN) ? not_excluded(TRIGGER)
                                                                        : no();
    if (unseen(SENDER_FIN))
        return possible(TRIGGER, BARE_FORM, TTL_SAME);
    /* Nothing restarts within a round trip or two; its own RST may have been lost like others. */
    if (yes(SENDER_JUST_HEARD) && yes(LOSSY))
        return possible(TRIGGER, SENDER_JUST_HEARD, LOSSY, BARE_FORM, TTL_SAME);
    if (yes(PEER_REPEATED) || yes(OTHERS_FORGOT))
        return likely(TRIGGER, PEER_REPEATED, OTHERS_FORGOT, BARE_FORM, TTL_SAME, SENDER_FIN);
    return likely(TRIGGER, BARE_FORM, TTL_SAME, SENDER_FIN, IDLE_LONG);
}

RULE(idle_state_lost)
{
    if (answers_unseen_segment(e) && !yes(IDLE_BRIEF))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (!forgot(e))
        return stray_answer(e) && not(SENDER_SEEN) && not(OPENING_SEEN) ? not_excluded(TRIGGER)
                                                                        : no();
    /* A device on the way may have dropped it, unknown to the end it speaks for. */
    if (spoken_for(e) && !yes(IDLE_LONG) && !yes(IDLE_LONGEST))
        return no();
    if (yes(PEER_REPEATED))
        return not_excluded(IDLE_LONG);
    if (yes(IDLE_LONG))
        return likely(IDLE_LONG, KNOWN_TIMER, TRIGGER, BARE_FORM, TTL_SAME, SENDER_FIN);
    if (yes(IDLE_LONGEST))
        return likely(IDLE_LONGEST, KNOWN_TIMER, TRIGGER, BARE_FORM, TTL_SAME, SENDER_FIN);
    return not_excluded(IDLE_LONG);
}

/* RFC 9293 section 3.5.1, figure 10: half-open connection discovery. */
RULE(half_open_resync)
{
    if (answers_unseen_opening(e))
        return not_excluded(TRIGGER, PEER_SEEN);
    /* The ACK that it answers may be the challenge of a SYN that was not captured. */
    if ((forgot(e) || answers_out_of_nothing(e)) && yes(TRIGGER_BARE_ACK) &&
        !yes(TRIGGER_HANDSHAKE_ACK))
        return not_excluded(TRIGGER_BARE_ACK);
    if (!yes(TRIGGER_CHALLENGE))
        return yes(TRIGGER_AMBIGUOUS) || yes(TRIGGER_BEFORE_SYN) ||
                       (yes(TRIGGER_WRONG_SYN_ACK) && yes(REPEATS_RESET))
                   ? not_excluded(TRIGGER_AMBIGUOUS, TRIGGER_BEFORE_SYN)
                   : no();
    if (yes(TRIGGER_AMBIGUOUS) && !yes(EARLIER_FINS))
        return likely(TRIGGER_CHALLENGE, TRIGGER_AMBIGUOUS, REOPENED);
    if (yes(EARLIER_FINS))
        return not_excluded(TRIGGER_CHALLENGE);
    if (yes(EARLIER_OPEN) && yes(TRIGGER_MATCHES_PAST) && honest(e))
        return certain(TRIGGER_CHALLENGE, TRIGGER_MATCHES_PAST, EARLIER_OPEN, REOPENED);
    return likely(TRIGGER_CHALLENGE, SYN_AGAIN, REOPENED);
}

RULE(unknown_connection)
{
    if (answers_unseen(e) && partial(e))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (answers_out_of_nothing(e))
        return not(OPENING_SEEN) ? likely(TRIGGER, OPENING_SEEN, SENDER_SEEN)
                                 : possible(TRIGGER, SENDER_SEEN);
    return no();
}

/* ---- closing ---- */

RULE(data_after_close)
{
    if (answers_unseen_segment(e))
        return yes(SENDER_FIN) ? possible(SENDER_FIN, TRIGGER, PEER_SEEN)
                               : not_excluded(TRIGGER, PEER_SEEN);
    if (!stray_answer(e))
        return no();
    /* The FIN may have been lost before it was captured. */
    if (forgot(e) && unseen(SENDER_FIN))
        return possible(TRIGGER);
    if (forgot(e) || (yes(EARLIER_ANSWER) && !yes(SENDER_FIN)))
        return not_excluded(SENDER_FIN);
    if (!yes(SENDER_FIN))
        return not(OPENING_SEEN) && not(SENDER_SEEN) ? not_excluded(TRIGGER) : no();
    if (yes(EARLIER_RESET) && yes(EARLIER_ABORT) && !yes(FORGED_BEFORE))
        return not_excluded(SENDER_FIN);
    if (yes(TRIGGER_DATA) && yes(TRIGGER_AFTER_FIN) && !yes(TRIGGER_AFTER_PEER_FIN) &&
        !yes(TRIGGER_ACKED))
        /* Of segments that were lost, one may have been the peer's FIN. */
        return vouched_answer(e) && not(HALF_CLOSED) && !yes(LOSSY)
                   ? certain(SENDER_FIN, TRIGGER_DATA, TRIGGER_AFTER_FIN, TTL_SAME)
                   : likely(SENDER_FIN, HALF_CLOSED, TRIGGER_DATA, TRIGGER_AFTER_FIN);
    /* What it had sent on after that data, or sends again. */
    if (yes(EARLIER_DATA) && !yes(TRIGGER_ACKED))
        return likely(SENDER_FIN, EARLIER_DATA, TRIGGER, TRIGGER_FIN);
    /* The RST for that data was lost, or the data itself was. */
    if (yes(TRIGGER_FIN) && yes(TRIGGER_BEHIND_DATA) && !yes(EXPIRY_PAUSE) && !yes(EARLIER_RESET))
        return likely(SENDER_FIN, TRIGGER_BEHIND_DATA, TRIGGER_FIN);
    return not_excluded(SENDER_FIN, TRIGGER_BARE_ACK);
}

RULE(fin_after_expiry)
{
    if (answers_unseen_segment(e))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (!stray_answer(e))
        return no();
    if (!yes(SENDER_FIN))
        return not(OPENING_SEEN) || unseen(SENDER_FIN) ? not_excluded(TRIGGER, SENDER_FIN) : no();
    if (yes(TRIGGER_FIN) && yes(TRIGGER_ACKED))
        return not_excluded(TRIGGER_ACKED);
    if (yes(TRIGGER_FIN) && yes(EXPIRY_PAUSE) && !yes(TRIGGER_DATA))
        return vouched_answer(e) && !yes(TRIGGER_BEHIND_DATA)
                   ? certain(TRIGGER_FIN, EXPIRY_PAUSE, SENDER_FIN, TTL_SAME)
                   : likely(TRIGGER_FIN, EXPIRY_PAUSE, SENDER_FIN, TRIGGER_BEHIND_DATA);
    if (yes(TRIGGER_FIN))
        return likely(TRIGGER_FIN, SENDER_FIN);
    return not_excluded(SENDER_FIN);
}

RULE(late_after_close)
{
    /* What drew it was not captured, but its number tells: an old segment that came when all was
     * over. */
    if (yes(OLD_ACK) && yes(CONNECTION_CLOSED) && not(ACK_FLAG))
        return likely(CONNECTION_CLOSED, OLD_ACK, TTL_SAME);
    if (answers_unseen_segment(e))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (!stray_answer(e))
        return no();
    if (yes(CONNECTION_CLOSED) && (!yes(TRIGGER_DATA) || yes(TRIGGER_AFTER_PEER_FIN)))
        return likely(CONNECTION_CLOSED, TRIGGER, TRIGGER_AFTER_PEER_FIN, EXPIRY_PAUSE);
    /* A socket that waits for the peer's FIN acknowledges an old copy: this one waited no more. */
    if (yes(SENDER_FIN) && yes(TRIGGER_ACKED))
        return likely(SENDER_FIN, TRIGGER_ACKED, TRIGGER);
    if (yes(SENDER_FIN))
        return possible(SENDER_FIN, TRIGGER);
    return not(OPENING_SEEN) || unseen(SENDER_FIN) ? not_excluded(TRIGGER, SENDER_FIN) : no();
}

/* Some stacks (macOS on an abrupt end) send FIN and then RST with the FIN's own number: Linux
 * tcp_reset_check(). */
RULE(fin_rst_pair)
{
    if (yes(SENDER_FIN) && yes(SEQ_IS_FIN) && not(TRIGGER) && yes(FIN_JUST_SENT))
        return likely(SEQ_IS_FIN, FIN_JUST_SENT, TRIGGER);
    if (half_seen_abort(e) || (partial(e) && answers_unseen_segment(e)))
        return yes(SENDER_FIN) && not(SEQ_IS_FIN) ? no() : not_excluded(OPENING_SEEN, PEER_SEEN);
    return no();
}

RULE(time_wait_collision)
{
    if (refuses_unseen(e) || answers_unseen_opening(e))
        return not_excluded(TRIGGER, PEER_SEEN);
    /* Its SYN, which what it answers challenged, may not have been captured. */
    if (stray_answer(e) && yes(TRIGGER_BARE_ACK) && (yes(SENDER_FIN) || not(SENDER_SEEN)))
        return not_excluded(TRIGGER_BARE_ACK, SENDER_FIN);
    if (refused_amiss(e) || (yes(TRIGGER_SYN) && yes(SENDER_SEEN) && !yes(EARLIER_FINS)))
        return not_excluded(TRIGGER_SYN, PORT_OPEN, REOPENED, PEER_WENT_ON);
    if (!yes(EARLIER_FINS))
        return yes(TRIGGER_CHALLENGE) ? not_excluded(TRIGGER_CHALLENGE) : no();
    if (yes(TRIGGER_CHALLENGE))
        return yes(TRIGGER_MATCHES_PAST) && honest(e)
                   ? certain(TRIGGER_CHALLENGE, TRIGGER_MATCHES_PAST, EARLIER_FINS, REOPENED)
                   : likely(TRIGGER_CHALLENGE, EARLIER_FINS, REOPENED);
    if (yes(TRIGGER_SYN) && yes(EARLIER_CLOSED_SECOND))
        return no();
    /* Linux resets it in FIN-WAIT-2 only; in TIME-WAIT it takes the SYN or answers with an ACK:
     * tcp_timewait_state_process(). */
    if (yes(TRIGGER_SYN) && yes(EARLIER_FINS_ACKED) && yes(IP_ID_ZERO))
        return not_excluded(TRIGGER_SYN, EARLIER_FINS);
    return yes(TRIGGER_SYN) ? likely(TRIGGER_SYN, EARLIER_FINS) : no();
}

/* ---- timeout ---- */

RULE(keepalive_timeout)
{
    if (half_seen_abort(e) && !yes(IDLE_BRIEF) && !yes(PROBES_UNANSWERED))
        return not_excluded(OPENING_SEEN, PEER_SEEN, ABORT_FORM);
    if (not(PEER_SEEN) && deliberate(e) && yes(RETRANSMISSIONS))
        return not_excluded(PEER_SEEN, RETRANSMISSIONS);
    if (!yes(ABORT_FORM) || !yes(PROBES_UNANSWERED) || yes(ZERO_WINDOW) || yes(RETRANSMISSIONS) ||
        yes(SENDER_FIN))
        return no();
    if (yes(PROBE_RHYTHM))
        /* One probe whose answer was lost to the capture says little of an abort later. */
        return vouched_abort(e) && yes(PROBES_STEADY) && yes(BOTH_DIRECTIONS)
                   ? certain(PROBES_UNANSWERED, PROBES_STEADY, PROBE_RHYTHM, ABORT_FORM, TTL_SAME)
                   : likely(PROBES_UNANSWERED, PROBE_RHYTHM, ABORT_FORM);
    return not_excluded(PROBES_UNANSWERED);
}

RULE(retransmission_timeout)
{
    if (!yes(RETRANSMISSIONS) && !yes(IDLE_BRIEF) &&
        (half_seen_abort(e) || (deliberate(e) && yes(REPLY_UNACKED))))
        return not_excluded(REPLY_UNACKED, OPENING_SEEN, PEER_SEEN, ABORT_FORM);
    if (!yes(RETRANSMISSIONS) || yes(TRIGGER) || yes(ZERO_WINDOW))
        return no();
    /* What gives up between two of them is a program, or a limit of its own. */
    return yes(RETRANSMISSION_DUE) ? likely(RETRANSMISSIONS, RETRANSMISSION_DUE, ABORT_FORM)
                                   : not_excluded(RETRANSMISSIONS, RETRANSMISSION_DUE);
}

RULE(zero_window_timeout)
{
    bool probed = yes(WINDOW_PROBES) || !unseen(WINDOW_PROBE_DUE) || yes(PROBES_UNANSWERED) ||
                  yes(RETRANSMISSIONS);
    if (!yes(ZERO_WINDOW) || yes(TRIGGER) || !probed)
        return half_seen_abort(e) && !yes(IDLE_BRIEF)
                   ? not_excluded(OPENING_SEEN, PEER_SEEN, ABORT_FORM)
                   : no();
    bool ran_out = (yes(WINDOW_PROBES) && yes(WINDOW_PROBE_DUE)) ||
                   (yes(RETRANSMISSIONS) && yes(RETRANSMISSION_DUE));
    return ran_out
               ? likely(ZERO_WINDOW, WINDOW_PROBES, WINDOW_PROBE_DUE, PROBES_UNANSWERED, ABORT_FORM)
               : not_excluded(ZERO_WINDOW, WINDOW_PROBES, WINDOW_PROBE_DUE);
}

RULE(device_idle_timeout)
{
    if (yes(EARLIER_RESET) && !yes(FORGED_BEFORE))
        return no();
    if (yes(TEXT_SAYS_IDLE))
        return likely(TEXT_SAYS_IDLE, IDLE_LONG, KNOWN_TIMER);
    if (yes(TEXT) && unseen(TEXT_SAYS_IDLE))
        return not_excluded(TEXT);
    if ((yes(FORGED_BEFORE) || not(TTL_SAME) || yes(OPTIONS_MISSING)) && not(TRIGGER) &&
        !yes(SENDER_WENT_ON) && !yes(PROBES_UNANSWERED) && yes(HANDSHAKE_DONE) && yes(BARE_FORM) &&
        (yes(IDLE_LONG) || yes(IDLE_LONGEST)))
        return likely(IDLE_LONG, KNOWN_TIMER, TTL_SAME, OPTIONS_MISSING, OPPOSITE_AT_ONCE);
    if (yes(OPPOSITE_AT_ONCE) && yes(HANDSHAKE_DONE) && (yes(IDLE_LONG) || yes(IDLE_LONGEST)))
        return likely(OPPOSITE_AT_ONCE, IDLE_LONG, KNOWN_TIMER, TTL_SAME);
    bool answer = answers_unseen_segment(e) && yes(SENDER_SEEN);
    if ((half_seen_abort(e) || answer) && !yes(IDLE_BRIEF))
        return not_excluded(OPENING_SEEN, PEER_SEEN, IDLE_LONG);
    if (yes(ABORT_FORM) && (yes(IDLE_LONG) || yes(IDLE_LONGEST) || !unseen(IDLE_RECURS)))
        return not_excluded(IDLE_LONG);
    return no();
}
