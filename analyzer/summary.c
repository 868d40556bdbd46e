/* SPDX-License-Identifier: GPL-2.0-or-later */
/* summary.c - counts causes, hosts, services, endings and groups of equal events in bounded memory.
 */
#include "summary.h"

#include "seeded.h"

#include <string.h>

/* Events whose later RSTs can still be told to belong to them. */
enum { RECENT_EVENTS = 32768 };

/* What makes two events equal. Zeroed before it is filled, because it is compared octet by octet.
 */
struct group_key {
    uint8_t source[16], destination[16];
    uint8_t ip_version, cause, strength, sender;
};

struct host_key {
    uint8_t address[16];
    uint16_t port;
    uint8_t ip_version, forged;
};

/* An event of which more RSTs may come. */
struct summary_event {
    struct summary_group *group;
    uint64_t risk; /* already counted */
};

/* Takes copies of what was borrowed. */
static void copy_why(struct report_why *to, const struct report_why *from)
{
    *to = *from;
    to->findings = g_memdup2(from->findings, from->finding_count * sizeof *from->findings);
    to->ledger = g_memdup2(from->ledger, from->ledger_count * sizeof *from->ledger);
}

static guint group_hash(gconstpointer key)
{
    return seeded_hash(key, sizeof(struct group_key));
}

static gboolean group_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct group_key)) == 0;
}

static guint host_hash(gconstpointer key)
{
    return seeded_hash(key, sizeof(struct host_key));
}

static gboolean host_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct host_key)) == 0;
}

static void group_free(gpointer p)
{
    struct summary_group *group = p;
    g_free(group->why.findings);
    g_free(group->why.ledger);
    g_free(group);
}

static GHashTable *event_table(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
}

struct summary *summary_new(void)
{
    struct summary *summary = g_new0(struct summary, 1);
    summary->course.start = TCPRST_TIME_UNKNOWN;
    summary->groups = g_hash_table_new_full(group_hash, group_equal, g_free, group_free);
    for (size_t i = 0; i < SUMMARY_ROLES; i++)
        summary->hosts[i] = g_hash_table_new_full(host_hash, host_equal, g_free, g_free);
    summary->events_new = event_table();
    summary->events_old = event_table();
    return summary;
}

void summary_free(struct summary *summary)
{
    if (!summary)
        return;
    g_hash_table_destroy(summary->groups);
    for (size_t i = 0; i < SUMMARY_ROLES; i++)
        g_hash_table_destroy(summary->hosts[i]);
    g_hash_table_destroy(summary->events_new);
    g_hash_table_destroy(summary->events_old);
    g_free(summary);
}

static int compare_counts(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t median(GHashTable *table, uint64_t (*count)(const void *value))
{
    GHashTableIter iter;
    gpointer value;
    GArray *counts = g_array_sized_new(FALSE, FALSE, sizeof(uint64_t), g_hash_table_size(table));
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        uint64_t n = count(value);
        g_array_append_val(counts, n);
    }
    g_array_sort(counts, compare_counts);
    uint64_t middle = g_array_index(counts, uint64_t, counts->len / 2);
    g_array_unref(counts);
    return middle;
}

struct counted {
    uint64_t count;
    gpointer key;
};

/* The smaller count first; of equal ones in the order of their keys, whose octets `size` says, so
 * that every run drops the same. */
static gint compare_counted(gconstpointer a, gconstpointer b, gpointer size)
{
    const struct counted *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    return memcmp(y->key, x->key, GPOINTER_TO_SIZE(size));
}

/* Drops the smaller half of an overfull table. Returns the sum of what was dropped. */
static uint64_t prune(GHashTable *table, size_t key_size, uint64_t (*count)(const void *value))
{
    uint64_t dropped = 0;
    GHashTableIter iter;
    struct counted each;
    gpointer value;
    GArray *all = g_array_sized_new(FALSE, FALSE, sizeof each, g_hash_table_size(table));
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &each.key, &value)) {
        each.count = count(value);
        g_array_append_val(all, each);
    }
    g_array_sort_with_data(all, compare_counted, GSIZE_TO_POINTER(key_size));
    for (guint i = 0; i < all->len / 2; i++) {
        each = g_array_index(all, struct counted, i);
        dropped += each.count;
        g_hash_table_remove(table, each.key);
    }
    g_array_unref(all);
    return dropped;
}

