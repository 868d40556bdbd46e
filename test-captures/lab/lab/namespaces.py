# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, their devices and sysctls, and the user-space wire that joins them."""

import ctypes
import fcntl
import os
import signal
import struct
import subprocess
import time
from contextlib import contextmanager

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


def setns(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, "setns: " + os.strerror(error))


class Namespace:
    """A network namespace of its own; `with ns.entered():` runs code in it."""

    def __init__(self, name):
        self.name = name
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.fd = os.open("/run/netns/" + name, os.O_RDONLY | os.O_CLOEXEC)
        self.macs = {}

    @contextmanager
    def entered(self):
        back = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        setns(self.fd)
        try:
            yield self
        finally:
            setns(back)
            os.close(back)

    def popen(self, command, **options):
        """A process inside; the caller ends it."""
        return subprocess.Popen(command, preexec_fn=lambda: setns(self.fd), **options)

    def run(self, command, **options):
        return subprocess.run(command, preexec_fn=lambda: setns(self.fd), check=True, capture_output=True, text=True,
                              **options)

    def ip(self, *lines):
        """ip(8) commands, one a line, in one process."""
        done = subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines) + "\n", text=True,
                              capture_output=True)
        if done.returncode:
            raise RuntimeError(f"ip -n {self.name}: {done.stderr}")

    def sysctl(self, **values):
        """sysctl(net_ipv4_tcp_sack=0) is net/ipv4/tcp_sack; a name without `net_` is one of net/ipv4."""
        with self.entered():
            for name, value in values.items():
                for prefix, place in (("net_ipv6_conf_", "net/ipv6/conf/"), ("net_ipv4_conf_", "net/ipv4/conf/"),
                                      ("net_ipv6_", "net/ipv6/"), ("net_core_", "net/core/"),
                                      ("net_mptcp_", "net/mptcp/"), ("net_netfilter_", "net/netfilter/"),
                                      ("", "net/ipv4/")):
                    if name.startswith(prefix):
                        rest = name[len(prefix):]
                        break
                if "conf/" in place:
                    rest = rest.replace("_", "/", 1)
                with open("/proc/sys/" + place + rest, "w", encoding="ascii") as file:
                    file.write(str(value))

    def counter(self, name):
        """A MIB counter, like TcpExtTCPChallengeACK."""
        with self.entered():
            for path in ("/proc/net/netstat", "/proc/net/snmp"):
                with open(path.replace("/net/", "/thread-self/net/"), encoding="ascii") as file:
                    lines = file.read().splitlines()
                for names, values in zip(lines[::2], lines[1::2]):
                    prefix = names.split(":")[0]
                    for key, value in zip(names.split()[1:], values.split()[1:]):
                        if prefix + key == name:
                            return int(value)
        raise KeyError(name)

    def chain(self, hook, *rules, kind="filter", priority=0, policy="accept"):
        """One more chain of the packet filter."""
        self.chains = getattr(self, "chains", 0) + 1
        lines = [f"table inet box{self.chains} {{", "chain box {",
                 f"type {kind} hook {hook} priority {priority}; policy {policy};", *rules, "}", "}"]
        self.nft("\n".join(lines) + "\n")

    def nft(self, rules):
        done = subprocess.run(["nft", "-f", "-"], preexec_fn=lambda: setns(self.fd), input=rules, text=True,
                              capture_output=True)
        if done.returncode:
            raise RuntimeError(f"nft: {done.stderr}")

    def tap(self, device):
        """A TAP device inside; the file descriptor is its cable's other end."""
        with self.entered():
            fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI))
        return fd

    def remember_mac(self, device, text):
        self.macs[device] = bytes.fromhex(text.replace(":", ""))

    def delete(self):
        os.close(self.fd)
        subprocess.run(["ip", "netns", "del", self.name], check=False, stderr=subprocess.DEVNULL)


class Wire:
    """The user-space forwarder (wire.c) between pairs of TAP devices."""

    def __init__(self, program, seed, pairs, log):
        self.log = log
        fds = [fd for pair in pairs for fd in pair]
        with open(log, "wb") as errors:
            self.process = subprocess.Popen([program, str(seed)] + [str(fd) for fd in fds], pass_fds=fds,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                                            bufsize=1)
        for fd in fds:
            os.close(fd)

    def command(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise RuntimeError(f"wire: {words}: {answer or 'gone'}")

    def resets(self):
        """{(verb, direction): numbers of the resets}; verb "i": came in, "o": went out; each in order."""
        found = {}
        with open(self.log, encoding="ascii") as file:
            for line in file:
                verb, direction, number = line.split()
                found.setdefault((verb, int(direction)), []).append(int(number))
        return found

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Dump:
    """tcpdump on one device, nanoseconds, whole packets."""

    def __init__(self, namespace, device, path, expression="tcp"):
        self.path = path
        self.process = namespace.popen(
            ["tcpdump", "-Z", "root", "-i", device, "-w", path, "-U", "--immediate-mode", "-s", "0", "-B", "8192",
             "--time-stamp-precision=nano", "-n", expression],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def wait_ready(self):
        deadline = time.monotonic() + 10
        while True:
            line = self.process.stderr.readline()
            if b"listening on" in line:
                return
            if not line or time.monotonic() > deadline:
                raise RuntimeError("tcpdump did not start")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        rest = self.process.stderr.read().decode()
        self.process.stderr.close()
        self.process.wait()
        for line in rest.splitlines():
            if "dropped by kernel" in line and not line.startswith("0 "):
                raise RuntimeError("tcpdump lost packets")
