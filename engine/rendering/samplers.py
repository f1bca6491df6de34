"""The generators that start from noise, behind one door for a page: grids, ways between two samples, files to keep."""

import io
import json
import shlex
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine import formats
from engine.cases.planes import DEFINITE
from engine.config import Control, number_text, suggestion
from engine.errors import EngineError
from engine.generators.shared.noise_request import SEED_LIMIT, NoiseRequest
from engine.rendering.sampler import BLOCK, OWN_SEEDS, Sample, Sampler, Turn, Turned, own_seed
from engine.seeds import stream
from engine.training import presets
from engine.training.presets import FAMILIES, Preset
from engine.weights.card import now

GRID_LIMIT = 500  # samples of one grid on a page
SET_LIMIT = 2000  # samples of one file to download; 200 MB of pairs
TURNS_LIMIT = 24  # of one sample: so often has somebody asked for more like the last
NEAR = 0.3  # how far "more like this" turns the noise, as a share of the way to another sample
LOOP_STEPS = 24
LOOP_MS = 80


@dataclass(frozen=True)
class SamplerInfo:
    """What a page needs to know of a generator.

    diagnoses: what may be asked of it; mask: whether it makes pairs. controls: what is set by hand. settings: names of all
    that it can be told.
    """

    name: str
    title: str
    makes: str
    size: tuple[int, int]
    diagnoses: tuple[str, ...]
    mask: bool
    controls: tuple[Control, ...] = ()
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class GridRequest:
    """A grid as a page asks for it: `count` samples of a set's seed, or, with `around`, as many like that one.

    settings: what each sample is asked with, but that the seed is the set's. around: the seed of one sample; turns: those
    that led to it.
    """

    preset: str
    count: int
    settings: NoiseRequest
    around: int | None = None
    turns: tuple[Turn, ...] = ()

    def __post_init__(self) -> None:
        """Numbers must be within their limits."""
        if not 1 <= self.count <= SET_LIMIT:
            raise EngineError(
                f"{self.count} samples; 1 to {SET_LIMIT} are allowed here, `moulage sample` writes any number."
            )
        _check_seed(self.seed)

    @property
    def seed(self) -> int:
        """Draws the samples' own."""
        return self.settings.seed

    def command(self) -> str:
        """The same set, written by the command line."""
        said = ["moulage", "sample", self.preset, "--count", str(self.count), "--seed", str(self.seed)]
        return shlex.join([*said, *self.settings.options(), "--out", "DIR"])


@dataclass(frozen=True)
class SampleRef:
    """One sample by what makes it: what its generator is asked with, and the turns that lead away from it, see `Turned`."""

    preset: str
    settings: NoiseRequest
    turns: tuple[Turn, ...] = ()

    def __post_init__(self) -> None:
        """Numbers must be within their limits."""
        _check_seed(self.seed)
        if len(self.turns) > TURNS_LIMIT:
            raise EngineError(f"{len(self.turns)} turns lead to that sample; {TURNS_LIMIT} are allowed.")

    @property
    def seed(self) -> int:
        """Draws the noise, and whatever the settings leave open."""
        return self.settings.seed

    def plain(self) -> dict[str, Any]:
        """As a picture's metadata and a page hold it, plain values; `service.wished` reads it."""
        turns = [asdict(turn) for turn in self.turns]
        return {"preset": self.preset, "seed": self.seed, **self.settings.stored(), "turns": turns}

    def command(self) -> str:
        """The same sample, written by the command line."""
        said = ["moulage", "sample-one", self.preset, "--seed", str(self.seed)]
        said += [part for turn in self.turns for part in ("--turn", f"{turn.towards}:{number_text(turn.share)}")]
        return shlex.join([*said, *self.settings.options(), "--out", "picture.png"])


def _check_seed(seed: int) -> None:
    if not 0 <= seed < SEED_LIMIT:
        raise EngineError(f"the seed is {seed}; 0 to {SEED_LIMIT - 1} (64 bits) is allowed.")


def noise_generators() -> tuple[SamplerInfo, ...]:
    """The trained presets that start from noise, those that make pairs first."""
    trained = [presets.load(name) for name in presets.names() if presets.weights_path(name)]
    found = [_info(preset) for preset in trained if preset.capabilities.takes == "noise"]
    return tuple(sorted(found, key=lambda one: (not one.mask, one.name)))


def _info(preset: Preset) -> SamplerInfo:
    shows = preset.capabilities
    names = preset.name, preset.title, preset.makes, preset.size
    settings = tuple(field.name for field in fields(FAMILIES[preset.family].request))
    return SamplerInfo(*names, shows.askable, shows.mask, shows.controls, settings)


