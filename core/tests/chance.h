/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chance.h - numbers by chance, the same in each run: a test sets where they begin. */
#ifndef TCPRST_TESTS_CHANCE_H
#define TCPRST_TESTS_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

static uint64_t chance_state;

/* splitmix64 */
static inline uint64_t chance(void)
{
    uint64_t z = (chance_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline bool one_in(unsigned n)
{
    return chance() % n == 0;
}

#endif
