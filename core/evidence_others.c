/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_others.c - facts of other connections of the same two hosts. */
#include "evidence_tell.h"

#include "thresholds.h"

/* How many of that kind there were about then, this one included if it is one. */
static int64_t resets_about(const struct host *host, enum host_runs kind, int64_t when)
{
    const struct run *run = host_run_at(host, kind, when);
    if (!run)
        run = host_run_at(host, kind, when + MASS_GAP);
    if (!run)
        run = host_run_at(host, kind, when - MASS_GAP);
    return run ? (int64_t)run->count : 0;
}

/* What ends many connections at once does not ask how long each had been idle; a timer does. */
static void fact_group(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    bool habit;
    const struct abort_group *group =
        host_abort_group(x_host, r->connection->first_time, r->when, &habit);
    if (!group)
        return;
    tell(e, F(OTHERS_TOO), true);
    numbers(e, F(OTHERS_TOO), (int64_t)group->count - 1, group->end - group->start);
    tell(e, F(ABORTS_BY_HABIT), habit);
    if (habit || r->x.probes)
        return; /* by a keep-alive's timer, or for every other reason */
    int64_t least = group->idle_least, most = group->idle_most;
    bool alike = least >= TIMER_MIN && most - least <= least / SWEEP_PART;
    if (alike || least < TIMER_MIN || most / SWEEP_NONE >= least)
        tell(e, F(IDLE_ALIKE), alike);
    numbers(e, F(IDLE_ALIKE), least, most);
}

/* Ends further apart than the idle times before them differ: each came when its own time was up,
 * and nothing ended them together. A process that dies, or its listener, ends them in one breath.
 */
static void fact_timed(struct evidence *e, const struct reset *r, const struct host *x_host,
                       const struct run *run)
{
    const struct abort_run *aborts = host_abort_run(x_host, run);
    int64_t least = aborts->idle_least, most = aborts->idle_most, span = run->end - run->start;
    if (run->count < MASS_FEW || r->x.probes || least < TIMER_MIN || span <= LISTENER_SPAN ||
        span <= most - least || most - least > least / SWEEP_PART)
        return;
    tell(e, F(IDLE_ALIKE), true);
    numbers(e, F(IDLE_ALIKE), least, most);
}

/* r is one of that run. */
static void fact_run(struct evidence *e, const struct reset *r, const struct host *x_host,
                     const struct run *run)
{
    const struct abort_run *aborts = host_abort_run(x_host, run);
    int64_t span = run->end - run->start, opened = r->connection->first_time;
    bool silent = isnt(e, F(SENDER_SENT_DATA));
    tell(e, F(OTHERS_TOO), run->count >= MASS_COUNT && span <= MASS_SPAN);
    numbers(e, F(OTHERS_TOO), (int64_t)run->count - 1, span);
    tell(e, F(ABORTS_BY_HABIT), host_abort_habit(x_host, run));
    tell(e, F(LISTENER_TOO), silent && aborts->silent >= 2 && span <= LISTENER_SPAN);
    numbers(e, F(LISTENER_TOO), (int64_t)aborts->silent - 1, span);
    /* Of several services only the last that was served is known. */
    bool later = aborts->served > opened;
    if (!later || aborts->served_port == reset_service_port(r))
        tell(e, F(LATER_SERVED), silent && later);
    numbers(e, F(LATER_SERVED), later ? aborts->served - opened : 0, 0);
}

static void fact_runs(struct evidence *e, const struct reset *r, const struct host *x_host)
{
    bool aborts = is(e, F(ABORT_FORM)) && !seen(&r->y, END_FIN);
    const struct run *run = aborts ? host_run_at(x_host, RUN_ABORTS, r->when) : NULL;
    bool within = run && r->connection->first_time <= run->start;
    if (within)
        fact_run(e, r, x_host, run);
    if (aborts)
        fact_group(e, r, x_host);
    if (within)
        fact_timed(e, r, x_host, run);
    int64_t others =
        resets_about(x_host, RUN_ABORTS, r->when) + resets_about(x_host, RUN_STRAYS, r->when);
    tell(e, F(OTHERS_ENDED), others >= 2);
    numbers(e, F(OTHERS_ENDED), others - 1, 0);
    const struct run *forgets = r->has_trigger ? host_run_at(x_host, RUN_FORGETS, r->when) : NULL;
    if (forgets) {
        tell(e, F(OTHERS_FORGOT), forgets->count >= 2);
        numbers(e, F(OTHERS_FORGOT), (int64_t)forgets->count - 1, forgets->end - forgets->start);
    }
}

