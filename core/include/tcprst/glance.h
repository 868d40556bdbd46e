/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance.h - reading twice, where that can be: a glance at all segments finds the connections that
 * have a RST, and then only those are followed; of the others only the openings say something to
 * verdicts.
 *
 *     glance = tcprst_glance_new(max_connections, seed);
 *     for all segments, in capture order: if (!tcprst_glance_take(glance, segments, count)) stop;
 *     if (none stopped it && tcprst_glance_finish(glance))
 *         options.glance = glance; // else NULL: all connections are followed
 *     core = tcprst_new(&options);
 *     for all segments again: tcprst_expect(), and tcprst_feed() each, as ever
 *
 * Verdicts are the same, octet for octet, and so is what is counted. tcprst_options.on_connection
 * is not called for connections that are not followed: tcprst_statistics.passed_by counts them.
 *
 * Of several places of capture (tcprst/places.h) there is a glance at each:
 *
 *     glances[p] = tcprst_glance_of_several(max_connections, seed); // the same seed
 *     ... tcprst_glance_take() with the segments of that place ...
 *     if (tcprst_glance_join(glances, ahead, places))
 *         options.glance = glances[0];
 *     for all segments again, in the order of their aligned times:
 *         name = tcprst_glance_expect(glances[p], &segment); // best some segments ahead
 *         if (!tcprst_glance_wants(glances[p], &segment, name)) continue;
 *         if (tcprst_places_take(stream, source, &segment)) tcprst_feed(core, &segment);
 *
 * Followed are connections that a glance at any place says have to be, under all names they may
 * have at others. Of hosts that have such a connection, the first others are matched, too, for what
 * they show of the way between the places: where two hosts have more connections, verdicts rest on
 * these.
 */
#ifndef TCPRST_GLANCE_H
#define TCPRST_GLANCE_H

#include "tcprst.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TCPRST_EXPORT /* while the library for others is built */
#pragma GCC visibility push(default)
#endif

struct tcprst_glance;
/* max_connections: as the handle's. seed: any number an attacker cannot know. NULL: no memory. */
struct tcprst_glance *tcprst_glance_new(size_t max_connections, uint64_t seed);
void tcprst_glance_free(struct tcprst_glance *glance);

/* The next segments, of one place of capture. Returns false where it need not go on: most
 * connections have a RST, or they are more than the handle may hold (then which of them it gives up
 * hangs on all of them), or there is no memory. */
bool tcprst_glance_take(struct tcprst_glance *glance, const struct tcprst_segment *segments,
                        size_t count);
/* All that a glance wants of a segment. It is told of each by itself, by any thread. */
struct tcprst_brief {
    uint64_t name; /* of its connection */
    int64_t time;
    uint32_t seq, ack, payload_length;
    uint16_t flags;
    bool direction; /* which of the connection's ends sent it */
    bool usual; /* as an opening: there is nothing about it that more would have to be known of */
};
/* Of a glance only what it was made with is looked at, whatever it has taken. */
void tcprst_glance_brief(const struct tcprst_glance *glance, const struct tcprst_segment *segment,
                         struct tcprst_brief *brief);
/* The same, but for its time, of a segment without SYN in an IPv4 packet: addresses are the two of
 * its header, tcp its octets, 20 or more, and so many as its header says; length as it was sent. */
void tcprst_glance_brief_octets(const struct tcprst_glance *glance, const uint8_t *addresses,
                                const uint8_t *tcp, uint32_t length, struct tcprst_brief *brief);
/* As tcprst_glance_take(), but not of one of several. */
bool tcprst_glance_take_briefs(struct tcprst_glance *glance, const struct tcprst_brief *briefs,
                               size_t count);
/* All was taken: it may be handed to one handle, and freed after that. False: no memory. */
bool tcprst_glance_finish(struct tcprst_glance *glance);

/* Instead of tcprst_glance_new(): one of several to be joined. NULL: no memory, or they would be
 * too many to remember. */
struct tcprst_glance *tcprst_glance_of_several(size_t max_connections, uint64_t seed);
/* Instead of tcprst_glance_finish(), of glances at several places, which stay their owner's. ahead:
 * of each, the nanoseconds by which its place's clock is (tcprst_clock_ahead()). False: no memory,
 * or more connections than the handle may hold. */
bool tcprst_glance_join(struct tcprst_glance *const *glances, const int64_t *ahead, size_t count);
/* After that, of the next segment of that place, as captured: whether it says something to
 * anybody. Fills segment->seen.passed_by: copies of it at other places are not wanted. */
bool tcprst_glance_wants(struct tcprst_glance *glance, struct tcprst_segment *segment,
                         uint64_t name);
/* Before that, best some segments before: what is known of it is fetched. Returns its name. */
uint64_t tcprst_glance_expect(const struct tcprst_glance *glance,
                              const struct tcprst_segment *segment);

/* After either: which segments say something to anybody. Bit n % 64 of word n / 64 is that of the
 * n-th that was taken, from 0; where it is 0, that one need not be fed: the next one that is fed
 * says then how many were left out before it (tcprst_segment.left_out). *count: how many there are
 * bits for; those behind have to be fed. Valid as long as the glance; NULL: all have to be fed,
 * because their clock ran strangely, or they were too many to remember. */
const uint64_t *tcprst_glance_telling(const struct tcprst_glance *glance, uint64_t *count);
/* Of several, bit by bit as above: of which segments tcprst_glance_wants() need not be asked, for
 * they are to be fed, and segment->seen.followed may be set. NULL: of none. */
const uint64_t *tcprst_glance_followed(const struct tcprst_glance *glance);

#ifdef TCPRST_EXPORT
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
