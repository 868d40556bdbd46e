/* SPDX-License-Identifier: GPL-2.0-or-later */
/* twice.c - see twice.h. */
#include "twice.h"

#include "input_survey.h"

#include <glib.h>
#include <unistd.h>

/* Without shortcuts all are followed: bench/run compares what both say. */
#ifdef TCPRST_NO_SHORTCUTS
enum { SHORTCUTS = 0 };
#else
enum { SHORTCUTS = 1 };
#endif

/* Captures of which one goes on where another ends. */
struct lane {
    struct tcprst_glance *glance;
    int64_t last; /* the latest time so far */
    uint64_t segments;
};

/* A capture: its lane, and which of the lane's segments are the capture's. */
struct part {
    unsigned lane;
    uint64_t from, until;
    /* In the second reading: bit by bit, which of them are followed, NULL: that is not known; the
     * next of them, and where they end. */
    const uint64_t *followed;
    uint64_t next, end;
};

struct twice {
    struct input *input;
    struct progress *progress;
    size_t max_connections;
    uint64_t seed, segments;
    struct lane lanes[TCPRST_MAX_PLACES];
    unsigned lane_count;
    struct part *parts; /* by capture */
    size_t capture;     /* at work */
    bool in_order, joined, stopped;
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
    size_t count = input_count(input);
    if (!SHORTCUTS || wants_all(options) || options->separate)
        return NULL;
    bool in_order = input_in_order(input);
    /* Several are read twice anyway. */
    if (count == 1 && (!in_order || !stays_in_memory(input)))
        return NULL;
    struct twice *twice = g_new0(struct twice, 1);
    twice->input = input;
    twice->progress = progress;
    twice->max_connections = options->max_connections;
    twice->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    twice->parts = g_new0(struct part, count);
    twice->capture = count;
    twice->in_order = in_order;
    return twice;
}

static void stop(struct twice *twice)
{
    for (unsigned i = 0; i < twice->lane_count; i++)
        tcprst_glance_free(twice->lanes[i].glance);
    twice->lane_count = 0;
    twice->stopped = true;
}

void twice_free(struct twice *twice)
{
    if (!twice)
        return;
    stop(twice);
    g_free(twice->parts);
    g_free(twice);
}

/* A capture begins at that time, TCPRST_TIME_UNKNOWN where it has none: it goes on where one before
 * ends, or stands beside them. */
static bool begin_capture(struct twice *twice, size_t capture, int64_t time)
{
    enum { OVERLAP = 1000000000 }; /* ns: a little out of order where they meet */
    unsigned n = 0;
    while (n < twice->lane_count && time != TCPRST_TIME_UNKNOWN && twice->lanes[n].last > time &&
           twice->lanes[n].last - time > OVERLAP)
        n++;
    if (n == TCPRST_MAX_PLACES)
        return false;
    struct lane *lane = &twice->lanes[n];
    if (n == twice->lane_count) {
        bool several = input_count(twice->input) > 1;
        lane->glance = several ? tcprst_glance_of_several(twice->max_connections, twice->seed)
                               : tcprst_glance_new(twice->max_connections, twice->seed);
        lane->last = time;
        twice->lane_count++;
    }
    twice->capture = capture;
    twice->parts[capture] =
        (struct part){.lane = n, .from = lane->segments, .until = lane->segments};
    return lane->glance != NULL;
}

static bool look(struct twice *twice, const struct tcprst_segment *segments, size_t count)
{
    size_t capture = segments->frame.capture;
    if (capture != twice->capture && !begin_capture(twice, capture, segments->time))
        return false;
    struct part *part = &twice->parts[capture];
    struct lane *lane = &twice->lanes[part->lane];
    lane->segments = part->until += count;
    lane->last = MAX(lane->last, segments[count - 1].time);
    bool light = input_count(twice->input) > 1 || input_is_light(twice->input);
    return light && tcprst_glance_take(lane->glance, segments, count);
}

bool twice_look(void *user, const struct tcprst_segment *segments, size_t count)
{
    struct twice *twice = user;
    if (twice->stopped)
        return false;
    twice->segments += count;
    progress_update(twice->progress, twice->input, twice->segments);
    if (!look(twice, segments, count))
        stop(twice);
    return !twice->stopped;
}

const struct tcprst_glance *twice_glance(void *user)
{
    const struct twice *twice = user;
    bool one = input_count(twice->input) == 1 && twice->lane_count == 1;
    return one ? twice->lanes[0].glance : NULL;
}

