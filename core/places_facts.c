/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places_facts.c - what several places prove of one RST: where it was, where it was not, and which
 * of the places lie between its ends. */
#include "places_table.h"
#include "sequence.h"
#include "thresholds.h"

/* The connection and its two hosts; X sends in direction d of the line. */
struct scene {
    struct tcprst_places *p;
    const struct line *line;
    const struct path *path;
    int d;
    int64_t when;
    bool x_known, y_known; /* the TTL of both ends' packets, at each place on the way */
};

static bool find_scene(struct scene *scene, struct tcprst_places *p, const struct connection *c,
                       int d)
{
    struct key key = key_make(c->ip_version, c->address[0], c->address[1], c->port[0], c->port[1]);
    scene->p = p;
    struct line *line = places_line(p, places_find_line(p, &key));
    if (!line)
        return false;
    places_keep_path(p, line);
    scene->line = line;
    scene->path = places_path(p, line);
    scene->d = d;
    return true;
}

static const struct sight *sight_at(const struct scene *scene, where_t where)
{
    const struct sight *e;
    uint32_t serial = scene->line->last;
    for (unsigned n = 0;
         where && n < 4 * AROUND_MOST && (e = places_sight(scene->p, serial)) != NULL;
         n++, serial = e->before)
        if (e->where == where)
            return e;
    return NULL;
}

/* ---- the order on the path ---- */

/* How much nearer to X than to Y: by hops, then by time. Bigger is nearer. */
struct nearness {
    int hops;
    int64_t lag;
};

static struct nearness nearness_of(const struct scene *s, unsigned place)
{
    const struct path_place *at = &s->path->place[place];
    int hops = (s->x_known ? at->ttl[s->d] : 0) - (s->y_known ? at->ttl[!s->d] : 0);
    int64_t lag = at->lag[!s->d] - at->lag[s->d];
    return (struct nearness){hops, lag};
}

static bool nearer(struct nearness a, struct nearness b)
{
    return a.hops != b.hops ? a.hops > b.hops : a.lag > b.lag;
}

static void find_order(struct scene *s, struct place_facts *f)
{
    struct nearness x = {0, 0}, y = {0, 0};
    bool first = true;
    s->x_known = path_ttl_tells(s->path, s->d, f->on_way);
    s->y_known = path_ttl_tells(s->path, !s->d, f->on_way);
    for (unsigned p = 0; p < s->p->places; p++) {
        s->x_known &= !(f->on_way >> p & 1) || s->path->place[p].ttl[s->d];
        s->y_known &= !(f->on_way >> p & 1) || s->path->place[p].ttl[!s->d];
    }
    for (unsigned p = 0; p < s->p->places; p++) {
        if (!(f->on_way >> p & 1))
            continue;
        struct nearness n = nearness_of(s, p);
        if (first || nearer(n, x)) {
            x = n;
            f->near_x = (uint8_t)p;
        }
        if (first || nearer(y, n)) {
            y = n;
            f->near_y = (uint8_t)p;
        }
        first = false;
        f->places++;
    }
}

/* ---- under another name ---- */

/* The other is that packet by all that nothing on the way changes. */
static bool same_packet(const struct scene *s, const struct sight *packet,
                        const struct sight *other)
{
    int64_t apart = other->time - packet->time;
    bool own_ids = s->path->own_ids >> packet->d & 1;
    return other->seq == packet->seq && other->ack == packet->ack &&
           other->flags == packet->flags && other->length == packet->length &&
           other->ts_val == packet->ts_val && (other->ip_id == packet->ip_id || own_ids) &&
           apart <= LAG_MOST && apart >= -LAG_MOST;
}

/* No place has both; but for a router that translates, and shows one as it sends the other on. */
static bool beside_each_other(const struct scene *s, const struct sight *packet,
                              const struct sight *other)
{
    unsigned both = packet->seen & other->seen;
    return both && (both != 1u << packet->place ||
                    places_ttl_coming(s->p, other, packet->place) != packet->ttl + 1);
}

