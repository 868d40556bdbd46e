/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places.c - several places of capture as one stream: each packet is handed on where it is seen
 * first and recognised where it is seen again, under other addresses and numbers, too.
 *
 * Three kinds of records, all in tables of fixed size whose oldest make room: a packet (sight), a
 * connection (line), two hosts (path). Read upward from tcprst_places_take().
 */
#include "places.h"

#include "fetch.h"
#include "large.h"
#include "places_hand.h"
#include "sequence.h"

#include <stdlib.h>

/* ---- memory ---- */

static uint32_t power_of_two(uint64_t least, uint32_t most)
{
    uint32_t n = 1024;
    while (n < least && n < most)
        n *= 2;
    return n;
}

/* So many records of zeros, each of whole lines of the cache or within one; NULL: no memory. */
static void *make_table(struct tcprst_places *p, size_t count, size_t size)
{
    size_t whole = count * size + LINE;
    uint8_t *block = calloc(1, whole);
    p->blocks[p->block_count].at = block;
    p->blocks[p->block_count++].size = whole;
    if (!block)
        return NULL;
    large_advise(block, whole);
    return block + (LINE - (uintptr_t)block % LINE) % LINE;
}

/* With so much behind it for each place, in whole lines. */
static size_t record_size(size_t head, size_t place, unsigned places)
{
    return (head + places * place + LINE - 1) / LINE * LINE;
}

static bool make_copies(struct tcprst_places *p, uint64_t packets)
{
    struct copies *c = &p->copies;
    bool wanted = false;
    for (size_t i = 0; i < p->sources; i++)
        wanted |= p->clocks[i].copied;
    if (!wanted)
        return true;
    c->room = power_of_two(packets, MOST_COPIES);
    c->resets_room = power_of_two(packets / 4, MOST_RESET_COPIES);
    c->next = c->next_reset = 1;
    c->entries = make_table(p, c->room, sizeof *c->entries);
    c->heads = make_table(p, c->room, sizeof *c->heads);
    c->resets = make_table(p, c->resets_room, sizeof *c->resets);
    c->reset_heads = make_table(p, c->resets_room, sizeof *c->reset_heads);
    return c->entries && c->heads && c->resets && c->reset_heads;
}

static bool make_tables(struct tcprst_places *p)
{
    if (p->places < 2)
        return true; /* there is nothing to compare */
    p->line_size = record_size(sizeof(struct line), sizeof(struct line_place), p->places);
    p->path_size = record_size(sizeof(struct path), sizeof(struct path_place), p->places);
    p->sights = make_table(p, p->sight_room, sizeof *p->sights);
    p->rests = make_table(p, p->sight_room, sizeof *p->rests);
    p->others = make_table(p, p->sight_room, sizeof *p->others);
    p->by_numbers = make_table(p, p->sight_room, sizeof *p->by_numbers);
    p->by_timestamp = make_table(p, p->line_room, sizeof *p->by_timestamp);
    p->lines = make_table(p, p->line_room, p->line_size);
    p->by_key = make_table(p, p->line_room, sizeof *p->by_key);
    p->paths = make_table(p, p->path_room, p->path_size);
    p->by_hosts = make_table(p, p->path_room, sizeof *p->by_hosts);
    return p->sights && p->rests && p->others && p->by_numbers && p->by_timestamp && p->lines &&
           p->by_key && p->paths && p->by_hosts;
}

/* Known before, for a RST may be judged before the next segment of its sender's place comes. */
static void note_end(struct tcprst_places *p, const struct tcprst_clock *clock)
{
    if (!tcprst_time_known(clock->ends))
        return;
    int64_t ends = tcprst_clock_aligned(clock, clock->ends) - clock->behind;
    if (clock->place < TCPRST_MAX_PLACES && ends > p->last_time[clock->place])
        p->last_time[clock->place] = ends;
}

struct tcprst_places *tcprst_places_new(const struct tcprst_clock *clocks, size_t sources,
                                        unsigned places, uint64_t packets, uint64_t seed)
{
    struct tcprst_places *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->seed = seed;
    p->places = places < TCPRST_MAX_PLACES ? places : TCPRST_MAX_PLACES;
    p->sources = sources;
    p->sight_room = power_of_two(packets, MOST_SIGHTS);
    p->line_room = power_of_two(packets / 4, MOST_LINES);
    p->path_room = power_of_two(packets / 16, MOST_PATHS);
    p->clocks = malloc(sources * sizeof *clocks);
    if (p->clocks)
        memcpy(p->clocks, clocks, sources * sizeof *clocks);
    if (!p->clocks || !make_tables(p) || !make_copies(p, packets)) {
        tcprst_places_free(p);
        return NULL;
    }
    for (size_t i = 0; i < sources; i++)
        p->doubled |= (uint16_t)(clocks[i].mirrored << clocks[i].place);
    for (unsigned i = 0; i < TCPRST_MAX_PLACES; i++)
        p->first_time[i] = INT64_MAX, p->last_time[i] = INT64_MIN;
    for (size_t i = 0; i < sources; i++)
        note_end(p, &clocks[i]);
    p->next_sight = p->next_line = p->next_path = 1;
    return p;
}

