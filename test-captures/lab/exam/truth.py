# SPDX-License-Identifier: GPL-2.0-or-later
"""The truth about each RST: who made it, in which state, drawn by what, and so which causes are right.

Nothing is guessed: the maker and the trigger come from the order in which a kernel took frames in and gave them out (fabric.py),
the reason from its tracepoint, the deeds from the programs, the habits from the boxes. judge() is the one function that turns
these into causes; several that are all true stand in a tuple, the one that says most first.
"""

from dataclasses import dataclass, field

from lab import tracing
from lab.packets import ACK, FIN, RST, SYN

MS = 10**6
ACTIVE = {"TCP_ABORT_ON_CLOSE", "TCP_ABORT_ON_LINGER", "TCP_ABORT_ON_MEMORY", "TCP_STATE", "TCP_KEEPALIVE_TIMEOUT",
          "TCP_DISCONNECT_WITH_DATA", "MPTCP_RST_EUNSPEC", "MPTCP_RST_EMPTCP", "MPTCP_RST_EBADPERF"}
AT_ONCE_LEAST = 3                 # connections that one deed resets are many
CROWD, CROWD_LEAST = 10**9, 5     # and so many of one host within so many ns, whatever ended each (facts/tcp-resets.md, mass-abort)
BULK = 14000                      # octets
MULTIPATH = 30                    # kind of TCP option
LIVE = {"01", "02", "03", "04", "05", "08", "09", "0B"}       # states of /proc/net/tcp in which a RST is looked at
LOST_STATE = {"peer-restarted", "idle-state-lost", "late-after-close", "data-after-close", "fin-after-expiry",
              "echo-of-reset", "probe-response"}


@dataclass
class Verity:
    """What is true of one RST."""
    causes: tuple                 # empty: nobody knows, it is not counted
    mechanism: str
    origin: str
    reason: str = "-"
    mimic: bool = False
    forged: bool = False
    habit: str = "-"
    note: str = ""


class NoTruth(Exception):
    """A RST whose maker or reason stays unknown: the situation is void, and that is counted."""


# ----------------------------------------------------------------------------------------------------- the kernel's word

def kernel_events(lines, addresses):
    """Sends of resets between these addresses, in order of time, from lines of the trace."""
    offset = kernel_events.offset
    found = []
    for line in lines:
        if "tcp_send_reset" not in line:
            continue
        event = tracing._parse(line, offset)
        if event and event.src in addresses and (event.dst in addresses or not event.dport):
            found.append(event)
    return sorted(found, key=lambda event: event.time)


kernel_events.offset = 0


def join_kernel(situation, events):
    """Each RST that left a node with the kernel's event for it: nearest in time among those of its addresses and ports."""
    sends = []
    for node in situation.nodes:
        for place in node.places:
            for when, outgoing, _, birth in place.frames:
                if outgoing and birth and birth.segment.flags & RST and birth.maker is node:
                    if not node.stack:
                        birth.born, birth.reason = when, "-"
                    sends.append(birth)
    pairs = []
    for birth in sends:
        if birth.maker.stack:             # no kernel's: stacks.py has found its reason
            continue
        segment = birth.segment
        for event in events:
            if (event.src, event.sport) == (segment.src, segment.sport) and \
                    (not event.dport or (event.dst, event.dport) == (segment.dst, segment.dport)) and \
                    abs(event.time - birth.born) < 100 * MS:
                pairs.append((abs(event.time - birth.born), birth.number, id(event), birth, event))
    for _, _, _, birth, event in sorted(pairs, key=lambda pair: pair[:3]):
        if birth.reason == "-" and not event.used:
            birth.reason, event.used = event.reason, True
    return sends


# -------------------------------------------------------------------------------------------------------- an end's past

def after(a, b):
    """a - b of sequence numbers, signed."""
    return (a - b + 2**31) % 2**32 - 2**31


@dataclass
class Past:
    """What one end did and saw of a connection (one incarnation) until now."""
    role: str = None
    isn: int = None
    raw: str = None
    syn_in: bool = False
    synack_out: bool = False
    established: bool = False
    accepted: bool = False
    fin_out: bool = False
    fin_in: bool = False
    data_in: int = 0
    data_out: int = 0
    data_since_fin: int = 0
    snd_max: int = None
    rcv_max: int = None
    una: int = None               # highest acknowledgment that came
    acked: int = None             # highest acknowledgment that left
    last_octets: str = None       # which way the last new ones went: "in" or "out"
    knew_answer: bool = True      # the last data that came acknowledged all that had left
    crossed: bool = False         # data crossed the answer: the other end sent it before it had that
    ended: str = None             # how the end's own state went: act, "aborted", "reset"
    deed: str = None              # the last deed of a program
    process: object = None        # the process that was ended as a whole by that deed
    listener_closed: bool = False
    answers: list = field(default_factory=list)      # passive resets of this end before
    older: list = field(default_factory=list)        # earlier incarnations
    last_in: object = None
    gave_up: bool = False


