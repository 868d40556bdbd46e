/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - where each cause is decided: one small pure function a row of causes.def, from the
 * facts of a reset to a finding.
 *
 * A rule sees facts only: no connection, no clock, no number. It returns no(), or how sure it is
 * with the facts that say so: return likely(SENDER_FIN, TRIGGER_DATA); The facts named are the
 * evidence of the verdict, in the order a person should read them.
 */
#ifndef TCPRST_RULES_H
#define TCPRST_RULES_H

#include "evidence.h"

enum { FINDING_FACTS = 8 };

struct finding {
    enum tcprst_strength strength;
    bool only_alternative; /* cannot be excluded, but is never the verdict */
    uint8_t count;
    uint8_t facts[FINDING_FACTS]; /* enum tcprst_fact */
};

#define RULE(name) struct finding rule_##name(const struct evidence *e)
#define CAUSE(ID, rule, id, group, title, meaning, advice, references) RULE(rule);
#include "tcprst/causes.def"

/* The verdict of the rules on these facts: the findings of all rows, and which of them wins. */
struct decision {
    struct finding findings[TCPRST_CAUSE_COUNT];
    enum tcprst_cause cause;
    unsigned alternative_count;
    struct tcprst_alternative alternatives[TCPRST_MAX_ALTERNATIVES];
};
void rules_decide(struct decision *decision, const struct evidence *e);

/* ---- the words rules are written in ---- */

#define FACT_LIST_1(a) TCPRST_FACT_##a
#define FACT_LIST_2(a, ...) TCPRST_FACT_##a, FACT_LIST_1(__VA_ARGS__)
#define FACT_LIST_3(a, ...) TCPRST_FACT_##a, FACT_LIST_2(__VA_ARGS__)
#define FACT_LIST_4(a, ...) TCPRST_FACT_##a, FACT_LIST_3(__VA_ARGS__)
#define FACT_LIST_5(a, ...) TCPRST_FACT_##a, FACT_LIST_4(__VA_ARGS__)
#define FACT_LIST_6(a, ...) TCPRST_FACT_##a, FACT_LIST_5(__VA_ARGS__)
#define FACT_LIST_7(a, ...) TCPRST_FACT_##a, FACT_LIST_6(__VA_ARGS__)
#define FACT_LIST_8(a, ...) TCPRST_FACT_##a, FACT_LIST_7(__VA_ARGS__)
#define FACT_LIST_PICK(_1, _2, _3, _4, _5, _6, _7, _8, NAME, ...) NAME
#define FACT_LIST(...)                                                                             \
    FACT_LIST_PICK(__VA_ARGS__, FACT_LIST_8, FACT_LIST_7, FACT_LIST_6, FACT_LIST_5, FACT_LIST_4,   \
                   FACT_LIST_3, FACT_LIST_2, FACT_LIST_1, )                                        \
    (__VA_ARGS__)
#define FINDING(strength, only, ...)                                                               \
    finding_of(strength, only, (const uint8_t[]){FACT_LIST(__VA_ARGS__)},                          \
               sizeof((const uint8_t[]){FACT_LIST(__VA_ARGS__)}))

#define certain(...) FINDING(TCPRST_STRENGTH_CERTAIN, false, __VA_ARGS__)
#define likely(...) FINDING(TCPRST_STRENGTH_LIKELY, false, __VA_ARGS__)
#define possible(...) FINDING(TCPRST_STRENGTH_POSSIBLE, false, __VA_ARGS__)
/* Named as an alternative, never the verdict. */
#define not_excluded(...) FINDING(TCPRST_STRENGTH_POSSIBLE, true, __VA_ARGS__)

static inline struct finding finding_of(enum tcprst_strength strength, bool only,
                                        const uint8_t *facts, size_t count)
{
    struct finding f = {.strength = strength, .only_alternative = only, .count = (uint8_t)count};
    for (size_t i = 0; i < count; i++)
        f.facts[i] = facts[i];
    return f;
}

static inline struct finding no(void)
{
    return (struct finding){.strength = TCPRST_STRENGTH_NONE};
}

/* The same finding, one word weaker than certain. */
static inline struct finding at_most(enum tcprst_strength most, struct finding f)
{
    if (f.strength > most)
        f.strength = most;
    return f;
}

/* yes(FACT), not(FACT), unseen(FACT): of the rule's evidence e. */
#define yes(FACT) is(e, TCPRST_FACT_##FACT)
#define not(FACT) isnt(e, TCPRST_FACT_##FACT)
#define unseen(FACT) hidden(e, TCPRST_FACT_##FACT)

