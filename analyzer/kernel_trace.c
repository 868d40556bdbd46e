/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_trace.c - lines of a kernel's trace to events. */
#include "kernel_trace.h"

#include "capture.h"
#include "translate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
    LINE = 4096, /* octets of one that are looked at */
    NAME = 64,   /* of an address */
    PORT_MOST = 65535,
};

struct kernel_trace *kernel_trace_open(const char *name, char **error)
{
    FILE *file = fopen(name, "re");
    if (!file) {
        *error =
            g_strdup_printf(_("cannot open the kernel trace '%s': %s"), name, g_strerror(errno));
        return NULL;
    }
    struct kernel_trace *trace = g_new0(struct kernel_trace, 1);
    trace->name = g_strdup(name);
    trace->file = file;
    trace->trace = tcprst_trace_new();
    if (!trace->trace)
        g_error("no memory");
    return trace;
}

void kernel_trace_close(struct kernel_trace *trace)
{
    if (!trace)
        return;
    if (trace->file)
        fclose(trace->file);
    tcprst_trace_free(trace->trace);
    g_free(trace->name);
    g_free(trace->error);
    g_free(trace);
}

/* ---- fields ---- */

/* The value of " key=value " in buffer; false: there is none, or it is longer. */
static bool field(const char *line, const char *key, char *buffer, size_t size)
{
    size_t length = strlen(key);
    for (const char *p = line; (p = strstr(p, key)) != NULL; p += length) {
        if (p == line || p[-1] != ' ' || p[length] != '=')
            continue;
        const char *value = p + length + 1;
        size_t n = strcspn(value, " \t\r\n,");
        if (n == 0 || n >= size)
            return false;
        memcpy(buffer, value, n);
        buffer[n] = '\0';
        return true;
    }
    return false;
}

static bool port_of(const char *text, uint16_t *port)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, 0, PORT_MOST, &value, NULL))
        return false;
    *port = (uint16_t)value;
    return true;
}

/* 4 or 6; 0: it is no address. One of IPv4 written as IPv6 is one of IPv4. */
static uint8_t address_of(const char *text, uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memset(address, 0, 16);
    if (inet_pton(AF_INET, text, address) == 1)
        return 4;
    if (inet_pton(AF_INET6, text, address) != 1)
        return 0;
    if (memcmp(address, mapped, sizeof mapped) != 0)
        return 6;
    memmove(address, address + 12, 4);
    memset(address + 4, 0, 12);
    return 4;
}

/* "192.0.2.1:80", "[2001:db8::1]:80". */
static uint8_t end_of(char *text, uint8_t address[16], uint16_t *port)
{
    char *colon = strrchr(text, ':');
    if (!colon || !port_of(colon + 1, port))
        return 0;
    *colon = '\0';
    if (*text == '[' && colon > text && colon[-1] == ']') {
        colon[-1] = '\0';
        text++;
    }
    return address_of(text, address);
}

/* Since 6.10: src=192.0.2.1:80 dest=192.0.2.2:4711 */
static bool take_pair(const char *line, struct tcprst_trace_event *e)
{
    char local[NAME], remote[NAME];
    if (!field(line, "src", local, sizeof local) || !field(line, "dest", remote, sizeof remote))
        return false;
    e->ip_version = end_of(local, e->local, &e->local_port);
    uint8_t other = end_of(remote, e->remote, &e->remote_port);
    if (e->remote_port == 0) /* a listener's, which has no other end */
        return e->ip_version != 0;
    return e->ip_version && other == e->ip_version;
}

/* Before, and of those taken: family=AF_INET sport=80 dport=4711 saddr=... saddrv6=... */
static bool take_parts(const char *line, struct tcprst_trace_event *e)
{
    char text[NAME];
    bool v6 = field(line, "family", text, sizeof text) && strcmp(text, "AF_INET6") == 0;
    if (!field(line, "sport", text, sizeof text) || !port_of(text, &e->local_port) ||
        !field(line, "dport", text, sizeof text) || !port_of(text, &e->remote_port) ||
        !field(line, v6 ? "saddrv6" : "saddr", text, sizeof text))
        return false;
    e->ip_version = address_of(text, e->local);
    if (!field(line, v6 ? "daddrv6" : "daddr", text, sizeof text))
        return false;
    uint8_t other = address_of(text, e->remote);
    return e->ip_version && (other == e->ip_version || e->remote_port == 0);
}

static void take_reason(const char *line, struct tcprst_trace_event *e)
{
    static const char prefix[] = "SK_RST_REASON_";
    char text[TCPRST_REASON_SIZE + sizeof prefix];
    if (!field(line, "reason", text, sizeof text))
        return;
    const char *reason = g_str_has_prefix(text, prefix) ? text + sizeof prefix - 1 : text;
    for (const char *p = reason; *p; p++)
        if (!g_ascii_isupper(*p) && !g_ascii_isdigit(*p) && *p != '_')
            return;
    g_strlcpy(e->reason, reason, sizeof e->reason);
}

/* ---- lines ---- */

