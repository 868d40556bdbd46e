# SPDX-License-Identifier: GPL-2.0-or-later
"""The sender's own stack or application ended it on purpose."""

import socket
import subprocess
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
    block = lab.bytes(1400) * 30
    lab.expect("cancelled-transfer", sender="client", reason=("TCP_ABORT_ON_CLOSE", "TCP_STATE"))
    lab.expect_echoes()
    server.setblocking(False)
    server.send(block)
    receive_exactly(client, lab.rng.randint(8000, 16000))
    client.close()
    lab.settle(3)
    server.close()


@scenario("so-linger-abort.no-data", paths=("plain", "duplicated"), derive=("snap64", "cooked"))
def linger_no_data(lab):
    """Connect, say nothing, abort: a health check, or a port probe by connect()."""
    listener = lab.listen()
    client, _server = lab.pair(listener)
    lab.sleep(0, 0.1)
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE")
    abort(client)
    lab.settle()


@scenario("so-linger-abort.server", paths=("plain", "jittery"), derive=("snap68",))
def linger_server(lab):
    """The server greets, hears nothing, and aborts."""
    client, server = lab.pair()
    for _ in range(lab.rng.randint(1, 3)):
        greeting = lab.bytes(10, 300)
        server.sendall(greeting)
        receive_exactly(client, len(greeting))
        lab.sleep(0, 0.2)
    lab.settle()
    lab.expect("so-linger-abort", sender="server", reason="TCP_STATE")
    abort(server)
    lab.settle()


@scenario("so-linger-abort.unanswered-request", paths=("plain", "jittery"))
def linger_unanswered(lab):
    """The server reads the whole request and aborts without an answer."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=lab.rng.choice((1, 2)))
    request = lab.bytes(50, 900)
    client.sendall(request)
    receive_exactly(server, len(request))
    lab.sleep(0.05, 0.4)
    lab.expect("so-linger-abort", sender="server", reason="TCP_STATE")
    lab.expect_echoes()
    abort(server)
    lab.settle()


@scenario("so-linger-abort.disconnect", derive=("snap96",))
def linger_disconnect(lab):
    """The application disconnects its socket: connect() to AF_UNSPEC."""
    client, server = lab.pair()
    data = lab.bytes(5, 700)
    client.sendall(data)
    receive_exactly(server, len(data))
    lab.settle()
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE")
    disconnect(client)
    lab.settle()


@scenario("so-linger-abort.destroyed")
def linger_destroyed(lab):
    """An administrator destroys the client's socket (ss -K); the peer never sent data."""
    client, server = lab.pair()
    data = lab.bytes(5, 700)
    client.sendall(data)
    receive_exactly(server, len(data))
    lab.settle()
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE")
    lab.client.run(["ss", "-K", "-t", "sport", "=", str(client.getsockname()[1])])
    lab.settle()
    if receive_error(client, timeout=0.5) != "ECONNABORTED":
        raise NotAsClaimed("the socket was not destroyed")


@scenario("so-linger-abort.upload", paths=("plain", "jittery"), rtt_ms=(25, 120), derive=("client-side-only",))
def linger_upload(lab):
    """The sender of an upload aborts it; acknowledgements still under way draw a ladder of resets."""
    lab.set_path(lab.SERVER_IN, rate=12e6, queue=200000)
    client, server = lab.pair()
    server.setblocking(False)
    client.setblocking(False)
    block = lab.bytes(1000) * 50
    sent = client.send(block)
    lab.sleep(lab.rtt * 1.3)
    try:
        sent += client.send(block[:20000])
    except BlockingIOError:
        pass
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE")
    lab.expect_echoes()
    abort(client)
    lab.settle(3)


def below_what_was_sent(send):
    ours = [frame.segment for frame in send.before if frame.segment.src == send.segment.src]
    return any((s.seq + s.payload_length - send.segment.seq) % 2**32 in range(1, 2**20) for s in ours)


