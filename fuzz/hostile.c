/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostile ROUNDS SEED DIRECTORY FILE...: the whole program on files changed at random, one run
 * after another, with the options that read them: captures alone and several of one traffic, kernel
 * traces (*.trace), earlier reports (*.json) and lists of connections (*.keys). Files of one
 * traffic are named alike up to ".client", ".middle" or ".server".
 *
 * Some runs share a process, made of this one: so thousands a minute are possible with the
 * sanitizers. What none must do: end by a signal, with a status of its own making, or take longer
 * than CPU_MOST. The directory holds the files of the run; of one that fails they are kept. A round
 * depends on SEED and its number only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES_MOST = 4, CPU_MOST = 60, ARGUMENTS_MOST = 24, CHANGES_MOST = 12, TOGETHER = 100 };

int tcprst_main(int argc, char **argv); /* analyzer/main.c */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* Told apart from the program's own statuses. */
const char *__asan_default_options(void)
{
    return "exitcode=99:detect_leaks=0";
}

const char *__ubsan_default_options(void)
{
    return "exitcode=99:print_stacktrace=1";
}

/* A file to start from. */
struct seed {
    const char *name;
    char *contents;
    gsize size;
};

struct hostile {
    GRand *random;
    const char *directory;
    GArray *captures, *traces, *reports, *lists; /* of struct seed */
    /* The run at hand. */
    char *arguments[ARGUMENTS_MOST];
    int argument_count;
    unsigned file_count;
    struct shared *shared;
};

/* Of all processes. */
struct shared {
    unsigned round;           /* at work */
    int code;                 /* how it ended, should that be wrong */
    uint64_t files, codes[4]; /* changed; how the runs ended */
    double longest;           /* seconds of processor */
    char command[4096];
};

static unsigned below(struct hostile *h, unsigned end)
{
    return end ? (unsigned)g_rand_int_range(h->random, 0, (gint32)end) : 0;
}

/* Other rounds for each seed: those of two seeds that follow each other are not the same. */
static void begin_round(struct hostile *h, guint32 seed, unsigned round)
{
    const guint32 both[] = {seed, round};
    g_rand_set_seed_array(h->random, both, G_N_ELEMENTS(both));
}

static bool chance(struct hostile *h, unsigned one_in)
{
    return below(h, one_in) == 0;
}

/* ---- changing ---- */

static void change_octet(struct hostile *h, GByteArray *of)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '"', '{', '-', '9', 0xc3};
    guint at = below(h, of->len);
    of->data[at] = chance(h, 2) ? (uint8_t)below(h, 256) : edges[below(h, sizeof edges)];
}

static void change_number(struct hostile *h, GByteArray *of)
{
    static const uint32_t edges[] = {0, 1, 0x7fffffff, 0x80000000, UINT32_MAX, 0xffff, 262144};
    uint32_t value = edges[below(h, G_N_ELEMENTS(edges))];
    guint at = below(h, of->len);
    memcpy(of->data + at, &value, of->len - at < sizeof value ? of->len - at : sizeof value);
}

static void remove_some(struct hostile *h, GByteArray *of)
{
    guint at = below(h, of->len), most = of->len - at;
    g_byte_array_remove_range(of, at, 1 + below(h, most > 200 ? 200 : most));
}

/* Some of it once more, there or elsewhere. */
static void repeat_some(struct hostile *h, GByteArray *of)
{
    guint from = below(h, of->len), to = below(h, of->len), most = of->len - from;
    guint length = 1 + below(h, most > 200 ? 200 : most), behind = of->len - to;
    guint8 *some = g_memdup2(of->data + from, length);
    if (chance(h, 2)) {
        memcpy(of->data + to, some, length < behind ? length : behind);
    } else {
        guint8 *rest = g_memdup2(of->data + to, behind);
        g_byte_array_set_size(of, to);
        g_byte_array_append(of, some, length);
        g_byte_array_append(of, rest, behind);
        g_free(rest);
    }
    g_free(some);
}

static void cut(struct hostile *h, GByteArray *of)
{
    g_byte_array_set_size(of, below(h, of->len));
}

/* Half of the files in a few octets only: what frames them is mostly left, and what they hold is
 * read. */
static void change(struct hostile *h, GByteArray *of)
{
    if (chance(h, 2)) {
        for (unsigned n = 1 + below(h, 3); n > 0 && of->len > 0; n--)
            change_octet(h, of);
        return;
    }
    for (unsigned n = 1 + below(h, CHANGES_MOST); n > 0 && of->len > 0; n--) {
        unsigned how = below(h, 16);
        if (how < 8)
            change_octet(h, of);
        else if (how < 10)
            change_number(h, of);
        else if (how < 12)
            remove_some(h, of);
        else if (how < 15)
            repeat_some(h, of);
        else if (chance(h, 4))
            cut(h, of);
    }
}

