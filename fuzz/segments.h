/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * segments.h - TCP segments of a few connections as octets that a fuzzer can change without losing
 * their sense: sequence numbers are written as differences from what was sent before, times as
 * differences from the segment before.
 */
#ifndef TCPRST_FUZZ_SEGMENTS_H
#define TCPRST_FUZZ_SEGMENTS_H

#include "tcprst.h"

enum {
    SEGMENTS_CONNECTIONS = 4,
    SEGMENTS_OPTIONS = 40, /* most octets of options */
    SEGMENTS_TEXT = 64,    /* most octets of text that are written */
    SEGMENTS_RECORD = 22,
    SEGMENTS_RECORD_MOST = SEGMENTS_RECORD + SEGMENTS_OPTIONS + SEGMENTS_TEXT,
};

/* SND.NXT of both ends of each connection, and the time. Starts as zeros; the reader and the writer
 * keep it alike. */
struct segments_state {
    uint32_t next[SEGMENTS_CONNECTIONS][2];
    int64_t time;
    uint64_t frame;
};

/* What a record says: a segment, or that the time passes. */
enum segments_record { SEGMENTS_SEGMENT, SEGMENTS_PAUSE, SEGMENTS_NONE };

/*
 * Takes one record off *data. For SEGMENTS_SEGMENT segment is filled, its octets are in bytes. What
 * is there need not be a record: everything means something.
 */
enum segments_record segments_read(struct segments_state *state, const uint8_t **data, size_t *size,
                                   struct tcprst_segment *segment,
                                   uint8_t bytes[20 + SEGMENTS_OPTIONS + SEGMENTS_TEXT]);

/* Writes segment as a record of that connection and direction (0: from the client). Returns its
 * length. */
size_t segments_write(struct segments_state *state, const struct tcprst_segment *segment,
                      unsigned connection_and_direction, uint8_t record[SEGMENTS_RECORD_MOST]);

#endif
