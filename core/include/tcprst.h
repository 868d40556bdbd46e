/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcprst.h - the public face of the core: TCP segments in, verdicts on every RST out.
 *
 * The core has no I/O, no clock, no globals, and allocates only inside its handle. The same
 * segments in the same order give the same verdicts, whichever front door feeds them.
 *
 *     struct tcprst *core = tcprst_new(&options);
 *     for each captured TCP segment, in capture order:
 *         struct tcprst_segment segment = {IP level fields...};
 *         if (tcprst_segment_parse(&segment, bytes, captured, length))
 *             tcprst_feed(core, &segment, NULL); // calls on_verdict for what became final
 *
 *     tcprst_finish(core); // the capture's end: what is pending becomes final
 *
 *     tcprst_free(core);
 *
 * Terms are those of RFC 9293. A handle is used by one thread at a time; handles are independent of
 * one another.
 */
#ifndef TCPRST_H
#define TCPRST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TCPRST_EXPORT /* while the library for others is built */
#pragma GCC visibility push(default)
#endif

/* ---- Vocabulary ---- */

/* One enumerator a row of causes.def, e.g. TCPRST_CAUSE_CLOSED_PORT; the order is the table's. */
enum tcprst_cause {
#define CAUSE(ID, ...) TCPRST_CAUSE_##ID,
#include "tcprst/causes.def"
    TCPRST_CAUSE_COUNT
};

/* One enumerator a row of groups in causes.def. */
enum tcprst_group {
#define GROUP(ID, id, title) TCPRST_GROUP_##ID,
#include "tcprst/causes.def"
    TCPRST_GROUP_COUNT
};

/* One enumerator a row of facts.def: what can be observed of a reset. */
enum tcprst_fact {
#define FACT(ID, id, yes, no) TCPRST_FACT_##ID,
#include "tcprst/facts.def"
    TCPRST_FACT_COUNT
};

/* How sure a verdict is; the meaning of the words is measured on labelled captures
 * (test-captures/accuracy).
 */
enum tcprst_strength {
    TCPRST_STRENGTH_NONE,     /* does not hold */
    TCPRST_STRENGTH_POSSIBLE, /* the best of several that fit about as well */
    TCPRST_STRENGTH_LIKELY,   /* others fit, but need something rarer */
    TCPRST_STRENGTH_CERTAIN,  /* every other cause is contradicted by something visible */
};

/* The connection as captured just before the RST. */
enum tcprst_stage {
    TCPRST_STAGE_UNSEEN,
    TCPRST_STAGE_SYN_SENT,
    TCPRST_STAGE_SYN_RECEIVED,
    TCPRST_STAGE_ESTABLISHED_NO_DATA,
    TCPRST_STAGE_REQUEST_SENT,
    TCPRST_STAGE_DATA,
    TCPRST_STAGE_CLOSING,
    TCPRST_STAGE_CLOSED,
    TCPRST_STAGE_MID_STREAM,
};

/* What the RST's numbers say for its receiver: RFC 9293 section 3.10.7.4, RFC 5961 section 3, Linux
 * tcp_reset_check(). */
enum tcprst_acceptance {
    TCPRST_ACCEPTANCE_UNKNOWN,
    TCPRST_ACCEPTANCE_EXACT,
    TCPRST_ACCEPTANCE_IN_WINDOW,
    TCPRST_ACCEPTANCE_OUT_OF_WINDOW,
    TCPRST_ACCEPTANCE_NO_CONNECTION,
};

/* What the RST did, judged by what followed it. */
enum tcprst_effect {
    TCPRST_EFFECT_UNKNOWN,
    TCPRST_EFFECT_RESET,
    TCPRST_EFFECT_CHALLENGED,
    TCPRST_EFFECT_IGNORED,
};

/* Which end's address the RST carries as its source. */
enum tcprst_sender { TCPRST_SENDER_UNKNOWN, TCPRST_SENDER_CLIENT, TCPRST_SENDER_SERVER };

