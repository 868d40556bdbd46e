# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands on a wire: impairments, rewriting, devices and forgers. Every one draws its own parameters.

A box takes packets of both directions and says with wire.beyond() when they go on. What a forger makes carries a Birth with
the causes that are right (`how["causes"]`), whether anything visible tells it from the end's own (`mimic`), and its habit.
"""

import math
import struct
import time

from lab import packets
from lab.middlebox import Half, key_of
from lab.packets import ACK, FIN, PSH, RST, SYN

from .fabric import Birth, Packet, ip_offset, lower_ttl


def decades(rng, low, high):
    """A number between these whose logarithm is even."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


class Box:
    alters = False

    def attach(self, wire, index):
        self.wire, self.index = wire, index

    def on(self, packet, direction, delay=0.0):
        self.wire.beyond(self, packet, direction, delay)

    def take(self, packet, direction):
        self.on(packet, direction)

    @property
    def name(self):
        return type(self).__name__.lower()


# -------------------------------------------------------------------------------------------------------- impairments

class Delay(Box):
    def __init__(self, rng, seconds, jitter=0.0):
        self.rng, self.seconds, self.jitter = rng, seconds, jitter
        self.last = [0.0, 0.0]

    def take(self, packet, direction):
        now = time.monotonic()
        due = max(now + self.seconds + self.rng.random() * self.jitter, self.last[direction] + 1e-6)
        self.last[direction] = due
        self.on(packet, direction, due - now)


class Hops(Box):
    """Routers that do nothing but count."""

    def __init__(self, count):
        self.count = count

    def take(self, packet, direction):
        if lower_ttl(packet.data, self.count):
            packet._segment = None
            self.on(packet, direction)


class Loss(Box):
    def __init__(self, rng):
        self.rng, self.share, self.directions = rng, decades(rng, 0.01, 0.3), rng.choice(((0,), (1,), (0, 1)))

    def take(self, packet, direction):
        if direction not in self.directions or self.rng.random() >= self.share:
            self.on(packet, direction)


class LoseOne(Box):
    """Loses certain segments only: the first of a kind, a few times."""
    KINDS = {"syn-ack": (SYN | ACK, SYN | ACK, 0), "ack": (SYN | ACK | RST | FIN, ACK, 0), "data": (SYN, 0, 1),
             "fin": (FIN, FIN, 0), "rst": (RST, RST, 0)}

    def __init__(self, rng):
        self.kind = rng.choice(list(self.KINDS))
        self.skip, self.count, self.direction = rng.choice((0, 0, 1, 2)), rng.choice((1, 1, 2, 5)), rng.choice((0, 1))

    def take(self, packet, direction):
        segment = packet.segment
        mask, flags, least = self.KINDS[self.kind]
        if segment and direction == self.direction and segment.flags & mask == flags and segment.payload_length >= least:
            if self.skip:
                self.skip -= 1
            elif self.count:
                self.count -= 1
                return
        self.on(packet, direction)


class Duplicate(Box):
    def __init__(self, rng):
        self.rng, self.share, self.delay = rng, decades(rng, 0.02, 0.5), decades(rng, 0.0001, 0.02)

    def take(self, packet, direction):
        twin = packet.copy() if self.rng.random() < self.share else None
        self.on(packet, direction)
        if twin:
            self.on(twin, direction, self.delay)


class Reorder(Box):
    def __init__(self, rng):
        self.rng, self.share, self.delay = rng, decades(rng, 0.02, 0.4), decades(rng, 0.0003, 0.02)

    def take(self, packet, direction):
        self.on(packet, direction, self.delay if self.rng.random() < self.share else 0)


class Cut(Box):
    """From some moment on nothing passes, in one direction or both; perhaps not for ever."""

    def __init__(self, rng):
        self.begin = time.monotonic() + decades(rng, 0.1, 2.5)
        self.end = self.begin + rng.choice((99, 99, decades(rng, 0.1, 2)))
        self.directions = rng.choice(((0,), (1,), (0, 1), (0, 1)))

    def take(self, packet, direction):
        if direction not in self.directions or not self.begin <= time.monotonic() < self.end:
            self.on(packet, direction)


# ----------------------------------------------------------------------------------------------------------- rewriting

def each_option(data, tcp):
    """(kind, offset, length) of the TCP options."""
    at, end = tcp + 20, tcp + (data[tcp + 12] >> 4) * 4
    while at < end and data[at]:
        length = 1 if data[at] == 1 else data[at + 1] if at + 1 < end else 0
        if length < 1 or at + length > end:
            return
        yield data[at], at, length
        at += length


