/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places_survey.c - which sources share packets, and how their clocks stand to one another.
 *
 * A sample is kept of every source: the segments whose identity hashes below a limit that sinks as
 * memory fills. All sources keep the same packets so, wherever they stand in them; in both
 * directions, over the whole time. What two sources share says by how much their clocks differ
 * (places_clocks.c).
 */
#include "places_survey.h"

#include "places_key.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

struct sample {
    uint64_t id;
    int64_t time;
    uint32_t source;
    uint32_t name;  /* of its addresses and ports */
    uint16_t ip_id; /* of an opening its window */
    uint8_t ttl, bits;
};

struct tcprst_survey *tcprst_survey_new(uint64_t seed)
{
    struct tcprst_survey *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->seed = seed;
    s->limit = UINT64_MAX;
    s->samples = malloc(SAMPLES * sizeof *s->samples);
    s->sources = calloc(TCPRST_MAX_SOURCES, sizeof *s->sources);
    if (!s->samples || !s->sources) {
        tcprst_survey_free(s);
        return NULL;
    }
    return s;
}

void tcprst_survey_free(struct tcprst_survey *s)
{
    if (!s)
        return;
    free(s->samples);
    free(s->pairs);
    free(s->edges);
    free(s->sources);
    free(s->clocks);
    free(s);
}

/* ---- the sample ---- */

static void thin_out(struct tcprst_survey *s)
{
    size_t kept = 0;
    s->limit /= 2;
    s->halved++;
    for (size_t i = 0; i < s->count; i++) {
        if (s->samples[i].id < s->limit)
            s->samples[kept++] = s->samples[i];
        else
            s->sources[s->samples[i].source].samples -= !(s->samples[i].bits & BIT_OPENING);
    }
    s->count = kept;
}

/* The upper half of the identity of most segments, quickly told: most fall out of the sample by it.
 */
static inline uint64_t rank_of(const struct tcprst_survey *s, const struct tcprst_segment *t)
{
    uint64_t h = (((uint64_t)t->seq << 32 | t->ack) ^ s->seed) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 32) * 0x9fb21c651e98df25u;
    return h >> 32 << 32;
}

/* A SYN by its timestamp, where it has one: what stands in front of it may give it other numbers,
 * as any of them other addresses. 0: it cannot be told from others. */
static uint64_t identity(const struct tcprst_survey *s, const struct tcprst_segment *t,
                         uint32_t ts_val)
{
    uint32_t flags = t->flags & PLACES_FLAGS;
    bool syn = flags & TCPRST_SYN;
    if (!t->payload_length && !(flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_RST)) && !ts_val &&
        !t->ip_id)
        return 0; /* an ACK like the one before */
    if (syn && ts_val)
        return places_hash(s->seed, ts_val, flags, 0, t->payload_length);
    if (!t->seq && !t->ack)
        return 0;
    return rank_of(s, t) | (uint32_t)places_hash(s->seed ^ ts_val, (uint64_t)t->seq << 32 | t->ack,
                                                 flags, 1, t->payload_length);
}

/* What answers SYNs for a server opens the connection anew when the client has shown that it is
 * there: the same addresses, ports and number, but none of the rest. What the server sends back
 * gets another number. */
static uint64_t opening_identity(const struct tcprst_survey *s, const struct tcprst_segment *t,
                                 uint32_t name)
{
    unsigned flags = t->flags & PLACES_FLAGS;
    if (flags == TCPRST_SYN)
        return places_hash(s->seed ^ name, t->seq, flags, 2, 0);
    return flags == (TCPRST_RST | TCPRST_ACK) ? places_hash(s->seed ^ name, t->ack, flags, 2, 0)
                                              : 0;
}

static uint32_t name_of(const struct tcprst_survey *s, const struct tcprst_segment *t)
{
    struct key key = key_of_segment(t, key_direction(t));
    return key_hash(&key, s->seed);
}

