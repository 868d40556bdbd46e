# SPDX-License-Identifier: GPL-2.0-or-later
"""Records user-space NATs: libslirp (slirp4netns) and passt's pasta. What a guest behind one sees are their resets, no kernel's.

    record-user-nat OUT [SEED]

A guest namespace hangs on a TAP device that the NAT serves; behind the NAT is its host's namespace, where programs serve. The
capture is the guest's. Each recording has one story; its resets are labelled by who sent them and in which order they came,
and a recording whose resets are others than its story says is an error.
"""

import os
import random
import shutil
import socket
import subprocess
import sys
import time

from lab import packets, sockets
from lab.namespaces import Dump, Namespace
from lab.packets import RST

HOST, NETWORK = "203.0.113.7", "203.0.113.0"
NATS = {"libslirp": "slirp4netns", "pasta": "pasta"}


class Guest:
    """A guest namespace behind a NAT, and the namespace that the NAT lives in."""

    def __init__(self, nat, seed, work):
        self.rng = random.Random(f"{nat}/{seed}")
        self.nat, self.work = nat, work
        name = f"tcprstnat{os.getpid()}"
        self.host, self.guest = Namespace(name + "h"), Namespace(name + "g")
        self.host.ip("link set lo up", f"addr add {HOST}/24 dev lo", "link add d0 type veth peer name d1",
                     "link set d0 up", "link set d1 up", "addr add 198.51.100.2/24 dev d0",
                     "route add default via 198.51.100.1 dev d0")
        self.host.sysctl(tcp_syn_retries=1)
        self.guest.ip("link set lo up")
        self.open, self.process = [], None
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.keeper = self.guest.popen(["sleep", "100"], **quiet)
        try:
            self.start(quiet)
        except BaseException:
            self.close()
            raise

    def start(self, quiet):
        guest = str(self.keeper.pid)
        if self.nat == "libslirp":
            command = ["slirp4netns", "--configure", "--mtu=1500", guest, "tap0"]
        else:
            command = ["pasta", "--runas", "0", "--config-net", "-I", "tap0", "-f", "-q", "--no-map-gw", "-t", "none", "-u",
                       "none", "--netns", f"/run/netns/{self.guest.name}"]
        self.process = self.host.popen(command, **quiet)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            shown = subprocess.run(["ip", "-n", self.guest.name, "-4", "route", "show", "default"], capture_output=True,
                                   text=True, check=False).stdout
            if "tap0" in shown:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.nat} did not configure its guest")

    def listen(self, port):
        with self.host.entered():
            listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(8)
        listener.settimeout(5)
        self.open.append(listener)
        return listener

    def socket(self, timeout=8):
        with self.guest.entered():
            sock = socket.socket()
        sock.settimeout(timeout)
        self.open.append(sock)
        return sock

    def pair(self, port):
        listener, client = self.listen(port), self.socket()
        client.connect((HOST, port))
        server, _ = listener.accept()
        server.settimeout(5)
        self.open.append(server)
        return client, server

    def close(self):
        for sock in self.open:
            sock.close()
        for process in (self.process, self.keeper):
            if process:
                process.kill()
                process.wait()
        self.guest.delete()
        self.host.delete()


# ------------------------------------------------------------------------------------------------------------- stories
# Each does its story and returns what its resets are: (sender, cause) in order; "+" behind a cause: any number of them, also none.

def refused(guest, port):
    """connect() to a port of the host on which nothing listens: the NAT's own attempt is refused."""
    try:
        guest.socket().connect((HOST, port))
    except OSError:
        pass
    return [("server", "closed-port|backend-unavailable+")]


def server_aborts(guest, port):
    """An exchange, then the server aborts; the NAT passes the end on in its own way."""
    client, server = guest.pair(port)
    client.sendall(b"hello")
    server.recv(100)
    server.sendall(b"x" * 500)
    client.recv(1000)
    time.sleep(0.1)
    sockets.abort(server)
    time.sleep(0.3)
    return [("server", "so-linger-abort|reset-instead-of-fin|local-abort+"), ("client", "echo-of-reset+")]