class Renumber(Box):
    """A firewall that makes initial sequence numbers of its own, for whoever stands left of it; SACK too, or not."""
    alters = True

    def __init__(self, rng):
        self.shift, self.sack = rng.getrandbits(32), rng.random() < 0.8

    def take(self, packet, direction):
        place = ip_offset(packet.data)
        if place:
            tcp, data = place[1], packet.data
            if direction == 0:
                add(data, tcp + 4, self.shift)
            else:
                if data[tcp + 13] & ACK:
                    add(data, tcp + 8, -self.shift)
                for kind, at, length in each_option(data, tcp) if self.sack else ():
                    if kind == 5:
                        for block in range(at + 2, at + length, 4):
                            add(data, block, -self.shift)
            packet.changed()
        self.on(packet, direction)


def add(data, at, number):
    struct.pack_into("!I", data, at, (struct.unpack_from("!I", data, at)[0] + number) & 0xFFFFFFFF)


class Strip(Box):
    """Blanks TCP options in SYN and SYN-ACK."""
    alters = True

    def __init__(self, rng):
        self.kinds = set(rng.sample((2, 3, 4, 8, 34), rng.randint(1, 3)))
        self.directions = rng.choice(((0,), (1,), (0, 1)))

    def take(self, packet, direction):
        place = ip_offset(packet.data)
        if place and direction in self.directions and packet.data[place[1] + 13] & SYN:
            for kind, at, length in list(each_option(packet.data, place[1])):
                if kind in self.kinds:
                    packet.data[at:at + length] = b"\1" * length
            packet.changed()
        self.on(packet, direction)


class Fields(Box):
    """Rewrites TTL, IP ID or DSCP of everything."""
    alters = True

    def __init__(self, rng):
        self.rng = rng
        self.ttl = rng.choice((None, 64, 128, 255, 200))
        self.id = rng.choice((None, "zero", "random", "counter"))
        self.tos = rng.choice((None, 0, 0x28))
        self.directions = rng.choice(((0,), (1,), (0, 1)))
        self.counter = rng.getrandbits(16)

    def take(self, packet, direction):
        place, data = ip_offset(packet.data), packet.data
        if place and direction in self.directions:
            if place[0] == 4:
                data[22] = self.ttl or data[22]
                data[15] = data[15] if self.tos is None else self.tos | data[15] & 3
                if self.id and not packet.gso:
                    self.counter = self.counter + 1 & 0xFFFF
                    number = {"zero": 0, "random": self.rng.getrandbits(16), "counter": self.counter}[self.id]
                    struct.pack_into("!H", data, 18, number)
            else:
                data[21] = self.ttl or data[21]
            packet.changed()
        self.on(packet, direction)


class Clamp(Box):
    """Makes advertised windows small."""
    alters = True

    def __init__(self, rng):
        self.most, self.direction = round(decades(rng, 20, 30000)), rng.choice((0, 1))

    def take(self, packet, direction):
        place = ip_offset(packet.data)
        if place and direction == self.direction and not packet.data[place[1] + 13] & RST:
            window, = struct.unpack_from("!H", packet.data, place[1] + 14)
            if window > self.most:
                struct.pack_into("!H", packet.data, place[1] + 14, self.most)
                packet.changed()
        self.on(packet, direction)


class AlterOnce(Box):
    """Changes a number of one segment of each connection: of the SYN-ACK, of the ACK that ends the handshake, of data."""
    alters = True

    def __init__(self, rng):
        self.target = rng.choice(("syn-ack", "syn-ack", "final-ack", "final-ack", "later"))
        self.field = "ack" if self.target != "later" else rng.choice(("seq", "ack"))
        self.by = rng.choice((1, 1, -1, -3, 5000, 100000, rng.getrandbits(31), -rng.getrandbits(31)))
        self.times = rng.choice((1, 1, 1, 2, 4))
        self.bare = self.target == "syn-ack" and rng.random() < 0.15
        self.skip = rng.randint(0, 4) if self.target == "later" else 0
        self.done, self.synack = {}, set()

    def take(self, packet, direction):
        segment = packet.segment
        if segment and self.wants(segment):
            tcp = ip_offset(packet.data)[1]
            self.done[self.key(segment)] = self.done.get(self.key(segment), 0) + 1
            if self.done[self.key(segment)] > self.skip:
                add(packet.data, tcp + (4 if self.field == "seq" else 8), self.by)
                if self.bare:
                    packet.data[tcp + 13] &= ~SYN
                packet.birth.altered.add(self.field)
                packet.changed()
        self.on(packet, direction)

    @staticmethod
    def key(segment):
        return frozenset(((segment.src, segment.sport), (segment.dst, segment.dport)))

    def wants(self, segment):
        key, flags = self.key(segment), segment.flags & (SYN | ACK | RST | FIN)
        if flags == SYN | ACK:
            self.synack.add(key)
        if self.done.get(key, 0) >= self.times + self.skip:
            return False
        if self.target == "syn-ack":
            return flags == SYN | ACK
        return key in self.synack and flags == ACK and (self.target == "later" or not self.done.get(key) or
                                                        self.times > 1)


