/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.c - the list of captures: opened, put in order, read one after the other, and what is known
 * of each. */
#include "input.h"

#include "capture.h"
#include "capture_libpcap.h"
#include "decode.h"
#include "input_lanes.h"
#include "tcprst/places.h"
#include "translate.h"

#include <string.h>

enum {
    LANE = 256,          /* segments read of a capture at once, where several are read together */
    SURVEYED = 64,       /* likewise by the survey: so few that they stay in the first cache */
    GLANCED = 512,       /* likewise in brief */
    FEW_LINK_TYPES = 16, /* are found by looking at each, and named each where not decoded */
};

/* One capture and its facts. */
struct entry {
    struct input_capture facts;
    struct capture capture;
    bool open;
    char *name, *damage;
    char *label;        /* the name as messages say it */
    GArray *link_types; /* struct input_link_type */
    guint *type_at; /* by number, where there are many: index into link_types plus one, 0: none */
    GPtrArray *left_out;   /* char * */
    GStringChunk *numbers; /* the names of link types that have none */
    uint64_t unfiltered;   /* packets the filter makes no sense for */
    uint64_t unknown_blocks;
    uint64_t octets, total;              /* of the file: read, and in all (0: not known) */
    struct decoder_counts before, after; /* of the decoder, when its first and last packet came */

    uint64_t looked, handed; /* segments: what the survey took of it, what was read of it since */
    bool to_its_end;         /* the survey read all of the file */
    bool by_itself;          /* and found in it what is found when it is read alone */
    bool grown;              /* there are more */

    int64_t first_packet; /* its time, for the order */
    struct packet peeked; /* read for the order from something that cannot be rewound */
    bool has_peeked;

    /* Of captures read together: what was read of it and not yet handed out. */
    size_t index; /* of the capture */
    struct decoder *decoder;
    struct tcprst_segment *lane;
    size_t lane_count, lane_next;
    bool lane_begun;
};

struct input {
    struct entry *entries;
    size_t count;
    size_t *order;   /* indexes of entries, as they are read */
    size_t position; /* in order: the capture at work */
    size_t to_peek;  /* entries whose first packet is not yet known, from here; count: the order is
                        final */
    bool separate, started;
    struct capture_notes *notes; /* of all captures */
    struct decoder *decoder;
    struct capture_filter *filter;
    struct entry *twins; /* the one capture opened again, to read its parts apart */
    size_t twin_count;
    bool surveying, surveyed, merging; /* surveyed: whole */
    bool cut; /* the survey was interrupted: what it had come to is all that is read */
    struct input_order merge;
    struct lanes lanes;    /* that have something to hand out, or have not begun */
    GArray *empty;         /* numbers of those of which nothing is left at hand */
    struct packet_row row; /* being decoded */
};

static void set_damage(struct entry *entry, uint64_t frame, char *words)
{
    g_free(entry->damage);
    entry->damage = words;
    entry->facts.damage = words;
    entry->facts.damage_frame = frame;
}

static void open_entry(struct entry *entry, const char *name, const struct input_options *options,
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

/* One file may hold what several places captured, by clocks that differ. */
static void open_twins(struct input *input, const struct input_options *options)
{
    if (options->count != 1 || options->separate || !input->entries[0].open ||
        input->entries[0].capture.source.live)
        return;
    input->twin_count = TCPRST_MAX_APART - 1;
    input->twins = g_new0(struct entry, input->twin_count);
    for (size_t i = 0; i < input->twin_count; i++)
        open_entry(&input->twins[i], options->names[0], options, input->notes);
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
        open_entry(&input->entries[i], options->names[i], options, input->notes);
    }
    open_twins(input, options);
    return input;
}

static void close_entry(struct entry *entry)
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