def past_of(timeline, until, name):
    past = Past()
    for entry in timeline[:until]:
        if entry[0] == "act":
            note_deed(past, entry, name)
            continue
        segment = entry[2]
        key = (segment.src, segment.sport, segment.dst, segment.dport)
        if entry[0] == "out" and key == name:
            past = note_out(past, entry[1], segment)
        elif entry[0] == "in" and (key[2], key[3], key[0], key[1]) == name:
            note_in(past, entry, segment)
    return past


def note_deed(past, entry, name):
    _, what, connection, how = entry
    if what == "listener-closed":
        if tuple(how["local"]) == name[:2]:
            past.listener_closed = True
            past.process = past.process if past.accepted else how.get("process")
    elif connection == name:
        if what == "raw":
            past.raw = how["kind"]
        elif what == "accepted":
            past.accepted = True
        else:
            past.deed, past.process = what, how.get("process")
            if what != "shutdown" and not past.ended:
                past.ended = what


def new_incarnation(past, role, segment):
    first = past.isn is None
    return Past(role=role, isn=segment.seq, older=past.older + ([] if first else [past]), raw=past.raw if first else None,
                snd_max=segment.seq + 1 & 0xFFFFFFFF, syn_in=role == "server")


def note_out(past, birth, segment):
    flags = segment.flags & (SYN | ACK | RST | FIN)
    if flags & RST:
        if birth.reason in ACTIVE or getattr(birth, "verity", None) and birth.verity.causes[:1] == ("abort-after-fin",):
            past.ended = "aborted"
        elif birth.reason != "-":
            past.answers.append(birth)
        return past
    if flags & SYN and (past.isn is None or past.isn != segment.seq) and not (past.raw and past.isn is None):
        past = new_incarnation(past, "server" if flags & ACK else "client", segment)
    if flags == SYN | ACK:
        past.synack_out = True
    end = segment.seq + segment.payload_length + bool(flags & SYN) + bool(flags & FIN) & 0xFFFFFFFF
    if past.snd_max is None or after(end, past.snd_max) > 0:
        past.snd_max = end
        if segment.payload_length:
            past.last_octets, past.crossed = "out", past.crossed and not past.knew_answer
    past.data_out += segment.payload_length
    past.fin_out = past.fin_out or bool(flags & FIN)
    if flags & ACK and (past.acked is None or after(segment.ack, past.acked) > 0):
        past.acked = segment.ack
    if past.role == "client" and flags & ACK:
        past.established = True
    return past


def note_in(past, entry, segment):
    _, _, _, before, later, _ = entry
    past.last_in = segment
    if segment.flags & RST:
        if before in LIVE and later not in LIVE:
            past.ended = "reset"
        return
    if segment.flags & SYN and not segment.flags & ACK:
        past.syn_in = True
    if segment.flags & ACK and (past.una is None or after(segment.ack, past.una) > 0):
        past.una = segment.ack
        if past.role == "server" and past.isn is not None and after(segment.ack, past.isn) >= 1 and \
                after(segment.ack, past.snd_max) <= 0:
            past.established = True
    end = segment.seq + segment.payload_length + bool(segment.flags & SYN) + bool(segment.flags & FIN) & 0xFFFFFFFF
    if segment.payload_length and (past.rcv_max is None or after(end, past.rcv_max) > 0):
        past.data_in += segment.payload_length
        if past.fin_out:
            past.data_since_fin += segment.payload_length
        past.last_octets, past.knew_answer = "in", knows_all(segment, past)
        past.crossed = past.crossed or past.data_out > 0 and not past.knew_answer
    if past.rcv_max is None or after(end, past.rcv_max) > 0:
        past.rcv_max = end
    past.fin_in = past.fin_in or bool(segment.flags & FIN)


def knows_all(segment, past):
    """Whether a segment that came acknowledges all that had left."""
    return past.snd_max is None or bool(segment.flags & ACK) and after(segment.ack, past.snd_max) >= 0


