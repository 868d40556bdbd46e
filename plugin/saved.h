/* SPDX-License-Identifier: GPL-2.0-or-later */
/* saved.h - a final verdict as it is kept for as long as its file is open. */
#ifndef TCPRST_PLUGIN_SAVED_H
#define TCPRST_PLUGIN_SAVED_H

#include "tcprst.h"
#include "versions.h"

struct tcprst_saved;

/* Frame, addresses, ports and numbers of the RST are not saved: the caller has them. Takes the room
 * that the core leaves as its verdicts become final; the caller frees it. */
struct tcprst_saved *tcprst_save(const struct tcprst_verdict *verdict);
void tcprst_saved_free(struct tcprst_saved *saved); /* NULL is fine */

/* The verdict again; what was not saved is zero. */
void tcprst_restore(const struct tcprst_saved *saved, struct tcprst_verdict *verdict);

#endif
