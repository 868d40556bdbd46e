/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_parts.h - the list of captures as the files that read it share it: input.c one after the
 * other, input_survey.c twice, input_merge.c together. Nobody else includes it. */
#ifndef TCPRST_INPUT_PARTS_H
#define TCPRST_INPUT_PARTS_H

#include "input_entry.h"
#include "input_lanes.h"
#include "input_merge.h"

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
    struct lanes lanes; /* that have something to hand out, or have not begun */
    GArray *empty;      /* numbers of those of which nothing is left at hand */
};

/* Reads on in that capture; where it gives no more packets, it is finished. */
enum input_status input_fill(struct input *input, struct entry *entry, struct decoded *decoded);
/* Keeps what is to be said of the capture, and lets it go. */
void input_finish(struct input *input, struct entry *entry);

/* What the capture has grown by since the survey was not looked at: of that nothing is known, and
 * it is taken out of what was read. Of several, one's fragments may end in another: which is then
 * read in another order. */
void input_take_back_new(const struct input *input, struct entry *entry, struct decoded *decoded);

/* Instead of input_read() where captures are merged. */
size_t input_read_merged(struct input *input, struct tcprst_segment *segments, size_t size,
                         enum input_status *status);

#endif
