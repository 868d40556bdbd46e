/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.h - where a report goes, opened with care for the captures it is about. */
#ifndef TCPRST_ANALYZER_OUTPUT_H
#define TCPRST_ANALYZER_OUTPUT_H

#include "options.h"

#include <stdio.h>

/* Whether path names the same file as one of the captures, which writing would destroy. */
bool output_is_capture(const char *path, const struct options *options);
/* Whether all captures are files, which can be read a second time. */
bool output_rereadable(const struct options *options);
/* A file without a name, for what belongs at the end, in $TMPDIR or /tmp. NULL with a sentence in
 * *error. */
FILE *output_temporary(char **error);
/* The report's stream: --output or standard output. NULL with a sentence in *error (g_free()). */
FILE *output_open(const struct options *options, char **error);
/* Everything written is out. Returns false with a sentence in *error where it is not. why: errno of
 * a write that has failed before, where there was one. */
bool output_close(FILE *out, const struct options *options, int why, char **error);

#endif
