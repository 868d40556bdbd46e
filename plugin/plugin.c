/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.c - registration, and the dissector that stands before TCP's.
 *
 * The plugin takes the place of TCP's dissector in the table of IP protocols, and calls it. So it
 * sees each TCP layer of each packet, in tunnels too, in order, exactly once while a file is first
 * read, with the IP header and the octets as they are; no protocol tree is needed for that, and
 * nothing of TCP's own dissection changes.
 */
#include "plugin.h"
#include "annotate.h"
#include "expert.h"
#include "fields.h"
#include "menu.h"
#include "records.h"
#include "statistics.h"
#include "translate.h"
#include "unwind.h"
#include "versions.h"

static int proto_tcprst = -1;
static int proto_wrapped = -1;
static protocol_t *protocol; /* ours, to ask whether it is switched on */
static dissector_handle_t tcp_handle;
static int proto_experts = -1; /* Wireshark's own, of all expert information */
static int expert_tap;

static int pref_min_strength = TCPRST_STRENGTH_POSSIBLE;
static tcprst_preference pref_info = TRUE;
static unsigned pref_max_connections = TCPRST_DEFAULT_MAX_CONNECTIONS;

/* One TCP layer on its way through the wrapper. */
struct layer {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    void *data;
    struct tcprst_segment segment;
    struct tcprst_record *record; /* of a RST, else NULL */
    struct wanted wanted;
    const proto_item *last_before; /* last item of tree before TCP's, or NULL */
    const char *protocol_before;   /* what pinfo->current_proto was before ours was set */
    bool done;                     /* annotated, or about to be */
};

/* ---- What is wanted ---- */

static bool is_referenced(int proto)
{
    return proto >= 0 && proto_registrar_get_nth((guint)proto)->ref_type != HF_REF_TYPE_NONE;
}

/* Whether anybody looks: a verdict is the dearest thing here, and while a file is loaded mostly
 * nobody does. */
static struct wanted find_wanted(const packet_info *pinfo, proto_tree *tree)
{
    struct wanted wanted = {0};
    if (tree) {
        bool visible = PTREE_DATA(tree)->visible;
        wanted.fields = visible || is_referenced(proto_tcprst);
        wanted.expert = visible || is_referenced(proto_tcprst) || is_referenced(proto_experts);
    }
    wanted.expert = wanted.expert || have_tap_listener(expert_tap) ||
                    col_get_text(pinfo->cinfo, COL_EXPERT) != NULL;
    wanted.info = pref_info && col_get_writable(pinfo->cinfo, COL_INFO) &&
                  col_get_text(pinfo->cinfo, COL_INFO) != NULL;
    return wanted;
}

/* ---- Annotation ---- */

/* TCP's item is the first that TCP's dissector added to tree; what its payload's dissectors added
 * comes behind it. */
static proto_item *tcp_item(const struct layer *layer)
{
    if (!layer->tree)
        return NULL;
    return layer->last_before ? layer->last_before->next : layer->tree->first_child;
}

/*
 * Where our item goes: behind TCP's, where somebody reads the tree. A tree that is not shown is
 * searched for fields, wherever they stand, and its first level is counted as protocols (Statistics
 * > Protocol Hierarchy): there it goes into TCP's own.
 */
static proto_tree *place_of(const struct layer *layer)
{
    if (!layer->tree || PTREE_DATA(layer->tree)->visible)
        return layer->tree;
    proto_item *tcp = tcp_item(layer);
    return tcp ? tcp : layer->tree;
}

/* What belongs to the segment stands behind the TCP layer and before the payload. */
static void annotate_segment(const struct layer *layer)
{
    proto_tree *place = place_of(layer);
    proto_item *tcp = tcp_item(layer);
    proto_item *ours = tcprst_annotate_segment(place, layer->tvb, &layer->segment);
    if (tcp && ours && tcp != ours && ours->parent == layer->tree)
        proto_tree_move_item(layer->tree, tcp, ours);
}

static void annotate_reset(const struct layer *layer)
{
    const struct wanted *wanted = &layer->wanted;
    if (wanted->fields || wanted->expert || wanted->info) {
        struct tcprst_verdict verdict;
        if (tcprst_record_verdict(layer->record, &verdict))
            tcprst_annotate_reset(place_of(layer), layer->tvb, layer->pinfo, &verdict, wanted);
    }
    tcprst_statistics_queue(layer->pinfo, layer->record);
}

