/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pending.c - see pending.h. */
#include "pending.h"

#include "fetch.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

/* What nearly every RST has is of two sizes. */
static bool is_common(size_t size)
{
    return size == sizeof(struct reset) || size == sizeof(struct after);
}

static void *hold(struct pending *pending, size_t size)
{
    if (is_common(size))
        return pool_take(&pending->pool, size);
    void *block = malloc(size);
    pending->held += block ? size : 0;
    return block;
}

static void let_go(struct pending *pending, void *block, size_t size)
{
    if (block && is_common(size)) {
        pool_give(&pending->pool, block, size);
        return;
    }
    pending->held -= block ? size : 0;
    free(block);
}

/* With what stands behind it. */
static size_t size_of(const struct reset *r)
{
    return sizeof *r + r->drawn.other_count * sizeof *r->drawn.others + r->packet.text_length;
}

static void release(struct pending *pending, struct reset *r)
{
    if (r->after && --r->after->users == 0)
        let_go(pending, r->after, sizeof *r->after);
    let_go(pending, r->copies.original, sizeof *r->copies.original);
    let_go(pending, r, size_of(r));
}

/* The last pending RST of a burst is final: what was kept for it may go. */
static void release_done(struct pending *pending, struct connection *c)
{
    for (struct reset *r = c->first_reset, *next; r; r = next) {
        next = r->next_of_connection;
        release(pending, r);
    }
    c->first_reset = c->last_reset = NULL;
}

/* r is final: of a burst without end, what no verdict to come looks back at may go. */
static void release_oldest(struct pending *pending, struct connection *c, const struct reset *r)
{
    const struct reset *kept = r->far_back ? r->far_back->next_of_connection : NULL;
    while (kept && c->first_reset != kept) {
        struct reset *oldest = c->first_reset;
        c->first_reset = oldest->next_of_connection;
        c->first_reset->previous_of_connection = NULL;
        release(pending, oldest);
    }
}

bool pending_start(struct pending *pending)
{
    pending->index = calloc(MAX_PENDING, sizeof *pending->index);
    return pending->index != NULL;
}

/* Takes the oldest pending RST from the queue without a verdict. */
static void drop_first(struct pending *pending)
{
    struct reset *r = pending->first;
    struct connection *c = r->connection;
    pending->first = r->next;
    c->first_pending = r->next_of_connection;
    if (!c->first_pending)
        release_done(pending, c);
}

void pending_end(struct pending *pending)
{
    while (pending->first)
        drop_first(pending);
    pool_clear(&pending->pool);
    free(pending->index);
}

size_t pending_memory(const struct pending *pending)
{
    return MAX_PENDING * sizeof *pending->index + pending->pool.memory + pending->held;
}

struct reset *pending_make(struct pending *pending, const struct reset *draft)
{
    size_t others = draft->drawn.other_count * sizeof *draft->drawn.others;
    struct reset *r = hold(pending, size_of(draft));
    if (!r)
        return NULL;
    *r = *draft;
    r->drawn.others = (struct other_trigger *)(r + 1);
    r->packet.text = (uint8_t *)(r + 1) + others;
    memcpy(r->drawn.others, draft->drawn.others, others);
    memcpy(r->packet.text, draft->packet.text, draft->packet.text_length);
    return r;
}

/* RSTs with nothing between them share what follows. */
static struct after *share_after(struct pending *pending, const struct connection *c,
                                 struct reset *r)
{
    const struct reset *before = c->last_reset;
    if (before && !before->judged.done && before->incarnation == r->incarnation && before->after &&
        before->d == r->d && before->before.last_other == c->last_other &&
        !before->after->y.count && !before->after->x.count) {
        before->after->users++;
        return before->after;
    }
    struct after *a = hold(pending, sizeof *a);
    if (a) {
        after_init(a);
        a->users = 1;
        a->first = r;
    }
    return a;
}

bool pending_follow(struct pending *pending, const struct connection *c, struct reset *r)
{
    r->after = share_after(pending, c, r);
    if (r->after)
        r->after->last = r;
    r->before.last_other = c->last_other;
    return r->after;
}

bool pending_full(const struct pending *pending)
{
    return pending->count == MAX_PENDING;
}

void pending_push(struct pending *pending, struct connection *c, struct reset *r)
{
    if (pending->last)
        pending->last->next = r;
    else
        pending->first = r;
    pending->last = r;
    r->previous_of_connection = c->last_reset;
    if (c->last_reset)
        c->last_reset->next_of_connection = r;
    else
        c->first_reset = r;
    c->last_reset = r;
    reset_line_up(r);
    if (!c->first_pending)
        c->first_pending = r;
    pending->index[r->serial % MAX_PENDING] = r;
    pending->count++;
    pending->duplicates += r->duplicate_of != 0;
}

struct reset *pending_find(const struct pending *pending, uint64_t serial)
{
    struct reset *r = pending->index[serial % MAX_PENDING];
    return r && r->serial == serial ? r : NULL;
}

/* Of nothing there is nothing to fetch: in C not even its address. */
static void fetch_all(const void *p, size_t size)
{
    if (!p)
        return;
    for (size_t i = 0; i < size; i += LINE)
        fetch((const char *)p + i);
}

void pending_expect(const struct pending *pending)
{
    const struct reset *later = pending->index[(pending->first->serial + MAX_BURST) % MAX_PENDING];
    fetch_all(later, sizeof *later);
}

/* What hangs on one is known once it is near; those around it are judged with it. */
void pending_expect_next(const struct pending *pending)
{
    const struct reset *next = pending->first->next;
    if (!next)
        return;
    fetch_all(next->connection, offsetof(struct connection, inside));
    fetch_all(next->after, sizeof *next->after);
    fetch(next->packet.cookie);
}

void pending_tell_copies(struct pending *pending, const struct reset *r,
                         const struct tcprst_verdict *v, int64_t window)
{
    unsigned looked = 0;
    if (!pending->duplicates)
        return;
    for (struct reset *n = r->next_of_connection;
         n && looked < DUPLICATE_BACK && n->when - r->when <= window;
         n = n->next_of_connection, looked++)
        if (n->duplicate_of && n->copies.duplicate_serial == r->serial && !n->copies.original) {
            n->copies.original = hold(pending, sizeof *n->copies.original);
            if (n->copies.original)
                *n->copies.original = *v;
        }
}

/* The next one stands for those that share what followed. */
static void leave_burst(struct reset *r)
{
    struct after *a = r->after;
    if (!a)
        return;
    a->first = a->last == r ? NULL : r->next_of_connection;
    a->last = a->first ? a->last : NULL;
}

void pending_done(struct pending *pending)
{
    struct reset *r = pending->first;
    struct connection *c = r->connection;
    pending->first = r->next;
    if (!pending->first)
        pending->last = NULL;
    r->judged.done = true;
    leave_burst(r);
    c->first_pending = r->next_of_connection;
    pending->index[r->serial % MAX_PENDING] = NULL;
    pending->count--;
    pending->duplicates -= r->duplicate_of != 0;
    if (c->first_pending)
        release_oldest(pending, c, r);
    else
        release_done(pending, c);
}
