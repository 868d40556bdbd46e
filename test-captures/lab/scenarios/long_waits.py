# SPDX-License-Identifier: GPL-2.0-or-later
"""State forgotten after waits too long to record (Lab.pass_time), address translation, and what TIME-WAIT hears."""

import time

from lab import *

THIN = True


class Forgetful:
    """A device in line that forgets connections when told; then it answers in the other end's name, or tells both at once."""

    def __init__(self, lab, announces=False):
        self.lab, self.forgotten, self.halves = lab, set(), {}
        self.announces = announces
        self.style = {"ttl": lab.rng.choice((64, 128, 255)) - lab.rng.randint(0, 3), "window": 0}
        self.own_ids = lab.rng.random() < 0.5
        self.flags = lab.rng.choice((RST, RST | ACK))
        self.box = Middlebox(lab, self.on, inline=True)

    def ip_id(self):
        return self.box.next_id() if self.own_ids else 0

    def on(self, box, half, segment):
        port = half.sport if half.device == "m0" else half.dport
        self.halves.setdefault(port, {})[half.device] = half
        if port not in self.forgotten:
            return None
        if not self.announces and not segment.flags & RST:
            box.forge(box.peer(half), RST, seq=segment.ack, ip_id=self.ip_id(), **self.style)
        return "drop"

    def forget(self, *pairs):
        for client, _ in pairs:
            port = client.getsockname()[1]
            self.forgotten.add(port)
            if self.announces:
                for half in self.halves[port].values():
                    self.box.forge(half, self.flags, ip_id=self.ip_id(), **self.style)


def forgotten_after(lab, seconds, count=2, speaker=None):
    """Connections rest for so long and are forgotten on the way; a shorter rest before was survived."""
    device = Forgetful(lab)
    listener = lab.listen()
    pairs = [lab.pair(listener) for _ in range(count)]
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
    lab.pass_time(seconds * lab.rng.uniform(0.3, 0.6))
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
    lab.pass_time(seconds)
    device.forget(*pairs)
    lab.expect_forged("idle-state-lost", count=(count, None), resets=count)
    for client, server in pairs:
        first = {"client": client, "server": server}[speaker or lab.rng.choice(("client", "client", "server"))]
        first.sendall(lab.bytes(20, 300))
        if receive_error(first) != "ECONNRESET":
            raise NotAsClaimed("not reset")
        lab.sleep(0.05, 0.3)
    device.box.check()


def announced_after(lab, seconds, count=2):
    """Connections rest for so long; a device then resets both ends."""
    device = Forgetful(lab, announces=True)
    listener = lab.listen()
    pairs = [lab.pair(listener) for _ in range(count)]
    lab.expect_forged("device-idle-timeout", count=2 * count, resets=2 * count)
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
        lab.pass_time(seconds)
        device.forget(pair)
        lab.settle(2)
    device.box.check()


@scenario("idle-state-lost.balancer-long", timestamps=False, seconds=4, derive=("snap68",))
def balancer_long(lab):
    """A load balancer forgets connections after minutes of rest, any number of them; the next segment is answered by it."""
    forgotten_after(lab, lab.rng.uniform(70, 3000), lab.rng.randint(1, 3))


@scenario("idle-state-lost.known-timer", timestamps=False, seconds=4, derive=("snap64",))
def known_timer(lab):
    """As balancer-long, just after the time at which a well-known device forgets."""
    forgotten_after(lab, lab.rng.choice((240, 350, 600, 900, 1800, 3600)) + lab.rng.uniform(0.5, 20), 2)


@scenario("device-idle-timeout.long", timestamps=False, seconds=4, derive=("snap96",))
def announced_long(lab):
    """A device resets both ends of connections that rested for minutes, any number of them, each for the same time."""
    announced_after(lab, lab.rng.uniform(70, 3000), lab.rng.randint(1, 3))


@scenario("application-idle-timeout.long", timestamps=False, seconds=4, derive=("snap68",))
def application_long(lab):
    """A server aborts connections that rested for minutes, each for the same time."""
    timeout = lab.rng.choice((60, 75, 120, 300, 900))
    listener = lab.listen()
    count = lab.rng.randint(3, 5)
    lab.expect("application-idle-timeout", sender="server", reason="TCP_STATE", count=count, resets=count)
    for _ in range(count):
        client, server = lab.pair(listener)
        lab.exchange(client, server, rounds=lab.rng.randint(1, 2))
        lab.pass_time(timeout)
        abort(server)
        lab.settle()


# ------------------------------------------------------------------------------------------------ address translation

def translation_lost(lab):
    """A connection through address translation whose entry has been dropped while it rested."""
    lab.middle.sysctl(net_netfilter_nf_conntrack_tcp_loose=0, net_netfilter_nf_conntrack_tcp_timeout_established=1,
                      net_netfilter_nf_conntrack_tcp_timeout_unacknowledged=1)
    masquerade(lab)
    client, server = lab.pair()
    lab.exchange(client, server)
    lab.pass_time(lab.rng.uniform(310, 4000), really=2.5)
    return client, server


@scenario("idle-state-lost.translation-client", families=(4,), timestamps=False, rtt_ms=(0, 120), seconds=5,
          vantages=("client",), derive=())