static uint64_t host_count(const void *value)
{
    return ((const struct summary_host *)value)->resets;
}

static uint64_t group_count(const void *value)
{
    return ((const struct summary_group *)value)->events;
}

bool summary_service_is_source(const struct tcprst_verdict *verdict)
{
    if (verdict->sender != TCPRST_SENDER_UNKNOWN)
        return verdict->sender == TCPRST_SENDER_SERVER;
    return verdict->source_port < verdict->destination_port;
}

/* The host of that role, made where it was not met before. */
static struct summary_host *host_of(struct summary *summary, enum summary_role role,
                                    const struct tcprst_verdict *verdict)
{
    bool source =
        role == SUMMARY_SENDERS || (role == SUMMARY_SERVICES && summary_service_is_source(verdict));
    struct host_key key = {.ip_version = verdict->ip_version};
    memcpy(key.address, source ? verdict->source : verdict->destination, sizeof key.address);
    if (role == SUMMARY_SERVICES)
        key.port = source ? verdict->source_port : verdict->destination_port;
    key.forged = role == SUMMARY_SENDERS && verdict->origin == TCPRST_ORIGIN_THIRD_PARTY;
    struct summary_host *host = g_hash_table_lookup(summary->hosts[role], &key);
    if (host)
        return host;
    if (g_hash_table_size(summary->hosts[role]) >= 2 * SUMMARY_KEPT)
        summary->dropped_hosts[role] |=
            prune(summary->hosts[role], sizeof(struct host_key), host_count) > 0;
    host = g_new0(struct summary_host, 1);
    memcpy(host->address, key.address, sizeof host->address);
    host->ip_version = key.ip_version;
    host->port = key.port;
    host->forged = key.forged;
    host->first_time = host->last_time = TCPRST_TIME_UNKNOWN;
    g_hash_table_insert(summary->hosts[role], g_memdup2(&key, sizeof key), host);
    return host;
}

static bool is_first_of_event(const struct tcprst_verdict *v)
{
    return v->event.number == v->frame.number && v->event.capture == v->frame.capture;
}

static void count_host(struct summary *summary, enum summary_role role,
                       const struct tcprst_verdict *verdict)
{
    struct summary_host *host = host_of(summary, role, verdict);
    bool server = summary_service_is_source(verdict);
    host->resets++;
    if (verdict->origin == TCPRST_ORIGIN_THIRD_PARTY)
        host->by_else++;
    else
        *(server ? &host->by_server : &host->by_client) += 1;
    if (verdict->origin == TCPRST_ORIGIN_UNKNOWN)
        *(server ? &host->unknown_server : &host->unknown_client) = true;
    if (verdict->time != TCPRST_TIME_UNKNOWN) {
        if (host->first_time == TCPRST_TIME_UNKNOWN || verdict->time < host->first_time)
            host->first_time = verdict->time;
        if (host->last_time == TCPRST_TIME_UNKNOWN || verdict->time > host->last_time)
            host->last_time = verdict->time;
    }
    if (is_first_of_event(verdict)) {
        host->events++;
        host->by_severity[verdict->severity]++;
    }
}

static void add_port(struct summary_group *group, uint16_t port)
{
    for (size_t i = 0; i < group->port_count; i++)
        if (group->ports[i] == port)
            return;
    if (group->port_count < SUMMARY_PORTS)
        group->ports[group->port_count++] = port;
    else
        group->more_ports = true;
}

static void add_member(struct summary_group *group, const struct summary_member *member)
{
    if (group->member_count < SUMMARY_MEMBERS)
        group->members[group->member_count++] = *member;
}

static void merge(struct summary_group *into, const struct summary_group *group)
{
    into->mixed |= group->mixed || group->first.sender != into->first.sender;
    into->events += group->events;
    into->resets += group->resets;
    into->risk += group->risk;
    into->severity = MAX(into->severity, group->severity);
    for (size_t i = 0; i < group->port_count; i++)
        add_port(into, group->ports[i]);
    into->more_ports |= group->more_ports;
    for (size_t i = 0; i < group->member_count; i++)
        add_member(into, &group->members[i]);
    if (group->idle_min >= 0 && (into->idle_min < 0 || group->idle_min < into->idle_min))
        into->idle_min = group->idle_min;
    into->idle_max = MAX(into->idle_max, group->idle_max);
    if (into->last_frame.capture < group->last_frame.capture ||
        (into->last_frame.capture == group->last_frame.capture &&
         into->last_frame.number < group->last_frame.number)) {
        into->last_frame = group->last_frame;
        into->last_time = group->last_time;
    }
}

