"""One preset, one data folder → one run folder: everything that stands around the loop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.config import to_table
from engine.data.batches.loading import Shown
from engine.data.recipes import Frame
from engine.data.records import Manifest, excluding
from engine.data.sources import source_of
from engine.errors import EngineError
from engine.training import loop, presets
from engine.training.clock import Clock
from engine.training.presets import FAMILIES, Preset
from engine.training.previews import Previews, fixed_batch
from engine.training.runs import Run
from engine.training.starting_weights import Initial, initialise
from engine.weights import card

PREVIEWED = 12  # maps in the grid that shows a run over time

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Hardware:
    """device: "auto", "cpu" or "cuda". devices: how many."""

    device: str = "auto"
    devices: int = 1


@dataclass(frozen=True)
class Folders:
    """data: the photos, with their label file or None. out: the run's; cache: of decoded photos, None below `out`.

    strict: whether one photo that cannot be read stops the run; else it is left out, and told.
    """

    data: Path
    out: Path
    labels: Path | None = None
    cache: Path | None = None
    strict: bool = False


@dataclass(frozen=True)
class Watch:
    """Who is told how far a run is: preparing, (photos decoded, of how many); report, the state of training.

    notice: what was done to read the photos, in a sentence.
    """

    preparing: Progress | None = None
    report: Callable[[loop.Status], None] = lambda status: None
    notice: Callable[[str], None] = lambda sentence: None


def train(
    preset: Preset,
    folders: Folders,
    start: Path | bool | None = None,
    hardware: Hardware = Hardware(),  # frozen
    watch: Watch = Watch(),  # frozen
) -> Path:
    """Train `preset` on the train split of the data folder; returns the final checkpoint.

    start: True goes on with the run in `out`; a path is a checkpoint whose weights the run starts from, and None starts anew.
    Raises EngineError for a data folder that cannot be read, an `out` that belongs to another run, or weights that do not fit.
    """
    own_list = presets.own_exclusions(preset.name)
    manifest = source_of(preset.recipe).training(folders.data, folders.labels, preset.recipe, own_list)
    shown, held = manifest.of("train"), manifest.of("val")
    torch.manual_seed(preset.train.seed)
    model, first = FAMILIES[preset.family].build(preset.model), None
    if isinstance(start, Path):
        first = Initial.read(start, preset)
        initialise(model, first, preset)
    run = Run.open(folders.out, start is True, to_table(preset), shown.sha256(), first.sha256 if first else None)
    if first is None and run.initial_sha256 and not run.resume_state.exists():
        raise EngineError(
            f"--resume: {folders.out} started from a checkpoint and stopped before its first state was saved; start it "
            "anew in another folder, with --init."
        )
    try:
        cache, shown = _cached(shown, preset, folders, watch)
        watched = _cached(held, preset, folders, watch)[0] if held.records else None
    except EngineError:
        if start is not True:
            run.forget()
        raise
    width, height = preset.size
    shows = cache if watched is None else watched
    batch = fixed_batch(shows, min(PREVIEWED, len(shows)), Frame(width, height), torch.device("cpu"))
    previews = Previews(model.sample_inputs(batch), batch.pictures, model.previews)
    make_card = _card_maker(preset, shown, folders.data.name, hardware.device, run.initial_sha256)
    plan = loop.Plan(preset, model, cache, run, make_card, previews, hardware.device, hardware.devices, watched)
    return loop.train(plan, watch.report)


def _cached(manifest: Manifest, preset: Preset, folders: Folders, watch: Watch) -> tuple[Shown, Manifest]:
    """The decoded photos, and the records without those that could not be read."""
    root = folders.cache or folders.out / "cache"
    cache: Shown = source_of(preset.recipe).build(manifest, preset.recipe, root, watch.preparing)
    left_out = cache.log.left_out
    if left_out and folders.strict:
        raise EngineError(
            f"--strict: {len(left_out)} of {len(manifest.records)} photos cannot be read, first: {left_out[0][1]}"
        )
    for sentence in cache.log.sentences():
        watch.notice(sentence)
    return cache, excluding(manifest, [name for name, _ in left_out]) if left_out else manifest


def _card_maker(
    preset: Preset, manifest: Manifest, data: str, device: str, parent: str | None
) -> Callable[[Clock], card.Card]:
    code = card.code_version()
    licence = "; ".join(sorted({record.licence for record in manifest.records}))

    def make(clock: Clock) -> card.Card:
        return card.Card(
            family=preset.family,
            preset=card.PresetRef(preset.name, presets.sha256(preset)),
            config=to_table(preset),
            data=card.DataRef(data, manifest.sha256(), "train"),
            clock=card.Clock(clock.images, clock.step),
            seed=preset.train.seed,
            code=code,
            env=card.environment(torch.__version__, device),
            licence=f"weights: Apache-2.0; trained on {data} ({licence})",
            parent=parent,
        )

    return make
