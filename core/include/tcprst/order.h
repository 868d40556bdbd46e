/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.h - the order in which segments of several captures come.
 *
 * The core tells before from after by the number of a frame, which counts within one capture only.
 * Where there are several, each segment goes through here before anything else takes it; what is
 * told of it names its own frame again.
 *
 * Memory: 16 octets for each 512 frames, where all are taken; at most as much for each frame taken.
 */
#ifndef TCPRST_ORDER_H
#define TCPRST_ORDER_H

#include "tcprst.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TCPRST_EXPORT /* while the library for others is built */
#pragma GCC visibility push(default)
#endif

enum { TCPRST_MAX_LANES = 1 << 14 };

struct tcprst_order;
/* A lane is a capture, or a part of one that is read by itself: its frames come in order. NULL: no
 * memory, or more than TCPRST_MAX_LANES. */
struct tcprst_order *tcprst_order_new(size_t lanes);
void tcprst_order_free(struct tcprst_order *order);
size_t tcprst_order_memory(const struct tcprst_order *order);

/* The next segment, of that lane: writes its place in the order over frame. False: no memory. */
bool tcprst_order_take(struct tcprst_order *order, size_t lane, struct tcprst_frame *frame);
/* The frame as it was; number 0 (no frame) stays. order NULL: what is given. */
struct tcprst_frame tcprst_order_frame(const struct tcprst_order *order, struct tcprst_frame taken);

#ifdef TCPRST_EXPORT
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