# ------------------------------------------------------------------------------------------------------------- the truth

def label(situation, events):
    """Gives every RST birth its Verity."""
    join_kernel(situation, events)
    frames = [frame for node in situation.nodes for place in node.places for frame in place.frames]
    for _, _, _, birth in sorted(frames, key=lambda frame: frame[0]):     # an answer may have its cause from one before
        if birth.segment.flags & RST and not hasattr(birth.root, "verity"):
            birth.root.verity = verity(situation, birth.root)
            if getattr(birth.root.maker, "stack", None):
                birth.root.verity.reason = "-"


def verity(situation, birth):
    maker = birth.maker
    if not hasattr(maker, "places"):
        causes = birth.how["causes"] + (("device-stated",) if birth.segment.payload_length else ())
        return Verity(causes, "forger-blind" if "blind-attack" in birth.how["causes"] else "device",
                      "third-party", mimic=birth.how["mimic"], habit=birth.how["habit"],
                      forged=bool({"policy-reset", "injected", "blind-attack"} & set(birth.how["causes"])))
    if maker.kind == "router":
        return router_verity(situation, birth)
    if birth.reason == "-" and maker.stack:
        return Verity((), "unknown", "endpoint")
    if birth.reason == "-":
        kinds = [kind for kind, _ in birth.filters]
        if not any(kind.startswith("reject") for kind in kinds):
            raise NoTruth(f"{situation.name}: no kernel's word on {birth.segment}")
        # where its host had ended the connection before, the filter says what the host would have said
        over = past_of(maker.timeline, *moment(birth)).ended in ("aborted", "reset")
        return Verity(("firewall-reject", "echo-of-reset") if over else ("firewall-reject",), "filter-host", "endpoint")
    index, name = moment(birth)
    past = past_of(maker.timeline, index, name)
    if birth.reason in ACTIVE:
        return Verity(judge_abort(situation, birth, past, index), "give-up" if birth.reason == "TCP_KEEPALIVE_TIMEOUT" else
                      "relay" if past.deed == "relay-abort" else "abort", "endpoint", birth.reason)
    trigger = birth.trigger_segment or past.last_in
    # what it knew before the segment that it answers
    drew = max((i for i, entry in enumerate(maker.timeline[:index]) if entry[0] == "in" and entry[2] is trigger),
               default=index)
    past = past_of(maker.timeline, drew, name)
    causes = judge_answer(situation, birth, past, trigger)
    mechanism = {"NO_SOCKET": "answer-none", "TCP_ABORT_ON_DATA": "answer-live",
                 "TCP_TIMEWAIT_SOCKET": "answer-live"}.get(birth.reason, "answer-half")
    if past.raw:
        mechanism = "raw-tool"
    return Verity(causes, mechanism, "endpoint", birth.reason)


def moment(birth):
    """Where a RST stands in its maker's timeline, and the name of its connection there."""
    index = next(i for i, entry in enumerate(birth.maker.timeline) if entry[0] == "out" and entry[1] is birth)
    segment = birth.segment
    return index, (segment.src, segment.sport, segment.dst, segment.dport)


def router_verity(situation, birth):
    kinds = [kind for kind, _ in birth.filters]
    trigger = birth.trigger_segment
    syn = trigger is not None and trigger.flags & (SYN | ACK) == SYN
    if birth.reason != "-":       # its own stack: a translation that is no more
        causes = ("idle-state-lost", "peer-restarted") if "masquerade-idle" in kinds and not reset_passed(birth) else \
            ("echo-of-reset", "idle-state-lost", "late-after-close", "peer-restarted", "unsolicited-syn-ack")
    elif "synproxy" in kinds:
        causes = ("backend-unavailable",)
    elif "idle-filter" in kinds:
        causes = ("idle-state-lost",)
    elif "reject-mid" in kinds or "reject-port" in kinds:
        causes = ("firewall-reject",) if syn else ("firewall-reject", "policy-reset")
    else:
        raise NoTruth(f"{situation.name}: no filter of {birth.maker.name} makes {birth.segment}")
    return Verity(causes, "filter-path", "third-party", birth.reason, forged=False)


def reset_passed(birth):
    """Whether a RST had gone through this router on these ports: then that ended the translation, no pause."""
    ports = {birth.segment.sport, birth.segment.dport}
    return any(when < birth.born and one and one.segment.flags & RST and one.maker is not birth.maker and
               {one.segment.sport, one.segment.dport} == ports
               for place in birth.maker.places for when, _, _, one in place.frames)


