#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Feeds damaged captures to stock tshark with a sanitized plugin, and counts what breaks.

The plugin must be built with TCPRST_SANITIZE=address,undefined. tshark checks its own memory, too (wmem's strict allocator), and
aborts on a dissector's bug. Inputs are the captures as they are, octets of them changed at random (editcap -E), and random
packets (randpkt). A crash is only ours if tshark without the plugin survives the same file; the file is kept then.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from parity import captures
from wireshark import Wireshark, read_what_it_could

OPTIONS = {
    "WIRESHARK_ABORT_ON_DISSECTOR_BUG": "1",
    "WIRESHARK_DEBUG_WMEM_OVERRIDE": "strict",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
BROKEN = re.compile(r"Sanitizer|runtime error:|ERROR:|assertion|Dissector bug", re.IGNORECASE)


def broken(ws, path, plugin):
    """What tshark said where it broke, else None. Odd files may end it with an error, that is no crash."""
    for passes in (["-2"], []):
        arguments = ["-n", *passes, "-V", "-r", path, "-z", "tcprst,tree", "-z", "tcprst,summary", "-z", "expert"]
        if not plugin:
            arguments = arguments[:-6] + arguments[-2:]
        try:
            run = ws.run(*arguments, plugin=plugin, environment=OPTIONS)
        except subprocess.TimeoutExpired:
            return "no end"
        if not (run.returncode == 1 or read_what_it_could(run)) or BROKEN.search(run.stderr):
            return f"exit code {run.returncode}\n{run.stderr[-3000:]}"
    return None


def inputs(ws, options, folder):
    """Paths of files to feed, made one at a time."""
    files = list(captures(options.captures))
    for number in range(options.runs):
        target = folder / f"input{number}"
        if number < len(files):
            shutil.copy(files[number], target)
        elif number % 4 == 3:
            kind = ("tcp", "ip", "eth", "icmp")[number // 4 % 4]
            subprocess.run(["randpkt", "-b", "500", "-c", "500", "-t", kind, target], capture_output=True, check=False)
        else:
            source = files[number % len(files)]
            rate = (0.005, 0.02, 0.1)[number // len(files) % 3]
            subprocess.run(["editcap", "-E", str(rate), "--seed", str(number), source, target],
                           capture_output=True, check=False)
        if target.exists():
            os.chmod(target, 0o644)
            yield target, number
            target.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugin", required=True, help="the plugin's module, built with the sanitizers")
    parser.add_argument("--runs", type=int, default=200, help="files to feed")
    parser.add_argument("--keep", default=".", help="folder for files that broke it")
    parser.add_argument("captures", nargs="+", help="files or directories")
    options = parser.parse_args()
    runs = ours = theirs = 0
    with Wireshark(options.plugin) as ws:
        folder = Path(ws.folder) / "mutations"
        folder.mkdir(mode=0o755)
        if b"__asan_init" not in Path(options.plugin).read_bytes():
            sys.exit("the plugin was not built with TCPRST_SANITIZE=address,undefined")
        if "tcprst" not in ws.run("-G", "protocols", environment=OPTIONS).stdout:
            sys.exit("tshark does not load the plugin")
        for path, number in inputs(ws, options, folder):
            runs += 1
            said = broken(ws, str(path), plugin=True)
            if said is None:
                continue
            if broken(ws, str(path), plugin=False) is not None:
                theirs += 1
                continue
            ours += 1
            kept = Path(options.keep) / f"broken-{number}"
            shutil.copy(path, kept)
            print(f"{kept}: {said}")
    print(f"{runs} files, each in one pass and two: {ours} broke tshark with the plugin, "
          f"{theirs} break it without the plugin too")
    if runs < options.runs // 2:
        sys.exit("too few files could be made")
    sys.exit(1 if ours else 0)


if __name__ == "__main__":
    main()