static bool earlier(const struct tcprst_verdict *a, const struct tcprst_verdict *b)
{
    if (a->frame.capture != b->frame.capture)
        return a->frame.capture < b->frame.capture;
    return a->reset < b->reset;
}

static gint compare_groups(gconstpointer a, gconstpointer b)
{
    const struct summary_group *x = *(struct summary_group *const *)a,
                               *y = *(struct summary_group *const *)b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->events != y->events)
        return x->events > y->events ? -1 : 1;
    return earlier(&x->first, &y->first) ? -1 : 1;
}

static bool same_class(const struct summary_group *a, const struct summary_group *b)
{
    return a->first.cause == b->first.cause && a->first.strength == b->first.strength;
}

static guint address_hash(gconstpointer key)
{
    return seeded_hash(key, 16);
}

static gboolean address_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, 16) == 0;
}

static size_t distinct_hosts(GPtrArray *groups, size_t offset)
{
    GHashTable *seen = g_hash_table_new(address_hash, address_equal);
    for (guint i = 0; i < groups->len; i++)
        g_hash_table_add(seen, (char *)groups->pdata[i] + offset);
    size_t count = g_hash_table_size(seen);
    g_hash_table_destroy(seen);
    return count;
}

static void make_key(struct group_key *key, const struct tcprst_verdict *v)
{
    memset(key, 0, sizeof *key);
    memcpy(key->source, v->source, sizeof key->source);
    memcpy(key->destination, v->destination, sizeof key->destination);
    key->ip_version = v->ip_version;
    key->cause = (uint8_t)v->cause;
    key->strength = (uint8_t)v->strength;
    key->sender = (uint8_t)v->sender;
}

/* Puts a group among those with any source, any destination, or both. Takes it. */
static void fold_group(struct summary *summary, struct summary_group *group, bool by_source,
                       bool by_destination)
{
    struct group_key key;
    make_key(&key, &group->first);
    /* No host has the address of zeros. */
    if (!by_source)
        memset(key.source, 0, sizeof key.source);
    if (!by_destination)
        memset(key.destination, 0, sizeof key.destination);
    struct summary_group *into = g_hash_table_lookup(summary->groups, &key);
    if (!into) {
        group->many = true;
        group->source_hosts += !by_source;
        group->destination_hosts += !by_destination;
        g_hash_table_insert(summary->groups, g_memdup2(&key, sizeof key), group);
        return;
    }
    merge(into, group);
    into->source_hosts += !by_source;
    into->destination_hosts += !by_destination;
    group_free(group);
}

/* Folds the smaller groups of one cause and strength along the side that has fewer hosts. */
static void fold_early(struct summary *summary, GPtrArray *class, uint64_t small)
{
    enum { FEW = SUMMARY_KEPT / 8 };
    size_t sources = distinct_hosts(class, offsetof(struct summary_group, first.source));
    size_t destinations = distinct_hosts(class, offsetof(struct summary_group, first.destination));
    bool by_source = sources <= destinations && sources <= FEW;
    bool by_destination = !by_source && destinations <= FEW;
    for (guint i = 0; i < class->len; i++) {
        struct summary_group *group = class->pdata[i];
        struct group_key key;
        gpointer old_key = NULL;
        make_key(&key, &group->first);
        if (group->many || group->events > small)
            continue;
        if (!g_hash_table_steal_extended(summary->groups, &key, &old_key, NULL))
            continue;
        g_free(old_key);
        fold_group(summary, group, by_source, by_destination);
    }
}

/* The groups by cause and strength: lists of those of one each, in the order of their first. */
static GPtrArray *classes_of(GPtrArray *groups)
{
    GPtrArray *of[TCPRST_CAUSE_COUNT][4] = {{NULL}};
    GPtrArray *classes = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < groups->len; i++) {
        const struct summary_group *group = groups->pdata[i];
        GPtrArray **class = &of[group->first.cause][group->first.strength];
        if (!*class)
            g_ptr_array_add(classes, *class = g_ptr_array_new());
        g_ptr_array_add(*class, groups->pdata[i]);
    }
    return classes;
}

