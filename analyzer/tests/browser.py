# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium driven by its DevTools protocol over a pipe, with nothing but the standard library."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from processes import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find():
    """The path of a Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One page in one browser. Everything it says is kept in events."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="tcprst-browser-")
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()

        def place_pipes():
            # The protocol wants to read from descriptor 3 and to write to 4.
            os.dup2(to_read, 30)
            os.dup2(from_write, 31)
            os.dup2(30, 3)
            os.dup2(31, 4)

        sandbox = ["--no-sandbox"]  # tests run in containers that forbid the namespaces it needs
        self.process = subprocess.Popen(
            [find(), "--headless", *sandbox, "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}",
             "about:blank"],
            preexec_fn=place_pipes, pass_fds=(3, 4, to_read, from_write),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.buffer, self.events, self.number, self.session = b"", [], 0, None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.to_write)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.from_read)
        self.profile.cleanup()

    def _receive(self):
        while b"\0" not in self.buffer:
            octets = os.read(self.from_read, 1 << 16)
            if not octets:
                raise RuntimeError("the browser has ended")
            self.buffer += octets
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        """Calls a method and returns its result; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        """Opens a file and waits until its script has drawn it."""
        self.events.clear()
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.run("document.readyState") == "complete":
                return
            time.sleep(0.05)
        raise RuntimeError("the page does not load")

    def run(self, expression):
        """The value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "exception"))
        return result["result"].get("value")

    def size(self, width, height, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def theme(self, word):
        """What the system asks for: "light" or "dark"."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": word}])

    def screenshot(self, path, whole=False):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def scripts(self, allowed):
        """Whether pages that are opened from now on may run scripts."""
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def words(self):
        """The text of the page, as its reader sees it, whether scripts are allowed or not."""
        root = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        main = self.call("DOM.querySelector", nodeId=root, selector="main")["nodeId"]
        html = self.call("DOM.getOuterHTML", nodeId=main)["outerHTML"]
        return " ".join(re.sub(r"<[^>]+>", " ", html).split())

    def pages(self, width, height):
        """Printed on paper of that size in inches: its PDF, and how many pages it has."""
        data = base64.b64decode(self.call("Page.printToPDF", paperWidth=width, paperHeight=height,
                                          printBackground=True)["data"])
        return data, len(re.findall(rb"/Type\s*/Page\b", data))

    def requests(self):
        """Addresses the page asked for, itself and data: apart."""
        urls = [event["params"]["request"]["url"] for event in self.events
                if event.get("method") == "Network.requestWillBeSent"]
        return [url for url in urls[1:] if not url.startswith("data:")]

    def complaints(self):
        """Errors and warnings on the console, exceptions included."""
        out = []
        for event in self.events:
            params = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                out.append(details.get("exception", {}).get("description", details["text"]))
            elif event.get("method") == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
                out.append(str(params["args"]))
            elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                out.append(params["entry"]["text"])
        return out
