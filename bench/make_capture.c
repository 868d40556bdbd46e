/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_capture KIND PACKETS FILE [FILE]: writes one of the benchmark's captures; the same arguments
 * give the same octets. The second file is what the other end captured of the same packets.
 *
 * Traffic is made of scripts: each live connection is a struct flow whose next packet flow_step()
 * writes. A kind is a row of the table at the end: how many flows live at once and what they do.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ETHERNET = 14, IP = 20, TCP_MOST = 40, PAYLOAD_MOST = 1448, FRAME_MOST = 1514 };
enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };

/* ---- Chance that repeats ---- */

static uint64_t chance_state = 0x7463707273742121U;

/* splitmix64 */
static uint64_t chance(void)
{
    uint64_t z = (chance_state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t limit)
{
    return (uint32_t)(((chance() >> 32) * limit) >> 32);
}

/* ---- Packets ---- */

struct endpoint {
    uint32_t address, next; /* next: SND.NXT */
    uint16_t port, ip_id;
    uint8_t ttl;
    bool by_client;
};

/* What the server's end captures: what it sends half a millisecond before the client's end has it,
 * what the client sends half a millisecond after; by a clock that is 1 s ahead. */
enum { HOPS = 7, WAY = 500, AHEAD = 1000000, ON_WAY = 1 << 14 };

struct on_way {
    struct pcap_pkthdr header;
    uint8_t frame[FRAME_MOST];
};

struct writer {
    pcap_dumper_t *dump;
    pcap_dumper_t *other; /* NULL: one end alone */
    struct on_way *queue; /* what the client sent and the server's end has not yet */
    uint32_t sent, arrived;
    uint64_t packets;
    int64_t now; /* microseconds since the epoch */
    uint32_t step, snaplen;
    uint8_t frame[FRAME_MOST];
};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint32_t sum16(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    return length & 1 ? sum + (uint32_t)(bytes[length - 1] << 8) : sum;
}

static uint32_t checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

/* The options Linux sends: all of them with SYN, else the timestamps. A RST has none. Returns their
 * length. */
static uint32_t put_options(uint8_t *at, unsigned flags, uint32_t stamp)
{
    static const uint8_t with_syn[] = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0,
                                       0, 0, 0,    0,    0, 0, 1, 3,  3, 7};
    if (flags & RST)
        return 0;
    if (flags & SYN) {
        memcpy(at, with_syn, sizeof with_syn);
        put32(at + 8, stamp);
        return sizeof with_syn;
    }
    memcpy(at, "\1\1\10\12", 4);
    put32(at + 4, stamp);
    put32(at + 8, stamp - 1);
    return 12;
}

static void put_ip(uint8_t *ip, struct endpoint *from, const struct endpoint *to, uint32_t length)
{
    memset(ip, 0, IP);
    ip[0] = 0x45;
    put16(ip + 2, length);
    put16(ip + 4, from->ip_id++);
    ip[6] = 0x40;
    ip[8] = from->ttl;
    ip[9] = 6;
    put32(ip + 12, from->address);
    put32(ip + 16, to->address);
    put16(ip + 10, checksum(sum16(ip, IP, 0)));
}

/* Writes what has arrived at the other end by that time, by the client's clock. */
static void let_arrive(struct writer *w, int64_t time)
{
    for (; w->arrived != w->sent; w->arrived++) {
        struct on_way *next = &w->queue[w->arrived % ON_WAY];
        int64_t at = (int64_t)next->header.ts.tv_sec * 1000000 + next->header.ts.tv_usec;
        if (at > time + AHEAD && w->sent - w->arrived < ON_WAY)
            return;
        pcap_dump((u_char *)w->other, &next->header, next->frame);
    }
}

