/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagram.c - collects the segments around resets in a second reading of the captures. */
#include "diagram.h"

#include "seeded.h"

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

static void take(struct diagram *diagram, const struct tcprst_segment *segment)
{
    if (segment->layer != diagram->tuple.layer)
        return;
    bool reached = diagram->after_count > 0;
    note_opening(diagram, segment);
    struct diagram_segment out = {
        .frame = segment->frame,
        .time = segment->time,
        .from_source = segment->source_port == diagram->tuple.source_port &&
                       memcmp(segment->source, diagram->tuple.source, 16) == 0,
        .flags = segment->flags,
        .length = segment->payload_length,
        .window = segment->window,
        .index = diagram->seen,
        .is_reset = !reached && same_frame(&segment->frame, &diagram->reset)};
    set_numbers(diagram, segment, &out);
    diagram->seen++;
    place(diagram, &out);
}

static int compare_segments(const void *a, const void *b)
{
    const struct diagram_segment *x = a, *y = b;
    if (x->frame.capture != y->frame.capture)
        return x->frame.capture < y->frame.capture ? -1 : 1;
    return x->frame.number < y->frame.number ? -1 : x->frame.number > y->frame.number;
}

static void add(struct diagram *diagram, const struct diagram_segment *segments, size_t count)
{
    for (size_t i = 0; i < count && diagram->count < DIAGRAM_SEGMENTS; i++)
        diagram->segments[diagram->count++] = segments[i];
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
        if (kept == 0 ||
            !same_frame(&diagram->segments[kept - 1].frame, &diagram->segments[i].frame))
            diagram->segments[kept++] = diagram->segments[i];
    diagram->count = kept;
    diagram->left_out = diagram->seen - kept;
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
        GSList *others = g_hash_table_lookup(index, &key);
        g_hash_table_insert(index, g_memdup2(&key, sizeof key),
                            g_slist_prepend(others, diagrams[i]));
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

static void read_again(GHashTable *index, struct input *input, uint64_t most)
{
    static struct tcprst_segment segments[BATCH];
    enum input_status status;
    uint64_t seen = 0;
    do {
        size_t count = input_read(input, segments, BATCH, &status);
        for (size_t i = 0; i < count && (most == 0 || seen < most); i++, seen++) {
            struct key key;
            make_key(&key, segments[i].source, segments[i].source_port, segments[i].destination,
                     segments[i].destination_port);
            for (GSList *list = g_hash_table_lookup(index, &key); list; list = list->next)
                take(list->data, &segments[i]);
        }
    } while (status == INPUT_MORE && (most == 0 || seen < most));
}

void diagram_collect(struct diagram **diagrams, size_t count, struct input *again, uint64_t most)
{
    if (count == 0)
        return;
    GHashTable *index = index_diagrams(diagrams, count);
    read_again(index, again, most);
    free_index(index);
    for (size_t i = 0; i < count; i++)
        finish(diagrams[i]);
}
