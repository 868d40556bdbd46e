/* SPDX-License-Identifier: GPL-2.0-or-later */
/* statistics.h - counts of resets: Statistics > TCP Reset Causes, tshark -z tcprst,tree and -z
 * tcprst,summary. */
#ifndef TCPRST_PLUGIN_STATISTICS_H
#define TCPRST_PLUGIN_STATISTICS_H

#include "records.h"
#include "versions.h"

void tcprst_statistics_register(void);

/* To be called while the records of the file that ends are still there. */
void tcprst_statistics_end_file(void);

/* Whether anybody counts. */
bool tcprst_statistics_counted(void);

/* Offers a dissected RST to whoever counts. */
void tcprst_statistics_queue(packet_info *pinfo, const struct tcprst_record *record);

#endif
