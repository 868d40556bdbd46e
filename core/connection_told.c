/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connection_told.c - what is told of a connection when it is let go. */
#include "connection.h"
#include "sequence.h"

#include <string.h>

static void describe_end(struct tcprst_end *out, const struct connection *c, int i)
{
    const struct endpoint *e = &c->end[i], *other = &c->end[!i];
    memcpy(out->address, c->address[i], 16);
    out->port = c->port[i];
    out->segments = e->segments;
    out->octets = e->octets;
    out->fin = e->seen & END_FIN;
    out->unacknowledged = -1;
    if ((e->seen & END_SEEN) && (other->seen & END_ACK)) {
        int64_t left =
            (int32_t)(e->snd_max - (out->fin && e->snd_max == e->fin_seq + 1) - other->max_ack);
        out->unacknowledged = left < 0 ? 0 : left > (int64_t)e->octets ? (int64_t)e->octets : left;
    }
}

void connection_describe(const struct connection *c, struct tcprst_connection *out)
{
    *out = (struct tcprst_connection){.number = c->number,
                                      .ip_version = c->ip_version,
                                      .roles_guessed = c->client < 0 || (c->flags & CONN_GUESSED),
                                      .first = where_frame(c->first),
                                      .last = where_frame(c->last),
                                      .first_time = c->first_time,
                                      .last_time = c->last_time,
                                      .resets = c->resets,
                                      .ending = connection_ending(c),
                                      .reset_after_fin = c->ended_after_fin};
    int client = c->client < 0 ? c->port[0] < c->port[1] : c->client;
    describe_end(&out->client, c, client);
    describe_end(&out->server, c, !client);
}
