/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.h - the diagram of a cause, drawn. */
#ifndef TCPRST_ANALYZER_PAGES_H
#define TCPRST_ANALYZER_PAGES_H

#include <glib.h>

/* Of tcprst_cause_info: drawn between two lifelines, indented, in ASCII. */
void page_draw(GString *out, const char *diagram, size_t indent);

#endif
