# SPDX-License-Identifier: GPL-2.0-or-later
"""Honest resets that look forged to a detector which does not know how stacks behave."""

import socket
import time

from lab import *

THIN = True


@scenario("so-linger-abort.ladder", rtt_ms=(60, 200), seconds=4, derive=("snap64", "server-side-only"))
def ladder(lab):
    """An upload aborted by its sender on a path with slow acknowledgements: one abort, then a long ladder of bare RSTs."""
    lab.set_path(lab.SERVER_IN, rate=20e6, queue=400000)
    # an ACK for every segment, all of them on the way when the sender's socket dies
    for space in (lab.client, lab.server):
        space.sysctl(tcp_wmem="4096 262144 1048576", tcp_rmem="4096 262144 1048576")
    listener = lab.listen()
    client = lab.connect()
    server, _ = listener.accept()
    lab.closing.append(server)
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE")
    lab.expect("echo-of-reset", sender="client", reason="NO_SOCKET", count=(4, None))
    lab.expect_echoes()
    client.setblocking(False)
    block = lab.bytes(1000) * 60
    for _ in range(3):
        try:
            client.send(block)
        except BlockingIOError:
            pass
        receive_some(server)
        lab.sleep(lab.rtt * 0.55)
    abort(client)
    lab.settle(3)


def receive_some(sock):
    sock.setblocking(False)
    try:
        while sock.recv(65536):
            pass
    except OSError:
        pass


@scenario("so-linger-abort.challenge-triplet", rtt_ms=(2, 120), seconds=3, derive=("snap64",))
def triplet(lab):
    """The last data segments are lost, the abort's RST is not exact: challenge ACK, and a second RST with a lower number."""
    client, server = lab.pair()
    for _ in range(lab.rng.randint(0, 2)):
        data = lab.bytes(100, 400)
        client.sendall(data)
        receive_exactly(server, len(data))
    lab.settle()
    lost = lab.rng.randint(1, 2)
    lab.wire_rule("drop", lab.CLIENT_OUT, payload=1, count=40)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(lost):
        client.send(lab.bytes(20, 500))
        lab.sleep(0.001)
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE", effect="challenged")
    lab.expect("echo-of-reset", sender="client", reason="NO_SOCKET", resets=1)
    abort(client)
    lab.settle(2.5)
    if receive_error(server) != "ECONNRESET":
        raise NotAsClaimed("the server was not reset at last")


@scenario("cancelled-transfer.mixed", rtt_ms=(10, 60), seconds=3, derive=("snap68", "client-side-only"))
def mixed(lab):
    """A download stopped by its receiver: an abort with options, window and ID, then bare RSTs with none, from one host."""
    lab.set_path(lab.SERVER_OUT, rate=8e6, queue=80000)
    lab.client.sysctl(ip_default_ttl=lab.ttl["client"])
    client, server = lab.pair(rcvbuf=60000)
    client.sendall(lab.bytes(50, 200))
    server.recv(1000)
    lab.expect("cancelled-transfer", sender="client", reason=("TCP_ABORT_ON_CLOSE", "TCP_STATE"))
    lab.expect("echo-of-reset", sender="client", reason="NO_SOCKET", count=(2, None))
    lab.expect_echoes()
    server.setblocking(False)
    server.send(lab.bytes(1300) * 40)
    receive_exactly(client, lab.rng.randint(6000, 12000))
    client.close()
    lab.settle(3)


def set_ttl(lab, sock, ttl):
    if lab.family == 4:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)


@scenario("peer-restarted.application-ttl", paths=("plain",), seconds=2, derive=("snap64",))
def application_ttl(lab):
    """The server's application sets its own time to live (as routing daemons do); after a crash its kernel answers with the default."""
    client, server = lab.pair()
    own = lab.rng.choice([ttl for ttl in (255, 200, 100, 33) if abs(ttl - lab.ttl["server"]) > 8])
    set_ttl(lab, server, own)
    lab.exchange(client, server, rounds=lab.rng.randint(2, 3))
    vanish(server)
    lab.sleep(0.2, 0.9)
    lab.expect("peer-restarted", sender="server", reason="NO_SOCKET", resets=1)
    lab.expect_echoes(sender="server")
    client.sendall(lab.bytes(10, 500))
    if receive_error(client) != "ECONNRESET":
        raise NotAsClaimed("not told")


