# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs at the two ends: a conversation that two random programs hold, and the programs of a kind (scans, pools, floods).

Each deed that may end a connection is noted in the end's timeline before it is done (Node.act): truth.py reads it there.
"""

import errno
import fcntl
import socket
import struct

from lab import packets
from lab.packets import ACK, FIN, PSH, SYN, URG
from lab.sockets import IPPROTO_MPTCP, TCP_LINGER2, TCP_REPAIR, TCP_USER_TIMEOUT, disconnect, linger_zero

from .boxes import decades
from .loop import Readable, Sleep, Writable

TCP_FASTOPEN, MSG_FASTOPEN, TCP_DEFER_ACCEPT = 23, 0x20000000, 9


meant = {}                        # id of a connecting socket: where to (a socket has no room for attributes)


class Process:
    """The sockets of one process at one end; killed, all are closed at once, as exit() does: one deed, and noted as one."""

    def __init__(self, end):
        self.end, self.sockets, self.alive = end, [], True
        end.processes.append(self)        # its sockets live until the situation ends: none is closed by losing its last name

    def kill(self, how="kill"):
        self.alive = False
        for sock in self.sockets:
            if sock.fileno() >= 0:
                self.end.finish(sock, how, process=self)
        self.sockets.clear()


class End:
    """One end as its programs see it."""

    def __init__(self, world, node, address, rng):
        self.world, self.node, self.address, self.rng = world, node, address, rng
        self.processes = []
        self.process = Process(self)
        self.ttl, self.tos = rng.choice((0, 0, 0, 0, 0, 33, 255)), rng.choice((0, 0, 0, 0x28, 0xB8))
        self.multipath = False            # sockets speak Multipath TCP
        self.buffers = rng.choice((None, None, None, 2304, 8192))

    def socket(self, process=None):
        with self.node.space.entered():
            sock = socket.socket(self.world.af, socket.SOCK_STREAM, IPPROTO_MPTCP if self.multipath else 0)
        sock.setblocking(False)
        (process or self.process).sockets.append(sock)
        if self.multipath:                # knows few of the options
            return sock
        four = self.world.family == 4
        if self.ttl:
            sock.setsockopt(*((socket.IPPROTO_IP, socket.IP_TTL) if four else
                              (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)), self.ttl)
        if self.tos:
            sock.setsockopt(*((socket.IPPROTO_IP, socket.IP_TOS) if four else
                              (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)), self.tos)
        if self.buffers:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffers)
        return sock

    def listen(self, port, backlog=16, process=None, fast_open=False, defer=0):
        sock = self.socket(process)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.address, port))
        if fast_open:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
        if defer:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, defer)
        sock.listen(backlog)
        return sock

    def finish(self, sock, how, process=None):
        """End a socket: close, abort, disconnect, vanish, kill, abandon, and what names a reason (idle-abort, relay-abort).

        `process`: it ends with all the others of that process.
        """
        if sock.fileno() < 0:
            return
        name = name_of(sock)
        if name is None:
            self.node.act("listener-closed", None, local=sock.getsockname()[:2], process=process)
        else:
            self.node.act(how, name, unread=unread(sock), process=process)
        try:
            if how in ("abort", "idle-abort", "relay-abort"):
                linger_zero(sock)
            elif how == "disconnect":
                disconnect(sock)
            elif how == "vanish":
                sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except OSError:
            pass
        sock.close()


def name_of(sock):
    """(address, port, peer's address, peer's port) of a socket; None of a listener."""
    try:
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return None
        own = sock.getsockname()[:2]
    except OSError:
        return ()
    try:
        return own + sock.getpeername()[:2]
    except OSError:
        return own + meant.get(id(sock), ("", 0))


def unread(sock):
    buffer = bytearray(4)
    try:
        fcntl.ioctl(sock.fileno(), 0x541B, buffer)
    except OSError:
        return 0
    return struct.unpack("i", buffer)[0]


# ------------------------------------------------------------------------------------------------------------ sequences

def connect(end, sock, address, port, patience, first=b""):
    """Yields until connected; True, or False where the attempt failed or was given up (and closed)."""
    meant[id(sock)] = (address, port)
    end.node.drain(None)
    try:
        if first:
            sock.sendto(first, MSG_FASTOPEN, (address, port))
        else:
            sock.connect_ex((address, port))
    except BlockingIOError:
        pass
    except OSError:
        end.finish(sock, "close")
        return False
    done = yield Writable(sock, patience)
    if sock.fileno() < 0:
        return False
    if not done:
        end.node.act("abandon", sock.getsockname()[:2] + (address, port))
        sock.close()
        return False
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        sock.close()
        return False
    return True


def send(sock, count, patience):
    """Yields until so many octets are written; False where it failed or took too long."""
    text = (b"The quick brown fox jumps over the lazy dog. " * (count // 45 + 1))[:count]
    while text:
        try:
            text = text[sock.send(text):]
        except BlockingIOError:
            if not (yield Writable(sock, patience)):
                return False
        except OSError:
            return False
        if sock.fileno() < 0:
            return False
    return True


def read(sock, count, patience):
    """Yields until so many octets were read; "data", "eof", "error" or "timeout"."""
    while count > 0:
        try:
            data = sock.recv(min(count, 65536))
        except BlockingIOError:
            if not (yield Readable(sock, patience)):
                return "timeout"
            if sock.fileno() < 0:
                return "error"
            continue
        except OSError:
            return "error"
        if not data:
            return "eof"
        count -= len(data)
    return "data"


class Conversation:
    """What the two ends of one connection will do: rounds of requests and answers, then an end, and how the other reacts."""

    ENDINGS = ("close", "close", "abort", "abort", "kill", "disconnect", "vanish", "shut-close", "shut-abort", "none")
    REACTIONS = ("read-close", "read-close", "read-abort", "talk", "talk", "talk-much", "late-close", "silent")

    def __init__(self, rng, **fixed):
        self.rng = rng
        small = rng.random() < 0.75
        self.rounds = rng.choice((0, 0, 1, 1, 1, 2, 3))
        self.request = round(decades(rng, 1, 900 if small else 60000))
        self.answer = round(decades(rng, 1, 1400 if small else 200000))
        self.request_read, self.answer_read = (rng.choice((1.0, 1.0, 1.0, rng.random(), 0.0)) for _ in range(2))
        self.think = rng.choice((0, 0, decades(rng, 0.002, 0.5)))
        self.between = rng.choice((0, decades(rng, 0.005, 0.6)))
        self.pause = rng.choice((0, decades(rng, 0.001, 1.2), decades(rng, 0.001, 1.2)))
        self.ender = rng.choice(("client", "server"))
        self.extra = rng.random() < 0.2           # the other writes again just when the end comes
        self.ending, self.reaction = rng.choice(self.ENDINGS), rng.choice(self.REACTIONS)
        self.react_after, self.talks = decades(rng, 0.005, 1.5), rng.randint(1, 5)
        self.talk_gap, self.talk_size = decades(rng, 0.0005, 0.4), round(decades(rng, 1, 4000))
        self.shut_wait = decades(rng, 0.001, 1)
        self.patience = 3.0
        self.__dict__.update(fixed)


def converse(end, process, sock, role, plan):
    """One side of a conversation."""
    try:
        yield from conversation(end, process, sock, role, plan)
    except OSError as error:
        if error.errno not in (errno.EBADF, errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET, errno.EINVAL):
            raise


def conversation(end, process, sock, role, plan):
    complete = True
    for _ in range(plan.rounds):
        if role == "client":
            complete = yield from send(sock, plan.request, plan.patience)
            wanted = round(plan.answer * plan.answer_read)
            if complete and (wanted or not plan.answer):
                complete = (yield from read(sock, wanted, plan.patience)) == "data" or not wanted
        else:
            wanted = round(plan.request * plan.request_read)
            if wanted:
                complete = (yield from read(sock, wanted, plan.patience)) == "data"
            else:
                yield Readable(sock, plan.patience)
            if plan.think:
                yield Sleep(plan.think)
            if complete:
                complete = yield from send(sock, plan.answer, plan.patience)
        if not complete or sock.fileno() < 0:
            break
        if plan.between:
            yield Sleep(plan.between)
    if sock.fileno() < 0:
        return
    if role == plan.ender:
        yield Sleep(plan.pause)
        yield from finish(end, process, sock, plan)
    else:
        yield from react(end, process, sock, plan)


def finish(end, process, sock, plan):
    how = plan.ending
    if sock.fileno() < 0:
        return
    if how.startswith("shut"):
        end.node.act("shutdown", name_of(sock))
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        yield Sleep(plan.shut_wait)
        how = how[5:]
    if how == "kill":
        process.kill()
    elif how == "linger2":
        sock.setsockopt(socket.IPPROTO_TCP, TCP_LINGER2, -1)
        end.node.act("shutdown", name_of(sock))
        sock.shutdown(socket.SHUT_WR)
        yield Sleep(plan.shut_wait)
        end.finish(sock, "close")
    elif how != "none":
        end.finish(sock, how)
    else:
        yield Sleep(0)


def react(end, process, sock, plan):
    how = plan.reaction
    if plan.extra:
        yield Sleep(plan.pause)
        yield from send(sock, plan.talk_size, 0.5)
    if how == "silent":
        return
    if how.startswith("talk"):
        yield Sleep(plan.react_after)
        for _ in range(plan.talks * (4 if how == "talk-much" else 1)):
            if sock.fileno() < 0 or not (yield from send(sock, plan.talk_size, 1.0)):
                break
            yield Sleep(plan.talk_gap / (10 if how == "talk-much" else 1))
        yield Sleep(plan.shut_wait)
        end.finish(sock, "close")
        return
    state = yield from read(sock, 1 << 30, 2.5)
    if how == "late-close":
        yield Sleep(1.3 + plan.react_after)
    elif state == "eof":
        yield Sleep(plan.react_after / 4)
    end.finish(sock, "abort" if how == "read-abort" else "close")


def accepted(process, listener, patience):
    """The process's next connection, (socket, address); None: nobody came for so many seconds, or it has ended."""
    while process.alive and listener.fileno() >= 0:
        try:
            sock, address = listener.accept()
        except BlockingIOError:
            if not (yield Readable(listener, patience)):
                return None
            continue
        except OSError:
            return None
        sock.setblocking(False)
        process.sockets.append(sock)
        return sock, address
    return None


