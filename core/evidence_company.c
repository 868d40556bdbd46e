/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_company.c - facts of what came with the RST and what followed it. */
#include "evidence_tell.h"

#include "sequence.h"
#include "thresholds.h"

_Static_assert((int)COMPANY_OTHERS == (int)GUESSES, "as many places as are asked for");

static bool in_place(const struct reset *r, uint32_t seq)
{
    return seen(&r->y, END_ACK) ? seq_between(r->y.max_ack, seq, r->x.snd_max)
                                : seq == r->x.snd_max;
}

static bool steps_ahead(const struct reset *r, uint32_t seq)
{
    return seq_lt(r->x.snd_max, seq) && seq - r->x.snd_max < LADDER_REACH;
}

/* Where somebody who sees the connection would aim, or would have a moment ago. */
static bool is_near(const struct reset *r, uint32_t seq)
{
    int32_t ahead = seq_diff(seq, r->x.snd_max);
    return in_place(r, seq) || reset_had_sent(r, seq) || reset_may_have_sent(r, seq) ||
           (ahead < LADDER_REACH && ahead > -LADDER_REACH);
}

/* The same form and numbers, from so much further or less far away that no change of route explains
 * it. */
static void note_ttl(struct company *c, const struct reset *r, const struct reset *n)
{
    if (n->ttl == r->ttl)
        return;
    bool alike = n->flags == r->flags && (n->seq == 0) == (r->seq == 0);
    int apart = (int)n->ttl - (int)r->ttl;
    if (!alike || !r->packet.ip_header || (apart <= ROUTE_HOPS && apart >= -ROUTE_HOPS))
        return;
    c->ttl_varies = true;
    c->other_ttl = n->ttl;
}

static void note_alike(struct company *c, const struct reset *r, const struct reset *n)
{
    bool alike = n->seq == r->seq && n->ack == r->ack && !((n->flags ^ r->flags) & TCPRST_ACK);
    c->bare |= alike && n->drawn.text && n->drawn.alike == n->drawn.matching &&
               n->drawn.alike > n->drawn.text;
    if (!alike || n->drawn.alike < n->drawn.matching ||
        n->drawn.alike - n->drawn.matching <= c->alike - c->matching)
        return;
    c->alike = n->drawn.alike;
    c->matching = n->drawn.matching;
}

/* The sender stood there before, where a guess seldom falls: it answers what came late. */
static bool was_there(const struct reset *r)
{
    return r->drawn.old_ack || (seq_lt(r->seq, r->x.snd_max) &&
                                (reset_had_sent(r, r->seq) || reset_may_have_sent(r, r->seq)));
}

static bool has_its_id(const struct reset *r, const struct reset *n)
{
    return r->ip_id && n->ip_id == r->ip_id;
}

static int64_t apart_of(const struct reset *r, const struct reset *n)
{
    return n->when > r->when ? n->when - r->when : r->when - n->when;
}

static bool of_socket(const struct reset *r)
{
    return (r->flags & TCPRST_ACK) && !r->has_trigger && r->packet.window_known &&
           (r->packet.header_length > 20 || r->window != 0);
}

/* As of_socket(), of a stack that is not known: some answer with RST+ACK and a window, too. */
static bool has_options(const struct reset *r)
{
    return r->packet.header_length > 20;
}

/* No copy of it that the network made, however late. */
static bool made_anew(const struct reset *r, const struct reset *n)
{
    return n->seq != r->seq || n->ip_id != r->ip_id ||
           n->packet.options.ts_val != r->packet.options.ts_val;
}

/* A socket that aborts is gone: another RST that only a socket would send, from as far away, is
 * none of its own, nor is this one then. */
static void note_abort(struct company *c, const struct reset *r, const struct reset *n)
{
    int64_t apart = apart_of(r, n);
    if (n->d == r->d && n->ttl == r->ttl && n->serial != r->serial && !n->duplicate_of &&
        apart <= BURST_SPAN && made_anew(r, n) && is_near(r, n->seq) && of_socket(r) &&
        of_socket(n)) {
        c->aborted_twice = true;
        c->options_twice |= has_options(r) && has_options(n);
        c->aborts_apart = apart;
    }
}

/* Of r's maker, by form and way, and where X stood: an answer of X is no such one where it came
 * from as far away as X. */
static bool stands_there(const struct reset *r, const struct reset *n)
{
    return n->seq != r->seq && n->ttl == r->ttl && n->form == r->form && seen(&n->x, END_SEEN) &&
           in_place(n, n->seq) && !(n->has_trigger && n->ttl == n->x.ttl_last);
}

