/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack.c - a connection nothing is heard of any more, in a quarter of the room: all its fields, as
 * numbers of as few octets as they need.
 *
 * Numbers are kept as distances from something near (times from the last segment's, sequence
 * numbers from SND.NXT). First stand all their octets, the low ones first, then their lengths, 0 to
 * 8 octets, two in an octet: so neither direction has to ask anything of each octet. One list of
 * fields serves both directions, and a field that is on no list does not compile.
 */
#include "pack.h"

#include "endpoint.h"
#include "octets.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

/* ---- the fields ---- */

/* N as it is, P a length of time (-1: unknown), T and Z a time (-1 or 0: unknown), W a frame, S and
 * Y a sequence number near the endpoint's own SND.NXT or near its peer's; B, H and D eight, sixteen
 * and 32 bits near another number, which stands before it. */
/* clang-format off */
#define ENDPOINT_FIELDS(N, P, T, Z, W, S, Y, B, H, D)                                              \
    N(seen) S(iss) Y(max_ack) D(edge, peer) Y(timed_end) N(ts_val) D(ts_first, e->ts_val) N(lead)  \
    N(window) N(scale) B(wscale, e->scale) D(window_max, full_window(e)) N(ip_id) N(ttl_last)      \
    B(ttl_first, e->ttl_last) B(ttl_min, e->ttl_last) B(ttl_max, e->ttl_last) N(tos)               \
    N(segments) T(last_time) Z(timed_at) W(last) W(syn_where) N(mss)
/* Of an endpoint that sent more than its opening, else they are as at the beginning. */
#define ENDPOINT_SINCE(N, P, T, W, S, Y)                                                           \
    N(id_steps) N(id_jumps) N(id_zeros) N(rtt_samples) P(rtt_max) P(rtt_min) N(octets)             \
    N(octets_mark) T(last_data_time) T(fin_time) W(fin_where) S(fin_seq) Y(first_ack)
/* Of one that has one of them, likewise. */
#define ENDPOINT_RARE(N, S, Y, T)                                                                  \
    N(window_probes) N(probes) N(retransmissions) Y(sack_edge) Y(ack_ahead) Y(abort_ack) S(hole)   \
    T(probe_time) N(probe_echo)
/* All there is of one that sent nothing but RSTs: most that refuse. */
#define ENDPOINT_SILENT(N, Y, Z) N(seen) Y(timed_end) Z(timed_at) Y(abort_ack)

#define CONNECTION_FIELDS(N, P, T, Z, W)                                                           \
    N(flags) N(client) N(odd) P(longest_idle) P(pending_idle) N(segments) N(last_other)            \
    N(pending_idle_from) N(number) N(stacks) N(copies) N(apart) T(first_time) W(first)
/* Of a connection that had a RST. */
#define CONNECTION_RARE(N, Z, W)                                                                   \
    N(resets) N(ended) N(ended_after_fin) N(ended_how) N(gone) N(surely) N(gone_reach[0])          \
    N(gone_reach[1])                                                                               \
    W(ended_where) W(ended_event) W(forged_where) Z(forged_time) W(event_where) Z(event_time)      \
    N(forged_by) N(forged_ttl)

/* Behind bits, which say who sent it: x sender, y receiver. Newest first: times and frames are near
 * those of the one before. */
#define RECENT_FIELDS(N, T, W, S, Y, B, H)                                                         \
    T(time) W(where) S(seq) Y(ack) N(length) H(window, x->window) N(flags)                 \
    H(ip_id, x->ip_id) B(ttl, x->ttl_last)
/* clang-format on */

/* NOLINTBEGIN(bugprone-macro-parentheses): terms of sums */
#define SIZE(field) +sizeof(((SIZED *)0)->field)
#define SIZE_NEAR(field, other) +sizeof(((SIZED *)0)->field)
#define SIZED struct endpoint
_Static_assert(sizeof(SIZED) == SIZE(snd_max) ENDPOINT_FIELDS(SIZE, SIZE, SIZE, SIZE, SIZE, SIZE,
                                                              SIZE, SIZE_NEAR, SIZE_NEAR, SIZE_NEAR)
                                    ENDPOINT_SINCE(SIZE, SIZE, SIZE, SIZE, SIZE, SIZE)
                                        ENDPOINT_RARE(SIZE, SIZE, SIZE, SIZE),
               "a field of an endpoint is not packed");
