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

static void count_sample(struct tcprst_survey *s, const struct sample *e, int one)
{
    struct source *from = &s->sources[e->source];
    if (!(e->bits & BITS_BESIDE))
        from->samples += (uint32_t)one;
    if (e->bits & BIT_COPY)
        from->copies += (uint32_t)one;
}

static void thin_out(struct tcprst_survey *s)
{
    size_t kept = 0;
    s->limit /= 2;
    s->halved++;
    for (size_t i = 0; i < s->count; i++) {
        if (s->samples[i].id < s->limit)
            s->samples[kept++] = s->samples[i];
        else
            count_sample(s, &s->samples[i], -1);
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

/* What is the same of a packet wherever and however often it is recorded at one place, whatever of
 * it is kept: of an acknowledgement like the one before, too, and without options, which may be cut
 * off. */
static uint64_t copy_identity(const struct tcprst_survey *s, const struct tcprst_segment *t,
                              uint32_t name)
{
    uint64_t numbers = (uint64_t)t->ttl << 48 | (uint64_t)t->ip_id << 32 | name;
    return rank_of(s, t) |
           (uint32_t)places_hash(s->seed, numbers, t->flags & PLACES_FLAGS, 3, t->payload_length);
}

static uint32_t name_of(const struct tcprst_survey *s, const struct tcprst_segment *t)
{
    struct key key = key_of_segment(t, key_direction(t));
    return key_hash(&key, s->seed);
}

static void keep(struct tcprst_survey *s, const struct sample *e)
{
    while (s->count == SAMPLES) /* of one packet that comes again and again, all stay or none */
        thin_out(s);
    if (e->id >= s->limit)
        return;
    s->samples[s->count++] = *e;
    count_sample(s, e, 1);
}

/* How finely its times are told, and how much was captured of what is looked at of its packets: who
 * keeps segments has no more of them. */
static void note_quality(struct source *from, const struct tcprst_segment *t)
{
    struct tcprst_segment whole = *t;
    whole.captured = t->length;
    while (from->grain > 1 && t->time % from->grain)
        from->grain /= 10;
    from->captured += tcprst_segment_octets(t);
    from->length += tcprst_segment_octets(&whole);
}

/* Takes it into the sample, if it is one for it; opens: it may be an opening, or its refusal. */
static void sample(struct tcprst_survey *s, uint32_t source, const struct tcprst_segment *t,
                   bool opens)
{
    uint32_t ts_val = places_timestamp(t);
    uint64_t id = identity(s, t, ts_val);
    uint8_t bits = (uint8_t)((t->source_port > t->destination_port ? BIT_DIRECTION : 0) |
                             (ts_val ? BIT_STRONG : 0));
    struct sample e = {id, t->time, source, name_of(s, t), t->ip_id, t->ttl, bits};
    if (id && id < s->limit)
        keep(s, &e);
    e.id = copy_identity(s, t, e.name);
    e.bits = (uint8_t)((bits & BIT_DIRECTION) | BIT_COPY);
    if (e.id < s->limit) {
        note_quality(&s->sources[source], t);
        keep(s, &e);
    }
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
            s->sources[i] = (struct source){.first = TCPRST_TIME_UNKNOWN,
                                            .last = TCPRST_TIME_UNKNOWN,
                                            .point = (uint32_t)i,
                                            .grain = NS_PER_S};
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
    if (s->pair_count == PAIRS_OF_SAMPLE * s->count)
        return;
    int hops = a->ttl - b->ttl;
    bool opening = a->bits & BIT_OPENING, ids = a->ip_id && b->ip_id && !opening;
    struct pair p = {.a = a->source,
                     .b = b->source,
                     .time = b->time,
                     .ahead = b->time - a->time,
                     .hops = (int8_t)(hops < -HOPS_MOST || hops > HOPS_MOST ? 0 : hops),
                     .other_ttl = hops != 0,
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

/* Times of one packet's copies in a source. */
struct row {
    size_t from, to;
};

/* Those of one time; where there are none, one by one, if both have as many. */
static void pair_rows(struct tcprst_survey *s, struct row a, struct row b)
{
    const struct sample *e = s->samples;
    const size_t before = s->pair_count;
    for (size_t i = a.from, k = b.from; i < a.to && k < b.to;) {
        bool alike = e[i].time == e[k].time, later = e[i].time > e[k].time;
        if (alike)
            add_pair(s, &e[i], &e[k]);
        i += alike || !later;
        k += alike || later;
    }
    if (s->pair_count != before || a.to - a.from != b.to - b.from)
        return;
    for (size_t i = a.from, k = b.from; i < a.to; i++, k++)
        add_pair(s, &e[i], &e[k]);
}

/* The copies of one packet, by source: each two of few, of many each with the first and the one
 * before. */
static void pair_copies(struct tcprst_survey *s, size_t from, size_t to)
{
    struct row rows[GROUP_MOST];
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        if (i > from && s->samples[i].source == s->samples[i - 1].source) {
            rows[count - 1].to = i + 1;
            continue;
        }
        if (count == GROUP_MOST)
            return;
        rows[count++] = (struct row){i, i + 1};
    }
    for (size_t k = 1; k < count; k++)
        for (size_t i = 0; i < k; i++)
            if (count <= PAIRED_MOST || i == 0 || i + 1 == k)
                pair_rows(s, rows[i], rows[k]);
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

/* What must be alike for pairs to stand beside each other: of two sources those of copies first,
 * those of openings last. */
static uint64_t sources_of(const struct pair *p)
{
    unsigned kind = p->bits & BIT_COPY ? 0 : p->bits & BIT_OPENING ? 2 : 1;
    return (uint64_t)p->a << 34 | (uint64_t)p->b << 2 | kind;
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
    s->pairs = malloc((PAIRS_OF_SAMPLE * s->count + 1) * sizeof *s->pairs);
    if (!s->pairs || !sort_samples(s))
        return false;
    for (size_t from = 0, to; from < s->count; from = to) {
        for (to = from + 1; to < s->count && s->samples[to].id == s->samples[from].id; to++)
            ;
        sort_alike(&s->samples[from], to - from);
        if (s->samples[from].bits & BIT_COPY) {
            pair_copies(s, from, to);
            continue;
        }
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

/* Few packets, or cut short: as copies alone. One that was sent again has another time; by clocks
 * that differ it takes more. */
static bool share_copies(const struct tcprst_survey *s, const struct edge *e, size_t all)
{
    uint32_t a = s->sources[e->a].copies, b = s->sources[e->b].copies, least = a < b ? a : b;
    int64_t off = 2 * survey_grain(s, e->a, e->b); /* rounded, and what others may be rounded by */
    bool one_clock = e->least >= -off && e->most <= off;
    bool many = e->common >= COPIES_MANY;
    if (!one_clock && (!many || e->common < all))
        return false;
    return 2 * e->common >= least || (many && gap_between(s, e) < 0);
}

static bool add_edge(struct tcprst_survey *s, const struct edge *e)
{
    if ((s->edge_count & (s->edge_count - 1)) == 0) { /* as many as there is room for */
        size_t room = s->edge_count ? 2 * s->edge_count : 1;
        struct edge *more = realloc(s->edges, room * sizeof *more);
        if (!more)
            return false;
        s->edges = more;
    }
    s->edges[s->edge_count++] = *e;
    return true;
}

/* Where the pairs of one kind begin and end. */
struct run {
    size_t from, to;
};

/* Of two sources: their pairs as copies, as packets, as openings. */
static bool find_edge(struct tcprst_survey *s, const struct run runs[3])
{
    const struct pair *p = &s->pairs[runs[0].from]; /* the first of whichever kind there is */
    struct edge e = {.a = p->a, .b = p->b, .from = runs[1].from, .to = runs[1].from};
    bool shares = false;
    if (runs[1].to > runs[1].from) {
        e.to = keep_agreeing(s, runs[1].from, runs[1].to);
        e.common = (uint32_t)(e.to - e.from);
        shares = share(s, &e, runs[1].to - runs[1].from);
    }
    size_t copies = runs[0].to - runs[0].from;
    e.same = survey_is_same(s, &e, runs[0].from, runs[0].to);
    if (shares || (e.exact && share_copies(s, &e, copies)))
        return add_edge(s, &e);
    if (runs[2].to == runs[2].from)
        return true;
    struct edge opened = {.a = p->a, .b = p->b, .from = runs[2].from};
    opened.to = keep_agreeing(s, runs[2].from, runs[2].to);
    opened.common = (uint32_t)(opened.to - opened.from);
    return !share_openings(s, &opened) || add_edge(s, e.exact ? &e : &opened);
}

static bool find_edges(struct tcprst_survey *s)
{
    for (size_t from = 0, to; from < s->pair_count; from = to) {
        struct run runs[3];
        to = from;
        for (unsigned kind = 0; kind < 3; kind++) {
            runs[kind].from = to;
            while (to < s->pair_count &&
                   sources_of(&s->pairs[to]) == (sources_of(&s->pairs[from]) & ~(uint64_t)3) + kind)
                to++;
            runs[kind].to = to;
        }
        if (!find_edge(s, runs))
            return false;
    }
    return true;
}

/* ---- places ---- */

/* Sources that are of the same place by what they share, as one: by the clock of the first. */
struct point {
    int64_t first, last; /* TCPRST_TIME_UNKNOWN: nothing was captured */
    uint32_t source;     /* the first */
    bool placed;
};

/* The places, a bit each, at which that point shares packets with one that has its place already.
 */
static unsigned places_shared(const struct tcprst_survey *s, const struct point *points, uint32_t i)
{
    unsigned places = 0;
    for (size_t k = 0; k < s->edge_count; k++) {
        const struct edge *e = &s->edges[k];
        uint32_t a = s->sources[e->a].point, b = s->sources[e->b].point, other = a == i ? b : a;
        if ((a == i) != (b == i) && points[other].placed)
            places |= 1u << s->clocks[other].place;
    }
    return places;
}

/* A place's last time, for another to follow it. */
struct tail {
    int64_t last;
};

/* The place that a point goes on with: nothing of it is captured there, and what there is of that
 * place ends before it begins. */
static unsigned place_before(const struct tail *tails, unsigned places, const struct point *point,
                             unsigned shared)
{
    unsigned best = places;
    for (unsigned p = 0; p < places; p++) {
        bool apart = tails[p].last - point->first < NS_PER_S && !(shared >> p & 1);
        if (apart && (best == places || tails[p].last > tails[best].last))
            best = p;
    }
    return best;
}

static int by_beginning(const void *x, const void *y)
{
    const struct point *a = x, *b = y;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->source > b->source) - (a->source < b->source);
}

static void note_span(const struct tcprst_survey *s, struct point *point, uint32_t source)
{
    const struct source *own = &s->sources[source];
    if (own->first == TCPRST_TIME_UNKNOWN)
        return;
    const struct tcprst_clock by = {
        .ahead = survey_bounded(s->clocks[source].ahead - s->clocks[own->point].ahead)};
    int64_t first = tcprst_clock_aligned(&by, own->first);
    int64_t last = tcprst_clock_aligned(&by, own->last);
    bool none = point->first == TCPRST_TIME_UNKNOWN;
    point->first = none || first < point->first ? first : point->first;
    point->last = none || last > point->last ? last : point->last;
}

/* Gives each point its place, in the order of time: points has those of all sources, by source,
 * begin as many in that order. Returns how many places there are, or more than may be. */
static unsigned place_points(struct tcprst_survey *s, struct point *points, struct point *begin)
{
    struct tail tails[TCPRST_MAX_PLACES];
    unsigned places = 0;
    for (size_t n = 0; n < s->source_count; n++) {
        uint32_t i = begin[n].source;
        if (s->sources[i].point != i)
            continue;
        if (begin[n].first == TCPRST_TIME_UNKNOWN) {
            s->clocks[i].place = 0;
            points[i].placed = true;
            continue;
        }
        unsigned p = place_before(tails, places, &begin[n], places_shared(s, points, i));
        if (p == TCPRST_MAX_PLACES) /* more than can be kept apart */
            return p + 1;
        s->clocks[i].place = (uint8_t)p;
        points[i].placed = true;
        tails[p].last = begin[n].last;
        places += p == places;
    }
    return places ? places : 1;
}

/* Returns how many places there are, more than TCPRST_MAX_PLACES: none were found; 0: no memory. */
static unsigned find_places(struct tcprst_survey *s)
{
    size_t count = s->source_count;
    struct point *points = malloc((count + 1) * sizeof *points);
    struct point *begin = malloc((count + 1) * sizeof *begin);
    unsigned places = 0;
    if (points && begin) {
        for (uint32_t i = 0; i < count; i++)
            points[i] = (struct point){TCPRST_TIME_UNKNOWN, TCPRST_TIME_UNKNOWN, i, false};
        for (uint32_t i = 0; i < count; i++)
            note_span(s, &points[s->sources[i].point], i);
        memcpy(begin, points, count * sizeof *points);
        qsort(begin, count, sizeof *begin, by_beginning);
        places = place_points(s, points, begin);
        for (uint32_t i = 0; i < count; i++)
            s->clocks[i].place = s->clocks[s->sources[i].point].place;
    }
    free(points);
    free(begin);
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
    survey_find_points(s);
    if (!survey_compare_clocks(s))
        return false;
    *places = find_places(s);
    if (*places > TCPRST_MAX_PLACES) { /* as if none shared anything */
        memset(s->clocks, 0, s->source_count * sizeof *s->clocks);
        *places = 1;
        return true;
    }
    survey_follow_clocks(s);
    survey_set_copies(s);
    survey_set_parts(s);
    return *places > 0;
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
    for (size_t i = 0; i < s->source_count; i++)
        s->clocks[i].ends = s->sources[i].last;
    if (!s->edge_count)
        return s->clocks;
    for (size_t i = 0; i < s->source_count; i++)
        s->clocks[i].mirrored = s->sources[i].twice >= DOUBLED_LEAST &&
                                s->sources[i].twice > DOUBLED_PART * s->sources[i].once;
    return s->clocks;
}
