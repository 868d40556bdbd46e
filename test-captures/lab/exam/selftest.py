# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the exam itself can fail: truth is found for what was recorded, the program scores, a mutated judge does not."""

import copy
from types import SimpleNamespace

from lab.packets import ACK, FIN, PSH, RST, SYN, Segment
from verdicts import find_tcprst

from . import score, truth
from .fabric import Birth

LEAST_RESETS = 10
MUTANTS_RIGHT_AT_MOST = 0.35      # a judge whose words are those of other resets


REFINES = {                       # what says more stands before what it refines (design/judgement.md, Ranking)
    "so-linger-abort": {"application-idle-timeout", "reset-instead-of-fin", "cancelled-transfer", "backend-unavailable"},
    "unread-data": {"application-idle-timeout", "early-reply", "cancelled-transfer", "backend-unavailable"},
    "abort-after-fin": {"data-after-close"},
}
APART = ({"cancelled-transfer", "reset-instead-of-fin"}, {"so-linger-abort", "unread-data"})      # never both true


def untrue(causes):
    """Why this cannot be what is true of one RST, most telling first, or None."""
    if len(set(causes)) < len(causes):
        return "a cause twice"
    if any(pair <= set(causes) for pair in APART):
        return "two that exclude each other"
    if any(cause in REFINES.get(general, ()) for at, general in enumerate(causes) for cause in causes[at:]):
        return "what refines behind what it refines"
    return None


class Mutant(score.Sheet):
    """The same answers under other causes: each `certain` of something else."""

    def __init__(self, sheet):
        self.__dict__.update(copy.copy(sheet).__dict__)
        self.answers = []
        for answer in sheet.answers:
            verdict = dict(answer.verdict, cause="mptcp-abort", strength="certain", alternatives=[],
                           origin="third-party" if answer.honest else "endpoint")
            self.answers.append(score.Answer(answer.capture, answer.notes, answer.full, answer.words, answer.causes, verdict))


class Story:
    """What one end sends, takes in and does, written by hand: what does truth.py say of the RST at its end?

    Each letter is an event: s S a d f go out (SYN, SYN-ACK, ACK, ten octets, FIN), their twins behind "<" come in; x is d, made
    before the other end's last ten octets were there; A: the program accepts the connection.
    """
    FLAGS = {"s": SYN, "S": SYN | ACK, "a": ACK, "d": ACK | PSH, "x": ACK | PSH, "f": ACK | FIN}

    def __init__(self):
        self.maker, self.now = SimpleNamespace(timeline=[], stack=None), 0

    def act(self, what, name, **how):
        self.maker.timeline.append(("act", what, name, how))

    def run(self, letters, port=1000):
        """The events of one connection, from this end's port; its name."""
        name = ("10.0.0.1", port, "10.0.0.2", 80)
        sent, came = [100], [900]                 # next number
        coming = False
        for letter in letters:
            if letter == "<":
                coming = True
                continue
            if letter == "A":
                self.act("accepted", name)
                continue
            mine, other = (came, sent) if coming else (sent, came)
            segment = self.segment(name[2:] + name[:2] if coming else name, self.FLAGS[letter], mine[0],
                                   other[0] - 10 * (letter == "x"), 10 * (letter in "dx"))
            mine[0] += segment.payload_length + (letter in "sSf")
            self.now += truth.MS
            self.maker.timeline.append(["in", None, segment, "01", "01", False] if coming else
                                       ("out", Birth(self.maker, segment), segment))
            coming = False
        return name

    @staticmethod
    def segment(name, flags, seq, ack, length):
        return Segment(*name[::2], *name[1::2], seq, ack if flags & ACK else 0, flags, 1000, 0, 64, length, b"", b"", b"", 0)

    def reset(self, name, reason):
        """The RST with which that connection ends, and what is true of it."""
        birth = Birth(self.maker, self.segment(name, RST, 0, 0, 0))
        birth.reason, birth.born, birth.trigger_segment, self.now = reason, self.now, None, self.now + truth.MS
        before = truth.past_of(self.maker.timeline, len(self.maker.timeline), name)
        self.maker.timeline.append(("out", birth, birth.segment))
        if reason in truth.ACTIVE:
            return lambda: truth.judge_abort(None, birth, before, self.maker.timeline.index(("out", birth, birth.segment)) + 1)
        drew = max(at for at, entry in enumerate(self.maker.timeline) if entry[0] == "in")
        return lambda: truth.judge_answer(None, birth, truth.past_of(self.maker.timeline, drew, name),
                                          self.maker.timeline[drew][2])


