#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the core says of storms of RSTs with shortcuts what it says without:

    test_storms.py STORMS STORMS_LONG_WAY [FROM UNTIL]

STORMS_LONG_WAY is the same program built with TCPRST_NO_SHORTCUTS; or STORMS again: then it is run once, and must not fail.
"""

import re
import subprocess
import sys


def main():
    programs, which = sys.argv[1:3], sys.argv[3:5]
    said = {program: subprocess.run([program, *which], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                    check=True).stdout.splitlines() for program in set(programs)}
    short, long = (said[program] for program in programs)
    verdicts, looks = (sum(int(n) for n in re.findall(rf"(\d+) {what}", "\n".join(long))) for what in ("verdicts", "looks"))
    differ = [pair for pair in zip(short, long) if pair[0] != pair[1]]
    for pair in differ:
        print(f"differs: {pair[0]}\n   long: {pair[1]}")
    print(f"{len(long)} storms, {verdicts} verdicts, {looks} looks: {len(differ)} differ")
    return 0 if len(short) == len(long) and not differ and verdicts > len(long) and looks > len(long) else 1


if __name__ == "__main__":
    sys.exit(main())