def translation_client(lab):
    """Address translation forgot: the client's data reaches the server under another address, which knows no such connection."""
    client, server = translation_lost(lab)
    lab.identity = lambda segment: segment.identity
    lab.expect("idle-state-lost", sender="server", reason="NO_SOCKET", resets=1)
    lab.expect_echoes()
    client.sendall(lab.bytes(20, 400))
    if receive_error(client) != "ECONNRESET":
        raise NotAsClaimed("not reset")
    vanish(server)


@scenario("idle-state-lost.translation-server", families=(4,), timestamps=False, rtt_ms=(0, 120), seconds=5,
          vantages=("server",), derive=())
def translation_server(lab):
    """Address translation forgot: the server's data is for the router itself, which knows no such connection."""
    client, server = translation_lost(lab)
    lab.expect("idle-state-lost", sender="client", node="middle", reason="NO_SOCKET", origin="third-party", resets=1)
    lab.expect_echoes(node="middle")
    server.sendall(lab.bytes(20, 400))
    if receive_error(server) != "ECONNRESET":
        raise NotAsClaimed("not reset")
    vanish(client)


# ---------------------------------------------------------------------------------------------- TIME-WAIT (RFC 1337)

def old_duplicate(lab):
    """Closed by both, the server in TIME-WAIT; a copy of the client's old data comes and is acknowledged to nobody."""
    box = Middlebox(lab)
    client, server = lab.pair()
    ports = client.getsockname()[:2], server.getsockname()[:2]
    lab.exchange(client, server, rounds=2)
    half = box.halves[ports[0] + ports[1]]
    before = half.nxt
    lab.exchange(client, server, rounds=1)
    server.close()
    lab.settle()
    client.close()
    lab.settle(2)
    box.check()
    options, window, ack = half.options if lab.timestamps else b"", half.window, half.ack
    return lambda: lab.raw("c0").segment(*[ports[0][0], ports[1][0], ports[0][1], ports[1][1]], PSH | ACK, seq=before,
                                         ack=ack, window=window, options=options, payload=lab.bytes(20),
                                         ttl=lab.ttl["client"], ip_id=lab.rng.randint(1, 65535))


def in_time_wait(lab):
    return f":{lab.port} " in lab.server.run(["ss", "-Htan", "state", "time-wait"]).stdout


@scenario("late-after-close.time-wait-assassination", rtt_ms=(2, 120), seconds=3, derive=("snap64",))
def assassination(lab):
    """TIME-WAIT assassination (RFC 1337): an old duplicate draws an acknowledgement, that a RST; a second draws a RST at once."""
    send_copy = old_duplicate(lab)
    if not in_time_wait(lab):
        raise NotAsClaimed("no TIME-WAIT")
    lab.expect("late-after-close", sender="client", reason="NO_SOCKET", effect="reset")
    send_copy()
    lab.settle(3)
    if in_time_wait(lab):
        raise NotAsClaimed("TIME-WAIT goes on")
    lab.expect("late-after-close", sender="server", reason=("NO_SOCKET", "TCP_FLAGS"))
    send_copy()
    lab.settle(3)


@scenario("late-after-close.rfc1337", rtt_ms=(2, 120), seconds=3, derive=("snap68",))
def no_assassination(lab):
    """As above, with a server that heeds RFC 1337: TIME-WAIT ignores the RST and acknowledges a second duplicate, too."""
    lab.server.sysctl(tcp_rfc1337=1)
    send_copy = old_duplicate(lab)
    lab.expect("late-after-close", sender="client", reason="NO_SOCKET", count=2, effect="ignored")
    for _ in range(2):
        send_copy()
        lab.sleep(0.6)       # Linux acknowledges such duplicates twice a second at most
        lab.settle(3)
    if not in_time_wait(lab):
        raise NotAsClaimed("TIME-WAIT has ended")


@scenario("injected.old-receiver", seconds=3, derive=("snap64",))
def old_receiver(lab):
    """The victim is a stack before RFC 5961: a forged RST anywhere in its window ends the connection."""
    ghost = Ghost(lab, "s0", lab.ghost_server, None, lab.port, 0, ttl=lab.ttl["server"], window=8192)
    client = lab.start_connect(address=lab.ghost_server)
    if not ghost.accept():
        raise NotAsClaimed("no connection")
    client.setblocking(True)
    box = Middlebox(lab)
    for _ in range(lab.rng.randint(1, 2)):
        client.sendall(lab.bytes(20, 300))
        ghost.hear(wanted=lambda s: s.payload_length)
        ghost.transmit(ACK | PSH, lab.bytes(20, 300))
        receive_some(client)
        lab.settle()
    time.sleep(0.06)
    half = box.halves[client.getsockname()[:2] + (lab.ghost_server, lab.port)]
    lab.expect_forged("injected", sender="client", effect="reset")
    box.forge(half, RST, seq=(half.nxt + lab.rng.randint(1, 6000)) % 2**32, **box.foreign(half))
    lab.sleep(0.1, 0.4)
    lab.expect("echo-of-reset", sender="server", node="server", reason="-", resets=1)
    ghost.raw.drain()
    client.sendall(lab.bytes(20, 300))
    stray = ghost.hear(wanted=lambda s: s.payload_length)
    ghost.transmit(RST, seq=stray.ack, window=0)
    if receive_error(client) != "ECONNRESET":
        raise NotAsClaimed("the client was not told")


def receive_some(sock):
    sock.settimeout(3)
    return sock.recv(65536)
