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
 * options and window. Whoever sees the connection can copy its timestamps; where packets are not
 * numbered (IPv6) nothing more is there to be matched. */
static inline bool vouched_abort(const struct evidence *e)
{
    bool continues = yes(IP_ID_NEXT) || (unseen(IP_ID_ZERO) && yes(TIMESTAMP_NEXT));
    return honest(e) && yes(TTL_SAME) && yes(LIVE_SOCKET) && yes(ACK_FLAG) && continues &&
           !yes(OPTIONS_MISSING);
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
    return stray_answer(e) && not(SENDER_SEEN) && !yes(EARLIER_RESET);
}

/* The form of an answer to a segment without ACK - a SYN, a probe - that was not captured. */
static inline bool refuses_unseen(const struct evidence *e)
{
    return not(PEER_SEEN) && yes(SEQ_ZERO) && yes(ACK_FLAG);
}

/* A SYN refused on a port that is open all the same. */
static inline bool refused_amiss(const struct evidence *e)
{
    return yes(TRIGGER_SYN) && unseen(EARLIER_FINS) &&
           (yes(PORT_OPEN) || yes(REOPENED) || yes(PEER_WENT_ON) || yes(OPPOSITE_AT_ONCE));
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

/* The opening, or all of one end, is not in the capture: what came before, or from there, is not
 * known. */
static inline bool partial(const struct evidence *e)
{
    return not(OPENING_SEEN) || not(PEER_SEEN) || not(SENDER_SEEN);
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

/* An answer by its form, to something that was not captured. */
static inline bool answers_unseen(const struct evidence *e)
{
    /* Nothing of an open port was captured: whatever it is, it does not answer the SYN. */
    bool to_syn = yes(OPENING_SEEN) && yes(PEER_SEEN) && not(SENDER_SEEN);
    return !yes(TRIGGER) && not(ACK_FLAG) && !yes(LIVE_SOCKET) && !yes(ODD_RST) && !to_syn &&
           (device_signs(e) < 2 || not(PEER_SEEN));
}

/* ... in an attempt to connect: of its sender at most a SYN was captured. */
static inline bool answers_unseen_opening(const struct evidence *e)
{
    return answers_unseen(e) && (yes(ONLY_SYN) || not(SENDER_SEEN));
}

/* ... in a connection: more than a SYN of its sender was captured, or nothing of it. */
static inline bool answers_unseen_segment(const struct evidence *e)
{
    return answers_unseen(e) && !yes(ONLY_SYN);
}

/* An abort for all that is captured, though not by its numbers: too little is there to compare them
 * with. */
static inline bool unplaced_abort(const struct evidence *e)
{
    return yes(ACK_FLAG) && not(SEQ_ZERO) && !yes(ABORT_FORM) && !yes(TRIGGER) && !yes(ODD_RST) &&
           !yes(MPTCP_REASON) && !yes(EARLIER_RESET) && (device_signs(e) < 2 || not(PEER_SEEN));
}

/* An abort of which too little is captured to tell the one kind from the other. */
static inline bool half_seen_abort(const struct evidence *e)
{
    return unplaced_abort(e) || (deliberate(e) && partial(e));
}

#endif
