/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - what every report format is given: resets with all their words ready, connections, and
 * the end.
 *
 * A format is a row of functions (struct report_format). It is called in the order open, then reset
 * and connection as the core hands them out, then close; it only writes to report->out. report.c
 * prepares, redacts and counts, so that a format says nothing of its own.
 */
#ifndef TCPRST_ANALYZER_REPORT_H
#define TCPRST_ANALYZER_REPORT_H

#include "input.h"
#include "options.h"
#include "report_says.h"

#include <stdio.h>

struct redact;
struct summary;
struct incidents;
struct baseline;

/* The ends of a RST as captured, before any redaction. */
struct report_tuple {
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint8_t ip_version, layer;
};

enum { COMMUNITY_ID_SIZE = 32 }; /* "1:" and 20 octets by base64 */
enum { FILTER_SIZE = 320 };      /* two pairs of addresses and ports, and a frame number */

/* Why a verdict came out so, with --why or --why-not. Borrowed by who is handed it. */
struct report_why {
    struct tcprst_finding *findings;
    size_t finding_count;
    struct tcprst_finding asked;       /* what answers --why-not, with its ledger: */
    struct tcprst_ledger_line *ledger; /* none: nothing does */
    size_t ledger_count;
};

/* One RST as a format writes it. Strings are valid UTF-8, escaped for no place yet, and valid
 * during the call. */
struct report_reset {
    const struct tcprst_verdict *verdict;   /* its connection number is within the run */
    const char *capture;                    /* the file as named on the command line */
    const char *kernel_reason;              /* NULL: none */
    const char *device_text;                /* NULL: none */
    const char *trigger_says, *answer_says; /* see report_says.h; NULL: nothing */
    const char *process;                    /* likewise */
    struct report_tuple tuple;              /* as captured, never to be shown */
    struct report_why why;                  /* all 0 where nobody asked */
    char time[40], time_epoch[32];          /* "" where the packet carries none */
    char src[46], dst[46];
    char display_filter[FILTER_SIZE];
    char community_id[COMMUNITY_ID_SIZE];
};

struct report;

struct report_format {
    void (*open)(struct report *report); /* each of them may be NULL */
    void (*reset)(struct report *report, const struct report_reset *reset);
    void (*connection)(struct report *report, const struct tcprst_connection *connection);
    void (*close)(
        struct report *report); /* the end of all captures: summary and statistics are complete */
    bool summarises;            /* report->summary is wanted */
    bool local_time;            /* times are the reader's, else UTC */
    bool bare_names;            /* captures are named without the folders of who reads them here */
};
extern const struct report_format report_text, report_ndjson, report_json, report_csv, report_html,
    report_markdown;

/* Frames with a reset that are named where the one asked for has none. */
enum { REPORT_ELSEWHERE = 12 };

/* One run's report. */
struct report {
    struct kernel_trace *kernel_trace; /* NULL: none */
    struct places *places;             /* NULL: the captures are one stream */
    const struct options *options;
    const struct report_format *format;
    void *state; /* the format's own, made in open, freed in close */
    FILE *out;
    struct input *input;
    struct input
        *again; /* the same captures once more, unread; NULL where they can be read only once */
    char *again_short; /* why the second reading brought less than the first; NULL: it did not */
    char **names;      /* of the captures as shown: valid UTF-8, redacted where wanted */
    size_t name_count;
    struct says *says;                   /* what segments carried */
    struct redact *redact;               /* NULL: not wanted */
    struct summary *summary;             /* NULL where the format does not summarise */
    struct incidents *incidents;         /* likewise, or where there is a baseline */
    struct baseline *baseline;           /* NULL: none was named */
    GArray *changes;                     /* since the baseline, at the end; NULL: none was named */
    struct tcprst_statistics statistics; /* of all handles so far */
    bool interrupted;                    /* the input was: what is pending is not final */
    bool nothing;                        /* no capture could be read */
    bool terminal;                       /* out is one */
    bool color, utf8;                    /* of the text report */
    unsigned width;                      /* columns */
    GTimeZone *zone;                     /* that people are told times in; NULL: UTC */
    bool failed_on;                      /* --fail-on found its cause */
    uint64_t hidden;                     /* resets that -c left out */
    bool frame_found;                    /* the frame of --frame holds a reset */
    uint64_t elsewhere_count;            /* frames that hold one, where it does not: */
    struct tcprst_frame elsewhere[REPORT_ELSEWHERE]; /* the first of them */
    FILE *keep;               /* a file without a name for what belongs at the end; of json only */
    int keep_error;           /* errno where it could not be written or read back */
    uint64_t connection_base; /* connections of the handles before this one */
    GHashTable
        *reset_connections; /* numbers of those with a reset that was reported; NULL: all count */
};

/* Prepares a report; out, input and options are borrowed. */
/* What the kernel's trace had, NULL: none was given; g_free(). */
char *report_kernel_trace(const struct report *report);

void report_open(struct report *report, const struct options *options, struct input *input,
                 FILE *out);
/* The core's callbacks; why may be NULL. */
void report_verdict(struct report *report, const struct tcprst_verdict *verdict,
                    const struct report_why *why);
/* Whether report_connection() has to be called. */
bool report_wants_connections(const struct report *report);
void report_connection(struct report *report, const struct tcprst_connection *connection);
/* A handle is finished: its statistics are added up. */
void report_statistics(struct report *report, const struct tcprst_statistics *statistics);
/* anything: a capture was read; else there is nothing to say and only memory to free. */
void report_close(struct report *report, bool anything);

/* Helpers of the formats. */

/* From the first packet of all captures to the last; 0 where they have no times. */
double report_seconds(const struct report *report);

/* The words of a verdict, which is borrowed; findings are none. */
void report_prepare(const struct report *report, const struct tcprst_verdict *verdict,
                    struct report_reset *reset);

/* The address as people write it. */
void report_address(char buffer[46], const uint8_t *address, unsigned ip_version);
/* RFC 3339 in UTC with so many decimals of a second; "" for TCPRST_TIME_UNKNOWN. */
void report_time(char buffer[40], int64_t time, unsigned digits);
/* The Community ID of the RST's connection, as of addresses and ports shown. */
void report_community_id(char buffer[COMMUNITY_ID_SIZE], const struct tcprst_verdict *verdict);
/* For people: "2026-11-22 09:11:01.285" in the report's zone; "" for TCPRST_TIME_UNKNOWN. */
void report_local_time(const struct report *report, char buffer[40], int64_t time, unsigned digits);
/* The zone's name at that time: "UTC", "CET (UTC+01:00)". */
void report_zone(const struct report *report, char buffer[40], int64_t time);
/* Seconds since the epoch as a decimal number; "" for TCPRST_TIME_UNKNOWN. */
void report_epoch(char buffer[32], int64_t time, unsigned digits);
/* Decimals of a second that make sense in a time of this capture. */
unsigned report_digits(const struct report *report, uint32_t capture, int64_t time);
/* The sentence of evidence, in static storage until the next call. */
const char *report_evidence_text(const struct tcprst_evidence *evidence);
/* TCP segments read so far, as captured: what several captures have counts in each. */
uint64_t report_segments(const struct report *report);
/* What a capture's damage or left-out clause says, as shown (g_free()). */
char *report_clause(const struct report *report, size_t capture, const char *clause);

#endif
