/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weigh.c - see weigh.h. */
#include "weigh.h"

#include "trace.h"

#include <stdlib.h>
#include <string.h>

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
#define SIGNS_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, NAME, ...) NAME
#define EXPLAINS(...)                                                                              \
    {                                                                                              \
        SIGNS_PICK(__VA_ARGS__, SIGNS_12, SIGNS_11, SIGNS_10, SIGNS_9, SIGNS_8, SIGNS_7, SIGNS_6,  \
                   SIGNS_5, SIGNS_4, SIGNS_3, SIGNS_2, SIGNS_1, )                                  \
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

static bool explains(const struct hypothesis *h, unsigned sign)
{
    return lists(h->explains, sign) || lists(mechanisms[h->mechanism].explains, sign);
}

/* Whether the sign says anything of a RST made that way. */
static bool concerns(const struct entry *entry, unsigned sign)
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
        if ((left >> i & 1) && concerns(entry, i) && !explains(entry->hypothesis, i))
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

/* ---- ranking ---- */

static bool dead(const struct entry *entry)
{
    return !entry->hypothesis || entry->total >= DEAD;
}

/* Of what costs the same, what visibly fails in less comes first, then what is less rare in itself.
 */
static bool after(const struct entry *a, const struct entry *b)
{
    if (a->total != b->total)
        return a->total > b->total;
    return a->failed != b->failed ? a->failed > b->failed
                                  : a->hypothesis->rarity > b->hypothesis->rarity;
}

static void rank(struct decision *d)
{
    d->ranked = 0;
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++) {
        struct entry *best = &d->best[c];
        *best = (struct entry){.total = UINT8_MAX};
        for (unsigned i = 0; i < causes[c].count; i++) {
            struct entry entry = cheapest(d, (enum tcprst_cause)c, &causes[c].hypotheses[i]);
            if (entry.total < best->total)
                *best = entry;
        }
        if (dead(best))
            continue;
        unsigned at = d->ranked++;
        for (; at > 0 && after(&d->best[d->ranking[at - 1]], best); at--)
            d->ranking[at] = d->ranking[at - 1];
        d->ranking[at] = (enum tcprst_cause)c;
    }
}

static enum maker maker_of(const struct entry *entry)
{
    return mechanisms[entry->hypothesis->mechanism].maker;
}

static bool third_party(const struct entry *entry)
{
    return maker_of(entry) == MAKER_BETWEEN;
}

/* Would the hypothesis still cost less than that, had each claim that cannot be seen failed? And
 * did none fail that can? */
static bool well_founded_list(const struct decision *d, const struct entry *entry, unsigned limit,
                              const struct priced *list)
{
    const struct claims *claims = &d->claims[entry->trigger];
    const struct view *view = &d->view[entry->trigger];
    for (const struct priced *p = list; p < list + HYPOTHESIS_CLAIMS && p->claim; p++) {
        unsigned fails = price_of(view, p->fails);
        if (p->fails == PRICE_GROUND && claims->state[p->claim] != FACT_TRUE)
            return false;
        if (claims->state[p->claim] == FACT_TRUE || !fails)
            continue;
        if (claims->state[p->claim] == FACT_FALSE)
            return false;
        /* What is rare to go unseen, and did, is no ground. */
        if (price_of(view, p->unseen) > 1)
            return false;
        unsigned paid = entry->cost[claim_infos[p->claim].channel];
        if (fails > paid && entry->total - paid + fails >= limit)
            return false;
    }
    return true;
}

/* Something rare that it does not explain. */
static bool leaves_a_sign(const struct decision *d, const struct entry *entry)
{
    uint64_t left = d->claims[entry->trigger].signs;
    for (unsigned i = 1; left >> i; i++)
        if ((left >> i & 1) && sign_infos[i].price > 1 && concerns(entry, i) &&
            !explains(entry->hypothesis, i))
            return true;
    return false;
}

