/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signatures.h - names others have given to what can be seen: timers of devices, published
 * signatures of tampering. Evidence text only: no claim asks for them, for honest hosts match them
 * too. */
#ifndef TCPRST_SIGNATURES_H
#define TCPRST_SIGNATURES_H

#include "evidence.h"

/* The device timer that so many nanoseconds of idleness match (up to a tenth above it), NULL: none.
 */
const char *tcprst_known_timer(int64_t idle);
/* Number of the signature in signatures.c, 0: none. */
int signature_cloudflare(const struct reset *r);
int signature_weaver(const struct reset *r, const struct evidence *e);
/* Its name; static storage. */
const char *signature_cloudflare_name(int64_t number);
const char *signature_weaver_name(int64_t number);

#endif
