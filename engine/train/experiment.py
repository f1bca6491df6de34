"""One preset, one data folder → one run folder: everything that stands around the loop."""

from collections.abc import Callable
from pathlib import Path

import torch

from engine import presets
from engine.cards import Card, Code, DataRef, PresetRef, code_version, environment
from engine.cards import Clock as CardClock
from engine.config import to_table
from engine.data.records import Manifest
from engine.data.sources import SOURCES
from engine.generators import FAMILIES
from engine.presets import Preset
from engine.runs import Run
from engine.train import loop
from engine.train.clock import Clock
from engine.train.loader import Frame, Shown
from engine.train.samples import Samples, fixed_batch

SAMPLES = 12  # maps in the grid that shows a run over time


def train(
    preset: Preset,
    data: Path,
    out: Path,
    labels: Path | None = None,
    resume: bool = False,
    device: str = "auto",
    devices: int = 1,
    cache_root: Path | None = None,
    preparing: Callable[[int, int], None] | None = None,
    report: Callable[[loop.Status], None] = lambda status: None,
) -> Path:
    """Train `preset` on the train split of the data folder; returns the final checkpoint.

    Raises EngineError for a data folder that cannot be read, or an `out` that belongs to another run.
    """
    manifest = SOURCES[type(preset.data)].training(data, labels, preset)
    shown, held = manifest.of("train"), manifest.of("val")
    run = Run.open(out, resume, to_table(preset), shown.sha256())
    root = cache_root or out / "cache"
    cache = _cached(shown, preset, root, preparing)
    torch.manual_seed(preset.train.seed)
    gan = FAMILIES[preset.family].build(preset.model)
    width, height = preset.size
    watched = _cached(held, preset, root, preparing) if held.records else cache
    batch = fixed_batch(watched, min(SAMPLES, len(watched)), Frame(width, height), torch.device("cpu"))
    samples = Samples(gan.sample_inputs(batch), batch.pictures, gan.previews)
    card = _card_maker(preset, shown, data.name, device)
    return loop.train(preset, gan, cache, run, card, device, devices, samples, report)


def _cached(manifest: Manifest, preset: Preset, root: Path, preparing: Callable[[int, int], None] | None) -> Shown:
    return SOURCES[type(preset.data)].build(manifest, preset, root, preparing)


def _card_maker(preset: Preset, manifest: Manifest, data: str, device: str) -> Callable[[Clock], Card]:
    code: Code = code_version()
    licence = "; ".join(sorted({record.licence for record in manifest.records}))

    def make(clock: Clock) -> Card:
        return Card(
            family=preset.family,
            preset=PresetRef(preset.name, presets.sha256(preset)),
            config=to_table(preset),
            data=DataRef(data, manifest.sha256(), "train"),
            clock=CardClock(clock.images, clock.step),
            seed=preset.train.seed,
            code=code,
            env=environment(torch.__version__, device),
            licence=f"weights: Apache-2.0; trained on {data} ({licence})",
        )

    return make
