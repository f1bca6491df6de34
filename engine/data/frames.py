"""Photos and masks in a generator's frame: the paper's letterbox, and our crop to aspect.

Labels are resized by nearest neighbour only. Bissoto et al. 2018 fit into 1024x512 shrinking only, and pad black.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.planes import Planes
from engine.pixels import resize_labels, resize_picture

Size = tuple[int, int]


@dataclass(frozen=True)
class Fit:
    """How a frame is brought to (width, height); `enlarge` lets a smaller frame grow. labels: any ids, padded with 0."""

    picture: Callable[[NDArray[np.uint8], Size, bool], NDArray[np.uint8]]
    labels: Callable[[NDArray[Any], Size, bool], NDArray[Any]]
    planes: Callable[[Planes, Size, bool], Planes]


def letterbox_picture(picture: NDArray[np.uint8], size: Size, enlarge: bool = False) -> NDArray[np.uint8]:
    """Fit inside `size`, centred on black."""
    width, height = _fitted_size((picture.shape[1], picture.shape[0]), size, enlarge)
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[_centred(size, (width, height))] = resize_picture(picture, width, height)
    return canvas


def letterbox_labels(labels: NDArray[Any], size: Size, enlarge: bool = False, padding: int = 0) -> NDArray[Any]:
    """Fit inside `size` by nearest, centred on `padding`."""
    inner = _fitted_size((labels.shape[1], labels.shape[0]), size, enlarge)
    canvas = np.full((size[1], size[0], *labels.shape[2:]), padding, labels.dtype)
    canvas[_centred(size, inner)] = resize_labels(labels, *inner)
    return canvas


def letterbox_planes(planes: Planes, size: Size, enlarge: bool = False) -> Planes:
    """Fit inside `size`; the padding is border, which is neither skin nor lesion."""
    markers = np.stack([letterbox_labels(plane, size, enlarge) for plane in planes.markers])
    border = letterbox_labels(planes.border, size, enlarge, padding=1)
    return Planes(letterbox_labels(planes.lesion, size, enlarge), markers, border)


def crop_picture(picture: NDArray[np.uint8], size: Size, enlarge: bool = True) -> NDArray[np.uint8]:
    """Cut the centre to the aspect of `size`, then resize to it."""
    return resize_picture(np.ascontiguousarray(picture[_centre(picture.shape, size)]), *size)


def crop_labels(labels: NDArray[Any], size: Size, enlarge: bool = True) -> NDArray[Any]:
    """Cut the centre to the aspect of `size`, then resize by nearest."""
    return resize_labels(labels[_centre(labels.shape, size)], *size)


def crop_planes(planes: Planes, size: Size, enlarge: bool = True) -> Planes:
    """`crop_labels` of every plane."""
    markers = np.stack([crop_labels(plane, size) for plane in planes.markers])
    return Planes(crop_labels(planes.lesion, size), markers, crop_labels(planes.border, size))


def stretch_picture(picture: NDArray[np.uint8], size: Size, enlarge: bool = True) -> NDArray[np.uint8]:
    """Resize the whole frame to `size`, whatever its aspect."""
    return resize_picture(picture, *size)


def stretch_labels(labels: NDArray[Any], size: Size, enlarge: bool = True) -> NDArray[Any]:
    """Resize the whole frame to `size` by nearest, whatever its aspect."""
    return resize_labels(labels, *size)


def stretch_planes(planes: Planes, size: Size, enlarge: bool = True) -> Planes:
    """`stretch_labels` of every plane."""
    markers = np.stack([resize_labels(plane, *size) for plane in planes.markers])
    return Planes(resize_labels(planes.lesion, *size), markers, resize_labels(planes.border, *size))


def _fitted_size(frame: Size, size: Size, enlarge: bool) -> Size:
    scale = min(size[0] / frame[0], size[1] / frame[1])
    scale = scale if enlarge else min(scale, 1.0)
    return max(1, round(frame[0] * scale)), max(1, round(frame[1] * scale))


def _centred(outer: Size, inner: Size) -> tuple[slice, slice]:
    x, y = (outer[0] - inner[0]) // 2, (outer[1] - inner[1]) // 2
    return slice(y, y + inner[1]), slice(x, x + inner[0])


def _centre(shape: tuple[int, ...], size: Size) -> tuple[slice, slice]:
    height, width = shape[:2]
    cut = min(width, round(height * size[0] / size[1])), min(height, round(width * size[1] / size[0]))
    return _centred((width, height), cut)


FITS = {
    "letterbox": Fit(letterbox_picture, letterbox_labels, letterbox_planes),
    "crop": Fit(crop_picture, crop_labels, crop_planes),
    "stretch": Fit(stretch_picture, stretch_labels, stretch_planes),
}
