/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_html.c - the report as one self-contained page. */
#include "report.h"

const struct report_format report_html = {0};
