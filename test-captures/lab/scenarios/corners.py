# SPDX-License-Identifier: GPL-2.0-or-later
"""Corners where two explanations lie close together: signed segments, half-closed ends, load that is no accident."""

import socket
import struct
import threading
import time

from lab import *

THIN = True
TCP_MD5SIG = 14


def sign(sock, peer, key):
    """RFC 2385: every segment to and from that address carries a signature."""
    if ":" in peer:
        address = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, peer), 0)
    else:
        address = struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_pton(socket.AF_INET, peer))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG,
                    address.ljust(128, b"\0") + struct.pack("=BBHi", 0, 0, len(key), 0) + key.ljust(80, b"\0"))


def signed_pair(lab):
    listener, client = lab.listen(), lab.client_socket()
    key = lab.bytes(8, 20)
    sign(listener, lab.client_address, key)
    sign(client, lab.server_address, key)
    client.connect((lab.server_address, lab.port))
    server, _ = listener.accept()
    lab.closing.append(server)
    return client, server


@scenario("so-linger-abort.signed", derive=("snap68",))
def signed_abort(lab):
    """A BGP speaker aborts a session whose segments are signed (RFC 2385): so is its RST."""
    client, server = signed_pair(lab)
    for _ in range(lab.rng.randint(1, 3)):
        client.sendall(lab.bytes(19, 60))
        lab.settle()
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE", resets=1)
    lab.expect_echoes()
    abort(client)
    lab.settle()


@scenario("peer-restarted.signed", seconds=4, rtt_ms=(0, 60), derive=("late",))
def signed_peer_restarted(lab):
    """A BGP speaker restarts without the keys: its RSTs are not signed, and the other goes on as if none had come."""
    client, server = signed_pair(lab)
    lab.exchange(client, server)
    vanish(server)
    lab.sleep(0.2, 0.6)
    lab.expect("peer-restarted", sender="server", reason=("NO_SOCKET", "TCP_FLAGS"), count=(1, None), effect="ignored")
    client.sendall(lab.bytes(19, 60))
    lab.sleep(2.5)
    vanish(client)


@scenario("unread-data.shutdown-read", paths=("plain", "jittery"), derive=("snap96", "late"))
def shutdown_read(lab):
    """The server shuts its receiving side; its kernel takes the data all the same, and the close resets."""
    client, server = lab.pair()
    lab.exchange(client, server)
    server.shutdown(socket.SHUT_RD)
    for _ in range(lab.rng.randint(1, 3)):
        client.sendall(lab.bytes(20, 800))
        lab.sleep(0.01, 0.1)
    lab.settle()
    lab.expect("unread-data", sender="server", reason="TCP_ABORT_ON_CLOSE")
    lab.expect_echoes()
    server.close()
    lab.settle()


@scenario("abort-after-fin.reader-killed", paths=("plain", "lossy"), rtt_ms=(10, 60), seconds=4, derive=("snap96",))
def reader_killed(lab):
    """The client has said all (FIN) and reads a long answer; it is killed while more arrives, much of it unread."""
    lab.set_path(lab.SERVER_OUT, rate=lab.rng.choice((2e6, 4e6)), queue=60000)
    client, server = lab.pair()
    client.sendall(lab.bytes(50, 200))
    client.shutdown(socket.SHUT_WR)
    receive_exactly(server, 50)
    keeper = lab.keeper(client)
    server.setblocking(False)
    server.send(lab.bytes(1000) * 30)
    lab.sleep(0.1 + lab.rtt, 0.15 + lab.rtt)
    lab.expect("abort-after-fin", sender="client", reason="TCP_ABORT_ON_CLOSE")
    lab.expect("echo-of-reset|data-after-close", sender="client", reason=("NO_SOCKET", "TCP_FLAGS"), count=(0, None))
    lab.expect_echoes()
    keeper.kill()
    keeper.wait()
    lab.settle(3)


