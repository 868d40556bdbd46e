/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_wireless.c - IEEE 802.11 data frames and the headers that capturing devices put before
 * them. */
#include "decode_layers.h"

enum {
    LINK_80211 = 105,
    LINK_PRISM = 119,
    LINK_RADIOTAP = 127,
    LINK_AVS = 163,
    LINK_PPI = 192,
};

enum { FCS_OCTETS = 4 };

/* How the device wrote the frame. */
struct framing {
    bool fcs;     /* a frame check sequence stands at the end */
    bool padded;  /* the header is padded to a multiple of 4 octets */
    bool swapped; /* the two octets of the frame control stand the other way round */
};

/* IEEE 802.11-2016, section 9.3.2.2: subframes of address, address, length, payload, each padded to
 * 4 octets. */
static void decode_aggregate(struct decoding *d, struct span span)
{
    enum { SUBFRAME_HEADER = 14 };
    while (has(span, SUBFRAME_HEADER)) {
        uint32_t length = be16(span.bytes + 12);
        uint8_t depth = d->depth;
        decode_llc(d, cut(skip(span, SUBFRAME_HEADER), length));
        d->depth = depth;
        uint32_t padded = (SUBFRAME_HEADER + length + 3) & ~3u;
        if (!has(span, padded))
            return;
        span = skip(span, padded);
    }
}

static void decode_data_frame(struct decoding *d, struct span span, struct framing framing)
{
    enum { TYPE_DATA = 2, NO_DATA = 0x40, QOS = 0x80 };
    enum { TO_DS = 0x01, FROM_DS = 0x02, MORE_FRAGMENTS = 0x04, PROTECTED = 0x40, ORDER = 0x80 };
    enum { AGGREGATE = 0x80 };
    if (!has(span, 24) || !enter(d))
        return;
    const uint8_t *p = span.bytes;
    uint8_t control = p[framing.swapped ? 1 : 0], flags = p[framing.swapped ? 0 : 1];
    /* A frame's payload that is encrypted, or a fragment of one, tells nothing. */
    if ((control & 0x03) != 0 || ((control >> 2) & 3) != TYPE_DATA || (control & NO_DATA) ||
        (flags & (PROTECTED | MORE_FRAGMENTS)) || (p[22] & 0x0f) != 0)
        return;
    uint32_t header = 24;
    if ((flags & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS))
        header += 6;
    bool aggregate = false;
    if (control & QOS) {
        if (!has(span, header + 2))
            return;
        aggregate = p[header] & AGGREGATE;
        header += 2;
        if (flags & ORDER)
            header += 4; /* HT control */
    }
    if (framing.padded)
        header = (header + 3) & ~3u;
    if (framing.fcs && span.length >= FCS_OCTETS)
        span = cut(span, span.length - FCS_OCTETS);
    if (!has(span, header))
        return;
    span = skip(span, header);
    if (aggregate)
        decode_aggregate(d, span);
    else
        decode_llc(d, span);
}

void decode_80211(struct decoding *d, struct span span)
{
    decode_data_frame(d, span, (struct framing){.fcs = d->packet->fcs_octets == FCS_OCTETS});
}

/* RFC 5415, section 4.3. Controllers write the frame control the other way round; Wireshark expects
 * it so. */
void decode_capwap(struct decoding *d, struct span span)
{
    enum { NATIVE = 0x01, IEEE_80211 = 1 };      /* in the third octet; its binding */
    enum { FRAGMENT = 0x80, KEEP_ALIVE = 0x08 }; /* in the fourth */
    if (!has(span, 8) || span.bytes[0] != 0 || !enter(d))
        return;
    const uint8_t *p = span.bytes;
    uint8_t binding = (p[2] >> 1) & 0x1f;
    span = skip_if(span, (p[1] >> 3) * 4u);
    if (p[3] & (FRAGMENT | KEEP_ALIVE))
        return;
    if (!(p[2] & NATIVE))
        decode_ethernet(d, span);
    else if (binding == IEEE_80211)
        decode_data_frame(d, span, (struct framing){.swapped = true});
}

/* https://www.radiotap.org: a length, bitmaps of what is present, then fields in the order of their
 * bits. */
static void decode_radiotap(struct decoding *d, struct span span)
{
    enum { TSFT = 0x01, FLAGS = 0x02, FLAG_FCS = 0x10, FLAG_PADDED = 0x20 };
    if (!has(span, 8))
        return;
    uint32_t length = le16(span.bytes + 2), offset = 4;
    if (length < 8 || !has(span, length))
        return;
    uint32_t present = le32(span.bytes + offset);
    do
        offset += 4; /* the high bit: another bitmap follows */
    while (offset + 4 <= length && le32(span.bytes + offset - 4) & 0x80000000u);
    if (present & TSFT)
        offset = ((offset + 7) & ~7u) + 8;
    struct framing framing = {0};
    if ((present & FLAGS) && offset < length) {
        framing.fcs = span.bytes[offset] & FLAG_FCS;
        framing.padded = span.bytes[offset] & FLAG_PADDED;
    }
    decode_data_frame(d, skip(span, length), framing);
}

/* Per-packet information: a length and the link type of what follows, little-endian. */
static void decode_ppi(struct decoding *d, struct span span)
{
    if (!has(span, 8) || !enter(d))
        return;
    uint32_t length = le16(span.bytes + 2), link = le32(span.bytes + 4);
    if (length >= 8 && link <= UINT16_MAX)
        decode_link(d, (uint16_t)link, skip_if(span, length));
}

static bool is_avs(struct span span)
{
    return has(span, 8) && (be32(span.bytes) & 0xfffff000) == 0x80211000;
}

static void decode_avs(struct decoding *d, struct span span)
{
    uint32_t length = has(span, 8) ? be32(span.bytes + 4) : 0;
    if (length >= 8)
        decode_80211(d, skip_if(span, length));
}

static void decode_prism(struct decoding *d, struct span span)
{
    enum { HEADER = 144 };
    if (is_avs(span))
        decode_avs(d, span);
    else if (has(span, HEADER))
        decode_80211(d, skip(span, HEADER));
}

void decode_wireless_link(struct decoding *d, uint16_t link_type, struct span span)
{
    switch (link_type) {
    case LINK_80211:
        decode_80211(d, span);
        break;
    case LINK_PRISM:
        decode_prism(d, span);
        break;
    case LINK_RADIOTAP:
        decode_radiotap(d, span);
        break;
    case LINK_AVS:
        decode_avs(d, span);
        break;
    case LINK_PPI:
        decode_ppi(d, span);
        break;
    default:
        break;
    }
}
