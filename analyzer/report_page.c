/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_page.c - the page's parts that need no script, as HTML. */
#include "report_page.h"

#include "explain_words.h"
#include "report_advice.h"
#include "report_baseline.h"
#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

enum {
    FIRST_CAUSES = 3, /* with advice on the first screen */
    FIRST_HOSTS = 10  /* the script shows more */
};

/* ---- Building blocks ---- */

void page_element(GString *out, const char *tag, const char *kind, const char *text)
{
    g_string_append_printf(out, kind ? "<%s class=\"%s\">" : "<%s>", tag, kind);
    string_html(out, text);
    g_string_append_printf(out, "</%s>", tag);
}

/* A command breaks at its blanks only, not behind a hyphen: "--since" stays an option. */
static void code(GString *out, const char *text)
{
    enum { LONGEST = 40 }; /* of what is kept in one line */
    char **words = g_strsplit(text, " ", -1);
    g_string_append(out, "<code>");
    for (size_t i = 0; words[i]; i++) {
        g_string_append(out, i ? " " : "");
        if (strchr(words[i], '-') && strlen(words[i]) <= LONGEST)
            page_element(out, "span", NULL, words[i]);
        else
            string_html(out, words[i]);
    }
    g_string_append(out, "</code>");
    g_strfreev(words);
}

/* Prose of the tables with `code` in it. */
static void prose(GString *out, const char *text)
{
    char **parts = g_strsplit(text, "`", -1);
    for (size_t i = 0; parts[i]; i++) {
        if (i % 2)
            code(out, parts[i]);
        else
            string_html(out, parts[i]);
    }
    g_strfreev(parts);
}

static void number_cell(GString *out, uint64_t number)
{
    char words[NUMBER_SIZE];
    page_element(out, "td", "n", string_number(words, number));
}

/* The head of a table: titles, the first numbers of them not right-aligned. */
static void begin_table(GString *out, const char *label, const char *const *titles, size_t count,
                        size_t texts)
{
    g_string_append_printf(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><table>"
        "<thead><tr>",
        _(label));
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(out, "<th scope=\"col\"%s>%s</th>", i < texts ? "" : " class=\"n\"",
                               _(titles[i]));
    g_string_append(out, "</tr></thead><tbody>");
}

static void end_table(GString *out)
{
    g_string_append(out, "</tbody></table></div>");
}

/* A sentence made by one of report_words.h's functions, escaped. */
static void paragraph(GString *out, const char *kind, GString *words)
{
    page_element(out, "p", kind, words->str);
    g_string_free(words, TRUE);
}

/* ---- The first screen ---- */

void page_measure(GString *out, const struct report *report)
{
    GString *words = g_string_new(NULL);
    words_measure(words, report, "·");
    string_html(out, words->str);
    g_string_free(words, TRUE);
}

static void remark(void *out, const char *words)
{
    page_element(out, "p", "remark", words);
}

static void place(void *out, const char *words)
{
    page_element(out, "p", "place", words);
}

void page_remarks(GString *out, const struct report *report)
{
    words_places(report, place, out);
    words_remarks(report, remark, out);
    if (report->again_short)
        remark(out, report->again_short);
}

void page_headline(GString *out, const struct report *report)
{
    enum tcprst_severity severity;
    GString *words = g_string_new(NULL);
    words_headline(words, report, &severity);
    if (words->len == 0)
        words_nothing(words, report);
    string_html(out, words->str);
    g_string_free(words, TRUE);
}

static void tile(GString *out, const char *kind, const char *value, const char *words)
{
    g_string_append_printf(out, "<div class=\"tile %s\">", kind);
    page_element(out, "b", NULL, value);
    page_element(out, "span", NULL, words);
    g_string_append(out, "</div>");
}