/* The time that ends before name: "1234.567890:" and blanks. */
static bool time_before(const char *line, const char *name, int64_t *time)
{
    const char *end = name;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (end == line || end[-1] != ':')
        return false;
    const char *fraction = --end;
    while (fraction > line && g_ascii_isdigit(fraction[-1]))
        fraction--;
    if (fraction == line || fraction == end || fraction[-1] != '.' || end - fraction > 9)
        return false;
    const char *seconds = fraction - 1;
    while (seconds > line && g_ascii_isdigit(seconds[-1]))
        seconds--;
    if (fraction - 1 - seconds < 1 || fraction - 1 - seconds > 10)
        return false;
    int64_t whole = 0, part = 0;
    for (const char *p = seconds; p < fraction - 1; p++)
        whole = whole * 10 + (*p - '0');
    for (int i = 0; i < 9; i++)
        part = part * 10 + (i < end - fraction ? fraction[i] - '0' : 0);
    *time = capture_time(whole, (uint64_t)part);
    return *time != TCPRST_TIME_UNKNOWN;
}

static void take_event(struct kernel_trace *trace, const char *line, const char *name, bool sent)
{
    struct tcprst_trace_event e = {.sent = sent};
    const char *start = g_str_has_prefix(name - MIN(name - line, 4), "tcp:") ? name - 4 : name;
    trace->lines++;
    if (!time_before(line, start, &e.time)) {
        trace->no_times = true;
        trace->not_understood++;
        return;
    }
    const char *fields = strchr(name, ':');
    if (!take_pair(fields, &e) && !take_parts(fields, &e)) {
        trace->not_understood++;
        return;
    }
    take_reason(fields, &e);
    if (!tcprst_trace_add(trace->trace, &e))
        trace->lost++;
}

/* "CPU:1 [LOST 12 EVENTS]", "CPU:1 [12 EVENTS DROPPED]", "Lost 12 events", "PERF_RECORD_LOST". */
static void take_loss(struct kernel_trace *trace, const char *line)
{
    char *lower = g_ascii_strdown(line, -1);
    bool lost = (strstr(lower, "lost") || strstr(lower, "dropped")) && strstr(lower, "event");
    if (lost || strstr(lower, "perf_record_lost"))
        trace->lost++;
    /* "# entries-in-buffer/entries-written: 12/15   #P:2": older ones were overwritten. */
    const char *counts = strstr(lower, "entries-written:");
    unsigned long long held, written;
    if (counts && sscanf(counts, "entries-written: %llu/%llu", &held, &written) == 2 &&
        written > held)
        trace->lost += written - held;
    g_free(lower);
}

static void take_line(struct kernel_trace *trace, const char *line)
{
    static const char send[] = "tcp_send_reset:", receive[] = "tcp_receive_reset:";
    const char *name = strstr(line, send);
    if (name) {
        take_event(trace, line, name, true);
        return;
    }
    name = strstr(line, receive);
    if (name)
        take_event(trace, line, name, false);
    else
        take_loss(trace, line);
}

bool kernel_trace_read(struct kernel_trace *trace)
{
    static char line[LINE];
    bool whole = true; /* the line before came to its end */
    while (fgets(line, sizeof line, trace->file)) {
        if (whole)
            take_line(trace, line);
        whole = strchr(line, '\n') != NULL;
    }
    if (ferror(trace->file))
        trace->error = g_strdup_printf(_("cannot read the kernel trace '%s': %s"), trace->name,
                                       g_strerror(errno));
    else if (trace->lines == 0)
        trace->error = g_strdup_printf(_("the kernel trace '%s' has no line of tcp_send_reset or "
                                         "tcp_receive_reset"),
                                       trace->name);
    else if (trace->lines == trace->not_understood)
        trace->error = g_strdup_printf(
            _("the kernel trace '%s': %s"), trace->name,
            trace->no_times
                ? _("its lines have no time in seconds (trace_clock counts something else)")
                : _("no line of it names two addresses and ports"));
    if (trace->lost || trace->not_understood)
        tcprst_trace_lost(trace->trace, trace->lost + trace->not_understood);
    return !trace->error;
}

char *kernel_trace_sentence(const struct kernel_trace *trace, const char *shown)
{
    uint64_t resets = 0, joined = 0;
    for (uint32_t s = 0; s < TCPRST_TRACE_SOURCES; s++) {
        struct tcprst_trace_source source = tcprst_trace_source(trace->trace, s);
        resets += source.resets;
        joined += source.joined;
    }
    GString *line = g_string_new(NULL);
    g_string_append_printf(line,
                           _("%s: the kernel sent %llu resets and took %llu; of %llu captured in "
                             "the name of its hosts, it says of %llu that it sent them"),
                           shown, (unsigned long long)tcprst_trace_events(trace->trace, true),
                           (unsigned long long)tcprst_trace_events(trace->trace, false),
                           (unsigned long long)resets, (unsigned long long)joined);
    if (trace->lost)
        g_string_append(line, _("; events were lost, so that what it does not say proves nothing"));
    if (trace->not_understood)
        g_string_append_printf(line, _("; %llu lines not understood"),
                               (unsigned long long)trace->not_understood);
    return g_string_free(line, FALSE);
}
