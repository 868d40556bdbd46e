/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_json_reset.c - one reset as JSON: a capture may have a million, and of a scan or a storm
 * most say nearly the same. */
#include "report_json.h"
#include "report_json_values.h"

#include "places.h"

#include <string.h>

/* Without shortcuts nothing is taken from the reset before: tests compare what both write. */
#ifdef TCPRST_NO_SHORTCUTS
enum { SHORTCUTS = 0 };
#else
enum { SHORTCUTS = 1 };
#endif

static void put_alternatives(GString *out, const struct tcprst_verdict *v)
{
    string_add_constant(out, "[");
    for (unsigned i = 0; i < v->alternative_count; i++) {
        if (i)
            string_add_constant(out, ",");
        string_add_constant(out, "{\"cause\":");
        put_word(out, tcprst_cause_id(v->alternatives[i].cause));
        string_add_constant(out, ",\"strength\":");
        put_word(out, tcprst_strength_id(v->alternatives[i].strength));
        string_add_constant(out, "}");
    }
    string_add_constant(out, "]");
}

/* What stands before the sentence of a piece of evidence: the same whatever its numbers are. */
static void put_fact(GString *out, const struct tcprst_evidence *evidence)
{
    string_add_constant(out, "{\"fact\":");
    put_word(out, tcprst_fact_id(evidence->fact));
    string_add_constant(out, ",\"text\":");
}

/* From its sentence to its frame. */
static void put_sentence(GString *out, const struct tcprst_evidence *evidence)
{
    put_text(out, report_evidence_text(evidence));
    string_add_constant(out, ",\"against\":");
    put_flag(out, evidence->against);
    string_add_constant(out, ",\"frame\":");
}

/* What stands before the frame. Of facts whose sentence has no numbers that is always the same: it
 * is made once; of others it is kept until the numbers are others. */
struct said {
    enum { SAID_UNKNOWN, SAID_SAME, SAID_WITH_NUMBERS } is;
    size_t before; /* octets before the sentence */
    int64_t a, b;
    bool made; /* text has these numbers */
    GString *text;
};

static void find_out(struct said *said, const struct tcprst_evidence *evidence)
{
    /* Whatever a number is shown as, or decides (FACT_ELSE), it shows that these are others. */
    struct tcprst_evidence one = *evidence, other = *evidence;
    one.a = one.b = 0;
    other.a = other.b = INT64_C(86400000000000) * 3 + 7;
    GString *again = g_string_new(NULL);
    said->text = g_string_new(NULL);
    put_fact(said->text, evidence);
    said->before = said->text->len;
    g_string_append_len(again, said->text->str, (gssize)said->before);
    put_sentence(said->text, &one);
    put_sentence(again, &other);
    said->is = g_string_equal(said->text, again) ? SAID_SAME : SAID_WITH_NUMBERS;
    g_string_free(again, TRUE);
}

static void say_numbers(struct said *said, const struct tcprst_evidence *evidence)
{
    if (SHORTCUTS && said->made && said->a == evidence->a && said->b == evidence->b)
        return;
    g_string_truncate(said->text, said->before);
    put_sentence(said->text, evidence);
    said->a = evidence->a;
    said->b = evidence->b;
    said->made = true;
}

static void put_evidence(GString *out, const struct report *report, uint32_t own,
                         const struct tcprst_evidence *evidence)
{
    static struct said all[TCPRST_FACT_COUNT][2][2];
    struct said *said = &all[evidence->fact][evidence->holds][evidence->against];
    if (said->is == SAID_UNKNOWN)
        find_out(said, evidence);
    if (said->is == SAID_WITH_NUMBERS)
        say_numbers(said, evidence);
    string_add(out, said->text->str, said->text->len);
    put_frame(out, &evidence->frame);
    string_add_constant(out, ",\"capture\":");
    put_other_capture(out, report, &evidence->frame, own);
    string_add_constant(out, "}");
}

