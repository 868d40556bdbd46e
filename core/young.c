/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * young.c - see young.h.
 *
 * A segment is coded as what differs from what is to be expected: behind two or three octets of
 * bits, what they say is there. Times and frames are told from the segment before, all else from
 * the one before of the same end. Whoever reads them, from the first on, expects the same.
 */
#include "young.h"

#include "endpoint.h"
#include "octets.h"
#include "sequence.h"
#include "uncleared.h"

#include <string.h>

/* What is there, and how long. */
enum {
    FROM_B = 1 << 0, /* sent by end[1] */
    TIME = 1 << 1,   /* two bits: index into micro_octets or nano_octets */
    WHERE = 1 << 3,  /* two bits: index into where_octets */
    LENGTH = 1 << 5, /* two bits: octets of the length */
    FLAGS = 1 << 7,  /* two bits: index into usual_flags */
    STAMP = 1 << 9,  /* two bits: index into stamp_octets */
    ACK = 1 << 11,   /* it does not acknowledge the other end's SND.NXT */
    WINDOW = 1 << 12,
    IP_ID = 1 << 13, /* it is not the one behind the one before */
    LEAD = 1 << 14,
    MORE = 1 << 15, /* a third octet of bits: */
    NANO = 1 << 16, /* the time is in nanoseconds, else in microseconds */
    SEQ = 1 << 17,  /* it does not go on at SND.NXT */
    HOPS = 1 << 18, /* TTL and TOS */
    LEG = 1 << 19,
    DONT_FRAGMENT = 1 << 20, /* of a SYN-ACK */
    TWO_BITS = 3,
};

enum { NO_USUAL_FLAGS = 3, NO_STAMP = 0 };
static const uint16_t usual_flags[] = {TCPRST_ACK, TCPRST_PSH | TCPRST_ACK,
                                       TCPRST_FIN | TCPRST_ACK};

static const uint8_t micro_octets[] = {2, 3, 4, 8}, nano_octets[] = {2, 4, 5, 8},
                     where_octets[] = {1, 2, 3, 8}, stamp_octets[] = {0, 1, 2, 4};

enum {
    TCP_HEADER = 20,
    STAMP_OPTIONS = 12,
    STAMP_ECHO = 8,    /* there, from the beginning of the options */
    OPTIONS_MOST = 24, /* of a SYN-ACK */
    /* of a SYN-ACK: bits, time, frame, flags, SEQ, window, identification, TTL and TOS, leg; the
     * options, their length and which differ */
    CODED_MOST = 3 + 8 + 8 + 2 + 4 + 2 + 2 + 2 + 2 + OPTIONS_MOST + 1 + 3,
    SLACK = 8, /* a number is read and written as eight octets */
    NANO_PER_MICRO = 1000,
    NANO_PER_MILLI = 1000000,
    CAPTURE_BITS = 24,
};

/* The segments' octets go on there. */
struct piece {
    uint32_t before; /* number plus one, 0: the first */
    uint8_t octets[YOUNG_PIECE - sizeof(uint32_t)];
};
enum { PIECE = sizeof(((struct piece *)0)->octets) };
_Static_assert(sizeof(struct piece) == YOUNG_PIECE, "half a line of the cache");

enum { PIECES_MOST = (YOUNG_MOST * CODED_MOST + PIECE - 1) / PIECE };

static struct piece *piece_at(const struct nursery *nursery, uint32_t number)
{
    return slab_at(&nursery->pieces, number - 1, YOUNG_PIECE);
}

static void write32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* ---- what the next segment is near to ---- */

/* young.seen: of end[1] one bit higher. */
enum {
    SENT = 1, /* anything yet */
    CLOSED = 4,
    ODD = 16, /* something did not go on at SND.NXT */
};

static void begin(struct young *y, const struct embryo *e)
{
    int d = embryo_direction(e);
    *y = (struct young){.time = e->time, .where = e->where};
    y->seen = (uint8_t)(SENT << d);
    y->next[d] = e->seq + 1;
    y->window[d] = e->window;
    y->ip_id[d] = e->ip_id;
    y->ttl[d] = e->ttl;
    y->tos[d] = e->tos;
}

/* A clock in milliseconds, as that of most timestamps. */
static uint32_t milliseconds(int64_t time)
{
    return (uint32_t)((uint64_t)time / NANO_PER_MILLI);
}