bool twice_look_briefly(void *user, const struct tcprst_brief *briefs, size_t count)
{
    struct twice *twice = user;
    twice->segments += count;
    progress_update(twice->progress, twice->input, twice->segments);
    if (!input_is_light(twice->input) ||
        !tcprst_glance_take_briefs(twice->lanes[0].glance, briefs, count))
        stop(twice);
    return !twice->stopped;
}

/* The glances at several places become one, where each is at one place; not where captures show one
 * place twice: what is left out is not told from what the other has, too. */
static bool join(struct twice *twice, const struct places *places)
{
    struct tcprst_glance *glances[TCPRST_MAX_PLACES];
    int64_t ahead[TCPRST_MAX_PLACES] = {0};
    int place[TCPRST_MAX_PLACES];
    bool placed = true;
    for (unsigned n = 0; n < twice->lane_count; n++) {
        glances[n] = twice->lanes[n].glance;
        place[n] = -1;
    }
    for (size_t i = 0; i < input_count(twice->input); i++) {
        const struct tcprst_clock *clock = places_clock(places, i);
        unsigned n = twice->parts[i].lane;
        if (!clock)
            continue;
        if (clock->copied || !places_is_one(places, i) ||
            (place[n] >= 0 && place[n] != clock->place))
            return false;
        if (place[n] < 0)
            ahead[n] = tcprst_clock_ahead(clock, clock->since);
        place[n] = clock->place;
    }
    for (unsigned n = 0; n < twice->lane_count; n++)
        placed &= place[n] >= 0;
    twice->joined =
        placed && twice->lane_count > 1 && tcprst_glance_join(glances, ahead, twice->lane_count);
    return twice->joined;
}

static void leave_out(struct twice *twice)
{
    for (size_t i = 0; i < (twice->joined ? input_count(twice->input) : 1); i++) {
        struct part *part = &twice->parts[i];
        const struct tcprst_glance *glance = twice->lanes[part->lane].glance;
        uint64_t count;
        const uint64_t *telling = tcprst_glance_telling(glance, &count);
        if (!twice->joined) {
            input_leave_out(twice->input, 0, telling, 0, count);
            continue;
        }
        part->next = part->from;
        part->end = MIN(part->until, count);
        if (telling && input_leave_out(twice->input, i, telling, part->from, part->end))
            part->followed = tcprst_glance_followed(glance);
    }
}

struct tcprst_glance *twice_finish(struct twice *twice, const struct places *places)
{
    bool one_stream = !places && twice->lane_count == 1 && twice->in_order;
    bool good =
        !twice->stopped &&
        (places_stream(places) ? join(twice, places)
                               : one_stream && tcprst_glance_finish(twice->lanes[0].glance));
    if (!good) {
        stop(twice);
        return NULL;
    }
    leave_out(twice);
    return twice->lanes[0].glance;
}

static struct tcprst_glance *glance_of(const struct twice *twice, const struct tcprst_segment *s)
{
    return twice->lanes[twice->parts[s->frame.capture].lane].glance;
}

/* Counts the segment, and says of it whether it is followed. */
static inline void note_followed(struct twice *twice, struct tcprst_segment *s)
{
    struct part *part = &twice->parts[s->frame.capture];
    uint64_t n = part->next + s->left_out;
    part->next = n + 1;
    s->seen.followed = part->followed && n < part->end && part->followed[n / 64] >> n % 64 & 1;
}

static inline uint64_t expect(struct twice *twice, struct tcprst_segment *s)
{
    note_followed(twice, s);
    return s->seen.followed ? 0 : tcprst_glance_expect(glance_of(twice, s), s);
}

size_t twice_sift(struct twice *twice, struct tcprst_segment *segments, size_t count)
{
    enum { AHEAD = 16 };
    uint64_t names[AHEAD];
    size_t kept = 0;
    if (!twice || !twice->joined)
        return count;
    for (size_t i = 0; i < MIN(count, AHEAD); i++)
        names[i] = expect(twice, &segments[i]);
    for (size_t i = 0; i < count; i++) {
        struct tcprst_segment *s = &segments[i];
        uint64_t name = names[i % AHEAD];
        if (i + AHEAD < count)
            names[i % AHEAD] = expect(twice, s + AHEAD);
        if (!s->seen.followed && !tcprst_glance_wants(glance_of(twice, s), s, name))
            continue;
        if (kept != i)
            segments[kept] = *s;
        kept++;
    }
    return kept;
}
