/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotate.c - copies captures to one pcapng file with verdicts as packet comments. */
#include "annotate.h"

#include "capture.h"
#include "output.h"
#include "report_words.h"
#include "translate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* draft-ietf-opsawg-pcapng, section 4 */
enum {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_SECTION = 0x0a0d0d0a,
    PACKET_HEADER = 28, /* of enhanced and obsolete packet blocks, type and length included */
    SIMPLE_HEADER = 12,
    SECTION_LENGTH_AT = 16,
    OPTION_COMMENT = 1,
    OPTION_TIME_RESOLUTION = 9,
    OPTION_FCS_LENGTH = 13,
    /* A reader takes blocks of up to 16 MiB; nobody reads more comments than these of one frame. */
    LARGEST_BLOCK = 16 * 1024 * 1024 - 4096,
    MOST_COMMENTS = 100,
    COMMENT_ROOM = 64, /* of the option around one, and of the one that counts those left out */
};
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

/* A comment for a frame; its text stands in the file of texts. */
struct note {
    uint64_t frame, offset;
    uint32_t capture, length;
};

struct annotate {
    const struct options *options;
    struct output output;
    FILE *out; /* its stream; NULL: closed */
    FILE *texts;
    int texts_error, out_error; /* errno of the first write that failed */
    uint64_t texts_end;
    GArray *notes; /* struct note, sorted by capture and frame before the copying */
    struct capture *captures;
    bool *open;
    /* while copying */
    uint32_t capture;
    guint next; /* note */
    GString *block;
    uint64_t rewritten;
};

static void put32(const struct annotate *annotate, GString *out, uint32_t value)
{
    if (annotate->captures[annotate->capture].swapped)
        value = GUINT32_SWAP_LE_BE(value);
    g_string_append_len(out, (const char *)&value, sizeof value);
}

static void put16(const struct annotate *annotate, GString *out, uint16_t value)
{
    if (annotate->captures[annotate->capture].swapped)
        value = GUINT16_SWAP_LE_BE(value);
    g_string_append_len(out, (const char *)&value, sizeof value);
}

static void put_padding(GString *out)
{
    while (out->len % 4 != 0)
        g_string_append_c(out, '\0');
}

void annotate_discard(struct annotate *annotate)
{
    if (!annotate)
        return;
    char *ignored = NULL;
    if (annotate->out)
        output_close(&annotate->output, 0, false, &ignored);
    g_free(ignored);
    for (size_t i = 0; i < annotate->options->capture_count; i++)
        if (annotate->open[i])
            capture_close(&annotate->captures[i]);
    if (annotate->texts)
        fclose(annotate->texts);
    g_array_unref(annotate->notes);
    g_string_free(annotate->block, TRUE);
    g_free(annotate->captures);
    g_free(annotate->open);
    g_free(annotate);
}

static char *refuse(const struct options *options)
{
    if (!output_rereadable(options))
        return g_strdup(_("--annotate reads its input twice, which only files allow"));
    if (output_is_capture(options->annotate, options))
        return g_strdup_printf(_("'%s' is one of the captures and would be overwritten"),
                               options->annotate);
    return NULL;
}

struct annotate *annotate_open(const struct options *options, char **error)
{
    *error = refuse(options);
    if (*error)
        return NULL;
    struct annotate *annotate = g_new0(struct annotate, 1);
    annotate->options = options;
    annotate->notes = g_array_new(FALSE, FALSE, sizeof(struct note));
    annotate->block = g_string_new(NULL);
    annotate->captures = g_new0(struct capture, options->capture_count);
    annotate->open = g_new0(bool, options->capture_count);
    annotate->texts = output_temporary(error);
    if (!annotate->texts || !output_open_file(&annotate->output, options->annotate, error)) {
        annotate_discard(annotate);
        return NULL;
    }
    annotate->out = annotate->output.stream;
    for (size_t i = 0; i < options->capture_count; i++) {
        annotate->open[i] = source_open(&annotate->captures[i].source, options->captures[i]);
        if (annotate->open[i])
            capture_start(&annotate->captures[i]);
        else
            g_free(annotate->captures[i].source.error); /* the first reading says so */
    }
    return annotate;
}