void tcprst_places_free(struct tcprst_places *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < p->block_count; i++)
        free(p->blocks[i].at);
    free(p->clocks);
    free(p);
}

bool places_several(const struct tcprst_places *p)
{
    return p && p->places > 1;
}

size_t tcprst_places_memory(const struct tcprst_places *p)
{
    size_t memory = sizeof *p + p->sources * sizeof *p->clocks;
    for (unsigned i = 0; i < p->block_count; i++)
        memory += p->blocks[i].size;
    return memory;
}

/* ---- paths ---- */

static struct path *path_at(const struct tcprst_places *p, uint32_t serial)
{
    if (!serial || p->next_path - serial > p->path_room)
        return NULL;
    return (struct path *)(void *)(p->paths + (serial & (p->path_room - 1)) * p->path_size);
}

static bool is_young(const struct tcprst_places *p, uint32_t serial)
{
    return serial && p->next_path - serial <= p->path_room / 2;
}

/* The record of two hosts, by their addresses; of as many as there is room for, the oldest goes.
 * One that is asked for when it is old is made young again. */
static uint32_t path_of(struct tcprst_places *p, const struct key *key)
{
    struct key hosts = *key;
    hosts.ports &= ~(uint64_t)UINT32_MAX;
    uint32_t *head = &p->by_hosts[key_hash(&hosts, p->seed) & (p->path_room - 1)], serial = *head;
    struct path *path, *old = NULL;
    for (unsigned n = 0; n < CHAIN_MOST && !old && (path = path_at(p, serial)) != NULL; n++) {
        if (key_same(&path->hosts, &hosts))
            old = path;
        else
            serial = path->older;
    }
    if (old && is_young(p, serial))
        return serial;
    serial = p->next_path++;
    if (!p->next_path)
        p->next_path = 1;
    path = path_at(p, serial);
    if (old)
        memmove(path, old, p->path_size);
    else
        memset(path, 0, p->path_size);
    path->hosts = hosts;
    path->older = *head;
    *head = serial;
    return serial;
}

void places_keep_path(struct tcprst_places *p, struct line *l)
{
    if (!is_young(p, l->path))
        l->path = path_of(p, &l->key);
}

/* ---- lines ---- */

struct line *places_line(const struct tcprst_places *p, uint32_t serial)
{
    if (!serial || p->next_line - serial > p->line_room)
        return NULL;
    return (struct line *)(void *)(p->lines + (serial & (p->line_room - 1)) * p->line_size);
}

static uint32_t find_hashed(const struct tcprst_places *p, const struct key *key, uint32_t hash)
{
    uint32_t serial = p->by_key[hash & (p->line_room - 1)];
    unsigned looked = 0;
    for (struct line *l; (l = places_line(p, serial)) != NULL && looked < CHAIN_MOST; looked++) {
        if (key_same(&l->key, key))
            return serial;
        serial = l->older;
    }
    return 0;
}

uint32_t places_find_line(const struct tcprst_places *p, const struct key *key)
{
    return find_hashed(p, key, key_hash(key, p->seed));
}

static uint32_t add_line(struct tcprst_places *p, const struct key *key, uint32_t hash)
{
    uint32_t *head = &p->by_key[hash & (p->line_room - 1)];
    uint32_t serial = p->next_line++;
    if (!p->next_line)
        p->next_line = 1;
    struct line *l = places_line(p, serial);
    memset(l, 0, p->line_size);
    l->key = *key;
    l->older = *head;
    *head = serial;
    return serial;
}

/* ---- sights ---- */

struct sight *places_sight(const struct tcprst_places *p, uint32_t serial)
{
    if (!serial || p->next_sight - serial > p->sight_room)
        return NULL;
    return &p->sights[serial & (p->sight_room - 1)];
}

/* Whether the packets of both ends have more left at the one place than at the other, by more than
 * a place shows that captures what is routed on its way in and on its way out. */
static bool both_fall(const struct path_place *one, const struct path_place *other)
{
    enum { IN_AND_OUT = 16 };
    bool known = one->ttl[0] && one->ttl[1] && other->ttl[0] && other->ttl[1];
    int fall = one->ttl[0] - other->ttl[0], back = one->ttl[1] - other->ttl[1];
    return known && ((fall > 0 && back > 0) || (fall < 0 && back < 0)) &&
           (fall + back > IN_AND_OUT || fall + back < -IN_AND_OUT);
}

