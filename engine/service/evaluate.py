"""Judging pictures and models on held-out photos: one report a kind."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.case import Case
from engine.cases.settings import TONES
from engine.errors import EngineError
from engine.paths import write_atomically
from engine.rendering.painter import Painter
from engine.rendering.sampler import BLOCK, Sample, Sampler
from engine.service.requests import SILENT, EvaluateRequest, Watch
from engine.training import presets
from engine.training.presets import Preset, new_case

if TYPE_CHECKING:
    from engine.data.records import Manifest
    from engine.data.sources import Pair
    from engine.evaluate.control import Control
    from engine.evaluate.fidelity import Fidelity
    from engine.evaluate.pairs import Agreement
    from engine.evaluate.tones import ToneSweep

Picture = NDArray[np.uint8]
CLINICAL, DERMOSCOPIC = "dermgan-live", "pix2pixhd-live"  # in whose frame a folder is compared when no preset is named


def evaluate(request: EvaluateRequest, watch: Watch = SILENT) -> Any:
    """The report of that name; its numbers are written as JSON where the request names a file."""
    found = REPORTS[request.report](request, watch)
    if request.out is not None:
        write_atomically(request.out, json.dumps(asdict(found), indent=1).encode())
    return found


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
        from engine.data.sources import source_of

        chosen = presets.load(preset)
        source = source_of(chosen.recipe)
        held = cls(chosen, source.kept(source.read(real, labels, chosen.recipe), chosen.recipe), split)
        for needed in {split, "train"}:
            if not held.manifest.of(needed).records:
                raise EngineError(f"{real} has no {needed} pictures; give --labels with a split column.")
        return held

    @property
    def records(self) -> tuple[Any, ...]:
        """The split's records."""
        return self.manifest.of(self.split).records

    def photos(self) -> list[Picture]:
        """The split's photos."""
        return [pair.picture for pair in self.pairs(self.records)]

    def floor(self) -> list[Picture]:
        """As many training photos, a seeded choice."""
        from engine.evaluate.fidelity import pick

        return [pair.picture for pair in self.pairs(pick(self.manifest.of("train").records, self.floor_count))]

    @property
    def floor_count(self) -> int:
        """Records a set."""
        return min(len(self.records), len(self.manifest.of("train").records))

    def cases(self) -> list[Case]:
        """One case a map, its number as the seed."""
        pairs = enumerate(self.pairs(self.records))
        return [replace(new_case(self.preset, pair.planes, seed=seed), boxes=pair.boxes) for seed, pair in pairs]

    def pairs(self, records: Sequence[Any]) -> "list[Pair]":
        """Photos with their maps."""
        from engine.data.sources import source_of

        source, recipe = source_of(self.preset.recipe), self.preset.recipe
        return [pair for record in records for pair in source.pairs(record, recipe)]

    @classmethod
    def asked(cls, request: EvaluateRequest) -> "HeldOut":
        """Of a request that names its preset."""
        return cls.of(request.real, request.labels, request.preset or "", request.split)


def fidelity(request: EvaluateRequest, watch: Watch = SILENT) -> "Fidelity":
    """KID and FID of a folder of pictures, or of a preset's pictures from the held-out maps, beside the real-real floor.

    `split` is the reference, the train split gives the floor. All pictures are brought to the preset's size by the preset's
    own fit (where only a folder is given, by that of the live preset for such data).
    """
    from engine.data.sources import is_clinical
    from engine.evaluate.fidelity import of_pictures

    frame = request.preset or (CLINICAL if is_clinical(request.real) else DERMOSCOPIC)
    held = HeldOut.of(request.real, request.labels, frame, request.split)
    if request.fake is None:
        made: Sequence[Picture] = _painted(held, request.checkpoint, watch)
    else:
        made = _folder(request.fake, held.preset)
    return of_pictures(held.photos(), made, held.floor(), progress=watch.progress)


def control(request: EvaluateRequest, watch: Watch = SILENT) -> "Control":
    """Sharpness, spread of colours, and whether edits do what they say and stay where they are, on the held-out maps."""
    from engine.evaluate.control import control as measure

    held = HeldOut.asked(request)
    if held.preset.capabilities.takes != "map":
        raise EngineError(
            f"'{held.preset.name}' takes no lesion and marker planes; `moulage evaluate tone` tries what it does take."
        )
    painter = Painter(held.preset.name, checkpoint=request.checkpoint)
    return measure(lambda case: painter.render(case).picture, held.cases(), held.photos(), progress=watch.progress)


def tone(request: EvaluateRequest, watch: Watch = SILENT) -> "ToneSweep":
    """Does the picture's skin have the tone asked for, and does the lesion stay as it is: six tones of held-out maps."""
    from engine.evaluate.tones import tone_sweep
    from engine.judges.lesion_segmenter.predict import shipped

    held = HeldOut.asked(request)
    painter = Painter(held.preset.name, checkpoint=request.checkpoint)
    cases = held.cases()
    covered = [tone for tone in TONES if not painter.extrapolates(cases[0].varied(tone=tone))]
    predict = None if held.preset.capabilities.takes == "map" else shipped().predict
    return tone_sweep(lambda case: painter.render(case).picture, cases, covered, predict, progress=watch.progress)


