/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_html.c - the report as one self-contained page: the template, style and script of html/,
 * what matters as HTML that needs no script (report_page.c), and the data as JSON from which the
 * script draws with text nodes only what can be sorted and filtered. What is shown is bounded, and
 * the page says what was left out.
 */
#include "diagram.h"
#include "html_files.h"
#include "report_advice.h"
#include "report_json.h"
#include "report_page.h"
#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

enum {
    GROUPS_OF_A_CAUSE = 8, /* as in the text report, so that both count alike */
    MAX_GROUPS = 240,
    WHOLE_EVENTS = 10, /* drawn without a script; the first of them are open */
    OPEN_EVENTS = 3,
    MAX_HOSTS = 100,
    MAX_DATA = 4 << 20, /* octets; the template adds some 40 kB */
};

static void json_double(GString *out, const char *key, double number)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    json_key(out, key);
    g_string_append(out, g_ascii_formatd(digits, sizeof digits, "%.9f", number));
}

static void put_cause(GString *out, const struct summary *summary, enum tcprst_cause cause)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(cause);
    json_key(out, info->id);
    g_string_append_c(out, '{');
    json_text(out, "group", tcprst_group_id(info->group));
    json_text(out, "group_title", _(tcprst_group_title(info->group)));
    json_text(out, "title", _(info->title));
    json_text(out, "meaning", _(info->meaning));
    json_text(out, "references", info->references);
    for (unsigned s = TCPRST_STRENGTH_CERTAIN; s >= TCPRST_STRENGTH_POSSIBLE; s--)
        json_number(out, tcprst_strength_id((enum tcprst_strength)s),
                    summary->causes[cause].resets_by_strength[s]);
    g_string_append_c(out, '}');
}

#define PUT_KIND(out, kind, of, count)                                                             \
    do {                                                                                           \
        json_key(out, kind);                                                                       \
        g_string_append_c(out, '{');                                                               \
        for (unsigned i = 0; i < (count); i++) {                                                   \
            const char *id = tcprst_##of##_id((enum tcprst_##of)i);                                \
            if (id)                                                                                \
                json_text(out, id, translate_word(kind, id));                                      \
        }                                                                                          \
        g_string_append_c(out, '}');                                                               \
    } while (0)

/* The words of enumerations as the reader says them. */
static void put_words(GString *out)
{
    json_key(out, "words");
    g_string_append_c(out, '{');
    PUT_KIND(out, "strength", strength, TCPRST_STRENGTH_CERTAIN + 1);
    PUT_KIND(out, "severity", severity, TCPRST_SEVERITY_SUSPICIOUS + 1);
    PUT_KIND(out, "stage", stage, TCPRST_STAGE_MID_STREAM + 1);
    PUT_KIND(out, "acceptance", acceptance, TCPRST_ACCEPTANCE_NO_CONNECTION + 1);
    PUT_KIND(out, "effect", effect, TCPRST_EFFECT_IGNORED + 1);
    PUT_KIND(out, "sender", sender, TCPRST_SENDER_SERVER + 1);
    PUT_KIND(out, "origin", origin, TCPRST_ORIGIN_THIRD_PARTY + 1);
    PUT_KIND(out, "peer error", peer_error, TCPRST_PEER_ERROR_NONE + 1);
    g_string_append_c(out, '}');
}

/* The words of every cause, alternatives name those that were not met too; and its resets by
 * strength. */
static void put_causes(GString *out, const struct summary *summary)
{
    json_key(out, "causes");
    g_string_append_c(out, '{');
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++)
        put_cause(out, summary, (enum tcprst_cause)i);
    g_string_append_c(out, '}');
}

