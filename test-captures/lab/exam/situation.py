# SPDX-License-Identifier: GPL-2.0-or-later
"""One situation, drawn from a seed: two ends, a chain of routers and wires with boxes, programs; run once and recorded."""

import os
import random
import socket
import time

from lab import packets

from . import boxes
from .boxes import Delay, Hops, decades
from .fabric import Node, Place, Wire
from .loop import Loop
from .programs import End
from .routers import draw_filters
from .stacks import Stack
from .themes import THEMES

LONGEST = 14.0                    # seconds, whatever a program does


class Situation:
    def __init__(self, seed, number, prefix, theme=None):
        self.name = f"s{number:04d}"
        self.rng = rng = random.Random(f"exam/{seed}/{number}")
        self.number, self.prefix = number, prefix
        self.loop = Loop()
        self.family = rng.choice((4, 4, 4, 6))
        self.af = socket.AF_INET if self.family == 4 else socket.AF_INET6
        drawn = rng.choices(list(THEMES), [one.weight for one in THEMES.values()])[0]
        self.theme = theme or drawn
        self.extra_boxes = ()             # kinds of box that the theme draws
        self.ages = []                    # (moment ns, ns more): waits that are written longer than they were
        self.filter = None                # kind of packet filter that the theme draws
        self.filters = {}                 # node name: [(kind, since)], what its packet filter does
        self.nodes, self.wires, self.box_names = [], [], []
        self.sysctls = {"x": {}, "y": {}}
        self.seconds = decades(rng, 1.5, 6)
        self.ports = sorted(rng.sample(range(1024, 30000), 3)) if rng.random() < 0.6 else [80, 443, 5432]
        self.timestamps = rng.random() < 0.75
        self.offload = {end: rng.random() < 0.5 for end in "xy"}
        self.hops = rng.choice((0, 1, 1, 1, 2))           # routers that are kernels
        self.ttl = {end: rng.choice((64, 64, 64, 128, 255)) for end in "xy"}
        self.mtu = rng.choice((1500, 1500, 1400, 1280))

    # ------------------------------------------------------------------------------------------------------- building

    def build(self):
        rng = self.rng
        self.foreign = {}                 # end: which other stack runs there
        self.theme_program = THEMES[self.theme].draw(self, rng)
        names = ["x"] + [f"r{i + 1}" for i in range(self.hops)] + ["y"]
        for name in names:
            self.nodes.append(Node(self, name, "end" if name in "xy" else "router"))
        self.node = dict(zip(names, self.nodes))
        self.networks = [self.network(i) for i in range(len(names) - 1)]
        self.address = {"x": self.host(0, 10), "y": self.host(len(names) - 2, 20)}
        for name, kind in self.foreign.items():
            self.offload[name] = False
            self.node[name].stack = Stack(self, self.node[name], kind)
        self.x = End(self, self.node["x"], self.address["x"], rng)
        self.y = End(self, self.node["y"], self.address["y"], rng)
        for i in range(len(names) - 1):
            for node, side in ((self.nodes[i], 1), (self.nodes[i + 1], 0)):
                offload = self.offload[node.name] if node.kind == "end" else rng.random() < 0.4
                node.places.append(Place(node, f"{node.name}{'lr'[side]}", f"{node.name}{'lr'[side]}", self.mtu, offload))
        self.configure()
        for node in self.nodes:
            if node.kind == "end" and not node.stack:
                node.open_tables()
            for place in node.places:
                place.listen()
        self.began = time.time_ns()
        for node in self.nodes:
            for place in node.places:
                self.loop.readers[place.tap] = place.read
                self.loop.readers[place.sock.fileno()] = lambda node=node: node.drain(None)
        self.draw_wires()
        draw_filters(self, rng)

    def network(self, i):
        # the kernel's trace names no namespace: addresses differ from those of whoever else records now
        salt, low = 16 + os.getppid() % 200, self.number % 250
        return f"10.{salt}.{low}.{i * 64}" if self.family == 4 else f"fd00:{salt:x}:{low:x}:{i}::"

    def host(self, i, last):
        base = self.networks[i]
        if self.family == 4:
            head, _, tail = base.rpartition(".")
            return f"{head}.{int(tail) + last}"
        return packets.unpacked(packets.packed(f"{base}{last:x}"))

    def gateways(self, i):
        """The addresses at the two ends of wire i."""
        left = self.address["x"] if i == 0 else self.host(i, 1)
        right = self.address["y"] if i == len(self.networks) - 1 else self.host(i, 2)
        return left, right

    def configure(self):
        bits, flags = (26, "") if self.family == 4 else (64, " nodad")
        for index, node in enumerate(self.nodes):
            node.space.sysctl(net_ipv6_conf_default_accept_dad=0, net_ipv6_conf_default_router_solicitations=0,
                              net_ipv6_conf_default_addr_gen_mode=1)
            if node.kind == "router":
                node.space.sysctl(ip_forward=1, net_ipv6_conf_all_forwarding=1, net_ipv4_conf_all_rp_filter=0,
                                  net_ipv4_conf_default_rp_filter=0, net_ipv4_conf_all_send_redirects=0,
                                  net_ipv4_conf_default_send_redirects=0)
            lines = ["link set lo up"]
            for place in node.places:
                wire = index - 1 if place.device.endswith("l") else index
                left, right = self.gateways(wire)
                own, far = (right, left) if place.device.endswith("l") else (left, right)
                far_node = self.nodes[index - 1 if place.device.endswith("l") else index + 1]
                far_place = far_node.places[-1 if place.device.endswith("l") else 0]
                lines += [f"link set {place.device} address {place.mac.hex(':')} mtu {self.mtu} up",
                          f"addr add {own}/{bits}{flags} dev {place.device}",
                          f"neigh replace {far} lladdr {far_place.mac.hex(':')} dev {place.device}"]
                for other, network in enumerate(self.networks):
                    if other != wire and (other < wire) == place.device.endswith("l"):
                        lines.append(f"route add {network}/{bits} via {far} dev {place.device}")
            if node.stack and node.stack.kind == "lwip":      # its kernel keeps out of it
                lines = lines[:2]
            node.space.ip(*lines)
            if node.kind == "end":
                self.tune(node)

    def tune(self, node):
        rng, name = self.rng, node.name
        receive = rng.choice((8192, 65536, 131072, 131072))
        base = rng.randint(33, 55) * 1000
        values = {"ip_default_ttl": self.ttl[name], "tcp_timestamps": int(self.timestamps),
                  "tcp_sack": int(rng.random() < 0.8), "tcp_window_scaling": int(rng.random() < 0.85),
                  "tcp_rmem": f"4096 {receive} 1048576", "tcp_ecn": rng.choice((0, 2, 2)), "tcp_no_metrics_save": 1,
                  "tcp_invalid_ratelimit": rng.choice((0, 500, 500)), "ip_local_port_range": f"{base} {base + 9999}",
                  "tcp_fin_timeout": rng.choice((1, 1, 2, 60)), "net_ipv4_conf_all_rp_filter": 0,
                  "net_ipv4_conf_default_rp_filter": 0, "tcp_rfc1337": int(rng.random() < 0.1)}
        values.update(self.sysctls[name])
        node.limited = values["tcp_invalid_ratelimit"] != 0
        node.space.sysctl(**values)
        if self.family == 6:
            node.space.sysctl(**{f"net_ipv6_conf_{place.device}_hop_limit": self.ttl[name] for place in node.places})

    def draw_wires(self):
        """Each wire gets a delay, perhaps hops; somewhere on the way stand up to three boxes."""
        rng, wanted = self.rng, []
        draw = rng.random()
        if draw > 0.3:
            for kind, share in ((boxes.IMPAIRMENTS, 0.4), (boxes.REWRITERS, 0.3), (boxes.FORGERS, 0.4)):
                if rng.random() < share:
                    wanted.append(rng.choice(kind)(rng))
        wanted = [box for box in wanted if box.name not in THEMES[self.theme].never]
        wanted += [kind(rng) for kind in THEMES[self.theme].always + self.extra_boxes]
        self.box_names = [box.name for box in wanted]
        rtt = decades(rng, 0.0005, 0.2)
        shares = [rng.random() ** 2 + 0.02 for _ in range(2 * len(self.networks))]
        for number in range(len(self.networks)):
            left, right = self.nodes[number].places[-1], self.nodes[number + 1].places[0]
            here = [box for box in wanted if rng.randrange(len(self.networks) - number) == 0]
            wanted = [box for box in wanted if box not in here]
            chain = here
            for side in (0, 1):
                way = rtt / 2 * shares[2 * number + side] / sum(shares)
                jitter = way * rng.choice((0, 0, 0.3))
                middle = [Delay(rng, way, jitter)]
                if rng.random() < 0.3:
                    middle.append(Hops(rng.randint(1, 9)))
                chain = middle + chain if side == 0 else chain + middle
            self.wires.append(Wire(self, left, right, chain))
        self.rtt = rtt

    # -------------------------------------------------------------------------------------------------------- running

    def run(self):
        self.theme_program(self)
        least = time.monotonic() + 0.3
        until = time.monotonic() + LONGEST
        quiet = [0.0]

        def idle():
            now = time.monotonic()
            count = sum(len(place.frames) for node in self.nodes for place in node.places)
            if count != quiet[0] or any(wire.flying for wire in self.wires):
                quiet[0] = count
                self.quiet_since = now
            return now > least and now - self.quiet_since > 0.35
        self.quiet_since = time.monotonic()
        self.loop.after(0.1, self.tick)
        self.loop.run(until, idle)
        for node in self.nodes:
            node.drain(None)
            if node.stack:
                node.stack.rebuild()

    def tick(self):
        self.loop.after(0.1, self.tick)

    def grow_old(self, seconds):
        """A long wait in a short recording: what comes later is written as so much later. Not with TCP time stamps, and only
        while nothing is on its way."""
        now = time.time_ns()
        latest = max((place.frames[-1][0] for node in self.nodes for place in node.places if place.frames), default=0)
        if not self.timestamps and now - latest > 200_000_000 and not any(wire.flying for wire in self.wires):
            self.ages.append((now, round(seconds * 1e9)))

    def written(self, when):
        """The time that a capture shows for a moment."""
        return when + sum(more for moment, more in self.ages if when > moment)

    def filter_added(self, node, kind):
        self.filters.setdefault(node, []).append((kind, time.time_ns()))

    def close(self):
        """Takes everything down; what the ends still send then is captured by nobody."""
        self.loop.readers.clear()
        for node in self.nodes:
            if node.stack:
                node.stack.close()
        for node in self.nodes:
            for place in node.places:
                if hasattr(place, "sock"):
                    place.sock.close()
                os.close(place.tap)
        for end in (getattr(self, "x", None), getattr(self, "y", None)):
            if end:
                for sock in [sock for process in end.processes for sock in process.sockets]:
                    sock.close()
        for node in self.nodes:
            for file in getattr(node, "tables", {}).values():
                file.close()
            node.space.delete()
