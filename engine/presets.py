"""Presets: one complete TOML a generator. Reading the file tells the whole experiment; nothing is inherited."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from engine.config import Range, assign, from_table, read_toml, suggestion, to_table
from engine.errors import EngineError

CHECKOUT = Path(__file__).resolve().parent.parent / "presets"
INSTALLED = Path(__file__).resolve().parent / "_presets"
ROOT = CHECKOUT if CHECKOUT.is_dir() else INSTALLED


@dataclass(frozen=True)
class Frame:
    """How a cached frame is shown: a window of (width, height) after shrinking by the whole number `shrink`.

    fade: 1, or less while a picture is blended with its form at half the resolution.
    """

    width: int
    height: int
    shrink: int = 1
    fade: float = 1.0


@dataclass(frozen=True)
class Stage:
    """One size of training; `until` is the share of all images at which it ends.

    width, height: of the window shown, after shrinking the frame by the whole number `shrink`, 1 where there is none.
    """

    until: Annotated[float, Range(0, 1)]
    width: Annotated[int, Range(4, 4096)]
    height: Annotated[int, Range(4, 4096)]
    batch: Annotated[int, Range(1, 4096)]
    shrink: Annotated[int, Range(1, 16)] | None = None
    fade: Annotated[float, Range(0, 1)] | None = None
    """Share of the stage during which what it adds fades in, real pictures alike (Karras et al. 2018); None adds at once."""

    @property
    def frame(self) -> Frame:
        """How the cached frame is shown."""
        return Frame(self.width, self.height, self.shrink or 1)


@dataclass(frozen=True)
class TrainConfig:
    """One training run; the clock is images seen, so that the batch size changes no schedule."""

    images: Annotated[int, Range(1, 1e10)]
    lr_generator: Annotated[float, Range(0, 1)]
    lr_discriminator: Annotated[float, Range(0, 1)]
    beta1: Annotated[float, Range(0, 1)]
    beta2: Annotated[float, Range(0, 1)]
    decay_from: Annotated[float, Range(0, 1)]
    """Share of all images after which both rates fall linearly to 0."""
    ema_images: Annotated[float, Range(0, 1e9)]
    """Half-life of the averaged weights, in images; 0 averages nothing."""
    precision: Literal["fp32", "bf16"]
    seed: int
    snapshot_images: Annotated[int, Range(1, 1e10)]
    stages: tuple[Stage, ...]
    minutes: Annotated[float, Range(0.01, 1e5)] | None = None
    """Wall-clock budget, in place of `images`: measured for a minute, then turned once into an image count."""
    epochs: Annotated[float, Range(0.001, 1e6)] | None = None
    """Budget in showings of the whole training split, in place of `images`."""
    epsilon: Annotated[float, Range(0, 1)] | None = None
    """Adam's; None is torch's 1e-8."""
    rampup_images: Annotated[float, Range(1, 1e9)] | None = None
    """Images over which both rates rise from 0.7 % to 100 % (Karras et al. 2018); None starts at 100 %."""

    def __post_init__(self) -> None:
        """Stages must come in order and reach the end."""
        ends = [stage.until for stage in self.stages]
        if not ends or (ends != sorted(set(ends)) or ends[-1] != 1):
            raise EngineError(f"train.stages: until = {ends}; rising values that end in 1 are expected.")
        if self.minutes is not None and self.epochs is not None:
            raise EngineError(
                f"train.minutes = {self.minutes:g} and train.epochs = {self.epochs:g}; only one budget is allowed."
            )


@dataclass(frozen=True)
class EvaluateConfig:
    """How many pictures a report renders."""

    count: Annotated[int, Range(2, 1e6)]


@dataclass(frozen=True)
class Preset:
    """One generator as it is listed, trained and judged. `model` is the family's own Config, `data` its own DataConfig."""

    name: str
    family: str
    title: str
    paper: str
    takes: str
    makes: str
    size: tuple[Annotated[int, Range(16, 4096)], Annotated[int, Range(16, 4096)]]
    """Width and height, px."""
    model: Any
    data: Any
    train: TrainConfig
    evaluate: EvaluateConfig


def names(root: Path = ROOT) -> list[str]:
    """All presets, those that ship trained first, then by name."""
    found = sorted(path.parent.name for path in root.glob("*/preset.toml"))
    return sorted(found, key=lambda name: weights_path(name, root) is None)


def load(name: str, root: Path = ROOT) -> Preset:
    """Read one preset by name."""
    known = names(root)
    if name not in known:
        raise EngineError(f"There is no preset '{name}'; {suggestion(name, known)}")
    return from_preset_table({"name": name, **read_toml(root / name / "preset.toml")}, f"presets/{name}/preset.toml")


def weights_path(name: str, root: Path = ROOT) -> Path | None:
    """The shipped weights, or None where a preset ships untrained."""
    path = root / name / "weights.safetensors"
    return path if path.is_file() else None


def from_preset_table(table: dict[str, Any], where: str) -> Preset:
    """A whole preset from plain values; the tables of model and data are read by what its family says they are."""
    from engine.configs import CONFIGS, DATA, PhotosData

    family = table.get("family")
    if family not in CONFIGS:
        raise EngineError(f"{where}: family = {family!r}; one of {', '.join(CONFIGS)} is expected.")
    preset = from_table(Preset, table, where)
    model: Any = from_table(CONFIGS[family], preset.model, f"{where}: model")
    data: Any = from_table(DATA[family], preset.data, f"{where}: data")
    made = tuple(getattr(model, "size", preset.size))
    if made != preset.size:
        raise EngineError(f"{where}: size = {list(preset.size)}; {list(made)}, which the model makes, is expected.")
    if DATA[family] is PhotosData:
        _check_stages(preset.train.stages, getattr(model, "training_sizes", (made,)), where)
    return Preset(**{**vars(preset), "model": model, "data": data})


def _check_stages(stages: Iterable[Stage], allowed: Sequence[tuple[int, ...]], where: str) -> None:
    """A generator that starts from noise is trained at its own size, or grows through sizes of its own."""
    for stage in stages:
        if (stage.width, stage.height) not in allowed:
            sizes = ", ".join(f"{width}x{height}" for width, height in allowed)
            raise EngineError(
                f"{where}: train.stages has one of {stage.width}x{stage.height}; {sizes} is what the model takes."
            )


def with_settings(preset: Preset, assignments: Iterable[str]) -> Preset:
    """Apply `--set` assignments ("train.images=500", "model.width=8") in order."""
    table = to_table(preset)
    for assignment in assignments:
        table = assign(table, assignment)
    return from_preset_table(table, "--set")


def sha256(preset: Preset) -> str:
    """Hash of the resolved configuration, whatever the file's comments and order."""
    return hashlib.sha256(json.dumps(to_table(preset), sort_keys=True).encode()).hexdigest()
