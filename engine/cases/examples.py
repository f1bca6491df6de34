"""Six examples to start from, drawn by rule, the same everywhere; the first stands on the canvas when the studio opens.

Their patches are the proposed superpixels a dermatologist would click, so every one can be toggled off again.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.planes import DEFINITE, MARKERS, Planes
from engine.cases.superpixels import proposed_cells
from engine.errors import EngineError
from engine.seeds import stream

WIDTH, HEIGHT = 384, 256
CELLS_SEED = 0  # the superpixels the studio proposes first
FIRST = "naevus"

Waves = tuple[tuple[int, float, float], ...]
Patch = tuple[str, float, float, float, float, float]
Points = tuple[NDArray[np.float64], NDArray[np.float64]]

# Outline: (waves around, share of the radius, phase in degrees). The odd waves make it asymmetric, the high ones organic.
ORGANIC: Waves = ((9, 0.014, 20), (17, 0.009, 70), (31, 0.006, 10))
OVAL: Waves = ((1, 0.05, 200), (2, 0.035, 95), (3, 0.06, 40), (5, 0.03, 150), *ORGANIC)
NOTCHED: Waves = ((1, 0.12, 310), (2, 0.07, 20), (3, 0.10, 250), (5, 0.07, 60), (7, 0.04, 190), *ORGANIC)
ROUND: Waves = ((2, 0.03, 130), (3, 0.02, 10), (5, 0.015, 220), *ORGANIC)


@dataclass(frozen=True)
class Lesion:
    """One lesion: an ellipse with a wavy outline, and its markers' patches of superpixels in polar terms.

    A patch is (marker, from and to in degrees clockwise from the right, from and to as a share of the way from the
    centre to the outline, share of the superpixels there).
    """

    centre_px: tuple[float, float]
    radii_px: tuple[float, float]
    tilt_deg: float
    waves: Waves
    patches: tuple[Patch, ...]

    def polar(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
        """Share of the way from the centre to the wavy outline (1 on it), and the angle in degrees, of points in pixels."""
        tilt = np.radians(self.tilt_deg)
        dx, dy = x - self.centre_px[0], y - self.centre_px[1]
        across = (dx * np.cos(tilt) + dy * np.sin(tilt)) / self.radii_px[0]
        down = (dy * np.cos(tilt) - dx * np.sin(tilt)) / self.radii_px[1]
        angle = np.degrees(np.arctan2(down, across)) % 360
        outline = 1 + sum(share * np.cos(np.radians(waves * angle - phase)) for waves, share, phase in self.waves)
        return np.hypot(across, down) / outline, angle


@dataclass(frozen=True)
class Drawing:
    """An example: its lesions and what the map cannot say."""

    lesions: tuple[Lesion, ...]
    tone: str
    seed: int
    lesion_colour: float | None = None
    variation: float | None = None


# Network and streaks lie at the rim, globules in clusters, cysts are strewn.
EXAMPLES = {
    # A brown naevus with peripheral network, a few streaks and clusters of globules.
    FIRST: Drawing((Lesion((194, 130), (124, 86), 24, OVAL, (
        ("pigment_network", 28, 92, 0.70, 0.97, 1), ("pigment_network", 178, 216, 0.62, 0.95, 1),
        ("pigment_network", 296, 336, 0.66, 0.95, 1), ("streaks", 100, 124, 0.82, 1.0, 1),
        ("streaks", 222, 250, 0.84, 1.0, 1), ("globules", 122, 172, 0.58, 0.88, 1),
        ("globules", 338, 366, 0.48, 0.72, 1), ("globules", 250, 272, 0.30, 0.46, 1),
        ("milia_like_cyst", 50, 62, 0.26, 0.36, 1))),), "II", 7),
    # Asymmetric in outline, colour and structure: network on one side, streaks and globules on the other.
    "melanoma-like": Drawing((Lesion((188, 128), (132, 92), -18, NOTCHED, (
        ("pigment_network", 130, 250, 0.45, 0.96, 0.8), ("streaks", 300, 380, 0.80, 1.0, 0.9),
        ("streaks", 60, 96, 0.84, 1.0, 0.8), ("globules", 340, 410, 0.35, 0.75, 0.5),
        ("negative_network", 260, 300, 0.30, 0.70, 0.9))),), "II", 21, lesion_colour=0.85, variation=0.9),
    # Sharply bordered and even, strewn with milia-like cysts.
    "seborrhoeic keratosis-like": Drawing((Lesion((196, 126), (112, 88), 10, ROUND, (
        ("milia_like_cyst", 0, 360, 0.10, 0.90, 0.13),)),), "III", 12, lesion_colour=0.5, variation=0.5),
    # White lines between brown islands in the middle, globules around.
    "negative network": Drawing((Lesion((192, 130), (104, 84), -30, ROUND, (
        ("negative_network", 0, 360, 0.0, 0.62, 1), ("globules", 0, 360, 0.78, 0.97, 0.35))),),
        "II", 33, lesion_colour=0.55, variation=0.6),
    # A small mole, network throughout.
    "small": Drawing((Lesion((186, 122), (44, 36), 35, ROUND, (
        ("pigment_network", 0, 360, 0.30, 0.98, 1),)),), "II", 5, lesion_colour=0.6),
    # Two neighbours of different structure.
    "two lesions": Drawing((
        Lesion((122, 104), (58, 46), 15, OVAL, (("pigment_network", 0, 360, 0.55, 0.98, 0.8),)),
        Lesion((276, 164), (64, 50), -25, ROUND, (("globules", 0, 360, 0.15, 0.90, 0.55),))), "III", 18),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Example:
    """A finished drawing: its planes, and the settings that go with it, by name."""

    planes: Planes
    settings: dict[str, Any]


@cache
def example(name: str = FIRST) -> Example:
    """One by name, 384x256. Raises EngineError for a name that is none of EXAMPLES."""
    if name not in EXAMPLES:
        raise EngineError(f"there is no starter case '{name[:60]}'; one of {', '.join(EXAMPLES)} is allowed.")
    drawing, planes = EXAMPLES[name], Planes.blank(WIDTH, HEIGHT)
    cells = proposed_cells(WIDTH, HEIGHT, CELLS_SEED)
    for lesion in drawing.lesions:
        _draw(lesion, planes, cells, name)
    return Example(planes, {key: value for key, value in vars(drawing).items() if key != "lesions"})


def _draw(lesion: Lesion, planes: Planes, cells: NDArray[np.int32], name: str) -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    inside = lesion.polar(x, y)[0] < 1
    planes.lesion[inside] = 1
    counts = np.bincount(cells.ravel())
    cell_x, cell_y = (np.bincount(cells.ravel(), axis.ravel()) / counts for axis in (x, y))
    depth, angle = lesion.polar(cell_x, cell_y)
    random = stream(CELLS_SEED, f"starter {name}")
    for marker, start, end, inner, outer, share in lesion.patches:
        chosen = ((angle - start) % 360 <= end - start) & (depth >= inner) & (depth <= outer)
        chosen &= random.random(len(chosen)) < share
        planes.markers[MARKERS.index(marker)][chosen[cells] & inside] = DEFINITE
