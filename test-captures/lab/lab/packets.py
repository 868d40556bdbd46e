# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets as bytes: building TCP segments, decoding them, reading pcap, writing pcap and pcapng, wrapping in tunnels."""

import socket
import struct
from dataclasses import dataclass, field

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128

DLT_NULL, DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_LINUX_SLL2 = 0, 1, 101, 113, 276


# ---------------------------------------------------------------------------------------------- checksums, addresses

def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def unpacked(data):
    return socket.inet_ntop(socket.AF_INET6 if len(data) == 16 else socket.AF_INET, data)


# ---------------------------------------------------------------------------------------------------------- building

def ip_header(src, dst, protocol, length, *, ttl=64, ip_id=0, df=True, tos=0, label=0):
    if ":" in src:
        word = 6 << 28 | tos << 20 | label
        return struct.pack("!IHBB", word, length, protocol, ttl) + packed(src) + packed(dst)
    header = struct.pack("!BBHHHBBH", 0x45, tos, 20 + length, ip_id, 0x4000 if df else 0, ttl, protocol, 0)
    header += packed(src) + packed(dst)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def tcp_segment(src, dst, sport, dport, flags, *, seq=0, ack=0, window=0, options=b"", payload=b"", **ip):
    """An IP packet with one TCP segment, checksums right."""
    options += b"\1" * (-len(options) % 4)
    header = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                         (5 + len(options) // 4) << 4, flags, window, 0, 0) + options
    length = len(header) + len(payload)
    pseudo = packed(src) + packed(dst)
    pseudo += struct.pack("!IHBB", length, 0, 0, 6) if ":" in src else struct.pack("!BBH", 0, 6, length)
    header = header[:16] + struct.pack("!H", checksum(pseudo + header + payload)) + header[18:]
    return ip_header(src, dst, 6, length, **ip) + header + payload


def ethernet(packet, src_mac, dst_mac):
    return dst_mac + src_mac + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet


# ---------------------------------------------------------------------------------------------------------- decoding

@dataclass
class Segment:
    """One TCP segment of a capture frame."""
    src: str
    dst: str
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    ip_id: int
    ttl: int
    payload_length: int
    payload: bytes
    options: bytes
    src_mac: bytes
    interface: int
    tos: int = 0

    @property
    def identity(self):
        """Equal for sightings of one packet along its way (its time to live changes, this does not)."""
        return (self.src, self.dst, self.sport, self.dport, self.seq, self.ack, self.flags, self.ip_id,
                self.payload_length)


def network_offset(data, linktype):
    """(offset of the IP header, source MAC, interface number), or None."""
    if linktype == DLT_EN10MB:
        at = 12
        while data[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
            at += 4
        return (at + 2, data[6:12], 0) if data[at:at + 2] in (b"\x08\x00", b"\x86\xdd") else None
    if linktype == DLT_LINUX_SLL:
        return 16, data[6:12], 0
    if linktype == DLT_LINUX_SLL2:
        return 20, data[12:18], struct.unpack("!I", data[4:8])[0]
    if linktype == DLT_RAW:
        return 0, b"", 0
    return None


def decode(data, linktype):
    """The TCP segment of a frame (no IP fragments, no extension headers: the lab sends none), or None."""
    place = network_offset(data, linktype)
    if place is None or len(data) < place[0] + 40:
        return None
    at, mac, interface = place
    if data[at] >> 4 == 4:
        if data[at + 9] != 6:
            return None
        total, ip_id, ttl = struct.unpack("!HH", data[at + 2:at + 6]) + (data[at + 8],)
        src, dst, tcp, end, tos = data[at + 12:at + 16], data[at + 16:at + 20], at + (data[at] & 15) * 4, at + total, \
            data[at + 1]
    else:
        if data[at + 6] != 6:
            return None
        length, ip_id, ttl = struct.unpack("!H", data[at + 4:at + 6])[0], 0, data[at + 7]
        src, dst, tcp, end = data[at + 8:at + 24], data[at + 24:at + 40], at + 40, at + 40 + length
        tos = (data[at] << 4 | data[at + 1] >> 4) & 0xFF
    sport, dport, seq, ack, offset, flags, window = struct.unpack("!HHIIBBH", data[tcp:tcp + 16])
    header = (offset >> 4) * 4
    return Segment(unpacked(src), unpacked(dst), sport, dport, seq, ack, flags, window, ip_id, ttl,
                   max(0, end - tcp - header), data[tcp + header:end], data[tcp + 20:tcp + header], mac, interface, tos)


def window_scale(options):
    """The shift a SYN-ACK offers, 0 without."""
    at = 0
    while at < len(options) and options[at]:
        if options[at] == 1:
            at += 1
        elif options[at] == 3:
            return options[at + 2]
        else:
            at += max(2, options[at + 1])
    return 0


# ------------------------------------------------------------------------------------------------------------- files

@dataclass
class Frame:
    time: int                     # ns since the epoch
    data: bytes
    length: int = 0               # on the wire
    segment: Segment = None
    send: object = None           # the RST this frame shows (truth.Send), set by truth.py

    def __post_init__(self):
        self.length = self.length or len(self.data)


@dataclass
class Capture:
    linktype: int
    frames: list = field(default_factory=list)


def read_pcap(path):
    """A capture of tcpdump --time-stamp-precision=nano; an incomplete last record is left out."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24:
        return Capture(DLT_EN10MB)
    magic, linktype = struct.unpack("<I", data[:4])[0], struct.unpack("<I", data[20:24])[0] & 0xFFFF
    scale = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[magic]
    capture, at = Capture(linktype), 24
    while at + 16 <= len(data):
        seconds, fraction, held, length = struct.unpack("<IIII", data[at:at + 16])
        if at + 16 + held > len(data):
            break
        body = data[at + 16:at + 16 + held]
        frame = Frame(seconds * 10**9 + fraction * scale, body, length)
        frame.segment = decode(body, linktype)
        capture.frames.append(frame)
        at += 16 + held
    return capture


FORMATS = {                       # name: (extension, byte order, ticks per second)
    "pcapng": ("pcapng", "<", 10**6),
    "pcapng-ns": ("pcapng", "<", 10**9),
    "pcapng-be": ("pcapng", ">", 10**6),
    "pcap": ("pcap", "<", 10**6),
    "pcap-ns": ("pcap", "<", 10**9),
    "pcap-be": ("pcap", ">", 10**6),
}


def write_capture(path, capture, form):
    _, order, ticks = FORMATS[form]
    writer = write_pcapng if form.startswith("pcapng") else write_pcap
    with open(path, "wb") as file:
        file.write(writer(capture, order, ticks))


def write_pcap(capture, order, ticks):
    magic = 0xA1B23C4D if ticks == 10**9 else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, capture.linktype)]
    for frame in capture.frames:
        seconds, rest = divmod(frame.time, 10**9)
        out.append(struct.pack(order + "IIII", seconds, rest * ticks // 10**9, len(frame.data), frame.length))
        out.append(frame.data)
    return b"".join(out)


def write_pcapng(capture, order, ticks):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)

    out = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    resolution = struct.pack(order + "HHBxxxHH", 9, 1, 9 if ticks == 10**9 else 6, 0, 0)
    out.append(block(1, struct.pack(order + "HHI", capture.linktype, 0, 262144) + resolution))
    for frame in capture.frames:
        stamp = frame.time * ticks // 10**9
        out.append(block(6, struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame.data),
                                        frame.length) + frame.data))
    return b"".join(out)