# ------------------------------------------------------------------------------------------------- devices and forgers

class Watcher(Box):
    """Sees every segment and keeps what each end has sent."""

    def __init__(self, rng):
        self.rng, self.halves = rng, {}
        self.dead = set()                 # connections whose segments it drops

    def take(self, packet, direction):
        segment = packet.segment
        if segment:
            half = self.halves.get(key_of(segment))
            if half is None:
                half = self.halves[key_of(segment)] = Half(segment, direction)
            half.see(segment)
            half.label = int.from_bytes(packet.data[15:18], "big") & 0xFFFFF if ":" in half.src else 0
            if self.connection(half) in self.dead:
                return
            fate = self.seen(half, segment, packet)
            if fate == "drop":
                return
        self.on(packet, direction)

    def seen(self, half, segment, packet):
        return None

    @staticmethod
    def connection(half):
        return frozenset(((half.src, half.sport), (half.dst, half.dport)))

    def peer(self, half):
        return self.halves.get((half.dst, half.dport, half.src, half.sport))

    def forge(self, half, flags, *, seq, ack=0, delay=0.0, ttl=64, causes, mimic=False, habit="", **fields):
        """A segment in the name of `half`, sent on towards its peer."""
        ack_anyway = fields.pop("ack_anyway", False)
        data = packets.tcp_segment(half.src, half.dst, half.sport, half.dport, flags, seq=seq,
                                   ack=ack if flags & ACK or ack_anyway else 0, ttl=max(1, min(255, ttl)), **fields)
        frame = bytearray(packets.ethernet(data, bytes(6), bytes(6)))
        birth = Birth(self, packets.decode(bytes(frame), packets.DLT_EN10MB), causes=causes, mimic=mimic, habit=habit)
        self.on(Packet(frame, birth), half.device, max(delay, 1e-6))

    def fresh_options(self, half):
        """The options of the half's last segment, its time stamp as old as now."""
        at = half.options.find(b"\x08\x0a")
        if at < 0 or at + 10 > len(half.options):
            return b""
        value, = struct.unpack("!I", half.options[at + 2:at + 6])
        value = (value + int(1000 * (time.monotonic() - half.last))) & 0xFFFFFFFF
        other = self.peer(half)
        echo = half.options[at + 6:at + 10]
        if other and 0 <= (place := other.options.find(b"\x08\x0a")) <= len(other.options) - 10:
            echo = other.options[place + 2:place + 6]
        return b"\x01\x01\x08\x0a" + struct.pack("!I", value) + echo


TEXTS = (b"blocked by policy", b"BIG-IP: [0x2664c65:2574] Policy action", b"Connection refused by administrator")