def told(letters, reason):
    """What is true of the RST that ends one connection of these events."""
    story = Story()
    name = story.run(letters)
    if reason in truth.ACTIVE:
        story.act("abort" if reason == "TCP_STATE" else "close", name)
    return story.reset(name, reason)()


def several(processes):
    """What is true of the last of some connections, opened without octets, that these processes' ends (None: each its own) reset."""
    story, last = Story(), None
    for number, process in enumerate(processes):
        name = story.run("s<Sa", 1000 + number)
        story.act("abort", name, process=process)
        last = story.reset(name, "TCP_STATE")
    return last()


KNOWN = (                         # by design/causes.md
    ("an answered request, then an abort", lambda: told("s<Sad<a<da", "TCP_STATE"), ("reset-instead-of-fin", "so-linger-abort")),
    ("a request without its answer", lambda: told("s<Sad<a", "TCP_STATE"), ("so-linger-abort",)),
    ("an answer that was not acknowledged", lambda: told("<sS<aA<dad", "TCP_STATE"), ("so-linger-abort",)),
    ("an answer that was", lambda: told("<sS<aA<dad<a", "TCP_STATE"), ("reset-instead-of-fin", "so-linger-abort")),
    ("a request that still came when its answer left", lambda: told("<sS<aA<dd<xa", "TCP_ABORT_ON_CLOSE"),
     ("early-reply", "unread-data")),
    ("the next request, unread", lambda: told("<sS<aA<dd<a<da", "TCP_ABORT_ON_CLOSE"), ("unread-data",)),
    ("the bare acknowledgment of a FIN", lambda: told("s<Saf<a", "TCP_ABORT_ON_DATA"), ("abort-after-fin",)),
    ("data behind a FIN", lambda: told("s<Saf<d", "TCP_ABORT_ON_DATA"), ("data-after-close",)),
    ("data behind a FIN, then an abort", lambda: told("s<Saf<d", "TCP_STATE"), ("data-after-close", "abort-after-fin")),
    ("three of one process", lambda: several("ppp"), ("mass-abort", "so-linger-abort")),
    ("three that had nothing to do with each other", lambda: several((None,) * 3), ("so-linger-abort",)),
    ("five of those within a second", lambda: several((None,) * 5), ("so-linger-abort", "mass-abort")),
)


def check(place, options, counts):
    """0 where every claim holds; says which does not."""
    sheet = score.Sheet(find_tcprst(options.tcprst), score.labelled_below([place]))
    mutant = Mutant(sheet)
    honest, wrong = (score.figures(one) for one in (sheet, mutant))
    odd = [f"{a.capture.name} frame {a.verdict['frame']}: {untrue(a.causes)}" for a in sheet.answers if untrue(a.causes)]
    misjudged = [f"{what}: {'|'.join(judge())}, not {'|'.join(wanted)}" for what, judge, wanted in KNOWN if judge() != wanted]
    claims = [
        ("; ".join(["what is true of histories that are known is found", *misjudged]), not misjudged),
        ("every situation was recorded", counts["void"] == 0),
        ("".join(["what is true of a reset goes together and stands in order", *(f"; {one}" for one in odd[:3])]), not odd),
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
