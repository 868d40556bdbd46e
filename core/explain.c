/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.c - verdict and evidence as sentences, so that both front doors say the same. */
#include "tcprst.h"

#include <inttypes.h>
#include <stdio.h>

size_t tcprst_evidence_text(const struct tcprst_evidence *evidence, char *buffer, size_t size)
{
    return (size_t)snprintf(buffer, size, "%s", tcprst_fact_id(evidence->fact));
}

size_t tcprst_verdict_summary(const struct tcprst_verdict *verdict, char *buffer, size_t size)
{
    return (size_t)snprintf(buffer, size, "%s", tcprst_cause_info(verdict->cause)->title);
}
