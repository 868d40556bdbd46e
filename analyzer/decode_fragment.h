/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_fragment.h - puts IP fragments together again, in bounded memory. */
#ifndef TCPRST_ANALYZER_DECODE_FRAGMENT_H
#define TCPRST_ANALYZER_DECODE_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

struct fragments;

/* Which packet a fragment belongs to. To be zeroed before it is filled: it is hashed as octets. */
struct fragment_key {
    uint8_t source[16], destination[16];
    uint32_t id;
    uint8_t version, protocol;
    uint8_t unused[2];
};

/* One fragment as captured, whole. */
struct fragment {
    uint32_t offset;
    uint32_t length; /* not 0 */
    bool more;
    const uint8_t *bytes;
    int64_t time;
};

struct fragments_counts {
    uint64_t incomplete; /* fragments whose packet is not (or never became) complete */
    uint64_t given_up;   /* of these, let go because of too many others */
    uint64_t waiting;    /* of these, kept for those that may yet come */
};

struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments);

/*
 * Adds a fragment. Returns the whole packet, to be freed with g_free(), and its length once this
 * fragment completes it; otherwise NULL. Where fragments overlap, the one with the lower offset
 * wins, as in Wireshark.
 */
uint8_t *fragments_add(struct fragments *fragments, const struct fragment_key *key,
                       const struct fragment *fragment, uint32_t *length);

struct fragments_counts fragments_counts(const struct fragments *fragments);

#endif
