/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - the hosts of a capture: a fixed-size table where the least recently noted of a few
 * neighbours makes room. */
#include "host.h"

#include "checksum.h"
#include "fetch.h"
#include "large.h"
#include "stack.h"
#include "thresholds.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, WAY_BITS = 4, MORE_TRIES = HOST_TRIES - 1 };

/* What is asked of the hosts of a set before one is looked at, in half a line of the cache. */
struct set {
    /* Its ways, WAY_BITS each: the one noted last lowest. Those that nobody has yet stand highest,
     * for nobody ever leaves. */
    _Alignas(LINE / 2) uint32_t order;
    uint16_t tags[WAYS]; /* of their addresses; 0: none */
};
enum { ORDER_AT_FIRST = 0x01234567 };
_Static_assert(sizeof(struct set) == LINE / 2 && sizeof(struct host) <= LINE,
               "two lines of the cache, or each flood's SYN touches more");

struct hosts {
    void *block;          /* in which members and sets live */
    struct host *members; /* WAYS of each set */
    struct set *sets;
    size_t set_count; /* MAX_HOSTS / WAYS at most, allocated on growth */
    uint64_t used, given_up;
};

static size_t block_size(size_t set_count)
{
    return set_count * (sizeof(struct set) + WAYS * sizeof(struct host));
}

static bool allocate(struct hosts *h, size_t set_count)
{
    h->members = large_take(block_size(set_count), &h->block);
    if (!h->members)
        return false;
    void *behind = h->members + set_count * WAYS;
    h->sets = behind;
    h->set_count = set_count;
    for (size_t i = 0; i < set_count; i++)
        h->sets[i].order = ORDER_AT_FIRST;
    return true;
}

struct hosts *hosts_new(void)
{
    struct hosts *h = calloc(1, sizeof *h);
    if (h && !allocate(h, 32)) {
        free(h);
        return NULL;
    }
    return h;
}

static void forget(struct host *host)
{
    if (host->deeds)
        free(host->deeds->groups);
    free(host->deeds);
    free(host->more_tries);
}

void hosts_free(struct hosts *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->set_count * WAYS; i++)
        forget(&h->members[i]);
    free(h->block);
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

/* Where a host is looked for. Without a seed: who shares a set must not differ from run to run, and
 * somebody who aims at one set only makes its eight hosts forget one another. */
struct place {
    size_t set;
    uint16_t tag;
};

static struct place place_of(const struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    uint64_t x = mix(host_target(address, ip_version), 0x9fb21c651e98df25u);
    return (struct place){(size_t)(x >> 32) & (h->set_count - 1), (uint16_t)(x | 1)};
}

/* Its way in the set, WAYS: none. */
static unsigned find(const struct hosts *h, struct place place, uint8_t ip_version,
                     const uint8_t address[16])
{
    const struct set *set = &h->sets[place.set];
    const struct host *members = &h->members[place.set * WAYS];
    unsigned i = 0;
    while (i < WAYS && !(set->tags[i] == place.tag && members[i].ip_version == ip_version &&
                         memcmp(members[i].address, address, 16) == 0))
        i++;
    return i;
}

struct host *hosts_find(struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    struct place place = place_of(h, ip_version, address);
    unsigned i = find(h, place, ip_version, address);
    return i < WAYS ? &h->members[place.set * WAYS + i] : NULL;
}

void hosts_expect(const struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    fetch(&h->sets[place_of(h, ip_version, address).set]);
}

/* The way of a new host: one that nobody has, else that of the host noted longest ago. */
static inline unsigned last_way(const struct set *set)
{
    return set->order >> WAY_BITS * (WAYS - 1);
}

/* That host is noted: its way becomes the first. */
static inline void come_first(struct set *set, unsigned way)
{
    enum { MASK = (1 << WAY_BITS) - 1 };
    unsigned at = way == last_way(set) ? WAY_BITS * (WAYS - 1) : 0; /* a new host's is the last */
    while ((set->order >> at & MASK) != way)
        at += WAY_BITS;
    uint32_t before = set->order & ((1u << at) - 1), behind = set->order >> at >> WAY_BITS;
    set->order = behind << at << WAY_BITS | before << WAY_BITS | way;
}

