/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims.c - the predicates of claims.def and signs.def: small, pure, of facts only. */
#include "claims.h"

#include "tri.h"

/* With those of tri.h the words the tables are written in: facts of e. */
#define yes(FACT) is(e, TCPRST_FACT_##FACT)
#define isnt(FACT) (e->state[TCPRST_FACT_##FACT] == FACT_FALSE)
#define unknown(FACT) hidden(e, TCPRST_FACT_##FACT)
#define fact(FACT) ((struct tri){(enum fact_state)e->state[TCPRST_FACT_##FACT]})

/* ---- what drew it ---- */

static bool answers_ack(const struct evidence *e)
{
    return !yes(ACK_FLAG) || (!yes(SEQ_ZERO) && e->stack->answers_with_ack != STACK_NEVER);
}

static bool answers_no_ack(const struct evidence *e)
{
    return yes(ACK_FLAG) && yes(SEQ_ZERO);
}

/* As captured; where nothing that it answers was, whether its form is that of such an answer. */
static struct tri drawn(const struct evidence *e, bool kind, bool form)
{
    if (yes(TRIGGER))
        return plain(kind);
    return form && !(yes(PEER_ONLY_SYN) && !yes(ACK_FLAG)) ? unseen() : failed();
}

/* Nothing of an opening. */
static bool stray(const struct evidence *e)
{
    return !yes(TRIGGER_RESET) && !yes(TRIGGER_SYN) && !yes(TRIGGER_SYN_ACK) &&
           !yes(TRIGGER_ODD_FLAGS) && !yes(TRIGGER_CHALLENGE);
}

/* Data that came after the sender's FIN, or what its sender sent on after that. What follows a FIN
 * that the sender never took is data that it refused, as long as its peer sends it again. */
static bool late_data(const struct evidence *e)
{
    if (!stray(e) || yes(TRIGGER_ACKED))
        return false;
    if (yes(TRIGGER_DATA))
        return yes(TRIGGER_AFTER_FIN) && !(yes(TRIGGER_AFTER_PEER_FIN) && !isnt(PEER_FIN_ACKED));
    return yes(EARLIER_DATA) || (yes(TRIGGER_FIN) && yes(TRIGGER_BEHIND_DATA));
}

/* Who refuses a SYN acknowledges it: that number nobody guesses. And who has the very number once
 * sees the connection, however far it steps ahead from there. */
static struct tri numbers_near(const struct evidence *e)
{
    return (yes(TRIGGER_SYN) && yes(SEQ_ZERO)) || yes(GUESSES_EXACT) ? met() : fact(SEQ_NEAR);
}

static struct tri number_acked(const struct evidence *e)
{
    if (yes(TRIGGER) || yes(ACK_FLAG))
        return met();
    return either(fact(SEQ_ACKED), yes(OLD_ACK) ? met() : fact(SEQ_ACKED));
}

static struct tri exact_number(const struct evidence *e)
{
    if (yes(GUESSES_EXACT) || yes(TRIGGER))
        return met();
    return either(fact(ABORT_FORM), fact(SEQ_ACKED));
}

/* The sender's state made such an answer due. */
static bool answer_due(const struct evidence *e)
{
    if (!yes(TRIGGER) || !yes(BARE_FORM) || yes(TRIGGER_SWALLOWED))
        return false;
    if (yes(TRIGGER_SYN))
        return !yes(PORT_OPEN);
    return yes(SENDER_GONE) || yes(TRIGGER_CHALLENGE) || yes(TRIGGER_WRONG_SYN_ACK) ||
           yes(TRIGGER_BAD_HANDSHAKE_ACK) || (yes(SENDER_FIN) && late_data(e)) ||
           yes(CONNECTION_CLOSED);
}

/* More than it had sent: else its FIN would have gone with the last of it. */
static struct tri sending(const struct evidence *e)
{
    if (yes(SENT_SHORT))
        return failed();
    return yes(WINDOW_FILLED) ? met() : fact(REPLY_UNACKED);
}

/* ---- the form of an answer ---- */

