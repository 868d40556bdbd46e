/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_entry.c - see input_entry.h. */
#include "input_entry.h"

#include "translate.h"

#include <string.h>

enum { FEW_LINK_TYPES = 16 /* are found by looking at each, and named each where not decoded */ };

static void set_damage(struct entry *entry, uint64_t frame, char *words)
{
    g_free(entry->damage);
    entry->damage = words;
    entry->facts.damage = words;
    entry->facts.damage_frame = frame;
}

void entry_open(struct entry *entry, const char *name, const struct input_options *options,
                struct capture_notes *notes)
{
    entry->name = g_strdup(name);
    entry->label =
        strcmp(name, "-") == 0 ? g_strdup(_("standard input")) : g_strdup_printf("'%s'", name);
    entry->facts = (struct input_capture){
        .name = entry->name,
        .format = "",
        .first_time = TCPRST_TIME_UNKNOWN,
        .last_time = TCPRST_TIME_UNKNOWN,
        .time_digits = 6,
    };
    entry->first_packet = TCPRST_TIME_UNKNOWN;
    entry->link_types = g_array_new(FALSE, TRUE, sizeof(struct input_link_type));
    entry->left_out = g_ptr_array_new_with_free_func(g_free);
    entry->numbers = g_string_chunk_new(64);
    struct source *source = &entry->capture.source;
    entry->open = source_open(source, name);
    if (!entry->open) {
        set_damage(entry, 0, g_strdup_printf(_("cannot open %s: %s"), entry->label, source->error));
        return;
    }
    source->pause_ms = options->pause_ms;
    source->interrupted = options->interrupted;
    entry->total = source->total;
    capture_start(&entry->capture);
    entry->capture.notes = notes;
}

void entry_close(struct entry *entry)
{
    capture_close(&entry->capture);
    g_array_unref(entry->link_types);
    g_ptr_array_unref(entry->left_out);
    g_string_chunk_free(entry->numbers);
    g_free(entry->name);
    g_free(entry->label);
    g_free(entry->type_at);
    g_free(entry->damage);
    if (entry->decoder)
        decoder_free(entry->decoder);
    g_free(entry->lane);
}

/* ---- reading ---- */

static const char *link_type_name(struct entry *entry, uint16_t number)
{
    const char *name = capture_link_type_name(number);
    if (name)
        return name;
    char digits[8];
    g_snprintf(digits, sizeof digits, "%u", number);
    return g_string_chunk_insert(entry->numbers, digits);
}

static struct input_link_type *find_link_type(struct entry *entry, uint16_t number)
{
    GArray *types = entry->link_types;
    for (guint i = 0; i < MIN(types->len, FEW_LINK_TYPES); i++) {
        struct input_link_type *type = &g_array_index(types, struct input_link_type, i);
        if (type->number == number)
            return type;
    }
    if (types->len >= FEW_LINK_TYPES && !entry->type_at)
        entry->type_at = g_new0(guint, UINT16_MAX + 1);
    if (entry->type_at && entry->type_at[number])
        return &g_array_index(types, struct input_link_type, entry->type_at[number] - 1);
    struct input_link_type type = {
        .number = number,
        .decoded = decoder_knows(number),
        .name = number == CAPTURE_NO_LINK_TYPE ? "not a packet" : link_type_name(entry, number)};
    g_array_append_val(types, type);
    if (entry->type_at)
        entry->type_at[number] = types->len;
    return &g_array_index(types, struct input_link_type, types->len - 1);
}

/* Of one link type; the times of the first and the last, which of one alone may not be known. */
static inline void count_packets(struct entry *entry, uint16_t link_type, size_t count,
                                 int64_t first, int64_t last)
{
    struct input_capture *facts = &entry->facts;
    facts->packets += count;
    if (G_LIKELY(first != TCPRST_TIME_UNKNOWN)) {
        if (G_UNLIKELY(facts->first_time == TCPRST_TIME_UNKNOWN))
            facts->first_time = first;
        facts->last_time = last;
    }
    find_link_type(entry, link_type)->packets += count;
}

void entry_take(struct entry *entry, struct decoder *decoder, struct capture_filter *filter,
                const struct packet *packet, struct decoded *decoded)
{
    count_packets(entry, packet->link_type, 1, packet->time, packet->time);
    if (filter && packet->link_type != CAPTURE_NO_LINK_TYPE) {
        bool usable;
        bool passes = capture_filter_match(filter, packet, &usable);
        if (!usable)
            entry->unfiltered++;
        if (!passes)
            return;
    }
    decode_packet(decoder, packet, decoded);
}

enum capture_status entry_next(struct entry *entry, struct packet *packet, bool may_wait)
{
    if (G_UNLIKELY(entry->has_peeked)) {
        entry->has_peeked = false;
        *packet = entry->peeked;
        return CAPTURE_PACKET;
    }
    return capture_next(&entry->capture, packet, may_wait);
}

/* Nearly all packets of nearly all files. */
static bool take_at_hand(struct entry *entry, struct decoder *decoder,
                         const struct capture_filter *filter, struct decoded *decoded)
{
    struct packet_row *row = &entry->row;
    if (filter || entry->has_peeked ||
        !capture_at_hand(&entry->capture, row, decoded->size - decoded->count))
        return false;
    count_packets(entry, row->link_type, row->count, row->packets[0].time,
                  row->packets[row->count - 1].time);
    decode_row(decoder, row, decoded);
    return true;
}

