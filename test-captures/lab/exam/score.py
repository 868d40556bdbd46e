# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks a tcprst about every capture, compares with the truth, counts as `accuracy` does, and prints.

Right: `certain` where it names a true cause; `likely` and `possible` also where a true cause is among the alternatives.
Every reset of every view counts, but of one connection in one view no more than MOST, evenly picked: else one aborted
upload, whose every late acknowledgment draws a reset, would outweigh a hundred other situations. What truth leaves open
("-") is not counted.
"""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass

from verdicts import HERE, Failed, find_tcprst, verdicts_of_all

STRENGTHS = ("certain", "likely", "possible")

FORGED = {"injected", "blind-attack", "policy-reset"}
KIND_LEAST, KIND_RIGHT = 20, 0.85
MOST = 12
SIGHTS = {"same": "captured as the RST's maker got it", "altered": "altered between here and its maker",
          "unseen": "not captured here (lost, cut off, added behind)", "-": "nothing, or not known"}


def load_accuracy():
    """The program `accuracy` as a module (its name has no ending); it knows how truth files are read."""
    loader = importlib.machinery.SourceFileLoader("accuracy", str(HERE / "accuracy"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("accuracy", loader))
    sys.modules["accuracy"] = module
    loader.exec_module(module)
    return module


read_truth = load_accuracy().read_truth


@dataclass
class Answer:
    """One reset in one view: what is true and what was said."""
    capture: object
    notes: dict
    full: bool
    words: dict
    causes: tuple
    verdict: dict

    @property
    def first(self):
        return self.verdict["cause"] in self.causes

    @property
    def very_first(self):
        return self.verdict["cause"] == self.causes[0]

    @property
    def right(self):
        if self.first or self.verdict["strength"] == "certain":
            return self.first
        return any(other["cause"] in self.causes for other in self.verdict["alternatives"])

    @property
    def honest(self):
        return self.words["origin"] == "endpoint"

    @property
    def mimic(self):
        return self.words["mimic"] == "yes"


class Sheet:
    """All that one program said of some captures."""

    def __init__(self, tcprst, labelled):
        self.answers, self.missing, self.copies = [], [], Counter()
        self.wrong_copies, self.failed, self.unlabelled = [], [], []
        for one, (_, verdicts) in zip(labelled, verdicts_of_all(tcprst, [one.capture for one in labelled])):
            if isinstance(verdicts, Failed):
                self.failed.append(f"{one.capture}: {verdicts}")
                continue
            self.pair(one, {verdict["frame"]: verdict for verdict in verdicts})

    def pair(self, one, said):
        notes = read_notes(one.capture)
        mine = defaultdict(list)
        self.unlabelled += [f"{one.capture.name} frame {frame}" for frame in said if frame not in one.truths]
        for frame, truth in one.truths.items():
            verdict = said.get(frame)
            if verdict is None:
                self.missing.append(f"{one.capture.name} frame {frame}")
                continue
            words = truth.words
            true_copy = None if words["duplicate_of"] == "-" else int(words["duplicate_of"])
            if true_copy is not None or verdict["duplicate_of"] is not None:
                right = verdict["duplicate_of"] == true_copy
                self.copies["right" if right else "missed" if verdict["duplicate_of"] is None else "false"] += 1
                if not right:
                    self.wrong_copies.append(f"{one.capture.name} frame {frame}: truly {true_copy}, "
                                             f"said {verdict['duplicate_of']}")
                if true_copy is not None:
                    continue
            if truth.causes != ("-",):
                mine[verdict["connection"]].append(Answer(one.capture, notes, one.full, words, truth.causes, verdict))
        for group in mine.values():
            self.answers += thinned(group)


def thinned(group):
    """At most MOST of them, the first and the last included."""
    if len(group) <= MOST:
        return group
    return [group[round(number * (len(group) - 1) / (MOST - 1))] for number in range(MOST)]


def read_notes(capture):
    """The '#key value' lines of the truth file."""
    stem = capture.name.split(".pcap")[0]
    notes = {}
    for line in capture.with_name(stem + ".truth").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        key, _, value = line[1:].partition(" ")
        notes[key] = value
    return notes


def vantage(answer):
    """Where the capture stands as seen from the RST: at its sender's name X, at its receiver Y, or between."""
    at = {"x": "client", "y": "server"}.get(answer.notes["vantage"])
    if at is None or answer.words["sender"] == "-":
        return "between"
    return "at X" if at == answer.words["sender"] else "at Y"


# -------------------------------------------------------------------------------------------------------------- figures

def share(answers, holds):
    answers = list(answers)
    return (sum(map(bool, map(holds, answers))), len(answers))


def right_by(answers, key):
    groups = defaultdict(list)
    for answer in answers:
        for word in key(answer):
            groups[word].append(answer)
    return {word: share(group, lambda a: a.right) for word, group in sorted(groups.items())}


