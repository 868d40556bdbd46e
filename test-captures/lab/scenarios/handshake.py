# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed before it became a connection."""

from lab import *


@scenario("connect-abandoned", paths=("plain", "lossy", "duplicated"), rtt_ms=(10, 200), derive=("snap64", "gre"))
def connect_abandoned(lab):
    """The client closes its socket before the SYN-ACK is back."""
    lab.listen()
    before = lab.server.counter("TcpExtEmbryonicRsts")
    lab.expect("connect-abandoned", sender="client", reason="NO_SOCKET", count=(1, None), effect="reset")
    lab.start_connect().close()
    lab.settle(2.5)
    if lab.server.counter("TcpExtEmbryonicRsts") == before and lab.spec.path != "lossy":
        raise NotAsClaimed("the server did not drop its half-made connection")


@scenario("wrong-syn-ack", paths=("plain", "jittery"), rtt_ms=(25, 200), timestamps=True, derive=("snap68",))
def wrong_syn_ack(lab):
    """connect() again from the same port while the first SYN is being answered: an old SYN-ACK meets the new attempt."""
    lab.listen()
    sport = lab.rng.randint(20000, 30000)
    lab.start_connect(sport=sport).close()
    # more than the 65535 sequence numbers that Linux's clock of initial numbers passes in 4 ms: not in the window
    lab.sleep(0.006, max(0.008, lab.rtt * 0.6))
    lab.expect("wrong-syn-ack", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", effect="reset",
               when=lambda send: send.trigger.flags & SYN)
    lab.expect("wrong-syn-ack", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 2),
               when=lambda send: send.trigger.flags & SYN)
    # the second SYN met a half-made connection: an acknowledgement of the old one answers it
    lab.expect("half-open-resync", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 3),
               when=lambda send: not send.trigger.flags & SYN)
    again = lab.start_connect(sport=sport)
    lab.settle(4)
    again.settimeout(5)
    again.close()
    lab.settle()


@scenario("bad-handshake-ack", paths=("plain", "lossy"), seconds=2, derive=("snap68", "client-side-only"))
def bad_handshake_ack(lab):
    """A client (not Linux) finishes the handshake with an acknowledgement of something the server never sent."""
    lab.listen()
    lab.expect("bad-handshake-ack", sender="server", reason="TCP_FLAGS", count=(1, None))
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port,
                  ttl=lab.ttl["client"])
    for _ in range(4):
        ghost.transmit(SYN, options=ghost.SYN_OPTIONS, seq=ghost.nxt)
        if ghost.hear(timeout=1, wanted=lambda s: s.flags & SYN):
            break
    ghost.nxt += 1
    wrong = ghost.ack + lab.rng.choice((1, 77, 4000, 2**31, -1, 2**20))
    for _ in range(4):
        ghost.transmit(ACK, ack=wrong & 0xFFFFFFFF)
        if ghost.hear(timeout=1, wanted=lambda s: s.flags & RST):
            break
    lab.settle()
