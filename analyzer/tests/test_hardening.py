#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What cmake/Hardening.cmake asks for is in the program that is released: test_hardening.py READELF TCPRST"""

import platform
import subprocess
import sys
import unittest
from pathlib import Path

READELF, TCPRST = sys.argv[1], sys.argv[2]
SAID = subprocess.run([READELF, "-h", "-l", "-d", "--dyn-syms", "-W", TCPRST], capture_output=True, text=True, check=True,
                      env={"LC_ALL": "C"}).stdout
ENDBR64 = bytes.fromhex("f30f1efa")


class Hardening(unittest.TestCase):
    def test_what_the_linker_was_asked_for(self):
        for what, pattern in (("a place chosen at random", r"Type: +DYN"), ("PIE", r"FLAGS_1.*\bPIE\b"),
                              ("tables of pointers read-only", r"\n +GNU_RELRO "), ("... from the start", r"FLAGS.*BIND_NOW"),
                              ("no code on the stack", r"\n +GNU_STACK .* RW +0x")):
            with self.subTest(what=what):
                self.assertRegex(SAID, pattern)

    def test_no_segment_is_both_written_and_executed(self):
        self.assertNotRegex(SAID, r"\n +LOAD .* RWE +0x")

    def test_what_the_compiler_was_asked_for(self):
        for what, pattern in (("guards of return addresses", r"__stack_chk_fail\b"),
                              ("checked sizes of buffers", r"__\w+_chk@")):
            with self.subTest(what=what):
                self.assertRegex(SAID, pattern)

    @unittest.skipUnless(platform.machine() == "x86_64", "another kind of machine")
    def test_landing_places_of_indirect_calls(self):
        self.assertGreater(Path(TCPRST).read_bytes().count(ENDBR64), 50)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