void hosts_expect_more(const struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    struct place place = place_of(h, ip_version, address);
    const struct set *set = &h->sets[place.set];
    unsigned way = 0;
    while (way < WAYS && set->tags[way] != place.tag)
        way++;
    if (way == WAYS)
        way = last_way(set);
    fetch(&h->members[place.set * WAYS + way]);
}

/* Twice as many sets, while there is memory. */
static bool grow(struct hosts *h)
{
    struct hosts bigger = *h;
    if (!allocate(&bigger, h->set_count * 2))
        return false;
    for (size_t i = 0; i < h->set_count * WAYS; i++) {
        /* Those of a set from the one noted longest ago on, so that they stay in that order. */
        struct set *set = &h->sets[i / WAYS];
        unsigned from = last_way(set);
        come_first(set, from);
        if (!set->tags[from])
            continue;
        struct host *host = &h->members[i / WAYS * WAYS + from];
        struct place place = place_of(&bigger, host->ip_version, host->address);
        unsigned way = last_way(&bigger.sets[place.set]);
        come_first(&bigger.sets[place.set], way);
        bigger.sets[place.set].tags[way] = place.tag;
        bigger.members[place.set * WAYS + way] = *host;
    }
    free(h->block);
    *h = bigger;
    return true;
}

static inline bool is_full(const struct set *set)
{
    return set->tags[last_way(set)] != 0;
}

/* Grows as long as a set is full and the bound allows it: below the bound nobody is given up. */
static struct place place_with_room(struct hosts *h, struct place place, uint8_t ip_version,
                                    const uint8_t address[16])
{
    while (h->set_count * WAYS < MAX_HOSTS &&
           (h->used * 2 >= h->set_count * WAYS || is_full(&h->sets[place.set])) && grow(h))
        place = place_of(h, ip_version, address);
    return place;
}

struct host *hosts_get(struct hosts *h, uint8_t ip_version, const uint8_t address[16])
{
    struct place place = place_of(h, ip_version, address);
    unsigned way = find(h, place, ip_version, address);
    bool made = way == WAYS;
    if (made) {
        place = place_with_room(h, place, ip_version, address);
        way = last_way(&h->sets[place.set]);
        *(is_full(&h->sets[place.set]) ? &h->given_up : &h->used) += 1;
    }
    struct host *host = &h->members[place.set * WAYS + way];
    come_first(&h->sets[place.set], way);
    if (!made)
        return host;
    h->sets[place.set].tags[way] = place.tag;
    forget(host);
    *host = (struct host){.ip_version = ip_version};
    memcpy(host->address, address, 16);
    return host;
}

uint64_t hosts_given_up(const struct hosts *h)
{
    return h->given_up;
}

size_t hosts_memory(const struct hosts *h)
{
    size_t apart = 0;
    for (size_t i = 0; i < h->set_count * WAYS; i++) {
        const struct host_deeds *deeds = h->members[i].deeds;
        apart += deeds ? sizeof *deeds : 0;
        apart += deeds && deeds->groups ? HOST_SCALES * sizeof *deeds->groups : 0;
        apart += h->members[i].more_tries ? MORE_TRIES * sizeof(struct host_try) : 0;
    }
    return sizeof *h + block_size(h->set_count) + apart;
}

/* ---- noting ---- */

/* NULL: no memory, and what was to be noted is forgotten. */
static struct host_deeds *deeds_of(struct host *host)
{
    if (!host->deeds)
        host->deeds = calloc(1, sizeof *host->deeds);
    return host->deeds;
}

unsigned host_hops(uint8_t ttl)
{
    static const uint8_t starts[] = {32, 64, 128, 255};
    unsigned i = 0;
    while (ttl > starts[i])
        i++;
    return starts[i] - ttl;
}

