# SPDX-License-Identifier: GPL-2.0-or-later
"""The connection was already being closed, or was closed."""

import struct

from lab import *


def set_next_sequence(sock, seq):
    """The initial sequence number of a socket that has not connected yet."""
    import socket
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, struct.pack("=I", seq & 0xFFFFFFFF))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 0)


@scenario("data-after-close", paths=("plain", "lossy", "reordered", "duplicated"),
          derive=("snap64", "late", "client-side-only", "server-side-only", "span", "pppoe"))
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
    lab.expect("time-wait-collision", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 2))
    lab.expect_late()
    again.connect((lab.server_address, lab.port))
    served, _ = listener.accept()
    lab.exchange(again, served, rounds=1)
    again.close()
    served.close()
    lab.settle()
