/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text.c - the report for people at a terminal: what happened, who, why, what next; then
 * each event. */
#include "report_advice.h"
#include "report_baseline.h"
#include "report_string.h"
#include "report_why.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

enum {
    MAX_CAUSE_ROWS = 5,    /* on the first screen */
    MAX_NEXT = 2,          /* pieces of advice there; of more causes the names */
    MAX_NAMES = 3,         /* hosts in a line */
    MAX_ALTERNATIVES = 3,  /* without --why */
    GROUPS_OF_A_CAUSE = 8, /* before they are folded */
    MAX_GROUPS = 60,       /* events listed; more are counted */
    EVIDENCE_LINES = 4,    /* without --why */
};

enum style { PLAIN, BOLD, DIM, BENIGN, NOTABLE, SUSPICIOUS, HEADING, STYLES };

struct text {
    struct report *report;
    GString *out;
};

static const char *style_code(const struct text *text, enum style style)
{
    static const char *const codes[STYLES] = {"\033[0m",  "\033[1m",    "\033[2m",   "\033[32m",
                                              "\033[33m", "\033[1;31m", "\033[1;36m"};
    return text->report->color ? codes[style] : "";
}

static const char *glyph(const struct text *text, const char *utf8, const char *ascii)
{
    return text->report->utf8 ? utf8 : ascii;
}

#define ARROW(text) glyph(text, "→", "->")
#define DOT(text) glyph(text, "·", "|")

static enum style severity_style(enum tcprst_severity severity)
{
    static const enum style styles[] = {BENIGN, NOTABLE, SUSPICIOUS};
    return styles[severity];
}

static void put(struct text *text, enum style style, const char *words)
{
    if (style == PLAIN) {
        g_string_append(text->out, words);
        return;
    }
    g_string_append(text->out, style_code(text, style));
    g_string_append(text->out, words);
    g_string_append(text->out, style_code(text, PLAIN));
}

static void put_line(struct text *text, enum style style, const char *words)
{
    put(text, style, words);
    g_string_append_c(text->out, '\n');
}

/* Puts words with line breaks; the first line starts at column, later ones at indent. */
static void put_wrapped(struct text *text, enum style style, size_t column, size_t indent,
                        const char *words)
{
    struct string_wrap wrap = {.column = column,
                               .indent = indent,
                               .width = text->report->width,
                               .before = style == PLAIN ? "" : style_code(text, style),
                               .after = style == PLAIN ? "" : style_code(text, PLAIN)};
    string_wrap(text->out, words, &wrap);
}

/* "  Sent by   words", wrapped below the words. */
static void put_labelled(struct text *text, const char *label, const char *words)
{
    enum { LABEL = 10 };
    g_string_append(text->out, "  ");
    put(text, DIM, label);
    g_string_append_printf(text->out, "%*s", (int)(LABEL - string_width(label)), "");
    put_wrapped(text, PLAIN, 2 + LABEL, 2 + LABEL, words);
}

static char *terminal_safe(const char *words)
{
    GString *out = g_string_new(NULL);
    string_terminal(out, words);
    return g_string_free(out, FALSE);
}

/* ---- The first screen ---- */

/* The files as named; of one that fits no line the name without its directories. */
static void put_title(struct text *text)
{
    enum { BEFORE = 9 };
    struct report *report = text->report;
    size_t first, more = words_read(report, &first);
    const char *shown = report->name_count > 0 ? report->names[first] : "";
    if (string_width(shown) + BEFORE > report->width)
        shown = words_capture(report, (uint32_t)first);
    char *name = terminal_safe(shown);
    GString *title = g_string_new(name);
    if (more > 0)
        g_string_append(title, words_counted(more, " and %s more file", " and %s more files"));
    put(text, HEADING, "tcprst");
    g_string_append_printf(text->out, " %s ", DOT(text));
    put_wrapped(text, BOLD, BEFORE, BEFORE, title->str);
    g_string_free(title, TRUE);
    g_free(name);
}

