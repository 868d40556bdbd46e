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

/* The sentence of a fact, of its numbers. */
static const char *sentence_of(const struct tcprst_evidence *e)
{
    int64_t a = e->a, b = e->b;
#define FACT_ELSE(ID, is_so, where, sentence)                                                      \
    if (e->fact == TCPRST_FACT_##ID && e->holds == (is_so) && (where))                             \
        return sentence;
#include "tcprst/facts.def"
    return sentences[e->fact][e->holds ? 0 : 1];
}

struct text {
    char *buffer;
    size_t size, length;
    tcprst_translate *translate; /* NULL: English */
};

static const char *say(const struct text *t, const char *text)
{
    return t->translate && *text ? t->translate(text, NULL, 0) : text;
}

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

/* "{n} bytes" in the one of both forms that goes with n. */
static void put_counted(struct text *t, const char *one, const char *many, int64_t n)
{
    const char *s = t->translate ? t->translate(one, many, (uint64_t)n) : n == 1 ? one : many;
    const char *number = strstr(s, "{n}");
    if (!number)
        return;
    put(t, s, (size_t)(number - s));
    put_decimal(t, n);
    put_string(t, number + strlen("{n}"));
}

/* A number of hundredths (decimals: 2), tenths or ones, without the zeros at its end that say
 * nothing. */
static void put_decimals(struct text *t, uint64_t number, unsigned decimals)
{
    char digits[24], *end = digits + sizeof digits, *first = end;
    for (; decimals > 0; decimals--, number /= 10)
        if (number % 10 || first < end)
            *--first = (char)('0' + number % 10);
    if (first < end)
        *--first = '.';
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(t, first, (size_t)(end - first));
}

/* Whether what lies in the middle between that number of so many decimals and the next goes up: it
 * goes where the nearest double lies, as printf() has it. That one has 53 binary digits of it, and
 * is the larger one where what they leave is more than half; where they leave nothing it lies in
 * the middle, too, and an even number is chosen. */
static bool half_goes_up(uint64_t number, unsigned decimals)
{
    enum { DIGITS = 53 };
    const uint64_t halves = decimals == 2 ? 200 : decimals == 1 ? 20 : 2;
    uint64_t half = 2 * number + 1;
    while (half < halves << (DIGITS - 1))
        half *= 2;
    uint64_t left = half % halves;
    return left ? left * 2 > halves : number % 2;
}

/* Three digits, and no zeros that say nothing: "1.02", "85", "350". */
static void put_rounded(struct text *t, int64_t ns, int64_t of, const char *unit)
{
    unsigned decimals = ns < of / 1000 * 9995 ? 2 : ns < of / 100 * 9995 ? 1 : 0;
    int64_t step = decimals == 2 ? of / 100 : decimals == 1 ? of / 10 : of;
    uint64_t number = (uint64_t)(ns / step);
    int64_t rest = ns % step;
    bool up = rest * 2 == step ? half_goes_up(number, decimals) : rest * 2 > step;
    put_decimals(t, number + up, decimals);
    put_string(t, unit);
}

/* "5 min 34 s"; the smaller unit only where there is something of it. */
static void put_two(struct text *t, int64_t many, const char *large, int64_t few, const char *small)
{
    put_decimal(t, many);
    put_string(t, large);
    if (few == 0)
        return;
    put(t, " ", 1);
    put_decimal(t, few);
    put_string(t, small);
}

static void put_time(struct text *t, int64_t ns)
{
    enum { MINUTES_FROM = 600, HOURS_FROM = 3600, DAYS_FROM = 172800 };
    int64_t seconds = ns / 1000000000;
    if (ns < 999500)
        put_rounded(t, ns < 0 ? 0 : ns, 1000, " µs");
    else if (ns < 999500000)
        put_rounded(t, ns, 1000000, " ms");
    else if (seconds < MINUTES_FROM)
        put_rounded(t, ns, 1000000000, " s");
    else if (seconds < HOURS_FROM)
        put_two(t, seconds / 60, " min", seconds % 60, " s");
    else if (seconds < DAYS_FROM)
        put_two(t, seconds / 3600, " h", seconds / 60 % 60, " min");
    else
        put_counted(t, "{n} day", "{n} days", seconds / 86400);
}

static bool is_unit(const char *unit, size_t n, const char *name)
{
    return n == strlen(name) && memcmp(unit, name, n) == 0;
}

static void put_number(struct text *t, int64_t value, const char *unit, size_t n)
{
    char s[40];
    if (is_unit(unit, n, "time")) {
        put_time(t, value);
        return;
    }
    if (is_unit(unit, n, "bytes")) {
        put_counted(t, "{n} byte", "{n} bytes", value);
        return;
    }
    const char *name = is_unit(unit, n, "reason")      ? trace_reason_name((unsigned)value)
                       : is_unit(unit, n, "timer")     ? tcprst_known_timer(value)
                       : is_unit(unit, n, "signature") ? signature_cloudflare_name(value)
                       : is_unit(unit, n, "detector")  ? signature_weaver_name(value)
                                                       : NULL;
    if (name) {
        put_string(t, say(t, name));
    } else if (is_unit(unit, n, "x")) {
        snprintf(s, sizeof s, "0x%" PRIx64, (uint64_t)value);
        put_string(t, s);
    } else {
        put_decimal(t, value);
    }
}

/* Fills {a}, {b}, {a:unit} of a sentence. */
static void put_sentence(struct text *t, const char *s, int64_t a, int64_t b)
{
    for (const char *open; (open = strchr(s, '{')) != NULL;) {
        const char *close = strchr(open, '}');
        if (!close)
            break;
        put(t, s, (size_t)(open - s));
        const char *unit = open[2] == ':' ? open + 3 : close;
        put_number(t, open[1] == 'a' ? a : b, unit, (size_t)(close - unit));
        s = close + 1;
    }
    put_string(t, s);
}

static void put_evidence(struct text *t, const struct tcprst_evidence *e)
{
    put_sentence(t, say(t, sentence_of(e)), e->a, e->b);
}

bool evidence_has_contrary(enum tcprst_fact fact)
{
    static const bool has[] = {
#define FACT(ID, id, yes, no) sizeof(no) > 1,
#include "tcprst/facts.def"
    };
    return has[fact];
}

size_t tcprst_evidence_text(const struct tcprst_evidence *evidence, tcprst_translate *translate,
                            char *buffer, size_t size)
{
    struct text t = {buffer, size, 0, translate};
    if ((size_t)evidence->fact < TCPRST_FACT_COUNT)
        put_evidence(&t, evidence);
    return finish(&t);
}

size_t tcprst_duration_text(int64_t nanoseconds, tcprst_translate *translate, char *buffer,
                            size_t size)
{
    struct text t = {buffer, size, 0, translate};
    put_time(&t, nanoseconds);
    return finish(&t);
}

size_t tcprst_verdict_summary(const struct tcprst_verdict *verdict, tcprst_translate *translate,
                              char *buffer, size_t size)
{
    struct text t = {buffer, size, 0, translate};
    put_string(&t, say(&t, tcprst_cause_info(verdict->cause)->title));
    for (unsigned i = 0; i < verdict->evidence_count && i < 2; i++) {
        put_string(&t, i ? say(&t, "; ") : say(&t, ": "));
        put_evidence(&t, &verdict->evidence[i]);
    }
    return finish(&t);
}
