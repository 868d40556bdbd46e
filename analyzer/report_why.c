/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_why.c - see report_why.h. */
#include "report_why.h"

#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_FINDINGS = 64 /* more than there are causes */, COST_SIZE = 16, COST_COLUMNS = 6 };

/* ---- asking ---- */

static bool has_finding(const struct report_why *why, enum tcprst_cause cause)
{
    for (size_t i = 0; i < why->finding_count; i++)
        if (why->findings[i].cause == cause)
            return true;
    return false;
}

static bool in_group(const struct option_ids *ids, enum tcprst_group group)
{
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++)
        if (ids->cause[c] && tcprst_cause_info((enum tcprst_cause)c)->group == group)
            return true;
    return false;
}

/* Whose ledger answers the question: the verdict's, where it is asked for; else the cheapest of
 * those asked for. A word for what cannot be told apart has none of its own: for the verdict stands
 * what costs least, for another word the cheapest of its group. */
static const struct tcprst_finding *
asked_for(const struct report_why *why, const struct option_ids *ids, enum tcprst_cause verdict)
{
    bool own = ids->cause[verdict], word = true;
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++)
        word = word && !(ids->cause[c] && has_finding(why, (enum tcprst_cause)c));
    if (own && !has_finding(why, verdict))
        return &why->findings[0];
    for (size_t i = 0; i < why->finding_count; i++) {
        const struct tcprst_finding *f = &why->findings[i];
        bool asked = own    ? f->cause == verdict
                     : word ? in_group(ids, tcprst_cause_info(f->cause)->group)
                            : ids->cause[f->cause];
        if (asked)
            return f;
    }
    return NULL;
}

struct report_why why_ask(struct tcprst *core, const struct options *options,
                          const struct tcprst_verdict *verdict)
{
    static struct tcprst_finding findings[MAX_FINDINGS];
    static struct tcprst_ledger_line ledger[TCPRST_MAX_LEDGER];
    struct report_why why = {.findings = findings, .ledger = ledger};
    if (!options->why && !options->why_not.given)
        return why;
    why.finding_count = tcprst_findings(core, findings, MAX_FINDINGS);
    if (!options->why_not.given || why.finding_count == 0)
        return why;
    const struct tcprst_finding *asked = asked_for(&why, &options->why_not, verdict->cause);
    if (!asked)
        return why;
    why.asked = *asked;
    why.ledger_count = tcprst_ledger(core, asked->cause, ledger, TCPRST_MAX_LEDGER);
    return why;
}

/* ---- saying ---- */

static void put_lines(GString *out, const struct report *report, size_t column, size_t indent,
                      const char *words)
{
    const struct string_wrap wrap = {column, indent, report->width, "", ""};
    string_wrap(out, words, &wrap);
}

/* "answer, no connection, to frame 12". */
static void add_way(GString *out, const struct report *report, const struct tcprst_finding *finding,
                    uint32_t own)
{
    const struct tcprst_frame *trigger = &finding->trigger;
    g_string_append(out, _(finding->mechanism));
    if (!finding->answers)
        return;
    if (trigger->number == 0) {
        g_string_append(out, _(", to a segment that was not captured"));
        return;
    }
    bool other = trigger->capture != own && trigger->capture < report->name_count;
    char *frame =
        words_frame(trigger->number, other ? words_capture(report, trigger->capture) : NULL);
    g_string_append_printf(out, _(", to %s"), frame);
    g_free(frame);
}

static void put_finding(GString *out, const struct report *report,
                        const struct tcprst_finding *finding, uint32_t own)
{
    enum { CAUSES = 26, BEFORE = 4 + 2 + 2 + CAUSES + 1 };
    GString *way = g_string_new(NULL);
    add_way(way, report, finding, own);
    char *safe = string_safe(way->str);
    g_string_append_printf(out, "    %2u  %-*s ", finding->total, CAUSES,
                           tcprst_cause_id(finding->cause));
    put_lines(out, report, BEFORE, BEFORE, safe);
    g_free(safe);
    g_string_free(way, TRUE);
}

/* The evidence and the costs are those of the group's first: what came later has its own. */
static void put_whose(GString *out, const struct report *report, const struct summary_group *group)
{
    char *frame = words_frame(group->first.frame.number, NULL);
    char *line = g_strdup_printf(
        _("costs and evidence are of the first of them, %s; --frame=N shows another's"), frame);
    g_string_append(out, "    ");
    put_lines(out, report, 4, 4, line);
    g_free(line);
    g_free(frame);
}

