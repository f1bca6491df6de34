"""Cache → batches on a device. What a step sees depends on the seed and the images seen only, so that resume is exact."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch

from engine.data.batches import crops, photos, planes
from engine.data.batches.kinds import Batch
from engine.data.batches.order import View
from engine.data.caches.crops import CropCache
from engine.data.caches.log import Log
from engine.data.caches.photos import PhotoCache
from engine.data.caches.planes import Cache


class Shown(Protocol):
    """A data set decoded once."""

    def __len__(self) -> int: ...

    @property
    def described(self) -> Any:
        """What a family fits its tables to."""
        ...

    @property
    def log(self) -> Log:
        """What is to be said of the photos that were decoded."""
        ...


LOADERS: dict[type, Callable[[Any, int, View, torch.device], Batch]] = {
    Cache: planes.batch_at,
    CropCache: crops.batch_at,
    PhotoCache: photos.batch_at,
}


def batch_at(cache: Shown, images: int, view: View, device: torch.device) -> Batch:
    """The batch that a run sees after `images` pictures: `view.count` photos for each process, this rank's share."""
    return LOADERS[type(cache)](cache, images, view, device)


def batches(cache: Shown, view: View, device: torch.device) -> Iterator[Batch]:
    """Successive batches from the first image on."""
    images = 0
    while True:
        yield batch_at(cache, images, view, device)
        images += view.count * view.how.ranks
