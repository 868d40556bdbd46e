/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uncleared.h - what is on the stack, large, and written before it is read. */
#ifndef TCPRST_UNCLEARED_H
#define TCPRST_UNCLEARED_H

/* In front of a variable: hardened builds clear every variable as it begins, which for one of 23 KB
 * takes as long as what it is for, and drives all else out of the first cache. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define UNCLEARED __attribute__((uninitialized))
#endif
#endif
#ifndef UNCLEARED
#define UNCLEARED
#endif

#endif
