/* SPDX-License-Identifier: GPL-2.0-or-later */
/* door.h - libwireshark with the plugin in it, for targets of the plugin. */
#ifndef TCPRST_FUZZ_DOOR_H
#define TCPRST_FUZZ_DOOR_H

#include <wireshark.h>

#include <epan/column-info.h>

/* Once. Returns the number of the plugin's protocol; columns become those of the packet list. The
 * statistics of the plugin listen. */
int door_start(column_info *columns);

#endif
