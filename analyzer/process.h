/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.h - what the process finds and how it ends: descriptors, signals, refused memory. */
#ifndef TCPRST_ANALYZER_PROCESS_H
#define TCPRST_ANALYZER_PROCESS_H

#include <signal.h>

/* At the very start: descriptors 0 to 2 are taken, whatever the caller closed; a reader that closes
 * early ends us quietly; where GLib cannot go on it is said in a sentence, and the exit status is
 * this one. */
void process_prepare(int status_without_memory);

/* Once everything is open: closes standard input, of which the capture has its own copy, and what
 * the caller had open beyond the three, perhaps for writing. */
void process_close_inherited(void);

/* A first SIGINT, SIGTERM or SIGHUP sets *interrupted to its number, another one of it ends the
 * process. A SIGHUP that the caller had us ignore stays ignored (nohup). */
void process_catch_interrupts(volatile sig_atomic_t *interrupted);

/* Holds some descriptors until they are let go: for what has to be opened behind captures, of which
 * there may be more than may be open. */
void process_hold_descriptors(void);
void process_let_descriptors_go(void);

/* Says so on standard error, writes what the streams still hold and ends the process. */
_Noreturn void process_no_memory(void);

#endif