/* ---- Comments ---- */

static void add_note(struct annotate *annotate, const struct tcprst_frame *frame,
                     const GString *text)
{
    struct note note = {.frame = frame->number,
                        .capture = frame->capture,
                        .offset = annotate->texts_end,
                        .length = (uint32_t)MIN(text->len, UINT16_MAX)};
    if (fwrite(text->str, 1, note.length, annotate->texts) < note.length &&
        annotate->texts_error == 0)
        annotate->texts_error = errno;
    annotate->texts_end += note.length;
    g_array_append_val(annotate->notes, note);
}

/* "frame 17", or "frame 17 of that file" (g_free()). */
static char *name_frame(const struct annotate *annotate, const struct tcprst_frame *frame,
                        uint32_t own)
{
    bool other = frame->capture != own && frame->capture < annotate->options->capture_count;
    char *file = other ? g_utf8_make_valid(annotate->options->captures[frame->capture], -1) : NULL;
    char *name = words_frame(frame->number, file);
    g_free(file);
    return name;
}

static void describe(GString *out, const struct annotate *annotate, const struct tcprst_verdict *v,
                     const char *why)
{
    g_string_append_printf(out, _("TCP reset: %s (%s, %s). %s."), tcprst_cause_id(v->cause),
                           words_strength_word(v->strength), words_severity_word(v->severity), why);
    if (v->duplicate_of.number > 0) {
        char *frame = name_frame(annotate, &v->duplicate_of, v->frame.capture);
        g_string_append_printf(out, _(" Captured twice: %s is the same packet."), frame);
        g_free(frame);
    }
    if (v->trigger.number > 0) {
        char *frame = name_frame(annotate, &v->trigger, v->frame.capture);
        g_string_append_printf(out, _(" Triggered by %s."), frame);
        g_free(frame);
    }
    for (unsigned i = 0; i < v->alternative_count; i++)
        g_string_append_printf(out, "%s%s (%s)", i ? _(", ") : _(" Not excluded: "),
                               tcprst_cause_id(v->alternatives[i].cause),
                               words_strength_word(v->alternatives[i].strength));
    if (v->alternative_count > 0)
        g_string_append(out, _("."));
    if (v->effect != TCPRST_EFFECT_UNKNOWN)
        g_string_append_printf(out, _(" Effect: %s."), words_effect_word(v->effect));
}

void annotate_verdict(struct annotate *annotate, const struct tcprst_verdict *verdict,
                      const char *why)
{
    GString *text = g_string_new(NULL);
    describe(text, annotate, verdict, why);
    add_note(annotate, &verdict->frame, text);
    if (verdict->trigger.number > 0 && verdict->duplicate_of.number == 0) {
        char *frame = name_frame(annotate, &verdict->frame, verdict->trigger.capture);
        g_string_printf(text, _("Triggered the TCP reset in %s: %s (%s)."), frame,
                        tcprst_cause_id(verdict->cause), words_strength_word(verdict->strength));
        g_free(frame);
        add_note(annotate, &verdict->trigger, text);
    }
    g_string_free(text, TRUE);
}

