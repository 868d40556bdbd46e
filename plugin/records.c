/* SPDX-License-Identifier: GPL-2.0-or-later */
/* records.c - one core and one record a RST for the open capture file. */
#include "records.h"
#include "fields.h"
#include "interfaces.h"
#include "queue.h"
#include "saved.h"

#include <string.h>

/* So many segments of a file are held that shows one interface: one that comes later is no other
 * place. Some 50 MB. */
enum { HELD_OF_ONE = 1 << 19 };

struct tcprst_record {
    uint64_t reset; /* serial number in the core */
    uint32_t frame;
    uint32_t drawn_by; /* frame under which it is listed in drawn; 0: none */
    uint16_t source_port, destination_port;
    uint8_t layer, ip_version;
    uint8_t source[16], destination[16];
    uint32_t seq;
    uint32_t connection; /* number in the core, once the verdict is final */
    bool ends;           /* the connection, when final: no copy, and not seen to be ignored */
    bool listed;         /* under what drew it, as far as that is known */
    bool gone;           /* its frame did not pass a read filter: its number is another one's now */
    struct tcprst_record *next_drawn;
    struct tcprst_saved *final; /* NULL while later packets may change the verdict */
    struct tcprst_record *previous_drawn;
};

struct drawn_list {
    struct tcprst_record *first, *last;
};

/* How far a first reading came: the last segment. Frame 0: it has just begun. */
struct extent {
    uint32_t frame;
    nstime_t time;
};

/* A connection that was let go, and had resets. */
struct ended {
    uint32_t number; /* in the core */
    uint32_t first;  /* frame */
};

static struct {
    const unsigned *max_connections;
    struct tcprst *core;        /* NULL: no file, or all is final */
    struct tcprst_queue *queue; /* before the core; NULL with it */
    bool read; /* the file was read to its end; what is not final yet is made so when asked for */
    /* Its segments, while its interfaces may be places; else NULL. Once there are several, the core
     * takes them from here: as one stream, should anybody ask before the file was read. */
    struct tcprst_held *held;
    struct tcprst_held_cursor fed; /* of what is held: so much the core has */
    bool several;                  /* interfaces */
    uint32_t interface;            /* of the first segment */
    struct tcprst_interfaces_place places[TCPRST_MAX_PLACES];
    struct tcprst_statistics statistics; /* of a core that is no more */
    GPtrArray *records;                  /* all, in the order of their frames */
    guint listed;                        /* so many of them are listed in drawn */
    wmem_map_t *drawn;                   /* frame number to struct drawn_list */
    GArray *ended;                       /* struct ended, in the order they were let go */
    wmem_map_t *reset_in;                /* first frame of a connection to its reset's; NULL: to be
                                            made */
    struct extent extent;                /* of the reading under way */
    struct extent complete;              /* of the last reading that came to its end */
    /* The verdict asked for last, until the next segment: it is noted first and shown then. */
    const struct tcprst_record *peeked;
    struct tcprst_verdict peeked_verdict;
} file;

static struct tcprst_record *record_at(guint i)
{
    return (struct tcprst_record *)g_ptr_array_index(file.records, i);
}

/* ---- Which frame drew which resets ---- */

static struct drawn_list *drawn_list(uint32_t frame)
{
    return (struct drawn_list *)wmem_map_lookup(file.drawn, GUINT_TO_POINTER(frame));
}

static void unlist(struct tcprst_record *record)
{
    struct drawn_list *list = drawn_list(record->drawn_by);
    struct tcprst_record *before = record->previous_drawn, *behind = record->next_drawn;
    *(before ? &before->next_drawn : &list->first) = behind;
    *(behind ? &behind->previous_drawn : &list->last) = before;
    record->next_drawn = record->previous_drawn = NULL;
    record->drawn_by = 0;
}

