/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection.h - what a passive observer knows of one connection: two endpoints, what each sent,
 * acknowledged and offered, and the recent segments of both. RSTs change nothing here; they are
 * kept apart (reset.h).
 */
#ifndef TCPRST_CONNECTION_H
#define TCPRST_CONNECTION_H

#include "pool.h"
#include "sequence.h"
#include "shortcuts.h"
#include "tcprst.h"

/* A frame in eight octets: 40 bits of number, 24 of capture. */
typedef uint64_t where_t;
static inline where_t where_pack(struct tcprst_frame f)
{
    return f.number << 24 | (f.capture & 0xffffff);
}
static inline struct tcprst_frame where_frame(where_t w)
{
    return (struct tcprst_frame){w >> 24, (uint32_t)(w & 0xffffff)};
}

/* What was seen of an endpoint. */
enum {
    END_SEEN = 1 << 0,    /* sent any segment other than a RST */
    END_SYN = 1 << 1,     /* its SYN without ACK was captured */
    END_SYN_ACK = 1 << 2, /* its SYN-ACK was captured */
    END_ISS = 1 << 3,     /* iss is known, by its own SYN or by the peer's acknowledgment of it */
    END_FIN = 1 << 4,
    END_DATA = 1 << 5,              /* sent text, keep-alive garbage not counted */
    END_ACK = 1 << 6,               /* max_ack is valid */
    END_AHEAD = 1 << 7,             /* ack_ahead is valid */
    END_SACK = 1 << 8,              /* sack_edge is valid and above max_ack */
    END_SACK_OK = 1 << 9,           /* SACK permitted in its SYN */
    END_TIMESTAMPS = 1 << 10,       /* its last segment carried the timestamp option */
    END_EDGE = 1 << 11,             /* edge is valid: window and scale were visible */
    END_OPTIONS = 1 << 12,          /* its SYN carried options */
    END_TIMED = 1 << 13,            /* a round trip is being measured */
    END_ZERO_WINDOW = 1 << 14,      /* its last segment offered no window */
    END_SYN_REPEATED = 1 << 15,     /* SYN or SYN-ACK was sent more than once */
    END_CLOSED_WITH_DATA = 1 << 16, /* peer sent text after this end's FIN */
    END_ABORT_ACK = 1 << 18,   /* abort_ack is valid: a RST of it acknowledged more than max_ack */
    END_FOREIGN_ACK = 1 << 17, /* acknowledged octets the capture does not have */
    END_PROBE_ECHO = 1 << 20,  /* probe_echo is valid */
    END_PLAIN = 1 << 19,       /* sent, or in its name, what neither opens nor closes nor resets */
};

enum { WSCALE_UNKNOWN = 0xff };

/*
 * One end of a connection; names as in RFC 9293 section 3.3.1 where it has one. Times in ns, -1
 * unknown.
 *
 * In the order of use, in lines of the cache: what changes with every segment of either end, what
 * changes with its own, and what only openings, endings and RSTs ask for. A field that is added is
 * entered in pack.c.
 */
struct endpoint {
    uint32_t seen;
    uint32_t snd_max; /* highest SEG.SEQ + SEG.LEN sent: SND.NXT as far as captured */
    uint32_t max_ack; /* highest acceptable SEG.ACK sent: RCV.NXT as announced */
    uint32_t edge;    /* right edge of the window it offers: highest SEG.ACK + SEG.WND */
    uint32_t timed_end;
    uint32_t ts_val;
    uint32_t window_max; /* largest window it offered, octets */
    uint32_t lead;       /* first four octets of its last text, big-endian; 0 where not captured */
    int64_t timed_at;
    uint64_t octets;
    uint64_t octets_mark; /* octets it had sent when the peer last sent text */
    uint16_t window;      /* raw, of its last segment */
    uint16_t ip_id;       /* of its last segment */
    uint8_t scale; /* its window is shifted by so much: RFC 7323 section 2.2; WSCALE_UNKNOWN */
    uint8_t window_probes;   /* sent while the peer kept its window closed */
    uint8_t probes;          /* keep-alive or window probes since it last heard its peer */
    uint8_t retransmissions; /* since the peer was last heard */

