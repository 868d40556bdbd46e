# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own word on each reset: tracepoints tcp:tcp_send_reset and tcp:tcp_receive_reset, in an instance of our own."""

import os
import re
import subprocess
import time
from dataclasses import dataclass

TRACEFS = "/sys/kernel/tracing"


@dataclass
class Event:
    kind: str                     # "send" or "receive"
    time: int                     # ns since the epoch
    src: str                      # of the segment sent; of the receiver (its own address) for "receive"
    sport: int
    dst: str
    dport: int
    reason: str = "-"
    used: bool = False


_SEND = re.compile(r" (\d+)\.(\d+): tcp_send_reset: .*src=(\S+) dest=(\S+) state=\S* reason=(\S+)")
_RECEIVE = re.compile(r" (\d+)\.(\d+): tcp_receive_reset: family=(\S+) sport=(\d+) dport=(\d+) saddr=(\S+) "
                      r"daddr=(\S+) saddrv6=(\S+) daddrv6=(\S+)")


def _endpoint(text):
    host, _, port = text.rpartition(":")
    return _plain(host), int(port)


def _plain(host):
    host = host.strip("[]")
    return host[7:] if host.startswith("::ffff:") and "." in host else host


class Tracer:
    def __init__(self, name):
        if not os.path.exists(TRACEFS + "/README"):
            subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACEFS], check=True)
        self.place = f"{TRACEFS}/instances/{name}"
        os.mkdir(self.place)
        try:
            self._write("buffer_size_kb", "4096")
            # TAI is the realtime clock plus whole seconds: the capture's time stamps, without its leaps
            self._write("trace_clock", "tai")
            for event in ("tcp_send_reset", "tcp_receive_reset"):
                self._write(f"events/tcp/{event}/enable", "1")
            self._write("tracing_on", "1")
        except OSError:
            self.close()
            raise

    def _write(self, file, text):
        with open(f"{self.place}/{file}", "w", encoding="ascii") as handle:
            handle.write(text)

    def events(self, addresses, since):
        """What the kernel said since then of resets between these addresses, in order of time."""
        offset = round(time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_TAI)) * 10**9
        with open(self.place + "/trace", encoding="ascii", errors="replace") as file:
            lines = file.readlines()
        found = []
        for line in lines:
            event = _parse(line, offset)
            # a listener's reset names no destination
            if event and event.time >= since and event.src in addresses and \
                    (event.dst in addresses or not event.dport):
                found.append(event)
        return sorted(found, key=lambda event: event.time)

    def text(self, addresses, since):
        """The trace's own lines of resets between these addresses, as a user's `cat trace` has them."""
        offset = round(time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_TAI)) * 10**9
        with open(self.place + "/trace", encoding="ascii", errors="replace") as file:
            lines = file.readlines()
        kept = [line for line in lines if line.startswith("#")]
        for line in lines:
            event = _parse(line, offset)
            if event and event.time >= since and event.src in addresses and (event.dst in addresses or not event.dport):
                kept.append(line)
        return "".join(kept)

    def close(self):
        try:
            self._write("tracing_on", "0")
        finally:
            os.rmdir(self.place)


def _parse(line, offset):
    match = _SEND.search(line)
    if match:
        src, sport = _endpoint(match[3])
        dst, dport = _endpoint(match[4])
        return Event("send", _stamp(match, offset), src, sport, dst, dport, match[5])
    match = _RECEIVE.search(line)
    if match:
        src, dst = (match[6], match[7]) if match[3] == "AF_INET" else (match[8], match[9])
        return Event("receive", _stamp(match, offset), _plain(src), int(match[4]), _plain(dst), int(match[5]))
    return None


def _stamp(match, offset):
    # trace prints microseconds
    return int(match[1]) * 10**9 + int(match[2].ljust(9, "0")) + offset
