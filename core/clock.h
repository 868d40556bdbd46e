/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - the core's own clock: driven by the times of packets, never running backwards. */
#ifndef TCPRST_CLOCK_H
#define TCPRST_CLOCK_H

#include "tcprst.h"

/*
 * The one owner of time. Packets drive it, and nothing else moves what they are judged by; that no
 * packet came only makes known how far time has got meanwhile, until the next one comes. So a live
 * input is judged as the same packets are in a file. Times in ns.
 */
struct clock {
    int64_t now;         /* of the last segment, on the core's own clock; INT64_MIN: none yet */
    int64_t reached;     /* how far time is known to have got: now, or later where it was silent */
    int64_t set_back;    /* what the capture's clock was set back by in all: see clock_of() */
    int64_t behind_time; /* of the last of those behind, on the core's clock */
    unsigned behind;     /* segments in a row that are far older than now */
};

void clock_start(struct clock *clock);
/* A segment with that time came. Segments may come a little out of order, or without a time; the
 * past stays past. Where the time stays far behind, the clock was set back (or one time was wrong):
 * from the first such segment on it passes as it does between them, and it goes on from where it
 * was. */
void clock_note(struct clock *clock, int64_t time);
/* So much has passed since the last segment, and none came. */
void clock_wait(struct clock *clock, int64_t elapsed);
/* A packet of another kind had that time. */
void clock_reach(struct clock *clock, int64_t time);

#endif
