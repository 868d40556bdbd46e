#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`test-captures/run` and `accuracy` fail where they must: with a stand-in for tcprst whose verdicts the test writes."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CAPTURES = HERE.parent / "test-captures"
COLUMNS = ("frame", "kernel_reason", "cause", "origin", "effect", "sender", "duplicate_of")
TRUE = {"frame": "2", "kernel_reason": "NO_SOCKET", "cause": "closed-port", "origin": "endpoint",
        "effect": "reset", "sender": "server", "duplicate_of": "-"}


class Frame(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def capture(self, name, *verdicts):
        text = "".join(json.dumps(verdict) + "\n" for verdict in verdicts)
        (self.top / f"{name}.pcapng").write_text(text, encoding="utf-8")

    def truth(self, name, *rows, full="yes", seed="1"):
        lines = [f"#full {full}", f"#seed {seed}", f"#run {name}@{seed}", "#columns " + "\t".join(COLUMNS)]
        lines += ["\t".join({**TRUE, **row}[column] for column in COLUMNS) for row in rows]
        (self.top / f"{name}.truth").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def call(self, program, *arguments):
        return subprocess.run([sys.executable, CAPTURES / program, "--tcprst", HERE / "fake_tcprst.py",
                               *arguments], capture_output=True, text=True, check=False)

    def golden(self, *arguments):
        return self.call("run", "--captures", self.top, *arguments)

    def expected(self):
        text = (self.top / "EXPECTED").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if not line.startswith("#")]


class Golden(Frame):
    def test_a_capture_without_lines_fails_and_none_are_made(self):
        self.capture("refused", {})
        run = self.golden()
        self.assertEqual(run.returncode, 1)
        self.assertIn("EXPECTED has no line of it", run.stderr)
        self.assertFalse((self.top / "EXPECTED").exists())

    def test_bless_makes_the_lines_of_that_name_only(self):
        self.capture("refused", {}, {"cause": "firewall-reject", "trigger_frame": None})
        self.capture("quiet")
        self.golden("--bless", "refused")
        self.assertEqual([line.split()[:5] for line in self.expected()],
                         [["refused.pcapng", "2", "closed-port", "certain", "1"],
                          ["refused.pcapng", "3", "firewall-reject", "certain", "-"]])
        self.assertEqual(self.golden("--only", "refused").returncode, 0)
        self.assertEqual(self.golden().returncode, 1)
        self.golden("--bless", "quiet")
        self.assertEqual(self.expected()[0].split(), ["quiet.pcapng", "-", "no-reset"])
        self.assertEqual(self.golden().returncode, 0)

    def test_every_changed_word_fails(self):
        self.capture("refused", {})
        self.golden("--bless", "refused")
        for change in ({"cause": "unclassified"}, {"strength": "likely"}, {"trigger_frame": None},
                       {"event_frame": 7}, {"duplicate_of": 1}, {"stage": "data"}, {"effect": "ignored"},
                       {"acceptance": "in-window"}, {"sender": "client"}, {"origin": "unknown"},
                       {"severity": "notable"}, {"final": False}, {"layer": 2},
                       {"alternatives": [{"cause": "injected", "strength": "possible"}]}):
            with self.subTest(change=change):
                self.capture("refused", change)
                run = self.golden()
                self.assertEqual(run.returncode, 1)
                self.assertIn("refused.pcapng: not as expected", run.stderr)
        self.capture("refused", {}, {})
        self.assertEqual(self.golden().returncode, 1)

    def test_lines_without_a_capture_fail(self):
        self.capture("refused", {})
        self.capture("quiet")
        self.golden("--bless", "refused", "quiet")
        (self.top / "quiet.pcapng").unlink()
        run = self.golden()
        self.assertEqual(run.returncode, 1)
        self.assertIn("there is no such capture", run.stderr)

    def test_a_program_that_fails_is_a_failure(self):
        self.capture("refused", {})
        self.golden("--bless", "refused")
        (self.top / "refused.pcapng").write_text("exit 1\n", encoding="utf-8")
        self.assertEqual(self.golden().returncode, 1)

    def test_no_capture_is_no_success(self):
        self.assertEqual(self.golden().returncode, 1)
        self.assertNotEqual(self.golden("--only", "nothing").returncode, 0)


