/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_days.c - a capture of many days for a monitor that never ends, on standard output: make_days
 * PACKETS DAYS. Every packet takes DAYS_RECORD octets, and each day as many of them.
 *
 * Connections of ever new clients that close, are refused, aborted or left half-open; every
 * thousandth stays idle until days later.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD = 16 + 54, SYN = 2, FIN = 1, RST = 4, ACK = 16, PSH = 8, IDLE = 4096 };

static uint64_t now = UINT64_C(1700000000000000), step; /* microseconds */
static uint64_t left;

static void big(uint8_t *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

struct ends {
    uint32_t client, server;
    uint16_t port;
};

static void put(const struct ends *e, int back, int flags, uint32_t seq, uint32_t ack)
{
    uint8_t b[RECORD] = {0};
    uint32_t head[4] = {(uint32_t)(now / 1000000), (uint32_t)(now % 1000000), 54, 54};
    if (left == 0)
        return;
    left--;
    now += step;
    memcpy(b, head, sizeof head);
    uint8_t *p = b + 16;
    p[12] = 8;
    p += 14;
    p[0] = 0x45;
    p[3] = 40;
    p[8] = 64;
    p[9] = 6;
    big(p + 12, back ? e->server : e->client);
    big(p + 16, back ? e->client : e->server);
    p += 20;
    uint16_t ports[2] = {e->port, 80};
    big(p, (uint32_t)ports[back] << 16 | ports[!back]);
    big(p + 4, seq);
    big(p + 8, ack);
    p[12] = 0x50;
    p[13] = (uint8_t)flags;
    p[14] = flags & RST ? 0 : 32;
    fwrite(b, 1, sizeof b, stdout);
}

static void open_up(const struct ends *e)
{
    put(e, 0, SYN, 1, 0);
    put(e, 1, SYN | ACK, 1, 2);
    put(e, 0, ACK, 2, 2);
}

int main(int argc, char **argv)
{
    static struct ends idle[IDLE];
    const uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
    left = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t days = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    step = left ? days * UINT64_C(86400000000) / left : 0;
    fwrite(head, 1, sizeof head, stdout);
    for (uint64_t i = 0; left > 0; i++) {
        struct ends e = {0x0a000000 + (uint32_t)(i * 2654435761u >> 8) % 0x200000,
                         0xc0a80000 + (uint32_t)i % 200, (uint16_t)(1024 + i % 60000)};
        if (i % 1000 == 0) {
            /* What was opened long ago is used again, and unknown by now. */
            struct ends *old = &idle[i / 1000 % IDLE];
            if (old->client) {
                put(old, 0, PSH | ACK, 2, 2);
                put(old, 1, RST, 2, 0);
            }
            *old = e;
            open_up(&e);
            continue;
        }
        switch (i % 10) {
        case 0: /* refused */
            put(&e, 0, SYN, 1, 0);
            put(&e, 1, RST | ACK, 0, 2);
            break;
        case 1: /* nobody answers */
            put(&e, 0, SYN, 1, 0);
            break;
        case 2: /* aborted */
            open_up(&e);
            put(&e, 0, RST | ACK, 2, 2);
            break;
        default:
            open_up(&e);
            put(&e, 0, FIN | ACK, 2, 2);
            put(&e, 1, FIN | ACK, 2, 3);
            put(&e, 0, ACK, 3, 3);
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
