/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_survey.c - a capture that grows between both readings, and one whose first is interrupted.
 */
#include "input_merge.h"
#include "input_survey.h"

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

static const struct input_survey looking = {.take = take};

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
    *whole = input_survey(input, &looking);
    return input;
}

static int64_t no_lead(void *user, const struct tcprst_segment *segment)
{
    (void)user, (void)segment;
    return 0;
}

static int64_t all_begin(void *user, size_t capture)
{
    (void)user, (void)capture;
    return 0;
}

static unsigned own_part(void *user, const struct tcprst_segment *segment)
{
    (void)user;
    return segment->frame.capture;
}

/* Two captures, of which one grows and the other loses its end between the readings; read together,
 * every second segment only. */
static void change_of_two(const char *const *names)
{
    const struct input_options options = {.names = names, .count = 2};
    const struct input_order order = {.ahead = no_lead, .begins = all_begin, .part = own_part};
    static const uint64_t all = UINT64_MAX / 3; /* 0101... */
    uint64_t telling[2 * PACKETS / 64 + 1];
    enum input_status status;
    char *error = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(telling); i++)
        telling[i] = all;
    append(names[0], 0, PACKETS);
    append(names[1], 0, PACKETS);
    taken = 0;
    interrupt_at = 0;
    struct input *input = input_open(&options, &error);
    check(input_survey(input, &looking) && taken == 2 * PACKETS, "both are looked at");
    append(names[0], PACKETS, MORE);
    append(names[1], 0, PACKETS / 2);
    input_merge(input, &order);
    input_leave_out(input, 0, telling, 0, PACKETS);
    input_leave_out(input, 1, telling, PACKETS, 2 * PACKETS);
    uint64_t read = read_all(input, &status);
    /* Raw packets are none of the ordinary ones, of which alone some are left out. */
    check(read == PACKETS + PACKETS / 2, "what there was is read, and no more");
    check(status == INPUT_END, "and ends there");
    check(input_capture(input, 0)->segments == PACKETS, "each counts its own");
    input_close(input);
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

    char other[] = "tcprst-survey-XXXXXX";
    const char *const both[] = {name, other};
    close(g_mkstemp(other));
    change_of_two(both);

    g_unlink(other);
    g_unlink(name);
    return failures > 0;
}
