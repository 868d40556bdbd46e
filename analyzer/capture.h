/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture.h - one capture file as a sequence of packets, in place in the source's window. */
#ifndef TCPRST_ANALYZER_CAPTURE_H
#define TCPRST_ANALYZER_CAPTURE_H

#include "capture_note.h"
#include "decompress.h"

#include <glib.h>

/* Of records in a capture that are no network packets, but frames to Wireshark. */
enum { CAPTURE_NO_LINK_TYPE = 0xffff };

/* What is left of a pcapng block's options. */
struct capture_options {
    const uint8_t *at, *end;
    bool swapped; /* their octet order is not this machine's */
};

struct capture_option {
    uint16_t code, length;
    const uint8_t *value; /* length octets */
};

/* The next one; false at the end, and where the rest is none. */
bool capture_next_option(struct capture_options *rest, struct capture_option *option);
/* An option's value as a number; 0 where it has not 4 octets. */
uint32_t capture_option_u32(const struct capture_options *of, const struct capture_option *option);

/* One captured packet. */
struct packet {
    const uint8_t *bytes;            /* valid until the next capture_next() */
    uint32_t captured;               /* octets at bytes */
    uint32_t length;                 /* octets as they were on the wire */
    int64_t time;                    /* nanoseconds since the epoch or TCPRST_TIME_UNKNOWN */
    uint64_t number;                 /* frame number, from 1, as Wireshark counts */
    uint32_t interface;              /* index into the capture's interfaces */
    uint16_t link_type;              /* LINKTYPE_ value */
    int8_t fcs_octets;               /* of the frame check sequence at the end, -1 unknown */
    const struct capture_note *note; /* NULL: none */
    struct capture_options options;  /* valid as bytes are */
};

/* Packets that follow one another in one capture, of one interface and with nothing remarkable
 * about them; their times are known. */
enum { PACKETS_IN_ROW = 32 };
struct packet_row {
    size_t count;
    uint64_t number; /* of the first */
    uint16_t link_type;
    int8_t fcs_octets;
    struct in_row {
        const uint8_t *bytes;
        int64_t time;
        uint32_t captured, length;
    } packets[PACKETS_IN_ROW];
};

static inline struct packet packet_of_row(const struct packet_row *row, size_t i)
{
    const struct in_row *in_row = &row->packets[i];
    return (struct packet){.bytes = in_row->bytes,
                           .captured = in_row->captured,
                           .length = in_row->length,
                           .time = in_row->time,
                           .number = row->number + i,
                           .link_type = row->link_type,
                           .fcs_octets = row->fcs_octets};
}

/* What a file says of one place it was captured at. A pcap file has one, a pcapng file a list a
 * section. */
struct capture_interface {
    uint16_t link_type;
    int8_t fcs_octets;
    uint8_t resolution; /* if_tsresol: units a second as 10^-n, or 2^-n with the high bit */
    int64_t offset;     /* if_tsoffset, seconds */
    uint32_t snapshot_length;
    uint64_t units; /* per second, derived from resolution; 0: finer than 64 bits can say */
};

enum capture_status {
    CAPTURE_PACKET, /* one was read; among the readers: go on */
    CAPTURE_MORE, /* nothing can be handed out without moving the window: ask again with may_wait */
    CAPTURE_PAUSED,
    CAPTURE_END,
    CAPTURE_DAMAGED, /* see error; nothing more can be read */
    CAPTURE_INTERRUPTED,
};

struct capture {
    struct source source;
    const char *format;   /* "pcap", "pcapng", "" while unknown */
    char *error;          /* after CAPTURE_DAMAGED: the reason, without file and frame */
    bool is_capture;      /* the file's header was understood */
    unsigned time_digits; /* the finest of its interfaces: 6 or 9 */
    uint64_t packets;     /* so far; */
    uint64_t number;   /* of the last one: as many, but in an extract as it was in its original */
    uint64_t sections; /* pcapng: begun so far */
    uint64_t unknown_blocks; /* pcapng blocks of types that are not known */
    GArray *interfaces;      /* struct capture_interface; of the current section */

