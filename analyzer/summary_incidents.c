/* SPDX-License-Identifier: GPL-2.0-or-later */
/* summary_incidents.c - counts by service, cause and sender, in bounded memory. */
#include "summary_incidents.h"

#include "seeded.h"
#include "summary.h"

#include <string.h>

enum { MOST = 8192 };

struct incidents {
    GHashTable *table; /* "service cause sent_by" to struct incident */
    uint64_t left_out;
};

struct incidents *incidents_new(void)
{
    struct incidents *incidents = g_new0(struct incidents, 1);
    incidents->table = g_hash_table_new_full(seeded_string, g_str_equal, g_free, g_free);
    return incidents;
}

void incidents_free(struct incidents *incidents)
{
    if (!incidents)
        return;
    g_hash_table_destroy(incidents->table);
    g_free(incidents);
}

static char *key_of(const struct incident *incident)
{
    return g_strjoin(" ", incident->service, incident->cause, incident->sent_by, NULL);
}

void incidents_add(struct incidents *incidents, const struct incident *incident)
{
    char *key = key_of(incident);
    struct incident *known = g_hash_table_lookup(incidents->table, key);
    if (known) {
        known->resets += incident->resets;
        known->events += incident->events;
    } else if (g_hash_table_size(incidents->table) < MOST) {
        g_hash_table_insert(incidents->table, key, g_memdup2(incident, sizeof *incident));
        return;
    } else {
        incidents->left_out += incident->resets;
    }
    g_free(key);
}

void incidents_count(struct incidents *incidents, const struct tcprst_verdict *v)
{
    bool source = summary_service_is_source(v);
    bool first = v->event.number == v->frame.number && v->event.capture == v->frame.capture;
    struct incident incident = {.resets = 1, .events = first};
    char address[46];
    report_address(address, source ? v->source : v->destination, v->ip_version);
    g_snprintf(incident.service, sizeof incident.service, v->ip_version == 6 ? "[%s]:%u" : "%s:%u",
               address, source ? v->source_port : v->destination_port);
    g_strlcpy(incident.cause, tcprst_cause_id(v->cause), sizeof incident.cause);
    g_strlcpy(incident.sent_by,
              v->origin == TCPRST_ORIGIN_THIRD_PARTY ? "third-party"
              : source                               ? "server"
                                                     : "client",
              sizeof incident.sent_by);
    incidents_add(incidents, &incident);
}

uint64_t incidents_left_out(const struct incidents *incidents)
{
    return incidents->left_out;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct incident *x = *(struct incident *const *)a, *y = *(struct incident *const *)b;
    if (x->events != y->events)
        return x->events > y->events ? -1 : 1;
    int order = strcmp(x->service, y->service);
    order = order ? order : strcmp(x->cause, y->cause);
    return order ? order : strcmp(x->sent_by, y->sent_by);
}

GPtrArray *incidents_list(const struct incidents *incidents)
{
    return seeded_sorted(incidents->table, compare);
}

const struct incident *incidents_find(const struct incidents *incidents,
                                      const struct incident *like)
{
    char *key = key_of(like);
    const struct incident *found = g_hash_table_lookup(incidents->table, key);
    g_free(key);
    return found;
}
