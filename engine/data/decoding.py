"""One record's files → pixels, as training, reports and `data check` read them alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cases.planes import DEFINITE, MARKERS, Planes
from engine.data.records import Listed, Record
from engine.errors import EngineError
from engine.photos.masks import POSSIBLE, Mask, Notice, load_mask
from engine.photos.reading import load_picture

POSSIBLE_TAKEN = "holds grey 128, possible, which is taken as marked"


@dataclass(frozen=True, eq=False)
class Decoded:
    """picture: sRGB uint8 [H, W, 3], upright. masks: the lesion's, then the markers', uint8 [H, W] in {0, 1} or None.

    notices: (file name, what was done to read it).
    """

    picture: NDArray[np.uint8]
    masks: tuple[NDArray[np.uint8] | None, ...] = (None,)
    notices: tuple[Notice, ...] = ()

    @property
    def lesion(self) -> NDArray[np.uint8] | None:
        """The lesion mask, uint8 [H, W] in {0, 1}, or None where the record has none."""
        return self.masks[0]

    @property
    def planes(self) -> Planes:
        """Lesion and markers at the photo's size; markers are definite or absent, a missing file is absent."""
        blank = np.zeros(self.picture.shape[:2], np.uint8)
        markers = np.zeros((len(MARKERS), *blank.shape), np.uint8)
        for index, mask in enumerate(self.masks[1:]):
            if mask is not None:
                markers[index] = mask * np.uint8(DEFINITE)
        return Planes(blank if self.lesion is None else self.lesion, markers, blank.copy())


def decode(record: Listed, with_masks: bool = True) -> Decoded:
    """A record's photo and, where they are wanted, its masks, brought to the photo's size.

    Raises EngineError, one sentence that names the file, for one that cannot be read or a mask that is not the photo's.
    """
    picture = load_picture(record.picture)
    if not with_masks:
        return Decoded(picture)
    size = picture.shape[1], picture.shape[0]
    lesion, *markers = record.masks
    read = [None if lesion is None else load_mask(lesion, size)]
    read += [None if file is None else load_mask(file, size, graded=True) for file in markers]
    notices = [notice for mask in read if mask is not None for notice in mask.notices]
    notices += [
        (file.name, POSSIBLE_TAKEN)
        for file, mask in zip(markers, read[1:], strict=True)
        if file is not None and mask is not None and _is_graded(mask)
    ]
    return Decoded(picture, tuple(None if mask is None else mask.marked for mask in read), tuple(notices))


@dataclass(frozen=True)
class Look:
    """What was seen of a photo and its masks. problems: (file name, what is wrong). marked: whether the lesion mask marks
    anything; None where there is none that could be read."""

    problems: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()
    marked: bool | None = None


def look(photo: Path, masks: Sequence[Path | None]) -> Look:
    """Read a photo and its masks, the lesion's first, as `decode` does, and tell all that is wrong with any of them."""
    problems: list[tuple[str, str]] = []
    notices: list[Notice] = []
    size, marked = None, None
    try:
        picture = load_picture(photo)
        size = picture.shape[1], picture.shape[0]
    except EngineError as error:
        problems.append(_problem(photo, error))
    for place, file in enumerate(masks):
        if file is None:
            continue
        try:
            mask = load_mask(file, size, graded=place > 0)
        except EngineError as error:
            problems.append(_problem(file, error))
            continue
        notices += [*mask.notices, *([(file.name, POSSIBLE_TAKEN)] if place and _is_graded(mask) else [])]
        marked = bool(mask.marked.any()) if place == 0 else marked
    return Look(tuple(problems), tuple(notices), marked)


def _problem(file: Path, error: EngineError) -> tuple[str, str]:
    return file.name, str(error).removeprefix(f"{file.name} ").rstrip(".")


def load_planes(record: Record) -> Planes:
    """A record's planes at its photo's size."""
    return decode(record).planes


def _is_graded(mask: Mask) -> bool:
    return bool((mask.levels == POSSIBLE).any())
