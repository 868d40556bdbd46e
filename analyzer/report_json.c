/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_json.c - resets, connections, captures and the summary as JSON; and the json report of all
 * of them. */
#include "report_json.h"

#include "places.h"
#include "report_baseline.h"
#include "report_string.h"
#include "summary.h"
#include "tcprst/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Without shortcuts nothing is taken from the reset before: tests compare what both write. */
#ifdef TCPRST_NO_SHORTCUTS
enum { SHORTCUTS = 0 };
#else
enum { SHORTCUTS = 1 };
#endif

static void json_key_part(GString *out, const char *key, size_t length)
{
    char before = out->len > 0 ? out->str[out->len - 1] : '{';
    if (before != '{' && before != '[')
        g_string_append_c(out, ',');
    g_string_append_c(out, '"');
    string_add(out, key, length);
    string_add(out, "\":", 2);
}

void json_key(GString *out, const char *key)
{
    json_key_part(out, key, strlen(key));
}

/* ---- values ---- */

static void put_null(GString *out)
{
    string_add_constant(out, "null");
}

/* NULL: null */
static void put_text(GString *out, const char *text)
{
    if (text)
        string_json(out, text);
    else
        put_null(out);
}

/* An id, or plain text: nothing in it has to be escaped. */
static void put_word(GString *out, const char *id)
{
    string_add_constant(out, "\"");
    string_add(out, id, strlen(id));
    string_add_constant(out, "\"");
}

static void put_number(GString *out, uint64_t number)
{
    char digits[24];
    string_add(out, digits, (size_t)(string_digits(digits, number, 1) - digits));
}

static void put_octets(GString *out, int64_t number)
{
    if (number < 0)
        put_null(out);
    else
        put_number(out, (uint64_t)number);
}

static void put_flag(GString *out, bool flag)
{
    if (flag)
        string_add_constant(out, "true");
    else
        string_add_constant(out, "false");
}

/* A frame number, null where there is none. */
static void put_frame(GString *out, const struct tcprst_frame *frame)
{
    if (frame->number == 0)
        put_null(out);
    else
        put_number(out, frame->number);
}

/* The file of a frame, null where it is the reset's own or there is no frame. */
static void put_other_capture(GString *out, const struct report *report,
                              const struct tcprst_frame *frame, uint32_t own)
{
    bool other = frame->number > 0 && frame->capture != own && frame->capture < report->name_count;
    put_text(out, other ? report->names[frame->capture] : NULL);
}

static void put_seconds(GString *out, int64_t nanoseconds)
{
    if (nanoseconds < 0) {
        put_null(out);
        return;
    }
    char number[40], *end = string_digits(number, (uint64_t)nanoseconds / 1000000000, 1);
    *end++ = '.';
    end = string_digits(end, (uint64_t)nanoseconds % 1000000000, 9);
    while (end[-1] == '0' && end[-2] != '.')
        end--;
    string_add(out, number, (size_t)(end - number));
}

/* ---- members ---- */

void json_text(GString *out, const char *key, const char *text)
{
    json_key(out, key);
    put_text(out, text);
}

void json_number(GString *out, const char *key, uint64_t number)
{
    json_key(out, key);
    put_number(out, number);
}

void json_octets(GString *out, const char *key, int64_t number)
{
    json_key(out, key);
    put_octets(out, number);
}

static void json_flag(GString *out, const char *key, bool flag)
{
    json_key(out, key);
    put_flag(out, flag);
}

static void json_frame(GString *out, const char *key, const struct tcprst_frame *frame)
{
    json_key(out, key);
    put_frame(out, frame);
}

static void json_other_capture(GString *out, const char *key, const struct report *report,
                               const struct tcprst_frame *frame, uint32_t own)
{
    json_key(out, key);
    put_other_capture(out, report, frame, own);
}

/* ---- a reset ---- */

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

/* What stands before the frame of a piece of evidence, with its numbers. */
static void put_said(GString *out, const struct tcprst_evidence *evidence)
{
    string_add_constant(out, "{\"fact\":");
    put_word(out, tcprst_fact_id(evidence->fact));
    string_add_constant(out, ",\"text\":");
    put_text(out, report_evidence_text(evidence));
    string_add_constant(out, ",\"against\":");
    put_flag(out, evidence->against);
    string_add_constant(out, ",\"frame\":");
}