/* Who really made the RST. */
enum tcprst_origin { TCPRST_ORIGIN_UNKNOWN, TCPRST_ORIGIN_ENDPOINT, TCPRST_ORIGIN_THIRD_PARTY };

enum tcprst_severity {
    TCPRST_SEVERITY_BENIGN,
    TCPRST_SEVERITY_NOTABLE,
    TCPRST_SEVERITY_SUSPICIOUS
};

/* What a blocking POSIX reader at the receiver is told; NONE: it is told nothing. */
enum tcprst_peer_error {
    TCPRST_PEER_ERROR_UNKNOWN,
    TCPRST_PEER_ERROR_ECONNREFUSED,
    TCPRST_PEER_ERROR_ECONNRESET,
    TCPRST_PEER_ERROR_EPIPE,
    TCPRST_PEER_ERROR_NONE,
};

/* What would settle what is open of a verdict: a row of points.def. */
enum tcprst_settled_by {
    TCPRST_SETTLED_BY_NOTHING, /* nothing is open, or none of them would */
#define POINT(ID, id, sentence) TCPRST_SETTLED_BY_##ID,
#include "tcprst/points.def"
    TCPRST_SETTLED_BY_COUNT
};

/* The words of contract.md for the values above ("closed-port", "likely", "out-of-window", ...).
 * Static storage. Values out of range give "unknown". */
const char *tcprst_cause_id(enum tcprst_cause cause);
const char *tcprst_group_id(enum tcprst_group group);
const char *tcprst_fact_id(enum tcprst_fact fact);
const char *tcprst_strength_id(enum tcprst_strength strength);
const char *tcprst_stage_id(enum tcprst_stage stage);
const char *tcprst_acceptance_id(enum tcprst_acceptance acceptance);
const char *tcprst_effect_id(enum tcprst_effect effect);
const char *tcprst_sender_id(enum tcprst_sender sender);
const char *tcprst_origin_id(enum tcprst_origin origin);
const char *tcprst_severity_id(enum tcprst_severity severity);
/* NULL for TCPRST_PEER_ERROR_UNKNOWN, "none" for TCPRST_PEER_ERROR_NONE. */
const char *tcprst_peer_error_id(enum tcprst_peer_error error);
/* NULL for TCPRST_SETTLED_BY_NOTHING. */
const char *tcprst_settled_by_id(enum tcprst_settled_by point);
/* How to look there and what it tells: sentences with the capital words of a cause's advice. NULL
 * for TCPRST_SETTLED_BY_NOTHING. */
const char *tcprst_settled_by_sentence(enum tcprst_settled_by point);

/* How grave a cause is by itself; a verdict's severity also goes by who made the reset. */
enum tcprst_gravity {
    TCPRST_GRAVITY_BENIGN,
    TCPRST_GRAVITY_BENIGN_IF_NONE_LOST, /* notable where octets were lost */
    TCPRST_GRAVITY_NOTABLE,
    TCPRST_GRAVITY_SUSPICIOUS
};

/* Who of those that may make such a reset is nearest to the connection. */
enum tcprst_maker {
    TCPRST_MAKER_STACK,  /* the TCP stack whose address it carries */
    TCPRST_MAKER_HOST,   /* never that stack: a filter or relay on its host, or on the way */
    TCPRST_MAKER_BETWEEN /* always somebody on the way */
};

/* One row of the cause table; causes.def says more of each column. All strings are static, UTF-8,
 * never NULL. */
struct tcprst_cause_info {
    const char *id; /* "closed-port" */
    enum tcprst_group group;
    enum tcprst_gravity gravity;
    enum tcprst_maker maker;
    bool unread;              /* octets of the peer may have been left unread */
    const char *title;        /* one line, no full stop */
    const char *meaning;      /* sentences */
    const char *advice;       /* what to check next, sentences */
    const char *references;   /* RFC sections, kernel functions */
    const char *confused;     /* what it is easily taken for */
    const char *applications; /* what the programs at both ends are told */
    const char *diagram;      /* the segments, a step a line */
};
const struct tcprst_cause_info *tcprst_cause_info(enum tcprst_cause cause);
const char *tcprst_group_title(enum tcprst_group group);
/* The cause or group of that id; false when there is none. */
bool tcprst_cause_by_id(const char *id, enum tcprst_cause *cause);
bool tcprst_group_by_id(const char *id, enum tcprst_group *group);

