"""A real Chromium, a real server process, and a hand that moves a real mouse over the map."""

import atexit
import base64
import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
START_S = 180  # the trained painter loads torch, compiles and measures its backends on a busy machine


def chromium_path(playwright):
    """MOULAGE_CHROMIUM, else a Chromium on the path, else Playwright's own."""
    named = os.environ.get("MOULAGE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return named or playwright.chromium.executable_path


@pytest.fixture(scope="session")
def playwright():
    """What drives every Chromium of this test process."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def starting(playwright):
    """How a Chromium is started; root may not use its sandbox."""
    flags = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {"executable_path": chromium_path(playwright), "args": flags}


@pytest.fixture(scope="session")
def browser(playwright, starting):
    """A Chromium whose contexts know nothing of each other."""
    chromium = playwright.chromium.launch(**starting)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def profile(playwright, starting, tmp_path_factory):
    """A Chromium with a profile on disk, which keeps the page's compiled scripts and so opens it in half the time."""
    context = playwright.chromium.launch_persistent_context(tmp_path_factory.mktemp("profile"), **starting)
    yield context
    context.close()


class Starter:
    """A process that has imported everything once, and forks a server when asked: importing takes seconds."""

    def __init__(self):
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        command = [sys.executable, str(FOLDER / "server.py")]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, port, kind, drafts):
        """The new server's process number."""
        print(json.dumps([port, kind, str(drafts)]), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def stop(self):
        """Its servers were stopped by those who asked for them."""
        with self.process:
            self.process.stdin.close()


@functools.cache
def starter():
    """The one of this test process, with which it ends."""
    started = Starter()
    atexit.register(started.stop)
    return started


class Server:
    """A studio process on a port of its own."""

    def __init__(self, kind, drafts, port=None):
        self.kind = kind
        self.drafts = drafts
        self.port = port or own_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.pid = starter().start(self.port, self.kind, self.drafts)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.runs(), f"the {self.kind} server ended before it answered"
            with contextlib.suppress(OSError):
                self.record()
                return
            time.sleep(0.1)
        raise AssertionError(f"the {self.kind} server did not answer within {START_S} s")

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        while self.runs():
            time.sleep(0.01)

    def runs(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return True
        return False

    def record(self):
        """What the painter received last: settings, count, outside, width, height, cells uint16 [H, W]."""
        with urllib.request.urlopen(f"{self.url}/record", timeout=5) as answer:
            table = json.loads(answer.read())
        if "cells" in table:
            cells = np.frombuffer(base64.b64decode(table["cells"]), "<u2")
            table["cells"] = cells.reshape(table["height"], table["width"])
        return table


def free_port():
    """A port nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@functools.cache
def own_port():
    """Where the tests that start a server of their own do so, one after the other: the profile knows the page there."""
    return free_port()


def served(kind, folders):
    server = Server(kind, folders.mktemp("drafts"), free_port())
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redder(tmp_path_factory):
    """A studio whose DCGAN takes one slider more, `redness`."""
    yield from served("redder", tmp_path_factory)


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """A studio with the plain painter."""
    yield from served("plain", tmp_path_factory)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A studio with the shipped generator."""
    yield from served("trained", tmp_path_factory)


# A typed array goes as one string: Playwright examines every number of a list, which takes seconds for a map.
BYTES = """value => {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
}"""

LISTEN = """() => {
  window.seen = [];
  const keep = event => window.seen.push([event.clientX, event.clientY]);
  const frame = document.querySelector("[data-view=map]");
  frame.addEventListener("pointerdown", event => { window.seen = []; keep(event); }, true);
  frame.addEventListener("pointermove", event => { if (event.buttons) event.getCoalescedEvents().forEach(keep); }, true);
}"""


class Studio:
    """The open page, in the words of its user."""

    def __init__(self, page, server):
        self.page = page
        self.server = server
        self.requests = []
        self.errors = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)

    def open(self):
        self.page.goto(self.server.url)
        return self.ready()

    def ready(self):
        """Wait until a page that was just loaded shows its first picture."""
        self.page.wait_for_function("window.moulage && moulage.state.pictures > 0", timeout=60_000)
        self.page.evaluate(LISTEN)
        self.settle()
        return self

    def settle(self):
        """Wait until the picture belongs to the map."""
        self.page.wait_for_function(
            "moulage.state.fresh && !moulage.live.inFlight && !moulage.live.wanted && moulage.live.state === 'live'"
        )

    def bytes(self, expression):
        """The bytes of the typed array that an expression of the page gives."""
        return base64.b64decode(self.page.evaluate(f"({BYTES})({expression})"))

    def cells(self):
        width = self.page.evaluate("moulage.editor.map.width")
        return np.frombuffer(self.bytes("Uint16Array.from(moulage.editor.map.cells)"), "<u2").reshape(-1, width)

    def both(self):
        """The page's cells, after checking that the painter received the same."""
        cells = self.cells()
        assert np.array_equal(self.server.record()["cells"], cells)
        return cells

    def superpixels(self):
        return np.frombuffer(self.bytes("Int32Array.from(moulage.editor.superpixels.ids)"), "<i4").reshape(256, 384)

    def choose(self, keys):
        for key in keys:
            self.page.keyboard.press(key)

    def size(self, size_px):
        self.page.evaluate("size => moulage.editor.choose({ size_px: size })", size_px)

    def at(self, x, y):
        """Client coordinates of a map point."""
        box, view = self.frame(), self.view()
        return box["x"] + view["x"] + x * view["scale"], box["y"] + view["y"] + y * view["scale"]

    def frame(self):
        return self.page.locator("[data-view=map]").bounding_box()

    def view(self):
        return self.page.evaluate("({ x: moulage.view.x, y: moulage.view.y, scale: moulage.view.scale })")

    def drag(self, points, steps=6, **options):
        """Press, move through map points, release; returns the pointer's true path in map pixels."""
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down(**options)
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=steps)
        path = self.path()
        mouse.up(**options)
        self.settle()
        return path

    def path(self):
        box, view = self.frame(), self.view()
        seen = np.array(self.page.evaluate("window.seen"))
        return [tuple(p) for p in (seen - [box["x"], box["y"]] - [view["x"], view["y"]]) / view["scale"]]

    def click(self, x, y, **options):
        self.page.mouse.click(*self.at(x, y), **options)
        self.settle()

    def picture(self):
        """The newest picture's JPEG bytes."""
        return self.bytes("moulage.state.lastJpeg")


