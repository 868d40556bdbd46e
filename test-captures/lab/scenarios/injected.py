# SPDX-License-Identifier: GPL-2.0-or-later
"""Forged by a third party on the path."""

import time

from lab import *

THIN = True

WRAP = 2**32


def forger(lab, act, side="client", skip=0, wanted=lambda segment: segment.payload_length):
    """A device on the path that acts once, on the (skip+1)th wanted segment of that side after box.armed is set."""
    def on(box, half, segment):
        if not box.armed or half.device != ("m0" if side == "client" else "m1") or not wanted(segment):
            return
        box.seen += 1
        if box.seen == skip + 1:
            box.armed = False
            act(box, half, segment)
            box.acted.set()
    box = Middlebox(lab, on)
    box.armed, box.seen = False, 0
    return box


def request(lab, box, client, low=30, high=500):
    """The segment that provokes the forger."""
    box.armed = True
    data = lab.bytes(low, high)
    client.sendall(data)
    box.wait()
    return data


def goes_on(server, data, lab):
    """The server answers a request as if nothing had happened."""
    receive_exactly(server, len(data))
    try:
        for _ in range(lab.rng.randint(1, 3)):
            server.sendall(lab.bytes(100, 900))
            lab.sleep(0, 0.01)
    except OSError:
        pass
    lab.settle(2)


def conversation(lab, rounds=(0, 2)):
    client, server = lab.pair()
    count = lab.rng.randint(*rounds)
    if count:
        lab.exchange(client, server, rounds=count)
    return client, server


def either(lab):
    return lab.rng.choice((RST, RST | ACK))


def answers(lab, side=None):
    """What an end that was reset says to the segments that still come for it."""
    lab.expect("echo-of-reset", sender=side, reason=("NO_SOCKET", "TCP_FLAGS"), count=(0, None))


@scenario("injected.to-client", paths=("plain", "jittery"), derive=("snap68", "vlan"))
def to_client(lab):
    """One exact RST to the client as its request passes; the server, asked for nothing, answers the request."""
    server_far(lab)
    flags = either(lab)
    box = forger(lab, lambda box, half, _: box.forge(box.answerer(half), flags, **box.foreign(box.answerer(half))))
    client, server = conversation(lab)
    lab.expect_forged("injected", sender="server", resets=1)
    answers(lab, "client")
    goes_on(server, request(lab, box, client), lab)


@scenario("injected.to-server", paths=("plain", "jittery"), derive=("snap64",))
def to_server(lab):
    """One exact RST to the server behind the client's request; the client goes on with the next one."""
    client_far(lab)
    flags = either(lab)
    box = forger(lab, lambda box, half, _: box.forge(half, flags, **box.foreign(half)))
    client, server = conversation(lab)
    lab.expect_forged("injected", sender="client", resets=1)
    answers(lab, "server")
    request(lab, box, client)
    try:
        for _ in range(lab.rng.randint(1, 3)):
            client.sendall(lab.bytes(50, 700))
            lab.sleep(0, 0.01)
    except OSError:
        pass
    lab.settle(2)


@scenario("injected.both", paths=("plain",), derive=("snap96", "server-side-only"))
def both(lab):
    """RSTs to client and server at once; what either had under way meets an end that is gone."""
    server_far(lab)
    flags = either(lab)
    copies = lab.rng.choice((1, 1, 3))

    def act(box, half, _):
        for victim in (box.answerer(half), half):
            style = box.foreign(victim)
            for _ in range(copies):
                style["ip_id"] = box.next_id()
                box.forge(victim, flags, **style)
    box = forger(lab, act)
    client, server = conversation(lab)
    lab.expect_forged("injected", count=2 * copies, resets=2)
    answers(lab)
    goes_on(server, request(lab, box, client), lab)


def ladder(lab, box, half, flags):
    """Three RSTs, each a segment or two further on, time to live and window rising (facts of 2006 and later)."""
    style = box.foreign(half, ids=lab.rng.choice(("random", "constant")))
    for number, step in enumerate((0, 1460, 4380)):
        style["ttl"] = min(style["ttl"] + number, 255)
        style["window"] = (style["window"] + 17 * number) & 0xFFFF
        box.forge(half, flags, seq=(half.nxt + step) % WRAP, **style)


@scenario("injected.burst", paths=("plain", "jittery"), derive=("snap64", "span"))
def burst(lab):
    """Three RST,ACK at once, at the expected number, 1460 and 4380 beyond; the server goes on."""
    server_far(lab)
    box = forger(lab, lambda box, half, _: ladder(lab, box, box.answerer(half), RST | ACK))
    client, server = conversation(lab)
    lab.expect_forged("injected", sender="server", count=3, resets=1)
    answers(lab, "client")
    goes_on(server, request(lab, box, client), lab)


