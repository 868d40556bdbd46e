/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seeded.h - a hash that differs from run to run, for tables whose keys come from captures: who
 * does not know the seed cannot make keys that collide. Nor does their order mean anything: who
 * lists such a table sorts it.
 */
#ifndef TCPRST_ANALYZER_SEEDED_H
#define TCPRST_ANALYZER_SEEDED_H

#include <glib.h>

/* Of that many octets. The first use fetches the seed (g_random_int()). */
guint seeded_hash(const void *octets, gsize size);
/* Of a string: for tables with g_str_equal(). */
guint seeded_string(gconstpointer text);
/* The values of a table in that order; they stay the table's (g_ptr_array_unref()). */
GPtrArray *seeded_sorted(GHashTable *table, GCompareFunc compare);

#endif
