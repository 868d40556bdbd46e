/* SPDX-License-Identifier: GPL-2.0-or-later */
/* redact.h - replaces what must not leave the house, the same thing by the same thing, so that a
 * report can be shared. */
#ifndef TCPRST_ANALYZER_REDACT_H
#define TCPRST_ANALYZER_REDACT_H

#include "tcprst.h"

/*
 * Addresses become 198.18.x.y and up (RFC 2544's benchmark range, then 240.0.0.0/4) and
 * 2001:db8::n, in the order they are met; ports of clients (of both ends where nobody knows which
 * is the client, from 1024 up) go through a table shuffled anew in each run; text that a RST
 * carries is left out. Frames, times, lengths and ports of services stay.
 */
struct redact *redact_new(void);
void redact_free(struct redact *redact);
void redact_verdict(struct redact *redact, struct tcprst_verdict *verdict);
void redact_connection(struct redact *redact, struct tcprst_connection *connection);
/* One end of a segment; is_client: its port is replaced. */
void redact_end(struct redact *redact, uint8_t address[16], unsigned ip_version, uint16_t *port,
                bool is_client);
/* The name shown for the capture of that index (g_free()). */
char *redact_name(size_t index, const char *name);

#endif