/* Makes room for new groups. */
static void fold_smallest(struct summary *summary)
{
    uint64_t small = median(summary->groups, group_count);
    GPtrArray *groups = seeded_sorted(summary->groups, compare_groups),
              *classes = classes_of(groups);
    for (guint i = 0; i < classes->len; i++)
        fold_early(summary, classes->pdata[i], small);
    g_ptr_array_unref(classes);
    g_ptr_array_unref(groups);
}

static struct summary_group *group_of(struct summary *summary, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = reset->verdict;
    struct group_key key;
    make_key(&key, v);
    struct summary_group *group = g_hash_table_lookup(summary->groups, &key);
    if (group)
        return group;
    if (g_hash_table_size(summary->groups) >= 2 * SUMMARY_KEPT) {
        g_hash_table_remove_all(summary->events_new);
        g_hash_table_remove_all(summary->events_old);
        fold_smallest(summary);
    }
    group = g_new0(struct summary_group, 1);
    group->first = *v;
    group->source_hosts = group->destination_hosts = 1;
    group->idle_min = group->idle_max = v->idle;
    group->tuple = reset->tuple;
    g_strlcpy(group->trigger_says, reset->trigger_says ? reset->trigger_says : "", SAYS_SIZE);
    g_strlcpy(group->answer_says, reset->answer_says ? reset->answer_says : "", SAYS_SIZE);
    g_strlcpy(group->process, reset->process ? reset->process : "", sizeof group->process);
    copy_why(&group->why, &reset->why);
    g_hash_table_insert(summary->groups, g_memdup2(&key, sizeof key), group);
    return group;
}

static uint64_t octets(int64_t n)
{
    return n > 0 ? (uint64_t)n : 0;
}

static void add_event(struct summary_group *group, const struct tcprst_verdict *v)
{
    struct summary_member member = {.frame = v->frame,
                                    .time = v->time,
                                    .connection = v->connection,
                                    .source_port = v->source_port,
                                    .destination_port = v->destination_port};
    memcpy(member.source, v->source, sizeof member.source);
    memcpy(member.destination, v->destination, sizeof member.destination);
    add_member(group, &member);
    group->mixed |= v->sender != group->first.sender;
    group->events++;
    group->severity = MAX(group->severity, v->severity);
    add_port(group, summary_service_is_source(v) ? v->source_port : v->destination_port);
    if (v->idle >= 0 && (group->idle_min < 0 || v->idle < group->idle_min))
        group->idle_min = v->idle;
    group->idle_max = MAX(group->idle_max, v->idle);
}

/* 2^48 frames a capture are enough for any disk. */
static int64_t event_key(const struct tcprst_frame *frame)
{
    return (int64_t)((uint64_t)frame->capture << 48 ^ frame->number);
}

static struct summary_event *remember_event(struct summary *summary, const struct tcprst_verdict *v,
                                            struct summary_group *group)
{
    if (g_hash_table_size(summary->events_new) >= RECENT_EVENTS) {
        g_hash_table_destroy(summary->events_old);
        summary->events_old = summary->events_new;
        summary->events_new = event_table();
    }
    int64_t key = event_key(&v->event);
    struct summary_event *event = g_new0(struct summary_event, 1);
    event->group = group;
    g_hash_table_insert(summary->events_new, g_memdup2(&key, sizeof key), event);
    return event;
}

static struct summary_event *find_event(struct summary *summary, const struct tcprst_verdict *v)
{
    int64_t key = event_key(&v->event);
    struct summary_event *event = g_hash_table_lookup(summary->events_new, &key);
    return event ? event : g_hash_table_lookup(summary->events_old, &key);
}

/* Halves the resolution: two steps become one. */
static void widen(struct summary_course *course)
{
    for (unsigned i = 0; i < SUMMARY_STEPS; i++)
        for (unsigned cause = 0; cause < TCPRST_CAUSE_COUNT; cause++) {
            uint32_t n = 0;
            if (2 * i + 1 < SUMMARY_STEPS)
                n = course->resets[2 * i][cause] + course->resets[2 * i + 1][cause];
            course->resets[i][cause] = n;
        }
    course->step *= 2;
}

