/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collide.c - prints IPv6 addresses, as 32 digits a line, that all have one hash value under
 * FNV-1a: what a table without a seed is attacked with. collide COUNT
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PRIME 16777619u
#define START 2166136261u
#define TARGET 0x12345678u

/* Tails of three octets, found by the state that they lead from to TARGET. */
enum { TAIL_BITS = 20, SLOTS = 1 << 21 };
static struct {
    uint32_t state, tail; /* tail: plus one */
} slots[SLOTS];

static size_t slot_of(uint32_t state)
{
    size_t p = (state * 2654435761u) >> 11;
    while (slots[p].tail && slots[p].state != state)
        p = (p + 1) % SLOTS;
    return p;
}

static uint32_t forward(uint32_t state, uint8_t octet)
{
    return (state ^ octet) * PRIME;
}

static void make_tails(void)
{
    uint32_t inverse = 1;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - PRIME * inverse;
    for (uint32_t tail = 0; tail < 1u << TAIL_BITS; tail++) {
        uint32_t state = TARGET;
        for (int i = 0; i < 3; i++)
            state = state * inverse ^ (tail >> 8 * i & 0xff);
        size_t p = slot_of(state);
        slots[p].state = state;
        slots[p].tail = tail + 1;
    }
}

int main(int argc, char **argv)
{
    unsigned long left = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    make_tails();
    for (uint64_t middle = 0; left > 0; middle++) {
        uint32_t head = START;
        for (int i = 0; i < 4; i++)
            head = forward(head, "\x20\x01\x0d\xb8"[i]);
        for (int i = 7; i >= 0; i--)
            head = forward(head, (uint8_t)(middle >> 8 * i));
        for (unsigned last = 0; last < 256 && left > 0; last++) {
            size_t p = slot_of(forward(head, (uint8_t)last));
            if (!slots[p].tail)
                continue;
            printf("20010db8%016" PRIx64 "%02x%06" PRIx32 "\n", middle, last, slots[p].tail - 1);
            left--;
        }
    }
    return 0;
}
