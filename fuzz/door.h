/* SPDX-License-Identifier: GPL-2.0-or-later */
/* door.h - libwireshark with the plugin in it, for targets of the plugin. */
#ifndef TCPRST_FUZZ_DOOR_H
#define TCPRST_FUZZ_DOOR_H

#include <wireshark.h>

#include <epan/column-info.h>

/* Once. columns become those of the packet list. The statistics of the plugin listen. */
void door_start(column_info *columns);

#endif
