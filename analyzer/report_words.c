/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_words.c - the sentences that every report for people shares. */
#include "report_words.h"

#include "places.h"

#include "report_string.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

const char *words_foot(const struct report *report)
{
    if (places_count(report->places) > 1)
        return NULL;
    return _("No single capture can exclude a forger who copies everything of the sender; two "
             "captures, one at each end, can.");
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

void words_fill(GString *out, const char *with, const char *what)
{
    const char *place = strstr(with, "%s");
    if (!place)
        place = with + strlen(with);
    g_string_append_len(out, with, place - with);
    g_string_append(out, what);
    g_string_append(out, *place ? place + strlen("%s") : "");
}

const char *words_counted(uint64_t n, const char *one, const char *many)
{
    static GString *buffers[4];
    static unsigned next;
    char number[NUMBER_SIZE];
    GString **buffer = &buffers[next++ % G_N_ELEMENTS(buffers)];
    if (!*buffer)
        *buffer = g_string_new(NULL);
    g_string_truncate(*buffer, 0);
    words_fill(*buffer, translate_plural(one, many, n), string_number(number, n));
    return (*buffer)->str;
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

/* ---- Who ---- */

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
        g_string_append(out, group->many ? _("many hosts")
                                         : words_counted(hosts, "%s host", "%s hosts"));
        return;
    }
    bool service = summary_service_is_source(v) == source;
    bool port = group->events == 1 || (service && group->port_count == 1 && !group->more_ports);
    words_end(out, source ? v->source : v->destination, v->ip_version,
              port ? (source ? v->source_port : v->destination_port) : 0);
}

void words_in_name(GString *out, bool forged, const char *name)
{
    g_string_append_printf(out, forged ? _("somebody in the name of %s") : "%s", name);
}

void words_ends(GString *out, const struct summary_group *group)
{
    GString *source = g_string_new(NULL);
    words_side(source, group, true);
    words_in_name(out, group->first.origin == TCPRST_ORIGIN_THIRD_PARTY, source->str);
    g_string_append(out, " → ");
    words_side(out, group, false);
    g_string_free(source, TRUE);
}

char *words_frame(uint64_t number, const char *file)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    return file ? g_strdup_printf(_("frame %s of %s"), digits, file)
                : g_strdup_printf(_("frame %s"), digits);
}

void words_host(GString *out, const struct summary_host *host)
{
    char number[NUMBER_SIZE];
    GString *name = g_string_new(NULL);
    words_end(name, host->address, host->ip_version, host->port);
    words_in_name(out, host->forged, name->str);
    g_string_append_printf(out, " (%s)", string_number(number, host->resets));
    g_string_free(name, TRUE);
}

/* ", 12 a second", where that says something. */
static void put_rate(GString *out, const struct summary_host *host)
{
    static const struct {
        const char *words;
        double seconds;
    } units[] = {{N_(", %s a second"), 1},
                 {N_(", %s a minute"), 60},
                 {N_(", %s an hour"), 3600},
                 {N_(", %s a day"), 86400}};
    char rate[32];
    double seconds = (double)(host->last_time - host->first_time) / 1e9;
    if (host->resets < 3 || seconds <= 0)
        return;
    size_t i = 0;
    while (i + 1 < G_N_ELEMENTS(units) &&
           (double)(host->resets - 1) / seconds * units[i].seconds < 1)
        i++;
    /* Of a moment shorter than the unit a rate says nothing. */
    if (seconds < units[i].seconds)
        return;
    snprintf(rate, sizeof rate, "%.3g", (double)(host->resets - 1) / seconds * units[i].seconds);
    words_fill(out, _(units[i].words), rate);
}

static void put_makers(GString *out, const struct summary_host *host)
{
    /* Where it is not known of some whether somebody else made them, only from where they came. */
    const char *const names[] = {
        host->unknown_server ? _("from the server's side") : _("by the server"),
        host->unknown_client ? _("from its clients' side") : _("by its clients"),
        _("by a third party")};
    const uint64_t counts[] = {host->by_server, host->by_client, host->by_else};
    unsigned makers = 0;
    GString *who = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        makers += counts[i] > 0;
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (counts[i] == 0)
            continue;
        g_string_append_printf(who, "%s%s", who->len ? _(", ") : "", names[i]);
        if (makers > 1)
            g_string_append_printf(who, " (%" PRIu64 ")", counts[i]);
    }
    g_string_append_printf(out, _(" %s"), who->str);
    g_string_free(who, TRUE);
}

