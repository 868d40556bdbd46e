#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong around a report is said, with the right exit status, and nothing is silently missing: test_faults.py TCPRST"""

import gzip
import json
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import packets
from processes import catches, sleeps_in, until, wait_until_blocked, wait_until_reading
from report_cases import ENVIRONMENT, RECORDED, TCPRST, Conversation, tcprst, text_of

FORMATS = ("text", "ndjson", "json", "csv", "html")
SANITIZED = b"sanitizers" in tcprst("--version").stdout
MEGABYTE = 1 << 20


def big_conversation(count):
    """Resets whose verdicts become final while the capture is read."""
    talk = Conversation()
    for i in range(count):
        talk.refuse(80 + i % 7, 1024 + i)
        talk.now += 0.1
    return talk


BIG = big_conversation(8000).pcap()
BIG_PACKETS = 16000


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tcprst-faults-")))

    def file(self, name, data):
        path = self.directory / name
        path.write_bytes(data)
        return path

    def three(self, name="three.pcap", client="10.1.1.5"):
        talk = Conversation(client)
        for i in range(3):
            talk.refuse(8080, 40000 + i)
        return talk.write(self.directory / name)

    def big(self):
        return self.file("big.pcap", BIG)

    def start(self, *arguments, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen([TCPRST, *map(os.fspath, arguments)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=ENVIRONMENT, bufsize=0, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                self.addCleanup(stream.close)
        return process

    def assert_said(self, run, status, *sentences):
        """That exit status, and exactly these lines on standard error (regular expressions)."""
        lines = run.stderr.decode("utf-8").splitlines()
        self.assertEqual((run.returncode, len(lines)), (status, len(sentences)), lines)
        for line, sentence in zip(lines, sentences):
            self.assertTrue(line.startswith("tcprst: "), line)
            self.assertRegex(line, sentence)


def limited(kind, octets):
    """For preexec_fn."""
    return lambda: resource.setrlimit(kind, (octets, octets))


class Output(Case):
    """Files that cannot be written to their end. A limit on their size does what a full disk does."""

    def test_full(self):
        capture = self.big()
        for output_format in FORMATS:
            with self.subTest(format=output_format):
                self.assert_said(tcprst("-f", output_format, "-o", "/dev/full", capture), 2,
                                 "cannot write '/dev/full': No space left")
        large = Conversation()
        for i in range(300):
            large.add(True, 5, 6, 0x10, payload=bytes(1400))
        for arguments, said in (
                (["-f", "ndjson", "-o", "out", capture], "cannot write 'out': File too large"),
                (["-f", "csv", "-o", "out", capture], "cannot write 'out': File too large"),
                (["-f", "html", "-o", "out", capture], "cannot write 'out': File too large"),
                (["-f", "json", capture], "connections .* temporary file in '.*': File too large"),
                (["--annotate", "out", capture], "comments of 'out' in a temporary file in '.*': File too large"),
                (["--annotate", "out", large.write(self.directory / "large")], "cannot write 'out': File too large")):
            with self.subTest(arguments=arguments):
                self.assert_said(tcprst(*arguments, cwd=self.directory, preexec_fn=limited(resource.RLIMIT_FSIZE, 32768)),
                                 2, said)

    def test_what_is_printed_without_a_capture(self):
        for arguments in (["--help"], ["--version"], ["--list-causes"], ["--explain", "closed-port"]):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                run = subprocess.run([TCPRST, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
                self.assert_said(run, 2, "cannot write 'standard output': No space left")

    def test_no_temporary_directory(self):
        capture = self.three()
        environment = {**ENVIRONMENT, "TMPDIR": "/no/such/place"}
        for arguments, needed in ((["-f", "json"], True), (["--annotate", self.directory / "out"], True), (["-f", "text"], False),
                                  (["-f", "ndjson"], False), (["-f", "csv"], False), (["-f", "html"], False)):
            run = tcprst(*arguments, capture, env=environment)
            self.assert_said(run, *((2, "temporary file in '/no/such/place'.*: No such file") if needed else (0,)))
        self.assertFalse((self.directory / "out").exists())

    def test_closed_early(self):
        capture = self.big()
        for output_format in FORMATS:
            for name in (capture, "-"):
                with self.subTest(format=output_format, name=name), open(capture, "rb") as file:
                    process = self.start("-f", output_format, name, stdin=file)
                    process.stdout.read(20)
                    process.stdout.close()
                    self.assertEqual(process.stderr.read(), b"")
                    self.assertIn(process.wait(30), (0, -signal.SIGPIPE))

    def test_one_file_for_two_purposes(self):
        capture = self.three()
        before = capture.read_bytes()
        (self.directory / "link").symlink_to(capture)
        for command, said in (
                ("-o link three.pcap", "'link' is one of the captures"),
                ("--annotate ./three.pcap three.pcap", "'./three.pcap' is one of the captures"),
                ("three.pcap >> three.pcap", "'standard output' is one of the captures"),
                ("- < three.pcap 1<> three.pcap", "'standard output' is one of the captures"),
                ("-o x --annotate ./x three.pcap", "'x' and './x' .* are the same file"),
                ("--annotate x three.pcap > x", "'standard output' and 'x' .* are the same file")):
            with self.subTest(command=command):
                run = subprocess.run(["/bin/sh", "-c", f'"$0" {command}', TCPRST], cwd=self.directory, env=ENVIRONMENT,
                                     stdin=subprocess.DEVNULL, capture_output=True, check=False)
                self.assert_said(run, 2, said)
                self.assertEqual(capture.read_bytes(), before)

    def ways_to_write(self):
        """What writes a file of that name, whole."""
        return (["-f", "ndjson", "-o", "out"], ["-f", "json", "-o", "out"], ["-f", "html", "-o", "out"], ["--annotate", "out"])

    def assert_untouched(self, old):
        self.assertEqual((self.directory / "out").read_bytes(), old)
        until(lambda: not [name for name in os.listdir(self.directory) if name.startswith(".tcprst")])

    def test_replaced_whole_or_not_at_all(self):
        """The old file stays where there is nothing to report, the disk is full, or we are killed."""
        old = b"old\n"
        large = Conversation()
        for i in range(300):
            large.add(True, 5, 6, 0x10, payload=bytes(1400))
        large.write(self.directory / "large")
        self.file("big.pcap", BIG)
        for words in self.ways_to_write():
            with self.subTest(arguments=words):
                self.file("out", old)
                self.assertEqual(tcprst(*words, "missing.pcap", cwd=self.directory).returncode, 2)
                self.assert_untouched(old)
                self.assertEqual(tcprst(*words, "large" if "--annotate" in words else "big.pcap", cwd=self.directory,
                                        preexec_fn=limited(resource.RLIMIT_FSIZE, 4096)).returncode, 2)
                self.assert_untouched(old)
                if "--annotate" not in words:
                    process = self.start(*words, "-", stdin=subprocess.PIPE, cwd=self.directory)
                    process.stdin.write(BIG[:70000])
                    wait_until_reading(process)
                    process.kill()
                    self.assertEqual(process.wait(30), -signal.SIGKILL)
                    self.assert_untouched(old)
                os.chmod(self.directory / "out", 0o640)
                self.assertEqual(tcprst(*words, "big.pcap", cwd=self.directory).returncode, 0)
                self.assertGreater((self.directory / "out").stat().st_size, 50000)
                self.assertEqual((self.directory / "out").stat().st_mode & 0o777, 0o640)

    def test_never_mixed(self):
        """Two runs to one file: one of them has written all of it. A link stays one."""
        (self.directory / "out").symlink_to("behind")
        self.file("big.pcap", BIG)
        runs = [self.start("-f", "ndjson", "-o", "out", "-", stdin=subprocess.PIPE, cwd=self.directory) for _ in range(2)]
        parts = (self.three().read_bytes(), BIG[:70 * 100 + 24])
        for i in range(0, 7024, 500):
            for process, part in zip(runs, parts):
                if part[i:i + 500]:
                    process.stdin.write(part[i:i + 500])
        wanted = []
        for process, lines in zip(runs, (3, 50)):
            process.stdin.close()
            self.assertEqual((process.wait(30), process.stderr.read()), (0, b""))
            wanted.append(lines)
            self.assertEqual(len((self.directory / "behind").read_bytes().splitlines()), lines)
        self.assertTrue((self.directory / "out").is_symlink())

    def test_few_descriptors(self):
        """More captures than may be open: what is written has its own, and no copy lacks one silently."""
        talk = Conversation()
        talk.refuse(80)
        names = [self.file(f"{i}.pcap", talk.pcap()).name for i in range(100)]
        for words in self.ways_to_write():
            with self.subTest(arguments=words):
                run = tcprst(*words, *names, cwd=self.directory, preexec_fn=limited(resource.RLIMIT_NOFILE, 64))
                self.assertRegex(run.stderr, b"^tcprst: cannot open '\\d+.pcap': Too many open files\n")
                if "--annotate" in words:
                    self.assertRegex(run.stderr, b"could not be opened once more: 'out' would lack it\n$")
                    self.assertEqual((run.returncode, (self.directory / "out").exists()), (2, False))
                    continue
                self.assertEqual(run.returncode, 1, run.stderr)
                self.assertIn(b'"closed-port"', (self.directory / "out").read_bytes())
                (self.directory / "out").unlink()

    def test_escapes_in_a_name(self):
        """No report passes on what a file's name would do to a terminal."""
        talk = Conversation()
        talk.refuse(80)
        name = self.file("\x1b[31m\x9b31m\u202ered.pcap", talk.pcap()).name
        for output_format in FORMATS:
            text = text_of(tcprst("-f", output_format, name, cwd=self.directory))
            self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f-\x9f]" if output_format != "csv" else "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
            self.assertIn("red.pcap", text)

    def test_closed_streams(self):
        self.three()
        expected = tcprst("-f", "ndjson", "three.pcap", cwd=self.directory).stdout
        for command, status, said in (
                ("- <&-", 2, "tcprst: standard input: cannot be read: Bad file descriptor\n"),
                ("three.pcap -o out <&-", 0, ""),
                ("three.pcap >&-", 2, "tcprst: cannot write 'standard output': Bad file descriptor\n"),
                ("three.pcap -o out >&-", 0, ""),
                ("three.pcap missing -o out 2>&-", 1, ""),
                ("three.pcap missing -o out --annotate copy <&- >&- 2>&-", 1, ""),
                ("missing -o empty 2>&-", 2, "")):
            with self.subTest(command=command):
                run = subprocess.run(["/bin/sh", "-c", f'"$0" -f ndjson {command}', TCPRST], cwd=self.directory,
                                     env=ENVIRONMENT, capture_output=True, check=False)
                self.assertEqual((run.returncode, run.stdout, run.stderr.decode()), (status, b"", said))
                if "out" in command:
                    self.assertEqual((self.directory / "out").read_bytes(), expected)
        self.assertFalse((self.directory / "empty").exists())


class Lists(Case):
    """One that cannot be read, at every place of a list: the others are reported."""

    def bad_ones(self):
        whole = self.three().read_bytes()
        (self.directory / "dangling").symlink_to("nowhere")
        return (("missing", "cannot open 'missing': No such file", 0),
                (".", r"cannot open '\.': it is a directory \(what lies in it: tcprst \./\*\.pcap\*\)", 0),
                ("dangling", "cannot open 'dangling': No such file", 0),
                ("x" * 300, "cannot open 'x*': File name too long", 0),
                (self.file("empty", b"").name, "'empty': not a capture: it is empty", 0),
                (self.file("short", b"\xd4").name, "'short': not a capture: it is too short", 0),
                (self.file("letter", b"Dear Sir or Madam").name, "'letter': not a capture: neither", 0),
                (self.file("damaged.gz", gzip.compress(whole)[:-30]).name, "'damaged.gz'.*the gzip data is cut short", None),
                (self.file("cut.pcap", whole[:-30]).name, "'cut.pcap', frame 6: the file is cut short", 2),
                ("/proc/self/mem", "'/proc/self/mem': cannot be read: Input/output error", 0))

    def test_among_others(self):
        self.three("others.pcap", "10.1.1.6")
        for i, (bad, said, more) in enumerate(self.bad_ones()):
            for place in range(3):
                names = ["three.pcap", "others.pcap"]
                names.insert(place, bad)
                for options in ([], ["--separate"]):
                    with self.subTest(names=names, options=options):
                        run = tcprst("-f", "csv", *options, *names, cwd=self.directory)
                        self.assert_said(run, 1, said)
                        if more is not None:  # what is whole of 'cut.pcap' is in 'three.pcap', too
                            self.assertEqual(len(run.stdout.splitlines()) - 1, 6 + (more if options else 0))
            output_format = FORMATS[i % len(FORMATS)]
            self.assert_said(tcprst("-f", output_format, "three.pcap", bad, cwd=self.directory), 1, said)
            if more == 0:
                self.assert_said(tcprst("-f", output_format, bad, "missing", cwd=self.directory), 2, said, "missing")

    def test_one_we_may_not_read(self):
        secret, good, other = self.three("secret.pcap"), self.three(), self.three("others.pcap", "10.1.1.6")
        secret.chmod(0)
        self.directory.chmod(0o755)
        options = {"user": 65534} if os.geteuid() == 0 else {}
        try:
            run = tcprst("-f", "csv", good, secret, other, **options)
        except (OSError, subprocess.SubprocessError) as reason:
            self.skipTest(f"as another user: {reason}")
        self.assert_said(run, 1, "cannot open '.*secret.pcap': Permission denied")
        self.assertEqual(len(run.stdout.splitlines()), 7)

    def test_names_in_messages(self):
        for name in (b"new\nline", b"\x1b]0;title\x07", b"\xff\xfe", "\u202eright to left".encode(), b"tab\there", b"a" * 255):
            run = subprocess.run([os.fsencode(TCPRST), name, b"--", b"-" + name], cwd=self.directory, capture_output=True,
                                 env=ENVIRONMENT, check=False)
            self.assert_said(run, 2, "cannot open", "cannot open")
            self.assertNotRegex(run.stderr.decode("utf-8"), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class Changing(Case):
    """Captures that change while they are read. The full pipe of the output holds the reading up."""

    def reading(self, *arguments):
        capture = self.big()
        process = self.start("-f", "ndjson", *arguments, capture)
        self.assertEqual(json.loads(process.stdout.readline())["frame"], 2)
        return capture, process

    def finish(self, process):
        lines = process.stdout.read().splitlines()
        said = process.stderr.read().decode()
        return process.wait(30), [json.loads(line)["frame"] for line in lines], said

    def test_cut(self):
        capture, process = self.reading()
        os.truncate(capture, len(BIG) - 700010)
        status, frames, said = self.finish(process)
        self.assertEqual(status, 1)
        self.assertRegex(said, r"^tcprst: '.*big.pcap', frame \d+: the file is cut short in the middle of .*\n$")
        last = int(re.search(r"frame (\d+)", said)[1])
        self.assertEqual(frames, list(range(4, last, 2)))

    def test_grown(self):
        capture, process = self.reading()
        with open(capture, "ab") as file:
            file.write(BIG[24:])
        status, frames, said = self.finish(process)
        self.assertEqual((status, said), (0, ""))
        self.assertEqual(frames, list(range(4, 2 * BIG_PACKETS + 1, 2)))

    def test_cut_between_the_two_readings_of_annotate(self):
        whole = len(tcprst("-f", "ndjson", self.big()).stdout)
        capture, process = self.reading("--annotate", self.directory / "copy")
        left = whole
        while left > 100000:  # as much as the pipe and its buffer hold: the capture is read
            left -= len(process.stdout.read(left - 100000))
        wait_until_blocked(process)
        os.truncate(capture, 100000)
        process.stdout.read()
        said = process.stderr.read().decode()
        self.assertEqual(process.wait(30), 2, said)
        self.assertRegex(said, r"'.*big.pcap' was cut short while it was read: its copy in '.*copy' ends at frame \d+\n$")


class Pipes(Case):
    def test_named(self):
        good, pipe, data = self.three(), self.directory / "pipe", self.three("other.pcap").read_bytes()
        os.mkfifo(pipe)
        for output_format in FORMATS:
            for names in ([pipe], [good, pipe], [pipe, good]):
                process = self.start("-f", output_format, *names)
                pipe.write_bytes(data)
                self.assertGreater(len(process.stdout.read()), 500)
                self.assertEqual((process.wait(30), process.stderr.read()), (0, b""))

    def test_annotate(self):
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        process = self.start("--annotate", self.directory / "copy", pipe)
        try:
            pipe.write_bytes(self.three().read_bytes())
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(30), 2)
        self.assertIn(b"reads its input twice", process.stderr.read())

    def test_nobody_writes(self):
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        process = self.start(pipe)
        until(lambda: sleeps_in(process, "fifo", "partner"))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), -signal.SIGINT)


class Interrupted(Case):
    def assert_whole(self, output_format, octets):
        text = octets.decode("utf-8")
        if output_format == "ndjson":
            for line in text.splitlines():
                json.loads(line)
        elif output_format == "json":
            self.assertTrue(json.loads(text)["summary"]["interrupted"])
        elif output_format == "csv":
            self.assertTrue(text.endswith("\r\n"))
        else:
            self.assertIn("</html>" if output_format == "html" else "Interrupted", text)

    def test_while_standard_input_is_silent(self):
        data = self.three().read_bytes()
        for output_format in FORMATS:
            for name, sent in (("nothing", 0), ("magic", 4), ("header", 24), ("in a packet", len(data) - 20), ("all", len(data))):
                for more in ([], [self.directory / "three.pcap"]) if sent == 0 else ([],):
                    with self.subTest(format=output_format, sent=name, more=more):
                        process = self.start("-f", output_format, *more, "-", stdin=subprocess.PIPE)
                        process.stdin.write(data[:sent])
                        wait_until_reading(process)
                        process.send_signal(signal.SIGINT)
                        out, said = process.stdout.read(), process.stderr.read()
                        self.assertEqual((process.wait(30), said), (130, b""))
                        self.assert_whole(output_format, out)
                        if output_format == "ndjson":
                            self.assertEqual(out.count(b'"final":false'), {len(data): 3, len(data) - 20: 2}.get(sent, 0))

    def test_while_the_reader_is_slow(self):
        """What a blocked write holds is not lost."""
        capture = self.big()
        whole = {name: tcprst("-f", name, capture).stdout for name in ("ndjson", "csv")}
        for output_format in ("ndjson", "csv", "json"):
            with self.subTest(format=output_format):
                process = self.start("-f", output_format, capture)
                first = process.stdout.read(1000)
                wait_until_blocked(process)
                process.send_signal(signal.SIGINT)
                until(lambda: not catches(process))
                out = first + process.stdout.read()
                self.assertEqual((process.wait(30), process.stderr.read()), (130, b""))
                self.assert_whole(output_format, out)
                if output_format in whole:
                    same = os.path.commonprefix([out, whole[output_format]])
                    self.assertGreater(len(same), 100000)
                    rest = out[len(same):]  # from the first that is not final on
                    self.assertTrue(not rest or b"false" in rest.splitlines()[0] or rest.startswith(b"fals"), rest[:200])

    def test_twice(self):
        for output_format in ("ndjson", "json"):
            process = self.start("-f", output_format, self.big())
            process.stdout.read(1000)
            wait_until_blocked(process)
            process.send_signal(signal.SIGINT)
            until(lambda: not catches(process))
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(30), -signal.SIGINT)

    def test_by_every_signal(self):
        """What was found so far is reported, and the exit status names the signal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for output_format in FORMATS:
                with self.subTest(signal=number, format=output_format):
                    process = self.start("-f", output_format, "-", stdin=subprocess.PIPE)
                    process.stdin.write(self.three().read_bytes())
                    wait_until_reading(process)
                    process.send_signal(number)
                    out = process.stdout.read()
                    self.assertEqual((process.wait(30), process.stderr.read()), (128 + number, b""))
                    self.assert_whole(output_format, out)

    def test_hung_up_on_purpose(self):
        """nohup: it goes on."""
        process = self.start("-f", "ndjson", "-", stdin=subprocess.PIPE,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.stdin.write(BIG[:14000])
        json.loads(process.stdout.readline())
        process.send_signal(signal.SIGHUP)
        process.stdin.write(BIG[14000:28000])
        process.stdin.close()
        lines = process.stdout.read().splitlines()
        self.assertEqual(process.wait(30), 1)
        self.assertGreater(json.loads(lines[-1])["frame"], 14000 // 70)


class Bound(Case):
    """What is given up at --max-connections is said by every format, and every reset is still reported."""

    def test_given_up(self):
        talk = Conversation()
        for i in range(200):
            talk.open(80, 2000 + i)
            talk.refuse(81, 3000 + i)
        capture = talk.write(self.directory / "talk.pcap")
        for bound in (1, 2, 10):
            for output_format in FORMATS:
                with self.subTest(bound=bound, format=output_format):
                    run = tcprst("-f", output_format, "--max-connections", str(bound), capture)
                    summarises = output_format not in ("ndjson", "csv")
                    self.assert_said(run, 0, *([] if summarises else [r"given up for want of room.*: [1-9]\d+;"]))
                    text = text_of(run)
                    if output_format in ("json", "html"):
                        self.assertRegex(text, r'"connections_given_up":[1-9]\d+,')
                        self.assertRegex(text, r'"summary":\{"resets":200,')
                    elif output_format == "text":
                        self.assertIn("given up for want of room", " ".join(text.split()))
                        self.assertIn("200 resets", text)
                    else:
                        self.assertEqual(len(text.splitlines()), 200 + (output_format == "csv"))
            self.assert_said(tcprst("-q", "-f", "csv", "--max-connections", str(bound), capture), 0)

    def summary(self, *arguments, status=0, **options):
        run = tcprst("-f", "json", *arguments, **options)
        self.assertEqual(run.returncode, status, run.stderr)
        return json.loads(run.stdout)["summary"]

    def many_hosts(self, count):
        """SYNs of ever new hosts, and a RST for the first thousands."""
        one = Conversation()
        one.refuse(80, 1024)
        data = one.pcap()
        syn, rst = data[24:24 + 16 + len(one.frames[0])], data[24 + 16 + len(one.frames[0]):]
        frames = []
        for i in range(count):
            address = struct.pack("!I", 0x0a000000 + i)
            frames += [syn[:16 + 26] + address + syn[16 + 30:], rst[:16 + 30] + address + rst[16 + 34:]]
        return self.file("hosts.pcap", data[:24] + b"".join(frames))

    def test_every_count(self):
        """Each number of the summary is above 0 where there is something to count.

        Not services_left_out: no capture here has incidents over so many services.
        """
        talk = Conversation()
        talk.open(80, 2000)
        talk.add(True, 2000, 80, 0x18, payload=b"x" * 100)
        talk.again()
        talk.add(False, 80, 2000, 0x14)
        talk.again()
        for i in range(5):
            talk.open(80, 3000 + i)
        capture = talk.write(self.directory / "talk.pcap")
        hosts = self.many_hosts(70000)
        seen = {"resets": self.summary(capture)["resets"]}
        for name in ("events", "connections", "duplicates"):
            seen[name] = self.summary(capture)[name]
        seen["bytes_at_risk"] = self.summary(RECORDED / "data-after-close.v4.client.pcapng")["bytes_at_risk"]
        seen["left_out_by_cause"] = self.summary("-c", "syn-scan", capture)["left_out_by_cause"]
        seen["connections_given_up"] = self.summary("--max-connections", "1", capture)["connections_given_up"]
        for name in ("hosts_given_up", "verdicts_early"):
            seen[name] = self.summary(hosts)[name]
        process = self.start("-f", "json", "-", stdin=subprocess.PIPE)
        process.stdin.write(self.three().read_bytes())
        wait_until_reading(process)
        process.send_signal(signal.SIGINT)
        seen["not_final"] = json.loads(process.stdout.read())["summary"]["not_final"]
        if not SANITIZED:
            data, record = hosts.read_bytes(), 16 + 54
            syns = [data[at:at + record] for at in range(24, len(data), 2 * record)]
            seen["out_of_memory"] = self.refused(self.file("syns.pcap", data[:24] + b"".join(syns)))
        counts = {name for name, value in self.summary(capture).items() if type(value) is int}
        self.assertEqual({name for name, count in seen.items() if count > 0}, counts - {"out_of_memory", "services_left_out"} | seen.keys(), seen)

    def refused(self, capture):
        """Of the runs with less and less memory, the most that one counted as lost and still reported."""
        most = 0
        for octets in range(18 * MEGABYTE, 50 * MEGABYTE, 4 * MEGABYTE):
            run = tcprst("-f", "json", "-q", capture, preexec_fn=limited(resource.RLIMIT_AS, octets))
            if run.returncode == 1:
                most = max(most, json.loads(run.stdout)["summary"]["out_of_memory"])
        return most

    def test_said_while_it_runs(self):
        """A live monitor does not wait for its end; nor does it say so over and over."""
        talk = Conversation()
        for i in range(2000):
            talk.open(80, 2000 + i)
        process = self.start("-f", "ndjson", "--max-connections", "10", "-", stdin=subprocess.PIPE)
        process.stdin.write(talk.pcap())
        self.assertRegex(process.stderr.readline(), rb"given up for want of room.*, so far: [1-9]\d*;")
        self.assertIsNone(process.poll())
        process.stdin.close()
        more = process.stderr.read().splitlines()
        self.assertEqual(process.wait(30), 0)
        self.assertRegex(more[-1], rb"given up for want of room.*: 1990;")
        self.assertLessEqual(len(more), 4, more)


@unittest.skipIf(SANITIZED, "the sanitizers need more address space")
class Memory(Case):
    def run_in(self, octets, *arguments):
        return tcprst(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (octets, octets)))

    def test_refused(self):
        """At any bound it is said, or the report is whole."""
        capture = self.file("some.pcap", BIG[:24 + 70 * 3000])
        packed = self.file("packed.gz", gzip.compress(capture.read_bytes(), 1))
        for output_format in FORMATS:
            for name in (capture, packed):
                whole = tcprst("-f", output_format, name)
                for i in (*range(8, 20), 22, 26, 32, 48, 64):
                    run = self.run_in(i * MEGABYTE, "-f", output_format, name)
                    said = run.stderr.replace(b"tcprst: reading without a sandbox: no memory for the list of system calls\n", b"")
                    with self.subTest(format=output_format, name=name, megabytes=i):
                        if run.returncode == 0:
                            self.assertEqual((run.stdout, said), (whole.stdout, b""))
                        elif run.returncode == -11 or b"GLib" in run.stderr or b"Could not open converter" in run.stderr:
                            pass  # the kernel gives the stack no page, or GLib ends the program, or cannot read its arguments
                        elif run.returncode in (1, 2):
                            self.assertRegex(said, b"^tcprst: .*memory.*\n$")
                        else:  # before main(): the loader, or GLib
                            self.assertRegex(run.stderr, b"error while loading shared|[Aa]llocat", run.returncode)
                            self.assertEqual(run.stdout, b"")

    def test_refused_to_the_core(self):
        """It goes on with what it has, counts what it could not follow and says so."""
        one = Conversation()
        one.add(True, 1024, 80, 2, 1000)
        data = one.pcap()
        frames = [data[24:24 + 16 + 26] + struct.pack("!I", 0x0a000000 + i) + data[24 + 16 + 30:] for i in range(100000)]
        capture = self.file("hosts.pcap", data[:24] + b"".join(frames))
        runs = [self.run_in(i * MEGABYTE, "-q", "-f", "csv", capture) for i in range(18, 50, 4)]
        partial = [run for run in runs if run.returncode == 1]
        self.assertTrue(partial, [run.stderr for run in runs])
        for run in partial:
            self.assert_said(run, 1, r"segments not followed for want of memory: [1-9]\d*; resets may be missing")


class Hostile(Case):
    """Captures that are made to cost much, or that end anywhere."""

    def test_every_place_to_end(self):
        talk = Conversation()
        talk.refuse(80)
        pcap = talk.pcap()
        pcapng = packets.section() + packets.interface(1) + b"".join(packets.enhanced(frame) for frame in talk.frames)
        ends = {len(pcap), 24, len(pcap) - 16 - len(talk.frames[1])}
        block = 32 + (len(talk.frames[0]) + 3) // 4 * 4
        ends_ng = {len(pcapng), len(packets.section()), len(pcapng) - 2 * block, len(pcapng) - block}
        for data, whole, header in ((pcap, ends, 24), (pcapng, ends_ng, len(packets.section()))):
            for i, end in enumerate(sorted({*range(0, len(data), 11), *whole, *(place + 3 for place in whole)})):
                if end > len(data):
                    continue
                with self.subTest(end=end):
                    run = tcprst("-f", FORMATS[i % len(FORMATS)], self.file("cut", data[:end]))
                    said = [] if end in whole else ["cut short|too short|empty"]
                    self.assert_said(run, 0 if end in whole else 2 if end < header else 1, *said)

    def test_link_types_without_end(self):
        """Time and what is said stay bounded: this took minutes."""
        refused = Conversation()
        for i in range(1000):
            refused.refuse(80, 1024 + i)
        data = packets.section() + packets.interface(1) + b"".join(packets.interface(i) for i in range(1, 30000))
        data += b"".join(packets.enhanced(b"x" * 60, i) for i in range(30000))
        data += b"".join(packets.enhanced(frame) for frame in refused.frames)
        run = tcprst("-f", "csv", self.file("many.pcapng", data))
        lines = run.stderr.decode().splitlines()
        self.assertEqual((run.returncode, len(run.stdout.splitlines())), (0, 1001))
        self.assertLess(len(lines), 30)
        self.assertRegex(run.stderr.decode(), "packets of many more link types not decoded: 29[0-9]{3}\n")

    def test_interfaces_without_end(self):
        data = packets.section() + packets.interface(1) * ((1 << 20) + 5)
        self.assert_said(tcprst(self.file("bomb.gz", gzip.compress(data, 1))), 1, "frame 1: a section with more than 1048576 interfaces")
        data = (packets.section() + packets.interface(1)) * 200000 + packets.enhanced(Conversation().pcap())
        self.assert_said(tcprst(self.file("sections.gz", gzip.compress(data, 1))), 0)

    def test_packed_zeros(self):
        """A gigabyte would do the same: nothing of it is kept."""
        data = Conversation().pcap() + bytes(48 * MEGABYTE)
        path = self.file("zeros.gz", gzip.compress(data, 1))
        options = {} if SANITIZED else {"preexec_fn": limited(resource.RLIMIT_AS, 64 * MEGABYTE)}
        run = tcprst("-f", "json", path, **options)
        self.assertEqual(json.loads(run.stdout)["captures"][0]["packets"], 3 * MEGABYTE)

    def test_damaged_inside(self):
        data = self.three().read_bytes()
        half = len(data) // 2
        joined = gzip.compress(data[:half]) + gzip.compress(data[half:])
        self.assert_said(tcprst(self.file("joined.gz", joined)), 0)
        broken = bytearray(joined)
        broken[len(gzip.compress(data[:half])) - 6] ^= 1  # the first part's checksum
        self.assert_said(tcprst(self.file("broken.gz", broken)), 1, r"frame \d: the gzip data is damaged: incorrect data check")
        window = bytes.fromhex("28b52ffd 00 f8 010000")  # 2 TiB
        self.assert_said(tcprst(self.file("window.zst", window)), 2, "decompressing it takes more than 128 MiB")


class Times(Case):
    """Clocks at both ends of what a capture can say, and beyond. With sanitizers an overflow ends the program."""

    SHIFTS = (0, 2531000000, -1850000000, -1988000000, 2848000000, -6311000000)

    def capture(self, name, first, second):
        """A connection and its reset, moved by so many seconds; from its middle on by others."""
        talk = Conversation()
        talk.abort(text=b"no")
        data = packets.section() + packets.interface(1, offset=first) + packets.interface(1, offset=second)
        for i, (frame, (seconds, micro)) in enumerate(zip(talk.frames, talk.times)):
            data += packets.enhanced(frame, 2 * i // len(talk.frames), seconds * 10**6 + micro)
        return self.file(name, data)

    def test_clocks_far_apart(self):
        for a in self.SHIFTS:
            for b in self.SHIFTS:
                one, other = self.capture("one.pcapng", a, a), self.capture("other.pcapng", b, b)
                jumps = self.capture("jumps.pcapng", a, b)
                for arguments in ((one, other), (jumps,), (jumps, other, one), ("-f", "html", other, jumps)):
                    run = tcprst(*arguments)
                    self.assertEqual((0, b""), (run.returncode, run.stderr), (a, b, arguments))

    def test_a_trace_beyond_time(self):
        line = "  p-1 [000] ..s1. {}.852349: tcp_send_reset: skbaddr=0 skaddr=0 src=192.0.2.80:80 dest=10.1.1.5:41000 state=TCP_CLOSE\n"
        one = self.capture("one.pcapng", 0, 0)
        beyond = self.file("beyond", line.format(9795338701).encode())
        self.assertIn(b"no time in seconds", tcprst("--kernel-trace", beyond, one).stderr)
        for time in (0, 1, 4294967295):
            trace = self.file("trace", line.format(time).encode())
            for shift in self.SHIFTS:
                self.assertEqual(0, tcprst("--kernel-trace", trace, self.capture("far.pcapng", shift, shift)).returncode, (time, shift))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
