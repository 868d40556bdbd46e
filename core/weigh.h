/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * weigh.h - lays every hypothesis beside what was captured and finds the cheapest: the engine,
 * which knows no cause.
 *
 * Surprise is an order of magnitude: a prediction that fails costs its price, of one channel the
 * dearest only. The cheapest hypothesis is the verdict; strength, alternatives, origin, trigger and
 * evidence come out of the one ledger.
 */
#ifndef TCPRST_WEIGH_H
#define TCPRST_WEIGH_H

#include "claims.h"

enum { HYPOTHESIS_CLAIMS = 19, HYPOTHESIS_SIGNS = 16, MAX_TRIGGERS = 4, DEAD = 100 };

enum maker { MAKER_STACK, MAKER_HOST, MAKER_BETWEEN };
enum mechanism_kind { KIND_ANSWER, KIND_ABORT, KIND_OTHER };

enum mechanism_id {
#define MECHANISM(ID, ...) MECHANISM_##ID,
#include "mechanisms.def"
    MECHANISM_COUNT
};

/* What a claim costs where it fails, and where it cannot be seen. */
struct priced {
    uint8_t claim, fails, unseen; /* enum claim; a price, or one of the view's */
};
enum {
    PRICE_LOSS = 50,
    PRICE_BEHIND,
    PRICE_ALTER,
    PRICE_PLACES,
    PRICE_KERNEL,
    PRICE_GROUND,
    PRICE_X = DEAD
};

struct mechanism {
    const char *id;
    enum maker maker;
    enum mechanism_kind kind;
    uint8_t explains[HYPOTHESIS_SIGNS]; /* enum sign */
    struct priced claims[HYPOTHESIS_CLAIMS];
};
extern const struct mechanism mechanisms[MECHANISM_COUNT];

struct hypothesis {
    enum mechanism_id mechanism;
    uint8_t rarity;
    uint8_t explains[HYPOTHESIS_SIGNS]; /* enum sign */
    struct priced claims[HYPOTHESIS_CLAIMS];
};

/* So much dearer a rival is none: one in a thousand. */
enum { MARGIN_CERTAIN = 3 };

/* One hypothesis on one RST. */
struct entry {
    const struct hypothesis *hypothesis; /* NULL: none stands for that cause */
    uint8_t total;                       /* DEAD and above: impossible */
    uint8_t failed;                      /* how many predictions visibly fail */
    uint8_t trigger;                     /* which of the triggers it answers at this cost */
    uint8_t cost[CHANNEL_COUNT];
};

/* A fact that the verdict rests on, or that speaks against it. */
struct cited {
    uint8_t fact; /* enum tcprst_fact */
    bool against;
    bool holds; /* so it says that; its contrary would say the opposite */
};

struct decision {
    struct claims claims[MAX_TRIGGERS]; /* [0]: drawn by nothing captured */
    struct view view[MAX_TRIGGERS];
    unsigned triggers;
    struct entry best[TCPRST_CAUSE_COUNT];         /* of each cause */
    enum tcprst_cause ranking[TCPRST_CAUSE_COUNT]; /* cheapest first */
    unsigned ranked;
    enum tcprst_cause cause;  /* the verdict */
    enum tcprst_cause winner; /* the cause whose hypothesis is the cheapest */
    enum tcprst_strength strength, group_strength;
    enum tcprst_origin origin;
    unsigned margin; /* to the cheapest other cause */
    bool between;    /* other places of capture exclude that an end made it */
    enum tcprst_settled_by settled_by;
    bool suspected; /* somebody in between is likelier, though it may not be enough to say so */
    bool hardly_end, no_end; /* no end is likely to have made it, or did, whatever else fits badly */
    unsigned alternative_count;
    struct tcprst_alternative alternatives[TCPRST_MAX_ALTERNATIVES];
    unsigned cited_count;
    struct cited cited[TCPRST_MAX_EVIDENCE]; /* most telling first */
};

/* The newest decisions and what was seen: RSTs that show the same are judged once. */
struct precedents;
struct precedents *precedents_new(void); /* NULL: no memory */
void precedents_free(struct precedents *precedents);
size_t precedents_memory(void); /* octets of one */

/* evidence[0]: with no trigger; the others with one each; at most MAX_TRIGGERS. What it returns is
 * there until the next is weighed. */
const struct decision *weigh(struct precedents *precedents, const struct evidence *evidence,
                             unsigned count);

/* Whether that cause is no dearer than an alternative may be. */
bool weigh_reaches(const struct decision *decision, enum tcprst_cause cause);

/* The verdict that another RST of the same act came to, where it is better founded: taken over if
 * it is within reach here. Where other places prove that it is the same act, as sure as it is
 * there.
 */
void weigh_adopt(struct decision *decision, enum tcprst_cause cause, enum tcprst_strength strength);

/* Ranks and concludes once more, by its claims and views as they are: what it would come to, had
 * something else been seen. Neither cites nor settles. */
void weigh_anew(struct decision *decision);

/* Bit c: cause c is impossible. */
uint64_t weigh_impossible(const struct decision *decision);

/* A claim or sign, or a charge of the engine's own, and what became of it. */
struct ledger_line {
    const char *id, *sentence;
    const uint16_t *facts; /* as in claim_info; with the trigger of the cause's entry; NULL: none */
    unsigned cost;
    unsigned place; /* a channel; CHANNEL_COUNT and above: a place of its own */
    enum fact_state state;
    bool sign;    /* of signs.def: its facts hold, explained or not */
    bool counted; /* one line a place, the first of the dearest: these add up to the total */
};
/* Of the cheapest hypothesis of that cause. Returns how many lines were written. */
unsigned weigh_ledger(const struct decision *decision, enum tcprst_cause cause,
                      struct ledger_line *lines, unsigned size);

/* Which row of that cause a hypothesis is, from 0. */
unsigned weigh_row(enum tcprst_cause cause, const struct hypothesis *hypothesis);

#endif
