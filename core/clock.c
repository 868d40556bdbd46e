/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.c - see clock.h. */
#include "clock.h"

#include "thresholds.h"

void clock_start(struct clock *clock)
{
    *clock = (struct clock){.now = INT64_MIN, .reached = INT64_MIN};
}

/* A capture's time on the core's clock, which never runs backwards and in which no difference
 * overflows. */
static int64_t clock_of(const struct clock *clock, int64_t time)
{
    if (time < TIME_MIN)
        time = TIME_MIN;
    return time > TIME_MAX - clock->set_back ? TIME_MAX : time + clock->set_back;
}

/* Far older than the one before: another clock's, or the clock was set back. */
static void note_behind(struct clock *clock, int64_t time)
{
    int64_t step = time - clock->behind_time;
    bool goes_on = clock->behind > 0 && step > 0 && step <= CLOCK_STEP;
    if (goes_on && clock->now <= TIME_MAX - step)
        clock->now += step;
    clock->behind_time = time;
    if (++clock->behind < CLOCK_SET_BACK)
        return;
    clock->set_back += clock->now - time;
    clock->behind = 0;
}

void clock_note(struct clock *clock, int64_t time)
{
    if (time == TCPRST_TIME_UNKNOWN) {
        if (clock->now == INT64_MIN)
            clock->now = 0;
    } else {
        time = clock_of(clock, time);
        if (time < clock->now && clock->now - time > CLOCK_BEHIND) {
            note_behind(clock, time);
        } else {
            clock->behind = 0;
            if (time > clock->now)
                clock->now = time;
        }
    }
    clock->reached = clock->now;
}

void clock_wait(struct clock *clock, int64_t elapsed)
{
    if (clock->now == INT64_MIN || elapsed <= 0)
        return;
    int64_t reached = elapsed > TIME_MAX - clock->now ? TIME_MAX : clock->now + elapsed;
    if (reached > clock->reached)
        clock->reached = reached;
}

void clock_reach(struct clock *clock, int64_t time)
{
    if (time == TCPRST_TIME_UNKNOWN || clock->now == INT64_MIN)
        return;
    time = clock_of(clock, time);
    if (time > clock->reached)
        clock->reached = time;
}
