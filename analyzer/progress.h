/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.h - one line on standard error that says how far the reading is, where a person watches.
 */
#ifndef TCPRST_ANALYZER_PROGRESS_H
#define TCPRST_ANALYZER_PROGRESS_H

#include "input.h"

#include <glib.h>

struct progress {
    bool shown;         /* wanted, and standard error is a terminal */
    bool drawn;         /* something stands there */
    gint64 start, next; /* monotonic microseconds */
    unsigned calls;
};

void progress_start(struct progress *progress, bool wanted);
/* Cheap: looks at the clock once in a while and draws five times a second. segments: handled so
 * far. */
void progress_update(struct progress *progress, const struct input *input, uint64_t segments);
/* Wipes the line, before something else is written or at the end. */
void progress_clear(struct progress *progress);

#endif
