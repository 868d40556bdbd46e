/* SPDX-License-Identifier: GPL-2.0-or-later */
/* queue.c - see queue.h. */
#include "queue.h"
#include "versions.h"

#include <string.h>

/* Enough that fetching once pays, and no more than stays near while it waits. */
enum { SEGMENTS = 128, OCTETS = 64 * 1024 };

struct tcprst_queue {
    struct tcprst *core;
    size_t count, used; /* segments and octets that wait */
    struct tcprst_segment segments[SEGMENTS];
    uint64_t *resets[SEGMENTS];
    uint8_t octets[OCTETS];
};

struct tcprst_queue *tcprst_queue_new(struct tcprst *core)
{
    struct tcprst_queue *queue = g_new(struct tcprst_queue, 1);
    queue->core = core;
    queue->count = queue->used = 0;
    return queue;
}

void tcprst_queue_free(struct tcprst_queue *queue)
{
    g_free(queue);
}

void tcprst_queue_flush(struct tcprst_queue *queue)
{
    size_t count = queue->count;
    queue->count = queue->used = 0;
    tcprst_expect(queue->core, queue->segments, count);
    for (size_t i = 0; i < count; i++)
        tcprst_feed(queue->core, &queue->segments[i], queue->resets[i]);
}

void tcprst_queue_add(struct tcprst_queue *queue, const struct tcprst_segment *segment,
                      uint64_t *reset)
{
    if (queue->count == SEGMENTS || segment->captured > OCTETS - queue->used)
        tcprst_queue_flush(queue);
    if (segment->captured > OCTETS) {
        tcprst_feed(queue->core, segment, reset);
        return;
    }
    struct tcprst_segment *copy = &queue->segments[queue->count];
    *copy = *segment;
    copy->bytes = (uint8_t *)memcpy(queue->octets + queue->used, segment->bytes, segment->captured);
    queue->used += segment->captured;
    queue->resets[queue->count++] = reset;
}
