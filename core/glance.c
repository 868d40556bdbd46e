/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance.c - see tcprst/glance.h.
 *
 * A glimpse is kept of each connection, in 24 octets. It knows the ordinary: an opening, numbers
 * that go on, FINs. For that it says as much as following the connection would. Whatever else
 * comes, a RST or something out of order, makes the connection one that is followed; so nothing
 * that the second reading passes hangs on anything that a glimpse does not know.
 */
#include "connection.h"
#include "embryo.h"
#include "fetch.h"
#include "glance_parts.h"
#include "large.h"
#include "places_key.h"
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEWEST = 4096, /* connections, before their kinds are compared */
    /* Segments whose glimpses are fetched before they are looked at: so few that what is fetched,
     * and they, stay in the first cache. With 256 the reading of small packets took 15 % more. */
    FETCHED = 32,
    LONG = KEEP_UNANSWERED / TICK - 1 /* ticks: it may be over */
};

static bool make_glimpses(struct tcprst_glance *g, size_t size)
{
    g->glimpses = calloc(size, sizeof *g->glimpses);
    g->mask = size - 1;
    if (g->glimpses)
        large_advise(g->glimpses, size * sizeof *g->glimpses);
    return g->glimpses != NULL;
}

static void drop_log(struct tcprst_glance *g)
{
    for (unsigned i = 0; i < LOG_PARTS && g->log[i]; i++) {
        free(g->log[i]);
        g->log[i] = NULL;
    }
    g->log_next = g->log_end = NULL;
}

static bool add_log_part(struct tcprst_glance *g, size_t n)
{
    uint32_t *part = n < LOG_PARTS ? malloc(LOG_PART * sizeof *part) : NULL;
    if (!part) {
        drop_log(g);
        return false;
    }
    g->log[n] = g->log_next = part;
    g->log_end = part + LOG_PART;
    return true;
}

static inline uint32_t *log_of(const struct tcprst_glance *g, uint64_t segment)
{
    return &g->log[segment / LOG_PART][segment % LOG_PART];
}

struct tcprst_glance *tcprst_glance_new(size_t max_connections, uint64_t seed)
{
    struct tcprst_glance *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->seed = seed;
    g->most = max_connections ? max_connections : TCPRST_DEFAULT_MAX_CONNECTIONS;
    clock_start(&g->clock);
    if (!make_glimpses(g, (size_t)FEWEST)) {
        free(g);
        return NULL;
    }
    if (g->most <= NUMBERS)
        add_log_part(g, 0);
    return g;
}

struct tcprst_glance *tcprst_glance_of_several(size_t max_connections, uint64_t seed)
{
    struct tcprst_glance *g = tcprst_glance_new(max_connections, seed);
    if (!g)
        return NULL;
    g->opening_room = FEWEST;
    g->openings = g->most <= NUMBERS ? malloc(g->opening_room * sizeof *g->openings) : NULL;
    if (g->openings)
        return g;
    tcprst_glance_free(g);
    return NULL;
}

void tcprst_glance_free(struct tcprst_glance *g)
{
    if (!g)
        return;
    free(g->glimpses);
    drop_log(g);
    free(g->telling);
    free(g->telling_followed);
    free(g->filter.bits);
    free(g->openings);
    free(g->kept);
    free(g->known);
    free(g);
}

/* ---- finding ---- */

static inline uint64_t stir(uint64_t h, uint64_t more)
{
    h = (h ^ more) * 0x9e3779b97f4a7c15u;
    return h ^ (h >> 32);
}

static uint64_t hash_of_ipv6(const struct tcprst_segment *s, uint64_t seed, int d)
{
    const struct key k = key_of_segment(s, d);
    const uint64_t words[] = {k.a, k.a_rest, k.b, k.b_rest};
    uint64_t h = stir(seed >> 1, k.ports);
    for (unsigned i = 0; i < 4; i++)
        h = stir(stir(h, words[i] >> 32), words[i] & UINT32_MAX);
    return h;
}

static inline uint64_t finish_hash(uint64_t h, uint64_t seed)
{
    h = stir(h, seed >> 32);
    return h | !h;
}

