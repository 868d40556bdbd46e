# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds small captures, packet by packet, where a test needs a shape that no recorded capture has: tunnels, fragments, quotes."""

import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHERNET = 1
CLIENT, SERVER = "192.0.2.10", "198.51.100.20"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8:1::20"


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(source, destination, ports, flags, seq=0, ack=0, *, window=64240, options=b"", payload=b""):
    """A TCP segment with its checksum; source and destination are addresses, ports a pair."""
    options += b"\0" * (-len(options) % 4)
    head = struct.pack("!HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       (20 + len(options)) // 4 << 4, flags, window, 0, 0) + options
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    length = len(head) + len(payload)
    pseudo = a.packed + b.packed + (struct.pack("!BBH", 0, 6, length) if a.version == 4 else
                                    struct.pack("!II", length, 6))
    value = checksum(pseudo + head + payload)
    return head[:16] + struct.pack("!H", value) + head[18:] + payload


def ip4(source, destination, payload, protocol=6, *, ttl=64, ident=1, flags=0x4000):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, flags, ttl, protocol, 0,
                       ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(source, destination, payload, protocol=6, *, hops=64):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, hops) + ipaddress.ip_address(
        source).packed + ipaddress.ip_address(destination).packed + payload


def ip(source, destination, segment, **fields):
    """An IPv4 or IPv6 packet, by the addresses."""
    if ipaddress.ip_address(source).version == 4:
        return ip4(source, destination, segment, **fields)
    return ip6(source, destination, segment, **({"hops": fields["ttl"]} if "ttl" in fields else {}))


def ethernet(packet, kind=None, tags=()):
    """A frame; kind is the EtherType, by default that of the IP packet; tags are VLAN numbers."""
    if kind is None:
        kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    vlan = b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags)
    return b"\2\0\0\0\0\2\2\0\0\0\0\1" + vlan + struct.pack("!H", kind) + packet


def udp(source, destination, ports, payload):
    return ip4(source, destination, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload, 17)


def refused(client=CLIENT, server=SERVER, port=81, seq=1000):
    """The IP packets of a refused attempt: SYN, and the RST that answers it."""
    return [ip(client, server, tcp(client, server, (40000, port), SYN, seq, options=b"\2\4\5\xb4")),
            ip(server, client, tcp(server, client, (port, 40000), RST | ACK, 0, seq + 1, window=0), ident=0)]


def aborted(client=CLIENT, server=SERVER, ports=(40001, 80), after=0):
    """A request, its answer, the client's abort, and so many answers that come too late."""
    there, back = (client, server), (server, client)
    swapped = ports[::-1]
    packets = [
        ip(*there, tcp(*there, ports, SYN, 5000, options=b"\2\4\5\xb4")),
        ip(*back, tcp(*back, swapped, SYN | ACK, 9000, 5001, options=b"\2\4\5\xb4")),
        ip(*there, tcp(*there, ports, ACK, 5001, 9001)),
        ip(*there, tcp(*there, ports, PSH | ACK, 5001, 9001, payload=b"GET / HTTP/1.0\r\n\r\n")),
        ip(*back, tcp(*back, swapped, PSH | ACK, 9001, 5019, payload=b"HTTP/1.0 200 OK\r\n\r\nhi")),
        ip(*there, tcp(*there, ports, RST | ACK, 5019, 9022)),
    ]
    for i in range(after):
        packets.append(ip(*back, tcp(*back, swapped, PSH | ACK, 9022 + 2 * i, 5019, payload=b"ho")))
    return packets


IN_TUNNEL = ("203.0.113.1", "203.0.113.2")


def tunnelled(wrap, packets=None):
    return [ethernet(wrap(packet)) for packet in packets or refused()]


def fragments():
    """A refused attempt whose RST comes in two IP fragments."""
    syn, rst = refused()
    head = 20
    return [syn, ip4(SERVER, CLIENT, rst[head:head + 16], ident=9, flags=0x2000),
            ip4(SERVER, CLIENT, rst[head + 16:], ident=9, flags=0x0002)]


