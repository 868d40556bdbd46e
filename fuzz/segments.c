/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segments.c - records of segments.h to segments and back. */
#include "segments.h"

#include <string.h>

/* The first octet: direction, connection, IP version, whether sequence numbers are absolute,
 * whether it is a pause. */
enum { FROM_SERVER = 0x01, CONNECTION = 0x06, IPV6 = 0x08, ABSOLUTE = 0x10, PAUSE = 0xe0 };

/* A time difference is 12 bits of a number and 4 bits of how often it is multiplied by 8; two of
 * these mean something else. */
enum { NO_TIME = 15, BACKWARDS = 14, MILLISECOND = 1000000 };

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)read16(p) << 16 | read16(p + 2);
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, value >> 16);
    put16(p + 2, value);
}

/* Moves the state's time; returns the segment's. */
static int64_t read_time(struct segments_state *state, uint16_t coded)
{
    int64_t number = coded & 0x0fff;
    unsigned power = coded >> 12;
    if (power == NO_TIME)
        return TCPRST_TIME_UNKNOWN;
    if (power == BACKWARDS)
        return state->time - number * MILLISECOND;
    return state->time += number << (3 * power);
}

static uint16_t code_time(struct segments_state *state, int64_t time)
{
    if (time == TCPRST_TIME_UNKNOWN)
        return NO_TIME << 12;
    int64_t difference = time - state->time;
    if (difference < 0)
        return (uint16_t)(BACKWARDS << 12 | (-difference / MILLISECOND & 0x0fff));
    unsigned power = 0;
    while (power < BACKWARDS - 1 && difference >> (3 * power) > 0x0fff)
        power++;
    int64_t number = difference >> (3 * power);
    state->time += (number & 0x0fff) << (3 * power);
    return (uint16_t)(power << 12 | (number & 0x0fff));
}

static void fill_ip(struct tcprst_segment *segment, const uint8_t *record)
{
    unsigned connection = (record[0] & CONNECTION) >> 1, server = record[0] & FROM_SERVER;
    memset(segment, 0, sizeof *segment);
    segment->layer = 1;
    segment->ip_header = true;
    segment->ip_version = record[0] & IPV6 ? 6 : 4;
    segment->ttl = record[2];
    segment->tos = record[3];
    if (segment->ip_version == 4)
        segment->ip_id = read16(record + 4);
    else
        segment->flow_label = read16(record + 4);
    segment->dont_fragment = true;
    /* Two servers, four clients' ports: connections of the same hosts and of others. */
    uint8_t *client = server ? segment->destination : segment->source;
    uint8_t *service = server ? segment->source : segment->destination;
    memcpy(client, "\12\0\0\1", 4);
    memcpy(service, "\12\0\0\2", 4);
    service[3] = (uint8_t)(2 + connection / 2);
}

/* The TCP header, options and text as octets, of which captured are there. */
static uint32_t build(uint8_t *tcp, const uint8_t *record, const uint8_t *options, uint32_t text)
{
    unsigned connection = (record[0] & CONNECTION) >> 1, server = record[0] & FROM_SERVER;
    uint32_t option_octets = record[10] % (SEGMENTS_OPTIONS + 1) & ~3U;
    memset(tcp, 0, 20);
    put16(tcp + (server ? 2 : 0), 40000 + connection);
    put16(tcp + (server ? 0 : 2), 80);
    tcp[12] = (uint8_t)((20 + option_octets) << 2);
    tcp[13] = record[1];
    put16(tcp + 14, read16(record + 6));
    memcpy(tcp + 20, options, option_octets + text);
    return 20 + option_octets;
}

