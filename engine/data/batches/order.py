"""What of a cache a step sees: which photos, in which order, how mirrored. Depends on the seed and the images seen only."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.data.recipes import Frame
from engine.seeds import stream


@dataclass(frozen=True)
class Sampling:
    """What varies from one showing of a photo to the next.

    tone_augmentation: share of the pictures under another tone; tone_locus: whether that lies on the locus of human skin.
    marker_share: share of the windows that each marker fills at least.
    """

    seed: int
    flips: bool
    tone_augmentation: float
    rank: int = 0
    ranks: int = 1
    tone_locus: bool = False
    marker_share: float = 0.0


@dataclass(frozen=True)
class View:
    """What one step sees of a cache: `count` photos for each of the processes, in a frame, sampled in one way."""

    count: int
    frame: Frame
    how: Sampling


def photo_at(total: int, position: int, seed: int) -> int:
    """The photo shown at a position of the endless sequence of shuffled epochs."""
    epoch, place = divmod(position, total)
    return int(_order(total, epoch, seed)[place])


_orders: dict[tuple[int, int, int], NDArray[np.int64]] = {}


def _order(total: int, epoch: int, seed: int) -> NDArray[np.int64]:
    key = (total, epoch, seed)
    if key not in _orders:
        if len(_orders) > 3:
            _orders.clear()
        _orders[key] = stream(seed, "epoch", epoch).permutation(total)
    return _orders[key]


def flipped(x: Tensor, flips: NDArray[np.bool_]) -> Tensor:
    """Mirror [B, C, H, W] left-right and top-bottom picture by picture; flips: bool [B, 2]."""
    pictures = []
    for one, (across, down) in zip(x, flips.tolist(), strict=True):
        dims = [d for d, mirrored in ((2, across), (1, down)) if mirrored]
        pictures.append(one.flip(dims) if dims else one)
    return torch.stack(pictures)
