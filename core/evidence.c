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

void around_find(struct around *around, const struct reset *r, struct hosts *hosts)
{
    around->x_host = hosts_find(hosts, r->packet.ip_version, r->packet.source);
    around->y_host = hosts_find(hosts, r->packet.ip_version, r->packet.destination);
    view_of(&around->view, r);
    company_find(&around->company, r);
}

void evidence_gather(struct evidence *e, const struct reset *r, const struct around *around)
{
    const struct host *x_host = around->x_host;
    memset(e, 0, sizeof *e);
    e->view = around->view;
    unsigned stack = r->before.x_stack ? r->before.x_stack : x_host ? x_host->stack : 0;
    e->stack = &stacks[stack < STACK_COUNT ? stack : STACK_UNKNOWN];
    evidence_trigger(e, r, x_host);
    evidence_form(e, r, around);
    evidence_ip(e, r, x_host);
    evidence_connection(e, r);
    evidence_data(e, r);
    evidence_others(e, r, x_host, around->y_host);
    evidence_company(e, r, &around->company);
    fact_signatures(e, r);
}
