#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Options, exit statuses and every report format but html: test_report.py TCPRST"""

import csv
import fcntl
import html
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

import packets
from processes import PATIENCE, wait_until_patience_ended, wait_until_reading
from report_cases import ACK, ENVIRONMENT, ESCAPES, PSH_ACK, RARER, RECORDED, ROOT, RST, RST_ACK, SYN, SYN_ACK, TCPRST, Conversation, tcprst, text_of

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = json.loads((ROOT / "docs" / "tcprst.schema.json").read_text(encoding="utf-8"))
FIELDS = SCHEMA["$defs"]["reset"]["properties"]
KEYS = SCHEMA["$defs"]["reset"]["required"]


def lines_of(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


TITLES = dict(re.findall(r"CAUSE\(\w+, \"([a-z-]+)\",[\w\s,]+(?:REASONS\([^)]*\),)?\s+\"([^\"]+)\"",
                         (ROOT / "core/include/tcprst/causes.def").read_text(encoding="utf-8")))


def flattened(line):
    """The keys of a reset as csv writes them: what stands in an object is named with it."""
    flat = {}
    for key, value in line.items():
        inner = {f"{key}_{name}": each for name, each in value.items()} if isinstance(value, dict) else {key: value}
        flat.update(inner)
    return flat


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tcprst-report-")))

    def three_refused(self, name="three.pcap"):
        talk = Conversation()
        for i in range(3):
            talk.refuse(8080, 40000 + i)
        talk.close()
        return talk.write(self.directory / name)


class ExitStatus(Case):
    def check(self, status, *arguments, said=None, **options):
        run = tcprst(*arguments, **options)
        self.assertEqual(run.returncode, status, run.stderr)
        lines = run.stderr.decode("utf-8").splitlines()
        self.assertEqual(len(lines), 1 if said else 0, lines)
        if said:
            self.assertRegex(lines[0], said)
        return run

    def test_all_read(self):
        self.check(0, self.three_refused())
        self.check(0, Conversation().write(self.directory / "empty.pcap"))

    def test_wrong_usage(self):
        for arguments, said in (
                ([], "no capture named"), (["--nonsense"], "nonsense"), (["-f", "xml", "x"], "xml.*text, ndjson"),
                (["-c", "closed-prt", "x"], "closed-prt"), (["--fail-on", "severe", "x"], "severe"),
                (["--color", "sometimes", "x"], "sometimes"), (["--min-strength", "sure", "x"], "sure"),
                (["--max-connections", "-3", "x"], "max-connections"), (["--explain", "no-such"], "no-such"),
                (["--annotate", "y", "-"], "annotate"), (["-", "-"], "once"),
                (["--annotate", "y", "--separate", "a", "b"], "separate")):
            with self.subTest(arguments=arguments):
                self.check(2, *arguments, said=said)
        self.check(2, "--filter", "tcp prt 80", self.three_refused(), said="filter|syntax")

    def test_no_capture(self):
        other = self.directory / "letter.txt"
        other.write_text("Dear Sir or Madam,\n" * 20, encoding="utf-8")
        self.check(2, self.directory / "missing.pcap", said="missing.pcap.*No such file")
        self.check(2, self.directory, said="directory")
        self.check(2, other, said="letter.txt.*not a capture")
        for output_format in ("text", "ndjson", "csv", "json", "html", "markdown"):
            self.assertEqual(tcprst("-f", output_format, other).returncode, 2)

    def test_damaged(self):
        whole = self.three_refused()
        cut = self.directory / "cut.pcap"
        cut.write_bytes(whole.read_bytes()[:-60])
        run = self.check(1, "-f", "ndjson", cut, said="cut.pcap.*frame")
        self.assertEqual(len(run.stdout.splitlines()), 3)
        run = self.check(1, "-f", "ndjson", whole, self.directory / "missing.pcap", said="missing.pcap")
        self.assertEqual(len(run.stdout.splitlines()), 3)

    def test_output_that_cannot_be_written(self):
        capture = self.three_refused()
        for output_format in ("text", "ndjson", "csv", "json", "html", "markdown"):
            with self.subTest(format=output_format), open("/dev/full", "wb") as full:
                run = subprocess.run([TCPRST, "-f", output_format, capture], stdout=full, stderr=subprocess.PIPE,
                                     env=ENVIRONMENT, check=False)
                self.assertEqual(run.returncode, 2)
                self.assertRegex(run.stderr, b"^tcprst: cannot write .*No space left on device\n$")
        self.check(2, "-o", self.directory / "no" / "such" / "place", capture, said="No such file")
        self.check(2, "--annotate", "/dev/full", capture, said="No space left")

    def test_captures_are_not_overwritten(self):
        capture = self.three_refused()
        before = capture.read_bytes()
        self.check(2, "-o", capture, capture, said="would be overwritten")
        self.check(2, "--annotate", capture, capture, said="would be overwritten")
        link = self.directory / "link.pcap"
        link.hardlink_to(capture)
        self.check(2, "-o", link, capture, said="would be overwritten")
        self.assertEqual(capture.read_bytes(), before)

    def test_fail_on(self):
        capture = self.three_refused()
        first = lines_of(tcprst("-f", "ndjson", capture))[0]
        for word in (first["cause"], first["group"], first["severity"], "interference," + first["cause"]):
            self.check(3, "--fail-on", word, capture)
        self.check(0, "--fail-on", "interference", capture)
        stronger = {"possible": "likely", "likely": "certain"}.get(first["strength"])
        self.check(3, "--fail-on", first["cause"], "--min-strength", first["strength"], capture)
        if stronger:
            self.check(0, "--fail-on", first["cause"], "--min-strength", stronger, capture)
        cut = self.directory / "cut.pcap"
        cut.write_bytes(capture.read_bytes()[:-60])
        self.check(1, "--fail-on", first["cause"], cut, said="frame")

    def test_reader_that_closes_early(self):
        talk = Conversation()
        for i in range(4000):
            talk.refuse(80, 1024 + i)
        capture = talk.write(self.directory / "many.pcap")
        pipe = subprocess.Popen([TCPRST, "-f", "ndjson", capture], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=ENVIRONMENT)
        pipe.stdout.readline()
        pipe.stdout.close()
        self.assertEqual(pipe.stderr.read(), b"")
        pipe.stderr.close()
        self.assertIn(pipe.wait(30), (0, -signal.SIGPIPE))

    def test_quiet_commands(self):
        self.assertRegex(text_of(self.check(0, "--version")), r"^tcprst \d+\.\d+\.\d+\n")
        self.assertIn("closed-port", text_of(self.check(0, "--list-causes")))
        self.assertIn("closed-port", text_of(self.check(0, "--explain", "refused")))
        self.assertIn("--fail-on", text_of(self.check(0, "--help")))


class Live(Case):
    def start(self, *arguments):
        process = subprocess.Popen([TCPRST, *arguments, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=ENVIRONMENT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for stream in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(stream.close)
        return process

    def talk_now(self):
        talk = Conversation()
        talk.refuse(80)
        now = time.time() - 0.1
        talk.times = [(int(now), int(now % 1 * 1e6) % 1000000)] * len(talk.frames)
        return talk.pcap()

    def test_each_line_when_final_while_traffic_pauses(self):
        process = self.start("-f", "ndjson")
        process.stdin.write(self.talk_now())
        process.stdin.flush()
        readable, _, _ = select.select([process.stdout], [], [], 60)
        self.assertTrue(readable, "no line within a minute while the pipe stays open")
        line = json.loads(process.stdout.readline())
        self.assertTrue(line["final"])
        self.assertIsNone(process.poll())

    def test_an_old_capture_through_a_slow_pipe_gives_its_file_s_verdicts(self):
        source = RECORDED / "data-after-close.v4.client.pcap"
        if not source.exists():
            source = next(RECORDED.glob("data-after-close*.pcap"))
        octets = source.read_bytes()
        process = self.start("-f", "ndjson")
        half = len(octets) * 2 // 3
        process.stdin.write(octets[:half])
        process.stdin.flush()
        wait_until_patience_ended(process)
        out, _ = process.communicate(octets[half:], timeout=PATIENCE)
        expected = lines_of(tcprst("-f", "ndjson", source))
        self.assertEqual([{**json.loads(line), "capture": ""} for line in out.splitlines()],
                         [{**line, "capture": ""} for line in expected])

    def test_interrupt_reports_what_was_found(self):
        for output_format in ("ndjson", "text", "json"):
            with self.subTest(format=output_format):
                process = self.start("-f", output_format)
                process.stdin.write(self.talk_now())
                process.stdin.flush()
                wait_until_reading(process)
                process.send_signal(signal.SIGINT)
                out = process.stdout.read()
                self.assertEqual(process.wait(30), 130)
                if output_format == "ndjson":
                    self.assertEqual([json.loads(line)["final"] for line in out.splitlines()], [False])
                elif output_format == "json":
                    self.assertEqual(json.loads(out)["summary"]["interrupted"], True)
                else:
                    self.assertIn("Interrupted", out.decode())


@unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
class Schema(Case):
    def setUp(self):
        super().setUp()
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        self.document = jsonschema.Draft202012Validator(SCHEMA)
        self.line = jsonschema.Draft202012Validator({"$ref": "#/$defs/reset", "$defs": SCHEMA["$defs"]})

    def test_recorded_captures(self):
        """Every fourth of the recorded captures, alone and all as one stream."""
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth" and "pcap" in path.name][::4 * RARER]
        self.assertGreater(len(captures), 50)
        for arguments in ([captures[0]], [captures[5]], captures, ["--separate", *captures], ["--why", *captures[:9]],
                          ["--redact", *captures]):
            run = tcprst("-q", "-f", "json", *arguments)
            self.assertIn(run.returncode, (0, 1))
            document = json.loads(run.stdout)
            self.assertEqual([error.message for error in self.document.iter_errors(document)][:3], [])
            lines = lines_of(tcprst("-q", "-f", "ndjson", *arguments))
            for line in lines:
                self.assertEqual([error.message for error in self.line.iter_errors(line)][:3], [])
            if "--redact" not in arguments:
                self.assertEqual(lines, document["resets"])
            self.totals(document)

    def totals(self, document):
        resets = [line for line in document["resets"] if line["duplicate_of"] is None]
        events = {(line["event_capture"] or line["capture"], line["event_frame"]) for line in resets}
        summary = document["summary"]
        self.assertEqual(summary["resets"], len(resets))
        self.assertEqual(summary["duplicates"], len(document["resets"]) - len(resets))
        self.assertEqual(summary["events"], len(events))
        self.assertEqual(sum(cause["resets"] for cause in summary["causes"].values()), len(resets))
        endings = summary["endings"]
        self.assertEqual(sum(endings[kind] for kind in ("fin", "reset", "open", "refused")), summary["connections"])
        with_resets = {line["connection"] for line in resets}
        self.assertEqual({connection["connection"] for connection in document["connections"]}, with_resets)
        self.assertEqual(sum(connection["resets"] for connection in document["connections"]), len(resets))

    def test_an_empty_capture_and_a_cut_one(self):
        empty = Conversation().write(self.directory / "empty.pcap")
        cut = self.directory / "cut.pcap"
        cut.write_bytes(self.three_refused().read_bytes()[:-60])
        for capture in (empty, cut):
            document = json.loads(tcprst("-f", "json", capture).stdout)
            self.assertEqual(list(self.document.iter_errors(document)), [])
        self.assertEqual(document["captures"][0]["damage_frame"], 12)


class Lines(Case):
    def test_keys_and_order(self):
        for line in tcprst("-f", "ndjson", RECORDED / "closed-port.v4.span.pcap").stdout.splitlines():
            self.assertEqual([key for key, _ in json.loads(line, object_pairs_hook=list)], KEYS)

    def test_times_keep_their_precision(self):
        talk = Conversation()
        talk.refuse(80)
        talk.times = [(1700000000, 5), (1700000000, 123456789)]
        nano = talk.write(self.directory / "nano.pcap", magic=0xa1b23c4d, units=10**9)
        line = lines_of(tcprst("-f", "ndjson", nano))[0]
        self.assertEqual((line["time"], line["time_epoch"]),
                         ("2023-11-14T22:13:20.123456789Z", "1700000000.123456789"))
        line = lines_of(tcprst("-f", "ndjson", self.three_refused()))[0]
        self.assertRegex(line["time"], r"^2023-11-14T22:13:20\.\d{6}Z$")

    def test_dates(self):
        for seconds, date in ((0, "1970-01-01T00:00:00"), (951868799, "2000-02-29T23:59:59"),
                              (2**31, "2038-01-19T03:14:08"), (2**32 - 1, "2106-02-07T06:28:15")):
            with self.subTest(date=date):
                talk = Conversation()
                talk.refuse(80)
                talk.times = [(seconds, 0)] * len(talk.frames)
                line = lines_of(tcprst("-f", "ndjson", talk.write(self.directory / "dated.pcap")))[0]
                self.assertEqual(line["time"], date + ".000000Z")

    def test_cause_filter(self):
        talk = Conversation()
        talk.refuse(8080)
        talk.abort(443)
        capture = talk.write(self.directory / "two.pcap")
        every = lines_of(tcprst("-f", "ndjson", capture))
        self.assertEqual(len(every), 2)
        for word in ("cause", "group"):
            only = lines_of(tcprst("-f", "ndjson", "-c", every[0][word], capture))
            self.assertEqual(only, every[:1])
        document = json.loads(tcprst("-f", "json", "-c", every[0]["cause"], capture).stdout)
        self.assertEqual((document["summary"]["resets"], document["summary"]["left_out_by_cause"]), (1, 1))
        self.assertEqual([c["connection"] for c in document["connections"]], [every[0]["connection"]])

    def test_bpf(self):
        talk = Conversation()
        talk.refuse(8080)
        talk.refuse(9090, 40001)
        capture = talk.write(self.directory / "two.pcap")
        lines = lines_of(tcprst("-f", "ndjson", "--filter", "port 9090", capture))
        self.assertEqual([(line["src_port"], line["frame"]) for line in lines], [(9090, 4)])

    def test_stream_and_separate(self):
        """A connection that spans two files is one; by --separate each file stands alone, numbers running on."""
        talk = Conversation()
        talk.abort(80)
        first, second = self.directory / "a.pcap", self.directory / "b.pcap"
        first.write_bytes(packets.pcap(talk.frames[:4], times=talk.times[:4]))
        second.write_bytes(packets.pcap(talk.frames[4:], times=talk.times[4:]))
        line = lines_of(tcprst("-f", "ndjson", second, first))[0]
        self.assertEqual((line["capture"], line["frame"], line["stage"]), (str(second), 1, "request-sent"))
        alone = lines_of(tcprst("-f", "ndjson", "--separate", first, second))[0]
        self.assertEqual((alone["stage"], alone["connection"]), ("unseen", 1))

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_display_filters_find_their_connection(self):
        """By tshark: every frame of the connection, and of no other one that was captured before it."""
        talk = Conversation()
        talk.refuse(80, 40000)
        talk.refuse(80, 40001)
        talk.abort(443, 40000)
        six = Conversation("2001:db8::5", "2001:db8::80", packets.ipv6)
        six.refuse(443)
        six.refuse(443, 40001)
        same = Conversation("10.0.0.9", "10.0.0.9")
        same.refuse(500, 500)
        same.refuse(501, 500)
        for number, (conversation, expected) in enumerate((
                (talk, [{1, 2}, {3, 4}, {5, 6, 7, 8, 9}]), (six, [{1, 2}, {3, 4}]), (same, [{1, 2}, {3, 4}]))):
            capture = conversation.write(self.directory / f"{number}.pcap")
            found = []
            for line in lines_of(tcprst("-f", "ndjson", capture)):
                shown = subprocess.run(["tshark", "-r", capture, "-Y", line["display_filter"], "-T", "fields", "-e",
                                        "frame.number"], capture_output=True, text=True, check=True)
                found.append(set(map(int, shown.stdout.split())))
            self.assertEqual(found, expected)

    def test_display_filter_of_ports_used_again(self):
        talk = Conversation()
        talk.close(80, 42000)
        talk.now += 300
        talk.abort(80, 42000)
        capture = talk.write(self.directory / "again.pcap")
        lines = lines_of(tcprst("-f", "ndjson", capture))
        self.assertEqual(len(lines), 1)
        if lines[0]["connection"] == 1:
            self.assertTrue(lines[0]["display_filter"].endswith(" && frame.number >= 7"), lines[0]["display_filter"])


    def test_pauses_age_and_who_closed_first(self):
        """Of a connection that its server resets where the request came last."""
        talk = Conversation()
        talk.abort(443)
        line = lines_of(tcprst("-f", "ndjson", talk.write(self.directory / "abort.pcap")))[0]
        times = [seconds * 1000000 + fraction for seconds, fraction in talk.times]
        opened, asked, reset = times[0], times[-2], times[-1]
        self.assertIsNone(line["trigger_frame"])
        for key, since in (("age_seconds", opened), ("data_idle_seconds", asked), ("idle_seconds", asked)):
            self.assertAlmostEqual(line[key], (reset - since) / 1e6, places=6, msg=key)
        self.assertEqual((line["closed_first"], line["group_strength"]), ("server", line["strength"]))
        talk.refuse(8080)
        line = lines_of(tcprst("-f", "ndjson", talk.write(self.directory / "refused.pcap")))[1]
        self.assertEqual((line["age_seconds"], line["data_idle_seconds"], line["closed_first"]), (0, None, "server"))

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_community_id_is_wiresharks(self):
        """Both address families, either end the lower one, equal addresses."""
        talk = Conversation("10.0.0.9", "10.0.0.9")
        talk.refuse(500, 501)
        six = Conversation("2001:db8::85", "2001:db8::80", packets.ipv6)
        six.refuse(443)
        captures = [talk.write(self.directory / "same.pcap"), six.write(self.directory / "six.pcap"),
                    *sorted(RECORDED.glob("closed-port.v?.client.pcap*"))]
        compared = 0
        for capture in (path for path in captures if path.suffix != ".truth"):
            shown = subprocess.run(["tshark", "-r", capture, "--enable-protocol", "communityid", "-Y", "tcp.flags.reset == 1",
                                    "-T", "fields", "-e", "communityid"], capture_output=True, text=True, check=False)
            if shown.returncode != 0:
                self.skipTest("this tshark knows no Community ID")
            said = [line["community_id"] for line in lines_of(tcprst("-f", "ndjson", capture))]
            self.assertEqual(said, shown.stdout.split())
            compared += len(said)
        self.assertGreater(compared, 3)


class Csv(Case):
    def test_same_values_as_ndjson(self):
        captures = sorted(RECORDED.glob("*.v4.client.pcap*"))[:40]
        captures = [path for path in captures if path.suffix != ".truth"]
        run = tcprst("-q", "-f", "csv", *captures)
        self.assertTrue(run.stdout.endswith(b"\r\n"))
        rows = list(csv.DictReader(io.StringIO(text_of(run), newline=""), strict=True))
        lines = lines_of(tcprst("-q", "-f", "ndjson", *captures))
        self.assertEqual(len(rows), len(lines))
        for row, line in zip(rows, lines):
            flat = flattened(line)
            self.assertEqual(list(row), [key for key, value in flat.items() if not isinstance(value, list)])
            for key, value in row.items():
                expected = flat[key]
                if key.endswith("_seconds") and expected is not None:
                    self.assertAlmostEqual(float(value), expected, places=6)
                    continue
                self.assertEqual(value, "" if expected is None else
                                 json.dumps(expected) if isinstance(expected, bool) else str(expected))

    def test_no_formula_reaches_a_spreadsheet(self):
        for name in ("=1+1.pcap", "@SUM(A1).pcap", "+x.pcap", "-x.pcap"):
            capture = self.three_refused(name)
            run = tcprst("-f", "csv", "--", name, cwd=capture.parent)
            row = list(csv.DictReader(io.StringIO(text_of(run), newline="")))[0]
            self.assertEqual(row["capture"], "'" + name)


class Text(Case):
    def report(self, talk, *arguments):
        run = tcprst(*arguments, talk.write(self.directory / "talk.pcap"))
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        return text_of(run)

    def first_screen(self, report):
        return re.split(r"\nEVENTS(?: \(|\n)", report, maxsplit=1)[0]

    def test_few_and_many_resets_fit_a_first_screen(self):
        for count in (3, 3000):
            talk = Conversation()
            for i in range(count):
                talk.refuse(8080 + i % 7, 1024 + i)
            talk.abort(443)
            report = self.report(talk)
            screen = self.first_screen(report)
            self.assertLessEqual(len(screen.splitlines()), 35)
            for words in (f"{count + 1:,} resets", "closed-port", "192.0.2.80", "WHAT TO CHECK NEXT", "ss -ltnp", "Ended",
                          "At risk"):
                self.assertIn(words, screen)
            self.assertLessEqual(len(report.splitlines()), 72)

    def test_what_matters_most_comes_first(self):
        """By severity, not by number: who, whom, why and how sure in one sentence."""
        talk = Conversation()
        for i in range(30):
            talk.refuse(8080, 1024 + i)
        self.assertRegex(self.sentence(talk), r"The server 192\.0\.2\.80:8080, or somebody in that name, refused 30 attempts of "
                                              r"the client 10\.1\.1\.5: "
                                              r"nothing listens on that port.* \(closed-port, [a-z]+\)\.")
        forged = sorted(RECORDED.glob("injected.*.v4.client.pcap*"))[0]
        capture = talk.write(self.directory / "talk.pcap")
        self.assertRegex(text_of(tcprst("-q", "--separate", capture, forged)).split("\n\n")[1].replace("\n", " "),
                         r"^Somebody in the name of the server [\d.:]+ (reset|tried in vain to reset) 1 connection with the "
                         r"client [\d.:]+: .* \(injected, [a-z]+\)\.$")

    def sentence(self, talk):
        return self.report(talk).split("\n\n")[1].replace("\n", " ")

    def test_what_is_forged_is_not_booked_to_its_victim(self):
        forged = sorted(RECORDED.glob("injected.*.v4.client.pcap*"))[0]
        screen = self.first_screen(text_of(tcprst("-q", forged)))
        self.assertRegex(screen, r"Sent by +somebody in the name of [\d.]+ \(1\)")
        self.assertRegex(screen, r"Service +[\d.:]+: 1 reset by a third party at ")

    def test_an_event_does_what_the_last_of_its_resets_does(self):
        """Three guesses are in vain, the fourth is not: the headline and the event say that of all, and which it was."""
        talk = Conversation()
        talk.open()
        talk.add(True, 41000, 80, PSH_ACK, 5001, 9001, b"x" * 10)
        talk.add(False, 80, 41000, PSH_ACK, 9001, 5011, b"y" * 20)
        talk.add(True, 41000, 80, ACK, 5011, 9021)
        talk.now += 0.5
        for seq in (50000000, 900000000, 1700000000, 9021):
            talk.add(False, 80, 41000, RST, seq, ttl=30)
        talk.now += 0.5
        talk.add(False, 80, 41000, PSH_ACK, 9021, 5011, b"z" * 20)
        talk.add(True, 41000, 80, RST, 5011, window=0)
        report = self.report(talk)
        self.assertNotIn("in vain", report)
        self.assertRegex(report.replace("\n  ", " "), r"effect: reset \(frame 10\)")

    def test_what_would_be_answered_may_come_behind_the_reset(self):
        """By itself: that costs, and the ledger says how much later it came."""
        talk = Conversation()
        talk.add(True, 41000, 80, SYN, 5000)
        talk.add(False, 80, 41000, SYN_ACK, 9000, 5001)
        talk.now += 3.5
        talk.add(True, 41000, 80, RST, 5001, ttl=63)
        talk.now -= 0.0006
        talk.add(False, 80, 41000, SYN_ACK, 9000, 5001)
        report = re.sub(r"\s+", " ", self.report(talk, "--frame=3", "--why-not=firewall-reject"))
        self.assertIn("1 fails what it answers was captured before it: what it answers was captured 400 µs after it (#4)", report)

    def test_who_sent_it_is_said_alike_everywhere(self):
        """The headline, each event and JSON: the sender where the origin is known to be an end, else not that alone."""
        known = {"endpoint": r"the (client|server|sender itself) \((certain|likely|possible)\)", "unknown": "not known",
                 "third-party": r"a third party \((certain|likely|possible)\)"}
        seen = set()
        for name in [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::29]:
            lines = [json.loads(line) for line in tcprst("-q", "-f", "ndjson", name).stdout.splitlines()]
            if not lines or len({line["event_frame"] for line in lines}) > 1 or lines[0]["frame"] != lines[0]["event_frame"]:
                continue
            origin, strength = lines[0]["origin"], lines[0]["origin_strength"]
            seen.add(origin)
            text, table = text_of(tcprst("-q", name)), text_of(tcprst("-q", "-f", "markdown", name))
            for report in (" ".join(text.split()), table.replace("\\", "")):
                said = re.search(r"sent by: (not known|[\w ]+ \(\w+\))", report)[1]
                self.assertRegex(said, f"^{known[origin]}$")
                self.assertTrue(origin == "unknown" or f"({strength})" in said)
            headline = " ".join(text.split("\n\n")[1].split())
            self.assertEqual("or somebody in that name" in headline, origin == "unknown", headline)
            self.assertEqual(headline.startswith("Somebody in the name of"), origin == "third-party", headline)
        self.assertEqual(seen, set(known))

    def test_no_alternative_is_surer_than_the_verdict(self):
        words, weaker = ("possible", "likely", "certain"), 0
        for name in [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::29]:
            events = re.split(r"^### ", text_of(tcprst("-q", "-f", "markdown", name)), flags=re.M)[1:]
            for event in events:
                own = words.index(re.match(r"[\w-]+: (\w+)", event)[1])
                for word in re.findall(r"not ruled out: [\w-]+ \((\w+)\)", event):
                    self.assertLessEqual(words.index(word), own, f"{name}: {event}")
                    weaker += 1
        self.assertGreater(weaker, 10)

    def test_hosts_are_called_what_they_are(self):
        talk = Conversation()
        for i in range(3):
            talk.client, talk.server = f"10.1.1.{5 + i}", f"192.0.2.{80 + i}"
            talk.refuse(8080, 1024 + i)
        self.assertRegex(self.sentence(talk), r"^3 servers, or somebody in their names, refused 3 attempts of 3 clients: ")

    def test_of_several_files_each_frame_names_its_own_once(self):
        talks = [Conversation(client=f"10.1.1.{5 + i}") for i in range(2)]
        for i, talk in enumerate(talks):
            talk.now = i * 10.0
            for _ in range(3):
                talk.refuse(8080)
        names = [talk.write(self.directory / f"part{i}.pcap") for i, talk in enumerate(talks)]
        self.assertRegex(text_of(tcprst("-q", *names)), r"frames \d+ (to|and) \d+ of part0\.pcap\b")

    def test_what_was_not_read_is_no_title(self):
        capture = self.three_refused()
        for form, title in (("text", "tcprst · {}\n"), ("markdown", "# TCP resets in {}\n"), ("html", "<title>TCP resets in {}</title>")):
            run = tcprst("-q", "-f", form, self.directory / "nosuch.pcap", capture)
            self.assertEqual(run.returncode, 1)
            page = text_of(run).replace("\\", "")
            self.assertRegex(page, title.format(r"[^\n]*three\.pcap").replace("(", r"\("))
            self.assertNotIn("nosuch.pcap and", page)

    def test_strengths_of_causes_add_up_to_their_resets(self):
        """Also of a cause whose resets all belong to another cause's event."""
        apart = 0
        for name in [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::29]:
            rows = re.findall(r"^\| (\d+) \| (\d+) \| [\w-]+ \| .* \| (\d+) \| (\d+) \| (\d+) \|$",
                              text_of(tcprst("-q", "-f", "markdown", name)), re.M)
            for events, resets, *strengths in rows:
                self.assertEqual(sum(map(int, strengths)), int(resets), name)
                apart += events == "0"
        self.assertGreater(apart, 0)

    def test_endings_count_what_connections_say(self):
        for name in [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::19]:
            document = json.loads(tcprst("-q", "-f", "json", "--connections", name).stdout)
            endings = document["summary"]["endings"]
            self.assertEqual(sum(each["reset_after_fin"] for each in document["connections"]), endings["reset_after_fin"], name)
            self.assertTrue(all(each["ending"] == "reset" for each in document["connections"] if each["reset_after_fin"]), name)

    def test_a_reset_that_throws_octets_away_ends_a_connection_in_spite_of_both_fins(self):
        ended = {name: json.loads(tcprst("-q", "-f", "json", RECORDED / name).stdout)["summary"]["endings"]
                 for name in ("data-after-close.v4.client.pcapng", "fin-after-expiry.v4.client.pcapng")}
        self.assertEqual([(each["fin"], each["reset_after_fin"]) for each in ended.values()], [(0, 1), (1, 0)])

    def test_a_directory_names_what_to_ask_for(self):
        run = tcprst(self.directory)
        self.assertEqual((run.returncode, run.stderr.decode()),
                         (2, f"tcprst: cannot open '{self.directory}': it is a directory (what lies in it: tcprst "
                             f"{self.directory}/*.pcap*)\n"))

    def test_diagrams_are_as_wide_as_their_lifelines(self):
        for cause in TITLES:
            rows = re.findall(r"^    \|.*$", text_of(tcprst("--explain", cause)), re.M)
            self.assertEqual({len(row) for row in rows}, {52}, cause)

    def test_what_would_settle_it(self):
        """Who sent it: a capture on the sender's host; the cause: its kernel, where it has other reasons for what is not ruled out."""
        for name, point, words in (("idle-state-lost.120s.v4.client.pcap", "sender-side", "capture on 192.168.171.228 too"),
                                   ("keepalive-timeout.server.v4.middle.pcap", "kernel-trace", "If 172.26.96.92 runs Linux"),
                                   ("closed-port.v4.server.pcapng", None, None)):
            path = RECORDED / name
            verdict = json.loads(tcprst("-q", "-f", "ndjson", path).stdout.splitlines()[0])
            self.assertEqual(verdict["settled_by"], point, name)
            for form in "text", "markdown", "html":
                report = " ".join(text_of(tcprst("-q", "-f", form, path)).replace("`", "").split())
                self.assertEqual(bool(words) and words in report, bool(words), f"{name}, {form}")
                self.assertEqual("its kernel can settle" in report, point == "kernel-trace", f"{name}, {form}")

    def test_words_are_explained(self):
        words = text_of(tcprst("--explain", "words"))
        for word in "challenged", "mid-stream", "at risk", "third-party":
            self.assertRegex(words, rf"(?m)^  {word} ", word)
        self.assertIn("asked back", text_of(tcprst("--explain", "Challenged")))
        closing = text_of(tcprst("--explain", "closing"))  # a group and a word
        self.assertIn("data-after-close", closing)
        self.assertIn("One end had sent its FIN", closing)

    def test_advice_is_filled_and_its_first_command_can_be_pasted(self):
        """No placeholder is left of what the capture shows, and what tshark is asked it understands."""
        pasted = set()
        for name in [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::19]:
            report = text_of(tcprst("-q", name))
            advice = report.split("WHAT TO CHECK NEXT")[-1].split("\nEVENTS")[0]
            self.assertNotRegex(advice, r"\b(FILE|STREAM|PORT|TIME(?!-)|SENDER|PEER|SERVER|CLIENT|PID|HOST|IDLE)\b", name)
            for command in re.findall(r"^    \$ (tshark .*)$", advice, re.M):
                if shutil.which("tshark") and command.split()[1] not in pasted:
                    pasted.add(command.split()[1])
                    run = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    self.assertTrue(run.stdout.strip(), command)
        odd = self.three_refused("it's a `capture`.pcap")
        self.assertNotIn("`capture`", text_of(tcprst(odd)).split("WHAT TO CHECK NEXT")[1].split("\nEVENTS")[0])

    def test_nothing_is_cut(self):
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::9]
        for name in captures:
            report = text_of(tcprst("-q", name, env={**ENVIRONMENT, "COLUMNS": "80"}))
            self.assertNotRegex(report, r"…|\.\.(?!\.? ?/)", name)
            table = " ".join(report.split("MEANING")[-1].split("Sent by")[0].split())
            for cause in {line["cause"] for line in lines_of(tcprst("-q", "-f", "ndjson", name))}:
                self.assertIn(TITLES[cause], table)

    def test_no_sentence_contradicts_another(self):
        """Pairs that cannot both be true of one event, or support one verdict, over recorded captures: patterns of its lines."""
        pairs = [
            (r"the last exchange was complete", r"at risk: |lie unread at the sender"),
            (r"everything sent in either direction had been acknowledged", r"at risk: "),
            (r"effect: ignored|effect: challenged", r"at risk: |application gets ECONN"),
            (r"somebody in the name of", r"lie unread at the sender"),
            (r"no captured segment of the peer triggered it", r"triggered by frame|its numbers match this segment"),
            (r"the peer had sent no data", r"lie unread at the sender"),
            (r"● so-linger-abort", r"data waited unread"),
            (r"stack's own abort", r"form of an answer"),
            (r"made by a socket that still had the connection", r"no sign of a live socket|form of an answer"),
            (r"the sender had sent its FIN", r"the sender had not sent a FIN"),
            (r"idle for only|survived pauses like this", r"longer than ever before|matches a known timer|longest pause before had been"),
            (r"had already ended the sender's state", r"the sender had this connection|made by a socket that still"),
            (r"one the peer may have acknowledged", r"none the peer can have acknowledged"),
            (r"the handshake was not complete", r"the handshake was complete|the last exchange was complete"),
            (r"● \S+ +certain ", r"not ruled out: "),
        ]
        seen = set()
        reported = (ROOT / "test-captures" / "reported").glob("*.pcap*")
        for name in [path for path in sorted([*RECORDED.iterdir(), *reported]) if path.suffix != ".truth"][::2 * RARER]:
            report = " ".join(text_of(tcprst("-q", "--why", name)).split())
            for event in report.split("● ")[1:]:
                event = "● " + event.split(" what the other rules found")[0]
                event = re.sub(r"against it: .*?(?= #\d| · |$)", "", event)
                for one, other in pairs:
                    seen |= {one} if re.search(one, event) else set()
                    self.assertFalse(re.search(one, event) and re.search(other, event), f"{name}: {event}")
        self.assertGreater(len(seen), len(pairs) - 5)

    def test_machines_read_the_sentences_that_people_do(self):
        """Of each fact three resets that show it: its sentence depends on its numbers."""
        places = {}
        for name in [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::3 * RARER]:
            for line in lines_of(tcprst("-q", "-f", "ndjson", name)):
                for said in line["evidence"]:
                    shown = places.setdefault(said["fact"], {})
                    if len(shown) < 3:
                        shown.setdefault(name, line)
        self.assertGreater(len(places), 80)
        for name, line in {(name, line["frame"]): (name, line) for shown in places.values() for name, line in shown.items()}.values():
            report = " ".join(text_of(tcprst("-q", "--why", f"--frame={line['frame']}", name)).split())
            for said in line["evidence"]:
                self.assertIn(said["text"], report, f"{name} frame {line['frame']}")

    def test_no_more_lies_unread_than_was_acknowledged(self):
        one = Conversation()
        one.open()
        one.add(True, 41000, 80, PSH_ACK, 5001, 9001, b"request")
        one.add(False, 80, 41000, PSH_ACK, 9001, 5008, b"x" * 100)
        one.add(False, 80, 41000, PSH_ACK, 9101, 5008, b"x" * 200)
        one.add(True, 41000, 80, RST_ACK, 5008, 9101)
        report = text_of(tcprst("-q", one.write(self.directory / "unread.pcap")))
        self.assertRegex(report, r"up to 100 bytes may lie unread")

    def test_a_reset_in_its_place_is_no_step_ahead(self):
        """The sender went on after its first RST: its next one stands at what it had sent by then, or ahead of that."""
        for ahead in (0, 1460):
            one = Conversation()
            one.open()
            one.add(True, 41000, 80, RST_ACK, 5001, 9001)
            one.add(True, 41000, 80, PSH_ACK, 5001, 9001, b"request")
            one.add(False, 80, 41000, ACK, 9001, 5008)
            one.add(True, 41000, 80, RST_ACK, 5008 + ahead, 9001)
            report = " ".join(text_of(tcprst("-q", "--why", "--frame=4", one.write(self.directory / "steps.pcap"))).split())
            with self.subTest(ahead=ahead):
                self.assertEqual("RSTs at other sequence numbers, beyond what the sender had sent" in report, ahead > 0)

    def test_an_answer_to_each_segment_is_none_too_many(self):
        """However many there are; but several to one segment are."""
        for segments, resets in ((150, 150), (1, 5)):
            one = Conversation()
            one.open()
            for i in range(segments):
                one.add(True, 41000, 80, PSH_ACK, 5001 + 4 * i, 9001, b"data")
            for i in range(resets):
                one.add(False, 80, 41000, RST, 9001, window=0, ident=0)
            with self.subTest(segments=segments, resets=resets):
                name = one.write(self.directory / "storm.pcap")
                said = {(line["cause"], line["strength"]) for line in lines_of(tcprst("-q", "-f", "ndjson", name))}
                self.assertEqual(len(said), 1, said)
                ledger = " ".join(text_of(tcprst(f"--frame={3 + segments + resets}", "--why-not=peer-restarted", name)).split())
                self.assertEqual("RSTs with these numbers came, and only" in ledger, resets > segments)

    def test_columns(self):
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::5 * RARER]
        for columns in (80, 100):
            for arguments in ([], ["--why"]):
                report = text_of(tcprst("-q", *arguments, *captures, env={**ENVIRONMENT, "COLUMNS": str(columns)}))
                lines = [line for line in report.splitlines() if not re.match(r"    \$ |  (ip|ipv6|tcp)\.[a-z.]+ == ", line)]
                self.assertEqual([line for line in lines if len(line) > columns], [])
                self.assertGreater(max(map(len, lines)), columns - 10)
                self.assertEqual([line for line in lines if line != line.rstrip()], [])
        capture = self.three_refused()
        self.assertEqual(tcprst(capture).stdout, tcprst(capture, env={**ENVIRONMENT, "COLUMNS": "100"}).stdout)

    def test_the_readers_time_and_its_zone(self):
        capture = self.three_refused()
        for zone, first, said in (("UTC", "2023-11-14 22:13:20", "UTC"), ("Asia/Kolkata", "2023-11-15 03:43:20", "IST (UTC+05:30)"),
                                  ("<-0330>03:30", "2023-11-14 18:43:20", "-0330 (UTC-03:30)")):
            report = text_of(tcprst(capture, env={**ENVIRONMENT, "TZ": zone}))
            self.assertRegex(report, re.escape(first) + r" to [\d:]+ " + re.escape(said), zone)
            self.assertIn("\n  " + first, report, zone)

    def test_a_host_that_scans_many_is_one_event_line(self):
        talk = Conversation()
        for i in range(200):
            talk.server = f"198.51.100.{i + 1}"
            talk.refuse(22, 30000 + i)
        report = self.report(talk)
        self.assertIn("200 hosts", report)
        self.assertLessEqual(report.count("●"), 3)

    def test_no_resets(self):
        talk = Conversation()
        talk.close()
        report = self.report(talk)
        self.assertIn("No resets.", report)
        self.assertIn("1 connection: 1 by FIN", report)

    def test_ascii_where_the_locale_has_no_more(self):
        run = tcprst(self.three_refused(), env={**ENVIRONMENT, "LC_ALL": "C"})
        run.stdout.decode("ascii")

    def terminal(self, *arguments, columns=80, **environment):
        """The report as a terminal of that width gets it."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        process = subprocess.Popen([TCPRST, *arguments], stdout=slave, stderr=slave, stdin=subprocess.DEVNULL,
                                   env={**ENVIRONMENT, "TERM": "xterm", **environment})
        os.close(slave)
        octets = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            octets += piece
        os.close(master)
        process.wait(30)
        return octets.decode("utf-8").replace("\r\n", "\n")

    def test_colour_on_a_terminal_only(self):
        capture = self.three_refused()
        plain = text_of(tcprst(capture))
        self.assertNotIn("\x1b", plain)
        shown = self.terminal(capture, columns=100)
        self.assertIn("\x1b[", shown)
        self.assertEqual(ESCAPES.sub("", shown), plain)
        self.assertNotIn("\x1b", self.terminal(capture, NO_COLOR="1"))
        self.assertNotIn("\x1b", self.terminal("--color=never", capture))
        self.assertIn("\x1b[", text_of(tcprst("--color=always", capture, env={**ENVIRONMENT, "NO_COLOR": "1"})))
        self.assertNotEqual(ESCAPES.sub("", self.terminal(capture, columns=80)), plain)
        self.assertEqual(self.terminal("-f", "html", capture).count("\n"), 1)


HOSTILE_TEXT = b"</script><img src=x onerror=alert(1)> \"'`&\r\n\t=cmd|' /C calc'!A0"


def client_hello(name):
    """A TLS 1.2 ClientHello that asks for that name: RFC 5246 section 7.4.1.2, RFC 6066 section 3."""
    def vector(octets, size):
        return len(octets).to_bytes(size, "big") + octets
    names = vector(b"\0" + vector(name, 2), 2)
    extensions = vector(b"\0\x17" + vector(b"", 2) + b"\0\0" + vector(names, 2), 2)
    hello = b"\x03\x03" + bytes(32) + vector(b"", 1) + vector(b"\x13\x01", 2) + vector(b"\0", 1) + extensions
    return b"\x16\x03\x01" + vector(b"\x01" + vector(hello, 3), 2)


class FirstScreen(Case):
    """Who, why, how sure, is data lost, what next: from what stands above the events, in text and in HTML."""

    NAMES = ["data-after-close.v4.client", "injected.bad-checksum.v4.client", "closed-port.v4.client", "peer-restarted.v6.client",
             "early-reply.v4.middle", "device-stated.balancer-payload.v4.client"]

    def test_five_questions_on_five_captures(self):
        for name in self.NAMES:
            capture = next(path for path in sorted(RECORDED.glob(name + ".pcap*")))
            line = next(line for line in lines_of(tcprst("-f", "ndjson", capture)) if line["event_frame"] == line["frame"])
            title = TITLES[line["cause"]]
            if line["origin"] != "third-party":
                title = title.replace("the sender", f"the {line['sender']}")
                title = title.replace("the peer", "the client" if line["sender"] == "server" else "the server")
            page = text_of(tcprst("-f", "html", capture)).split('<section id="over-time"')[0]
            text = re.split(r"\nEVENTS(?: \(|\n)", text_of(tcprst(capture)))[0]
            for screen in (" ".join(text.split()), " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.split("<body>")[1])).split())):
                for question, words in (("who", line["src"]), ("whom", line["dst"]), ("why", title),
                                        ("its own word", line["device_text"] or ""),
                                        ("how sure", f"({line['cause']}, {line['strength']})"),
                                        ("data lost?", "sent and not acknowledged"),
                                        ("what next", "hat to check")):
                    self.assertIn(words.lower(), screen.lower(), f"{name}: {question}")

    def headline(self, capture):
        return " ".join(text_of(tcprst("-q", capture)).split("\n\n")[1].split())

    def test_nobody_is_named_for_what_a_device_did(self):
        """Who it was is not known: neither that host nor a device is said to be sure."""
        name = RECORDED / "firewall-reject.story-17.v4.client.pcapng"
        line = next(line for line in lines_of(tcprst("-q", "-f", "ndjson", name)) if line["cause"] == "firewall-reject")
        self.assertEqual(line["origin"], "unknown")
        self.assertIn(f"{line['src']}:{line['src_port']}, or somebody in that name, refused", self.headline(name))

    def test_a_reset_without_a_time_has_no_times_in_its_diagram(self):
        """A Simple Packet Block has none, so nothing is so long before or after it."""
        talk = Conversation()
        talk.open()
        talk.add(True, 41000, 80, PSH_ACK, 5001, 9001, b"GET / HTTP/1.0\r\n\r\n")
        talk.add(False, 80, 41000, RST_ACK, 9001, 5019, window=0)
        blocks = [packets.enhanced(frame, stamp=1700000000 * 10**6 + i) for i, frame in enumerate(talk.frames[:-1])]
        capture = self.directory / "untimed.pcapng"
        capture.write_bytes(packets.section() + packets.interface(1) + b"".join(blocks) + packets.simple(talk.frames[-1]))
        page = tcprst("-q", "-f", "html", capture).stdout.decode()
        self.assertIn('"frame":5', page)
        self.assertNotIn('"time":-', page)

    def test_many_alike_are_listed_the_same_in_every_run(self):
        """More services than are kept, one reset each: which of them stay does not depend on how a run hashes them."""
        talk = Conversation()
        for i in range(9000):
            talk.refuse(1 + i, 20000 + i)
        many = talk.write(self.directory / "alike.pcap")
        first = text_of(tcprst("-q", many))
        self.assertIn("other services", first)
        for _ in range(2):
            self.assertEqual(text_of(tcprst("-q", many)), first)

    def test_nobody_is_called_what_only_some_are(self):
        """Where clients and servers did the same, the first one's role is not said of all."""
        talk = Conversation()
        for i in range(4):
            port, sport = 80, 41000 + i
            talk.open(port, sport)
            talk.add(True, sport, port, PSH_ACK, 5001, 9001, b"x")
            talk.add(False, port, sport, PSH_ACK, 9001, 5002, b"y")
            talk.add(True, sport, port, ACK, 5002, 9002)
            to_server = i % 2 > 0
            ends = (sport, port, 5002, 9002) if to_server else (port, sport, 9002, 5002)
            talk.add(to_server, *ends[:2], RST_ACK, *ends[2:])
        said = self.headline(talk.write(self.directory / "both.pcap"))
        self.assertIn("2 hosts (clients and servers) reset 4 connections:", said)


class Says(Case):
    """What the trigger and the last answer carried: one line, or nothing."""

    CASES = [
        (client_hello(b"shop.example"), b"", "TLS ClientHello for shop.example", None),
        (client_hello(b"s" * 300), b"", "TLS ClientHello for " + "s" * 64, None),
        (client_hello(b"a\x1b[31m<b>"), b"", "TLS ClientHello for a?[31m<b>", None),
        (client_hello(b"cut.example")[:60], b"", "TLS ClientHello", None),
        (b"GET /secret?token=1 HTTP/1.1\r\nCookie: no\r\nhost:  a.example\r\n\r\nHost: body", b"HTTP/1.1 503 Busy\r\nX: y\r\n\r\nbody",
         "HTTP GET for a.example", "HTTP/1.1 503 Busy"),
        (b"POST / HTTP/1.0\r\n\r\nHost: body", b"", "HTTP POST", None),
        (b"\x17\x03\x03\0\x05hello", b"\x15\x03\x03\0\x02\x02\x70", None, "TLS alert: unrecognized name (112)"),
        (b"\x15\x03\x03\0\x1a" + bytes(26), b"\x15\x03\x03\0\x02\x07\x70", "TLS alert, encrypted", None),
        (b"\x15\x03\x03\0\x1a" + bytes(27), b"\x15\x03\x03\0\x05" + bytes(5), None, None),
        (b"GETTING", b"HTTP", None, None),
    ]

    def test_lines(self):
        for request, answer, asked, answered in self.CASES:
            talk = Conversation()
            talk.forget(request, answer)
            line = lines_of(tcprst("-f", "ndjson", talk.write(self.directory / "talk.pcap")))[-1]
            self.assertEqual((line["trigger_says"], line["answer_says"]), (asked, answered), request)

    def test_in_every_report_and_in_none_that_is_redacted(self):
        talk = Conversation()
        talk.forget(client_hello(b"<img-src=x>.example"), b"HTTP/1.1 503 `Busy`\r\n\r\n")
        capture = talk.write(self.directory / "talk.pcap")
        for output_format in ("text", "ndjson", "json", "csv", "html", "markdown"):
            shown = text_of(tcprst("-f", output_format, capture))
            self.assertIn("Busy", shown, output_format)
            self.assertEqual("<img-src" in shown.replace("\\<", ""), output_format not in ("html", "markdown"), output_format)
            redacted = text_of(tcprst("-f", output_format, "--redact", capture))
            self.assertNotIn("Busy", redacted, output_format)
            self.assertNotIn("img-src=x", redacted, output_format)


class Filtered(Case):
    SAID = "Only segments that open, close or reset seem to have been captured"

    def run_on(self, keep):
        """A connection that asked, was answered and aborted; keep: whether a filter lets these flags pass."""
        talk = Conversation()
        talk.open()
        talk.add(True, 41000, 80, PSH_ACK, 5001, 9001, b"ask")
        talk.add(False, 80, 41000, PSH_ACK, 9001, 5004, b"say")
        talk.add(False, 80, 41000, RST_ACK, 9004, 5004, window=0)
        kept = [i for i, frame in enumerate(talk.frames) if keep(frame[14 + 20 + 13])]
        talk.frames, talk.times = [talk.frames[i] for i in kept], [talk.times[i] for i in kept]
        return " ".join(text_of(tcprst("-f", "text", talk.write(self.directory / "talk.pcap"))).split())

    def test_a_filter_on_flags_is_said(self):
        self.assertIn(self.SAID, self.run_on(lambda flags: flags & 0x07))

    def test_no_filter_is_none(self):
        self.assertNotIn(self.SAID, self.run_on(lambda flags: True))


class Markdown(Case):
    def test_a_ticket(self):
        talk = Conversation()
        talk.refuse(8080)
        talk.abort(443, 41000, HOSTILE_TEXT)
        ticket = text_of(tcprst("-f", "markdown", talk.write(self.directory / "talk_<b>.pcap")))
        for words in ("# TCP resets in talk\\_\\<b\\>.pcap\n", "| events | resets | cause |", "## What to check next\n\n- [ ] **",
                      "`ss -ltnp 'sport = :8080'`", "### ", "ip.addr == 192.0.2.80"):
            self.assertIn(words, ticket)
        self.assertNotRegex(ticket, r"(?<!\\)<|[\x00-\x09\x0b-\x1f\x7f]|(?<!\\)!\[")
        self.assertNotIn(str(self.directory), ticket)


class Baseline(Case):
    """What is new, gone, more or fewer since another report."""

    def capture(self, name, *deeds, seconds=3600):
        talk = Conversation()
        for how, port, count in deeds:
            for i in range(count):
                getattr(talk, how)(port, 1024 + i + port)
        talk.now = seconds
        talk.close(9999, 60000)
        return talk.write(self.directory / name)

    def changes(self, old, new, *options):
        report = self.directory / "old.json"
        report.write_bytes(tcprst("-f", "json", old).stdout)
        run = tcprst("-f", "json", f"--baseline={report}", *options, new)
        document = json.loads(run.stdout)
        if jsonschema:
            self.assertEqual(list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)), [])
        return run.returncode, {(c["change"], int(c["service"].rpartition(":")[2]), c["sent_by"]): (c["events_before"], c["events"])
                                for c in document["summary"]["changes"]}

    def test_changes(self):
        old = self.capture("old.pcap", ("refuse", 1000, 40), ("refuse", 2000, 40), ("refuse", 3000, 40), ("refuse", 5000, 4))
        new = self.capture("new.pcap", ("refuse", 1000, 45), ("refuse", 2000, 200), ("refuse", 4000, 3), ("refuse", 5000, 9))
        self.assertEqual(self.changes(old, new, "--fail-on=new"),
                         (3, {("new", 4000, "server"): (0, 3), ("more", 2000, "server"): (40, 200), ("gone", 3000, "server"): (40, 0)}))
        self.assertEqual(self.changes(new, old, "--fail-on=new")[1][("fewer", 2000, "server")], (200, 40))
        self.assertEqual(self.changes(old, old, "--fail-on=new"), (0, {}))

    def test_rates_count_and_not_numbers(self):
        """Ten times as many in ten times as long is no change."""
        hour = self.capture("hour.pcap", ("refuse", 1000, 20))
        day = self.capture("day.pcap", ("refuse", 1000, 200), seconds=36000)
        self.assertEqual(self.changes(hour, day), (0, {}))
        # One in a moment and one in a minute may be chance; one and thirty in a minute are none.
        moment = self.capture("moment.pcap", ("refuse", 1000, 1), seconds=0)
        one, many = (self.capture(f"{n}.pcap", ("refuse", 1000, n), seconds=60) for n in (1, 30))
        self.assertEqual((self.changes(moment, one), self.changes(one, moment)), ((0, {}), (0, {})))
        self.assertEqual(list(self.changes(one, many)[1]), [("more", 1000, "server")])
        self.assertEqual(list(self.changes(many, one)[1]), [("fewer", 1000, "server")])

    def test_in_every_report_for_people(self):
        old = self.capture("old.pcap", ("refuse", 1000, 4))
        new = self.capture("new.pcap", ("refuse", 4000, 3))
        report = self.directory / "old.json"
        report.write_bytes(tcprst("-f", "json", old).stdout)
        for output_format in ("text", "html", "markdown"):
            shown = text_of(tcprst("-f", output_format, f"--baseline={report}", new))
            self.assertRegex(shown.upper(), "SINCE THE BASELINE", output_format)
            self.assertRegex(shown, r"new[^\n]*4000", output_format)
        self.assertEqual(tcprst("-f", "ndjson", f"--baseline={report}", "--fail-on=new", new).returncode, 3)

    def test_what_is_no_report(self):
        capture = self.three_refused()
        self.assertEqual(tcprst("--fail-on=new", capture).returncode, 2)
        for octets in (b"", b"{", b"[]", b"{}", b"[" * 1000000, b'{"summary":{"seconds":1,"services":[{}]}}', b"\xff",
                       b'{"summary":{"seconds":1e999,"services":[]}}', b'{"summary":[]}', capture.read_bytes()):
            wrong = self.directory / "wrong.json"
            wrong.write_bytes(octets)
            run = tcprst(f"--baseline={wrong}", capture)
            self.assertEqual((run.returncode, run.stdout), (2, b""), octets[:40])
            self.assertRegex(run.stderr.decode(), r"^tcprst: --baseline: .*wrong\.json.*\n$")
        self.assertEqual(tcprst("--baseline=missing.json", capture).returncode, 2)


