"""One integer → named, independent streams of random numbers, the same on every machine and device."""

import zlib

import numpy as np
from numpy.typing import NDArray


def stream(seed: int, name: str, *steps: int) -> np.random.Generator:
    """A numpy generator for one purpose (`name`, and e.g. epoch and index) of one seed >= 0."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), *steps])


def normal(seed: int, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal float32 of `shape`."""
    return stream(seed, name).standard_normal(shape, dtype=np.float32)
