/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shortcuts.h - without them everything goes the long way: bench/run and tests compare what both
 * say. */
#ifndef TCPRST_SHORTCUTS_H
#define TCPRST_SHORTCUTS_H

#ifdef TCPRST_NO_SHORTCUTS
enum { SHORTCUTS = 0 };
#else
enum { SHORTCUTS = 1 };
#endif

#endif
