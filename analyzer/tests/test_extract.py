#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--keys and --extract, captures of every kind, and what is refused: test_extract.py TCPRST. (That an extract is judged as its
original: test-captures/split.)"""

import json
import os
import struct
import tempfile
import unittest
from pathlib import Path

import packets
from report_cases import BASE, Conversation, tcprst, text_of

MICRO = 10**6


def blocks(data):
    """(type, body) of a pcapng file of this machine's octet order."""
    while data:
        kind, size = struct.unpack("=II", data[:8])
        yield kind, data[8:size - 4]
        data = data[size:]


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tcprst-extract-")))

    def file(self, name, data):
        path = self.directory / name
        path.write_bytes(data)
        return path

    def extract(self, capture, keys=None, *options):
        listed = tcprst("--keys", *options, capture)
        self.assertEqual((listed.returncode, listed.stderr), (0, b""))
        path = self.file("keys", listed.stdout if keys is None else keys)
        out = self.directory / "extract.pcapng"
        run = tcprst(f"--extract={path}", *options, "-o", out, capture)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, b"", b""))
        return out

    def lines(self, capture, *options):
        run = tcprst("-q", "-f", "ndjson", *options, capture)
        self.assertEqual(run.stderr, b"")
        lines, first = [json.loads(line) for line in run.stdout.splitlines()], {}
        # Connections are counted as far as they are seen: of those with a RST only which is which is the same.
        return [dict(line, capture=None, connection=first.setdefault(line["connection"], len(first))) for line in lines]

    def same(self, capture, *options):
        """The lines of both; how many packets of how many the extract has."""
        extract = self.extract(capture, None, *options)
        self.assertEqual(self.lines(extract), self.lines(capture, *options))
        return sum(kind == 6 for kind, _ in blocks(extract.read_bytes()))


class Keys(Case):
    def test_lists_connections_with_a_reset(self):
        talk = Conversation()
        talk.close(443, 41001)
        talk.refuse(8080, 40000)
        talk.refuse(8080, 40000)
        talk.abort(80, 41000)
        run = tcprst("--keys", talk.write(self.directory / "a.pcap"))
        self.assertEqual(text_of(run), "10.1.1.5 40000 192.0.2.80 8080\n10.1.1.5 41000 192.0.2.80 80\n")

    def test_ipv6_and_output(self):
        talk = Conversation("2001:db8::5", "2001:db8::80", packets.ipv6)
        talk.refuse(8080)
        out = self.directory / "list"
        self.assertEqual(tcprst("--keys", "-o", out, talk.write(self.directory / "a.pcap")).stdout, b"")
        self.assertEqual(out.read_text(), "2001:db8::5 40000 2001:db8::80 8080\n")


