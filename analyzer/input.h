/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input.h - named captures in, TCP segments out: the analyzer's reading side as the rest of it sees
 * it.
 *
 *     struct input *input = input_open(&options, &error);      // opens the files, parses nothing
 * yet (give up privileges here) do { n = input_read(input, segments, G_N_ELEMENTS(segments),
 * &status); feed segments[0..n) to the core, in order; if (status == INPUT_PAUSED)
 *             tcprst_silence(core, time since the last segment) and flush;
 *     } while (status == INPUT_MORE || status == INPUT_PAUSED);
 *     for each capture: input_capture(input, i) has what there is to report, damage included
 *     input_close(input);
 *
 * Nothing here prints or ends the process. Not for use by several threads at once.
 */
#ifndef TCPRST_ANALYZER_INPUT_H
#define TCPRST_ANALYZER_INPUT_H

#include "capture.h"
#include "tcprst.h"

#include <signal.h>
#include <stdbool.h>

/* More than TCP headers fit inside one another in a packet. */
enum { INPUT_PACKET_SEGMENTS = 64 };

struct input_options {
    const char *const *names; /* as on the command line; "-" is standard input; copied */
    size_t count;
    bool separate; /* read in the order named; otherwise in the order of the files' first packets */
    const char *filter; /* pcap-filter(7) or NULL */
    int pause_ms;       /* report INPUT_PAUSED when a pipe brought nothing for so long; 0: never */
    const volatile sig_atomic_t
        *interrupted; /* stop soon after this becomes non-zero; may be NULL */
};

enum input_status {
    INPUT_MORE,        /* call again */
    INPUT_PAUSED,      /* a live input is silent: let time pass, then call again */
    INPUT_END,         /* all captures are read, as far as they could be */
    INPUT_INTERRUPTED, /* options.interrupted was set */
};

/* Packets of one link type in one capture. */
struct input_link_type {
    uint16_t number;  /* LINKTYPE_ value of the file, see https://www.tcpdump.org/linktypes.html */
    const char *name; /* "EN10MB", "LINUX_SLL2"; "147" where it has none */
    uint64_t packets;
    bool decoded; /* false: its packets were counted but not looked into */
};

/* What there is to say of one capture. Strings belong to the input and stay valid until it is
 * closed. */
struct input_capture {
    const char *name;        /* as on the command line */
    bool usable;             /* it could be opened and is a capture; false: damage says why not */
    const char *format;      /* "pcap" or "pcapng"; "" while unknown */
    const char *compression; /* "gzip", "zstd", "lz4", "xz", "bzip2" or NULL */
    size_t link_type_count;
    const struct input_link_type *link_types;
    uint64_t packets;   /* read, those a filter refused included */
    uint64_t segments;  /* TCP segments handed out */
    int64_t first_time; /* of the first and last packet with a time, else TCPRST_TIME_UNKNOWN */
    int64_t last_time;
    unsigned time_digits; /* decimals that make sense in its times: 6 or 9 */
    const char
        *damage; /* NULL, or one clause: "cannot open 'x.pcap': ...", "'x.pcap', frame 17: ..." */
    uint64_t
        damage_frame; /* the frame that could not be read any more; 0 where no frame is meant */
    size_t left_out_count;       /* what was read but not understood, a clause each: */
    const char *const *left_out; /* "link type 189 (USB_LINUX): 12 packets not decoded" */
};

struct input;

/*
 * Opens every file and compiles the filter. Captures that cannot be opened are reported by
 * input_capture(). Returns NULL and a message for the user in *error (to be freed with g_free())
 * only where the filter is wrong.
 */
struct input *input_open(const struct input_options *options, char **error);
void input_close(struct input *input);

/*
 * Fills up to size segments and returns how many. They are in capture order, all of one capture
 * but after input_merge() (input_merge.h; frame.capture is its index in options.names), and their
 * bytes are valid until the next call. The cookie is a const struct capture_note *
 * (capture_note.h), valid until input_close(), or NULL. *status says what to do next; segments may
 * come with any status.
 */
size_t input_read(struct input *input, struct tcprst_segment *segments, size_t size,
                  enum input_status *status);

/* Before the first input_read(): whether they are named in the order in which they will be read,
 * and none of them is a pipe. */
bool input_in_order(struct input *input);

/* A packet as it stands in its capture, and what was found in it. */
struct input_packet {
    size_t capture;
    const uint8_t *bytes;
    uint32_t captured, length;
    uint64_t number;
    int64_t time;
    uint32_t interface;
    /* What its section says of its interfaces so far, and how many sections came before. */
    const struct capture_interface *interfaces;
    size_t interface_count;
    uint64_t section;
    struct capture_options options; /* pcapng's, of the packet */
    bool is_record;                 /* it is no packet, though Wireshark counts it */
    bool fragment; /* of an IP packet: what is in it may show only with another one */
    size_t segment_count;
    struct tcprst_segment segments[INPUT_PACKET_SEGMENTS];
};

/* Instead of input_read(): the next packet alone. Returns whether there was one, valid until the
 * next call. */
bool input_packet(struct input *input, struct input_packet *packet, enum input_status *status);

size_t input_count(const struct input *input);
/* What is known so far of the capture of that index in options.names. Valid until the next call for
 * the same input. */
const struct input_capture *input_capture(struct input *input, size_t index);

/* time_digits of input_capture(), without the work for the rest. */
unsigned input_time_digits(const struct input *input, size_t index);

/* Progress in octets of the files as stored (compressed ones too). total is 0 where it is not known
 * (pipes). */
void input_progress(const struct input *input, uint64_t *read, uint64_t *total);

#endif
