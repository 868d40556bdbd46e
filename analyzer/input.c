/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.c - the list of captures: opened, put in order, read one after the other. */
#include "input.h"

#include "input_parts.h"
#include "tcprst/places.h"

static struct decoder *decoder_of(const struct input *input, const struct entry *entry)
{
    return entry->decoder ? entry->decoder : input->decoder;
}

/* One file may hold what several places captured, by clocks that differ. */
static void open_twins(struct input *input, const struct input_options *options)
{
    if (options->count != 1 || options->separate || !input->entries[0].open ||
        input->entries[0].capture.source.live)
        return;
    input->twin_count = TCPRST_MAX_APART - 1;
    input->twins = g_new0(struct entry, input->twin_count);
    for (size_t i = 0; i < input->twin_count; i++)
        entry_open(&input->twins[i], options->names[0], options, input->notes);
}

struct input *input_open(const struct input_options *options, char **error)
{
    struct capture_filter *filter = NULL;
    if (options->filter) {
        size_t count;
        const uint16_t *link_types = decoder_link_types(&count);
        filter = capture_filter_new(options->filter, link_types, count, error);
        if (!filter)
            return NULL;
    }
    struct input *input = g_new0(struct input, 1);
    input->filter = filter;
    input->count = options->count;
    input->separate = options->separate;
    /* Asking for the order of one would only delay its first packet. */
    input->to_peek = options->separate || options->count < 2 ? options->count : 0;
    input->entries = g_new0(struct entry, options->count);
    input->order = g_new0(size_t, options->count);
    input->decoder = decoder_new();
    input->notes = capture_notes_new();
    for (size_t i = 0; i < options->count; i++) {
        input->order[i] = i;
        input->entries[i].index = i;
        entry_open(&input->entries[i], options->names[i], options, input->notes);
    }
    open_twins(input, options);
    return input;
}

void input_close(struct input *input)
{
    if (!input)
        return;
    for (size_t i = 0; i < input->count; i++)
        entry_close(&input->entries[i]);
    for (size_t i = 0; i < input->twin_count; i++)
        entry_close(&input->twins[i]);
    g_free(input->twins);
    lanes_end(&input->lanes);
    if (input->empty)
        g_array_unref(input->empty);
    decoder_free(input->decoder);
    capture_notes_free(input->notes);
    capture_filter_free(input->filter);
    g_free(input->order);
    g_free(input->entries);
    g_free(input);
}

static gint by_first_packet(gconstpointer a, gconstpointer b, gpointer entries)
{
    int64_t first = ((struct entry *)entries)[*(const size_t *)a].first_packet;
    int64_t second = ((struct entry *)entries)[*(const size_t *)b].first_packet;
    return (first > second) - (first < second);
}

/* Reads the first packet of each capture and sorts by their times. Captures without one keep their
 * place at the front. */
static enum input_status put_in_order(struct input *input)
{
    for (; input->to_peek < input->count; input->to_peek++) {
        struct entry *entry = &input->entries[input->to_peek];
        if (!entry->open)
            continue;
        enum capture_status status = capture_next(&entry->capture, &entry->peeked, true);
        if (status == CAPTURE_PAUSED)
            return INPUT_PAUSED;
        if (status == CAPTURE_INTERRUPTED)
            return INPUT_INTERRUPTED;
        if (status == CAPTURE_PACKET)
            entry->first_packet = entry->peeked.time;
        entry->has_peeked = !capture_rewind(&entry->capture) && status == CAPTURE_PACKET;
    }
    g_qsort_with_data(input->order, (gint)input->count, sizeof input->order[0], by_first_packet,
                      input->entries);
    return INPUT_MORE;
}

bool input_in_order(struct input *input)
{
    for (size_t i = 0; i < input->count; i++)
        if (input->entries[i].open && input->entries[i].capture.source.live)
            return false;
    if (input->to_peek < input->count && input->count > 1 && put_in_order(input) != INPUT_MORE)
        return false;
    for (size_t i = 0; i < input->count; i++)
        if (input->order[i] != i)
            return false;
    return true;
}

/* The capture at work, NULL when all are read. */
static struct entry *current_entry(struct input *input, size_t *index)
{
    for (; input->position < input->count; input->position++) {
        *index = input->order[input->position];
        struct entry *entry = &input->entries[*index];
        if (!entry->open)
            continue;
        if (!input->started)
            entry->before = decoder_counts(input->decoder);
        input->started = true;
        return entry;
    }
    return NULL;
}

void input_finish(struct input *input, struct entry *entry)
{
    entry_finish(entry, decoder_of(input, entry));
    capture_close(&entry->capture);
    entry->open = false;
    if (input->merging)
        return;
    input->position++;
    input->started = false;
    if (input->separate) {
        decoder_free(input->decoder);
        input->decoder = decoder_new();
    }
}

