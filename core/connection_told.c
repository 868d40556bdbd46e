/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connection_told.c - what is told of a connection when it is let go. */
#include "connection.h"
#include "sequence.h"

#include <string.h>

int64_t connection_left(const struct endpoint *from, const struct endpoint *by)
{
    if (!(from->seen & END_SEEN) || !(by->seen & END_ACK))
        return -1;
    bool fin = (from->seen & END_FIN) && from->snd_max == from->fin_seq + 1;
    int64_t left = seq_diff(from->snd_max - fin, by->max_ack);
    /* An unacknowledged SYN is no octet of text. */
    return left < 0 ? 0 : left > (int64_t)from->octets ? (int64_t)from->octets : left;
}

static void describe_end(struct tcprst_end *out, const struct connection *c, int i)
{
    const struct endpoint *e = &c->end[i], *other = &c->end[!i];
    memcpy(out->address, c->address[i], 16);
    out->port = c->port[i];
    out->segments = e->segments;
    out->octets = e->octets;
    out->fin = e->seen & END_FIN;
    out->unacknowledged = connection_left(e, other);
}

void connection_describe(const struct connection *c, struct tcprst_connection *out)
{
    enum tcprst_ending ending = connection_ending(c);
    *out = (struct tcprst_connection){.number = c->number,
                                      .ip_version = c->ip_version,
                                      .roles_guessed = c->client < 0 || (c->flags & CONN_GUESSED),
                                      .first = where_frame(c->first),
                                      .last = where_frame(c->last),
                                      .first_time = c->first_time,
                                      .last_time = c->last_time,
                                      .resets = c->resets,
                                      .ending = ending,
                                      .reset_after_fin =
                                          ending == TCPRST_ENDING_RESET && c->ended_after_fin};
    int client = c->client < 0 ? c->port[0] < c->port[1] : c->client;
    describe_end(&out->client, c, client);
    describe_end(&out->server, c, !client);
}
