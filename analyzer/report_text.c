/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text.c - see report_text.h. */
#include "report_text.h"

#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <string.h>

enum {
    GROUPS_OF_A_CAUSE = 8, /* before they are folded */
    MAX_GROUPS = 60,       /* events listed; more are counted */
};

static const char *style_code(const struct text *text, enum text_style style)
{
    static const char *const codes[TEXT_STYLES] = {
        "\033[0m", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[1;31m", "\033[1;36m"};
    return text->report->color ? codes[style] : "";
}

const char *text_glyph(const struct text *text, const char *utf8, const char *ascii)
{
    return text->report->utf8 ? utf8 : ascii;
}

enum text_style text_severity(enum tcprst_severity severity)
{
    static const enum text_style styles[] = {TEXT_BENIGN, TEXT_NOTABLE, TEXT_SUSPICIOUS};
    return styles[severity];
}

void text_put(struct text *text, enum text_style style, const char *words)
{
    if (style == TEXT_PLAIN) {
        g_string_append(text->out, words);
        return;
    }
    g_string_append(text->out, style_code(text, style));
    g_string_append(text->out, words);
    g_string_append(text->out, style_code(text, TEXT_PLAIN));
}

void text_line(struct text *text, enum text_style style, const char *words)
{
    text_put(text, style, words);
    g_string_append_c(text->out, '\n');
}

void text_wrapped(struct text *text, enum text_style style, size_t column, size_t indent,
                  const char *words)
{
    struct string_wrap wrap = {.column = column,
                               .indent = indent,
                               .width = text->report->width,
                               .before = style == TEXT_PLAIN ? "" : style_code(text, style),
                               .after = style == TEXT_PLAIN ? "" : style_code(text, TEXT_PLAIN)};
    string_wrap(text->out, words, &wrap);
}

static void put_events(struct text *text, GPtrArray *groups)
{
    const struct summary *summary = text->report->summary;
    uint64_t rest = 0;
    if (groups->len == 0)
        return;
    g_string_append_c(text->out, '\n');
    text_line(text, TEXT_HEADING,
              groups->len < summary->events ? _("EVENTS (similar ones grouped; first one shown)")
                                            : _("EVENTS"));
    for (guint i = 0; i < groups->len; i++) {
        const struct summary_group *group = groups->pdata[i];
        if (i >= MAX_GROUPS) {
            rest += group->events;
            continue;
        }
        g_string_append_c(text->out, '\n');
        text_event(text, group);
    }
    if (rest > 0)
        g_string_append_printf(
            text->out, "\n%s\n",
            words_counted(rest, "%s event is left out here (-f ndjson lists every one).",
                          "%s events are left out here (-f ndjson lists every one)."));
}

/* What holds of every verdict is said once. */
static void put_foot(struct text *text)
{
    if (text->report->summary->events == 0)
        return;
    const char *foot = words_foot(text->report);
    if (!foot)
        return;
    g_string_append_c(text->out, '\n');
    text_wrapped(text, TEXT_DIM, 0, 0, foot);
}

/* ---- What the reader must know about the capture ---- */

static void put_remark(void *data, const char *remark)
{
    struct text *text = data;
    char *safe = string_safe(remark);
    g_string_append_printf(text->out, "%s ", text_glyph(text, "▲", "!"));
    text_wrapped(text, TEXT_NOTABLE, 2, 2, safe);
    g_free(safe);
}

static void put_remarks(struct text *text)
{
    size_t before = text->out->len;
    g_string_append_c(text->out, '\n');
    size_t start = text->out->len;
    words_remarks(text->report, put_remark, text);
    if (text->out->len == start)
        g_string_truncate(text->out, before);
}

/* Of our own words only the unit is not ASCII. */
static void in_ascii(GString *out)
{
    char **parts = g_strsplit(out->str, "µ", -1), *joined = g_strjoinv("u", parts);
    g_string_assign(out, joined);
    g_free(joined);
    g_strfreev(parts);
}

static void close_report(struct report *report)
{
    if (report->nothing)
        return;
    struct text text = {report, g_string_sized_new(16384)};
    GPtrArray *groups = summary_groups(report->summary, GROUPS_OF_A_CAUSE);
    text_first_screen(&text);
    put_events(&text, groups);
    put_foot(&text);
    put_remarks(&text);
    if (!report->utf8)
        in_ascii(text.out);
    fwrite(text.out->str, 1, text.out->len, report->out);
    g_string_free(text.out, TRUE);
    g_ptr_array_unref(groups);
}

const struct report_format report_text = {
    .close = close_report, .summarises = true, .local_time = true};
