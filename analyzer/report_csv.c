/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_csv.c - one row a reset with the scalar columns, header first, by RFC 4180. */
#include "report.h"

#include "report_string.h"

#include <inttypes.h>

static const char header[] =
    "capture,frame,time,time_epoch,src,src_port,dst,dst_port,layer,connection,display_filter,final,"
    "duplicate_of,cause,group,strength,stage,acceptance,effect,sender,origin,severity,trigger_"
    "frame,"
    "trigger_capture,event_frame,event_capture,idle_seconds,bytes_at_risk_from_sender,"
    "bytes_at_risk_to_sender,bytes_at_risk_unread_possible,peer_error,device_text\r\n";

static void field(GString *line, const char *text)
{
    if (line->len > 0)
        g_string_append_c(line, ',');
    if (text)
        string_csv(line, text);
}

/* An empty field for numbers below least. */
static void number(GString *line, int64_t value, int64_t least)
{
    g_string_append_c(line, ',');
    if (value >= least)
        g_string_append_printf(line, "%" PRId64, value);
}

static void frame(GString *line, const struct tcprst_frame *value)
{
    number(line, (int64_t)value->number, 1);
}

static void other_capture(GString *line, const struct report *report,
                          const struct tcprst_frame *value, uint32_t own)
{
    bool other = value->number > 0 && value->capture != own && value->capture < report->name_count;
    field(line, other ? report->names[value->capture] : NULL);
}

static void place(GString *line, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = reset->verdict;
    if (*reset->capture)
        string_csv(line, reset->capture);
    else
        g_string_append(line, "\"\"");
    frame(line, &v->frame);
    field(line, reset->time);
    /* A number, though it may begin with a minus sign. */
    g_string_append_printf(line, ",%s", reset->time_epoch);
    field(line, reset->src);
    number(line, v->source_port, 0);
    field(line, reset->dst);
    number(line, v->destination_port, 0);
    number(line, v->layer, 0);
    number(line, (int64_t)v->connection, 0);
    field(line, reset->display_filter);
}

static void verdict(GString *line, const struct report *report, const struct tcprst_verdict *v)
{
    field(line, v->final ? "true" : "false");
    frame(line, &v->duplicate_of);
    field(line, tcprst_cause_id(v->cause));
    field(line, tcprst_group_id(tcprst_cause_info(v->cause)->group));
    field(line, tcprst_strength_id(v->strength));
    field(line, tcprst_stage_id(v->stage));
    field(line, tcprst_acceptance_id(v->acceptance));
    field(line, tcprst_effect_id(v->effect));
    field(line, tcprst_sender_id(v->sender));
    field(line, tcprst_origin_id(v->origin));
    field(line, tcprst_severity_id(v->severity));
    frame(line, &v->trigger);
    other_capture(line, report, &v->trigger, v->frame.capture);
    frame(line, &v->event);
    other_capture(line, report, &v->event, v->frame.capture);
}

static void open_report(struct report *report)
{
    report->state = g_string_sized_new(1024);
    fputs(header, report->out);
}

static void write_reset(struct report *report, const struct report_reset *reset)
{
    const struct tcprst_verdict *v = reset->verdict;
    GString *line = report->state;
    g_string_truncate(line, 0);
    place(line, reset);
    verdict(line, report, v);
    g_string_append_c(line, ',');
    if (v->idle >= 0)
        g_string_append_printf(line, "%" PRId64 ".%09" PRId64, v->idle / 1000000000,
                               v->idle % 1000000000);
    number(line, v->risk_from_sender, 0);
    number(line, v->risk_to_sender, 0);
    number(line, v->unread_possible, 0);
    field(line, tcprst_peer_error_id(v->peer_error));
    field(line, reset->device_text);
    g_string_append(line, "\r\n");
    fwrite(line->str, 1, line->len, report->out);
}

static void close_report(struct report *report)
{
    g_string_free(report->state, TRUE);
}

const struct report_format report_csv = {
    .open = open_report, .reset = write_reset, .close = close_report};
