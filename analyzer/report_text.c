/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text.c - the report for people at a terminal: what happened, who, why, what next; then
 * each event. */
#include "report_string.h"
#include "summary.h"

#include <inttypes.h>
#include <string.h>

enum {
    MAX_CAUSE_ROWS = 5,    /* on the first screen */
    MAX_NEXT = 3,          /* pieces of advice there */
    MAX_NAMES = 3,         /* hosts in a line */
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

/* At most columns columns of words, the end replaced by an ellipsis. */
static char *shortened(const struct text *text, const char *words, size_t columns)
{
    if (string_width(words) <= columns)
        return g_strdup(words);
    const char *ellipsis = glyph(text, "…", "..");
    size_t room = columns > string_width(ellipsis) ? columns - string_width(ellipsis) : 0;
    const char *p = words;
    for (size_t used = 0; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        used += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (used > room)
            break;
    }
    return g_strdup_printf("%.*s%s", (int)(p - words), words, ellipsis);
}

/* "1 reset", "30,000 resets" in static storage that holds the last four. */
static const char *counted(uint64_t n, const char *one, const char *many)
{
    static char buffers[4][80];
    static unsigned next;
    char number[NUMBER_SIZE];
    char *buffer = buffers[next++ % 4];
    snprintf(buffer, sizeof buffers[0], "%s %s", string_number(number, n), n == 1 ? one : many);
    return buffer;
}

static void address_and_port(GString *out, const uint8_t *address, unsigned ip_version,
                             unsigned port)
{
    char words[46];
    report_address(words, address, ip_version);
    g_string_append_printf(out, ip_version == 6 && port ? "[%s]" : "%s", words);
    if (port)
        g_string_append_printf(out, ":%u", port);
}

/* ---- The first screen
 * --------------------------------------------------------------------------------------------- */

static void put_title(struct text *text)
{
    struct report *report = text->report;
    char *name = terminal_safe(report->name_count > 0 ? report->names[0] : "");
    GString *title = g_string_new(name);
    if (report->name_count > 1)
        g_string_append_printf(title, " and %s",
                               counted(report->name_count - 1, "more file", "more files"));
    char *line = shortened(text, title->str, report->width - 10);
    put(text, HEADING, "tcprst");
    g_string_append_printf(text->out, " %s ", DOT(text));
    put_line(text, BOLD, line);
    g_string_free(title, TRUE);
    g_free(line);
    g_free(name);
}

static void first_and_last(const struct report *report, int64_t *first, int64_t *last,
                           uint64_t *packets)
{
    *first = *last = TCPRST_TIME_UNKNOWN;
    *packets = 0;
    for (size_t i = 0; i < report->name_count; i++) {
        const struct input_capture *capture = input_capture(report->input, i);
        *packets += capture->packets;
        if (capture->first_time != TCPRST_TIME_UNKNOWN &&
            (*first == TCPRST_TIME_UNKNOWN || capture->first_time < *first))
            *first = capture->first_time;
        if (capture->last_time != TCPRST_TIME_UNKNOWN && capture->last_time > *last)
            *last = capture->last_time;
    }
}

static void put_measure(struct text *text)
{
    int64_t first, last;
    uint64_t packets;
    char from[40], to[40], length[DURATION_SIZE];
    first_and_last(text->report, &first, &last, &packets);
    report_time(from, first, 0);
    report_time(to, last, 0);
    GString *line = g_string_new(NULL);
    g_string_append_printf(
        line, "%s, %s", counted(packets, "packet", "packets"),
        counted(text->report->statistics.segments, "TCP segment", "TCP segments"));
    if (*from && *to) {
        from[10] = to[10] = ' ';
        from[19] = to[19] = '\0';
        bool same_day = memcmp(from, to, 10) == 0;
        g_string_append_printf(line, " %s %s to %s UTC (%s)", DOT(text), from,
                               same_day ? to + 11 : to, string_duration(length, last - first));
    }
    put_wrapped(text, DIM, 0, 0, line->str);
    g_string_free(line, TRUE);
}

/* "3 events: 1 suspicious, 2 benign." */
static void put_headline(struct text *text)
{
    const struct summary *summary = text->report->summary;
    GString *line = g_string_new(NULL);
    enum style style = BOLD;
    if (summary->resets == 0) {
        g_string_append(line, text->report->hidden ? "No resets of these causes." : "No resets.");
    } else {
        g_string_append_printf(line, "%s in %s:", counted(summary->resets, "reset", "resets"),
                               counted(summary->events, "event", "events"));
        const char *separator = " ";
        for (unsigned s = G_N_ELEMENTS(summary->by_severity); s-- > 0;) {
            char number[NUMBER_SIZE];
            if (summary->by_severity[s] == 0)
                continue;
            if (style == BOLD)
                style = severity_style((enum tcprst_severity)s);
            g_string_append_printf(line, "%s%s %s", separator,
                                   string_number(number, summary->by_severity[s]),
                                   tcprst_severity_id((enum tcprst_severity)s));
            separator = ", ";
        }
        if (separator[0] == ' ')
            g_string_append(line, " their first resets were left out");
        g_string_append_c(line, '.');
    }
    if (summary->duplicates)
        g_string_append_printf(
            line, " %s not counted.",
            counted(summary->duplicates, "frame captured twice is", "frames captured twice are"));
    if (text->report->hidden)
        g_string_append_printf(line, " %s left out by --cause.",
                               counted(text->report->hidden, "other reset is", "other resets are"));
    put_wrapped(text, style, 0, 0, line->str);
    g_string_free(line, TRUE);
}

/* The worst severity a cause was met with colours its row. */
static enum style cause_style(GPtrArray *groups, enum tcprst_cause cause)
{
    for (guint i = 0; i < groups->len; i++) {
        const struct summary_group *group = groups->pdata[i];
        if (group->first.cause == cause)
            return severity_style(group->first.severity);
    }
    return PLAIN;
}

static void put_cause_row(struct text *text, enum tcprst_cause cause, size_t id_width,
                          enum style style)
{
    const struct summary_cause *count = &text->report->summary->causes[cause];
    char events[NUMBER_SIZE], resets[NUMBER_SIZE];
    const struct tcprst_cause_info *info = tcprst_cause_info(cause);
    size_t used = 21 + id_width + 2;
    char *title = shortened(text, info->title, text->report->width - used);
    g_string_append_printf(text->out, "%9s %9s  ", string_number(events, count->events),
                           string_number(resets, count->resets));
    put(text, style, info->id);
    g_string_append_printf(text->out, "%*s%s\n", (int)(id_width - strlen(info->id) + 2), "", title);
    g_free(title);
}

static void put_causes(struct text *text, GPtrArray *groups)
{
    enum tcprst_cause causes[TCPRST_CAUSE_COUNT];
    size_t count = summary_causes(text->report->summary, causes), width = 5;
    size_t shown = count > MAX_CAUSE_ROWS + 1 ? MAX_CAUSE_ROWS : count;
    for (size_t i = 0; i < shown; i++)
        width = MAX(width, strlen(tcprst_cause_id(causes[i])));
    char header[120];
    snprintf(header, sizeof header, "%9s %9s  %-*s  %s", "EVENTS", "RESETS", (int)width, "CAUSE",
             "THAT IS");
    put_line(text, HEADING, header);
    uint64_t events = 0, resets = 0;
    for (size_t i = 0; i < count; i++) {
        if (i < shown) {
            put_cause_row(text, causes[i], width, cause_style(groups, causes[i]));
            continue;
        }
        events += text->report->summary->causes[causes[i]].events;
        resets += text->report->summary->causes[causes[i]].resets;
    }
    if (count > shown) {
        char a[NUMBER_SIZE], b[NUMBER_SIZE];
        g_string_append_printf(text->out, "%9s %9s  %s\n", string_number(a, events),
                               string_number(b, resets),
                               counted(count - shown, "more cause", "more causes"));
    }
}

static void put_hosts(struct text *text, const char *label, enum summary_role role)
{
    GPtrArray *hosts = summary_hosts(text->report->summary, role);
    GString *line = g_string_new(NULL);
    size_t shown = hosts->len > MAX_NAMES + 1 ? MAX_NAMES : hosts->len;
    for (guint i = 0; i < shown; i++) {
        const struct summary_host *host = hosts->pdata[i];
        char number[NUMBER_SIZE];
        g_string_append(line, i ? ", " : "");
        address_and_port(line, host->address, host->ip_version, host->port);
        g_string_append_printf(line, " (%s)", string_number(number, host->resets));
    }
    if (hosts->len > shown)
        g_string_append_printf(line, ", %s%s",
                               text->report->summary->dropped_hosts[role] ? "over " : "",
                               counted(hosts->len - shown, "other", "others"));
    put_labelled(text, label, line->str);
    g_string_free(line, TRUE);
    g_ptr_array_unref(hosts);
}

static void add_ending(GString *line, uint64_t count, const char *how)
{
    char number[NUMBER_SIZE];
    if (count == 0)
        return;
    g_string_append_printf(line, "%s%s %s", line->len > 0 ? ", " : "", string_number(number, count),
                           how);
}

static void put_endings(struct text *text)
{
    const struct summary *summary = text->report->summary;
    const struct summary_ending *e = summary->endings;
    if (summary->connections == 0)
        return;
    GString *how = g_string_new(NULL), *line = g_string_new(NULL);
    add_ending(how, e[SUMMARY_FIN].connections, "by FIN");
    add_ending(how, e[SUMMARY_RESET_AFTER_FIN].connections, "by RST after FIN");
    add_ending(how, e[SUMMARY_RESET].connections, "by RST");
    add_ending(how, e[SUMMARY_REFUSED].connections, "refused");
    add_ending(how, e[SUMMARY_OPEN].connections, "with no end captured");
    g_string_append_printf(line, "%s: %s",
                           counted(summary->connections, "connection", "connections"), how->str);
    uint64_t lost = e[SUMMARY_RESET].unacknowledged + e[SUMMARY_RESET_AFTER_FIN].unacknowledged;
    if (lost > 0)
        g_string_append_printf(line, "; %s unacknowledged at a RST",
                               counted(lost, "octet", "octets"));
    put_labelled(text, "Ended", line->str);
    g_string_free(how, TRUE);
    g_string_free(line, TRUE);
}

/* Advice for the causes that matter most: worst severity first, then most events. */
static void put_next(struct text *text, GPtrArray *groups)
{
    bool said[TCPRST_CAUSE_COUNT] = {false};
    unsigned count = 0;
    g_string_append_c(text->out, '\n');
    put_line(text, HEADING, "NEXT");
    for (guint i = 0; i < groups->len && count < MAX_NEXT; i++) {
        const struct summary_group *group = groups->pdata[i];
        enum tcprst_cause cause = group->first.cause;
        if (said[cause])
            continue;
        said[cause] = true;
        count++;
        const struct tcprst_cause_info *info = tcprst_cause_info(cause);
        const char *end = string_first_sentence(info->advice);
        char *sentence = g_strndup(info->advice, (gsize)(end - info->advice));
        g_string_append(text->out, "  ");
        put(text, severity_style(group->first.severity), info->id);
        g_string_append(text->out, ": ");
        put_wrapped(text, PLAIN, strlen(info->id) + 4, 4, sentence);
        g_free(sentence);
    }
    put_line(text, DIM,
             "  (tcprst --explain CAUSE says all; --why shows what each verdict rests on)");
}

static void put_first_screen(struct text *text, GPtrArray *groups)
{
    const struct summary *summary = text->report->summary;
    put_title(text);
    put_measure(text);
    g_string_append_c(text->out, '\n');
    put_headline(text);
    if (summary->resets > 0) {
        g_string_append_c(text->out, '\n');
        put_causes(text, groups);
        g_string_append_c(text->out, '\n');
        put_hosts(text, "Sent by", SUMMARY_SENDERS);
        put_hosts(text, "To", SUMMARY_RECEIVERS);
        put_hosts(text, "Service", SUMMARY_SERVICES);
    }
    put_endings(text);
    if (groups->len > 0)
        put_next(text, groups);
}

/* ---- Each event
 * ---------------------------------------------------------------------------------------------------
 */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* Without its directories, where no other capture is called the same. */
static const char *short_name(const struct report *report, uint32_t capture)
{
    const char *name = base_name(report->names[capture]);
    for (size_t i = 0; i < report->name_count; i++)
        if (i != capture && strcmp(base_name(report->names[i]), name) == 0)
            return report->names[capture];
    return name;
}

/* "4412"; "4412 of ring2.pcap" where that is another file than own. */
static void add_frame(GString *out, const struct report *report, const struct tcprst_frame *frame,
                      uint32_t own)
{
    g_string_append_printf(out, "%" PRIu64, frame->number);
    if (frame->capture == own || frame->capture >= report->name_count)
        return;
    g_string_append(out, " of ");
    string_terminal(out, short_name(report, frame->capture));
}

/* "* cause  strength . severity", and the counts at the right margin. */
static void put_group_head(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    GString *left = g_string_new(NULL), *right = g_string_new(NULL);
    g_string_append_printf(left, "  %s %s %s", tcprst_strength_id(v->strength), DOT(text),
                           tcprst_severity_id(v->severity));
    if (group->events > 1 || group->resets > 1)
        g_string_append_printf(
            right, "%s%s%s", group->events > 1 ? counted(group->events, "event", "events") : "",
            group->events > 1 && group->resets != group->events ? ", " : "",
            group->resets != group->events ? counted(group->resets, "reset", "resets") : "");
    size_t used =
        2 + strlen(tcprst_cause_id(v->cause)) + string_width(left->str) + string_width(right->str);
    put(text, severity_style(v->severity), glyph(text, "●", "*"));
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
        g_string_append_printf(out, "%s%u", i ? ", " : " ", group->ports[i]);
    if (group->more_ports)
        g_string_append(out, ", ...");
}

/* One end of a group: an address with its port where all events share it, or how many hosts. */
static void add_side(GString *out, const struct summary_group *group, bool source)
{
    const struct tcprst_verdict *v = &group->first;
    size_t hosts = source ? group->source_hosts : group->destination_hosts;
    if (hosts > 1) {
        g_string_append(out, group->many ? "many hosts" : counted(hosts, "host", "hosts"));
        return;
    }
    bool service = summary_service_is_source(v) == source;
    bool port = group->events == 1 || (service && group->port_count == 1 && !group->more_ports);
    address_and_port(out, source ? v->source : v->destination, v->ip_version,
                     port ? (source ? v->source_port : v->destination_port) : 0);
}

/* "frame 17, drawn by 15", "frames 17 to 25". */
static void add_frames(GString *out, const struct report *report, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    g_string_append(out, group->resets > 1 ? "frames " : "frame ");
    add_frame(out, report, &v->frame, report->name_count > 1 ? UINT32_MAX : v->frame.capture);
    if (group->resets > 1) {
        g_string_append(out, group->resets > 2 ? " to " : " and ");
        add_frame(out, report, &group->last_frame, v->frame.capture);
    }
    if (group->events == 1 && v->trigger.number > 0) {
        g_string_append(out, ", drawn by ");
        add_frame(out, report, &v->trigger, v->frame.capture);
    }
}

static void put_group_where(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    GString *line = g_string_new(NULL), *frames = g_string_new(NULL);
    add_side(line, group, true);
    if (v->sender != TCPRST_SENDER_UNKNOWN)
        g_string_append_printf(line, " (%s)", tcprst_sender_id(v->sender));
    g_string_append_printf(line, " %s ", ARROW(text));
    add_side(line, group, false);
    if (group->port_count > 1) {
        g_string_append(line, ", ports");
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
    report_time(from, v->time, report_digits(text->report, v->frame.capture, v->time));
    if (*from) {
        from[10] = ' ';
        from[strlen(from) - 1] = '\0';
        g_string_append(line, from);
        report_time(to, group->last_time,
                    report_digits(text->report, v->frame.capture, group->last_time));
        if (group->resets > 1 && *to) {
            to[strlen(to) - 1] = '\0';
            to[10] = ' ';
            g_string_append_printf(line, " to %s", memcmp(from, to, 10) == 0 ? to + 11 : to);
        }
        g_string_append_printf(line, " %s ", DOT(text));
    }
    g_string_append_printf(line, "stage %s %s %s", tcprst_stage_id(v->stage), DOT(text),
                           tcprst_acceptance_id(v->acceptance));
    if (v->effect != TCPRST_EFFECT_UNKNOWN)
        g_string_append_printf(line, " %s %s", DOT(text),
                               v->effect == TCPRST_EFFECT_RESET ? "took effect"
                                                                : tcprst_effect_id(v->effect));
    if (group->idle_min >= 1000000000) {
        string_duration(a, group->idle_min);
        string_duration(b, group->idle_max);
        g_string_append_printf(line, " %s idle %s%s%s", DOT(text), a, strcmp(a, b) ? " to " : "",
                               strcmp(a, b) ? b : "");
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

/* What else it may be; all of it with --why: what one direction cannot exclude is a long list. */
static void put_alternatives(struct text *text, const struct tcprst_verdict *v)
{
    enum { SHOWN = 5 };
    unsigned shown = v->alternative_count;
    if (shown == 0)
        return;
    if (shown > SHOWN + 1 && !text->report->options->why)
        shown = SHOWN;
    GString *line = g_string_new("or ");
    for (unsigned i = 0; i < shown; i++)
        g_string_append_printf(line, "%s%s (%s)", i ? ", " : "",
                               tcprst_cause_id(v->alternatives[i].cause),
                               tcprst_strength_id(v->alternatives[i].strength));
    if (shown < v->alternative_count)
        g_string_append_printf(line, " or %u more", v->alternative_count - shown);
    g_string_append(text->out, "  ");
    put_wrapped(text, PLAIN, 2, 5, line->str);
    g_string_free(line, TRUE);
}

/* What was lost and what the other end is told. */
static void put_consequence(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    GString *line = g_string_new(NULL);
    const char *error = tcprst_peer_error_id(v->peer_error);
    if (group->risk > 0)
        g_string_append_printf(line, "at risk: %s sent and not acknowledged",
                               counted(group->risk, "octet", "octets"));
    if (v->unread_possible > 0 && group->events == 1)
        g_string_append_printf(line, "%s%s its sender may have left unread",
                               line->len ? "; " : "at risk: ",
                               counted((uint64_t)v->unread_possible, "octet", "octets"));
    if (error && v->peer_error != TCPRST_PEER_ERROR_NONE)
        g_string_append_printf(line, "%sthe receiver's application gets %s", line->len ? "; " : "",
                               error);
    if (line->len > 0) {
        g_string_append(text->out, "  ");
        put_wrapped(text, PLAIN, 2, 2, line->str);
    }
    g_string_free(line, TRUE);
}

/* What each other cause would cost, those ruled out in one line. */
static void put_findings(struct text *text, const struct summary_group *group)
{
    if (!text->report->options->why || group->why.finding_count == 0)
        return;
    GString *excluded = g_string_new(NULL);
    put_line(text, DIM, "  how surprising each cause would be (orders of magnitude)");
    for (size_t i = 0; i < group->why.finding_count; i++) {
        const struct tcprst_finding *f = &group->why.findings[i];
        if (f->excluded)
            g_string_append_printf(excluded, "%s%s", excluded->len ? ", " : "impossible: ",
                                   tcprst_cause_id(f->cause));
        else
            g_string_append_printf(text->out, "    %2u  %-26s %s\n", f->total,
                                   tcprst_cause_id(f->cause), f->mechanism);
    }
    if (excluded->len > 0) {
        g_string_append(text->out, "    ");
        put_wrapped(text, DIM, 4, 6, excluded->str);
    }
    g_string_free(excluded, TRUE);
}

static void put_ledger(struct text *text, const struct summary_group *group)
{
    const struct report_why *why = &group->why;
    if (why->ledger_count == 0)
        return;
    put_line(text, BOLD, tcprst_cause_id(why->ledger_cause));
    for (size_t i = 0; i < why->ledger_count; i++) {
        const struct tcprst_ledger_line *line = &why->ledger[i];
        char said[512] = "";
        if (line->has_fact)
            tcprst_evidence_text(&line->fact, said, sizeof said);
        char cost[8] = "X";
        if (line->cost < TCPRST_COST_IMPOSSIBLE)
            snprintf(cost, sizeof cost, "%u", line->cost);
        g_string_append_printf(text->out, "  %s%s %-18s %s%s%s\n",
                               line->cost && !line->counted ? "(" : " ", cost,
                               line->state == TCPRST_CLAIM_MET      ? "met"
                               : line->state == TCPRST_CLAIM_FAILED ? "fails"
                                                                    : "cannot be seen",
                               line->sentence, *said ? ": " : "", said);
    }
}

static void put_device_text(struct text *text, const struct tcprst_verdict *v)
{
    if (v->device_text_length == 0)
        return;
    char *said = terminal_safe(v->device_text);
    char *line = g_strdup_printf("the RST says: %s", said);
    g_string_append(text->out, "  ");
    put_wrapped(text, BOLD, 2, 4, line);
    g_free(line);
    g_free(said);
}

static void put_filter(struct text *text, const struct summary_group *group)
{
    struct report_reset reset;
    report_prepare(text->report, &group->first, &reset);
    g_string_append(text->out, "  ");
    put_line(text, DIM, reset.display_filter);
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
    put_wrapped(text, PLAIN, 2, 2, tcprst_cause_info(v->cause)->title);
    put_device_text(text, v);
    put_evidence(text, v->evidence, shown, v->frame.capture, 4);
    if (shown < v->evidence_count) {
        char more[80];
        snprintf(more, sizeof more, "    (%u more with --why)", v->evidence_count - shown);
        put_line(text, DIM, more);
    }
    put_alternatives(text, v);
    put_consequence(text, group);
    put_findings(text, group);
    put_ledger(text, group);
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
             groups->len < summary->events ? "EVENTS (equal ones together, shown by the first)"
                                           : "EVENTS");
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
        g_string_append_printf(text->out, "\n%s left out here (-f ndjson lists every one).\n",
                               counted(rest, "event is", "events are"));
}

/* ---- What the reader must know about the capture
 * ------------------------------------------------------------------- */

static void put_remark(struct text *text, const char *remark)
{
    char *safe = terminal_safe(remark);
    g_string_append_printf(text->out, "%s ", glyph(text, "▲", "!"));
    put_wrapped(text, NOTABLE, 2, 2, safe);
    g_free(safe);
}

static void put_given_up(struct text *text)
{
    const struct tcprst_statistics *statistics = &text->report->statistics;
    char line[200];
    if (text->report->interrupted)
        put_remark(text, "Interrupted: what was found until then.");
    if (statistics->connections_given_up > 0) {
        snprintf(line, sizeof line,
                 "%s given up for want of room (--max-connections): their resets are less sure.",
                 counted(statistics->connections_given_up, "connection was", "connections were"));
        put_remark(text, line);
    }
    if (statistics->verdicts_early > 0) {
        snprintf(line, sizeof line, "%s given early, because too many were pending.",
                 counted(statistics->verdicts_early, "verdict was", "verdicts were"));
        put_remark(text, line);
    }
    if (statistics->out_of_memory > 0) {
        snprintf(line, sizeof line, "%s not followed for want of memory.",
                 counted(statistics->out_of_memory, "segment was", "segments were"));
        put_remark(text, line);
    }
}

static void put_remarks(struct text *text)
{
    struct report *report = text->report;
    size_t before = text->out->len;
    g_string_append_c(text->out, '\n');
    size_t start = text->out->len;
    put_given_up(text);
    for (size_t i = 0; i < report->name_count; i++) {
        const struct input_capture *capture = input_capture(report->input, i);
        for (size_t j = 0; j <= capture->left_out_count; j++) {
            const char *clause =
                j < capture->left_out_count ? capture->left_out[j] : capture->damage;
            if (!clause)
                continue;
            char *shown = report_clause(report, i, clause);
            put_remark(text, shown);
            g_free(shown);
        }
    }
    if (text->out->len == start)
        g_string_truncate(text->out, before);
}

static void open_report(struct report *report)
{
    (void)report;
}

static void ignore_reset(struct report *report, const struct report_reset *reset)
{
    (void)report, (void)reset;
}

static void close_report(struct report *report)
{
    if (report->nothing)
        return;
    struct text text = {report, g_string_sized_new(16384)};
    GPtrArray *groups = summary_groups(report->summary, GROUPS_OF_A_CAUSE);
    put_first_screen(&text, groups);
    put_events(&text, groups);
    put_remarks(&text);
    fwrite(text.out->str, 1, text.out->len, report->out);
    g_string_free(text.out, TRUE);
    g_ptr_array_unref(groups);
}

const struct report_format report_text = {
    .open = open_report, .reset = ignore_reset, .close = close_report, .summarises = true};
