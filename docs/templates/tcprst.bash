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
    local causes="@CAUSE_IDS@"
    # "--cause=x" comes as three words.
    if [[ $cur == "=" ]]; then
        cur=""
    elif [[ $option == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]:-}
    fi
    COMPREPLY=()
    case $option in
@BASH_CASES@    *)
        if [[ $cur == -* ]]; then
            compopt -o nospace 2>/dev/null
            _tcprst_words "@LONG_OPTIONS@"
        else
            _tcprst_files
        fi
        ;;
    esac
}

complete -F _tcprst tcprst