@scenario("so-linger-abort.after-shrunk-window", seconds=3, rtt_ms=(2, 60), derive=("snap96",))
def linger_shrunk(lab):
    """The receiver stops reading and its window closes in; the sender aborts, its RST at the window's edge."""
    lab.server.sysctl(tcp_shrink_window=1)
    listener = lab.listen(rcvbuf=lab.rng.choice((12000, 16384, 24000)))
    client, server = lab.pair(listener)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.setblocking(False)
    client.send(lab.bytes(1000) * 60)
    lab.settle(4)
    # not exact where segments crossed the edge: the RST has the edge's number, below what was sent
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE", when=below_what_was_sent)
    lab.expect_echoes()
    abort(client)
    lab.settle(2)


@scenario("so-linger-abort.after-loss", seconds=3, rtt_ms=(2, 60), derive=("server-side-only",))
def linger_after_loss(lab):
    """The last data is lost, the abort's RST is not exact: a challenge, and the dead end's answer to that."""
    client, server = lab.pair()
    data = lab.bytes(5, 500)
    client.sendall(data)
    receive_exactly(server, len(data))
    lab.settle()
    before = lab.server.counter("TcpExtTCPChallengeACK")
    lab.wire_rule("drop", lab.CLIENT_OUT, payload=1)
    client.sendall(lab.bytes(5, 500))
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE", effect="challenged")
    lab.expect("echo-of-reset", sender="client", reason="NO_SOCKET")
    abort(client)
    lab.settle(3)
    if lab.server.counter("TcpExtTCPChallengeACK") == before:
        raise NotAsClaimed("no challenge")


@scenario("so-linger-abort.other-stack", derive=("snap64",))
def linger_other_stack(lab):
    """A stack whose abort has no options and window 0 (Windows, BSD): connection, data, RST,ACK."""
    listener = lab.listen()
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(49152, 65535), lab.port)
    if not ghost.open():
        raise NotAsClaimed("no connection")
    server, _ = listener.accept()
    lab.closing.append(server)
    for _ in range(lab.rng.randint(1, 3)):
        ghost.transmit(PSH | ACK, lab.bytes(10, 500))
        ghost.hear()
        lab.sleep(0, 0.1)
    lab.expect("so-linger-abort", sender="client", reason="-")
    ghost.transmit(RST | ACK, window=0)
    lab.settle()


