/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotate.h - verdicts in the packet details and the packet list: fields, subtree, Info column. */
#ifndef TCPRST_PLUGIN_ANNOTATE_H
#define TCPRST_PLUGIN_ANNOTATE_H

#include "records.h"
#include "tcprst.h"
#include "versions.h"

/* Who asks for what is known of a segment. */
struct wanted {
    bool fields; /* somebody reads the tree, or it is searched for a field of ours */
    bool expert; /* expert information is read, searched or counted */
    bool info;   /* the Info column is being written, and the preference says yes */
};

/* Registers fields and subtrees of the protocol. */
void tcprst_annotate_register(int proto);

/* Adds the verdict on a RST behind what is in tree, as far as it is wanted; tree may be NULL. */
void tcprst_annotate_reset(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
                           const struct tcprst_verdict *verdict, const struct wanted *wanted);

/* Adds links to the resets that the segment drew, and to the one that ended its connection. Returns
 * the item they stand in, or NULL: there are none. */
proto_item *tcprst_annotate_segment(proto_tree *tree, tvbuff_t *tvb,
                                    const struct tcprst_segment *segment);

#endif
