# SPDX-License-Identifier: GPL-2.0-or-later
# What ./report and ./test share; read by them, not run. They set $here, the top of the tree, first.

say() {
    echo "== $*" >&2
}

# quietly LOG COMMAND...: the command's output goes to build/LOG.log, and is shown only where it fails.
quietly() {
    log=$here/build/$1.log
    shift
    mkdir -p "$here/build"
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 60 "$log" >&2
        say "Failed: $*"
        say "The whole of it is in $log"
        return 1
    }
}

# build PRESET: configures and builds it into build/PRESET.
build() {
    say "Building into build/$1"
    quietly "$1-configure" cmake -S "$here" --preset "$1"
    grep -h 'Left out:' "$here/build/$1-configure.log" | sed 's/^-- /   /' >&2 || true
    quietly "$1-build" cmake --build "$here/build/$1" --parallel "$(nproc)"
}