static bool known(const struct evidence *e)
{
    return e->stack != &stacks[STACK_UNKNOWN];
}

static struct tri answer_flags(const struct evidence *e)
{
    if (!yes(ACK_FLAG) || yes(SEQ_ZERO))
        return met();
    switch (e->stack->answers_with_ack) {
    case STACK_ALWAYS:
        return met();
    case STACK_CLOSED:
        return plain(yes(SENDER_FIN));
    case STACK_NEVER:
        return failed();
    default:
        return unseen();
    }
}

/* A stack without the connection knows nothing of its window. */
static struct tri answer_window(const struct evidence *e)
{
    if (unknown(WINDOW_ZERO))
        return unseen();
    /* Stacks that answer with RST+ACK offer a window that never changes. */
    if (yes(WINDOW_ZERO) ||
        (yes(TRIGGER_ACKNOWLEDGED) && e->stack->answers_with_ack != STACK_NEVER))
        return met();
    if (yes(WINDOW_SAME) || e->stack->answer_window == STACK_ZERO)
        return failed();
    return known(e) ? met() : unseen();
}

/* What somebody else's RST has of the sender only by chance. Of a segment in the sender's name that
 * cannot be the sender's it has it without. */
static struct tri foreign(const struct evidence *e, struct tri same)
{
    return yes(SEGMENTS_UNSTAMPED) || yes(IP_ID_REPEATED) ? unseen() : not(same);
}

/* Routes and proxies move an end by a hop. */
static struct tri ttl_not_far(const struct evidence *e)
{
    return yes(TTL_NEAR) ? met() : fact(TTL_SAME);
}

/* Answers have the default, whatever a program chose for its socket. */
static struct tri ttl_start(const struct evidence *e)
{
    if (!yes(TTL_START))
        return met();
    if (e->stack->ttl && e->ttl_start)
        return plain(e->ttl_start == e->stack->ttl);
    return unseen();
}

static struct tri answer_id(const struct evidence *e)
{
    if (unknown(IP_ID_ZERO)) /* IPv6 has none */
        return met();
    if (yes(IP_ID_ECHO) || yes(IP_ID_CONSTANT))
        return failed();
    switch (e->stack->answer_id) {
    case STACK_ZERO:
        return fact(IP_ID_ZERO);
    case STACK_COUNTED:
        return not(fact(IP_ID_ZERO));
    default:
        return met();
    }
}

/* ---- the form of an abort ---- */

static struct tri abort_options(const struct evidence *e)
{
    if (!yes(OPTIONS_MISSING) || e->stack->abort_options == STACK_NEVER)
        return met();
    return e->stack->abort_options == STACK_ALWAYS ? failed() : unseen();
}

/* Or its place is known otherwise. */
static struct tri socket_shown(const struct evidence *e)
{
    return yes(LIVE_SOCKET) || yes(IP_ID_NEXT) || yes(TIMESTAMP_NEXT) || yes(AT_SENDER) ||
                   yes(KERNEL_SENT)
               ? met()
               : unseen();
}

static struct tri abort_window(const struct evidence *e)
{
    if (unknown(WINDOW_ZERO))
        return unseen();
    if (e->stack->abort_window == STACK_ZERO)
        return fact(WINDOW_ZERO);
    if (e->stack->abort_window == STACK_LIVE && yes(WINDOW_ZERO) && !yes(WINDOW_LOW))
        return failed();
    return met();
}

static struct tri abort_id(const struct evidence *e)
{
    struct tri count =
        e->stack->abort_id == STACK_NEXT || yes(IP_ID_NEXT) ? fact(IP_ID_NEXT) : unseen();
    if (isnt(TIMESTAMP_NEXT))
        return failed();
    if (isnt(IP_ID_NEXT)) /* a clock alone, which a forger can read, does not make up for the count
                           */
        return failed();
    return count.is == FACT_HIDDEN ? fact(TIMESTAMP_NEXT) : count;
}

/* ---- the sender's state ---- */

/* A server's answer to what should finish the handshake, or to what came behind that: it had never
 * got further. */