static bool well_founded(const struct decision *d, const struct entry *entry, unsigned limit)
{
    return !leaves_a_sign(d, entry) &&
           well_founded_list(d, entry, limit, entry->hypothesis->claims) &&
           well_founded_list(d, entry, limit, mechanisms[entry->hypothesis->mechanism].claims);
}

/* Other places of capture exclude that an end made it: then who else did is only a matter of which
 * fits best, and not of whether anything fits. */
static bool between_for_sure(const struct decision *d, const struct entry *winner)
{
    return d->view[winner->trigger].places >= DEAD &&
           d->claims[winner->trigger].state[CLAIM_MADE_ON_THE_WAY] == FACT_TRUE;
}

enum {
    MARGIN_CERTAIN = 3,
    MARGIN_LIKELY = 1,
    REACH = 2,
    REACH_LIKELY = 1,
    MARGIN_ENDPOINT = 2,
    MARGIN_BETWEEN = 3
};
/* Dearer than this, nothing fits; and with a tie, this. */
enum { FLOOR = 7, FLOOR_TIE = 5 };

static enum tcprst_strength strength_at(const struct decision *d, const struct entry *winner,
                                        unsigned rival)
{
    unsigned margin = rival - winner->total;
    bool proven = between_for_sure(d, winner);
    if (winner->total >= FLOOR_TIE && !proven)
        return TCPRST_STRENGTH_POSSIBLE;
    /* Somebody else made it: that is compared with what the sender itself was seen to make. */
    bool comparable = !third_party(winner) || proven ||
                      d->claims[winner->trigger].state[CLAIM_SYNCHRONIZED] == FACT_TRUE;
    comparable &= proven || !d->view[winner->trigger].renumbered;
    if (margin >= MARGIN_CERTAIN && comparable && well_founded(d, winner, rival))
        return TCPRST_STRENGTH_CERTAIN;
    return margin >= MARGIN_LIKELY ? TCPRST_STRENGTH_LIKELY : TCPRST_STRENGTH_POSSIBLE;
}

/* The cheapest entry that differs from the winner in something. */
static unsigned rival_cause(const struct decision *d)
{
    return d->ranked > 1 ? d->best[d->ranking[1]].total : DEAD;
}

static unsigned rival_group(const struct decision *d, enum tcprst_group group)
{
    for (unsigned i = 1; i < d->ranked; i++)
        if (tcprst_cause_info(d->ranking[i])->group != group)
            return d->best[d->ranking[i]].total;
    return DEAD;
}

/* Of all hypotheses, not only of each cause's best. */
static unsigned rival_maker(const struct decision *d, bool third)
{
    unsigned least = DEAD;
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++)
        for (unsigned i = 0; i < causes[c].count; i++) {
            const struct hypothesis *h = &causes[c].hypotheses[i];
            if ((mechanisms[h->mechanism].maker == MAKER_BETWEEN) == third)
                continue;
            struct entry entry = cheapest(d, (enum tcprst_cause)c, h);
            if (entry.total < least)
                least = entry.total;
        }
    return least;
}

static void add_alternatives(struct decision *d, unsigned from)
{
    d->alternative_count = 0;
    for (unsigned i = 0; i < d->ranked && d->alternative_count < TCPRST_MAX_ALTERNATIVES; i++) {
        enum tcprst_cause c = d->ranking[i];
        unsigned dearer = d->best[c].total - from;
        if (c == d->cause || dearer > REACH)
            continue;
        d->alternatives[d->alternative_count++] = (struct tcprst_alternative){
            c, dearer <= REACH_LIKELY ? TCPRST_STRENGTH_LIKELY : TCPRST_STRENGTH_POSSIBLE};
    }
}

static unsigned tied(const struct decision *d)
{
    unsigned n = 1;
    while (n < d->ranked && d->best[d->ranking[n]].total == d->best[d->ranking[0]].total)
        n++;
    return n;
}

