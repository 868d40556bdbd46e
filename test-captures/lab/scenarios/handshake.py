# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed before it became a connection."""

from lab import *


def require_dropped(lab, count=1):
    """The kernel traces no reset of a connection request; its counter proves it."""
    if lab.server.counter("TcpExtEmbryonicRsts") < count:
        raise NotAsClaimed("the server did not drop its half-made connection")


@scenario("connect-abandoned", paths=("plain", "lossy", "duplicated"), rtt_ms=(10, 200), derive=("snap64", "gre"))
def connect_abandoned(lab):
    """The client closes its socket before the SYN-ACK is back."""
    lab.listen()
    lab.expect("connect-abandoned", sender="client", reason="NO_SOCKET", effect="reset")
    lab.expect_echoes()
    lab.start_connect().close()
    lab.settle(2.5)
    if lab.spec.path == "lossy":
        lab.sleep(1.5)
    else:
        require_dropped(lab)


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
    lab.expect("wrong-syn-ack|echo-of-reset", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 2),
               when=lambda send: send.trigger.flags & SYN)
    # the second SYN met a half-made connection: an acknowledgement of the old one answers it
    lab.expect("half-open-resync|echo-of-reset", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 3),
               when=lambda send: not send.trigger.flags & SYN)
    again = lab.start_connect(sport=sport)
    lab.settle(4)
    require_dropped(lab)
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


@scenario("connect-abandoned.slow-answer", paths=("plain",), rtt_ms=(2, 60), seconds=4, derive=("snap68",))
def connect_abandoned_slow(lab):
    """The SYN-ACK comes later than the client's connect timeout."""
    lab.listen()
    patience = lab.rng.uniform(0.3, 0.8)
    lab.wire_rule("hold", lab.SERVER_OUT, mask=SYN | ACK, flags=SYN | ACK, delay_us=round(1e6 * (patience + 0.2)))
    lab.expect("connect-abandoned", sender="client", reason="NO_SOCKET", effect="reset")
    lab.expect_echoes()
    sock = lab.start_connect()
    lab.sleep(patience)
    sock.close()
    lab.sleep(0.4)
    lab.settle(2)
    require_dropped(lab)


@scenario("syn-scan", paths=("plain", "lossy"), seconds=3, derive=("snap64", "server-side-only"))
def syn_scan(lab):
    """A half-open scan: bare SYNs to many ports; the scanner's own kernel resets each SYN-ACK."""
    opened = [lab.listen(port=port) for port in lab.rng.sample(range(20, 9999), lab.rng.randint(2, 5))]
    closed = lab.rng.sample(range(10000, 19999), lab.rng.randint(8, 16))
    targets = [sock.getsockname()[1] for sock in opened] + closed
    lab.rng.shuffle(targets)
    lab.expect("syn-scan", sender="client", reason="NO_SOCKET", count=(1, None), effect="reset")
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(1, None))
    raw = lab.raw("c0")
    one_port, seq = lab.rng.randint(35000, 64000), lab.rng.randint(1, 2**32 - 1)
    zmap = lab.rng.random() < 0.3
    for port in targets:
        raw.segment(lab.client_address, lab.server_address, one_port, port, SYN, seq=seq,
                    window=65535 if zmap else 1024, options=b"" if zmap else b"\x02\x04\x05\xb4",
                    ttl=255 if zmap else lab.rng.randint(37, 59), df=False,
                    ip_id=54321 if zmap else lab.rng.randint(1, 65535))
        lab.sleep(0.001, 0.02)
    lab.settle(2)
    if lab.spec.path == "plain":
        require_dropped(lab, len(opened))


@scenario("unsolicited-syn-ack", paths=("plain", "jittery"), derive=("snap64", "client-side-only"))
def unsolicited_syn_ack(lab):
    """Backscatter: SYN-ACKs for SYNs that somebody else sent elsewhere in the client's name."""
    raw = lab.raw("s0")
    answers = lab.rng.randint(1, 8)
    lab.expect("unsolicited-syn-ack", sender="client", reason="NO_SOCKET", count=answers)
    for _ in range(answers):
        raw.segment(lab.ghost_server, lab.rng.choice(lab.client_addresses), lab.port, lab.rng.randint(1024, 65535),
                    SYN | ACK, seq=lab.rng.randint(1, 2**32 - 1), ack=lab.rng.randint(1, 2**32 - 1),
                    window=lab.rng.choice((64240, 65535, 5840)), options=b"\x02\x04\x05\xb4", ttl=lab.ttl["server"])
        lab.sleep(0.005, 0.1)
    lab.settle()


