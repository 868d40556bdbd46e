#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--why, --why-not and --frame: what they say adds up, and answers whatever was asked: test_why.py TCPRST"""

import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

import packets
from report_cases import BASE, ENVIRONMENT, RECORDED, Conversation, tcprst, text_of

DATA_AFTER_CLOSE = RECORDED / "data-after-close.v4.client.pcapng"
WORDS = ("local-abort", "unknown-connection", "insufficient-capture", "unclassified")
COST = re.compile(r" {2,4}(?:\((?P<aside>\d+|X)\)|(?P<counts>\d+|X) ) (?P<state>fails|unclear|met|) +(?P<sentence>\S.*)$")


def causes():
    return {each["id"]: each["group"] for each in json.loads(tcprst("--list-causes", "-f", "json").stdout)}


def events_of(report):
    """The parts of a report that begin with a bullet."""
    return re.split(r"^● ", report, flags=re.M)[1:]


def ledger_of(event):
    """(what is said above it, its sum, [(cost, whether it is added, state, sentence)]); None: the event has none."""
    lines = event.splitlines()
    sums = [i for i, line in enumerate(lines) if re.match(r" += (\d+|X)  ", line)]
    if not sums:
        return None
    start = max(i for i in range(sums[0]) if lines[i].startswith("  ") and not lines[i].startswith("   ")
                and re.match(r"  (Why not |[a-z-]+: (that is|the verdict))", lines[i]))
    said = " ".join(line.strip() for line in lines[start:sums[0]] if not COST.match(line))
    found = [COST.match(line) for line in lines[start:]]
    rows = [(m["aside"] or m["counts"], m["aside"] is None, m["state"], m["sentence"]) for m in found if m]
    return said, lines[sums[0]].split()[1], rows


