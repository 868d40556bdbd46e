# SPDX-License-Identifier: GPL-2.0-or-later
"""Nodes, places of capture and wires.

A node is a network namespace: an end or a router. Its devices are TAPs; the other end of each cable is here, in user space,
where wires carry frames through their boxes. At every device a packet socket captures what passes, with the kernel's clock.

A frame written into a TAP is taken in by that kernel before write() returns. So whatever leaves the node between that write
and the next is what the frame drew or became: that gives every frame its *birth* without a guess.
"""

import fcntl
import os
import socket
import struct

from lab import packets
from lab.namespaces import IFF_NO_PI, IFF_TAP, TUNSETIFF, Namespace
from lab.packets import ACK, FIN, RST, SYN

TUNSETOFFLOAD, TUNSETVNETHDRSZ = 0x400454D0, 0x400454D8
IFF_VNET_HDR, OFFLOADS = 0x4000, 1 | 2 | 4        # checksum, TSO for IPv4, for IPv6
NEEDS_CHECKSUM, GSO_NONE = 1, 0
SO_TIMESTAMPNS, PACKET_OUTGOING, SO_RCVBUFFORCE = 35, 4, 33


class Broken(Exception):
    """The recording is not whole: a frame without its partner. The situation is void."""


class Birth:
    """One packet from the moment it was made: who made it, what drew it, what was done to it."""

    count = 0

    def __init__(self, maker, segment, trigger=None, **how):
        Birth.count += 1
        self.number = Birth.count
        self.maker, self.segment, self.trigger = maker, segment, trigger
        self.root = self                  # what a network duplicate is a copy of
        self.altered = set()
        self.arrival = None               # at the receiving end: (state before, after, challenged, challenges limited)
        self.how = how                    # of a forger: cause, mimic, ...

    def copy(self):
        twin = Birth(self.maker, self.segment, self.trigger, **self.how)
        twin.root, twin.altered = self.root, set(self.altered)
        return twin


class Packet:
    """A frame on a wire."""

    def __init__(self, data, birth, gso=None):
        self.data, self.birth, self.gso = data, birth, gso
        self._segment = None

    @property
    def segment(self):
        if self._segment is None:
            self._segment = packets.decode(bytes(self.data), packets.DLT_EN10MB) or False
        return self._segment or None

    def copy(self):
        return Packet(bytearray(self.data), self.birth.copy() if self.birth else None, self.gso)

    def changed(self, partial=False):
        """After an alteration: checksums right again."""
        fix_checksums(self.data, partial or self.gso is not None)
        self._segment = None


def ip_offset(data):
    """(version, offset of TCP, offset behind it) of an Ethernet frame with TCP in it, or None."""
    kind = bytes(data[12:14])
    if kind == b"\x08\x00" and len(data) >= 34 and data[23] == 6:
        return 4, 14 + (data[14] & 15) * 4, 14 + struct.unpack_from("!H", data, 16)[0]
    if kind == b"\x86\xdd" and len(data) >= 54 and data[20] == 6:
        return 6, 54, 54 + struct.unpack_from("!H", data, 18)[0]
    return None


def fix_checksums(data, partial=False):
    place = ip_offset(data)
    if not place:
        return
    version, tcp, end = place
    if version == 4:
        data[24:26] = b"\0\0"
        data[24:26] = struct.pack("!H", packets.checksum(bytes(data[14:tcp])))
        pseudo = bytes(data[26:34]) + struct.pack("!BBH", 0, 6, end - tcp)
    else:
        pseudo = bytes(data[22:54]) + struct.pack("!IHBB", end - tcp, 0, 0, 6)
    if not partial:
        data[tcp + 16:tcp + 18] = b"\0\0"
        data[tcp + 16:tcp + 18] = struct.pack("!H", packets.checksum(pseudo + bytes(data[tcp:end])))


def lower_ttl(data, hops):
    """What so many routers do to the time to live; False where it ends on the way."""
    version = data[14] >> 4
    at = 21 if version == 6 else 22
    if bytes(data[12:14]) not in (b"\x08\x00", b"\x86\xdd"):
        return True
    if data[at] <= hops:
        return False
    data[at] -= hops
    if version == 4:
        data[24:26] = b"\0\0"
        data[24:26] = struct.pack("!H", packets.checksum(bytes(data[14:34])))
    return True


