"""Superpixels: the paper's SLIC-zero, instance maps from them, cells for a drawn case, and ISIC's superpixel PNG."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engine.cases.planes import BORDER, CLASSES
from engine.errors import EngineError
from engine.seeds import stream

COUNT, COMPACTNESS, SIGMA = 1000, 1.0, 2.0  # Bissoto et al. 2018's released instance_map.py
# Superpixels asked for at each grain of the hand. Only the medium one's edges enter a generator and an instance map: the
# live generator was trained on them, and follows others. Over 30 held-out photos coarse or fine edges changed its picture
# by 1.8 and 1.9 grey levels of 255 and its sharpness by -4 and +4 per cent, where the map had not changed at all.
GRAINS = {"coarse": 400, "medium": COUNT, "fine": 2000}
MOST_IN_A_CLASS = 1000  # ids are class * 1000 + k, pix2pixHD's convention
# Chosen on 30 training photos at 384x256 so that the cells' areas match SLIC-zero's (KS distance 0.07).
JITTER, WOBBLE_PX, WOBBLE_SCALE = 0.8, 1.0, 5.0


def slic_zero(
    picture: NDArray[np.uint8], count: int = COUNT, compactness: float = COMPACTNESS, sigma: float = SIGMA
) -> NDArray[np.int32]:
    """Superpixels of a photo, uint8 [H, W, 3]: contiguous ids from 0, int32 [H, W] (scikit-image, `slic_zero`)."""
    from skimage.segmentation import slic

    ids = slic(
        picture.astype(np.float64) / 255,
        n_segments=count,
        compactness=compactness,
        sigma=sigma,
        slic_zero=True,
        start_label=0,
        channel_axis=-1,
    )
    return np.unique(ids, return_inverse=True)[1].reshape(ids.shape).astype(np.int32)


def instance_map(cells: NDArray[np.integer], labels: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Give each superpixel the class most of its pixels bear, and an id of class * 1000 + k; border stays 0.

    cells: ids [H, W]; labels: semantic map uint8 [H, W]. Raises EngineError where a class gets more than 1,000 cells.
    """
    if cells.shape != labels.shape:
        raise EngineError(
            f"the superpixels are {cells.shape[::-1]}; the map is {labels.shape[::-1]}, the same is needed."
        )
    _, index = np.unique(cells, return_inverse=True)
    votes = np.zeros((int(index.max()) + 1, len(CLASSES)), np.int64)
    np.add.at(votes, (index.ravel(), labels.ravel()), 1)
    winner = votes.argmax(axis=1)
    ids = np.zeros(len(winner), np.int32)
    for label in range(1, len(CLASSES)):
        members = np.flatnonzero(winner == label)
        if len(members) > MOST_IN_A_CLASS:
            raise EngineError(
                f"{len(members)} superpixels are {CLASSES[label]}; a class holds at most {MOST_IN_A_CLASS}, ask for fewer."
            )
        ids[members] = label * 1000 + np.arange(len(members))
    instances = ids[index.reshape(cells.shape)]
    instances[labels == BORDER] = 0
    return instances


def proposed_cells(width: int, height: int, seed: int = 0, count: int = COUNT) -> NDArray[np.int32]:
    """Cells for a drawn case, which has no photo: a jittered grid's Voronoi cells with wobbling borders.

    int32 [H, W], ids from 0, sizes distributed as the training photos' superpixels are (see JITTER).
    """
    random = stream(seed, "cells", width, height, count)
    step = np.sqrt(width * height / count)
    columns = max(1, round(width / step))
    rows = max(1, count // columns)  # never more than `count`: an instance map numbers at most 1,000 of a class
    x, y = np.meshgrid((np.arange(columns) + 0.5) * width / columns, (np.arange(rows) + 0.5) * height / rows)
    centres = np.column_stack([x.ravel(), y.ravel()])
    centres += random.uniform(-0.5, 0.5, centres.shape) * JITTER * step
    shifts = [
        cv2.GaussianBlur(random.standard_normal((height, width)), (0, 0), WOBBLE_SCALE) * WOBBLE_SCALE * 3.5 * WOBBLE_PX
        for _ in range(2)
    ]
    pixel_y, pixel_x = np.mgrid[:height, :width]
    places = np.column_stack([(pixel_x + shifts[0]).ravel() + 0.5, (pixel_y + shifts[1]).ravel() + 0.5])
    nearest = cKDTree(centres).query(places)[1].reshape(height, width)
    return _joined(nearest)


def _joined(cells: NDArray[np.integer]) -> NDArray[np.int32]:
    """Make every cell one piece: a stray piece joins the cell it touches most, ids run from 0."""
    from skimage.measure import label

    pieces = label(cells + 1, connectivity=1) - 1
    sizes = np.bincount(pieces.ravel())
    for piece in np.flatnonzero(sizes < max(4, np.median(sizes) / 8)):
        mask = pieces == piece
        around = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~mask
        if around.any():
            pieces[mask] = np.bincount(pieces[around]).argmax()
    return np.unique(pieces, return_inverse=True)[1].reshape(cells.shape).astype(np.int32)


def encode_isic(cells: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Ids [H, W] → ISIC's superpixel picture uint8 [H, W, 3]: index = R + G·256 + B·65536."""
    if cells.min() < 0 or cells.max() >= 1 << 24:
        raise EngineError(f"superpixel ids run from {cells.min()} to {cells.max()}; allowed is 0..16777215.")
    return np.stack([(cells >> shift) & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)


def decode_isic(picture: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Inverse of `encode_isic`."""
    return (picture.astype(np.int32) << np.array([0, 8, 16], np.int32)).sum(axis=-1).astype(np.int32)
