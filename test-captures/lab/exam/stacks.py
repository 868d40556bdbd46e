# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends whose TCP is not Linux's: lwIP and gVisor's netstack, where they are installed (scripts/install-packages stacks).

They run beside the kernel of their namespace, on its device, and answer when they please. So what an RST of theirs answered is
found afterwards, by RFC 9293's equations and the order of things; what their programs did, the programs say.
"""

import json
import os
import shutil
import subprocess
import time

from lab import packets
from lab.namespaces import setns
from lab.packets import ACK, FIN, RST, SYN

from .truth import after, has_option

HERE = os.path.dirname(os.path.realpath(__file__))
WINDOW_SCALE = 3                  # kind of TCP option
SOON, AT_ONCE = 60_000_000, 30_000_000        # ns: an answer, and what a deed brings about, come within
programs = {}                     # stack: path of the program that brings it, filled by build()


def build(work):
    """Compiles what the installed stacks need; what is not installed takes no part."""
    source, packet = os.path.join(HERE, "stack_end.c"), os.path.join(HERE, "stack_packet.c")
    for stack, needs, how in (
            ("lwip", "/usr/include/lwip/lwip/tcpip.h", ["-DLWIP", "-I/usr/include/lwip", source, packet, "-llwip"]),
            ("gvisor", shutil.which("runsc"), ["-static", source])):
        path = os.path.join(work, f"{stack}_end")
        if needs and os.path.exists(needs) and not subprocess.run(
                ["cc", "-std=c11", "-O2", "-o", path, *how, "-lpthread"], capture_output=True, check=False).returncode:
            programs[stack] = path


class Stack:
    """One end's stack with its programs."""

    def __init__(self, situation, node, kind):
        self.situation, self.node, self.kind = situation, node, kind
        self.log = os.path.join(os.path.dirname(programs[kind]), f"{situation.prefix}-{node.name}.log")
        self.process = None

    def start(self, *lines, again=False):
        """Runs the program with these lines (stack_end.c says which there are)."""
        node, place = self.node, self.node.places[0]
        command = [programs[self.kind], *lines]
        if self.kind == "lwip":
            mine = self.situation.address[node.name]
            gateway = self.gateway(place)
            command.insert(1, f"net {place.device} {mine} 255.255.255.192 {gateway} {place.mac.hex(':')}")
        else:
            command = self.sandboxed(lines)
        with open(self.log, "ab" if again else "wb") as log:
            self.process = subprocess.Popen(command, preexec_fn=lambda: setns(node.space.fd), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.DEVNULL)

    def gateway(self, place):
        left, right = self.situation.gateways(0 if self.node.name == "x" else len(self.situation.networks) - 1)
        return right if self.node.name == "x" else left

    def sandboxed(self, lines):
        """runsc, in process and mount namespaces of its own: it ends with its first process, and it takes a directory of
        newer kernels for a sign that it is not in a network namespace."""
        bundle = self.log + ".bundle"
        os.makedirs(bundle + "/rootfs")
        shutil.copy(programs["gvisor"], bundle + "/rootfs/end")
        with open(bundle + "/config.json", "w", encoding="utf-8") as file:
            json.dump({"ociVersion": "1.0.0", "root": {"path": "rootfs", "readonly": True}, "hostname": "exam",
                       "process": {"terminal": False, "user": {"uid": 0, "gid": 0}, "cwd": "/", "env": ["PATH=/"],
                                   "args": ["/end", *lines]},
                       "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
                       "linux": {"namespaces": [{"type": "network", "path": f"/run/netns/{self.node.space.name}"}] +
                                 [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]}}, file)
        run = f"mount -t tmpfs none /proc/sys/net/core && exec runsc --network=sandbox --platform=ptrace " \
              f"--root {bundle}/root --ignore-cgroups run -bundle {bundle} {self.situation.prefix}-{self.node.name}"
        return ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", run]

    def ready(self):
        """Whether the program has begun; it has a few seconds for it."""
        with open(self.log, encoding="ascii", errors="replace") as file:
            return " ready " in file.read()

    def wait(self, seconds=25):
        until = time.monotonic() + seconds
        while not self.ready() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        return self.ready()

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.log + ".bundle", ignore_errors=True)
        if os.path.exists(self.log):
            os.remove(self.log)

    # ------------------------------------------------------------------------------------------------------ afterwards

    def deeds(self):
        """(time, entry) of what the programs said they did."""
        mine = self.situation.address[self.node.name]
        with open(self.log, encoding="ascii", errors="replace") as file:
            for line in file:
                words = line.split()
                if len(words) != 5 or words[1] == "ready":
                    continue
                yield int(words[0]), words[1], (mine, int(words[2]), words[3], int(words[4]))

    def rebuild(self):
        """The node's timeline, in order of time, and for each RST what a kernel would have called its reason."""
        moments = [(when, 1, "frame", (outgoing, birth)) for place in self.node.places
                   for when, outgoing, _, birth in place.frames]
        moments += [(when, 0, what, name) for when, what, name in self.deeds()]
        timeline, names, halves = [], set(), {}
        for when, _, what, more in sorted(moments, key=lambda moment: moment[:2]):
            if what != "frame":
                if what == "gone":
                    halves.clear()
                for name in names if what == "gone" else (more,):
                    timeline.append((when, ("act", "vanish" if what == "gone" else what, name, {})))
                continue
            outgoing, birth = more
            timeline.append((when, self.entry(outgoing, birth, names, halves)))
        self.node.timeline = [entry for _, entry in timeline]
        for index, (when, entry) in enumerate(timeline):
            if entry[0] == "out" and entry[2].flags & RST:
                birth = entry[1]
                birth.born, birth.trigger_segment, birth.trigger = when, None, None
                birth.reason = reason_of(birth, timeline[:index], when)

    def entry(self, outgoing, birth, names, halves):
        segment = birth.segment
        name = (segment.src, segment.sport, segment.dst, segment.dport)
        name = name if outgoing else name[2:] + name[:2]
        names.add(name)
        half = halves.setdefault(name, Half())
        if outgoing:
            half.sent(segment)
            return ("out", birth, segment)
        taken = half.takes(segment, self.kind) if segment.flags & RST else half.came(segment)
        return ["in", birth, segment, "01", None if taken else "01", False]


