"""Dermoscopic cache → batches of planes on a device."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.cases.appearance import Appearance, squared_radius
from engine.cases.planes import BORDER_BIT, FIRST_MARKER_BIT, LESION_BIT, MARKERS
from engine.cases.tone import MELANIN_OD
from engine.data.batches import tones
from engine.data.batches.kinds import PlanesBatch
from engine.data.batches.melanin import absorb
from engine.data.batches.order import Sampling, View, flipped, photo_at
from engine.data.caches.planes import ACCIDENT_BITS, EDGE_BIT, Cache
from engine.data.recipes import Frame
from engine.pixels import to_tensor
from engine.seeds import stream

DENSEST_MELANIN = 0.75  # optical density that takes light skin (ITA 60°) to about -45°, type VI's ITA
GREEN = 1  # MELANIN_OD is relative to it
SHOWN_BY_CHANCE = 0.88  # of the photos that bear a marker, how many show it in a window of a quarter of the frame
OFF_CENTRE = 0.25  # of the window's sides, by which a marker that was asked for may lie beside its middle


def batch_at(cache: Cache, images: int, view: View, device: torch.device) -> PlanesBatch:
    """See `loading.batch_at`."""
    count, frame, how = view.count, view.frame, view.how
    first = images + how.rank * count
    chosen = [photo_at(len(cache), position, how.seed) for position in range(first, first + count)]
    random = stream(how.seed, "batch", images, how.rank)
    window = _windows(cache, count, frame, random)
    if how.marker_share:
        _centre_on_markers(cache, chosen, window, view, stream(how.seed, "markers", images, how.rank))
    pictures = torch.from_numpy(_cut(cache.pictures, chosen, window, frame)).to(device)
    cells = torch.from_numpy(_cut(cache.cells, chosen, window, frame).astype(np.int32)).to(device)
    radius = torch.from_numpy(_radius(cache, window, frame)).to(device)
    photos = [cache.appearance[i] for i in chosen]
    density = _densities(cache, photos, how, random)
    vectors = [_toned(a, d, how).vector() if d.any() else a.vector() for a, d in zip(photos, density, strict=True)]
    generator = torch.Generator(device).manual_seed(int(random.integers(2**62)))
    batch = _shrunk(to_tensor(pictures), cells, radius, frame.shrink)
    flips = random.random((count, 2)) < (0.5 if how.flips else 0.0)
    tensors = [flipped(t, flips) for t in batch]
    tensors[0] = absorb(tensors[0], torch.as_tensor(density, dtype=torch.float32, device=device))
    pictures, lesion, markers, border, edges, accidents, radius = tensors
    appearance = torch.from_numpy(np.stack(vectors)).to(device)
    return PlanesBatch(pictures, generator, lesion, markers, border, edges, radius, appearance, accidents)


def _densities(
    cache: Cache, photos: list[Appearance], how: Sampling, random: np.random.Generator
) -> NDArray[np.float64]:
    """Optical density in red, green and blue that is laid over each picture, [B, 3]; zeros leave it as it is."""
    count = len(photos)
    toned = random.random(count) < how.tone_augmentation
    if not how.tone_locus:
        return np.where(toned, random.random(count) * DENSEST_MELANIN, 0.0)[:, None] * MELANIN_OD.astype(np.float64)
    targets = tones.even(cache.ita_deg, how.tone_augmentation, count, random)
    moved = [a.density_to(t) if on else np.zeros(3) for a, t, on in zip(photos, targets, toned, strict=True)]
    return np.array(moved, np.float64)


def _toned(appearance: Appearance, density: NDArray[np.float64], how: Sampling) -> Appearance:
    """Appearance under the layer that was laid over the picture; melanin alone as it has always been computed."""
    if how.tone_locus:
        return appearance.absorbing(density)
    return appearance.darker(float(density[GREEN] / MELANIN_OD[GREEN]))


def _centre_on_markers(
    cache: Cache, chosen: list[int], window: NDArray[np.int64], view: View, random: np.random.Generator
) -> None:
    """Put windows that show a marker in the place of some, so that each marker fills `marker_share` of them at least."""
    shares = cache.marked.mean(axis=0)
    missing = np.where(shares > 0, (view.how.marker_share - SHOWN_BY_CHANCE * shares).clip(0), 0.0)
    asked = np.searchsorted(np.cumsum(missing), random.random(len(chosen)), side="right")
    frame = view.frame
    shown = np.array([frame.height, frame.width]) * frame.shrink
    for place, marker in enumerate(asked.tolist()):
        if marker == len(MARKERS):
            continue
        photo = int(random.choice(np.flatnonzero(cache.marked[:, marker])))
        borne = np.argwhere(cache.cells[photo] >> (FIRST_MARKER_BIT + 2 * marker) & 3)
        middle = borne[random.integers(len(borne))] + random.uniform(-OFF_CENTRE, OFF_CENTRE, 2) * shown
        chosen[place] = photo
        window[place] = (middle - shown / 2).round().clip(0, np.array(cache.cells.shape[1:]) - shown)


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
    """Pictures by area, labels by nearest, edges and accidents, which are thin, by maximum."""
    thin = torch.stack([cells >> bit & 1 for bit in (EDGE_BIT, *ACCIDENT_BITS.values())], dim=1).float()
    if shrink > 1:
        pictures = torch.nn.functional.avg_pool2d(pictures, shrink)
        radius = torch.nn.functional.avg_pool2d(radius, shrink)
        thin = torch.nn.functional.max_pool2d(thin, shrink)
        cells = cells[:, shrink // 2 :: shrink, shrink // 2 :: shrink]
    lesion, border = ((cells >> bit & 1).float()[:, None] for bit in (LESION_BIT, BORDER_BIT))
    markers = torch.stack([(cells >> (FIRST_MARKER_BIT + 2 * k) & 3).float() / 2 for k in range(len(MARKERS))], dim=1)
    return [pictures, lesion, markers, border, thin[:, :1], thin[:, 1:], radius]