class Habit:
    """How a forger makes its resets, drawn once a device."""

    def __init__(self, rng):
        self.rng = rng
        self.flags = rng.choice((RST, RST | ACK, RST | ACK))
        self.mimic = rng.random() < 0.12
        self.ttl = rng.choice(("near", "foreign", "foreign", "foreign", "random", "same"))
        self.ttl_start = rng.choice((64, 128, 255, rng.randint(35, 250)))
        self.id = rng.choice(("zero", "random", "constant", "counter", "next"))
        self.constant, self.counter = rng.getrandbits(16), rng.getrandbits(16)
        self.window = rng.choice((0, 0, rng.randint(1, 65535), "same", "ladder"))
        self.options = rng.random() < 0.15
        self.count = rng.choice((1, 1, 1, 2, 3, 3, 5))
        self.step = rng.choice((0, 0, 1460, "window"))
        self.gap = rng.choice((0, 0, decades(rng, 0.0001, 0.01)))
        self.ack_anyway = rng.random() < 0.1
        self.df = rng.random() < 0.5
        self.text = rng.choice(TEXTS) if rng.random() < 0.06 else b""

    def perfect(self):
        """Whether nothing in the making of its resets tells them from the end's own; what a view shows besides, views.py sees."""
        if self.count > 1 and (self.step or self.gap):
            return False
        bare = self.flags == RST and self.id == "zero" and self.window == 0 and not self.options
        live = self.flags & ACK and self.id == "next" and self.window == "same"
        return self.mimic or self.ttl == "same" and self.df and not self.text and not self.ack_anyway and bool(bare or live)

    def fields(self, watcher, half, number):
        rng = self.rng
        if self.mimic:
            active = self.flags & ACK
            ip_id = (half.ip_id + 1 + number) & 0xFFFF if active and half.ip_id else 0
            return {"ttl": half.ttl, "ip_id": ip_id, "window": half.window if active else 0, "df": True,
                    "tos": half.tos if active or not watcher.peer(half) else watcher.peer(half).tos,
                    "label": half.label if active else rng.getrandbits(20),
                    "options": watcher.fresh_options(half) if active else b""}
        ttl = {"near": half.ttl + rng.choice((-1, 1, 2)), "foreign": self.ttl_start - 1, "same": half.ttl,
               "random": rng.randint(30, 250)}[self.ttl]
        self.counter = self.counter + rng.randint(1, 3) & 0xFFFF
        ip_id = {"zero": 0, "random": rng.getrandbits(16), "constant": self.constant, "counter": self.counter,
                 "next": half.ip_id + 1 + number & 0xFFFF}[self.id]
        window = half.window if self.window == "same" else 1980 + number if self.window == "ladder" else self.window
        return {"ttl": ttl, "ip_id": ip_id, "window": window, "df": self.df, "tos": 0,
                "label": rng.choice((0, rng.getrandbits(20))), "ack_anyway": self.ack_anyway,
                "options": watcher.fresh_options(half) if self.options else b"",
                "payload": self.text}

    def burst(self, watcher, half, causes, extra=0):
        """Resets in the name of `half`; `extra`: octets it is about to send, which the forger counts in."""
        other = watcher.peer(half)
        ack = other.nxt if other else half.ack
        window = max(1, min(other.window if other else 1000, 20000))
        for number in range(self.count):
            step = number * (window if self.step == "window" else self.step)
            watcher.forge(half, self.flags, seq=half.nxt + extra + step, ack=ack, delay=number * self.gap,
                          causes=causes, mimic=self.perfect(), habit=self.describe(), **self.fields(watcher, half, number))

    def describe(self):
        return "mimic" if self.mimic else f"ttl-{self.ttl}.id-{self.id}"


class Resetter(Watcher):
    """On the path: acts on a content, on a number of segments or on an age; to one end or both; dropping what follows or not."""

    def __init__(self, rng):
        super().__init__(rng)
        self.habit = Habit(rng)
        self.when = rng.choice(("request", "request", "answer", "segments", "age", "syn", "syn-ack"))
        self.after, self.age = rng.randint(2, 12), decades(rng, 0.05, 3)
        self.towards = rng.choice(("both", "both", "server", "client"))
        self.drops = rng.random() < 0.5
        self.early = self.drops and rng.random() < 0.4        # swallows the segment that made it act
        self.lag = rng.choice((0, 0, decades(rng, 0.0002, 0.03)))
        self.share, self.page = rng.choice((1.0, 0.5)), rng.random() < 0.2
        self.acted, self.counts, self.born = set(), {}, {}

    def seen(self, half, segment, packet):
        key = self.connection(half)
        if key in self.acted or segment.flags & RST:
            return None
        if segment.flags & (SYN | ACK) == SYN:
            self.born[key] = time.monotonic()
            half.client = True
        if key not in self.born:
            return None
        client = self.halves.get((half.src, half.sport, half.dst, half.dport)) if getattr(half, "client", False) else \
            self.peer(half)
        if client is None:
            return None
        self.counts[key] = self.counts.get(key, 0) + 1
        if not self.due(half, segment, client, key):
            return None
        self.acted.add(key)
        if self.rng.random() >= self.share:
            return None
        if self.drops:
            self.dead.add(key)
        self.wire.situation.loop.after(self.lag, self.act, client, half)
        return "drop" if self.early else None

    def due(self, half, segment, client, key):
        if self.when == "request":
            return half is client and segment.payload_length > 0
        if self.when == "answer":
            return half is not client and segment.payload_length > 0
        if self.when == "segments":
            return self.counts[key] >= self.after and self.peer(half) is not None
        if self.when == "syn":
            return segment.flags & SYN and half is client
        if self.when == "syn-ack":
            return segment.flags & SYN and half is not client
        return time.monotonic() - self.born[key] >= self.age and self.peer(half) is not None

    def act(self, client, half):
        causes = ("policy-reset", "injected") if self.drops else ("injected", "policy-reset")
        server = self.peer(client)
        if server is None:
            server = Half(packets.Segment(client.dst, client.src, client.dport, client.sport, 0, client.nxt, 0, 0, 0, 60, 0,
                                          b"", b"", b"", 0), 1 - client.device)
            server.nxt = 0
            if self.towards == "server":
                self.towards = "client"
        if self.towards in ("both", "client"):
            if self.page and server.data == 0 and server.nxt:
                self.forge_page(server)
            if server.nxt == 0:           # to a SYN: what a SYN-SENT end takes
                self.forge(server, RST | ACK, seq=self.rng.choice((0, 1)), ack=client.nxt, causes=causes,
                           mimic=False, habit="to-syn", **self.habit.fields(self, client, 0))
            else:
                self.habit.burst(self, server, causes)
        if self.towards in ("both", "server"):
            self.habit.burst(self, client, causes)

    def forge_page(self, server):
        """A page of its own and a FIN before the RST."""
        client = self.peer(server)
        text = b"HTTP/1.1 403 Forbidden\r\n\r\nblocked"
        fields = self.habit.fields(self, server, 0)
        fields.update(payload=text)
        self.forge(server, PSH | ACK | FIN, seq=server.nxt, ack=client.nxt, causes=(), **fields)
        server.nxt += len(text) + 1


