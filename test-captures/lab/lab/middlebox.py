# SPDX-License-Identifier: GPL-2.0-or-later
"""A device of our own in the middle: watches what is routed, forges segments, and in line also drops or answers them."""

import random
import select
import socket
import struct
import threading
import time

from . import packets
from .derive import lower_ttl
from .packets import ACK, FIN, RST, SYN
from .truth import NotAsClaimed

SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
FACING = {"m0": "m1", "m1": "m0"}


def key_of(segment):
    return segment.src, segment.sport, segment.dst, segment.dport


class Half:
    """What the device has seen one end send on one connection."""

    def __init__(self, segment, device):
        self.src, self.sport, self.dst, self.dport = key_of(segment)
        self.device = device              # where its segments come in
        self.nxt = self.isn = segment.seq
        self.ack = self.window = self.ip_id = self.ttl = self.tos = self.label = 0
        self.data = 0                     # bytes of payload seen
        self.options, self.last = b"", 0.0

    def see(self, segment):
        end = segment.seq + segment.payload_length + bool(segment.flags & SYN) + bool(segment.flags & FIN)
        if segment.flags & SYN:
            self.isn, self.nxt = segment.seq, end & 0xFFFFFFFF
        elif (end - self.nxt) & 0xFFFFFFFF < 2**31:
            self.nxt = end & 0xFFFFFFFF
        if segment.flags & ACK:
            self.ack = segment.ack
        self.window, self.ip_id, self.ttl, self.tos = segment.window, segment.ip_id, segment.ttl, segment.tos & 0xFC
        if not segment.flags & SYN:
            self.options = segment.options
        self.data += segment.payload_length
        self.last = time.monotonic()


class Middlebox:
    """On the path: every segment coming in on m0 or m1 is shown to `on(box, half, segment)`.

    In line (inline=True) nothing is routed by the kernel: a segment goes on when `on` does not return "drop". `tick(box)`,
    if given, is called every few milliseconds. Both run in the device's own thread.
    """

    def __init__(self, lab, on=None, tick=None, inline=False):
        self.lab, self.on, self.tick, self.inline = lab, on, tick, inline
        self.rng = random.Random(lab.rng.random())
        self.halves, self.error, self.acted = {}, None, threading.Event()
        self.counter = self.rng.randint(1, 65000)
        self.raws = {name: lab.raw(name) for name in ("m0", "m1")}
        for raw in self.raws.values():
            raw.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        if inline:
            lab.middle.chain("forward", policy="drop")
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        lab.closing.insert(0, self)

    def close(self):
        self.stopping = True
        self.thread.join(2)

    def wait(self, timeout=8):
        """Until a handler has called acted.set()."""
        if not self.acted.wait(timeout):
            raise self.error or NotAsClaimed("the device saw nothing to act on")
        if self.error:
            raise self.error

    def check(self):
        if self.error:
            raise self.error

    # ------------------------------------------------------------------------------------------------------- watching

    def _run(self):
        try:
            names = {raw.sock: name for name, raw in self.raws.items()}
            while not self.stopping:
                for sock in select.select(list(names), [], [], 0.005)[0]:
                    self._receive(names[sock], sock.recv(65536))
                if self.tick:
                    self.tick(self)
        except Exception as error:  # shown to the scenario by wait() and check()
            if not self.stopping:
                self.error = error
                self.acted.set()

    def _receive(self, device, data):
        segment = packets.decode(data, packets.DLT_EN10MB)
        self.at_hand, fate = (device, data), None
        if segment:
            half = self.halves.get(key_of(segment))
            if half is None:
                half = self.halves[key_of(segment)] = Half(segment, device)
            half.see(segment)
            half.label = int.from_bytes(data[15:18], "big") & 0xFFFFF if ":" in half.src else 0
            if self.on:
                fate = self.on(self, half, segment)
        if self.inline and fate != "drop":
            self.pass_on()

    def pass_on(self):
        """Route the packet at hand, as a router would."""
        device, data = self.at_hand
        data = bytearray(data)
        lower_ttl(data)
        self.raws[FACING[device]].send(bytes(data[14:]))

    def peer(self, half):
        """The other half of a connection, or None."""
        return self.halves.get((half.dst, half.dport, half.src, half.sport))

    def answerer(self, half):
        """The other half, made up from a SYN if nobody has answered it yet."""
        other = self.peer(half)
        if other is None:
            if half.data:
                raise NotAsClaimed("the device has seen one side only")
            segment = packets.Segment(half.dst, half.src, half.dport, half.sport, 0, half.nxt, 0, 0, 0, 0, 0, b"", b"",
                                      b"", 0)
            other = Half(segment, FACING[half.device])
        return other

    # -------------------------------------------------------------------------------------------------------- forging

    def next_id(self):
        """Of a counter of the device's own."""
        self.counter = self.counter % 65535 + self.rng.randint(1, 3)
        return self.counter & 0xFFFF

    def forge(self, half, flags, *, seq=None, ack=None, ttl=64, bad_checksum=False, **fields):
        """A segment in the name of `half` to its peer. Without seq and ack: the ones its peer expects."""
        seq = half.nxt if seq is None else seq
        if flags & ACK:
            other = self.peer(half)
            ack = (other.nxt if other else 0) if ack is None else ack
        packet = packets.tcp_segment(half.src, half.dst, half.sport, half.dport, flags, seq=seq, ack=ack or 0, ttl=ttl,
                                     **fields)
        if bad_checksum:
            packet = bytearray(packet)
            at = (40 if packet[0] >> 4 == 6 else 20) + 16
            packet[at] ^= self.rng.randint(1, 255)
            packet = bytes(packet)
        self.raws[FACING[half.device]].send(packet)

    def foreign(self, half, ids="any"):
        """Fields of a forger who knows nothing of the host it speaks for: own hop count, IP ID, window."""
        rng = self.rng
        while True:
            ttl = rng.choice((64, 64, 128, 255)) - rng.randint(0, 30)
            if abs(ttl - (half.ttl - 1)) >= 3 or not half.ttl:
                break
        kind = rng.choice(("random", "counter", "constant")) if ids == "any" else ids
        ip_id = {"random": rng.randint(1, 65535), "counter": self.next_id(), "constant": 0x4242, "zero": 0}[kind]
        return {"ttl": ttl, "ip_id": ip_id, "window": rng.choice((0, 0, rng.randint(1, 65535), 8192, 1024)),
                "df": rng.random() < 0.5, "label": rng.choice((0, rng.randint(1, 0xFFFFF)))}

    def mimic(self, half, active=True):
        """Fields as the end itself would set them: hop count, next IP ID, window, time stamps, DSCP."""
        # a passive RST: no ID, the trigger's DSCP, a label of its own
        fields = {"ttl": half.ttl - 1, "tos": half.tos if active else self.peer(half).tos,
                  "window": half.window if active else 0, "ip_id": (half.ip_id + 1) & 0xFFFF if active else 0,
                  "label": half.label if active else self.rng.randint(1, 0xFFFFF)}
        if active:
            fields["options"] = self._fresh(half)
        return fields

    def _fresh(self, half):
        """The options of the half's last segment, its time stamp as old as now."""
        options = half.options
        at = options.find(b"\x08\x0a")
        if at < 0:
            return b""
        value, = struct.unpack("!I", options[at + 2:at + 6])
        value = (value + int(1000 * (time.monotonic() - half.last))) & 0xFFFFFFFF
        other = self.peer(half)
        echo = options[at + 6:at + 10]
        if other and (place := other.options.find(b"\x08\x0a")) >= 0:
            echo = other.options[place + 2:place + 6]
        return b"\x01\x01\x08\x0a" + struct.pack("!I", value) + echo


