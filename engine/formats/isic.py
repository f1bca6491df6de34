"""ISIC 2018's file sets of one case: task 1's lesion mask, task 2's five attribute masks, 2017's superpixels."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from engine.cases.case import SIDE_LIMIT_PX, Case
from engine.cases.planes import DEFINITE, MARKERS, Planes
from engine.errors import EngineError
from engine.formats.maps import Framing, plane_bytes, read_plane, read_superpixels, superpixel_bytes

LESION, CELLS = "segmentation", "superpixels"
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
    return PurePosixPath(name).suffix.lower() == ".png" and _part(name) != PurePosixPath(name).stem


def stem_of(name: str) -> str:
    """What the files of one picture have in common: the photo's name without its suffix."""
    return PurePosixPath(name).stem.removesuffix(f"_{_part(name)}")


def read_isic(
    files: Mapping[str, bytes], size: Size | None = None, frame: Framing | None = None
) -> tuple[Planes, NDArray[np.int32] | None]:
    """Planes, and superpixels where there are some, of one case's files by name. A marker without a file is absent.

    size: (width, height) of the photo they belong to, which they must have and with which the lesion mask may be absent.
    frame: brings what was read to another size by nearest; the files may then be as large as a camera's photo.
    """
    found = {_part(name): (name, data) for name, data in files.items()}
    limit_px = SIDE_LIMIT_PX if frame is None else PHOTO_SIDE_LIMIT_PX
    bring: Framing = frame or (lambda labels: labels)
    if LESION in found:
        lesion = read_plane(found[LESION][1], found[LESION][0], size, limit_px)
        if (lesion == 1).any():
            raise EngineError(f"{found[LESION][0]} holds the value 128; a lesion mask is 0 or 255.")
    elif size is not None:
        lesion = np.zeros(size[::-1], np.uint8)
    else:
        raise EngineError(
            f"no file ends in _{LESION}.png among {', '.join(sorted(files)) or 'none'}; the lesion mask is needed."
        )
    size, lesion = (lesion.shape[1], lesion.shape[0]), bring(lesion)
    markers = np.zeros((len(MARKERS), *lesion.shape), np.uint8)
    for index, marker in enumerate(MARKERS):
        if f"attribute_{marker}" in found:
            name, data = found[f"attribute_{marker}"]
            markers[index] = bring(read_plane(data, name, size, limit_px))
    cells = read_superpixels(found[CELLS][1], size, frame, limit_px) if CELLS in found else None
    return Planes(lesion // DEFINITE, markers, np.zeros_like(lesion)), cells


def _part(name: str) -> str:
    """What of a case a file holds: its name after the stem."""
    base = PurePosixPath(name).stem
    for part in (LESION, CELLS, *(f"attribute_{marker}" for marker in MARKERS)):
        if base.endswith(f"_{part}"):
            return part
    return base