void words_service(GString *out, const struct report *report, const struct summary_host *host)
{
    char from[40], to[40];
    words_end(out, host->address, host->ip_version, host->port);
    g_string_append_printf(out, _(": %s"), words_counted(host->resets, "%s reset", "%s resets"));
    put_makers(out, host);
    report_local_time(report, from, host->first_time, 0);
    report_local_time(report, to, host->last_time, 0);
    if (*from && strcmp(from, to) == 0)
        g_string_append_printf(out, _(" at %s"), from + 11);
    else if (*from)
        g_string_append_printf(out, _(", %s to %s"), from + 11,
                               memcmp(from, to, 10) == 0 ? to + 11 : to);
    if (*from)
        put_rate(out, host);
}

/* ---- Why, and how sure ---- */

const char *words_strength_word(enum tcprst_strength strength)
{
    return translate_word("strength", tcprst_strength_id(strength));
}

const char *words_severity_word(enum tcprst_severity severity)
{
    return translate_word("severity", tcprst_severity_id(severity));
}

const char *words_effect_word(enum tcprst_effect effect)
{
    return translate_word("effect", tcprst_effect_id(effect));
}

const char *words_stage(enum tcprst_stage stage)
{
    return stage == TCPRST_STAGE_UNSEEN ? _("not seen")
                                        : translate_word("stage", tcprst_stage_id(stage));
}

void words_strength(GString *out, const struct tcprst_verdict *v)
{
    const char *strength = words_strength_word(v->strength);
    if (v->group_strength > v->strength)
        g_string_append_printf(out, _("%s (%s: %s)"), strength, tcprst_group_id(v->group),
                               words_strength_word(v->group_strength));
    else if (v->origin == TCPRST_ORIGIN_THIRD_PARTY && v->origin_strength > v->strength &&
             v->origin_strength == TCPRST_STRENGTH_CERTAIN)
        g_string_append_printf(out, _("%s (made between: certain)"), strength);
    else
        g_string_append(out, strength);
}

void words_sent_by(GString *out, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    const char *who = v->origin == TCPRST_ORIGIN_THIRD_PARTY               ? _("a third party")
                      : v->sender == TCPRST_SENDER_UNKNOWN || group->mixed ? _("the sender itself")
                      : v->sender == TCPRST_SENDER_CLIENT                  ? _("the client")
                                                                           : _("the server");
    if (v->origin == TCPRST_ORIGIN_UNKNOWN)
        g_string_append(out, _("not known"));
    else
        g_string_append_printf(out, _("%s (%s)"), who, words_strength_word(v->origin_strength));
}

const char *words_alternative(const struct tcprst_verdict *v, unsigned i)
{
    return words_strength_word(v->alternatives[i].strength);
}

/* With words instead of others. */
static char *exchanged(char *sentence, const char *others, const char *words)
{
    char **parts = g_strsplit(sentence, others, -1), *out = g_strjoinv(words, parts);
    g_strfreev(parts);
    g_free(sentence);
    return out;
}

/* A title says "the sender" and "the peer"; where it is known which of them is the client, that. */
static char *title_of(const struct summary_group *group, const char *title)
{
    const struct tcprst_verdict *v = &group->first;
    char *out = g_strdup(_(title));
    if (v->sender == TCPRST_SENDER_UNKNOWN || group->mixed ||
        v->origin == TCPRST_ORIGIN_THIRD_PARTY)
        return out;
    bool client = v->sender == TCPRST_SENDER_CLIENT;
    out[0] = g_ascii_tolower(out[0]);
    out = exchanged(out, _("the sender"), client ? _("the client") : _("the server"));
    return exchanged(out, _("the peer"), client ? _("the server") : _("the client"));
}

/* What is sure, before what is less so: "the client's own stack aborted the connection; most
 * likely: the application closed with received data still unread". */
