# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds packets and capture files octet by octet, for the tests of the input side."""
import ipaddress
import struct

RST_ACK = 0x014


def tcp(sport=1234, dport=80, seq=1000, ack=2000, flags=RST_ACK, payload=b"", options=b"", window=512):
    offset = 5 + len(options) // 4
    return struct.pack("!HHIIHHHH", sport, dport, seq, ack, offset << 12 | flags, window, 0, 0) + options + payload


def filled(segment, src="10.0.0.1", dst="10.0.0.2", card=False):
    """A TCP segment over IPv4 with its checksum; card: with that of the pseudo-header alone, which a network card would finish."""
    pseudo = ipaddress.IPv4Address(src).packed + ipaddress.IPv4Address(dst).packed + struct.pack("!HH", 6, len(segment))
    octets = pseudo + (b"" if card else segment) + b"\0" * (0 if card else len(segment) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return segment[:16] + struct.pack("!H", total if card else ~total & 0xFFFF) + segment[18:]


def udp(sport, dport, payload, length=None):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload) if length is None else length, 0) + payload


def ipv4(payload, protocol=6, src="10.0.0.1", dst="10.0.0.2", ttl=64, ident=7, flags=0x4000, options=b"",
         total=None, tos=0, version=4):
    header = 20 + len(options)
    if total is None:
        total = header + len(payload)
    return struct.pack("!BBHHHBBH4s4s", version << 4 | header // 4, tos, total, ident, flags, ttl, protocol, 0,
                       ipaddress.IPv4Address(src).packed, ipaddress.IPv4Address(dst).packed) + options + payload


def ipv6(payload, protocol=6, src="2001:db8::1", dst="2001:db8::2", hops=63, flow=0xabcde, tclass=0,
         length=None, version=6):
    return struct.pack("!IHBB16s16s", version << 28 | tclass << 20 | flow,
                       len(payload) if length is None else length, protocol, hops,
                       ipaddress.IPv6Address(src).packed, ipaddress.IPv6Address(dst).packed) + payload


def extension(protocol, body=bytes(6)):
    """A hop-by-hop, routing or destination options header: next header, length, body of 8n-2 octets."""
    return bytes([protocol, (len(body) + 2) // 8 - 1]) + body


def fragment6(protocol, offset, more, ident, payload):
    return struct.pack("!BBHI", protocol, 0, offset | more, ident) + payload


def ethernet(payload, ethertype=0x0800):
    return bytes.fromhex("020000000002020000000001") + struct.pack("!H", ethertype) + payload


def vlan(payload, ethertype=0x0800, vid=5):
    return struct.pack("!HH", vid, ethertype) + payload


def mpls(payload, labels=(100,)):
    entries = b""
    for i, label in enumerate(labels):
        entries += struct.pack("!I", label << 12 | (0x100 if i == len(labels) - 1 else 0) | 64)
    return entries + payload


def snap(payload, ethertype=0x0800, organisation=0):
    return b"\xaa\xaa\x03" + struct.pack("!I", organisation)[1:] + struct.pack("!H", ethertype) + payload


def pppoe(payload, protocol=0x0021):
    return struct.pack("!BBHHH", 0x11, 0, 1, len(payload) + 2, protocol) + payload


def gre(payload, ethertype=0x0800, flags=0, extra=b""):
    return struct.pack("!HH", flags, ethertype) + extra + payload


def ppp(payload, protocol=0x0021, framing=b"\xff\x03"):
    return framing + struct.pack("!H", protocol) + payload


# ---- files ----

def pcap(frames, link_type=1, order="<", magic=0xa1b2c3d4, snapshot=262144, times=None, units=10**6,
         version=(2, 4), record_extra=b""):
    """frames: octets, or (octets, length on the wire)."""
    parts = [struct.pack(order + "IHHiIII", magic, *version, 0, 0, snapshot, link_type)]
    for i, frame in enumerate(frames):
        octets, length = frame if isinstance(frame, tuple) else (frame, len(frame))
        seconds, fraction = times[i] if times else (1700000000 + i, 123456)
        assert fraction < units
        parts += [struct.pack(order + "IIII", seconds, fraction, len(octets), length), record_extra, octets]
    return b"".join(parts)


def block(block_type, body, order="<"):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", block_type, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def option(code, value, order="<"):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order="<"):
    return block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)


def interface(link_type, order="<", resolution=None, offset=None, snapshot=262144):
    body = struct.pack(order + "HHI", link_type, 0, snapshot)
    if resolution is not None:
        body += option(9, bytes([resolution]), order)
    if offset is not None:
        body += option(14, struct.pack(order + "q", offset), order)
    return block(1, body + option(0, b"", order), order)


def enhanced(octets, number=0, stamp=1700000000 * 10**6, order="<", length=None):
    return block(6, struct.pack(order + "IIIII", number, stamp >> 32, stamp & 0xffffffff, len(octets),
                                len(octets) if length is None else length) + octets + bytes(-len(octets) % 4),
                 order)


def simple(octets, order="<"):
    return block(3, struct.pack(order + "I", len(octets)) + octets, order)


def obsolete(octets, number=0, stamp=1700000000 * 10**6, order="<"):
    return block(2, struct.pack(order + "HHIIII", number, 0xffff, stamp >> 32, stamp & 0xffffffff, len(octets),
                                len(octets)) + octets, order)


# ---- compression, by hand: frames whose blocks are stored as they are ----

def zstd_stored(data):
    """RFC 8878: magic, a header without a content size and a window of 1 MiB, raw blocks of at most 128 KiB."""
    out = struct.pack("<IBB", 0xfd2fb528, 0, 10 << 3)
    for start in range(0, max(len(data), 1), 0x20000):
        chunk = data[start:start + 0x20000]
        last = start + len(chunk) >= len(data)
        out += struct.pack("<I", len(chunk) << 3 | last)[:3] + chunk
    return out


def xxh32(data, seed=0):
    """XXH32 of fewer than 16 octets, enough for an LZ4 frame descriptor."""
    assert len(data) < 16
    mask = 0xffffffff
    prime1, prime2, prime3, prime4, prime5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393
    value = (seed + prime5 + len(data)) & mask
    while len(data) >= 4:
        value = (value + struct.unpack("<I", data[:4])[0] * prime3) & mask
        value = ((value << 17 | value >> 15) & mask) * prime4 & mask
        data = data[4:]
    for octet in data:
        value = (value + octet * prime5) & mask
        value = ((value << 11 | value >> 21) & mask) * prime1 & mask
    value = (value ^ value >> 15) * prime2 & mask
    value = (value ^ value >> 13) * prime3 & mask
    return value ^ value >> 16


def lz4_stored(data):
    """LZ4 frame format 1.6: magic, descriptor (independent blocks of at most 64 KiB), stored blocks, end mark."""
    descriptor = bytes([0x60, 0x40])
    out = struct.pack("<I", 0x184d2204) + descriptor + bytes([xxh32(descriptor) >> 8 & 0xff])
    for start in range(0, len(data), 0x10000):
        chunk = data[start:start + 0x10000]
        out += struct.pack("<I", len(chunk) | 0x80000000) + chunk
    return out + bytes(4)