enum input_status entry_read(struct entry *entry, struct decoder *decoder,
                             struct capture_filter *filter, struct decoded *decoded)
{
    struct packet packet;
    while (decoded->count < decoded->size) {
        if (take_at_hand(entry, decoder, filter, decoded))
            continue;
        /* Segments handed out point into the window: it may only move when there are none. */
        switch (entry_next(entry, &packet, decoded->count == 0)) {
        case CAPTURE_PACKET:
            entry_take(entry, decoder, filter, &packet, decoded);
            break;
        case CAPTURE_MORE:
            return INPUT_MORE;
        case CAPTURE_PAUSED:
            return INPUT_PAUSED;
        case CAPTURE_INTERRUPTED:
            return INPUT_INTERRUPTED;
        case CAPTURE_END:
        case CAPTURE_DAMAGED:
            return decoded->count == 0 ? INPUT_END : INPUT_MORE;
        }
    }
    return INPUT_MORE;
}

void entry_note(struct entry *entry, struct decoder *decoder)
{
    const struct capture *capture = &entry->capture;
    entry->facts.usable = capture->is_capture;
    entry->facts.format = capture->format;
    entry->facts.compression = capture->source.compression;
    entry->facts.time_digits = capture->time_digits;
    entry->unknown_blocks = capture->unknown_blocks;
    entry->octets = capture->source.read;
    entry->after = decoder_counts(decoder);
}

void entry_finish(struct entry *entry, struct decoder *decoder)
{
    struct capture *capture = &entry->capture;
    entry_note(entry, decoder);
    if (capture->error && capture->is_capture) {
        uint64_t frame = capture->packets + 1;
        set_damage(entry, frame,
                   g_strdup_printf(_("%s, frame %llu: %s"), entry->label, (unsigned long long)frame,
                                   capture->error));
    } else if (capture->error) {
        set_damage(entry, 0, g_strdup_printf(_("%s: %s"), entry->label, capture->error));
    }
}

void entry_forget(struct entry *entry)
{
    capture_rewind(&entry->capture);
    set_damage(entry, 0, NULL);
    g_array_set_size(entry->link_types, 0);
    g_clear_pointer(&entry->type_at, g_free);
    entry->unfiltered = 0;
    entry->facts.packets = entry->facts.segments = 0;
    entry->facts.first_time = entry->facts.last_time = TCPRST_TIME_UNKNOWN;
    entry->facts.usable = false;
}

/* ---- what is known of it ---- */

static void left_out(struct entry *entry, uint64_t count, const char *what)
{
    if (count)
        g_ptr_array_add(entry->left_out,
                        g_strdup_printf("%s%s%" G_GUINT64_FORMAT, what, _(": "), count));
}

static void describe_undecoded(struct entry *entry, const struct input_link_type *type)
{
    const char *name = capture_link_type_name(type->number);
    g_ptr_array_add(entry->left_out,
                    g_strdup_printf(_("link type %u%s%s%s: %llu packets not decoded"), type->number,
                                    name ? " (" : "", name ? name : "", name ? ")" : "",
                                    (unsigned long long)type->packets));
}

static uint64_t difference(uint64_t after, uint64_t before)
{
    return after > before ? after - before : 0;
}

static void describe_left_out(struct entry *entry)
{
    const struct decoder_counts *before = &entry->before, *after = &entry->after;
    uint64_t other_packets = 0;
    g_ptr_array_set_size(entry->left_out, 0);
    for (guint i = 0; i < entry->link_types->len; i++) {
        const struct input_link_type *type =
            &g_array_index(entry->link_types, struct input_link_type, i);
        if (type->number == CAPTURE_NO_LINK_TYPE)
            left_out(entry, type->packets, _("records that are no packets"));
        else if (!type->decoded && i < FEW_LINK_TYPES)
            describe_undecoded(entry, type);
        else if (!type->decoded)
            other_packets += type->packets;
    }
    left_out(entry, other_packets, _("packets of many more link types not decoded"));
    left_out(entry, entry->unknown_blocks, _("pcapng blocks of unknown types"));
    left_out(entry, entry->unfiltered, _("packets whose link type the filter makes no sense for"));
    left_out(entry, difference(after->bad_tcp, before->bad_tcp),
             _("TCP headers cut off or impossible"));
    left_out(entry, difference(after->too_deep, before->too_deep),
             _("packets with too many headers inside one another"));
    left_out(entry, difference(after->fragments_cut, before->fragments_cut),
             _("IP fragments not wholly captured"));
    left_out(entry, difference(after->fragments_incomplete, before->fragments_incomplete),
             _("IP fragments whose others are missing"));
}

const struct input_capture *entry_facts(struct entry *entry)
{
    describe_left_out(entry);
    entry->facts.link_types = (const void *)entry->link_types->data;
    entry->facts.link_type_count = entry->link_types->len;
    entry->facts.left_out = (const char *const *)entry->left_out->pdata;
    entry->facts.left_out_count = entry->left_out->len;
    return &entry->facts;
}
