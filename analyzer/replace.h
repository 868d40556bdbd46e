/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replace.h - files that are replaced whole, or not at all: what is written stands beside the old
 * file until it takes its place.
 *
 * Who reads captures may not rename files (sandbox.h), so a process of its own, begun before, waits
 * for the word; it removes what was not finished, however we end.
 */
#ifndef TCPRST_ANALYZER_REPLACE_H
#define TCPRST_ANALYZER_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

struct replace;

/*
 * Opens for writing what is to become that file. What is no regular file, as a pipe or a device, is
 * opened itself, and *replace is NULL. Returns NULL with errno set, and *replace NULL, where that
 * cannot be.
 */
FILE *replace_open(const char *name, struct replace **replace);
/* The stream is closed: it takes the file's place, or, where it is not wanted, goes. Returns 0 or
 * the errno of what failed. Ends replace, which may be NULL. */
int replace_end(struct replace *replace, bool wanted);
/* The file that name leads to, as far as it can be said, as an absolute path: two names for one
 * that is not there yet are the same (g_free()). */
char *replace_target(const char *name);

#endif
