"""DermGAN's crops: a random square window around a box, or a group of adjacent boxes, with as little background as may be.

Ghorbani et al. 2019, sec. 2, say no more than that. A group's window is drawn a few times and the first that holds hardly
any background is taken, else the one with the least.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cases.boxes import Box
from engine.cases.tone import rgb_to_lab
from engine.data.recipes import CropsData

TRIES = 12
CLEAN = 0.02  # share of background that needs no further try
RING = 0.35  # width of the ring around a box whose colour is taken for the skin's, as a share of the box's larger side
SKIN_AB, SKIN_L = (
    17.0,
    33.0,
)  # L*a*b* units from the ring's median within which a pixel passes for skin: shadow moves L* most
SPECK = 1 / 40  # of the photo's side: smaller spots are hairs, naevi and glints, not background
KEPT = 0.25  # a box of which less than this share lies in the window is not shown


@dataclass(frozen=True)
class Window:
    """A square of the photo, px."""

    left: int
    top: int
    side: int


def groups(boxes: Sequence[Box], adjacent: float) -> list[list[Box]]:
    """Boxes joined where the gap between them is below `adjacent` of the larger side of the two; order is kept."""
    joined = [[box] for box in boxes]
    merged = True
    while merged:
        merged = False
        for i in range(len(joined)):
            for j in range(i + 1, len(joined)):
                if any(_gap(a, b) < adjacent * max(_side(a), _side(b)) for a in joined[i] for b in joined[j]):
                    joined[i] += joined.pop(j)
                    merged = True
                    break
            if merged:
                break
    return [sorted(group, key=list(boxes).index) for group in joined]


def background(picture: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """Pixels unlike the skin around the boxes, in large pieces: bool [H, W].

    Fixed chroma bounds for skin fail under the colour casts of smartphone photos, so the skin is what surrounds the lesion.
    """
    lab = rgb_to_lab(picture)
    height, width = picture.shape[:2]
    ring, inside = np.zeros((height, width), bool), np.zeros((height, width), bool)
    for box in boxes:
        far = max(2, round(RING * _side(box)))
        ring[max(0, box.top - far) : box.bottom + far, max(0, box.left - far) : box.right + far] = True
        inside[box.top : box.bottom, box.left : box.right] = True
    around = lab[ring & ~inside] if (ring & ~inside).any() else lab[ring]
    median = np.median(around, axis=0)
    strange = (np.hypot(lab[..., 1] - median[1], lab[..., 2] - median[2]) > SKIN_AB) | (
        abs(lab[..., 0] - median[0]) > SKIN_L
    )
    kernel = np.ones((max(3, round(SPECK * max(height, width))),) * 2, np.uint8)
    return (cv2.morphologyEx((strange & ~inside).astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0) & ~inside


def draw(group: Sequence[Box], strange: NDArray[np.bool_], how: CropsData, random: np.random.Generator) -> Window:
    """A window around a group of boxes. strange: the photo's background, bool [H, W]."""
    height, width = strange.shape
    left, top = min(b.left for b in group), min(b.top for b in group)
    right, bottom = max(b.right for b in group), max(b.bottom for b in group)
    found: list[tuple[float, Window]] = []
    for _ in range(TRIES):
        side = max(right - left, bottom - top) * random.uniform(*how.context)
        side = min(round(max(side, how.smallest_px)), width, height)
        x, y = _start(left, right, side, width, random), _start(top, bottom, side, height, random)
        found.append((float(strange[y : y + side, x : x + side].mean()), Window(x, y, side)))
        if found[-1][0] <= CLEAN:
            return found[-1][1]
    return min(found, key=lambda one: one[0])[1]


def _start(low: int, high: int, side: int, limit: int, random: np.random.Generator) -> int:
    """Where a window of `side` may begin so that it holds low..high, inside 0..limit; a larger group is cut at random."""
    first, last = sorted((high - side, low))
    first, last = np.clip([first, last], 0, limit - side).tolist()
    return int(random.integers(first, last + 1))


def rescaled(boxes: Sequence[Box], window: Window, size: int) -> tuple[Box, ...]:
    """The boxes that lie in a window, cut to it, in pixels of a crop of size x size."""
    shown = []
    for box in boxes:
        edges = np.array(box.edges) - (window.left, window.top) * 2
        cut = edges.clip(0, window.side)
        area = (edges[2] - edges[0]) * (edges[3] - edges[1])
        if (cut[2] - cut[0]) * (cut[3] - cut[1]) < KEPT * area:
            continue
        left, top, right, bottom = np.rint(cut * size / window.side).astype(int).tolist()
        shown.append(Box(left, top, max(right, left + 1), max(bottom, top + 1), box.condition))
    return tuple(shown)


def _side(box: Box) -> int:
    return max(box.right - box.left, box.bottom - box.top)


def _gap(a: Box, b: Box) -> float:
    """Distance between two boxes, px; 0 where they touch or overlap."""
    across = max(a.left - b.right, b.left - a.right, 0)
    down = max(a.top - b.bottom, b.top - a.bottom, 0)
    return float(np.hypot(across, down))
