/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dump_segments.c - prints one line a TCP segment of the captures named, for comparison with
 * `tshark -T fields`: frame layer source sport destination dport ttl id tos flow df flags seq ack
 * window header payload time
 */
#include "input.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_address(const uint8_t *address, uint8_t version)
{
    if (version == 4)
        printf("%u.%u.%u.%u ", address[0], address[1], address[2], address[3]);
    else
        for (int i = 0; i < 16; i += 2)
            printf("%02x%02x%c", address[i], address[i + 1], i == 14 ? ' ' : ':');
}

static void print_segment(const struct tcprst_segment *s)
{
    printf("%u:%" PRIu64 " %u ", s->frame.capture, s->frame.number, s->layer);
    print_address(s->source, s->ip_version);
    printf("%u ", s->source_port);
    print_address(s->destination, s->ip_version);
    printf("%u ttl=%u id=%u tos=%u flow=%" PRIu32 " df=%d ", s->destination_port, s->ttl, s->ip_id,
           s->tos, s->flow_label, s->dont_fragment);
    printf("flags=0x%03x seq=%" PRIu32 " ack=%" PRIu32 " win=%d hlen=%u len=%" PRIu32
           " time=%" PRId64 "\n",
           s->flags, s->seq, s->ack, s->window_known ? s->window : -1, s->header_length,
           s->payload_length, s->time);
}

static void print_capture(const struct input_capture *c)
{
    fprintf(stderr,
            "capture %s usable=%d format=%s compression=%s packets=%" PRIu64 " segments=%" PRIu64
            " digits=%u first=%" PRId64 " last=%" PRId64 "\n",
            c->name, c->usable, c->format, c->compression ? c->compression : "-", c->packets,
            c->segments, c->time_digits, c->first_time, c->last_time);
    for (size_t i = 0; i < c->link_type_count; i++)
        fprintf(stderr, "link-type %u %s packets=%" PRIu64 " decoded=%d\n", c->link_types[i].number,
                c->link_types[i].name, c->link_types[i].packets, c->link_types[i].decoded);
    if (c->damage)
        fprintf(stderr, "damage frame=%" PRIu64 " %s\n", c->damage_frame, c->damage);
    for (size_t i = 0; i < c->left_out_count; i++)
        fprintf(stderr, "left-out %s\n", c->left_out[i]);
}

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

int main(int argc, char **argv)
{
    struct input_options options = {.pause_ms = 200, .interrupted = &interrupted};
    signal(SIGINT, interrupt);
    bool quiet = false, flush = false;
    int first = 1;
    for (; first < argc && argv[first][0] == '-' && argv[first][1]; first++) {
        if (strcmp(argv[first], "--separate") == 0)
            options.separate = true;
        else if (strcmp(argv[first], "--quiet") == 0)
            quiet = true;
        else if (strcmp(argv[first], "--flush") == 0)
            flush = true;
        else if (g_str_has_prefix(argv[first], "--filter="))
            options.filter = argv[first] + strlen("--filter=");
    }
    options.names = (const char *const *)argv + first;
    options.count = (size_t)(argc - first);
    char *error = NULL;
    struct input *input = input_open(&options, &error);
    if (!input) {
        fprintf(stderr, "error %s\n", error);
        g_free(error);
        return 2;
    }
    struct tcprst_segment segments[64];
    enum input_status status;
    do {
        size_t count = input_read(input, segments, G_N_ELEMENTS(segments), &status);
        for (size_t i = 0; i < count && !quiet; i++)
            print_segment(&segments[i]);
        if (status == INPUT_PAUSED) {
            printf("paused\n");
            fflush(stdout);
        }
        if (flush)
            fflush(stdout);
    } while (status == INPUT_MORE || status == INPUT_PAUSED);
    if (status == INPUT_INTERRUPTED)
        printf("interrupted\n");
    fflush(stdout);
    for (size_t i = 0; i < input_count(input); i++)
        print_capture(input_capture(input, i));
    input_close(input);
    return 0;
}
