/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weigh.c - see weigh.h. */
#include "weigh.h"

#include "weigh_cost.h"
#include "weigh_settle.h"

#include <stdlib.h>
#include <string.h>

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
        *best = cost_of_cause(d, (enum tcprst_cause)c);
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

/* Other places of capture exclude that an end made it: then who else did is only a matter of which
 * fits best, and not of whether anything fits. */
static bool between_for_sure(const struct decision *d, const struct entry *winner)
{
    return d->view[winner->trigger].places >= DEAD &&
           d->claims[winner->trigger].state[CLAIM_MADE_ON_THE_WAY] == FACT_TRUE;
}

enum {
    MARGIN_LIKELY = 1,
    REACH = 2, /* an alternative is no dearer than this */
    REACH_LIKELY = 1,
    MARGIN_SUSPECT = 3, /* to think of somebody in between; it takes more than to trust */
    MARGIN_BETWEEN = 4  /* to name them, where that is surprising itself */
};
/* Up to this an explanation is not surprising. */
enum { PLAIN = 2 };
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
    if (margin >= MARGIN_CERTAIN && comparable && cost_well_founded(d, winner, rival))
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

/* Who names somebody in between says, too, what the sender itself would have done, unless nothing
 * of that fits or it is out of the question. */
static void add_end(struct decision *d, const struct entry *winner)
{
    if (!third_party(winner) || d->between)
        return;
    for (unsigned i = 0; i < d->alternative_count; i++)
        if (!third_party(&d->best[d->alternatives[i].cause]))
            return;
    for (unsigned i = 1; i < d->ranked && d->alternative_count < TCPRST_MAX_ALTERNATIVES; i++) {
        const struct entry *entry = &d->best[d->ranking[i]];
        if (entry->total >= FLOOR)
            return;
        if (!third_party(entry)) {
            d->alternatives[d->alternative_count++] =
                (struct tcprst_alternative){d->ranking[i], TCPRST_STRENGTH_POSSIBLE};
            return;
        }
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
                cost_of_whose(d, WHOSE_END) >= first->total + (unsigned)MARGIN_SUSPECT;
    if (sure || between_for_sure(d, first))
        return d->ranking[0];
    if (first->total >= FLOOR || first->hypothesis->rarity >= FLOOR_TIE ||
        (n > 1 && !between && first->total >= FLOOR_TIE))
        return TCPRST_CAUSE_UNCLASSIFIED;
    bool nothing = !view->x && !view->y && d->triggers == 1;
    /* Who does not see a connection shows the same whatever is seen of it. */
    bool theirs = first->hypothesis->mechanism == MECHANISM_FORGER;
    if (nothing && !(theirs && n == 1) && first->total > REACH_LIKELY &&
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

/* What an end answers a filter answers in the same form, with the same number and at the same time,
 * and only where it stands may show. Nothing of that does where the sender's other segments have
 * another TTL to start from; and where segments get lost and nothing is known to have ended the
 * connection for the sender, to have lost it is no better reason than to have been cut off. */
static bool as_a_filter_would(const struct decision *d, const struct entry *winner)
{
    static const enum claim held[] = {CLAIM_SYNCHRONIZED, CLAIM_NOTHING_ENDED_IT,
                                      CLAIM_NOT_JUST_HEARD};
    const uint8_t *state = d->claims[winner->trigger].state;
    bool had = winner->total && winner->hypothesis->mechanism == MECHANISM_ANSWER_NONE &&
               d->view[winner->trigger].loss <= 1;
    for (unsigned i = 0; i < sizeof held / sizeof *held; i++)
        had &= state[held[i]] == FACT_TRUE;
    return had || (winner->total && state[CLAIM_ANSWER_TTL] == FACT_HIDDEN);
}

/* Somebody in between is so much dearer than the end that it is not worth a word. Where a filter is
 * out of the question, little is left that could be a device's; and where it is not quite, a device
 * must be. Of what no captured segment drew as it was captured, that says less, and nothing where
 * something rare is left that an end does not explain. */
static bool ends_word(const struct decision *d, const struct entry *winner)
{
    enum { FILTER_FAR = 3, FILTER_NEAR = 2, DEVICE_FAR = 3, DEVICE_NEAR = 1, UNDRAWN_NEAR = 2 };
    enum { ABORT_FAR = 4 };
    unsigned filter = cost_of_whose(d, WHOSE_BETWEEN_ANSWER) - winner->total,
             device = cost_of_whose(d, WHOSE_BETWEEN_UNASKED) - winner->total;
    enum mechanism_kind kind = mechanisms[winner->hypothesis->mechanism].kind;
    if (cost_leaves_a_sign(d, winner))
        return false;
    if (kind == KIND_ABORT)
        return device >= ABORT_FAR && filter >= FILTER_FAR;
    if (filter >= FILTER_FAR)
        return device >= (unsigned)(kind == KIND_ANSWER ? DEVICE_NEAR : UNDRAWN_NEAR);
    return kind == KIND_ANSWER && filter >= FILTER_NEAR && device >= DEVICE_FAR &&
           !as_a_filter_would(d, winner);
}

static void name_maker(struct decision *d, const struct entry *winner)
{
    bool third = third_party(winner);
    bool nothing_fits = winner->total >= (third ? FLOOR_TIE : FLOOR) && !d->between;
    unsigned end = third ? cost_of_whose(d, WHOSE_END) - winner->total : 0;
    d->hardly_end = third && end >= (unsigned)REACH;
    d->no_end = third && end >= MARGIN_SUSPECT;
    d->suspected = d->no_end && !nothing_fits;
    d->origin = nothing_fits                                      ? TCPRST_ORIGIN_UNKNOWN
                : third && winner->total <= PLAIN && d->suspected ? TCPRST_ORIGIN_THIRD_PARTY
                : third && end >= MARGIN_BETWEEN                  ? TCPRST_ORIGIN_THIRD_PARTY
                : !third && ends_word(d, winner)                  ? TCPRST_ORIGIN_ENDPOINT
                                                                  : TCPRST_ORIGIN_UNKNOWN;
}

static void conclude(struct decision *d)
{
    if (!d->ranked) {
        d->cause = d->winner = TCPRST_CAUSE_UNCLASSIFIED;
        d->strength = d->group_strength = TCPRST_STRENGTH_POSSIBLE;
        d->origin = TCPRST_ORIGIN_UNKNOWN;
        d->suspected = d->hardly_end = d->no_end = false;
        d->margin = 0;
        return;
    }
    d->winner = d->ranking[0];
    const struct entry *winner = &d->best[d->winner];
    d->between = between_for_sure(d, winner);
    name_maker(d, winner);
    unsigned n = tied(d);
    d->cause = word_for(d, n);
    d->margin = rival_cause(d) - winner->total;
    d->strength =
        d->cause == d->winner ? strength_at(d, winner, rival_cause(d)) : TCPRST_STRENGTH_POSSIBLE;
    enum tcprst_group group = tcprst_cause_info(d->cause)->group;
    d->group_strength = group == tcprst_cause_info(d->winner)->group
                            ? strength_at(d, winner, rival_group(d, group))
                            : TCPRST_STRENGTH_POSSIBLE;
    if (d->strength < TCPRST_STRENGTH_CERTAIN) {
        add_alternatives(d, winner->total);
        add_end(d, winner);
    }
}

void weigh_anew(struct decision *d)
{
    rank(d);
    conclude(d);
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
        if ((d->claims[winner->trigger].signs >> i & 1) && cost_concerns(winner, i)) {
            bool explained = cost_explains(winner, i);
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
    weigh_anew(d);
    d->settled_by = weigh_settle(d);
    if (d->ranked)
        cite(d);
}

/* Of a day's traffic some hundred kinds are judged again and again, and who has another one's place
 * is weighed anew: 140,000 instructions. */
enum { PRECEDENTS = 1024 };
_Static_assert(EVIDENCE_SEEN % sizeof(uint64_t) == 0, "what is seen is hashed in words");

struct precedents {
    uint8_t triggers[PRECEDENTS]; /* of each: 0: none yet, and nothing of it is set */
    struct precedent {
        uint8_t seen[MAX_TRIGGERS][EVIDENCE_SEEN];
        struct decision decision;
    } of[PRECEDENTS]; /* each at the place its hash gives it, in place of the one before */
    unsigned last;    /* the one asked for last: mostly it is wanted again */
};

/* 3.5 megabytes, of which a usual capture needs a hundredth. */
struct precedents *precedents_new(void)
{
    struct precedents *precedents = malloc(sizeof *precedents);
    if (precedents) {
        memset(precedents->triggers, 0, sizeof precedents->triggers);
        precedents->last = 0;
    }
    return precedents;
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

static bool shows_the_same(const struct precedents *precedents, unsigned at,
                           const struct evidence *evidence, unsigned count)
{
    if (precedents->triggers[at] != count)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (memcmp(precedents->of[at].seen[i], &evidence[i], EVIDENCE_SEEN) != 0)
            return false;
    return true;
}

const struct decision *weigh(struct precedents *precedents, const struct evidence *evidence,
                             unsigned count)
{
    unsigned at = precedents->last;
    if (SHORTCUTS && shows_the_same(precedents, at, evidence, count))
        return &precedents->of[at].decision;
    at = precedents->last = hash_of(evidence, count) % PRECEDENTS;
    struct precedent *p = &precedents->of[at];
    if (!shows_the_same(precedents, at, evidence, count)) {
        judge(&p->decision, evidence, count);
        precedents->triggers[at] = (uint8_t)count;
        for (unsigned i = 0; i < count; i++)
            memcpy(p->seen[i], &evidence[i], EVIDENCE_SEEN);
    }
    return &p->decision;
}

bool weigh_reaches(const struct decision *d, enum tcprst_cause cause)
{
    return d->ranked && !dead(&d->best[cause]) &&
           d->best[cause].total <= d->best[d->ranking[0]].total + REACH;
}

void weigh_adopt(struct decision *d, enum tcprst_cause cause, enum tcprst_strength strength)
{
    const struct entry *entry = &d->best[cause];
    bool surer = cause == d->cause && d->between && strength > d->strength;
    if (!weigh_reaches(d, cause) || (cause == d->cause && !surer))
        return;
    d->cause = d->winner = cause;
    d->strength =
        strength < TCPRST_STRENGTH_LIKELY || d->between ? strength : TCPRST_STRENGTH_LIKELY;
    d->alternative_count = 0;
    if (third_party(entry) != (d->origin == TCPRST_ORIGIN_THIRD_PARTY))
        d->origin = TCPRST_ORIGIN_UNKNOWN;
    d->suspected &= third_party(entry);
    if (d->strength == TCPRST_STRENGTH_CERTAIN)
        d->group_strength = strength;
    else {
        add_alternatives(d, d->best[d->ranking[0]].total);
        add_end(d, entry);
    }
    d->settled_by = weigh_settle(d);
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
