#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A forbidden call ends the process, and tcprst is locked in while it reads: test_sandbox.py SANDBOX_PROBE TCPRST"""

import gzip
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from processes import PATIENCE, wait_until_reading

PROBE, TCPRST = sys.argv[1], sys.argv[2]
FORBIDDEN = ("open", "create", "unlink", "execute", "fork", "thread", "socket", "socketpair", "trace",
             "signal", "executable-memory", "executable-map", "rename", "mode", "directory", "terminal", "limits")
CAPTURES = Path(__file__).resolve().parent.parent.parent / "test-captures" / "recorded"
HEADER = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000")


def run(*command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, check=False, **options)


def missing():
    said = run(TCPRST, "--version").stdout
    assert "sandbox" in said, said
    return "not available" in said


def open_for_writing(process):
    """What its descriptors lead to, of those it may write to."""
    found = set()
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        flags = int(re.search(r"flags:\s*(\d+)", (entry.parent.parent / "fdinfo" / entry.name).read_text())[1], 8)
        if flags & os.O_ACCMODE != os.O_RDONLY:
            found.add(os.readlink(entry))
    return found


def seccomp_mode(*options, sent=HEADER, look=lambda process: None, **more):
    """The kernel's word on a tcprst that waits for standard input."""
    with subprocess.Popen([TCPRST, *options, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **more) as process:
        process.stdin.write(sent)
        process.stdin.flush()
        wait_until_reading(process)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        mode = status.partition("Seccomp:")[2].split()[0]
        look(process)
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

    def test_before_the_first_octet(self):
        """Nothing was sent yet; so no header, no compressed frame, no packet for a filter was looked at."""
        for options in ([], ["--filter", "tcp port 80"], ["-f", "html", "-o", "/dev/null"], ["-f", "json"], ["--separate"],
                        ["--redact", "--why"], [str(next(CAPTURES.glob("*.pcap")))]):
            with self.subTest(options=options):
                self.assertEqual(seccomp_mode(*options, sent=b""), "2")

    def test_only_outputs_are_open_for_writing(self):
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        with open(directory / "valuable", "w+b") as valuable:
            for options, outputs in (([], set()), (["-o", directory / "report"], {"report", "keeper"}),
                                     (["-f", "json", "-o", directory / "report"], {"report", "keeper", "temporary"})):
                found = set()
                seccomp_mode(*options, sent=b"", look=lambda process, into=found: into.update(open_for_writing(process)),
                             pass_fds=[valuable.fileno()])
                # What is to become the report, and who puts it there in the end.
                names = (("temporary", r"/tcprst-\w+ \(deleted\)$"), ("report", rf"^{directory}/\.tcprst-\w+$"),
                         ("keeper", r"^socket:"))
                found = {next((word for word, known in names if re.search(known, name)), name) for name in found}
                self.assertEqual(found - {"/dev/null"}, outputs)

    def test_the_forbidden_calls_would_work_outside(self):
        """Else it would prove nothing that they end the process inside."""
        for call in FORBIDDEN:
            probe = run(PROBE, call, "outside")
            self.assertEqual(probe.returncode, 0, call)
            self.assertEqual(probe.stdout, "" if call == "execute" else "done\n", call)

    def test_what_is_said_of_it(self):
        capture = next(str(path) for path in sorted(CAPTURES.glob("*.pcap")))
        self.assertIn("\nsandbox: available (seccomp)\n", run(TCPRST, "--version").stdout)
        for options in (["-v"], ["-v", "--no-sandbox"], ["--no-sandbox"]):
            self.assertEqual(run(TCPRST, *options, capture).stderr, "", options)

    def test_one_that_could_not_be_set_is_said(self):
        """And, where it is required, nothing is read without it."""
        capture = next(str(path) for path in sorted(CAPTURES.glob("*.pcap")))
        out = Path(self.enterContext(tempfile.TemporaryDirectory())) / "out"
        said = "tcprst: reading without a sandbox: the kernel does not take the list of system calls\n"
        for options, status, words in (([], 0, said), (["--sandbox=auto"], 0, said), (["-q"], 0, ""), (["--no-sandbox"], 0, ""),
                                       (["--sandbox=require", "-q", "-o", str(out)], 2, "tcprst: no sandbox (--sandbox=require): "
                                        "the kernel does not take the list of system calls\n")):
            with self.subTest(options=options):
                refused = run(PROBE, "refused", TCPRST, *options, capture)
                self.assertEqual((refused.returncode, refused.stderr, bool(refused.stdout)), (status, words, status == 0))
        self.assertFalse(out.exists())
        self.assertEqual(run(TCPRST, "--sandbox=require", capture).returncode, 0)
        both = run(TCPRST, "--sandbox=require", "--no-sandbox", capture)
        self.assertEqual((both.returncode, "contradict" in both.stderr), (2, True))

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

    def test_every_option_ends_the_same_inside_and_outside(self):
        """Each alone and each with each format, for a file, standard input and a compressed one."""
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        sources = [next(CAPTURES.glob("data-after-close.*.pcap")), next(CAPTURES.glob("closed-port.*.pcapng"))]
        packed = directory / "packed.pcap.gz"
        packed.write_bytes(gzip.compress(sources[0].read_bytes()))
        cut = directory / "cut.pcap"
        cut.write_bytes(sources[0].read_bytes()[:-9])
        more = ([], ["--why"], ["--separate"], ["-q"], ["-v"], ["-c", "closing"], ["--fail-on", "closing"],
                ["--fail-on", "benign", "--min-strength", "likely"], ["--color=always"], ["--no-progress"],
                ["--max-connections=1"], ["--filter=tcp"], ["--redact"], ["-o", "OUT"], ["--annotate", "COPY"])
        for i, output_format in enumerate(("text", "ndjson", "json", "csv", "html")):
            for j, options in enumerate(more):
                captures = [[sources[0]], [packed, sources[1]], ["-"], [cut, "missing"]][(i + j) % 4]
                if "--annotate" in options and captures == ["-"]:
                    captures = sources
                with self.subTest(format=output_format, options=options, captures=captures):
                    self.compare(directory, ["-f", output_format, *options, *captures], sources[1])

    def compare(self, directory, arguments, standard_input):
        results = []
        for outside in ([], ["--no-sandbox"]):
            files = [directory / "out", directory / "copy"]
            for file in files:
                file.unlink(missing_ok=True)
            words = [{"OUT": files[0], "COPY": files[1]}.get(word, word) for word in arguments]
            with open(standard_input, "rb") as octets:
                done = subprocess.run([TCPRST, *outside, *words], stdin=octets, capture_output=True, timeout=PATIENCE, check=False)
            # What --redact shows is chosen anew each time.
            said = bool(done.stdout) if "--redact" in arguments else done.stdout
            results.append((done.returncode, said, done.stderr, [file.read_bytes() for file in files if file.exists()]))
        self.assertGreaterEqual(results[0][0], 0)
        self.assertEqual(*results)

    def test_a_full_disk_is_still_said(self):
        capture = next(str(path) for path in sorted(CAPTURES.glob("*.pcap")))
        with open("/dev/full", "wb") as full:
            said = subprocess.run([TCPRST, "-f", "json", capture], stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(said.returncode, 2)
        self.assertIn("cannot write", said.stderr)

    def test_output_file(self):
        capture = next(str(path) for path in sorted(CAPTURES.glob("*.pcap")))
        report = Path(self.enterContext(tempfile.TemporaryDirectory())) / "report.json"
        self.assertEqual(run(TCPRST, "-f", "json", "-o", report, capture).returncode, 0)
        self.assertGreater(report.stat().st_size, 0)


class WithoutSandbox(unittest.TestCase):
    def test_a_build_without_one_cannot_do_what_is_required(self):
        if not missing():
            self.skipTest("this build has one")
        capture = next(str(path) for path in sorted(CAPTURES.glob("*.pcap")))
        self.assertEqual(run(TCPRST, capture).stderr, "")
        required = run(TCPRST, "--sandbox=require", capture)
        self.assertEqual((required.returncode, required.stdout), (2, ""))
        self.assertRegex(required.stderr, r"^tcprst: no sandbox \(--sandbox=require\): built with")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