#undef SIZED
#define SIZED struct recent
_Static_assert(offsetof(SIZED, bits) ==
                   0 RECENT_FIELDS(SIZE, SIZE, SIZE, SIZE, SIZE, SIZE_NEAR, SIZE_NEAR),
               "a field of a recent segment is not packed");
#undef SIZED
#define SIZED struct connection
_Static_assert(offsetof(SIZED, inside) ==
                   SIZE(address) SIZE(port) SIZE(ip_version) SIZE(recents) SIZE(last_time)
                       SIZE(last) SIZE(used) SIZE(first_pending) SIZE(first_reset) SIZE(last_reset)
                           SIZE(entry) SIZE(pool) SIZE(end) SIZE(past) SIZE(suspected)
                               CONNECTION_FIELDS(SIZE, SIZE, SIZE, SIZE, SIZE)
                                   CONNECTION_RARE(SIZE, SIZE, SIZE),
               "a field of a connection is not packed");
#undef SIZED
#undef SIZE
#undef SIZE_NEAR

#define ONE(field) +sizeof(char)
#define ONE_NEAR(field, other) +sizeof(char)
enum {
    /* end[].snd_max, last, recents.pushed, whether there are rare ones, and whether ends are
     * silent, stand by themselves */
    NUMBERS_LEAST = 7 CONNECTION_FIELDS(ONE, ONE, ONE, ONE, ONE),
    NUMBERS = NUMBERS_LEAST + 2 * (1 ENDPOINT_FIELDS(ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE_NEAR,
                                                     ONE_NEAR, ONE_NEAR)),
    NUMBERS_RARE =
        0 CONNECTION_RARE(ONE, ONE, ONE) +
        2 * (1 ENDPOINT_SINCE(ONE, ONE, ONE, ONE, ONE, ONE) ENDPOINT_RARE(ONE, ONE, ONE, ONE)),
    NUMBERS_RECENT = 1 RECENT_FIELDS(ONE, ONE, ONE, ONE, ONE, ONE_NEAR, ONE_NEAR),
    /* a time may take two */
    NUMBERS_MOST = 2 * (NUMBERS + NUMBERS_RARE + PACK_RECENTS * NUMBERS_RECENT),
    SLACK = 8 /* a number is read and written as eight octets, whatever its length */
};
#undef ONE
#undef ONE_NEAR
/* NOLINTEND(bugprone-macro-parentheses) */

_Static_assert(NUMBERS_LEAST / 2 >= SLACK, "what is read behind the last number is lengths");

/* ---- numbers, in either direction ---- */

/* Everything down to a structure's list becomes one run of code, for each direction its own, and
 * the coder stays in registers: else its octets, which may be anybody's, force it into memory. */
#if defined(__GNUC__)
#define RUN static inline __attribute__((always_inline))
#else
#define RUN static inline
#endif

struct coder {
    bool writing;
    unsigned count;   /* numbers so far */
    uint8_t *lengths; /* of what is written one an octet; not written to when reading; nor is what
                         follows */
    uint8_t *octets;
    int64_t time;  /* what times are near to */
    where_t where; /* what frames are near to */
};

/* Octets v needs, 0 for 0. */
RUN unsigned octets_of(uint64_t v)
{
#if defined(__GNUC__)
    return (71u - (unsigned)__builtin_clzll(v | 1)) / 8 - (v == 0); /* without a jump */
#else
    unsigned n = 0;
    for (; v; v >>= 8)
        n++;
    return n;
#endif
}

RUN uint64_t number(struct coder *k, uint64_t v)
{
    unsigned i = k->count++, n;
    if (k->writing) {
        n = octets_of(v);
        k->lengths[i] = (uint8_t)n;
        v = little_endian(v);
        memcpy(k->octets, &v, sizeof v);
    } else {
        n = k->lengths[i / 2] >> i % 2 * 4 & 0xf;
        memcpy(&v, k->octets, sizeof v);
        v = little_endian(v) & ~(n < 8 ? UINT64_MAX << 8 * n : 0);
    }
    k->octets += n;
    return v;
}

/* Of any unsigned or signed type. (Where the high octet stands first it takes more room.) */
RUN void as_it_is(struct coder *k, void *field, size_t size)
{
    uint64_t v = 0;
    memcpy(&v, field, size);
    v = number(k, v);
    if (!k->writing)
        memcpy(field, &v, size);
}

