/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signatures.c - known timers; the signatures of "Global, Passive Detection of Connection
 * Tampering" (SIGCOMM 2023) that end in a RST; the detectors of "Detecting Forged TCP Reset
 * Packets" (NDSS 2009).
 *
 * An honest Linux client that aborts with data in flight matches several of them: they are names,
 * not verdicts.
 */
#include "signatures.h"

#include "reset.h"
#include "sequence.h"
#include "thresholds.h"

const char *tcprst_known_timer(int64_t idle)
{
    static const struct {
        int seconds;
        const char *name;
    } timers[] = {
#define TIMER(seconds, name) {seconds, name}
        TIMER(60, "AWS ALB and many proxies, 60 s"),
        TIMER(240, "Azure load balancer, 240 s"),
        TIMER(300, "many firewalls and NATs, 300 s"),
        TIMER(350, "AWS NLB and NAT gateway, 350 s"),
        TIMER(600, "Google Cloud, 10 min"),
        TIMER(900, "Linux IPVS (Docker, Kubernetes), 15 min"),
        TIMER(1800, "many firewalls, 30 min"),
        TIMER(3600, "FortiGate, Palo Alto, Cisco ASA, 1 h"),
        TIMER(7200, "TCP keep-alive default, 2 h"),
        TIMER(432000, "Linux conntrack, 5 days"),
#undef TIMER
    };
    for (unsigned i = 0; i < sizeof timers / sizeof *timers; i++) {
        int64_t t = timers[i].seconds * NS_PER_S;
        if (idle >= t && idle <= t + t / 10)
            return timers[i].name;
    }
    return NULL;
}

static const char *const cloudflare[] = {
    "none",
    "SYN -> RST",
    "SYN -> RST+ACK",
    "SYN -> RST;RST+ACK",
    "SYN;ACK -> RST",
    "SYN;ACK -> RST;RST",
    "SYN;ACK -> RST+ACK",
    "SYN;ACK -> RST+ACK;RST+ACK",
    "PSH+ACK -> RST",
    "PSH+ACK -> RST+ACK",
    "PSH+ACK -> RST;RST+ACK",
    "PSH+ACK -> RST+ACK;RST+ACK",
    "PSH+ACK -> RST=RST",
    "PSH+ACK -> RST!=RST",
    "PSH+ACK -> RST;RST0",
    "PSH+ACK;Data -> RST",
    "PSH+ACK;Data -> RST+ACK",
};

const char *signature_cloudflare_name(int64_t n)
{
    return n > 0 && n < (int64_t)(sizeof cloudflare / sizeof *cloudflare) ? cloudflare[n]
                                                                          : cloudflare[0];
}

struct burst {
    unsigned bare, acked;
    bool ack_differs, ack_zero;
};

static void count_burst(const struct reset *r, struct burst *b)
{
    unsigned looked = 0;
    for (const struct reset *n = reset_nearby(r); n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++) {
        if (n->d != r->d || n->incarnation != r->incarnation || n->duplicate_of)
            continue;
        if (n->flags & TCPRST_ACK)
            b->acked++;
        else
            b->bare++;
        b->ack_differs |= n->ack != r->ack;
        b->ack_zero |= n->ack == 0;
    }
}

/* As its authors do: inbound at the server, so of RSTs in the client's name only. */
int signature_cloudflare(const struct reset *r)
{
    if (r->before.client != 0 || !(r->before.connection_flags & CONN_OPENED) ||
        ((r->x.seen | r->y.seen) & END_FIN))
        return 0;
    struct burst b = {0, 0, false, false};
    count_burst(r, &b);
    if (!(r->before.connection_flags & CONN_ESTABLISHED))
        return r->x.segments > 1 ? 0 : b.bare && b.acked ? 3 : b.bare ? 1 : 2;
    if (!(r->x.seen & END_DATA))
        return b.bare && b.acked ? 0 : b.bare ? (b.bare > 1 ? 5 : 4) : (b.acked > 1 ? 7 : 6);
    bool first_data =
        r->x.snd_max - r->x.iss <= (r->x.mss ? r->x.mss : 1460u) + 1u && r->x.segments <= 4;
    if (!first_data)
        return b.bare && b.acked ? 0 : b.bare ? 15 : 16;
    if (b.bare && b.acked)
        return 10;
    if (b.acked)
        return b.acked > 1 ? 11 : 9;
    if (b.bare == 1)
        return 8;
    return b.ack_differs ? (b.ack_zero ? 14 : 13) : 12;
}

static const char *const weaver[] = {"none", "RST_SEQ_DATA", "DATA_SEQ_RST", "RST_SEQ_CHANGE",
                                     "SYNACK_RST"};

const char *signature_weaver_name(int64_t n)
{
    return n > 0 && n < (int64_t)(sizeof weaver / sizeof *weaver) ? weaver[n] : weaver[0];
}

int signature_weaver(const struct reset *r, const struct evidence *e)
{
    if (r->after && r->after->x.new >= 0 && r->after->x.new - r->when <= 2 * NS_PER_S)
        return 1;
    if (is(e, TCPRST_FACT_SEQ_BELOW_SENT) && !((r->x.seen | r->y.seen) & END_FIN) &&
        !r->has_trigger)
        return 2;
    if (is(e, TCPRST_FACT_SEQ_BEYOND_SENT) && r->drawn.repeats == 0 && is(e, TCPRST_FACT_GUESSES))
        return 3;
    bool just_answered = (r->x.seen & END_SYN_ACK) && !(r->x.seen & END_DATA) &&
                         r->when - r->x.last_time <= 2 * NS_PER_S;
    return just_answered && r->x.segments <= 2 ? 4 : 0;
}
