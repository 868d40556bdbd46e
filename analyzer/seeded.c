/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seeded.c - see seeded.h. */
#include "seeded.h"

#include <stdint.h>
#include <string.h>

static uint64_t random_64(void)
{
    return (uint64_t)g_random_int() << 32 | g_random_int();
}

guint seeded_hash(const void *octets, gsize size)
{
    static uint64_t start, factor;
    if (!factor) {
        start = random_64();
        factor = random_64() | 1;
    }
    uint64_t hash = start;
    for (gsize at = 0; at < size; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, (const uint8_t *)octets + at, MIN(sizeof word, size - at));
        /* Multiplication carries upward only: the upper half is brought down each time. */
        hash = (hash ^ word) * factor;
        hash ^= hash >> 29;
    }
    hash *= factor;
    return (guint)(hash >> 32);
}

guint seeded_string(gconstpointer text)
{
    return seeded_hash(text, strlen(text));
}

GPtrArray *seeded_sorted(GHashTable *table, GCompareFunc compare)
{
    GPtrArray *values = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(values, value);
    g_ptr_array_sort(values, compare);
    return values;
}
