/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_baseline.c - reads an earlier report and compares rates with it. */
#include "report_baseline.h"

#include "report_string.h"
#include "translate.h"

#include <errno.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

enum {
    MAX_DEPTH = 32,       /* our own reports nest six deep; the parser's stack has an end */
    MAX_SIZE = 512 << 20, /* octets; a report of a million resets */
};

/* Whether brackets nest no deeper than any report of ours. */
static bool is_shallow(const char *text, size_t length)
{
    unsigned depth = 0;
    bool string = false;
    for (size_t i = 0; i < length; i++) {
        if (string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            string = !string;
        else if (!string && (text[i] == '[' || text[i] == '{') && ++depth > MAX_DEPTH)
            return false;
        else if (!string && (text[i] == ']' || text[i] == '}') && depth > 0)
            depth--;
    }
    return true;
}

static const char *text_of(JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static bool number_of(JsonObject *object, const char *key, double *number)
{
    JsonNode *node = json_object_get_member(object, key);
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) == G_TYPE_STRING)
        return false;
    *number = json_node_get_double(node);
    return isfinite(*number) && *number >= 0 && *number < 1e15;
}

static bool read_incident(struct baseline *baseline, JsonNode *node)
{
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return false;
    JsonObject *object = json_node_get_object(node);
    const char *service = text_of(object, "service"), *cause = text_of(object, "cause"),
               *sent_by = text_of(object, "sent_by");
    double events, resets;
    if (!service || !cause || !sent_by || !number_of(object, "events", &events) ||
        !number_of(object, "resets", &resets))
        return false;
    struct incident incident = {.events = (uint64_t)events, .resets = (uint64_t)resets};
    g_strlcpy(incident.service, service, sizeof incident.service);
    g_strlcpy(incident.cause, cause, sizeof incident.cause);
    g_strlcpy(incident.sent_by, sent_by, sizeof incident.sent_by);
    incidents_add(baseline->incidents, &incident);
    return true;
}

static bool read_summary(struct baseline *baseline, JsonNode *root)
{
    JsonNode *node = root && JSON_NODE_HOLDS_OBJECT(root)
                         ? json_object_get_member(json_node_get_object(root), "summary")
                         : NULL;
    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return false;
    JsonObject *summary = json_node_get_object(node);
    JsonNode *services = json_object_get_member(summary, "services");
    if (!number_of(summary, "seconds", &baseline->seconds) || !services ||
        !JSON_NODE_HOLDS_ARRAY(services))
        return false;
    JsonArray *array = json_node_get_array(services);
    for (guint i = 0; i < json_array_get_length(array); i++)
        if (!read_incident(baseline, json_array_get_element(array, i)))
            return false;
    return true;
}

struct baseline *baseline_read(const char *path, char **error)
{
    GError *failure = NULL;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &failure);
    if (!file) {
        *error = g_strdup_printf("--baseline: %s", failure->message);
        g_error_free(failure);
        return NULL;
    }
    const char *text = g_mapped_file_get_contents(file), *why = NULL;
    size_t length = g_mapped_file_get_length(file);
    struct baseline *baseline = g_new0(struct baseline, 1);
    baseline->incidents = incidents_new();
    JsonParser *parser = json_parser_new_immutable();
    if (length == 0 || length > MAX_SIZE || !g_utf8_validate(text, (gssize)length, NULL) ||
        !is_shallow(text, length))
        why = _("no report of --format=json");
    else if (!json_parser_load_from_data(parser, text, (gssize)length, &failure))
        why = failure->message;
    else if (!read_summary(baseline, json_parser_get_root(parser)))
        why = _("no report of --format=json with services in its summary");
    if (why) {
        *error = g_strdup_printf("--baseline: '%s': %s", path, why);
        baseline_free(baseline);
        baseline = NULL;
    }
    g_clear_error(&failure);
    g_object_unref(parser);
    g_mapped_file_unref(file);
    return baseline;
}

void baseline_free(struct baseline *baseline)
{
    if (!baseline)
        return;
    incidents_free(baseline->incidents);
    g_free(baseline);
}

const char *change_id(enum change_kind kind)
{
    static const char *const ids[] = {"new", "more", "fewer", "gone"};
    return ids[kind];
}

static double per_hour(uint64_t events, double seconds)
{
    /* Captures shorter than a second, or without times, are taken for one second. */
    return (double)events * 3600 / MAX(seconds, 1);
}

