/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines.c - see lines.h. */
#include "lines.h"
#include "versions.h"

#include <string.h>

static size_t columns_of(gunichar c)
{
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

size_t tcprst_lines_columns(const char *text)
{
    size_t sum = 0;
    for (const char *p = text; *p; p = g_utf8_find_next_char(p, NULL))
        sum += columns_of(g_utf8_get_char(p));
    return sum;
}

/* Before this one no line begins: punctuation that closes. */
static bool closes(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_CLOSE_PUNCTUATION || type == G_UNICODE_FINAL_PUNCTUATION ||
           type == G_UNICODE_OTHER_PUNCTUATION;
}

size_t tcprst_lines_length(const char *text, size_t width)
{
    size_t used = 0;
    const char *p = text, *last = NULL;
    gunichar before = 0;
    for (; *p; p = g_utf8_find_next_char(p, NULL)) {
        gunichar c = g_utf8_get_char(p);
        bool between = before && (g_unichar_iswide(before) || g_unichar_iswide(c)) &&
                       g_unichar_type(before) != G_UNICODE_OPEN_PUNCTUATION && !closes(c);
        if (used <= width && p > text && (c == ' ' || between))
            last = p;
        used += columns_of(c);
        if (used > width && (last || c == ' '))
            break;
        before = c;
    }
    if (used <= width)
        return strlen(text);
    return (size_t)((last ? last : p + strlen(p)) - text);
}
