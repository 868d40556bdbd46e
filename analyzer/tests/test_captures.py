#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Capture files of every kind, whole and damaged, named, piped and in lists: what is read, and what is said of them.

usage: test_captures.py DUMP_SEGMENTS [unittest arguments]
"""
import bz2
import gzip
import lzma
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from packets import (block, enhanced, ethernet, interface, ipv4, ipv6, lz4_stored, obsolete, option, pcap, section, simple,
                     snap, tcp, udp, zstd_stored)
from processes import PATIENCE

DUMP = sys.argv.pop(1)
FRAME = ethernet(ipv4(tcp()))
ORDERS = ("<", ">")


class Result:
    """What dump_segments printed: segments and captures, by name."""

    def __init__(self, run):
        self.code = run.returncode
        self.lines = run.stdout.decode().splitlines()
        self.segments = [line for line in self.lines if line != "paused"]
        self.captures, self.error = [], ""
        for line in run.stderr.decode().splitlines():
            self.take(line)

    def take(self, line):
        kind, _, rest = line.partition(" ")
        if kind == "capture":
            facts = {key: value for key, value in re.findall(r"(\S+)=(\S*)", rest)}
            self.captures.append({"name": rest.split(" usable=")[0], **facts, "links": [], "damage": None, "frame": 0,
                                  "left_out": []})
        elif kind == "link-type":
            number, name, packets = re.match(r"(\d+) (.*) packets=(\d+)", rest).groups()
            self.captures[-1]["links"].append((int(number), name, int(packets)))
        elif kind == "damage":
            frame, words = re.match(r"frame=(\d+) (.*)", rest).groups()
            self.captures[-1]["damage"], self.captures[-1]["frame"] = words, int(frame)
        elif kind == "left-out":
            self.captures[-1]["left_out"].append(rest)
        else:
            self.error += line + "\n"

    def times(self):
        return [int(line.split("time=")[1]) for line in self.segments]

    def frames(self):
        return [line.split()[0] for line in self.segments]


class Test(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="tcprst-input-")
        self.addCleanup(shutil.rmtree, self.directory)

    def path(self, name, data=None):
        path = os.path.join(self.directory, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
        return path

    def dump(self, *arguments, data=None):
        run = subprocess.run([DUMP, *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=PATIENCE, check=False)
        self.assertGreaterEqual(run.returncode, 0, run.stderr.decode())
        return Result(run)

    def read(self, data):
        """Both as a file and from standard input: they must agree."""
        named, piped = self.dump(self.path("capture", data)), self.dump("-", data=data)
        self.assertEqual(named.segments, piped.segments)
        self.assertEqual([(c["packets"], c["format"], c["frame"]) for c in named.captures],
                         [(c["packets"], c["format"], c["frame"]) for c in piped.captures])
        return named, named.captures[0]


class Pcap(Test):
    def test_variants(self):
        for order in ORDERS:
            for magic, factor, digits, extra in ((0xa1b2c3d4, 1000, "6", b""), (0xa1b23c4d, 1, "9", b""),
                                                 (0xa1b2cd34, 1000, "6", bytes(8))):
                with self.subTest(order=order, magic=hex(magic)):
                    result, facts = self.read(pcap([FRAME, FRAME], order=order, magic=magic, record_extra=extra))
                    self.assertEqual(result.times(), [(1700000000 + i) * 10**9 + 123456 * factor for i in (0, 1)])
                    self.assertEqual((facts["format"], facts["packets"], facts["digits"], facts["damage"]),
                                     ("pcap", "2", digits, None))
                    self.assertEqual(facts["links"], [(1, "EN10MB", 2)])
                    self.assertEqual((facts["first"], facts["last"]), (str(result.times()[0]), str(result.times()[1])))

    def test_longer_than_snapshot_length(self):
        result, _ = self.read(pcap([FRAME], snapshot=20))
        self.assertEqual(len(result.segments), 1)

    def test_old_versions_have_the_lengths_the_other_way_round(self):
        octets = FRAME[:50]
        for version in ((2, 2), (2, 3)):
            data = pcap([FRAME], version=version)[:24] + struct.pack("<IIII", 1, 0, len(FRAME), len(octets)) + octets
            result, facts = self.read(data)
            self.assertEqual((len(result.segments), facts["damage"]), (1, None), version)

    def test_fcs_bits_above_the_link_type(self):
        result, facts = self.read(pcap([FRAME + b"fcs!"], link_type=1 | 0x24000000))
        self.assertEqual((len(result.segments), facts["links"]), (1, [(1, "EN10MB", 1)]))

    def test_times_at_the_edges(self):
        times = [(0, 0), (0xffffffff, 999999)]
        result, _ = self.read(pcap([FRAME, FRAME], times=times))
        self.assertEqual(result.times(), [0, 0xffffffff * 10**9 + 999999000])

    def test_fraction_above_a_second(self):
        result, _ = self.read(pcap([FRAME], times=[(5, 3 * 10**6)], units=10**7))
        self.assertEqual(result.times(), [8 * 10**9])

    def test_empty_capture(self):
        result, facts = self.read(pcap([]))
        self.assertEqual((result.segments, facts["usable"], facts["damage"], facts["packets"]), ([], "1", None, "0"))

    def test_unknown_link_type(self):
        _, facts = self.read(pcap([FRAME] * 3, link_type=147))
        self.assertEqual(facts["left_out"], ["link type 147: 3 packets not decoded"])

    def test_link_type_without_a_name(self):
        _, facts = self.read(pcap([FRAME], link_type=65000))
        self.assertEqual(facts["links"], [(65000, "65000", 1)])


class Pcapng(Test):
    def test_byte_orders(self):
        for order in ORDERS:
            data = section(order) + interface(1, order) + enhanced(FRAME, order=order)
            result, facts = self.read(data)
            self.assertEqual((result.times(), facts["format"]), ([1700000000 * 10**9], "pcapng"), order)

    def test_sections_of_both_byte_orders(self):
        data = b"".join(section(order) + interface(link, order) + enhanced(frame, order=order)
                        for order, link, frame in (("<", 1, FRAME), (">", 101, FRAME[14:]), ("<", 228, FRAME[14:])))
        result, facts = self.read(data)
        self.assertEqual(result.frames(), ["0:1", "0:2", "0:3"])
        self.assertEqual(facts["links"], [(1, "EN10MB", 1), (101, "RAW", 1), (228, "IPV4", 1)])

    def test_interfaces_of_several_link_types(self):
        sll = struct.pack("!HHH8sH", 0, 1, 6, bytes(8), 0x0800) + FRAME[14:]
        data = (section() + interface(1) + interface(113) + enhanced(sll, 1) + enhanced(FRAME, 0) + interface(147) +
                enhanced(FRAME, 2) + enhanced(sll, 1))
        result, facts = self.read(data)
        self.assertEqual(result.frames(), ["0:1", "0:2", "0:4"])
        self.assertEqual(facts["links"], [(113, "LINUX_SLL", 2), (1, "EN10MB", 1), (147, "147", 1)])
        self.assertEqual(facts["left_out"], ["link type 147: 1 packets not decoded"])

    def test_time_resolutions(self):
        second = 1700000000
        for resolution, stamp, nanoseconds, digits in (
                (None, second * 10**6 + 7, 7000, "6"), (0, second, 0, "6"), (3, second * 1000 + 7, 7000000, "6"),
                (9, second * 10**9 + 7, 7, "9"), (7, second * 10**7 + 7, 700, "9"),
                (10, second * 10**10 + 75, 7, "9"),
                (0x80 | 10, second * 1024 + 512, 500000000, "6"), (0x80 | 20, second * 2**20 + 1, 953, "6"),
                (0x80 | 30, second * 2**30 + 2**29, 500000000, "9"), (0x80, second, 0, "6")):
            with self.subTest(resolution=resolution):
                data = section() + interface(1, resolution=resolution) + enhanced(FRAME, stamp=stamp)
                result, facts = self.read(data)
                self.assertEqual(result.times(), [second * 10**9 + nanoseconds])
                self.assertEqual(facts["digits"], digits)

    def test_very_fine_time_resolutions(self):
        for resolution, stamp, nanoseconds in ((0x80 | 40, 3 * 2**40 + 2**39, 3500000000), (15, 3 * 10**15 + 10**7, 3000000010),
                                               (0x80 | 63, 2**63 + 2**62, 1500000000), (19, 10**19 + 5 * 10**18, 1500000000)):
            with self.subTest(resolution=resolution):
                result, _ = self.read(section() + interface(1, resolution=resolution) + enhanced(FRAME, stamp=stamp))
                self.assertEqual(result.times(), [nanoseconds])

    def test_impossible_time_resolution_leaves_the_time_unknown(self):
        for resolution in (20, 127, 0x80 | 64, 0xff):
            result, _ = self.read(section() + interface(1, resolution=resolution) + enhanced(FRAME))
            self.assertEqual(result.times(), [-2**63])

    def test_time_offset(self):
        for offset in (1000, -1000):
            result, _ = self.read(section() + interface(1, offset=offset) + enhanced(FRAME))
            self.assertEqual(result.times(), [(1700000000 + offset) * 10**9])

    def test_hostile_times(self):
        data = section() + interface(1, resolution=0, offset=2**62) + enhanced(FRAME, stamp=2**64 - 1)
        result, _ = self.read(data)
        self.assertEqual(result.times(), [-2**63])

    def test_simple_and_obsolete_packet_blocks(self):
        result, facts = self.read(section() + interface(1, snapshot=54) + simple(FRAME) + obsolete(FRAME))
        self.assertEqual(result.times(), [-2**63, 1700000000 * 10**9])
        self.assertEqual(facts["first"], facts["last"])

    def test_blocks_that_are_no_packets(self):
        others = (block(4, bytes(4)) + block(5, bytes(12)) + block(10, struct.pack("<II", 0x544c534b, 0)) +
                  block(0x0badcafe, bytes(20)) + block(0x80000001, bytes(4)))
        result, facts = self.read(section() + others + interface(1) + others + enhanced(FRAME) + others + enhanced(FRAME))
        self.assertEqual(result.frames(), ["0:1", "0:2"])
        self.assertEqual(facts["left_out"], ["pcapng blocks of unknown types: 6"])

    def test_frame_numbers_are_those_of_tshark(self):
        """Records that are no packets, but count as frames in Wireshark."""
        journal = block(9, b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=x\n\n")
        custom = block(0xbad, struct.pack("<I", 32473) + b"text")
        sysdig = block(0x204, struct.pack("<HQQIHI", 0, 1700000000 * 10**9, 1, 26, 0, 0) + bytes(2))
        data = (section() + interface(1) + enhanced(FRAME) + journal + enhanced(FRAME) + custom + enhanced(FRAME) + sysdig +
                enhanced(FRAME))
        result, facts = self.read(data)
        self.assertEqual(facts["left_out"], ["records that are no packets: 3"])
        if not shutil.which("tshark"):
            self.skipTest("tshark is not installed")
        run = subprocess.run(["tshark", "-r", self.path("capture"), "-Y", "tcp", "-T", "fields", "-e", "frame.number"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        self.assertEqual(result.frames(), ["0:" + number for number in run.stdout.split()])

    def test_options_that_do_not_fit(self):
        body = struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH", 9, 60000) + bytes(4)
        result, facts = self.read(section() + block(1, body) + enhanced(FRAME))
        self.assertEqual((len(result.segments), facts["damage"]), (1, None))

    def test_options_cut_short(self):
        body = struct.pack("<HHI", 1, 0, 0) + option(9, b"") + option(14, b"\1\2") + option(13, b"")
        result, _ = self.read(section() + block(1, body) + enhanced(FRAME))
        self.assertEqual(result.times(), [1700000000 * 10**9])


class Compression(Test):
    def check(self, name, data, packets):
        result, facts = self.read(data)
        self.assertEqual((len(result.segments), facts["compression"], facts["damage"]), (packets, name, None))

    def test_each(self):
        plain = pcap([FRAME] * 5000)
        for name, compress in (("gzip", gzip.compress), ("zstd", zstd_stored), ("lz4", lz4_stored), ("xz", lzma.compress), ("bzip2", lambda data: bz2.compress(data, 1))):
            with self.subTest(name=name):
                self.check(name, compress(plain), 5000)

    def test_frame_behind_frame(self):
        plain = pcap([FRAME] * 500)
        for name, compress in (("gzip", gzip.compress), ("zstd", zstd_stored), ("lz4", lz4_stored), ("xz", lzma.compress), ("bzip2", lambda data: bz2.compress(data, 1))):
            with self.subTest(name=name):
                self.check(name, compress(plain[:777]) + compress(plain[777:]), 500)

    def test_real_compressors(self):
        plain = pcap([FRAME] * 5000)
        for name in ("zstd", "lz4"):
            if not shutil.which(name):
                continue
            with self.subTest(name=name):
                data = subprocess.run([name, "-c"], input=plain, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                      check=True).stdout
                self.assertLess(len(data), len(plain))
                self.check(name, data, 5000)

    def test_zeros_behind_gzip_do_not_matter(self):
        self.check("gzip", gzip.compress(pcap([FRAME])) + bytes(1000), 1)

    def test_cut_short(self):
        plain = pcap([bytes([i & 0xff, i >> 8]) + FRAME[2:] for i in range(5000)])
        for name, compress in (("gzip", gzip.compress), ("zstd", zstd_stored), ("lz4", lz4_stored), ("xz", lzma.compress), ("bzip2", lambda data: bz2.compress(data, 1))):
            with self.subTest(name=name):
                data = compress(plain)
                result, facts = self.read(data[:len(data) * 3 // 4])
                self.assertGreater(len(result.segments), 1000)
                self.assertEqual(facts["frame"], len(result.segments) + 1)
                self.assertIn(f"frame {facts['frame']}: the {name} data is cut short", facts["damage"])

    def test_damaged(self):
        plain = pcap([bytes([i & 0xff, i >> 8]) + FRAME[2:] for i in range(5000)])
        data = bytearray(gzip.compress(plain))
        data[len(data) // 2:len(data) // 2 + 20] = bytes(20)
        _, facts = self.read(bytes(data))
        self.assertRegex(facts["damage"], r"'.*', frame \d+: ")

    def test_garbage_behind(self):
        result, facts = self.read(gzip.compress(pcap([FRAME])) + b"garbage")
        self.assertEqual(len(result.segments), 1)
        self.assertIn("frame 2: the gzip data is damaged", facts["damage"])


class Damage(Test):
    def test_cut_at_every_octet(self):
        """What was whole is read; the rest is said, with its frame."""
        frames = [FRAME, ethernet(ipv6(tcp(payload=bytes(7))), 0x86dd), ethernet(snap(ipv4(tcp())), 48)]
        head = section() + interface(1)
        blocks = [enhanced(frame) for frame in frames]
        for name, data, ends in (
                ("pcap", pcap(frames), [24 + sum(16 + len(f) for f in frames[:n]) for n in range(4)]),
                ("pcapng", head + b"".join(blocks), [len(head) + sum(map(len, blocks[:n])) for n in range(4)])):
            for cut in range(len(data)):
                with self.subTest(name=name, cut=cut):
                    result = self.dump(self.path("cut", data[:cut]))
                    facts = result.captures[0]
                    whole = sum(1 for end in ends[1:] if end <= cut)
                    self.assertEqual(len(result.segments), whole)
                    boundary = cut in ends or (name == "pcapng" and cut == len(section()))
                    self.assertEqual(facts["damage"] is None, boundary, facts["damage"])
                    if not boundary and cut >= ends[0]:
                        self.assertEqual(facts["frame"], whole + 1)
                        self.assertIn(f"frame {whole + 1}: the file is cut short in the middle of", facts["damage"])

    def test_what_is_no_capture(self):
        for data, words in ((b"", "not a capture: it is empty"), (b"ab", "not a capture: it is too short"),
                            (b"#!/bin/sh\necho\n", "not a capture: neither pcap nor pcapng"),
                            (gzip.compress(b"text, not packets"), "not a capture: neither pcap nor pcapng"),
                            (gzip.compress(b""), "not a capture: it is empty"),
                            (b"snoop\0\0\0\0\0\0\2", "neither pcap nor pcapng but a snoop capture: editcap IN out.pcapng"),
                            (b"\0\0NetScaler V20 Performance Data", "nstrace): editcap IN out.pcapng"),
                            (b"PK\3\4" + bytes(99), "not a capture but a zip archive: unpack it"),
                            (bytes(257) + b"ustar" + bytes(90), "not a capture but a tar archive: unpack it"),
                            (bytes(7) + b"\x40\2\4\0\x50\0\0\0\x40" + bytes(64), "perhaps an ERF capture: editcap IN out.pcapng"),
                            (pcap([], version=(3, 0)), "pcap version 3.0 is not known"),
                            (struct.pack("<IIIHHq", 0x0a0d0d0a, 28, 0x1a2b3c4d, 7, 0, -1) + struct.pack("<I", 28),
                             "pcapng version 7.0 is not known"),
                            (struct.pack("<III", 0x0a0d0d0a, 28, 0x12345678) + bytes(16), "without a byte-order magic")):
            with self.subTest(words=words):
                result, facts = self.read(data)
                self.assertEqual((facts["usable"], facts["frame"], result.segments), ("0", 0, []))
                self.assertIn(words, facts["damage"])
                self.assertIn("capture'", facts["damage"])

    def test_what_cannot_be_opened(self):
        missing, directory = self.path("missing.pcap"), self.directory
        result = self.dump(missing, directory)
        self.assertEqual([c["usable"] for c in result.captures], ["0", "0"])
        self.assertEqual(result.captures[0]["damage"], f"cannot open '{missing}': No such file or directory")
        self.assertEqual(result.captures[1]["damage"], f"cannot open '{directory}': it is a directory (what lies in it: tcprst {directory}/*.pcap*)")

    def test_others_are_read_all_the_same(self):
        result = self.dump(self.path("missing.pcap"), self.path("a", pcap([FRAME])), self.path("b", b"nonsense"),
                           self.path("c", pcap([FRAME])[:-1]))
        self.assertEqual(len(result.segments), 1)
        self.assertEqual([c["damage"] is None for c in result.captures], [False, True, False, False])

    def test_lengths_that_cannot_be(self):
        record = struct.pack("<IIII", 1, 0, 262145, 262145)
        for data, words in (
                (pcap([FRAME]) + record + bytes(300000), "captured length, 262145 bytes, cannot be right"),
                (pcap([FRAME]) + struct.pack("<IIII", 1, 0, 0xffffffff, 1), "4294967295 bytes, cannot be right"),
                (section() + interface(1) + enhanced(FRAME) + struct.pack("<II", 6, 0x7fffffff) + bytes(100),
                 "a block's length, 2147483647 bytes, cannot be right"),
                (section() + interface(1) + enhanced(FRAME) + struct.pack("<II", 6, 8) + bytes(100),
                 "a block's length, 8 bytes, cannot be right"),
                (section() + interface(1) + enhanced(FRAME) + block(6, struct.pack("<IIIII", 0, 0, 0, 1000, 1000)),
                 "captured length, 1000 bytes, cannot be right"),
                (section() + interface(1) + enhanced(FRAME) + block(6, bytes(16)), "a packet block is too short"),
                (section() + interface(1) + enhanced(FRAME) + enhanced(FRAME, 1), "the packet names interface 1 of 1"),
                (section() + interface(1) + enhanced(FRAME) + section() + enhanced(FRAME), "names interface 0 of 0"),
                (section() + interface(1) + enhanced(FRAME) + block(5, bytes(8))[:-4] + bytes(4), "two lengths differ: 20 and 0")):
            with self.subTest(words=words):
                result, facts = self.read(data)
                self.assertEqual((len(result.segments), facts["frame"], facts["usable"]), (1, 2, "1"))
                self.assertIn(words, facts["damage"])
                self.assertIn("frame 2: ", facts["damage"])

    def test_blocks_that_nobody_decodes_pass(self):
        """Secrets, names, custom and unknown blocks, larger than any that is decoded; of some Wireshark makes a frame."""
        large = 17 << 20
        for kind, frames in ((10, [1, 2]), (4, [1, 2]), (0x0bad0001, [1, 2]), (0x0bad, [1, 3])):
            data = section() + interface(1) + enhanced(FRAME) + block(kind, bytes(large)) + enhanced(FRAME)
            with self.subTest(kind=kind):
                result, facts = self.read(data)
                self.assertEqual((facts["damage"], result.frames()), (None, [f"0:{frame}" for frame in frames]))
                for cut, frame in ((len(data) - len(enhanced(FRAME)) - 2, 2), (300, 2)):
                    result, facts = self.read(data[:cut])
                    self.assertIn("cut short in the middle of a block", facts["damage"])
                    self.assertEqual((len(result.segments), facts["frame"]), (1, frame))
        wrong = block(10, bytes(large))[:-4] + bytes(4)
        result, facts = self.read(section() + interface(1) + enhanced(FRAME) + wrong + enhanced(FRAME))
        self.assertIn(f"two lengths differ: {large + 12} and 0", facts["damage"])
        self.assertEqual(len(result.segments), 1)

    def test_large_packets_of_link_types_that_have_them(self):
        for link_type, octets, read in ((1, 262144, True), (1, 262145, False), (195, 300000, False), (220, 300000, True),
                                        (231, 18 << 20, True), (249, 300000, True), (279, 300000, True)):
            with self.subTest(link_type=link_type, octets=octets):
                for data in (section() + interface(link_type) + enhanced(bytes(octets)), pcap([bytes(octets)], link_type)):
                    _, facts = self.read(data)
                    self.assertEqual((facts["damage"] is None, sum(n for _, _, n in facts["links"])), (read, int(read)))

    def test_what_of_the_packets_was_left_out(self):
        cut = (ethernet(ipv4(tcp()))[:14 + 20 + 10], 54)
        fragment = ethernet(ipv4(tcp()[:16], flags=0x2000))
        short_fragment = (fragment[:-4], len(fragment))
        deep = ipv4(tcp())
        for _ in range(40):
            deep = ipv4(deep, 4)
        _, facts = self.read(pcap([cut, fragment, short_fragment, ethernet(deep)]))
        self.assertEqual(facts["left_out"], [
            "TCP headers cut off or impossible: 1", "packets with too many headers inside one another: 1",
            "IP fragments not wholly captured: 1", "IP fragments whose others are missing: 1"])


class Fragments(Test):
    def fragments(self, count, ident=1, hold_back=0):
        data = tcp(payload=bytes(16 * count))
        pieces = [data[i * 16:i * 16 + 16] for i in range(len(data) // 16)]
        rest = len(data) - 16 * len(pieces)
        frames = [ethernet(ipv4(piece, ident=ident, flags=i * 2 | (0x2000 if rest or i + 1 < len(pieces) else 0)))
                  for i, piece in enumerate(pieces)]
        if rest:
            frames.append(ethernet(ipv4(data[-rest:], ident=ident, flags=len(pieces) * 2)))
        return frames[hold_back:] + frames[:hold_back]

    def test_many_small_ones(self):
        frames = self.fragments(2000, hold_back=3)
        result, _ = self.read(pcap(frames, times=[(1000, i) for i in range(len(frames))]))
        self.assertEqual(len(result.segments), 1)
        self.assertIn("len=32000", result.segments[0])

    def test_those_of_another_minute_do_not_belong_together(self):
        frames = self.fragments(2)
        for seconds, expected in ((59, 1), (61, 0)):
            result, _ = self.read(pcap(frames, times=[(1000 + (seconds if i else 0), 0) for i in range(len(frames))]))
            self.assertEqual(len(result.segments), expected)

    def test_they_span_files_of_one_stream_only(self):
        frames = self.fragments(2)
        paths = [self.path(f"{i}.pcap", pcap([frame], times=[(1000 + i, 0)])) for i, frame in enumerate(frames)]
        self.assertEqual(self.dump(*paths).frames(), [f"{len(paths) - 1}:1"])
        self.assertEqual(self.dump("--separate", *paths).frames(), [])

    def test_memory_stays_bounded(self):
        big = bytes(60000)
        path = self.path("flood.pcap", pcap([ethernet(ipv4(big, ident=i, flags=0x2000)) for i in range(1500)]))
        self.read_in_little_memory(path, 1500)

    def test_memory_stays_bounded_when_they_are_tiny(self):
        one = ethernet(ipv4(bytes(8), flags=0x2000))
        frames = [one[:18] + struct.pack("!H", i & 0xffff) + one[20:29] + bytes([i >> 16]) + one[30:] for i in range(300000)]
        self.read_in_little_memory(self.path("flood.pcap", pcap(frames, times=[(1000, 0)] * len(frames))), len(frames))

    def read_in_little_memory(self, path, count):
        run = subprocess.run(["/bin/sh", "-c", 'ulimit -v 200000; exec "$0" --quiet "$1"', DUMP, path],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if b"AddressSanitizer" in run.stderr or b"Shadow memory" in run.stderr or b"ReserveShadow" in run.stderr:
            self.skipTest("the address sanitizer needs more address space")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(f"IP fragments whose others are missing: {count}", run.stderr.decode())


class Lists(Test):
    def setUp(self):
        super().setUp()
        self.late = self.path("late.pcap", pcap([FRAME], times=[(2000, 0)]))
        self.early = self.path("early.pcapng", section() + interface(1) + enhanced(FRAME, stamp=1000 * 10**6))
        self.middle = self.path("middle.pcap.gz", gzip.compress(pcap([FRAME, FRAME], times=[(1500, 0), (1501, 0)])))

    def test_one_stream_is_in_the_order_of_first_packets(self):
        result = self.dump(self.late, self.early, self.middle)
        self.assertEqual(result.frames(), ["1:1", "2:1", "2:2", "0:1"])
        self.assertEqual([c["packets"] for c in result.captures], ["1", "1", "2"])

    def test_separate_is_in_the_order_named(self):
        result = self.dump("--separate", self.late, self.early, self.middle)
        self.assertEqual(result.frames(), ["0:1", "1:1", "2:1", "2:2"])

    def test_standard_input_among_files(self):
        with open(self.middle, "rb") as file:
            result = self.dump(self.late, "-", self.early, data=file.read())
        self.assertEqual(result.frames(), ["2:1", "1:1", "1:2", "0:1"])

    def test_standard_input_twice(self):
        with open(self.middle, "rb") as file:
            result = self.dump("-", "-", data=file.read())
        self.assertEqual([c["damage"] for c in result.captures], [None, "standard input: not a capture: it is empty"])
        self.assertEqual(result.frames(), ["0:1", "0:2"])

    def test_empty_and_bad_ones_among_them(self):
        result = self.dump(self.late, self.path("empty", pcap([])), self.path("bad", b"bad!"), self.early)
        self.assertEqual(result.frames(), ["3:1", "0:1"])
        self.assertEqual([c["damage"] is None for c in result.captures], [True, True, False, True])

    def test_more_than_a_process_may_open_at_first(self):
        paths = [self.path(f"{i}.pcap", pcap([FRAME], times=[(i, 0)])) for i in range(300)]
        run = subprocess.run(["/bin/sh", "-c", 'ulimit -S -n 64; exec "$0" "$@"', DUMP, *reversed(paths)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        result = Result(run)
        self.assertEqual(result.frames(), [f"{i}:1" for i in reversed(range(300))])


class Filter(Test):
    def test_packets_that_match(self):
        other = ethernet(ipv4(tcp(dport=443)))
        path = self.path("x.pcap", pcap([other, FRAME, other, FRAME]))
        result = self.dump("--filter=tcp port 80", path)
        self.assertEqual(result.frames(), ["0:2", "0:4"])
        self.assertEqual(result.captures[0]["packets"], "4")

    def test_each_link_type_gets_its_own_program(self):
        data = section() + interface(1) + interface(101) + enhanced(FRAME, 0) + enhanced(FRAME[14:], 1)
        self.assertEqual(self.dump("--filter=host 10.0.0.1 and tcp", self.path("x.pcapng", data)).frames(), ["0:1", "0:2"])

    def test_one_that_makes_no_sense_for_a_link_type(self):
        data = section() + interface(1) + interface(101) + enhanced(FRAME, 0) + enhanced(FRAME[14:], 1)
        result = self.dump("--filter=ether host 02:00:00:00:00:01", self.path("x.pcapng", data))
        self.assertEqual(result.frames(), ["0:1"])
        self.assertEqual(result.captures[0]["left_out"],
                         ["packets whose link type the filter makes no sense for: 1"])

    def test_one_that_is_wrong(self):
        result = self.dump("--filter=tcp prot 80", self.path("x.pcap", pcap([FRAME])))
        self.assertEqual(result.code, 2)
        self.assertIn("error ", result.error)
        self.assertIn("syntax", result.error)


class Live(Test):
    def start(self, *arguments):
        process = subprocess.Popen([DUMP, *arguments, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, bufsize=0)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        return process

    def lines_until(self, process, wanted):
        lines = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            lines.append(process.stdout.readline().decode().strip())
            if lines[-1].startswith(wanted):
                return lines
        self.fail(f"no {wanted}: {lines}")
        return None

    def test_a_pause_is_reported_and_reading_goes_on(self):
        for data in (pcap([FRAME, FRAME]), section() + interface(1) + enhanced(FRAME) + enhanced(FRAME)):
            process = self.start("--flush")
            half = len(data) - len(FRAME) - 5
            process.stdin.write(data[:half])
            self.assertIn("0:1 1 10.0.0.1", " ".join(self.lines_until(process, "paused")))
            process.stdin.write(data[half:half + 7])  # in the middle of a record: nothing is lost
            self.lines_until(process, "paused")
            process.stdin.write(data[half + 7:])
            self.lines_until(process, "0:2 1 10.0.0.1")
            process.stdin.close()
            self.assertEqual(process.wait(timeout=PATIENCE), 0)

    def test_an_interrupt_ends_it(self):
        process = self.start("--flush")
        process.stdin.write(pcap([FRAME]))
        self.lines_until(process, "paused")
        process.send_signal(signal.SIGINT)
        self.lines_until(process, "interrupted")
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        self.assertIn(b"packets=1", process.stderr.read())

    def test_a_file_that_grows_is_read_to_where_it_is(self):
        whole = pcap([FRAME] * 3)
        result = self.dump(self.path("growing.pcap", whole[:-3]))
        self.assertEqual((len(result.segments), result.captures[0]["frame"]), (2, 3))


class Aggregates(Test):
    def test_more_segments_in_a_frame_than_a_batch_holds(self):
        subframes = b""
        for i in range(150):
            payload = snap(ipv4(tcp(sport=i + 1)))
            subframe = bytes(12) + struct.pack("!H", len(payload)) + payload
            subframes += subframe + bytes(-len(subframe) % 4)
        wlan = struct.pack("<BBH", 0x88, 1, 0) + bytes(18) + struct.pack("<H", 0) + b"\x80\0" + subframes
        result, facts = self.read(pcap([wlan, wlan], link_type=105))
        expected = [(f"0:{frame}", str(i + 1), str(i + 1)) for frame in (1, 2) for i in range(150)]
        self.assertEqual([(s.split()[0], s.split()[1], s.split()[3]) for s in result.segments], expected)
        self.assertEqual(facts["segments"], "300")

    def test_reassembled_packets_in_one_batch_keep_their_octets(self):
        frames = []
        for i in range(40):
            body = tcp(sport=i + 1, payload=bytes([i]) * 100)
            frames += [ethernet(ipv4(body[:64], ident=i, flags=0x2000)), ethernet(ipv4(body[64:], ident=i, flags=8))]
        result, _ = self.read(pcap(frames))
        self.assertEqual([s.split()[3] for s in result.segments], [str(i + 1) for i in range(40)])

    def test_a_tunnel_of_udp_without_payload(self):
        _, facts = self.read(pcap([ethernet(ipv4(udp(1, port, b""), 17)) for port in (4789, 6081, 2152, 3544, 1701, 6635, 4754)]))
        self.assertEqual((facts["segments"], facts["damage"]), ("0", None))


if __name__ == "__main__":
    unittest.main()
