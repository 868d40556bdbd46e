/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules_opening.c - RSTs that answer an attempt to connect: the groups refused, handshake and
 * out-of-window. */
#include "rules.h"

/* ---- refused ---- */

/* RFC 9293 section 3.5.2 group 1: "If the connection does not exist (CLOSED), then a reset is sent
 * in response to any incoming segment except another reset." */
RULE(closed_port)
{
    if (yes(EARLIER_RESET) && !yes(TRIGGER_SYN))
        return no();
    if (yes(TRIGGER_SYN_IN_WINDOW))
        return not_excluded(TRIGGER_SYN);
    /* Amid other attempts on these ports a SYN may have been refused for them, not for the port; on
     * one that was open, for what was left of a connection that the capture does not have. */
    bool attempts = yes(EARLIER_OPEN) || yes(TRIGGER_MATCHES_PAST);
    if (yes(TRIGGER_SYN) && yes(HOST_STACK) && !yes(FILTER_TOS) && vouched_answer(e) &&
        !yes(SENDER_ACCEPTED) && !attempts && !yes(PORT_OPEN))
        return certain(TRIGGER_SYN, HOST_STACK, TTL_SAME, BARE_FORM);
    if (yes(TRIGGER_SYN))
        return likely(TRIGGER_SYN, BARE_FORM, TTL_SAME, IP_ID_ZERO, FILTER_TOS);
    if (refuses_unseen(e))
        return likely(SEQ_ZERO, ACK_FLAG, PEER_SEEN);
    return no();
}

/* Signs of a filter are what the host's own stack does otherwise; their absence proves nothing. */
RULE(firewall_reject)
{
    if (refuses_unseen(e) || (answers_unseen_segment(e) && not(PEER_SEEN)))
        return not_excluded(SEQ_ZERO, TRIGGER, PEER_SEEN);
    /* In an open connection: it was answered by the rules, but the end it speaks for never met the
     * segment and lives on. */
    bool ordinary = stray_answer(e) && (yes(TRIGGER_DATA) || !yes(SENDER_FIN));
    if (ordinary && yes(BARE_FORM) && yes(SENDER_WENT_ON) && !yes(SENDER_ACKED_TRIGGER) &&
        (!yes(EARLIER_RESET) || yes(EARLIER_ANSWER)))
        return likely(SENDER_WENT_ON, TRIGGER, TRIGGER_DATA, BARE_FORM, TTL_SAME);
    if (!yes(TRIGGER_SYN) || yes(SENDER_ACCEPTED))
        return stray_answer(e) && yes(TRIGGER_DATA) && !yes(EARLIER_RESET) &&
                       (!yes(SENDER_FIN) || !vouched_answer(e))
                   ? not_excluded(TTL_SAME)
                   : no();
    if (not(HOST_STACK) && not(TTL_SAME))
        return certain(HOST_STACK, TTL_SAME, TRIGGER_SYN);
    if (not(TTL_SAME) && yes(TRIGGER_TOO_FAST))
        return certain(TTL_SAME, TRIGGER_TOO_FAST, TRIGGER_SYN);
    if (not(HOST_STACK) || not(TTL_SAME))
        return likely(HOST_STACK, TTL_SAME, TRIGGER_SYN);
    return not_excluded(TRIGGER_SYN);
}

/* It answers something, and for all that is captured, it may have been the client's first words
 * after the SYN. */
static bool may_have_refused(const struct evidence *e)
{
    if (yes(SENDER_CLIENT) || yes(SENDER_SENT_DATA) || yes(EARLIER_RESET))
        return false;
    bool unopened = not(OPENING_SEEN) && stray_answer(e) && !yes(SENDER_FIN);
    return answers_out_of_nothing(e) || unopened ||
           (answers_unseen_segment(e) && (yes(SERVER_NEVER_SPOKE) || not(SENDER_SEEN)));
}

/* Linux tcp_check_req() with tcp_abort_on_overflow, FreeBSD syncache_socket(): the handshake's last
 * ACK finds no room. */
