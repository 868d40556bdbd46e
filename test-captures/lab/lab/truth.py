# SPDX-License-Identifier: GPL-2.0-or-later
"""Truth: every RST frame of a recording joined with what the kernel said and with what the scenario did.

A *send* is one RST leaving one node, seen by the capture at that node. Kernel events are joined to sends, sends to the
scenario's expectations, frames at other places to sends. Whatever stays without a partner is an error, never a guess.
"""

from dataclasses import dataclass, field

from .packets import RST

MS = 10**6

# What each kernel reason (enum sk_rst_reason) can truly be; "-" is a RST that no kernel sent.
ALLOWED = {
    "NO_SOCKET": {
        "closed-port", "probe-response", "connect-abandoned", "syn-scan", "unsolicited-syn-ack", "echo-of-reset",
        "peer-restarted", "idle-state-lost", "late-after-close", "unknown-connection", "time-wait-collision",
        "half-open-resync", "fin-after-expiry", "data-after-close", "backend-unavailable", "ddos-challenge",
        "out-of-window-segment"},
    "TCP_FLAGS": {"bad-handshake-ack", "probe-response", "unknown-connection", "peer-restarted", "echo-of-reset",
                  "idle-state-lost", "late-after-close", "data-after-close", "unsolicited-syn-ack",
                  "fin-after-expiry", "accept-queue-overflow"},
    "TCP_INVALID_ACK_SEQUENCE": {"wrong-syn-ack", "ddos-challenge", "half-open-resync", "time-wait-collision"},
    "TCP_RFC7323_PAWS": {"wrong-syn-ack"},
    "TCP_OLD_ACK": {"bad-handshake-ack"},
    "TCP_TOO_OLD_ACK": {"bad-handshake-ack"},
    "TCP_ACK_UNSENT_DATA": {"bad-handshake-ack"},
    "TCP_ABORT_ON_DATA": {"data-after-close"},
    "TCP_TIMEWAIT_SOCKET": {"data-after-close", "time-wait-collision"},
    "INVALID_SYN": {"accept-queue-overflow", "out-of-window-segment"},
    "TCP_ABORT_ON_CLOSE": {"unread-data", "backend-unavailable", "early-reply", "cancelled-transfer",
                           "abort-after-fin", "mass-abort", "application-idle-timeout", "mptcp-abort"},
    "TCP_ABORT_ON_LINGER": {"abort-after-fin"},
    "TCP_ABORT_ON_MEMORY": {"local-abort", "retransmission-timeout", "zero-window-timeout"},
    "TCP_STATE": {"so-linger-abort", "backend-unavailable", "reset-instead-of-fin", "application-idle-timeout",
                  "mass-abort", "listener-closed", "cancelled-transfer", "early-reply", "abort-after-fin"},
    "TCP_DISCONNECT_WITH_DATA": {"so-linger-abort", "abort-after-fin"},
    "TCP_KEEPALIVE_TIMEOUT": {"keepalive-timeout"},
    "MPTCP_RST_EUNSPEC": {"mptcp-abort"}, "MPTCP_RST_EMPTCP": {"mptcp-abort"},
    "MPTCP_RST_ERESOURCE": {"mptcp-abort"}, "MPTCP_RST_EPROHIBIT": {"mptcp-abort"},
    "MPTCP_RST_EWQ2BIG": {"mptcp-abort"}, "MPTCP_RST_EBADPERF": {"mptcp-abort"},
    "MPTCP_RST_EMIDDLEBOX": {"mptcp-abort"},
    "-": None,                    # any cause: a packet filter, a device, a forger or an emulated stack
}


class NotAsClaimed(Exception):
    """The recording does not show what its scenario claims."""


@dataclass
class Send:
    """One RST leaving one node."""
    time: int
    node: str                     # "client", "middle", "server"
    frame: object
    side: str = "unknown"         # whose address it carries: "client" or "server"
    reason: str = "-"
    cause: str = None
    origin: str = "endpoint"
    effect: str = "-"
    arrival: int = None           # time at the receiving end, if it got there
    before: list = field(default_factory=list, repr=False)    # frames captured at its sender until then
    trigger: object = None        # the segment that came to its sender just before, on the same connection
    sightings: dict = field(default_factory=dict)

    @property
    def segment(self):
        return self.frame.segment

    @property
    def connection(self):
        segment = self.segment
        return frozenset(((segment.src, segment.sport), (segment.dst, segment.dport)))


