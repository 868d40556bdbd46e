/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.c - see view.h. */
#include "view.h"

#include "host.h"
#include "reset.h"
#include "sequence.h"
#include "thresholds.h"

#include <string.h>

/* What it sent between its first and its last segment, and the capture does not have. */
static bool lacks_octets(const struct endpoint *x)
{
    if (!seen(x, END_SEEN))
        return false;
    uint32_t from = x->seen & (END_SYN | END_SYN_ACK) ? x->iss + 1 : x->first_seq;
    return seq_diff(x->snd_max, from) - (int64_t)seen(x, END_FIN) > (int64_t)x->octets;
}

static bool acknowledged_unseen(const struct endpoint *by, const struct endpoint *of)
{
    return seen(of, END_SEEN) && seen(by, END_AHEAD) && seq_lt(of->snd_max, by->ack_ahead);
}

/* Something of either end had to be sent again, or came out of order, as far back as is kept. */
static bool lossy(const struct reset *r)
{
    const struct recent *p;
    const struct connection *c = r->connection;
    if (seen(&r->x, END_SACK) || seen(&r->y, END_SACK) || r->x.retransmissions)
        return true;
    for (uint64_t n = recent_other(c); n < MAX_RELATED && (p = recent_back(&c->recents, n)) != NULL;
         n++)
        if (p->where < where_pack(r->frame) && (p->bits & RECENT_REPEATED) &&
            !(p->bits & (RECENT_PROBE | RECENT_DUPLICATE)))
            return true;
    return false;
}

void view_of(struct view *view, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    memset(view, 0, sizeof *view); /* other places and the kernel have not been asked yet */
    view->opening = r->before.connection_flags & CONN_OPENED;
    view->x = seen(x, END_SEEN);
    view->y = seen(y, END_SEEN);
    view->gaps = lacks_octets(x) || lacks_octets(y) || acknowledged_unseen(x, y) ||
                 acknowledged_unseen(y, x);
    view->lossy = lossy(r);
    view->renumbered = r->before.connection_flags & CONN_RENUMBERED;
    view->fresh = r->before.since_start < FRESH_CAPTURE;
    view->at_x = view->x && r->packet.ip_header && host_hops(x->ttl_last) == 0 && x->rtt_min >= 0 &&
                 x->rtt_min <= AT_HOST;
    view->loss = !view->opening || !view->y || view->gaps || view->lossy ? 1 : 3;
    view->behind = view->at_x ? view->loss : view->loss < 2 ? view->loss : 2;
    view->alter = view->at_x ? 3 : 2;
}
