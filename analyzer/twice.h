/* SPDX-License-Identifier: GPL-2.0-or-later */
/* twice.h - whether the captures are read twice: first for a glance at everything, so that then
 * only what has a RST need be followed (tcprst/glance.h). */
#ifndef TCPRST_ANALYZER_TWICE_H
#define TCPRST_ANALYZER_TWICE_H

#include "input.h"
#include "options.h"
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
/* All was looked at: what tcprst_options.glance wants (owned by twice), NULL: no connection can be
 * left out. */
struct tcprst_glance *twice_finish(struct twice *twice);

#endif