/* Of IPv4, addresses with their ports. */
static inline uint64_t hash_of_ipv4(uint64_t from, uint64_t to, uint64_t seed)
{
    return finish_hash(stir(stir(seed, from > to ? to : from), from > to ? from : to), seed);
}

/* Of the segment's key; by chance in 64 bits alone two share it. Never 0. d: as key_direction(). */
static inline uint64_t hash_of(const struct tcprst_segment *s, uint64_t seed, int *d)
{
    uint64_t from = read32(s->source) << 16 | s->source_port;
    uint64_t to = read32(s->destination) << 16 | s->destination_port;
    if (s->ip_version == 6) {
        *d = key_direction(s);
        return finish_hash(hash_of_ipv6(s, seed, *d), seed);
    }
    *d = from > to;
    return hash_of_ipv4(from, to, seed);
}

/* The clock is asked only where there is anything to ask. */
static inline void note_time(struct clock *clock, int64_t time)
{
    if (time >= clock->now && clock->now > TIME_MIN && time < TIME_MAX && !clock->set_back &&
        !clock->behind)
        clock->now = clock->reached = time;
    else
        clock_note(clock, time);
}

/* Makes room for one more. Returns false where it is not worth going on. */
static bool reserve(struct tcprst_glance *g)
{
    if (g->used >= g->most)
        return false;
    if ((g->used + 1) * 4 <= (g->mask + 1) * 3)
        return true;
    if (g->followed * 2 > g->used)
        return false;
    struct glimpse *before = g->glimpses;
    size_t size = g->mask + 1;
    if (!make_glimpses(g, size * 2)) {
        g->glimpses = before;
        g->mask = size - 1;
        return false;
    }
    for (size_t i = 0; i < size; i++)
        if (before[i].hash)
            *glance_find(g, before[i].hash) = before[i];
    free(before);
    return true;
}

/* ---- the first reading ---- */