class Samplers:
    """The generators by name, each loaded when it is first asked for. One paints at a time."""

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self._known = {one.name: one for one in noise_generators()}
        self._warm: dict[str, Sampler] = {}
        self._lock = threading.Lock()

    def grid(self, wish: GridRequest) -> Iterator[list[tuple[SampleRef, Sample]]]:
        """The samples, block by block, in order."""
        places = list(self.places(wish))
        for start in range(0, len(places), BLOCK):
            block = places[start : start + BLOCK]
            yield list(zip(block, self.paint(wish.preset, block), strict=True))

    def places(self, wish: GridRequest) -> Iterator[SampleRef]:
        """Where a grid's samples lie. Around a sample, that one is the first."""
        if wish.count > GRID_LIMIT:
            raise EngineError(f"{wish.count} samples; a page shows 1 to {GRID_LIMIT}, and exports up to {SET_LIMIT}.")
        for index in range(wish.count):
            if wish.around is None:
                yield SampleRef(wish.preset, replace(wish.settings, seed=own_seed(wish.seed, index)))
            else:
                towards = int(stream(wish.seed, "around", index).integers(OWN_SEEDS))
                away = (Turn(towards, NEAR),) if index else ()
                yield SampleRef(wish.preset, replace(wish.settings, seed=wish.around), (*wish.turns, *away))

    def paint(self, preset: str, places: list[SampleRef]) -> list[Sample]:
        """Some samples of one generator, computed together."""
        with self._lock:
            asked = [Turned(place.settings, place.turns) if place.turns else place.settings for place in places]
            return self._named(preset).paint(asked)

    def one(self, place: SampleRef) -> Sample:
        """One sample."""
        return self.paint(place.preset, [place])[0]

    def loop(self, place: SampleRef) -> bytes:
        """A GIF along the last of a place's turns, from where it begins to the seed it leads to, and back."""
        if not place.turns:
            raise EngineError("the sample turns towards no other; a way needs a seed at its end.")
        *before, last = place.turns
        shares = [step / (LOOP_STEPS - 1) for step in range(LOOP_STEPS)]
        steps = [replace(place, turns=(*before, replace(last, share=share))) for share in shares]
        blocks = [steps[start : start + BLOCK] for start in range(0, LOOP_STEPS, BLOCK)]
        frames = [_named_frame(sample) for block in blocks for sample in self.paint(place.preset, block)]
        # Median cut without dithering: dots would look like a skin's own texture.
        flat = [frame.quantize(256, dither=Image.Dither.NONE) for frame in (*frames, *frames[-2:0:-1])]
        out = io.BytesIO()
        said = json.dumps(self._provenance(place, self.one(place))).encode()
        flat[0].save(out, "GIF", save_all=True, append_images=flat[1:], duration=LOOP_MS, loop=0, comment=said)
        return out.getvalue()

    def files(self, place: SampleRef) -> dict[str, bytes]:
        """A sample to keep: the picture, which holds what made it, and its mask where there is one."""
        sample = self.one(place)
        stem = f"moulage-{place.preset}-{place.seed}" + "".join(f"-towards-{turn.towards}" for turn in place.turns[-1:])
        files = {f"{stem}.png": formats.picture_bytes(sample.picture, self._provenance(place, sample))}
        if sample.mask is not None:
            files[f"{stem}_segmentation.png"] = formats.plane_bytes(np.asarray(DEFINITE * sample.mask, np.uint8))
        return files

    def keepable(self, place: SampleRef) -> bytes:
        """A sample as the Library keeps it: PNG, with what made it and when."""
        sample = self.one(place)
        return formats.picture_bytes(sample.picture, self._provenance(place, sample) | {"made": now()})

    def _provenance(self, place: SampleRef, sample: Sample) -> dict[str, Any]:
        sampler = self._named(place.preset)
        return {
            "format": 1,
            "synthetic": True,
            "sample": place.plain() | {"diagnosis": sample.diagnosis},
            "checkpoint": {"preset": place.preset, "sha256": sampler.sha256, "licence": sampler.licence},
            "device": sampler.device,
        }

    def _named(self, name: str) -> Sampler:
        if name not in self._known:
            raise EngineError(f"the generator '{name[:60]}' makes no samples here; {suggestion(name, self._known)}")
        if name not in self._warm:
            self._warm[name] = Sampler(name, self._device)
        return self._warm[name]


def _named_frame(sample: Sample) -> Image.Image:
    frame = Image.fromarray(sample.picture)
    pen = ImageDraw.Draw(frame)
    pen.text(
        (6, frame.height - 6),
        "SYNTHETIC",
        "white",
        ImageFont.load_default(11),
        "ls",
        stroke_width=1,
        stroke_fill="black",
    )
    return frame
