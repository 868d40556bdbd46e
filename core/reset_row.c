/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset_row.c - the RSTs of a storm are alike: a row of them is counted as it grows, and who would
 * look at each around one need not where the row reaches so far.
 */
#include "reset.h"

#include "thresholds.h"

/* In all that is asked of one for the sake of another, but for their time and identification, and
 * for what each of them answers. Where like ones are counted, each says another number. */
static bool in_row(const struct reset *a, const struct reset *b)
{
    return a->seq == b->seq && a->ack == b->ack && a->d == b->d && a->flags == b->flags &&
           a->ttl == b->ttl && a->window == b->window && a->incarnation == b->incarnation &&
           a->has_trigger == b->has_trigger && a->payload_length == b->payload_length &&
           !a->duplicate_of && !b->duplicate_of && !a->drawn.alike && !a->drawn.matching &&
           !b->drawn.alike && !b->drawn.matching;
}

/* Of one among the first so many there is none so far before it. */
static struct reset *step_back(const struct reset *r, const struct reset *of_previous,
                               uint32_t steps)
{
    struct reset *first = r->connection->first_reset;
    if (of_previous)
        return of_previous->next_of_connection;
    return r->place - first->place == steps ? first : NULL;
}

const struct reset *reset_nearby(const struct reset *r)
{
    if (SHORTCUTS && r->half_back)
        return r->half_back;
    for (unsigned i = 0; i < MAX_RELATED / 2 && r->previous_of_connection; i++)
        r = r->previous_of_connection;
    return r;
}

static void count_row(struct reset *r)
{
    const struct reset *p = r->previous_of_connection;
    r->row = SHORTCUTS && p && in_row(p, r) ? p->row + (p->row < UINT32_MAX) : 0;
}

void reset_line_up(struct reset *r)
{
    const struct reset *p = r->previous_of_connection;
    if (!p)
        return;
    r->place = p->place + 1;
    r->half_back = step_back(r, p->half_back, MAX_RELATED / 2);
    r->far_back = step_back(r, p->far_back, MAX_RELATED);
    count_row(r);
}

void reset_leave_row(struct reset *r)
{
    for (; r; r = r->next_of_connection)
        count_row(r);
}
