/* SPDX-License-Identifier: GPL-2.0-or-later */
/* glance.h - the second reading: what is to be done with each segment, as the glance knows it. */
#ifndef TCPRST_CORE_GLANCE_H
#define TCPRST_CORE_GLANCE_H

#include "tcprst/glance.h"

enum glance_use {
    GLANCE_PASS,   /* it says nothing to anybody */
    GLANCE_BEGIN,  /* the same, but that a connection begins: numbers count on */
    GLANCE_OPEN,   /* a SYN or SYN-ACK, which shows something of its host */
    GLANCE_FOLLOW, /* its connection is followed */
};

/* One that is not passed. */
struct glanced {
    enum glance_use use;
    bool begins;     /* a connection, with GLANCE_BEGIN and at times with GLANCE_OPEN */
    int64_t rtt;     /* with GLANCE_OPEN: of its host, -1 unknown */
    int64_t now;     /* the core's clock */
    uint64_t number; /* of the segment, from 1, counted over all that were sifted */
    const struct tcprst_segment *segment; /* as expected: its copy in that row */
};

/* So many are sifted at once at most. */
enum { GLANCE_MOST = 1024 };

/* Says of the next segments, at most GLANCE_MOST, what is to be done with each. Returns copies of
 * those that are not passed, in a row (their octets stay where they are), and in *count how many.
 */
const struct tcprst_segment *glance_sift(struct tcprst_glance *glance,
                                         const struct tcprst_segment *segments, size_t *count);
/* Of those sifted the next one, which is segment; of one that was not, sifted now. NULL: it is
 * passed. */
const struct glanced *glance_next(struct tcprst_glance *glance,
                                  const struct tcprst_segment *segment);
/* The time of the first segment. */
int64_t glance_began(const struct tcprst_glance *glance);
/* All segments sifted; by enum tcprst_ending, the connections that were not followed. */
uint64_t glance_segments(const struct tcprst_glance *glance);
const uint64_t *glance_passed_by(const struct tcprst_glance *glance);

#endif