def server_closes(guest, port):
    """The server closes both ways, the guest goes on writing."""
    client, server = guest.pair(port)
    client.sendall(b"hello")
    server.recv(100)
    server.close()
    time.sleep(0.2)
    for _ in range(3):
        try:
            client.sendall(b"more " * guest.rng.randint(1, 50))
        except OSError:
            break
        time.sleep(0.1)
    return [("server", "data-after-close+"), ("client", "echo-of-reset+")]


def guest_aborts(guest, port):
    """The guest aborts, with octets on their way to it; a RST that answers its RST is the NAT's."""
    client, server = guest.pair(port)
    client.sendall(b"hello")
    server.recv(100)
    for _ in range(guest.rng.randint(1, 4)):
        server.sendall(b"y" * 1200)
    time.sleep(0.15)
    client.recv(100)
    client.close()
    time.sleep(0.3)
    return [("client", "unread-data+"), ("server", "echo-of-reset+"), ("client", "echo-of-reset+")]


def unreachable(guest, port):
    """connect() to where nobody answers: the NAT's own attempt times out, and it refuses."""
    try:
        guest.socket(9).connect(("198.51.100.77", port))
    except OSError:
        pass
    return [("server", "backend-unavailable+")]


STORIES = (refused, server_aborts, server_closes, guest_aborts, unreachable)


def label(capture, story):
    """(frame number, cause, sender) of each RST, by the story's order; None where there is none or one does not fit."""
    rows, place = [], 0
    client = next((frame.segment.src for frame in capture.frames if frame.segment), None)
    for number, frame in enumerate(capture.frames, 1):
        if not frame.segment or not frame.segment.flags & RST:
            continue
        sender = "client" if frame.segment.src == client else "server"
        while place < len(story) and story[place][0] != sender:
            place += 1
        if place == len(story):
            return None
        rows.append((number, story[place][1].rstrip("+"), sender))
    return rows or None


def record(nat, story, seed, out, work):
    guest = Guest(nat, seed, work)
    try:
        dump = Dump(guest.guest, "tap0", os.path.join(work, "dump.pcap"))
        dump.wait_ready()
        said = story(guest, guest.rng.randint(2000, 30000))
        time.sleep(0.2)
        dump.stop()
    finally:
        guest.close()
    capture = packets.read_pcap(dump.path)
    rows = label(capture, said)
    if not rows:
        return None
    cause = rows[0][1].split("|")[0]
    name = f"{cause}.{nat}.{story.__name__.replace('_', '-')}.v4.client"
    packets.write_capture(os.path.join(out, name + ".pcapng"), capture, "pcapng")
    with open(os.path.join(out, name + ".truth"), "w", encoding="utf-8") as file:
        file.write(f"#tcprst-truth 1\n#full yes\n#seed {seed}\n#scenario {story.__doc__.splitlines()[0]}\n#run {name}@{seed}\n"
                   "#vantage client\n#columns frame\tkernel_reason\tcause\torigin\teffect\tsender\tduplicate_of\n")
        file.writelines(f"{number}\t-\t{cause}\tendpoint\t-\t{sender}\t-\n" for number, cause, sender in rows)
    return name


def main(arguments):
    out, seed = arguments[0], int(arguments[1]) if len(arguments) > 1 else 1
    work = os.path.join(out, ".work")
    os.makedirs(work, exist_ok=True)
    for nat, program in NATS.items():
        if not shutil.which(program):
            print(f"no {program} here: {nat} not recorded", file=sys.stderr)
            continue
        for story in STORIES:
            name = record(nat, story, seed, out, work)
            print(f"{nat}: {story.__name__}: {name or 'no reset that fits its story, not recorded'}")
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
