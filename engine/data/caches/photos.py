"""Photos decoded once: a uint8 memory map of pictures, the lesion mask as fourth channel where it is wanted, and labels."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data import frames
from engine.data.artefacts import ARTEFACTS
from engine.data.caches.log import Log, entries
from engine.data.caches.reserved import reserved_map
from engine.data.decoding import Decoded
from engine.data.recipes import Recipe
from engine.data.records import Manifest, PhotoRecord
from engine.errors import EngineError
from engine.paths import made_whole
from engine.photos.reading import load_picture

VERSION = 1
MARKED = 255  # a mask in the fourth channel is 0 or 255, so that it becomes -1 or 1 as colours do


@dataclass(frozen=True, eq=False)
class PhotoCache:
    """ids: of the photos kept. pictures: uint8 [N, H, W, 3 or 4]. labels: places in the diagnoses asked for, 0 without any."""

    ids: tuple[str, ...]
    pictures: NDArray[np.uint8]
    labels: tuple[int, ...]
    log: Log = field(default_factory=Log)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def described(self) -> tuple[int, ...]:
        """What a family fits its tables to."""
        return self.labels


def build(
    manifest: Manifest[PhotoRecord], recipe: Recipe, root: Path, progress: Callable[[int, int], None] | None = None
) -> PhotoCache:
    """Open the cache of `manifest` under `root`, making it first if need be.

    Raises EngineError where a mask is wanted and missing, or where rejecting leaves no photo.
    """
    if recipe.mask and (bare := [record.id for record in manifest.records if record.mask is None]):
        raise EngineError(
            f"{manifest.root} has no lesion mask for {len(bare)} of {len(manifest.records)} photos, first {bare[0]}; "
            "pictures with masks are made from photos with masks."
        )
    told = json.dumps([VERSION, manifest.sha256(), recipe.size, recipe.how.fit, recipe.mask, recipe.how.reject])
    folder = root / hashlib.sha256(told.encode()).hexdigest()[:16]
    if not (folder / "photos.json").exists():
        with made_whole(folder) as half_made:
            _make(manifest.records, recipe, half_made, progress)
    return load(folder)


def load(folder: Path) -> PhotoCache:
    """Open a made cache; pictures stay on disk until they are read."""
    kept = json.loads((folder / "photos.json").read_text())
    if not kept:
        raise EngineError("data.reject leaves no photo; take one of its values away, or use other photos.")
    ids, labels = zip(*kept, strict=True)
    return PhotoCache(ids, np.load(folder / "pictures.npy", mmap_mode="r")[: len(ids)], labels, Log.read(folder))


def rejected(picture: NDArray[np.uint8], reject: Sequence[str]) -> bool:
    """Whether a photo shows one of the named artefacts."""
    return any(ARTEFACTS[name](picture) for name in reject)


def unrejected(manifest: Manifest[PhotoRecord], reject: Sequence[str]) -> Manifest[PhotoRecord]:
    """The records whose photos show none of the named artefacts."""
    if not reject:
        return manifest
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        seen = list(pool.map(lambda r: rejected(load_picture(r.picture), reject), manifest.records))
    return replace(manifest, records=tuple(r for r, out in zip(manifest.records, seen, strict=True) if not out))


def _make(
    records: Sequence[PhotoRecord], recipe: Recipe, folder: Path, progress: Callable[[int, int], None] | None
) -> None:
    width, height = recipe.size
    shape = (len(records), height, width, 3 + recipe.mask)
    pictures = reserved_map(folder / "pictures.npy", np.uint8, shape)
    kept, log = list[tuple[str, int]](), Log()
    made = entries(records, lambda record, own: _entry(own.decoded(record, recipe.mask), recipe), log, progress)
    for record, entry in made:
        if entry is not None:
            pictures[len(kept)] = entry
            kept.append((record.id, record.label))
    pictures.flush()
    log.write(folder)
    (folder / "photos.json").write_text(json.dumps(kept))


def _entry(decoded: Decoded, recipe: Recipe) -> NDArray[np.uint8] | None:
    """A photo's pixels, or None where it is rejected."""
    picture = decoded.picture
    if rejected(picture, recipe.how.reject):
        return None
    fit = frames.FITS[recipe.how.fit]
    shown = fit.picture(picture, recipe.size, True)
    if decoded.lesion is None:
        return shown
    return np.dstack([shown, fit.labels(decoded.lesion, recipe.size, True) * np.uint8(MARKED)])