void input_close(struct input *input)
{
    if (!input)
        return;
    for (size_t i = 0; i < input->count; i++)
        close_entry(&input->entries[i]);
    for (size_t i = 0; i < input->twin_count; i++)
        close_entry(&input->twins[i]);
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

static struct decoder *decoder_of(const struct input *input, const struct entry *entry)
{
    return entry->decoder ? entry->decoder : input->decoder;
}

static void take_packet(struct input *input, struct entry *entry, const struct packet *packet,
                        struct decoded *decoded)
{
    count_packets(entry, packet->link_type, 1, packet->time, packet->time);
    if (input->filter && packet->link_type != CAPTURE_NO_LINK_TYPE) {
        bool usable;
        bool passes = capture_filter_match(input->filter, packet, &usable);
        if (!usable)
            entry->unfiltered++;
        if (!passes)
            return;
    }
    decode_packet(decoder_of(input, entry), packet, decoded);
}

/* What is known of a capture while it is open. */
static void note_progress(struct input *input, struct entry *entry)
{
    const struct capture *capture = &entry->capture;
    entry->facts.usable = capture->is_capture;
    entry->facts.format = capture->format;
    entry->facts.compression = capture->source.compression;
    entry->facts.time_digits = capture->time_digits;
    entry->unknown_blocks = capture->unknown_blocks;
    entry->octets = capture->source.read;
    entry->after = decoder_counts(decoder_of(input, entry));
}

/* The capture gives no more packets: keeps what is to be said of it and lets it go. */
static void finish_entry(struct input *input, struct entry *entry)
{
    struct capture *capture = &entry->capture;
    note_progress(input, entry);
    if (capture->error && capture->is_capture) {
        uint64_t frame = capture->packets + 1;
        set_damage(entry, frame,
                   g_strdup_printf(_("%s, frame %llu: %s"), entry->label, (unsigned long long)frame,
                                   capture->error));
    } else if (capture->error) {
        set_damage(entry, 0, g_strdup_printf(_("%s: %s"), entry->label, capture->error));
    }
    if (input->surveying)
        return;
    capture_close(capture);
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

static enum capture_status next_packet(struct entry *entry, struct packet *packet, bool may_wait)
{
    if (G_UNLIKELY(entry->has_peeked)) {
        entry->has_peeked = false;
        *packet = entry->peeked;
        return CAPTURE_PACKET;
    }
    return capture_next(&entry->capture, packet, may_wait);
}

/* Nearly all packets of nearly all files. */
static bool take_at_hand(struct input *input, struct entry *entry, struct decoded *decoded)
{
    struct packet_row *row = &input->row;
    if (input->filter || entry->has_peeked ||
        !capture_at_hand(&entry->capture, row, decoded->size - decoded->count))
        return false;
    count_packets(entry, row->link_type, row->count, row->packets[0].time,
                  row->packets[row->count - 1].time);
    decode_row(decoder_of(input, entry), row, decoded);
    return true;
}

static enum input_status fill(struct input *input, struct entry *entry, struct decoded *decoded)
{
    struct packet packet;
    while (decoded->count < decoded->size) {
        if (take_at_hand(input, entry, decoded))
            continue;
        /* Segments handed out point into the window: it may only move when there are none. */
        switch (next_packet(entry, &packet, decoded->count == 0)) {
        case CAPTURE_PACKET:
            take_packet(input, entry, &packet, decoded);
            break;
        case CAPTURE_MORE:
            return INPUT_MORE;
        case CAPTURE_PAUSED:
            return INPUT_PAUSED;
        case CAPTURE_INTERRUPTED:
            return INPUT_INTERRUPTED;
        case CAPTURE_END:
        case CAPTURE_DAMAGED:
            if (decoded->count == 0) {
                finish_entry(input, entry);
                return input->surveying ? INPUT_END : INPUT_MORE;
            }
            return INPUT_MORE;
        }
    }
    return INPUT_MORE;
}

/* ---- reading twice ---- */

static void forget_entry(struct entry *entry)
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

/* Reads on, and shows what comes. Returns false where it was stopped. */
static bool survey_more(struct input *input, struct entry *entry, const struct input_survey *survey,
                        enum input_status *status)
{
    static struct tcprst_segment segments[SURVEYED];
    static struct tcprst_brief briefs[GLANCED];
    const struct tcprst_glance *glance = survey->glance ? survey->glance(survey->user) : NULL;
    struct decoded decoded = {segments, SURVEYED, 0, NULL, NULL};
    if (glance)
        decoded = (struct decoded){NULL, GLANCED, 0, briefs, glance};
    decoder_release(input->decoder);
    decoder_take_pending(input->decoder, &decoded);
    *status = fill(input, entry, &decoded);
    entry->looked += decoded.count;
    if (decoded.count == 0)
        return true;
    if (glance)
        return survey->take_briefs(survey->user, briefs, decoded.count);
    for (size_t i = 0; i < decoded.count; i++)
        segments[i].frame.capture = (uint32_t)entry->index;
    return survey->take(survey->user, segments, decoded.count);
}

/* Returns false where it was stopped. */
static bool survey_entry(struct input *input, struct entry *entry,
                         const struct input_survey *survey)
{
    enum input_status status = INPUT_MORE;
    bool go_on = true;
    /* What was begun before may end here. */
    entry->by_itself = !decoder_counts(input->decoder).fragments_waiting;
    while (go_on && status == INPUT_MORE)
        go_on = survey_more(input, entry, survey, &status);
    input->cut = status == INPUT_INTERRUPTED;
    entry->to_its_end = entry->octets >= entry->total;
    return go_on && status == INPUT_END;
}

bool input_survey(struct input *input, const struct input_survey *survey)
{
    bool whole = true;
    for (size_t i = 0; i < input->count; i++)
        if (input->entries[i].open && !capture_rewind(&input->entries[i].capture))
            return false;
    input->surveying = true;
    for (input->position = 0; whole && input->position < input->count; input->position++) {
        struct entry *entry = &input->entries[input->position];
        if (!entry->open)
            continue;
        whole = survey_entry(input, entry, survey);
        forget_entry(entry);
    }
    input->position = 0;
    input->surveying = false;
    input->surveyed = whole;
    for (size_t i = 0; input->cut && i < input->count; i++)
        input->entries[i].capture.source.interrupted = NULL;
    decoder_free(input->decoder);
    input->decoder = decoder_new();
    return whole;
}

bool input_leave_out(struct input *input, size_t capture, const uint64_t *telling, uint64_t next,
                     uint64_t end)
{
    struct entry *entry = &input->entries[capture];
    if (!input->merging) {
        decoder_leave_out(input->decoder, telling, next, end);
        return true;
    }
    if (!entry->by_itself)
        return false;
    entry->decoder = decoder_new();
    decoder_leave_out(entry->decoder, telling, next, end);
    return true;
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

bool input_is_light(const struct input *input)
{
    enum { OCTETS = 256, FEW = 1 << 20 }; /* a packet; may be read ahead */
    const struct entry *entry = &input->entries[input->position];
    const struct source *source = &entry->capture.source;
    return !source->compression && source->read <= FEW + entry->facts.packets * OCTETS;
}

size_t input_interfaces(const struct input *input)
{
    const struct entry *entry = &input->entries[input->position];
    return entry->open && entry->capture.interfaces ? entry->capture.interfaces->len : 0;
}

/* ---- reading together ---- */

static struct entry *lane_at(struct input *input, size_t i)
{
    return i < input->count ? &input->entries[i] : &input->twins[i - input->count];
}

static int64_t lane_time(struct input *input, struct entry *entry)
{
    if (!entry->lane_begun)
        return input->merge.begins(input->merge.user, entry->index);
    const struct tcprst_segment *s = &entry->lane[entry->lane_next];
    if (s->time == TCPRST_TIME_UNKNOWN)
        return INT64_MIN;
    return s->time - input->merge.ahead(input->merge.user, s);
}

void input_merge(struct input *input, const struct input_order *order)
{
    input->merging = true;
    input->to_peek = input->count;
    input->merge = *order;
    size_t needed = order->apart < 2 ? 0 : order->apart - 1;
    while (input->twin_count > needed) /* the others are read by nobody */
        close_entry(&input->twins[--input->twin_count]);
    lanes_begin(&input->lanes);
    input->empty = g_array_new(FALSE, FALSE, sizeof(size_t));
    for (size_t i = 0; i < input->count + input->twin_count; i++)
        if (lane_at(input, i)->open)
            lanes_add(&input->lanes, i, lane_time(input, lane_at(input, i)));
}

/* Of a capture whose parts are read apart, each lane keeps its own. */
static void keep_part(struct input *input, struct entry *entry, size_t lane)
{
    size_t kept = 0;
    if (input->twin_count == 0)
        return;
    for (size_t i = 0; i < entry->lane_count; i++)
        if (input->merge.part(input->merge.user, &entry->lane[i]) == lane)
            entry->lane[kept++] = entry->lane[i];
    entry->lane_count = kept;
}

/* What the capture has grown by since the survey was not looked at: of that nothing is known. Of
 * several, one's fragments may end in another: which is then read in another order. */
static void take_back_new(const struct input *input, struct entry *entry, struct decoded *decoded)
{
    uint64_t left = entry->looked - MIN(entry->handed, entry->looked);
    bool all = input->surveyed && (input->merging ? entry->by_itself && input->twin_count == 0
                                                  : input->count == 1 && entry->to_its_end);
    if (!(input->cut || all) || decoded->count <= left)
        return;
    decoded->count = left;
    entry->grown = true;
}

/* Reads on until there is a segment to hand out, or the capture has none any more. */
static enum input_status fill_lane(struct input *input, size_t lane)
{
    struct entry *entry = lane_at(input, lane);
    enum input_status status = INPUT_MORE;
    if (!entry->lane_begun) {
        entry->lane_begun = true;
        entry->lane = g_new(struct tcprst_segment, LANE);
        if (!entry->decoder)
            entry->decoder = decoder_new();
    }
    entry->lane_next = entry->lane_count = 0;
    while (entry->open && entry->lane_count == 0 && status == INPUT_MORE) {
        struct decoded decoded = {entry->lane, LANE, 0, NULL, NULL};
        decoder_release(entry->decoder);
        decoder_take_pending(entry->decoder, &decoded);
        uint64_t left_out = decoder_left_out(entry->decoder);
        status = fill(input, entry, &decoded);
        left_out = decoder_left_out(entry->decoder) - left_out;
        entry->handed += left_out;
        take_back_new(input, entry, &decoded);
        entry->handed += decoded.count;
        entry->lane_count = decoded.count;
        for (size_t i = 0; i < decoded.count; i++)
            entry->lane[i].frame.capture = (uint32_t)entry->index;
        keep_part(input, entry, lane);
        input->entries[entry->index].facts.segments += entry->lane_count + left_out;
        if (entry->grown && entry->open)
            finish_entry(input, entry);
    }
    return status;
}

/* Reads on where nothing is left of it to hand out; returns what to do next. */
static enum input_status refill(struct input *input, size_t lane)
{
    enum input_status status = fill_lane(input, lane);
    struct entry *entry = lane_at(input, lane);
    if (entry->lane_count)
        lanes_add(&input->lanes, lane, lane_time(input, entry));
    else if (entry->open)
        g_array_append_val(input->empty, lane);
    return status;
}

/* Fills the lanes that are empty: the segments handed out before are no longer needed. */
static enum input_status fill_lanes(struct input *input)
{
    enum input_status status = INPUT_MORE;
    for (guint left = input->empty->len; left > 0 && status != INPUT_INTERRUPTED; left--) {
        size_t lane = g_array_index(input->empty, size_t, 0);
        g_array_remove_index(input->empty, 0);
        status = refill(input, lane);
    }
    return status == INPUT_INTERRUPTED ? status : INPUT_MORE;
}

/* From the lane that comes next, until another one does. */
static size_t take_from(struct input *input, struct entry *entry, int64_t until,
                        struct tcprst_segment *segments, size_t size)
{
    size_t count = 0;
    do
        segments[count++] = entry->lane[entry->lane_next++];
    while (count < size && entry->lane_next < entry->lane_count &&
           lane_time(input, entry) <= until);
    return count;
}

static size_t read_merged(struct input *input, struct tcprst_segment *segments, size_t size,
                          enum input_status *status)
{
    size_t count = 0, lane;
    int64_t until;
    *status = fill_lanes(input);
    while (*status == INPUT_MORE && count < size) {
        if (!lanes_next(&input->lanes, &lane, &until)) {
            *status = count ? INPUT_MORE : INPUT_END;
            break;
        }
        struct entry *entry = lane_at(input, lane);
        if (!entry->lane_begun) {
            lanes_drop(&input->lanes);
            *status = refill(input, lane);
            continue;
        }
        count += take_from(input, entry, until, segments + count, size - count);
        if (entry->lane_next == entry->lane_count) {
            lanes_drop(&input->lanes);
            if (entry->open)
                g_array_append_val(input->empty, lane);
            break;
        }
        lanes_move(&input->lanes, lane_time(input, entry));
    }
    return count;
}

size_t input_read(struct input *input, struct tcprst_segment *segments, size_t size,
                  enum input_status *status)
{
    struct decoded decoded = {segments, size, 0, NULL, NULL};
    size_t index;
    if (input->merging)
        return read_merged(input, segments, size, status);
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
        finish_entry(input, entry);
        *status = INPUT_MORE;
        return 0;
    }
    uint64_t left_out = decoder_left_out(input->decoder);
    *status = fill(input, entry, &decoded);
    left_out = decoder_left_out(input->decoder) - left_out;
    entry->facts.segments += left_out;
    entry->handed += left_out;
    take_back_new(input, entry, &decoded);
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
    switch (next_packet(entry, &packet, true)) {
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
        finish_entry(input, entry);
        return false;
    }
    uint64_t fragments = decoder_counts(input->decoder).fragments;
    take_packet(input, entry, &packet, &decoded);
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

const struct input_capture *input_capture(struct input *input, size_t index)
{
    struct entry *entry = &input->entries[index];
    if (input->merging ? entry->open && entry->lane_begun
                       : input->started && input->order[input->position] == index)
        note_progress(input, entry);
    describe_left_out(entry);
    entry->facts.link_types = (const void *)entry->link_types->data;
    entry->facts.link_type_count = entry->link_types->len;
    entry->facts.left_out = (const char *const *)entry->left_out->pdata;
    entry->facts.left_out_count = entry->left_out->len;
    return &entry->facts;
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
