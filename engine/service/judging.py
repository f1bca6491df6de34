"""Judging a generator: fidelity beside its floor, and whether the picture obeys the map."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine import presets
from engine.case import TONES, Case
from engine.configs import PhotosData, PlanesData
from engine.errors import EngineError
from engine.presets import Preset
from engine.service.studio import Studio

if TYPE_CHECKING:
    from engine.data.records import Manifest, Record
    from engine.evaluate.control import Control
    from engine.evaluate.fidelity import Fidelity
    from engine.evaluate.pairs import Agreement
    from engine.evaluate.tones import ToneSweep
    from engine.experiments.search import Found
    from engine.service.sampling import Sample

Picture = NDArray[np.uint8]
Progress = Callable[[int, int], None]
SUFFIXES = (".png", ".jpg", ".jpeg")
SEGMENTED_PX = (128, 128)


@dataclass(frozen=True)
class HeldOut:
    """One split of a data folder in a preset's frame: the photos, and the cases drawn from their maps alone.

    No edges and no colours of the photos enter a case; its seed, the record's number, draws the appearance.
    """

    preset: Preset
    manifest: "Manifest"
    split: str

    @classmethod
    def of(cls, real: Path, labels: Path | None, preset: str, split: str) -> "HeldOut":
        """Read the folder; an empty split is one sentence."""
        from engine.data.sources import SOURCES

        chosen = presets.load(preset)
        source = SOURCES[type(chosen.data)]
        held = cls(chosen, source.kept(source.read(real, labels, chosen), chosen), split)
        for needed in {split, "train"}:
            if not held.manifest.of(needed).records:
                raise EngineError(f"{real} has no {needed} pictures; give --labels with a split column.")
        return held

    @property
    def records(self) -> tuple["Record", ...]:
        """The split's records."""
        return self.manifest.of(self.split).records

    def photos(self) -> list[Picture]:
        """The split's photos."""
        return [picture for picture, _ in self._pairs(self.records)]

    def floor(self) -> list[Picture]:
        """As many training photos, a seeded choice."""
        from engine.evaluate.fidelity import pick

        return [picture for picture, _ in self._pairs(pick(self.manifest.of("train").records, self.floor_count))]

    @property
    def floor_count(self) -> int:
        """Records a set."""
        return min(len(self.records), len(self.manifest.of("train").records))

    def cases(self) -> list[Case]:
        """One case a map, its number as the seed."""
        return [replace(case, seed=seed) for seed, (_, case) in enumerate(self._pairs(self.records))]

    def _pairs(self, records: Sequence["Record"]) -> list[tuple[Picture, Case]]:
        from engine.data.sources import SOURCES

        source = SOURCES[type(self.preset.data)]
        return [pair for record in records for pair in source.pairs(record, self.preset)]


def fidelity(
    real: Path,
    fake: Path | None,
    preset: str | None,
    labels: Path | None = None,
    checkpoint: Path | None = None,
    split: str = "test",
    progress: Progress = lambda done, total: None,
) -> "Fidelity":
    """KID and FID of a folder of pictures, or of a preset's pictures from the held-out maps, beside the real-real floor.

    real: a data folder; `split` is the reference, its train split gives the floor. All pictures are brought to the
    preset's size by the preset's own fit (where only a folder is given, by that of the live preset for such data).
    """
    from engine.data.sources import yardstick
    from engine.evaluate.fidelity import of_pictures

    if (fake is None) == (preset is None):
        raise EngineError("give either --fake FOLDER or --preset NAME, not both and not neither.")
    held = HeldOut.of(real, labels, preset or yardstick(real), split)
    made = _painted(held, checkpoint, progress) if fake is None else _folder(fake, held.preset)
    return of_pictures(held.photos(), made, held.floor(), progress=progress)


def control(
    real: Path,
    preset: str,
    labels: Path | None = None,
    checkpoint: Path | None = None,
    split: str = "test",
    progress: Progress = lambda done, total: None,
) -> "Control":
    """Sharpness, spread of colours, and whether edits do what they say and stay where they are, on the held-out maps."""
    from engine.evaluate.control import control as measure

    held = HeldOut.of(real, labels, preset, split)
    if not isinstance(held.preset.data, PlanesData):
        raise EngineError(
            f"'{preset}' takes no lesion and marker planes; `moulage evaluate tone` tries what it does take."
        )
    studio = Studio(preset, checkpoint=checkpoint)
    return measure(lambda case: studio.render(case).picture, held.cases(), held.photos(), progress=progress)


def tone(
    real: Path,
    preset: str,
    labels: Path | None = None,
    checkpoint: Path | None = None,
    split: str = "test",
    progress: Progress = lambda done, total: None,
) -> "ToneSweep":
    """Does the picture's skin have the tone asked for, and does the lesion stay as it is: six tones of held-out maps."""
    from engine.evaluate.tones import tone_sweep
    from engine.judges.segmenters import shipped

    held = HeldOut.of(real, labels, preset, split)
    studio = Studio(preset, checkpoint=checkpoint)
    cases = held.cases()
    covered = [tone for tone in TONES if not studio.extrapolates(replace(cases[0], tone=tone))]
    predict = None if isinstance(held.preset.data, PlanesData) else shipped().predict
    return tone_sweep(lambda case: studio.render(case).picture, cases, covered, predict, progress=progress)