def segmented(packet):
    """A super-segment as the segments a network card would send."""
    size = packet.gso[1]
    version, tcp, end = ip_offset(packet.data)
    header = tcp + (packet.data[tcp + 12] >> 4) * 4
    text = bytes(packet.data[header:end])
    seq, = struct.unpack_from("!I", packet.data, tcp + 4)
    ident = struct.unpack_from("!H", packet.data, 18)[0] if version == 4 else 0
    flags = packet.data[tcp + 13]
    for number, at in enumerate(range(0, len(text), size)):
        part = text[at:at + size]
        data = packet.data[:header] + part
        struct.pack_into("!I", data, tcp + 4, (seq + at) & 0xFFFFFFFF)
        data[tcp + 13] = flags if at + size >= len(text) else flags & ~(FIN | 8)
        if version == 4:
            struct.pack_into("!HH", data, 16, len(data) - 14, (ident + number) & 0xFFFF)
        else:
            struct.pack_into("!H", data, 18, len(data) - 54)
        fix_checksums(data)
        yield Packet(data, packet.birth)


class Place:
    """One device of one node: what is captured there, and the cable to it."""

    def __init__(self, node, device, name, mtu, offload):
        self.node, self.device, self.name, self.offload = node, device, name, offload
        self.frames = []                  # (time ns, outgoing, bytes, birth)
        self.births = []                  # of what went out and was not yet read from the cable
        self.wire = None
        with node.space.entered():
            self.tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            kind = IFF_TAP | IFF_NO_PI | (IFF_VNET_HDR if offload else 0)
            fcntl.ioctl(self.tap, TUNSETIFF, struct.pack("16sH22x", device.encode(), kind))
            if offload:
                fcntl.ioctl(self.tap, TUNSETOFFLOAD, OFFLOADS)
            mac = bytearray(os.urandom(6))
            mac[0] = mac[0] & 0xFE | 2
            self.mac = bytes(mac)
        self.mtu = mtu

    def listen(self):
        with self.node.space.entered():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self.sock.bind((self.device, 3))

    def captured(self):
        """What the packet socket holds: (time, outgoing, bytes)."""
        while True:
            try:
                data, extra, _, address = self.sock.recvmsg(70000, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
            yield seconds * 10**9 + nanoseconds, address[2] == PACKET_OUTGOING, data

    def read(self):
        """What the node has sent through this device goes onto the wire."""
        while True:
            try:
                data = os.read(self.tap, 70000)
            except BlockingIOError:
                return
            gso = None
            if self.offload:
                flags, kind, _, size, _, _ = struct.unpack_from("<BBHHHH", data)
                data = bytearray(data[10:])
                if kind != GSO_NONE:
                    gso = (kind, size)
                elif flags & NEEDS_CHECKSUM:
                    fix_checksums(data)
            else:
                data = bytearray(data)
            self.node.drain(None)
            birth = None
            if ip_offset(data):
                if not self.births:
                    raise Broken(f"{self.name}: a frame that was not captured")
                birth, length = self.births.pop(0)
                if length != len(data):
                    raise Broken(f"{self.name}: captured and sent differ")
            if self.wire:
                self.wire.enter(self, Packet(data, birth, gso))

    def write(self, packet):
        """A frame arrives at this device."""
        if packet.gso and not self.offload:
            for part in segmented(packet):
                self.write(part)
            return
        header = b""
        if self.offload:
            header = bytes(10)
            if packet.gso:
                _, tcp, _ = ip_offset(packet.data)
                size = tcp + (packet.data[tcp + 12] >> 4) * 4
                header = struct.pack("<BBHHHH", NEEDS_CHECKSUM, packet.gso[0], size, packet.gso[1], tcp, 16)
        self.node.take_in(self, packet, header + bytes(packet.data))


class Node:
    """A network namespace and its places."""

    def __init__(self, situation, name, kind):
        self.situation, self.name, self.kind = situation, name, kind
        self.space = Namespace(f"{situation.prefix}-{name}")
        self.places = []
        self.stack = None                 # another TCP than the kernel's runs here (stacks.py)
        self.limited = True               # a challenge ACK may be withheld (tcp_invalid_ratelimit)
        self.timeline = []                # of an end: ("in" | "out" | "act", ...), in order

    def drain(self, cause):
        """Take note of what was captured; `cause`: the packet just written in, which everything that left since is due to."""
        for place in self.places:
            for when, outgoing, data in place.captured():
                if not ip_offset(data):
                    continue
                if outgoing:
                    birth = self.born(data, None if self.stack else cause)
                    place.births.append((birth, len(data)))
                else:
                    if cause is None or len(cause.data) != len(data):
                        raise Broken(f"{place.name}: an arrival that nobody sent")
                    birth = cause.birth
                place.frames.append((when, outgoing, data, birth))

    def born(self, data, cause):
        segment = packets.decode(data, packets.DLT_EN10MB)
        ours = cause.segment if cause else None
        if self.kind == "router" and ours and (ours.sport, ours.dport) == (segment.sport, segment.dport) and \
                ours.flags & RST == segment.flags & RST and ours.flags & SYN == segment.flags & SYN:
            return cause.birth            # passed on
        birth = Birth(self, segment, cause.birth if ours else None)
        birth.trigger_segment = ours
        birth.filters = self.filters_now()
        if self.kind != "router":
            self.timeline.append(("out", birth, segment))
        return birth

    def filters_now(self):
        return tuple(self.situation.filters.get(self.name, ()))

    def take_in(self, place, packet, octets):
        self.drain(None)
        segment = packet.segment
        watched = segment and self.kind != "router" and not self.stack
        before = self.state_of(segment) if watched and segment.flags & (RST | SYN | FIN) else None
        entry = None
        if watched:
            entry = ["in", packet.birth, segment, before, None, False]
            self.timeline.append(entry)
        mark = len(self.timeline)
        try:
            os.write(place.tap, octets)
        except OSError as error:
            raise Broken(f"{place.name}: {error}") from error
        self.drain(packet)
        if watched and segment.flags & RST:
            entry[4] = self.state_of(segment)
            entry[5] = any(e[0] == "out" and challenges(e[2], segment) for e in self.timeline[mark:])
            if packet.birth and packet.birth.arrival is None:
                packet.birth.arrival = tuple(entry[3:6]) + (self.limited or bool(self.filters_now()),)

    def state_of(self, segment):
        """The state of the receiver's socket for an arriving segment, as /proc/net/tcp spells it, or None."""
        local, remote = (packed_hex(segment.dst, segment.dport), packed_hex(segment.src, segment.sport))
        file = self.tables[6 if ":" in segment.src else 4]
        file.seek(0)
        listening = None
        for line in file.read().splitlines()[1:]:
            words = line.split(None, 4)
            if words[1] == local and words[2] == remote:
                return words[3]
            if words[3] == "0A" and words[1].endswith(local[-5:]):
                listening = "0A"
        return listening

    def open_tables(self):
        with self.space.entered():
            self.tables = {4: open("/proc/thread-self/net/tcp", encoding="ascii"),
                           6: open("/proc/thread-self/net/tcp6", encoding="ascii")}

    def act(self, what, connection=None, **how):
        """A program's deed, in its place in the order of things."""
        self.drain(None)
        self.timeline.append(("act", what, connection, how))


def challenges(segment, rst):
    """Whether a segment can be the challenge ACK that a RST drew (RFC 5961 section 3.2); data that left meanwhile is none."""
    return segment.flags & (ACK | RST | SYN | FIN) == ACK and not segment.payload_length and \
        (segment.src, segment.sport, segment.dst, segment.dport) == (rst.dst, rst.dport, rst.src, rst.sport)


def packed_hex(address, port):
    data = packets.packed(address)
    words = struct.unpack("<%dI" % (len(data) // 4), data)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"


class Wire:
    """Between two places: boxes in order from left to right. Direction 0 is left to right, 1 the way back."""

    def __init__(self, situation, left, right, boxes):
        self.situation, self.ends, self.boxes = situation, (left, right), boxes
        left.wire = right.wire = self
        self.flying = 0
        for number, box in enumerate(boxes):
            box.attach(self, number)

    def enter(self, place, packet):
        self.carry(packet, *((0, 0) if place is self.ends[0] else (1, len(self.boxes) - 1)))

    def carry(self, packet, direction, index):
        """To the box of that index, or out of the wire."""
        if 0 <= index < len(self.boxes):
            self.boxes[index].take(packet, direction)
            return
        place = self.ends[1 - direction]
        data = packet.data
        source = self.ends[direction]
        data[0:6], data[6:12] = place.mac, source.mac
        place.write(packet)

    def beyond(self, box, packet, direction, delay=0.0):
        """Onwards from a box."""
        index = box.index + (1 if direction == 0 else -1)
        if delay <= 0:
            self.carry(packet, direction, index)
            return
        self.flying += 1
        self.situation.loop.after(delay, self.land, packet, direction, index)

    def land(self, packet, direction, index):
        self.flying -= 1
        self.carry(packet, direction, index)
