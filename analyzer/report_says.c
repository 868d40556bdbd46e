/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_says.c - one line of TLS and HTTP, read within what was captured of one segment. */
#include "report_says.h"

#include <stdio.h>
#include <string.h>

enum { DIRECTIONS = 8192, KEPT = 3, NAME_MAX_LENGTH = 64, STATUS_MAX_LENGTH = 64 };

struct said {
    struct tcprst_frame frame; /* number 0: none */
    char text[SAYS_SIZE];
};

struct direction_key {
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint8_t ip_version, layer;
    uint16_t unused;
};

/* Where two directions want the same place the later one has it. */
struct direction {
    struct direction_key key;
    unsigned next;
    struct said said[KEPT];
    const struct capture_note *note; /* the last one beside a segment of this direction */
};

struct says {
    bool any; /* direction has something */
    struct direction directions[DIRECTIONS];
};

struct says *says_new(void)
{
    return g_new0(struct says, 1);
}

void says_free(struct says *says)
{
    g_free(says);
}

static size_t place_of(const struct direction_key *key)
{
    uint64_t words[sizeof *key / sizeof(uint64_t)], hash = 0;
    G_STATIC_ASSERT(sizeof words == sizeof *key);
    memcpy(words, key, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        hash = (hash ^ hash >> 29 ^ words[i]) * 0x9e3779b97f4a7c15u;
    return (hash >> 32) % DIRECTIONS;
}

/* ---- Reading ---- */

/* Octets still to be read; a read beyond them gives 0 and leaves none. */
struct rest {
    const uint8_t *at;
    size_t length;
};

static void skip(struct rest *rest, size_t octets)
{
    octets = MIN(octets, rest->length);
    rest->at += octets;
    rest->length -= octets;
}

static unsigned take(struct rest *rest, unsigned octets)
{
    unsigned value = 0;
    if (rest->length < octets) {
        rest->length = 0;
        return 0;
    }
    for (unsigned i = 0; i < octets; i++)
        value = value << 8 | rest->at[i];
    skip(rest, octets);
    return value;
}

/* As much of the octets as can be shown in one line of ASCII. */
static void put_octets(char text[SAYS_SIZE], const char *before, const uint8_t *octets,
                       size_t length)
{
    size_t used = (size_t)snprintf(text, SAYS_SIZE, "%s", before);
    for (size_t i = 0; i < length && used + 1 < SAYS_SIZE; i++)
        text[used++] = octets[i] > 0x20 && octets[i] < 0x7f ? (char)octets[i]
                       : octets[i] == ' '                   ? ' '
                                                            : '?';
    text[used] = '\0';
}

static const char *alert_name(unsigned description)
{
    /* RFC 8446 section 6, and those of older versions. */
    static const struct {
        unsigned number;
        const char *name;
    } names[] = {{0, "close notify"},
                 {10, "unexpected message"},
                 {20, "bad record MAC"},
                 {21, "decryption failed"},
                 {22, "record overflow"},
                 {40, "handshake failure"},
                 {42, "bad certificate"},
                 {43, "unsupported certificate"},
                 {44, "certificate revoked"},
                 {45, "certificate expired"},
                 {46, "certificate unknown"},
                 {47, "illegal parameter"},
                 {48, "unknown CA"},
                 {49, "access denied"},
                 {50, "decode error"},
                 {51, "decrypt error"},
                 {70, "protocol version"},
                 {71, "insufficient security"},
                 {80, "internal error"},
                 {86, "inappropriate fallback"},
                 {90, "user canceled"},
                 {100, "no renegotiation"},
                 {109, "missing extension"},
                 {110, "unsupported extension"},
                 {112, "unrecognized name"},
                 {113, "bad certificate status response"},
                 {115, "unknown PSK identity"},
                 {116, "certificate required"},
                 {120, "no application protocol"}};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].number == description)
            return names[i].name;
    return NULL;
}

static const char encrypted_alert[] = "TLS alert, encrypted";

/* Two octets where it is not encrypted. Else that it is an alert is all that can be read, and
 * enough: at the end of a connection it hardly ever is more than close_notify. */