void page_tiles(GString *out, const struct report *report)
{
    const struct summary *summary = report->summary;
    const struct summary_ending *e = summary->endings;
    char a[NUMBER_SIZE], b[NUMBER_SIZE];
    for (unsigned s = G_N_ELEMENTS(summary->by_severity); s-- > 0;) {
        const char *id = tcprst_severity_id((enum tcprst_severity)s);
        uint64_t count = summary->by_severity[s];
        const char *words[] = {translate_plural("benign event", "benign events", count),
                               translate_plural("notable event", "notable events", count),
                               translate_plural("suspicious event", "suspicious events", count)};
        if (count > 0)
            tile(out, id, string_number(a, count), words[s]);
    }
    char *line = g_strdup_printf(_("%s of %s"),
                                 string_number(a, e[SUMMARY_RESET].connections +
                                                      e[SUMMARY_RESET_AFTER_FIN].connections +
                                                      e[SUMMARY_REFUSED].connections),
                                 string_number(b, summary->connections));
    tile(out, "", line, _("connections reset or refused before both ends had closed"));
    g_free(line);
    tile(out, "", words_counted(summary->risk, "%s byte", "%s bytes"),
         _("at risk: sent and not acknowledged when a reset took effect"));
    if (summary->duplicates)
        tile(out, "", string_number(a, summary->duplicates),
             _("frames captured twice, not counted"));
}

void page_first(GString *out, const struct report *report)
{
    GPtrArray *classes = summary_groups(report->summary, 1);
    bool said[TCPRST_CAUSE_COUNT] = {false};
    unsigned count = 0;
    for (guint i = 0; i < classes->len && count < FIRST_CAUSES; i++) {
        const struct summary_group *group = classes->pdata[i];
        const struct tcprst_cause_info *info = tcprst_cause_info(group->first.cause);
        if (said[group->first.cause])
            continue;
        said[group->first.cause] = true;
        g_string_append_printf(
            out, "<article class=\"do %s\"><div class=\"eyebrow\">%s</div><h3>%s%s%s</h3>",
            tcprst_severity_id(group->severity), count++ ? _("Then") : _("What to check first"),
            info->id, _(": "),
            words_counted(report->summary->causes[group->first.cause].events, "%s event",
                          "%s events"));
        GString *because = g_string_new(NULL);
        words_because(because, group);
        g_string_append(because, _("."));
        paragraph(out, "soft", because);
        char *advice = advice_words(report, group);
        g_string_append(out, "<p>");
        prose(out, advice);
        g_string_append(out, "</p></article>");
        g_free(advice);
    }
    g_ptr_array_unref(classes);
}

/* ---- Tables ---- */

void page_causes(GString *out, const struct report *report)
{
    static const char *const titles[] = {N_("Cause"),   N_("Events"), N_("Resets"),
                                         N_("Certain"), N_("Likely"), N_("Possible")};
    enum tcprst_cause causes[TCPRST_CAUSE_COUNT];
    size_t count = summary_causes(report->summary, causes);
    if (count == 0) {
        page_element(out, "p", "soft", _("None."));
        return;
    }
    begin_table(out, N_("Causes"), titles, G_N_ELEMENTS(titles), 1);
    for (size_t i = 0; i < count; i++) {
        const struct summary_cause *cause = &report->summary->causes[causes[i]];
        const struct tcprst_cause_info *info = tcprst_cause_info(causes[i]);
        g_string_append(out, "<tr><td>");
        page_element(out, "span", "mono", info->id);
        page_element(out, "div", "soft", _(info->title));
        g_string_append(out, "</td>");
        number_cell(out, cause->events);
        number_cell(out, cause->resets);
        for (unsigned s = TCPRST_STRENGTH_CERTAIN; s >= TCPRST_STRENGTH_POSSIBLE; s--)
            number_cell(out, cause->resets_by_strength[s]);
        g_string_append(out, "</tr>");
    }
    end_table(out);
}

void page_endings(GString *out, const struct report *report)
{
    static const char *const titles[] = {N_("Ended"), N_("Connections")};
    static const struct {
        enum summary_ended how;
        const char *words;
    } kinds[] = {{SUMMARY_FIN, N_("by FIN")},
                 {SUMMARY_RESET_AFTER_FIN, N_("by RST after FIN")},
                 {SUMMARY_RESET, N_("by RST")},
                 {SUMMARY_REFUSED, N_("refused")},
                 {SUMMARY_OPEN, N_("no end captured")}};
    begin_table(out, N_("How connections ended"), titles, G_N_ELEMENTS(titles), 1);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_string_append(out, "<tr>");
        page_element(out, "td", NULL, _(kinds[i].words));
        number_cell(out, report->summary->endings[kinds[i].how].connections);
        g_string_append(out, "</tr>");
    }
    end_table(out);
}