def serve(end, process, listener, plans, accept_after=0.0):
    """Accepts for ever; each connection gets the next plan."""
    yield Sleep(accept_after)
    number = 0
    while new := (yield from accepted(process, listener, 9)):
        sock, address = new
        end.node.act("accepted", sock.getsockname()[:2] + address[:2])
        plan = plans(address) if callable(plans) else plans[number % len(plans)]
        number += 1
        end.world.loop.start(converse(end, process, sock, "server", plan))


def call(end, process, port, plan, *, sport=0, patience=3.0, first=0, keepalive=None, user_timeout=0, options=None):
    """A client: connects and converses."""
    sock = end.socket(process)
    if sport:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((end.address, sport))
        except OSError:
            sock.close()
            return
    if keepalive:
        set_keepalive(sock, *keepalive)
    if user_timeout:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout)
    text = b"f" * first
    if (yield from connect(end, sock, end.world.address["y"], port, patience, text)):
        yield from converse(end, process, sock, "client", plan)


def set_keepalive(sock, idle, interval, probes):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, interval)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, probes)


# ------------------------------------------------------------------------------------------------------------ raw tools

def scan(end, ports, kind, rng):
    """A raw-socket tool: its SYNs are not the kernel's, and its host's kernel answers what comes back."""
    with end.node.space.entered():
        raw = socket.socket(end.world.af, socket.SOCK_RAW, socket.IPPROTO_RAW)
    flags = {"syn": SYN, "null": 0, "fin": FIN, "ack": ACK, "xmas": FIN | PSH | URG, "syn-ack": SYN | ACK,
             "data": PSH | ACK}[kind]
    options = rng.choice((b"", b"\x02\x04\x05\xb4", b"\x02\x04\x05\xb4"))
    ttl, window, sport = rng.choice((None, rng.randint(37, 59), 255, 64)), rng.choice((1024, 65535, 8192)), \
        rng.randint(33000, 61000)
    gap, same = decades(rng, 0.001, 0.2), rng.random() < 0.6
    ack = rng.choice((0, rng.getrandbits(32)))
    for port in ports:
        sport += 0 if same else 1
        seq = rng.getrandbits(32)
        data = packets.tcp_segment(end.address, end.world.address["y"], sport, port, flags, seq=seq,
                                   ack=rng.getrandbits(32) if flags & ACK else ack, window=window,
                                   ttl=ttl or rng.randint(37, 59), ip_id=rng.getrandbits(16), df=rng.random() < 0.5,
                                   options=options if flags == SYN else b"",
                                   payload=b"hello" if kind == "data" else b"")
        end.node.act("raw", (end.address, sport, end.world.address["y"], port), kind=kind)
        raw.sendto(data, (end.world.address["y"], 0) + ((0, 0) if end.world.family == 6 else ()))
        end.node.drain(None)
        yield Sleep(gap)
    raw.close()