static void name_protocol_again(void *data)
{
    struct layer *layer = (struct layer *)data;
    layer->pinfo->current_proto = layer->protocol_before;
}

/* Called once, even should it be left by an exception: then Wireshark, unwinding, comes by again.
 */
static void annotate(void *data)
{
    struct layer *layer = (struct layer *)data;
    if (layer->done)
        return;
    layer->done = true;
    /* Items and expert information name the protocol that is current while they are added. */
    layer->protocol_before = layer->pinfo->current_proto;
    struct unwind unwind;
    unwind_push(&unwind, name_protocol_again, layer);
    layer->pinfo->current_proto = "TCPRST";
    if (layer->wanted.fields && PINFO_FD_VISITED(layer->pinfo))
        annotate_segment(layer);
    if (layer->record)
        annotate_reset(layer);
    unwind_pop();
    name_protocol_again(layer);
}

/* ---- The dissector ---- */

static int call_tcp(const struct layer *layer)
{
    return call_dissector_only(tcp_handle, layer->tvb, layer->pinfo, layer->tree, layer->data);
}

/* TCP's dissector leaves by an exception where a capture was cut short; its RSTs are to be
 * annotated all the same. */
static int call_tcp_and_annotate(struct layer *layer)
{
    layer->last_before = layer->tree ? layer->tree->last_child : NULL;
    struct unwind unwind;
    unwind_push(&unwind, annotate, layer);
    int dissected = call_tcp(layer);
    unwind_pop();
    /* 0: TCP is switched off, and there is no TCP layer to stand behind. */
    if (dissected != 0)
        annotate(layer);
    return dissected;
}

/* Gives the layer its number: which TCP layer of its frame it is, from 1. False where there are too
 * many. */
static bool number_layer(struct layer *layer)
{
    packet_info *pinfo = layer->pinfo;
    unsigned before = GPOINTER_TO_UINT(p_get_proto_data(pinfo->pool, pinfo, proto_tcprst, 0));
    if (before == UINT8_MAX)
        return false;
    layer->segment.layer = (uint8_t)(before + 1);
    p_set_proto_data(pinfo->pool, pinfo, proto_tcprst, 0, GUINT_TO_POINTER(before + 1));
    return true;
}

/* Feeds the core while the file is first read, and looks up what is to be said of the layer.
 * Returns whether there may be anything. */
static bool look_up(struct layer *layer)
{
    struct tcprst_segment *segment = &layer->segment;
    bool visited = PINFO_FD_VISITED(layer->pinfo), reset = segment->flags & TCPRST_RST;
    if (!visited)
        layer->record = tcprst_records_feed(layer->pinfo, segment);
    if (!reset && !(visited && layer->tree))
        return false;
    struct wanted wanted = layer->wanted = find_wanted(layer->pinfo, layer->tree);
    bool looked_at = wanted.fields || wanted.expert || wanted.info || tcprst_statistics_counted();
    if (visited && reset && looked_at)
        layer->record = tcprst_records_find(segment);
    return (layer->record && looked_at) ||
           (visited && wanted.fields && tcprst_records_say(segment));
}

static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct layer layer = {.tvb = tvb, .pinfo = pinfo, .tree = tree, .data = data};
    if (proto_is_protocol_enabled(protocol) &&
        tcprst_fields_read(&layer.segment, tvb, pinfo, data) && number_layer(&layer) &&
        look_up(&layer))
        return call_tcp_and_annotate(&layer);
    return call_tcp(&layer);
}

/* ---- Registration ---- */

