/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture_pcap.c - reads pcap files: draft-ietf-opsawg-pcap, and the variants libpcap knows.
 *
 * libpcap could read them too, but copies each record twice through stdio: measured on 82-octet
 * records 88 ns a packet, most of what the whole analysis takes, against 15 ns in place; it also
 * cuts what is longer than the header's snapshot length, which Wireshark does not, and cannot be
 * asked to come back later when a pipe pauses.
 */
#include "capture.h"

#include "tcprst.h"
#include "translate.h"

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    /* Alexey Kuznetzov's libpcap patches: four fields more, which nobody reads. */
    RECORD_HEADER_MODIFIED = 24,
    /* Of most link types no packet is larger: see capture_max_packet(). */
    MAX_PACKET = 262144,
};

struct variant {
    uint32_t magic;
    uint8_t record_header;
    uint32_t time_factor;
    uint8_t digits;
};

static const struct variant variants[] = {
    {0xa1b2c3d4, RECORD_HEADER, 1000, 6},          /* the ordinary one */
    {0xa1b23c4d, RECORD_HEADER, 1, 9},             /* nanoseconds */
    {0xa1b2cd34, RECORD_HEADER_MODIFIED, 1000, 6}, /* Kuznetzov */
    {0xa1b234cd, RECORD_HEADER, 1000, 6},          /* Mesquita */
    {0xa12b3c4d, RECORD_HEADER, 1000, 6},          /* Navtel */
};

static enum capture_status cut_short(struct capture *capture, const char *where)
{
    return capture_damaged(capture,
                           g_strdup_printf(_("the file is cut short in the middle of %s"), where));
}

/* Before version 2.3 the two lengths stood the other way round; writers of 2.3 disagreed. */
static bool lengths_are_swapped(const struct capture *capture, uint32_t captured, uint32_t length)
{
    return capture->minor_version < 3 || (capture->minor_version == 3 && captured > length);
}

static enum capture_status next_packet(struct capture *capture, struct packet *packet)
{
    size_t header = capture->record_header;
    enum capture_status status = capture_need(capture, header);
    if (status == CAPTURE_END && capture->source.size > 0)
        return cut_short(capture, _("a packet header"));
    if (status != CAPTURE_PACKET)
        return status;
    const uint8_t *record = capture->source.data;
    uint32_t captured = capture_u32(capture, record + 8);
    uint32_t length = capture_u32(capture, record + 12);
    if (G_UNLIKELY(lengths_are_swapped(capture, captured, length))) {
        uint32_t other = length;
        length = captured;
        captured = other;
    }
    const struct capture_interface *interface = (const void *)capture->interfaces->data;
    if (G_UNLIKELY(captured > MAX_PACKET) && captured > capture_max_packet(interface->link_type))
        return capture_damaged(
            capture, g_strdup_printf(_("the packet's captured length, %u bytes, cannot be right"),
                                     captured));
    status = capture_need(capture, header + captured);
    if (status == CAPTURE_END)
        return cut_short(capture, _("the packet"));
    if (status != CAPTURE_PACKET)
        return status;
    record = capture->source.data;
    packet->captured = captured;
    packet->length = length < captured ? captured : length;
    packet->time = capture_time(capture_u32(capture, record),
                                (uint64_t)capture_u32(capture, record + 4) * capture->time_factor);
    packet->bytes = record + header;
    packet->number = capture->number = ++capture->packets;
    packet->interface = 0;
    packet->note = NULL;
    packet->options = (struct capture_options){0};
    packet->link_type = interface->link_type;
    packet->fcs_octets = interface->fcs_octets;
    source_take(&capture->source, header + captured);
    return CAPTURE_PACKET;
}

