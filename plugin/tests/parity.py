#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the two front doors: what tshark -2 shows of each reset, and what tcprst -f ndjson says of it.

Every field they share must have the same value, for every reset of every capture. Captures are files or directories; what is in
$TCPRST_CAPTURES (a list of them, separated by ':') is compared too.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import packets
from wireshark import Wireshark, read_what_it_could

# Neither occurs in a field; 0 to 0x1f are escaped where they occur in a text.
SEPARATOR, AGGREGATOR = "\x1e", "\x1f"


SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "tcprst.schema.json"


def value_at(path):
    def value(reset):
        for key in path:
            reset = reset[key]
        return [] if reset is None else [reset]
    return value


def shared_fields(properties, path=()):
    """By the schema, which verdict.def makes: {field of the plugin: what ndjson has for it, as a list}. Of arrays and what is
    in them the schema does not say as much."""
    shared = {}
    for key, about in properties.items():
        shared.update(shared_fields(about.get("properties", {}), (*path, key)))
        name = about.get("$comment", "").rpartition("filter: ")[2]
        if name.startswith("tcprst.") and about.get("type") != "array":
            shared[name] = value_at((*path, key))
    return shared


SHARED = {
    **shared_fields(json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["reset"]["properties"]),
    "tcprst.alternative": lambda reset: [a["cause"] for a in reset["alternatives"]],
    "tcprst.evidence": lambda reset: [e["fact"] for e in reset["evidence"]],
    "tcprst.sightings": lambda reset: [s["frame"] for s in reset["sightings"]],
    "tcprst.altered": lambda reset: [a["field"] for a in reset["altered"]],
    "tcprst.evidence.frame": lambda reset: [e["frame"] for e in reset["evidence"] if e["frame"] is not None],
}


def comparable(value):
    """A value of either side in one form: numbers as numbers, truth as 1 and 0, text as it is."""
    if isinstance(value, bool) or value in ("True", "False"):
        return Decimal(value in (True, "True"))
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    try:
        return Decimal(value)
    except ArithmeticError:
        return value.encode("unicode_escape").decode() if "\\" not in value else value


def from_analyzer(tcprst, capture):
    """{frame: {field: values}} by ndjson, and {frame: {frames of the resets it drew}}. None: not a capture for tcprst."""
    run = subprocess.run([tcprst, "-f", "ndjson", capture], capture_output=True, check=False)
    if run.returncode not in (0, 1):
        return None
    frames, drew = defaultdict(lambda: defaultdict(list)), defaultdict(list)
    for line in run.stdout.decode().splitlines():
        reset = json.loads(line, parse_float=Decimal)
        for field, values in SHARED.items():
            frames[reset["frame"]][field] += [comparable(value) for value in values(reset)]
        if reset["trigger_frame"] is not None and reset["duplicate_of"] is None:
            drew[reset["trigger_frame"]].append(reset["frame"])
    return frames, drew


def tshark_rows(ws, capture, where, names):
    run = ws.run("-n", "-2", "-r", ws.readable(capture), "-Y", where, "-T", "fields",
                 "-E", "separator=" + SEPARATOR, "-E", "aggregator=" + AGGREGATOR, "-E", "occurrence=a",
                 *(word for name in names for word in ("-e", name)))
    if not read_what_it_could(run):
        raise RuntimeError(f"tshark on {capture}: exit code {run.returncode}\n{run.stderr}")
    for line in run.stdout.split("\n"):
        if line:
            yield [cell.split(AGGREGATOR) if cell else [] for cell in line.split(SEPARATOR)]


def from_plugin(ws, capture):
    """The same as from_analyzer(), by tshark."""
    names = ["frame.number", "tcprst.drew", *SHARED]
    frames, drew = {}, {}
    for row in tshark_rows(ws, capture, "tcprst", names):
        values = {name: [comparable(value) for value in cell] for name, cell in zip(names, row)}
        frame = int(values.pop("frame.number")[0])
        drawn = values.pop("tcprst.drew")
        if drawn:
            drew[frame] = [int(value) for value in drawn]
        if values["tcprst.cause"]:
            frames[frame] = values
    return frames, drew


