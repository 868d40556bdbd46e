/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcprst.c - the handle: segments in, connections updated, verdicts out when final. */
#include "tcprst.h"

#include <stdlib.h>
#include <string.h>

struct tcprst {
    struct tcprst_options options;
    struct tcprst_statistics statistics;
};

struct tcprst *tcprst_new(const struct tcprst_options *options)
{
    struct tcprst *core = calloc(1, sizeof *core);
    if (core)
        core->options = *options;
    return core;
}

void tcprst_free(struct tcprst *core)
{
    free(core);
}

bool tcprst_feed(struct tcprst *core, const struct tcprst_segment *segment, uint64_t *reset)
{
    core->statistics.segments++;
    if (!(segment->flags & TCPRST_RST))
        return false;
    if (reset)
        *reset = core->statistics.resets;
    struct tcprst_verdict v = {.reset = core->statistics.resets++,
                               .cookie = segment->cookie,
                               .frame = segment->frame,
                               .layer = segment->layer,
                               .ip_version = segment->ip_version,
                               .time = segment->time,
                               .source_port = segment->source_port,
                               .destination_port = segment->destination_port,
                               .flags = segment->flags,
                               .seq = segment->seq,
                               .ack = segment->ack,
                               .final = true,
                               .cause = TCPRST_CAUSE_UNCLASSIFIED,
                               .strength = TCPRST_STRENGTH_POSSIBLE,
                               .event = segment->frame,
                               .idle = -1,
                               .risk_from_sender = -1,
                               .risk_to_sender = -1,
                               .unread_possible = -1};
    memcpy(v.source, segment->source, sizeof v.source);
    memcpy(v.destination, segment->destination, sizeof v.destination);
    if (core->options.on_verdict)
        core->options.on_verdict(core->options.user, &v);
    return true;
}

void tcprst_advance(struct tcprst *core, int64_t now)
{
    (void)core, (void)now;
}

void tcprst_finish(struct tcprst *core)
{
    (void)core;
}

bool tcprst_peek(struct tcprst *core, uint64_t reset, struct tcprst_verdict *verdict)
{
    (void)core, (void)reset, (void)verdict;
    return false;
}

size_t tcprst_findings(struct tcprst *core, struct tcprst_finding *findings, size_t size)
{
    (void)core, (void)findings, (void)size;
    return 0;
}

void tcprst_statistics(const struct tcprst *core, struct tcprst_statistics *statistics)
{
    *statistics = core->statistics;
}
