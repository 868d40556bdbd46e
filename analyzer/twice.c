/* SPDX-License-Identifier: GPL-2.0-or-later */
/* twice.c - see twice.h. */
#include "twice.h"

#include <glib.h>
#include <unistd.h>

/* Without shortcuts all are followed: bench/run compares what both say. */
#ifdef TCPRST_NO_SHORTCUTS
enum { SHORTCUTS = 0 };
#else
enum { SHORTCUTS = 1 };
#endif

struct twice {
    struct input *input;
    struct progress *progress;
    struct tcprst_glance *glance;
    uint64_t segments;
    bool stopped;
};

/* What does not stay in memory is read from the disk again. */
static bool stays_in_memory(const struct input *input)
{
    enum { PART = 2 };
    uint64_t read, total;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    input_progress(input, &read, &total);
    return total > 0 && pages > 0 && page > 0 && total <= (uint64_t)pages / PART * (uint64_t)page;
}

/* JSON says of all connections together how many octets they left unacknowledged, for which each
 * has to be followed. */
static bool wants_all(const struct options *options)
{
    return options->format == FORMAT_JSON;
}

struct twice *twice_begin(const struct options *options, struct input *input,
                          struct progress *progress)
{
    if (!SHORTCUTS || wants_all(options) || options->separate || !stays_in_memory(input) ||
        !input_in_order(input))
        return NULL;
    struct twice *twice = g_new0(struct twice, 1);
    uint64_t seed = (uint64_t)g_random_int() << 32 | g_random_int();
    twice->input = input;
    twice->progress = progress;
    twice->glance = tcprst_glance_new(options->max_connections, seed);
    twice->stopped = !twice->glance;
    return twice;
}

void twice_free(struct twice *twice)
{
    if (!twice)
        return;
    tcprst_glance_free(twice->glance);
    g_free(twice);
}

static void stop(struct twice *twice)
{
    tcprst_glance_free(twice->glance);
    twice->glance = NULL;
    twice->stopped = true;
}

bool twice_look(void *user, const struct tcprst_segment *segments, size_t count)
{
    struct twice *twice = user;
    if (twice->stopped)
        return false;
    twice->segments += count;
    progress_update(twice->progress, twice->input, twice->segments);
    if (!input_is_light(twice->input) || !tcprst_glance_take(twice->glance, segments, count))
        stop(twice);
    return !twice->stopped;
}

struct tcprst_glance *twice_finish(struct twice *twice)
{
    if (!twice->stopped && !tcprst_glance_finish(twice->glance))
        stop(twice);
    if (twice->glance) {
        uint64_t count;
        const uint64_t *telling = tcprst_glance_telling(twice->glance, &count);
        input_leave_out(twice->input, telling, count);
    }
    return twice->glance;
}
