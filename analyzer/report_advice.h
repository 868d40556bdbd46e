/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_advice.h - what to check next, with what the capture shows in the place of what it says in
 * general: addresses, ports, times, the file. */
#ifndef TCPRST_ANALYZER_REPORT_ADVICE_H
#define TCPRST_ANALYZER_REPORT_ADVICE_H

#include "report.h"
#include "summary.h"

/* What to check next for that cause, and where else to look for what the first verdict of the group
 * leaves open; placeholders filled from that (g_free()). */
char *advice_words(const struct report *report, const struct summary_group *group);
/* The first command in prose, without its marks (g_free()); NULL where there is none. */
char *advice_first_command(const char *prose);

#endif
