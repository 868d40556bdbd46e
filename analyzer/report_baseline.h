/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_baseline.h - what is new, gone, more or fewer since another report: events by service,
 * cause and sender, as rates.
 */
#ifndef TCPRST_ANALYZER_REPORT_BASELINE_H
#define TCPRST_ANALYZER_REPORT_BASELINE_H

#include "summary_incidents.h"

/* Another report, of --format=json. */
struct baseline {
    struct incidents *incidents;
    double seconds; /* that its captures took */
};

/* NULL with one sentence in *error (g_free()) where the file cannot be read, or is no such report.
 */
struct baseline *baseline_read(const char *path, char **error);
void baseline_free(struct baseline *baseline);

enum change_kind { CHANGE_NEW, CHANGE_MORE, CHANGE_FEWER, CHANGE_GONE, CHANGE_KINDS };

struct change {
    enum change_kind kind;
    struct incident now; /* its numbers are 0 where it is gone */
    uint64_t events_before;
    double per_hour, per_hour_before;
};

/* "new", "more", "fewer", "gone". */
const char *change_id(enum change_kind kind);
/* What changed, new first: an array of struct change (g_array_unref()). seconds: that these
 * captures took. What only varies as chance does is no change. */
GArray *baseline_compare(const struct baseline *baseline, const struct incidents *now,
                         double seconds);
/* "new: 192.0.2.1:443 closed-port by the server: 12 events (before: 0)". */
void change_words(GString *out, const struct change *change);

#endif
