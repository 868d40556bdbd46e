/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - what must hold of every segment handed to the core and of every verdict it gives,
 * whatever the input. */
#ifndef TCPRST_FUZZ_CHECK_H
#define TCPRST_FUZZ_CHECK_H

#include "tcprst.h"

/* Ends the program, with the condition, where a contract is broken: the fuzzer keeps the input. */
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
_Noreturn void check_failed(const char *condition, const char *file, int line);

/* A segment as tcprst.h promises it; reads all of its octets. */
void check_segment(const struct tcprst_segment *segment);

/* A core whose verdicts are checked as they come. */
struct checker {
    struct tcprst *core;
    uint64_t fed, verdicts; /* RSTs */
    uint64_t digest;        /* of all verdicts, to compare two runs */
};

/* False where there is no memory. */
bool checker_start(struct checker *checker, size_t max_connections, uint64_t hash_seed);
void checker_feed(struct checker *checker, const struct tcprst_segment *segment);
/* Asks for the provisional verdict of the last RST, which must change nothing. */
void checker_peek(struct checker *checker);
/* The end of the input: all verdicts have come, the counts fit. Frees the core; digest stays. */
void checker_end(struct checker *checker);

#endif