static void keep(struct tcprst_survey *s, const struct sample *e)
{
    if (s->count == SAMPLES)
        thin_out(s);
    if (e->id >= s->limit)
        return;
    s->samples[s->count++] = *e;
    s->sources[e->source].samples += !(e->bits & BIT_OPENING);
}

/* Takes it into the sample, if it is one for it; opens: it may be an opening, or its refusal. */
static void sample(struct tcprst_survey *s, uint32_t source, const struct tcprst_segment *t,
                   bool opens)
{
    uint32_t ts_val = places_timestamp(t);
    uint64_t id = identity(s, t, ts_val);
    uint8_t bits = (uint8_t)((t->source_port > t->destination_port ? BIT_DIRECTION : 0) |
                             (ts_val ? BIT_STRONG : 0));
    bool wanted = id && id < s->limit;
    if (!wanted && !opens)
        return;
    struct sample e = {id, t->time, source, name_of(s, t), t->ip_id, t->ttl, bits};
    if (wanted)
        keep(s, &e);
    if (!opens)
        return;
    e.id = opening_identity(s, t, e.name);
    e.ip_id = t->window;
    e.bits = (uint8_t)(BIT_OPENING | (t->flags & TCPRST_RST ? BIT_REFUSAL : 0) |
                       (t->ip_id ? BIT_COUNTED : 0));
    if (e.id)
        keep(s, &e);
}

void tcprst_survey_take(struct tcprst_survey *s, uint32_t source, const struct tcprst_segment *t)
{
    if (source >= TCPRST_MAX_SOURCES)
        return;
    struct source *from = &s->sources[source];
    if (source >= s->source_count) {
        for (size_t i = s->source_count; i <= source; i++)
            s->sources[i].first = s->sources[i].last = TCPRST_TIME_UNKNOWN;
        s->source_count = source + 1;
    }
    if (!tcprst_time_known(t->time))
        return;
    if (from->first == TCPRST_TIME_UNKNOWN)
        from->first = from->last = t->time;
    if (t->time > from->last)
        from->last = t->time;
    if (t->flags & (TCPRST_SYN | TCPRST_RST))
        sample(s, source, t, true);
    else if (rank_of(s, t) < s->limit)
        sample(s, source, t, false);
}

bool tcprst_survey_span(const struct tcprst_survey *s, uint32_t source, int64_t *first,
                        int64_t *last)
{
    if (source >= s->source_count || s->sources[source].first == TCPRST_TIME_UNKNOWN)
        return false;
    *first = s->sources[source].first;
    *last = s->sources[source].last;
    return true;
}

/* ---- pairs ---- */

static int by_source(const void *x, const void *y)
{
    const struct sample *a = x, *b = y;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return (a->time > b->time) - (a->time < b->time);
}

static int by_identity(const void *x, const void *y)
{
    const struct sample *a = x, *b = y;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->ip_id != b->ip_id)
        return a->ip_id < b->ip_id ? -1 : 1;
    return by_source(a, b);
}

/* By identity; false: no memory. */
static bool sort_samples(struct tcprst_survey *s)
{
    struct ranked *r = malloc(2 * (s->count + 1) * sizeof *r);
    struct sample *sorted = malloc((s->count + 1) * sizeof *sorted);
    bool done = r && sorted;
    for (uint32_t i = 0; done && i < s->count; i++)
        r[i] = (struct ranked){s->samples[i].id, i};
    if (done)
        survey_sort(r, r + s->count, s->count);
    for (size_t i = 0; done && i < s->count; i++)
        sorted[i] = s->samples[r[i].at];
    free(r);
    free(done ? s->samples : sorted);
    s->samples = done ? sorted : s->samples;
    return done;
}

/* Those of one identity, which mostly stand so already. */
static void sort_alike(struct sample *e, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (by_identity(&e[i - 1], &e[i]) > 0) {
            qsort(e, count, sizeof *e, by_identity);
            return;
        }
}

