#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What README.md, README.zh-CN.md and docs/verdict.md show of tcprst is what tcprst prints, and the files they name exist.

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
PAGES = ("README.md", "README.zh-CN.md", "docs/verdict.md")
EXAMPLE = re.compile(r"(```console\n\$ tcprst ([^\n]*)\n)(.*?)(```\n)", re.S)
NAMED = re.compile(r"`((?:core|analyzer|plugin|test-captures|bench|fuzz|tests|cmake|scripts|docs)/[\w./-]*)`")


def printed(tcprst, arguments):
    run = subprocess.run([tcprst, *shlex.split(arguments)], cwd=ROOT, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "COLUMNS": "80"}, check=True)
    return run.stdout.rstrip("\n") + "\n"


def check(tcprst, name, bless):
    page = ROOT / name
    old = page.read_text(encoding="utf-8")
    if not EXAMPLE.search(old):
        sys.exit(f"{name} shows no example of tcprst")
    new = EXAMPLE.sub(lambda m: m[1] + printed(tcprst, m[2]) + m[4], old)
    if bless:
        page.write_text(new, encoding="utf-8")
    elif new != old:
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True),
                                                   name, "what tcprst prints"))
        sys.exit(f"{name} shows what tcprst no longer prints: tests/test_readme.py TCPRST --bless")
    gone = [named for named in NAMED.findall(new) if not list(ROOT.glob(named.rstrip("/") or named))
            and not list(ROOT.glob(named + "*"))]
    if gone:
        sys.exit(f"{name} names what is not there: {', '.join(gone)}")


def main():
    for name in PAGES:
        if name == "README.zh-CN.md" and subprocess.run([sys.argv[1], "--lang=zh_CN", "--version"], capture_output=True, check=False).returncode:
            print("built without translations:", name, "is not compared")
            continue
        check(sys.argv[1], name, "--bless" in sys.argv)


if __name__ == "__main__":
    main()
