/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack.c - tells the family of a stack by its opening segment, as p0f does. */
#include "stack.h"

#include "shortcuts.h"

const struct stack stacks[STACK_COUNT] = {
#define STACK(ID, id, ttl, with_ack, answer_id, answer_window, abort_options, abort_window,        \
              abort_id, gives_up, keepalives)                                                      \
    {id,                                                                                           \
     ttl,                                                                                          \
     STACK_##with_ack,                                                                             \
     STACK_##answer_id,                                                                            \
     STACK_##answer_window,                                                                        \
     STACK_##abort_options,                                                                        \
     STACK_##abort_window,                                                                         \
     STACK_##abort_id,                                                                             \
     STACK_##gives_up,                                                                             \
     keepalives},
#include "stacks.def"
};

/* The order of the options in a SYN, as far as it tells families apart. */
enum stack_layout {
    LAYOUT_NONE,
    LAYOUT_MSS,     /* MSS alone */
    LAYOUT_LINUX,   /* MSS, SACK permitted, timestamps, NOP, window scale; or what a peer left of it
                     */
    LAYOUT_WINDOWS, /* MSS, NOP, window scale, NOP, NOP, SACK permitted */
    LAYOUT_PLAIN,   /* MSS, NOP, NOP, SACK permitted: Windows of old, or Linux where the peer has
                       nothing more */
    LAYOUT_BSD,     /* MSS, NOP, window scale, SACK permitted, timestamps; Windows, too */
    LAYOUT_XNU,     /* MSS, NOP, window scale, NOP, NOP, timestamps, SACK permitted */
    LAYOUT_OTHER,
};

enum { OPTION_END, OPTION_NOP, OPTION_MSS, OPTION_SCALE, OPTION_SACK_OK, OPTION_TIMES = 8 };

/* The kinds of a SYN's options in their order, four bits each, the first lowest; NOPs left out. */
static uint32_t order_of(const uint8_t *p, unsigned length, bool *nop_second)
{
    uint32_t order = 0;
    unsigned n = 0;
    *nop_second = false;
    for (unsigned i = 0; i < length && n < 8;) {
        uint8_t kind = p[i];
        if (kind == OPTION_END)
            break;
        if (kind == OPTION_NOP) {
            *nop_second |= n == 1;
            i++;
            continue;
        }
        if (i + 1 >= length || p[i + 1] < 2)
            break;
        order |= (uint32_t)(kind < 15 ? kind : 15) << 4 * n++;
        i += p[i + 1];
    }
    return order;
}

/* Whether order_of() will find what it finds in most openings: MSS, SACK permitted, timestamps,
 * NOP, window scale. Each kind stands where the length of the one before it leads. */
static inline bool is_usual(const uint8_t *p, unsigned length)
{
    return length == 20 && p[0] == OPTION_MSS && p[1] == 4 && p[4] == OPTION_SACK_OK && p[5] == 2 &&
           p[6] == OPTION_TIMES && p[7] == 10 && p[16] == OPTION_NOP && p[17] == OPTION_SCALE &&
           p[18] == 3;
}

static enum stack_layout stack_layout(const uint8_t *options, unsigned length)
{
    if (length == 0)
        return LAYOUT_NONE;
    if (SHORTCUTS && is_usual(options, length))
        return LAYOUT_LINUX;
    bool nop_second;
    switch (order_of(options, length, &nop_second)) {
    case 0x2:
        return LAYOUT_MSS;
    case 0x3842: /* MSS, SACK permitted, timestamps, window scale */
    case 0x842:
    case 0x382: /* without SACK */
        return LAYOUT_LINUX;
    case 0x432: /* MSS, window scale, SACK permitted */
        return nop_second ? LAYOUT_WINDOWS : LAYOUT_OTHER;
    case 0x342: /* MSS, SACK permitted, window scale: Linux where the peer has no timestamps */
        return nop_second ? LAYOUT_LINUX : LAYOUT_OTHER;
    case 0x42: /* MSS, SACK permitted */
        return nop_second ? LAYOUT_PLAIN : LAYOUT_OTHER;
    case 0x4832: /* MSS, window scale, timestamps, SACK permitted */
        return nop_second ? LAYOUT_XNU : LAYOUT_OTHER;
    case 0x8432: /* MSS, window scale, SACK permitted, timestamps */
        return nop_second ? LAYOUT_BSD : LAYOUT_OTHER;
    default:
        return LAYOUT_OTHER;
    }
}

/* tcp_select_initial_window(): up to 4.19 so many segments, of the MSS or of what timestamps leave
 * of it; since then nearly 64 KiB. A full window of the time before window scaling is either's. */
static bool opens_as_before(const struct tcprst_segment *s)
{
    static const unsigned counts[] = {4, 10, 20};
    enum { TIMESTAMPS = 12 };
    unsigned mss = s->options_captured >= 4 && s->bytes[20] == OPTION_MSS
                       ? (unsigned)s->bytes[22] << 8 | s->bytes[23]
                       : 0;
    for (unsigned i = 0; s->window_known && mss > TIMESTAMPS && i < sizeof counts / sizeof *counts;
         i++)
        if (s->window == counts[i] * mss || s->window == counts[i] * (mss - TIMESTAMPS))
            return true;
    return false;
}

static enum stack_id by_ttl_and_layout(uint8_t ttl, enum stack_layout layout, bool id_zero)
{
    bool as_windows = ttl > 64 && ttl <= 128;
    /* A default TTL is often set anew; the order of the options is not. */
    if (layout == LAYOUT_LINUX ||
        (id_zero && layout != LAYOUT_OTHER && layout != LAYOUT_BSD && layout != LAYOUT_XNU))
        return STACK_LINUX;
    if (layout == LAYOUT_PLAIN)
        return as_windows ? STACK_UNKNOWN : STACK_LINUX;
    if (layout == LAYOUT_XNU)
        return STACK_XNU;
    if (layout == LAYOUT_BSD)
        return as_windows ? STACK_WINDOWS : STACK_BSD;
    if (layout == LAYOUT_WINDOWS && as_windows)
        return STACK_WINDOWS;
    return layout == LAYOUT_MSS && ttl > 128 ? STACK_LWIP : STACK_UNKNOWN;
}

enum stack_id stack_of_opening(const struct tcprst_segment *s)
{
    bool cut = s->options_captured + 20u < s->header_length;
    if (!s->ip_header || cut)
        return STACK_UNKNOWN;
    bool numbered = (s->flags & TCPRST_ACK) && s->ip_version == 4;
    bool id_zero = numbered && !s->ip_id && s->dont_fragment;
    enum stack_layout layout = stack_layout(s->bytes + 20, s->options_captured);
    /* Others have its order of options: gVisor. Linux gives every SYN-ACK the identification 0. */
    bool others = layout == LAYOUT_LINUX || (layout == LAYOUT_PLAIN && s->ttl <= 64);
    if (others && numbered && s->ip_id)
        return STACK_UNKNOWN;
    enum stack_id stack = by_ttl_and_layout(s->ttl, layout, id_zero);
    return stack == STACK_LINUX && opens_as_before(s) ? STACK_LINUX_OLD : stack;
}
