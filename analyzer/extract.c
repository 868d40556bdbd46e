/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extract.c - see extract.h. */
#include "extract.h"

#include "capture.h"
#include "report_string.h"
#include "translate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
    FILTER_BITS = 21, /* 256 KiB, which stay in the cache: most packets are told by it */
    LISTED = 1 << 16, /* the last keys that were written, which need not be again */
    LINE_SIZE = 256,
};

/* A connection by its ends, the lower one first. */
struct key {
    uint8_t address[2][16];
    uint16_t port[2];
    uint8_t ip_version;
};

struct extract {
    FILE *out;
    bool list;
    /* Of the keys their hashes: where two share one, some packets more are written. */
    GArray *wanted; /* uint64_t, sorted */
    uint8_t *filter;
    uint64_t *listed;
    GString *block;
    char *comment;     /* of each section */
    size_t interfaces; /* written in this section */
    uint64_t section;  /* the original's */
    bool any;          /* a packet was seen */
};

/* ---- keys ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * (b | 1);
    x ^= x >> 29;
    return x * 0xbf58476d1ce4e5b9u;
}

static uint64_t hash_of(const struct key *key)
{
    uint64_t words[4], hash = (uint64_t)key->port[0] << 16 | key->port[1];
    memcpy(words, key->address, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        hash = mix(hash ^ words[i], hash >> 32 ^ 0xd6e8feb86659fd93u);
    return mix(hash, key->ip_version) | 1;
}

static void put_in_order(struct key *key)
{
    int order = memcmp(key->address[0], key->address[1], 16);
    if (order < 0 || (order == 0 && key->port[0] <= key->port[1]))
        return;
    struct key other = *key;
    for (int i = 0; i < 2; i++) {
        memcpy(key->address[i], other.address[!i], 16);
        key->port[i] = other.port[!i];
    }
}

static struct key key_of(const struct tcprst_segment *s)
{
    struct key key = {.port = {s->source_port, s->destination_port}, .ip_version = s->ip_version};
    memcpy(key.address[0], s->source, 16);
    memcpy(key.address[1], s->destination, 16);
    put_in_order(&key);
    return key;
}

static bool parse_end(const char *address, const char *port, struct key *key, int i)
{
    guint64 number;
    int family = strchr(address, ':') ? AF_INET6 : AF_INET;
    uint8_t version = family == AF_INET6 ? 6 : 4;
    bool same = i == 0 || key->ip_version == version;
    key->ip_version = version;
    if (!same || inet_pton(family, address, key->address[i]) != 1 ||
        !g_ascii_string_to_unsigned(port, 10, 0, UINT16_MAX, &number, NULL))
        return false;
    key->port[i] = (uint16_t)number;
    return true;
}

/* "192.0.2.1 443 198.51.100.7 51234" */
static bool parse_key(char *line, struct key *key)
{
    char *words[4], *rest = NULL;
    memset(key, 0, sizeof *key);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (!(words[i] = strtok_r(i ? NULL : line, " \t\r\n", &rest)))
            return false;
    if (strtok_r(NULL, " \t\r\n", &rest) || !parse_end(words[0], words[1], key, 0) ||
        !parse_end(words[2], words[3], key, 1))
        return false;
    put_in_order(key);
    return true;
}