/*
 * The places that have the packet as one of another line: what translates may map a connection anew
 * in mid-life (its table was flushed, it timed out, a balancer moved it), and nothing joins the new
 * name to the old. Its numbers, its identification and the moment are its own, whatever its ports:
 * but for what a scan draws, which is alike for many, and which a place has beside this one.
 */
static uint16_t seen_renamed(const struct scene *s, const struct sight *packet)
{
    const struct tcprst_places *p = s->p;
    uint64_t numbers = (uint64_t)packet->seq << 32 | packet->ack;
    uint64_t hash = places_hash(p->seed, numbers, packet->flags, 1, packet->length);
    uint32_t serial = p->by_numbers[hash & (p->sight_room - 1)], line = 0;
    const struct sight *e;
    uint16_t seen = 0;
    for (unsigned n = 0; numbers && n < CHAIN_MOST && (e = places_sight(p, serial)) != NULL;
         n++, serial = e->older) {
        if (e->line == packet->line || !same_packet(s, packet, e))
            continue;
        if ((line && e->line != line) || beside_each_other(s, packet, e))
            return 0;
        line = e->line;
        seen |= e->seen;
    }
    return seen;
}

/* ---- whether a place would have it ---- */

static bool has(const struct scene *s, const struct sight *e, unsigned place)
{
    /* Doubled at one place, it is there as often as elsewhere once. */
    const struct sight *twin = places_twin(s->p, e);
    if ((e->seen | (twin ? twin->seen : 0)) >> place & 1)
        return true;
    /* Offloading cuts and joins: its octets count, not its pieces; but where some were stepped over
     * nobody knows which. */
    const struct line_place *at = &s->line->place[place];
    return e->length && (at->have & ~at->torn) >> e->d & 1 &&
           seq_le(e->seq + e->length, at->next[e->d]);
}

/* What a place has of the segments that X sent around that time, as other places show them. */
struct around {
    unsigned held;
    unsigned lost;    /* not there, but one before and one after it are: what the place loses */
    unsigned outside; /* not there, as none before or none after it: it never came by, too */
    where_t last;     /* the newest before the RST that it has; 0: none */
};

/* But for those with these flags. */
static void look_around(const struct scene *s, unsigned place, const struct sight *reset,
                        uint16_t but, struct around *a)
{
    const struct sight *e;
    uint32_t serial = s->line->last;
    unsigned missing = 0;
    memset(a, 0, sizeof *a);
    for (unsigned n = 0; n < AROUND_MOST && (e = places_sight(s->p, serial)) != NULL;
         n++, serial = e->before) {
        if (e->d != s->d || (e->flags & but) || e->time - s->when > AROUND ||
            s->when - e->time > AROUND)
            continue;
        if (!has(s, e, place)) {
            missing++;
            continue;
        }
        *(a->held ? &a->lost : &a->outside) += missing;
        missing = 0;
        a->held++;
        if (e->time <= reset->time && (e->seen >> place & 1) && !a->last)
            a->last = e->where;
    }
    a->outside += missing;
}

/* The same of what X sent in other connections with Y that have a RST, and so are followed whatever
 * else is: of a place that is filtered, sampled or shows some flows only, the RST's own may show
 * nothing. What opens one behind a SYN proxy is the proxy's. Of one that the place has, what it
 * lacks at either end may be somebody's who made the RST, too. */
static void look_beside(const struct scene *s, unsigned place, const struct sight *reset,
                        struct around *a)
{
    struct scene other = *s;
    uint32_t serial = s->path->reset;
    for (unsigned n = 0; n < BESIDE_MOST && (other.line = places_line(s->p, serial)) != NULL &&
                         other.line->path == s->line->path;
         n++, serial = other.line->beside) {
        struct around of;
        if (other.line == s->line || other.line->anew)
            continue;
        look_around(&other, place, reset, TCPRST_RST | TCPRST_SYN, &of);
        a->held += of.held;
        a->lost += of.lost + (of.held ? 0 : of.outside);
        a->outside += of.held ? of.outside : 0;
    }
}