/* Whether checksums of this host are real in this capture: those of packets sent with offload are
 * not. */
static void note_checksum(struct host *host, const struct tcprst_segment *s)
{
    if (s->captured < s->length || s->length > 1600)
        return;
    uint8_t *count = checksum_is_sound(s) ? &host->sums_good : &host->sums_bad;
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

/* The i-th of HOST_TRIES; NULL: there was no such yet. */
static const struct host_try *try_at(const struct host *host, unsigned i)
{
    return i == 0 ? &host->first_try : host->more_tries ? &host->more_tries[i - 1] : NULL;
}

/* HOST_TRIES: it did not try that, or no longer. */
static unsigned find_try(const struct host *host, uint64_t target)
{
    for (unsigned i = 0; i < HOST_TRIES; i++) {
        const struct host_try *try = try_at(host, i);
        if (!try)
            break;
        if (try->target == target)
            return i;
    }
    return HOST_TRIES;
}

static void note_try(struct host *host, uint64_t target, int64_t time)
{
    unsigned i = find_try(host, target);
    if (i == HOST_TRIES) {
        i = host->next_try;
        host->next_try = (uint8_t)((i + 1) % HOST_TRIES);
    }
    if (i > 0 && !host->more_tries)
        host->more_tries = calloc(MORE_TRIES, sizeof *host->more_tries);
    if (i == 0)
        host->first_try = (struct host_try){target, time};
    else if (host->more_tries)
        host->more_tries[i - 1] = (struct host_try){target, time};
}

static void note_rtt(struct host *host, int64_t rtt)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    if (!host->rtt_samples || rtt < deeds->rtt_min)
        deeds->rtt_min = rtt;
    if (host->rtt_samples < UINT8_MAX)
        host->rtt_samples++;
}

/* nf_synproxy_core.c: it offers no window until the server has answered, too. */
static bool is_syn_proxys(const struct tcprst_segment *s)
{
    return (s->flags & TCPRST_ACK) && s->window_known && !s->window;
}

/* Of one behind a SYN proxy all SYN-ACKs are the proxy's, and a place that sees both of its sides
 * has the server's as well: one without a window among many is a server's with no room. */
static void note_proxied(struct host *host, bool like_a_proxys)
{
    enum { PROXYS = 2, SERVERS = -1, MOST = 100 };
    int votes = host->proxied + (like_a_proxys ? PROXYS : SERVERS);
    host->proxied = (int8_t)(votes > MOST ? MOST : votes < -MOST ? -MOST : votes);
}

void host_note_opening(struct host *host, const struct tcprst_segment *s, int64_t time, int64_t rtt)
{
    if (s->ip_header) {
        uint8_t hops = (uint8_t)host_hops(s->ttl);
        host->hops_min = host->hops_known && host->hops_min < hops ? host->hops_min : hops;
        host->hops_max = host->hops_known && host->hops_max > hops ? host->hops_max : hops;
        host->hops_known = true;
        host->ttl_last = s->ttl;
        if (!(host->tos & HOST_TOS_KNOWN))
            host->tos = (s->tos & HOST_TOS_DSCP) | HOST_TOS_KNOWN;
        if ((host->tos ^ s->tos) & HOST_TOS_DSCP)
            host->tos |= HOST_TOS_VARIES;
        if (s->ip_version == 6) {
            host->label_known = true;
            host->label_used |= s->flow_label != 0;
        }
    }
    if (s->flags & TCPRST_ACK)
        note_proxied(host, is_syn_proxys(s));
    note_checksum(host, s);
    enum stack_id stack = stack_of_opening(s);
    if (stack != STACK_UNKNOWN)
        host->stack = (uint8_t)stack;
    if (rtt >= 0)
        note_rtt(host, rtt);
    if (!(s->flags & TCPRST_ACK)) {
        note_try(host, host_target(s->destination, s->destination_port), time);
        return;
    }
    struct host_deeds *deeds = deeds_of(host);
    if (deeds)
        note_port(deeds->open, &deeds->next_open, s->source_port, time);
}