/* A line a service: since when, how fast, by whom. */
void page_services(GString *out, const struct report *report)
{
    GPtrArray *hosts = summary_hosts(report->summary, SUMMARY_SERVICES);
    for (guint i = 0; i < hosts->len && i < FIRST_CAUSES; i++) {
        GString *line = g_string_new(NULL);
        words_service(line, report, hosts->pdata[i]);
        g_string_append(line, _("."));
        paragraph(out, "service", line);
    }
    g_ptr_array_unref(hosts);
}

void page_changes(GString *out, const struct report *report)
{
    static const char *const titles[] = {N_("Change"),         N_("Service"), N_("Cause"),
                                         N_("Sent by"),        N_("Events"),  N_("An hour"),
                                         N_("Before, an hour")};
    if (!report->changes)
        return;
    g_string_append_printf(out,
                           "<section class=\"card\" aria-labelledby=\"h-changes\"><h2 "
                           "id=\"h-changes\">%s</h2>",
                           _("Since the baseline"));
    if (report->changes->len == 0)
        page_element(out, "p", "soft",
                     _("Nothing new or gone, nothing more or fewer than chance gives."));
    else
        begin_table(out, N_("Changes"), titles, G_N_ELEMENTS(titles), 4);
    for (guint i = 0; i < report->changes->len; i++) {
        const struct change *change = &g_array_index(report->changes, struct change, i);
        g_string_append(out, "<tr>");
        page_element(out, "td", NULL, translate_word("change", change_id(change->kind)));
        page_element(out, "td", "mono", change->now.service);
        page_element(out, "td", "mono", change->now.cause);
        page_element(out, "td", NULL, translate_word("sender", change->now.sent_by));
        number_cell(out, change->now.events);
        g_string_append_printf(out, "<td class=\"n\">%.3g</td><td class=\"n\">%.3g</td></tr>",
                               change->per_hour, change->per_hour_before);
    }
    if (report->changes->len > 0)
        end_table(out);
    g_string_append(out, "</section>");
}

static void host_table(GString *out, const struct report *report, enum summary_role role,
                       const char *title)
{
    static const char *const titles[] = {
        "", N_("Resets"), N_("Events"), N_("Suspicious"), N_("Notable"), N_("Benign")};
    GPtrArray *hosts = summary_hosts(report->summary, role);
    page_element(out, "h3", NULL, _(title));
    begin_table(out, title, titles, G_N_ELEMENTS(titles), 1);
    for (guint i = 0; i < hosts->len && i < FIRST_HOSTS; i++) {
        const struct summary_host *host = hosts->pdata[i];
        GString *name = g_string_new(NULL), *words = g_string_new(NULL);
        words_end(name, host->address, host->ip_version, host->port);
        words_in_name(words, host->forged, name->str);
        g_string_append(out, "<tr>");
        page_element(out, "td", "mono", words->str);
        g_string_free(name, TRUE);
        g_string_free(words, TRUE);
        number_cell(out, host->resets);
        number_cell(out, host->events);
        for (unsigned s = G_N_ELEMENTS(host->by_severity); s-- > 0;)
            number_cell(out, host->by_severity[s]);
        g_string_append(out, "</tr>");
    }
    end_table(out);
    if (hosts->len > FIRST_HOSTS) {
        uint64_t more = hosts->len - FIRST_HOSTS;
        page_element(out, "p", "soft more",
                     report->summary->dropped_hosts[role]
                         ? words_counted(more, "and over %s other.", "and over %s others.")
                         : words_counted(more, "and %s other.", "and %s others."));
    }
    g_ptr_array_unref(hosts);
}

void page_hosts(GString *out, const struct report *report)
{
    if (report->summary->resets == 0)
        return;
    host_table(out, report, SUMMARY_SENDERS, N_("Who sent resets"));
    host_table(out, report, SUMMARY_RECEIVERS, N_("Who received them"));
    host_table(out, report, SUMMARY_SERVICES, N_("Services"));
}

void page_captures(GString *out, const struct report *report)
{
    static const char *const titles[] = {N_("File"), N_("Format"), N_("Packets"),
                                         N_("TCP segments")};
    begin_table(out, N_("Captures"), titles, G_N_ELEMENTS(titles), 2);
    for (size_t i = 0; i < report->name_count; i++) {
        const struct input_capture *capture = input_capture(report->input, i);
        g_string_append(out, "<tr>");
        page_element(out, "td", "mono", report->names[i]);
        page_element(out, "td", NULL, capture->usable ? capture->format : _("not read"));
        number_cell(out, capture->packets);
        number_cell(out, capture->segments);
        g_string_append(out, "</tr>");
    }
    end_table(out);
}