/* From then on that one was the last. */
static void go_on(struct young *y, const struct tcprst_segment *s, int d, int64_t time)
{
    uint32_t end = s->seq + segment_length(s->flags, s->payload_length);
    y->time = time;
    y->where = where_pack(s->frame);
    y->count++;
    if (!(y->seen & SENT << d) || seq_lt(y->next[d], end))
        y->next[d] = end;
    y->seen |= (uint8_t)(SENT << d);
    if (s->options_captured == STAMP_OPTIONS)
        y->stamp[d] = read32(s->bytes + TCP_HEADER + 4) - milliseconds(time);
    y->window[d] = s->window;
    y->ip_id[d] = s->ip_id;
    y->ttl[d] = s->ttl;
    y->tos[d] = s->tos;
}

/* ---- which fit ---- */

/* The first answer to a SYN, and nothing wrong with it. */
static bool is_answer(const struct embryo *e, const struct tcprst_segment *s, int d)
{
    return !e->young && embryo_direction(e) != d && !(e->flags & TCPRST_ACK) &&
           (s->flags & TCPRST_ACK) && embryo_fits(s) && s->ack == e->seq + 1 &&
           s->options_captured <= OPTIONS_MOST &&
           s->header_length == TCP_HEADER + s->options_captured;
}

bool young_fits(const struct nursery *nursery, const struct embryo *e,
                const struct tcprst_segment *s, int d, int64_t time)
{
    if ((s->flags & TCPRST_RST) || !s->ip_header || !s->window_known ||
        s->payload_length > UINT16_MAX)
        return false;
    if (s->flags & TCPRST_SYN)
        return is_answer(e, s, d) && time >= e->time;
    if (s->options_captured && !only_timestamps(s))
        return false;
    if (!e->young)
        return time >= e->time;
    const struct young *y = young_of(nursery, e);
    return y->count < YOUNG_MOST && time >= y->time;
}

/* ---- coding ---- */

static inline void put(uint8_t **at, uint64_t v, unsigned octets)
{
    v = little_endian(v);
    memcpy(*at, &v, sizeof v);
    *at += octets;
}

static inline uint64_t get(const uint8_t **at, unsigned octets)
{
    uint64_t v;
    memcpy(&v, *at, sizeof v);
    *at += octets;
    return little_endian(v) & UINT64_MAX >> (64 - 8 * octets);
}

/* The first of four lengths that v has room in. */
static inline unsigned fitting(uint64_t v, const uint8_t octets[4])
{
    unsigned i = 0;
    while (i < 3 && v >> 8 * octets[i])
        i++;
    return i;
}

static void put_time(uint8_t **at, uint32_t *bits, uint64_t passed)
{
    uint64_t micro = passed / NANO_PER_MICRO;
    bool nano = micro * NANO_PER_MICRO != passed;
    const uint8_t *octets = nano ? nano_octets : micro_octets;
    uint64_t v = nano ? passed : micro;
    unsigned length = fitting(v, octets);
    put(at, v, octets[length]);
    *bits |= length * TIME | (nano ? NANO : 0);
}

static int64_t get_time(const uint8_t **at, uint32_t bits)
{
    uint64_t v = get(at, (bits & NANO ? nano_octets : micro_octets)[bits / TIME & TWO_BITS]);
    return (int64_t)(bits & NANO ? v : v * NANO_PER_MICRO);
}

/* How many frames on in the same capture; what is none of that as it is. */
static void put_where(uint8_t **at, uint32_t *bits, where_t where, where_t before)
{
    uint64_t frames = (where - before) >> CAPTURE_BITS;
    unsigned length = (where - before) << (64 - CAPTURE_BITS) ? 3 : fitting(frames, where_octets);
    put(at, length == 3 ? where : frames, where_octets[length]);
    *bits |= length * WHERE;
}

static where_t get_where(const uint8_t **at, uint32_t bits, where_t before)
{
    unsigned length = bits / WHERE & TWO_BITS;
    uint64_t v = get(at, where_octets[length]);
    return length == 3 ? v : before + (v << CAPTURE_BITS);
}

/* Those of a SYN-ACK are mostly those of the SYN with other numbers: which octets differ, and
 * these. */
static void put_options(uint8_t **at, const struct tcprst_segment *s, const struct embryo *e)
{
    const uint8_t *options = s->bytes + TCP_HEADER, *like = embryo_options(e);
    uint32_t which = 0;
    put(at, s->options_captured, 1);
    uint8_t *differ = *at + 3;
    for (unsigned i = 0; i < s->options_captured; i++)
        if (options[i] != (i < e->options_captured ? like[i] : 0)) {
            which |= UINT32_C(1) << i;
            *differ++ = options[i];
        }
    (*at)[0] = (uint8_t)which;
    (*at)[1] = (uint8_t)(which >> 8);
    (*at)[2] = (uint8_t)(which >> 16);
    *at = differ;
}

