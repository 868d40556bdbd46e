/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset_under_way.c - of several places: what Y had sent, and X did not have when it sent the RST.
 *
 * A place on Y's side has it before the RST, one on X's side behind it. X's reasons are what X had:
 * no text of Y's was unread, no FIN of Y's had come, that was still under way. Y's acknowledgments
 * stay as they are: by them Y takes the RST or not.
 */
#include "reset_parts.h"

#include "sequence.h"

/* Of Y, and nothing that is there twice or of another incarnation. */
static bool is_of_peer(const struct reset *r, const struct recent *e)
{
    return !!(e->bits & RECENT_FROM_B) != r->d && !(e->bits & (RECENT_DUPLICATE | RECENT_STRAY)) &&
           !(e->flags & TCPRST_RST);
}

static void take_segment(struct endpoint *y, const struct recent *e)
{
    uint32_t end = e->seq + e->length;
    if (seen(y, END_FIN) && y->fin_where == e->where) {
        y->seen &= ~(uint32_t)END_FIN;
        y->snd_max = seq_lt(y->fin_seq, y->snd_max) ? y->fin_seq : y->snd_max;
    }
    if (!e->length || (e->bits & RECENT_REPEATED))
        return;
    if (y->snd_max == end) /* else it filled a gap */
        y->snd_max = e->seq;
    y->octets -= y->octets < e->length ? y->octets : e->length;
    y->octets_mark = y->octets < y->octets_mark ? y->octets : y->octets_mark;
}

/* Y's last segment and its last text are the newest of those that are left; of what is no longer
 * remembered nobody knows but that it was no later than what is. */
static void find_last(struct reset *r, const struct connection *c, uint64_t from)
{
    const struct recent *e, *oldest = NULL;
    struct endpoint *y = &r->y;
    bool met = false, text = false;
    if (!y->octets)
        y->seen &= ~(uint32_t)END_DATA;
    for (uint64_t n = from; n < MAX_RELATED && !text && (e = recent_back(&c->recents, n)) != NULL;
         n++) {
        oldest = e;
        if (!is_of_peer(r, e))
            continue;
        if (!met) {
            y->last = e->where;
            y->last_time = e->time;
        }
        met = true;
        text = e->length != 0;
        if (text)
            y->last_data_time = e->time;
    }
    int64_t latest = oldest ? oldest->time : r->before.under_way;
    if (!met) {
        y->last = 0;
        y->last_time = latest;
    }
    if (!text && y->last_data_time > latest)
        y->last_data_time = latest;
}

void reset_take_back(struct reset *r, const struct connection *c, unsigned count)
{
    struct recent *e;
    uint64_t n = recent_other(c);
    r->before.under_way = INT64_MAX;
    r->before.peer_closed = seen(&r->y, END_FIN);
    r->before.octets_under_way = 0;
    if (!count)
        return;
    uint64_t sent = r->y.octets;
    for (; count && n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (e->where < c->first)
            break;
        if (!!(e->bits & RECENT_FROM_B) == r->d || (e->flags & TCPRST_RST) ||
            (e->bits & RECENT_DUPLICATE))
            continue;
        count--;
        r->before.under_way = e->time;
        if (is_of_peer(r, e))
            take_segment(&r->y, e);
    }
    r->before.octets_under_way = sent - r->y.octets;
    if (r->before.under_way < INT64_MAX)
        find_last(r, c, n);
}
