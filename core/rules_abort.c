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
    return no();
}

RULE(listener_closed)
{
    if (!deliberate(e) || yes(SENDER_CLIENT) || !yes(HANDSHAKE_DONE) || !not(SENDER_SENT_DATA) ||
        yes(EARLIER_RESET))
        return no();
    return not_excluded(SENDER_SENT_DATA, ABORT_FORM);
}

RULE(mass_abort)
{
    return deliberate(e) && yes(OTHERS_TOO) ? likely(OTHERS_TOO, ABORT_FORM) : no();
}

RULE(application_idle_timeout)
{
    if (deliberate(e) && yes(IDLE_LONGEST) && !yes(PROBES_UNANSWERED))
        return not_excluded(IDLE_LONGEST);
    return no();
}

/* RFC 9112 section 9.6: a server that answers before it has read the request "risks a TCP reset".
 */
RULE(early_reply)
{
    if (!deliberate(e) || yes(SENDER_CLIENT) || !yes(REPLY_SENT) || not(PEER_SENT_DATA) ||
        yes(EXCHANGE_COMPLETE))
        return no();
    if (unseen(SENDER_CLIENT))
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
    if (deliberate(e) && yes(EXCHANGE_COMPLETE))
        return likely(EXCHANGE_COMPLETE, ABORT_FORM, PEER_FIN);
    return no();
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
        if (vouched_abort(e) && accepted && not(IDLE_LONGEST) && not(IDLE_LONG))
            return certain(PEER_SENT_DATA, ABORT_FORM, LIVE_SOCKET, IP_ID_NEXT, TTL_SAME);
        return likely(PEER_SENT_DATA, ABORT_FORM, IDLE_LONGEST);
    }
    if (elsewhere)
        return not_excluded(ABORT_FORM);
    return possible(ABORT_FORM, PEER_SENT_DATA);
}

RULE(local_abort)
{
    if (!deliberate(e))
        return no();
    if (vouched_abort(e))
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
    if (yes(TEXT))
        return likely(TEXT);
    return no();
}

RULE(policy_reset)
{
    if (not(TTL_SAME) && yes(HANDSHAKE_DONE))
        return not_excluded(TTL_SAME);
    return no();
}

RULE(injected)
{
    if (not(TTL_SAME) || yes(SENDER_WENT_ON) || yes(TRIGGER_TOO_FAST))
        return not_excluded(TTL_SAME, SENDER_WENT_ON);
    if (not(TRIGGER) && not(ABORT_FORM))
        return not_excluded(TRIGGER, ABORT_FORM);
    return no();
}

RULE(blind_attack)
{
    if (not(TRIGGER) && not(ABORT_FORM) && yes(HANDSHAKE_DONE))
        return not_excluded(TRIGGER, ABORT_FORM);
    return no();
}
