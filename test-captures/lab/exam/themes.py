# SPDX-License-Identifier: GPL-2.0-or-later
"""What the programs of a situation are about. Boxes are drawn without regard to it, except where a theme needs one to exist."""

import socket
import time
from dataclasses import dataclass

from . import boxes, stacks
from .boxes import decades
from .fabric import Broken
from .loop import Sleep
from .programs import Conversation, Process, accepted, call, name_of, scan, serve

THEMES = {}


@dataclass
class Theme:
    name: str
    draw: object                  # draw(situation, rng) -> start(situation)
    weight: float
    always: tuple = ()            # boxes it needs
    never: tuple = ()             # boxes that would leave nothing of it
    filter: object = None         # kind of packet filter it wants at a router
    host_filters: bool = True


def theme(name, weight=1.0, **how):
    def note(draw):
        THEMES[name] = Theme(name, draw, weight, **how)
        return draw
    return note


def starts(rng, count, spread):
    """When so many connections begin: together, or spread."""
    return [rng.uniform(0, spread) for _ in range(count)] if rng.random() < 0.7 else [0.0] * count


def several(situation, rng, make, count=None, listener=None, clients=None, process=None, **how):
    """So many connections, each with a plan of its own from make()."""
    world = situation
    count = count or rng.choice((1, 1, 2, 3, 4, 6))
    port = rng.choice(world.ports)
    server = process or world.y.process
    plans = [make() for _ in range(count)]
    listening = world.y.listen(port, process=server, **(listener or {}))
    # the accepting end does not know which client comes: plans go by the client's port where that is drawn
    base = rng.randint(20000, 32000)
    ports = rng.sample(range(base, base + 200), count)
    known = dict(zip(ports, plans))
    world.loop.start(serve(world.y, server, listening, lambda address: known.get(address[1], plans[0])))
    for plan, sport, start in zip(plans, ports, starts(rng, count, decades(rng, 0.01, 1.2))):
        world.loop.start(call(world.x, clients or world.x.process, port, plan, sport=sport, **how), 0.02 + start)
    return listening


@theme("mixed", 5)
def mixed(situation, rng):
    def start(world):
        several(world, rng, lambda: Conversation(rng))
        if rng.random() < 0.3:
            several_closed(world, rng, 1)
    return start


def several_closed(world, rng, count):
    for number in range(count):
        port = 30000 + rng.randrange(2000)
        world.loop.start(call(world.x, world.x.process, port, Conversation(rng), first=rng.choice((0, 0, 0, 50))),
                         rng.uniform(0.01, 0.8))


@theme("closed-port", 1.0)
def closed_port(situation, rng):
    def start(world):
        if rng.random() < 0.5:
            several(world, rng, lambda: Conversation(rng, ending="close"), count=1)
        several_closed(world, rng, rng.randint(1, 4))
    return start


@theme("abort", 2.5)
def abort(situation, rng):
    def start(world):
        several(world, rng, lambda: Conversation(
            rng, ending=rng.choice(("abort", "abort", "disconnect", "close", "shut-abort")), request_read=1.0,
            answer_read=rng.choice((1.0, 1.0, 0.5))))
    return start


@theme("unread", 1.5)
def unread(situation, rng):
    def start(world):
        several(world, rng, lambda: Conversation(
            rng, ending=rng.choice(("close", "close", "kill", "abort")), rounds=rng.choice((1, 1, 2)),
            request_read=rng.choice((0.0, 0.5, 1.0)), answer_read=rng.choice((0.0, 0.5, 1.0)), extra=rng.random() < 0.5))
    return start


@theme("restart", 2.0)
def restart(situation, rng):
    """One end loses its state without a word; the other goes on."""
    def start(world):
        process = Process(world.y)

        def again():
            yield Sleep(decades(rng, 0.3, 1.5))
            process.kill("vanish")
            if rng.random() < 0.5:
                yield Sleep(decades(rng, 0.01, 0.5))
                fresh = Process(world.y)
                for port in world.ports:
                    try:
                        listener = world.y.listen(port, process=fresh)
                    except OSError:
                        continue
                    world.loop.start(serve(world.y, fresh, listener, [Conversation(rng)]))
        several(world, rng, lambda: Conversation(
            rng, ender="server", ending="vanish", pause=decades(rng, 0.01, 2), reaction=rng.choice(("talk", "talk-much")),
            react_after=decades(rng, 0.01, 2.5)), process=process)
        if rng.random() < 0.6:
            world.loop.start(again())
    return start


