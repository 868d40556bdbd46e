#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row of decode_cases.py through the decoder, in one pcapng file; and through tshark, where it is installed.

usage: test_decode.py DUMP_SEGMENTS [CASE...]
"""
import os
import shutil
import subprocess
import sys
import tempfile

import compare_with_tshark
import packets
from decode_cases import CASES


def write(path, wanted):
    """Writes the cases' frames; returns the case and the expectation of every frame number."""
    link_types = sorted({case.link_type for case in wanted})
    data = packets.section() + b"".join(packets.interface(number) for number in link_types)
    frames = {}
    for case in wanted:
        for frame, expect in zip(case.frames, case.expect):
            octets, length = frame if isinstance(frame, tuple) else (frame, len(frame))
            data += packets.enhanced(octets, link_types.index(case.link_type), length=length)
            frames[len(frames) + 1] = (case, expect)
    with open(path, "wb") as file:
        file.write(data)
    return frames


def check(frames, ours):
    failures = []
    for number, (case, expect) in frames.items():
        segments = ours.get(number, [])
        if len(segments) != len(expect):
            failures.append(f"{case.name} (frame {number}): {len(segments)} segments, not {len(expect)}: {segments}")
            continue
        for segment, fields in zip(segments, expect):
            wrong = {key: segment[key] for key, value in fields.items() if segment[key] != value}
            if wrong:
                failures.append(f"{case.name} (frame {number}): {wrong}, expected {fields}")
    return failures


def check_tshark(frames, dump, path):
    failures = []
    _, problems = compare_with_tshark.compare(dump, path)
    for problem in problems:
        number = int(problem.split()[1].rstrip(":"))
        if frames[number][0].tshark:
            failures.append(f"{frames[number][0].name}: {problem}")
    return failures


def main():
    dump, names = sys.argv[1], sys.argv[2:]
    wanted = [case for case in CASES if not names or case.name in names]
    assert len({case.name for case in CASES}) == len(CASES)
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "cases.pcapng")
        frames = write(path, wanted)
        failures = check(frames, compare_with_tshark.our_rows(dump, path))
        if shutil.which("tshark"):
            failures += check_tshark(frames, dump, path)
        else:
            print("tshark is not installed: not compared with it")
        if os.environ.get("KEEP"):
            shutil.copy(path, os.environ["KEEP"])
    for failure in failures:
        print(failure)
    print(f"{len(wanted)} cases, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