@scenario("data-after-close.application-ttl", derive=("snap68",))
def data_after_close_ttl(lab):
    """An application with its own time to live closes; the peer's further data is answered with the kernel's default."""
    client, server = lab.pair()
    own = lab.rng.choice([ttl for ttl in (255, 200, 100, 33) if abs(ttl - lab.ttl["server"]) > 8])
    set_ttl(lab, server, own)
    lab.exchange(client, server)
    server.close()
    lab.settle()
    lab.expect("data-after-close", sender="server", reason=("TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "NO_SOCKET"),
               count=(1, None), resets=1)
    client.sendall(lab.bytes(10, 700))
    lab.settle()


@scenario("data-after-close.merged", link="veth", offload=True, rtt_ms=0.1, seconds=3, vantages=("client", "server"))
def data_after_close_offload(lab):
    """Segments merged before capture (GRO, TSO) arrive at an end that has closed: fewer RSTs than segments on the wire."""
    client, server = lab.pair()
    lab.exchange(client, server)
    server.close()
    lab.settle()
    lab.expect("data-after-close", sender="server", reason=("TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "NO_SOCKET"),
               count=(1, None))
    client.setblocking(False)
    client.send(lab.bytes(1000) * lab.rng.randint(8, 20))
    lab.sleep(0.1)


@scenario("so-linger-abort.late-data", rtt_ms=(10, 60), seconds=3, derive=("snap64",))
def late_data(lab):
    """Data sent before an abort overtakes nothing: it is held up on the way and arrives behind the RST."""
    client, server = lab.pair()
    for _ in range(lab.rng.randint(1, 2)):
        data = lab.bytes(50, 300)
        client.sendall(data)
        receive_exactly(server, len(data))
    lab.settle()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    held = lab.rng.randint(1500, 6000)
    lab.wire_rule("hold", lab.CLIENT_OUT, payload=1, count=1, delay_us=held)
    client.send(lab.bytes(20, 500))
    # the RST, one segment ahead, is challenged; by then the data may have come
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE",
               effect=lambda send, captures, lab: "challenged" if challenged(send, captures, lab) else "-")
    lab.expect_echoes(sender="client")
    lab.expect_echoes(sender="server")
    abort(client)
    lab.settle(3)
    if receive_error(server) not in ("ECONNRESET", "data"):
        raise NotAsClaimed("the server was not reset")


def challenged(send, captures, lab):
    return challenged_or_ignored(send, captures, lab) == "challenged"


@scenario("peer-restarted.nat", families=(4,), paths=("plain",), seconds=3, vantages=("client", "server", "any"),
          extra_dumps=("any",))
def behind_nat(lab):
    """Clients behind address translation; the server crashes and tells them one by one. Captured on either leg and on both."""
    masquerade(lab)
    listener = lab.listen()
    pairs = [lab.pair(listener, source=address) for address in lab.client_addresses[:lab.rng.randint(2, 4)]]
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
    for _, server in pairs:
        vanish(server)
    lab.sleep(0.2, 0.8)
    lab.expect("peer-restarted", sender="server", reason="TCP_FLAGS", count=len(pairs), resets=len(pairs))
    for client, _ in pairs:
        client.sendall(lab.bytes(10, 300))
        if receive_error(client) != "ECONNRESET":
            raise NotAsClaimed("not told")
        lab.sleep(0, 0.2)


@scenario("so-linger-abort.syn-proxy", families=(4,), seconds=3, vantages=("client",))
def behind_syn_proxy(lab):
    """Behind a SYN proxy (nft) the server aborts; the router, taking the RST for a refusal, moves its number to the start.

    nf_synproxy gives a RST of the server the number behind the SYN-ACK (so in Linux 6.18). After data that is old, and
    the client ignores it.
    """
    lab.middle.sysctl(net_netfilter_nf_conntrack_tcp_loose=0)
    lab.middle.chain("prerouting", f"tcp dport {lab.port} tcp flags & (syn|ack) == syn notrack", priority=-300)
    lab.middle.chain("forward", f"tcp dport {lab.port} ct state invalid,untracked "
                     "synproxy mss 1460 wscale 7 timestamp sack-perm", "ct state invalid drop")
    # the router moves the numbers of either leg to those of the other
    lab.identity = lambda s: (s.src, s.dst, s.sport, s.dport, s.flags, s.ip_id, s.payload_length)
    listener = lab.listen()
    client = lab.client_socket()
    client.connect((lab.server_address, lab.port))
    server, _ = listener.accept()
    lab.closing.append(server)
    messages = lab.rng.randint(0, 3)
    for _ in range(messages):
        server.sendall(lab.bytes(20, 300))
        lab.settle()
    receive_some(client)
    lab.settle(2)
    lab.expect("so-linger-abort", sender="server", reason="TCP_STATE", effect="ignored" if messages else None)
    abort(server)
    lab.settle()
    if receive_error(client, timeout=0.2) != ("nothing" if messages else "ECONNRESET"):
        raise NotAsClaimed("the client took the RST otherwise than said")
    vanish(client)