/* ---- A segment in ---- */

/* Where a packet stands. number counts from 1 as Wireshark does; 0: no frame. capture is the front
 * door's own index. */
struct tcprst_frame {
    uint64_t number;
    uint32_t capture;
};

enum tcprst_flag {
    TCPRST_FIN = 0x001,
    TCPRST_SYN = 0x002,
    TCPRST_RST = 0x004,
    TCPRST_PSH = 0x008,
    TCPRST_ACK = 0x010,
    TCPRST_URG = 0x020,
    TCPRST_ECE = 0x040,
    TCPRST_CWR = 0x080,
};

/* Places kept apart at most (tcprst/places.h). */
enum { TCPRST_MAX_PLACES = 16 };

/* Where a segment of several places stands. All 0 where there is one place only. */
struct tcprst_seen {
    int64_t ahead;               /* nanoseconds the clock of its place is ahead of the first's */
    struct tcprst_frame copy_of; /* of a RST: the same packet, captured at another place before;
                                    number 0: none */
    uint8_t place;
    uint8_t under_way; /* of a RST: so many of the last segments fed that were sent to its sender,
                          RSTs not counted, had not come by its place yet */
    bool translated; /* addresses, ports or numbers are written as another place has them */
    bool passed_by;  /* by tcprst_glance_wants(): no more of its connection comes */
    bool followed;   /* it is known to be of a connection that is followed under this name */
};

/* Time of a packet that carries none. */
#define TCPRST_TIME_UNKNOWN INT64_MIN
/* The times a packet may have, nanoseconds since the epoch: 1960 to 2106, which pcap's seconds end
 * with. What two clocks differ by, and what two such differences differ by, fits in 64 bits. */
#define TCPRST_TIME_LEAST (-(INT64_C(1) << 58))
#define TCPRST_TIME_MOST (INT64_C(1000000000) << 32)
/* Whether it is one; what a damaged record says is none. */
static inline bool tcprst_time_known(int64_t time)
{
    return time >= TCPRST_TIME_LEAST && time <= TCPRST_TIME_MOST;
}

/*
 * One captured TCP segment: the only input of the core. The front door fills the first part from
 * the innermost IP header and the packet record, tcprst_segment_parse() the second from the TCP
 * header. All numbers are in host byte order.
 */
struct tcprst_segment {
    /* by the front door */
    struct tcprst_frame frame;
    uint8_t layer;       /* which TCP layer of the frame, counted from outside, from 1 */
    uint8_t ip_version;  /* 4 or 6 */
    bool ip_header;      /* the fields down to flow_label are known */
    bool dont_fragment;  /* IPv4 DF */
    uint8_t ttl;         /* TTL or hop limit */
    uint8_t tos;         /* TOS or traffic class, ECN bits included */
    uint16_t ip_id;      /* IPv4 identification; 0 for IPv6 */
    uint32_t flow_label; /* IPv6 flow label, 20 bits; 0 for IPv4 */
    int64_t time; /* nanoseconds since the epoch (negative before it) or TCPRST_TIME_UNKNOWN; of
                     several captures, what is beyond TCPRST_TIME_LEAST and _MOST is none */
    uint8_t source[16]; /* network byte order; IPv4 in the first 4 bytes, the rest 0 */
    uint8_t destination[16];
    void *cookie;            /* handed back in the verdict of this segment, if it is a RST */
    uint32_t interface;      /* of its capture, from 0 */
    uint16_t leg;            /* tcprst_segment_leg() of its packet */
    uint16_t left_out;       /* segments before it, of which tcprst_glance_telling() said that they
                                need not come */
    struct tcprst_seen seen; /* all 0, or by tcprst_places_take() */

