#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""test_po.py: that po/tcprst.pot has every sentence that people read, and that each catalogue po/*.po is one of it: whole, well-formed, and
with nothing changed that is no prose."""
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import make_pot

PO = pathlib.Path(__file__).resolve().parent
UPDATE = "cmake --build BUILD --target update-po"


def read(path):
    """{(context, msgid): (plural, [msgstr...])} of a catalogue that msgfmt accepts."""
    entries, fields, name = {}, {}, None
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        said = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$', line)
        if said:
            name = said.group(1)
            fields[name] = said.group(2)
        elif line.startswith('"'):
            fields[name] += line
        elif not line and "msgid" in fields:
            text = {key: unquoted(value) for key, value in fields.items()}
            forms = [value for key, value in text.items() if key.startswith("msgstr")]
            entries[text.get("msgctxt"), text["msgid"]] = (text.get("msgid_plural"), forms)
            fields = {}
    return entries


def unquoted(text):
    joined = re.sub(r'(?<!\\)""', "", text)[1:-1]
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), joined)


def kept(text):
    """What a translation must have as often as the original: {a:time}, `code`, words the analyzer fills in, marks of diagrams' lines."""
    code = re.findall(r"`[^`]*`", text)
    words = re.findall(r"\b(?:SENDER|PEER|SERVER|CLIENT|PORT|FILE|STREAM|TIME|CAPTURE)\b(?!-)", re.sub(r"`[^`]*`", "", text))
    return collections.Counter(re.findall(r"\{\w+(?::\w+)?\}", text) + code + words)


class Template(unittest.TestCase):
    def test_has_every_sentence(self):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".pot") as made:
            made.write(make_pot.make())
            made.flush()
            self.assertEqual(set(read(PO / "tcprst.pot")), set(read(pathlib.Path(made.name))), f"po/tcprst.pot is stale: {UPDATE}")


class Catalogues(unittest.TestCase):
    def setUp(self):
        self.template = read(PO / "tcprst.pot")
        self.catalogues = sorted(PO.glob("*.po"))

    def test_well_formed(self):
        for path in self.catalogues:
            said = subprocess.run(["msgfmt", "--check", "--statistics", "--output-file=/dev/null", path], capture_output=True, text=True)
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertNotIn("fuzzy", said.stderr, path.name)

    def test_same_sentences(self):
        for path in self.catalogues:
            self.assertEqual(set(self.template), set(read(path)), f"{path.name} is stale: {UPDATE}")

    def test_nothing_lost(self):
        for path in self.catalogues:
            for (_context, text), (plural, forms) in read(path).items():
                for form in filter(None, forms if text else []):
                    with self.subTest(catalogue=path.name, sentence=text):
                        self.assertIn(kept(form), (kept(text), kept(plural or text)))
                        self.assertNotRegex(form, r"\ufffd|[<>]/?script", "what no sentence has")
                        if re.match(r"[<>X=]+ ", text):
                            marks = [[line[:2] for line in which.split("\n")] for which in (text, form)]
                            self.assertEqual(*marks, "the lines of a diagram")


if __name__ == "__main__":
    if not all(map(shutil.which, ("xgettext", "msgfmt", "msgcat"))):
        print("needs gettext")
        sys.exit(77)
    unittest.main()
