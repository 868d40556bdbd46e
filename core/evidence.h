/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence.h - the facts of one reset: each true, false, or not visible in this capture. All a
 * claim gets to see. */
#ifndef TCPRST_EVIDENCE_H
#define TCPRST_EVIDENCE_H

#include "connection.h"
#include "stack.h"
#include "tcprst.h"
#include "view.h"

#include <stddef.h>

enum fact_state { FACT_HIDDEN, FACT_FALSE, FACT_TRUE };

/* What is known of that which shows a fact: what is not is 0, and was not written. */
enum shows { SHOWS_WHERE = 1, SHOWS_NUMBERS = 2 };

/* What shows a fact, beside its state. */
struct shown {
    where_t where; /* the segment that shows it, 0: none */
    int64_t a, b;
};

struct evidence {
    const struct stack *stack; /* of the end whose address the RST carries */
    struct view view;
    uint8_t ttl_start;                     /* where the RST's TTL counted down from, most likely */
    uint8_t state[TCPRST_FACT_COUNT];      /* enum fact_state */
    struct shown shown[TCPRST_FACT_COUNT]; /* as far as shows says: ask evidence_shown() */
    uint8_t shows[TCPRST_FACT_COUNT];      /* enum shows */
};

/* Its sender's stack is a Linux, of whatever version. */
static inline bool linux_habit(const struct evidence *e)
{
    return stack_is_linux((enum stack_id)(e->stack - stacks));
}
/* So many octets, its first, are all that a claim gets to see: where they are the same, so is the
 * judgement. */
enum { EVIDENCE_SEEN = offsetof(struct evidence, shown) };

static inline bool is(const struct evidence *e, enum tcprst_fact f)
{
    return e->state[f] == FACT_TRUE;
}

static inline bool isnt(const struct evidence *e, enum tcprst_fact f)
{
    return e->state[f] == FACT_FALSE;
}

static inline bool hidden(const struct evidence *e, enum tcprst_fact f)
{
    return e->state[f] == FACT_HIDDEN;
}

static inline struct shown evidence_shown(const struct evidence *e, enum tcprst_fact f)
{
    struct shown shown = {0, 0, 0};
    if (e->shows[f] & SHOWS_WHERE)
        shown.where = e->shown[f].where;
    if (e->shows[f] & SHOWS_NUMBERS) {
        shown.a = e->shown[f].a;
        shown.b = e->shown[f].b;
    }
    return shown;
}

struct reset;
struct host;
struct hosts;
/* What the other RSTs of the same connection say of one. */
enum { COMPANY_OTHERS = 3 };
struct company {
    bool opposite, ladder, ladder_alike;
    bool rungs; /* such as step ahead of r's own place came after it, alike in all else */
    bool twin;  /* another one stands where r does, and has its form */
    bool same_id, same_id_later; /* one that differs, one that comes too late for a copy has its
                                    identification */
    bool window_steps;           /* one of them offers one octet more or less */
    bool ttl_varies;
    bool aborted_twice; /* another one like a socket's own, so far from this one */
    bool options_twice; /* ... and both have options */
    int64_t aborts_apart;
    uint8_t other_ttl;
    uint32_t alike, matching; /* of the RST that most of its like had no segment to answer */
    bool bare;                /* its like were as many as such segments, and more than had text */
    unsigned places;
    const struct reset *last_place; /* the latest RST of those */
    uint32_t came; /* segments of Y until then, where places > 1; UINT32_MAX: not known */
    bool far;      /* one of them is no few segments ahead */
    bool exact;    /* one of r's form, from as far away, stands where X did */
    uint32_t others[COMPANY_OTHERS];
    uint8_t from_there;   /* bit i: others[i] came from as far away */
    where_t tried;        /* X's SYN, sent again after an answer of X; 0: it was not */
    where_t answer, data; /* the oldest before it that answers something, and text; 0: none */
    where_t handshake;    /* ... where it answers a segment of the handshake; 0: it is no such */
    where_t sending; /* the oldest, where it answers text and X was sending; 0: it is no such */
};

/* What is the same whatever drew a RST: found once for all segments that may have. */
struct around {
    const struct host *x_host, *y_host; /* what is known of the two hosts, NULL: nothing */
    struct view view;
    struct company company;
};
void around_find(struct around *around, const struct reset *r, struct hosts *hosts,
                 const struct filter *filter);
/* Whether it is said of that fact, too, that it does not hold. */
bool evidence_has_contrary(enum tcprst_fact fact);
/* Fills every fact that this capture shows. */
void evidence_gather(struct evidence *e, const struct reset *r, const struct around *around);
/* Adds what can be told of the RSTs before r, and of the one that had ended the connection; 0: none
 * had. */
void evidence_earlier_reset(struct evidence *e, const struct reset *r,
                            const struct company *company, where_t where);

#endif