class Habits(Case):
    """What fingers type."""

    def test_read_formats_and_case(self):
        capture = self.three_refused()
        plain = tcprst("-f", "ndjson", capture).stdout
        for arguments in (["-f", "jsonl", capture], ["-f", "NDJSON", capture], ["-f", "ndjson", "-r", capture],
                          ["--format=Jsonl", f"--read={capture}"]):
            self.assertEqual(tcprst(*arguments).stdout, plain)
        self.assertEqual(tcprst("-f", "JSON", "-r", capture, capture).returncode, 0)
        self.assertEqual(len(json.loads(tcprst("-f", "json", "-r", capture, "--separate", capture).stdout)["captures"]), 2)

    def test_all_connections(self):
        talk = Conversation()
        talk.refuse(8080)
        talk.close()
        capture = talk.write(self.directory / "talk.pcap")
        endings = [[c["ending"] for c in json.loads(tcprst("-f", "json", *options, capture).stdout)["connections"]]
                   for options in ([], ["--connections"], ["--connections", "-c", "injected"])]
        self.assertEqual(endings, [["refused"], ["refused", "fin"], ["refused", "fin"]])

    def test_no_connections_are_no_number(self):
        for number in ("0", "-1", "99999999999999999999"):
            self.assertEqual(tcprst(f"--max-connections={number}", self.three_refused()).returncode, 2, number)

    def test_causes_as_json(self):
        causes = json.loads(tcprst("--list-causes", "-f", "json").stdout)
        self.assertEqual([cause["id"] for cause in causes], list(TITLES))
        self.assertEqual({cause["id"]: cause["title"] for cause in causes}, TITLES)
        for cause in causes:
            self.assertTrue(all(cause.values()), cause["id"])
        self.assertEqual(json.loads(tcprst("--explain", "closed-port", "-f", "json").stdout), causes[:1])
        refused = json.loads(tcprst("--explain", "refused", "-f", "json").stdout)
        self.assertEqual(refused, [cause for cause in causes if cause["group"] == "refused"])
        self.assertEqual(tcprst("--explain", "nonsense", "-f", "json").returncode, 2)
        self.assertEqual(tcprst("--list-causes", "-f", "csv").returncode, 2)


