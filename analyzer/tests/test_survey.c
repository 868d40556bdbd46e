/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_survey.c - a capture that grows between both readings, and one whose first is interrupted.
 */
#include "input.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PACKETS = 5000, MORE = 700, LINKTYPE_RAW = 101, PACKET = 40, RECORD = 16 + PACKET };

static volatile sig_atomic_t interrupted;
static uint64_t taken, interrupt_at;
static int failures;

static void check(bool holds, const char *what)
{
    if (!holds)
        printf("FAILED: %s\n", what);
    failures += !holds;
}

/* Each an ACK without text, 1 ms behind the one before. */
static void append(const char *name, unsigned from, unsigned count)
{
    FILE *file = g_fopen(name, from ? "ab" : "wb");
    const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, LINKTYPE_RAW};
    if (!from)
        fwrite(header, sizeof header, 1, file);
    for (unsigned i = from; i < from + count; i++) {
        const uint32_t record[4] = {1000 + i / 1000, i % 1000 * 1000, PACKET, PACKET};
        const uint8_t packet[PACKET] = {
            [0] = 0x45, [3] = PACKET, [8] = 64, [9] = 6,   [12] = 10,   [15] = 1,   [16] = 10,
            [19] = 2,   [20] = 4,     [22] = 0, [23] = 80, [32] = 0x50, [33] = 0x10};
        fwrite(record, sizeof record, 1, file);
        fwrite(packet, sizeof packet, 1, file);
    }
    fclose(file);
}

static bool take(void *user, const struct tcprst_segment *segments, size_t count)
{
    (void)user, (void)segments;
    taken += count;
    if (interrupt_at && taken >= interrupt_at)
        interrupted = 1;
    return true;
}

/* How many segments the second reading gives, and how it ends. */
static uint64_t read_all(struct input *input, enum input_status *status)
{
    static struct tcprst_segment segments[64];
    uint64_t read = 0;
    do
        read += input_read(input, segments, 64, status);
    while (*status == INPUT_MORE);
    return read;
}

static struct input *survey(const char *const *names, bool *whole)
{
    const struct input_options options = {.names = names, .count = 1, .interrupted = &interrupted};
    char *error = NULL;
    taken = 0;
    interrupted = 0;
    struct input *input = input_open(&options, &error);
    *whole = input_survey(input, take, NULL);
    return input;
}

int main(void)
{
    char name[] = "tcprst-survey-XXXXXX";
    const char *const names[] = {name};
    bool whole;
    enum input_status status;
    close(g_mkstemp(name));

    append(name, 0, PACKETS);
    struct input *input = survey(names, &whole);
    append(name, PACKETS, MORE);
    check(whole && taken == PACKETS, "the first reading takes all there is");
    check(read_all(input, &status) == PACKETS, "the second gives no more than the first took");
    check(status == INPUT_END, "and ends there");
    input_close(input);

    interrupt_at = PACKETS / 2;
    input = survey(names, &whole);
    check(!whole && taken >= interrupt_at && taken < PACKETS + MORE, "the first is interrupted");
    check(read_all(input, &status) == taken, "the second gives all that the first took");
    check(status == INPUT_INTERRUPTED, "and says that it was interrupted");
    input_close(input);

    g_unlink(name);
    return failures > 0;
}
