/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagram.c - collects the segments around resets in a second reading of the captures. */
#include "diagram.h"

#include "seeded.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

/* Both directions of a connection have the same key: the smaller end first. */
struct key {
    uint8_t address[2][16];
    uint16_t port[2];
};

static guint key_hash(gconstpointer p)
{
    return seeded_hash(p, sizeof(struct key));
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct key)) == 0;
}

static void make_key(struct key *key, const uint8_t *a, uint16_t a_port, const uint8_t *b,
                     uint16_t b_port)
{
    int order = memcmp(a, b, 16);
    bool swap = order > 0 || (order == 0 && a_port > b_port);
    memset(key, 0, sizeof *key);
    memcpy(key->address[swap], a, 16);
    memcpy(key->address[!swap], b, 16);
    key->port[swap] = a_port;
    key->port[!swap] = b_port;
}

static bool same_frame(const struct tcprst_frame *a, const struct tcprst_frame *b)
{
    return a->number == b->number && a->capture == b->capture;
}

void diagram_start(struct diagram *diagram, const struct tcprst_verdict *verdict,
                   const struct report_tuple *tuple)
{
    memset(diagram, 0, sizeof *diagram);
    diagram->tuple = *tuple;
    diagram->reset = verdict->frame;
    diagram->zero = TCPRST_TIME_UNKNOWN;
    diagram->missing_at = verdict->missing_at;
    diagram->between = verdict->origin == TCPRST_ORIGIN_THIRD_PARTY;
    diagram->name_count = verdict->name_count;
    memcpy(diagram->names, verdict->names, sizeof diagram->names);
    if (verdict->trigger.number > 0)
        diagram->wanted[diagram->wanted_count++] = verdict->trigger;
    for (unsigned i = 0; i < verdict->evidence_count && diagram->wanted_count < DIAGRAM_WANTED; i++)
        if (verdict->evidence[i].frame.number > 0)
            diagram->wanted[diagram->wanted_count++] = verdict->evidence[i].frame;
}

static bool is_wanted(const struct diagram *diagram, const struct tcprst_frame *frame)
{
    for (size_t i = 0; i < diagram->wanted_count; i++)
        if (same_frame(&diagram->wanted[i], frame))
            return true;
    return false;
}

/* A SYN with another number opens a new incarnation: its numbers count anew. */
static void note_opening(struct diagram *diagram, const struct tcprst_segment *segment)
{
    bool opens = (segment->flags & (TCPRST_SYN | TCPRST_ACK | TCPRST_RST)) == TCPRST_SYN;
    if (!opens || (diagram->opened && diagram->syn == segment->seq))
        return;
    diagram->opened = true;
    diagram->syn = segment->seq;
    if (diagram->after_count == 0)
        diagram->opening_count = 0;
    diagram->base_known[0] = diagram->base_known[1] = false;
}

static void set_numbers(struct diagram *diagram, const struct tcprst_segment *segment,
                        struct diagram_segment *out)
{
    bool end = out->from_source;
    bool bare_reset = (segment->flags & TCPRST_RST) && segment->seq == 0;
    if (!diagram->base_known[end] && !bare_reset) {
        diagram->base_known[end] = true;
        diagram->base[end] = segment->seq;
    }
    if (!diagram->base_known[!end] && (segment->flags & TCPRST_ACK)) {
        diagram->base_known[!end] = true;
        /* The other end's first octet, as if its SYN had been seen. */
        diagram->base[!end] = segment->ack - 1;
    }
    out->seq = bare_reset ? 0 : segment->seq - diagram->base[end];
    out->ack = segment->flags & TCPRST_ACK ? segment->ack - diagram->base[!end] : 0;
}

static void place(struct diagram *diagram, const struct diagram_segment *segment)
{
    bool reached = diagram->after_count > 0;
    if (segment->is_reset || (reached && diagram->after_count <= DIAGRAM_AFTER)) {
        diagram->after[diagram->after_count++] = *segment;
        return;
    }
    if (is_wanted(diagram, &segment->frame) && diagram->kept_count < DIAGRAM_WANTED)
        diagram->kept[diagram->kept_count++] = *segment;
    if (reached)
        return;
    if (diagram->opened && diagram->opening_count < DIAGRAM_OPENING)
        diagram->opening[diagram->opening_count++] = *segment;
    diagram->before[diagram->before_count++ % DIAGRAM_BEFORE] = *segment;
}

static bool is_source(const struct tcprst_segment *s, const uint8_t source[16], uint16_t port)
{
    return s->source_port == port && memcmp(s->source, source, 16) == 0;
}

