/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_merge.h - several captures, or several places of one, read as one in the order of their
 * aligned times. */
#ifndef TCPRST_INPUT_MERGE_H
#define TCPRST_INPUT_MERGE_H

#include "input.h"

/* How the captures are to be read together, in the order of their aligned times. */
struct input_order {
    /* What is to be taken from the time of that segment, in nanoseconds. */
    int64_t (*ahead)(void *user, const struct tcprst_segment *segment);
    /* The aligned time of the capture's first packet, as the survey had it. */
    int64_t (*begins)(void *user, size_t capture);
    /* The part that a segment is of. */
    unsigned (*part)(void *user, const struct tcprst_segment *segment);
    void *user;
    /* Of one capture: so many parts of it are read apart from one another, for their clocks
     * differ; TCPRST_MAX_APART at most. 0 and 1: it is read as it is. */
    unsigned apart;
};
/* From now on input_read() gives segments of several captures, in that order. Before the first
 * input_read(). */
void input_merge(struct input *input, const struct input_order *order);

#endif
