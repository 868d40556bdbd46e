/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox.h - least privilege: what a capture could make of a broken parser.
 *
 * From sandbox_enter() on the process can read and write what is open already, ask for memory and
 * for the time, and end. It can open no file, start no program and no process, use no socket and
 * make no memory executable: the kernel ends it at the first try (SIGSYS). So everything that needs
 * a file opens it before.
 */
#ifndef TCPRST_ANALYZER_SANDBOX_H
#define TCPRST_ANALYZER_SANDBOX_H

#include <stdbool.h>

/* NULL where this build can lock itself in; else why it cannot, a clause. */
const char *sandbox_missing(void);

/* Gives up for good what reading captures does not need, in all threads. Returns false, with a
 * clause in *why (static storage), where that is not possible: everything is as before then. */
bool sandbox_enter(const char **why);

#endif