static void get_options(const uint8_t **at, struct tcprst_segment *s, uint8_t *options,
                        const struct embryo *e)
{
    const uint8_t *like = embryo_options(e);
    s->options_captured = (uint8_t)get(at, 1);
    uint32_t which = (uint32_t)get(at, 3);
    for (unsigned i = 0; i < s->options_captured; i++)
        options[i] = which >> i & 1 ? (uint8_t)get(at, 1) : i < e->options_captured ? like[i] : 0;
}

static void put_stamp(uint8_t **at, uint32_t *bits, const struct tcprst_segment *s, uint32_t near)
{
    uint32_t far = read32(s->bytes + TCP_HEADER + 4) - near;
    uint32_t code = far << 1 ^ (0 - (far >> 31)); /* small ones of either sign are small */
    unsigned length = code <= UINT8_MAX ? 1 : code <= UINT16_MAX ? 2 : 3;
    *bits |= length * STAMP;
    put(at, code, stamp_octets[length]);
}

static void get_stamp(const uint8_t **at, unsigned length, struct tcprst_segment *s,
                      uint8_t *options, uint32_t near)
{
    static const uint8_t common[] = {1, 1, 8, 10};
    uint32_t code = (uint32_t)get(at, stamp_octets[length]);
    memcpy(options, common, sizeof common);
    write32(options + 4, near + (code >> 1 ^ (0 - (code & 1))));
    s->options_captured = STAMP_OPTIONS;
}

static void put_ip(uint8_t **at, uint32_t *bits, const struct tcprst_segment *s,
                   const struct young *y, int d)
{
    if (s->window != y->window[d]) {
        *bits |= WINDOW;
        put(at, s->window, 2);
    }
    if (s->ip_id != (uint16_t)(y->ip_id[d] + 1)) {
        *bits |= IP_ID;
        put(at, s->ip_id, 2);
    }
    if (s->ttl != y->ttl[d] || s->tos != y->tos[d]) {
        *bits |= HOPS;
        put(at, s->ttl, 1);
        put(at, s->tos, 1);
    }
    if (s->leg) {
        *bits |= LEG;
        put(at, s->leg, 2);
    }
}

static void get_ip(const uint8_t **at, uint32_t bits, struct tcprst_segment *s,
                   const struct young *y, int d)
{
    s->window = bits & WINDOW ? (uint16_t)get(at, 2) : y->window[d];
    s->ip_id = bits & IP_ID ? (uint16_t)get(at, 2) : (uint16_t)(y->ip_id[d] + 1);
    s->ttl = bits & HOPS ? (uint8_t)get(at, 1) : y->ttl[d];
    s->tos = bits & HOPS ? (uint8_t)get(at, 1) : y->tos[d];
    s->leg = bits & LEG ? (uint16_t)get(at, 2) : 0;
}

static void put_tcp(uint8_t **at, uint32_t *bits, const struct tcprst_segment *s,
                    const struct young *y, int d)
{
    unsigned flags = 0, length = s->payload_length > UINT8_MAX ? 2 : s->payload_length > 0;
    uint32_t lead = s->payload_length ? lead_of(s) : 0;
    while (flags < NO_USUAL_FLAGS && s->flags != usual_flags[flags])
        flags++;
    *bits |= flags * FLAGS | length * LENGTH;
    if (flags == NO_USUAL_FLAGS)
        put(at, s->flags, 2);
    put(at, s->payload_length, length);
    if (s->seq != y->next[d]) {
        *bits |= SEQ;
        put(at, s->seq, 4);
    }
    if (s->ack != y->next[!d]) {
        *bits |= ACK;
        put(at, s->ack, 4);
    }
    if (lead) {
        *bits |= LEAD;
        put(at, lead, 4);
    }
}

static void get_tcp(const uint8_t **at, uint32_t bits, struct tcprst_segment *s, uint32_t *lead,
                    const struct young *y)
{
    int d = bits & FROM_B ? 1 : 0;
    unsigned flags = bits / FLAGS & TWO_BITS, length = bits / LENGTH & TWO_BITS;
    s->flags = flags == NO_USUAL_FLAGS ? (uint16_t)get(at, 2) : usual_flags[flags];
    s->payload_length = length ? (uint32_t)get(at, length) : 0;
    s->seq = bits & SEQ ? (uint32_t)get(at, 4) : y->next[d];
    s->ack = bits & ACK ? (uint32_t)get(at, 4) : y->next[!d];
    *lead = bits & LEAD ? (uint32_t)get(at, 4) : 0;
}

