/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_ip.c - facts of the RST's IP header: TTL, identification, type of service, flow label.
 */
#include "evidence_tell.h"

#include "thresholds.h"

/* Routes change; of an application that chose another TTL, those between were never seen. */
static bool is_between(uint8_t ttl, const struct endpoint *x)
{
    if (x->ttl_max - x->ttl_min > ROUTE_HOPS)
        return ttl == x->ttl_min || ttl == x->ttl_max || ttl == x->ttl_first || ttl == x->ttl_last;
    return ttl >= x->ttl_min && ttl <= x->ttl_max;
}

/* A SYN proxy makes the handshake in the server's name, offers no window in its SYN-ACK, and opens
 * it with a bare ACK when the server has answered, too (nf_synproxy_core.c). Until more comes in
 * X's name, nothing of X itself came. */
static bool only_its_proxy_spoke(const struct reset *r)
{
    enum { SYN_ACK_AND_WINDOW = 2 };
    const struct endpoint *x = &r->x;
    const struct recent *p;
    if (!seen(x, END_SYN_ACK) || x->segments > SYN_ACK_AND_WINDOW || x->snd_max != x->iss + 1)
        return false;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && (p = recent_back(&r->connection->recents, n)) != NULL; n++)
        if (p->where == x->syn_where)
            return !p->window;
    return false;
}

/* What the host sent on other connections: that is as little of X's own where a proxy speaks for
 * it, and tells only where it is the same. */
static void fact_ttl_of_host(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    unsigned hops = host_hops(r->ttl);
    bool same = hops >= x_host->hops_min && hops <= x_host->hops_max;
    bool comparable =
        x_host->proxied <= 0 && r->ttl + hops == x_host->ttl_last + host_hops(x_host->ttl_last);
    if (same || (comparable && x_host->hops_max < PLAUSIBLE_HOPS && hops < PLAUSIBLE_HOPS))
        tell(e, F(TTL_SAME), same);
    numbers(e, F(TTL_SAME), r->ttl, x_host->ttl_last);
    tell(e, F(TTL_FARTHER), comparable && hops < PLAUSIBLE_HOPS && hops > x_host->hops_max + 1u);
    numbers(e, F(TTL_FARTHER), r->ttl, x_host->ttl_last);
}

static void fact_ttl(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct endpoint *x = &r->x;
    uint8_t ttl = seen(x, END_SEEN) ? (uint8_t)(r->ttl - r->before.leg_hops) : r->ttl;
    unsigned hops = host_hops(ttl);
    bool proxied = seen(x, END_SEEN) && only_its_proxy_spoke(r);
    e->ttl_start = (uint8_t)(ttl + hops);
    if (seen(x, END_SEEN) && !proxied) {
        bool same = is_between(ttl, x);
        bool own = is(e, F(ABORT_FORM)) && (r->flags & TCPRST_ACK);
        same |= !own && (hops == host_hops(x->ttl_first) || hops == host_hops(x->ttl_last));
        /* An answer carries the host's default TTL, whatever the application chose for its socket:
         * from another starting value nothing follows. */
        bool comparable = own || ttl + hops == x->ttl_first + host_hops(x->ttl_first) ||
                          ttl + hops == x->ttl_last + host_hops(x->ttl_last);
        /* Where each packet is captured twice, each of the two places sees a TTL of its own. */
        bool elsewhere = is(e, F(SEEN_ONCE)) && same;
        if (!elsewhere &&
            (same || own ||
             (comparable && host_hops(x->ttl_last) < PLAUSIBLE_HOPS && hops < PLAUSIBLE_HOPS)))
            tell_at(e, F(TTL_SAME), same, same && hops != host_hops(x->ttl_last) ? 0 : x->last);
        int apart = (int)hops - (int)host_hops(x->ttl_last);
        bool plausible = hops < PLAUSIBLE_HOPS && host_hops(x->ttl_last) < PLAUSIBLE_HOPS;
        tell_at(e, F(TTL_FARTHER), !same && comparable && plausible && apart > 1, x->last);
        numbers(e, F(TTL_FARTHER), r->ttl, x->ttl_last);
        tell_at(e, F(TTL_NEAR), !same && comparable && apart >= -1 && apart <= 1, x->last);
        numbers(e, F(TTL_NEAR), r->ttl, x->ttl_last);
        numbers(e, F(TTL_SAME), r->ttl, x->ttl_last);
        bool other_start = ttl + hops != x->ttl_last + host_hops(x->ttl_last) &&
                           ttl + hops != x->ttl_first + host_hops(x->ttl_first);
        /* From nowhere that stacks start: somebody chose it. */
        other_start |= hops >= PLAUSIBLE_HOPS;
        tell_at(e, F(TTL_START), !same && other_start && host_hops(x->ttl_last) < PLAUSIBLE_HOPS,
                x->last);
        numbers(e, F(TTL_START), r->ttl, x->ttl_last);
    } else if (x_host && x_host->hops_known) {
        fact_ttl_of_host(e, r, x_host);
    }
}

