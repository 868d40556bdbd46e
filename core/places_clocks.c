/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places_clocks.c - how the clocks of sources stand to one another, by the packets that two have: a
 * packet on its way from one to the other shows the difference and the way, one on its way back the
 * difference less the way.
 */
#include "places_survey.h"
#include "thresholds.h"

#include <stdlib.h>

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* What the pairs of one direction say: points of the lower (upper) edge of the differences. */
struct side {
    double x[BINS], y[BINS];
    size_t count;
};

/* A packet's direction: towards b, or towards a. */
static int direction(const struct pair *p, bool by_hops, bool flipped)
{
    if (by_hops)
        return p->hops > 0 ? 1 : p->hops < 0 ? -1 : 0;
    return !(p->bits & BIT_DIRECTION) != flipped ? 1 : -1;
}

/* scratch, here and below: twice as many as there are pairs. */
static int64_t median_ahead(const struct pair *pairs, size_t count, int which,
                            struct ranked *scratch)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (direction(&pairs[i], false, false) == which)
            scratch[n++].key = key_of_number(pairs[i].ahead);
    survey_sort(scratch, scratch + count, n);
    return n ? number_of_key(scratch[n / 2].key) : 0;
}

/* Whether routers stand between the two, so that the TTL tells which way a packet goes. */
static bool hops_tell(const struct pair *pairs, size_t count)
{
    size_t there = 0, back = 0;
    for (size_t i = 0; i < count; i++) {
        there += pairs[i].hops > 0;
        back += pairs[i].hops < 0;
    }
    return there && back && 2 * (there + back) >= count;
}

/* The smallest (largest) difference in each bin of time, of the packets towards b (a). */
static void edge_of(struct side *side, const struct pair *pairs, size_t count, int which,
                    bool by_hops, bool flipped)
{
    double span = (double)(pairs[count - 1].time - pairs[0].time);
    size_t in[BINS] = {0};
    double x[BINS], y[BINS];
    side->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct pair *p = &pairs[i];
        if (direction(p, by_hops, flipped) != which)
            continue;
        double at = (double)(p->time - pairs[0].time), value = (double)(p->ahead - pairs[0].ahead);
        size_t bin = (size_t)(at / (span + 1) * BINS);
        if (bin >= BINS) /* rounded up */
            bin = BINS - 1;
        if (!in[bin]++ || (which > 0 ? value < y[bin] : value > y[bin])) {
            x[bin] = at;
            y[bin] = value;
        }
    }
    for (size_t i = 0; i < BINS; i++)
        if (in[i] >= BIN_LEAST) {
            side->x[side->count] = x[i];
            side->y[side->count++] = y[i];
        }
}

/* Theil and Sen: the median of the slopes between any two points of an edge. */
static double drift_of(const struct side *sides)
{
    static const size_t LEAST = 6;
    double slopes[BINS * BINS];
    size_t n = 0;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; sides[k].count >= LEAST && i < sides[k].count; i++)
            for (size_t j = i + 1; j < sides[k].count; j++)
                slopes[n++] = (sides[k].y[j] - sides[k].y[i]) / (sides[k].x[j] - sides[k].x[i]);
    if (!n)
        return 0;
    qsort(slopes, n, sizeof *slopes, by_size);
    double drift = slopes[n / 2];
    return drift > DRIFT_MOST || drift < -DRIFT_MOST ? 0 : drift;
}

/* The difference of a direction's quickest packets, the drift taken away; false: there are none. */
static bool quickest(const struct pair *pairs, size_t count, int which, bool by_hops, bool flipped,
                     double drift, struct ranked *scratch, double *value)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (direction(&pairs[i], by_hops, flipped) == which)
            scratch[n++].key = key_of_real((double)(pairs[i].ahead - pairs[0].ahead) -
                                           drift * (double)(pairs[i].time - pairs[0].time));
    if (!n)
        return false;
    survey_sort(scratch, scratch + count, n);
    *value = real_of_key(scratch[which > 0 ? n / OUTLIERS : n - 1 - n / OUTLIERS].key);
    return true;
}