class Ledger(unittest.TestCase):
    def asked(self, identifier, capture, *more):
        run = tcprst("-q", "--why", f"--why-not={identifier}", *more, capture, env={**ENVIRONMENT, "COLUMNS": "110"})
        self.assertEqual(run.returncode, 0, run.stderr)
        return events_of(text_of(run))

    def check_sum(self, event, ledger):
        said, total, rows = ledger
        added = [cost for cost, counts, _, _ in rows if counts]
        self.assertTrue(all(state == "met" or cost != "0" or state == "unclear" or counts for cost, counts, state, _ in rows), event)
        if total == "X":
            self.assertIn("X", added)
            self.assertIn("is impossible", said)
        else:
            self.assertEqual(sum(map(int, added)), int(total), event)
            self.assertIn(f"costs {total}", said)
        self.assertFalse([row for row in rows if row[2] == "met" and row[0] != "0"], event)

    def test_it_adds_up_to_what_why_says(self):
        known = causes()
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"]
        weighed = [cause for cause in known if cause not in WORDS]
        checked = 0
        for i, capture in enumerate(captures[::9]):
            cause = weighed[i % len(weighed)]
            for event in self.asked(cause, capture):
                ledger = ledger_of(event)
                self.assertIsNotNone(ledger, event)
                self.check_sum(event, ledger)
                listed = re.search(rf"^ +(\d+)  {cause} ", event, re.M)
                self.assertEqual(ledger[1], listed[1] if listed else "X", event)
                checked += 1
        self.assertGreater(checked, 40)

    def test_the_verdict_its_group_and_words_are_answered(self):
        groups, words = set(), set()
        known = causes()
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"]
        for capture in captures[::9]:
            resets = [json.loads(line) for line in tcprst("-q", "-f", "ndjson", capture).stdout.splitlines()]
            first = next((each for each in resets if not each["duplicate_of"]), None)
            if not first:
                continue
            frame, cause, group = f"--frame={first['frame']}", first["cause"], first["group"]
            own = self.asked(cause, capture, frame)[0]
            self.assertRegex(own, f"{cause}: that is the verdict( \\(|\\.)")
            self.check_sum(own, ledger_of(own))
            if group not in groups:
                groups.add(group)
                event = self.asked(group, capture, frame)[0]
                self.assertIn(f"{group}: the verdict, {cause}, is of that group", " ".join(event.split()))
                self.check_sum(event, ledger_of(event))
            other = next(word for word in WORDS if word != cause and word not in words or word == WORDS[-1])
            words.add(other)
            event = " ".join(self.asked(other, capture, frame)[0].split())
            if other != cause:
                self.assertIn(f"Why not {other} (", event)
                self.assertIn(f"the verdict, {cause}, ", event)
        self.assertGreater(len(groups), 5)
        self.assertEqual(words, set(WORDS))
        self.assertLessEqual(groups, set(known.values()))

    def test_no_line_is_there_twice_or_says_the_opposite_of_itself(self):
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"]
        seen = set()
        for capture in captures[::31]:
            for event in self.asked("injected", capture):
                lines = re.sub(r"\n {16,}", " ", event[event.index("    made as: "):])
                said = [COST.match(line)["sentence"] for line in lines.splitlines() if COST.match(line)]
                self.assertEqual(sorted(set(said)), sorted(said), event)
                self.assertFalse([line for line in lines.splitlines() if re.search("unclear .* count and clock: ", line)], event)
                seen |= set(re.findall("unclear +.*?; what is seen does not tell: ", lines))
        self.assertGreater(len(seen), 1)

    def test_what_was_seen_and_decides_nothing_says_why(self):
        event = " ".join(self.asked("injected", RECORDED / "injected.payload.v4.middle.pcapng", "--frame=13")[0].split())
        known = "its TTL 63 and that of the sender's other segments (32) count down from different starting values"
        self.assertIn(f"unclear its TTL is not that of the sender's other segments; what is seen does not tell: {known} (#11); an answer "
                      "starts from its stack's default, whatever a program chose for its socket", event)
        self.assertIn(f"#11 {known} not ruled out", event)

    def test_what_nobody_knows_is_refused(self):
        for identifier, said in (("no-such-thing", "no cause or group 'no-such-thing'"), ("", "no cause or group ''"),
                                 ("closed-port,injected", "one cause or group at a time")):
            run = tcprst(f"--why-not={identifier}", DATA_AFTER_CLOSE)
            with self.subTest(identifier=identifier):
                self.assertEqual((run.returncode, run.stdout), (2, b""))
                self.assertIn(said, run.stderr.decode())

    def test_each_way_names_what_it_answers(self):
        event = self.asked("abort", DATA_AFTER_CLOSE, "--frame=14")[0]
        self.assertIn(" data-after-close           answer, no connection, to frame 12\n", event)
        self.assertRegex(event, r" abort-after-fin +abort\n")
        found = json.loads(tcprst("-q", "--why", "-f", "ndjson", "--frame=14", DATA_AFTER_CLOSE).stdout)["findings"]
        self.assertEqual(found[0]["trigger_frame"], 12)
        self.assertTrue(all(each["trigger_frame"] in (None, 11, 12, 13) for each in found))


class Frame(unittest.TestCase):
    def said(self, *arguments):
        return " ".join(text_of(tcprst("-q", *arguments)).split())

    def test_a_frame_without_a_reset(self):
        self.assertIn("There is no reset in frame 9. Resets are here: frame 14, frame 15.", self.said("--frame=9", DATA_AFTER_CLOSE))
        self.assertNotIn("Ended", self.said("--frame=9", DATA_AFTER_CLOSE))
        for form in ("html", "markdown"):
            self.assertIn("There is no reset in frame 9.", self.said("--frame=9", "-f", form, DATA_AFTER_CLOSE))
        for form in ("ndjson", "json", "csv"):
            run = tcprst("--frame=9", "-f", form, DATA_AFTER_CLOSE)
            self.assertEqual(run.returncode, 0)
            self.assertIn(b"There is no reset in frame 9. Resets are here: frame 14, frame 15.", run.stderr)

    def test_a_frame_that_is_not_there_is_a_wrong_argument(self):
        with tempfile.TemporaryDirectory() as directory:
            for form in ("text", "html", "markdown", "ndjson", "json", "csv"):
                output = Path(directory) / "report"
                run = tcprst("-q", "--frame=99", "-f", form, "-o", output, DATA_AFTER_CLOSE)
                self.assertEqual((run.returncode, run.stdout, output.exists()), (2, b"", False), form)
                self.assertEqual(run.stderr.decode(), "tcprst: There is no frame 99: the capture ends with frame 15. "
                                                      "Resets are here: frame 14, frame 15.\n")
            short = Path(directory) / "short.pcapng"
            short.write_bytes(DATA_AFTER_CLOSE.read_bytes()[:-20])
            self.assertEqual(tcprst("-q", "--frame=99", short).returncode, 1, "it may lie in what is missing")

    def test_why_is_refused_where_it_says_nothing(self):
        for form, status in (("text", 0), ("ndjson", 0), ("json", 0), ("csv", 2), ("markdown", 2), ("html", 0)):
            run = tcprst("-q", "--why", "-f", form, DATA_AFTER_CLOSE)
            self.assertEqual(run.returncode, status, form)
            self.assertEqual(b"--why goes with the formats text, ndjson, json and html" in run.stderr, status == 2)

    def test_many_others_and_none(self):
        with tempfile.TemporaryDirectory() as directory:
            talk = Conversation()
            for i in range(20):
                talk.refuse(8080, 40000 + i)
            self.assertIn("frame 22, frame 24, and 8 more.", self.said("--frame=1", talk.write(Path(directory) / "many.pcap")))
            quiet = Conversation()
            quiet.close()
            self.assertIn("There is no reset in frame 2. No other frame holds one.",
                          self.said("--frame=2", quiet.write(Path(directory) / "none.pcap")))

    def test_of_a_cause_left_out(self):
        self.assertIn("No resets of these causes. 1 other reset is left out by --cause.",
                      self.said("--frame=14", "--cause=closed-port", DATA_AFTER_CLOSE))