def judge_abort(situation, birth, past, index):
    """The causes of a RST that the end's own socket sent. What refines stands before what it refines."""
    reason, deed = birth.reason, past.deed
    if reason == "TCP_KEEPALIVE_TIMEOUT":
        return ("keepalive-timeout",)
    timeline = birth.maker.timeline
    swept = ("mass-abort",) if past.process and len(resets_of(timeline, past.process)) >= AT_ONCE_LEAST else ()
    if past.role == "server" and not past.accepted and past.listener_closed:
        return ("listener-closed",) + swept
    if deed is None and not reason.startswith("MPTCP"):
        raise NoTruth(f"{situation.name}: no program's deed for {birth.segment}")
    if past.fin_out and not has_option(birth.segment.options, MULTIPATH):
        late = past.data_since_fin and past.acked is not None and past.rcv_max is not None and \
            after(past.rcv_max, past.acked) > 0
        return (("data-after-close",) if late else ()) + ("abort-after-fin",) + swept
    base = base_of(reason)
    causes = ["mptcp-abort"] if has_option(birth.segment.options, MULTIPATH) else []
    if deed == "relay-abort":
        causes.append("backend-unavailable")
    if deed == "idle-abort":
        causes.append("application-idle-timeout")
    causes += swept
    more = still_came(timeline[index:], birth.segment)
    fresh = past.last_in is not None and past.last_in.payload_length > 0
    # the request that it answered was still coming: what came, or would have, was sent before the answer was there
    crossed = past.crossed or fresh and not knows_all(past.last_in, past) or any(not knows_all(one, past) for one in more)
    if past.role == "server" and past.data_out and base == "unread-data" and crossed:
        causes.append("early-reply")
    # all that was sent is read, or the sender has said that this was all: nothing was stopped
    stopped = more or fresh and base == "unread-data"
    if past.data_in >= BULK and past.data_in > past.data_out and stopped and not past.fin_in:
        causes.append("cancelled-transfer")
    if base == "so-linger-abort" and exchanged(past) and not more:
        causes.append("reset-instead-of-fin")
    causes.append(base)
    if not swept and deed != "idle-abort" and crowd(timeline, birth.born) >= CROWD_LEAST:
        causes.append("mass-abort")
    return tuple(causes)


def still_came(timeline, rst):
    """The data that came of the connection that a RST ended, until a SYN begins another one on its ports."""
    came = []
    for entry in timeline:
        if entry[0] == "act" or {entry[2].sport, entry[2].dport} != {rst.sport, rst.dport}:
            continue
        if entry[2].flags & (SYN | ACK) == SYN:
            break
        if entry[0] == "in" and entry[2].payload_length:
            came.append(entry[2])
    return came


def base_of(reason):
    """What an application's abort is by the kernel's word alone."""
    return "unread-data" if reason == "TCP_ABORT_ON_CLOSE" else "so-linger-abort"


def exchanged(past):
    """Whether octets went, all that left was acknowledged, and no request waits for its answer (or its sender has closed)."""
    complete = past.una is not None and past.snd_max is not None and after(past.snd_max, past.una) <= 0
    return complete and past.last_octets is not None and \
        (past.fin_in or past.last_octets == ("in" if past.role == "client" else "out"))


def aborts(timeline):
    """(when, connection) of each RST that the end's own sockets sent."""
    return [(entry[1].born, (entry[2].src, entry[2].sport, entry[2].dst, entry[2].dport)) for entry in timeline
            if entry[0] == "out" and entry[2].flags & RST and entry[1].reason in ACTIVE]


def resets_of(timeline, process):
    """The connections that were reset because that process ended, those its listeners had not accepted included."""
    ended, whole = set(), set()
    for entry in timeline:
        if entry[0] == "act" and entry[3].get("process") is process:
            (whole.add(tuple(entry[3]["local"])) if entry[1] == "listener-closed" else ended.add(entry[2]))
    return {name for _, name in aborts(timeline) if name in ended or name[:2] in whole}


def crowd(timeline, now):
    """How many connections this host aborted within one second that holds this moment."""
    near = [(when, name) for when, name in aborts(timeline) if abs(when - now) < CROWD]
    return max((len({name for when, name in near if start <= when < start + CROWD}) for start, _ in near if start <= now),
               default=0)


def has_option(options, kind):
    """Whether there is a TCP option of that kind among them."""
    at = 0
    while at < len(options) and options[at]:
        if options[at] == kind:
            return True
        at += 1 if options[at] == 1 or at + 1 == len(options) else max(2, options[at + 1])
    return False


