/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture_pcapng.c - reads pcapng files (draft-ietf-opsawg-pcapng): any number of sections,
 * interfaces and link types.
 *
 * libpcap refuses the file at its second link type, and by then a pipe has been read; so all of
 * pcapng is read here.
 */
#include "capture.h"

#include "tcprst.h"
#include "translate.h"

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_JOURNAL = 9,
    BLOCK_SYSDIG_EVENT = 0x204,
    BLOCK_SYSDIG_EVENT_FLAGS = 0x208,
    BLOCK_SYSDIG_EVENT_V2 = 0x216,
    BLOCK_SYSDIG_EVENT_V2_LARGE = 0x221,
    BLOCK_SYSDIG_EVENT_FLAGS_V2 = 0x217,
    BLOCK_SYSDIG_EVENT_FLAGS_V2_LARGE = 0x222,
    BLOCK_CUSTOM = 0x0bad,
    BLOCK_CUSTOM_NO_COPY = 0x40000bad,
    BLOCK_SECTION = 0x0a0d0d0a,
};

enum {
    BLOCK_HEADER = 8,
    BLOCK_FRAME = 12, /* header and the total length repeated at the end */
    SECTION_MIN = 28,
    INTERFACE_MIN = 20,
    ENHANCED_HEADER = 28,
    NOTE_LEAST = 12, /* options that hold a comment of a few letters */
    SIMPLE_HEADER = 12,
    OPTION_FCS_LENGTH = 13,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_PACKET_FLAGS = 2, /* of an enhanced packet */
    OPTION_APPLICATION = 4,  /* of a section */
    OPTION_PACKET_ID = 5,    /* of an enhanced packet */
    OPTION_TIME_RESOLUTION = 9,
    OPTION_TIME_OFFSET = 14,
    /* A larger block is damage, and would only make us allocate; one with a packet holds the
       largest there is (capture_max_packet()) and its options. */
    MAX_BLOCK = 16 * 1024 * 1024,
    MAX_PACKET_BLOCK = 128 * 1024 * 1024 + 256 * 1024,
    /* Each costs memory until its section ends. The machine with most of them has some thousands.
     */
    MAX_INTERFACES = 1 << 20,
    NANOSECONDS = 1000000000,
};
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

/* A whole block in the window. */
struct block {
    const uint8_t *bytes;
    uint32_t type;
    uint32_t total; /* octets, both lengths included; a multiple of 4 */
};

static enum capture_status cut_short(struct capture *capture)
{
    return capture_damaged(capture, g_strdup(_("the file is cut short in the middle of a block")));
}

static enum capture_status need_inside_block(struct capture *capture, size_t need)
{
    enum capture_status status = capture_need(capture, need);
    return status == CAPTURE_END ? cut_short(capture) : status;
}

static uint64_t power(uint64_t base, unsigned exponent)
{
    uint64_t result = 1;
    while (exponent--)
        result *= base;
    return result;
}

/* if_tsresol: "If the Most Significant Bit is equal to zero, the remaining bits indicate the
 * resolution [...] as a negative power of 10 [...] equal to one, [...] as a negative power of 2". 0
 * where a second has more units than 64 bits hold. */
static uint64_t units_per_second(uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;
    if (resolution & 0x80)
        return exponent < 64 ? (uint64_t)1 << exponent : 0;
    return exponent < 20 ? power(10, exponent) : 0;
}

static bool finer_than_microseconds(const struct capture_interface *interface)
{
    return interface->units == 0 || interface->units > 1u << 20;
}

static int64_t packet_time(const struct capture_interface *interface, uint64_t stamp)
{
    uint64_t units = interface->units;
    if (units == 0)
        return TCPRST_TIME_UNKNOWN;
    uint64_t seconds = stamp / units, fraction = stamp % units, nanoseconds;
    if (units <= NANOSECONDS && NANOSECONDS % units == 0)
        nanoseconds = fraction * (NANOSECONDS / units);
    else if (units <= UINT64_MAX / NANOSECONDS)
        nanoseconds = fraction * NANOSECONDS / units;
    else if (interface->resolution &
             0x80) /* 2^-35 and finer: the upper 32 bits of the fraction are enough */
        nanoseconds = ((fraction >> ((interface->resolution & 0x7f) - 32)) * NANOSECONDS) >> 32;
    else
        nanoseconds = fraction / (units / NANOSECONDS);
    if (seconds > INT64_MAX / 2)
        return TCPRST_TIME_UNKNOWN;
    return capture_time((int64_t)seconds + interface->offset, nanoseconds);
}