void page_words(GString *out, const struct report *report)
{
    size_t count;
    const struct explain_word *words = explain_words(&count);
    (void)report;
    g_string_append(out, "<details class=\"words\">");
    page_element(out, "summary", NULL, _("The words of a report"));
    for (size_t i = 0; i < count; i++) {
        if (words[i].title) {
            g_string_append(out, i ? "</dl>" : "");
            page_element(out, "h3", NULL, _(words[i].title));
            g_string_append(out, "<dl>");
            continue;
        }
        g_string_append(out, "<div>");
        page_element(out, "dt", NULL, explain_word_shown(&words[i]));
        page_element(out, "dd", NULL, _(words[i].sentence));
        g_string_append(out, "</div>");
    }
    g_string_append(out, "</dl></details>");
}

/* ---- One event ---- */

static bool is_drawn(const struct diagram *diagram, const struct tcprst_frame *frame)
{
    for (size_t i = 0; diagram && i < diagram->count; i++)
        if (diagram_shows(&diagram->segments[i], frame))
            return true;
    return false;
}

/* Evidence that no segment of the diagram shows. */
static void put_evidence(GString *out, const struct report *report, const struct tcprst_verdict *v,
                         const struct diagram *diagram)
{
    size_t start = out->len, empty;
    g_string_append_printf(out, "<h3>%s</h3><ul class=\"evidence\">", _("Evidence"));
    empty = out->len;
    for (unsigned i = 0; i < v->evidence_count; i++) {
        const struct tcprst_evidence *e = &v->evidence[i];
        if (is_drawn(diagram, &e->frame))
            continue;
        g_string_append(out, "<li>");
        if (e->frame.number) {
            bool other =
                e->frame.capture != v->frame.capture && e->frame.capture < report->name_count;
            char *frame =
                words_frame(e->frame.number, other ? report->names[e->frame.capture] : NULL);
            page_element(out, "span", "soft", frame);
            g_string_append_c(out, ' ');
            g_free(frame);
        }
        string_html(out, report_evidence_text(e));
        g_string_append(out, "</li>");
    }
    if (out->len == empty)
        g_string_truncate(out, start);
    else
        g_string_append(out, "</ul>");
}

static void put_alternatives(GString *out, const struct tcprst_verdict *v)
{
    if (v->alternative_count == 0)
        return;
    g_string_append_printf(out, "<h3>%s</h3><ul class=\"evidence\">", _("Not ruled out"));
    for (unsigned i = 0; i < v->alternative_count; i++) {
        const struct tcprst_cause_info *info = tcprst_cause_info(v->alternatives[i].cause);
        g_string_append(out, "<li>");
        page_element(out, "b", NULL, info->id);
        g_string_append_printf(out, _(" (%s): "), words_alternative(v, i));
        string_html(out, _(info->title));
        g_string_append(out, "</li>");
    }
    g_string_append(out, "</ul>");
}

static void put_fact(GString *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    g_string_append(out, "<div>");
    page_element(out, "dt", NULL, name);
    page_element(out, "dd", NULL, value);
    g_string_append(out, "</div>");
}

/* A word of an enumeration; one that says nothing is left out. */
static void put_word(GString *out, const char *name, const char *kind, const char *word)
{
    if (word && strcmp(word, "unknown") != 0)
        put_fact(out, name, translate_word(kind, word));
}

