/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text_first.c - the first screen of the report for a terminal: what happened, who, why,
 * what next. */
#include "report_advice.h"
#include "report_baseline.h"
#include "report_string.h"
#include "report_text.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

enum {
    MAX_CAUSE_ROWS = 5, /* on the first screen */
    MAX_NEXT = 2,       /* pieces of advice there; of more causes the names */
    MAX_NAMES = 3,      /* hosts in a line */
};

/* "  Sent by   words", wrapped below the words. */
static void put_labelled(struct text *text, const char *label, const char *words)
{
    enum { LABEL = 10 };
    g_string_append(text->out, "  ");
    text_put(text, TEXT_DIM, label);
    g_string_append_printf(text->out, "%*s", (int)(LABEL - string_width(label)), "");
    text_wrapped(text, TEXT_PLAIN, 2 + LABEL, 2 + LABEL, words);
}

/* The files as named; of one that fits no line the name without its directories. */
static void put_title(struct text *text)
{
    enum { BEFORE = 9 };
    struct report *report = text->report;
    size_t first, more = words_read(report, &first);
    const char *shown = report->name_count > 0 ? report->names[first] : "";
    if (string_width(shown) + BEFORE > report->width)
        shown = words_capture(report, (uint32_t)first);
    char *name = string_safe(shown);
    GString *title = g_string_new(name);
    if (more > 0)
        g_string_append(title, words_counted(more, " and %s more file", " and %s more files"));
    text_put(text, TEXT_HEADING, "tcprst");
    g_string_append_printf(text->out, " %s ", TEXT_DOT(text));
    text_wrapped(text, TEXT_BOLD, BEFORE, BEFORE, title->str);
    g_string_free(title, TRUE);
    g_free(name);
}

static void put_measure(struct text *text)
{
    GString *line = g_string_new(NULL);
    words_measure(line, text->report, TEXT_DOT(text));
    text_wrapped(text, TEXT_DIM, 0, 0, line->str);
    g_string_free(line, TRUE);
}

static void put_place(void *data, const char *sentence)
{
    char *safe = string_safe(sentence);
    text_wrapped(data, TEXT_DIM, 0, 2, safe);
    g_free(safe);
}

/* What matters most, then how much there is. */
static void put_headline(struct text *text)
{
    enum tcprst_severity severity;
    GString *line = g_string_new(NULL);
    words_headline(line, text->report, &severity);
    if (line->len > 0) {
        char *safe = string_safe(line->str);
        text_wrapped(text, text_severity(severity), 0, 0, safe);
        g_string_append_c(text->out, '\n');
        g_free(safe);
    }
    g_string_truncate(line, 0);
    words_totals(line, text->report);
    text_wrapped(text, TEXT_BOLD, 0, 0, line->str);
    g_string_free(line, TRUE);
}

/* "certain", "likely 2, possible 1": how sure the events of a cause are; where its resets are all
 * part of another cause's events, these. */
static void add_strengths(GString *line, const struct summary_cause *cause)
{
    const uint64_t *counts = cause->events ? cause->by_strength : cause->resets_by_strength;
    unsigned kinds = 0, said = 0;
    for (unsigned s = TCPRST_STRENGTH_POSSIBLE; s <= TCPRST_STRENGTH_CERTAIN; s++)
        kinds += counts[s] > 0;
    for (unsigned s = TCPRST_STRENGTH_CERTAIN; s >= TCPRST_STRENGTH_POSSIBLE; s--) {
        if (counts[s] == 0)
            continue;
        g_string_append_printf(line, "%s%s", said++ ? _(", ") : _(" ("),
                               words_strength_word((enum tcprst_strength)s));
        if (kinds > 1)
            g_string_append_printf(line, " %" PRIu64, counts[s]);
    }
    if (said)
        g_string_append(line, _(")"));
}

/* Columns of the table of causes. */
struct cause_columns {
    size_t events, resets, cause;
};

static void put_cause_row(struct text *text, enum tcprst_cause cause,
                          const struct cause_columns *columns)
{
    const struct summary_cause *count = &text->report->summary->causes[cause];
    const struct tcprst_cause_info *info = tcprst_cause_info(cause);
    char events[NUMBER_SIZE], resets[NUMBER_SIZE];
    size_t used = columns->events + columns->resets + columns->cause + 6;
    GString *meaning = g_string_new(_(info->title));
    add_strengths(meaning, count);
    g_string_append_printf(text->out, "%*s  %*s  ", (int)columns->events,
                           string_number(events, count->events), (int)columns->resets,
                           string_number(resets, count->resets));
    text_put(text, text_severity(count->severity), info->id);
    g_string_append_printf(text->out, "%*s", (int)(columns->cause - strlen(info->id) + 2), "");
    text_wrapped(text, TEXT_PLAIN, used, used, meaning->str);
    g_string_free(meaning, TRUE);
}

