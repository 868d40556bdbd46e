#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine's tables hold nothing that nobody needs: every hypothesis wins some RST rightly, every claim and fact is used.

    test_tables.py LEDGERS TEST_STORIES      the two programs: test-captures/ledgers.c, core/tests/test_stories.c
"""

import csv
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = ROOT / "test-captures"
sys.path.insert(0, str(CAPTURES))
import tables  # noqa: E402

# Hypotheses whose situation no recording and no story has yet; each goes from here with the first that shows it.
NOT_SHOWN_YET = {
    ("firewall-reject", 4), ("accept-queue-overflow", 1), ("backend-unavailable", 0),
    ("backend-unavailable", 2), ("backend-unavailable", 3), ("probe-response", 1), ("probe-response", 3),
    ("unsolicited-syn-ack", 1), ("unsolicited-syn-ack", 2), ("ddos-challenge", 1), ("syn-received-timeout", 2),
    ("syn-received-timeout", 3), ("out-of-window-segment", 1), ("abort-after-fin", 1), ("idle-state-lost", 1),
    ("data-after-close", 3),
}

# Told to the evidence, cited by no claim or sign yet: each is either cited one day or taken out.
NOT_CITED_YET = {
    "BOTH_DIRECTIONS", "EARLIER_ANSWER", "FIN_ACKED", "OTHERS_FORGOT",
    "PEER_REPEATED", "SENDER_ACKED_LATER", "SIGNATURE_CLOUDFLARE", "SIGNATURE_WEAVER", "SYN_ACK_LATE", "TRIGGER_AMBIGUOUS",
    "TRIGGER_DOUBLED", "TRIGGER_NEAR_ACK",
}

PROGRAMS = []


def labelled():
    """{capture: {frame: causes that are right}} of every capture whose truth is known."""
    found = {}
    for path in sorted((CAPTURES / "recorded").rglob("*.truth")):
        one = tables.read_truth(path)
        found[one.capture] = {frame: set(truth.causes) for frame, truth in one.truths.items()}
    with (CAPTURES / "reported" / "index.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            right = set(re.split("[/,]", row["right"] + "," + row["right at likely or possible"])) - {""}
            found.setdefault(CAPTURES / "reported" / row["file"], {})[int(row["frame"])] = right
    return found


class Tables(unittest.TestCase):
    def test_every_hypothesis_is_shown(self):
        """What no recording and no story shows is a guess, and one false row is one certain kind of error."""
        truths = labelled()
        shown, beaten = set(), {}
        for capture, resets in tables.ledgers(PROGRAMS[0], truths).items():
            for told in resets.values():
                if told.row and told.cause == told.row[0] and told.cause in truths[capture].get(told.frame, ()):
                    shown.add(told.row)
                for cause, row, total, _ in told.true:
                    beaten.setdefault((cause, row), []).append(
                        f"{capture.name} frame {told.frame} at {total}: {told.strength} {told.cause}")
        run = subprocess.run([PROGRAMS[1], "--rows"], capture_output=True, text=True, check=False)
        shown |= {(cause, int(row)) for cause, row in re.findall(r"^row\t(\S+)\t(\d+)$", run.stdout, flags=re.M)}
        self.assertGreater(len(shown), 20)
        missing = [f"{row.name}; true, but beaten: {len(beaten.get(key, []))}, as {beaten.get(key, ['nothing'])[0]}"
                   for key, row in tables.rows().items() if key not in shown and key not in NOT_SHOWN_YET]
        self.assertEqual(sorted(NOT_SHOWN_YET & shown), [], "shown by now: take them from NOT_SHOWN_YET")
        self.assertEqual(len(missing), 0, "\nwin no reset rightly in a recording or story:\n  " + "\n  ".join(missing))

    def test_every_claim_is_used(self):
        used = {claim for table in (tables.rows(), tables.mechanisms()) for row in table.values() for claim in row.claims}
        self.assertEqual(sorted(used - tables.claims().keys()), [])
        unused = sorted(tables.claims().keys() - used)
        self.assertEqual(unused, [], f"\nno hypothesis claims: {', '.join(unused)}")

    def test_every_fact_is_used(self):
        """By a claim, by a sign, by another fact or where a verdict's fields are made. Who only tells a fact does not use it."""
        facts = {words[0] for words in tables.calls(tables.text_of(ROOT / "core/include/tcprst/facts.def"), "FACT")}
        used = {fact for claim in tables.claims().values() for fact in claim.facts}
        used |= {fact for sign in tables.signs().values() for fact in sign[3]}
        for path in sorted((ROOT / "core").glob("*.[ch]")) + sorted((ROOT / "core").glob("*.def")):
            text = tables.text_of(path)
            used |= set(re.findall(r"\b(?:yes|isnt|fact|unknown)\((\w+)\)", text))
            used |= set(re.findall(r"\b(?:is|isnt|hidden)\(\w+, (?:F\(|TCPRST_FACT_)(\w+)", text))
            if not path.name.startswith(("evidence", "claims")):
                used |= set(re.findall(r"\bTCPRST_FACT_(\w+)", text))
        unused = sorted(facts - used - NOT_CITED_YET)
        self.assertEqual(sorted(NOT_CITED_YET & used), [], "cited by now: take them from NOT_CITED_YET")
        self.assertEqual(unused, [], f"\nnothing uses: {', '.join(unused)}")

    def test_reasons(self):
        """A kernel without the connection says so: each cause that such an answer may have has that reason."""
        reasons = tables.cause_reasons()
        lacking = [row.name for row in tables.rows().values() if row.mechanism == "ANSWER_NONE" and "NO_SOCKET" not in reasons[row.cause]]
        self.assertEqual(lacking, [])

    def test_every_word_is_explained(self):
        """words.def has each word of these enumerations, in their order and under one heading; of strengths but the first."""
        names = tables.text_of(ROOT / "core/names.c")
        explained = {}
        for kind, word in re.findall(r'WORD\("(\w+)", "([\w-]+)"', tables.text_of(ROOT / "core/include/tcprst/words.def")):
            explained.setdefault(kind, []).append(word)
        for kind in "strength", "severity", "stage", "acceptance", "effect", "origin":
            table = re.search(rf"{kind}_ids\[\] = \{{(.*?)\}};", names, re.S).group(1)
            self.assertEqual(sorted(explained.pop(kind)), sorted(set(re.findall(r'"([^"]*)"', table)) - {"none"}), kind)
        self.assertEqual(explained, {})

    def test_makers(self):
        """A cause's maker is the nearest to the connection that makes one of its hypotheses; of a word, anybody."""
        nearest, mechanisms = {cause: "STACK" for cause in tables.word_ids()}, tables.mechanisms()
        for (cause, _), row in tables.rows().items():
            nearest[cause] = max(mechanisms[row.mechanism].maker, nearest.get(cause, "BETWEEN"),
                                 key=("BETWEEN", "HOST", "STACK").index)
        self.assertEqual(tables.cause_makers(), nearest)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAMS = [Path(name).resolve() for name in sys.argv[1:3]]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
