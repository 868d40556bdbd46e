/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules_abort.c - RSTs an end's own stack sent without being provoked: the group abort, and what
 * interferes from outside.
 *
 * SO_LINGER {1,0}, a close with unread data, disconnect and kill look the same on the wire. What
 * tells them apart, as far as anything does, is what the connection was doing: see "Unread data" in
 * docs/causes.
 */
#include "rules.h"

/* ---- abort ---- */

RULE(mptcp_abort)
{
    if (yes(MPTCP_REASON))
        return honest(e) ? certain(MPTCP_REASON) : likely(MPTCP_REASON);
    return unseen(MPTCP_REASON) && yes(LIVE_SOCKET) ? not_excluded(LIVE_SOCKET) : no();
}

RULE(listener_closed)
{
    /* The ACK that finished the handshake may have been lost before it was captured. */
    bool accepted = not(HANDSHAKE_DONE) && deliberate(e) && yes(LIVE_SOCKET);
    if ((half_seen_abort(e) || accepted) && !yes(SENDER_CLIENT) && !yes(SENDER_SENT_DATA))
        return not_excluded(OPENING_SEEN, PEER_SEEN, HANDSHAKE_DONE, LIVE_SOCKET, ABORT_FORM);
    if (!deliberate(e) || yes(SENDER_CLIENT) || !yes(HANDSHAKE_DONE) || !not(SENDER_SENT_DATA) ||
        yes(EARLIER_RESET))
        return no();
    if (yes(LISTENER_TOO) || yes(PORT_CLOSED_AFTER))
        return likely(LISTENER_TOO, PORT_CLOSED_AFTER, SENDER_SENT_DATA, ABORT_FORM);
    return not_excluded(SENDER_SENT_DATA, ABORT_FORM);
}

RULE(mass_abort)
{
    if (yes(OTHERS_ENDED) && !yes(OTHERS_TOO) && (deliberate(e) || unplaced_abort(e)))
        return not_excluded(OTHERS_ENDED);
    if (!deliberate(e) || !yes(OTHERS_TOO))
        return no();
    return yes(ABORTS_BY_HABIT) ? not_excluded(ABORTS_BY_HABIT) : likely(OTHERS_TOO, ABORT_FORM);
}

RULE(application_idle_timeout)
{
    if (yes(PROBES_UNANSWERED) || yes(OPPOSITE_AT_ONCE))
        return no();
    if (deliberate(e) && yes(IDLE_RECURS))
        return likely(IDLE_RECURS, ABORT_FORM, IDLE_LONGEST, KNOWN_TIMER);
    if (half_seen_abort(e) && !yes(IDLE_BRIEF))
        return not_excluded(OPENING_SEEN, PEER_SEEN, ABORT_FORM);
    if (!deliberate(e))
        return no();
    return yes(IDLE_LONGEST) || not(IDLE_RECURS) ? not_excluded(IDLE_LONGEST) : no();
}

/* RFC 9112 section 9.6: a server that answers before it has read the request "risks a TCP reset".
 */
RULE(early_reply)
{
    /* Its answer may have come before the capture began, or been lost to it. */
    bool lost = deliberate(e) && yes(SEQ_BEYOND_SENT) && !yes(LADDER);
    if ((half_seen_abort(e) || lost) && !yes(SENDER_CLIENT) && !(deliberate(e) && yes(REPLY_SENT)))
        return not_excluded(OPENING_SEEN, PEER_SEEN, SEQ_BEYOND_SENT, ABORT_FORM);
    if (!deliberate(e) || yes(SENDER_CLIENT) || !yes(REPLY_SENT) || not(PEER_SENT_DATA))
        return no();
    if (unseen(SENDER_CLIENT) || yes(EXCHANGE_COMPLETE))
        return not_excluded(REPLY_SENT);
    /* An answer under way says nothing of the request: that may have been there long before. */
    if (yes(PEER_IN_FLIGHT) || yes(BULK_FROM_PEER) || yes(REPLY_ENDS_IT) || yes(PEER_CROSSED))
        return likely(REPLY_SENT, PEER_IN_FLIGHT, PEER_CROSSED, BULK_FROM_PEER, REPLY_ENDS_IT,
                      PEER_SENT_DATA);
    return not_excluded(REPLY_SENT);
}