static void add_pair(struct tcprst_survey *s, const struct sample *a, const struct sample *b)
{
    int hops = a->ttl - b->ttl;
    bool opening = a->bits & BIT_OPENING, ids = a->ip_id && b->ip_id && !opening;
    struct pair p = {.a = a->source,
                     .b = b->source,
                     .time = b->time,
                     .ahead = b->time - a->time,
                     .hops = (int8_t)(hops < -HOPS_MOST || hops > HOPS_MOST ? 0 : hops),
                     .bits = a->bits,
                     .renamed = a->name != b->name,
                     .other_id = ids && a->ip_id != b->ip_id && !(a->bits & BIT_STRONG)};
    /* Of another name it takes more: programs that make traffic up use the same numbers again. */
    bool too_late = p.ahead > REPEATED_MOST || p.ahead < -REPEATED_MOST;
    if (((ids && a->ip_id == b->ip_id) || too_late) && !p.renamed)
        p.bits |= BIT_STRONG;
    /* A SYN sent again has the same window, and is counted as the one before. */
    bool other = a->ip_id != b->ip_id || ((a->bits ^ b->bits) & BIT_COUNTED);
    if (opening && !(p.bits & BIT_REFUSAL) && (too_late || other))
        p.bits |= BIT_STRONG;
    s->pairs[s->pair_count++] = p;
}

/* Samples of one identity, by source: the first of each, where that can be told: what is stamped or
 * counted is not sent again, and at the place where it was sent again it has the same TTL. Each is
 * compared with all before it, of many with the first and with the one before: two that no pair
 * speaks of might be taken for one place. Returns whether there were two to compare. */
static bool pair_group(struct tcprst_survey *s, size_t from, size_t to, bool counted)
{
    const struct sample *first[GROUP_MOST];
    bool once[GROUP_MOST];
    size_t count = 0;
    for (size_t i = from; i < to && count < GROUP_MOST; i++) {
        const struct sample *e = &s->samples[i];
        if (i > from && e[-1].source == e->source)
            continue;
        once[count] = i + 1 == to || e[1].source != e->source || counted ||
                      (e->bits & (BIT_STRONG | BIT_OPENING)) == BIT_STRONG;
        first[count++] = e;
    }
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k-- > 0;) {
            bool compared = count <= PAIRED_MOST || k == 0 || k + 1 == i;
            if (compared && ((once[k] && once[i]) || first[k]->ttl != first[i]->ttl))
                add_pair(s, first[k], first[i]);
        }
    return count > 1;
}

/* The samples of one identity: those of each IP identification first, since what was sent again has
 * another; else all, for some devices write their own. */
static void pair_alike(struct tcprst_survey *s, size_t from, size_t to)
{
    bool found = false;
    for (size_t i = from, end; i < to; i = end) {
        for (end = i + 1; end < to && s->samples[end].ip_id == s->samples[i].ip_id; end++)
            ;
        if (s->samples[i].ip_id && end - i > 1)
            found |= pair_group(s, i, end, true);
    }
    if (found || to - from > GROUP_MOST)
        return;
    qsort(&s->samples[from], to - from, sizeof *s->samples, by_source);
    pair_group(s, from, to, false);
}

/* How often each source has the packet of one identity. */
static void count_doubles(struct tcprst_survey *s, size_t from, size_t to)
{
    for (size_t i = from, end; i < to; i = end) {
        const struct sample *e = &s->samples[i];
        for (end = i + 1; end < to && s->samples[end].source == e->source; end++)
            ;
        bool doubled = end - i == 2 && e[1].time - e->time <= DOUBLED_MOST;
        *(doubled ? &s->sources[e->source].twice : &s->sources[e->source].once) += 1;
    }
}

/* What must be alike for pairs to stand beside each other. */
static uint64_t sources_of(const struct pair *p)
{
    return (uint64_t)p->a << 33 | (uint64_t)p->b << 1 | (p->bits & BIT_OPENING ? 1 : 0);
}