static bool refuses_handshake(const struct evidence *e)
{
    return yes(TRIGGER_HANDSHAKE_ACK) || (yes(TRIGGER) && yes(EARLIER_HANDSHAKE));
}

/* A RST that its program wants at once stands for the handshake's last ACK, too: it acknowledges
 * the SYN-ACK, and carries what only a socket knows. */
static bool finishes_handshake(const struct evidence *e)
{
    return yes(ONLY_SYN) && yes(PEER_SEEN) && yes(ACK_FLAG) && yes(ABORT_FORM) &&
           yes(LIVE_SOCKET) && !yes(SENDER_WENT_ON);
}

/* It goes on with both counts of the sender; where that has no clock, with the window that it had
 * offered. Who sends to both ends at once has neither. */
static bool as_its_socket(const struct evidence *e)
{
    bool no_clock = unknown(TIMESTAMP_NEXT) && unknown(OPTIONS_MISSING);
    return yes(IP_ID_NEXT) && (yes(TIMESTAMP_NEXT) || (no_clock && yes(WINDOW_SAME)));
}

static struct tri live(const struct evidence *e)
{
    if (yes(SYN_RECEIVED) || finishes_handshake(e))
        return met();
    return yes(PEER_ONLY_SYN) || yes(SENDER_TIME_WAIT) ? failed() : fact(SENDER_SYNCHRONIZED);
}

/* A server's program gets the connection with the ACK that finishes the handshake; or, of a client
 * that opens fast, with the data in its SYN (RFC 7413). */
static struct tri accepted(const struct evidence *e)
{
    return plain(!(isnt(SENDER_CLIENT) && isnt(HANDSHAKE_DONE) && isnt(PEER_SENT_DATA)));
}

/* An end of which no RST that ended it was captured may have sent or got one all the same. */
static struct tri gone(const struct evidence *e)
{
    /* Of another name than it knows this connection by, it had no state that could have ended. */
    if (yes(RENAMED))
        return failed();
    if (yes(SENDER_GONE) || yes(OVERTOOK))
        return met();
    return unseen();
}

/* What an earlier RST did to the sender may not have shown. */
static struct tri not_gone(const struct evidence *e)
{
    if (yes(SENDER_GONE))
        return failed();
    /* The sender's own answer to late data says that its close() had ended it. */
    return yes(EARLIER_RESET) && !yes(EARLIER_DATA) ? unseen() : met();
}

/* Of one that had closed, whether the peer's RST or its own close speaks is never sure. */
static struct tri gone_surely(const struct evidence *e)
{
    bool closed = yes(SENDER_FIN) && !yes(EARLIER_ABORT);
    return yes(SENDER_GONE_SURELY) && !closed ? met() : unseen();
}

static struct tri nothing_ended_it(const struct evidence *e)
{
    if (yes(SENDER_GONE) || (yes(SENDER_FIN) && !yes(HALF_CLOSED)))
        return failed();
    return yes(HALF_CLOSED) ? met() : not(fact(SENDER_FIN));
}

static struct tri syn_sent(const struct evidence *e)
{
    if (yes(ONLY_SYN))
        return met();
    return yes(SENDER_SEEN) ? failed() : unseen();
}

static struct tri syn_received(const struct evidence *e)
{
    if (yes(SENDER_CLIENT))
        return failed();
    if (!unknown(SYN_RECEIVED))
        return fact(SYN_RECEIVED);
    return yes(SENDER_SENT_DATA) ? failed() : unseen();
}

/* What it sent before and behind its RST may have changed places on the way. */
static struct tri syn_received_lately(const struct evidence *e)
{
    struct tri state = syn_received(e);
    return state.is == FACT_FALSE && yes(HANDSHAKE_LATELY) ? met() : state;
}

/* Neither end shows that it knows the handshake done; or the server, by sending its SYN-ACK again,
 * that it does not. */
