# SPDX-License-Identifier: GPL-2.0-or-later
"""Proxies, defences against floods, and devices that keep state or forget it."""

import threading
import time

from lab import *

THIN = True

MSS = b"\x02\x04\x05\xb4"


def device_style(lab):
    return {"ttl": lab.rng.choice((64, 128, 255)) - lab.rng.randint(0, 3)}


# -------------------------------------------------------------------------------- defences against floods of SYNs

@scenario("ddos-challenge.bad-ack", paths=("plain",), seconds=4, rtt_ms=(2, 120), derive=("snap64", "client-side-only"))
def challenge_bad_ack(lab):
    """A device answers every new client's SYN with a SYN-ACK it must refuse; the RST proves the client, its next SYN passes."""
    style = dict(device_style(lab), window=lab.rng.choice((0, 8192, 65535)))
    known, cookies = set(), {}

    def on(box, half, segment):
        if half.device != "m0" or half.src in known:
            return None
        if segment.flags & RST and segment.seq == cookies.get(half.src):
            known.add(half.src)
        elif segment.flags & SYN:
            cookie = cookies.setdefault(half.src, box.rng.randrange(2**32))
            box.forge(box.answerer(half), SYN | ACK, seq=box.rng.randrange(2**32), ack=cookie, ip_id=box.next_id(),
                      options=MSS, **style)
        return "drop"
    box = Middlebox(lab, on, inline=True)
    listener = lab.listen()
    clients = lab.client_addresses[:lab.rng.randint(3, 6)]
    lab.expect("ddos-challenge", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(len(clients), None))
    for address in clients:
        client, server = lab.pair(listener, source=address)
        lab.exchange(client, server, rounds=1)
        client.close()
        server.close()
    lab.settle(2)
    box.check()


@scenario("ddos-challenge.reconnect", paths=("plain",), seconds=4, derive=("snap68",))
def challenge_reconnect(lab):
    """A device finishes every new client's first handshake itself and resets it; the client's second attempt passes."""
    style = dict(device_style(lab), window=lab.rng.choice((0, 8192, 65535)))
    flags = lab.rng.choice((RST, RST | ACK))
    known, numbers = set(), {}

    def on(box, half, segment):
        if half.device != "m0":
            return None
        cookie = numbers.get((half.src, half.sport))
        if half.src in known and cookie is None:
            return None
        if segment.flags & SYN:
            cookie = numbers.setdefault((half.src, half.sport), box.rng.randrange(2**32))
            box.forge(box.answerer(half), SYN | ACK, seq=cookie, ack=half.nxt, ip_id=box.next_id(), options=MSS, **style)
        elif segment.ack == (cookie + 1) % 2**32 and half.src not in known:
            known.add(half.src)
            box.forge(box.answerer(half), flags, seq=segment.ack, ack=half.nxt, ip_id=box.next_id(),
                      **dict(style, window=0))
        return "drop"
    box = Middlebox(lab, on, inline=True)
    listener = lab.listen()
    clients = lab.client_addresses[:lab.rng.randint(3, 6)]
    lab.expect_forged("ddos-challenge", sender="server", count=len(clients), resets=len(clients))
    for address in clients:
        try:
            error = receive_error(lab.connect(source=address))
        except ConnectionResetError:
            error = "ECONNRESET"  # so soon that connect() itself is told
        if error != "ECONNRESET":
            raise NotAsClaimed("the device let the first attempt pass")
        client, server = lab.pair(listener, source=address)
        lab.exchange(client, server, rounds=1)
        client.close()
        server.close()
    lab.settle(2)
    box.check()


def flood(lab, count, gap=(0.002, 0.08)):
    """SYNs of clients that never finish: made-up sources on which nobody answers."""
    raw = lab.raw("c0")
    sent = []
    for _ in range(count):
        source = lab.rng.choice(lab.ghost_clients), lab.rng.randint(1024, 65535)
        raw.segment(source[0], lab.server_address, source[1], lab.port, SYN, seq=lab.rng.randrange(2**32),
                    window=lab.rng.choice((512, 8192, 65535)), options=lab.rng.choice((b"", MSS)),
                    ttl=lab.rng.randint(40, 250), ip_id=lab.rng.randint(1, 65535), df=False)
        sent.append(source)
        lab.sleep(*gap)
    return sent