/* Sources beside each other, each in the order of time. */
static bool sort_pairs(struct tcprst_survey *s)
{
    size_t count = s->pair_count;
    struct ranked *r = malloc(2 * (count + 1) * sizeof *r);
    struct pair *sorted = malloc((count + 1) * sizeof *sorted);
    bool done = r && sorted;
    for (uint32_t i = 0; done && i < count; i++)
        r[i] = (struct ranked){key_of_number(s->pairs[i].time), i};
    if (done)
        survey_sort(r, r + count, count);
    for (size_t i = 0; done && i < count; i++)
        r[i].key = sources_of(&s->pairs[r[i].at]);
    if (done)
        survey_sort(r, r + count, count);
    for (size_t i = 0; done && i < count; i++)
        sorted[i] = s->pairs[r[i].at];
    free(r);
    free(done ? s->pairs : sorted);
    s->pairs = done ? sorted : s->pairs;
    return done;
}

static bool find_pairs(struct tcprst_survey *s)
{
    s->pairs = malloc((PAIRED_MOST / 2 * s->count + 1) * sizeof *s->pairs);
    if (!s->pairs || !sort_samples(s))
        return false;
    for (size_t from = 0, to; from < s->count; from = to) {
        for (to = from + 1; to < s->count && s->samples[to].id == s->samples[from].id; to++)
            ;
        sort_alike(&s->samples[from], to - from);
        if (!(s->samples[from].bits & BIT_OPENING))
            count_doubles(s, from, to);
        if (to - from > 1)
            pair_alike(s, from, to);
    }
    return sort_pairs(s);
}

/* ---- which share ---- */

/* Keeps of the pairs from..to those whose clocks agree with most of the others. Returns where they
 * end now. */
static size_t keep_agreeing(struct tcprst_survey *s, size_t from, size_t to)
{
    size_t count = 0, kept = from;
    struct ranked *ahead = malloc(2 * (to - from) * sizeof *ahead);
    if (!ahead)
        return from;
    for (size_t i = from; i < to; i++)
        if (!s->pairs[i].other_id)
            ahead[count++].key = key_of_number(s->pairs[i].ahead);
    survey_sort(ahead, ahead + (to - from), count);
    int64_t middle = count ? number_of_key(ahead[count / 2].key) : 0;
    free(ahead);
    for (size_t i = from; i < to; i++) {
        int64_t apart = s->pairs[i].ahead - middle;
        if (!s->pairs[i].other_id && apart <= APART_MOST && apart >= -APART_MOST)
            s->pairs[kept++] = s->pairs[i];
    }
    return kept;
}

/* Whether routers stand between the two: what goes one way has lost hops at one of them, what comes
 * back at the other. */
static bool lie_apart(const struct pair *pairs, size_t count)
{
    size_t with = 0, against = 0, ways[2] = {0, 0};
    for (size_t i = 0; i < count; i++) {
        bool there = pairs[i].bits & BIT_DIRECTION;
        if (!pairs[i].hops)
            return false;
        ways[there]++;
        *((pairs[i].hops > 0) == there ? &with : &against) += 1;
    }
    return ways[0] && ways[1] && (!with || !against);
}

/* The time from the end of one to the beginning of the other; negative: they overlap. */
static int64_t gap_between(const struct tcprst_survey *s, const struct edge *e)
{
    const struct source *a = &s->sources[e->a], *b = &s->sources[e->b];
    int64_t behind = b->first - a->last, before = a->first - b->last;
    return behind > before ? behind : before;
}

static bool follow(const struct tcprst_survey *s, const struct edge *e)
{
    int64_t gap = gap_between(s, e);
    return gap >= 0 && gap < RING_GAP;
}

/* Whether both were capturing most of the time, did their clocks differ by what the packets show:
 * of the shorter one's time where there are some both ways, else of the longer one's. Where one
 * goes on with what the other ends with, there is next to none. */
