/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weigh_cost.c - see weigh_cost.h. The prices of the tables, and who charges them. */
#include "weigh_cost.h"

#include "trace.h"

/* ---- the tables ---- */

#define PRICE_0 0
#define PRICE_1 1
#define PRICE_2 2
#define PRICE_3 3
#define PRICE_4 4
#define PRICE_5 5
#define C(CLAIM, fails, unseen)                                                                    \
    {                                                                                              \
        CLAIM_##CLAIM, PRICE_##fails, PRICE_##unseen                                               \
    }

#define SIGNS_1(a) SIGN_##a
#define SIGNS_2(a, ...) SIGN_##a, SIGNS_1(__VA_ARGS__)
#define SIGNS_3(a, ...) SIGN_##a, SIGNS_2(__VA_ARGS__)
#define SIGNS_4(a, ...) SIGN_##a, SIGNS_3(__VA_ARGS__)
#define SIGNS_5(a, ...) SIGN_##a, SIGNS_4(__VA_ARGS__)
#define SIGNS_6(a, ...) SIGN_##a, SIGNS_5(__VA_ARGS__)
#define SIGNS_7(a, ...) SIGN_##a, SIGNS_6(__VA_ARGS__)
#define SIGNS_8(a, ...) SIGN_##a, SIGNS_7(__VA_ARGS__)
#define SIGNS_9(a, ...) SIGN_##a, SIGNS_8(__VA_ARGS__)
#define SIGNS_10(a, ...) SIGN_##a, SIGNS_9(__VA_ARGS__)
#define SIGNS_11(a, ...) SIGN_##a, SIGNS_10(__VA_ARGS__)
#define SIGNS_12(a, ...) SIGN_##a, SIGNS_11(__VA_ARGS__)
#define SIGNS_13(a, ...) SIGN_##a, SIGNS_12(__VA_ARGS__)
#define SIGNS_14(a, ...) SIGN_##a, SIGNS_13(__VA_ARGS__)
#define SIGNS_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, NAME, ...) NAME
#define EXPLAINS(...)                                                                              \
    {                                                                                              \
        SIGNS_PICK(__VA_ARGS__, SIGNS_14, SIGNS_13, SIGNS_12, SIGNS_11, SIGNS_10, SIGNS_9,         \
                   SIGNS_8, SIGNS_7, SIGNS_6, SIGNS_5, SIGNS_4, SIGNS_3, SIGNS_2, SIGNS_1, )       \
        (__VA_ARGS__)                                                                              \
    }

