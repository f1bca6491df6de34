"""Presets: one complete TOML a model. Reading the file tells the whole experiment; nothing is inherited."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.cases.case import Case, from_plain, from_settings
from engine.cases.planes import Planes
from engine.cases.settings import Settings
from engine.config import Range, assign, controls_of, from_table, read_toml, shown, suggestion, to_table
from engine.data.recipes import Frame, PhotosData, Recipe
from engine.errors import EngineError
from engine.generators.registry import FAMILIES as GENERATORS
from engine.generators.shared.family import Capabilities, Family
from engine.generators.shared.sliders import AppearanceSettings
from engine.judges.registry import FAMILIES as JUDGES
from engine.paths import PRESETS

FAMILIES: dict[str, Family] = GENERATORS | JUDGES
"""Whatever can be trained: generators, and the judges that learn."""


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
class Adam:
    """The optimiser of one kind of network (Kingma & Ba 2015)."""

    rate: Annotated[float, Range(0, 1)]
    beta1: Annotated[float, Range(0, 1)]
    beta2: Annotated[float, Range(0, 1)]


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

    patches: Adam | None = None
    """Of the discriminators that judge pixels; None trains them as the other discriminators."""

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

    @property
    def capabilities(self) -> Capabilities:
        """What it takes and makes."""
        return FAMILIES[self.family].capabilities(self.model)

    @property
    def recipe(self) -> Recipe:
        """What it learns from."""
        shows = self.capabilities
        return Recipe(self.size, self.data, shows.conditions, shows.diagnoses, shows.mask, shows.accidents)


def names(root: Path = PRESETS) -> list[str]:
    """All presets, those that ship trained first, then by name."""
    found = sorted(path.parent.name for path in root.glob("*/preset.toml"))
    return sorted(found, key=lambda name: weights_path(name, root) is None)


def load(name: str, root: Path = PRESETS) -> Preset:
    """One preset by name; read again only when its file has changed."""
    path = root / name / "preset.toml"
    try:
        changed_ns = path.stat().st_mtime_ns if Path(name).name == name else None
    except (OSError, ValueError):  # not there, or no name that a file can have
        changed_ns = None
    if changed_ns is None:
        raise EngineError(f"There is no preset {shown(name)}; {suggestion(name, names(root))}")
    return _read(path, changed_ns)


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int) -> Preset:
    name = path.parent.name
    return from_preset_table({"name": name, **read_toml(path)}, f"presets/{name}/preset.toml")


def weights_path(name: str, root: Path = PRESETS) -> Path | None:
    """The shipped weights, or None where a preset ships untrained."""
    path = root / name / "weights.safetensors"
    return path if path.is_file() else None


def from_preset_table(table: dict[str, Any], where: str) -> Preset:
    """A whole preset from plain values; the tables of model and data are read by what its family says they are."""
    family = table.get("family")
    if family not in FAMILIES:
        raise EngineError(f"{where}: family = {family!r}; one of {', '.join(FAMILIES)} is expected.")
    preset = from_table(Preset, table, where)
    model: Any = from_table(FAMILIES[family].config, preset.model, f"{where}: model")
    data: Any = from_table(FAMILIES[family].data, preset.data, f"{where}: data")
    shows = FAMILIES[family].capabilities(model)
    made = tuple(shows.size or preset.size)
    if made != preset.size:
        raise EngineError(f"{where}: size = {list(preset.size)}; {list(made)}, which the model makes, is expected.")
    if FAMILIES[family].data is PhotosData:
        _check_stages(preset.train.stages, shows.training_sizes or (made,), where)
    return Preset(**{**vars(preset), "model": model, "data": data})


def _check_stages(stages: Iterable[Stage], allowed: Sequence[tuple[int, ...]], where: str) -> None:
    """A generator that starts from noise is trained at its own size, or grows through sizes of its own."""
    for stage in stages:
        if (stage.width, stage.height) not in allowed:
            sizes = ", ".join(f"{width}x{height}" for width, height in allowed)
            raise EngineError(
                f"{where}: train.stages has one of {stage.width}x{stage.height}; {sizes} is what the model takes."
            )


def told(preset: Preset, case: Case, settings: Mapping[str, Any]) -> Case:
    """A case for a preset's generator with settings in place of its own, checked.

    Raises EngineError for a slider that this preset's network does not heed, whatever others of its family do.
    """
    heeded = {control.name for control in preset.capabilities.controls}
    sliders = {control.name for control in controls_of(FAMILIES[preset.family].request)}
    given = {name for name, value in settings.items() if value is not None}
    if deaf := sorted(given & (sliders - heeded)):
        raise EngineError(
            f"'{preset.name}' does not heed {deaf[0]}; it heeds {', '.join(sorted(heeded)) or 'no slider'}, tone and seed."
        )
    return case.with_settings(settings, f"the settings of '{preset.name}'")


def with_settings(preset: Preset, assignments: Iterable[str]) -> Preset:
    """Apply `--set` assignments ("train.images=500", "model.width=8") in order."""
    table = to_table(preset)
    for assignment in assignments:
        table = assign(table, assignment)
    return from_preset_table(table, "--set")


def own_exclusions(name: str, root: Path = PRESETS) -> tuple[str, ...]:
    """The record ids that a shipped preset leaves out of the folder it was made for; none for a preset of another name."""
    return tuple(load(name, root).data.exclude) if name in names(root) else ()


def sha256(preset: Preset) -> str:
    """Hash of the resolved configuration, whatever the file's comments and order."""
    return hashlib.sha256(json.dumps(to_table(preset), sort_keys=True).encode()).hexdigest()


def request_of(name: str, root: Path = PRESETS) -> type[Settings]:
    """What a case's settings are read as for a generator; one that is not here, or paints no cases, has the usual sliders."""
    request: type = AppearanceSettings
    if (root / name / "preset.toml").is_file():
        request = FAMILIES[load(name, root).family].request
    return request if issubclass(request, Settings) else AppearanceSettings


def read_case(value: object, where: str = "the case") -> Case:
    """A case from its parsed JSON, its settings checked as its generator's; `where` names the source."""
    return from_plain(value, request_of, where)


def read_settings(table: Mapping[str, Any], drawn: tuple[Planes, NDArray[np.int32] | None], where: str) -> Case:
    """A case of its planes and superpixels and the plain values of `Case.plain`; `where` names their source."""
    return from_settings(table, drawn, request_of, where)


def new_case(preset: Preset, planes: Planes, **settings: Any) -> Case:
    """A drawn case for a preset's generator; the caller vouches for the settings, and those it does not take fall away."""
    request = FAMILIES[preset.family].request
    known = {field.name for field in fields(request)}
    return Case(planes, None, preset.name, request(**{k: v for k, v in settings.items() if k in known}))
