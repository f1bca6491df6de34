"""One warm generator that paints cases: live for a page, and pictures that are kept."""

import hashlib
import json
import shlex
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.boxes import Box
from engine.cases.case import Case, Drawing, to_json
from engine.cases.examples import EXAMPLES, FIRST, example
from engine.cases.planes import Planes
from engine.cases.tone import TONES, measured_ita, nearest_type
from engine.errors import EngineError
from engine.paths import user_cache
from engine.rendering.backends import FIXED, LatestWins, Probe, Renderer
from engine.rendering.loading import chosen, load
from engine.training import presets
from engine.training.presets import Preset, new_case
from engine.weights.card import now

if TYPE_CHECKING:
    from engine.generators.shared.family import Family

DEFAULT = "pix2pixhd-live"
STARTER_NAMES = tuple(EXAMPLES)
CLEAREST = "melanocytic nevus"  # the condition that everybody sees at once
ITA_STRIDE_PX = 4  # the median of every sixteenth pixel is within 0.2 degrees of that of all, and takes 1 ms


@dataclass(frozen=True)
class LivePicture:
    """One live picture, uint8 [H, W, 3]. ita_deg: measured on its skin. badge: what the user should know, or empty.

    drawn: the value that the seed drew for each slider left open, by its name.
    """

    picture: NDArray[np.uint8]
    seq: int
    ms: float
    ita_deg: float | None
    badge: str
    backend: str
    drawn: dict[str, float] = field(default_factory=dict)


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


class Painter:
    """One warm generator for the live page and for pictures that are kept. Loads on first use, or by `warm`."""

    def __init__(self, preset: str = DEFAULT, device: str = "cpu", checkpoint: Path | None = None) -> None:
        self.preset, self._checkpoint = chosen(preset, checkpoint)
        _check_paints_cases(self.preset)
        self.device = device
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures, px."""
        return self.preset.size

    @property
    def probe(self) -> Probe:
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

    def render_live(self, case: Case, client: str, seq: int) -> LivePicture | None:
        """The newest case's picture by the fastest backend; None if a newer one of this client came meanwhile."""
        self._check(case)

        def job() -> LivePicture:
            return replace(self.paint(case), seq=seq)

        loaded = self.warm()
        frame: LivePicture | None = loaded.latest.run(client, seq, job)
        return frame

    def paint(self, case: Case) -> LivePicture:
        """One picture by the fastest backend, for whoever waits for it."""
        self._check(case)
        loaded = self.warm()
        started = time.perf_counter()
        picture = loaded.renderer.live(loaded.inputs(case))[0]
        ms = (time.perf_counter() - started) * 1000
        backend, drawn = loaded.renderer.probe.backend, loaded.drawn(case)
        return LivePicture(picture, 0, ms, measured(picture, case), loaded.badge(case), backend, drawn)

    def leave(self, client: str) -> None:
        """Forget a client that went away."""
        if self._loaded:
            self._loaded.latest.forget(client)

    def strip(self, case: Case) -> list[TonePicture]:
        """The case in all six skin tones, by the live backend."""
        self._check(case)
        loaded = self.warm()
        toned = [case.varied(tone=tone) for tone in TONES]
        # One by one, so that a stroke which starts meanwhile waits for one picture and not for six.
        pictures = [loaded.renderer.live(loaded.inputs(one))[0] for one in toned]
        return [
            TonePicture(str(one.tone), picture, measured(picture, one), self.extrapolates(one))
            for one, picture in zip(toned, pictures, strict=True)
        ]

    def extrapolates(self, case: Case) -> bool:
        """Whether the case's tone is one that no training photo shows; its map plays no part."""
        return bool(self.warm().badge(replace(case, planes=Planes.blank(*case.planes.size))))

    def matched(self, case: Case, photo: NDArray[np.uint8]) -> dict[str, Any]:
        """The settings, by name, that come nearest to a photo's colours, uint8 [H, W, 3], under the case's map.

        The tone is among them where the photo's skin can be told.
        """
        from engine.cases.appearance import measure  # brings scipy

        self._check(case)
        loaded, measured = self.warm(), measure(photo, case.planes)
        sliders = loaded.family.matched(self.preset.model, loaded.tables, measured)
        if not sliders:
            raise EngineError(f"'{self.preset.name}' has no sliders of colour; pix2pixhd-live has.")
        tone = nearest_type(measured.ita_deg)
        found = {name: round(value, 2) for name, value in sliders.items()}
        return found if tone is None else {"tone": tone, **found}

    def render(self, case: Case) -> Rendered:
        """The picture to keep, by the fixed backend: same case, seed and device, same pixels."""
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
            "made": now(),
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
    renderer: Renderer
    latest: LatestWins
    licence: str

    def inputs(self, case: Case) -> tuple[NDArray[np.float32], ...]:
        """The case as the network takes it."""
        return self.family.inputs(self.preset.model, self.tables, case.drawing, case.settings)

    def drawn(self, case: Case) -> dict[str, float]:
        """What the seed draws for the sliders that the case leaves open."""
        return self.family.drawn(self.preset.model, self.tables, case.drawing, case.settings)

    def badge(self, case: Case) -> str:
        """Why a picture lies beyond the training data, or nothing."""
        reasons = self.family.extrapolates(self.preset.model, self.tables, Drawing(case.planes), case.settings)
        return "; ".join(reasons)


def _check_paints_cases(preset: Preset) -> None:
    takes = preset.capabilities.takes
    if takes == "noise":
        raise EngineError(f"'{preset.name}' paints from noise, not from a case; `moulage sample {preset.name}` does.")
    if takes == "photo":
        raise EngineError(f"'{preset.name}' judges photos and paints none; `moulage presets` lists what does.")


def _load(preset: Preset, checkpoint: Path, device: str) -> _Loaded:
    trained = load(preset, checkpoint, device)
    renderer = Renderer(trained.network, trained.sha256, device, user_cache("backends.json"))
    return _Loaded(preset, trained.family, trained.tables, renderer, LatestWins(), trained.licence)


def starter_case(preset: Preset, name: str = FIRST) -> Case:
    """An example as a case of the preset's, at its own size; a generator of conditions starts with one box, in the middle."""
    found, conditions = example(name), preset.capabilities.conditions
    if conditions:
        width, height = preset.size
        shows = CLEAREST if CLEAREST in conditions else conditions[0]
        box = Box(width * 3 // 10, height * 3 // 10, width * 7 // 10, height * 7 // 10, shows)
        told = {key: found.settings[key] for key in ("seed", "tone")}
        return replace(new_case(preset, Planes.blank(width, height), **told), boxes=(box,))
    planes = found.planes if found.planes.size == preset.size else found.planes.resized(*preset.size)
    return new_case(preset, planes, **found.settings)


def measured(picture: NDArray[np.uint8], case: Case) -> float | None:
    """ITA in degrees of a picture's skin, border, lesion and boxes left out."""
    skin = (case.planes.lesion == 0) & (case.planes.border == 0)
    for box in case.boxes:
        skin[box.top : box.bottom, box.left : box.right] = False
    return measured_ita(picture[::ITA_STRIDE_PX, ::ITA_STRIDE_PX], skin[::ITA_STRIDE_PX, ::ITA_STRIDE_PX])
