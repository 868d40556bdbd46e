/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_json.c - resets, connections, captures and the summary as JSON; and the json report of all
 * of them. */
#include "report_json.h"

#include "report_baseline.h"
#include "report_string.h"
#include "summary.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void json_key_part(GString *out, const char *key, size_t length)
{
    char before = out->len > 0 ? out->str[out->len - 1] : '{';
    if (before != '{' && before != '[')
        g_string_append_c(out, ',');
    g_string_append_c(out, '"');
    string_add(out, key, length);
    string_add(out, "\":", 2);
}

void json_key(GString *out, const char *key)
{
    json_key_part(out, key, strlen(key));
}

void json_text(GString *out, const char *key, const char *text)
{
    json_key(out, key);
    if (text)
        string_json(out, text);
    else
        string_add(out, "null", 4);
}

void json_number(GString *out, const char *key, uint64_t number)
{
    char digits[24], *first = digits + sizeof digits;
    json_key(out, key);
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    string_add(out, first, (size_t)(digits + sizeof digits - first));
}

void json_octets(GString *out, const char *key, int64_t number)
{
    if (number < 0)
        json_text(out, key, NULL);
    else
        json_number(out, key, (uint64_t)number);
}

static void json_flag(GString *out, const char *key, bool flag)
{
    json_key(out, key);
    g_string_append(out, flag ? "true" : "false");
}

/* A frame number, null where there is none. */
static void json_frame(GString *out, const char *key, const struct tcprst_frame *frame)
{
    if (frame->number == 0)
        json_text(out, key, NULL);
    else
        json_number(out, key, frame->number);
}

/* The file of a frame, null where it is the reset's own or there is no frame. */
static void json_other_capture(GString *out, const char *key, const struct report *report,
                               const struct tcprst_frame *frame, uint32_t own)
{
    bool other = frame->number > 0 && frame->capture != own && frame->capture < report->name_count;
    json_text(out, key, other ? report->names[frame->capture] : NULL);
}

static void json_seconds(GString *out, const char *key, int64_t nanoseconds)
{
    if (nanoseconds < 0) {
        json_text(out, key, NULL);
        return;
    }
    char number[40];
    int length = snprintf(number, sizeof number, "%" PRId64 ".%09" PRId64, nanoseconds / 1000000000,
                          nanoseconds % 1000000000);
    while (number[length - 1] == '0' && number[length - 2] != '.')
        length--;
    json_key(out, key);
    g_string_append_len(out, number, length);
}