def with_quotes():
    """A refused attempt whose RST is quoted in an ICMP error, and one quoted in an ICMPv6 error only."""
    syn, rst = refused()
    rst6 = refused(CLIENT6, SERVER6)[1]
    return [syn, rst, ip4("203.0.113.9", SERVER, b"\x0b\0\0\0\0\0\0\0" + rst, 1),
            ip6("2001:db8::9", SERVER6, b"\x03\0\0\0\0\0\0\0" + rst6, 58)]


def with_broken_headers():
    """A refused attempt, and its RST again with data offsets that cannot be: 4, and 15 in 20 octets."""
    syn, rst = refused()
    offset = 20 + 12
    return [syn, rst, rst[:offset] + b"\x40" + rst[offset + 1:], rst[:offset] + b"\xf0" + rst[offset + 1:]]


def shapes():
    """What recorded captures lack. Yields name, frames, options of write_pcap(), and the frames that hold a RST."""
    plain = [ethernet(packet) for packet in refused()]
    abort = [ethernet(packet) for packet in aborted(after=2)]
    v6 = refused(CLIENT6, SERVER6)
    vxlan = b"\x08\0\0\0\0\0\x2a\0"
    yield "plain", plain, {}, [2]
    yield "abort", abort, {}, [6]
    yield "vlan", [ethernet(packet, tags=(7,)) for packet in refused()], {}, [2]
    yield "vlan-in-vlan", [ethernet(packet, tags=(7, 8)) for packet in refused()], {}, [2]
    yield "ipv6", [ethernet(packet) for packet in v6], {}, [2]
    yield "ip-in-ip", tunnelled(lambda x: ip4(*IN_TUNNEL, x, 4)), {}, [2]
    yield "6in4", tunnelled(lambda x: ip4(*IN_TUNNEL, x, 41), v6), {}, [2]
    yield "gre", tunnelled(lambda x: ip4(*IN_TUNNEL, b"\0\0\x08\0" + x, 47)), {}, [2]
    yield "gre-in-gre", tunnelled(lambda x: ip4(
        *IN_TUNNEL, b"\0\0\x08\0" + ip4(*IN_TUNNEL, b"\0\0\x08\0" + x, 47), 47)), {}, [2]
    yield "vxlan", tunnelled(lambda x: udp(*IN_TUNNEL, (5000, 4789), vxlan + ethernet(x))), {}, [2]
    yield "mpls", [ethernet(b"\0\x01\x41\x40" + packet, 0x8847) for packet in refused()], {}, [2]
    yield "raw-ip", refused(), {"link": 101}, [2]
    yield "loopback", [b"\2\0\0\0" + packet for packet in refused()], {"link": 0}, [2]
    yield "fragments", [ethernet(packet) for packet in fragments()], {}, [3]
    yield "first-fragment-only", [ethernet(packet) for packet in fragments()[:2]], {}, []
    yield "quotes", [ethernet(packet) for packet in with_quotes()], {}, [2]
    yield "snapshot-70", abort, {"snaplen": 70}, [6]
    yield "snapshot-48", abort, {"snaplen": 48}, [6]
    yield "snapshot-47", abort, {"snaplen": 47}, []  # 14 + 20 + 13 octets: the TCP flags are cut off
    yield "broken-headers", [ethernet(packet) for packet in with_broken_headers()], {}, [2]
    yield "odd-times", [(0, plain[0]), (2**31, plain[1]), (5, plain[0])], {}, [2]
    yield "padded", [frame.ljust(60, b"\x55") for frame in plain], {}, [2]


def write_shapes(folder):
    """Writes all shapes below the folder, returns their paths."""
    return [write_pcap(f"{folder}/{name}.pcap", frames, **options) for name, frames, options, _ in shapes()]


def write_pcap(path, frames, link=ETHERNET, snaplen=262144, step=0.01):
    """Writes frames (octets, or a pair of time in seconds and octets) as a pcap file with nanoseconds."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snaplen, link))
        for number, frame in enumerate(frames):
            time = 1_700_000_000 * 10**9 + int(number * step * 10**9)
            if isinstance(frame, tuple):
                time, frame = 1_700_000_000 * 10**9 + int(frame[0] * 10**9), frame[1]
            file.write(struct.pack("<IIII", time // 10**9, time % 10**9, min(len(frame), snaplen), len(frame)))
            file.write(frame[:snaplen])
    return path
