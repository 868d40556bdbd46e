/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_records.c - octets as segments, in packets that libwireshark dissects with the plugin in it,
 * as its programs do: in one pass or two, in any order, before the file is read to its end and
 * after, dissected afresh, and filtered while it is read.
 *
 * What is said of each RST is what the analyzer's decoder and the core alone say of the same
 * octets, and each RST has its fields.
 */
#define _GNU_SOURCE
#include "check.h"
#include "decode.h"
#include "door.h"
#include "records.h"
#include "segments.h"
#include "tcprst/order.h"
#include "tcprst/places.h"

#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/frame_data.h>
#include <epan/tap.h>
#include <epan/tvbuff.h>
#include <glib.h>
#include <string.h>
#include <wiretap/wtap.h>

enum { LINKTYPE_RAW = 101, IPV4_HEADER = 20, IPV6_HEADER = 40, FRAMES_MOST = 2000, ROOM = 8 };
enum { NS_A_SECOND = 1000000000 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How the packets are read; chosen by the octets, wherever the fuzzer changed them. */
enum {
    SHOWN = 1,      /* the first reading makes a tree that somebody reads, as tshark -V */
    FILTERED = 2,   /* some frames do not pass a read filter: their numbers are given again */
    AFRESH = 4,     /* dissected afresh, for a changed preference */
    NEVER_DONE = 8, /* nobody says that the file was read to its end, as tshark in one pass */
    TUNNEL = 16,    /* IP in IP */
    SEARCHED = 32,  /* trees are searched for our fields, and not shown */
    TWICE = 64,     /* most packets are captured at two interfaces, one behind a router; with a
                       tunnel both at one place */
};

struct packet_data {
    frame_data frame;
    GByteArray *octets;
    uint32_t length; /* on the wire */
    uint32_t interface;
    bool reset; /* by the analyzer's decoder */
    bool passed;
};

struct reading {
    unsigned manner;
    GArray *packets;  /* of struct packet_data */
    GArray *asked;    /* pairs: behind so many packets, which one is looked at again */
    GArray *verdicts; /* of the core alone, in the order of the RSTs */
    GArray *copies;   /* frames of RSTs that were fed from the other interface */
    epan_t *session;
    uint32_t frames; /* numbers given */
};

static column_info columns;

/* ---- libwireshark ---- */

static const nstime_t *time_of(struct packet_provider_data *provider, uint32_t number)
{
    GArray *packets = (GArray *)(void *)provider;
    for (guint i = number - 1; i < packets->len; i++) {
        struct packet_data *p = &g_array_index(packets, struct packet_data, i);
        if (p->passed && p->frame.num == number)
            return &p->frame.abs_ts;
    }
    return NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    door_start(&columns);
    return 0;
}

/* ---- packets ---- */

static void put(GByteArray *to, unsigned octets, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    g_byte_array_append(to, bytes + 4 - octets, octets);
}

static void put_ipv4(GByteArray *to, const struct tcprst_segment *s, uint32_t length,
                     uint8_t protocol)
{
    put(to, 2, 0x4500u | s->tos);
    put(to, 2, length + IPV4_HEADER);
    put(to, 2, s->ip_id);
    put(to, 2, 0x4000); /* do not fragment */
    put(to, 2, (uint32_t)s->ttl << 8 | protocol);
    put(to, 2, 0);
    g_byte_array_append(to, s->source, 4);
    g_byte_array_append(to, s->destination, 4);
}

static void put_ipv6(GByteArray *to, const struct tcprst_segment *s, uint32_t length)
{
    put(to, 4, 6u << 28 | (uint32_t)s->tos << 20 | s->flow_label);
    put(to, 2, length);
    put(to, 2, 6u << 8 | s->ttl);
    g_byte_array_append(to, s->source, 16);
    g_byte_array_append(to, s->destination, 16);
}

static void make_packet(struct packet_data *packet, const struct tcprst_segment *s, unsigned manner)
{
    enum { IP_MOST = 65535 - 2 * IPV6_HEADER, IP_IN_IP = 4, IPV6_IN_IP = 41, TCP = 6 };
    uint32_t length = s->length > IP_MOST ? IP_MOST : s->length;
    uint32_t inner = length + (s->ip_version == 4 ? IPV4_HEADER : IPV6_HEADER);
    GByteArray *octets = g_byte_array_new();
    *packet = (struct packet_data){.octets = octets, .passed = true};
    if (manner & TUNNEL)
        put_ipv4(octets, s, inner, s->ip_version == 4 ? IP_IN_IP : IPV6_IN_IP);
    if (s->ip_version == 4)
        put_ipv4(octets, s, length, TCP);
    else
        put_ipv6(octets, s, length);
    packet->length = octets->len + length;
    g_byte_array_append(octets, s->bytes, s->captured < length ? s->captured : length);
}

static void time_as_wireshark(nstime_t *to, int64_t time)
{
    int64_t seconds = time / NS_A_SECOND, rest = time % NS_A_SECOND;
    if (rest < 0) {
        rest += NS_A_SECOND;
        seconds--;
    }
    *to = (nstime_t){(time_t)seconds, (int)rest};
}

/* ---- the core alone ---- */

static void take_verdict(void *user, const struct tcprst_verdict *verdict)
{
    g_array_append_vals(user, verdict, 1);
}

struct alone {
    struct decoder *decoder;
    struct tcprst *core;
    struct tcprst_options options;
    GArray *kept;   /* of struct tcprst_segment, where there are interfaces; else NULL */
    GArray *copies; /* as reading's */
};

/* The same packet the other way; returns whether it is a RST. */
static bool feed_alone(struct alone *alone, const struct packet_data *packet, uint32_t number,
                       int64_t time)
{
    struct tcprst_segment segments[ROOM];
    struct decoded decoded = {segments, ROOM, 0, NULL, NULL};
    const struct packet p = {.link_type = LINKTYPE_RAW,
                             .fcs_octets = -1,
                             .bytes = packet->octets->data,
                             .captured = packet->octets->len,
                             .length = packet->length,
                             .number = number,
                             .time = time};
    bool reset = false;
    decode_packet(alone->decoder, &p, &decoded);
    CHECK(decoded.count <= 1);
    for (size_t i = 0; i < decoded.count; i++) {
        reset |= (segments[i].flags & TCPRST_RST) != 0;
        segments[i].bytes = packet->octets->data + (packet->octets->len - segments[i].captured);
        segments[i].interface = packet->interface;
        if (alone->kept)
            g_array_append_val(alone->kept, segments[i]);
        else
            tcprst_feed(alone->core, &segments[i], NULL);
    }
    decoder_release(alone->decoder);
    return reset;
}

/* Of those not taken yet the one that comes next, each interface by its clock. */
static struct tcprst_segment *next_kept(const struct alone *alone, guint at[2],
                                        const struct tcprst_clock *clocks)
{
    struct tcprst_segment *next = NULL;
    int64_t least = 0;
    unsigned lane = 0;
    for (unsigned i = 0; i < 2; i++) {
        while (at[i] < alone->kept->len &&
               clocks[g_array_index(alone->kept, struct tcprst_segment, at[i]).interface].part != i)
            at[i]++;
        if (at[i] == alone->kept->len)
            continue;
        struct tcprst_segment *s = &g_array_index(alone->kept, struct tcprst_segment, at[i]);
        int64_t time = s->time == TCPRST_TIME_UNKNOWN
                           ? INT64_MIN
                           : s->time - tcprst_clock_ahead(&clocks[s->interface], s->time);
        if (next && time >= least)
            continue;
        next = s;
        least = time;
        lane = i;
    }
    at[lane] += next != NULL;
    return next;
}

static void feed_places(struct alone *alone, const struct tcprst_clock *clocks, size_t sources,
                        unsigned count)
{
    guint at[2] = {0, 0};
    const bool apart = tcprst_clocks_parts(clocks, sources) > 1;
    struct tcprst_order *order = tcprst_order_new(2);
    struct tcprst_places *places = tcprst_places_new(clocks, sources, count, alone->kept->len, 1);
    struct tcprst_options options = alone->options;
    options.places = places;
    options.order = apart ? order : NULL;
    struct tcprst *core = tcprst_new(&options);
    struct tcprst_segment *s;
    for (guint i = 0;
         (s = apart                  ? next_kept(alone, at, clocks)
              : i < alone->kept->len ? &g_array_index(alone->kept, struct tcprst_segment, i)
                                     : NULL) != NULL;
         i++) {
        uint64_t number = s->frame.number;
        if (apart)
            CHECK(tcprst_order_take(order, clocks[s->interface].part, &s->frame));
        if (tcprst_places_take(places, s->interface, s))
            tcprst_feed(core, s, NULL);
        else if (s->flags & TCPRST_RST)
            g_array_append_val(alone->copies, number);
    }
    tcprst_finish(core);
    tcprst_free(core);
    tcprst_places_free(places);
    tcprst_order_free(order);
}

/* Those of both interfaces, by what the survey says of them: the first packet is the first one's.
 */
static void feed_kept(struct alone *alone)
{
    size_t sources;
    unsigned places;
    struct tcprst_survey *survey = tcprst_survey_new(0);
    for (guint i = 0; i < alone->kept->len; i++) {
        const struct tcprst_segment *s = &g_array_index(alone->kept, struct tcprst_segment, i);
        tcprst_survey_take(survey, s->interface, s);
    }
    const struct tcprst_clock *clocks = tcprst_survey_finish(survey, &sources, &places);
    CHECK(clocks && places <= 2);
    bool share = tcprst_clocks_share(clocks, sources);
    if (share)
        feed_places(alone, clocks, sources, places);
    for (guint i = 0; !share && i < alone->kept->len; i++)
        tcprst_feed(alone->core, &g_array_index(alone->kept, struct tcprst_segment, i), NULL);
    tcprst_survey_free(survey);
    g_array_free(alone->kept, TRUE);
}

/* ---- dissecting ---- */

static wtap_rec record_of(const struct packet_data *packet, int64_t time)
{
    wtap_rec rec = {.rec_type = REC_TYPE_PACKET, .tsprec = WTAP_TSPREC_NSEC};
    rec.presence_flags =
        WTAP_HAS_CAP_LEN | WTAP_HAS_INTERFACE_ID | (time == TCPRST_TIME_UNKNOWN ? 0 : WTAP_HAS_TS);
    if (time != TCPRST_TIME_UNKNOWN)
        time_as_wireshark(&rec.ts, time);
    rec.rec_header.packet_header.caplen = packet->octets->len;
    rec.rec_header.packet_header.len = packet->length;
    rec.rec_header.packet_header.pkt_encap = WTAP_ENCAP_RAW_IP;
    rec.rec_header.packet_header.interface_id = packet->interface;
    return rec;
}

#define SAME_NUMBER(member)
#define SAME_WORD(member) CHECK(a->member == b->member);
#define SAME_FLAG(member) CHECK(a->member == b->member);
#define SAME_COUNT(member) CHECK(a->member == b->member);
#define SAME_SECONDS(member) CHECK(a->member == b->member);
#define SAME_FRAME(member) CHECK(a->member.number == b->member.number);
#define SAME_CAPTURE(member)
#define SAME_TEXT(member)
#define SAME_LIST(member)

static void check_same(const struct tcprst_verdict *a, const struct tcprst_verdict *b)
{
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    SAME_##KIND(member)
#include "tcprst/verdict.def"
    CHECK(a->reset == b->reset && a->frame.number == b->frame.number);
    CHECK(a->evidence_count == b->evidence_count);
    for (unsigned i = 0; i < a->evidence_count; i++) {
        const struct tcprst_evidence *e = &a->evidence[i], *f = &b->evidence[i];
        CHECK(e->fact == f->fact && e->holds == f->holds && e->against == f->against);
        CHECK(e->a == f->a && e->b == f->b && e->frame.number == f->frame.number);
    }
    CHECK(a->alternative_count == b->alternative_count);
    for (unsigned i = 0; i < a->alternative_count; i++)
        CHECK(a->alternatives[i].cause == b->alternatives[i].cause);
    CHECK(strcmp(a->device_text, b->device_text) == 0);
}

static const struct tcprst_verdict *verdict_alone(const struct reading *r, uint64_t reset)
{
    CHECK(reset < r->verdicts->len);
    return &g_array_index(r->verdicts, struct tcprst_verdict, reset);
}

static bool is_copy(const struct reading *r, uint32_t frame)
{
    for (guint i = 0; i < r->copies->len; i++)
        if (g_array_index(r->copies, uint64_t, i) == frame)
            return true;
    return false;
}

/* What a frame shows: a RST its verdict, but for a copy once that is known, and nothing else one.
 */
static void check_shown(const struct reading *r, const struct packet_data *packet,
                        epan_dissect_t *edt)
{
    struct tcprst_verdict verdict;
    const struct tcprst_record *record = tcprst_records_of_frame(edt->pi.num);
    if (r->manner & FILTERED)
        return; /* a number may mean two frames */
    CHECK((record != NULL) == packet->reset);
    bool told = record && tcprst_record_verdict(record, &verdict), copy = is_copy(r, edt->pi.num);
    CHECK(told || !record || copy);
    if (edt->tree && (packet->frame.visited || r->manner & SHOWN)) {
        GPtrArray *found =
            proto_find_first_finfo(edt->tree, proto_registrar_get_id_byname("tcprst.cause"));
        CHECK(found->len == packet->reset || (copy && found->len == 0));
        g_ptr_array_free(found, TRUE);
    }
    if (!told)
        return;
    CHECK(tcprst_record_frame(record) == packet->frame.num);
    if (verdict.final)
        check_same(&verdict, verdict_alone(r, verdict.reset));
}

static struct packet_data *packet_at(const struct reading *r, size_t i)
{
    return &g_array_index(r->packets, struct packet_data, i);
}

static void dissect(const struct reading *r, struct packet_data *packet, bool tree)
{
    wtap_rec rec =
        record_of(packet, packet->frame.has_ts ? (int64_t)packet->frame.abs_ts.secs * NS_A_SECOND +
                                                     packet->frame.abs_ts.nsecs
                                               : TCPRST_TIME_UNKNOWN);
    tvbuff_t *tvb =
        tvb_new_real_data(packet->octets->data, packet->octets->len, (int)packet->length);
    nstime_t elapsed = NSTIME_INIT_ZERO;
    const frame_data *reference = &packet_at(r, 0)->frame;
    epan_dissect_t edt;
    epan_dissect_init(&edt, r->session, tree, tree && !(r->manner & SEARCHED));
    if (tree && r->manner & SEARCHED)
        epan_dissect_prime_with_hfid(&edt, proto_registrar_get_id_byname("tcprst.cause"));
    frame_data_set_before_dissect(&packet->frame, &elapsed, &reference, NULL);
    epan_dissect_run_with_taps(&edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &rec, tvb, &packet->frame,
                               tree ? &columns : NULL);
    check_shown(r, packet, &edt);
    uint32_t octets = 0;
    frame_data_set_after_dissect(&packet->frame, &octets);
    epan_dissect_cleanup(&edt);
}

static void begin_file(struct reading *r)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = time_of};
    r->session = epan_new((struct packet_provider_data *)(void *)r->packets, &functions);
    for (guint i = 0; i < r->packets->len; i++)
        frame_data_reset(&packet_at(r, i)->frame);
}

