# SPDX-License-Identifier: GPL-2.0-or-later
"""The command: record scenarios side by side, each in namespaces of its own, and write captures with their truth."""

import argparse
import fcntl
import fnmatch
import hashlib
import importlib
import multiprocessing
import multiprocessing.connection
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from . import derive, packets, truth
from .registry import SCENARIOS
from .topology import Lab
from .tracing import Tracer

ATTEMPTS = 3
LOCK = "/run/tcprst-lab.lock"
FORMS = ("pcapng", "pcapng-ns", "pcap", "pcapng", "pcapng", "pcap-ns", "pcapng-be", "pcap-be")


def main(scenario_package):
    arguments = parse()
    load_scenarios(scenario_package)
    specs = [spec for name, spec in sorted(SCENARIOS.items())
             if any(fnmatch.fnmatch(name, pattern) for pattern in arguments.only.split(","))]
    if arguments.list:
        for spec in specs:
            print(f"{spec.name}\t{spec.sentence}")
        return 0
    if not specs:
        print(f"record: no scenario matches {arguments.only}", file=sys.stderr)
        return 2
    if not arguments.out:
        print("record: --out DIR is needed", file=sys.stderr)
        return 2
    if os.geteuid():
        print("record: network namespaces and tracepoints need root", file=sys.stderr)
        return 2
    os.makedirs(arguments.out, exist_ok=True)
    with open(LOCK, "w", encoding="ascii") as lock, tempfile.TemporaryDirectory(prefix="tcprst-lab.") as work:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return record(specs, arguments, work)


def parse():
    parser = argparse.ArgumentParser(prog="record", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="everything that varies is drawn from it")
    parser.add_argument("--out", metavar="DIR", help="where captures and truth files go")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="scenario names: shell patterns, joined by commas")
    parser.add_argument("--jobs", type=int, default=8, help="scenarios recorded at once")
    parser.add_argument("--everywhere", action="store_true", help="write what every place of capture shows, and nothing derived")
    parser.add_argument("--list", action="store_true", help="print the scenarios and stop")
    return parser.parse_args()


def load_scenarios(package):
    for module in pkgutil.iter_modules([package]):
        importlib.import_module(f"scenarios.{module.name}")


