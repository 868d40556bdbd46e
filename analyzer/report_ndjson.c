/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_ndjson.c - one JSON object a reset and line, written when the verdict is final. */
#include "report_json.h"

static void open_report(struct report *report)
{
    report->state = g_string_sized_new(4096);
}

static void write_reset(struct report *report, const struct report_reset *reset)
{
    GString *line = report->state;
    g_string_truncate(line, 0);
    json_reset(line, report, reset);
    g_string_append_c(line, '\n');
    fwrite(line->str, 1, line->len, report->out);
}

static void close_report(struct report *report)
{
    g_string_free(report->state, TRUE);
}

const struct report_format report_ndjson = {
    .open = open_report, .reset = write_reset, .close = close_report};
