#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No capture costs more than linear work: test_complexity.py COUNTED COLLIDE [--only NAME...] [--size N]

COUNTED is tcprst built to count its steps (count_steps.c): basic blocks of our code, and with them the comparisons it is
asked for by tables of libraries. Work is counted, never timed: the same on a busy machine. Each attack runs with N, 2N and
4N packets. What a capture costs at first falls out of the differences; the second one is twice the first where the work is
linear, four times where it is quadratic.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attacks

# Between 2 and 4, nearer to the former: n log n at these sizes is 2.2.
MOST = 2.5
# Each run draws its hashes anew, and about one in ten draws badly and takes a quarter more, or twice as much: what is out of order is
# run so often again, and of each size the least counts. What is quadratic is so with any hash.
AGAIN = 3

EVERY_FORMAT = ("-f ndjson", "-f csv", "-f json", "-f text", "-f text --why", "-f html -o OUT", "-f ndjson --redact",
                "-f ndjson --annotate OUT")

# OTHER is the same traffic captured elsewhere, SIX behind a NAT64, TRACE the kernel's trace of it, LISTENER one of a listener that
# sent all, EARLIER a report in json, KEYS the connections of which a report is; PARTS many files of it, instead of it.
EVERY_SIDE = ("-f ndjson OTHER", "-f text --why OTHER", "-f ndjson --kernel-trace TRACE", "-f text --baseline EARLIER",
              "-f json --baseline EARLIER", "-f text --why-not closed-port", "-f json --why --connections", "-f markdown",
              "-f text --lang zh_CN", "--keys")

# Where the reports have nothing to say that other attacks do not make them say.
SIDES = ("-f ndjson OTHER", "-f ndjson --kernel-trace TRACE", "-f json --baseline EARLIER")

TOGETHER = ("-f ndjson OTHER", "-f ndjson SIX", "-f text --why OTHER SIX", "-f ndjson --kernel-trace TRACE OTHER",
            "-f ndjson --kernel-trace LISTENER", "-f json PARTS", "-o OUT --extract KEYS")

# Attack, N, and the ways it is run: ndjson without any.
TABLE = (
    (attacks.burst, 10000, ("-f ndjson", "-f html -o OUT")),
    (attacks.burst_in_time, 10000, ()),
    (attacks.resets_at_once, 5000, EVERY_FORMAT + EVERY_SIDE),
    (attacks.storm, 5000, ("-f ndjson", "-f text --why", *TOGETHER)),
    (attacks.alike, 4000, ("-f ndjson", *TOGETHER)),
    (attacks.closed_window, 4000, ("-f ndjson", "-f text --why-not zero-window-timeout", "-f html -o OUT", *TOGETHER)),
    (attacks.mixed_storm, 5000, ("-f ndjson", "-f text --why", *SIDES)),
    (attacks.answered_both_ways, 5000, ("-f ndjson", "-f text --why", *SIDES)),
    (attacks.aborts_survived, 5000, ("-f ndjson", "-f text --why", "-f ndjson OTHER")),
    (attacks.aborts_in_pairs, 5000, ("-f ndjson", "-f text --why", "-f ndjson OTHER")),
    (attacks.aborted_receiver, 5000, ("-f ndjson", "-f text --why", "-f ndjson OTHER")),
    (attacks.ladders, 5000, ("-f ndjson", "-f text --why", "-f ndjson OTHER")),
    (attacks.over_in_time, 8000, ("-f ndjson", "-f ndjson --max-connections 100")),
    (attacks.guesses, 5000, ()),
    (attacks.copies, 5000, ("-f ndjson", "-f ndjson --annotate OUT")),
    (attacks.copies_of_a_burst, 5000, ()),
    (attacks.both_ways, 5000, ()),
    (attacks.one_trigger, 5000, ("-f ndjson", "-f ndjson OTHER", "-f ndjson --kernel-trace TRACE", "-f html -o OUT", "-f ndjson --annotate OUT")),
    (attacks.reuse, 5000, EVERY_FORMAT + EVERY_SIDE),
    (attacks.reuse_after_abort, 8000, ("-f ndjson", "-f json")),
    (attacks.hosts, 10000, EVERY_FORMAT + EVERY_SIDE),
    (attacks.hosts, 10000, TOGETHER),
    (attacks.reuse, 4000, TOGETHER),
    (attacks.refusers, 10000, ("-f html -o OUT", "-f text", "-f markdown", "-f json --baseline EARLIER")),
    (attacks.scan, 10000, ("-f ndjson", "-f ndjson --max-connections 10", "-f ndjson --max-connections 1000",
                           "-f ndjson --max-connections 10000", "-f html -o OUT", "-f text")),
    (attacks.mass, 10000, ("-f ndjson", "-f text", "-f json")),
    (attacks.half_open, 10000, ("-f ndjson", "-f ndjson --max-connections 100")),
    (attacks.flood, 20000, ("-f ndjson", "-f ndjson --max-connections 1000")),
    (attacks.talkers, 10000, ("-f ndjson", "-f ndjson --max-connections 500", "-f json --max-connections 500")),
    (attacks.strangers, 20000, ("-f ndjson", "-f ndjson --max-connections 1000")),
    (attacks.backwards, 10000, ()),
    (attacks.remembered, 5000, ("-f ndjson", "-f html -o OUT")),
    (attacks.long_options, 4000, EVERY_FORMAT),
    (attacks.fragments, 20000, ()),
    (attacks.lonely_fragments, 20000, ()),
    (attacks.nested, 5000, ()),
    (attacks.interfaces, 5000, ("-f ndjson", "-f ndjson --annotate OUT")),
    (attacks.sections, 9000, ()),
    (attacks.over_and_over, 2000, ("-f ndjson",)),
    (attacks.colliding_hosts, 5000, ("-f ndjson --redact", "-f text", "-f html -o OUT")),
)


