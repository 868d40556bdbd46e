/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_json.h - the JSON objects that ndjson, json and html share. */
#ifndef TCPRST_ANALYZER_REPORT_JSON_H
#define TCPRST_ANALYZER_REPORT_JSON_H

#include "report.h"

/* Appends "key": as the next member of an object; the first one follows a '{'. */
void json_key(GString *out, const char *key);
void json_key_part(GString *out, const char *key, size_t length); /* the first octets of one */
void json_text(GString *out, const char *key, const char *text);  /* NULL: null */
void json_number(GString *out, const char *key, uint64_t number);
/* number below 0: null */
void json_octets(GString *out, const char *key, int64_t number);
void json_flag(GString *out, const char *key, bool flag);

/* One reset: every key, in the order the schema lists them, null where nothing is known. The string
 * stays json_reset()'s and is there until the next call; something may be appended to it. */
GString *json_reset(const struct report *report, const struct report_reset *reset);
void json_connection(GString *out, const struct report *report,
                     const struct tcprst_connection *connection);
void json_captures(GString *out, const struct report *report);
void json_summary(GString *out, const struct report *report);

#endif
