# SPDX-License-Identifier: GPL-2.0-or-later
"""What only shows across connections: idle timers of applications, killed processes, restarts, scans."""

import socket
import subprocess
import time

from lab import *

THIN = True


def many(lab, low, high, listener=None):
    listener = listener or lab.listen(backlog=64)
    sources = lab.client_addresses[:lab.rng.randint(1, 5)]
    return listener, [lab.pair(listener, source=lab.rng.choice(sources)) for _ in range(lab.rng.randint(low, high))]


# ------------------------------------------------------------------------------------------- idle timers of applications

def drop_idle(lab, timeout, count, closer=1):
    """An application aborts each of its connections after the same idle time; closer 1: the server, 0: the client."""
    listener, pairs = many(lab, *count)
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
    due = {}
    for pair in pairs:
        lab.sleep(0.1, 0.6)
        lab.exchange(*pair, rounds=lab.rng.randint(1, 2))
        # exchange() ends some milliseconds after the last segment; the application counts from the same moment each time
        due[pair] = time.monotonic() + timeout
    side = ("client", "server")[closer]
    lab.expect("application-idle-timeout", sender=side, reason="TCP_STATE", count=len(pairs), resets=len(pairs))
    lab.expect_echoes()
    for pair, when in sorted(due.items(), key=lambda item: item[1]):
        time.sleep(max(0, when - time.monotonic()))
        abort(pair[closer])
    lab.settle()


@scenario("application-idle-timeout", paths=("plain",), seconds=20, derive=("snap64",))
def application_idle(lab):
    """A server drops every connection that was idle for the same number of seconds, by abort."""
    drop_idle(lab, lab.rng.choice((5, 6, 7.5, 8, 10)), (3, 6))


@scenario("application-idle-timeout.client", seconds=20, derive=("snap68",))
def application_idle_client(lab):
    """A client's connection pool evicts idle connections by abort, each after the same time."""
    drop_idle(lab, lab.rng.uniform(5.5, 11), (3, 5), closer=0)


@scenario("application-idle-timeout.60s", families=(6,), seconds=75, derive=("snap96",))
def application_idle_60(lab):
    """A server drops connections idle for one minute, by abort."""
    drop_idle(lab, 60, (3, 4))


# ------------------------------------------------------------------------------------------------------ all at once

@scenario("mass-abort.killed", paths=("plain", "jittery"), seconds=3, derive=("snap64",))
def mass_killed(lab):
    """A server's process is killed while requests of many clients lie unread."""
    listener, pairs = many(lab, 6, 14)
    for client, server in pairs:
        if lab.rng.random() < 0.5:
            lab.exchange(client, server, rounds=1)
        client.sendall(lab.bytes(20, 300))
    lab.settle(2)
    child = subprocess.Popen(["sleep", "100"], pass_fds=[server.fileno() for _, server in pairs])
    lab.children.append(child)
    for _, server in pairs:
        server.close()
    lab.expect("mass-abort", sender="server", reason="TCP_ABORT_ON_CLOSE", count=len(pairs), resets=len(pairs))
    child.kill()
    child.wait()
    lab.settle(2)


@scenario("mass-abort.restart", paths=("plain",), seconds=4, derive=("snap68",))
def mass_restart(lab):
    """A service is restarted: it aborts its connections, refuses for a moment, and serves again."""
    listener, pairs = many(lab, 5, 12)
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
    lab.expect("mass-abort", sender="server", reason="TCP_STATE", count=len(pairs), resets=len(pairs))
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(1, None))
    listener.close()
    for _, server in pairs:
        abort(server)
    lab.settle()
    for client, _ in pairs[:lab.rng.randint(1, 4)]:
        client.close()
        if lab.connect_error() != "ECONNREFUSED":
            raise NotAsClaimed("not refused")
    again = lab.listen()
    pair = lab.pair(again)
    lab.exchange(*pair, rounds=1)


@scenario("mass-abort.destroyed", seconds=3, derive=("snap64",))
def mass_destroyed(lab):
    """An administrator destroys all connections of a port at once (ss -K)."""
    listener, pairs = many(lab, 5, 10)
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
    lab.expect("mass-abort", sender="server", reason="TCP_STATE", count=len(pairs), resets=len(pairs))
    lab.expect_echoes()
    lab.server.run(["ss", "-K", "state", "established", f"( sport = :{lab.port} )"])
    lab.settle(2)


@scenario("mass-abort.client", seconds=3, derive=("snap96",))
def mass_client(lab):
    """A client with many connections to several servers is killed while answers lie unread."""
    pairs = []
    for address in lab.server_addresses:
        listener = lab.listen(address=address)
        pairs += [lab.pair(listener) for _ in range(lab.rng.randint(2, 3))]
    for client, server in pairs:
        client.sendall(lab.bytes(20, 200))
        server.recv(1000)
        server.sendall(lab.bytes(20, 300))
    lab.settle(2)
    child = subprocess.Popen(["sleep", "100"], pass_fds=[client.fileno() for client, _ in pairs])
    lab.children.append(child)
    for client, _ in pairs:
        client.close()
    lab.expect("mass-abort", sender="client", reason="TCP_ABORT_ON_CLOSE", count=len(pairs), resets=len(pairs))
    child.kill()
    child.wait()
    lab.settle(2)