    uint8_t ttl_first, ttl_last, ttl_min, ttl_max;
    uint8_t tos;
    uint8_t id_steps, id_jumps; /* saturating: identification 1..64 on from the one before; other */
    uint8_t rtt_samples;        /* saturating */
    uint32_t sack_edge;         /* right edge of the highest SACK block it sent */
    uint32_t iss;
    int64_t rtt_max; /* from a segment of the peer at the observer to this end's answer there */
    int64_t rtt_min;
    uint64_t segments;
    int64_t last_time, last_data_time;
    where_t last;

    int64_t fin_time;
    int64_t probe_time;
    uint32_t probe_echo; /* TSecr of the last probe */
    uint32_t hole; /* of the octets that it sent and the capture lacks the first, or one of those
                      before it */
    where_t fin_where, syn_where;
    uint32_t ack_ahead; /* an acknowledgment of octets not captured (yet) */
    uint32_t fin_seq;
    uint32_t abort_ack;
    uint32_t first_ack; /* SEG.ACK of its first segment with ACK */
    union {
        uint32_t first_seq; /* where its SYN was not captured: of its first segment */
        uint32_t ts_first;  /* where it was: the TSval of the first */
    };
    uint16_t mss;
    uint8_t id_zeros; /* saturating: its identification was 0 */
    uint8_t wscale;   /* as its SYN offered it */
};

/* So many octets of those between x's first and its last segment the capture does not have. */
static inline uint32_t endpoint_lacks(const struct endpoint *x)
{
    uint32_t from = x->seen & (END_SYN | END_SYN_ACK) ? x->iss + 1 : x->first_seq;
    return x->seen & END_SEEN ? x->snd_max - from - !!(x->seen & END_FIN) - (uint32_t)x->octets : 0;
}

/* by acknowledged octets of of that the capture does not have. */
static inline bool endpoint_acked_unseen(const struct endpoint *by, const struct endpoint *of)
{
    return (of->seen & END_SEEN) && (by->seen & END_AHEAD) && seq_lt(of->snd_max, by->ack_ahead);
}

/* Whether that end, as it was then, has since given its connection up and answered the SYN anew. */
static inline bool endpoint_reopened(const struct endpoint *then, const struct endpoint *now)
{
    return (then->seen & now->seen & END_SYN_ACK) && then->iss != now->iss;
}

/* A segment as remembered. */
enum {
    RECENT_FROM_B = 1,    /* sent by end[1] */
    RECENT_DUPLICATE = 2, /* a capture duplicate of an earlier one */
    RECENT_STRAY = 4,     /* outside what its sender sends: other incarnation, challenge, forgery */
    RECENT_ANSWERED = 8,  /* a RST was paired with it */
    RECENT_REPEATED = 16, /* nothing new: retransmission or probe */
    RECENT_PROBE = 32,    /* keep-alive or window probe */
    RECENT_BAD_ECHO =
        128, /* SYN-ACK whose timestamp echo is none of the SYN's (RFC 7323 section 5.2) */
    RECENT_AFTER_FIN = 64, /* sent after its receiver's FIN had been captured */
};

struct recent {
    int64_t time;
    where_t where;
    uint32_t seq, ack, length;
    uint16_t window, flags, ip_id;
    uint8_t ttl, bits;
    uint16_t leg;    /* tcprst_segment_leg() */
    uint16_t copied; /* the leg of the last of its copies, 0: none; of a RST without, how many */
};

/* The last segments, oldest overwritten first. Owned by the connection; capacity is a power of two.
 */
struct recents {
    uint32_t capacity;
    uint32_t held; /* entries there are: after growing, fewer than both pushed and capacity */
    struct recent *entries;
    uint64_t pushed; /* ever; the newest is entries[(pushed - 1) & (capacity - 1)] */
};

/* Kept inside the connection: all that a short one ever has (thresholds.h, RECENT_MIN). */
enum { RECENT_INSIDE = 8 };

/* The incarnation before this one. */
struct past {
    struct endpoint end[2];
    uint64_t number;
    int64_t last_time;
    int client;
    bool reset;
};

