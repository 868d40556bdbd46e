/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places.c - which captures are places of one traffic, read together by aligned clocks. */
#include "places.h"

#include "input_merge.h"
#include "input_survey.h"
#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A source: an interface of a capture. */
struct origin {
    uint32_t capture, interface;
};

struct places {
    struct input *input;
    struct tcprst_survey *survey;
    struct tcprst_trace *trace; /* to be shown the RSTs; NULL: none */
    const struct tcprst_clock *clocks;
    struct tcprst_places *stream;
    GArray **source_of; /* by capture, then by interface: source plus one */
    GArray *origins;    /* struct origin, by source */
    uint64_t packets;
    unsigned count;
    size_t sources;
    struct places_wish wish;
    size_t looked;   /* batches of the survey */
    bool one, alone; /* there is one source; nobody else looks on */
    unsigned parts;  /* of one capture, which are read apart from one another */
    bool apart;      /* of several captures, which share no packets, these two overlap in time */
    uint32_t overlap[2];
    char *const *shown; /* the captures' names */
    GPtrArray *names;   /* of the places */
};

static uint32_t add_source(struct places *places, uint32_t capture, uint32_t interface)
{
    GArray *sources = places->source_of[capture];
    if (sources->len <= interface)
        g_array_set_size(sources, interface + 1);
    uint32_t *source = &g_array_index(sources, uint32_t, interface);
    if (*source == 0) {
        struct origin origin = {capture, interface};
        g_array_append_val(places->origins, origin);
        *source = places->origins->len;
    }
    return *source - 1;
}

static inline uint32_t source_of(struct places *places, const struct tcprst_segment *segment)
{
    GArray *sources = places->source_of[segment->frame.capture];
    uint32_t interface = MIN(segment->interface, TCPRST_MAX_INTERFACES - 1u);
    if (G_LIKELY(interface < sources->len)) {
        uint32_t source = g_array_index(sources, uint32_t, interface);
        if (G_LIKELY(source))
            return source - 1;
    }
    return add_source(places, segment->frame.capture, interface);
}

/* The source of that capture's first interface from *i on that the survey knows; *i: which it is.
 */
static bool known_source(const struct places *places, size_t capture, guint *i, uint32_t *source)
{
    const GArray *own = places->source_of[capture];
    for (; *i < own->len; (*i)++) {
        *source = g_array_index(own, uint32_t, *i) - 1; /* there plus one, 0: none */
        if (*source < places->sources)
            return true;
    }
    return false;
}

static bool look_at(void *user, const struct tcprst_segment *segments, size_t count)
{
    struct places *places = user;
    places->alone = places->alone || !places->wish.look(places->wish.look_user, segments, count);
    if (places->one)
        return !places->alone;
    places->packets += count;
    for (size_t i = 0; i < count; i++) {
        uint32_t source = source_of(places, &segments[i]);
        tcprst_survey_take(places->survey, source, &segments[i]);
        if (places->trace)
            tcprst_trace_survey(places->trace, source, &segments[i]);
    }
    /* One capture with one interface is one place. */
    places->one = !places->looked++ && !places->trace && input_count(places->input) == 1 &&
                  input_interfaces(places->input) <= 1;
    return !places->one || !places->alone;
}

static const struct tcprst_glance *glance_of(void *user)
{
    const struct places *places = user;
    return places->one && !places->alone ? places->wish.glance(places->wish.look_user) : NULL;
}

static bool look_briefly(void *user, const struct tcprst_brief *briefs, size_t count)
{
    struct places *places = user;
    places->alone = !places->wish.look_briefly(places->wish.look_user, briefs, count);
    return !places->alone;
}

/* ---- the order ---- */

static const struct tcprst_clock *clock_of(struct places *places,
                                           const struct tcprst_segment *segment)
{
    uint32_t source = source_of(places, segment);
    return &places->clocks[source < places->sources ? source : 0];
}

static int64_t ahead(void *user, const struct tcprst_segment *segment)
{
    return tcprst_clock_ahead(clock_of(user, segment), segment->time);
}

static unsigned part(void *user, const struct tcprst_segment *segment)
{
    return tcprst_clock_apart(clock_of(user, segment));
}

