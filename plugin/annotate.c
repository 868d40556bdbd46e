/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotate.c - a verdict as a subtree of fields. Sentences come from the core, so that the analyzer
 * says the same. */
#include "annotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A line of the details pane; Wireshark cuts labels at 240 octets, and nobody reads lines that
 * long. */
enum { LINE_WIDTH = 120, TEXT_SIZE = 1024 };

/* Links shown in one frame at most: a hostile capture may have a million answers to one segment. */
enum { DREW_MAX = 100 };

static int proto_tcprst = -1;
static const int *expert_min_strength;

/* hf_<member> of each field of verdict.def that Wireshark shows. */
#define HF_ANALYZER(member)
#define HF_HEAD(member) static int hf_##member = -1;
#define HF_BODY(member) static int hf_##member = -1;
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    HF_##DOORS(member)
#include "tcprst/verdict.def"

static int hf_meaning = -1;
static int hf_evidence_frame = -1;
static int hf_advice = -1;
static int hf_references = -1;
static int hf_drew = -1;
static int hf_continued = -1;

static int ett_tcprst = -1;
static int ett_evidence = -1;

/* One for each cause and severity, so that Wireshark's list of expert information, which counts by
 * them, counts causes. */
enum { SEVERITIES = TCPRST_SEVERITY_SUSPICIOUS + 1, EXPERTS = TCPRST_CAUSE_COUNT * SEVERITIES };
static expert_field expert_fields[TCPRST_CAUSE_COUNT][SEVERITIES];

/* ---- Registration
 * ------------------------------------------------------------------------------------------------
 */

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
    STRING_FIELD(hf_##member, label, filter, sentence),
#define REGISTER_ANALYZER(KIND, member, of, filter, label, sentence)
#define REGISTER_HEAD(KIND, ...) REGISTER_##KIND(__VA_ARGS__)
#define REGISTER_BODY(KIND, ...) REGISTER_##KIND(__VA_ARGS__)

static hf_register_info fields[] = {
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    REGISTER_##DOORS(KIND, member, of, filter, label, sentence)
#include "tcprst/verdict.def"
    STRING_FIELD(hf_meaning, "Meaning", "tcprst.meaning", "What the cause means"),
    FRAME_FIELD(hf_evidence_frame, "Seen in frame", "tcprst.evidence.frame", FT_FRAMENUM_NONE,
                "The frame that shows this"),
    STRING_FIELD(hf_advice, "Check next", "tcprst.advice", "What to look at next"),
    STRING_FIELD(hf_references, "References", "tcprst.references",
                 "Where the standards and kernels say so"),
    FRAME_FIELD(hf_drew, "Drew the reset in frame", "tcprst.drew", FT_FRAMENUM_RESPONSE,
                "The RST that answers this segment"),
    {&hf_continued,
     {"Continued", "tcprst.continued", FT_NONE, BASE_NONE, NULL, 0, "Rest of a long text", HFILL}},
};

static int expert_level(enum tcprst_severity severity)
{
    switch (severity) {
    case TCPRST_SEVERITY_SUSPICIOUS:
        return PI_WARN;
    case TCPRST_SEVERITY_NOTABLE:
        return PI_NOTE;
    default:
        return PI_CHAT;
    }
}

/* tcprst.notable.peer-restarted and so on. Wireshark keeps what it is given here, so nothing of it
 * is ever freed. */
static void register_experts(int proto)
{
    static ei_register_info experts[EXPERTS];
    for (int i = 0; i < EXPERTS; i++) {
        int cause = i / SEVERITIES, severity = i % SEVERITIES;
        const struct tcprst_cause_info *info = tcprst_cause_info((enum tcprst_cause)cause);
        const char *word = tcprst_severity_id((enum tcprst_severity)severity);
        expert_fields[cause][severity] = (expert_field)EI_INIT;
        experts[i] = (ei_register_info){
            &expert_fields[cause][severity],
            {wmem_strdup_printf(wmem_epan_scope(), "tcprst.%s.%s", word, info->id), PI_SEQUENCE,
             expert_level((enum tcprst_severity)severity),
             wmem_strdup_printf(wmem_epan_scope(), "%s: %s", info->id, info->title), EXPFILL}};
    }
    expert_register_field_array(expert_register_protocol(proto), experts, EXPERTS);
}

void tcprst_annotate_register(int proto, const int *min_strength)
{
    static int *subtrees[] = {&ett_tcprst, &ett_evidence};
    proto_tcprst = proto;
    expert_min_strength = min_strength;
    proto_register_field_array(proto, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
    register_experts(proto);
}

/* ---- Building blocks
 * --------------------------------------------------------------------------------------------- */

/* Where the items of one verdict go. All are generated: none stands for octets of the packet. */
struct place {
    proto_tree *tree;
    tvbuff_t *tvb;
};

static proto_item *add_word(struct place at, int hf, const char *word)
{
    proto_item *item = proto_tree_add_string(at.tree, hf, at.tvb, 0, 0, word);
    proto_item_set_generated(item);
    return item;
}

static void add_frame(struct place at, int hf, const struct tcprst_frame *frame)
{
    if (frame->number == 0)
        return;
    proto_item *item = proto_tree_add_uint(at.tree, hf, at.tvb, 0, 0, (uint32_t)frame->number);
    proto_item_set_generated(item);
}

/* The first RST of its event; of many it is the only one. */
static void add_event(struct place at, const struct tcprst_verdict *verdict)
{
    if (verdict->event.number == 0 || verdict->event.number != verdict->frame.number) {
        add_frame(at, hf_event, &verdict->event);
        return;
    }
    uint32_t number = (uint32_t)verdict->event.number;
    proto_item_set_generated(proto_tree_add_uint_format_value(at.tree, hf_event, at.tvb, 0, 0,
                                                              number, "%u (this one)", number));
}

static void add_count(struct place at, int hf, int64_t count)
{
    if (count < 0)
        return;
    proto_item_set_generated(proto_tree_add_uint64(at.tree, hf, at.tvb, 0, 0, (uint64_t)count));
}

/* How much of text fits a line: up to the last space before the width, or all. */
static size_t line_length(const char *text)
{
    size_t length = strlen(text);
    if (length <= LINE_WIDTH)
        return length;
    for (size_t i = LINE_WIDTH; i > 0; i--)
        if (text[i] == ' ')
            return i;
    return length;
}

/* An item whose value is value and whose label is text, over as many lines as it needs; without the
 * brackets of a generated item where there are several, for each line would get a pair. */
static proto_item *add_text(struct place at, int hf, const char *value, const char *text)
{
    size_t length = line_length(text);
    proto_item *item = proto_tree_add_string_format_value(at.tree, hf, at.tvb, 0, 0, value, "%.*s",
                                                          (int)length, text);
    if (text[length] == '\0')
        proto_item_set_generated(item);
    while (text[length] == ' ') {
        text += length + 1;
        length = line_length(text);
        proto_tree_add_none_format(at.tree, hf_continued, at.tvb, 0, 0, "        %.*s", (int)length,
                                   text);
    }
    return item;
}

/* ---- The verdict
 * -------------------------------------------------------------------------------------------------
 */

static void add_cause(struct place at, const struct tcprst_verdict *verdict)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict->cause);
    proto_item *item = proto_tree_add_string_format_value(at.tree, hf_cause, at.tvb, 0, 0, info->id,
                                                          "%s: %s", info->id, info->title);
    proto_item_set_generated(item);
    add_word(at, hf_strength, tcprst_strength_id(verdict->strength));
    const char *group = tcprst_group_id(info->group);
    proto_item_set_generated(proto_tree_add_string_format_value(
        at.tree, hf_group, at.tvb, 0, 0, group, "%s: %s", group, tcprst_group_title(info->group)));
    if (*info->meaning)
        add_text(at, hf_meaning, info->meaning, info->meaning);
}