static inline uint32_t field(const uint8_t *record, unsigned offset, bool swapped)
{
    uint32_t value;
    memcpy(&value, record + offset, sizeof value);
    return swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

/* next_packet() for many: what it would have to ask anything of is left to it. Written out once
 * more because sharing what fills a packet cost a fifth of the whole analysis of a long connection.
 */
static void packets_at_hand(struct capture *capture, struct packet_row *row, size_t most)
{
    const struct capture_interface *interface = (const void *)capture->interfaces->data;
    struct source *source = &capture->source;
    const size_t header = capture->record_header;
    const uint32_t time_factor = capture->time_factor;
    const bool swapped = capture->swapped;
    const uint8_t *record = source->data;
    size_t left = source->size, n = 0;
    row->count = 0;
    if (capture->minor_version <= 3)
        return;
    for (; n < most && left >= header; n++) {
        uint32_t captured = field(record, 8, swapped), length = field(record, 12, swapped);
        uint64_t nanoseconds = (uint64_t)field(record, 4, swapped) * time_factor;
        if (captured > MAX_PACKET || captured > left - header || nanoseconds >= CAPTURE_NANOSECONDS)
            break;
        int64_t seconds = field(record, 0, swapped);
        row->packets[n] = (struct in_row){
            .bytes = record + header,
            .time = seconds * CAPTURE_NANOSECONDS + (int64_t)nanoseconds,
            .captured = captured,
            .length = length < captured ? captured : length,
        };
        record += header + captured;
        left -= header + captured;
    }
    row->count = n;
    row->number = capture->packets + 1;
    row->link_type = interface->link_type;
    row->fcs_octets = interface->fcs_octets;
    capture->packets += n;
    capture->number = capture->packets;
    source_take(source, source->size - left);
}

static const struct variant *find_variant(struct capture *capture)
{
    for (int swapped = 0; swapped < 2; swapped++) {
        capture->swapped = swapped;
        uint32_t magic = capture_u32(capture, capture->source.data);
        for (size_t i = 0; i < G_N_ELEMENTS(variants); i++)
            if (variants[i].magic == magic)
                return &variants[i];
    }
    return NULL;
}

/* Looks as far into it as is needed to tell what else it is. */
static enum capture_status not_pcap(struct capture *capture)
{
    enum { ENOUGH = 512 };
    enum capture_status status = capture_need(capture, ENOUGH);
    if (status != CAPTURE_PACKET && status != CAPTURE_END)
        return status;
    return capture_damaged(capture, capture_foreign(capture->source.data, capture->source.size));
}

enum capture_status capture_pcap_open(struct capture *capture)
{
    const struct variant *variant = find_variant(capture);
    if (!variant)
        return not_pcap(capture);
    enum capture_status status = capture_need(capture, FILE_HEADER);
    if (status == CAPTURE_END)
        return cut_short(capture, _("the file header"));
    if (status != CAPTURE_PACKET)
        return status;
    const uint8_t *header = capture->source.data;
    unsigned major = capture_u16(capture, header + 4), minor = capture_u16(capture, header + 6);
    if (major != 2)
        return capture_damaged(capture,
                               g_strdup_printf(_("pcap version %u.%u is not known"), major, minor));
    /* Bits 28 to 31: octets of the FCS, in pairs, when bit 26 is set. */
    uint32_t network = capture_u32(capture, header + 20);
    struct capture_interface interface = {
        .link_type = (uint16_t)network,
        .resolution = variant->digits,
        .fcs_octets = (network & 0x04000000) ? (int8_t)((network >> 28) * 2) : -1,
        .snapshot_length = capture_u32(capture, header + 16),
    };
    g_array_append_val(capture->interfaces, interface);
    capture->format = "pcap";
    capture->is_capture = true;
    capture->minor_version = minor;
    capture->record_header = variant->record_header;
    capture->time_factor = variant->time_factor;
    capture->time_digits = variant->digits;
    source_take(&capture->source, FILE_HEADER);
    capture->next = next_packet;
    capture->at_hand = packets_at_hand;
    return CAPTURE_PACKET;
}
