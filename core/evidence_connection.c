/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_connection.c - facts of the connection before the RST: handshake, FINs, and what had
 * been before on its ports. */
#include "evidence_tell.h"

#include "sequence.h"
#include "thresholds.h"

/* Octets Y sent, or as far as X's acknowledgments tell where Y was not captured; -1 unknown. */
static int64_t octets_of_peer(const struct reset *r)
{
    bool opened = r->before.connection_flags & CONN_OPENED;
    int64_t sent = seen(&r->y, END_SEEN) ? (int64_t)r->y.octets : -1;
    int64_t told = -1;
    if (seen(&r->x, END_ACK | END_SEEN)) {
        uint32_t high = r->x.max_ack;
        if (seen(&r->x, END_AHEAD))
            high = seq_max(high, r->x.ack_ahead);
        if (r->flags & TCPRST_ACK && seq_diff(r->ack, high) > 0 &&
            seq_diff(r->ack, high) < STRAY_DISTANCE)
            high = r->ack;
        uint32_t low = seen(&r->y, END_ISS) ? r->y.iss + 1 : r->x.first_ack;
        told = seq_diff(high, low);
        if (told > 0 && seen(&r->y, END_FIN))
            told--;
        if (told < 0)
            told = 0;
    }
    if (sent < 0 && told < 0)
        return -1;
    int64_t most = sent > told ? sent : told;
    /* Of a peer whose own opening was not captured, the first octets may be missing, too. */
    return most > 0 || (opened && (r->y.seen & (END_SYN | END_SYN_ACK))) ? most : -1;
}

/* RFC 7323 section 3.2: once negotiated, timestamps are in every segment but a RST. And the RST
 * came as far as the last segment in X's name, not as far as X's opening; a SYN proxy differs by a
 * hop. */
static void fact_foreign_segments(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    bool opened = x->seen & (END_SYN | END_SYN_ACK);
    if (!opened || x->segments < 2 || !r->packet.ip_header)
        return;
    int apart = (int)x->ttl_first - (int)x->ttl_last;
    bool way = (apart > PROXY_HOPS || apart < -PROXY_HOPS) && r->ttl == x->ttl_last &&
               x->segments <= FORGED_SEGMENTS;
    bool both = x->ts_first && (y->seen & (END_SYN | END_SYN_ACK)) && y->ts_first;
    int off = (int)r->ttl - (int)x->ttl_last;
    bool alike = off <= ROUTE_HOPS && off >= -ROUTE_HOPS && !r->has_trigger;
    bool stopped = both && !seen(x, END_TIMESTAMPS) &&
                   (r->ttl == x->ttl_last || (alike && reset_lacks_stamps(r)));
    tell_at(e, F(SEGMENTS_FOREIGN), way, x->last);
    tell_at(e, F(SEGMENTS_UNSTAMPED), stopped, x->last);
}

