/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_input.c - octets as a capture file, through everything the analyzer does with one up to the
 * verdicts. */
#define _GNU_SOURCE
#include "check.h"
#include "input.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 64, SMALL_CAP = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_capture(const struct input_capture *capture)
{
    CHECK(capture->name && capture->format);
    CHECK(capture->usable || capture->damage);
    CHECK(!capture->damage || g_utf8_validate(capture->damage, -1, NULL));
    CHECK(capture->time_digits <= 9);
    uint64_t packets = 0;
    for (size_t i = 0; i < capture->link_type_count; i++) {
        CHECK(capture->link_types[i].name != NULL);
        packets += capture->link_types[i].packets;
    }
    CHECK(packets == capture->packets);
    for (size_t i = 0; i < capture->left_out_count; i++)
        CHECK(g_utf8_validate(capture->left_out[i], -1, NULL));
}

/* Reads one file to its end. Returns the digest of all verdicts. */
static uint64_t read_all(const char *name, bool separate)
{
    struct tcprst_segment segments[ROOM];
    struct checker checker;
    const struct input_options options = {.names = &name, .count = 1, .separate = separate};
    char *error = NULL;
    struct input *input = input_open(&options, &error);
    CHECK(input && !error);
    CHECK(checker_start(&checker, SMALL_CAP, separate));
    enum input_status status = INPUT_MORE;
    uint64_t count = 0, calls = 0;
    while (status == INPUT_MORE || status == INPUT_PAUSED) {
        size_t read = input_read(input, segments, ROOM, &status);
        CHECK(read <= ROOM);
        for (size_t i = 0; i < read; i++)
            checker_feed(&checker, &segments[i]);
        count += read;
        CHECK(++calls < 10000000);
    }
    CHECK(status == INPUT_END);
    CHECK(input_capture(input, 0)->segments == count);
    check_capture(input_capture(input, 0));
    checker_end(&checker);
    input_close(input);
    return checker.digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("capture", 0);
    CHECK(file >= 0);
    CHECK(write(file, data, size) == (ssize_t)size);
    CHECK(lseek(file, 0, SEEK_SET) == 0);
    char *name = g_strdup_printf("/proc/self/fd/%d", file);
    uint64_t first = read_all(name, false);
    CHECK(read_all(name, true) ==
          first); /* one file: in its own order or by time, it is the same */
    g_free(name);
    close(file);
    return 0;
}
