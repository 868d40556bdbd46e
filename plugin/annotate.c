/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotate.c - a verdict as a subtree of fields. Sentences come from the core, so that the analyzer
 * says the same. */
#include "annotate.h"
#include "expert.h"
#include "hf.h"
#include "lines.h"
#include "tcprst/trace.h"
#include "translate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A line of the details pane as Wireshark divides its window by default; longer ones are cut. */
enum { LINE_WIDTH = 70, TEXT_SIZE = 1024 };

/* Links shown in one frame at most: a hostile capture may have a million answers to one segment. */
enum { DREW_MAX = 100 };

static int proto_tcprst = -1;

void tcprst_annotate_register(int proto)
{
    proto_tcprst = proto;
    tcprst_hf_register(proto);
}

/* ---- Building blocks ---- */

/* Where the items of one verdict go. All are generated: none stands for octets of the packet. */
struct place {
    proto_tree *tree;
    tvbuff_t *tvb;
};

/* Whether somebody reads it: a tree that is only searched needs values and no words. */
static bool is_read(struct place at)
{
    return PTREE_DATA(at.tree)->visible;
}

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
    bool first = verdict->event.number && verdict->event.number == verdict->frame.number;
    if (!first || !is_read(at)) {
        add_frame(at, hf_event, &verdict->event);
        return;
    }
    uint32_t number = (uint32_t)verdict->event.number;
    proto_item_set_generated(proto_tree_add_uint_format_value(at.tree, hf_event, at.tvb, 0, 0,
                                                              number, _("%u (this one)"), number));
}

static void add_count(struct place at, int hf, int64_t count)
{
    if (count < 0)
        return;
    proto_item_set_generated(proto_tree_add_uint64(at.tree, hf, at.tvb, 0, 0, (uint64_t)count));
}

/* The lines of text behind its first so many octets. */
static void add_rest(struct place at, const char *text, size_t first)
{
    const char *indent = "      ";
    text += first;
    while (*text) {
        text += *text == ' ';
        size_t length = tcprst_lines_length(text, LINE_WIDTH - strlen(indent));
        char *line = wmem_strndup(PTREE_DATA(at.tree)->pinfo->pool, text, length);
        proto_item_set_generated(proto_tree_add_string_format(at.tree, hf_continued, at.tvb, 0, 0,
                                                              line, "%s%s", indent, line));
        text += length;
    }
}

/* An item whose value is value and whose label is name and text, over as many lines as it needs. */
static proto_item *add_text(struct place at, int hf, const char *value, const char *name,
                            const char *text)
{
    if (!is_read(at))
        return add_word(at, hf, value);
    size_t length = tcprst_lines_length(text, LINE_WIDTH - tcprst_lines_columns(name));
    proto_item *item = proto_tree_add_string_format(at.tree, hf, at.tvb, 0, 0, value, "%s%.*s",
                                                    name, (int)length, text);
    proto_item_set_generated(item);
    add_rest(at, text, length);
    return item;
}

static struct place add_subtree(struct place at, int ett, const char *label, proto_item **item)
{
    proto_item *own;
    proto_tree *tree = proto_tree_add_subtree(at.tree, at.tvb, 0, 0, ett, &own, label);
    proto_item_set_generated(own);
    if (item)
        *item = own;
    return (struct place){tree, at.tvb};
}

/* ---- The rows that tell ---- */

static void add_level(struct place at, int hf, unsigned level)
{
    proto_item *item = proto_tree_add_uint(at.tree, hf, at.tvb, 0, 0, level);
    proto_item_set_generated(item);
    proto_item_set_hidden(item); /* the word stands beside it */
}

static const char *strength_word(enum tcprst_strength strength)
{
    return translate_word("strength", tcprst_strength_id(strength));
}

static void add_cause(struct place at, const struct tcprst_verdict *verdict)
{
    const char *id = tcprst_cause_id(verdict->cause);
    if (!is_read(at)) {
        add_word(at, hf_cause, id);
        return;
    }
    proto_item_set_generated(proto_tree_add_string_format(
        at.tree, hf_cause, at.tvb, 0, 0, id, _("Cause: %s, %s, %s"), id,
        strength_word(verdict->strength),
        translate_word("severity", tcprst_severity_id(verdict->severity))));
}

/* with: a sentence, its "%s" the frame's number. */
static void add_link(struct place at, int hf, const struct tcprst_frame *frame, const char *with)
{
    const char *place = strstr(with, "%s");
    if (frame->number == 0 || !place || !is_read(at)) {
        add_frame(at, hf, frame);
        return;
    }
    proto_item_set_generated(proto_tree_add_uint_format(
        at.tree, hf, at.tvb, 0, 0, (uint32_t)frame->number, "%.*s%" PRIu64 "%s",
        (int)(place - with), with, frame->number, place + strlen("%s")));
}

