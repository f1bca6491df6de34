"""Photos to leave out for what their pixels show: round frames and rulers, which the DCGAN-128 paper's authors sorted by hand.

Pure functions of a picture, uint8 [H, W, 3]; both look at it with the long side brought to LONG_PX.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pixels import resize_picture

LONG_PX = 256
DARK = 45  # grey level of a dermoscope's tube; the darkest skin in ISIC's corners is above 60
CORNER = 1 / 14  # side of the looked-at corner, of the short side
TICKS_LOW_PX, TICKS_HIGH_PX = 3, 16  # distance of a ruler's ticks at LONG_PX
BAND = 1 / 10  # of the frame's depth, in which a ruler's ticks stand side by side
PERIODIC = (
    0.4  # autocorrelation at the ticks' distance: of 649 ISIC photos 35 reach it, all but one or two with a ruler
)


def round_framed(picture: NDArray[np.uint8]) -> bool:
    """Whether three corners or more are black while the middle is not: the tube of the dermoscope is in the frame."""
    grey = _grey(picture)
    side = max(2, round(min(grey.shape) * CORNER))
    corners = [
        grey[rows, columns]
        for rows in (slice(side), slice(-side, None))
        for columns in (slice(side), slice(-side, None))
    ]
    height, width = grey.shape
    middle = np.median(grey[height // 4 : -height // 4, width // 4 : -width // 4])
    return bool(sum(np.median(corner) < DARK for corner in corners) >= 3 and middle > DARK)


def ruled(picture: NDArray[np.uint8]) -> bool:
    """Whether thin dark lines repeat evenly along some edge or across the frame, as a ruler's ticks do."""
    grey = _grey(picture)
    return any(_ticks(band) > PERIODIC for turned in (grey, grey.T) for band in _bands(turned))


def _bands(grey: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Overlapping strips of rows, each with its thin dark upright lines brought out."""
    thin = np.asarray(
        cv2.morphologyEx(np.ascontiguousarray(grey), cv2.MORPH_BLACKHAT, np.ones((1, 5), np.uint8)), np.uint8
    )
    depth = max(4, round(len(grey) * BAND))
    return [thin[top : top + depth] for top in range(0, len(grey) - depth + 1, depth // 2)]


def _ticks(band: NDArray[np.uint8]) -> float:
    """The strongest even repetition of a strip's columns, -1..1; 0 where nothing stands out."""
    profile = band.mean(axis=0, dtype=np.float64)
    profile -= cv2.blur(profile[None], (2 * TICKS_HIGH_PX + 1, 1))[0]
    power = float((profile**2).mean())
    if power < 4:  # grey levels squared: ticks are dark
        return 0.0
    found = [float((profile[lag:] * profile[:-lag]).mean() / power) for lag in range(TICKS_LOW_PX, TICKS_HIGH_PX + 1)]
    best = int(np.argmax(found))
    lag = best + TICKS_LOW_PX
    twice = float((profile[2 * lag :] * profile[: -2 * lag]).mean() / power)
    return min(found[best], twice + 0.15)  # ticks go on; two hairs do not


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    scale = LONG_PX / max(height, width)
    small = resize_picture(picture, max(8, round(width * scale)), max(8, round(height * scale)))
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


ARTEFACTS = {"round frame": round_framed, "ruler": ruled}
