#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the shortcuts for ordinary packets say what the long way says:

    test_shortcuts.py TCPRST LONG_WAY [--made MAKE_CAPTURE] PLACE...

LONG_WAY is the same program built with TCPRST_NO_SHORTCUTS. Both report on every capture below the places, and on captures of
many connections that MAKE_CAPTURE makes; every octet must be the same. Or TCPRST again: then it is run once, and must not fail.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

AT_ONCE = 100  # captures in one run, each taken as a capture of its own
ENDINGS = (".pcap", ".pcapng", ".cap", ".gz", ".zst", ".lz4")
MADE = (("small", 60000), ("scan", 4000), ("syn-flood", 20000), ("bulk", 20000), ("full", 5000))


def said(program, captures):
    run = subprocess.run([program, "-q", "-f", "json", "--why", "--separate", *captures],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return run.stdout.replace(str(program).encode(), b"tcprst"), run.returncode


def resets(programs, captures):
    """How many resets both programs report alike; exits where they differ."""
    by = {program: said(program, captures) for program in set(programs)}
    short, long = (by[program] for program in programs)
    if len(by) == 1 and short[1]:
        sys.exit(f"{captures[0]} and those behind it: exit code {short[1]}: {short[0][-2000:].decode(errors='replace')}")
    if short != long:
        if len(captures) == 1:
            sys.exit(f"{captures[0]}: the shortcuts say something else ({len(short[0])} and {len(long[0])} octets, "
                     f"exit codes {short[1]} and {long[1]})")
        return sum(resets(programs, [capture]) for capture in captures)
    return short[0].count(b'"trigger_frame":')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tcprst", type=Path)
    parser.add_argument("long_way", type=Path)
    parser.add_argument("--made", type=Path, metavar="MAKE_CAPTURE")
    parser.add_argument("places", nargs="+", type=Path, metavar="PLACE")
    options = parser.parse_args()
    programs = options.tcprst, options.long_way
    captures = sorted(path for place in options.places for path in place.rglob("*") if path.name.endswith(ENDINGS))
    total = 0
    with tempfile.TemporaryDirectory() as place:
        for kind, packets in MADE if options.made else ():
            path = Path(place) / f"{kind}.pcap"
            subprocess.run([options.made, kind, str(packets), path], check=True, stderr=subprocess.DEVNULL)
            total += resets(programs, [path])
        for begin in range(0, len(captures), AT_ONCE):
            total += resets(programs, captures[begin:begin + AT_ONCE])
    print(f"{len(captures)} captures and {len(MADE) if options.made else 0} made ones: {total} resets, 0 differences")
    return 0 if total else 1


if __name__ == "__main__":
    sys.exit(main())