void why_put_findings(GString *out, const struct report *report, const struct summary_group *group)
{
    const struct report_why *why = &group->why;
    if (!report->options->why || why->finding_count == 0)
        return;
    GString *excluded = g_string_new(NULL);
    g_string_append(out, "  ");
    put_lines(out, report, 2, 2,
              _("how surprising each cause would be (orders of magnitude; --why-not=ID adds one "
                "up)"));
    if (group->resets > 1)
        put_whose(out, report, group);
    for (size_t i = 0; i < why->finding_count; i++) {
        const struct tcprst_finding *f = &why->findings[i];
        if (f->excluded)
            g_string_append_printf(excluded, "%s%s", excluded->len ? ", " : _("impossible: "),
                                   tcprst_cause_id(f->cause));
        else
            put_finding(out, report, f, group->first.frame.capture);
    }
    if (excluded->len > 0) {
        g_string_append(out, "    ");
        put_lines(out, report, 4, 6, excluded->str);
    }
    g_string_free(excluded, TRUE);
}

/* "it costs 3", "it is impossible". */
static void add_cost(GString *out, const struct tcprst_finding *finding)
{
    if (finding->excluded)
        g_string_append(out, _("is impossible"));
    else
        g_string_append_printf(out, _("costs %u"), finding->total);
}

static const struct tcprst_finding *finding_of(const struct report_why *why,
                                               enum tcprst_cause cause)
{
    for (size_t i = 0; i < why->finding_count; i++)
        if (why->findings[i].cause == cause)
            return &why->findings[i];
    return NULL;
}

/* "the verdict, closed-port, costs 0"; a word's is what costs least. */
static void add_verdict(GString *out, const struct report_why *why, enum tcprst_cause verdict)
{
    const struct tcprst_finding *own = finding_of(why, verdict);
    if (own)
        g_string_append_printf(out, _("the verdict, %s, "), tcprst_cause_id(verdict));
    else
        g_string_append_printf(out, _("the verdict, %s, stands first of all for %s, which "),
                               tcprst_cause_id(verdict), tcprst_cause_id(why->findings[0].cause));
    add_cost(out, own ? own : &why->findings[0]);
}

/* Of a word what it means: it has no ledger of its own. */
static bool add_meaning(GString *out, const struct report_why *why, const char *id)
{
    enum tcprst_cause cause;
    bool word = tcprst_cause_by_id(id, &cause) && !finding_of(why, cause);
    if (word)
        g_string_append_printf(out, _(" (%s)"), _(tcprst_cause_info(cause)->title));
    return word;
}

static void add_that_is_it(GString *out, const struct report_why *why, const char *id,
                           enum tcprst_cause verdict)
{
    const char *cause = tcprst_cause_id(verdict);
    bool group = strcmp(id, cause) != 0;
    if (group)
        g_string_append_printf(out, _("%s: the verdict, %s, is of that group"), id, cause);
    else
        g_string_append_printf(out, _("%s: that is the verdict"), id);
    if (add_meaning(out, why, cause))
        g_string_append_printf(out, _(". What costs least is %s, and it "),
                               tcprst_cause_id(why->asked.cause));
    else
        g_string_append(out, _(". It "));
    add_cost(out, &why->asked);
    if (why->asked.total > why->findings[0].total)
        g_string_append_printf(out,
                               _(", though %s costs only %u: another reset of the same event "
                                 "tells more"),
                               tcprst_cause_id(why->findings[0].cause), why->findings[0].total);
    g_string_append(out, _("."));
}

static void add_why_not(GString *out, const struct report_why *why, const char *id,
                        enum tcprst_cause verdict)
{
    g_string_append_printf(out, _("Why not %s"), id);
    bool word = add_meaning(out, why, id);
    g_string_append(out, _(": "));
    if (word && why->ledger_count > 0 && why->asked.cause == verdict) {
        g_string_append(out, _("one cause of its kind stands out here; "));
    } else if (why->ledger_count > 0) {
        if (strcmp(id, tcprst_cause_id(why->asked.cause)) == 0)
            g_string_append(out, _("it "));
        else
            g_string_append_printf(out, _("the nearest of that kind, %s, "),
                                   tcprst_cause_id(why->asked.cause));
        add_cost(out, &why->asked);
        g_string_append(out, _("; "));
    }
    add_verdict(out, why, verdict);
    g_string_append(out, _("."));
}