/* Of what may be a probe, what it echoes is asked for, too (endpoint.c): it is seldom sent. */
static bool may_be_probe(const struct tcprst_segment *s, const struct young *y, int d)
{
    return s->seq + 1 == y->next[d] && s->payload_length <= 1;
}

struct coming {
    const struct tcprst_segment *segment;
    int d;
    int64_t time;
};

/* Returns how many octets it takes, in *bits which. */
static unsigned code(uint8_t octets[CODED_MOST + SLACK], const struct embryo *e,
                     const struct young *y, const struct coming *coming)
{
    const struct tcprst_segment *s = coming->segment;
    int d = coming->d;
    uint32_t bits = d ? FROM_B : 0;
    uint8_t *at = octets + 3, *start = octets;
    put_time(&at, &bits, (uint64_t)coming->time - (uint64_t)y->time);
    put_where(&at, &bits, where_pack(s->frame), y->where);
    put_tcp(&at, &bits, s, y, d);
    put_ip(&at, &bits, s, y, d);
    if (s->flags & TCPRST_SYN) {
        bits |= s->dont_fragment ? DONT_FRAGMENT : 0;
        put_options(&at, s, e);
    } else if (s->options_captured) {
        put_stamp(&at, &bits, s, y->stamp[d] + milliseconds(coming->time));
        if (may_be_probe(s, y, d))
            put(&at, read32(s->bytes + TCP_HEADER + STAMP_ECHO), 4);
    }
    bits |= bits / (2 * MORE) ? MORE : 0;
    octets[0] = (uint8_t)bits;
    octets[1] = (uint8_t)(bits >> 8);
    octets[2] = (uint8_t)(bits >> 16);
    if (bits & MORE)
        return (unsigned)(at - start);
    memmove(octets + 2, octets + 3, (size_t)(at - start) - 3);
    return (unsigned)(at - start) - 1;
}

/* The segment there, its octets at bytes. */
static struct coming decode(const uint8_t **at, const struct embryo *e, const struct young *y,
                            struct tcprst_segment *s, uint8_t *bytes)
{
    uint32_t bits = (uint32_t)get(at, 2), lead;
    if (bits & MORE)
        bits |= (uint32_t)get(at, 1) << 16;
    int d = bits & FROM_B ? 1 : 0;
    unsigned stamp = bits / STAMP & TWO_BITS;
    *s = (struct tcprst_segment){.ip_version = embryo_ip_version(e),
                                 .ip_header = true,
                                 .window_known = true,
                                 .bytes = bytes};
    s->time = y->time + get_time(at, bits);
    s->frame = where_frame(get_where(at, bits, y->where));
    s->dont_fragment = bits & DONT_FRAGMENT;
    get_tcp(at, bits, s, &lead, y);
    get_ip(at, bits, s, y, d);
    if (s->flags & TCPRST_SYN) {
        get_options(at, s, bytes + TCP_HEADER, e);
    } else if (stamp) {
        get_stamp(at, stamp, s, bytes + TCP_HEADER, y->stamp[d] + milliseconds(s->time));
        if (may_be_probe(s, y, d))
            write32(bytes + TCP_HEADER + STAMP_ECHO, (uint32_t)get(at, 4));
    }
    s->header_length = (uint8_t)(TCP_HEADER + s->options_captured);
    write32(bytes + s->header_length, lead);
    s->captured = s->header_length + (lead ? (uint32_t)LEAD_OCTETS : 0);
    s->length = s->header_length + s->payload_length;
    return (struct coming){s, d, s->time};
}

/* ---- keeping ---- */

void young_expect_last(const struct nursery *nursery, const struct embryo *e)
{
    if (e->young && young_of(nursery, e)->last)
        fetch(piece_at(nursery, young_of(nursery, e)->last));
}

static void leave_last(struct nursery *nursery, struct young *y)
{
    uint32_t last = y->last;
    y->last = piece_at(nursery, last)->before;
    slab_leave(&nursery->pieces, last - 1, YOUNG_PIECE);
}

/* An empty piece more. False: no memory. */
static bool go_on_elsewhere(struct nursery *nursery, struct young *y)
{
    size_t number = slab_take(&nursery->pieces, YOUNG_PIECE);
    if (number == SLAB_NONE)
        return false;
    struct piece *piece = slab_at(&nursery->pieces, number, YOUNG_PIECE);
    piece->before = y->last;
    y->last = (uint32_t)number + 1;
    y->used = 0;
    return true;
}

