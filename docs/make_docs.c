/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_docs.c - writes what is derived from causes.def, facts.def, verdict.def, options.def
 * and the engine's tables: make_docs TEMPLATES DIRECTORY [CATALOGUES LANGUAGE...]
 *
 * The pages of causes in other languages are LANGUAGE/causes/<id>.md.
 *
 * causes/<id>.md, causes/README.md, facts.md and mechanisms.md, and from TEMPLATES: tcprst.1,
 * completions/ and tcprst.schema.json, where @NAME@ stands for a list.
 */
#include "explain_words.h"
#include "pages.h"
#include "tcprst.h"
#include "translate.h"
#include "weighing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option {
    const char *name, *letter, *argument, *values, *help;
};

static const struct option option_table[] = {
#define LETTER(c)                                                                                  \
    (const char[])                                                                                 \
    {                                                                                              \
        c, '\0'                                                                                    \
    }
#define OPTION(ID, long, letter, kind, argument, values, help)                                     \
    {long, LETTER(letter), argument, values, help},
#include "options.def"
    {"help", LETTER('h'), NULL, "", "print the options and end"},
};
enum { OPTIONS = sizeof option_table / sizeof *option_table };

static void write_file(const char *directory, const char *name, const GString *text)
{
    char *path = g_build_filename(directory, name, NULL), *parent = g_path_get_dirname(path);
    GError *error = NULL;
    if (g_mkdir_with_parents(parent, 0777) != 0 ||
        !g_file_set_contents(path, text->str, (gssize)text->len, &error)) {
        fprintf(stderr, "make_docs: cannot write %s: %s\n", path,
                error ? error->message : strerror(errno));
        exit(1);
    }
    g_free(parent);
    g_free(path);
}

/* ---- Lists ---- */

/* One-line prose for Markdown, where nothing of ours is markup but `code`. */
static void put_markdown(GString *out, const char *prose)
{
    bool code = false;
    for (const char *p = prose; *p; p++) {
        code ^= *p == '`';
        if (!code && strchr("_*<>[]{}", *p))
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

/* Prose for roff: `code` in bold, nothing at a line's beginning taken for a request. */
static void put_roff(GString *out, const char *prose)
{
    bool code = false;
    for (const char *p = prose; *p; p++) {
        if (*p == '`') {
            g_string_append(out, code ? "\\fR" : "\\fB");
            code = !code;
        } else if (*p == '\\') {
            g_string_append(out, "\\e");
        } else if (*p == '-') {
            g_string_append(out, "\\-");
        } else if (*p == '\'') {
            g_string_append(out, "\\(aq");
        } else if (*p == '"') {
            g_string_append(out, "\\(dq");
        } else {
            g_string_append_c(out, *p);
        }
    }
}

static void put_ids(GString *out, bool severities, const char *before, const char *after)
{
    for (unsigned i = 0; i < TCPRST_GROUP_COUNT; i++)
        g_string_append_printf(out, "%s%s%s", before, tcprst_group_id((enum tcprst_group)i), after);
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++) {
        const char *id = tcprst_cause_id((enum tcprst_cause)i);
        enum tcprst_group group;
        if (!tcprst_group_by_id(id, &group))
            g_string_append_printf(out, "%s%s%s", before, id, after);
    }
    for (unsigned i = 0; severities && i < 3; i++)
        g_string_append_printf(out, "%s%s%s", before, tcprst_severity_id((enum tcprst_severity)i),
                               after);
}

static void put_man_options(GString *out)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &option_table[i];
        g_string_append(out, ".TP\n");
        if (*option->letter)
            g_string_append_printf(out, "\\fB\\-%s\\fR, ", option->letter);
        g_string_append(out, "\\fB\\-\\-");
        put_roff(out, option->name);
        g_string_append(out, "\\fR");
        if (option->argument) {
            g_string_append(out, "=\\fI");
            put_roff(out, option->argument);
            g_string_append(out, "\\fR");
        }
        g_string_append_c(out, '\n');
        char *help = g_strdup_printf("%c%s.", g_ascii_toupper(*option->help), option->help + 1);
        put_roff(out, help);
        g_string_append_c(out, '\n');
        g_free(help);
    }
}