class Half:
    """What the stack awaits on one connection, as far as the wire shows it: enough to say whether it takes a RST."""

    def __init__(self):
        self.syn = self.acked = self.next = None      # its own SYN; its last acknowledgment; what it may await by now
        self.window = 0               # as it last offered it, octets
        self.scales = {}              # by whose SYN ("own", "other"): the shift

    def sent(self, segment):
        if segment.flags & SYN:
            self.syn = segment.seq
            self.acked = self.next = None
            self.note_scale("own", segment)
        if segment.flags & ACK and not segment.flags & RST:
            self.acked = segment.ack
            self.next = segment.ack if self.next is None or after(segment.ack, self.next) > 0 else self.next
            self.window = segment.window << (self.scales["own"] if not segment.flags & SYN and len(self.scales) == 2 else 0)

    def came(self, segment):
        if segment.flags & SYN:
            self.note_scale("other", segment)
        elif self.next is not None and after(segment.seq, self.next) <= 0 < after(end_of(segment), self.next):
            self.next = end_of(segment)

    def note_scale(self, whose, segment):
        self.scales.pop(whose, None)
        if has_option(segment.options, WINDOW_SCALE):
            self.scales[whose] = packets.window_scale(segment.options)

    def takes(self, rst, kind):
        """RFC 9293 section 3.10.7: in SYN-SENT by the acknowledgment. Later lwIP takes the number that it awaits; gVisor's
        netstack, as RFC 793 has it, any in its window."""
        if self.acked is None:
            return self.syn is not None and bool(rst.flags & ACK) and rst.ack == self.syn + 1 & 0xFFFFFFFF
        return rst.seq == self.next or \
            kind == "gvisor" and after(rst.seq, self.next) > 0 and after(rst.seq, self.acked) < self.window


def reason_of(birth, before, when):
    """A deed that has not had its RST or FIN yet, or the segment that the RST answers; else "-"."""
    rst = birth.segment
    name = (rst.src, rst.sport, rst.dst, rst.dport)
    pending, attempt, closed = None, False, False
    for moment, entry in before:
        if entry[0] == "act":
            if entry[2] == name and entry[1] in ("abort", "close"):
                pending = (moment, entry[1])
            continue
        segment = entry[2]
        if entry[0] == "out" and (segment.src, segment.sport, segment.dst, segment.dport) == name:
            if segment.flags & (FIN | RST):
                pending = None
            closed = not segment.flags & RST and (closed or bool(segment.flags & FIN))
            attempt = segment.flags & (SYN | ACK) == SYN or attempt and not segment.flags & ACK
    if pending and when - pending[0] < AT_ONCE and rst.flags & ACK:
        return "TCP_STATE" if pending[1] == "abort" else "TCP_ABORT_ON_CLOSE"
    for moment, entry in reversed(before):
        if when - moment > SOON:
            break
        segment = entry[2]
        if entry[0] == "act" or entry[0] == "out" or segment.flags & RST or \
                (segment.dst, segment.dport, segment.src, segment.sport) != name:
            continue
        late = closed and segment.payload_length and rst.flags & ACK and rst.ack in (segment.seq, end_of(segment))
        if late or answers(rst, segment):
            birth.trigger_segment, birth.trigger = segment, entry[1]
            return "TCP_ABORT_ON_DATA" if late else "TCP_INVALID_ACK_SEQUENCE" if attempt else "NO_SOCKET"
    return "-"


def end_of(segment):
    return segment.seq + segment.payload_length + bool(segment.flags & SYN) + bool(segment.flags & FIN) & 0xFFFFFFFF


def answers(rst, segment):
    """Whether a RST is an answer to a segment: RFC 9293 section 3.5.2, or both numbers as lwIP sends them."""
    end = end_of(segment)
    if rst.flags & ACK:
        return rst.ack == end and (rst.seq == (segment.ack if segment.flags & ACK else 0) or rst.seq == 0)
    return bool(segment.flags & ACK) and rst.seq == segment.ack


def letters(plan, role):
    """A conversation's side as the letters that stack_end.c follows."""
    def pause(seconds):
        return f"z{max(1, round(seconds * 1000))}"

    out = ""
    for _ in range(plan.rounds):
        if role == "client":
            out += f"s{plan.request}r{round(plan.answer * plan.answer_read)}"
        else:
            out += f"r{max(1, round(plan.request * plan.request_read))}{pause(plan.think)}s{plan.answer}"
        out += pause(plan.between)
    if role == plan.ender:
        endings = {"close": "c", "abort": "a", "kill": "c", "disconnect": "a", "vanish": "p", "none": "p"}
        shut = f"h{pause(plan.shut_wait)}"
        return out + pause(plan.pause) + (shut if plan.ending in ("shut-close", "shut-abort", "linger2") else "") + \
            endings.get(plan.ending, "a" if plan.ending == "shut-abort" else "c")
    if plan.reaction.startswith("talk"):
        return out + pause(plan.react_after) + f"s{plan.talk_size}{pause(plan.talk_gap)}" * plan.talks + "c"
    return out + {"read-close": "ec", "read-abort": "ea", "late-close": f"e{pause(1.3 + plan.react_after)}c",
                  "silent": "p"}[plan.reaction]