@scenario("injected.burst-both", derive=("snap68",))
def burst_both(lab):
    """One bare RST and three RST,ACK to each end."""
    server_far(lab)

    def act(box, half, _):
        for victim in (box.answerer(half), half):
            box.forge(victim, RST, **box.foreign(victim))
            ladder(lab, box, victim, RST | ACK)
    box = forger(lab, act)
    client, server = conversation(lab)
    lab.expect_forged("injected", count=8, resets=2)
    answers(lab)
    goes_on(server, request(lab, box, client), lab)


@scenario("injected.windows-on-syn", rtt_ms=(10, 200), derive=("snap64",))
def windows_on_syn(lab):
    """Three RST,ACK answer the SYN, windows 1980, 1981, 1982; the server's SYN-ACK follows."""
    server_far(lab)
    lab.listen()

    def act(box, half, _):
        style = box.foreign(half)
        for number in range(3):
            style["window"] = 1980 + number
            box.forge(box.answerer(half), RST | ACK, seq=0, ack=half.nxt, **style)
    box = forger(lab, act, wanted=lambda segment: segment.flags & SYN)
    box.armed = True
    lab.expect_forged("injected", sender="server", count=3, resets=1)
    answers(lab, "client")
    if lab.connect_error() != "ECONNREFUSED":
        raise NotAsClaimed("the client was not refused")
    lab.settle(2)


@scenario("injected.windows-on-syn-ack", rtt_ms=(10, 200), derive=("snap68",))
def windows_on_syn_ack(lab):
    """Three RST,ACK behind the SYN-ACK, windows 3293, 3294, 3295; the server greets all the same."""
    server_far(lab)
    listener = lab.listen()

    def act(box, half, _):
        style = box.foreign(half)
        for number in range(3):
            style["window"] = 3293 + number
            box.forge(half, RST | ACK, **style)
    box = forger(lab, act, side="server", wanted=lambda segment: segment.flags & SYN)
    box.armed = True
    lab.expect_forged("injected", sender="server", count=3, resets=1)
    answers(lab, "client")
    client = lab.start_connect()
    server, _ = listener.accept()
    lab.closing.append(server)
    server.sendall(lab.bytes(20, 200))
    lab.settle(2)
    client.close()


@scenario("injected.syn-refused", paths=("plain", "jittery"), rtt_ms=(10, 200), derive=("snap64",))
def syn_refused(lab):
    """One RST,ACK answers the SYN before the real SYN-ACK can."""
    server_far(lab)
    lab.listen()
    box = forger(lab, lambda box, half, _: box.forge(box.answerer(half), RST | ACK, seq=0, ack=half.nxt,
                                                     **box.foreign(half)),
                 wanted=lambda segment: segment.flags & SYN)
    box.armed = True
    lab.expect_forged("injected", sender="server", resets=1)
    answers(lab, "client")
    if lab.connect_error() != "ECONNREFUSED":
        raise NotAsClaimed("the client was not refused")
    lab.settle(2)


@scenario("injected.in-window", paths=("plain",), seconds=3, derive=("snap68",))
def in_window(lab):
    """RSTs inside the window but not exact: challenged (RFC 5961), and the connection goes on."""
    box = Middlebox(lab)
    client, server = conversation(lab, (1, 2))
    count = lab.rng.randint(1, 2)
    lab.expect_forged("injected", sender="server", count=count, effect=challenged_or_ignored)
    name = server.getsockname()[:2] + client.getsockname()[:2]
    lab.exchange(client, server, rounds=1)
    box.check()
    flags = either(lab)
    for _ in range(count):
        half = box.halves[name]
        box.forge(half, flags, seq=(half.nxt + lab.rng.randint(1, 4000)) % WRAP, **box.foreign(half))
        lab.sleep(0.6, 0.9)
    lab.settle()
    lab.exchange(client, server, rounds=2)


