/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_verdict.c - several places and the verdict: facts and fields. */
#include "places_verdict.h"

#include "evidence_tell.h"
#include "thresholds.h"
#include "weigh.h"

#include <string.h>

void places_ask(struct place_facts *facts, struct tcprst_places *places, const struct reset *r)
{
    memset(facts, 0, sizeof *facts);
    if (!places)
        return;
    struct place_question q = {.connection = r->connection,
                               .d = r->d,
                               .reset = r->duplicate_of ? r->duplicate_of : where_pack(r->frame),
                               .trigger = r->has_trigger ? r->trigger.where : 0};
    places_facts(places, &q, facts);
}

/* ---- facts ---- */

/* The RST's frame at that place; 0: it has none. */
static where_t frame_at(const struct reset *r, unsigned place)
{
    where_t own = where_pack(r->frame);
    if (r->packet.seen.place == place)
        return own;
    unsigned looked = 0;
    for (const struct reset *n = r->next_of_connection; n && looked < MAX_RELATED;
         n = n->next_of_connection, looked++)
        if (n->duplicate_of == own && n->packet.seen.place == place)
            return where_pack(n->frame);
    return 0;
}

/* What speaks of another sender, of a RST that came from there. */
static void take_back_suspicion(struct evidence *e)
{
    static const enum tcprst_fact suspicions[] = {F(TRIGGER_TOO_FAST), F(IP_ID_ECHO),
                                                  F(DEVICE_SEQUENCE),  F(IP_ID_CONSTANT),
                                                  F(TTL_START),        F(FORGED_BEFORE)};
    for (unsigned i = 0; i < sizeof suspicions / sizeof *suspicions; i++)
        if (is(e, suspicions[i]))
            e->state[suspicions[i]] = FACT_HIDDEN;
    if (isnt(e, F(TTL_SAME)))
        e->state[F(TTL_SAME)] = FACT_HIDDEN;
    if (isnt(e, F(IP_ID_NEXT)))
        e->state[F(IP_ID_NEXT)] = FACT_HIDDEN;
}

/* How many hops it has come, where X's others were captured elsewhere. */
static void take_back_distance(struct evidence *e)
{
    static const enum tcprst_fact distances[] = {F(TTL_SAME), F(TTL_NEAR), F(TTL_FARTHER)};
    for (unsigned i = 0; i < sizeof distances / sizeof *distances; i++)
        e->state[distances[i]] = FACT_HIDDEN;
}

static void prove_trigger(struct evidence *e, const struct place_facts *f, const struct reset *r)
{
    static const enum tcprst_fact altered[PLACE_FIELD_COUNT] = {
        [PLACE_FIELD_SEQ] = F(TRIGGER_ALTERED_SEQ),
        [PLACE_FIELD_ACK] = F(TRIGGER_ALTERED_ACK),
        [PLACE_FIELD_FLAGS] = F(TRIGGER_ALTERED_FLAGS)};
    const struct place_alteration *a = &f->trigger_altered;
    if (f->trigger_at_x)
        tell(e, F(TRIGGER_SWALLOWED), false);
    else if (f->trigger_missed_x >= MISS_LIKELY)
        tell_at(e, F(TRIGGER_SWALLOWED), true, r->trigger.where);
    if (!altered[a->field])
        return;
    tell_at(e, altered[a->field], true, a->where ? a->where : r->trigger.where);
    numbers(e, altered[a->field], a->from, a->to);
}

static bool is_proven(const struct place_facts *f)
{
    return f->places >= 2 && ((f->from_x && f->x_is_host) || f->missed_x >= MISS_LIKELY);
}

/* It goes on with X's count and with X's clock: that a capture lost one packet is less of a chance
 * than that somebody else met both. */
static bool bears_marks(const struct evidence *e)
{
    return is(e, F(IP_ID_NEXT)) && is(e, F(TIMESTAMP_NEXT));
}

void places_prove(struct evidence *e, struct place_facts *f, const struct reset *r)
{
    if (f->places < 2)
        return;
    if (f->missed_x > MISS_DOUBTFUL && bears_marks(e))
        f->missed_x = MISS_DOUBTFUL;
    bool missing = !f->at_x && f->missed_x >= MISS_DOUBTFUL;
    bool from_host = f->from_x && f->x_is_host;
    if (from_host)
        e->view.places = DEAD;
    else if (missing)
        e->view.places = f->missed_x == MISS_CERTAIN  ? DEAD
                         : f->missed_x == MISS_LIKELY ? MISSING_LIKELY
                                                      : MISSING_DOUBTFUL;
    if (missing && f->all_of_y && e->view.loss < LOSS_NONE)
        e->view.loss = LOSS_NONE;
    /* Who goes on as if it had not sent it may not have: the place alone does not tell. */
    if (from_host || (f->from_x && !is(e, F(SENDER_WENT_ON))))
        tell_at(e, F(AT_SENDER), true, frame_at(r, f->near_x));
    else if (missing && f->nothing_there)
        tell(e, F(NOT_OF_SERVICE), true);
    else if (missing)
        tell_at(e, F(AT_SENDER), false, f->before_x);
    if (f->at_y && f->near_y != f->near_x && r->packet.seen.place != f->near_y)
        tell_at(e, F(AT_RECEIVER), true, frame_at(r, f->near_y));
    else if (f->missed_y >= MISS_LIKELY)
        tell(e, F(AT_RECEIVER), false);
    if (f->altered.field) {
        tell(e, F(RESET_ALTERED), true);
        numbers(e, F(RESET_ALTERED), f->altered.from, f->altered.to);
    }
    prove_trigger(e, f, r);
    tell(e, F(RENAMED), f->renamed);
    if (f->ttl_unknown)
        take_back_distance(e);
    if (from_host)
        take_back_suspicion(e);
}