def pairs(request: EvaluateRequest, watch: Watch = SILENT) -> "Agreement":
    """Does the mask that comes with a picture from noise fit its lesion, as photos' masks fit theirs."""
    from engine.data.decoding import decode
    from engine.data.frames import FITS
    from engine.evaluate.pairs import agreement
    from engine.photos.proposal import propose_lesion

    held = HeldOut.asked(request)
    if not held.preset.capabilities.mask:
        raise EngineError(f"'{held.preset.name}' makes pictures without masks; this report is for generators of both.")
    if bare := sum(record.mask is None for record in held.records):
        raise EngineError(f"{request.real} lacks lesion masks of {bare} photos; this report needs all.")
    size, fit = held.preset.size, FITS[held.preset.data.fit]
    decoded = (decode(record) for record in held.records)
    photos = (
        (fit.picture(one.picture, size, True), fit.labels(one.lesion, size, True))
        for one in decoded
        if one.lesion is not None
    )
    sampled = _sampled(held, request.checkpoint, watch)
    made = ((one.picture, one.mask) for one in sampled if one.mask is not None)
    return agreement(made, photos, lambda picture: propose_lesion(picture).lesion)


@dataclass(frozen=True)
class MaskAgreement:
    """Jaccard of drawn lesion masks and of what a segmenter finds, over `crops` crops of `photos` photos."""

    jaccard_mean: float
    jaccard_median: float
    photos: int
    crops: int

    def sentence(self) -> str:
        """The whole result in words."""
        return (
            f"Jaccard with the drawn masks: median {self.jaccard_median:.2f}, mean {self.jaccard_mean:.2f}, "
            f"{self.crops} crops of {self.photos} photos"
        )


def masks(request: EvaluateRequest, watch: Watch = SILENT) -> MaskAgreement:
    """Does a segmenter find the lesions that people drew in held-out clinical photographs."""
    from engine.data.caches.crops import OUTLINE_BIT, of_photo
    from engine.judges.lesion_segmenter.predict import jaccards, load, shipped

    held = HeldOut.asked(request)
    if held.preset.capabilities.takes != "photo":
        raise EngineError(f"'{held.preset.name}' segments no photos; this report is for lesion-segmenter.")
    segmenter, recipe = shipped() if request.checkpoint is None else load(request.checkpoint), held.preset.recipe
    drawn = [record for record in held.records if record.mask is not None]
    if not drawn:
        raise EngineError(f"{request.real} has no lesion masks in its {request.split} split; this report needs some.")
    scores: list[float] = []
    for done, record in enumerate(drawn, start=1):
        crops = of_photo(record, recipe.size[0], recipe.how)
        scores += jaccards(
            segmenter, ((picture, (cells >> OUTLINE_BIT & 1).astype(np.uint8)) for _, picture, cells in crops)
        )
        watch.progress(done, len(drawn))
    mean, median = round(float(np.mean(scores)), 4), round(float(np.median(scores)), 4)
    return MaskAgreement(mean, median, len(drawn), len(scores))


REPORTS: dict[str, Callable[[EvaluateRequest, Watch], Any]] = {
    "fidelity": fidelity,
    "control": control,
    "tone": tone,
    "pairs": pairs,
    "masks": masks,
}


def _sampled(held: HeldOut, checkpoint: Path | None, watch: Watch) -> list[Sample]:
    """As many samples from noise as the split has photos, a seed each."""
    sampler, count = Sampler(held.preset.name, checkpoint=checkpoint), len(held.records)
    samples: list[Sample] = []
    for first in range(0, count, BLOCK):
        requests = [sampler.request(seed=seed) for seed in range(first, min(first + BLOCK, count))]
        samples += sampler.paint(requests)
        watch.progress(len(samples), count)
    return samples


def _painted(held: HeldOut, checkpoint: Path | None, watch: Watch) -> list[Picture]:
    if held.preset.capabilities.takes == "noise":
        return [sample.picture for sample in _sampled(held, checkpoint, watch)]
    painter, cases = Painter(held.preset.name, checkpoint=checkpoint), held.cases()
    pictures = []
    for done, case in enumerate(cases, start=1):
        pictures.append(painter.render(case).picture)
        watch.progress(done, len(cases))
    return pictures


def _folder(folder: Path, preset: Preset) -> Sequence[Picture]:
    from engine.data import finder

    files = finder.photos_below(folder)
    if not files:
        raise EngineError(f"--fake {folder} holds no pictures; a folder of {', '.join(finder.SUFFIXES)} is expected.")
    return [fitted(file, preset) for file in files]


def fitted(file: Path, preset: Preset) -> Picture:
    """A photo in the preset's frame, uint8 [H, W, 3]."""
    from engine.data.sources import source_of
    from engine.photos.reading import load_picture

    picture: Picture = source_of(preset.recipe).fit(load_picture(file), preset.recipe)
    return picture