static inline uint32_t ticks(const struct tcprst_glance *g)
{
    uint64_t ticks = (uint64_t)(g->clock.now - g->began) / TICK;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

static void follow(struct tcprst_glance *g, struct glimpse *e)
{
    e->bits |= FOLLOWED;
    g->followed++;
}

static bool openings_have_room(struct tcprst_glance *g, size_t number)
{
    if (number < g->opening_room)
        return true;
    size_t room = 2 * g->opening_room;
    struct opening *more = realloc(g->openings, room * sizeof *more);
    if (!more)
        return false;
    g->openings = more;
    g->opening_room = room;
    return true;
}

/* One of several keeps more of a connection. */
static bool note_opening(struct tcprst_glance *g, const struct tcprst_brief *b,
                         const struct tcprst_segment *s)
{
    const struct glimpse *e = glance_find(g, b->name);
    if (!openings_have_room(g, e->number))
        return false;
    struct key hosts = key_of_segment(s, b->direction);
    hosts.ports = s->ip_version;
    bool syn = (s->flags & (TCPRST_SYN | TCPRST_ACK | TCPRST_RST)) == TCPRST_SYN;
    g->openings[e->number] = (struct opening){.hash = e->hash,
                                              .seq = syn ? s->seq : 0,
                                              .stamp = syn ? places_timestamp(s) : 0,
                                              .began = e->since,
                                              .hosts = key_hash(&hosts, g->seed)};
    return true;
}

/* ---- which segments say something ---- */

/* Of a segment that came late, and of the latest before it: who leaves either out has another time.
 * Where a clock does more than come late, each segment counts. */
static void log_late(struct tcprst_glance *g, int64_t time)
{
    bool strange = g->clock.behind || g->clock.set_back || time == TCPRST_TIME_UNKNOWN;
    if (strange || !g->newest) {
        drop_log(g);
        return;
    }
    *log_of(g, g->newest - 1) |= 1;
    *log_of(g, g->segments - 1) |= 1;
}

/* The segment just noted, of connection e; first: it begins it. */
static inline void log_segment(struct tcprst_glance *g, const struct tcprst_brief *s,
                               const struct glimpse *e, bool first)
{
    if (!g->log_next ||
        (g->log_next == g->log_end && !add_log_part(g, (g->segments - 1) / LOG_PART)))
        return;
    bool tells = first || s->flags & TELLING;
    *g->log_next++ = (uint32_t)e->number << 1 | tells;
    if (s->time == g->clock.now && !g->clock.behind && !g->clock.set_back)
        g->newest = g->segments;
    else
        log_late(g, s->time);
}

static inline uint32_t end_of(const struct tcprst_brief *s)
{
    return s->seq + segment_length(s->flags, s->payload_length);
}

/* A connection's first segment. */
static void begin(struct tcprst_glance *g, struct glimpse *e, const struct tcprst_brief *s)
{
    *e = (struct glimpse){.hash = s->name,
                          .since = ticks(g),
                          .number = (uint32_t)g->used % NUMBERS,
                          .bits = (uint8_t)(SEEN << s->direction)};
    e->reach[s->direction] = end_of(s);
    g->used++;
    if (s->flags & TCPRST_FIN)
        e->bits |= (uint8_t)(FIN << s->direction);
    if (!(s->flags & TELLING)) {
        e->bits |= MIDWAY;
        g->midway++;
        return;
    }
    e->bits |= s->flags & TCPRST_ACK ? 0 : ASKS;
    if (!s->usual)
        follow(g, e);
}

/* Whether the glimpse knows all that comes of this segment of an end it knows. */
static inline bool goes_on(struct glimpse *e, const struct tcprst_brief *s)
{
    if (s->flags & (TCPRST_SYN | TCPRST_RST))
        return false;
    uint32_t end = end_of(s), *reach = &e->reach[s->direction];
    int32_t beyond = seq_diff(end, *reach);
    if (beyond > NEAR || beyond < -NEAR)
        return false;
    *reach = beyond > 0 ? end : *reach;
    return true;
}

/* The same of the other end's first. */
static bool answers(struct glimpse *e, const struct tcprst_brief *s)
{
    enum { FLAGS = TCPRST_SYN | TCPRST_FIN | TCPRST_RST | TCPRST_ACK };
    bool fits = e->bits & ASKS ? (s->flags & FLAGS) == (TCPRST_SYN | TCPRST_ACK) &&
                                     s->ack == e->reach[!s->direction] && !s->payload_length
                               : !(s->flags & (TCPRST_SYN | TCPRST_RST));
    e->bits = (uint8_t)((e->bits & ~ASKS) | SEEN << s->direction);
    e->reach[s->direction] = end_of(s);
    return fits;
}

/* Whether what it is part of may be over, or given up as unanswered: then it may be another. */
static inline bool maybe_over(const struct glimpse *e, uint32_t now)
{
    if (now - e->since < LONG && now != UINT32_MAX)
        return false;
    return (e->bits & 3 * SEEN) != 3 * SEEN || (e->bits & 3 * FIN) == 3 * FIN;
}

/* The connection's next segment. */
static void go_on(struct tcprst_glance *g, struct glimpse *e, const struct tcprst_brief *s)
{
    if (e->bits & FOLLOWED)
        return;
    uint32_t now = ticks(g);
    bool known = e->bits & SEEN << s->direction;
    bool ordinary =
        !maybe_over(e, now) && (known ? !(e->bits & ASKS) && goes_on(e, s) : answers(e, s));
    e->since = now;
    if (s->flags & TCPRST_FIN)
        e->bits |= (uint8_t)(FIN << s->direction);
    if (!ordinary)
        follow(g, e);
}

/* For one that is not there. More is asked of the newest than of those before it: it takes the
 * place where it is looked for first, and who has that goes where it would have gone. */
static inline struct glimpse *make_place(struct tcprst_glance *g, uint64_t hash)
{
    struct glimpse *first = &g->glimpses[hash & g->mask], *free = glance_find(g, hash);
    *free = *first;
    return first;
}

/* Takes the next segment. Returns false where it is not worth going on. */
static inline bool take(struct tcprst_glance *g, const struct tcprst_brief *s, bool *first)
{
    g->segments++;
    note_time(&g->clock, s->time);
    if (g->segments == 1)
        g->began = g->clock.now;
    struct glimpse *e = glance_find(g, s->name);
    *first = !e->hash;
    if (!*first) {
        go_on(g, e, s);
    } else {
        if (!reserve(g))
            return false;
        e = make_place(g, s->name);
        begin(g, e, s);
    }
    log_segment(g, s, e, *first);
    return true;
}

void tcprst_glance_brief(const struct tcprst_glance *g, const struct tcprst_segment *s,
                         struct tcprst_brief *brief)
{
    int d;
    uint64_t name = hash_of(s, g->seed, &d);
    *brief = (struct tcprst_brief){.name = name,
                                   .time = s->time,
                                   .seq = s->seq,
                                   .ack = s->ack,
                                   .payload_length = s->payload_length,
                                   .flags = s->flags,
                                   .direction = d,
                                   .usual = !(s->flags & TELLING) || embryo_fits(s)};
}

void tcprst_glance_brief_octets(const struct tcprst_glance *g, const uint8_t *addresses,
                                const uint8_t *tcp, uint32_t length, struct tcprst_brief *brief)
{
    uint64_t from = read32(addresses) << 16 | (uint32_t)(tcp[0] << 8 | tcp[1]);
    uint64_t to = read32(addresses + 4) << 16 | (uint32_t)(tcp[2] << 8 | tcp[3]);
    brief->name = hash_of_ipv4(from, to, g->seed);
    brief->seq = (uint32_t)read32(tcp + 4);
    brief->ack = (uint32_t)read32(tcp + 8);
    brief->payload_length = length - (tcp[12] >> 4) * 4u;
    brief->flags = (uint16_t)(tcp[12] << 8 | tcp[13]) & 0x0fff;
    brief->direction = from > to;
    brief->usual = !(brief->flags & TELLING);
}

bool tcprst_glance_take_briefs(struct tcprst_glance *g, const struct tcprst_brief *briefs,
                               size_t count)
{
    bool first;
    for (size_t i = 0; i < count && i < FETCHED; i++)
        fetch(&g->glimpses[briefs[i].name & g->mask]);
    for (size_t i = 0; i < count; i++) {
        if (i + FETCHED < count)
            fetch(&g->glimpses[briefs[i + FETCHED].name & g->mask]);
        if (!take(g, &briefs[i], &first))
            return false;
    }
    return true;
}

bool tcprst_glance_take(struct tcprst_glance *g, const struct tcprst_segment *segments,
                        size_t count)
{
    struct tcprst_brief briefs[FETCHED];
    for (size_t done = 0; done < count; done += FETCHED) {
        size_t n = count - done < FETCHED ? count - done : FETCHED;
        for (size_t i = 0; i < n; i++) {
            tcprst_glance_brief(g, &segments[done + i], &briefs[i]);
            fetch(&g->glimpses[briefs[i].name & g->mask]);
        }
        for (size_t i = 0; i < n; i++) {
            bool first;
            if (!take(g, &briefs[i], &first) ||
                (first && g->openings && !note_opening(g, &briefs[i], &segments[done + i])))
                return false;
        }
    }
    return true;
}

/* ---- between them ---- */

bool glance_filter_make(struct glance_filter *f, size_t count)
{
    enum { PART = 32, LEAST = 1 << 16, MOST = 1 << 21 }; /* bits: 256 KiB stay in the cache */
    size_t bits = LEAST;
    while (bits < MOST && bits < count * PART)
        bits *= 2;
    f->bits = calloc(1, bits / 8);
    f->mask = bits - 1;
    return f->bits != NULL;
}

/* From the log, which is then no longer needed. Without memory all segments have to come. */
static void make_telling(struct tcprst_glance *g)
{
    uint8_t *bits = g->log_next ? calloc(1, g->used + 1) : NULL; /* of each connection */
    size_t words = g->segments / 64 + 1;
    g->telling = bits ? calloc(words, sizeof *g->telling) : NULL;
    g->telling_followed = bits && g->openings ? calloc(words, sizeof *g->telling) : NULL;
    for (size_t i = 0; g->telling && i <= g->mask; i++)
        if (g->glimpses[i].hash)
            bits[g->glimpses[i].number] = g->glimpses[i].bits & (FOLLOWED | MATCHED);
    for (uint64_t i = 0; g->telling && i < g->segments; i++) {
        uint32_t log = *log_of(g, i);
        unsigned own = bits[log >> 1];
        uint64_t tells = (log & 1) | (own != 0) | (i + 1 == g->segments);
        g->telling[i / 64] |= tells << i % 64;
        if (g->telling_followed)
            g->telling_followed[i / 64] |= (uint64_t)((own & FOLLOWED) != 0) << i % 64;
    }
    free(bits);
    drop_log(g);
}

const uint64_t *tcprst_glance_telling(const struct tcprst_glance *g, uint64_t *count)
{
    *count = g->telling ? g->all : 0;
    return g->telling;
}

const uint64_t *tcprst_glance_followed(const struct tcprst_glance *g)
{
    return g->telling_followed;
}

bool glance_turn(struct tcprst_glance *g)
{
    g->kept = malloc(GLANCE_MOST * sizeof *g->kept);
    g->known = malloc(GLANCE_MOST * sizeof *g->known);
    make_telling(g);
    for (size_t i = 0; i <= g->mask; i++) {
        struct glimpse *e = &g->glimpses[i];
        e->asked = INT64_MIN;
        e->came = 0;
        e->bits &= FOLLOWED | MIDWAY | MATCHED | 3 * FIN | (g->openings ? LACKING : 0);
    }
    clock_start(&g->clock);
    g->all = g->segments;
    g->segments = 0;
    return g->kept && g->known;
}

bool tcprst_glance_finish(struct tcprst_glance *g)
{
    if (!glance_turn(g) || !glance_filter_make(&g->filter, g->followed + g->midway))
        return false;
    for (size_t i = 0; i <= g->mask; i++)
        if (g->glimpses[i].bits & (FOLLOWED | MIDWAY))
            filter_add(&g->filter, g->glimpses[i].hash);
    return true;
}

/* ---- the second ---- */

/* A connection that is not followed: how it ends is known. */
static void note_beginning(struct tcprst_glance *g, struct glimpse *e)
{
    e->bits |= BEGUN;
    g->passed_by[(e->bits & 3 * FIN) == 3 * FIN ? TCPRST_ENDING_FIN : TCPRST_ENDING_OPEN]++;
}

static void learn_opening(struct tcprst_glance *g, struct glimpse *e,
                          const struct tcprst_segment *s, struct glanced *known)
{
    bool answers = (s->flags & TCPRST_ACK) && e->asked != INT64_MIN;
    int64_t rtt = answers ? g->clock.now - e->asked : -1;
    known->rtt = rtt <= RTT_MOST ? rtt : -1;
    e->asked = s->flags & TCPRST_ACK ? INT64_MIN : g->clock.now;
}

static struct glimpse *find_anywhere(const struct tcprst_glance *g, uint64_t hash)
{
    struct glimpse *e = glance_find(g, hash);
    while (!e->hash && (g = g->others) != NULL)
        e = glance_find(g, hash);
    return e;
}

/* Of a segment that may tell something. */
static enum glance_use use_of(struct tcprst_glance *g, const struct tcprst_segment *s,
                              uint64_t hash, struct glanced *known)
{
    struct glimpse *e = find_anywhere(g, hash);
    /* One that is not known: the file is another now. */
    if ((s->flags & TCPRST_RST) || e->bits & FOLLOWED || !e->hash)
        return GLANCE_FOLLOW;
    known->begins = !(e->bits & BEGUN);
    if (known->begins)
        note_beginning(g, e);
    if (!(s->flags & TCPRST_SYN))
        return known->begins ? GLANCE_BEGIN : GLANCE_PASS;
    learn_opening(g, e, s, known);
    return GLANCE_OPEN;
}

/* What is quickly told of the segments: their hashes, and whether they may tell something. */
static void sift_roughly(struct tcprst_glance *g, const struct tcprst_segment *segments)
{
    for (size_t i = 0; i < g->count; i++) {
        int d;
        uint64_t hash = hash_of(&segments[i], g->seed, &d);
        bool tells = filter_has(&g->filter, hash) || segments[i].flags & TELLING;
        g->hashes[i] = hash;
        g->kept_of[i] = tells;
        if (tells)
            fetch(&g->glimpses[hash & g->mask]);
    }
}

uint64_t tcprst_glance_expect(const struct tcprst_glance *g, const struct tcprst_segment *s)
{
    int d;
    uint64_t hash = hash_of(s, g->seed, &d);
    fetch(&g->glimpses[hash & g->mask]);
    /* The handle asks the first, and so does who wants to know whose opening it is. */
    fetch(&g->first->filter.bits[filter_bit(&g->first->filter, hash) / 8]);
    fetch(&g->first->glimpses[hash & g->first->mask]);
    return hash;
}

bool tcprst_glance_wants(struct tcprst_glance *g, struct tcprst_segment *s, uint64_t hash)
{
    struct glimpse *e = glance_find(g, hash);
    if (!e->hash)
        return s->flags & TELLING || filter_has(&g->filter, hash);
    if (s->flags & TCPRST_RST || e->bits & (FOLLOWED | MATCHED))
        return true;
    /* Its opening tells which other name it has. */
    if (e->bits & LACKING && s->flags & TCPRST_SYN)
        return true;
    if (!(s->flags & TCPRST_SYN) && !(e->bits & MIDWAY))
        return false;
    e->bits &= (uint8_t)~MIDWAY;
    e = find_anywhere(g->first, hash);
    int d = key_direction(s);
    bool first = !(e->came >> d & 1);
    e->came |= s->flags & TCPRST_SYN ? 1u << d : 0;
    s->seen.passed_by = true;
    return first;
}

/* Takes the next segment; returns whether it is not passed, and fills known but for that segment.
 */
static bool sift(struct tcprst_glance *g, const struct tcprst_segment *s, uint64_t hash, bool tells,
                 struct glanced *known)
{
    note_time(&g->clock, s->time == TCPRST_TIME_UNKNOWN ? s->time : s->time - s->seen.ahead);
    g->segments += s->left_out;
    if (++g->segments == 1)
        g->began = g->clock.now;
    /* Nothing is known of what a file has grown by. */
    bool grown = g->segments > g->all, sure = s->seen.followed && !s->seen.translated;
    if (!tells && !grown)
        return false;
    known->now = g->clock.now;
    known->number = g->segments;
    known->use = grown || sure ? GLANCE_FOLLOW : use_of(g, s, hash, known);
    return known->use != GLANCE_PASS;
}

const struct tcprst_segment *glance_sift(struct tcprst_glance *g,
                                         const struct tcprst_segment *segments, size_t *count)
{
    g->next = segments;
    g->at = g->kept_at = g->kept_count = 0;
    g->count = *count < GLANCE_MOST ? *count : GLANCE_MOST;
    sift_roughly(g, segments);
    for (size_t i = 0; i < g->count; i++) {
        struct glanced *known = &g->known[g->kept_count];
        g->kept_of[i] = sift(g, &segments[i], g->hashes[i], g->kept_of[i], known);
        if (!g->kept_of[i])
            continue;
        known->segment = &g->kept[g->kept_count];
        g->kept[g->kept_count++] = segments[i];
    }
    *count = g->kept_count;
    return g->kept;
}

const struct glanced *glance_next(struct tcprst_glance *g, const struct tcprst_segment *s)
{
    if (g->at < g->count && s == g->next) {
        g->next++;
        return g->kept_of[g->at++] ? &g->known[g->kept_at++] : NULL;
    }
    int d;
    bool sure = s->seen.followed && !s->seen.translated;
    uint64_t hash = sure ? 0 : hash_of(s, g->seed, &d);
    bool tells = sure || s->flags & TELLING || filter_has(&g->filter, hash);
    g->at = g->count = 0;
    g->known->segment = s;
    return sift(g, s, hash, tells, g->known) ? g->known : NULL;
}

int64_t glance_began(const struct tcprst_glance *g)
{
    return g->began;
}

uint64_t glance_segments(const struct tcprst_glance *g)
{
    return g->segments;
}

const uint64_t *glance_passed_by(const struct tcprst_glance *g)
{
    return g->passed_by;
}
