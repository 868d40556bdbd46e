/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input_entry.h - one capture of the list: its packets through a decoder, and what is known of it.
 *
 * Who owns several decides whose turn it is and which decoder takes what is read.
 */
#ifndef TCPRST_INPUT_ENTRY_H
#define TCPRST_INPUT_ENTRY_H

#include "capture.h"
#include "capture_libpcap.h"
#include "decode.h"
#include "input.h"

/* One capture and its facts. */
struct entry {
    struct input_capture facts;
    struct capture capture;
    bool open;
    char *name, *damage;
    char *label;        /* the name as messages say it */
    GArray *link_types; /* struct input_link_type */
    guint *type_at; /* by number, where there are many: index into link_types plus one, 0: none */
    GPtrArray *left_out;   /* char * */
    GStringChunk *numbers; /* the names of link types that have none */
    uint64_t unfiltered;   /* packets the filter makes no sense for */
    uint64_t unknown_blocks;
    uint64_t octets, total;              /* of the file: read, and in all (0: not known) */
    struct decoder_counts before, after; /* of the decoder, when its first and last packet came */

    uint64_t looked, handed; /* segments: what the survey took of it, what was read of it since */
    bool to_its_end;         /* the survey read all of the file */
    bool by_itself;          /* and found in it what is found when it is read alone */
    bool grown;              /* there are more */

    int64_t first_packet; /* its time, for the order */
    struct packet peeked; /* read for the order from something that cannot be rewound */
    bool has_peeked;
    struct packet_row row; /* being decoded */

    /* Of captures read together: what was read of it and not yet handed out. */
    size_t index; /* of the capture */
    struct decoder *decoder;
    struct tcprst_segment *lane;
    size_t lane_count, lane_next;
    bool lane_begun;
};

/* Opens the file; where that fails, open stays false and damage says why. notes outlives it. */
void entry_open(struct entry *entry, const char *name, const struct input_options *options,
                struct capture_notes *notes);
void entry_close(struct entry *entry);

/* The next packet; without may_wait earlier ones stay where they are (capture_next()). */
enum capture_status entry_next(struct entry *entry, struct packet *packet, bool may_wait);
/* Counts it, and decodes it where the filter (NULL: none) lets it pass. */
void entry_take(struct entry *entry, struct decoder *decoder, struct capture_filter *filter,
                const struct packet *packet, struct decoded *decoded);
/* Reads on until decoded is full or nothing more can be had without waiting or moving what was
 * decoded. INPUT_END: no packets are left, and nothing was decoded. */
enum input_status entry_read(struct entry *entry, struct decoder *decoder,
                             struct capture_filter *filter, struct decoded *decoded);

/* Brings the facts up to what was read so far. */
void entry_note(struct entry *entry, struct decoder *decoder);
/* It gives no more packets: the facts as they stay, damage included. */
void entry_finish(struct entry *entry, struct decoder *decoder);
/* As if just opened, to be read again. */
void entry_forget(struct entry *entry);
/* The facts with their lists, valid until the next call for that entry. */
const struct input_capture *entry_facts(struct entry *entry);

#endif