RULE(cancelled_transfer)
{
    if (!yes(BULK_FROM_PEER) && half_seen_abort(e))
        return not_excluded(OPENING_SEEN, PEER_SEEN, ABORT_FORM);
    if (!yes(ABORT_FORM) || yes(MPTCP_REASON) || !yes(BULK_FROM_PEER))
        return no();
    if (yes(RIGHT_AFTER_DATA) || yes(PEER_IN_FLIGHT))
        return likely(BULK_FROM_PEER, PEER_IN_FLIGHT, RIGHT_AFTER_DATA, ABORT_FORM);
    return not_excluded(BULK_FROM_PEER);
}

RULE(reset_instead_of_fin)
{
    if (half_seen_abort(e) && !yes(EXCHANGE_COMPLETE))
        return not_excluded(OPENING_SEEN, PEER_SEEN, ABORT_FORM);
    if (!deliberate(e))
        return no();
    if (yes(EXCHANGE_COMPLETE) && !yes(WINDOW_LOW) && !yes(PEER_IN_FLIGHT))
        return likely(EXCHANGE_COMPLETE, ABORT_FORM, PEER_FIN);
    bool spoke = yes(SENDER_SENT_DATA) && yes(PEER_SENT_DATA);
    bool lost = yes(SEQ_BEYOND_SENT) && !yes(LADDER);
    return spoke || lost ? not_excluded(ALL_ACKNOWLEDGED, SEQ_BEYOND_SENT) : no();
}

RULE(unread_data)
{
    if ((half_seen_abort(e) || deliberate(e)) && unseen(PEER_SENT_DATA))
        return not_excluded(OPENING_SEEN, PEER_SEEN, ABORT_FORM);
    if (unplaced_abort(e) && yes(PEER_SENT_DATA))
        return not_excluded(PEER_SENT_DATA);
    if (!yes(ABORT_FORM) || yes(MPTCP_REASON) || !yes(PEER_SENT_DATA))
        return no();
    if (yes(WINDOW_SHRUNK))
        return likely(WINDOW_SHRUNK, PEER_SENT_DATA, PEER_DATA_LAST, ABORT_FORM);
    if (yes(WINDOW_LOW) && deliberate(e))
        return likely(WINDOW_LOW, PEER_SENT_DATA, ABORT_FORM);
    /* Without an acknowledgment and long after, it may answer what was not captured. */
    bool answer = not(ACK_FLAG) && yes(BARE_FORM) && !yes(RIGHT_AFTER_DATA);
    if (yes(PEER_DATA_LAST) && !yes(EXCHANGE_COMPLETE) && deliberate(e) && !answer)
        return likely(PEER_DATA_LAST, PEER_SENT_DATA, RIGHT_AFTER_DATA, ABORT_FORM);
    return not_excluded(PEER_SENT_DATA);
}

RULE(so_linger_abort)
{
    if (unplaced_abort(e))
        return not_excluded(ABORT_FORM);
    if (!deliberate(e))
        return no();
    bool elsewhere = yes(PROBES_UNANSWERED) || yes(RETRANSMISSIONS) || yes(ZERO_WINDOW) ||
                     yes(ABORT_WITHOUT_ACK);
    if (not(PEER_SENT_DATA) && yes(HANDSHAKE_DONE) && yes(OPENING_SEEN) && !elsewhere) {
        bool accepted = yes(SENDER_CLIENT) || yes(SENDER_SENT_DATA);
        if (vouched_abort(e) && accepted && !yes(IDLE_LONGEST) && !yes(IDLE_LONG) &&
            !yes(OTHERS_TOO))
            return certain(PEER_SENT_DATA, ABORT_FORM, LIVE_SOCKET, IP_ID_NEXT, TTL_SAME);
        return likely(PEER_SENT_DATA, ABORT_FORM, IDLE_LONGEST);
    }
    return not_excluded(ABORT_FORM);
}

RULE(local_abort)
{
    if (unplaced_abort(e))
        return not_excluded(ABORT_FORM);
    if (!deliberate(e))
        return no();
    if (honest(e) && (yes(TTL_SAME) || unseen(TTL_SAME)) && !yes(OPTIONS_MISSING) &&
        !yes(ABORT_WITHOUT_ACK) && !answers_unseen(e))
        return likely(ABORT_FORM, LIVE_SOCKET, IP_ID_NEXT, TTL_SAME);
    return possible(ABORT_FORM, TTL_SAME);
}

