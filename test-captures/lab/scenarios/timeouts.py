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