static void note_companion(struct company *c, const struct reset *r, const struct reset *n)
{
    int64_t apart = apart_of(r, n);
    if (n->d != r->d) {
        c->opposite |= apart <= AT_ONCE;
        return;
    }
    bool other = n->seq != r->seq || n->flags != r->flags;
    c->same_id |= has_its_id(r, n) && other;
    c->same_id_later |= has_its_id(r, n) && apart > COPIED_MOST;
    if (!other) /* where r itself aims is asked once, in fact_company() */
        return;
    /* Steps ahead from the right place, in case the sender goes on before they arrive: ahead of
     * what it had sent by then. */
    bool steps = apart <= NS_PER_S && seen(&r->x, END_SEEN) &&
                 (in_place(r, n->seq) || in_place(r, r->seq)) &&
                 (steps_ahead(n, n->seq) || steps_ahead(r, r->seq));
    bool alike = n->ttl == r->ttl || (r->ip_id && n->ip_id == r->ip_id);
    c->ladder |= steps;
    c->ladder_alike |= steps && alike;
    c->rungs |= steps && n->when >= r->when && n->ttl == r->ttl && n->form == r->form &&
                n->ack == r->ack && in_place(r, r->seq) && steps_ahead(n, n->seq);
    bool known = n->seq == r->seq;
    c->far |= !is_near(r, n->seq);
    for (unsigned i = 0; i + 1 < c->places && i < GUESSES; i++)
        known |= c->others[i] == n->seq;
    if (known || was_there(n) || c->places > GUESSES)
        return;
    c->from_there |= (uint8_t)((n->ttl == r->ttl) << (c->places - 1));
    c->others[c->places++ - 1] = n->seq;
    if (n->serial > c->last_place->serial)
        c->last_place = n;
}

/* Segments of Y until the last of the RSTs that c counts: more RSTs than these none can have drawn,
 * as captured or altered behind. */
static uint32_t count_came(const struct reset *r)
{
    const struct recent *p;
    const struct recents *recents = &r->connection->recents;
    uint32_t came = 0;
    if (recents->held != recents->pushed)
        return UINT32_MAX;
    for (uint64_t n = recent_before(r); (p = recent_back(recents, n)) != NULL; n++) {
        if (n >= MAX_RELATED)
            return UINT32_MAX;
        came += !!(p->bits & RECENT_FROM_B) != r->d && !(p->flags & TCPRST_RST);
    }
    return came;
}

/* Segments that fit this connection nowhere have its numbers: it belongs to an incarnation whose
 * opening was not captured. */
static bool of_another_incarnation(const struct reset *r)
{
    const struct recent *p;
    const struct connection *c = r->connection;
    for (uint64_t n = recent_before(r); n < MAX_RELATED && (p = recent_back(&c->recents, n)); n++) {
        bool from_x = !!(p->bits & RECENT_FROM_B) == r->d;
        if (!(p->bits & RECENT_STRAY))
            continue;
        if (from_x ? p->seq + segment_length(p->flags, p->length) == r->seq
                   : (p->flags & TCPRST_ACK) && p->ack == r->seq)
            return true;
    }
    return false;
}

/* As all of a storm are: of such a one nothing is asked but how many like it there are. */
static inline bool is_alike(const struct reset *r, const struct reset *n)
{
    return n->seq == r->seq && n->ack == r->ack && n->d == r->d && n->flags == r->flags &&
           n->ttl == r->ttl && n->window == r->window;
}

void company_find(struct company *c, const struct reset *r)
{
    unsigned looked = 0;
    *c = (struct company){.places = 1, .last_place = r, .came = UINT32_MAX};
    company_find_earlier(c, r);
    if (r->row >= MAX_RELATED / 2 && reset_row_behind(r))
        return; /* those alike tell nothing but their number, and that is not known */
    for (const struct reset *n = reset_nearby(r); n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++) {
        if (n->incarnation != r->incarnation)
            continue;
        c->twin |= n->serial != r->serial && n->d == r->d && n->seq == r->seq &&
                   n->form == r->form && !n->duplicate_of && apart_of(r, n) <= NS_PER_S;
        if (is_alike(r, n)) {
            if (!n->duplicate_of)
                note_alike(c, r, n);
            /* In a storm like ones are not counted, nor looked at. */
            if (!n->duplicate_of && n->drawn.alike) {
                note_abort(c, r, n);
                c->same_id_later |= has_its_id(r, n) && apart_of(r, n) > COPIED_MOST;
            }
            continue;
        }
        c->window_steps |=
            n->d == r->d && n->window && (n->window == r->window + 1 || n->window == r->window - 1);
        if (n->duplicate_of)
            continue;
        note_abort(c, r, n);
        if (n->d == r->d) {
            note_ttl(c, r, n);
            note_alike(c, r, n);
            c->exact |= stands_there(r, n);
        }
        if (n->serial != r->serial &&
            (!n->has_trigger || !(r->before.connection_flags & CONN_ESTABLISHED)))
            note_companion(c, r, n);
    }
    if (c->places > 1)
        c->came = count_came(c->last_place);
}

