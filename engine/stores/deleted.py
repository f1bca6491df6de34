"""Files that were deleted: they can be brought back for a moment, then they are gone for good."""

import contextlib
import os
import threading
import time
from pathlib import Path

UNDO_S = 10.0  # how long
SUFFIX = ".deleted"


class Deleted:
    """The deleted files of one folder, each under its name and SUFFIX until the undo time is over."""

    def __init__(self, folder: Path, undo_s: float = UNDO_S) -> None:
        self._folder = folder
        self._undo_s = undo_s
        self.sweep()

    def take(self, file: Path) -> None:
        """Delete a file. Raises FileNotFoundError where there is none."""
        put_by = _put_by(file)
        file.rename(put_by)
        os.utime(put_by)
        timer = threading.Timer(self._undo_s + 0.1, self.sweep)
        timer.daemon = True  # what a stopped process leaves, the next one removes
        timer.start()

    def give_back(self, file: Path) -> None:
        """Bring a file back. Raises FileNotFoundError where it is gone for good."""
        _put_by(file).rename(file)

    def forget(self, file: Path) -> None:
        """A file of that name was written anew; an older one is not brought back over it."""
        _put_by(file).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove for good what was deleted longer ago than the undo time."""
        for file in self._folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):  # undone, or swept by another process
                if file.stat().st_mtime + self._undo_s <= time.time():
                    file.unlink()


def _put_by(file: Path) -> Path:
    return file.with_name(file.name + SUFFIX)