static void put_titles(GString *out, const struct summary_group *group, bool how_sure)
{
    const struct tcprst_verdict *v = &group->first;
    bool known = v->group_strength > v->strength;
    /* Its title says what its group's does, and that no more is known. */
    bool no_more = known && v->cause == TCPRST_CAUSE_LOCAL_ABORT;
    char *title = title_of(group, no_more ? N_("the capture does not show how")
                                          : tcprst_cause_info(v->cause)->title);
    if (known) {
        char *of_group = title_of(group, tcprst_group_title(v->group));
        of_group[0] = g_ascii_tolower(of_group[0]);
        g_string_append(out, of_group);
        g_free(of_group);
    }
    if (known && how_sure)
        g_string_append_printf(out, _(" (%s)"), words_strength_word(v->group_strength));
    if (known)
        g_string_append(out, no_more ? _("; ") : _("; most likely: "));
    g_string_append(out, title);
    g_free(title);
}

void words_why(GString *out, const struct summary_group *group)
{
    const struct tcprst_verdict *v = &group->first;
    put_titles(out, group, true);
    g_string_append_printf(out, _(" (%s, %s)"), tcprst_cause_id(v->cause),
                           words_strength_word(v->strength));
}

void words_because(GString *out, const struct summary_group *group)
{
    put_titles(out, group, false);
}

/* "the server 192.0.2.1:80", "12 clients". */
static char *role_and_side(const struct summary_group *group, bool source)
{
    const struct tcprst_verdict *v = &group->first;
    size_t hosts = source ? group->source_hosts : group->destination_hosts;
    bool server = (v->sender == TCPRST_SENDER_SERVER) == source;
    GString *side = g_string_new(NULL);
    words_side(side, group, source);
    if (group->mixed && source) {
        char *both = g_strdup_printf(_("%s (clients and servers)"), side->str);
        g_string_assign(side, both);
        g_free(both);
    }
    if (v->sender == TCPRST_SENDER_UNKNOWN || group->mixed)
        return g_string_free(side, FALSE);
    char *words = hosts < 2
                      ? g_strdup_printf(server ? _("the server %s") : _("the client %s"), side->str)
                  : group->many ? g_strdup(server ? _("many servers") : _("many clients"))
                  : server      ? g_strdup(words_counted(hosts, "%s server", "%s servers"))
                                : g_strdup(words_counted(hosts, "%s client", "%s clients"));
    g_string_free(side, TRUE);
    return words;
}

/* Who reset what of whom, as far as it had an effect, and why. */
static void put_deed(GString *out, const struct summary_group *group, const char *from,
                     const char *to, const char *why)
{
    const struct tcprst_verdict *v = &group->first;
    bool refused = v->stage == TCPRST_STAGE_SYN_SENT && v->sender == TCPRST_SENDER_SERVER;
    const char *connections = refused
                                  ? words_counted(group->events, "%s attempt", "%s attempts")
                                  : words_counted(group->events, "%s connection", "%s connections");
    bool vain = v->effect == TCPRST_EFFECT_IGNORED || v->effect == TCPRST_EFFECT_CHALLENGED;
    if (group->mixed)
        g_string_append_printf(out, _("%s reset %s: %s."), from, connections, why);
    else if (vain && refused)
        g_string_append_printf(out, _("%s tried in vain to refuse %s of %s: %s."), from,
                               connections, to, why);
    else if (vain)
        g_string_append_printf(out, _("%s tried in vain to reset %s with %s: %s."), from,
                               connections, to, why);
    else if (refused)
        g_string_append_printf(out, _("%s refused %s of %s: %s."), from, connections, to, why);
    else
        g_string_append_printf(out, _("%s reset %s with %s: %s."), from, connections, to, why);
}

/* Its own word, where it is one line; the events have all of it. */
static void put_word_of_reset(GString *out, const struct tcprst_verdict *v)
{
    enum { LINE = 100 };
    bool line = v->device_text_length > 0 && v->device_text_length <= LINE;
    for (size_t i = 0; line && i < v->device_text_length; i++)
        line = !g_ascii_iscntrl(v->device_text[i]);
    if (line)
        g_string_append_printf(out, _(" The RST says: %s"), v->device_text);
}

