/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records.h - the resets of the open capture file: fed to the core as the file is first read,
 * looked up ever after.
 *
 * Wireshark reads a file once in order (each frame "not visited") and then dissects frames again in
 * any order, whenever it draws them. The core is fed on the first reading only. Everything here
 * lives until the file is closed or dissected afresh.
 */
#ifndef TCPRST_PLUGIN_RECORDS_H
#define TCPRST_PLUGIN_RECORDS_H

#include "tcprst.h"
#include "versions.h"

/* One RST of the file. */
struct tcprst_record;

/* max_connections is read whenever a file begins. */
void tcprst_records_register(const unsigned *max_connections);

/* A file begins: it is opened, dissected afresh, or the next one of a capture into several. */
void tcprst_records_begin_file(void);
/* It was read to its end, or a live capture stopped. Wireshark does not say so when tshark reads in
 * one pass. */
void tcprst_records_reading_done(void);
/* It ends, and every record with it. */
void tcprst_records_end_file(void);

/* First reading: gives the segment to the core; nothing is judged that need not be. Returns its
 * record if it is a RST, else NULL. */
struct tcprst_record *tcprst_records_feed(packet_info *pinfo, struct tcprst_segment *segment);

/* Any later dissection: the record that tcprst_records_feed() made for this layer, or NULL. */
struct tcprst_record *tcprst_records_find(const struct tcprst_segment *segment);

/* The record of the frame's innermost RST, or NULL. */
const struct tcprst_record *tcprst_records_of_frame(uint32_t frame);

/* The first and the next of the resets that the segment drew, duplicates of a RST left out; NULL:
 * no more. */
const struct tcprst_record *tcprst_records_drawn_by(const struct tcprst_segment *segment);
const struct tcprst_record *tcprst_record_next_drawn(const struct tcprst_record *record,
                                                     const struct tcprst_segment *segment);

/* The reset that ended the connection that this SYN opened, or NULL; known once the file was read
 * to its end. */
const struct tcprst_record *tcprst_records_reset_of(const struct tcprst_segment *segment);

/* Any later dissection: whether one of the above has something to say of the segment. */
bool tcprst_records_say(const struct tcprst_segment *segment);

uint32_t tcprst_record_frame(const struct tcprst_record *record);

/*
 * The best verdict there is: the final one, or what it would be if the capture ended here.
 * verdict->final is false only while packets still to come may change it. Returns false where there
 * is none, for want of memory.
 */
bool tcprst_record_verdict(const struct tcprst_record *record, struct tcprst_verdict *verdict);

/* What people call a place of capture: the interface, as the file describes it. */
enum { PLACE_NAME_SIZE = 80 };
void tcprst_records_place_name(unsigned place, char *name, size_t size);

/* What the core counted so far. */
void tcprst_records_statistics(struct tcprst_statistics *statistics);

#endif
