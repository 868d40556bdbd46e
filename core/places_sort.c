/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_sort.c - sorts what the survey has by numbers, in linear time: a digit after the other. */
#include "places_survey.h"

#include <string.h>

enum {
    BITS = 8, /* of a digit */
    VALUES = 1 << BITS,
    DIGITS = 64 / BITS,
    FEW = 32, /* are sorted faster one by one */
};

static void sort_few(struct ranked *r, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct ranked e = r[i];
        size_t at = i;
        for (; at > 0 && r[at - 1].key > e.key; at--)
            r[at] = r[at - 1];
        r[at] = e;
    }
}

static inline unsigned digit(uint64_t key, unsigned which)
{
    return key >> which * BITS & (VALUES - 1);
}

void survey_sort(struct ranked *r, struct ranked *scratch, size_t count)
{
    size_t having[DIGITS][VALUES];
    struct ranked *from = r, *to = scratch;
    if (count <= FEW) {
        sort_few(r, count);
        return;
    }
    memset(having, 0, sizeof having);
    for (size_t i = 0; i < count; i++)
        for (unsigned k = 0; k < DIGITS; k++)
            having[k][digit(r[i].key, k)]++;
    for (unsigned k = 0; k < DIGITS; k++) {
        size_t *at = having[k], sum = 0;
        if (at[digit(r->key, k)] == count)
            continue; /* all have the same */
        for (unsigned value = 0; value < VALUES; value++) {
            size_t here = at[value];
            at[value] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            to[at[digit(from[i].key, k)]++] = from[i];
        struct ranked *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != r)
        memcpy(r, from, count * sizeof *r);
}