static void put_sentence(GString *out, const struct summary_group *group)
{
    size_t start = out->len;
    GString *from = g_string_new(NULL), *why = g_string_new(NULL);
    char *source = role_and_side(group, true), *destination = role_and_side(group, false);
    if (group->first.origin == TCPRST_ORIGIN_UNKNOWN)
        g_string_append_printf(from,
                               group->source_hosts > 1 || group->mixed
                                   ? _("%s, or somebody in their names,")
                                   : _("%s, or somebody in that name,"),
                               source);
    else
        words_in_name(from, group->first.origin == TCPRST_ORIGIN_THIRD_PARTY, source);
    words_why(why, group);
    put_deed(out, group, from->str, destination, why->str);
    put_word_of_reset(out, &group->first);
    out->str[start] = g_ascii_toupper(out->str[start]);
    g_free(source);
    g_free(destination);
    g_string_free(from, TRUE);
    g_string_free(why, TRUE);
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

size_t words_read(const struct report *report, size_t *first)
{
    size_t count = 0;
    *first = 0;
    for (size_t i = report->name_count; i-- > 0;) {
        if (!input_capture(report->input, i)->usable)
            continue;
        *first = i;
        count++;
    }
    /* Interrupted before the first was opened: then those that were named. */
    return (count > 0 ? count : MAX(report->name_count, 1)) - 1;
}

void words_title(GString *out, const struct report *report)
{
    size_t first, more = words_read(report, &first);
    g_string_append_printf(out, _("TCP resets in %s"),
                           report->name_count > 0 ? report->names[first] : "");
    if (more > 0)
        g_string_append(out, words_counted(more, " and %s more file", " and %s more files"));
}

struct measure {
    int64_t first, last;
    uint64_t packets;
};

static struct measure measure_of(const struct report *report)
{
    struct measure m = {TCPRST_TIME_UNKNOWN, TCPRST_TIME_UNKNOWN, 0};
    for (size_t i = 0; i < report->name_count; i++) {
        const struct input_capture *capture = input_capture(report->input, i);
        const struct tcprst_clock *clock = places_clock(report->places, i);
        m.packets += capture->packets;
        if (capture->first_time == TCPRST_TIME_UNKNOWN)
            continue;
        int64_t begin = capture->first_time, end = capture->last_time;
        if (clock) {
            begin = tcprst_clock_aligned(clock, begin);
            end = tcprst_clock_aligned(clock, end);
        }
        if (m.first == TCPRST_TIME_UNKNOWN || begin < m.first)
            m.first = begin;
        if (end > m.last)
            m.last = end;
    }
    return m;
}

void words_measure(GString *out, const struct report *report, const char *dot)
{
    struct measure m = measure_of(report);
    char from[40], to[40], zone[40], length[DURATION_SIZE];
    report_local_time(report, from, m.first, 0);
    report_local_time(report, to, m.last, 0);
    report_zone(report, zone, m.first);
    g_string_append_printf(
        out, "%s%s%s", words_counted(m.packets, "%s packet", "%s packets"), _(", "),
        words_counted(report_segments(report), "%s TCP segment", "%s TCP segments"));
    if (*from && *to)
        g_string_append_printf(out, _(" %s %s to %s %s (%s)"), dot, from,
                               memcmp(from, to, 10) == 0 ? to + 11 : to, zone,
                               string_duration(length, m.last - m.first));
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
        g_string_append(out, words_counted(risk, "%s byte sent and not acknowledged",
                                           "%s bytes sent and not acknowledged"));
}

bool words_may_be_unread(const struct tcprst_verdict *v)
{
    for (unsigned i = 0; i < v->evidence_count; i++)
        if (v->evidence[i].fact == TCPRST_FACT_EXCHANGE_COMPLETE && v->evidence[i].holds)
            return false;
    return tcprst_cause_info(v->cause)->unread && v->effect != TCPRST_EFFECT_IGNORED &&
           v->effect != TCPRST_EFFECT_CHALLENGED;
}

/* "3 suspicious, 2 benign", worst first. */
static void put_severities(GString *out, const struct summary *summary)
{
    static const char *const words[] = {N_("%s benign"), N_("%s notable"), N_("%s suspicious")};
    for (unsigned s = G_N_ELEMENTS(words); s-- > 0;) {
        char number[NUMBER_SIZE];
        if (summary->by_severity[s] == 0)
            continue;
        g_string_append(out, out->len ? _(", ") : "");
        words_fill(out, _(words[s]), string_number(number, summary->by_severity[s]));
    }
    if (out->len == 0)
        g_string_append(out, _("their first resets were left out"));
}

/* The frames that hold resets, the first of them by number. */
static void put_elsewhere(GString *out, const struct report *report)
{
    size_t named = (size_t)MIN(report->elsewhere_count, REPORT_ELSEWHERE);
    GString *frames = g_string_new(NULL);
    for (size_t i = 0; i < named; i++) {
        const struct tcprst_frame *frame = &report->elsewhere[i];
        bool several = report->name_count > 1 && frame->capture < report->name_count;
        char *words =
            words_frame(frame->number, several ? words_capture(report, frame->capture) : NULL);
        g_string_append_printf(frames, "%s%s", i ? _(", ") : "", words);
        g_free(words);
    }
    if (named < report->elsewhere_count)
        g_string_append(frames, words_counted(report->elsewhere_count - named, ", and %s more",
                                              ", and %s more"));
    g_string_append_printf(out, _(" Resets are here: %s."), frames->str);
    g_string_free(frames, TRUE);
}

static uint64_t last_frame(const struct report *report)
{
    uint64_t last = 0;
    for (size_t i = 0; i < report->name_count; i++)
        last = MAX(last, input_capture(report->input, i)->packets);
    return last;
}

bool words_no_such_frame(const struct report *report)
{
    bool whole = !report->interrupted;
    for (size_t i = 0; i < report->name_count; i++)
        whole = whole && !input_capture(report->input, i)->damage;
    return whole && !report->frame_found && report->options->frame > last_frame(report);
}

/* What the frame is that was asked for, and holds no reset. */
static void put_frame(GString *out, const struct report *report)
{
    uint64_t last = last_frame(report);
    char *asked = words_frame(report->options->frame, NULL), *end = words_frame(last, NULL);
    if (report->options->frame > last)
        g_string_append_printf(out,
                               report->name_count > 1
                                   ? _("There is no %s: the longest of the captures ends with %s.")
                                   : _("There is no %s: the capture ends with %s."),
                               asked, end);
    else
        g_string_append_printf(out, _("There is no reset in %s."), asked);
    if (report->elsewhere_count > 0)
        put_elsewhere(out, report);
    else
        g_string_append(out, _(" No other frame holds one."));
    g_free(asked);
    g_free(end);
}

void words_nothing(GString *out, const struct report *report)
{
    if (report->options->frame && !report->frame_found)
        put_frame(out, report);
    else
        g_string_append(out, report->hidden ? _("No resets of these causes.") : _("No resets."));
}

void words_totals(GString *out, const struct report *report)
{
    const struct summary *summary = report->summary;
    if (summary->resets == 0) {
        words_nothing(out, report);
    } else {
        GString *severities = g_string_new(NULL);
        put_severities(severities, summary);
        g_string_append_printf(
            out, _("%s in %s: %s."), words_counted(summary->resets, "%s reset", "%s resets"),
            words_counted(summary->events, "%s event", "%s events"), severities->str);
        g_string_free(severities, TRUE);
    }
    if (summary->duplicates)
        g_string_append(out, words_counted(summary->duplicates,
                                           " %s frame captured twice is not counted.",
                                           " %s frames captured twice are not counted."));
    if (report->hidden)
        g_string_append(out,
                        words_counted(report->hidden, " %s other reset is left out by --cause.",
                                      " %s other resets are left out by --cause."));
}

void words_remarks(const struct report *report, words_put put, void *data)
{
    const struct tcprst_statistics *lost = &report->statistics;
    if (report->interrupted)
        put(data, _("Interrupted: this is what was found until then."));
    if (lost->flags_only)
        put(data, _("Only segments that open, close or reset seem to have been captured: what was "
                    "said between them, and when, is not known. Captured without that filter, more "
                    "can be said of each reset."));
    if (lost->connections_given_up)
        put(data, words_counted(lost->connections_given_up,
                                "%s connection was given up for want of room (--max-connections): "
                                "their resets are less sure.",
                                "%s connections were given up for want of room "
                                "(--max-connections): their resets are less sure."));
    if (lost->hosts_given_up)
        put(data, words_counted(lost->hosts_given_up,
                                "%s host was given up for want of room: what is said of their "
                                "resets is less sure.",
                                "%s hosts were given up for want of room: what is said of their "
                                "resets is less sure."));
    if (lost->verdicts_early)
        put(data, words_counted(lost->verdicts_early,
                                "%s verdict was given early, because too many were pending.",
                                "%s verdicts were given early, because too many were pending."));
    if (lost->out_of_memory)
        put(data,
            words_counted(lost->out_of_memory, "%s segment was not followed for want of memory.",
                          "%s segments were not followed for want of memory."));
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
