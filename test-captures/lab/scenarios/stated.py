# SPDX-License-Identifier: GPL-2.0-or-later
"""RSTs that say themselves why: a device's payload, a window that is a code, text as RFC 1122 allows it."""

import struct
import time

from lab import *

THIN = True

# texts for which no row of the cause table says the same
BALANCER_TEXTS = ("{peer} TCP RST from remote system", "RST from BIG-IP internal Linux host", "HTTP process state",
                  "Internal error (APM requested abort)", "Closing")
# codes of the window field, likewise
WINDOW_CODES = (8196, 8214, 9306, 9400, 9704, 9811, 9817, 9952)


def device_answers(lab, make, count=1, expect=None):
    """A device in the path answers a request with its own RST to the client and drops the rest.

    make(box, half of the server) -> fields of the RST.
    """
    cut = set()

    def on(box, half, segment):
        name = frozenset(((half.src, half.sport), (half.dst, half.dport)))
        if name not in cut and half.device == "m0" and segment.payload_length and segment.payload[:1] == b"!":
            cut.add(name)
            box.forge(box.peer(half), RST | ACK, **make(box, box.peer(half)))
        return "drop" if name in cut else None
    box = Middlebox(lab, on, inline=True)
    lab.expect_forged(expect or "device-stated", sender="server", count=count, resets=count)
    listener = lab.listen()
    for _ in range(count):
        client, server = lab.pair(listener)
        lab.exchange(client, server, rounds=lab.rng.randint(1, 2))
        client.sendall(b"!" + lab.bytes(20, 300))
        if receive_error(client) != "ECONNRESET":
            raise NotAsClaimed("not reset")
        lab.settle()
        server.close()
    box.check()


def balancer_payload(lab, text):
    return f"BIG-IP: [0x{lab.rng.randrange(16**6, 16**7):x}:{lab.rng.randint(300, 6000)}] {text}".encode()


@scenario("device-stated.balancer-payload", paths=("plain",), seconds=3, derive=("snap96", "snap64"))
def balancer(lab):
    """A load balancer (F5) writes into the RST why it sent it."""
    text = balancer_payload(lab, lab.rng.choice(BALANCER_TEXTS))
    device_answers(lab, lambda box, half: dict(payload=text, ttl=255 - box.lab.rng.randint(0, 3), ip_id=box.next_id(),
                                               window=0), lab.rng.randint(1, 3))


@scenario("device-stated.window-code", paths=("plain",), seconds=4, derive=("snap68",))
def window_code(lab):
    """An application delivery controller (NetScaler) sets the RST's window to a code, the same on several connections."""
    code = lab.rng.choice(WINDOW_CODES)
    ttl = lab.rng.choice((64, 128, 255))
    device_answers(lab, lambda box, half: dict(window=code, ttl=ttl, ip_id=box.next_id()), lab.rng.randint(2, 4))


@scenario("device-stated.diagnostic-payload", seconds=3, derive=("snap96",))
def diagnostic_payload(lab):
    """A device puts a diagnostic payload (CBOR, draft-ietf-tcpm-rst-diagnostic-payload) into its RST."""
    text = b"resource exhausted"
    body = b"\x19\x30\x39" + b"\xa2\x02\x03\x03" + bytes((0x60 + len(text),)) + text
    device_answers(lab, lambda box, half: dict(payload=body, ttl=255, ip_id=box.next_id(), window=0))


@scenario("device-stated.text", seconds=3, derive=("snap64",))
def plain_text(lab):
    """A device explains itself with a line of plain text in the RST (RFC 1122, 4.2.2.12)."""
    text = lab.rng.choice((b"connection limit of this subscriber reached", b"virtual server is disabled",
                           b"maintenance in progress")) + lab.rng.choice((b"", b"\r\n"))
    device_answers(lab, lambda box, half: dict(payload=text, ttl=lab.rng.choice((64, 255)), ip_id=box.next_id(),
                                               window=0))


