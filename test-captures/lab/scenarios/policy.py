# SPDX-License-Identifier: GPL-2.0-or-later
"""A device in the path cuts a connection for what it carries; a packet filter answers in somebody's name."""

import struct

from lab import *

THIN = True


def client_hello(lab, name):
    """A TLS 1.2 ClientHello record for a server name."""
    host = name.encode()
    sni = struct.pack("!HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
    body = b"\x03\x03" + lab.rng.randbytes(32) + b"\x20" + lab.rng.randbytes(32)
    body += struct.pack("!H", 8) + b"\x13\x01\x13\x02\xc0\x2f\x00\x9c" + b"\x01\x00" + struct.pack("!H", len(sni)) + sni
    return b"\x16\x03\x01" + struct.pack("!HB", len(body) + 4, 1) + struct.pack("!I", len(body))[1:] + body


def host_request(lab):
    name = lab.rng.choice(("example.org", "www.example.net", "blocked.example"))
    return f"GET /{lab.rng.randint(1, 9999)} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: test/1\r\n\r\n".encode()


def censor(lab, victims, *, forbidden, side="client", first_passes=False):
    """In line: cuts the connection on the first segment of that side that is forbidden; nothing passes after it.

    victims: "client", "server" or both, who are told by RSTs of the device's own make.
    """
    style = {"flags": lab.rng.choice((RST, RST | ACK)), "copies": lab.rng.choice((1, 1, 1, 2, 3)),
             "base": lab.rng.choice((64, 128, 255)), "hop": lab.rng.randint(0, 3),
             "ids": lab.rng.choice(("zero", "counter", "random")), "window": lab.rng.choice((0, 0, 512, 8192))}
    cut = set()

    def reset(box, claimed, seq, ack):
        for _ in range(style["copies"]):
            ip_id = {"zero": 0, "counter": box.next_id(), "random": box.rng.randint(1, 65535)}[style["ids"]]
            box.forge(claimed, style["flags"], seq=seq, ack=ack, ttl=style["base"] - style["hop"], ip_id=ip_id,
                      window=style["window"])

    def on(box, half, segment):
        name = frozenset(((half.src, half.sport), (half.dst, half.dport)))
        if name in cut:
            return "drop"
        if half.device != ("m0" if side == "client" else "m1") or not forbidden(segment.payload):
            return None
        cut.add(name)
        other, end = box.peer(half), (segment.seq + segment.payload_length) & 0xFFFFFFFF
        if first_passes:
            box.pass_on()
        for victim in ("server", "client"):
            if victim in victims and victim == side:
                reset(box, other, other.nxt, end)
            elif victim in victims:
                # what is dropped has not reached its receiver: nothing in its name counts it
                reset(box, half, end if first_passes else segment.seq, other.nxt)
        box.acted.set()
        return "drop"
    return Middlebox(lab, on, inline=True), style


def talk_then(lab, box, data, rounds):
    client, server = lab.pair()
    if rounds:
        lab.exchange(client, server, rounds=rounds)
    client.sendall(data)
    box.wait()
    return client, server


def part(lab, *sockets):
    """Both ends close; of what they say nothing passes."""
    lab.settle(2)
    for sock in sockets:
        sock.close()
    lab.sleep(0.1, 0.4)


@scenario("policy-reset.client-hello", paths=("plain", "jittery"), derive=("snap96", "vlan"))
def policy_client_hello(lab):
    """The ClientHello for a forbidden name does not pass; the client is reset by the device, the server hears nothing more."""
    box, style = censor(lab, ("client",), forbidden=lambda data: data[:1] == b"\x16")
    lab.expect_forged("policy-reset", sender="server", count=style["copies"], resets=1)
    client, server = talk_then(lab, box, client_hello(lab, "blocked.example"), 0)
    part(lab, client, server)


@scenario("policy-reset.http-host", paths=("plain", "jittery"), derive=("snap64", "client-side-only"))
def policy_http_host(lab):
    """A request for a forbidden host: both ends are reset by the device, which lets nothing pass after it."""
    box, style = censor(lab, ("client", "server"), forbidden=lambda data: b"Host:" in data)
    lab.expect_forged("policy-reset", count=2 * style["copies"], resets=2)
    client, server = talk_then(lab, box, host_request(lab), 0)
    part(lab, client, server)


@scenario("policy-reset.server-only", derive=("snap68",))
def policy_server_only(lab):
    """A forbidden upload after a few allowed exchanges: only the server is reset; the client tries in vain."""
    box, style = censor(lab, ("server",), forbidden=lambda data: data.startswith(b"X5O!"))
    lab.expect_forged("policy-reset", sender="client", count=style["copies"], resets=1)
    client, server = talk_then(lab, box, b"X5O!" + lab.bytes(60, 300), lab.rng.randint(1, 2))
    lab.sleep(0.5, 1.0)
    part(lab, client, server)


@scenario("policy-reset.answer", derive=("snap64",))
def policy_answer(lab):
    """What the server answers is forbidden: both ends are reset and the answer does not pass."""
    box, style = censor(lab, ("client", "server"), side="server", forbidden=lambda data: data.startswith(b"MZ"))
    lab.expect_forged("policy-reset", count=2 * style["copies"], resets=2)
    client, server = lab.pair()
    data = host_request(lab)
    client.sendall(data)
    receive_exactly(server, len(data))
    server.sendall(b"MZ" + lab.bytes(200, 900))
    box.wait()
    part(lab, client, server)


@scenario("policy-reset.both-passed", derive=("snap96",))
def policy_both_passed(lab):
    """The forbidden request reaches the server before both ends are reset; the server's answer does not pass."""
    box, style = censor(lab, ("client", "server"), forbidden=lambda data: data[:1] == b"\x16", first_passes=True)
    lab.expect_forged("policy-reset", count=2 * style["copies"], resets=2)
    client, server = talk_then(lab, box, client_hello(lab, "www.example.net"), 0)
    part(lab, client, server)


@scenario("policy-reset.many", seconds=4, derive=("snap64",))
def policy_many(lab):
    """Connections for allowed and forbidden names through one device: the forbidden ones are cut, the others served."""
    box, style = censor(lab, ("client",), forbidden=lambda data: b"blocked" in data)
    listener = lab.listen()
    for blocked in lab.rng.sample((True, True, True, False, False), 5):
        client, server = lab.pair(listener)
        if blocked:
            lab.expect_forged("policy-reset", sender="server", count=style["copies"], resets=1,
                              port=client.getsockname()[1])
            client.sendall(client_hello(lab, "blocked.example"))
            if receive_error(client) != "ECONNRESET":
                raise NotAsClaimed("not cut")
            part(lab, client, server)
        else:
            lab.exchange(client, server, request=client_hello(lab, "www.example.net"), rounds=1)
            client.close()
            server.close()
            lab.settle()
    box.check()


# ------------------------------------------------------------------------------------------------- packet filters

def reject_rule(space, hook, match):
    space.chain(hook, f"{match} reject with tcp reset")


@scenario("firewall-reject.host", paths=("plain", "lossy", "reordered"), derive=("snap68", "span"))
def reject_host(lab):
    """The server's own packet filter rejects the port with a TCP reset; another port is served."""
    lab.tos["client"] = lab.tos["client"] or lab.rng.choice((0x28, 0xB8))
    port = lab.port + 1
    reject_rule(lab.server, "input", f"tcp dport {port}")
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    lab.expect("firewall-reject", sender="server", reason="-", node="server", count=(1, None))
    lab.expect_late()
    if lab.connect_error(port=port) != "ECONNREFUSED":
        raise NotAsClaimed("not refused")
    client.close()
    server.close()
    lab.settle()


@scenario("firewall-reject.host-only", derive=("snap96",))
def reject_host_only(lab):
    """The server's own packet filter rejects the only connection attempt there is."""
    reject_rule(lab.server, "input", f"tcp dport {lab.port}")
    lab.listen()
    lab.expect("firewall-reject", sender="server", reason="-", node="server", count=(1, None))
    if lab.connect_error() != "ECONNREFUSED":
        raise NotAsClaimed("not refused")


@scenario("firewall-reject.router", paths=("plain", "jittery"), rtt_ms=(2, 200), vantages=("client", "middle"),
          derive=("snap64", "client-side-only"))
def reject_router(lab):
    """A router's packet filter rejects the port in the server's name; another port is served."""
    lab.tos["client"] = lab.rng.choice((0, 0x28, 0xB8))
    port = lab.port + 1
    reject_rule(lab.middle, "forward", f"tcp dport {port}")
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    lab.expect_forged("firewall-reject", sender="server", count=(1, None))
    if lab.connect_error(port=port) != "ECONNREFUSED":
        raise NotAsClaimed("not refused")
    client.close()
    server.close()
    lab.settle()


@scenario("firewall-reject.router-only", vantages=("client", "middle"), derive=("snap68",))
def reject_router_only(lab):
    """A router rejects every attempt; of the server itself nothing is seen."""
    reject_rule(lab.middle, "forward", f"tcp dport {{ {lab.port}, {lab.port + 1} }}")
    lab.expect_forged("firewall-reject", sender="server", count=(2, None))
    for port in (lab.port, lab.port + 1):
        if lab.connect_error(port=port) != "ECONNREFUSED":
            raise NotAsClaimed("not refused")


@scenario("firewall-reject.some-ports", seconds=3, derive=("snap68",))
def reject_some(lab):
    """A host with a port that listens, ports that are closed and ports its filter rejects."""
    lab.tos["client"] = 0xB8
    closed, rejected = lab.port + 1, lab.port + 2
    reject_rule(lab.server, "input", f"tcp dport {rejected}")
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", port=closed, count=(1, None))
    lab.expect("firewall-reject", sender="server", reason="-", node="server", port=rejected, count=(1, None))
    for port in (closed, rejected):
        if lab.connect_error(port=port) != "ECONNREFUSED":
            raise NotAsClaimed("not refused")
    client.close()
    server.close()
    lab.settle()


@scenario("firewall-reject.device", rtt_ms=(2, 200), vantages=("client", "middle"), derive=("snap64",))
def reject_device(lab):
    """A firewall appliance with a stack of its own refuses a port in the server's name; another port is served."""
    port = lab.port + 1
    style = {"ttl": lab.rng.choice((64, 128, 255)), "window": lab.rng.choice((0, 0, 4128)), "df": lab.rng.random() < 0.5}

    def on(box, half, segment):
        if segment.dport != port:
            return None
        box.forge(box.answerer(half), RST | ACK, seq=0, ack=half.nxt, ip_id=box.next_id(), **style)
        return "drop"
    box = Middlebox(lab, on, inline=True)
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    lab.expect_forged("firewall-reject", sender="server", resets=1)
    if lab.connect_error(port=port) != "ECONNREFUSED":
        raise NotAsClaimed("not refused")
    client.close()
    server.close()
    lab.settle()
    box.check()


def data_meets_filter(lab, sender):
    """A filter loaded in the middle of a connection rejects the client's next data; later the server speaks."""
    client, server = lab.pair()
    lab.exchange(client, server)
    reject_rule(lab.server if sender == "server" else lab.middle, "input" if sender == "server" else "forward",
                f"tcp dport {lab.port} tcp flags & psh == psh")
    if sender == "server":
        lab.expect("firewall-reject", sender="server", reason="-", node="server", resets=1)
    else:
        lab.expect_forged("firewall-reject", sender="server", resets=1)
    lab.expect("echo-of-reset", sender="client", reason="NO_SOCKET", count=(0, None))
    client.sendall(lab.bytes(20, 600))
    lab.settle()
    if receive_error(client) != "ECONNRESET":
        raise NotAsClaimed("the client was not reset")
    lab.sleep(0.05, 0.5)
    try:
        server.sendall(lab.bytes(20, 400))
    except OSError:
        pass
    lab.settle(2)


@scenario("firewall-reject.host-data", derive=("snap68",))
def reject_host_data(lab):
    """The server host's filter, loaded late, rejects data of a connection; the server's next word finds the client gone."""
    data_meets_filter(lab, "server")


@scenario("firewall-reject.router-data", rtt_ms=(2, 200), derive=("snap64",))
def reject_router_data(lab):
    """A router's filter, loaded late, rejects data of a connection; the server's next word finds the client gone."""
    data_meets_filter(lab, "middle")
