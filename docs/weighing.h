/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weighing.h - how each cause is weighed, as Markdown, from the engine's tables. */
#ifndef TCPRST_DOCS_WEIGHING_H
#define TCPRST_DOCS_WEIGHING_H

#include "tcprst.h"

#include <glib.h>

/* The hypotheses of a cause, with what each predicts; of a word, that it has none. */
/* up: the way from that page to the folder of mechanisms.md, as "../". */
void weighing_put_cause(GString *out, enum tcprst_cause cause, const char *up);
/* The ways a RST is made, the rare signs and the stacks' habits. */
void weighing_put_mechanisms(GString *out);

#endif