    /* by tcprst_segment_parse() */
    uint16_t source_port, destination_port;
    uint16_t flags; /* enum tcprst_flag and the reserved bits: the 12 bits behind the data offset */
    uint16_t
        window; /* raw, unscaled; 0 with window_known false where the capture was cut before it */
    bool window_known;
    uint8_t header_length;    /* octets, 20 to 60 */
    uint8_t options_captured; /* octets of the options that were captured */
    uint32_t seq;             /* SEG.SEQ */
    uint32_t ack;             /* SEG.ACK, the field even where the ACK bit is clear */
    uint32_t payload_length;  /* octets of text as sent, whatever the snapshot length; SYN and FIN
                                 not counted */
    const uint8_t *bytes; /* the TCP header and what was captured behind it; borrowed, valid during
                             tcprst_feed() */
    uint32_t captured;    /* octets at bytes */
    uint32_t length;      /* octets of header and payload as sent */
};

/*
 * Fills the TCP part of segment from the captured octets of a TCP header. captured: octets readable
 * at bytes; length: octets of the segment as sent, from the IP header (without link-layer padding).
 * Returns false, with the reason in *why (static string; why may be NULL), where these octets are
 * not a TCP header that says something: cut before the flags (14 octets), a data offset below 5 or
 * beyond length.
 */
bool tcprst_segment_parse(struct tcprst_segment *segment, const uint8_t *bytes, uint32_t captured,
                          uint32_t length, const char **why);

/*
 * Who keeps a segment to feed it later needs so many of its captured octets: parsed again with
 * these alone, the verdicts are the same.
 */
uint32_t tcprst_segment_octets(const struct tcprst_segment *segment);

/*
 * Where on its way through the capturing machine a packet was captured, for link types that say so
 * (Linux cooked captures, LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2): a number that differs
 * between its interfaces, as far as they are told, and between coming and going (odd). 0: not
 * known. A packet that is passed on is captured once on each leg; on one leg no packet is captured
 * twice. link_type: LINKTYPE_ of the frame; captured: octets readable at frame.
 */
uint16_t tcprst_segment_leg(uint32_t link_type, const uint8_t *frame, uint32_t captured);

/* ---- A verdict out ---- */

struct tcprst_alternative {
    enum tcprst_cause cause;
    enum tcprst_strength strength;
};

/* A fact a verdict rests on. holds: the fact is true (else its contrary was seen and matters). a,
 * b: the numbers its sentence names, their units are the sentence's. frame: the segment that shows
 * it, number 0 where there is none. */
struct tcprst_evidence {
    enum tcprst_fact fact;
    bool holds;
    bool against; /* it speaks against the verdict, which stands all the same */
    struct tcprst_frame frame;
    int64_t a, b;
};

enum { TCPRST_MAX_ALTERNATIVES = 24, TCPRST_MAX_EVIDENCE = 24, TCPRST_DEVICE_TEXT_SIZE = 256 };

/* The same RST at one place. */
struct tcprst_sighting {
    struct tcprst_frame frame;
    int64_t time; /* by that capture's clock */
    uint8_t place;
};

/* A field of a RST that another place shows otherwise. id: "seq", "ack", "flags", "window", "tos";
 * static. */
struct tcprst_altered {
    const char *field;
    uint32_t from, to; /* nearer its sender, and further on */
};

/* What the connection is called at one place, as seen from the RST's sender. */
struct tcprst_name {
    uint8_t place, ip_version;
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
};

/* All that is known of one RST. Everything is by value; pointers in it are valid during the
 * callback or until the next call. */
struct tcprst_verdict {
    uint64_t reset; /* serial number of the RST within the handle, from 0, in feeding order */
    void *cookie;   /* of its segment */
    struct tcprst_frame frame;
    uint8_t layer, ip_version;
    int64_t time; /* as in the segment */
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint16_t flags;      /* of the RST */
    uint32_t seq, ack;   /* of the RST, raw */
    uint64_t connection; /* number within the handle, from 0, in the order of first segments */

