/* SPDX-License-Identifier: GPL-2.0-or-later */
/* door.c - libwireshark as its programs start it, with the plugin in it, and nothing of the
 * user's or the machine's. */
#include "door.h"
#include "check.h"
#include "plugin.h"

#include <epan/column.h>
#include <epan/epan.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree_priv.h>
#include <epan/tap.h>
#include <epan/timestamp.h>
#include <glib.h>
#include <wiretap/wtap.h>
#include <wsutil/filesystem.h>
#include <wsutil/privileges.h>
#include <wsutil/wslog.h>

const char *__asan_default_options(void);

/* Wireshark's own leaks are not ours. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* Instead of libwsutil's: as root it would not be told where its tables are. */
gboolean started_with_special_privs(void)
{
    return FALSE;
}

static void say_nothing(const char *text)
{
    (void)text;
}

static void start_summary(void)
{
    CHECK(process_stat_cmd_arg("tcprst,summary"));
    start_requested_stats();
    stats_tree_cfg *config = stats_tree_get_cfg_by_abbr("tcprst");
    CHECK(config != NULL);
    stats_tree *tree = stats_tree_new(config, NULL, NULL);
    CHECK(!register_tap_listener("tcprst", tree, NULL, 0, stats_tree_reset, stats_tree_packet, NULL,
                                 NULL));
}

void door_start(column_info *columns)
{
    /* Each allocation by itself, for AddressSanitizer to look at. */
    g_setenv("WIRESHARK_DEBUG_WMEM_OVERRIDE", "simple", TRUE);
    g_setenv("WIRESHARK_ABORT_ON_DISSECTOR_BUG", "1", TRUE);
    /* Without its tables of names, which it reads for each file, and never gives back. */
    g_setenv("WIRESHARK_DATA_DIR", "/nonexistent", TRUE);
    g_setenv("WIRESHARK_CONFIG_DIR", "/nonexistent", TRUE);
    g_set_print_handler(say_nothing);
    ws_log_init("fuzz_records", NULL);
    ws_log_set_level(LOG_LEVEL_CRITICAL);
    init_process_policies();
    g_free(configuration_init("fuzz_records", "Wireshark"));
    wtap_init(FALSE);
    timestamp_set_type(TS_RELATIVE);
    timestamp_set_precision(TS_PREC_AUTO);
    timestamp_set_seconds_type(TS_SECONDS_DEFAULT);
    tcprst_plugin_register();
    CHECK(epan_init(NULL, NULL, FALSE));
    epan_load_settings();
    CHECK(proto_get_id_by_filter_name("tcprst") > 0);
    build_column_format_array(columns, prefs.num_cols, TRUE);
    start_summary();
}