enum {
    CONN_OPENED = 1,      /* SYN or SYN-ACK captured: the opening is visible */
    CONN_ESTABLISHED = 2, /* both ends' numbers known and acknowledged */
    CONN_REPEAT_OPEN = 4, /* simultaneous open */
    CONN_GUESSED = 8,     /* client is a guess */
    CONN_FORGOTTEN = 16,  /* more of it had been captured, and was given up for want of room */
    CONN_OVER = 32,       /* it had been captured before, was over, and was forgotten in time */
    CONN_RENUMBERED = 64, /* between two legs of the capture its numbers are rewritten */
};

struct reset;

/*
 * In the order of use, in lines of the cache: the key and where the recent segments are; what every
 * segment changes; both ends; and what only openings, endings and RSTs ask for. What is added is
 * entered in pack.c.
 */
struct connection {
    /* the key; end[0] is the numerically lower address and port */
    uint8_t address[2][16];
    uint16_t port[2];
    uint8_t ip_version;
    bool used;
    int8_t client; /* index into end, -1 unknown */
    uint8_t odd;   /* so many of the next segments may be copies though their numbers are new */
    struct recents recents;

    int64_t last_time;
    int64_t longest_idle; /* longest pause that was followed by a segment and an answer to it */
    int64_t pending_idle; /* pause before the last segment, not answered yet */
    struct reset *first_pending; /* RST whose verdict is not final */
    uint64_t segments;
    uint64_t last_other; /* recents.pushed at the last segment that is no RST */
    where_t last;
    uint8_t flags;
    /* by the first RST that ended it for its sender or receiver, once its verdict is final */
    bool ended, ended_after_fin;
    uint8_t ended_how; /* enum tcprst_ending; OPEN: no RST took effect */
    /* By final verdicts: bit i: end[i] has no connection any more; bit 2 + i: its own RST said so
     */
    uint8_t gone;
    uint8_t forged_by, forged_ttl;
    uint8_t pending_idle_from;

    struct endpoint end[2];

    /* its RSTs, oldest first: those pending, and those before them whose verdicts are final */
    struct reset *first_reset, *last_reset;
    struct past *past;
    uint64_t number;
    uint32_t resets, copies; /* saturating; copies: capture duplicates among the segments */
    int64_t first_time;
    where_t first;
    where_t ended_where, ended_event;
    where_t forged_where; /* a RST that somebody else made, final; 0: none */
    int64_t forged_time;
    /* What the other end had sent, as SND.NXT, when each was said to be gone. */
    uint32_t gone_reach[2];
    where_t event_where; /* the event RSTs belong to that come now */
    int64_t event_time;
    uint8_t stacks; /* enum stack_id of end[0], and of end[1] four bits higher */
    uint8_t surely; /* as gone: by RSTs that nobody else can have made */
    bool apart; /* of it there are copies, or a RST that carried text: neither is to be skipped */
    bool suspected; /* somebody in between was taken, if only for a while, for the maker of one of
                       its RSTs that are still remembered */
    uint32_t entry; /* the table's: its number there */
    struct pool *pool; /* where more recent segments live than fit inside */
    struct recent inside[RECENT_INSIDE];
};
/* A million of them take a gigabyte: another line is to be thought over. */
_Static_assert(sizeof(struct connection) <= 960, "fifteen lines of the cache");

/* SEG.LEN: the octets of sequence space a segment occupies. */
static inline uint32_t segment_length(uint16_t flags, uint32_t payload)
{
    return payload + !!(flags & TCPRST_SYN) + !!(flags & TCPRST_FIN);
}

/* The n-th newest remembered segment (0: the newest); NULL beyond what is kept. */
static inline struct recent *recent_back(const struct recents *r, uint64_t n)
{
    if (n >= r->held)
        return NULL;
    return &r->entries[(r->pushed - 1 - n) & (r->capacity - 1)];
}

/* Whether a segment captured on this leg later can be e once more, by where both were captured. */
enum legs { LEGS_UNKNOWN, LEGS_APART, LEGS_NO_COPY };
static inline bool legs_going(uint16_t leg)
{
    return leg & 1;
}