RULE(accept_queue_overflow)
{
    if (may_have_refused(e))
        return not_excluded(OPENING_SEEN, SENDER_SEEN, TRIGGER);
    if (!yes(SERVER_NEVER_SPOKE) || yes(SENDER_CLIENT) || !stray_answer(e) ||
        yes(TRIGGER_BAD_HANDSHAKE_ACK) || yes(EARLIER_RESET))
        return no();
    if (yes(TRIGGER_HANDSHAKE_ACK))
        return likely(TRIGGER_HANDSHAKE_ACK, SERVER_NEVER_SPOKE, SYN_ACK_REPEATED, TTL_SAME);
    if (yes(IDLE_LONGEST) || yes(IDLE_LONG))
        return not_excluded(SERVER_NEVER_SPOKE);
    if (yes(SYN_ACK_REPEATED))
        return likely(SYN_ACK_REPEATED, SERVER_NEVER_SPOKE, TRIGGER_DATA);
    return not_excluded(SERVER_NEVER_SPOKE, TRIGGER_DATA);
}

RULE(backend_unavailable)
{
    if (half_seen_abort(e) && !yes(SENDER_CLIENT) && !yes(SENDER_SENT_DATA))
        return not_excluded(OPENING_SEEN, PEER_SEEN, ABORT_FORM);
    if (yes(SENDER_CLIENT) || !yes(HANDSHAKE_DONE) || yes(SENDER_SENT_DATA) || yes(EARLIER_RESET))
        return no();
    /* A SYN proxy answers for the backend without a socket of its own: nothing of a live one shows.
     */
    if (yes(ABORT_FORM) && yes(ACK_FLAG) && yes(BARE_FORM) && yes(SERVER_NEVER_SPOKE) &&
        not(PEER_SENT_DATA) && !yes(SYN_ACK_REPEATED))
        return likely(ABORT_FORM, SERVER_NEVER_SPOKE, BARE_FORM, TTL_SAME);
    if (yes(ABORT_FORM))
        return not_excluded(ABORT_FORM, SERVER_NEVER_SPOKE);
    return yes(TRIGGER_HANDSHAKE_ACK) || yes(TRIGGER_DATA) ? not_excluded(SERVER_NEVER_SPOKE)
                                                           : no();
}

RULE(probe_response)
{
    if (refuses_unseen(e) || (answers_unseen(e) && not(SENDER_SEEN)))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (yes(TRIGGER_ODD_FLAGS))
        return yes(HANDSHAKE_DONE) ? likely(TRIGGER_ODD_FLAGS) : certain(TRIGGER_ODD_FLAGS);
    if (stray_answer(e) && not(OPENING_SEEN) && not(SENDER_SEEN))
        return yes(FAN_OUT) ? likely(FAN_OUT, OPENING_SEEN) : not_excluded(OPENING_SEEN);
    return no();
}

/* ---- handshake ---- */

static bool answers_good_syn_ack(const struct evidence *e)
{
    return yes(TRIGGER_SYN_ACK) && not(TRIGGER_WRONG_SYN_ACK) && !yes(TRIGGER_BAD_ECHO);
}

/* A SYN-ACK, without the SYN it should acknowledge; or that itself was not captured. */
static bool answers_unjudged_syn_ack(const struct evidence *e)
{
    return (yes(TRIGGER_SYN_ACK) && unseen(TRIGGER_WRONG_SYN_ACK)) || answers_unseen_opening(e);
}

RULE(connect_abandoned)
{
    if (answers_good_syn_ack(e))
        return likely(TRIGGER_SYN_ACK, SYN_ACK_LATE, SYN_PLAIN);
    if (answers_unjudged_syn_ack(e))
        return not_excluded(TRIGGER_SYN_ACK, PEER_SEEN);
    return not(HANDSHAKE_DONE) && yes(SENDER_CLIENT) && not(TRIGGER) ? not_excluded(SENDER_CLIENT)
                                                                     : no();
}

