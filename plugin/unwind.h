/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unwind.h - a function that runs when an exception of Wireshark passes by.
 *
 * Wireshark's TRY calls setjmp() in the module, and its longjmp() is that of another C library
 * where compilers differ (Windows). Its CLEANUP_PUSH would do, but calls except_setup_clean(),
 * which is not exported: so the same entry is made here of what is.
 */
#ifndef TCPRST_PLUGIN_UNWIND_H
#define TCPRST_PLUGIN_UNWIND_H

#include "versions.h"

struct unwind {
    struct except_stacknode node;
    struct except_cleanup cleanup;
};

/* function(data) runs if an exception leaves the block. unwind, data and the block end together
 * with unwind_pop(). An exception out of function comes by there again. */
static inline void unwind_push(struct unwind *unwind, void (*function)(void *), void *data)
{
    struct except_catch catcher;
    except_setup_try(&unwind->node, &catcher, NULL, 0);
    unwind->cleanup = (struct except_cleanup){function, data};
    unwind->node.except_type = XCEPT_CLEANUP;
    unwind->node.except_info.except_cleanup = &unwind->cleanup;
}

static inline void unwind_pop(void)
{
    except_pop();
}

#endif