static bool all_tied(const struct decision *d, unsigned n, enum maker maker, int kind)
{
    for (unsigned i = 0; i < n; i++) {
        const struct mechanism *m = &mechanisms[d->best[d->ranking[i]].hypothesis->mechanism];
        if (m->maker != maker || (kind >= 0 && (int)m->kind != kind))
            return false;
    }
    return true;
}

/* What cannot be told from one another has a word of its own. */
static enum tcprst_cause word_for(const struct decision *d, unsigned n)
{
    const struct view *view = &d->view[0];
    const struct entry *first = &d->best[d->ranking[0]];
    bool between = all_tied(d, n, MAKER_BETWEEN, -1);
    /* Whatever else it is, it is somebody else's. */
    bool sure = between && first->total < 2 * FLOOR &&
                rival_maker(d, true) >= first->total + (unsigned)MARGIN_BETWEEN;
    if (sure || between_for_sure(d, first))
        return d->ranking[0];
    if (first->total >= FLOOR || first->hypothesis->rarity >= FLOOR_TIE ||
        (n > 1 && !between && first->total >= FLOOR_TIE))
        return TCPRST_CAUSE_UNCLASSIFIED;
    bool nothing = !view->x && !view->y && d->triggers == 1;
    if (nothing && first->total > REACH_LIKELY &&
        (d->ranked < 2 || d->best[d->ranking[1]].total < first->total + REACH))
        return mechanisms[first->hypothesis->mechanism].kind == KIND_ANSWER
                   ? TCPRST_CAUSE_UNKNOWN_CONNECTION
                   : TCPRST_CAUSE_INSUFFICIENT_CAPTURE;
    if (n == 1 || between)
        return d->ranking[0];
    if (all_tied(d, n, MAKER_STACK, KIND_ABORT))
        return TCPRST_CAUSE_LOCAL_ABORT;
    if (!view->x && !view->opening && all_tied(d, n, MAKER_STACK, KIND_ANSWER))
        return TCPRST_CAUSE_UNKNOWN_CONNECTION;
    if (!first->trigger && (!view->y || !view->opening))
        return TCPRST_CAUSE_INSUFFICIENT_CAPTURE;
    return d->ranking[0];
}

static void conclude(struct decision *d)
{
    if (!d->ranked) {
        d->cause = d->winner = TCPRST_CAUSE_UNCLASSIFIED;
        d->strength = d->group_strength = TCPRST_STRENGTH_POSSIBLE;
        d->origin = TCPRST_ORIGIN_UNKNOWN;
        d->margin = 0;
        return;
    }
    d->winner = d->ranking[0];
    const struct entry *winner = &d->best[d->winner];
    d->between = between_for_sure(d, winner);
    /* To accuse somebody takes more than to trust. */
    bool third = third_party(winner);
    unsigned least = third ? MARGIN_BETWEEN : MARGIN_ENDPOINT;
    bool nothing_fits = winner->total >= (third ? FLOOR_TIE : FLOOR) && !d->between;
    d->origin = nothing_fits || rival_maker(d, third) < winner->total + least
                    ? TCPRST_ORIGIN_UNKNOWN
                : third ? TCPRST_ORIGIN_THIRD_PARTY
                        : TCPRST_ORIGIN_ENDPOINT;
    unsigned n = tied(d);
    d->cause = word_for(d, n);
    d->margin = rival_cause(d) - winner->total;
    d->strength =
        d->cause == d->winner ? strength_at(d, winner, rival_cause(d)) : TCPRST_STRENGTH_POSSIBLE;
    enum tcprst_group group = tcprst_cause_info(d->cause)->group;
    d->group_strength = group == tcprst_cause_info(d->winner)->group
                            ? strength_at(d, winner, rival_group(d, group))
                            : TCPRST_STRENGTH_POSSIBLE;
    if (d->strength < TCPRST_STRENGTH_CERTAIN)
        add_alternatives(d, winner->total);
}

