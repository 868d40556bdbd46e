/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.h - where a report goes, opened with care for the captures it is about. */
#ifndef TCPRST_ANALYZER_OUTPUT_H
#define TCPRST_ANALYZER_OUTPUT_H

#include "options.h"
#include "replace.h"

#include <stdio.h>

/* Whether path names the same file as one of the captures, which writing would destroy. */
bool output_is_capture(const char *path, const struct options *options);
/* Whether all captures are files, which can be read a second time. */
bool output_rereadable(const struct options *options);
/* A file without a name, for what belongs at the end, in $TMPDIR or /tmp. NULL with a sentence in
 * *error. */
FILE *output_temporary(char **error);
/* Where a report, or a copy, is written to. */
struct output {
    FILE *stream;            /* NULL: none */
    struct replace *replace; /* NULL: the stream is the file itself */
    const char *name;        /* NULL: standard output */
    char *buffer;            /* the stream's; NULL: its own */
};

/* The report's stream: --output or standard output. False with a sentence in *error (g_free()). */
bool output_open(struct output *output, const struct options *options, char **error);
/* Another file by that name. */
bool output_open_file(struct output *output, const char *name, char **error);
/* Everything written is out and, where it is wanted, in its place; else what was there before is
 * there still. Returns false with a sentence in *error where that went wrong. why: errno of a write
 * that has failed before, where there was one. */
bool output_close(struct output *output, int why, bool wanted, char **error);

#endif
