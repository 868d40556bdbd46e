/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * statistics.c - resets and events counted by group, cause and host.
 *
 * A tree counts while packets pass: in one pass of tshark with the verdicts of that moment, in the
 * GUI and with tshark -2 with final ones. The summary remembers the resets and asks for their
 * verdicts when it is printed, so it is final always.
 */
#include "statistics.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

#define TAP "tcprst"

enum { SUMMARY_HOSTS_MAX = 20 };

/* Hosts in a tree by name: Wireshark walks a node's children for each new one, and nobody reads so
 * many. */
enum { TREE_HOSTS_MAX = 1000 };

static int tap;

/* The tree's first level, in this order. A node's average, least and most are bytes at risk. */
enum root { ROOT_EVENTS, ROOT_RESETS, ROOT_HOSTS, ROOT_STRENGTHS, ROOT_COUNT };
static const char *const roots[ROOT_COUNT] = {
    N_("Events by cause (values: bytes at risk)"),
    N_("Resets by cause and host (values: bytes at risk)"),
    N_("Resets by sending host (values: bytes at risk)"),
    N_("Resets by strength (values: bytes at risk)"),
};

bool tcprst_statistics_counted(void)
{
    return have_tap_listener(tap);
}

void tcprst_statistics_queue(packet_info *pinfo, const struct tcprst_record *record)
{
    tap_queue_packet(tap, pinfo, record);
}

/* The sender as people know it: its name where Wireshark resolves names. Of a forged RST it is only
 * the name that was used. */
static char *sender_name(wmem_allocator_t *pool, const struct tcprst_verdict *verdict)
{
    address sender;
    if (verdict->ip_version == 6)
        set_address(&sender, AT_IPv6, 16, verdict->source);
    else
        set_address(&sender, AT_IPv4, 4, verdict->source);
    char *name = address_to_display(pool, &sender);
    if (verdict->origin != TCPRST_ORIGIN_THIRD_PARTY)
        return name;
    char *forged = wmem_strdup_printf(pool, _("in the name of %s"), name);
    wmem_free(pool, name);
    return forged;
}

/* ---- The tree ---- */

/*
 * Wireshark's window sorts by name first, but nodes with a range by its floor: so with the count's
 * negative there, the most come first. It also shows their average, least and most.
 */
static void sort_as(stats_tree *st, int node, int place)
{
    stat_node *of = (stat_node *)g_ptr_array_index(st->parents, (guint)node);
    if (!of->rng)
        of->rng = g_new0(range_pair_t, 1);
    of->rng->floor = of->rng->ceil = place;
}

static void init_tree(stats_tree *st)
{
    for (int i = 0; i < ROOT_COUNT; i++)
        sort_as(st, stats_tree_create_node(st, _(roots[i]), 0, STAT_DT_INT, TRUE), i);
}

/* One more of that name below parent, most first. Returns its node. */
static int count_node(stats_tree *st, const char *name, int parent, int risk)
{
    int node = avg_stat_node_add_value_int(st, name, parent, TRUE, risk);
    if (parent)
        sort_as(st, node, -((stat_node *)g_ptr_array_index(st->parents, (guint)node))->counter);
    return node;
}

/* The sender's name below the root of hosts, as far as there is room for another. */
static const char *name_in_tree(const stats_tree *st, int root, const char *name)
{
    GHashTable *hosts = ((const stat_node *)g_ptr_array_index(st->parents, (guint)root))->hash;
    bool room = g_hash_table_size(hosts) < TREE_HOSTS_MAX || g_hash_table_lookup(hosts, name);
    return room ? name : _("other hosts");
}

/* Bytes at risk in both directions; what is not known counts nothing. */
static int bytes_at_risk(const struct tcprst_verdict *verdict)
{
    int64_t from = verdict->risk_from_sender, to = verdict->risk_to_sender;
    int64_t sum = (from > 0 ? from : 0) + (to > 0 ? to : 0);
    return sum > INT32_MAX ? INT32_MAX : (int)sum;
}

static tap_packet_status count_in_tree(stats_tree *st, packet_info *pinfo, epan_dissect_t *edt,
                                       const void *data, tap_flags_t flags)
{
    (void)edt, (void)flags;
    struct tcprst_verdict verdict;
    if (!tcprst_record_verdict((const struct tcprst_record *)data, &verdict) ||
        verdict.duplicate_of.number)
        return TAP_PACKET_DONT_REDRAW;
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict.cause);
    const char *group = tcprst_group_id(info->group);
    int risk = bytes_at_risk(&verdict);
    if (verdict.event.number == verdict.frame.number) {
        int events = count_node(st, _(roots[ROOT_EVENTS]), 0, risk);
        count_node(st, info->id, count_node(st, group, events, risk), risk);
    }
    int hosts = count_node(st, _(roots[ROOT_HOSTS]), 0, risk);
    const char *host = name_in_tree(st, hosts, sender_name(pinfo->pool, &verdict));
    count_node(st, info->id, count_node(st, host, hosts, risk), risk);
    int resets = count_node(st, _(roots[ROOT_RESETS]), 0, risk);
    int cause = count_node(st, info->id, count_node(st, group, resets, risk), risk);
    count_node(st, host, cause, risk);
    int strengths = count_node(st, _(roots[ROOT_STRENGTHS]), 0, risk);
    count_node(st, translate_word("strength", tcprst_strength_id(verdict.strength)), strengths,
               risk);
    return TAP_PACKET_REDRAW;
}

