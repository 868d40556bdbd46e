/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_why.h - why a verdict is what it is, as --why and --why-not tell it in the text report.
 *
 * why_ask() takes from the core, during on_verdict, what was asked for; the summary keeps it with
 * each group; the others say it.
 */
#ifndef TCPRST_ANALYZER_REPORT_WHY_H
#define TCPRST_ANALYZER_REPORT_WHY_H

#include "summary.h"

/* What --why and --why-not want of that verdict: valid until it is asked again. */
struct report_why why_ask(struct tcprst *core, const struct options *options,
                          const struct tcprst_verdict *verdict);

/* What every cause would cost, and in which way it would have come about; those ruled out last. */
void why_put_findings(GString *out, const struct report *report, const struct summary_group *group);
/* The ledger of what --why-not asks for: what it costs beside the verdict, line by line; the lines
 * that count add up to that. */
void why_put_ledger(GString *out, const struct report *report, const struct summary_group *group);

#endif
