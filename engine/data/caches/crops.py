"""Clinical photographs decoded once: uint8 memory maps of the crops and what is in them, and every crop's appearance."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.appearance import Appearance, measure
from engine.cases.boxes import Box
from engine.cases.lesion_shapes import ellipses
from engine.cases.planes import Planes
from engine.data import crop_windows
from engine.data.caches.log import Log, entries
from engine.data.caches.reserved import reserved_map
from engine.data.recipes import CropsData
from engine.data.records import ClinicalRecord, Manifest
from engine.errors import EngineError
from engine.paths import made_whole
from engine.pixels import resize_labels, resize_picture
from engine.seeds import stream

VERSION = 1
OUTLINE_BIT, BACKGROUND_BIT = 0, 1


@dataclass(frozen=True)
class Crop:
    """What is known of one crop. record: the photo's id. boxes: in the crop's pixels. fitzpatrick: as labelled, or None."""

    record: str
    boxes: tuple[Box, ...]
    fitzpatrick: str | None
    appearance: Appearance


@dataclass(frozen=True, eq=False)
class CropCache:
    """pictures: uint8 [N, S, S, 3]; cells: uint8 [N, S, S], bit 0 lesion outline, bit 1 background; one Crop each."""

    crops: tuple[Crop, ...]
    pictures: NDArray[np.uint8]
    cells: NDArray[np.uint8]
    log: Log = field(default_factory=Log)

    def __len__(self) -> int:
        return len(self.crops)

    @property
    def described(self) -> list[tuple[Crop, NDArray[np.uint8]]]:
        """Every crop with its lesion outline, uint8 [S, S] in {0, 1}: what a family fits its tables to."""
        return [
            (crop, (cells >> OUTLINE_BIT & 1).astype(np.uint8))
            for crop, cells in zip(self.crops, self.cells, strict=True)
        ]


def build(
    manifest: Manifest[ClinicalRecord],
    size: tuple[int, int],
    how: CropsData,
    root: Path,
    progress: Callable[[int, int], None] | None = None,
) -> CropCache:
    """Open the crops of `manifest` at `size` (width = height) under `root`, making them first if need be."""
    if size[0] != size[1]:
        raise EngineError(f"clinical crops are square; the size {size[0]}x{size[1]} is not.")
    told = [how.crops, how.context, how.adjacent, how.smallest_px, how.split_seed]
    recipe = json.dumps([VERSION, manifest.sha256(), size, told])
    folder = root / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    if not (folder / "crops.json").exists():
        with made_whole(folder) as half_made:
            _make(manifest.records, size[0], how, half_made, progress)
    return load(folder)


def load(folder: Path) -> CropCache:
    """Open made crops; arrays stay on disk until they are read."""
    listed = json.loads((folder / "crops.json").read_text())
    found = tuple(_crop(one) for one in listed)
    pictures, cells = (np.load(folder / f"{name}.npy", mmap_mode="r")[: len(found)] for name in ("pictures", "cells"))
    return CropCache(found, pictures, cells, Log.read(folder))


def _crop(table: dict[str, Any]) -> Crop:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table["appearance"].items()}
    boxes = tuple(Box(**box) for box in table["boxes"])
    return Crop(table["record"], boxes, table["fitzpatrick"], Appearance(**fields))


def _make(
    records: Sequence[ClinicalRecord],
    size: int,
    how: CropsData,
    folder: Path,
    progress: Callable[[int, int], None] | None,
) -> None:
    shape = (len(records) * how.crops, size, size)
    pictures = reserved_map(folder / "pictures.npy", np.uint8, (*shape, 3))
    cells = reserved_map(folder / "cells.npy", np.uint8, shape)
    found, log = list[Crop](), Log()
    for _, crops in entries(records, lambda record, own: of_photo(record, size, how, own), log, progress):
        for crop, picture, marked in crops:
            pictures[len(found)], cells[len(found)] = picture, marked
            found.append(crop)
    pictures.flush()
    cells.flush()
    log.write(folder)
    (folder / "crops.json").write_text(json.dumps([asdict(crop) for crop in found]))


Entry = tuple[Crop, NDArray[np.uint8], NDArray[np.uint8]]


def of_photo(record: ClinicalRecord, size: int, how: CropsData, log: Log | None = None) -> list[Entry]:
    """A photo's crops: (what is known, picture uint8 [S, S, 3], cells uint8 [S, S]). The record's name seeds them."""
    decoded = (log or Log()).decoded(record)
    picture = decoded.picture
    height, width = picture.shape[:2]
    outline = ellipses(record.boxes, width, height) if decoded.lesion is None else decoded.lesion
    strange = crop_windows.background(picture, record.boxes)
    grouped = crop_windows.groups(record.boxes, how.adjacent)
    entries = []
    for number in range(how.crops):
        random = stream(how.split_seed, f"crop {record.id}", number)
        window = crop_windows.draw(grouped[number % len(grouped)], strange, how, random)
        entries.append(_entry(record, picture, outline, strange, window, size))
    return entries


def _entry(
    record: ClinicalRecord,
    picture: NDArray[np.uint8],
    outline: NDArray[np.uint8],
    strange: NDArray[np.bool_],
    window: crop_windows.Window,
    size: int,
) -> Entry:
    cut = slice(window.top, window.top + window.side), slice(window.left, window.left + window.side)
    shown = resize_picture(np.ascontiguousarray(picture[cut]), size, size)
    boxes = crop_windows.rescaled(record.boxes, window, size)
    lesion, beyond = resize_labels(outline[cut], size, size), resize_labels(strange[cut].astype(np.uint8), size, size)
    cells = lesion << np.uint8(OUTLINE_BIT) | beyond << np.uint8(BACKGROUND_BIT)
    return Crop(record.id, boxes, record.fitzpatrick, appearance(shown, boxes, lesion, beyond)), shown, cells


def appearance(
    picture: NDArray[np.uint8], boxes: Sequence[Box], lesion: NDArray[np.uint8], beyond: NDArray[np.uint8]
) -> Appearance:
    """Skin measured outside the boxes and the background, the lesion inside its outline; a clinical photo has no rim."""
    neither = beyond.copy()
    for box in boxes:
        neither[box.top : box.bottom, box.left : box.right] |= 1
    if neither.all():  # the box fills the crop: what is left of the skin is around the outline
        neither = beyond.copy()
    planes = Planes.blank(picture.shape[1], picture.shape[0])
    planes.lesion[:] = lesion
    planes.border[:] = neither & (1 - lesion)
    measured = measure(picture, planes)
    return Appearance(measured.skin_lab, measured.lesion_lab, measured.spread_lab, measured.hair, 0.0)