static bool tls_alert(struct rest rest, char text[SAYS_SIZE])
{
    skip(&rest, 1);
    if (take(&rest, 1) != 3)
        return false;
    skip(&rest, 1);
    enum { ENCRYPTED_LEAST = 18, ENCRYPTED_MOST = 80 };
    unsigned length = take(&rest, 2);
    if (length >= ENCRYPTED_LEAST && length <= ENCRYPTED_MOST && rest.length == length) {
        g_strlcpy(text, encrypted_alert, SAYS_SIZE);
        return true;
    }
    if (length != 2 || rest.length < 2)
        return false;
    unsigned level = take(&rest, 1), description = take(&rest, 1);
    const char *name = alert_name(description);
    if ((level != 1 && level != 2) || !name)
        return false;
    snprintf(text, SAYS_SIZE, "TLS alert: %s (%u)", name, description);
    return true;
}

/* The first host name of a server_name extension: RFC 6066 section 3. */
static bool server_name(struct rest rest, char text[SAYS_SIZE])
{
    skip(&rest, 2);
    unsigned type = take(&rest, 1), length = take(&rest, 2);
    if (type != 0 || length == 0 || rest.length < length)
        return false;
    put_octets(text, "TLS ClientHello for ", rest.at, MIN(length, NAME_MAX_LENGTH));
    return true;
}

/* RFC 8446 section 4.1.2; only as far as the segment reaches. */
static bool client_hello(struct rest rest, char text[SAYS_SIZE])
{
    skip(&rest, 1);
    if (take(&rest, 1) != 3)
        return false;
    skip(&rest, 3);
    if (take(&rest, 1) != 1)
        return false;
    skip(&rest, 3 + 2 + 32);
    skip(&rest, take(&rest, 1));
    skip(&rest, take(&rest, 2));
    skip(&rest, take(&rest, 1));
    g_strlcpy(text, "TLS ClientHello", SAYS_SIZE);
    struct rest extensions = rest;
    extensions.length = MIN(take(&rest, 2), rest.length);
    extensions.at = rest.at;
    while (extensions.length >= 4) {
        unsigned type = take(&extensions, 2), length = take(&extensions, 2);
        struct rest one = {extensions.at, MIN(length, extensions.length)};
        if (type == 0)
            return server_name(one, text) || true;
        skip(&extensions, length);
    }
    return true;
}

static size_t line_length(struct rest rest)
{
    size_t length = 0;
    while (length < rest.length && rest.at[length] != '\r' && rest.at[length] != '\n')
        length++;
    return length;
}

static bool begins(struct rest rest, const char *word)
{
    size_t length = strlen(word);
    return rest.length >= length && memcmp(rest.at, word, length) == 0;
}

/* The value of Host, among the lines that are captured. */
static bool http_request(struct rest rest, char text[SAYS_SIZE])
{
    static const char *const methods[] = {"GET ",    "POST ",    "PUT ",   "HEAD ",
                                          "DELETE ", "OPTIONS ", "PATCH ", "CONNECT "};
    size_t method = 0;
    while (method < G_N_ELEMENTS(methods) && !begins(rest, methods[method]))
        method++;
    if (method == G_N_ELEMENTS(methods))
        return false;
    snprintf(text, SAYS_SIZE, "HTTP %.*s", (int)strlen(methods[method]) - 1, methods[method]);
    char before[SAYS_SIZE];
    g_strlcpy(before, text, sizeof before);
    g_strlcat(before, " for ", sizeof before);
    while (rest.length > 0) {
        size_t length = line_length(rest);
        if (length > 5 && g_ascii_strncasecmp((const char *)rest.at, "host:", 5) == 0) {
            struct rest host = {rest.at + 5, length - 5};
            while (host.length > 0 && *host.at == ' ')
                skip(&host, 1);
            put_octets(text, before, host.at, MIN(host.length, NAME_MAX_LENGTH));
            return true;
        }
        if (length == 0) /* the body begins */
            return true;
        skip(&rest, length);
        skip(&rest, rest.length > 0 && *rest.at == '\r');
        skip(&rest, rest.length > 0 && *rest.at == '\n');
    }
    return true;
}

static bool http_status(struct rest rest, char text[SAYS_SIZE])
{
    if (!begins(rest, "HTTP/1.") && !begins(rest, "HTTP/2 "))
        return false;
    put_octets(text, "", rest.at, MIN(line_length(rest), STATUS_MAX_LENGTH));
    return true;
}