@theme("client-restart", 1.0)
def client_restart(situation, rng):
    """The client vanishes; later, perhaps, the same port connects anew."""
    def start(world):
        def plan():
            return Conversation(rng, ender="client", ending="vanish", pause=decades(rng, 0.01, 0.5),
                                reaction=rng.choice(("talk", "silent", "silent", "late-close", "read-close")),
                                react_after=decades(rng, 0.3, 2), patience=9.0)
        port, sport = rng.choice(world.ports), rng.randint(20000, 30000)
        listener = world.y.listen(port)
        world.loop.start(serve(world.y, world.y.process, listener, lambda address: plan()))

        def again():
            yield from call(world.x, world.x.process, port, plan(), sport=sport)
            yield Sleep(decades(rng, 0.05, 1))
            yield from call(world.x, world.x.process, port, Conversation(rng, ender="client"), sport=sport)
        world.loop.start(again(), 0.02)
    return start


@theme("reuse", 1.0)
def reuse(situation, rng):
    """The same client port again, soon after a close of some kind."""
    situation.sysctls["x"]["tcp_tw_reuse"] = rng.choice((0, 1))

    def start(world):
        port, sport = rng.choice(world.ports), rng.randint(20000, 30000)
        listener = world.y.listen(port)
        world.loop.start(serve(world.y, world.y.process, listener, lambda address: Conversation(
            rng, ender="server", ending=rng.choice(("close", "close", "shut-close", "none", "abort")))))

        def again():
            for _ in range(rng.randint(2, 4)):
                yield from call(world.x, world.x.process, port, Conversation(
                    rng, rounds=1, ender=rng.choice(("client", "server")),
                    ending=rng.choice(("close", "vanish", "abort")), reaction=rng.choice(("read-close", "talk")),
                    pause=decades(rng, 0.001, 0.2)), sport=sport)
                yield Sleep(decades(rng, 0.001, 0.8))
        world.loop.start(again(), 0.02)
    return start


@theme("half-close", 2.0)
def half_close(situation, rng):
    """One end closes while the other still writes."""
    situation.sysctls[rng.choice("xy")]["tcp_fin_timeout"] = rng.choice((1, 60, 90))

    def start(world):
        several(world, rng, lambda: Conversation(
            rng, ending=rng.choice(("close", "close", "shut-close")), request_read=1.0, answer_read=1.0,
            reaction=rng.choice(("talk", "talk", "talk-much", "late-close"))))
    return start


@theme("fin-expiry", 1.0)
def fin_expiry(situation, rng):
    """The FIN of the other end comes when the first has forgotten."""
    situation.sysctls["x"]["tcp_fin_timeout"] = situation.sysctls["y"]["tcp_fin_timeout"] = 1

    def start(world):
        several(world, rng, lambda: Conversation(rng, ending="close", request_read=1.0, answer_read=1.0,
                                                 reaction="late-close", react_after=decades(rng, 0.05, 1.5)))
    return start


@theme("keepalive", 1.5, always=(boxes.Cut,), never=("loss",))
def keepalive(situation, rng):
    """Probes, 1 to 9 of them, into a void that begins some time."""
    def start(world):
        probes = rng.choice((1, 1, 2, 2, 3, 3, 5, 9))
        several(world, rng, lambda: Conversation(rng, ending="none", reaction="silent", patience=12.0),
                keepalive=(rng.choice((1, 1, 2)), 1, probes), user_timeout=rng.choice((0, 0, 0, 1500)))

        def stay():
            yield Sleep(min(11.5, probes + 3.5))
        world.loop.start(stay())
    return start


@theme("overflow", 1.0)
def overflow(situation, rng):
    situation.sysctls["y"].update(tcp_abort_on_overflow=rng.choice((1, 1, 1, 0)), tcp_syncookies=rng.choice((0, 0, 1)),
                                  tcp_max_syn_backlog=256)

    def start(world):
        port = rng.choice(world.ports)
        listener = world.y.listen(port, backlog=rng.randint(0, 3))
        world.loop.start(serve(world.y, world.y.process, listener, lambda address: Conversation(rng, patience=1.0),
                               accept_after=decades(rng, 0.2, 2.5)))
        for at in starts(rng, rng.randint(3, 9), decades(rng, 0.005, 0.3)):
            world.loop.start(call(world.x, world.x.process, port, Conversation(rng, patience=1.5)), 0.02 + at)
    return start


