/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_note.c - see capture_note.h. */
#include "capture_note.h"

#include "seeded.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_NOTES = 4096, VALUE_SIZE = 80, KEY_LENGTH = 24 };

enum part { PID, COMMAND, CONTAINER, POD, NAMESPACE, PARTS };

static const char *const keys[PARTS][2] = {[PID] = {"PID", NULL},
                                           [COMMAND] = {"Cmd", "Command"},
                                           [CONTAINER] = {"ContainerName", NULL},
                                           [POD] = {"PodName", NULL},
                                           [NAMESPACE] = {"PodNamespace", NULL}};

struct capture_notes {
    GHashTable *known; /* a set of struct capture_note */
    char parts[PARTS][VALUE_SIZE];
    bool any;
};

static guint note_hash(gconstpointer note)
{
    return seeded_string(((const struct capture_note *)note)->text);
}

static gboolean note_equal(gconstpointer a, gconstpointer b)
{
    const struct capture_note *x = a, *y = b;
    return x->direction == y->direction && strcmp(x->text, y->text) == 0;
}

struct capture_notes *capture_notes_new(void)
{
    struct capture_notes *notes = g_new0(struct capture_notes, 1);
    notes->known = g_hash_table_new_full(note_hash, note_equal, g_free, NULL);
    return notes;
}

void capture_notes_free(struct capture_notes *notes)
{
    if (!notes)
        return;
    g_hash_table_destroy(notes->known);
    g_free(notes);
}

void capture_note_begin(struct capture_notes *notes)
{
    memset(notes->parts, 0, sizeof notes->parts);
    notes->any = false;
}

/* At most so many octets of text, whole characters, without the blanks around it. */
static void copy_value(char to[VALUE_SIZE], const char *text, size_t length)
{
    char *value = g_strndup(text, MIN(length, VALUE_SIZE - 1)), *valid;
    const char *end;
    /* A character that was cut is left out; octets that are none are shown as such. */
    if (length >= VALUE_SIZE && !g_utf8_validate(value, -1, &end) && strlen(end) < 4)
        value[end - value] = '\0';
    valid = g_utf8_make_valid(g_strstrip(value), -1);
    g_strlcpy(to, valid, VALUE_SIZE);
    if (!g_utf8_validate(to, -1, &end))
        to[end - to] = '\0';
    g_free(valid);
    g_free(value);
}

static void take_line(struct capture_notes *notes, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', MIN(length, KEY_LENGTH));
    if (!colon)
        return;
    size_t key = (size_t)(colon - line);
    for (unsigned i = 0; i < PARTS; i++)
        for (unsigned j = 0; j < 2 && keys[i][j]; j++)
            if (strlen(keys[i][j]) == key && memcmp(keys[i][j], line, key) == 0) {
                copy_value(notes->parts[i], colon + 1, length - key - 1);
                notes->any = true;
            }
}

void capture_note_comment(struct capture_notes *notes, const uint8_t *comment, size_t length)
{
    const char *line = (const char *)comment, *end = line + length;
    while (line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        take_line(notes, line, (size_t)((next ? next : end) - line));
        line = next ? next + 1 : end;
    }
}

static void put(GString *out, const char *before, const char *value, const char *after)
{
    if (*value)
        g_string_append_printf(out, "%s%s%s%s", out->len ? ", " : "", before, value, after);
}

const struct capture_note *capture_note_end(struct capture_notes *notes,
                                            enum capture_direction direction)
{
    char(*part)[VALUE_SIZE] = notes->parts;
    /* Digits alone: "PID: see below" is somebody's own comment. */
    bool pid = *part[PID] && strspn(part[PID], "0123456789") == strlen(part[PID]);
    if (!notes->any || (!pid && !*part[CONTAINER] && !*part[POD]))
        return NULL;
    GString *text = g_string_new(NULL);
    if (pid) {
        put(text, "process ", part[PID], "");
        if (*part[COMMAND])
            g_string_append_printf(text, " (%s)", part[COMMAND]);
    }
    put(text, "container ", part[CONTAINER], "");
    if (*part[POD])
        put(text, "pod ", *part[NAMESPACE] ? part[NAMESPACE] : part[POD], "");
    if (*part[POD] && *part[NAMESPACE])
        g_string_append_printf(text, "/%s", part[POD]);
    struct capture_note note = {.direction = direction};
    const char *end;
    g_strlcpy(note.text, text->str, sizeof note.text);
    if (!g_utf8_validate(note.text, -1, &end))
        note.text[end - note.text] = '\0';
    g_string_free(text, TRUE);
    const struct capture_note *known = g_hash_table_lookup(notes->known, &note);
    if (known || g_hash_table_size(notes->known) >= MAX_NOTES)
        return known;
    struct capture_note *kept = g_memdup2(&note, sizeof note);
    g_hash_table_add(notes->known, kept);
    return kept;
}
