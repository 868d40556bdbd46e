/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forgotten.h - which connections were given up for want of room: a fingerprint each, in a fixed
 * room, so that who meets one again can tell that it had been known.
 */
#ifndef TCPRST_FORGOTTEN_H
#define TCPRST_FORGOTTEN_H

#include "connection.h"

struct forgotten;

/* NULL: no memory. */
struct forgotten *forgotten_new(void);
void forgotten_free(struct forgotten *forgotten);
size_t forgotten_memory(const struct forgotten *forgotten);
/* Fetches into the cache what forgotten_note() of that hash touches. */
void forgotten_expect(const struct forgotten *forgotten, uint64_t hash);
/* That connection, by the hash of its key (key_hash_long()), was given up as it was then. Where
 * there is no room the one that was least worth goes. */
void forgotten_note(struct forgotten *forgotten, uint64_t hash, enum keeping keeping);
/* Whether a connection that begins now, with a segment of these flags, may be the rest of one that
 * was given up. Its fingerprint is taken out. A SYN begins anew: there only one that was still open
 * counts. */
bool forgotten_take(struct forgotten *forgotten, uint64_t hash, uint16_t flags);

#endif
