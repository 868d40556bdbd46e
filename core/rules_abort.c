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
    if (!deliberate(e) || yes(SENDER_CLIENT) || !yes(HANDSHAKE_DONE) || !not(SENDER_SENT_DATA) ||
        yes(EARLIER_RESET))
        return no();
    if (yes(LISTENER_TOO) || yes(PORT_CLOSED_AFTER))
        return likely(LISTENER_TOO, PORT_CLOSED_AFTER, SENDER_SENT_DATA, ABORT_FORM);
    return not_excluded(SENDER_SENT_DATA, ABORT_FORM);
}

RULE(mass_abort)
{
    return deliberate(e) && yes(OTHERS_TOO) ? likely(OTHERS_TOO, ABORT_FORM) : no();
}

RULE(application_idle_timeout)
{
    if (!deliberate(e) || yes(PROBES_UNANSWERED) || yes(OPPOSITE_AT_ONCE))
        return no();
    if (yes(IDLE_RECURS) && yes(IDLE_LONGEST))
        return likely(IDLE_RECURS, ABORT_FORM, IDLE_LONGEST, KNOWN_TIMER);
    return yes(IDLE_LONGEST) ? not_excluded(IDLE_LONGEST) : no();
}

/* RFC 9112 section 9.6: a server that answers before it has read the request "risks a TCP reset".
 */
RULE(early_reply)
{
    if (!deliberate(e) || yes(SENDER_CLIENT) || !yes(REPLY_SENT) || not(PEER_SENT_DATA))
        return no();
    if (unseen(SENDER_CLIENT) || yes(EXCHANGE_COMPLETE))
        return not_excluded(REPLY_SENT);
    if (yes(PEER_IN_FLIGHT) || yes(BULK_FROM_PEER) || yes(REPLY_ENDS_IT) || yes(REPLY_UNACKED))
        return likely(REPLY_SENT, REPLY_UNACKED, PEER_SENT_DATA, PEER_IN_FLIGHT);
    return not_excluded(REPLY_SENT);
}

RULE(cancelled_transfer)
{
    if (!yes(ABORT_FORM) || yes(MPTCP_REASON) || !yes(BULK_FROM_PEER))
        return no();
    if (yes(RIGHT_AFTER_DATA) || yes(PEER_IN_FLIGHT))
        return likely(BULK_FROM_PEER, PEER_IN_FLIGHT, RIGHT_AFTER_DATA, ABORT_FORM);
    return not_excluded(BULK_FROM_PEER);
}

RULE(reset_instead_of_fin)
{
    if (!deliberate(e))
        return no();
    if (yes(EXCHANGE_COMPLETE))
        return likely(EXCHANGE_COMPLETE, ABORT_FORM, PEER_FIN);
    bool spoke = yes(SENDER_SENT_DATA) && yes(PEER_SENT_DATA);
    return spoke || (not(OPENING_SEEN) && yes(ALL_ACKNOWLEDGED)) ? not_excluded(ALL_ACKNOWLEDGED)
                                                                 : no();
}

RULE(unread_data)
{
    if (!yes(ABORT_FORM) || yes(MPTCP_REASON) || !yes(PEER_SENT_DATA))
        return no();
    if (yes(WINDOW_SHRUNK))
        return likely(WINDOW_SHRUNK, PEER_SENT_DATA, PEER_DATA_LAST, ABORT_FORM);
    if (yes(PEER_DATA_LAST) && !yes(EXCHANGE_COMPLETE) && deliberate(e))
        return likely(PEER_DATA_LAST, PEER_SENT_DATA, RIGHT_AFTER_DATA, ABORT_FORM);
    return not_excluded(PEER_SENT_DATA);
}

RULE(so_linger_abort)
{
    if (!deliberate(e))
        return no();
    bool elsewhere = yes(PROBES_UNANSWERED) || yes(RETRANSMISSIONS) || yes(ZERO_WINDOW);
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
    if (!deliberate(e))
        return no();
    if (honest(e) && (yes(TTL_SAME) || unseen(TTL_SAME)) && !yes(OPTIONS_MISSING))
        return likely(ABORT_FORM, LIVE_SOCKET, IP_ID_NEXT, TTL_SAME);
    return possible(ABORT_FORM, TTL_SAME);
}

/* RFC 9293 section 3.10.4 after CLOSE: data can no longer be delivered; or the application linked
 * the two on purpose. */