/* ---- fields ---- */

void places_effect(enum tcprst_effect *effect, const struct place_facts *f)
{
    if (f->missed_y == MISS_CERTAIN && !f->at_y && f->places >= 2 && f->near_x != f->near_y)
        *effect = TCPRST_EFFECT_IGNORED;
}

/* A place that has a RST shows that it was made beyond it, and a TTL that nothing was taken off yet
 * that nobody routed it: but a router there may write a start into all it sends, its own RSTs among
 * them. X's count or clock such a one does not have; nor what only X can be the cause of. */
static bool is_surely_of_host(const struct evidence *e, const struct tcprst_verdict *v)
{
    return is(e, F(IP_ID_NEXT)) || is(e, F(TIMESTAMP_NEXT)) ||
           v->strength == TCPRST_STRENGTH_CERTAIN;
}

void places_origin(struct tcprst_verdict *v, const struct place_facts *f, const struct evidence *e)
{
    if (!is_proven(f))
        return;
    v->origin = f->at_x ? TCPRST_ORIGIN_ENDPOINT : TCPRST_ORIGIN_THIRD_PARTY;
    bool surely = f->at_x ? is_surely_of_host(e, v) : f->missed_x == MISS_CERTAIN;
    v->origin_strength = surely ? TCPRST_STRENGTH_CERTAIN : TCPRST_STRENGTH_LIKELY;
}

void places_rename(struct tcprst_verdict *v, struct tcprst_places *places, const struct reset *r)
{
    struct place_tuple name;
    if (!r->packet.seen.translated ||
        !places_tuple(places, r->connection, r->d, r->packet.seen.place, &name))
        return;
    v->ip_version = name.ip_version;
    memcpy(v->source, name.source, 16);
    memcpy(v->destination, name.destination, 16);
    v->source_port = name.source_port;
    v->destination_port = name.destination_port;
    v->seq = r->seq ? r->seq + name.seq_more : 0;
    v->ack = r->flags & TCPRST_ACK ? r->ack + name.ack_more : r->ack;
}

static void add_sighting(struct tcprst_verdict *v, struct tcprst_sighting sighting)
{
    if (v->sighting_count < TCPRST_MAX_PLACES)
        v->sightings[v->sighting_count++] = sighting;
}

/* And of its copies at that place. */
static void add_sightings(struct tcprst_verdict *v, const struct tcprst_places *places,
                          const struct reset *r)
{
    uint32_t at = 0;
    struct place_copy copy;
    struct tcprst_sighting sighting = {
        .frame = r->frame, .time = r->packet.time, .place = r->packet.seen.place};
    add_sighting(v, sighting);
    while (places_copy(places, where_pack(r->frame), &at, &copy)) {
        sighting.frame = copy.frame;
        sighting.time = copy.time;
        add_sighting(v, sighting);
    }
}

/* In a row of RSTs its copies come behind many others. */
static void tell_sightings(struct tcprst_verdict *v, const struct tcprst_places *places_of,
                           const struct reset *r)
{
    unsigned looked = 0, places = 1u << r->packet.seen.place;
    add_sightings(v, places_of, r);
    if (!places_several(places_of)) {
        v->sighting_count = v->sighting_count > 1 ? v->sighting_count : 0;
        return;
    }
    for (const struct reset *n = r->next_of_connection;
         n && (r->copies.seen_at & ~places) && looked < DUPLICATE_BACK;
         n = n->next_of_connection, looked++) {
        if (n->duplicate_of != where_pack(r->frame) || (places >> n->packet.seen.place & 1))
            continue;
        places |= 1u << n->packet.seen.place;
        add_sightings(v, places_of, n);
    }
}

static bool same_name(const struct tcprst_name *a, const struct tcprst_name *b)
{
    return a->ip_version == b->ip_version && a->source_port == b->source_port &&
           a->destination_port == b->destination_port && !memcmp(a->source, b->source, 16) &&
           !memcmp(a->destination, b->destination, 16);
}

static void tell_names(struct tcprst_verdict *v, struct tcprst_places *places,
                       const struct reset *r)
{
    bool differ = false;
    for (unsigned p = 0; p < TCPRST_MAX_PLACES; p++) {
        struct place_tuple n;
        if (!places_tuple(places, r->connection, r->d, p, &n))
            continue;
        struct tcprst_name *name = &v->names[v->name_count++];
        *name = (struct tcprst_name){.place = (uint8_t)p,
                                     .ip_version = n.ip_version,
                                     .source_port = n.source_port,
                                     .destination_port = n.destination_port};
        memcpy(name->source, n.source, 16);
        memcpy(name->destination, n.destination, 16);
        differ |= !same_name(name, &v->names[0]);
    }
    if (!differ)
        v->name_count = 0;
}

static void tell_altered(struct tcprst_verdict *v, const struct place_alteration *a)
{
    static const char *const names[PLACE_FIELD_COUNT] = {NULL,    "seq",    "ack",
                                                         "flags", "window", "tos"};
    if (a->field)
        v->altered[v->altered_count++] = (struct tcprst_altered){names[a->field], a->from, a->to};
}

void places_tell(struct tcprst_verdict *v, struct tcprst_places *places, const struct reset *r,
                 const struct place_facts *f)
{
    if (!places)
        return;
    tell_sightings(v, places, r);
    if (!places_several(places))
        return;
    tell_names(v, places, r);
    tell_altered(v, &f->altered);
    v->missing_at = f->missing_at;
    places_rename(v, places, r);
}