static gint compare_notes(gconstpointer a, gconstpointer b)
{
    const struct note *x = a, *y = b;
    if (x->capture != y->capture)
        return x->capture < y->capture ? -1 : 1;
    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The first note of a frame at or behind this one. */
static guint first_note(const struct annotate *annotate, uint32_t capture)
{
    guint low = 0, high = annotate->notes->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(annotate->notes, struct note, middle).capture < capture)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct note *next_note(struct annotate *annotate, uint64_t frame)
{
    for (; annotate->next < annotate->notes->len; annotate->next++) {
        const struct note *note = &g_array_index(annotate->notes, struct note, annotate->next);
        if (note->capture != annotate->capture || note->frame > frame)
            return NULL;
        if (note->frame == frame) {
            annotate->next++;
            return note;
        }
    }
    return NULL;
}

static void put_comment(struct annotate *annotate, const struct note *note, GString *out)
{
    put16(annotate, out, OPTION_COMMENT);
    put16(annotate, out, (uint16_t)note->length);
    gsize at = out->len;
    g_string_set_size(out, at + note->length);
    /* Short only where the disk is broken: then blanks. */
    memset(out->str + at, ' ', note->length);
    if (pread(fileno(annotate->texts), out->str + at, note->length, (off_t)note->offset) < 0)
        memset(out->str + at, ' ', note->length);
    put_padding(out);
}

/* The frame's comments as options, so many that the block, which has so many octets without them,
 * can be read again; how many more there are is the last one. Returns whether there are any. */
static bool put_comments(struct annotate *annotate, uint64_t frame, gsize others, GString *out)
{
    const struct note *note;
    unsigned put = 0;
    uint64_t more = 0;
    gsize begin = out->len, room = LARGEST_BLOCK > others ? LARGEST_BLOCK - others : 0;
    while ((note = next_note(annotate, frame))) {
        if (put == MOST_COMMENTS || out->len - begin + note->length + COMMENT_ROOM > room) {
            more++;
            continue;
        }
        put_comment(annotate, note, out);
        put++;
    }
    if (more > 0 && out->len - begin + COMMENT_ROOM <= room) {
        char text[COMMENT_ROOM];
        const char *end;
        g_strlcpy(text,
                  words_counted(more, "... and %s more TCP resets.", "... and %s more TCP resets."),
                  sizeof text);
        g_utf8_validate(text, -1, &end);
        int length = (int)(end - text);
        put16(annotate, out, OPTION_COMMENT);
        put16(annotate, out, (uint16_t)length);
        g_string_append_len(out, text, length);
        put_padding(out);
        put++;
    }
    return put > 0;
}

/* ---- Copying ---- */

/* Writes a block of that type with the body that was put together. */
static void write_block(struct annotate *annotate, uint32_t type, const GString *body)
{
    GString *head = g_string_sized_new(16);
    uint32_t total = (uint32_t)body->len + 12;
    put32(annotate, head, type);
    put32(annotate, head, total);
    fwrite(head->str, 1, head->len, annotate->out);
    fwrite(body->str, 1, body->len, annotate->out);
    fwrite(head->str + 4, 1, 4, annotate->out);
    if (ferror(annotate->out) && annotate->out_error == 0)
        annotate->out_error = errno;
    g_string_free(head, TRUE);
}

static void put_end_of_options(const struct annotate *annotate, GString *out)
{
    put32(annotate, out, 0);
}

/* The packet's own octets, then our comments before the options that are there. */
static void add_to_packet(struct annotate *annotate, const struct capture *capture,
                          const uint8_t *block, uint32_t total)
{
    GString *body = annotate->block;
    uint32_t captured = capture_u32(capture, block + 20);
    uint32_t options_at = PACKET_HEADER + ((captured + 3u) & ~3u), options_end = total - 4;
    g_string_append_len(body, (const char *)block + 8, MIN(options_at, options_end) - 8);
    put_padding(body);
    bool comments = put_comments(annotate, capture->number, total, body);
    if (options_at < options_end)
        g_string_append_len(body, (const char *)block + options_at, options_end - options_at);
    else if (comments)
        put_end_of_options(annotate, body);
    write_block(annotate, capture_u32(capture, block), body);
}

/* A Simple Packet Block holds neither options nor a time: it becomes an Enhanced one with time 0.
 */
static void rewrite_simple(struct annotate *annotate, const struct capture *capture,
                           const uint8_t *block, uint32_t total)
{
    GString *body = annotate->block, *comments = g_string_new(NULL);
    if (put_comments(annotate, capture->number, total, comments)) {
        const struct capture_interface *interface =
            &g_array_index(capture->interfaces, struct capture_interface, 0);
        uint32_t length = capture_u32(capture, block + 8), captured = length;
        if (interface->snapshot_length)
            captured = MIN(captured, interface->snapshot_length);
        put32(annotate, body, 0);
        put32(annotate, body, 0);
        put32(annotate, body, 0);
        put32(annotate, body, captured);
        put32(annotate, body, length);
        g_string_append_len(body, (const char *)block + SIMPLE_HEADER, captured);
        put_padding(body);
        g_string_append_len(body, comments->str, (gssize)comments->len);
        put_end_of_options(annotate, body);
        write_block(annotate, BLOCK_ENHANCED_PACKET, body);
        annotate->rewritten++;
    } else {
        g_string_append_len(body, (const char *)block + 8, total - 12);
        write_block(annotate, BLOCK_SIMPLE_PACKET, body);
    }
    g_string_free(comments, TRUE);
}

/* A section's length does not hold any more: "-1 (0xFFFFFFFFFFFFFFFF) means that the size of the
 * section is not specified". */
static void copy_other(struct annotate *annotate, const struct capture *capture,
                       const uint8_t *block, uint32_t total)
{
    GString *body = annotate->block;
    uint32_t type = capture_u32(capture, block);
    g_string_append_len(body, (const char *)block + 8, total - 12);
    if (type == BLOCK_SECTION)
        memset(body->str + SECTION_LENGTH_AT - 8, 0xff, 8);
    write_block(annotate, type, body);
}

static void copy_block(void *user, const struct capture *capture, const uint8_t *block,
                       uint32_t total, bool is_packet)
{
    struct annotate *annotate = user;
    uint32_t type = capture_u32(capture, block);
    g_string_truncate(annotate->block, 0);
    if (is_packet && (type == BLOCK_ENHANCED_PACKET || type == BLOCK_PACKET))
        add_to_packet(annotate, capture, block, total);
    else if (is_packet && type == BLOCK_SIMPLE_PACKET)
        rewrite_simple(annotate, capture, block, total);
    else
        copy_other(annotate, capture, block, total);
}

/* What nobody decodes is copied as it is, without waiting for its end. */
static void copy_passed(void *user, const uint8_t *octets, size_t count)
{
    struct annotate *annotate = user;
    if (fwrite(octets, 1, count, annotate->out) < count && annotate->out_error == 0)
        annotate->out_error = errno;
}

/* What a pcap file's header says, as a section and an interface. */
static void write_pcap_head(struct annotate *annotate, const struct capture *capture)
{
    GString *body = annotate->block;
    g_string_truncate(body, 0);
    put32(annotate, body, BYTE_ORDER_MAGIC);
    put16(annotate, body, 1);
    put16(annotate, body, 0);
    put32(annotate, body, UINT32_MAX);
    put32(annotate, body, UINT32_MAX);
    write_block(annotate, BLOCK_SECTION, body);
    const struct capture_interface *interface =
        &g_array_index(capture->interfaces, struct capture_interface, 0);
    g_string_truncate(body, 0);
    put16(annotate, body, interface->link_type);
    put16(annotate, body, 0);
    put32(annotate, body, interface->snapshot_length);
    put16(annotate, body, OPTION_TIME_RESOLUTION);
    put16(annotate, body, 1);
    g_string_append_c(body, capture->time_digits == 9 ? 9 : 6);
    put_padding(body);
    if (interface->fcs_octets >= 0) {
        put16(annotate, body, OPTION_FCS_LENGTH);
        put16(annotate, body, 1);
        g_string_append_c(body, (char)interface->fcs_octets);
        put_padding(body);
    }
    put_end_of_options(annotate, body);
    write_block(annotate, BLOCK_INTERFACE, body);
}

static void write_pcap_packet(struct annotate *annotate, const struct capture *capture,
                              const struct packet *packet)
{
    GString *body = annotate->block;
    uint64_t stamp = packet->time == TCPRST_TIME_UNKNOWN ? 0 : (uint64_t)packet->time;
    if (capture->time_digits != 9)
        stamp /= 1000;
    g_string_truncate(body, 0);
    put32(annotate, body, 0);
    put32(annotate, body, (uint32_t)(stamp >> 32));
    put32(annotate, body, (uint32_t)stamp);
    put32(annotate, body, packet->captured);
    put32(annotate, body, packet->length);
    g_string_append_len(body, (const char *)packet->bytes, packet->captured);
    put_padding(body);
    if (put_comments(annotate, packet->number, packet->captured, body))
        put_end_of_options(annotate, body);
    write_block(annotate, BLOCK_ENHANCED_PACKET, body);
}

/* Up to its end or its damage, which the first reading has reported. Returns how many packets. */
static uint64_t copy_capture(struct annotate *annotate, uint32_t index)
{
    struct capture *capture = &annotate->captures[index];
    struct packet packet;
    bool head = false;
    annotate->capture = index;
    annotate->next = first_note(annotate, index);
    capture->on_block = copy_block;
    capture->on_passed = copy_passed;
    capture->on_block_user = annotate;
    while (capture_next(capture, &packet, true) == CAPTURE_PACKET && !ferror(annotate->out)) {
        if (strcmp(capture->format, "pcap") != 0)
            continue;
        if (!head)
            write_pcap_head(annotate, capture);
        head = true;
        write_pcap_packet(annotate, capture, &packet);
    }
    if (!head && capture->is_capture && strcmp(capture->format, "pcap") == 0)
        write_pcap_head(annotate, capture);
    return capture->packets;
}

/* Copies all captures in that order; false with a sentence in *error where one has become shorter.
 */
static bool copy_all(struct annotate *annotate, struct input *input, const uint32_t *order,
                     char **error)
{
    for (size_t i = 0; i < annotate->options->capture_count; i++) {
        uint32_t index = order[i];
        if (!annotate->open[index] && input_capture(input, index)->packets == 0)
            continue;
        if (!annotate->open[index]) {
            *error =
                g_strdup_printf(_("'%s' could not be opened once more: '%s' would lack it"),
                                annotate->options->captures[index], annotate->options->annotate);
            return false;
        }
        uint64_t copied = copy_capture(annotate, index);
        if (!annotate->out_error && copied < input_capture(input, index)->packets) {
            *error =
                g_strdup_printf(_("'%s' was cut short while it was read: its copy in '%s' ends "
                                  "at frame %llu"),
                                annotate->options->captures[index], annotate->options->annotate,
                                (unsigned long long)copied);
            return false;
        }
    }
    return true;
}

/* The comments are kept, and the copy, where it is whole, is in its place; else false with a
 * sentence in *error. */
static bool check_written(struct annotate *annotate, bool whole, char **error)
{
    bool kept = annotate->texts_error == 0;
    annotate->out = NULL;
    char *why = NULL;
    bool written = output_close(&annotate->output, annotate->out_error, whole && kept, &why);
    if (!kept)
        *error = g_strdup_printf(
            _("cannot keep the comments of '%s' in a temporary file in '%s': %s"),
            annotate->options->annotate, g_get_tmp_dir(), g_strerror(annotate->texts_error));
    else if (!written)
        *error = g_steal_pointer(&why);
    g_free(why);
    return kept && written;
}

/* As the first reading took them: captures without a time come first. */
static gint by_first_time(gconstpointer a, gconstpointer b, gpointer input)
{
    int64_t x = input_capture(input, *(const uint32_t *)a)->first_time;
    int64_t y = input_capture(input, *(const uint32_t *)b)->first_time;
    return x < y ? -1 : x > y;
}

bool annotate_close(struct annotate *annotate, struct input *input, uint64_t *rewritten,
                    char **error)
{
    size_t count = annotate->options->capture_count;
    uint32_t *order = g_new(uint32_t, count);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    g_qsort_with_data(order, (gint)count, sizeof *order, by_first_time, input);
    g_array_sort(annotate->notes, compare_notes);
    if (fflush(annotate->texts) != 0 && annotate->texts_error == 0)
        annotate->texts_error = errno;
    char *cut = NULL;
    bool whole = annotate->texts_error || copy_all(annotate, input, order, &cut);
    g_free(order);
    bool written = check_written(annotate, whole, error) && whole;
    if (!whole && !*error)
        *error = g_steal_pointer(&cut);
    g_free(cut);
    *rewritten = annotate->rewritten;
    annotate_discard(annotate);
    return written;
}
