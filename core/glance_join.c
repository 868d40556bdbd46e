/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance_join.c - the glances at several places of one traffic, made one: what is to be followed at
 * one place is at all of them, under whatever name. Read upward from tcprst_glance_join().
 */
#include "fetch.h"
#include "glance_parts.h"
#include "sequence.h"

#include <stdlib.h>

enum {
    MATCHED_MOST = 16, /* connections of two hosts */
    AHEAD = 16,        /* of a name its glimpses are fetched so many before */
};
/* Opened so much later at the one place, it cannot have begun before the other was looking. */
#define BEGUN_BEFORE (10 * NS_PER_S)

struct join {
    struct tcprst_glance *const *glances;
    const int64_t *ahead;
    size_t count;
    size_t names; /* connections, each name once */
    bool renamed; /* names that some place lacks may be others of what it has */
};

static void set(struct tcprst_glance *g, struct glimpse *e, unsigned bit)
{
    if (bit == FOLLOWED && !(e->bits & FOLLOWED))
        g->followed++;
    e->bits |= (uint8_t)bit;
}

/* The same name at every place. */
static void set_everywhere(const struct join *j, uint64_t hash, unsigned bit)
{
    for (size_t n = 0; n < j->count; n++) {
        struct glimpse *e = glance_find(j->glances[n], hash);
        if (e->hash)
            set(j->glances[n], e, bit);
    }
}

static const struct opening *opening_of(const struct tcprst_glance *g, const struct glimpse *e)
{
    return &g->openings[e->number];
}

/* Those of a place's names are looked at one after the other, this one now. */
static inline void fetch_later(const struct join *j, const struct tcprst_glance *g, size_t i)
{
    if (i + AHEAD >= g->used)
        return;
    uint64_t hash = g->openings[i + AHEAD].hash;
    for (size_t n = 0; n < j->count; n++)
        fetch(&j->glances[n]->glimpses[hash & j->glances[n]->mask]);
}

/* ---- a name's glimpses ---- */

/* Whether two places show the same ordinary connection: what of it comes in which order then says
 * nothing to anybody. */
static bool alike(const struct opening *x, const struct glimpse *a, const struct opening *y,
                  const struct glimpse *b)
{
    bool openings = (x->seq | x->stamp) && (y->seq | y->stamp);
    if ((a->bits ^ b->bits) & (3 * SEEN | 3 * FIN | ASKS))
        return false;
    /* Something between counts an end's octets from elsewhere. */
    if (openings && x->seq != y->seq)
        return x->stamp && x->stamp == y->stamp;
    for (int d = 0; d < 2; d++) {
        int32_t apart = seq_diff(a->reach[d], b->reach[d]);
        if ((a->bits & SEEN << d) && (apart > NEAR || apart < -NEAR))
            return false;
    }
    return true;
}

/* A name that no place before the n-th has. */
static void settle_name(struct join *j, size_t n, const struct opening *x)
{
    const struct glimpse *first = glance_find(j->glances[n], x->hash);
    bool follow = first->bits & FOLLOWED;
    uint16_t has = (uint16_t)(1u << n);
    for (size_t k = n + 1; k < j->count; k++) {
        const struct glimpse *e = glance_find(j->glances[k], x->hash);
        if (!e->hash)
            continue;
        has |= (uint16_t)(1u << k);
        follow = follow || e->bits & FOLLOWED || !alike(x, first, opening_of(j->glances[k], e), e);
    }
    j->names++;
    bool lacking = has != (1u << j->count) - 1;
    j->renamed |= lacking;
    for (size_t k = n; k < j->count; k++) {
        struct glimpse *e = glance_find(j->glances[k], x->hash);
        if (!(has >> k & 1))
            continue;
        e->bits &= (uint8_t) ~(3 * SEEN);
        e->bits |= lacking ? LACKING : 0;
        set(j->glances[k], e, follow ? FOLLOWED : 0);
    }
}

static void settle_names(struct join *j)
{
    for (size_t n = 0; n < j->count; n++) {
        const struct tcprst_glance *g = j->glances[n];
        for (size_t i = 0; i < g->used; i++) {
            bool before = false;
            fetch_later(j, g, i);
            for (size_t k = 0; k < n && !before; k++)
                before = glance_find(j->glances[k], g->openings[i].hash)->hash;
            if (!before)
                settle_name(j, n, &g->openings[i]);
        }
    }
}

/* ---- other names of the same ---- */

static int64_t aligned(const struct join *j, size_t n, uint32_t ticks)
{
    return j->glances[n]->began + (int64_t)ticks * TICK - j->ahead[n];
}

/* What began before a place was looking is there without the opening by which its other names are
 * found: it is followed, and so is elsewhere what may be it. */
static void follow_begun_before(struct join *j)
{
    uint16_t midway = 0;
    for (size_t n = 0; n < j->count; n++) {
        const struct tcprst_glance *g = j->glances[n];
        for (size_t i = 0; i < g->used; i++) {
            const struct opening *o = &g->openings[i];
            if ((o->seq | o->stamp) || !(glance_find(g, o->hash)->bits & LACKING))
                continue;
            set_everywhere(j, o->hash, FOLLOWED);
            midway |= (uint16_t)(1u << n);
        }
    }
    for (size_t n = 0; n < j->count; n++) {
        const struct tcprst_glance *g = j->glances[n];
        int64_t until = INT64_MIN;
        for (size_t k = 0; k < j->count; k++)
            if (k != n && (midway >> k & 1) && aligned(j, k, 0) + BEGUN_BEFORE > until)
                until = aligned(j, k, 0) + BEGUN_BEFORE;
        /* They stand in the order in which they began. */
        for (size_t i = 0; i < g->used && aligned(j, n, g->openings[i].began) <= until; i++)
            if (glance_find(g, g->openings[i].hash)->bits & LACKING)
                set_everywhere(j, g->openings[i].hash, FOLLOWED);
    }
}

