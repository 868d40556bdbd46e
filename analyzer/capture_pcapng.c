/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_pcapng.c - reads pcapng files (draft-ietf-opsawg-pcapng): any number of sections,
 * interfaces and link types. */
#include "capture.h"

enum capture_status capture_pcapng_open(struct capture *capture)
{
    return capture_damaged(capture, g_strdup("pcapng cannot be read yet"));
}