static const char *effect_in_words(enum tcprst_effect effect)
{
    switch (effect) {
    case TCPRST_EFFECT_RESET:
        return _("took effect");
    case TCPRST_EFFECT_CHALLENGED:
        return _("none, its receiver challenged it");
    case TCPRST_EFFECT_IGNORED:
        return _("none, its receiver went on");
    default:
        return _("not known");
    }
}

static void add_effect(struct place at, const struct tcprst_verdict *verdict)
{
    char risk[TEXT_SIZE];
    int64_t from = verdict->risk_from_sender, to = verdict->risk_to_sender;
    if (!is_read(at)) {
        add_word(at, hf_effect, tcprst_effect_id(verdict->effect));
        return;
    }
    if (from == 0 && to == 0)
        snprintf(risk, sizeof risk, "%s", _("; no bytes at risk"));
    else if (from >= 0 && to >= 0)
        snprintf(risk, sizeof risk, _("; bytes at risk: %lld from its sender, %lld to it"),
                 (long long)from, (long long)to);
    else
        snprintf(risk, sizeof risk, "%s", _("; bytes at risk not known"));
    proto_item_set_generated(proto_tree_add_string_format(
        at.tree, hf_effect, at.tvb, 0, 0, tcprst_effect_id(verdict->effect), _("Effect: %s%s"),
        effect_in_words(verdict->effect), risk));
}

static void add_origin(struct place at, const struct tcprst_verdict *verdict)
{
    char words[TEXT_SIZE];
    const char *who = _("the host of its source address");
    if (!is_read(at)) {
        add_word(at, hf_origin, tcprst_origin_id(verdict->origin));
        return;
    }
    if (verdict->sender != TCPRST_SENDER_UNKNOWN)
        who = verdict->sender == TCPRST_SENDER_CLIENT ? _("the client") : _("the server");
    if (verdict->origin == TCPRST_ORIGIN_ENDPOINT)
        snprintf(words, sizeof words, _("Sent by: %s itself"), who);
    else if (verdict->origin == TCPRST_ORIGIN_THIRD_PARTY)
        snprintf(words, sizeof words, _("Sent by: a third party, in the name of %s"), who);
    else
        snprintf(words, sizeof words, _("Sent by: %s, or somebody else in its name"), who);
    proto_item_set_generated(proto_tree_add_string_format(
        at.tree, hf_origin, at.tvb, 0, 0, tcprst_origin_id(verdict->origin), "%s", words));
}

static void add_advice(struct place at, const struct tcprst_verdict *verdict)
{
    const char *advice = tcprst_cause_info(verdict->cause)->advice;
    if (*advice)
        add_text(at, hf_advice, advice, _("Check next: "), _(advice));
}

/* Where else to look for what it leaves open. */
static void add_settling(struct place at, const struct tcprst_verdict *verdict)
{
    const char *id = tcprst_settled_by_id(verdict->settled_by);
    if (id)
        add_text(at, hf_settled_by, id, "", _(tcprst_settled_by_sentence(verdict->settled_by)));
}

static const char *alternative_word(const struct tcprst_verdict *verdict, unsigned i)
{
    return strength_word(verdict->alternatives[i].strength);
}

static void add_alternative(struct place at, const struct tcprst_verdict *verdict, unsigned i,
                            const char *name)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict->alternatives[i].cause);
    char label[TEXT_SIZE];
    if (!is_read(at)) {
        add_word(at, hf_alternative, info->id);
        return;
    }
    snprintf(label, sizeof label, _("%s (%s): %s"), info->id, alternative_word(verdict, i),
             _(info->title));
    add_text(at, hf_alternative, info->id, name, label);
}

/* One row: the best of them, and the others below it. */
static void add_alternatives(struct place at, const struct tcprst_verdict *verdict)
{
    unsigned more = verdict->alternative_count;
    if (more == 0)
        return;
    if (--more == 0) {
        add_alternative(at, verdict, 0, _("Not ruled out: "));
        return;
    }
    const char *id = tcprst_cause_id(verdict->alternatives[0].cause);
    proto_item *first = proto_tree_add_string_format(at.tree, hf_alternative, at.tvb, 0, 0, id,
                                                     _("Not ruled out: %s (%s) and %u more"), id,
                                                     alternative_word(verdict, 0), more);
    proto_item_set_generated(first);
    struct place below = {proto_item_add_subtree(first, ett_alternatives), at.tvb};
    for (unsigned i = 1; i <= more; i++)
        add_alternative(below, verdict, i, "");
}

/* ---- What stands behind it ---- */