bool path_ttl_tells(const struct path *path, int d, uint16_t places)
{
    uint8_t least = 255, most = 0;
    for (unsigned p = 0; places >> p; p++) {
        uint8_t ttl = places >> p & 1 ? path->place[p].ttl[d] : 0;
        if (!ttl)
            continue;
        least = ttl < least ? ttl : least;
        most = ttl > most ? ttl : most;
        for (unsigned k = 0; k < p; k++)
            if (places >> k & 1 && both_fall(&path->place[k], &path->place[p]))
                return false;
    }
    return most - least <= HOPS_MOST;
}

bool places_hops_fit(const struct tcprst_places *p, const struct sight *e, const struct at_hand *h)
{
    const struct line *l = places_line(p, h->line);
    const struct path *path = places_path(p, l);
    const struct path_place *at = path->place;
    /* With its sender's count and clock it is that packet, though its way was another one. */
    if (e->ip_id && e->ip_id == h->s->ip_id && e->ts_val && e->ts_val == h->ts_val)
        return true;
    if (!at[e->place].ttl[h->d] || !at[h->place].ttl[h->d] || !h->s->ip_header ||
        !path_ttl_tells(path, h->d, (uint16_t)(1u << e->place | 1u << h->place)))
        return true;
    /* Between coming and going a router takes one off. */
    uint16_t doubled = p->doubled | path->doubled;
    int slack = (doubled >> e->place & 1) + (doubled >> h->place & 1);
    int off = e->ttl - h->s->ttl - (at[e->place].ttl[h->d] - at[h->place].ttl[h->d]);
    return off <= slack && off >= -slack;
}

int64_t places_way(const struct tcprst_places *p, const struct sight *e, const struct at_hand *h)
{
    const struct path *path = places_path(p, places_line(p, h->line));
    const struct path_place *from = &path->place[e->place], *to = &path->place[h->place];
    return from->count[h->d] && to->count[h->d] ? to->lag[h->d] - from->lag[h->d] : 0;
}

/*
 * The same RST has left its sender, as the capture there shows, and is here when it is due: then it
 * is that one, whatever is left of its TTL. What writes the TTL of an end's other packets need not
 * write that of its RSTs. A forger's is alike to the last bit only by what he saw of the sender's;
 * and he is not at the way's length behind it.
 */
static bool is_due(const struct tcprst_places *p, const struct sight *e, const struct at_hand *h)
{
    const struct path *path = places_path(p, places_line(p, h->line));
    int64_t way = places_way(p, e, h), since = h->time - e->time;
    return e->ip_id == h->s->ip_id && e->window == h->s->window && e->ttl > h->s->ttl &&
           is_start(e->ttl) && e->ttl == path->place[e->place].ttl[h->d] && way > 0 &&
           4 * since >= 3 * way && since <= 2 * way + DOUBLED_MOST;
}

bool places_sent_again(const struct tcprst_places *p, const struct sight *e,
                       const struct at_hand *h)
{
    const struct path *path = places_path(p, places_line(p, h->line));
    bool comparable = e->place == h->place || !(path->own_ids >> h->d & 1);
    bool counted = comparable && e->ip_id && h->s->ip_id, stamped = e->ts_val && h->ts_val;
    if (counted && e->ip_id == h->s->ip_id)
        return false;
    if (stamped)
        return e->ts_val != h->ts_val;
    return counted;
}

int places_ttl_coming(const struct tcprst_places *p, const struct sight *e, unsigned place)
{
    const struct path_place *at = places_path(p, places_line(p, e->line))->place;
    if (e->place == place)
        return e->ttl;
    return at[e->place].ttl[e->d] && at[place].ttl[e->d]
               ? e->ttl - at[e->place].ttl[e->d] + at[place].ttl[e->d]
               : 0;
}

/* The packet at hand is that one as a router sends it on. */
static bool goes_on(const struct tcprst_places *p, const struct sight *e, const struct at_hand *h)
{
    return h->s->ip_header && places_ttl_coming(p, e, h->place) == h->s->ttl + 1;
}

/* A place that shows packets twice had this one just before: all of them, or those of these hosts,
 * as a router does that shows what comes and what goes. Where the capture says which of these a RST
 * is, that decides: two that come are two, however soon. */
static bool is_double(const struct tcprst_places *p, const struct sight *e, const struct at_hand *h)
{
    bool last = e->again_at == h->place, reset = h->flags & TCPRST_RST;
    int64_t since = h->time - e->time - (int64_t)e->again * 1000;
    if ((e->doubled >> h->place & 1) || (last && (since > DOUBLED_MOST || since < -DOUBLED_MOST)))
        return false;
    /* Other places' sights may have come in between: this is how it goes, and it came. */
    if (legs_going(h->s->leg) && (e->came >> h->place & 1))
        return true;
    enum legs legs = last && reset ? legs_of(places_rest(p, e)->leg, h->s->leg) : LEGS_UNKNOWN;
    if (legs != LEGS_UNKNOWN)
        return legs == LEGS_APART;
    return (p->clocks[h->source].mirrored && last) ||
           (reset && (places_path(p, places_line(p, h->line))->doubled >> h->place & 1) &&
            goes_on(p, e, h));
}