@dataclass
class Expectation:
    cause: str
    sender: str = None
    reason: object = None         # one kernel reason, or several
    count: object = 1             # exactly n, or (least, most or None)
    port: int = None              # either port of the connection
    effect: object = None         # where the kernel's receive tracepoint cannot tell; or how to: f(send, captures, lab)
    origin: str = "endpoint"
    node: str = None
    when: object = None           # predicate on the Send
    resets: int = 0               # at least so many of them took effect
    seen: int = 0

    def bounds(self):
        return (self.count, self.count) if isinstance(self.count, int) else self.count

    def takes(self, send):
        least_most = self.bounds()
        if least_most[1] is not None and self.seen >= least_most[1]:
            return False
        if self.sender and send.side != self.sender or self.node and send.node != self.node:
            return False
        reasons = {self.reason} if isinstance(self.reason, str) else set(self.reason or ())
        if reasons and send.reason not in reasons:
            return False
        if not reasons and send.reason == "-" and self.origin == "endpoint":
            return False          # an endpoint's RST without the kernel's word must be claimed as such
        if self.port and self.port not in (send.segment.sport, send.segment.dport):
            return False
        return self.when is None or self.when(send)


def resets(capture):
    return [frame for frame in capture.frames if frame.segment and frame.segment.flags & RST]


def label(lab, captures, events):
    """Join everything of one run; `captures` maps device name to Capture. Returns the sends in order of time."""
    sends = find_sends(lab, captures)
    for send in sends:
        send.side = lab.side_of(send.segment)
    join_kernel(sends, events, lab)
    follow_wire(lab, captures)
    for device, capture in captures.items():
        join_sightings(lab, device, capture, sends)
    assign_causes(lab, sends)
    join_effects(lab, captures, sends, events)
    judge_echoes(sends)
    check_ambiguous(sends)
    return sends


def find_sends(lab, captures):
    sends = []
    for device, node in lab.end_devices.items():
        for frame in resets(captures[device]):
            if frame.segment.src_mac == lab.mac(device):
                frame.send = Send(frame.time, node, frame)
                frame.send.before = captures[device].frames[:captures[device].frames.index(frame)]
                frame.send.trigger = last_arrival(frame.send.before, frame, lab.mac(device))
                sends.append(frame.send)
    known = {}
    for send in sends:
        known.setdefault(lab.identity(send.segment), []).append(send.time)
    for device in lab.middle_devices:
        for frame in resets(captures[device]):
            if frame.segment.src_mac != lab.mac(device):
                continue
            times = known.get(lab.identity(frame.segment), [])
            if any(-MS <= frame.time - time <= lab.longest_way() for time in times):
                continue          # passing through
            frame.send = Send(frame.time, "middle", frame)
            sends.append(frame.send)
    return sorted(sends, key=lambda send: send.time)


def last_arrival(before, reset, own_mac):
    ours = reset.segment
    for frame in reversed(before):
        seen = frame.segment
        if seen and seen.src_mac != own_mac and \
                (seen.src, seen.sport, seen.dst, seen.dport) == (ours.dst, ours.dport, ours.src, ours.sport):
            return seen
    return None


# Of a socket's own accord: traced once it is sent (tcp_send_active_reset()); an answer is traced before.
ACTIVE = {"TCP_STATE", "TCP_ABORT_ON_CLOSE", "TCP_ABORT_ON_LINGER", "TCP_ABORT_ON_MEMORY", "TCP_KEEPALIVE_TIMEOUT",
          "TCP_DISCONNECT_WITH_DATA"}


def gap_of(send, event):
    """Whether the event is on the wrong side of the send, and how far it is; capture and trace read the clock apart."""
    late = send.time - event.time
    return (-late if event.reason not in ACTIVE else late) > 5_000, abs(late)


