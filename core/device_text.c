/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device_text.c - what a RST says itself: MPTCP reasons (RFC 8684 section 3.6), diagnostic text
 * (RFC 9293 section 3.5.3), CBOR diagnostic payloads (draft-boucadair-tcpm-rst-diagnostic-payload).
 */
#include "dimensions.h"

#include <stdio.h>
#include <string.h>

static void set_text(struct tcprst_verdict *v, const char *text)
{
    size_t n = strlen(text);
    if (n >= TCPRST_DEVICE_TEXT_SIZE)
        n = TCPRST_DEVICE_TEXT_SIZE - 1;
    memcpy(v->device_text, text, n);
    v->device_text[n] = '\0';
    v->device_text_length = n;
}

static void mptcp_text(struct tcprst_verdict *v, const struct tcp_options *o)
{
    static const char *const reasons[] = {"unspecified",
                                          "MPTCP-specific error",
                                          "lack of resources",
                                          "administratively prohibited",
                                          "too much outstanding data",
                                          "unacceptable performance",
                                          "middlebox interference"};
    char text[128];
    if (!o->has_tcprst) {
        set_text(v, "MP_FASTCLOSE");
        return;
    }
    const char *reason = o->tcprst_reason < sizeof reasons / sizeof *reasons
                             ? reasons[o->tcprst_reason]
                             : "unknown reason";
    snprintf(text, sizeof text, "%sMP_TCPRST: %s (%u)%s", o->has_fastclose ? "MP_FASTCLOSE, " : "",
             reason, (unsigned)o->tcprst_reason, o->tcprst_flags & 1 ? ", transient" : "");
    set_text(v, text);
}

static bool printable(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] < 0x20 || p[i] > 0x7e) && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
            return false;
    return n > 0;
}

static void ascii_text(struct tcprst_verdict *v, const uint8_t *p, size_t n)
{
    char text[TCPRST_DEVICE_TEXT_SIZE];
    if (n >= sizeof text)
        n = sizeof text - 1;
    memcpy(text, p, n);
    while (n > 0 && (text[n - 1] == '\r' || text[n - 1] == '\n' || text[n - 1] == ' '))
        n--;
    text[n] = '\0';
    set_text(v, text);
}

/* ---- CBOR (RFC 8949): as much as the draft's map needs ---- */

struct cbor {
    const uint8_t *p;
    size_t left;
};

/* The head of an item: major type and argument; false at the end or for what the draft does not
 * use. */
static bool cbor_head(struct cbor *c, unsigned *major, uint64_t *value)
{
    if (!c->left)
        return false;
    uint8_t first = *c->p++;
    c->left--;
    *major = first >> 5;
    *value = first & 31;
    if (*value < 24)
        return true;
    if (*value > 27)
        return false;
    size_t n = (size_t)1 << (*value - 24);
    if (c->left < n)
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value = *value << 8 | c->p[i];
    c->p += n;
    c->left -= n;
    return true;
}

/* { 1: reason code, 2: enterprise number, 3: description } behind the magic cookie 12345. */
static bool cbor_text(struct tcprst_verdict *v, const uint8_t *p, size_t n)
{
    struct cbor c = {p, n};
    unsigned major;
    uint64_t value, key, code = 0;
    bool has_code = false;
    char text[TCPRST_DEVICE_TEXT_SIZE] = "";
    if (!cbor_head(&c, &major, &value) || major == 4) {
        if (!cbor_head(&c, &major, &value))
            return false;
    }
    if (major != 0 || value != 12345 || !cbor_head(&c, &major, &value) || major != 5 || value > 16)
        return false;
    for (uint64_t pairs = value; pairs > 0; pairs--) {
        if (!cbor_head(&c, &major, &key) || major > 1 || !cbor_head(&c, &major, &value))
            break;
        if (major == 3) {
            size_t length = value > c.left ? c.left : (size_t)value;
            if (printable(c.p, length))
                snprintf(text, sizeof text, "%.*s", (int)(length < 200 ? length : 200),
                         (const char *)c.p);
            c.p += length;
            c.left -= length;
        } else if (major == 0 && key == 1) {
            code = value;
            has_code = true;
        } else if (major > 1) {
            break;
        }
    }
    if (!has_code && !*text)
        return false;
    char line[TCPRST_DEVICE_TEXT_SIZE];
    if (has_code)
        snprintf(line, sizeof line, "reason %llu%s%.200s", (unsigned long long)code,
                 *text ? ": " : "", text);
    else
        snprintf(line, sizeof line, "%.200s", text);
    set_text(v, line);
    return true;
}

const char *window_code_text(uint16_t window)
{
    static const struct {
        uint16_t first, last;
        const char *text;
    } codes[] = {
#define CODE(first, last, text) {first, last, text},
#include "window_codes.def"
#undef CODE
    };
    for (unsigned i = 0; i < sizeof codes / sizeof *codes && codes[i].first <= window; i++)
        if (window <= codes[i].last)
            return codes[i].text;
    return NULL;
}

bool device_says(const struct reset *r)
{
    if (!r->packet.text_length)
        return false;
    struct tcprst_verdict scratch = {.device_text_length = 0};
    return cbor_text(&scratch, r->packet.text, r->packet.text_length) ||
           printable(r->packet.text, r->packet.text_length);
}

void device_text_of(struct tcprst_verdict *v, const struct reset *r, const struct evidence *e)
{
    if (is(e, TCPRST_FACT_WINDOW_CODE)) {
        char text[128];
        snprintf(text, sizeof text, "NetScaler window code %u: %s", (unsigned)r->window,
                 window_code_text(r->window));
        set_text(v, text);
        return;
    }
    if (r->packet.options.has_tcprst || r->packet.options.has_fastclose) {
        mptcp_text(v, &r->packet.options);
        return;
    }
    if (!r->packet.text_length || cbor_text(v, r->packet.text, r->packet.text_length))
        return;
    if (printable(r->packet.text, r->packet.text_length))
        ascii_text(v, r->packet.text, r->packet.text_length);
}
