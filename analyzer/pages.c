/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.c - see pages.h. */
#include "pages.h"

#include "report_string.h"
#include "translate.h"

#include <string.h>

/* Columns between the two lifelines. */
enum { SPAN = 46 };

static void put_many(GString *out, char c, size_t count)
{
    while (count--)
        g_string_append_c(out, c);
}

/* "|--- words ------------->|"; lost: it ends in an X half way. */
static void put_arrow(GString *out, const char *words, bool rightwards, bool lost)
{
    size_t used = string_width(words) + 2, rest = used + 4 < SPAN ? SPAN - used - 4 : 1;
    size_t reach = lost ? rest / 2 : rest;
    if (rightwards) {
        g_string_append_printf(out, "|--- %s ", words);
        put_many(out, '-', reach);
        g_string_append_c(out, lost ? 'X' : '>');
        put_many(out, ' ', rest - reach);
    } else {
        g_string_append_c(out, '|');
        put_many(out, ' ', rest - reach);
        g_string_append_c(out, lost ? 'X' : '<');
        put_many(out, '-', reach);
        g_string_append_printf(out, " %s ---", words);
    }
    g_string_append(out, "|\n");
}

static void put_note(GString *out, const char *words)
{
    size_t length = string_width(words), rest = length < SPAN ? SPAN - length : 0;
    g_string_append_c(out, '|');
    put_many(out, ' ', rest / 2);
    g_string_append(out, words);
    put_many(out, ' ', rest - rest / 2);
    g_string_append(out, "|\n");
}

void page_draw(GString *out, const char *diagram, size_t indent)
{
    char **steps = g_strsplit(diagram, "\n", -1);
    put_many(out, ' ', indent);
    g_string_append(out, _("client"));
    string_right(out, _("server"), SPAN + 2 - string_width(_("client")));
    g_string_append_c(out, '\n');
    for (char **step = steps; *step; step++) {
        const char *p = *step;
        bool lost = *p == 'X';
        p += lost;
        put_many(out, ' ', indent);
        if (*p == '=')
            put_note(out, p + 2);
        else
            put_arrow(out, p + 2, *p == '>', lost);
    }
    g_strfreev(steps);
}
