# SPDX-License-Identifier: GPL-2.0-or-later
"""What the report tests share: running tcprst, and captures made for them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import packets
from processes import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "test-captures" / "recorded"
# With sanitizers each run takes five times as long: what goes through most recordings takes so much fewer.
RARER = int(os.environ.get("TCPRST_RARER", "1"))
TCPRST = os.path.abspath(sys.argv[1])
SYN, RST, ACK, SYN_ACK, PSH_ACK, RST_ACK, FIN_ACK = 0x02, 0x04, 0x10, 0x12, 0x18, 0x14, 0x11
BASE = 1700000000
# Without GLib's own pools the sanitizer sees what is never freed.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "G_SLICE": "always-malloc", "TZ": "UTC"}
ENVIRONMENT.pop("COLUMNS", None)
for unwanted in ("NO_COLOR", "COLUMNS"):
    ENVIRONMENT.pop(unwanted, None)


def tcprst(*arguments, **options):
    """Runs tcprst; outputs are octets."""
    options.setdefault("env", ENVIRONMENT)
    return subprocess.run([TCPRST, *map(os.fspath, arguments)], capture_output=True, check=False, timeout=PATIENCE, **options)


def text_of(run):
    return run.stdout.decode("utf-8")


class Conversation:
    """Frames of several connections with their times, in the order they are added."""

    def __init__(self, client="10.1.1.5", server="192.0.2.80", ip=packets.ipv4):
        self.client, self.server, self.ip = client, server, ip
        self.frames, self.times, self.now = [], [], 0.0

    def add(self, to_server, sport, dport, flags, seq=0, ack=0, payload=b"", **fields):
        source, destination = (self.client, self.server) if to_server else (self.server, self.client)
        segment = packets.tcp(sport, dport, seq, ack, flags, payload, window=fields.pop("window", 512))
        ethertype = 0x86dd if self.ip is packets.ipv6 else 0x0800
        self.frames.append(packets.ethernet(self.ip(segment, src=source, dst=destination, **fields), ethertype))
        self.times.append((BASE + int(self.now), int(self.now % 1 * 1e6)))
        self.now += 0.001

    def again(self):
        """The last packet as a capture has it that takes each twice."""
        self.frames.append(self.frames[-1])
        self.times.append(self.times[-1])

    def refuse(self, port, sport=40000):
        """A SYN to a closed port."""
        self.add(True, sport, port, SYN, 1000)
        self.add(False, port, sport, RST_ACK, 0, 1001, window=0, **({} if self.ip is packets.ipv6 else {"ident": 0}))

    def open(self, port=80, sport=41000):
        self.add(True, sport, port, SYN, 5000)
        self.add(False, port, sport, SYN_ACK, 9000, 5001)
        self.add(True, sport, port, ACK, 5001, 9001)

    def abort(self, port=80, sport=41000, text=b""):
        """A connection that its server resets, perhaps saying why."""
        self.open(port, sport)
        self.add(True, sport, port, PSH_ACK, 5001, 9001, b"GET / HTTP/1.0\r\n\r\n")
        self.add(False, port, sport, RST_ACK, 9001, 5019, text, window=0)

    def forget(self, request, answer=b"", port=80, sport=43000):
        """A connection whose server answers, and meets the next request without knowing it any more."""
        self.open(port, sport)
        self.add(True, sport, port, PSH_ACK, 5001, 9001, b"x")
        self.add(False, port, sport, PSH_ACK, 9001, 5002, answer or b"y")
        ack = 9001 + len(answer or b"y")
        self.now += 700
        self.add(True, sport, port, PSH_ACK, 5002, ack, request)
        self.add(False, port, sport, RST, ack, 0, window=0)

    def close(self, port=80, sport=42000):
        self.open(port, sport)
        self.add(True, sport, port, FIN_ACK, 5001, 9001)
        self.add(False, port, sport, FIN_ACK, 9001, 5002)
        self.add(True, sport, port, ACK, 5002, 9002)

    def pcap(self, **options):
        return packets.pcap(self.frames, times=self.times, **options)

    def write(self, path, **options):
        path.write_bytes(self.pcap(**options))
        return path


ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
