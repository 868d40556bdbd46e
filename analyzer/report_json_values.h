/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_json_values.h - values as JSON, each without its key. */
#ifndef TCPRST_ANALYZER_REPORT_JSON_VALUES_H
#define TCPRST_ANALYZER_REPORT_JSON_VALUES_H

#include "report.h"
#include "report_string.h"

static inline void put_null(GString *out)
{
    string_add_constant(out, "null");
}

/* NULL: null */
static inline void put_text(GString *out, const char *text)
{
    if (text)
        string_json(out, text);
    else
        put_null(out);
}

/* An id, or plain text: nothing in it has to be escaped. */
static inline void put_word(GString *out, const char *id)
{
    size_t length = strlen(id);
    char *to = string_room(out, length + 2);
    *to = '"';
    to = string_copy(to + 1, id, length);
    *to = '"';
    string_end(out, to + 1);
}

static inline void put_number(GString *out, uint64_t number)
{
    string_end(out, string_digits(string_room(out, STRING_DIGITS), number, 1));
}

static inline void put_octets(GString *out, int64_t number)
{
    if (number < 0)
        put_null(out);
    else
        put_number(out, (uint64_t)number);
}

static inline void put_flag(GString *out, bool flag)
{
    if (flag)
        string_add_constant(out, "true");
    else
        string_add_constant(out, "false");
}

/* A frame number, null where there is none. */
static inline void put_frame(GString *out, const struct tcprst_frame *frame)
{
    if (frame->number == 0)
        put_null(out);
    else
        put_number(out, frame->number);
}

/* The file of a frame, null where it is the reset's own or there is no frame. */
static inline void put_other_capture(GString *out, const struct report *report,
                                     const struct tcprst_frame *frame, uint32_t own)
{
    bool other = frame->number > 0 && frame->capture != own && frame->capture < report->name_count;
    put_text(out, other ? report->names[frame->capture] : NULL);
}

static inline void put_seconds(GString *out, int64_t nanoseconds)
{
    if (nanoseconds < 0) {
        put_null(out);
        return;
    }
    char *end = string_room(out, 2 * STRING_DIGITS);
    end = string_digits(end, (uint64_t)nanoseconds / 1000000000, 1);
    *end++ = '.';
    end = string_digits(end, (uint64_t)nanoseconds % 1000000000, 9);
    while (end[-1] == '0' && end[-2] != '.')
        end--;
    string_end(out, end);
}

#endif
