/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hf.c - see hf.h. */
#include "hf.h"
#include "translate.h"

#define HF_ANALYZER(member)
#define HF_HEAD(member) int hf_##member = -1;
#define HF_BODY(member) int hf_##member = -1;
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    HF_##DOORS(member)
#include "tcprst/verdict.def"

int hf_strength_level = -1;
int hf_severity_level = -1;
int hf_meaning = -1;
int hf_evidence_frame = -1;
int hf_advice = -1;
int hf_references = -1;
int hf_drew = -1;
int hf_reset_in = -1;
int hf_continued = -1;

int ett_tcprst = -1;
int ett_alternatives = -1;
int ett_evidence = -1;
int ett_numbers = -1;
int ett_about = -1;

/* The words as ordered numbers, filled from the core's. */
static value_string strength_levels[TCPRST_STRENGTH_CERTAIN + 1];
static value_string severity_levels[TCPRST_SEVERITY_SUSPICIOUS + 2];

#define STRING_FIELD(hf, name, abbrev, blurb)                                                      \
    {                                                                                              \
        &(hf),                                                                                     \
        {                                                                                          \
            (name), (abbrev), FT_STRING, BASE_NONE, NULL, 0, (blurb), HFILL                        \
        }                                                                                          \
    }
#define FRAME_FIELD(hf, name, abbrev, type, blurb)                                                 \
    {                                                                                              \
        &(hf),                                                                                     \
        {                                                                                          \
            (name), (abbrev), FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(type), 0, (blurb), HFILL       \
        }                                                                                          \
    }
#define COUNT_FIELD(hf, name, abbrev, blurb)                                                       \
    {                                                                                              \
        &(hf),                                                                                     \
        {                                                                                          \
            (name), (abbrev), FT_UINT64, BASE_DEC, NULL, 0, (blurb), HFILL                         \
        }                                                                                          \
    }

#define REGISTER_WORD(member, of, filter, label, sentence)                                         \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_FLAG(member, of, filter, label, sentence)                                         \
    {&hf_##member, {label, filter, FT_BOOLEAN, BASE_NONE, NULL, 0, sentence, HFILL}},
#define REGISTER_COUNT(member, of, filter, label, sentence)                                        \
    COUNT_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_SECONDS(member, of, filter, label, sentence)                                      \
    {&hf_##member, {label, filter, FT_RELATIVE_TIME, BASE_NONE, NULL, 0, sentence, HFILL}},
#define REGISTER_FRAME(member, of, filter, label, sentence)                                        \
    FRAME_FIELD(hf_##member, label, filter, FT_FRAMENUM_##of, sentence),
#define REGISTER_TEXT(member, of, filter, label, sentence)                                         \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_LIST(member, of, filter, label, sentence)                                         \
    REGISTER_LIST_##of(member, filter, label, sentence)
#define REGISTER_LIST_alternative(member, filter, label, sentence)                                 \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_LIST_evidence(member, filter, label, sentence)                                    \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_LIST_place(member, filter, label, sentence)                                       \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_LIST_alteration(member, filter, label, sentence)                                  \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_LIST_reason(member, filter, label, sentence)                                      \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_LIST_name(member, filter, label, sentence)                                        \
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_LIST_sighting(member, filter, label, sentence)                                    \
    FRAME_FIELD(hf_##member, label, filter, FT_FRAMENUM_NONE, sentence),
#define REGISTER_ANALYZER(KIND, member, of, filter, label, sentence)
#define REGISTER_HEAD(KIND, ...) REGISTER_##KIND(__VA_ARGS__)
#define REGISTER_BODY(KIND, ...) REGISTER_##KIND(__VA_ARGS__)

static hf_register_info fields[] = {
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    REGISTER_##DOORS(KIND, member, of, filter, label, sentence)
#include "tcprst/verdict.def"
    {&hf_strength_level,
     {N_("Strength, ordered"), "tcprst.strength.level", FT_UINT8, BASE_DEC, VALS(strength_levels),
      0, N_("tcprst.strength for comparisons: possible < likely < certain"), HFILL}},
    {&hf_severity_level,
     {N_("Severity, ordered"), "tcprst.severity.level", FT_UINT8, BASE_DEC, VALS(severity_levels),
      0, N_("tcprst.severity for comparisons: benign < notable < suspicious"), HFILL}},
    STRING_FIELD(hf_meaning, N_("Meaning"), "tcprst.meaning", N_("What the cause means")),
    FRAME_FIELD(hf_evidence_frame, N_("Seen in frame"), "tcprst.evidence.frame", FT_FRAMENUM_NONE,
                N_("The frame that shows this")),
    STRING_FIELD(hf_advice, N_("Check next"), "tcprst.advice", N_("What to look at next")),
    STRING_FIELD(hf_references, N_("References"), "tcprst.references",
                 N_("Where the standards and kernels say so")),
    FRAME_FIELD(hf_drew, N_("Reset in frame"), "tcprst.drew", FT_FRAMENUM_RESPONSE,
                N_("The RST that answers this segment")),
    FRAME_FIELD(hf_reset_in, N_("Connection reset in frame"), "tcprst.reset_in", FT_FRAMENUM_NONE,
                N_("On a SYN: the RST that ended the connection it opened")),
    STRING_FIELD(hf_continued, N_("Continued"), "tcprst.continued",
                 N_("A further line of the text before it")),
};

static void fill_levels(void)
{
    for (int i = TCPRST_STRENGTH_POSSIBLE; i <= TCPRST_STRENGTH_CERTAIN; i++)
        strength_levels[i - 1] =
            (value_string){(uint32_t)i, tcprst_strength_id((enum tcprst_strength)i)};
    for (int i = 0; i <= TCPRST_SEVERITY_SUSPICIOUS; i++)
        severity_levels[i] =
            (value_string){(uint32_t)i, tcprst_severity_id((enum tcprst_severity)i)};
}

/* The table is in English, as verdict.def is. */
static void translate_fields(void)
{
    for (size_t i = 0; i < array_length(fields); i++) {
        fields[i].hfinfo.name = _(fields[i].hfinfo.name);
        fields[i].hfinfo.blurb = _(fields[i].hfinfo.blurb);
    }
}

void tcprst_hf_register(int proto)
{
    static int *subtrees[] = {&ett_tcprst, &ett_alternatives, &ett_evidence, &ett_numbers,
                              &ett_about};
    fill_levels();
    translate_fields();
    proto_register_field_array(proto, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}