RULE(syn_scan)
{
    if (!answers_good_syn_ack(e))
        return answers_unjudged_syn_ack(e) ? not_excluded(TRIGGER_SYN_ACK, PEER_SEEN) : no();
    if (yes(FAN_OUT))
        return likely(FAN_OUT, TRIGGER_SYN_ACK, SYN_PLAIN);
    if (yes(SYN_PLAIN) && not(SYN_ACK_LATE))
        return likely(SYN_PLAIN, TRIGGER_SYN_ACK);
    return not_excluded(TRIGGER_SYN_ACK);
}

RULE(unsolicited_syn_ack)
{
    if (answers_unseen(e) && not(SENDER_SEEN))
        return not_excluded(TRIGGER, PEER_SEEN);
    if (yes(TRIGGER_SYN_ACK) && unseen(TRIGGER_WRONG_SYN_ACK))
        return likely(TRIGGER_SYN_ACK, SENDER_SEEN);
    return no();
}

RULE(ddos_challenge)
{
    if (one_sided(e) || answers_unjudged_syn_ack(e) || answers_out_of_nothing(e))
        return not_excluded(TRIGGER_SYN_ACK, SENDER_SEEN, PEER_SEEN);
    /* It finishes the handshake itself and asks for another one. */
    if (yes(SERVER_NEVER_SPOKE) && not(SENDER_CLIENT) && yes(BARE_FORM) && !yes(PEER_SENT_DATA) &&
        (yes(ABORT_FORM) || yes(TRIGGER_HANDSHAKE_ACK)))
        return not_excluded(SERVER_NEVER_SPOKE);
    if (!yes(TRIGGER_WRONG_SYN_ACK) || yes(TRIGGER_MATCHES_PAST))
        return no();
    if (yes(CHALLENGES_OTHERS))
        return likely(TRIGGER_WRONG_SYN_ACK, CHALLENGES_OTHERS, REOPENED);
    return not_excluded(TRIGGER_WRONG_SYN_ACK, REOPENED);
}

RULE(syn_received_timeout)
{
    if (one_sided(e) || (yes(TRIGGER_SYN_ACK) && unseen(TRIGGER_WRONG_SYN_ACK)))
        return not_excluded(TRIGGER_SYN_ACK, PEER_SEEN);
    /* The device that gives a half-made connection up may tell both ends. */
    if (not(HANDSHAKE_DONE) && yes(OPPOSITE_AT_ONCE) && yes(BOTH_DIRECTIONS))
        return likely(OPPOSITE_AT_ONCE, HANDSHAKE_DONE, HALF_MADE);
    bool no_syn = !yes(HANDSHAKE_DONE) && yes(OPENING_SEEN) && not(SENDER_SEEN) && not(ACK_FLAG);
    if (answers_good_syn_ack(e) || (no_syn && not(TRIGGER) && yes(SENDER_CLIENT)))
        return not_excluded(TRIGGER_SYN_ACK, SENDER_SEEN);
    /* No client resets its own attempt unprovoked: it would just stop. */
    if (not(HANDSHAKE_DONE) && yes(SENDER_CLIENT) && not(TRIGGER) && yes(BOTH_DIRECTIONS) &&
        not(ACK_FLAG))
        return likely(HANDSHAKE_DONE, TRIGGER, SENDER_CLIENT);
    if (!not(SENDER_CLIENT) || !not(TRIGGER) || not(OPENING_SEEN) || not(PEER_SEEN))
        return no();
    /* Where the last ACK got lost on its way, the client believes itself connected. */
    bool ack_lost = yes(SERVER_NEVER_SPOKE) && yes(SYN_ACK_REPEATED) && !yes(PEER_SENT_DATA);
    if (!not(HANDSHAKE_DONE) && !ack_lost)
        return no();
    if (yes(SYN_ACK_REPEATED) || yes(HALF_MADE))
        return likely(HALF_MADE, SYN_ACK_REPEATED, HANDSHAKE_DONE, TRIGGER);
    return not_excluded(HANDSHAKE_DONE);
}

/* ---- out-of-window ---- */

/* RFC 793 page 71: an in-window SYN "is an error, send a reset"; Linux still does so in
 * SYN-RECEIVED. */
