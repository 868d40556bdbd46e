#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin in tshark: it loads, sees every TCP layer that Wireshark sees, and can be switched off.

usage: test_plugin.py PLUGIN.so [--catalogues FOLDER] [unittest arguments]
"""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

import packets as p
from wireshark import Wireshark

PLUGIN = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else sys.exit(__doc__)
CATALOGUES = os.path.abspath(sys.argv.pop(2)) if sys.argv[1:2] == ["--catalogues"] else None
if CATALOGUES:
    sys.argv.pop(1)


def setUpModule():
    global ws
    ws = Wireshark(PLUGIN)
    unittest.addModuleCleanup(ws.__exit__)


def capture(name, frames, **options):
    path = os.path.join(ws.folder, name + ".pcap")
    p.write_pcap(path, frames, **options)
    os.chmod(path, 0o644)
    return path


def tshark(*arguments, **options):
    run = ws.run(*arguments, **options)
    if run.returncode != 0:
        raise AssertionError(f"tshark {arguments}: exit code {run.returncode}\n{run.stderr}")
    return run.stdout


def pdml(*arguments, **options):
    """The PDML but for its head, which names the time of day."""
    return [line for line in tshark("-T", "pdml", *arguments, **options).split("\n")
            if not line.startswith("<pdml ")]


def fields(path, *names, passes=2, where="tcprst.cause", options=()):
    """The values of the fields, a list a frame."""
    arguments = ["-2"] if passes == 2 else []
    out = tshark(*arguments, "-r", path, "-Y", where, "-T", "fields", *options,
                 *(word for name in names for word in ("-e", name)))
    return [line.split("\t") for line in out.splitlines()]


class Loading(unittest.TestCase):
    def test_wireshark_lists_it(self):
        self.assertRegex(tshark("-G", "plugins"), r"tcprst\.so\s+\d+\.\d+\.\d+\s")

    def test_every_field_of_the_contract_exists(self):
        names = {line.split("\t")[2] for line in tshark("-G", "fields").splitlines()
                 if line.startswith("F\t") and "\ttcprst" in line}
        contract = """cause group strength stage acceptance effect sender origin severity peer_error device_text
            alternative evidence trigger event duplicate_of idle bytes_at_risk.from_sender bytes_at_risk.to_sender
            bytes_at_risk.unread_possible meaning advice final drew reset_in strength.level severity.level""".split()
        self.assertEqual([], [name for name in contract if "tcprst." + name not in names])

    def test_filters_on_values_are_accepted(self):
        path = capture("filters", [p.ethernet(x) for x in p.refused()])
        for expression in ('tcprst.cause == "closed-port"', 'tcprst.group in {"refused", "abort"}',
                           "tcprst.idle > 60", "tcprst.bytes_at_risk.from_sender >= 1",
                           "tcprst.trigger == 1", "tcprst.final == 1", "tcprst.expert.closed-port", "tcprst",
                           'tcprst.strength.level >= "likely"', "tcprst.severity.level < 2"):
            tshark("-2", "-r", path, "-Y", expression)

    def test_an_expert_field_a_cause(self):
        names = [line.split("\t")[2] for line in tshark("-G", "fields").splitlines() if "\ttcprst.expert." in line]
        self.assertEqual(len(set(names)), len(names))
        self.assertIn("tcprst.expert.injected", names)

    def test_preferences_exist(self):
        current = tshark("-G", "currentprefs")
        self.assertIn("tcprst.expert_min_strength", current)
        self.assertIn("tcprst.max_connections", current)
        self.assertIn("tcprst.info_column", current)


class Layers(unittest.TestCase):
    """Every RST that Wireshark dissects as TCP gets one verdict; nothing else does."""

    def test_shapes(self):
        for name, frames, options, resets in p.shapes():
            with self.subTest(shape=name):
                path = capture(name, frames, **options)
                rows = fields(path, "frame.number", "tcprst.cause", where="frame")
                self.assertEqual(resets, [int(row[0]) for row in rows if row[1]])
                self.assertTrue(all("," not in row[1] for row in rows), "one verdict a RST")

    def test_one_pass_sees_the_same(self):
        for name, frames, options, resets in p.shapes():
            if name in ("abort", "gre", "fragments", "quotes", "snapshot-48"):
                path = capture(name, frames, **options)
                self.assertEqual(resets, [int(row[0]) for row in fields(path, "frame.number", passes=1)], name)


class Switches(unittest.TestCase):
    def setUp(self):
        self.path = capture("switches", [p.ethernet(x) for x in p.refused() + p.aborted()])

    def test_plugin_off_leaves_tcp(self):
        for passes in ([], ["-2"]):
            arguments = [*passes, "-r", self.path]
            self.assertEqual(pdml(*arguments, plugin=False),
                             pdml(*arguments, "--disable-protocol", "tcprst"))

    def test_tcp_off_is_as_without_plugin(self):
        for passes in ([], ["-2"]):
            arguments = [*passes, "-r", self.path, "--disable-protocol", "tcp"]
            self.assertEqual(pdml(*arguments, plugin=False), pdml(*arguments))

    def test_decode_as_another_protocol(self):
        arguments = ["-2", "-r", self.path, "-d", "ip.proto==6,udp"]
        self.assertEqual(pdml(*arguments, plugin=False), pdml(*arguments))

    def test_min_strength_of_expert_information(self):
        def experts(strength):
            out = tshark("-2", "-r", self.path, "-q", "-z", "expert", "-o",
                         "tcprst.expert_min_strength:" + strength)
            return sum(line.split()[2] == "TCPRST" for line in out.splitlines() if len(line.split()) > 3)
        self.assertGreater(experts("possible"), 0)
        self.assertEqual(0, experts("none"))
        self.assertLessEqual(experts("certain"), experts("likely"))


class Profile(unittest.TestCase):
    """The profile "TCP Resets": Wireshark drops a rule or a button that it does not understand, and hardly says so."""

    @classmethod
    def setUpClass(cls):
        cls.folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "profile", "TCP Resets")
        cls.path = capture("profile", [p.ethernet(x) for x in p.refused() + p.aborted()])

    def lines(self, name):
        with open(os.path.join(self.folder, name), encoding="ascii") as file:
            return [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]

    def accept(self, filters):
        self.assertGreater(len(filters), 5)
        tshark("-r", self.path, "-Y", " or ".join(f"({x})" for x in filters))

    def test_colour_rules(self):
        self.accept([line.split("@")[2] for line in self.lines("colorfilters")])

    def test_filter_buttons(self):
        self.accept([row[2].replace("\\x22", '"') for row in csv.reader(self.lines("dfilter_buttons"))])

    def test_tshark_takes_it(self):
        target = os.path.join(ws.home, ".config", "wireshark", "profiles", "TCP Resets")
        shutil.copytree(self.folder, target)
        self.addCleanup(shutil.rmtree, os.path.join(ws.home, ".config"))
        arguments = ["-C", "TCP Resets", "-2", "-r", self.path]
        run = ws.run(*arguments)
        self.assertEqual((0, ""), (run.returncode, run.stderr))
        self.assertRegex(run.stdout.splitlines()[1], r"\bclosed-port (certain|likely) .* TCP 54 0 1 +reset\b")
        rules = tshark(*arguments, "-T", "fields", "-e", "frame.coloring_rule.name", "--color").splitlines()
        self.assertEqual(["Triggered a reset", "Reset: benign"], rules[:2])


def empty_values(found, name=""):
    """Names of what has no value in JSON whose objects were read as lists of pairs. Expert information has none, whosever it
    is."""
    if found in ("", None, []) and ".expert." not in name and "_expert_" not in name:
        yield name
    if isinstance(found, list):
        for item in found:
            key, value = item if isinstance(item, tuple) else (name, item)
            yield from empty_values(value, key)


class Details(unittest.TestCase):
    """What the details pane shows, as tshark -V prints it."""

    @classmethod
    def setUpClass(cls):
        cls.path = capture("details", [p.ethernet(x) for x in p.refused() + p.aborted(after=2)])
        shown = tshark("-2", "-V", "-r", cls.path, "-Y", "frame.number == 2").splitlines()
        start = next(i for i, line in enumerate(shown) if line.startswith("[TCP Reset Cause: "))
        cls.lines = [line for line in shown[start:] if line]

    def rows(self, indent):
        return [line.strip() for line in self.lines if len(line) - len(line.lstrip()) == indent]

    def test_rows_in_their_order(self):
        names = [row.split(":")[0].strip("[]") for row in self.rows(4) if not row.startswith("[   ")]
        self.assertEqual(["Cause", "Triggered by frame 1", "Effect", "Sent by", "Check next"], names[:5])
        self.assertEqual(["Evidence", "Numbers", "About this cause"], names[-3:])

    def test_lines_fit(self):
        long = [line for line in self.lines[1:] if len(line.strip()) > 72 and "closed-port (" not in line]
        self.assertEqual([], long)

    def test_all_in_brackets_and_nothing_twice(self):
        ours = [line.strip() for line in self.lines if "closed-port (" not in line]
        self.assertTrue(all(line.startswith("[") and line.endswith("]") for line in ours), ours)
        self.assertEqual(len(set(ours)), len(ours))

    def test_nothing_empty_in_json(self):
        whole = [tshark("-2", "-T", "json", "-r", self.path, "-Y", "tcprst")]
        lines = tshark("-2", "-T", "ek", "-r", self.path, "-Y", "tcprst").splitlines()
        for text in whole + lines:
            found = json.loads(text, object_pairs_hook=list)
            self.assertEqual([], [name for name in empty_values(found) if name.startswith("tcprst")])
        self.assertEqual(["tcprst.continued"], list(empty_values([("tcprst.continued", "")])))

    def test_reset_in_stands_on_the_syn(self):
        rows = fields(self.path, "frame.number", "tcprst.reset_in", where="tcprst.reset_in")
        self.assertEqual([["1", "2"], ["3", "8"]], rows)

    def test_info_column(self):
        for passes in ([], ["-2"]):
            lines = tshark(*passes, "-r", self.path).splitlines()
            self.assertRegex(lines[1], r" \[closed-port\??\]$")
            self.assertRegex(lines[7], r" \[[a-z-]+\??\]$")
            self.assertEqual(2, sum(bool(re.search(r" \[[a-z-]+\??\]$", line)) for line in lines))


def another_locale():
    """The environment of a locale that is not C: in C.UTF-8 newer C libraries (glibc 2.41) do not heed LANGUAGE."""
    there = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.split()
    named = [name for name in there if re.search(r"\.utf-?8$", name, re.I) and not name.startswith("C.")]
    if named:
        return {"LC_ALL": named[0]}
    folder = os.path.join(ws.folder, "locales")
    os.makedirs(folder)
    made = subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", os.path.join(folder, "en_US.UTF-8")], capture_output=True, check=False)
    return {"LC_ALL": "en_US.UTF-8", "LOCPATH": folder} if made.returncode in (0, 1) else {}


@unittest.skipUnless(CATALOGUES, "built without translations")
class Language(unittest.TestCase):
    """Labels are the reader's; fields, filters and their values are everybody's."""

    @classmethod
    def setUpClass(cls):
        cls.path = capture("language", [p.ethernet(x) for x in p.refused() + p.aborted(after=2)])
        folder = shutil.copytree(CATALOGUES, os.path.join(ws.folder, "locale"), dirs_exist_ok=True)
        cls.chinese = {"TCPRST_LOCALEDIR": folder, "LANGUAGE": "zh_CN", **another_locale()}

    def test_details(self):
        shown = tshark("-2", "-V", "-r", self.path, "-Y", "frame.number == 2", environment=self.chinese)
        for words in "[TCP 重置原因：", "[由第 1 帧触发]", "[证据]", "[各项数值]", "[关于该原因]":
            self.assertIn(words, shown)
        ours = shown[shown.index("[TCP 重置原因"):].splitlines()[1:]
        wide = [sum(2 if ord(c) > 0x2e7f else 1 for c in line.strip()) for line in ours if "closed-port（" not in line]
        self.assertLessEqual(max(wide), 72)

    def test_statistics(self):
        self.assertIn("TCP 重置原因", tshark("-q", "-r", self.path, "-z", "tcprst,summary", environment=self.chinese))

    def test_fields_are_the_same(self):
        every = re.findall(r"^F\t[^\t]*\t(tcprst\.[a-z_.]+)\t", tshark("-G", "fields"), re.M)
        self.assertIn("tcprst.advice", every)
        every.remove("tcprst.continued")  # a line of a label
        read = ["-2", "-r", self.path, "-Y", "tcprst.cause", "-T", "fields", *(word for name in every for word in ("-e", name))]
        self.assertEqual(tshark(*read), tshark(*read, environment=self.chinese))


class ReadFilter(unittest.TestCase):
    def test_no_reset_triggers_itself(self):
        """tshark -2 -R drops frames and gives their numbers to those that follow."""
        path = capture("readfilter", [p.ethernet(x) for i in range(3) for x in p.refused(port=1000 + i)])
        rows = fields(path, "frame.number", "tcprst.trigger", options=("-R", "tcp.flags.reset == 1"))
        self.assertEqual([["1", ""], ["2", ""], ["3", ""]], [(row + [""])[:2] for row in rows])


class Passes(unittest.TestCase):
    def test_two_passes_are_final(self):
        path = capture("final", [p.ethernet(x) for x in p.refused() + p.aborted(after=2)])
        finals = fields(path, "tcprst.final", passes=2)
        self.assertEqual(2, len(finals))
        self.assertTrue(all(row[0] in ("1", "True") for row in finals), finals)

    def test_statistics(self):
        path = capture("statistics", [p.ethernet(x) for x in p.refused() + p.aborted()])
        for passes in ([], ["-2"]):
            tree = tshark(*passes, "-r", path, "-q", "-z", "tcprst,tree")
            self.assertRegex(tree, r"Resets by cause and host \(values: bytes at risk\)\s+2\s")
            self.assertRegex(tree, r"Events by cause \(values: bytes at risk\)\s+2\s")
            self.assertRegex(tree, rf"{p.SERVER}\s+1\s")
            summary = tshark(*passes, "-r", path, "-q", "-z", "tcprst,summary")
            self.assertRegex(summary, r"2 resets in [12] event")
            only = tshark(*passes, "-r", path, "-q", "-z", "tcprst,summary,ip.src==" + p.SERVER)
            self.assertRegex(only, r"1 reset in 1 event\b")

    def test_most_come_first(self):
        path = capture("most", [p.ethernet(x) for i in range(3) for x in p.refused(port=81 + i)] +
                       [p.ethernet(x) for x in p.aborted()])
        tree = tshark("-2", "-r", path, "-q", "-z", "tcprst,tree")
        order = [line.split()[0] for line in tree.splitlines() if re.match(r"\s+(refused|abort|unknown) ", line)]
        self.assertEqual("refused", order[0])
        self.assertEqual(2, order.count("refused"))

    def test_a_tree_names_so_many_hosts(self):
        """Wireshark walks a node's children for each new one: a tree of all senders of a flood would take hours."""
        path = capture("flood", [p.ethernet(x) for i in range(1100)
                                 for x in p.refused(server=f"10.1.{i // 200}.{i % 200 + 1}")])
        tree = tshark("-n", "-2", "-r", path, "-q", "-z", "tcprst,tree")
        self.assertEqual(2 * 1000, len(re.findall(r"^\s+10\.1\.\d+\.\d+\s+1\s", tree, re.M)))
        self.assertEqual(["100"] * 2, re.findall(r"other hosts\s+(\d+)", tree))

    def test_forged_resets_are_in_somebodys_name(self):
        forged = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test-captures", "recorded",
                              "injected.bad-checksum.v4.client.pcapng")
        summary = tshark("-2", "-r", ws.readable(forged), "-q", "-z", "tcprst,summary")
        self.assertIn("  in the name of ", summary)

    def test_summary_refuses_a_bad_filter(self):
        path = capture("badfilter", [p.ethernet(x) for x in p.refused()])
        run = ws.run("-r", path, "-q", "-z", "tcprst,summary,no such field ==")
        self.assertIn("summary of TCP reset causes", run.stderr)
        self.assertNotIn("TCP Reset Causes", run.stdout)

    def test_expert_column_keeps_the_higher_severity(self):
        path = capture("column", [p.ethernet(x) for x in p.refused()])
        arguments = ["-2", "-r", path, "-o", 'gui.column.format:"No.","%m","Expert","%a"']
        self.assertEqual(tshark(*arguments, plugin=False), tshark(*arguments))


