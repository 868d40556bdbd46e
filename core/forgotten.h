/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forgotten.h - which connections were let go: a fingerprint each, in little room, so that who
 * meets one again can tell that it had been known.
 */
#ifndef TCPRST_FORGOTTEN_H
#define TCPRST_FORGOTTEN_H

#include "connection.h"

struct forgotten;

/* NULL: no memory. */
struct forgotten *forgotten_new(void);
void forgotten_free(struct forgotten *forgotten);
size_t forgotten_memory(const struct forgotten *forgotten);
/* Fetches into the cache what forgotten_note_over() of that hash touches. */
void forgotten_expect(const struct forgotten *forgotten, uint64_t hash);
/* The same of forgotten_take() with these flags. */
void forgotten_expect_take(const struct forgotten *forgotten, uint64_t hash, uint16_t flags);
/* That connection, by the hash of its key (key_hash_long()), was given up as it was then, for want
 * of room. Where there is no room for it either the one that was least worth goes. */
void forgotten_note(struct forgotten *forgotten, uint64_t hash, enum keeping keeping);
/* That one, last heard of then, was over for so long that it was let go, room or not: KEEP_ENDED or
 * KEEP_ONE_SIDED. Remembered for REMEMBER_OVER at least, and at most twice as long. */
void forgotten_note_over(struct forgotten *forgotten, uint64_t hash, enum keeping keeping,
                         int64_t last);
/* Whether a connection that begins now, with a segment of these flags, may be the rest of one that
 * was let go: 0, CONN_FORGOTTEN or CONN_OVER. Its fingerprint is taken out. A SYN begins anew:
 * there only one that was still open counts. */
uint8_t forgotten_take(struct forgotten *forgotten, uint64_t hash, uint16_t flags, int64_t now);

#endif
