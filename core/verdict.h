/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.h - what is told of a RST that has been judged. */
#ifndef TCPRST_VERDICT_H
#define TCPRST_VERDICT_H

#include "judge.h"

/* Judges r, which is no copy, and fills its verdict; j: how it came about. */
void verdict_make(const struct judge *judge, struct tcprst_verdict *v, struct reset *r,
                  struct judgement *j);
/* The same of any RST: a copy says what its original says, at its own place. original: where it is
 * still pending, NULL otherwise. */
void verdict_of(const struct judge *judge, struct tcprst_verdict *v, struct reset *r,
                struct reset *original, struct judgement *j);

/* Each frame by its own number again, where there is an order. */
void verdict_name_frames(struct tcprst_verdict *v, const struct tcprst_order *order);

/* As tcprst_findings() and tcprst_ledger() have it, of one judgement. */
size_t verdict_findings(const struct judgement *j, struct tcprst_finding *findings, size_t size);
size_t verdict_ledger(const struct judgement *j, enum tcprst_cause cause,
                      struct tcprst_ledger_line *lines, size_t size);

#endif