static bool far_apart(uint32_t a, uint32_t b)
{
    int64_t apart = seq_diff(a, b);
    return apart >= STALE_REACH || apart <= -STALE_REACH;
}

/* No two of three from as far away are so near as what one end can have sent while such RSTs come.
 */
static bool spread(const struct company *c, const struct reset *r)
{
    uint32_t place[GUESSES] = {r->seq};
    unsigned n = 1;
    for (unsigned i = 0; i + 1 < c->places && n < GUESSES; i++) {
        bool far = c->from_there >> i & 1;
        for (unsigned k = 0; k < n; k++)
            far &= far_apart(c->others[i], place[k]);
        if (far)
            place[n++] = c->others[i];
    }
    return n == GUESSES;
}

static void fact_company(struct evidence *e, const struct reset *r, const struct company *c)
{
    if (!is(e, F(TTL_SAME)))
        tell(e, F(TTL_VARIES), c->ttl_varies);
    numbers(e, F(TTL_VARIES), c->other_ttl, r->ttl);
    /* A socket aborts once. */
    bool aborts = of_socket(r) && c->alike > SURPLUS_MIN;
    tell(e, F(ABORTED_TWICE),
         c->options_twice || (c->aborted_twice && e->stack->answers_with_ack == STACK_NEVER));
    numbers(e, F(ABORTED_TWICE), c->aborts_apart, 0);
    if (seen(&r->y, END_SEEN) && !e->view.gaps && !e->view.lossy)
        tell(e, F(SURPLUS), (c->matching || aborts) && c->alike >= c->matching + SURPLUS_MIN);
    numbers(e, F(SURPLUS), c->alike, c->matching);
    /* Segments that were not captured may have drawn as many more; that as many came as answers is
     * seen all the same. */
    if (seen(&r->y, END_SEEN) && (c->bare || !(e->view.gaps || e->view.lossy)))
        tell(e, F(BARE_ANSWERED), c->bare);
    tell(e, F(IP_ID_CONSTANT),
         r->x.ip_id != r->ip_id && (c->same_id || (c->same_id_later && !is(e, F(IP_ID_NEXT)))));
    numbers(e, F(IP_ID_CONSTANT), r->ip_id, 0);
    /* A forger's burst does not make an honest RST in its midst one of its own. */
    tell(e, F(LADDER), c->ladder_alike || (c->ladder && !is(e, F(TTL_SAME))));
    tell(e, F(FIRST_RUNG), c->rungs && !c->twin);
    if (!r->has_trigger || !(r->before.connection_flags & CONN_ESTABLISHED))
        tell(e, F(OPPOSITE_AT_ONCE), c->opposite);
    if (r->has_trigger)
        return;
    tell(e, F(GUESSES), c->places >= GUESSES);
    numbers(e, F(GUESSES), c->places, 0);
    tell(e, F(GUESSES_FAR), c->far || !is_near(r, r->seq));
    tell(e, F(GUESSES_EXACT), c->exact);
    if (c->came < UINT32_MAX && seen(&r->y, END_SEEN) && !e->view.gaps && !e->view.lossy)
        tell(e, F(OUTNUMBER), c->places > c->came);
    numbers(e, F(OUTNUMBER), c->places, c->came);
    if (seen(&r->x, END_SEEN) && seen(&r->y, END_ACK)) {
        bool own = of_another_incarnation(r) || r->seq == r->x.snd_max ||
                   (seen(&r->x, END_FIN) && r->seq == r->x.fin_seq);
        bool acknowledged = seq_between(r->y.max_ack, r->seq, r->x.snd_max) || r->seq == r->y.edge;
        tell(e, F(OUT_OF_PLACE), !own && !acknowledged);
    }
}

/* What could have drawn them would have been captured: segments of Y are, in this connection or in
 * others. */
static void fact_spread(struct evidence *e, const struct reset *r, const struct around *around)
{
    const struct company *c = &around->company;
    bool of_others = around->y_host && around->y_host->hops_known;
    if (!r->has_trigger && (seen(&r->y, END_SEEN) || of_others))
        tell(e, F(GUESSES_SPREAD), c->places >= GUESSES && spread(c, r));
}

