#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The layering check really refuses what cmake/layers.txt forbids: each row is a file, its text, and what must be said."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# file, its text, what the check must say of it (None: nothing)
CASES = [
    ("core/weigh_more.c", '#include "evidence.h"\n', None),
    ("core/weigh_more.c", '#include "connection.h"\n', "may not include core/connection.h"),
    ("core/claims_more.c", '#include "connection.h"\n', "may not include core/connection.h"),
    ("core/claims_more.c", "#include <time.h>\n", "may not include <time.h>"),
    ("core/view_more.c", '#include "claims.h"\n', "may not include core/claims.h"),
    ("core/evidence_window.c", '#include "connection.h"\n', None),
    ("core/evidence_window.c", '#include "weigh.h"\n', "may not include core/weigh.h"),
    ("core/connection_open.c", "#include <stdio.h>\n", "may not include <stdio.h>"),
    ("core/connection_open.c", "/*\n#include <stdio.h>\n*/\n", None),
    ("core/engine.c", "#include <glib.h>\n", "may not include <glib.h>"),
    ("core/engine.c", "#include NAME\n", "must name its file"),
    ("core/include/tcprst.h", '#include "connection.h"\n', "may not include core/connection.h"),
    ("analyzer/report.c", '#include "tcprst.h"\n#include <glib.h>\n', None),
    ("analyzer/report.c", '#include "../core/connection.h"\n', "may not include core/connection.h"),
    ("analyzer/report.c", '#include "connection.h"\n', "may not include core/connection.h"),
    ("analyzer/report.c", "#include <epan/packet.h>\n", "may not include <epan/packet.h>"),
    ("plugin/versions.h", "#include <epan/packet.h>\n", None),
    ("plugin/annotate.c", "#include <epan/packet.h>\n", "may not include <epan/packet.h>"),
    ("plugin/annotate.c", "#include <pcap/pcap.h>\n", "may not include <pcap/pcap.h>"),
    ("plugin/annotate.c", "#  include <unistd.h>\n", "may not include <unistd.h>"),
    ("bench/deep/loop.c", '#include "../../core/connection.h"\n', "may not include core/connection.h"),
]


class Layers(unittest.TestCase):
    def check(self, tree):
        return subprocess.run([sys.executable, ROOT / "cmake" / "check_layers.py", tree],
                              capture_output=True, text=True, check=False)

    def tree(self, files):
        top = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (top / "cmake").mkdir()
        shutil.copy(ROOT / "cmake" / "layers.txt", top / "cmake")
        stubs = {f"core/{name}.h": "" for name in ("claims", "connection", "evidence", "weigh")}
        for name, text in {**stubs, "core/include/tcprst.h": "", **files}.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text, encoding="utf-8")
        return top

    def test_rows(self):
        for name, text, said in CASES:
            with self.subTest(file=name, text=text):
                run = self.check(self.tree({name: text}))
                if said is None:
                    self.assertEqual((run.returncode, run.stderr), (0, ""))
                else:
                    self.assertEqual(run.returncode, 1)
                    self.assertIn(f"{name}:", run.stderr)
                    self.assertIn(said, run.stderr)

    def test_file_without_a_row(self):
        tree = self.tree({"core/engine.c": ""})
        table = tree / "cmake" / "layers.txt"
        rows = [line for line in table.read_text(encoding="utf-8").splitlines()
                if not line.startswith("core/* ")]
        table.write_text("\n".join(rows), encoding="utf-8")
        run = self.check(tree)
        self.assertEqual(run.returncode, 1)
        self.assertIn("core/engine.c:1: no row", run.stderr)

    def test_empty_tree_is_no_success(self):
        tree = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (tree / "cmake").mkdir()
        shutil.copy(ROOT / "cmake" / "layers.txt", tree / "cmake")
        self.assertNotEqual(self.check(tree).returncode, 0)

    def test_this_tree(self):
        run = self.check(ROOT)
        self.assertEqual((run.returncode, run.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
