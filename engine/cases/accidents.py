"""Accidents: hair, rulers and surgeon's ink, which lie on the skin and which no lesion map explains.

A generator that is not told of them learns that any skin may bear crossing dark strokes and violet smears. So they are
measured on every training photo and given to it as planes of their own, and it need invent none. Lengths below are those of a
frame 384 px wide, in which a terminal hair is 2 to 4 px wide; other frames are measured at that width.
"""

from dataclasses import dataclass, fields
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cases.planes import Planes
from engine.cases.tone import rgb_to_lab
from engine.errors import EngineError
from engine.pixels import resize_labels, resize_picture

ACCIDENTS = ("hair", "ruler", "ink")
WIDTH_PX = 384  # of the frame in which all lengths here are meant

HAT_PX = 9  # black-hat's ellipse: wider than a hair, narrower than a globule's surroundings
MOST_HAT = 24.0  # of 255 in lightness: what is darker counts no more, so that one black dot makes no line
LINE_PX, ANGLES = 19, 16  # a strand is straight for so long; angles are 11.25 degrees apart
# Of 255 in lightness: the best line's mean, its lead over the median line's, and the pixel itself.
LEAST_ALONG, LEAST_ABOVE, LEAST_HERE = 8.0, 5.0, 7.0
LEAST_LONG_PX, LEAST_LONG_IN_LESION_PX, MOST_IN_LESION = 12, 30, 0.7  # a hair that crosses a lesion is long
# The lines of a pigment network, and the ridges of skin, are as thin and dark as hairs, but are all around: of a line so long
# the best direction is hardly darker than the median one. How much darker, 0..1, each pixel in a lesion must be, and the mean
# of a strand elsewhere. A lesion's edge is frayed.
ALONE_PX, ALONE_IN_LESION, ALONE_ELSEWHERE, FRAYED_PX = 31, 0.52, 0.45, 9

INK_CONTRAST, INK_DB = 12.0, -6.0  # Δa* - Δb*, and Δb*, from the skin's median: ink is violet or blue, skin never is
INK_B, INK_L = 6.0, 15.0  # its b* at most; darker than L* 15 is a dermoscope's rim
INK_FROM_LESION_PX, INK_GROWN_PX = 9, 5  # blue veils and their edges are not ink; a stroke's faint edge is
BLUISH = 0.3  # a photo with more ink than this is bluish as a whole
HAIR_FROM_INK_PX, HAIR_CONTRAST = 7, 9.0  # a stroke of ink is a dark line too
# A corner darker than this share of the photo's median lightness is the dermoscope's rim, whose edge is blurred.
RIM_DARK, RIM_GROWN_PX = 0.5, 11
EDGE_LINE_PX = 4  # some photos end in a dark line

TICK_PX, TICK_WIDE_PX = (6.0, 36.0), 6.5  # a ruler's tick: shortest and longest, and how wide
# Most between ticks of one ruler, least between a tick and the row that it stands in.
TICKS_ALIKE_DEG, TICKS_ACROSS_DEG = 12.0, 50.0
TICKS_APART_PX = (4.0, 40.0)
TICKS_AT_LEAST, TICKS_EVEN = 4, 0.2  # in a row; how far from its place a tick may stand, as a share of their distance
TICKS_AT_EDGE, EDGE_PX = 3, 45  # so few are a row where all stand so near to one edge of the frame
# A printed scale: a straight line at least so long, gaps at most so wide, with ticks on one side that repeat as evenly.
SCALE_PX, SCALE_GAP_PX, SCALE_EVEN = 70, 4, 0.35
SCALE_TICKS_PX, SCALE_BESIDE_PX = (5, 18), (3, 7)  # distance of its ticks; how far beside the line they are looked for
SCALE_POWER = 6.0  # of 255², variance of the darkness beside the line: ticks are dark
SCALE_HALF_PX = 6  # half the width of what is taken for the scale


