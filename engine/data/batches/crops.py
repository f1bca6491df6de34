"""Clinical crops → batches of regions on a device."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.cases import box_channels
from engine.cases.appearance import Appearance
from engine.cases.boxes import Box
from engine.cases.conditions import NONE, condition_map
from engine.cases.tone import MELANIN_OD, melanin_to
from engine.data.batches import tones
from engine.data.batches.kinds import RegionsBatch
from engine.data.batches.melanin import absorb
from engine.data.batches.order import View, photo_at
from engine.data.caches.crops import BACKGROUND_BIT, OUTLINE_BIT, CropCache
from engine.data.recipes import Frame
from engine.pixels import to_tensor
from engine.seeds import stream

ITA_DEG = (-60.0, 75.0)  # tones that augmentation draws evenly from: beyond the types' centres on both sides
# Optical densities it may add. Below -0.15 highlights burn out; 1.1 takes the lightest skin below -60 degrees.
DENSITIES = np.linspace(-0.15, 1.1, 51)


def batch_at(cache: CropCache, images: int, view: View, device: torch.device) -> RegionsBatch:
    """See `loading.batch_at`."""
    count, frame, how = view.count, view.frame, view.how
    first = images + how.rank * count
    random = stream(how.seed, "batch", images, how.rank)
    turns = random.random((count, 3)) < (0.5 if how.flips else 0.0)
    toned = random.random(count) < how.tone_augmentation
    targets = random.uniform(*ITA_DEG, count)
    if how.tone_locus and how.tone_augmentation:
        natural = np.array([crop.appearance.ita_deg for crop in cache.crops])
        targets = tones.even(natural, how.tone_augmentation, count, stream(how.seed, "tones", images, how.rank))
    shown = []
    for place in range(count):
        one = _turned(cache, photo_at(len(cache), first + place, how.seed), turns[place])
        shown.append(_under(one, targets[place], how.tone_locus) if toned[place] else one)
    free = cache.cells.shape[1] - frame.height * frame.shrink, cache.cells.shape[2] - frame.width * frame.shrink
    corners = np.stack([random.integers(0, room + 1, count) for room in free], axis=1)
    generator = torch.Generator(device).manual_seed(int(random.integers(2**62)))
    return _batch(shown, corners, frame, generator, device)


@dataclass(frozen=True, eq=False)
class _Shown:
    picture: NDArray[np.uint8]
    cells: NDArray[np.uint8]
    boxes: tuple[Box, ...]
    appearance: Appearance
    density: tuple[float, ...] = (0.0, 0.0, 0.0)
    """Optical density in linear red, green and blue of the layer that is laid over it."""
    toned: Appearance | None = None

    @property
    def seen(self) -> Appearance:
        """Its appearance under that layer."""
        return self.toned or self.appearance


def _under(one: _Shown, ita_deg: float, on_locus: bool) -> _Shown:
    """A crop under the tone of an ITA: moved along the locus of human skin, or along the melanin axis alone."""
    if on_locus:
        layer = one.appearance.density_to(ita_deg)
        return replace(one, density=tuple(layer.tolist()), toned=one.appearance.absorbing(layer))
    density = melanin_to(np.array(one.appearance.skin_lab), ita_deg, DENSITIES)
    toned = one.appearance.darker(density) if density else None
    return replace(one, density=tuple((density * MELANIN_OD).tolist()), toned=toned)


def _turned(cache: CropCache, index: int, turn: NDArray[np.bool_]) -> _Shown:
    """A crop mirrored across, down and along the diagonal, as `turn` says."""
    picture, cells, boxes = cache.pictures[index], cache.cells[index], cache.crops[index].boxes
    across, down, diagonal = turn.tolist()
    size = cells.shape[0]
    if across:
        picture, cells = picture[:, ::-1], cells[:, ::-1]
        boxes = tuple(replace(b, left=size - b.right, right=size - b.left) for b in boxes)
    if down:
        picture, cells = picture[::-1], cells[::-1]
        boxes = tuple(replace(b, top=size - b.bottom, bottom=size - b.top) for b in boxes)
    if diagonal:
        picture, cells = picture.transpose(1, 0, 2), cells.T
        boxes = tuple(Box(b.top, b.left, b.bottom, b.right, b.condition) for b in boxes)
    return _Shown(picture, cells, boxes, cache.crops[index].appearance)


def _batch(
    shown: list[_Shown], corners: NDArray[np.int64], frame: Frame, random: torch.Generator, device: torch.device
) -> RegionsBatch:
    """corners: int [B, 2], (row, column) where each window begins."""
    height, width = frame.height * frame.shrink, frame.width * frame.shrink
    windows = [(slice(y, y + height), slice(x, x + width)) for y, x in corners.tolist()]

    def cut(planes: list[NDArray]) -> torch.Tensor:
        stacked = np.stack([plane[..., w[0], w[1]] for plane, w in zip(planes, windows, strict=True)])
        return torch.from_numpy(stacked).to(device)

    pictures = cut([one.picture.transpose(2, 0, 1) for one in shown]).permute(0, 2, 3, 1)
    density = torch.tensor([one.density for one in shown], dtype=torch.float32, device=device)
    outline, skin, place, colours = (cut(list(p)) for p in zip(*[_planes(one) for one in shown], strict=True))
    conditions = cut([condition_map(one.boxes, *one.cells.shape[::-1]).astype(np.int64) for one in shown])
    middle = slice(frame.shrink // 2, None, frame.shrink)
    return RegionsBatch(
        pictures=F.avg_pool2d(absorb(to_tensor(pictures), density), frame.shrink),
        random=random,
        conditions=conditions[:, middle, middle],
        ita_deg=torch.tensor([one.seen.ita_deg for one in shown], dtype=torch.float32, device=device),
        place=place[:, :, middle, middle],
        outline=F.avg_pool2d(outline, frame.shrink),
        skin=skin[:, :, middle, middle],
        colours=F.avg_pool2d(colours, frame.shrink),
        shrink=frame.shrink,
    )


def _planes(one: _Shown) -> tuple[NDArray[np.float32], ...]:
    """outline [1, S, S], skin [1, S, S], place [2, S, S], colours [7, S, S]."""
    height, width = one.cells.shape
    outline = (one.cells >> OUTLINE_BIT & 1).astype(np.float32)
    boxed = condition_map(one.boxes, width, height) != NONE
    skin = ((one.cells >> BACKGROUND_BIT & 1) == 0) & ~boxed
    coloured = box_channels.colours(one.seen, [box_channels.Lesion(outline, one.seen)], width, height)
    return outline[None], skin[None].astype(np.float32), box_channels.place(one.boxes, width, height), coloured