static bool overlap_much(const struct tcprst_survey *s, const struct edge *e, bool both_ways)
{
    const struct source *a = &s->sources[e->a], *b = &s->sources[e->b];
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (size_t i = e->from; i < e->to; i++) {
        least = s->pairs[i].ahead < least ? s->pairs[i].ahead : least;
        most = s->pairs[i].ahead > most ? s->pairs[i].ahead : most;
    }
    int64_t ahead = least + (most - least) / 2;
    int64_t first = a->first > b->first - ahead ? a->first : b->first - ahead;
    int64_t last = a->last < b->last - ahead ? a->last : b->last - ahead;
    int64_t one = a->last - a->first, other = b->last - b->first;
    int64_t length = (one < other) == both_ways ? one : other;
    return last - first >= (length + 1) / 2;
}

static bool share(const struct tcprst_survey *s, const struct edge *e, size_t all)
{
    size_t strong = 0, kept = e->to - e->from;
    uint32_t a = s->sources[e->a].samples, b = s->sources[e->b].samples, least = a < b ? a : b;
    size_t there = 0, named = 0;
    for (size_t i = e->from; i < e->to; i++) {
        strong += (s->pairs[i].bits & BIT_STRONG) != 0;
        there += (s->pairs[i].bits & BIT_DIRECTION) != 0;
        named += !s->pairs[i].renamed;
    }
    bool together = gap_between(s, e) < 0, ring = follow(s, e);
    bool both_ways = there && there < kept;
    if (2 * kept < all)
        return false; /* repetitions: each came when its sender's timer ran out */
    bool between = named == kept && lie_apart(&s->pairs[e->from], kept);
    /* Repeated, or doubled on the way, where one file ends and the other begins. */
    bool chance = !between && (kept < 2 || 2 * kept < least);
    if (ring && least < RING_FEW &&
        (chance || !overlap_much(s, e, both_ways && kept >= SHARED_ALL)))
        return false;
    if (between && kept * SHARED_WEAK_FEW_PART >= least)
        return true;
    return (strong >= SHARED_STRONG && strong * SHARED_PART >= least) ||
           (strong && named && strong * SHARED_FEW_PART >= least) ||
           (both_ways && kept >= SHARED_WEAK && kept * SHARED_WEAK_PART >= least) ||
           (both_ways && together && named && kept >= SHARED_WEAK_FEW &&
            kept * SHARED_WEAK_FEW_PART >= least) ||
           (both_ways && named && kept >= SHARED_ALL && 4 * kept >= (size_t)3 * (a > b ? a : b));
}

/* Hardly anything but openings is the same on both sides of what answers SYNs for a server. */
static bool share_openings(const struct tcprst_survey *s, const struct edge *e)
{
    size_t opened = 0;
    bool ring = follow(s, e);
    uint32_t a = s->sources[e->a].samples, b = s->sources[e->b].samples, least = a < b ? a : b;
    for (size_t i = e->from; i < e->to; i++)
        opened += (s->pairs[i].bits & BIT_STRONG) || (s->pairs[i].hops && !ring);
    return opened && opened * SHARED_PART >= least;
}

static bool find_edges(struct tcprst_survey *s)
{
    size_t room = 0;
    for (size_t from = 0, to; from < s->pair_count; from = to) {
        const struct pair *p = &s->pairs[from];
        const struct edge *last = s->edge_count ? &s->edges[s->edge_count - 1] : NULL;
        for (to = from + 1; to < s->pair_count && sources_of(&s->pairs[to]) == sources_of(p); to++)
            ;
        if (last && last->a == p->a && last->b == p->b)
            continue; /* they share more than openings */
        struct edge e = {.a = p->a, .b = p->b, .from = from};
        e.to = keep_agreeing(s, from, to);
        e.common = (uint32_t)(e.to - e.from);
        bool opening = p->bits & BIT_OPENING;
        if (opening ? !share_openings(s, &e) : !share(s, &e, to - from))
            continue;
        if (s->edge_count == room) {
            room = room ? 2 * room : 16;
            struct edge *more = realloc(s->edges, room * sizeof *more);
            if (!more)
                return false;
            s->edges = more;
        }
        s->edges[s->edge_count++] = e;
    }
    return true;
}