def differences(ws, tcprst, capture):
    """Lines that tell where the two differ, and how many resets were compared."""
    analyzer = from_analyzer(tcprst, capture)
    if analyzer is None:
        return [], None
    (said, said_drew), (shown, shown_drew) = analyzer, from_plugin(ws, capture)
    lines = []
    for frame in sorted(set(said) | set(shown)):
        if frame not in shown or frame not in said:
            lines.append(f"frame {frame}: a reset only {'in tcprst' if frame in said else 'in tshark'}")
            continue
        for field in SHARED:
            if said[frame][field] != shown[frame][field]:
                lines.append(f"frame {frame} {field}: tcprst {[str(v) for v in said[frame][field]]}, "
                             f"tshark {[str(v) for v in shown[frame][field]]}")
    for frame in sorted(set(said_drew) | set(shown_drew)):
        if sorted(said_drew.get(frame, [])) != sorted(shown_drew.get(frame, [])):
            lines.append(f"frame {frame} tcprst.drew: tcprst {said_drew.get(frame)}, tshark {shown_drew.get(frame)}")
    return lines, len(said)


def one_file(ws, files, size=100):
    """All captures one after the other in one file; tshark takes long to start. mergecap notes the names of what it merges,
    and its note breaks the file where they are too many, so it is done by parts."""
    targets = []
    for start in range(0, len(files), size):
        targets.append(os.path.join(ws.folder, f"{len(files)}-{start}.pcapng"))
        subprocess.run(["mergecap", "-a", "-w", targets[-1], *files[start:start + size]],
                       check=True, capture_output=True)
    return targets[0] if len(targets) == 1 else one_file(ws, targets, size)


def as_interfaces(ws, files, ahead=2.5):
    """What a client and its server captured, as two interfaces of one file: by one clock, and by clocks that differ; and what
    the client did beside what it did itself: as it is, and by another clock."""
    for client in (f for f in files if ".client." in f):
        stem = client.partition(".client.")[0] + ".server."
        for server in (client, *(f for f in files if f.startswith(stem))):
            moved = os.path.join(ws.folder, "moved.pcapng")
            subprocess.run(["editcap", "-t", str(ahead), server, moved], check=True, capture_output=True)
            for name, second in (("one", server), ("two", moved)):
                whose = "same." if server == client else ""
                merged = os.path.join(ws.folder, os.path.basename(stem) + whose + name + ".pcapng")
                # Else interfaces that look the same become one.
                subprocess.run(["mergecap", "-I", "none", "-w", merged, client, second], check=True, capture_output=True)
                yield merged


def captures(places):
    for place in places:
        path = Path(place)
        if path.is_dir():
            yield from sorted(str(p) for p in path.rglob("*")
                              if p.is_file() and any(s in (".pcap", ".pcapng", ".cap") for s in p.suffixes))
        else:
            yield str(path)


def chosen(ws, options):
    """The captures that the options name, and those of $TCPRST_CAPTURES."""
    files = list(captures(options.captures))
    if options.made:
        files += packets.write_shapes(ws.folder)
    if getattr(options, "interfaces", False):
        files = list(as_interfaces(ws, files))
    elif options.merged:
        files = [one_file(ws, files)]
    return files + list(captures(p for p in os.environ.get("TCPRST_CAPTURES", "").split(":") if p))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugin", required=True, help="the plugin's module, tcprst.so")
    parser.add_argument("--tcprst", required=True, help="the analyzer")
    parser.add_argument("--made", action="store_true", help="also captures made here: tunnels, fragments, quotes")
    parser.add_argument("--merged", action="store_true", help="put the captures in one file first, which is faster")
    parser.add_argument("--interfaces", action="store_true",
                        help="put each client's and its server's in one file, as two interfaces")
    parser.add_argument("captures", nargs="*", help="files or directories")
    options = parser.parse_args()
    files = resets = skipped = 0
    wrong = []
    with Wireshark(options.plugin) as ws:
        for capture in chosen(ws, options):
            lines, count = differences(ws, options.tcprst, capture)
            if count is None:
                skipped += 1
                continue
            files += 1
            resets += count
            wrong += [f"{capture}: {line}" for line in lines]
    print("\n".join(wrong))
    print(f"{files} captures, {resets} frames with resets, {len(wrong)} differences; "
          f"{skipped} files that tcprst does not take for captures")
    if files == 0 or resets == 0:
        sys.exit("nothing was compared")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
