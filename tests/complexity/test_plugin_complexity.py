#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No capture costs the plugin more than linear work: test_plugin_complexity.py COUNTED.so [--revisit REVISIT] [--only NAME...]

COUNTED.so is the plugin built to count its steps (count_steps.c), in stock tshark: in one pass and two, with a read filter,
which gives frames that pass the numbers of those that do not, with display filters and statistics. REVISIT is the same plugin in
libwireshark, as the window reads: frames are looked at again and again, in no order, while the file is read and after. The work
is counted and compared as in test_complexity.py.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "plugin" / "tests")]

import attacks  # pylint: disable=wrong-import-position
from test_complexity import row, run_table  # pylint: disable=wrong-import-position
from wireshark import Wireshark  # pylint: disable=wrong-import-position,import-error

REVISIT = "revisit"
ONE_PASS = "-Y tcprst.cause"
RESETS, OTHERS, NONE = "-2 -R tcp.flags.reset==1", "-2 -R tcp.flags.reset==0", "-2 -R frame.len>4000"
VERDICTS, LINKS = "-2 -R tcprst.cause -Y tcprst.cause", "-2 -Y tcprst.drew||tcprst.reset_in"
COUNTS = "-2 -q -z tcprst,tree -z tcprst,summary -z expert"
FILTERS = (RESETS, OTHERS, NONE, VERDICTS, LINKS)

# Attack, N, and the ways it is read; the window reads a frame five times.
TABLE = (
    (attacks.burst, 1000, (*FILTERS, COUNTS)),
    (attacks.burst, 300, (REVISIT,)),
    (attacks.resets_at_once, 1000, (*FILTERS, ONE_PASS, COUNTS)),
    (attacks.resets_at_once, 300, (REVISIT,)),
    (attacks.mixed_storm, 1000, (RESETS, OTHERS, ONE_PASS)),
    (attacks.mixed_storm, 300, (REVISIT,)),
    (attacks.storm, 4000, (RESETS,)),
    (attacks.one_trigger, 1000, (RESETS,)),
    (attacks.one_trigger, 300, (REVISIT,)),
    (attacks.one_trigger_filtered, 2000, (RESETS, VERDICTS, LINKS, REVISIT)),
    (attacks.reuse, 1000, (RESETS, LINKS, REVISIT)),
    (attacks.copies_of_a_burst, 300, (REVISIT,)),
    (attacks.hosts, 1000, (*FILTERS, COUNTS, REVISIT)),
    (attacks.refusers, 2000, ("-2 -R tcp.flags.reset==1 -z tcprst,summary", COUNTS)),
    (attacks.talkers, 4000, (RESETS, LINKS)),
    (attacks.two_interfaces, 1000, (*FILTERS, ONE_PASS)),
    (attacks.two_interfaces, 300, (REVISIT,)),
    (attacks.nested, 500, (RESETS, LINKS)),
)


class Counter:
    """Runs a way of reading and tells the steps it took."""

    def __init__(self, wireshark, revisit):
        self.wireshark, self.revisit = wireshark, revisit

    def steps(self, way, capture):
        counter = Path(self.wireshark.home) / f"{capture.name}.{abs(hash(way))}.steps"
        environment = {"TCPRST_STEPS": str(counter)}
        if way == REVISIT:
            run = subprocess.run([self.revisit, capture], capture_output=True, text=True, check=False,
                                 env={**os.environ, **environment})
        else:
            run = self.wireshark.run("-n", "-r", str(capture), *way.split(), environment=environment)
        if run.returncode:
            raise RuntimeError(f"{way} on {capture.name}: {run.returncode}, {run.stderr}")
        return int.from_bytes(counter.read_bytes(), sys.byteorder)


def run_attack(counter, attack, size, ways):
    """Lines of the table, and whether each is in order."""
    captures = []
    for factor in (1, 2, 4):
        captures.append(Path(counter.wireshark.folder) / f"{attack.__name__}.{size * factor}")
        captures[-1].write_bytes(attack(size * factor))
        os.chmod(captures[-1], 0o644)
    return [row(attack.__name__, way, size, [counter.steps(way, capture) for capture in captures]) for way in ways]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counted")
    parser.add_argument("--revisit")
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    with Wireshark(options.counted) as wireshark:
        counter = Counter(wireshark, options.revisit)
        return run_table(TABLE, options.only, lambda attack, size, ways: run_attack(
            counter, attack, size, [way for way in ways if way != REVISIT or options.revisit]))


if __name__ == "__main__":
    sys.exit(main())
