/* SPDX-License-Identifier: GPL-2.0-or-later */
/* twice.h - whether the captures are read twice: first for a glance at everything, so that then
 * only what has a RST need be followed (tcprst/glance.h). */
#ifndef TCPRST_ANALYZER_TWICE_H
#define TCPRST_ANALYZER_TWICE_H

#include "input.h"
#include "options.h"
#include "places.h"
#include "progress.h"
#include "tcprst/glance.h"

struct twice;

/* Before anything was read. NULL: they are to be read once, for what is wanted, or what they are,
 * makes it so. Progress is shown meanwhile; progress and input are borrowed. */
struct twice *twice_begin(const struct options *options, struct input *input,
                          struct progress *progress);
void twice_free(struct twice *twice);
/* The next segments of the first reading (twice: of a struct twice). Returns whether it is worth
 * going on. */
bool twice_look(void *twice, const struct tcprst_segment *segments, size_t count);
/* Of one capture: who looks at its next segments, if in brief is enough; and their being looked at.
 */
const struct tcprst_glance *twice_glance(void *twice);
bool twice_look_briefly(void *twice, const struct tcprst_brief *briefs, size_t count);
/* All was looked at, and found to be that: what tcprst_options.glance wants (owned by twice), NULL:
 * no connection can be left out. */
struct tcprst_glance *twice_finish(struct twice *twice, const struct places *places);
/* The next segments of the second reading, before places_take(). Returns how many of them, now the
 * first, say something. twice may be NULL: all do. */
size_t twice_sift(struct twice *twice, struct tcprst_segment *segments, size_t count);

#endif