def by_situation(answers, word):
    """As `accuracy` counts: a situation is wrong for a strength word if any of its answers with that word is."""
    good = defaultdict(lambda: True)
    for answer in answers:
        if answer.verdict["strength"] == word:
            good[answer.notes["run"]] &= answer.right
    return (sum(good.values()), len(good))


def figures(sheet):
    """{section: {name: (holds, of)}}"""
    mimics = [a for a in sheet.answers if a.mimic]
    answers = [a for a in sheet.answers if not a.mimic]
    full = [a for a in answers if a.full]
    honest = [a for a in answers if a.honest]
    forged = [a for a in answers if a.words["forged"] == "yes"]
    stated = [a for a in answers if a.verdict["origin"] != "unknown"]
    met = [a for a in answers if received(a)]
    alternatives = [len(a.verdict["alternatives"]) for a in answers]
    sections = {
        "strength": {word: share([a for a in answers if a.verdict["strength"] == word], lambda a: a.right)
                     for word in STRENGTHS},
        "strength, by situations (one wrong answer spoils it)": {word: by_situation(answers, word) for word in STRENGTHS},
        "all": {
            "right": share(answers, lambda a: a.right),
            "a true cause first": share(answers, lambda a: a.first),
            "the very cause first": share(answers, lambda a: a.very_first),
            "full captures: the very cause first": share(full, lambda a: a.very_first),
            "full captures: certain": share(full, lambda a: a.verdict["strength"] == "certain"),
            "honest called third-party": share(honest, lambda a: a.verdict["origin"] == "third-party"),
            "origin stated": share(answers, lambda a: a.verdict["origin"] != "unknown"),
            "origin wrong, of those stated": share(stated, lambda a: a.verdict["origin"] != a.words["origin"]),
            "forged named so": share(forged, lambda a: a.verdict["cause"] in FORGED),
            "acceptance as the kernel, at Y, full": share(met, lambda a: not wrong_acceptance(a)),
            "acceptance unknown there": share(met, lambda a: a.verdict["acceptance"] == "unknown"),
            "effect as the kernel, at Y, full": share(
                [a for a in met if a.verdict["effect"] != "unknown"], lambda a: not wrong_effect(a)),
            "capture copies marked": (sheet.copies["right"], sum(sheet.copies.values())),
            "verdicts with injected among the alternatives": share(
                answers, lambda a: any(o["cause"] == "injected" for o in a.verdict["alternatives"])),
            "alternatives a reset (sum, resets)": (sum(alternatives), len(alternatives)),
        },
        "perfect mimics (counted nowhere else)": {
            "right": share(mimics, lambda a: a.right),
            "certain of something else": share(mimics, lambda a: a.verdict["strength"] == "certain" and not a.first),
        },
        "mechanism": right_by(answers, lambda a: [a.words["mechanism"]]),
        "vantage": right_by(answers, lambda a: [vantage(a)]),
        "what drew it": right_by(answers, lambda a: [SIGHTS[a.words["sight"]]]),
        "view": right_by(answers, lambda a: ["full" if a.full else a.capture.name.split(".")[2].rstrip("0123456789")]),
        "program": right_by(answers, lambda a: [a.notes["theme"]]),
        "box": right_by(answers, lambda a: a.notes["boxes"].split()),
        "stack of an end": right_by(answers, lambda a: [word.split("=")[-1] for word in a.notes["stacks"].split()]),
        "cause": right_by(answers, lambda a: [a.causes[0]]),
    }
    pairs = Counter((a.words["origin"], a.verdict["origin"]) for a in answers)
    totals = Counter(a.words["origin"] for a in answers)
    sections["confusion of origin"] = {f"{true} called {said}": (count, totals[true])
                                       for (true, said), count in sorted(pairs.items())}
    return sections


def received(answer):
    """Captured at its receiver, whole, and what that kernel did with it is known."""
    return answer.full and vantage(answer) == "at Y" and answer.words["acceptance"] in ("exact", "in-window", "out-of-window")


def wrong_acceptance(answer):
    return received(answer) and answer.verdict["acceptance"] != answer.words["acceptance"]


def wrong_effect(answer):
    return received(answer) and answer.verdict["effect"] not in ("unknown", answer.words["effect"])


def percent(pair):
    return f"{100 * pair[0] / pair[1]:6.2f} %" if pair and pair[1] else "     -  "


def print_figures(sections, baseline):
    for section, rows in sections.items():
        print(f"\n{section:<52}{'of':>8}{'now':>10}" + (f"{'baseline':>12}" if baseline else ""))
        for name, pair in rows.items():
            old = baseline[section].get(name) if baseline else None
            if name.startswith("alternatives"):
                value, before = (f"{p[0] / p[1]:8.2f}" if p and p[1] else "-" for p in (pair, old))
            else:
                value, before = percent(pair), percent(old)
            print(f"  {name:<50}{pair[1]:>8}{value:>10}" + (f"{before:>12}" if baseline else ""))