static gint by_hash(gconstpointer a, gconstpointer b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void want(struct extract *x, const struct key *key)
{
    uint64_t hash = hash_of(key), bit = hash >> (64 - FILTER_BITS);
    x->filter[bit / 8] |= (uint8_t)(1 << bit % 8);
    g_array_append_val(x->wanted, hash);
}

static bool is_wanted(const struct extract *x, const struct tcprst_segment *s)
{
    struct key key = key_of(s);
    uint64_t hash = hash_of(&key), bit = hash >> (64 - FILTER_BITS);
    return x->filter[bit / 8] >> bit % 8 & 1 &&
           g_array_binary_search(x->wanted, &hash, by_hash, NULL);
}

static bool read_keys(struct extract *x, FILE *keys, const char *name, char **error)
{
    char line[LINE_SIZE];
    for (unsigned number = 1; fgets(line, sizeof line, keys); number++) {
        struct key key;
        if (line[strspn(line, " \t\r\n")] == '\0' || line[0] == '#')
            continue;
        if (!parse_key(line, &key)) {
            *error =
                g_strdup_printf(_("'%s', line %u: no key (address, port, address, port, as --keys "
                                  "prints them)"),
                                name, number);
            return false;
        }
        want(x, &key);
    }
    if (ferror(keys)) {
        *error = g_strdup_printf(_("cannot read '%s': %s"), name, g_strerror(errno));
        return false;
    }
    g_array_sort(x->wanted, by_hash);
    return true;
}

static void list_key(struct extract *x, const struct tcprst_segment *s)
{
    struct key key = key_of(s);
    uint64_t hash = hash_of(&key);
    char text[2][INET6_ADDRSTRLEN];
    if (x->listed[hash % LISTED] == hash)
        return;
    x->listed[hash % LISTED] = hash;
    for (int i = 0; i < 2; i++)
        if (!inet_ntop(key.ip_version == 6 ? AF_INET6 : AF_INET, key.address[i], text[i],
                       sizeof text[i]))
            return;
    fprintf(x->out, "%s %u %s %u\n", text[0], key.port[0], text[1], key.port[1]);
}

/* ---- the capture ---- */

/* draft-ietf-opsawg-pcapng, section 4 */
enum {
    BLOCK_INTERFACE = 1,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_SECTION = 0x0a0d0d0a,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_PACKET_FLAGS = 2,
    OPTION_APPLICATION = 4,     /* of a section */
    OPTION_PACKET_ID = 5,       /* of a packet */
    OPTION_TIME_RESOLUTION = 9, /* of an interface, as are the next */
    OPTION_FCS_LENGTH = 13,
    OPTION_TIME_OFFSET = 14,
};

static void put(GString *out, const void *octets, size_t count)
{
    string_add(out, octets, count);
    while (out->len % 4 != 0)
        string_add(out, "", 1);
}

static void put32(GString *out, uint32_t value)
{
    put(out, &value, sizeof value);
}

static void put_option(GString *out, uint16_t code, const void *value, size_t length)
{
    uint16_t head[2] = {code, (uint16_t)length};
    put(out, head, sizeof head);
    put(out, value, length);
}

static void begin_block(GString *out, uint32_t type)
{
    g_string_truncate(out, 0);
    put32(out, type);
    put32(out, 0); /* its length */
}

static void end_block(struct extract *x)
{
    GString *block = x->block;
    put_option(block, OPTION_END, "", 0);
    uint32_t total = (uint32_t)block->len + 4;
    put32(block, total);
    memcpy(block->str + 4, &total, sizeof total);
    fwrite(block->str, 1, block->len, x->out);
}

static void put_section(struct extract *x)
{
    static const uint16_t version[2] = {1, 0};
    static const uint64_t unknown_length = UINT64_MAX;
    begin_block(x->block, BLOCK_SECTION);
    put32(x->block, BYTE_ORDER_MAGIC);
    put(x->block, version, sizeof version);
    put(x->block, &unknown_length, sizeof unknown_length);
    put_option(x->block, OPTION_COMMENT, x->comment, MIN(strlen(x->comment), (size_t)UINT16_MAX));
    put_option(x->block, OPTION_APPLICATION, CAPTURE_EXTRACT, strlen(CAPTURE_EXTRACT));
    end_block(x);
}

static const uint8_t nanoseconds = 9; /* a second's units, as if_tsresol has them */

/* As it was where its units are decimal; else nanoseconds, in which its packets' times are known.
 */
static uint8_t resolution_of(const struct capture_interface *interface)
{
    return interface->resolution <= nanoseconds ? interface->resolution : nanoseconds;
}

static void put_interface(struct extract *x, const struct capture_interface *interface)
{
    uint8_t resolution = resolution_of(interface);
    begin_block(x->block, BLOCK_INTERFACE);
    put32(x->block, interface->link_type);
    put32(x->block, 0); /* packets of any length */
    put_option(x->block, OPTION_TIME_RESOLUTION, &resolution, 1);
    if (interface->fcs_octets >= 0)
        put_option(x->block, OPTION_FCS_LENGTH, &interface->fcs_octets, 1);
    if (interface->offset)
        put_option(x->block, OPTION_TIME_OFFSET, &interface->offset, sizeof interface->offset);
    end_block(x);
}

/* All of a section, with the numbers they have there: each may be another place of capture. */
static void put_interfaces(struct extract *x, const struct input_packet *packet)
{
    if (packet->section != x->section && x->interfaces)
        put_section(x);
    if (packet->section != x->section)
        x->interfaces = 0;
    x->section = packet->section;
    for (; x->interfaces < packet->interface_count; x->interfaces++)
        put_interface(x, &packet->interfaces[x->interfaces]);
}

/* In the interface's units. Where there is no time, one that is too late to be any. */
static uint64_t stamp_of(const struct capture_interface *interface, int64_t time)
{
    uint64_t unit = 1;
    if (time == TCPRST_TIME_UNKNOWN)
        return UINT64_MAX;
    for (unsigned i = resolution_of(interface); i < nanoseconds; i++)
        unit *= 10;
    return ((uint64_t)time - (uint64_t)interface->offset * CAPTURE_NANOSECONDS) / unit;
}

/* What was written beside it, and which way it went: who it was hangs on both. */
static void put_remarks(GString *out, struct capture_options rest)
{
    struct capture_option option;
    while (capture_next_option(&rest, &option)) {
        uint32_t flags = capture_option_u32(&rest, &option);
        if (option.code == OPTION_COMMENT)
            put_option(out, option.code, option.value, option.length);
        if (option.code == OPTION_PACKET_FLAGS && option.length == sizeof flags)
            put_option(out, option.code, &flags, sizeof flags);
    }
}

static void put_packet(struct extract *x, const struct input_packet *packet)
{
    put_interfaces(x, packet);
    uint64_t stamp = stamp_of(&packet->interfaces[packet->interface], packet->time);
    begin_block(x->block, BLOCK_ENHANCED_PACKET);
    put32(x->block, packet->interface);
    put32(x->block, (uint32_t)(stamp >> 32));
    put32(x->block, (uint32_t)stamp);
    put32(x->block, packet->captured);
    put32(x->block, packet->length);
    put(x->block, packet->bytes, packet->captured);
    put_remarks(x->block, packet->options);
    put_option(x->block, OPTION_PACKET_ID, &packet->number, sizeof packet->number);
    end_block(x);
}

/* ---- both ---- */

static struct extract *extract_new(FILE *out)
{
    struct extract *x = g_new0(struct extract, 1);
    x->out = out;
    x->block = g_string_sized_new(4096);
    return x;
}

struct extract *extract_to_list(FILE *out)
{
    struct extract *x = extract_new(out);
    x->list = true;
    x->listed = g_new0(uint64_t, LISTED);
    return x;
}

struct extract *extract_to_capture(FILE *out, const char *keys, const char *capture, char **error)
{
    struct extract *x = extract_new(out);
    x->wanted = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    x->filter = g_malloc0((1 << FILTER_BITS) / 8);
    char *name = g_utf8_make_valid(capture, -1);
    x->comment = g_strdup_printf("Extract of '%s'", name);
    g_free(name);
    FILE *file = fopen(keys, "r");
    bool read = file && read_keys(x, file, keys, error);
    if (!file)
        *error = g_strdup_printf(_("cannot open '%s': %s"), keys, g_strerror(errno));
    else
        fclose(file);
    if (!read) {
        extract_free(x);
        return NULL;
    }
    put_section(x);
    return x;
}

/* The first packet of a capture stays: captures are read in the order of those. */
static bool is_needed(struct extract *x, const struct input_packet *packet)
{
    bool needed = !x->any || packet->fragment;
    x->any = true;
    for (size_t i = 0; i < packet->segment_count && !needed; i++)
        needed = packet->segments[i].flags & TCPRST_SYN || is_wanted(x, &packet->segments[i]);
    return needed && !packet->is_record;
}

void extract_packet(struct extract *x, const struct input_packet *packet)
{
    if (!x->list) {
        if (is_needed(x, packet))
            put_packet(x, packet);
        return;
    }
    for (size_t i = 0; i < packet->segment_count; i++)
        if (packet->segments[i].flags & TCPRST_RST)
            list_key(x, &packet->segments[i]);
}

void extract_free(struct extract *x)
{
    if (!x)
        return;
    if (x->wanted)
        g_array_unref(x->wanted);
    g_free(x->comment);
    g_free(x->filter);
    g_free(x->listed);
    g_string_free(x->block, TRUE);
    g_free(x);
}
