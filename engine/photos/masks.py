"""The one reader of masks: which pixels are marked, whatever numbers, colours or bits a program wrote for it.

A mask has two values, of which the darker is unmarked: 0/1, 0/255, a palette's or two colours, one bit, two of 16 bits, or
transparent and not. A marker's mask may say "possible" by grey 128, as ISIC's annotation tool does. Soft borders and a
JPEG's noise are thresholded at half, which is told; more values that are well apart are labels of several things, no mask.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import EngineError
from engine.photos.reading import PIXEL_LIMIT, UNSIGNED_16_BIT, file_bytes, opened, turn_of
from engine.pixels import resize_labels

UNMARKED, POSSIBLE, MARKED = 0, 1, 2
GREY_OF_POSSIBLE = 128
ASPECT_TOLERANCE = 0.01  # of a mask's aspect, beyond which it cannot be its photo's
LEAST_SHARE = 0.002  # of the pixels: a value that covers less is no label
STEPS = 32  # of the whole spread: values of one label lie nearer than one step to each other
FLATNESS = 40  # a pixel lies within a label where its neighbours differ by less than this part of the spread
LEAST_AT_ENDS = (
    0.5  # of a soft mask's pixels lie within END of the spread of its darkest or lightest; a photo has fewer
)
END = 1 / 8
MOST_LABELS = 64  # that a label map may have; a photo has more greys
FEWEST_PX = 9  # that hold a value within a flat part, the size of the window that is looked at
SHOWN_VALUES = 6
SOFT = "has soft borders, thresholded at half"
SOFT_JPEG = "is a JPEG, whose soft borders were thresholded at half"

Size = tuple[int, int]
Notice = tuple[str, str]
Values = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Mask:
    """levels: uint8 [H, W] of UNMARKED, POSSIBLE and MARKED. notices: (file name, what was done to read it)."""

    levels: NDArray[np.uint8]
    notices: tuple[Notice, ...] = ()

    @property
    def marked(self) -> NDArray[np.uint8]:
        """uint8 [H, W] in {0, 1}; what is possible counts as marked."""
        return (self.levels > UNMARKED).astype(np.uint8)


def load_mask(path: Path, size: Size | None = None, graded: bool = False) -> Mask:
    """`read_mask` of a file."""
    return read_mask(file_bytes(path), path.name, size, graded)


def read_mask(
    data: bytes, what: str, size: Size | None = None, graded: bool = False, pixel_limit: int = PIXEL_LIMIT
) -> Mask:
    """A mask, upright, at its photo's `size` (width, height) where that is given.

    graded: grey 128 beside 0 and 255 is "possible". Raises EngineError, one sentence that begins with `what`, where the
    file is no picture, holds other than two values, or has another aspect than its photo.
    """
    picture = opened(data, what, pixel_limit)
    turn = turn_of(picture, what)
    values, most = _values(picture if turn is None else picture.transpose(turn), what)
    notices: tuple[Notice, ...] = ()
    levels = _levels(values, most, what, graded)
    if levels is None:
        levels, notice = _halved(values, most, what, picture.format == "JPEG")
        notices = (notice,)
    if size is not None and (width_height := levels.shape[::-1]) != size:
        check_aspect(width_height, size, what)
        notices = (*notices, (what, f"was resized from {_by(width_height)} to {_by(size)}, its photo's size"))
        levels = resize_labels(levels, *size)
    return Mask(levels, notices)


def check_aspect(given: tuple[int, ...], size: Size, what: str) -> None:
    """Raise EngineError where a label picture of (width, height) cannot belong to a photo of `size`."""
    if abs(given[0] * size[1] / (given[1] * size[0]) - 1) > ASPECT_TOLERANCE:
        raise EngineError(
            f"{what} is {_by(given)}; {_by(size)} is needed, the size of what it belongs to, or another of the same aspect."
        )


def _values(picture: Image.Image, what: str) -> tuple[Values, int]:
    """(one number a pixel, the largest that its kind of file can hold)."""
    if picture.mode == "1":
        return np.asarray(picture).astype(np.uint8), 1
    if picture.mode.startswith("I"):  # 16 bits, which Pillow gives as I;16 or, from some files, as 32
        return np.asarray(picture).clip(0, UNSIGNED_16_BIT).astype(np.uint16), UNSIGNED_16_BIT
    if picture.mode in ("PA", "RGBA", "LA") or (picture.mode == "P" and "transparency" in picture.info):
        seen = picture.convert("RGBA")
        alpha = seen.getchannel("A")
        grey = np.asarray(Image.composite(seen.convert("L"), Image.new("L", seen.size), alpha))
        return grey if grey.any() else np.asarray(alpha), 255  # without any grey: black on nothing
    if picture.mode not in ("L", "P", "RGB", "CMYK", "YCbCr"):
        raise EngineError(f"{what} has pixels of the kind {picture.mode}; a mask has grey, colour or palette pixels.")
    return np.asarray(picture.convert("RGB").convert("L")), 255


def _counts(values: Values) -> NDArray[np.int64]:
    """How many pixels hold 0, 1, 2 …; by rows, since numpy counts in eight bytes a pixel."""
    total = np.zeros(UNSIGNED_16_BIT + 1, np.int64)
    for rows in np.array_split(values, max(1, values.size >> 20)):
        total += np.bincount(rows.ravel(), minlength=len(total))
    return total


def _levels(values: Values, most: int, what: str, graded: bool) -> NDArray[np.uint8] | None:
    """The levels of a mask of one or two values, or of 0, 128 and 255 where it may be graded; None where it has more."""
    there = np.flatnonzero(_counts(values)).tolist()
    if graded and most == 255 and GREY_OF_POSSIBLE in there and set(there) <= {0, GREY_OF_POSSIBLE, 255}:
        levels = np.full(values.shape, UNMARKED, np.uint8)
        levels[values == GREY_OF_POSSIBLE], levels[values == 255] = POSSIBLE, MARKED
        return levels
    if len(there) == 1:
        if there[0] not in (0, 1, most):
            raise EngineError(f"{what} holds the value {there[0]} alone; 0 is unmarked, 1 or {most} is marked.")
        return np.full(values.shape, MARKED if there[0] else UNMARKED, np.uint8)
    if len(there) == 2:
        if there[0] != 0 and not there[0] < most / 2 < there[1]:
            raise EngineError(
                f"{what} holds the values {there[0]} and {there[1]} alone; which is unmarked cannot be told, 0 is meant to be."
            )
        return (values == there[1]).astype(np.uint8) * np.uint8(MARKED)
    return None


def _halved(values: Values, most: int, what: str, lossy: bool) -> tuple[NDArray[np.uint8], Notice]:
    """Levels of a mask of many values: thresholded half-way between its ends, if these are two things and no more."""
    low, high = int(values.min()), int(values.max())
    if lossy and high <= most / 16:  # the noise of an empty mask
        return np.zeros(values.shape, np.uint8), (what, SOFT_JPEG)
    end = (high - low) * END
    at_ends = ((values <= low + end) | (values >= high - end)).mean()
    if at_ends < LEAST_AT_ENDS and np.count_nonzero(_counts(values)) > MOST_LABELS:
        raise EngineError(f"{what} holds greys throughout, as a photo does; a mask has two values, 0 and {most}.")
    labels = _labels(values, low, high)
    if len(labels) > 2 or high - low < most / 2:
        shown = labels if len(labels) > 2 else np.flatnonzero(_counts(values)).tolist()
        listed = ", ".join(map(str, shown[:SHOWN_VALUES])) + (" …" if len(shown) > SHOWN_VALUES else "")
        raise EngineError(f"{what} holds the value{'s'} {listed}; a mask has two, 0 and {most}, unmarked and marked.")
    marked = values > (low + high) / 2
    return marked.astype(np.uint8) * np.uint8(MARKED), (what, SOFT_JPEG if lossy else SOFT)


def _labels(values: Values, low: int, high: int) -> list[int]:
    """The values of the flat parts of a picture, one a group of near ones: a mask has two of them, a label map more."""
    window = np.ones((3, 3), np.uint8)
    flat = (cv2.dilate(values, window) - cv2.erode(values, window)) <= (high - low) // FLATNESS
    counts = _counts(values[flat])
    groups: list[list[int]] = []
    for value in np.flatnonzero(counts >= FEWEST_PX).tolist():
        if groups and value - groups[-1][-1] <= (high - low) / STEPS:
            groups[-1].append(value)
        else:
            groups.append([value])
    large = [group for group in groups if counts[group].sum() >= LEAST_SHARE * values.size]
    return [max(group, key=lambda value: int(counts[value])) for group in large]


def _by(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]}"