/* The label of a piece of evidence, as the analyzer prints it: frame, if one shows it, and
 * sentence. */
static void evidence_label(const struct tcprst_evidence *evidence, char *label, size_t size)
{
    int length = 0;
    if (evidence->frame.number)
        length = snprintf(label, size, "frame %" PRIu64 ": ", evidence->frame.number);
    tcprst_evidence_text(evidence, label + length, size - (size_t)length);
}

static void add_evidence(struct place at, const struct tcprst_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->evidence_count; i++) {
        const struct tcprst_evidence *evidence = &verdict->evidence[i];
        char label[TEXT_SIZE];
        evidence_label(evidence, label, sizeof label);
        proto_item *item = add_text(at, hf_evidence, tcprst_fact_id(evidence->fact), label);
        struct place below = {proto_item_add_subtree(item, ett_evidence), at.tvb};
        add_frame(below, hf_evidence_frame, &evidence->frame);
    }
}

static void add_alternatives(struct place at, const struct tcprst_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->alternative_count; i++) {
        const struct tcprst_alternative *alternative = &verdict->alternatives[i];
        const struct tcprst_cause_info *info = tcprst_cause_info(alternative->cause);
        proto_item_set_generated(proto_tree_add_string_format_value(
            at.tree, hf_alternative, at.tvb, 0, 0, info->id, "%s (%s): %s", info->id,
            tcprst_strength_id(alternative->strength), info->title));
    }
}

static void add_seconds(struct place at, int hf, int64_t nanoseconds)
{
    if (nanoseconds < 0)
        return;
    nstime_t time = {.secs = (time_t)(nanoseconds / 1000000000),
                     .nsecs = (int)(nanoseconds % 1000000000)};
    proto_item_set_generated(proto_tree_add_time(at.tree, hf, at.tvb, 0, 0, &time));
}

static const char *text_device_text(const struct tcprst_verdict *verdict)
{
    return verdict->device_text_length ? verdict->device_text : NULL;
}

static void add_word_or_none(struct place at, int hf, const char *word)
{
    if (word)
        add_word(at, hf, word);
}

