/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input_lanes.h - which of many lanes comes next: a heap by time, of the same time the first lane.
 */
#ifndef TCPRST_INPUT_LANES_H
#define TCPRST_INPUT_LANES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct lane {
    int64_t time;
    size_t number;
};

struct lanes {
    GArray *heap; /* of struct lane */
};

void lanes_begin(struct lanes *lanes);
void lanes_end(struct lanes *lanes);
/* A lane that is not among them. */
void lanes_add(struct lanes *lanes, size_t number, int64_t time);
/* The next one, and until when it stays that; false: there is none. */
bool lanes_next(const struct lanes *lanes, size_t *number, int64_t *until);
/* The next one has that time now. */
void lanes_move(struct lanes *lanes, int64_t time);
/* The next one leaves. */
void lanes_drop(struct lanes *lanes);

#endif
