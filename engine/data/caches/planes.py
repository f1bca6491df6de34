"""A data set decoded once: uint8 memory maps of pictures and packed planes, and every photo's appearance.

Decoding a JPEG and five masks takes 20 ms, reading them from a memory map 0.03 ms. The folder's name is the hash of
what is in it, so another data set, split or size never meets the wrong cache.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases import accidents
from engine.cases.appearance import Appearance, measure
from engine.cases.planes import FIRST_MARKER_BIT, MARKERS, Planes, instance_edges, pack
from engine.cases.superpixels import slic_zero
from engine.data import frames
from engine.data.caches.log import Log, entries
from engine.data.caches.reserved import reserved_map
from engine.data.decoding import Decoded
from engine.data.recipes import Recipe
from engine.data.records import Manifest, Record
from engine.paths import made_whole

VERSION, ACCIDENTS_VERSION = 2, 2
# A packed cell uses bits 0..11: hair, rulers and ink travel in the next three, the instance boundary map in the last.
ACCIDENT_BITS = dict(zip(accidents.ACCIDENTS, (12, 13, 14), strict=True))
EDGE_BIT = 15


@dataclass(frozen=True)
class Cache:
    """pictures: uint8 [N, H, W, 3]; cells: uint16 [N, H, W], packed planes, accidents and edges; one entry a record."""

    ids: tuple[str, ...]
    pictures: NDArray[np.uint8]
    cells: NDArray[np.uint16]
    appearance: tuple[Appearance, ...]
    log: Log = field(default_factory=Log)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def described(self) -> tuple[Appearance, ...]:
        """What a family fits its tables to."""
        return self.appearance

    @cached_property
    def ita_deg(self) -> NDArray[np.float64]:
        """Of every photo's skin, [N]."""
        return np.array([one.ita_deg for one in self.appearance])

    @cached_property
    def marked(self) -> NDArray[np.bool_]:
        """Whether a photo bears each marker, bool [N, 5]."""
        shifts = FIRST_MARKER_BIT + 2 * np.arange(len(MARKERS))
        borne = [np.bitwise_or.reduce(cells, axis=None) for cells in self.cells]
        return np.array([[bool(one >> shift & 3) for shift in shifts.tolist()] for one in map(int, borne)])


def build(
    manifest: Manifest[Record], recipe: Recipe, root: Path, progress: Callable[[int, int], None] | None = None
) -> Cache:
    """Open the cache of `manifest` under `root`, making it first if need be. recipe: its `how` is a `PlanesData`."""
    how = recipe.how
    told = [VERSION, manifest.sha256(), recipe.size, how.fit, how.edges, how.enlarge]
    told += [["accidents", ACCIDENTS_VERSION]] if recipe.accidents else []
    folder = root / hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    if not (folder / "appearance.json").exists():
        _make(manifest.records, recipe, folder, progress)
    return load(folder)


def load(folder: Path) -> Cache:
    """Open a made cache; arrays stay on disk until they are read."""
    photos = json.loads((folder / "appearance.json").read_text())
    return Cache(
        tuple(photos),
        np.load(folder / "pictures.npy", mmap_mode="r")[: len(photos)],
        np.load(folder / "cells.npy", mmap_mode="r")[: len(photos)],
        tuple(_appearance(photo) for photo in photos.values()),
        Log.read(folder),
    )


def _appearance(photo: dict[str, Any]) -> Appearance:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in photo.items()}
    return Appearance(**fields)


def fitted(decoded: Decoded, recipe: Recipe) -> tuple[NDArray[np.uint8], Planes]:
    """One record's picture and planes in the generator's frame: uint8 [H, W, 3] and Planes of the same size."""
    frame, size, enlarge = frames.FITS[recipe.how.fit], recipe.size, recipe.how.enlarge
    return frame.picture(decoded.picture, size, enlarge), frame.planes(decoded.planes, size, enlarge)


def _make(records: Sequence[Record], recipe: Recipe, folder: Path, progress: Callable[[int, int], None] | None) -> None:
    width, height = recipe.size
    shape = (len(records), height, width)
    with made_whole(folder) as half_made:
        pictures = reserved_map(half_made / "pictures.npy", np.uint8, (*shape, 3))
        cells = reserved_map(half_made / "cells.npy", np.uint16, shape)
        photos, log = {}, Log()
        made = entries(records, lambda record, own: _entry(own.decoded(record), recipe), log, progress)
        for index, (record, (picture, packed, photo)) in enumerate(made):
            pictures[index], cells[index] = picture, packed
            photos[record.id] = asdict(photo)
        pictures.flush()
        cells.flush()
        log.write(half_made)
        (half_made / "appearance.json").write_text(json.dumps(photos))


def _entry(decoded: Decoded, recipe: Recipe) -> tuple[NDArray[np.uint8], NDArray[np.uint16], Appearance]:
    picture, planes = fitted(decoded, recipe)
    packed = pack(planes)
    if recipe.how.edges == "slic":
        packed |= instance_edges(_superpixels(picture, planes)).astype(np.uint16) << np.uint16(EDGE_BIT)
    seen = measure(picture, planes)
    if recipe.accidents:  # all of them, so that one cache serves whichever are asked for
        lying = accidents.measure(picture, planes)
        for name, plane in zip(accidents.ACCIDENTS, lying.all, strict=True):
            packed |= plane.astype(np.uint16) << np.uint16(ACCIDENT_BITS[name])
        seen = replace(seen, hair=lying.hair_share(planes.border == 0))
    return picture, packed, seen


def _superpixels(picture: NDArray[np.uint8], planes: Planes) -> NDArray[np.int32]:
    """SLIC-zero of what the letterbox holds; the border is one cell of its own (the paper segments the bare photo)."""
    rows, columns = (np.flatnonzero((planes.border == 0).any(axis=axis)) for axis in (1, 0))
    inside = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    cells = np.full(planes.border.shape, -1, np.int32)
    cells[inside] = slic_zero(np.ascontiguousarray(picture[inside]))
    return cells