/* ---- what it rests on ---- */

struct candidate {
    struct cited cited;
    unsigned weight;
};

/* What was met, or failed, is shown by its facts; one alone of several says the opposite at times,
 * and is not cited then. */
static unsigned note(struct candidate *list, unsigned n, unsigned size, const uint16_t *facts,
                     struct candidate as)
{
    for (bool met = as.cited.holds; *facts; facts++) {
        unsigned i = 0;
        as.cited.fact = (uint8_t)((*facts - 1) % CLAIM_CONTRARY);
        as.cited.holds = met == (*facts < CLAIM_CONTRARY);
        while (i < n &&
               (list[i].cited.fact != as.cited.fact || list[i].cited.holds != as.cited.holds))
            i++;
        if (i < n)
            list[i].weight = list[i].weight < as.weight ? as.weight : list[i].weight;
        else if (n < size)
            list[n++] = as;
    }
    return n;
}

/* What that channel costs other causes more than the winner, at most. */
static unsigned weight_of(const struct decision *d, unsigned channel)
{
    enum { MOST = 6 };
    unsigned most = 0, winner = d->best[d->winner].cost[channel];
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++)
        if (d->best[c].hypothesis && d->best[c].cost[channel] > most)
            most = d->best[c].cost[channel];
    if (most > MOST)
        most = MOST;
    return most > winner ? most - winner : 0;
}

static unsigned cite_list(const struct decision *d, struct candidate *list, unsigned n,
                          unsigned size, const struct priced *claims, unsigned story)
{
    const struct entry *winner = &d->best[d->winner];
    for (const struct priced *p = claims; p < claims + HYPOTHESIS_CLAIMS && p->claim; p++) {
        const struct claim_info *info = &claim_infos[p->claim];
        unsigned state = d->claims[winner->trigger].state[p->claim];
        if (state == FACT_HIDDEN)
            continue;
        bool against = state == FACT_FALSE && p->fails;
        struct candidate as = {{.against = against, .holds = !against},
                               against ? 1 : weight_of(d, info->channel) + story};
        if (state == FACT_TRUE || against)
            n = note(list, n, size, info->facts, as);
    }
    return n;
}

static void cite(struct decision *d)
{
    enum { MOST = 48 };
    struct candidate list[MOST];
    unsigned n = 0;
    const struct entry *winner = &d->best[d->winner];
    for (unsigned i = 1; i < SIGN_COUNT; i++)
        if ((d->claims[winner->trigger].signs >> i & 1) && concerns(winner, i)) {
            bool explained = explains(winner->hypothesis, i);
            struct candidate as = {{.against = !explained, .holds = true},
                                   explained ? 9u + sign_infos[i].price : 1};
            n = note(list, n, MOST, sign_infos[i].facts, as);
        }
    n = cite_list(d, list, n, MOST, winner->hypothesis->claims, 3);
    n = cite_list(d, list, n, MOST, mechanisms[winner->hypothesis->mechanism].claims, 0);
    d->cited_count = 0;
    for (unsigned weight = 20; weight > 0; weight--)
        for (unsigned i = 0; i < n && d->cited_count < TCPRST_MAX_EVIDENCE; i++)
            if (list[i].weight == weight)
                d->cited[d->cited_count++] = list[i].cited;
}

/* ---- the judgement ---- */

static void judge(struct decision *d, const struct evidence *evidence, unsigned count)
{
    *d = (struct decision){.triggers = count};
    for (unsigned i = 0; i < count; i++) {
        d->view[i] = evidence[i].view;
        claims_ask(&d->claims[i], &evidence[i]);
    }
    rank(d);
    conclude(d);
    if (d->ranked)
        cite(d);
}

enum { PRECEDENTS = 64 };
_Static_assert(EVIDENCE_SEEN % sizeof(uint64_t) == 0, "what is seen is hashed in words");