class RawTool(unittest.TestCase):
    """The tool fills the checksum of its SYN; the host's stack, which does not know of the SYN, leaves that of its RST to the card."""

    SYN, SYN_ACK, RST = 0x02, 0x12, 0x04

    def test_its_host_fills_no_checksum_and_is_the_host_all_the_same(self):
        there, back = {"src": "10.0.0.1", "dst": "10.0.0.2"}, {"src": "10.0.0.2", "dst": "10.0.0.1"}
        syn = packets.filled(packets.tcp(seq=1000, ack=0, flags=self.SYN, window=1024), **there)
        answer = packets.filled(packets.tcp(80, 1234, seq=5000, ack=1001, flags=self.SYN_ACK, options=b"\2\4\5\xb4"), **back)
        reset = packets.filled(packets.tcp(seq=1001, ack=0, flags=self.RST, window=0), **there, card=True)
        frames = [packets.ethernet(packets.ipv4(syn, ttl=42, **there)), packets.ethernet(packets.ipv4(answer, ttl=57, **back)),
                  packets.ethernet(packets.ipv4(reset, ident=0, **there))]
        with tempfile.NamedTemporaryFile(suffix=".pcap") as capture:
            capture.write(packets.pcap(frames, times=[(1, 0), (1, 20000), (1, 20050)]))
            capture.flush()
            run = tcprst("-q", "--why", "--why-not=syn-scan", capture.name, env={**ENVIRONMENT, "COLUMNS": "200"})
            verdict = json.loads(tcprst("-q", "-f", "ndjson", capture.name).stdout)
        self.assertEqual((verdict["cause"], verdict["origin"]), ("syn-scan", "unknown"), run.stdout)
        self.assertRegex(text_of(run), r"met +explains what is odd: its TCP checksum was left to a network card")


class Sentence(unittest.TestCase):
    """What a fact says is true of each reset it is said of."""

    UNITS = {"µs": 1e-6, "ms": 1e-3, "s": 1}

    def test_an_answer_faster_than_the_round_trip_is_not_as_that_allows(self):
        captures = [path for path in sorted(RECORDED.iterdir()) if path.suffix != ".truth"]
        kinds = {"as the": 0, "faster": 0}
        for capture in captures[::9]:
            for said in tcprst("-q", "-f", "ndjson", capture).stdout.decode().splitlines():
                for text in (each["text"] for each in json.loads(said)["evidence"] if each["fact"] == "trigger-too-fast"):
                    times = [float(number) * self.UNITS[unit] for number, unit in re.findall(r"([\d.]+) (µs|ms|s)\b", text)]
                    for kind in (kind for kind in kinds if f", {kind} " in text):
                        kinds[kind] += 1
                        self.assertTrue(times[0] >= times[1] if kind == "as the" else times[0] <= times[1], f"{capture.name}: {text}")
        self.assertTrue(all(kinds.values()), kinds)

    def test_an_abort_without_ack_is_none_with_ack(self):
        for flags, said in ((0x14, "RST+ACK at the sender's SND.NXT, acknowledging what it had received"),
                            (0x04, "RST without ACK at the sender's SND.NXT: as some stacks abort")):
            talk = Conversation()
            talk.open()
            talk.add(True, 41000, 80, 0x18, 5001, 9001, b"GET / HTTP/1.0\r\n\r\n")
            talk.add(False, 80, 41000, 0x18, 9001, 5019, b"y" * 500)
            talk.add(True, 41000, 80, 0x10, 5019, 9501)
            talk.now += 0.5
            talk.add(False, 80, 41000, flags, 9501, 5019 if flags & 0x10 else 0)
            with tempfile.TemporaryDirectory() as directory:
                capture = talk.write(Path(directory) / "abort.pcap")
                report = " ".join(text_of(tcprst("-q", "--why", "--why-not=unread-data", capture)).split())
            with self.subTest(flags=flags):
                self.assertIn(said, report)
                self.assertEqual("unclear it has the flags of the stack's aborts; what is seen does not tell: it carries no acknowledgment; "
                                 "whether the sender's stack aborts so is not known" in report, flags == 0x04, report)


