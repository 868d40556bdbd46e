/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_community.c - Community ID 1.0 (github.com/corelight/community-id-spec), by which Zeek,
 * Suricata, Arkime and Wireshark name a connection too. */
#include "report.h"

#include <netinet/in.h>
#include <string.h>

enum { SHA1_SIZE = 20 };

/* The end with the lower address, then port, comes first: both directions have one name. */
static bool source_first(const struct tcprst_verdict *v, size_t size)
{
    int order = memcmp(v->source, v->destination, size);
    return order < 0 || (order == 0 && v->source_port <= v->destination_port);
}

/* What is hashed, of IPv6 at most: a seed, both addresses, the protocol, a zero, both ports. */
enum { HASHED_MOST = 2 + 2 * 16 + 2 + 4 };

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

void report_community_id(char buffer[COMMUNITY_ID_SIZE], const struct tcprst_verdict *v)
{
    static GChecksum *sum;
    char hashed[HASHED_MOST];
    guint8 digest[SHA1_SIZE];
    gsize length = sizeof digest;
    gint state = 0, save = 0;
    if (sum)
        g_checksum_reset(sum);
    else
        sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, (const guchar *)hashed, (gssize)what_is_hashed(hashed, v));
    g_checksum_get_digest(sum, digest, &length);
    char *end = g_stpcpy(buffer, "1:");
    end += g_base64_encode_step(digest, length, FALSE, end, &state, &save);
    end += g_base64_encode_close(FALSE, end, &state, &save);
    *end = '\0';
}
