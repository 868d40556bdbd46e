/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - the hosts of a capture: a fixed-size table where the least recently noted of a few
 * neighbours makes room. */
#include "host.h"

#include "limits.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8 };

struct hosts {
    struct host *sets; /* MAX_HOSTS in sets of WAYS, allocated on growth */
    size_t set_count;
    size_t used;
    uint64_t given_up;
};

struct hosts *hosts_new(void)
{
    struct hosts *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->set_count = 32;
    h->sets = calloc(h->set_count * WAYS, sizeof *h->sets);
    if (!h->sets) {
        free(h);
        return NULL;
    }
    return h;
}

void hosts_free(struct hosts *h)
{
    if (!h)
        return;
    free(h->sets);
    free(h);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * (b | 1);
    x ^= x >> 29;
    return x * 0xbf58476d1ce4e5b9u;
}

uint64_t host_target(const uint8_t address[16], uint16_t port)
{
    uint64_t a, b;
    memcpy(&a, address, 8);
    memcpy(&b, address + 8, 8);
    uint64_t x = mix(a, b + 0x1234567) + port;
    return mix(x ^ (x >> 31), 0xd6e8feb86659fd93u) | 1;
}

/* Without a seed: who shares a set must not differ from run to run, and somebody who aims at one
 * set only makes its eight hosts forget one another. */
static struct host *set_of(const struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    uint64_t x = host_target(address, ip_version);
    x = mix(x, 0x9fb21c651e98df25u);
    return &h->sets[((x >> 32) & (h->set_count - 1)) * WAYS];
}

struct host *hosts_find(struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    struct host *set = set_of(h, ip_version, address);
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].used && set[i].ip_version == ip_version &&
            memcmp(set[i].address, address, 16) == 0)
            return &set[i];
    return NULL;
}

/* Twice as many sets, while the bound allows it. */
static void grow(struct hosts *h)
{
    struct hosts bigger = *h;
    bigger.set_count = h->set_count * 2;
    bigger.sets = calloc(bigger.set_count * WAYS, sizeof *bigger.sets);
    if (!bigger.sets)
        return;
    for (size_t i = 0; i < h->set_count * WAYS; i++) {
        if (!h->sets[i].used)
            continue;
        struct host *set = set_of(&bigger, h->sets[i].ip_version, h->sets[i].address);
        for (unsigned w = 0; w < WAYS; w++)
            if (!set[w].used) {
                set[w] = h->sets[i];
                break;
            }
    }
    free(h->sets);
    *h = bigger;
}

static bool is_full(const struct host *set)
{
    for (unsigned i = 0; i < WAYS; i++)
        if (!set[i].used)
            return false;
    return true;
}

/* Grows as long as a set is full and the bound allows it: below the bound nobody is given up. */
static struct host *set_with_room(struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    struct host *set = set_of(h, ip_version, address);
    while ((h->used * 2 >= h->set_count * WAYS || is_full(set)) &&
           h->set_count * WAYS < MAX_HOSTS) {
        size_t before = h->set_count;
        grow(h);
        if (h->set_count == before)
            break;
        set = set_of(h, ip_version, address);
    }
    return set_of(h, ip_version, address);
}

struct host *hosts_get(struct hosts *h, uint8_t ip_version, const uint8_t address[16], int64_t now)
{
    struct host *host = hosts_find(h, ip_version, address);
    if (host)
        return host;
    struct host *set = set_with_room(h, ip_version, address), *oldest = set;
    for (unsigned i = 0; i < WAYS && oldest->used; i++)
        if (!set[i].used || set[i].last_time < oldest->last_time)
            oldest = &set[i];
    if (oldest->used)
        h->given_up++;
    else
        h->used++;
    memset(oldest, 0, sizeof *oldest);
    memcpy(oldest->address, address, 16);
    oldest->ip_version = ip_version;
    oldest->used = true;
    oldest->rtt_min = -1;
    oldest->last_time = now;
    return oldest;
}

uint64_t hosts_given_up(const struct hosts *h)
{
    return h->given_up;
}

size_t hosts_memory(const struct hosts *h)
{
    return sizeof *h + h->set_count * WAYS * sizeof *h->sets;
}

/* ---- noting ---- */

unsigned host_hops(uint8_t ttl)
{
    static const uint8_t starts[] = {32, 64, 128, 255};
    unsigned i = 0;
    while (ttl > starts[i])
        i++;
    return starts[i] - ttl;
}