static struct tri unfinished(const struct evidence *e)
{
    if (yes(SENDER_SENT_DATA) || !unknown(PROBED))
        return failed();
    if (yes(PEER_ONLY_SYN))
        return failed();
    if (yes(SYN_ACK_REPEATED) && yes(SERVER_NEVER_SPOKE))
        return met();
    return not(fact(HANDSHAKE_DONE));
}

/* Where it was not the handshake's last ACK that was refused, that had to be lost before. */
static struct tri handshake_ack(const struct evidence *e)
{
    if (!yes(TRIGGER))
        return unseen();
    if (refuses_handshake(e))
        return met();
    return yes(SYN_ACK_REPEATED) ? unseen() : failed();
}

/* What was answered so before, and tried again all the same, may be tried again once more. A raw
 * tool sends what it likes as often as it likes. */
static struct tri tried_again(const struct evidence *e)
{
    return yes(TRIED_AGAIN) && !yes(SYN_RAW) ? met() : fact(SYN_AGAIN);
}

/* A SYN answered, or one that carries data (RFC 7413), is something to see already. A RST that has
 * a sequence number of the server's, while no SYN-ACK was captured, is of somebody who saw that; so
 * may be one to a SYN that was accepted all the same. */
static struct tri connection_to_see(const struct evidence *e)
{
    if (yes(HANDSHAKE_DONE))
        return met();
    bool own_number = yes(PEER_ONLY_SYN) && yes(ACK_FLAG) && !yes(SEQ_ZERO) && !yes(IDLE_SOME);
    if (yes(SENDER_ACCEPTED) || own_number)
        return unseen();
    if (yes(TRIGGER_SYN) && isnt(PEER_SENT_DATA))
        return failed();
    bool begun =
        (yes(SENDER_SEEN) && yes(PEER_SEEN)) || yes(PEER_SENT_DATA) || yes(SENDER_SENT_DATA);
    return begun || unknown(HANDSHAKE_DONE) ? unseen() : failed();
}

static struct tri no_syn(const struct evidence *e)
{
    if (yes(SENDER_SEEN))
        return failed();
    /* Its SYN would have come before the first segment of the other end. */
    return yes(OPENING_SEEN) && !e->view.fresh ? met() : unseen();
}

static struct tri older_open(const struct evidence *e)
{
    if (yes(EARLIER_FINS))
        return failed();
    return yes(EARLIER_OPEN) || yes(TRIGGER_MATCHES_PAST) ? met() : unseen();
}

static struct tri older_closed(const struct evidence *e)
{
    if (yes(EARLIER_OPEN))
        return failed();
    return yes(EARLIER_FINS) ? met() : unseen();
}

static struct tri syn_in_window(const struct evidence *e)
{
    if (yes(TRIGGER_SYN_IN_WINDOW))
        return met();
    return yes(SENDER_SEEN) && yes(OPENING_SEEN) ? unseen() : failed();
}

/* The trigger's own FIN does not count; one that the sender did not acknowledge it may never have
 * taken. */
static struct tri both_fins(const struct evidence *e)
{
    if (yes(TRIGGER) && isnt(TRIGGER_AFTER_PEER_FIN) && yes(TRIGGER_FIN))
        return failed();
    return yes(CONNECTION_CLOSED) && isnt(PEER_FIN_ACKED) ? unseen() : fact(CONNECTION_CLOSED);
}

/* Not if the sender had taken all, and the FIN behind it. */
static struct tri mid_transfer(const struct evidence *e)
{
    if (yes(PEER_FIN) && yes(ALL_ACKNOWLEDGED))
        return failed();
    return either(fact(PEER_IN_FLIGHT), fact(RIGHT_AFTER_DATA));
}

static struct tri late_data_came(const struct evidence *e)
{
    return yes(LATE_DATA_TAKEN) ? met() : fact(PEER_DATA_AFTER_FIN);
}

static struct tri no_late_data(const struct evidence *e)
{
    return not(both(late_data_came(e), not(fact(HALF_CLOSED))));
}

static struct tri late_data_taken(const struct evidence *e)
{
    if (yes(TRIGGER) && !yes(TRIGGER_DATA))
        return failed();
    return fact(LATE_DATA_TAKEN);
}

