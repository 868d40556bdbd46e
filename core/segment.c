/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segment.c - the TCP header: octets to fields, the same for both front doors (RFC 9293
 * section 3.1). */
#include "tcprst.h"

/* The flags stand in octets 12 and 13: less says nothing about a segment. */
enum { FLAGS_END = 14, WINDOW_END = 16, HEADER_MIN = 20 };

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool refuse(const char **why, const char *reason)
{
    if (why)
        *why = reason;
    return false;
}

bool tcprst_segment_parse(struct tcprst_segment *segment, const uint8_t *bytes, uint32_t captured,
                          uint32_t length, const char **why)
{
    if (captured > length)
        captured = length;
    if (length < HEADER_MIN)
        return refuse(why, "TCP header longer than its IP packet");
    if (captured < FLAGS_END)
        return refuse(why, "captured octets end before the TCP flags");
    uint8_t header = (uint8_t)((bytes[12] >> 4) * 4);
    if (header < HEADER_MIN)
        return refuse(why, "TCP data offset below 5");
    if (header > length)
        return refuse(why, "TCP data offset beyond the segment");
    segment->source_port = read16(bytes);
    segment->destination_port = read16(bytes + 2);
    segment->seq = read32(bytes + 4);
    segment->ack = read32(bytes + 8);
    segment->flags = read16(bytes + 12) & 0x0fff;
    segment->window_known = captured >= WINDOW_END;
    segment->window = segment->window_known ? read16(bytes + 14) : 0;
    segment->header_length = header;
    segment->options_captured = 0;
    if (captured > HEADER_MIN)
        segment->options_captured = (uint8_t)((captured < header ? captured : header) - HEADER_MIN);
    segment->payload_length = length - header;
    segment->bytes = bytes;
    segment->captured = captured;
    segment->length = length;
    return true;
}

uint16_t tcprst_segment_leg(uint32_t link_type, const uint8_t *frame, uint32_t captured)
{
    enum { SLL = 113, SLL_HEADER = 16, SLL2 = 276, SLL2_HEADER = 20, OUTGOING = 4 };
    if (link_type == SLL && captured >= SLL_HEADER)
        return (uint16_t)(2 | (read16(frame) == OUTGOING));
    if (link_type == SLL2 && captured >= SLL2_HEADER)
        return (uint16_t)(((read32(frame + 4) & 0x3fff) + 2) << 1 | (frame[10] == OUTGOING));
    return 0;
}
