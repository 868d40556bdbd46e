/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_verdict.c - the kernel's own word and the verdict: facts and fields. */
#include "trace_verdict.h"

#include "evidence_tell.h"
#include "tcprst/order.h"
#include "thresholds.h"
#include "weigh.h"

#include <string.h>

static void ask_of(struct trace_facts *f, const struct tcprst_trace *trace,
                   const struct tcprst_order *order, const struct reset *r)
{
    struct tcprst_frame frame = tcprst_order_frame(order, r->frame);
    trace_facts(trace, &frame, r->packet.layer, f);
}

void trace_ask(struct trace_facts *f, const struct tcprst_trace *trace,
               const struct tcprst_order *order, const struct reset *r)
{
    memset(f, 0, sizeof *f);
    if (!trace)
        return;
    ask_of(f, trace, order, r);
    unsigned looked = 0;
    for (const struct reset *n = r->next_of_connection; n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n->duplicate_of == where_pack(r->frame))
            ask_of(f, trace, order, n);
    f->silent = f->silent && !f->sent;
}

void trace_prove(struct evidence *e, const struct trace_facts *f)
{
    e->view.kernel = f->sent || f->silent ? DEAD : 0;
    if (f->sent) {
        unsigned number = f->reason ? trace_reason_number(f->reason) : 0;
        e->view.kernel_reason = (uint8_t)number;
        enum tcprst_fact fact = number ? F(KERNEL_REASON) : F(KERNEL_SENT);
        tell(e, fact, true);
        numbers(e, fact, number, 0);
    } else if (f->silent) {
        tell(e, F(KERNEL_SENT), false);
    }
    if (f->taken)
        tell(e, F(KERNEL_TOOK), true);
}

void trace_tell(struct tcprst_verdict *v, const struct trace_facts *f)
{
    v->kernel_reason = f->sent ? f->reason : NULL;
    if (f->taken)
        v->effect = TCPRST_EFFECT_RESET;
    if (f->sent) {
        v->origin = TCPRST_ORIGIN_ENDPOINT;
        v->origin_strength = TCPRST_STRENGTH_CERTAIN;
    }
}