static void enlist(struct tcprst_record *record, uint32_t frame)
{
    struct drawn_list *list = drawn_list(frame);
    if (!list) {
        list = wmem_new0(wmem_file_scope(), struct drawn_list);
        wmem_map_insert(file.drawn, GUINT_TO_POINTER(frame), list);
    }
    record->previous_drawn = list->last;
    if (list->last)
        list->last->next_drawn = record;
    else
        list->first = record;
    list->last = record;
    record->drawn_by = frame;
}

static void list(struct tcprst_record *record, uint32_t trigger)
{
    record->listed = true;
    if (record->drawn_by == trigger)
        return;
    if (record->drawn_by)
        unlist(record);
    if (trigger)
        enlist(record, trigger);
}

static void free_core(void)
{
    tcprst_queue_free(file.queue);
    tcprst_free(file.core);
    file.queue = NULL;
    file.core = NULL;
}

static void free_held(void)
{
    tcprst_held_free(file.held);
    file.held = NULL;
    file.several = false;
}

/* ---- What waits, and the end ---- */

static void take_verdict(void *user, const struct tcprst_verdict *verdict);
static void take_connection(void *user, const struct tcprst_connection *connection);

static struct tcprst_options core_options(void)
{
    return (struct tcprst_options){
        .on_verdict = take_verdict,
        .on_connection = take_connection,
        .max_connections = *file.max_connections,
        .hash_seed = (uint64_t)g_random_int() << 32 | g_random_int(),
    };
}

static void add_to_queue(const struct tcprst_segment *segment)
{
    struct tcprst_record *record = (struct tcprst_record *)segment->cookie;
    tcprst_queue_add(file.queue, segment, record ? &record->reset : NULL);
}

/* Feeds what waits. */
static void catch_up(void)
{
    struct tcprst_segment segment;
    while (file.several && tcprst_held_next(file.held, &file.fed, &segment))
        add_to_queue(&segment);
    tcprst_queue_flush(file.queue);
}

static void end_core(void)
{
    tcprst_queue_flush(file.queue);
    tcprst_finish(file.core);
    tcprst_statistics(file.core, &file.statistics);
    free_core();
}

/* Those of what one interface shows of another's packet stay away. */
static void forget_verdicts(void)
{
    for (guint i = 0; i < file.records->len; i++) {
        struct tcprst_record *record = record_at(i);
        tcprst_saved_free(record->final);
        record->final = NULL;
        record->ends = false;
        if (record->drawn_by)
            unlist(record);
    }
    g_array_set_size(file.ended, 0);
}

/* Judges the file anew, its interfaces as places. Returns whether they are. */
static bool judge_places(void)
{
    struct tcprst_options options = core_options();
    struct tcprst_interfaces *interfaces = tcprst_interfaces_survey(file.held, options.hash_seed);
    if (!interfaces)
        return false;
    options.places = tcprst_interfaces_places(interfaces);
    options.order = tcprst_interfaces_order(interfaces);
    struct tcprst *core = tcprst_new(&options);
    if (core) {
        free_core();
        forget_verdicts();
        file.core = core;
        file.queue = tcprst_queue_new(core);
        for (const struct tcprst_segment *s; (s = tcprst_interfaces_next(interfaces)) != NULL;) {
            struct tcprst_record *record = (struct tcprst_record *)s->cookie;
            tcprst_feed(core, s, record ? &record->reset : NULL);
        }
        end_core();
        for (unsigned p = 0; p < TCPRST_MAX_PLACES; p++)
            file.places[p] = tcprst_interfaces_place(interfaces, p);
    }
    tcprst_interfaces_free(interfaces);
    return core != NULL;
}

/* Once the file was read all verdicts are final: not before somebody asks for one. */
static void finish_what_was_read(void)
{
    if (!file.core || !file.read)
        return;
    file.peeked = NULL;
    if (!file.several || !judge_places()) {
        catch_up();
        end_core();
    }
    free_held();
}

static void list_record(struct tcprst_record *record)
{
    struct tcprst_verdict verdict;
    if (!record->gone && tcprst_record_verdict(record, &verdict))
        list(record, verdict.duplicate_of.number ? 0 : (uint32_t)verdict.trigger.number);
}

