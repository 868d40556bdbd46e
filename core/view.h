/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - what the place of capture could have missed of a connection, or shown otherwise than an
 * end got it. The only knowledge of captures there is: everything else asks for its prices.
 *
 * Prices are orders of magnitude, as everywhere in the judgement: 1 one in ten, 2 one in a hundred,
 * 3 rarer.
 */
#ifndef TCPRST_VIEW_H
#define TCPRST_VIEW_H

#include <stdbool.h>
#include <stdint.h>

struct view {
    bool opening;    /* the SYN or SYN-ACK was captured */
    bool x, y;       /* segments of the RST's sender, of its receiver, were captured */
    bool fresh;      /* the capture had just begun when the connection was first seen */
    bool gaps;       /* octets of either end are missing, by what the other acknowledged */
    bool lossy;      /* something had to be sent again, or came out of order */
    bool by_flags;   /* only what opens, closes or resets was captured: a filter on flags */
    bool renumbered; /* between two legs of the capture numbers are rewritten: none says much */
    bool at_x;       /* the place is X's own host: what was captured is what X sent and got */
    uint8_t loss;    /* price of: it happened and was not captured */
    uint8_t behind;  /* price of: it happened, or was lost, behind the place of capture */
    uint8_t alter;   /* price of: what was captured on its way to X was altered or swallowed behind
                        the  place of capture */
    uint8_t places;  /* price of: other places of capture are wrong about where it was made; 0: they
                        do not say */
    uint8_t kernel;  /* price of: the sender's kernel is wrong about it; 0: it does not say */
    uint8_t kernel_reason; /* the number of the reason it gives (trace.h); 0: none */
};

struct reset;

/* What the connections of RSTs show of how their capture was filtered. */
struct filter {
    bool all;     /* one has segments that neither open nor close nor reset */
    bool unasked; /* one has none, though it was made and used, by its numbers */
};
void filter_learn(struct filter *filter, const struct reset *r);

void view_of(struct view *view, const struct reset *r, const struct filter *filter);

#endif
