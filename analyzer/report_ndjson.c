/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_ndjson.c - one JSON object a reset and line, written when the verdict is final. */
#include "report_json.h"

static void write_reset(struct report *report, const struct report_reset *reset)
{
    const GString *line = g_string_append_c(json_reset(report, reset), '\n');
    fwrite(line->str, 1, line->len, report->out);
}

const struct report_format report_ndjson = {.reset = write_reset};