/* Lists what came since somebody asked last: while a file is loaded nobody does, and nothing is
 * judged for it. */
static void list_records(void)
{
    for (; file.listed < file.records->len; file.listed++)
        list_record(record_at(file.listed));
}

static bool of_connection(const struct tcprst_record *record, const struct tcprst_segment *segment)
{
    return record->source_port == segment->source_port &&
           record->destination_port == segment->destination_port &&
           memcmp(record->source, segment->source, sizeof record->source) == 0 &&
           memcmp(record->destination, segment->destination, sizeof record->destination) == 0;
}

static bool drawn_by_segment(const struct tcprst_record *record,
                             const struct tcprst_segment *segment)
{
    return record->source_port == segment->destination_port &&
           record->destination_port == segment->source_port &&
           memcmp(record->source, segment->destination, sizeof record->source) == 0 &&
           memcmp(record->destination, segment->source, sizeof record->destination) == 0;
}

static const struct tcprst_record *first_drawn(const struct tcprst_record *record,
                                               const struct tcprst_segment *segment)
{
    while (record && !drawn_by_segment(record, segment))
        record = record->next_drawn;
    return record;
}

const struct tcprst_record *tcprst_records_drawn_by(const struct tcprst_segment *segment)
{
    list_records();
    const struct drawn_list *list = drawn_list((uint32_t)segment->frame.number);
    return list ? first_drawn(list->first, segment) : NULL;
}

const struct tcprst_record *tcprst_record_next_drawn(const struct tcprst_record *record,
                                                     const struct tcprst_segment *segment)
{
    return first_drawn(record->next_drawn, segment);
}

/* ---- Which connections were reset ---- */

static void take_connection(void *user, const struct tcprst_connection *connection)
{
    (void)user;
    struct ended ended = {(uint32_t)connection->number, (uint32_t)connection->first.number};
    if (connection->resets > 0)
        g_array_append_val(file.ended, ended);
}

/* Made when somebody asks, once all is known. */
static void make_reset_in(void)
{
    GHashTable *resets = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = file.records->len; i-- > 0;) {
        struct tcprst_record *r = record_at(i);
        if (r->ends && !r->gone)
            g_hash_table_insert(resets, GUINT_TO_POINTER(r->connection), r); /* the first stays */
    }
    file.reset_in = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    for (guint i = 0; i < file.ended->len; i++) {
        struct ended ended = g_array_index(file.ended, struct ended, i);
        void *record = g_hash_table_lookup(resets, GUINT_TO_POINTER(ended.number));
        if (record)
            wmem_map_insert(file.reset_in, GUINT_TO_POINTER(ended.first), record);
    }
    g_hash_table_destroy(resets);
}

const struct tcprst_record *tcprst_records_reset_of(const struct tcprst_segment *segment)
{
    if ((segment->flags & (TCPRST_SYN | TCPRST_ACK)) != TCPRST_SYN)
        return NULL;
    finish_what_was_read();
    if (file.core)
        return NULL;
    if (!file.reset_in)
        make_reset_in();
    const struct tcprst_record *record = (const struct tcprst_record *)wmem_map_lookup(
        file.reset_in, GUINT_TO_POINTER((uint32_t)segment->frame.number));
    return record && (of_connection(record, segment) || drawn_by_segment(record, segment)) ? record
                                                                                           : NULL;
}

/* ---- The file ---- */

/* The verdict while later packets may change it. */
static const struct tcprst_verdict *peek(const struct tcprst_record *record)
{
    if (file.peeked != record) {
        file.peeked = NULL;
        if (!file.core || !tcprst_peek(file.core, record->reset, &file.peeked_verdict))
            return NULL;
        file.peeked = record;
    }
    return &file.peeked_verdict;
}

/* Whether the record's verdict is final, with all taken in that was read. */
static bool is_final(const struct tcprst_record *record)
{
    if (!record->final)
        finish_what_was_read();
    if (!record->final && file.queue)
        catch_up();
    return record->final;
}

