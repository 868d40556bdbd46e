# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine's tables as the tests read them, and what `ledgers` tells of them on captures."""

import importlib.machinery
import importlib.util
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORE = HERE.parent / "core"


def read_truth(path):
    """As the program accuracy reads a .truth file."""
    loader = importlib.machinery.SourceFileLoader("accuracy", str(HERE / "accuracy"))
    module = sys.modules.get("accuracy")
    if not module:
        module = sys.modules["accuracy"] = importlib.util.module_from_spec(
            importlib.util.spec_from_loader("accuracy", loader))
        loader.exec_module(module)
    return module.read_truth(path)


def find_ledgers(given=None):
    """The program that tells ledgers: as given, or of the build that was made last."""
    if given:
        return Path(given).resolve()
    builds = [path for path in HERE.parent.glob("build*/**/test-captures/ledgers") if path.is_file()]
    if not builds:
        sys.exit("no program ledgers found: build it, or name it with --ledgers")
    return max(builds, key=lambda path: path.stat().st_mtime)


def text_of(path):
    """A table without comments and without the lines of the preprocessor."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
    macros = dict(re.findall(r"^#define (\w+)((?:.*\\\n)+.*)$", text, flags=re.M))
    text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M)
    for name, body in macros.items():
        text = re.sub(rf"\b{name}\b", body.replace("\\\n", " "), text)
    return text


def calls(text, name):
    """The arguments of every NAME(...), split at the commas outside of brackets and texts."""
    for start in re.finditer(rf"\b{name}\(", text):
        words, word, depth, quoted = [], "", 1, False
        for at in range(start.end(), len(text)):
            char = text[at]
            quoted ^= char == '"'
            depth += (char == "(") - (char == ")") if not quoted else 0
            if depth == 0:
                break
            if char == "," and depth == 1 and not quoted:
                words.append(word.strip())
                word = ""
            else:
                word += char
        yield [*words, word.strip()]


def prices(words):
    """Of C(CLAIM, fails, unseen), ...: {claim: (fails, unseen)}."""
    return {claim: (fails, unseen) for word in words for claim, fails, unseen in calls(word, "C")}


@dataclass
class Claim:
    name: str
    id: str
    channel: str
    sentence: str
    facts: tuple
    expression: str


@dataclass
class Mechanism:
    id: str
    maker: str
    kind: str
    signs: tuple
    claims: dict


@dataclass
class Row:
    """One hypothesis."""

    cause: str
    number: int
    mechanism: str
    rarity: int
    signs: tuple
    claims: dict

    @property
    def name(self):
        return f"{self.cause}[{self.number}] {self.mechanism}"


def words_in(call):
    return tuple(re.findall(r"\b\w+\b(?!\()", call.partition("(")[2]))


def cause_ids():
    """{ID: id} of causes.def."""
    text = text_of(CORE / "include" / "tcprst" / "causes.def")
    return {words[0]: words[1].strip('"') for words in calls(text, "CAUSE")}


def cause_makers():
    """{id: maker} of causes.def."""
    text = text_of(CORE / "include" / "tcprst" / "causes.def")
    return {words[1].strip('"'): words[4] for words in calls(text, "CAUSE")}


def cause_reasons():
    """{id: the kernel's reasons} of causes.def."""
    text = text_of(CORE / "include" / "tcprst" / "causes.def")
    return {words[1].strip('"'): set(re.findall(r'"(\w+)"', words[6])) for words in calls(text, "CAUSE")}


def word_ids():
    """The ids of what several causes are called together."""
    ids = cause_ids()
    return {ids[call[0]] for call in calls(text_of(CORE / "hypotheses.def"), "WORD")}


def claims():
    return {w[0]: Claim(w[0], w[1].strip('"'), w[2], w[3].strip('"'), words_in(w[4]), ", ".join(w[5:]))
            for w in calls(text_of(CORE / "claims.def"), "CLAIM")}


def signs():
    """{name: (scope, channel, price, facts, expression)}."""
    return {w[0]: (w[1], w[2], int(w[3]), words_in(w[4]), ", ".join(w[5:]))
            for w in calls(text_of(CORE / "signs.def"), "SIGN")}


def mechanisms():
    path = CORE / "mechanisms.def"
    makers = dict(re.findall(r"^#define MADE_BY_(\w+) (.*)$", path.read_text(encoding="utf-8"), flags=re.M))
    return {w[0]: Mechanism(w[1].strip('"'), w[2], w[3], words_in(w[4]), prices([*w[5:], makers[w[2]]]))
            for w in calls(text_of(path), "MECHANISM")}


def rows():
    """Every row of hypotheses.def, as {(cause id, number): Row}."""
    ids, found = cause_ids(), {}
    for words in calls(text_of(CORE / "hypotheses.def"), "HYPOTHESES"):
        for number, row in enumerate(calls(",".join(words[2:]), "H")):
            cause = ids[words[0]]
            found[cause, number] = Row(cause, number, row[0], int(row[1]), words_in(row[2]), prices(row[3:]))
    return found


@dataclass
class Told:
    """What `ledgers` says of one RST."""

    frame: int
    cause: str
    strength: str
    row: tuple = None
    true: list = field(default_factory=list)    # (cause, row number, total, {claim id: state})


def ledgers(program, wanted):
    """Runs it over {capture: {frame: causes}}; gives {capture: {frame: Told}}. Raises where it fails."""
    lines = ["\t".join([str(capture), *(f"{frame}={cause}" for frame, causes in frames.items() for cause in causes)])
             for capture, frames in wanted.items()]
    run = subprocess.run([str(program)], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{program}: exit code {run.returncode}: {run.stderr.strip()}")
    told, here, reset = defaultdict(dict), None, None
    for line in run.stdout.splitlines():
        kind, *words = line.split("\t")
        if kind == "capture":
            here = Path(words[0])
        elif kind == "reset":
            reset = told[here][int(words[0])] = Told(int(words[0]), words[1], words[2])
        elif kind == "row":
            reset.row = (words[0], int(words[1]))
        elif kind == "true":
            reset.true.append((words[0], int(words[1]), int(words[2]), {}))
        elif kind == "claim":
            reset.true[-1][3][words[0]] = words[1]
    return told