/* ---- places ---- */

/* The places, a bit each, at which source i shares packets with one that has its place already. */
static unsigned places_shared(const struct tcprst_survey *s, uint32_t i, const bool *placed)
{
    unsigned places = 0;
    for (size_t k = 0; k < s->edge_count; k++) {
        const struct edge *e = &s->edges[k];
        uint32_t other = e->a == i ? e->b : e->a;
        if ((e->a == i || e->b == i) && placed[other])
            places |= 1u << s->clocks[other].place;
    }
    return places;
}

/* A place's last source, for another to follow it. */
struct tail {
    int64_t last;
    uint32_t source;
};

/* The place that source i goes on with: nothing of it is captured there, and what there is of that
 * place ends before it begins. */
static unsigned place_before(const struct tcprst_survey *s, const struct tail *tails,
                             unsigned places, uint32_t i, unsigned shared)
{
    unsigned best = places;
    for (unsigned p = 0; p < places; p++) {
        bool apart = tails[p].last - s->sources[i].first < NS_PER_S && !(shared >> p & 1);
        if (apart && (best == places || tails[p].last > tails[best].last))
            best = p;
    }
    return best;
}

struct beginning {
    int64_t time;
    uint32_t source;
};

static int by_beginning(const void *x, const void *y)
{
    const struct beginning *a = x, *b = y;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->source > b->source) - (a->source < b->source);
}

/* Returns how many places there are, 0: no memory. */
static unsigned find_places(struct tcprst_survey *s)
{
    size_t count = s->source_count;
    struct beginning *begin = malloc((count + 1) * sizeof *begin);
    bool *placed = calloc(count + 1, sizeof *placed);
    struct tail tails[TCPRST_MAX_PLACES];
    unsigned places = 0;
    for (uint32_t i = 0; begin && i < count; i++)
        begin[i] = (struct beginning){s->sources[i].first, i};
    if (begin)
        qsort(begin, count, sizeof *begin, by_beginning);
    for (size_t n = 0; begin && placed && n < count; n++) {
        uint32_t i = begin[n].source;
        unsigned p = s->sources[i].first == TCPRST_TIME_UNKNOWN
                         ? 0
                         : place_before(s, tails, places, i, places_shared(s, i, placed));
        if (p == TCPRST_MAX_PLACES) { /* more than can be kept apart: as if none were */
            places = 1;
            break;
        }
        s->clocks[i].place = (uint8_t)p;
        placed[i] = true;
        if (s->sources[i].first == TCPRST_TIME_UNKNOWN)
            continue;
        tails[p] = (struct tail){s->sources[i].last, i};
        places += p == places;
    }
    if (!begin || !placed)
        places = 0;
    else if (!places)
        places = 1;
    free(begin);
    free(placed);
    return places;
}

/* What nobody asks for once the clocks are set. */
static void drop_samples(struct tcprst_survey *s)
{
    free(s->samples);
    free(s->pairs);
    free(s->edges);
    s->samples = NULL;
    s->pairs = NULL;
    s->edges = NULL;
}

static bool set_clocks(struct tcprst_survey *s, unsigned *places)
{
    if (!find_pairs(s) || !find_edges(s))
        return false;
    if (!s->edge_count)
        return true;
    *places = find_places(s);
    return *places && survey_set_clocks(s);
}

const struct tcprst_clock *tcprst_survey_finish(struct tcprst_survey *s, size_t *count,
                                                unsigned *places)
{
    s->clocks = calloc(s->source_count + 1, sizeof *s->clocks);
    *count = s->source_count;
    *places = 1;
    bool set = s->clocks && set_clocks(s, places);
    drop_samples(s);
    if (!set)
        return NULL;
    if (!s->edge_count)
        return s->clocks;
    for (size_t i = 0; i < s->source_count; i++)
        s->clocks[i].mirrored = s->sources[i].twice >= DOUBLED_LEAST &&
                                s->sources[i].twice > DOUBLED_PART * s->sources[i].once;
    return s->clocks;
}