/* ---- a run ---- */

static void add(struct hostile *h, char *argument)
{
    g_assert(h->argument_count < ARGUMENTS_MOST - 1);
    h->arguments[h->argument_count++] = argument;
}

static void say(struct hostile *h, const char *argument)
{
    add(h, g_strdup(argument));
}

/* Writes that file, changed or as it is, and returns its name. */
static char *put(struct hostile *h, const struct seed *seed, bool changed)
{
    char *path = g_strdup_printf("%s/%u", h->directory, h->file_count++);
    GByteArray *contents = g_byte_array_new();
    g_byte_array_append(contents, (const guint8 *)seed->contents, (guint)seed->size);
    if (changed) {
        change(h, contents);
        h->shared->files++;
    }
    FILE *file = fopen(path, "wb");
    g_assert(file && fwrite(contents->data, 1, contents->len, file) == contents->len);
    g_assert(fclose(file) == 0);
    g_byte_array_free(contents, TRUE);
    return path;
}

static const struct seed *any(struct hostile *h, const GArray *of)
{
    return &g_array_index(of, struct seed, below(h, of->len));
}

static size_t traffic_length(const char *name)
{
    const char *places[] = {".client.", ".middle.", ".server."};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        const char *found = strstr(name, places[i]);
        if (found)
            return (size_t)(found - name);
    }
    return strlen(name);
}

/* One capture, or those of its traffic that stand beside it. */
static void add_captures(struct hostile *h, bool several)
{
    guint at = below(h, h->captures->len), left = FILES_MOST - 1;
    const struct seed *seeds = (const struct seed *)(void *)h->captures->data;
    size_t length = traffic_length(seeds[at].name);
    while (several && at > 0 && traffic_length(seeds[at - 1].name) == length &&
           strncmp(seeds[at - 1].name, seeds[at].name, length) == 0)
        at--;
    do {
        add(h, put(h, &seeds[at], !several || !chance(h, 3)));
        at++;
    } while (several && --left && at < h->captures->len &&
             traffic_length(seeds[at].name) == length &&
             strncmp(seeds[at].name, seeds[at - 1].name, length) == 0);
}

static void add_format(struct hostile *h)
{
    static const char *const formats[] = {"text", "text", "ndjson",  "json",
                                          "csv",  "html", "markdown"};
    static const char *const options[] = {
        "--why",          "--redact",        "--connections",
        "--color=always", "--lang=zh_CN",    "--separate",
        "--quiet",        "--verbose",       "--max-connections=2",
        "--frame=7",      "--cause=refused", "--fail-on=suspicious"};
    const char *format = formats[below(h, G_N_ELEMENTS(formats))];
    add(h, g_strdup_printf("--format=%s", format));
    if (strcmp(format, "text") == 0 && chance(h, 4))
        say(h, "--why-not=closed-port");
    for (unsigned i = 0; i < 3; i++)
        if (chance(h, 2))
            say(h, options[below(h, G_N_ELEMENTS(options))]);
}

static void make_run(struct hostile *h)
{
    unsigned kind = below(h, 10);
    say(h, "tcprst");
    say(h, "--no-sandbox");
    if (kind == 8) {
        say(h, "--keys");
    } else if (kind == 9 && h->lists->len) {
        add(h, g_strdup_printf("--output=%s/copy", h->directory));
        say(h, "--extract");
        add(h, put(h, any(h, h->lists), !chance(h, 4)));
    } else {
        add_format(h);
        if (kind == 0)
            add(h, g_strdup_printf("--annotate=%s/copy", h->directory));
    }
    if (kind >= 4 && kind < 6 && h->traces->len)
        add(h, g_strconcat("--kernel-trace=", put(h, any(h, h->traces), !chance(h, 4)), NULL));
    if (kind == 7 && h->reports->len)
        add(h, g_strconcat("--baseline=", put(h, any(h, h->reports), !chance(h, 4)), NULL));
    add_captures(h, kind >= 2 && kind < 6);
    h->arguments[h->argument_count] = NULL;
}

