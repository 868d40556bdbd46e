#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Process, container and pod, as ptcpdump notes them in packet comments, in every report: test_notes.py TCPRST"""

import json
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import packets
from report_cases import BASE, Conversation, tcprst, text_of

INBOUND, OUTBOUND = 1, 2
WGET = b"PID: 13626\nCmd: /usr/bin/wget\nArgs: wget --password=secret 192.0.2.80"
TEST = b"ContainerName: test\nContainerId: 36f0310403b1\nContainerImage: alpine\nContainerLabels: owner=secret"
POD = b"PodName: test-0\nPodNamespace: default\nPodUID: 9c1b\nPodLabels: secret\nPodAnnotations: secret"
WHOLE = "process 13626 (/usr/bin/wget), container test, pod default/test-0"


def pcapng(talk, notes, order="<"):
    """notes: {frame number: (comments, direction or None)}."""
    octets = packets.section(order) + packets.interface(1, order)
    for number, frame in enumerate(talk.frames, 1):
        comments, direction = notes.get(number, ([], None))
        options = b"".join(packets.option(1, comment, order) for comment in comments)
        if direction is not None:
            options += packets.option(2, struct.pack(order + "I", direction), order)
        options += packets.option(0, b"", order) if options else b""
        stamp = (BASE + number) * 10**6
        octets += packets.block(6, struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xffffffff, len(frame), len(frame))
                                + frame + bytes(-len(frame) % 4) + options, order)
    return octets


class Notes(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tcprst-notes-")))
        self.talk = Conversation()
        self.talk.abort()  # frame 5 is the server's reset

    def capture(self, notes, order="<"):
        path = self.directory / "notes.pcapng"
        path.write_bytes(pcapng(self.talk, notes, order))
        return path

    def said(self, notes, order="<"):
        run = tcprst("-f", "ndjson", self.capture(notes, order))
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        return json.loads(run.stdout)["process"]

    def test_whose_it_is(self):
        for notes, process in (
                ({}, None),
                ({5: ([WGET, TEST, POD], OUTBOUND)}, "at the sender: " + WHOLE),
                ({5: ([WGET, TEST, POD], INBOUND)}, "at the receiver: " + WHOLE),
                ({5: ([WGET, TEST, POD], None)}, WHOLE),
                ({5: ([b"\n".join((WGET, TEST, POD))], OUTBOUND)}, "at the sender: " + WHOLE),
                # The kernel's own resets belong to no process: then the connection's other segments tell.
                ({1: ([WGET], OUTBOUND)}, "at the receiver: process 13626 (/usr/bin/wget)"),
                ({2: ([WGET], OUTBOUND)}, "at the sender: process 13626 (/usr/bin/wget)"),
                ({2: ([WGET], INBOUND), 4: ([TEST], OUTBOUND)}, "at the receiver: process 13626 (/usr/bin/wget)"),
                ({5: ([b"ContainerName: a"], OUTBOUND)}, "at the sender: container a"),
                ({5: ([b"PodName: p"], OUTBOUND)}, "at the sender: pod p")):
            for order in "<>":
                with self.subTest(notes=notes, order=order):
                    self.assertEqual(self.said(notes, order), process)

    def test_comments_of_another_kind_are_left_alone(self):
        for comment in (b"a look at this", b"PID: see below", b"Cmd: alone", b"PID:", b"ContainerName:   ", b"X" * 3000, b"", b"\n\n:\n"):
            with self.subTest(comment=comment):
                self.assertIsNone(self.said({5: ([comment], OUTBOUND)}))

    def test_whatever_is_in_it(self):
        hostile = b"PID: 7\nCmd: </script><img src=x onerror=alert(1)>`|\x1b[31m\xff\xe2\x80\xae" + b"\xc3\xa4" * 300
        name = "at the sender: process 7 (</script><img src=x onerror=alert(1)>`|\x1b[31m\ufffd"
        said = self.said({5: ([hostile], OUTBOUND)})
        self.assertTrue(said.startswith(name), said)
        self.assertLess(len(said.encode()), 300)
        capture = self.directory / "notes.pcapng"
        for output_format in ("text", "csv", "html", "markdown", "json"):
            shown = tcprst("-f", output_format, capture).stdout
            shown.decode("utf-8")
            self.assertNotIn(b"\x1b", shown if output_format != "csv" else b"")
            if output_format in ("html", "markdown"):
                self.assertNotIn(b"<img", shown.replace(b"\\<", b""))
        for cut in range(len(hostile)):
            self.said({5: ([hostile[:cut]], OUTBOUND)})

    def test_in_every_report_and_in_none_that_is_redacted(self):
        capture = self.capture({5: ([WGET, TEST, POD], OUTBOUND)})
        for output_format in ("text", "ndjson", "json", "csv", "html", "markdown"):
            shown = " ".join(text_of(tcprst("-f", output_format, capture)).split())
            self.assertIn("/usr/bin/wget", shown, output_format)
            self.assertNotIn("secret", shown, output_format)
            redacted = text_of(tcprst("-f", output_format, "--redact", capture))
            for word in ("wget", "13626", "test-0", "default/"):
                self.assertNotIn(word, redacted, (output_format, word))

    def test_very_many_different_ones(self):
        self.talk = Conversation()
        for i in range(5000):
            self.talk.refuse(80, 1024 + i)
        notes = {2 * i: ([b"PID: %d" % i], OUTBOUND) for i in range(1, 5001)}
        run = tcprst("-f", "ndjson", self.capture(notes))
        said = [json.loads(line)["process"] for line in run.stdout.splitlines()]
        self.assertEqual(said[:4096], [f"at the sender: process {i}" for i in range(1, 4097)])
        self.assertEqual(set(said[4096:]), {None})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
