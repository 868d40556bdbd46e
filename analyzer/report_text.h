/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text.h - the report for people at a terminal: how words are put there, and its two parts.
 */
#ifndef TCPRST_ANALYZER_REPORT_TEXT_H
#define TCPRST_ANALYZER_REPORT_TEXT_H

#include "summary.h"

enum text_style {
    TEXT_PLAIN,
    TEXT_BOLD,
    TEXT_DIM,
    TEXT_BENIGN,
    TEXT_NOTABLE,
    TEXT_SUSPICIOUS,
    TEXT_HEADING,
    TEXT_STYLES
};

struct text {
    struct report *report;
    GString *out;
};

enum text_style text_severity(enum tcprst_severity severity);
/* One of both, as the terminal can show it. */
const char *text_glyph(const struct text *text, const char *utf8, const char *ascii);
#define TEXT_ARROW(text) text_glyph(text, "→", "->")
#define TEXT_DOT(text) text_glyph(text, "·", "|")

/* Words; with a line's end; with line breaks, where the first line starts at column and later ones
 * at indent. What comes from a capture goes through string_safe() before. */
void text_put(struct text *text, enum text_style style, const char *words);
void text_line(struct text *text, enum text_style style, const char *words);
void text_wrapped(struct text *text, enum text_style style, size_t column, size_t indent,
                  const char *words);

/* report_text_first.c: what happened, who, why, what next. */
void text_first_screen(struct text *text);
/* report_text_event.c: one group of events. */
void text_event(struct text *text, const struct summary_group *group);

#endif