/* A sentence; where a frame shows it, the line is a link there, and the fact's id does not show. */
static void add_fact(struct place at, const struct tcprst_evidence *evidence)
{
    char text[TEXT_SIZE];
    const char *id = tcprst_fact_id(evidence->fact);
    if (!is_read(at)) {
        add_word(at, hf_evidence, id);
        add_frame(at, hf_evidence_frame, &evidence->frame);
        return;
    }
    snprintf(text, sizeof text, "%s", evidence->against ? _("against it: ") : "");
    size_t used = strlen(text);
    tcprst_evidence_text(evidence, translate_sentence, text + used, sizeof text - used);
    if (evidence->frame.number == 0) {
        add_text(at, hf_evidence, id, "", text);
        return;
    }
    proto_item *fact = proto_tree_add_string(at.tree, hf_evidence, at.tvb, 0, 0, id);
    proto_item_set_generated(fact);
    proto_item_set_hidden(fact);
    char number[32];
    snprintf(number, sizeof number, "#%" PRIu64 ": ", evidence->frame.number);
    size_t length = tcprst_lines_length(text, LINE_WIDTH - strlen(number));
    proto_item_set_generated(proto_tree_add_uint_format(at.tree, hf_evidence_frame, at.tvb, 0, 0,
                                                        (uint32_t)evidence->frame.number, "%s%.*s",
                                                        number, (int)length, text));
    add_rest(at, text, length);
}

static void add_evidence(struct place at, const struct tcprst_verdict *verdict)
{
    if (verdict->evidence_count == 0)
        return;
    struct place below = add_subtree(at, ett_evidence, _("Evidence"), NULL);
    for (unsigned i = 0; i < verdict->evidence_count; i++)
        add_fact(below, &verdict->evidence[i]);
}

static void add_sightings(struct place at, const struct tcprst_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->sighting_count; i++) {
        uint32_t frame = (uint32_t)verdict->sightings[i].frame.number;
        proto_item_set_generated(proto_tree_add_uint(at.tree, hf_sightings, at.tvb, 0, 0, frame));
    }
    for (unsigned p = 0; p < TCPRST_MAX_PLACES; p++) {
        char name[PLACE_NAME_SIZE];
        if (!(verdict->missing_at >> p & 1))
            continue;
        tcprst_records_place_name(p, name, sizeof name);
        add_word(at, hf_missing, name);
    }
    for (unsigned i = 0; i < verdict->altered_count; i++) {
        const struct tcprst_altered *a = &verdict->altered[i];
        proto_item_set_generated(
            proto_tree_add_string_format_value(at.tree, hf_altered, at.tvb, 0, 0, a->field,
                                               _("%s: %u became %u"), a->field, a->from, a->to));
    }
}

static void name_end(char *text, size_t size, const uint8_t *address, unsigned ip_version,
                     unsigned port)
{
    char words[WS_INET6_ADDRSTRLEN];
    if (ip_version == 6)
        ws_inet_ntop6(address, words, sizeof words);
    else
        ws_inet_ntop4(address, words, sizeof words);
    snprintf(text, size, ip_version == 6 ? "[%s]:%u" : "%s:%u", words, port);
}

static void add_names(struct place at, const struct tcprst_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->name_count; i++) {
        const struct tcprst_name *n = &verdict->names[i];
        char source[64], destination[64], whole[256], place[PLACE_NAME_SIZE];
        name_end(source, sizeof source, n->source, n->ip_version, n->source_port);
        name_end(destination, sizeof destination, n->destination, n->ip_version,
                 n->destination_port);
        tcprst_records_place_name(n->place, place, sizeof place);
        snprintf(whole, sizeof whole, "%s to %s at %s", source, destination, place);
        add_word(at, hf_names, whole);
    }
}

