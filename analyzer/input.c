/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.c - the list of captures: opened, put in order, read one after the other, and what is known
 * of each. */
#include "input.h"

#include "capture.h"
#include "decode.h"

#include <errno.h>
#include <string.h>

/* One capture and its facts. */
struct entry {
    struct input_capture facts;
    struct capture capture;
    GArray *link_types;  /* struct input_link_type */
    GPtrArray *left_out; /* char * */
    char *name, *damage;
    bool open;
    bool over; /* its last status was how; it is let go once its segments are used */
    enum capture_status how;
    int64_t first_packet; /* for the order */
    bool looked_at;
};

struct input {
    struct entry *entries;
    size_t count;
    size_t *order; /* indexes of entries, as they are read */
    size_t position;
    bool separate, ordered;
    uint64_t finished_octets; /* of captures already closed */
    struct decoder *decoder;
    const volatile sig_atomic_t *interrupted;
};

static void damaged(struct entry *entry, uint64_t frame, char *words)
{
    g_free(entry->damage);
    entry->damage = words;
    entry->facts.damage = words;
    entry->facts.damage_frame = frame;
}

static void open_entry(struct entry *entry, const char *name, const struct input_options *options)
{
    entry->name = g_strdup(name);
    entry->facts.name = entry->name;
    entry->facts.format = "";
    entry->facts.first_time = entry->facts.last_time = TCPRST_TIME_UNKNOWN;
    entry->facts.time_digits = 6;
    entry->link_types = g_array_new(FALSE, TRUE, sizeof(struct input_link_type));
    entry->left_out = g_ptr_array_new_with_free_func(g_free);
    struct source *source = &entry->capture.source;
    entry->open = source_open(source, name);
    if (!entry->open) {
        damaged(entry, 0, g_strdup_printf("cannot open '%s': %s", name, source->error));
        return;
    }
    source->pause_ms = options->pause_ms;
    source->interrupted = options->interrupted;
    capture_start(&entry->capture);
}

struct input *input_open(const struct input_options *options, char **error)
{
    (void)error;
    struct input *input = g_new0(struct input, 1);
    input->count = options->count;
    input->separate = options->separate;
    input->interrupted = options->interrupted;
    input->entries = g_new0(struct entry, options->count);
    input->order = g_new0(size_t, options->count);
    input->decoder = decoder_new();
    for (size_t i = 0; i < options->count; i++) {
        input->order[i] = i;
        open_entry(&input->entries[i], options->names[i], options);
    }
    return input;
}

void input_close(struct input *input)
{
    if (!input)
        return;
    for (size_t i = 0; i < input->count; i++) {
        struct entry *entry = &input->entries[i];
        capture_close(&entry->capture);
        g_array_unref(entry->link_types);
        g_ptr_array_unref(entry->left_out);
        g_free(entry->name);
        g_free(entry->damage);
    }
    decoder_free(input->decoder);
    g_free(input->order);
    g_free(input->entries);
    g_free(input);
}

static void count_link_type(struct entry *entry, uint16_t number)
{
    GArray *types = entry->link_types;
    for (guint i = 0; i < types->len; i++) {
        struct input_link_type *type = &g_array_index(types, struct input_link_type, i);
        if (type->number == number) {
            type->packets++;
            return;
        }
    }
    struct input_link_type type = {
        .number = number, .name = "", .packets = 1, .decoded = decoder_knows(number)};
    g_array_append_val(types, type);
}

static void count_packet(struct entry *entry, const struct packet *packet)
{
    entry->facts.packets++;
    if (packet->time != TCPRST_TIME_UNKNOWN) {
        if (entry->facts.first_time == TCPRST_TIME_UNKNOWN)
            entry->facts.first_time = packet->time;
        entry->facts.last_time = packet->time;
    }
    count_link_type(entry, packet->link_type);
}

/* The capture gives no more packets: says why and lets it go. */
static void finish_entry(struct input *input, struct entry *entry, enum capture_status status)
{
    struct capture *capture = &entry->capture;
    if (status == CAPTURE_DAMAGED) {
        if (!capture->is_capture)
            damaged(entry, 0, g_strdup_printf("'%s': %s", entry->name, capture->error));
        else
            damaged(entry, capture->packets + 1,
                    g_strdup_printf("'%s', frame %" G_GUINT64_FORMAT ": %s", entry->name,
                                    capture->packets + 1, capture->error));
    }
    input->finished_octets += capture->source.read;
    capture_close(capture);
    entry->open = false;
    input->position++;
}

static void copy_facts(struct entry *entry)
{
    const struct capture *capture = &entry->capture;
    if (entry->open) {
        entry->facts.usable = capture->is_capture;
        entry->facts.format = capture->format;
        entry->facts.compression = capture->source.compression;
        entry->facts.time_digits = capture->time_digits;
    }
    entry->facts.link_types = (const void *)entry->link_types->data;
    entry->facts.link_type_count = entry->link_types->len;
    entry->facts.left_out = (const char *const *)entry->left_out->pdata;
    entry->facts.left_out_count = entry->left_out->len;
}

static bool next_entry(struct input *input, struct entry **entry, size_t *index)
{
    while (input->position < input->count) {
        *index = input->order[input->position];
        *entry = &input->entries[*index];
        if ((*entry)->open)
            return true;
        input->position++;
    }
    return false;
}

size_t input_read(struct input *input, struct tcprst_segment *segments, size_t size,
                  enum input_status *status)
{
    struct decoded decoded = {segments, size, 0};
    struct entry *entry;
    size_t index;
    *status = INPUT_MORE;
    decoder_release(input->decoder);
    if (!next_entry(input, &entry, &index)) {
        *status = INPUT_END;
        return 0;
    }
    decoder_take_pending(input->decoder, &decoded);
    while (decoded.count < size) {
        struct packet packet;
        enum capture_status result =
            entry->over ? entry->how : capture_next(&entry->capture, &packet, decoded.count == 0);
        if (result == CAPTURE_MORE)
            break;
        if (result == CAPTURE_PACKET) {
            count_packet(entry, &packet);
            decode_packet(input->decoder, &packet, &decoded);
            continue;
        }
        if (result == CAPTURE_PAUSED)
            *status = INPUT_PAUSED;
        else if (result == CAPTURE_INTERRUPTED)
            *status = INPUT_INTERRUPTED;
        else if (decoded.count) {
            /* The segments' bytes are still in the capture's window: it goes with the next call. */
            entry->over = true;
            entry->how = result;
        } else {
            copy_facts(entry);
            finish_entry(input, entry, result);
        }
        break;
    }
    for (size_t i = 0; i < decoded.count; i++)
        segments[i].frame.capture = (uint32_t)index;
    entry->facts.segments += decoded.count;
    return decoded.count;
}

size_t input_count(const struct input *input)
{
    return input->count;
}

const struct input_capture *input_capture(struct input *input, size_t index)
{
    copy_facts(&input->entries[index]);
    return &input->entries[index].facts;
}

void input_progress(const struct input *input, uint64_t *read, uint64_t *total)
{
    *read = input->finished_octets;
    *total = 0;
    for (size_t i = 0; i < input->count; i++)
        if (input->entries[i].open)
            *read += input->entries[i].capture.source.read;
}
