/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the program tcprst: options, then captures through the core into a report, then the exit
 * status. */
#include "annotate.h"
#include "explain.h"
#include "extract.h"
#include "input.h"
#include "kernel_trace.h"
#include "options.h"
#include "output.h"
#include "places.h"
#include "process.h"
#include "progress.h"
#include "report.h"
#include "report_baseline.h"
#include "report_string.h"
#include "report_why.h"
#include "report_words.h"
#include "sandbox.h"
#include "translate.h"
#include "twice.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* In the order in which the first that applies is the exit status. */
enum exit_status {
    EXIT_ALL_READ = 0,
    EXIT_FOUND = 3,
    EXIT_DAMAGED = 1,
    EXIT_INTERRUPTED = 128, /* and the signal's number */
    EXIT_WRONG = 2,
};

#define NS 1000000000 /* a second */

enum {
    BATCH = 1024,    /* segments asked for at once */
    PAUSE_MS = 200,  /* silence of a pipe before time is let pass */
    WHY_SIZE = 1024, /* octets of the line that says why */
    LOSS_SIZE = 200, /* of the line that says what was lost */
    LIVE_LAG_S = 60, /* a capture whose packets are no older when they come is taken for live */
    TERMINAL_WIDTH = 80,
    FILE_WIDTH = 100,
    MIN_WIDTH = 60,
    MAX_WIDTH = 110,
};

enum { LOSSES = 4 }; /* kinds of them: find_losses() */

static volatile sig_atomic_t interrupted;

/* One run: what the core's callbacks and the loop share. */
struct run {
    const struct options *options;
    struct input *input;
    struct report report;
    struct output output;
    struct tcprst *core;
    struct extract *extract;      /* NULL: a report is wanted */
    struct kernel_trace *trace;   /* NULL: none was given */
    struct tcprst_order *order;   /* NULL: that of one capture's frames */
    struct places *places;        /* NULL: the captures are one stream */
    struct twice *twice;          /* NULL: the captures are read once */
    struct tcprst_glance *glance; /* NULL: all connections are followed */
    struct annotate *annotate;    /* NULL: no annotated copy is wanted */
    uint32_t capture;             /* the one the core is fed, with --separate */
    uint64_t segments;
    int write_error; /* errno of the first write that failed; what it is without one says nothing */
    bool live;       /* standard input is among the captures */
    int64_t last_time; /* of the last segment, and the monotonic clock when it came */
    gint64 last_arrival;
    uint64_t said[LOSSES]; /* of each loss: so many need not be said any more */
    bool fresh;            /* packets arrive, or once arrived, as they are captured */
    struct progress progress;
};

static void complain(const char *sentence)
{
    GString *line = g_string_new("tcprst: ");
    char *valid = g_utf8_make_valid(sentence, -1);
    /* File names may hold anything, terminal escapes too. */
    string_terminal(line, valid);
    fprintf(stderr, "%s\n", line->str);
    g_string_free(line, TRUE);
    g_free(valid);
}

static void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    struct run *run = user;
    const struct report_why asked = why_ask(run->core, run->options, verdict);
    report_verdict(&run->report, verdict, &asked);
    if (run->annotate &&
        (!run->options->causes.given || run->options->causes.cause[verdict->cause])) {
        char why[WHY_SIZE];
        tcprst_verdict_summary(verdict, translate_sentence, why, sizeof why);
        annotate_verdict(run->annotate, verdict, why);
    }
}

static void on_connection(void *user, const struct tcprst_connection *connection)
{
    struct run *run = user;
    report_connection(&run->report, connection);
}

static void start_core(struct run *run)
{
    struct tcprst_options options = {
        .on_verdict = on_verdict,
        .on_connection = report_wants_connections(&run->report) ? on_connection : NULL,
        .user = run,
        .max_connections = run->options->max_connections,
        .places = places_stream(run->places),
        .order = run->order,
        .trace = run->trace ? run->trace->trace : NULL,
        .glance = run->glance,
        .hash_seed = (uint64_t)g_random_int() << 32 | g_random_int()};
    run->core = tcprst_new(&options);
    if (!run->core)
        process_no_memory();
}