static void put_man_causes(GString *out)
{
    for (unsigned g = 0; g < TCPRST_GROUP_COUNT; g++) {
        g_string_append_printf(out, ".SS %s\n", tcprst_group_id((enum tcprst_group)g));
        put_roff(out, tcprst_group_title((enum tcprst_group)g));
        g_string_append(out, ".\n");
        for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++) {
            const struct tcprst_cause_info *info = tcprst_cause_info((enum tcprst_cause)i);
            if (info->group != (enum tcprst_group)g)
                continue;
            g_string_append(out, ".TP\n.B ");
            put_roff(out, info->id);
            g_string_append_c(out, '\n');
            put_roff(out, info->title);
            g_string_append_c(out, '\n');
        }
    }
}

/* ---- Completions ---- */

static void put_bash_cases(GString *out)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &option_table[i];
        if (!option->argument)
            continue;
        g_string_append_printf(out, "    --%s", option->name);
        if (*option->letter)
            g_string_append_printf(out, " | -%s", option->letter);
        if (strcmp(option->values, "@files") == 0)
            g_string_append(out, ") _tcprst_files ;;\n");
        else if (strcmp(option->values, "@causes") == 0)
            g_string_append(out, ") _tcprst_list \"$causes\" ;;\n");
        else if (strcmp(option->values, "@ids") == 0)
            g_string_append(out, ") _tcprst_list \"$causes $severities\" ;;\n");
        else
            g_string_append_printf(out, ") _tcprst_words \"%s\" ;;\n", option->values);
    }
}

static void put_long_options(GString *out)
{
    for (size_t i = 0; i < OPTIONS; i++)
        g_string_append_printf(out, "%s--%s%s", i ? " " : "", option_table[i].name,
                               option_table[i].argument ? "=" : "");
}

/* In zsh's _arguments and in fish a help text is quoted by apostrophes. */
static void put_quoted_help(GString *out, const char *help, const char *apostrophe)
{
    for (const char *p = help; *p; p++) {
        if (*p == '\'')
            g_string_append(out, apostrophe);
        else if (strchr("[]:", *p) && *apostrophe == '\'')
            g_string_append_printf(out, "\\%c", *p);
        else
            g_string_append_c(out, *p);
    }
}

static void put_zsh_action(GString *out, const struct option *option)
{
    if (strcmp(option->values, "@files") == 0)
        g_string_append(out, "_files");
    else if (strcmp(option->values, "@causes") == 0)
        g_string_append(out, "_values -s , id $causes");
    else if (strcmp(option->values, "@ids") == 0)
        g_string_append(out, "_values -s , id $causes $severities");
    else if (*option->values)
        g_string_append_printf(out, "(%s)", option->values);
}

static void put_zsh_options(GString *out)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &option_table[i];
        const char *equals = option->argument ? "=" : "";
        g_string_append(out, "  ");
        if (*option->letter)
            g_string_append_printf(out, "'(-%s --%s)'{-%s%s,--%s%s}'", option->letter, option->name,
                                   option->letter, option->argument ? "+" : "", option->name,
                                   equals);
        else
            g_string_append_printf(out, "'--%s%s", option->name, equals);
        g_string_append_c(out, '[');
        put_quoted_help(out, option->help, "'\\''");
        g_string_append_c(out, ']');
        if (option->argument) {
            g_string_append_c(out, ':');
            put_quoted_help(out, option->argument, "'\\''");
            g_string_append_c(out, ':');
            put_zsh_action(out, option);
        }
        g_string_append(out, "' \\\n");
    }
}

