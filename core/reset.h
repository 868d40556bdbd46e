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
#include "thresholds.h"

enum { OTHER_TRIGGERS = 2, RESET_TEXT = 192 };

/* Of what followed a RST: what Y, its receiver, sent. Times in ns, -1: did not happen. */
struct after_receiver {
    uint32_t count; /* segments other than RSTs and duplicates */
    int64_t first, last;
    where_t first_where, last_where;
    int64_t repeated; /* it sent again what it had sent: a live retransmission timer */
    where_t repeated_where;
    int64_t resumed; /* it sent after a pause that what was in flight does not explain */
    where_t resumed_where;
    where_t beyond; /* it sent beyond the window X had offered */
    uint32_t ack, first_ack;
    bool ack_known, first_ack_known;
    where_t new;       /* its next text: it was in flight when the RST was sent */
    where_t acked_new; /* it acknowledged octets X sent after the RST */
    int64_t challenge; /* its first bare ACK, repeating its numbers (RFC 5961 section 3.2) */
    where_t challenge_where;
    uint32_t challenge_ack;
    bool challenge_again; /* it had acknowledged just that before */
};

/* ... and what X sent. */
struct after_sender {
    uint32_t count;
    int64_t last; /* of no old copy */
    where_t last_where;
    int64_t new; /* it sent octets beyond its SND.NXT, or acknowledged new ones */
    where_t new_where;
    where_t acked_trigger; /* it acknowledged all that the RST may answer, or more than it
                              acknowledges */
    where_t more;          /* it sent octets that a SND.NXT in the RST would have counted */
    where_t acked_later;   /* it acknowledged what Y sent after the RST */
    where_t repeated;      /* it sent again what it had sent */
    int64_t passed;        /* its first segment that no reordering of a capture put behind the RST */
    where_t passed_where;
};

/* ... and another opening. */
struct after_syn {
    int64_t again, new; /* Y or X sent its SYN again; a new incarnation began */
    where_t where;
    int64_t ack; /* X accepted the SYN the RST seemed to refuse */
    where_t ack_where;
    bool reopened; /* the repeated SYN was answered with an acceptable SYN-ACK */
    int64_t opened; /* Y's SYN-ACK acknowledged X's SYN, with that number of its own */
    where_t opened_where;
    uint32_t opened_seq;
};

/* What followed a RST, or a burst of RSTs with nothing between them: reset_after.c. */
struct after {
    uint32_t users;
    struct reset *first,
        *last; /* of the RSTs that share it the pending ones, in a row; NULL: none */
    struct after_receiver y;
    struct after_sender x;
    struct after_syn syn;
    bool closed; /* another incarnation began: nothing more belongs here */
};

/* How sure a finding of another RST of the connection already is. */
struct outcome {
    enum tcprst_cause own_cause; /* judged by itself, without its burst */
    enum tcprst_strength own_strength;
    unsigned own_margin;
    bool between;        /* other places prove that no end made it */
    bool no_end;         /* by itself, somebody in between is far likelier */
    uint64_t impossible; /* then: bit c: cause c */
    enum tcprst_cause cause;
    enum tcprst_acceptance acceptance;
    enum tcprst_effect effect;
    bool third_party;  /* likely made by somebody in between */
    bool surely;       /* the end itself made it, for certain */
    bool sender_ended; /* it showed that its sender has, or keeps, no state */
    where_t event;
};

/* How it was judged so far: judge.c. recents.pushed of the connection when it had come; plus one,
 * when each outcome was made. */
struct reset_judged {
    struct outcome outcome; /* as final, or so far */
    struct outcome peeked;  /* so far, for verdicts that are only looked at: final ones owe them
                               nothing */
    uint64_t pushed, outcome_at, peeked_at;
    uint64_t outcome_until, peeked_until; /* so long each will do where that does: exclusive */
    bool peeking;                         /* of a copy: it is only looked at */
    bool done;                            /* its verdict is final: kept for the RSTs around it */
};

/* A segment of another kind that it may answer as well. */
struct other_trigger {
    struct recent segment;
    int64_t idle; /* as the record's */
    bool once;    /* likewise */
};

/* What drew it, beside its trigger, or may have: reset_trigger.c. */
struct reset_drawn {
    bool inherited;  /* its trigger: from the RST it repeats */
    bool ambiguous;  /* a segment of another kind fits as well */
    bool once;       /* its trigger was captured at one of two places only */
    bool nearer;     /* the newest of what fits came so shortly before that chance does not explain
                        it */
    where_t nearest; /* that newest one */
    int64_t nearest_age; /* ns since it */
    uint32_t end;        /* of the text that may have drawn it, the end of the last */
    uint8_t other_count;
    struct other_trigger *others; /* behind the record */
    uint32_t alike; /* RSTs of X with these numbers in this event, this one included; 0: not known
                     */
    uint32_t matching; /* segments remembered that these numbers answer */
    uint32_t text;     /* of those, such as carry text or a FIN */
    where_t old_ack;   /* Y acknowledged its number some time before, 0: never */
    where_t repeats;   /* an earlier RST of X with the same numbers, 0: none */
    where_t answered;  /* what the RST of X before it answers, 0: nothing */
    int64_t answered_when; /* when that RST came */
    uint64_t spent; /* of so many of the connection's segments, as recents.pushed counts, none that
                       its numbers answer is left to draw another */
};

