/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.c - see view.h. */
#include "view.h"

#include "host.h"
#include "reset.h"
#include "sequence.h"
#include "thresholds.h"

#include <string.h>

/* Something of either end had to be sent again, as far back as is kept, or came out of order. */
static bool lossy(const struct reset *r)
{
    const struct recent *p;
    const struct connection *c = r->connection;
    if (seen(&r->x, END_SACK) || seen(&r->y, END_SACK) || r->x.retransmissions || r->x.hole ||
        r->y.hole)
        return true;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && (p = recent_back(&c->recents, n)) != NULL; n++)
        if ((p->bits & RECENT_REPEATED) && !(p->bits & (RECENT_PROBE | RECENT_DUPLICATE)))
            return true;
    return false;
}

/* The numbers of a RST show that either end had sent octets before, or that they had been taken. */
static bool speaks_of_more(const struct connection *c, const struct recent *e)
{
    unsigned d = !!(e->bits & RECENT_FROM_B);
    const struct endpoint *x = &c->end[d], *y = &c->end[!d];
    if (!(e->flags & TCPRST_RST) || !(x->seen & (END_SYN | END_SYN_ACK)) ||
        !(y->seen & (END_SYN | END_SYN_ACK)) || !seq_lt(x->iss + 1, e->seq))
        return false;
    if (e->flags & TCPRST_ACK)
        return seq_lt(y->iss + 1, e->ack);
    /* Drawn by the handshake itself, altered behind the place of capture, it comes with it. */
    int64_t last = x->last_time > y->last_time ? x->last_time : y->last_time,
            trip = (x->rtt_max > 0 ? x->rtt_max : 0) + (y->rtt_max > 0 ? y->rtt_max : 0);
    return e->seq != y->max_ack && e->seq - x->iss < SPOKEN_MOST &&
           e->time - last > trip + REACTION;
}

/* e, older than one with its numbers, speaks of no more than that one. */
static bool said_as_much(const struct recent *newer, const struct recent *e)
{
    return e->seq == newer->seq && e->ack == newer->ack && e->flags == newer->flags &&
           !((e->bits ^ newer->bits) & RECENT_FROM_B);
}

/* From before its end began to count: somebody guesses, and may have guessed the others, too. */
static bool is_guess(const struct connection *c, const struct recent *e)
{
    const struct endpoint *x = &c->end[!!(e->bits & RECENT_FROM_B)];
    return e->where >= c->first && (e->flags & TCPRST_RST) && e->seq &&
           (x->seen & (END_SYN | END_SYN_ACK)) && seq_lt(e->seq, x->iss);
}

static bool any_speaks_of_more(const struct connection *c)
{
    const struct recent *e, *last = NULL;
    bool more = false;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (SHORTCUTS && last && said_as_much(last, e))
            continue;
        if (is_guess(c, e))
            return false;
        more |= speaks_of_more(c, e);
        last = e;
    }
    return more;
}

/* Whether nothing was captured of r's connection but what opens, closes or resets, and of what it
 * had more than that, by its numbers. */
enum unasked { SHOWS_ALL, SHOWS_FLAGGED, SHOWS_UNASKED };

/* Captures are taken with "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0": of a connection that
 * was made and used there is no other segment, not even the ACK that finished its handshake. */
static enum unasked shows(const struct reset *r)
{
    const struct connection *c = r->connection;
    if (c->number != r->incarnation) /* that of then is known as far as r has it */
        return (r->x.seen | r->y.seen) & END_PLAIN ? SHOWS_ALL : SHOWS_FLAGGED;
    uint32_t x = c->end[0].seen, y = c->end[1].seen;
    if ((x | y) & END_PLAIN)
        return SHOWS_ALL;
    bool used = ((x | y) & END_FIN) || any_speaks_of_more(c);
    return used && (x & y & END_SEEN) ? SHOWS_UNASKED : SHOWS_FLAGGED;
}

void filter_learn(struct filter *filter, const struct reset *r)
{
    if (filter->all)
        return;
    enum unasked unasked = shows(r);
    filter->all |= unasked == SHOWS_ALL;
    filter->unasked |= unasked == SHOWS_UNASKED;
}

/* Where one connection shows the filter and none speaks against it, what holds of that one holds of
 * all: also of those that came to nothing, whose own numbers cannot tell. */
static bool by_flags(const struct reset *r, const struct filter *filter)
{
    enum unasked unasked = shows(r);
    return unasked == SHOWS_UNASKED ||
           (unasked == SHOWS_FLAGGED && filter->unasked && !filter->all);
}

void view_of(struct view *view, const struct reset *r, const struct filter *filter)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    memset(view, 0, sizeof *view); /* other places and the kernel have not been asked yet */
    view->opening = r->before.connection_flags & CONN_OPENED;
    view->x = seen(x, END_SEEN);
    view->y = seen(y, END_SEEN);
    view->gaps = endpoint_lacks(x) || endpoint_lacks(y) || endpoint_acked_unseen(x, y) ||
                 endpoint_acked_unseen(y, x);
    view->by_flags = by_flags(r, filter);
    view->lossy = lossy(r);
    view->renumbered = r->before.connection_flags & CONN_RENUMBERED;
    view->fresh = r->before.since_start < FRESH_CAPTURE;
    view->at_x = view->x && r->packet.ip_header && host_hops(x->ttl_last) == 0 && x->rtt_min >= 0 &&
                 x->rtt_min <= AT_HOST;
    view->loss = !view->opening || !view->y || view->gaps || view->lossy ? 1 : 3;
    if (view->by_flags) {
        view->gaps = true;
        view->loss = 0;
    }
    view->behind = view->at_x ? view->loss : view->loss < 2 ? view->loss : 2;
    view->alter = view->at_x ? 3 : 2;
}
