/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_words.c - the sentences that every report for people shares. */
#include "report_words.h"

#include "places.h"

#include "report_string.h"

#include <inttypes.h>
#include <string.h>

const char *words_foot(const struct report *report)
{
    if (places_count(report->places) > 1)
        return NULL;
    return "No single capture can exclude a forger who copies everything of the sender; two "
           "captures, one at each end, can.";
}

void words_places(const struct report *report, words_put put, void *data)
{
    char **sentences = report->places ? places_sentences(report->places) : NULL;
    for (size_t i = 0; sentences && sentences[i]; i++)
        put(data, sentences[i]);
    g_strfreev(sentences);
    char *sentence = report_kernel_trace(report);
    if (sentence)
        put(data, sentence);
    g_free(sentence);
}

const char *words_counted(uint64_t n, const char *one, const char *many)
{
    static char buffers[4][80];
    static unsigned next;
    char number[NUMBER_SIZE];
    char *buffer = buffers[next++ % 4];
    snprintf(buffer, sizeof buffers[0], "%s %s", string_number(number, n), n == 1 ? one : many);
    return buffer;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

const char *words_capture(const struct report *report, uint32_t capture)
{
    const char *name = base_name(report->names[capture]);
    for (size_t i = 0; i < report->name_count; i++)
        if (i != capture && strcmp(base_name(report->names[i]), name) == 0)
            return report->names[capture];
    return name;
}

/* ---- Who
 * ------------------------------------------------------------------------------------------------------
 */

void words_end(GString *out, const uint8_t *address, unsigned ip_version, unsigned port)
{
    char words[46];
    report_address(words, address, ip_version);
    g_string_append_printf(out, ip_version == 6 && port ? "[%s]" : "%s", words);
    if (port)
        g_string_append_printf(out, ":%u", port);
}

void words_side(GString *out, const struct summary_group *group, bool source)
{
    const struct tcprst_verdict *v = &group->first;
    size_t hosts = source ? group->source_hosts : group->destination_hosts;
    if (hosts > 1) {
        g_string_append(out, group->many ? "many hosts" : words_counted(hosts, "host", "hosts"));
        return;
    }
    bool service = summary_service_is_source(v) == source;
    bool port = group->events == 1 || (service && group->port_count == 1 && !group->more_ports);
    words_end(out, source ? v->source : v->destination, v->ip_version,
              port ? (source ? v->source_port : v->destination_port) : 0);
}

void words_host(GString *out, const struct summary_host *host)
{
    char number[NUMBER_SIZE];
    if (host->forged)
        g_string_append(out, "somebody in the name of ");
    words_end(out, host->address, host->ip_version, host->port);
    g_string_append_printf(out, " (%s)", string_number(number, host->resets));
}

/* ", 12 a second", where that says something. */
static void put_rate(GString *out, const struct summary_host *host)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}};
    double seconds = (double)(host->last_time - host->first_time) / 1e9;
    if (host->resets < 3 || seconds <= 0)
        return;
    size_t i = 0;
    while (i + 1 < G_N_ELEMENTS(units) &&
           (double)(host->resets - 1) / seconds * units[i].seconds < 1)
        i++;
    /* Of a moment shorter than the unit a rate says nothing. */
    if (seconds >= units[i].seconds)
        g_string_append_printf(out, ", %.3g a %s",
                               (double)(host->resets - 1) / seconds * units[i].seconds,
                               units[i].unit);
}

static void put_makers(GString *out, const struct summary_host *host)
{
    static const char *const names[] = {"the server", "its clients", "somebody in between"};
    const uint64_t counts[] = {host->by_server, host->by_client, host->by_else};
    unsigned makers = 0, said = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        makers += counts[i] > 0;
    g_string_append(out, " by ");
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (counts[i] == 0)
            continue;
        g_string_append_printf(out, "%s%s", said++ ? ", " : "", names[i]);
        if (makers > 1)
            g_string_append_printf(out, " (%" PRIu64 ")", counts[i]);
    }
}

