/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_community.c - Community ID 1.0 (github.com/corelight/community-id-spec), by which Zeek,
 * Suricata, Arkime and Wireshark name a connection too. */
#include "report.h"

#include <netinet/in.h>
#include <string.h>

/* Of SHA-1, FIPS 180-4. */
enum { WORDS = 16, BLOCK = 4 * WORDS, ROUNDS = 80, DIGEST_WORDS = 5, DIGEST = 4 * DIGEST_WORDS };

/* The end with the lower address, then port, comes first: both directions have one name. */
static bool source_first(const struct tcprst_verdict *v, size_t size)
{
    int order = memcmp(v->source, v->destination, size);
    return order < 0 || (order == 0 && v->source_port <= v->destination_port);
}

/* What is hashed, of IPv6 at most: a seed, both addresses, the protocol, a zero, both ports. */
enum { HASHED_MOST = 2 + 2 * 16 + 2 + 4 };
_Static_assert(HASHED_MOST < BLOCK - 8, "it is hashed as one block, with its length behind it");

static char *put(char *to, const void *octets, size_t length)
{
    return (char *)memcpy(to, octets, length) + length;
}

static size_t what_is_hashed(char to[HASHED_MOST], const struct tcprst_verdict *v)
{
    static const uint8_t seed[2], protocol[2] = {IPPROTO_TCP, 0};
    size_t size = v->ip_version == 6 ? 16 : 4;
    bool first = source_first(v, size);
    uint16_t ports[2] = {g_htons(first ? v->source_port : v->destination_port),
                         g_htons(first ? v->destination_port : v->source_port)};
    char *end = put(to, seed, sizeof seed);
    end = put(end, first ? v->source : v->destination, size);
    end = put(end, first ? v->destination : v->source, size);
    end = put(end, protocol, sizeof protocol);
    return (size_t)(put(end, ports, sizeof ports) - to);
}

static inline uint32_t rotated(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

#define CHOOSE(x, y, z) (((x) & ((y) ^ (z))) ^ (z))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | (((x) | (y)) & (z)))
#define ROUND(f, k, a, b, c, d, e)                                                                 \
    e += rotated(a, 5) + f(b, c, d) + (k) + *w++;                                                  \
    b = rotated(b, 30)
/* So that the five change places without being moved. */
#define TWENTY_ROUNDS(f, k)                                                                        \
    for (unsigned i = 0; i < 20; i += 5) {                                                         \
        ROUND(f, k, a, b, c, d, e);                                                                \
        ROUND(f, k, e, a, b, c, d);                                                                \
        ROUND(f, k, d, e, a, b, c);                                                                \
        ROUND(f, k, c, d, e, a, b);                                                                \
        ROUND(f, k, b, c, d, e, a);                                                                \
    }

/* A message of one block, padded: what GLib does for it in 2,600 instructions takes 1,300 here. */
static void sha1_of_block(uint32_t digest[DIGEST_WORDS], const uint8_t block[BLOCK])
{
    uint32_t schedule[ROUNDS], *w = schedule;
    for (unsigned t = 0; t < WORDS; t++, block += 4)
        w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 |
               block[3];
    /* The newest three at hand: a compiler that reads several words at once would wait for those
     * just written, and all of this take thrice as long. */
    uint32_t third = w[WORDS - 3], second = w[WORDS - 2], newest = w[WORDS - 1];
    for (unsigned t = WORDS; t < ROUNDS; t++) {
        w[t] = rotated(third ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        third = second;
        second = newest;
        newest = w[t];
    }
    uint32_t a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476, e = 0xc3d2e1f0;
    TWENTY_ROUNDS(CHOOSE, 0x5a827999)
    TWENTY_ROUNDS(PARITY, 0x6ed9eba1)
    TWENTY_ROUNDS(MAJORITY, 0x8f1bbcdc)
    TWENTY_ROUNDS(PARITY, 0xca62c1d6)
    digest[0] = a + 0x67452301;
    digest[1] = b + 0xefcdab89;
    digest[2] = c + 0x98badcfe;
    digest[3] = d + 0x10325476;
    digest[4] = e + 0xc3d2e1f0;
}

/* Base64 with its padding. Returns where it ends. */
static char *put_base64(char *to, const uint32_t digest[DIGEST_WORDS])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t octets[DIGEST + 1] = {0}; /* a multiple of three */
    for (unsigned i = 0; i < DIGEST; i++)
        octets[i] = (uint8_t)(digest[i / 4] >> (24 - i % 4 * 8));
    for (unsigned i = 0; i < sizeof octets; i += 3) {
        uint32_t three = (uint32_t)octets[i] << 16 | (uint32_t)octets[i + 1] << 8 | octets[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *to++ = letters[three >> shift & 63];
    }
    to[-1] = '=';
    return to;
}

void report_community_id(char buffer[COMMUNITY_ID_SIZE], const struct tcprst_verdict *v)
{
    uint8_t block[BLOCK] = {0};
    uint32_t digest[DIGEST_WORDS];
    size_t length = what_is_hashed((char *)block, v);
    uint16_t bits = g_htons((uint16_t)(length * 8));
    block[length] = 0x80;
    memcpy(block + BLOCK - sizeof bits, &bits, sizeof bits);
    sha1_of_block(digest, block);
    char *end = put_base64(g_stpcpy(buffer, "1:"), digest);
    *end = '\0';
}
