/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weigh_settle.h - where else to look, for what a decision leaves open. */
#ifndef TCPRST_WEIGH_SETTLE_H
#define TCPRST_WEIGH_SETTLE_H

#include "weigh.h"

/*
 * The row of points.def that would settle it, or nothing: nothing is open, or none would.
 *
 * Where it is open who made it, the sender's own host as a second place of capture tells: each
 * mechanism predicts what is seen there. Else, where the cause is, its kernel, if the engine would
 * be certain with every reason that a kernel gives for the decision's cause.
 */
enum tcprst_settled_by weigh_settle(const struct decision *decision);

#endif