/* "(1)": not added. */
static void put_line(GString *out, const struct report *report,
                     const struct tcprst_ledger_line *line)
{
    static const char *const states[] = {[TCPRST_CLAIM_UNSEEN] = N_("unclear"),
                                         [TCPRST_CLAIM_FAILED] = N_("fails"),
                                         [TCPRST_CLAIM_MET] = N_("met")};
    /* What is cited was seen; else nothing was that speaks against it. */
    bool fits = line->state == TCPRST_CLAIM_MET && !line->has_fact;
    char said[512] = "", number[COST_SIZE] = "X", cost[COST_SIZE];
    bool charge = strcmp(line->claim, "rarity") == 0;
    if (line->cost < TCPRST_COST_IMPOSSIBLE)
        snprintf(number, sizeof number, "%u", line->cost);
    snprintf(cost, sizeof cost, line->counted || !line->cost ? "%s " : "(%s)", number);
    if (line->has_fact)
        tcprst_evidence_text(&line->fact, translate_sentence, said, sizeof said);
    size_t state = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        state = MAX(state, string_width(_(states[i])));
    string_right(out, cost, COST_COLUMNS);
    g_string_append(out, " ");
    string_left(out, charge ? "" : fits ? _("fits") : _(states[line->state]), state);
    g_string_append(out, "  ");
    GString *words = g_string_new(_(line->sentence));
    bool unclear = line->state == TCPRST_CLAIM_UNSEEN;
    if (*said)
        g_string_append_printf(words, unclear ? _("; what is seen does not tell: %s") : _(": %s"),
                               said);
    if (*said && line->fact.frame.number > 0)
        g_string_append_printf(words, " (#%" PRIu64 ")", line->fact.frame.number);
    if (line->unclear)
        g_string_append_printf(words, _("; %s"), _(line->unclear));
    put_lines(out, report, COST_COLUMNS + 1 + state + 2, COST_COLUMNS + 1 + state + 2, words->str);
    g_string_free(words, TRUE);
}

/* A hypothesis and its mechanism may claim the same: then the dearer of both says it. */
static bool said_by_another(const struct report_why *why, size_t line)
{
    const struct tcprst_ledger_line *own = &why->ledger[line];
    for (size_t i = 0; i < why->ledger_count; i++) {
        const struct tcprst_ledger_line *other = &why->ledger[i];
        if (i == line || strcmp(other->claim, own->claim) != 0)
            continue;
        if (other->cost > own->cost || (other->cost == own->cost && other->counted) ||
            (other->cost == own->cost && other->counted == own->counted && i < line))
            return true;
    }
    return false;
}

/* What counts, the dearest first; behind each what looks at the same thing and is not added. */
static bool put_costs(GString *out, const struct report *report, const struct report_why *why)
{
    bool said[TCPRST_MAX_LEDGER] = {false}, more = false;
    for (;;) {
        const struct tcprst_ledger_line *next = NULL;
        for (size_t i = 0; i < why->ledger_count; i++)
            if (!said[i] && why->ledger[i].counted && why->ledger[i].cost > 0 &&
                (!next || why->ledger[i].cost > next->cost))
                next = &why->ledger[i];
        if (!next)
            return more;
        said[next - why->ledger] = true;
        put_line(out, report, next);
        for (size_t i = 0; i < why->ledger_count; i++)
            if (why->ledger[i].place == next->place && !why->ledger[i].counted &&
                why->ledger[i].cost > 0 && !said_by_another(why, i)) {
                more = true;
                put_line(out, report, &why->ledger[i]);
            }
    }
}

static void put_sum(GString *out, const struct report *report, const struct report_why *why,
                    bool more)
{
    char sum[COST_SIZE] = "= X ";
    if (!why->asked.excluded)
        snprintf(sum, sizeof sum, "= %u ", why->asked.total);
    string_right(out, sum, COST_COLUMNS);
    g_string_append(out, " ");
    GString *words = g_string_new(why->asked.excluded     ? _("impossible: one X is enough")
                                  : why->asked.total == 0 ? _("nothing speaks against it")
                                                          : _("together"));
    if (more)
        g_string_append(words, _("; in brackets what looks at the same thing as the line above it, "
                                 "and is not added"));
    put_lines(out, report, COST_COLUMNS + 1, COST_COLUMNS + 1, words->str);
    g_string_free(words, TRUE);
}

void why_put_ledger(GString *out, const struct report *report, const struct summary_group *group)
{
    const struct report_why *why = &group->why;
    const struct options *options = report->options;
    enum tcprst_cause verdict = group->first.cause;
    if (!options->why_not.given || why->finding_count == 0)
        return;
    GString *words = g_string_new(NULL);
    if (options->why_not.cause[verdict])
        add_that_is_it(words, why, options->why_not_id, verdict);
    else
        add_why_not(words, why, options->why_not_id, verdict);
    g_string_append(out, "  ");
    put_lines(out, report, 2, 2, words->str);
    if (why->ledger_count > 0) {
        g_string_assign(words, _("made as: "));
        add_way(words, report, &why->asked, group->first.frame.capture);
        char *safe = string_safe(words->str);
        g_string_append(out, "    ");
        put_lines(out, report, 4, 6, safe);
        g_free(safe);
        put_sum(out, report, why, put_costs(out, report, why));
        for (size_t i = 0; i < why->ledger_count; i++)
            if (why->ledger[i].cost == 0 && !said_by_another(why, i))
                put_line(out, report, &why->ledger[i]);
    }
    g_string_free(words, TRUE);
}
