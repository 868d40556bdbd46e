/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.c - prints the cause table, one cause or group of it, or what words mean, as paragraphs.
 */
#include "explain.h"

#include "explain_words.h"
#include "pages.h"
#include "report_json.h"
#include "report_string.h"
#include "tcprst.h"
#include "translate.h"

#include <string.h>

struct page {
    GString *out;
    bool color;
    unsigned width;
};

static void heading(struct page *page, const char *words)
{
    g_string_append_printf(page->out, "%s%s%s\n", page->color ? "\033[1;36m" : "", words,
                           page->color ? "\033[0m" : "");
}

static void paragraph(struct page *page, size_t indent, const char *words)
{
    struct string_wrap wrap = {
        .column = indent, .indent = indent, .width = page->width, .before = "", .after = ""};
    g_string_append_printf(page->out, "%*s", (int)indent, "");
    string_wrap(page->out, words, &wrap);
}

static void flush(struct page *page, FILE *out)
{
    fwrite(page->out->str, 1, page->out->len, out);
    g_string_free(page->out, TRUE);
}

static size_t id_width(void)
{
    size_t width = 0;
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++)
        width = MAX(width, strlen(tcprst_cause_id((enum tcprst_cause)i)));
    return width;
}

static void list_group(struct page *page, enum tcprst_group group)
{
    char *title =
        g_strdup_printf(_("%s: %s"), tcprst_group_id(group), _(tcprst_group_title(group)));
    size_t width = id_width();
    heading(page, title);
    g_free(title);
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++) {
        const struct tcprst_cause_info *info = tcprst_cause_info((enum tcprst_cause)i);
        if (info->group != group)
            continue;
        struct string_wrap wrap = {.column = width + 4,
                                   .indent = width + 4,
                                   .width = page->width,
                                   .before = "",
                                   .after = ""};
        g_string_append_printf(page->out, "  %-*s  ", (int)width, info->id);
        string_wrap(page->out, _(info->title), &wrap);
    }
}

void explain_list(FILE *out, bool color, unsigned width)
{
    struct page page = {g_string_new(NULL), color, width};
    for (unsigned i = 0; i < TCPRST_GROUP_COUNT; i++) {
        if (i > 0)
            g_string_append_c(page.out, '\n');
        list_group(&page, (enum tcprst_group)i);
    }
    flush(&page, out);
}

static void one_cause(struct page *page, enum tcprst_cause cause)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(cause);
    char *title = g_strdup_printf("%s (%s)", info->id, tcprst_group_id(info->group));
    heading(page, title);
    g_free(title);
    paragraph(page, 2, _(info->title));
    g_string_append_c(page->out, '\n');
    heading(page, _("How it comes about, how it is recognised"));
    paragraph(page, 2, _(info->meaning));
    g_string_append_c(page->out, '\n');
    page_draw(page->out, _(info->diagram), 4);
    g_string_append_c(page->out, '\n');
    heading(page, _("What it is confused with"));
    paragraph(page, 2, _(info->confused));
    g_string_append_c(page->out, '\n');
    heading(page, _("What the applications see"));
    paragraph(page, 2, _(info->applications));
    g_string_append_c(page->out, '\n');
    heading(page, _("What to check next"));
    paragraph(page, 2, _(info->advice));
    g_string_append_c(page->out, '\n');
    heading(page, _("References"));
    paragraph(page, 2, info->references);
}

/* ---- Words ---- */

static bool is_named(const struct explain_word *word, const char *name)
{
    return g_ascii_strcasecmp(word->word, name) == 0 || strcmp(explain_word_shown(word), name) == 0;
}

static void put_word(struct page *page, const struct explain_word *word)
{
    enum { WORDS = 21 };
    struct string_wrap wrap = {
        .column = WORDS + 2, .indent = WORDS + 2, .width = page->width, .before = "", .after = ""};
    g_string_append(page->out, "  ");
    string_left(page->out, explain_word_shown(word), WORDS - 2);
    g_string_append(page->out, "  ");
    string_wrap(page->out, _(word->sentence), &wrap);
}

/* Those of that name, each below its heading; NULL: all. Returns whether there are any. */
static bool put_words(struct page *page, const char *name)
{
    size_t count;
    const struct explain_word *words = explain_words(&count), *title = NULL;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (words[i].title) {
            title = &words[i];
            continue;
        }
        if (name && !is_named(&words[i], name))
            continue;
        if (title && page->out->len > 0)
            g_string_append_c(page->out, '\n');
        if (title)
            heading(page, _(title->title));
        title = NULL;
        any = true;
        put_word(page, &words[i]);
    }
    return any;
}

bool explain_name(FILE *out, const char *name, bool color, unsigned width)
{
    struct page page = {g_string_new(NULL), color, width};
    enum tcprst_cause cause;
    enum tcprst_group group;
    bool known = true;
    if (tcprst_cause_by_id(name, &cause))
        one_cause(&page, cause);
    else if (tcprst_group_by_id(name, &group))
        list_group(&page, group);
    else
        known = false;
    known |= put_words(&page, strcmp(name, "words") == 0 ? NULL : name);
    flush(&page, out);
    return known;
}

/* ---- As JSON ---- */

static void put_object(GString *out, enum tcprst_cause cause)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(cause);
    g_string_append(out, out->len > 1 ? ",\n{" : "\n{");
    json_text(out, "id", info->id);
    json_text(out, "group", tcprst_group_id(info->group));
    json_text(out, "group_title", tcprst_group_title(info->group));
    json_text(out, "title", info->title);
    json_text(out, "meaning", info->meaning);
    json_text(out, "confused_with", info->confused);
    json_text(out, "applications_see", info->applications);
    json_text(out, "advice", info->advice);
    json_text(out, "references", info->references);
    g_string_append_c(out, '}');
}

/* Those that wanted names, all where it names none. Returns whether there are any. */
static bool put_array(FILE *out, const bool wanted[TCPRST_CAUSE_COUNT])
{
    GString *array = g_string_new("[");
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++)
        if (!wanted || wanted[i])
            put_object(array, (enum tcprst_cause)i);
    bool any = array->len > 1;
    g_string_append(array, "\n]\n");
    if (any)
        fwrite(array->str, 1, array->len, out);
    g_string_free(array, TRUE);
    return any;
}

void explain_list_json(FILE *out)
{
    put_array(out, NULL);
}

bool explain_cause_json(FILE *out, const char *id)
{
    bool wanted[TCPRST_CAUSE_COUNT] = {false};
    enum tcprst_cause cause;
    enum tcprst_group group;
    if (tcprst_cause_by_id(id, &cause))
        wanted[cause] = true;
    else if (tcprst_group_by_id(id, &group))
        for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++)
            wanted[i] = tcprst_cause_info((enum tcprst_cause)i)->group == group;
    return put_array(out, wanted);
}