static void put_evidence_list(GString *out, const struct report *report, uint32_t own,
                              const struct tcprst_verdict *v)
{
    string_add_constant(out, "[");
    for (size_t i = 0; i < v->evidence_count; i++) {
        if (i)
            string_add_constant(out, ",");
        put_evidence(out, report, own, &v->evidence[i]);
    }
    string_add_constant(out, "]");
}

static void json_findings(GString *out, const struct report_reset *reset)
{
    json_key(out, "findings");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < reset->why.finding_count; i++) {
        const struct tcprst_finding *finding = &reset->why.findings[i];
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "cause", tcprst_cause_id(finding->cause));
        json_number(out, "total", finding->total);
        json_text(out, "mechanism", finding->mechanism);
        json_key(out, "trigger_frame");
        put_frame(out, &finding->trigger);
        json_flag(out, "excluded", finding->excluded);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void json_place(GString *out, const char *key, const struct report *report, unsigned place)
{
    json_text(out, key, report->places ? places_name(report->places, place) : NULL);
}

static void put_sightings(GString *out, const struct report *report, const struct tcprst_verdict *v)
{
    char text[40];
    g_string_append_c(out, '[');
    for (unsigned i = 0; i < v->sighting_count; i++) {
        const struct tcprst_sighting *s = &v->sightings[i];
        uint32_t capture = s->frame.capture;
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "capture", capture < report->name_count ? report->names[capture] : NULL);
        json_number(out, "frame", s->frame.number);
        report_time(text, s->time, report_digits(report, capture, s->time));
        json_text(out, "time", text[0] ? text : NULL);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void put_missing(GString *out, const struct report *report, const struct tcprst_verdict *v)
{
    const char *comma = "";
    g_string_append_c(out, '[');
    for (unsigned p = 0; p < TCPRST_MAX_PLACES; p++) {
        if (!(v->missing_at >> p & 1) || !report->places)
            continue;
        g_string_append(out, comma);
        string_json(out, places_name(report->places, p));
        comma = ",";
    }
    g_string_append_c(out, ']');
}

static void put_altered(GString *out, const struct tcprst_verdict *v)
{
    g_string_append_c(out, '[');
    for (unsigned i = 0; i < v->altered_count; i++) {
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "field", v->altered[i].field);
        json_number(out, "from", v->altered[i].from);
        json_number(out, "to", v->altered[i].to);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void put_reasons(GString *out, enum tcprst_cause cause)
{
    const char *reasons[TCPRST_KERNEL_REASONS_MOST];
    size_t count = tcprst_kernel_reasons(cause, reasons, G_N_ELEMENTS(reasons));
    g_string_append_c(out, '[');
    for (size_t i = 0; i < MIN(count, G_N_ELEMENTS(reasons)); i++) {
        g_string_append(out, i ? "," : "");
        string_json(out, reasons[i]);
    }
    g_string_append_c(out, ']');
}

static void put_names(GString *out, const struct report *report, const struct tcprst_verdict *v)
{
    g_string_append_c(out, '[');
    for (unsigned i = 0; i < v->name_count; i++) {
        const struct tcprst_name *n = &v->names[i];
        char address[46];
        g_string_append(out, i ? ",{" : "{");
        json_place(out, "capture", report, n->place);
        report_address(address, n->source, n->ip_version);
        json_text(out, "src", address);
        json_number(out, "src_port", n->source_port);
        report_address(address, n->destination, n->ip_version);
        json_text(out, "dst", address);
        json_number(out, "dst_port", n->destination_port);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

/* What stands before the value of each row of verdict.def: the same for every reset. */
enum {
    FIELDS = 0
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence) +1
#include "tcprst/verdict.def"
};
static struct {
    const char *text;
    size_t length;
} pieces[FIELDS + 1];

/* The key within the object it stands in: of "a.b" that is b, in the object a, which is opened
 * where it is not *open already. Closes what was open before; a key without a dot opens none. */
static void begin_field(GString *out, const char **open, const char *key)
{
    const char *dot = strchr(key, '.');
    size_t outer = dot ? (size_t)(dot - key) + 1 : 0;
    bool same = *open && dot && strncmp(*open, key, outer) == 0;
    if (*open && !same)
        g_string_append_c(out, '}');
    if (dot && !same) {
        json_key_part(out, key, outer - 1);
        g_string_append_c(out, '{');
    }
    *open = dot ? key : NULL;
    if (*key)
        json_key(out, dot ? dot + 1 : key);
}

static void make_pieces(void)
{
    static const char *const keys[] = {
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence) key,
#include "tcprst/verdict.def"
        ""};
    const char *open = NULL;
    GString *all = g_string_new("{");
    for (size_t i = 0, start = 0; i <= FIELDS; i++) {
        begin_field(all, &open, keys[i]);
        pieces[i].length = all->len - start;
        pieces[i].text = g_strndup(all->str + start, pieces[i].length);
        g_string_append_c(all, '0'); /* a value */
        start = all->len;
    }
    g_string_free(all, TRUE);
}

#define PUT_TEXT(member, of, absent)                                                               \
    if ((absent) && (!reset->member || !*reset->member))                                           \
        put_null(out);                                                                             \
    else                                                                                           \
        PUT_##of(out, reset->member);
#define PUT_any put_text
#define PUT_plain put_word
#define PUT_rfc3339 put_word
#define PUT_epoch put_word
#define PUT_NUMBER(member, of, absent) put_number(out, v->member);
#define PUT_WORD(member, of, absent)                                                               \
    if ((absent) && !v->member)                                                                    \
        put_null(out);                                                                             \
    else                                                                                           \
        put_word(out, tcprst_##of##_id(v->member));
#define PUT_FLAG(member, of, absent) put_flag(out, v->member);
#define PUT_COUNT(member, of, absent) put_octets(out, v->member);
#define PUT_SECONDS(member, of, absent) put_seconds(out, v->member);
#define PUT_FRAME(member, of, absent) put_frame(out, &v->member);
#define PUT_CAPTURE(member, of, absent) put_other_capture(out, report, &v->member, own);
#define PUT_LIST(member, of, absent) PUT_LIST_##of
#define PUT_LIST_alternative put_alternatives(out, v);
#define PUT_LIST_evidence put_evidence_list(out, report, own, v);
#define PUT_LIST_sighting put_sightings(out, report, v);
#define PUT_LIST_place put_missing(out, report, v);
#define PUT_LIST_alteration put_altered(out, v);
#define PUT_LIST_reason put_reasons(out, v->cause);
#define PUT_LIST_name put_names(out, report, v);

/* The reset written before: mostly much is the same of the next one, and is copied from it in one
 * go, from field to field. */
struct written {
    const struct report *report; /* NULL: none was written */
    struct tcprst_verdict verdict;
    uint32_t own;         /* its capture */
    bool without[FIELDS]; /* of texts: there was none */
    GString *text;
    size_t ends[FIELDS]; /* where each field's value ends in that */
    GString *other;      /* to be written next: both take turns */
};

/* One that is being written. */
struct writing {
    GString *out;
    struct written *before;
    size_t same, so_far; /* of what was written before, from where to where it is the same, not
                            copied yet */
};

static void copy_same(struct writing *w)
{
    string_add(w->out, w->before->text->str + w->same, w->so_far - w->same);
    w->same = w->so_far;
}

static void field_same(struct writing *w, size_t field)
{
    w->so_far = w->before->ends[field];
    w->before->ends[field] = w->out->len + (w->so_far - w->same);
}

static void field_begins(struct writing *w, size_t field)
{
    size_t same = w->so_far - w->same;
    char *to = string_room(w->out, same + pieces[field].length);
    to = string_copy(to, w->before->text->str + w->same, same);
    string_end(w->out, string_copy(to, pieces[field].text, pieces[field].length));
}

static void field_ends(struct writing *w, size_t field)
{
    w->same = w->so_far = w->before->ends[field];
    w->before->ends[field] = w->out->len;
}

static bool same_capture(const struct tcprst_frame *a, const struct tcprst_frame *b)
{
    return (a->number == 0) == (b->number == 0) && a->capture == b->capture;
}

static bool same_alternatives(const struct tcprst_verdict *a, const struct tcprst_verdict *b)
{
    bool same = a->alternative_count == b->alternative_count;
    for (unsigned i = 0; same && i < a->alternative_count; i++)
        same = a->alternatives[i].cause == b->alternatives[i].cause &&
               a->alternatives[i].strength == b->alternatives[i].strength;
    return same;
}

/* Whether a field is the same as of the reset b, which was written before; of what is rather
 * written than compared it is not asked. */
#define SAME_TEXT(member, of, absent)                                                              \
    ((absent) && (!reset->member || !*reset->member) && before.without[field])
#define SAME_NUMBER(member, of, absent) (v->member == b->member)
#define SAME_WORD SAME_NUMBER
#define SAME_FLAG SAME_NUMBER
#define SAME_COUNT SAME_NUMBER
#define SAME_SECONDS SAME_NUMBER
#define SAME_FRAME(member, of, absent) (v->member.number == b->member.number)
#define SAME_CAPTURE(member, of, absent) (own == before.own && same_capture(&v->member, &b->member))
#define SAME_LIST(member, of, absent) SAME_LIST_##of
#define SAME_LIST_alternative same_alternatives(v, b)
#define SAME_LIST_evidence false
#define SAME_LIST_sighting (!v->sighting_count && !b->sighting_count)
#define SAME_LIST_place (!v->missing_at && !b->missing_at)
#define SAME_LIST_alteration (!v->altered_count && !b->altered_count)
#define SAME_LIST_reason (v->cause == b->cause)
#define SAME_LIST_name (!v->name_count && !b->name_count)
#define ABSENT_TEXT(member) before.without[field] = !reset->member || !*reset->member;
#define ABSENT_NUMBER(member)
#define ABSENT_WORD(member)
#define ABSENT_FLAG(member)
#define ABSENT_COUNT(member)
#define ABSENT_SECONDS(member)
#define ABSENT_FRAME(member)
#define ABSENT_CAPTURE(member)
#define ABSENT_LIST(member)

/* Nothing is written yet. */
static void begin(struct written *before)
{
    make_pieces();
    before->text = g_string_new(NULL);
    before->other = g_string_new(NULL);
}

GString *json_reset(const struct report *report, const struct report_reset *reset)
{
    static struct written before;
    const struct tcprst_verdict *v = reset->verdict, *b = &before.verdict;
    uint32_t own = v->frame.capture;
    size_t field = 0;
    bool again = SHORTCUTS && before.report == report && v->reset == b->reset + 1;
    if (!before.text)
        begin(&before);
    GString *out = g_string_truncate(before.other, 0);
    struct writing w = {.out = out, .before = &before};
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    if (again && SAME_##KIND(member, of, absent)) {                                                \
        field_same(&w, field);                                                                     \
    } else {                                                                                       \
        field_begins(&w, field);                                                                   \
        PUT_##KIND(member, of, absent) field_ends(&w, field);                                      \
        ABSENT_##KIND(member)                                                                      \
    }                                                                                              \
    field++;
#include "tcprst/verdict.def"
    copy_same(&w);
    before.report = report;
    memcpy(&before.verdict, v, offsetof(struct tcprst_verdict, evidence)); /* no more is compared */
    before.own = own;
    before.other = before.text;
    before.text = out;
    string_add(out, pieces[field].text, pieces[field].length);
    if (report->options->why)
        json_findings(out, reset);
    string_add_constant(out, "}");
    return out;
}