/* Of its being captured twice: reset_copy.c. */
struct reset_copies {
    bool all_doubled; /* the packets of its connection are captured twice */
    bool own_doubled; /* ... those of its sender among them, as far as there are some */
    bool doubled;     /* so was this one: at the other place, not only twice on the way */
    uint16_t seen_at; /* bit p: place p has it, as far as is known */
    uint64_t duplicate_serial;
    struct tcprst_verdict *original; /* its verdict, once final */
};

/* By RSTs before it whose verdicts are final: ended.c. */
struct reset_already {
    bool ended;
    uint8_t gone, surely;  /* as the connection's gone and surely */
    where_t gone_where[2]; /* of the RST that ended each, 0: long ago */
    where_t ended_where, event;
};

/* What was before it: reset.c, reset_before.c. Times in ns, -1 unknown. */
struct reset_before {
    uint8_t x_stack; /* enum stack_id */
    int8_t leg_hops; /* so much lower its TTL would be where X's last segment was captured */
    uint8_t connection_flags;
    int8_t client; /* 0: X, 1: Y, -1 unknown */
    uint64_t segments;
    int64_t longest_idle;
    int64_t since_start; /* from the capture's first segment to the connection's */
    where_t reused_from; /* first segment of an incarnation that had one before it, 0: none */
    int64_t idle;
    int64_t quiet;                          /* since the segment before it, whatever drew it */
    int64_t data_idle;                      /* likewise, of text only */
    int64_t age;                            /* since the incarnation's first segment, -1: it is the
                                               first */
    int64_t provoked_pause, provoked_after; /* -1: no probe or bare ACK after a pause came before */
    where_t provoked_where;
    int64_t answered_pause; /* before X's first word since; what drew it is the first of Y since
                               then; -1: it is not, or there was none */
    where_t answered_where;
    int64_t handshake_age; /* of a server: since the first segment of the client behind the SYN-ACK;
                              -1: not remembered */
    where_t handshake_where;
    where_t event;                          /* its event's first RST, by time alone */
    int64_t event_idle, event_longest_idle; /* as idle and longest_idle, of that one */
    uint64_t last_other;                    /* the connection's */
    where_t filled; /* Y's last segment before what drew it, if X's text went to the edge of the
                       window that this offered; else 0 */
    bool sent_short; /* X's last text was less than a segment, though the window had room */
    int64_t under_way;    /* what Y sent from that time on had not come to X: INT64_MAX: all had */
    uint64_t octets_under_way;
    bool peer_closed;     /* that, too, counted, Y had sent a FIN */
    bool device_sequence; /* learn.c: a count runs across hosts, from that one */
    uint16_t device_id;
    struct reset_already already;
};

/* The incarnation before, as this RST finds it: reset_before.c. */
struct reset_past {
    bool known, fins, reset, open;
    bool acked;   /* both FINs of it were acknowledged */
    bool second;  /* X closed after Y, and Y acknowledged it: nothing was left of it */
    bool matches; /* the trigger's numbers are those of it */
    bool numbers; /* the RST's own are those at its end */
    bool gaps;    /* and speak of octets of it that were not captured: a FIN, perhaps */
    bool syn;     /* Y's SYN of it was captured, and no end of it */
    bool acks, peer_acks; /* ack, peer_ack is known */
    uint32_t ack;         /* the highest SEG.ACK that X sent in it */
    uint32_t peer_ack;    /* ... and that Y did */
    int64_t age;
    uint32_t iss;
};

/* The packet, as fed: reset.c. */
struct reset_packet {
    void *cookie;
    int64_t time; /* as captured */
    struct tcprst_seen seen;
    uint8_t layer, ip_version, tos;
    bool ip_header, dont_fragment, window_known;
    bool bad_checksum, checksum_known;
    bool unfilled; /* the checksum is that of the pseudo-header alone: left to a network card */
    uint32_t flow_label;
    uint32_t header_length;
    struct tcp_options options;
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    size_t text_length; /* payload kept for device_text, RESET_TEXT at most */
    uint8_t *text;      /* behind the record */
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
    uint16_t flags, ip_id, leg;
    uint8_t d; /* index of X in the connection */
    uint8_t ttl;
    uint8_t form; /* bits: it has an ACK, options, a window, text */
    bool has_trigger;
    struct after *after;
    struct tcprst_frame frame;
    /* Its place among those of its connection, and how many right before it are like it; the
     * MAX_RELATED and half as many before it, NULL: it has not so many before it. reset_row.c */
    uint32_t place, row;
    struct reset *far_back, *half_back;
    uint32_t payload_length;
    uint16_t window;
    struct reset_copies copies;
    struct reset_judged judged;
    struct recent trigger;