static void register_preferences(void)
{
    static enum_val_t strengths[5];
    const enum_val_t words[] = {
        {"possible", _("possible: all"), TCPRST_STRENGTH_POSSIBLE},
        {"likely", translate_word("strength", "likely"), TCPRST_STRENGTH_LIKELY},
        {"certain", translate_word("strength", "certain"), TCPRST_STRENGTH_CERTAIN},
        {"none", _("none: no expert information"), TCPRST_STRENGTH_CERTAIN + 1},
        {NULL, NULL, -1},
    };
    memcpy(strengths, words, sizeof strengths);
    module_t *module = prefs_register_protocol(proto_tcprst, NULL);
    prefs_register_bool_preference(
        module, "info_column", _("Show the cause in the Info column"),
        _("The Info column of a reset ends in its cause, [closed-port], or "
          "[closed-port?] where it is not certain."),
        &pref_info);
    prefs_register_enum_preference(module, "expert_min_strength",
                                   _("Expert information from this strength on"),
                                   _("Resets whose cause is less sure than this get no expert "
                                     "information. Their subtree is not changed by it."),
                                   &pref_min_strength, strengths, FALSE);
    prefs_register_uint_preference(module, "max_connections", _("Connections held at once"),
                                   _("Bound on memory: beyond it the connections that were quiet "
                                     "longest are given up. 0 means the default."),
                                   10, &pref_max_connections);
}

static void begin_file(void)
{
    /* Registered after us. */
    expert_tap = find_tap_id("expert");
    proto_experts = proto_get_id_by_filter_name("_ws.expert");
    tcprst_records_begin_file();
}

static void end_file(void)
{
    tcprst_statistics_end_file();
    tcprst_records_end_file();
}

/* The language that the window's preferences name, or NULL: as the environment says. They are in a
 * file of Wireshark's own, which only the window reads. */
static char *language_of_window(void)
{
    char *path = get_persconffile_path("language", FALSE), *text = NULL, *language = NULL;
    const char *program = g_get_prgname();
    bool window = program && g_str_has_prefix(program, "wireshark");
    if (window && g_file_get_contents(path, &text, NULL, NULL)) {
        const char *value = strstr(text, "language: ");
        if (value && !g_str_has_prefix(value, "language: auto"))
            language = g_strndup(value + strlen("language: "),
                                 strcspn(value + strlen("language: "), "\r\n "));
    }
    g_free(text);
    g_free(path);
    return language;
}

/* Catalogues are where installing puts them, for everybody or for oneself. */
static void begin_language(void)
{
    char *all = g_build_filename(get_datafile_dir(), "..", "tcprst", "locale", (char *)NULL);
    char *own = g_build_filename(g_get_user_data_dir(), "locale", (char *)NULL);
    const char *said = g_getenv("TCPRST_LOCALEDIR");
    const char *directories[] = {said ? said : all, said ? NULL : own, NULL};
    char *language = language_of_window();
    translate_begin(directories, language);
    g_free(language);
    g_free(own);
    g_free(all);
}

static void register_protocol(void)
{
    begin_language();
    proto_tcprst = proto_register_protocol(_("TCP Reset Cause"), "TCPRST", "tcprst");
    protocol = find_protocol_by_id(proto_tcprst);
    /* Its parent is TCP: so it is switched off with TCP and not with us, and packets do not lose
     * their TCP layer. */
    proto_wrapped =
        proto_register_protocol_in_name_only("TCP (via tcprst)", "TCP (tcprst)", "tcprst_wrap",
                                             proto_get_id_by_filter_name("tcp"), FT_PROTOCOL);
    tcprst_annotate_register(proto_tcprst);
    tcprst_expert_register(proto_tcprst, &pref_min_strength);
    tcprst_records_register(&pref_max_connections);
    register_init_routine(begin_file);
    register_postseq_cleanup_routine(tcprst_records_reading_done);
    register_cleanup_routine(end_file);
    tcprst_statistics_register();
    tcprst_menu_register(proto_tcprst);
    register_preferences();
}

/* Runs when all dissectors are in their tables. Whatever stands at TCP's place is called, so
 * wrappers can be chained. */
static void register_handoff(void)
{
    tcp_handle = dissector_get_uint_handle(find_dissector_table("ip.proto"), IP_PROTO_TCP);
    dissector_add_uint("ip.proto", IP_PROTO_TCP, create_dissector_handle(dissect, proto_wrapped));
}

void tcprst_plugin_register(void)
{
    static proto_plugin plugin;
    plugin.register_protoinfo = register_protocol;
    plugin.register_handoff = register_handoff;
    proto_register_plugin(&plugin);
}