static void json_alternatives(GString *out, const char *key, const struct tcprst_verdict *v)
{
    json_key(out, key);
    g_string_append_c(out, '[');
    for (unsigned i = 0; i < v->alternative_count; i++) {
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "cause", tcprst_cause_id(v->alternatives[i].cause));
        json_text(out, "strength", tcprst_strength_id(v->alternatives[i].strength));
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void json_evidence(GString *out, const struct report *report, uint32_t own,
                          const struct tcprst_evidence *evidence)
{
    g_string_append_c(out, '{');
    json_text(out, "fact", tcprst_fact_id(evidence->fact));
    json_text(out, "text", report_evidence_text(evidence));
    json_frame(out, "frame", &evidence->frame);
    json_other_capture(out, "capture", report, &evidence->frame, own);
    g_string_append_c(out, '}');
}

static void json_evidence_list(GString *out, const char *key, const struct report *report,
                               uint32_t own, const struct tcprst_evidence *evidence, size_t count)
{
    json_key(out, key);
    g_string_append_c(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            g_string_append_c(out, ',');
        json_evidence(out, report, own, &evidence[i]);
    }
    g_string_append_c(out, ']');
}

static void json_findings(GString *out, const struct report *report,
                          const struct report_reset *reset)
{
    json_key(out, "findings");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < reset->finding_count; i++) {
        const struct tcprst_finding *finding = &reset->findings[i];
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "cause", tcprst_cause_id(finding->cause));
        json_text(out, "strength", tcprst_strength_id(finding->strength));
        json_flag(out, "excluded", finding->excluded);
        json_evidence_list(out, "facts", report, reset->verdict->frame.capture, finding->facts,
                           finding->fact_count);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

/* The key within the object it stands in: of "a.b" that is b, in the object a, which is opened
 * where it is not *open already. Closes what was open before; a key without a dot opens none. */
static const char *json_nested(GString *out, const char **open, const char *key)
{
    const char *dot = strchr(key, '.');
    size_t outer = dot ? (size_t)(dot - key) + 1 : 0;
    bool same = *open && dot && strncmp(*open, key, outer) == 0;
    if (*open && !same)
        g_string_append_c(out, '}');
    if (dot && !same) {
        json_key_part(out, key, outer - 1);
        g_string_append_c(out, '{');
    }
    *open = dot ? key : NULL;
    return dot ? dot + 1 : key;
}

static void json_text_or_null(GString *out, const char *key, const char *text, bool may_be_absent)
{
    json_text(out, key, may_be_absent && text && !*text ? NULL : text);
}

#define JSON_TEXT(member, of, key, absent)                                                         \
    json_text_or_null(out, key, reset->member, (absent) != NULL);
#define JSON_NUMBER(member, of, key, absent) json_number(out, key, v->member);
#define JSON_WORD(member, of, key, absent)                                                         \
    json_text(out, key, (absent) && !v->member ? NULL : tcprst_##of##_id(v->member));
#define JSON_FLAG(member, of, key, absent) json_flag(out, key, v->member);
#define JSON_COUNT(member, of, key, absent) json_octets(out, key, v->member);
#define JSON_SECONDS(member, of, key, absent) json_seconds(out, key, v->member);
#define JSON_FRAME(member, of, key, absent) json_frame(out, key, &v->member);
#define JSON_CAPTURE(member, of, key, absent) json_other_capture(out, key, report, &v->member, own);
#define JSON_LIST(member, of, key, absent) JSON_LIST_##of(key)
#define JSON_LIST_alternative(key) json_alternatives(out, key, v);
#define JSON_LIST_evidence(key)                                                                    \
    json_evidence_list(out, key, report, own, v->evidence, v->evidence_count);

void json_reset(GString *out, const struct report *report, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = reset->verdict;
    const char *open = NULL;
    uint32_t own = v->frame.capture;
    g_string_append_c(out, '{');
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    JSON_##KIND(member, of, json_nested(out, &open, key), absent)
#include "tcprst/verdict.def"
    json_nested(out, &open, "");
    if (report->options->why)
        json_findings(out, report, reset);
    g_string_append_c(out, '}');
}

static void json_end(GString *out, const char *key, const struct tcprst_end *end,
                     unsigned ip_version)
{
    char address[46];
    report_address(address, end->address, ip_version);
    json_key(out, key);
    g_string_append_c(out, '{');
    json_text(out, "address", address);
    json_number(out, "port", end->port);
    json_number(out, "segments", end->segments);
    json_number(out, "octets", end->octets);
    json_octets(out, "unacknowledged", end->unacknowledged);
    json_flag(out, "fin", end->fin);
    g_string_append_c(out, '}');
}

static void json_time(GString *out, const char *key, const struct report *report, uint32_t capture,
                      int64_t time)
{
    char text[40];
    report_time(text, time, report_digits(report, capture, time));
    json_text(out, key, text[0] ? text : NULL);
}

void json_connection(GString *out, const struct report *report,
                     const struct tcprst_connection *connection)
{
    uint32_t first = connection->first.capture, last = connection->last.capture;
    g_string_append_c(out, '{');
    json_number(out, "connection", connection->number);
    json_end(out, "client", &connection->client, connection->ip_version);
    json_end(out, "server", &connection->server, connection->ip_version);
    json_flag(out, "roles_guessed", connection->roles_guessed);
    json_text(out, "capture", first < report->name_count ? report->names[first] : NULL);
    json_frame(out, "first_frame", &connection->first);
    json_frame(out, "last_frame", &connection->last);
    json_other_capture(out, "last_capture", report, &connection->last, first);
    json_time(out, "first_time", report, first, connection->first_time);
    json_time(out, "last_time", report, last, connection->last_time);
    json_number(out, "resets", connection->resets);
    json_text(out, "ending", tcprst_ending_id(connection->ending));
    json_flag(out, "reset_after_fin", connection->reset_after_fin);
    json_flag(out, "given_up", connection->given_up);
    g_string_append_c(out, '}');
}

static void json_link_types(GString *out, const struct input_capture *capture)
{
    json_key(out, "link_types");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < capture->link_type_count; i++) {
        const struct input_link_type *type = &capture->link_types[i];
        g_string_append(out, i ? ",{" : "{");
        json_number(out, "number", type->number);
        json_text(out, "name", type->name);
        json_number(out, "packets", type->packets);
        json_flag(out, "decoded", type->decoded);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void json_clause(GString *out, const struct report *report, size_t capture,
                        const char *clause)
{
    char *shown = report_clause(report, capture, clause);
    string_json(out, shown);
    g_free(shown);
}

static void json_capture(GString *out, const struct report *report, size_t index)
{
    const struct input_capture *capture = input_capture(report->input, index);
    g_string_append_c(out, '{');
    json_text(out, "file", report->names[index]);
    json_flag(out, "readable", capture->usable);
    json_text(out, "format", capture->format && *capture->format ? capture->format : NULL);
    json_text(out, "compression", capture->compression);
    json_number(out, "packets", capture->packets);
    json_number(out, "tcp_segments", capture->segments);
    json_link_types(out, capture);
    json_time(out, "first_time", report, (uint32_t)index, capture->first_time);
    json_time(out, "last_time", report, (uint32_t)index, capture->last_time);
    json_key(out, "damage");
    if (capture->damage)
        json_clause(out, report, index, capture->damage);
    else
        string_add(out, "null", 4);
    if (capture->damage && capture->damage_frame > 0)
        json_number(out, "damage_frame", capture->damage_frame);
    else
        json_text(out, "damage_frame", NULL);
    json_key(out, "left_out");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < capture->left_out_count; i++) {
        if (i)
            g_string_append_c(out, ',');
        json_clause(out, report, index, capture->left_out[i]);
    }
    g_string_append(out, "]}");
}

void json_captures(GString *out, const struct report *report)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < report->name_count; i++) {
        if (i)
            g_string_append_c(out, ',');
        json_capture(out, report, i);
    }
    g_string_append_c(out, ']');
}

