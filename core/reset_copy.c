/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset_copy.c - whether a RST is the same packet captured before, and whether all packets of its
 * connection are captured at two places.
 */
#include "reset_parts.h"

#include "thresholds.h"

static inline bool same_reset(const struct reset *r, const struct recent *e)
{
    /* What tells nearly all others from it. */
    if (e->ip_id != r->ip_id || e->seq != r->seq)
        return false;
    if (!(e->flags & TCPRST_RST) || !!(e->bits & RECENT_FROM_B) != r->d ||
        (e->bits & RECENT_DUPLICATE))
        return false;
    int hops = e->ttl - r->ttl;
    return e->ack == r->ack && e->flags == r->flags && e->window == r->window &&
           e->length == r->payload_length && hops >= -1 && hops <= 1;
}

/* All packets but one or two, so far. */
static bool captured_twice(const struct connection *c)
{
    return 2 * (uint64_t)c->copies + 2 >= c->segments;
}

static bool has_copy(const struct connection *c, const struct recent *t)
{
    const struct recent *e;
    for (uint64_t n = 0; n < DUPLICATE_BACK && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (e->where <= t->where)
            return false;
        if ((e->bits & RECENT_DUPLICATE) && !((e->bits ^ t->bits) & RECENT_FROM_B) &&
            e->seq == t->seq && e->ack == t->ack && e->flags == t->flags && e->ip_id == t->ip_id)
            return true;
    }
    return false;
}

/* Where every packet is captured at two places, what was captured at one was swallowed between. */
void reset_note_once(struct reset *r, const struct connection *c)
{
    if (!r->copies.all_doubled)
        return;
    r->drawn.once = r->has_trigger && !has_copy(c, &r->trigger);
    for (unsigned i = 0; i < r->drawn.other_count; i++)
        r->drawn.others[i].once = !has_copy(c, &r->drawn.others[i].segment);
}

/* What is remembered, RSTs apart: packets captured once or first, and copies. */
struct tally {
    unsigned originals, copies;
};

/* Of the ends in that mask, but for those with one of these bits. */
static struct tally tally(const struct connection *c, unsigned ends, unsigned without)
{
    struct tally n = {0, 0};
    const struct recent *e;
    for (uint64_t i = 0; i < MAX_RELATED && (e = recent_back(&c->recents, i)) != NULL; i++) {
        if ((e->flags & TCPRST_RST) || (e->bits & without) ||
            !(ends >> !!(e->bits & RECENT_FROM_B) & 1))
            continue;
        n.copies += (e->bits & RECENT_DUPLICATE) != 0;
        n.originals += !(e->bits & RECENT_DUPLICATE);
    }
    return n;
}

/* All but one of those no RST answered: what was answered may have been kept from the second place.
 */
static bool forwarded_twice(const struct connection *c)
{
    const struct reset *before = c->last_reset;
    if (!c->apart)
        return false;
    struct tally n = tally(c, 3, RECENT_ANSWERED);
    /* A long row of answers leaves but what they answer to be remembered: as those before it. */
    if (n.copies < 3 && before && before->incarnation == c->number)
        return before->copies.all_doubled;
    return n.copies >= 3 && n.copies + 1 >= n.originals;
}

/* Those of end d, all but one; where there are none, nothing speaks against it. */
static bool own_twice(const struct connection *c, unsigned d)
{
    struct tally n = tally(c, 1u << d, 0);
    return !n.originals || (n.copies && n.copies + 1 >= n.originals);
}

/* Whether a router stands between the two places the packets are captured at: of the newest copy.
 */
static bool copies_differ(const struct connection *c)
{
    const struct recent *copy = NULL, *e;
    for (uint64_t n = 0; n < MAX_RELATED && (e = recent_back(&c->recents, n)) != NULL; n++) {
        if (copy && !((e->bits ^ copy->bits) & RECENT_FROM_B) && e->seq == copy->seq &&
            e->ack == copy->ack && e->flags == copy->flags && e->ip_id == copy->ip_id)
            return e->ttl != copy->ttl;
        if (!copy && (e->bits & RECENT_DUPLICATE) && !(e->flags & TCPRST_RST))
            copy = e;
    }
    return false;
}

/* That end sent again what it had sent. */
static bool is_repeated(const struct recent *e, int d)
{
    return !!(e->bits & RECENT_FROM_B) == d && (e->bits & RECENT_REPEATED);
}

_Static_assert(DUPLICATE_WINDOW / LATELY_TICK < UINT16_MAX / 8,
               "few look late for wrapping around");

bool reset_came_lately(uint16_t *lately, const struct reset *r)
{
    uint64_t hash = ((uint64_t)r->seq << 32 | r->ack) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ r->ip_id) * 0x9e3779b97f4a7c15u;
    uint16_t *slot = &lately[(hash >> 32) % LATELY];
    uint16_t now = (uint16_t)((uint64_t)r->when / LATELY_TICK);
    bool found = (uint16_t)(now - *slot) <= DUPLICATE_WINDOW / LATELY_TICK + 1;
    *slot = now;
    return found || !SHORTCUTS;
}

/* So many copies an original has where both are captured: as many as the connection's other packets
 * have. */
static unsigned copies_of_each(const struct connection *c)
{
    struct tally n = tally(c, 3, 0);
    unsigned each = n.originals ? (n.copies + n.originals / 2) / n.originals : UINT16_MAX;
    return each ? each : 1;
}

/* A sender may repeat a RST to the last bit, at once: it is no copy of an original that has all of
 * its own. Where there are no others, nothing is known; nor by its identification, where only some
 * packets come more than once: a network doubles as it likes. *each: copies_of_each(), 0: not asked
 * for yet. */