void host_note_probe(struct host *host, uint64_t target, int64_t time)
{
    note_try(host, target, time);
}

void host_note_lone(struct host *host, uint16_t port, uint64_t target, int64_t time)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    bool goes_on = deeds->probes.port == port && time - deeds->probes.time <= SCAN_WINDOW;
    if (!goes_on)
        deeds->probes.count = 0;
    if (deeds->probes.count < UINT8_MAX && (!goes_on || deeds->probes.target != target))
        deeds->probes.count++;
    deeds->probes.port = port;
    deeds->probes.target = target;
    deeds->probes.time = time;
}

unsigned host_lone(const struct host *host, uint16_t port, int64_t time)
{
    const struct host_deeds *deeds = host->deeds;
    int64_t apart = deeds ? deeds->probes.time - time : 0;
    bool about = apart <= SCAN_WINDOW && apart >= -SCAN_WINDOW;
    return deeds && deeds->probes.port == port && about ? deeds->probes.count : 0;
}

void host_note_wrong_syn_ack(struct host *host, uint64_t client)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds || deeds->wrong_syn_ack_client == client || host->wrong_syn_acks == UINT8_MAX)
        return;
    deeds->wrong_syn_ack_client = client;
    host->wrong_syn_acks++;
}

void host_note_closed(struct host *host, uint16_t port, int64_t time)
{
    struct host_deeds *deeds = deeds_of(host);
    if (deeds)
        note_port(deeds->closed, &deeds->next_closed, port, time);
}

void host_note_run(struct host *host, enum host_runs kind, int64_t time)
{
    static const int64_t gaps[RUN_KINDS] = {[RUN_ABORTS] = MASS_GAP,
                                            [RUN_FORGETS] = FORGET_GAP,
                                            [RUN_STRAYS] = SCAN_WINDOW,
                                            [RUN_ABANDONS] = SCAN_WINDOW};
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    struct run *runs = deeds->runs[kind];
    if (runs[0].count && time - runs[0].end <= gaps[kind]) {
        runs[0].end = time;
        runs[0].count++;
        return;
    }
    memmove(&runs[1], &runs[0], (HOST_RUNS - 1) * sizeof *runs);
    runs[0] = (struct run){.start = time, .end = time, .count = 1};
}

/* From one to the next of a group at most, in ns. */
static const int64_t scales[HOST_SCALES] = {NS_PER_MS, 10 * NS_PER_MS, 100 * NS_PER_MS, NS_PER_S};

static inline bool old_enough(unsigned scale, int64_t opened, int64_t time)
{
    return time - opened >= MASS_AGE * scales[scale];
}

static void note_in_group(struct abort_group groups[HOST_RUNS], int64_t gap,
                          const struct abort_note *abort)
{
    struct abort_group *now = &groups[0];
    if (now->count && abort->time - now->end <= gap) {
        if (abort->opened > now->start) {
            now->since++;
            return;
        }
        now->end = abort->time;
        now->count++;
        now->idle_least = abort->idle < now->idle_least ? abort->idle : now->idle_least;
        now->idle_most = abort->idle > now->idle_most ? abort->idle : now->idle_most;
        return;
    }
    /* One alone is no group, and makes room. */
    if (now->count > 1)
        memmove(&groups[1], &groups[0], (HOST_RUNS - 1) * sizeof *groups);
    *now = (struct abort_group){abort->time, abort->time, 1, 0, abort->idle, abort->idle};
}

static void note_groups(struct host_deeds *deeds, const struct abort_note *abort)
{
    if (!deeds->groups)
        deeds->groups = calloc(HOST_SCALES, sizeof *deeds->groups);
    for (unsigned i = 0; deeds->groups && i < HOST_SCALES; i++)
        if (old_enough(i, abort->opened, abort->time))
            note_in_group(deeds->groups[i], scales[i], abort);
}