struct precedents {
    struct precedent {
        unsigned triggers; /* 0: none yet */
        uint8_t seen[MAX_TRIGGERS][EVIDENCE_SEEN];
        struct decision decision;
    } of[PRECEDENTS]; /* each at the place its hash gives it, in place of the one before */
};

struct precedents *precedents_new(void)
{
    return calloc(1, sizeof(struct precedents));
}

void precedents_free(struct precedents *precedents)
{
    free(precedents);
}

size_t precedents_memory(void)
{
    return sizeof(struct precedents);
}

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    return (hash ^ hash >> 29 ^ word) * 0x9e3779b97f4a7c15u;
}

/* The same in every run: of the stack its number, not where it lies in memory. */
static uint64_t hash_of(const struct evidence *evidence, unsigned count)
{
    enum { REST = offsetof(struct evidence, view) };
    uint64_t hash = count;
    for (unsigned i = 0; i < count; i++) {
        hash = mixed(hash, (uint64_t)(evidence[i].stack - stacks));
        for (unsigned at = REST; at < EVIDENCE_SEEN; at += sizeof hash) {
            uint64_t word;
            memcpy(&word, (const uint8_t *)&evidence[i] + at, sizeof word);
            hash = mixed(hash, word);
        }
    }
    return hash >> 32;
}

static bool shows_the_same(const struct precedent *p, const struct evidence *evidence,
                           unsigned count)
{
    if (p->triggers != count)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (memcmp(p->seen[i], &evidence[i], EVIDENCE_SEEN) != 0)
            return false;
    return true;
}

void weigh(struct precedents *precedents, struct decision *d, const struct evidence *evidence,
           unsigned count)
{
    struct precedent *p = &precedents->of[hash_of(evidence, count) % PRECEDENTS];
    if (!shows_the_same(p, evidence, count)) {
        judge(&p->decision, evidence, count);
        p->triggers = count;
        for (unsigned i = 0; i < count; i++)
            memcpy(p->seen[i], &evidence[i], EVIDENCE_SEEN);
    }
    *d = p->decision;
}

void weigh_adopt(struct decision *d, enum tcprst_cause cause, enum tcprst_strength strength)
{
    const struct entry *entry = &d->best[cause];
    bool surer = cause == d->cause && d->between && strength > d->strength;
    if (!d->ranked || (cause == d->cause && !surer) || dead(entry) ||
        entry->total > d->best[d->ranking[0]].total + REACH)
        return;
    d->cause = d->winner = cause;
    d->strength =
        strength < TCPRST_STRENGTH_LIKELY || d->between ? strength : TCPRST_STRENGTH_LIKELY;
    d->alternative_count = 0;
    if (third_party(entry) != (d->origin == TCPRST_ORIGIN_THIRD_PARTY))
        d->origin = TCPRST_ORIGIN_UNKNOWN;
    if (d->strength == TCPRST_STRENGTH_CERTAIN)
        d->group_strength = strength;
    else
        add_alternatives(d, d->best[d->ranking[0]].total);
    cite(d);
}

_Static_assert(TCPRST_CAUSE_COUNT <= 64, "a bit a cause");

uint64_t weigh_impossible(const struct decision *d)
{
    uint64_t causes_dead = 0;
    for (unsigned c = 0; c < TCPRST_CAUSE_COUNT; c++)
        causes_dead |= (uint64_t)dead(&d->best[c]) << c;
    return causes_dead;
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
        if (!(claims->signs >> i & 1) || !concerns(entry, i))
            continue;
        bool explained = explains(entry->hypothesis, i);
        unsigned cost = explained ? 0 : info->price;
        lines[n++] =
            (struct ledger_line){.id = info->id,
                                 .sentence = explained ? SAID("explains what is odd")
                                                       : SAID("does not explain what is odd"),
                                 .facts = info->facts,
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
