/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - between the core and the formats: words, redaction, what -c leaves out, and counting.
 */
#include "report.h"

#include "kernel_trace.h"
#include "redact.h"
#include "report_baseline.h"
#include "report_string.h"
#include "summary.h"
#include "translate.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

static char *put_octet(char *to, unsigned octet)
{
    if (octet >= 100)
        *to++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *to++ = (char)('0' + octet / 10 % 10);
    *to++ = (char)('0' + octet % 10);
    return to;
}

void report_address(char buffer[46], const uint8_t *address, unsigned ip_version)
{
    if (ip_version == 6) {
        if (!inet_ntop(AF_INET6, address, buffer, 46))
            g_strlcpy(buffer, "?", 46);
        return;
    }
    char *end = buffer;
    for (unsigned i = 0; i < 4; i++) {
        end = put_octet(end, address[i]);
        *end++ = '.';
    }
    end[-1] = '\0';
}

/* Seconds rounded down, and the rest in nanoseconds, for times before 1970 too. */
static int64_t split_time(int64_t time, uint32_t *nanoseconds)
{
    int64_t seconds = time / 1000000000, rest = time % 1000000000;
    if (rest < 0) {
        seconds--;
        rest += 1000000000;
    }
    *nanoseconds = (uint32_t)rest;
    return seconds;
}

/* Seconds of a day; 1970-01-01 as GDate counts days. */
enum { DAY = 86400, EPOCH = 719163 };