static void add_kernel_reasons(struct place at, const struct tcprst_verdict *verdict)
{
    const char *reasons[TCPRST_KERNEL_REASONS_MOST];
    size_t count = tcprst_kernel_reasons(verdict->cause, reasons, array_length(reasons));
    for (size_t i = 0; i < count && i < array_length(reasons); i++)
        add_word(at, hf_kernel_reasons, reasons[i]);
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
#define ADD_LIST(member, of, absent) add_##member(at, verdict);
#define ADD_ANALYZER(KIND, member, of, absent)
#define ADD_HEAD(KIND, member, of, absent)
#define ADD_BODY(KIND, member, of, absent) ADD_##KIND(member, of, absent)

static void add_body(struct place at, const struct tcprst_verdict *verdict)
{
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    ADD_##DOORS(KIND, member, of, absent)
#include "tcprst/verdict.def"
}

static void add_final(struct place at, bool final)
{
    const char *label =
        final ? _("Final: yes")
              : _("Final: no. Its effect, who sent it and the cause may change with later packets");
    proto_item_set_generated(
        proto_tree_add_boolean_format(at.tree, hf_final, at.tvb, 0, 0, final, "%s", label));
}

static void add_numbers(struct place at, const struct tcprst_verdict *verdict)
{
    struct place below = add_subtree(at, ett_numbers, _("Numbers"), NULL);
    add_word(below, hf_strength, tcprst_strength_id(verdict->strength));
    add_level(below, hf_strength_level, verdict->strength);
    add_word(below, hf_severity, tcprst_severity_id(verdict->severity));
    add_level(below, hf_severity_level, verdict->severity);
    add_event(below, verdict);
    add_body(below, verdict);
    if (verdict->final)
        add_final(below, true);
}

/* Returns the item to which expert information belongs. */
static proto_item *add_about(struct place at, const struct tcprst_verdict *verdict)
{
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict->cause);
    proto_item *item;
    struct place below = add_subtree(at, ett_about, _("About this cause"), &item);
    const char *group = tcprst_group_id(info->group);
    proto_item_set_generated(proto_tree_add_string_format_value(
        below.tree, hf_group, below.tvb, 0, 0, group, _("%s (%s)"), group,
        _(tcprst_group_title(info->group))));
    if (*info->meaning)
        add_text(below, hf_meaning, info->meaning, _("Meaning: "), _(info->meaning));
    if (*info->references)
        add_text(below, hf_references, info->references, _("References: "), info->references);
    return item;
}

/* ---- Both kinds of frames ---- */

static struct place add_root(proto_tree *tree, tvbuff_t *tvb, const char *label, proto_item **root)
{
    *root = proto_tree_add_protocol_format(tree, proto_tcprst, tvb, 0, 0, _("TCP Reset Cause: %s"),
                                           label);
    proto_item_set_generated(*root);
    return (struct place){proto_item_add_subtree(*root, ett_tcprst), tvb};
}

static proto_item *add_verdict(proto_tree *tree, tvbuff_t *tvb,
                               const struct tcprst_verdict *verdict)
{
    proto_item *root;
    struct place at = add_root(tree, tvb, _(tcprst_cause_info(verdict->cause)->title), &root);
    add_cause(at, verdict);
    if (!verdict->final)
        add_final(at, false);
    add_link(at, hf_duplicate_of, &verdict->duplicate_of, _("The same packet as frame %s"));
    add_link(at, hf_trigger, &verdict->trigger, _("Triggered by frame %s"));
    add_effect(at, verdict);
    add_origin(at, verdict);
    add_sightings(at, verdict);
    add_names(at, verdict);
    add_word_or_none(at, hf_kernel_reason, verdict->kernel_reason);
    add_advice(at, verdict);
    add_settling(at, verdict);
    add_alternatives(at, verdict);
    add_evidence(at, verdict);
    add_numbers(at, verdict);
    return add_about(at, verdict);
}

/* [closed-port], or [closed-port?] where it is not certain. */
static void add_to_info(packet_info *pinfo, const struct tcprst_verdict *verdict)
{
    col_append_fstr(pinfo->cinfo, COL_INFO, " [%s%s]", tcprst_cause_id(verdict->cause),
                    verdict->strength == TCPRST_STRENGTH_CERTAIN ? "" : "?");
}

void tcprst_annotate_reset(proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
                           const struct tcprst_verdict *verdict, const struct wanted *wanted)
{
    if (wanted->info)
        add_to_info(pinfo, verdict);
    bool show = tree && (wanted->fields || wanted->expert);
    proto_item *item = show ? add_verdict(tree, tvb, verdict) : NULL;
    if (wanted->expert)
        tcprst_expert_add(pinfo, item, verdict);
}

static const char *what_segment_did(const struct tcprst_record *drawn,
                                    const struct tcprst_record *ended)
{
    if (drawn && ended)
        return drawn == ended ? _("this segment was answered with a reset")
                              : _("this segment triggered a reset; its connection was reset");
    return drawn ? _("this segment triggered a reset") : _("this connection was reset");
}

proto_item *tcprst_annotate_segment(proto_tree *tree, tvbuff_t *tvb,
                                    const struct tcprst_segment *segment)
{
    const struct tcprst_record *drawn = tcprst_records_drawn_by(segment);
    const struct tcprst_record *ended = tcprst_records_reset_of(segment);
    if (!drawn && !ended)
        return NULL;
    proto_item *root;
    struct place at = add_root(tree, tvb, what_segment_did(drawn, ended), &root);
    for (int i = 0; drawn && i < DREW_MAX; i++) {
        struct tcprst_frame frame = {.number = tcprst_record_frame(drawn)};
        add_frame(at, hf_drew, &frame);
        drawn = tcprst_record_next_drawn(drawn, segment);
    }
    if (ended) {
        struct tcprst_frame frame = {.number = tcprst_record_frame(ended)};
        add_frame(at, hf_reset_in, &frame);
    }
    return root;
}
