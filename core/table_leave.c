/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_leave.c - which connections rest, and which go: those that are over, and when the table is
 * full what is worth least (enum keeping), of that the longest silent.
 */
#include "fetch.h"
#include "table_parts.h"

/* So many seats are looked at for one that may go, and so many of them judged. */
enum { STEPS = 64, SAMPLE = 16 };
/* For each seat that a sweep looks at, it may step over so many that it need not look at yet; and
 * what comes near meanwhile is so many behind. */
enum { STEPS_EACH = 4, STEP_AHEAD = 2 * TABLE_SWEEP };
/* What an embryo leaves behind is fetched when it is so many behind the oldest, and it itself so
 * many before that: by then it has come. */
enum { AHEAD = 4, FURTHER = 12 };

static enum keeping keeping_of(const struct connection *c)
{
    const struct endpoint *a = &c->end[0], *b = &c->end[1];
    if (c->ended || ((a->seen & END_FIN) && (b->seen & END_FIN)))
        return KEEP_ENDED;
    bool text = (a->seen | b->seen) & END_DATA;
    if ((a->seen & b->seen & END_SEEN) || (c->flags & CONN_ESTABLISHED))
        return text ? KEEP_OPEN : KEEP_BARE;
    return text ? KEEP_BARE : KEEP_ONE_SIDED;
}

/* Both FINs acknowledged by time or by a RST: nothing of it is expected any more after so long. */
static int64_t keep_for(enum keeping keeping)
{
    return keeping == KEEP_ENDED       ? KEEP_CLOSED
           : keeping == KEEP_ONE_SIDED ? KEEP_UNANSWERED
                                       : INT64_MAX;
}

static int64_t pack_after(enum keeping keeping)
{
    return keeping == KEEP_ENDED       ? PACK_ENDED
           : keeping == KEEP_ONE_SIDED ? PACK_ONE_SIDED
                                       : PACK_OPEN;
}

static bool busy(const struct connection *c)
{
    /* Without segments: there was no memory to take in its first. */
    return !c->used || !c->segments || c->first_pending;
}

bool table_silent_enough(const struct connection *c, int64_t now, enum keeping *keeping)
{
    int64_t silent = now - c->last_time;
    if (busy(c) || silent <= (c->flags & CONN_ESTABLISHED ? PACK_ENDED : PACK_ONE_SIDED))
        return false;
    *keeping = keeping_of(c);
    return silent > pack_after(*keeping);
}

uint8_t table_known(struct table *t, const struct embryo *e)
{
    struct young *y = young_of(&t->nursery, e);
    if (y->known)
        return y->known;
    const struct connection *c = table_look(t, e);
    bool fin = connection_ending(c) == TCPRST_ENDING_FIN;
    y->known = (uint8_t)(YOUNG_LOOKED_AT | keeping_of(c) | (fin ? YOUNG_ENDED_BY_FIN : 0) |
                         (c->flags & CONN_ESTABLISHED ? YOUNG_ESTABLISHED : 0));
    return y->known;
}

bool table_young_silent_enough(struct table *t, const struct embryo *e, int64_t now,
                               enum keeping *keeping)
{
    int64_t silent = now - young_of(&t->nursery, e)->time;
    uint8_t known = table_known(t, e);
    *keeping = (enum keeping)(known & YOUNG_KEEPING);
    return silent > (known & YOUNG_ESTABLISHED ? PACK_ENDED : PACK_ONE_SIDED) &&
           silent > pack_after(*keeping);
}

/* Whoever sits there; nobody is not due. */
static inline bool is_due(struct table *t, size_t seat, int64_t now, enum keeping *keeping)
{
    body_t body = t->seats[seat].body;
    if (!body)
        return false;
    return body_is_young(body) ? table_young_is_due(t, young_at(t, body), now, keeping)
                               : table_is_due(whole_at(t, body), now, keeping);
}

/* The first two lines of whoever sits there. */
static inline void fetch_body(const struct table *t, size_t seat)
{
    body_t body = t->seats[seat].body;
    if (!body)
        return;
    const char *first =
        body_is_young(body) ? (const char *)young_at(t, body) : (const char *)whole_at(t, body);
    fetch(first);
    fetch(first + LINE);
}

/* All that packing reads of it. */
static void fetch_all(const struct table *t, size_t seat)
{
    body_t body = t->seats[seat].body;
    if (body_is_young(body))
        return;
    const struct connection *c = whole_at(t, body);
    const struct recents *r = &c->recents;
    for (size_t i = 0; i < sizeof *c; i += LINE)
        fetch((const char *)c + i);
    for (unsigned n = 0; n < RECENT_MIN && r->entries != c->inside; n++)
        fetch(&r->entries[(r->pushed - 1 - n) & (r->capacity - 1)]);
}

/* The seats stand in a ring. A division takes as long as all the rest of a sweep. */
static inline size_t around(const struct table *t, size_t seat)
{
    return seat < t->seats_ever ? seat : seat % t->seats_ever;
}

