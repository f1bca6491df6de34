"""Arrays remembered on this machine, so that real pictures are not judged twice. Losing them costs time only."""

import logging
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.paths import user_cache

LOG = logging.getLogger(__name__)


def user_folder() -> Path:
    """Where features are remembered: the user's cache folder of this system."""
    return user_cache("features")


def read_array(path: Path, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """The remembered array, or None where there is none of that shape or it cannot be read: it is then made anew."""
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if isinstance(array, np.ndarray) and array.shape == shape and array.dtype == np.float64 else None


def write_array(path: Path, array: NDArray[np.float64]) -> None:
    """Remember an array; a disk that cannot take it is told in the log, since the result itself is at hand."""
    half_written = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            half_written = file.name
            np.save(file, array, allow_pickle=False)
        os.replace(half_written, path)
    except OSError as error:
        LOG.warning("Features were not remembered in %s: %s", path.parent, error)
        if half_written:
            Path(half_written).unlink(missing_ok=True)
