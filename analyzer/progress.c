/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.c - share read, rate and time left, redrawn in place on a terminal. */
#include "progress.h"

#include "report_string.h"
#include "translate.h"

#include <stdio.h>
#include <unistd.h>

enum { CALLS_A_LOOK = 16, DRAW_EVERY_US = 200000, QUIET_FIRST_US = 500000 };

void progress_start(struct progress *progress, bool wanted)
{
    progress->shown = wanted && isatty(STDERR_FILENO);
    progress->drawn = false;
    progress->calls = 0;
    progress->start = g_get_monotonic_time();
    progress->next = progress->start + QUIET_FIRST_US;
}

static void draw(const struct input *input, uint64_t segments, double seconds)
{
    uint64_t read, total;
    char number[NUMBER_SIZE], left[DURATION_SIZE], size[NUMBER_SIZE];
    input_progress(input, &read, &total);
    fprintf(stderr, "\r\033[K%s MB", string_number(size, read / 1000000));
    if (total > 0 && read <= total)
        fprintf(stderr, _(" of %s MB (%.0f %%)"), string_number(size, total / 1000000),
                100.0 * (double)read / (double)total);
    fprintf(stderr, _(", %s TCP segments/s"),
            string_number(number, (uint64_t)((double)segments / seconds)));
    if (total > read && read > 0) {
        double rest = seconds * (double)(total - read) / (double)read;
        fprintf(stderr, _(", %s left"), string_duration(left, ((int64_t)rest + 1) * 1000000000));
    }
    fflush(stderr);
}

void progress_update(struct progress *progress, const struct input *input, uint64_t segments)
{
    if (!progress->shown || progress->calls++ % CALLS_A_LOOK != 0)
        return;
    gint64 now = g_get_monotonic_time();
    if (now < progress->next)
        return;
    progress->next = now + DRAW_EVERY_US;
    progress->drawn = true;
    draw(input, segments, (double)(now - progress->start) / 1e6);
}

void progress_clear(struct progress *progress)
{
    if (!progress->drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->drawn = false;
}
