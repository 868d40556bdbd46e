# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures made to cost much: each attack takes a size N and gives the octets of a capture of about N packets."""
import struct
import subprocess

SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16
START = 1700000000 * 10**6  # microseconds
A, B = 0x0a000001, 0x0a000002
MASK = 0xffffffff


class Capture:
    """A pcap file that is put together; time stands still unless it is moved."""

    def __init__(self, link_type=1):
        self.parts = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link_type)]
        self.now = START
        self.raw = link_type != 1

    def frame(self, octets):
        self.parts.append(struct.pack("<IIII", self.now // 10**6 & MASK, self.now % 10**6, len(octets), len(octets)))
        self.parts.append(octets)

    def ip(self, payload, source=A, destination=B, protocol=6, ident=0, fragment=0):
        self.frame(bytes.fromhex("0200000000010200000000020800") +
                   struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), ident & 0xffff, fragment, 64, protocol, 0,
                               source, destination) + payload)

    def tcp(self, flags, seq, ack, *, back=False, client=A, server=B, port=1000, service=80, ident=0, text=b"", options=b"",
            window=8192):
        ports = (service, port) if back else (port, service)
        ends = (server, client) if back else (client, server)
        self.ip(struct.pack(">HHIIBBHHH", *ports, seq & MASK, ack & MASK, 0x50 + (len(options) << 2), flags,
                            0 if flags & RST else window, 0, 0) + options + text, *ends, ident=ident)

    def open(self, seq=1, **end):
        self.tcp(SYN, seq, 0, **end)
        self.tcp(SYN | ACK, seq, seq + 1, back=True, **end)
        self.tcp(ACK, seq + 1, seq + 1, **end)

    def octets(self):
        return b"".join(self.parts)


def host(i):
    return {"client": 0x0b000000 + i}