@theme("listener-closed", 1.0)
def listener_closed(situation, rng):
    """A service stops with connections that it has not accepted; some it has."""
    def start(world):
        process, port = Process(world.y), rng.choice(world.ports)
        listener = world.y.listen(port, process=process)
        if rng.random() < 0.4:
            world.loop.start(serve(world.y, process, listener, lambda address: Conversation(rng, rounds=3, between=0.4),
                                   accept_after=rng.choice((0, decades(rng, 0.1, 0.5)))))
        for at in starts(rng, rng.randint(1, 6), 0.6):
            world.loop.start(call(world.x, world.x.process, port, Conversation(rng, ender="server", patience=2.0)),
                             0.02 + at)

        def stop():
            yield Sleep(decades(rng, 0.1, 1.2))
            process.kill()
        world.loop.start(stop())
    return start


@theme("mass", 1.0)
def mass(situation, rng):
    """Many connections of one process, which is killed, or aborts them all."""
    def start(world):
        side = rng.choice((world.x, world.y))
        process, how = Process(side), rng.choice(("kill", "abort", "abort", "vanish"))
        processes = {"process": process} if side is world.y else {"clients": process}
        several(world, rng, lambda: Conversation(rng, rounds=rng.choice((0, 1, 2)), ending="none", reaction="silent",
                                                 request_read=rng.choice((0.0, 1.0)), answer_read=rng.choice((0.5, 1.0))),
                count=rng.randint(4, 14), **processes)

        def stop():
            yield Sleep(decades(rng, 0.7, 2))
            process.kill(how)
        world.loop.start(stop())
    return start


@theme("pool", 1.0)
def pool(situation, rng):
    """A pool whose owner sweeps idle connections away by RST, each some time after its last data."""
    def start(world):
        idle, every = decades(rng, 0.3, 1.5), rng.choice((0.01, 0.05, 0.3))
        side = rng.choice((world.x, world.y))
        process = Process(side)
        processes = {"process": process} if side is world.y else {"clients": process}
        used = {}

        def plan():
            made = Conversation(rng, rounds=rng.randint(1, 3), ending="none", reaction="silent", request_read=1.0,
                                answer_read=1.0, between=decades(rng, 0.01, 0.3), think=0, request=rng.randint(10, 500),
                                answer=rng.randint(10, 900))
            return made
        several(world, rng, plan, count=rng.randint(2, 7), **processes)

        def sweep():
            for _ in range(int(4.5 / every)):
                yield Sleep(every)
                now = time.monotonic()
                for sock in list(process.sockets):
                    if sock.fileno() < 0 or not used.setdefault(sock, now):
                        continue
                    last = last_data(world, side, sock)
                    if last and now - last >= idle:
                        side.finish(sock, "idle-abort")
                        process.sockets.remove(sock)
        world.loop.start(sweep(), 0.2)
    return start


def last_data(world, end, sock):
    """When this connection last carried data at its end, on the monotonic clock; None: never."""
    name = name_of(sock)
    if not name or len(name) < 4:
        return None
    offset = time.time_ns() - time.monotonic_ns()
    for place in end.node.places:
        for when, _, _, birth in reversed(place.frames):
            segment = birth.segment if birth else None
            if segment and segment.payload_length and {segment.sport, segment.dport} == {name[1], name[3]}:
                return (when - offset) / 1e9
    return None


@theme("bulk", 1.5)
def bulk(situation, rng):
    """A download or an upload that its receiver, or its sender, breaks off."""
    def start(world):
        down = rng.random() < 0.6
        size = round(decades(rng, 30000, 500000))
        several(world, rng, lambda: Conversation(
            rng, rounds=1, request=100 if down else size, answer=size if down else 100,
            request_read=1.0 if down else rng.random() * 0.6, answer_read=rng.random() * 0.6 if down else 1.0,
            ender=rng.choice(("client", "server")), pause=0, ending=rng.choice(("close", "close", "abort", "kill"))),
            count=rng.randint(1, 2))
    return start


@theme("early-reply", 1.0)
def early_reply(situation, rng):
    """The server has seen enough: it answers and closes while the request still comes."""
    def start(world):
        several(world, rng, lambda: Conversation(
            rng, rounds=1, request=round(decades(rng, 3000, 200000)), answer=rng.randint(20, 600),
            request_read=rng.random() * 0.3, ender="server", ending=rng.choice(("close", "close", "shut-close")),
            pause=rng.choice((0, 0, 0.02)), think=0), count=rng.randint(1, 3))
    return start


