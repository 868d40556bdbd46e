#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The core as others get it: installed into a prefix that is then moved, and the example built against it by pkg-config alone."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PUBLIC = HERE.parent / "include"
GIVEN = argparse.Namespace()


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="tcprst-library-")))
        for component in ("library", "development"):
            run(GIVEN.cmake, "--install", GIVEN.build, "--prefix", cls.directory / "made", "--component", component)
        cls.prefix = (cls.directory / "made").rename(cls.directory / "moved")
        [described] = cls.prefix.rglob("tcprst.pc")
        cls.libraries = described.parent.parent
        cls.environment = {**os.environ, "PKG_CONFIG_PATH": str(described.parent), "LD_LIBRARY_PATH": str(cls.libraries)}

    def flags(self, *asked):
        return run("pkg-config", *asked, "tcprst", env=self.environment).split()

    def declared(self):
        """The functions of the public headers, as the preprocessor leaves them."""
        headers = "".join(f"#include <{path.relative_to(PUBLIC)}>\n" for path in sorted(PUBLIC.rglob("*.h")))
        text = run(GIVEN.cc, "-E", "-P", "-x", "c", f"-I{PUBLIC}", "-", input=headers)
        text = re.sub(r"\{[^{}]*\}|typedef[^;]*;", "", text)
        inline = re.findall(r"\bstatic inline \w+ (tcprst_\w+)\(", text)
        return set(re.findall(r"\b(tcprst_\w+)\([^;]*;", text)).difference(inline)

    def names(self, *command):
        return {line.split()[-1] for line in run("nm", *command).splitlines() if re.search(r" [A-TV-Z] ", line)}

    def example(self, *how):
        program = self.directory / "example"
        run(GIVEN.cc, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", HERE / "example.c", "-o", program, *how)
        return run(program, env=self.environment)

    def test_example_shared(self):
        said = self.example(*self.flags("--cflags", "--libs"))
        self.assertRegex(said, r"^frame 2: closed-port \((certain|likely)\): .+\n$")
        self.assertIn(f"libtcprst.so.{GIVEN.soversion}", run("readelf", "-d", self.directory / "example"))

    def test_example_static(self):
        words = [":libtcprst.a".join(("-l", "")) if word == "-ltcprst" else word for word in self.flags("--cflags", "--libs")]
        said = self.example(*words)
        self.assertIn("frame 2: closed-port", said)
        self.assertNotIn("libtcprst", run("readelf", "-d", self.directory / "example"))

    def test_a_program_may_have_names_of_the_core_s_files(self):
        """Those that files of the core share with one another are nobody else's business."""
        source = self.directory / "own.c"
        source.write_text((HERE / "example.c").read_text(encoding="utf-8") +
                          "int weigh, reset_before; void judge_reset(void); void judge_reset(void) {}\n", encoding="utf-8")
        run(GIVEN.cc, source, "-o", self.directory / "own", *self.flags("--cflags"), self.libraries / "libtcprst.a")

    def test_only_what_is_declared_is_exported(self):
        declared = self.declared()
        self.assertGreater(len(declared), 40)
        self.assertEqual(self.names("-D", "--defined-only", self.libraries / "libtcprst.so"), declared)
        self.assertEqual(self.names("-g", "--defined-only", self.libraries / "libtcprst.a"), declared)

    def test_version(self):
        [library] = self.libraries.glob(f"libtcprst.so.{GIVEN.soversion}")
        self.assertEqual(library.resolve().name, f"libtcprst.so.{self.flags('--modversion')[0]}")

    def test_headers_for_cplusplus(self):
        if not shutil.which("c++"):
            self.skipTest("no C++ compiler")
        text = "".join(f"#include <{path.relative_to(PUBLIC)}>\n" for path in sorted(PUBLIC.rglob("*.h")))
        run("c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++", *self.flags("--cflags"), "-",
            input=text + "int main() { return tcprst_cause_id(TCPRST_CAUSE_CLOSED_PORT) == nullptr; }\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for word in ("cmake", "build", "cc", "soversion"):
        parser.add_argument(f"--{word}", required=True)
    GIVEN, rest = parser.parse_known_args()
    if not shutil.which("pkg-config"):
        print("pkg-config is not here")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *rest])