/* ---- what several rules ask ---- */

/* Nothing visible speaks against the end whose address it carries having sent it. */
static inline bool honest(const struct evidence *e)
{
    return !not(TTL_SAME) && !yes(TRIGGER_TOO_FAST) && !yes(BAD_CHECKSUM);
}

/* An answer whose way and form are those of the sender's own stack: a forger would have to match
 * them all. */
static inline bool vouched_answer(const struct evidence *e)
{
    return honest(e) && yes(TTL_SAME) && yes(BARE_FORM) && !not(IP_ID_NEXT);
}

/* An abort that only a live socket can have made: it continues the sender's count and carries its
 * options and window. */
static inline bool vouched_abort(const struct evidence *e)
{
    return honest(e) && yes(TTL_SAME) && yes(LIVE_SOCKET) && yes(ACK_FLAG) && !not(IP_ID_NEXT) &&
           !yes(OPTIONS_MISSING) && (yes(IP_ID_NEXT) || yes(TIMESTAMP_NEXT));
}

/* It answers a segment that an end without the connection cannot place: nothing of an opening. */
static inline bool stray_answer(const struct evidence *e)
{
    return yes(TRIGGER) && !yes(TRIGGER_SYN) && !yes(TRIGGER_SYN_ACK) && !yes(TRIGGER_ODD_FLAGS) &&
           !yes(TRIGGER_CHALLENGE);
}

/* The answer of an end of which nothing else was captured, in a connection begun before. */
static inline bool answers_out_of_nothing(const struct evidence *e)
{
    return stray_answer(e) && not(OPENING_SEEN) && not(SENDER_SEEN) && !yes(EARLIER_RESET);
}

/* The form of an answer to a segment without ACK - a SYN, a probe - that was not captured. */
static inline bool refuses_unseen(const struct evidence *e)
{
    return not(PEER_SEEN) && yes(SEQ_ZERO) && yes(ACK_FLAG);
}

/* An answer by its form, to a direction that was not captured. */
static inline bool answers_unseen(const struct evidence *e)
{
    return not(PEER_SEEN) && not(ACK_FLAG) && !yes(LIVE_SOCKET);
}

/* One direction only, and the RST drawn by nothing in it: hardly anything can be excluded. */
static inline bool one_sided(const struct evidence *e)
{
    return not(PEER_SEEN) && !yes(TRIGGER) && !yes(ODD_RST);
}

/* The sender's own stack ended it without being provoked, and no FIN of its own came first. */
static inline bool deliberate(const struct evidence *e)
{
    return yes(ABORT_FORM) && !yes(SENDER_FIN) && !yes(MPTCP_REASON) && !yes(ODD_RST);
}

/* What no end that had really sent this RST would have done. */
static inline bool contradicted(const struct evidence *e)
{
    if (yes(TRIGGER_BAD_HANDSHAKE_ACK) || yes(TRIGGER_CHALLENGE) || yes(TRIGGER_WRONG_SYN_ACK) ||
        yes(TRIGGER_ODD_FLAGS) || yes(CONFIRMED))
        return false;
    return (yes(SENDER_WENT_ON) && (!yes(EARLIER_RESET) || yes(FORGED_BEFORE))) ||
           yes(SENDER_ACCEPTED) || yes(BAD_CHECKSUM) || yes(TRIGGER_TOO_FAST);
}

/* Signs that speak for a device but have honest explanations one by one; two together hardly have.
 */
static inline unsigned device_signs(const struct evidence *e)
{
    return (unsigned)not(TTL_SAME) + (unsigned)not(IP_ID_NEXT) + (unsigned)yes(OPTIONS_MISSING) +
           (unsigned)yes(TRIGGER_TOO_FAST) + (unsigned)yes(IP_ID_ECHO) +
           (unsigned)yes(SEQ_BEYOND_SENT) + (unsigned)yes(DEVICE_SEQUENCE) +
           (unsigned)yes(PAYLOAD) + (unsigned)yes(KNOWN_LADDER) + (unsigned)yes(ANSWER_WINDOW) +
           (unsigned)yes(IP_ID_CONSTANT) + (unsigned)yes(TTL_START) + (unsigned)yes(LADDER) +
           (unsigned)yes(ABORT_WITHOUT_ACK);
}

#endif
