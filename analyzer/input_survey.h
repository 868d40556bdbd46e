/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input_survey.h - captures read twice: once to look at them, and then without what nobody needs to
 * see again.
 *
 *     input_survey(input, &survey);               // before the first input_read()
 *     input_leave_out(input, ...);                // what was found to tell nothing
 *     input_read() as ever
 */
#ifndef TCPRST_INPUT_SURVEY_H
#define TCPRST_INPUT_SURVEY_H

#include "input.h"
#include "tcprst/glance.h"

/* Who looks on while captures are read for the first time; each returns false to stop. */
struct input_survey {
    bool (*take)(void *user, const struct tcprst_segment *segments, size_t count);
    /* May be NULL, and return NULL: then take is called. Else the next segments are shown to the
     * other in brief, for that glance. */
    const struct tcprst_glance *(*glance)(void *user);
    bool (*take_briefs)(void *user, const struct tcprst_brief *briefs, size_t count);
    void *user;
};

/*
 * Several places of capture (places.h): before the first input_read() all captures may be read once
 * to look at them, where none of them is a pipe; then they are read again from their beginnings.
 * Segments are shown as input_read() gives them. Returns false where there is a pipe, or where it
 * was interrupted.
 */
bool input_survey(struct input *input, const struct input_survey *survey);

/* After input_survey(): which of the segments need be read again, as decoder_leave_out(): after
 * input_merge() of that capture, else of all as they follow each other. telling stays as long as
 * it is read. Returns false where all come nevertheless, perhaps in another order. */
bool input_leave_out(struct input *input, size_t capture, const uint64_t *telling, uint64_t next,
                     uint64_t end);

/* During input_survey(): whether the capture at work is quickly read again: not compressed, and
 * what is in it is no more than what there is to do with it. */
bool input_is_light(const struct input *input);
/* Interfaces that the capture at work, during input_survey(), has described so far. */
size_t input_interfaces(const struct input *input);

#endif
