/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet socket through which lwIP (stack_end.c) sees a device. */
#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

int packet_open(const char *device);
long packet_send(int fd, const void *frame, size_t length);
long packet_receive(int fd, void *frame, size_t size);

int packet_open(const char *device)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL),
                             .sll_ifindex = (int)if_nametoindex(device)};
    int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), yes = 1;
    if (fd >= 0) {
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
        bind(fd, (struct sockaddr *)&to, sizeof to);
    }
    return fd;
}

long packet_send(int fd, const void *frame, size_t length)
{
    return send(fd, frame, length, 0);
}

long packet_receive(int fd, void *frame, size_t size)
{
    return recv(fd, frame, size, 0);
}