    struct reset *next; /* in the queue of all pending */
    struct connection *connection;
    struct reset_before before;
    struct reset_past past;
    struct reset_drawn drawn;
    struct endpoint x, y; /* just before */
    struct reset_packet packet;
};

/* When, of all RSTs whose identification and numbers have that hash, the newest came, in
 * LATELY_TICK ns: one of whose kind none came lately is no copy. Other connections' and what
 * wrapped around make some look as if, and cost a look. */
enum { LATELY = 1 << 14, LATELY_TICK = 1 << 18 };

/* One that is being made, with room for all that may stand behind it: most have nothing there. And
 * what is kept from one to the next. */
struct reset_draft {
    struct reset reset;
    struct other_trigger others[OTHER_TRIGGERS];
    uint8_t text[RESET_TEXT];
    uint16_t lately[LATELY];
};

/* All of these END_... were seen of that end. */
static inline bool seen(const struct endpoint *end, uint32_t what)
{
    return (end->seen & what) == what;
}

/* How far back, as recent_back() counts, the newest segment is that came before r and is no RST and
 * no copy; at least MAX_RELATED, where so many came since. Of several captures no frame's number
 * tells that. */
static inline uint64_t recent_before(const struct reset *r)
{
    uint64_t since = r->connection->recents.pushed - r->judged.pushed,
             other = recent_other(r->connection);
    since = since < MAX_RELATED ? since : MAX_RELATED;
    return since > other ? since : other;
}

/* What is known so far of p, another RST of its connection, for a verdict on r. */
static inline const struct outcome *outcome_for(const struct reset *r, const struct reset *p)
{
    return r->judged.peeking && !p->judged.done ? &p->judged.peeked : &p->judged.outcome;
}

/* The first of the RSTs around r in its connection: half of MAX_RELATED before it, then r, then
 * those after. */
const struct reset *reset_nearby(const struct reset *r);
/* Whether all behind r in its connection, and there may be none, are like it: reset_row.c. */
static inline bool reset_row_behind(const struct reset *r)
{
    const struct reset *last = r->connection->last_reset;
    return SHORTCUTS && last->row >= last->place - r->place;
}
/* r, the last of its connection's, is given its place. */
void reset_line_up(struct reset *r);
/* What drew r, one of the newest MAX_RELATED of its connection, turned out to be something else. */
void reset_leave_row(struct reset *r);

/* Makes the record of a RST about to be tracked (the connection is still as before it). when: its
 * time as judged. */
void reset_begin(struct reset_draft *draft, struct connection *c, const struct tcprst_segment *s,
                 int d, int64_t when);
/* Notes what a later segment of the connection, sent by end d, says about the RSTs pending before
 * it. e: its entry. */
void reset_follow_up(struct connection *c, const struct tcprst_segment *s, struct recent *e, int d);
/* Between segments of Y that were in flight, and until the first of them, pauses are shorter than
 * this. */
int64_t after_pause(const struct reset *r);
/* Y made what came at that time before the RST can have reached it: the way to Y and back is longer.
 */
bool after_too_soon(const struct reset *r, int64_t time);
void after_init(struct after *a);
/* Whether X's last segment lacks timestamps that both ends had agreed on. */
bool reset_lacks_stamps(const struct reset *r);
/* Whether its numbers are those of an abort of X: RFC 9293 section 3.10.5. */
enum fact_state reset_abort_numbers(const struct reset *r);
/* Whether that number lies within what X had sent since its opening or first segment, and that was
 * not so much that chance hits it. */
bool reset_had_sent(const struct reset *r, uint32_t seq);
/* Whether it may lie there: the capture began later. */
bool reset_may_have_sent(const struct reset *r, uint32_t seq);
/* So many octets of X were not acknowledged when what drew it came: an answer without ACK has the
 * number up to which they were (RFC 9293 section 3.10.7.1). Negative: not known. */
int64_t reset_left(const struct reset *r);
/* How long the answer to that segment took, in ns, or since the answer before it, behind which it
 * waited. */
int64_t reset_answer_time(const struct reset *r, const struct recent *e);
/* Whether it has the numbers of an abort, and nothing drew it. */
bool reset_has_abort_form(const struct reset *r);
/* ... of a connection that was established, as far as the capture shows. */
bool reset_is_abort(const struct reset *r);
/* Two RSTs in opposite directions at the same moment, drawn by nothing: no end answers a RST, so
 * that what made one made the other. before: the earlier of them. */
bool reset_pairs(const struct reset *before, const struct reset *r);
/* An ACK of Y, of which nothing else came but, perhaps, the same once more, drew it: no connection's
 * that has been in use, as far as the capture shows, nor one with timestamps, as a stack's. */
bool reset_is_probed(const struct reset *r);
/* The same, whether it carries text or not. */
bool reset_is_lone(const struct reset *r);
/* How long the connection had carried no text: since its first segment, where it never did. */
int64_t reset_text_idle(const struct reset *r);
/* The port of the service: the server's, or the lower one. */
uint16_t reset_service_port(const struct reset *r);

#endif
