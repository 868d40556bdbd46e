/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weighing.c - see weighing.h. */
#include "weighing.h"

#include "translate.h"
#include "weigh.h"

#include <string.h>

/* The engine's tables once more, with their prices as they are written. */
struct price {
    enum claim claim;
    const char *fails, *unseen;
};

struct row {
    enum mechanism_id mechanism;
    int rarity;
    const char *signs;
    struct price prices[HYPOTHESIS_CLAIMS];
};

#define C(claim, fails, unseen)                                                                    \
    {                                                                                              \
        CLAIM_##claim, #fails, #unseen                                                             \
    }
#define EXPLAINS(...) #__VA_ARGS__
#define H(mechanism, rarity, explains, ...)                                                        \
    {                                                                                              \
        MECHANISM_##mechanism, rarity, explains,                                                   \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define HYPOTHESES(ID, name, ...) static const struct row name[] = {__VA_ARGS__};
#include "hypotheses.def"

static const struct {
    const struct row *rows;
    size_t count;
} causes[TCPRST_CAUSE_COUNT] = {
#define HYPOTHESES(ID, name, ...) [TCPRST_CAUSE_##ID] = {name, G_N_ELEMENTS(name)},
#include "hypotheses.def"
};

static const struct {
    const char *signs;
    struct price prices[HYPOTHESIS_CLAIMS];
} ways[MECHANISM_COUNT] = {
#define MECHANISM(ID, id, maker, kind, explains, ...) [MECHANISM_##ID] = {explains, {__VA_ARGS__}},
#include "mechanisms.def"
};

static const char *const makers[] = {[MAKER_STACK] =
                                         N_("by the TCP stack whose address it carries"),
                                     [MAKER_HOST] = N_("by a filter or relay that is that end"),
                                     [MAKER_BETWEEN] = N_("by somebody in between")};

static const char *const rarities[] = {N_("usual"), N_("one in ten"), N_("one in a hundred"),
                                       N_("rarer")};

static const char *rarity_word(int rarity)
{
    return _(rarities[CLAMP(rarity, 0, (int)G_N_ELEMENTS(rarities) - 1)]);
}

/* "impossible", "2", or what the view says. */
static const char *price_word(const char *price)
{
    static const struct {
        const char *name, *word;
    } words[] = {{"X", N_("impossible")},
                 {"LOSS", N_("1 or 3 (lost)")},
                 {"BEHIND", N_("1 to 3 (behind)")},
                 {"ALTER", N_("2 or 3 (altered)")}};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(price, words[i].name) == 0)
            return _(words[i].word);
    return price;
}

static void put_prices(GString *out, const struct price *prices)
{
    g_string_append_printf(out, "\n%s\n|---|---|---|\n",
                           _("| predicted | if not | if it cannot be seen |"));
    for (const struct price *p = prices; p < prices + HYPOTHESIS_CLAIMS && p->claim; p++)
        g_string_append_printf(out, "| %s | %s | %s |\n", _(claim_infos[p->claim].sentence),
                               price_word(p->fails), price_word(p->unseen));
}

/* As the signs are called in the tables: OTHERS_TOO is "others too". table: where they are. */
static void put_signs(GString *out, const char *signs, const char *table)
{
    if (strcmp(signs, "NOTHING") == 0)
        return;
    char *words = g_ascii_strdown(signs, -1);
    g_string_append_printf(out, _("\nIt explains these [signs](%s#signs): %s.\n"), table,
                           g_strdelimit(words, "_", ' '));
    g_free(words);
}

void weighing_put_cause(GString *out, enum tcprst_cause cause, const char *up)
{
    if (!causes[cause].count) {
        g_string_append(out, _("It is a word for what cannot be told apart: no hypothesis of its "
                               "own is weighed.\n"));
        return;
    }
    char *table = g_strconcat(up, "mechanisms.md", NULL);
    g_string_append_printf(out,
                           _("What [a verdict](%sverdict.md) of this cause would pay, in orders of "
                             "magnitude, beside what its mechanism predicts anyway.\n"),
                           up);
    for (size_t i = 0; i < causes[cause].count; i++) {
        const struct row *row = &causes[cause].rows[i];
        const struct mechanism *way = &mechanisms[row->mechanism];
        g_string_append_printf(out, _("\n### %s\n\nMade %s ([mechanism](%s)). In itself %d: %s.\n"),
                               _(way->id), _(makers[way->maker]), table, row->rarity,
                               rarity_word(row->rarity));
        put_prices(out, row->prices);
        put_signs(out, row->signs, table);
    }
    g_free(table);
}

static void put_signs_table(GString *out)
{
    static const char *const scopes[] = {
        [SCOPE_ANY] = "any", [SCOPE_UNPROVOKED] = "all but answers", [SCOPE_ABORTS] = "aborts"};
    g_string_append(
        out, "\n## Signs\n\nWhat is rare by itself: a hypothesis that does not explain it "
             "pays for it.\n\n| sign | of which resets | price | seen as |\n|---|---|---|---|\n");
    for (unsigned i = 1; i < SIGN_COUNT; i++) {
        const struct sign_info *sign = &sign_infos[i];
        char *name = g_ascii_strdown(sign->id, -1);
        g_string_append_printf(out, "| %s | %s | %u | ", g_strdelimit(name, "_", ' '),
                               scopes[sign->scope], sign->price);
        for (const uint16_t *fact = sign->facts; *fact; fact++)
            g_string_append_printf(out, "%s`%s`", fact == sign->facts ? "" : ", ",
                                   tcprst_fact_id((enum tcprst_fact)(*fact - 1)));
        g_string_append(out, " |\n");
        g_free(name);
    }
}

void weighing_put_mechanisms(GString *out)
{
    static const char *const kinds[] = {[KIND_ANSWER] = "a segment draws it",
                                        [KIND_ABORT] = "its sender's own connection ends",
                                        [KIND_OTHER] = "neither an answer nor an abort"};
    for (unsigned i = 0; i < MECHANISM_COUNT; i++) {
        g_string_append_printf(out, "\n## %s\n\nMade %s; %s.\n", mechanisms[i].id,
                               makers[mechanisms[i].maker], kinds[mechanisms[i].kind]);
        put_prices(out, ways[i].prices);
        put_signs(out, ways[i].signs, "");
    }
    put_signs_table(out);
}
