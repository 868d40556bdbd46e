/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_json.c - connections, captures and the summary as JSON; and the json report of all of them
 * and the resets. */
#include "report_json.h"

#include "places.h"
#include "report_baseline.h"
#include "report_json_values.h"
#include "summary.h"
#include "tcprst/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- members ---- */

void json_key_part(GString *out, const char *key, size_t length)
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
    put_text(out, text);
}

void json_number(GString *out, const char *key, uint64_t number)
{
    json_key(out, key);
    put_number(out, number);
}

void json_octets(GString *out, const char *key, int64_t number)
{
    json_key(out, key);
    put_octets(out, number);
}

void json_flag(GString *out, const char *key, bool flag)
{
    json_key(out, key);
    put_flag(out, flag);
}

static void json_frame(GString *out, const char *key, const struct tcprst_frame *frame)
{
    json_key(out, key);
    put_frame(out, frame);
}

static void json_other_capture(GString *out, const char *key, const struct report *report,
                               const struct tcprst_frame *frame, uint32_t own)
{
    json_key(out, key);
    put_other_capture(out, report, frame, own);
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

static void json_signed_seconds(GString *out, const char *key, int64_t nanoseconds)
{
    char number[40];
    snprintf(number, sizeof number, "%s%" PRId64 ".%09" PRId64, nanoseconds < 0 ? "-" : "",
             ABS(nanoseconds) / 1000000000, ABS(nanoseconds) % 1000000000);
    json_key(out, key);
    g_string_append(out, number);
}

/* Of several places: which one the capture is, and how its clock stands to the first one's. */
static void json_clock(GString *out, const struct report *report, size_t index)
{
    char drift[G_ASCII_DTOSTR_BUF_SIZE];
    const struct tcprst_clock *clock = places_clock(report->places, index);
    json_key(out, "clock");
    if (!clock) {
        string_add(out, "null", 4);
        return;
    }
    g_string_append_c(out, '{');
    json_number(out, "place", clock->place);
    json_flag(out, "shares_packets", clock->shares);
    json_number(out, "common_packets", clock->common);
    json_signed_seconds(out, "ahead", clock->ahead);
    json_signed_seconds(out, "error", clock->error);
    json_key(out, "drift_ppm");
    g_string_append(out, g_ascii_formatd(drift, sizeof drift, "%.3f", clock->drift * 1e6));
    g_string_append_c(out, '}');
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
    json_clock(out, report, index);
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

static void json_places(GString *out, const struct report *report)
{
    char **sentences = report->places ? places_sentences(report->places) : NULL;
    json_key(out, "places");
    g_string_append_c(out, '[');
    for (size_t i = 0; sentences && sentences[i]; i++) {
        g_string_append(out, i ? "," : "");
        string_json(out, sentences[i]);
    }
    g_string_append_c(out, ']');
    g_strfreev(sentences);
}

static void json_kernel_trace(GString *out, const struct report *report)
{
    char *sentence = report_kernel_trace(report);
    json_text(out, "kernel_trace", sentence);
    g_free(sentence);
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
    json_places(out, report);
    json_kernel_trace(out, report);
    json_flag(out, "interrupted", report->interrupted);
    g_string_append_c(out, '}');
}

/* ---- The json report ---- */

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

static void put_line(const GString *line, FILE *out, bool *any)
{
    fputs(*any ? ",\n" : "\n", out);
    fwrite(line->str, 1, line->len, out);
    *any = true;
}

static void write_reset(struct report *report, const struct report_reset *reset)
{
    struct json_state *state = report->state;
    put_line(json_reset(report, reset), report->out, &state->any_reset);
}

static void write_connection(struct report *report, const struct tcprst_connection *connection)
{
    struct json_state *state = report->state;
    g_string_truncate(state->line, 0);
    json_connection(state->line, report, connection);
    put_line(state->line, state->connections, &state->any_connection);
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
