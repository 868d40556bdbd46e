/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wellformed.c - see wellformed.h. */
#include "wellformed.h"

#include <stdint.h>
#include <string.h>

enum { DEEPEST = 64 };

bool wellformed_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\033') {
            i++;
            if (i == size || text[i] != '[')
                return false;
            while (++i < size && (strchr("0123456789;", text[i]) && text[i]))
                ;
            if (i == size || text[i] != 'm')
                return false;
            continue;
        }
        if ((c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* ---- JSON ---- */

struct reader {
    const char *at, *end;
    unsigned depth;
};

static bool value(struct reader *r);

static void space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool word(struct reader *r, const char *w)
{
    size_t length = strlen(w);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, w, length) != 0)
        return false;
    r->at += length;
    return true;
}

static bool hex(struct reader *r)
{
    for (int i = 0; i < 4; i++, r->at++)
        if (r->at == r->end || !*r->at || !strchr("0123456789abcdefABCDEF", *r->at))
            return false;
    return true;
}

static bool string(struct reader *r)
{
    if (!take(r, '"'))
        return false;
    while (r->at < r->end && *r->at != '"') {
        char c = *r->at++;
        if ((unsigned char)c < ' ')
            return false;
        if (c != '\\')
            continue;
        if (r->at == r->end || !*r->at || !strchr("\"\\/bfnrtu", *r->at))
            return false;
        if (*r->at++ == 'u' && !hex(r))
            return false;
    }
    return take(r, '"');
}

static size_t digits(struct reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - from);
}

static bool number(struct reader *r)
{
    if (r->at < r->end && *r->at == '-')
        r->at++;
    bool zero = r->at < r->end && *r->at == '0';
    size_t whole = digits(r);
    if (whole == 0 || (zero && whole > 1))
        return false;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (digits(r) == 0)
            return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '-' || *r->at == '+'))
            r->at++;
        return digits(r) > 0;
    }
    return true;
}

/* Behind its first bracket. */
static bool members(struct reader *r, char close, bool named)
{
    if (take(r, close))
        return true;
    do {
        if ((named && !(string(r) && take(r, ':'))) || !value(r))
            return false;
    } while (take(r, ','));
    return take(r, close);
}

static bool value(struct reader *r)
{
    space(r);
    if (r->at == r->end || r->depth == DEEPEST)
        return false;
    r->depth++;
    bool right = *r->at == '{'   ? (r->at++, members(r, '}', true))
                 : *r->at == '[' ? (r->at++, members(r, ']', false))
                 : *r->at == '"' ? string(r)
                 : *r->at == 't' ? word(r, "true")
                 : *r->at == 'f' ? word(r, "false")
                 : *r->at == 'n' ? word(r, "null")
                                 : number(r);
    r->depth--;
    return right;
}

bool wellformed_json(const char *text, size_t size)
{
    struct reader r = {text, text + size, 0};
    if (!value(&r))
        return false;
    space(&r);
    return r.at == r.end;
}

bool wellformed_json_lines(const char *text, size_t size)
{
    const char *end = text + size;
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end || !wellformed_json(text, (size_t)(line_end - text)))
            return false;
        text = line_end + 1;
    }
    return true;
}

/* ---- CSV ---- */

bool wellformed_csv(const char *text, size_t size)
{
    size_t fields = 1, first = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && c == ',') {
            fields++;
        } else if (!quoted && c == '\r') {
            if (++i == size || text[i] != '\n' || (first && fields != first))
                return false;
            first = fields;
            fields = 1;
        } else if (!quoted && c == '\n') {
            return false;
        }
    }
    return !quoted && (size == 0 || text[size - 1] == '\n');
}
