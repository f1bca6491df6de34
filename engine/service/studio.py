"""One warm generator behind the live page, and the pictures that are kept."""

import hashlib
import json
import shlex
import threading
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from engine import cards, presets
from engine.boxes import Box
from engine.case import Case, to_json
from engine.errors import EngineError
from engine.labels import Planes
from engine.presets import Preset
from engine.service.loading import chosen, load
from engine.starter import FIRST, STARTERS, starter

if TYPE_CHECKING:
    from engine.generators.gan import Family
    from engine.render import LatestWins, Probe, Renderer

DEFAULT = "pix2pixhd-live"
STARTER_NAMES = tuple(STARTERS)
CLEAREST = "melanocytic nevus"  # the condition that everybody sees at once
ITA_STRIDE_PX = 4  # the median of every sixteenth pixel is within 0.2 degrees of that of all, and takes 1 ms


@dataclass(frozen=True)
class Frame:
    """One live picture, uint8 [H, W, 3]. ita_deg: measured on its skin. badge: what the user should know, or empty."""

    picture: NDArray[np.uint8]
    seq: int
    ms: float
    ita_deg: float | None
    badge: str
    backend: str


@dataclass(frozen=True)
class TonePicture:
    """One of the six of a tone strip. extrapolated: no training photo has such a skin."""

    tone: str
    picture: NDArray[np.uint8]
    ita_deg: float | None
    extrapolated: bool


@dataclass(frozen=True)
class Rendered:
    """A picture to keep, with the provenance that travels in its file."""

    picture: NDArray[np.uint8]
    provenance: dict[str, Any]


class Studio:
    """One warm generator for the live page and for pictures that are kept. Loads on first use, or by `warm`."""

    def __init__(self, preset: str = DEFAULT, device: str = "cpu", checkpoint: Path | None = None) -> None:
        self.preset, self._checkpoint = chosen(preset, checkpoint)
        self.device = device
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures, px."""
        return self.preset.size

    @property
    def probe(self) -> "Probe":
        """What the backends' measurement found."""
        return self.warm().renderer.probe

    def warm(self) -> "_Loaded":
        """Load the weights and choose the live backend; safe to call from several threads, done once."""
        with self._loading:
            if self._loaded is None:
                self._loaded = _load(self.preset, self._checkpoint, self.device)
                first = self._loaded.inputs(starter_case(self.preset))
                self._loaded.renderer.choose(first)
            return self._loaded

    def starter_case(self, name: str = FIRST) -> Case:
        """A finished case to start from; the first is on the canvas when the studio opens."""
        return starter_case(self.preset, name)

    def render_live(self, case: Case, client: str, seq: int) -> Frame | None:
        """The newest case's picture by the fastest backend; None if a newer one of this client came meanwhile."""
        self._check(case)

        def job() -> Frame:
            return replace(self.paint(case), seq=seq)

        loaded = self.warm()
        frame: Frame | None = loaded.latest.run(client, seq, job)
        return frame

    def paint(self, case: Case) -> Frame:
        """One picture by the fastest backend, for whoever waits for it."""
        self._check(case)
        loaded = self.warm()
        started = time.perf_counter()
        picture = loaded.renderer.live(loaded.inputs(case))[0]
        ms = (time.perf_counter() - started) * 1000
        return Frame(picture, 0, ms, measured(picture, case), loaded.badge(case), loaded.renderer.probe.backend)

    def leave(self, client: str) -> None:
        """Forget a client that went away."""
        if self._loaded:
            self._loaded.latest.forget(client)

    def strip(self, case: Case) -> list[TonePicture]:
        """The case in all six skin tones, by the live backend."""
        from engine.tone import TONES

        self._check(case)
        loaded = self.warm()
        toned = [replace(case, tone=tone) for tone in TONES]
        # One by one, so that a stroke which starts meanwhile waits for one picture and not for six.
        pictures = [loaded.renderer.live(loaded.inputs(one))[0] for one in toned]
        return [
            TonePicture(str(one.tone), picture, measured(picture, one), self.extrapolates(one))
            for one, picture in zip(toned, pictures, strict=True)
        ]

    def extrapolates(self, case: Case) -> bool:
        """Whether the case's tone is one that no training photo shows; its map plays no part."""
        return bool(self.warm().badge(replace(case, planes=Planes.blank(*case.planes.size))))

    def render(self, case: Case) -> Rendered:
        """The picture to keep, by the fixed backend: same case, seed and device, same pixels."""
        from engine.render import FIXED

        self._check(case)
        loaded = self.warm()
        kept = replace(case, backend=FIXED)
        picture = loaded.renderer.fixed(loaded.inputs(kept))[0]
        found = {"picture_sha256": hashlib.sha256(picture.tobytes()).hexdigest()}
        return Rendered(picture, self._provenance(kept, loaded) | found)

    def _provenance(self, case: Case, loaded: "_Loaded") -> dict[str, Any]:
        return {
            "format": 1,
            "synthetic": True,
            "case": json.loads(to_json(case)),
            "checkpoint": {
                "preset": self.preset.name,
                "sha256": loaded.renderer.checkpoint_sha256,
                "licence": loaded.licence,
            },
            "backend": case.backend,
            "device": self.device,
            "badge": loaded.badge(case),
            "made": cards.now(),
            "command": self._command(),
        }

    def _command(self) -> str:
        """How this generator is called, before the file that holds the case is named."""
        parts = ["moulage", "render", self.preset.name]
        if self._checkpoint is not None and self._checkpoint != presets.weights_path(self.preset.name):
            parts += ["--checkpoint", self._checkpoint.name]
        return shlex.join(parts if self.device == "cpu" else [*parts, "--device", self.device])

    def _check(self, case: Case) -> None:
        if case.planes.size != self.size:
            width, height = case.planes.size
            raise EngineError(
                f"the map is {width}x{height}; {self.preset.name} paints {self.size[0]}x{self.size[1]}, the same is needed."
            )
        if case.generator != self.preset.name:
            raise EngineError(f"the case asks for the generator '{case.generator}'; '{self.preset.name}' is loaded.")


