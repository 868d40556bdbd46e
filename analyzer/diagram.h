/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagram.h - the segments that matter around a reset, taken from a second reading of the captures:
 * the opening, the last ones before, those the evidence points to, the reset itself and what
 * followed.
 *
 * Of several places of capture each segment stands once, with the frame that each place has of it.
 */
#ifndef TCPRST_ANALYZER_DIAGRAM_H
#define TCPRST_ANALYZER_DIAGRAM_H

#include "places.h"
#include "report.h"

enum {
    DIAGRAM_LINES = 4, /* places drawn */
    DIAGRAM_OPENING = 4,
    DIAGRAM_BEFORE = 6,
    DIAGRAM_AFTER = 5,
    DIAGRAM_WANTED = 26,
    DIAGRAM_SEGMENTS = 48
};

struct diagram_segment {
    struct tcprst_frame frame; /* of several places, where it was seen first */
    int64_t time;              /* by the first place's clock */
    bool from_source;          /* sent by the RST's source */
    uint16_t flags;
    uint32_t seq, ack; /* relative to the first seen of its end */
    uint32_t length, window;
    uint64_t index;                            /* among the segments of the connection */
    bool is_reset;                             /* the RST the diagram is about */
    uint8_t ttl;                               /* where it was seen first, as is raw */
    uint32_t raw;                              /* its sequence number as captured */
    struct tcprst_frame at[TCPRST_MAX_PLACES]; /* by place; number 0: it was not seen there */
};

struct diagram {
    /* what is wanted */
    struct report_tuple tuple;
    struct tcprst_name names[TCPRST_MAX_PLACES]; /* what else the connection is called */
    size_t name_count;
    uint16_t missing_at; /* the RST, as its verdict says */
    bool between;        /* somebody between the ends sent it */
    struct tcprst_frame reset;
    struct tcprst_frame wanted[DIAGRAM_WANTED]; /* the trigger and what the evidence points to */
    size_t wanted_count;
    /* what was found, in the captures' order */
    struct diagram_segment segments[DIAGRAM_SEGMENTS];
    size_t count;
    int64_t zero;      /* the RST's time */
    uint64_t left_out; /* segments of the connection that are not among them, up to the last one */
    /* Places to be drawn, from the RST's source to its destination; none of one place. */
    uint8_t lines[DIAGRAM_LINES];
    unsigned line_count;
    /* private */
    struct diagram_segment opening[DIAGRAM_OPENING], before[DIAGRAM_BEFORE], kept[DIAGRAM_WANTED],
        after[DIAGRAM_AFTER + 1];
    size_t opening_count, kept_count, after_count;
    uint64_t before_count, seen;
    uint32_t base[2], syn;
    bool base_known[2], opened;
    uint16_t seen_at;
    int nearer[TCPRST_MAX_PLACES]; /* to the RST's source than other places, by so many segments */
};

/* What to look for: the RST of verdict, whose ends as captured are tuple. */
void diagram_start(struct diagram *diagram, const struct tcprst_verdict *verdict,
                   const struct report_tuple *tuple);
/* Reads the captures once more, from an input that was opened for this, and fills the diagrams.
 * places: NULL, or as they were read first. most: segments read the first time, where that was
 * interrupted; else 0. */
void diagram_collect(struct diagram **diagrams, size_t count, struct input *again,
                     struct places *places, uint64_t most);

/* Whether the segment is that frame, at any place. */
bool diagram_shows(const struct diagram_segment *segment, const struct tcprst_frame *frame);

/* From where to where the segment went, in half distances between lines, from its sender (0) to its
 * receiver (2 * line_count + 2): the RST not where its verdict says that it is missing, nor from
 * its sender where somebody else made it. */
struct diagram_way {
    unsigned from, to;
};
struct diagram_way diagram_way(const struct diagram *diagram,
                               const struct diagram_segment *segment);

#endif