STORED = "cookies,local_storage,indexeddb,cache_storage,service_workers"


def forgotten(profile, server):
    """The profile, with nothing left of what earlier tests' pages of that server stored."""
    devtools = profile.new_cdp_session(profile.pages[0])
    devtools.send("Storage.clearDataForOrigin", {"origin": server.url, "storageTypes": STORED})
    devtools.detach()
    return profile


@pytest.fixture
def opened(request, profile):
    """Opens a studio page: opened(server, width, height, device pixels a CSS pixel).

    A test's first plain page comes from the profile; each other is a browser of its own.
    """
    before, contexts = profile.pages[0], []

    def open_page(server, width=1440, height=900, ratio=1, reduced_motion=None, **options):
        size = {"width": width, "height": height}
        if ratio == 1 and not options and profile.pages == [before]:
            page = forgotten(profile, server).new_page()
            page.set_viewport_size(size)
            page.emulate_media(reduced_motion=reduced_motion)
            return Studio(page, server).open()
        options["reduced_motion"] = reduced_motion
        browser = request.getfixturevalue("browser")
        contexts.append(browser.new_context(viewport=size, device_scale_factor=ratio, **options))
        return Studio(contexts[-1].new_page(), server).open()

    yield open_page
    for context in contexts:
        context.close()
    for page in profile.pages:
        if page != before:
            page.close()