/* Whatever drew it, its numbers are those of an answer to the SYN that was captured. */
static bool refuses_syn(const struct evidence *e, const struct reset *r)
{
    return is(e, F(TRIGGER_SYN)) ||
           (!r->has_trigger && (r->flags & TCPRST_ACK) && r->seq == 0 && seen(&r->y, END_SYN) &&
            seq_lt(r->y.iss, r->ack) && seq_le(r->ack, r->y.snd_max));
}

static void fact_went_on(struct evidence *e, const struct reset *r, const struct after *a)
{
    int64_t rtt = r->x.rtt_max > 0 ? 2 * r->x.rtt_max : 0;
    int64_t limit = rtt > 4 * WENT_ON_MIN ? rtt : 4 * WENT_ON_MIN;
    /* Its own handshake goes on after it refused what did not belong to it. */
    if (a->syn.again >= 0 || is(e, F(TRIGGER_BAD_HANDSHAKE_ACK)) || r->past.numbers ||
        (r->has_trigger && (r->trigger.bits & RECENT_STRAY)))
        return;
    bool more = is(e, F(ABORT_FORM)) && a->x.more != 0;
    bool acked = a->x.acked_trigger != 0;
    bool late = a->x.last >= 0 && a->x.last - r->when > limit;
    tell_at(e, F(SENDER_ACKED_LATER), a->x.acked_later != 0, a->x.acked_later);
    where_t shows = acked              ? a->x.acked_trigger
                    : a->x.acked_later ? a->x.acked_later
                    : more             ? a->x.more
                                       : a->x.last_where;
    tell_at(e, F(SENDER_ACKED_TRIGGER), acked, a->x.acked_trigger);
    tell_at(e, F(SENDER_WENT_ON), a->x.acked_later || acked || more || late, shows);
    numbers(e, F(SENDER_WENT_ON), a->x.last - r->when, 0);
    tell_at(e, F(SENDER_ACCEPTED), refuses_syn(e, r) && a->syn.ack >= 0 && a->syn.again < 0,
            a->syn.ack_where);
    numbers(e, F(SENDER_ACCEPTED), a->syn.ack - r->when, 0);
}

/* An answer of X's own stack, which comes from where X is and has another form than r. Who forges
 * makes all of a burst alike. */
static bool is_other_answer(const struct reset *r, const struct reset *n)
{
    bool otherwise = n->ttl != r->ttl || ((n->flags ^ r->flags) & TCPRST_ACK) ||
                     !n->ip_id != !r->ip_id || !n->window != !r->window;
    return n->d == r->d && !n->duplicate_of && n->has_trigger && n->ttl == r->x.ttl_last &&
           otherwise && n->when - r->when > CAPTURE_REORDER &&
           n->trigger.time > r->when; /* nobody forged it with r */
}

/* Who made r stands on X's side of this place: what of X's came here afterwards, an answer
 * included, got past it. */
static void fact_passed(struct evidence *e, const struct reset *r, const struct after *a)
{
    unsigned looked = 0;
    if (!seen(&r->x, END_SEEN))
        return;
    int64_t when = a->x.passed;
    where_t where = a->x.passed_where;
    for (const struct reset *n = r->next_of_connection;
         n && looked < MAX_RELATED && n->incarnation == r->incarnation && when < 0;
         n = n->next_of_connection, looked++)
        if (is_other_answer(r, n)) {
            when = n->when;
            where = where_pack(n->frame);
        }
    tell_at(e, F(SENDER_PASSED), when >= 0, where);
    numbers(e, F(SENDER_PASSED), when - r->when, 0);
}

static void fact_confirmed(struct evidence *e, const struct reset *r, const struct after *a)
{
    if (a->y.challenge < 0)
        return;
    unsigned looked = 0;
    for (const struct reset *n = r->next_of_connection; n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n->incarnation == r->incarnation && n->d == r->d && n->has_trigger &&
            n->trigger.where == a->y.challenge_where) {
            tell_at(e, F(CONFIRMED), true, where_pack(n->frame));
            return;
        }
}

/* A RST with the timestamp or the count of X's own segments, and with its window: made by the
 * socket that had the connection. */
