/* SPDX-License-Identifier: GPL-2.0-or-later */
/* records.c - one core and one record a RST for the open capture file. */
#include "records.h"
#include "saved.h"

#include <string.h>

struct tcprst_record {
    uint64_t reset; /* serial number in the core */
    uint32_t frame;
    uint32_t drawn_by; /* frame under which it is listed in drawn; 0: none */
    uint16_t source_port, destination_port;
    uint8_t ip_version;
    uint8_t source[16], destination[16];
    uint32_t seq;
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

static struct {
    const unsigned *max_connections;
    struct tcprst *core;                 /* NULL: no file, or the file was read to its end */
    struct tcprst_statistics statistics; /* of a core that is no more */
    wmem_map_t *drawn;                   /* frame number to struct drawn_list */
    struct extent extent;                /* of the reading under way */
    struct extent complete;              /* of the last reading that came to its end */
    /* The verdict asked for last, until the next segment: it is noted first and shown then. */
    const struct tcprst_record *peeked;
    struct tcprst_verdict peeked_verdict;
} file;

/* ---- Which frame drew which resets
 * ------------------------------------------------------------------------------- */

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

static void note_trigger(struct tcprst_record *record, const struct tcprst_verdict *verdict)
{
    uint32_t frame = verdict->duplicate_of.number ? 0 : (uint32_t)verdict->trigger.number;
    if (record->drawn_by == frame)
        return;
    if (record->drawn_by)
        unlist(record);
    if (frame)
        enlist(record, frame);
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
    const struct drawn_list *list = drawn_list((uint32_t)segment->frame.number);
    return list ? first_drawn(list->first, segment) : NULL;
}

const struct tcprst_record *tcprst_record_next_drawn(const struct tcprst_record *record,
                                                     const struct tcprst_segment *segment)
{
    return first_drawn(record->next_drawn, segment);
}

/* ---- The file
 * ----------------------------------------------------------------------------------------------------
 */

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

static void take_verdict(void *user, const struct tcprst_verdict *verdict)
{
    (void)user;
    struct tcprst_record *record = (struct tcprst_record *)verdict->cookie;
    record->final = tcprst_save(verdict);
    note_trigger(record, verdict);
}

void tcprst_records_begin_file(void)
{
    struct tcprst_options options = {
        .on_verdict = take_verdict,
        .max_connections = *file.max_connections,
        .hash_seed = (uint64_t)g_random_int() << 32 | g_random_int(),
    };
    file.core = tcprst_new(&options);
    file.peeked = NULL;
    file.drawn = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
    memset(&file.statistics, 0, sizeof file.statistics);
    memset(&file.extent, 0, sizeof file.extent);
}

void tcprst_records_end_file(void)
{
    tcprst_free(file.core);
    file.core = NULL;
    file.drawn = NULL;
    file.peeked = NULL;
}

void tcprst_records_reading_done(void)
{
    file.complete = file.extent;
    if (!file.core)
        return;
    tcprst_finish(file.core);
    tcprst_statistics(file.core, &file.statistics);
    tcprst_free(file.core);
    file.core = NULL;
}

/*
 * Wireshark does not say so after it dissected a file afresh, for a changed preference. That
 * reading is taken for complete when it came to the segment that was the last before. The core is
 * kept all the same: should the file have grown since, the rest is still to come.
 */
static bool read_again(void)
{
    const struct extent *now = &file.extent, *then = &file.complete;
    return now->frame && now->frame == then->frame && nstime_cmp(&now->time, &then->time) == 0;
}

void tcprst_records_register(const unsigned *max_connections)
{
    file.max_connections = max_connections;
}

/* ---- Records
 * -----------------------------------------------------------------------------------------------------
 */

static struct tcprst_record *new_record(const struct tcprst_segment *segment)
{
    struct tcprst_record *record = wmem_new0(wmem_file_scope(), struct tcprst_record);
    record->frame = (uint32_t)segment->frame.number;
    record->source_port = segment->source_port;
    record->destination_port = segment->destination_port;
    record->seq = segment->seq;
    record->ip_version = segment->ip_version;
    memcpy(record->source, segment->source, sizeof record->source);
    memcpy(record->destination, segment->destination, sizeof record->destination);
    return record;
}

struct tcprst_record *tcprst_records_feed(packet_info *pinfo, int proto,
                                          struct tcprst_segment *segment)
{
    /* No core: no memory for one, or a frame that turns up after the end of the file, which would
     * be out of order. */
    if (!file.core)
        return NULL;
    file.extent = (struct extent){pinfo->num, pinfo->abs_ts};
    file.peeked = NULL;
    if (!(segment->flags & TCPRST_RST)) {
        tcprst_feed(file.core, segment, NULL);
        return NULL;
    }
    struct tcprst_record *record = new_record(segment);
    segment->cookie = record;
    p_add_proto_data(wmem_file_scope(), pinfo, proto, segment->layer, record);
    tcprst_feed(file.core, segment, &record->reset);
    const struct tcprst_verdict *verdict = record->final ? NULL : peek(record);
    if (verdict)
        note_trigger(record, verdict);
    return record;
}

struct tcprst_record *tcprst_records_find(packet_info *pinfo, int proto,
                                          const struct tcprst_segment *segment)
{
    struct tcprst_record *record =
        (struct tcprst_record *)p_get_proto_data(wmem_file_scope(), pinfo, proto, segment->layer);
    /* Should another dissector have given this layer another number, say nothing rather than
     * something of another layer. */
    if (!record || record->seq != segment->seq || record->source_port != segment->source_port ||
        record->destination_port != segment->destination_port)
        return NULL;
    return record;
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
    if (record->final) {
        restore(record, verdict);
        return true;
    }
    const struct tcprst_verdict *peeked = peek(record);
    if (!peeked)
        return false;
    *verdict = *peeked;
    verdict->final = read_again();
    return true;
}

void tcprst_records_statistics(struct tcprst_statistics *statistics)
{
    if (file.core)
        tcprst_statistics(file.core, statistics);
    else
        *statistics = file.statistics;
}
