# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets of the laboratory: real ones in either end's namespace, and raw frames for what no socket sends."""

import errno
import os
import select
import socket
import struct
import subprocess
import time

from . import packets
from .packets import ACK, FIN, PSH, RST, SYN

TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_SEND_QUEUE = 19, 20, 21, 2
TCP_USER_TIMEOUT, TCP_LINGER2 = 18, 8
IPPROTO_MPTCP = 262


def linger_zero(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def abort(sock):
    """SO_LINGER {1, 0} and close: the abortive close of the sockets interface."""
    linger_zero(sock)
    sock.close()


def vanish(sock):
    """Close without a word on the wire (TCP_REPAIR), as a machine that crashes."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.close()


def set_next_sequence(sock, seq):
    """The initial sequence number of a socket that has not connected yet."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, struct.pack("=I", seq & 0xFFFFFFFF))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 0)


def next_sequence(sock):
    """The sequence number behind the last byte written to a connected socket."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE)
    seq = struct.unpack("=I", sock.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, 4))[0]
    # -1: back to normal without the window probe that 0 would send
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, -1)
    return seq


def disconnect(sock):
    """connect(AF_UNSPEC): the other way an application aborts."""
    import ctypes
    unspecified = struct.pack("=H14x", 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.connect(sock.fileno(), unspecified, len(unspecified)):
        raise OSError(ctypes.get_errno(), "connect(AF_UNSPEC)")


def receive_exactly(sock, count, timeout=10):
    data = b""
    sock.settimeout(timeout)
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            break
        data += more
    return data


def receive_error(sock, timeout=5):
    """What a blocking reader is told next: an errno name, "EOF" or "data"."""
    sock.settimeout(timeout)
    try:
        return "data" if sock.recv(65536) else "EOF"
    except OSError as error:
        # Python's own timeout has no errno, the kernel's ETIMEDOUT has
        return errno.errorcode[error.errno] if error.errno else "nothing"


class SocketsMixin:
    """What Lab offers to make connections; every socket is closed with the laboratory, if not before."""

    def socket(self, space, side, protocol=0):
        with space.entered():
            sock = socket.socket(self.af, socket.SOCK_STREAM, protocol)
        self.closing.append(sock)
        if self.app_ttl[side] and not protocol:
            if self.family == 4:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, self.app_ttl[side])
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, self.app_ttl[side])
        if self.tos[side] and not protocol:
            if self.family == 4:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, self.tos[side])
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, self.tos[side])
        return sock

    def listen(self, backlog=16, port=None, address=None, rcvbuf=None, protocol=0):
        sock = self.socket(self.server, "server", protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if rcvbuf:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        # never the wildcard: the kernel's event of a listener's RST names the address it is bound to, and nothing else
        sock.bind((address or self.server_address, port or self.port))
        sock.listen(backlog)
        sock.settimeout(15)
        return sock

    def client_socket(self, sport=0, source=None, rcvbuf=None, protocol=0):
        sock = self.socket(self.client, "client", protocol)
        if rcvbuf:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if sport or source:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((source or self.client_address, sport))
        sock.settimeout(15)
        return sock

    def connect(self, port=None, address=None, **how):
        sock = self.client_socket(**how)
        sock.connect((address or self.server_address, port or self.port))
        return sock

    def start_connect(self, port=None, address=None, **how):
        """A connect() that does not wait."""
        sock = self.client_socket(**how)
        sock.setblocking(False)
        sock.connect_ex((address or self.server_address, port or self.port))
        return sock

    def connect_error(self, port=None, timeout=15, address=None, **how):
        """The errno name connect() ends with, or None."""
        sock = self.client_socket(**how)
        sock.settimeout(timeout)
        try:
            sock.connect((address or self.server_address, port or self.port))
        except OSError as error:
            return errno.errorcode[error.errno] if error.errno else "nothing"
        finally:
            sock.close()
        return None

    def pair(self, listener=None, port=None, **how):
        """An established connection: (client's socket, server's socket)."""
        own = listener is None
        if own:
            listener = self.listen(port=port)
        client = self.connect(port=listener.getsockname()[1], address=listener.getsockname()[0], **how)
        server, _ = listener.accept()
        self.closing.append(server)
        if self.tos["server"] and not how.get("protocol"):
            level, option = (socket.IPPROTO_IP, socket.IP_TOS) if self.family == 4 else \
                (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
            server.setsockopt(level, option, self.tos["server"])
        if own:
            listener.close()
        return client, server

    def simultaneous_pair(self):
        """Two ends that connect() to each other at once: (client's socket, server's socket), which do not block."""
        ports = self.rng.sample(range(20000, 30000), 2)
        ends = []
        for space, side, address, port in ((self.client, "client", self.client_address, ports[0]),
                                           (self.server, "server", self.server_address, ports[1])):
            sock = self.socket(space, side)
            sock.bind((address, port))
            sock.setblocking(False)
            ends.append(sock)
        ends[0].connect_ex((self.server_address, ports[1]))
        ends[1].connect_ex((self.client_address, ports[0]))
        self.settle(3)
        return ends

    def keeper(self, sock):
        """Hand a socket to a process of its own, which can be killed."""
        child = subprocess.Popen(["sleep", "100"], pass_fds=[sock.fileno()])
        self.children.append(child)
        sock.close()
        return child

    def exchange(self, client, server, rounds=None, request=None, answer=None):
        """Requests and answers, each read whole."""
        for _ in range(rounds or self.rng.randint(1, 3)):
            wanted = request or self.bytes(20, 400)
            client.sendall(wanted)
            receive_exactly(server, len(wanted))
            given = answer or self.bytes(20, 900)
            server.sendall(given)
            receive_exactly(client, len(given))
            self.sleep(0, 0.02)
        # the last acknowledgement may be delayed by 40 ms
        time.sleep(0.06)
        self.settle(1)

    def bytes(self, low, high=None):
        return bytes(self.rng.choices(b"abcdefghijklmnopqrstuvwxyz 0123456789\n", k=self.rng.randint(low, high or low)))

    # ------------------------------------------------------------------------------------------------------ raw frames

    def raw(self, device):
        """A packet socket on c0, s0, m0 or m1: a Raw that sends and sees IP packets there."""
        raw = Raw(self, device)
        self.closing.append(raw)
        return raw


class Raw:
    """Raw packets on one device: scans, malformed probes, forgeries, and stacks other than Linux's (ghosts)."""

    def __init__(self, lab, device):
        self.lab, self.device = lab, device
        space = {"c0": lab.client, "s0": lab.server, "m0": lab.middle, "m1": lab.middle}[device]
        facing = {"c0": ("m0", lab.middle), "s0": ("m1", lab.middle), "m0": ("c0", lab.client),
                  "m1": ("s0", lab.server)}[device]
        self.src_mac, self.dst_mac = space.macs[device], facing[1].macs[facing[0]]
        with space.entered():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self.sock.bind((device, 0))

    def close(self):
        self.sock.close()

    def send(self, packet):
        """An IP packet, as bytes."""
        self.sock.send(packets.ethernet(packet, self.src_mac, self.dst_mac))

    def segment(self, src, dst, sport, dport, flags, **fields):
        self.send(packets.tcp_segment(src, dst, sport, dport, flags, **fields))

    def drain(self):
        """Forget what has arrived so far."""
        while select.select([self.sock], [], [], 0)[0]:
            self.sock.recv(65536)

    def wait(self, wanted, timeout=5):
        """The next segment arriving at (not leaving from) this device for which wanted(segment)."""
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None
            data = self.sock.recv(65536)
            segment = packets.decode(data, packets.DLT_EN10MB)
            if segment and segment.src_mac != self.src_mac and wanted(segment):
                return segment


class Ghost:
    """A TCP endpoint of another make: hand-made segments from an address on which no kernel answers."""

    def __init__(self, lab, device, address, peer, sport, dport, *, ttl=128, window=64240, ip_ids=None):
        self.raw = lab.raw(device)
        self.address, self.peer, self.sport, self.dport = address, peer, sport, dport
        self.ttl, self.window = ttl, window
        self.ip_id = lab.rng.randint(1, 60000) if ip_ids is None else ip_ids
        self.nxt = lab.rng.randint(1, 2**32 - 1)
        self.ack, self.scale = 0, 0
        self.rng = lab.rng

    def transmit(self, flags, payload=b"", *, seq=None, ack=None, options=b"", window=None, advance=True):
        self.ip_id = self.ip_id % 65535 + 1
        self.raw.segment(self.address, self.peer, self.sport, self.dport, flags,
                         seq=self.nxt if seq is None else seq,
                         ack=(self.ack if ack is None else ack) if flags & ACK else 0, options=options,
                         payload=payload, window=self.window if window is None else window, ttl=self.ttl,
                         ip_id=self.ip_id)
        if advance and seq is None:
            self.nxt = (self.nxt + len(payload) + bool(flags & SYN) + bool(flags & FIN)) & 0xFFFFFFFF

    def hear(self, timeout=5, wanted=lambda segment: True):
        """The next segment for this connection; what it carries in order counts as received."""
        segment = self.raw.wait(lambda s: (s.src, s.dst, s.sport, s.dport) ==
                                (self.peer, self.address, self.dport, self.sport) and wanted(s), timeout)
        if segment is None:
            return None
        if segment.flags & SYN:
            self.ack = (segment.seq + 1) & 0xFFFFFFFF
        elif segment.seq == self.ack:
            self.ack = (segment.seq + segment.payload_length + bool(segment.flags & FIN)) & 0xFFFFFFFF
        return segment

    SYN_OPTIONS = b"\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02"

    def open(self):
        """Active open; True when the connection stands."""
        self.transmit(SYN, options=self.SYN_OPTIONS)
        answer = self.hear(wanted=lambda s: s.flags & SYN)
        if not answer or not answer.flags & ACK:
            return False
        self.scale = packets.window_scale(answer.options)
        self.transmit(ACK)
        return True

    def accept(self, timeout=10):
        """Passive open: waits for a SYN to (address, sport) of whoever sends one."""
        first = self.raw.wait(lambda s: s.dst == self.address and s.dport == self.sport and s.flags & SYN, timeout)
        if first is None:
            return False
        self.peer, self.dport = first.src, first.sport
        self.ack = (first.seq + 1) & 0xFFFFFFFF
        self.transmit(SYN | ACK, options=self.SYN_OPTIONS)
        return self.hear(wanted=lambda s: s.flags & ACK) is not None
