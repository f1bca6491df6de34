"""The Library: kept cases, one saved picture a case, in a folder that only its owner can read.

The files are the truth. `index.json` holds what a list shows of each, under its size and time of change, so that a list
of thousands opens no picture; without it, or with a wrong one, the files are read again.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from engine.cases.case import Case, to_json
from engine.cases.planes import MARKERS
from engine.cases.settings import TONES
from engine.config import from_table, to_table
from engine.errors import EngineError
from engine.formats import read_provenance
from engine.paths import OWNER_ONLY, owners_folder, write_atomically
from engine.pixels import resize_picture
from engine.stores.deleted import UNDO_S, Deleted
from engine.training.presets import read_case

FORMAT = 2  # of the index
INDEX = "index.json"
THUMBNAIL_PX = 240  # wide


@dataclass(frozen=True)
class Kept:
    """What a list shows of one kept picture. made: ISO 8601, UTC. markers and conditions: those that its case bears.

    sample: it was made from noise, of which it has a seed and perhaps a condition, and no case.
    """

    id: str
    made: str
    generator: str
    seed: int
    tone: str | None
    markers: tuple[str, ...]
    conditions: tuple[str, ...]
    sample: bool = False

    def answers(self, words: str) -> bool:
        """Whether every word is its tone, its seed, or part of its generator, markers or conditions."""
        text = " ".join((self.generator, *self.markers, *self.conditions)).replace("_", " ").lower()
        return all(self._answers(word, text) for word in words.split())

    def _answers(self, word: str, text: str) -> bool:
        if word.upper() in TONES:
            return word.upper() == self.tone
        return word == str(self.seed) or (word.lower().replace("_", " ") in text and not word.isdigit())


Rows = dict[str, tuple[list[int], Kept | None]]  # name → size and time of change, and what was read


class Library:
    """The kept cases in one folder; several threads may use it, and several processes."""

    def __init__(self, folder: Path, undo_s: float = UNDO_S) -> None:
        self.folder = folder
        self._deleted = Deleted(folder, undo_s)
        self._lock = threading.Lock()
        self._known: Rows | None = None

    def keep(self, picture: bytes) -> Kept:
        """Keep a saved picture (PNG) under a name from its case or sample and its checkpoint: none is kept twice."""
        provenance = read_provenance(picture)
        checkpoint = provenance.get("checkpoint", {}).get("sha256", "")
        name = hashlib.sha256(f"{_told(provenance)}{checkpoint}".encode()).hexdigest()[:16]
        owners_folder(self.folder)
        write_atomically(self._path(name), picture, OWNER_ONLY)
        self._deleted.forget(self._path(name))
        return _row(name, provenance)

    def entries(self, words: str = "") -> list[Kept]:
        """What is kept, newest first; with words, what answers them all."""
        found = [kept for kept in self._index().values() if kept is not None and kept.answers(words)]
        return sorted(found, key=lambda kept: (kept.made, kept.id), reverse=True)

    def damaged(self) -> list[str]:
        """Names of pictures in the folder that hold no readable case; they stay as they are."""
        return sorted(f"{name}.png" for name, kept in self._index().items() if kept is None)

    def read(self, name: str) -> bytes:
        """The saved picture, PNG."""
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise EngineError(f"the Library holds no case '{name}'; it was deleted, or never kept.") from error

    def thumbnail(self, name: str) -> bytes:
        """The picture made small, JPEG."""
        try:
            with Image.open(io.BytesIO(self.read(name))) as picture:
                pixels = np.asarray(picture.convert("RGB"))
        except (UnidentifiedImageError, OSError, ValueError) as error:
            raise EngineError(f"the Library's picture '{name}' cannot be read: {error}.") from error
        height = max(1, round(pixels.shape[0] * THUMBNAIL_PX / pixels.shape[1]))
        out = io.BytesIO()
        Image.fromarray(resize_picture(pixels, THUMBNAIL_PX, height)).save(out, "JPEG", quality=85, subsampling=0)
        return out.getvalue()

    def delete(self, name: str) -> None:
        """Take a case out. Until the undo time is over its file waits under another name; then it is gone."""
        try:
            self._deleted.take(self._path(name))
        except FileNotFoundError as error:
            raise EngineError(f"the Library holds no case '{name}'; it was deleted, or never kept.") from error

    def undelete(self, name: str) -> None:
        """Bring back a case that was just deleted."""
        try:
            self._deleted.give_back(self._path(name))
        except FileNotFoundError as error:
            raise EngineError(f"the case '{name}' is gone for good; its undo time is over.") from error

    def _path(self, name: str) -> Path:
        if not re.fullmatch(r"\w[\w .()-]{0,99}", name):
            raise EngineError(
                f"the name {name[:60]!r} is none of a kept case; letters, digits, spaces, dots and dashes are allowed."
            )
        return self.folder / f"{name}.png"

    def _index(self) -> dict[str, Kept | None]:
        """Name → what a list shows, None for a file that cannot be read; only changed files are opened."""
        with self._lock:
            self._deleted.sweep()
            old = self._read_index() if self._known is None else self._known
            fresh: Rows = {}
            for name, stamp in self._stamps():
                fresh[name] = old[name] if name in old and old[name][0] == stamp else (stamp, self._look(name))
            if fresh != old:
                self._write_index(fresh)
            self._known = fresh
            return {name: kept for name, (_, kept) in fresh.items()}

    def _stamps(self) -> Iterator[tuple[str, list[int]]]:
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as files:
            for file in files:
                name, dot, suffix = file.name.rpartition(".")
                if dot and suffix == "png" and not name.startswith("."):
                    with contextlib.suppress(FileNotFoundError):
                        yield name, [file.stat().st_size, file.stat().st_mtime_ns]

    def _look(self, name: str) -> Kept | None:
        try:
            return _row(name, read_provenance(self.read(name)))
        except EngineError:
            return None

    def _read_index(self) -> Rows:
        try:
            table = json.loads((self.folder / INDEX).read_bytes())
            rows = table["files"] if table["format"] == FORMAT else {}
            return {
                name: (stamp, None if row is None else from_table(Kept, row, INDEX))
                for name, (stamp, row) in rows.items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError, EngineError):
            return {}  # the files say it all again

    def _write_index(self, rows: Rows) -> None:
        files = {name: [stamp, None if kept is None else to_table(kept)] for name, (stamp, kept) in rows.items()}
        with contextlib.suppress(EngineError):  # on a full disk the list is only slower
            write_atomically(self.folder / INDEX, json.dumps({"format": FORMAT, "files": files}).encode(), OWNER_ONLY)


def _told(provenance: dict[str, Any]) -> str:
    """What the picture was made of, as text that is the same for the same picture."""
    if "sample" in provenance and "case" not in provenance:
        return json.dumps(provenance["sample"], sort_keys=True)
    return to_json(_case(provenance))


def _case(provenance: dict[str, Any]) -> Case:
    if "case" not in provenance:
        raise EngineError("the picture's metadata holds no case; a picture saved by Moulage is needed.")
    return read_case(provenance["case"])


def _row(name: str, provenance: dict[str, Any]) -> Kept:
    made = str(provenance.get("made", ""))[:32]
    if "sample" in provenance and "case" not in provenance:
        return _sample_row(name, made, provenance["sample"])
    case = _case(provenance)
    markers = tuple(marker for marker, plane in zip(MARKERS, case.planes.markers, strict=True) if plane.any())
    conditions = tuple(dict.fromkeys(box.condition for box in case.boxes if box.condition))
    return Kept(name, made, case.generator, case.seed, case.tone, markers, conditions)


def _sample_row(name: str, made: str, sample: Any) -> Kept:
    try:
        shows = (str(sample["diagnosis"]),) if sample.get("diagnosis") else ()
        return Kept(name, made, str(sample["preset"]), int(sample["seed"]), None, (), shows, sample=True)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EngineError(f"the kept sample '{name}' does not say what made it.") from error