class Accuracy(Frame):
    def judge(self, verdict, truth=None, **header):
        self.capture("case", verdict)
        self.truth("case", truth or {}, **header)
        return self.call("accuracy", self.top)

    def test_verdicts_against_truth(self):
        other = {"cause": "firewall-reject"}
        named = {**other, "alternatives": [{"cause": "closed-port", "strength": "possible"}]}
        forged = {"origin": "third-party", "kernel_reason": "-"}
        for verdict, truth, full, broken in (
                ({}, {}, "yes", ()),
                (other, {}, "no", ("`certain`",)),
                (named, {}, "no", ("`certain`",)),
                ({**named, "strength": "likely"}, {}, "no", ()),
                ({**named, "strength": "likely"}, {}, "yes", ("true cause first",)),
                ({**other, "strength": "likely"}, {}, "no", ("`likely`",)),
                ({**other, "strength": "possible"}, {}, "no", ("`possible`",)),
                ({"strength": "possible"}, {}, "yes", ("certain or likely",)),
                ({"strength": "possible"}, {}, "no", ()),
                (other, {"cause": "closed-port|firewall-reject"}, "yes", ()),
                ({"effect": "ignored"}, {}, "no", ("effect",)),
                ({"effect": "unknown"}, {}, "yes", ("effect",)),
                ({"effect": "unknown"}, {}, "no", ()),
                ({"effect": "ignored"}, {"effect": "-"}, "yes", ()),
                ({"origin": "third-party"}, {}, "no", ("third-party",)),
                ({"origin": "unknown"}, {}, "yes", ("called endpoint",)),
                ({"origin": "unknown"}, {}, "no", ()),
                ({"origin": "third-party"}, forged, "yes", ()),
                ({"frame": 9}, {}, "no", ("every reset",))):
            with self.subTest(verdict=verdict, truth=truth, full=full):
                run = self.judge(verdict, truth, full=full)
                lines = [line for line in run.stdout.splitlines() if line.endswith("BROKEN")]
                for word in broken:
                    self.assertTrue(any(word in line for line in lines), run.stdout)
                if not broken:
                    self.assertEqual(lines, [])
                self.assertEqual(run.returncode, 1 if broken or "frame" in verdict else 0)

    def test_duplicates_count_in_nothing_but_are_checked(self):
        self.capture("case", {}, {"cause": "unclassified", "duplicate_of": 2}, {"duplicate_of": None})
        self.truth("case", {}, {"frame": "3", "duplicate_of": "2"}, {"frame": "4", "duplicate_of": "2"})
        run = self.call("accuracy", self.top)
        self.assertIn("1 resets", run.stdout)
        self.assertIn("truly 2, said None", run.stdout)

    def test_a_run_counts_once_and_strictly(self):
        for seed, wrong in (("1", 1), ("2", 0)):
            verdicts = [{"cause": "unclassified"}] * wrong + [{}] * (20 - wrong)
            self.capture(f"ladder.{seed}", *verdicts)
            self.truth(f"ladder.{seed}", *({"frame": str(number)} for number in range(2, 22)), seed=seed)
        run = self.call("accuracy", self.top)
        self.assertIn("2       1   50.00 %        40      39   97.50 %", run.stdout)

    def test_nothing_to_judge_is_no_success(self):
        self.assertNotEqual(self.call("accuracy", self.top).returncode, 0)

    def test_a_label_that_cannot_be_read_is_an_error(self):
        for line in ("2\tNO_SOCKET", "2", "x\tNO_SOCKET\tclosed-port\tendpoint\treset\tserver\t-"):
            with self.subTest(line=line):
                self.capture("case", {})
                self.truth("case")
                with (self.top / "case.truth").open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
                self.assertNotEqual(self.call("accuracy", self.top).returncode, 0)


if __name__ == "__main__":
    unittest.main()
