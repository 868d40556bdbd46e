/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - the core's own clock: driven by the times of packets, never running backwards. */
#ifndef TCPRST_CLOCK_H
#define TCPRST_CLOCK_H

#include "tcprst.h"

/* Times in ns. */
struct clock {
    int64_t now;      /* latest capture time, on the core's own clock; INT64_MIN: none yet */
    int64_t set_back; /* what the capture's clock was set back by in all: see clock_of() */
    unsigned behind;  /* segments in a row that are far older than now */
};

void clock_start(struct clock *clock);
/* A capture's time on the core's clock, which never runs backwards and in which no difference
 * overflows. */
int64_t clock_of(const struct clock *clock, int64_t time);
/* Segments may come a little out of order, or without a time; the past stays past. Where the time
 * stays far behind, the clock was set back (or one time was wrong) and goes on from where it was.
 */
void clock_note(struct clock *clock, int64_t time);

#endif