bool capture_next_option(struct capture_options *rest, struct capture_option *option)
{
    if (rest->end - rest->at < 4)
        return false;
    memcpy(&option->code, rest->at, 2);
    memcpy(&option->length, rest->at + 2, 2);
    if (rest->swapped) {
        option->code = GUINT16_SWAP_LE_BE(option->code);
        option->length = GUINT16_SWAP_LE_BE(option->length);
    }
    uint32_t padded = (option->length + 3u) & ~3u;
    if (option->code == OPTION_END || padded > (uint32_t)(rest->end - rest->at - 4))
        return false;
    option->value = rest->at + 4;
    rest->at += 4 + padded;
    return true;
}

uint32_t capture_option_u32(const struct capture_options *of, const struct capture_option *option)
{
    uint32_t value = 0;
    if (option->length == sizeof value)
        memcpy(&value, option->value, sizeof value);
    return of->swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

/* Of the options in [option, end) the value of the first of that code; NULL: there is none. */
static const uint8_t *find_option(const struct capture *capture, const uint8_t *option,
                                  const uint8_t *end, uint16_t code, uint16_t *length)
{
    while (end - option >= 4) {
        uint16_t here = capture_u16(capture, option);
        *length = capture_u16(capture, option + 2);
        uint32_t padded = (*length + 3u) & ~3u;
        if (here == 0 || padded > (uint32_t)(end - option - 4))
            break;
        if (here == code)
            return option + 4;
        option += 4 + padded;
    }
    return NULL;
}

static void take_option(const struct capture *capture, struct capture_interface *interface,
                        const uint8_t *option, uint16_t length)
{
    const uint8_t *value = option + 4;
    switch (capture_u16(capture, option)) {
    case OPTION_TIME_RESOLUTION:
        if (length >= 1)
            interface->resolution = value[0];
        break;
    case OPTION_FCS_LENGTH:
        if (length >= 1 && value[0] <= 16)
            interface->fcs_octets = (int8_t)value[0];
        break;
    case OPTION_TIME_OFFSET:
        if (length == 8) {
            uint64_t offset;
            memcpy(&offset, value, sizeof offset);
            offset = capture->swapped ? GUINT64_SWAP_LE_BE(offset) : offset;
            /* Beyond 2^40 seconds (35,000 years) no sum with a time makes sense. */
            if ((int64_t)offset < (int64_t)1 << 40 && (int64_t)offset > -((int64_t)1 << 40))
                interface->offset = (int64_t)offset;
        }
        break;
    default:
        break;
    }
}

static enum capture_status take_interface(struct capture *capture, const struct block *block)
{
    if (block->total < INTERFACE_MIN)
        return capture_damaged(capture, g_strdup(_("an interface description block is too short")));
    if (capture->interfaces->len >= MAX_INTERFACES)
        return capture_damaged(
            capture, g_strdup_printf(_("a section with more than %d interfaces"), MAX_INTERFACES));
    struct capture_interface interface = {
        .link_type = capture_u16(capture, block->bytes + 8),
        .fcs_octets = -1,
        .resolution = 6,
        .snapshot_length = capture_u32(capture, block->bytes + 12),
    };
    const uint8_t *option = block->bytes + 16, *end = block->bytes + block->total - 4;
    while (end - option >= 4) {
        uint16_t code = capture_u16(capture, option), length = capture_u16(capture, option + 2);
        uint32_t padded = (length + 3u) & ~3u;
        if (code == 0 || padded > (uint32_t)(end - option - 4))
            break;
        take_option(capture, &interface, option, length);
        option += 4 + padded;
    }
    interface.units = units_per_second(interface.resolution);
    if (finer_than_microseconds(&interface))
        capture->time_digits = 9;
    g_array_append_val(capture->interfaces, interface);
    return CAPTURE_PACKET;
}

static const struct capture_interface *interface_at(struct capture *capture, uint32_t index)
{
    if (index < capture->interfaces->len)
        return &g_array_index(capture->interfaces, struct capture_interface, index);
    capture_damaged(capture, g_strdup_printf(_("the packet names interface %u of %u"), index,
                                             capture->interfaces->len));
    return NULL;
}

static void number_packet(struct capture *capture, const struct capture_interface *interface,
                          struct packet *packet)
{
    capture->packets++;
    packet->number = ++capture->number;
    packet->link_type = interface->link_type;
    packet->fcs_octets = interface->fcs_octets;
    packet->note = NULL;
    packet->options = (struct capture_options){0};
    if (packet->length < packet->captured)
        packet->length = packet->captured;
}

static enum capture_status bad_length(struct capture *capture, uint32_t captured)
{
    return capture_damaged(
        capture,
        g_strdup_printf(_("the packet's captured length, %u bytes, cannot be right"), captured));
}

/* In an extract each packet says which it was in the original; they stand in that order. */
static void take_original_number(struct capture *capture, const struct block *block,
                                 struct packet *packet)
{
    const uint8_t *options = packet->bytes + ((packet->captured + 3u) & ~3u);
    uint16_t length = 0;
    const uint8_t *id =
        find_option(capture, options, block->bytes + block->total - 4, OPTION_PACKET_ID, &length);
    uint64_t number;
    if (!id || length != sizeof number)
        return;
    memcpy(&number, id, sizeof number);
    number = capture->swapped ? GUINT64_SWAP_LE_BE(number) : number;
    if (number >= packet->number && number <= CAPTURE_LARGEST_NUMBER)
        packet->number = capture->number = number;
}

/* Who sent or received it on the capturing host, where the tool that captured wrote that. */
static void take_note(struct capture *capture, struct packet *packet)
{
    enum { INBOUND = 1, OUTBOUND = 2, WAY = 3 };
    enum capture_direction direction = CAPTURE_WAY_UNKNOWN;
    struct capture_options rest = packet->options;
    struct capture_option option;
    uint16_t any;
    if (!find_option(capture, rest.at, rest.end, OPTION_COMMENT, &any))
        return;
    capture_note_begin(capture->notes);
    while (capture_next_option(&rest, &option)) {
        if (option.code == OPTION_COMMENT)
            capture_note_comment(capture->notes, option.value, option.length);
        if (option.code == OPTION_PACKET_FLAGS && option.length == 4) {
            uint32_t way = capture_option_u32(&rest, &option) & WAY;
            direction = way == INBOUND    ? CAPTURE_INBOUND
                        : way == OUTBOUND ? CAPTURE_OUTBOUND
                                          : CAPTURE_WAY_UNKNOWN;
        }
    }
    packet->note = capture_note_end(capture->notes, direction);
}

/* Enhanced and obsolete packet blocks: the same but for how the interface is written. */
static enum capture_status take_packet(struct capture *capture, const struct block *block,
                                       struct packet *packet)
{
    const uint8_t *p = block->bytes;
    if (block->total < ENHANCED_HEADER + 4)
        return capture_damaged(capture, g_strdup(_("a packet block is too short")));
    packet->interface =
        block->type == BLOCK_PACKET ? capture_u16(capture, p + 8) : capture_u32(capture, p + 8);
    const struct capture_interface *interface = interface_at(capture, packet->interface);
    if (!interface)
        return CAPTURE_DAMAGED;
    uint64_t stamp = (uint64_t)capture_u32(capture, p + 12) << 32 | capture_u32(capture, p + 16);
    packet->time = packet_time(interface, stamp);
    packet->captured = capture_u32(capture, p + 20);
    packet->length = capture_u32(capture, p + 24);
    packet->bytes = p + ENHANCED_HEADER;
    if (packet->captured > block->total - ENHANCED_HEADER - 4 ||
        packet->captured > capture_max_packet(interface->link_type))
        return bad_length(capture, packet->captured);
    number_packet(capture, interface, packet);
    if (capture->extract && block->type == BLOCK_ENHANCED_PACKET &&
        packet->captured <= block->total - ENHANCED_HEADER - 8)
        take_original_number(capture, block, packet);
    if (block->type == BLOCK_ENHANCED_PACKET &&
        block->total - ENHANCED_HEADER - 4 - packet->captured >= NOTE_LEAST)
        packet->options =
            (struct capture_options){packet->bytes + ((packet->captured + 3u) & ~3u),
                                     block->bytes + block->total - 4, capture->swapped};
    if (capture->notes && packet->options.at)
        take_note(capture, packet);
    return CAPTURE_PACKET;
}

static enum capture_status take_simple_packet(struct capture *capture, const struct block *block,
                                              struct packet *packet)
{
    if (block->total < SIMPLE_HEADER + 4)
        return capture_damaged(capture, g_strdup(_("a packet block is too short")));
    const struct capture_interface *interface = interface_at(capture, 0);
    if (!interface)
        return CAPTURE_DAMAGED;
    packet->interface = 0;
    packet->time = TCPRST_TIME_UNKNOWN;
    packet->length = packet->captured = capture_u32(capture, block->bytes + 8);
    /* "The captured length is the smaller of the original length and the interface's SnapLen"; 0:
     * no limit. */
    if (interface->snapshot_length && packet->captured > interface->snapshot_length)
        packet->captured = interface->snapshot_length;
    packet->bytes = block->bytes + SIMPLE_HEADER;
    if (packet->captured > block->total - SIMPLE_HEADER - 4 ||
        packet->captured > capture_max_packet(interface->link_type))
        return bad_length(capture, packet->captured);
    number_packet(capture, interface, packet);
    return CAPTURE_PACKET;
}

/* Records that Wireshark lists as frames although no network packet is in them. */
static enum capture_status take_record(struct capture *capture, struct packet *packet)
{
    capture->packets++;
    *packet = (struct packet){
        .time = TCPRST_TIME_UNKNOWN,
        .number = ++capture->number,
        .link_type = CAPTURE_NO_LINK_TYPE,
        .bytes = capture->source.data,
    };
    return CAPTURE_PACKET;
}

static void count_unknown(struct capture *capture, uint32_t type)
{
    enum { NAME_RESOLUTION = 4, STATISTICS = 5, DECRYPTION_SECRETS = 10 };
    if (type == NAME_RESOLUTION || type == STATISTICS || type == DECRYPTION_SECRETS)
        return;
    capture->unknown_blocks++;
}

static enum capture_status take_section(struct capture *capture, const struct block *block)
{
    const uint8_t *p = block->bytes;
    if (block->total < SECTION_MIN)
        return capture_damaged(capture, g_strdup(_("a section header block is too short")));
    unsigned major = capture_u16(capture, p + 12), minor = capture_u16(capture, p + 14);
    /* "minor: 0 [or] 2", which changed nothing that a reader sees */
    if (major != 1 || (minor != 0 && minor != 2))
        return capture_damaged(
            capture, g_strdup_printf(_("pcapng version %u.%u is not known"), major, minor));
    g_array_set_size(capture->interfaces, 0);
    capture->sections++;
    capture->is_capture = true;
    uint16_t length = 0;
    const uint8_t *application = find_option(capture, p + SECTION_MIN - 4, p + block->total - 4,
                                             OPTION_APPLICATION, &length);
    capture->extract = application && length == strlen(CAPTURE_EXTRACT) &&
                       memcmp(application, CAPTURE_EXTRACT, length) == 0;
    return CAPTURE_PACKET;
}

/* A section header says in which octet order it and what follows is written. */
static enum capture_status take_byte_order(struct capture *capture)
{
    enum capture_status status = need_inside_block(capture, BLOCK_FRAME);
    if (status != CAPTURE_PACKET)
        return status;
    uint32_t magic;
    memcpy(&magic, capture->source.data + BLOCK_HEADER, sizeof magic);
    if (magic != BYTE_ORDER_MAGIC && magic != GUINT32_SWAP_LE_BE(BYTE_ORDER_MAGIC))
        return capture_damaged(capture,
                               g_strdup(_("a section header block without a byte-order magic")));
    capture->swapped = magic != BYTE_ORDER_MAGIC;
    return CAPTURE_PACKET;
}

/* Octets that a block of that type has at most; of one that nobody decodes anything goes. */
static uint32_t largest(uint32_t type, bool *decoded)
{
    *decoded = true;
    switch (type) {
    case BLOCK_SECTION:
    case BLOCK_INTERFACE:
        return MAX_BLOCK;
    case BLOCK_ENHANCED_PACKET:
    case BLOCK_PACKET:
    case BLOCK_SIMPLE_PACKET:
        return MAX_PACKET_BLOCK;
    default:
        *decoded = false;
        return UINT32_MAX - 3;
    }
}

/* Lets what nobody decodes pass, however large, without keeping it; the length at its end must be
 * the one at its beginning. */
static enum capture_status pass(struct capture *capture)
{
    enum { END = 4 };
    struct source *source = &capture->source;
    while (capture->passing > END) {
        enum capture_status status = need_inside_block(capture, 1);
        if (status != CAPTURE_PACKET)
            return status;
        uint32_t count = (uint32_t)MIN(source->size, capture->passing - END);
        if (capture->on_passed)
            capture->on_passed(capture->on_block_user, source->data, count);
        source_take(source, count);
        capture->passing -= count;
    }
    enum capture_status status = need_inside_block(capture, END);
    if (status != CAPTURE_PACKET)
        return status;
    uint32_t total = capture->passing_total, again = capture_u32(capture, source->data);
    if (again != total)
        return capture_damaged(
            capture, g_strdup_printf(_("a block's two lengths differ: %u and %u"), total, again));
    if (capture->on_passed)
        capture->on_passed(capture->on_block_user, source->data, END);
    source_take(source, END);
    capture->passing = 0;
    return CAPTURE_PACKET;
}

/* The next block as a whole; it stays in the window until it is taken. Of one that nobody decodes
 * only its header. */
static enum capture_status next_block(struct capture *capture, struct block *block)
{
    enum capture_status status = capture_need(capture, BLOCK_HEADER);
    if (status == CAPTURE_END && capture->source.size > 0)
        return cut_short(capture);
    if (status != CAPTURE_PACKET)
        return status;
    uint32_t type;
    memcpy(&type, capture->source.data, sizeof type);
    if (type == BLOCK_SECTION) {
        status = take_byte_order(capture);
        if (status != CAPTURE_PACKET)
            return status;
    }
    block->type = capture_u32(capture, capture->source.data);
    uint32_t total = capture_u32(capture, capture->source.data + 4);
    bool decoded = false;
    if (total < BLOCK_FRAME || total > largest(block->type, &decoded))
        return capture_damaged(
            capture, g_strdup_printf(_("a block's length, %u bytes, cannot be right"), total));
    /* "This value MUST be a multiple of 4"; some writers forgot, and padded all the same. */
    block->total = (total + 3) & ~3u;
    capture->passing = decoded ? 0 : block->total;
    capture->passing_total = total;
    capture->passing_type = block->type;
    if (!decoded)
        return CAPTURE_PACKET;
    status = need_inside_block(capture, block->total);
    if (status != CAPTURE_PACKET)
        return status;
    block->bytes = capture->source.data;
    uint32_t again = capture_u32(capture, block->bytes + block->total - 4);
    if (again != total)
        return capture_damaged(
            capture, g_strdup_printf(_("a block's two lengths differ: %u and %u"), total, again));
    return CAPTURE_PACKET;
}

static void show_block(struct capture *capture, const struct block *block, bool is_packet)
{
    if (capture->on_block)
        capture->on_block(capture->on_block_user, capture, block->bytes, block->total, is_packet);
}

static enum capture_status take_block(struct capture *capture, const struct block *block,
                                      struct packet *packet, bool *is_packet)
{
    *is_packet = true;
    switch (block->type) {
    case BLOCK_ENHANCED_PACKET:
    case BLOCK_PACKET:
        return take_packet(capture, block, packet);
    case BLOCK_SIMPLE_PACKET:
        return take_simple_packet(capture, block, packet);
    case BLOCK_JOURNAL:
    case BLOCK_SYSDIG_EVENT:
    case BLOCK_SYSDIG_EVENT_FLAGS:
    case BLOCK_SYSDIG_EVENT_V2:
    case BLOCK_SYSDIG_EVENT_V2_LARGE:
    case BLOCK_SYSDIG_EVENT_FLAGS_V2:
    case BLOCK_SYSDIG_EVENT_FLAGS_V2_LARGE:
    case BLOCK_CUSTOM:
    case BLOCK_CUSTOM_NO_COPY:
        return take_record(capture, packet);
    default:
        break;
    }
    *is_packet = false;
    if (block->type == BLOCK_SECTION)
        return take_section(capture, block);
    if (block->type == BLOCK_INTERFACE)
        return take_interface(capture, block);
    count_unknown(capture, block->type);
    return CAPTURE_PACKET;
}

static enum capture_status next_packet(struct capture *capture, struct packet *packet)
{
    for (;;) {
        struct block block = {0};
        bool is_packet = false;
        enum capture_status status = CAPTURE_PACKET;
        if (!capture->passing)
            status = next_block(capture, &block);
        bool decoded = !capture->passing;
        if (status == CAPTURE_PACKET && !decoded) {
            block.type = capture->passing_type;
            status = pass(capture);
        }
        if (status == CAPTURE_PACKET)
            status = take_block(capture, &block, packet, &is_packet);
        if (status != CAPTURE_PACKET)
            return status;
        if (decoded) {
            show_block(capture, &block, is_packet);
            source_take(&capture->source, block.total);
        }
        if (is_packet)
            return CAPTURE_PACKET;
    }
}

enum capture_status capture_pcapng_open(struct capture *capture)
{
    struct block block = {0};
    enum capture_status status = next_block(capture, &block);
    if (status == CAPTURE_PACKET)
        status = take_section(capture, &block);
    if (status != CAPTURE_PACKET)
        return status;
    capture->format = "pcapng";
    show_block(capture, &block, false);
    source_take(&capture->source, block.total);
    capture->next = next_packet;
    return CAPTURE_PACKET;
}