static struct cause_columns measure_causes(const struct summary *summary,
                                           const enum tcprst_cause *causes, size_t count)
{
    struct cause_columns columns = {string_width(_("EVENTS")), string_width(_("RESETS")),
                                    string_width(_("CAUSE"))};
    for (size_t i = 0; i < count; i++) {
        char number[NUMBER_SIZE];
        const struct summary_cause *cause = &summary->causes[causes[i]];
        columns.events = MAX(columns.events, strlen(string_number(number, cause->events)));
        columns.resets = MAX(columns.resets, strlen(string_number(number, cause->resets)));
        columns.cause = MAX(columns.cause, strlen(tcprst_cause_id(causes[i])));
    }
    return columns;
}

/* Those that have no row, by name. */
static void put_more_causes(struct text *text, const enum tcprst_cause *causes, size_t count)
{
    const struct summary *summary = text->report->summary;
    GString *line = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        char number[NUMBER_SIZE];
        g_string_append_printf(line, "%s%s (%s)", i ? _(", ") : _("also: "),
                               tcprst_cause_id(causes[i]),
                               string_number(number, summary->causes[causes[i]].events));
    }
    g_string_append(text->out, "  ");
    text_wrapped(text, TEXT_PLAIN, 2, 4, line->str);
    g_string_free(line, TRUE);
}

static void put_causes(struct text *text)
{
    enum tcprst_cause causes[TCPRST_CAUSE_COUNT];
    size_t count = summary_causes(text->report->summary, causes);
    size_t shown = count > MAX_CAUSE_ROWS + 1 ? MAX_CAUSE_ROWS : count;
    struct cause_columns columns = measure_causes(text->report->summary, causes, shown);
    GString *header = g_string_new(NULL);
    string_right(header, _("EVENTS"), columns.events);
    g_string_append(header, "  ");
    string_right(header, _("RESETS"), columns.resets);
    g_string_append(header, "  ");
    string_left(header, _("CAUSE"), columns.cause);
    g_string_append_printf(header, "  %s", _("MEANING (HOW SURE)"));
    text_line(text, TEXT_HEADING, header->str);
    g_string_free(header, TRUE);
    for (size_t i = 0; i < shown; i++)
        put_cause_row(text, causes[i], &columns);
    if (count > shown)
        put_more_causes(text, causes + shown, count - shown);
}

static void put_hosts(struct text *text, const char *label, enum summary_role role)
{
    GPtrArray *hosts = summary_hosts(text->report->summary, role);
    GString *line = g_string_new(NULL);
    size_t shown = hosts->len > MAX_NAMES + 1 ? MAX_NAMES : hosts->len;
    for (guint i = 0; i < shown; i++) {
        g_string_append(line, i ? _(", ") : "");
        words_host(line, hosts->pdata[i]);
    }
    if (hosts->len > shown)
        g_string_append(
            line, text->report->summary->dropped_hosts[role]
                      ? words_counted(hosts->len - shown, ", over %s other", ", over %s others")
                      : words_counted(hosts->len - shown, ", %s other", ", %s others"));
    put_labelled(text, label, line->str);
    g_string_free(line, TRUE);
    g_ptr_array_unref(hosts);
}

/* A line a service: since when, how fast, by whom. */
static void put_services(struct text *text)
{
    GPtrArray *hosts = summary_hosts(text->report->summary, SUMMARY_SERVICES);
    size_t shown = hosts->len > MAX_NAMES + 1 ? MAX_NAMES : hosts->len;
    for (guint i = 0; i < shown; i++) {
        GString *line = g_string_new(NULL);
        words_service(line, text->report, hosts->pdata[i]);
        put_labelled(text, i ? "" : _("Service"), line->str);
        g_string_free(line, TRUE);
    }
    if (hosts->len > shown)
        put_labelled(text, "",
                     words_counted(hosts->len - shown, "%s other service", "%s other services"));
    g_ptr_array_unref(hosts);
}

static void add_ending(GString *line, uint64_t count, const char *how)
{
    char number[NUMBER_SIZE];
    if (count == 0)
        return;
    g_string_append(line, line->len > 0 ? _(", ") : "");
    words_fill(line, how, string_number(number, count));
}

static void put_endings(struct text *text)
{
    const struct summary *summary = text->report->summary;
    const struct summary_ending *e = summary->endings;
    const struct report *report = text->report;
    bool wanted = !report->options->frame || report->frame_found;
    if (summary->connections == 0 || !wanted)
        return;
    GString *how = g_string_new(NULL), *line = g_string_new(NULL);
    add_ending(how, e[SUMMARY_FIN].connections, _("%s by FIN"));
    add_ending(how, e[SUMMARY_RESET_AFTER_FIN].connections, _("%s by RST after FIN"));
    add_ending(how, e[SUMMARY_RESET].connections, _("%s by RST"));
    add_ending(how, e[SUMMARY_REFUSED].connections, _("%s refused"));
    add_ending(how, e[SUMMARY_OPEN].connections, _("%s with no end captured"));
    g_string_append_printf(line, _("%s: %s"),
                           words_counted(summary->connections, "%s connection", "%s connections"),
                           how->str);
    put_labelled(text, _("Ended"), line->str);
    g_string_free(how, TRUE);
    g_string_free(line, TRUE);
}