/* RFC 9293 section 3.10.4 after CLOSE: data can no longer be delivered; or the application linked
 * the two on purpose. */
RULE(abort_after_fin)
{
    /* Its FIN may have come before the capture began, or been lost to it. */
    bool lost = unseen(SENDER_FIN) || (yes(SEQ_BEYOND_SENT) && !yes(LADDER));
    if (!yes(SENDER_FIN) && (half_seen_abort(e) || (deliberate(e) && lost)))
        return not_excluded(OPENING_SEEN, PEER_SEEN, SEQ_BEYOND_SENT, ABORT_FORM);
    if (!yes(SENDER_FIN) || !yes(ABORT_FORM) || yes(MPTCP_REASON))
        return no();
    if (yes(SEQ_IS_FIN))
        return not_excluded(SENDER_FIN);
    /* Without an acknowledgment it looks like an answer to what was not captured. */
    if (answers_unseen(e))
        return possible(SENDER_FIN, ABORT_FORM, TRIGGER);
    return vouched_abort(e) ? certain(SENDER_FIN, ABORT_FORM, LIVE_SOCKET, TTL_SAME)
                            : likely(SENDER_FIN, ABORT_FORM);
}

/* ---- interference ---- */

RULE(device_stated)
{
    /* Where what it says is a row of its own, that row is the cause and the text its evidence. */
    if (yes(TEXT_SAYS_IDLE) || yes(TEXT_SAYS_POLICY))
        return possible(TEXT);
    /* Of a text cut short, the word that matters may be missing. */
    if (yes(TEXT_OF_F5) && !unseen(TEXT_SAYS_IDLE))
        return certain(TEXT_OF_F5, TEXT);
    /* Text of a sender that went on was its data, or somebody else's. */
    if (yes(TEXT))
        return contradicted(e) ? not_excluded(TEXT) : likely(TEXT);
    if (yes(WINDOW_CODE) && !yes(FORGED_BEFORE) && !yes(LADDER))
        return likely(WINDOW_CODE, OPTIONS_MISSING);
    return yes(PAYLOAD) ? not_excluded(PAYLOAD) : no();
}

/* An answer by the rules, from a filter that kept the segment from its receiver. */
static bool filter_answered(const struct evidence *e)
{
    bool foreign = not(IP_ID_NEXT) || yes(IP_ID_ECHO) || yes(IP_ID_CONSTANT) || yes(LADDER);
    return yes(TRIGGER) && yes(BARE_FORM) && !yes(SENDER_ACKED_TRIGGER) && !yes(TRIGGER_SYN) &&
           !foreign;
}

RULE(policy_reset)
{
    if (one_sided(e))
        return not_excluded(PEER_SEEN);
    if (!yes(HANDSHAKE_DONE) || yes(CONFIRMED))
        return !yes(CONFIRMED) && ((stray_answer(e) && partial(e)) || answers_out_of_nothing(e) ||
                                   (unseen(HANDSHAKE_DONE) && !yes(TRIGGER)))
                   ? not_excluded(OPENING_SEEN)
                   : no();
    if (yes(TEXT_SAYS_POLICY))
        return likely(TEXT_SAYS_POLICY, TEXT, TTL_SAME);
    if (contradicted(e) || (yes(TEXT) && unseen(TEXT_SAYS_POLICY)))
        return not_excluded(TTL_SAME);
    if (yes(EARLIER_RESET) && !yes(FORGED_BEFORE))
        return not(TRIGGER) || yes(TRIGGER_DOUBLED) || yes(EARLIER_ANSWER)
                   ? not_excluded(EARLIER_RESET)
                   : no();
    /* What is cut for its content has shown some. */
    if (!yes(PEER_SENT_DATA) && not(SENDER_SENT_DATA) && not(SENDER_CLIENT))
        return not_excluded(TTL_SAME);
    if (yes(FORGED_BEFORE) && !yes(GUESSES) && !yes(LADDER))
        return likely(FORGED_BEFORE, TTL_SAME, OPTIONS_MISSING);
    if ((yes(TRIGGER) && (yes(IDLE_LONG) || yes(IDLE_LONGEST))) || yes(CONNECTION_CLOSED))
        return not_excluded(TTL_SAME);
    /* Who sees the connection does not miss its window by octets nobody sent. */
    bool missed = yes(OUT_OF_PLACE) && yes(SEQ_BEYOND_SENT);
    if (device_signs(e) >= 2 && !yes(GUESSES) && !yes(LADDER) && !missed)
        return likely(TTL_SAME, TTL_START, IP_ID_NEXT, OPTIONS_MISSING, ANSWER_WINDOW,
                      TRIGGER_TOO_FAST, SENDER_WENT_ON, SIGNATURE_CLOUDFLARE);
    return not_excluded(TTL_SAME);
}

