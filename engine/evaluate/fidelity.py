"""Fidelity: how far made pictures lie from real ones, always beside how far real ones lie from each other.

KID leads because it is unbiased at any N; FID at a few hundred pictures is mostly bias, so it is only readable against
its floor: real training pictures against the same real pictures, at the same N.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.evaluate.distances import SUBSET_SIZE, frechet, kid
from engine.evaluate.features import Network, Progress, cached, inception, load_network
from engine.seeds import stream

Item = TypeVar("Item")

FEWEST = 4  # halves of two: the least for which an unbiased estimate and its spread exist


@dataclass(frozen=True)
class Distance:
    """One set against another at `n` pictures each. KID × 1000, its standard deviation over subsets, and FID."""

    kid_x1000: float
    kid_std: float
    fid: float
    n: int


@dataclass(frozen=True)
class Fidelity:
    """Made pictures against real ones, and the floor, training pictures against the same real ones, at the same `n`.

    Both KIDs and their standard deviations over subsets are × 1000.
    """

    kid_x1000: float
    kid_std: float
    fid: float
    floor_kid_x1000: float
    floor_kid_std: float
    floor_fid: float
    n: int

    def sentence(self) -> str:
        """The whole result in words."""
        return (
            f"KID×1000 {self.kid_x1000:.1f} ± {self.kid_std:.1f} (floor {self.floor_kid_x1000:.1f} ± "
            f"{self.floor_kid_std:.1f}), FID {self.fid:.1f} (floor {self.floor_fid:.1f}), {self.n} pictures a set"
        )


def distance(real: NDArray[np.float64], made: NDArray[np.float64]) -> Distance:
    """KID and FID of two feature sets [N, D] at the smaller set's N; the larger one is thinned by a fixed seed."""
    n = min(len(real), len(made))
    if n < FEWEST:
        raise EngineError(f"the smaller set holds {n} pictures; at least {FEWEST} are needed")
    real, made = thinned(real, n), thinned(made, n)
    mean, spread = kid(real, made, subset_size=min(SUBSET_SIZE, n // 2))
    return Distance(1000 * mean, 1000 * spread, frechet(real, made), n)


def fidelity(real: NDArray[np.float64], fake: NDArray[np.float64], train: NDArray[np.float64]) -> Fidelity:
    """Judge features [N, D] of made pictures; all three sets are brought to the smallest one's N."""
    n = min(len(real), len(fake), len(train))
    reference = thinned(real, n)
    made, floor = distance(reference, thinned(fake, n)), distance(reference, thinned(train, n))
    return Fidelity(made.kid_x1000, made.kid_std, made.fid, floor.kid_x1000, floor.kid_std, floor.fid, n)


def of_pictures(
    real: Sequence[NDArray[np.uint8]],
    fake: Sequence[NDArray[np.uint8]],
    train: Sequence[NDArray[np.uint8]],
    folder: Path | None = None,
    network: Network | None = None,
    progress: Progress | None = None,
) -> Fidelity:
    """Judge pictures, uint8 [H, W, 3], best all of one size; the features of real ones are remembered under `folder`.

    `train` may hold more pictures than needed; only the seeded choice that the floor takes is looked at.
    """
    n = min(len(real), len(fake), len(train))
    real, fake, train = (pick(pictures, n) for pictures in (real, fake, train))
    net = network or load_network()
    reference, floor = cached(real, folder, net, progress), cached(train, folder, net, progress)
    return fidelity(reference, inception(fake, net, progress), floor)


def chosen(count: int, n: int) -> NDArray[np.intp]:
    """Which `n` of `count` stand for all: a fixed, seeded choice, in ascending order; all of them where n = count."""
    return np.sort(stream(0, "fidelity floor").choice(count, n, replace=False)).astype(np.intp)


def thinned(features: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """The seeded choice of `n` rows."""
    rows: NDArray[np.float64] = features[chosen(len(features), n)]
    return rows


def pick(items: Sequence[Item], n: int) -> list[Item]:
    """The seeded choice of `n` items, pictures or records; a second pick of `n` changes nothing."""
    return [items[index] for index in chosen(len(items), n)]