/* Of facts whose sentence has no numbers that is always the same: it is made once; of others it is
 * kept until the numbers are others. */
struct said {
    enum { SAID_UNKNOWN, SAID_SAME, SAID_WITH_NUMBERS } is;
    size_t length;
    char *text;
    int64_t a, b;
    GString *last; /* with these numbers; NULL: not said yet */
};

static void find_out(struct said *said, const struct tcprst_evidence *evidence)
{
    /* Whatever a number is shown as, it shows that these are others. */
    struct tcprst_evidence one = *evidence, other = *evidence;
    one.a = one.b = 1;
    other.a = other.b = INT64_C(86400000000000) * 3 + 7;
    GString *text = g_string_new(NULL), *again = g_string_new(NULL);
    put_said(text, &one);
    put_said(again, &other);
    said->is = g_string_equal(text, again) ? SAID_SAME : SAID_WITH_NUMBERS;
    said->length = text->len;
    said->text = g_string_free(text, said->is != SAID_SAME);
    g_string_free(again, TRUE);
}

static void put_said_numbers(GString *out, struct said *said,
                             const struct tcprst_evidence *evidence)
{
    if (!SHORTCUTS || !said->last || said->a != evidence->a || said->b != evidence->b) {
        said->last = said->last ? g_string_truncate(said->last, 0) : g_string_new(NULL);
        put_said(said->last, evidence);
        said->a = evidence->a;
        said->b = evidence->b;
    }
    string_add(out, said->last->str, said->last->len);
}

static void put_evidence(GString *out, const struct report *report, uint32_t own,
                         const struct tcprst_evidence *evidence)
{
    static struct said all[TCPRST_FACT_COUNT][2][2];
    struct said *said = &all[evidence->fact][evidence->holds][evidence->against];
    if (said->is == SAID_UNKNOWN)
        find_out(said, evidence);
    if (said->is == SAID_SAME)
        string_add(out, said->text, said->length);
    else
        put_said_numbers(out, said, evidence);
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
};

/* One that is being written. */
struct writing {
    GString *out;
    struct written *before;
    size_t start;        /* in out */
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
    w->before->ends[field] = w->out->len - w->start + (w->so_far - w->same);
}

static void field_begins(struct writing *w, size_t field)
{
    copy_same(w);
    string_add(w->out, pieces[field].text, pieces[field].length);
}

