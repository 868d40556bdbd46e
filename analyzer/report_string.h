/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_string.h - text that a capture or its maker chose, made harmless for the place it is shown
 * at. */
#ifndef TCPRST_ANALYZER_REPORT_STRING_H
#define TCPRST_ANALYZER_REPORT_STRING_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* memcpy() without a call, where it is not so much that a call pays. */
static inline char *string_copy(char *to, const char *from, size_t length)
{
    enum { HALF = 8, QUARTER = 4 };
    if (length > 2 * HALF) {
        memcpy(to, from, length);
    } else if (length >= HALF) { /* both halves, which may overlap */
        memcpy(to, from, HALF);
        memcpy(to + length - HALF, from + length - HALF, HALF);
    } else if (length >= QUARTER) {
        memcpy(to, from, QUARTER);
        memcpy(to + length - QUARTER, from + length - QUARTER, QUARTER);
    } else {
        for (size_t i = 0; i < length; i++)
            to[i] = from[i];
    }
    return to + length;
}

/* Where so many octets more can be written at the end of out, and a NUL. */
static inline char *string_room(GString *out, size_t most)
{
    if (G_UNLIKELY(out->allocated_len - out->len <= most)) {
        size_t length = out->len;
        g_string_set_size(out, length + most);
        g_string_truncate(out, length);
    }
    return out->str + out->len;
}

/* So far they were written. */
static inline void string_end(GString *out, char *end)
{
    *end = '\0';
    out->len = (size_t)(end - out->str);
}

/* g_string_append_len() without the way through the library: reports are made of little pieces. */
static inline void string_add(GString *out, const char *text, size_t length)
{
    string_end(out, string_copy(string_room(out, length), text, length));
}

/* Text that is written here, with its quotes and all. */
#define string_add_constant(out, constant) string_add(out, constant, sizeof(constant) - 1)

enum { STRING_DIGITS = 20 }; /* of a number at most */

/* How many decimal digits a number has. */
static inline unsigned string_length(uint64_t number)
{
    unsigned length = 1;
    for (; number >= 10000; number /= 10000)
        length += 4;
    return length + (number >= 10) + (number >= 100) + (number >= 1000);
}

/* Writes a number's decimal digits, at least so many of them (zeros before it), and a NUL. Returns
 * where they end. */
static inline char *string_digits(char *to, uint64_t number, unsigned least)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    unsigned length = string_length(number);
    char *end = to + (length < least ? least : length), *first = end;
    for (; number >= 100; number /= 100)
        memcpy(first -= 2, &pairs[number % 100 * 2], 2);
    if (number >= 10)
        memcpy(first -= 2, &pairs[number * 2], 2);
    else
        *--first = (char)('0' + number);
    while (first > to)
        *--first = '0';
    *end = '\0';
    return end;
}

/* All of them append text, which must be valid UTF-8 (g_utf8_make_valid()). */

/* A JSON string with its quotes. */
void string_json(GString *out, const char *text);
/* A CSV field by RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe
 * before it. */
void string_csv(GString *out, const char *text);
/* Characters only: controls, terminal escapes and characters that change the direction of writing
 * as \u{...}. */
void string_terminal(GString *out, const char *text);
/* The same alone (g_free()). */
char *string_safe(const char *text);
/* Text of an HTML element or of a quoted attribute. */
void string_html(GString *out, const char *text);

/* Columns a terminal needs for valid UTF-8 text. */
size_t string_width(const char *text);
/* text at the left, or at the right, of so many columns; longer ones are not cut. */
void string_left(GString *out, const char *text, size_t columns);
void string_right(GString *out, const char *text, size_t columns);

struct string_wrap {
    size_t column, indent; /* where the first line starts, and the later ones */
    size_t width;
    const char *before, *after; /* each line's words: escape sequences, not counted */
};
/* Appends words and a line end, broken at blanks and between characters of scripts that write
 * without; `code` and words stay whole where a line holds them. */
void string_wrap(GString *out, const char *words, const struct string_wrap *wrap);

/* number with thousands separators, as in 30,000; in buffer, which it returns. */
enum { NUMBER_SIZE = 32 };
char *string_number(char buffer[NUMBER_SIZE], uint64_t number);

/* tcprst_duration_text() in the reader's language. */
enum { DURATION_SIZE = 48 };
char *string_duration(char buffer[DURATION_SIZE], int64_t nanoseconds);

/* The end of the first sentence of prose; `code` is skipped. */
const char *string_first_sentence(const char *prose);

#endif