def join_kernel(sends, events, lab):
    for send in sends:
        segment = send.segment
        best = None
        if send.node == "middle" and segment.src not in lab.routers:
            continue              # in another's name: a device's, no kernel's
        for event in events:
            if event.kind != "send" or event.used or (event.src, event.sport) != (segment.src, segment.sport):
                continue
            if event.dport and (event.dst, event.dport) != (segment.dst, segment.dport):
                continue
            gap = gap_of(send, event)
            if gap[1] < 100 * MS and (best is None or gap < best[0]):
                best = (gap, event)
        if best:
            best[1].used = True
            send.reason = best[1].reason
    # (a listener's event names one end only and may be that of another laboratory)
    unseen = [event for event in events if event.kind == "send" and event.dport and not event.used]
    if unseen and not lab.resets_may_vanish:
        raise NotAsClaimed(f"the kernel sent resets that no capture shows: {unseen}")


# where the wire takes frames in and gives them out, by direction (Lab.CLIENT_OUT, ...)
WIRE_ENDS = (("c0", "m0"), ("m0", "c0"), ("m1", "s0"), ("s0", "m1"))


def follow_wire(lab, captures):
    """Follow each reset through the wire by its log and through the router by order: exact where equal ones abound."""
    if not lab.wire:
        return
    log = lab.wire.resets()

    def of(device, leaving):
        return [f for f in resets(captures[device]) if (f.segment.src_mac == lab.mac(device)) == leaving]

    for first, through, second in ((0, ("m0", "m1"), 2), (3, ("m1", "m0"), 1)):
        cross_wire(log, first, of(WIRE_ENDS[first][0], True), of(WIRE_ENDS[first][1], False))
        cross_router(lab, of(through[0], False), of(through[1], True))
        cross_wire(log, second, of(WIRE_ENDS[second][0], True), of(WIRE_ENDS[second][1], False))
    for frame in resets(captures["any"]) if "any" in captures else ():
        same = [f for f in resets(captures["m0"]) + resets(captures["m1"])
                if f.send and lab.identity(f.segment) == lab.identity(frame.segment)]
        if same:
            frame.send = min(same, key=lambda f: abs(f.time - frame.time)).send


def cross_wire(log, direction, entering, coming):
    shown = {number: frame.send for number, frame in zip(log.get(("i", direction), ()), entering)}
    for number, frame in zip(log.get(("o", direction), ()), coming):
        frame.send = shown.get(number)


def cross_router(lab, entering, leaving):
    waiting, going = {}, {}
    for frame in entering:
        waiting.setdefault(lab.identity(frame.segment), []).append(frame)
    for frame in leaving:
        if frame.send is None:
            going.setdefault(lab.identity(frame.segment), []).append(frame)
    for identity, frames in going.items():
        came = waiting.get(identity, [])
        if len(came) == len(frames):
            for frame, before in zip(frames, came):
                frame.send = before.send
            continue
        for frame in frames:      # a filter lets some through only
            earlier = [before for before in came if before.time <= frame.time + MS]
            if earlier:
                frame.send = earlier[-1].send
                came.remove(earlier[-1])


def join_sightings(lab, device, capture, sends):
    """Which send each RST frame of this capture shows."""
    frames_of, sends_of = {}, {}
    for frame in resets(capture):
        if frame.send is None:
            key = (lab.identity(frame.segment), frame.segment.interface)
            frames_of.setdefault(key, []).append(frame)
    for send in sends:
        sends_of.setdefault(lab.identity(send.segment), []).append(send)
    for (identity, _), frames in frames_of.items():
        candidates = [send for send in sends_of.get(identity, []) if send.frame not in frames]
        if len(candidates) == len(frames):
            for frame, send in zip(frames, candidates):
                frame.send = send
        else:
            pick_by_time(lab, device, frames, candidates)
        for frame in frames:
            if frame.send is None:
                raise NotAsClaimed(f"{device}: a RST that nobody sent: {frame.segment}")
            frame.send.sightings.setdefault(device, []).append(frame)


def pick_by_time(lab, device, frames, candidates):
    used = set()
    for frame in frames:
        def distance(send):
            late = frame.time - send.time - lab.way(send.node, device)
            return (id(send) in used, abs(late))
        fitting = [send for send in candidates if send.time <= frame.time + MS]
        if fitting:
            frame.send = min(fitting, key=distance)
            used.add(id(frame.send))
            limit = distance(frame.send)[1] + lab.blur()
            frame.send.sightings.setdefault("uncertain", []).append(
                [send for send in fitting if distance(send)[1] <= limit])