static void note_in_run(struct abort_run *run, const struct abort_note *abort)
{
    run->silent += abort->silent;
    run->idle_least = abort->idle < run->idle_least ? abort->idle : run->idle_least;
    run->idle_most = abort->idle > run->idle_most ? abort->idle : run->idle_most;
    if (!abort->server || abort->silent || abort->opened <= run->served)
        return;
    run->served = abort->opened;
    run->served_port = abort->port;
}

void host_note_abort(struct host *host, const struct abort_note *abort)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    const struct run *now = &deeds->runs[RUN_ABORTS][0];
    struct abort_run *aborts = deeds->aborts;
    if (!now->count || abort->time - now->end > MASS_GAP || abort->opened <= now->start) {
        host_note_run(host, RUN_ABORTS, abort->time);
        if (now->count == 1) {
            memmove(&aborts[1], &aborts[0], (HOST_RUNS - 1) * sizeof *aborts);
            aborts[0] = (struct abort_run){
                .served = INT64_MIN, .idle_least = abort->idle, .idle_most = abort->idle};
        }
        note_in_run(aborts, abort);
    } else {
        aborts->since++;
    }
    note_groups(deeds, abort);
}

static bool group_recurs(const struct abort_group groups[HOST_RUNS],
                         const struct abort_group *group)
{
    for (unsigned i = 0; i < HOST_RUNS && groups[i].count; i++) {
        int64_t apart = groups[i].start - group->start;
        if (&groups[i] != group && groups[i].count >= group->count / 2 &&
            groups[i].count >= MASS_FEW && apart <= HABIT_WINDOW && apart >= -HABIT_WINDOW)
            return true;
    }
    return group->since >= group->count;
}

const struct abort_group *host_abort_group(const struct host *host, int64_t opened, int64_t time,
                                           bool *habit)
{
    const struct abort_group *largest = NULL;
    *habit = false;
    for (unsigned i = 0; i < HOST_SCALES && host->deeds && host->deeds->groups; i++) {
        const struct abort_group *groups = host->deeds->groups[i];
        for (unsigned j = 0; j < HOST_RUNS && groups[j].count; j++) {
            const struct abort_group *g = &groups[j];
            if (g->count < MASS_FEW || time < g->start || g->end < time || g->start < opened ||
                !old_enough(i, opened, time) || g->end - g->start > MASS_SPAN)
                continue;
            largest = largest && g->count <= largest->count ? largest : g;
            *habit |= group_recurs(groups, g);
        }
    }
    return largest;
}

const struct abort_run *host_abort_run(const struct host *host, const struct run *run)
{
    return &host->deeds->aborts[run - host->deeds->runs[RUN_ABORTS]];
}

bool host_abort_habit(const struct host *host, const struct run *run)
{
    for (unsigned i = 0; i < HOST_RUNS; i++) {
        const struct run *other = &host->deeds->runs[RUN_ABORTS][i];
        int64_t apart = other->start - run->start;
        if (other != run && other->count >= MASS_COUNT && apart <= HABIT_WINDOW &&
            apart >= -HABIT_WINDOW)
            return true;
    }
    return host_abort_run(host, run)->since >= MASS_COUNT;
}

void host_note_idle(struct host *host, uint16_t service, uint64_t connection, int64_t idle,
                    int64_t when)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    deeds->idles[deeds->next_idle] = (struct idle_note){idle, when, connection, service};
    deeds->next_idle = (uint8_t)((deeds->next_idle + 1) % HOST_IDLES);
}

void host_note_unserved(struct host *host, uint16_t service, uint64_t connection, int64_t when)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    deeds->unserved[deeds->next_unserved] = (struct unserved_note){when, connection + 1, service};
    deeds->next_unserved = (uint8_t)((deeds->next_unserved + 1) % HOST_UNSERVED);
}

