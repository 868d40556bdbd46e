/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_clocks.c - how the clock of a capture stands to that of a trace. */
#include "thresholds.h"
#include "trace_parts.h"

#include <stdlib.h>
#include <string.h>

/* Of lines and RSTs of one connection, the differences of time that lie close together are those of
 * the clocks; the way from the traced host to the place of capture is in them. How close depends on
 * the place: the closest is taken in which most of what can be paired agrees. */
static const int64_t clusters[] = {200 * INT64_C(1000), NS_PER_MS, 5 * NS_PER_MS, 20 * NS_PER_MS,
                                   50 * NS_PER_MS};
enum { CLUSTERS = sizeof clusters / sizeof *clusters };
enum {
    FEW = 32, /* lines of one connection that its RSTs are compared with, for the clocks */
    MOST = 2, /* one in so many of the pairs agrees */
};

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

bool trace_forms_fit(const struct line *l, const struct rst *r)
{
    return !l->sent || !*l->reason || l->either || l->active != is_answer(r);
}

/* Most differences within that width: how many, and the one in the middle. */
static size_t densest(const int64_t *differences, size_t n, int64_t width, int64_t *middle)
{
    size_t best = 0, at = 0;
    for (size_t low = 0, high = 0; low < n; low++) {
        while (high < n && differences[high] - differences[low] <= width)
            high++;
        if (high - low > best) {
            best = high - low;
            at = low;
        }
    }
    *middle = best ? differences[at + best / 2] : 0;
    return best;
}

/* A RST among those of its connection. */
struct rank {
    uint64_t key;
    size_t rst, number, of;
};

static int by_connection(const void *x, const void *y)
{
    const struct rank *a = x, *b = y;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->rst > b->rst) - (a->rst < b->rst);
}

/* By connection, in order of time in each; to be freed. NULL: no memory. */
static struct rank *rank_all(struct rst *rsts, size_t count)
{
    struct rank *ranks = malloc((count + 1) * sizeof *ranks);
    if (!ranks)
        return NULL;
    for (size_t i = 0; i < count; i++)
        ranks[i] = (struct rank){rsts[i].key, i, 0, 0};
    qsort(ranks, count, sizeof *ranks, by_connection);
    for (size_t from = 0, to; from < count; from = to) {
        uint32_t forms[2] = {0, 0};
        for (to = from; to < count && ranks[to].key == ranks[from].key; to++) {
            struct rst *r = &rsts[ranks[to].rst];
            ranks[to].number = to - from;
            r->place = forms[is_answer(r)]++;
        }
        for (size_t i = from; i < to; i++) {
            struct rst *r = &rsts[ranks[i].rst];
            ranks[i].of = to - from;
            r->of = forms[is_answer(r)];
        }
    }
    return ranks;
}

/* Of as many lines as RSTs each with its own, in order; else each with each. */
static size_t add_differences(const struct tcprst_trace *t, const struct rst *r,
                              const struct rank *rank, uint64_t key, bool sent,
                              int64_t *differences, size_t n)
{
    struct run run = trace_lines_of(t, key, INT64_MIN, MANY);
    size_t fitting = 0, added = 0;
    for (size_t k = run.first; k < run.first + run.count; k++)
        fitting += t->lines[k].sent == sent;
    for (size_t k = run.first, number = 0; k < run.first + run.count && added < FEW; k++) {
        if (t->lines[k].sent != sent)
            continue;
        bool own = fitting != rank->of || number == rank->number;
        number++;
        if (!own || !trace_forms_fit(&t->lines[k], r))
            continue;
        differences[n++] = r->time - t->lines[k].time;
        added++;
    }
    return n;
}

void trace_find_ahead(const struct tcprst_trace *t, struct rst *rsts, size_t count, bool sent,
                      struct clocks *clocks)
{
    size_t n = 0, paired = 0;
    int64_t *differences = malloc((count * FEW + 1) * sizeof *differences);
    struct rank *ranks = rank_all(rsts, count);
    memset(clocks, 0, sizeof *clocks);
    if (!differences || !ranks) {
        free(differences);
        free(ranks);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct rst *r = &rsts[ranks[i].rst];
        size_t before = n;
        n = add_differences(t, r, &ranks[i], r->key, sent, differences, n);
        if (n == before)
            n = add_differences(t, r, &ranks[i], r->own_key, sent, differences, n);
        paired += n > before;
    }
    qsort(differences, n, sizeof *differences, by_number);
    for (unsigned i = 0; i < CLUSTERS && n; i++) {
        clocks->width = clusters[i];
        clocks->agreeing = densest(differences, n, clusters[i], &clocks->ahead);
        if (MOST * clocks->agreeing >= paired && (clocks->agreeing > 1 || paired == 1))
            break;
    }
    free(differences);
    free(ranks);
}