@scenario("unread-data.linger", paths=("plain",), derive=("snap68",))
def unread_linger(lab):
    """Unread data and SO_LINGER {1, 0} together: the kernel looks at the data first."""
    client, server = lab.pair()
    lab.exchange(client, server)
    client.sendall(lab.bytes(20, 800))
    lab.settle(1.2)
    lab.expect("unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    abort(server)
    lab.settle(2)


@scenario("unread-data.killed", paths=("plain", "lossy"), derive=("snap96",))
def unread_killed(lab):
    """The server's process is killed while the client's data lies unread."""
    client, server = lab.pair()
    lab.exchange(client, server)
    keeper = lab.keeper(server)
    for _ in range(lab.rng.randint(1, 3)):
        client.sendall(lab.bytes(20, 800))
    lab.sleep(0.1, 0.4)
    lab.settle()
    lab.expect("unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    keeper.kill()
    keeper.wait()
    lab.settle(2)


@scenario("unread-data.close-wait", paths=("plain", "jittery"), derive=("client-side-only",))
def unread_close_wait(lab):
    """The client sends its last data and closes; the server closes too, having read nothing of it."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    client.sendall(lab.bytes(20, 800))
    client.close()
    lab.settle()
    lab.sleep(0, 0.3)
    lab.expect("unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
    server.close()
    lab.settle(2)


@scenario("unread-data.slow-reader", rtt_ms=(2, 60), seconds=3, derive=("snap68",))
def unread_slow_reader(lab):
    """A server that stopped reading long ago closes; its window had shrunk by what it did not read."""
    listener = lab.listen(rcvbuf=lab.rng.choice((8192, 16384)))
    client, server = lab.pair(listener)
    lab.exchange(client, server, rounds=1)
    client.setblocking(False)
    for _ in range(lab.rng.randint(3, 8)):
        try:
            client.send(lab.bytes(300, 900))
        except BlockingIOError:
            break
        lab.sleep(0.05, 0.15)
    lab.settle(2)
    lab.expect("unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    server.close()
    lab.settle(2)


@scenario("early-reply", paths=("plain", "jittery", "reordered"), rtt_ms=(10, 120), derive=("snap96", "server-side-only"))
def early_reply(lab):
    """An upload too large: the server answers 413 after the header and closes while the body arrives."""
    lab.set_path(lab.CLIENT_OUT, rate=lab.rng.choice((4e6, 10e6)), queue=100000)
    client, server = lab.pair()
    body = lab.bytes(1000) * lab.rng.randint(25, 45)
    head = b"POST /upload HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n" % (10 * len(body))
    client.setblocking(False)
    client.send(head + body)
    receive_exactly(server, len(head))
    lab.expect("early-reply", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    server.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    lab.sleep(0, 0.02)
    server.close()
    lab.settle(3)


@scenario("early-reply.tls-alert", paths=("plain", "lossy"), derive=("snap96",))
def early_reply_tls(lab):
    """The server refuses a ClientHello with a fatal alert and closes; the rest of it lies unread."""
    client, server = lab.pair()
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + lab.rng.randbytes(506)
    client.sendall(hello)
    receive_exactly(server, 5)
    lab.settle()
    lab.expect("early-reply", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    server.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
    server.close()
    lab.settle(2)


@scenario("cancelled-transfer.drained", rtt_ms=(10, 60), derive=("snap68", "late"))
def cancelled_drained(lab):
    """The client reads what came of a download and aborts with SO_LINGER {1, 0}; more is in flight."""
    lab.set_path(lab.SERVER_OUT, rate=lab.rng.choice((4e6, 8e6)), queue=60000)
    client, server = lab.pair()
    request = lab.bytes(50, 200)
    client.sendall(request)
    receive_exactly(server, len(request))
    lab.expect("cancelled-transfer", sender="client", reason=("TCP_STATE", "TCP_ABORT_ON_CLOSE"))
    lab.expect_echoes()
    server.setblocking(False)
    server.send(lab.bytes(1000) * 40)
    receive_exactly(client, lab.rng.randint(9000, 15000))
    client.setblocking(False)
    try:
        client.recv(100000)
    except BlockingIOError:
        pass
    abort(client)
    lab.settle(3)


@scenario("cancelled-transfer.offload", link="veth", offload=True, rtt_ms=0.1, seconds=3, vantages=("middle", "client"))
def cancelled_offload(lab):
    """A download stopped, on devices that merge segments (TSO, GRO)."""
    client, server = lab.pair(rcvbuf=30000)
    client.sendall(b"GET /large HTTP/1.1\r\n\r\n")
    server.recv(100)
    lab.expect("cancelled-transfer", sender="client", reason=("TCP_STATE", "TCP_ABORT_ON_CLOSE"))
    lab.expect_echoes()
    # from a process of its own, so that data is under way while the client closes
    keeper = subprocess.Popen(["head", "-c", "1500000", "/dev/zero"], stdout=server.fileno(),
                              stderr=subprocess.DEVNULL)
    lab.children.append(keeper)
    for _ in range(lab.rng.randint(2, 5)):
        receive_exactly(client, 12000)
    client.close()
    keeper.wait()
    lab.settle(3)


@scenario("reset-instead-of-fin", paths=("plain", "lossy", "duplicated"), derive=("snap64", "late"))
def reset_instead_of_fin(lab):
    """Request, answer, everything read and acknowledged; then SO_LINGER {1, 0} for a goodbye."""
    client, server = lab.pair()
    lab.exchange(client, server)
    lab.settle(2)
    lab.expect("reset-instead-of-fin", sender="client", reason="TCP_STATE")
    lab.expect_echoes()
    abort(client)
    lab.settle()


@scenario("reset-instead-of-fin.after-peers-fin", derive=("snap68",))
def reset_after_peers_fin(lab):
    """The server answers and closes; the client has read it all and answers the FIN with an abort."""
    client, server = lab.pair()
    lab.exchange(client, server)
    server.close()
    lab.settle()
    if receive_error(client) != "EOF":
        raise NotAsClaimed("no FIN")
    lab.expect("reset-instead-of-fin", sender="client", reason="TCP_STATE")
    lab.expect_echoes()
    abort(client)
    lab.settle()


@scenario("reset-instead-of-fin.server", paths=("plain", "jittery"))
def reset_instead_of_fin_server(lab):
    """The server ends a finished exchange by abort, to be spared TIME-WAIT."""
    client, server = lab.pair()
    lab.exchange(client, server)
    lab.settle(2)
    lab.expect("reset-instead-of-fin", sender="server", reason="TCP_STATE")
    lab.expect_echoes()
    abort(server)
    lab.settle()


@scenario("listener-closed", paths=("plain", "jittery"), derive=("snap64",))
def listener_closed(lab):
    """The service stops while connections wait to be accepted."""
    listener = lab.listen()
    clients = [lab.connect() for _ in range(lab.rng.randint(2, 5))]
    for client in clients:
        if lab.rng.random() < 0.5:
            client.sendall(lab.bytes(10, 300))
    lab.settle(2)
    lab.expect("listener-closed", sender="server", reason="TCP_STATE", count=len(clients))
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(0, 1),
               when=lambda send: send.segment.flags & ACK and not send.segment.seq)
    lab.expect_echoes()
    listener.close()
    lab.settle(2)
    if lab.rng.random() < 0.5:
        lab.connect_error()


@scenario("abort-after-fin.linger2", derive=("snap64",))
def abort_after_fin_linger2(lab):
    """TCP_LINGER2 below zero: shut down, then closed in FIN-WAIT-2, which sends a RST."""
    client, server = lab.pair()
    lab.exchange(client, server)
    server.setsockopt(socket.IPPROTO_TCP, TCP_LINGER2, -1)
    server.shutdown(socket.SHUT_WR)
    lab.settle(2)
    lab.sleep(0, 0.4)
    lab.expect("abort-after-fin", sender="server", reason="TCP_ABORT_ON_LINGER")
    server.close()
    lab.settle()


@scenario("abort-after-fin.linger", paths=("plain", "jittery"), derive=("late",))
def abort_after_fin_linger(lab):
    """The client shuts down its side, waits for the server's FIN in vain, and aborts with SO_LINGER {1, 0}."""
    client, server = lab.pair()
    lab.exchange(client, server)
    client.shutdown(socket.SHUT_WR)
    lab.settle(2)
    lab.sleep(0.1, 1.0)
    lab.expect("abort-after-fin", sender="client", reason="TCP_STATE")
    abort(client)
    lab.settle()


@scenario("abort-after-fin.unread", paths=("plain", "reordered"), derive=("snap68",))
def abort_after_fin_unread(lab):
    """Half-closed; the peer's answer arrives, is not read, and the socket is closed."""
    client, server = lab.pair()
    lab.exchange(client, server)
    client.shutdown(socket.SHUT_WR)
    lab.settle()
    server.sendall(lab.bytes(20, 900))
    lab.settle(2)
    lab.expect("abort-after-fin", sender="client", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    client.close()
    lab.settle()


def mptcp_pair(lab):
    for space in (lab.client, lab.server):
        space.sysctl(net_mptcp_enabled=1)
    listener = lab.listen(protocol=IPPROTO_MPTCP)
    client, server = lab.pair(listener, protocol=IPPROTO_MPTCP)
    lab.exchange(client, server)
    return client, server


@scenario("mptcp-abort.unread", derive=("snap96",))
def mptcp_unread(lab):
    """Multipath TCP: closed with unread data, MP_FASTCLOSE and MP_TCPRST say so."""
    client, server = mptcp_pair(lab)
    client.sendall(lab.bytes(20, 300))
    lab.settle(2)
    lab.expect("mptcp-abort", sender="server", reason=("TCP_ABORT_ON_CLOSE", "MPTCP_RST_EUNSPEC"))
    lab.expect("mptcp-abort", count=(0, 4), reason=("TCP_ABORT_ON_CLOSE", "MPTCP_RST_EUNSPEC"))
    lab.expect_echoes()
    server.close()
    lab.settle(2)


@scenario("mptcp-abort.linger", derive=("snap68",))
def mptcp_linger(lab):
    """Multipath TCP: aborted with SO_LINGER {1, 0}."""
    client, server = mptcp_pair(lab)
    lab.expect("mptcp-abort", sender="client", reason=("TCP_ABORT_ON_CLOSE", "MPTCP_RST_EUNSPEC"))
    lab.expect("mptcp-abort", count=(0, 4), reason=("TCP_ABORT_ON_CLOSE", "MPTCP_RST_EUNSPEC"))
    lab.expect_echoes()
    abort(client)
    lab.settle(2)


@scenario("mptcp-abort.join")
def mptcp_join(lab):
    """Multipath TCP: a SYN wants to join a connection of which the server knows nothing."""
    lab.server.sysctl(net_mptcp_enabled=1)
    lab.listen(protocol=IPPROTO_MPTCP)
    lab.expect("mptcp-abort", sender="server", reason="MPTCP_RST_EMPTCP")
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port)
    join = b"\x1e\x0c\x10\x01" + lab.rng.randbytes(8)
    ghost.transmit(SYN, options=ghost.SYN_OPTIONS + join)
    lab.settle(2)


@scenario("echo-of-reset.stream", paths=("plain", "jittery"), rtt_ms=(25, 200), derive=("snap64", "late", "server-side-only"))
def echo_stream(lab):
    """A server sends small messages steadily; the client is killed with some unread, later ones draw further resets."""
    client, server = lab.pair()
    client.sendall(lab.bytes(20, 60))
    server.recv(1000)
    keeper = lab.keeper(client)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lab.expect("unread-data", sender="client", reason="TCP_ABORT_ON_CLOSE")
    lab.expect("echo-of-reset", sender="client", reason="NO_SOCKET", count=(1, None))
    step = lab.rng.uniform(0.004, 0.012)
    end = time.monotonic() + 1.6 * lab.rtt
    killed = False
    while time.monotonic() < end + lab.rtt:
        try:
            server.send(lab.bytes(30, 120))
        except OSError:
            break
        lab.sleep(step)
        if not killed and time.monotonic() > end:
            keeper.kill()
            killed = True
        if killed and time.monotonic() > end + lab.rtt * 0.9:
            break
    lab.settle(2)


@scenario("reset-instead-of-fin.port-reuse", seconds=3, derive=("snap64", "late"))
def reset_port_reuse(lab):
    """The same pair of ports again and again, each connection finished and then ended by abort."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    for _ in range(lab.rng.randint(2, 4)):
        client, server = lab.pair(listener, sport=sport)
        lab.exchange(client, server, rounds=1)
        lab.settle(2)
        lab.expect("reset-instead-of-fin", sender="client", reason="TCP_STATE")
        abort(client)
        lab.settle(2)
        server.close()
        lab.sleep(0.02, 0.3)


@scenario("so-linger-abort.simultaneous-open", rtt_ms=(25, 120))
def linger_simultaneous_open(lab):
    """Both ends connect() to each other at once; then one says something and aborts."""
    ends = lab.simultaneous_pair()
    data = lab.bytes(20, 400)
    ends[0].sendall(data)
    receive_exactly(ends[1], len(data))
    lab.settle(2)
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE")
    abort(ends[0])
    lab.settle()


@scenario("unread-data.fast-open", derive=("snap96",))
def unread_fast_open(lab):
    """TCP Fast Open: the request comes with the SYN; the server closes without having read it."""
    for space in (lab.client, lab.server):
        space.sysctl(tcp_fastopen=3)
    listener = lab.listen()
    listener.setsockopt(socket.IPPROTO_TCP, 23, 5)
    for last in (False, True):
        client = lab.client_socket()
        client.settimeout(None)
        client.sendto(lab.bytes(20, 200), 0x20000000, (lab.server_address, lab.port))
        server, _ = listener.accept()
        lab.closing.append(server)
        lab.settle(2)
        if last:
            lab.expect("unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
            lab.expect_echoes()
        else:
            server.recv(1000)
            client.close()
            lab.settle(2)
        server.close()
        lab.settle(2)
