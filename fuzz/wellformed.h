/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wellformed.h - whether what a report wrote is what its format promises. */
#ifndef TCPRST_FUZZ_WELLFORMED_H
#define TCPRST_FUZZ_WELLFORMED_H

#include <stdbool.h>
#include <stddef.h>

/* No control character but line ends, tabs, and the colours of the text report (CSI ... m). */
bool wellformed_plain(const char *text, size_t size);
/* RFC 8259: one value. */
bool wellformed_json(const char *text, size_t size);
/* One value a line. */
bool wellformed_json_lines(const char *text, size_t size);
/* RFC 4180: as many fields in each record as in the first. */
bool wellformed_csv(const char *text, size_t size);

#endif
