/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - what happened in a capture, counted in bounded memory: causes, hosts, services,
 * endings, and equal events together in groups.
 *
 * Equal are events of one cause and strength between the same two hosts. Where there are very many
 * groups, those with the fewest events are folded along the side that has fewer hosts, and
 * summary_groups() folds what is left until people can read it.
 */
#ifndef TCPRST_ANALYZER_SUMMARY_H
#define TCPRST_ANALYZER_SUMMARY_H

#include "report.h"

/* Ports of a group are listed one by one up to so many. */
enum { SUMMARY_PORTS = 8 };
/* Events of a group listed one by one. */
enum { SUMMARY_MEMBERS = 12 };
/* Steps of the course of time. */
enum { SUMMARY_STEPS = 120 };
/* Groups and hosts kept before the smallest are folded or dropped. */
enum { SUMMARY_KEPT = 4096 };

struct summary_cause {
    uint64_t resets, events;
    enum tcprst_severity severity; /* the worst */
    uint64_t by_strength[4];       /* events, enum tcprst_strength */
    uint64_t resets_by_strength[4];
};

/* One event of a group. */
struct summary_member {
    struct tcprst_frame frame;
    int64_t time;
    uint64_t connection;
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
};

/* Resets by time and cause. A step doubles in length whenever the next reset lies beyond the last
 * one. */
struct summary_course {
    int64_t start, step; /* nanoseconds; start TCPRST_TIME_UNKNOWN: empty */
    uint32_t resets[SUMMARY_STEPS][TCPRST_CAUSE_COUNT];
};

/* Events that are equal, and the resets that followed from them. */
struct summary_group {
    struct tcprst_verdict first;   /* the first event's first RST; its effect is the group's */
    enum tcprst_severity severity; /* the worst of its events */
    bool mixed;                    /* by clients and by servers */
    bool many;                     /* the number of hosts of a folded side is not known exactly */
    size_t source_hosts,
        destination_hosts; /* more than 1: folded, first.source or .destination is an example */
    uint64_t events, resets;
    struct tcprst_frame last_frame;
    struct tcprst_frame effective; /* the RST that reset it, where the first did not; number 0 */
    int64_t last_time;
    uint16_t ports[SUMMARY_PORTS]; /* of the service, the first ones met */
    size_t port_count;
    bool more_ports;
    int64_t idle_min, idle_max;                           /* -1 unknown */
    uint64_t risk;                                        /* as the summary's */
    struct report_why why;                                /* of first; owned */
    struct report_tuple tuple;                            /* of first */
    char trigger_says[SAYS_SIZE], answer_says[SAYS_SIZE]; /* likewise; "": nothing */
    char process[SAYS_PROCESS_SIZE];                      /* likewise */
    struct summary_member members[SUMMARY_MEMBERS];       /* the first events */
    size_t member_count;
};

/* A host, or a host and port, and the resets that concern it. What somebody else sent in a host's
 * name is apart from what it sent itself. */
struct summary_host {
    uint8_t address[16];
    uint8_t ip_version;
    bool forged;   /* of senders: somebody else in its name */
    uint16_t port; /* of a service; 0 for a host */
    uint64_t resets, events;
    uint64_t by_severity[3]; /* events */
    /* Resets of a service by the side they came from; by_else: made by a third party. */
    uint64_t by_server, by_client, by_else;
    bool unknown_server, unknown_client; /* of some of them the maker is not known */
    int64_t first_time, last_time;       /* TCPRST_TIME_UNKNOWN where no packet had one */
};
enum summary_role { SUMMARY_SENDERS, SUMMARY_RECEIVERS, SUMMARY_SERVICES, SUMMARY_ROLES };

/* How connections ended, and the octets that were sent and not acknowledged then. */
struct summary_ending {
    uint64_t connections, unacknowledged;
};
enum summary_ended {
    SUMMARY_FIN,
    SUMMARY_RESET_AFTER_FIN,
    SUMMARY_RESET,
    SUMMARY_REFUSED,
    SUMMARY_OPEN,
    SUMMARY_ENDINGS
};

struct summary {
    uint64_t resets, events, duplicates; /* resets without duplicates */
    uint64_t by_severity[3];             /* events */
    uint64_t not_final;
    struct summary_cause causes[TCPRST_CAUSE_COUNT];
    struct summary_ending endings[SUMMARY_ENDINGS];
    uint64_t connections, reset_connections, given_up;
    /* Bytes at risk: sent, in either direction, and not acknowledged when a reset took effect; of
     * the resets of one event those of the one that had most. */
    uint64_t risk;
    struct summary_course course;
    bool dropped_hosts[SUMMARY_ROLES]; /* counts of hosts are lower bounds */
    /* private */
    GHashTable *groups, *hosts[SUMMARY_ROLES];
    GHashTable *events_new, *events_old; /* first RST of recent events to struct summary_event */
};

struct summary *summary_new(void);
void summary_free(struct summary *summary);
void summary_reset(struct summary *summary, const struct report_reset *reset);
void summary_connection(struct summary *summary, const struct tcprst_connection *connection);
/* Connections of which only that is known: by enum tcprst_ending. None of them was reset. */
void summary_passed_by(struct summary *summary, const uint64_t connections[4]);

/* The causes met, worst severity first, then most events; returns how many. */
size_t summary_causes(const struct summary *summary, enum tcprst_cause causes[TCPRST_CAUSE_COUNT]);
/* The hosts of that role with most resets, an array of struct summary_host * (g_ptr_array_unref()).
 */
GPtrArray *summary_hosts(const struct summary *summary, enum summary_role role);
/* Groups, worst first, then those with most events: struct summary_group * (g_ptr_array_unref()). A
 * cause and strength with more than limit of them is folded by source, by destination, or into one.
 */
GPtrArray *summary_groups(const struct summary *summary, size_t limit);
/* "fin", "reset-after-fin", "reset", "refused", "open". */
const char *summary_ended_id(enum summary_ended ended);
/* The side of a RST that offers the service: true for its source. */
bool summary_service_is_source(const struct tcprst_verdict *verdict);

#endif
