/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.c - verdict and evidence as sentences, so that both front doors say the same. */
#include "signatures.h"
#include "tcprst.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const sentences[][2] = {
#define FACT(ID, id, yes, no) {yes, no},
#include "tcprst/facts.def"
};

struct text {
    char *buffer;
    size_t size, length;
};

static void put(struct text *t, const char *s, size_t n)
{
    if (t->length + 1 < t->size) {
        size_t room = t->size - 1 - t->length;
        memcpy(t->buffer + t->length, s, n < room ? n : room);
    }
    t->length += n;
}

static void put_string(struct text *t, const char *s)
{
    put(t, s, strlen(s));
}

/* Ends the text; where it was cut, at the end of a whole UTF-8 character. */
static size_t finish(struct text *t)
{
    if (t->size == 0)
        return t->length;
    size_t end = t->length < t->size ? t->length : t->size - 1;
    if (end < t->length)
        while (end > 0 && (t->buffer[end - 1] & 0x80)) {
            bool lead = (t->buffer[end - 1] & 0xc0) == 0xc0;
            end--;
            if (lead)
                break;
        }
    t->buffer[end] = '\0';
    return t->length;
}

static void put_decimal(struct text *t, int64_t value)
{
    char digits[20], *first = digits + sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--first = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        put(t, "-", 1);
    put(t, first, (size_t)(digits + sizeof digits - first));
}

static void put_time(struct text *t, int64_t ns)
{
    char s[40];
    if (ns < 0)
        ns = 0;
    if (ns < 1000000)
        snprintf(s, sizeof s, "%" PRId64 " µs", ns / 1000);
    else if (ns < 1000000000)
        snprintf(s, sizeof s, "%.*f ms", ns < 10000000 ? 1 : 0, (double)ns / 1e6);
    else if (ns < INT64_C(120000000000))
        snprintf(s, sizeof s, "%.1f s", (double)ns / 1e9);
    else if (ns < INT64_C(7200000000000))
        snprintf(s, sizeof s, "%.1f min", (double)ns / 60e9);
    else
        snprintf(s, sizeof s, "%.1f h", (double)ns / 3600e9);
    put_string(t, s);
}

static void put_number(struct text *t, int64_t value, const char *unit, size_t n)
{
    char s[40];
    if (n == 4 && memcmp(unit, "time", 4) == 0) {
        put_time(t, value);
        return;
    }
    const char *name = n == 6 && memcmp(unit, "reason", 6) == 0
                           ? trace_reason_name((unsigned)value)
                       : n == 5 && memcmp(unit, "timer", 5) == 0 ? tcprst_known_timer(value)
                       : n == 9 && memcmp(unit, "signature", 9) == 0
                           ? signature_cloudflare_name(value)
                       : n == 8 && memcmp(unit, "detector", 8) == 0 ? signature_weaver_name(value)
                                                                    : NULL;
    if (name) {
        put_string(t, name);
        return;
    }
    if (n == 1 && *unit == 'x') {
        snprintf(s, sizeof s, "0x%" PRIx64, (uint64_t)value);
        put_string(t, s);
        return;
    }
    put_decimal(t, value);
    if (n == 5 && memcmp(unit, "bytes", 5) == 0)
        put_string(t, value == 1 ? " byte" : " bytes");
}

/* Fills {a}, {b}, {a:unit} of a sentence. */
static void put_sentence(struct text *t, const char *s, int64_t a, int64_t b)
{
    for (const char *open; (open = strchr(s, '{')) != NULL;) {
        const char *close = strchr(open, '}');
        put(t, s, (size_t)(open - s));
        const char *unit = open[2] == ':' ? open + 3 : close;
        put_number(t, open[1] == 'a' ? a : b, unit, (size_t)(close - unit));
        s = close + 1;
    }
    put_string(t, s);
}

size_t tcprst_evidence_text(const struct tcprst_evidence *evidence, char *buffer, size_t size)
{
    struct text t = {buffer, size, 0};
    if ((size_t)evidence->fact < TCPRST_FACT_COUNT)
        put_sentence(&t, sentences[evidence->fact][evidence->holds ? 0 : 1], evidence->a,
                     evidence->b);
    return finish(&t);
}

size_t tcprst_verdict_summary(const struct tcprst_verdict *verdict, char *buffer, size_t size)
{
    struct text t = {buffer, size, 0};
    put_string(&t, tcprst_cause_info(verdict->cause)->title);
    for (unsigned i = 0; i < verdict->evidence_count && i < 2; i++) {
        const struct tcprst_evidence *e = &verdict->evidence[i];
        put_string(&t, i ? "; " : ": ");
        put_sentence(&t, sentences[e->fact][e->holds ? 0 : 1], e->a, e->b);
    }
    return finish(&t);
}