class SecondFile(unittest.TestCase):
    def captured(self, path, *arguments):
        """Return code, output and errors of tshark that captures the file from standard input."""
        if "LD_PRELOAD" in ws.environment:
            self.skipTest("dumpcap, which inherits the preloaded sanitizer, hangs in its libraries' exit functions")
        with open(path, "rb") as live, subprocess.Popen(
                [ws.tshark_program, "-i", "-", *arguments], stdin=live, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, start_new_session=True,
                **ws.settings(environment={"WIRESHARK_DEBUG_WMEM_OVERRIDE": "strict"})) as process:
            try:
                output, errors = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # dumpcap too
                self.skipTest("tshark does not end a capture from standard input here")
            return process.returncode, output, errors

    def test_summary_of_a_capture_into_several_files(self):
        """tshark -b begins each file afresh; what the summary counts is of all of them."""
        path = capture("several", [p.ethernet(x) for i in range(20) for x in p.refused(port=1000 + i)])
        status, output, errors = self.captured(path, "-P", "-q", "-b", "packets:10", "-w",
                                               os.path.join(ws.home, "ring.pcapng"), "-z", "tcprst,summary")
        if "40 packets captured" not in errors:
            self.skipTest("cannot capture from a pipe here: " + errors.strip())
        self.assertEqual(0, status, errors)
        self.assertIn("20 resets in 20 events", output)

    def test_nothing_is_left_of_the_file_before(self):
        """sharkd opens one file after the other in one process, as the GUI does."""
        sharkd = next((path for path in (os.environ.get("SHARKD"), "/usr/bin/sharkd")
                       if path and os.path.exists(path)), None)
        if not sharkd:
            self.skipTest("no sharkd here")
        first = capture("first", [p.ethernet(x) for x in p.aborted(after=2)])
        second = capture("second", [p.ethernet(x) for x in p.refused()])
        requests = ""
        for number, path in enumerate((first, second, first), 1):
            requests += ('{"jsonrpc":"2.0","id":%d,"method":"load","params":{"file":"%s"}}\n'
                         '{"jsonrpc":"2.0","id":%d,"method":"frame","params":{"frame":%d,"proto":true}}\n'
                         % (2 * number, path, 2 * number + 1, 2 if path == second else 6))
        run = subprocess.run([sharkd, "-"], input=requests, text=True, capture_output=True, check=False,
                             **ws.settings())
        answers = [json.loads(line)["result"] for line in run.stdout.splitlines() if '"tree"' in line]
        self.assertEqual(3, len(answers), run.stdout + run.stderr)
        ours = [[node for node in answer["tree"] if node.get("f") == "tcprst"] for answer in answers]
        self.assertEqual([1, 1, 1], [len(nodes) for nodes in ours])
        self.assertEqual(ours[0], ours[2])
        self.assertNotEqual(ours[0], ours[1])


if __name__ == "__main__":
    unittest.main(verbosity=1)