    /* One member a row of verdict.def that declares one, which says what it is and when it is
     * absent.
     */
#define TCPRST_MEMBER_NUMBER(member, of)
#define TCPRST_MEMBER_WORD(member, of) enum tcprst_##of member;
#define TCPRST_MEMBER_FLAG(member, of) bool member;
#define TCPRST_MEMBER_COUNT(member, of) int64_t member;
#define TCPRST_MEMBER_SECONDS(member, of) int64_t member; /* nanoseconds */
#define TCPRST_MEMBER_FRAME(member, of) struct tcprst_frame member;
#define TCPRST_MEMBER_CAPTURE(member, of)
#define TCPRST_MEMBER_TEXT(member, of)
#define TCPRST_MEMBER_LIST(member, of)
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    TCPRST_MEMBER_##KIND(member, of)
#include "tcprst/verdict.def"
#undef TCPRST_MEMBER_NUMBER
#undef TCPRST_MEMBER_WORD
#undef TCPRST_MEMBER_FLAG
#undef TCPRST_MEMBER_COUNT
#undef TCPRST_MEMBER_SECONDS
#undef TCPRST_MEMBER_FRAME
#undef TCPRST_MEMBER_CAPTURE
#undef TCPRST_MEMBER_TEXT
#undef TCPRST_MEMBER_LIST

    /* The connection's first segment, where an earlier connection of the same addresses and ports
     * is known; else number 0. */
    struct tcprst_frame reused_from;
    const char
        *kernel_reason;  /* of its sender's own kernel, as its trace says it; NULL: not known */
    uint16_t missing_at; /* bit p: place p has the connection, but not this RST */

    /* Lists: so much of each is written, and nothing behind it. */
    unsigned alternative_count, evidence_count, sighting_count, altered_count, name_count;
    size_t device_text_length; /* octets in device_text; 0: the RST says nothing itself */
    struct tcprst_alternative alternatives[TCPRST_MAX_ALTERNATIVES]; /* best first */
    struct tcprst_evidence
        evidence[TCPRST_MAX_EVIDENCE]; /* what the cause rests on, most telling first */
    struct tcprst_sighting sightings[TCPRST_MAX_PLACES]; /* of several places: itself first */
    struct tcprst_altered altered[2];                    /* likewise, as what follows */
    struct tcprst_name names[TCPRST_MAX_PLACES]; /* where places call the connection differently */
    char device_text[TCPRST_DEVICE_TEXT_SIZE];   /* decoded, valid UTF-8, NUL-terminated */
};

/* Gives one of the core's texts in another language: text, or, where many is not NULL, the one of
 * text (one) and many that goes with n. Names in braces stand for what the core fills in. The core
 * keeps no such function: who asks for a sentence hands it in, or NULL for English. */
typedef const char *tcprst_translate(const char *text, const char *many, uint64_t n);

/* The sentence of a piece of evidence, with its numbers, in buffer (always terminated, cut at a
 * character where size is too small). Returns the length the whole sentence has, as snprintf()
 * does. */
size_t tcprst_evidence_text(const struct tcprst_evidence *evidence, tcprst_translate *translate,
                            char *buffer, size_t size);
/* How long, as people say it: "85 ms", "350 s", "16 min 40 s", "2 h". Same contract; less than 0 is
 * 0. */
size_t tcprst_duration_text(int64_t nanoseconds, tcprst_translate *translate, char *buffer,
                            size_t size);
/* One line that says why: cause and what it rests on, as both front doors print it. Same contract.
 */
size_t tcprst_verdict_summary(const struct tcprst_verdict *verdict, tcprst_translate *translate,
                              char *buffer, size_t size);

/* What a cause costs on one RST: how surprising the cheapest of its hypotheses is, in orders of
 * magnitude. */
struct tcprst_finding {
    enum tcprst_cause cause;
    bool excluded;  /* impossible on what was seen */
    unsigned total; /* rarity and surprises; the verdict's is the least */
    unsigned rarity;
    unsigned row;                /* which hypothesis of that cause in core/hypotheses.def, from 0 */
    const char *mechanism;       /* how such a RST is made; static */
    bool answers;                /* it would be the answer to a segment: */
    struct tcprst_frame trigger; /* which one; number 0: one that was not captured */
};