static void add_to_course(struct summary_course *course, int64_t time, enum tcprst_cause cause)
{
    enum { FIRST_STEP_NS = 1000000 };
    if (time == TCPRST_TIME_UNKNOWN)
        return;
    if (course->start == TCPRST_TIME_UNKNOWN) {
        course->start = time;
        course->step = FIRST_STEP_NS;
    }
    /* Unsigned: two times may be further apart than half of what 64 bits hold. */
    uint64_t since = time > course->start ? (uint64_t)time - (uint64_t)course->start : 0;
    while (since / (uint64_t)course->step >= SUMMARY_STEPS)
        widen(course);
    course->resets[since / (uint64_t)course->step][cause]++;
}

/* Of the resets of one event the largest risk counts, once. */
static void count_risk(struct summary *summary, struct summary_event *event,
                       const struct tcprst_verdict *v)
{
    uint64_t risk = octets(v->risk_from_sender) + octets(v->risk_to_sender);
    uint64_t before = event ? event->risk : 0;
    if (risk <= before)
        return;
    summary->risk += risk - before;
    if (event) {
        event->risk = risk;
        event->group->risk += risk - before;
    }
}

/* What the first RST did not do, the next one of the same maker, or of the same cause, may have
 * done. */
static void take_effect(struct summary_group *group, const struct tcprst_verdict *v)
{
    struct tcprst_verdict *first = &group->first;
    if (v->effect != TCPRST_EFFECT_RESET || first->effect == TCPRST_EFFECT_RESET ||
        v->sender != first->sender || (v->origin != first->origin && v->cause != first->cause))
        return;
    first->effect = v->effect;
    first->peer_error = v->peer_error;
    group->effective = v->frame;
}

static struct summary_event *begin_event(struct summary *summary, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = reset->verdict;
    struct summary_cause *cause = &summary->causes[v->cause];
    summary->events++;
    summary->by_severity[v->severity]++;
    cause->events++;
    cause->by_strength[v->strength]++;
    struct summary_group *group = group_of(summary, reset);
    add_event(group, v);
    return remember_event(summary, v, group);
}

void summary_reset(struct summary *summary, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = reset->verdict;
    if (v->duplicate_of.number > 0) {
        summary->duplicates++;
        return;
    }
    struct summary_cause *cause = &summary->causes[v->cause];
    summary->resets++;
    summary->not_final += !v->final;
    cause->resets++;
    cause->resets_by_strength[v->strength]++;
    cause->severity = MAX(cause->severity, v->severity);
    add_to_course(&summary->course, v->time, v->cause);
    for (unsigned role = 0; role < SUMMARY_ROLES; role++)
        count_host(summary, (enum summary_role)role, v);
    /* The first of an event may have been left out by -c. */
    struct summary_event *event =
        is_first_of_event(v) ? begin_event(summary, reset) : find_event(summary, v);
    count_risk(summary, event, v);
    if (!event)
        return;
    take_effect(event->group, v);
    event->group->resets++;
    event->group->last_frame = v->frame;
    event->group->last_time = v->time;
}

void summary_connection(struct summary *summary, const struct tcprst_connection *connection)
{
    static const enum summary_ended ended[] = {[TCPRST_ENDING_OPEN] = SUMMARY_OPEN,
                                               [TCPRST_ENDING_FIN] = SUMMARY_FIN,
                                               [TCPRST_ENDING_RESET] = SUMMARY_RESET,
                                               [TCPRST_ENDING_REFUSED] = SUMMARY_REFUSED};
    enum summary_ended how = ended[connection->ending];
    if (how == SUMMARY_RESET && connection->reset_after_fin)
        how = SUMMARY_RESET_AFTER_FIN;
    summary->endings[how].connections++;
    summary->endings[how].unacknowledged +=
        octets(connection->client.unacknowledged) + octets(connection->server.unacknowledged);
    summary->connections++;
    summary->reset_connections += connection->resets > 0;
    summary->given_up += connection->given_up;
}

void summary_passed_by(struct summary *summary, const uint64_t connections[4])
{
    summary->endings[SUMMARY_OPEN].connections += connections[TCPRST_ENDING_OPEN];
    summary->endings[SUMMARY_FIN].connections += connections[TCPRST_ENDING_FIN];
    summary->connections += connections[TCPRST_ENDING_OPEN] + connections[TCPRST_ENDING_FIN];
}

const char *summary_ended_id(enum summary_ended ended)
{
    static const char *const ids[] = {"fin", "reset-after-fin", "reset", "refused", "open"};
    return ids[ended];
}