/* ---- The summary ---- */

struct count {
    uint64_t total, events, by_strength[TCPRST_STRENGTH_CERTAIN + 1];
};

struct host {
    char *name;
    uint64_t resets;
};

struct totals {
    uint64_t resets, duplicates, events, given_up;
    struct count causes[TCPRST_CAUSE_COUNT];
    GHashTable *hosts; /* name to struct host */
};

/* One -z tcprst,summary. */
struct summary {
    GArray *records;    /* of const struct tcprst_record *, of the open file, as they passed */
    struct totals past; /* of the files before it: tshark -b writes one after the other */
};

static GSList *summaries;

static void free_host(void *data)
{
    struct host *host = (struct host *)data;
    g_free(host->name);
    g_free(host);
}

static void clear_totals(struct totals *totals)
{
    GHashTable *hosts = totals->hosts;
    g_hash_table_remove_all(hosts);
    *totals = (struct totals){.hosts = hosts};
}

static void count_host(GHashTable *hosts, const char *name, uint64_t resets)
{
    struct host *host = (struct host *)g_hash_table_lookup(hosts, name);
    if (!host) {
        host = g_new0(struct host, 1);
        host->name = g_strdup(name);
        g_hash_table_insert(hosts, host->name, host);
    }
    host->resets += resets;
}

static void count_verdict(struct totals *totals, const struct tcprst_verdict *verdict,
                          GHashTable *events)
{
    if (verdict->duplicate_of.number) {
        totals->duplicates++;
        return;
    }
    totals->resets++;
    totals->causes[verdict->cause].total++;
    if (verdict->event.number == verdict->frame.number)
        totals->causes[verdict->cause].events++;
    totals->causes[verdict->cause].by_strength[verdict->strength]++;
    g_hash_table_add(events, GUINT_TO_POINTER((uint32_t)verdict->event.number));
    char *name = sender_name(NULL, verdict);
    count_host(totals->hosts, name, 1);
    wmem_free(NULL, name);
}

/* Adds what the open file has. */
static void count_records(struct totals *totals, const GArray *records)
{
    GHashTable *events = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < records->len; i++) {
        struct tcprst_verdict verdict;
        if (tcprst_record_verdict(g_array_index(records, const struct tcprst_record *, i),
                                  &verdict))
            count_verdict(totals, &verdict, events);
    }
    totals->events += g_hash_table_size(events);
    g_hash_table_destroy(events);
    struct tcprst_statistics statistics;
    tcprst_records_statistics(&statistics);
    totals->given_up += statistics.connections_given_up;
}

static void add_totals(struct totals *totals, const struct totals *more)
{
    totals->resets += more->resets;
    totals->duplicates += more->duplicates;
    totals->events += more->events;
    totals->given_up += more->given_up;
    for (int cause = 0; cause < TCPRST_CAUSE_COUNT; cause++) {
        totals->causes[cause].total += more->causes[cause].total;
        totals->causes[cause].events += more->causes[cause].events;
        for (int i = 0; i <= TCPRST_STRENGTH_CERTAIN; i++)
            totals->causes[cause].by_strength[i] += more->causes[cause].by_strength[i];
    }
    GHashTableIter iter;
    void *value;
    for (g_hash_table_iter_init(&iter, more->hosts); g_hash_table_iter_next(&iter, NULL, &value);) {
        const struct host *host = (const struct host *)value;
        count_host(totals->hosts, host->name, host->resets);
    }
}

static void print_group(const struct totals *totals, enum tcprst_group group)
{
    bool headed = false;
    for (int cause = 0; cause < TCPRST_CAUSE_COUNT; cause++) {
        const struct tcprst_cause_info *info = tcprst_cause_info((enum tcprst_cause)cause);
        const struct count *count = &totals->causes[cause];
        if (info->group != group || count->total == 0)
            continue;
        if (!headed)
            g_print("%s%s%s\n", tcprst_group_id(group), _(": "), _(tcprst_group_title(group)));
        headed = true;
        g_print("%9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "  %s (%s)\n",
                count->total, count->events, count->by_strength[TCPRST_STRENGTH_CERTAIN],
                count->by_strength[TCPRST_STRENGTH_LIKELY],
                count->by_strength[TCPRST_STRENGTH_POSSIBLE], info->id, _(info->title));
    }
}

static int compare_hosts(const void *a, const void *b)
{
    const struct host *left = *(struct host *const *)a, *right = *(struct host *const *)b;
    if (left->resets != right->resets)
        return left->resets < right->resets ? 1 : -1;
    return strcmp(left->name, right->name);
}