static int64_t begins(void *user, size_t capture)
{
    const struct places *places = user;
    int64_t first = INT64_MAX, time, last;
    uint32_t s;
    for (guint i = 0; known_source(places, capture, &i, &s); i++) {
        if (!tcprst_survey_span(places->survey, s, &time, &last))
            continue;
        time = tcprst_clock_aligned(&places->clocks[s], time);
        first = MIN(first, time);
    }
    return first == INT64_MAX ? INT64_MIN : first;
}

/* ---- what is neither one stream nor places of one traffic ---- */

struct span {
    int64_t first, last;
    uint32_t capture;
};

static int by_first(const void *x, const void *y)
{
    const struct span *a = x, *b = y;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->capture > b->capture) - (a->capture < b->capture);
}

static struct span *spans_of(const struct places *places, size_t count)
{
    struct span *spans = g_new(struct span, count);
    for (uint32_t i = 0; i < count; i++)
        spans[i] = (struct span){INT64_MAX, INT64_MIN, i};
    for (uint32_t s = 0; s < places->origins->len; s++) {
        struct span *own = &spans[g_array_index(places->origins, struct origin, s).capture];
        int64_t first, last;
        if (!tcprst_survey_span(places->survey, s, &first, &last))
            continue;
        own->first = MIN(own->first, first);
        own->last = MAX(own->last, last);
    }
    return spans;
}

/* Captures that follow each other are one stream, were they a little out of order where they meet.
 * These do not: one began well before another ended, or lies within it. */
static void look_for_overlap(struct places *places)
{
    enum { STREAM_MS = 1000, WITHIN_MS = 1 };
    size_t count = input_count(places->input);
    struct span *spans = spans_of(places, count);
    qsort(spans, count, sizeof *spans, by_first);
    const struct span *longest = spans;
    for (size_t i = 1; i < count && !places->apart; i++) {
        if (spans[i].first == INT64_MAX)
            break;
        uint64_t both = longest->last > spans[i].first
                            ? ((uint64_t)longest->last - (uint64_t)spans[i].first) / 1000000
                            : 0;
        bool within = spans[i].last < longest->last;
        places->apart = both >= (within ? WITHIN_MS : STREAM_MS);
        places->overlap[0] = longest->capture;
        places->overlap[1] = spans[i].capture;
        if (spans[i].last > longest->last)
            longest = &spans[i];
    }
    g_free(spans);
}

static void read_together(struct places *places, struct input *input)
{
    struct input_order order = {.ahead = ahead,
                                .begins = begins,
                                .part = part,
                                .user = places,
                                .apart = MIN(places->parts, (unsigned)TCPRST_MAX_APART)};
    input_merge(input, &order);
}

struct places *places_find(struct input *input, const struct places_wish *wish, bool *read_twice)
{
    struct places *places = g_new0(struct places, 1);
    places->input = input;
    places->origins = g_array_new(FALSE, TRUE, sizeof(struct origin));
    places->source_of = g_new0(GArray *, input_count(input));
    for (size_t i = 0; i < input_count(input); i++)
        places->source_of[i] = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    places->survey = tcprst_survey_new(0);
    places->trace = wish->trace;
    places->wish = *wish;
    places->alone = !wish->look;
    const struct input_survey survey = {look_at, glance_of, look_briefly, places};
    *read_twice = places->survey && input_survey(input, &survey);
    if (*read_twice && !wish->separate && !places->one)
        places->clocks = tcprst_survey_finish(places->survey, &places->sources, &places->count);
    if (places->clocks && tcprst_clocks_share(places->clocks, places->sources))
        places->stream = tcprst_places_new(places->clocks, places->sources, places->count,
                                           places->packets, wish->seed);
    else if (places->clocks && input_count(input) > 1)
        look_for_overlap(places);
    if (!places->stream) {
        if (places->apart)
            return places;
        places_free(places);
        return NULL;
    }
    if (input_count(input) == 1)
        places->parts = tcprst_clocks_parts(places->clocks, places->sources);
    read_together(places, input);
    return places;
}

