/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence.h - the facts of one reset: each true, false, or not visible in this capture. All a
 * claim gets to see. */
#ifndef TCPRST_EVIDENCE_H
#define TCPRST_EVIDENCE_H

#include "connection.h"
#include "stack.h"
#include "tcprst.h"
#include "view.h"

enum fact_state { FACT_HIDDEN, FACT_FALSE, FACT_TRUE };

struct fact {
    enum fact_state state;
    struct tcprst_frame frame; /* the segment that shows it, number 0: none */
    int64_t a, b;
};

struct evidence {
    struct fact facts[TCPRST_FACT_COUNT];
    struct view view;
    uint8_t ttl_start;         /* where the RST's TTL counted down from, most likely */
    const struct stack *stack; /* of the end whose address the RST carries */
};

static inline bool is(const struct evidence *e, enum tcprst_fact f)
{
    return e->facts[f].state == FACT_TRUE;
}

static inline bool isnt(const struct evidence *e, enum tcprst_fact f)
{
    return e->facts[f].state == FACT_FALSE;
}

static inline bool hidden(const struct evidence *e, enum tcprst_fact f)
{
    return e->facts[f].state == FACT_HIDDEN;
}

struct reset;
struct host;
/* Fills every fact that this capture shows. */
/* x_host, y_host: what is known of the two hosts, NULL: nothing. */
void evidence_gather(struct evidence *e, const struct reset *r, const struct host *x_host,
                     const struct host *y_host);
/* Adds what can be told of the RST that had ended the connection before r; 0: none had. */
void evidence_earlier_reset(struct evidence *e, const struct reset *r, where_t where);

#endif
