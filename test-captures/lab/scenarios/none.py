# SPDX-License-Identifier: GPL-2.0-or-later
"""Negative controls: what looks as if it ended in a reset and does not."""

import socket
import time

from lab import *


@scenario("none.fin", paths=("plain", "lossy", "reordered"), derive=("vlan",))
def fin(lab):
    """Connections that end with a FIN from each side, either side first."""
    for _ in range(lab.rng.randint(2, 4)):
        client, server = lab.pair()
        lab.exchange(client, server)
        first, second = (client, server) if lab.rng.random() < 0.5 else (server, client)
        first.close()
        lab.settle(2 if lab.spec.path == "plain" else 6)
        second.close()
        lab.settle(2)


@scenario("none.half-close")
def half_close(lab):
    """The client shuts down its sending side and still receives a long answer, as rsh and netcat do."""
    client, server = lab.pair()
    client.sendall(lab.bytes(20, 300))
    client.shutdown(socket.SHUT_WR)
    while server.recv(1000):
        pass
    for _ in range(5):
        data = lab.bytes(500)
        server.sendall(data)
        receive_exactly(client, len(data))
    server.close()
    lab.settle(2)
    client.close()
    lab.settle()


@scenario("none.killed")
def killed(lab):
    """A process is killed with nothing unread: its kernel says goodbye with a FIN."""
    client, server = lab.pair()
    lab.exchange(client, server)
    keeper = lab.keeper(server)
    lab.settle()
    keeper.kill()
    keeper.wait()
    lab.settle(2)
    client.close()
    lab.settle()


@scenario("none.out-of-order-close", rtt_ms=(2, 25))
def out_of_order_close(lab):
    """A segment is lost, the one behind it waits out of order; closing on that is a FIN."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # lost: the first, and what is sent again; only the second comes through
    lab.wire_rule("drop", lab.CLIENT_OUT, payload=1)
    lab.wire_rule("drop", lab.CLIENT_OUT, payload=1, skip=1, count=99)
    client.sendall(lab.bytes(100))
    lab.sleep(0.001)
    client.sendall(lab.bytes(100))
    lab.settle(1)
    server.close()
    lab.settle(2)


@scenario("none.shutdown-read")
def shutdown_read(lab):
    """The server shuts down its receiving side: the client does not notice, its data is acknowledged."""
    client, server = lab.pair()
    lab.exchange(client, server)
    server.shutdown(socket.SHUT_RD)
    client.sendall(lab.bytes(20, 400))
    lab.settle(2)


@scenario("none.destroyed-syn-sent", rtt_ms=(2, 25))
def destroyed_syn_sent(lab):
    """A socket destroyed (ss -K) while it waits for a SYN-ACK that never comes."""
    sock = lab.start_connect(address=lab.ghost_server)
    lab.sleep(0.1, 1.2)
    lab.client.run(["ss", "-K", "-t", "state", "syn-sent"])
    lab.settle()
    sock.close()


@scenario("none.user-timeout", seconds=6)
def user_timeout(lab):
    """Unanswered retransmissions end a Linux connection without a word."""
    client, server = lab.pair()
    lab.exchange(client, server)
    client.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 1200)
    lab.cut()
    client.sendall(lab.bytes(20, 400))
    if receive_error(client, timeout=8) != "ETIMEDOUT":
        raise NotAsClaimed("the client did not time out")


@scenario("none.orphan", seconds=5)
def orphan(lab):
    """A FIN that nobody acknowledges is given up in silence."""
    lab.client.sysctl(tcp_orphan_retries=1)
    client, server = lab.pair()
    lab.exchange(client, server)
    lab.cut()
    client.close()
    lab.sleep(2.5)


@scenario("none.zero-window", seconds=6)
def zero_window(lab):
    """The window stays closed; Linux probes it and gives up in silence."""
    listener = lab.listen(rcvbuf=4096)
    client, server = lab.pair(listener)
    client.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 1500)
    client.setblocking(False)
    client.send(lab.bytes(20000))
    lab.sleep(3.5)


@scenario("none.simultaneous-open", rtt_ms=(25, 120))
def simultaneous_open(lab):
    """Both ends connect() to each other at once, and are connected."""
    ends = lab.simultaneous_pair()
    for sock in ends:
        sock.settimeout(5)
    lab.exchange(*ends, rounds=1)
    ends[0].close()
    lab.settle(2)
    ends[1].close()
    lab.settle(2)


@scenario("none.fast-open")
def fast_open(lab):
    """TCP Fast Open: the second connection carries its request in the SYN."""
    for space in (lab.client, lab.server):
        space.sysctl(tcp_fastopen=3)
    listener = lab.listen()
    listener.setsockopt(socket.IPPROTO_TCP, 23, 5)
    for _ in range(2):
        client = lab.client_socket()
        client.settimeout(None)
        request = lab.bytes(20, 200)
        client.sendto(request, 0x20000000, (lab.server_address, lab.port))
        server, _ = listener.accept()
        lab.closing.append(server)
        receive_exactly(server, len(request))
        server.sendall(lab.bytes(20, 300))
        lab.settle()
        client.recv(1000)
        client.close()
        lab.settle(2)
        server.close()
        lab.settle(2)


@scenario("none.port-reuse", timestamps=True)
def port_reuse(lab):
    """The same pair of ports three times, each connection closed before the next."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    for _ in range(3):
        client, server = lab.pair(listener, sport=sport)
        lab.exchange(client, server, rounds=1)
        server.close()
        lab.settle(2)
        client.close()
        lab.settle(2)
        # time stamps must have moved for TIME-WAIT to give way
        lab.sleep(1.1)


@scenario("none.syn-on-established")
def syn_on_established(lab):
    """Somebody sends a SYN into an established connection: challenged, and nothing else."""
    client, server = lab.pair()
    lab.exchange(client, server)
    lab.raw("c0").segment(lab.client_address, lab.server_address, client.getsockname()[1], lab.port, SYN,
                          seq=lab.rng.randint(1, 2**32 - 1), window=1024, ttl=60)
    lab.settle(2)
    lab.exchange(client, server, rounds=1)


@scenario("none.listener-probes")
def listener_probes(lab):
    """FIN, null and SYN+FIN probes of a listening port: dropped without a word."""
    lab.listen()
    raw = lab.raw("c0")
    for flags in (FIN, 0, SYN | FIN, FIN | PSH | URG):
        raw.segment(lab.ghost_client, lab.server_address, lab.rng.randint(30000, 65000), lab.port, flags,
                    seq=lab.rng.randint(1, 2**32 - 1), window=1024, ttl=50, ip_id=lab.rng.randint(1, 65535))
        lab.sleep(0.05)
    lab.settle()