/* A difference, small ones of either sign as small numbers. */
RUN uint32_t difference(struct coder *k, uint32_t far)
{
    uint32_t code = (uint32_t)number(k, far << 1 ^ (0 - (far >> 31)));
    return code >> 1 ^ (0 - (code & 1));
}

RUN void near_32(struct coder *k, uint32_t *field, uint32_t other)
{
    uint32_t far = difference(k, other - *field);
    if (!k->writing)
        *field = other - far;
}

RUN void near_16(struct coder *k, uint16_t *field, uint16_t other)
{
    uint32_t far = difference(k, (uint32_t)other - *field);
    if (!k->writing)
        *field = (uint16_t)(other - far);
}

RUN void near_8(struct coder *k, uint8_t *field, uint8_t other)
{
    uint32_t far = difference(k, (uint32_t)other - *field);
    if (!k->writing)
        *field = (uint8_t)(other - far);
}

/* Nanoseconds; most clocks of captures tick in microseconds. 0: none, odd: of so many microseconds,
 * even: of so many nanoseconds, but what has no room for the lowest bit stands by itself. Returns
 * whether there is any, in *ns. */
RUN bool nanoseconds(struct coder *k, bool any, uint64_t *ns)
{
    enum { TICK = 1000 };
    uint64_t micro = *ns / TICK, code = 0;
    bool whole = micro * TICK == *ns, alone = !whole && *ns >> 63;
    if (k->writing && any)
        code = whole ? micro << 1 | 1 : alone ? UINT64_MAX : *ns << 1;
    code = number(k, code);
    if (k->writing ? any && alone : code == UINT64_MAX)
        *ns = number(k, *ns);
    else if (!k->writing)
        *ns = code & 1 ? (code >> 1) * TICK : code >> 1;
    return code != 0;
}

RUN void period(struct coder *k, int64_t *field)
{
    uint64_t ns = (uint64_t)*field;
    bool any = nanoseconds(k, *field != -1, &ns);
    if (!k->writing)
        *field = any ? (int64_t)ns : -1;
}

RUN void point_in_time(struct coder *k, int64_t *field, uint64_t none)
{
    uint64_t base = (uint64_t)k->time, ns = base - (uint64_t)*field;
    bool any = nanoseconds(k, (uint64_t)*field != none, &ns);
    if (!k->writing)
        *field = (int64_t)(any ? base - ns : none);
}

/* How far v lies before base, but 0 where v is none. Everything wraps: any value comes back,
 * however far away. */
RUN uint64_t distance(uint64_t base, uint64_t v, uint64_t none)
{
    uint64_t far = base - v, of_none = base - none;
    return far == of_none ? 0 : far < of_none ? far + 1 : far;
}

RUN uint64_t from_distance(uint64_t base, uint64_t code, uint64_t none)
{
    uint64_t of_none = base - none;
    return code == 0 ? none : base - (code <= of_none ? code - 1 : code);
}

/* In where_t the frame's number stands above its capture's; the other way round near frames are
 * near numbers. */
RUN uint64_t turn(uint64_t v, unsigned bits)
{
    return v >> bits | v << (64 - bits);
}

RUN void frame(struct coder *k, where_t *field)
{
    uint64_t base = turn(k->where, 24);
    uint64_t code = number(k, distance(base, turn(*field, 24), 0));
    if (!k->writing)
        *field = turn(from_distance(base, code, 0), 40);
}

RUN void sequence(struct coder *k, uint32_t *field, uint32_t base)
{
    uint32_t far = base - *field, of_none = base;
    uint64_t code = number(k, far == of_none ? 0 : far < of_none ? far + UINT64_C(1) : far);
    if (!k->writing)
        *field = code == 0 ? 0 : base - (uint32_t)(code <= of_none ? code - 1 : code);
}

/* ---- the structures, in either direction ---- */

/* What its last window was in octets. */
RUN uint32_t full_window(const struct endpoint *e)
{
    return (uint32_t)e->window << (e->scale & 31);
}

/* An end of which nothing else is known. */
static void make_silent(struct endpoint *silent, const struct endpoint *e)
{
    endpoint_init(silent);
#define COPY(field) silent->field = e->field;
    ENDPOINT_SILENT(COPY, COPY, COPY)
#undef COPY
}

