"""Which tones augmentation asks for, so that a generator sees every skin equally often."""

import numpy as np
from numpy.typing import NDArray

FROM_DEG, TO_DEG, BIN_DEG = -50.0, 75.0, 5.0  # ITA: beyond the centres of type VI and of type I


def even(
    natural_deg: NDArray[np.floating], share: float, count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """ITA in degrees for `count` pictures, so that these and those left as they are fill every 5 degrees equally.

    natural_deg: ITA of the photos [N]; share: of the pictures that are moved, above 0. With a share of 1 every tone is as
    likely as any; with less, tones that the photos are already full of are asked for less often, or never.
    """
    edges = np.arange(FROM_DEG, TO_DEG + BIN_DEG, BIN_DEG)
    present = np.histogram(natural_deg, edges)[0] / max(1, len(natural_deg))
    missing = (1 / len(present) - (1 - share) * present).clip(0)
    bins = random.choice(len(present), count, p=missing / missing.sum())
    return edges[bins] + random.random(count) * BIN_DEG