static void field_ends(struct writing *w, size_t field)
{
    w->same = w->so_far = w->before->ends[field];
    w->before->ends[field] = w->out->len - w->start;
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

void json_reset(GString *out, const struct report *report, const struct report_reset *reset)
{
    static struct written before;
    const struct tcprst_verdict *v = reset->verdict, *b = &before.verdict;
    uint32_t own = v->frame.capture;
    size_t field = 0;
    struct writing w = {.out = out, .before = &before, .start = out->len};
    bool again = SHORTCUTS && before.report == report;
    if (!pieces[0].text) {
        make_pieces();
        before.text = g_string_new(NULL);
    }
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
    before.verdict = *v;
    before.own = own;
    g_string_truncate(before.text, 0);
    string_add(before.text, out->str + w.start, out->len - w.start);
    string_add(out, pieces[field].text, pieces[field].length);
    if (report->options->why)
        json_findings(out, reset);
    string_add_constant(out, "}");
}

static void json_end(GString *out, const char *key, const struct tcprst_end *end,
                     unsigned ip_version)
{
    char address[46];
    report_address(address, end->address, ip_version);
    json_key(out, key);
    g_string_append_c(out, '{');
    json_text(out, "address", address);
    json_number(out, "port", end->port);
    json_number(out, "segments", end->segments);
    json_number(out, "octets", end->octets);
    json_octets(out, "unacknowledged", end->unacknowledged);
    json_flag(out, "fin", end->fin);
    g_string_append_c(out, '}');
}

static void json_time(GString *out, const char *key, const struct report *report, uint32_t capture,
                      int64_t time)
{
    char text[40];
    report_time(text, time, report_digits(report, capture, time));
    json_text(out, key, text[0] ? text : NULL);
}

void json_connection(GString *out, const struct report *report,
                     const struct tcprst_connection *connection)
{
    uint32_t first = connection->first.capture, last = connection->last.capture;
    g_string_append_c(out, '{');
    json_number(out, "connection", connection->number);
    json_end(out, "client", &connection->client, connection->ip_version);
    json_end(out, "server", &connection->server, connection->ip_version);
    json_flag(out, "roles_guessed", connection->roles_guessed);
    json_text(out, "capture", first < report->name_count ? report->names[first] : NULL);
    json_frame(out, "first_frame", &connection->first);
    json_frame(out, "last_frame", &connection->last);
    json_other_capture(out, "last_capture", report, &connection->last, first);
    json_time(out, "first_time", report, first, connection->first_time);
    json_time(out, "last_time", report, last, connection->last_time);
    json_number(out, "resets", connection->resets);
    json_text(out, "ending", tcprst_ending_id(connection->ending));
    json_flag(out, "reset_after_fin", connection->reset_after_fin);
    json_flag(out, "given_up", connection->given_up);
    g_string_append_c(out, '}');
}

static void json_link_types(GString *out, const struct input_capture *capture)
{
    json_key(out, "link_types");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < capture->link_type_count; i++) {
        const struct input_link_type *type = &capture->link_types[i];
        g_string_append(out, i ? ",{" : "{");
        json_number(out, "number", type->number);
        json_text(out, "name", type->name);
        json_number(out, "packets", type->packets);
        json_flag(out, "decoded", type->decoded);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void json_clause(GString *out, const struct report *report, size_t capture,
                        const char *clause)
{
    char *shown = report_clause(report, capture, clause);
    string_json(out, shown);
    g_free(shown);
}

static void json_signed_seconds(GString *out, const char *key, int64_t nanoseconds)
{
    char number[40];
    snprintf(number, sizeof number, "%s%" PRId64 ".%09" PRId64, nanoseconds < 0 ? "-" : "",
             ABS(nanoseconds) / 1000000000, ABS(nanoseconds) % 1000000000);
    json_key(out, key);
    g_string_append(out, number);
}

/* Of several places: which one the capture is, and how its clock stands to the first one's. */
static void json_clock(GString *out, const struct report *report, size_t index)
{
    char drift[G_ASCII_DTOSTR_BUF_SIZE];
    const struct tcprst_clock *clock = places_clock(report->places, index);
    json_key(out, "clock");
    if (!clock) {
        string_add(out, "null", 4);
        return;
    }
    g_string_append_c(out, '{');
    json_number(out, "place", clock->place);
    json_flag(out, "shares_packets", clock->shares);
    json_number(out, "common_packets", clock->common);
    json_signed_seconds(out, "ahead", clock->ahead);
    json_signed_seconds(out, "error", clock->error);
    json_key(out, "drift_ppm");
    g_string_append(out, g_ascii_formatd(drift, sizeof drift, "%.3f", clock->drift * 1e6));
    g_string_append_c(out, '}');
}

static void json_capture(GString *out, const struct report *report, size_t index)
{
    const struct input_capture *capture = input_capture(report->input, index);
    g_string_append_c(out, '{');
    json_text(out, "file", report->names[index]);
    json_flag(out, "readable", capture->usable);
    json_text(out, "format", capture->format && *capture->format ? capture->format : NULL);
    json_text(out, "compression", capture->compression);
    json_number(out, "packets", capture->packets);
    json_number(out, "tcp_segments", capture->segments);
    json_link_types(out, capture);
    json_time(out, "first_time", report, (uint32_t)index, capture->first_time);
    json_time(out, "last_time", report, (uint32_t)index, capture->last_time);
    json_clock(out, report, index);
    json_key(out, "damage");
    if (capture->damage)
        json_clause(out, report, index, capture->damage);
    else
        string_add(out, "null", 4);
    if (capture->damage && capture->damage_frame > 0)
        json_number(out, "damage_frame", capture->damage_frame);
    else
        json_text(out, "damage_frame", NULL);
    json_key(out, "left_out");
    g_string_append_c(out, '[');
    for (size_t i = 0; i < capture->left_out_count; i++) {
        if (i)
            g_string_append_c(out, ',');
        json_clause(out, report, index, capture->left_out[i]);
    }
    g_string_append(out, "]}");
}

void json_captures(GString *out, const struct report *report)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < report->name_count; i++) {
        if (i)
            g_string_append_c(out, ',');
        json_capture(out, report, i);
    }
    g_string_append_c(out, ']');
}