static uint32_t sum16(const uint8_t *p, uint32_t n, uint32_t sum)
{
    for (uint32_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    if (n & 1)
        sum += (uint32_t)p[n - 1] << 8;
    return sum;
}

/* Whether checksums of this host are real in this capture: those of packets sent with offload are
 * not. */
static void note_checksum(struct host *host, const struct tcprst_segment *s)
{
    if (s->captured < s->length || s->length > 1600)
        return;
    unsigned n = s->ip_version == 6 ? 16 : 4;
    uint32_t sum =
        sum16(s->bytes, s->length, sum16(s->source, n, sum16(s->destination, n, 6 + s->length)));
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    uint8_t *count = sum == 0xffff ? &host->sums_good : &host->sums_bad;
    if (*count < UINT8_MAX)
        ++*count;
}

static void note_port(struct port_note list[HOST_PORTS], uint8_t *next, uint16_t port, int64_t time)
{
    for (unsigned i = 0; i < HOST_PORTS; i++)
        if (list[i].port == port && list[i].time) {
            list[i].time = time;
            return;
        }
    list[*next] = (struct port_note){time, port};
    *next = (uint8_t)((*next + 1) % HOST_PORTS);
}

void host_note_opening(struct host *host, const struct tcprst_segment *s, int64_t time, int64_t rtt)
{
    host->last_time = time;
    if (s->ip_header) {
        uint8_t hops = (uint8_t)host_hops(s->ttl);
        host->hops_min = host->hops_known && host->hops_min < hops ? host->hops_min : hops;
        host->hops_max = host->hops_known && host->hops_max > hops ? host->hops_max : hops;
        host->hops_known = true;
        host->ttl_last = s->ttl;
        if (s->ip_version == 6) {
            host->label_known = true;
            host->label_used |= s->flow_label != 0;
        }
    }
    note_checksum(host, s);
    if (rtt >= 0 && host->rtt_samples < UINT8_MAX)
        host->rtt_samples++;
    if (rtt >= 0 && (host->rtt_min < 0 || rtt < host->rtt_min))
        host->rtt_min = rtt;
    if (s->flags & TCPRST_ACK) {
        note_port(host->open, &host->next_open, s->source_port, time);
        return;
    }
    uint64_t target = host_target(s->destination, s->destination_port);
    for (unsigned i = 0; i < HOST_TRIES; i++)
        if (host->tries[i].target == target) {
            host->tries[i].time = time;
            return;
        }
    host->tries[host->next_try].target = target;
    host->tries[host->next_try].time = time;
    host->next_try = (uint8_t)((host->next_try + 1) % HOST_TRIES);
}

void host_note_wrong_syn_ack(struct host *host, uint64_t client)
{
    if (host->wrong_syn_ack_client == client || host->wrong_syn_acks == UINT8_MAX)
        return;
    host->wrong_syn_ack_client = client;
    host->wrong_syn_acks++;
}

void host_note_closed(struct host *host, uint16_t port, int64_t time)
{
    host->last_time = time;
    note_port(host->closed, &host->next_closed, port, time);
}

static void note_run(struct run runs[HOST_RUNS], int64_t time, int64_t gap)
{
    if (runs[0].count && time - runs[0].end <= gap) {
        runs[0].end = time;
        runs[0].count++;
        return;
    }
    memmove(&runs[1], &runs[0], (HOST_RUNS - 1) * sizeof *runs);
    runs[0] = (struct run){time, time, 1, 0};
}

void host_note_abort(struct host *host, int64_t opened, int64_t time)
{
    host->last_time = time;
    struct run *now = &host->aborts[0];
    if (!now->count || time - now->end > MASS_GAP || opened <= now->start)
        note_run(host->aborts, time, MASS_GAP);
    else
        now->since++;
}

bool host_abort_habit(const struct host *host, const struct run *run)
{
    for (unsigned i = 0; i < HOST_RUNS; i++) {
        const struct run *other = &host->aborts[i];
        int64_t apart = other->start - run->start;
        if (other != run && other->count >= MASS_COUNT && apart <= HABIT_WINDOW &&
            apart >= -HABIT_WINDOW)
            return true;
    }
    return run->since >= MASS_COUNT;
}

void host_note_idle(struct host *host, uint16_t service, uint64_t connection, int64_t idle)
{
    host->idles[host->next_idle] = (struct idle_note){idle, connection, service};
    host->next_idle = (uint8_t)((host->next_idle + 1) % HOST_IDLES);
}

void host_note_window(struct host *host, uint16_t window, uint64_t connection)
{
    host->windows[host->next_window].window = window;
    host->windows[host->next_window].connection = connection + 1;
    host->next_window = (uint8_t)((host->next_window + 1) % HOST_RUNS);
}

bool host_same_window(const struct host *host, uint16_t window, uint64_t connection)
{
    for (unsigned i = 0; i < HOST_RUNS; i++)
        if (host->windows[i].connection && host->windows[i].window == window &&
            host->windows[i].connection != connection + 1)
            return true;
    return false;
}

void host_note_abandon(struct host *host, int64_t time)
{
    host->last_time = time;
    note_run(host->abandons, time, SCAN_WINDOW);
}

void host_note_stray(struct host *host, int64_t time)
{
    host->last_time = time;
    note_run(host->strays, time, SCAN_WINDOW);
}

void host_note_forget(struct host *host, int64_t time)
{
    host->last_time = time;
    note_run(host->forgets, time, FORGET_GAP);
}

/* ---- asking ---- */

const struct run *host_run_at(const struct run runs[HOST_RUNS], int64_t time)
{
    for (unsigned i = 0; i < HOST_RUNS; i++)
        if (runs[i].count && runs[i].start <= time && time <= runs[i].end)
            return &runs[i];
    return NULL;
}

unsigned host_fan_out(const struct host *host, int64_t time)
{
    unsigned n = 0;
    for (unsigned i = 0; i < HOST_TRIES; i++) {
        int64_t apart = host->tries[i].time - time;
        if (host->tries[i].target && apart <= SCAN_WINDOW && apart >= -SCAN_WINDOW)
            n++;
    }
    return n;
}

int64_t host_port_time(const struct port_note list[HOST_PORTS], uint16_t port)
{
    for (unsigned i = 0; i < HOST_PORTS; i++)
        if (list[i].port == port && list[i].time)
            return list[i].time;
    return INT64_MIN;
}

int64_t host_same_idle(const struct host *host, uint16_t service, uint64_t connection, int64_t idle)
{
    for (unsigned i = 0; i < HOST_IDLES; i++) {
        const struct idle_note *n = &host->idles[i];
        int64_t apart = n->idle > idle ? n->idle - idle : idle - n->idle;
        if (n->idle > 0 && n->port == service && n->connection != connection &&
            apart <= idle / IDLE_SAME)
            return n->idle;
    }
    return -1;
}
