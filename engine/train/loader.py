"""Cache → batches on a device. What a step sees depends on the seed and the images seen only, so that resume is exact."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch

from engine.data.cache import Cache
from engine.data.cropped import CropCache
from engine.data.photo_cache import PhotoCache
from engine.generators.batches import Batch
from engine.presets import Frame
from engine.train import crops, photos, planes
from engine.train.showing import Sampling

__all__ = ["Frame", "Sampling", "Shown", "batch_at", "batches"]


class Shown(Protocol):
    """A data set decoded once."""

    def __len__(self) -> int: ...

    @property
    def described(self) -> Any:
        """What a family fits its tables to."""
        ...


LOADERS: dict[type, Callable[[Any, int, int, Frame, Sampling, torch.device], Batch]] = {
    Cache: planes.batch_at,
    CropCache: crops.batch_at,
    PhotoCache: photos.batch_at,
}


def batch_at(cache: Shown, images: int, count: int, frame: Frame, how: Sampling, device: torch.device) -> Batch:
    """The batch that a run sees after `images` pictures: `count` photos for each of `ranks` processes, this rank's share."""
    return LOADERS[type(cache)](cache, images, count, frame, how, device)


def batches(cache: Shown, count: int, frame: Frame, how: Sampling, device: torch.device) -> Iterator[Batch]:
    """Successive batches from the first image on."""
    images = 0
    while True:
        yield batch_at(cache, images, count, frame, how, device)
        images += count * how.ranks
