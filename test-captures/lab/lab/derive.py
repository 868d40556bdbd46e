# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures derived from a recording by rule: cut short, one-sided, begun late, seen twice, wrapped in tunnels."""

import struct
from dataclasses import replace

from .packets import (ACK, DLT_EN10MB, DLT_LINUX_SLL, DLT_NULL, DLT_RAW, RST, SYN, Capture, Frame, checksum, ip_header,
                      packed)


def remade(frame, data, length=None, time=None):
    """The same packet in other bytes; it keeps its truth."""
    copy = Frame(frame.time if time is None else time, data, length or len(data), frame.segment)
    copy.send = frame.send
    return copy


def changed(capture, change, linktype=None):
    return Capture(capture.linktype if linktype is None else linktype,
                   [remade(frame, change(frame.data)) for frame in capture.frames])


def snap(length):
    def cut(capture, _lab):
        return Capture(capture.linktype, [remade(f, f.data[:length], f.length) for f in capture.frames]), False
    return cut


def only(side):
    """What one side sent."""
    def choose(capture, lab):
        return Capture(capture.linktype, [f for f in capture.frames if lab.sides.get(f.segment.src) == side]), False
    return choose


def late(capture, _lab):
    """Begun after every handshake and half of what followed, before the first reset and the segment that drew it."""
    first = next(i for i, f in enumerate(capture.frames) if f.segment.flags & RST)
    opening = max((i for i, f in enumerate(capture.frames[:first]) if f.segment.flags & SYN), default=-1) + 2
    start = max(opening, first - max(2, (first - opening) // 2))
    start = min(start, max(first - 1, 0))
    # copies: late_truth() changes what they show, not what the recording shows
    return Capture(capture.linktype, [remade(f, f.data, f.length) for f in capture.frames[start:]]), False


def span(ttl_less, gap_ns):
    """A mirror port that copies on the way in and on the way out: each frame twice, time to live equal or one less."""
    def twice(capture, _lab):
        frames = []
        for frame in capture.frames:
            data = bytearray(frame.data)
            if ttl_less:
                lower_ttl(data)
            frames += [frame, remade(frame, bytes(data), frame.length, frame.time + gap_ns)]
        return Capture(capture.linktype, sorted(frames, key=lambda f: f.time)), True
    return twice


def lower_ttl(data):
    if data[14] >> 4 == 6:
        data[21] -= 1
        return
    data[22] -= 1
    data[24:26] = b"\0\0"
    data[24:26] = struct.pack("!H", checksum(bytes(data[14:34])))


def vlan(*tags):
    def tag(data):
        kinds = [0x88A8] * (len(tags) - 1) + [0x8100]
        inserted = b"".join(struct.pack("!HH", kind, tci) for kind, tci in zip(kinds, tags))
        return data[:12] + inserted + data[12:]
    return lambda capture, _lab: (changed(capture, tag), True)


OUTER = ("203.0.113.61", "203.0.113.89")


def outer(protocol, body, count):
    """In IPv4 between two tunnel ends."""
    return ip_header(*OUTER, protocol, len(body), ttl=61, ip_id=count & 0xFFFF, df=False) + body


def tunnelled(wrap):
    """wrap(whole Ethernet frame) -> (IP protocol, body of the outer IPv4 packet)."""
    def derive(capture, _lab):
        frames = []
        for count, frame in enumerate(capture.frames, 7):
            protocol, body = wrap(frame.data)
            packet = outer(protocol, body, count)
            frames.append(remade(frame, b"\2\0\0\0\0\x59\2\0\0\0\0\x61\x08\0" + packet))
        return Capture(DLT_EN10MB, frames), True
    return derive


def udp(port, body):
    return 17, struct.pack("!HHHH", 49152, port, 8 + len(body), 0) + body


def ip_in_ip(data):
    return (41 if data[14] >> 4 == 6 else 4), data[14:]


def gre(data):
    return 47, struct.pack("!H", 0) + data[12:]


def vxlan(data):
    return udp(4789, b"\x08\0\0\0\0\x12\x34\0" + data)


def geneve(data):
    return udp(6081, b"\0\0\x65\x58\0\x12\x34\0" + data)


def gtp(data):
    return udp(2152, struct.pack("!BBHI", 0x30, 0xFF, len(data) - 14, 0x5A5A) + data[14:])


def mpls(capture, _lab):
    return changed(capture, lambda d: d[:12] + b"\x88\x47" + struct.pack("!I", 1017 << 12 | 1 << 8 | 62) + d[14:]), True


def pppoe(capture, _lab):
    def wrap(data):
        protocol = b"\0\x57" if data[14] >> 4 == 6 else b"\0\x21"
        return data[:12] + b"\x88\x64\x11\0" + struct.pack("!HH", 0x2A, len(data) - 12) + protocol + data[14:]
    return changed(capture, wrap), True


def raw(capture, _lab):
    return changed(capture, lambda data: data[14:], DLT_RAW), True


def cooked(capture, lab):
    def wrap(data):
        ours = data[6:12] in (lab.mac("c0"), lab.mac("s0"), lab.mac("m0"), lab.mac("m1"))
        return struct.pack("!HHH", 4 if ours else 0, 1, 6) + data[6:12] + b"\0\0" + data[12:]
    return changed(capture, wrap, DLT_LINUX_SLL), True


def null(capture, _lab):
    return changed(capture, lambda d: struct.pack("<I", 10 if d[14] >> 4 == 6 else 2) + d[14:], DLT_NULL), True


DERIVATIONS = {
    "snap64": snap(64), "snap68": snap(68), "snap96": snap(96),
    "client-side-only": only("client"), "server-side-only": only("server"), "late": late,
    "span": span(False, 4_000), "span-ttl": span(True, 21_000),
    "vlan": vlan(0x2064), "qinq": vlan(0x0065, 0x00C8), "mpls": mpls, "pppoe": pppoe,
    "ipip": tunnelled(ip_in_ip), "gre": tunnelled(gre), "vxlan": tunnelled(vxlan), "geneve": tunnelled(geneve),
    "gtp": tunnelled(gtp), "raw": raw, "cooked": cooked, "null": null,
}


def late_truth(frames):
    """Where the opening was not captured, a lost state is an unknown connection as well."""
    changed_sends = {}
    for frame in frames:
        if frame.send and frame.send.cause in ("peer-restarted", "idle-state-lost"):
            both = replace(frame.send, cause="unknown-connection|" + frame.send.cause)
            frame.send = changed_sends.setdefault(id(frame.send), both)
    return bool(changed_sends)


def rootless_truth(frames):
    """Of an echo whose root this file does not show, what can be seen is true as well: its sender has lost the connection."""
    shown = set()
    for frame in frames:
        segment = frame.segment
        if not segment:
            continue
        ends = frozenset(((segment.src, segment.sport), (segment.dst, segment.dport)))
        if segment.flags & (SYN | ACK) == SYN:
            shown.discard(ends)
        if not segment.flags & RST:
            continue
        if frame.send.cause == "echo-of-reset" and ends not in shown:
            refused = frame.send.trigger and frame.send.trigger.flags & SYN
            frame.send = replace(frame.send, cause="echo-of-reset|" +
                                 ("connect-abandoned" if refused else "peer-restarted"))
        shown.add(ends)