@scenario("syn-received-timeout.device", paths=("plain",), seconds=8, derive=("snap64", "server-side-only"))
def syn_timeout_device(lab):
    """A device watches handshakes pass; those unfinished after a while it gives up, with a RST to either end."""
    lab.server.sysctl(tcp_synack_retries=5)
    patience = lab.rng.uniform(2.2, 4.5)
    half_made = {}
    flags = lab.rng.choice((RST, RST | ACK))
    style = device_style(lab)

    def on(box, half, segment):
        name = (half.src, half.sport) if half.device == "m0" else (half.dst, half.dport)
        if segment.flags & SYN and half.device == "m1" and not segment.flags & RST:
            half_made.setdefault(name, [half, time.monotonic()])
        elif half.device == "m0" and segment.flags & ACK and not segment.flags & RST:
            half_made.pop(name, None)

    def tick(box):
        for name, (half, since) in list(half_made.items()):
            if since and time.monotonic() - since > patience:
                half_made[name][1] = None
                box.forge(half, flags, ip_id=box.next_id(), **style)
                box.forge(box.peer(half), RST, ip_id=box.next_id(), **style)
    box = Middlebox(lab, on, tick)
    listener = lab.listen(backlog=64)
    before = lab.server.counter("TcpExtEmbryonicRsts")
    count = lab.rng.randint(4, 9)
    lab.expect_forged("syn-received-timeout", sender="server", count=count)
    lab.expect_forged("syn-received-timeout", sender="client", count=count, effect="reset")
    flood(lab, count)
    client, server = lab.pair(listener)
    lab.exchange(client, server, rounds=1)
    lab.sleep(patience + 0.3)
    lab.exchange(client, server, rounds=1)
    lab.settle()
    box.check()
    if lab.server.counter("TcpExtEmbryonicRsts") - before != count:
        raise NotAsClaimed("the server did not drop its half-made connections")


@scenario("syn-received-timeout.intercept", seconds=8, vantages=("client", "middle"), derive=("snap68",))
def syn_timeout_intercept(lab):
    """A device answers SYNs in the server's name, repeats its SYN-ACK, and gives up with a RST; the server hears of nothing."""
    style = dict(device_style(lab), window=lab.rng.choice((0, 4128, 8192)))
    first, tries = lab.rng.uniform(0.8, 1.2), lab.rng.randint(1, 2)
    waiting = {}
    flags = lab.rng.choice((RST, RST | ACK))

    def syn_ack(box, entry):
        box.forge(entry["half"], SYN | ACK, seq=entry["isn"], ack=entry["ack"], ip_id=box.next_id(), options=MSS, **style)

    def on(box, half, segment):
        if half.device == "m0" and segment.flags & SYN:
            entry = waiting.setdefault((half.src, half.sport), {
                "half": box.answerer(half), "isn": box.rng.randrange(2**32), "ack": half.nxt, "sent": 0})
            if not entry["sent"]:
                entry.update(sent=1, due=time.monotonic() + first)
                syn_ack(box, entry)
        return "drop"

    def tick(box):
        for entry in waiting.values():
            if entry["sent"] and time.monotonic() > entry["due"] and entry["sent"] < 99:
                if entry["sent"] > tries:
                    entry["sent"] = 99
                    box.forge(entry["half"], flags, seq=entry["isn"] + 1, ack=entry["ack"], ip_id=box.next_id(),
                              **dict(style, window=0))
                else:
                    entry["sent"] += 1
                    entry["due"] = time.monotonic() + first * 2 ** (entry["sent"] - 1)
                    syn_ack(box, entry)
    box = Middlebox(lab, on, tick, inline=True)
    count = lab.rng.randint(3, 8)
    lab.expect_forged("syn-received-timeout", sender="server", count=count)
    flood(lab, count)
    lab.sleep(first * 2 ** (tries + 1) + 0.5)
    box.check()


@scenario("syn-received-timeout.lost-ack", seconds=8, derive=("snap96",))
def syn_timeout_lost_ack(lab):
    """A true client's last ACK of the handshake is lost before the device that watches; it is reset before it says a word."""
    patience = lab.rng.uniform(2.2, 3.5)
    style = device_style(lab)
    seen = {}

    def on(box, half, segment):
        if half.device == "m1" and segment.flags & SYN:
            seen.setdefault("half", half)
            seen.setdefault("since", time.monotonic())

    def tick(box):
        if seen.get("since") and time.monotonic() - seen["since"] > patience:
            seen["since"] = None
            box.forge(seen["half"], RST | ACK, ip_id=box.next_id(), **style)
            box.forge(box.peer(seen["half"]), RST, ip_id=box.next_id(), **style)
            box.acted.set()
    box = Middlebox(lab, on, tick)
    lab.listen()
    lab.wire_rule("drop", lab.CLIENT_OUT, mask=SYN | ACK, flags=ACK, count=20)
    lab.expect_forged("syn-received-timeout", sender="server", resets=1)
    lab.expect_forged("syn-received-timeout", sender="client", effect="reset")
    client = lab.connect()
    box.wait()
    lab.settle()
    if receive_error(client) != "ECONNRESET":
        raise NotAsClaimed("the client was not reset")


