/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_page_diagram.c - the segments around a reset between its two ends, as HTML: a row a
 * segment, its evidence beside it, and the places of capture as lines between the ends. */
#include "places.h"
#include "report_page.h"
#include "report_string.h"
#include "report_words.h"
#include "translate.h"

#include <inttypes.h>
#include <string.h>

/* Client left, server right. */
static bool source_is_left(const struct tcprst_verdict *v)
{
    return v->sender == TCPRST_SENDER_UNKNOWN ? !summary_service_is_source(v)
                                              : v->sender == TCPRST_SENDER_CLIENT;
}

static void put_flags(GString *out, unsigned flags)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    static const unsigned order[] = {1, 0, 2, 3, 4, 5, 6, 7};
    const char *separator = "";
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        if (!(flags >> order[i] & 1))
            continue;
        g_string_append_printf(out, "%s%s", separator, names[order[i]]);
        separator = ", ";
    }
    if (!*separator)
        g_string_append(out, _("no flags"));
}

/* What is to be said beside a segment: what it did, and the evidence that points to it. */
static void segment_notes(GString *out, const struct tcprst_verdict *v,
                          const struct diagram_segment *segment)
{
    g_string_append(out, "<div class=\"note\">");
    if (diagram_shows(segment, &v->trigger))
        page_element(out, "p", NULL, _("This segment triggered the reset."));
    if (segment->is_reset)
        page_element(out, "p", NULL, _("This is the reset."));
    for (unsigned i = 0; i < v->evidence_count; i++)
        if (diagram_shows(segment, &v->evidence[i].frame))
            page_element(out, "p", NULL, report_evidence_text(&v->evidence[i]));
    g_string_append(out, "</div>");
}

void page_way(GString *out, const struct report *report, const struct diagram *diagram,
              const struct diagram_segment *segment)
{
    for (unsigned i = 0; i < diagram->line_count; i++) {
        unsigned place = diagram->lines[i];
        const struct tcprst_frame *at = &segment->at[place];
        char *name = page_place(report, diagram, i);
        g_string_append(out, i ? "; " : "");
        char *words =
            at->number ? words_frame(at->number, name) : g_strdup_printf(_("not at %s"), name);
        g_string_append(out, words);
        g_free(words);
        g_free(name);
    }
}

char *page_place(const struct report *report, const struct diagram *diagram, unsigned line)
{
    const char *name = places_name(report->places, diagram->lines[line]);
    const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    for (unsigned i = 0; i < diagram->line_count; i++)
        if (i != line && g_str_has_suffix(places_name(report->places, diagram->lines[i]), last))
            last = name;
    return g_strdup(last);
}

/* The vertical lines of the places. */
static void put_lines(GString *out, const struct diagram *diagram)
{
    if (!diagram->line_count)
        return;
    g_string_append(out, "<svg class=\"lines\" aria-hidden=\"true\">");
    for (unsigned i = 1; i <= diagram->line_count; i++) {
        double x = 100.0 * i / (diagram->line_count + 1);
        g_string_append_printf(
            out, "<line x1=\"%.1f%%\" x2=\"%.1f%%\" y1=\"0\" y2=\"100%%\"></line>", x, x);
    }
    g_string_append(out, "</svg>");
}

/* What stands at an end of the arrow: its tip, where it began between places, or where it ended. */
static void put_tip(GString *out, double x, const char *kind, const char *path)
{
    g_string_append_printf(out, "<svg class=\"tip %s\" x=\"%.1f%%\"><path d=\"%s\"></path></svg>",
                           kind, x, path);
}

/* The arrow, and at each place's line the frame in which it has the segment. */
static void put_way(GString *out, const struct report *report, const struct diagram *diagram,
                    const struct diagram_segment *segment, bool rightwards)
{
    struct diagram_way way = diagram_way(diagram, segment);
    unsigned whole = 2 * diagram->line_count + 2;
    double from = 100.0 * (rightwards ? way.from : whole - way.from) / whole;
    double to = 100.0 * (rightwards ? way.to : whole - way.to) / whole;
    GString *words = g_string_new(NULL);
    page_way(words, report, diagram, segment);
    g_string_append(out, "<svg class=\"way\" role=\"img\" aria-label=\"");
    string_html(out, words->str);
    g_string_append_printf(out, "\"><line x1=\"%.1f%%\" x2=\"%.1f%%\" y1=\"7\" y2=\"7\"></line>",
                           from, to);
    if (way.from)
        put_tip(out, from, "begins", "M0 1V13");
    if (way.to < whole)
        put_tip(out, to, "ends", "M-5 2L5 12M-5 12L5 2");
    else
        put_tip(out, to, "arrives", rightwards ? "M0 7L-9 2V12Z" : "M0 7L9 2V12Z");
    bool from_left = rightwards == segment->from_source;
    for (unsigned i = 0; i < diagram->line_count; i++) {
        unsigned steps = 2 * i + 2;
        double x = 100.0 * (from_left ? steps : whole - steps) / whole;
        uint64_t number = segment->at[diagram->lines[i]].number;
        g_string_append_printf(out, "<circle class=\"%s\" cx=\"%.1f%%\" cy=\"7\" r=\"4\"></circle>",
                               number ? "yes" : "no", x);
        if (number)
            g_string_append_printf(out, "<text x=\"%.1f%%\" y=\"24\">%" PRIu64 "</text>", x,
                                   number);
    }
    g_string_append(out, "</svg>");
    g_string_free(words, TRUE);
}