static void take_verdict(void *user, const struct tcprst_verdict *verdict)
{
    (void)user;
    struct tcprst_record *record = (struct tcprst_record *)verdict->cookie;
    record->final = tcprst_save(verdict);
    record->connection = (uint32_t)verdict->connection;
    record->ends = !verdict->duplicate_of.number && (verdict->effect == TCPRST_EFFECT_RESET ||
                                                     verdict->effect == TCPRST_EFFECT_UNKNOWN);
    if (record->listed)
        list_record(record);
}

void tcprst_records_begin_file(void)
{
    struct tcprst_options options = core_options();
    file.core = tcprst_new(&options);
    file.queue = file.core ? tcprst_queue_new(file.core) : NULL;
    file.held = tcprst_held_new();
    file.read = false;
    file.peeked = NULL;
    file.records = g_ptr_array_new();
    file.listed = 0;
    file.drawn = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    file.ended = g_array_new(FALSE, FALSE, sizeof(struct ended));
    file.reset_in = NULL;
    memset(&file.statistics, 0, sizeof file.statistics);
    memset(&file.extent, 0, sizeof file.extent);
}

void tcprst_records_end_file(void)
{
    free_core();
    free_held();
    for (guint i = 0; file.records && i < file.records->len; i++)
        tcprst_saved_free(record_at(i)->final);
    if (file.records)
        g_ptr_array_free(file.records, TRUE);
    file.records = NULL;
    file.drawn = NULL;
    if (file.ended)
        g_array_free(file.ended, TRUE);
    file.ended = NULL;
    file.reset_in = NULL;
    file.peeked = NULL;
}

void tcprst_records_reading_done(void)
{
    file.complete = file.extent;
    file.read = true;
    if (!file.several)
        free_held();
}

/*
 * Wireshark does not say so after it dissected a file afresh, for a changed preference. That
 * reading is taken for complete when it came to the segment that was the last before, and frames
 * are dissected once more: should the file have grown since, the rest would come first.
 */
static void settle(void)
{
    const struct extent *now = &file.extent, *then = &file.complete;
    if (file.core && !file.read && now->frame && now->frame == then->frame &&
        nstime_cmp(&now->time, &then->time) == 0)
        tcprst_records_reading_done();
}

void tcprst_records_register(const unsigned *max_connections)
{
    file.max_connections = max_connections;
}

/* ---- Records ---- */

static struct tcprst_record *new_record(const struct tcprst_segment *segment)
{
    struct tcprst_record *record = wmem_new0(wmem_file_scope(), struct tcprst_record);
    record->frame = (uint32_t)segment->frame.number;
    record->layer = segment->layer;
    record->source_port = segment->source_port;
    record->destination_port = segment->destination_port;
    record->seq = segment->seq;
    record->ip_version = segment->ip_version;
    memcpy(record->source, segment->source, sizeof record->source);
    memcpy(record->destination, segment->destination, sizeof record->destination);
    return record;
}

/* A second frame of one number: the one before did not pass a read filter (tshark -2 -R), and what
 * was noted of it under that number is no more. */
static void forget_frame(uint32_t number)
{
    for (guint i = file.records->len; i-- > 0;) {
        struct tcprst_record *r = record_at(i);
        if (r->frame != number || r->gone)
            break;
        r->gone = true;
    }
}

/* Returns whether the core is to take the segment from what is held. */
static bool hold(const packet_info *pinfo, const struct tcprst_segment *segment)
{
    uint32_t interface;
    if (!file.held)
        return false;
    uint64_t before = tcprst_held_count(file.held);
    if (before == 0)
        file.interface = segment->interface;
    if (!file.several && segment->interface != file.interface) {
        file.several = true;
        file.fed = tcprst_held_end(file.held);
    }
    bool useless =
        !file.several && (before == HELD_OF_ONE || !tcprst_fields_interface(pinfo, &interface));
    if (useless || !tcprst_held_add(file.held, segment)) {
        catch_up();
        free_held();
    }
    return file.several;
}

