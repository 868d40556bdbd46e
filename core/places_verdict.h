/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places_verdict.h - what several places prove, brought into a verdict: as facts that
 * are weighed with the others, and as fields.
 *
 * With one place all of these do nothing.
 */
#ifndef TCPRST_PLACES_VERDICT_H
#define TCPRST_PLACES_VERDICT_H

#include "evidence.h"
#include "places.h"
#include "reset.h"

void places_ask(struct place_facts *facts, struct tcprst_places *places, const struct reset *r);
/* Tells the facts that places show; takes back those that they explain otherwise. */
void places_prove(struct evidence *e, struct place_facts *facts, const struct reset *r);
void places_effect(enum tcprst_effect *effect, const struct place_facts *facts);
void places_origin(struct tcprst_verdict *verdict, const struct place_facts *facts,
                   const struct evidence *evidence);
/* The RST's names and numbers as its own frame has them. */
void places_rename(struct tcprst_verdict *v, struct tcprst_places *places, const struct reset *r);
/* Sightings, where it is missing, what was altered, and the connection's names. */
void places_tell(struct tcprst_verdict *v, struct tcprst_places *places, const struct reset *r,
                 const struct place_facts *facts);

#endif
