/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_merge.c - see input_merge.h: each capture, or each place of one, is a lane. */
#include "input_merge.h"

#include "input_parts.h"

enum { LANE = 256 /* segments read of a capture at once */ };

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
        entry_close(&input->twins[--input->twin_count]);
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
        status = input_fill(input, entry, &decoded);
        left_out = decoder_left_out(entry->decoder) - left_out;
        entry->handed += left_out;
        input_take_back_new(input, entry, &decoded);
        entry->handed += decoded.count;
        entry->lane_count = decoded.count;
        for (size_t i = 0; i < decoded.count; i++)
            entry->lane[i].frame.capture = (uint32_t)entry->index;
        keep_part(input, entry, lane);
        input->entries[entry->index].facts.segments += entry->lane_count + left_out;
        if (entry->grown && entry->open)
            input_finish(input, entry);
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

size_t input_read_merged(struct input *input, struct tcprst_segment *segments, size_t size,
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