void places_free(struct places *places)
{
    if (!places)
        return;
    for (size_t i = 0; i < input_count(places->input); i++)
        g_array_unref(places->source_of[i]);
    g_free(places->source_of);
    g_array_unref(places->origins);
    tcprst_survey_free(places->survey);
    tcprst_places_free(places->stream);
    if (places->names)
        g_ptr_array_unref(places->names);
    g_free(places);
}

bool places_apart(const struct places *places)
{
    return places && places->apart;
}

struct tcprst_places *places_stream(const struct places *places)
{
    return places ? places->stream : NULL;
}

struct tcprst_order *places_order(const struct places *places, const struct input *input,
                                  bool separate)
{
    if (separate || places_apart(places))
        return NULL;
    if (places && places->parts > 1)
        return tcprst_order_new(places->parts);
    return input_count(input) > 1 ? tcprst_order_new(input_count(input)) : NULL;
}

static void put_in_order(struct tcprst_order *order, size_t lane, struct tcprst_segment *segment)
{
    if (order && !tcprst_order_take(order, lane, &segment->frame))
        g_error("no memory");
}

void places_expect(const struct places *places, const struct tcprst_segment *segments, size_t count)
{
    if (places_stream(places))
        tcprst_places_expect(places->stream, segments, count);
}

bool places_take(struct places *places, struct tcprst_order *order, struct tcprst_segment *segment)
{
    if (!places_stream(places)) {
        put_in_order(order, segment->frame.capture, segment);
        return true;
    }
    uint32_t source = source_of(places, segment);
    size_t lane = places->parts > 1 ? clock_of(places, segment)->part : segment->frame.capture;
    put_in_order(order, lane, segment);
    return tcprst_places_take(places->stream, source, segment);
}

bool places_again(struct places *places, struct input *again)
{
    if (!places_stream(places))
        return true;
    tcprst_places_free(places->stream);
    places->stream = tcprst_places_new(places->clocks, places->sources, places->count,
                                       places->packets, places->wish.seed);
    if (places->stream)
        read_together(places, again);
    return places->stream != NULL;
}

bool places_see(struct places *places, struct tcprst_segment *segment)
{
    return !places_stream(places) ||
           tcprst_places_take(places->stream, source_of(places, segment), segment);
}

bool places_is_one(const struct places *places, size_t capture)
{
    const struct tcprst_clock *first = places_clock(places, capture);
    uint32_t source;
    for (guint i = 0; first && known_source(places, capture, &i, &source); i++)
        if (places->clocks[source].place != first->place)
            return false;
    return true;
}

/* ---- in words ---- */

unsigned places_count(const struct places *places)
{
    return places_stream(places) ? places->count : 1;
}

const struct tcprst_clock *places_clock(const struct places *places, size_t capture)
{
    uint32_t first = UINT32_MAX, source;
    for (guint i = 0; places_stream(places) && known_source(places, capture, &i, &source); i++)
        first = MIN(first, source);
    return first == UINT32_MAX ? NULL : &places->clocks[first];
}

/* Whether the capture of that source has another place, too. */
static bool is_shared(const struct places *places, size_t source)
{
    uint32_t capture = g_array_index(places->origins, struct origin, source).capture, other;
    for (guint i = 0; known_source(places, capture, &i, &other); i++)
        if (places->clocks[other].place != places->clocks[source].place)
            return true;
    return false;
}

static char *source_name(const struct places *places, size_t source)
{
    const struct origin *o = &g_array_index(places->origins, struct origin, source);
    if (is_shared(places, source))
        return g_strdup_printf(_("%s, interface %u"), places->shown[o->capture], o->interface);
    return g_strdup(places->shown[o->capture]);
}

static char *place_name(const struct places *places, unsigned place)
{
    size_t first = SIZE_MAX, count = 0;
    for (size_t s = 0; s < places->sources; s++)
        if (places->clocks[s].place == place && count++ == 0)
            first = s;
    if (first == SIZE_MAX)
        return g_strdup("");
    char *name = source_name(places, first);
    if (count == 1)
        return name;
    char *more = g_strconcat(name, words_counted(count - 1, " and %s more", " and %s more"), NULL);
    g_free(name);
    return more;
}

