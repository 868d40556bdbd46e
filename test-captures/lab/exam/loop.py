# SPDX-License-Identifier: GPL-2.0-or-later
"""A loop of one thread. A program is a generator; it yields Sleep, Readable or Writable and is resumed with what came of it."""

import heapq
import select
import time


class Sleep:
    def __init__(self, seconds):
        self.seconds = seconds


class Waiting:
    """For a socket, at most so long: the program is resumed with True, or with False when the time is over."""

    def __init__(self, sock, seconds):
        self.sock, self.seconds = sock, seconds


class Readable(Waiting):
    pass


class Writable(Waiting):
    pass


class Loop:
    def __init__(self):
        self.timers, self.order = [], 0
        self.readers = {}                 # fd: function, for as long as the situation lasts
        self.waiting = {}                 # id: (kind, fd, deadline, program)
        self.programs = 0
        self.failures = []

    def at(self, when, call, *arguments):
        self.order += 1
        heapq.heappush(self.timers, (when, self.order, call, arguments))

    def after(self, seconds, call, *arguments):
        self.at(time.monotonic() + seconds, call, *arguments)

    def start(self, program, delay=0.0):
        self.programs += 1
        self.after(delay, self.step, program, None)

    def step(self, program, value):
        try:
            wanted = program.send(value)
        except StopIteration:
            self.programs -= 1
            return
        except Exception as error:        # a program's own fault: the situation is void
            self.programs -= 1
            self.failures.append(error)
            return
        if isinstance(wanted, Sleep):
            self.after(wanted.seconds, self.step, program, None)
            return
        fd = wanted.sock.fileno()
        if fd < 0:                        # closed by somebody else (a killed process)
            self.after(0, self.step, program, True)
            return
        self.order += 1
        self.waiting[self.order] = (type(wanted), wanted.sock, program)
        self.after(wanted.seconds, self.give_up, self.order)

    def give_up(self, number):
        entry = self.waiting.pop(number, None)
        if entry:
            self.step(entry[2], False)

    def run(self, until, idle):
        """Until that moment (monotonic), or until no program runs and `idle()` says that nothing is on its way."""
        while time.monotonic() < until and (self.programs or not idle()):
            self.once(until)
        if self.failures:
            raise self.failures[0]

    def once(self, until):
        now = time.monotonic()
        while self.timers and self.timers[0][0] <= now:
            _, _, call, arguments = heapq.heappop(self.timers)
            call(*arguments)
        reads, writes, closed = list(self.readers), [], []
        for number, (kind, sock, _) in self.waiting.items():
            if sock.fileno() < 0:
                closed.append(number)
            elif kind is Readable:
                reads.append(sock)
            else:
                writes.append(sock)
        for number in closed:
            self.step(self.waiting.pop(number)[2], True)
        wait = min(until, self.timers[0][0] if self.timers else until) - time.monotonic()
        ready, ready_writes, _ = select.select(reads, writes, [], max(0, 0 if closed else wait))
        for fd in ready:
            if isinstance(fd, int):
                self.readers[fd]()
        self.resume(set(id(s) for s in ready if not isinstance(s, int)), Readable)
        self.resume(set(id(s) for s in ready_writes), Writable)

    def resume(self, ready, kind):
        if not ready:
            return
        for number, entry in list(self.waiting.items()):
            if entry[0] is kind and id(entry[1]) in ready and self.waiting.pop(number, None):
                self.step(entry[2], True)
