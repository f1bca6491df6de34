"""Sample grids over time: the same maps, appearance and noise at every snapshot, under the photos they came from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from engine.generators.batches import Batch
from engine.pixels import to_pictures
from engine.train.loader import Frame, Sampling, Shown, batch_at

COLUMNS = 6


@dataclass(frozen=True)
class Samples:
    """A fixed batch, the family's inputs made from it, and the real photos."""

    inputs: tuple[torch.Tensor, ...]
    photos: torch.Tensor
    """float32 [N, 3, H, W] in [-1, 1]."""

    def write(self, network: nn.Module, path: Path) -> None:
        """Render all, and write a PNG: rows of photos, each over the row of pictures from the same maps."""
        device = next(network.parameters()).device
        with torch.inference_mode():
            pictures = to_pictures(network(*(t.to(device) for t in self.inputs)))
        photos, rows = to_pictures(self.photos), []
        for first in range(0, len(pictures) - len(pictures) % COLUMNS or len(pictures), COLUMNS):
            rows += [photos[first : first + COLUMNS], pictures[first : first + COLUMNS]]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.concatenate([np.concatenate(list(row), axis=1) for row in rows])).save(path)


def fixed_batch(cache: Shown, count: int, frame: Frame, device: torch.device) -> Batch:
    """`count` records' whole frames, unflipped, the same ones in every run on these data."""
    return batch_at(cache, 0, count, frame, Sampling(0, False, 0.0), device)