    /* May be set after capture_start(): shown each whole pcapng block, before the packet in it
     * (then is_packet, and packets is its number) is handed out; of those that nobody decodes,
     * which may be of any size, the octets as they pass. */
    void (*on_block)(void *user, const struct capture *capture, const uint8_t *block,
                     uint32_t total, bool is_packet);
    void (*on_passed)(void *user, const uint8_t *octets, size_t count);
    void *on_block_user;
    /* May be set after capture_start(), and outlives the packets: where notes beside packets are
     * kept; NULL: they are not wanted. */
    struct capture_notes *notes;

    /* private */
    enum capture_status (*next)(struct capture *capture, struct packet *packet);
    void (*at_hand)(struct capture *capture, struct packet_row *row, size_t most); /* or NULL */
    bool extract; /* its section is one: extract.h */
    bool swapped; /* the file's (section's) octet order is not this machine's */
    uint8_t record_header;
    uint32_t time_factor; /* nanoseconds in a unit of the record's fraction */
    unsigned minor_version;
    /* of a block that nobody decodes: octets still to come; in all; its type */
    uint32_t passing, passing_total, passing_type;
    bool may_wait; /* during next(): the window may be moved and the source waited for */
};

/* What the section header of an extract says that wrote it, and the largest number of a frame that
 * is taken from one. */
#define CAPTURE_EXTRACT "tcprst --extract"
#define CAPTURE_LARGEST_NUMBER ((UINT64_C(1) << 40) - 1)

/* Prepares to read an opened source, which the capture then owns. */
void capture_start(struct capture *capture);
void capture_close(struct capture *capture);
/* As if just opened; false (and nothing is changed) where the source is a pipe. */
bool capture_rewind(struct capture *capture);

/* The next packet. Without may_wait it never moves the window, so that earlier packets stay valid.
 */
enum capture_status capture_next(struct capture *capture, struct packet *packet, bool may_wait);

/* The next packets, at most so many, as far as they lie whole in the window and make a row. Returns
 * whether there are any; else capture_next() has to be asked. */
static inline bool capture_at_hand(struct capture *capture, struct packet_row *row, size_t most)
{
    if (!capture->at_hand)
        return false;
    capture->at_hand(capture, row, MIN(most, (size_t)PACKETS_IN_ROW));
    return row->count > 0;
}

/* For the two readers: makes need octets available in the window: CAPTURE_PACKET, or what to return
 * instead. */
enum capture_status capture_need_more(struct capture *capture, size_t need);
static inline enum capture_status capture_need(struct capture *capture, size_t need)
{
    return G_LIKELY(capture->source.size >= need) ? CAPTURE_PACKET
                                                  : capture_need_more(capture, need);
}
enum capture_status capture_damaged(struct capture *capture, char *error);
/* Octets of a packet of that link type at most: a larger length is damage, and would only make us
 * allocate. As Wireshark (wtap_max_snaplen_for_encap()). */
uint32_t capture_max_packet(uint16_t link_type);
enum { CAPTURE_NANOSECONDS = 1000000000 }; /* in a second */
/* Nanoseconds since the epoch; TCPRST_TIME_UNKNOWN where no packet may have that time. */
int64_t capture_time(int64_t seconds, uint64_t nanoseconds);

/* The readers: called with the window at the file's beginning, they take the file header and set
 * next. */
/* What a file is that is neither pcap nor pcapng, by its first octets: a sentence (g_free()). */
char *capture_foreign(const uint8_t *data, size_t size);
enum capture_status capture_pcap_open(struct capture *capture);
enum capture_status capture_pcapng_open(struct capture *capture);

static inline uint32_t capture_u32(const struct capture *capture, const uint8_t *p)
{
    uint32_t value = 0;
    /* p lies in the window: capture_need() was asked first. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg) */
    __builtin_memcpy(&value, p, sizeof value);
    return capture->swapped ? __builtin_bswap32(value) : value;
}

static inline uint16_t capture_u16(const struct capture *capture, const uint8_t *p)
{
    uint16_t value = 0;
    /* p lies in the window: capture_need() was asked first. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg) */
    __builtin_memcpy(&value, p, sizeof value);
    return capture->swapped ? __builtin_bswap16(value) : value;
}

#endif
