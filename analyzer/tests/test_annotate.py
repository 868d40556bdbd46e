#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The annotated copy: test_annotate.py TCPRST"""

import gzip
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import packets
from report_cases import RECORDED, Conversation, tcprst

TSHARK = shutil.which("tshark")


def blocks(octets):
    """(type, body) of each block of a pcapng file, bodies without lengths, and the byte order."""
    out, at, order = [], 0, "<"
    while at < len(octets):
        if octets[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if octets[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, length = struct.unpack_from(order + "II", octets, at)
        assert length % 4 == 0 and struct.unpack_from(order + "I", octets, at + length - 4)[0] == length
        out.append((kind, octets[at + 8:at + length - 4], order))
        at += length
    return out


def options(body, order):
    """[(code, value)] and whether the list ended by opt_endofopt or where the block does."""
    out, at = [], 0
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            assert at + 4 == len(body)
            break
        out.append((code, body[at + 4:at + 4 + length]))
        at += 4 + (length + 3) // 4 * 4
    return out


class Annotate(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tcprst-annotate-")))
        self.copy = self.directory / "copy.pcapng"

    def annotate(self, *captures, status=0, arguments=()):
        run = tcprst("-f", "ndjson", "--annotate", self.copy, *arguments, *captures)
        self.assertEqual(run.returncode, status, run.stderr)
        return run

    def tshark(self, capture, *arguments):
        return subprocess.run(["tshark", "-r", capture, *arguments], capture_output=True, text=True, check=True).stdout

    @unittest.skipUnless(TSHARK, "tshark is not installed")
    def test_recorded_captures_are_equal_packet_by_packet(self):
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix in (".pcap", ".pcapng")][::90]
        self.assertGreater(len(captures), 4)
        fields = ["-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"]
        for capture in captures:
            with self.subTest(capture=capture.name):
                self.annotate(capture)
                self.assertEqual(self.tshark(self.copy, "-x"), self.tshark(capture, "-x"))
                self.assertEqual(self.tshark(self.copy, *fields), self.tshark(capture, *fields))
                resets = self.tshark(capture, "-Y", "tcp.flags.reset == 1 && !icmp", "-T", "fields", "-e", "frame.number").split()
                said = self.tshark(self.copy, "-Y", 'frame.comment contains "TCP reset: "', "-T", "fields", "-e",
                                   "frame.number").split()
                self.assertEqual(said, resets)

    @unittest.skipUnless(TSHARK, "tshark is not installed")
    def test_comment_holds_the_verdict(self):
        talk = Conversation()
        talk.refuse(8080)
        self.annotate(talk.write(self.directory / "one.pcap"))
        rows = self.tshark(self.copy, "-Y", "frame.comment", "-T", "fields", "-e", "frame.number", "-e", "frame.comment")
        self.assertRegex(rows, r"^1\tTriggered the TCP reset in frame 2: closed-port \(\w+\)\.\n"
                               r"2\tTCP reset: closed-port \(\w+, \w+\)\. nothing listens on that port")

    def mixed(self, order):
        """A pcapng file with all that must survive: comments, names, secrets, statistics, several interfaces, unknown blocks."""
        talk = Conversation()
        talk.refuse(8080)
        talk.refuse(8081, 40001)
        names = packets.block(4, struct.pack(order + "HH", 1, 8) + b"\x0a\x01\x01\x05me\0\0" + packets.option(0, b"", order), order)
        secrets = packets.block(10, struct.pack(order + "II", 0x544c534b, 8) + b"CLIENT_R", order)
        unknown = packets.block(0x0bad0001, b"what is this", order)
        statistics = packets.block(5, struct.pack(order + "III", 0, 0, 0), order)
        def enhanced(i, interface, extra):
            stamp = (1700000000 * 10**6 + i) * (1000 if interface else 1)
            octets = talk.frames[i]
            return packets.block(6, struct.pack(order + "IIIII", interface, stamp >> 32, stamp & 0xffffffff, len(octets),
                                                len(octets)) + octets + bytes(-len(octets) % 4) + extra, order)
        flags = packets.option(2, struct.pack(order + "I", 1), order)
        comment = packets.option(1, b"seen by hand", order)
        end = packets.option(0, b"", order)
        section = packets.block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, 4096) + packets.option(1, b"shb", order) + end, order)
        return (section + packets.interface(1, order) + packets.interface(1, order, resolution=9) + names + secrets +
                enhanced(0, 0, b"") + enhanced(1, 0, comment + flags + end) + unknown + enhanced(2, 1, flags + end) +
                packets.obsolete(talk.frames[3], 0, 1700000000 * 10**6 + 3, order) + statistics)

    def test_everything_else_survives(self):
        for order in "<>":
            with self.subTest(order=order):
                capture = self.directory / "mixed.pcapng"
                capture.write_bytes(self.mixed(order))
                self.annotate(capture)
                before, after = blocks(capture.read_bytes()), blocks(self.copy.read_bytes())
                self.assertEqual([kind for kind, *_ in after], [kind for kind, *_ in before])
                for (kind, old, _), (_, new, byte_order) in zip(before, after):
                    self.assertEqual(byte_order, order)
                    if kind == 0x0a0d0d0a:
                        self.assertEqual((new[:8], new[8:16], new[16:]), (old[:8], b"\xff" * 8, old[16:]))
                    elif kind in (2, 6):
                        length = struct.unpack_from(order + "I", old, 12)[0]
                        end = 20 + (length + 3) // 4 * 4
                        self.assertEqual(new[:end], old[:end])
                        was, now = options(old[end:], order), options(new[end:], order)
                        self.assertEqual(now[len(now) - len(was):], was)
                        self.assertEqual(len(now), len(was) + 1)
                        self.assertRegex(now[0][1], rb"^(TCP reset: closed-port|Triggered the TCP reset in frame \d: closed-port)")
                    else:
                        self.assertEqual(new, old)

    def test_simple_packets_become_enhanced_ones(self):
        talk = Conversation()
        talk.close()
        talk.refuse(8080)
        capture = self.directory / "simple.pcapng"
        capture.write_bytes(packets.section() + packets.interface(1) + b"".join(map(packets.simple, talk.frames)))
        run = self.annotate(capture)
        self.assertRegex(run.stderr, rb"^tcprst: .*: 2 simple packet blocks.* became enhanced")
        kinds = [kind for kind, *_ in blocks(self.copy.read_bytes())][2:]
        self.assertEqual(kinds, [3] * (len(talk.frames) - 2) + [6, 6])
        if TSHARK:
            self.assertEqual(self.tshark(self.copy, "-x"), self.tshark(capture, "-x"))

    def test_compressed_nanoseconds_and_link_types(self):
        talk = Conversation()
        talk.refuse(8080)
        talk.times = [(1700000000, 1), (1700000000, 999999999)]
        capture = self.directory / "nano.pcap.gz"
        capture.write_bytes(gzip.compress(packets.pcap([frame[14:] for frame in talk.frames], link_type=101, order=">",
                                                       magic=0xa1b23c4d, units=10**9, times=talk.times)))
        self.annotate(capture)
        if TSHARK:
            fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.encap_type", "-e", "ip.src"]
            self.assertEqual(self.tshark(self.copy, *fields), self.tshark(capture, *fields))

    def test_several_captures_in_the_order_of_their_first_packets(self):
        talk = Conversation()
        talk.abort(80)
        first, second = self.directory / "z.pcap", self.directory / "a.pcap"
        first.write_bytes(packets.pcap(talk.frames[:3], times=talk.times[:3]))
        second.write_bytes(packets.pcap(talk.frames[3:], times=talk.times[3:]))
        self.annotate(second, first)
        octets = self.copy.read_bytes()
        self.assertLess(octets.index(talk.frames[0]), octets.index(talk.frames[3]))
        self.assertEqual(sum(kind == 0x0a0d0d0a for kind, *_ in blocks(octets)), 2)

    def test_a_damaged_capture_is_copied_as_far_as_it_goes(self):
        talk = Conversation()
        talk.refuse(8080)
        talk.refuse(8081, 40001)
        capture = talk.write(self.directory / "cut.pcap")
        capture.write_bytes(capture.read_bytes()[:-20])
        self.annotate(capture, status=1)
        self.assertEqual(sum(kind == 6 for kind, *_ in blocks(self.copy.read_bytes())), 3)

    def test_comments_without_end(self):
        """One SYN that draws more RSTs than a block has room for: the copy can be read, and says how many more there were."""
        talk = Conversation()
        talk.add(True, 40000, 80, 0x02, 1000)
        for _ in range(20000):
            talk.add(False, 80, 40000, 0x14, 0, 1001)
            talk.now += 0.0001
        run = self.annotate(talk.write(self.directory / "many.pcap"))
        again = tcprst("-f", "ndjson", self.copy)
        self.assertEqual((again.returncode, again.stderr), (0, b""))
        self.assertEqual(len(again.stdout.splitlines()), len(run.stdout.splitlines()))
        syn = next(body for kind, body, _ in blocks(self.copy.read_bytes()) if kind == 6)
        comments = [value for code, value in options(syn[20 + (len(talk.frames[0]) + 3) // 4 * 4:], "<") if code == 1]
        self.assertEqual(len(comments), 101)
        self.assertRegex(comments[-1], rb"^\.\.\. and [1-9][\d,]* more TCP resets\.$")

    def test_large_blocks_that_nobody_decodes(self):
        secrets = packets.block(10, bytes(range(256)) * (17 << 12))
        talk = Conversation()
        talk.refuse(8080)
        capture = self.directory / "secrets.pcapng"
        capture.write_bytes(packets.section() + packets.interface(1) + packets.enhanced(talk.frames[0]) + secrets +
                            packets.enhanced(talk.frames[1]))
        self.annotate(capture)
        copy = self.copy.read_bytes()
        self.assertIn(secrets, copy)
        self.assertEqual([kind for kind, _, _ in blocks(copy)], [0x0a0d0d0a, 1, 6, 10, 6])

    def test_only_the_causes_asked_for(self):
        talk = Conversation()
        talk.refuse(8080)
        talk.abort(443)
        self.annotate(talk.write(self.directory / "two.pcap"), arguments=["-c", "closed-port"])
        self.assertEqual(self.copy.read_bytes().count(b"TCP reset: "), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
