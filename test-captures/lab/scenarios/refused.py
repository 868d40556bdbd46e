# SPDX-License-Identifier: GPL-2.0-or-later
"""Attempts answered "no"."""

import socket

from lab import *

TCP_FASTOPEN, MSG_FASTOPEN = 23, 0x20000000


@scenario("closed-port", paths=("plain", "lossy", "reordered", "duplicated"), seconds=3,
          
          derive=("snap64", "snap68", "client-side-only", "server-side-only", "span", "span-ttl", "vlan", "cooked"),
          derive_all=True, extra_dumps=("any",))
def closed_port(lab):
    """connect() to ports on which nothing listens, beside one on which something does."""
    listener = lab.listen()
    client, server = lab.pair(listener)
    lab.exchange(client, server, rounds=1)
    attempts = lab.rng.randint(1, 3)
    for number in range(attempts):
        port = lab.port + 1 + number
        if lab.connect_error(port=port) != "ECONNREFUSED":
            raise NotAsClaimed("the closed port did not refuse")
        lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(1, None), port=port)
    client.close()
    server.close()
    listener.close()
    lab.settle()


@scenario("closed-port.only", derive=("snap96", "raw", "null"))
def closed_port_only(lab):
    """One SYN to a closed port, answered by RST,ACK with sequence number 0; nothing else in the capture."""
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(1, None))
    if lab.connect_error() != "ECONNREFUSED":
        raise NotAsClaimed("the closed port did not refuse")


@scenario("accept-queue-overflow", paths=("plain", "jittery"), rtt_ms=(10, 120), derive=("snap68", "qinq"))
def accept_queue_overflow(lab):
    """More clients than the backlog holds, with tcp_abort_on_overflow: handshakes done, then reset."""
    lab.server.sysctl(tcp_abort_on_overflow=1, tcp_syncookies=0, tcp_max_syn_backlog=256)
    backlog = lab.rng.randint(2, 5)
    listener = lab.listen(backlog=backlog)
    clients = [lab.connect() for _ in range(backlog)]
    # room for one more: these SYNs meet a queue that is not full, of the ACKs behind them only one does
    lab.expect("accept-queue-overflow", sender="server", reason="INVALID_SYN", count=(1, None))
    lab.expect_echoes()
    # made before, so that the SYNs leave together, within one round trip
    crowd = [lab.client_socket() for _ in range(backlog)]
    for sock in crowd:
        sock.setblocking(False)
    for sock in crowd:
        sock.connect_ex((lab.server_address, lab.port))
    clients += crowd
    lab.settle(2.5)
    for _ in range(backlog + 1):
        server, _ = listener.accept()
        lab.closing.append(server)
    lab.settle()
    for sock in clients:
        sock.close()
    lab.settle()
    for sock in lab.closing:
        if sock is not listener:
            sock.close()
    lab.settle(2.5)


@scenario("closed-port.syn-data", derive=("snap68",))
def closed_port_syn_data(lab):
    """A SYN that carries data (not Linux) meets a closed port: the acknowledgement counts the data."""
    lab.expect("closed-port", sender="server", reason="NO_SOCKET")
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port)
    ghost.transmit(SYN, lab.bytes(1, 60), options=ghost.SYN_OPTIONS)
    lab.settle()


@scenario("closed-port.fast-open", derive=("snap96",))
def closed_port_fast_open(lab):
    """TCP Fast Open with a cookie from before: the service has gone, the SYN's data with it."""
    for space in (lab.client, lab.server):
        space.sysctl(tcp_fastopen=3)
    listener = lab.listen()
    listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    for last in (False, True):
        client = lab.client_socket()
        client.settimeout(None)
        if last:
            listener.close()
            lab.expect("closed-port", sender="server", reason="NO_SOCKET")
        try:
            client.sendto(lab.bytes(20, 200), MSG_FASTOPEN, (lab.server_address, lab.port))
        except ConnectionRefusedError:
            pass
        if not last:
            server, _ = listener.accept()
            server.recv(1000)
            server.close()
        lab.settle()
        client.close()
        lab.settle(2)


@scenario("closed-port.windows", seconds=4, derive=("snap64",))
def closed_port_windows(lab):
    """A stack that does not take no for an answer (Windows): the SYN again, twice, half a second apart."""
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=3)
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(49152, 65535), lab.port)
    for _ in range(3):
        ghost.transmit(SYN, options=ghost.SYN_OPTIONS, seq=ghost.nxt)
        ghost.hear(timeout=2)
        lab.sleep(0.5)


@scenario("closed-port.loopback", extra_dumps=("lo",), vantages=("lo",))
def closed_port_loopback(lab):
    """A closed port of the own machine, captured on its loopback device."""
    address = "127.0.0.1" if lab.family == 4 else "::1"
    lab.addresses.add(address)
    lab.side_of = lambda segment: "server" if segment.sport == lab.port else "client"
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(1, None))
    with lab.server.entered():
        sock = socket.socket(lab.af, socket.SOCK_STREAM)
    lab.closing.append(sock)
    if sock.connect_ex((address, lab.port)) == 0:
        raise NotAsClaimed("the closed port did not refuse")


@scenario("probe-response", paths=("plain", "jittery"), seconds=3, derive=("snap64", "span"))
def probe_response(lab):
    """Null, FIN, Xmas and ACK scans of closed ports and of one that listens."""
    listener = lab.listen()
    raw = lab.raw("c0")
    kinds = {"null": 0, "fin": FIN, "xmas": FIN | PSH | URG, "ack": ACK, "maimon": FIN | ACK}
    kind = lab.rng.choice(sorted(kinds))
    flags = kinds[kind]
    ports = lab.rng.sample(range(20, 9999), lab.rng.randint(6, 14))
    listening = listener.getsockname()[1]
    if listening in ports:
        ports.remove(listening)
    if flags & ACK:
        ports.append(listening)
    lab.expect("probe-response", sender="server", reason=("NO_SOCKET", "TCP_FLAGS"), count=len(ports))
    sport = lab.rng.randint(30000, 65000)
    for port in ports:
        raw.segment(lab.ghost_client, lab.server_address, sport, port, flags, seq=lab.rng.randint(1, 2**32 - 1),
                    ack=lab.rng.choice((0, lab.rng.randint(1, 2**32 - 1))) if flags & ACK else 0, window=1024,
                    ttl=lab.rng.randint(37, 59), ip_id=lab.rng.randint(1, 65535), df=False)
        lab.sleep(0.001, 0.03)
    lab.settle()