def record(specs, arguments, work):
    program = os.path.join(work, "wire")
    source = os.path.join(os.path.dirname(__file__), "wire.c")
    subprocess.run(["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-o", program, source], check=True)
    tracer = Tracer(f"tcprst{os.getpid()}")
    began = time.monotonic()
    failed, running = [], {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    try:
        waiting = sorted(specs, key=lambda spec: -spec.seconds)
        while waiting or running:
            while waiting and len(running) < arguments.jobs:
                spec = waiting.pop(0)
                process = multiprocessing.get_context("fork").Process(
                    target=worker, args=(spec, arguments, program, tracer, work))
                process.start()
                running[process.sentinel] = (process, spec)
            for sentinel in multiprocessing.connection.wait(list(running)):
                process, spec = running.pop(sentinel)
                process.join()
                if process.exitcode:
                    failed.append(spec.name)
    finally:
        for process, _ in running.values():
            process.terminate()
        for process, _ in running.values():
            process.join()
        tracer.close()
    print(f"{len(specs) - len(failed)} of {len(specs)} scenarios recorded with seed {arguments.seed} "
          f"in {time.monotonic() - began:.0f} s")
    for name in failed:
        print(f"FAILED {name}", file=sys.stderr)
    return 1 if failed else 0


def worker(spec, arguments, program, tracer, work):
    # an interrupted recording takes its namespaces down
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for attempt in range(ATTEMPTS):
        try:
            attempt_scenario(spec, arguments, attempt, program, tracer, work)
            return
        except Exception as error:  # whatever went wrong, the next attempt starts from nothing
            last = attempt == ATTEMPTS - 1
            detail = traceback.format_exc() if last else f"{type(error).__name__}: {error}"
            print(f"{spec.name}: attempt {attempt + 1}: {detail}", file=sys.stderr, flush=True)
            if last:
                sys.exit(1)


class TooLong(Exception):
    """A scenario did not end."""


def attempt_scenario(spec, arguments, attempt, program, tracer, work):
    def alarm(*_):
        raise TooLong(f"not done within {spec.seconds + 45:.0f} s")

    place = tempfile.mkdtemp(dir=work)
    signal.signal(signal.SIGALRM, alarm)
    signal.alarm(int(spec.seconds + 45))
    with Lab(spec, arguments.seed, attempt, program, place) as lab:
        spec.run(lab)
        captures = lab.finish()
        signal.alarm(0)
        sends = truth.label(lab, captures, tracer.events(lab.addresses, lab.began))
        if spec.name.startswith("none.") != (not sends):
            raise truth.NotAsClaimed(f"{len(sends)} resets in a scenario called {spec.name}")
        if arguments.everywhere and not lab.ages:
            with open(os.path.join(arguments.out, spec.name + ".trace"), "w", encoding="ascii") as file:
                file.write(tracer.text(lab.addresses, lab.began))
        lab.grow_old(captures)
        write_outputs(lab, captures, arguments)


def form_of(name):
    """The file format depends on the name alone, so that another seed writes the same names."""
    return FORMS[hashlib.sha256(name.encode()).digest()[0] % len(FORMS)]


def write_outputs(lab, captures, arguments):
    spec = lab.spec
    middle = lab.rng.choice(("m0", "m1"))
    vantages = {"client": "c0", "middle": middle, "server": "s0"}
    for name in spec.options.get("extra_dumps", ()):
        vantages[name] = name
    for vantage in vantages if arguments.everywhere else views(lab, vantages):
        capture = captures[vantages[vantage]]
        if arguments.everywhere or has_resets(capture) or spec.name.startswith("none."):
            write_one(lab, arguments, f"{spec.name}.{vantage}", capture, vantage=vantage, full=True)
    derived = spec.derive if spec.path == "plain" and not arguments.everywhere else ()
    for number, how in enumerate(derived):
        if how in ("snap64", "snap68"):
            # an IPv6 packet cut there has lost the flags that make it a reset
            if spec.family == 6:
                continue
        elif not spec.options.get("derive_all") and (number + spec.family // 2) % 2:
            continue              # of each derivation one family, turn and turn about
        vantage = ("middle", "client", "server")[number % 3] if how in ("late",) or how.startswith("snap") else "middle"
        capture, full = derive.DERIVATIONS[how](captures[vantages[vantage]], lab)
        name = f"{spec.name}.{how}"
        if how == "late" and derive.late_truth(capture.frames):
            name = "unknown-connection." + name.partition(".")[2]
        if has_resets(capture) or spec.name.startswith("none."):
            write_one(lab, arguments, name, capture, vantage=vantage, full=full)


def views(lab, vantages):
    """Where this run is shown: everywhere, or at one place or two that the seed decides."""
    spec = lab.spec
    wanted = spec.options.get("vantages", tuple(vantages))
    if not spec.options["thin"] or len(wanted) == 1:
        return wanted
    chosen = hashlib.sha256(f"{spec.name}/{lab.seed}".encode()).digest()[0] % len(wanted)
    if spec.family == 4 and spec.path == "plain" and len(wanted) > 2:
        return wanted[:chosen] + wanted[chosen + 1:]
    return (wanted[chosen],)


def has_resets(capture):
    return bool(truth.resets(capture))


def write_one(lab, arguments, name, capture, *, vantage, full):
    derive.rootless_truth(capture.frames)
    form = form_of(name)
    header = {"full": "yes" if full else "no", "seed": arguments.seed, "scenario": lab.spec.sentence,
              "run": f"{lab.spec.name}@{arguments.seed}", "vantage": vantage}
    path = os.path.join(arguments.out, name)
    # cut-short frames make 64-byte files: what a reader decodes there is its own affair, truth goes by the whole frame
    packets.write_capture(f"{path}.{packets.FORMATS[form][0]}", capture, form)
    with open(path + ".truth", "w", encoding="utf-8") as file:
        file.write(truth.truth_text(capture.frames, header))
