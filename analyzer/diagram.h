/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagram.h - the segments that matter around a reset, taken from a second reading of the captures:
 * the opening, the last ones before, those the evidence points to, the reset itself and what
 * followed.
 */
#ifndef TCPRST_ANALYZER_DIAGRAM_H
#define TCPRST_ANALYZER_DIAGRAM_H

#include "report.h"

enum {
    DIAGRAM_OPENING = 4,
    DIAGRAM_BEFORE = 6,
    DIAGRAM_AFTER = 5,
    DIAGRAM_WANTED = 26,
    DIAGRAM_SEGMENTS = 48
};

struct diagram_segment {
    struct tcprst_frame frame;
    int64_t time;
    bool from_source; /* sent by the RST's source */
    uint16_t flags;
    uint32_t seq, ack; /* relative to the first seen of its end */
    uint32_t length, window;
    uint64_t index; /* among the segments of the connection */
    bool is_reset;  /* the RST the diagram is about */
};

struct diagram {
    /* what is wanted */
    struct report_tuple tuple;
    struct tcprst_frame reset;
    struct tcprst_frame wanted[DIAGRAM_WANTED]; /* the trigger and what the evidence points to */
    size_t wanted_count;
    /* what was found, in the captures' order */
    struct diagram_segment segments[DIAGRAM_SEGMENTS];
    size_t count;
    uint64_t left_out; /* segments of the connection that are not among them, up to the last one */
    /* private */
    struct diagram_segment opening[DIAGRAM_OPENING], before[DIAGRAM_BEFORE], kept[DIAGRAM_WANTED],
        after[DIAGRAM_AFTER + 1];
    size_t opening_count, kept_count, after_count;
    uint64_t before_count, seen;
    uint32_t base[2], syn;
    bool base_known[2], opened;
};

/* What to look for: the RST of verdict, whose ends as captured are tuple. */
void diagram_start(struct diagram *diagram, const struct tcprst_verdict *verdict,
                   const struct report_tuple *tuple);
/* Reads the captures once more, from an input that was opened for this, and fills the diagrams.
 * most: segments read the first time, where that was interrupted; else 0. */
void diagram_collect(struct diagram **diagrams, size_t count, struct input *again, uint64_t most);

#endif