static void put_fish_options(GString *out)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &option_table[i];
        g_string_append_printf(out, "complete -c tcprst -l %s", option->name);
        if (*option->letter)
            g_string_append_printf(out, " -s %s", option->letter);
        if (strcmp(option->values, "@files") == 0)
            g_string_append(out, " -r -F");
        else if (strcmp(option->values, "@causes") == 0)
            g_string_append(out, " -x -a \"$tcprst_causes\"");
        else if (strcmp(option->values, "@ids") == 0)
            g_string_append(out, " -x -a \"$tcprst_causes $tcprst_severities\"");
        else if (option->argument)
            g_string_append_printf(out, " -x -a '%s'", option->values);
        g_string_append(out, " -d '");
        put_quoted_help(out, option->help, "\\'");
        g_string_append(out, "'\n");
    }
}

/* ---- Schema ---- */

typedef const char *word_function(unsigned value);

#define WORDS_OF(name, of)                                                                         \
    static const char *word_##name(unsigned value)                                                 \
    {                                                                                              \
        return tcprst_##of##_id((enum tcprst_##of)value);                                          \
    }
/* One field of a verdict, and of a WORD its words. */
struct field {
    const char *kind, *of, *redact, *key, *filter, *absent, *sentence;
    word_function *word;
    unsigned words;
};

#define WORD_NUMBER(member, of)
#define WORD_WORD(member, of) WORDS_OF(member, of)
#define WORD_FLAG(member, of)
#define WORD_COUNT(member, of)
#define WORD_SECONDS(member, of)
#define WORD_FRAME(member, of)
#define WORD_CAPTURE(member, of)
#define WORD_TEXT(member, of)
#define WORD_LIST(member, of)
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    WORD_##KIND(member, of)
#include "tcprst/verdict.def"

/* How many words there are; the first strength is that of what does not hold, which no verdict has.
 */
enum {
    COUNT_cause = TCPRST_CAUSE_COUNT,
    COUNT_group = TCPRST_GROUP_COUNT,
    COUNT_strength = TCPRST_STRENGTH_CERTAIN + 1,
    COUNT_stage = TCPRST_STAGE_MID_STREAM + 1,
    COUNT_acceptance = TCPRST_ACCEPTANCE_NO_CONNECTION + 1,
    COUNT_effect = TCPRST_EFFECT_IGNORED + 1,
    COUNT_sender = TCPRST_SENDER_SERVER + 1,
    COUNT_origin = TCPRST_ORIGIN_THIRD_PARTY + 1,
    COUNT_severity = TCPRST_SEVERITY_SUSPICIOUS + 1,
    COUNT_peer_error = TCPRST_PEER_ERROR_NONE + 1,
    COUNT_settled_by = TCPRST_SETTLED_BY_COUNT,
};

