/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_survey.h - what two sources have in common, for the files of the survey: places_survey.c
 * finds it, places_clocks.c says by it how the clocks stand. */
#ifndef TCPRST_PLACES_SURVEY_H
#define TCPRST_PLACES_SURVEY_H

#include "tcprst/places.h"

#include <string.h>

enum {
    BIT_DIRECTION = 1,
    BIT_STRONG = 2,   /* it has a timestamp, or an identification */
    BIT_OPENING = 4,  /* a SYN by its name and number alone, see opening_identity() */
    BIT_COUNTED = 8,  /* of these: it has an identification */
    BIT_REFUSAL = 16, /* of these: a RST by its name and what it acknowledges */
    BIT_COPY = 32,    /* by all that a copy of it at the same place has, see copy_identity() */
    BITS_BESIDE = BIT_OPENING | BIT_COPY, /* kept beside the packet's own sample */
};

/* One packet in two sources, a < b. */
struct pair {
    uint32_t a, b;
    int64_t time, ahead; /* by b's clock; b's clock less a's */
    int8_t hops;         /* from a to b, by the TTL */
    uint8_t bits;
    bool renamed;  /* other addresses or ports */
    bool other_id; /* another IP identification: sent again, not captured again */
    bool other_ttl;
};

struct source {
    int64_t first, last;       /* times, TCPRST_TIME_UNKNOWN: none */
    uint32_t samples, copies;  /* of its packets, by themselves and as copies */
    uint32_t once, twice;      /* packets of them; twice: within DOUBLED_MOST */
    uint32_t point;            /* the least source that is of the same place by what they share */
    int64_t grain;             /* what all its times are multiples of, a power of ten */
    uint64_t captured, length; /* octets looked at of the sample; were all of them captured */
};

/* Two sources that share packets: pairs[from] to pairs[to]. */
struct edge {
    uint32_t a, b;
    size_t from, to;
    uint32_t common;
    bool same;    /* nothing shows that packets travelled between them: they are one place */
    bool exact;   /* as copies: b's clock is ahead of a's by least to most, for all of them */
    bool renamed; /* they have other names for the same */
    int64_t least, most;
};

struct tcprst_survey {
    uint64_t seed, limit;
    unsigned halved; /* so often was the sample */
    size_t count, pair_count, edge_count, source_count;
    struct sample *samples;
    struct pair *pairs;
    struct edge *edges;
    struct source *sources;
    struct tcprst_clock *clocks;
};

/* Something by a number, and where it stands. */
struct ranked {
    uint64_t key;
    uint32_t at;
};

/* Sorts by key; those alike stay in order. In linear time, whatever they are. scratch: as many. */
void survey_sort(struct ranked *ranked, struct ranked *scratch, size_t count);

/* Keys in the order of numbers with signs, and back. */
static inline uint64_t key_of_number(int64_t number)
{
    return (uint64_t)number ^ (uint64_t)1 << 63;
}

static inline int64_t number_of_key(uint64_t key)
{
    return (int64_t)(key ^ (uint64_t)1 << 63);
}

static inline uint64_t key_of_real(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static inline double real_of_key(uint64_t key)
{
    uint64_t bits = key >> 63 ? key ^ (uint64_t)1 << 63 : ~key;
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* From the edges: which sources are of the same place (places_same.c). */
void survey_find_points(struct tcprst_survey *survey);
/* Of the pairs from..to, of copies, and the edge, which goes by the packets' own pairs: whether the
 * two are of the same place. What it rests on becomes the edge's. */
bool survey_is_same(struct tcprst_survey *survey, struct edge *edge, size_t from, size_t to);
/* In which order those of one place are taken, and what they may differ by. */
void survey_set_copies(struct tcprst_survey *survey);

/* From the pairs, edges and sources: the clocks, but for those of sources that share nothing.
 * False: no memory. */
bool survey_compare_clocks(struct tcprst_survey *survey);
/* One clock by another, and so on, may add up to more than two times can differ by. */
int64_t survey_bounded(int64_t ahead);
/* And where each source stands: of those that follow another one. */
void survey_follow_clocks(struct tcprst_survey *survey);
/* When all else is set: which are of one part, see tcprst_clocks_parts(). */
void survey_set_parts(struct tcprst_survey *survey);

/* ---- what is the same at one place (places_same.c) ---- */

/* Times that are multiples of it: so much may one be off by the other's rounding. */
static inline int64_t survey_grain(const struct tcprst_survey *s, uint32_t a, uint32_t b)
{
    int64_t one = s->sources[a].grain, other = s->sources[b].grain;
    return one > other ? one : other;
}

#endif
