/* SPDX-License-Identifier: GPL-2.0-or-later */
/* held.c - see held.h. */
#include "held.h"
#include "versions.h"

#include <string.h>

enum { CHUNK = 256 * 1024, ADDRESSES_V4 = 8, ADDRESSES_V6 = 32 };

/* A segment: behind it the addresses, and octets; the next one starts where a pointer may. */
struct kept {
    int64_t time;
    void *cookie;
    uint32_t frame, interface, flow_label;
    uint32_t length, captured; /* captured: as kept */
    uint16_t ip_id, leg;
    uint8_t layer, ip_version, ttl, tos;
    bool ip_header, dont_fragment;
};

struct held_chunk {
    struct held_chunk *next;
    size_t room, used;
    union {
        struct kept kept;
        uint8_t octets[1];
    } first;
};

struct tcprst_held {
    struct held_chunk *first, *last;
    uint64_t count;
};

struct tcprst_held *tcprst_held_new(void)
{
    return g_new0(struct tcprst_held, 1);
}

void tcprst_held_free(struct tcprst_held *held)
{
    for (struct held_chunk *chunk = held ? held->first : NULL, *next; chunk; chunk = next) {
        next = chunk->next;
        g_free(chunk);
    }
    g_free(held);
}

static size_t addresses_of(unsigned ip_version)
{
    return ip_version == 6 ? ADDRESSES_V6 : ADDRESSES_V4;
}

static size_t size_of(unsigned ip_version, uint32_t captured)
{
    size_t size = sizeof(struct kept) + addresses_of(ip_version) + captured;
    return (size + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);
}

static bool make_room(struct tcprst_held *held, size_t size)
{
    if (held->last && held->last->room - held->last->used >= size)
        return true;
    size_t room = size > CHUNK ? size : CHUNK;
    struct held_chunk *chunk =
        (struct held_chunk *)g_try_malloc(offsetof(struct held_chunk, first) + room);
    if (!chunk)
        return false;
    chunk->next = NULL;
    chunk->room = room;
    chunk->used = 0;
    if (held->last)
        held->last->next = chunk;
    else
        held->first = chunk;
    held->last = chunk;
    return true;
}

bool tcprst_held_add(struct tcprst_held *held, const struct tcprst_segment *s)
{
    uint32_t captured = tcprst_segment_octets(s);
    size_t size = size_of(s->ip_version, captured), half = addresses_of(s->ip_version) / 2;
    if (!make_room(held, size))
        return false;
    struct held_chunk *chunk = held->last;
    struct kept kept = {.time = s->time,
                        .cookie = s->cookie,
                        .frame = (uint32_t)s->frame.number,
                        .interface = s->interface,
                        .flow_label = s->flow_label,
                        .length = s->length,
                        .captured = captured,
                        .ip_id = s->ip_id,
                        .leg = s->leg,
                        .layer = s->layer,
                        .ip_version = s->ip_version,
                        .ttl = s->ttl,
                        .tos = s->tos,
                        .ip_header = s->ip_header,
                        .dont_fragment = s->dont_fragment};
    uint8_t *p = chunk->first.octets + chunk->used;
    memcpy(p, &kept, sizeof kept);
    memcpy(p + sizeof kept, s->source, half);
    memcpy(p + sizeof kept + half, s->destination, half);
    memcpy(p + sizeof kept + 2 * half, s->bytes, captured);
    chunk->used += size;
    held->count++;
    return true;
}

uint64_t tcprst_held_count(const struct tcprst_held *held)
{
    return held->count;
}

struct tcprst_held_cursor tcprst_held_end(const struct tcprst_held *held)
{
    return (struct tcprst_held_cursor){held->last, held->last ? held->last->used : 0};
}

bool tcprst_held_next(const struct tcprst_held *held, struct tcprst_held_cursor *cursor,
                      struct tcprst_segment *s)
{
    struct kept kept;
    if (!cursor->chunk)
        *cursor = (struct tcprst_held_cursor){held->first, 0};
    while (cursor->chunk && cursor->read == cursor->chunk->used && cursor->chunk->next)
        *cursor = (struct tcprst_held_cursor){cursor->chunk->next, 0};
    if (!cursor->chunk || cursor->read == cursor->chunk->used)
        return false;
    const uint8_t *p = cursor->chunk->first.octets + cursor->read;
    memcpy(&kept, p, sizeof kept);
    size_t half = addresses_of(kept.ip_version) / 2;
    memset(s, 0, sizeof *s);
    tcprst_segment_parse(s, p + sizeof kept + 2 * half, kept.captured, kept.length, NULL);
    s->time = kept.time;
    s->cookie = kept.cookie;
    s->frame.number = kept.frame;
    s->interface = kept.interface;
    s->flow_label = kept.flow_label;
    s->ip_id = kept.ip_id;
    s->leg = kept.leg;
    s->layer = kept.layer;
    s->ip_version = kept.ip_version;
    s->ttl = kept.ttl;
    s->tos = kept.tos;
    s->ip_header = kept.ip_header;
    s->dont_fragment = kept.dont_fragment;
    memcpy(s->source, p + sizeof kept, half);
    memcpy(s->destination, p + sizeof kept + half, half);
    cursor->read += size_of(kept.ip_version, kept.captured);
    return true;
}
