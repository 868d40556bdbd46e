#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What README.md shows of tcprst is what tcprst prints, and the files it names exist.

    test_readme.py TCPRST            compares
    test_readme.py TCPRST --bless    rewrites the examples
"""

import difflib
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
EXAMPLE = re.compile(r"(```console\n\$ tcprst ([^\n]*)\n)(.*?)(```\n)", re.S)
NAMED = re.compile(r"`((?:core|analyzer|plugin|test-captures|bench|fuzz|tests|cmake|scripts|docs)/[\w./-]*)`")


def printed(tcprst, arguments):
    run = subprocess.run([tcprst, *shlex.split(arguments)], cwd=ROOT, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "COLUMNS": "80"}, check=True)
    return run.stdout.rstrip("\n") + "\n"


def main():
    tcprst, bless = sys.argv[1], "--bless" in sys.argv
    old = README.read_text(encoding="utf-8")
    if not EXAMPLE.search(old):
        sys.exit("README.md shows no example of tcprst")
    new = EXAMPLE.sub(lambda m: m[1] + printed(tcprst, m[2]) + m[4], old)
    if bless:
        README.write_text(new, encoding="utf-8")
    elif new != old:
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True),
                                                   "README.md", "what tcprst prints"))
        sys.exit("README.md shows what tcprst no longer prints: tests/test_readme.py TCPRST --bless")
    gone = [name for name in NAMED.findall(new) if not list(ROOT.glob(name.rstrip("/") or name))
            and not list(ROOT.glob(name + "*"))]
    if gone:
        sys.exit(f"README.md names what is not there: {', '.join(gone)}")


if __name__ == "__main__":
    main()