void words_service(GString *out, const struct report *report, const struct summary_host *host)
{
    char from[40], to[40];
    words_end(out, host->address, host->ip_version, host->port);
    g_string_append_printf(out, ": %s", words_counted(host->resets, "reset", "resets"));
    put_makers(out, host);
    report_local_time(report, from, host->first_time, 0);
    report_local_time(report, to, host->last_time, 0);
    if (*from && strcmp(from, to) == 0)
        g_string_append_printf(out, " at %s", from + 11);
    else if (*from)
        g_string_append_printf(out, " from %s to %s", from + 11,
                               memcmp(from, to, 10) == 0 ? to + 11 : to);
    if (*from)
        put_rate(out, host);
}

/* ---- Why, and how sure
 * -----------------------------------------------------------------------------------------
 */

void words_strength(GString *out, const struct tcprst_verdict *v)
{
    g_string_append(out, tcprst_strength_id(v->strength));
    if (v->group_strength > v->strength)
        g_string_append_printf(out, " (%s: %s)", tcprst_group_id(v->group),
                               tcprst_strength_id(v->group_strength));
    else if (v->origin == TCPRST_ORIGIN_THIRD_PARTY && v->origin_strength > v->strength &&
             v->origin_strength == TCPRST_STRENGTH_CERTAIN)
        g_string_append(out, " (made between: certain)");
}

/* What is sure, before what is less so: "the sender's own stack aborted the connection". */
static void put_group(GString *out, const struct tcprst_verdict *v, bool how_sure)
{
    const char *title = tcprst_group_title(v->group);
    g_string_append_printf(out, "%c%s", g_ascii_tolower(*title), title + 1);
    if (how_sure)
        g_string_append_printf(out, " (%s)", tcprst_strength_id(v->group_strength));
    g_string_append(out, "; most likely: ");
}

void words_why(GString *out, const struct tcprst_verdict *v)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(v->cause);
    if (v->group_strength > v->strength)
        put_group(out, v, true);
    g_string_append_printf(out, "%s (%s, %s)", info->title, info->id,
                           tcprst_strength_id(v->strength));
}

void words_because(GString *out, const struct tcprst_verdict *v)
{
    if (v->group_strength > v->strength)
        put_group(out, v, false);
    g_string_append(out, tcprst_cause_info(v->cause)->title);
}

static const char *role_word(const struct tcprst_verdict *v, bool source, bool many)
{
    if (v->sender == TCPRST_SENDER_UNKNOWN)
        return "";
    bool server = (v->sender == TCPRST_SENDER_SERVER) == source;
    if (many)
        return server ? " (servers)" : " (clients)";
    return server ? "the server " : "the client ";
}

/* "the server 192.0.2.1:80", "12 hosts (clients)". */
static void put_role_and_side(GString *out, const struct summary_group *group, bool source)
{
    bool many = (source ? group->source_hosts : group->destination_hosts) > 1;
    const char *role = role_word(&group->first, source, many);
    if (!many)
        g_string_append(out, role);
    words_side(out, group, source);
    if (many)
        g_string_append(out, role);
}

/* "reset 3 connections with", as far as it had an effect. */
static void put_deed(GString *out, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    bool refused = v->stage == TCPRST_STAGE_SYN_SENT && v->sender == TCPRST_SENDER_SERVER;
    const char *connections = refused ? words_counted(group->events, "attempt", "attempts")
                                      : words_counted(group->events, "connection", "connections");
    if (v->effect == TCPRST_EFFECT_IGNORED || v->effect == TCPRST_EFFECT_CHALLENGED)
        g_string_append_printf(out, " tried in vain to reset %s with ", connections);
    else if (refused)
        g_string_append_printf(out, " refused %s of ", connections);
    else
        g_string_append_printf(out, " reset %s with ", connections);
}

static void put_sentence(GString *out, const struct summary_group *group)
{
    size_t start = out->len;
    if (group->first.origin == TCPRST_ORIGIN_THIRD_PARTY)
        g_string_append(out, "somebody in the name of ");
    put_role_and_side(out, group, true);
    put_deed(out, group);
    put_role_and_side(out, group, false);
    g_string_append(out, ": ");
    words_why(out, &group->first);
    g_string_append_c(out, '.');
    out->str[start] = g_ascii_toupper(out->str[start]);
}