static double processor(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* The program's streams lead nowhere; what it says of errors stands in the directory. */
static void be_program(const struct hostile *h)
{
    const struct rlimit time = {CPU_MOST, CPU_MOST};
    char *said = g_build_filename(h->directory, "said", NULL);
    int nothing = open("/dev/null", O_RDWR);
    int errors = open(said, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0600);
    dup2(nothing, STDIN_FILENO);
    fclose(stdout);
    dup2(errors, STDERR_FILENO);
    setrlimit(RLIMIT_CPU, &time);
    g_free(said);
}

static void end_run(struct hostile *h)
{
    for (int i = 0; i < h->argument_count; i++)
        g_free(h->arguments[i]);
    h->argument_count = 0;
    h->file_count = 0;
}

/* Standard output was closed with the report before; what was said is not of this run. */
static bool renew_streams(void)
{
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0 || (nothing != STDOUT_FILENO && dup2(nothing, STDOUT_FILENO) < 0))
        return false;
    if (nothing != STDOUT_FILENO)
        close(nothing);
    stdout = fdopen(STDOUT_FILENO, "w");
    return stdout && ftruncate(STDERR_FILENO, 0) == 0;
}

/* One after another, while none ends wrongly. */
_Noreturn static void run_some(struct hostile *h, guint32 seed, unsigned end)
{
    struct shared *shared = h->shared;
    be_program(h);
    for (; shared->round < end; shared->round++) {
        double before = processor();
        begin_round(h, seed, shared->round);
        make_run(h);
        char *command = g_strjoinv(" ", h->arguments);
        g_strlcpy(shared->command, command, sizeof shared->command);
        g_free(command);
        if (!renew_streams())
            _exit(1);
        shared->code = tcprst_main(h->argument_count, h->arguments);
        if (shared->code > 3)
            _exit(1);
        shared->codes[shared->code]++;
        shared->longest = MAX(shared->longest, processor() - before);
        end_run(h);
    }
    _exit(0);
}

/* Keeps the files and the command under the round's number. */
static void keep(struct hostile *h, int status)
{
    char *kept = g_strdup_printf("%s.%u", h->directory, h->shared->round);
    char *copy[] = {g_strdup("cp"), g_strdup("-r"), g_strdup(h->directory), g_strdup(kept), NULL};
    g_spawn_sync(NULL, copy, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
    printf("round %u: %s %d: %s (files kept in %s)\n", h->shared->round,
           WIFSIGNALED(status) ? "signal" : "exit code",
           WIFSIGNALED(status)        ? WTERMSIG(status)
           : WEXITSTATUS(status) == 1 ? h->shared->code
                                      : WEXITSTATUS(status),
           h->shared->command, kept);
    for (int i = 0; copy[i]; i++)
        g_free(copy[i]);
    g_free(kept);
}

/* Returns whether all rounds before end went well; else the one that did not is h->shared->round.
 */
static bool run(struct hostile *h, guint32 seed, unsigned end)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    g_assert(child >= 0);
    if (child == 0)
        run_some(h, seed, end);
    g_assert(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    keep(h, status);
    return false;
}

static void take(struct hostile *h, const char *name)
{
    struct seed seed = {.name = name};
    if (!g_file_get_contents(name, &seed.contents, &seed.size, NULL) || seed.size == 0)
        return;
    GArray *to = g_str_has_suffix(name, ".trace")  ? h->traces
                 : g_str_has_suffix(name, ".json") ? h->reports
                 : g_str_has_suffix(name, ".keys") ? h->lists
                                                   : h->captures;
    g_array_append_val(to, seed);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "hostile ROUNDS SEED DIRECTORY FILE...\n");
        return 2;
    }
    struct hostile h = {.random = g_rand_new(),
                        .directory = argv[3],
                        .captures = g_array_new(FALSE, FALSE, sizeof(struct seed)),
                        .traces = g_array_new(FALSE, FALSE, sizeof(struct seed)),
                        .reports = g_array_new(FALSE, FALSE, sizeof(struct seed)),
                        .lists = g_array_new(FALSE, FALSE, sizeof(struct seed)),
                        .shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    unsigned rounds = (unsigned)atoi(argv[1]), failed = 0;
    g_assert(h.shared != MAP_FAILED);
    for (int i = 4; i < argc; i++)
        take(&h, argv[i]);
    while (h.captures->len && h.shared->round < rounds) {
        unsigned end = h.shared->round + TOGETHER;
        if (!run(&h, (guint32)atoi(argv[2]), end < rounds ? end : rounds)) {
            failed++;
            h.shared->round++;
        }
        if (h.shared->round % 1000 == 0)
            fprintf(stderr, "%u rounds, %u failed\n", h.shared->round, failed);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(h.shared->codes); i++)
        printf("%llu ended with %u\n", (unsigned long long)h.shared->codes[i], i);
    printf("%u runs on %llu changed files: %u failed; the longest took %.2f s of processor\n",
           rounds, (unsigned long long)h.shared->files, failed, h.shared->longest);
    return failed || !h.captures->len ? 1 : 0;
}