RULE(abort_after_fin)
{
    if (!yes(SENDER_FIN) || !yes(ABORT_FORM) || yes(MPTCP_REASON))
        return no();
    if (yes(SEQ_IS_FIN))
        return not_excluded(SENDER_FIN);
    return vouched_abort(e) ? certain(SENDER_FIN, ABORT_FORM, LIVE_SOCKET, TTL_SAME)
                            : likely(SENDER_FIN, ABORT_FORM);
}

/* ---- interference ---- */

RULE(device_stated)
{
    if (yes(TEXT_OF_F5))
        return certain(TEXT_OF_F5, TEXT);
    if (yes(TEXT))
        return likely(TEXT);
    if (yes(WINDOW_CODE))
        return likely(WINDOW_CODE, OPTIONS_MISSING);
    return no();
}

/* What no end that had really sent this RST would have done. */
static bool contradicted(const struct evidence *e)
{
    if (yes(TRIGGER_BAD_HANDSHAKE_ACK) || yes(TRIGGER_CHALLENGE) || yes(TRIGGER_WRONG_SYN_ACK) ||
        yes(TRIGGER_ODD_FLAGS) || yes(CONFIRMED) || yes(EARLIER_RESET))
        return false;
    return yes(SENDER_WENT_ON) || yes(SENDER_ACCEPTED) || yes(BAD_CHECKSUM);
}

/* Signs that speak for a device but have honest explanations one by one; two together hardly have.
 */
static unsigned device_signs(const struct evidence *e)
{
    return (unsigned)not(TTL_SAME) + (unsigned)(not(IP_ID_NEXT) && not(IP_ID_ZERO)) +
           (unsigned)yes(OPTIONS_MISSING) + (unsigned)yes(TRIGGER_TOO_FAST) +
           (unsigned)yes(IP_ID_ECHO) + (unsigned)yes(SEQ_BEYOND_SENT) +
           (unsigned)yes(DEVICE_SEQUENCE);
}

RULE(policy_reset)
{
    if (!yes(HANDSHAKE_DONE) || yes(EARLIER_RESET) || yes(CONFIRMED))
        return no();
    if (contradicted(e))
        return yes(TRIGGER) && not(SENDER_ACKED_LATER) ? not_excluded(TTL_SAME) : no();
    if (device_signs(e) >= 2)
        return likely(TTL_SAME, IP_ID_NEXT, OPTIONS_MISSING, TRIGGER_TOO_FAST, SENDER_WENT_ON,
                      SIGNATURE_CLOUDFLARE);
    return not(TTL_SAME) ? not_excluded(TTL_SAME) : no();
}

RULE(injected)
{
    if (yes(CONFIRMED) || (yes(EARLIER_RESET) && yes(TRIGGER)))
        return no();
    if (contradicted(e) && !(yes(GUESSES) && yes(OUT_OF_PLACE)))
        return device_signs(e) >= 1 || yes(BAD_CHECKSUM)
                   ? certain(SENDER_WENT_ON, SENDER_ACCEPTED, BAD_CHECKSUM, TTL_SAME, IP_ID_NEXT,
                             OPTIONS_MISSING, SIGNATURE_CLOUDFLARE, SIGNATURE_WEAVER)
                   : likely(SENDER_WENT_ON, SENDER_ACCEPTED, TTL_SAME);
    if (device_signs(e) >= 1 || (not(TRIGGER) && not(ABORT_FORM)))
        return not_excluded(TTL_SAME, SENDER_WENT_ON);
    return no();
}

/* Off the path one has to guess: RFC 5961 section 1.2. */
RULE(blind_attack)
{
    if (!yes(HANDSHAKE_DONE) || yes(TRIGGER) || yes(CONFIRMED) || yes(EARLIER_RESET))
        return no();
    if (yes(OUT_OF_PLACE) && (yes(GUESSES) || yes(SENDER_WENT_ON)))
        return yes(GUESSES) && yes(SENDER_WENT_ON)
                   ? certain(GUESSES, OUT_OF_PLACE, SENDER_WENT_ON, TTL_SAME)
                   : likely(GUESSES, OUT_OF_PLACE, SENDER_WENT_ON, TTL_SAME);
    return yes(OUT_OF_PLACE) ? not_excluded(OUT_OF_PLACE) : no();
}