static bool is_silent(const struct endpoint *e)
{
    struct endpoint silent;
    make_silent(&silent, e);
    return memcmp(e, &silent, sizeof silent) == 0;
}

RUN void code_endpoint(struct coder *k, struct endpoint *e, uint32_t peer)
{
    uint32_t own = e->snd_max;
#define N(field) as_it_is(k, &e->field, sizeof e->field);
#define P(field) period(k, &e->field);
#define T(field) point_in_time(k, &e->field, UINT64_MAX);
#define Z(field) point_in_time(k, &e->field, 0);
#define W(field) frame(k, &e->field);
#define S(field) sequence(k, &e->field, own);
#define Y(field) sequence(k, &e->field, peer);
#define B(field, other) near_8(k, &e->field, other);
#define H(field, other) near_16(k, &e->field, other);
#define D(field, other) near_32(k, &e->field, other);
    if (number(k, k->writing && is_silent(e))) {
        struct endpoint silent;
        ENDPOINT_SILENT(N, Y, Z)
        if (!k->writing) {
            make_silent(&silent, e);
            *e = silent;
        }
        return;
    }
    ENDPOINT_FIELDS(N, P, T, Z, W, S, Y, B, H, D)
#define SET(field) | (uint64_t)e->field
#define KNOWN(field) | ((uint64_t)e->field + 1)
    if (number(k, (0 ENDPOINT_SINCE(SET, KNOWN, KNOWN, SET, SET, SET)) != 0)) {
        ENDPOINT_SINCE(N, P, T, W, S, Y)
    } else if (!k->writing) {
        e->rtt_max = e->rtt_min = e->last_data_time = e->fin_time = -1;
    }
    if (number(k, (0 ENDPOINT_RARE(SET, SET, SET, KNOWN)) != 0)) {
        ENDPOINT_RARE(N, S, Y, T)
    } else if (!k->writing) {
        e->probe_time = -1;
    }
#undef SET
#undef KNOWN
#undef N
#undef P
#undef T
#undef Z
#undef W
#undef S
#undef Y
#undef B
#undef H
#undef D
}

RUN void code_connection(struct coder *k, struct connection *c)
{
    uint64_t last = number(k, turn(c->last, 24));
    if (!k->writing)
        c->last = turn(last, 40);
    k->where = c->last;
    for (int i = 0; i < 2; i++)
        as_it_is(k, &c->end[i].snd_max, sizeof c->end[i].snd_max);
#define N(field) as_it_is(k, &c->field, sizeof c->field);
#define P(field) period(k, &c->field);
#define T(field) point_in_time(k, &c->field, UINT64_MAX);
#define Z(field) point_in_time(k, &c->field, 0);
#define W(field) frame(k, &c->field);
    CONNECTION_FIELDS(N, P, T, Z, W)
#define SET(field) | (uint64_t)c->field
    if (number(k, (0 CONNECTION_RARE(SET, SET, SET)) != 0)) {
        CONNECTION_RARE(N, Z, W)
    }
#undef SET
#undef N
#undef P
#undef T
#undef Z
#undef W
    for (int i = 0; i < 2; i++)
        code_endpoint(k, &c->end[i], c->end[!i].snd_max);
    as_it_is(k, &c->recents.pushed, sizeof c->recents.pushed);
}

RUN void code_recent(struct coder *k, struct recent *e, const struct connection *c)
{
    as_it_is(k, &e->bits, sizeof e->bits);
    const struct endpoint *x = &c->end[!!(e->bits & RECENT_FROM_B)];
    const struct endpoint *y = &c->end[!(e->bits & RECENT_FROM_B)];
#define N(field) as_it_is(k, &e->field, sizeof e->field);
#define T(field) point_in_time(k, &e->field, UINT64_MAX);
#define W(field) frame(k, &e->field);
#define S(field) sequence(k, &e->field, x->snd_max);
#define Y(field) sequence(k, &e->field, y->snd_max);
#define B(field, other) near_8(k, &e->field, other);
#define H(field, other) near_16(k, &e->field, other);
    RECENT_FIELDS(N, T, W, S, Y, B, H)
#undef N
#undef T
#undef W
#undef S
#undef Y
#undef B
#undef H
    k->time = e->time;
    k->where = e->where;
}

/* ---- packing ---- */

/* Kilobytes that hardening would fill with zeros each time. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#ifndef UNINITIALIZED
#define UNINITIALIZED
#endif

/* So many lengths become octets at once, whether there are as many or not. */
enum { JOINED = 16 };

