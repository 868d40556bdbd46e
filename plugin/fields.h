/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields.h - what Wireshark knows of one TCP layer, as the core's segment. */
#ifndef TCPRST_PLUGIN_FIELDS_H
#define TCPRST_PLUGIN_FIELDS_H

#include "tcprst.h"
#include "versions.h"

/*
 * Fills segment, but for layer and cookie, from the TCP layer in tvb. data is what the IP dissector
 * handed down: its header, or NULL. The segment borrows the octets of tvb. Returns false where they
 * say nothing as TCP over IP.
 */
bool tcprst_fields_read(struct tcprst_segment *segment, tvbuff_t *tvb, packet_info *pinfo,
                        void *data);

/* The interface that captured the packet, as its file numbers them, 0: it does not say. Returns
 * whether the file may have several. */
bool tcprst_fields_interface(const packet_info *pinfo, uint32_t *interface);

#endif