static bool goes_before(const struct summary_cause *a, const struct summary_cause *b)
{
    if (a->severity != b->severity)
        return a->severity > b->severity;
    return a->events != b->events ? a->events > b->events : a->resets > b->resets;
}

size_t summary_causes(const struct summary *summary, enum tcprst_cause causes[TCPRST_CAUSE_COUNT])
{
    size_t count = 0;
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++) {
        const struct summary_cause *cause = &summary->causes[i];
        if (cause->resets == 0)
            continue;
        size_t at = count++;
        for (; at > 0 && goes_before(cause, &summary->causes[causes[at - 1]]); at--)
            causes[at] = causes[at - 1];
        causes[at] = (enum tcprst_cause)i;
    }
    return count;
}

static gint compare_hosts(gconstpointer a, gconstpointer b)
{
    const struct summary_host *x = *(struct summary_host *const *)a,
                              *y = *(struct summary_host *const *)b;
    if (x->resets != y->resets)
        return x->resets > y->resets ? -1 : 1;
    int order = memcmp(x->address, y->address, sizeof x->address);
    if (order)
        return order;
    return x->port != y->port ? (int)x->port - (int)y->port : (int)x->forged - (int)y->forged;
}

GPtrArray *summary_hosts(const struct summary *summary, enum summary_role role)
{
    return seeded_sorted(summary->hosts[role], compare_hosts);
}

struct fold {
    bool by_source, by_destination;
};

static struct summary_group *copy_group(const struct summary_group *group)
{
    struct summary_group *copy = g_memdup2(group, sizeof *group);
    copy_why(&copy->why, &group->why);
    return copy;
}

static bool same_fold(struct fold fold, const struct summary_group *a,
                      const struct summary_group *b)
{
    return same_class(a, b) &&
           (!fold.by_source || memcmp(a->first.source, b->first.source, 16) == 0) &&
           (!fold.by_destination || memcmp(a->first.destination, b->first.destination, 16) == 0);
}

/* Folds the groups of one cause and strength: along the side that has few hosts, or all into one.
 */
static void fold_class(GPtrArray *class, size_t limit, GPtrArray *out)
{
    size_t sources = distinct_hosts(class, offsetof(struct summary_group, first.source));
    size_t destinations = distinct_hosts(class, offsetof(struct summary_group, first.destination));
    /* What was folded before cannot be told apart on that side any more. */
    for (guint i = 0; i < class->len; i++) {
        const struct summary_group *group = class->pdata[i];
        sources += group->source_hosts > 1 ? limit : 0;
        destinations += group->destination_hosts > 1 ? limit : 0;
    }
    struct fold fold = {.by_source = sources <= limit && sources <= destinations,
                        .by_destination = destinations <= limit && destinations < sources};
    guint start = out->len;
    for (guint i = 0; i < class->len; i++) {
        const struct summary_group *group = class->pdata[i];
        struct summary_group *into = NULL;
        for (guint j = start; j < out->len && !into; j++)
            if (same_fold(fold, out->pdata[j], group))
                into = out->pdata[j];
        if (!into) {
            g_ptr_array_add(out, copy_group(group));
            continue;
        }
        merge(into, group);
        into->many |= group->many;
        into->source_hosts += fold.by_source ? 0 : group->source_hosts;
        into->destination_hosts += fold.by_destination ? 0 : group->destination_hosts;
    }
    for (guint j = start; j < out->len && !fold.by_source && !fold.by_destination; j++) {
        struct summary_group *all = out->pdata[j];
        all->source_hosts = sources;
        all->destination_hosts = destinations;
    }
}

GPtrArray *summary_groups(const struct summary *summary, size_t limit)
{
    GPtrArray *groups = seeded_sorted(summary->groups, compare_groups),
              *classes = classes_of(groups);
    GPtrArray *out = g_ptr_array_new_with_free_func(group_free);
    for (guint i = 0; i < classes->len; i++) {
        GPtrArray *class = classes->pdata[i];
        if (class->len > limit)
            fold_class(class, limit, out);
        for (guint j = 0; j < class->len && class->len <= limit; j++)
            g_ptr_array_add(out, copy_group(class->pdata[j]));
    }
    g_ptr_array_unref(classes);
    g_ptr_array_unref(groups);
    g_ptr_array_sort(out, compare_groups);
    return out;
}
