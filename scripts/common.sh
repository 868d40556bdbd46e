# SPDX-License-Identifier: GPL-2.0-or-later
# What ./report, ./wireshark and ./test share; read by them, not run. They set $here, the top of the tree, first; and $built, where to
# build, if not below it.
built=${built:-$here/build}

say() {
    echo "== $*" >&2
}

# quietly LOG COMMAND...: the command's output goes to $built/LOG.log, and is shown only where it fails.
quietly() {
    log=$built/$1.log
    shift
    mkdir -p "$built"
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 60 "$log" >&2
        say "Failed: $*"
        say "The whole of it is in $log"
        return 1
    }
}

# build PRESET [TARGET]: configures and builds it, or that target of it, into $built/PRESET.
build() {
    say "Building into ${built#"$here"/}/$1"
    quietly "$1-configure" cmake -S "$here" --preset "$1" -B "$built/$1"
    grep -h 'Left out:' "$built/$1-configure.log" | sed 's/^-- /   /' >&2 || true
    quietly "$1-build" cmake --build "$built/$1" --parallel "$(nproc)" --target "${2:-all}"
}