@dataclass(frozen=True, eq=False)
class Accidents:
    """What lies on the skin, pixel by pixel; all uint8 [H, W] in {0, 1}, of one size."""

    hair: NDArray[np.uint8]
    ruler: NDArray[np.uint8]
    ink: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if len({plane.shape for plane in self.all}) > 1:
            shapes = ", ".join(f"{name} {plane.shape}" for name, plane in zip(ACCIDENTS, self.all, strict=True))
            raise EngineError(f"the planes of accidents do not fit together: {shapes}; one size is needed.")

    @property
    def all(self) -> tuple[NDArray[np.uint8], ...]:
        """The planes, in ACCIDENTS' order."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @classmethod
    def none(cls, width: int, height: int) -> "Accidents":
        """Clean skin."""
        return cls(*(np.zeros((height, width), np.uint8) for _ in ACCIDENTS))

    def hair_share(self, where: NDArray[np.bool_]) -> float:
        """Share of the pixels in `where`, bool [H, W], that are hair: 0..1."""
        return float(self.hair[where].mean()) if where.any() else 0.0

    def of(self, names: tuple[str, ...]) -> NDArray[np.uint8]:
        """The named planes in the order asked for: [len(names), H, W]."""
        planes = [getattr(self, name) for name in names]
        return np.stack(planes) if planes else np.zeros((0, *self.hair.shape), np.uint8)


def measure(picture: NDArray[np.uint8], planes: Planes) -> Accidents:
    """Find them in a photo, uint8 [H, W, 3], under its planes of the same size."""
    height, width = planes.lesion.shape
    small = (WIDTH_PX, max(LINE_PX, round(height * WIDTH_PX / width)))
    photo = picture if small == (width, height) else resize_picture(picture, *small)
    lesion = resize_labels(planes.lesion, *small) > 0
    lab = rgb_to_lab(photo)
    skin = ~lesion if (~lesion).mean() > 0.1 else np.ones_like(lesion)
    difference = lab - np.median(lab[skin], axis=0).astype(np.float32)
    rim = _rim(lab[..., 0])
    ink = _ink(lab, difference, rim | _grown(lesion, INK_FROM_LESION_PX))
    violet = difference[..., 1] - difference[..., 2] > HAIR_CONTRAST
    hat = _black_hat(photo)
    mask = _on_lines(hat, ~violet & ~rim & ~_grown(ink, HAIR_FROM_INK_PX))
    scale = mask & _scales(mask, hat)
    alone = _aloneness(hat)
    mask &= (alone > ALONE_IN_LESION) | ~_grown(lesion, FRAYED_PX)
    pieces = np.asarray(cv2.connectedComponents((mask & ~scale).astype(np.uint8), connectivity=8)[1], np.int32)
    strokes = _strokes(pieces, alone, lesion)
    ticks = _ticks(strokes, small)[pieces]
    found = (_of_hairs(strokes)[pieces] & ~ticks, scale | ticks, _grown(ink, INK_GROWN_PX))
    inside = planes.border == 0
    return Accidents(*(resize_labels(one.astype(np.uint8), width, height) * inside for one in found))


def _rim(lightness: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Dark corners and their edge: bool [H, W]. The tube of a dermoscope is neither hair nor ink."""
    dark = (lightness < RIM_DARK * np.median(lightness)).astype(np.uint8)
    _, pieces = cv2.connectedComponents(dark)
    corners = pieces[[0, 0, -1, -1], [0, -1, 0, -1]]
    return _grown(np.isin(pieces, corners[corners > 0]), RIM_GROWN_PX)


def _ink(lab: NDArray[np.float32], difference: NDArray[np.float32], elsewhere: NDArray[np.bool_]) -> NDArray[np.bool_]:
    violet = difference[..., 1] - difference[..., 2] > INK_CONTRAST
    found = violet & (difference[..., 2] < INK_DB) & (lab[..., 2] < INK_B) & (lab[..., 0] > INK_L) & ~elsewhere
    opened = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    return opened if opened.mean() <= BLUISH else np.zeros_like(opened)


def _grown(mask: NDArray[np.bool_], side_px: int) -> NDArray[np.bool_]:
    return cv2.dilate(mask.astype(np.uint8), np.ones((side_px, side_px), np.uint8)) > 0


@cache
def _kernels(long_px: int) -> tuple[NDArray[np.float32], ...]:
    """Straight lines of `long_px` through the middle, each summing to 1."""
    kernels, middle = [], long_px // 2
    for angle in np.arange(ANGLES) * np.pi / ANGLES:
        kernel = np.zeros((long_px, long_px), np.float32)
        end = np.array([np.cos(angle), np.sin(angle)]) * middle
        start, stop = (tuple(np.rint(middle + sign * end).astype(int).tolist()) for sign in (-1, 1))
        cv2.line(kernel, start, stop, 1.0)
        kernels.append(kernel / kernel.sum())
    return tuple(kernels)