#define ITS_WORDS_NUMBER(member, of) NULL, 0
#define ITS_WORDS_WORD(member, of) word_##member, COUNT_##of
#define ITS_WORDS_FLAG(member, of) NULL, 0
#define ITS_WORDS_COUNT(member, of) NULL, 0
#define ITS_WORDS_SECONDS(member, of) NULL, 0
#define ITS_WORDS_FRAME(member, of) NULL, 0
#define ITS_WORDS_CAPTURE(member, of) NULL, 0
#define ITS_WORDS_TEXT(member, of) NULL, 0
#define ITS_WORDS_LIST(member, of) NULL, 0
static const struct field field_table[] = {
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    {#KIND, #of, #REDACT, key, filter, absent, sentence, ITS_WORDS_##KIND(member, of)},
#include "tcprst/verdict.def"
};
enum { FIELDS = sizeof field_table / sizeof *field_table };

static bool is_kind(const struct field *field, const char *kind)
{
    return strcmp(field->kind, kind) == 0;
}

static bool is_of(const struct field *field, const char *of)
{
    return strcmp(field->of, of) == 0;
}

static void put_words(GString *out, word_function *word, unsigned first, unsigned count)
{
    for (unsigned i = first; i < count; i++)
        g_string_append_printf(out, "%s\"%s\"", i > first ? ", " : "", word(i));
}

static void put_schema_type(GString *out, const struct field *field, const char *type)
{
    g_string_append_printf(out, field->absent ? "\"type\": [\"%s\", \"null\"]" : "\"type\": \"%s\"",
                           type);
}

static void put_schema_text(GString *out, const struct field *field)
{
    put_schema_type(out, field, "string");
    if (is_of(field, "rfc3339"))
        g_string_append(out, ",\n     \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:"
                             "[0-9]{2}\\\\.[0-9]{6}([0-9]{3})?Z$\"");
    if (is_of(field, "epoch"))
        g_string_append(out, ",\n     \"pattern\": \"^-?[0-9]+\\\\.[0-9]{6}([0-9]{3})?$\"");
}

/* The value of a field, as one or more lines without the last comma. */
static void put_schema_value(GString *out, const struct field *field)
{
    g_string_append(out, "     ");
    if (is_kind(field, "WORD")) {
        g_string_append(out, "\"enum\": [");
        put_words(out, field->word, field->absent || is_of(field, "strength"), field->words);
        g_string_append(out, field->absent ? ", null]" : "]");
    } else if (is_kind(field, "LIST")) {
        put_schema_type(out, field, "array");
        g_string_append_printf(out, ",\n     \"items\": {\n      \"$ref\": \"#/$defs/%s\"\n     }",
                               field->of);
    } else if (is_kind(field, "TEXT") || is_kind(field, "CAPTURE")) {
        put_schema_text(out, field);
    } else if (is_kind(field, "FLAG")) {
        put_schema_type(out, field, "boolean");
    } else {
        bool from_1 = is_kind(field, "FRAME") || is_of(field, "frame") || is_of(field, "layer");
        put_schema_type(out, field, is_kind(field, "SECONDS") ? "number" : "integer");
        g_string_append_printf(out, ",\n     \"minimum\": %d", from_1);
        if (is_of(field, "port"))
            g_string_append(out, ",\n     \"maximum\": 65535");
    }
}

/* One property: its value, its sentence and, for programs that compare, the rest of its row. */
static void put_schema_field(GString *out, const struct field *field, const char *key)
{
    g_string_append_printf(out, "    \"%s\": {\n", key);
    put_schema_value(out, field);
    g_string_append_printf(out, ",\n     \"description\": \"%s.", field->sentence);
    if (field->absent)
        g_string_append_printf(out, " Null where %s.", field->absent);
    g_string_append_printf(out, "\",\n     \"$comment\": \"redact: %s; filter: %s\"\n    }",
                           field->redact, field->filter ? field->filter : "none");
}

/* The object that a key with a dot stands in, and its length; 0: none. */
static size_t outer_length(const char *key)
{
    const char *dot = strchr(key, '.');
    return dot ? (size_t)(dot - key) : 0;
}

static bool same_outer(size_t i, size_t j)
{
    size_t outer = i < FIELDS && j < FIELDS ? outer_length(field_table[i].key) : 0;
    return outer > 0 && strncmp(field_table[i].key, field_table[j].key, outer + 1) == 0;
}

/* The object of fields whose keys begin alike, from the first of them. Returns how many they are.
 */
static size_t put_schema_object(GString *out, size_t first)
{
    int outer = (int)outer_length(field_table[first].key);
    GString *keys = g_string_new(NULL);
    size_t i = first;
    g_string_append_printf(out,
                           "    \"%.*s\": {\n    \"type\": \"object\",\n    \"properties\": {\n",
                           outer, field_table[first].key);
    do {
        const char *key = field_table[i].key + outer + 1;
        g_string_append_printf(keys, "%s\"%s\"", i > first ? ", " : "", key);
        put_schema_field(out, &field_table[i], key);
        g_string_append(out, same_outer(first, ++i) ? ",\n" : "\n");
    } while (same_outer(first, i));
    g_string_append_printf(out, "    },\n    \"required\": [%s]\n    }", keys->str);
    g_string_free(keys, TRUE);
    return i - first;
}

static void put_schema_reset(GString *out)
{
    for (size_t i = 0; i < FIELDS;) {
        if (outer_length(field_table[i].key) > 0) {
            i += put_schema_object(out, i);
        } else {
            put_schema_field(out, &field_table[i], field_table[i].key);
            i++;
        }
        g_string_append(out, ",\n");
    }
}

static void put_schema_reset_keys(GString *out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        size_t outer = outer_length(field_table[i].key);
        if (i > 0 && same_outer(i, i - 1))
            continue;
        g_string_append_printf(out, "%s\"%.*s\"", i ? ", " : "",
                               (int)(outer ? outer : strlen(field_table[i].key)),
                               field_table[i].key);
    }
}

