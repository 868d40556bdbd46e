/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learn.c - see learn.h. */
#include "learn.h"

#include "dimensions.h"
#include "thresholds.h"

void learn_trail(struct trails *trails, struct reset *r)
{
    if (!r->packet.ip_header || !r->ip_id || r->duplicate_of)
        return;
    uint64_t source = host_target(r->packet.source, 0);
    for (unsigned i = 0; i < TRAIL; i++) {
        const struct trail *t = &trails->last[i];
        uint16_t step = (uint16_t)(r->ip_id - t->ip_id);
        if (t->ip_id && t->source != source && t->ttl == r->ttl && step >= 1 && step <= TRAIL &&
            r->when - t->time <= SCAN_WINDOW) {
            r->before.device_sequence = true;
            r->before.device_id = t->ip_id;
        }
    }
    trails->last[trails->next++ % TRAIL] = (struct trail){r->when, source, r->ip_id, r->ttl};
}

/* Of a scanner what drew it, if anything of that is one's: a lone ACK, or nothing that a connection
 * sends. */
static void note_probe(struct hosts *hosts, const struct reset *r)
{
    bool lone = reset_is_lone(r),
         odd = r->has_trigger && !(r->trigger.flags & (TCPRST_SYN | TCPRST_ACK | TCPRST_RST));
    if (!lone && !odd)
        return;
    uint64_t target = host_target(r->packet.source, r->packet.source_port);
    struct host *host = hosts_get(hosts, r->packet.ip_version, r->packet.destination);
    if (odd || reset_is_probed(r))
        host_note_probe(host, target, r->when);
    if (lone)
        host_note_lone(host, r->packet.destination_port, target, r->when);
}

void learn_reset(struct hosts *hosts, const struct reset *r)
{
    if (r->duplicate_of)
        return;
    bool syn = r->has_trigger && (r->trigger.flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    bool known = (r->x.seen & END_SEEN) != 0;
    bool forgot = r->has_trigger && !syn && known && !(r->x.seen & END_FIN);
    bool abort = reset_is_abort(r);
    bool stray = !known && !(r->y.seen & END_SEEN) && !r->has_trigger && r->seq != 0;
    bool abandon =
        r->has_trigger && (r->trigger.flags & TCPRST_SYN) && (r->trigger.flags & TCPRST_ACK);
    bool silent = r->before.client == 1 && !(r->x.seen & END_DATA); /* a server, and sent nothing */
    bool coded = window_code_text(r->window) != NULL;
    note_probe(hosts, r);
    if (!syn && !forgot && !abort && !coded && !stray && !abandon)
        return;
    struct host *host = hosts_get(hosts, r->packet.ip_version, r->packet.source);
    if (syn)
        host_note_closed(host, r->packet.source_port, r->when);
    if (abandon)
        host_note_run(host, RUN_ABANDONS, r->when);
    if (stray)
        host_note_stray(host, r->seq, r->incarnation);
    if (stray)
        host_note_run(host, RUN_STRAYS, r->when);
    if (coded)
        host_note_window(host, r->window, r->incarnation);
    if (r->connection->resets > 1)
        return;
    if (forgot && !r->connection->ended)
        host_note_run(host, RUN_FORGETS, r->when);
    /* An end that answers the peer's FIN with a RST is not one that ends everything at once. */
    if (abort && !(r->y.seen & END_FIN))
        host_note_abort(host, &(struct abort_note){.opened = r->connection->first_time,
                                                   .time = r->when,
                                                   .idle = reset_text_idle(r),
                                                   .server = r->before.client == 1,
                                                   .silent = silent,
                                                   .port = reset_service_port(r)});
    if (abort && silent)
        host_note_unserved(host, reset_service_port(r), r->incarnation, r->when);
    if (abort && r->before.idle >= 0)
        host_note_idle(host, reset_service_port(r), r->incarnation, r->before.idle, r->when);
}

void learn_opening(struct hosts *hosts, const struct connection *c, const struct tcprst_segment *s,
                   const struct recent *e, int d)
{
    bool stray = e->bits & RECENT_STRAY, syn_ack = s->flags & TCPRST_ACK;
    if (e->bits & RECENT_DUPLICATE)
        return;
    struct host *host = hosts_get(hosts, s->ip_version, s->source);
    if (syn_ack && stray && (c->end[!d].seen & END_SYN))
        host_note_wrong_syn_ack(host, host_target(s->destination, 0));
    if (!stray)
        host_note_opening(host, s, e->time, syn_ack ? c->end[d].rtt_min : -1);
}