/* How likely it is that of all events at most so many fall into a share of the time. */
static double at_most(double few, double all, double share, double rest)
{
    double term = all * log(rest), sum = exp(term);
    for (double i = 0; i < few; i++) {
        term += log((all - i) / (i + 1)) + log(share / rest);
        sum += exp(term);
    }
    return sum;
}

/* Whether two counts differ by more than chance: twice the rate, and further from what equal rates
 * would give than three standard deviations, or as unlikely as that where there are few. */
static bool differs(double events, double seconds, double before, double seconds_before)
{
    enum { FEW = 1000 };
    const double unlikely = 0.00135;
    double now = MAX(seconds, 1), then = MAX(seconds_before, 1);
    double share = now / (now + then), rest = then / (now + then);
    double all = events + before, expected = all * share;
    bool twice = events / now > 2 * before / then || before / then > 2 * events / now;
    bool less = events < expected;
    double few = less ? events : before;
    if (!twice || few > FEW)
        return twice && fabs(events - expected) > 3 * sqrt(all * share * rest);
    return at_most(few, all, less ? share : rest, less ? rest : share) < unlikely;
}

static void add_change(GArray *changes, enum change_kind kind, const struct incident *now,
                       double seconds, uint64_t before, double seconds_before)
{
    struct change change = {.kind = kind,
                            .now = *now,
                            .events_before = before,
                            .per_hour = per_hour(now->events, seconds),
                            .per_hour_before = per_hour(before, seconds_before)};
    g_array_append_val(changes, change);
}

static gint compare_changes(gconstpointer a, gconstpointer b)
{
    const struct change *x = a, *y = b;
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    uint64_t i = MAX(x->now.events, x->events_before), j = MAX(y->now.events, y->events_before);
    if (i != j)
        return i > j ? -1 : 1;
    int order = strcmp(x->now.service, y->now.service);
    return order ? order : strcmp(x->now.cause, y->now.cause);
}

GArray *baseline_compare(const struct baseline *baseline, const struct incidents *now,
                         double seconds)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct change));
    GPtrArray *list = incidents_list(now), *old = incidents_list(baseline->incidents);
    for (guint i = 0; i < list->len; i++) {
        const struct incident *incident = list->pdata[i];
        const struct incident *was = incidents_find(baseline->incidents, incident);
        if (!was)
            add_change(changes, CHANGE_NEW, incident, seconds, 0, baseline->seconds);
        else if (differs((double)incident->events, seconds, (double)was->events, baseline->seconds))
            add_change(changes,
                       per_hour(incident->events, seconds) >
                               per_hour(was->events, baseline->seconds)
                           ? CHANGE_MORE
                           : CHANGE_FEWER,
                       incident, seconds, was->events, baseline->seconds);
    }
    for (guint i = 0; i < old->len; i++) {
        struct incident gone = *(const struct incident *)old->pdata[i];
        if (incidents_find(now, &gone))
            continue;
        uint64_t before = gone.events;
        gone.events = gone.resets = 0;
        add_change(changes, CHANGE_GONE, &gone, seconds, before, baseline->seconds);
    }
    g_array_sort(changes, compare_changes);
    g_ptr_array_unref(list);
    g_ptr_array_unref(old);
    return changes;
}

/* "3,600", "12.5", "0.25". */
static void put_rate(GString *out, double rate)
{
    char number[NUMBER_SIZE];
    if (rate >= 100)
        g_string_append(out, string_number(number, (uint64_t)(rate + 0.5)));
    else
        g_string_append_printf(out, "%.3g", rate);
}

void change_words(GString *out, const struct change *change)
{
    const char *sent_by = change->now.sent_by;
    const char *who = strcmp(sent_by, "client") == 0        ? _("from the client's side")
                      : strcmp(sent_by, "server") == 0      ? _("from the server's side")
                      : strcmp(sent_by, "third-party") == 0 ? _("by a third party")
                                                            : _("from a side not known");
    char now[24], before[24];
    GString *rate = g_string_new(NULL), *rate_before = g_string_new(NULL);
    put_rate(rate, change->per_hour);
    put_rate(rate_before, change->per_hour_before);
    g_snprintf(now, sizeof now, "%" PRIu64, change->now.events);
    g_snprintf(before, sizeof before, "%" PRIu64, change->events_before);
    g_string_append_printf(out, _("%s: %s %s %s, %s an hour (%s), before %s (%s)"),
                           translate_word("change", change_id(change->kind)), change->now.service,
                           change->now.cause, who, rate->str, now, rate_before->str, before);
    g_string_free(rate, TRUE);
    g_string_free(rate_before, TRUE);
}