@scenario("unsolicited-syn-ack.spoofed", vantages=("client",), derive=())
def unsolicited_syn_ack_spoofed(lab):
    """An attacker elsewhere spoofs the client's address in a SYN flood; the true owner resets the SYN-ACKs."""
    lab.listen()
    raw = lab.raw("m1")
    count = lab.rng.randint(2, 10)
    lab.expect("unsolicited-syn-ack", sender="client", reason="NO_SOCKET", count=(count, None), effect="reset")
    for _ in range(count):
        raw.segment(lab.rng.choice(lab.client_addresses), lab.server_address, lab.rng.randint(1024, 65535), lab.port,
                    SYN, seq=lab.rng.randint(1, 2**32 - 1), window=lab.rng.choice((512, 8192, 65535)), ttl=242,
                    ip_id=lab.rng.randint(1, 65535), df=False)
        lab.sleep(0.005, 0.05)
    lab.settle(2)
    require_dropped(lab, count)


@scenario("wrong-syn-ack.bad-timestamp", timestamps=True, derive=("snap96",))
def wrong_syn_ack_timestamp(lab):
    """The SYN-ACK (of a device) acknowledges the SYN, but echoes a time stamp that was never sent."""
    lab.expect("wrong-syn-ack", sender="client", reason="TCP_RFC7323_PAWS", count=(1, 3))
    raw = lab.raw("s0")
    sock = lab.start_connect(address=lab.ghost_server)
    syn = raw.wait(lambda s: s.flags & SYN)
    raw.segment(lab.ghost_server, syn.src, syn.dport, syn.sport, SYN | ACK, seq=lab.rng.randint(1, 2**32 - 1),
                ack=syn.seq + 1, window=65160, ttl=lab.ttl["server"],
                options=b"\x02\x04\x05\xb4\x04\x02\x08\x0a" + lab.rng.randbytes(8) + b"\x01\x03\x03\x07")
    lab.settle(2)
    sock.close()


@scenario("bad-handshake-ack.cookie", seconds=3)
def bad_handshake_ack_cookie(lab):
    """With SYN cookies for everybody the last ACK acknowledges no cookie that the server could have given."""
    lab.server.sysctl(tcp_syncookies=2)
    lab.listen()
    lab.expect("bad-handshake-ack", sender="server", reason="TCP_FLAGS")
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port,
                  ttl=lab.ttl["client"])
    ghost.transmit(SYN, options=ghost.SYN_OPTIONS)
    ghost.hear(timeout=2, wanted=lambda s: s.flags & SYN)
    ghost.transmit(ACK, ack=(ghost.ack + lab.rng.randint(1000, 2**31)) & 0xFFFFFFFF)
    lab.settle()


@scenario("out-of-window-segment.syn-received", rtt_ms=(10, 200), derive=("snap64",))
def syn_in_window(lab):
    """A second connect() from the same port, its SYN inside the window of the half-made connection of the first."""
    lab.listen()
    sport, first = lab.rng.randint(20000, 30000), lab.rng.randint(1, 2**32 - 1)
    sock = lab.client_socket(sport=sport)
    set_next_sequence(sock, first)
    sock.setblocking(False)
    sock.connect_ex((lab.server_address, lab.port))
    sock.close()
    lab.expect("out-of-window-segment", sender="server", reason="INVALID_SYN")
    # the SYN-ACK of the first attempt meets the second
    lab.expect("wrong-syn-ack", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 1))
    again = lab.client_socket(sport=sport)
    set_next_sequence(again, first + lab.rng.randint(2, 2000))
    again.settimeout(3)
    if again.connect_ex((lab.server_address, lab.port)) == 0:
        raise NotAsClaimed("the second attempt was not refused")
    lab.settle()
