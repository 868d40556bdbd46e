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

void report_community_id(char buffer[COMMUNITY_ID_SIZE], const struct tcprst_verdict *v)
{
    static const uint8_t seed[2], protocol[2] = {IPPROTO_TCP, 0};
    size_t size = v->ip_version == 6 ? 16 : 4;
    bool first = source_first(v, size);
    uint16_t ports[2] = {g_htons(first ? v->source_port : v->destination_port),
                         g_htons(first ? v->destination_port : v->source_port)};
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, seed, sizeof seed);
    g_checksum_update(sum, first ? v->source : v->destination, (gssize)size);
    g_checksum_update(sum, first ? v->destination : v->source, (gssize)size);
    g_checksum_update(sum, protocol, sizeof protocol);
    g_checksum_update(sum, (const guchar *)ports, sizeof ports);
    guint8 digest[SHA1_SIZE];
    gsize length = sizeof digest;
    g_checksum_get_digest(sum, digest, &length);
    g_checksum_free(sum);
    char *text = g_base64_encode(digest, length);
    g_strlcpy(g_stpcpy(buffer, "1:"), text, COMMUNITY_ID_SIZE - 2);
    g_free(text);
}