@scenario("injected.stale", seconds=3, derive=("snap64",))
def stale(lab):
    """A forger too slow: its RSTs carry numbers the server's data has passed; ignored."""
    box = Middlebox(lab)
    client, server = conversation(lab, (1, 2))
    name = server.getsockname()[:2] + client.getsockname()[:2]
    answer = lab.bytes(400, 900)
    lab.exchange(client, server, rounds=1, answer=answer)
    half = box.halves[name]
    count = lab.rng.randint(1, 3)
    lab.expect_forged("injected", sender="server", count=count, effect="ignored")
    flags = either(lab)
    style = box.foreign(half)
    for _ in range(count):
        box.forge(half, flags, seq=(half.nxt - lab.rng.choice((len(answer), len(answer) // 2))) % WRAP, **style)
    lab.sleep(0.05)
    lab.exchange(client, server, rounds=2)


@scenario("injected.id-echo", families=(4,), derive=("snap64",))
def id_echo(lab):
    """The RST copies the IP ID of the segment that provoked it."""
    server_far(lab)

    def act(box, half, segment):
        style = dict(box.foreign(half), ip_id=segment.ip_id)
        box.forge(box.answerer(half), RST | ACK, **style)
    box = forger(lab, act)
    client, server = conversation(lab)
    lab.expect_forged("injected", sender="server", resets=1)
    answers(lab, "client")
    goes_on(server, request(lab, box, client), lab)


@scenario("injected.right-ttl", derive=("snap68",))
def right_ttl(lab):
    """The hop count is the server's, the IP ID is not; the server goes on."""
    server_far(lab)

    def act(box, half, _):
        victim = box.answerer(half)
        box.forge(victim, RST | ACK, **dict(box.foreign(victim), ttl=victim.ttl - 1))
    box = forger(lab, act)
    client, server = conversation(lab, (1, 2))
    lab.expect_forged("injected", sender="server", resets=1)
    answers(lab, "client")
    goes_on(server, request(lab, box, client), lab)


@scenario("injected.too-early", rtt_ms=(25, 200), vantages=("client", "middle"), derive=("snap68",))
def too_early(lab):
    """A bare RST with nothing wrong but its time: it answers the request before the server can have it; both ends silenced."""
    server_far(lab, 20)

    def act(box, half, _):
        victim = box.answerer(half)
        box.forge(victim, RST, **box.mimic(victim, active=False))
        box.forge(half, RST | ACK, **box.mimic(half))
    box = forger(lab, act)
    client, server = conversation(lab, (1, 2))
    lab.expect_forged("injected", count=2, resets=2)
    request(lab, box, client)
    lab.settle(2)
    client.close()
    server.close()
    lab.settle()


@scenario("injected.bad-checksum", seconds=2, derive=("snap96",))
def bad_checksum(lab):
    """Exact RSTs with a wrong TCP checksum, as tools that feed an observer lies send; no end takes notice."""
    box = Middlebox(lab)
    client, server = conversation(lab, (1, 2))
    name = server.getsockname()[:2] + client.getsockname()[:2]
    lab.exchange(client, server, rounds=1)
    half = box.halves[name]
    count = lab.rng.randint(1, 2)
    victims = [half, box.peer(half)][:count]
    lab.expect_forged("injected", count=count, effect="ignored")
    for victim in victims:
        box.forge(victim, RST | ACK, bad_checksum=True, **box.foreign(victim))
    lab.sleep(0.05)
    lab.exchange(client, server, rounds=2)


@scenario("injected.payload", derive=("snap64",))
def payload(lab):
    """The forged RST carries data, as the block page of a filter; the server goes on."""
    server_far(lab)
    text = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n" + lab.bytes(10, 200)

    def act(box, half, _):
        victim = box.answerer(half)
        box.forge(victim, RST | ACK, payload=text, **box.foreign(victim))
    box = forger(lab, act)
    client, server = conversation(lab)
    lab.expect_forged("injected", sender="server", resets=1)
    answers(lab, "client")
    goes_on(server, request(lab, box, client), lab)


@scenario("injected.pair-12503", derive=("snap64",))
def pair_12503(lab):
    """Two RSTs, the second 12503 beyond the first (a device for shaping traffic, 2007); the server goes on."""
    server_far(lab)

    def act(box, half, _):
        victim = box.answerer(half)
        style = box.foreign(victim)
        for step in (0, 12503):
            box.forge(victim, RST | ACK, seq=(victim.nxt + step) % WRAP, **style)
    box = forger(lab, act)
    client, server = conversation(lab)
    lab.expect_forged("injected", sender="server", count=2, resets=1)
    answers(lab, "client")
    goes_on(server, request(lab, box, client), lab)


@scenario("injected.upload", rtt_ms=(10, 120), seconds=3, derive=("snap68",))
def upload(lab):
    """A RST to the server in the middle of an upload; the client, untold, keeps sending and is answered."""
    client_far(lab)
    lab.server.sysctl(tcp_rmem="4096 131072 1048576")
    lab.set_path(lab.CLIENT_OUT, rate=4e6, queue=100000)
    box = forger(lab, lambda box, half, _: box.forge(half, RST | ACK, **box.foreign(half)), skip=lab.rng.randint(2, 5))
    client, server = conversation(lab)
    lab.expect_forged("injected", sender="client", resets=1)
    answers(lab, "server")
    box.armed = True
    client.setblocking(False)
    client.send(lab.bytes(1300) * lab.rng.randint(12, 24))
    box.wait()
    lab.settle(3)


@scenario("injected.download", rtt_ms=(10, 120), seconds=3, derive=("snap96",))
def download(lab):
    """A RST to the client in the middle of a download; the server keeps sending and is answered."""
    server_far(lab)
    lab.client.sysctl(tcp_rmem="4096 131072 1048576")
    lab.set_path(lab.SERVER_OUT, rate=4e6, queue=100000)
    box = forger(lab, lambda box, half, _: box.forge(half, RST | ACK, **box.foreign(half)), side="server",
                 skip=lab.rng.randint(2, 5))
    client, server = conversation(lab)
    client.sendall(lab.bytes(40, 200))
    server.recv(1000)
    lab.expect_forged("injected", sender="server", resets=1)
    answers(lab, "client")
    box.armed = True
    server.setblocking(False)
    server.send(lab.bytes(1300) * lab.rng.randint(12, 24))
    box.wait()
    lab.settle(3)


@scenario("injected.many-servers", families=(4,), seconds=4, derive=("snap64",))
def many_servers(lab):
    """Connections to several servers are cut with RSTs whose IP IDs are one sequence; the servers go on."""
    server_far(lab)
    style = dict(ttl=lab.rng.randint(33, 250), window=lab.rng.choice((0, 1024, 8192)), df=False)
    cut = set()

    def on(box, half, segment):
        if half.device != "m0" or not segment.payload_length or segment.sport in cut:
            return
        cut.add(segment.sport)
        victim = box.answerer(half)
        box.forge(victim, RST | ACK, ip_id=box.next_id(), **style)
    box = Middlebox(lab, on)
    pairs = [lab.pair(lab.listen(address=address)) for address in lab.server_addresses]
    lab.expect_forged("injected", sender="server", count=len(lab.server_addresses),
                      resets=len(lab.server_addresses))
    answers(lab, "client")
    for client, server in pairs:
        data = lab.bytes(50, 300)
        client.sendall(data)
        goes_on(server, data, lab)
    box.check()


@scenario("injected.mimic", paths=("plain",), derive=("snap68",))
def mimic(lab):
    """The perfect mimic: in a quiet moment both ends are told, with every number as the other would set it."""
    box = Middlebox(lab)
    client, server = conversation(lab, (1, 2))
    name = server.getsockname()[:2] + client.getsockname()[:2]
    lab.exchange(client, server, rounds=1)
    half = box.halves[name]
    lab.expect_forged("injected", count=2, resets=2)
    for victim in (half, box.peer(half)):
        box.forge(victim, RST | ACK, **box.mimic(victim))
    lab.settle()
    for sock in (client, server):
        if receive_error(sock) != "ECONNRESET":
            raise NotAsClaimed("an end was not reset")


@scenario("injected.mimic-one-side", paths=("plain",), derive=("snap64",))
def mimic_one_side(lab):
    """The perfect mimic to one end in a quiet moment; the other, kept in the dark, is silent for good."""
    box = Middlebox(lab)
    client, server = conversation(lab, (1, 2))
    name = server.getsockname()[:2] + client.getsockname()[:2]
    lab.exchange(client, server, rounds=1)
    half = box.halves[name]
    victim = lab.rng.choice((half, box.peer(half)))
    lab.expect_forged("injected", resets=1)
    box.forge(victim, RST | ACK, **box.mimic(victim))
    lab.settle()
    if receive_error(client if victim is half else server) != "ECONNRESET":
        raise NotAsClaimed("the end was not reset")
    # no goodbye of the other end can be captured: it outlives the recording
    lab.closing.remove(server if victim is half else client)
    (server if victim is half else client).detach()


@scenario("injected.mimic-answer", rtt_ms=(25, 200), derive=("snap68",))
def mimic_answer(lab):
    """As the request passes, both ends are told, after the time an answer of the server's would have taken."""
    server_far(lab)

    def act(box, half, _):
        victim = box.answerer(half)
        numbers = half.nxt, victim.nxt
        box.forge(half, RST | ACK, seq=numbers[0], **box.mimic(half))
        time.sleep(2 * lab.server_delay + 0.0003)
        # the server has acknowledged nothing: it was reset before it could
        box.forge(victim, RST, seq=numbers[1], **box.mimic(victim, active=False))
    box = forger(lab, act)
    client, server = conversation(lab, (1, 2))
    lab.expect_forged("injected", count=2, resets=2)
    answers(lab)
    request(lab, box, client)
    lab.settle(2)
    client.close()
    server.close()
    lab.settle()
