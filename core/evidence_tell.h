/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evidence_tell.h - what the evidence_*.c share: how a fact is told, and what each of them fills.
 *
 * x is the end whose address the RST carries ("the sender"), y the one it is sent to ("the peer").
 * x_host and y_host are NULL where nothing is known of the host. A fact stays hidden where the
 * capture does not show it.
 */
#ifndef TCPRST_EVIDENCE_TELL_H
#define TCPRST_EVIDENCE_TELL_H

#include "evidence.h"
#include "host.h"
#include "reset.h"

#define F(ID) TCPRST_FACT_##ID

static inline void tell(struct evidence *e, enum tcprst_fact f, bool holds)
{
    e->state[f] = holds ? FACT_TRUE : FACT_FALSE;
}

static inline void tell_at(struct evidence *e, enum tcprst_fact f, bool holds, where_t where)
{
    tell(e, f, holds);
    e->shown[f].where = where;
    e->shows[f] |= SHOWS_WHERE;
}

static inline void numbers(struct evidence *e, enum tcprst_fact f, int64_t a, int64_t b)
{
    e->shown[f].a = a;
    e->shown[f].b = b;
    e->shows[f] |= SHOWS_NUMBERS;
}

/* In the order evidence_gather() calls them: a later one may ask what an earlier one told. */
void evidence_trigger(struct evidence *e, const struct reset *r, const struct host *x_host);
void evidence_form(struct evidence *e, const struct reset *r, const struct around *around);
void evidence_ip(struct evidence *e, const struct reset *r, const struct host *x_host);
void evidence_connection(struct evidence *e, const struct reset *r);
void evidence_data(struct evidence *e, const struct reset *r);
void evidence_others(struct evidence *e, const struct reset *r, const struct host *x_host,
                     const struct host *y_host);
void evidence_company(struct evidence *e, const struct reset *r, const struct around *around);

/* For all of them. */
void company_find(struct company *company, const struct reset *r);
/* ... the RSTs before r that say whether its sender had forgotten the connection. */
void company_find_earlier(struct company *company, const struct reset *r);

/* What drew r was sent after X's FIN was on its way, or without regard to it: text that X cannot
 * have waited for. */
bool regardless_of_fin(const struct reset *r);

#endif
