/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places.h - several captures of one traffic: which share packets, how their clocks stand to one
 * another, and one stream in which each packet counts once.
 *
 * A source is what has one clock and one point of capture: a file, or an interface of one. A place
 * is a point of capture: one source, or several that follow each other in time, or that show the
 * same packets without anything that shows a way between them: copies.
 *
 *     survey = tcprst_survey_new(seed);
 *     for each segment of each source, in any order: tcprst_survey_take(survey, source, &segment);
 *     clocks = tcprst_survey_finish(survey, &sources, &places);
 *     if (tcprst_clocks_share(clocks, sources)) {
 *         stream = tcprst_places_new(clocks, sources, places, packets, seed);
 *         options.places = stream; core = tcprst_new(&options);
 *         for each segment, in the order of its time less tcprst_clock_ahead():
 *             if (tcprst_places_take(stream, source, &segment))
 *                 tcprst_feed(core, &segment, NULL);
 *     }
 *
 * Each is fed before the next is taken: a verdict, which comes while segments are fed, says what
 * the places have by then.
 *
 * Both have bounded memory, whatever they are given, and look at each segment once.
 */
#ifndef TCPRST_PLACES_H
#define TCPRST_PLACES_H

#include "tcprst.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TCPRST_EXPORT /* while the library for others is built */
#pragma GCC visibility push(default)
#endif

/* How a source's clock stands to that of the first source it shares packets with, directly or by
 * way of others. */
struct tcprst_clock {
    uint8_t place;        /* from 0 */
    bool shares;          /* it has packets in common with another source */
    bool same_place;      /* ... with relative_to, and nothing shows that they travelled between the
                             two: a copy, or what another filter lets pass at the same place */
    bool copied;          /* others of its place have packets in common with it: each is fed once */
    bool other_names;     /* of these, some have it under other addresses */
    uint8_t lane;         /* which of these it is */
    uint16_t part;        /* of one capture: which of the tcprst_clocks_parts() it is of, from 0 */
    bool mirrored;        /* it has each packet twice, as a port mirror of two ports shows it */
    bool one_way;         /* packets of one direction only: how long they took is in ahead, too */
    bool about;           /* common is what a sample of the segments shows of them all */
    uint32_t relative_to; /* the source it was compared with; itself where it is the first */
    uint64_t common;      /* segments both have, of those that are not like others; of the first:
                             with the one it has most in common with */
    int64_t ahead;        /* nanoseconds it shows more than that of the first source, at since */
    int64_t since;        /* nanoseconds since the epoch, by this clock */
    int64_t error;        /* nanoseconds: half of what the packets took there and back */
    double drift;         /* so much faster it runs: 50e-6 is 50 ppm */
    int64_t behind;       /* nanoseconds: taken so much later, behind the one of its place that
                             shows most */
    int64_t slack;        /* of copies at its place, by aligned times, nanoseconds */
    int64_t ends;         /* nanoseconds since the epoch, by this clock: its last segment;
                             TCPRST_TIME_UNKNOWN: none has a time */
};

/* What both front doors keep to, so that they say the same of one capture. */
enum {
    TCPRST_MAX_INTERFACES = 256, /* of a capture told apart: the others count as the last of them */
    /* A capture's parts are read apart from one another, so many of them: the last one with those
     * behind it, in the order of their frames. */
    TCPRST_MAX_APART = 4,
};
/* Of how many parts a capture is whose sources these are: of each the packets stand in their order,
 * its clocks being one, but not those of one part beside another's. 1: all do. */
unsigned tcprst_clocks_parts(const struct tcprst_clock *clocks, size_t sources);
/* Whether any two of the sources share packets: at several places, or at one that has them twice.
 */
bool tcprst_clocks_share(const struct tcprst_clock *clocks, size_t sources);

/* Which of those that are read apart has that source's packets. */
static inline unsigned tcprst_clock_apart(const struct tcprst_clock *clock)
{
    return clock->part < TCPRST_MAX_APART ? clock->part : TCPRST_MAX_APART - 1u;
}

/* What is to be taken from a time of that clock for the time of the first source. */
static inline int64_t tcprst_clock_ahead(const struct tcprst_clock *clock, int64_t time)
{
    return clock->ahead - clock->behind +
           (int64_t)(clock->drift * ((double)time - (double)clock->since));
}

/* That time by the first source's clock; as near to it as a time may be. */
static inline int64_t tcprst_clock_aligned(const struct tcprst_clock *clock, int64_t time)
{
    time -= tcprst_clock_ahead(clock, time);
    return time < TCPRST_TIME_LEAST  ? TCPRST_TIME_LEAST
           : time > TCPRST_TIME_MOST ? TCPRST_TIME_MOST
                                     : time;
}

struct tcprst_survey;
/* NULL: no memory. seed: which packets the sample has; the same seed, the same clocks. */
struct tcprst_survey *tcprst_survey_new(uint64_t seed);
void tcprst_survey_free(struct tcprst_survey *survey);
/* Sources from TCPRST_MAX_SOURCES on are not looked at. */
enum { TCPRST_MAX_SOURCES = 4096 };
void tcprst_survey_take(struct tcprst_survey *survey, uint32_t source,
                        const struct tcprst_segment *segment);
/* One clock a source (owned by the survey, valid until it is freed), in *count how many sources
 * there are, in *places how many places: 1 where no two share packets, or all that do are of the
 * same place. NULL: no memory. */
const struct tcprst_clock *tcprst_survey_finish(struct tcprst_survey *survey, size_t *count,
                                                unsigned *places);

/* The earliest and the latest time of that source's segments; false: it has none with a time. */
bool tcprst_survey_span(const struct tcprst_survey *survey, uint32_t source, int64_t *first,
                        int64_t *last);

/* clocks: of sources, copied. packets: how many there will be about, for the size of its memory.
 * NULL: no memory. */
struct tcprst_places *tcprst_places_new(const struct tcprst_clock *clocks, size_t sources,
                                        unsigned places, uint64_t packets, uint64_t seed);
void tcprst_places_free(struct tcprst_places *places);

/* These segments come next, in this order and from where they are: what will be needed of memory is
 * asked for in time. Borrowed until they are taken or others are expected; who takes something else
 * instead only loses time. */
void tcprst_places_expect(struct tcprst_places *places, const struct tcprst_segment *segments,
                          size_t count);

/* The next segment. Fills segment->seen, and writes what another place calls the connection and its
 * numbers over them. Returns whether it is to be fed: false for what was fed from another place
 * already, but for a RST, which is a duplicate then; and for whatever was fed from another source
 * of the same place. segment->seen.copy_of: the frame that was fed; none where its octets came in
 * other pieces. */
bool tcprst_places_take(struct tcprst_places *places, uint32_t source,
                        struct tcprst_segment *segment);

size_t tcprst_places_memory(const struct tcprst_places *places);

#ifdef TCPRST_EXPORT
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
