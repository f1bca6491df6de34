"""Judging a generator: fidelity beside its floor, and whether the picture obeys the map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine import presets
from engine.case import Case
from engine.errors import EngineError
from engine.presets import Preset
from engine.service.studio import Studio

if TYPE_CHECKING:
    from engine.data.records import Manifest, Record
    from engine.evaluate.control import Control
    from engine.evaluate.fidelity import Fidelity

Picture = NDArray[np.uint8]
Progress = Callable[[int, int], None]
SUFFIXES = (".png", ".jpg", ".jpeg")


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
        from engine.data import read

        chosen = presets.load(preset)
        held = cls(chosen, read(real, labels, chosen.data.split_scheme), split)
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
        return [fitted(record.picture, self.preset) for record in self.records]

    def floor(self) -> list[Picture]:
        """As many training photos, a seeded choice."""
        from engine.evaluate.fidelity import pick

        chosen = pick([record.picture for record in self.manifest.of("train").records], self.floor_count)
        return [fitted(file, self.preset) for file in chosen]

    @property
    def floor_count(self) -> int:
        """Pictures a set."""
        return min(len(self.records), len(self.manifest.of("train").records))

    def cases(self) -> list[Case]:
        """One case a map."""
        from engine.data.maps import FITS, load_planes

        fit, data = FITS[self.preset.data.fit], self.preset.data
        planes = [fit.planes(load_planes(record), self.preset.size, data.enlarge) for record in self.records]
        return [Case(one, None, self.preset.name, seed) for seed, one in enumerate(planes)]


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
    preset's size by the preset's own fit (the live preset's, where only a folder is given).
    """
    from engine.evaluate.fidelity import of_pictures

    if (fake is None) == (preset is None):
        raise EngineError("give either --fake FOLDER or --preset NAME, not both and not neither.")
    held = HeldOut.of(real, labels, preset or "pix2pixhd-live", split)
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
    studio = Studio(preset, checkpoint=checkpoint)
    return measure(lambda case: studio.render(case).picture, held.cases(), held.photos(), progress=progress)


def _painted(held: HeldOut, checkpoint: Path | None, progress: Progress) -> list[Picture]:
    studio, cases = Studio(held.preset.name, checkpoint=checkpoint), held.cases()
    pictures = []
    for done, case in enumerate(cases, start=1):
        pictures.append(studio.render(case).picture)
        progress(done, len(cases))
    return pictures


def _folder(folder: Path, preset: Preset) -> Sequence[Picture]:
    files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not files:
        raise EngineError(f"--fake {folder} holds no pictures; a folder of {', '.join(SUFFIXES)} is expected.")
    return [fitted(file, preset) for file in files]


def fitted(file: Path, preset: Preset) -> Picture:
    """A photo in the preset's frame, uint8 [H, W, 3]."""
    from engine.data.maps import FITS, load_picture

    return FITS[preset.data.fit].picture(load_picture(file), preset.size, preset.data.enlarge)