/* ---- pauses and timers ---- */

/* Nothing came but SYNs, and nothing else was sent: whoever refuses those may do so with numbers of
 * its own. */
static bool refuses_only(const struct evidence *e)
{
    return yes(PEER_ONLY_SYN) && !yes(SENDER_SEEN);
}

static struct tri pause(const struct evidence *e)
{
    if (yes(IDLE_LONG) || yes(IDLE_LONGEST) || yes(EVENT_PAUSED))
        return met();
    return yes(IDLE_LONGER) || yes(IDLE_RECURS) || unknown(IDLE_LONGER) ? unseen() : failed();
}

/* The timers of filters and translators are set in seconds (nf_conntrack's sysctls, pf.conf(5)): no
 * shorter pause makes them forget. Who ends a longer one need not wake what the other meets. */
static struct tri filter_pause(const struct evidence *e)
{
    struct tri paused = pause(e);
    if (paused.is != FACT_TRUE && yes(PAUSE_ANSWERED))
        return unseen();
    return paused.is == FACT_HIDDEN && isnt(IDLE_SOME) && !yes(EARLIER_RESET) ? failed() : paused;
}

/* A program that sweeps ends together what has idled for as long, longer than before or not. */
static struct tri swept(const struct evidence *e)
{
    return yes(IDLE_ALIKE) ? met() : pause(e);
}

static struct tri idle_recurs(const struct evidence *e)
{
    return yes(IDLE_ALIKE) ? met() : fact(IDLE_RECURS);
}

/* What was captured as an answer need not have been received. */
static struct tri probes(const struct evidence *e)
{
    if (yes(PROBE_ANSWERED))
        return failed();
    return yes(PROBES_UNANSWERED) ? met() : yes(PROBED) ? unseen() : fact(PROBES_UNANSWERED);
}

/* It came just when a keep-alive would have sent its next probe. */
static bool on_the_beat(const struct evidence *e)
{
    return yes(PROBES_UNANSWERED) && yes(PROBE_RHYTHM) && !yes(SENDER_FIN) && !yes(PROBES_GROW) &&
           !yes(PROBES_SOON);
}

static struct tri window_probed(const struct evidence *e)
{
    return either(both(fact(WINDOW_PROBES), fact(WINDOW_PROBE_DUE)),
                  both(fact(RETRANSMISSIONS), fact(RETRANSMISSION_DUE)));
}

static struct tri gives_up(const struct evidence *e)
{
    if (e->stack->gives_up == STACK_NEVER)
        return failed();
    return known(e) ? met() : unseen();
}

/* That it never got it shows where it goes on without it. */
static struct tri trigger_not_taken(const struct evidence *e)
{
    if (yes(SENDER_ACKED_TRIGGER))
        return failed();
    return yes(TRIGGER_SWALLOWED) || yes(TRIGGER_SYN) || yes(SENDER_WENT_ON) ? met() : unseen();
}

static struct tri half_made(const struct evidence *e)
{
    return either(fact(HALF_MADE), fact(SYN_ACK_REPEATED));
}

/* Who tells an end of what a timer of its own has ended says so once; who wants to be believed,
 * again and again. */
static struct tri told_once(const struct evidence *e)
{
    return plain(!yes(SURPLUS) && !yes(TTL_VARIES) && !yes(IP_ID_CONSTANT) && !yes(LADDER) &&
                 !yes(GUESSES));
}

/* ---- the application ---- */

static struct tri still_arriving(const struct evidence *e)
{
    if (yes(ANSWERED_LAST))
        return met();
    return either(either(fact(PEER_IN_FLIGHT), fact(PEER_CROSSED)),
                  either(fact(BULK_FROM_PEER), fact(REPLY_ENDS_IT)));
}

/* Where nothing of the peer can lie unread, it was on purpose all the same. */
static struct tri reply_arrived(const struct evidence *e)
{
    return isnt(PEER_SENT_DATA) ? met() : not(fact(REPLY_ON_ITS_WAY));
}

/* Where nothing of the peer came there is nothing to lie unread; and whose request gets through no
 * more is given up by a watchdog. */
