"""Dermoscopic cache → batches of planes on a device."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.cases.appearance import squared_radius
from engine.cases.planes import BORDER_BIT, FIRST_MARKER_BIT, LESION_BIT, MARKERS
from engine.data.batches.kinds import PlanesBatch
from engine.data.batches.melanin import add_melanin
from engine.data.batches.order import View, flipped, photo_at
from engine.data.caches.planes import EDGE_BIT, Cache
from engine.data.recipes import Frame
from engine.pixels import to_tensor
from engine.seeds import stream

DENSEST_MELANIN = 0.75  # optical density that takes light skin (ITA 60°) to about -45°, type VI's ITA


def batch_at(cache: Cache, images: int, view: View, device: torch.device) -> PlanesBatch:
    """See `loading.batch_at`."""
    count, frame, how = view.count, view.frame, view.how
    first = images + how.rank * count
    chosen = [photo_at(len(cache), position, how.seed) for position in range(first, first + count)]
    random = stream(how.seed, "batch", images, how.rank)
    window = _windows(cache, count, frame, random)
    pictures = torch.from_numpy(_cut(cache.pictures, chosen, window, frame)).to(device)
    cells = torch.from_numpy(_cut(cache.cells, chosen, window, frame).astype(np.int32)).to(device)
    radius = torch.from_numpy(_radius(cache, window, frame)).to(device)
    density = np.where(random.random(count) < how.tone_augmentation, random.random(count) * DENSEST_MELANIN, 0.0)
    photos = [cache.appearance[i] for i in chosen]
    vectors = [a.darker(float(d)).vector() if d else a.vector() for a, d in zip(photos, density, strict=True)]
    generator = torch.Generator(device).manual_seed(int(random.integers(2**62)))
    batch = _shrunk(to_tensor(pictures), cells, radius, frame.shrink)
    flips = random.random((count, 2)) < (0.5 if how.flips else 0.0)
    tensors = [flipped(t, flips) for t in batch]
    tensors[0] = add_melanin(tensors[0], torch.as_tensor(density, dtype=torch.float32, device=device))
    pictures, lesion, markers, border, edges, radius = tensors
    appearance = torch.from_numpy(np.stack(vectors)).to(device)
    return PlanesBatch(pictures, generator, lesion, markers, border, edges, radius, appearance)


def _windows(cache: Cache, count: int, frame: Frame, random: np.random.Generator) -> NDArray[np.int64]:
    """Top-left corners, (row, column), of the windows shown.

    Drawn from half a window outside the frame and brought back inside, so that a photo's edges and dark corners are
    seen as often as its middle.
    """
    height, width = cache.cells.shape[1:]
    shown = (frame.height * frame.shrink, frame.width * frame.shrink)
    ends = ((height - shown[0], shown[0] // 2), (width - shown[1], shown[1] // 2))
    drawn = [random.integers(-half, free + half + 1, count).clip(0, free) for free, half in ends]
    return np.stack(drawn, axis=1)


def _cut(array: NDArray, chosen: list[int], window: NDArray[np.int64], frame: Frame) -> NDArray:
    height, width = frame.height * frame.shrink, frame.width * frame.shrink
    cut = [array[i, y : y + height, x : x + width] for i, (y, x) in zip(chosen, window.tolist(), strict=True)]
    return np.stack(cut)


def _radius(cache: Cache, window: NDArray[np.int64], frame: Frame) -> NDArray[np.float32]:
    height, width = cache.cells.shape[1:]
    whole = squared_radius(width, height)
    h, w = frame.height * frame.shrink, frame.width * frame.shrink
    return np.stack([whole[None, y : y + h, x : x + w] for y, x in window.tolist()])


def _shrunk(pictures: Tensor, cells: Tensor, radius: Tensor, shrink: int) -> list[Tensor]:
    """Pictures by area, labels by nearest, edges by maximum."""
    if shrink > 1:
        pictures = torch.nn.functional.avg_pool2d(pictures, shrink)
        radius = torch.nn.functional.avg_pool2d(radius, shrink)
        edges = torch.nn.functional.max_pool2d((cells >> EDGE_BIT & 1).float()[:, None], shrink)
        cells = cells[:, shrink // 2 :: shrink, shrink // 2 :: shrink]
    else:
        edges = (cells >> EDGE_BIT & 1).float()[:, None]
    lesion, border = ((cells >> bit & 1).float()[:, None] for bit in (LESION_BIT, BORDER_BIT))
    markers = torch.stack([(cells >> (FIRST_MARKER_BIT + 2 * k) & 3).float() / 2 for k in range(len(MARKERS))], dim=1)
    return [pictures, lesion, markers, border, edges, radius]
