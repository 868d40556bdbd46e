/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack.h - which family of TCP stacks an end belongs to, and its habits (stacks.def). */
#ifndef TCPRST_STACK_H
#define TCPRST_STACK_H

#include "tcprst.h"

enum stack_id {
#define STACK(ID, ...) STACK_##ID,
#include "stacks.def"
    STACK_COUNT
};

enum stack_habit {
    STACK_ANY,
    STACK_NEVER,
    STACK_ALWAYS,
    STACK_CLOSED, /* for what comes after its close */
    STACK_ZERO,
    STACK_COUNTED, /* a count of its own, hardly ever 0 */
    STACK_NEXT,    /* one more than in its segment before */
    STACK_LIVE,    /* what its socket offers, hardly ever 0 */
};

struct stack {
    const char *id;
    uint8_t ttl;
    enum stack_habit answers_with_ack, answer_id, answer_window, abort_options, abort_window,
        abort_id, gives_up;
    uint8_t keepalives; /* so many probes, and it gives up, where nobody set it otherwise; 0: not
                           known */
};
extern const struct stack stacks[STACK_COUNT];

/* Of whatever version. */
static inline bool stack_is_linux(enum stack_id id)
{
    return id == STACK_LINUX || id == STACK_LINUX_OLD;
}

/* By a SYN or SYN-ACK: where its TTL started, its options, and for a SYN-ACK of IPv4 whether its
 * identification is 0 with DF set. */
enum stack_id stack_of_opening(const struct tcprst_segment *s);

#endif
