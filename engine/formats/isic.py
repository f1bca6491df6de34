"""ISIC 2018's file sets of one case: task 1's lesion mask, task 2's five attribute masks, 2017's superpixels."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import numpy as np

from engine.case import Case
from engine.errors import EngineError
from engine.formats.maps import plane_bytes, read_plane, read_superpixels, superpixel_bytes
from engine.labels import DEFINITE, MARKERS, Planes

LESION, CELLS = "segmentation", "superpixels"


def isic_files(case: Case, stem: str) -> dict[str, bytes]:
    """File name → bytes: `<stem>_segmentation.png`, `<stem>_attribute_<marker>.png`, and a photo's `<stem>_superpixels.png`.

    Possible markers are grey 128, which a reader of ISIC's two values must decide about.
    """
    planes = {LESION: DEFINITE * case.planes.lesion}
    planes |= {f"attribute_{name}": plane for name, plane in zip(MARKERS, case.planes.markers, strict=True)}
    files = {f"{stem}_{name}.png": plane_bytes(plane) for name, plane in planes.items()}
    return files | ({} if case.superpixels is None else {f"{stem}_{CELLS}.png": superpixel_bytes(case.superpixels)})


def read_isic(files: Mapping[str, bytes]) -> tuple[Planes, np.ndarray | None]:
    """Planes, and superpixels where there are some, of one case's files by name. A marker without a file is absent."""
    found = {_part(name): (name, data) for name, data in files.items()}
    if LESION not in found:
        raise EngineError(
            f"no file ends in _{LESION}.png among {', '.join(sorted(files)) or 'none'}; the lesion mask is needed."
        )
    lesion = read_plane(found[LESION][1], found[LESION][0])
    if (lesion == 1).any():
        raise EngineError(f"{found[LESION][0]} holds the value 128; a lesion mask is 0 or 255.")
    size = lesion.shape[1], lesion.shape[0]
    markers = np.zeros((len(MARKERS), *lesion.shape), np.uint8)
    for index, marker in enumerate(MARKERS):
        if f"attribute_{marker}" in found:
            name, data = found[f"attribute_{marker}"]
            markers[index] = read_plane(data, name, size)
    cells = read_superpixels(found[CELLS][1], size) if CELLS in found else None
    return Planes(lesion // DEFINITE, markers, np.zeros_like(lesion)), cells


def _part(name: str) -> str:
    """What of a case a file holds: its name after the stem."""
    base = PurePosixPath(name).stem
    for part in (LESION, CELLS, *(f"attribute_{marker}" for marker in MARKERS)):
        if base.endswith(f"_{part}"):
            return part
    return base
