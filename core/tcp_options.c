/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_options.c - reads the options of one segment; hostile lengths end the walk. */
#include "tcp_options.h"

#include "sequence.h"

#include <string.h>

enum { HEADER = 20 };
enum {
    OPT_END,
    OPT_NOP,
    OPT_MSS,
    OPT_WSCALE,
    OPT_SACK_OK,
    OPT_SACK,
    OPT_TIMESTAMPS = 8,
    OPT_MPTCP = 30
};
enum { MPTCP_FASTCLOSE = 7, MPTCP_TCPRST = 8 };

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void parse_sack(const uint8_t *p, uint8_t length, struct tcp_options *o)
{
    for (unsigned i = 2; i + 8 <= length; i += 8) {
        uint32_t right = read32(p + i + 4);
        if (!o->has_sack || seq_lt(o->sack_edge, right))
            o->sack_edge = right;
        o->has_sack = true;
    }
}

static void parse_mptcp(const uint8_t *p, uint8_t length, struct tcp_options *o)
{
    if (length < 3)
        return;
    o->has_mptcp = true;
    switch (p[2] >> 4) {
    case MPTCP_FASTCLOSE:
        o->has_fastclose = true;
        break;
    case MPTCP_TCPRST:
        o->has_tcprst = length >= 4;
        if (o->has_tcprst) {
            o->tcprst_flags = p[2] & 0xf;
            o->tcprst_reason = p[3];
        }
        break;
    }
}

static void parse_one(const uint8_t *p, uint8_t length, struct tcp_options *o)
{
    switch (p[0]) {
    case OPT_MSS:
        if (length == 4) {
            o->has_mss = true;
            o->mss = (uint16_t)(p[2] << 8 | p[3]);
        }
        break;
    case OPT_WSCALE:
        if (length == 3) {
            o->has_wscale = true;
            o->wscale = p[2] > 14 ? 14 : p[2]; /* RFC 7323 section 2.3: larger counts as 14 */
        }
        break;
    case OPT_SACK_OK:
        o->sack_permitted = true;
        break;
    case OPT_SACK:
        parse_sack(p, length, o);
        break;
    case OPT_TIMESTAMPS:
        if (length == 10) {
            o->has_timestamps = true;
            o->ts_val = read32(p + 2);
            o->ts_ecr = read32(p + 6);
        }
        break;
    case OPT_MPTCP:
        parse_mptcp(p, length, o);
        break;
    }
}

void tcp_options_parse(const struct tcprst_segment *segment, struct tcp_options *options)
{
    memset(options, 0, sizeof *options);
    const uint8_t *p = segment->bytes + HEADER;
    unsigned left = segment->options_captured;
    options->cut = HEADER + left < segment->header_length;
    while (left > 0 && *p != OPT_END) {
        if (*p == OPT_NOP) {
            p++, left--;
            continue;
        }
        if (left < 2 || p[1] < 2 || p[1] > left) {
            options->cut = true;
            return;
        }
        parse_one(p, p[1], options);
        left -= p[1];
        p += p[1];
    }
}
