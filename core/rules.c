/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.c - asks every rule and lets the precedence of causes.md speak: the first sure finding in
 * that order is the verdict, everything else that holds is an alternative.
 */
#include "rules.h"

/* Where several rows hold, the earlier one is the cause: the more particular explanation before the
 * more general. */
static const enum tcprst_cause precedence[] = {
#define P(ID) TCPRST_CAUSE_##ID
    /* what a RST says itself, or what an earlier one explains */
    P(ECHO_OF_RESET), P(MPTCP_ABORT), P(DEVICE_STATED), P(DEVICE_IDLE_TIMEOUT),
    /* a hard contradiction of an honest sender */
    P(BLIND_ATTACK), P(INJECTED), P(POLICY_RESET),
    /* by trigger: SYN, SYN-ACK, the ACK that answered a SYN, the handshake's ACK */
    P(PROBE_RESPONSE), P(TIME_WAIT_COLLISION), P(FIREWALL_REJECT), P(OUT_OF_WINDOW_SEGMENT),
    P(CLOSED_PORT), P(DDOS_CHALLENGE), P(WRONG_SYN_ACK), P(SYN_SCAN), P(CONNECT_ABANDONED),
    P(UNSOLICITED_SYN_ACK), P(HALF_OPEN_RESYNC), P(BAD_HANDSHAKE_ACK), P(ACCEPT_QUEUE_OVERFLOW),
    P(BACKEND_UNAVAILABLE),
    /* by trigger: a segment after the sender's FIN, then anything else */
    P(DATA_AFTER_CLOSE), P(FIN_AFTER_EXPIRY), P(LATE_AFTER_CLOSE), P(IDLE_STATE_LOST),
    P(PEER_RESTARTED), P(UNKNOWN_CONNECTION),
    /* without trigger: timeouts, after the own FIN, aborts from the particular to the general */
    P(SYN_RECEIVED_TIMEOUT), P(KEEPALIVE_TIMEOUT), P(ZERO_WINDOW_TIMEOUT),
    P(RETRANSMISSION_TIMEOUT), P(FIN_RST_PAIR), P(ABORT_AFTER_FIN), P(LISTENER_CLOSED),
    P(MASS_ABORT), P(APPLICATION_IDLE_TIMEOUT), P(EARLY_REPLY), P(CANCELLED_TRANSFER),
    P(RESET_INSTEAD_OF_FIN), P(UNREAD_DATA), P(SO_LINGER_ABORT), P(LOCAL_ABORT),
    /* honest ends */
    P(INSUFFICIENT_CAPTURE), P(UNCLASSIFIED)
#undef P
};
_Static_assert(sizeof precedence / sizeof *precedence == TCPRST_CAUSE_COUNT,
               "every cause has its place");

static void ask_all(struct finding *findings, const struct evidence *e)
{
#define CAUSE(ID, rule, id, group, title, meaning, advice, references)                             \
    findings[TCPRST_CAUSE_##ID] = rule_##rule(e);
#include "tcprst/causes.def"
}

/* The first in precedence that is at least this sure; COUNT: none. */
static enum tcprst_cause first_of(const struct finding *findings, enum tcprst_strength least)
{
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++) {
        const struct finding *f = &findings[precedence[i]];
        if (f->strength >= least && !f->only_alternative)
            return precedence[i];
    }
    return TCPRST_CAUSE_COUNT;
}

static void add_alternatives(struct decision *d, enum tcprst_strength strength, bool only)
{
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT && d->alternative_count < TCPRST_MAX_ALTERNATIVES;
         i++) {
        enum tcprst_cause c = precedence[i];
        const struct finding *f = &d->findings[c];
        if (c == d->cause || f->strength != strength || f->only_alternative != only)
            continue;
        d->alternatives[d->alternative_count++] = (struct tcprst_alternative){c, strength};
    }
}

void rules_decide(struct decision *d, const struct evidence *e)
{
    ask_all(d->findings, e);
    d->alternative_count = 0;
    d->cause = first_of(d->findings, TCPRST_STRENGTH_LIKELY);
    if (d->cause == TCPRST_CAUSE_COUNT)
        d->cause = first_of(d->findings, TCPRST_STRENGTH_POSSIBLE);
    if (d->cause == TCPRST_CAUSE_COUNT)
        d->cause = TCPRST_CAUSE_UNCLASSIFIED;
    /* What is certain leaves room for nothing else. */
    if (d->findings[d->cause].strength == TCPRST_STRENGTH_CERTAIN)
        return;
    add_alternatives(d, TCPRST_STRENGTH_CERTAIN, false);
    add_alternatives(d, TCPRST_STRENGTH_LIKELY, false);
    add_alternatives(d, TCPRST_STRENGTH_POSSIBLE, false);
    add_alternatives(d, TCPRST_STRENGTH_POSSIBLE, true);
}

/* ---- unknown ---- */

RULE(insufficient_capture)
{
    if (yes(ODD_RST))
        return no();
    if (not(PEER_SEEN) && !yes(TRIGGER))
        return possible(PEER_SEEN);
    if (not(OPENING_SEEN) && !yes(TRIGGER) && !yes(ABORT_FORM))
        return possible(OPENING_SEEN);
    return no();
}

RULE(unclassified)
{
    if (yes(ODD_RST))
        return possible(ODD_RST);
    if (yes(TRIGGER) || yes(ABORT_FORM))
        return no();
    return not(PEER_SEEN) || not(OPENING_SEEN) ? not_excluded(TRIGGER, ABORT_FORM)
                                               : possible(TRIGGER, ABORT_FORM);
}