static void put_course(GString *out, const struct summary *summary)
{
    const struct summary_course *course = &summary->course;
    json_key(out, "course");
    if (course->start == TCPRST_TIME_UNKNOWN) {
        g_string_append(out, "null");
        return;
    }
    g_string_append_c(out, '{');
    json_double(out, "start", (double)course->start / 1e9);
    json_double(out, "step", (double)course->step / 1e9);
    json_key(out, "resets");
    g_string_append_c(out, '{');
    for (unsigned cause = 0; cause < TCPRST_CAUSE_COUNT; cause++) {
        if (summary->causes[cause].resets == 0)
            continue;
        json_key(out, tcprst_cause_id((enum tcprst_cause)cause));
        for (unsigned i = 0; i < SUMMARY_STEPS; i++)
            g_string_append_printf(out, "%c%u", i ? ',' : '[', course->resets[i][cause]);
        g_string_append_c(out, ']');
    }
    g_string_append(out, "}}");
}

static void put_hosts(GString *out, const struct summary *summary, enum summary_role role)
{
    GPtrArray *hosts = summary_hosts(summary, role);
    g_string_append(out, "{\"rows\":[");
    for (guint i = 0; i < hosts->len && i < MAX_HOSTS; i++) {
        const struct summary_host *host = hosts->pdata[i];
        char address[46];
        report_address(address, host->address, host->ip_version);
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "address", address);
        if (role == SUMMARY_SERVICES)
            json_number(out, "port", host->port);
        json_key(out, "forged");
        g_string_append(out, host->forged ? "true" : "false");
        json_number(out, "resets", host->resets);
        json_number(out, "events", host->events);
        for (unsigned s = 0; s < G_N_ELEMENTS(host->by_severity); s++)
            json_number(out, tcprst_severity_id((enum tcprst_severity)s), host->by_severity[s]);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
    json_number(out, "more", hosts->len > MAX_HOSTS ? hosts->len - MAX_HOSTS : 0);
    json_key(out, "lower_bounds");
    g_string_append(out, summary->dropped_hosts[role] ? "true}" : "false}");
    g_ptr_array_unref(hosts);
}

static void put_all_hosts(GString *out, const struct summary *summary)
{
    json_key(out, "senders");
    put_hosts(out, summary, SUMMARY_SENDERS);
    json_key(out, "receivers");
    put_hosts(out, summary, SUMMARY_RECEIVERS);
    json_key(out, "services");
    put_hosts(out, summary, SUMMARY_SERVICES);
}

/* ---- Events ---- */

/* The frame in which each place has it, from the RST's source to its destination. */
static void put_segment_places(GString *out, const struct report *report,
                               const struct diagram *diagram, const struct diagram_segment *segment)
{
    struct diagram_way way = diagram_way(diagram, segment);
    GString *words = g_string_new(NULL);
    json_number(out, "from", way.from);
    json_number(out, "to", way.to);
    json_key(out, "at");
    g_string_append_c(out, '[');
    for (unsigned i = 0; i < diagram->line_count; i++)
        g_string_append_printf(out, "%s%" PRIu64, i ? "," : "",
                               segment->at[diagram->lines[i]].number);
    g_string_append_c(out, ']');
    page_way(words, report, diagram, segment);
    json_text(out, "way", words->str);
    g_string_free(words, TRUE);
}

static void put_segment(GString *out, const struct report *report, const struct tcprst_verdict *v,
                        const struct diagram *diagram, const struct diagram_segment *segment)
{
    g_string_append_c(out, '{');
    json_number(out, "frame", segment->frame.number);
    if (segment->time != TCPRST_TIME_UNKNOWN && diagram->zero != TCPRST_TIME_UNKNOWN)
        json_double(out, "time", (double)(segment->time - diagram->zero) / 1e9);
    json_key(out, "out");
    g_string_append(out, segment->from_source ? "true" : "false");
    json_number(out, "flags", segment->flags);
    json_number(out, "seq", segment->seq);
    json_number(out, "ack", segment->ack);
    json_number(out, "length", segment->length);
    json_number(out, "window", segment->window);
    json_number(out, "index", segment->index);
    if (segment->is_reset)
        json_number(out, "reset", 1);
    if (diagram_shows(segment, &v->trigger))
        json_number(out, "trigger", 1);
    json_key(out, "facts");
    g_string_append_c(out, '[');
    const char *separator = "";
    for (unsigned i = 0; i < v->evidence_count; i++)
        if (diagram_shows(segment, &v->evidence[i].frame)) {
            g_string_append_printf(out, "%s%u", separator, i);
            separator = ",";
        }
    g_string_append_c(out, ']');
    if (diagram->line_count)
        put_segment_places(out, report, diagram, segment);
    g_string_append_c(out, '}');
}

