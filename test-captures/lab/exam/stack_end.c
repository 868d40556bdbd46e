/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs at an end whose TCP is not Linux's. One source, built twice: with -DLWIP it brings lwIP
 * (liblwip) onto a device through a packet socket; without, it uses the sockets of whatever runs it
 * (gVisor's netstack, under runsc).
 *
 * Arguments, each a line of what is to be done:
 *
 *   net DEVICE ADDRESS MASK GATEWAY MAC     lwIP only
 *   listen PORT BACKLOG
 *   plan OPS                                for accepted connections, in turn
 *   call MILLISECONDS ADDRESS PORT OPS      a connection made so much later
 *   end MILLISECONDS                        the process, and with lwIP the stack, is gone then
 *
 * OPS: rN read so many octets, e read to the end, sN send, zN sleep milliseconds, h shut down, c
 * close, a abort (SO_LINGER {1,0}), p stay. Deeds are reported on standard output before they are
 * done: "NANOSECONDS WHAT LOCALPORT ADDRESS PORT".
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef LWIP
#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <lwip/sockets.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>
#define CALL(name) lwip_##name
/* the host's own packet socket, whose headers do not go together with lwIP's */
int packet_open(const char *device);
long packet_send(int fd, const void *frame, size_t length);
long packet_receive(int fd, void *frame, size_t size);
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#define CALL(name) name
#endif

enum { MAX_PLANS = 64, CHUNK = 4096 };

static const char *plans[MAX_PLANS];
static unsigned plan_count, plan_next;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void sleep_ms(long milliseconds)
{
    struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void report(const char *what, int fd)
{
    struct sockaddr_in own = {0}, peer = {0};
    socklen_t size = sizeof own;
    struct timespec now;
    if (fd >= 0) {
        CALL(getsockname)(fd, (struct sockaddr *)&own, &size);
        size = sizeof peer;
        CALL(getpeername)(fd, (struct sockaddr *)&peer, &size);
    }
    const uint8_t *a = (const uint8_t *)&peer.sin_addr;
    unsigned own_port = ntohs(own.sin_port), peer_port = ntohs(peer.sin_port);
    clock_gettime(CLOCK_REALTIME, &now);
    pthread_mutex_lock(&lock);
    printf("%lld%09ld %s %u %u.%u.%u.%u %u\n", (long long)now.tv_sec, now.tv_nsec, what, own_port, a[0], a[1], a[2],
           a[3], peer_port);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}

static void read_octets(int fd, long wanted)
{
    char buffer[CHUNK];
    while (wanted > 0) {
        long n = CALL(recv)(fd, buffer, wanted < CHUNK ? (size_t)wanted : CHUNK, 0);
        if (n <= 0)
            return;
        wanted -= n;
    }
}

static void send_octets(int fd, long wanted)
{
    static const char text[CHUNK] = {'x'};
    while (wanted > 0) {
        long n = CALL(send)(fd, text, wanted < CHUNK ? (size_t)wanted : CHUNK, 0);
        if (n <= 0)
            return;
        wanted -= n;
    }
}

static void abort_connection(int fd)
{
    struct linger now = {1, 0};
    CALL(setsockopt)(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    report("abort", fd);
    CALL(close)(fd);
}

/* Does what the letters say; the last of them ends the connection or leaves it. */
static void follow(int fd, const char *ops)
{
    while (*ops) {
        char *rest;
        char op = *ops;
        long number = strtol(ops + 1, &rest, 10);
        ops = rest;
        if (op == 'r') {
            read_octets(fd, number);
        } else if (op == 'e') {
            read_octets(fd, 1L << 40);
        } else if (op == 's') {
            send_octets(fd, number);
        } else if (op == 'z') {
            sleep_ms(number);
        } else if (op == 'h') {
            report("shutdown", fd);
            CALL(shutdown)(fd, 1);
        } else if (op == 'c') {
            report("close", fd);
            CALL(close)(fd);
            return;
        } else if (op == 'a') {
            abort_connection(fd);
            return;
        }
    }
}

struct job {
    int fd;
    long delay;
    struct sockaddr_in to;
    const char *ops;
};

static void *serve_one(void *argument)
{
    struct job *job = argument;
    follow(job->fd, job->ops);
    free(job);
    return NULL;
}

static void start(void *(*run)(void *), struct job job)
{
    pthread_t thread;
    struct job *copy = malloc(sizeof *copy);
    if (!copy)
        abort();
    *copy = job;
    pthread_create(&thread, NULL, run, copy);
    pthread_detach(thread);
}

static void *accept_all(void *argument)
{
    struct job *job = argument;
    for (;;) {
        int fd = CALL(accept)(job->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        report("accepted", fd);
        if (plan_count)
            start(serve_one, (struct job){.fd = fd, .ops = plans[plan_next++ % plan_count]});
    }
}

static void *call_one(void *argument)
{
    struct job *job = argument;
    sleep_ms(job->delay);
    int fd = CALL(socket)(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && !CALL(connect)(fd, (struct sockaddr *)&job->to, sizeof job->to))
        follow(fd, job->ops);
    return NULL;
}

static struct sockaddr_in address_of(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (host)
        sscanf(host, "%u.%u.%u.%u", &a, &b, &c, &d);
    address.sin_addr.s_addr = htonl(a << 24 | b << 16 | c << 8 | d);
    return address;
}

static void *end_later(void *argument)
{
    struct job *job = argument;
    sleep_ms(job->delay);
    report("gone", -1);
    _exit(0);
}

#ifdef LWIP
static struct netif device;
static int packet_fd;

static err_t transmit(struct netif *netif, struct pbuf *p)
{
    uint8_t frame[2048];
    (void)netif;
    u16_t length = pbuf_copy_partial(p, frame, sizeof frame, 0);
    return packet_send(packet_fd, frame, length) < 0 ? ERR_IF : ERR_OK;
}

static err_t set_up(struct netif *netif)
{
    netif->name[0] = 'l';
    netif->name[1] = 'w';
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    netif->mtu = 1500;
    netif->hwaddr_len = 6;
    netif->flags |= NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void *receive_all(void *argument)
{
    uint8_t frame[2048];
    (void)argument;
    for (;;) {
        long n = packet_receive(packet_fd, frame, sizeof frame);
        if (n < 0)
            break;
        /* (the pool's buffers are shorter than Debian's liblwip believes) */
        struct pbuf *p = n > 0 ? pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM) : NULL;
        if (!p)
            continue;
        pbuf_take(p, frame, (u16_t)n);
        if (device.input(p, &device) != ERR_OK)
            pbuf_free(p);
    }
    return NULL;
}

static void open_net(char **words)
{
    struct sockaddr_in own = address_of(words[2], "0"), mask = address_of(words[3], "0"),
                       gateway = address_of(words[4], "0");
    unsigned m[6] = {0};
    packet_fd = packet_open(words[1]);
    sscanf(words[5], "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]);
    tcpip_init(NULL, NULL);
    LOCK_TCPIP_CORE();
    netif_add(&device, (ip4_addr_t *)&own.sin_addr, (ip4_addr_t *)&mask.sin_addr, (ip4_addr_t *)&gateway.sin_addr,
              NULL, set_up, tcpip_input);
    for (int i = 0; i < 6; i++)
        device.hwaddr[i] = (u8_t)m[i];
    netif_set_default(&device);
    netif_set_up(&device);
    UNLOCK_TCPIP_CORE();
    start(receive_all, (struct job){0});
}
#endif

static void listen_on(const char *port, const char *backlog)
{
    struct sockaddr_in address = address_of(NULL, port);
    int fd = CALL(socket)(AF_INET, SOCK_STREAM, 0), yes = 1;
    CALL(setsockopt)(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (CALL(bind)(fd, (struct sockaddr *)&address, sizeof address) || CALL(listen)(fd, atoi(backlog)))
        fprintf(stderr, "stack_end: cannot listen on port %s\n", port);
    start(accept_all, (struct job){.fd = fd});
}

static void obey(char *line)
{
    char *words[8] = {0};
    unsigned count = 0;
    for (char *word = strtok(line, " "); word && count < 7; word = strtok(NULL, " "))
        words[count++] = word;
    if (!strcmp(words[0], "listen"))
        listen_on(words[1], words[2]);
    else if (!strcmp(words[0], "plan") && plan_count < MAX_PLANS)
        plans[plan_count++] = words[1];
    else if (!strcmp(words[0], "call"))
        start(call_one,
              (struct job){.delay = atol(words[1]), .to = address_of(words[2], words[3]), .ops = words[4]});
    else if (!strcmp(words[0], "end"))
        start(end_later, (struct job){.delay = atol(words[1])});
#ifdef LWIP
    else if (!strcmp(words[0], "net"))
        open_net(words);
#endif
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        obey(argv[i]);
    report("ready", -1);
    for (;;)
        pause();
}
