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
};

/* One packet in two sources, a < b. */
struct pair {
    uint32_t a, b;
    int64_t time, ahead; /* by b's clock; b's clock less a's */
    int8_t hops;         /* from a to b, by the TTL */
    uint8_t bits;
    bool renamed;  /* other addresses or ports */
    bool other_id; /* another IP identification: sent again, not captured again */
};

struct source {
    int64_t first, last; /* times, TCPRST_TIME_UNKNOWN: none */
    uint32_t samples;
    uint32_t once, twice; /* packets of them; twice: within DOUBLED_MOST */
    uint32_t component;   /* the least source it hangs together with */
};

/* Two sources that share packets: pairs[from] to pairs[to]. */
struct edge {
    uint32_t a, b;
    size_t from, to;
    uint32_t common;
    bool used;
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

/* From the pairs, edges and sources, and where each source stands: the clocks, but for those of
 * sources that share nothing and follow no other. False: no memory. */
bool survey_set_clocks(struct tcprst_survey *survey);

#endif
