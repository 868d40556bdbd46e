/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ended.h - what RSTs have ended, and for which end: as later ones of the connection find it. */
#ifndef TCPRST_ENDED_H
#define TCPRST_ENDED_H

#include "reset.h"

/* What earlier RSTs of the connection had ended before this one. */
struct ended {
    bool any;
    bool forged;         /* one of them was somebody else's */
    bool x_surely;       /* nothing else can have been meant by what ended x */
    bool x_gone, y_gone; /* the state of this RST's sender, of its receiver */
    where_t where, event;
};

/* By those before r whose verdicts are final. */
void ended_begin(struct ended *ended, const struct reset *r);
/* A segment that may have drawn r; and what had ended before r if it did. */
struct ended_if {
    bool drawn; /* false: by nothing */
    bool anew;  /* by a new attempt: nothing had, whatever became of those before */
    where_t by;
    struct ended *ended;
};
/* All of them, each begun. */
struct ended_ifs {
    struct ended_if *each;
    unsigned count;
    unsigned known; /* what all know already, as ended_may_say(); 0 at first */
};
/* Of a storm each says what all before it said. In bits: */
enum { ENDED_ANY = 1, ENDED_X_SURELY = 2, ENDED_X_GONE = 4, ENDED_Y_GONE = 8, ENDED_FORGED = 16 };
/* All that a RST of that outcome can say to one of the same end, or of the other. */
static inline unsigned ended_may_say(bool same_end, const struct outcome *outcome)
{
    enum { OF_X = ENDED_X_GONE | ENDED_X_SURELY };
    bool reset = outcome->effect == TCPRST_EFFECT_RESET, ended = outcome->sender_ended;
    return (reset || ended ? ENDED_ANY : 0u) | (outcome->third_party ? ENDED_FORGED : 0u) |
           ((same_end ? ended : reset) ? OF_X : 0u) |
           ((same_end ? reset : ended) ? ENDED_Y_GONE : 0u);
}
/* Adds p, a pending one before r, if that outcome is true of it. r: as drawn by nothing. */
void ended_add(struct ended_ifs *ifs, const struct reset *r, const struct reset *p,
               const struct outcome *outcome);
/* A RST of Y before r, and before what drew it, whose number X may have waited for just then and
 * of which nothing shows that X lived on behind it: whatever is thought of its maker. 0: none that
 * is remembered. */
where_t ended_hit(const struct reset *r);
/* r is final: the RSTs behind it, and its connection for those to come, remember whom it ended the
 * connection for. v: r's verdict, with its stage and what was at risk. */
void ended_for_good(struct connection *c, const struct reset *r, const struct outcome *outcome,
                    const struct tcprst_verdict *v);

#endif