static void put_man_fields(GString *out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field *field = &field_table[i];
        g_string_append(out, ".TP\n.B ");
        put_roff(out, field->key);
        g_string_append_c(out, '\n');
        put_roff(out, field->sentence);
        if (field->absent) {
            g_string_append(out, "; null where ");
            put_roff(out, field->absent);
        }
        g_string_append(out, ".\n");
    }
}

static void put_list(GString *out, const char *name)
{
    if (strcmp(name, "VERSION") == 0)
        g_string_append(out, TCPRST_VERSION);
    else if (strcmp(name, "MAN_OPTIONS") == 0)
        put_man_options(out);
    else if (strcmp(name, "MAN_CAUSES") == 0)
        put_man_causes(out);
    else if (strcmp(name, "CAUSE_IDS") == 0)
        put_ids(out, false, " ", "");
    else if (strcmp(name, "BASH_CASES") == 0)
        put_bash_cases(out);
    else if (strcmp(name, "LONG_OPTIONS") == 0)
        put_long_options(out);
    else if (strcmp(name, "ZSH_OPTIONS") == 0)
        put_zsh_options(out);
    else if (strcmp(name, "FISH_OPTIONS") == 0)
        put_fish_options(out);
    else if (strcmp(name, "MAN_FIELDS") == 0)
        put_man_fields(out);
    else if (strcmp(name, "SCHEMA_CAUSES") == 0)
        put_words(out, word_cause, 0, COUNT_cause);
    else if (strcmp(name, "SCHEMA_RESET") == 0)
        put_schema_reset(out);
    else if (strcmp(name, "SCHEMA_RESET_KEYS") == 0)
        put_schema_reset_keys(out);
}

/* Replaces each @NAME@ of a template. */
static void fill_template(const char *templates, const char *template, const char *directory,
                          const char *name)
{
    char *path = g_build_filename(templates, template, NULL), *text = NULL;
    GError *error = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        fprintf(stderr, "make_docs: %s\n", error->message);
        exit(1);
    }
    GString *out = g_string_new(NULL);
    GRegex *mark = g_regex_new("@([A-Z_]+)@", 0, 0, NULL);
    GMatchInfo *match = NULL;
    int from = 0, start, end;
    g_regex_match(mark, text, 0, &match);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_match_info_fetch_pos(match, 0, &start, &end);
        g_string_append_len(out, text + from, start - from);
        char *word = g_match_info_fetch(match, 1);
        put_list(out, word);
        g_free(word);
        from = end;
    }
    g_string_append(out, text + from);
    write_file(directory, name, out);
    g_match_info_free(match);
    g_regex_unref(mark);
    g_string_free(out, TRUE);
    g_free(text);
    g_free(path);
}

/* ---- Pages ---- */

static void put_section(GString *out, const char *title, const char *prose)
{
    g_string_append_printf(out, "\n## %s\n\n", title);
    put_markdown(out, prose);
    g_string_append_c(out, '\n');
}

