/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_says.h - what segments carried where one line tells it: the name a TLS client asked for, a
 * TLS alert, an HTTP request's host, a status line. Never a path, another header or a body.
 *
 * Besides, what the tool that captured noted of the process, container and pod (capture_note.h).
 *
 * Every segment is shown to it; of the few that say something the last ones of each direction are
 * remembered, in memory that does not grow.
 */
#ifndef TCPRST_ANALYZER_REPORT_SAYS_H
#define TCPRST_ANALYZER_REPORT_SAYS_H

#include "capture_note.h"
#include "tcprst.h"
#include "tcprst/order.h"

#include <glib.h>

enum { SAYS_SIZE = 112, SAYS_PROCESS_SIZE = CAPTURE_NOTE_SIZE + 24 };

struct says;
struct says *says_new(void);
void says_free(struct says *says);

void says_note_text(struct says *says, const struct tcprst_segment *segment,
                    const struct tcprst_order *order);

void says_note_process(struct says *says, const struct tcprst_segment *segment);

/* Of most segments the first octet shows that they say nothing. order: that the segment has gone
 * through, or NULL. */
static inline void says_note(struct says *says, const struct tcprst_segment *segment,
                             const struct tcprst_order *order)
{
    uint32_t header = segment->header_length;
    if (G_UNLIKELY(segment->cookie != NULL))
        says_note_process(says, segment);
    if (segment->captured < header + 7)
        return;
    uint8_t first = segment->bytes[header];
    if (first == 0x15 || first == 0x16 || (first >= 'A' && first <= 'T'))
        says_note_text(says, segment, order);
}

/* One line of valid UTF-8, or NULL; valid until the next segment. Ends as captured.
 * The segment that drew the RST: */
const char *says_trigger(const struct says *says, const struct tcprst_verdict *verdict);
/* What the RST's own sender had said last before it: */
const char *says_answer(const struct says *says, const struct tcprst_verdict *verdict);
/* The process, container and pod at an end, as the tool that captured noted them beside the RST or
 * else another segment of the connection: "at the sender: process 13626 (/usr/bin/wget)". */
const char *says_process(const struct says *says, const struct tcprst_verdict *verdict,
                         char buffer[SAYS_PROCESS_SIZE]);

#endif
