/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_hand.h - one packet at hand, for the files that tell where it was seen before. */
#ifndef TCPRST_PLACES_HAND_H
#define TCPRST_PLACES_HAND_H

#include "places_table.h"

/* Its numbers are as the line has them. */
struct at_hand {
    struct tcprst_segment *s;
    uint32_t source;
    unsigned place;
    int64_t time;       /* aligned */
    uint32_t own, line; /* serials: under the place's own name, and where that leads */
    int d;              /* of line */
    uint32_t seq, ack, ts_val;
    uint16_t flags;
    uint64_t hash;
    uint32_t twin;      /* serial of the first like it that this place has already */
    uint32_t newest;    /* and of the newest */
    uint32_t double_of; /* serial: this place shows each packet twice, and has had that one once */
};

static inline bool numbers_same(const struct sight *e, const struct at_hand *h)
{
    return e->seq == h->seq && e->ack == h->ack && e->flags == h->flags &&
           e->length == h->s->payload_length;
}

static inline bool in_time(const struct sight *e, int64_t time)
{
    int64_t apart = time - e->time;
    return apart <= LAG_MOST && apart >= -LAG_MOST;
}

/* The hops from the sight's place to this one are those of the other packets that both have. */
bool places_hops_fit(const struct tcprst_places *p, const struct sight *e, const struct at_hand *h);
/* How long its sender's packets come later here than where the sight is from; 0: not known. */
int64_t places_way(const struct tcprst_places *p, const struct sight *e, const struct at_hand *h);
/* Sent again, not seen again: stacks count or stamp what they send. What something between the
 * places numbers anew can only be told by the stamp. */
bool places_sent_again(const struct tcprst_places *p, const struct sight *e,
                       const struct at_hand *h);

/* ---- under other names (places_names.c) ---- */

/* Whether that line may be the one at hand under another name: this place has not seen it under the
 * line's own, nor another place under this one's. Translation changes an address. */
bool places_may_be_same(const struct tcprst_places *p, const struct line *other,
                        const struct at_hand *h);
/* It is one: the packet at hand is of that sight's line from now on. */
void places_join(struct tcprst_places *p, struct at_hand *h, const struct sight *e);

/* Where a SYN has the timestamp of one seen elsewhere, it is that one, whatever its numbers; and
 * whatever its addresses, where only one can be meant. NULL: none. */
struct sight *places_find_opening(const struct tcprst_places *p, const struct at_hand *h);
/* The newest sight is the one at hand: if it is such a SYN, it will be found so. */
void places_note_opening(struct tcprst_places *p, const struct at_hand *h);

/* What stands between counts an end's octets from elsewhere: by how much more this place has. */
void places_note_offset(struct tcprst_places *p, const struct at_hand *h, const struct sight *e);
void places_to_line_numbers(const struct tcprst_places *p, struct at_hand *h);
/* Something that answers SYNs for an end gives it other numbers, which only what comes behind the
 * opening shows: two segments that would be ones seen elsewhere by the same difference. Returns
 * whether it is known now. */
bool places_learn_numbers(struct tcprst_places *p, const struct at_hand *h);

/* ---- what changed on the way (places_altered.c) ---- */

void places_note_differences(struct sight *e, struct sight_rest *rest, const struct at_hand *h);
/* Whether the sender's packets come by another place before. */
bool places_is_behind(const struct tcprst_places *p, const struct at_hand *h);
/* What answers SYNs for a server opens the connection to it when the client has shown that it is
 * there, in its name: nothing of the SYN stays but that and its number. */
bool places_opened_anew(const struct sight *e, const struct at_hand *h);
/* A segment of the line that this place does not have, and that is the one at hand but for one or
 * two numbers: by its identification or timestamp. NULL: none. */
struct sight *places_find_altered(const struct tcprst_places *p, const struct at_hand *h);

#endif
