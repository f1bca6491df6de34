"""Memory maps whose room on the disk is reserved before anything is written to them.

A sparse file that finds the disk full while it is written through its map ends the process with a signal (SIGBUS); asked for
beforehand, the lack of room is an error.
"""

import os
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from engine.errors import EngineError

CHUNK_BYTES = 1 << 20


def reserved_map(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> np.memmap:
    """A new array in a file of its own, zeros to be written to. Raises EngineError where the disk has no room for it."""
    try:
        array = np.lib.format.open_memmap(path, "w+", dtype, shape)
        with path.open("r+b") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
            else:  # macOS and Windows
                file.seek(array.offset)
                for start in range(0, array.nbytes, CHUNK_BYTES):
                    file.write(bytes(min(CHUNK_BYTES, array.nbytes - start)))
    except OSError as error:
        size_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        raise EngineError(
            f"{path.parent.parent} has no room for {size_bytes / 1e9:.2f} GB of decoded photos ({error.strerror}); make "
            "room, or choose another folder."
        ) from error
    return array
