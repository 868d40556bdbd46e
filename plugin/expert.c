/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expert.c - one expert field a cause, as grave as the verdict. */
#include "expert.h"
#include "translate.h"

/* Wireshark ties a severity to an expert field, and a cause may be of any: so there are three of
 * one name. */
enum { SEVERITIES = TCPRST_SEVERITY_SUSPICIOUS + 1, EXPERTS = TCPRST_CAUSE_COUNT * SEVERITIES };
static expert_field expert_fields[TCPRST_CAUSE_COUNT][SEVERITIES];
static const int *expert_min_strength;

static int expert_level(enum tcprst_severity severity)
{
    switch (severity) {
    case TCPRST_SEVERITY_SUSPICIOUS:
        return PI_WARN;
    case TCPRST_SEVERITY_NOTABLE:
        return PI_NOTE;
    default:
        return PI_CHAT;
    }
}

/* tcprst.expert.peer-restarted and so on. Wireshark keeps what it is given here, so nothing of it
 * is ever freed. */
void tcprst_expert_register(int proto, const int *min_strength)
{
    static ei_register_info experts[EXPERTS];
    expert_min_strength = min_strength;
    for (int cause = 0; cause < TCPRST_CAUSE_COUNT; cause++) {
        const struct tcprst_cause_info *info = tcprst_cause_info((enum tcprst_cause)cause);
        const char *name = wmem_strdup_printf(wmem_epan_scope(), "tcprst.expert.%s", info->id);
        const char *summary =
            wmem_strdup_printf(wmem_epan_scope(), _("%s: %s"), info->id, _(info->title));
        for (int severity = 0; severity < SEVERITIES; severity++) {
            expert_fields[cause][severity] = (expert_field)EI_INIT;
            experts[cause * SEVERITIES + severity] =
                (ei_register_info){&expert_fields[cause][severity],
                                   {name, PI_SEQUENCE, expert_level((enum tcprst_severity)severity),
                                    summary, EXPFILL}};
        }
    }
    expert_register_field_array(expert_register_protocol(proto), experts, EXPERTS);
}

void tcprst_expert_add(packet_info *pinfo, proto_item *item, const struct tcprst_verdict *verdict)
{
    if (verdict->duplicate_of.number || (int)verdict->strength < *expert_min_strength)
        return;
    /* The column shows what was set last. What stands there without us stays: the RST flag alone is
     * a warning, and no cause is graver. */
    const char *column = col_get_text(pinfo->cinfo, COL_EXPERT);
    char *before = column && *column ? wmem_strdup(pinfo->pool, column) : NULL;
    const struct tcprst_cause_info *info = tcprst_cause_info(verdict->cause);
    expert_add_info_format(
        pinfo, item, &expert_fields[verdict->cause][verdict->severity], _("%s (%s): %s"), info->id,
        translate_word("strength", tcprst_strength_id(verdict->strength)), _(info->title));
    if (before)
        col_add_str(pinfo->cinfo, COL_EXPERT, before);
}
