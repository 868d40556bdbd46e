# SPDX-License-Identifier: GPL-2.0-or-later
"""The connection was already being closed, or was closed."""

import socket

from lab import *


@scenario("data-after-close", paths=("plain", "lossy", "reordered", "duplicated"),
          derive=("snap64", "late", "client-side-only", "server-side-only", "span", "pppoe", "mpls", "gtp", "span-ttl"),
          derive_all=True)
def data_after_close(lab):
    """The server has closed, all read; the client sends more."""
    client, server = lab.pair()
    lab.exchange(client, server)
    server.close()
    lab.settle()
    lab.expect("data-after-close", sender="server", reason=("TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "NO_SOCKET"),
               count=(1, None))
    for _ in range(lab.rng.randint(1, 3)):
        try:
            client.sendall(lab.bytes(10, 700))
        except OSError:
            break
    lab.settle()
    client.close()


@scenario("time-wait-collision", paths=("plain", "jittery"), timestamps=False, derive=("snap64",))
def time_wait_collision(lab):
    """A new SYN with an older sequence number meets the server's TIME-WAIT; the answer is reset and the SYN repeated."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    client = lab.client_socket(sport=sport)
    first = lab.rng.randint(1, 2**32 - 1)
    set_next_sequence(client, first)
    client.connect((lab.server_address, lab.port))
    server, _ = listener.accept()
    lab.closing.append(server)
    lab.exchange(client, server)
    server.close()
    lab.settle()
    client.close()
    lab.settle(2)
    again = lab.client_socket(sport=sport)
    set_next_sequence(again, first - lab.rng.randint(1, 2**30))
    lab.expect("time-wait-collision", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", effect="reset")
    lab.expect("time-wait-collision|echo-of-reset", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 2))
    lab.expect_late()
    again.connect((lab.server_address, lab.port))
    served, _ = listener.accept()
    lab.exchange(again, served, rounds=1)
    again.close()
    served.close()
    lab.settle()


@scenario("data-after-close.fin-wait-2", derive=("snap68",))
def data_after_close_fin_wait(lab):
    """As data-after-close, where FIN-WAIT-2 is kept as a whole socket (tcp_fin_timeout above a minute)."""
    lab.server.sysctl(tcp_fin_timeout=lab.rng.randint(61, 300))
    client, server = lab.pair()
    lab.exchange(client, server)
    server.close()
    lab.settle()
    lab.expect("data-after-close", sender="server", reason=("TCP_ABORT_ON_DATA", "NO_SOCKET"), count=(1, None))
    client.sendall(lab.bytes(10, 700))
    lab.settle()


@scenario("data-after-close.crossing", paths=("plain", "jittery"), rtt_ms=(25, 200), derive=("snap64", "client-side-only"))
def data_after_close_crossing(lab):
    """The client sends steadily; the server has read all there is and closes while more is under way."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.setblocking(False)
    lab.expect("data-after-close", sender="server", reason=("TCP_ABORT_ON_DATA", "TCP_TIMEWAIT_SOCKET", "NO_SOCKET"),
               count=(1, None))
    for _ in range(lab.rng.randint(4, 8)):
        client.send(lab.bytes(20, 200))
        lab.sleep(0.006)
    lab.sleep(max(0, lab.rtt / 2 - 0.015))
    try:
        server.recv(65536)
    except BlockingIOError:
        pass
    server.close()
    lab.settle(2.5)


@scenario("data-after-close.download", paths=("plain", "jittery"), rtt_ms=(10, 60), derive=("snap96", "late"),
          extra_dumps=("any",))
def data_after_close_download(lab):
    """The client has read what came of a download and closes with a FIN; the rest arrives."""
    lab.set_path(lab.SERVER_OUT, rate=lab.rng.choice((2e6, 4e6)), queue=60000)
    client, server = lab.pair()
    request = lab.bytes(50, 200)
    client.sendall(request)
    receive_exactly(server, len(request))
    lab.expect("data-after-close", sender="client", reason=("TCP_ABORT_ON_DATA", "TCP_TIMEWAIT_SOCKET", "NO_SOCKET"),
               count=(1, None))
    server.setblocking(False)
    server.send(lab.bytes(1000) * 28)
    receive_exactly(client, lab.rng.randint(6000, 12000))
    client.setblocking(False)
    try:
        client.recv(100000)
    except BlockingIOError:
        pass
    client.close()
    lab.settle(3)


@scenario("data-after-close.expired", seconds=5, derive=("late",))
def data_after_close_expired(lab):
    """The server closed so long ago that it has forgotten; the client, never told more than the FIN, sends data."""
    lab.server.sysctl(tcp_fin_timeout=1)
    client, server = lab.pair()
    lab.exchange(client, server)
    server.close()
    lab.sleep(3.0, 4.5)
    lab.expect("data-after-close", sender="server", reason="NO_SOCKET", count=(1, None))
    client.sendall(lab.bytes(10, 700))
    lab.settle()


@scenario("data-after-close.offload", link="veth", offload=True, rtt_ms=0.1, vantages=("middle", "server"))
def data_after_close_offload(lab):
    """A burst to a closed end, on devices that merge segments (TSO, GRO)."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    server.close()
    lab.settle()
    lab.expect("data-after-close", sender="server", reason=("TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "NO_SOCKET"),
               count=(1, None))
    client.sendall(lab.bytes(1000) * 14)
    lab.settle()


@scenario("fin-after-expiry", paths=("plain", "jittery"), seconds=5, derive=("snap64", "late"))
def fin_after_expiry(lab):
    """The client closes its half long after the server closed and forgot."""
    lab.server.sysctl(tcp_fin_timeout=lab.rng.choice((1, 1, 2)))
    client, server = lab.pair()
    lab.exchange(client, server)
    server.close()
    lab.sleep(3.0, 4.5)
    lab.expect("fin-after-expiry", sender="server", reason="NO_SOCKET")
    lab.expect("fin-after-expiry", sender="server", reason="NO_SOCKET", count=(0, 3))
    client.close()
    lab.settle(2)


@scenario("late-after-close", seconds=3, rtt_ms=(2, 60), derive=("snap68", "span-ttl"))
def late_after_close(lab):
    """Both sides have closed; then a copy of an earlier data segment, held back somewhere, arrives."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    lab.wire_rule("copy", lab.CLIENT_OUT, payload=1, delay_us=lab.rng.randint(900_000, 1_400_000))
    request = lab.bytes(20, 400)
    client.sendall(request)
    receive_exactly(server, len(request))
    answer = lab.bytes(20, 400)
    server.sendall(answer)
    receive_exactly(client, len(answer))
    client.close()
    lab.settle()
    server.close()
    lab.expect("late-after-close", sender="server", reason="NO_SOCKET")
    lab.sleep(1.6)
    lab.settle()


@scenario("late-after-close.listening", seconds=3, rtt_ms=(2, 60))
def late_after_close_listening(lab):
    """As late-after-close, with the service still listening: its socket answers."""
    listener = lab.listen()
    client, server = lab.pair(listener)
    lab.exchange(client, server, rounds=1)
    lab.wire_rule("copy", lab.CLIENT_OUT, payload=1, delay_us=lab.rng.randint(900_000, 1_400_000))
    request = lab.bytes(20, 400)
    client.sendall(request)
    receive_exactly(server, len(request))
    client.close()
    lab.settle()
    server.close()
    lab.expect("late-after-close", sender="server", reason="TCP_FLAGS")
    lab.sleep(1.6)
    lab.settle()


@scenario("fin-rst-pair", paths=("plain", "jittery"), derive=("snap64", "server-side-only"))
def fin_rst_pair(lab):
    """A stack (macOS) that ends a connection with a FIN and at once a RST that has the FIN's own number."""
    listener = lab.listen()
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(49152, 65535), lab.port, ttl=64,
                  ip_ids=0)
    if not ghost.open():
        raise NotAsClaimed("no connection")
    server, _ = listener.accept()
    lab.closing.append(server)
    for _ in range(lab.rng.randint(1, 3)):
        ghost.transmit(PSH | ACK, lab.bytes(10, 300))
        server.recv(1000)
        server.sendall(lab.bytes(10, 300))
        ghost.hear(wanted=lambda s: s.payload_length)
        ghost.transmit(ACK)
        lab.sleep(0.01, 0.1)
    lab.expect("fin-rst-pair", sender="client", reason="-")
    last = ghost.nxt
    ghost.transmit(FIN | ACK)
    ghost.transmit(lab.rng.choice((RST, RST | ACK)), seq=last, window=0)
    lab.settle()


@scenario("time-wait-collision.fin-wait-2", rtt_ms=(0, 60), derive=("snap68",))
def time_wait_collision_fin_wait(lab):
    """The server has closed and waits for the client's FIN; the client crashed and comes again from the same port."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    client, server = lab.pair(listener, sport=sport)
    lab.exchange(client, server)
    server.close()
    lab.sleep(0.1)            # the acknowledgement of the FIN may be delayed
    lab.settle()
    following = next_sequence(client)
    vanish(client)
    again = lab.client_socket(sport=sport)
    set_next_sequence(again, following + lab.rng.randint(0, 900))
    lab.expect("time-wait-collision", sender="server", reason="TCP_TIMEWAIT_SOCKET")
    if again.connect_ex((lab.server_address, lab.port)) == 0:
        raise NotAsClaimed("the new attempt was not refused")
    lab.settle()