def server_far(lab, least_ms=5):
    """At least so long, one way, between the device and the server: a forger on the path can win its race."""
    lab.server_delay = max(lab.server_delay, lab.rng.uniform(least_ms, 3 * least_ms) / 1000)
    lab.rtt = 2 * (lab.client_delay + lab.server_delay)
    lab.reset_path()


def client_far(lab, least_ms=5):
    lab.client_delay = max(lab.client_delay, lab.rng.uniform(least_ms, 3 * least_ms) / 1000)
    lab.rtt = 2 * (lab.client_delay + lab.server_delay)
    lab.reset_path()


def challenged_or_ignored(send, captures, lab):
    """Effect of a RST that does not reset: whether its receiver answered it with an acknowledgement of its own, at once.

    For scenarios that are silent around such a RST and go on with the connection afterwards, which proves the rest.
    """
    device = "s0" if send.side == "client" else "c0"
    segment = send.segment
    for frame in captures[device].frames:
        seen = frame.segment
        if seen and seen.src_mac == lab.mac(device) and 0 <= frame.time - send.arrival < 2_000_000 and \
                (seen.src, seen.sport, seen.dst, seen.dport) == (segment.dst, segment.dport, segment.src, segment.sport) \
                and seen.flags & (ACK | SYN | RST | FIN) == ACK and not seen.payload_length:
            between = [send.arrival < other.time < frame.time for other in captures[device].frames
                       if other.segment and other.segment.flags & RST]
            return "ignored" if any(between) else "challenged"
    return "ignored"


def masquerade(lab):
    """The router hides the client's network behind its own address (nft); ports are kept.

    What the truth needs is told: which packets of the two legs are one, and whose a reset was.
    """
    lab.middle.chain("postrouting", "oifname m1 masquerade persistent", kind="nat", priority=100)
    lab.server.ip(f"neigh replace {lab.routers[1]} lladdr {lab.middle.macs['m1'].hex(':')} dev s0")
    lab.sides[lab.routers[1]] = "client"
    inside = {}

    def outer(address):
        return lab.routers[1] if lab.sides.get(address) == "client" else address

    def reached(segment):
        # the kernel that was reset names its own address
        own = inside.get(segment.dport, segment.dst) if lab.sides.get(segment.dst) == "client" else segment.dst
        return own, segment.dport, segment.src, segment.sport

    original = lab.client_socket

    def remembered(**how):
        how["sport"] = how.get("sport") or lab.rng.randint(20000, 30000)
        how["source"] = how.get("source") or lab.client_address
        inside[how["sport"]] = how["source"]
        return original(**how)
    lab.identity = lambda s: (outer(s.src), outer(s.dst), s.sport, s.dport, s.seq, s.ack, s.flags, s.ip_id,
                              s.payload_length)
    lab.received_as = reached
    lab.client_socket = remembered
