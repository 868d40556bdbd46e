# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions users asked in public, each as a capture (docs/stories.md)."""

import socket
import time

from lab import *

from scenarios.long_waits import Forgetful, announced_after, forgotten_after
from scenarios.policy import client_hello, reject_rule

THIN = True
WRAP = 2**32

TLS_ALERT = b"\x15\x03\x03\x00\x1a"


def alert(lab):
    """An encrypted TLS alert record, as close_notify is sent."""
    return TLS_ALERT + lab.rng.randbytes(26)


@scenario("out-of-window-segment.story-01", families=(4,), rtt_ms=(2, 60), seconds=3, vantages=("server", "middle"))
def story_01(lab):
    """Containers behind address translation: a segment outside the window is not translated back, and the node itself answers."""
    masquerade(lab)
    box = Middlebox(lab)
    client, server = lab.pair()
    lab.exchange(client, server)
    half = box.halves[server.getsockname()[:2] + (lab.routers[1], client.getsockname()[1])]
    lab.expect("out-of-window-segment", sender="client", node="middle", reason="NO_SOCKET", origin="third-party", resets=1)
    lab.expect_echoes()
    beyond = half.nxt + lab.rng.choice((2**20, 2**22)) + lab.rng.randint(0, 9999)
    lab.raw("s0").segment(lab.server_address, lab.routers[1], half.sport, half.dport, PSH | ACK, seq=beyond, ack=half.ack,
                          window=half.window, options=half.options, payload=lab.bytes(900), ttl=lab.ttl["server"],
                          ip_id=lab.rng.randint(1, 65535))
    if receive_error(server) != "ECONNRESET":
        raise NotAsClaimed("the server was not reset")
    client.sendall(lab.bytes(20, 200))
    lab.settle(2)


