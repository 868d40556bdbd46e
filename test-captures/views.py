# SPDX-License-Identifier: GPL-2.0-or-later
"""The same events seen otherwise: a labelled capture cut short, begun late, with packets lost, copied, out of order, or
written with other numbers; each frame keeps its truth. Used by `harder` and `same`."""

import random
import struct
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lab"))
from lab import packets  # noqa: E402
from lab.packets import ACK, FIN, RST, SYN  # noqa: E402

US, MS = 1_000, 1_000_000


@dataclass
class Seen:
    """A frame, what its RST truly is (None: it is none), and its number in the recording."""

    time: int
    data: bytes
    length: int
    segment: object
    truth: dict
    original: int

    @property
    def connection(self):
        s = self.segment
        return frozenset(((s.src, s.sport), (s.dst, s.dport)))

    def has(self, mask, flags):
        return self.segment is not None and self.segment.flags & mask == flags


# ------------------------------------------------------------------------------------------------------------ reading

def read(path):
    """(link type, [(time in ns, octets, length)]) of a pcap or pcapng as the lab writes them."""
    data = path.read_bytes()
    return read_pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else read_pcap(data)


def read_pcap(data):
    order, scale = {b"\xd4\xc3\xb2\xa1": ("<", US), b"\xa1\xb2\xc3\xd4": (">", US), b"\x4d\x3c\xb2\xa1": ("<", 1),
                    b"\xa1\xb2\x3c\x4d": (">", 1)}[data[:4]]
    frames, at = [], 24
    while at + 16 <= len(data):
        seconds, rest, held, length = struct.unpack(order + "IIII", data[at:at + 16])
        frames.append((seconds * 10**9 + rest * scale, data[at + 16:at + 16 + held], length))
        at += 16 + held
    return struct.unpack(order + "I", data[20:24])[0], frames


def read_pcapng(data):
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    link, scale, frames, at = 0, US, [], 0
    while at + 12 <= len(data):
        kind, size = struct.unpack(order + "II", data[at:at + 8])
        body = data[at + 8:at + size - 4]
        if kind == 1:             # the lab's only option there is the resolution, and the first
            link, scale = struct.unpack(order + "H", body[:2])[0], {6: US, 9: 1}[body[12]]
        elif kind == 6:
            high, low, held, length = struct.unpack(order + "IIII", body[4:20])
            frames.append(((high << 32 | low) * scale, body[20:20 + held], length))
        at += size
    return link, frames


def read_labelled(truth_path):
    """(header, link type, [Seen]) of NAME.truth and the capture beside it."""
    header, rows = {}, {}
    for line in truth_path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            key, _, header[key] = line[1:].partition(" ")
        elif line:
            row = dict(zip(header["columns"].split("\t"), line.split("\t")))
            rows[int(row["frame"])] = row
    stem = truth_path.with_suffix("")
    capture = next(path for path in (Path(f"{stem}.pcapng"), Path(f"{stem}.pcap")) if path.exists())
    link, frames = read(capture)
    return header, link, [Seen(time, data, length, packets.decode(data, link), rows.get(number), number)
                          for number, (time, data, length) in enumerate(frames, 1)]


# -------------------------------------------------------------------------------------- what a worse place would show

def cut(length):
    return lambda frames, _rng: [replace(f, data=f.data[:length]) for f in frames]


def of_side(side):
    def choose(frames, _rng):
        sides = {}
        for f in frames:
            if f.truth:
                other = "server" if f.truth["sender"] == "client" else "client"
                sides.update({f.segment.src: f.truth["sender"], f.segment.dst: other})
        return [f for f in frames if f.segment and sides.get(f.segment.src) == side]
    return choose


def begun(part):
    """Begun so far on the way to the first reset."""
    return lambda frames, _rng: frames[max(1, int(first_reset(frames) * part)):]


def first_reset(frames):
    return next(i for i, f in enumerate(frames) if f.truth)


def begun_after_handshakes(frames, _rng):
    last = max((i for i, f in enumerate(frames) if f.has(SYN, SYN)), default=-1)
    return frames[last + 1:] if last < first_reset(frames) else []


def without(mask, flags):
    return lambda frames, _rng: [f for f in frames if not f.has(mask, flags)]


def lost(share):
    return lambda frames, rng: [f for f in frames if f.truth or rng.random() >= share]


def copied(share):
    def copy(frames, rng):
        copies = [replace(f, time=f.time + rng.randint(1, 900) * US) for f in frames if rng.random() < share]
        return sorted(frames + copies, key=lambda f: f.time)
    return copy


def shuffled(most, stamped_anew):
    """Queues that hold some frames up: out of order by their stamps, or stamped when they came through."""
    def shuffle(frames, rng):
        order = sorted(frames, key=lambda f: f.time + rng.choice((0, 0, 0, rng.randint(0, most))))
        return [replace(f, time=g.time) for f, g in zip(order, frames)] if stamped_anew else order
    return shuffle


def apart(skew):
    """The two directions come from interfaces whose clocks differ."""
    def move(frames, _rng):
        one = next(f.segment.src for f in frames if f.segment)
        return sorted((replace(f, time=f.time + skew * (f.segment is not None and f.segment.src == one))
                       for f in frames), key=lambda f: f.time)
    return move


