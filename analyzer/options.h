/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - the command line as the rest of the analyzer sees it. */
#ifndef TCPRST_ANALYZER_OPTIONS_H
#define TCPRST_ANALYZER_OPTIONS_H

#include "tcprst.h"

#include <glib.h>

enum option_format {
    FORMAT_TEXT,
    FORMAT_NDJSON,
    FORMAT_JSON,
    FORMAT_CSV,
    FORMAT_HTML,
    FORMAT_MARKDOWN,
    FORMAT_JSONL, /* on the command line; then FORMAT_NDJSON */
};
enum option_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What the command line asks for instead of a report. */
enum option_action {
    ACTION_REPORT,
    ACTION_KEYS,
    ACTION_EXTRACT,
    ACTION_LIST_CAUSES,
    ACTION_EXPLAIN,
    ACTION_VERSION
};

/* Which causes and severities a list of ids names. */
struct option_ids {
    bool given;
    bool cause[TCPRST_CAUSE_COUNT];
    bool severity[3]; /* enum tcprst_severity */
    bool fresh;       /* "new": what the baseline does not have */
};

struct options {
    enum option_action action;
    enum option_format format;
    char *output;              /* NULL: standard output */
    char *annotate;            /* NULL: not wanted */
    char *filter;              /* NULL: none */
    char *baseline;            /* NULL: none */
    char *kernel_trace;        /* NULL: none */
    char *extract;             /* the file of keys; NULL: not wanted */
    struct option_ids causes;  /* -c */
    struct option_ids fail_on; /* --fail-on */
    enum tcprst_strength min_strength;
    size_t max_connections; /* 0: the core's default */
    enum option_color color;
    uint64_t frame;            /* only the resets of this frame; 0: of all */
    struct option_ids why_not; /* one cause or group, whose ledger is wanted */
    char *why_not_id;          /* as written; NULL: none */
    bool separate, why, connections, redact, quiet, no_progress, verbose, no_sandbox;
    bool sandbox_required;
    char *explain;   /* the id as written */
    char **captures; /* as written, NULL-terminated */
    size_t capture_count;
};

/* What --lang says, NULL where it is not given: to be known before anything else is said. */
const char *options_language(int argc, char **argv);
/* Takes argv apart. Returns false with one sentence for the user in *error (g_free()). --help
 * prints and ends the process. */
bool options_parse(struct options *options, int argc, char **argv, char **error);
void options_clear(struct options *options);

/* Whether the reset is of a cause or severity that ids names. */
bool option_ids_match(const struct option_ids *ids, const struct tcprst_verdict *verdict);

#endif