@scenario("syn-received-timeout.server", seconds=8, derive=("snap64",))
def syn_timeout_server(lab):
    """A server of another make repeats its SYN-ACK in vain and says with a RST that it has given up."""
    ghost = Ghost(lab, "s0", lab.ghost_server, None, lab.port, 0, ttl=lab.ttl["server"])
    raw = lab.raw("c0")
    raw.segment(lab.ghost_client, lab.ghost_server, lab.rng.randint(1024, 65535), lab.port, SYN,
                seq=lab.rng.randrange(2**32), window=8192, options=MSS, ttl=lab.rng.randint(40, 250), ip_id=7, df=False)
    first = ghost.raw.wait(lambda s: s.dst == lab.ghost_server and s.flags & SYN)
    if first is None:
        raise NotAsClaimed("no SYN")
    ghost.peer, ghost.dport, ghost.ack = first.src, first.sport, (first.seq + 1) % 2**32
    start = ghost.nxt
    wait = lab.rng.uniform(0.6, 1.0)
    for _ in range(lab.rng.randint(2, 3)):
        ghost.nxt = start
        ghost.transmit(SYN | ACK, options=ghost.SYN_OPTIONS)
        lab.sleep(wait)
        wait *= 2
    lab.expect("syn-received-timeout", sender="server", reason="-", node="server")
    ghost.transmit(lab.rng.choice((RST, RST | ACK)), window=0)
    lab.settle()


# ------------------------------------------------------------------------------------------- proxies without a backend

@scenario("backend-unavailable.syn-proxy", families=(4,), rtt_ms=(2, 120), derive=("snap68",))
def backend_syn_proxy(lab):
    """The router answers SYNs for the server (nft synproxy); behind it nothing listens any more."""
    lab.middle.sysctl(net_netfilter_nf_conntrack_tcp_loose=0)
    lab.middle.chain("prerouting", f"tcp dport {lab.port} tcp flags & (syn|ack) == syn notrack", priority=-300)
    lab.middle.chain("forward", f"tcp dport {lab.port} ct state invalid,untracked "
                     "synproxy mss 1460 wscale 7 timestamp sack-perm", "ct state invalid drop")
    # on the server's leg a SYN is refused; the router turns that RST into one for the connection the client has
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(1, None))
    lab.expect("backend-unavailable", sender="server", reason="-", node="middle", count=(1, None), resets=1)
    client = lab.client_socket()
    client.connect((lab.server_address, lab.port))
    if lab.rng.random() < 0.5:
        try:
            client.sendall(lab.bytes(20, 300))
        except OSError:
            pass
    if receive_error(client) not in ("ECONNRESET", "EOF"):
        raise NotAsClaimed("the client was not reset")
    client.close()
    lab.settle()


def proxy(lab, listener, backend, space, delay=0.0):
    """A user-space proxy: for each connection one to the backend; where that fails, the client's is aborted."""
    import socket

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with space.entered():
                upstream = socket.socket(lab.af, socket.SOCK_STREAM)
            upstream.settimeout(5)
            try:
                upstream.connect(backend)
            except OSError:
                time.sleep(delay)
                abort(client)
            upstream.close()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


@scenario("backend-unavailable.proxy", paths=("plain", "jittery"), seconds=4, derive=("snap64",))
def backend_proxy(lab):
    """A proxy on the server's host accepts; its backend refuses, and the proxy aborts the client's connection."""
    listener = lab.listen()
    loopback = "127.0.0.1" if lab.family == 4 else "::1"
    delay = lab.rng.choice((0, lab.rng.uniform(0.01, 0.2), lab.rng.uniform(0.5, 1.5)))
    proxy(lab, listener, (loopback, lab.port + 1), lab.server, delay)
    count = lab.rng.randint(1, 3)
    speak = lab.rng.random() < 0.5
    lab.expect("backend-unavailable", sender="server", reason=("TCP_STATE", "TCP_ABORT_ON_CLOSE"), count=count, resets=count)
    lab.expect_echoes()
    for _ in range(count):
        client = lab.connect()
        if speak:
            try:
                client.sendall(lab.bytes(20, 300))
            except OSError:
                pass
        if receive_error(client) not in ("ECONNRESET", "EOF"):
            raise NotAsClaimed("the client was not reset")
        client.close()
    lab.settle()