class Extracts(Case):
    def talk(self, **options):
        talk = Conversation(**options)
        talk.add(True, 50000, 80, 0x10, 7, 7)
        for i in range(20):
            talk.close(443, 42000 + i)
        talk.refuse(8080)
        talk.abort()
        return talk

    def test_leaves_out_what_says_nothing(self):
        talk = self.talk()
        # the first, SYN and SYN-ACK of twenty, two and five of those with a RST
        self.assertEqual(self.same(talk.write(self.directory / "a.pcap")), 1 + 40 + 2 + 5)
        names = [body for kind, body in blocks((self.directory / "extract.pcapng").read_bytes()) if kind == 0x0a0d0d0a]
        self.assertEqual(len(names), 1)
        self.assertIn(b"Extract of '" + os.fsencode(self.directory) + b"/a.pcap'", names[0])

    def test_extract_of_an_extract(self):
        first = self.extract(self.talk().write(self.directory / "a.pcap")).rename(self.directory / "first.pcapng")
        self.assertEqual(self.same(first), 48)

    def test_keeps_comments(self):
        """Who it was is told from them, and which way the packet went; of either octet order."""
        talk = Conversation()
        talk.close(443, 42000)
        talk.abort()
        comments = [b"PID: 7\nCmd: wget", b"seen by hand: \xff"]
        for order in "<>":
            octets = packets.section(order) + packets.interface(1, order)
            for number, frame in enumerate(talk.frames):
                stamp = (BASE + number) * MICRO
                options = b"".join(packets.option(1, comment, order) for comment in comments)
                options += packets.option(2, struct.pack(order + "I", 2), order) + packets.option(0, b"", order)
                head = struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xffffffff, len(frame), len(frame))
                octets += packets.block(6, head + frame + bytes(-len(frame) % 4) + options, order)
            with self.subTest(order=order):
                capture = self.file("notes.pcapng", octets)
                self.assertEqual(self.lines(capture)[0]["process"], "at the sender: process 7 (wget)")
                kept = self.same(capture)
                data = (self.directory / "extract.pcapng").read_bytes()
                self.assertEqual([data.count(comment) for comment in comments], [kept, kept])

    def test_pipe(self):
        capture = self.talk().write(self.directory / "a.pcap")
        keys = self.file("keys", tcprst("--keys", capture).stdout)
        out = self.directory / "piped.pcapng"
        with open(capture, "rb") as pipe:
            self.assertEqual(tcprst("-q", f"--extract={keys}", "-o", out, "-", stdin=pipe).returncode, 0)
        self.assertEqual(self.lines(out), self.lines(capture))

    def test_times(self):
        """Of nanoseconds, from before 1970, and none at all."""
        talk = self.talk()
        for name, stamp, resolution, offset in (("nano", BASE * 10**9 + 123456789, b"\x09", 0),
                                                ("old", 5 * MICRO, b"\x06", -86400 * 365), ("binary", BASE << 20, b"\x94", 0)):
            step = {"nano": 1000001, "old": 1000, "binary": 1049}[name]
            data = packets.section() + packets.interface(1, resolution=resolution[0], offset=offset) + b"".join(
                packets.enhanced(frame, 0, stamp + step * i) for i, frame in enumerate(talk.frames))
            with self.subTest(name):
                self.same(self.file(f"{name}.pcapng", data))
        data = packets.section() + packets.interface(1) + b"".join(map(packets.simple, talk.frames))
        self.same(self.file("none.pcapng", data))

    def test_link_types_and_fragments(self):
        talk = self.talk()
        frames = [packets.enhanced(frame, 0, BASE * MICRO + i * 1000) for i, frame in enumerate(talk.frames)]
        raw = [packets.enhanced(frame[14:], 1, BASE * MICRO + i * 1000)
               for i, frame in enumerate(self.talk(client="10.1.1.6").frames, 100)]
        self.same(self.file("two.pcapng", packets.section() + packets.interface(1) + packets.interface(101) +
                            b"".join(frames + raw)))
        whole = packets.tcp(40000, 8080, 1000, 0, 0x02, b"x" * 40)
        pieces = [packets.ethernet(packets.ipv4(whole[:24], src="10.1.1.5", dst="192.0.2.80", flags=0x2000)),
                  packets.ethernet(packets.ipv4(whole[24:], src="10.1.1.5", dst="192.0.2.80", flags=3))]
        refused = Conversation()
        refused.refuse(8080)
        data = packets.pcap(talk.frames[:3] + pieces + refused.frames[1:])
        self.assertEqual(self.same(self.file("pieces.pcap", data)), 3 + 2 + 1)

    def test_filter(self):
        capture = self.talk().write(self.directory / "a.pcap")
        self.same(capture, "--filter=port 80")

    def test_annotated_extract(self):
        """Comments stand at the frames they are about, whatever their numbers."""
        extract = self.extract(self.talk().write(self.directory / "a.pcap"))
        copy = self.directory / "copy.pcapng"
        self.assertIn(tcprst("-q", "--annotate", copy, extract).returncode, (0,))
        marked = [body for kind, body in blocks(copy.read_bytes()) if kind == 6 and b"TCP reset: " in body]
        self.assertEqual(len(marked), len(self.lines(extract)))
        for body in marked:
            self.assertTrue(body[20 + 14 + 20 + 13] & 4)

    def test_numbers_that_do_not_rise(self):
        """Of a hostile extract they are not believed."""
        data = bytearray(self.extract(self.talk().write(self.directory / "a.pcap")).read_bytes())
        expected = [line["frame"] for line in self.lines(self.directory / "extract.pcapng")]
        for number in (0, 1, 2**40, 2**64 - 1):
            changed = bytearray(data)
            at = changed.rindex(struct.pack("=HHQ", 5, 8, expected[-1]))
            struct.pack_into("=Q", changed, at + 4, number)
            frames = [line["frame"] for line in self.lines(self.file("changed.pcapng", changed))]
            self.assertEqual(frames[:-1], expected[:-1])
            self.assertEqual(frames[-1], expected[-1])


class Refused(Case):
    def test_usage(self):
        capture = Conversation().write(self.directory / "a.pcap")
        keys = self.file("keys", b"")
        for arguments, words in (([f"--extract={keys}", capture], "--output"),
                                 ([f"--extract={keys}", "-o", "x", capture, capture], "one capture at a time"),
                                 (["--keys", "--redact", capture], "--redact"),
                                 (["--keys", "--annotate=x", capture], "--annotate"),
                                 (["--keys"], "no capture named"),
                                 ([f"--extract={self.directory}/none", "-o", self.directory / "x", capture], "cannot open"),
                                 ([f"--extract={keys}", "-o", capture, capture], "a.pcap")):
            with self.subTest(words):
                run = tcprst(*arguments)
                self.assertEqual(run.returncode, 2)
                self.assertIn(words, run.stderr.decode())
                self.assertFalse((self.directory / "x").exists())

    def test_keys_that_are_none(self):
        capture = Conversation().write(self.directory / "a.pcap")
        for line in ("10.0.0.1 80 10.0.0.2", "10.0.0.1 80 10.0.0.2 65536", "10.0.0.1 80 ::1 80", "a 1 b 2", "x" * 300,
                     "10.0.0.1 80 10.0.0.2 81 82"):
            with self.subTest(line):
                keys = self.file("keys", f"# a remark\n\n10.0.0.1 80 10.0.0.2 81\n{line}\n".encode())
                run = tcprst(f"--extract={keys}", "-o", self.directory / "x", capture)
                self.assertEqual(run.returncode, 2)
                self.assertIn("keys', line 4: no key", run.stderr.decode())

    def test_damage(self):
        capture = self.file("cut.pcap", Conversation().pcap() + b"abc")
        for arguments in (["--keys"], [f"--extract={self.file('keys', b'')}", "-o", self.directory / "x"]):
            run = tcprst(*arguments, capture)
            self.assertEqual(run.returncode, 1)
            self.assertIn("cut short", run.stderr.decode())


if __name__ == "__main__":
    import sys
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