/* The frame as the other end has it. */
static void write_other(struct writer *w, struct pcap_pkthdr header, bool by_client)
{
    int64_t at = w->now + AHEAD + (by_client ? WAY : -WAY);
    uint8_t *ip = w->frame + ETHERNET;
    header.ts.tv_sec = (time_t)(at / 1000000);
    header.ts.tv_usec = (suseconds_t)(at % 1000000);
    ip[8] = (uint8_t)(by_client ? ip[8] - HOPS : ip[8] + HOPS);
    put16(ip + 10, 0);
    put16(ip + 10, checksum(sum16(ip, IP, 0)));
    let_arrive(w, w->now - WAY);
    if (!by_client) {
        pcap_dump((u_char *)w->other, &header, w->frame);
        return;
    }
    struct on_way *last = &w->queue[w->sent++ % ON_WAY];
    last->header = header;
    memcpy(last->frame, w->frame, header.caplen);
}

/* Writes one segment and moves from's SND.NXT. */
static void segment(struct writer *w, struct endpoint *from, struct endpoint *to, unsigned flags,
                    uint32_t payload)
{
    uint8_t *ip = w->frame + ETHERNET, *tcp = ip + IP;
    uint32_t options = put_options(tcp + 20, flags, (uint32_t)(w->now / 1000));
    uint32_t length = 20 + options + payload;
    memcpy(w->frame, "\2\0\0\0\0\1\2\0\0\0\0\2\10\0", ETHERNET);
    put_ip(ip, from, to, IP + length);
    memset(tcp, 0, 20);
    put16(tcp, from->port);
    put16(tcp + 2, to->port);
    put32(tcp + 4, from->next);
    put32(tcp + 8, flags & ACK ? to->next : 0);
    tcp[12] = (uint8_t)((20 + options) << 2);
    tcp[13] = (uint8_t)flags;
    put16(tcp + 14, flags & RST ? 0 : flags & SYN ? 64240 : 502);
    uint32_t pseudo = sum16(ip + 12, 8, 6 + length);
    put16(tcp + 16, checksum(sum16(tcp, length, pseudo)));
    from->next += payload + ((flags & SYN) != 0) + ((flags & FIN) != 0);

    uint32_t size = ETHERNET + IP + length;
    struct pcap_pkthdr header = {.caplen = size < w->snaplen ? size : w->snaplen, .len = size};
    header.ts.tv_sec = (time_t)(w->now / 1000000);
    header.ts.tv_usec = (suseconds_t)(w->now % 1000000);
    pcap_dump((u_char *)w->dump, &header, w->frame);
    if (w->other)
        write_other(w, header, from->by_client);
    w->now += 1 + below(2 * w->step);
    w->packets++;
}

/* ---- Flows ---- */

enum ending { BY_FIN, BY_RESET, REFUSED, UNANSWERED, SYN_SCAN };

struct flow {
    struct endpoint client, server;
    uint32_t step, steps; /* packets written; all that there will be */
    enum ending ending;
};

struct kind {
    const char *name;
    uint32_t live;                  /* flows at the same time */
    uint32_t steps;                 /* packets of a connection on average, with opening and end */
    uint32_t payload;               /* octets of a data segment at most */
    bool fill;                      /* always that many octets; else a random number below */
    uint32_t snaplen, microseconds; /* between packets, on average */
    bool in_turn;                   /* the flows take turns; else the next is any of them */
    enum ending (*start)(struct flow *flow, uint64_t number); /* addresses, and how it will end */
};

static void flow_start(struct flow *flow, const struct kind *kind, uint64_t number)
{
    memset(flow, 0, sizeof *flow);
    flow->client.next = (uint32_t)chance();
    flow->server.next = (uint32_t)chance();
    flow->client.ip_id = (uint16_t)chance();
    flow->server.ip_id = (uint16_t)chance();
    flow->client.by_client = true;
    flow->client.ttl = 64;
    flow->server.ttl = 57;
    flow->ending = kind->start(flow, number);
    flow->steps = kind->steps / 2 + below(kind->steps + 1);
    if (flow->steps < 7)
        flow->steps = 7;
    if (flow->ending == REFUSED)
        flow->steps = 2;
    if (flow->ending == UNANSWERED)
        flow->steps = 1;
    if (flow->ending == SYN_SCAN)
        flow->steps = 3;
}