/* RSTs apart: those of two senders may be alike. */
static void note_doubled(const struct tcprst_places *p, const struct sight *e,
                         const struct at_hand *h)
{
    bool shown = h->s->leg ? legs_going(h->s->leg) : e->place == h->place;
    if (shown && !(h->flags & TCPRST_RST) && goes_on(p, e, h))
        places_path(p, places_line(p, h->line))->doubled |= (uint16_t)(1u << h->place);
}

/* What it captures may be there once more, as it goes. */
static bool may_come_again(const struct tcprst_places *p, const struct at_hand *h)
{
    const struct path *path = places_path(p, places_line(p, h->line));
    return h->s->leg || p->clocks[h->source].mirrored || (path->doubled >> h->place & 1);
}

static struct matched *matched_of(struct tcprst_places *p, uint32_t first, unsigned place)
{
    return &p->matched[(first * TCPRST_MAX_PLACES + place) * 2654435761u >> 16 &
                       (MATCHED_ROOM - 1)];
}

/* That RST is the one at hand, seen elsewhere: its line, its numbers, and nothing against it. */
static bool is_same_reset(const struct tcprst_places *p, const struct sight *e,
                          const struct at_hand *h)
{
    return e->line == h->line && e->d == h->d && numbers_same(e, h) && in_time(e, h->time) &&
           !(e->seen >> h->place & 1) && !places_sent_again(p, e, h) &&
           (places_hops_fit(p, e, h) || is_due(p, e, h));
}

static uint32_t first_alike(const struct tcprst_places *p, uint32_t serial)
{
    const struct sight *e = places_sight(p, serial);
    return e->twinned ? places_rest(p, e)->twin : serial;
}

/*
 * RSTs that answer a whole flight are alike to the last bit, and more are on their way than are
 * looked at: the k-th at one place is the k-th at the other, the one behind what was matched last.
 * newest: one like it. NULL: that is not known.
 */
static struct sight *next_alike(struct tcprst_places *p, const struct at_hand *h, uint32_t newest)
{
    uint32_t first = first_alike(p, newest);
    if (first == newest || may_come_again(p, h))
        return NULL;
    const struct matched *m = matched_of(p, first, h->place);
    const struct sight *last =
        m->first == first && m->place == h->place ? places_sight(p, m->last) : NULL;
    struct sight *e = places_sight(p, last ? places_rest(p, last)->next : first);
    return e && is_same_reset(p, e, h) ? e : NULL;
}

static void note_matched(struct tcprst_places *p, const struct at_hand *h, uint32_t found)
{
    uint32_t first = first_alike(p, found);
    *matched_of(p, first, h->place) = (struct matched){first, found, h->place};
}

/*
 * The packet at hand, seen at another place before: of several alike the oldest that this place
 * does not have yet. *stranger: where there is none, one of another line with the same numbers.
 */
static struct sight *find_sight(struct tcprst_places *p, struct at_hand *h, struct sight **stranger)
{
    struct sight *found = NULL, *e;
    bool reset = h->flags & TCPRST_RST;
    uint32_t serial = p->by_numbers[h->hash & (p->sight_room - 1)];
    unsigned looked = 0;
    *stranger = NULL;
    for (; (e = places_sight(p, serial)) != NULL && looked++ < CHAIN_MOST; serial = e->older) {
        if (!numbers_same(e, h))
            continue; /* whatever its time: which others are in the chain is chance */
        if (h->time - e->time > 2 * LAG_MOST)
            break; /* so are those before it */
        bool seen = e->seen >> h->place & 1;
        if (!in_time(e, h->time))
            continue;
        bool same = e->line == h->line && e->d == h->d && !places_sent_again(p, e, h) &&
                    (!reset || places_hops_fit(p, e, h) || is_due(p, e, h));
        if (same && reset && !h->newest) {
            h->newest = serial;
            if ((found = next_alike(p, h, serial)) != NULL)
                break;
        }
        if (same && seen) {
            note_doubled(p, e, h);
            h->twin = e->twinned ? places_rest(p, e)->twin : serial;
            h->double_of = is_double(p, e, h) ? serial : h->double_of;
        } else if (same)
            found = e;
        else if (!seen && e->line != h->line)
            *stranger = e;
    }
    if (found && reset)
        note_matched(p, h, places_serial(p, found));
    return found;
}

