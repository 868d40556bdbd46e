/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue.h - segments on their way to the core, some at a time.
 *
 * Between two segments Wireshark dissects a packet, with more code and data than a processor holds
 * near: what the core needs would have to be fetched anew for each. So they wait, and are fed in a
 * row. Who asks the core something has fed before what waits, and sees no difference.
 */
#ifndef TCPRST_PLUGIN_QUEUE_H
#define TCPRST_PLUGIN_QUEUE_H

#include "tcprst.h"

struct tcprst_queue;

/* Before that core, which must outlive it. */
struct tcprst_queue *tcprst_queue_new(struct tcprst *core);
/* What waits is not fed any more. NULL is fine. */
void tcprst_queue_free(struct tcprst_queue *queue);

/* Takes a copy of the segment and its octets. reset (may be NULL): where a RST's serial number
 * goes, once it is fed. */
void tcprst_queue_add(struct tcprst_queue *queue, const struct tcprst_segment *segment,
                      uint64_t *reset);
/* Feeds what waits. Verdicts that become final by that are handed out. */
void tcprst_queue_flush(struct tcprst_queue *queue);

#endif
