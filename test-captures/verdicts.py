# SPDX-License-Identifier: GPL-2.0-or-later
"""What `run` and `accuracy` share: finding captures, running tcprst on them, reading its ndjson."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENDINGS = (".pcap", ".pcapng", ".cap")
COMPRESSED = (".gz", ".zst", ".lz4")
SECONDS = 3600  # a capture of these few frames that takes longer hangs, however busy the machine


class Failed(Exception):
    """tcprst did not do its work on a capture; the text says how."""


def is_capture(path):
    name = path.name
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    return name.endswith(ENDINGS)


def captures_below(place):
    """All captures below a directory (or the one that a file is), sorted by path."""
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob("*") if path.is_file() and is_capture(path))


def find_tcprst(given):
    """The program to test: as given, $TCPRST, or the build that was made last."""
    if given or os.environ.get("TCPRST"):
        return Path(given or os.environ["TCPRST"]).resolve()
    builds = [path for path in HERE.parent.glob("build*/**/analyzer/tcprst") if path.is_file()]
    if not builds:
        sys.exit("no tcprst found: build it, or name it with --tcprst")
    return max(builds, key=lambda path: path.stat().st_mtime)


def verdicts_of(tcprst, capture, options=()):
    """The objects tcprst prints for one capture. Raises Failed where it does not end with 0."""
    command = [str(tcprst), "-f", "ndjson", *options, str(capture)]
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no end after {SECONDS} seconds") from error
    said = run.stderr.decode(errors="replace").strip()
    if run.returncode != 0:
        raise Failed(f"exit code {run.returncode}" + (f": {said}" if said else ""))
    try:
        return [json.loads(line) for line in run.stdout.decode().splitlines()]
    except ValueError as error:
        raise Failed(f"its output is not ndjson in UTF-8: {error}") from error


def verdicts_of_all(tcprst, captures):
    """Pairs of a capture and its verdicts, or the Failed that came instead, in the order given."""

    def one(capture):
        try:
            return capture, verdicts_of(tcprst, capture)
        except Failed as failed:
            return capture, failed

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        yield from pool.map(one, captures)