/* What may be lost, by the one definition of it. */
static void put_risk(struct text *text)
{
    if (text->report->summary->resets == 0)
        return;
    GString *line = g_string_new(NULL);
    words_risk(line, text->report->summary->risk);
    put_labelled(text, _("At risk"),
                 line->len > 0 ? line->str
                               : _("no bytes sent and not acknowledged when a reset took effect"));
    g_string_free(line, TRUE);
}

/* On a line of its own, however long, so that it can be pasted. */
static void put_command(struct text *text, const char *advice)
{
    char *command = advice_first_command(advice);
    if (command) {
        g_string_append(text->out, "    $ ");
        text_line(text, TEXT_BOLD, command);
    }
    g_free(command);
}

/* What is different from the report that was named. */
static void put_changes(struct text *text)
{
    enum { SHOWN = 8 };
    const GArray *changes = text->report->changes;
    if (!changes)
        return;
    g_string_append_c(text->out, '\n');
    text_line(text, TEXT_HEADING, _("SINCE THE BASELINE"));
    if (changes->len == 0)
        text_line(text, TEXT_PLAIN,
                  _("  nothing new or gone, nothing more or fewer than chance gives"));
    for (guint i = 0; i < changes->len && i < SHOWN; i++) {
        GString *line = g_string_new(NULL);
        change_words(line, &g_array_index(changes, struct change, i));
        char *safe = string_safe(line->str);
        g_string_append(text->out, "  ");
        text_wrapped(text, TEXT_PLAIN, 2, 4, safe);
        g_free(safe);
        g_string_free(line, TRUE);
    }
    if (changes->len > SHOWN)
        text_line(text, TEXT_PLAIN,
                  words_counted(changes->len - SHOWN, "  and %s other change (-f json lists them)",
                                "  and %s other changes (-f json lists them)"));
}

/* The whole advice for the causes that matter most; of the others the names. */
static void put_next(struct text *text)
{
    GPtrArray *classes = summary_groups(text->report->summary, 1);
    bool said[TCPRST_CAUSE_COUNT] = {false};
    unsigned count = 0;
    GString *others = g_string_new(NULL);
    g_string_append_c(text->out, '\n');
    text_line(text, TEXT_HEADING, _("WHAT TO CHECK NEXT"));
    for (guint i = 0; i < classes->len; i++) {
        const struct summary_group *group = classes->pdata[i];
        const char *id = tcprst_cause_id(group->first.cause);
        if (said[group->first.cause])
            continue;
        said[group->first.cause] = true;
        if (count++ >= MAX_NEXT) {
            g_string_append_printf(others, "%s%s", others->len ? ", " : "", id);
            continue;
        }
        char *advice = advice_words(text->report, group), *safe = string_safe(advice);
        g_string_append(text->out, "  ");
        text_put(text, text_severity(group->severity), id);
        g_string_append(text->out, _(": "));
        text_wrapped(text, TEXT_PLAIN, 2 + strlen(id) + string_width(_(": ")), 4, safe);
        put_command(text, safe);
        g_free(safe);
        g_free(advice);
    }
    char *more =
        others->len > 0
            ? g_strdup_printf(
                  _("for the others (%s): tcprst --explain CAUSE; --explain words: what "
                    "words mean; --why: all evidence"),
                  others->str)
            : g_strdup(_("tcprst --explain CAUSE or --explain words says more; --why shows all "
                         "evidence"));
    g_string_append(text->out, "  ");
    text_wrapped(text, TEXT_DIM, 2, 4, more);
    g_free(more);
    g_string_free(others, TRUE);
    g_ptr_array_unref(classes);
}

void text_first_screen(struct text *text)
{
    const struct summary *summary = text->report->summary;
    put_title(text);
    put_measure(text);
    words_places(text->report, put_place, text);
    g_string_append_c(text->out, '\n');
    put_headline(text);
    if (summary->resets > 0) {
        g_string_append_c(text->out, '\n');
        put_causes(text);
        g_string_append_c(text->out, '\n');
        put_hosts(text, _("Sent by"), SUMMARY_SENDERS);
        put_hosts(text, _("To"), SUMMARY_RECEIVERS);
        put_services(text);
    }
    put_endings(text);
    put_risk(text);
    put_changes(text);
    if (summary->events > 0)
        put_next(text);
}
