# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for tcprst. Made from options.def and causes.def by make_docs.

set -l tcprst_causes " refused handshake out-of-window half-open abort closing timeout interference aftermath unknown closed-port firewall-reject accept-queue-overflow backend-unavailable probe-response connect-abandoned syn-scan unsolicited-syn-ack ddos-challenge syn-received-timeout out-of-window-segment wrong-syn-ack bad-handshake-ack peer-restarted idle-state-lost half-open-resync unknown-connection so-linger-abort unread-data local-abort early-reply cancelled-transfer reset-instead-of-fin application-idle-timeout mass-abort listener-closed abort-after-fin mptcp-abort data-after-close late-after-close fin-after-expiry fin-rst-pair time-wait-collision keepalive-timeout retransmission-timeout zero-window-timeout device-idle-timeout policy-reset injected blind-attack device-stated echo-of-reset insufficient-capture unclassified"
set -l tcprst_severities "benign notable suspicious"

complete -c tcprst -l format -s f -x -a 'text ndjson jsonl json csv html markdown' -d 'text (default), ndjson or jsonl (one object a reset), json (one document; of --list-causes and --explain too), csv, html, markdown (for a ticket)'
complete -c tcprst -l read -s r -r -F -d 'read this capture, as if FILE stood alone'
complete -c tcprst -l output -s o -r -F -d 'write the report to FILE'
complete -c tcprst -l cause -s c -x -a "$tcprst_causes" -d 'only these causes or groups'
complete -c tcprst -l filter -x -a '' -d 'only packets that match, in pcap-filter(7) syntax'
complete -c tcprst -l annotate -r -F -d 'also write a pcapng copy in which each RST carries its verdict as a comment'
complete -c tcprst -l kernel-trace -r -F -d 'join what a Linux kernel traced of the resets it sent and took (docs/kernel-trace.md)'
complete -c tcprst -l keys -d 'print no report but the addresses and ports of each connection that has a RST, for --extract'
complete -c tcprst -l extract -r -F -d 'write no report but a pcapng file of what a report needs: the connections in the file KEYS, and the openings of all others; its frames keep their numbers'
complete -c tcprst -l separate -d 'treat each file as a separate capture, not all as one stream'
complete -c tcprst -l why -d 'not of csv and markdown: with each reset all evidence, and what every other cause would cost'
complete -c tcprst -l connections -d 'in json list all connections, also those without a reset, and how each ended'
complete -c tcprst -l frame -x -a '' -d 'only the resets of this frame'
complete -c tcprst -l why-not -x -a "$tcprst_causes" -d 'text only: with each reset the ledger of that cause: what was met, what failed, what it would have taken'
complete -c tcprst -l redact -d 'replace addresses, clients\' ports, texts from packets and file names'
complete -c tcprst -l max-connections -x -a '' -d 'hold at most N connections at once (default 500000)'
complete -c tcprst -l baseline -r -F -d 'compare with an earlier report in json: what is new, gone, more or fewer by service, cause and sender'
complete -c tcprst -l fail-on -x -a "$tcprst_causes $tcprst_severities" -d 'exit 3 where a reset of that cause, group or severity is found, or by \'new\' what --baseline does not have'
complete -c tcprst -l min-strength -x -a 'possible likely certain' -d 'weakest strength that counts for --fail-on (default possible)'
complete -c tcprst -l list-causes -d 'print the cause table and exit'
complete -c tcprst -l explain -x -a "$tcprst_causes" -d 'print what a cause means and what to check next, or what a word of a report means (words: all of them), and exit'
complete -c tcprst -l no-sandbox -d 'keep all privileges while reading (default: only what reading needs)'
complete -c tcprst -l sandbox -x -a 'auto require' -d 'auto (default: read without one where it cannot be set, and say so), require (then exit)'
complete -c tcprst -l verbose -s v -d 'also print minor warnings (undecoded link types, fragments)'
complete -c tcprst -l quiet -s q -d 'no progress and no remarks on standard error, errors only'
complete -c tcprst -l no-progress -d 'no progress on standard error'
complete -c tcprst -l color -x -a 'auto always never' -d 'colour the text report: auto (default: on a terminal), always, never'
complete -c tcprst -l lang -x -a 'en zh_CN' -d 'language of reports for people: en, zh_CN (default: as LANGUAGE, LC_ALL, LC_MESSAGES and LANG say); formats for machines are always English'
complete -c tcprst -l version -d 'print the version and exit'
complete -c tcprst -l help -s h -d 'print the options and end'

