/* SPDX-License-Identifier: GPL-2.0-or-later */
/* count_resets CAPTURE: the least a program can do, a bare libpcap loop that counts packets and
 * resets. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ETHERNET = 14, /* octets of an Ethernet header */
    IPV4 = 0x0800, /* its type field */
    TCP = 6,       /* IPv4's protocol field */
    FLAGS = 13,    /* octet of the TCP header that holds the flags */
    RST = 0x04,
};

struct counts {
    uint64_t packets, resets;
};

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct counts *counts = (struct counts *)(void *)user;
    counts->packets++;
    if (header->caplen < ETHERNET + 20 || (bytes[12] << 8 | bytes[13]) != IPV4 ||
        bytes[ETHERNET + 9] != TCP)
        return;
    uint32_t tcp = ETHERNET + 4U * (bytes[ETHERNET] & 0x0fU);
    if (header->caplen > tcp + FLAGS && (bytes[tcp + FLAGS] & RST))
        counts->resets++;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    if (argc != 2) {
        fprintf(stderr, "usage: count_resets CAPTURE\n");
        return 2;
    }
    pcap_t *capture = pcap_open_offline(argv[1], error);
    if (!capture) {
        fprintf(stderr, "count_resets: %s\n", error);
        return 2;
    }
    struct counts counts = {0, 0};
    int end = pcap_loop(capture, -1, count, (u_char *)&counts);
    if (end < 0)
        fprintf(stderr, "count_resets: %s\n", pcap_geterr(capture));
    pcap_close(capture);
    printf("%" PRIu64 " packets, %" PRIu64 " resets\n", counts.packets, counts.resets);
    return end < 0 ? 1 : 0;
}
