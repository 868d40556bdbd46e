/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.h - what --explain and the page of a cause say beyond the cause table. */
#ifndef TCPRST_ANALYZER_PAGES_H
#define TCPRST_ANALYZER_PAGES_H

#include "tcprst.h"

#include <glib.h>

struct page_text {
    const char *confused, *applications, *diagram; /* see pages.def */
};
const struct page_text *page_text(enum tcprst_cause cause);

/* The diagram drawn between two lifelines, indented, in ASCII. */
void page_draw(GString *out, const char *diagram, size_t indent);

#endif
