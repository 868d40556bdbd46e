/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_libpcap.c - the only user of libpcap: pcap-filter(7) expressions and the names of link
 * types. */
#include "capture_libpcap.h"

#include <pcap.h>

enum { SNAPSHOT_LENGTH = 262144 };

struct program {
    uint16_t link_type;
    bool usable;
    struct bpf_program code;
};

struct capture_filter {
    size_t count;
    struct program programs[];
};

/* LINKTYPE_ values of files are libpcap's own DLT_ values but for a few:
 * https://www.tcpdump.org/linktypes.html */
static int link_type_to_dlt(uint16_t link_type)
{
    switch (link_type) {
    case 100:
        return DLT_ATM_RFC1483;
    case 101:
    case 14:
        return DLT_RAW;
    default:
        return link_type;
    }
}

const char *capture_link_type_name(uint16_t link_type)
{
    return pcap_datalink_val_to_name(link_type_to_dlt(link_type));
}

static bool compile(struct program *program, const char *expression, char **error)
{
    pcap_t *dead = pcap_open_dead(link_type_to_dlt(program->link_type), SNAPSHOT_LENGTH);
    if (!dead)
        return false;
    program->usable = pcap_compile(dead, &program->code, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!program->usable && !*error)
        *error = g_strdup(pcap_geterr(dead));
    pcap_close(dead);
    return program->usable;
}

struct capture_filter *capture_filter_new(const char *expression, const uint16_t *link_types,
                                          size_t count, char **error)
{
    struct capture_filter *filter = g_malloc0(sizeof *filter + count * sizeof filter->programs[0]);
    char *first_error = NULL;
    bool any = false;
    filter->count = count;
    for (size_t i = 0; i < count; i++) {
        filter->programs[i].link_type = link_types[i];
        any |= compile(&filter->programs[i], expression, &first_error);
    }
    if (any) {
        g_free(first_error);
        return filter;
    }
    *error = first_error;
    capture_filter_free(filter);
    return NULL;
}

void capture_filter_free(struct capture_filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->count; i++)
        if (filter->programs[i].usable)
            pcap_freecode(&filter->programs[i].code);
    g_free(filter);
}

bool capture_filter_match(const struct capture_filter *filter, const struct packet *packet,
                          bool *usable)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct program *program = &filter->programs[i];
        if (program->link_type != packet->link_type)
            continue;
        *usable = program->usable;
        struct pcap_pkthdr header = {.caplen = packet->captured, .len = packet->length};
        return program->usable && pcap_offline_filter(&program->code, &header, packet->bytes) != 0;
    }
    *usable = false;
    return false;
}