def judge_answer(situation, birth, past, trigger):
    """The causes of a RST with which the end's kernel answered a segment."""
    reason = birth.reason
    flags = trigger.flags & (SYN | ACK | FIN | RST) if trigger else ACK
    altered = bool(birth.trigger and birth.trigger.altered)
    if reason.startswith("MPTCP"):
        return ("mptcp-abort",)
    if reason == "INVALID_SYN":
        return ("out-of-window-segment",) if flags & SYN else ("accept-queue-overflow",)
    if reason in ("TCP_INVALID_ACK_SEQUENCE", "TCP_RFC7323_PAWS"):
        return judge_syn_sent(birth, past, flags, altered)
    if reason in ("TCP_OLD_ACK", "TCP_TOO_OLD_ACK", "TCP_ACK_UNSENT_DATA"):
        return ("bad-handshake-ack",)
    if reason == "TCP_ABORT_ON_DATA":     # new data, or with TCP_LINGER2 < 0 the bare acknowledgment of its FIN
        new = trigger is None or past.acked is None or after(trigger.seq + trigger.payload_length, past.acked) > 0
        return ("data-after-close",) if new else ("abort-after-fin",)
    if reason == "TCP_TIMEWAIT_SOCKET":
        return ("time-wait-collision",) if flags & SYN else ("data-after-close",)
    if reason not in ("NO_SOCKET", "TCP_FLAGS"):
        return ()
    if past.raw and past.isn is None:
        challenged = birth.trigger and birth.trigger.how.get("challenge")
        if past.raw == "syn":
            return ("syn-scan", "ddos-challenge") if challenged else ("syn-scan",)
        return ("probe-response", "unsolicited-syn-ack")
    if flags & (SYN | ACK) == SYN:
        return ("closed-port",)
    # an answer after an answer of an end that has nothing left keeps the cause of the first
    for earlier in past.answers:
        if earlier.reason in ("NO_SOCKET", "TCP_TIMEWAIT_SOCKET", "TCP_ABORT_ON_DATA", "INVALID_SYN", "TCP_FLAGS") and \
                not {"bad-handshake-ack", "closed-port"} & set(earlier.verity.causes):
            return earlier.verity.causes + (("echo-of-reset",) if earlier.reason == "INVALID_SYN" else ())
    syn_ack = flags & (SYN | ACK) == SYN | ACK
    if past.isn is None and not past.older and not past.raw and not syn_ack and translated(situation):
        return ("probe-response", "idle-state-lost") if scanned(situation) else \
            ("idle-state-lost", "peer-restarted", "probe-response")
    past = meant(past, trigger)
    if past.isn is None and not past.syn_in and not syn_ack and birth.trigger and \
            getattr(birth.trigger.maker, "kind", None) == "end" and not scanned(situation):
        return ()                 # somebody else has answered the other end's SYN
    return judge_unknown(birth, past, trigger, flags, altered)


def meant(past, trigger):
    """The incarnation to which a segment belongs, by what it acknowledges: the newest, where none fits."""
    if trigger is None or not trigger.flags & ACK:
        return past
    for one in [past] + past.older[::-1]:
        if one.isn is not None and after(trigger.ack, one.isn) >= 0 and after(trigger.ack, one.snd_max) <= 0:
            return one
    return past


def scanned(situation):
    """Whether a raw tool ran."""
    return any(entry[0] == "act" and entry[1] == "raw" for node in situation.nodes for entry in node.timeline)


def translated(situation):
    """Whether a router on the way may have given a connection another port."""
    return any(kind == "masquerade-idle" for kinds in situation.filters.values() for kind, _ in kinds)


def judge_syn_sent(birth, past, flags, altered):
    maker = birth.trigger.maker if birth.trigger else None
    if birth.trigger and birth.trigger.how.get("challenge"):
        return ("ddos-challenge", "wrong-syn-ack")
    if altered or birth.reason == "TCP_RFC7323_PAWS" and not past.older:
        return ("wrong-syn-ack",) if flags & SYN or not past.older else ("wrong-syn-ack", "half-open-resync")
    if not hasattr(maker, "timeline"):
        return ("wrong-syn-ack",)
    # the other end answered from an older connection on these ports
    fins, met = [set(), set()], False
    for entry in maker.timeline:
        if entry[0] == "act":
            continue
        segment = entry[2]
        if {segment.sport, segment.dport} == {birth.segment.sport, birth.segment.dport}:
            if entry[1] is birth.trigger.root:
                break
            met = met or entry[0] == "in" and segment.flags & SYN and segment.seq == past.isn
            if segment.flags & FIN:
                fins[entry[0] == "in"].add(segment.seq)
    if not met:                   # it left before the new SYN came there: a straggler, no answer to it
        return ("half-open-resync", "wrong-syn-ack", "time-wait-collision")
    if fins[0] and fins[1]:
        return ("time-wait-collision",)
    if fins[0]:
        return ("half-open-resync", "time-wait-collision")
    if flags & SYN:
        return ("wrong-syn-ack", "half-open-resync")
    return ("half-open-resync",)