/* Before that time sweeping finds nothing to do with it, most likely. */
static inline int64_t next_look(const struct table *t, size_t seat, int64_t now)
{
    body_t body = t->seats[seat].body;
    int64_t at;
    if (!body) {
        at = 0;
    } else if (body_is_young(body)) {
        at = young_of(&t->nursery, young_at(t, body))->time + PACK_ONE_SIDED;
    } else {
        const struct connection *c = whole_at(t, body);
        at = c->last_time + (c->first_pending ? HORIZON : PACK_ONE_SIDED);
    }
    return at > now ? at : now + PACK_ONE_SIDED;
}

/* The next seat that is to be looked at, of those that a sweep may step over. */
static size_t step(struct table *t, unsigned *steps)
{
    uint32_t now = ticks(t, t->begun);
    for (;; --*steps) {
        t->packing_hand = around(t, t->packing_hand + 1);
        size_t later = around(t, t->packing_hand + STEP_AHEAD);
        if (t->look_at[later] <= now)
            fetch_body(t, later);
        if (!*steps)
            return TABLE_NONE;
        if (t->look_at[t->packing_hand] <= now)
            return t->packing_hand;
    }
}

/* What was found to be silent by the sweep before is packed, so that it could come nearer
 * meanwhile. */
void table_sweep(struct table *t, unsigned count)
{
    enum keeping keeping;
    int64_t now = t->begun;
    unsigned steps = STEPS_EACH * count;
    for (unsigned i = 0; i < count && t->seats_ever; i++) {
        if (t->due[i] && is_due(t, t->due[i] - 1, now, &keeping))
            table_pack(t, t->due[i] - 1, keeping);
        size_t seat = step(t, &steps);
        t->due[i] = 0;
        if (seat == TABLE_NONE)
            continue;
        t->look_at[seat] = ticks(t, next_look(t, seat, now));
        if (!is_due(t, seat, now, &keeping))
            continue;
        t->due[i] = seat + 1;
        fetch_all(t, seat);
    }
}

void table_expect_rest(const struct table *t, const struct connection *c)
{
    if (t->begun - c->last_time <= PACK_ENDED)
        return;
    const struct key k = key_of_connection(c);
    fetch(&t->at_work.slots[key_hash(&k, t->seed) & t->at_work.mask]);
    fetch(&t->entries[c->entry]);
}

void table_rest(struct table *t, const struct connection *c)
{
    enum keeping keeping;
    if (table_is_due(c, t->begun, &keeping))
        table_pack(t, t->entries[c->entry].seat, keeping);
}

/* What letting the connection of that key go will touch. */
static void fetch_known(const struct table *t, const struct key *k)
{
    uint64_t hash = key_hash_long(k, t->seed);
    fetch(&t->all.slots[key_hash_short(hash) & t->all.mask]);
    if (t->forgotten)
        forgotten_expect(t->forgotten, hash);
}

/* The first in that queue; what comes near meanwhile is the one behind it, and what will be touched
 * when that one goes. */
static size_t first_packed(const struct table *t, enum keeping keeping)
{
    uint32_t first = t->packed[keeping].first;
    if (!first)
        return TABLE_NONE;
    uint32_t behind = t->entries[first - 1].behind;
    if (!behind)
        return first - 1;
    const struct entry *next = &t->entries[behind - 1];
    const struct key k = key_of_entry(t, next);
    fetch_known(t, &k);
    if (next->behind)
        fetch_resting(t, &t->entries[next->behind - 1]);
    return first - 1;
}

/* What letting that embryo go will touch. */
static void fetch_leaving(const struct table *t, uint32_t entry)
{
    size_t number = t->entries[entry - 1].embryo, size = embryo_octets(number & 3);
    const struct embryo *e = embryo_at(t, number);
    const struct key k = key_of_embryo(e);
    fetch_known(t, &k);
    /* Mostly those behind lie there. */
    fetch(&t->entries[entry - 1] + FURTHER);
    for (unsigned line = 0; line < size; line += LINE)
        fetch((const char *)e + FURTHER * size + line);
}

/* The oldest embryo; what comes near meanwhile is one a little behind it. */
static size_t first_unborn(const struct table *t)
{
    uint32_t first = t->unborn.first, later = first;
    if (!first)
        return TABLE_NONE;
    for (unsigned i = 0; i < AHEAD && later; i++)
        later = t->entries[later - 1].behind;
    if (later)
        fetch_leaving(t, later);
    return first - 1;
}

/* Whether the first in that queue has been silent for longer than that. */
static bool first_silent(struct table *t, const struct queue *q, int64_t now, int64_t silence)
{
    if (!q->first)
        return false;
    const struct entry *e = &t->entries[q->first - 1];
    return e->since <= ticks(t, now - silence) && now - heard_of(t, e) > silence;
}