RULE(out_of_window_segment)
{
    if (refuses_unseen(e))
        return not_excluded(PEER_SEEN);
    if (yes(TRIGGER_SYN_IN_WINDOW))
        return likely(TRIGGER_SYN_IN_WINDOW, EARLIER_OPEN);
    /* A copy of the SYN that it had accepted. */
    if (yes(TRIGGER_SYN) && yes(SENDER_SEEN) && yes(OPENING_SEEN) && !yes(EARLIER_RESET))
        return likely(TRIGGER_SYN, SENDER_SEEN, TRIGGER_REPEATED);
    if (stray_answer(e) && yes(TRIGGER_UNACCEPTABLE) && !yes(SENDER_FIN) && !yes(EARLIER_RESET))
        return possible(TRIGGER_UNACCEPTABLE, TTL_SAME);
    if (refused_amiss(e))
        return not_excluded(TRIGGER_SYN, PORT_OPEN, REOPENED, PEER_WENT_ON);
    bool unplaced =
        !yes(TRIGGER) && !yes(ABORT_FORM) && !yes(ODD_RST) && !yes(GUESSES) && !yes(STRAY_RSTS);
    if ((stray_answer(e) && partial(e) && !yes(EARLIER_RESET)) || unplaced)
        return not_excluded(OPENING_SEEN, SENDER_SEEN, TRIGGER);
    return no();
}

/* RFC 9293 section 3.10.7.3: in SYN-SENT, "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset".
 */
RULE(wrong_syn_ack)
{
    if (answers_unjudged_syn_ack(e) || (answers_out_of_nothing(e) && yes(TRIGGER_BARE_ACK)))
        return not_excluded(TRIGGER_SYN_ACK, SENDER_SEEN, PEER_SEEN);
    /* Timestamps cut off, a SYN captured late, a SYN-ACK lost: what is wrong may not show. */
    if (yes(TRIGGER_CHALLENGE) || (answers_good_syn_ack(e) && unseen(TRIGGER_BAD_ECHO)) ||
        (answers_good_syn_ack(e) && yes(TRIGGER_BEFORE_SYN)))
        return not_excluded(TRIGGER_CHALLENGE, TRIGGER_SYN_ACK, TRIGGER_BEFORE_SYN);
    if (yes(TRIGGER_SYN_ACK) && yes(TRIGGER_BAD_ECHO))
        return likely(TRIGGER_BAD_ECHO, TRIGGER_SYN_ACK, REOPENED);
    if (!yes(TRIGGER_WRONG_SYN_ACK))
        return yes(TRIGGER_AMBIGUOUS) ? not_excluded(TRIGGER_AMBIGUOUS) : no();
    /* The same answer once more may be to the ACK that challenged the SYN, and that one lost. */
    bool only_one = !yes(REPEATS_RESET) && !yes(TRIGGER_DOUBLED) && !yes(TRIGGER_AMBIGUOUS) &&
                    !yes(TRIGGER_BEFORE_SYN);
    return yes(TRIGGER_MATCHES_PAST) && vouched_answer(e) && only_one
               ? certain(TRIGGER_WRONG_SYN_ACK, TRIGGER_MATCHES_PAST)
               : likely(TRIGGER_WRONG_SYN_ACK, TRIGGER_BEFORE_SYN, REOPENED);
}

/* RFC 9293 section 3.10.7.4, SYN-RECEIVED: "If the segment acknowledgment is not acceptable, form a
 * reset segment". */
RULE(bad_handshake_ack)
{
    if (!yes(TRIGGER_BAD_HANDSHAKE_ACK))
        return may_have_refused(e) ||
                       (stray_answer(e) && not(HANDSHAKE_DONE) && !yes(SENDER_CLIENT))
                   ? not_excluded(OPENING_SEEN, SENDER_SEEN, TRIGGER, HANDSHAKE_DONE)
                   : no();
    return vouched_answer(e) && !yes(TRIGGER_NEAR_ACK)
               ? certain(TRIGGER_BAD_HANDSHAKE_ACK, TTL_SAME)
               : likely(TRIGGER_BAD_HANDSHAKE_ACK, TRIGGER_NEAR_ACK);
}
