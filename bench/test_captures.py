#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmark's captures repeat octet for octet and hold what they claim: test_captures.py MAKE_CAPTURE COUNT_RESETS"""

import re
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

MAKE, COUNT = sys.argv[1], sys.argv[2]

# kind, packets asked for, least resets among a thousand packets, most
KINDS = [("small", 400000, 1, 5), ("full", 30000, 0, 3), ("syn-flood", 20000, 8, 12),
         ("scan", 20000, 490, 510), ("bulk", 20000, 0, 1), ("live-1000", 60000, 1, 6)]


def packets_of(path):
    """The time of each, and what stays on the way: addresses and all behind."""
    octets, at, packets = path.read_bytes(), 24, []
    while at < len(octets):
        seconds, micros, captured, _ = struct.unpack_from("<IIII", octets, at)
        packets.append((seconds * 1_000_000 + micros, octets[at + 16 + 14 + 12:at + 16 + captured]))
        at += 16 + captured
    return packets


class Captures(unittest.TestCase):
    def make(self, kind, packets):
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "made.pcap"
        subprocess.run([MAKE, kind, str(packets), str(path)], check=True, capture_output=True)
        return path

    def test_kinds(self):
        for kind, packets, least, most in KINDS:
            with self.subTest(kind=kind):
                path = self.make(kind, packets)
                said = subprocess.run([COUNT, path], check=True, capture_output=True, text=True)
                counted = re.fullmatch(r"(\d+) packets, (\d+) resets\n", said.stdout)
                share = 1000 * int(counted[2]) / int(counted[1])
                self.assertAlmostEqual(int(counted[1]), packets, delta=0.6 * packets)
                self.assertGreater(int(counted[2]), 0)
                self.assertTrue(least <= share <= most, share)

    def test_they_repeat(self):
        self.assertEqual(self.make("small", 20000).read_bytes(),
                         self.make("small", 20000).read_bytes())

    def test_the_other_end_has_the_same(self):
        place = Path(self.enterContext(tempfile.TemporaryDirectory()))
        client, server = place / "client.pcap", place / "server.pcap"
        subprocess.run([MAKE, "small", "20000", client, server], check=True, capture_output=True)
        self.assertEqual(client.read_bytes(), self.make("small", 20000).read_bytes())
        there, here = (sorted(segment for _, segment in packets_of(path)) for path in (client, server))
        self.assertEqual(there, here)
        times = [time for time, _ in packets_of(server)]
        self.assertEqual(times, sorted(times))

    def test_usage(self):
        for words in ((), ("small",), ("none", "5", "/dev/null"), ("small", "0", "/dev/null")):
            self.assertEqual(subprocess.run([MAKE, *words], capture_output=True, check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
