/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_libpcap.h - what libpcap is asked for: filter expressions, and how link types are called.
 */
#ifndef TCPRST_ANALYZER_CAPTURE_LIBPCAP_H
#define TCPRST_ANALYZER_CAPTURE_LIBPCAP_H

#include "capture.h"

struct capture_filter;

/*
 * Compiles an expression for every link type given. NULL, and a message in *error (g_free it),
 * where it is wrong for all of them. All that needs files or the network (names of hosts and
 * services) happens here.
 */
struct capture_filter *capture_filter_new(const char *expression, const uint16_t *link_types,
                                          size_t count, char **error);
void capture_filter_free(struct capture_filter *filter);
/* Whether the packet passes. *usable: the expression makes sense for its link type; false: it does
 * not pass. */
bool capture_filter_match(const struct capture_filter *filter, const struct packet *packet,
                          bool *usable);

/* "EN10MB"; NULL where libpcap has no name. */
const char *capture_link_type_name(uint16_t link_type);

#endif