static bool has_all_copies(const struct connection *c, const struct recent *e, uint16_t leg,
                           unsigned *each)
{
    if (e->leg || leg || !e->copied || (e->ip_id && !captured_twice(c)))
        return false;
    if (!*each)
        *each = copies_of_each(c);
    return e->copied >= *each;
}

static struct recent *count_copy(struct recent *e, uint16_t leg)
{
    if (!e->leg && !leg)
        e->copied += e->copied < UINT16_MAX;
    return e;
}

/* A capture that takes packets twice takes others twice too: those of its connection, as far as
 * there are any, unless a router stood between this RST and itself. */
static bool takes_twice(const struct connection *c, const struct recent *e, const struct reset *r)
{
    uint64_t others = c->end[0].segments + c->end[1].segments;
    return c->copies || !others || (others < 3 && e->ttl != r->ttl);
}

/*
 * The same packet captured twice. Its IP identification tells where it has one; the RSTs of a burst
 * are alike to the last bit but for their time, so without an identification only one that no
 * segment accounts for can be a copy.
 */
static struct recent *find_original(const struct reset *r, const struct connection *c, bool lately)
{
    struct recent *original = NULL;
    const struct recents *recents = &c->recents;
    bool again = false; /* others of its sender came once more since: of so many that was asked */
    uint64_t asked = 0;
    unsigned each = 0;
    if (!lately)
        return NULL;
    /* Two capture points some way apart have much of a bulk transfer in between. */
    uint64_t back = r->ip_id || r->leg ? DUPLICATE_BACK : RECENT_MIN * 2;
    back = back < recents->held ? back : recents->held;
    for (uint64_t n = 0; n < back; n++) {
        struct recent *e = &recents->entries[(recents->pushed - 1 - n) & (recents->capacity - 1)];
        int64_t apart = r->when - e->time;
        if (apart > DUPLICATE_WINDOW)
            break;
        if (!same_reset(r, e))
            continue;
        for (; asked <= n; asked++)
            again |= is_repeated(recent_back(recents, asked), r->d);
        enum legs legs = recent_legs(e, r->leg);
        /* Those alike come in order: the oldest behind the last that was captured here too. */
        if (legs == LEGS_APART && e->copied == r->leg)
            break;
        if (legs == LEGS_APART)
            original = e;
        if (legs != LEGS_UNKNOWN)
            continue;
        if (!again && !takes_twice(c, e, r))
            return NULL;
        if (has_all_copies(c, e, r->leg, &each))
            continue;
        if (r->ip_id)
            return count_copy(e, r->leg);
        /* Where every packet is seen twice, so is this one, and from as far away as they. */
        if (apart <= DUPLICATE_WINDOW_NO_ID && c->copies >= 1 &&
            (captured_twice(c) || forwarded_twice(c)) && copies_differ(c) == (e->ttl != r->ttl))
            return count_copy(e, r->leg);
        if (r->has_trigger)
            return NULL;
        if (e->ttl != r->ttl)
            return count_copy(e, r->leg);
    }
    if (original)
        original->copied = r->leg;
    return original;
}

struct recent *reset_find_original(struct reset *r, const struct tcprst_segment *s,
                                   const struct connection *c, bool lately)
{
    r->copies.all_doubled = (captured_twice(c) && c->copies >= 3) || forwarded_twice(c);
    r->copies.own_doubled = r->copies.all_doubled && own_twice(c, r->d);
    struct recent *original = find_original(r, c, lately);
    if (s->seen.copy_of.number) {
        r->duplicate_of = where_pack(s->seen.copy_of);
    } else if (original) {
        r->duplicate_of = original->where;
        r->copies.doubled = recent_legs(original, r->leg) == LEGS_APART ||
                            copies_differ(c) == (original->ttl != r->ttl);
    }
    return original;
}

/* Of these, count in a row, whether one has been the same packet as e. */
static bool is_among(const struct recent *row, uint64_t count, const struct recent *e)
{
    for (const struct recent *p = row; p < row + count; p++)
        if (p->ip_id == e->ip_id && p != e && p->seq == e->seq && p->ack == e->ack &&
            p->flags == e->flags && p->length == e->length && p->window == e->window &&
            !((p->bits ^ e->bits) & RECENT_FROM_B))
            return true;
    return false;
}

bool reset_captured_before(const struct connection *c, const struct recent *e)
{
    const struct recents *recents = &c->recents;
    uint64_t back = recents->held < MERGED_BACK ? recents->held : MERGED_BACK,
             from = (recents->pushed - back) & (recents->capacity - 1),
             row = recents->capacity - from < back ? recents->capacity - from : back;
    return e->ip_id &&
           (is_among(recents->entries + from, row, e) || is_among(recents->entries, back - row, e));
}

void reset_meet_original(struct reset *r)
{
    if (!r->duplicate_of)
        return;
    /* It is among the newest, as find_original() looked. */
    unsigned looked = 0;
    for (struct reset *p = r->connection->last_reset;
         p && !p->judged.done && looked < DUPLICATE_BACK; p = p->previous_of_connection, looked++)
        if (where_pack(p->frame) == r->duplicate_of) {
            if (p->duplicate_of && p->duplicate_of != r->duplicate_of) {
                r->duplicate_of = p->duplicate_of; /* of a copy: of its original */
                continue;
            }
            r->copies.duplicate_serial = p->serial;
            p->copies.doubled |= r->copies.doubled;
            p->copies.seen_at |= r->copies.seen_at;
            return;
        }
    if (!r->packet.seen.copy_of.number)
        r->duplicate_of = 0; /* its original is final already: too late to be told apart */
}