static void flow_opening(struct flow *flow, struct writer *w)
{
    struct endpoint *client = &flow->client, *server = &flow->server;
    if (flow->step == 0)
        segment(w, client, server, SYN, 0);
    else if (flow->ending == REFUSED) {
        server->next = 0;
        server->ip_id = 0;
        segment(w, server, client, RST | ACK, 0);
    } else if (flow->step == 1)
        segment(w, server, client, SYN | ACK, 0);
    else
        segment(w, client, server, flow->ending == SYN_SCAN ? RST : ACK, 0);
}

/* Writes the next packet of a flow. Returns whether there are more. */
static bool flow_step(struct flow *flow, const struct kind *kind, struct writer *w)
{
    struct endpoint *client = &flow->client, *server = &flow->server;
    uint32_t left = flow->steps - flow->step;
    if (flow->step < 3)
        flow_opening(flow, w);
    else if (flow->ending == BY_RESET && left == 1)
        segment(w, client, server, RST | ACK, 0);
    else if (flow->ending == BY_FIN && left == 3)
        segment(w, client, server, FIN | ACK, 0);
    else if (flow->ending == BY_FIN && left == 2)
        segment(w, server, client, FIN | ACK, 0);
    else if (flow->ending == BY_FIN && left == 1)
        segment(w, client, server, ACK, 0);
    else if (flow->step % 4 == 3 && kind->payload > 100)
        segment(w, client, server, ACK, 0); /* full segments go one way, one in four is an ACK */
    else {
        uint32_t octets = kind->fill ? kind->payload : below(kind->payload + 1);
        bool to_client = kind->payload > 100 || flow->step & 1;
        segment(w, to_client ? server : client, to_client ? client : server,
                octets ? PSH | ACK : ACK, octets);
    }
    return ++flow->step < flow->steps;
}

/* ---- Kinds ---- */

static enum ending ordinary(struct flow *flow, uint64_t number)
{
    flow->client.address = 0x0a000000U + (uint32_t)(number % 20000);
    flow->client.port = (uint16_t)(1024 + number / 20000 % 60000);
    flow->server.address = 0xc0a80000U + below(200);
    flow->server.port = below(2) ? 443 : 80;
    uint32_t end = below(100);
    return end < 3 ? REFUSED : end < 10 ? BY_RESET : BY_FIN;
}

static enum ending flood(struct flow *flow, uint64_t number)
{
    /* An odd factor permutes the addresses: every one is another. */
    flow->client.address = (uint32_t)number * 2654435761U;
    flow->client.port = (uint16_t)(1024 + below(60000));
    flow->client.ttl = (uint8_t)(40 + below(80));
    flow->server.address = 0xc0a80001U;
    flow->server.port = 80;
    if (number % 100 != 0)
        return UNANSWERED;
    flow->server.port = 81;
    return REFUSED;
}

static enum ending scan(struct flow *flow, uint64_t number)
{
    flow->client.address = 0x0a000001U;
    flow->client.port = (uint16_t)(40000 + number / 65536 % 20000);
    flow->server.address = 0xc0a80000U + (uint32_t)(number / 65536);
    flow->server.port = (uint16_t)(number * 40503U);
    return number % 500 == 7 ? SYN_SCAN : REFUSED;
}

static enum ending bulk(struct flow *flow, uint64_t number)
{
    ordinary(flow, number);
    return BY_RESET;
}

static enum ending lasting(struct flow *flow, uint64_t number)
{
    ordinary(flow, number);
    return number % 10 ? BY_FIN : BY_RESET;
}