static struct direction *make_direction(struct says *says, const struct tcprst_segment *s)
{
    struct direction_key key = {.source_port = s->source_port,
                                .destination_port = s->destination_port,
                                .ip_version = s->ip_version,
                                .layer = s->layer};
    memcpy(key.source, s->source, sizeof key.source);
    memcpy(key.destination, s->destination, sizeof key.destination);
    struct direction *direction = &says->directions[place_of(&key)];
    if (memcmp(&direction->key, &key, sizeof key) != 0)
        *direction = (struct direction){.key = key};
    says->any = true;
    return direction;
}

void says_note_process(struct says *says, const struct tcprst_segment *s)
{
    make_direction(says, s)->note = s->cookie;
}

void says_note_text(struct says *says, const struct tcprst_segment *s,
                    const struct tcprst_order *order)
{
    struct rest rest = {s->bytes + s->header_length, s->captured - s->header_length};
    char text[SAYS_SIZE];
    bool any = *rest.at == 0x15   ? tls_alert(rest, text)
               : *rest.at == 0x16 ? client_hello(rest, text)
                                  : http_status(rest, text) || http_request(rest, text);
    if (!any)
        return;
    struct direction *direction = make_direction(says, s);
    struct said *said = &direction->said[direction->next++ % KEPT];
    said->frame = tcprst_order_frame(order, s->frame);
    memcpy(said->text, text, sizeof text);
}

/* ---- Asking ---- */

static const struct direction *direction_of(const struct says *says, const struct tcprst_verdict *v,
                                            bool of_sender)
{
    if (!says->any)
        return NULL;
    struct direction_key key = {.source_port = of_sender ? v->source_port : v->destination_port,
                                .destination_port =
                                    of_sender ? v->destination_port : v->source_port,
                                .ip_version = v->ip_version,
                                .layer = v->layer};
    memcpy(key.source, of_sender ? v->source : v->destination, sizeof key.source);
    memcpy(key.destination, of_sender ? v->destination : v->source, sizeof key.destination);
    const struct direction *direction = &says->directions[place_of(&key)];
    return memcmp(&direction->key, &key, sizeof key) == 0 ? direction : NULL;
}

static bool before(const struct tcprst_frame *a, const struct tcprst_frame *b)
{
    return a->capture != b->capture ? a->capture < b->capture : a->number < b->number;
}

const char *says_trigger(const struct says *says, const struct tcprst_verdict *v)
{
    const struct direction *direction = direction_of(says, v, false);
    for (size_t i = 0; direction && v->trigger.number && i < KEPT; i++)
        if (direction->said[i].frame.number == v->trigger.number &&
            direction->said[i].frame.capture == v->trigger.capture)
            return direction->said[i].text;
    return NULL;
}

const char *says_answer(const struct says *says, const struct tcprst_verdict *v)
{
    const struct direction *direction = direction_of(says, v, true);
    const struct said *last = NULL;
    for (size_t i = 0; direction && i < KEPT; i++) {
        const struct said *said = &direction->said[i];
        /* That it said goodbye, too, tells less than what it said before. */
        if (said->frame.number && before(&said->frame, &v->frame) &&
            strcmp(said->text, encrypted_alert) != 0 &&
            (!last || before(&last->frame, &said->frame)))
            last = said;
    }
    return last ? last->text : NULL;
}

const char *says_process(const struct says *says, const struct tcprst_verdict *v,
                         char buffer[SAYS_PROCESS_SIZE])
{
    const struct capture_note *note = v->cookie;
    bool own = true;
    for (unsigned i = 0; i < 2 && !note; i++) {
        own = i == 0;
        const struct direction *direction = direction_of(says, v, own);
        note = direction ? direction->note : NULL;
    }
    if (!note)
        return NULL;
    bool sender = (note->direction == CAPTURE_OUTBOUND) == own;
    snprintf(buffer, SAYS_PROCESS_SIZE, "%s%s",
             note->direction == CAPTURE_WAY_UNKNOWN ? ""
             : sender                               ? "at the sender: "
                                                    : "at the receiver: ",
             note->text);
    return buffer;
}
