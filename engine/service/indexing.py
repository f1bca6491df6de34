"""Indexes of real photos, made once on this machine, and the nearest photo of a picture."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path

from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.evaluate.neighbours import Neighbour

SUFFIX = ".index.npz"


@dataclass(frozen=True)
class Indexed:
    """What was indexed. path: the index itself, which holds embeddings and file names, no picture."""

    data: str
    photos: int
    path: Path


def index_folder() -> Path:
    """Where indexes are kept: the user's data folder of this system."""
    return user_data_path("moulage") / "indexes"


def index_data(
    root: Path, labels: Path | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> Indexed:
    """Embed every photo of a data folder, so that the nearest to a picture can be looked up.

    A try that was stopped, or a folder to which photos were added, goes on with what is there.
    """
    from engine.data import photos
    from engine.data.maps import load_picture
    from engine.evaluate import neighbours

    if not root.is_dir():
        raise EngineError(f"{root} is no folder; a data folder is needed.")
    records = photos.read(root, labels, photos.ALL).records
    place = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    out = index_folder() / f"{root.resolve().name}-{place}{SUFFIX}"
    files = [(record.id, record.picture) for record in records]
    index = neighbours.build(root.resolve().name, files, out, load_picture, progress)
    return Indexed(index.data, len(index.ids), out)


class Nearest:
    """Looks pictures up in all indexes of a folder, read again when one was written."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._read: dict[tuple[Path, int], object] = {}

    def of(self, picture: NDArray[np.uint8]) -> "Neighbour | None":
        """The nearest photo of all; None where nothing was indexed yet."""
        from engine.evaluate import neighbours

        found = {(path, path.stat().st_mtime_ns) for path in (self._folder or index_folder()).glob(f"*{SUFFIX}")}
        self._read = {key: self._read.get(key) or neighbours.load(key[0]) for key in found}
        indexes = [index for index in self._read.values() if isinstance(index, neighbours.Index)]
        if not indexes:
            return None
        (embedding,) = neighbours.embedded([picture])
        return max((index.nearest(embedding) for index in indexes), key=lambda one: one.similarity)


def shown_photo(path: Path, longest_px: int) -> NDArray[np.uint8]:
    """A photo whose longer side is `longest_px` at most. Raises EngineError where it is gone or damaged."""
    from engine.data.maps import load_picture
    from engine.pixels import resize_picture

    photo = load_picture(path)
    scale = min(1.0, longest_px / max(photo.shape[:2]))
    return resize_picture(photo, round(photo.shape[1] * scale), round(photo.shape[0] * scale))
