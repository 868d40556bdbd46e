/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary_incidents.h - how often each cause was met at each service, by whom: what one report can
 * be compared with another by.
 */
#ifndef TCPRST_ANALYZER_SUMMARY_INCIDENTS_H
#define TCPRST_ANALYZER_SUMMARY_INCIDENTS_H

#include "report.h"

/* What distinguishes an incident: all valid UTF-8. */
struct incident {
    char service[56]; /* "192.0.2.1:443" */
    char cause[32];
    char sent_by[16]; /* "server", "client", "third-party" */
    uint64_t resets, events;
};

struct incidents;
struct incidents *incidents_new(void);
void incidents_free(struct incidents *incidents);
void incidents_count(struct incidents *incidents, const struct tcprst_verdict *verdict);
/* Adds one, as read from a report; of the same incident the numbers are added. */
void incidents_add(struct incidents *incidents, const struct incident *incident);
/* Where there are very many, those met last are not counted: how many resets. */
uint64_t incidents_left_out(const struct incidents *incidents);
/* Most events first: struct incident * (g_ptr_array_unref()); valid as long as incidents. */
GPtrArray *incidents_list(const struct incidents *incidents);
/* The same incident among these, or NULL. */
const struct incident *incidents_find(const struct incidents *incidents,
                                      const struct incident *like);

#endif
