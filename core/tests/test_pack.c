/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pack.c - a connection that was packed is the same when it is unpacked, whatever its numbers.
 */
#include "chance.h"
#include "endpoint.h"
#include "pack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000 };

/* Octets of every kind: none, small, all ones, anything; in words, as most fields are. */
static void fill(void *memory, size_t size)
{
    uint8_t *octets = memory;
    for (size_t i = 0; i < size; i += 4) {
        uint64_t kind = chance() % 8, word = chance();
        if (kind < 3)
            word = 0;
        else if (kind == 3)
            word = UINT64_MAX;
        else if (kind == 4)
            word %= 1000;
        memcpy(octets + i, &word, size - i < 4 ? size - i : 4);
    }
}

static int64_t a_time(void)
{
    static const int64_t some[] = {-1,
                                   0,
                                   1,
                                   1000,
                                   1700000000123456000,
                                   1700000000123456789,
                                   INT64_MAX,
                                   INT64_MIN,
                                   INT64_C(1) << 62};
    return chance() % 4 ? (int64_t)(1700000000000000000 + chance() % 1000000000000)
                        : some[chance() % (sizeof some / sizeof *some)];
}

static void fill_times(struct endpoint *e)
{
    e->last_time = a_time();
    e->last_data_time = a_time();
    e->timed_at = a_time();
    e->fin_time = a_time();
    e->rtt_min = a_time();
    e->rtt_max = a_time();
    e->probe_time = chance() % 2 ? -1 : a_time();
    e->probe_echo = chance() % 2 ? -1 : a_time();
}

/* One that sent nothing but RSTs, or something else that is rare. */
static void make_silent(struct endpoint *e)
{
    endpoint_init(e);
    e->seen = (uint32_t)chance();
    e->timed_end = (uint32_t)chance();
    e->timed_at = a_time();
    e->abort_ack = (uint32_t)chance();
    if (chance() % 4 == 0)
        ((uint8_t *)e)[chance() % sizeof *e] = (uint8_t)chance();
}

static void make(struct connection *c, struct pool *pool)
{
    fill(c, sizeof *c);
    c->ip_version = chance() % 2 ? 4 : 6;
    if (c->ip_version == 4) {
        memset(c->address[0] + 4, 0, 12);
        memset(c->address[1] + 4, 0, 12);
    }
    c->used = true;
    c->suspected = false; /* of RSTs that are remembered: there are none */
    c->ended = chance() % 2;
    c->gone = (uint8_t)(chance() % 4);
    c->ended_after_fin = chance() % 2;
    c->apart = chance() % 2;
    c->first_pending = c->first_reset = c->last_reset = NULL;
    c->past = NULL;
    c->pool = pool;
    c->last_time = a_time();
    c->first_time = a_time();
    c->longest_idle = a_time();
    c->forged_time = a_time();
    fill_times(&c->end[0]);
    fill_times(&c->end[1]);
    if (chance() % 2)
        make_silent(&c->end[chance() % 2]);
    c->recents.capacity = chance() % 2 ? RECENT_INSIDE : 4 * RECENT_INSIDE;
    c->recents.held = (uint32_t)(chance() % (c->recents.capacity + 1));
    c->recents.pushed = c->recents.held + chance() % 100000;
    c->recents.entries = c->inside;
    if (c->recents.capacity > RECENT_INSIDE) {
        c->recents.entries = pool_take(pool, c->recents.capacity * sizeof *c->recents.entries);
        if (!c->recents.entries)
            exit(1);
        fill(c->recents.entries, c->recents.capacity * sizeof *c->recents.entries);
    }
}

/* The members behind bits are padding. */
static bool same_recent(const struct recent *a, const struct recent *b)
{
    return memcmp(a, b, offsetof(struct recent, bits) + 1) == 0;
}

/* What must be the same: everything but what belongs to the table and where recent segments are. */
static bool same(struct connection *a, struct connection *b, uint32_t kept)
{
    if (b->recents.held != kept || a->recents.pushed != b->recents.pushed)
        return false;
    for (uint32_t n = 0; n < kept; n++)
        if (!same_recent(recent_back(&a->recents, n), recent_back(&b->recents, n)))
            return false;
    a->recents = b->recents;
    a->entry = b->entry;
    return memcmp(a, b, offsetof(struct connection, inside)) == 0;
}

int main(void)
{
    chance_state = 0x7061636b;
    struct pool pool = {.left = 0};
    static struct connection before, packed, after;
    for (int round = 0; round < ROUNDS; round++) {
        make(&before, &pool);
        packed = before;
        struct recent *entries = NULL;
        if (before.recents.entries == before.inside) {
            packed.recents.entries = packed.inside;
        } else {
            /* Packing gives the entries back: before keeps a copy. */
            size_t size = before.recents.capacity * sizeof *entries;
            entries = malloc(size);
            if (!entries)
                return 1;
            memcpy(entries, before.recents.entries, size);
            before.recents.entries = entries;
        }
        unsigned keep = (unsigned)(chance() % PACK_RECENTS);
        uint32_t kept = before.recents.held < keep ? before.recents.held : keep;
        struct packed *p = connection_pack(&packed, keep);
        if (!p || !connection_unpack(&after, p, &pool) || !same(&before, &after, kept)) {
            printf("round %d: not the same when unpacked\n", round);
            return 1;
        }
        connection_release_recents(&after);
        free(entries);
    }
    pool_clear(&pool);
    return 0;
}
