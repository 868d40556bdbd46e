# SPDX-License-Identifier: GPL-2.0-or-later
"""Attempts answered "no"."""

from lab import *


@scenario("closed-port", paths=("plain", "lossy", "reordered", "duplicated"), seconds=3,
          derive=("snap64", "snap68", "client-side-only", "server-side-only", "span", "span-ttl", "vlan", "cooked"))
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


@scenario("accept-queue-overflow", paths=("plain", "jittery"), rtt_ms=(2, 60), derive=("snap68", "qinq"))
def accept_queue_overflow(lab):
    """More clients than the backlog holds, with tcp_abort_on_overflow: handshakes done, then reset."""
    lab.server.sysctl(tcp_abort_on_overflow=1, tcp_syncookies=0, tcp_max_syn_backlog=256)
    backlog = lab.rng.randint(2, 5)
    listener = lab.listen(backlog=backlog)
    clients = [lab.connect() for _ in range(backlog)]
    # room for one more: these SYNs meet a queue that is not full, of the ACKs behind them only one does
    lab.expect("accept-queue-overflow", sender="server", reason="INVALID_SYN", count=(1, None))
    lab.expect_echoes()
    clients += [lab.start_connect() for _ in range(backlog)]
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