/* The place's bit, if it captured the packet as it came, and says so. */
static uint16_t came(const struct at_hand *h)
{
    return h->s->leg && !legs_going(h->s->leg) ? (uint16_t)(1u << h->place) : 0;
}

static void note_reset(struct tcprst_places *p, uint32_t serial, uint32_t reset)
{
    struct line *l = places_line(p, serial);
    if (!l->reset) {
        places_keep_path(p, l);
        struct path *path = places_path(p, l);
        l->beside = path->reset;
        path->reset = serial;
    }
    l->reset = reset;
}

static void add_sight(struct tcprst_places *p, const struct at_hand *h)
{
    const struct tcprst_segment *s = h->s;
    struct line *l = places_line(p, h->line);
    uint32_t *head = &p->by_numbers[h->hash & (p->sight_room - 1)];
    uint32_t serial = p->next_sight++;
    if (!p->next_sight)
        p->next_sight = 1;
    struct sight *e = places_sight(p, serial);
    fetch(&p->sights[(serial + SIGHTS_AHEAD) & (p->sight_room - 1)]);
    e->where = where_pack(s->frame);
    e->time = h->time;
    e->seq = h->seq;
    e->ack = h->ack;
    e->length = s->payload_length;
    e->ts_val = h->ts_val;
    e->older = *head;
    e->before = l->last;
    e->line = h->line;
    e->twinned = h->twin != 0;
    if (h->twin)
        places_rest(p, e)->twin = h->twin;
    if (h->flags & TCPRST_RST) {
        places_rest(p, e)->next = 0;
        const struct sight *alike = h->twin ? places_sight(p, h->newest) : NULL;
        if (alike)
            places_rest(p, alike)->next = serial;
        places_rest(p, e)->leg = places_rest(p, e)->first_leg = s->leg;
    }
    e->altered = 0;
    e->came = came(h);
    e->again = 0;
    e->again_at = h->place & (TCPRST_MAX_PLACES - 1);
    e->doubled = 0;
    e->flags = h->flags;
    e->window = s->window;
    e->ip_id = s->ip_id;
    e->seen = (uint16_t)(1u << h->place);
    e->d = h->d & 1;
    e->place = h->place & (TCPRST_MAX_PLACES - 1);
    e->ttl = s->ttl;
    e->tos = s->tos;
    *head = serial;
    l->last = serial;
    if (h->flags & TCPRST_RST)
        note_reset(p, h->line, serial);
}

/* ---- what is learned of a copy ---- */

static void note_lag(struct path_place *at, int d, int64_t lag)
{
    at->lag[d] = lag;
    if (!at->count[d]++ || lag < at->least[d])
        at->least[d] = lag;
}

/* How far two places are apart for what one end sends; not by a SYN that was made anew between. */
static void note_distance(struct path *path, const struct at_hand *h, const struct sight *e)
{
    path->place[e->place].ttl[h->d] = e->ttl;
    path->place[h->place].ttl[h->d] = h->s->ttl;
    note_lag(&path->place[e->place], h->d, 0);
    note_lag(&path->place[h->place], h->d, h->time - e->time);
}

static void note_path(struct tcprst_places *p, const struct at_hand *h, const struct sight *e)
{
    const struct line *l = places_line(p, h->line);
    struct path *path = places_path(p, l);
    uint64_t port = (uint64_t)1 << (l->service & 63);
    bool only_reset = l->anew && !path->place[e->place].ttl[h->d];
    if ((h->flags & TCPRST_RST) && !only_reset)
        return;
    if (!places_opened_anew(e, h))
        note_distance(path, h, e);
    if (!places_opened_anew(e, h) && l->key.ports >> 32 == 4 && h->s->ip_version == 4 &&
        e->ip_id != h->s->ip_id)
        path->own_ids |= (uint8_t)(1u << h->d);
    path->seen |= (uint16_t)(1u << e->place | 1u << h->place);
    path->place[e->place].services |= port;
    path->place[h->place].services |= port;
}