static void print_hosts(GHashTable *hosts)
{
    guint length = g_hash_table_size(hosts);
    struct host **sorted = g_new(struct host *, length);
    GHashTableIter iter;
    void *value;
    guint n = 0;
    for (g_hash_table_iter_init(&iter, hosts); g_hash_table_iter_next(&iter, NULL, &value);)
        sorted[n++] = (struct host *)value;
    qsort(sorted, n, sizeof *sorted, compare_hosts);
    g_print("%s\n", _("sent by"));
    for (guint i = 0; i < n && i < SUMMARY_HOSTS_MAX; i++)
        g_print("%9" PRIu64 "  %s\n", sorted[i]->resets, sorted[i]->name);
    if (n > SUMMARY_HOSTS_MAX)
        g_print(_("           and %u more\n"), n - SUMMARY_HOSTS_MAX);
    g_free(sorted);
}

static void print_totals(const struct totals *totals)
{
    g_print("\n===================================================================\n");
    g_print("%s\n", _("TCP Reset Causes"));
    char resets[80], events[80];
    snprintf(resets, sizeof resets, translate_plural("%llu reset", "%llu resets", totals->resets),
             (unsigned long long)totals->resets);
    snprintf(events, sizeof events, translate_plural("%llu event", "%llu events", totals->events),
             (unsigned long long)totals->events);
    g_print(_("%s in %s"), resets, events);
    if (totals->duplicates)
        g_print(_(", and %llu packets captured twice"), (unsigned long long)totals->duplicates);
    g_print("\n");
    if (totals->resets) {
        g_print("\n%s\n", _("   Resets    Events   certain    likely  possible  Cause"));
        for (int group = 0; group < TCPRST_GROUP_COUNT; group++)
            print_group(totals, (enum tcprst_group)group);
        print_hosts(totals->hosts);
    }
    if (totals->given_up)
        g_print(_("\n%llu connections were given up for want of room: raise the preference "
                  "tcprst.max_connections\n"),
                (unsigned long long)totals->given_up);
    g_print("===================================================================\n");
}

static GHashTable *new_hosts(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_host);
}

static void draw_summary(void *data)
{
    const struct summary *summary = (const struct summary *)data;
    struct totals totals = {.hosts = new_hosts()};
    add_totals(&totals, &summary->past);
    count_records(&totals, summary->records);
    print_totals(&totals);
    g_hash_table_destroy(totals.hosts);
}

/* The records go with their file: what they say is counted while they are there. */
void tcprst_statistics_end_file(void)
{
    for (GSList *item = summaries; item; item = item->next) {
        struct summary *summary = (struct summary *)item->data;
        count_records(&summary->past, summary->records);
        g_array_set_size(summary->records, 0);
    }
}

static tap_packet_status count_in_summary(void *data, packet_info *pinfo, epan_dissect_t *edt,
                                          const void *record, tap_flags_t flags)
{
    (void)pinfo, (void)edt, (void)flags;
    g_array_append_val(((struct summary *)data)->records, record);
    return TAP_PACKET_REDRAW;
}

static void reset_summary(void *data)
{
    struct summary *summary = (struct summary *)data;
    g_array_set_size(summary->records, 0);
    clear_totals(&summary->past);
}

static void free_summary(void *data)
{
    struct summary *summary = (struct summary *)data;
    summaries = g_slist_remove(summaries, summary);
    g_array_free(summary->records, TRUE);
    g_hash_table_destroy(summary->past.hosts);
    g_free(summary);
}

/* -z tcprst,summary[,FILTER] */
static tcprst_tap_init_result start_summary(const char *argument, void *user)
{
    (void)user;
    const char *start = TAP ",summary,";
    const char *filter = g_str_has_prefix(argument, start) ? argument + strlen(start) : NULL;
    struct summary *summary = g_new0(struct summary, 1);
    summary->records = g_array_new(FALSE, FALSE, sizeof(const struct tcprst_record *));
    summary->past.hosts = new_hosts();
    summaries = g_slist_prepend(summaries, summary);
    GString *error = register_tap_listener(TAP, summary, filter, 0, reset_summary, count_in_summary,
                                           draw_summary, free_summary);
    if (error) {
        report_failure(_("cannot start the summary of TCP reset causes: %s"), error->str);
        g_string_free(error, TRUE);
        free_summary(summary);
        TCPRST_TAP_INIT_RESULT(false);
    }
    TCPRST_TAP_INIT_RESULT(true);
}

void tcprst_statistics_register(void)
{
    static stat_tap_ui summary_ui = {
        .group = REGISTER_STAT_GROUP_GENERIC,
        .cli_string = TAP ",summary",
        .tap_init_cb = start_summary,
    };
    tap = register_tap(TAP);
    const guint most_first = ST_FLG_SORT_DESC | ST_SORT_COL_COUNT << ST_FLG_SRTCOL_SHIFT;
    stats_tree_register_plugin(TAP, TAP, _("TCP Reset Causes"), most_first, count_in_tree,
                               init_tree, NULL);
    register_stat_tap_ui(&summary_ui, NULL);
}
