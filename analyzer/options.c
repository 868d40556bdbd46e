/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - argv to struct options, by GLib's option parser and the table in options.def. */
#include "options.h"

#include "translate.h"

#include <stdlib.h>
#include <string.h>

/* The raw values as GLib leaves them, one a row of options.def: a gboolean, a char * or a gint64.
 */
enum option_id {
#define OPTION(ID, long, letter, kind, argument, values, help) OPTION_##ID,
#include "options.def"
    OPTION_COUNT
};

struct raw {
    gboolean flag[OPTION_COUNT];
    char *text[OPTION_COUNT];
    gint64 number[OPTION_COUNT]; /* where it was not given 0, or NOT_GIVEN where 0 is wrong */
    char **names[OPTION_COUNT];
    char **captures;
};

#define NOT_GIVEN G_MININT64

static void raw_clear(struct raw *raw)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        g_free(raw->text[i]);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        g_strfreev(raw->names[i]);
    g_strfreev(raw->captures);
}

static bool parse_raw(struct raw *raw, int argc, char **argv, char **error)
{
#define FLAG(ID) G_OPTION_ARG_NONE, &raw->flag[OPTION_##ID]
#define TEXT(ID) G_OPTION_ARG_STRING, &raw->text[OPTION_##ID]
#define FILENAME(ID) G_OPTION_ARG_FILENAME, &raw->text[OPTION_##ID]
#define FILENAMES(ID) G_OPTION_ARG_FILENAME_ARRAY, &raw->names[OPTION_##ID]
#define NUMBER(ID) G_OPTION_ARG_INT64, &raw->number[OPTION_##ID]
    raw->number[OPTION_MAX_CONNECTIONS] = NOT_GIVEN;
    GOptionEntry entries[] = {
#define OPTION(ID, long, letter, kind, argument, values, help)                                     \
    {long, letter, 0, kind(ID), _(help), argument},
#include "options.def"
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->captures, NULL, NULL}, {0}};
    GOptionContext *context =
        g_option_context_new(_("CAPTURE... - why were these TCP connections reset?"));
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_description(
        context,
        _("CAPTURE is a pcap or pcapng file, plain or compressed (gzip, zstd, lz4, xz, bzip2);\n"
          "\"-\" is standard input. Several files are one stream, in the order of their first "
          "packets;\n"
          "files that share packets are places of one traffic.\n\n"
          "Exit status: 0 all was read, 1 a capture was damaged, 2 wrong usage, no capture or no\n"
          "output, 3 --fail-on found its cause, 130, 143 or 129 interrupted by SIGINT, SIGTERM, "
          "SIGHUP.\n"));
    char **arguments = g_new0(char *, (size_t)argc + 1);
    memcpy(arguments, argv, (size_t)argc * sizeof *argv);
    GError *failure = NULL;
    bool ok = g_option_context_parse(context, &argc, &arguments, &failure);
    if (!ok) {
        *error = g_strdup(failure->message);
        g_error_free(failure);
    }
    g_free(arguments);
    g_option_context_free(context);
    return ok;
}

static const char *const format_words[] = {"text", "ndjson",   "json", "csv",
                                           "html", "markdown", "jsonl"};
static const char *const color_words[] = {"auto", "always", "never"};
static const char *const sandbox_words[] = {"auto", "require"};
static const char *const strength_words[] = {"none", "possible", "likely", "certain"};

/* The index of word among words from first on; word NULL leaves *value as it is. */
static bool parse_word(const char *option, const char *word, const char *const *words, size_t first,
                       size_t count, unsigned *value, char **error)
{
    if (!word)
        return true;
    GString *choice = g_string_new(NULL);
    for (size_t i = first; i < count; i++) {
        if (g_ascii_strcasecmp(words[i], word) == 0) {
            *value = (unsigned)i;
            g_string_free(choice, TRUE);
            return true;
        }
        g_string_append_printf(choice, "%s%s", i == first ? "" : ", ", words[i]);
    }
    *error = g_strdup_printf(_("--%s: '%s' is none of %s"), option, word, choice->str);
    g_string_free(choice, TRUE);
    return false;
}

static bool add_severity(struct option_ids *ids, const char *id)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(ids->severity); i++)
        if (strcmp(tcprst_severity_id((enum tcprst_severity)i), id) == 0)
            return ids->severity[i] = true;
    return false;
}