static void put_diagram(GString *out, const struct report *report, const struct tcprst_verdict *v,
                        const struct diagram *diagram)
{
    json_key(out, "places");
    g_string_append_c(out, '[');
    for (unsigned i = 0; diagram && i < diagram->line_count; i++) {
        char *name = page_place(report, diagram, i);
        g_string_append(out, i ? "," : "");
        string_json(out, name);
        g_free(name);
    }
    g_string_append_c(out, ']');
    json_key(out, "segments");
    g_string_append_c(out, '[');
    for (size_t i = 0; diagram && i < diagram->count; i++) {
        if (i)
            g_string_append_c(out, ',');
        put_segment(out, report, v, diagram, &diagram->segments[i]);
    }
    g_string_append_c(out, ']');
    json_number(out, "segments_left_out", diagram ? diagram->left_out : 0);
}

static void put_member(GString *out, const struct report *report, const struct summary_group *group,
                       const struct summary_member *member)
{
    char source[46], destination[46], time[40];
    report_address(source, member->source, group->first.ip_version);
    report_address(destination, member->destination, group->first.ip_version);
    report_time(time, member->time, report_digits(report, member->frame.capture, member->time));
    g_string_append_c(out, '{');
    json_number(out, "frame", member->frame.number);
    if (report->name_count > 1 && member->frame.capture < report->name_count)
        json_text(out, "capture", report->names[member->frame.capture]);
    json_text(out, "time", *time ? time : NULL);
    json_text(out, "src", source);
    json_number(out, "src_port", member->source_port);
    json_text(out, "dst", destination);
    json_number(out, "dst_port", member->destination_port);
    g_string_append_c(out, '}');
}

static void put_group_counts(GString *out, const struct summary_group *group)
{
    json_number(out, "events", group->events);
    json_number(out, "resets", group->resets);
    json_number(out, "source_hosts", group->source_hosts);
    json_number(out, "destination_hosts", group->destination_hosts);
    json_key(out, "many");
    g_string_append(out, group->many ? "true" : "false");
    json_number(out, "risk", group->risk);
    json_octets(out, "idle_min", group->idle_min);
    json_octets(out, "idle_max", group->idle_max);
    json_key(out, "service_is_source");
    g_string_append(out, summary_service_is_source(&group->first) ? "true" : "false");
    json_key(out, "ports");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < group->port_count; i++)
        g_string_append_printf(out, "%s%u", i ? "," : "", group->ports[i]);
    g_string_append_c(out, ']');
    json_key(out, "more_ports");
    g_string_append(out, group->more_ports ? "true" : "false");
}

static void put_group(GString *out, const struct report *report, const struct summary_group *group,
                      const struct diagram *diagram)
{
    struct report_reset reset;
    struct tcprst_verdict copy = group->first;
    report_prepare(report, &copy, &reset);
    reset.trigger_says = *group->trigger_says ? group->trigger_says : NULL;
    reset.answer_says = *group->answer_says ? group->answer_says : NULL;
    reset.process = *group->process ? group->process : NULL;
    reset.why = group->why;
    GString *words = g_string_new(NULL);
    g_string_append_c(out, '{');
    put_group_counts(out, group);
    json_text(out, "severity", tcprst_severity_id(group->severity));
    words_because(words, group);
    json_text(out, "because", words->str);
    g_string_truncate(words, 0);
    words_strength(words, &group->first);
    json_text(out, "sure", words->str);
    g_string_truncate(words, 0);
    words_sent_by(words, group);
    json_text(out, "sent_by", words->str);
    g_string_truncate(words, 0);
    words_group_filter(words, group, reset.display_filter);
    json_text(out, "filter", words->str);
    g_string_free(words, TRUE);
    json_key(out, "may_be_unread");
    g_string_append(out, words_may_be_unread(&group->first) ? "true" : "false");
    char *advice = advice_words(report, group);
    json_text(out, "advice", advice);
    g_free(advice);
    json_key(out, "first");
    const GString *first = json_reset(report, &reset);
    g_string_append_len(out, first->str, (gssize)first->len);
    json_key(out, "members");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < group->member_count && group->events > 1; i++) {
        if (i)
            g_string_append_c(out, ',');
        put_member(out, report, group, &group->members[i]);
    }
    g_string_append_c(out, ']');
    put_diagram(out, report, &group->first, diagram);
    g_string_append_c(out, '}');
}

