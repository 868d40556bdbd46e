/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * annotate.h - a pcapng copy of the captures in which each RST, and the frame that drew it, carries
 * the verdict as a packet comment, so that any Wireshark shows it.
 *
 * pcapng blocks are copied octet by octet, with the comment added to the packet's options; what
 * pcap files say of themselves is written as a section of its own. Everything that needs a file is
 * opened at the beginning.
 */
#ifndef TCPRST_ANALYZER_ANNOTATE_H
#define TCPRST_ANALYZER_ANNOTATE_H

#include "input.h"
#include "options.h"

struct annotate;

/* Opens the captures for copying, and the copy. NULL with a sentence in *error (g_free()). */
struct annotate *annotate_open(const struct options *options, char **error);
/* Notes what to write. why: one line that says why, valid UTF-8. */
void annotate_verdict(struct annotate *annotate, const struct tcprst_verdict *verdict,
                      const char *why);
/* Writes the copy, in the order of the captures' first packets, which input knows. Returns false
 * with a sentence in *error where it could not be written. *rewritten: packets that could hold no
 * comment as they were. Ends annotate. */
bool annotate_close(struct annotate *annotate, struct input *input, uint64_t *rewritten,
                    char **error);
/* Ends annotate without a copy; NULL is allowed. */
void annotate_discard(struct annotate *annotate);

#endif
