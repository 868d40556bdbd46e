/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_plugin.c - octets as a capture file that libwireshark reads and dissects with the plugin in
 * it: all of it as it comes, then all of it again with what somebody would see of it, as tshark -2
 * and the window do. What is counted is what is shown.
 */
#define _GNU_SOURCE
#include "check.h"
#include "door.h"
#include "records.h"

#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/frame_data.h>
#include <epan/tap.h>
#include <epan/tvbuff.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wiretap/wtap.h>

enum { FRAMES_MOST = 2000 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct packet_data {
    frame_data frame;
    wtap_rec rec; /* without its block */
    GByteArray *octets;
};

static column_info columns;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    door_start(&columns);
    return 0;
}

static const nstime_t *time_of(struct packet_provider_data *provider, uint32_t number)
{
    GArray *packets = (GArray *)(void *)provider;
    return number && number <= packets->len
               ? &g_array_index(packets, struct packet_data, number - 1).frame.abs_ts
               : NULL;
}

static void take(GArray *packets, const wtap_rec *rec, Buffer *buffer, int64_t offset)
{
    struct packet_data packet = {.rec = *rec, .octets = g_byte_array_new()};
    uint32_t captured = rec->rec_type == REC_TYPE_PACKET ? rec->rec_header.packet_header.caplen : 0;
    packet.rec.block = NULL;
    packet.rec.block_was_modified = FALSE;
    g_byte_array_append(packet.octets, ws_buffer_start_ptr(buffer), captured);
    frame_data_init(&packet.frame, packets->len + 1, rec, offset, 0);
    g_array_append_val(packets, packet);
}

/* The packets of that file, as far as wiretap can read it. */
static GArray *read_packets(const char *name)
{
    GArray *packets = g_array_new(FALSE, FALSE, sizeof(struct packet_data));
    char *info = NULL;
    int error = 0;
    int64_t offset = 0;
    wtap_rec rec;
    Buffer buffer;
    wtap *file = wtap_open_offline(name, WTAP_TYPE_AUTO, &error, &info, FALSE);
    wtap_rec_init(&rec);
    ws_buffer_init(&buffer, 1500);
    while (file && packets->len < FRAMES_MOST &&
           wtap_read(file, &rec, &buffer, &error, &info, &offset)) {
        if (rec.rec_type == REC_TYPE_PACKET)
            take(packets, &rec, &buffer, offset);
        wtap_rec_reset(&rec);
    }
    if (file)
        wtap_close(file);
    g_free(info);
    wtap_rec_cleanup(&rec);
    ws_buffer_free(&buffer);
    return packets;
}

/* Whether somebody sees a verdict on a RST is whether there is one. */
static void check_shown(epan_dissect_t *edt)
{
    struct tcprst_verdict verdict;
    const struct tcprst_record *record = tcprst_records_of_frame(edt->pi.num);
    GPtrArray *found =
        proto_find_first_finfo(edt->tree, proto_registrar_get_id_byname("tcprst.cause"));
    /* A capture cut short may end a packet's dissection before TCP's, or within it. */
    CHECK(found->len == 0 || record != NULL);
    g_ptr_array_free(found, TRUE);
    if (record) {
        CHECK(tcprst_record_frame(record) == edt->pi.num);
        CHECK(tcprst_record_verdict(record, &verdict) && verdict.final);
        CHECK((unsigned)verdict.cause < TCPRST_CAUSE_COUNT);
    }
}

static void dissect(epan_t *session, struct packet_data *packet, const frame_data *first, bool tree)
{
    const frame_data *reference = first;
    nstime_t elapsed = NSTIME_INIT_ZERO;
    uint32_t sum = 0;
    epan_dissect_t edt;
    tvbuff_t *tvb =
        tvb_new_real_data(packet->octets->data, packet->octets->len,
                          (int)MIN(packet->rec.rec_header.packet_header.len, INT32_MAX));
    epan_dissect_init(&edt, session, tree, tree);
    frame_data_set_before_dissect(&packet->frame, &elapsed, &reference, NULL);
    epan_dissect_run_with_taps(&edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &packet->rec, tvb,
                               &packet->frame, tree ? &columns : NULL);
    if (tree && packet->frame.visited)
        check_shown(&edt);
    frame_data_set_after_dissect(&packet->frame, &sum);
    epan_dissect_cleanup(&edt);
}

static void read_all(GArray *packets)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = time_of};
    struct packet_data *p = (struct packet_data *)(void *)packets->data;
    epan_t *session = epan_new((struct packet_provider_data *)(void *)packets, &functions);
    reset_tap_listeners();
    for (guint i = 0; i < packets->len; i++)
        dissect(session, &p[i], &p[0].frame, false);
    postseq_cleanup_all_protocols();
    for (guint i = 0; i < packets->len; i++)
        dissect(session, &p[i], &p[0].frame, true);
    draw_tap_listeners(TRUE);
    for (guint i = 0; i < packets->len; i++)
        frame_data_destroy(&p[i].frame);
    epan_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("capture", 0);
    CHECK(file >= 0);
    CHECK(write(file, data, size) == (ssize_t)size);
    char *name = g_strdup_printf("/proc/self/fd/%d", file);
    GArray *packets = read_packets(name);
    close(file);
    read_all(packets);
    for (guint i = 0; i < packets->len; i++)
        g_byte_array_free(g_array_index(packets, struct packet_data, i).octets, TRUE);
    g_array_free(packets, TRUE);
    g_free(name);
    return 0;
}