void words_headline(GString *out, const struct report *report, enum tcprst_severity *severity)
{
    /* One group a cause and strength. */
    GPtrArray *classes = summary_groups(report->summary, 1);
    *severity = TCPRST_SEVERITY_BENIGN;
    if (classes->len > 0) {
        const struct summary_group *worst = classes->pdata[0];
        *severity = worst->severity;
        put_sentence(out, worst);
    }
    g_ptr_array_unref(classes);
}

static void first_and_last(const struct report *report, int64_t *first, int64_t *last,
                           uint64_t *packets)
{
    *first = *last = TCPRST_TIME_UNKNOWN;
    *packets = 0;
    for (size_t i = 0; i < report->name_count; i++) {
        const struct input_capture *capture = input_capture(report->input, i);
        uint64_t common;
        const struct tcprst_clock *clock = places_clock(report->places, i, &common);
        *packets += capture->packets;
        if (capture->first_time == TCPRST_TIME_UNKNOWN)
            continue;
        int64_t begin = capture->first_time, end = capture->last_time;
        begin -= clock ? tcprst_clock_ahead(clock, begin) : 0;
        end -= clock ? tcprst_clock_ahead(clock, end) : 0;
        if (*first == TCPRST_TIME_UNKNOWN || begin < *first)
            *first = begin;
        if (end > *last)
            *last = end;
    }
}

void words_measure(GString *out, const struct report *report, const char *dot)
{
    int64_t first, last;
    uint64_t packets;
    char from[40], to[40], zone[40], length[DURATION_SIZE];
    first_and_last(report, &first, &last, &packets);
    report_local_time(report, from, first, 0);
    report_local_time(report, to, last, 0);
    report_zone(report, zone, first);
    g_string_append_printf(
        out, "%s, %s", words_counted(packets, "packet", "packets"),
        words_counted(report->statistics.segments, "TCP segment", "TCP segments"));
    if (*from && *to)
        g_string_append_printf(out, " %s %s to %s %s (%s)", dot, from,
                               memcmp(from, to, 10) == 0 ? to + 11 : to, zone,
                               string_duration(length, last - first));
}

/* " && ip.src == 192.0.2.1", where all events of the group share that end. */
static void filter_end(GString *out, const struct summary_group *group, bool source)
{
    const struct tcprst_verdict *v = &group->first;
    if ((source ? group->source_hosts : group->destination_hosts) > 1)
        return;
    g_string_append_printf(out, " && %s.%s == ", v->ip_version == 6 ? "ipv6" : "ip",
                           source ? "src" : "dst");
    words_end(out, source ? v->source : v->destination, v->ip_version, 0);
}

void words_group_filter(GString *out, const struct summary_group *group, const char *connection)
{
    if (group->events == 1) {
        g_string_append(out, connection);
        return;
    }
    g_string_append(out, "tcp.flags.reset == 1");
    filter_end(out, group, true);
    filter_end(out, group, false);
    if (group->more_ports || group->port_count == 0)
        return;
    const char *side = summary_service_is_source(&group->first) ? "src" : "dst";
    bool several = group->port_count > 1;
    for (size_t i = 0; i < group->port_count; i++)
        g_string_append_printf(out, "%stcp.%sport == %u",
                               i         ? " || "
                               : several ? " && ("
                                         : " && ",
                               side, group->ports[i]);
    g_string_append(out, several ? ")" : "");
}

void words_risk(GString *out, uint64_t risk)
{
    if (risk > 0)
        g_string_append_printf(out, "%s sent and not acknowledged",
                               words_counted(risk, "byte", "bytes"));
}