enum tcprst_claim_state { TCPRST_CLAIM_UNSEEN, TCPRST_CLAIM_FAILED, TCPRST_CLAIM_MET };

/* A line of the ledger of a cause: its rarity, a prediction and what became of it, or a sign and
 * whether it is explained. Strings are static. */
struct tcprst_ledger_line {
    const char *claim;    /* its name in core/claims.def or core/signs.def, kebab-case; or
                             "rarity", "by-coincidence", "kernel-contradicts" */
    const char *sentence; /* what is claimed */
    enum tcprst_claim_state state;
    unsigned cost;  /* 0 where met; TCPRST_COST_IMPOSSIBLE where it rules the cause out */
    unsigned place; /* below TCPRST_LEDGER_PLACES; lines of one place look at the same thing */
    bool counted;   /* the dearest of its place: these costs add up to the total, unless one is
                       impossible; the others cost nothing more */
    bool has_fact;
    struct tcprst_evidence
        fact;            /* what was seen: of a claim that was met or failed what shows it */
    const char *unclear; /* why that does not tell, a sentence; NULL: not said */
};
enum { TCPRST_COST_IMPOSSIBLE = 100, TCPRST_MAX_LEDGER = 64, TCPRST_LEDGER_PLACES = 16 };

/* ---- Connections ---- */

enum tcprst_ending {
    TCPRST_ENDING_OPEN,    /* no end was captured */
    TCPRST_ENDING_FIN,     /* both FINs, and no RST took effect before them, or while octets
                              before them were not acknowledged */
    TCPRST_ENDING_RESET,   /* a RST took effect on a connection that had been opened (or was met
                              mid-stream) */
    TCPRST_ENDING_REFUSED, /* the attempt was answered with a RST */
};
const char *tcprst_ending_id(enum tcprst_ending ending);

/* What one end of a connection did. */
struct tcprst_end {
    uint8_t address[16];
    uint16_t port;
    uint64_t segments,
        octets; /* captured segments; octets of text as sent, retransmissions not counted */
    int64_t unacknowledged; /* octets sent and not acknowledged when it was let go, -1 unknown */
    bool fin;
};

/* A connection (one incarnation) that the core lets go: ended, given up, or the capture's end. */
struct tcprst_connection {
    uint64_t number;
    uint8_t ip_version;
    struct tcprst_end client, server; /* by the first SYN, else as guessed */
    bool roles_guessed;
    struct tcprst_frame first, last;
    int64_t first_time, last_time;
    uint64_t resets; /* RSTs without duplicates */
    enum tcprst_ending ending;
    bool reset_after_fin; /* ended by RST (ending), after at least one FIN */
    bool given_up;        /* let go for want of room, not because it was over */
};

struct tcprst_statistics {
    uint64_t segments, duplicates; /* fed; of these capture duplicates (RSTs only) */
    uint64_t resets, events;       /* RSTs without duplicates; events; both counted when final */
    uint64_t connections, connections_live, connections_given_up;
    uint64_t connections_by_ending[4]; /* enum tcprst_ending; live ones as if they ended now */
    uint64_t passed_by[4]; /* of these, those that were not followed (tcprst/glance.h) */
    uint64_t
        open_given_up; /* of those given up: had not ended, and were more than a first segment */
    uint64_t hosts_given_up;
    uint64_t verdicts_early; /* made final before their horizon, because too many were pending */
    uint64_t out_of_memory;  /* segments that could not be tracked */
    bool flags_only; /* of the connections judged nothing was captured but what opens, closes
                        or resets, and one had more than that: a filter on flags */
    size_t memory;   /* octets held by the handle */
};

/* ---- The handle ---- */

struct tcprst;
struct tcprst_order;
struct tcprst_places;
struct tcprst_trace;
struct tcprst_glance;