/* What Y sent as other places show it, and X acknowledges in what this one has, but is not there:
 * it came by. Of a SYN that was sent again one is enough. */
static unsigned unheard(const struct scene *s, unsigned place)
{
    const struct sight *e, *newest = NULL; /* of X, with an ACK */
    uint32_t serial = s->line->last;
    unsigned lost = 0;
    bool opened = false, lacks_opening = false;
    for (unsigned n = 0; n < AROUND_MOST && (e = places_sight(s->p, serial)) != NULL;
         n++, serial = e->before) {
        bool there = has(s, e, place);
        if (e->flags & TCPRST_RST)
            continue;
        if (e->d == s->d) {
            newest = newest || !there || !(e->flags & TCPRST_ACK) ? newest : e;
        } else if (newest && (e->flags & TCPRST_SYN)) {
            opened |= there;
            lacks_opening |= !there;
        } else {
            lost += newest && e->length && !there && seq_le(e->seq + e->length, newest->ack);
        }
    }
    return lost + (lacks_opening && !opened);
}

/* Whether the place was capturing then: it has something from before and something from after. No
 * two captures end at the same moment, and what ends a connection is often the last that came. */
static bool awake(const struct scene *s, unsigned place)
{
    return s->p->first_time[place] <= s->when && s->p->last_time[place] >= s->when;
}

/* wait: so long it may still be on its way there. */
static enum place_miss miss_of(const struct scene *s, unsigned place, const struct sight *e,
                               int64_t wait, where_t *last)
{
    struct around around;
    if (has(s, e, place))
        return MISS_NONE;
    look_around(s, place, e, TCPRST_RST, &around);
    if (last)
        *last = around.last;
    /* What it captures may be one direction only. */
    if (!awake(s, place) || !(s->p->over || s->p->now - s->when > wait) ||
        !s->path->place[place].ttl[s->d])
        return MISS_UNSURE;
    bool knows_line = s->line->seen >> place & 1;
    /* What it captures may be filtered: of this service it must have had something, or of several
     * others. */
    bool knows_service = s->path->place[place].services >> (s->line->service & 63) & 1;
    if (!knows_line && !knows_service) {
        uint64_t services = s->path->place[place].services;
        return services & (services - 1) ? MISS_LIKELY : services ? MISS_DOUBTFUL : MISS_UNSURE;
    }
    look_beside(s, place, e, &around);
    around.lost += (s->line->place[place].torn >> s->d & 1) + unheard(s, place);
    if (around.lost)
        return around.held > 8 * around.lost ? MISS_LIKELY : MISS_UNSURE;
    /* Nor has it what X sent next to that: the place lost both, or somebody made both. */
    return around.outside ? MISS_DOUBTFUL : MISS_CERTAIN;
}

/* Whether the RST answers that segment, by its number, clearly sooner than any packet has gone from
 * where both were seen to the place and come back: then what answered stands before it. The way
 * there and back, for clocks do not matter then. */
static bool too_soon(const struct scene *s, unsigned place, const struct sight *reset,
                     const struct sight *trigger)
{
    const struct path_place *from = &s->path->place[trigger->place],
                            *back = &s->path->place[reset->place], *at = &s->path->place[place];
    int x = s->d, y = !s->d;
    uint32_t length = trigger->length + ((trigger->flags & TCPRST_SYN) != 0);
    if (!length || reset->ack != trigger->seq + length || trigger->place == place ||
        reset->place == place || from->count[y] < WAYS_LEAST || at->count[y] < WAYS_LEAST ||
        back->count[x] < WAYS_LEAST || at->count[x] < WAYS_LEAST)
        return false;
    int64_t way = at->least[y] - from->least[y] + back->least[x] - at->least[x];
    return way >= WAY_LEAST && reset->time - trigger->time < (3 * way + 3) / 4;
}