#define ADD_WORD(member, of, absent)                                                               \
    add_word_or_none(at, hf_##member,                                                              \
                     (absent) && !verdict->member ? NULL : tcprst_##of##_id(verdict->member));
#define ADD_FLAG(member, of, absent)                                                               \
    proto_item_set_generated(                                                                      \
        proto_tree_add_boolean(at.tree, hf_##member, at.tvb, 0, 0, verdict->member));
#define ADD_FRAME(member, of, absent) add_frame(at, hf_##member, &verdict->member);
#define ADD_COUNT(member, of, absent) add_count(at, hf_##member, verdict->member);
#define ADD_SECONDS(member, of, absent) add_seconds(at, hf_##member, verdict->member);
#define ADD_TEXT(member, of, absent) add_word_or_none(at, hf_##member, text_##member(verdict));
#define ADD_ANALYZER(KIND, member, of, absent)
#define ADD_HEAD(KIND, member, of, absent)
#define ADD_BODY(KIND, member, of, absent) ADD_##KIND(member, of, absent)

static void add_dimensions(struct place at, const struct tcprst_verdict *verdict)
{
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    ADD_##DOORS(KIND, member, of, absent)
#include "tcprst/verdict.def"
}

static void add_advice(struct place at, const struct tcprst_verdict *verdict)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict->cause);
    if (*info->advice)
        add_text(at, hf_advice, info->advice, info->advice);
    if (*info->references)
        add_text(at, hf_references, info->references, info->references);
    const char *state = verdict->final ? "yes" : "no, packets still to come may change the verdict";
    proto_item_set_generated(proto_tree_add_boolean_format_value(at.tree, hf_final, at.tvb, 0, 0,
                                                                 verdict->final, "%s", state));
}

/* ---- Expert information
 * ------------------------------------------------------------------------------------------ */

/*
 * Wireshark's expert column shows the severity that was set last. It must go on showing what stands
 * there without us where that is higher: the RST flag alone is a warning.
 */
static void restore_expert_column(packet_info *pinfo, const char *before)
{
    const char *now = col_get_text(pinfo->cinfo, COL_EXPERT);
    if (before && now &&
        str_to_val(before, expert_severity_vals, 0) > str_to_val(now, expert_severity_vals, 0))
        col_add_str(pinfo->cinfo, COL_EXPERT, before);
}

static void add_expert(packet_info *pinfo, proto_item *item, const struct tcprst_verdict *verdict)
{
    if (verdict->duplicate_of.number || (int)verdict->strength < *expert_min_strength)
        return;
    const char *before = wmem_strdup(pinfo->pool, col_get_text(pinfo->cinfo, COL_EXPERT));
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict->cause);
    expert_add_info_format(pinfo, item, &expert_fields[verdict->cause][verdict->severity],
                           "%s (%s): %s", info->id, tcprst_strength_id(verdict->strength),
                           info->title);
    restore_expert_column(pinfo, before);
}

/* ---- Both kinds of frames
 * ---------------------------------------------------------------------------------------- */

static proto_item *add_verdict(proto_tree *tree, tvbuff_t *tvb,
                               const struct tcprst_verdict *verdict)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict->cause);
    proto_item *root = proto_tree_add_protocol_format(
        tree, proto_tcprst, tvb, 0, 0, "TCP Reset Cause: %s (%s): %s", info->id,
        tcprst_strength_id(verdict->strength), info->title);
    proto_item_set_generated(root);
    struct place at = {proto_item_add_subtree(root, ett_tcprst), tvb};
    add_cause(at, verdict);
    add_evidence(at, verdict);
    add_frame(at, hf_trigger, &verdict->trigger);
    add_frame(at, hf_duplicate_of, &verdict->duplicate_of);
    add_event(at, verdict);
    add_alternatives(at, verdict);
    add_dimensions(at, verdict);
    add_advice(at, verdict);
    return root;
}

void tcprst_annotate_reset(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
                           const struct tcprst_verdict *verdict)
{
    /* Without a tree, as when a file is loaded, only the expert information is counted. */
    proto_item *root = tree ? add_verdict(tree, tvb, verdict) : NULL;
    add_expert(pinfo, root, verdict);
}

proto_item *tcprst_annotate_trigger(proto_tree *tree, tvbuff_t *tvb,
                                    const struct tcprst_segment *segment,
                                    const struct tcprst_record *first)
{
    proto_item *root = proto_tree_add_protocol_format(
        tree, proto_tcprst, tvb, 0, 0, "TCP Reset Cause: this segment drew the reset in frame %u",
        tcprst_record_frame(first));
    proto_item_set_generated(root);
    struct place at = {proto_item_add_subtree(root, ett_tcprst), tvb};
    const struct tcprst_record *record = first;
    for (int i = 0; record && i < DREW_MAX; i++) {
        struct tcprst_frame frame = {.number = tcprst_record_frame(record)};
        add_frame(at, hf_drew, &frame);
        record = tcprst_record_next_drawn(record, segment);
    }
    return root;
}
