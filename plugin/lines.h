/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines.h - where a text breaks into lines, wide characters and none between them too. */
#ifndef TCPRST_PLUGIN_LINES_H
#define TCPRST_PLUGIN_LINES_H

#include <stddef.h>

/* Columns that it takes; text is UTF-8. */
size_t tcprst_lines_columns(const char *text);
/* How much of text, in octets, fits so many columns: up to the last space before them, or behind a
 * wide character, or all. */
size_t tcprst_lines_length(const char *text, size_t width);

#endif
