"""Hair drawn by seed: strands as they lie in the training photos, shapes only.

A photo's hairs mostly run one way, are of one thickness, and bend evenly. All lengths are those of a frame 384 px wide, and
were set by eye and by count against the planes that `accidents.measure` finds in the training photos.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cases.accidents import WIDTH_PX
from engine.seeds import stream

FEWEST = 0.001  # share of hair pixels below which there is none
MOST_STRANDS = 400
LENGTH_PX, LENGTH_SPREAD, LONGEST_PX = 75.0, 0.7, 340.0  # median, spread of its logarithm
THICK_PX = (1.4, 2.6)  # of a picture's typical strand; a plane marks a strand a little wider than it is
THICK_SPREAD = 0.18
TURN_DEG = (8.0, 70.0)  # how far the strands of a picture stray from its main direction
BEND = 1 / 200  # radians a px, typical
WANDER = 0.02  # radians a step of STEP_PX, by which a strand's bend varies
STEP_PX = 6.0
FINE = 3  # times finer than the picture a strand is drawn, so that its edges are true


def strands(width: int, height: int, share: float, seed: int) -> NDArray[np.uint8]:
    """Hairs on about `share` of the pixels, 0..1: uint8 [height, width] in {0, 1}. The same seed gives the same hairs, and a
    larger share gives more of them in the same order."""
    scale = width / WIDTH_PX
    canvas = np.zeros((height, width), np.uint8)
    if share < FEWEST:
        return canvas
    random = stream(seed, "strands")
    main, stray = random.uniform(0, np.pi), np.deg2rad(random.uniform(*TURN_DEG))
    thick = random.uniform(*THICK_PX)
    for _ in range(MOST_STRANDS):
        path = _path(random, main + random.normal() * stray, np.array([width, height]) / scale)
        own = thick * np.exp(random.normal() * THICK_SPREAD)
        before = int(canvas.sum())
        drawn = _drawn((height, width), path * scale, own * scale)
        grown = before + int((drawn & ~canvas & 1).sum())
        # The last strand is taken where it brings the amount nearer.
        if grown - share * canvas.size > share * canvas.size - before:
            break
        canvas |= drawn
    return canvas


def _path(random: np.random.Generator, direction: float, size: NDArray[np.float64]) -> NDArray[np.float64]:
    """A bent line through a place in the frame: float [N, 2], px at WIDTH_PX."""
    length = min(LENGTH_PX * np.exp(random.normal() * LENGTH_SPREAD), LONGEST_PX)
    middle, bend = random.uniform(-0.05, 1.05, 2) * size, random.normal() * BEND * STEP_PX
    steps = max(3, round(length / STEP_PX))
    turns = bend + np.cumsum(random.normal(size=steps)) * WANDER / np.sqrt(steps)
    angles = direction + np.cumsum(turns) - turns.sum() / 2
    path = np.cumsum(np.stack([np.cos(angles), np.sin(angles)], axis=1), axis=0) * STEP_PX
    return path - path.mean(axis=0) + middle


def _drawn(shape: tuple[int, int], path: NDArray[np.float64], thick: float) -> NDArray[np.uint8]:
    fine = np.zeros((shape[0] * FINE, shape[1] * FINE), np.uint8)
    points = np.rint(path * FINE).astype(np.int32)[:, None]
    cv2.polylines(fine, [points], False, 255, max(1, round(thick * FINE)))
    return (cv2.resize(fine, shape[::-1], interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
