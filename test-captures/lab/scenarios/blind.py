# SPDX-License-Identifier: GPL-2.0-or-later
"""Forged by somebody off the path, who must guess the numbers."""

from lab import *

THIN = True

WRAP = 2**32


class Blind:
    """An attacker off the path: sees nothing, sends in another's name; the packets come in through the router."""

    def __init__(self, lab, victim):
        self.lab, self.rng, self.victim = lab, lab.rng, victim
        self.raw = lab.raw("m1" if victim == "server" else "m0")
        real = lab.ttl["client" if victim == "server" else "server"] - 1
        self.ttl = lab.rng.choice([ttl for ttl in (47, 55, 113, 119, 236, 241) if abs(ttl - real) > 3])
        self.fixed_id = lab.rng.choice((None, None, 0, 54321))
        self.window = lab.rng.choice((0, 512, 16384))

    def send(self, src, dst, flags, seq, ack=0):
        self.raw.segment(src[0], dst[0], src[1], dst[1], flags, seq=seq % WRAP, ack=ack, window=self.window, ttl=self.ttl,
                         ip_id=self.rng.randint(1, 65535) if self.fixed_id is None else self.fixed_id, df=False)


def ends(client, server):
    return client.getsockname()[:2], server.getsockname()[:2]


def steady(lab):
    """A connection with an exchange behind it and a device's memory of its numbers, for the truth's sake only."""
    box = Middlebox(lab)
    client, server = lab.pair()
    lab.exchange(client, server, rounds=2)
    box.check()
    return box, client, server


def still_alive(lab, client, server):
    lab.sleep(0.6)
    lab.exchange(client, server, rounds=2)
    client.close()
    server.close()
    lab.settle(2)
    lab.sleep(0.05)


def avoid_exact(seq, half):
    return seq + 7 if seq % WRAP == half.nxt else seq


@scenario("blind-attack.stride", paths=("plain",), seconds=3, derive=("snap64",))
def stride(lab):
    """RSTs to the server in the client's name through the whole number space, a guessed window apart; none fits."""
    box, client, server = steady(lab)
    attacker = Blind(lab, "server")
    src, dst = ends(client, server)
    half = box.halves[src + dst]
    count = lab.rng.randint(16, 60)
    step = WRAP // count
    flags = lab.rng.choice((RST, RST, RST | ACK))
    first = lab.rng.randrange(WRAP)
    lab.expect_forged("blind-attack", sender="client", count=count, effect=challenged_or_ignored)
    for number in range(count):
        attacker.send(src, dst, flags, avoid_exact(first + number * step, half), lab.rng.randrange(WRAP))
        lab.sleep(0.003, 0.008)
    still_alive(lab, client, server)


@scenario("blind-attack.near", paths=("plain",), seconds=4, derive=("snap68",))
def near(lab):
    """A guesser who is lucky: of many RSTs to the client a few fall into its window and are challenged; none is exact."""
    box, client, server = steady(lab)
    attacker = Blind(lab, "client")
    dst, src = ends(client, server)
    half = box.halves[src + dst]
    count = lab.rng.randint(12, 30)
    step = lab.rng.choice((16384, 32768, 65535))
    first = half.nxt - step * lab.rng.randint(3, count - 3) + lab.rng.randint(100, 5000)
    lab.expect_forged("blind-attack", sender="server", count=count, effect=challenged_or_ignored)
    for number in range(count):
        attacker.send(src, dst, RST, avoid_exact(first + number * step, half))
        lab.sleep(0.02, 0.05)
    still_alive(lab, client, server)


@scenario("blind-attack.ports", seconds=3, derive=("snap64",))
def ports(lab):
    """The attacker does not know the client's port: every port of a range is tried with the same few numbers."""
    box, client, server = steady(lab)
    attacker = Blind(lab, "server")
    src, dst = ends(client, server)
    half = box.halves[src + dst]
    guesses = [lab.rng.randrange(WRAP) for _ in range(2)]
    tried = [src[1] + offset for offset in range(-lab.rng.randint(3, 12), lab.rng.randint(3, 12))]
    lab.expect_forged("blind-attack", sender="client", count=len(guesses),
                      effect=challenged_or_ignored, port=src[1])
    lab.expect_forged("blind-attack", sender="client", count=len(guesses) * (len(tried) - 1))
    for guess in guesses:
        for port in tried:
            attacker.send((src[0], port), dst, RST, avoid_exact(guess, half))
            lab.sleep(0.003, 0.006)
    still_alive(lab, client, server)


@scenario("blind-attack.both", seconds=4, derive=("snap96",))
def blind_both(lab):
    """Both ends of a long-lived connection (as of routers) are shot at in turn, RST and RST,ACK mixed."""
    box, client, server = steady(lab)
    src, dst = ends(client, server)
    forth, back = Blind(lab, "server"), Blind(lab, "client")
    count = lab.rng.randint(8, 20)
    lab.expect_forged("blind-attack", count=2 * count, effect=challenged_or_ignored)
    start = lab.rng.randrange(WRAP)
    for number in range(count):
        seq = start + number * lab.rng.choice((65535, 131070, 2**26))
        forth.send(src, dst, lab.rng.choice((RST, RST | ACK)), avoid_exact(seq, box.halves[src + dst]),
                   lab.rng.randrange(WRAP))
        back.send(dst, src, lab.rng.choice((RST, RST | ACK)), avoid_exact(seq, box.halves[dst + src]),
                  lab.rng.randrange(WRAP))
        lab.sleep(0.01, 0.03)
        if number == count // 2:
            lab.exchange(client, server, rounds=1)
            lab.sleep(0.05)
    still_alive(lab, client, server)


@scenario("blind-attack.slow", seconds=6, derive=("snap64",))
def slow(lab):
    """A patient guesser, beside ordinary traffic: a RST to the server now and then, some inside the window."""
    box, client, server = steady(lab)
    attacker = Blind(lab, "server")
    src, dst = ends(client, server)
    half = box.halves[src + dst]
    count = lab.rng.randint(4, 7)
    lab.expect_forged("blind-attack", sender="client", count=count, effect=challenged_or_ignored)
    for number in range(count):
        seq = half.nxt + lab.rng.randint(50, 3000) if number % 2 else lab.rng.randrange(WRAP)
        attacker.send(src, dst, RST, avoid_exact(seq, half))
        lab.sleep(0.55, 0.7)
        if lab.rng.random() < 0.5:
            lab.exchange(client, server, rounds=1)
    still_alive(lab, client, server)
