#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A forbidden call ends the process, and tcprst is locked in while it reads: test_sandbox.py SANDBOX_PROBE TCPRST"""

import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROBE, TCPRST = sys.argv[1], sys.argv[2]
FORBIDDEN = ("open", "create", "unlink", "execute", "fork", "thread", "socket", "socketpair", "trace",
             "signal", "executable-memory")
CAPTURES = Path(__file__).resolve().parent.parent.parent / "test-captures" / "recorded"
HEADER = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000")


def run(*command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False, **options)


def missing():
    said = run(TCPRST, "--version").stdout
    assert "sandbox" in said, said
    return "not available" in said


def seccomp_mode(*options):
    """The kernel's word on a tcprst that has read a file header and waits for packets."""
    with subprocess.Popen([TCPRST, *options, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        process.stdin.write(HEADER)
        process.stdin.flush()
        mode, until = None, time.monotonic() + 10
        while mode != "2" and time.monotonic() < until:
            time.sleep(0.05)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            mode = status.partition("Seccomp:")[2].split()[0]
            if options and time.monotonic() > until - 9:
                break
        process.stdin.close()
        process.wait()
    return mode


class Sandbox(unittest.TestCase):
    def setUp(self):
        if missing():
            self.skipTest("this build has no sandbox")

    def test_forbidden_calls_end_the_process(self):
        for call in FORBIDDEN:
            with self.subTest(call=call):
                probe = run(PROBE, call)
                self.assertEqual(probe.returncode, -signal.SIGSYS)
                self.assertNotIn("done", probe.stdout)

    def test_what_reading_needs_is_allowed(self):
        self.assertEqual(run(PROBE, "work").stdout, "done\n")
        self.assertEqual(run(PROBE, "abort").returncode, -signal.SIGABRT)

    def test_tcprst_is_locked_in_while_it_reads(self):
        self.assertEqual(seccomp_mode(), "2")

    def test_it_can_be_turned_off(self):
        self.assertNotEqual(seccomp_mode("--no-sandbox"), "2")

    def test_reports_are_the_same_inside_and_outside(self):
        captures = sorted(str(path) for path in CAPTURES.glob("*.pcap*"))[::5]
        self.assertTrue(captures)
        for options in (["-f", "text", "--why", "--color=always"], ["-f", "ndjson"], ["-f", "json"],
                        ["-f", "csv"], ["-f", "html"], ["--filter", "tcp port 80", "-f", "csv"]):
            for locale in ("C", "C.UTF-8", "de_DE.ISO-8859-1"):
                with self.subTest(options=options, locale=locale):
                    inside, outside = (run(TCPRST, *more, *options, *captures, env={"LC_ALL": locale})
                                       for more in ([], ["--no-sandbox"]))
                    self.assertGreaterEqual(inside.returncode, 0)
                    self.assertEqual((inside.returncode, inside.stdout, inside.stderr),
                                     (outside.returncode, outside.stdout, outside.stderr))

    def test_a_full_disk_is_still_said(self):
        capture = next(str(path) for path in sorted(CAPTURES.glob("*.pcap")))
        with open("/dev/full", "wb") as full:
            said = subprocess.run([TCPRST, "-f", "json", capture], stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(said.returncode, 2)
        self.assertIn("cannot write", said.stderr)

    def test_output_file(self):
        capture = next(str(path) for path in sorted(CAPTURES.glob("*.pcap")))
        report = Path(self.enterContext(tempfile.TemporaryDirectory())) / "report.json"
        self.assertEqual(run(TCPRST, "-f", "json", "-o", report, capture).returncode, 0)
        self.assertGreater(report.stat().st_size, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
