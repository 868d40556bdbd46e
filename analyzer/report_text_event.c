/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text_event.c - events in the report for a terminal: who, where, when, why, and what else
 * it may have been. */
#include "report_string.h"
#include "report_text.h"
#include "report_why.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

enum {
    MAX_ALTERNATIVES = 3, /* without --why */
    EVIDENCE_LINES = 4,   /* without --why */
};

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
    g_string_append_printf(left, " %s %s", TEXT_DOT(text), words_severity_word(group->severity));
    if (group->events > 1 || group->resets > 1)
        g_string_append_printf(
            right, "%s%s%s",
            group->events > 1 ? words_counted(group->events, "%s event", "%s events") : "",
            group->events > 1 && group->resets != group->events ? _(", ") : "",
            group->resets != group->events ? words_counted(group->resets, "%s reset", "%s resets")
                                           : "");
    size_t used =
        2 + strlen(tcprst_cause_id(v->cause)) + string_width(left->str) + string_width(right->str);
    text_put(text, text_severity(group->severity), text_glyph(text, "●", "*"));
    g_string_append_c(text->out, ' ');
    text_put(text, TEXT_BOLD, tcprst_cause_id(v->cause));
    text_put(text, TEXT_DIM, left->str);
    if (right->len > 0)
        g_string_append_printf(text->out, "%*s",
                               used < text->report->width ? (int)(text->report->width - used) : 2,
                               "");
    text_line(text, right->len > 0 ? TEXT_BOLD : TEXT_PLAIN, right->str);
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
    g_string_append_printf(line, " %s ", TEXT_ARROW(text));
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
        text_wrapped(text, TEXT_PLAIN, 2, 4, line->str);
    } else {
        text_wrapped(text, TEXT_PLAIN, 2, 4, line->str);
        g_string_append(text->out, "  ");
        text_wrapped(text, TEXT_PLAIN, 2, 4, frames->str);
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
        g_string_append_printf(line, " %s ", TEXT_DOT(text));
    }
    g_string_append_printf(line, _("connection: %s %s numbers: %s"), words_stage(v->stage),
                           TEXT_DOT(text),
                           translate_word("acceptance", tcprst_acceptance_id(v->acceptance)));
    if (v->effect != TCPRST_EFFECT_UNKNOWN)
        g_string_append_printf(line, _(" %s effect: %s"), TEXT_DOT(text),
                               words_effect_word(v->effect));
    if (group->effective.number > 0 && group->events == 1 &&
        group->effective.capture == v->frame.capture)
        g_string_append_printf(line, _(" (frame %llu)"),
                               (unsigned long long)group->effective.number);
    GString *sent_by = g_string_new(NULL);
    words_sent_by(sent_by, group);
    g_string_append_printf(line, _(" %s sent by: %s"), TEXT_DOT(text), sent_by->str);
    g_string_free(sent_by, TRUE);
    if (group->idle_min >= 1000000000) {
        string_duration(a, group->idle_min);
        string_duration(b, group->idle_max);
        if (strcmp(a, b) == 0)
            g_string_append_printf(line, _(" %s idle %s"), TEXT_DOT(text), a);
        else
            g_string_append_printf(line, _(" %s idle %s to %s"), TEXT_DOT(text), a, b);
    }
    g_string_append(text->out, "  ");
    text_wrapped(text, TEXT_DIM, 2, 2, line->str);
    g_string_free(line, TRUE);
}

/* "#15", the frame that shows a piece of evidence; a dot where no single one does. */
static char *evidence_label(const struct text *text, const struct tcprst_evidence *evidence,
                            uint32_t own)
{
    if (evidence->frame.number == 0)
        return g_strdup(TEXT_DOT(text));
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
        char *sentence = string_safe(report_evidence_text(&evidence[i]));
        size_t width = string_width(label), pad = width < widest ? widest - width : 0;
        g_string_append_printf(text->out, "%*s", (int)(indent + pad), "");
        text_put(text, TEXT_DIM, label);
        g_string_append(text->out, "  ");
        text_wrapped(text, TEXT_PLAIN, indent + pad + width + 2, indent + widest + 2, sentence);
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
        text_wrapped(text, TEXT_PLAIN, 2, 4, line);
        g_free(line);
    }
    if (shown < v->alternative_count)
        text_line(text, TEXT_PLAIN,
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
        text_wrapped(text, TEXT_PLAIN, 2, 4, line->str);
    }
    g_string_free(line, TRUE);
}

static void put_saying(struct text *text, const char *who, const char *words)
{
    if (!*words)
        return;
    char *said = string_safe(words), *line = g_strdup_printf(_("%s: %s"), who, said);
    g_string_append(text->out, "  ");
    text_wrapped(text, TEXT_BOLD, 2, 4, line);
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
    text_line(text, TEXT_DIM, filter->str);
    g_string_free(filter, TRUE);
}

void text_event(struct text *text, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    bool why = text->report->options->why;
    put_group_head(text, group);
    put_group_where(text, group);
    put_group_when(text, group);
    unsigned shown = v->evidence_count;
    if (!why && shown > EVIDENCE_LINES + 1) /* one more takes no more room than to say so */
        shown = EVIDENCE_LINES;
    g_string_append(text->out, "  ");
    GString *because = g_string_new(NULL);
    words_because(because, group);
    text_wrapped(text, TEXT_PLAIN, 2, 2, because->str);
    g_string_free(because, TRUE);
    put_sayings(text, group);
    put_evidence(text, v->evidence, shown, v->frame.capture, 4);
    if (shown < v->evidence_count) {
        text_line(text, TEXT_DIM,
                  words_counted(v->evidence_count - shown, "    (%s more with --why)",
                                "    (%s more with --why)"));
    }
    put_alternatives(text, v);
    put_consequence(text, group);
    why_put_findings(text->out, text->report, group);
    why_put_ledger(text->out, text->report, group);
    put_filter(text, group);
}
