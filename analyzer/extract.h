/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extract.h - what of captures a report needs, so that the rest need not be carried to where it is
 * made: the connections that have a RST, and the openings of all others.
 *
 * The keys of the first go into a list (--keys), which may be that of many captures on many
 * machines; the packets go into a pcapng file (--extract), in which each packet keeps the number of
 * its frame. Why no more is needed: core/host.h.
 */
#ifndef TCPRST_ANALYZER_EXTRACT_H
#define TCPRST_ANALYZER_EXTRACT_H

#include "input.h"

#include <stdio.h>

struct extract;

/* Writes the keys of connections with a RST, a line each: address, port, address, port. A key may
 * be written more than once. */
struct extract *extract_to_list(FILE *out);
/* Writes packets of that capture; keys: the file that lists what is wanted. NULL with a sentence in
 * *error (g_free()) where that cannot be read. */
struct extract *extract_to_capture(FILE *out, const char *keys, const char *capture, char **error);
void extract_packet(struct extract *extract, const struct input_packet *packet);
void extract_free(struct extract *extract);

#endif
