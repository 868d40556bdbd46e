# SPDX-License-Identifier: GPL-2.0-or-later
"""What is written of a situation: every place whole, and some of them as a worse capture would have shown them."""

import os
import struct

from lab import packets
from lab.packets import ACK, FIN, RST, SYN, Capture, Frame

from .truth import LOST_STATE, arrival_words, base_of, has_option

COLUMNS = "frame\tkernel_reason\tcause\torigin\teffect\tsender\tduplicate_of\tmechanism\tacceptance\tmimic\tforged\ttrigger\tsight"
TIME_STAMP = 8                    # kind of TCP option
FORMS = ("pcapng", "pcapng-ns", "pcap", "pcap-ns", "pcapng-be")


class View:
    def __init__(self, name, vantage, linktype, frames, full):
        self.name, self.vantage, self.linktype, self.frames, self.full = name, vantage, linktype, frames, full


def views(situation):
    """Every place; `any` of each router; and of each place, sometimes, one worse view."""
    rng = situation.rng
    for node in situation.nodes:
        for place in node.places:
            frames = [(when, data, birth) for when, _, data, birth in place.frames]
            yield from of_place(View(place.name, node.name, packets.DLT_EN10MB, frames, True), rng)
        if node.kind == "router":
            frames = sorted(((when, outgoing, number, data, birth, index) for index, place in enumerate(node.places)
                             for number, (when, outgoing, data, birth) in enumerate(place.frames)),
                            key=lambda frame: frame[:3])
            cooked = [(when, cook(data, outgoing, index), birth) for when, outgoing, _, data, birth, index in frames]
            yield View(f"{node.name}any", node.name, packets.DLT_LINUX_SLL2, cooked, True)


def cook(data, outgoing, index):
    """As the `any` device shows a frame (LINUX_SLL2)."""
    return bytes(data[12:14]) + struct.pack("!HIHBB", 0, index + 2, 1, 4 if outgoing else 0, 6) + bytes(data[6:12]) + \
        b"\0\0" + bytes(data[14:])


def of_place(view, rng):
    yield view
    draw = rng.random()
    if draw < 0.12:
        snap = rng.choice((60, 68, 80, 96, 128))
        frames = [(when, data, birth, snap) for when, data, birth in view.frames]
        yield View(f"{view.name}.snap{snap}", view.vantage, view.linktype, frames, False)
    elif draw < 0.22 and view.frames:
        keep = rng.choice((0, 1))
        first = next((packets.decode(data, view.linktype) for _, data, birth in view.frames if birth), None)
        if first:
            lead = first.src if keep else first.dst
            frames = [f for f in view.frames if f[2] and packets.decode(f[1], view.linktype).src == lead]
            yield View(f"{view.name}.oneway", view.vantage, view.linktype, frames, False)
    elif draw < 0.34 and len(view.frames) > 4:
        start = rng.randrange(1, len(view.frames))
        yield View(f"{view.name}.late", view.vantage, view.linktype, view.frames[start:], False)


