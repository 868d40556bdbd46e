/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interfaces.c - see interfaces.h. The analyzer's places.c does the same with captures, and both
 * must: what they say of one file is compared.
 */
#include "interfaces.h"
#include "versions.h"

enum { AHEAD = 32 }; /* segments read before they are taken: see tcprst_places_expect() */

/* One part of a file whose clocks differ, read by itself. */
struct lane {
    struct tcprst_held_cursor cursor;
    struct tcprst_segment next;
    int64_t time; /* of it, aligned */
    bool some;    /* there is one */
};

struct tcprst_interfaces {
    const struct tcprst_held *held;
    struct tcprst_survey *survey;
    const struct tcprst_clock *clocks;
    size_t sources;
    unsigned places;
    uint32_t source_of[TCPRST_MAX_INTERFACES];    /* plus one; 0: none yet */
    uint32_t interface_of[TCPRST_MAX_INTERFACES]; /* by source */
    struct tcprst_places *stream;
    struct tcprst_order *order; /* NULL: their clocks are one */
    struct lane lanes[TCPRST_MAX_APART];
    unsigned lane_count;
    /* Read together; of count those from at on are not taken yet. */
    struct tcprst_segment ahead[AHEAD];
    size_t at, count;
};

/* ---- the survey ---- */

/* Sources are numbered as they come. */
static uint32_t source_of(struct tcprst_interfaces *x, const struct tcprst_segment *segment)
{
    uint32_t interface = MIN(segment->interface, TCPRST_MAX_INTERFACES - 1u);
    uint32_t *source = &x->source_of[interface];
    if (*source == 0) {
        x->interface_of[x->sources] = interface;
        *source = (uint32_t)++x->sources;
    }
    return *source - 1;
}

static void survey_all(struct tcprst_interfaces *x)
{
    struct tcprst_held_cursor cursor = {NULL, 0};
    struct tcprst_segment segment;
    while (tcprst_held_next(x->held, &cursor, &segment))
        tcprst_survey_take(x->survey, source_of(x, &segment), &segment);
}

static unsigned lane_of(struct tcprst_interfaces *x, const struct tcprst_segment *segment)
{
    return tcprst_clock_apart(&x->clocks[source_of(x, segment)]);
}

static void advance(struct tcprst_interfaces *x, unsigned lane)
{
    struct lane *l = &x->lanes[lane];
    do
        l->some = tcprst_held_next(x->held, &l->cursor, &l->next);
    while (l->some && lane_of(x, &l->next) != lane);
    if (!l->some)
        return;
    const struct tcprst_clock *clock = &x->clocks[source_of(x, &l->next)];
    l->time = l->next.time == TCPRST_TIME_UNKNOWN
                  ? INT64_MIN
                  : l->next.time - tcprst_clock_ahead(clock, l->next.time);
}

static bool begin(struct tcprst_interfaces *x, uint64_t seed)
{
    x->clocks = tcprst_survey_finish(x->survey, &x->sources, &x->places);
    if (!x->clocks || !tcprst_clocks_share(x->clocks, x->sources))
        return false;
    x->stream =
        tcprst_places_new(x->clocks, x->sources, x->places, tcprst_held_count(x->held), seed);
    unsigned parts = tcprst_clocks_parts(x->clocks, x->sources);
    if (parts > 1)
        x->order = tcprst_order_new(parts);
    if (!x->stream || (parts > 1 && !x->order))
        return false;
    x->lane_count = MIN(parts, (unsigned)TCPRST_MAX_APART);
    for (unsigned i = 0; i < x->lane_count; i++)
        advance(x, i);
    return true;
}

struct tcprst_interfaces *tcprst_interfaces_survey(const struct tcprst_held *held, uint64_t seed)
{
    struct tcprst_interfaces *x = g_new0(struct tcprst_interfaces, 1);
    x->held = held;
    x->survey = tcprst_survey_new(0);
    if (x->survey)
        survey_all(x);
    if (x->survey && begin(x, seed))
        return x;
    tcprst_interfaces_free(x);
    return NULL;
}

void tcprst_interfaces_free(struct tcprst_interfaces *x)
{
    if (!x)
        return;
    tcprst_survey_free(x->survey);
    tcprst_places_free(x->stream);
    tcprst_order_free(x->order);
    g_free(x);
}

struct tcprst_places *tcprst_interfaces_places(const struct tcprst_interfaces *x)
{
    return x->stream;
}

struct tcprst_order *tcprst_interfaces_order(const struct tcprst_interfaces *x)
{
    return x->order;
}

struct tcprst_interfaces_place tcprst_interfaces_place(const struct tcprst_interfaces *x,
                                                       unsigned place)
{
    struct tcprst_interfaces_place found = {0, 0};
    size_t count = 0;
    for (size_t s = 0; s < x->sources; s++)
        if (x->clocks[s].place == place && count++ == 0)
            found.interface = x->interface_of[s];
    found.more = count ? (uint32_t)count - 1 : 0;
    return found;
}

/* ---- reading together ---- */

/* The next segments by aligned time, of several the first lane's. */
static void merge(struct tcprst_interfaces *x)
{
    x->at = x->count = 0;
    for (; x->count < AHEAD; x->count++) {
        unsigned next = x->lane_count;
        for (unsigned i = 0; i < x->lane_count; i++)
            if (x->lanes[i].some &&
                (next == x->lane_count || x->lanes[i].time < x->lanes[next].time))
                next = i;
        if (next == x->lane_count)
            break;
        x->ahead[x->count] = x->lanes[next].next;
        advance(x, next);
    }
    tcprst_places_expect(x->stream, x->ahead, x->count);
}

const struct tcprst_segment *tcprst_interfaces_next(struct tcprst_interfaces *x)
{
    for (;;) {
        if (x->at == x->count)
            merge(x);
        if (x->count == 0)
            return NULL;
        struct tcprst_segment *s = &x->ahead[x->at++];
        uint32_t source = source_of(x, s);
        /* Left out for want of memory, as the core leaves out what it has none for. */
        if (x->order && !tcprst_order_take(x->order, x->clocks[source].part, &s->frame))
            continue;
        if (tcprst_places_take(x->stream, source, s))
            return s;
    }
}
