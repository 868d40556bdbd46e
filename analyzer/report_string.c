/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_string.c - escaping and measuring of text for JSON, CSV, HTML and terminals. */
#include "report_string.h"

#include "tcprst.h"
#include "translate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Octets that stand for themselves in a JSON string; 0xc2 may begin a C1 control character, 0xe2
 * U+2028. */
static inline bool json_plain(unsigned char c)
{
    /* a bit each for 0x20 to 0xff: all but '"', '\\', DEL, 0xc2 and 0xe2 */
    static const uint32_t plain[8] = {0,          0xfffffffb, 0xefffffff, 0x7fffffff,
                                      0xffffffff, 0xffffffff, 0xfffffffb, 0xfffffffb};
    return plain[c >> 5] >> (c & 31) & 1;
}

enum { WORD = sizeof(uint64_t) };

/* Whether so many octets, a word of them, are all printable ASCII that stands for itself. */
static inline bool json_plain_word(const char *p)
{
    const uint64_t ones = UINT64_MAX / 0xff, highs = ones << 7;
    uint64_t word;
    memcpy(&word, p, WORD);
    /* A word's octet is 0 where it is the character; what borrows from a higher one is found all
     * the same, since the lower one is then odd already. */
    uint64_t quote = word ^ ones * '"', escape = word ^ ones * '\\', del = word ^ ones * 0x7f;
    uint64_t odd = word | (word - ones * 0x20) | (quote - ones) | (escape - ones) | (del - ones);
    return !(odd & highs);
}

/* How many of the octets from p to before end, looked at in words, are so: all, or whole words. */
static size_t json_plain_words(const char *p, const char *end)
{
    const char *start = p;
    while (end - p >= WORD && json_plain_word(p))
        p += WORD;
    /* What is left is less than a word, of which the octets before it are known. */
    bool all = end - p < WORD && end - start >= WORD && json_plain_word(end - WORD);
    return (size_t)((all ? end : p) - start);
}

static void json_escape(GString *out, unsigned char c)
{
    switch (c) {
    case '"':
        g_string_append(out, "\\\"");
        return;
    case '\\':
        g_string_append(out, "\\\\");
        return;
    case '\n':
        g_string_append(out, "\\n");
        return;
    case '\t':
        g_string_append(out, "\\t");
        return;
    case '\r':
        g_string_append(out, "\\r");
        return;
    default:
        g_string_append_printf(out, "\\u%04x", c);
    }
}

void string_json(GString *out, const char *text)
{
    const char *end = text + strlen(text);
    string_add_constant(out, "\"");
    for (const char *p = text; *p;) {
        const char *start = p;
        p += json_plain_words(p, end);
        while (*p && json_plain((unsigned char)*p))
            p++;
        string_add(out, start, (size_t)(p - start));
        if (!*p)
            break;
        unsigned char next = (unsigned char)p[1], last = next ? (unsigned char)p[2] : 0;
        if ((unsigned char)*p == 0xe2 && next == 0x80 && last >= 0xa8 && last <= 0xae) {
            /* U+2028 and U+2029 end a line in older JavaScript; the others turn the direction. */
            g_string_append_printf(out, "\\u202%x", last & 0xfu);
            p += 3;
        } else if ((unsigned char)*p == 0xc2 && next >= 0x80 && next < 0xa0) {
            g_string_append_printf(out, "\\u00%02x", next);
            p += 2;
        } else if ((unsigned char)*p >= 0x80) {
            g_string_append_c(out, *p++);
        } else {
            json_escape(out, (unsigned char)*p++);
        }
    }
    string_add_constant(out, "\"");
}

/* Characters that make a terminal or a reader see something else than what is there. */
static bool misleads(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe007f);
}

/* Whoever prints a table on a terminal prints what stands in it. */
static void csv_characters(GString *out, const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (misleads(c) && c != '\t' && c != '\r' && c != '\n')
            g_string_append_printf(out, c < 0x100 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
        else
            g_string_append_len(out, p, g_utf8_next_char(p) - p);
        if (c == '"')
            g_string_append_c(out, '"');
    }
}

void string_csv(GString *out, const char *text)
{
    bool formula = *text && strchr("=+-@\t\r\n", *text);
    if (!formula && !strpbrk(text, ",\"\r\n")) {
        csv_characters(out, text);
        return;
    }
    g_string_append(out, formula ? "\"'" : "\"");
    csv_characters(out, text);
    g_string_append_c(out, '"');
}

void string_terminal(GString *out, const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (misleads(c))
            g_string_append_printf(out, c < 0x100 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
        else
            g_string_append_len(out, p, g_utf8_next_char(p) - p);
    }
}

char *string_safe(const char *text)
{
    GString *out = g_string_new(NULL);
    string_terminal(out, text);
    return g_string_free(out, FALSE);
}