/* The first reading; in between somebody looks at what came. */
static void read_first(const struct reading *r)
{
    guint asked = 0;
    for (guint i = 0; i < r->packets->len; i++) {
        struct packet_data *packet = packet_at(r, i);
        if (!packet->frame.num)
            continue; /* by the filter, when the file was first read */
        dissect(r, packet, r->manner & SHOWN);
        for (; asked < r->asked->len && g_array_index(r->asked, guint, asked) <= i; asked += 2) {
            struct packet_data *other =
                packet_at(r, g_array_index(r->asked, guint, asked + 1) % (i + 1));
            if (other->passed)
                dissect(r, other, true);
        }
    }
}

/* Backwards, as somebody who scrolls up. */
static void read_again(const struct reading *r)
{
    for (guint i = r->packets->len; i-- > 0;)
        if (packet_at(r, i)->passed)
            dissect(r, packet_at(r, i), true);
    draw_tap_listeners(TRUE);
}

/* What the plugin remembers of the file before: here each input is the first one. */
static void read_nothing(struct reading *r)
{
    GArray *packets = r->packets;
    r->packets = g_array_new(FALSE, FALSE, sizeof(struct packet_data));
    begin_file(r);
    postseq_cleanup_all_protocols();
    epan_free(r->session);
    g_array_free(r->packets, TRUE);
    r->packets = packets;
}