void host_note_window(struct host *host, uint16_t window, uint64_t connection)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    deeds->windows[deeds->next_window].window = window;
    deeds->windows[deeds->next_window].connection = connection + 1;
    deeds->next_window = (uint8_t)((deeds->next_window + 1) % HOST_RUNS);
}

void host_note_stray(struct host *host, uint32_t seq, uint64_t connection)
{
    struct host_deeds *deeds = deeds_of(host);
    if (!deeds)
        return;
    deeds->strays[deeds->next_stray].seq = seq;
    deeds->strays[deeds->next_stray].connection = connection + 1;
    deeds->next_stray = (uint8_t)((deeds->next_stray + 1) % HOST_STRAYS);
}

/* ---- asking ---- */

bool host_same_stray(const struct host *host, uint32_t seq, uint64_t connection)
{
    const struct host_deeds *deeds = host->deeds;
    for (unsigned i = 0; deeds && i < HOST_STRAYS; i++)
        if (deeds->strays[i].connection && deeds->strays[i].seq == seq &&
            deeds->strays[i].connection != connection + 1)
            return true;
    return false;
}

bool host_same_window(const struct host *host, uint16_t window, uint64_t connection)
{
    const struct host_deeds *deeds = host->deeds;
    for (unsigned i = 0; deeds && i < HOST_RUNS; i++)
        if (deeds->windows[i].connection && deeds->windows[i].window == window &&
            deeds->windows[i].connection != connection + 1)
            return true;
    return false;
}

const struct run *host_run_at(const struct host *host, enum host_runs kind, int64_t time)
{
    const struct run *runs = host->deeds ? host->deeds->runs[kind] : NULL;
    for (unsigned i = 0; runs && i < HOST_RUNS && runs[i].count; i++)
        if (runs[i].start <= time && time <= runs[i].end)
            return &runs[i];
    return NULL;
}

unsigned host_fan_out(const struct host *host, int64_t time)
{
    unsigned n = 0;
    for (unsigned i = 0; i < HOST_TRIES; i++) {
        const struct host_try *try = try_at(host, i);
        if (!try)
            break;
        int64_t apart = try->time - time;
        if (try->target && apart <= SCAN_WINDOW && apart >= -SCAN_WINDOW)
            n++;
    }
    return n;
}

int64_t host_port_time(const struct host *host, bool open, uint16_t port)
{
    const struct host_deeds *deeds = host->deeds;
    const struct port_note *list = !deeds ? NULL : open ? deeds->open : deeds->closed;
    for (unsigned i = 0; list && i < HOST_PORTS; i++)
        if (list[i].port == port && list[i].time)
            return list[i].time;
    return INT64_MIN;
}

int64_t host_same_idle(const struct host *host, uint16_t service, uint64_t connection, int64_t idle,
                       int64_t when)
{
    const struct host_deeds *deeds = host->deeds;
    for (unsigned i = 0; deeds && i < HOST_IDLES; i++) {
        const struct idle_note *n = &deeds->idles[i];
        int64_t apart = n->idle > idle ? n->idle - idle : idle - n->idle;
        if (n->idle > 0 && n->port == service && n->connection != connection &&
            apart <= idle / IDLE_SAME && (n->when > when ? n->when - when : when - n->when) > apart)
            return n->idle;
    }
    return -1;
}

unsigned host_unserved(const struct host *host, uint16_t service, uint64_t connection, int64_t when)
{
    const struct host_deeds *deeds = host->deeds;
    int64_t last = INT64_MIN / 2;
    unsigned times = 0;
    for (unsigned i = 0; deeds && i < HOST_UNSERVED; i++) { /* from the one noted longest ago on */
        const struct unserved_note *n =
            &deeds->unserved[(deeds->next_unserved + i) % HOST_UNSERVED];
        int64_t apart = n->when > when ? n->when - when : when - n->when;
        if (!n->connection || n->connection == connection + 1 || n->port != service ||
            apart <= LISTENER_SPAN || n->when - last <= LISTENER_SPAN)
            continue;
        last = n->when;
        times++;
    }
    return times;
}