/* A capture may have been cut, or memory refused, since it was read first. */
static char *second_reading(const struct report *report)
{
    for (size_t i = 0; i < report->name_count && !report->interrupted; i++) {
        const struct input_capture *again = input_capture(report->again, i);
        if (again->packets >= input_capture(report->input, i)->packets)
            continue;
        char *why = again->damage ? report_clause(report, i, again->damage)
                                  : g_strdup(_("it has become shorter"));
        char *words = g_strdup_printf(_("'%s' could not be read to its end a second time, for the "
                                        "diagrams: %s"),
                                      report->names[i], why);
        g_free(why);
        return words;
    }
    return NULL;
}

static struct diagram **collect(struct report *report, GPtrArray *groups, size_t count)
{
    struct diagram **diagrams = g_new0(struct diagram *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct summary_group *group = groups->pdata[i];
        diagrams[i] = g_new(struct diagram, 1);
        diagram_start(diagrams[i], &group->first, &group->tuple);
    }
    if (report->again)
        diagram_collect(diagrams, count, report->again, report->places,
                        report->interrupted ? report_segments(report) : 0);
    if (report->again && count > 0)
        report->again_short = second_reading(report);
    return diagrams;
}

/* What the page shows of the events: the groups, worst first, and their diagrams. */
struct shown {
    GPtrArray *groups;
    struct diagram **diagrams;
    size_t count; /* of groups that have a diagram */
};

/* Groups as long as there is room. */
static void put_groups(GString *out, const struct report *report, const struct shown *shown)
{
    uint64_t events = 0, left_out = 0;
    size_t groups = 0;
    json_key(out, "groups");
    g_string_append_c(out, '[');
    for (guint i = 0; i < shown->groups->len; i++) {
        const struct summary_group *group = shown->groups->pdata[i];
        if (i >= shown->count || out->len > MAX_DATA) {
            left_out += group->events;
            continue;
        }
        if (i)
            g_string_append_c(out, ',');
        put_group(out, report, group, report->again ? shown->diagrams[i] : NULL);
        groups++;
        events += group->events;
    }
    g_string_append_c(out, ']');
    json_number(out, "groups_shown", groups);
    json_number(out, "events_shown", events);
    json_number(out, "events_left_out", left_out);
}

static void put_events(GString *page, const struct report *report, const struct shown *shown)
{
    uint64_t rest = 0;
    for (guint i = 0; i < shown->groups->len; i++) {
        const struct summary_group *group = shown->groups->pdata[i];
        if (i < WHOLE_EVENTS)
            page_event(page, report, group, report->again ? shown->diagrams[i] : NULL,
                       i < OPEN_EVENTS);
        else
            rest += group->events;
    }
    if (rest > 0)
        g_string_append_printf(page, "<p class=\"soft\">%s</p>",
                               words_counted(rest, "%s more event is shown only with scripts.",
                                             "%s more events are shown only with scripts."));
}

/* ---- The page ---- */

/* '<', '>' and '&' only stand inside JSON strings, where they may be written as escapes: nothing in
 * the data can then end the element that holds it. */
