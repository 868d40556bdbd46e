/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_seeds DIRECTORY CAPTURE...: the captures' packets and segments as inputs of fuzz_decode and
 * fuzz_core. */
#include "capture.h"
#include "input.h"
#include "segments.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

/* What is long teaches the fuzzer nothing more, and makes it slow. */
enum { SEED_MOST = 8192, ROOM = 32 };

static bool save(const char *directory, const char *what, const char *capture, const GString *seed)
{
    char *base = g_path_get_basename(capture);
    char *folder = g_build_filename(directory, what, NULL);
    char *path = g_build_filename(folder, base, NULL);
    bool saved = g_mkdir_with_parents(folder, 0777) == 0 &&
                 (seed->len == 0 || g_file_set_contents(path, seed->str, (gssize)seed->len, NULL));
    if (!saved)
        fprintf(stderr, "make_seeds: cannot write '%s'\n", path);
    g_free(path);
    g_free(folder);
    g_free(base);
    return saved;
}

/* The packets as records of fuzz_decode. */
static bool seed_decode(const char *directory, const char *name)
{
    struct capture capture = {0};
    struct packet packet;
    GString *seed = g_string_new(NULL);
    if (source_open(&capture.source, name)) {
        capture_start(&capture);
        while (seed->len < SEED_MOST && capture_next(&capture, &packet, true) == CAPTURE_PACKET) {
            uint16_t captured = (uint16_t)MIN(packet.captured, 0xffffU);
            const uint8_t head[] = {(uint8_t)(packet.link_type >> 8), (uint8_t)packet.link_type,
                                    packet.fcs_octets > 0, (uint8_t)(captured >> 8),
                                    (uint8_t)captured};
            g_string_append_len(seed, (const char *)head, sizeof head);
            g_string_append_len(seed, (const char *)packet.bytes, captured);
        }
        capture_close(&capture);
    }
    bool saved = save(directory, "decode", name, seed);
    g_string_free(seed, TRUE);
    return saved;
}

/* Which of the few connections a segment belongs to, twice that, plus 1 where it comes from the
 * server. */
static unsigned place_of(const struct tcprst_segment *segment)
{
    bool from_server = segment->source_port < segment->destination_port;
    unsigned port = from_server ? segment->destination_port : segment->source_port;
    return port % SEGMENTS_CONNECTIONS << 1 | from_server;
}

/* The segments as records of fuzz_core. */
static bool seed_core(const char *directory, const char *name)
{
    const struct input_options options = {.names = &name, .count = 1};
    struct tcprst_segment segments[ROOM];
    struct segments_state state = {0};
    uint8_t record[SEGMENTS_RECORD_MOST];
    GString *seed = g_string_new(NULL);
    char *error = NULL;
    struct input *input = input_open(&options, &error);
    enum input_status status = INPUT_MORE;
    while (status == INPUT_MORE && seed->len < SEED_MOST) {
        size_t count = input_read(input, segments, ROOM, &status);
        for (size_t i = 0; i < count; i++) {
            if (state.time == 0)
                state.time = segments[i].time;
            size_t length = segments_write(&state, &segments[i], place_of(&segments[i]), record);
            g_string_append_len(seed, (const char *)record, (gssize)length);
        }
    }
    input_close(input);
    bool saved = save(directory, "core", name, seed);
    g_string_free(seed, TRUE);
    return saved;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: make_seeds DIRECTORY CAPTURE...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        if (!seed_decode(argv[1], argv[i]) || !seed_core(argv[1], argv[i]))
            return 1;
    return 0;
}
