/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pending.h - the RSTs whose verdicts are not final, in one queue, oldest first: so verdicts come
 * out in the order of their RSTs. With them, those before them in their connections that they look
 * back at; all of them, and what hangs on them, are made and freed here.
 */
#ifndef TCPRST_PENDING_H
#define TCPRST_PENDING_H

#include "reset.h"

/* All zero before pending_start(). */
struct pending {
    struct reset *first, *last;
    size_t count, duplicates; /* of these: so many are copies */
    struct pool pool;         /* of RSTs, pending or done, and of what follows them */
    size_t held;              /* octets of what of them is not in the pool */
    struct reset **index;     /* by serial number, a ring of MAX_PENDING */
};

/* False: no memory. */
bool pending_start(struct pending *pending);
/* Frees all; the connections must still be there. */
void pending_end(struct pending *pending);
/* Octets. */
size_t pending_memory(const struct pending *pending);

/* A copy of it and of what stands behind it; NULL: no memory. */
struct reset *pending_make(struct pending *pending, const struct reset *draft);
/* What follows it will be noted: with nothing between it and the one before, together with that
 * one. False: no memory, and nothing will be. */
bool pending_follow(struct pending *pending, const struct connection *c, struct reset *r);
/* There must be room (not full) for another: the first one's turn has come early. */
bool pending_full(const struct pending *pending);
void pending_push(struct pending *pending, struct connection *c, struct reset *r);
/* NULL: it is not, or no more, pending. */
struct reset *pending_find(const struct pending *pending, uint64_t serial);

/* The first one is about to be judged: brings near one that will be soon. */
void pending_expect(const struct pending *pending);
/* ... and was: brings near what the next one will need. (All at once a processor cannot have under
 * way, and waits.) */
void pending_expect_next(const struct pending *pending);
/* r's verdict is final: its copies that are so far apart at most, in ns, keep it. */
void pending_tell_copies(struct pending *pending, const struct reset *r,
                         const struct tcprst_verdict *v, int64_t window);
/* The first one is final. It is kept, where one of its connection is still pending. */
void pending_done(struct pending *pending);

#endif
