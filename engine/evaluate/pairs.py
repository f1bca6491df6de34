"""Do a generated picture and the mask that came with it show the same lesion?

A segmentation that knows nothing of the generator is drawn on the picture and held against the mask (Jaccard). The same
segmentation on held-out photos, against their own masks, says how much can be expected.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluate.overlap import jaccard

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True)
class Agreement:
    """Jaccard of masks with segmentations, of `n` generated pairs and of as many photos. empty: pairs without a lesion."""

    jaccard_mean: float
    jaccard_median: float
    photos_mean: float
    photos_median: float
    empty: int
    n: int

    def sentence(self) -> str:
        """The whole result in words."""
        return (
            f"Jaccard of mask and segmented picture: median {self.jaccard_median:.2f}, mean {self.jaccard_mean:.2f} "
            f"(photos: {self.photos_median:.2f}, {self.photos_mean:.2f}), {self.n} pairs, {self.empty} without a lesion"
        )


def agreement(
    made: Iterable[Pair], photos: Iterable[Pair], segment: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> Agreement:
    """Judge (picture uint8 [H, W, 3], mask uint8 [H, W]) pairs. segment: picture → mask in {0, 1}."""
    pairs = list(made)
    ours, theirs = ([jaccard(segment(p) > 0, m > 0) for p, m in some] for some in (pairs, photos))
    empty = sum(not mask.any() for _, mask in pairs)
    means = [float(np.mean(scores)) for scores in (ours, theirs)]
    medians = [float(np.median(scores)) for scores in (ours, theirs)]
    return Agreement(means[0], medians[0], means[1], medians[1], empty, len(ours))