static void put_test_captures(GString *out, const char *id)
{
    g_string_append_printf(
        out,
        _("\n---\n`tcprst --explain %s` prints this page, `tcprst -c %s CAPTURE` reports these "
          "resets only; Wireshark's filter is `tcprst.cause == \"%s\"`.\n"),
        id, id, id);
}

static void write_page(const char *directory, const char *up, enum tcprst_cause cause)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(cause);
    GString *out = g_string_new("<!-- Made from causes.def and hypotheses.def by make_docs. -->\n");
    g_string_append_printf(out, "# %s\n\n**", info->id);
    put_markdown(out, _(info->title));
    g_string_append(out, "**");
    g_string_append_printf(out, _(" (group [%s](README.md#%s))\n"), tcprst_group_id(info->group),
                           tcprst_group_id(info->group));
    put_section(out, _("How it comes about, how it is recognised"), _(info->meaning));
    g_string_append(out, "\n```text\n");
    page_draw(out, _(info->diagram), 0);
    g_string_append(out, "```\n");
    g_string_append_printf(out, "\n## %s\n\n", _("How it is weighed"));
    weighing_put_cause(out, cause, up);
    put_section(out, _("What it is confused with"), _(info->confused));
    put_section(out, _("What the applications see"), _(info->applications));
    put_section(out, _("What to check next"), _(info->advice));
    put_section(out, _("References"), info->references);
    put_test_captures(out, info->id);
    char *name = g_strdup_printf("causes/%s.md", info->id);
    write_file(directory, name, out);
    g_free(name);
    g_string_free(out, TRUE);
}

static void write_index(const char *directory)
{
    GString *out = g_string_new("<!-- Made from causes.def by make_docs. -->\n");
    g_string_append_printf(out, "# %s\n", _("The causes"));
    for (unsigned g = 0; g < TCPRST_GROUP_COUNT; g++) {
        g_string_append_printf(out, "\n## %s\n\n%s%s\n\n", tcprst_group_id((enum tcprst_group)g),
                               _(tcprst_group_title((enum tcprst_group)g)), _(":"));
        for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++) {
            const struct tcprst_cause_info *info = tcprst_cause_info((enum tcprst_cause)i);
            if (info->group != (enum tcprst_group)g)
                continue;
            g_string_append_printf(out, "- [%s](%s.md)%s", info->id, info->id, _(": "));
            put_markdown(out, _(info->title));
            g_string_append_c(out, '\n');
        }
    }
    write_file(directory, "causes/README.md", out);
    g_string_free(out, TRUE);
}

static void write_mechanisms(const char *directory)
{
    GString *out = g_string_new(
        "<!-- Made from mechanisms.def and signs.def by make_docs. -->\n"
        "# The ways a reset is made\n\n"
        "Each is physics: it fixes what the reset must look like, given what its maker knew. "
        "[How a verdict comes about](verdict.md) says what the prices mean.\n");
    weighing_put_mechanisms(out);
    write_file(directory, "mechanisms.md", out);
    g_string_free(out, TRUE);
}

/* A fact's sentence; for its numbers it has names, which nobody needs. */
static void put_fact(GString *out, const char *sentence)
{
    char *plain = g_strdup(sentence), *p = plain;
    for (const char *from = sentence; *from; from++) {
        if (*from == '{')
            from = strchr(from, '}');
        *p++ = *from == '}' ? 'N' : *from;
    }
    *p = '\0';
    put_markdown(out, plain);
    g_free(plain);
}

/* What is said of a fact instead, where its numbers are such. */
static void put_fact_else(GString *out, enum tcprst_fact fact, bool holds)
{
    static const struct {
        enum tcprst_fact fact;
        bool holds;
        const char *sentence;
    } others[] = {
#define FACT_ELSE(ID, is_so, where, sentence) {TCPRST_FACT_##ID, is_so, sentence},
#include "tcprst/facts.def"
    };
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        if (others[i].fact != fact || others[i].holds != holds)
            continue;
        g_string_append(out, "; or: ");
        put_fact(out, others[i].sentence);
    }
}