def beside(counted, capture, word):
    """The file that stands for a word, made from the capture when it is first asked for."""
    path = Path(f"{capture}.{word.lower()}")
    if not path.exists() and word == "EARLIER":
        subprocess.run([counted, "-q", "-f", "json", "-o", path, capture], check=True)
    elif not path.exists() and word == "KEYS":
        with open(path, "wb") as out:
            subprocess.run([counted, "-q", "--keys", capture], stdout=out, check=True)
    elif not path.exists():
        path.write_bytes({"OTHER": attacks.elsewhere, "SIX": attacks.translated, "TRACE": attacks.traced,
                          "LISTENER": attacks.traced_listener}[word](capture.read_bytes()))
    return path


def parts_of(capture):
    """The files that it is cut into, as words."""
    folder = Path(f"{capture}.parts")
    if not folder.exists():
        folder.mkdir()
        for i, octets in enumerate(attacks.parts(capture.read_bytes())):
            (folder / f"{i:05}").write_bytes(octets)
    return sorted(map(str, folder.iterdir()))


def steps_of(command, directory):
    """How many steps the command takes on each of the three captures."""
    steps = []
    for factor in (1, 2, 4):
        counter, out, capture = directory / "steps", directory / "out", directory / str(factor)
        for path in (counter, out):
            path.unlink(missing_ok=True)
        names = {word: beside(command[0], capture, word)
                 for word in ("OTHER", "SIX", "TRACE", "LISTENER", "EARLIER", "KEYS") if word in command}
        names["OUT"] = out
        words = [str(names.get(word, word)) for word in command if word != "PARTS"]
        words += parts_of(capture) if "PARTS" in command else [str(capture)]
        run = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             env={**os.environ, "TCPRST_STEPS": str(counter)}, check=False)
        if run.returncode:
            raise RuntimeError(f"{words[:20]}: {run.returncode}, {run.stderr.decode(errors='replace')}")
        steps.append(int.from_bytes(counter.read_bytes(), sys.byteorder))
    return steps


def row(name, way, size, steps):
    """A line of the table, and whether it is in order."""
    growth = (steps[2] - steps[1]) / max(steps[1] - steps[0], 1)
    fine = steps[0] > size and growth <= MOST
    return (f"{name:<20} {way:<50} {size:>6} {' '.join(f'{n:>12}' for n in steps)} {steps[2] / size / 4:>9.0f} {growth:>6.2f}"
            f"{'' if fine else '  NOT LINEAR'}", fine)


HEADING = f"{'attack':<20} {'tcprst':<50} {'N':>6} {'steps(N)':>12} {'steps(2N)':>12} {'steps(4N)':>12} {'a packet':>9} growth"


def run_attack(options, attack, size, ways):
    """Lines of the table, and whether each is in order."""
    lines = []
    more = (options.collide,) if attack is attacks.colliding_hosts else ()
    with tempfile.TemporaryDirectory(prefix="tcprst-complexity-") as name:
        directory = Path(name)
        for factor in (1, 2, 4):
            (directory / str(factor)).write_bytes(attack(size * factor, *more))
        for way in ways or ("-f ndjson",):
            command = [options.counted, "-q", *way.split()]
            steps = steps_of(command, directory)
            for _ in range(AGAIN):
                if row(attack.__name__, way, size, steps)[1]:
                    break
                steps = list(map(min, steps, steps_of(command, directory)))
            lines.append(row(attack.__name__, way, size, steps))
    return lines


def run_table(table, only, run):
    """Prints what run() says of each row of the table, two at once; returns the exit code."""
    failed = 0
    print(HEADING)
    with ThreadPoolExecutor(2) as pool:
        rows = [entry for entry in table if not only or entry[0].__name__ in only]
        for lines in pool.map(lambda entry: run(*entry), rows):
            for line, fine in lines:
                print(line, flush=True)
                failed += not fine
    print(f"{failed} not linear: the second difference at most {MOST} times the first")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counted")
    parser.add_argument("collide")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--size", type=int, default=0)
    options = parser.parse_args()
    return run_table(TABLE, options.only, lambda attack, size, ways: run_attack(options, attack, options.size or size, ways))


if __name__ == "__main__":
    sys.exit(main())