@theme("abandon", 1.0, host_filters=False)
def abandon(situation, rng):
    """connect() given up before the SYN-ACK comes."""
    def start(world):
        def plans():
            return Conversation(rng)
        several(world, rng, plans, count=rng.randint(1, 4), patience=world.rtt * rng.uniform(0.2, 0.9))
    return start


@theme("scan", 1.5)
def scanning(situation, rng):
    def start(world):
        world.y.listen(world.ports[0])
        if rng.random() < 0.5:
            world.y.listen(world.ports[1])
        kinds = rng.choices(("syn", "syn", "syn", "null", "fin", "ack", "xmas", "syn-ack", "data"), k=rng.choice((1, 1, 2)))
        for number, kind in enumerate(kinds):
            ports = rng.sample(range(1, 1000), rng.choice((0, 1, 3, 6))) + world.ports[:rng.randint(1, 3)]
            rng.shuffle(ports)
            world.loop.start(scan(world.x, ports, kind, rng), 0.02 + number * 0.3)
    return start


@theme("idle", 1.2, filter="idle-filter", host_filters=False)
def idle(situation, rng):
    """Connections that pause: longer than a stateful filter remembers, or a translation."""
    situation.hops = max(1, situation.hops)
    if rng.random() < 0.3:
        situation.filter = "masquerade-idle"

    def start(world):
        several(world, rng, lambda: Conversation(rng, rounds=2, between=decades(rng, 0.4, 4), request_read=1.0,
                                                 answer_read=1.0, ending=rng.choice(("close", "abort", "none")),
                                                 patience=6.0))

        def stay():
            yield Sleep(5)
        world.loop.start(stay())
    return start


@theme("long", 3.0, never=("loss", "loseone", "cut", "alteronce", "reorder"), host_filters=False)
def long(situation, rng):
    """A pause of seconds to hours, written longer than it was; then somebody speaks, sweeps, times out or has forgotten."""
    situation.timestamps = False
    mode = rng.choice(("talk", "vanish", "vanish", "pool", "pool", "device", "device", "filter", "filter", "abort", "close"))
    if mode == "device":
        situation.extra_boxes = (boxes.IdleDevice,)
    elif mode == "filter":
        situation.hops = max(1, situation.hops)
        situation.filter = rng.choice(("idle-filter", "idle-filter", "masquerade-idle"))
    wait = decades(rng, 3, 8000)

    def start(world):
        owner = rng.choice("xy")
        count = rng.choice((1, 1, 2, 3, 5, 8))
        side = world.x if owner == "x" else world.y
        process, speaker = Process(side), rng.choice(("client", "server"))
        processes = {"process": process} if owner == "y" else {"clients": process}
        world.loop.after(1.0, world.grow_old, wait)

        def plan():
            made = Conversation(rng, rounds=1, request=rng.randint(5, 900), answer=rng.randint(5, 2000), request_read=1.0,
                                answer_read=1.0, between=0, think=0, extra=False, ender=speaker,
                                pause=2.4 + rng.uniform(0, 0.4), ending=rng.choice(("close", "abort", "none")),
                                reaction=rng.choice(("read-close", "talk", "silent")), patience=9.0)
            if mode in ("talk", "vanish", "filter"):
                made.reaction, made.react_after, made.pause = "talk", 2.3 + rng.uniform(0, 0.5), 3.4
                made.ending = rng.choice(("close", "none"))
            elif mode in ("pool", "device"):
                made.ending, made.reaction = "none", "silent"
            return made
        several(world, rng, plan, count=count, **processes)

        def later():
            yield Sleep(1.4 + rng.uniform(0, 0.6))
            if mode == "vanish":
                process.kill("vanish")
            elif mode == "pool":
                for sock in list(process.sockets):
                    side.finish(sock, "idle-abort")
                    yield Sleep(rng.choice((0, 0.01, 0.1)))
            yield Sleep(2)
        world.loop.start(later())
    return start


