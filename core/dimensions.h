/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dimensions.h - what is said of a RST besides its cause: stage, acceptance, effect, risk, error;
 * each by RFC 9293's numbers. */
#ifndef TCPRST_DIMENSIONS_H
#define TCPRST_DIMENSIONS_H

#include "ended.h"
#include "evidence.h"
#include "reset.h"

/* It answers what another incarnation's end sent: that end is its receiver. */
bool answers_stray(const struct reset *r);
enum tcprst_stage stage_of(const struct reset *r, const struct ended *ended);
enum tcprst_acceptance acceptance_of(const struct reset *r, const struct ended *ended);
/* ... as its effect shows it: what Y challenges it found in its window, and not to be the number it
 * waits for (RFC 5961 section 3.2), whatever was captured until then. */
enum tcprst_acceptance acceptance_shown(enum tcprst_acceptance acceptance,
                                        enum tcprst_effect effect);
enum tcprst_effect effect_of(const struct reset *r, enum tcprst_acceptance acceptance,
                             const struct evidence *e);
/* Of one that seems to have reset Y: whether it may never have reached it. */
bool effect_doubtful(const struct reset *r);
enum tcprst_peer_error peer_error_of(const struct reset *r, enum tcprst_stage stage,
                                     enum tcprst_effect effect);
/* Which end ended the connection first, by FIN or RST; of a RST by effect and origin of v. */
enum tcprst_sender closed_first_of(const struct tcprst_verdict *v, const struct reset *r,
                                   const struct ended *ended);
void risk_of(struct tcprst_verdict *v, const struct reset *r, const struct evidence *e);
enum tcprst_severity severity_of(const struct tcprst_verdict *v);
/* What the RST says itself, in words (RFC 9293 section 3.5.3: it may carry diagnostic text). */
void device_text_of(struct tcprst_verdict *v, const struct reset *r, const struct evidence *e);
/* Whether its payload can be read as text or as a diagnostic map. */
bool device_says(const struct reset *r);
/* What a NetScaler means by that raw window, NULL: nothing. */
const char *window_code_text(uint16_t window);

#endif
