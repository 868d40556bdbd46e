/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset.h - one RST while its verdict is pending: the RST itself, both ends as they were just
 * before it, the segment that drew it, and what followed.
 *
 * X is the end whose address the RST carries, Y the one it is sent to: directions are chosen once,
 * when the record is made.
 */
#ifndef TCPRST_RESET_H
#define TCPRST_RESET_H

#include "connection.h"
#include "evidence.h"
#include "tcp_options.h"

enum { OTHER_TRIGGERS = 2 };

/* What followed a RST, or a burst of RSTs with nothing between them. Times in ns, -1: did not
 * happen. */
struct after {
    uint32_t users;
    struct reset *first,
        *last; /* of the RSTs that share it the pending ones, in a row; NULL: none */
    uint32_t y_count, x_count;       /* segments other than RSTs and duplicates */
    int64_t y_first, y_last, x_last; /* x_last: of no old copy */
    where_t y_first_where, y_last_where, x_last_where;
    int64_t y_repeated; /* Y sent again what it had sent: a live retransmission timer */
    where_t y_repeated_where;
    int64_t y_resumed; /* Y sent after a pause that what was in flight does not explain */
    where_t y_resumed_where;
    where_t y_beyond; /* Y sent beyond the window X had offered */
    uint32_t y_ack;
    bool y_ack_known;
    where_t y_new;       /* Y's next text: it was in flight when the RST was sent */
    where_t y_acked_new; /* Y acknowledged octets X sent after the RST */
    int64_t challenge;   /* Y's first bare ACK, repeating its numbers (RFC 5961 section 3.2) */
    where_t challenge_where;
    uint32_t challenge_ack;
    int64_t x_new; /* X sent octets beyond its SND.NXT, or acknowledged new ones */
    where_t x_new_where;
    where_t x_acked_trigger;    /* X acknowledged all that the RST may answer, or more than it
                                   acknowledges */
    where_t x_more;             /* X sent octets that a SND.NXT in the RST would have counted */
    where_t x_acked_later;      /* X acknowledged what Y sent after the RST */
    where_t x_repeated;         /* X sent again what it had sent */
    int64_t syn_again, syn_new; /* Y or X sent its SYN again; a new incarnation began */
    where_t syn_where;
    int64_t syn_ack; /* X accepted the SYN the RST seemed to refuse */
    where_t syn_ack_where;
    bool reopened; /* the repeated SYN was answered with an acceptable SYN-ACK */
    bool closed;   /* another incarnation began: nothing more belongs here */
};

/* How sure a finding of another RST of the connection already is. */
struct outcome {
    enum tcprst_cause own_cause; /* judged by itself, without its burst */
    enum tcprst_strength own_strength;
    unsigned own_margin;
    bool between;        /* other places prove that no end made it */
    uint64_t impossible; /* then: bit c: cause c */
    enum tcprst_cause cause;
    enum tcprst_acceptance acceptance;
    enum tcprst_effect effect;
    bool third_party;  /* likely made by somebody in between */
    bool surely;       /* the end itself made it, for certain */
    bool sender_ended; /* it showed that its sender has, or keeps, no state */
    where_t event;
};

/* In the order of use: what the RSTs around one ask of it stands in its first lines of the cache.
 */
struct reset {
    struct reset *next_of_connection, *previous_of_connection;
    uint64_t incarnation; /* connection number */
    uint64_t serial;
    int64_t when;         /* as judged: never unknown */
    where_t duplicate_of; /* 0: no duplicate */
    uint32_t seq, ack;
    uint16_t flags, ip_id;
    uint8_t d; /* index of X in the connection */
    uint8_t ttl;
    bool has_trigger;
    bool done; /* its verdict is final: kept for the RSTs around it */
    struct after *after;
    struct tcprst_frame frame;
    uint32_t payload_length, header_length;
    uint16_t window;
    bool trigger_inherited; /* its trigger: from the RST it repeats */
    bool trigger_ambiguous; /* a segment of another kind fits as well */
    struct outcome outcome; /* as final, or so far */
    struct outcome peeked;  /* so far, for verdicts that are only looked at: final ones owe them
                               nothing */
    /* recents.pushed of the connection when it had come; plus one, when each outcome was made */
    uint64_t pushed, outcome_at, peeked_at;
    bool peeking; /* of a copy: it is only looked at */
    struct recent trigger;

    struct reset *next; /* in the queue of all pending */
    struct connection *connection;
    void *cookie;
    int64_t time; /* as captured */
    struct tcprst_seen seen;
    uint16_t seen_at;    /* bit p: place p has it, as far as is known */
    int64_t since_start; /* from the capture's first segment to the connection's */
    uint8_t layer, ip_version, tos;
    bool ip_header, dont_fragment, window_known;
    bool bad_checksum, checksum_known;
    bool unfilled; /* the checksum is that of the pseudo-header alone: left to a network card */
    uint32_t flow_label;
    struct tcp_options options;
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;

