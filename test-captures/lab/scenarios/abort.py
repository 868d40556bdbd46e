# SPDX-License-Identifier: GPL-2.0-or-later
"""The sender's own stack or application ended it on purpose."""

import os
import signal
import socket
import time

from lab import *


@scenario("so-linger-abort", paths=("plain", "lossy", "reordered", "duplicated"),
          derive=("snap64", "snap68", "client-side-only", "late", "span", "geneve"))
def so_linger_abort(lab):
    """The client sends data, hears nothing from the server but acknowledgements, and closes with SO_LINGER {1, 0}."""
    client, server = lab.pair()
    for _ in range(lab.rng.randint(0, 4)):
        wanted = lab.bytes(10, 600)
        client.sendall(wanted)
        receive_exactly(server, len(wanted))
        lab.sleep(0, 0.05)
    lab.settle()
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE")
    lab.expect_echoes()
    abort(client)
    lab.settle()
    server.close()


@scenario("unread-data", paths=("plain", "lossy", "reordered"), derive=("snap68", "server-side-only"))
def unread_data(lab):
    """The server closes while the client's last data lies unread in its socket."""
    client, server = lab.pair()
    lab.exchange(client, server)
    client.sendall(lab.bytes(20, 800))
    lab.settle(1.2)
    lab.expect("unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    server.close()
    lab.settle(2)
    client.close()


@scenario("cancelled-transfer", paths=("plain", "jittery", "lossy"), rtt_ms=(10, 60), derive=("snap96", "server-side-only"))
def cancelled_transfer(lab):
    """The client stops a download in the middle; what is in flight draws further resets."""
    lab.set_path(lab.SERVER_OUT, rate=lab.rng.choice((6e6, 10e6, 20e6)), queue=60000)
    client, server = lab.pair()
    client.sendall(lab.bytes(50, 200))
    receive_exactly(server, 50)
    server.recv(65536)
    server.settimeout(0.5)
    block = lab.bytes(1400) * 60
    lab.expect("cancelled-transfer", sender="client", reason=("TCP_ABORT_ON_CLOSE", "TCP_STATE"))
    lab.expect_echoes()
    server.setblocking(False)
    server.send(block)
    receive_exactly(client, lab.rng.randint(8000, 16000))
    client.close()
    lab.settle(3)
    server.close()
