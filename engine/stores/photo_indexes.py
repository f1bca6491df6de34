"""Indexes of real photos, made once on this machine: their embeddings and file names, no picture."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.caches.log import Log
from engine.errors import EngineError
from engine.evaluate.neighbours import BATCH, RECIPE, Index, Neighbour, embedded, nearest_others, views
from engine.paths import user_data, write_atomically

SUFFIX = ".index.npz"
KEEP_EVERY = 16  # batches between savings of an index that is being made

Progress = Callable[[int, int], None]
Photos = Sequence[tuple[str, Path]]
"""(id, file) of each."""
Embed = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]


def index_folder() -> Path:
    """Where indexes are kept."""
    return user_data("indexes")


def index_path(root: Path, folder: Path | None = None) -> Path:
    """The index of a data folder, in `folder` or where indexes are kept."""
    place = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    return (folder or index_folder()) / f"{root.resolve().name}-{place}{SUFFIX}"


class Nearest:
    """Looks pictures up in all indexes of a folder, read again when one was written."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or index_folder()
        self._read: dict[tuple[Path, int], object] = {}

    def of(self, picture: NDArray[np.uint8]) -> Neighbour | None:
        """The nearest photo of all; None where nothing was indexed yet."""
        found = {(path, path.stat().st_mtime_ns) for path in self.folder.glob(f"*{SUFFIX}")}
        self._read = {key: self._read.get(key) or load(key[0]) for key in found}
        indexes = [index for index in self._read.values() if isinstance(index, Index)]
        if not indexes:
            return None
        (embedding,) = embedded([picture])
        return max((index.nearest(embedding) for index in indexes), key=lambda one: one.similarity)


def build(
    name: str, photos: Photos, out: Path, progress: Progress = lambda done, total: None, embed: Embed = embedded
) -> Index:
    """Embed (id, file) of photos and write the index to `out`; files that an earlier try or index has are taken over.

    A photo that cannot be read is left out and told. Raises EngineError where no photo is given or more than 5 % cannot be
    read; what was embedded before that is kept.
    """
    if not photos:
        raise EngineError(f"{name} has no photos to look up.")
    keys, log = [_key(path) for _, path in photos], Log()
    known = _known(out)
    missing = [place for place, key in enumerate(keys) if key not in known]
    progress(len(photos) - len(missing), len(photos))
    with ThreadPoolExecutor() as pool:
        try:
            for number, start in enumerate(range(0, len(missing), BATCH), start=1):
                places = missing[start : start + BATCH]
                read = zip(places, pool.map(log.picture, [photos[place] for place in places]), strict=True)
                pictures = {place: picture for place, picture in read if picture is not None}
                log.check(len(photos))
                if pictures:
                    found = embed([view for picture in pictures.values() for view in views(picture)]).astype(np.float16)
                    rows = found.reshape(len(pictures), -1, found.shape[1])
                    known |= {keys[place]: row for place, row in zip(pictures, rows, strict=True)}
                progress(len(photos) - len(missing) + start + len(places), len(photos))
                if number % KEEP_EVERY == 0:
                    _write(out, name, photos, keys, known)
        except BaseException:
            if known:
                _write(out, name, photos, keys, known)
            raise
    return replace(_write(out, name, photos, keys, known), left_out=tuple(why for _, why in log.left_out))


def load(path: Path) -> Index | None:
    """An index, or None where there is none, it is of another recipe, or not whole."""
    table = _arrays(path)
    if not table:
        return None
    texts = [tuple(str(text) for text in table[column]) for column in ("ids", "files")]
    return Index(str(table["data"]), texts[0], texts[1], table["embeddings"], table["own"])


def _write(
    out: Path,
    name: str,
    photos: Photos,
    keys: Sequence[str],
    known: dict[str, NDArray[np.float16]],
) -> Index:
    there = [place for place, key in enumerate(keys) if key in known]
    embeddings = np.stack([known[keys[place]] for place in there])
    ids, files = zip(*((photos[place][0], str(photos[place][1].resolve())) for place in there), strict=True)
    index = Index(name, ids, files, embeddings, nearest_others(embeddings))
    file = io.BytesIO()
    np.savez(
        file,
        recipe=np.array(RECIPE),
        data=np.array(name),
        ids=np.array(ids),
        files=np.array(files),
        keys=np.array([keys[place] for place in there]),
        embeddings=index.embeddings,
        own=index.own,
    )
    write_atomically(out, file.getvalue())
    return index


def _known(path: Path) -> dict[str, NDArray[np.float16]]:
    table = _arrays(path)
    return {str(key): row for key, row in zip(table["keys"], table["embeddings"], strict=True)} if table else {}


def _arrays(path: Path) -> dict[str, Any]:
    """What a file holds; nothing where it is missing, cut off or of another recipe, for it is then made anew."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            table = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return {}
    return table if str(table.get("recipe")) == RECIPE else {}


def _key(path: Path) -> str:
    """Of a file as it is now, without reading it; of one that is not there, its name."""
    try:
        now = path.stat()
    except OSError:
        return hashlib.sha256(f"{path.resolve()} is missing".encode()).hexdigest()[:24]
    return hashlib.sha256(f"{path.resolve()}|{now.st_size}|{now.st_mtime_ns}".encode()).hexdigest()[:24]
