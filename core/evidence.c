/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evidence.c - fills the facts of one reset. They are found in the evidence_*.c, one file a group
 * of facts.def: one small function a subject, neutral, with the frame and the numbers that show it.
 */
#include "evidence_tell.h"

#include "signatures.h"

#include <string.h>

static void fact_signatures(struct evidence *e, const struct reset *r)
{
    int cloudflare = signature_cloudflare(r), weaver = signature_weaver(r, e);
    tell(e, F(SIGNATURE_CLOUDFLARE), cloudflare > 0);
    numbers(e, F(SIGNATURE_CLOUDFLARE), cloudflare, 0);
    tell(e, F(SIGNATURE_WEAVER), weaver > 0);
    numbers(e, F(SIGNATURE_WEAVER), weaver, 0);
}

void around_find(struct around *around, const struct reset *r, struct hosts *hosts,
                 const struct filter *filter)
{
    around->x_host = hosts_find(hosts, r->packet.ip_version, r->packet.source);
    around->y_host = hosts_find(hosts, r->packet.ip_version, r->packet.destination);
    view_of(&around->view, r, filter);
    company_find(&around->company, r);
}

/* What rests on segments that are not there because nobody asked for them: of these facts neither
 * that they hold nor that they do not is known. */
static const enum tcprst_fact unasked[] = {
    F(ONLY_SYN),
    F(SYN_RECEIVED),
    F(SERVER_NEVER_SPOKE),
    F(PEER_ONLY_SYN),
    F(HANDSHAKE_LATELY),
    F(HALF_MADE),
    F(HANDSHAKE_DONE),
    F(IDLE_LONG),
    F(IDLE_LONGEST),
    F(IDLE_LONGER),
    F(IDLE_SOME),
    F(QUIET),
    F(IDLE_BRIEF),
    F(EVENT_PAUSED),
    F(SENDER_JUST_HEARD),
    F(SURPLUS),
    F(OUTNUMBER),
    F(BARE_ANSWERED),
    F(LADDER),
    F(GUESSES),
    F(GUESSES_FAR),
    F(GUESSES_EXACT),
    F(GUESSES_SPREAD),
    F(OUT_OF_PLACE),
    F(SEQ_BEYOND_SENT),
    F(SEQ_NEAR),
    F(SEQ_ACKED),
    F(ABORT_FORM),
    F(SEQ_BELOW_SENT),
    F(OLD_ACK),
    F(SENDER_SENT_DATA),
    F(PEER_SENT_DATA),
    F(SENDER_SYNCHRONIZED),
    F(PEER_DATA_AFTER_FIN),
    F(LATE_DATA_TAKEN),
    F(HALF_CLOSED),
    F(FIN_ACKED),
    F(PEER_FIN_ACKED),
    F(SENDER_TIME_WAIT),
    F(ALL_ACKNOWLEDGED),
    F(EXCHANGE_COMPLETE),
    F(PEER_IN_FLIGHT),
    F(PEER_CROSSED),
    F(BULK_FROM_PEER),
    F(REPLY_SENT),
    F(REPLY_ON_ITS_WAY),
    F(ANSWERED_LAST),
    F(REPLY_UNACKED),
    F(WINDOW_FILLED),
    F(SENT_SHORT),
    F(REPLY_ENDS_IT),
    F(PEER_DATA_LAST),
    F(RIGHT_AFTER_DATA),
    F(PROVOKED),
};

static void forget_unasked(struct evidence *e)
{
    for (size_t i = 0; i < sizeof unasked / sizeof *unasked; i++)
        e->state[unasked[i]] = FACT_HIDDEN;
}

void evidence_gather(struct evidence *e, const struct reset *r, const struct around *around)
{
    const struct host *x_host = around->x_host;
    memset(e, 0, EVIDENCE_SEEN);
    memset(e->shows, 0, sizeof e->shows);
    e->view = around->view;
    unsigned stack = r->before.x_stack ? r->before.x_stack : x_host ? x_host->stack : 0;
    e->stack = &stacks[stack < STACK_COUNT ? stack : STACK_UNKNOWN];
    evidence_trigger(e, r, x_host);
    evidence_form(e, r, around);
    evidence_ip(e, r, x_host);
    evidence_connection(e, r);
    evidence_data(e, r);
    evidence_others(e, r, x_host, around->y_host);
    evidence_company(e, r, around);
    fact_signatures(e, r);
    if (e->view.by_flags)
        forget_unasked(e);
}