@scenario("listener-closed.refused", paths=("plain",), seconds=3, derive=("snap64",))
def listener_closed_refused(lab):
    """A service stops with several connections it had not accepted; who comes after is refused."""
    listener = lab.listen(backlog=32)
    clients = [lab.connect(source=lab.rng.choice(lab.client_addresses)) for _ in range(lab.rng.randint(3, 8))]
    for client in clients:
        if lab.rng.random() < 0.4:
            client.sendall(lab.bytes(10, 300))
    lab.settle(2)
    lab.expect("listener-closed", sender="server", reason="TCP_STATE", count=len(clients), resets=len(clients))
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(2, None))
    listener.close()
    lab.settle(2)
    for _ in range(lab.rng.randint(2, 4)):
        if lab.connect_error() != "ECONNREFUSED":
            raise NotAsClaimed("not refused")


@scenario("peer-restarted.fleet", paths=("plain",), seconds=4, derive=("late",))
def restarted_fleet(lab):
    """A server's machine reboots; one after the other its many clients speak and are told, then come again."""
    listener, pairs = many(lab, 5, 10)
    for pair in pairs:
        lab.exchange(*pair, rounds=1)
    for _, server in pairs:
        vanish(server)
    lab.sleep(0.2, 0.8)
    lab.expect("peer-restarted", sender="server", reason="TCP_FLAGS", count=len(pairs), resets=len(pairs))
    lab.expect_echoes(sender="server")
    for client, _ in pairs:
        client.sendall(lab.bytes(10, 300))
        if receive_error(client) != "ECONNRESET":
            raise NotAsClaimed("not told")
        lab.sleep(0, 0.1)
    again = lab.pair(listener)
    lab.exchange(*again, rounds=1)


# ------------------------------------------------------------------------------------------------------------ scans

@scenario("so-linger-abort.connect-scan", seconds=3, derive=("snap64",))
def connect_scan(lab):
    """A scan by connect(): open ports are connected to and aborted at once, closed ones refuse."""
    opened = [lab.listen(port=port) for port in lab.rng.sample(range(20, 9999), lab.rng.randint(2, 4))]
    closed = lab.rng.sample(range(10000, 19999), lab.rng.randint(6, 14))
    targets = [sock.getsockname()[1] for sock in opened] + closed
    lab.rng.shuffle(targets)
    lab.expect("so-linger-abort", sender="client", reason="TCP_STATE", count=len(opened), resets=len(opened))
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=len(closed))
    for port in targets:
        sock = lab.client_socket()
        try:
            sock.connect((lab.server_address, port))
            abort(sock)
        except ConnectionRefusedError:
            sock.close()
    lab.settle(2)


@scenario("syn-scan.hosts", seconds=3, derive=("snap68",))
def scan_hosts(lab):
    """One port on every server of a network, some of which listen: bare SYNs, the scanner's kernel resets the answers."""
    listening = lab.rng.sample(lab.server_addresses, lab.rng.randint(2, 3))
    for address in listening:
        lab.listen(address=address)
    raw = lab.raw("c0")
    lab.expect("syn-scan", sender="client", reason="NO_SOCKET", count=(len(listening), None), effect="reset")
    lab.expect("closed-port", sender="server", reason="NO_SOCKET", count=(1, None))
    seq, ttl = lab.rng.randrange(2**32), lab.rng.randint(40, 64)
    for address in lab.server_addresses:
        raw.segment(lab.client_address, address, lab.rng.randint(40000, 64000), lab.port, SYN, seq=seq, window=1024,
                    options=b"\x02\x04\x05\xb4", ttl=ttl, ip_id=lab.rng.randint(1, 65535), df=False)
        lab.sleep(0.001, 0.02)
    lab.settle(2)


@scenario("unsolicited-syn-ack.many", seconds=3, derive=("snap64",))
def backscatter_many(lab):
    """Backscatter of a flood against somebody's server: SYN-ACKs from it arrive at every address of a network."""
    raw = lab.raw("s0")
    count = lab.rng.randint(10, 24)
    lab.expect("unsolicited-syn-ack", sender="client", reason="NO_SOCKET", count=count)
    for _ in range(count):
        raw.segment(lab.ghost_server, lab.rng.choice(lab.client_addresses), lab.port, lab.rng.randint(1024, 65535),
                    SYN | ACK, seq=lab.rng.randrange(2**32), ack=lab.rng.randrange(2**32), window=64240,
                    options=b"\x02\x04\x05\xb4", ttl=lab.ttl["server"])
        lab.sleep(0.002, 0.05)
    lab.settle()