def judge_unknown(birth, past, trigger, flags, altered):
    """Nothing of that connection is at the end (or only a listener): why not?"""
    # as it was sent: a box may have taken its SYN flag away
    sent = birth.trigger.root.segment.flags if birth.trigger else flags
    syn_ack = sent & (SYN | ACK) == SYN | ACK
    ended = past.ended
    if past.isn is None and not past.older:
        if past.syn_in and not past.synack_out:       # its SYN was dropped: cookies, full queues
            return ("accept-queue-overflow", "syn-received-timeout")
        if syn_ack:
            return ("unsolicited-syn-ack", "probe-response") if altered else ("unsolicited-syn-ack",)
        if birth.trigger and not hasattr(birth.trigger.maker, "places"):
            return ()             # a forged segment of a connection that never was
        return ("probe-response",)
    if ended in ("aborted", "reset"):
        late = past.fin_out and (past.data_since_fin or trigger is not None and trigger.payload_length)
        return ("echo-of-reset", "data-after-close") if late else ("echo-of-reset",)
    if past.role == "client" and not past.established:
        if ended == "vanish":
            return ("connect-abandoned", "peer-restarted")    # it was no connection yet
        if altered:
            return ("connect-abandoned", "wrong-syn-ack")
        return ("connect-abandoned",) if syn_ack or not past.older else ("half-open-resync", "connect-abandoned")
    if past.role == "server" and not past.established and not past.fin_in and not past.accepted and not ended:
        if flags & ACK and past.isn is not None and after(trigger.ack, past.isn) != 1 or altered:
            return ("bad-handshake-ack", "peer-restarted") if past.older else ("bad-handshake-ack",)
        if past.listener_closed:
            return ("listener-closed", "peer-restarted", "syn-received-timeout")
        return ("syn-received-timeout", "accept-queue-overflow")
    if altered and birth.reason == "TCP_FLAGS" and not past.accepted and not past.data_out:
        return ("bad-handshake-ack",)
    if past.role == "server" and not past.accepted and birth.reason == "TCP_FLAGS" and ended is None:
        if past.isn is not None and after(trigger.ack, past.isn) < 1:
            return ("bad-handshake-ack",)
        return ("accept-queue-overflow", "syn-received-timeout")
    both = past.fin_out and past.fin_in           # closed by its kernel, be its program done with the socket or not
    if ended is None and not both and birth.maker.stack:      # nothing of what it says or took in explains it
        return ()
    if ended == "vanish" or ended is None and not both:
        return ("peer-restarted",)
    if syn_ack:                   # the other end never knew that the handshake was over
        return ("late-after-close", "connect-abandoned", "peer-restarted")
    if both:
        return ("late-after-close",)
    if trigger is not None and trigger.payload_length:
        return ("data-after-close",)
    if flags & FIN:
        return ("fin-after-expiry",)
    return ("late-after-close", "data-after-close", "fin-after-expiry")


def arrival_words(arrival):
    """(effect, acceptance) of a RST by what the receiving kernel did with it; "-" where it never came or that tells nothing."""
    if arrival is None:
        return "-", "-"
    before, later, challenged, limited = arrival
    if before not in LIVE:
        return "-", "none"
    if before == "03" and later is None:
        return "-", "-"           # the half-made connection went with its listener, at the first segment after that
    if later not in LIVE:
        # what is left of FIN-WAIT-2 (a mini-socket) is taken away by any RST in its window
        return "reset", "-" if before == "05" else "exact"
    if challenged and before == "05":
        return "challenged", "-"  # that mini-socket acknowledges what lies out of its window, too: tcp_timewait_state_process()
    if challenged and before != "02":
        return "challenged", "in-window"
    return ("ignored", "out-of-window") if before == "02" or not limited else ("-", "-")
