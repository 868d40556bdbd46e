/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.h - the cause table for people: --list-causes and --explain. */
#ifndef TCPRST_ANALYZER_EXPLAIN_H
#define TCPRST_ANALYZER_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

void explain_list(FILE *out, bool color, unsigned width);
/* Returns false where there is no cause or group of that id. */
bool explain_cause(FILE *out, const char *id, bool color, unsigned width);
/* The same as JSON: an array of causes, or of those of one id, which may be a group's. */
void explain_list_json(FILE *out);
bool explain_cause_json(FILE *out, const char *id);

#endif
