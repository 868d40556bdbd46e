# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for tcprst. Made from options.def and causes.def by make_docs.

set -l tcprst_causes "@CAUSE_IDS@"
set -l tcprst_severities "benign notable suspicious"

@FISH_OPTIONS@