const struct mechanism mechanisms[MECHANISM_COUNT] = {
#define MECHANISM(ID, id, maker, kind, explains, ...)                                              \
    [MECHANISM_##ID] = {id, MAKER_##maker, KIND_##kind, explains, {__VA_ARGS__, MADE_BY_##maker}},
#include "mechanisms.def"
};

#define H(mechanism, rarity, explains, ...)                                                        \
    {                                                                                              \
        MECHANISM_##mechanism, rarity, explains,                                                   \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define HYPOTHESES(ID, name, ...) static const struct hypothesis name[] = {__VA_ARGS__};
#include "hypotheses.def"

static const struct {
    const struct hypothesis *hypotheses;
    unsigned count;
} causes[TCPRST_CAUSE_COUNT] = {
#define HYPOTHESES(ID, name, ...) [TCPRST_CAUSE_##ID] = {name, sizeof name / sizeof *name},
#include "hypotheses.def"
};

/* No cause is without a row there. */
enum {
#define HYPOTHESES(ID, ...) DECIDED_##ID,
#define WORD(ID) DECIDED_##ID,
#include "hypotheses.def"
    DECIDED
};
#define CAUSE(ID, ...) _Static_assert(DECIDED_##ID < DECIDED, "");
#include "tcprst/causes.def"

/* ---- one hypothesis ---- */

/* That a segment fits by chance. */
enum { COINCIDENCE = 2 };

static unsigned price_of(const struct view *view, unsigned price)
{
    switch (price) {
    case PRICE_LOSS:
        return view->loss;
    case PRICE_BEHIND:
        return view->behind;
    case PRICE_ALTER:
        return view->alter;
    case PRICE_PLACES:
        return view->places;
    case PRICE_KERNEL:
        return view->kernel;
    case PRICE_GROUND:
        return 0;
    default:
        return price;
    }
}

static unsigned cost_of(const struct claims *claims, const struct view *view,
                        const struct priced *p)
{
    switch (claims->state[p->claim]) {
    case FACT_TRUE:
        return 0;
    case FACT_FALSE:
        return price_of(view, p->fails);
    default:
        return price_of(view, p->unseen);
    }
}

static void charge(struct entry *entry, unsigned channel, unsigned cost)
{
    if (cost > entry->cost[channel])
        entry->cost[channel] = (uint8_t)cost;
}

static void charge_claims(struct entry *entry, const struct claims *claims, const struct view *view,
                          const struct priced *list)
{
    for (const struct priced *p = list; p < list + HYPOTHESIS_CLAIMS && p->claim; p++) {
        unsigned cost = cost_of(claims, view, p);
        charge(entry, claim_infos[p->claim].channel, cost);
        entry->failed += cost && claims->state[p->claim] == FACT_FALSE;
    }
}

static bool lists(const uint8_t *signs, unsigned sign)
{
    for (unsigned i = 0; i < HYPOTHESIS_SIGNS && signs[i]; i++)
        if (signs[i] == sign)
            return true;
    return false;
}

bool cost_explains(const struct entry *entry, unsigned sign)
{
    const struct hypothesis *h = entry->hypothesis;
    return lists(h->explains, sign) || lists(mechanisms[h->mechanism].explains, sign);
}

bool cost_concerns(const struct entry *entry, unsigned sign)
{
    enum mechanism_kind kind = mechanisms[entry->hypothesis->mechanism].kind;
    switch (sign_infos[sign].scope) {
    case SCOPE_ABORTS:
        return kind == KIND_ABORT;
    case SCOPE_NO_TRIGGER:
        return kind != KIND_ANSWER || !entry->trigger;
    case SCOPE_UNPROVOKED:
        return kind != KIND_ANSWER;
    default:
        return true;
    }
}

static void charge_signs(struct entry *entry, const struct claims *claims)
{
    uint64_t left = claims->signs;
    for (unsigned i = 1; left >> i; i++)
        if ((left >> i & 1) && cost_concerns(entry, i) && !cost_explains(entry, i))
            charge(entry, sign_infos[i].channel, sign_infos[i].price);
}

/* The sender's kernel says that it sent it, and perhaps why, or that it did not. Only a cause of
 * which it knows a reason is one of its own TCP. */
static bool kernel_contradicts(const struct decision *d, unsigned trigger, enum tcprst_cause cause,
                               enum maker maker)
{
    const struct view *view = &d->view[trigger];
    if (!view->kernel)
        return false;
    bool beside_tcp = tcprst_kernel_reasons(cause, NULL, 0) == 0;
    if (d->claims[trigger].state[CLAIM_KERNEL_SILENT] == FACT_TRUE)
        return !beside_tcp && maker != MAKER_BETWEEN;
    return beside_tcp || (view->kernel_reason &&
                          !trace_reason_fits(trace_reason_name(view->kernel_reason), cause));
}

/* It answers something that was not captured, though what was captured fits as well. */
static bool by_coincidence(const struct decision *d, const struct hypothesis *h, unsigned trigger)
{
    return mechanisms[h->mechanism].kind == KIND_ANSWER && !trigger && d->triggers > 1;
}

static struct entry enter(const struct decision *d, enum tcprst_cause cause,
                          const struct hypothesis *h, unsigned trigger)
{
    struct entry entry = {.hypothesis = h, .trigger = (uint8_t)trigger};
    const struct claims *claims = &d->claims[trigger];
    const struct view *view = &d->view[trigger];
    charge_claims(&entry, claims, view, mechanisms[h->mechanism].claims);
    charge_claims(&entry, claims, view, h->claims);
    charge_signs(&entry, claims);
    if (by_coincidence(d, h, trigger))
        charge(&entry, CHANNEL_NUMBERS, COINCIDENCE);
    unsigned total = h->rarity;
    for (unsigned i = 0; i < CHANNEL_COUNT; i++)
        total += entry.cost[i];
    /* Of what is impossible, what is so in fewer ways is nearer. */
    unsigned ways = kernel_contradicts(d, trigger, cause, mechanisms[h->mechanism].maker);
    for (unsigned i = 0; i < CHANNEL_COUNT; i++)
        ways += entry.cost[i] >= DEAD;
    entry.total = (uint8_t)(ways ? DEAD + ways : total);
    return entry;
}

/* An answer answers any of the triggers, or one that was not captured; an abort none; somebody else
 * who sees the connection may have meant the first. */
static struct entry cheapest(const struct decision *d, enum tcprst_cause cause,
                             const struct hypothesis *h)
{
    enum mechanism_kind kind = mechanisms[h->mechanism].kind;
    struct entry best = {.total = UINT8_MAX};
    unsigned from = kind == KIND_OTHER && d->triggers > 1 ? 1 : 0;
    unsigned to = kind == KIND_ANSWER ? d->triggers : from + 1;
    for (unsigned i = from; i < to; i++) {
        struct entry entry = enter(d, cause, h, i);
        if (entry.total < best.total || (entry.total == best.total && i && !best.trigger))
            best = entry;
    }
    return best;
}

struct entry cost_of_cause(const struct decision *d, enum tcprst_cause cause)
{
    struct entry best = {.total = UINT8_MAX};
    for (unsigned i = 0; i < causes[cause].count; i++) {
        struct entry entry = cheapest(d, cause, &causes[cause].hypotheses[i]);
        if (entry.total < best.total)
            best = entry;
    }
    return best;
}

static enum whose whose(const struct mechanism *m)
{
    if (m->maker != MAKER_BETWEEN)
        return WHOSE_END;
    return m->kind == KIND_ANSWER ? WHOSE_BETWEEN_ANSWER : WHOSE_BETWEEN_UNASKED;
}

unsigned cost_of_whose(const struct decision *d, enum whose asked)
{
    unsigned least = DEAD;
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++)
        for (unsigned i = 0; i < causes[c].count; i++) {
            const struct hypothesis *h = &causes[c].hypotheses[i];
            if (whose(&mechanisms[h->mechanism]) != asked)
                continue;
            struct entry entry = cheapest(d, (enum tcprst_cause)c, h);
            if (entry.total < least)
                least = entry.total;
        }
    return least;
}

/* ---- what it rests on ---- */

static bool well_founded_list(const struct decision *d, const struct entry *entry, unsigned limit,
                              const struct priced *list)
{
    const struct claims *claims = &d->claims[entry->trigger];
    const struct view *view = &d->view[entry->trigger];
    for (const struct priced *p = list; p < list + HYPOTHESIS_CLAIMS && p->claim; p++) {
        unsigned fails = price_of(view, p->fails);
        if (claims->state[p->claim] == FACT_TRUE)
            continue;
        bool fell = claims->state[p->claim] == FACT_FALSE;
        if ((fell ? p->fails : p->unseen) == PRICE_GROUND)
            return false;
        if (!fails)
            continue;
        if (fell) {
            if (fails > 1) /* one in ten is no surprise */
                return false;
            continue;
        }
        /* What is rare to go unseen, and did, is no ground. */
        if (price_of(view, p->unseen) > 1)
            return false;
        unsigned paid = entry->cost[claim_infos[p->claim].channel];
        if (fails > paid && entry->total - paid + fails >= limit)
            return false;
    }
    return true;
}

bool cost_leaves_a_sign(const struct decision *d, const struct entry *entry)
{
    uint64_t left = d->claims[entry->trigger].signs;
    for (unsigned i = 1; left >> i; i++)
        if ((left >> i & 1) && sign_infos[i].price > 1 && cost_concerns(entry, i) &&
            !cost_explains(entry, i))
            return true;
    return false;
}

bool cost_well_founded(const struct decision *d, const struct entry *entry, unsigned limit)
{
    return !cost_leaves_a_sign(d, entry) &&
           well_founded_list(d, entry, limit, entry->hypothesis->claims) &&
           well_founded_list(d, entry, limit, mechanisms[entry->hypothesis->mechanism].claims);
}

/* ---- the ledger ---- */

#define SAID(text) text /* to be translated: po/make_pot.py */

static unsigned ledger_claims(const struct decision *d, const struct entry *entry,
                              const struct priced *list, struct ledger_line *lines, unsigned n,
                              unsigned size)
{
    const struct claims *claims = &d->claims[entry->trigger];
    for (const struct priced *p = list; p < list + HYPOTHESIS_CLAIMS && p->claim && n < size; p++) {
        const struct claim_info *info = &claim_infos[p->claim];
        unsigned cost = cost_of(claims, &d->view[entry->trigger], p);
        if (claims->state[p->claim] == FACT_HIDDEN && !cost &&
            !price_of(&d->view[entry->trigger], p->fails))
            continue; /* it would cost nothing either way */
        lines[n++] = (struct ledger_line){.id = info->id,
                                          .sentence = info->sentence,
                                          .facts = info->facts,
                                          .cost = cost,
                                          .place = info->channel,
                                          .state = (enum fact_state)claims->state[p->claim]};
    }
    return n;
}

/* What is charged without a claim. */
static unsigned ledger_charges(const struct decision *d, enum tcprst_cause cause,
                               const struct entry *entry, struct ledger_line *lines, unsigned size)
{
    unsigned n = 0;
    if (entry->hypothesis->rarity && n < size)
        lines[n++] =
            (struct ledger_line){.id = "rarity",
                                 .sentence = SAID("rare in itself, before anything is seen"),
                                 .cost = entry->hypothesis->rarity,
                                 .place = CHANNEL_COUNT,
                                 .state = FACT_FALSE};
    if (by_coincidence(d, entry->hypothesis, entry->trigger) && n < size)
        lines[n++] = (struct ledger_line){
            .id = "by-coincidence",
            .sentence =
                SAID("what it answers was not captured, though what was captured fits as well"),
            .cost = COINCIDENCE,
            .place = CHANNEL_NUMBERS,
            .state = FACT_FALSE};
    enum maker maker = mechanisms[entry->hypothesis->mechanism].maker;
    if (kernel_contradicts(d, entry->trigger, cause, maker) && n < size)
        lines[n++] =
            (struct ledger_line){.id = "kernel-contradicts",
                                 .sentence = SAID("the sender's own kernel says otherwise"),
                                 .cost = DEAD,
                                 .place = CHANNEL_COUNT + 1,
                                 .state = FACT_FALSE};
    return n;
}

enum { PLACES = CHANNEL_COUNT + 2 };
_Static_assert((int)PLACES <= (int)TCPRST_LEDGER_PLACES, "each place has a number");

static void count_lines(struct ledger_line *lines, unsigned n)
{
    struct ledger_line *dearest[PLACES] = {NULL};
    for (struct ledger_line *line = lines; line < lines + n; line++)
        if (!dearest[line->place] || line->cost > dearest[line->place]->cost)
            dearest[line->place] = line;
    for (unsigned i = 0; i < PLACES; i++)
        if (dearest[i])
            dearest[i]->counted = true;
}

unsigned weigh_ledger(const struct decision *d, enum tcprst_cause cause, struct ledger_line *lines,
                      unsigned size)
{
    const struct entry *entry = &d->best[cause];
    if (!entry->hypothesis)
        return 0;
    const struct claims *claims = &d->claims[entry->trigger];
    unsigned n = ledger_charges(d, cause, entry, lines, size);
    n = ledger_claims(d, entry, entry->hypothesis->claims, lines, n, size);
    n = ledger_claims(d, entry, mechanisms[entry->hypothesis->mechanism].claims, lines, n, size);
    for (unsigned i = 1; i < SIGN_COUNT && n < size; i++) {
        const struct sign_info *info = &sign_infos[i];
        if (!(claims->signs >> i & 1) || !cost_concerns(entry, i))
            continue;
        bool explained = cost_explains(entry, i);
        unsigned cost = explained ? 0 : info->price;
        lines[n++] =
            (struct ledger_line){.id = info->id,
                                 .sentence = explained ? SAID("explains what is odd")
                                                       : SAID("does not explain what is odd"),
                                 .facts = info->facts,
                                 .sign = true,
                                 .cost = cost,
                                 .place = info->channel,
                                 .state = explained ? FACT_TRUE : FACT_FALSE};
    }
    count_lines(lines, n);
    return n;
}

unsigned weigh_row(enum tcprst_cause cause, const struct hypothesis *hypothesis)
{
    return (unsigned)(hypothesis - causes[cause].hypotheses);
}
