"""ISIC 2018's file sets of one case: task 1's lesion mask, task 2's five attribute masks, 2017's superpixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from engine.cases.case import SIDE_LIMIT_PX, Case
from engine.cases.planes import DEFINITE, MARKERS, Planes
from engine.errors import EngineError
from engine.formats.maps import Framing, plane_bytes, read_superpixels, superpixel_bytes
from engine.photos.masks import Mask, Notice, read_mask

LESION, CELLS = "segmentation", "superpixels"
LESION_ENDS = (LESION, "mask", "lesion")  # ISIC's, many programs', and PH2's
ENDS = (*LESION_ENDS, CELLS, *(f"attribute_{marker}" for marker in MARKERS))
MASK_SUFFIXES = (".png", ".bmp", ".tif", ".tiff", ".jpg", ".jpeg")
SUFFIXES = {CELLS: (".png",), "lesion": (".bmp",)}  # a photo may well be called somebody_lesion.jpg
DOWNSAMPLED = "_downsampled"  # of some photos of the ISIC Archive, whose masks are named without
PHOTO_SIDE_LIMIT_PX = 8192  # six masks of the largest ISIC photo, 6748 px wide, take 200 MB one after another
Size = tuple[int, int]


def isic_files(case: Case, stem: str) -> dict[str, bytes]:
    """File name → bytes: `<stem>_segmentation.png`, `<stem>_attribute_<marker>.png`, and a photo's `<stem>_superpixels.png`.

    Possible markers are grey 128, which a reader of ISIC's two values must decide about.
    """
    planes = {LESION: DEFINITE * case.planes.lesion}
    planes |= {f"attribute_{name}": plane for name, plane in zip(MARKERS, case.planes.markers, strict=True)}
    files = {f"{stem}_{name}.png": plane_bytes(plane) for name, plane in planes.items()}
    return files | ({} if case.superpixels is None else {f"{stem}_{CELLS}.png": superpixel_bytes(case.superpixels)})


def is_mask(name: str) -> bool:
    """Whether a file's name says that it holds a lesion mask, a marker's or superpixels."""
    return _part(name) is not None


def stem_of(name: str) -> str:
    """What the files of one picture have in common: the photo's name without its suffix, in small letters."""
    stem = PurePosixPath(name).stem.lower().removesuffix(DOWNSAMPLED)
    return next((stem.removesuffix(f"_{end}") for end in ENDS if stem.endswith(f"_{end}")), stem)


@dataclass(frozen=True, eq=False)
class MaskSet:
    """One case's masks. lesion: whether there was a lesion mask. notices: (file name, what was done to read it)."""

    planes: Planes
    superpixels: NDArray[np.int32] | None
    lesion: bool
    notices: tuple[Notice, ...] = ()


def read_isic(files: Mapping[str, bytes], size: Size | None = None, frame: Framing | None = None) -> MaskSet:
    """Planes, and superpixels where there are some, of one case's files by name. A marker without a file is absent.

    size: (width, height) of the photo they belong to, to which they are brought where their aspect agrees, and with which
    the lesion mask may be absent. frame: brings what was read to another size by nearest; the files may then be as large as
    a camera's photo.
    """
    found = {part: (name, data) for name, data in files.items() if (part := _part(name)) is not None}
    side = SIDE_LIMIT_PX if frame is None else PHOTO_SIDE_LIMIT_PX
    bring: Framing = frame or (lambda labels: labels)
    if LESION in found:
        lesion = read_mask(found[LESION][1], found[LESION][0], size, pixel_limit=side * side)
    elif size is not None:
        lesion = Mask(np.zeros(size[::-1], np.uint8))
    else:
        raise EngineError(
            f"no file ends in _{LESION}.png among {', '.join(sorted(files)) or 'none'}; the lesion mask is needed."
        )
    size, framed = lesion.levels.shape[::-1], bring(lesion.marked)
    markers, notices = np.zeros((len(MARKERS), *framed.shape), np.uint8), lesion.notices
    for index, marker in enumerate(MARKERS):
        if f"attribute_{marker}" in found:
            name, data = found[f"attribute_{marker}"]
            mask = read_mask(data, name, size, graded=True, pixel_limit=side * side)
            markers[index], notices = bring(mask.levels), (*notices, *mask.notices)
    cells = read_superpixels(found[CELLS][1], size, frame, side) if CELLS in found else None
    return MaskSet(Planes(framed, markers, np.zeros_like(framed)), cells, LESION in found, notices)


def _part(name: str) -> str | None:
    """What of a case a file holds, by its name after the stem, whatever its letters' case; None for a photo."""
    path = PurePosixPath(name)
    end = next((end for end in ENDS if path.stem.lower().endswith(f"_{end}")), None)
    if end is None or path.suffix.lower() not in SUFFIXES.get(end, MASK_SUFFIXES):
        return None
    return LESION if end in LESION_ENDS else end
