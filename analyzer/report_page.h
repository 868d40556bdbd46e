/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_page.h - the page's parts that need no script: what matters most, the causes, the hosts
 * and the first events with their segments, as HTML.
 */
#ifndef TCPRST_ANALYZER_REPORT_PAGE_H
#define TCPRST_ANALYZER_REPORT_PAGE_H

#include "diagram.h"
#include "summary.h"

/* Each appends one part; all text of captures is escaped. */
void page_measure(GString *out, const struct report *report);
void page_remarks(GString *out, const struct report *report);
void page_headline(GString *out, const struct report *report);
void page_tiles(GString *out, const struct report *report);
void page_first(GString *out, const struct report *report);
void page_services(GString *out, const struct report *report);
/* Nothing where no baseline was named. */
void page_changes(GString *out, const struct report *report);
void page_causes(GString *out, const struct report *report);
void page_endings(GString *out, const struct report *report);
void page_hosts(GString *out, const struct report *report);
void page_captures(GString *out, const struct report *report);
/* What the words of the page mean. */
void page_words(GString *out, const struct report *report);

/* One group of events. diagram: NULL where the capture could not be read again. open: its details
 * are shown at once. */
void page_event(GString *out, const struct report *report, const struct summary_group *group,
                const struct diagram *diagram, bool open);

/* report_page_diagram.c: the segments that matter, or that there are none (diagram NULL). */
void page_diagram(GString *out, const struct report *report, const struct tcprst_verdict *v,
                  const struct diagram *diagram);
/* Of a diagram with places: a short name of a line's, to be freed; and at which the segment was, in
 * words. */
char *page_place(const struct report *report, const struct diagram *diagram, unsigned line);
void page_way(GString *out, const struct report *report, const struct diagram *diagram,
              const struct diagram_segment *segment);

/* <tag class="kind">text</tag>, text escaped. kind NULL: none. */
void page_element(GString *out, const char *tag, const char *kind, const char *text);

#endif
