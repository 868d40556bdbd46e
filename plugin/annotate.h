/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotate.h - verdicts in the packet details: fields, subtree, expert information. */
#ifndef TCPRST_PLUGIN_ANNOTATE_H
#define TCPRST_PLUGIN_ANNOTATE_H

#include "records.h"
#include "tcprst.h"
#include "versions.h"

/* Registers fields, subtrees and expert information of the protocol. min_strength is read at each
 * reset: an expert item is added to verdicts at least that strong. */
void tcprst_annotate_register(int proto, const int *min_strength);

/* Adds the verdict on a RST behind what is in tree; tree may be NULL, expert information is counted
 * even then. */
void tcprst_annotate_reset(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
                           const struct tcprst_verdict *verdict);

/* Adds links to the resets that the segment drew, the first of them given, and returns the item
 * they stand in, or NULL. */
proto_item *tcprst_annotate_trigger(proto_tree *tree, tvbuff_t *tvb,
                                    const struct tcprst_segment *segment,
                                    const struct tcprst_record *first);

#endif
