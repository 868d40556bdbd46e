/* SPDX-License-Identifier: GPL-2.0-or-later */
/* menu.c - Tools > TCP Resets (filter on resets, open the report), and Conversation Filter > TCP
 * reset event. */
#include "menu.h"
#include "records.h"
#include "translate.h"
#include "versions.h"

/* ---- Tools > TCP Resets ---- */

static void show_resets(ext_menubar_gui_type gui, gpointer window, gpointer user)
{
    (void)gui, (void)window, (void)user;
    plugin_if_apply_filter("tcprst.cause or tcprst.drew", TRUE);
}

static void *copy_file_name(capture_file *capture, void *user)
{
    (void)user;
    return capture && capture->filename ? g_strdup(capture->filename) : NULL;
}

/* In PATH, or where ./wireshark puts it. */
static char *find_tcprst(void)
{
    char *program = g_find_program_in_path("tcprst");
    if (program)
        return program;
    char *own = g_build_filename(g_get_home_dir(), ".local", "bin", "tcprst", (char *)NULL);
    program = g_find_program_in_path(own);
    g_free(own);
    return program;
}

/* Runs tcprst on the capture; its page goes to a new file, whose name is returned. Says what is
 * wrong and returns NULL where that fails. */
static char *make_report(const char *program, const char *capture)
{
    GError *error = NULL;
    char *page = NULL;
    int file = g_file_open_tmp("tcprst-XXXXXX.html", &page, &error);
    if (file < 0) {
        report_failure(_("cannot make a file for the report: %s"), error->message);
        g_error_free(error);
        return NULL;
    }
    g_close(file, NULL);
    char *language = g_strconcat("--lang=", translate_language(), (char *)NULL);
    const char *argv[] = {program, "-q", language, "-f", "html", "-o", page, "--", capture, NULL};
    char *said = NULL;
    int status = 0;
    bool made = g_spawn_sync(NULL, (char **)(void *)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                             NULL, NULL, &said, &status, &error) &&
                g_spawn_check_wait_status(status, &error);
    /* 1: a damaged capture, reported as far as it could be read. */
    if (!made && !g_error_matches(error, G_SPAWN_EXIT_ERROR, 1)) {
        report_failure(_("tcprst could not report on %s: %s\n%s"), capture, error->message,
                       said ? said : "");
        g_free(page);
        page = NULL;
    }
    g_clear_error(&error);
    g_free(said);
    g_free(language);
    return page;
}

static void show_page(const char *page)
{
    GError *error = NULL;
    char *address = g_filename_to_uri(page, NULL, NULL);
#if defined(_WIN32)
    const char *argv[] = {"rundll32", "url.dll,FileProtocolHandler", address, NULL};
#elif defined(__APPLE__)
    const char *argv[] = {"open", address, NULL};
#else
    const char *argv[] = {"xdg-open", address, NULL};
#endif
    if (!g_spawn_async(NULL, (char **)(void *)argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                           G_SPAWN_STDERR_TO_DEV_NULL,
                       NULL, NULL, NULL, &error)) {
        report_failure(_("The report is %s, but no browser could be started: %s"), page,
                       error->message);
        g_error_free(error);
    }
    g_free(address);
}

static void open_report(ext_menubar_gui_type gui, gpointer window, gpointer user)
{
    (void)gui, (void)window, (void)user;
    char *capture = (char *)plugin_if_get_capture_file(copy_file_name, NULL);
    char *program = find_tcprst();
    if (!capture) {
        report_failure(_("There is no capture to report on: open one first."));
    } else if (!program) {
        report_failure(
            _("The report is made by the program tcprst, which is neither in PATH nor in "
              "~/.local/bin."));
    } else {
        char *page = make_report(program, capture);
        if (page)
            show_page(page);
        g_free(page);
    }
    g_free(program);
    g_free(capture);
}

/* ---- Conversation Filter > TCP reset event ---- */

static bool event_of(packet_info *pinfo, uint32_t *event)
{
    struct tcprst_verdict verdict;
    const struct tcprst_record *record = tcprst_records_of_frame(pinfo->num);
    if (!record || !tcprst_record_verdict(record, &verdict))
        return false;
    *event = (uint32_t)verdict.event.number;
    return true;
}

static tcprst_filter_is_valid has_event(TCPRST_FILTER_ARGUMENTS)
{
    TCPRST_FILTER_UNUSED;
    uint32_t event;
    return event_of(pinfo, &event);
}

static char *filter_on_event(TCPRST_FILTER_ARGUMENTS)
{
    TCPRST_FILTER_UNUSED;
    uint32_t event;
    return event_of(pinfo, &event) ? g_strdup_printf("tcprst.event == %u", event) : NULL;
}

void tcprst_menu_register(int proto)
{
    ext_menu_t *menu = ext_menubar_register_menu(proto, _("TCP Resets"), TRUE);
    ext_menubar_set_parentmenu(menu, "Tools");
    ext_menubar_add_entry(menu, _("Show Resets and What Triggered Them"),
                          _("Applies a display filter"), show_resets, NULL);
    ext_menubar_add_entry(menu, _("Open Report"),
                          _("Runs tcprst on the capture and shows its page"), open_report, NULL);
    TCPRST_REGISTER_CONVERSATION_FILTER("tcprst", _("TCP reset event"), has_event, filter_on_event);
}
