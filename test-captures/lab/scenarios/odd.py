# SPDX-License-Identifier: GPL-2.0-or-later
"""Resets that fit no model of a TCP stack."""

from lab import *


@scenario("unclassified.bare-rst-to-syn", derive=("snap64",))
def bare_rst_to_syn(lab):
    """A SYN is answered by a RST without ACK and a number from nowhere; the client ignores it and is served at last."""
    ghost = Ghost(lab, "s0", lab.ghost_server, None, lab.port, 0, ttl=lab.ttl["server"])
    sock = lab.start_connect(address=lab.ghost_server)
    syn = ghost.raw.wait(lambda s: s.flags & SYN)
    ghost.peer, ghost.dport = syn.src, syn.sport
    lab.expect("unclassified", sender="server", reason="-", effect="ignored")
    ghost.transmit(RST, seq=lab.rng.randint(1, 2**32 - 1), window=lab.rng.choice((0, 1200)))
    if not ghost.accept(timeout=4):
        raise NotAsClaimed("the client did not try again")
    sock.settimeout(3)
    sock.sendall(lab.bytes(10, 100))
    lab.settle()


@scenario("unclassified.syn-rst", derive=("snap64",))
def syn_rst(lab):
    """Packets with SYN and RST both set, which no stack sends, to a port that listens."""
    lab.listen()
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port)
    count = lab.rng.randint(1, 3)
    lab.expect("unclassified", sender="client", reason="-", count=count, effect="ignored")
    for _ in range(count):
        ghost.transmit(SYN | RST, seq=lab.rng.randint(1, 2**32 - 1))
        lab.sleep(0.05)
    lab.settle()