static void fact_history(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    bool opened = r->before.connection_flags & CONN_OPENED;
    tell_at(e, F(OPENING_SEEN), opened, x->syn_where ? x->syn_where : y->syn_where);
    /* One end alone does not show whether the other finished it. */
    bool unanswered = seen(x, END_SEEN) || !(y->seen & (END_ACK | END_AHEAD));
    if ((opened && seen(y, END_SEEN) && unanswered) ||
        (r->before.connection_flags & CONN_ESTABLISHED))
        tell(e, F(HANDSHAKE_DONE), r->before.connection_flags & CONN_ESTABLISHED);
    tell_at(e, F(ONLY_SYN), seen(x, END_SYN) && !(x->seen & (END_ACK | END_AHEAD)), x->syn_where);
    if (seen(x, END_SEEN)) {
        bool acks = x->seen & (END_ACK | END_AHEAD);
        /* A client has once it acknowledged the SYN-ACK, a server once it was told of that, or
         * spoke. */
        bool has = opened
                       ? (r->before.connection_flags & CONN_ESTABLISHED) != 0 || seen(x, END_DATA)
                       : acks;
        /* Of one end alone: its ACKs tell, but for that in a SYN-ACK. */
        if (opened && !seen(y, END_SEEN) && acks && !has)
            has = !seen(x, END_SYN_ACK) || x->segments > 1;
        if (has || seen(y, END_SEEN) || !acks)
            tell_at(e, F(SENDER_SYNCHRONIZED), has, x->last);
    }
    tell(e, F(SENDER_SEEN), seen(x, END_SEEN));
    tell(e, F(PEER_SEEN), seen(y, END_SEEN) || r->has_trigger);
    tell(e, F(BOTH_DIRECTIONS),
         seen(y, END_SEEN) &&
             (seen(x, END_SEEN) || !(r->before.connection_flags & CONN_ESTABLISHED)));
    if (r->before.client >= 0 && opened)
        tell(e, F(SENDER_CLIENT), r->before.client == 0);
    int64_t octets = octets_of_peer(r);
    if (octets >= 0) {
        tell(e, F(PEER_SENT_DATA), octets > 0);
        numbers(e, F(PEER_SENT_DATA), octets, 0);
    }
    if (seen(x, END_SEEN)) {
        /* What lies between its segments was sent, or was acknowledged; one octet may be a FIN. */
        uint32_t ahead = endpoint_acked_unseen(y, x) ? y->ack_ahead - x->snd_max : 0,
                 missing = endpoint_lacks(x) + ahead;
        if (seen(x, END_DATA) || missing != 1)
            tell(e, F(SENDER_SENT_DATA), seen(x, END_DATA) || missing > 1);
        numbers(e, F(SENDER_SENT_DATA), (int64_t)x->octets + (missing > 1 ? missing : 0), 0);
    }
    if (r->before.provoked_pause >= 0) {
        tell_at(e, F(PROVOKED), true, r->before.provoked_where);
        numbers(e, F(PROVOKED), r->before.provoked_after, r->before.provoked_pause);
    }
    fact_foreign_segments(e, r);
    tell_at(e, F(PEER_ONLY_SYN),
            seen(y, END_SYN) && !(y->seen & (END_ACK | END_AHEAD)) && !seen(x, END_SEEN) &&
                y->snd_max == y->iss + 1 + (uint32_t)y->octets,
            y->syn_where);
    tell(e, F(EARLIER_RESET), false);
}

/* X closed first, and has taken the FIN that says so: it acknowledged it, and what it acknowledged
 * acknowledged its own. RFC 9293 section 3.6; of FINs that crossed the first does not. */
static bool in_time_wait(const struct reset *r)
{
    const struct recent *fin = recent_fin(r->connection, &r->y);
    return fin && (fin->flags & TCPRST_ACK) && seq_lt(r->x.fin_seq, fin->ack) &&
           seen(&r->x, END_ACK) && seq_lt(r->y.fin_seq, r->x.max_ack);
}

/* X had said all, but not closed: it acknowledged text that came after its FIN. */
static bool half_closed(const struct reset *r)
{
    const struct recent *fin = recent_fin(r->connection, &r->x);
    return fin && seen(&r->x, END_ACK) && (fin->flags & TCPRST_ACK) &&
           seq_lt(fin->ack + seen(&r->y, END_FIN), r->x.max_ack);
}

/* What the RST acknowledges, and X's FIN did not, came to X after it had closed, whenever it was
 * captured. */
static void fact_late_data(struct evidence *e, const struct reset *r)
{
    const struct endpoint *y = &r->y;
    const struct recent *fin = recent_fin(r->connection, &r->x);
    if (!(r->flags & TCPRST_ACK) || !fin || !(fin->flags & TCPRST_ACK))
        return;
    bool of_fin = seen(y, END_FIN) && seq_between(fin->ack, y->fin_seq, r->ack - 1);
    tell_at(e, F(LATE_DATA_TAKEN), seq_diff(r->ack, fin->ack) > of_fin, fin->where);
}

