/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places_same.c - whether two sources are two places on the way, or one: see places_survey.h.
 *
 * Two recordings of one place (a copy, what another filter let pass, what is left of it when it was
 * cut) show the same packets with the same TTL, and times that differ by their clocks and by
 * nothing else. Where packets travelled, the way shows: a router on it takes from the TTL, and
 * without one what goes comes later at one of them, what returns at the other. Who says that two
 * are places says what a packet's sender is known by; so it is what has to be shown.
 */
#include "places_survey.h"
#include "thresholds.h"

#include <stdlib.h>

/* ---- copies ---- */

static inline unsigned way_of(const struct pair *p)
{
    return p->bits & BIT_DIRECTION;
}

/* The most that lie within so much of each other, of numbers in order: where they begin. Returns
 * where they end. */
static size_t most_within(const struct ranked *ahead, size_t count, int64_t width, size_t *begin)
{
    size_t best = 0;
    *begin = 0;
    for (size_t from = 0, to = 0; from < count; from++) {
        while (to < count && number_of_key(ahead[to].key) - number_of_key(ahead[from].key) <= width)
            to++;
        if (to - from > best) {
            best = to - from;
            *begin = from;
        }
    }
    return *begin + best;
}

/* Of the pairs from..to the difference of the clocks that most of them show, to within what times
 * are rounded to. Returns false where there are none. */
