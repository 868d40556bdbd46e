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
enum { RECORD = 5, ROOM = 8, SEED = 11 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same packets, decoded to segments and to what a glance wants of them. */
struct both {
    struct decoder *whole, *brief;
    struct tcprst_glance *glance;
};

/* What came in brief is what is told of the segments. */
static void check_briefs(const struct both *both, const struct tcprst_segment *segments,
                         const struct tcprst_brief *briefs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct tcprst_brief brief;
        tcprst_glance_brief(both->glance, &segments[i], &brief);
        CHECK(memcmp(&brief, &briefs[i], sizeof brief) == 0);
    }
}

static void decode_one(const struct both *both, const struct packet_row *row)
{
    struct tcprst_segment segments[ROOM];
    struct tcprst_brief briefs[ROOM];
    struct decoded decoded = {segments, ROOM, 0, NULL, NULL};
    struct decoded in_brief = {NULL, ROOM, 0, briefs, both->glance};
    decode_row(both->whole, row, &decoded);
    decode_row(both->brief, row, &in_brief);
    while (decoded.count) {
        CHECK(decoded.count <= ROOM);
        CHECK(decoded.count == in_brief.count);
        for (size_t i = 0; i < decoded.count; i++)
            check_segment(&segments[i]);
        check_briefs(both, segments, briefs, decoded.count);
        bool full = decoded.count == ROOM;
        decoded.count = in_brief.count = 0;
        if (full) {
            decoder_take_pending(both->whole, &decoded);
            decoder_take_pending(both->brief, &in_brief);
        }
    }
    decoder_release(both->whole);
    decoder_release(both->brief);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct both both = {decoder_new(), decoder_new(), tcprst_glance_new(0, SEED)};
    struct packet_row row = {.count = 1};
    struct in_row *packet = row.packets;
    packet->time = 0;
    while (size >= RECORD) {
        uint32_t captured = (uint32_t)(data[3] << 8 | data[4]);
        row.link_type = (uint16_t)(data[0] << 8 | data[1]);
        row.fcs_octets = (int8_t)(data[2] & 1 ? 4 : -1);
        uint32_t missing = data[2] >> 1;
        data += RECORD;
        size -= RECORD;
        if (captured > size)
            captured = (uint32_t)size;
        uint8_t *bytes = g_malloc(captured ? captured : 1);
        memcpy(bytes, data, captured);
        packet->bytes = bytes;
        packet->captured = captured;
        packet->length = captured + missing;
        row.number++;
        packet->time += 1000000;
        decode_one(&both, &row);
        g_free(bytes);
        data += captured;
        size -= captured;
    }
    decoder_free(both.whole);
    decoder_free(both.brief);
    tcprst_glance_free(both.glance);
    return 0;
}
