/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims.h - what can be claimed of a RST: claims.def as an enum, and all of them asked at once. */
#ifndef TCPRST_CLAIMS_H
#define TCPRST_CLAIMS_H

#include "evidence.h"

/* What shows a claim. Of one channel only the dearest surprise counts. */
enum channel {
    CHANNEL_NUMBERS,
    CHANNEL_FLAGS,
    CHANNEL_OPTIONS,
    CHANNEL_WINDOW,
    CHANNEL_TTL,
    CHANNEL_IDENT,
    CHANNEL_TIMING,
    CHANNEL_BEFORE,
    CHANNEL_AFTER,
    CHANNEL_COMPANY,
    CHANNEL_LEGS,
    CHANNEL_CONTENT,
    CHANNEL_COUNT
};

enum claim {
    CLAIM_END, /* behind the last of a list */
#define CLAIM(ID, id, channel, sentence, facts, expression) CLAIM_##ID,
#include "claims.def"
    CLAIM_COUNT
};

enum sign {
    SIGN_NOTHING, /* behind the last of a list */
#define SIGN(ID, scope, channel, price, facts, expression) SIGN_##ID,
#include "signs.def"
    SIGN_COUNT
};
_Static_assert(SIGN_COUNT <= 64, "signs fit in one word");

/* CLAIM_CONTRARY is added to a fact whose contrary speaks for the claim. */
enum { CITED_FACTS = 5, CLAIM_CONTRARY = 256 };

struct claim_info {
    const char *id, *sentence;
    enum channel channel;
    uint16_t facts[CITED_FACTS + 1]; /* enum tcprst_fact, plus one; 0 behind the last */
};
extern const struct claim_info claim_infos[CLAIM_COUNT];

/* Why what is seen does not tell whether a claim holds. */
struct claim_unclear {
    const char *sentence;
    uint16_t facts[2]; /* the one on which that hangs, as in claim_info */
};
const struct claim_unclear *claim_unclear(const char *id, const struct evidence *e);

/* Of which RSTs a sign says anything. */
enum scope {
    SCOPE_ANY,
    SCOPE_NO_TRIGGER, /* all but answers to what was captured */
    SCOPE_UNPROVOKED, /* all but answers */
    SCOPE_ABORTS,     /* what the application was doing, or others of its host */
};

struct sign_info {
    const char *id;
    enum scope scope;
    enum channel channel;
    uint8_t price;
    uint16_t facts[CITED_FACTS + 1];
};
extern const struct sign_info sign_infos[SIGN_COUNT];

/* All claims and signs on the facts of one RST with one trigger. */
struct claims {
    uint8_t state[CLAIM_COUNT]; /* enum fact_state */
    uint64_t signs;             /* bit i: sign i is there */
};
void claims_ask(struct claims *claims, const struct evidence *e);

#endif