@dataclass
class _Loaded:
    """A checkpoint in memory."""

    preset: Preset
    family: "Family"
    tables: dict[str, Any]
    renderer: "Renderer"
    latest: "LatestWins"
    licence: str

    def inputs(self, case: Case) -> tuple[NDArray[np.float32], ...]:
        """The case as the network takes it; edges only where the superpixels are a photo's."""
        from engine.labels import instance_edges

        edges = None if case.superpixels is None else instance_edges(case.superpixels)
        return self.family.inputs(self.preset.model, self.tables, case.planes, edges, self._request(case))

    def badge(self, case: Case) -> str:
        """Why a picture lies beyond the training data, or nothing."""
        reasons = self.family.extrapolates(self.preset.model, self.tables, case.planes, self._request(case))
        return "; ".join(reasons)

    def _request(self, case: Case) -> Any:
        return self.family.request(**{field.name: getattr(case, field.name) for field in fields(self.family.request)})


def _load(preset: Preset, checkpoint: Path, device: str) -> _Loaded:
    from engine.render import LatestWins, Renderer

    generator = load(preset, checkpoint, device)
    if generator.family.takes == "noise":
        raise EngineError(f"'{preset.name}' paints from noise, not from a case; `moulage sample {preset.name}` does.")
    cache = user_cache_path("moulage") / "backends.json"
    renderer = Renderer(generator.network, generator.sha256, device, cache)
    return _Loaded(preset, generator.family, generator.tables, renderer, LatestWins(), generator.licence)


def starter_case(preset: Preset, name: str = FIRST) -> Case:
    """A starter, at the preset's own size; a generator of conditions starts with one box, in the middle."""
    from engine.pixels import resize_labels

    case = starter(name)
    conditions = getattr(preset.model, "conditions", ())
    if conditions:
        width, height = preset.size
        shows = CLEAREST if CLEAREST in conditions else conditions[0]
        box = Box(width * 3 // 10, height * 3 // 10, width * 7 // 10, height * 7 // 10, shows)
        return Case(Planes.blank(width, height), None, preset.name, case.seed, case.tone, boxes=(box,))
    if case.planes.size != preset.size:
        p = case.planes
        markers = np.stack([resize_labels(plane, *preset.size) for plane in p.markers])
        planes = Planes(resize_labels(p.lesion, *preset.size), markers, resize_labels(p.border, *preset.size))
        case = replace(case, planes=planes)
    return replace(case, generator=preset.name)


def measured(picture: NDArray[np.uint8], case: Case) -> float | None:
    """ITA in degrees of a picture's skin, border, lesion and boxes left out."""
    from engine.tone import measured_ita

    skin = (case.planes.lesion == 0) & (case.planes.border == 0)
    for box in case.boxes:
        skin[box.top : box.bottom, box.left : box.right] = False
    return measured_ita(picture[::ITA_STRIDE_PX, ::ITA_STRIDE_PX], skin[::ITA_STRIDE_PX, ::ITA_STRIDE_PX])