@scenario("reset-instead-of-fin.load", paths=("plain", "lossy"), rtt_ms=(0, 25), seconds=5, derive=("snap96",))
def load_generator(lab):
    """A load generator with a dozen workers: request, answer, abort, and again. Many resets at once, none of them a crash."""
    listener = lab.listen(backlog=64)
    stop = threading.Event()

    def serve():
        listener.settimeout(0.2)
        while not stop.is_set():
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=answer, args=(sock,), daemon=True).start()

    def answer(sock):
        sock.settimeout(4)
        try:
            while sock.recv(2000):
                sock.sendall(bytes(300))
        except OSError:
            pass
        sock.close()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    socks = [[lab.client_socket() for _ in range(3)] for _ in range(lab.rng.randint(8, 12))]
    count = sum(map(len, socks))
    lab.expect("reset-instead-of-fin", sender="client", reason="TCP_STATE", count=count)
    lab.expect_echoes()
    sizes = [[lab.rng.randint(50, 500) for _ in row] for row in socks]

    def work(row, lengths):
        for sock, length in zip(row, lengths):
            sock.settimeout(8)
            sock.connect((lab.server_address, lab.port))
            sock.sendall(bytes(length))
            receive_exactly(sock, 300)
            time.sleep(0.1 + 2 * lab.rtt)         # the answer is acknowledged
            abort(sock)

    workers = [threading.Thread(target=work, args=pair) for pair in zip(socks, sizes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    lab.settle()
    stop.set()
    server.join()


@scenario("so-linger-abort.between-probes", seconds=6, rtt_ms=(0, 60), derive=("snap68",))
def between_probes(lab):
    """The answer to a keep-alive probe is lost; long before the next one is due, the application aborts for its own reasons."""
    client, server = lab.pair()
    for _ in range(lab.rng.randint(1, 3)):
        client.sendall(lab.bytes(20, 300))
        lab.settle()
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 30), (socket.TCP_KEEPCNT, 9)):
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    lab.cut(lab.SERVER_OUT)
    lab.sleep(1.6, 3.5)
    lab.mend(lab.SERVER_OUT)
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE", resets=1)
    lab.expect_echoes()
    abort(client)
    lab.settle()


@scenario("late-after-close.fin-copied", seconds=5, rtt_ms=(2, 60), derive=("snap68", "late"))
def fin_copied(lab):
    """Both have closed, the server last; seconds later a copy of the client's FIN arrives, held back somewhere."""
    client, server = lab.pair()
    lab.exchange(client, server, rounds=1)
    lab.wire_rule("copy", lab.CLIENT_OUT, mask=FIN, flags=FIN, delay_us=lab.rng.randint(2_300_000, 3_000_000))
    client.close()
    lab.settle()
    server.close()
    lab.expect("late-after-close", sender="server", reason=("NO_SOCKET", "TCP_FLAGS"))
    lab.sleep(3.2)
    lab.settle()


@scenario("peer-restarted.half-closed", rtt_ms=(0, 60), derive=("snap96", "late"))
def half_closed_restarted(lab):
    """The client has said all (FIN) and takes the answer as it comes; then its machine crashes, and more of it draws RSTs."""
    client, server = lab.pair()
    client.sendall(lab.bytes(50, 200))
    client.shutdown(socket.SHUT_WR)
    for _ in range(lab.rng.randint(1, 3)):
        answer = lab.bytes(100, 1000)
        server.sendall(answer)
        receive_exactly(client, len(answer))
        lab.sleep(0.05, 0.3)
    lab.settle()
    vanish(client)
    lab.sleep(0.2, 0.6)
    lab.expect("peer-restarted", sender="client", reason=("NO_SOCKET", "TCP_FLAGS"))
    lab.expect_echoes()
    server.sendall(lab.bytes(100, 1000))
    lab.settle()


@scenario("half-open-resync.close-wait", rtt_ms=(0, 60), derive=("snap68",))
def resync_close_wait(lab):
    """The client has closed and lost its memory; the server, which has not closed, still holds what the next SYN meets."""
    listener = lab.listen()
    sport = lab.rng.randint(20000, 30000)
    client, server = lab.pair(listener, sport=sport)
    lab.exchange(client, server)
    client.shutdown(socket.SHUT_WR)
    lab.settle()
    lab.sleep(0.1)
    vanish(client)
    lab.expect("half-open-resync", sender="client", reason="TCP_INVALID_ACK_SEQUENCE")
    lab.expect("half-open-resync|echo-of-reset", sender="client", reason="TCP_INVALID_ACK_SEQUENCE", count=(0, 2))
    again = lab.connect(sport=sport)
    served, _ = listener.accept()
    lab.closing.append(served)
    lab.exchange(again, served, rounds=1)
    again.close()
    served.close()
    server.close()
    lab.settle()
