/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * versions.h - Wireshark as this plugin sees it: its headers, and every difference between its
 * versions 4.0 to 4.6.
 *
 * A difference is found by trying (CMakeLists.txt compiles a few lines with it), not by version
 * number, so that a distribution that moved something from one version to another is right too. No
 * other file of the plugin names a version.
 */
#ifndef TCPRST_PLUGIN_VERSIONS_H
#define TCPRST_PLUGIN_VERSIONS_H

#include <wireshark.h>

#include <glib/gstdio.h>

/* The others need this one and do not include it. */
#include <epan/packet.h>

#include <epan/column-utils.h>
#include <epan/conversation_filter.h>
#include <epan/dissectors/packet-ip.h>
#include <epan/exceptions.h>
#include <epan/expert.h>
#include <epan/ipproto.h>
#include <epan/plugin_if.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/stats_tree_priv.h>
#include <epan/tap.h>
#include <epan/to_str.h>
#include <ws_version.h>
#include <wsutil/filesystem.h>
#include <wsutil/report_message.h>

/* 4.0 installs no <wsutil/plugins.h>; where the file exists it names the kinds of plugins for
 * plugin_describe(). */
#if defined(__has_include)
#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif
#endif
#ifdef WS_PLUGIN_DESC_EPAN
#define TCPRST_PLUGIN_KIND WS_PLUGIN_DESC_EPAN
#elif defined(WS_PLUGIN_DESC_DISSECTOR)
#define TCPRST_PLUGIN_KIND WS_PLUGIN_DESC_DISSECTOR
#else
#define TCPRST_PLUGIN_KIND 0
#endif

/* From 4.6 the function that starts a -z statistic says whether it could. */
#ifdef TCPRST_TAP_INIT_RETURNS_BOOL
typedef bool tcprst_tap_init_result;
#define TCPRST_TAP_INIT_RESULT(ok) return (ok)
#else
typedef void tcprst_tap_init_result;
#define TCPRST_TAP_INIT_RESULT(ok)                                                                 \
    do {                                                                                           \
        (void)(ok);                                                                                \
        return;                                                                                    \
    } while (0)
#endif

/* A preference that is yes or no: gboolean, an int, in 4.0; bool from 4.4. */
#ifdef TCPRST_PREFERENCE_IS_BOOL
typedef bool tcprst_preference;
#else
typedef gboolean tcprst_preference;
#endif

/* From 4.2 a conversation filter's functions get data of their own; from 4.4 one is of type bool.
 */
#ifdef TCPRST_CONVERSATION_FILTER_HAS_DATA
typedef bool tcprst_filter_is_valid;
#else
typedef gboolean tcprst_filter_is_valid;
#endif
#if defined(TCPRST_CONVERSATION_FILTER_HAS_DATA) ||                                                \
    defined(TCPRST_CONVERSATION_FILTER_HAS_DATA_AND_GBOOLEAN)
#define TCPRST_FILTER_ARGUMENTS packet_info *pinfo, void *user
#define TCPRST_FILTER_UNUSED ((void)user)
#define TCPRST_REGISTER_CONVERSATION_FILTER(protocol, name, valid, build)                          \
    register_conversation_filter(protocol, name, valid, build, NULL)
#else
#define TCPRST_FILTER_ARGUMENTS packet_info *pinfo
#define TCPRST_FILTER_UNUSED ((void)0)
#define TCPRST_REGISTER_CONVERSATION_FILTER(protocol, name, valid, build)                          \
    register_conversation_filter(protocol, name, valid, build)
#endif

#endif
