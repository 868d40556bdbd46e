/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire between two namespaces: moves frames between pairs of TAP devices with delay, loss,
 * reordering, duplication, a rate limit, extra router hops and single-packet rules, every decision
 * drawn from a seed.
 *
 * usage: wire SEED FD FD [FD FD]...
 *
 * DIR is 2k for the way from the first FD of pair k to its second, 2k+1 for the way back. Commands
 * come on standard input, each is answered by "ok" on standard output:
 *
 *   set DIR KEY VALUE [KEY VALUE]...
 *      change a direction
 *   drop DIR MASK FLAGS PAYLOAD SKIP COUNT
 *      lose TCP segments with (flags & MASK) == FLAGS and at least PAYLOAD bytes: COUNT after SKIP
 *   copy DIR MASK FLAGS PAYLOAD SKIP COUNT DELAY_US
 *      deliver them, and a copy of each DELAY_US later
 *   hold DIR MASK FLAGS PAYLOAD SKIP COUNT DELAY_US
 *      deliver them DELAY_US later, behind what follows them
 *   clear DIR
 *      forget the rules of a direction
 *
 * Standard error gets a line "i DIR ID" for each TCP reset that comes in and "o DIR ID" for each
 * that goes out, so that equal resets can be told apart behind loss and duplication.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DIRECTIONS = 8, MAX_RULES = 16, MAX_FRAME = 70000, LINE_MAX_BYTES = 512, TCP_RST = 4 };

enum verb { VERB_DROP, VERB_COPY, VERB_HOLD };

struct rule {
    enum verb verb;
    unsigned mask, flags, payload;
    long skip, count;
    int64_t delay;
};

struct direction {
    int from, to;
    int64_t delay, jitter, reorder_delay, dup_delay; /* ns */
    double loss, reorder, dup;
    double rate;        /* bit/s, 0: unlimited */
    double queue_bytes; /* of the rate limiter */
    long cut, hops;
    int64_t busy_until, last_release;
    uint64_t random;
    struct rule rules[MAX_RULES];
    int rule_count;
};

struct packet {
    int64_t release;
    uint64_t order;
    int to;
    uint32_t length;
    uint8_t *bytes;
    struct direction *way;
    unsigned long reset; /* number of a TCP reset, else 0 */
};