static struct tri not_waiting(const struct evidence *e)
{
    return plain(!(yes(SENDER_CLIENT) && yes(SENDER_SENT_DATA) && yes(PEER_SENT_DATA) &&
                   isnt(PEER_DATA_LAST) && !yes(PEER_FIN) && !yes(RETRANSMISSIONS)));
}

static bool yes_still_arriving(const struct evidence *e)
{
    return still_arriving(e).is == FACT_TRUE;
}

/* A client's connection is its own from the start; a server's may still wait to be accepted, and
 * most likely does where others that were never served end with it. */
static struct tri in_service(const struct evidence *e)
{
    if (yes(SENDER_CLIENT) || yes(LATER_SERVED))
        return met();
    return yes(LISTENER_TOO) ? failed() : either(fact(SENDER_SENT_DATA), fact(PEER_SENT_DATA));
}

static struct tri others_too(const struct evidence *e)
{
    return yes(OTHERS_TOO) ? met() : yes(OTHERS_ENDED) ? unseen() : failed();
}

/* ---- the tables ---- */

/* Pasted together with NOT(...) this is a macro of its own. */
#define TCPRST_FACT_NOT(a) CLAIM_CONTRARY + TCPRST_FACT_##a
#define FACTS_1(a) TCPRST_FACT_##a + 1
#define FACTS_2(a, ...) TCPRST_FACT_##a + 1, FACTS_1(__VA_ARGS__)
#define FACTS_3(a, ...) TCPRST_FACT_##a + 1, FACTS_2(__VA_ARGS__)
#define FACTS_4(a, ...) TCPRST_FACT_##a + 1, FACTS_3(__VA_ARGS__)
#define FACTS_5(a, ...) TCPRST_FACT_##a + 1, FACTS_4(__VA_ARGS__)
#define FACTS_PICK(_1, _2, _3, _4, _5, NAME, ...) NAME
#define FACTS(...)                                                                                 \
    FACTS_PICK(__VA_ARGS__, FACTS_5, FACTS_4, FACTS_3, FACTS_2, FACTS_1, )(__VA_ARGS__)

_Static_assert((int)TCPRST_FACT_COUNT < (int)CLAIM_CONTRARY, "a fact fits beside its sign");

const struct claim_info claim_infos[CLAIM_COUNT] = {
#define CLAIM(ID, id, channel, sentence, facts, expression)                                        \
    [CLAIM_##ID] = {id, sentence, CHANNEL_##channel, {facts}},
#include "claims.def"
};

const struct claim_unclear *claim_unclear(const char *id, const struct evidence *e)
{
    static const struct {
        enum claim claim;
        struct claim_unclear unclear;
    } rows[] = {
#define UNCLEAR(ID, FACT, sentence) {CLAIM_##ID, {sentence, {FACTS(FACT)}}},
#include "claims.def"
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned fact = rows[i].unclear.facts[0];
        bool contrary = fact >= CLAIM_CONTRARY;
        if (claim_infos[rows[i].claim].id == id &&
            e->state[(fact - 1) % CLAIM_CONTRARY] == (contrary ? FACT_FALSE : FACT_TRUE))
            return &rows[i].unclear;
    }
    return NULL;
}

const struct sign_info sign_infos[SIGN_COUNT] = {
#define SIGN(ID, scope, channel, price, facts, expression)                                         \
    [SIGN_##ID] = {#ID, SCOPE_##scope, CHANNEL_##channel, price, {facts}},
#include "signs.def"
};

void claims_ask(struct claims *claims, const struct evidence *e)
{
    claims->state[CLAIM_END] = FACT_TRUE;
#define CLAIM(ID, id, channel, sentence, facts, expression)                                        \
    claims->state[CLAIM_##ID] = (uint8_t)(expression).is;
#include "claims.def"
    claims->signs = 0;
#define SIGN(ID, scope, channel, price, facts, expression)                                         \
    claims->signs |= (uint64_t)((expression) ? 1 : 0) << SIGN_##ID;
#include "signs.def"
}