class Window(unittest.TestCase):
    def test_a_window_closed_before_anything_came_holds_nothing_unread(self):
        talk = Conversation()
        for sent in (b"", b"x"):
            sport = 41000 + len(sent)
            talk.add(True, sport, 80, 0x02, 5000)
            talk.add(False, 80, sport, 0x12, 9000, 5001)
            if sent:
                talk.add(False, 80, sport, 0x18, 9001, 5001, sent)
            talk.add(True, sport, 80, 0x10, 5001, 9001 + len(sent), window=0)
            talk.now += 0.5
            talk.add(True, sport, 80, 0x14, 5001, 9001 + len(sent))
        with tempfile.TemporaryDirectory() as directory:
            capture = talk.write(Path(directory) / "shut.pcap")
            said = [" ".join(text_of(tcprst("-q", f"--frame={frame}", "--why-not=so-linger-abort", capture)).split())
                    for frame in (4, 9)]
        self.assertEqual(["had closed its own window" in each for each in said], [False, True])


class Kernel(unittest.TestCase):
    """A line of the kernel's trace that stands for a RST is found, whatever it leaves out."""

    RST, ACK = 0x04, 0x10

    def reasons(self, forged):
        """[(port, client's port, reason)] of refusals and of a listener's resets; forged: somebody else's comes 50 ms before one."""
        talk, lines = Conversation(), []

        def traced(source, destination, state, reason):
            lines.append(f"  server-1 [000] ..s1. {BASE + talk.now - 0.0012:.6f}: tcp_send_reset: skbaddr=0 skaddr=0 "
                         f"src={source} dest={destination} state={state} reason={reason}\n")

        for i in range(12):
            talk.refuse(101 + i, 40000 + i)
            traced(f"{talk.server}:{101 + i}", f"{talk.client}:{40000 + i}", "UNKNOWN", "NO_SOCKET")
            if i == 6 and forged:
                talk.add(True, 60000, 80, self.ACK, 1, 9000)
                talk.add(False, 80, 60000, self.RST, 9000, window=0, ident=0)
                talk.now += 0.05
            if i % 4 == 2:
                talk.add(True, 50000 + i, 80, self.ACK, 1, 7000 + i)
                talk.add(False, 80, 50000 + i, self.RST, 7000 + i, window=0, ident=0)
                traced("0.0.0.0:80", "0.0.0.0:0", "TCP_LISTEN", "TCP_FLAGS")
            talk.now += 0.2 + i / 50
        with tempfile.TemporaryDirectory() as directory:
            trace = Path(directory) / "trace"
            trace.write_text("".join(lines), encoding="utf-8")
            said = tcprst("-q", "-f", "ndjson", f"--kernel-trace={trace}", talk.write(Path(directory) / "server.pcap")).stdout
        return {line["dst_port"]: line["kernel_reason"] for line in map(json.loads, said.splitlines())}

    def test_a_listener_that_has_any_address_sends_its_own_resets(self):
        """Linux writes its end as 0.0.0.0 and the other one not at all."""
        expected = {40000 + i: "NO_SOCKET" for i in range(12)} | {50000 + i: "TCP_FLAGS" for i in (2, 6, 10)}
        self.assertEqual(self.reasons(forged=False), expected)
        self.assertEqual(self.reasons(forged=True), expected | {60000: None})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