/* X does not give all its packets the identification that r has, as far back as is kept. Of pieces
 * that a network card cuts the last may have that of the stack's next packet: then X counts. */
static bool numbers_otherwise(const struct reset *r)
{
    const struct recent *p;
    for (uint64_t n = recent_before(r);
         n < MAX_RELATED && (p = recent_back(&r->connection->recents, n)) != NULL; n++)
        if (!!(p->bits & RECENT_FROM_B) == r->d && !(p->flags & TCPRST_RST) && p->ip_id != r->ip_id)
            return true;
    return false;
}

/* A host that counts all its packets together counted on, whatever else X sent meanwhile: then the
 * step says nothing, as far as that is no more than it may have sent. Windows does, and starts from
 * a TTL that few others do. */
static bool goes_on_counting(const struct evidence *e, const struct reset *r, uint16_t step)
{
    enum { WINDOWS_TTL = 128 };
    const struct endpoint *x = &r->x;
    bool nobodys =
        e->stack == &stacks[STACK_UNKNOWN] && x->ttl_last + host_hops(x->ttl_last) == WINDOWS_TTL;
    int64_t pause = r->when - x->last_time;
    if ((e->stack->answer_id != STACK_COUNTED && !nobodys) || pause <= 0)
        return false;
    bool long_ago = pause / NS_PER_S >= ID_REACH / ID_STEP;
    return step >= 1 && step <= (long_ago ? ID_REACH : ID_STEP + ID_STEP * pause / NS_PER_S);
}

static void fact_ip(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    const struct endpoint *x = &r->x;
    if (!r->packet.ip_header)
        return;
    if (r->packet.ip_version == 4) {
        tell(e, F(IP_ID_ZERO), r->ip_id == 0);
        numbers(e, F(IP_ID_ZERO), r->ip_id, 0);
    }
    /* In a burst of equal ones nobody knows which is whose copy; where none of the sender's came
     * twice, the way from it to the second place is cut, for this one too. */
    /* What came in here and did not go out was made before, and is lost. */
    bool lost_here = r->leg && !legs_going(r->leg);
    if (!r->drawn.repeats && r->copies.own_doubled == r->copies.all_doubled && !lost_here)
        tell(e, F(SEEN_ONCE), r->copies.all_doubled && !r->copies.doubled);
    fact_ttl(e, r, x_host);
    const struct recent *t = &r->trigger;
    uint16_t peer_id = r->has_trigger ? t->ip_id : r->y.ip_id;
    if (r->packet.ip_version == 4 && r->ip_id != 0 && peer_id != 0) {
        /* A sender that numbers all its packets alike copies nothing. */
        tell_at(e, F(IP_ID_ECHO), r->ip_id == peer_id && x->ip_id != peer_id,
                r->has_trigger ? t->where : r->y.last);
        numbers(e, F(IP_ID_ECHO), r->ip_id, 0);
    }
    tell(e, F(DEVICE_SEQUENCE), r->before.device_sequence);
    numbers(e, F(DEVICE_SEQUENCE), r->ip_id, r->before.device_id);
    if (!seen(x, END_SEEN) || r->past.numbers) /* it was counted then */
        return;
    /* A live socket's own RST is counted like its other segments; Linux gives 0 to an answer, and
     * one without an acknowledgment may be that. */
    if (r->packet.ip_version == 4 && r->ip_id == 0 && (r->flags & TCPRST_ACK) && x->ip_id != 0 &&
        x->id_steps >= 2 && x->id_jumps == 0 && !x->id_zeros && is(e, F(ABORT_FORM))) {
        tell_at(e, F(IP_ID_NEXT), false, x->last);
        numbers(e, F(IP_ID_NEXT), 0, x->ip_id);
    }
    if (r->packet.ip_version == 4 && r->ip_id != 0 && r->ip_id == x->ip_id) {
        bool repeated = !x->id_steps && numbers_otherwise(r);
        tell_at(e, F(IP_ID_REPEATED), repeated, x->last);
        numbers(e, F(IP_ID_REPEATED), r->ip_id, 0);
        if (repeated)
            tell_at(e, F(IP_ID_NEXT), false, x->last);
    }
    if (r->packet.ip_version == 4 && r->ip_id != 0 && x->ip_id != 0) {
        uint16_t step = (uint16_t)(r->ip_id - x->ip_id);
        bool next = step >= 1 && step <= ID_STEP;
        bool counts = x->id_steps >= 1 && x->id_jumps * 4 <= x->id_steps;
        bool may = !next && goes_on_counting(e, r, step);
        if ((counts && !may) || (next && x->id_jumps <= x->id_steps))
            tell_at(e, F(IP_ID_NEXT), next, x->last);
        numbers(e, F(IP_ID_NEXT), r->ip_id, x->ip_id);
    }
}

