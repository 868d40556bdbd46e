/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture_note.h - what a capture tool wrote beside a packet of who sent or received it on its own
 * host: process, container, pod, as ptcpdump does in pcapng packet comments, a line a name:
 *
 *     PID: 13626 / Cmd: /usr/bin/wget / ContainerName: test / PodName: test / PodNamespace: default
 *
 * Arguments, labels and other comments are left where they are. Each is kept once, in bounded
 * memory, until capture_notes_free().
 */
#ifndef TCPRST_ANALYZER_CAPTURE_NOTE_H
#define TCPRST_ANALYZER_CAPTURE_NOTE_H

#include <glib.h>
#include <stdint.h>

enum { CAPTURE_NOTE_SIZE = 256 };

enum capture_direction { CAPTURE_WAY_UNKNOWN, CAPTURE_INBOUND, CAPTURE_OUTBOUND };

struct capture_note {
    enum capture_direction direction; /* of its packet, at the capturing host */
    char text[CAPTURE_NOTE_SIZE];     /* one line of valid UTF-8, not escaped */
};

struct capture_notes;
struct capture_notes *capture_notes_new(void);
void capture_notes_free(struct capture_notes *notes);

/* One packet: begin, each of its comments (not terminated, any octets), end. NULL: it has none of
 * that kind, or there are too many different ones. */
void capture_note_begin(struct capture_notes *notes);
void capture_note_comment(struct capture_notes *notes, const uint8_t *comment, size_t length);
const struct capture_note *capture_note_end(struct capture_notes *notes,
                                            enum capture_direction direction);

#endif