/* Whether the RST's source sent it, by any of its names. */
static bool from_source(const struct diagram *diagram, const struct tcprst_segment *s)
{
    bool from = is_source(s, diagram->tuple.source, diagram->tuple.source_port);
    for (size_t i = 0; i < diagram->name_count && !from; i++)
        from = is_source(s, diagram->names[i].source, diagram->names[i].source_port);
    return from;
}

/* Seen at another place, too. Which of the two is nearer to its sender the hop count says, else the
 * time. */
static void note_again(struct diagram *diagram, struct diagram_segment *row,
                       const struct tcprst_segment *raw, unsigned place)
{
    unsigned first = 0;
    while (first < TCPRST_MAX_PLACES && !same_frame(&row->at[first], &row->frame))
        first++;
    if (first == TCPRST_MAX_PLACES || row->at[place].number)
        return;
    row->at[place] = raw->frame;
    int there = raw->ip_header && row->ttl < raw->ttl ? -1 : 1;
    int sign = row->from_source ? there : -there;
    diagram->nearer[first] += sign;
    diagram->nearer[place] -= sign;
}

/* Where offloading cut or joined segments: it has octets of that one. */
static bool has_octets_of(const struct diagram_segment *row, const struct tcprst_segment *s,
                          bool from)
{
    return row->from_source == from && row->length && s->payload_length &&
           (int32_t)(s->seq - row->raw) < (int32_t)row->length &&
           (int32_t)(row->raw - s->seq) < (int32_t)s->payload_length;
}

/* The segment is in the rows already: notes the place there, wherever they are kept. */
static void take_again(struct diagram *diagram, const struct tcprst_segment *raw,
                       const struct tcprst_segment *s)
{
    const struct {
        struct diagram_segment *rows;
        size_t count;
    } kinds[] = {{diagram->opening, diagram->opening_count},
                 {diagram->before, MIN(diagram->before_count, DIAGRAM_BEFORE)},
                 {diagram->kept, diagram->kept_count},
                 {diagram->after, diagram->after_count}};
    bool from = from_source(diagram, raw), pieces = !s->seen.copy_of.number;
    diagram->seen_at |= (uint16_t)(1u << s->seen.place);
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++)
        for (size_t i = 0; i < kinds[k].count; i++)
            if (pieces ? has_octets_of(&kinds[k].rows[i], raw, from)
                       : same_frame(&kinds[k].rows[i].frame, &s->seen.copy_of))
                note_again(diagram, &kinds[k].rows[i], raw, s->seen.place);
}

/* raw: as captured; segment: as the places make one stream of it. */
static void take(struct diagram *diagram, const struct tcprst_segment *raw,
                 const struct tcprst_segment *segment)
{
    if (segment->layer != diagram->tuple.layer)
        return;
    bool reached = diagram->after_count > 0;
    note_opening(diagram, segment);
    struct diagram_segment out = {
        .frame = segment->frame,
        .time = segment->time == TCPRST_TIME_UNKNOWN ? segment->time
                                                     : segment->time - segment->seen.ahead,
        .from_source = from_source(diagram, raw),
        .flags = segment->flags,
        .length = segment->payload_length,
        .window = segment->window,
        .index = diagram->seen,
        .is_reset = !reached && same_frame(&segment->frame, &diagram->reset),
        .ttl = raw->ttl,
        .raw = raw->seq};
    out.at[segment->seen.place] = segment->frame;
    diagram->seen_at |= (uint16_t)(1u << segment->seen.place);
    set_numbers(diagram, segment, &out);
    diagram->seen++;
    place(diagram, &out);
}

