/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expert.h - verdicts as expert information: Analyze > Expert Information, tshark -z expert. */
#ifndef TCPRST_PLUGIN_EXPERT_H
#define TCPRST_PLUGIN_EXPERT_H

#include "tcprst.h"
#include "versions.h"

/* Registers what can be said. min_strength is read at each reset: what is weaker is not said. */
void tcprst_expert_register(int proto, const int *min_strength);

/* Says it of the frame, at item, which may be NULL. */
void tcprst_expert_add(packet_info *pinfo, proto_item *item, const struct tcprst_verdict *verdict);

#endif
