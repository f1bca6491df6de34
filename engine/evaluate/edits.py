"""The edits with which a generator is tried: a marker toggled whole, and a stroke of the brush."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cases.planes import ABSENT, DEFINITE, MARKERS, Planes, pack

STROKE_RADIUS_PX = 10.0  # a middling brush on a 384 x 256 canvas
STROKE_LENGTH_PX = 30.0


def without_marker(planes: Planes, marker: str) -> Planes:
    """The same planes with one marker absent everywhere."""
    return _with_marker(planes, marker, np.ones(planes.lesion.shape, bool), ABSENT)


def stroke(planes: Planes, plane: str, random: np.random.Generator) -> Planes:
    """One capsule drawn at a random pixel and angle of the lesion; it erases where the plane mostly is there already.

    plane: "lesion" or one of MARKERS. A stroke of the lesion starts at the lesion's edge, of a marker inside it. Planes
    without lesion come back unchanged.
    """
    where = capsule(planes, plane == "lesion", random)
    if not where.any():
        return planes
    if plane == "lesion":
        value = 0 if planes.lesion[where].mean() > 0.5 else 1
        return replace(planes, lesion=np.where(where, np.uint8(value), planes.lesion))
    value = ABSENT if (planes.markers[MARKERS.index(plane)][where] > 0).mean() > 0.5 else DEFINITE
    return _with_marker(planes, plane, where & (planes.lesion > 0), value)


def capsule(planes: Planes, at_edge: bool, random: np.random.Generator) -> NDArray[np.bool_]:
    """Pixels nearer than the brush's radius to a random segment that is centred on the lesion, bool [H, W]."""
    lesion = planes.lesion > 0
    rows, columns = np.nonzero(lesion & ~_interior(lesion) if at_edge else lesion)
    width, height = planes.size
    if not len(rows):
        return np.zeros((height, width), bool)
    pick, angle = random.integers(len(rows)), random.uniform(0, math.pi)
    x, y = np.arange(width) - columns[pick], (np.arange(height) - rows[pick])[:, None]
    along = x * math.cos(angle) + y * math.sin(angle)
    along -= along.clip(-STROKE_LENGTH_PX / 2, STROKE_LENGTH_PX / 2)
    across = y * math.cos(angle) - x * math.sin(angle)
    return np.asarray((along**2 + across**2 <= STROKE_RADIUS_PX**2) & (planes.border == 0))


def changed(before: Planes, after: Planes) -> NDArray[np.bool_]:
    """Pixels at which any plane differs, bool [H, W]."""
    return np.asarray(pack(before) != pack(after))


def _interior(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    return inner


def _with_marker(planes: Planes, marker: str, where: NDArray[np.bool_], value: int) -> Planes:
    markers = planes.markers.copy()
    markers[MARKERS.index(marker)][where] = value
    return replace(planes, markers=markers)