HARDER = {
    "cut54": cut(54), "cut60": cut(60), "cut68": cut(68), "cut96": cut(96),
    "client-only": of_side("client"), "server-only": of_side("server"),
    "late25": begun(.25), "late50": begun(.5), "late80": begun(.8), "late95": begun(.95),
    "after-handshakes": begun_after_handshakes,
    "no-syn": without(SYN | ACK, SYN), "no-syn-ack": without(SYN | ACK, SYN | ACK), "no-fin": without(FIN, FIN),
    "lost1": lost(.01), "lost3": lost(.03), "lost10": lost(.1), "lost30": lost(.3),
    "copied2": copied(.02), "copied30": copied(.3),
    "restamped": shuffled(3 * MS, True), "disordered": shuffled(900 * US, False),
    "early": apart(-300 * US), "behind": apart(300 * US),
}


def truth_lines(header, frames, recording):
    """The text of the .truth file of a view. What a view does not show of a cause changes what is true of it."""
    columns = header["columns"].split("\t")
    lines = ["#tcprst-truth 1"] + [f"#{key} {value}" for key, value in header.items() if key != "tcprst-truth"]
    opened, were = ({f.connection for f in some if f.has(SYN, SYN)} for some in (frames, recording))
    first, shown = {}, set()
    for number, f in enumerate(frames, 1):
        if f.has(SYN | ACK, SYN):
            shown.discard(f.connection)
        if not f.truth:
            continue
        row = {**f.truth, "frame": str(number)}
        packet = f.original if row["duplicate_of"] == "-" else int(row["duplicate_of"])
        row["duplicate_of"] = str(first[packet]) if packet in first else "-"
        first.setdefault(packet, number)
        if f.connection in were - opened and row["cause"] in ("peer-restarted", "idle-state-lost"):
            row["cause"] += "|unknown-connection"
        if row["cause"] == "echo-of-reset" and f.connection not in shown:
            row["cause"] += "|peer-restarted|unknown-connection|connect-abandoned"
        shown.add(f.connection)
        lines.append("\t".join(row[column] for column in columns))
    return "\n".join(lines) + "\n"


def write(path, link, frames, form="pcapng-ns"):
    packets.write_capture(path, packets.Capture(link, [packets.Frame(f.time, f.data, f.length) for f in frames]), form)


def write_merged(path, links, both):
    """One pcapng with an interface for each, in order of time. Returns for each the numbers of its frames there."""
    def block(kind, body):
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size
    written = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))]
    written += [block(1, struct.pack("<HHI", link, 0, 0) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)) for link in links]
    numbers = [[], []]
    merged = sorted((f.time, which, n) for which in (0, 1) for n, f in enumerate(both[which]))
    places = {(which, n): number for number, (_, which, n) in enumerate(merged, 1)}
    for time, which, n in merged:
        frame = both[which][n]
        head = struct.pack("<IIIII", which, time >> 32, time & 0xffffffff, len(frame.data), frame.length)
        written.append(block(6, head + frame.data))
    for which in (0, 1):
        numbers[which] = [places[which, n] for n in range(len(both[which]))]
    path.write_bytes(b"".join(written))
    return numbers


def set_sums(data, change):
    """Applies change(bytearray, offset of the TCP header) to an Ethernet frame and moves both checksums along: a wrong one
    stays wrong."""
    old, new = data, bytearray(data)
    tcp = 14 + ((data[14] & 15) * 4 if data[14] >> 4 == 4 else 40)
    change(new, tcp)
    if data[14] >> 4 == 4:
        adjust(new, 24, old[14:tcp], new[14:tcp])
        adjust(new, tcp + 16, old[26:34] + old[tcp:tcp + 16], new[26:34] + new[tcp:tcp + 16])
    else:
        adjust(new, tcp + 16, old[22:54] + old[tcp:tcp + 16], new[22:54] + new[tcp:tcp + 16])
    adjust(new, tcp + 16, options(old, tcp), options(new, tcp))
    return bytes(new)


def options(data, tcp):
    return bytes(data[tcp + 20:tcp + (data[tcp + 12] >> 4) * 4])


def adjust(data, at, before, after):
    """RFC 1624: HC' = ~(~HC + ~m + m')."""
    total = 0xFFFF ^ struct.unpack_from("!H", data, at)[0]
    for old, new in zip(struct.iter_unpack("!H", before), struct.iter_unpack("!H", after)):
        total += (0xFFFF ^ old[0]) + new[0]
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", data, at, 0xFFFF ^ total)


def plain(f):
    """A whole TCP segment in one of two kinds of packet that need no more understanding than this."""
    return f.segment is not None and len(f.data) == f.length


def rng_of(*words):
    return random.Random("/".join(str(word) for word in words))


def places(directory, seed):
    """One place of each run: the files that lab/record wrote of it, not what was derived since."""
    runs = defaultdict(list)
    for path in sorted(directory.rglob("*.truth")):
        run, _, place = path.stem.rpartition(".")
        if place in ("client", "middle", "server"):
            runs[run].append(path)
    return [rng_of(seed, run).choice(paths) for run, paths in runs.items()]