/* Puts two lengths in an octet, by vectors: so few instructions are left for each number. Returns
 * how many octets they are. */
static size_t join_lengths(uint8_t *restrict to, uint8_t *restrict lengths, unsigned count)
{
    size_t octets = (count + 1) / 2;
    memset(lengths + count, 0, 2 * JOINED);
    for (size_t done = 0; done < octets; done += JOINED, to += JOINED, lengths += 2 * JOINED)
        for (size_t i = 0; i < JOINED; i++)
            to[i] = (uint8_t)(lengths[2 * i] | lengths[2 * i + 1] << 4);
    return octets;
}

struct packed *connection_pack(struct connection *c, unsigned keep)
{
    UNINITIALIZED uint8_t lengths[NUMBERS_MOST + 2 * JOINED];
    UNINITIALIZED uint8_t joined[NUMBERS_MOST / 2 + JOINED];
    UNINITIALIZED uint8_t numbers[8 * NUMBERS_MOST + SLACK];
    struct coder k = {.writing = true, .lengths = lengths, .octets = numbers, .time = c->last_time};
    uint32_t kept = c->recents.held < keep ? c->recents.held : keep;
    code_connection(&k, c);
    for (uint32_t n = 0; n < kept; n++)
        code_recent(&k, recent_back(&c->recents, n), c);
    size_t address = address_size(c->ip_version), length = join_lengths(joined, lengths, k.count);
    size_t coded = (size_t)(k.octets - numbers);
    size_t all = offsetof(struct packed, octets) + 2 * address + coded + length;
    struct packed *p = malloc(all);
    if (!p)
        return NULL;
    p->last_time = c->last_time;
    p->past = c->past;
    memcpy(p->port, c->port, sizeof p->port);
    p->size = (uint16_t)all;
    p->lengths = (uint16_t)length;
    p->recents = (uint8_t)kept;
    p->ip_version = c->ip_version;
    uint8_t *to = p->octets;
    memcpy(to, c->address[0], address);
    memcpy(to += address, c->address[1], address);
    /* number() has written each of them. */
    /* cppcheck-suppress uninitvar */
    memcpy(to += address, numbers, coded);
    memcpy(to + coded, joined, length);
    connection_release_recents(c);
    return p;
}

static struct coder unpack_state(struct connection *c, struct packed *p)
{
    size_t address = address_size(p->ip_version);
    memset(c, 0, offsetof(struct connection, inside));
    c->used = true;
    c->ip_version = p->ip_version;
    memcpy(c->port, p->port, sizeof c->port);
    memcpy(c->address[0], p->octets, address);
    memcpy(c->address[1], p->octets + address, address);
    c->last_time = p->last_time;
    uint8_t *begin = (uint8_t *)p;
    struct coder k = {.lengths = begin + p->size - p->lengths,
                      .octets = begin + offsetof(struct packed, octets) + 2 * address,
                      .time = p->last_time};
    code_connection(&k, c);
    return k;
}

void connection_look(struct connection *c, struct packed *p)
{
    unpack_state(c, p);
}

/* As large as it was, if all segments were kept. */
static bool make_recents(struct connection *c, uint32_t kept)
{
    struct recents *r = &c->recents;
    r->entries = c->inside;
    r->capacity = RECENT_INSIDE;
    r->held = kept;
    if (kept <= RECENT_INSIDE)
        return true;
    uint32_t capacity = RECENT_INSIDE;
    while (capacity < kept)
        capacity *= 2;
    struct recent *entries = pool_take(c->pool, capacity * sizeof *entries);
    if (!entries)
        return false;
    r->entries = entries;
    r->capacity = capacity;
    return true;
}

bool connection_unpack(struct connection *c, struct packed *p, struct pool *pool)
{
    struct coder k = unpack_state(c, p);
    c->pool = pool;
    if (!make_recents(c, p->recents))
        return false;
    for (uint32_t n = 0; n < c->recents.held; n++) {
        struct recent *e = recent_back(&c->recents, n);
        memset(e, 0, sizeof *e);
        code_recent(&k, e, c);
        e->leg = e->copied = 0; /* too long ago for a copy */
    }
    c->past = p->past;
    free(p);
    return true;
}

void packed_free(struct packed *p)
{
    free(p->past);
    free(p);
}
