# SPDX-License-Identifier: GPL-2.0-or-later
"""One end no longer has the connection, the other does not know."""

from lab import *


@scenario("peer-restarted", paths=("plain", "lossy", "reordered", "duplicated"),
          derive=("late", "snap64", "client-side-only", "server-side-only", "span", "span-ttl", "vxlan", "ipip"))
def peer_restarted(lab):
    """The server's machine crashes and comes back without the connection; the client's next data draws a RST."""
    client, server = lab.pair()
    lab.exchange(client, server)
    vanish(server)
    lab.sleep(0.2, 1.0)
    lab.expect("peer-restarted", sender="server", reason="NO_SOCKET")
    lab.expect_echoes(sender="server")
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
    lab.expect_echoes(sender="server")
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
    lab.expect("half-open-resync", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(1, 3))
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