static void json_causes(GString *out, const struct summary *summary)
{
    enum tcprst_cause causes[TCPRST_CAUSE_COUNT];
    size_t count = summary_causes(summary, causes);
    json_key(out, "causes");
    g_string_append_c(out, '{');
    for (size_t i = 0; i < count; i++) {
        const struct summary_cause *cause = &summary->causes[causes[i]];
        json_key(out, tcprst_cause_id(causes[i]));
        g_string_append_c(out, '{');
        json_number(out, "resets", cause->resets);
        json_number(out, "events", cause->events);
        for (unsigned s = TCPRST_STRENGTH_CERTAIN; s >= TCPRST_STRENGTH_POSSIBLE; s--)
            json_number(out, tcprst_strength_id((enum tcprst_strength)s), cause->by_strength[s]);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

static void json_endings(GString *out, const struct summary *summary)
{
    const struct summary_ending *e = summary->endings;
    json_key(out, "endings");
    g_string_append_c(out, '{');
    json_number(out, "fin", e[SUMMARY_FIN].connections);
    json_number(out, "reset",
                e[SUMMARY_RESET].connections + e[SUMMARY_RESET_AFTER_FIN].connections);
    json_number(out, "open", e[SUMMARY_OPEN].connections);
    json_number(out, "refused", e[SUMMARY_REFUSED].connections);
    json_number(out, "reset_after_fin", e[SUMMARY_RESET_AFTER_FIN].connections);
    g_string_append_c(out, '}');
    json_key(out, "unacknowledged");
    g_string_append_c(out, '{');
    json_number(out, "fin", e[SUMMARY_FIN].unacknowledged);
    json_number(out, "reset",
                e[SUMMARY_RESET].unacknowledged + e[SUMMARY_RESET_AFTER_FIN].unacknowledged);
    json_number(out, "open", e[SUMMARY_OPEN].unacknowledged);
    json_number(out, "refused", e[SUMMARY_REFUSED].unacknowledged);
    json_number(out, "reset_after_fin", e[SUMMARY_RESET_AFTER_FIN].unacknowledged);
    g_string_append_c(out, '}');
}

static void json_real(GString *out, const char *key, double number)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    json_key(out, key);
    g_string_append(out, g_ascii_formatd(digits, sizeof digits, "%.6f", number));
}

static void json_incident(GString *out, const struct incident *incident)
{
    json_text(out, "service", incident->service);
    json_text(out, "cause", incident->cause);
    json_text(out, "sent_by", incident->sent_by);
    json_number(out, "events", incident->events);
}

static void json_incidents(GString *out, const struct report *report)
{
    GPtrArray *list = incidents_list(report->incidents);
    json_key(out, "services");
    g_string_append_c(out, '[');
    for (guint i = 0; i < list->len; i++) {
        const struct incident *incident = list->pdata[i];
        g_string_append(out, i ? ",{" : "{");
        json_incident(out, incident);
        json_number(out, "resets", incident->resets);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
    json_number(out, "services_left_out", incidents_left_out(report->incidents));
    g_ptr_array_unref(list);
}

static void json_changes(GString *out, const struct report *report)
{
    json_key(out, "changes");
    if (!report->changes) {
        g_string_append(out, "null");
        return;
    }
    g_string_append_c(out, '[');
    for (guint i = 0; i < report->changes->len; i++) {
        const struct change *change = &g_array_index(report->changes, struct change, i);
        g_string_append(out, i ? ",{" : "{");
        json_text(out, "change", change_id(change->kind));
        json_incident(out, &change->now);
        json_number(out, "events_before", change->events_before);
        json_real(out, "per_hour", change->per_hour);
        json_real(out, "per_hour_before", change->per_hour_before);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void json_places(GString *out, const struct report *report)
{
    char **sentences = report->places ? places_sentences(report->places) : NULL;
    json_key(out, "places");
    g_string_append_c(out, '[');
    for (size_t i = 0; sentences && sentences[i]; i++) {
        g_string_append(out, i ? "," : "");
        string_json(out, sentences[i]);
    }
    g_string_append_c(out, ']');
    g_strfreev(sentences);
}

static void json_kernel_trace(GString *out, const struct report *report)
{
    char *sentence = report_kernel_trace(report);
    json_text(out, "kernel_trace", sentence);
    g_free(sentence);
}

void json_summary(GString *out, const struct report *report)
{
    const struct summary *summary = report->summary;
    g_string_append_c(out, '{');
    json_number(out, "resets", summary->resets);
    json_number(out, "events", summary->events);
    json_number(out, "duplicates", summary->duplicates);
    json_number(out, "connections", summary->connections);
    json_endings(out, summary);
    json_causes(out, summary);
    json_key(out, "severities");
    g_string_append_c(out, '{');
    for (unsigned s = 0; s < G_N_ELEMENTS(summary->by_severity); s++)
        json_number(out, tcprst_severity_id((enum tcprst_severity)s), summary->by_severity[s]);
    g_string_append_c(out, '}');
    json_number(out, "bytes_at_risk", summary->risk);
    json_real(out, "seconds", report_seconds(report));
    json_incidents(out, report);
    json_changes(out, report);
    json_number(out, "not_final", summary->not_final);
    json_number(out, "left_out_by_cause", report->hidden);
    json_number(out, "connections_given_up", report->statistics.connections_given_up);
    json_number(out, "hosts_given_up", report->statistics.hosts_given_up);
    json_number(out, "verdicts_early", report->statistics.verdicts_early);
    json_number(out, "out_of_memory", report->statistics.out_of_memory);
    json_places(out, report);
    json_kernel_trace(out, report);
    json_flag(out, "interrupted", report->interrupted);
    g_string_append_c(out, '}');
}

/* ---- The json report ---- */

/* Connections come between the resets, and are kept in a file without a name until their place in
 * the document. */
struct json_state {
    GString *line;
    FILE *connections;
    bool any_reset, any_connection;
};

static void open_report(struct report *report)
{
    struct json_state *state = g_new0(struct json_state, 1);
    state->line = g_string_sized_new(4096);
    state->connections = report->keep;
    report->state = state;
    fputs("{\"resets\":[", report->out);
}

static void put_line(struct json_state *state, FILE *out, bool *any)
{
    fputs(*any ? ",\n" : "\n", out);
    fwrite(state->line->str, 1, state->line->len, out);
    *any = true;
}

static void write_reset(struct report *report, const struct report_reset *reset)
{
    struct json_state *state = report->state;
    g_string_truncate(state->line, 0);
    json_reset(state->line, report, reset);
    put_line(state, report->out, &state->any_reset);
}

static void write_connection(struct report *report, const struct tcprst_connection *connection)
{
    struct json_state *state = report->state;
    g_string_truncate(state->line, 0);
    json_connection(state->line, report, connection);
    put_line(state, state->connections, &state->any_connection);
    if (report->keep_error == 0 && ferror(state->connections))
        report->keep_error = errno;
}

/* Returns false where the file was not written or read back whole; else an error of writing before
 * stays errno's. */
static bool copy_connections(FILE *from, FILE *to)
{
    char buffer[65536];
    size_t n;
    int before = errno;
    errno = 0;
    if (fflush(from) != 0 || ferror(from))
        return false;
    rewind(from);
    while ((n = fread(buffer, 1, sizeof buffer, from)) > 0)
        fwrite(buffer, 1, n, to);
    if (before && !ferror(from))
        errno = before;
    return !ferror(from);
}

static void close_report(struct report *report)
{
    struct json_state *state = report->state;
    fputs("\n],\n\"connections\":[", report->out);
    if (!copy_connections(state->connections, report->out) && report->keep_error == 0)
        report->keep_error = errno ? errno : EIO;
    g_string_assign(state->line, "\n],\n\"captures\":");
    json_captures(state->line, report);
    g_string_append(state->line, ",\n\"summary\":");
    json_summary(state->line, report);
    g_string_append(state->line, "}\n");
    fwrite(state->line->str, 1, state->line->len, report->out);
    fclose(state->connections);
    g_string_free(state->line, TRUE);
    g_free(state);
}

const struct report_format report_json = {.open = open_report,
                                          .reset = write_reset,
                                          .connection = write_connection,
                                          .close = close_report,
                                          .summarises = true};
