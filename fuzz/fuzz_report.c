/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_report.c - octets as a capture file, through every report and an annotated copy: each is
 * well-formed, whatever the capture holds, and the copy can be read again.
 */
#define _GNU_SOURCE
#include "annotate.h"
#include "check.h"
#include "report_why.h"
#include "wellformed.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 64, SMALL_CAP = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct report report;
    struct tcprst *core;
    struct annotate *annotate;
};

static void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    struct run *run = user;
    const struct report_why asked = why_ask(run->core, run->report.options, verdict);
    report_verdict(&run->report, verdict, &asked);
    if (!run->annotate)
        return;
    char why[1024];
    tcprst_verdict_summary(verdict, NULL, why, sizeof why);
    annotate_verdict(run->annotate, verdict, why);
}

static void on_connection(void *user, const struct tcprst_connection *connection)
{
    report_connection(&((struct run *)user)->report, connection);
}

/* As the program does; returns how many packets there were, and whether they were all. */
static uint64_t read_all(struct run *run, struct input *input, bool *whole)
{
    struct tcprst_segment segments[ROOM];
    struct tcprst_statistics statistics;
    enum input_status status = INPUT_MORE;
    const struct tcprst_options options = {.on_verdict = on_verdict,
                                           .on_connection = on_connection,
                                           .user = run,
                                           .max_connections = SMALL_CAP,
                                           .hash_seed = 1};
    run->core = tcprst_new(&options);
    CHECK(run->core != NULL);
    while (status == INPUT_MORE) {
        size_t count = input_read(input, segments, ROOM, &status);
        for (size_t i = 0; i < count; i++)
            tcprst_feed(run->core, &segments[i], NULL);
    }
    tcprst_finish(run->core);
    tcprst_statistics(run->core, &statistics);
    tcprst_free(run->core);
    report_statistics(&run->report, &statistics);
    const struct input_capture *capture = input_capture(input, 0);
    *whole = capture->usable && !capture->damage;
    report_close(&run->report, capture->usable);
    return capture->packets;
}

static void check_report(enum option_format format, const char *text, size_t size, bool whole)
{
    CHECK(g_utf8_validate(text, (gssize)size, NULL));
    CHECK(wellformed_plain(text, size));
    if (format == FORMAT_NDJSON)
        CHECK(wellformed_json_lines(text, size));
    else if (format == FORMAT_JSON && whole)
        CHECK(wellformed_json(text, size));
    else if (format == FORMAT_CSV)
        CHECK(wellformed_csv(text, size));
    else if (format == FORMAT_HTML && whole)
        CHECK(g_str_has_suffix(text, "</html>\n"));
}

static struct input *open_input(const char *name)
{
    const struct input_options options = {.names = &name, .count = 1};
    char *error = NULL;
    struct input *input = input_open(&options, &error);
    CHECK(input && !error);
    return input;
}

/* The copy has the same packets, if the capture could be read to its end. */
static void check_copy(char *name, uint64_t packets)
{
    struct tcprst_segment segments[ROOM];
    struct input *input = open_input(name);
    enum input_status status = INPUT_MORE;
    while (status == INPUT_MORE)
        input_read(input, segments, ROOM, &status);
    const struct input_capture *capture = input_capture(input, 0);
    CHECK(capture->usable && !capture->damage && capture->packets == packets);
    input_close(input);
}

static void report(char *name, char *copy, enum option_format format, unsigned manner)
{
    char *captures[] = {name, NULL}, *text = NULL, *error = NULL;
    size_t size = 0;
    struct options options = {.format = format,
                              .captures = captures,
                              .capture_count = 1,
                              .annotate = copy,
                              .max_connections = SMALL_CAP,
                              .color = manner & 1 ? COLOR_ALWAYS : COLOR_NEVER,
                              .why = manner & 2,
                              .redact = manner & 4,
                              .separate = manner & 8};
    char *asked = g_strdup(tcprst_cause_id((enum tcprst_cause)(manner / 64 % TCPRST_CAUSE_COUNT)));
    if (manner & 32) {
        options.why_not.given = options.why_not.cause[manner / 64 % TCPRST_CAUSE_COUNT] = true;
        options.why_not_id = asked;
    }
    struct run run = {.report = {.width = manner & 16 ? 60 : 110, .utf8 = true}};
    struct input *input = open_input(name);
    FILE *out = open_memstream(&text, &size);
    CHECK(out != NULL);
    if (format == FORMAT_JSON)
        CHECK((run.report.keep = tmpfile()) != NULL);
    if (format == FORMAT_HTML)
        run.report.again = open_input(name);
    if (copy) {
        run.annotate = annotate_open(&options, &error);
        CHECK(run.annotate && !error);
    }
    run.report.color = options.color == COLOR_ALWAYS;
    report_open(&run.report, &options, input, out);
    bool whole;
    uint64_t packets = read_all(&run, input, &whole), rewritten;
    CHECK(fclose(out) == 0);
    check_report(format, text, size, whole);
    if (copy) {
        CHECK(annotate_close(run.annotate, input, &rewritten, &error) && !error);
        if (whole)
            check_copy(copy, packets);
    }
    if (run.report.again)
        input_close(run.report.again);
    input_close(input);
    g_free(run.report.again_short);
    g_free(asked);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("capture", 0);
    CHECK(file >= 0);
    CHECK(write(file, data, size) == (ssize_t)size);
    char *name = g_strdup_printf("/proc/self/fd/%d", file);
    /* The way is chosen by the octets, wherever the fuzzer changed them. */
    unsigned manner = 0;
    for (size_t i = 0; i < size; i++)
        manner = manner * 31 + data[i];
    for (int format = 0; format <= FORMAT_HTML; format++) {
        int copy = memfd_create("copy", 0);
        CHECK(copy >= 0);
        char *copy_name = g_strdup_printf("/proc/self/fd/%d", copy);
        report(name, format == FORMAT_NDJSON ? copy_name : NULL, (enum option_format)format,
               manner >> 3);
        g_free(copy_name);
        close(copy);
    }
    g_free(name);
    close(file);
    return 0;
}
