/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dfilter-loc.h - stands in for a header of Wireshark 4.2 that its own <epan/dfilter/dfilter.h>
 * includes and that its development files lack. The plugin uses nothing of it.
 */
#ifndef TCPRST_DFILTER_LOC_H
#define TCPRST_DFILTER_LOC_H

#include <stddef.h>

typedef struct _dfilter_loc {
    long col_start;
    size_t col_len;
} df_loc_t;

#endif