    struct endpoint x, y; /* just before */
    uint8_t x_stack;      /* enum stack_id */
    uint8_t connection_flags;
    int8_t client; /* 0: X, 1: Y, -1 unknown */
    uint64_t segments_before;
    int64_t longest_idle;
    bool has_past, past_fins, past_reset, past_open;
    bool past_acked;   /* both FINs of it were acknowledged */
    bool past_second;  /* X closed after Y, and Y acknowledged it: nothing was left of it */
    bool past_matches; /* the trigger's numbers are those of the incarnation before */
    bool past_gaps;    /* and speak of octets of it that were not captured: a FIN, perhaps */
    int64_t past_age;
    bool past_syn; /* Y's SYN of the incarnation before was captured, and no end of it */
    uint32_t past_iss;

    uint8_t other_count; /* segments of other kinds that it may answer as well */
    struct recent others[OTHER_TRIGGERS];
    int64_t others_idle[OTHER_TRIGGERS]; /* as idle */
    uint32_t drawn_end; /* of the text that may have drawn it, the end of the last */
    bool nearer;     /* the newest of them came so shortly before that chance does not explain it */
    where_t nearest; /* that newest one */
    int64_t nearest_age;                            /* ns since it */
    bool trigger_once, others_once[OTHER_TRIGGERS]; /* captured at one of two places only */
    uint32_t
        alike; /* RSTs of X with these numbers in this event, this one included; 0: not known */
    uint32_t matching;                      /* segments remembered that these numbers answer */
    int64_t idle;                           /* ns, -1 unknown */
    int64_t event_idle, event_longest_idle; /* as idle and longest_idle, of its event's first RST */
    int64_t data_idle;                      /* likewise, of text only */
    int64_t age; /* ns since the incarnation's first segment, -1: it is the first */

    int64_t provoked_pause, provoked_after; /* -1: no probe or bare ACK after a pause came before */
    where_t provoked_where;
    where_t old_ack;     /* Y acknowledged its number some time before, 0: never */
    where_t repeats;     /* an earlier RST of X with the same numbers, 0: none */
    where_t reused_from; /* first segment of an incarnation that had one before it, 0: none */
    bool all_doubled;    /* the packets of its connection are captured twice */
    bool doubled;        /* so was this one: at the other place, not only twice on the way */
    uint64_t duplicate_serial;
    struct tcprst_verdict *original; /* its verdict, once final */

    /* by RSTs whose verdicts are final */
    bool already_ended;
    uint8_t already_gone, already_surely; /* as the connection's gone and surely */
    where_t already_gone_where[2];        /* of the RST that ended each, 0: long ago */
    where_t already_ended_where, already_event;
    bool forged_before; /* an earlier RST like it turned out to be somebody else's */
    where_t forged_where;

    where_t event; /* its event's first RST, by time alone */
    bool device_sequence;
    uint16_t device_id;
    uint64_t after_pushed; /* connection's last_other when it came */

    size_t text_length; /* payload kept for device_text */
    uint8_t text[192];
};

/* All of these END_... were seen of that end. */
static inline bool seen(const struct endpoint *end, uint32_t what)
{
    return (end->seen & what) == what;
}

/* What is known so far of p, another RST of its connection, for a verdict on r. */
static inline const struct outcome *outcome_for(const struct reset *r, const struct reset *p)
{
    return r->peeking && !p->done ? &p->peeked : &p->outcome;
}

/* The first of the RSTs around r in its connection: some before it, then r, then those after. */
static inline const struct reset *reset_nearby(const struct reset *r, unsigned before)
{
    while (before-- > 0 && r->previous_of_connection)
        r = r->previous_of_connection;
    return r;
}

/* Fills a record from a RST about to be tracked (the connection is still as before it). when: its
 * time as judged. */
void reset_begin(struct reset *r, struct connection *c, const struct tcprst_segment *s, int d,
                 int64_t when);
/* Notes what a later segment of the connection, sent by end d, says about the RSTs pending before
 * it. e: its entry. */
void reset_follow_up(struct connection *c, const struct tcprst_segment *s, struct recent *e, int d);
/* Between segments of Y that were in flight, and until the first of them, pauses are shorter than
 * this. */
int64_t after_pause(const struct reset *r);
void after_init(struct after *a);
/* Whether its numbers are those of an abort of X: RFC 9293 section 3.10.5. */
enum fact_state reset_abort_numbers(const struct reset *r);
/* ... and nothing drew it. */
bool reset_has_abort_form(const struct reset *r);
/* ... of a connection that was established, as far as the capture shows. */
bool reset_is_abort(const struct reset *r);
/* Two RSTs in opposite directions at the same moment, drawn by nothing: no end answers a RST, so
 * that what made one made the other. before: the earlier of them. */
bool reset_pairs(const struct reset *before, const struct reset *r);
/* The port of the service: the server's, or the lower one. */
uint16_t reset_service_port(const struct reset *r);

#endif
