/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_fragment.c - a table of packets of which only some fragments were seen, the oldest let go
 * first. */
#include "decode_fragment.h"

#include "tcprst.h"

#include <glib.h>
#include <string.h>

enum {
    /* All that waits for its other fragments: enough for 20 ms of a 10 Gbit/s link with nothing but
       fragments. */
    MAX_OCTETS = 32 * 1024 * 1024,
    /* Of one packet: 64 KiB in the smallest fragments there are, 8 octets each. */
    MAX_FRAGMENTS = 8192,
    /* What a fragment, and what a packet waiting for some, costs besides the octets. */
    PIECE_OVERHEAD = 48,
    PARTIAL_OVERHEAD = 384,
};
/* RFC 8200, section 4.5: "reassembly of that packet must be abandoned" 60 seconds after its first
 * fragment. In nanoseconds. */
static const int64_t PATIENCE = INT64_C(60000000000);

struct piece {
    uint32_t offset, length;
    uint8_t *bytes;
};

/* The key as hashed: salted, so that a capture cannot be made whose keys all meet. */
struct salted_key {
    struct fragment_key key;
    uint32_t salt;
};

struct partial {
    struct salted_key key;
    GArray *pieces; /* struct piece, by offset */
    uint32_t sum;   /* octets in them */
    uint32_t whole; /* octets of the packet, 0 while its last fragment is missing */
    int64_t first_time;
    GList link; /* in fragments.by_age */
};

struct fragments {
    GHashTable *partials; /* struct salted_key → struct partial */
    GQueue by_age;        /* oldest first */
    size_t octets;
    uint32_t salt;
    uint64_t waiting; /* fragments held */
    struct fragments_counts counts;
};

static guint hash(gconstpointer pointer)
{
    const struct salted_key *key = pointer;
    const uint8_t *bytes = (const uint8_t *)&key->key;
    uint32_t value = key->salt;
    for (size_t i = 0; i < sizeof key->key; i++) {
        value = (value ^ bytes[i]) * 16777619u; /* FNV-1a, rotated so that high bits come back */
        value = value << 13 | value >> 19;
    }
    return value;
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct salted_key)) == 0;
}

static void clear_piece(gpointer piece)
{
    g_free(((struct piece *)piece)->bytes);
}

struct fragments *fragments_new(void)
{
    struct fragments *fragments = g_new0(struct fragments, 1);
    fragments->partials = g_hash_table_new(hash, equal);
    g_queue_init(&fragments->by_age);
    fragments->salt = g_random_int();
    return fragments;
}

static void drop(struct fragments *fragments, struct partial *partial)
{
    g_hash_table_remove(fragments->partials, &partial->key);
    g_queue_unlink(&fragments->by_age, &partial->link);
    fragments->octets -=
        partial->sum + (size_t)partial->pieces->len * PIECE_OVERHEAD + PARTIAL_OVERHEAD;
    fragments->waiting -= partial->pieces->len;
    g_array_unref(partial->pieces);
    g_free(partial);
}

static void give_up(struct fragments *fragments, struct partial *partial, bool for_room)
{
    fragments->counts.incomplete += partial->pieces->len;
    if (for_room)
        fragments->counts.given_up += partial->pieces->len;
    drop(fragments, partial);
}

void fragments_free(struct fragments *fragments)
{
    if (!fragments)
        return;
    while (!g_queue_is_empty(&fragments->by_age))
        drop(fragments, g_queue_peek_head(&fragments->by_age));
    g_hash_table_unref(fragments->partials);
    g_free(fragments);
}

static struct partial *partial_for(struct fragments *fragments, const struct fragment_key *key,
                                   int64_t time)
{
    const struct salted_key salted = {.key = *key, .salt = fragments->salt};
    struct partial *partial = g_hash_table_lookup(fragments->partials, &salted);
    if (partial && time != TCPRST_TIME_UNKNOWN && partial->first_time != TCPRST_TIME_UNKNOWN &&
        (time < partial->first_time ? partial->first_time - time : time - partial->first_time) >
            PATIENCE) {
        give_up(fragments, partial, false);
        partial = NULL;
    }
    if (partial)
        return partial;
    partial = g_new0(struct partial, 1);
    partial->key = salted;
    partial->first_time = time;
    partial->link.data = partial;
    partial->pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
    g_array_set_clear_func(partial->pieces, clear_piece);
    g_hash_table_insert(fragments->partials, &partial->key, partial);
    g_queue_push_tail_link(&fragments->by_age, &partial->link);
    fragments->octets += PARTIAL_OVERHEAD;
    return partial;
}

static void add_piece(struct fragments *fragments, struct partial *partial,
                      const struct fragment *fragment)
{
    struct piece piece = {.offset = fragment->offset,
                          .length = fragment->length,
                          .bytes = g_memdup2(fragment->bytes, fragment->length)};
    guint at = partial->pieces->len;
    while (at && g_array_index(partial->pieces, struct piece, at - 1).offset > piece.offset)
        at--;
    g_array_insert_val(partial->pieces, at, piece);
    partial->sum += piece.length;
    fragments->octets += piece.length + PIECE_OVERHEAD;
    fragments->waiting++;
    if (!fragment->more && !partial->whole)
        partial->whole = fragment->offset + fragment->length;
}

static bool complete(const struct partial *partial)
{
    uint32_t reached = 0;
    if (!partial->whole || partial->sum < partial->whole)
        return false;
    for (guint i = 0; i < partial->pieces->len; i++) {
        const struct piece *piece = &g_array_index(partial->pieces, struct piece, i);
        if (piece->offset > reached)
            return false;
        reached = MAX(reached, piece->offset + piece->length);
    }
    return reached >= partial->whole;
}

static uint8_t *assemble(const struct partial *partial)
{
    uint8_t *whole = g_malloc(partial->whole);
    uint32_t reached = 0;
    for (guint i = 0; i < partial->pieces->len; i++) {
        const struct piece *piece = &g_array_index(partial->pieces, struct piece, i);
        uint32_t end = MIN(piece->offset + piece->length, partial->whole);
        if (end <= reached)
            continue;
        memcpy(whole + reached, piece->bytes + (reached - piece->offset), end - reached);
        reached = end;
    }
    return whole;
}

uint8_t *fragments_add(struct fragments *fragments, const struct fragment_key *key,
                       const struct fragment *fragment, uint32_t *length)
{
    struct partial *partial = partial_for(fragments, key, fragment->time);
    add_piece(fragments, partial, fragment);
    if (complete(partial)) {
        uint8_t *whole = assemble(partial);
        *length = partial->whole;
        drop(fragments, partial);
        return whole;
    }
    if (partial->pieces->len >= MAX_FRAGMENTS)
        give_up(fragments, partial, true);
    while (fragments->octets > MAX_OCTETS)
        give_up(fragments, g_queue_peek_head(&fragments->by_age), true);
    return NULL;
}

struct fragments_counts fragments_counts(const struct fragments *fragments)
{
    struct fragments_counts counts = fragments->counts;
    counts.incomplete += fragments->waiting;
    counts.waiting = fragments->waiting;
    return counts;
}
