/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places.h - several captures of one traffic: finds out which they are, has them read together, and
 * says what was taken for what. */
#ifndef TCPRST_ANALYZER_PLACES_H
#define TCPRST_ANALYZER_PLACES_H

#include "input.h"
#include "tcprst/glance.h"
#include "tcprst/order.h"
#include "tcprst/places.h"
#include "tcprst/trace.h"

#include <glib.h>

struct places;

/* Reads the captures once, where they can be read twice, and has the input read them together where
 * they share packets; not where they are separate. NULL: they are one stream. Their RSTs are shown
 * to the trace, if there is one; *read_twice: they were read to their ends. */
struct places_wish {
    uint64_t seed;
    bool separate;
    struct tcprst_trace *trace;
    /* NULL, or who else wants to see all segments, in the order in which the captures are named;
     * returns whether there is any use in more. */
    bool (*look)(void *user, const struct tcprst_segment *segments, size_t count);
    /* As input_survey's, where nobody else looks. */
    const struct tcprst_glance *(*glance)(void *user);
    bool (*look_briefly)(void *user, const struct tcprst_brief *briefs, size_t count);
    void *look_user;
};
struct places *places_find(struct input *input, const struct places_wish *wish, bool *read_twice);
void places_free(struct places *places);

/* They are neither: some overlap in time and none shares packets. Each is to be judged by itself.
 */
bool places_apart(const struct places *places);

/* What tcprst_options.places wants; NULL: there is one place. */
struct tcprst_places *places_stream(const struct places *places);
/* The order in which segments of that input come; NULL: that of one capture's frames. */
struct tcprst_order *places_order(const struct places *places, const struct input *input,
                                  bool separate);
/* Those segments come next, as tcprst_places_expect(). places may be NULL. */
void places_expect(const struct places *places, const struct tcprst_segment *segments,
                   size_t count);
/* Takes the segment; returns whether it is to be fed: where there is a stream, before the next one
 * is taken. places may be NULL: it is; so may order. */
bool places_take(struct places *places, struct tcprst_order *order, struct tcprst_segment *segment);

/* The captures are read once more, for diagrams, from an input that was opened anew: has it read
 * them together, and begins anew with what was seen where. False: no memory. places may be NULL. */
bool places_again(struct places *places, struct input *again);
/* The next segment of that reading, as tcprst_places_take(). */
bool places_see(struct places *places, struct tcprst_segment *segment);

unsigned places_count(const struct places *places);
/* The clock of that capture's first source; NULL: there is one place, or nothing was captured. */
const struct tcprst_clock *places_clock(const struct places *places, size_t capture);

/* Whether all of that capture was captured at one place. */
bool places_is_one(const struct places *places, size_t capture);

/* The captures by the names they are shown under (borrowed), before anything is asked in words. */
void places_set_names(struct places *places, char *const *names);
/* What people call that place: its capture, or captures; with the interface, where one capture has
 * several places. */
const char *places_name(const struct places *places, unsigned place);

/* One sentence for each relation between captures, as a report's head has them; and for what could
 * not be compared. The last pointer is NULL; to be freed with g_strfreev(). */
char **places_sentences(const struct places *places);

#endif
