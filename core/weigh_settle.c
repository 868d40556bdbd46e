/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weigh_settle.c - see weigh_settle.h. */
#include "weigh_settle.h"

#include "trace.h"
#include "weigh_cost.h"

static const struct view *view_of_winner(const struct decision *d)
{
    return &d->view[d->best[d->winner].trigger];
}

static enum fact_state state_of(const struct decision *d, enum claim claim)
{
    return (enum fact_state)d->claims[d->best[d->winner].trigger].state[claim];
}

/* No place of capture says yet where it was made, and none is the sender's own host. */
static bool place_is_open(const struct decision *d)
{
    const struct view *view = view_of_winner(d);
    return !view->places && !view->at_x && !view->kernel &&
           state_of(d, CLAIM_MADE_AT_SENDER) == FACT_HIDDEN;
}

/* A stack that is known not to be Linux' traces nothing. */
static bool kernel_is_open(const struct decision *d)
{
    return !view_of_winner(d)->kernel && state_of(d, CLAIM_NOT_LINUX) != FACT_TRUE;
}

/* What it would come to, had the kernel given that reason; NULL: had it sent nothing. */
static bool certain_with(const struct decision *d, const char *reason)
{
    struct decision supposed = *d;
    for (unsigned i = 0; i < d->triggers; i++) {
        supposed.view[i].kernel = DEAD;
        supposed.view[i].kernel_reason = reason ? (uint8_t)trace_reason_number(reason) : 0;
        supposed.claims[i].state[CLAIM_KERNEL_SILENT] = reason ? FACT_FALSE : FACT_TRUE;
    }
    /* Mostly it is the next cause that stays as near as it was. */
    enum tcprst_cause next = d->ranking[d->ranking[0] == d->winner];
    if (d->ranked > 1 &&
        cost_of_cause(&supposed, next).total < d->best[d->winner].total + MARGIN_CERTAIN)
        return false;
    weigh_anew(&supposed);
    return supposed.winner == d->winner && supposed.strength == TCPRST_STRENGTH_CERTAIN;
}

/* Whichever it gives of the reasons that the winner's cause has. */
static bool kernel_settles(const struct decision *d)
{
    const char *reasons[TCPRST_KERNEL_REASONS_MOST];
    size_t count = tcprst_kernel_reasons(d->winner, reasons, TCPRST_KERNEL_REASONS_MOST);
    if (!count)
        return certain_with(d, NULL);
    for (size_t i = 0; i < count; i++)
        if (!certain_with(d, reasons[i]))
            return false;
    return true;
}

enum tcprst_settled_by weigh_settle(const struct decision *d)
{
    if (!d->ranked)
        return TCPRST_SETTLED_BY_NOTHING;
    if (d->origin == TCPRST_ORIGIN_UNKNOWN && place_is_open(d))
        return TCPRST_SETTLED_BY_SENDER_SIDE;
    if (d->strength < TCPRST_STRENGTH_CERTAIN && kernel_is_open(d) && kernel_settles(d))
        return TCPRST_SETTLED_BY_KERNEL_TRACE;
    return TCPRST_SETTLED_BY_NOTHING;
}