static void finish_core(struct run *run)
{
    struct tcprst_statistics statistics;
    if (!run->core)
        return;
    tcprst_finish(run->core);
    tcprst_statistics(run->core, &statistics);
    report_statistics(&run->report, &statistics);
    tcprst_free(run->core);
    run->core = NULL;
}

static void feed_one(struct run *run, const struct tcprst_segment *segment)
{
    says_note(run->report.says, segment, run->order);
    tcprst_feed(run->core, segment, NULL);
    run->segments++;
}

/* Verdicts say what the places have by then: they take no segment before the core has the one
 * before it, or what is said would hang on how many are read at once. */
static void feed_places(struct run *run, struct tcprst_segment *segments, size_t count)
{
    places_expect(run->places, segments, count);
    tcprst_expect(run->core, segments, count);
    for (size_t i = 0; i < count; i++) {
        if (places_take(run->places, run->order, &segments[i]))
            feed_one(run, &segments[i]);
    }
}

static void feed(struct run *run, struct tcprst_segment *segments, size_t count)
{
    if (count == 0)
        return;
    bool separate = run->options->separate || places_apart(run->places);
    if (separate && run->core && segments[0].frame.capture != run->capture)
        finish_core(run);
    if (!run->core)
        start_core(run);
    run->capture = segments[0].frame.capture;
    count = twice_sift(run->twice, segments, count);
    if (places_stream(run->places)) {
        feed_places(run, segments, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        places_take(run->places, run->order, &segments[i]);
    tcprst_expect(run->core, segments, count);
    for (size_t i = 0; i < count; i++)
        feed_one(run, &segments[i]);
}

static int64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS + now.tv_nsec;
}

/* A live input's segments have come. */
static void note_arrival(struct run *run, const struct tcprst_segment *segments, size_t count)
{
    if (count == 0)
        return;
    run->last_arrival = g_get_monotonic_time();
    run->last_time = segments[count - 1].time;
    if (run->last_time == TCPRST_TIME_UNKNOWN)
        return;
    int64_t lag = wall_clock() / NS - run->last_time / NS;
    /* Once so, always so: that capture's clock, or ours, may yet be set. */
    run->fresh = run->fresh || ABS(lag) < LIVE_LAG_S;
}

/* Time of a live input passes with its other packets too, and, where it is silent, with our clock;
 * an old capture that only comes slowly through a pipe must give the verdicts its file gives, so
 * there it does not. */
static void let_time_pass(struct run *run, enum input_status status)
{
    if (!run->core)
        return;
    int64_t elapsed = (g_get_monotonic_time() - run->last_arrival) * 1000;
    int64_t time = input_capture(run->input, run->capture)->last_time;
    if (status == INPUT_PAUSED && run->fresh)
        tcprst_silence(run->core, elapsed);
    else if (!run->fresh || time / NS < run->last_time / NS + elapsed / NS)
        tcprst_advance(run->core, time);
}

/* What a table that is too small, or memory that was refused, took from the report. */
struct loss {
    uint64_t count;
    const char *what, *so;
};

static void find_losses(const struct tcprst_statistics *s, struct loss losses[LOSSES])
{
    const char *less_sure = _("; their resets are less sure");
    losses[0] = (struct loss){
        s->connections_given_up,
        s->open_given_up
            ? _("connections given up for want of room (--max-connections), open ones too")
            : _("connections given up for want of room (--max-connections)"),
        less_sure};
    losses[1] = (struct loss){s->hosts_given_up, _("hosts given up for want of room"), less_sure};
    losses[2] = (struct loss){s->verdicts_early,
                              _("verdicts given early, because too many were pending"), ""};
    losses[3] = (struct loss){s->out_of_memory, _("segments not followed for want of memory"),
                              _("; resets may be missing or their causes wrong")};
}

static void complain_of_loss(const struct loss *loss, const char *where)
{
    char line[LOSS_SIZE];
    snprintf(line, sizeof line, "%s%s%s%" PRIu64 "%s", loss->what, where, _(": "), loss->count,
             loss->so);
    complain(line);
}

/* A monitor may run for weeks: it says so as soon as it begins to lose something, and again when it
 * has lost ten times as much. */
static void say_losses(struct run *run)
{
    struct tcprst_statistics statistics;
    struct loss losses[LOSSES];
    if (!run->core || run->options->quiet)
        return;
    tcprst_count(run->core, &statistics);
    find_losses(&statistics, losses);
    for (size_t i = 0; i < LOSSES; i++) {
        if (losses[i].count <= run->said[i])
            continue;
        progress_clear(&run->progress);
        complain_of_loss(&losses[i], _(", so far"));
        run->said[i] = losses[i].count * 10;
    }
}

/* Returns false where writing failed and reading on is pointless. */
static bool read_all(struct run *run)
{
    static struct tcprst_segment segments[BATCH];
    enum input_status status;
    do {
        size_t count = input_read(run->input, segments, BATCH, &status);
        feed(run, segments, count);
        if (run->live) {
            note_arrival(run, segments, count);
            let_time_pass(run, status);
            say_losses(run);
            fflush(run->output.stream);
        }
        if (ferror(run->output.stream)) {
            run->write_error = errno;
            return false;
        }
        progress_update(&run->progress, run->input, run->segments);
    } while (status == INPUT_MORE || status == INPUT_PAUSED);
    run->report.interrupted = status == INPUT_INTERRUPTED;
    return true;
}

/* The same where no report is wanted. */
static bool read_packets(struct run *run)
{
    static struct input_packet packet;
    enum input_status status;
    uint64_t packets = 0;
    do {
        if (input_packet(run->input, &packet, &status)) {
            extract_packet(run->extract, &packet);
            run->segments += packet.segment_count;
        }
        if (packets++ % BATCH == 0)
            progress_update(&run->progress, run->input, run->segments);
        if (ferror(run->output.stream)) {
            run->write_error = errno;
            return false;
        }
    } while (status == INPUT_MORE || status == INPUT_PAUSED);
    run->report.interrupted = status == INPUT_INTERRUPTED;
    return true;
}

static bool any_usable(const struct run *run)
{
    for (size_t i = 0; i < input_count(run->input); i++)
        if (input_capture(run->input, i)->usable)
            return true;
    return false;
}

/* Says what could not be read; returns whether there was any. */
static bool complain_of_captures(const struct run *run)
{
    bool damaged = false;
    for (size_t i = 0; i < input_count(run->input); i++) {
        const struct input_capture *capture = input_capture(run->input, i);
        for (size_t j = 0; j < capture->left_out_count && !run->options->quiet; j++) {
            char *line = g_strdup_printf("'%s': %s", capture->name, capture->left_out[j]);
            complain(line);
            g_free(line);
        }
        if (!capture->damage)
            continue;
        complain(capture->damage);
        damaged = true;
    }
    return damaged;
}

/* A frame that no capture has is a wrong argument. Of one that holds no reset formats for machines
 * have no place to say so. Returns false for the former. */
static bool complain_of_frame(const struct run *run)
{
    enum option_format format = run->options->format;
    bool machine = format == FORMAT_NDJSON || format == FORMAT_JSON || format == FORMAT_CSV;
    bool none = words_no_such_frame(&run->report);
    if (!run->options->frame || run->report.frame_found ||
        (!none && (!machine || run->options->quiet)))
        return true;
    GString *words = g_string_new(NULL);
    words_nothing(words, &run->report);
    complain(words->str);
    g_string_free(words, TRUE);
    return !none;
}

/* Refused memory is said with every report; what was given up for want of room is part of the
 * reports that have a summary. Returns whether segments were lost. */
static bool complain_of_losses(const struct run *run)
{
    bool summarises = run->report.format->summarises;
    struct loss losses[LOSSES];
    find_losses(&run->report.statistics, losses);
    for (size_t i = 0; i < LOSSES - 1; i++)
        if (losses[i].count && !summarises && !run->options->quiet)
            complain_of_loss(&losses[i], "");
    if (run->report.again_short)
        complain(run->report.again_short);
    if (!losses[LOSSES - 1].count)
        return run->report.again_short != NULL;
    complain_of_loss(&losses[LOSSES - 1], "");
    return true;
}

static bool wants_color(const struct options *options, bool terminal)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    return terminal && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

static unsigned columns(bool terminal)
{
    struct winsize size;
    unsigned width = terminal ? TERMINAL_WIDTH : FILE_WIDTH;
    const char *said = getenv("COLUMNS");
    guint64 number;
    if (said && g_ascii_string_to_unsigned(said, 10, 1, UINT_MAX, &number, NULL))
        width = (unsigned)number;
    else if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width = size.ws_col;
    return CLAMP(width, MIN_WIDTH, MAX_WIDTH);
}

static void print_version(void)
{
    const char *missing = sandbox_missing();
    printf("tcprst %s\n", TCPRST_VERSION);
    if (missing)
        printf(_("sandbox: not available, %s\n"), _(missing));
    else
        printf(_("sandbox: available (seccomp)\n"));
}

static int explain(const struct options *options)
{
    bool terminal = isatty(STDOUT_FILENO), color = wants_color(options, terminal), known = true;
    char *error = NULL;
    if (options->action == ACTION_VERSION)
        print_version();
    else if (options->action == ACTION_LIST_CAUSES && options->format == FORMAT_JSON)
        explain_list_json(stdout);
    else if (options->action == ACTION_LIST_CAUSES)
        explain_list(stdout, color, columns(terminal));
    else if (options->format == FORMAT_JSON)
        known = explain_cause_json(stdout, options->explain);
    else
        known = explain_name(stdout, options->explain, color, columns(terminal));
    if (!known) {
        error = g_strdup_printf(
            _("no cause, group or word '%s' (--list-causes and --explain words list them)"),
            options->explain);
        complain(error);
        g_free(error);
        return EXIT_WRONG;
    }
    struct output to_stdout = {.stream = stdout};
    if (output_close(&to_stdout, errno, true, &error))
        return EXIT_ALL_READ;
    complain(error);
    g_free(error);
    return EXIT_WRONG;
}

static bool open_all(struct run *run, char **error)
{
    const struct options *options = run->options;
    struct input_options input = {.names = (const char *const *)options->captures,
                                  .count = options->capture_count,
                                  .separate = options->separate,
                                  .filter = options->filter,
                                  .pause_ms = run->live ? PAUSE_MS : 0,
                                  .interrupted = &interrupted};
    if (options->format == FORMAT_HTML && !options->output && isatty(STDOUT_FILENO)) {
        *error =
            g_strdup(_("--format=html writes a page for a browser: name a file with --output"));
        return false;
    }
    /* Captures may be more than there are descriptors: what is written gets its own first. */
    if (!output_open(&run->output, options, error) ||
        (options->format == FORMAT_JSON && !(run->report.keep = output_temporary(error))))
        return false;
    process_hold_descriptors();
    run->input = input_open(&input, error);
    process_let_descriptors_go();
    if (!run->input)
        return false;
    if (options->format == FORMAT_HTML && output_rereadable(options)) {
        input.interrupted = NULL;
        run->report.again = input_open(&input, error);
    }
    if (options->baseline && !(run->report.baseline = baseline_read(options->baseline, error)))
        return false;
    if (options->kernel_trace && !(run->trace = kernel_trace_open(options->kernel_trace, error)))
        return false;
    return !options->annotate || (run->annotate = annotate_open(options, error));
}

/* Everything is open, no octet of a capture was looked at: from here on less is enough. Returns
 * false where that is a condition and could not be met. */
static bool give_up_privileges(const struct options *options)
{
    const char *why = NULL;
    process_close_inherited();
    g_random_int(); /* its first use opens /dev/urandom */
    if (options->no_sandbox || sandbox_enter(&why))
        return true;
    bool built_without = sandbox_missing() != NULL;
    char *line = g_strdup_printf("%s: %s",
                                 options->sandbox_required ? _("no sandbox (--sandbox=require)")
                                                           : _("reading without a sandbox"),
                                 _(why));
    /* That a build has none is known; that this one could not be had is news. */
    if (options->sandbox_required || options->verbose || (!built_without && !options->quiet))
        complain(line);
    g_free(line);
    return !options->sandbox_required;
}

static void setup_report(struct run *run)
{
    const struct options *options = run->options;
    run->report.terminal = !options->output && isatty(STDOUT_FILENO);
    run->report.color = wants_color(options, run->report.terminal);
    run->report.width = columns(run->report.terminal);
    /* Another language is said in UTF-8, or (where nobody asked for it) not at all. */
    run->report.utf8 = g_get_charset(NULL) || strcmp(translate_language(), "en") != 0;
    report_open(&run->report, options, run->input, run->output.stream);
}

/* What has to be known of the captures, and of the kernel's trace, before they are read. */
static void look_first(struct run *run)
{
    const struct options *options = run->options;
    bool twice = false;
    struct places_wish wish = {.seed = (uint64_t)g_random_int() << 32 | g_random_int(),
                               .separate = options->separate};
    if (run->trace) {
        wish.trace = run->trace->trace;
        if (!kernel_trace_read(run->trace))
            complain(run->trace->error);
    } else if (!run->live) {
        run->twice = twice_begin(options, run->input, &run->progress);
    }
    if (run->twice) {
        wish.look = twice_look;
        wish.glance = twice_glance;
        wish.look_briefly = twice_look_briefly;
        wish.look_user = run->twice;
    }
    if (!run->live && (run->trace || !options->separate))
        run->places = places_find(run->input, &wish, &twice);
    if (run->trace && !twice)
        complain(
            _("--kernel-trace reads the captures twice, which a pipe cannot: nothing is joined"));
    else if (run->trace)
        tcprst_trace_join(run->trace->trace);
    if (run->twice && twice)
        run->glance = twice_finish(run->twice, run->places);
    run->order = places_order(run->places, run->input, options->separate);
    run->report.places = run->places;
    run->report.kernel_trace = run->trace;
}

static int exit_status(const struct run *run, bool damaged, bool written, bool usable)
{
    if (!written || !usable)
        return EXIT_WRONG;
    if (run->report.interrupted)
        return EXIT_INTERRUPTED + interrupted;
    if (damaged)
        return EXIT_DAMAGED;
    return run->report.failed_on ? EXIT_FOUND : EXIT_ALL_READ;
}

/* Writes the annotated copy; returns whether that went well. */
static bool close_annotated(struct run *run)
{
    uint64_t rewritten = 0;
    char *error = NULL;
    if (!run->annotate)
        return true;
    bool written = annotate_close(run->annotate, run->input, &rewritten, &error);
    if (rewritten > 0 && !run->options->quiet)
        fprintf(stderr,
                _("tcprst: '%s': %llu simple packet blocks, which hold no comment, became enhanced "
                  "ones (time 0)\n"),
                run->options->annotate, (unsigned long long)rewritten);
    if (!written)
        complain(error);
    g_free(error);
    return written;
}

/* The report takes its place, if there is one. */
static bool close_output(struct run *run, bool usable)
{
    char *error = NULL;
    bool wanted = usable && !run->report.keep_error;
    bool written = output_close(&run->output, run->write_error, wanted, &error);
    if (written && run->report.keep_error) {
        error = g_strdup_printf(_("cannot keep the connections for the end of the report in a "
                                  "temporary file in '%s': %s"),
                                g_get_tmp_dir(), g_strerror(run->report.keep_error));
        written = false;
    }
    if (!written)
        complain(error);
    g_free(error);
    return written;
}

/* Before anything was read. */
static int give_up(struct run *run)
{
    char *ignored = NULL;
    annotate_discard(run->annotate);
    kernel_trace_close(run->trace);
    extract_free(run->extract);
    if (run->output.stream)
        output_close(&run->output, 0, false, &ignored);
    g_free(ignored);
    baseline_free(run->report.baseline);
    if (run->report.keep)
        fclose(run->report.keep);
    input_close(run->report.again);
    input_close(run->input);
    return EXIT_WRONG;
}

static int run_report(const struct options *options)
{
    struct run run = {.options = options, .last_time = INT64_MIN};
    char *error = NULL;
    for (size_t i = 0; i < options->capture_count; i++)
        run.live |= strcmp(options->captures[i], "-") == 0;
    if (!open_all(&run, &error)) {
        complain(error);
        g_free(error);
        return give_up(&run);
    }
    /* Only now: one that comes while a pipe is opened, which may take for ever, ends us. */
    process_catch_interrupts(&interrupted);
    setup_report(&run);
    if (!give_up_privileges(options)) {
        report_close(&run.report, false);
        return give_up(&run);
    }
    bool streams = options->format == FORMAT_NDJSON || options->format == FORMAT_CSV;
    progress_start(&run.progress,
                   !options->quiet && !options->no_progress && !(streams && run.report.terminal));
    look_first(&run);
    places_set_names(run.places, run.report.names);
    bool written = read_all(&run);
    progress_clear(&run.progress);
    errno = 0;
    finish_core(&run);
    /* An interrupt before the first packet is no fault of the captures. */
    bool usable = any_usable(&run) || run.report.interrupted;
    usable = usable && complain_of_frame(&run);
    report_close(&run.report, usable);
    if (run.write_error == 0)
        run.write_error = errno;
    bool damaged = complain_of_captures(&run);
    damaged |= complain_of_losses(&run);
    written = close_output(&run, usable) && written;
    if (usable)
        written = close_annotated(&run) && written;
    else
        annotate_discard(run.annotate);
    places_free(run.places);
    twice_free(run.twice);
    tcprst_order_free(run.order);
    kernel_trace_close(run.trace);
    input_close(run.report.again);
    input_close(run.input);
    g_free(run.report.again_short);
    return exit_status(&run, damaged, written, usable);
}

static bool open_extract(struct run *run, char **error)
{
    const struct options *options = run->options;
    FILE *out = run->output.stream;
    run->extract = options->action == ACTION_KEYS
                       ? extract_to_list(out)
                       : extract_to_capture(out, options->extract, options->captures[0], error);
    return run->extract != NULL;
}

/* --keys and --extract. */
static int run_extract(const struct options *options)
{
    struct run run = {.options = options};
    char *error = NULL;
    if (!open_all(&run, &error) || !open_extract(&run, &error)) {
        complain(error);
        g_free(error);
        return give_up(&run);
    }
    process_catch_interrupts(&interrupted);
    if (!give_up_privileges(options))
        return give_up(&run);
    progress_start(&run.progress, !options->quiet && !options->no_progress);
    bool written = read_packets(&run);
    progress_clear(&run.progress);
    bool usable = any_usable(&run) || run.report.interrupted;
    bool damaged = complain_of_captures(&run);
    written = close_output(&run, usable) && written;
    extract_free(run.extract);
    input_close(run.report.again);
    if (run.report.keep)
        fclose(run.report.keep);
    input_close(run.input);
    return exit_status(&run, damaged, written, usable);
}

/* Where catalogues are: as said by the environment, beside the program as installed or built, or
 * where installing puts them. Returns NULL, or why it cannot be spoken, to be freed. */
static char *begin_language(const char *language)
{
    char *program = g_file_read_link("/proc/self/exe", NULL);
    char *folder = program ? g_path_get_dirname(program) : g_strdup(".");
    char *beside = g_build_filename(folder, "..", "share", "locale", NULL);
    const char *said = g_getenv("TCPRST_LOCALEDIR");
    const char *directories[] = {said ? said : beside, said ? NULL : TCPRST_LOCALEDIR, NULL};
    char *error = NULL;
    if (!translate_begin(directories, language))
        error = g_strdup_printf(
            translate_has(directories, language)
                ? "--lang: the translation '%s' is here, but the system has no locale to use it "
                  "in: one other than C has to be generated (Debian: the package locales-all)"
                : "--lang: no translation '%s' here",
            language);
    g_free(beside);
    g_free(folder);
    g_free(program);
    return error;
}

/* What programs read is the same in every language, and so is what is said beside it. */
static bool for_machines(const struct options *options)
{
    return options->format == FORMAT_JSON || options->format == FORMAT_NDJSON ||
           options->format == FORMAT_CSV;
}

int main(int argc, char **argv)
{
    struct options options;
    char *error = NULL;
    const char *language = options_language(argc, argv);
    process_prepare(EXIT_WRONG);
    setlocale(LC_CTYPE, "");
    char *speechless = begin_language(language);
    bool right = options_parse(&options, argc, argv, &error);
    if (!right || speechless) {
        complain(right ? speechless : error);
        g_free(error);
        g_free(speechless);
        options_clear(&options);
        return EXIT_WRONG;
    }
    if (for_machines(&options))
        translate_end();
    int status = options.action == ACTION_REPORT ? run_report(&options)
                 : options.action == ACTION_KEYS || options.action == ACTION_EXTRACT
                     ? run_extract(&options)
                     : explain(&options);
    options_clear(&options);
    return status;
}