struct tcprst_options {
    /* Called for every RST once its verdict is final, in the order of the RSTs; the verdict is
     * valid during the call. The callback must not call the handle, except tcprst_findings()
     * and tcprst_ledger(). */
    void (*on_verdict)(void *user, const struct tcprst_verdict *verdict);
    /* Called for every connection that is let go; NULL: not wanted. Verdicts of its RSTs may still
     * come. */
    void (*on_connection)(void *user, const struct tcprst_connection *connection);
    void *user;
    size_t max_connections; /* held at once; 0: the default, TCPRST_DEFAULT_MAX_CONNECTIONS */
    uint64_t hash_seed;     /* any number an attacker cannot know; changes no verdict */
    struct tcprst_places
        *places; /* that the segments fed have gone through (tcprst/places.h), owned
                    by the caller until the handle is freed; NULL: one place */
    const struct tcprst_order *order; /* that the segments fed have gone through before
                                         (tcprst/order.h), likewise; NULL: one capture */
    const struct tcprst_trace *trace; /* joined (tcprst/trace.h), likewise; NULL: none */
    struct tcprst_glance *glance;     /* at the segments that are fed, finished (tcprst/glance.h),
                                         likewise; NULL: all connections are followed */
};
enum { TCPRST_DEFAULT_MAX_CONNECTIONS = 500000 };

/* NULL when there is no memory. options is copied. The caller owns the handle. */
struct tcprst *tcprst_new(const struct tcprst_options *options);
void tcprst_free(struct tcprst *core);

/* Takes the next segment, in capture order. segment is borrowed for the call. For a RST *reset (may
 * be NULL) becomes its serial number. Returns whether it was a RST. */
bool tcprst_feed(struct tcprst *core, const struct tcprst_segment *segment, uint64_t *reset);

/* Says that these segments will be fed next, in this order and from where they are: what the handle
 * knows of their connections is brought nearer in time. Borrowed until they are fed or others are
 * expected; who feeds something else instead only loses time. Changes nothing but the time that
 * feeding takes (to two thirds, where connections are many). With options.glance: at most 1024.
 * With options.places: before these take them; what is not to be fed then, is left out. */
void tcprst_expect(struct tcprst *core, const struct tcprst_segment *segments, size_t count);

/* Time that passes without segments, for live input: makes verdicts final that only waited for it,
 * and changes nothing else. Segments to come are judged by their own times alone, so that the same
 * packets get the same verdicts from a file.
 *
 * A packet that is no TCP segment was captured at that time (nanoseconds since the epoch, by the
 * capture's clock, whatever it was set to; TCPRST_TIME_UNKNOWN says nothing). */
void tcprst_advance(struct tcprst *core, int64_t time);
/* So many nanoseconds have passed since the last segment was fed, by the front door's own clock. */
void tcprst_silence(struct tcprst *core, int64_t elapsed);

/* The end of the capture: every pending verdict becomes final, every connection is let go. The
 * handle can only be freed afterwards, or asked for statistics. */
void tcprst_finish(struct tcprst *core);

/* The verdict on a RST that is still pending, as it would be were the capture to end now; final is
 * false. Returns false where that RST is not pending (its final verdict was handed out). */
bool tcprst_peek(struct tcprst *core, uint64_t reset, struct tcprst_verdict *verdict);

/* During on_verdict: what each cause costs on that RST, cheapest first, those ruled out last.
 * Returns how many were written, at most size. 0 for a duplicate. */
size_t tcprst_findings(struct tcprst *core, struct tcprst_finding *findings, size_t size);
/* During on_verdict: the ledger of a cause on that RST, of the cheapest of its hypotheses. Returns
 * how many lines were written, at most size; 0 for a duplicate, and for causes that are only words
 * for what cannot be told apart. */
size_t tcprst_ledger(struct tcprst *core, enum tcprst_cause cause, struct tcprst_ledger_line *lines,
                     size_t size);

void tcprst_statistics(const struct tcprst *core, struct tcprst_statistics *statistics);
/* What was counted so far, at once: without connections_live, connections_by_ending of those that
 * live, and memory, for which the other one looks at every connection. */
void tcprst_count(const struct tcprst *core, struct tcprst_statistics *statistics);

#ifdef TCPRST_EXPORT
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