def assign_causes(lab, sends):
    for send in sends:
        for expectation in lab.expectations:
            if expectation.takes(send):
                expectation.seen += 1
                send.cause, send.origin = expectation.cause, expectation.origin
                send.expectation = expectation
                break
        else:
            raise NotAsClaimed(f"no expectation for {send.side} {send.reason} {send.segment}")
        allowed = ALLOWED[send.reason]
        if allowed is not None and not allowed & set(send.cause.split("|")):
            raise NotAsClaimed(f"the kernel's {send.reason} cannot be {send.cause}")
    for expectation in lab.expectations:
        least, most = expectation.bounds()
        if expectation.seen < least:
            raise NotAsClaimed(f"expected {least} x {expectation.cause} ({expectation.reason}), saw {expectation.seen}: "
                               + "; ".join(f"{send.side} {send.reason} -> {send.cause}" for send in sends))


def join_effects(lab, captures, sends, events):
    """`reset` where the kernel's receive tracepoint fired for the arrival; else what the scenario proved, if anything."""
    for device, node in lab.end_devices.items():
        for frame in resets(captures[device]):
            if (frame.segment.src_mac != lab.mac(device) or device == "lo") and frame.send.arrival is None:
                frame.send.arrival = frame.time
    for event in events:
        if event.kind == "receive" and not event.used:
            take_effect(lab, event, sends)
    for send in sends:
        if send.arrival is not None and send.effect == "-":
            effect = send.expectation.effect
            send.effect = (effect(send, captures, lab) if callable(effect) else effect) or "-"
    for expectation in lab.expectations:
        effects = [send.effect for send in sends if send.expectation is expectation]
        if effects.count("reset") < expectation.resets:
            raise NotAsClaimed(f"{expectation.cause}: wanted {expectation.resets} to take effect, got {effects}")


def take_effect(lab, event, sends):
    """The kernel reset a socket: by the RST that had come last."""
    reached = (event.src, event.sport, event.dst, event.dport)
    fitting = [send for send in sends if send.arrival is not None and send.effect == "-"
               and -2 * MS <= event.time - send.arrival < 50 * MS and lab.received_as(send.segment) == reached]
    if fitting:
        # capture and trace read the clock apart: a few microseconds of grace
        before = [send for send in fitting if send.arrival <= event.time + 5_000]
        best = max(before, key=lambda send: send.arrival) if before else min(fitting, key=lambda send: send.arrival)
        # of equal ones that came together, before the kernel got to the first, it was the first
        best = min((send for send in fitting if send.segment.identity == best.segment.identity
                    and best.arrival - 2 * MS < send.arrival <= best.arrival), key=lambda send: send.arrival)
        best.effect = "reset"
        event.used = True


def judge_echoes(sends):
    """An echo needs an earlier RST that really ended its sender's or receiver's state (causes.md, precedence).

    Where the earlier ones were only answers of an end that knew nothing, and were lost, the next answer is their equal.
    """
    for number, send in enumerate(sends):
        if send.cause != "echo-of-reset":
            continue
        earlier = [other for other in sends[:number] if other.connection == send.connection]
        if not earlier:
            raise NotAsClaimed(f"an echo of nothing: {send.segment}")
        if not any(other.effect == "reset" or other.reason not in ("NO_SOCKET", "TCP_FLAGS") for other in earlier):
            send.cause = earlier[0].cause


def check_ambiguous(sends):
    for send in sends:
        for group in send.sightings.pop("uncertain", []):
            if len({(other.cause, other.reason, other.effect) for other in group}) > 1:
                raise NotAsClaimed(f"cannot tell which of {len(group)} equal resets a frame shows")


def truth_text(frames, header):
    """The truth of one file, given its frames in order (derived files keep `send` on their frames)."""
    lines = ["#tcprst-truth 1"] + [f"#{key} {value}" for key, value in header.items()]
    lines.append("#columns frame\tkernel_reason\tcause\torigin\teffect\tsender\tduplicate_of")
    first = {}
    for number, frame in enumerate(frames, 1):
        if not frame.segment or not frame.segment.flags & RST:
            continue
        send = frame.send
        # the two legs of an address translation are not the same packet
        original = first.setdefault((id(send), frame.segment.src, frame.segment.dst), number)
        duplicate = str(original) if original != number else "-"
        lines.append("\t".join([str(number), send.reason, send.cause, send.origin, send.effect, send.side, duplicate]))
    return "\n".join(lines) + "\n"