/*
 * What the sender's stack reflects of a SYN and a filter does not: Linux answers with the SYN's
 * type of service and a flow label of its own, nf_send_reset() with neither. A missing label is
 * held against Linux only: Windows labels its sockets' segments, and no answer. BSD's pf_send_tcp()
 * sets low delay in all it makes.
 */
enum { TOS_LOW_DELAY = 0x10 };

static bool lacks_label(const struct reset *r, const struct host *x_host)
{
    return r->packet.ip_version == 6 && !r->packet.flow_label && x_host && x_host->label_known &&
           x_host->label_used && stack_is_linux((enum stack_id)x_host->stack);
}

/* All that leaves that host, or all of some service, may be given this type of service, a filter's
 * answers too: of a SYN for its SYN-ACK Linux takes none unless told to. */
static bool may_mark(const struct host *x_host, uint8_t wanted)
{
    return x_host && (x_host->tos == (wanted | HOST_TOS_KNOWN) || (x_host->tos & HOST_TOS_VARIES));
}

static void fact_host_stack(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    if (!r->packet.ip_header)
        return;
    if (seen(&r->x, END_SEEN)) {
        tell_at(e, F(TOS_SAME), ((r->packet.tos ^ r->x.tos) & HOST_TOS_DSCP) == 0, r->x.last);
        numbers(e, F(TOS_SAME), r->packet.tos & HOST_TOS_DSCP, r->x.tos & HOST_TOS_DSCP);
    }
    numbers(e, F(HOST_STACK), r->packet.tos, r->packet.flow_label);
    if (!is(e, F(BARE_FORM)) && lacks_label(r, x_host))
        tell_at(e, F(HOST_STACK), false, r->x.last);
    if (!is(e, F(BARE_FORM)))
        return;
    bool syn = is(e, F(TRIGGER_SYN));
    uint8_t wanted = r->y.tos & HOST_TOS_DSCP;
    if (r->packet.ip_version == 6 && r->packet.flow_label) /* whatever drew it */
        tell_at(e, F(HOST_STACK), true, r->has_trigger ? r->trigger.where : 0);
    else if (lacks_label(r, x_host))
        tell_at(e, F(HOST_STACK), false, r->has_trigger ? r->trigger.where : r->x.last);
    else if (syn && wanted && r->packet.tos == wanted && !may_mark(x_host, wanted))
        tell_at(e, F(HOST_STACK), true, r->trigger.where);
    if (syn)
        tell(e, F(FILTER_TOS),
             r->packet.ip_version == 4 && r->packet.tos == TOS_LOW_DELAY &&
                 wanted != TOS_LOW_DELAY);
}

void evidence_ip(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    fact_ip(e, r, x_host);
    fact_host_stack(e, r, x_host);
}
