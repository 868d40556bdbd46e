/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.c - the words of every enumeration, and the cause table as people read it: derived from
 * causes.def and facts.def. */
#include "tcprst.h"

#include <string.h>

static const struct tcprst_cause_info causes[] = {
#define READ false
#define UNREAD true
#define CAUSE(ID, id, group, gravity, maker, unread, reasons, title, meaning, advice, references,  \
              confused, applications, diagram)                                                     \
    {id,                                                                                           \
     TCPRST_GROUP_##group,                                                                         \
     TCPRST_GRAVITY_##gravity,                                                                     \
     TCPRST_MAKER_##maker,                                                                         \
     unread,                                                                                       \
     title,                                                                                        \
     meaning,                                                                                      \
     advice,                                                                                       \
     references,                                                                                   \
     confused,                                                                                     \
     applications,                                                                                 \
     diagram},
#include "tcprst/causes.def"
};

static const char *const group_ids[] = {
#define GROUP(ID, id, title) id,
#include "tcprst/causes.def"
};
static const char *const group_titles[] = {
#define GROUP(ID, id, title) title,
#include "tcprst/causes.def"
};
static const char *const fact_ids[] = {
#define FACT(ID, id, yes, no) id,
#include "tcprst/facts.def"
};
static const char *const strength_ids[] = {"none", "possible", "likely", "certain"};
static const char *const stage_ids[] = {
    "unseen", "syn-sent", "syn-received", "established-no-data", "request-sent",
    "data",   "closing",  "closed",       "mid-stream"};
static const char *const acceptance_ids[] = {"unknown", "exact", "in-window", "out-of-window",
                                             "no-connection"};
static const char *const effect_ids[] = {"unknown", "reset", "challenged", "ignored"};
static const char *const sender_ids[] = {"unknown", "client", "server"};
static const char *const origin_ids[] = {"unknown", "endpoint", "third-party"};
static const char *const severity_ids[] = {"benign", "notable", "suspicious"};
static const char *const peer_error_ids[] = {NULL, "ECONNREFUSED", "ECONNRESET", "EPIPE", "none"};
static const char *const settled_by_ids[] = {
    NULL,
#define POINT(ID, id, sentence) id,
#include "tcprst/points.def"
};
static const char *const settled_by_sentences[] = {
    NULL,
#define POINT(ID, id, sentence) sentence,
#include "tcprst/points.def"
};
static const char *const ending_ids[] = {"open", "fin", "reset", "refused"};

#define WORD(table, value)                                                                         \
    ((size_t)(value) < sizeof(table) / sizeof *(table) ? (table)[value] : "unknown")

const char *tcprst_cause_id(enum tcprst_cause cause)
{
    return tcprst_cause_info(cause)->id;
}

const char *tcprst_group_id(enum tcprst_group group)
{
    return WORD(group_ids, group);
}

const char *tcprst_fact_id(enum tcprst_fact fact)
{
    return WORD(fact_ids, fact);
}

const char *tcprst_strength_id(enum tcprst_strength strength)
{
    return WORD(strength_ids, strength);
}

const char *tcprst_stage_id(enum tcprst_stage stage)
{
    return WORD(stage_ids, stage);
}

const char *tcprst_acceptance_id(enum tcprst_acceptance acceptance)
{
    return WORD(acceptance_ids, acceptance);
}

const char *tcprst_effect_id(enum tcprst_effect effect)
{
    return WORD(effect_ids, effect);
}

const char *tcprst_sender_id(enum tcprst_sender sender)
{
    return WORD(sender_ids, sender);
}

const char *tcprst_origin_id(enum tcprst_origin origin)
{
    return WORD(origin_ids, origin);
}

const char *tcprst_severity_id(enum tcprst_severity severity)
{
    return WORD(severity_ids, severity);
}

const char *tcprst_peer_error_id(enum tcprst_peer_error error)
{
    return WORD(peer_error_ids, error);
}

const char *tcprst_settled_by_id(enum tcprst_settled_by point)
{
    return WORD(settled_by_ids, point);
}

const char *tcprst_settled_by_sentence(enum tcprst_settled_by point)
{
    return WORD(settled_by_sentences, point);
}

const char *tcprst_ending_id(enum tcprst_ending ending)
{
    return WORD(ending_ids, ending);
}

const struct tcprst_cause_info *tcprst_cause_info(enum tcprst_cause cause)
{
    return &causes[(size_t)cause < TCPRST_CAUSE_COUNT ? cause : TCPRST_CAUSE_UNCLASSIFIED];
}

const char *tcprst_group_title(enum tcprst_group group)
{
    return WORD(group_titles, group);
}

bool tcprst_cause_by_id(const char *id, enum tcprst_cause *cause)
{
    for (size_t i = 0; i < TCPRST_CAUSE_COUNT; i++)
        if (strcmp(causes[i].id, id) == 0) {
            *cause = (enum tcprst_cause)i;
            return true;
        }
    return false;
}

bool tcprst_group_by_id(const char *id, enum tcprst_group *group)
{
    for (size_t i = 0; i < TCPRST_GROUP_COUNT; i++)
        if (strcmp(group_ids[i], id) == 0) {
            *group = (enum tcprst_group)i;
            return true;
        }
    return false;
}
