/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - what the process finds and how it ends: descriptors, signals, refused memory. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The sanitizers have their own word for faults. */
#if defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static volatile sig_atomic_t *interrupt_flag;
static int failed_status;
static uintptr_t stack_base;

static GArray *inherited; /* int; NULL: the system has no list of them */

static void note_inherited(void)
{
    GDir *list = g_dir_open("/proc/self/fd", 0, NULL);
    const char *name;
    if (!list)
        return;
    inherited = g_array_new(FALSE, FALSE, sizeof(int));
    while ((name = g_dir_read_name(list))) {
        int fd = (int)g_ascii_strtoll(name, NULL, 10); /* "." is 0, which stays */
        g_array_append_val(inherited, fd);
    }
    g_dir_close(list);
    /* The one the list itself was read from is free again, and will be another file's. */
    for (guint i = inherited->len; i-- > 0;)
        if (fcntl(g_array_index(inherited, int, i), F_GETFD) < 0)
            g_array_remove_index_fast(inherited, i);
}

void process_close_inherited(void)
{
    int nothing = open("/dev/null", O_WRONLY);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        close(nothing);
    }
    for (guint i = 0; inherited && i < inherited->len; i++) {
        int fd = g_array_index(inherited, int, i);
        if (fd > STDERR_FILENO)
            close(fd);
    }
    g_clear_pointer(&inherited, g_array_unref);
}

/* A file opened as descriptor 1 or 2 would be written into by mistake. The modes are the wrong
 * ones: to use a closed stream stays an error. */
static void take_standard_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(failed_status);
}

/* A temporary file, the annotated copy, a socket and its other end, and some for libraries. */
enum { HELD = 8 };
static int held[HELD];

void process_hold_descriptors(void)
{
    for (size_t i = 0; i < HELD; i++)
        held[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void process_let_descriptors_go(void)
{
    for (size_t i = 0; i < HELD; i++)
        if (held[i] >= 0)
            close(held[i]);
}

/* Without allocating. */
static void say(const char *words)
{
    ssize_t ignored = write(STDERR_FILENO, words, strlen(words));
    (void)ignored;
}

_Noreturn void process_no_memory(void)
{
    say("tcprst: no memory left: the report is incomplete\n");
    fflush(NULL);
    _exit(failed_status);
}

/* Where GLib gets no memory even for the sentence that says so, it calls itself until the stack,
 * which gets none either, ends. */
static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    enum { REACH = 64 << 20 };
    (void)context;
    uintptr_t at = (uintptr_t)info->si_addr;
    if (at < stack_base && stack_base - at < REACH)
        process_no_memory();
    signal(signal_number, SIG_DFL); /* any other fault comes again */
}

static void catch_end_of_stack(void)
{
    static char room[1 << 16];
    stack_t own = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_base = (uintptr_t)&own;
    if (sigaltstack(&own, NULL) == 0)
        sigaction(SIGSEGV, &action, NULL);
}

/* GLib ends the process where it gets no memory. Left to itself it would first look for a system
 * journal to tell, which the sandbox forbids. */
static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    (void)domain, (void)user;
    if (!message || strstr(message, "allocat"))
        process_no_memory();
    say("tcprst: ");
    say(message);
    say("\n");
    if (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR))
        _exit(failed_status);
}

/* --help: GLib prints it and ends the process with 0, whether it came out or not. */
static void on_print(const gchar *text)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return;
    fprintf(stderr, "tcprst: cannot write 'standard output': %s\n", g_strerror(errno));
    _exit(failed_status);
}

static void on_interrupt(int signal_number)
{
    *interrupt_flag = signal_number;
    signal(signal_number, SIG_DFL);
}

void process_prepare(int status_without_memory)
{
    failed_status = status_without_memory;
    take_standard_descriptors();
    note_inherited();
    /* Whatever we inherited. */
    signal(SIGPIPE, SIG_DFL);
    /* A file that grows beyond what we may write is an error of its write(). */
    signal(SIGXFSZ, SIG_IGN);
    if (!SANITIZED)
        catch_end_of_stack();
    g_log_set_default_handler(on_log, NULL);
    g_set_print_handler(on_print);
}

void process_catch_interrupts(volatile sig_atomic_t *interrupted)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    interrupt_flag = interrupted;
    /* A write to a slow pipe goes on: the octets it holds are part of what is reported. poll(),
     * with which we wait for input, returns all the same. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < G_N_ELEMENTS(caught); i++) {
        struct sigaction before;
        bool nohup = caught[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 &&
                     before.sa_handler == SIG_IGN;
        if (!nohup)
            sigaction(caught[i], &action, NULL);
    }
}
