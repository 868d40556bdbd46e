/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learn.h - what segments teach about the hosts they are of, whatever their connections. */
#ifndef TCPRST_LEARN_H
#define TCPRST_LEARN_H

#include "host.h"
#include "reset.h"
#include "thresholds.h"

/* The last RSTs with an IP identification. */
struct trails {
    struct trail {
        int64_t time;
        uint64_t source;
        uint16_t ip_id;
        uint8_t ttl;
    } last[TRAIL];
    unsigned next;
};

/* The same count of identifications, running through RSTs in the names of different hosts, is one
 * device's: then r is told. */
void learn_trail(struct trails *trails, struct reset *r);
/* What this RST adds to the knowledge of its host. */
void learn_reset(struct hosts *hosts, const struct reset *r);
/* An opening segment of end d, e its entry, shows its host's distance, ports and targets. */
void learn_opening(struct hosts *hosts, const struct connection *c, const struct tcprst_segment *s,
                   const struct recent *e, int d);

#endif
