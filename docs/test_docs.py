#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/ holds is what the tables say now: test_docs.py MAKE_DOCS TCPRST [CATALOGUES LANGUAGE...]"""

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAKE_DOCS, TCPRST, *LANGUAGES = sys.argv[1:]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


class Docs(unittest.TestCase):
    def test_nothing_is_stale(self):
        """Every derived file is as make_docs makes it, and no page of a cause that is gone is left."""
        made = Path(self.enterContext(tempfile.TemporaryDirectory()))
        subprocess.run([MAKE_DOCS, HERE / "templates", made, *LANGUAGES], check=True)
        files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
        self.assertGreater(len(files), 40)
        for name in files:
            with self.subTest(file=str(name)):
                self.assertTrue((HERE / name).is_file(), "missing: run `cmake --build build --target update-docs`")
                self.assertTrue(filecmp.cmp(made / name, HERE / name, shallow=False),
                                "stale: run `cmake --build build --target update-docs`")
        for folder in [Path("causes"), *(Path(language, "causes") for language in LANGUAGES[1:])]:
            pages = {path.name for path in (HERE / folder).iterdir()}
            self.assertEqual(pages, {path.name for path in (made / folder).iterdir()})

    def test_every_cause_explains_itself(self):
        listed = re.findall(r"^  ([a-z-]+)  ", run(TCPRST, "--list-causes").stdout, re.M)
        self.assertEqual(len(listed), len(list((HERE / "causes").iterdir())) - 1)
        for cause in listed:
            with self.subTest(cause=cause):
                page = run(TCPRST, "--explain", cause)
                self.assertEqual(page.returncode, 0)
                for heading in ("How it comes about", "confused with", "applications see", "check next", "References"):
                    self.assertIn(heading, page.stdout)
                self.assertLessEqual(max(map(len, page.stdout.splitlines())), 100)

    def test_man_page_names_every_option(self):
        page = (HERE / "tcprst.1").read_text(encoding="utf-8").replace("\\-", "-")
        options = set(re.findall(r"^\s+(?:-\w, )?--([a-z-]+)", run(TCPRST, "--help").stdout, re.M))
        self.assertGreater(len(options), 15)
        for option in options:
            self.assertIn(f"--{option}", page)

    @unittest.skipUnless(shutil.which("appstreamcli"), "appstream is not installed")
    def test_appstream_metadata(self):
        checked = run("appstreamcli", "validate", "--no-net", str(HERE / "org.wireshark.Wireshark.tcprst.metainfo.xml"))
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_man_page_renders_without_warnings(self):
        page = run("groff", "-man", "-ww", "-z", "-Tutf8", str(HERE / "tcprst.1"))
        self.assertEqual((page.returncode, page.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_man_page_passes_mandoc(self):
        self.assertEqual(run("mandoc", "-T", "lint", "-W", "warning", str(HERE / "tcprst.1")).stdout, "")

    def test_every_link_between_pages_leads_somewhere(self):
        for page in [*(HERE / "causes").glob("*.md"), *HERE.glob("*/causes/*.md")]:
            for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")


class Completions(unittest.TestCase):
    def bash(self, *words):
        """What bash offers for the last of the words."""
        script = (f"source {HERE}/completions/tcprst.bash\n"
                  'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tcprst 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"')
        return run("bash", "-c", script, "bash", *words).stdout.split()

    @unittest.skipUnless(shutil.which("bash"), "bash is not installed")
    def test_bash(self):
        self.assertEqual(self.bash("tcprst", "--form"), ["--format="])
        self.assertEqual(self.bash("tcprst", "-f", "nd"), ["ndjson"])
        self.assertEqual(self.bash("tcprst", "--format", "=", "h"), ["html"])
        self.assertEqual(self.bash("tcprst", "-c", "closed"), ["closed-port"])
        self.assertEqual(self.bash("tcprst", "-c", "closed-port,so-l"), ["closed-port,so-linger-abort"])
        self.assertIn("suspicious", self.bash("tcprst", "--fail-on", "su"))
        self.assertIn("--why", self.bash("tcprst", "--"))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_parses(self):
        self.assertEqual(run("zsh", "-n", str(HERE / "completions" / "_tcprst")).stderr, "")

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        environment = {**os.environ, "HOME": self.enterContext(tempfile.TemporaryDirectory())}
        offered = run("fish", "--no-config", "-c",
                      f"source {HERE}/completions/tcprst.fish; complete -C 'tcprst --format nd'; "
                      "complete -C 'tcprst -c closed-po'", env=environment)
        self.assertEqual(offered.stderr, "")
        self.assertEqual([line.split("\t")[0] for line in offered.stdout.splitlines()], ["ndjson", "closed-port"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