def burst(n, gap=0):
    """RSTs that share what followed, then ordinary segments."""
    c = Capture()
    c.open()
    for i in range(n // 2):
        c.now += gap
        c.tcp(RST, 2 + i, 0, back=True)
    for i in range(n // 2):
        c.now += gap
        c.tcp(ACK, 2, 2 + (i & 1))
    return c.octets()


def burst_in_time(n):
    """The same, a microsecond apart."""
    return burst(n, 1)


def resets_at_once(n):
    """RSTs of one connection and one moment."""
    c = Capture()
    for i in range(n):
        c.tcp(RST, 2 + i, 0, back=True, ident=i)
    return c.octets()


def storm(n):
    """RSTs without end to a connection that had closed, then data."""
    c = Capture()
    c.open()
    c.tcp(FIN | ACK, 2, 2, back=True)
    c.tcp(PSH | ACK, 2, 3, text=b"x" * 100)
    for i in range(n):
        c.now += 20
        c.tcp(RST, 3, 0, back=True, ident=i)
    for i in range(20):
        c.tcp(PSH | ACK, 102 + 100 * i, 3, text=b"x" * 100)
    return c.octets()


def conversation(n, turn):
    """A connection that goes on whatever is sent in its name, 20 microseconds a segment; turn sends some."""
    c = Capture()
    c.open()
    sent = [2, 2]

    def send(flags, back, text=b"", seq=0):
        c.now += 20
        own, peer = sent[back], sent[not back]
        c.tcp(flags, own + seq, peer if flags & ACK else 0, back=back, text=text)
        sent[back] += len(text)

    before = 0
    while len(c.parts) // 2 < n:
        turn(send)
        assert len(c.parts) > before
        before = len(c.parts)
    return c.octets()


def answered_both_ways(n):
    """Each segment of both ends is answered by a RST, and both go on."""
    def turn(send):
        send(PSH | ACK, 0, b"x")
        send(RST, 1)
        send(PSH | ACK, 1, b"y")
        send(RST, 0)
    return conversation(n, turn)


def aborts_survived(n):
    """An end aborts, and both go on as if it had not."""
    def turn(send):
        send(RST | ACK, 1)
        send(PSH | ACK, 0, b"x")
        send(PSH | ACK, 1, b"y")
        send(ACK, 0)
    return conversation(n, turn)


def aborts_in_pairs(n):
    """Both ends abort at once, again and again."""
    def turn(send):
        send(RST | ACK, 1)
        send(RST | ACK, 0)
    return conversation(n, turn)


def aborted_receiver(n):
    """A server that sends on, to a client that aborts at each segment."""
    def turn(send):
        send(PSH | ACK, 1, b"y")
        send(RST | ACK, 0)
    return conversation(n, turn)


def ladders(n):
    """RSTs in steps of a window, as injectors send them, and data between."""
    def turn(send):
        for step in (0, 1460, 4380):
            send(RST | ACK, 1, seq=step)
        send(PSH | ACK, 0, b"x" * 10)
    return conversation(n, turn)


def over_in_time(n):
    """Connections that are refused, forgotten after minutes, and then heard of again."""
    c = Capture()
    for i in range(n // 4):
        c.now += 10**6
        c.tcp(SYN, 7, 0, **host(i))
        c.tcp(RST | ACK, 0, 8, back=True, **host(i))
        if i >= 400:
            c.tcp(PSH | ACK, 8, 8, text=b"x", **host(i - 400))
            c.tcp(RST, 8, 0, back=True, **host(i - 400))
    return c.octets()


def alike(n):
    """Keep-alives and their answers that nothing tells apart, and RSTs with their numbers."""
    c = Capture()
    c.open()
    for i in range(n // 4):
        c.now += 10
        c.tcp(ACK, 1, 2)
        c.tcp(ACK, 2, 2, back=True)
        c.tcp(RST, 2, 0, back=True)
        c.tcp(ACK, 1, 2)
    return c.octets()


def closed_window(n):
    """Data sent against a window that is shut and opened again and again, acknowledgements of what was never sent, and RSTs."""
    c = Capture()
    c.open()
    sent = 2
    for i in range(n // 4):
        c.now += 50
        c.tcp(PSH | ACK, sent, 2, text=b"x" * 10)
        sent += 10
        c.tcp(ACK, 2, sent if i % 3 else sent + 5000, back=True, window=0 if i % 2 else 10)
        c.tcp(PSH | ACK, sent + 1000, 2, text=b"x")
        c.tcp(RST | ACK, 2, sent, back=True)
    return c.octets()


def mixed_storm(n):
    """Each segment is answered by a RST of its own follow-up."""
    c = Capture()
    c.open()
    for i in range(n // 2):
        c.tcp(ACK, 2 + i, 2, ident=i % 65535 + 1)
        c.tcp(RST, 2, 0, back=True, ident=i % 65535 + 1)
    return c.octets()


def guesses(n):
    """A stream with four guessed RSTs between two of its segments."""
    c = Capture()
    c.open()
    for i in range(n // 5):
        c.now += 50
        c.tcp(ACK, 2 + i, 2, ident=i % 65535 + 1)
        for j in range(4):
            c.tcp(RST, (i * 4 + j) * 65535, 0, back=True, ident=(i * 4 + j) * 31)
    return c.octets()


def copies(n):
    """Each RST is captured twice."""
    c = Capture()
    for i in range(n // 2):
        c.now += 100000
        for _ in range(2):
            c.now += 1
            c.tcp(RST, 2 + i, 0, back=True, ident=i * 7 + 1)
    return c.octets()


def copies_of_a_burst(n):
    """All RSTs of a burst, then all their copies."""
    c = Capture()
    for _ in range(2):
        for i in range(n // 2):
            c.tcp(RST, 2 + i, 0, back=True, ident=i * 7 + 1)
    return c.octets()


def both_ways(n):
    """RSTs in both directions at one moment."""
    c = Capture()
    for i in range(n):
        c.tcp(RST | ACK, 2 + i, 5, back=i & 1, ident=i)
    return c.octets()


def one_trigger(n):
    """One SYN that draws all RSTs."""
    c = Capture()
    c.tcp(SYN, 1, 0)
    for i in range(n):
        c.now += 1000
        c.tcp(RST | ACK, 0, 2, back=True, ident=i)
    return c.octets()


def one_trigger_filtered(n):
    """Attempts, then all their refusals: where only RSTs pass a read filter, one number is all the attempts'."""
    c = Capture()
    for i in range(n // 2):
        c.now += 10
        c.tcp(SYN, 7, 0, **host(i))
    for i in range(n // 2):
        c.now += 10
        c.tcp(RST | ACK, 0, 8, back=True, **host(i))
    return c.octets()


def reuse(n):
    """One pair of ports, refused and tried again."""
    c = Capture()
    for i in range(n // 2):
        c.tcp(SYN, i * 100000, 0)
        c.tcp(RST | ACK, 0, i * 100000 + 1, back=True)
    return c.octets()


def reuse_after_abort(n):
    """One pair of ports, opened and aborted, again and again at one moment."""
    c = Capture()
    for i in range(n // 4):
        seq = i * 100000
        c.open(seq)
        c.tcp(RST | ACK, seq + 1, seq + 1)
    return c.octets()


def hosts(n):
    """Ever new hosts, each refused."""
    c = Capture()
    for i in range(n // 2):
        c.now += 1000
        c.tcp(SYN, 7, 0, **host(i))
        c.tcp(RST | ACK, 0, 8, back=True, **host(i))
    return c.octets()


def refusers(n):
    """One host tries ever new ones, each of which refuses."""
    c = Capture()
    for i in range(n // 2):
        c.now += 1000
        c.tcp(SYN, 7, 0, server=0x0c000000 + i)
        c.tcp(RST | ACK, 0, 8, back=True, server=0x0c000000 + i)
    return c.octets()


def scan(n):
    """One host tries ports of many, each refused at once."""
    c = Capture()
    for i in range(n // 2):
        c.now += 1000
        end = {"server": 0x0c000000 + (i >> 15), "service": 1024 + (i & 0x7fff)}
        c.tcp(SYN, 7, 0, **end)
        c.tcp(RST | ACK, 0, 8, back=True, **end)
    return c.octets()


def mass(n):
    """A server that ends all its connections at once."""
    c = Capture()
    ends = [{"client": 0x0b000000 + (i >> 15), "port": 1024 + (i & 0x7fff)} for i in range(n // 4)]
    for end in ends:
        c.now += 1000
        c.open(7, **end)
    c.now += 10**6
    for end in ends:
        c.tcp(RST | ACK, 8, 8, back=True, **end)
    return c.octets()


def half_open(n):
    """Connections that are opened and left, and given up by the client."""
    c = Capture()
    for i in range(n // 3):
        c.now += 1000
        c.tcp(SYN, 7, 0, **host(i))
        c.tcp(SYN | ACK, 9, 8, back=True, **host(i))
        c.tcp(RST, 8, 0, **host(i))
    return c.octets()


def flood(n):
    """SYNs that nobody answers."""
    c = Capture()
    for i in range(n):
        c.now += 10
        c.tcp(SYN, 7, 0, **host(i))
    return c.octets()


def talkers(n):
    """Connections that are opened, talk and are never closed; then each is reset."""
    c = Capture()
    for i in range(n // 6):
        c.now += 1000
        c.open(7, **host(i))
        c.tcp(PSH | ACK, 8, 8, text=b"x" * 10, **host(i))
    for i in range(n // 6):
        c.now += 1000
        c.tcp(PSH | ACK, 18, 8, text=b"x" * 10, **host(i))
        c.tcp(RST, 8, 0, back=True, **host(i))
    return c.octets()


def strangers(n):
    """Ever new connections of which only data is captured."""
    c = Capture()
    for i in range(n):
        c.now += 10000
        c.tcp(PSH | ACK, 7, 8, text=b"x" * 10, **host(i))
    return c.octets()


def backwards(n):
    """Times that jump back by a second each time."""
    c = Capture()
    c.now += n * 10**6
    for i in range(n // 2):
        c.now -= 10**6
        c.tcp(SYN, 7, 0, **host(i))
        c.tcp(RST | ACK, 0, 8, back=True, **host(i))
    return c.octets()


def remembered(n):
    """As many remembered segments as there can be, and RSTs among them."""
    c = Capture()
    c.open()
    for i in range(n):
        if i % 8 == 7:
            c.tcp(RST, 77, 0, back=True, ident=i)
        else:
            c.tcp(ACK, 2 + i, 2, ident=i % 65535 + 1)
    return c.octets()


def long_options(n):
    """Segments full of options, and RSTs with text. So far apart that verdicts fall due within the smallest capture already."""
    c = Capture()
    blocks = b"".join(struct.pack(">II", i, i + 1) for i in range(1, 5))
    options = b"\1\1\5\x22" + blocks + b"\1" * 4
    c.open()
    for i in range(n // 2):
        c.now += 10000
        c.tcp(ACK, 2 + i, 2, options=options)
        c.tcp(RST, 2, 0, back=True, text=b"\xff<&\"'\n" * 200, options=b"\1" * 40)
    return c.octets()


def fragments(n):
    """Fragments of eight octets, last first."""
    c = Capture()
    for i in range(n):
        c.now += 1000
        offset = 8191 - i % 8190
        c.ip(b"x" * 8, ident=i // 8190, fragment=(0x2000 if i % 8190 else 0) | offset)
    return c.octets()


def lonely_fragments(n):
    """Fragments whose others never come."""
    c = Capture()
    for i in range(n):
        c.now += 1000
        c.ip(b"x" * 8, 0x0b000000 + (i >> 16), ident=i, fragment=0x2000)
    return c.octets()


def nested(n):
    """IP in IP as deep as it goes."""
    c = Capture()
    packet = struct.pack(">HHIIBBHHH", 1000, 80, 1, 2, 0x50, RST | ACK, 0, 0, 0)
    for protocol in (6, *[4] * 16):
        packet = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(packet), 0, 0, 64, protocol, 0, A, B) + packet
    for _ in range(n):
        c.now += 1000
        c.frame(bytes.fromhex("0200000000010200000000020800") + packet)
    return c.octets()


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def interfaces(n):
    """A pcapng file of interfaces, and a packet for each."""
    c = Capture()
    c.tcp(RST, 3, 4)
    packet = c.parts[-1]
    parts = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))]
    parts += [block(1, struct.pack("<HHIHHB3xHHI", 1, 0, 0, 9, 1, 9, 2, 4, i)) for i in range(n)]
    parts += [block(6, struct.pack("<IIIII", i, START >> 32, START & MASK, len(packet), len(packet)) + packet)
              for i in range(n)]
    return b"".join(parts)


def sections(n):
    """A pcapng file of sections, each with an interface and a packet."""
    c = Capture()
    c.tcp(RST, 3, 4)
    packet = c.parts[-1]
    section = (block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0)) +
               block(6, struct.pack("<IIIII", 0, START >> 32, START & MASK, len(packet), len(packet)) + packet))
    return section * (n // 3)


def over_and_over(n):
    """Many connections that are over, and then one segment every three hours."""
    c = Capture(101)

    def bare(number, flags):
        c.frame(struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + struct.pack(">II", 0x0b000000 + number, 0x0a000002) +
                struct.pack(">HHIIBBHHH", 1025, 80, 1, flags != SYN, 0x50, flags, 100, 0, 0))
    for part in range(2):
        for number in range(10 * n):
            bare(10 * n * part + number, SYN)
            c.now += 10
        c.now += 11000 * 10**6
    for number in range(n):
        c.now += 10800 * 10**6
        bare(20 * n + number, ACK)
    bare(0, RST)
    return c.octets()


def colliding_hosts(n, collide):
    """RSTs in the names of hosts that share one value of FNV-1a."""
    c = Capture(101)
    digits = subprocess.run([collide, str(n)], check=True, capture_output=True, text=True).stdout.split()
    for address in digits:
        c.now += 10
        c.frame(struct.pack(">IHBB", 0x60000000, 20, 6, 64) + bytes.fromhex(address) + bytes.fromhex("2001" + "00" * 13 + "01") +
                struct.pack(">HHIIBBHHH", 80, 1025, 1, 0, 0x50, RST, 0, 0, 0))
    return c.octets()


def frames(octets):
    """Each frame of a capture made here, as its time in microseconds and its octets."""
    at = 24
    while at < len(octets):
        seconds, rest, length, _ = struct.unpack_from("<IIII", octets, at)
        yield seconds * 10**6 + rest, octets[at + 16:at + 16 + length]
        at += 16 + length


def elsewhere(octets):
    """The same traffic as captured a hop further on, by another clock: a RST in ten never came there."""
    c = Capture()
    for i, (time, frame) in enumerate(frames(octets)):
        c.now = time + 7 * 10**6 + 3000
        if i % 10 != 9 or not frame[47] & RST:
            c.frame(frame[:22] + bytes([frame[22] - 1]) + frame[23:])
    return c.octets()


def parts(octets):
    """The same traffic in files of some twenty packets, each of which begins with the last of the one before."""
    packets = list(frames(octets))
    for start in range(0, len(packets), 20):
        c = Capture()
        for c.now, frame in packets[max(0, start - 5):start + 20]:
            c.frame(frame)
        yield c.octets()


def translated(octets):
    """The same traffic as captured behind a NAT64: as IPv6, with other ports."""
    c = Capture()
    for time, frame in frames(octets):
        c.now = time + 2000
        text = frame[34:]
        source, destination = (bytes.fromhex("0064ff9b" + "00" * 8) + frame[i:i + 4] for i in (26, 30))
        ports = bytearray(text[:4])
        ports[2 if text[:2] == b"\0P" else 0] ^= 0x40
        c.frame(frame[:12] + b"\x86\xdd" + struct.pack(">IHBB", 0x60000000, len(text), 6, 63) + source + destination +
                bytes(ports) + text[4:])
    return c.octets()


def traced_listener(octets):
    """What a kernel would have traced, had a listener of any address sent them all."""
    lines = []
    for time, frame in frames(octets):
        if frame[47] & RST:
            lines.append(f"  p-1 [000] ..s1. {time / 1e6 - 10**9:.6f}: tcp_send_reset: skbaddr=0 skaddr=0 "
                         f"src=0.0.0.0:{struct.unpack_from('>H', frame, 34)[0]} dest=0.0.0.0:0 state=TCP_LISTEN reason=TCP_FLAGS\n")
    return "".join(lines).encode()


def two_interfaces(n):
    """A pcapng file of one traffic, a RST in ten aside, at two interfaces, one behind the other."""
    parts = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))] + [block(1, struct.pack("<HHI", 1, 0, 0))] * 2
    for i, (time, frame) in enumerate(frames(mixed_storm(n // 2))):
        further = frame[:22] + bytes([frame[22] - 1]) + frame[23:]
        for number, octets in enumerate((frame, further)[:1 if i % 10 == 9 else 2]):
            head = struct.pack("<IIIII", number, time >> 32, time & MASK, len(octets), len(octets))
            parts.append(block(6, head + octets))
    return b"".join(parts)


def traced(octets):
    """What a kernel would have traced of the RSTs it sent."""
    lines = []
    for time, frame in frames(octets):
        if frame[47] & RST:
            source, destination = (".".join(map(str, frame[i:i + 4])) for i in (26, 30))
            ports = struct.unpack_from(">HH", frame, 34)
            lines.append(f"  p-1 [000] ..s1. {time / 1e6 - 10**9:.6f}: tcp_send_reset: skbaddr=0 skaddr=0 "
                         f"src={source}:{ports[0]} dest={destination}:{ports[1]} state=TCP_CLOSE reason=TCP_STATE\n")
    return "".join(lines).encode()