/* False: no memory, and it is as it was. */
static bool append(struct nursery *nursery, struct young *y, const uint8_t *octets, unsigned count)
{
    const uint32_t last = y->last;
    const uint8_t used = y->used;
    for (;;) {
        uint8_t *to = y->last ? piece_at(nursery, y->last)->octets : y->octets;
        unsigned left = (y->last ? (unsigned)PIECE : (unsigned)YOUNG_OCTETS) - y->used;
        unsigned here = left < count ? left : count;
        memcpy(to + y->used, octets, here);
        y->used = (uint8_t)(y->used + here);
        octets += here;
        count -= here;
        if (!count)
            return true;
        if (!go_on_elsewhere(nursery, y))
            break;
    }
    while (y->last != last)
        leave_last(nursery, y);
    y->used = used;
    return false;
}

/* The line of one that is about to become young. */
static bool make(struct nursery *nursery, struct embryo *e)
{
    size_t number = slab_take(&nursery->lines, YOUNG_LINE);
    if (number == SLAB_NONE)
        return false;
    e->young = (uint32_t)number + 1;
    begin(young_of(nursery, e), e);
    return true;
}

bool young_note(struct nursery *nursery, struct embryo *e, const struct tcprst_segment *s, int d,
                int64_t time)
{
    uint8_t octets[CODED_MOST + SLACK];
    bool first = !e->young;
    if (first && !make(nursery, e))
        return false;
    struct young *y = young_of(nursery, e);
    unsigned count = code(octets, e, y, &(struct coming){s, d, time});
    if (!append(nursery, y, octets, count)) {
        if (first)
            young_leave(nursery, e);
        return false;
    }
    bool in_order =
        (y->seen & SENT << d) && s->seq == y->next[d] && s->payload_length < STRAY_DISTANCE;
    if (!in_order && !(s->flags & TCPRST_SYN))
        y->seen |= ODD;
    if (s->flags & TCPRST_FIN)
        y->seen |= (uint8_t)(CLOSED << d);
    go_on(y, s, d, time);
    y->known = 0;
    return true;
}

/* A FIN is its sender's, and no copy, where all of that end went on where it should: it is beyond
 * all that was sent before. */
bool young_ending(const struct young *y, bool *by_fin)
{
    unsigned closed = y->seen / CLOSED & 3;
    *by_fin = closed == 3;
    return closed != 3 || !(y->seen & ODD);
}

/* All octets, one behind the other. */
static void gather(const struct nursery *nursery, const struct young *y, uint8_t *to)
{
    uint32_t numbers[PIECES_MOST];
    unsigned count = 0;
    memcpy(to, y->octets, YOUNG_OCTETS);
    to += YOUNG_OCTETS;
    for (uint32_t number = y->last; number; number = piece_at(nursery, number)->before)
        numbers[count++] = number;
    for (; count > 0; to += PIECE)
        memcpy(to, piece_at(nursery, numbers[--count])->octets, PIECE);
}

void young_grow(const struct nursery *nursery, const struct embryo *e, struct connection *c)
{
    UNCLEARED uint8_t octets[YOUNG_OCTETS + PIECES_MOST * PIECE + SLACK];
    const struct young *whole = young_of(nursery, e);
    const uint8_t *at = octets;
    struct young y;
    gather(nursery, whole, octets);
    begin(&y, e);
    embryo_grow(e, c);
    while (y.count < whole->count) {
        struct tcprst_segment s;
        uint8_t bytes[TCP_HEADER + OPTIONS_MOST + LEAD_OCTETS];
        struct coming next = decode(&at, e, &y, &s, bytes);
        connection_track(c, &s, next.d, next.time);
        go_on(&y, &s, next.d, next.time);
    }
}

void young_leave(struct nursery *nursery, struct embryo *e)
{
    struct young *y = young_of(nursery, e);
    while (y->last)
        leave_last(nursery, y);
    slab_leave(&nursery->lines, e->young - 1, YOUNG_LINE);
    e->young = 0;
}

void nursery_clear(struct nursery *nursery)
{
    slab_clear(&nursery->lines);
    slab_clear(&nursery->pieces);
}

void nursery_free(struct nursery *nursery)
{
    slab_free(&nursery->lines);
    slab_free(&nursery->pieces);
}

size_t nursery_memory(const struct nursery *nursery)
{
    return slab_memory(&nursery->lines, YOUNG_LINE) + slab_memory(&nursery->pieces, YOUNG_PIECE);
}
