#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges captures on the machines where they lie, by Dask: two maps and a reduce.

    many-machines.py SCHEDULER CAPTURE... > resets.ndjson

SCHEDULER is host:port of a running dask-scheduler, or "local" for workers on this machine. Each CAPTURE is a path that the
workers can read, in the order of the captures' times; each worker has tcprst in its PATH. Only keys and extracts travel.
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def tcprst(*arguments):
    return subprocess.run(["tcprst", "-q", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout


def keys_of(capture):
    return set(tcprst("--keys", capture).splitlines())


def extract_of(capture, keys):
    with tempfile.TemporaryDirectory() as directory:
        listed, extract = Path(directory, "keys"), Path(directory, "extract.pcapng")
        listed.write_bytes(b"\n".join(sorted(keys)) + b"\n")
        tcprst(f"--extract={listed}", "-o", extract, capture)
        return extract.read_bytes()


def main(scheduler, *captures):
    from distributed import Client
    client = Client(n_workers=2, threads_per_worker=1) if scheduler == "local" else Client(scheduler)
    with client, tempfile.TemporaryDirectory() as directory:
        keys = client.submit(lambda sets: set().union(*sets), client.map(keys_of, captures))
        extracts = []
        for number, octets in enumerate(client.gather(client.map(extract_of, captures, keys=keys))):
            extracts.append(Path(directory, f"{number:06}.{Path(captures[number]).name}"))
            extracts[-1].write_bytes(octets)
        sys.stdout.buffer.write(tcprst("-f", "ndjson", *extracts))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
