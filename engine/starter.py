"""The case that stands on the canvas when the studio opens: an asymmetric naevus, drawn by rule, the same everywhere.

Its patches are the proposed superpixels a dermatologist would click, so every one can be toggled off again.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.case import Case
from engine.labels import DEFINITE, MARKERS, Planes
from engine.superpixels import proposed_cells

GENERATOR, SEED = "pix2pixhd-live", 7
WIDTH, HEIGHT = 384, 256
CELLS_SEED = 0  # the superpixels the studio proposes first
CENTRE_PX, RADII_PX, TILT_DEG = (194.0, 130.0), (124.0, 86.0), 24.0
# Outline: (waves around, share of the radius, phase in degrees). The odd waves make it asymmetric, the high ones organic.
WAVES = (
    (1, 0.05, 200),
    (2, 0.035, 95),
    (3, 0.06, 40),
    (5, 0.03, 150),
    (9, 0.014, 20),
    (17, 0.009, 70),
    (31, 0.006, 10),
)


# A marker's patch of superpixels in polar terms: marker, from and to (degrees clockwise from the right), and from and to as
# a share of the way from the centre to the outline. Network and streaks lie at the rim, globules in clusters.
PATCHES = (
    ("pigment_network", 28, 92, 0.70, 0.97),
    ("pigment_network", 178, 216, 0.62, 0.95),
    ("pigment_network", 296, 336, 0.66, 0.95),
    ("streaks", 100, 124, 0.82, 1.0),
    ("streaks", 222, 250, 0.84, 1.0),
    ("globules", 122, 172, 0.58, 0.88),
    ("globules", 338, 366, 0.48, 0.72),
    ("globules", 250, 272, 0.30, 0.46),
    ("milia_like_cyst", 50, 62, 0.26, 0.36),
)


@cache
def starter() -> Case:
    """One finished lesion, 384x256: a brown naevus with peripheral network, a few streaks and clusters of globules."""
    cells = proposed_cells(WIDTH, HEIGHT, CELLS_SEED)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    depth, _ = _polar(x, y)
    planes = Planes.blank(WIDTH, HEIGHT)
    planes.lesion[:] = depth < 1
    counts = np.bincount(cells.ravel())
    cell_x, cell_y = (np.bincount(cells.ravel(), axis.ravel()) / counts for axis in (x, y))
    cell_depth, cell_angle = _polar(cell_x, cell_y)
    for marker, start, end, inner, outer in PATCHES:
        turned = (cell_angle - start) % 360
        chosen = (turned <= end - start) & (cell_depth >= inner) & (cell_depth <= outer)
        planes.markers[MARKERS.index(marker)][chosen[cells] & (planes.lesion > 0)] = DEFINITE
    return Case(planes, None, GENERATOR, SEED, tone="II")


def _polar(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the way from the centre to the wavy outline (1 on it), and the angle in degrees, of points in pixels."""
    tilt = np.radians(TILT_DEG)
    dx, dy = x - CENTRE_PX[0], y - CENTRE_PX[1]
    across = (dx * np.cos(tilt) + dy * np.sin(tilt)) / RADII_PX[0]
    down = (dy * np.cos(tilt) - dx * np.sin(tilt)) / RADII_PX[1]
    angle = np.degrees(np.arctan2(down, across)) % 360
    outline = 1 + sum(share * np.cos(np.radians(waves * angle - phase)) for waves, share, phase in WAVES)
    return np.hypot(across, down) / outline, angle
