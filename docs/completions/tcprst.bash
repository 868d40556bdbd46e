# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for tcprst. Made from options.def and causes.def by make_docs.

_tcprst_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_tcprst_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# The last of several words with commas between them.
_tcprst_list() {
    local before="" last=$cur
    if [[ $cur == *,* ]]; then
        before=${cur%,*},
        last=${cur##*,}
    fi
    compopt -o nospace 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "$last")
}

_tcprst() {
    local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]:-}
    local severities="benign notable suspicious"
    local causes=" refused handshake out-of-window half-open abort closing timeout interference aftermath unknown closed-port firewall-reject accept-queue-overflow backend-unavailable probe-response connect-abandoned syn-scan unsolicited-syn-ack ddos-challenge syn-received-timeout out-of-window-segment wrong-syn-ack bad-handshake-ack peer-restarted idle-state-lost half-open-resync unknown-connection so-linger-abort unread-data local-abort early-reply cancelled-transfer reset-instead-of-fin application-idle-timeout mass-abort listener-closed abort-after-fin mptcp-abort data-after-close late-after-close fin-after-expiry fin-rst-pair time-wait-collision keepalive-timeout retransmission-timeout zero-window-timeout device-idle-timeout policy-reset injected blind-attack device-stated echo-of-reset insufficient-capture unclassified"
    # "--cause=x" comes as three words.
    if [[ $cur == "=" ]]; then
        cur=""
    elif [[ $option == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]:-}
    fi
    COMPREPLY=()
    case $option in
    --format | -f) _tcprst_words "text ndjson jsonl json csv html markdown" ;;
    --read | -r) _tcprst_files ;;
    --output | -o) _tcprst_files ;;
    --cause | -c) _tcprst_list "$causes" ;;
    --filter) _tcprst_words "" ;;
    --annotate) _tcprst_files ;;
    --kernel-trace) _tcprst_files ;;
    --extract) _tcprst_files ;;
    --frame) _tcprst_words "" ;;
    --why-not) _tcprst_list "$causes" ;;
    --max-connections) _tcprst_words "" ;;
    --baseline) _tcprst_files ;;
    --fail-on) _tcprst_list "$causes $severities" ;;
    --min-strength) _tcprst_words "possible likely certain" ;;
    --explain) _tcprst_list "$causes" ;;
    --sandbox) _tcprst_words "auto require" ;;
    --color) _tcprst_words "auto always never" ;;
    --lang) _tcprst_words "en zh_CN" ;;
    *)
        if [[ $cur == -* ]]; then
            compopt -o nospace 2>/dev/null
            _tcprst_words "--format= --read= --output= --cause= --filter= --annotate= --kernel-trace= --keys --extract= --separate --why --connections --frame= --why-not= --redact --max-connections= --baseline= --fail-on= --min-strength= --list-causes --explain= --no-sandbox --sandbox= --verbose --quiet --no-progress --color= --lang= --version --help"
        else
            _tcprst_files
        fi
        ;;
    esac
}

complete -F _tcprst tcprst