def _black_hat(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much darker than its closed surroundings each pixel is: [H, W], of 255 in lightness."""
    lightness = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)[..., 0]
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (HAT_PX, HAT_PX))
    return cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, ellipse).astype(np.float32)


def _on_lines(hat: NDArray[np.float32], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels on thin dark lines: bool [H, W]."""
    along = _along(np.minimum(hat, MOST_HAT), LINE_PX)
    best = along.max(axis=0)
    lead = best - np.median(along, axis=0)
    inner = np.pad(np.ones_like(allowed)[EDGE_LINE_PX:-EDGE_LINE_PX, EDGE_LINE_PX:-EDGE_LINE_PX], EDGE_LINE_PX)
    return (best > LEAST_ALONG) & (lead > LEAST_ABOVE) & (hat > LEAST_HERE) & allowed & inner


def _along(values: NDArray[np.float32], long_px: int) -> NDArray[np.float32]:
    """Means along straight lines through each pixel, at every angle: [ANGLES, H, W]."""
    return np.stack([cv2.filter2D(values, -1, one, borderType=cv2.BORDER_REFLECT) for one in _kernels(long_px)])


def _aloneness(hat: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much darker the best line through each pixel is than the median one, as a share of it: [H, W] in 0..1."""
    along = _along(np.minimum(hat, MOST_HAT), ALONE_PX)
    return 1 - np.median(along, axis=0) / along.max(axis=0).clip(1)


def _scales(mask: NDArray[np.bool_], hat: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Around straight lines with even ticks on one side: bool [H, W]."""
    found: NDArray[np.uint8] = np.zeros(mask.shape, np.uint8)
    lines = cv2.HoughLinesP(mask.astype(np.uint8), 1, np.pi / 180, 45, None, SCALE_PX, SCALE_GAP_PX)
    for left, top, right, bottom in [] if lines is None else lines.reshape(-1, 4).tolist():
        if found[int(top + bottom) // 2, int(left + right) // 2]:
            continue
        start, way = np.array([left, top]), np.array([right - left, bottom - top], float)
        long = np.hypot(*way)
        way /= long
        places = start + np.arange(int(long))[:, None] * way
        if any(_evenness(_beside(hat, places, np.array([-way[1], way[0]]) * side)) > SCALE_EVEN for side in (1, -1)):
            first, last = (tuple(np.rint(p).astype(int).tolist()) for p in (start - 3 * way, places[-1] + 3 * way))
            cv2.line(found, first, last, 1, 2 * SCALE_HALF_PX + 1)
    return found > 0


def _beside(hat: NDArray[np.float32], places: NDArray[np.float64], aside: NDArray[np.float64]) -> NDArray[np.float64]:
    """The darkness beside a line, place by place: [N]."""
    rows = [np.rint(places + aside * off).astype(int) for off in range(SCALE_BESIDE_PX[0], SCALE_BESIDE_PX[1] + 1)]
    limits = np.array(hat.shape[::-1]) - 1
    return np.mean([hat[at[:, 1], at[:, 0]] for at in (row.clip(0, limits) for row in rows)], axis=0).astype(np.float64)


def _evenness(profile: NDArray[np.float64]) -> float:
    """The strongest repetition of a profile at the distances of ticks, -1..1; 0 where nothing stands out."""
    profile = profile - cv2.blur(profile[None], (2 * SCALE_TICKS_PX[1] + 1, 1))[0]
    power = float((profile**2).mean())
    if power < SCALE_POWER:
        return 0.0
    repeats = [float((profile[lag:] * profile[:-lag]).mean() / power) for lag in range(1, 2 * SCALE_TICKS_PX[1] + 1)]
    found = []
    for lag in range(SCALE_TICKS_PX[0], SCALE_TICKS_PX[1] + 1):
        here, twice, half = repeats[lag - 1], repeats[2 * lag - 1], repeats[lag // 2 - 1]
        # Ticks repeat at twice their distance too, and not half way, where a bend that touches the line still does.
        found.append(min(here, twice + 0.15, here - half))
    return max(found)


@dataclass(frozen=True, eq=False)
class _Strokes:
    """Lines by number, 0 being none: middle [N, 2] px; length and width [N] px; angle [N] degrees; the others [N] in 0..1."""

    middle: NDArray[np.float64]
    length: NDArray[np.float64]
    wide: NDArray[np.float64]
    angle: NDArray[np.float64]
    alone: NDArray[np.float64]
    in_lesion: NDArray[np.float64]


def _strokes(pieces: NDArray[np.int32], alone: NDArray[np.float32], lesion: NDArray[np.bool_]) -> _Strokes:
    count = int(pieces.max()) + 1
    y, x = np.nonzero(pieces)
    label = pieces[y, x]
    area = np.bincount(label, minlength=count).clip(1)

    def mean(values: NDArray) -> NDArray[np.float64]:
        return np.bincount(label, values, count) / area

    middle = np.stack([mean(x), mean(y)], axis=1)
    dx, dy = x - middle[label, 0], y - middle[label, 1]
    xx, yy, xy = mean(dx * dx), mean(dy * dy), mean(dx * dy)
    apart = np.hypot((xx - yy) / 2, xy)
    # A straight stroke of length n has a variance of n² / 12 along itself.
    length, wide = (np.sqrt(12 * ((xx + yy) / 2 + sign * apart).clip(0)) for sign in (1, -1))
    angle = np.rad2deg(np.arctan2(2 * xy, xx - yy) / 2)
    return _Strokes(middle, length, wide, angle, mean(alone[y, x]), mean(lesion[y, x].astype(float)))


def _of_hairs(strokes: _Strokes) -> NDArray[np.bool_]:
    least = np.where(strokes.in_lesion > MOST_IN_LESION, LEAST_LONG_IN_LESION_PX, LEAST_LONG_PX)
    return (strokes.length >= least) & (strokes.alone > ALONE_ELSEWHERE)


def _ticks(strokes: _Strokes, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which lines are ticks of a ruler: parallel, in a row, evenly apart."""
    short = (strokes.length > TICK_PX[0]) & (strokes.length < TICK_PX[1]) & (strokes.wide < TICK_WIDE_PX)
    ticks, ruled = np.flatnonzero(short), np.zeros(len(short), bool)
    ruled[ticks[_in_a_row(strokes.middle[ticks], strokes.angle[ticks], size)]] = True
    return ruled


def _in_a_row(middle: NDArray[np.float64], angle: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which ticks stand with TICKS_AT_LEAST in an even row: bool [N]. middle: [N, 2] px; angle: [N] degrees."""
    edges = np.concatenate([middle, np.array(size) - middle], axis=1) < EDGE_PX
    found = np.zeros(len(middle), bool)
    alike = _turn(angle[:, None] - angle[None]) < TICKS_ALIKE_DEG
    steps = middle[None] - middle[:, None]
    distance = np.hypot(*steps.transpose(2, 0, 1))
    across = _turn(np.rad2deg(np.arctan2(steps[..., 1], steps[..., 0])) - angle[:, None]) > TICKS_ACROSS_DEG
    near = (distance > TICKS_APART_PX[0]) & (distance < TICKS_APART_PX[1])
    for i, j in np.argwhere(alike & across & near):
        others = np.flatnonzero(alike[i])
        place = (middle[others] - middle[i]) @ steps[i, j] / distance[i, j] ** 2
        aside = np.hypot(*(middle[others] - middle[i] - place[:, None] * steps[i, j]).T)
        fits = (np.maximum(np.abs(place - np.rint(place)) * distance[i, j], aside)) < TICKS_EVEN * distance[i, j]
        taken = np.unique(np.rint(place[fits]).astype(int))
        runs = np.split(taken, np.flatnonzero(np.diff(taken) > 1) + 1)
        row = others[fits & np.isin(np.rint(place).astype(int), max(runs, key=len))]
        least = TICKS_AT_EDGE if edges[row].all(axis=0).any() else TICKS_AT_LEAST
        if len(row) >= least:
            found[row] = True
    return found


def _turn(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Difference of two directions without sense: 0..90."""
    return np.abs((degrees + 90) % 180 - 90)