/* By openings alone: the server's comes when the client has answered what stands between; refusals
 * come at once. */
static void compare_openings(const struct pair *pairs, size_t count, struct tcprst_clock *clock)
{
    const struct pair *best = &pairs[0];
    for (size_t i = 1; i < count && !(best->bits & BIT_REFUSAL); i++)
        if (pairs[i].bits & BIT_REFUSAL)
            best = &pairs[i];
    clock->ahead = best->ahead;
    clock->since = best->time;
    clock->one_way = true;
}

/* b's clock, compared with a's, by what both have. */
static bool compare_clocks(const struct tcprst_survey *s, const struct edge *e,
                           struct tcprst_clock *clock)
{
    const struct pair *pairs = &s->pairs[e->from];
    size_t count = e->common;
    if (e->exact) {
        clock->ahead = e->least + (e->most - e->least) / 2;
        clock->since = pairs[0].time;
        clock->error = e->most - clock->ahead;
        return true;
    }
    if (pairs[0].bits & BIT_OPENING) {
        compare_openings(pairs, count, clock);
        return true;
    }
    struct ranked *scratch = malloc(2 * count * sizeof *scratch);
    if (!scratch)
        return false;
    bool by_hops = hops_tell(pairs, count), flipped = false;
    if (!by_hops)
        flipped = median_ahead(pairs, count, 1, scratch) < median_ahead(pairs, count, -1, scratch);
    struct side sides[2];
    double drift = 0, lower = 0, upper = 0;
    if (pairs[count - 1].time - pairs[0].time >= DRIFT_SPAN) {
        edge_of(&sides[0], pairs, count, 1, by_hops, flipped);
        edge_of(&sides[1], pairs, count, -1, by_hops, flipped);
        drift = drift_of(sides);
    }
    bool there = quickest(pairs, count, 1, by_hops, flipped, drift, scratch, &lower);
    bool back = quickest(pairs, count, -1, by_hops, flipped, drift, scratch, &upper);
    free(scratch);
    double middle = there && back ? (lower + upper) / 2 : there ? lower : upper;
    clock->ahead = pairs[0].ahead + (int64_t)middle;
    clock->since = pairs[0].time;
    clock->drift = drift;
    clock->error =
        there && back ? (int64_t)((lower > upper ? lower - upper : upper - lower) / 2) : 0;
    clock->one_way = !(there && back);
    if (e->same && clock->error < (e->most - e->least) / 2)
        clock->error = (e->most - e->least) / 2;
    return true;
}

/* The same relation seen from the other end. */
static void turn_round(struct tcprst_clock *c)
{
    c->since -= c->ahead;
    c->ahead = -c->ahead;
    c->drift = -c->drift;
}

int64_t survey_bounded(int64_t ahead)
{
    const int64_t most = TCPRST_TIME_MOST - TCPRST_TIME_LEAST;
    return ahead > most ? most : ahead < -most ? -most : ahead;
}

/* c was compared with a source whose own clock stands so: what it is to the first one. */
static void go_on_from(struct tcprst_clock *c, const struct tcprst_clock *before)
{
    double drift = c->drift + before->drift;
    c->ahead =
        survey_bounded(c->ahead + survey_bounded(tcprst_clock_ahead(before, c->since - c->ahead)));
    c->drift = drift > DRIFT_MOST ? DRIFT_MOST : drift < -DRIFT_MOST ? -DRIFT_MOST : drift;
    c->error = survey_bounded(c->error + before->error);
    c->one_way |= before->one_way;
}

/* The edge with the most in common that leads from the sources known to one that is not; first
 * within a place, where clocks are told best. */
