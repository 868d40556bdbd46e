/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_words.h - the sentences that every report for people shares: who reset whom, why, how
 * sure, what to check next.
 *
 * Text is valid UTF-8 and not escaped: what comes from a capture or the command line is in it as it
 * is.
 */
#ifndef TCPRST_ANALYZER_REPORT_WORDS_H
#define TCPRST_ANALYZER_REPORT_WORDS_H

#include "summary.h"

/* Puts what in the place of the "%s" of with. */
void words_fill(GString *out, const char *with, const char *what);
/* words_counted(n, "%s reset", "%s resets"): "30,000 resets" in static storage that holds the last
 * four; both are texts to be translated. */
const char *words_counted(uint64_t n, const char *one, const char *many);

/* "192.0.2.1:80", "[2001:db8::1]:80"; without the port where it is 0. */
void words_end(GString *out, const uint8_t *address, unsigned ip_version, unsigned port);
/* One end of a group: address, with its port where all events share it, or how many hosts. */
void words_side(GString *out, const struct summary_group *group, bool source);
/* name, or "somebody in the name of" it. */
void words_in_name(GString *out, bool forged, const char *name);
/* "somebody in the name of 192.0.2.1:80 → 10.0.0.1". */
void words_ends(GString *out, const struct summary_group *group);
/* "frame 17", or "frame 17 of that file" where file is not NULL (g_free()). */
char *words_frame(uint64_t number, const char *file);
/* "10.0.0.1 (3)", what somebody else sent in its name as such. */
void words_host(GString *out, const struct summary_host *host);
/* "192.0.2.1:443: 120 resets by the server from 09:11:00 on, 12 a second". */
void words_service(GString *out, const struct report *report, const struct summary_host *host);

/* "nothing listens on that port (closed-port, certain)"; where the group is surer than the cause,
 * both: "Cut by ... (certain); most likely: ... (policy-reset, possible)". */
void words_why(GString *out, const struct summary_group *group);
/* The same without what words_strength() says. */
void words_because(GString *out, const struct summary_group *group);
/* The words of enumerations in the reader's language. */
const char *words_strength_word(enum tcprst_strength strength);
const char *words_severity_word(enum tcprst_severity severity);
const char *words_effect_word(enum tcprst_effect effect);
/* "not seen" where it was not. */
const char *words_stage(enum tcprst_stage stage);
/* "certain", or "likely (abort: certain)". */
void words_strength(GString *out, const struct tcprst_verdict *verdict);
/* How near an alternative is: no more than the verdict itself, since none is likelier than that. */
const char *words_alternative(const struct tcprst_verdict *verdict, unsigned alternative);
/* Who really sent it, and how sure: "the server (likely)". */
void words_sent_by(GString *out, const struct summary_group *group);
/* How many captures were read beside the first one that was, and which that is. */
size_t words_read(const struct report *report, size_t *first);
/* "TCP resets in a.pcap and 3 more files". */
void words_title(GString *out, const struct report *report);
/* The sentence that says what matters most: of the worst severity the cause with most events.
 * Nothing where there were no resets. Whose severity it is: *severity. */
void words_headline(GString *out, const struct report *report, enum tcprst_severity *severity);
/* "15 packets, 15 TCP segments . 2026-11-22 09:11:00 to 09:11:01 UTC (410 ms)". */
void words_measure(GString *out, const struct report *report, const char *dot);
/* Wireshark's display filter for the resets of all events of a group; connection: that of the
 * first, which is enough for one event. */
void words_group_filter(GString *out, const struct summary_group *group, const char *connection);
/* No capture has the frame that --frame asks for, and all were read to their ends. */
bool words_no_such_frame(const struct report *report);
/* Why there is nothing to report: "No resets.", or what the frame asked for is and which frames
 * hold resets. */
void words_nothing(GString *out, const struct report *report);
/* "2 resets in 1 event: 1 notable." and what was not counted. */
void words_totals(GString *out, const struct report *report);
/* "364 bytes sent and not acknowledged", "" where there are none. */
void words_risk(GString *out, uint64_t risk);

/* Whether bytes that its sender did not read belong to what happened: of a forged RST, or one that
 * ends a complete exchange, what the peer had sent says nothing. */
bool words_may_be_unread(const struct tcprst_verdict *verdict);

/* What is said once of all verdicts; NULL: nothing. */
const char *words_foot(const struct report *report);

typedef void (*words_put)(void *data, const char *remark);
/* What the reader must know of the reading itself, a sentence each: interrupted, what was given up,
 * and of each capture what was left out and where it is damaged. The sentence is put's until it
 * returns. */
void words_remarks(const struct report *report, words_put put, void *data);

/* Which captures were taken for places of one traffic, how their clocks stand, and what a kernel's
 * trace had, a sentence each. */
void words_places(const struct report *report, words_put put, void *data);

/* A capture's name without its directories, where no other capture is called the same. */
const char *words_capture(const struct report *report, uint32_t capture);

#endif