@scenario("device-idle-timeout.stated", seconds=15, derive=("snap96",))
def idle_stated(lab):
    """A load balancer drops a connection idle for some seconds with RSTs to both ends that say so."""
    timeout = lab.rng.uniform(5, 8)
    text = balancer_payload(lab, "Flow expired (sweeper)")
    seen = {}

    def on(box, half, segment):
        seen[half.device] = half
        seen["last"] = time.monotonic()
        return "drop" if "done" in seen else None

    def tick(box):
        if "done" not in seen and "last" in seen and time.monotonic() - seen["last"] > timeout:
            seen["done"] = True
            for device in ("m0", "m1"):
                box.forge(seen[device], RST | ACK, payload=text, ttl=255, ip_id=box.next_id(), window=0)
            box.acted.set()
    box = Middlebox(lab, on, tick, inline=True)
    client, server = lab.pair()
    lab.exchange(client, server)
    lab.expect_forged("device-idle-timeout", count=2, resets=2)
    box.wait(timeout + 4)
    lab.settle()


@scenario("policy-reset.stated", seconds=3, derive=("snap96",))
def policy_stated(lab):
    """A load balancer's policy rejects a request and the RST says so."""
    text = balancer_payload(lab, lab.rng.choice(("Policy action", "iRule execution (reject command)")))
    device_answers(lab, lambda box, half: dict(payload=text, ttl=255, ip_id=box.next_id(), window=0),
                   expect="policy-reset")


@scenario("so-linger-abort.window-like-a-code", derive=("snap68",))
def window_like_a_code(lab):
    """A small stack (lwIP) whose window is always the same, in its RST too, and happens to be some device's code; it aborts."""
    listener = lab.listen()
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port, ttl=255,
                  window=lab.rng.choice((8196, 8201, 8760, 9300, 9400, 9814)))
    ghost.SYN_OPTIONS = b"\x02\x04\x05\xb4"
    if not ghost.open():
        raise NotAsClaimed("no connection")
    server, _ = listener.accept()
    lab.closing.append(server)
    for _ in range(lab.rng.randint(1, 3)):
        data = lab.bytes(20, 200)
        ghost.transmit(ACK | PSH, data)
        receive_exactly(server, len(data))
        lab.settle()
    lab.expect("so-linger-abort", sender="client", reason="-", node="client", resets=1)
    ghost.transmit(RST | ACK)
    lab.settle()


@scenario("reset-instead-of-fin.text-before", derive=("snap64",))
def text_before(lab):
    """The server's data ends with a line that looks like a device's reason; its RST, an ordinary abort, carries nothing."""
    client, server = lab.pair()
    lab.exchange(client, server, answer=balancer_payload(lab, "Policy action") + b"\n" + struct.pack("!I", 0x193039))
    lab.settle(2)
    lab.expect("reset-instead-of-fin", sender="server", reason="TCP_STATE")
    lab.expect_echoes()
    abort(server)
    lab.settle()


@scenario("so-linger-abort.text", derive=("snap64",))
def ghost_text(lab):
    """A stack (not Linux) aborts with a RST that carries a line of text of its application's."""
    listener = lab.listen()
    ghost = Ghost(lab, "c0", lab.ghost_client, lab.server_address, lab.rng.randint(1024, 65535), lab.port,
                  ttl=lab.ttl["client"])
    if not ghost.open():
        raise NotAsClaimed("no connection")
    server, _ = listener.accept()
    lab.closing.append(server)
    data = lab.bytes(20, 200)
    ghost.transmit(ACK | PSH, data)
    receive_exactly(server, len(data))
    lab.settle()
    lab.expect("so-linger-abort", sender="client", reason="-", node="client")
    ghost.transmit(RST | ACK, lab.rng.choice((b"user abort", b"out of memory in task 7")), window=0)
    lab.settle()
