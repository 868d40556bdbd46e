/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_trace.h - reads what a kernel traced of the resets it sent and took: text of
 * /sys/kernel/tracing/trace and trace_pipe, trace-cmd report, perf script, and bpftrace as
 * docs/kernel-trace.md has it.
 *
 * All of them write an event's time, its name and its fields in one line, in that order.
 */
#ifndef TCPRST_ANALYZER_KERNEL_TRACE_H
#define TCPRST_ANALYZER_KERNEL_TRACE_H

#include "tcprst/trace.h"

#include <glib.h>
#include <stdio.h>

struct kernel_trace {
    char *name; /* as on the command line */
    FILE *file;
    struct tcprst_trace *trace;
    uint64_t lines, not_understood; /* events among them of which a part is missing */
    uint64_t lost;
    bool no_times; /* its clock counts something else than seconds */
    char *error;   /* NULL: it could be read to its end */
};

/* Opens it; NULL and a message in *error (g_free()). */
struct kernel_trace *kernel_trace_open(const char *name, char **error);
/* Reads it to its end. Returns false where nothing in it is of use; error says why. */
bool kernel_trace_read(struct kernel_trace *trace);
void kernel_trace_close(struct kernel_trace *trace);
/* What was found in it and how much of it was joined to captured resets; g_free(). shown: its name
 * for people. */
char *kernel_trace_sentence(const struct kernel_trace *trace, const char *shown);

#endif