static void put_facts(GString *out, const struct summary_group *group,
                      const struct report_reset *reset)
{
    const struct tcprst_verdict *v = &group->first;
    const char *error = tcprst_peer_error_id(v->peer_error);
    char idle[DURATION_SIZE];
    g_string_append(out, "<dl class=\"facts\">");
    put_fact(out, _("Connection"), words_stage(v->stage));
    put_word(out, _("Its numbers"), "acceptance", tcprst_acceptance_id(v->acceptance));
    put_word(out, _("Effect"), "effect", tcprst_effect_id(v->effect));
    put_word(out, _("In the name of"), "sender", tcprst_sender_id(v->sender));
    GString *sent_by = g_string_new(NULL);
    words_sent_by(sent_by, group);
    put_fact(out, _("Really sent by"), sent_by->str);
    g_string_free(sent_by, TRUE);
    if (group->idle_min >= 1000000000)
        put_fact(out, _("Idle before"), string_duration(idle, group->idle_min));
    if (group->risk > 0)
        put_fact(out, _("At risk"), words_counted(group->risk, "%s byte", "%s bytes"));
    if (v->unread_possible > 0 && words_may_be_unread(v))
        put_fact(out, _("May lie unread at the sender"),
                 words_counted((uint64_t)v->unread_possible, "%s byte", "%s bytes"));
    put_word(out, _("Error the receiver's application gets"), "peer error", error);
    put_fact(out, _("The reset says"), reset->device_text);
    put_fact(out, _("Triggered by"), group->trigger_says);
    put_fact(out, _("Its sender had sent"), group->answer_says);
    put_fact(out, _("The capture notes"), group->process);
    g_string_append(out, "</dl>");
}

static void put_event_head(GString *out, const struct report *report,
                           const struct summary_group *group, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = &group->first;
    const char *severity = tcprst_severity_id(group->severity);
    const char *severity_word = words_severity_word(group->severity);
    GString *words = g_string_new(NULL);
    words_strength(words, v);
    g_string_append_printf(out,
                           "<summary><span class=\"dot %s\" title=\"%s\"></span><span><span "
                           "class=\"name\">%s</span>",
                           severity, severity_word, tcprst_cause_id(v->cause));
    page_element(out, "span", "chip", words->str);
    g_string_append_printf(out, "<span class=\"chip %s\">%s</span></span><span class=\"count\">",
                           severity, severity_word);
    if (group->events > 1)
        g_string_append(out, words_counted(group->events, "%s event", "%s events"));
    if (group->resets != group->events)
        g_string_append_printf(out, "%s%s", group->events > 1 ? _(", ") : "",
                               words_counted(group->resets, "%s reset", "%s resets"));
    g_string_append(out, "</span><span class=\"where\"><span>");
    g_string_truncate(words, 0);
    words_ends(words, group);
    string_html(out, words->str);
    g_string_append(out, "</span>");
    char *frame = words_frame(v->frame.number, report->name_count > 1 ? reset->capture : NULL);
    page_element(out, "span", NULL, frame);
    g_free(frame);
    char time[40];
    report_local_time(report, time, v->time, report_digits(report, v->frame.capture, v->time));
    page_element(out, "span", NULL, *time ? time : _("no time"));
    g_string_append(out, "</span></summary>");
    g_string_free(words, TRUE);
}

void page_event(GString *out, const struct report *report, const struct summary_group *group,
                const struct diagram *diagram, bool open)
{
    const struct tcprst_verdict *v = &group->first;
    const struct tcprst_cause_info *info = tcprst_cause_info(v->cause);
    struct report_reset reset;
    report_prepare(report, v, &reset);
    GString *because = g_string_new(NULL), *filter = g_string_new(NULL);
    words_because(because, group);
    because->str[0] = g_ascii_toupper(because->str[0]);
    words_group_filter(filter, group, reset.display_filter);
    g_string_append_printf(out, "<details class=\"event\"%s>", open ? " open" : "");
    put_event_head(out, report, group, &reset);
    g_string_append(out, "<div class=\"body\"><p><b>");
    string_html(out, because->str);
    g_string_append_printf(out, "%s</b> %s ", _("."), _("In general:"));
    prose(out, _(info->meaning));
    g_string_append(out, "</p>");
    put_facts(out, group, &reset);
    page_element(out, "h3", NULL,
                 group->events > 1 ? _("The first of these events")
                                   : _("The segments that matter"));
    page_diagram(out, report, v, diagram);
    put_evidence(out, report, v, diagram);
    put_alternatives(out, v);
    char *advice = advice_words(report, group);
    page_element(out, "h3", NULL, _("What to check next"));
    g_string_append(out, "<p>");
    prose(out, advice);
    g_string_append(out, "</p>");
    page_element(out, "h3", NULL, _("In Wireshark"));
    g_string_append(out, "<div class=\"copy\">");
    page_element(out, "code", NULL, filter->str);
    g_string_append(out, "</div></div></details>");
    g_free(advice);
    g_string_free(because, TRUE);
    g_string_free(filter, TRUE);
}
