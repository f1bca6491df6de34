"""A box says where a lesion is, not what shape it has: a shape model fitted on the masks lets the seed draw one.

Signed distances to the outline, each in its own box, and their principal components (Tsai et al. 2003, "A shape-based
approach to the segmentation of medical imagery using level sets", sec. 2): drawing coefficients draws an outline that no
training photo need have.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cases.boxes import Box
from engine.seeds import stream

GRID = 32  # px a side of the grid on which outlines are compared
COMPONENTS = 24
TYPICAL = 1.8  # standard deviations to which a coefficient is held: beyond, a shape falls to pieces


@dataclass(frozen=True, eq=False)
class LesionShapes:
    """mean: float32 [32, 32], positive inside, in half-boxes; components: float32 [24, 32, 32], one deviation each."""

    mean: NDArray[np.float32]
    components: NDArray[np.float32]

    @classmethod
    def fit(cls, masks: Sequence[NDArray[np.uint8]]) -> "LesionShapes":
        """Fit to lesion masks [h, w] in {0, 1}, each cut to its box; mirrored and turned, as skin has no up."""
        fields = [signed_distance(mask) for mask in masks if mask.any()] or [signed_distance(ellipse(GRID, GRID))]
        turned = np.stack([np.rot90(m, k) for f in fields for m in (f, f.T) for k in range(4)]).reshape(-1, GRID * GRID)
        mean = turned.mean(axis=0)
        covariance = (turned - mean).T @ (turned - mean) / len(turned)
        values, vectors = np.linalg.eigh(covariance)
        scaled = vectors[:, ::-1][:, :COMPONENTS] * np.sqrt(values[::-1][:COMPONENTS].clip(0))
        return cls(mean.reshape(GRID, GRID).astype(np.float32), scaled.T.reshape(-1, GRID, GRID).astype(np.float32))

    def draw(self, seed: int, index: int, width: int, height: int) -> NDArray[np.uint8]:
        """An outline that touches all four sides of a box of width x height px: uint8 [H, W] in {0, 1}."""
        drawn = stream(seed, "outline", index).standard_normal(len(self.components)).clip(-TYPICAL, TYPICAL)
        field = self.mean + np.tensordot(drawn, self.components, 1)
        inside = largest(field > 0)
        if not inside.any():
            return ellipse(width, height)
        rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        cut = np.where(inside, field, np.minimum(field, -1e-3))[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        smooth = cv2.resize(cut.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        return (smooth > 0).astype(np.uint8)


def signed_distance(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Distance to the outline on the 32x32 grid, positive inside, in half-boxes: float32 [32, 32]."""
    area = cv2.resize(mask.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
    inside = np.pad((area >= 0.5).astype(np.uint8), 1)  # beyond the box is outside
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return np.asarray(distance[1:-1, 1:-1] / (GRID / 2), np.float32)


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected piece of a mask, bool [H, W]."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return pieces == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if count > 1 else mask


def ellipse(width: int, height: int) -> NDArray[np.uint8]:
    """The ellipse inscribed in a box, uint8 [H, W] in {0, 1}: a lesion's outline where none is known."""
    across = (np.arange(width) + 0.5) / width * 2 - 1
    down = (np.arange(height) + 0.5) / height * 2 - 1
    return (across[None] ** 2 + down[:, None] ** 2 <= 1).astype(np.uint8)


def ellipses(boxes: Sequence[Box], width: int, height: int) -> NDArray[np.uint8]:
    """An ellipse in every box: uint8 [H, W] in {0, 1}."""
    mask = np.zeros((height, width), np.uint8)
    for box in boxes:
        mask[box.top : box.bottom, box.left : box.right] |= ellipse(box.right - box.left, box.bottom - box.top)
    return mask