@scenario("backend-unavailable.both-legs", seconds=4, rtt_ms=(2, 120), derive=("snap68",))
def backend_both_legs(lab):
    """A proxy on the router, reached by the router's own address: the client's leg is accepted, the backend's refused."""
    lab.sides[lab.routers[0]], lab.sides[lab.routers[1]] = "server", "client"
    lab.server.ip(f"neigh replace {lab.routers[1]} lladdr {lab.middle.macs['m1'].hex(':')} dev s0")
    import socket
    with lab.middle.entered():
        listener = socket.socket(lab.af, socket.SOCK_STREAM)
    lab.closing.append(listener)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((lab.routers[0], lab.port))
    listener.listen(8)
    proxy(lab, listener, (lab.server_address, lab.port), lab.middle)
    count = lab.rng.randint(1, 3)
    lab.expect("closed-port", sender="server", node="server", reason="NO_SOCKET", count=(count, None))
    lab.expect("backend-unavailable", sender="server", node="middle", reason=("TCP_STATE", "TCP_ABORT_ON_CLOSE"),
               count=count, resets=count)
    lab.expect_echoes(node="middle")
    for _ in range(count):
        client = lab.connect(address=lab.routers[0])
        if receive_error(client) != "ECONNRESET":
            raise NotAsClaimed("the client was not reset")
        client.close()
    lab.settle()


# ---------------------------------------------------------------------------------------------- state kept, and lost

class IdleWatch:
    """What a device with an idle timer knows: when each connection last spoke, and whether it has been dropped."""

    def __init__(self, timeout):
        self.timeout, self.last, self.halves, self.dropped = timeout, {}, {}, set()

    def name(self, half):
        ends = (half.src, half.sport), (half.dst, half.dport)
        return ends if half.device == "m0" else ends[::-1]

    def see(self, half):
        name = self.name(half)
        self.last[name] = time.monotonic()
        self.halves.setdefault(name, {})[half.device] = half
        return name

    def expired(self):
        now = time.monotonic()
        return [name for name, last in self.last.items() if name not in self.dropped and now - last > self.timeout]


def idle_connections(lab, count):
    """Some connections that will be left alone and one that will not."""
    listener = lab.listen()
    idle = [lab.pair(listener) for _ in range(count)]
    busy = lab.pair(listener)
    for pair in idle + [busy]:
        lab.exchange(*pair, rounds=1)
    return idle, busy


def keep_busy(lab, busy, seconds, gap):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lab.sleep(min(gap, max(0.01, end - time.monotonic())))
        lab.exchange(*busy, rounds=1)


def announce_expiry(lab, timeout, count=3):
    """A device resets both ends of every connection that has been idle too long."""
    watch = IdleWatch(timeout)
    style = dict(device_style(lab), window=0)
    flags = lab.rng.choice((RST, RST | ACK))

    def on(box, half, segment):
        name = watch.see(half)
        return "drop" if name in watch.dropped else None

    def tick(box):
        for name in watch.expired():
            watch.dropped.add(name)
            for half in watch.halves[name].values():
                box.forge(half, flags, ip_id=box.next_id(), **style)
    box = Middlebox(lab, on, tick, inline=True)
    idle, busy = idle_connections(lab, count)
    lab.expect_forged("device-idle-timeout", sender="server", count=count, resets=count)
    lab.expect_forged("device-idle-timeout", sender="client", count=count, resets=count)
    # the busy one speaks often enough, the idle ones a last time, each at its own moment
    for pair in idle:
        lab.sleep(0.1, 0.5)
        lab.exchange(*pair, rounds=1)
    keep_busy(lab, busy, timeout + 1.0, timeout / 3)
    for pair in idle:
        if receive_error(pair[0]) != "ECONNRESET":
            raise NotAsClaimed("not reset")
    lab.exchange(*busy, rounds=1)
    box.check()


@scenario("device-idle-timeout", paths=("plain",), seconds=15, derive=("snap64",))
def device_idle(lab):
    """A device resets both ends of connections idle for some seconds; a busier one lives on."""
    announce_expiry(lab, lab.rng.uniform(5, 9))