static bool own_abort(const struct reset *r, const struct reset *n)
{
    if (n->has_trigger || !(n->flags & TCPRST_ACK))
        return false;
    bool stamped = seen(&r->x, END_TIMESTAMPS) && n->packet.options.has_timestamps &&
                   seq_le(r->x.ts_val, n->packet.options.ts_val);
    uint16_t step = (uint16_t)(n->ip_id - r->x.ip_id);
    bool counted = n->ip_id && r->x.ip_id && step >= 1 && step <= ID_STEP &&
                   r->x.id_jumps <= r->x.id_steps && n->window;
    return seq_le(r->seq, n->seq) && (stamped || counted);
}

/* X's abort came after its answer to what X had not received when it aborted. */
static void fact_overtook(struct evidence *e, const struct reset *r)
{
    unsigned looked = 0;
    if (!r->has_trigger || !r->trigger.length || !seen(&r->x, END_SEEN))
        return;
    if (!(r->flags & TCPRST_ACK) && reset_row_behind(r))
        return; /* nor has one of those that ACK */
    for (const struct reset *n = r->next_of_connection;
         n && looked < MAX_RELATED && n->incarnation == r->incarnation;
         n = n->next_of_connection, looked++)
        if (n->d == r->d && !n->duplicate_of && own_abort(r, n) && seq_lt(n->ack, r->drawn.end)) {
            tell_at(e, F(OVERTOOK), true, where_pack(n->frame));
            numbers(e, F(OVERTOOK), n->when - r->when, 0);
            return;
        }
}

/* RFC 6528: for the same addresses and ports a host's initial numbers follow a clock, which in
 * Linux (secure_tcp_seq()) ticks every 64 ns, and elsewhere more slowly. */
static bool by_one_clock(uint32_t first, int64_t when, uint32_t then, int64_t later)
{
    enum { TICK = 64, DELAYED = 2 };
    if (later < when)
        return by_one_clock(then, later, first, when);
    int64_t most = (later - when) / TICK * DELAYED + NS_PER_S / TICK * DELAYED;
    return (int64_t)(then - first) <= most;
}

/* Whether who sent the SYN-ACK that drew r is the one that X's SYN then came to. */
static void fact_other_syn_ack(struct evidence *e, const struct reset *r)
{
    const struct recent *t = &r->trigger, *p;
    const struct after *a = r->after;
    if (!is(e, F(TRIGGER_WRONG_SYN_ACK)))
        return;
    int64_t time = a ? a->syn.opened : -1;
    where_t where = a ? a->syn.opened_where : 0;
    uint32_t seq = a ? a->syn.opened_seq : 0;
    for (uint64_t n = recent_before(r);
         time < 0 && n < MAX_RELATED && (p = recent_back(&r->connection->recents, n)) != NULL; n++)
        if (!!(p->bits & RECENT_FROM_B) != r->d && (p->flags & TCPRST_SYN) &&
            (p->flags & TCPRST_ACK) && p->ack == r->x.iss + 1) {
            time = p->time;
            where = p->where;
            seq = p->seq;
        }
    if (time < 0 || (seq != t->seq && by_one_clock(t->seq, t->time, seq, time)))
        return;
    tell_at(e, F(SYN_ACK_OTHER), seq != t->seq, where);
    numbers(e, F(SYN_ACK_OTHER), seq, t->seq);
}

static void fact_after(struct evidence *e, const struct reset *r)
{
    fact_other_syn_ack(e, r);
    const struct after *a = r->after;
    if (is(e, F(HANDSHAKE_DONE)) == false && r->before.client == 1 && seen(&r->x, END_SYN_ACK)) {
        int64_t waited = r->when - r->x.last_time;
        tell_at(e, F(HALF_MADE), waited >= HALF_MADE_MIN, r->x.syn_where);
        numbers(e, F(HALF_MADE), waited, 0);
    }
    if (!a)
        return;
    tell_at(e, F(SYN_AGAIN), a->syn.again >= 0, a->syn.where);
    numbers(e, F(SYN_AGAIN), a->syn.again - r->when, 0);
    tell_at(e, F(REOPENED), a->syn.reopened, a->syn.where);
    if (is(e, F(TRIGGER_SYN)))
        tell_at(e, F(PEER_WENT_ON), a->y.count > 0 && a->syn.again < 0, a->y.first_where);
    fact_went_on(e, r, a);
    fact_passed(e, r, a);
    fact_confirmed(e, r, a);
}

void evidence_company(struct evidence *e, const struct reset *r, const struct around *around)
{
    const struct company *company = &around->company;
    fact_after(e, r);
    tell_at(e, F(TRIED_AGAIN), company->tried != 0, company->tried);
    fact_company(e, r, company);
    fact_spread(e, r, around);
    fact_overtook(e, r);
}