static struct edge *next_edge(struct tcprst_survey *s, const bool *known)
{
    struct edge *best = NULL;
    for (size_t i = 0; i < s->edge_count; i++) {
        struct edge *e = &s->edges[i];
        bool better = !best || (e->same == best->same ? e->common > best->common : e->same);
        if (known[e->a] != known[e->b] && better)
            best = e;
    }
    return best;
}

static void note_common(const struct tcprst_survey *s, const struct edge *e, struct tcprst_clock *c)
{
    uint64_t common = (uint64_t)e->common << s->halved;
    c->common = common > c->common ? common : c->common;
    c->about = s->halved > 0;
}

static bool set_clock(struct tcprst_survey *s, const struct edge *e, bool *known)
{
    uint32_t from = known[e->a] ? e->a : e->b, to = known[e->a] ? e->b : e->a;
    struct tcprst_clock c = {
        .shares = true, .same_place = e->same, .other_names = e->renamed, .relative_to = from};
    note_common(s, e, &c);
    if (!compare_clocks(s, e, &c))
        return false;
    if (to == e->a)
        turn_round(&c);
    go_on_from(&c, &s->clocks[from]);
    s->clocks[to] = c;
    known[to] = true;
    return true;
}

bool survey_compare_clocks(struct tcprst_survey *s)
{
    bool *known = calloc(s->source_count, 1);
    bool done = known != NULL;
    for (uint32_t i = 0; done && i < s->source_count; i++) {
        if (known[i])
            continue;
        known[i] = true;
        s->clocks[i].relative_to = i;
        for (size_t k = 0; k < s->edge_count; k++) {
            if (s->edges[k].a != i && s->edges[k].b != i)
                continue;
            s->clocks[i].shares = true;
            note_common(s, &s->edges[k], &s->clocks[i]);
        }
        for (struct edge *e; done && (e = next_edge(s, known)) != NULL;)
            done = set_clock(s, e, known);
    }
    free(known);
    return done;
}

/* What follows another source of its place without sharing anything goes by that one's clock. */
void survey_follow_clocks(struct tcprst_survey *s)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        uint32_t best = i;
        for (uint32_t k = 0; !s->clocks[i].shares && k < s->source_count; k++)
            if (s->clocks[k].shares && s->clocks[k].place == s->clocks[i].place &&
                s->sources[k].last <= s->sources[i].first + NS_PER_S &&
                (best == i || s->sources[k].last > s->sources[best].last))
                best = k;
        if (best == i)
            continue;
        bool shares = s->clocks[i].shares;
        s->clocks[i] = s->clocks[best];
        s->clocks[i].shares = shares;
        s->clocks[i].relative_to = best;
        s->clocks[i].common = 0;
    }
}

/* Whether packets of the two that stand in one capture stand in their order. */
static bool in_order(const struct tcprst_clock *a, const struct tcprst_clock *b)
{
    int64_t apart = a->ahead - b->ahead;
    return a->behind == b->behind && apart <= ONE_CLOCK && apart >= -ONE_CLOCK;
}

void survey_set_parts(struct tcprst_survey *s)
{
    uint16_t parts = 0;
    for (size_t i = 0; i < s->source_count; i++) {
        uint16_t part = 0;
        for (size_t k = 0; k < i && part < parts; k++) {
            if (s->clocks[k].part != part)
                continue; /* not the first of that part */
            if (in_order(&s->clocks[k], &s->clocks[i]))
                break;
            part++;
        }
        s->clocks[i].part = part;
        parts += part == parts;
    }
}

unsigned tcprst_clocks_parts(const struct tcprst_clock *clocks, size_t sources)
{
    unsigned most = 0;
    for (size_t s = 0; s < sources; s++)
        most = clocks[s].part > most ? clocks[s].part : most;
    return most + 1;
}

bool tcprst_clocks_share(const struct tcprst_clock *clocks, size_t sources)
{
    for (size_t s = 0; s < sources; s++)
        if (clocks[s].shares)
            return true;
    return false;
}