/* ---- whether it came from X ---- */

/* Whether nothing shows how many hops lie between that place and those that have the rest of what
 * X sent in this connection: none of it is there, and no packet that two of them have. */
static bool is_far_from_others(const struct scene *s, unsigned place)
{
    if (s->path->place[place].ttl[s->d])
        return false;
    bool elsewhere = false;
    for (unsigned k = 0; k < s->p->places; k++)
        elsewhere |= k != place && (s->line->place[k].have >> s->d & 1);
    return elsewhere && !(s->line->place[place].have >> s->d & 1);
}

/* What was left of the RST's TTL at a place that has it, as where it was seen first. */
static int ttl_of_reset(const struct scene *s, const struct sight *reset, unsigned place)
{
    const struct path_place *from = &s->path->place[reset->place], *at = &s->path->place[place];
    if (reset->place == place)
        return reset->ttl;
    return from->ttl[s->d] && at->ttl[s->d] ? reset->ttl - from->ttl[s->d] + at->ttl[s->d] : 0;
}

/* The place is a router that shows what it routes twice, and this once, as it went: or which of the
 * two it was is not known. */
static bool made_there(const struct scene *s, const struct sight *reset, unsigned place)
{
    bool twice = (s->path->doubled | s->p->doubled) >> place & 1;
    if (!twice || (reset->doubled >> place & 1))
        return false;
    uint16_t leg = reset->again_at == place ? places_rest(s->p, reset)->leg : 0;
    return !leg || legs_going(leg);
}

/* What is left of the TTL of X's packets there is what they started with. So it is at X's host, and
 * at a router beside it: whoever else stands beside that is as far away. A router shows by sending
 * on what it takes; a host's own captured as it goes. */
static bool is_at_host(const struct scene *s, const struct sight *reset, unsigned place)
{
    const struct sight_rest *rest = places_rest(s->p, reset);
    uint16_t leg = reset->place == place      ? rest->first_leg
                   : reset->again_at == place ? rest->leg
                                              : 0;
    return is_start(s->path->place[place].ttl[s->d]) && !(s->path->doubled >> place & 1) &&
           (!leg || legs_going(leg));
}

/*
 * A place that has it shows that it came from X's side of it. From X itself where no router lies
 * between them, and none shows in the RST; it may be where as much is left of its TTL as of X's
 * other packets: what made it beside the place shows by having more. Of an X that was never heard
 * but for the RST nobody knows where it stands: a router starts from the same TTL.
 */
static void find_maker(const struct scene *s, const struct sight *reset, struct place_facts *f)
{
    int others = s->path->place[f->near_x].ttl[s->d];
    f->x_is_host = is_at_host(s, reset, f->near_x);
    f->from_x = f->at_x;
    if (!f->at_x)
        return;
    int own = ttl_of_reset(s, reset, f->near_x);
    bool full = is_start((unsigned)own);
    f->from_x = !made_there(s, reset, f->near_x) &&
                (!others || !own || own == others || (f->x_is_host && full));
    f->x_is_host &= f->from_x;
}

/* ---- the answer ---- */

/* What Y sent before the RST came by the place nearest to it, if there was anything. */
static bool has_all_of_y(const struct scene *s, unsigned place, const struct sight *reset)
{
    struct scene of_y = *s;
    struct around around;
    of_y.d = !s->d;
    look_around(&of_y, place, reset, TCPRST_RST, &around);
    return !around.lost && s->path->place[place].ttl[!s->d] && awake(s, place);
}

static void note_alteration(const struct tcprst_places *p, struct place_alteration *a,
                            const struct sight *e)
{
    const struct sight_rest *rest = places_rest(p, e);
    if (!e->altered)
        return;
    a->field = (enum place_field)e->altered;
    a->from = rest->altered_from;
    a->to = rest->altered_to;
    a->where = rest->other_where;
}