static uint64_t mark_of(uint64_t kind, uint32_t number)
{
    return (kind << 32 | number) * 0x9e3779b97f4a7c15u;
}

/* Once: what has that bit marks others by its number or stamp; or what some place lacks, and is
 * marked so, gets the bit. Returns whether any did. */
static bool spread(const struct join *j, struct glance_filter *marks, unsigned bit, bool marking)
{
    bool any = false;
    for (size_t n = 0; n < j->count; n++) {
        const struct tcprst_glance *g = j->glances[n];
        for (size_t i = 0; i < g->used; i++) {
            const struct opening *o = &g->openings[i];
            fetch_later(j, g, i);
            unsigned bits = glance_find(g, o->hash)->bits;
            if (!(bits & bit) == marking || !(marking || bits & LACKING) || !(o->seq | o->stamp))
                continue;
            uint64_t seq = mark_of(1, o->seq), stamp = mark_of(2, o->stamp);
            if (marking) {
                filter_add(marks, seq);
                filter_add(marks, o->stamp ? stamp : seq);
            } else if (filter_has(marks, seq) || (o->stamp && filter_has(marks, stamp))) {
                set_everywhere(j, o->hash, bit);
                any = true;
            }
        }
    }
    return any;
}

/* False: no memory. */
static bool spread_to_names(const struct join *j, unsigned bit)
{
    struct glance_filter marks;
    size_t most = 0;
    for (size_t n = 0; n < j->count; n++)
        most += j->glances[n]->used;
    if (!j->renamed)
        return true;
    if (!glance_filter_make(&marks, most))
        return false;
    /* A connection has a name a place at most. */
    for (size_t rounds = 1; rounds < j->count; rounds++) {
        spread(j, &marks, bit, true);
        if (!spread(j, &marks, bit, false))
            break;
    }
    free(marks.bits);
    return true;
}

/* ---- the way between the places ---- */

struct hosts {
    uint32_t id; /* 0: none */
    uint32_t matched;
};

struct host_table {
    struct hosts *at;
    size_t mask;
};

static struct hosts *find_hosts(const struct host_table *t, uint32_t id)
{
    id += !id;
    size_t p = id & t->mask;
    while (t->at[p].id && t->at[p].id != id)
        p = (p + 1) & t->mask;
    return &t->at[p];
}

static bool note_hosts(const struct join *j, struct host_table *t)
{
    size_t size = 64;
    for (size_t n = 0; n < j->count; n++)
        while (size < 2 * j->glances[n]->followed * j->count)
            size *= 2;
    t->at = calloc(size, sizeof *t->at);
    t->mask = size - 1;
    for (size_t n = 0; t->at && n < j->count; n++) {
        const struct tcprst_glance *g = j->glances[n];
        for (size_t i = 0; i <= g->mask; i++)
            if (g->glimpses[i].hash && g->glimpses[i].bits & FOLLOWED) {
                uint32_t id = opening_of(g, &g->glimpses[i])->hosts;
                find_hosts(t, id)->id = id + !id;
            }
    }
    return t->at != NULL;
}

/* Of hosts that have a connection which is followed, the first of the others, at each place. */
static bool match_some(const struct join *j)
{
    struct host_table t;
    if (!note_hosts(j, &t))
        return false;
    for (size_t n = 0; n < j->count; n++) {
        const struct tcprst_glance *g = j->glances[n];
        for (size_t i = 0; i <= t.mask; i++)
            t.at[i].matched = 0;
        for (size_t i = 0; i < g->used; i++) {
            fetch_later(j, g, i);
            struct hosts *h = find_hosts(&t, g->openings[i].hosts);
            if (!h->id || h->matched >= MATCHED_MOST ||
                (glance_find(g, g->openings[i].hash)->bits & FOLLOWED))
                continue;
            h->matched++;
            set_everywhere(j, g->openings[i].hash, MATCHED);
        }
    }
    free(t.at);
    return spread_to_names(j, MATCHED);
}

/* ---- all of it ---- */

static bool turn(const struct join *j)
{
    struct tcprst_glance *first = j->glances[0];
    uint64_t all = 0;
    size_t most = 0;
    for (size_t n = 0; n < j->count; n++) {
        struct tcprst_glance *g = j->glances[n];
        most += g->used;
        if (!glance_turn(g) || (n && !glance_filter_make(&g->filter, g->used)))
            return false;
        all += g->all;
        g->first = first;
        g->others = n + 1 < j->count ? j->glances[n + 1] : NULL;
    }
    if (!glance_filter_make(&first->filter, most))
        return false;
    for (size_t n = 0; n < j->count; n++) {
        struct tcprst_glance *g = j->glances[n];
        for (size_t i = 0; i <= g->mask; i++) {
            if (!(g->glimpses[i].bits & (FOLLOWED | MATCHED | MIDWAY)))
                continue;
            filter_add(&g->filter, g->glimpses[i].hash);
            filter_add(&first->filter, g->glimpses[i].hash);
        }
    }
    first->all = all;
    return true;
}

bool tcprst_glance_join(struct tcprst_glance *const *glances, const int64_t *ahead, size_t count)
{
    struct join j = {.glances = glances, .ahead = ahead, .count = count};
    if (count < 1 || count > TCPRST_MAX_PLACES)
        return false;
    settle_names(&j);
    if (j.names > glances[0]->most)
        return false;
    if (j.renamed)
        follow_begun_before(&j);
    return spread_to_names(&j, FOLLOWED) && match_some(&j) && turn(&j);
}
