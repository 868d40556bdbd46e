/* SPDX-License-Identifier: GPL-2.0-or-later */
/* saved.c - verdicts that became final, in as few octets as they need. */
#include "saved.h"

#include <string.h>

/* A final verdict, without what the record has and without room for what it lacks: a capture may
 * hold a million of them. */
struct saved_evidence {
    int64_t a, b;
    uint32_t frame;
    uint8_t fact, holds, against;
};

/* What several places say of it. */
struct saved_places {
    unsigned sighting_count, altered_count, name_count;
    uint16_t missing_at;
    struct tcprst_altered altered[2];
    struct tcprst_sighting sightings[TCPRST_MAX_PLACES];
    struct tcprst_name names[TCPRST_MAX_PLACES];
};

/* What a field of verdict.def needs: words and flags an octet, frames 32 bits as in Wireshark. */
#define SAVED_NUMBER(member)
#define SAVED_WORD(member) uint8_t member;
#define SAVED_FLAG(member) uint8_t member;
#define SAVED_COUNT(member) int64_t member;
#define SAVED_SECONDS(member) int64_t member;
#define SAVED_FRAME(member) uint32_t member;
#define SAVED_CAPTURE(member)
#define SAVED_TEXT(member)
#define SAVED_LIST(member)

struct tcprst_saved {
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    SAVED_##KIND(member)
#include "tcprst/verdict.def"
    uint8_t alternative_count, evidence_count;
    uint16_t device_text_length;
    struct saved_places *places; /* NULL: of one place */
    struct saved_evidence evidence[];
    /* behind it: alternatives, two octets each, and the device's text */
};

_Static_assert(TCPRST_CAUSE_COUNT <= UINT8_MAX && TCPRST_FACT_COUNT <= UINT8_MAX, "an octet each");
_Static_assert(TCPRST_MAX_EVIDENCE <= UINT8_MAX && TCPRST_MAX_ALTERNATIVES <= UINT8_MAX,
               "an octet for each count");

/* Octets of the fixed part and the evidence; alternatives and text come behind them. */
static size_t head_size(const struct tcprst_saved *saved)
{
    return sizeof *saved + saved->evidence_count * sizeof saved->evidence[0];
}

static void save_lists(struct tcprst_saved *saved, const struct tcprst_verdict *verdict)
{
    for (unsigned i = 0; i < saved->evidence_count; i++) {
        const struct tcprst_evidence *e = &verdict->evidence[i];
        saved->evidence[i] = (struct saved_evidence){e->a,
                                                     e->b,
                                                     (uint32_t)e->frame.number,
                                                     (uint8_t)e->fact,
                                                     (uint8_t)e->holds,
                                                     (uint8_t)e->against};
    }
    uint8_t *p = (uint8_t *)saved + head_size(saved);
    for (unsigned i = 0; i < saved->alternative_count; i++) {
        *p++ = (uint8_t)verdict->alternatives[i].cause;
        *p++ = (uint8_t)verdict->alternatives[i].strength;
    }
    memcpy(p, verdict->device_text, saved->device_text_length);
}

static struct saved_places *save_places(const struct tcprst_verdict *verdict)
{
    if (!verdict->sighting_count)
        return NULL;
    struct saved_places *places = g_new0(struct saved_places, 1);
    places->sighting_count = verdict->sighting_count;
    places->altered_count = verdict->altered_count;
    places->name_count = verdict->name_count;
    places->missing_at = verdict->missing_at;
    memcpy(places->altered, verdict->altered, sizeof places->altered);
    memcpy(places->sightings, verdict->sightings, sizeof places->sightings);
    memcpy(places->names, verdict->names, sizeof places->names);
    return places;
}

static void restore_places(const struct saved_places *places, struct tcprst_verdict *verdict)
{
    if (!places)
        return;
    verdict->sighting_count = places->sighting_count;
    verdict->altered_count = places->altered_count;
    verdict->name_count = places->name_count;
    verdict->missing_at = places->missing_at;
    memcpy(verdict->altered, places->altered, sizeof verdict->altered);
    memcpy(verdict->sightings, places->sightings, sizeof verdict->sightings);
    memcpy(verdict->names, places->names, sizeof verdict->names);
}

#define SAVE_NUMBER(member)
#define SAVE_WORD(member) saved->member = (uint8_t)verdict->member;
#define SAVE_FLAG(member) saved->member = verdict->member;
#define SAVE_COUNT(member) saved->member = verdict->member;
#define SAVE_SECONDS(member) saved->member = verdict->member;
#define SAVE_FRAME(member) saved->member = (uint32_t)verdict->member.number;
#define SAVE_CAPTURE(member)
#define SAVE_TEXT(member)
#define SAVE_LIST(member)

struct tcprst_saved *tcprst_save(const struct tcprst_verdict *verdict)
{
    size_t size = sizeof(struct tcprst_saved) +
                  verdict->evidence_count * sizeof(struct saved_evidence) +
                  2 * verdict->alternative_count + verdict->device_text_length;
    struct tcprst_saved *saved = (struct tcprst_saved *)g_malloc(size);
    *saved = (struct tcprst_saved){
        .alternative_count = (uint8_t)verdict->alternative_count,
        .evidence_count = (uint8_t)verdict->evidence_count,
        .device_text_length = (uint16_t)verdict->device_text_length,
        .places = save_places(verdict),
    };
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    SAVE_##KIND(member)
#include "tcprst/verdict.def"
    save_lists(saved, verdict);
    return saved;
}

void tcprst_saved_free(struct tcprst_saved *saved)
{
    if (saved)
        g_free(saved->places);
    g_free(saved);
}

static void restore_lists(const struct tcprst_saved *saved, struct tcprst_verdict *verdict)
{
    for (unsigned i = 0; i < saved->evidence_count; i++) {
        const struct saved_evidence *e = &saved->evidence[i];
        verdict->evidence[i] = (struct tcprst_evidence){
            .fact = (enum tcprst_fact)e->fact,
            .holds = e->holds != 0,
            .against = e->against != 0,
            .frame.number = e->frame,
            .a = e->a,
            .b = e->b,
        };
    }
    const uint8_t *p = (const uint8_t *)saved + head_size(saved);
    for (unsigned i = 0; i < saved->alternative_count; i++) {
        verdict->alternatives[i].cause = (enum tcprst_cause) * p++;
        verdict->alternatives[i].strength = (enum tcprst_strength) * p++;
    }
    memcpy(verdict->device_text, p, saved->device_text_length);
}

#define RESTORE_NUMBER(member, of)
#define RESTORE_WORD(member, of) verdict->member = (enum tcprst_##of)saved->member;
#define RESTORE_FLAG(member, of) verdict->member = saved->member != 0;
#define RESTORE_COUNT(member, of) verdict->member = saved->member;
#define RESTORE_SECONDS(member, of) verdict->member = saved->member;
#define RESTORE_FRAME(member, of) verdict->member.number = saved->member;
#define RESTORE_CAPTURE(member, of)
#define RESTORE_TEXT(member, of)
#define RESTORE_LIST(member, of)

void tcprst_restore(const struct tcprst_saved *saved, struct tcprst_verdict *verdict)
{
    *verdict = (struct tcprst_verdict){
        .alternative_count = saved->alternative_count,
        .evidence_count = saved->evidence_count,
        .device_text_length = saved->device_text_length,
    };
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    RESTORE_##KIND(member, of)
#include "tcprst/verdict.def"
    restore_lists(saved, verdict);
    restore_places(saved->places, verdict);
}