static bool find_difference(const struct tcprst_survey *s, size_t from, size_t to, struct edge *e)
{
    size_t count = to - from, begin;
    struct ranked *ahead = malloc((2 * count + 1) * sizeof *ahead);
    if (!ahead || !count) {
        free(ahead);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        ahead[i].key = key_of_number(s->pairs[from + i].ahead);
    survey_sort(ahead, ahead + count, count);
    size_t end = most_within(ahead, count, survey_grain(s, e->a, e->b), &begin);
    e->least = number_of_key(ahead[begin].key);
    e->most = number_of_key(ahead[end - 1].key);
    free(ahead);
    return true;
}

/* What others may differ by that were not in the sample: by all that one of them was rounded by. */
static void allow_rounding(const struct tcprst_survey *s, struct edge *e)
{
    int64_t grain = survey_grain(s, e->a, e->b), least = e->least;
    if (e->least == e->most && s->sources[e->a].grain == s->sources[e->b].grain)
        return;
    e->least = e->most - grain;
    e->most = least + grain;
}

/* Whether they are copies: nearly all differ by the same, of either direction, and what else the
 * sources share is not more than that. Then these become the edge's pairs. */
static bool are_copies(struct tcprst_survey *s, struct edge *e, size_t from, size_t to)
{
    size_t all[2] = {0, 0}, exact[2] = {0, 0}, other[2] = {0, 0}, kept = from;
    if (!find_difference(s, from, to, e))
        return false;
    for (size_t i = from; i < to; i++) {
        const struct pair *p = &s->pairs[i];
        bool is_exact = p->ahead >= e->least && p->ahead <= e->most;
        all[way_of(p)]++;
        exact[way_of(p)] += is_exact;
    }
    for (size_t i = e->from; i < e->to; i++)
        other[way_of(&s->pairs[i])]++;
    for (unsigned way = 0; way < 2; way++) {
        size_t most = all[way] > other[way] ? all[way] : other[way];
        if (EXACT_OF * exact[way] < EXACT_LEAST * most)
            return false;
    }
    for (size_t i = from; i < to; i++)
        if (s->pairs[i].ahead >= e->least && s->pairs[i].ahead <= e->most)
            s->pairs[kept++] = s->pairs[i];
    e->from = from;
    e->to = kept;
    e->common = (uint32_t)(kept - from);
    allow_rounding(s, e);
    return true;
}

/* ---- a way ---- */

/* Routers stand between the two, or something that writes its own TTL. */
static bool hops_show(const struct pair *pairs, size_t count)
{
    size_t all[2] = {0, 0}, other[2] = {0, 0};
    for (size_t i = 0; i < count; i++) {
        all[way_of(&pairs[i])]++;
        other[way_of(&pairs[i])] += pairs[i].other_ttl;
    }
    return (all[0] && 2 * other[0] >= all[0]) || (all[1] && 2 * other[1] >= all[1]);
}

/* The time on the way shows: of two packets that came shortly after each other in opposite
 * directions, the difference of clocks falls out of the difference. */
static bool delays_show(const struct pair *pairs, size_t count, int64_t grain)
{
    size_t compared = 0, longer[2] = {0, 0}, clearly[2] = {0, 0};
    for (size_t i = 1; i < count; i++) {
        const struct pair *p = &pairs[i - 1], *q = &pairs[i];
        if (way_of(p) == way_of(q))
            continue;
        int64_t more = way_of(p) ? p->ahead - q->ahead : q->ahead - p->ahead;
        int64_t length = more < 0 ? -more : more;
        compared++;
        longer[more > 0] += length > grain;
        clearly[more > 0] += length > grain && length > STAMPED_APART;
        i++; /* each once */
    }
    bool there = longer[1] > longer[0];
    return compared && WAY_OF * longer[there] >= WAY_PART * compared &&
           (compared >= WAY_PAIRS || 2 * clearly[there] > compared);
}

/* How far apart one packet may be at both, where there is no way: two recorders stamp it. */
static void find_spread(const struct tcprst_survey *s, struct edge *e)
{
    size_t count = e->to - e->from, off = count / OUTLIERS;
    struct ranked *ahead = malloc((2 * count + 1) * sizeof *ahead);
    e->least = e->most = 0;
    if (ahead && count) {
        for (size_t i = 0; i < count; i++) {
            ahead[i].key = key_of_number(s->pairs[e->from + i].ahead);
            e->renamed |= s->pairs[e->from + i].renamed;
        }
        survey_sort(ahead, ahead + count, count);
        e->least = number_of_key(ahead[off].key);
        e->most = number_of_key(ahead[count - 1 - off].key);
    }
    free(ahead);
}

bool survey_is_same(struct tcprst_survey *s, struct edge *e, size_t from, size_t to)
{
    e->exact = are_copies(s, e, from, to);
    if (e->exact)
        return true;
    const struct pair *pairs = &s->pairs[e->from];
    size_t count = e->to - e->from;
    if (hops_show(pairs, count) || delays_show(pairs, count, survey_grain(s, e->a, e->b)))
        return false;
    find_spread(s, e);
    return true;
}

/* ---- of one place ---- */

/* The least source that i leads to, on the way there each made to lead further. */
static uint32_t point_of(struct source *sources, uint32_t i)
{
    while (sources[i].point != i)
        i = sources[i].point = sources[sources[i].point].point;
    return i;
}

void survey_find_points(struct tcprst_survey *s)
{
    for (size_t k = 0; k < s->edge_count; k++) {
        const struct edge *e = &s->edges[k];
        if (!e->same)
            continue;
        uint32_t a = point_of(s->sources, e->a), b = point_of(s->sources, e->b);
        s->sources[a < b ? b : a].point = a < b ? a : b;
    }
    for (uint32_t i = 0; i < s->source_count; i++)
        s->sources[i].point = point_of(s->sources, i);
}

/* Whether it shows its packets better than another: more of each, at finer times, more of them. */
static bool is_better(const struct source *a, const struct source *b)
{
    uint64_t kept_a = a->length ? a->captured * 1000 / a->length : 0;
    uint64_t kept_b = b->length ? b->captured * 1000 / b->length : 0;
    if (kept_a != kept_b)
        return kept_a > kept_b;
    if (a->grain != b->grain)
        return a->grain < b->grain;
    return a->samples > b->samples;
}

/* Of one point, whose first source it is. */
static void set_point(struct tcprst_survey *s, uint32_t first)
{
    uint32_t best = first, count = 0;
    int64_t least = s->clocks[first].error, most = 0, grain = 0;
    bool other_names = false;
    for (uint32_t i = first; i < s->source_count; i++) {
        if (s->sources[i].point != first)
            continue;
        best = is_better(&s->sources[i], &s->sources[best]) ? i : best;
        least = s->clocks[i].error < least ? s->clocks[i].error : least;
        most = s->clocks[i].error > most ? s->clocks[i].error : most;
        grain = s->sources[i].grain > grain ? s->sources[i].grain : grain;
        other_names |= s->clocks[i].other_names;
        count++;
    }
    const int64_t apart = most - least < CLOCKS_APART ? most - least : CLOCKS_APART;
    uint32_t lane = 0;
    for (uint32_t i = first; count > 1 && i < s->source_count; i++) {
        struct tcprst_clock *c = &s->clocks[i];
        if (s->sources[i].point != first)
            continue;
        c->copied = true;
        c->other_names = other_names;
        c->lane = (uint8_t)(lane < COPIES_LANES ? lane : COPIES_LANES - 1);
        c->behind = i == best ? 0 : 1 + 2 * apart;
        c->slack = 4 * apart + 2 * grain + 2;
        lane++;
    }
}

void survey_set_copies(struct tcprst_survey *s)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (s->sources[i].point == i)
            set_point(s, i);
}