class Blind(Watcher):
    """Off the path: it knows addresses and ports (told by us, it could have guessed them) and guesses numbers."""

    def __init__(self, rng):
        super().__init__(rng)
        self.begin = time.monotonic() + decades(rng, 0.15, 2)
        self.count, self.gap = round(decades(rng, 1, 30)), decades(rng, 0.0002, 0.05)
        self.stride = rng.choice(("random", "random", "window", "near"))
        self.flags, self.ttl = rng.choice((RST, RST, RST | ACK)), rng.randint(35, 250)
        self.id = rng.choice((0, None, rng.getrandbits(16)))
        self.done = False

    def attach(self, wire, index):
        super().attach(wire, index)
        wire.situation.loop.at(self.begin, self.attack)

    def attack(self):
        live = [half for half in self.halves.values() if self.peer(half) and half.nxt]
        if not live:
            return
        half, start = self.rng.choice(live), self.rng.getrandbits(32)
        for number in range(self.count):
            if self.stride == "random":
                seq = self.rng.getrandbits(32)
            elif self.stride == "window":
                seq = start + number * 60000
            else:
                seq = half.nxt + self.rng.randint(-70000, 70000)
            self.forge(half, self.flags, seq=seq, ack=self.rng.getrandbits(32), delay=number * self.gap, ttl=self.ttl,
                       ip_id=self.rng.getrandbits(16) if self.id is None else self.id, causes=("blind-attack",),
                       habit=f"blind-{self.stride}", window=self.rng.choice((0, 1024)))


class IdleDevice(Watcher):
    """A load balancer or firewall that times idle connections out and says so to both ends, or to one."""

    def __init__(self, rng):
        super().__init__(rng)
        self.habit, self.idle = Habit(rng), decades(rng, 0.3, 2)
        self.habit.count, self.habit.step, self.habit.text = 1, 0, b""
        self.towards = rng.choice(("both", "both", "both", "server", "client"))
        self.last, self.clients = {}, {}

    def attach(self, wire, index):
        super().attach(wire, index)
        wire.situation.loop.after(0.02, self.sweep)

    def seen(self, half, segment, packet):
        key = self.connection(half)
        if segment.flags & (SYN | ACK) == SYN:
            self.clients[key] = half
        self.last[key] = None if segment.flags & (RST | FIN) else time.monotonic()

    def sweep(self):
        self.wire.situation.loop.after(0.02, self.sweep)
        now = time.monotonic()
        for key, last in list(self.last.items()):
            client = self.clients.get(key)
            if last is None or client is None or now - last < self.idle or not self.peer(client):
                continue
            self.last[key] = None
            self.dead.add(key)
            if self.towards in ("both", "client"):
                self.habit.burst(self, self.peer(client), ("device-idle-timeout",))
            if self.towards in ("both", "server"):
                self.habit.burst(self, client, ("device-idle-timeout",))


