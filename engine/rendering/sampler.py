"""One warm generator that starts from noise: pictures of requests, computed together.

A set's picture number i has a seed of its own, drawn from the set's seed and i. Pictures are computed in blocks of BLOCK
successive numbers, the last one filled up with numbers beyond the set, and a shard takes whole blocks; so every picture is
computed beside the same neighbours, and has the same pixels, however many shards there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.config import from_table
from engine.errors import EngineError
from engine.generators.shared.noise_request import SEED_LIMIT, NoiseRequest
from engine.pixels import from_unit
from engine.rendering.backends import BACKENDS, FIXED, Run
from engine.rendering.loading import chosen, load
from engine.seeds import stream
from engine.training import presets
from engine.training.presets import FAMILIES, Preset

BLOCK = 8
OWN_SEEDS = 2**53  # a picture's own seed survives JSON and a browser's numbers


@dataclass(frozen=True, eq=False)
class Sample:
    """picture: uint8 [H, W, 3]. mask: uint8 [H, W] in {0, 1}, where the generator makes one. seed: the picture's own."""

    picture: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    seed: int
    diagnosis: str | None


@dataclass(frozen=True)
class Turn:
    """A turn of a sample's noise towards that of the seed `towards`: share 0 leaves it, 1 ends there."""

    towards: int
    share: float

    def __post_init__(self) -> None:
        """Numbers must be within their limits."""
        if not 0 <= self.towards < SEED_LIMIT:
            raise EngineError(f"the seed is {self.towards}; 0 to {SEED_LIMIT - 1} (64 bits) is allowed.")
        if not 0 <= self.share <= 1:
            raise EngineError(f"the share of the way is {self.share:g}; 0 to 1 is allowed.")


@dataclass(frozen=True)
class Turned:
    """A request whose noise is turned towards other seeds', one after the other; its diagnosis stays."""

    request: NoiseRequest
    turns: tuple[Turn, ...]

    @property
    def seed(self) -> int:
        """The request's own."""
        return self.request.seed


class Sampler:
    """One warm generator that starts from noise. Loads on first use."""

    def __init__(self, preset: str, device: str = "cpu", checkpoint: Path | None = None) -> None:
        self.preset, self._weights = chosen(preset, checkpoint)
        self.device = device
        _check_starts_from_noise(self.preset)
        self._generator = load(self.preset, self._weights, device)
        self._run: Run | None = None

    @property
    def sha256(self) -> str:
        """Of the weights."""
        return self._generator.sha256

    @property
    def licence(self) -> str:
        """Of the weights and of what they were trained on."""
        return self._generator.licence

    def request(self, /, **settings: Any) -> NoiseRequest:
        """A request of the family, see `noise_settings`."""
        return noise_settings(self.preset, settings)

    def diagnosis(self, request: NoiseRequest) -> str | None:
        """What a request's picture shows, drawn by its seed where it names nothing."""
        from engine.generators.shared.noise import diagnosis_of

        return diagnosis_of(self.preset.capabilities, self._generator.tables, request)

    def paint(self, requests: Sequence[NoiseRequest | Turned]) -> list[Sample]:
        """One picture a request or a `Turned`, computed together by the fixed backend."""
        if self._run is None:
            self._run = BACKENDS[FIXED](self._generator.network, self.device)
        values = self._run(self._inputs(requests))
        shown = from_unit(values.transpose(0, 2, 3, 1))
        return [
            Sample(
                np.ascontiguousarray(pixels[..., :3]),
                (value[3] > 0).astype(np.uint8) if len(value) > 3 else None,
                request.seed,
                self.diagnosis(request.request if isinstance(request, Turned) else request),
            )
            for pixels, value, request in zip(shown, values, requests, strict=True)
        ]

    def _inputs(self, requests: Sequence[NoiseRequest | Turned]) -> tuple[NDArray[np.float32], ...]:
        return tuple(np.concatenate(arrays) for arrays in zip(*map(self._input, requests), strict=True))

    def _input(self, request: NoiseRequest | Turned) -> tuple[NDArray[np.float32], ...]:
        if isinstance(request, Turned):
            own = replace(request.request, diagnosis=self.diagnosis(request.request))
            found = self._input(own)
            for turn in request.turns:
                there = self._input(replace(own, seed=turn.towards))
                found = tuple(turned(a, b, turn.share) for a, b in zip(found, there, strict=True))
            return found
        family, tables = self._generator.family, self._generator.tables
        return family.inputs(self.preset.model, tables, None, request)


def turned(start: NDArray[np.float32], end: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """From one array of normal noise towards another on the arc between them (Shoemake 1985).

    On the straight line the middle would be shorter than any noise the generator was trained on. Equal arrays stay.
    """
    lengths = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    angle = float(np.arccos(np.clip(np.vdot(start, end) / max(lengths[0] * lengths[1], 1e-12), -1, 1)))
    if angle < 1e-4 or share == 0:
        return start
    weights = np.sin((1 - share) * angle) / np.sin(angle), np.sin(share * angle) / np.sin(angle)
    return np.asarray(weights[0] * start + weights[1] * end, np.float32)


def noise_settings(preset: Preset, told: Mapping[str, Any]) -> NoiseRequest:
    """What a picture of a preset is asked with, read strictly as the request of its family; what is told as None is not told.

    Raises EngineError for a preset that does not start from noise, a setting that it does not take, and a value that is not
    allowed.
    """
    _check_starts_from_noise(preset)
    request: type[NoiseRequest] = FAMILIES[preset.family].request
    known = {field.name for field in fields(request)}
    given = {name: value for name, value in told.items() if value is not None}
    if strange := sorted(given.keys() - known):
        raise EngineError(f"'{preset.name}' takes no {strange[0][:40]}; it takes {', '.join(sorted(known))}.")
    return from_table(request, given, "the request")


def _check_starts_from_noise(preset: Preset) -> None:
    if (takes := preset.capabilities.takes) != "noise":
        does = f"paints from {preset.takes}, with `moulage render`"
        raise EngineError(
            f"'{preset.name}' {'judges photos and paints none' if takes == 'photo' else does}; a generator that takes noise "
            f"alone is needed, such as {', '.join(_noise_presets()) or 'none of those that are trained yet'}."
        )


def _noise_presets() -> list[str]:
    trained = [presets.load(name) for name in presets.names() if presets.weights_path(name)]
    return [preset.name for preset in trained if preset.capabilities.takes == "noise"]


def own_seed(set_seed: int, index: int) -> int:
    """The seed of a set's picture by its number."""
    return int(stream(set_seed, "sample", index).integers(OWN_SEEDS))