static void json_causes(GString *out, const struct summary *summary)
{
    enum tcprst_cause causes[TCPRST_CAUSE_COUNT];
    size_t count = summary_causes(summary, causes);
    json_key(out, "causes");
    g_string_append_c(out, '{');
    for (size_t i = 0; i < count; i++) {
        const struct summary_cause *cause = &summary->causes[causes[i]];
        json_key(out, tcprst_cause_id(causes[i]));
        g_string_append_c(out, '{');
        json_number(out, "resets", cause->resets);
        json_number(out, "events", cause->events);
        for (unsigned s = TCPRST_STRENGTH_CERTAIN; s >= TCPRST_STRENGTH_POSSIBLE; s--)
            json_number(out, tcprst_strength_id((enum tcprst_strength)s), cause->by_strength[s]);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

static void json_endings(GString *out, const struct summary *summary)
{
    const struct summary_ending *e = summary->endings;
    json_key(out, "endings");
    g_string_append_c(out, '{');
    json_number(out, "fin", e[SUMMARY_FIN].connections);
    json_number(out, "reset",
                e[SUMMARY_RESET].connections + e[SUMMARY_RESET_AFTER_FIN].connections);
    json_number(out, "open", e[SUMMARY_OPEN].connections);
    json_number(out, "refused", e[SUMMARY_REFUSED].connections);
    json_number(out, "reset_after_fin", e[SUMMARY_RESET_AFTER_FIN].connections);
    g_string_append_c(out, '}');
    json_key(out, "unacknowledged");
    g_string_append_c(out, '{');
    json_number(out, "fin", e[SUMMARY_FIN].unacknowledged);
    json_number(out, "reset",
                e[SUMMARY_RESET].unacknowledged + e[SUMMARY_RESET_AFTER_FIN].unacknowledged);
    json_number(out, "open", e[SUMMARY_OPEN].unacknowledged);
    json_number(out, "refused", e[SUMMARY_REFUSED].unacknowledged);
    json_number(out, "reset_after_fin", e[SUMMARY_RESET_AFTER_FIN].unacknowledged);
    g_string_append_c(out, '}');
}

static void json_real(GString *out, const char *key, double number)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    json_key(out, key);
    g_string_append(out, g_ascii_formatd(digits, sizeof digits, "%.6f", number));
}

static void json_incident(GString *out, const struct incident *incident)
{
    json_text(out, "service", incident->service);
    json_text(out, "cause", incident->cause);
    json_text(out, "sent_by", incident->sent_by);
    json_number(out, "events", incident->events);
}

static void json_incidents(GString *out, const struct report *report)
{
    GPtrArray *list = incidents_list(report->incidents);
    json_key(out, "services");
    g_string_append_c(out, '[');
    for (guint i = 0; i < list->len; i++) {
        const struct incident *incident = list->pdata[i];
        g_string_append(out, i ? ",{" : "{");
        json_incident(out, incident);
        json_number(out, "resets", incident->resets);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
    json_number(out, "services_left_out", incidents_left_out(report->incidents));
    g_ptr_array_unref(list);
}

static void json_changes(GString *out, const struct report *report)
{
    json_key(out, "changes");
    if (!report->changes) {
        g_string_append(out, "null");
        return;
    }
    g_string_append_c(out, '[');
    for (guint i = 0; i < report->changes->len; i++) {
        const struct change *change = &g_array_index(report->changes, struct change, i);
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "change", change_id(change->kind));
        json_incident(out, &change->now);
        json_number(out, "events_before", change->events_before);
        json_real(out, "per_hour", change->per_hour);
        json_real(out, "per_hour_before", change->per_hour_before);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

void json_summary(GString *out, const struct report *report)
{
    const struct summary *summary = report->summary;
    g_string_append_c(out, '{');
    json_number(out, "resets", summary->resets);
    json_number(out, "events", summary->events);
    json_number(out, "duplicates", summary->duplicates);
    json_number(out, "connections", summary->connections);
    json_endings(out, summary);
    json_causes(out, summary);
    json_key(out, "severities");
    g_string_append_c(out, '{');
    for (unsigned s = 0; s < G_N_ELEMENTS(summary->by_severity); s++)
        json_number(out, tcprst_severity_id((enum tcprst_severity)s), summary->by_severity[s]);
    g_string_append_c(out, '}');
    json_number(out, "bytes_at_risk", summary->risk);
    json_real(out, "seconds", report_seconds(report));
    json_incidents(out, report);
    json_changes(out, report);
    json_number(out, "not_final", summary->not_final);
    json_number(out, "left_out_by_cause", report->hidden);
    json_number(out, "connections_given_up", report->statistics.connections_given_up);
    json_number(out, "hosts_given_up", report->statistics.hosts_given_up);
    json_number(out, "verdicts_early", report->statistics.verdicts_early);
    json_number(out, "out_of_memory", report->statistics.out_of_memory);
    json_flag(out, "interrupted", report->interrupted);
    g_string_append_c(out, '}');
}

/* ---- The json report
 * ---------------------------------------------------------------------------------------------- */

/* Connections come between the resets, and are kept in a file without a name until their place in
 * the document. */
struct json_state {
    GString *line;
    FILE *connections;
    bool any_reset, any_connection;
};

static void open_report(struct report *report)
{
    struct json_state *state = g_new0(struct json_state, 1);
    state->line = g_string_sized_new(4096);
    state->connections = report->keep;
    report->state = state;
    fputs("{\"resets\":[", report->out);
}

static void put_line(struct json_state *state, FILE *out, bool *any)
{
    fputs(*any ? ",\n" : "\n", out);
    fwrite(state->line->str, 1, state->line->len, out);
    *any = true;
}

static void write_reset(struct report *report, const struct report_reset *reset)
{
    struct json_state *state = report->state;
    g_string_truncate(state->line, 0);
    json_reset(state->line, report, reset);
    put_line(state, report->out, &state->any_reset);
}

static void write_connection(struct report *report, const struct tcprst_connection *connection)
{
    struct json_state *state = report->state;
    g_string_truncate(state->line, 0);
    json_connection(state->line, report, connection);
    put_line(state, state->connections, &state->any_connection);
    if (report->keep_error == 0 && ferror(state->connections))
        report->keep_error = errno;
}

/* Returns false where the file was not written or read back whole; else an error of writing before
 * stays errno's. */
static bool copy_connections(FILE *from, FILE *to)
{
    char buffer[65536];
    size_t n;
    int before = errno;
    errno = 0;
    if (fflush(from) != 0 || ferror(from))
        return false;
    rewind(from);
    while ((n = fread(buffer, 1, sizeof buffer, from)) > 0)
        fwrite(buffer, 1, n, to);
    if (before && !ferror(from))
        errno = before;
    return !ferror(from);
}

static void close_report(struct report *report)
{
    struct json_state *state = report->state;
    fputs("\n],\n\"connections\":[", report->out);
    if (!copy_connections(state->connections, report->out) && report->keep_error == 0)
        report->keep_error = errno ? errno : EIO;
    g_string_assign(state->line, "\n],\n\"captures\":");
    json_captures(state->line, report);
    g_string_append(state->line, ",\n\"summary\":");
    json_summary(state->line, report);
    g_string_append(state->line, "}\n");
    fwrite(state->line->str, 1, state->line->len, report->out);
    fclose(state->connections);
    g_string_free(state->line, TRUE);
    g_free(state);
}

const struct report_format report_json = {.open = open_report,
                                          .reset = write_reset,
                                          .connection = write_connection,
                                          .close = close_report,
                                          .summarises = true};