static void note_place(struct tcprst_places *p, const struct at_hand *h)
{
    struct line *l = places_line(p, h->line);
    struct line_place *at = &l->place[h->place];
    l->seen |= (uint16_t)(1u << h->place);
    places_line(p, h->own)->seen |= (uint16_t)(1u << h->place);
    at->ip_version = h->s->ip_version;
    if (!l->service || (h->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN)
        l->service = (h->flags & (TCPRST_SYN | TCPRST_ACK)) == TCPRST_SYN ||
                             h->s->destination_port < h->s->source_port
                         ? h->s->destination_port
                         : h->s->source_port;
    if (h->flags & TCPRST_RST)
        return;
    uint32_t end = h->seq + segment_length(h->s->flags, h->s->payload_length);
    bool knows = at->have >> h->d & 1;
    bool steps_over = knows && seq_lt(at->next[h->d], h->seq);
    if (steps_over && (h->flags & TCPRST_SYN)) /* another connection on these ports */
        at->torn &= (uint8_t) ~(1 << h->d);
    else if (steps_over)
        at->torn |= (uint8_t)(1 << h->d);
    if (!knows || seq_lt(at->next[h->d], end))
        at->next[h->d] = end;
    at->have |= (uint8_t)(1 << h->d);
}

/* Offloading cuts and joins segments: whether these octets, new to this place, were seen elsewhere
 * in other pieces. */
static bool in_other_pieces(const struct tcprst_places *p, const struct at_hand *h)
{
    const struct line *l = places_line(p, h->line);
    const struct line_place *at = &l->place[h->place];
    uint32_t end = h->seq + h->s->payload_length;
    if (!h->s->payload_length || (h->flags & (TCPRST_SYN | TCPRST_FIN | TCPRST_RST)) ||
        ((at->have >> h->d & 1) && seq_lt(h->seq, at->next[h->d])))
        return false;
    for (unsigned k = 0; k < p->places; k++)
        if (k != h->place && (l->place[k].have >> h->d & 1) && seq_le(end, l->place[k].next[h->d]))
            return true;
    return false;
}

/* ---- fetching ahead ---- */

static void to_heads(const struct tcprst_places *p, struct upcoming *e,
                     const struct tcprst_segment *s)
{
    e->passed_by = s->seen.passed_by;
    if (e->passed_by)
        return;
    e->d = (uint8_t)key_direction(s);
    e->key = key_of_segment(s, e->d);
    e->key_hash = key_hash(&e->key, p->seed);
    fetch(&p->by_key[e->key_hash & (p->line_room - 1)]);
    /* Mostly a place has the same numbers as the others. */
    uint32_t ack = s->flags & TCPRST_ACK ? s->ack : 0;
    e->numbers = (uint32_t)places_hash(p->seed, (uint64_t)s->seq << 32 | ack,
                                       s->flags & PLACES_FLAGS, 1, s->payload_length) &
                 (p->sight_room - 1);
    fetch(&p->by_numbers[e->numbers]);
}

static const uint8_t *line_soon(const struct tcprst_places *p, const struct upcoming *e)
{
    uint32_t serial = p->by_key[e->key_hash & (p->line_room - 1)];
    return p->lines + (serial & (p->line_room - 1)) * p->line_size;
}

static void to_records(const struct tcprst_places *p, const struct upcoming *e)
{
    if (e->passed_by)
        return;
    const uint8_t *line = line_soon(p, e);
    for (size_t at = 0; at < p->line_size; at += LINE)
        fetch(line + at);
    fetch(&p->sights[p->by_numbers[e->numbers] & (p->sight_room - 1)]);
}

void tcprst_places_expect(struct tcprst_places *p, const struct tcprst_segment *segments,
                          size_t count)
{
    struct upcoming *ring = p->expected.ring;
    if (p->places < 2)
        return;
    p->expected.next = segments;
    p->expected.at = 0;
    p->expected.count = count;
    for (size_t i = 0; i < TO_HEADS && i < count; i++)
        to_heads(p, &ring[i], &segments[i]);
    for (size_t i = 0; i < TO_RECORDS && i < count; i++)
        to_records(p, &ring[i]);
}

/* What is known of the segment, if it is the next one expected; NULL: nothing. */
static const struct upcoming *expected(struct tcprst_places *p, const struct tcprst_segment *s)
{
    struct upcoming *ring = p->expected.ring;
    size_t i = p->expected.at, left = p->expected.count - i;
    if (!left || s != p->expected.next)
        return NULL;
    p->expected.at++;
    p->expected.next++;
    if (left > TO_HEADS)
        to_heads(p, &ring[(i + TO_HEADS) % PLACES_AHEAD], s + TO_HEADS);
    if (left > TO_RECORDS)
        to_records(p, &ring[(i + TO_RECORDS) % PLACES_AHEAD]);
    return &ring[i % PLACES_AHEAD];
}

/* ---- the segment as it is fed ---- */

static void write_name(const struct tcprst_places *p, struct at_hand *h)
{
    struct tcprst_segment *s = h->s;
    const struct line *l = places_line(p, h->line);
    const uint8_t *ends[2] = {l->address[0], l->address[1]};
    if (h->own != h->line) {
        memcpy(s->source, ends[h->d], 16);
        memcpy(s->destination, ends[!h->d], 16);
        s->source_port = (uint16_t)(h->d ? l->key.ports : l->key.ports >> 16);
        s->destination_port = (uint16_t)(h->d ? l->key.ports >> 16 : l->key.ports);
        s->ip_version = (uint8_t)(l->key.ports >> 32);
    }
    s->seen.translated =
        h->own != h->line || s->seq != h->seq || ((s->flags & TCPRST_ACK) && s->ack != h->ack);
    s->seq = h->seq;
    s->ack = s->flags & TCPRST_ACK ? h->ack : s->ack;
}

/* As if it had been captured where its sender's other segments were. */
static void write_ttl(const struct tcprst_places *p, const struct at_hand *h)
{
    const struct path *path = places_path(p, places_line(p, h->line));
    const struct path_place *at = path->place;
    uint8_t most = 0, least = 255;
    if (!at[h->place].ttl[h->d] || !h->s->ip_header)
        return;
    for (unsigned k = 0; k < p->places; k++) {
        uint8_t ttl = at[k].ttl[h->d];
        most = ttl > most ? ttl : most;
        least = ttl && ttl < least ? ttl : least;
    }
    if (most - least > HOPS_MOST)
        return;
    unsigned near = h->s->ttl + (unsigned)(most - at[h->place].ttl[h->d]);
    h->s->ttl = (uint8_t)(near > 255 ? 255 : near);
}

static void find_line(struct tcprst_places *p, struct at_hand *h, const struct upcoming *e)
{
    const struct tcprst_segment *s = h->s;
    struct upcoming look;
    if (!e) {
        to_heads(p, &look, s);
        e = &look;
    }
    h->d = e->d;
    h->own = find_hashed(p, &e->key, e->key_hash);
    if (!h->own) {
        h->own = add_line(p, &e->key, e->key_hash);
        struct line *l = places_line(p, h->own);
        memcpy(l->address[h->d], s->source, 16);
        memcpy(l->address[!h->d], s->destination, 16);
        l->first = (uint8_t)h->place;
    }
    h->line = h->own;
    struct line *own = places_line(p, h->own);
    if (own->alias && places_line(p, own->alias)) {
        h->line = own->alias;
        h->d ^= own->flipped;
    } else {
        own->alias = 0;
    }
    places_keep_path(p, places_line(p, h->line));
}

/* Only by a place that may have it once more: others may come in between. */
static void note_again(const struct tcprst_places *p, const struct at_hand *h, struct sight *e)
{
    if (!may_come_again(p, h))
        return;
    e->came |= came(h);
    e->again = h->time > e->time ? (uint32_t)((h->time - e->time) / 1000) : 0;
    e->again_at = h->place & (TCPRST_MAX_PLACES - 1);
    if (h->flags & TCPRST_RST)
        places_rest(p, e)->leg = h->s->leg;
}

/* A copy: noted, and only fed where it is a RST. */
static bool take_copy(struct tcprst_places *p, struct at_hand *h, struct sight *e)
{
    places_line(p, h->line)->anew |= places_opened_anew(e, h);
    places_note_differences(e, places_rest(p, e), h);
    e->seen |= (uint16_t)(1u << h->place);
    note_again(p, h, e);
    /* Twice at one place says nothing of the way to another; that is told of what came. */
    if (e->place != h->place && !(h->double_of && legs_going(h->s->leg)))
        note_path(p, h, e);
    note_place(p, h);
    h->s->seen.copy_of = where_frame(e->where);
    if (!(h->flags & TCPRST_RST))
        return false;
    write_name(p, h);
    write_ttl(p, h);
    return true;
}

/* What came by elsewhere so long ago that, as packets go, it may yet come by here. */
static bool may_still_come(const struct tcprst_places *p, const struct at_hand *h,
                           const struct sight *e)
{
    const struct path *path = places_path(p, places_line(p, h->line));
    const struct path_place *from = &path->place[e->place], *here = &path->place[h->place];
    int64_t way = here->lag[e->d] - from->lag[e->d];
    return from->count[e->d] && here->count[e->d] && way > 0 &&
           h->time - e->time <= 2 * way + DOUBLED_MOST;
}

/*
 * So many of the last segments to the RST's sender were on their way still when it came by here,
 * where it is seen first: nearest to its sender, who had none of them either. What is overdue was
 * lost, on the way or by the capture; what the sender has acknowledged it had, as all before that.
 */
static uint8_t under_way(const struct tcprst_places *p, const struct at_hand *h)
{
    const struct line *l = places_line(p, h->line);
    const struct line_place *here = &l->place[h->place];
    const struct sight *e;
    uint8_t count = 0;
    bool acked = h->flags & TCPRST_ACK;
    uint32_t ack = h->ack, serial = l->last;
    for (unsigned n = 0; n < AROUND_MOST && (e = places_sight(p, serial)) != NULL;
         n++, serial = e->before) {
        uint32_t end = e->seq + segment_length(e->flags, e->length);
        if (e->flags & TCPRST_RST)
            continue;
        if (e->d == h->d) {
            ack = e->flags & TCPRST_ACK ? (acked ? seq_max(ack, e->ack) : e->ack) : ack;
            acked |= (e->flags & TCPRST_ACK) != 0;
            continue;
        }
        bool came_by = (e->seen >> h->place & 1) ||
                       (end != e->seq && (here->have >> e->d & 1) && seq_le(end, here->next[e->d]));
        if (came_by || (acked && end != e->seq && seq_le(end, ack)) || !may_still_come(p, h, e))
            break;
        count++;
    }
    return count;
}

static bool take_new(struct tcprst_places *p, struct at_hand *h)
{
    struct sight *altered =
        (h->flags & (TCPRST_RST | TCPRST_SYN)) || (h->s->ip_id && places_is_behind(p, h))
            ? places_find_altered(p, h)
            : NULL;
    if (altered && (h->flags & TCPRST_SYN) && altered->seq != h->seq) {
        places_note_offset(p, h, altered);
        places_to_line_numbers(p, h);
    }
    if (altered && ((h->flags & TCPRST_RST) || numbers_same(altered, h)))
        return take_copy(p, h, altered);
    /* Where its numbers differ, it is another segment to its receiver. */
    struct sight before = altered ? *altered : (struct sight){0};
    struct sight_rest rest = altered ? *places_rest(p, altered) : (struct sight_rest){0};
    if (h->flags & TCPRST_RST)
        h->s->seen.under_way = under_way(p, h);
    add_sight(p, h);
    if (altered) {
        places_note_differences(&before, &rest, h);
        struct sight *e = places_sight(p, p->next_sight - 1);
        e->altered = before.altered;
        places_rest(p, e)->other_where = before.where;
        places_rest(p, e)->altered_from = rest.altered_from;
        places_rest(p, e)->altered_to = rest.altered_to;
    }
    places_note_opening(p, h);
    note_place(p, h);
    write_name(p, h);
    write_ttl(p, h);
    return true;
}

/* Whose numbers are the line's: of the place that gave it its name, and of those that have a
 * segment behind the opening in common with one of these. Two on the far side of what answers SYNs
 * for a server have all in common but these. */
static void note_numbers(const struct tcprst_places *p, const struct at_hand *h,
                         const struct sight *e)
{
    struct line *l = places_line(p, h->line);
    bool *here = &l->place[h->place].matched, *there = &l->place[e->place].matched;
    if ((h->flags & TCPRST_SYN) ||
        !(*here || *there || h->place == l->first || e->place == l->first))
        return;
    *here = *there = true;
}

static bool take(struct tcprst_places *p, struct at_hand *h)
{
    struct sight *stranger, *opening = places_find_opening(p, h);
    if (opening) {
        if (opening->line != h->line)
            places_join(p, h, opening);
        places_note_offset(p, h, opening);
    }
    places_to_line_numbers(p, h);
    struct sight *e = find_sight(p, h, &stranger), *doubled = places_sight(p, h->double_of);
    if (doubled) {
        doubled->doubled |= (uint16_t)(1u << h->place);
        return take_copy(p, h, doubled);
    }
    if (!e && stranger && h->seq && (h->ack || (h->flags & TCPRST_SYN)) &&
        !(h->flags & TCPRST_RST) && !places_sent_again(p, stranger, h) &&
        places_may_be_same(p, places_line(p, stranger->line), h)) {
        places_join(p, h, stranger);
        e = stranger;
    }
    if (!e && places_learn_numbers(p, h)) {
        places_to_line_numbers(p, h);
        e = find_sight(p, h, &stranger);
    }
    if (e) {
        note_numbers(p, h, e);
        return take_copy(p, h, e);
    }
    if (in_other_pieces(p, h)) {
        note_place(p, h);
        return false;
    }
    return take_new(p, h);
}

bool tcprst_places_take(struct tcprst_places *p, uint32_t source, struct tcprst_segment *s)
{
    if (source >= p->sources)
        return true;
    const struct upcoming *soon = expected(p, s);
    const struct tcprst_clock *clock = &p->clocks[source];
    struct at_hand h = {.s = s, .source = source, .place = clock->place};
    s->seen.place = clock->place;
    if (tcprst_time_known(s->time)) {
        p->now = tcprst_clock_aligned(clock, s->time) - clock->behind;
        s->seen.ahead = s->time - p->now;
    }
    h.time = p->now;
    if (h.time < p->first_time[h.place])
        p->first_time[h.place] = h.time;
    if (h.time > p->last_time[h.place])
        p->last_time[h.place] = h.time;
    if (s->seen.passed_by)
        return true;
    if (clock->copied && places_take_copy(p, source, h.time, s))
        return false;
    if (p->places < 2)
        return true;
    h.flags = s->flags & PLACES_FLAGS;
    h.ts_val = places_timestamp(s);
    find_line(p, &h, soon);
    return take(p, &h);
}
