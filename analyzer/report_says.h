/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_says.h - what segments carried where one line tells it: the name a TLS client asked for, a
 * TLS alert, an HTTP request's host, a status line. Never a path, another header or a body.
 *
 * Every segment is shown to it; of the few that say something the last ones of each direction are
 * remembered, in memory that does not grow.
 */
#ifndef TCPRST_ANALYZER_REPORT_SAYS_H
#define TCPRST_ANALYZER_REPORT_SAYS_H

#include "tcprst.h"

#include <glib.h>

enum { SAYS_SIZE = 112 };

struct says;
struct says *says_new(void);
void says_free(struct says *says);

void says_note_text(struct says *says, const struct tcprst_segment *segment);

/* Of most segments the first octet shows that they say nothing. */
static inline void says_note(struct says *says, const struct tcprst_segment *segment)
{
    uint32_t header = segment->header_length;
    if (segment->captured < header + 7)
        return;
    uint8_t first = segment->bytes[header];
    if (first == 0x15 || first == 0x16 || (first >= 'A' && first <= 'T'))
        says_note_text(says, segment);
}

/* One line of valid UTF-8, or NULL; valid until the next segment. Ends as captured.
 * The segment that drew the RST: */
const char *says_trigger(const struct says *says, const struct tcprst_verdict *verdict);
/* What the RST's own sender had said last before it: */
const char *says_answer(const struct says *says, const struct tcprst_verdict *verdict);

#endif