static int compare_segments(const void *a, const void *b)
{
    const struct diagram_segment *x = a, *y = b;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void add(struct diagram *diagram, const struct diagram_segment *segments, size_t count)
{
    for (size_t i = 0; i < count && diagram->count < DIAGRAM_SEGMENTS; i++)
        diagram->segments[diagram->count++] = segments[i];
}

/* Those that have something of the connection, and those that should have the RST, which lie
 * nearest to its source then; from source to destination. */
static void find_lines(struct diagram *diagram)
{
    for (unsigned p = 0; p < TCPRST_MAX_PLACES; p++) {
        bool seen = diagram->seen_at >> p & 1;
        if (!seen && !(diagram->missing_at >> p & 1))
            continue;
        int nearer = diagram->nearer[p] = seen ? diagram->nearer[p] : INT_MAX;
        unsigned i = diagram->line_count;
        for (; i > 0 && diagram->nearer[diagram->lines[i - 1]] < nearer; i--)
            if (i < DIAGRAM_LINES)
                diagram->lines[i] = diagram->lines[i - 1];
        if (i < DIAGRAM_LINES)
            diagram->lines[i] = (uint8_t)p;
        diagram->line_count = MIN(diagram->line_count + 1, DIAGRAM_LINES);
    }
    if (diagram->line_count < 2)
        diagram->line_count = 0;
}

bool diagram_shows(const struct diagram_segment *segment, const struct tcprst_frame *frame)
{
    bool shows = same_frame(&segment->frame, frame);
    for (unsigned p = 0; p < TCPRST_MAX_PLACES && !shows; p++)
        shows = same_frame(&segment->at[p], frame);
    return shows && frame->number;
}

struct diagram_way diagram_way(const struct diagram *diagram, const struct diagram_segment *segment)
{
    unsigned count = diagram->line_count, first = count, last = count;
    struct diagram_way way = {0, 2 * count + 2};
    for (unsigned i = 0; segment->is_reset && i < count; i++) {
        if (!segment->at[diagram->lines[i]].number)
            continue;
        first = first == count ? i : first;
        last = i;
    }
    if (segment->is_reset && diagram->between)
        way.from = 1;
    if (first == count)
        return way;
    if (first > 0 && (diagram->missing_at >> diagram->lines[first - 1] & 1))
        way.from = 2 * first + 1;
    if (last + 1 < count && (diagram->missing_at >> diagram->lines[last + 1] & 1))
        way.to = 2 * last + 3;
    return way;
}

/* Puts the kinds of segments together, each one once. */
static void finish(struct diagram *diagram)
{
    add(diagram, diagram->after, diagram->after_count);
    add(diagram, diagram->kept, diagram->kept_count);
    add(diagram, diagram->before, MIN(diagram->before_count, DIAGRAM_BEFORE));
    add(diagram, diagram->opening, diagram->opening_count);
    qsort(diagram->segments, diagram->count, sizeof *diagram->segments, compare_segments);
    size_t kept = 0;
    for (size_t i = 0; i < diagram->count; i++)
        if (kept == 0 || diagram->segments[kept - 1].index != diagram->segments[i].index)
            diagram->segments[kept++] = diagram->segments[i];
    diagram->count = kept;
    for (size_t i = 0; i < kept; i++)
        if (diagram->segments[i].is_reset)
            diagram->zero = diagram->segments[i].time;
    diagram->left_out = diagram->seen - kept;
    find_lines(diagram);
}

static void add_name(GHashTable *index, struct diagram *diagram, const struct key *key)
{
    GSList *others = g_hash_table_lookup(index, key);
    if (!g_slist_find(others, diagram))
        g_hash_table_insert(index, g_memdup2(key, sizeof *key), g_slist_prepend(others, diagram));
}

/* Connection to a list of the diagrams that want it. */
static GHashTable *index_diagrams(struct diagram **diagrams, size_t count)
{
    GHashTable *index = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    for (size_t i = count; i-- > 0;) {
        struct key key;
        const struct report_tuple *tuple = &diagrams[i]->tuple;
        make_key(&key, tuple->source, tuple->source_port, tuple->destination,
                 tuple->destination_port);
        add_name(index, diagrams[i], &key);
        for (size_t k = 0; k < diagrams[i]->name_count; k++) {
            const struct tcprst_name *name = &diagrams[i]->names[k];
            make_key(&key, name->source, name->source_port, name->destination,
                     name->destination_port);
            add_name(index, diagrams[i], &key);
        }
    }
    return index;
}

static void free_index(GHashTable *index)
{
    GHashTableIter iter;
    gpointer list;
    g_hash_table_iter_init(&iter, index);
    while (g_hash_table_iter_next(&iter, NULL, &list))
        g_slist_free(list);
    g_hash_table_destroy(index);
}

static void read_again(GHashTable *index, struct input *input, struct places *places, uint64_t most)
{
    static struct tcprst_segment segments[BATCH];
    enum input_status status;
    uint64_t seen = 0;
    do {
        size_t count = input_read(input, segments, BATCH, &status);
        for (size_t i = 0; i < count && (most == 0 || seen < most); i++, seen++) {
            struct key key;
            struct tcprst_segment *raw = &segments[i], segment = *raw;
            make_key(&key, raw->source, raw->source_port, raw->destination, raw->destination_port);
            GSList *list = g_hash_table_lookup(index, &key);
            bool again = !places_see(places, &segment) || segment.seen.copy_of.number;
            for (; list && again; list = list->next)
                take_again(list->data, raw, &segment);
            for (; list; list = list->next)
                take(list->data, raw, &segment);
        }
    } while (status == INPUT_MORE && (most == 0 || seen < most));
}

void diagram_collect(struct diagram **diagrams, size_t count, struct input *again,
                     struct places *places, uint64_t most)
{
    if (count == 0 || !places_again(places, again))
        return;
    GHashTable *index = index_diagrams(diagrams, count);
    read_again(index, again, places, most);
    free_index(index);
    for (size_t i = 0; i < count; i++)
        finish(diagrams[i]);
}
