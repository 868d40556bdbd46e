/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_survey.c - see input_survey.h: all captures are read once to look at them, and then what of
 * them need be read again. */
#include "input_survey.h"

#include "input_parts.h"

enum {
    SURVEYED = 64, /* segments read at once: so few that they stay in the first cache */
    GLANCED = 512, /* likewise in brief */
};

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
    *status = entry_read(entry, input->decoder, input->filter, &decoded);
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
    if (status == INPUT_END)
        entry_finish(entry, input->decoder);
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
        entry_forget(entry);
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

void input_take_back_new(const struct input *input, struct entry *entry, struct decoded *decoded)
{
    uint64_t left = entry->looked - MIN(entry->handed, entry->looked);
    bool all = input->surveyed && (input->merging ? entry->by_itself && input->twin_count == 0
                                                  : input->count == 1 && entry->to_its_end);
    if (!(input->cut || all) || decoded->count <= left)
        return;
    decoded->count = left;
    entry->grown = true;
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