@theme("foreign", 2.0, host_filters=False)
def foreign(situation, rng):
    """One end is not Linux: lwIP or gVisor, where installed; else as `mixed`."""
    stack, end, restart = rng.choice(("lwip", "lwip", "gvisor")), rng.choice("xyy"), rng.random() < 0.3
    count = rng.randint(1, 5)

    def draw():
        return Conversation(rng, request=round(decades(rng, 1, 3000)), answer=round(decades(rng, 1, 20000)), patience=5.0,
                            reaction=rng.choice(("read-close", "read-abort", "talk", "late-close", "silent")))
    plans, closed = [draw() for _ in range(count)], rng.random() < 0.4
    if stack not in stacks.programs:
        return mixed(situation, rng)
    situation.family, situation.af = 4, socket.AF_INET
    situation.foreign = {end: stack}

    def start(world):
        port, node = world.ports[0], world.node[end]
        if end == "y":
            lines = [f"listen {port} {rng.choice((1, 8))}"] + [f"plan {stacks.letters(plan, 'server')}" for plan in plans]
        else:
            lines = [f"call {round(rng.uniform(10, 800))} {world.address['y']} {port} {stacks.letters(plan, 'client')}"
                     for plan in plans]
            if closed:
                lines.append(f"call 50 {world.address['y']} {port + 1} a")
            world.loop.start(serve(world.y, world.y.process, world.y.listen(port), plans))
        gone = round(decades(rng, 400, 2500)) if stack == "lwip" and restart else 0
        node.stack.start(*lines, *([f"end {gone}"] if gone else []))
        if not node.stack.wait():
            raise Broken(f"{stack} did not start")
        if end == "y":
            for plan, at in zip(plans, starts(rng, count, 1.0)):
                world.loop.start(call(world.x, world.x.process, port, plan, patience=4.0), 0.05 + at)
            if closed:
                world.loop.start(call(world.x, world.x.process, port + 1, plans[0]), 0.3)

        def stay():
            yield Sleep(gone / 1000 + 0.2)
            if gone:
                node.stack.start(*lines[:1 + count] if end == "y" else ["plan p"], again=True)
            yield Sleep(3)
        world.loop.start(stay())
    return start


@theme("multipath", 0.8)
def multipath(situation, rng):
    """Multipath TCP at both ends, or at one."""
    def start(world):
        world.x.multipath = world.y.multipath = True
        if rng.random() < 0.2:
            world.y.multipath = False
        several(world, rng, lambda: Conversation(
            rng, ending=rng.choice(("close", "abort", "abort", "kill")), reaction=rng.choice(("read-close", "talk"))))
    return start


@theme("fast-open", 1.0)
def fast_open(situation, rng):
    for side in "xy":
        situation.sysctls[side]["tcp_fastopen"] = 0x607

    def start(world):
        several(world, rng, lambda: Conversation(rng, rounds=rng.choice((0, 1, 1))), first=rng.randint(1, 900),
                listener={"fast_open": True})
    return start


@theme("linger2", 0.7)
def linger2(situation, rng):
    def start(world):
        several(world, rng, lambda: Conversation(rng, ending="linger2", reaction=rng.choice(("silent", "late-close", "talk")),
                                                 request_read=1.0, answer_read=1.0))
    return start


@theme("deferred", 0.6, always=(boxes.LoseOne,))
def deferred(situation, rng):
    """TCP_DEFER_ACCEPT, or a handshake that is given up; the client speaks late."""
    situation.sysctls["y"]["tcp_synack_retries"] = rng.choice((0, 1))

    def start(world):
        several(world, rng, lambda: Conversation(rng, rounds=0, ender="client", pause=decades(rng, 0.5, 6), ending="none",
                                                 reaction="read-close") if rng.random() < 0.3 else
                Conversation(rng, rounds=1, patience=6.0), listener={"defer": rng.choice((1, 2))})

        def stay():
            yield Sleep(5)
        world.loop.start(stay())
    return start


@theme("silence", 1.0, always=(boxes.Cut,))
def silence(situation, rng):
    """Data into a cut path with a user timeout: the sender's stack gives up in silence, the peer finds out later."""
    def start(world):
        several(world, rng, lambda: Conversation(rng, rounds=3, between=decades(rng, 0.05, 0.6), patience=3.0),
                user_timeout=rng.choice((0, 400, 1000)))
    return start


@theme("relay", 0.8)
def relay(situation, rng):
    """A proxy at the server's address whose backend refuses: it ends the client's connection, by RST."""
    def start(world):
        port = rng.choice(world.ports)
        listener = world.y.listen(port)
        delay = rng.choice((0, decades(rng, 0.001, 1)))

        def proxy(process):
            while new := (yield from accepted(process, listener, 5)):
                sock = new[0]
                name = name_of(sock)
                if name and len(name) == 4:
                    world.y.node.act("accepted", name)
                yield Sleep(delay)
                world.y.finish(sock, "relay-abort")
        world.loop.start(proxy(world.y.process))
        for at in starts(rng, rng.randint(1, 5), 0.8):
            world.loop.start(call(world.x, world.x.process, port, Conversation(rng, ender="server", patience=1.5)),
                             0.02 + at)
    return start
