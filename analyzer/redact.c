/* SPDX-License-Identifier: GPL-2.0-or-later */
/* redact.c - consistent stand-ins for addresses, clients' ports, texts and file names. */
#include "redact.h"

#include "seeded.h"

#include <glib.h>
#include <string.h>

/* From here on a port of unknown role is taken for a client's. */
enum { FIRST_CLIENT_PORT = 1024 };
/* 198.18.0.0/15 holds so many hosts; more go to 240.0.0.0/4. */
enum { BENCHMARK_RANGE = 1 << 17 };

struct address_key {
    uint8_t version;
    uint8_t octets[16];
};

struct redact {
    GHashTable *addresses; /* struct address_key to its number */
    uint32_t next[2];      /* the next number for IPv4 and IPv6 */
    uint16_t port[65536];
};

static guint key_hash(gconstpointer p)
{
    return seeded_hash(p, sizeof(struct address_key));
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct address_key)) == 0;
}

/* A random order of 1024 to 65535; the ports below stay where they are, they name services. */
static void shuffle_ports(uint16_t *port)
{
    for (unsigned i = 0; i < 65536; i++)
        port[i] = (uint16_t)i;
    for (unsigned i = 65535; i > FIRST_CLIENT_PORT; i--) {
        unsigned j = (unsigned)g_random_int_range(FIRST_CLIENT_PORT, (gint32)i + 1);
        uint16_t other = port[j];
        port[j] = port[i];
        port[i] = other;
    }
}

struct redact *redact_new(void)
{
    struct redact *redact = g_new0(struct redact, 1);
    redact->addresses = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    shuffle_ports(redact->port);
    return redact;
}

void redact_free(struct redact *redact)
{
    if (!redact)
        return;
    g_hash_table_destroy(redact->addresses);
    g_free(redact);
}

static uint32_t number_of(struct redact *redact, const uint8_t *address, unsigned ip_version)
{
    struct address_key key = {.version = (uint8_t)ip_version};
    memcpy(key.octets, address, sizeof key.octets);
    gpointer known = g_hash_table_lookup(redact->addresses, &key);
    if (known)
        return GPOINTER_TO_UINT(known);
    uint32_t number = ++redact->next[ip_version == 6];
    g_hash_table_insert(redact->addresses, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(number));
    return number;
}

static void redact_address(struct redact *redact, uint8_t address[16], unsigned ip_version)
{
    uint32_t n = number_of(redact, address, ip_version);
    memset(address, 0, 16);
    if (ip_version == 6) {
        static const uint8_t prefix[] = {0x20, 0x01, 0x0d, 0xb8};
        memcpy(address, prefix, sizeof prefix);
        n = GUINT32_TO_BE(n);
        memcpy(address + 12, &n, sizeof n);
        return;
    }
    n = GUINT32_TO_BE(n < BENCHMARK_RANGE ? 0xc6120000u + n : 0xf0000000u + (n & 0x0fffffffu));
    memcpy(address, &n, sizeof n);
}

void redact_end(struct redact *redact, uint8_t address[16], unsigned ip_version, uint16_t *port,
                bool is_client)
{
    redact_address(redact, address, ip_version);
    if (is_client)
        *port = redact->port[*port];
}

void redact_verdict(struct redact *redact, struct tcprst_verdict *verdict)
{
    redact_end(redact, verdict->source, verdict->ip_version, &verdict->source_port,
               verdict->sender != TCPRST_SENDER_SERVER);
    redact_end(redact, verdict->destination, verdict->ip_version, &verdict->destination_port,
               verdict->sender != TCPRST_SENDER_CLIENT);
    for (unsigned i = 0; i < verdict->name_count; i++) {
        struct tcprst_name *name = &verdict->names[i];
        redact_end(redact, name->source, name->ip_version, &name->source_port,
                   verdict->sender != TCPRST_SENDER_SERVER);
        redact_end(redact, name->destination, name->ip_version, &name->destination_port,
                   verdict->sender != TCPRST_SENDER_CLIENT);
    }
    if (verdict->device_text_length > 0) {
        g_strlcpy(verdict->device_text, "(redacted)", sizeof verdict->device_text);
        verdict->device_text_length = strlen(verdict->device_text);
    }
}

void redact_connection(struct redact *redact, struct tcprst_connection *connection)
{
    redact_end(redact, connection->client.address, connection->ip_version, &connection->client.port,
               true);
    redact_end(redact, connection->server.address, connection->ip_version, &connection->server.port,
               connection->roles_guessed);
}

char *redact_name(size_t index, const char *name)
{
    if (strcmp(name, "-") == 0)
        return g_strdup(name);
    return g_strdup_printf("capture-%zu", index + 1);
}