/* Just one is missing: a FIN, most likely. */
static bool lacks_one(const struct endpoint *x)
{
    return !seen(x, END_FIN) && endpoint_lacks(x) == 1;
}

static void fact_fins(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x, *y = &r->y;
    bool x_fin = seen(x, END_FIN), y_fin = seen(y, END_FIN);
    if (seen(x, END_SEEN) || seen(y, END_SEEN)) {
        /* What was acknowledged and not captured may have been a FIN; so may what an end sent of
         * which nothing was, before the capture began. */
        bool opened = r->before.connection_flags & CONN_OPENED;
        bool x_told = x_fin || ((opened || seen(x, END_SEEN)) &&
                                !(endpoint_acked_unseen(y, x) || lacks_one(x))),
             y_told = y_fin || ((opened || seen(y, END_SEEN)) &&
                                !(endpoint_acked_unseen(x, y) || lacks_one(y)));
        if (x_told)
            tell_at(e, F(SENDER_FIN), x_fin, x->fin_where);
        if (y_told)
            tell_at(e, F(PEER_FIN), y_fin, y->fin_where);
        if (x_told && y_told)
            tell(e, F(CONNECTION_CLOSED), x_fin && y_fin);
    }
    if (y_fin) {
        numbers(e, F(PEER_FIN), r->when - y->fin_time, 0);
        tell(e, F(PEER_FIN_ACKED), seen(x, END_ACK) && seq_lt(y->fin_seq, x->max_ack));
    }
    if (!x_fin)
        return;
    int64_t age = r->when - x->fin_time;
    numbers(e, F(SENDER_FIN), age, 0);
    tell_at(e, F(PEER_DATA_AFTER_FIN), seen(x, END_CLOSED_WITH_DATA), y->last);
    fact_late_data(e, r);
    tell_at(e, F(SENDER_TIME_WAIT), in_time_wait(r), y->fin_where);
    tell_at(e, F(FIN_ACKED), seen(y, END_ACK) && seq_lt(x->fin_seq, y->max_ack), x->fin_where);
    /* What was not captured may have come, and been taken in, after the FIN. */
    bool taken_in = half_closed(r);
    bool begun_late = !(y->seen & (END_SYN | END_SYN_ACK)) && seen(x, END_ACK) &&
                      seq_lt(x->max_ack, y->first_seq);
    if (taken_in || !(begun_late || endpoint_lacks(y)))
        tell_at(e, F(HALF_CLOSED), taken_in, x->fin_where);
    tell_at(e, F(FIN_JUST_SENT), age <= FIN_RST_BREATH, x->fin_where);
    numbers(e, F(FIN_JUST_SENT), age, 0);
    int64_t until = r->has_trigger ? r->trigger.time : r->when;
    int64_t silent = until - x->last_time;
    tell_at(e, F(EXPIRY_PAUSE), silent >= EXPIRY_MIN, x->last);
    numbers(e, F(EXPIRY_PAUSE), silent, 0);
}

/* X's SYN came from elsewhere than the RST, or has not the form of any stack of today. */
static void fact_raw_syn(struct evidence *e, const struct reset *r)
{
    const struct endpoint *x = &r->x;
    if (!r->packet.ip_header || seen(x, END_DATA) || x->snd_max != x->iss + 1)
        return;
    int hops = (int)host_hops(x->ttl_first) - (int)host_hops(r->ttl);
    bool plain = !seen(x, END_OPTIONS), small = x->window == RAW_WINDOW && !seen(x, END_TIMESTAMPS);
    /* A program may have chosen another TTL for its socket than the stack's answers have. */
    bool other_start = r->ttl + host_hops(r->ttl) != x->ttl_first + host_hops(x->ttl_first);
    if (plain || small || !other_start)
        tell_at(e, F(SYN_RAW), plain || small || r->ttl != x->ttl_first, x->syn_where);
    numbers(e, F(SYN_RAW), hops < 0 ? -hops : hops, 0);
}