enum input_status input_fill(struct input *input, struct entry *entry, struct decoded *decoded)
{
    enum input_status status = entry_read(entry, decoder_of(input, entry), input->filter, decoded);
    if (status != INPUT_END)
        return status;
    input_finish(input, entry);
    return INPUT_MORE;
}

size_t input_read(struct input *input, struct tcprst_segment *segments, size_t size,
                  enum input_status *status)
{
    struct decoded decoded = {segments, size, 0, NULL, NULL};
    size_t index;
    if (input->merging)
        return input_read_merged(input, segments, size, status);
    if (input->to_peek < input->count) {
        *status = put_in_order(input);
        if (*status != INPUT_MORE)
            return 0;
    }
    struct entry *entry = current_entry(input, &index);
    if (!entry) {
        *status = input->cut ? INPUT_INTERRUPTED : INPUT_END;
        return 0;
    }
    decoder_release(input->decoder);
    decoder_take_pending(input->decoder, &decoded);
    if (entry->grown || (input->cut && entry->handed == entry->looked)) {
        input_finish(input, entry);
        *status = INPUT_MORE;
        return 0;
    }
    uint64_t left_out = decoder_left_out(input->decoder);
    *status = input_fill(input, entry, &decoded);
    left_out = decoder_left_out(input->decoder) - left_out;
    entry->facts.segments += left_out;
    entry->handed += left_out;
    input_take_back_new(input, entry, &decoded);
    for (size_t i = 0; i < decoded.count; i++)
        segments[i].frame.capture = (uint32_t)index;
    entry->facts.segments += decoded.count;
    entry->handed += decoded.count;
    return decoded.count;
}

static void describe_packet(struct input_packet *out, const struct capture *capture,
                            const struct packet *packet)
{
    out->bytes = packet->bytes;
    out->captured = packet->captured;
    out->length = packet->length;
    out->number = packet->number;
    out->time = packet->time;
    out->interface = packet->interface;
    out->interfaces = (const void *)capture->interfaces->data;
    out->interface_count = capture->interfaces->len;
    out->section = capture->sections;
    out->options = packet->options;
    out->is_record = packet->link_type == CAPTURE_NO_LINK_TYPE;
}

bool input_packet(struct input *input, struct input_packet *out, enum input_status *status)
{
    struct decoded decoded = {out->segments, INPUT_PACKET_SEGMENTS, 0, NULL, NULL};
    struct packet packet;
    *status = input->to_peek < input->count ? put_in_order(input) : INPUT_MORE;
    struct entry *entry = *status == INPUT_MORE ? current_entry(input, &out->capture) : NULL;
    if (!entry) {
        *status = *status == INPUT_MORE ? INPUT_END : *status;
        return false;
    }
    decoder_release(input->decoder);
    switch (entry_next(entry, &packet, true)) {
    case CAPTURE_PACKET:
        break;
    case CAPTURE_PAUSED:
        *status = INPUT_PAUSED;
        return false;
    case CAPTURE_INTERRUPTED:
        *status = INPUT_INTERRUPTED;
        return false;
    case CAPTURE_MORE:
        return false;
    case CAPTURE_END:
    case CAPTURE_DAMAGED:
        input_finish(input, entry);
        return false;
    }
    uint64_t fragments = decoder_counts(input->decoder).fragments;
    entry_take(entry, input->decoder, input->filter, &packet, &decoded);
    describe_packet(out, &entry->capture, &packet);
    out->fragment = decoder_counts(input->decoder).fragments > fragments;
    out->segment_count = decoded.count;
    entry->facts.segments += decoded.count;
    return true;
}

size_t input_count(const struct input *input)
{
    return input->count;
}

const struct input_capture *input_capture(struct input *input, size_t index)
{
    struct entry *entry = &input->entries[index];
    if (input->merging ? entry->open && entry->lane_begun
                       : input->started && input->order[input->position] == index)
        entry_note(entry, decoder_of(input, entry));
    return entry_facts(entry);
}

unsigned input_time_digits(const struct input *input, size_t index)
{
    const struct entry *entry = &input->entries[index];
    return entry->open ? entry->capture.time_digits : entry->facts.time_digits;
}

void input_progress(const struct input *input, uint64_t *read, uint64_t *total)
{
    bool known = true;
    *read = *total = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct entry *entry = &input->entries[i];
        *read += entry->open ? entry->capture.source.read : entry->octets;
        *total += entry->total;
        known = known && (!entry->capture.source.live || !entry->open);
    }
    if (!known)
        *total = 0;
    *read += input->surveyed ? *total : 0;
    *total *= input->surveying || input->surveyed ? 2 : 1;
}