void string_html(GString *out, const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (misleads(c) && c != '\n')
            g_string_append_printf(out, c < 0x100 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
        else if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' || c == '`')
            g_string_append_printf(out, "&#%u;", (unsigned)c);
        else
            g_string_append_len(out, p, g_utf8_next_char(p) - p);
    }
}

size_t string_width(const char *text)
{
    size_t width = 0;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_iszerowidth(c))
            width += g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

void string_left(GString *out, const char *text, size_t columns)
{
    size_t width = string_width(text);
    g_string_append_printf(out, "%s%*s", text, width < columns ? (int)(columns - width) : 0, "");
}

void string_right(GString *out, const char *text, size_t columns)
{
    size_t width = string_width(text);
    g_string_append_printf(out, "%*s%s", width < columns ? (int)(columns - width) : 0, "", text);
}

/* UAX 14, as far as scripts that write without blanks need it: a line may be broken between two
 * characters of which one is wide, but not before what closes, nor behind what opens. */
static bool may_break(gunichar before, gunichar after)
{
    if (!g_unichar_iswide(before) && !g_unichar_iswide(after))
        return false;
    GUnicodeBreakType left = g_unichar_break_type(before), right = g_unichar_break_type(after);
    return left != G_UNICODE_BREAK_OPEN_PUNCTUATION && left != G_UNICODE_BREAK_QUOTATION &&
           right != G_UNICODE_BREAK_CLOSE_PUNCTUATION &&
           right != G_UNICODE_BREAK_CLOSE_PARANTHESIS && right != G_UNICODE_BREAK_EXCLAMATION &&
           right != G_UNICODE_BREAK_INFIX_SEPARATOR && right != G_UNICODE_BREAK_NON_STARTER &&
           right != G_UNICODE_BREAK_QUOTATION && right != G_UNICODE_BREAK_COMBINING_MARK;
}

/* Where the next word ends: at a blank outside `code`, or where a line may be broken. */
static const char *word_end(const char *p)
{
    bool code = false;
    gunichar before = 0;
    for (; *p && (code || *p != ' '); p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (before && !code && may_break(before, c))
            return p;
        if (c == '`')
            code = !code;
        before = c;
    }
    return p;
}

/* The first columns columns of a text. */
static const char *skip_columns(const char *p, size_t columns)
{
    for (size_t used = 0; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        used += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (used > columns)
            break;
    }
    return p;
}

/* A word of code that no line holds is broken at its blanks after all, and one without any
 * anywhere. */
static const char *fitting_end(const char *p, size_t room)
{
    const char *end = word_end(p), *room_end = skip_columns(p, room);
    if (end <= room_end)
        return end;
    end = p + strcspn(p, " ");
    if (end <= room_end)
        return end;
    for (const char *q = g_utf8_next_char(p); q < room_end; q = g_utf8_next_char(q))
        if (may_break(g_utf8_get_char(g_utf8_prev_char(q)), g_utf8_get_char(q)))
            end = q;
    return end < room_end ? end : room_end;
}

void string_wrap(GString *out, const char *words, const struct string_wrap *wrap)
{
    GString *line = g_string_new(NULL);
    size_t column = wrap->column; /* without the blank before the next word */
    const char *blank = "";
    for (const char *p = words; *p;) {
        const char *end = fitting_end(p, wrap->width - wrap->indent);
        char *word = g_strndup(p, (gsize)(end - p));
        size_t width = string_width(word);
        if (line->len > 0 && column + strlen(blank) + width > wrap->width) {
            g_string_append_printf(out, "%s%s%s\n%*s", wrap->before, line->str, wrap->after,
                                   (int)wrap->indent, "");
            g_string_truncate(line, 0);
            column = wrap->indent;
            blank = "";
        }
        g_string_append_printf(line, "%s%s", blank, word);
        column += strlen(blank) + width;
        g_free(word);
        blank = *end == ' ' ? " " : "";
        p = *end == ' ' ? end + 1 : end;
    }
    g_string_append_printf(out, "%s%s%s\n", wrap->before, line->str, wrap->after);
    g_string_free(line, TRUE);
}

char *string_number(char buffer[NUMBER_SIZE], uint64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    char *out = buffer;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return buffer;
}

char *string_duration(char buffer[DURATION_SIZE], int64_t nanoseconds)
{
    tcprst_duration_text(nanoseconds, translate_sentence, buffer, DURATION_SIZE);
    return buffer;
}

const char *string_first_sentence(const char *prose)
{
    bool code = false;
    for (const char *p = prose; *p; p++) {
        if (*p == '`')
            code = !code;
        if (!code && *p == '.' &&
            (p[1] == '\0' || (p[1] == ' ' && (g_ascii_isupper(p[2]) || p[2] == '`'))))
            return p + 1;
    }
    return prose + strlen(prose);
}
