"""The studio as the browser tests meet it: the real app in a process of its own, with a record of what came in.

Every line on standard input, [PORT, KIND, DRAFTS] as JSON, forks a server, whose number is answered. The kind `plain` paints
flat colours in no time, so that the page can be tested alone; `redder` is the same beside a DCGAN with one slider more;
`trained` is the shipped generator. GET /record tells the newest map and settings that the painter received, and every try to
reach another machine, each of which fails.
"""

import base64
import json
import os
import signal
import sys
import time
from dataclasses import make_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

import loopback  # noqa: E402

loopback.only()

import gradio  # noqa: E402, F401  # the slow one, which the app imports when it is built
import numpy as np  # noqa: E402
import uvicorn  # noqa: E402

from engine import service  # noqa: E402
from engine.cases.case import Case, to_json  # noqa: E402
from engine.cases.planes import Planes, pack, semantic_map  # noqa: E402
from engine.cases.settings import TONES, Share  # noqa: E402
from engine.config import Slider  # noqa: E402
from engine.errors import EngineError  # noqa: E402
from engine.generators import dcgan, registry  # noqa: E402
from engine.generators.shared.sliders import AppearanceSettings  # noqa: E402
from engine.training import presets  # noqa: E402
from studio import access  # noqa: E402
from studio import app as studio_app  # noqa: E402

COLOURS = np.random.default_rng(5).integers(30, 220, (8, 3), np.uint8)
REFUSED_HAIR = 0.13  # the plain painter refuses it, so that a test can see a refusal
SLOW_SEED, SLOW_S = 4242, 0.4


class Plain:
    """Paints every class in one colour; a test's stand-in, never seen by a user."""

    def starter_case(self, name="naevus", generator=service.DEFAULT):
        if name != "naevus":
            return service.Painter().starter_case(name)
        rows, columns = np.mgrid[0:256, 0:384]
        planes = Planes.blank(384, 256)
        planes.lesion[np.hypot((columns - 192) / 120, (rows - 128) / 80) < 1] = 1
        return Case(planes, None, service.DEFAULT, AppearanceSettings(7, "II"))

    def picture(self, case):
        if case.settings.hair == REFUSED_HAIR:
            raise EngineError(f"hair is {REFUSED_HAIR}; this painter allows any other.")
        time.sleep(SLOW_S if case.seed == SLOW_SEED else 0.005)
        tone = TONES.index(case.tone) if case.tone else 0
        return (COLOURS[semantic_map(case.planes)] // (1 + tone)).astype(np.uint8)

    def render_live(self, case, client, seq):
        shares = {name: (case.seed + at) % 100 / 100 for at, name in enumerate(("lesion_colour", "variation", "hair"))}
        drawn = {name: share for name, share in shares.items() if getattr(case.settings, name, 0.0) is None}
        return service.LivePicture(self.picture(case), seq, 5.0, 41.0, "", "plain", drawn)

    def strip(self, case):
        return [service.TonePicture(t, self.picture(case), 40.0, t in ("V", "VI")) for t in TONES]

    def paint(self, case):
        return self.render_live(case, "", 0)

    def render(self, case):
        made = datetime.now(UTC).isoformat()
        return service.Rendered(self.picture(case), {"made": made, "case": json.loads(to_json(case))})

    def matched(self, case, photo):
        assert photo.shape == (256, 384, 3)
        return {"tone": "V", "lesion_colour": 0.31}

    def leave(self, client):
        pass


class Recorder:
    """A painter that remembers what it was given."""

    def __init__(self, painter):
        self._painter = painter
        self.last = None
        self.count = 0

    def render_live(self, case, client, seq):
        self.last, self.count = case, self.count + 1
        return self._painter.render_live(case, client, seq)

    def __getattr__(self, name):
        return getattr(self._painter, name)

    def record(self) -> bytes:
        """What came last, as JSON."""
        table = {"count": self.count, "outside": loopback.OUTSIDE}
        if self.last is not None:
            table |= self.last.plain()
            table["width"], table["height"] = self.last.planes.size
            table["cells"] = base64.b64encode(pack(self.last.planes).astype("<u2").tobytes()).decode()
        return json.dumps(table).encode()


def recorded(app, recorder):
    """The app, and GET /record before it."""

    async def outer(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != "/record":
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": recorder.record()})

    return outer


def take_redness() -> None:
    """Add to DCGAN's settings, declared in one line, a slider that its network has no use for."""
    redness = Annotated[Share | None, Slider("Redness", "How red the skin is")]
    dcgan.request.Request = make_dataclass("Redder", [("redness", redness, None)], bases=(dcgan.Request,), frozen=True)
    for families in (registry.FAMILIES, presets.FAMILIES):
        families["dcgan"] = replace(families["dcgan"], request=dcgan.request.Request)


def main(port: int, kind: str, drafts: Path) -> None:
    """Serve until killed; the port answers once the painter is warm."""
    if kind == "redder":
        take_redness()
    painter = {"plain": Plain, "redder": Plain, "trained": service.Painters}[kind]()
    if kind == "trained":
        painter.strip(painter.starter_case())
        painter.render_live(painter.starter_case(), "warm", 1)
    recorder = Recorder(painter)
    app = recorded(
        studio_app.build(recorder, access.address_of("127.0.0.1", port), studio_app.stores_in(drafts)), recorder
    )
    config = uvicorn.Config(app, log_level="warning", ws_max_size=access.MESSAGE_LIMIT_BYTES)
    uvicorn.Server(config).run(sockets=[access.bound_socket("127.0.0.1", port)])


def start_as_asked() -> None:
    """Fork a server a line until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that one that was killed is gone at once
    for line in sys.stdin:
        port, kind, drafts = json.loads(line)
        child = os.fork()
        if not child:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            main(port, kind, Path(drafts))
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    start_as_asked()