static inline enum legs legs_of(uint16_t first, uint16_t then)
{
    if (!first || !then)
        return LEGS_UNKNOWN;
    return first == then || (legs_going(first) && !legs_going(then)) ? LEGS_NO_COPY : LEGS_APART;
}

static inline enum legs recent_legs(const struct recent *e, uint16_t leg)
{
    enum legs legs = legs_of(e->leg, leg);
    return legs == LEGS_APART && (e->bits & RECENT_DUPLICATE) ? LEGS_NO_COPY : legs;
}

/* How far back, as recent_back() counts, the newest segment is that is neither a RST nor a copy:
 * who has nothing to ask of those begins here, however many RSTs came since. */
static inline uint64_t recent_other(const struct connection *c)
{
    return c->recents.pushed - c->last_other;
}

/* The FIN of that end, of this incarnation or the one before; NULL: it is not remembered. Times
 * never run backwards. */
static inline const struct recent *recent_fin(const struct connection *c, const struct endpoint *x)
{
    const struct recent *p = c->recents.held ? recent_back(&c->recents, c->recents.held - 1) : NULL;
    if (!(x->seen & END_FIN) || !p || p->time > x->fin_time)
        return NULL;
    for (uint64_t n = recent_other(c); (p = recent_back(&c->recents, n)) != NULL; n++)
        if (p->where == x->fin_where)
            return p;
    return NULL;
}

/* enum stack_id of end[i], by its SYN or SYN-ACK. */
static inline unsigned connection_stack(const struct connection *c, int i)
{
    return c->stacks >> 4 * i & 15;
}

/* Gives back what the connection owns. */
void connection_release(struct connection *c);
/* Of that, the recent segments. */
void connection_release_recents(struct connection *c);

/* ---- the table ---- */

/* What it is kept for: what is worth least goes first where there is no room, and when it is over
 * by time: see keep_for() in table.c. */
enum keeping {
    KEEP_ONE_SIDED, /* only one end so far, and no text */
    KEEP_ENDED,     /* both FINs, or a RST that took effect */
    KEEP_BARE,      /* open, and so far without text, or only one end's */
    KEEP_OPEN,      /* with text: silent for long, it is what this tool is for */
    KEEPINGS
};

struct table;
struct table *table_new(size_t max_connections, uint64_t seed);
void table_free(struct table *table);
/* Each connection will have a RST: none is kept as its segments only. */
void table_all_matter(struct table *table);

/* These count segments will be asked for next, in this order and from where they are: what
 * table_get() and connection_track() touch for them is fetched into the cache in time. */
void table_expect(struct table *table, const struct tcprst_segment *segments, size_t count);
/* Of those, how many are still to come, this one the first of them; 0: it is not the next. */
size_t table_expected(const struct table *table, const struct tcprst_segment *segment);
/* How many of them are still to come before that one. */
size_t table_behind(const struct table *table, const struct tcprst_segment *segment);
/* What table_get() found. */
struct table_found {
    bool known;
    bool noted;    /* it is known by its segments only (young.h), and this one was noted with them:
                      nothing else is to be done, but for a SYN-ACK to tell */
    uint8_t again; /* what table_again() then says of it; table_get() leaves it 0 */
    union {
        size_t over; /* it is not known, for the one it had belonged to was over: its number, plus
                        one, to be forgotten at once; 0: none */
        int64_t rtt; /* it was noted: the round trip to a SYN-ACK, ns, -1: not known */
    };
    int direction; /* 0 when end[0] sent the segment */
    uint32_t hash; /* the table's, and what it was made of */
    uint64_t long_hash;
};
/* The connection of that segment, which came at that time. NULL: there is none (not known), the
 * segment was noted, or no memory. */
struct connection *table_get(struct table *table, const struct tcprst_segment *segment, int64_t now,
                             struct table_found *found);
/* Of one that is not known, and begins with these flags: whether it may be the rest of one that was
 * let go, CONN_FORGOTTEN or CONN_OVER, else 0. To be asked once. */
uint8_t table_again(struct table *table, const struct table_found *found, uint16_t flags,
                    int64_t now);