bool words_may_be_unread(const struct tcprst_verdict *v)
{
    switch (v->cause) {
    case TCPRST_CAUSE_UNREAD_DATA:
    case TCPRST_CAUSE_LOCAL_ABORT:
    case TCPRST_CAUSE_SO_LINGER_ABORT:
    case TCPRST_CAUSE_MASS_ABORT:
    case TCPRST_CAUSE_EARLY_REPLY:
    case TCPRST_CAUSE_CANCELLED_TRANSFER:
        return v->effect != TCPRST_EFFECT_IGNORED && v->effect != TCPRST_EFFECT_CHALLENGED;
    default:
        return false;
    }
}

/* "3 suspicious, 2 benign", worst first. */
static void put_severities(GString *out, const struct summary *summary)
{
    const char *separator = " ";
    for (unsigned s = G_N_ELEMENTS(summary->by_severity); s-- > 0;) {
        char number[NUMBER_SIZE];
        if (summary->by_severity[s] == 0)
            continue;
        g_string_append_printf(out, "%s%s %s", separator,
                               string_number(number, summary->by_severity[s]),
                               tcprst_severity_id((enum tcprst_severity)s));
        separator = ", ";
    }
    if (separator[0] == ' ')
        g_string_append(out, " their first resets were left out");
}

void words_totals(GString *out, const struct report *report)
{
    const struct summary *summary = report->summary;
    if (summary->resets == 0) {
        g_string_append(out, report->hidden ? "No resets of these causes." : "No resets.");
    } else {
        g_string_append_printf(out, "%s in %s:", words_counted(summary->resets, "reset", "resets"),
                               words_counted(summary->events, "event", "events"));
        put_severities(out, summary);
        g_string_append_c(out, '.');
    }
    if (summary->duplicates)
        g_string_append_printf(out, " %s not counted.",
                               words_counted(summary->duplicates, "frame captured twice is",
                                             "frames captured twice are"));
    if (report->hidden)
        g_string_append_printf(out, " %s left out by --cause.",
                               words_counted(report->hidden, "other reset is", "other resets are"));
}

/* ---- What to check next
 * ---------------------------------------------------------------------------------------
 */

/* What a placeholder stands for. */
struct filler {
    const struct report *report;
    const struct tcprst_verdict *verdict;
    bool code; /* in a command, where a time is quoted */
};

static void fill_host(GString *out, const struct filler *f, bool source)
{
    words_end(out, source ? f->verdict->source : f->verdict->destination, f->verdict->ip_version,
              0);
}

static void fill_sender(GString *out, const struct filler *f)
{
    fill_host(out, f, true);
}

static void fill_peer(GString *out, const struct filler *f)
{
    fill_host(out, f, false);
}

static void fill_server(GString *out, const struct filler *f)
{
    fill_host(out, f, summary_service_is_source(f->verdict));
}

static void fill_client(GString *out, const struct filler *f)
{
    fill_host(out, f, !summary_service_is_source(f->verdict));
}

static void fill_port(GString *out, const struct filler *f)
{
    g_string_append_printf(out, "%u",
                           summary_service_is_source(f->verdict) ? f->verdict->source_port
                                                                 : f->verdict->destination_port);
}

/* As tshark's follow names a connection, whatever number it gives to it. */
static void fill_stream(GString *out, const struct filler *f)
{
    const struct tcprst_verdict *v = f->verdict;
    words_end(out, v->source, v->ip_version, v->source_port);
    g_string_append_c(out, ',');
    words_end(out, v->destination, v->ip_version, v->destination_port);
}

/* Quoted for a shell; a name that would end the `code` it stands in, or that people cannot paste,
 * stays FILE. */
static void fill_file(GString *out, const struct filler *f)
{
    uint32_t capture = f->verdict->frame.capture;
    const char *name = capture < f->report->name_count ? f->report->names[capture] : "-";
    bool plain = *name && *name != '-', printable = plain && !strchr(name, '`');
    for (const char *p = name; *p; p++) {
        plain = plain && (g_ascii_isalnum(*p) || strchr("/._-+,:@%=", *p));
        printable = printable && g_ascii_isprint(*p);
    }
    if (plain) {
        g_string_append(out, name);
    } else if (printable) {
        char *quoted = g_shell_quote(name);
        g_string_append(out, quoted);
        g_free(quoted);
    } else {
        g_string_append(out, "FILE");
    }
}

