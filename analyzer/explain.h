/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.h - the cause table and the words of a report for people: --list-causes and --explain. */
#ifndef TCPRST_ANALYZER_EXPLAIN_H
#define TCPRST_ANALYZER_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

void explain_list(FILE *out, bool color, unsigned width);
/* A cause, a group or a word of a report, in that order, or all that goes by that name; "words":
 * all words. Returns false where there is nothing of that name. */
bool explain_name(FILE *out, const char *name, bool color, unsigned width);
/* The same as JSON: an array of causes, or of those of one id, which may be a group's. */
void explain_list_json(FILE *out);
bool explain_cause_json(FILE *out, const char *id);

#endif