static void fact_handshake(struct evidence *e, const struct reset *r)
{
    const struct endpoint *client = r->before.client == 0 ? &r->x : &r->y,
                          *server = r->before.client == 0 ? &r->y : &r->x;
    if (r->before.client < 0 || !(r->before.connection_flags & CONN_OPENED))
        return;
    if (seen(server, END_SYN_ACK)) {
        bool never = server->snd_max == server->iss + 1 && !seen(client, END_FOREIGN_ACK) &&
                     (!seen(server, END_ACK) || !seen(client, END_ISS) ||
                      seq_le(server->max_ack, client->iss + 1));
        tell_at(e, F(SERVER_NEVER_SPOKE), never, server->syn_where);
        tell_at(e, F(SYN_ACK_REPEATED), seen(server, END_SYN_REPEATED), server->syn_where);
    }
    if (r->before.client == 1 && seen(server, END_SYN_ACK))
        tell_at(e, F(SYN_RECEIVED),
                server->snd_max == server->iss + 1 && !seen(server, END_DATA) &&
                    !seen(server, END_FIN) && server->max_ack == server->first_ack,
                server->syn_where);
    if (r->before.handshake_age >= 0) {
        int64_t way = server->rtt_max > 0 ? server->rtt_max : 0;
        /* Before that ACK only a server that took the data of the SYN sends some: RFC 7413. */
        bool fast = seen(client, END_ISS) && seq_lt(client->iss + 1, server->first_ack);
        tell_at(e, F(HANDSHAKE_LATELY),
                r->before.handshake_age <= HANDSHAKE_RTTS * way + TRIGGER_JITTER &&
                    (fast || server->snd_max == server->iss + 1) && !seen(server, END_FIN),
                r->before.handshake_where);
        numbers(e, F(HANDSHAKE_LATELY), r->before.handshake_age, 0);
    }
    if (seen(client, END_SYN) && r->before.client == 0)
        fact_raw_syn(e, r);
    if (seen(client, END_SYN))
        tell_at(e, F(SYN_PLAIN), !seen(client, END_OPTIONS), client->syn_where);
    if (server->rtt_min >= 0 && seen(server, END_SYN_ACK)) {
        tell_at(e, F(SYN_ACK_LATE), server->rtt_max >= NS_PER_S, server->syn_where);
        numbers(e, F(SYN_ACK_LATE), server->rtt_max, 0);
    }
}

static void fact_past(struct evidence *e, const struct reset *r)
{
    if (!r->past.known)
        return;
    if (r->past.fins || r->past.open || r->past.reset)
        tell(e, F(EARLIER_FINS), r->past.fins);
    numbers(e, F(EARLIER_FINS), r->past.age, 0);
    tell(e, F(EARLIER_FINS_ACKED), r->past.acked);
    tell(e, F(EARLIER_CLOSED_SECOND), r->past.second);
    bool doubtful =
        r->past.open ? r->past.gaps && !is(e, F(TRIGGER_SYN)) : !r->past.fins && !r->past.reset;
    if (!doubtful)
        tell(e, F(EARLIER_OPEN), r->past.open);
    numbers(e, F(EARLIER_OPEN), r->past.age, 0);
}

/* A program that closes while the way is full: its FIN waits behind its data, and the peer's next
 * data finds nobody who reads. */
static bool answers_while_sending(const struct reset *p)
{
    return !p->window && p->trigger.length && seen(&p->x, END_DATA) && !seen(&p->x, END_FIN) &&
           !p->before.sent_short && (reset_left(p) > 0 || p->before.filled);
}

/* A server that has sent nothing behind its SYN-ACK, nor acknowledged anything. */
static bool still_in_handshake(const struct reset *r)
{
    return r->before.client == 1 && seen(&r->x, END_SYN_ACK) && r->x.snd_max == r->x.iss + 1 &&
           r->x.max_ack == r->x.first_ack;
}