@scenario("data-after-close.story-02", timestamps=False, rtt_ms=(10, 120), seconds=3)
def story_02(lab):
    """Keep-alive race: the server closes after 5 idle seconds as the balancer's next request is on its way."""
    server_far(lab)
    client, server = lab.pair()
    lab.exchange(client, server, rounds=2)
    lab.pass_time(5.0)
    lab.expect("data-after-close", sender="server", reason=("TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "NO_SOCKET"),
               count=(1, None), resets=1)
    server.close()
    lab.sleep(lab.rtt * 0.1)
    client.sendall(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
    lab.settle(2)


@scenario("idle-state-lost.story-03", timestamps=False, seconds=4)
def story_03(lab):
    """A cloud's network load balancer forgets after 350 s; the next query is answered by it with a RST."""
    forgotten_after(lab, 350 + lab.rng.uniform(1, 60), 2, speaker="client")


@scenario("device-idle-timeout.story-03", timestamps=False, seconds=4)
def story_03_both(lab):
    """A cloud's load balancer with TCP reset enabled tells both ends after 4 minutes."""
    announced_after(lab, 240, 2)


@scenario("idle-state-lost.story-04", timestamps=False, seconds=4)
def story_04(lab):
    """Connections to a database through a virtual IP (IPVS) die after 15 idle minutes."""
    forgotten_after(lab, 900 + lab.rng.uniform(2, 600), 2, speaker="client")


@scenario("peer-restarted.story-05", timestamps=False, seconds=6)
def story_05(lab):
    """Two hours after its opening a connection in constant use is reset in the middle of a request."""
    device = Forgetful(lab)
    client, server = lab.pair()
    for _ in range(8):
        lab.exchange(client, server, rounds=1)
        lab.pass_time(899)
    lab.exchange(client, server, rounds=1)
    client.sendall(lab.bytes(300, 900))
    lab.settle(1.2)
    time.sleep(0.06)
    lab.expect_forged("peer-restarted", count=(1, None), resets=1)
    device.forget((client, server))
    client.sendall(lab.bytes(300, 900))
    if receive_error(client) != "ECONNRESET":
        raise NotAsClaimed("not reset")


@scenario("data-after-close.story-06", seconds=3)
def story_06(lab):
    """At the end of a TLS session the server closes without waiting; the client's close_notify meets a closed socket."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1, request=client_hello(lab, "example.org"), answer=b"\x16\x03\x03" + lab.bytes(600))
    lab.exchange(client, server, rounds=1)
    lab.expect("data-after-close", sender="server", reason=("TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "NO_SOCKET"),
               count=(1, None))
    server.sendall(alert(lab))
    server.close()
    receive_exactly(client, 31)
    client.sendall(alert(lab))
    client.close()
    lab.settle(2)


@scenario("early-reply.story-07", seconds=3)
def story_07(lab):
    """A server answers unexpected bytes with a TLS alert and closes with some of them unread: RST instead of FIN."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1, request=client_hello(lab, "example.org"), answer=b"\x16\x03\x03" + lab.bytes(300))
    client.sendall(b"\x17\x03\x03" + lab.bytes(300, 700))
    receive_exactly(server, 5)
    lab.settle(1)
    lab.expect("early-reply|unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    server.sendall(b"\x15\x03\x03\x00\x02\x02\x0a")
    server.close()
    lab.settle(2)


@scenario("early-reply.story-08", rtt_ms=(25, 120), seconds=3)
def story_08(lab):
    """The 413 page is lost: the server answers and closes while the upload goes on."""
    lab.set_path(lab.CLIENT_OUT, rate=3e6, queue=100000)
    client, server = lab.pair()
    header = b"POST /upload HTTP/1.1\r\nHost: example.org\r\nContent-Length: 9000000\r\n\r\n"
    lab.expect("early-reply", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes(sender="server")
    client.setblocking(False)
    client.send(header + lab.bytes(1000) * 25)
    receive_exactly(server, len(header))
    server.sendall(b"HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\n\r\n")
    server.close()
    lab.settle(3)


@scenario("application-idle-timeout.story-09", timestamps=False, seconds=4)
def story_09(lab):
    """A web server configured to reset connections that time out: requests begun and never finished, 60 s, SO_LINGER 0."""
    listener = lab.listen()
    count = lab.rng.randint(3, 5)
    lab.expect("application-idle-timeout", sender="server", reason="TCP_STATE", count=count, resets=count)
    for _ in range(count):
        client, server = lab.pair(listener)
        part = b"POST / HTTP/1.1\r\nHost: example.org\r\nContent-Le"[:lab.rng.randint(20, 46)]
        client.sendall(part)
        receive_exactly(server, len(part))
        time.sleep(0.06)
        lab.pass_time(60.0)
        abort(server)
        lab.settle()


@scenario("so-linger-abort.story-10", timestamps=False, seconds=4)
def story_10(lab):
    """A balancer's TCP health check: every two seconds a handshake and a RST."""
    listener = lab.listen()
    count = lab.rng.randint(4, 7)
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE", count=count, resets=count)
    lab.expect_echoes()
    for _ in range(count):
        client, server = lab.pair(listener)
        lab.settle()
        abort(client)
        lab.settle()
        server.close()
        lab.pass_time(2.0, really=0.1)


@scenario("accept-queue-overflow.story-11", rtt_ms=(2, 25), seconds=9)
def story_11(lab):
    """Under load connect() succeeds and the first data is reset: the queue is full, SYN-ACKs repeated, the attempt given up."""
    lab.server.sysctl(tcp_abort_on_overflow=0, tcp_syncookies=0, tcp_synack_retries=1, tcp_max_syn_backlog=256)
    listener = lab.listen(backlog=2)
    waiting = [lab.connect() for _ in range(2)]
    # room for one more; these SYNs meet a queue that is not full, of the ACKs behind them only one does
    late = [lab.start_connect() for _ in range(3)]
    lab.sleep(0.3)
    lab.expect("accept-queue-overflow", sender="server", reason="TCP_FLAGS", count=(2, None), resets=2)
    lab.expect_echoes()
    lab.sleep(4.0)
    for sock in late:
        try:
            sock.send(lab.bytes(20, 200))
        except OSError:
            pass
    lab.sleep(0.6)
    for sock in waiting + late:
        sock.close()
    listener.settimeout(0.2)
    try:
        while True:
            served = listener.accept()[0]
            served.settimeout(0.1)
            served.recv(65536)
            served.close()
    except OSError:
        pass
    lab.settle(2)


def again_in_time_wait(lab, client, first, listener, sport):
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


@scenario("time-wait-collision.story-12", timestamps=False, rtt_ms=(2, 60), seconds=4)
def story_12(lab):
    """The perils of reusing a port: a SYN meets TIME-WAIT, is answered with an old acknowledgement, and the client resets that."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    client = lab.client_socket(sport=sport)
    first = lab.rng.randint(1, WRAP - 1)
    set_next_sequence(client, first)
    client.connect((lab.server_address, lab.port))
    server, _ = listener.accept()
    lab.closing.append(server)
    lab.exchange(client, server)
    server.close()
    lab.settle()
    client.close()
    lab.settle(2)
    again_in_time_wait(lab, client, first, listener, sport)


@scenario("time-wait-collision.story-13", rtt_ms=(2, 60), seconds=4)
def story_13(lab):
    """The same with a server of another make (scripted): its TIME-WAIT answers a new SYN with an old acknowledgement."""
    sport = lab.rng.randint(20000, 30000)
    ghost = Ghost(lab, "s0", lab.ghost_server, None, lab.port, 0, ttl=lab.ttl["server"])
    client = lab.start_connect(address=lab.ghost_server, sport=sport)
    if not ghost.accept():
        raise NotAsClaimed("no connection")
    client.setblocking(True)
    client.sendall(lab.bytes(20, 200))
    ghost.hear(wanted=lambda s: s.payload_length)
    ghost.transmit(ACK | PSH, lab.bytes(20, 300))
    client.settimeout(3)
    client.recv(1000)
    ghost.transmit(FIN | ACK)
    lab.settle()
    client.close()
    last = ghost.hear(wanted=lambda s: s.flags & FIN)
    if last is None:
        raise NotAsClaimed("no FIN")
    ghost.transmit(ACK)
    lab.settle(2)
    old = ghost.nxt, ghost.ack
    ghost.raw.drain()
    lab.expect("time-wait-collision", sender="client", reason=("TCP_INVALID_ACK_SEQUENCE", "TCP_RFC7323_PAWS"),
               effect="reset")
    again = lab.start_connect(address=lab.ghost_server, sport=sport)
    ghost.hear(wanted=lambda s: s.flags & SYN)
    ghost.transmit(ACK, seq=old[0], ack=old[1])
    if ghost.hear(wanted=lambda s: s.flags & RST) is None:
        raise NotAsClaimed("no RST")
    ghost.nxt = lab.rng.randrange(WRAP)
    if not ghost.accept():
        raise NotAsClaimed("the SYN was not repeated")
    lab.settle()
    again.close()
    lab.settle()


@scenario("closed-port.story-14", seconds=5)
def story_14(lab):
    """A small stack refuses with a RST,ACK that acknowledges the wrong number; the client takes no notice and tries again."""
    raw = lab.raw("s0")
    off = lab.rng.choice((-1, 1, 100))
    count = 2
    lab.expect("closed-port|unclassified", sender="server", reason="-", node="server", count=count, effect="ignored")
    client = lab.start_connect(address=lab.ghost_server)
    for _ in range(count):
        syn = raw.wait(lambda s: s.dst == lab.ghost_server and s.flags & SYN, timeout=4)
        if syn is None:
            raise NotAsClaimed("the SYN was not repeated")
        raw.segment(lab.ghost_server, syn.src, syn.dport, syn.sport, RST | ACK, seq=0, ack=(syn.seq + 1 + off) % WRAP,
                    ttl=lab.ttl["server"], ip_id=lab.rng.randint(1, 65535))
    lab.settle(2)
    if raw.wait(lambda s: s.dst == lab.ghost_server and s.flags & SYN, timeout=4) is None:
        raise NotAsClaimed("the client gave up")
    client.close()


@scenario("out-of-window-segment.story-15", seconds=3)
def story_15(lab):
    """A small stack answers a repeated SYN, after its SYN-ACK, with a RST,ACK: the connection it has made is lost."""
    ghost = Ghost(lab, "s0", lab.ghost_server, None, lab.port, 0, ttl=lab.ttl["server"])
    lab.wire_rule("copy", lab.CLIENT_OUT, mask=SYN, flags=SYN, delay_us=round(lab.rtt * 1.5e6) + lab.rng.randint(8000, 40000))
    client = lab.start_connect(address=lab.ghost_server)
    if not ghost.accept():
        raise NotAsClaimed("no connection")
    again = ghost.hear(wanted=lambda s: s.flags & SYN)
    if again is None:
        raise NotAsClaimed("the SYN was not repeated")
    lab.expect("out-of-window-segment", sender="server", reason="-", node="server", effect="ignored")
    ghost.transmit(RST | ACK, seq=0, ack=(again.seq + 1) % WRAP, window=0)
    lab.settle(2)
    client.close()


@scenario("injected.story-16", rtt_ms=(10, 200), seconds=3)
def story_16(lab):
    """Three RSTs "from the server" for a forbidden name: at the expected number, 1460 and 4380 beyond it."""
    from scenarios.injected import answers, forger, goes_on, ladder
    server_far(lab)
    box = forger(lab, lambda box, half, _: ladder(lab, box, box.answerer(half), RST | ACK))
    client, server = lab.pair()
    lab.expect_forged("injected", sender="server", count=3, resets=1)
    answers(lab, "client")
    data = client_hello(lab, "blocked.example")
    box.armed = True
    client.sendall(data)
    box.wait()
    goes_on(server, data, lab)


@scenario("firewall-reject.story-17", rtt_ms=(10, 200), seconds=3, vantages=("client", "middle"))
def story_17(lab):
    """Who sends the RST? One port is closed on the server, another is refused by a firewall on the way."""
    server_far(lab)
    closed, refused = lab.port + 1, lab.port + 2

    def on(box, half, segment):
        if segment.dport != refused:
            return None
        box.forge(box.answerer(half), RST | ACK, seq=0, ack=half.nxt, ip_id=box.next_id(), ttl=ttl)
        return "drop"
    ttl = lab.rng.choice([ttl for ttl in (64, 128, 255) if abs(ttl - lab.ttl["server"]) > 20])
    box = Middlebox(lab, on, inline=True)
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", port=closed, resets=1)
    lab.expect_forged("firewall-reject", sender="server", port=refused, resets=1)
    for port in (closed, refused):
        if lab.connect_error(port=port) != "ECONNREFUSED":
            raise NotAsClaimed("not refused")
    client.close()
    server.close()
    lab.settle()
    box.check()


@scenario("injected.story-18", rtt_ms=(10, 200), seconds=3)
def story_18(lab):
    """An operator on the path resets a CONNECT request; the proxy, told nothing, answers it."""
    from scenarios.injected import answers, forger, goes_on
    server_far(lab)
    box = forger(lab, lambda box, half, _: box.forge(box.answerer(half), RST, **box.foreign(box.answerer(half))))
    client, server = lab.pair()
    lab.expect_forged("injected", sender="server", resets=1)
    answers(lab, "client")
    data = b"CONNECT blocked.example:443 HTTP/1.1\r\nHost: blocked.example:443\r\n\r\n"
    box.armed = True
    client.sendall(data)
    box.wait()
    goes_on(server, data, lab)


@scenario("data-after-close.story-19", rtt_ms=(10, 120), seconds=3)
def story_19(lab):
    """A resolver's client over TLS closes after two bytes of an answer; the rest arrives and draws RSTs."""
    client, server = lab.pair()
    client.sendall(client_hello(lab, "dns.example"))
    server.recv(4000)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.sendall(b"\0\x40")
    receive_exactly(client, 2)
    lab.expect("data-after-close", sender="client", reason=("TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "NO_SOCKET"),
               count=(1, None))
    client.close()
    for _ in range(3):
        try:
            server.send(lab.bytes(64))
        except OSError:
            break
        lab.sleep(0.001, 0.004)
    lab.settle(3)


@scenario("closed-port.story-20", rtt_ms=(2, 120), seconds=5, vantages=("client", "middle"))
def story_20(lab):
    """A third of all packets are RSTs: a monitor polls ports that are closed and ports a router rejects, beside honest traffic."""
    lab.tos["client"] = 0x28
    rejected, closed = lab.port + 1, lab.port + 2
    reject_rule(lab.middle, "forward", f"tcp dport {rejected}")
    pair = lab.pair()
    lab.exchange(*pair, rounds=1)
    rounds = lab.rng.randint(4, 8)
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", port=closed, count=rounds, resets=rounds)
    lab.expect_forged("firewall-reject", sender="server", port=rejected, count=rounds, resets=rounds)
    for _ in range(rounds):
        for port in (closed, rejected):
            if lab.connect_error(port=port) != "ECONNREFUSED":
                raise NotAsClaimed("not refused")
        lab.sleep(0, 0.05)
    lab.exchange(*pair, rounds=1)


@scenario("insufficient-capture.story-21", seconds=2)
def story_21(lab):
    """A lone RST from an address never spoken to (backscatter of somebody else's packet); nothing else is in the capture."""
    lab.expect("insufficient-capture|unknown-connection", sender="server", reason="-", node="server")
    lab.raw("s0").segment(lab.ghost_server, lab.client_address, lab.port, lab.rng.randint(1024, 65535), RST,
                          seq=lab.rng.randrange(WRAP), ttl=lab.ttl["server"], ip_id=0)
    lab.settle()


@scenario("keepalive-timeout.story-22", seconds=6)
def story_22(lab):
    """A small stack (scripted) probes a silent peer with single old bytes, and gives up with a RST."""
    listener = lab.listen()
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port, ttl=64)
    if not ghost.open():
        raise NotAsClaimed("no connection")
    server, _ = listener.accept()
    lab.closing.append(server)
    data = lab.bytes(20, 200)
    ghost.transmit(ACK | PSH, data)
    receive_exactly(server, len(data))
    server.sendall(lab.bytes(20, 200))
    ghost.hear(wanted=lambda s: s.payload_length)
    ghost.transmit(ACK)
    lab.settle(2)
    lab.cut()
    interval = lab.rng.uniform(0.8, 1.2)
    for _ in range(lab.rng.randint(3, 4)):
        time.sleep(interval)
        ghost.transmit(ACK, b"\0", seq=(ghost.nxt - 1) % WRAP)
    time.sleep(interval)
    lab.expect("keepalive-timeout", sender="client", reason="-", node="client")
    ghost.transmit(RST | ACK, window=0)
    lab.settle()
