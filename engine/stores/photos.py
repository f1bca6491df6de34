"""The photos of this machine: pixels only, readable by their owner alone, and really gone soon after they were deleted.

A photo is named by the sha256 of its file. Beside it lie the superpixels computed from it, one ISIC superpixel PNG a
size and grain, which go when it goes.
"""

import re
import threading
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cases.superpixels import GRAINS, slic_zero
from engine.errors import EngineError
from engine.formats import read_superpixels, superpixel_bytes
from engine.paths import OWNER_ONLY, owners_folder, write_atomically
from engine.photos.reading import png_bytes, read_photo
from engine.pixels import resize_picture
from engine.stores.deleted import UNDO_S, Deleted

GONE = "the photo {} is no longer on this machine"

Size = tuple[int, int]


class Photos:
    """The photos in one folder."""

    def __init__(self, folder: Path, undo_s: float = UNDO_S) -> None:
        self._folder = folder
        self._deleted = Deleted(folder, undo_s)
        self._changing = threading.Lock()  # nothing computed from a photo is written after the photo was deleted
        self._computing = threading.Lock()  # two pages that ask for the same superpixels get one computation

    def keep(self, picture: NDArray[np.uint8]) -> str:
        """Store a photo, sRGB uint8 [H, W, 3]; returns its name."""
        data = png_bytes(picture)
        name = sha256(data).hexdigest()
        with self._changing:
            self._write(self._file(name), data)
            self._deleted.forget(self._file(name))
        return name

    def png(self, name: str) -> bytes:
        """The photo's file. Raises EngineError where it is not here, or no longer."""
        try:
            return self._file(name).read_bytes()
        except OSError as error:
            raise EngineError(f"{GONE.format(_short(name))}.") from error

    def holds(self, name: str) -> bool:
        """Whether the photo is here."""
        return self._file(name).is_file()

    def picture(self, name: str, size: Size) -> NDArray[np.uint8]:
        """The photo at (width, height) pixels: uint8 [H, W, 3]."""
        pixels, _ = read_photo(self.png(name), f"the photo {_short(name)}", size)
        return resize_picture(pixels, *size)

    def superpixels(self, name: str, size: Size, grain: str) -> NDArray[np.int32]:
        """SLIC-zero superpixels of the photo in a frame of (width, height) pixels, int32 [H, W]; computed once."""
        if grain not in GRAINS:
            raise EngineError(f"the grain '{grain[:20]}' is not one; {', '.join(GRAINS)} are allowed.")
        file = self._file(name).with_name(f"{name}-{size[0]}x{size[1]}-{grain}.png")
        with self._computing:
            if file.is_file() and self.holds(name):
                return read_superpixels(file.read_bytes(), size)
            cells = slic_zero(self.picture(name, size), GRAINS[grain])
            with self._changing:
                if not self.holds(name):
                    raise EngineError(f"{GONE.format(_short(name))}.")
                self._write(file, superpixel_bytes(cells))
        return cells

    def names(self) -> list[str]:
        """All photos here, the newest first."""
        files = [file for file in self._folder.glob("*.png") if re.fullmatch(r"[0-9a-f]{64}", file.stem)]
        return [file.stem for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)]

    def delete(self, name: str) -> bool:
        """Delete a photo, which waits until the undo time is over, and all that was computed from it.

        Returns whether it was here.
        """
        file = self._file(name)
        with self._changing:
            here = file.is_file()
            if here:
                self._deleted.take(file)
            # Its superpixels, and what a killed process left of writing either, can be computed again.
            for other in [*self._folder.glob(f"{name}-*"), *self._folder.glob(f".{name}*")]:
                other.unlink(missing_ok=True)
        return here

    def undelete(self, name: str) -> None:
        """Bring back a photo that was just deleted."""
        try:
            with self._changing:
                self._deleted.give_back(self._file(name))
        except FileNotFoundError as error:
            raise EngineError(f"the photo {_short(name)} is gone for good; its undo time is over.") from error

    def _write(self, file: Path, data: bytes) -> None:
        owners_folder(self._folder)
        write_atomically(file, data, OWNER_ONLY)

    def _file(self, name: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            raise EngineError(f"the photo {name[:70]!r} is not named by a sha256; 64 of 0-9 and a-f are needed.")
        return self._folder / f"{name}.png"


def _short(name: str) -> str:
    return name[:12]
