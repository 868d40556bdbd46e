# SPDX-License-Identifier: GPL-2.0-or-later
"""One laboratory: client - middle (router) - server, with everything that varies drawn from the scenario's seed."""

import os
import random
import shutil
import signal
import socket
import time

from . import packets, truth
from .namespaces import Dump, Namespace, Wire
from .sockets import SocketsMixin

RTTS_MS = (0.3, 2, 10, 25, 60, 120, 200)


class Lab(SocketsMixin):
    """Client, middle and server namespaces, the wire between them, captures at four devices.

    Scenario code uses: family, rng, rtt, client, middle, server (namespaces), client_address, server_address,
    ghost_client, ghost_server (addresses on which no kernel answers), port, expect(), cut(), set_path(), settle(),
    and what sockets.py adds.
    """

    def __init__(self, spec, seed, attempt, program, workdir):
        self.spec, self.seed = spec, seed
        self.family = spec.family
        self.rng = random.Random(f"{seed}/{spec.name}/{attempt}")
        self.program, self.workdir = program, workdir
        self.expectations, self.dumps, self.closing, self.children = [], {}, [], []
        self.resets_may_vanish, self.ages = False, []
        self.side_of = lambda segment: self.sides.get(segment.src, "unknown")
        self.identity = lambda segment: segment.identity
        self.received_as = lambda segment: (segment.dst, segment.dport, segment.src, segment.sport)
        self.prefix = "tcprst" + "".join(random.SystemRandom().choice("abcdefghijklmnopqrstuvwxyz") for _ in range(5))
        self.draw_parameters()

    # ------------------------------------------------------------------------------------------------- parameters

    def draw_parameters(self):
        rng = self.rng
        options = self.spec.options
        rtt_ms = options.get("rtt_ms", rng.choice(RTTS_MS))
        if isinstance(rtt_ms, tuple):
            rtt_ms = rng.choice([rtt for rtt in RTTS_MS if rtt_ms[0] <= rtt <= rtt_ms[1]])
        self.rtt = rtt_ms / 1000
        split = rng.choice((0.0, 0.1, 0.5, 0.5, 0.9, 1.0))
        self.client_delay, self.server_delay = self.rtt / 2 * split, self.rtt / 2 * (1 - split)
        self.hops = {"client": rng.choice((0, 0, 1, 2, 5)), "server": rng.choice((0, 0, 1, 3, 8))}
        self.ttl = {"client": rng.choice((64, 64, 64, 128, 255)), "server": rng.choice((64, 64, 64, 128, 255))}
        self.tos = {side: rng.choice((0, 0, 0, 0x28, 0xB8, 0x10)) for side in ("client", "server")}
        # a program may set the time to live of its sockets; resets that answer a segment do not heed it
        self.app_ttl = {side: rng.choice((0, 0, 0, 0, 0, 0, 33, 255)) for side in ("client", "server")}
        self.mtu = rng.choice((1500, 1500, 1500, 1400, 1280))
        self.port = rng.choice((22, 25, 80, 443, 179, 993, 1433, 3306, 5432, 6379, 8080, 8443, 9092,
                                rng.randint(1024, 32000)))
        self.timestamps = options.get("timestamps", rng.random() < 0.8)
        self.sack = rng.random() < 0.85
        self.scaling = options.get("scaling", rng.random() < 0.85)
        self.draw_addresses()

    def draw_addresses(self):
        rng = self.rng

        def network4():
            return rng.choice((f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}",
                               f"172.{rng.randint(16, 31)}.{rng.randint(0, 255)}", f"192.168.{rng.randint(0, 255)}",
                               "192.0.2", "198.51.100", "203.0.113"))

        def network6():
            return rng.choice((f"2001:db8:{rng.randint(1, 65535):x}:{rng.randint(1, 65535):x}:",
                               f"fd{rng.randint(0, 255):02x}:{rng.randint(1, 65535):x}:{rng.randint(1, 65535):x}:1:"))

        draw = network4 if self.family == 4 else network6
        nets = [draw(), draw()]
        while nets[0] == nets[1]:
            nets[1] = draw()
        hosts = rng.sample(range(2, 250), 20)

        def address(net, host):
            if self.family == 4:
                return f"{net}.{host}"
            return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, f"{net}:{host:x}"))

        self.networks = nets
        self.client_addresses = [address(nets[0], host) for host in hosts[:8]]
        self.server_addresses = [address(nets[1], host) for host in hosts[8:12]]
        self.client_address, self.server_address = self.client_addresses[0], self.server_addresses[0]
        self.ghost_client, self.ghost_server = address(nets[0], hosts[12]), address(nets[1], hosts[13])
        self.ghost_clients = [address(nets[0], host) for host in hosts[12:20]]
        self.routers = [address(nets[0], 1), address(nets[1], 1)]
        self.sides = {a: "client" for a in self.client_addresses + self.ghost_clients}
        self.sides.update({a: "server" for a in self.server_addresses + [self.ghost_server]})
        self.addresses = set(self.sides) | set(self.routers)

    @property
    def af(self):
        return socket.AF_INET if self.family == 4 else socket.AF_INET6

    # ------------------------------------------------------------------------------------------------------ set up

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def build(self):
        self.began = time.time_ns()
        self.spaces = []
        self.client, self.middle, self.server = (self.namespace(name) for name in ("c", "m", "s"))
        self.link = self.spec.options.get("link", "wire")
        self.wire = None
        devices = ((self.client, "c0"), (self.middle, "m0"), (self.middle, "m1"), (self.server, "s0"))
        if self.link == "wire":
            fds = [space.tap(device) for space, device in devices]
            self.wire = Wire(self.program, self.rng.randint(1, 2**40), [(fds[0], fds[1]), (fds[2], fds[3])],
                             os.path.join(self.workdir, "wire.log"))
        else:
            for (a, a_name), (b, b_name) in (devices[:2], devices[2:]):
                a.ip(f"link add {a_name} type veth peer name {b_name} netns {b.name}")
        for space, device in devices:
            mac = bytearray(self.rng.randbytes(6))
            mac[0] = mac[0] & 0xFE | 2
            space.remember_mac(device, mac.hex(":"))
        self.end_devices = {"c0": "client", "s0": "server"}
        if "lo" in self.spec.options.get("extra_dumps", ()):
            self.end_devices["lo"] = "server"
            self.server.macs["lo"] = bytes(6)
        self.middle_devices = ["m0", "m1"]
        self.set_sysctls()
        self.set_addresses()
        if self.wire:
            self.reset_path()
        self.start_dumps()

    def namespace(self, suffix):
        space = Namespace(f"{self.prefix}-{suffix}")
        self.spaces.append(space)
        return space

    def mac(self, device):
        return {"c0": self.client, "m0": self.middle, "m1": self.middle, "s0": self.server,
                "lo": self.server}[device].macs[device]

    def set_sysctls(self):
        rng = self.rng
        for space in (self.client, self.middle, self.server):
            space.sysctl(net_ipv6_conf_default_accept_dad=0, net_ipv6_conf_default_router_solicitations=0,
                         net_ipv6_conf_default_addr_gen_mode=1, net_ipv6_conf_all_forwarding=int(space is self.middle))
        self.middle.sysctl(ip_forward=1, net_ipv4_conf_all_rp_filter=0, net_ipv4_conf_default_rp_filter=0,
                           net_ipv4_conf_all_send_redirects=0, net_ipv4_conf_default_send_redirects=0)
        base = rng.randint(33, 55) * 1000
        for side, space in (("client", self.client), ("server", self.server)):
            receive = rng.choice((16384, 65536, 131072, 131072))
            space.sysctl(ip_default_ttl=self.ttl[side], tcp_timestamps=int(self.timestamps),
                         tcp_sack=int(self.sack or rng.random() < 0.3), tcp_window_scaling=int(self.scaling),
                         tcp_rmem=f"4096 {receive} 1048576", tcp_ecn=rng.choice((0, 1, 2, 2)),
                         tcp_tw_reuse=rng.choice((0, 1, 2)), tcp_no_metrics_save=1,
                         ip_local_port_range=f"{base} {base + 9999}",
                         net_ipv4_conf_all_rp_filter=0, net_ipv4_conf_default_rp_filter=0)

    def set_addresses(self):
        bits = 24 if self.family == 4 else 64
        flags = "" if self.family == 4 else " nodad"
        for space, device, own, router, far in (
                (self.client, "c0", self.client_addresses, 0, 1), (self.server, "s0", self.server_addresses, 1, 0)):
            peer = f"m{router}"
            lines = ["link set lo up", f"link set {device} address {space.macs[device].hex(':')} mtu {self.mtu} up"]
            lines += [f"addr add {address}/{bits}{flags} dev {device}" for address in own]
            lines += [f"neigh replace {self.routers[router]} lladdr {self.middle.macs[peer].hex(':')} dev {device}",
                      f"route add {self.networks[far]}{'.0' if self.family == 4 else ':'}/{bits} "
                      f"via {self.routers[router]} dev {device} src {own[0]}"]
            space.ip(*lines)
            if self.family == 6:
                space.sysctl(**{f"net_ipv6_conf_{device}_hop_limit":
                                self.ttl["client" if space is self.client else "server"]})
            ghosts = self.ghost_clients if space is self.client else [self.ghost_server]
            self.middle.ip("link set lo up",
                           f"link set {peer} address {self.middle.macs[peer].hex(':')} mtu {self.mtu} up",
                           f"addr add {self.routers[router]}/{bits}{flags} dev {peer}",
                           *[f"neigh replace {address} lladdr {space.macs[device].hex(':')} dev {peer}"
                             for address in own + ghosts])
            if self.link == "veth" and not self.spec.options.get("offload"):
                for where, name in ((space, device), (self.middle, peer)):
                    where.run(["ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off"])

    def start_dumps(self):
        places = {"c0": (self.client, "c0"), "m0": (self.middle, "m0"), "m1": (self.middle, "m1"),
                  "s0": (self.server, "s0")}
        for name in self.spec.options.get("extra_dumps", ()):
            places[name] = (self.middle, name) if name != "lo" else (self.server, "lo")
        for name, (space, device) in places.items():
            self.dumps[name] = Dump(space, device, os.path.join(self.workdir, name + ".pcap"))
        for dump in self.dumps.values():
            dump.wait_ready()

    # ------------------------------------------------------------------------------------------------------- the wire

    def reset_path(self):
        """Delays, hops and the impairment of the scenario's path on all four directions."""
        for pair, (delay, hops) in enumerate(((self.client_delay, self.hops["client"]),
                                              (self.server_delay, self.hops["server"]))):
            for direction in (2 * pair, 2 * pair + 1):
                self.wire.command("set", direction, "delay_us", round(delay * 1e6), "hops", hops)
        impairment = self.spec.path
        bad = self.rng.choice((0, 2))
        if impairment == "lossy":
            self.set_path(bad, loss=self.rng.uniform(0.05, 0.15))
            self.set_path(bad + 1, loss=self.rng.uniform(0.05, 0.15))
        elif impairment == "reordered":
            self.set_path(bad, reorder=0.3, reorder_us=self.rng.randint(600, 4000))
            self.set_path(bad + 1, reorder=0.3, reorder_us=self.rng.randint(600, 4000))
        elif impairment == "duplicated":
            self.set_path(bad, dup=0.4, dup_us=self.rng.choice((150, 800, 3000, 9000)))
            self.set_path(bad + 1, dup=0.4, dup_us=self.rng.choice((150, 800, 3000, 9000)))
        elif impairment == "jittery":
            for direction in range(4):
                self.set_path(direction, jitter_us=round(self.rtt * 2e5) + 500)

    # directions of the wire
    CLIENT_OUT, CLIENT_IN, SERVER_IN, SERVER_OUT = 0, 1, 2, 3

    def set_path(self, direction, **values):
        self.wire.command("set", direction, *[word for pair in values.items() for word in pair])

    def wire_rule(self, verb, direction, *, mask=0, flags=0, payload=0, skip=0, count=1, delay_us=0):
        """verb: drop, copy or hold (wire.c); of the segments with (TCP flags & mask) == flags and that much payload."""
        self.wire.command(verb, direction, mask, flags, payload, skip, count, delay_us)

    def clear_rules(self, direction):
        self.wire.command("clear", direction)

    def cut(self, *directions):
        for direction in directions or (2, 3):
            self.set_path(direction, cut=1)

    def mend(self, *directions):
        for direction in directions or (2, 3):
            self.set_path(direction, cut=0)

    def way(self, node, device):
        """The usual time a packet takes from a node to a capture device, ns."""
        at = {"client": 0, "c0": 0, "m0": 1, "any": 1, "m1": 1, "middle": 1, "server": 2, "s0": 2, "lo": 2}
        low, high = sorted((at[node], at[device]))
        return int(1e9 * sum((self.client_delay, self.server_delay)[low:high]))

    def longest_way(self):
        return int(1e9 * self.rtt) + 3_000_000_000

    def blur(self):
        """How far a frame may be from its usual time and still be taken for another of its equals, ns."""
        ms = {"plain": 3, "lossy": 3, "duplicated": 1, "reordered": 8, "jittery": 5 + self.rtt * 200}[self.spec.path]
        return int(ms * 1e6)

    # ------------------------------------------------------------------------------------------------------ the truth

    def expect(self, cause, **how):
        """A RST this scenario brings about; sends take the first expectation that fits and has room."""
        self.expectations.append(truth.Expectation(cause, **how))

    def expect_echoes(self, **how):
        """Answers to what is still in flight, after the RST that ended the connection."""
        how.setdefault("reason", ("NO_SOCKET", "TCP_FLAGS"))
        self.expect("echo-of-reset", count=(0, None), **how)

    def expect_forged(self, cause, **how):
        """A RST that the device in the middle makes in the name of an end."""
        self.expect(cause, reason="-", **{"origin": "third-party", "node": "middle", **how})

    def expect_late(self, **how):
        """Copies and stragglers that come to an end which has closed and forgotten the connection, both FINs done."""
        self.expect("late-after-close", reason=("NO_SOCKET", "TCP_FLAGS"), count=(0, None), **how)

    # --------------------------------------------------------------------------------------------------------- waiting

    def sleep(self, low, high=None):
        time.sleep(low if high is None else self.rng.uniform(low, high))

    def pass_time(self, seconds, really=0.4):
        """A long wait in a short recording: what comes after is written as so much later. Not with TCP time stamps."""
        if self.timestamps:
            raise ValueError("TCP time stamps would tell")
        time.sleep(really)
        self.ages.append((time.time_ns(), round((seconds - really) * 1e9)))
        time.sleep(0.02)

    def settle(self, round_trips=1.5):
        """Let what is in flight arrive and be answered."""
        time.sleep(round_trips * self.rtt + 0.03 + (0.02 if self.spec.path != "plain" else 0))

    # --------------------------------------------------------------------------------------------------------- the end

    def finish(self):
        """Stop the captures: {device: Capture}."""
        time.sleep(self.rtt * 1.2 + 0.05)
        for dump in self.dumps.values():
            dump.stop()
        return {name: packets.read_pcap(dump.path) for name, dump in self.dumps.items()}

    def grow_old(self, captures):
        """Write the waits of pass_time() into the captures."""
        for capture in captures.values():
            for frame in capture.frames:
                frame.time += sum(extra for moment, extra in self.ages if frame.time > moment)

    def __exit__(self, *_):
        # neither a signal nor the clock interrupts the taking down
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
        try:
            self.take_down()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGALRM})

    def take_down(self):
        signal.alarm(0)
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        for thing in self.closing:
            try:
                thing.close()
            except OSError:
                pass
        for dump in self.dumps.values():
            if dump.process.poll() is None:
                dump.process.kill()
                dump.process.wait()
        if getattr(self, "wire", None):
            self.wire.close()
        for space in getattr(self, "spaces", ()):
            space.delete()
        shutil.rmtree(self.workdir, ignore_errors=True)