def write(situation, place, seed):
    """Captures and truth files of a situation into a directory; how many resets they show."""
    shown = 0
    for view in views(situation):
        rows = truth_rows(situation, view)
        if not rows:
            continue
        shown += len(rows)
        form = FORMS[(situation.number + len(view.name)) % len(FORMS)]
        capture = Capture(view.linktype)
        for entry in view.frames:
            when, data = entry[0], bytes(entry[1])
            cut = data[:entry[3]] if len(entry) > 3 else data
            capture.frames.append(Frame(situation.written(when), cut, len(data)))
        stem = os.path.join(place, f"{situation.name}.{view.name}")
        packets.write_capture(f"{stem}.{packets.FORMATS[form][0]}", capture, form)
        header = {"full": "yes" if view.full else "no", "seed": seed, "scenario": kind_of(situation),
                  "run": f"{situation.name}@{seed}", "vantage": view.vantage, "theme": situation.theme,
                  "boxes": " ".join(boxes_of(situation)) or "none",
                  "stacks": " ".join(f"{end}={stack}" for end, stack in situation.foreign.items()) or "linux"}
        with open(stem + ".truth", "w", encoding="utf-8") as file:
            file.write("#tcprst-truth 1\n" + "".join(f"#{key} {value}\n" for key, value in header.items()) +
                       f"#columns {COLUMNS}\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return shown


def boxes_of(situation):
    return situation.box_names + sorted({f"{kind}" for kinds in situation.filters.values() for kind, _ in kinds})


def kind_of(situation):
    return f"{situation.theme}: {', '.join(boxes_of(situation)) or 'plain'}, IPv{situation.family}, " \
           f"{situation.hops} routers, {len(situation.box_names)} boxes"


def truth_rows(situation, view):
    rows, first, opened, resets, closed, shown, drawn = [], {}, set(), set(), set(), {}, {}
    decoded = [packets.decode(bytes(entry[1]), view.linktype) if entry[2] else None for entry in view.frames]
    for number, entry in enumerate(view.frames, 1):
        birth, segment = entry[2], decoded[number - 1]
        if segment is None:
            continue
        shown.setdefault(birth.number, number)
        drawn[birth.number] = segment
        connection = frozenset(((segment.src, segment.sport), (segment.dst, segment.dport)))
        if segment.flags & SYN:
            opened.add(connection)
        if segment.flags & FIN:
            closed.add((connection, segment.src))
        if not segment.flags & RST:
            continue
        if len(entry) > 3 and entry[3] < (68 if ":" in segment.src else 48):
            continue              # cut before the flags: nobody sees a RST
        verity = birth.root.verity
        original = first.setdefault((birth.number, segment.src, segment.dst, segment.seq, segment.ack), number)
        causes = list(verity.causes)
        if connection not in opened and not verity.forged and LOST_STATE & set(causes):
            causes.append("unknown-connection")
        if causes and causes[0] == "echo-of-reset" and connection not in resets:
            causes += ["peer-restarted"] + (["connect-abandoned"] if answers_syn_ack(birth) else [])
            if (connection, segment.src) in closed:
                causes += ["data-after-close", "fin-after-expiry", "late-after-close"]
        answered = verity.mechanism == "answer-live" and "abort-after-fin" in verity.causes      # TCP_LINGER2 < 0
        if (answered or {"data-after-close", "fin-after-expiry", "late-after-close"} & set(verity.causes)) and \
                (connection, segment.src) not in closed:
            causes.append("peer-restarted")           # its FIN was lost on the way here
        if "abort-after-fin" in verity.causes and verity.reason in ("TCP_ABORT_ON_CLOSE", "TCP_STATE") and \
                (connection, segment.src) not in closed:
            causes.append(base_of(verity.reason))         # its FIN is not shown, and only that made the other word
        if verity.causes and verity.causes[0] == "closed-port" and segment.seq != birth.root.segment.seq and proxied(situation):
            causes.insert(0, "backend-unavailable")   # on the leg where the proxy had answered the SYN
        if not verity.causes or verity.causes[0] != "echo-of-reset":
            resets.add(connection)
        effect, acceptance = arrival_words(birth.arrival)
        trigger = shown.get(birth.trigger.number, "-") if birth.trigger else "-"
        sender = sender_of(situation, segment)
        mimic = verity.mimic and not told_apart(view, decoded, number - 1)
        rows.append((number, verity.reason, "|".join(dict.fromkeys(causes)) or "-", verity.origin, effect, sender,
                     original if original != number else "-", verity.mechanism, acceptance,
                     "yes" if mimic else "no", "yes" if verity.forged else "no", trigger,
                     sight(birth, drawn.get(birth.trigger.number) if birth.trigger else None)))
    return rows


def answers_syn_ack(birth):
    """Whether a SYN-ACK drew the RST, as that was sent."""
    return birth.trigger is not None and birth.trigger.root.segment.flags & (SYN | ACK) == SYN | ACK


def told_apart(view, segments, index):
    """Whether this view shows of a forger's perfect RST what no end does: the end in whose name it is goes on behind it; it
    has no ACK, and what it answers is not there (RFC 9293 section 3.5.2); it is one of a live connection, without the time
    stamps that this one has (RFC 7323 section 3.2), with another type of service, or out of the count of IP IDs."""
    rst = segments[index]
    name = (rst.src, rst.sport, rst.dst, rst.dport)
    own, other = ([one for one in segments[:index] if one and not one.flags & RST and
                   (one.src, one.sport, one.dst, one.dport) == key] for key in (name, name[2:] + name[:2]))
    for later, entry in zip(segments[index + 1:], view.frames[index + 1:]):
        if later is None or {(later.src, later.sport), (later.dst, later.dport)} != {name[:2], name[2:]}:
            continue
        if later.flags & (SYN | ACK) == SYN:
            break                 # the next incarnation
        if later.src == rst.src and not later.flags & (RST | SYN) and hasattr(entry[2].maker, "places"):
            return True
    if not rst.flags & ACK:
        return view.full and not any(one.flags & ACK and one.ack == rst.seq for one in other)
    if own and rst.tos & 0xFC != own[-1].tos & 0xFC:
        return True
    stamped = all(any(has_option(one.options, TIME_STAMP) for one in half if one.flags & SYN) for half in (own, other))
    return stamped and not has_option(rst.options, TIME_STAMP) or ":" not in rst.src and rst.ip_id == 0


def sight(birth, seen):
    """How this view shows what drew a RST: as its maker got it, otherwise (a box between altered it), or not at all."""
    got = getattr(birth.root, "trigger_segment", None)
    if birth.trigger is None or got is None:
        return "-"
    if seen is None:
        return "unseen"
    same = (seen.seq, seen.ack, seen.flags) == (got.seq, got.ack, got.flags) or not birth.trigger.altered
    return "same" if same else "altered"


def proxied(situation):
    return any(kind == "synproxy" for kinds in situation.filters.values() for kind, _ in kinds)


def sender_of(situation, segment):
    return "client" if segment.src == situation.address["x"] else "server" if segment.src == situation.address["y"] else "-"
