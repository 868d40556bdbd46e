/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * revisit.c - reads captures with the plugin as Wireshark's window does: while they are read
 * somebody looks at frames already there, the newest and any other, as a live capture is looked at;
 * then at all of them, backwards and in no order. revisit CAPTURE
 */
#include "check.h"
#include "door.h"

#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/frame_data.h>
#include <epan/packet.h>
#include <epan/tap.h>
#include <epan/tvbuff.h>
#include <glib.h>
#include <stdio.h>
#include <wiretap/wtap.h>

enum { STRIDE = 7919 }; /* prime, so that it meets every frame of any other number of them */

struct packet {
    frame_data frame;
    wtap_rec rec;
    Buffer octets;
};

struct capture {
    epan_t *session;
    GArray *packets; /* of struct packet */
};

static column_info columns;

static struct packet *packet_at(const struct capture *c, size_t i)
{
    return &g_array_index(c->packets, struct packet, i);
}

static const nstime_t *time_of(struct packet_provider_data *provider, uint32_t number)
{
    const struct capture *c = (const struct capture *)(const void *)provider;
    return number && number <= c->packets->len ? &packet_at(c, number - 1)->frame.abs_ts : NULL;
}

/* With a tree: one that somebody reads, and the columns of the packet list. */
static void dissect(const struct capture *c, size_t i, bool tree)
{
    struct packet *p = packet_at(c, i);
    nstime_t elapsed = NSTIME_INIT_ZERO;
    const frame_data *reference = &packet_at(c, 0)->frame;
    uint32_t octets = 0;
    epan_dissect_t edt;
    epan_dissect_init(&edt, c->session, tree, tree);
    frame_data_set_before_dissect(&p->frame, &elapsed, &reference, NULL);
    epan_dissect_run_with_taps(
        &edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &p->rec,
        tvb_new_real_data(ws_buffer_start_ptr(&p->octets), p->frame.cap_len, (int)p->frame.pkt_len),
        &p->frame, tree ? &columns : NULL);
    frame_data_set_after_dissect(&p->frame, &octets);
    epan_dissect_cleanup(&edt);
}

static bool read_packets(struct capture *c, const char *name)
{
    int error;
    char *info = NULL;
    int64_t offset;
    wtap *file = wtap_open_offline(name, WTAP_TYPE_AUTO, &error, &info, FALSE);
    if (!file)
        return false;
    for (;;) {
        struct packet p;
        wtap_rec_init(&p.rec);
        ws_buffer_init(&p.octets, 256);
        if (!wtap_read(file, &p.rec, &p.octets, &error, &info, &offset))
            break;
        frame_data_init(&p.frame, c->packets->len + 1, &p.rec, offset, 0);
        g_array_append_val(c->packets, p);
    }
    wtap_close(file);
    return error == 0 && c->packets->len > 0;
}

static void read_and_look(const struct capture *c)
{
    size_t count = c->packets->len;
    for (size_t i = 0; i < count; i++) {
        dissect(c, i, false);
        dissect(c, i, true);
        dissect(c, i * STRIDE % (i + 1), true);
    }
    postseq_cleanup_all_protocols();
    for (size_t i = count; i-- > 0;)
        dissect(c, i, true);
    for (size_t i = 0; i < count; i++)
        dissect(c, (i + 1) * STRIDE % count, true);
}

int main(int argc, char **argv)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = time_of};
    struct capture c = {.packets = g_array_new(FALSE, TRUE, sizeof(struct packet))};
    if (argc != 2) {
        fprintf(stderr, "revisit CAPTURE\n");
        return 2;
    }
    door_start(&columns);
    if (!read_packets(&c, argv[1])) {
        fprintf(stderr, "revisit: cannot read '%s'\n", argv[1]);
        return 1;
    }
    c.session = epan_new((struct packet_provider_data *)(void *)&c, &functions);
    read_and_look(&c);
    epan_free(c.session);
    return 0;
}
