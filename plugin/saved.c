/* SPDX-License-Identifier: GPL-2.0-or-later */
/* saved.c - verdicts that became final, in as few octets as they need. */
#include "saved.h"

#include <string.h>

/* A final verdict, without what the record has and without room for what it lacks: a capture may
 * hold a million of them. */
struct saved_evidence {
    int64_t a, b;
    uint32_t frame;
    uint8_t fact, holds;
};

struct tcprst_saved {
    int64_t idle, risk_from_sender, risk_to_sender, unread_possible;
    uint32_t duplicate_of, trigger, event;
    uint8_t cause, strength, stage, acceptance, effect, sender, origin, severity, peer_error;
    uint8_t alternative_count, evidence_count;
    uint16_t device_text_length;
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
        saved->evidence[i] = (struct saved_evidence){e->a, e->b, (uint32_t)e->frame.number,
                                                     (uint8_t)e->fact, (uint8_t)e->holds};
    }
    uint8_t *p = (uint8_t *)saved + head_size(saved);
    for (unsigned i = 0; i < saved->alternative_count; i++) {
        *p++ = (uint8_t)verdict->alternatives[i].cause;
        *p++ = (uint8_t)verdict->alternatives[i].strength;
    }
    memcpy(p, verdict->device_text, saved->device_text_length);
}

struct tcprst_saved *tcprst_save(const struct tcprst_verdict *verdict)
{
    size_t size = sizeof(struct tcprst_saved) +
                  verdict->evidence_count * sizeof(struct saved_evidence) +
                  2 * verdict->alternative_count + verdict->device_text_length;
    struct tcprst_saved *saved = (struct tcprst_saved *)wmem_alloc(wmem_file_scope(), size);
    *saved = (struct tcprst_saved){
        .idle = verdict->idle,
        .risk_from_sender = verdict->risk_from_sender,
        .risk_to_sender = verdict->risk_to_sender,
        .unread_possible = verdict->unread_possible,
        .duplicate_of = (uint32_t)verdict->duplicate_of.number,
        .trigger = (uint32_t)verdict->trigger.number,
        .event = (uint32_t)verdict->event.number,
        .cause = (uint8_t)verdict->cause,
        .strength = (uint8_t)verdict->strength,
        .stage = (uint8_t)verdict->stage,
        .acceptance = (uint8_t)verdict->acceptance,
        .effect = (uint8_t)verdict->effect,
        .sender = (uint8_t)verdict->sender,
        .origin = (uint8_t)verdict->origin,
        .severity = (uint8_t)verdict->severity,
        .peer_error = (uint8_t)verdict->peer_error,
        .alternative_count = (uint8_t)verdict->alternative_count,
        .evidence_count = (uint8_t)verdict->evidence_count,
        .device_text_length = (uint16_t)verdict->device_text_length,
    };
    save_lists(saved, verdict);
    return saved;
}

static void restore_lists(const struct tcprst_saved *saved, struct tcprst_verdict *verdict)
{
    for (unsigned i = 0; i < saved->evidence_count; i++) {
        const struct saved_evidence *e = &saved->evidence[i];
        verdict->evidence[i] = (struct tcprst_evidence){
            .fact = (enum tcprst_fact)e->fact,
            .holds = e->holds != 0,
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

void tcprst_restore(const struct tcprst_saved *saved, struct tcprst_verdict *verdict)
{
    *verdict = (struct tcprst_verdict){
        .final = true,
        .cause = (enum tcprst_cause)saved->cause,
        .strength = (enum tcprst_strength)saved->strength,
        .alternative_count = saved->alternative_count,
        .stage = (enum tcprst_stage)saved->stage,
        .acceptance = (enum tcprst_acceptance)saved->acceptance,
        .effect = (enum tcprst_effect)saved->effect,
        .sender = (enum tcprst_sender)saved->sender,
        .origin = (enum tcprst_origin)saved->origin,
        .severity = (enum tcprst_severity)saved->severity,
        .peer_error = (enum tcprst_peer_error)saved->peer_error,
        .duplicate_of.number = saved->duplicate_of,
        .trigger.number = saved->trigger,
        .event.number = saved->event,
        .idle = saved->idle,
        .risk_from_sender = saved->risk_from_sender,
        .risk_to_sender = saved->risk_to_sender,
        .unread_possible = saved->unread_possible,
        .evidence_count = saved->evidence_count,
        .device_text_length = saved->device_text_length,
    };
    restore_lists(saved, verdict);
}
