#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""test_language.py TCPRST CAPTURE...: that people read their language, chosen as they said, in columns that hold; and that programs read
the same in every language."""
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
import unittest
from pathlib import Path

TCPRST, *CAPTURES = sys.argv[1:]
CHINESE = re.compile("[\u4e00-\u9fff]")


def run(*arguments, **environment):
    clean = {"PATH": os.environ["PATH"], "TZ": "UTC", "COLUMNS": "80", "LC_ALL": "C.UTF-8", **environment}
    return subprocess.run([TCPRST, *arguments], env=clean, capture_output=True, check=False)


def report(*arguments, **environment):
    return run(*arguments, *CAPTURES[:1], **environment).stdout.decode()


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def causes():
    return re.findall(r"^  (\S+)", run("--list-causes").stdout.decode(), re.M)


class Choice(unittest.TestCase):
    def test_english_is_the_default(self):
        self.assertNotRegex(report(), CHINESE)

    def test_option(self):
        for language in "zh_CN", "zh_CN.UTF-8":
            for locale in "C", "C.UTF-8":
                self.assertIn("重置", report(f"--lang={language}", LC_ALL=locale))
        self.assertIn("重置", report("--lang", "zh_CN"))

    def test_environment(self):
        self.assertIn("重置", report(LANGUAGE="zh_CN"))
        self.assertIn("重置", report(LANGUAGE="xx:zh_CN"))

    def test_option_overrides_environment(self):
        self.assertEqual(report("--lang=en", LANGUAGE="zh_CN"), report())

    def test_a_terminal_without_utf8_gets_english(self):
        self.assertEqual(report(LC_ALL="C", LANGUAGE="zh_CN"), report(LC_ALL="C"))

    def test_what_is_not_there_is_refused(self):
        refused = run("--lang=xx", *CAPTURES[:1])
        self.assertEqual((refused.returncode, refused.stdout), (2, b""))
        self.assertEqual(refused.stderr, b"tcprst: --lang: no translation 'xx' here\n")

    def test_a_translation_that_cannot_be_used_is_not_called_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            catalogue = Path(folder) / "xx" / "LC_MESSAGES" / "tcprst.mo"
            catalogue.parent.mkdir(parents=True)
            catalogue.touch()
            refused = run("--lang=xx.UTF-8", *CAPTURES[:1], TCPRST_LOCALEDIR=folder)
        self.assertEqual((refused.returncode, refused.stdout), (2, b""))
        self.assertIn(b"the translation 'xx.UTF-8' is here, but the system has no locale to use it in", refused.stderr)

    def test_help_and_errors(self):
        self.assertRegex(run("--lang=zh_CN", "--help").stdout.decode(), "抓包")
        self.assertRegex(run("--lang=zh_CN", "--cause=nothing", "x").stderr.decode(), "没有名为“nothing”")
        self.assertRegex(run("--lang=zh_CN", "nosuch.pcap").stderr.decode(), "无法打开")


class Machines(unittest.TestCase):
    def test_the_same_in_every_language(self):
        for options in ["-f", "json", "--why"], ["-f", "ndjson", "--why"], ["-f", "csv"], ["--list-causes", "-f", "json"]:
            captures = CAPTURES if options[0] == "-f" else []
            with self.subTest(options=options):
                english, chinese = run(*options, *captures), run("--lang=zh_CN", *options, *captures)
                self.assertEqual((english.stdout, english.stderr), (chinese.stdout, chinese.stderr))
                self.assertEqual(english.stdout, run(*options, *captures, LANGUAGE="zh_CN").stdout)


class Columns(unittest.TestCase):
    """What cannot be broken may be longer: a filter, a command."""

    def check(self, text):
        for line in text.splitlines():
            if " && " in line or line.startswith("    $ "):
                continue
            self.assertLessEqual(width(line), 80, line)
            self.assertNotRegex(line, r"^ *[，。、；：）”]", "punctuation that closes begins a line")

    def test_report(self):
        for capture in CAPTURES:
            self.check(run("--lang=zh_CN", capture).stdout.decode())

    def test_explanations(self):
        for cause in causes():
            text = run("--lang=zh_CN", "--explain", cause).stdout.decode()
            self.check(text)
            arrows = [width(line) for line in re.findall(r"^    \|.*\|$", text, re.M)]
            self.assertLessEqual(len(set(arrows)), 1 if max(arrows) == 52 else 2, text)

    def test_table_of_causes(self):
        table = re.search(r"^(事件 .*)\n(.*?)\n\n", report("--lang=zh_CN"), re.M | re.S)
        place = width(table.group(1)[:table.group(1).index("含义")])
        for row in re.findall(r"^ *\d.*$", table.group(2), re.M):
            start = re.match(r" *\S+ +\S+ +\S+ +", row).end()
            self.assertEqual(width(row[:start]), place, row)


class Page(unittest.TestCase):
    def test_language_and_words(self):
        page = report("--lang=zh_CN", "-f", "html")
        self.assertIn('<html lang="zh-CN">', page)
        self.assertIn('<html lang="en">', report("-f", "html"))
        for words in "下一步检查什么", "主题：自动", 'title: "原因"', '"certain":"确定"':
            self.assertIn(words, page)
        self.assertNotIn("{{", re.sub("<script.*?</script>", "", page, flags=re.S))
        self.assertNotRegex(page, r'_n?\("', "a text of the script that was not translated")

    def test_ticket(self):
        self.assertRegex(report("--lang=zh_CN", "-f", "markdown"), r"\| 事件 \| 重置 \| 原因 \| 含义 ")


if __name__ == "__main__":
    if not CHINESE.search(report("--lang=zh_CN")):
        print("built without translations")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
