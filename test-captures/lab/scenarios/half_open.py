# SPDX-License-Identifier: GPL-2.0-or-later
"""One end no longer has the connection, the other does not know."""

import socket
import time

from lab import *


@scenario("peer-restarted", paths=("plain", "lossy", "reordered", "duplicated"),
          derive=("late", "snap64", "client-side-only", "server-side-only", "span", "span-ttl", "vxlan", "ipip", "raw"),
          derive_all=True, extra_dumps=("any",))
def peer_restarted(lab):
    """The server's machine crashes and comes back without the connection; the client's next data draws a RST."""
    client, server = lab.pair()
    lab.exchange(client, server)
    vanish(server)
    lab.sleep(0.2, 1.0)
    lab.expect("peer-restarted", sender="server", reason="NO_SOCKET")
    lab.expect_echoes()
    client.sendall(lab.bytes(10, 500))
    if receive_error(client) not in ("ECONNRESET", "EOF"):
        raise NotAsClaimed("the client was not told")
    client.close()


@scenario("peer-restarted.listening", paths=("plain", "jittery"), derive=("late",))
def peer_restarted_listening(lab):
    """As above, but the service is back on its port: the listener answers the stray data."""
    listener = lab.listen()
    client, server = lab.pair(listener)
    lab.exchange(client, server)
    vanish(server)
    lab.sleep(0.2, 1.0)
    lab.expect("peer-restarted", sender="server", reason="TCP_FLAGS")
    lab.expect_echoes()
    client.sendall(lab.bytes(10, 500))
    receive_error(client)
    # the client comes again, and is served
    again, served = lab.pair(listener)
    lab.exchange(again, served, rounds=1)
    again.close()
    served.close()
    lab.settle()


@scenario("half-open-resync", paths=("plain", "reordered", "duplicated"), derive=("snap68",))
def half_open_resync(lab):
    """The client crashes and reconnects from the same port; the server's old connection must go first (RFC 9293, 3.5.1)."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    client, server = lab.pair(listener, sport=sport)
    lab.exchange(client, server)
    vanish(client)
    lab.sleep(0.1, 0.5)
    lab.expect("half-open-resync", sender="client", reason="TCP_INVALID_ACK_SEQUENCE")
    lab.expect("half-open-resync|echo-of-reset", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 2))
    lab.expect_echoes()
    again = lab.connect(sport=sport)
    served, _ = listener.accept()
    lab.closing.append(served)
    if receive_error(server) != "ECONNRESET":
        raise NotAsClaimed("the server's old connection lives")
    lab.exchange(again, served, rounds=1)
    again.close()
    served.close()
    lab.settle()


@scenario("peer-restarted.client", paths=("plain", "jittery"), derive=("snap64", "late"))
def peer_restarted_client(lab):
    """The client's machine crashes; the server's next data draws the RST."""
    client, server = lab.pair()
    lab.exchange(client, server)
    vanish(client)
    lab.sleep(0.1, 1.0)
    lab.expect("peer-restarted", sender="client", reason="NO_SOCKET")
    lab.expect_echoes()
    server.sendall(lab.bytes(10, 900))
    receive_error(server)


@scenario("peer-restarted.user-timeout", seconds=6, rtt_ms=(0, 60), derive=("client-side-only",))
def peer_restarted_user_timeout(lab):
    """The link breaks; the server's retransmissions run into TCP_USER_TIMEOUT, silently; later the client speaks."""
    client, server = lab.pair()
    lab.exchange(client, server)
    server.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 700)
    lab.cut()
    server.sendall(lab.bytes(10, 300))
    if receive_error(server, timeout=8) != "ETIMEDOUT":
        raise NotAsClaimed("the server's connection lives")
    lab.mend()
    lab.sleep(0.1, 0.5)
    lab.expect("peer-restarted", sender="server", reason="NO_SOCKET")
    lab.expect_echoes()
    client.sendall(lab.bytes(10, 300))
    receive_error(client)


@scenario("half-open-resync.quiet", derive=("server-side-only",))
def half_open_resync_quiet(lab):
    """As half-open-resync, on a connection that never carried data."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    client, server = lab.pair(listener, sport=sport)
    lab.settle(2)
    vanish(client)
    lab.expect("half-open-resync", sender="client", reason="TCP_INVALID_ACK_SEQUENCE")
    lab.expect("half-open-resync|echo-of-reset", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 1))
    again = lab.connect(sport=sport)
    served, _ = listener.accept()
    lab.closing.append(served)
    if receive_error(server) != "ECONNRESET":
        raise NotAsClaimed("the server's old connection lives")
    again.close()
    served.close()
    lab.settle()


def lose_while_idle(lab, idle):
    """Two connections with a pause of `idle` seconds, a third that never rests; the server's end forgets the idle ones."""
    listener = lab.listen()
    lost = [lab.pair(listener) for _ in range(2)]
    busy = lab.pair(listener)
    for client, server in lost + [busy]:
        lab.exchange(client, server, rounds=1)
    end = time.monotonic() + idle
    for _, server in lost:
        vanish(server)
    while time.monotonic() < end:
        lab.sleep(min(14, max(0, end - time.monotonic())))
        lab.exchange(*busy, rounds=1)
    for client, _ in lost:
        lab.expect("idle-state-lost", sender="server", reason="TCP_FLAGS", port=client.getsockname()[1])
    for client, _ in lost:
        client.sendall(lab.bytes(10, 300))
        receive_error(client)
        lab.sleep(0.1, 0.6)
    lab.exchange(*busy, rounds=1)


@scenario("idle-state-lost.60s", seconds=70, derive=("late",))
def idle_state_lost_60(lab):
    """State is dropped after one minute of silence; what speaks more often lives on."""
    lose_while_idle(lab, 60 + lab.rng.uniform(0.5, 5))


@scenario("idle-state-lost.120s", families=(4,), seconds=132)
def idle_state_lost_120(lab):
    """State is dropped after two minutes of silence; what speaks more often lives on."""
    lose_while_idle(lab, 120 + lab.rng.uniform(0.5, 6))