static void write_facts(const char *directory)
{
    static const struct {
        const char *id, *yes, *no;
    } facts[] = {
#define FACT(ID, id, yes, no) {id, yes, no},
#include "tcprst/facts.def"
    };
    GString *out = g_string_new(
        "<!-- Made from facts.def by make_docs. -->\n"
        "# What can be observed of a reset\n\n"
        "The ids stand in `evidence[].fact` and `tcprst.evidence`, beside one of the two "
        "sentences; N is a number or a name. A fact is true, false, or not visible in this "
        "capture; where its contrary is not "
        "worth a "
        "word, there is none. \"The sender\" is the end whose address the RST carries. "
        "[How a verdict comes about](verdict.md) says how facts become one.\n\n"
        "| fact | true | false |\n|---|---|---|\n");
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
        g_string_append_printf(out, "| `%s` | ", facts[i].id);
        put_fact(out, facts[i].yes);
        put_fact_else(out, (enum tcprst_fact)i, true);
        g_string_append(out, " | ");
        put_fact(out, facts[i].no);
        put_fact_else(out, (enum tcprst_fact)i, false);
        g_string_append(out, " |\n");
    }
    write_file(directory, "facts.md", out);
    g_string_free(out, TRUE);
}

/* What the words of a report mean: a table a heading. */
static void write_words(const char *directory)
{
    size_t count;
    const struct explain_word *words = explain_words(&count);
    GString *out = g_string_new("<!-- Made from words.def by make_docs. -->\n# ");
    g_string_append_printf(out, "%s\n", _("The words of a report"));
    for (size_t i = 0; i < count; i++) {
        if (words[i].title) {
            g_string_append_printf(out, "\n## %s\n\n| | |\n|---|---|\n", _(words[i].title));
            continue;
        }
        const char *shown = explain_word_shown(&words[i]);
        bool other = words[i].kind && strcmp(shown, words[i].word) != 0;
        g_string_append_printf(out, other ? "| **%s** `%s` | " : "| **%s** | ", shown,
                               words[i].word);
        put_markdown(out, _(words[i].sentence));
        g_string_append(out, " |\n");
    }
    write_file(directory, "words.md", out);
    g_string_free(out, TRUE);
}

/* up: the way from the pages to the folder of mechanisms.md. */
static void write_causes(const char *directory, const char *up)
{
    for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++)
        write_page(directory, up, (enum tcprst_cause)i);
    write_index(directory);
    write_words(directory);
}

static void write_causes_in(const char *language, const char *catalogues, const char *directory)
{
    const char *const places[] = {catalogues, NULL};
    char *folder = g_build_filename(directory, language, NULL);
    if (!translate_begin(places, language)) {
        fprintf(stderr, "make_docs: no catalogue of %s in %s\n", language, catalogues);
        exit(1);
    }
    write_causes(folder, "../../");
    translate_end();
    g_free(folder);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: make_docs TEMPLATES DIRECTORY [CATALOGUES LANGUAGE...]\n");
        return 2;
    }
    write_causes(argv[2], "../");
    for (int i = 4; i < argc; i++)
        write_causes_in(argv[i], argv[3], argv[2]);
    write_facts(argv[2]);
    write_mechanisms(argv[2]);
    fill_template(argv[1], "tcprst.1", argv[2], "tcprst.1");
    fill_template(argv[1], "tcprst.bash", argv[2], "completions/tcprst.bash");
    fill_template(argv[1], "_tcprst", argv[2], "completions/_tcprst");
    fill_template(argv[1], "tcprst.fish", argv[2], "completions/tcprst.fish");
    fill_template(argv[1], "tcprst.schema.json", argv[2], "tcprst.schema.json");
    return 0;
}