/* One that answers so had not got further. */
static bool answers_handshake(const struct reset *p)
{
    bool syn = (p->trigger.flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    return still_in_handshake(p) && (syn || p->trigger.where == p->before.handshake_where);
}

/* Of the newest of X before r the oldest that answers something, NULL: none does. unprompted: X
 * made one of its own accord, too. */
static const struct reset *oldest_answer(const struct reset *r, bool *unprompted)
{
    const struct reset *oldest = NULL;
    unsigned looked = 0;
    *unprompted = false;
    if (r->row >= MAX_RELATED && r->previous_of_connection->has_trigger)
        return r->far_back;
    if (r->row >= MAX_RELATED)
        return NULL;
    for (const struct reset *p = r->previous_of_connection;
         p && p->incarnation == r->incarnation && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++) {
        if (p->d != r->d || p->duplicate_of)
            continue;
        if (p->has_trigger)
            oldest = p;
        *unprompted |= !p->has_trigger;
    }
    return oldest;
}

/* X had sent its SYN once more after it had refused the same SYN-ACK, 0: it had not. What does not
 * acknowledge its SYN it refuses, and tries on. */
static where_t tried_again(const struct reset *r)
{
    unsigned looked = 0;
    if (!seen(&r->x, END_SYN) || (r->x.seen & (END_ACK | END_AHEAD)))
        return 0;
    for (const struct reset *p = r->previous_of_connection;
         p && p->incarnation == r->incarnation && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++)
        if (p->d == r->d && p->has_trigger && p->seq == r->seq &&
            r->x.last_time - p->when > CAPTURE_REORDER)
            return r->x.last;
    return 0;
}

/* Of an answer the sender is the same stack without the connection; what ended that, the answer
 * does not say. */
void company_find_earlier(struct company *company, const struct reset *r)
{
    bool unprompted;
    const struct reset *oldest = oldest_answer(r, &unprompted);
    if (!oldest)
        return;
    company->answer = where_pack(oldest->frame);
    company->tried = tried_again(r);
    company->handshake = still_in_handshake(r) && answers_handshake(oldest) ? company->answer : 0;
    company->sending = !unprompted && answers_while_sending(oldest) ? company->answer : 0;
    /* What X made of its own accord may have ended it, too. */
    for (const struct reset *p = oldest; p && p->serial != r->serial && !unprompted;
         p = p->next_of_connection)
        /* A window is of a socket, or of somebody else: no answer has one. */
        if (p->d == r->d && !p->duplicate_of && !p->window && p->trigger.length &&
            regardless_of_fin(p)) {
            company->data = where_pack(p->frame);
            return;
        }
}

/* Whether that one, of X and among the newest before r, had the form of an abort. */
static bool was_abort(const struct reset *r, where_t where)
{
    const struct reset *p = r->previous_of_connection;
    bool aborts = (r->flags & TCPRST_ACK) || r->window;
    if (r->row >= MAX_RELATED && (!aborts || p->has_trigger))
        return false; /* nor was any of those */
    for (unsigned looked = 0; p && p->incarnation == r->incarnation && looked < MAX_RELATED;
         p = p->previous_of_connection, looked++)
        if (where_pack(p->frame) == where && p->d == r->d && !p->duplicate_of && !p->has_trigger &&
            ((p->flags & TCPRST_ACK) || p->window))
            return true;
    return false;
}

void evidence_earlier_reset(struct evidence *e, const struct reset *r,
                            const struct company *company, where_t where)
{
    if (company->answer)
        tell_at(e, F(EARLIER_ANSWER), true, company->answer);
    if (company->data)
        tell_at(e, F(EARLIER_DATA), true, company->data);
    if (company->handshake)
        tell_at(e, F(EARLIER_HANDSHAKE), true, company->handshake);
    if (company->sending)
        tell_at(e, F(EARLIER_SENDING), true, company->sending);
    if (where && was_abort(r, where))
        tell_at(e, F(EARLIER_ABORT), true, where);
}

void evidence_connection(struct evidence *e, const struct reset *r)
{
    fact_history(e, r);
    fact_fins(e, r);
    fact_handshake(e, r);
    fact_past(e, r);
}
