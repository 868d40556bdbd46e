/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weigh_cost.h - what one hypothesis costs on one RST, whatever the others cost. */
#ifndef TCPRST_WEIGH_COST_H
#define TCPRST_WEIGH_COST_H

#include "weigh.h"

/* The cheapest hypothesis of that cause, by the decision's claims and views; of a word none, whose
 * total is UINT8_MAX. */
struct entry cost_of_cause(const struct decision *decision, enum tcprst_cause cause);

/* The least that any hypothesis costs by which such a one made it. */
enum whose {
    WHOSE_END,             /* either end's host */
    WHOSE_BETWEEN_ANSWER,  /* somebody in between, who answers a segment as the end would: a filter
                            */
    WHOSE_BETWEEN_UNASKED, /* somebody in between, whom no segment need have drawn it */
};
unsigned cost_of_whose(const struct decision *decision, enum whose whose);

/* Something rare was seen that it does not explain. */
bool cost_leaves_a_sign(const struct decision *decision, const struct entry *entry);

/* Would it still cost less than that, had each claim that cannot be seen failed? And did none fail
 * whose failing is rarer than one in ten? */
bool cost_well_founded(const struct decision *decision, const struct entry *entry, unsigned limit);

/* Whether the sign says anything of a RST made that way; and is to be expected of it. */
bool cost_concerns(const struct entry *entry, unsigned sign);
bool cost_explains(const struct entry *entry, unsigned sign);

#endif