static const struct kind kinds[] = {
    /* name        live steps payload fill snap us  turn start */
    {"small", 5000, 40, 16, false, 65535, 20, false, ordinary},
    {"full", 100, 200, PAYLOAD_MOST, true, 65535, 20, false, ordinary},
    {"syn-flood", 1000, 2, 0, false, 65535, 5, true, flood},
    {"scan", 100, 2, 0, false, 65535, 50, true, scan},
    {"bulk", 1, 0, PAYLOAD_MOST, true, 96, 10, true, bulk},
    {"million", 1000000, 8, 16, false, 65535, 10, true, lasting},
    {"live-1000", 1000, 40, 16, false, 65535, 20, false, ordinary},
    {"live-10000", 10000, 40, 16, false, 65535, 20, false, ordinary},
    {"live-100000", 100000, 40, 16, false, 65535, 20, false, ordinary},
    {"live-1000000", 1000000, 40, 16, false, 65535, 20, false, ordinary},
};

/* Runs flows until about that many packets are written; what lives then is brought to its end. All
 * flows that live at the same time are opened one after another first: only then do they really
 * live at the same time. */
static int make(const struct kind *kind, uint64_t packets, struct writer *w)
{
    struct flow *flows = calloc(kind->live, sizeof *flows);
    if (!flows)
        return 1;
    struct kind chosen = *kind;
    if (chosen.steps == 0)
        chosen.steps = (uint32_t)packets; /* one connection is the whole capture */
    uint64_t started = 0;
    for (; started < kind->live; started++)
        flow_start(&flows[started], &chosen, started);
    uint32_t live = kind->live, turn = 0;
    for (uint64_t step = 0; live; step++) {
        turn = kind->in_turn || step < kind->live ? (turn + 1 < live ? turn + 1 : 0) : below(live);
        if (flow_step(&flows[turn], &chosen, w))
            continue;
        if (w->packets + (uint64_t)live * chosen.steps / 2 < packets)
            flow_start(&flows[turn], &chosen, started++);
        else
            flows[turn] = flows[--live];
    }
    free(flows);
    fprintf(stderr, "%s: %" PRIu64 " packets, %" PRIu64 " connections\n", kind->name, w->packets,
            started);
    return 0;
}

static pcap_dumper_t *begin_file(pcap_t *format, const char *name)
{
    pcap_dumper_t *dump = format ? pcap_dump_open(format, name) : NULL;
    if (!dump)
        fprintf(stderr, "make_capture: %s\n", format ? pcap_geterr(format) : "no memory");
    return dump;
}

static int end_file(pcap_dumper_t *dump, const char *name)
{
    bool written = pcap_dump_flush(dump) == 0;
    if (!written)
        fprintf(stderr, "make_capture: cannot write '%s'\n", name);
    pcap_dump_close(dump);
    return !written;
}

static int usage(void)
{
    fprintf(stderr, "usage: make_capture KIND PACKETS FILE [FILE]\nkinds:");
    for (const struct kind *kind = kinds; kind < kinds + sizeof kinds / sizeof *kinds; kind++)
        fprintf(stderr, " %s", kind->name);
    fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv)
{
    const struct kind *kind = kinds, *end = kinds + sizeof kinds / sizeof *kinds;
    bool both = argc == 5;
    if (argc != 4 && !both)
        return usage();
    while (kind < end && strcmp(kind->name, argv[1]) != 0)
        kind++;
    if (kind == end || strtoull(argv[2], NULL, 10) == 0)
        return usage();
    pcap_t *format = pcap_open_dead(DLT_EN10MB, (int)kind->snaplen);
    struct writer w = {.dump = begin_file(format, argv[3]),
                       .other = both ? begin_file(format, argv[4]) : NULL,
                       .queue = both ? calloc(ON_WAY, sizeof *w.queue) : NULL,
                       .now = INT64_C(1700000000000000),
                       .step = kind->microseconds,
                       .snaplen = kind->snaplen};
    if (!w.dump || (both && (!w.other || !w.queue)))
        return 1;
    int failed = make(kind, strtoull(argv[2], NULL, 10), &w);
    if (both) {
        let_arrive(&w, INT64_MAX - AHEAD);
        failed |= end_file(w.other, argv[4]);
    }
    failed |= end_file(w.dump, argv[3]);
    pcap_close(format);
    free(w.queue);
    return failed;
}