static void put_measure(struct text *text)
{
    GString *line = g_string_new(NULL);
    words_measure(line, text->report, DOT(text));
    put_wrapped(text, DIM, 0, 0, line->str);
    g_string_free(line, TRUE);
}

static void put_place(void *data, const char *sentence)
{
    char *safe = terminal_safe(sentence);
    put_wrapped(data, DIM, 0, 2, safe);
    g_free(safe);
}

/* What matters most, then how much there is. */
static void put_headline(struct text *text)
{
    enum tcprst_severity severity;
    GString *line = g_string_new(NULL);
    words_headline(line, text->report, &severity);
    if (line->len > 0) {
        char *safe = terminal_safe(line->str);
        put_wrapped(text, severity_style(severity), 0, 0, safe);
        g_string_append_c(text->out, '\n');
        g_free(safe);
    }
    g_string_truncate(line, 0);
    words_totals(line, text->report);
    put_wrapped(text, BOLD, 0, 0, line->str);
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
    put(text, severity_style(count->severity), info->id);
    g_string_append_printf(text->out, "%*s", (int)(columns->cause - strlen(info->id) + 2), "");
    put_wrapped(text, PLAIN, used, used, meaning->str);
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
    put_wrapped(text, PLAIN, 2, 4, line->str);
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
    put_line(text, HEADING, header->str);
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
        put_line(text, BOLD, command);
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
    put_line(text, HEADING, _("SINCE THE BASELINE"));
    if (changes->len == 0)
        put_line(text, PLAIN, _("  nothing new or gone, nothing more or fewer than chance gives"));
    for (guint i = 0; i < changes->len && i < SHOWN; i++) {
        GString *line = g_string_new(NULL);
        change_words(line, &g_array_index(changes, struct change, i));
        char *safe = terminal_safe(line->str);
        g_string_append(text->out, "  ");
        put_wrapped(text, PLAIN, 2, 4, safe);
        g_free(safe);
        g_string_free(line, TRUE);
    }
    if (changes->len > SHOWN)
        put_line(text, PLAIN,
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
    put_line(text, HEADING, _("WHAT TO CHECK NEXT"));
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
        char *advice = advice_words(text->report, group), *safe = terminal_safe(advice);
        g_string_append(text->out, "  ");
        put(text, severity_style(group->severity), id);
        g_string_append(text->out, _(": "));
        put_wrapped(text, PLAIN, 2 + strlen(id) + string_width(_(": ")), 4, safe);
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
    put_wrapped(text, DIM, 2, 4, more);
    g_free(more);
    g_string_free(others, TRUE);
    g_ptr_array_unref(classes);
}

static void put_first_screen(struct text *text)
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

/* ---- Each event ---- */

/* "4412"; "4412 of ring2.pcap" where that is another file than own. */
static void add_frame(GString *out, const struct report *report, const struct tcprst_frame *frame,
                      uint32_t own)
{
    g_string_append_printf(out, "%" PRIu64, frame->number);
    if (frame->capture == own || frame->capture >= report->name_count)
        return;
    g_string_append(out, " of ");
    string_terminal(out, words_capture(report, frame->capture));
}

/* "* cause  strength . severity", and the counts at the right margin. */
static void put_group_head(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    GString *left = g_string_new("  "), *right = g_string_new(NULL);
    words_strength(left, v);
    g_string_append_printf(left, " %s %s", DOT(text), words_severity_word(group->severity));
    if (group->events > 1 || group->resets > 1)
        g_string_append_printf(
            right, "%s%s%s",
            group->events > 1 ? words_counted(group->events, "%s event", "%s events") : "",
            group->events > 1 && group->resets != group->events ? _(", ") : "",
            group->resets != group->events ? words_counted(group->resets, "%s reset", "%s resets")
                                           : "");
    size_t used =
        2 + strlen(tcprst_cause_id(v->cause)) + string_width(left->str) + string_width(right->str);
    put(text, severity_style(group->severity), glyph(text, "●", "*"));
    g_string_append_c(text->out, ' ');
    put(text, BOLD, tcprst_cause_id(v->cause));
    put(text, DIM, left->str);
    if (right->len > 0)
        g_string_append_printf(text->out, "%*s",
                               used < text->report->width ? (int)(text->report->width - used) : 2,
                               "");
    put_line(text, right->len > 0 ? BOLD : PLAIN, right->str);
    g_string_free(left, TRUE);
    g_string_free(right, TRUE);
}

static void add_service_ports(GString *out, const struct summary_group *group)
{
    for (size_t i = 0; i < group->port_count; i++)
        g_string_append_printf(out, "%s%u", i ? _(", ") : " ", group->ports[i]);
    if (group->more_ports)
        g_string_append(out, _(" and others"));
}

/* "frame 17, triggered by frame 15", "frames 17 to 25"; of several files each names its own, of one
 * and the same file once, behind the last. */
static void add_frames(GString *out, const struct report *report, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    GString *first = g_string_new(NULL), *other = g_string_new(NULL);
    uint32_t unsaid = report->name_count > 1 ? UINT32_MAX : v->frame.capture;
    bool behind = group->resets > 1 && group->last_frame.capture == v->frame.capture;
    add_frame(first, report, &v->frame, behind ? v->frame.capture : unsaid);
    add_frame(other, report, &group->last_frame, unsaid);
    if (group->resets > 1)
        g_string_append_printf(out,
                               group->resets > 2 ? _("frames %s to %s") : _("frames %s and %s"),
                               first->str, other->str);
    else
        g_string_append_printf(out, _("frame %s"), first->str);
    if (group->events == 1 && v->trigger.number > 0) {
        g_string_truncate(other, 0);
        add_frame(other, report, &v->trigger, v->frame.capture);
        g_string_append_printf(out, _(", triggered by frame %s"), other->str);
    }
    g_string_free(first, TRUE);
    g_string_free(other, TRUE);
}

static void put_group_where(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    GString *line = g_string_new(NULL), *frames = g_string_new(NULL);
    words_side(frames, group, true);
    words_in_name(line, v->origin == TCPRST_ORIGIN_THIRD_PARTY, frames->str);
    g_string_truncate(frames, 0);
    if (v->sender != TCPRST_SENDER_UNKNOWN && !group->mixed)
        g_string_append_printf(line, _(" (%s)"),
                               translate_word("sender", tcprst_sender_id(v->sender)));
    g_string_append_printf(line, " %s ", ARROW(text));
    words_side(line, group, false);
    if (group->port_count > 1) {
        g_string_append(line, _(", ports"));
        add_service_ports(line, group);
    }
    add_frames(frames, text->report, group);
    size_t width = 2 + string_width(line->str);
    g_string_append(text->out, "  ");
    if (width + 2 + string_width(frames->str) <= text->report->width) {
        g_string_append_printf(line, "  %s", frames->str);
        put_wrapped(text, PLAIN, 2, 4, line->str);
    } else {
        put_wrapped(text, PLAIN, 2, 4, line->str);
        g_string_append(text->out, "  ");
        put_wrapped(text, PLAIN, 2, 4, frames->str);
    }
    g_string_free(frames, TRUE);
    g_string_free(line, TRUE);
}

static void put_group_when(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    char from[40], to[40], a[DURATION_SIZE], b[DURATION_SIZE];
    GString *line = g_string_new(NULL);
    report_local_time(text->report, from, v->time,
                      report_digits(text->report, v->frame.capture, v->time));
    if (*from) {
        g_string_append(line, from);
        report_local_time(text->report, to, group->last_time,
                          report_digits(text->report, v->frame.capture, group->last_time));
        if (group->resets > 1 && *to)
            g_string_append_printf(line, _(" to %s"), memcmp(from, to, 10) == 0 ? to + 11 : to);
        g_string_append_printf(line, " %s ", DOT(text));
    }
    g_string_append_printf(line, _("connection: %s %s numbers: %s"), words_stage(v->stage),
                           DOT(text),
                           translate_word("acceptance", tcprst_acceptance_id(v->acceptance)));
    if (v->effect != TCPRST_EFFECT_UNKNOWN)
        g_string_append_printf(line, _(" %s effect: %s"), DOT(text), words_effect_word(v->effect));
    GString *sent_by = g_string_new(NULL);
    words_sent_by(sent_by, group);
    g_string_append_printf(line, _(" %s sent by: %s"), DOT(text), sent_by->str);
    g_string_free(sent_by, TRUE);
    if (group->idle_min >= 1000000000) {
        string_duration(a, group->idle_min);
        string_duration(b, group->idle_max);
        if (strcmp(a, b) == 0)
            g_string_append_printf(line, _(" %s idle %s"), DOT(text), a);
        else
            g_string_append_printf(line, _(" %s idle %s to %s"), DOT(text), a, b);
    }
    g_string_append(text->out, "  ");
    put_wrapped(text, DIM, 2, 2, line->str);
    g_string_free(line, TRUE);
}

/* "#15", the frame that shows a piece of evidence; a dot where no single one does. */
static char *evidence_label(const struct text *text, const struct tcprst_evidence *evidence,
                            uint32_t own)
{
    if (evidence->frame.number == 0)
        return g_strdup(DOT(text));
    GString *label = g_string_new("#");
    add_frame(label, text->report, &evidence->frame, own);
    return g_string_free(label, FALSE);
}

/* Sentences in a column of their own, the frames before them. */
static void put_evidence(struct text *text, const struct tcprst_evidence *evidence, unsigned count,
                         uint32_t own, size_t indent)
{
    enum { MAX_LABEL = 24 };
    size_t widest = 0;
    for (unsigned i = 0; i < count; i++) {
        char *label = evidence_label(text, &evidence[i], own);
        widest = MAX(widest, string_width(label));
        g_free(label);
    }
    widest = MIN(widest, MAX_LABEL);
    for (unsigned i = 0; i < count; i++) {
        char *label = evidence_label(text, &evidence[i], own);
        char *sentence = terminal_safe(report_evidence_text(&evidence[i]));
        size_t width = string_width(label), pad = width < widest ? widest - width : 0;
        g_string_append_printf(text->out, "%*s", (int)(indent + pad), "");
        put(text, DIM, label);
        g_string_append(text->out, "  ");
        put_wrapped(text, PLAIN, indent + pad + width + 2, indent + widest + 2, sentence);
        g_free(sentence);
        g_free(label);
    }
}

/* What else is within reach, in words; --why names what is further away too. */
static void put_alternatives(struct text *text, const struct tcprst_verdict *v)
{
    unsigned shown = v->alternative_count;
    if (shown > MAX_ALTERNATIVES && !text->report->options->why)
        shown = MAX_ALTERNATIVES;
    for (unsigned i = 0; i < shown; i++) {
        const struct tcprst_cause_info *info = tcprst_cause_info(v->alternatives[i].cause);
        char *line = g_strdup_printf(_("not ruled out: %s (%s): %s"), info->id,
                                     words_alternative(v, i), _(info->title));
        g_string_append(text->out, "  ");
        put_wrapped(text, PLAIN, 2, 4, line);
        g_free(line);
    }
    if (shown < v->alternative_count)
        put_line(text, PLAIN,
                 words_counted(v->alternative_count - shown, "  and %s more with --why",
                               "  and %s more with --why"));
}

/* What was lost and what the other end is told. */
static void put_consequence(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    GString *line = g_string_new(NULL);
    const char *error = tcprst_peer_error_id(v->peer_error);
    if (group->risk > 0) {
        g_string_append(line, _("at risk: "));
        words_risk(line, group->risk);
    }
    if (v->unread_possible > 0 && group->events == 1 && words_may_be_unread(v))
        g_string_append_printf(line, "%s%s", line->len ? _("; ") : "",
                               words_counted((uint64_t)v->unread_possible,
                                             "up to %s byte may lie unread at the sender",
                                             "up to %s bytes may lie unread at the sender"));
    if (error && v->peer_error != TCPRST_PEER_ERROR_NONE) {
        g_string_append(line, line->len ? _("; ") : "");
        g_string_append_printf(line, _("the receiver's application gets %s"), error);
    }
    if (line->len > 0) {
        g_string_append(text->out, "  ");
        put_wrapped(text, PLAIN, 2, 4, line->str);
    }
    g_string_free(line, TRUE);
}

static void put_saying(struct text *text, const char *who, const char *words)
{
    if (!*words)
        return;
    char *said = terminal_safe(words), *line = g_strdup_printf(_("%s: %s"), who, said);
    g_string_append(text->out, "  ");
    put_wrapped(text, BOLD, 2, 4, line);
    g_free(line);
    g_free(said);
}

/* What the RST and the segments around it carry. */
static void put_sayings(struct text *text, const struct summary_group *group)
{
    put_saying(text, _("the RST says"), group->first.device_text);
    put_saying(text, _("triggered by"), group->trigger_says);
    put_saying(text, _("its sender had sent"), group->answer_says);
    put_saying(text, _("the capture notes"), group->process);
}

static void put_filter(struct text *text, const struct summary_group *group)
{
    struct report_reset reset;
    GString *filter = g_string_new(NULL);
    report_prepare(text->report, &group->first, &reset);
    words_group_filter(filter, group, reset.display_filter);
    g_string_append(text->out, "  ");
    put_line(text, DIM, filter->str);
    g_string_free(filter, TRUE);
}

static void put_group(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    bool why = text->report->options->why;
    put_group_head(text, group);
    put_group_where(text, group);
    put_group_when(text, group);
    unsigned shown = why ? v->evidence_count : MIN(v->evidence_count, EVIDENCE_LINES);
    g_string_append(text->out, "  ");
    GString *because = g_string_new(NULL);
    words_because(because, group);
    put_wrapped(text, PLAIN, 2, 2, because->str);
    g_string_free(because, TRUE);
    put_sayings(text, group);
    put_evidence(text, v->evidence, shown, v->frame.capture, 4);
    if (shown < v->evidence_count) {
        put_line(text, DIM,
                 words_counted(v->evidence_count - shown, "    (%s more with --why)",
                               "    (%s more with --why)"));
    }
    put_alternatives(text, v);
    put_consequence(text, group);
    why_put_findings(text->out, text->report, group);
    why_put_ledger(text->out, text->report, group);
    put_filter(text, group);
}

static void put_events(struct text *text, GPtrArray *groups)
{
    const struct summary *summary = text->report->summary;
    uint64_t rest = 0;
    if (groups->len == 0)
        return;
    g_string_append_c(text->out, '\n');
    put_line(text, HEADING,
             groups->len < summary->events ? _("EVENTS (similar ones grouped; first one shown)")
                                           : _("EVENTS"));
    for (guint i = 0; i < groups->len; i++) {
        const struct summary_group *group = groups->pdata[i];
        if (i >= MAX_GROUPS) {
            rest += group->events;
            continue;
        }
        g_string_append_c(text->out, '\n');
        put_group(text, group);
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
    put_wrapped(text, DIM, 0, 0, foot);
}

/* ---- What the reader must know about the capture ---- */

static void put_remark(void *data, const char *remark)
{
    struct text *text = data;
    char *safe = terminal_safe(remark);
    g_string_append_printf(text->out, "%s ", glyph(text, "▲", "!"));
    put_wrapped(text, NOTABLE, 2, 2, safe);
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
    put_first_screen(&text);
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
