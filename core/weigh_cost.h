/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weigh_cost.h - what one hypothesis costs on one RST, whatever the others cost. */
#ifndef TCPRST_WEIGH_COST_H
#define TCPRST_WEIGH_COST_H

#include "weigh.h"

/* The cheapest hypothesis of that cause, by the decision's claims and views; of a word none, whose
 * total is UINT8_MAX. */
struct entry cost_of_cause(const struct decision *decision, enum tcprst_cause cause);

/* The least that any hypothesis costs by which somebody in between made it, or nobody in between.
 */
unsigned cost_of_maker(const struct decision *decision, bool between);

/* Would it still cost less than that, had each claim that cannot be seen failed? And did none fail
 * whose failing is rarer than one in ten? */
bool cost_well_founded(const struct decision *decision, const struct entry *entry, unsigned limit);

/* Whether the sign says anything of a RST made that way; and is to be expected of it. */
bool cost_concerns(const struct entry *entry, unsigned sign);
bool cost_explains(const struct entry *entry, unsigned sign);

#endif
