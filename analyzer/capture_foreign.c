/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_foreign.c - names what is no pcap and no pcapng, and says how it becomes one. */
#include "capture.h"
#include "translate.h"

#include <string.h>

/* Where a format's magic stands, by Wireshark's wiretap. */
struct magic {
    size_t offset;
    const char *octets;
    size_t length;
    const char *name;
    bool editcap; /* converts it */
};

#define MAGIC(offset, octets, name, editcap)                                                       \
    {                                                                                              \
        offset, octets, sizeof(octets) - 1, name, editcap                                          \
    }

static const struct magic magics[] = {
    MAGIC(0, "snoop\0\0\0", "a snoop capture", true),
    MAGIC(0, "btsnoop\0", "a btsnoop capture", true),
    MAGIC(0, "GMBU", "a Network Monitor capture", true),
    MAGIC(0, "RTSS", "a Network Monitor capture", true),
    MAGIC(0, "TRSNIFF data    \x1a", "a Sniffer capture", true),
    MAGIC(0, "XCP\0", "a Sniffer capture", true),
    MAGIC(0, "\177ver", "an OmniPeek capture", true),
    MAGIC(0, "5VIEW", "a 5View capture", true),
    MAGIC(0, "\x54\x52\x00\x64", "an EyeSDN capture", true),
    MAGIC(0, "PK\003\004", "a zip archive: unpack it (unzip IN)", false),
    MAGIC(0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it (7z x IN)", false),
    MAGIC(0, "Rar!", "a RAR archive: unpack it (unrar x IN)", false),
    MAGIC(257, "ustar", "a tar archive: unpack it (tar xf IN)", false),
    MAGIC(0, "LZIP", "compressed by lzip: decompress it (lzip -dk IN)", false),
};

/* NetScaler's pages name themselves somewhere in their first record. */
static bool is_nstrace(const uint8_t *data, size_t size)
{
    static const char name[] = "NetScaler";
    for (size_t i = 0; i + sizeof name - 1 <= MIN(size, 64); i++)
        if (memcmp(data + i, name, sizeof name - 1) == 0)
            return true;
    return false;
}

/* An ERF record: no magic, but one of the common types, a time since 1995 and a length that holds
 * the header, in whole eights. */
static bool is_erf(const uint8_t *data, size_t size)
{
    enum { HEADER = 16, SECONDS_1995 = 0x2f };
    static const uint8_t types[] = {1, 2, 11, 20, 21, 22, 23, 27};
    if (size < HEADER || data[7] < SECONDS_1995 || data[9] >= 0x80)
        return false;
    unsigned record = (unsigned)data[10] << 8 | data[11], wire = (unsigned)data[14] << 8 | data[15];
    return memchr(types, data[8] & 0x7f, sizeof types) && record > HEADER && record % 8 == 0 &&
           wire > 0;
}

char *capture_foreign(const uint8_t *data, size_t size)
{
    const char *name = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(magics); i++) {
        const struct magic *magic = &magics[i];
        if (size < magic->offset + magic->length ||
            memcmp(data + magic->offset, magic->octets, magic->length) != 0)
            continue;
        if (!magic->editcap)
            return g_strdup_printf(_("not a capture but %s"), _(magic->name));
        name = magic->name;
    }
    if (!name && is_nstrace(data, size))
        name = N_("a NetScaler trace (nstrace)");
    if (!name && is_erf(data, size))
        name = N_("perhaps an ERF capture");
    if (!name)
        return g_strdup(_("not a capture: neither pcap nor pcapng"));
    return g_strdup_printf(_("neither pcap nor pcapng but %s: editcap IN out.pcapng converts it"),
                           _(name));
}
