"""Which real photo is nearest to a picture: an index of embeddings of a data folder, kept on the user's machine.

An embedding is the pooled last map of a frozen EfficientNet-lite0, divided by its length, so that its inner product with
another is the cosine of their angle. How near is near is told by the photos themselves: beside the nearest photo stands the
share of photos that have another photo as near. A photo is looked up whole and as its centre square, since some generators
learn from the square alone and a copy of it would else pass for a stranger.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.checkpoints import write_atomically
from engine.errors import EngineError

INPUT_PX = 224
FEATURES = 1280
BATCH = 16
KEEP_EVERY = 16  # batches between savings of an index that is being made
RECIPE = "lite0/224-stretched, whole and square/2"  # names what an embedding is; change it with this file

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Neighbour:
    """The nearest photo. similarity: cosine, -1..1. as_near: share of photos that have another photo at least as near."""

    id: str
    path: Path
    data: str
    similarity: float
    as_near: float

    def sentence(self) -> str:
        """For people."""
        return f"{self.id} of {self.data}; {self.as_near:.0%} of photos have another as near ({self.path})"


@dataclass(frozen=True, eq=False)
class Index:
    """Embeddings float16 [N, 2, 1280] of photos, whole and square, their ids and files.

    own: float32 [N, 2], each view's similarity to the nearest of the other photos' same views.
    """

    data: str
    ids: tuple[str, ...]
    files: tuple[str, ...]
    embeddings: NDArray[np.float16]
    own: NDArray[np.float32]

    def nearest(self, embedding: NDArray[np.float32]) -> Neighbour:
        """Of an embedding, float32 [1280]."""
        similar = self.embeddings.astype(np.float32) @ embedding
        best, view = np.unravel_index(int(np.argmax(similar)), similar.shape)
        as_near = float((self.own[:, view] >= similar[best, view]).mean())
        return Neighbour(self.ids[best], Path(self.files[best]), self.data, float(similar[best, view]), as_near)


def embedded(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Embeddings of pictures, uint8 [H, W, 3] sRGB of any size → float32 [N, 1280] of length 1."""
    import torch

    rows = [np.zeros((0, FEATURES), np.float32)]
    for start in range(0, len(pictures), BATCH):
        shrunk = [
            cv2.resize(p, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA) for p in pictures[start : start + BATCH]
        ]
        batch = torch.from_numpy(np.stack(shrunk)).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            found = _network()((batch - 127) / 128)
        rows.append(torch.nn.functional.normalize(found.float(), dim=1).numpy())
    return np.concatenate(rows)


def views(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """A photo as it is looked up: whole, and its centre square."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return [picture, np.ascontiguousarray(picture[top : top + side, left : left + side])]


@cache
def _network() -> Any:
    import timm
    import torch
    from safetensors.torch import load_file

    from engine.weights import path

    net: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    net.load_state_dict(load_file(path("lite0")))
    net.reset_classifier(0)
    net.eval()
    return net.to(memory_format=torch.channels_last)


def build(
    name: str,
    photos: Sequence[tuple[str, Path]],
    out: Path,
    read: Callable[[Path], NDArray[np.uint8]],
    progress: Progress = lambda done, total: None,
    embed: Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]] = embedded,
) -> Index:
    """Embed (id, file) of photos and write the index to `out`; files that an earlier try or index has are taken over.

    read: file → uint8 [H, W, 3].

    Raises EngineError where no photo is given or one cannot be read; what was embedded before that is kept.
    """
    if not photos:
        raise EngineError(f"{name} has no photos to look up.")
    keys = [_key(path) for _, path in photos]
    known = _known(out)
    missing = [place for place, key in enumerate(keys) if key not in known]
    progress(len(photos) - len(missing), len(photos))
    with ThreadPoolExecutor() as pool:
        try:
            for number, start in enumerate(range(0, len(missing), BATCH), start=1):
                places = missing[start : start + BATCH]
                pictures = list(pool.map(read, [photos[place][1] for place in places]))
                found = embed([view for picture in pictures for view in views(picture)]).astype(np.float16)
                rows = found.reshape(len(places), -1, found.shape[1])
                known |= {keys[place]: row for place, row in zip(places, rows, strict=True)}
                progress(len(photos) - len(missing) + start + len(places), len(photos))
                if number % KEEP_EVERY == 0:
                    _write(out, name, photos, keys, known)
        except BaseException:
            if known:
                _write(out, name, photos, keys, known)
            raise
    return _write(out, name, photos, keys, known)


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
    photos: Sequence[tuple[str, Path]],
    keys: Sequence[str],
    known: dict[str, NDArray[np.float16]],
) -> Index:
    there = [place for place, key in enumerate(keys) if key in known]
    embeddings = np.stack([known[keys[place]] for place in there])
    ids, files = zip(*((photos[place][0], str(photos[place][1].resolve())) for place in there), strict=True)
    index = Index(name, ids, files, embeddings, _own(embeddings))
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


def _own(embeddings: NDArray[np.float16]) -> NDArray[np.float32]:
    """Each view's similarity to its nearest among the other photos', [N, 2]; -1 for a single photo."""
    return np.stack([_nearest_other(view) for view in embeddings.astype(np.float32).swapaxes(0, 1)], axis=1)


def _nearest_other(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    found = []
    for start in range(0, len(rows), 1024):
        similar = rows[start : start + 1024] @ rows.T
        similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -1
        found.append(similar.max(axis=1))
    return np.concatenate(found)


def _key(path: Path) -> str:
    """Of a file as it is now, without reading it."""
    try:
        now = path.stat()
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error
    return hashlib.sha256(f"{path.resolve()}|{now.st_size}|{now.st_mtime_ns}".encode()).hexdigest()[:24]
