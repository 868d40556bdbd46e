/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.c - see clock.h. */
#include "clock.h"

#include "limits.h"

void clock_start(struct clock *clock)
{
    *clock = (struct clock){.now = INT64_MIN};
}

int64_t clock_of(const struct clock *clock, int64_t time)
{
    if (time < TIME_MIN)
        time = TIME_MIN;
    return time > TIME_MAX - clock->set_back ? TIME_MAX : time + clock->set_back;
}

void clock_note(struct clock *clock, int64_t time)
{
    if (time == TCPRST_TIME_UNKNOWN) {
        if (clock->now == INT64_MIN)
            clock->now = 0;
        return;
    }
    time = clock_of(clock, time);
    if (time >= clock->now || clock->now - time <= CLOCK_BEHIND) {
        clock->behind = 0;
    } else if (++clock->behind == CLOCK_SET_BACK) {
        clock->set_back += clock->now - time;
        clock->behind = 0;
    }
    if (time > clock->now)
        clock->now = time;
}