static void segment_text(GString *out, const struct diagram_segment *segment)
{
    g_string_append(out, "<span class=\"text\"><b>");
    put_flags(out, segment->flags);
    g_string_append_printf(out, "</b><span>Seq=%" PRIu32, segment->seq);
    if (segment->flags & TCPRST_ACK)
        g_string_append_printf(out, " Ack=%" PRIu32, segment->ack);
    if (segment->length)
        g_string_append_printf(out, " Len=%" PRIu32, segment->length);
    g_string_append(out, "</span></span>");
}

static void segment_since(GString *out, int64_t time, int64_t zero)
{
    char since[DURATION_SIZE];
    if (time == TCPRST_TIME_UNKNOWN || zero == TCPRST_TIME_UNKNOWN)
        return;
    int64_t distance = time - zero;
    if (distance == 0)
        g_string_append_c(out, '0');
    else
        g_string_append_printf(out, "%s%s", distance < 0 ? "−" : "+",
                               string_duration(since, distance < 0 ? -distance : distance));
}

static void segment_row(GString *out, const struct report *report, const struct tcprst_verdict *v,
                        const struct diagram *diagram, const struct diagram_segment *segment)
{
    bool rightwards = segment->from_source == source_is_left(v);
    g_string_append_printf(out, "<li class=\"seg %s%s%s%s%s\"><div class=\"meta\">",
                           rightwards ? "right" : "left", segment->flags & TCPRST_RST ? " rst" : "",
                           segment->is_reset ? " this" : "",
                           segment->is_reset && diagram->between ? " between" : "",
                           diagram_shows(segment, &v->trigger) ? " trigger" : "");
    if (!diagram->line_count)
        g_string_append_printf(out, "<b>%" PRIu64 "</b>", segment->frame.number);
    segment_since(out, segment->time, diagram->zero);
    g_string_append(out, "</div><div class=\"hop\">");
    put_lines(out, diagram);
    segment_text(out, segment);
    if (diagram->line_count)
        put_way(out, report, diagram, segment, rightwards);
    else
        g_string_append(out, "<i></i>");
    g_string_append(out, "</div>");
    segment_notes(out, v, segment);
    g_string_append(out, "</li>");
}

static void diagram_ends(GString *out, const struct tcprst_verdict *v)
{
    bool left = source_is_left(v), known = v->sender != TCPRST_SENDER_UNKNOWN;
    g_string_append(out, "<div class=\"ends\"><span>");
    for (int side = 0; side < 2; side++) {
        bool source = left == (side == 0);
        GString *name = g_string_new(NULL);
        words_end(name, source ? v->source : v->destination, v->ip_version,
                  source ? v->source_port : v->destination_port);
        char *words = g_strdup_printf(!known      ? "%s"
                                      : side == 0 ? _("client %s")
                                                  : _("server %s"),
                                      name->str);
        page_element(out, "span", NULL, words);
        g_free(words);
        g_string_free(name, TRUE);
    }
    g_string_append(out, "</span></div>");
}

/* The places' names above their lines. */
static void diagram_places(GString *out, const struct report *report, const struct diagram *diagram,
                           bool source_left)
{
    unsigned count = diagram->line_count;
    if (!count)
        return;
    g_string_append(out, "<div class=\"ends spots\"><span>");
    for (unsigned i = 0; i < count; i++) {
        char *name = page_place(report, diagram, source_left ? i : count - 1 - i);
        page_element(out, "span", NULL, name);
        g_free(name);
    }
    g_string_append(out, "</span></div>");
}

static void gap_row(GString *out, const struct diagram *diagram, uint64_t gap)
{
    g_string_append(out, "<li class=\"gap\"><div></div><div class=\"hop\">");
    put_lines(out, diagram);
    page_element(out, "span", "text",
                 words_counted(gap, "%s segment not shown", "%s segments not shown"));
    g_string_append(out, "</div></li>");
}

void page_diagram(GString *out, const struct report *report, const struct tcprst_verdict *v,
                  const struct diagram *diagram)
{
    if (!diagram || diagram->count == 0) {
        page_element(out, "p", "soft",
                     _("No diagram: the capture could not be read a second time."));
        return;
    }
    g_string_append(out, "<div class=\"seq\">");
    diagram_ends(out, v);
    diagram_places(out, report, diagram, source_is_left(v));
    g_string_append_printf(out, "<ol class=\"seq-rows\" aria-label=\"%s\">", _("Segments"));
    for (size_t i = 0; i < diagram->count; i++) {
        uint64_t gap = i ? diagram->segments[i].index - diagram->segments[i - 1].index - 1 : 0;
        if (gap > 0)
            gap_row(out, diagram, gap);
        segment_row(out, report, v, diagram, &diagram->segments[i]);
    }
    g_string_append(out, "</ol></div>");
}