enum segments_record segments_read(struct segments_state *state, const uint8_t **data, size_t *size,
                                   struct tcprst_segment *segment,
                                   uint8_t bytes[20 + SEGMENTS_OPTIONS + SEGMENTS_TEXT])
{
    const uint8_t *record = *data;
    if (*size < SEGMENTS_RECORD)
        return SEGMENTS_NONE;
    if ((record[0] & PAUSE) == PAUSE) {
        read_time(state, read16(record + 1));
        *data += 3;
        *size -= 3;
        return SEGMENTS_PAUSE;
    }
    uint32_t option_octets = record[10] % (SEGMENTS_OPTIONS + 1) & ~3U;
    uint32_t payload = read16(record + 8), text = record[11] % (SEGMENTS_TEXT + 1);
    if (text > payload)
        text = payload;
    if (*size < SEGMENTS_RECORD + option_octets + text)
        return SEGMENTS_NONE;
    fill_ip(segment, record);
    uint32_t header = build(bytes, record, record + SEGMENTS_RECORD, text);
    uint32_t *own = &state->next[(record[0] & CONNECTION) >> 1][record[0] & FROM_SERVER];
    uint32_t *peer = &state->next[(record[0] & CONNECTION) >> 1][!(record[0] & FROM_SERVER)];
    uint32_t seq = read32(record + 14), ack = read32(record + 18);
    if (!(record[0] & ABSOLUTE)) {
        seq = *own + (uint32_t)(int16_t)read16(record + 14);
        ack = *peer + (uint32_t)(int16_t)read16(record + 18);
    }
    put32(bytes + 4, seq);
    put32(bytes + 8, ack);
    if (!(record[1] & TCPRST_RST))
        *own = seq + payload + ((record[1] & TCPRST_SYN) != 0) + ((record[1] & TCPRST_FIN) != 0);
    segment->frame.number = ++state->frame;
    segment->time = read_time(state, read16(record + 12));
    *data += SEGMENTS_RECORD + option_octets + text;
    *size -= SEGMENTS_RECORD + option_octets + text;
    tcprst_segment_parse(segment, bytes, header + text, header + payload, NULL);
    return SEGMENTS_SEGMENT;
}

size_t segments_write(struct segments_state *state, const struct tcprst_segment *segment,
                      unsigned connection_and_direction, uint8_t record[SEGMENTS_RECORD_MOST])
{
    unsigned connection = connection_and_direction >> 1, server = connection_and_direction & 1;
    uint32_t option_octets = segment->options_captured & ~3U;
    uint32_t text = 0;
    if (segment->captured > segment->header_length)
        text = segment->captured - segment->header_length;
    if (text > SEGMENTS_TEXT)
        text = SEGMENTS_TEXT;
    uint32_t *own = &state->next[connection][server], *peer = &state->next[connection][!server];
    uint32_t seq = segment->seq - *own, ack = segment->ack - *peer;
    bool fits = (uint32_t)(int16_t)seq == seq && (uint32_t)(int16_t)ack == ack;
    memset(record, 0, SEGMENTS_RECORD);
    record[0] = (uint8_t)(server | connection << 1 | (segment->ip_version == 6 ? IPV6 : 0) |
                          (fits ? 0 : ABSOLUTE));
    record[1] = (uint8_t)segment->flags;
    record[2] = segment->ttl;
    record[3] = segment->tos;
    put16(record + 4, segment->ip_version == 4 ? segment->ip_id : segment->flow_label & 0xffff);
    put16(record + 6, segment->window);
    put16(record + 8, segment->payload_length > 0xffff ? 0xffff : segment->payload_length);
    record[10] = (uint8_t)option_octets;
    record[11] = (uint8_t)text;
    put16(record + 12, code_time(state, segment->time));
    put32(record + 14, fits ? seq << 16 : segment->seq);
    put32(record + 18, fits ? ack << 16 : segment->ack);
    if (option_octets)
        memcpy(record + SEGMENTS_RECORD, segment->bytes + 20, option_octets);
    if (text)
        memcpy(record + SEGMENTS_RECORD + option_octets, segment->bytes + segment->header_length,
               text);
    if (!(segment->flags & TCPRST_RST))
        *own = segment->seq + segment->payload_length + ((segment->flags & TCPRST_SYN) != 0) +
               ((segment->flags & TCPRST_FIN) != 0);
    return SEGMENTS_RECORD + option_octets + text;
}