def kinds(sheet):
    """Kinds of situation (program and boxes) with enough resets, of which too few are right."""
    groups = defaultdict(list)
    for answer in sheet.answers:
        for box in answer.notes["boxes"].split() if not answer.mimic else ():
            groups[answer.notes["theme"] + " + " + box].append(answer)
    rows = {kind: share(group, lambda a: a.right) for kind, group in groups.items() if len(group) >= KIND_LEAST}
    return {kind: pair for kind, pair in sorted(rows.items(), key=lambda item: item[1][0] / item[1][1])
            if pair[0] < KIND_RIGHT * pair[1]}


def print_wrong(sheet, tcprst, options):
    wrong = [a for a in sheet.answers if not a.right and not a.mimic]
    order = {"certain": 0, "likely": 1, "possible": 2}
    wrong.sort(key=lambda a: (order[a.verdict["strength"]], a.causes, a.verdict["cause"]))
    print(f"\nwrong verdicts: {len(wrong)}" + (f", the first {options.wrong}" if len(wrong) > options.wrong else ""))
    ledger = "--why-not" in subprocess.run([tcprst, "--help"], capture_output=True, text=True, check=False).stdout
    for answer in wrong[:options.wrong]:
        verdict = answer.verdict
        facts = " ".join(piece["fact"] for piece in verdict["evidence"])
        print(f"{answer.capture} frame {verdict['frame']}: truly {'|'.join(answer.causes)} ({answer.words['mechanism']}, "
              f"{answer.words['kernel_reason']}), said {verdict['strength']} {verdict['cause']} [{answer.notes['theme']}; "
              f"{answer.notes['boxes']}; {vantage(answer)}] {facts}")
        if options.why:
            extra = ["--why", f"--frame={verdict['frame']}"] if ledger else ["--why"]
            said = subprocess.run([tcprst, *extra, str(answer.capture)], capture_output=True, text=True, check=False).stdout
            print("    " + "\n    ".join(said.splitlines()))
    print_other_faults(sheet, options)
    for line in sheet.failed + sheet.missing[:20]:
        print(f"not reported: {line}")
    for line in sheet.unlabelled[:20]:
        print(f"reported, and no reset by the truth: {line}")
    for line in sheet.wrong_copies[:10]:
        print(f"copy: {line}")


def print_other_faults(sheet, options):
    """Where the cause may be right and another word is wrong."""
    for title, fault in (("honest called third-party", lambda a: a.honest and a.verdict["origin"] == "third-party"),
                         ("third party called endpoint", lambda a: not a.honest and a.verdict["origin"] == "endpoint"),
                         ("acceptance not the kernel's (at Y)", wrong_acceptance),
                         ("effect not the kernel's (at Y)", wrong_effect)):
        found = [a for a in sheet.answers if fault(a)]
        print(f"\n{title}: {len(found)}" + (f", the first {options.wrong}" if len(found) > options.wrong else ""))
        for answer in found[:options.wrong]:
            verdict, words = answer.verdict, answer.words
            print(f"{answer.capture} frame {verdict['frame']}: truly {answer.causes[0]}, acceptance {words['acceptance']}, effect "
                  f"{words['effect']}; said {verdict['strength']} {verdict['cause']}, {verdict['acceptance']}, "
                  f"{verdict['effect']}, {verdict['origin']}")


def labelled_below(places):
    return [read_truth(path) for place in places for path in sorted(place.rglob("*.truth"))]


def judge_and_print(places, options):
    tcprst = find_tcprst(options.tcprst)
    labelled = labelled_below(places)
    if not labelled:
        sys.exit("exam: nothing to judge there")
    sheet = Sheet(tcprst, labelled)
    sections = figures(sheet)
    baseline = figures(Sheet(find_tcprst(options.baseline), labelled)) if options.baseline else None
    situations = {a.notes["run"] for a in sheet.answers}
    print(f"{len(situations)} situations with resets, {len(labelled)} captures, {len(sheet.answers)} resets judged, "
          f"{len(sheet.missing)} not reported, {len(sheet.failed)} captures failed")
    print_wrong(sheet, tcprst, options)
    print_figures(sections, baseline)
    bad = kinds(sheet)
    print(f"\nkinds of situation with at least {KIND_LEAST} resets, below {100 * KIND_RIGHT:.0f} % right: {len(bad)}")
    for kind, pair in bad.items():
        print(f"  {kind:<60}{pair[1]:>8}{percent(pair):>10}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"figures": sections, "baseline": baseline, "kinds": bad}, file, indent=1)
    return 0
