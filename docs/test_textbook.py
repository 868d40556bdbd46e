#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What textbook.md says happens: test_textbook.py TCPRST [--bless]

The lines it shows of reports are those that tcprst prints (--bless writes them anew), and its commands, each in a network of its own,
make the resets, or print the words, that it says they do.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE / "textbook.md"
RECORDED = HERE.parent / "test-captures" / "recorded"
TCPRST = Path(sys.argv[1]).resolve()
REPORT = re.compile(r"<!-- report: ([\w.-]+) -->\n(?:\n```console\n.*?```\n)?", re.S)
COMMANDS = re.compile(r"```sh (makes|prints) ([^\n]+)\n(.*?)```\n", re.S)
SKIPPED = 77

# Writes what comes in on the loopback interface to a pcap file until its standard input is closed.
RECORDER = """
import select, socket, struct, sys, time
with open(sys.argv[1], "wb") as out, socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
    wire.bind(("lo", 0))
    out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    print("ready", flush=True)
    ending = False
    while True:
        ready, _, _ = select.select([wire] if ending else [wire, sys.stdin], [], [], 0 if ending else None)
        if wire in ready:
            frame, address = wire.recvfrom(65535)
            now = time.time()
            if address[2] != socket.PACKET_OUTGOING:
                out.write(struct.pack("=IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
        elif ending:
            break
        else:
            ending = True
"""


def alone(*command, **options):
    """A command in a network of its own."""
    return ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]


def has_networks():
    return bool(shutil.which("unshare") and shutil.which("ip")) and \
        subprocess.run(alone("true"), capture_output=True, check=False).returncode == 0


def report(name):
    """The sentence at the top and the first event."""
    capture = next(path for path in sorted(RECORDED.glob(name + ".pcap*")))
    shown = capture.relative_to(HERE.parent)
    run = subprocess.run([TCPRST, shown], cwd=HERE.parent, capture_output=True, text=True, check=True,
                         env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "COLUMNS": "100"})
    parts = run.stdout.split("\n\n")
    event = next(part for part in parts if part.startswith("● "))
    return f"<!-- report: {name} -->\n\n```console\n$ tcprst {shown}\n{parts[1]}\n\n{event.rstrip()}\n```\n"


def blessed(page):
    return REPORT.sub(lambda match: report(match[1]), page)


class Textbook(unittest.TestCase):
    maxDiff = None

    def test_reports(self):
        page = PAGE.read_text(encoding="utf-8")
        self.assertGreater(len(REPORT.findall(page)), 6)
        self.assertEqual(page, blessed(page), "docs/test_textbook.py TCPRST --bless rewrites it")

    def make(self, script, folder):
        """Runs a script in a network of its own. Returns what it printed, and the resets that tcprst found in it."""
        capture, recorder = folder / "made.pcap", folder / "recorder.py"
        recorder.write_text(RECORDER, encoding="utf-8")
        (folder / "script.sh").write_text(script, encoding="utf-8")
        wrapper = ('mkfifo "$1/stop"; python3 "$1/recorder.py" "$1/made.pcap" <"$1/stop" >"$1/ready" & exec 3>"$1/stop"\n'
                   'while [ ! -s "$1/ready" ]; do sleep 0.02; done\n'
                   'bash -e "$1/script.sh"; status=$?; exec 3>&-; wait; exit $status')
        run = subprocess.run(alone("bash", "-c", wrapper, "bash", folder), capture_output=True, text=True, check=False,
                             timeout=3600)
        self.assertEqual(run.returncode, 0, run.stderr)
        resets = subprocess.run([TCPRST, "-f", "ndjson", capture], capture_output=True, text=True, check=True)
        return run.stdout, [json.loads(line) for line in resets.stdout.splitlines()]

    @unittest.skipUnless(has_networks(), "no networks of one's own here (unshare -rn)")
    def test_commands(self):
        found = COMMANDS.findall(PAGE.read_text(encoding="utf-8"))
        self.assertGreater(len(found), 5)
        for what, words, script in found:
            if "nft" in script and not shutil.which("nft"):
                continue
            with self.subTest(script=script[:60]), tempfile.TemporaryDirectory(prefix="tcprst-textbook-") as folder:
                printed, resets = self.make(script, Path(folder))
                if what == "prints":
                    self.assertEqual(printed.split(), words.split())
                    self.assertGreater(len(resets), 1)
                    continue
                self.assertEqual(len(resets), 1)
                self.assertIn(resets[0]["cause"], words.split(" or "))


if __name__ == "__main__":
    if "--bless" in sys.argv:
        PAGE.write_text(blessed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        unittest.main(argv=sys.argv[:1])
