"""Sample grids over time: the same maps, appearance and noise at every snapshot, under the photos they came from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from engine.data.batches.kinds import Batch
from engine.data.batches.loading import Shown, batch_at
from engine.data.batches.order import Sampling, View
from engine.data.recipes import Frame
from engine.pixels import to_pictures

COLUMNS = 6


Shows = Callable[[nn.Module, tuple[Tensor, ...], Tensor], list[Tensor]]


@dataclass(frozen=True)
class Previews:
    """A fixed batch, the model's inputs made from it, the real photos, and what the model shows of them."""

    inputs: tuple[Tensor, ...]
    photos: Tensor
    """float32 [N, 3, H, W] in [-1, 1]; [N, 4, H, W] with masks."""
    shows: Shows

    def write(self, network: nn.Module, path: Path) -> None:
        """Render all, and write a PNG: rows of photos, each over the rows of pictures from the same maps or noise."""
        device = next(network.parameters()).device
        with torch.inference_mode():
            shown = self.shows(network, tuple(t.to(device) for t in self.inputs), self.photos.to(device))
        columns = [sheet for tensor in (self.photos, *shown) for sheet in _sheets(tensor)]
        count = len(self.photos)
        starts = range(0, count - count % COLUMNS or count, COLUMNS)
        rows = [sheet[first : first + COLUMNS] for first in starts for sheet in columns]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.concatenate([np.concatenate(list(row), axis=1) for row in rows])).save(path)


def _sheets(tensor: Tensor) -> list[NDArray[np.uint8]]:
    """[N, 3, H, W] → pictures, uint8 [N, H, W, 3]; of [N, 4, H, W] also the masks, as grey pictures."""
    parts = [tensor[:, :3]] if tensor.shape[1] == 3 else [tensor[:, :3], tensor[:, 3:].expand(-1, 3, -1, -1)]
    return [to_pictures(part) for part in parts]


def fixed_batch(cache: Shown, count: int, frame: Frame, device: torch.device) -> Batch:
    """`count` records' whole frames, unflipped, the same ones in every run on these data."""
    return batch_at(cache, 0, View(count, frame, Sampling(0, False, 0.0)), device)
