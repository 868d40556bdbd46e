/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_options.h - the TCP options the core looks at (RFC 9293 section 3.1, 7323, 2018, 8684). */
#ifndef TCPRST_TCP_OPTIONS_H
#define TCPRST_TCP_OPTIONS_H

#include "tcprst.h"

struct tcp_options {
    bool has_mss, has_wscale, sack_permitted, has_timestamps, has_sack, has_mptcp;
    bool has_tcprst, has_fastclose; /* MPTCP subtypes 8 and 7 */
    uint16_t mss;
    uint8_t wscale;
    uint8_t tcprst_flags, tcprst_reason;
    uint32_t ts_val, ts_ecr;
    uint32_t sack_edge; /* right edge of the highest block */
    bool cut;           /* the snapshot length or a bad length hid the rest */
};

void tcp_options_parse(const struct tcprst_segment *segment, struct tcp_options *options);

#endif