def pairs(
    real: Path,
    preset: str,
    labels: Path | None = None,
    checkpoint: Path | None = None,
    split: str = "test",
    progress: Progress = lambda done, total: None,
) -> "Agreement":
    """Does the mask that comes with a picture from noise fit its lesion, as photos' masks fit theirs."""
    from engine.data.maps import FITS, load_mask
    from engine.evaluate.pairs import agreement
    from engine.photos.proposal import propose_lesion

    held = HeldOut.of(real, labels, preset, split)
    if not getattr(held.preset.model, "mask", False):
        raise EngineError(f"'{preset}' makes pictures without masks; this report is for generators of both.")
    masks = [mask for record in held.records if (mask := getattr(record, "mask", None)) is not None]
    if len(masks) < len(held.records):
        raise EngineError(
            f"{real} lacks lesion masks of {len(held.records) - len(masks)} photos; this report needs all."
        )
    size, fit = held.preset.size, FITS[held.preset.data.fit]
    photos = zip(held.photos(), (fit.labels(load_mask(mask), size, True) for mask in masks), strict=True)
    made = ((one.picture, one.mask) for one in _sampled(held, checkpoint, progress) if one.mask is not None)
    return agreement(made, photos, propose_lesion)


def search(
    preset: str,
    data: Path,
    out: Path,
    choices: Sequence[str],
    storage: str | None = None,
    settings: Sequence[str] = (),
    labels: Path | None = None,
    device: str = "auto",
    report: Callable[["Found"], None] = lambda found: None,
) -> "Found":
    """Grid search over a preset's settings by the KID of validation maps; the study lies in `out` unless a URL is given."""
    from engine.experiments import search as searching

    def score(checkpoint: Path) -> float:
        return fidelity(data, None, preset, labels, checkpoint, "val").kid_x1000

    chosen = presets.with_settings(presets.load(preset), settings)
    out.mkdir(parents=True, exist_ok=True)
    url = storage or f"sqlite:///{out / 'study.db'}"
    return searching.search(chosen, data, out, searching.grid(choices), url, score, labels, device, report)


def fit_segmenter(
    data: Path,
    out: Path,
    images: int,
    labels: Path | None = None,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> dict[str, float]:
    """Fit the lesion segmenter on the train patients' masks and write it with its card; Jaccard on the test patients' crops."""
    import tempfile

    import torch

    from engine import cards
    from engine.data import clinical, cropped
    from engine.judges import segmenters

    how = presets.load("dermgan-live").data
    manifest = clinical.read(data, labels, how.split_seed)
    with tempfile.TemporaryDirectory() as folder:
        train, test = (cropped.build(manifest.of(s), SEGMENTED_PX, how, Path(folder)) for s in ("train", "test"))
        segmenter = segmenters.fit(train, images, seed, progress)
        scores = segmenters.held_out(segmenter, test)
    metrics = {"jaccard_mean": round(float(np.mean(scores)), 4), "jaccard_median": round(float(np.median(scores)), 4)}
    licences = "; ".join(sorted({record.licence for record in manifest.records}))
    config = {"width": segmenters.WIDTH, "size_px": segmenters.SIZE_PX, "images": images, "crops": len(train)}
    card = cards.Card(
        family=segmenters.FAMILY,
        preset=cards.PresetRef(segmenters.FAMILY, sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()),
        config=config,
        data=cards.DataRef(data.name, manifest.of("train").sha256(), "train"),
        clock=cards.Clock(images, -(-images // segmenters.BATCH)),
        seed=seed,
        code=cards.code_version(),
        env=cards.environment(torch.__version__, "cpu"),
        licence=f"weights: Apache-2.0; trained on {data.name} ({licences})",
        metrics=metrics | {"test_photos": len(manifest.of("test").records), "test_crops": len(test)},
    )
    segmenters.save(segmenter, out, card)
    return metrics


def _sampled(held: HeldOut, checkpoint: Path | None, progress: Progress) -> "list[Sample]":
    """As many samples from noise as the split has photos, a seed each."""
    from engine.service.sampling import BLOCK, Sampler

    sampler, count = Sampler(held.preset.name, checkpoint=checkpoint), len(held.records)
    samples: list[Sample] = []
    for first in range(0, count, BLOCK):
        requests = [sampler.request(seed=seed) for seed in range(first, min(first + BLOCK, count))]
        samples += sampler.paint(requests)
        progress(len(samples), count)
    return samples


def _painted(held: HeldOut, checkpoint: Path | None, progress: Progress) -> list[Picture]:
    if isinstance(held.preset.data, PhotosData):
        return [sample.picture for sample in _sampled(held, checkpoint, progress)]
    studio, cases = Studio(held.preset.name, checkpoint=checkpoint), held.cases()
    pictures = []
    for done, case in enumerate(cases, start=1):
        pictures.append(studio.render(case).picture)
        progress(done, len(cases))
    return pictures


def _folder(folder: Path, preset: Preset) -> Sequence[Picture]:
    from engine.data import isic

    found = folder.rglob("*") if folder.is_dir() else ()
    files = sorted(f for f in found if f.suffix.lower() in SUFFIXES and not isic.is_mask(f))
    if not files:
        raise EngineError(f"--fake {folder} holds no pictures; a folder of {', '.join(SUFFIXES)} is expected.")
    return [fitted(file, preset) for file in files]


def fitted(file: Path, preset: Preset) -> Picture:
    """A photo in the preset's frame, uint8 [H, W, 3]."""
    from engine.data.maps import load_picture
    from engine.data.sources import SOURCES

    return SOURCES[type(preset.data)].fit(load_picture(file), preset)