RULE(injected)
{
    if (one_sided(e))
        return not_excluded(PEER_SEEN);
    if (yes(CONFIRMED) || (yes(EARLIER_RESET) && yes(TRIGGER) && device_signs(e) < 2))
        return no();
    if (yes(OUT_OF_PLACE) && !yes(LADDER) && (yes(GUESSES) || yes(SENDER_WENT_ON)))
        return not_excluded(SENDER_WENT_ON); /* whoever sees the connection need not guess */
    bool others_word = filter_answered(e);
    /* What it answers may have been lost to the capture: then a filter's word, not a forger's. */
    bool answer = not(TRIGGER) && not(ACK_FLAG) && yes(BARE_FORM) && !yes(LADDER);
    /* Where its place cannot be judged, it may be a guess. */
    bool guess = !not(HANDSHAKE_DONE) && !yes(TRIGGER) && unseen(OUT_OF_PLACE);
    if (contradicted(e) && !others_word)
        return (device_signs(e) >= 1 || yes(BAD_CHECKSUM)) && !answer && !guess &&
                       (yes(SENDER_WENT_ON) || yes(SENDER_ACCEPTED) || yes(BAD_CHECKSUM))
                   ? certain(SENDER_WENT_ON, SENDER_ACCEPTED, BAD_CHECKSUM, TTL_SAME, IP_ID_NEXT,
                             OPTIONS_MISSING, SIGNATURE_CLOUDFLARE, SIGNATURE_WEAVER)
                   : likely(SENDER_WENT_ON, SENDER_ACCEPTED, TRIGGER_TOO_FAST, TTL_SAME);
    if ((yes(LADDER) || yes(IP_ID_CONSTANT) || yes(KNOWN_LADDER)) && device_signs(e) >= 2)
        return likely(LADDER, IP_ID_CONSTANT, TTL_SAME, TTL_START, OPTIONS_MISSING, ANSWER_WINDOW,
                      SIGNATURE_CLOUDFLARE);
    return !not(HANDSHAKE_DONE) || yes(TRIGGER_SYN) || device_signs(e) >= 1 || contradicted(e)
               ? not_excluded(TTL_SAME, SENDER_WENT_ON)
               : no();
}

/* Off the path one has to guess: RFC 5961 section 1.2. */
RULE(blind_attack)
{
    if (yes(STRAY_RSTS) && !yes(TRIGGER))
        return likely(STRAY_RSTS, PEER_SEEN);
    if (one_sided(e))
        return not_excluded(PEER_SEEN);
    if (not(HANDSHAKE_DONE) || yes(TRIGGER) || yes(CONFIRMED) || yes(LADDER))
        return no();
    if (yes(OUT_OF_PLACE) && (yes(GUESSES) || yes(SENDER_WENT_ON)))
        return yes(GUESSES) && yes(GUESSES_FAR) && yes(SENDER_WENT_ON)
                   ? certain(GUESSES, GUESSES_FAR, OUT_OF_PLACE, SENDER_WENT_ON, TTL_SAME)
                   : likely(GUESSES, OUT_OF_PLACE, SENDER_WENT_ON, TTL_SAME);
    if (yes(OUT_OF_PLACE) && yes(SEQ_BEYOND_SENT))
        return possible(OUT_OF_PLACE, SEQ_BEYOND_SENT);
    bool guess = unseen(OUT_OF_PLACE) && yes(SENDER_WENT_ON);
    return yes(OUT_OF_PLACE) || guess ? not_excluded(OUT_OF_PLACE, SENDER_WENT_ON) : no();
}