/* Of one that was expected it is not asked for. */
void table_pass(struct table *table, const struct tcprst_segment *segment);
/* A connection begins, whether it will be in the table or not. Whatever was silent for long enough
 * then counts as packed, or as over, from then on. */
void table_begins(struct table *table, int64_t now);
/* To be called before one is made: packs some of what is silent, count at a time. */
enum { TABLE_SWEEP = 6 }; /* count at most */
void table_sweep(struct table *table, unsigned count);
/* No RST of that one is pending any more, perhaps: if it was silent for long enough it is packed at
 * once, as sweeping would when it came past. */
void table_rest(struct table *table, const struct connection *connection);
/* Fetches what that will touch. */
void table_expect_rest(const struct table *table, const struct connection *connection);
/* Makes the connection that table_get() did not find, right behind it but for what lets others go.
 * NULL: no memory. */
struct connection *table_make(struct table *table, const struct tcprst_segment *segment,
                              const struct table_found *found);
/* The same of one that embryo_fits(). False: no memory. */
struct birth;
bool table_make_embryo(struct table *table, const struct tcprst_segment *segment,
                       const struct table_found *found, const struct birth *birth);
/* The number of a connection to let go because it is over or because there is no room for another
 * one (*full); TABLE_NONE where none has to go, or none can: the busy ones, which have RSTs
 * pending, stay. */
size_t table_victim(struct table *table, int64_t now, bool *full);
/* The same one is let go, given up or (not full) over by time, and that it had been known is
 * remembered. Returns what it was worth. */
enum keeping table_forget(struct table *table, size_t i, bool full);
void table_remove_all(struct table *table);
size_t table_count(const struct table *table);
size_t table_memory(const struct table *table);

/* Connections by number, from 0 to below table_numbers(). */
#define TABLE_NONE SIZE_MAX
size_t table_numbers(const struct table *table);
/* To look at, without its recent segments; valid until the next call for the table. NULL: none has
 * that number. */
const struct connection *table_at(struct table *table, size_t i);
/* How it ended so far; false: none has that number. */
bool table_ending(struct table *table, size_t i, enum tcprst_ending *ending);

/* ---- tracking ---- */

enum tcprst_ending connection_ending(const struct connection *c);
/* Octets of one end's text that the other has not acknowledged; -1: not known. */
int64_t connection_left(const struct endpoint *from, const struct endpoint *by);
/* All that is told of it but whether it is given up. */
void connection_describe(const struct connection *c, struct tcprst_connection *out);

/* Whether this SYN begins a new incarnation of the connection (RFC 9293 section 3.6.1: reuse of a
 * socket pair). */
bool connection_begins_anew(const struct connection *c, const struct tcprst_segment *s, int d);
/* Puts the present incarnation into past and starts afresh, keeping key, index and memory. False:
 * no memory to remember the present one. */
bool connection_begin_anew(struct connection *c, uint64_t number);
/* Takes a segment of end[d] at that time into the connection; RSTs only into the recent ones.
 * Returns its entry, NULL: no memory. */
struct recent *connection_track(struct connection *c, const struct tcprst_segment *s, int d,
                                int64_t time);
/* A RST of that event came: it is no copy. */
void connection_note_event(struct connection *c, where_t where, int64_t time);

/* What a RST whose verdict is final did, whoever made it. */
struct effects {
    uint8_t gone, surely; /* as the connection's, by this one alone; no gone: it ended nothing */
    uint8_t how;          /* enum tcprst_ending; OPEN: it took no effect */
    bool after_fin;       /* then: one end had closed */
    bool forged;          /* somebody else made it */
};
/* The RST, as its connection was just before it. */
struct effective {
    where_t where, event;
    int64_t time;
    uint32_t reach[2]; /* what each end had sent, as SND.NXT */
    uint8_t d, ttl;
};
void connection_note_effects(struct connection *c, const struct effective *r,
                             const struct effects *did);
/* Capture duplicate: the entry of the same packet seen just before, NULL when it is new. */
struct recent *connection_duplicate(const struct connection *c, const struct tcprst_segment *s,
                                    int d, int64_t time);

#endif