static void put_data(GString *page, const GString *data)
{
    for (const char *p = data->str; *p; p++) {
        if (*p == '<' || *p == '>' || *p == '&')
            g_string_append_printf(page, "\\u%04x", (unsigned)*p);
        else
            g_string_append_c(page, *p);
    }
}

/* What stands between the quotation marks at open, and where it ends. */
static char *quoted(const char *open, const char **end)
{
    *end = strchr(open + 1, '"');
    return g_strndup(open + 1, (gsize)(*end - open - 1));
}

/* For JavaScript, which knows no language's rule: each form, and which of them goes with 0 to 99
 * and with 100 to 199 and all that end like them. */
static void put_forms(GString *out, const char *one, const char *many)
{
    enum { NUMBERS = 200, FORMS = 10 };
    const char *forms[FORMS];
    char of[NUMBERS + 1] = "";
    size_t count = 0;
    g_string_append(out, "{forms:[");
    for (unsigned n = 0; n < NUMBERS; n++) {
        const char *form = translate_plural(one, many, n);
        size_t i = 0;
        while (i < count && strcmp(forms[i], form) != 0)
            i++;
        if (i == count && count < FORMS) {
            forms[count++] = form;
            g_string_append(out, i ? "," : "");
            string_json(out, form);
        }
        of[n] = (char)('0' + MIN(i, FORMS - 1));
    }
    g_string_append_printf(out, "],of:\"%s\"}", of);
}

/* The script with the translation of each _("...") and _n("...", "...") in its place. */
static GString *translated_script(void)
{
    GString *out = g_string_sized_new(sizeof script_js);
    for (const char *p = script_js;;) {
        const char *call = strstr(p, "_(\""), *plural = strstr(p, "_n(\""), *end;
        if (!call && !plural) {
            g_string_append(out, p);
            return out;
        }
        if (!call || (plural && plural < call))
            call = plural;
        char *one = quoted(strchr(call, '"'), &end);
        g_string_append_len(out, p, call - p);
        if (call == plural) {
            char *many = quoted(strchr(end + 1, '"'), &end);
            put_forms(out, one, many);
            g_free(many);
        } else {
            string_json(out, _(one));
        }
        g_free(one);
        p = end + strlen("\")");
    }
}

static void put_script(GString *page)
{
    GString *script = translated_script();
    g_string_append_len(page, script->str, (gssize)script->len);
    g_string_free(script, TRUE);
}

/* What a Content-Security-Policy calls exactly this text. */
static char *hash_of(const char *text)
{
    guint8 digest[32];
    gsize length = sizeof digest;
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, -1);
    g_checksum_get_digest(checksum, digest, &length);
    g_checksum_free(checksum);
    char *base64 = g_base64_encode(digest, length);
    char *hash = g_strdup_printf("'sha256-%s'", base64);
    g_free(base64);
    return hash;
}

static void put_policy(GString *page)
{
    GString *translated = translated_script();
    char *script = hash_of(translated->str), *style = hash_of(style_css);
    g_string_free(translated, TRUE);
    g_string_append_printf(page,
                           "default-src 'none'; script-src %s; style-src %s; img-src data:; "
                           "base-uri 'none'; form-action 'none'",
                           script, style);
    g_free(script);
    g_free(style);
}

static void put_title(GString *page, const struct report *report)
{
    size_t first, more = words_read(report, &first);
    string_html(page, report->name_count > 0 ? report->names[first] : "");
    if (more > 0)
        g_string_append(page, words_counted(more, " and %s more", " and %s more"));
}

static void put_heading(GString *page, const struct report *report)
{
    size_t first, more = words_read(report, &first);
    char *heading =
        g_strdup_printf(_("TCP resets in %s"), report->name_count > 0 ? report->names[first] : "");
    string_html(page, heading);
    if (more > 0)
        g_string_append(page, words_counted(more, " and %s more", " and %s more"));
    g_free(heading);
}

static void put_language(GString *page, const struct report *report)
{
    (void)report;
    char *language = g_strdelimit(g_strdup(translate_language()), "_", '-');
    string_html(page, language);
    g_free(language);
}

