/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hf.h - the fields of the protocol, and its subtrees, as Wireshark numbers them. */
#ifndef TCPRST_PLUGIN_HF_H
#define TCPRST_PLUGIN_HF_H

#include "tcprst.h"
#include "versions.h"

/* hf_<member> of each field of verdict.def that Wireshark shows. */
#define HF_ANALYZER(member)
#define HF_HEAD(member) extern int hf_##member;
#define HF_BODY(member) extern int hf_##member;
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    HF_##DOORS(member)
#include "tcprst/verdict.def"
#undef HF_ANALYZER
#undef HF_HEAD
#undef HF_BODY

extern int hf_strength_level;
extern int hf_severity_level;
extern int hf_meaning;
extern int hf_evidence_frame;
extern int hf_advice;
extern int hf_references;
extern int hf_drew;
extern int hf_reset_in;
extern int hf_continued;

extern int ett_tcprst;
extern int ett_alternatives;
extern int ett_evidence;
extern int ett_numbers;
extern int ett_about;

void tcprst_hf_register(int proto);

#endif
