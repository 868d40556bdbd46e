#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares every TCP segment that the decoder finds with what tshark shows, field by field.

usage: compare_with_tshark.py DUMP_SEGMENTS [--merged] CAPTURE...

--merged puts the captures into one file first (mergecap), which is much faster; a directory means the captures in it.

TCP that is quoted in an ICMP error is left out, as both front doors do. Exit 77 (skipped) without tshark.
"""
import glob
import ipaddress
import os
import shutil
import subprocess
import sys
import tempfile

FIELDS = ["ip.src", "ip.dst", "ip.ttl", "ip.id", "ip.dsfield", "ip.flags.df", "ipv6.src", "ipv6.dst",
          "ipv6.hlim", "ipv6.tclass", "ipv6.flow", "tcp.srcport", "tcp.dstport", "tcp.flags",
          "tcp.seq_raw", "tcp.ack_raw", "tcp.window_size_value", "tcp.hdr_len", "tcp.len"]


def tshark_rows(capture):
    """frame number -> {field: [values]} of the frames with TCP."""
    command = ["tshark", "-n", "-r", capture, "-Y", "tcp", "-T", "fields", "-E", "separator=/t",
               "-E", "occurrence=a", "-e", "frame.number", "-e", "frame.protocols",
               "-e", "frame.time_epoch", "-e", "icmp.type", "-e", "icmpv6.type"]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    rows = {}
    for line in run.stdout.splitlines():
        values = line.split("\t")
        row = dict(zip(["number", "protocols", "time", "icmp", "icmpv6"] + FIELDS, values))
        rows[int(row["number"])] = row
    return rows


def our_rows(dump, capture):
    """frame number -> [fields by name], one entry a TCP layer."""
    run = subprocess.run([dump, capture], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         check=False)
    if run.returncode:
        raise SystemExit(f"{dump} {capture}: exit {run.returncode}\n{run.stderr}")
    rows = {}
    for line in run.stdout.splitlines():
        words = line.split()
        row = dict(word.split("=", 1) for word in words[6:])
        row["src"], row["sport"], row["dst"], row["dport"] = words[2:6]
        rows.setdefault(int(words[0].split(":")[1]), []).append(row)
    return rows


def last(text):
    return text.split(",")[-1] if text else None


def address(text):
    return ipaddress.IPv6Address(text) if text else None


def number(text):
    return int(text, 0) if text else None


def differences(ours, row):
    """The innermost segment of ours against tshark's last values."""
    pairs = [("sport", ours["sport"], last(row["tcp.srcport"])),
             ("dport", ours["dport"], last(row["tcp.dstport"]))]
    if row["tcp.flags"]:  # else the header is not wholly captured, and tshark shows the ports only
        pairs += tcp_pairs(ours, row)
    pairs += ip_pairs(ours, row)
    if row["time"]:
        seconds, fraction = row["time"].split(".")
        pairs.append(("time", int(ours["time"]), int(seconds) * 10**9 + int(fraction.ljust(9, "0"))))
    return [f"{name} {ours_value} tshark {theirs}" for name, ours_value, theirs in pairs
            if ours_value != theirs]


def tcp_pairs(ours, row):
    pairs = [("flags", number(ours["flags"]), number(last(row["tcp.flags"]))),
             ("seq", ours["seq"], last(row["tcp.seq_raw"])),
             ("ack", ours["ack"], last(row["tcp.ack_raw"])),
             ("hlen", ours["hlen"], last(row["tcp.hdr_len"])),
             ("len", ours["len"], last(row["tcp.len"]))]
    if row["tcp.window_size_value"]:
        pairs.append(("win", ours["win"], last(row["tcp.window_size_value"])))
    return pairs


def ip_pairs(ours, row):
    if ":" not in ours["src"]:
        return [("src", ours["src"], last(row["ip.src"])), ("dst", ours["dst"], last(row["ip.dst"])),
                  ("ttl", ours["ttl"], last(row["ip.ttl"])),
                  ("id", number(ours["id"]), number(last(row["ip.id"]))),
                  ("tos", number(ours["tos"]), number(last(row["ip.dsfield"]))),
                  ("df", ours["df"], last(row["ip.flags.df"]))]
    return [("src", address(ours["src"]), address(last(row["ipv6.src"]))),
            ("dst", address(ours["dst"]), address(last(row["ipv6.dst"]))),
            ("ttl", ours["ttl"], last(row["ipv6.hlim"])),
            ("tos", number(ours["tos"]), number(last(row["ipv6.tclass"]))),
            ("flow", number(ours["flow"]), number(last(row["ipv6.flow"])))]


def quoted(row):
    """Whether all the TCP of the frame stands in ICMP errors."""
    protocols = row["protocols"].split(":")
    first_tcp = protocols.index("tcp") if "tcp" in protocols else len(protocols)
    return any(name in protocols[:first_tcp] for name in ("icmp", "icmpv6"))


def compare(dump, capture):
    theirs, ours = tshark_rows(capture), our_rows(dump, capture)
    problems, equal = [], 0
    for frame in sorted(set(theirs) | set(ours)):
        row, segments = theirs.get(frame), ours.get(frame, [])
        if row and quoted(row) and not segments:
            continue
        if not row:
            problems.append(f"frame {frame}: tshark sees no TCP, we see {segments}")
            continue
        if not segments and not row["tcp.len"]:
            continue  # a header that says nothing: cut off before its end or impossible
        if not segments:
            problems.append(f"frame {frame}: we see no TCP, tshark does: {row['protocols']} "
                            f"flags {row['tcp.flags']} len {row['tcp.len']}")
            continue
        count = len(row["tcp.srcport"].split(","))
        if count != len(segments):
            problems.append(f"frame {frame}: {len(segments)} TCP layers, tshark {count}")
        found = differences(segments[-1], row)
        if found:
            problems.append(f"frame {frame}: " + "; ".join(found) + f" ({row['protocols']})")
        else:
            equal += 1
    return equal, problems


def captures_in(names):
    captures = []
    for name in names:
        if os.path.isdir(name):
            captures += sorted(glob.glob(os.path.join(name, "*.pcap")) + glob.glob(os.path.join(name, "*.pcapng")))
        else:
            captures.append(name)
    return captures


def merge(captures, directory):
    """A few files out of many: mergecap opens all it is given, and users may open some thousand files only."""
    at_once = 250
    merged = []
    for begin in range(0, len(captures), at_once):
        merged.append(os.path.join(directory, f"merged-{begin}.pcapng"))
        subprocess.run(["mergecap", "-a", "-w", merged[-1], *captures[begin:begin + at_once]], check=True)
    return merged


def main():
    dump, names = sys.argv[1], sys.argv[2:]
    merged = names[0] == "--merged"
    if not shutil.which("tshark") or (merged and not shutil.which("mergecap")):
        print("tshark is not installed")
        return 77
    captures = captures_in(names[1:] if merged else names)
    assert captures, "no captures"
    failed = False
    total = 0
    with tempfile.TemporaryDirectory() as directory:
        for capture in merge(captures, directory) if merged else captures:
            equal, problems = compare(dump, capture)
            total += equal
            for problem in problems:
                failed = True
                print(f"{capture}: {problem}")
    print(f"{total} frames with TCP are the same in {len(captures)} captures")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