class Hostile(Case):
    """File names and texts of packets come out harmless in every format."""

    def capture(self):
        talk = Conversation()
        talk.abort(80, 41000, HOSTILE_TEXT)
        name = os.fsencode(self.directory) + b"/\x1b]0;pwned\x07<b>\xff\xfe&\"'\xe2\x80\xae.pcap"
        with open(name, "wb") as out:
            out.write(talk.pcap())
        return name

    def test_text_and_messages(self):
        name = self.capture()
        for arguments in ([name], ["--why", name], ["--color=always", name]):
            run = tcprst(*arguments)
            shown = ESCAPES.sub("", text_of(run))
            self.assertNotRegex(shown, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
        os.truncate(name, 100)
        self.assertNotRegex(tcprst(name).stderr.decode("utf-8").rstrip("\n"), "[\x00-\x1f\x7f-\x9f]")

    def test_machine_formats(self):
        name = self.capture()
        shown = os.fsdecode(name).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        line = lines_of(tcprst("-f", "ndjson", name))[0]
        self.assertEqual(line["capture"], shown)
        document = json.loads(tcprst("-f", "json", name).stdout)
        self.assertEqual(document["captures"][0]["file"], shown)
        row = list(csv.DictReader(io.StringIO(text_of(tcprst("-f", "csv", name)), newline=""), strict=True))[0]
        # What prints a table on a terminal prints what stands in it.
        self.assertEqual(row["capture"], shown.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\u202e", "\\u{202e}"))
        for value in (line["device_text"], row["device_text"]):
            self.assertIn("<img src=x onerror=alert(1)>", value)

    def test_odd_characters_at_any_place(self):
        """Plain text is told a word at a time: none may hide in one."""
        talk = Conversation()
        talk.abort(80, 41000, b"")
        names = []
        for odd in '"\\\x01\x1f\x7f\x80\xe9\u2028\u202e\U0001f600':
            for at in range(18):
                names.append(str(self.directory / f"{'!}a' * 6:.{at}}{odd}{'# [' * 6}.pcap"))
                Path(names[-1]).write_bytes(talk.pcap())
        run = tcprst("-f", "ndjson", "--separate", *names)  # together they are one capture
        self.assertCountEqual([line["capture"] for line in lines_of(run)], names)
        self.assertNotRegex(text_of(run), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]")

    def test_html(self):
        page = text_of(tcprst("-f", "html", self.capture()))
        self.assertNotIn("<img", page)
        self.assertNotIn("<b>\ufffd", page)
        self.assertEqual(page.lower().count("</script"), 2)


class Redact(Case):
    def test_nothing_that_names_anybody_is_left(self):
        talk = Conversation("10.77.66.55", "203.0.113.99")
        talk.refuse(8443, 51234)
        talk.abort(443, 51235, b"BIG-IP: [0x1:2] secret reason")
        six = Conversation("fd77::1234", "fd77::abcd", packets.ipv6)
        six.refuse(8443, 51236)
        one = talk.write(self.directory / "customer-acme.pcap")
        two = six.write(self.directory / "customer-bravo.pcap")
        secrets = [b"10.77.66.55", b"203.0.113.99", b"fd77", b"51234", b"51235", b"51236", b"secret reason", b"acme",
                   b"bravo", os.fsencode(self.directory)]
        for output_format in ("text", "ndjson", "json", "csv", "html", "markdown"):
            run = tcprst("--redact", "-f", output_format, one, two)
            self.assertEqual(run.returncode, 0)
            for secret in secrets:
                self.assertNotIn(secret, run.stdout, f"{secret} in {output_format}")
        document = json.loads(tcprst("--redact", "-f", "json", one, two).stdout)
        a, b = document["resets"][:2]
        self.assertEqual((a["src"], a["dst"]), (b["src"], b["dst"]))
        self.assertEqual((a["src_port"], b["src_port"]), (8443, 443))
        ends = {(c["client"]["address"], c["server"]["address"]) for c in document["connections"]}
        self.assertIn((a["dst"], a["src"]), ends)
        self.assertEqual(document["captures"][0]["file"], a["capture"])

    def test_each_field_as_its_row_says(self):
        """KEPT, STAND_IN, GONE of verdict.def, on every reset of some captures."""
        talk = Conversation()
        talk.abort(443, 51235, b"BIG-IP: [0x1:2] secret reason")
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"][::100]
        seen = set()
        for capture in (talk.write(self.directory / "talk.pcap"), *captures):
            plain, redacted = (lines_of(tcprst("-q", "-f", "ndjson", *options, capture))
                               for options in ([], ["--redact"]))
            self.assertEqual(len(plain), len(redacted))
            for told, shown in zip(plain, redacted):
                for key in FIELDS.keys() & told.keys():
                    how = FIELDS[key].get("$comment", "redact: KEPT;").partition(";")[0]
                    seen.add((how, told[key] is None))
                    if how == "redact: KEPT" or told[key] is None:
                        self.assertEqual(shown[key], told[key], key)
                    elif how == "redact: GONE":
                        self.assertEqual(shown[key], "(redacted)", key)
                    elif isinstance(told[key], str):
                        self.assertNotEqual(shown[key], told[key], key)
        self.assertLessEqual({("redact: KEPT", False), ("redact: STAND_IN", False), ("redact: GONE", False)}, seen)

    def test_damage_does_not_name_the_file(self):
        cut = self.directory / "customer-acme.pcap"
        cut.write_bytes(self.three_refused().read_bytes()[:-60])
        document = json.loads(tcprst("--redact", "-f", "json", cut).stdout)
        self.assertNotIn("acme", json.dumps(document))
        self.assertIn("frame 12", document["captures"][0]["damage"])


class Examples(Case):
    """The examples of docs/examples run, where their programs are installed."""

    def run_example(self, name, *arguments, **options):
        script = ROOT / "docs" / "examples" / name
        program = [sys.executable] if name == "with-pandas" else []
        return subprocess.run([*program, script, *arguments], capture_output=True, text=True,
                              check=False, **options,
                              env={**ENVIRONMENT, "PATH": f"{Path(TCPRST).parent}:{os.environ['PATH']}"})

    @unittest.skipUnless(shutil.which("jq"), "jq is not installed")
    def test_jq(self):
        run = self.run_example("with-jq", self.three_refused())
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertRegex(run.stdout, r"3\s+closed-port")

    def test_ci_job(self):
        run = self.run_example("ci-job", self.three_refused())
        self.assertEqual(run.returncode, 0, run.stderr)
        run = self.run_example("ci-job", self.three_refused(), "refused")
        self.assertEqual(run.returncode, 1)
        self.assertIn("closed-port", run.stdout)

    def test_pandas(self):
        try:
            import pandas  # pylint: disable=import-outside-toplevel,unused-import
        except ImportError:
            self.skipTest("pandas is not installed")
        run = self.run_example("with-pandas", self.three_refused())
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("closed-port", run.stdout)

    @unittest.skipUnless(shutil.which("duckdb"), "duckdb is not installed")
    def test_duckdb(self):
        run = self.run_example("with-duckdb", self.three_refused(), cwd=self.directory)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("closed-port", run.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
