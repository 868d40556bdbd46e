/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places.h - what several places of capture prove of a RST (the public face, tcprst/places.h, says
 * how segments of several places become one stream).
 *
 * X is the end whose address the RST carries, Y the one it is sent to.
 */
#ifndef TCPRST_CORE_PLACES_H
#define TCPRST_CORE_PLACES_H

#include "connection.h"
#include "tcprst.h"
#include "tcprst/places.h"

/* How sure it is that a packet which a place does not have never came by there. */
enum place_miss {
    MISS_NONE,     /* the place has it; or it is not known to lie on the way */
    MISS_UNSURE,   /* captured elsewhere only: the place may have lost or filtered it */
    MISS_DOUBTFUL, /* it has others of these hosts at that time, but none of this service; or it
                      lacks what X sent next to it as well */
    MISS_LIKELY,   /* the place has other packets of these hosts at that time */
    MISS_CERTAIN,  /* it has all others of this connection around that time */
};

/* A field that two places show differently. */
enum place_field {
    PLACE_FIELD_NONE,
    PLACE_FIELD_SEQ,
    PLACE_FIELD_ACK,
    PLACE_FIELD_FLAGS,
    PLACE_FIELD_WINDOW,
    PLACE_FIELD_TOS,
    PLACE_FIELD_COUNT
};

struct place_alteration {
    enum place_field field;
    uint32_t from, to; /* nearer its sender, and further on */
    where_t where;     /* the other version of it; 0: it is the same frame */
};

/* What the places say of one RST and of what drew it. All false and 0 where there is one place, or
 * where only one has anything of these two hosts. */
struct place_facts {
    unsigned places;        /* that lie between these hosts, as common packets show */
    uint8_t near_x, near_y; /* of them the nearest to each end */
    bool x_is_host;         /* near_x is X's own host, or beside it: no router lies between */
    bool from_x;            /* near_x has the RST, and nothing shows that X did not send it */
    uint16_t seen_at;       /* bit p: place p has the RST */
    bool renamed;           /* near_x has it, but of a connection that nothing joins to this one,
                               which it knows by another name */
    bool ttl_unknown;       /* what else X sent was captured elsewhere, nobody knows how far away */
    bool nothing_there;     /* near_x has nothing of this connection, nor of its service */
    bool all_of_y;       /* near_y, which alone has the RST, lost nothing of this connection then */
    uint16_t on_way;     /* bit p: place p lies between these hosts */
    uint16_t missing_at; /* bit p: it has others of the connection, but not the RST */
    bool at_x, at_y;     /* the places nearest to X, to Y have it */
    enum place_miss missed_x, missed_y;
    where_t before_x;   /* the last segment that near_x has of the connection before; 0: none */
    bool trigger_known; /* the following say something of the trigger */
    bool trigger_is_syn;
    bool trigger_at_x; /* near_x has the trigger */
    enum place_miss trigger_missed_x;
    struct place_alteration altered, trigger_altered;
};

/* Of the RST of that connection (addresses, ports and numbers as fed), sent by end d of it. */
struct place_question {
    const struct connection *connection;
    int d;
    where_t reset, trigger; /* 0: none */
};
void places_facts(struct tcprst_places *places, const struct place_question *question,
                  struct place_facts *facts);

/* There are several of them; else what they are there for is that each packet counts once. NULL: no
 * places. */
bool places_several(const struct tcprst_places *places);

/* Another record of a RST, at the place where the one at where was captured. */
struct place_copy {
    struct tcprst_frame frame;
    int64_t time;
};
/* The next of them, from *at on, at first 0; false: there is none. */
bool places_copy(const struct tcprst_places *places, where_t where, uint32_t *at,
                 struct place_copy *copy);

/* No more segments come: what no place has by now, it does not have. */
void places_finish(struct tcprst_places *places);

/* What the place of capture calls the connection, as a RST of end d has it. Returns false where it
 * has never seen it. */
struct place_tuple {
    uint8_t ip_version;
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint32_t seq_more, ack_more; /* to be added to the numbers as fed */
};
bool places_tuple(struct tcprst_places *places, const struct connection *c, int d, unsigned place,
                  struct place_tuple *name);

#endif