void places_set_names(struct places *places, char *const *names)
{
    if (!places)
        return;
    places->shown = names;
    places->names = g_ptr_array_new_with_free_func(g_free);
    for (unsigned p = 0; p < places->count; p++)
        g_ptr_array_add(places->names, place_name(places, p));
}

const char *places_name(const struct places *places, unsigned place)
{
    return place < places->names->len ? places->names->pdata[place] : "";
}

/* "1.003 s", "40 µs": of seconds so much that a clock can be set right by it. */
static char *duration(int64_t ns)
{
    char words[DURATION_SIZE];
    int64_t length = llabs(ns);
    if (length >= 1000000000 && length < INT64_C(120000000000))
        return g_strdup_printf("%.3f s", (double)length / 1e9);
    return g_strdup(string_duration(words, length));
}

static uint64_t three_digits(uint64_t number)
{
    uint64_t unit = 1;
    while (number / unit >= 1000)
        unit *= 10;
    return (number + unit / 2) / unit * unit;
}

/* How a source's clock stands to that of the first. */
static void say_clock(const struct places *places, size_t s, GString *out)
{
    const struct tcprst_clock *c = &places->clocks[s];
    char *own = source_name(places, s);
    char *off = duration(c->ahead), *error = duration(c->error);
    if (llabs(c->ahead) <= MAX(c->error, 1000))
        g_string_append_printf(out, _("%s's clock agrees"), own);
    else if (c->ahead > 0)
        g_string_append_printf(out, _("%s's clock %s ahead"), own, off);
    else
        g_string_append_printf(out, _("%s's clock %s behind"), own, off);
    if (fabs(c->drift) >= 0.5e-6)
        g_string_append_printf(out,
                               c->drift > 0 ? _(" and %.0f ppm fast") : _(" and %.0f ppm slow"),
                               fabs(c->drift) * 1e6);
    unsigned long long common = c->about ? three_digits(c->common) : c->common;
    if (c->one_way)
        g_string_append(out, _(" (by packets of one direction, time on the way included)"));
    else if (c->about)
        g_string_append_printf(out, _(" (about %llu common packets, ± %s)"), common, error);
    else
        g_string_append_printf(
            out,
            translate_plural(" (%llu common packet, ± %s)", " (%llu common packets, ± %s)", common),
            common, error);
    g_free(own);
    g_free(off);
    g_free(error);
}

static void say_sharing(const struct places *places, size_t s, GPtrArray *lines)
{
    const struct tcprst_clock *c = &places->clocks[s];
    char *own = source_name(places, s), *other = source_name(places, c->relative_to);
    GString *line = g_string_new(NULL);
    if (c->same_place)
        g_string_append_printf(
            line,
            _("%s and %s have the same packets at the same place, as nothing shows a way between "
              "them: taken for one; "),
            other, own);
    else
        g_string_append_printf(line, _("%s and %s share packets: two places; "), other, own);
    say_clock(places, s, line);
    g_ptr_array_add(lines, g_string_free(line, FALSE));
    g_free(own);
    g_free(other);
}

char **places_sentences(const struct places *places)
{
    GPtrArray *lines = g_ptr_array_new();
    if (places->apart)
        g_ptr_array_add(lines, g_strdup_printf(_("%s and %s overlap in time and share no packets: "
                                                 "each capture is judged apart"),
                                               places->shown[places->overlap[0]],
                                               places->shown[places->overlap[1]]));
    for (size_t s = 0; places->stream && s < places->sources; s++) {
        const struct tcprst_clock *c = &places->clocks[s];
        char *own = source_name(places, s), *other = source_name(places, c->relative_to);
        if (c->shares && c->relative_to != s)
            say_sharing(places, s, lines);
        else if (!c->shares && c->relative_to != s)
            g_ptr_array_add(lines, g_strdup_printf(_("%s goes on where %s ends"), own, other));
        else if (!c->shares)
            g_ptr_array_add(lines,
                            g_strdup_printf(_("%s shares no packets with the others: its clock "
                                              "cannot be compared with theirs"),
                                            own));
        g_free(own);
        g_free(other);
    }
    g_ptr_array_add(lines, NULL);
    return (char **)g_ptr_array_free(lines, FALSE);
}
