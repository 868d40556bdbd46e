/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_advice.c - see report_advice.h. */
#include "report_advice.h"

#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <string.h>

/* What a placeholder stands for. */
struct filler {
    const struct report *report;
    const struct tcprst_verdict *verdict;
    bool code; /* in a command, where a time is quoted */
};

static void fill_host(GString *out, const struct filler *f, bool source)
{
    words_end(out, source ? f->verdict->source : f->verdict->destination, f->verdict->ip_version,
              0);
}

static void fill_sender(GString *out, const struct filler *f)
{
    fill_host(out, f, true);
}

static void fill_peer(GString *out, const struct filler *f)
{
    fill_host(out, f, false);
}

static void fill_server(GString *out, const struct filler *f)
{
    fill_host(out, f, summary_service_is_source(f->verdict));
}

static void fill_client(GString *out, const struct filler *f)
{
    fill_host(out, f, !summary_service_is_source(f->verdict));
}

static void fill_port(GString *out, const struct filler *f)
{
    g_string_append_printf(out, "%u",
                           summary_service_is_source(f->verdict) ? f->verdict->source_port
                                                                 : f->verdict->destination_port);
}

/* As tshark's follow names a connection, whatever number it gives to it. */
static void fill_stream(GString *out, const struct filler *f)
{
    const struct tcprst_verdict *v = f->verdict;
    words_end(out, v->source, v->ip_version, v->source_port);
    g_string_append_c(out, ',');
    words_end(out, v->destination, v->ip_version, v->destination_port);
}

/* Quoted for a shell; a name that would end the `code` it stands in, or that people cannot paste,
 * stays FILE. */
static void fill_file(GString *out, const struct filler *f)
{
    uint32_t capture = f->verdict->frame.capture;
    const char *name = capture < f->report->name_count ? f->report->names[capture] : "-";
    bool plain = *name && *name != '-', printable = plain && !strchr(name, '`');
    for (const char *p = name; *p; p++) {
        plain = plain && (g_ascii_isalnum(*p) || strchr("/._-+,:@%=", *p));
        printable = printable && g_ascii_isprint(*p);
    }
    if (plain) {
        g_string_append(out, name);
    } else if (printable) {
        char *quoted = g_shell_quote(name);
        g_string_append(out, quoted);
        g_free(quoted);
    } else {
        g_string_append(out, "FILE");
    }
}

static void fill_time(GString *out, const struct filler *f)
{
    char time[40];
    report_time(time, f->verdict->time, 0);
    if (!*time) {
        g_string_append(out, "TIME");
        return;
    }
    time[10] = ' ';
    time[19] = '\0';
    g_string_append_printf(out, f->code ? "'%s UTC'" : "%s UTC", time);
}

/* How long nothing had come before the RST. */
static void fill_idle(GString *out, const struct filler *f)
{
    char buffer[DURATION_SIZE];
    g_string_append(out, f->verdict->idle < 0 ? _("that length")
                                              : string_duration(buffer, f->verdict->idle));
}

static const struct {
    const char *name;
    void (*fill)(GString *out, const struct filler *filler);
} fillers[] = {{"FILE", fill_file},     {"STREAM", fill_stream}, {"PORT", fill_port},
               {"TIME", fill_time},     {"SENDER", fill_sender}, {"PEER", fill_peer},
               {"SERVER", fill_server}, {"CLIENT", fill_client}, {"IDLE", fill_idle}};

static bool in_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Puts the word of so many letters, or what it stands for. */
static void put_word(GString *out, const char *word, size_t length, const struct filler *filler)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++)
        if (strlen(fillers[i].name) == length && memcmp(word, fillers[i].name, length) == 0) {
            fillers[i].fill(out, filler);
            return;
        }
    bool six = filler->code && filler->verdict->ip_version == 6;
    g_string_append_len(out, word, (gssize)length);
    if (six && length == 2 && memcmp(word, "ip.", 3) == 0)
        g_string_append(out, "v6");
}

static void fill(GString *out, const char *sentences, const struct summary_group *group,
                 const struct report *report)
{
    struct filler filler = {report, &group->first, false};
    for (const char *p = sentences; *p;) {
        /* TIME-WAIT is one word. */
        size_t length = 0;
        while (in_word(p[length]) || (length > 0 && p[length] == '-' && in_word(p[length + 1])))
            length++;
        if (length > 0) {
            put_word(out, p, length, &filler);
            p += length;
            continue;
        }
        filler.code ^= *p == '`';
        g_string_append_c(out, *p++);
    }
}

char *advice_words(const struct report *report, const struct summary_group *group)
{
    const char *settling = tcprst_settled_by_sentence(group->first.settled_by);
    GString *out = g_string_new(NULL);
    fill(out, _(tcprst_cause_info(group->first.cause)->advice), group, report);
    if (settling) {
        g_string_append_c(out, ' ');
        fill(out, _(settling), group, report);
    }
    return g_string_free(out, FALSE);
}

/* `code` of more than a word is a command; a word alone is a name or a setting. */
char *advice_first_command(const char *prose)
{
    for (const char *open = strchr(prose, '`'), *close; open; open = strchr(close + 1, '`')) {
        close = strchr(open + 1, '`');
        if (!close)
            return NULL;
        if (memchr(open, ' ', (size_t)(close - open)))
            return g_strndup(open + 1, (gsize)(close - open - 1));
    }
    return NULL;
}