struct tcprst_record *tcprst_records_feed(packet_info *pinfo, struct tcprst_segment *segment)
{
    /* No core: no memory for one, or a frame that turns up after the end of the file, which would
     * be out of order. */
    if (!file.core || file.read)
        return NULL;
    if (segment->layer == 1 && file.extent.frame == pinfo->num)
        forget_frame(pinfo->num);
    file.extent = (struct extent){pinfo->num, pinfo->abs_ts};
    file.peeked = NULL;
    struct tcprst_record *record = NULL;
    if (segment->flags & TCPRST_RST) {
        segment->cookie = record = new_record(segment);
        g_ptr_array_add(file.records, record);
    }
    if (!hold(pinfo, segment))
        add_to_queue(segment);
    return record;
}

/* Index plus one of the last record of that frame or of one before it: they are in order. 0: there
 * is none. */
static guint last_up_to(uint32_t frame)
{
    guint from = 0, to = file.records ? file.records->len : 0;
    while (from < to) {
        guint middle = from + (to - from) / 2;
        if (record_at(middle)->frame <= frame)
            from = middle + 1;
        else
            to = middle;
    }
    return to;
}

struct tcprst_record *tcprst_records_find(const struct tcprst_segment *segment)
{
    settle();
    for (guint i = last_up_to((uint32_t)segment->frame.number); i-- > 0;) {
        struct tcprst_record *r = record_at(i);
        if (r->frame != segment->frame.number || r->gone)
            break;
        /* Should another dissector have given this layer another number, say nothing rather than
         * something of another layer. */
        if (r->layer == segment->layer && r->seq == segment->seq && of_connection(r, segment))
            return r;
    }
    return NULL;
}

const struct tcprst_record *tcprst_records_of_frame(uint32_t frame)
{
    settle();
    guint after = last_up_to(frame);
    const struct tcprst_record *r = after ? record_at(after - 1) : NULL;
    return r && r->frame == frame && !r->gone ? r : NULL;
}

bool tcprst_records_say(const struct tcprst_segment *segment)
{
    settle();
    return tcprst_records_drawn_by(segment) || tcprst_records_reset_of(segment);
}

uint32_t tcprst_record_frame(const struct tcprst_record *record)
{
    return record->frame;
}

static void restore(const struct tcprst_record *record, struct tcprst_verdict *verdict)
{
    tcprst_restore(record->final, verdict);
    verdict->reset = record->reset;
    verdict->frame.number = record->frame;
    verdict->ip_version = record->ip_version;
    verdict->source_port = record->source_port;
    verdict->destination_port = record->destination_port;
    memcpy(verdict->source, record->source, sizeof verdict->source);
    memcpy(verdict->destination, record->destination, sizeof verdict->destination);
}

bool tcprst_record_verdict(const struct tcprst_record *record, struct tcprst_verdict *verdict)
{
    if (is_final(record)) {
        restore(record, verdict);
    } else {
        const struct tcprst_verdict *peeked = peek(record);
        if (!peeked)
            return false;
        *verdict = *peeked;
    }
    if (file.several)
        verdict->final = false;
    /* What drew it did not pass a read filter, and this frame has its number now. */
    if (verdict->trigger.number == record->frame)
        verdict->trigger.number = 0;
    return true;
}

void tcprst_records_place_name(unsigned place, char *name, size_t size)
{
    const struct tcprst_interfaces_place *of = &file.places[place];
    if (of->more)
        snprintf(name, size, "interface %u and %u more", of->interface, of->more);
    else
        snprintf(name, size, "interface %u", of->interface);
}

void tcprst_records_statistics(struct tcprst_statistics *statistics)
{
    finish_what_was_read();
    if (!file.core) {
        *statistics = file.statistics;
        return;
    }
    catch_up();
    tcprst_statistics(file.core, statistics);
}
