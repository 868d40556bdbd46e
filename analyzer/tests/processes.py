# SPDX-License-Identifier: GPL-2.0-or-later
"""What a running tcprst is doing, as the system tells: tests ask, they do not wait for so and so long."""
import array
import fcntl
import os
import re
import signal
import termios
import time
from pathlib import Path


PATIENCE = 3600  # seconds: what takes so long hangs, however busy the machine


def until(condition):
    """Asks again and again; that it comes some day is what is tested."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it never came")
        time.sleep(0.01)


def catches(process, number=signal.SIGINT):
    """Whether it has set a handler for that signal."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)[1], 16) >> (number - 1) & 1 == 1


def ended(process):
    """Never: it is an error that it has."""
    if process.poll() is not None:
        raise AssertionError(f"it ended with {process.returncode}")
    return False


def state(process):
    return Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]


def sleeps_in(process, *calls):
    """Whether it sleeps in a kernel function whose name has one of these in it; where the kernel does not tell, whether it
    sleeps."""
    channel = Path(f"/proc/{process.pid}/wchan")
    where = channel.read_text(encoding="ascii") if os.access(channel, os.R_OK) else ""
    if where in ("", "0"):
        return state(process) == "S"
    return any(call in where for call in calls)


def wait_until_reading(process):
    """Until it has set its handlers, has read all that was sent, and waits for more."""
    unread = array.array("i", [0])
    until(lambda: catches(process) or ended(process))
    if process.stdin and not process.stdin.closed:
        until(lambda: fcntl.ioctl(process.stdin, termios.FIONREAD, unread) == 0 and unread[0] == 0)
    until(lambda: sleeps_in(process, "poll"))


def waits_so_far(process):
    """How often it has gone to sleep by itself."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.MULTILINE)[1])


def wait_until_patience_ended(process, times=3):
    """Until it has waited so often in vain for more than was sent."""
    wait_until_reading(process)
    before = waits_so_far(process)
    until(lambda: waits_so_far(process) >= before + times)


def wait_until_blocked(process):
    """Until it waits for somebody to read what it has written."""
    until(lambda: catches(process) or ended(process))
    until(lambda: sleeps_in(process, "pipe"))
