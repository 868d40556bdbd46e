#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTML report in a headless Chromium: test_html.py TCPRST [SCREENSHOTS]

With a directory SCREENSHOTS it also leaves pictures of the pages there, wide and narrow, light and dark.
"""

import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

import browser
from report_cases import RECORDED, Conversation, tcprst

SCREENSHOTS = Path(sys.argv[2]) if len(sys.argv) > 2 else None
SKIPPED = 77
CAPTURES = {
    "several": ["closed-port.v4.span.pcap", "peer-restarted.v6.client.pcap", "cancelled-transfer.v4.client.pcapng",
                "so-linger-abort.v4.client.pcapng", "wrong-syn-ack.v4.client.pcapng"],
    "one": ["peer-restarted.v6.client.pcap"],
    "aborted-transfer": ["cancelled-transfer.v4.client.pcapng"],
}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(browser.Browser())
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="tcprst-html-")))

    def make(self, name, *captures, arguments=()):
        page = self.directory / (name + ".html")
        run = tcprst("-q", "-f", "html", "-o", page, *arguments, *captures)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return page

    def open(self, page, width=1280, height=900, theme="light"):
        self.browser.size(width, height, phone=width < 600)
        self.browser.theme(theme)
        self.browser.open(page)
        self.assertEqual(self.browser.run("document.documentElement.dataset.drawn"), "yes")
        self.clean()

    def clean(self):
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.requests(), [])

    def run_js(self, script):
        return self.browser.run(f"(() => {{ {script} }})()")

    def shown(self):
        return self.run_js("return document.querySelectorAll('.event:not([hidden])').length")

    def test_what_somebody_between_sent_starts_between_the_lifelines(self):
        forged = sorted(RECORDED.glob("injected.*.v4.client.pcap*"))[0]
        self.open(self.make("forged", forged))
        script = """const i = document.querySelector('.event .seq .this i'), hop = i.parentElement.getBoundingClientRect(), box = i.getBoundingClientRect();
                    const row = i.closest('li'); return [row.classList.contains('right'), row.classList.contains('between'),
                    (box.left - hop.left) / hop.width, (hop.right - box.right) / hop.width, document.querySelector('.event .facts').textContent]"""
        rightwards, between, left, right, facts = self.run_js(script)
        self.assertTrue(between)
        self.assertAlmostEqual(left if rightwards else right, 0.5, delta=0.05)
        self.assertLess(right if rightwards else left, 0.05)
        self.assertIn("a third party (", facts)

    def test_recorded_captures(self):
        """Opens without a complaint and a request, at every width and in both themes, and nothing overflows."""
        for name, captures in CAPTURES.items():
            page = self.make(name, *[RECORDED / capture for capture in captures])
            for width in (1280, 375):
                for theme in ("light", "dark") if name == "several" or SCREENSHOTS else ("dark",):
                    with self.subTest(page=name, width=width, theme=theme):
                        self.open(page, width, 900, theme)
                        self.run_js("document.querySelectorAll('.event').forEach((e) => { e.open = true; })")
                        self.browser.run("new Promise((done) => setTimeout(done, 50))")
                        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)
                        self.assertGreater(self.shown(), 0)
                        background = self.browser.run("getComputedStyle(document.body).backgroundColor")
                        self.assertEqual(background == "rgb(245, 246, 248)", theme == "light")
                        self.picture(name, width, theme)
                        self.clean()

    def picture(self, name, width, theme):
        if SCREENSHOTS:
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            height = min(self.browser.run("document.documentElement.scrollHeight"), 5000)
            self.browser.size(width, height, phone=width < 600)
            self.browser.screenshot(SCREENSHOTS / f"{name}-{width}-{theme}.png")

    def test_filters_and_search(self):
        self.open(self.make("several", *[RECORDED / capture for capture in CAPTURES["several"]]))
        every = self.shown()
        self.assertGreaterEqual(every, 4)
        self.run_js("const s = document.getElementById('f-cause'); s.value = 'closed-port'; s.dispatchEvent(new Event('change'))")
        self.assertEqual(self.shown(), 1)
        self.assertIn("closed-port", self.browser.run("document.querySelector('.event:not([hidden]) .name').textContent"))
        self.run_js("document.querySelector('#filters button[type=reset]').click()")
        self.browser.run("new Promise((done) => setTimeout(done, 30))")
        self.assertEqual(self.shown(), every)
        self.run_js("const t = document.getElementById('f-text'); t.value = 'no such words'; t.dispatchEvent(new Event('input'))")
        self.assertEqual(self.shown(), 0)
        self.assertIn("0 events", self.browser.run("document.getElementById('shown').textContent"))
        # A click on a host or a cause shows its events.
        self.run_js("document.querySelector('#host-table .linkish').click()")
        self.browser.run("new Promise((done) => setTimeout(done, 30))")
        self.assertGreaterEqual(self.shown(), 1)
        self.assertLess(self.shown(), every)
        self.run_js("const s = document.getElementById('f-strength'); document.getElementById('filters').reset(); "
                    "s.value = 'certain'; s.dispatchEvent(new Event('change'))")
        self.assertEqual(self.run_js("return [...document.querySelectorAll('.event:not([hidden])')].every("
                                     "(e) => e.querySelector('.chip').textContent === 'certain')"), True)
        self.clean()

    def test_sorting(self):
        self.open(self.make("several", *[RECORDED / capture for capture in CAPTURES["several"]]))
        column = ("return [...document.querySelectorAll('#causes tbody tr')].map("
                  "(row) => Number(row.children[2].textContent))")
        self.run_js("document.querySelectorAll('#causes th button')[2].click()")
        falling = self.run_js(column)
        self.assertEqual(falling, sorted(falling, reverse=True))
        self.run_js("document.querySelectorAll('#causes th button')[2].click()")
        self.assertEqual(self.run_js(column), sorted(falling))
        self.assertEqual(self.browser.run("document.querySelectorAll('#causes th')[2].getAttribute('aria-sort')"), "ascending")

    def test_diagram(self):
        """The opening, the trigger with what the evidence says of it, the reset, in order."""
        self.open(self.make("one", *[RECORDED / capture for capture in CAPTURES["one"]]))
        self.run_js("document.querySelector('.event').open = true")
        self.browser.run("new Promise((done) => setTimeout(done, 30))")
        rows = self.run_js("return [...document.querySelectorAll('.seg')].map((row) => row.innerText.replace(/\\s+/g, ' '))")
        self.assertRegex(rows[0], "SYN ?Seq=0")
        self.assertRegex(rows[1], "SYN, ACK ?Seq=0 Ack=1")
        trigger = next(row for row in rows if "triggered the reset" in row)
        reset = next(row for row in rows if "This is the reset" in row)
        self.assertLess(rows.index(trigger), rows.index(reset))
        self.assertIn("RST", reset)
        frames = [int(row.split()[0]) for row in rows]
        self.assertEqual(frames, sorted(frames))

    def test_places_are_lines(self):
        """A forged RST begins between the places, and the page says the same with and without its script."""
        both = sorted(RECORDED.glob("injected.mimic.v4.client.pcap*")) + sorted(RECORDED.glob("injected.mimic.v4.server.pcap*"))
        page = self.make("places", *both)
        self.open(page)
        self.run_js("document.querySelector('.event').open = true")
        self.browser.run("new Promise((done) => setTimeout(done, 30))")
        ways = self.run_js("return [...document.querySelectorAll('.event[open] svg.way')].map((way) => way.getAttribute('aria-label'))")
        reset = "return document.querySelector('.seg.this').querySelectorAll('{}').length".format
        self.assertEqual([1, 1, 1, 1], [self.run_js(reset(f".way {part}")) for part in (".begins", ".arrives", "circle.yes", "circle.no")])
        self.assertEqual(2, self.run_js("return document.querySelectorAll('.event[open] .spots > span > span').length"))
        self.assertTrue(any("not at injected.mimic.v4." in way for way in ways), ways)
        written = re.findall('<svg class="way" role="img" aria-label="(.*?)">', Path(page).read_text(encoding="utf-8"))
        self.assertEqual(ways, written[:len(ways)])

    def test_keyboard(self):
        """Slash reaches the search, Tab reaches an event, Enter opens it."""
        self.open(self.make("several", *[RECORDED / capture for capture in CAPTURES["several"]]))

        def press(key, code):
            for kind in ("keyDown", "keyUp"):
                self.browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                                  **({"text": "\r" if key == "Enter" else key} if kind == "keyDown" and key != "Tab" else {}))
        press("/", 191)
        self.assertEqual(self.browser.run("document.activeElement.id"), "f-text")
        for _ in range(12):
            press("Tab", 9)
            if self.browser.run("document.activeElement.tagName") == "SUMMARY":
                break
        self.assertEqual(self.browser.run("document.activeElement.tagName"), "SUMMARY")
        press("Enter", 13)
        self.browser.run("new Promise((done) => setTimeout(done, 30))")
        self.assertTrue(self.browser.run("document.activeElement.parentElement.open"))

    def test_theme_button(self):
        self.open(self.make("one", *[RECORDED / capture for capture in CAPTURES["one"]]))
        colours = []
        for _ in range(3):
            colours.append(self.browser.run("getComputedStyle(document.body).backgroundColor"))
            self.run_js("document.getElementById('theme').click()")
        self.assertEqual(colours[0], colours[1])
        self.assertNotEqual(colours[1], colours[2])

    def test_hostile_text_stays_text(self):
        talk = Conversation()
        talk.abort(80, 41000, b"</script><script>document.title='pwned'</script><img src=http://192.0.2.1/x onerror=alert(1)>")
        name = os.fsencode(self.directory) + b"/<img src=x onerror=alert(2)>{{data}}\xff\xe2\x80\xae.pcap"
        with open(name, "wb") as out:
            out.write(talk.pcap())
        self.open(self.make("hostile", os.fsdecode(name)))
        self.run_js("document.querySelectorAll('.event').forEach((e) => { e.open = true; })")
        self.browser.run("new Promise((done) => setTimeout(done, 50))")
        self.assertEqual(self.browser.run("document.querySelectorAll('img').length"), 0)
        self.assertNotEqual(self.browser.run("document.title"), "pwned")
        self.assertIn("</script><script>", self.browser.run("document.body.innerText"))
        self.clean()

    def test_without_scripts(self):
        """What happened, how sure, the causes, the hosts and the events with their segments are in the page itself."""
        page = self.make("several", *[RECORDED / capture for capture in CAPTURES["several"]])
        self.browser.scripts(False)
        try:
            self.browser.open(page)
            words = self.browser.words()
            self.assertEqual(self.browser.requests(), [])
        finally:
            self.browser.scripts(True)
        for word in ("peer-restarted", "What to check first", "closed-port", "Who sent resets", "198.51.100.76",
                     "RST, ACK Seq=", "This is the reset.", "In Wireshark", "ip.addr ==", CAPTURES["several"][0]):
            self.assertIn(word, words)
        text = page.read_text(encoding="utf-8")
        self.assertNotIn(str(RECORDED), text)
        self.assertIn("<code>journalctl <span>-e</span> <span>--until</span> ", text)  # never broken behind its hyphens

    def test_on_paper(self):
        """A thousand resets fit ten pages of either paper, and nothing is wider than they are."""
        talk = Conversation()
        for i in range(1000):
            talk.client, talk.server = f"10.{i % 30}.0.7", f"198.51.100.{i % 40}"
            getattr(talk, ("refuse", "abort")[i % 2])(80 + i % 13, 1024 + i)
        self.open(self.make("thousand", talk.write(self.directory / "thousand.pcap")))
        for name, width, height in (("a4", 8.27, 11.69), ("letter", 8.5, 11)):
            data, pages = self.browser.pages(width, height)
            self.assertLessEqual(pages, 10, name)
            if SCREENSHOTS:
                (SCREENSHOTS / f"thousand-{name}.pdf").write_bytes(data)

    def test_many_resets_are_bounded(self):
        """Thousands of events between many hosts: a small page that says what it left out."""
        talk = Conversation()
        for i in range(12000):
            talk.client, talk.server = f"10.{i >> 8 & 255}.{i & 255}.7", f"198.51.{i % 97}.{i % 251}"
            talk.refuse(1 + i % 9999, 1024 + i % 60000)
        page = self.make("many", talk.write(self.directory / "many.pcap"))
        self.assertLess(page.stat().st_size, 5_000_000)
        self.open(page)
        self.assertLess(self.browser.run("document.querySelectorAll('.event').length"), 300)
        words = self.browser.run("document.body.innerText")
        self.assertIn("12,000 of 12,000", words)
        self.assertRegex(words, r"[\d,]+ more with fewer resets are left out|events are left out")

    def test_no_resets_and_standard_input(self):
        talk = Conversation()
        talk.close()
        self.open(self.make("none", talk.write(self.directory / "none.pcap")))
        self.assertIn("No resets.", self.browser.run("document.body.innerText"))
        page = self.directory / "piped.html"
        with open(RECORDED / CAPTURES["one"][0], "rb") as capture:
            run = tcprst("-f", "html", "-o", page, "-", stdin=capture)
        self.assertEqual(run.returncode, 0)
        self.open(page)
        self.run_js("document.querySelector('.event').open = true")
        self.browser.run("new Promise((done) => setTimeout(done, 30))")
        self.assertIn("could not be read a second time", self.browser.run("document.body.innerText"))


if __name__ == "__main__":
    if not browser.find():
        print("no Chromium is installed")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
