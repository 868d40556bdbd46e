# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tshark with or without the plugin, in a folder of its own and never as root.

Wireshark ignores plugins outside the system's folders when root runs it, without a word; a test run by root would test nothing.
So the plugin is copied to a temporary folder that everybody may read, and tshark runs as nobody.
"""

import os
import re
import shutil
import subprocess
import tempfile

NOBODY = 65534
PATIENCE = 3600  # seconds: what takes so long hangs, however busy the machine


def sanitizers():
    """What a stock tshark needs to load a plugin that was built with AddressSanitizer. Wireshark's own leaks are not ours."""
    libraries = [subprocess.run([os.environ.get("CC", "gcc"), f"-print-file-name={name}"], capture_output=True,
                                text=True, check=True).stdout.strip() for name in ("libasan.so", "libubsan.so")]
    return {"LD_PRELOAD": ":".join(os.path.realpath(path) for path in libraries),
            "ASAN_OPTIONS": "detect_leaks=0"}


def read_what_it_could(run):
    """Whether tshark read the capture as far as it goes. A damaged one ends it with 2 in 4.0, with other codes later."""
    return run.returncode in (0, 2) or run.returncode > 0 and 'The file "' in run.stderr


class Wireshark:
    """A home folder and a plugin folder for the Wireshark programs. Use it in a with statement."""

    def __init__(self, plugin, tshark="tshark", environment=None):
        self.tshark_program = tshark
        with open(plugin, "rb") as file:
            self.environment = sanitizers() if b"__asan_init" in file.read() else {}
        self.environment.update(environment or {})
        self.folder = tempfile.mkdtemp(prefix="tcprst-plugin-")
        os.chmod(self.folder, 0o755)
        version = subprocess.run([tshark, "--version"], capture_output=True, text=True, check=True)
        self.version = re.search(r"(\d+\.\d+)\.\d+", version.stdout).group(1)
        self.with_plugin = os.path.join(self.folder, "with")
        self.without_plugin = os.path.join(self.folder, "without")
        self.home = os.path.join(self.folder, "home")
        for path in (self.with_plugin, self.without_plugin):
            os.makedirs(os.path.join(path, self.version, "epan"))
        os.makedirs(self.home)
        shutil.copy(plugin, os.path.join(self.with_plugin, self.version, "epan", "tcprst.so"))
        if os.getuid() == 0:
            os.chown(self.home, NOBODY, NOBODY)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def readable(self, path):
        """A copy of the file that tshark may read whoever runs it; the same one each time."""
        if os.getuid() != 0:
            return path
        copy = os.path.join(self.folder, "captures", os.path.abspath(path).lstrip("/").replace("/", "__"))
        if not os.path.exists(copy):
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(path, copy)
            os.chmod(copy, 0o644)
        return copy

    def settings(self, plugin=True, environment=None):
        """How a program of Wireshark is to be started: arguments for subprocess.run()."""
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        folder = self.with_plugin if plugin else self.without_plugin
        return {"cwd": self.home, **user,
                "env": {"PATH": os.environ["PATH"], "HOME": self.home, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                        "WIRESHARK_PLUGIN_DIR": folder, "WIRESHARK_EXTCAP_DIR": self.home,
                        **(self.environment if plugin else {}), **(environment or {})}}

    def run(self, *arguments, plugin=True, program=None, timeout=PATIENCE, text=True, environment=None):
        """Runs tshark (or another program) and returns what subprocess.run() does."""
        return subprocess.run(
            [program or self.tshark_program, *arguments],
            capture_output=True, text=text, errors="replace" if text else None, timeout=timeout, check=False,
            **self.settings(plugin, environment))