/* "2026-11-27T03:50:31", of seconds since the epoch. */
static void put_second(char buffer[32], int64_t seconds)
{
    int64_t day = seconds / DAY, rest = seconds % DAY;
    if (rest < 0) {
        day--;
        rest += DAY;
    }
    /* Not gmtime(): where time_t has 32 bits its time ends in 2038. */
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(EPOCH + day));
    snprintf(buffer, 32, "%04u-%02u-%02uT%02u:%02u:%02u", g_date_get_year(&date),
             g_date_get_month(&date), g_date_get_day(&date), (unsigned)(rest / 3600),
             (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

static char *put_fraction(char *end, uint32_t nanoseconds, unsigned digits)
{
    *end++ = '.';
    return string_digits(end, digits == 9 ? nanoseconds : nanoseconds / 1000, digits);
}

void report_time(char buffer[40], int64_t time, unsigned digits)
{
    /* Times come in order: mostly it is the second of the one before. */
    static int64_t last = INT64_MIN;
    static char second[32];
    buffer[0] = '\0';
    if (time == TCPRST_TIME_UNKNOWN)
        return;
    uint32_t nanoseconds;
    int64_t seconds = split_time(time, &nanoseconds);
    if (seconds != last)
        put_second(second, seconds);
    last = seconds;
    char *end = g_stpcpy(buffer, second);
    if (digits > 0)
        end = put_fraction(end, nanoseconds, digits);
    g_stpcpy(end, "Z");
}

/* The time in the report's zone, rounded down to seconds; NULL where it has none. */
static GDateTime *local_time(const struct report *report, int64_t time, uint32_t *nanoseconds)
{
    GDateTime *utc = g_date_time_new_from_unix_utc(split_time(time, nanoseconds));
    if (!report->zone || !utc)
        return utc;
    GDateTime *local = g_date_time_to_timezone(utc, report->zone);
    g_date_time_unref(utc);
    return local;
}

void report_local_time(const struct report *report, char buffer[40], int64_t time, unsigned digits)
{
    uint32_t nanoseconds;
    GDateTime *at = time == TCPRST_TIME_UNKNOWN ? NULL : local_time(report, time, &nanoseconds);
    buffer[0] = '\0';
    if (!at)
        return;
    char *words = g_date_time_format(at, "%Y-%m-%d %H:%M:%S");
    int length = snprintf(buffer, 40, "%s", words);
    if (digits > 0)
        snprintf(buffer + length, (size_t)(40 - length), ".%0*u", (int)digits,
                 digits == 9 ? nanoseconds : nanoseconds / 1000);
    g_free(words);
    g_date_time_unref(at);
}

void report_zone(const struct report *report, char buffer[40], int64_t time)
{
    uint32_t nanoseconds;
    GDateTime *at = time == TCPRST_TIME_UNKNOWN ? NULL : local_time(report, time, &nanoseconds);
    g_strlcpy(buffer, "UTC", 40);
    if (!at)
        return;
    if (g_date_time_get_utc_offset(at) != 0) {
        char *words = g_date_time_format(at, "%Z (UTC%:z)");
        g_strlcpy(buffer, words, 40);
        g_free(words);
    }
    g_date_time_unref(at);
}

void report_epoch(char buffer[32], int64_t time, unsigned digits)
{
    buffer[0] = '\0';
    if (time == TCPRST_TIME_UNKNOWN)
        return;
    uint64_t magnitude = time < 0 ? (uint64_t) - (time + 1) + 1 : (uint64_t)time;
    uint32_t nanoseconds = (uint32_t)(magnitude % 1000000000);
    char *end = g_stpcpy(buffer, time < 0 ? "-" : "");
    put_fraction(string_digits(end, magnitude / 1000000000, 1), nanoseconds, digits);
}

unsigned report_digits(const struct report *report, uint32_t capture, int64_t time)
{
    if (time != TCPRST_TIME_UNKNOWN && time % 1000 != 0)
        return 9;
    return capture < report->name_count && input_time_digits(report->input, capture) == 9 ? 9 : 6;
}

const char *report_evidence_text(const struct tcprst_evidence *evidence)
{
    static char text[512];
    size_t used = evidence->against ? g_strlcpy(text, _("against it: "), sizeof text) : 0;
    tcprst_evidence_text(evidence, translate_sentence, text + used, sizeof text - used);
    return text;
}

uint64_t report_segments(const struct report *report)
{
    uint64_t segments = 0;
    for (size_t i = 0; i < report->name_count; i++)
        segments += input_capture(report->input, i)->segments;
    return segments;
}

char *report_clause(const struct report *report, size_t capture, const char *clause)
{
    char *shown = g_utf8_make_valid(clause, -1);
    if (!report->redact && !report->format->bare_names)
        return shown;
    char *name = g_utf8_make_valid(report->options->captures[capture], -1);
    char **parts = g_strsplit(shown, *name ? name : "\n", -1);
    char *replaced = g_strjoinv(report->names[capture], parts);
    g_strfreev(parts);
    g_free(name);
    g_free(shown);
    return replaced;
}

char *report_kernel_trace(const struct report *report)
{
    if (!report->kernel_trace)
        return NULL;
    char *name = report->redact ? g_strdup(_("kernel trace"))
                                : g_utf8_make_valid(report->kernel_trace->name, -1);
    char *sentence = kernel_trace_sentence(report->kernel_trace, name);
    g_free(name);
    return sentence;
}

/* Without its folders; a second one of the same name gets a number. */
static char *bare_name(const struct report *report, const char *capture, size_t before)
{
    char *base = g_path_get_basename(capture), *name = g_utf8_make_valid(base, -1);
    unsigned same = 1;
    for (size_t i = 0; i < before; i++)
        same += g_str_has_prefix(report->names[i], name) &&
                strchr(" ", report->names[i][strlen(name)]) != NULL;
    char *numbered = same > 1 ? g_strdup_printf("%s (%u)", name, same) : g_strdup(name);
    g_free(base);
    g_free(name);
    return numbered;
}

static char *shown_name(const struct report *report, size_t i)
{
    const char *name = report->options->captures[i];
    if (report->redact)
        return redact_name(i, name);
    return report->format->bare_names ? bare_name(report, name, i) : g_utf8_make_valid(name, -1);
}

void report_open(struct report *report, const struct options *options, struct input *input,
                 FILE *out)
{
    static const struct report_format *const formats[] = {
        &report_text, &report_ndjson, &report_json, &report_csv, &report_html, &report_markdown};
    report->options = options;
    report->input = input;
    report->out = out;
    report->format = formats[options->format];
    report->redact = options->redact ? redact_new() : NULL;
    report->says = says_new();
    report->name_count = options->capture_count;
    report->names = g_new0(char *, options->capture_count + 1);
    for (size_t i = 0; i < options->capture_count; i++)
        report->names[i] = shown_name(report, i);
    report->summary = report->format->summarises ? summary_new() : NULL;
    report->incidents = report->summary || report->baseline ? incidents_new() : NULL;
    if (options->causes.given && report->format->summarises)
        report->reset_connections =
            g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    report->zone = report->format->local_time ? g_time_zone_new_local() : NULL;
    if (report->format->open)
        report->format->open(report);
}

/* "a == x && a == y"; two equal values are asked of the source and of the destination each, since
 * "a == x" alone is true for either. Returns where it ends. */
static char *put_pair(char *to, const char *const before[2][2], const char *x, const char *y)
{
    const char *const *pieces = before[strcmp(x, y) == 0];
    to = stpcpy(stpcpy(to, pieces[0]), x);
    return stpcpy(stpcpy(to, pieces[1]), y);
}

/* Finds the connection by addresses and ports, and where they were used before, from its first
 * frame on. */
static void display_filter(const struct report_reset *reset, char buffer[FILTER_SIZE])
{
    static const char *const ipv4[2][2] = {{"ip.addr == ", " && ip.addr == "},
                                           {"ip.src == ", " && ip.dst == "}};
    static const char *const ipv6[2][2] = {{"ipv6.addr == ", " && ipv6.addr == "},
                                           {"ipv6.src == ", " && ipv6.dst == "}};
    static const char *const ports[2][2] = {{" && tcp.port == ", " && tcp.port == "},
                                            {" && tcp.srcport == ", " && tcp.dstport == "}};
    const struct tcprst_verdict *v = reset->verdict;
    char a[24], b[24];
    string_digits(a, v->source_port, 1);
    string_digits(b, v->destination_port, 1);
    char *end = put_pair(buffer, v->ip_version == 6 ? ipv6 : ipv4, reset->src, reset->dst);
    end = put_pair(end, ports, a, b);
    if (v->reused_from.number > 0 && v->reused_from.capture == v->frame.capture)
        snprintf(end, (size_t)(buffer + FILTER_SIZE - end), " && frame.number >= %" PRIu64,
                 v->reused_from.number);
}

/* What verdict.def says is gone under --redact. */
#define REDACT_KEPT(member)
#define REDACT_STAND_IN(member)
#define REDACT_GONE(member) reset->member = reset->member ? "(redacted)" : NULL;

static void redact_texts(struct report_reset *reset)
{
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    REDACT_##REDACT(member)
#include "tcprst/verdict.def"
}

void report_prepare(const struct report *report, const struct tcprst_verdict *verdict,
                    struct report_reset *reset)
{
    uint32_t capture = verdict->frame.capture;
    unsigned digits = report_digits(report, capture, verdict->time);
    memset(reset, 0, offsetof(struct report_reset, time)); /* what follows is written */
    reset->verdict = verdict;
    reset->capture = capture < report->name_count ? report->names[capture] : "";
    report_time(reset->time, verdict->time, digits);
    report_epoch(reset->time_epoch, verdict->time, digits);
    report_address(reset->src, verdict->source, verdict->ip_version);
    report_address(reset->dst, verdict->destination, verdict->ip_version);
    display_filter(reset, reset->display_filter);
    report_community_id(reset->community_id, verdict);
    reset->kernel_reason = verdict->kernel_reason;
    reset->device_text = verdict->device_text_length > 0 ? verdict->device_text : NULL;
    if (report->redact)
        redact_texts(reset);
}

static void set_tuple(struct report_tuple *tuple, const struct tcprst_verdict *verdict)
{
    memcpy(tuple->source, verdict->source, sizeof tuple->source);
    memcpy(tuple->destination, verdict->destination, sizeof tuple->destination);
    tuple->source_port = verdict->source_port;
    tuple->destination_port = verdict->destination_port;
    tuple->ip_version = verdict->ip_version;
    tuple->layer = verdict->layer;
}

/* A reset that --frame did not ask for. */
static void note_elsewhere(struct report *report, const struct tcprst_frame *frame)
{
    uint64_t known = MIN(report->elsewhere_count, REPORT_ELSEWHERE);
    for (uint64_t i = 0; i < known; i++)
        if (report->elsewhere[i].number == frame->number &&
            report->elsewhere[i].capture == frame->capture)
            return;
    if (known < REPORT_ELSEWHERE)
        report->elsewhere[known] = *frame;
    report->elsewhere_count++;
}

/* v as it is shown, of the verdict that the core gave: with all words. */
static void show(struct report *report, const struct tcprst_verdict *v,
                 const struct tcprst_verdict *given, const struct report_why *why)
{
    struct report_reset reset;
    if (report->reset_connections)
        g_hash_table_add(report->reset_connections,
                         g_memdup2(&v->connection, sizeof v->connection));
    report_prepare(report, v, &reset);
    reset.trigger_says = says_trigger(report->says, given);
    reset.answer_says = says_answer(report->says, given);
    char process[SAYS_PROCESS_SIZE];
    reset.process = says_process(report->says, given, process);
    if (report->redact)
        redact_texts(&reset);
    set_tuple(&reset.tuple, given);
    if (why)
        reset.why = *why;
    if (report->summary)
        summary_reset(report->summary, &reset);
    if (report->incidents && v->duplicate_of.number == 0)
        incidents_count(report->incidents, v);
    if (report->format->reset)
        report->format->reset(report, &reset);
}

void report_verdict(struct report *report, const struct tcprst_verdict *verdict,
                    const struct report_why *why)
{
    const struct options *options = report->options;
    if (options->frame && verdict->frame.number != options->frame) {
        note_elsewhere(report, &verdict->frame);
        return;
    }
    report->frame_found = true;
    if (options->fail_on.given && verdict->duplicate_of.number == 0 &&
        verdict->strength >= options->min_strength && option_ids_match(&options->fail_on, verdict))
        report->failed_on = true;
    if (options->causes.given && !options->causes.cause[verdict->cause]) {
        report->hidden += verdict->duplicate_of.number == 0;
        return;
    }
    if (!report->connection_base && !report->interrupted && !options->frame && !report->redact) {
        show(report, verdict, verdict, why);
        return;
    }
    struct tcprst_verdict copy = *verdict;
    copy.connection += report->connection_base;
    copy.final = copy.final && !report->interrupted;
    if (options->frame)
        copy.event = copy.frame; /* shown by itself, whatever it belongs to */
    if (report->redact)
        redact_verdict(report->redact, &copy);
    show(report, &copy, verdict, why);
}

bool report_wants_connections(const struct report *report)
{
    return report->summary || report->format->connection;
}

void report_connection(struct report *report, const struct tcprst_connection *connection)
{
    struct tcprst_connection copy = *connection;
    copy.number += report->connection_base;
    if (report->redact)
        redact_connection(report->redact, &copy);
    if (report->summary)
        summary_connection(report->summary, &copy);
    bool shown = copy.resets > 0;
    if (report->reset_connections)
        shown = g_hash_table_remove(report->reset_connections, &copy.number);
    if ((shown || report->options->connections) && report->format->connection)
        report->format->connection(report, &copy);
}

void report_statistics(struct report *report, const struct tcprst_statistics *statistics)
{
    struct tcprst_statistics *total = &report->statistics;
    total->segments += statistics->segments;
    total->duplicates += statistics->duplicates;
    total->resets += statistics->resets;
    total->events += statistics->events;
    total->connections += statistics->connections;
    total->connections_live += statistics->connections_live;
    total->connections_given_up += statistics->connections_given_up;
    for (size_t i = 0; i < G_N_ELEMENTS(total->connections_by_ending); i++)
        total->connections_by_ending[i] += statistics->connections_by_ending[i];
    if (report->summary)
        summary_passed_by(report->summary, statistics->passed_by);
    total->open_given_up += statistics->open_given_up;
    total->hosts_given_up += statistics->hosts_given_up;
    total->verdicts_early += statistics->verdicts_early;
    total->out_of_memory += statistics->out_of_memory;
    total->flags_only |= statistics->flags_only;
    report->connection_base += statistics->connections;
}

double report_seconds(const struct report *report)
{
    int64_t first = TCPRST_TIME_UNKNOWN, last = TCPRST_TIME_UNKNOWN;
    for (size_t i = 0; i < report->name_count; i++) {
        const struct input_capture *capture = input_capture(report->input, i);
        if (capture->first_time == TCPRST_TIME_UNKNOWN)
            continue;
        if (first == TCPRST_TIME_UNKNOWN || capture->first_time < first)
            first = capture->first_time;
        if (last == TCPRST_TIME_UNKNOWN || capture->last_time > last)
            last = capture->last_time;
    }
    return ((double)last - (double)first) / 1e9;
}

static void compare(struct report *report)
{
    if (!report->baseline)
        return;
    report->changes = baseline_compare(report->baseline, report->incidents, report_seconds(report));
    for (guint i = 0; i < report->changes->len; i++)
        report->failed_on |= report->options->fail_on.fresh &&
                             g_array_index(report->changes, struct change, i).kind == CHANGE_NEW;
}

void report_close(struct report *report, bool anything)
{
    report->nothing = !anything;
    compare(report);
    if (report->format->close)
        report->format->close(report);
    if (report->changes)
        g_array_unref(report->changes);
    incidents_free(report->incidents);
    baseline_free(report->baseline);
    if (report->reset_connections)
        g_hash_table_destroy(report->reset_connections);
    summary_free(report->summary);
    redact_free(report->redact);
    says_free(report->says);
    if (report->zone)
        g_time_zone_unref(report->zone);
    g_strfreev(report->names);
}
