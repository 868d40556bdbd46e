/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - what the process finds and how it ends: descriptors, signals, refused memory. */
#include "process.h"

#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t *interrupt_flag;
static int failed_status;

/* A file opened as descriptor 1 or 2 would be written into by mistake. The modes are the wrong
 * ones: to use a closed stream stays an error. */
static void take_standard_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(failed_status);
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

static void on_interrupt(int signal_number)
{
    *interrupt_flag = 1;
    signal(signal_number, SIG_DFL);
}

void process_prepare(int status_without_memory)
{
    failed_status = status_without_memory;
    take_standard_descriptors();
    /* Whatever we inherited. */
    signal(SIGPIPE, SIG_DFL);
    g_log_set_default_handler(on_log, NULL);
}

void process_catch_interrupt(volatile sig_atomic_t *interrupted)
{
    interrupt_flag = interrupted;
    /* A write to a slow pipe goes on: the octets it holds are part of what is reported. poll(),
     * with which we wait for input, returns all the same. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
}
