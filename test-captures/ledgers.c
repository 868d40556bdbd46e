/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledgers.c - for the tests: which hypothesis won each RST, and what became of the predictions of
 * the causes that are true.
 *
 * Standard input: a capture a line, then FRAME=CAUSE for each RST whose ledger is wanted (several
 * for several true causes), all separated by tabs. Standard output, separated by tabs as well:
 *
 *     capture  NAME
 *     reset    FRAME  CAUSE  STRENGTH      then, of that RST:
 *     row      CAUSE  ROW    TOTAL         of the verdict's cause; of a word the cheapest
 *     true     CAUSE  ROW    TOTAL         of a cause that was asked for, with its ledger:
 *     claim    ID     met|failed|unseen    COST
 */
#include "input.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 64 };

struct run {
    struct tcprst *core;
    char **wanted; /* FRAME=CAUSE, NULL behind the last */
};

static const char *const states[] = {
    [TCPRST_CLAIM_UNSEEN] = "unseen", [TCPRST_CLAIM_FAILED] = "failed", [TCPRST_CLAIM_MET] = "met"};

static void tell_ledger(const struct run *run, const struct tcprst_finding *finding)
{
    struct tcprst_ledger_line lines[TCPRST_MAX_LEDGER];
    size_t count = tcprst_ledger(run->core, finding->cause, lines, TCPRST_MAX_LEDGER);
    printf("true\t%s\t%u\t%u\n", tcprst_cause_id(finding->cause), finding->row, finding->total);
    for (size_t i = 0; i < count; i++)
        printf("claim\t%s\t%s\t%u\n", lines[i].claim, states[lines[i].state], lines[i].cost);
}

static bool is_wanted(const struct run *run, uint64_t frame, enum tcprst_cause cause)
{
    char *key = g_strdup_printf("%" G_GUINT64_FORMAT "=%s", frame, tcprst_cause_id(cause));
    bool found = g_strv_contains((const gchar *const *)run->wanted, key);
    g_free(key);
    return found;
}

static void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    const struct run *run = user;
    struct tcprst_finding findings[TCPRST_CAUSE_COUNT];
    size_t count = tcprst_findings(run->core, findings, TCPRST_CAUSE_COUNT), of = 0;
    printf("reset\t%" G_GUINT64_FORMAT "\t%s\t%s\n", (guint64)verdict->frame.number,
           tcprst_cause_id(verdict->cause), tcprst_strength_id(verdict->strength));
    for (size_t i = 0; i < count; i++)
        if (findings[i].cause == verdict->cause)
            of = i;
    if (count)
        printf("row\t%s\t%u\t%u\n", tcprst_cause_id(findings[of].cause), findings[of].row,
               findings[of].total);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(run, verdict->frame.number, findings[i].cause))
            tell_ledger(run, &findings[i]);
}

/* Returns whether the capture could be read. */
static bool tell(const char *name, char **wanted)
{
    const struct input_options files = {.names = &name, .count = 1};
    char *error = NULL;
    struct input *input = input_open(&files, &error);
    struct run run = {.wanted = wanted};
    const struct tcprst_options options = {.on_verdict = on_verdict, .user = &run, .hash_seed = 1};
    run.core = tcprst_new(&options);
    if (!input || !run.core) {
        fprintf(stderr, "ledgers: %s: %s\n", name, error ? error : "no memory");
        return false;
    }
    printf("capture\t%s\n", name);
    enum input_status status = INPUT_MORE;
    struct tcprst_segment segments[ROOM];
    while (status == INPUT_MORE) {
        size_t count = input_read(input, segments, ROOM, &status);
        for (size_t i = 0; i < count; i++)
            tcprst_feed(run.core, &segments[i], NULL);
    }
    tcprst_finish(run.core);
    tcprst_free(run.core);
    const struct input_capture *capture = input_capture(input, 0);
    bool usable = capture->usable;
    if (!usable)
        fprintf(stderr, "ledgers: %s\n", capture->damage);
    input_close(input);
    return usable;
}

int main(void)
{
    char *line = NULL;
    GIOChannel *in = g_io_channel_unix_new(0);
    g_io_channel_set_encoding(in, NULL, NULL);
    int worst = 0;
    while (g_io_channel_read_line(in, &line, NULL, NULL, NULL) == G_IO_STATUS_NORMAL) {
        char **words = g_strsplit(g_strchomp(line), "\t", -1);
        if (*words && !tell(words[0], words + 1))
            worst = 1;
        g_strfreev(words);
        g_free(line);
    }
    g_io_channel_unref(in);
    return worst;
}
