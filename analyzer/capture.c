/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture.c - tells pcap from pcapng, and what both readers share: the window, errors, times. */
#include "capture.h"

#include "tcprst.h"
#include "translate.h"

enum {
    MAGIC_SIZE = 4,
    PCAPNG_MAGIC =
        0x0a0d0d0a, /* the block type of a section header, the same in both octet orders */
};

/* What is damaged stays so: the source may not be asked again. */
static enum capture_status remain_damaged(struct capture *capture, struct packet *packet)
{
    (void)capture;
    (void)packet;
    return CAPTURE_DAMAGED;
}

enum capture_status capture_damaged(struct capture *capture, char *error)
{
    g_free(capture->error);
    capture->error = error;
    capture->next = remain_damaged;
    capture->at_hand = NULL;
    return CAPTURE_DAMAGED;
}

int64_t capture_time(int64_t seconds, uint64_t nanoseconds)
{
    if (nanoseconds >= CAPTURE_NANOSECONDS) {
        if (nanoseconds / CAPTURE_NANOSECONDS > INT32_MAX)
            return TCPRST_TIME_UNKNOWN;
        seconds += (int64_t)(nanoseconds / CAPTURE_NANOSECONDS);
        nanoseconds %= CAPTURE_NANOSECONDS;
    }
    if (seconds > INT32_MAX * INT64_C(4) || seconds < INT32_MIN)
        return TCPRST_TIME_UNKNOWN;
    int64_t time = seconds * CAPTURE_NANOSECONDS + (int64_t)nanoseconds;
    return tcprst_time_known(time) ? time : TCPRST_TIME_UNKNOWN;
}

enum capture_status capture_need_more(struct capture *capture, size_t need)
{
    if (!capture->may_wait)
        return CAPTURE_MORE;
    switch (source_fill(&capture->source, need)) {
    case SOURCE_READY:
        return CAPTURE_PACKET;
    case SOURCE_PAUSED:
        return CAPTURE_PAUSED;
    case SOURCE_INTERRUPTED:
        return CAPTURE_INTERRUPTED;
    case SOURCE_FAILED:
        return capture_damaged(capture, g_strdup(capture->source.error));
    case SOURCE_END:
        break;
    }
    return CAPTURE_END;
}

uint32_t capture_max_packet(uint16_t link_type)
{
    enum { STANDARD = 262144, MEBIOCTET = 1 << 20 };
    enum { USB_LINUX_MMAPPED = 220, DBUS = 231, USBPCAP = 249, EBHSCR = 279 };
    switch (link_type) {
    case USB_LINUX_MMAPPED:
    case USBPCAP:
    case DBUS:
        return 128 * MEBIOCTET;
    case EBHSCR:
        return 32 * MEBIOCTET;
    default:
        return STANDARD;
    }
}

/* Takes the file header. */
static enum capture_status open_header(struct capture *capture, struct packet *packet)
{
    enum capture_status status = capture_need(capture, MAGIC_SIZE);
    if (status == CAPTURE_END)
        return capture_damaged(capture,
                               g_strdup(capture->source.size ? _("not a capture: it is too short")
                                                             : _("not a capture: it is empty")));
    if (status != CAPTURE_PACKET)
        return status;
    uint32_t magic;
    memcpy(&magic, capture->source.data, sizeof magic);
    status = magic == PCAPNG_MAGIC ? capture_pcapng_open(capture) : capture_pcap_open(capture);
    if (status != CAPTURE_PACKET)
        return status;
    return capture->next(capture, packet);
}

void capture_start(struct capture *capture)
{
    capture->format = "";
    capture->time_digits = 6;
    capture->next = open_header;
    capture->interfaces = g_array_new(FALSE, TRUE, sizeof(struct capture_interface));
}

static void release(struct capture *capture)
{
    g_array_unref(capture->interfaces);
    g_free(capture->error);
}

void capture_close(struct capture *capture)
{
    if (capture->interfaces)
        release(capture);
    source_close(&capture->source);
    g_free(capture->source.error);
    *capture = (struct capture){.source.fd = -1};
}

bool capture_rewind(struct capture *capture)
{
    if (!source_rewind(&capture->source))
        return false;
    release(capture);
    struct source source = capture->source;
    *capture = (struct capture){.source = source, .notes = capture->notes};
    capture_start(capture);
    return true;
}

enum capture_status capture_next(struct capture *capture, struct packet *packet, bool may_wait)
{
    capture->may_wait = may_wait;
    return capture->next(capture, packet);
}
