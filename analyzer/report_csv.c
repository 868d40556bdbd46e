/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_csv.c - one row a reset with the scalar columns, header first, by RFC 4180. */
#include "report.h"

#include "report_string.h"

#include <inttypes.h>
#include <string.h>

static void text(GString *line, const char *value, bool as_it_is)
{
    if (line->len > 0)
        g_string_append_c(line, ',');
    else if (value && !*value)
        g_string_append(line, "\"\"");
    if (value && as_it_is)
        g_string_append(line, value);
    else if (value)
        string_csv(line, value);
}

/* An empty field for numbers below least. */
static void number(GString *line, int64_t value, int64_t least)
{
    g_string_append_c(line, ',');
    if (value >= least)
        g_string_append_printf(line, "%" PRId64, value);
}

static void other_capture(GString *line, const struct report *report,
                          const struct tcprst_frame *value, uint32_t own)
{
    bool other = value->number > 0 && value->capture != own && value->capture < report->name_count;
    text(line, other ? report->names[value->capture] : NULL, false);
}

static void seconds(GString *line, int64_t nanoseconds)
{
    g_string_append_c(line, ',');
    if (nanoseconds >= 0)
        g_string_append_printf(line, "%" PRId64 ".%09" PRId64, nanoseconds / 1000000000,
                               nanoseconds % 1000000000);
}

/* A number may begin with a minus sign, which any other text may not. */
#define CSV_TEXT(member, of, absent) text(line, reset->member, strcmp(#of, "epoch") == 0);
#define CSV_NUMBER(member, of, absent) number(line, (int64_t)v->member, 0);
#define CSV_WORD(member, of, absent)                                                               \
    text(line, (absent) && !v->member ? NULL : tcprst_##of##_id(v->member), false);
#define CSV_FLAG(member, of, absent) text(line, v->member ? "true" : "false", false);
#define CSV_COUNT(member, of, absent) number(line, v->member, 0);
#define CSV_SECONDS(member, of, absent) seconds(line, v->member);
#define CSV_FRAME(member, of, absent) number(line, (int64_t)v->member.number, 1);
#define CSV_CAPTURE(member, of, absent) other_capture(line, report, &v->member, v->frame.capture);
#define CSV_LIST(member, of, absent)

static void write_reset(struct report *report, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = reset->verdict;
    GString *line = report->state;
    g_string_truncate(line, 0);
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    CSV_##KIND(member, of, absent)
#include "tcprst/verdict.def"
    g_string_append(line, "\r\n");
    fwrite(line->str, 1, line->len, report->out);
}

static void open_report(struct report *report)
{
    static const struct {
        const char *kind, *key;
    } columns[] = {
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence) {#KIND, key},
#include "tcprst/verdict.def"
    };
    GString *line = g_string_sized_new(1024);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        if (strcmp(columns[i].kind, "LIST") != 0)
            g_string_append_printf(line, "%s%s", line->len > 0 ? "," : "", columns[i].key);
    g_string_append(line, "\r\n");
    g_strdelimit(line->str, ".", '_');
    fputs(line->str, report->out);
    report->state = line;
}

static void close_report(struct report *report)
{
    g_string_free(report->state, TRUE);
}

const struct report_format report_csv = {
    .open = open_report, .reset = write_reset, .close = close_report};