/* An embryo or a packed one that is over; TABLE_NONE: none. */
static size_t first_over(struct table *t, int64_t now)
{
    if (first_silent(t, &t->unborn, now, keep_for(KEEP_ONE_SIDED)))
        return first_unborn(t);
    for (enum keeping k = KEEP_ONE_SIDED; k <= KEEP_ENDED; k++)
        if (first_silent(t, &t->packed[k], now, keep_for(k)))
            return first_packed(t, k);
    return TABLE_NONE;
}

static int64_t last_at_work(const struct table *t, body_t body)
{
    return body_is_young(body) ? young_of(&t->nursery, young_at(t, body))->time
                               : whole_at(t, body)->last_time;
}

static enum keeping keeping_at_work(struct table *t, body_t body)
{
    return body_is_young(body) ? (enum keeping)(table_known(t, young_at(t, body)) & YOUNG_KEEPING)
                               : keeping_of(whole_at(t, body));
}

/* What one at work is worth: one that was heard of just now may be about to be worth more. */
static enum keeping worth_of(struct table *t, body_t body, int64_t now)
{
    enum keeping keeping = keeping_at_work(t, body);
    if (now - last_at_work(t, body) > PACK_ONE_SIDED || keeping == KEEP_ENDED)
        return keeping;
    return keeping == KEEP_ONE_SIDED ? KEEP_BARE : KEEP_OPEN;
}

/* Of the next few at work that are not busy the one that is worth least, of these the one that has
 * been silent for longest; TABLE_NONE: all are busy. */
static size_t least_at_work(struct table *t, int64_t now, enum keeping *worth)
{
    size_t least = TABLE_NONE;
    int64_t least_time = 0;
    *worth = KEEPINGS;
    for (size_t i = 0, seen = 0; i < STEPS && i < t->at_work.used && seen < SAMPLE; i++) {
        t->hand = (t->hand + 1) % t->at_work.used;
        const struct seat *seat = &t->seats[t->working[t->hand]];
        if (!body_is_young(seat->body) && busy(whole_at(t, seat->body)))
            continue;
        seen++;
        enum keeping keeping = worth_of(t, seat->body, now);
        int64_t last = last_at_work(t, seat->body);
        if (keeping > *worth || (keeping == *worth && last >= least_time))
            continue;
        *worth = keeping;
        least = seat->entry;
        least_time = last;
    }
    return least;
}

/* Of the embryos that are no older than what is at work, which may be about to be worth more, the
 * oldest. It is worth as much as such a one: see worth_of(). */
static size_t younger(const struct table *t, size_t at_work, enum keeping *worth)
{
    uint32_t first = t->unborn.first;
    if (!first || *worth < KEEP_BARE)
        return at_work;
    int64_t time = embryo_at(t, t->entries[first - 1].embryo)->time;
    bool older = at_work != TABLE_NONE && *worth == KEEP_BARE &&
                 last_at_work(t, t->seats[t->entries[at_work].seat].body) < time;
    if (older)
        return at_work;
    *worth = KEEP_BARE;
    return first_unborn(t);
}

void table_begins(struct table *t, int64_t now)
{
    t->begun = now;
}

size_t table_victim(struct table *t, int64_t now, bool *full)
{
    enum keeping keeping = KEEP_ONE_SIDED, worth = KEEPINGS;
    *full = false;
    size_t over = first_over(t, now);
    if (over != TABLE_NONE || t->all.used < t->max)
        return over;
    *full = true;
    if (first_silent(t, &t->unborn, now, PACK_ONE_SIDED))
        return first_unborn(t);
    while (keeping < KEEPINGS && !t->packed[keeping].first)
        keeping++;
    size_t at_work = TABLE_NONE;
    if (keeping > KEEP_ENDED)
        at_work = younger(t, least_at_work(t, now, &worth), &worth);
    return worth < keeping ? at_work : keeping < KEEPINGS ? first_packed(t, keeping) : TABLE_NONE;
}

bool table_is_over(const struct table *t, const struct entry *e)
{
    return t->begun - heard_of(t, e) > keep_for((enum keeping)e->keeping);
}

enum keeping table_forget(struct table *t, size_t i, bool full)
{
    const struct entry *e = &t->entries[i];
    bool at_work = e->state == ENTRY_AT_WORK;
    body_t body = at_work ? t->seats[e->seat].body : 0;
    enum keeping keeping = at_work ? keeping_at_work(t, body) : (enum keeping)e->keeping;
    int64_t last = at_work ? last_at_work(t, body) : heard_of(t, e);
    const struct key k = key_of_entry(t, e);
    uint64_t hash = key_hash_long(&k, t->seed);
    if (!t->forgotten)
        t->forgotten = forgotten_new();
    if (t->forgotten && full)
        forgotten_note(t->forgotten, hash, keeping);
    else if (t->forgotten)
        forgotten_note_over(t->forgotten, hash, keeping, last);
    table_remove(t, i, key_hash_short(hash));
    return keeping;
}