static bool add_id(struct option_ids *ids, const char *id, bool severities)
{
    enum tcprst_cause cause;
    enum tcprst_group group;
    if (tcprst_cause_by_id(id, &cause))
        return ids->cause[cause] = true;
    if (tcprst_group_by_id(id, &group)) {
        for (unsigned i = 0; i < TCPRST_CAUSE_COUNT; i++)
            if (tcprst_cause_info((enum tcprst_cause)i)->group == group)
                ids->cause[i] = true;
        return true;
    }
    if (severities && strcmp(id, "new") == 0)
        return ids->fresh = true;
    return severities && add_severity(ids, id);
}

static bool parse_ids(const char *option, const char *list, bool severities, struct option_ids *ids,
                      char **error)
{
    if (!list)
        return true;
    char **words = g_strsplit(list, ",", -1);
    const char *unknown = NULL;
    for (char **word = words; *word && !unknown; word++)
        if (!add_id(ids, g_strstrip(*word), severities))
            unknown = *word;
    ids->given = true;
    if (unknown || !*words)
        *error =
            g_strdup_printf(_("--%s: no cause or group '%s' (tcprst --list-causes lists them)"),
                            option, unknown ? unknown : "");
    bool ok = !unknown && *words;
    g_strfreev(words);
    return ok;
}

static bool wrong(char **error, const char *sentence)
{
    *error = g_strdup(sentence);
    return false;
}

/* What no single option shows to be wrong. */
static bool check(const struct options *options, char **error)
{
    if (options->action == ACTION_EXTRACT && options->capture_count > 1)
        return wrong(error, _("--extract copies from one capture at a time"));
    if (options->action == ACTION_EXTRACT && !options->output)
        return wrong(error, _("--extract writes a capture: name a file with --output"));
    if (options->action != ACTION_REPORT && options->action != ACTION_KEYS &&
        options->action != ACTION_EXTRACT) {
        if (options->format != FORMAT_TEXT && options->format != FORMAT_JSON)
            return wrong(error, _("--list-causes and --explain know the formats text and json"));
        return true;
    }
    if (options->capture_count == 0)
        return wrong(error, _("no capture named (\"-\" is standard input; tcprst --help)"));
    if (options->fail_on.fresh && !options->baseline)
        return wrong(error, _("--fail-on=new needs --baseline to tell what is new"));
    size_t standard_input = 0;
    for (size_t i = 0; i < options->capture_count; i++)
        standard_input += strcmp(options->captures[i], "-") == 0;
    if (standard_input > 1)
        return wrong(error, _("standard input can only be read once"));
    if (options->redact && options->action != ACTION_REPORT)
        return wrong(error,
                     _("--keys and --extract show addresses as they are, which --redact forbids"));
    if ((options->annotate || options->kernel_trace) && options->action != ACTION_REPORT)
        return wrong(
            error,
            _("--annotate and --kernel-trace go with a report, not with --keys or --extract"));
    if (options->annotate && standard_input)
        return wrong(error, _("--annotate reads its input twice, which standard input cannot"));
    if (options->kernel_trace && standard_input)
        return wrong(error, _("--kernel-trace reads its input twice, which standard input cannot"));
    if (options->annotate && options->separate && options->capture_count > 1)
        return wrong(
            error, _("--annotate writes one file and --separate means several: name one capture"));
    if (options->no_sandbox && options->sandbox_required)
        return wrong(error, _("--no-sandbox and --sandbox=require contradict each other"));
    if (options->annotate && options->redact)
        return wrong(error, _("--annotate copies the packets as they are, which --redact forbids"));
    return true;
}

static enum option_action action_of(const struct raw *raw)
{
    if (raw->flag[OPTION_VERSION])
        return ACTION_VERSION;
    if (raw->flag[OPTION_LIST_CAUSES])
        return ACTION_LIST_CAUSES;
    return raw->text[OPTION_EXPLAIN]   ? ACTION_EXPLAIN
           : raw->text[OPTION_EXTRACT] ? ACTION_EXTRACT
           : raw->flag[OPTION_KEYS]    ? ACTION_KEYS
                                       : ACTION_REPORT;
}

/* Those of -r, then those that stand alone. */
static char **all_captures(struct raw *raw)
{
    GPtrArray *all = g_ptr_array_new();
    char **parts[] = {raw->names[OPTION_READ], raw->captures};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        for (char **name = parts[i]; name && *name; name++)
            g_ptr_array_add(all, g_strdup(*name));
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_free(all, FALSE);
}

