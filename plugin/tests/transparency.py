#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows that the plugin changes nothing but what it adds: tshark's PDML with it, less what it added, is that without it.

Compares one pass and two, byte by byte; Protocol Hierarchy; and the packet list's lines, which are the same where the cause in
the Info column is switched off, and else the same but for it. Captures are files or directories; what is in
$TCPRST_CAPTURES (a list of them, separated by ':') is compared too.
"""

import argparse
import re
import sys
from itertools import zip_longest

from parity import chosen
from wireshark import Wireshark, read_what_it_could

OURS = re.compile(r'^(\s*)<(proto|field) name="tcprst"')
IN_INFO = re.compile(r" \[[a-z]+(-[a-z]+)*\??\]")
NO_INFO = ("-o", "tcprst.info_column:FALSE")


def without_ours(lines):
    """The lines of a PDML document without the elements of protocol tcprst; returns them and how many elements went."""
    kept, removed, end = [], 0, None
    for line in lines:
        if end is not None:
            if line == end:
                end = None
            continue
        ours = OURS.match(line)
        if not ours:
            kept.append(line)
            continue
        removed += 1
        if not line.endswith("/>"):
            end = f"{ours.group(1)}</{ours.group(2)}>"
    return kept, removed


def output(ws, capture, arguments, plugin):
    run = ws.run("-n", "-r", ws.readable(capture), *arguments, plugin=plugin)
    if not read_what_it_could(run):
        raise RuntimeError(f"tshark {arguments} on {capture}: exit code {run.returncode}\n{run.stderr[-2000:]}")
    # The document's head names the time of day.
    return [line for line in run.stdout.split("\n") if not line.startswith("<pdml ")]


def first_difference(name, stock, ours):
    for number, (a, b) in enumerate(zip_longest(stock, ours), 1):
        if a != b:
            return [f"{name}, line {number}: without {a!r}, with {b!r}"]
    return []


def without_causes(lines):
    """Lines of the packet list without what has the form of a cause."""
    return [IN_INFO.sub("", line) for line in lines]


def compare(ws, capture):
    """Lines that tell where the output differs, and how many elements the plugin added."""
    lines, added = [], 0
    for passes in ([], ["-2"]):
        arguments = [*passes, "-T", "pdml"]
        ours, removed = without_ours(output(ws, capture, arguments, True))
        added += removed
        name = "two passes" if passes else "one pass"
        lines += first_difference(name, output(ws, capture, arguments, False), ours)
        phs = [*passes, "-q", "-z", "io,phs"]
        lines += first_difference(name + ", hierarchy", output(ws, capture, phs, False), output(ws, capture, phs, True))
    stock = output(ws, capture, [], False)
    lines += first_difference("packet list", stock, output(ws, capture, NO_INFO, True))
    ours = output(ws, capture, [], True)
    lines += first_difference("packet list with causes", without_causes(stock), without_causes(ours))
    if ours == stock and added:
        lines.append("packet list: no cause in the Info column")
    return lines, added


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugin", required=True, help="the plugin's module, tcprst.so")
    parser.add_argument("--made", action="store_true", help="also captures made here: tunnels, fragments, quotes")
    parser.add_argument("--merged", action="store_true", help="put the captures in one file first, which is faster")
    parser.add_argument("captures", nargs="*", help="files or directories")
    options = parser.parse_args()
    files = added = 0
    wrong = []
    with Wireshark(options.plugin) as ws:
        for capture in chosen(ws, options):
            lines, count = compare(ws, capture)
            files += 1
            added += count
            wrong += [f"{capture}: {line}" for line in lines]
    print("\n".join(wrong))
    print(f"{files} captures, {added} elements added by the plugin, {len(wrong)} differences")
    if files == 0 or added == 0:
        sys.exit("nothing was compared")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
