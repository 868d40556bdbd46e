# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: records many situations side by side, each a process of its own, and has them judged."""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from lab.tracing import Tracer

from . import score, selftest, stacks, truth, views
from .fabric import Broken
from .situation import Situation

LONGEST_SECONDS = 60              # a situation that takes longer hangs


def parse(arguments):
    parser = argparse.ArgumentParser(prog="exam", description=__doc__)
    parser.add_argument("--seed", type=int, help="what is drawn (default: a fresh one, which is printed)")
    parser.add_argument("--situations", type=int, default=400, metavar="N", help="default %(default)s")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first situation")
    parser.add_argument("--keep", metavar="DIR", help="keep the captures and their truth there")
    parser.add_argument("--rejudge", metavar="DIR", nargs="+", help="judge kept runs again, record nothing")
    parser.add_argument("--tcprst", help="the program (default: $TCPRST, or the newest build)")
    parser.add_argument("--baseline", metavar="PATH", help="a second program, whose figures stand beside the first's")
    parser.add_argument("--jobs", type=int, default=48, metavar="N", help="situations at once (default %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="the figures as JSON too")
    parser.add_argument("--theme", metavar="NAME", help="only this kind of program (to find faults, not to report figures)")
    parser.add_argument("--why", action="store_true", help="with each wrong verdict what the program says of it")
    parser.add_argument("--wrong", type=int, default=200, metavar="N", help="wrong verdicts listed at most (default %(default)s)")
    parser.add_argument("--self-test", action="store_true", help="whether the exam can fail: few situations, a mutated judge")
    options = parser.parse_args(arguments)
    if options.self_test and options.situations == 400:
        options.situations = 6
    return options


def main(arguments=None):
    options = parse(arguments)
    if options.rejudge:
        return score.judge_and_print([Path(place) for place in options.rejudge], options)
    missing = what_is_missing()
    if missing:
        print(f"exam: skipped: {missing}", file=sys.stderr)
        return 77
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1, 10**9)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="tcprst-exam.") as work:
        place = Path(options.keep or os.path.join(work, "captures"))
        place.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        counts = record(options, seed, place, Path(work))
        print(f"{counts['done']} of {options.situations} situations recorded in {time.monotonic() - began:.0f} s"
              f" ({counts['void']} void, {counts['quiet']} without a reset)", flush=True)
        if options.self_test:
            return selftest.check(place, options, counts)
        return score.judge_and_print([place], options)


def what_is_missing():
    """Why nothing can be recorded here, or None."""
    if os.geteuid():
        return "network namespaces and tracepoints need root"
    for path, name in (("/dev/net/tun", "TAP devices"), ("/proc/self/ns/net", "network namespaces")):
        if not os.path.exists(path):
            return f"no {name} here"
    for program in ("ip", "nft"):
        if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True, check=False).returncode:
            return f"no program {program} here (scripts/install-packages record)"
    try:
        Tracer(f"tcprst-exam-try{os.getpid()}").close()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no kernel tracepoints here: {error}"
    return None


def record(options, seed, place, work):
    truth.kernel_events.offset = round(time.clock_gettime(time.CLOCK_REALTIME) -
                                       time.clock_gettime(time.CLOCK_TAI)) * 10**9
    stacks.build(work)
    tracer = Tracer(f"tcprst-exam{os.getpid()}")
    trace = work / "trace"
    with open(trace, "wb") as output:
        reader = subprocess.Popen(["cat", tracer.place + "/trace_pipe"], stdout=output)
    counts = {"done": 0, "void": 0, "quiet": 0, "resets": 0, "shown": 0}
    running, waiting = {}, list(range(options.first, options.first + options.situations))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    progress = sys.stderr.isatty()
    try:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                number = waiting.pop(0)
                child = os.fork()
                if not child:
                    worker(seed, number, options.theme, place, trace, os.path.join(work, f"{number}.json"))
                running[child] = number
            child, status = os.wait()
            if child not in running:
                continue
            note(counts, work / f"{running.pop(child)}.json", status)
            if progress:
                print(f"\r{counts['done'] + counts['void']} done", end="", file=sys.stderr)
    finally:
        for child in running:
            os.kill(child, signal.SIGTERM)
        for child in running:
            os.waitpid(child, 0)
        reader.terminate()
        reader.wait()
        tracer.close()
        sweep_namespaces()
    return counts


def note(counts, path, status):
    if status or not path.exists():
        counts["void"] += 1
        return
    said = json.loads(path.read_text())
    counts["done"] += 1
    counts["quiet"] += said["shown"] == 0
    counts["shown"] += said["shown"]
    counts["resets"] += said["resets"]


def prefix():
    return f"tcprstexam{os.getppid() if prefix.worker else os.getpid()}"


prefix.worker = False


def sweep_namespaces():
    """What a killed situation has left behind."""
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else ():
        if name.startswith(prefix() + "-"):
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


def worker(seed, number, theme, place, trace, answer):
    """One situation, in a process of its own; never returns."""
    def stop(*_):
        raise Broken("interrupted, or not done in time")
    status = 1
    prefix.worker = True
    try:
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, stop)
        signal.alarm(LONGEST_SECONDS)
        begin = trace.stat().st_size
        situation = Situation(seed, number, f"{prefix()}-{number}", theme)
        try:
            situation.build()
            situation.run()
        finally:
            signal.alarm(0)
            situation.close()
        time.sleep(0.05)
        with open(trace, encoding="ascii", errors="replace") as file:
            file.seek(begin)
            lines = file.readlines()
        addresses = set(situation.address.values())
        for wire in range(len(situation.networks)):
            addresses.update(situation.gateways(wire))
        truth.label(situation, truth.kernel_events(lines, addresses))
        shown = views.write(situation, place, seed)
        resets = {birth.number for node in situation.nodes for p in node.places for _, _, _, birth in p.frames
                  if birth and birth.segment.flags & 4}
        Path(answer).write_text(json.dumps({"shown": shown, "resets": len(resets), "theme": situation.theme}))
        status = 0
    except (Broken, truth.NoTruth) as error:
        print(f"s{number:04d} void: {error}", file=sys.stderr, flush=True)
    except BaseException:
        print(f"s{number:04d} failed: {traceback.format_exc()}", file=sys.stderr, flush=True)
    finally:
        os._exit(status)
