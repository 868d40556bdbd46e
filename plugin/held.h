/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held.h - the segments of a file, kept until it was read to its end: only then it is known whether
 * its interfaces are places of one traffic.
 *
 * A segment takes some 90 octets, which is a part of what Wireshark itself keeps of its packet.
 */
#ifndef TCPRST_PLUGIN_HELD_H
#define TCPRST_PLUGIN_HELD_H

#include "tcprst.h"

struct tcprst_held;
struct tcprst_held *tcprst_held_new(void);
void tcprst_held_free(struct tcprst_held *held); /* NULL is fine */

/* Takes a copy of what the core looks at. False: no memory. */
bool tcprst_held_add(struct tcprst_held *held, const struct tcprst_segment *segment);
uint64_t tcprst_held_count(const struct tcprst_held *held);

/* How far somebody has read what is held; all 0: read from the beginning. */
struct tcprst_held_cursor {
    const struct held_chunk *chunk;
    size_t read; /* octets of it */
};
/* The next segment, whose octets stay where they are as long as held does. False: no more. */
bool tcprst_held_next(const struct tcprst_held *held, struct tcprst_held_cursor *cursor,
                      struct tcprst_segment *segment);
/* Where the next that is added will be. */
struct tcprst_held_cursor tcprst_held_end(const struct tcprst_held *held);

#endif