/* *words* in bold. */
static void put_bold(GString *page, const char *text)
{
    char **parts = g_strsplit(text, "*", -1);
    for (size_t i = 0; parts[i]; i++) {
        g_string_append(page, i % 2 ? "<b>" : "");
        string_html(page, parts[i]);
        g_string_append(page, i % 2 ? "</b>" : "");
    }
    g_strfreev(parts);
}

static void put_foot(GString *page, const struct report *report)
{
    if (words_foot(report))
        string_html(page, words_foot(report));
}

static void put_made(GString *page, const struct report *report)
{
    (void)report;
    g_string_append_printf(page,
                           _("Made by tcprst %s from the capture alone; no part of this page loads "
                             "anything. Times are UTC."),
                           TCPRST_VERSION);
}

static GString *make_data(const struct report *report, const struct shown *shown)
{
    GString *data = g_string_sized_new(1 << 20);
    g_string_append_c(data, '{');
    json_text(data, "version", TCPRST_VERSION);
    json_key(data, "captures");
    json_captures(data, report);
    json_key(data, "summary");
    json_summary(data, report);
    put_words(data);
    put_causes(data, report->summary);
    put_course(data, report->summary);
    put_all_hosts(data, report->summary);
    put_groups(data, report, shown);
    g_string_append_c(data, '}');
    return data;
}

static void put_script_data(GString *page, const struct report *report, const struct shown *shown)
{
    GString *data = make_data(report, shown);
    put_data(page, data);
    g_string_free(data, TRUE);
}

/* Parts of the page by their names in the template. */
static void put_part(GString *page, const char *name, size_t length, const struct report *report,
                     const struct shown *shown)
{
    static const struct {
        const char *name;
        void (*put)(GString *page, const struct report *report);
    } parts[] = {
        {"title", put_title},        {"heading", put_heading},    {"language", put_language},
        {"foot", put_foot},          {"made", put_made},          {"measure", page_measure},
        {"remarks", page_remarks},   {"headline", page_headline}, {"tiles", page_tiles},
        {"first", page_first},       {"services", page_services}, {"changes", page_changes},
        {"causes", page_causes},     {"endings", page_endings},   {"hosts", page_hosts},
        {"captures", page_captures}, {"words", page_words}};
    char *part = g_strndup(name, length);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strcmp(part, parts[i].name) == 0)
            parts[i].put(page, report);
    if (strcmp(part, "policy") == 0)
        put_policy(page);
    else if (strcmp(part, "style") == 0)
        g_string_append(page, style_css);
    else if (strcmp(part, "script") == 0)
        put_script(page);
    else if (*part == '_')
        put_bold(page, _(part + 1));
    else if (strcmp(part, "events") == 0)
        put_events(page, report, shown);
    else if (strcmp(part, "data") == 0)
        put_script_data(page, report, shown);
    g_free(part);
}

/* The template with each {{name}} replaced by that part. */
static void close_report(struct report *report)
{
    if (report->nothing)
        return;
    struct shown shown = {.groups = summary_groups(report->summary, GROUPS_OF_A_CAUSE)};
    shown.count = MIN(shown.groups->len, MAX_GROUPS);
    shown.diagrams = collect(report, shown.groups, shown.count);
    GString *page = g_string_sized_new(1 << 20);
    const char *p = page_html, *open, *close;
    while ((open = strstr(p, "{{")) && (close = strstr(open, "}}"))) {
        g_string_append_len(page, p, open - p);
        put_part(page, open + 2, (size_t)(close - open - 2), report, &shown);
        p = close + 2;
    }
    g_string_append(page, p);
    fwrite(page->str, 1, page->len, report->out);
    g_string_free(page, TRUE);
    for (size_t i = 0; i < shown.count; i++)
        g_free(shown.diagrams[i]);
    g_free(shown.diagrams);
    g_ptr_array_unref(shown.groups);
}

const struct report_format report_html = {
    .close = close_report, .summarises = true, .bare_names = true};
