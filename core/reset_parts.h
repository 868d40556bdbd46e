/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset_parts.h - what the record of a RST is made of, a file a part; for reset.c, in the order it
 * asks for them.
 */
#ifndef TCPRST_RESET_PARTS_H
#define TCPRST_RESET_PARTS_H

#include "reset.h"

/* ---- which segment drew it: reset_trigger.c ---- */

/* The segment that drew it, its entry in the connection; NULL: none is known. */
struct recent *reset_find_trigger(struct reset *r, struct connection *c);
/* Where none did and it is no copy: that of a later RST captured before it, where there is one. */
void reset_take_late_trigger(struct reset *r, const struct connection *c);
/* What else it may answer, or repeat. */
void reset_find_other_triggers(struct reset *r, const struct connection *c);

/* A segment captured just after the RST that draws it all the same (captures reorder). */
void reset_late_trigger(struct reset *r, struct recent *e, int d);

/* ---- what its sender had not seen: reset_under_way.c ---- */

/* Takes the last segments that Y sent, so many, out of what X knew of Y. */
void reset_take_back(struct reset *r, const struct connection *c, unsigned count);

/* ---- whether it is captured twice: reset_copy.c ---- */

/* Whether one with its identification and numbers may have come so lately that it is a copy of that
 * one. To be asked once of each, in their order. */
bool reset_came_lately(uint16_t *lately, const struct reset *r);
/* The same packet captured before, its entry in the connection; NULL: none is known. */
struct recent *reset_find_original(struct reset *r, const struct tcprst_segment *s,
                                   const struct connection *c, bool lately);
/* Which of the segments that may have drawn it were captured at one of two places only. */
void reset_note_once(struct reset *r, const struct connection *c);

/* Its original, where that is still pending; where not, it is too late to be told apart. */
void reset_meet_original(struct reset *r);
/* Whether the connection's newest segment e is the same packet captured long before, by its IP
 * identification, too: captures from two points, whose clocks differ, were merged. */
bool reset_captured_before(const struct connection *c, const struct recent *e);

/* ---- what was before it: reset_before.c ---- */

/* Once all that may have drawn it is known: pauses are counted up to there. */
void reset_note_before(struct reset *r, const struct connection *c);
/* The event it belongs to. */
void reset_note_event(struct reset *r, struct connection *c);

#endif