static bool interpret(struct options *options, struct raw *raw, char **error)
{
    unsigned format = FORMAT_TEXT, color = COLOR_AUTO, strength = TCPRST_STRENGTH_POSSIBLE;
    unsigned sandbox = 0;
    if (!parse_word("format", raw->text[OPTION_FORMAT], format_words, 0, G_N_ELEMENTS(format_words),
                    &format, error) ||
        !parse_word("color", raw->text[OPTION_COLOR], color_words, 0, 3, &color, error) ||
        !parse_word("sandbox", raw->text[OPTION_SANDBOX], sandbox_words, 0, 2, &sandbox, error) ||
        !parse_word("min-strength", raw->text[OPTION_MIN_STRENGTH], strength_words, 1, 4, &strength,
                    error) ||
        !parse_ids("cause", raw->text[OPTION_CAUSE], false, &options->causes, error) ||
        !parse_ids("fail-on", raw->text[OPTION_FAIL_ON], true, &options->fail_on, error))
        return false;
    gint64 most = raw->number[OPTION_MAX_CONNECTIONS];
    if (most != NOT_GIVEN && (most < 1 || (uint64_t)most > SIZE_MAX / 4096))
        return wrong(error, _("--max-connections: not a number of connections above 0"));
    if (raw->number[OPTION_FRAME] < 0)
        return wrong(error, _("--frame: not a frame number"));
    const char *why_not = raw->text[OPTION_WHY_NOT] ? g_strstrip(raw->text[OPTION_WHY_NOT]) : NULL;
    if (why_not && strchr(why_not, ','))
        return wrong(error, _("--why-not: one cause or group at a time"));
    if (!parse_ids("why-not", why_not, false, &options->why_not, error))
        return false;
    if (why_not && format != FORMAT_TEXT)
        return wrong(error, _("--why-not goes with the text format only"));
    if (raw->flag[OPTION_WHY] && (format == FORMAT_CSV || format == FORMAT_MARKDOWN))
        return wrong(error, _("--why goes with the formats text, ndjson, json and html"));
    options->frame = (uint64_t)raw->number[OPTION_FRAME];
    options->action = action_of(raw);
    options->format = format == FORMAT_JSONL ? FORMAT_NDJSON : (enum option_format)format;
    options->color = (enum option_color)color;
    options->min_strength = (enum tcprst_strength)strength;
    options->max_connections = most == NOT_GIVEN ? 0 : (size_t)most;
    options->separate = raw->flag[OPTION_SEPARATE];
    options->why = raw->flag[OPTION_WHY];
    options->connections = raw->flag[OPTION_CONNECTIONS];
    options->redact = raw->flag[OPTION_REDACT];
    options->quiet = raw->flag[OPTION_QUIET];
    options->verbose = raw->flag[OPTION_VERBOSE];
    options->no_sandbox = raw->flag[OPTION_NO_SANDBOX];
    options->sandbox_required = sandbox == 1;
    options->no_progress = raw->flag[OPTION_NO_PROGRESS];
    options->why_not_id = g_steal_pointer(&raw->text[OPTION_WHY_NOT]);
    options->output = g_steal_pointer(&raw->text[OPTION_OUTPUT]);
    options->annotate = g_steal_pointer(&raw->text[OPTION_ANNOTATE]);
    options->baseline = g_steal_pointer(&raw->text[OPTION_BASELINE]);
    options->kernel_trace = g_steal_pointer(&raw->text[OPTION_KERNEL_TRACE]);
    options->extract = g_steal_pointer(&raw->text[OPTION_EXTRACT]);
    options->filter = g_steal_pointer(&raw->text[OPTION_FILTER]);
    options->explain = g_steal_pointer(&raw->text[OPTION_EXPLAIN]);
    options->captures = all_captures(raw);
    options->capture_count = options->captures ? g_strv_length(options->captures) : 0;
    return check(options, error);
}

const char *options_language(int argc, char **argv)
{
    static const char option[] = "--lang";
    const char *language = NULL;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (g_str_has_prefix(argv[i], option) && argv[i][strlen(option)] == '=')
            language = argv[i] + strlen(option) + 1;
        else if (strcmp(argv[i], option) == 0 && i + 1 < argc)
            language = argv[++i];
    }
    return language;
}

bool options_parse(struct options *options, int argc, char **argv, char **error)
{
    struct raw raw = {0};
    memset(options, 0, sizeof *options);
    bool ok = parse_raw(&raw, argc, argv, error) && interpret(options, &raw, error);
    raw_clear(&raw);
    return ok;
}

void options_clear(struct options *options)
{
    g_free(options->output);
    g_free(options->why_not_id);
    g_free(options->annotate);
    g_free(options->baseline);
    g_free(options->kernel_trace);
    g_free(options->extract);
    g_free(options->filter);
    g_free(options->explain);
    g_strfreev(options->captures);
}

bool option_ids_match(const struct option_ids *ids, const struct tcprst_verdict *verdict)
{
    return ids->cause[verdict->cause] || ids->severity[verdict->severity];
}
