# SPDX-License-Identifier: GPL-2.0-or-later
"""Given up after waiting."""

import socket

from lab import *


@scenario("keepalive-timeout", paths=("plain", "jittery"), seconds=5, derive=("snap68", "late"))
def keepalive_timeout(lab):
    """Keep-alive probes stay unanswered behind a broken link; the prober resets."""
    client, server = lab.pair()
    lab.exchange(client, server)
    probes = lab.rng.randint(2, 4)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, probes)):
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if lab.rng.random() < 0.7:
        lab.sleep(1.0 + lab.rtt, 1.3 + lab.rtt)   # the first probe is answered
    lab.cut()
    lab.expect("keepalive-timeout", sender="client", reason="TCP_KEEPALIVE_TIMEOUT")
    if receive_error(client, timeout=probes + 5) != "ETIMEDOUT":
        raise NotAsClaimed("the client did not time out")


@scenario("keepalive-timeout.server", seconds=6, derive=("snap64",))
def keepalive_timeout_server(lab):
    """The server probes a client that cannot be reached any more."""
    client, server = lab.pair()
    lab.exchange(client, server)
    probes = lab.rng.randint(2, 5)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, probes)):
        server.setsockopt(socket.IPPROTO_TCP, option, value)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    lab.cut(0, 1)
    lab.expect("keepalive-timeout", sender="server", reason="TCP_KEEPALIVE_TIMEOUT")
    if receive_error(server, timeout=probes + 5) != "ETIMEDOUT":
        raise NotAsClaimed("the server did not time out")


@scenario("keepalive-timeout.user-timeout", seconds=6)
def keepalive_user_timeout(lab):
    """TCP_USER_TIMEOUT ends the patience of keep-alive before its count does."""
    client, server = lab.pair()
    lab.exchange(client, server)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 9),
                          (TCP_USER_TIMEOUT, lab.rng.choice((2500, 3500)))):
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    lab.cut()
    lab.expect("keepalive-timeout", sender="client", reason="TCP_KEEPALIVE_TIMEOUT")
    if receive_error(client, timeout=12) != "ETIMEDOUT":
        raise NotAsClaimed("the client did not time out")


def ghost_connection(lab, rcvbuf=None):
    listener = lab.listen(rcvbuf=rcvbuf)
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(49152, 65535), lab.port)
    if not ghost.open():
        raise NotAsClaimed("no connection")
    server, _ = listener.accept()
    lab.closing.append(server)
    return ghost, server


@scenario("retransmission-timeout", seconds=9, derive=("snap64", "client-side-only"))
def retransmission_timeout(lab):
    """A stack (not Linux) retransmits into a broken link, gives up, and says so with a RST."""
    ghost, server = ghost_connection(lab)
    for _ in range(lab.rng.randint(1, 3)):
        ghost.transmit(PSH | ACK, lab.bytes(10, 300))
        server.recv(1000)
        ghost.hear()
    lab.cut()
    data, seq = lab.bytes(20, 400), ghost.nxt
    ghost.transmit(PSH | ACK, data)
    wait = lab.rng.uniform(0.2, 0.35) + lab.rtt
    for _ in range(lab.rng.randint(3, 4)):
        lab.sleep(wait)
        ghost.transmit(PSH | ACK, data, seq=seq)
        wait *= 2
    lab.sleep(wait if wait < 5 else 5)
    lab.expect("retransmission-timeout", sender="client", reason="-")
    ghost.transmit(RST | ACK, window=0)


@scenario("zero-window-timeout", seconds=45, rtt_ms=(2, 60), derive=("snap64",))
def zero_window_timeout(lab):
    """The server stops reading; the client's stack (not Linux) probes its closed window, gives up and resets."""
    ghost, _server = ghost_connection(lab, rcvbuf=4096)
    room = 500
    while room:
        ghost.transmit(PSH | ACK, lab.bytes(min(room, 500)))
        answer = ghost.hear(timeout=2)
        if answer is None:
            raise NotAsClaimed("no acknowledgement")
        room = answer.window << ghost.scale
    wait = lab.rng.uniform(0.9, 1.3)
    for _ in range(5):
        lab.sleep(wait)
        ghost.transmit(ACK, b"p", seq=ghost.nxt)
        answer = ghost.hear(timeout=2)
        if answer is None or answer.window:
            raise NotAsClaimed("the window is open")
        wait *= 2
    lab.sleep(wait / 4)
    lab.expect("zero-window-timeout", sender="client", reason="-")
    ghost.transmit(RST | ACK, window=0)
    lab.settle()
