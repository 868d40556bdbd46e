/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interfaces.h - the interfaces of one file as places of one traffic: several that were captured at
 * once, or files that were merged into one.
 */
#ifndef TCPRST_PLUGIN_INTERFACES_H
#define TCPRST_PLUGIN_INTERFACES_H

#include "held.h"
#include "tcprst/order.h"
#include "tcprst/places.h"

struct tcprst_interfaces;
/* By all segments of the file, which must outlive it. NULL: they are one place, or no memory. */
struct tcprst_interfaces *tcprst_interfaces_survey(const struct tcprst_held *held, uint64_t seed);
void tcprst_interfaces_free(struct tcprst_interfaces *interfaces); /* NULL is fine */

/* For tcprst_options, of one core that is freed before. order may be NULL. */
struct tcprst_places *tcprst_interfaces_places(const struct tcprst_interfaces *interfaces);
struct tcprst_order *tcprst_interfaces_order(const struct tcprst_interfaces *interfaces);

/* The next segment to be fed, in their order, before the one behind it is asked for: verdicts say
 * what the places have by then. Valid until then. NULL: there are no more. */
const struct tcprst_segment *tcprst_interfaces_next(struct tcprst_interfaces *interfaces);

/* What a place of capture is made of. */
struct tcprst_interfaces_place {
    uint32_t interface, more; /* the first that it has segments of; so many others */
};
struct tcprst_interfaces_place tcprst_interfaces_place(const struct tcprst_interfaces *interfaces,
                                                       unsigned place);

#endif