static void fill_time(GString *out, const struct filler *f)
{
    char time[40];
    report_time(time, f->verdict->time, 0);
    if (!*time) {
        g_string_append(out, "TIME");
        return;
    }
    time[10] = ' ';
    time[19] = '\0';
    g_string_append_printf(out, f->code ? "'%s UTC'" : "%s UTC", time);
}

static const struct {
    const char *name;
    void (*fill)(GString *out, const struct filler *filler);
} fillers[] = {{"FILE", fill_file},     {"STREAM", fill_stream}, {"PORT", fill_port},
               {"TIME", fill_time},     {"SENDER", fill_sender}, {"PEER", fill_peer},
               {"SERVER", fill_server}, {"CLIENT", fill_client}};

static bool in_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Puts the word of so many letters, or what it stands for. */
static void put_word(GString *out, const char *word, size_t length, const struct filler *filler)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++)
        if (strlen(fillers[i].name) == length && memcmp(word, fillers[i].name, length) == 0) {
            fillers[i].fill(out, filler);
            return;
        }
    bool six = filler->code && filler->verdict->ip_version == 6;
    g_string_append_len(out, word, (gssize)length);
    if (six && length == 2 && memcmp(word, "ip.", 3) == 0)
        g_string_append(out, "v6");
}

char *words_advice(const struct report *report, const struct summary_group *group)
{
    struct filler filler = {report, &group->first, false};
    GString *out = g_string_new(NULL);
    for (const char *p = tcprst_cause_info(group->first.cause)->advice; *p;) {
        /* TIME-WAIT is one word. */
        size_t length = 0;
        while (in_word(p[length]) || (length > 0 && p[length] == '-' && in_word(p[length + 1])))
            length++;
        if (length > 0) {
            put_word(out, p, length, &filler);
            p += length;
            continue;
        }
        filler.code ^= *p == '`';
        g_string_append_c(out, *p++);
    }
    return g_string_free(out, FALSE);
}

/* `code` of more than a word is a command; a word alone is a name or a setting. */
char *words_first_command(const char *prose)
{
    for (const char *open = strchr(prose, '`'), *close; open; open = strchr(close + 1, '`')) {
        close = strchr(open + 1, '`');
        if (!close)
            return NULL;
        if (memchr(open, ' ', (size_t)(close - open)))
            return g_strndup(open + 1, (gsize)(close - open - 1));
    }
    return NULL;
}

static void remark_of_count(uint64_t count, const char *one, const char *several,
                            const char *becomes, words_put put, void *data)
{
    if (count == 0)
        return;
    char *remark = g_strdup_printf("%s %s", words_counted(count, one, several), becomes);
    put(data, remark);
    g_free(remark);
}

void words_remarks(const struct report *report, words_put put, void *data)
{
    const struct tcprst_statistics *lost = &report->statistics;
    if (report->interrupted)
        put(data, "Interrupted: this is what was found until then.");
    remark_of_count(lost->connections_given_up, "connection was", "connections were",
                    "given up for want of room (--max-connections): their resets are less sure.",
                    put, data);
    remark_of_count(lost->hosts_given_up, "host was", "hosts were",
                    "given up for want of room: what is said of their resets is less sure.", put,
                    data);
    remark_of_count(lost->verdicts_early, "verdict was", "verdicts were",
                    "given early, because too many were pending.", put, data);
    remark_of_count(lost->out_of_memory, "segment was", "segments were",
                    "not followed for want of memory.", put, data);
    for (size_t i = 0; i < report->name_count; i++) {
        const struct input_capture *capture = input_capture(report->input, i);
        for (size_t j = 0; j <= capture->left_out_count; j++) {
            const char *clause =
                j < capture->left_out_count ? capture->left_out[j] : capture->damage;
            if (!clause)
                continue;
            char *shown = report_clause(report, i, clause);
            put(data, shown);
            g_free(shown);
        }
    }
}