class HalfOpenGuard(Watcher):
    """A SYN-flood device: what does not finish its handshake in time is reset, towards the server or both ends."""

    def __init__(self, rng):
        super().__init__(rng)
        self.patience, self.habit = decades(rng, 0.2, 2), Habit(rng)
        self.habit.count, self.habit.step, self.habit.text, self.habit.ack_anyway = 1, 0, b"", False
        self.both = rng.random() < 0.5
        self.open = {}

    def attach(self, wire, index):
        super().attach(wire, index)
        wire.situation.loop.after(0.02, self.sweep)

    def seen(self, half, segment, packet):
        key = self.connection(half)
        flags = segment.flags & (SYN | ACK | RST | FIN)
        if flags == SYN | ACK and key not in self.open:
            self.open[key] = (time.monotonic(), half)
        elif flags != SYN and key in self.open and flags != SYN | ACK:
            self.open[key] = None

    def sweep(self):
        self.wire.situation.loop.after(0.02, self.sweep)
        for key, entry in list(self.open.items()):
            if entry and time.monotonic() - entry[0] >= self.patience:
                self.open[key] = None
                server, client = entry[1], self.peer(entry[1])
                if client:
                    self.habit.burst(self, client, ("syn-received-timeout",))
                    if self.both:
                        self.habit.burst(self, server, ("syn-received-timeout",))


class Spoofer(Watcher):
    """Sends SYNs in the name of the end left of it, which knows nothing of them: their answers are unsolicited."""

    def __init__(self, rng):
        super().__init__(rng)
        self.begin, self.count = time.monotonic() + decades(rng, 0.1, 1), round(decades(rng, 1, 8))

    def attach(self, wire, index):
        super().attach(wire, index)
        wire.situation.loop.at(self.begin, self.attack)

    def attack(self):
        situation, rng = self.wire.situation, self.rng
        for number in range(self.count):
            segment = packets.Segment(situation.address["x"], situation.address["y"], rng.randint(2000, 60000),
                                      rng.choice(situation.ports), 0, 0, 0, 0, 0, 0, 0, b"", b"", b"", 0)
            half = Half(segment, 0)
            data = packets.tcp_segment(half.src, half.dst, half.sport, half.dport, SYN, seq=rng.getrandbits(32),
                                       ttl=rng.randint(30, 250), window=rng.choice((1024, 8192, 64240)),
                                       ip_id=rng.getrandbits(16),
                                       options=rng.choice((b"", b"\x02\x04\x05\xb4", b"\x02\x04\x05\xb4\x04\x02\x01\x01")))
            frame = bytearray(packets.ethernet(data, bytes(6), bytes(6)))
            birth = Birth(self, packets.decode(bytes(frame), packets.DLT_EN10MB), causes=())
            self.on(Packet(frame, birth), 0, 1e-6 + number * 0.01)


class Challenger(Watcher):
    """An anti-DDoS device: answers a client's first SYN with a SYN-ACK that acknowledges something else, and waits for the RST."""

    def __init__(self, rng):
        super().__init__(rng)
        self.known, self.ttl = set(), rng.choice((64, 128, 255))

    def seen(self, half, segment, packet):
        key = self.connection(half)
        if segment.flags & RST and key in self.known and not self.peer(half):
            return "drop"
        if segment.flags & (SYN | ACK) != SYN or key in self.known:
            return None
        self.known.add(key)
        data = packets.tcp_segment(segment.dst, segment.src, segment.dport, segment.sport, SYN | ACK,
                                   seq=self.rng.getrandbits(32), ack=self.rng.getrandbits(32), ttl=self.ttl, window=0)
        frame = bytearray(packets.ethernet(data, bytes(6), bytes(6)))
        birth = Birth(self, packets.decode(bytes(frame), packets.DLT_EN10MB), causes=(), challenge=True)
        self.on(Packet(frame, birth), 1 - half.device, 1e-6)
        return "drop"


IMPAIRMENTS = (Loss, Loss, LoseOne, LoseOne, Duplicate, Reorder, Cut)
REWRITERS = (Renumber, Strip, Fields, Fields, Clamp, AlterOnce, AlterOnce, AlterOnce)
FORGERS = (Resetter, Resetter, Resetter, Blind, IdleDevice, HalfOpenGuard, Spoofer, Challenger)
