/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glibconfig.h - what GLib's build writes into the file of this name, for 64-bit Windows: there long
 * has 32 bits. GLib's other headers are the same everywhere. G_PLATFORM_WIN32 is not defined, so
 * that they leave out <glib/gwin32.h>, which Debian does not install.
 */
#ifndef TCPRST_GLIBCONFIG_H
#define TCPRST_GLIBCONFIG_H

#include <glib/gmacros.h>

#include <float.h>
#include <limits.h>

#define GLIB_MAJOR_VERSION 2
#define GLIB_MINOR_VERSION 74
#define GLIB_MICRO_VERSION 0
#define G_OS_WIN32

#define G_MINFLOAT FLT_MIN
#define G_MAXFLOAT FLT_MAX
#define G_MINDOUBLE DBL_MIN
#define G_MAXDOUBLE DBL_MAX
#define G_MINSHORT SHRT_MIN
#define G_MAXSHORT SHRT_MAX
#define G_MAXUSHORT USHRT_MAX
#define G_MININT INT_MIN
#define G_MAXINT INT_MAX
#define G_MAXUINT UINT_MAX
#define G_MINLONG LONG_MIN
#define G_MAXLONG LONG_MAX
#define G_MAXULONG ULONG_MAX

typedef signed char gint8;
typedef unsigned char guint8;
typedef signed short gint16;
typedef unsigned short guint16;
typedef signed int gint32;
typedef unsigned int guint32;
typedef signed long long gint64;
typedef unsigned long long guint64;
typedef signed long long gssize;
typedef unsigned long long gsize;
typedef signed long long gintptr;
typedef unsigned long long guintptr;
typedef gint64 goffset;
typedef void *GPid;

#define G_GINT16_MODIFIER "h"
#define G_GINT16_FORMAT "hi"
#define G_GUINT16_FORMAT "hu"
#define G_GINT32_MODIFIER ""
#define G_GINT32_FORMAT "i"
#define G_GUINT32_FORMAT "u"
#define G_HAVE_GINT64 1
#define G_GINT64_CONSTANT(value) (value##LL)
#define G_GUINT64_CONSTANT(value) (value##ULL)
#define G_GINT64_MODIFIER "ll"
#define G_GINT64_FORMAT "lli"
#define G_GUINT64_FORMAT "llu"
#define G_GSIZE_MODIFIER "ll"
#define G_GSSIZE_MODIFIER "ll"
#define G_GSIZE_FORMAT "llu"
#define G_GSSIZE_FORMAT "lli"
#define G_GINTPTR_MODIFIER "ll"
#define G_GINTPTR_FORMAT "lli"
#define G_GUINTPTR_FORMAT "llu"
#define G_PID_FORMAT "p"

#define GLIB_SIZEOF_VOID_P 8
#define GLIB_SIZEOF_LONG 4
#define GLIB_SIZEOF_SIZE_T 8
#define GLIB_SIZEOF_SSIZE_T 8
#define G_MAXSIZE G_MAXUINT64
#define G_MINSSIZE G_MININT64
#define G_MAXSSIZE G_MAXINT64
#define G_MINOFFSET G_MININT64
#define G_MAXOFFSET G_MAXINT64
#define G_GOFFSET_MODIFIER G_GINT64_MODIFIER
#define G_GOFFSET_FORMAT G_GINT64_FORMAT
#define G_GOFFSET_CONSTANT(value) G_GINT64_CONSTANT(value)
#define G_POLLFD_FORMAT "%#llx"

#define GPOINTER_TO_INT(pointer) ((gint)(gint64)(pointer))
#define GPOINTER_TO_UINT(pointer) ((guint)(guint64)(pointer))
#define GINT_TO_POINTER(value) ((gpointer)(gint64)(value))
#define GUINT_TO_POINTER(value) ((gpointer)(guint64)(value))

#define G_VA_COPY va_copy
#define G_HAVE_ISO_VARARGS 1
#define G_HAVE_GNUC_VARARGS 1
#define G_HAVE_GROWING_STACK 0
#define G_GNUC_INTERNAL
#define G_THREADS_ENABLED
#define G_THREADS_IMPL_WIN32
#define G_ATOMIC_LOCK_FREE

#define GINT16_TO_LE(value) ((gint16)(value))
#define GUINT16_TO_LE(value) ((guint16)(value))
#define GINT16_TO_BE(value) ((gint16)GUINT16_SWAP_LE_BE(value))
#define GUINT16_TO_BE(value) (GUINT16_SWAP_LE_BE(value))
#define GINT32_TO_LE(value) ((gint32)(value))
#define GUINT32_TO_LE(value) ((guint32)(value))
#define GINT32_TO_BE(value) ((gint32)GUINT32_SWAP_LE_BE(value))
#define GUINT32_TO_BE(value) (GUINT32_SWAP_LE_BE(value))
#define GINT64_TO_LE(value) ((gint64)(value))
#define GUINT64_TO_LE(value) ((guint64)(value))
#define GINT64_TO_BE(value) ((gint64)GUINT64_SWAP_LE_BE(value))
#define GUINT64_TO_BE(value) (GUINT64_SWAP_LE_BE(value))
#define GLONG_TO_LE(value) ((glong)GINT32_TO_LE(value))
#define GULONG_TO_LE(value) ((gulong)GUINT32_TO_LE(value))
#define GLONG_TO_BE(value) ((glong)GINT32_TO_BE(value))
#define GULONG_TO_BE(value) ((gulong)GUINT32_TO_BE(value))
#define GINT_TO_LE(value) ((gint)GINT32_TO_LE(value))
#define GUINT_TO_LE(value) ((guint)GUINT32_TO_LE(value))
#define GINT_TO_BE(value) ((gint)GINT32_TO_BE(value))
#define GUINT_TO_BE(value) ((guint)GUINT32_TO_BE(value))
#define GSIZE_TO_LE(value) ((gsize)GUINT64_TO_LE(value))
#define GSSIZE_TO_LE(value) ((gssize)GINT64_TO_LE(value))
#define GSIZE_TO_BE(value) ((gsize)GUINT64_TO_BE(value))
#define GSSIZE_TO_BE(value) ((gssize)GINT64_TO_BE(value))
#define G_BYTE_ORDER G_LITTLE_ENDIAN

#define GLIB_SYSDEF_POLLIN = 1
#define GLIB_SYSDEF_POLLOUT = 4
#define GLIB_SYSDEF_POLLPRI = 2
#define GLIB_SYSDEF_POLLERR = 8
#define GLIB_SYSDEF_POLLHUP = 16
#define GLIB_SYSDEF_POLLNVAL = 32
#define GLIB_SYSDEF_AF_UNIX 1
#define GLIB_SYSDEF_AF_INET 2
#define GLIB_SYSDEF_AF_INET6 23
#define GLIB_SYSDEF_MSG_OOB 1
#define GLIB_SYSDEF_MSG_PEEK 2
#define GLIB_SYSDEF_MSG_DONTROUTE 4

#define G_MODULE_SUFFIX "dll"
#define G_DIR_SEPARATOR '\\'
#define G_DIR_SEPARATOR_S "\\"
#define G_SEARCHPATH_SEPARATOR ';'
#define G_SEARCHPATH_SEPARATOR_S ";"

#endif
