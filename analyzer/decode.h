/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode.h - the octets of a packet to the TCP segments in it, by the rules Wireshark follows. */
#ifndef TCPRST_ANALYZER_DECODE_H
#define TCPRST_ANALYZER_DECODE_H

#include "capture.h"
#include "tcprst.h"
#include "tcprst/glance.h"

struct decoder;

/* Where segments go. What finds no room is kept by the decoder for decoder_take_pending(). */
struct decoded {
    struct tcprst_segment *segments;
    size_t size, count;
    /* Not NULL: they go there, in brief, and for that glance. */
    struct tcprst_brief *briefs;
    const struct tcprst_glance *glance;
};

/* What was met and could not be used. */
struct decoder_counts {
    uint64_t bad_tcp;       /* TCP headers that say nothing: cut off or impossible */
    uint64_t too_deep;      /* packets with more headers inside one another than are followed */
    uint64_t fragments;     /* IP fragments, whatever became of them */
    uint64_t fragments_cut; /* IP fragments not wholly captured, which cannot be put together */
    uint64_t fragments_incomplete; /* IP fragments whose packet is not (or never became) complete */
    uint64_t fragments_given_up;   /* of these: let go because too many others wait */
    uint64_t fragments_waiting;    /* of these: kept for those that may yet come */
};

struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);

/* The LINKTYPE_ values that are looked into. */
const uint16_t *decoder_link_types(size_t *count);
/* Whether packets of that LINKTYPE_ are looked into. */
bool decoder_knows(uint16_t link_type);

/* Adds the TCP segments of that packet, outermost layer first. frame.capture
 * is 0, cookie the packet's note. Their bytes are those of the packet, or (reassembled ones) the
 * decoder's until decoder_release(). */
void decode_packet(struct decoder *decoder, const struct packet *packet, struct decoded *decoded);
/* The same of each of a row. */
void decode_row(struct decoder *decoder, const struct packet_row *row, struct decoded *decoded);
/* Moves segments that found no room; call it until decoded has room left. */
void decoder_take_pending(struct decoder *decoder, struct decoded *decoded);
/* The bytes of all segments handed out are no longer needed. */
void decoder_release(struct decoder *decoder);

/* Which of the segments to come have to be made, as tcprst_glance_telling() says, from the bit next
 * to the one before end; of those that need not, ordinary packets' are left out, and how many is
 * said with the next. telling stays as long as packets come. */
void decoder_leave_out(struct decoder *decoder, const uint64_t *telling, uint64_t next,
                       uint64_t end);
/* Segments left out so far. */
uint64_t decoder_left_out(const struct decoder *decoder);

struct decoder_counts decoder_counts(const struct decoder *decoder);

#endif
