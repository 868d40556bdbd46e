/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_markdown.c - the report for a ticket: what matters most, the causes, what to check next
 * and the first events, as Markdown that trackers understand. */
#include "report_advice.h"
#include "report_baseline.h"
#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

enum { GROUPS_OF_A_CAUSE = 8, MAX_GROUPS = 10, MAX_SERVICES = 5 };

/* Words of a capture, or of ours, with nothing in them that Markdown or HTML would obey. */
static void put(GString *out, const char *words)
{
    GString *safe = g_string_new(NULL);
    string_terminal(safe, words);
    for (const char *p = safe->str; *p; p++) {
        if (strchr("\\`*_{}[]<>()#+!|~&@", *p))
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
    g_string_free(safe, TRUE);
}

/* Prose of the tables: its `code` stays code. */
static void put_prose(GString *out, const char *prose)
{
    char **parts = g_strsplit(prose, "`", -1);
    for (size_t i = 0; parts[i]; i++) {
        if (i % 2)
            g_string_append_printf(out, "`%s`", parts[i]);
        else
            put(out, parts[i]);
    }
    g_strfreev(parts);
}

static void put_place(void *data, const char *sentence)
{
    g_string_append(data, "  \n");
    put(data, sentence);
}

static void put_heading(GString *out, const char *words)
{
    g_string_append_printf(out, "\n## %s\n\n", words);
}

static void put_head(GString *out, const struct report *report)
{
    enum tcprst_severity severity;
    GString *words = g_string_new(NULL);
    words_title(words, report);
    g_string_append(out, "# ");
    put(out, words->str);
    g_string_assign(words, "");
    words_headline(words, report, &severity);
    if (words->len > 0) {
        g_string_append(out, "\n\n**");
        put(out, words->str);
        g_string_append(out, "**");
    }
    g_string_assign(words, "");
    words_totals(words, report);
    g_string_append(out, "\n\n");
    put(out, words->str);
    g_string_assign(words, "");
    words_measure(words, report, "·");
    g_string_append(out, "  \n");
    put(out, words->str);
    words_places(report, put_place, out);
    g_string_assign(words, "");
    words_risk(words, report->summary->risk);
    if (words->len > 0)
        g_string_append_printf(out, _("  \nAt risk: %s"), words->str);
    g_string_append(out, "\n");
    g_string_free(words, TRUE);
}

static void put_causes(GString *out, const struct summary *summary)
{
    enum tcprst_cause causes[TCPRST_CAUSE_COUNT];
    size_t count = summary_causes(summary, causes);
    g_string_append_printf(
        out, "\n%s\n|---:|---:|---|---|---:|---:|---:|\n",
        _("| events | resets | cause | meaning | certain | likely | possible |"));
    for (size_t i = 0; i < count; i++) {
        const struct summary_cause *cause = &summary->causes[causes[i]];
        g_string_append_printf(out, "| %" PRIu64 " | %" PRIu64 " | %s | ", cause->events,
                               cause->resets, tcprst_cause_id(causes[i]));
        put(out, _(tcprst_cause_info(causes[i])->title));
        for (unsigned s = TCPRST_STRENGTH_CERTAIN; s >= TCPRST_STRENGTH_POSSIBLE; s--)
            g_string_append_printf(out, " | %" PRIu64, cause->resets_by_strength[s]);
        g_string_append(out, " |\n");
    }
}

static void put_services(GString *out, const struct report *report)
{
    GPtrArray *hosts = summary_hosts(report->summary, SUMMARY_SERVICES);
    put_heading(out, _("Services"));
    for (guint i = 0; i < hosts->len && i < MAX_SERVICES; i++) {
        GString *line = g_string_new(NULL);
        words_service(line, report, hosts->pdata[i]);
        g_string_append(out, "- ");
        put(out, line->str);
        g_string_append_c(out, '\n');
        g_string_free(line, TRUE);
    }
    if (hosts->len > MAX_SERVICES)
        g_string_append_printf(out, "- %s\n",
                               words_counted(hosts->len - MAX_SERVICES, "%s other", "%s others"));
    g_ptr_array_unref(hosts);
}

static void put_changes(GString *out, const struct report *report)
{
    if (!report->changes)
        return;
    put_heading(out, _("Since the baseline"));
    if (report->changes->len == 0)
        g_string_append_printf(out, "- %s\n", _("nothing"));
    for (guint i = 0; i < report->changes->len; i++) {
        GString *line = g_string_new(NULL);
        change_words(line, &g_array_index(report->changes, struct change, i));
        g_string_append(out, "- ");
        put(out, line->str);
        g_string_append_c(out, '\n');
        g_string_free(line, TRUE);
    }
}

static void put_next(GString *out, const struct report *report)
{
    GPtrArray *classes = summary_groups(report->summary, 1);
    bool said[TCPRST_CAUSE_COUNT] = {false};
    put_heading(out, _("What to check next"));
    for (guint i = 0; i < classes->len; i++) {
        const struct summary_group *group = classes->pdata[i];
        if (said[group->first.cause])
            continue;
        said[group->first.cause] = true;
        char *advice = advice_words(report, group);
        g_string_append_printf(out, _("- [ ] **%s**: "), tcprst_cause_id(group->first.cause));
        put_prose(out, advice);
        g_string_append_c(out, '\n');
        g_free(advice);
    }
    g_ptr_array_unref(classes);
}

static void put_evidence(GString *out, const struct report *report, const struct tcprst_verdict *v)
{
    for (unsigned i = 0; i < v->evidence_count; i++) {
        const struct tcprst_evidence *e = &v->evidence[i];
        g_string_append(out, "- ");
        if (e->frame.number) {
            bool other =
                e->frame.capture != v->frame.capture && e->frame.capture < report->name_count;
            char *frame =
                words_frame(e->frame.number, other ? report->names[e->frame.capture] : NULL);
            put(out, frame);
            g_string_append(out, _(": "));
            g_free(frame);
        }
        put(out, report_evidence_text(e));
        g_string_append_c(out, '\n');
    }
}

static void put_where(GString *out, const struct report *report, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    char time[40];
    GString *words = g_string_new(NULL);
    words_ends(words, group);
    put(out, words->str);
    report_local_time(report, time, v->time, report_digits(report, v->frame.capture, v->time));
    bool several = report->name_count > 1 && v->frame.capture < report->name_count;
    char *frame = words_frame(v->frame.number, several ? report->names[v->frame.capture] : NULL);
    g_string_append(out, _(", "));
    put(out, frame);
    g_string_append_printf(out, "%s%s", *time ? _(", ") : "", time);
    g_string_append_printf(out, _("; effect: %s"), words_effect_word(v->effect));
    g_string_assign(words, "");
    words_sent_by(words, group);
    g_string_append(out, _("; sent by: "));
    put(out, words->str);
    g_string_append(out, "\n\n");
    g_free(frame);
    g_string_free(words, TRUE);
}

static void put_saying(GString *out, const char *who, const char *words)
{
    if (!words || !*words)
        return;
    g_string_append_printf(out, _("- %s: "), who);
    put(out, words);
    g_string_append_c(out, '\n');
}

static void put_event(GString *out, const struct report *report, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    struct report_reset reset;
    report_prepare(report, v, &reset);
    GString *words = g_string_new(NULL);
    words_strength(words, v);
    g_string_append_printf(out, _("\n### %s: "), tcprst_cause_id(v->cause));
    put(out, words->str);
    g_string_append_printf(out, "%s%s", _(", "), words_severity_word(group->severity));
    if (group->events > 1)
        g_string_append_printf(out, "%s%s", _(", "),
                               words_counted(group->events, "%s event", "%s events"));
    g_string_append(out, "\n\n");
    put_where(out, report, group);
    g_string_assign(words, "");
    words_because(words, group);
    put(out, words->str);
    g_string_append(out, "\n\n");
    put_evidence(out, report, v);
    put_saying(out, _("the RST says"), reset.device_text);
    put_saying(out, _("triggered by"), group->trigger_says);
    put_saying(out, _("its sender had sent"), group->answer_says);
    put_saying(out, _("the capture notes"), group->process);
    for (unsigned i = 0; i < v->alternative_count; i++)
        g_string_append_printf(out, _("- not ruled out: %s (%s)\n"),
                               tcprst_cause_id(v->alternatives[i].cause), words_alternative(v, i));
    g_string_assign(words, "");
    words_group_filter(words, group, reset.display_filter);
    g_string_append_printf(out, "\n```\n%s\n```\n", words->str);
    g_string_free(words, TRUE);
}

static void put_remark(void *data, const char *remark)
{
    GString *out = data;
    g_string_append(out, "\n> ");
    put(out, remark);
    g_string_append_c(out, '\n');
}

static void close_report(struct report *report)
{
    if (report->nothing)
        return;
    GString *out = g_string_sized_new(16384);
    GPtrArray *groups = summary_groups(report->summary, GROUPS_OF_A_CAUSE);
    put_head(out, report);
    put_changes(out, report);
    if (groups->len > 0) {
        put_causes(out, report->summary);
        put_services(out, report);
        put_next(out, report);
        g_string_append_printf(out, "\n## %s\n", _("Events"));
    }
    uint64_t rest = 0;
    for (guint i = 0; i < groups->len; i++) {
        const struct summary_group *group = groups->pdata[i];
        if (i < MAX_GROUPS)
            put_event(out, report, group);
        else
            rest += group->events;
    }
    if (rest > 0)
        g_string_append_printf(
            out, "\n%s\n",
            words_counted(rest, "%s event is left out here.", "%s events are left out here."));
    words_remarks(report, put_remark, out);
    if (groups->len > 0 && words_foot(report))
        g_string_append_printf(out, "\n%s\n", words_foot(report));
    fwrite(out->str, 1, out->len, report->out);
    g_string_free(out, TRUE);
    g_ptr_array_unref(groups);
}

const struct report_format report_markdown = {
    .close = close_report, .summarises = true, .bare_names = true};
