#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make_pot.py [--update]: prints the template of all that is to be translated; --update writes po/tcprst.pot, and merges it into po/*.po.

What xgettext finds: calls in C and JavaScript, and the columns of the core's and the analyzer's tables that people read. Besides, the
words of enumerations (core/names.c) and the sentences of the page's template (analyzer/html/page.html). No line numbers and no date,
so that a template changes only where a sentence does.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parent.parent

# table: {macro: columns, counted from 1}
TABLES = {
    "core/include/tcprst/causes.def": {"GROUP": [3], "CAUSE": [8, 9, 10, 12, 13, 14]},
    "core/include/tcprst/facts.def": {"FACT": [3, 4], "FACT_ELSE": [4]},
    "core/include/tcprst/points.def": {"POINT": [3]},
    "core/include/tcprst/words.def": {"KIND": [1], "WORD": [3], "TERM": [1, 2]},
    "core/include/tcprst/verdict.def": {"FIELD": [8, 10]},
    "core/claims.def": {"CLAIM": [4], "UNCLEAR": [3]},
    "core/mechanisms.def": {"MECHANISM": [2]},
    "core/signatures.c": {"TIMER": [2]},
    "core/weigh_cost.c": {"SAID": [1]},
    "analyzer/capture_foreign.c": {"MAGIC": [3]},
    "analyzer/options.def": {"OPTION": [7]},
}
CALLS = ["--keyword=_", "--keyword=N_", "--keyword=_n:1,2", "--keyword=translate_plural:1,2", "--keyword=words_counted:2,3",
         "--keyword=put_counted:2,3", "--keyword=say:2"]
# Enumerations whose words are shown: <kind>_ids in core/names.c; the table of another file.
KINDS = ["strength", "stage", "acceptance", "effect", "sender", "origin", "severity", "peer_error"]
CHANGES = ("analyzer/report_baseline.c", r"const char \*change_id\(.*?ids\[\] = \{(.*?)\};")

HEADER = """# Translations of tcprst.
# This file is distributed under the same licence as tcprst: GPL-2.0-or-later.
msgid ""
msgstr ""
"Project-Id-Version: tcprst\\n"
"Language: \\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"
"""


def run(*command):
    done = subprocess.run(command, cwd=TREE, check=False, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr}")
    return done.stdout


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def entry(place, text, context=None):
    return f"\n#: {place}\n" + (f"msgctxt {quoted(context)}\n" if context else "") + f'msgid {quoted(text)}\nmsgstr ""\n'


def xgettext(output, *arguments):
    run("xgettext", "--join-existing", "--force-po", "--from-code=UTF-8", "--add-location=file", f"--output={output}", *arguments)


def words():
    """The words of enumerations, each in the context of its kind."""
    names = (TREE / "core/names.c").read_text(encoding="utf-8")
    for kind in KINDS:
        table = re.search(rf"{kind}_ids\[\] = \{{(.*?)\}};", names, re.S).group(1)
        for word in re.findall(r'"([^"]*)"', table):
            if not word.startswith("E"):  # the errors of errno.h
                yield entry("core/names.c", word, kind.replace("_", " "))
    for word in re.findall(r'"([^"]*)"', re.search(CHANGES[1], (TREE / CHANGES[0]).read_text(encoding="utf-8"), re.S).group(1)):
        yield entry(CHANGES[0], word, "change")
    yield entry("analyzer/summary_incidents.c", "third-party", "sender")


def sentences_of_page():
    page = (TREE / "analyzer/html/page.html").read_text(encoding="utf-8")
    for text in dict.fromkeys(re.findall(r"\{\{_(.*?)\}\}", page)):
        yield entry("analyzer/html/page.html", text)


def c_files():
    for room in "core", "analyzer", "plugin", "docs":
        for path in sorted((TREE / room).glob("*.[ch]")):
            yield path.relative_to(TREE).as_posix()


def make():
    with tempfile.TemporaryDirectory() as folder:
        found, others, whole = (pathlib.Path(folder) / name for name in ("found.po", "others.po", "whole.po"))
        found.write_text(HEADER, encoding="utf-8")
        for table, macros in TABLES.items():
            for macro, columns in macros.items():
                for column in columns:
                    xgettext(found, "--language=C", "--keyword", f"--keyword={macro}:{column}", table)
        xgettext(found, "--language=C", "--keyword", *CALLS, *c_files())
        xgettext(found, "--language=JavaScript", "--keyword", *CALLS, "analyzer/html/script.js")
        others.write_text(HEADER + "".join(words()) + "".join(sentences_of_page()), encoding="utf-8")
        run("msgcat", "--use-first", "--sort-by-file", "--width=120", f"--output-file={whole}", others, found)
        text = whole.read_text(encoding="utf-8")
    # All come from the file of their first mention on; a comment of a table's heading is none for translators.
    return re.sub(r"^#\. .*\n", "", text, flags=re.M)


def update(template):
    (TREE / "po/tcprst.pot").write_text(template, encoding="utf-8")
    for catalogue in sorted((TREE / "po").glob("*.po")):
        run("msgmerge", "--quiet", "--no-fuzzy-matching", "--update", "--backup=none", "--width=120", "--sort-by-file", catalogue, "po/tcprst.pot")


if __name__ == "__main__":
    made = make()
    if sys.argv[1:] == ["--update"]:
        update(made)
    else:
        sys.stdout.write(made)