void places_facts(struct tcprst_places *p, const struct place_question *q, struct place_facts *f)
{
    struct scene s;
    memset(f, 0, sizeof *f);
    if (!places_several(p) || !find_scene(&s, p, q->connection, q->d))
        return;
    const struct sight *reset = sight_at(&s, q->reset);
    f->on_way = s.path->seen;
    if (reset && (f->on_way & reset->seen)) {
        s.when = reset->time;
        find_order(&s, f);
    }
    if (f->places < 2)
        return;
    /* Doubled on the way: where it came from, its twin tells. */
    const struct sight *twin = places_twin(p, reset);
    f->seen_at = reset->seen | (twin ? twin->seen : 0);
    uint16_t renamed = seen_renamed(&s, reset) & f->on_way & (uint16_t)~f->seen_at;
    f->renamed = renamed & s.line->seen & 1u << f->near_x;
    f->seen_at |= renamed;
    f->ttl_unknown = is_far_from_others(&s, reset->place);
    f->on_way |= s.line->seen;
    f->at_x = f->seen_at >> f->near_x & 1;
    f->at_y = f->seen_at >> f->near_y & 1;
    find_maker(&s, reset, f);
    f->missed_x = miss_of(&s, f->near_x, reset, CLOCKS_APART, &f->before_x);
    f->missed_y = miss_of(&s, f->near_y, reset, LAG_MOST, NULL);
    f->nothing_there = !(s.line->seen >> f->near_x & 1) &&
                       !(s.path->place[f->near_x].services >> (s.line->service & 63) & 1);
    f->all_of_y = f->at_y && !f->at_x && has_all_of_y(&s, f->near_y, reset);
    if (f->at_x)
        f->missed_x = MISS_NONE;
    if (f->at_y)
        f->missed_y = MISS_NONE;
    const struct sight *trigger = sight_at(&s, q->trigger);
    if (trigger && f->missed_x >= MISS_DOUBTFUL && too_soon(&s, f->near_x, reset, trigger))
        f->missed_x = MISS_CERTAIN;
    for (unsigned k = 0; k < p->places; k++)
        if ((s.line->seen >> k & 1) && (f->on_way >> k & 1) && !(f->seen_at >> k & 1))
            f->missing_at |= (uint16_t)(1u << k);
    if (f->missed_x >= MISS_LIKELY)
        f->missing_at |= (uint16_t)(1u << f->near_x);
    note_alteration(p, &f->altered, reset);
    if (!trigger)
        return;
    f->trigger_known = true;
    f->trigger_is_syn = (trigger->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN;
    f->trigger_at_x = has(&s, trigger, f->near_x) || (seen_renamed(&s, trigger) >> f->near_x & 1);
    s.d = !s.d;
    f->trigger_missed_x = miss_of(&s, f->near_x, trigger, LAG_MOST, NULL);
    note_alteration(p, &f->trigger_altered, trigger);
}

void places_finish(struct tcprst_places *p)
{
    if (p)
        p->over = true;
}

bool places_tuple(struct tcprst_places *p, const struct connection *c, int d, unsigned place,
                  struct place_tuple *name)
{
    struct scene s;
    if (!places_several(p) || place >= p->places || !find_scene(&s, p, c, d) ||
        !(s.line->seen >> place & 1))
        return false;
    const struct line_place *at = &s.line->place[place];
    const struct line *own = at->name ? places_line(p, at->name) : s.line;
    if (!own)
        return false;
    int end = d ^ (at->name ? at->name_flipped : 0);
    uint16_t ports[2] = {(uint16_t)(own->key.ports >> 16), (uint16_t)own->key.ports};
    name->ip_version = (uint8_t)(own->key.ports >> 32);
    memcpy(name->source, own->address[end], 16);
    memcpy(name->destination, own->address[!end], 16);
    name->source_port = ports[end];
    name->destination_port = ports[!end];
    name->seq_more = at->more[d];
    name->ack_more = at->more[!d];
    return true;
}