void evidence_others(struct evidence *e, const struct reset *r, const struct host *x_host,
                     const struct host *y_host)
{
    if (y_host || x_host) {
        /* A scanner is the end that opened: of a SYN-ACK's RST the sender, of a SYN's refusal the
         * receiver. */
        const struct host *opener = is(e, F(TRIGGER_SYN_ACK)) ? x_host : y_host;
        unsigned n = opener ? host_fan_out(opener, r->when) : 0;
        bool scans = n >= SCAN_FAN_OUT;
        if (is(e, F(TRIGGER_SYN_ACK))) {
            const struct run *abandons = opener ? host_run_at(opener, RUN_ABANDONS, r->when) : NULL;
            scans = scans && abandons && abandons->count >= SCAN_ABANDONS;
        }
        /* No stack takes one port for all it talks to: a raw tool does. */
        unsigned lone = opener && is(e, F(TRIGGER_ALONE))
                            ? host_lone(opener, r->packet.destination_port, r->when)
                            : 0;
        scans = lone >= SCAN_FROM_ONE ||
                (scans && !(is(e, F(TRIGGER_ALONE)) && is(e, F(TRIGGER_DATA))));
        n = n < lone ? lone : n;
        tell(e, F(FAN_OUT), scans);
        numbers(e, F(FAN_OUT), n > 0 ? n - 1 : 0, SCAN_WINDOW);
    }
    if (is(e, F(TRIGGER_WRONG_SYN_ACK)) && y_host) {
        tell(e, F(CHALLENGES_OTHERS), y_host->wrong_syn_acks >= CHALLENGED_CLIENTS);
        numbers(e, F(CHALLENGES_OTHERS), y_host->wrong_syn_acks - 1, 0);
    }
    if (!x_host)
        return;
    /* SYNs with ever other TTLs: traceroute's. */
    if (is(e, F(ONLY_SYN)) && hidden(e, F(SYN_RAW)) && r->ttl != r->x.ttl_first &&
        x_host->hops_max - x_host->hops_min > ROUTE_HOPS)
        tell_at(e, F(SYN_RAW), true, r->x.syn_where);
    /* One that came from elsewhere than the RST, while others in its name came from there, is
     * somebody else's. Who tries many chooses a TTL for each. */
    unsigned hops = host_hops(r->ttl);
    int far = (int)host_hops(r->x.ttl_first) - (int)hops;
    bool there = x_host->hops_known && x_host->hops_max != x_host->hops_min &&
                 (x_host->hops_min == hops || x_host->hops_max == hops);
    if (is(e, F(ONLY_SYN)) && is(e, F(SYN_RAW)))
        tell_at(e, F(SYN_ELSEWHERE), there && (far > 1 || far < -1) && !is(e, F(FAN_OUT)),
                r->x.syn_where);
    numbers(e, F(SYN_ELSEWHERE), far < 0 ? -far : far, 0);
    int64_t open = host_port_time(x_host, true, r->packet.source_port),
            closed = host_port_time(x_host, false, r->packet.source_port);
    if (is(e, F(TRIGGER_SYN)) && open > r->when + TRIGGER_UNKNOWN_RTT) {
        /* It listens since; that hides what was before. Sooner, it may be the SYN's own answer. */
    } else if (is(e, F(TRIGGER_SYN))) {
        tell(e, F(PORT_OPEN), open != INT64_MIN);
        numbers(e, F(PORT_OPEN), open != INT64_MIN ? r->when - open : 0, 0);
        tell(e, F(PORT_JUST_OPEN), open != INT64_MIN && r->when - open <= SCAN_WINDOW);
        numbers(e, F(PORT_JUST_OPEN), open != INT64_MIN ? r->when - open : 0, 0);
    } else {
        /* A port that nobody tried afterwards shows neither; but where it refused somebody since X
         * was last heard, it had closed by then. */
        bool since = seen(&r->x, END_SEEN) && closed > r->x.last_time && closed > open;
        bool refused = closed != INT64_MIN && (closed > r->when || since);
        bool accepted = open != INT64_MIN && open > r->when;
        if (refused || accepted) {
            tell(e, F(PORT_CLOSED_AFTER), refused);
            numbers(e, F(PORT_CLOSED_AFTER), (refused ? closed : open) - r->when, 0);
        }
    }
    const struct run *strays = !seen(&r->x, END_SEEN) && !seen(&r->y, END_SEEN)
                                   ? host_run_at(x_host, RUN_STRAYS, r->when)
                                   : NULL;
    if (strays && y_host) {
        tell(e, F(STRAY_RSTS), strays->count >= SCAN_FAN_OUT);
        numbers(e, F(STRAY_RSTS), strays->count, 0);
    }
    if (!seen(&r->x, END_SEEN) && !seen(&r->y, END_SEEN) && r->seq)
        tell(e, F(SAME_NUMBER_ELSEWHERE), host_same_stray(x_host, r->seq, r->incarnation));
    fact_runs(e, r, x_host);
    uint16_t service = reset_service_port(r);
    if (is(e, F(ABORT_FORM)) && isnt(e, F(SENDER_CLIENT)) && isnt(e, F(SENDER_SENT_DATA))) {
        unsigned times = host_unserved(x_host, service, r->incarnation, r->when);
        tell(e, F(UNSERVED_ALIKE), times >= UNSERVED_TIMES);
        numbers(e, F(UNSERVED_ALIKE), times, 0);
    }
    int64_t same = r->before.idle >= IDLE_RECUR_MIN
                       ? host_same_idle(x_host, service, r->incarnation, r->before.idle, r->when)
                       : -1;
    if (r->before.idle >= IDLE_RECUR_MIN)
        tell(e, F(IDLE_RECURS), same >= 0);
    numbers(e, F(IDLE_RECURS), same, r->before.idle);
}