static void read_all(struct reading *r)
{
    read_nothing(r);
    reset_tap_listeners();
    begin_file(r);
    read_first(r);
    if (!(r->manner & NEVER_DONE))
        postseq_cleanup_all_protocols();
    read_again(r);
    if (r->manner & AFRESH) {
        for (guint i = 0; i < r->packets->len; i++)
            if (!packet_at(r, i)->passed)
                packet_at(r, i)->frame.num = 0;
        epan_free(r->session);
        begin_file(r);
        read_first(r);
        read_again(r);
    }
    for (guint i = 0; i < r->packets->len; i++)
        frame_data_destroy(&packet_at(r, i)->frame);
    epan_free(r->session);
}

/* ---- an input ---- */

static void add_packet(struct reading *r, struct alone *alone, const struct tcprst_segment *s,
                       uint32_t interface)
{
    struct packet_data packet;
    make_packet(&packet, s, r->manner);
    packet.interface = interface;
    uint32_t number = r->frames + 1;
    packet.passed = !(r->manner & FILTERED) || s->seq % 3;
    r->frames += packet.passed;
    wtap_rec rec = record_of(&packet, s->time);
    frame_data_init(&packet.frame, number, &rec, 0, 0);
    packet.reset = feed_alone(alone, &packet, number, s->time);
    g_array_append_val(r->packets, packet);
}