@scenario("device-idle-timeout.60s", families=(4,), seconds=72, derive=("snap68",))
def device_idle_60(lab):
    """A device resets both ends of connections idle for one minute; a busier one lives on."""
    announce_expiry(lab, 60, 2)


@scenario("device-idle-timeout.single", seconds=15, derive=("snap96",))
def device_idle_single(lab):
    """One connection, idle for some seconds; a device resets both its ends."""
    timeout = lab.rng.uniform(5, 8)
    watch = IdleWatch(timeout)
    style = dict(device_style(lab), window=0)

    def on(box, half, segment):
        return "drop" if watch.see(half) in watch.dropped else None

    def tick(box):
        for name in watch.expired():
            watch.dropped.add(name)
            for half in watch.halves[name].values():
                box.forge(half, RST | ACK, ip_id=box.next_id(), **style)
            box.acted.set()
    box = Middlebox(lab, on, tick, inline=True)
    client, server = lab.pair()
    lab.exchange(client, server)
    lab.expect_forged("device-idle-timeout", count=2, resets=2)
    box.wait(timeout + 3)
    lab.settle()


def forget_and_reset(lab, timeout, count=2):
    """A device forgets connections idle too long; who speaks on one is reset by it, in the other's name."""
    watch = IdleWatch(timeout)
    style = dict(device_style(lab), window=0)
    zero = lab.rng.random() < 0.5

    def on(box, half, segment):
        name = watch.name(half)
        if name not in watch.dropped and name in watch.last and time.monotonic() - watch.last[name] > timeout:
            watch.dropped.add(name)
        if name not in watch.dropped:
            watch.see(half)
            return None
        if not segment.flags & RST:
            box.forge(box.peer(half), RST, seq=segment.ack, ip_id=0 if zero else box.next_id(), **style)
        return "drop"
    box = Middlebox(lab, on, inline=True)
    idle, busy = idle_connections(lab, count)
    keep_busy(lab, busy, timeout + lab.rng.uniform(0.4, 1.5), timeout / 3)
    lab.expect_forged("idle-state-lost", count=(count, None), resets=count)
    for client, server in idle:
        speaker, other = (client, server) if lab.rng.random() < 0.7 else (server, client)
        speaker.sendall(lab.bytes(20, 300))
        if receive_error(speaker) != "ECONNRESET":
            raise NotAsClaimed("not reset")
        lab.sleep(0.05, 0.3)
    lab.exchange(*busy, rounds=1)
    box.check()


@scenario("idle-state-lost.balancer", paths=("plain",), seconds=15, derive=("snap64",))
def idle_balancer(lab):
    """A load balancer forgets connections idle for some seconds; the next segment is answered by it with a RST."""
    forget_and_reset(lab, lab.rng.uniform(5, 9), lab.rng.randint(2, 4))


@scenario("idle-state-lost.balancer-60s", families=(6,), seconds=75, derive=("late",))
def idle_balancer_60(lab):
    """A load balancer forgets connections idle for one minute; the next segment is answered by it with a RST."""
    forget_and_reset(lab, 60)


@scenario("idle-state-lost.conntrack", seconds=16, rtt_ms=(2, 120), derive=("snap68",))
def idle_conntrack(lab):
    """A router with connection tracking forgets idle connections and rejects what it cannot place."""
    timeout = lab.rng.randint(4, 7)
    lab.middle.sysctl(net_netfilter_nf_conntrack_tcp_loose=0, net_netfilter_nf_conntrack_tcp_timeout_established=timeout,
                      net_netfilter_nf_conntrack_tcp_timeout_unacknowledged=timeout)
    lab.middle.chain("forward", "ct state new tcp flags & (syn|ack) != syn reject with tcp reset",
                     "ct state invalid reject with tcp reset")
    count = lab.rng.randint(2, 3)
    idle, busy = idle_connections(lab, count)
    keep_busy(lab, busy, timeout + lab.rng.uniform(1.2, 2.5), timeout / 3)
    lab.expect_forged("idle-state-lost", sender="server", count=count, resets=count)
    lab.expect_forged("idle-state-lost", sender="client", count=(0, None))
    for client, server in idle:
        client.sendall(lab.bytes(20, 300))
        if receive_error(client) != "ECONNRESET":
            raise NotAsClaimed("not reset")
        if lab.rng.random() < 0.5:
            try:
                server.sendall(lab.bytes(10, 200))
            except OSError:
                pass
        lab.settle()
    lab.exchange(*busy, rounds=1)
