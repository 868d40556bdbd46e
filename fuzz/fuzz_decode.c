/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_decode.c - octets as packets of any link type, several in a row, so that fragments can meet.
 */
#include "check.h"
#include "decode.h"

#include <string.h>

/*
 * A record: link type (2 octets, big endian), octets missing from the capture (1), octets captured
 * (2), the packet. The packet is copied to the heap at its exact length, so that a read behind its
 * end is seen.
 */
enum { RECORD = 5, ROOM = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode_one(struct decoder *decoder, const struct packet *packet)
{
    struct tcprst_segment segments[ROOM];
    struct decoded decoded = {segments, ROOM, 0};
    decode_packets(decoder, packet, 1, &decoded);
    while (decoded.count) {
        CHECK(decoded.count <= ROOM);
        for (size_t i = 0; i < decoded.count; i++)
            check_segment(&segments[i]);
        bool full = decoded.count == ROOM;
        decoded.count = 0;
        if (full)
            decoder_take_pending(decoder, &decoded);
    }
    decoder_release(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decoder *decoder = decoder_new();
    struct packet packet = {.time = 0};
    while (size >= RECORD) {
        uint32_t captured = (uint32_t)(data[3] << 8 | data[4]);
        packet.link_type = (uint16_t)(data[0] << 8 | data[1]);
        packet.fcs_octets = (int8_t)(data[2] & 1 ? 4 : -1);
        uint32_t missing = data[2] >> 1;
        data += RECORD;
        size -= RECORD;
        if (captured > size)
            captured = (uint32_t)size;
        uint8_t *bytes = g_malloc(captured ? captured : 1);
        memcpy(bytes, data, captured);
        packet.bytes = bytes;
        packet.captured = captured;
        packet.length = captured + missing;
        packet.number++;
        packet.time += 1000000;
        decode_one(decoder, &packet);
        g_free(bytes);
        data += captured;
        size -= captured;
    }
    decoder_free(decoder);
    return 0;
}