/* Some pass one interface only. */
static void add_again(struct reading *r, struct alone *alone, struct tcprst_segment *s)
{
    if (r->packets->len == 1 || (s->seq & 7) != 7) {
        s->ttl -= s->ttl > 1 && !(r->manner & TUNNEL);
        if (s->time != TCPRST_TIME_UNKNOWN)
            s->time += r->manner & SEARCHED ? NS_A_SECOND : NS_A_SECOND / 10000;
        add_packet(r, alone, s, 1);
    }
}

/* Its packets, and the verdicts of the core alone. */
static void make_packets(struct reading *r, const uint8_t *data, size_t size)
{
    struct segments_state state = {.time = INT64_C(1700000000000000000)};
    struct alone alone = {
        .decoder = decoder_new(),
        .options = {.on_verdict = take_verdict, .user = r->verdicts, .hash_seed = 1},
        .kept = r->manner & TWICE ? g_array_new(FALSE, FALSE, sizeof(struct tcprst_segment)) : NULL,
        .copies = r->copies};
    alone.core = tcprst_new(&alone.options);
    struct tcprst_segment s;
    uint8_t bytes[20 + SEGMENTS_OPTIONS + SEGMENTS_TEXT];
    CHECK(alone.core != NULL);
    while (r->packets->len < FRAMES_MOST) {
        enum segments_record record = segments_read(&state, &data, &size, &s, bytes);
        guint count = r->packets->len;
        if (record == SEGMENTS_NONE)
            break;
        if (record == SEGMENTS_PAUSE) {
            guint ask[2] = {count, (guint)(state.time >> 3)};
            if (count)
                g_array_append_vals(r->asked, ask, 2);
            continue;
        }
        add_packet(r, &alone, &s, 0);
        if (r->manner & TWICE)
            add_again(r, &alone, &s);
    }
    if (alone.kept)
        feed_kept(&alone);
    tcprst_finish(alone.core);
    tcprst_free(alone.core);
    decoder_free(alone.decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading r = {.packets = g_array_new(FALSE, FALSE, sizeof(struct packet_data)),
                        .asked = g_array_new(FALSE, FALSE, sizeof(guint)),
                        .verdicts = g_array_new(FALSE, FALSE, sizeof(struct tcprst_verdict)),
                        .copies = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
    for (size_t i = 0; i < size; i++)
        r.manner = r.manner * 31 + data[i];
    r.manner = r.manner >> 3 & 127;
    make_packets(&r, data, size);
    read_all(&r);
    for (guint i = 0; i < r.packets->len; i++)
        g_byte_array_free(packet_at(&r, i)->octets, TRUE);
    g_array_free(r.packets, TRUE);
    g_array_free(r.asked, TRUE);
    g_array_free(r.verdicts, TRUE);
    g_array_free(r.copies, TRUE);
    return 0;
}
