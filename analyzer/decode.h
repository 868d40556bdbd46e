/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode.h - the octets of a packet to the TCP segments in it, by the rules Wireshark follows. */
#ifndef TCPRST_ANALYZER_DECODE_H
#define TCPRST_ANALYZER_DECODE_H

#include "capture.h"
#include "tcprst.h"

struct decoder;

/* Where segments go. What finds no room is kept by the decoder for decoder_take_pending(). */
struct decoded {
    struct tcprst_segment *segments;
    size_t size, count;
};

/* What was met and could not be used, since the last decoder_reset(). */
struct decoder_counts {
    uint64_t bad_tcp;            /* TCP headers that say nothing: cut off or impossible */
    uint64_t fragments;          /* IP fragments whose packet was never complete */
    uint64_t fragments_given_up; /* of these: let go for want of room */
    uint64_t too_deep;           /* packets with more layers inside one another than are followed */
};

struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);
/* Forgets fragments and counts: a new stream begins. */
void decoder_reset(struct decoder *decoder);

/* Whether packets of that LINKTYPE_ are looked into. */
bool decoder_knows(uint16_t link_type);

/* Adds the TCP segments of packet, outermost layer first. frame.capture and cookie are 0. Their
 * bytes are those of the packet, or (reassembled ones) the decoder's until decoder_release(). */
void decode_packet(struct decoder *decoder, const struct packet *packet, struct decoded *decoded);
/* Moves segments that found no room; call it until decoded has room left. */
void decoder_take_pending(struct decoder *decoder, struct decoded *decoded);
/* The bytes of all segments handed out are no longer needed. */
void decoder_release(struct decoder *decoder);

const struct decoder_counts *decoder_counts(const struct decoder *decoder);

#endif
