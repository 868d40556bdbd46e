/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_core.c - octets as segments, straight into the core; what may not change a verdict does not.
 */
#include "check.h"
#include "segments.h"

#include <string.h>

enum { SMALL_CAP = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How the same segments are fed. */
struct manner {
    size_t max_connections;
    uint64_t hash_seed;
    bool peek; /* ask for provisional verdicts all the time */
};

static uint64_t feed(const uint8_t *data, size_t size, const struct manner *manner)
{
    struct segments_state state = {.time = INT64_C(1700000000000000000)};
    struct tcprst_segment segment;
    uint8_t bytes[20 + SEGMENTS_OPTIONS + SEGMENTS_TEXT];
    struct checker checker;
    CHECK(checker_start(&checker, manner->max_connections, manner->hash_seed));
    for (;;) {
        enum segments_record record = segments_read(&state, &data, &size, &segment, bytes);
        if (record == SEGMENTS_NONE)
            break;
        if (record == SEGMENTS_PAUSE)
            tcprst_advance(checker.core, state.time);
        else
            checker_feed(&checker, &segment);
        if (manner->peek)
            checker_peek(&checker);
        memset(bytes, 0xee, sizeof bytes); /* borrowed for the call only */
    }
    checker_end(&checker);
    return checker.digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct manner plain = {0, 1, false}, other_seed = {0, 0x9e3779b97f4a7c15U, false};
    const struct manner peeking = {0, 1, true}, small = {SMALL_CAP, 1, true};
    uint64_t digest = feed(data, size, &plain);
    CHECK(feed(data, size, &other_seed) == digest);
    CHECK(feed(data, size, &peeking) == digest);
    feed(data, size, &small);
    return 0;
}
