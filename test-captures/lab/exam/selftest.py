# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the exam itself can fail: truth is found for what was recorded, the program scores, a mutated judge does not."""

import copy

from verdicts import find_tcprst

from . import score

LEAST_RESETS = 10
MUTANTS_RIGHT_AT_MOST = 0.35      # a judge whose words are those of other resets


class Mutant(score.Sheet):
    """The same answers under other causes: each `certain` of something else."""

    def __init__(self, sheet):
        self.__dict__.update(copy.copy(sheet).__dict__)
        self.answers = []
        for answer in sheet.answers:
            verdict = dict(answer.verdict, cause="mptcp-abort", strength="certain", alternatives=[],
                           origin="third-party" if answer.honest else "endpoint")
            self.answers.append(score.Answer(answer.capture, answer.notes, answer.full, answer.words, answer.causes, verdict))


def check(place, options, counts):
    """0 where every claim holds; says which does not."""
    sheet = score.Sheet(find_tcprst(options.tcprst), score.labelled_below([place]))
    mutant = Mutant(sheet)
    honest, wrong = (score.figures(one) for one in (sheet, mutant))
    claims = [
        ("every situation was recorded", counts["void"] == 0),
        (f"at least {LEAST_RESETS} resets were judged, {len(sheet.answers)} were", len(sheet.answers) >= LEAST_RESETS),
        ("each reset that the program reports has its truth, and each true one is reported",
         not sheet.missing and not sheet.failed and not sheet.unlabelled),
        (f"the program is right more often than not ({percent(honest)})", right(honest) > 0.5),
        (f"a judge of other words scores low ({percent(wrong)})", right(wrong) <= MUTANTS_RIGHT_AT_MOST),
        ("a judge that accuses the honest is seen to", wrong["all"]["honest called third-party"][0] > 0),
    ]
    for what, holds in claims:
        print(("holds  " if holds else "FAILS  ") + what)
    return 0 if all(holds for _, holds in claims) else 1


def right(figures):
    holds, of = figures["all"]["right"]
    return holds / of if of else 0.0


def percent(figures):
    return f"{100 * right(figures):.0f} %"