static struct direction directions[MAX_DIRECTIONS];
static int direction_count;
static struct packet *heap;
static size_t heap_count, heap_room;
static uint64_t next_order;
static unsigned long resets;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* splitmix64: small, seedable, good enough to decide the fate of packets */
static double draw(struct direction *d)
{
    uint64_t z = (d->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static bool earlier(const struct packet *a, const struct packet *b)
{
    return a->release != b->release ? a->release < b->release : a->order < b->order;
}

static void heap_push(struct packet p)
{
    if (heap_count == heap_room) {
        heap_room = heap_room ? heap_room * 2 : 256;
        heap = realloc(heap, heap_room * sizeof *heap);
        if (!heap)
            abort();
    }
    size_t i = heap_count++;
    while (i && earlier(&p, &heap[(i - 1) / 2])) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = p;
}

static struct packet heap_pop(void)
{
    struct packet top = heap[0];
    struct packet last = heap[--heap_count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap_count)
            break;
        if (child + 1 < heap_count && earlier(&heap[child + 1], &heap[child]))
            child++;
        if (!earlier(&heap[child], &last))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

static void enqueue(struct direction *way, struct packet p, int64_t release)
{
    uint8_t *copy = malloc(p.length);
    if (!copy)
        abort();
    memcpy(copy, p.bytes, p.length);
    p.bytes = copy;
    p.release = release;
    p.order = next_order++;
    p.to = way->to;
    p.way = way;
    heap_push(p);
}

static void log_reset(char verb, const struct direction *way, unsigned long number)
{
    fprintf(stderr, "%c %d %lu\n", verb, (int)(way - directions), number);
}

/* Flags and payload length of a TCP segment in an Ethernet frame; false for anything else. */
static bool tcp_of(const uint8_t *f, uint32_t length, unsigned *flags, unsigned *payload)
{
    uint32_t at = 14, end;
    if (length < 34)
        return false;
    unsigned type = (unsigned)f[12] << 8 | f[13];
    if (type == 0x0800 && f[23] == 6) {
        end = 14 + ((uint32_t)f[16] << 8 | f[17]);
        at += (f[14] & 15u) * 4;
    } else if (type == 0x86dd && length >= 54 && f[20] == 6) {
        end = 54 + ((uint32_t)f[18] << 8 | f[19]);
        at += 40;
    } else {
        return false;
    }
    if (end > length || at + 20 > end)
        return false;
    uint32_t header = (uint32_t)(f[at + 12] >> 4) * 4;
    *flags = f[at + 13];
    *payload = at + header <= end ? end - at - header : 0;
    return true;
}

/* What HOPS routers do to a packet: false when its time to live ends on the way. */
static bool pass_routers(uint8_t *f, uint32_t length, long hops)
{
    if (!hops || length < 34)
        return true;
    unsigned type = (unsigned)f[12] << 8 | f[13];
    if (type == 0x86dd) {
        if (f[21] <= hops)
            return false;
        f[21] = (uint8_t)(f[21] - hops);
    } else if (type == 0x0800) {
        if (f[22] <= hops)
            return false;
        f[22] = (uint8_t)(f[22] - hops);
        /* RFC 1624: HC' = ~(~HC + ~m + m') */
        uint32_t old = (uint32_t)(f[22] + hops) << 8 | f[23], new = (uint32_t)f[22] << 8 | f[23];
        uint32_t sum = (~((uint32_t)f[24] << 8 | f[25]) & 0xffff) + (~old & 0xffff) + new;
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = ~sum & 0xffff;
        f[24] = (uint8_t)(sum >> 8);
        f[25] = (uint8_t)sum;
    }
    return true;
}

static struct rule *matching_rule(struct direction *d, const uint8_t *f, uint32_t length)
{
    unsigned flags, payload;
    if (!d->rule_count || !tcp_of(f, length, &flags, &payload))
        return NULL;
    for (int i = 0; i < d->rule_count; i++) {
        struct rule *r = &d->rules[i];
        if (r->count == 0 || (flags & r->mask) != r->flags || payload < r->payload)
            continue;
        if (r->skip > 0) {
            r->skip--;
            continue;
        }
        r->count--;
        return r;
    }
    return NULL;
}

static void transmit(struct direction *d, uint8_t *f, uint32_t length)
{
    int64_t now = now_ns(), release = now;
    struct packet p = {.bytes = f, .length = length};
    unsigned flags, payload;
    if (tcp_of(f, length, &flags, &payload) && flags & TCP_RST) {
        p.reset = ++resets;
        log_reset('i', d, p.reset);
    }
    if (d->cut || !pass_routers(f, length, d->hops))
        return;
    /* one draw per decision and packet, whatever comes of it, so that decisions depend on the
     * packet's rank only */
    double loss = draw(d), reorder = draw(d), dup = draw(d), jitter = draw(d);
    struct rule *rule = matching_rule(d, f, length);
    if (rule && rule->verb == VERB_DROP)
        return;
    if (loss < d->loss)
        return;
    if (d->rate > 0) {
        int64_t start = d->busy_until > now ? d->busy_until : now;
        if ((double)(start - now) * d->rate / 8e9 > d->queue_bytes)
            return;
        d->busy_until = start + (int64_t)(length * 8e9 / d->rate);
        release = d->busy_until;
    }
    release += d->delay + (int64_t)(jitter * (double)d->jitter);
    if (rule && rule->verb == VERB_HOLD) {
        enqueue(d, p, release + rule->delay);
        return;
    }
    if (reorder < d->reorder) {
        enqueue(d, p, release + d->reorder_delay);
        return;
    }
    if (release < d->last_release)
        release = d->last_release;
    d->last_release = release;
    enqueue(d, p, release);
    if (rule && rule->verb == VERB_COPY)
        enqueue(d, p, release + rule->delay);
    if (dup < d->dup)
        enqueue(d, p, release + d->dup_delay);
}

static bool set_key(struct direction *d, const char *key, double value)
{
    static const struct {
        const char *name;
        size_t offset;
    } times[] = {{"delay_us", offsetof(struct direction, delay)},
                 {"jitter_us", offsetof(struct direction, jitter)},
                 {"reorder_us", offsetof(struct direction, reorder_delay)},
                 {"dup_us", offsetof(struct direction, dup_delay)}},
      numbers[] = {{"loss", offsetof(struct direction, loss)},
                   {"reorder", offsetof(struct direction, reorder)},
                   {"dup", offsetof(struct direction, dup)},
                   {"rate", offsetof(struct direction, rate)},
                   {"queue", offsetof(struct direction, queue_bytes)}},
      counts[] = {{"cut", offsetof(struct direction, cut)},
                  {"hops", offsetof(struct direction, hops)}};
    char *base = (char *)d;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (!strcmp(key, times[i].name)) {
            *(int64_t *)(void *)(base + times[i].offset) = (int64_t)(value * 1000);
            return true;
        }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(key, numbers[i].name)) {
            *(double *)(void *)(base + numbers[i].offset) = value;
            return true;
        }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!strcmp(key, counts[i].name)) {
            *(long *)(void *)(base + counts[i].offset) = (long)value;
            return true;
        }
    return false;
}

static bool add_rule(struct direction *d, enum verb verb, const char *arguments)
{
    struct rule r = {.verb = verb};
    double delay_us = 0;
    int n = sscanf(arguments, "%u %u %u %ld %ld %lf", &r.mask, &r.flags, &r.payload, &r.skip,
                   &r.count, &delay_us);
    if (n < 5 || d->rule_count == MAX_RULES)
        return false;
    r.delay = (int64_t)(delay_us * 1000);
    d->rules[d->rule_count++] = r;
    return true;
}

static bool obey(char *line)
{
    char verb[16];
    int number, used = 0;
    if (sscanf(line, "%15s %d %n", verb, &number, &used) < 2 || number < 0 ||
        number >= direction_count)
        return false;
    struct direction *d = &directions[number];
    char *rest = line + used;
    if (!strcmp(verb, "clear")) {
        d->rule_count = 0;
        return true;
    }
    if (!strcmp(verb, "drop"))
        return add_rule(d, VERB_DROP, rest);
    if (!strcmp(verb, "copy"))
        return add_rule(d, VERB_COPY, rest);
    if (!strcmp(verb, "hold"))
        return add_rule(d, VERB_HOLD, rest);
    if (strcmp(verb, "set"))
        return false;
    char key[16];
    double value;
    while (sscanf(rest, "%15s %lf %n", key, &value, &used) == 2) {
        if (!set_key(d, key, value))
            return false;
        rest += used;
    }
    return *rest == '\0';
}

/* False at the end of standard input: the recording is over. */
static bool read_commands(void)
{
    static char buffer[LINE_MAX_BYTES];
    static size_t held;
    ssize_t n = read(0, buffer + held, sizeof buffer - 1 - held);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    held += (size_t)n;
    buffer[held] = '\0';
    char *end;
    while ((end = strchr(buffer, '\n'))) {
        *end = '\0';
        const char *answer = obey(buffer) ? "ok\n" : "error\n";
        if (write(1, answer, strlen(answer)) < 0)
            return false;
        held -= (size_t)(end + 1 - buffer);
        memmove(buffer, end + 1, held + 1);
    }
    return held < sizeof buffer - 1;
}

static void deliver_due(void)
{
    while (heap_count && heap[0].release <= now_ns()) {
        struct packet p = heap_pop();
        if (p.reset)
            log_reset('o', p.way, p.reset);
        /* a device that is down or full loses the frame, as a wire would */
        if (write(p.to, p.bytes, p.length) < 0 && errno == EBADF)
            abort();
        free(p.bytes);
    }
}

static void receive(struct direction *d)
{
    static uint8_t frame[MAX_FRAME];
    for (int budget = 64; budget; budget--) {
        ssize_t n = read(d->from, frame, sizeof frame);
        if (n <= 0)
            return;
        transmit(d, frame, (uint32_t)n);
    }
}

static void run(void)
{
    struct pollfd polls[MAX_DIRECTIONS + 1] = {{.fd = 0, .events = POLLIN}};
    for (int i = 0; i < direction_count; i++)
        polls[i + 1] = (struct pollfd){.fd = directions[i].from, .events = POLLIN};
    for (;;) {
        struct timespec wait = {0, 0};
        if (heap_count) {
            int64_t left = heap[0].release - now_ns();
            if (left > 0)
                wait = (struct timespec){left / 1000000000, left % 1000000000};
        }
        if (ppoll(polls, (nfds_t)direction_count + 1, heap_count ? &wait : NULL, NULL) < 0 &&
            errno != EINTR)
            return;
        if (polls[0].revents && !read_commands())
            return;
        for (int i = 0; i < direction_count; i++)
            if (polls[i + 1].revents)
                receive(&directions[i]);
        deliver_due();
    }
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc % 2 || argc - 2 > MAX_DIRECTIONS) {
        fprintf(stderr, "usage: wire SEED FD FD [FD FD]...\n");
        return 2;
    }
    uint64_t seed = strtoull(argv[1], NULL, 10);
    for (int i = 2; i + 1 < argc; i += 2) {
        int a = atoi(argv[i]), b = atoi(argv[i + 1]);
        directions[direction_count] =
            (struct direction){.from = a, .to = b, .random = seed * 16 + (unsigned)direction_count};
        direction_count++;
        directions[direction_count] =
            (struct direction){.from = b, .to = a, .random = seed * 16 + (unsigned)direction_count};
        direction_count++;
    }
    run();
    return 0;
}
